package extract

import (
	"strings"

	"idproof/engine/mrzread"
	"idproof/mrz"
	"idproof/report"
)

// Zone is a machine-readable zone with its place.
type Zone struct {
	*mrz.Document
	Reading *mrzread.Reading
	Page    int
	// Scale is how many pixels of the analysed picture one pixel of the full
	// picture is; regions are reported in the full picture.
	Scale float64
}

// zoneNames are the fields of a report that a zone has, in its order.
var zoneNames = []struct {
	name   string
	fields []mrz.Field // the value's place in the zone
	value  func(*mrz.Document) string
}{
	{"Document_Code", []mrz.Field{mrz.FieldCode}, func(d *mrz.Document) string { return d.Code }},
	{issuing, []mrz.Field{mrz.FieldIssuer}, func(d *mrz.Document) string { return d.Issuer }},
	{docNumber, []mrz.Field{mrz.FieldNumber}, func(d *mrz.Document) string { return d.Number }},
	{surname, []mrz.Field{mrz.FieldSurname, mrz.FieldName}, func(d *mrz.Document) string { return d.Surname }},
	{givenNames, []mrz.Field{mrz.FieldGivenNames, mrz.FieldName}, func(d *mrz.Document) string { return d.GivenNames }},
	{nationality, []mrz.Field{mrz.FieldNationality}, func(d *mrz.Document) string { return d.Nationality }},
	{birthDate, []mrz.Field{mrz.FieldBirthDate}, func(d *mrz.Document) string { return d.BirthDate.String() }},
	{sex, []mrz.Field{mrz.FieldSex}, func(d *mrz.Document) string { return d.Sex.String() }},
	{issueDate, nil, func(d *mrz.Document) string { return d.IssueDate.String() }},
	{expiryDate, []mrz.Field{mrz.FieldExpiryDate}, func(d *mrz.Document) string { return d.ExpiryDate.String() }},
	{personal, []mrz.Field{mrz.FieldPersonalNumber}, func(d *mrz.Document) string { return d.PersonalNumber }},
	{"Optional_Data", []mrz.Field{mrz.FieldOptional}, func(d *mrz.Document) string { return d.Optional }},
	{"Optional_Data_2", []mrz.Field{mrz.FieldOptional2}, func(d *mrz.Document) string { return d.Optional2 }},
}

// readings are what a zone says, field by field.
func (z Zone) readings() []Reading {
	var out []Reading
	for _, n := range zoneNames {
		v := n.value(z.Document)
		if v == "" {
			continue
		}
		r := Reading{
			Field: n.name, Value: v, Original: v, Source: report.FromMRZ, Page: z.Page,
			Confidence: z.Reading.LeastConfidence(0, 0, 0),
		}
		for _, field := range n.fields {
			spec, ok := z.Layout().Spec(field)
			if !ok {
				continue
			}
			r.Original = strings.TrimRight(z.Raw(field), "<")
			r.Confidence = z.Reading.LeastConfidence(spec.Line, spec.Start, spec.Start+spec.Len)
			q := z.Region(spec.Line, spec.Start, spec.Start+spec.Len)
			r.Region = &q
			if c, ok := z.Check(field); ok {
				r.Checked = report.Passed
				if !c.OK {
					r.Checked = report.FailedCheck
				}
			}
			break
		}
		out = append(out, r)
	}
	return out
}

// Region is the place of some characters of a line in the full picture.
func (z Zone) Region(line, from, to int) report.Quad {
	var q report.Quad
	for i, p := range z.Reading.Region(line, from, to) {
		q[i] = [2]float64{round(p.X / z.Scale), round(p.Y / z.Scale)}
	}
	return q
}

// round keeps a tenth of a pixel: more would be noise.
func round(v float64) float64 {
	if v < 0 {
		return -round(-v)
	}
	return float64(int(v*10+0.5)) / 10
}

// Report is the zone as reports show it.
func (z Zone) Report() *report.MRZ {
	r := z.Reading
	m := &report.MRZ{
		Format: z.Format.String(), Lines: r.Lines, Valid: z.Valid(), Certainty: report.Uncertain,
		CheckDigits: []report.CheckDigit{}, Repaired: []report.Repair{},
		Confidence: r.Quality(), Page: z.Page, Pitch: round(r.Pitch / z.Scale), CharacterConfidence: make([][]float64, len(r.Lines)),
	}
	if r.Certain {
		m.Certainty = report.Printed
	}
	for i, line := range r.Lines {
		m.Regions = append(m.Regions, z.Region(i, 0, len(line)))
		for _, c := range r.Confidence[i] {
			m.CharacterConfidence[i] = append(m.CharacterConfidence[i], float64(int(c*1000+0.5))/1000)
		}
	}
	for _, c := range z.Checks {
		m.CheckDigits = append(m.CheckDigits, report.CheckDigit{
			Field: string(c.Field), Printed: letter(c.Printed), Computed: letter(c.Computed), OK: c.OK,
		})
	}
	for _, p := range r.Repairs {
		m.Repaired = append(m.Repaired, report.Repair{
			Line: p.Line, Position: p.Pos, Read: letter(p.Read), Repaired: letter(p.Made), Cost: float64(int(p.Cost*100)) / 100,
		})
	}
	return m
}

// letter is "" for a digit that could not be computed.
func letter(b byte) string {
	if b == 0 {
		return ""
	}
	return string(rune(b))
}

// centuries returns the document with the centuries of its dates as the print
// has them with four digits: the zone has two, and only a rule for the rest.
func (z Zone) centuries(printed []Reading) *mrz.Document {
	d := *z.Document
	changed := false
	for _, r := range printed {
		date := map[string]*mrz.Date{birthDate: &d.BirthDate, expiryDate: &d.ExpiryDate}[r.Field]
		if date == nil || r.Source != report.FromVisual || r.how == byPlace || !date.Complete() || len(r.Value) != 10 {
			continue
		}
		if v := date.String(); v != r.Value && v[2:] == r.Value[2:] && strings.Contains(figures(r.Original), r.Value[:4]) {
			date.Year = int(r.Value[0]-'0')*1000 + int(r.Value[1]-'0')*100 + date.Year%100
			changed = true
		}
	}
	if !changed {
		return z.Document
	}
	return &d
}
