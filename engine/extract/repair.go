package extract

import (
	"slices"
	"strings"
	"time"

	"idproof/engine/mrzread"
	"idproof/mrz"
	"idproof/report"
)

const (
	// Print is trusted to repair the zone where its characters are this clear ...
	clearPrint = 0.85
	// ... and the zone's are less clear than this.
	unclearZone = 0.90
	// Of the zone's name at most one character in so many is repaired.
	mostRepaired = 4
)

// RepairName reads the zone's name with the help of the print, which no check
// digit does: where the zone has a character of low confidence and the printed
// names, by the rules of ICAO 9303-4 4.2.3, have another, and all clear
// characters agree. It returns the lines with the repairs, or nil when there is
// nothing to repair or the print says something else.
func (z Zone) RepairName(printed []Reading) ([]string, []report.Repair) {
	spec, ok := z.Layout().Spec(mrz.FieldName)
	if !ok {
		return nil, nil
	}
	family, given := clearest(printed, surname), clearest(printed, givenNames)
	if family == "" {
		return nil, nil
	}
	line := z.Reading.Lines[spec.Line]
	was := line[spec.Start : spec.Start+spec.Len]
	conf := z.Reading.Confidence[spec.Line][spec.Start : spec.Start+spec.Len]
	var best string
	fewest := spec.Len + 1
	for _, f := range mrz.Candidates(family, 6) {
		for _, g := range mrz.Candidates(given, 6) {
			want, ok := nameField(z.Format, spec, f, g)
			if !ok {
				continue
			}
			if n, ok := differs(was, want, conf); ok && n < fewest {
				best, fewest = want, n
			}
		}
	}
	if best == "" || best == was {
		return nil, nil
	}
	var repairs []report.Repair
	for i := range was {
		if was[i] != best[i] {
			repairs = append(repairs, report.Repair{Line: spec.Line, Position: spec.Start + i, Read: was[i : i+1], Repaired: best[i : i+1]})
		}
	}
	lines := slices.Clone(z.Reading.Lines)
	lines[spec.Line] = line[:spec.Start] + best + line[spec.Start+spec.Len:]
	return lines, repairs
}

// with is the zone with other lines.
func (z Zone) with(lines []string, repairs []report.Repair, now time.Time) Zone {
	reading := *z.Reading
	reading.Lines, reading.Repairs = lines, slices.Clone(reading.Repairs)
	for _, p := range repairs {
		reading.Repairs = append(reading.Repairs, mrzread.Repair{Line: p.Line, Pos: p.Position, Read: p.Read[0], Made: p.Repaired[0]})
	}
	return Zone{Document: mrz.ParseAs(z.Format, lines, now), Reading: &reading, Page: z.Page, Scale: z.Scale}
}

// clearest is the clearest printed value of a field.
func clearest(printed []Reading, field string) string {
	best := Reading{Confidence: clearPrint}
	for _, r := range printed {
		if r.Field == field && r.Source == report.FromVisual && r.Confidence >= best.Confidence {
			best = r
		}
	}
	return best.Value
}

// nameField is how a zone of the format prints the names.
func nameField(f mrz.Format, spec mrz.FieldSpec, family, given string) (string, bool) {
	lines, err := mrz.Build(f, mrz.Fields{
		Code: "P", Issuer: "UTO", Nationality: "UTO", Number: "0",
		Surname: strings.ReplaceAll(family, "<", " "), GivenNames: strings.ReplaceAll(given, "<", " "),
	})
	if err != nil || spec.Line >= len(lines) || len(lines[spec.Line]) < spec.Start+spec.Len {
		return "", false
	}
	return lines[spec.Line][spec.Start : spec.Start+spec.Len], true
}

// differs counts the characters in which the zone's name is not the printed
// one; ok is false when a clear one is among them, or they are too many.
func differs(was, want string, conf []float64) (n int, ok bool) {
	letters := 0
	for i := range was {
		if want[i] != '<' {
			letters++
		}
		if was[i] == want[i] {
			continue
		}
		if conf[i] >= unclearZone {
			return 0, false
		}
		if want[i] != '<' || i > 0 && want[i-1] != '<' {
			n++ // fillers behind the name that were read as letters are not counted
		}
	}
	return n, n*mostRepaired <= letters
}
