package checks

import (
	"slices"
	"strings"
	"unicode"

	"idproof/engine/extract"
	"idproof/mrz"
	"idproof/report"
)

// compared are the fields whose sources must agree.
var compared = []string{
	"Surname", "Given_Names", "Date_of_Birth", "Sex", "Nationality",
	"Document_Number", "Personal_Number", "Date_of_Issue", "Date_of_Expiry",
}

// sureText is the confidence above which a difference is one of the document and
// not of the reading.
const sureText = 0.85

// consistency compares what the sources say of each field. Print is taken to agree
// when one of its readings does: labels are misread more often than documents are
// printed wrong.
func consistency(s *report.DocumentSummary) []report.Check {
	var out []report.Check
	for _, name := range compared {
		c := report.Check{Name: "consistency_" + strings.ToLower(name)}
		f := field(s, name)
		if f == nil {
			continue // nothing to ask
		}
		kinds := map[string]bool{}
		for _, src := range f.Sources {
			kinds[src.Source] = true
		}
		if len(kinds) < 2 {
			out = append(out, skipped(c.Name, "only one source says it"))
			continue
		}
		for _, pair := range [][2]string{{report.FromMRZ, report.FromVisual}, {report.FromBarcode, report.FromVisual}, {report.FromMRZ, report.FromBarcode}} {
			if !kinds[pair[0]] || !kinds[pair[1]] {
				continue
			}
			got := report.NotPerformed
			for _, a := range f.Sources {
				for _, b := range f.Sources {
					if a.Source == pair[0] && b.Source == pair[1] {
						if o := agree(name, a, b); got == report.NotPerformed || o != report.NotPerformed && worse(got, o) {
							got = o
						}
					}
				}
			}
			if got != report.NotPerformed && (c.Result == "" || worse(got, c.Result)) {
				c.Result = got
				c.Evidence = map[string]any{"sources": pair[:]}
			}
		}
		switch c.Result {
		case "":
			c = skipped(c.Name, "what the sources say cannot be compared")
		case report.FailedCheck:
			c.Reason = "the sources say clearly different things"
		case report.Warning:
			c.Reason = "the sources differ in what may be misread"
		}
		f.Comparison = c.Result
		out = append(out, c)
	}
	if len(out) == 0 {
		out = append(out, skipped("consistency", "no field was read"))
	}
	return out
}

var gravity = []report.Outcome{report.Passed, report.Warning, report.FailedCheck}

func worse(a, b report.Outcome) bool { return slices.Index(gravity, a) > slices.Index(gravity, b) }

// agree compares two readings of a field; it is [report.NotPerformed] where they
// cannot be compared: another script, an adjective that nobody can place.
func agree(name string, a, b report.Source) report.Outcome {
	p, q := plain(a.Value), plain(b.Value)
	if p == "" || q == "" {
		return report.NotPerformed
	}
	var same, alike bool
	switch name {
	case "Surname", "Given_Names":
		same = mrz.CompareNames(b.Value, a.Value) >= mrz.NameCut || mrz.CompareNames(a.Value, b.Value) >= mrz.NameCut
		alike = nearly(p, q) || partOf(a.Value, b.Value)
	case "Nationality":
		if !isCode(a.Value) || !isCode(b.Value) {
			return report.NotPerformed
		}
		same = p == q
	case "Date_of_Birth", "Date_of_Issue", "Date_of_Expiry":
		same = strings.HasPrefix(a.Value, b.Value) || strings.HasPrefix(b.Value, a.Value) // one may be reduced
		alike = confusedDigits.Replace(p) == confusedDigits.Replace(q)
	default:
		// A zone leaves parts out that the print has: letters of a region, a check digit.
		const spare = 3
		same = p == q || len(p) >= 5 && len(q) >= 5 && max(len(p), len(q))-min(len(p), len(q)) <= spare && (strings.HasPrefix(p, q) || strings.HasPrefix(q, p))
		alike = lookAlike(p, q)
	}
	switch {
	case same:
		return report.Passed
	case alike, a.Confidence < sureText, b.Confidence < sureText:
		return report.Warning
	}
	return report.FailedCheck
}

func isCode(s string) bool {
	_, ok := mrz.StateName(s)
	return ok
}

// plain leaves letters A to Z, as a zone would have them, and digits.
func plain(s string) string {
	var out, word strings.Builder
	spell := func() {
		for _, r := range mrz.Transliterate(strings.ToUpper(word.String())) {
			if r >= 'A' && r <= 'Z' {
				out.WriteRune(r)
			}
		}
		word.Reset()
	}
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			spell()
			out.WriteRune(r)
		case unicode.IsLetter(r):
			word.WriteRune(r)
		}
	}
	spell()
	return out.String()
}

// partOf tells whether one name has all the words of the other.
func partOf(a, b string) bool {
	x, y := strings.FieldsFunc(mrz.Transliterate(strings.ToUpper(a)), notLetter), strings.FieldsFunc(mrz.Transliterate(strings.ToUpper(b)), notLetter)
	if len(x) > len(y) {
		x, y = y, x
	}
	for _, w := range x {
		if !slices.Contains(y, w) {
			return false
		}
	}
	return len(x) > 0
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// Characters that recognisers, and people, take for each other; and digits that
// small or worn print makes alike.
var (
	confused       = strings.NewReplacer("O", "0", "Q", "0", "D", "0", "I", "1", "L", "1", "S", "5", "B", "8", "Z", "2", "G", "6")
	confusedDigits = strings.NewReplacer("7", "1", "3", "8", "6", "8", "0", "8")
)

// lookAlike tells whether two texts differ in nothing but characters that look alike.
func lookAlike(a, b string) bool { return confused.Replace(a) == confused.Replace(b) }

// nearly allows for wrong letters besides, one in a name that is not short and one
// more for every eight: names are proven by nothing.
func nearly(a, b string) bool {
	const short = 5
	a, b = confused.Replace(a), confused.Replace(b)
	n := max(len(a), len(b))
	return extract.Distance(a, b) <= n/8+min(1, n/short)
}
