package eval

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"idproof/mrz"
	"idproof/report"
)

// Score is how one reading compares with the truth.
type Score struct {
	Found bool `json:"found"` // a machine-readable zone is reported
	Valid bool `json:"valid"` // reported with every check digit right
	// Certain: the reading is reported as clearly printed.
	Certain bool `json:"certain"`
	// Exact: every character is as printed.
	Exact bool `json:"exact"`
	// Fields: document number, names, birth date, expiry date and nationality
	// are all as printed; WrongFields names those that are not.
	Fields      bool        `json:"main_fields"`
	WrongFields []mrz.Field `json:"wrong_fields,omitempty"`
	// Wrong: valid, and yet some character differs. WrongChecked: one of these
	// stands where a check digit covers it, or is a check digit.
	Wrong        bool `json:"valid_but_wrong"`
	WrongChecked bool `json:"valid_but_wrong_checked"`
	// Repaired: a check digit that is printed wrong is reported right, or the
	// whole zone is reported valid although one is.
	Repaired bool `json:"wrongly_repaired"`
	// FalseAlarm: something was read where nothing is.
	FalseAlarm bool `json:"false_alarm"`

	// Type and Issuer say whether these are right; nil where no truth is known.
	Type   *bool `json:"type_right,omitempty"`
	Issuer *bool `json:"issuer_right,omitempty"`
	// Printed are the printed fields with a truth of their own; Beside those of
	// pages whose machine-readable zone tells them.
	Printed []FieldScore `json:"printed,omitempty"`
	Beside  []FieldScore `json:"beside_zone,omitempty"`
	// Overlap is for each document whose corners are known how well they were
	// found: intersection over union, 0 to 1.
	Overlap []float64 `json:"overlap,omitempty"`
	// Barcode says whether the symbol was read to the letter; nil where none is known.
	Barcode *bool `json:"barcode_right,omitempty"`
}

// scoreAll compares a whole report with the truth of its picture.
func scoreAll(p Picture, quads [][4][2]float64, res *report.Result, now time.Time) Score {
	var zone *report.MRZ
	var kind, from string
	if d := res.Document; d != nil {
		zone, kind, from = d.MRZ, d.Type, d.IssuingCountry
	}
	s := score(p, zone, now)
	sum := res.AnalysisSummary.Document
	if want := kinds(p.DocumentType); want != nil {
		s.Type = new(slices.Contains(want, kind))
		if code := issuer(p.Country); code != "" {
			s.Issuer = new(sameIssuer(code, from))
		}
	}
	if p.Class == Negative && kind != "" && kind != report.Other {
		s.FalseAlarm = true
	}
	s.Printed = scorePrint(p, sum)
	s.Beside = scoreFound(p, sum, now)
	if p.Quad != nil {
		quads = append(quads, *p.Quad)
	}
	for _, want := range quads {
		s.Overlap = append(s.Overlap, overlap(want, sum))
	}
	if p.PDF417 != nil {
		s.Barcode = new(readsBarcode(*p.PDF417, sum))
	}
	return s
}

// overlap is how well the best of the located documents fits.
func overlap(want [4][2]float64, s *report.DocumentSummary) (best float64) {
	if s == nil {
		return 0
	}
	for _, p := range s.Pages {
		if p.Quad != nil {
			best = max(best, IoU(want, *p.Quad))
		}
		for _, q := range p.More {
			best = max(best, IoU(want, q))
		}
	}
	return best
}

// readsBarcode tells whether some symbol says just that; binary truth is given
// as "hex:" and its digits.
func readsBarcode(want string, s *report.DocumentSummary) bool {
	if s == nil {
		return false
	}
	digits, binary := strings.CutPrefix(want, "hex:")
	return slices.ContainsFunc(s.Barcodes, func(b report.Barcode) bool {
		if !binary {
			return b.Text == want
		}
		data := b.Data
		if data == nil {
			data = []byte(b.Text)
		}
		return hex.EncodeToString(data) == digits
	})
}

// score compares a reading, nil for none, with the truth of its picture.
func score(p Picture, m *report.MRZ, now time.Time) Score {
	var s Score
	if m != nil {
		s.Found, s.Valid, s.Certain = true, m.Valid, m.Certainty == report.Printed
	}
	if p.MRZ == nil {
		s.FalseAlarm = s.Found && p.Class == Negative
		return s
	}
	if m == nil {
		return s
	}
	truth := parse(p.MRZ.Type, p.MRZ.Lines, now)
	read := parse(m.Format, m.Lines, now)
	s.Exact = slices.Equal(p.MRZ.Lines, m.Lines)
	s.WrongFields = wrongFields(truth, read)
	s.Fields = len(s.WrongFields) == 0
	s.Wrong = s.Valid && !s.Exact
	s.WrongChecked = s.Wrong && differsWhereChecked(truth, p.MRZ.Lines, m.Lines)
	s.Repaired = s.Valid && !p.MRZ.Valid || digitRepaired(truth, read)
	return s
}

// parse reads lines by the named format, or by the one that they look like
// when there is no such name.
func parse(format string, lines []string, now time.Time) *mrz.Document {
	for _, f := range mrz.Formats() {
		if f.String() == format {
			return mrz.ParseAs(f, lines, now)
		}
	}
	return mrz.ParseAs(mrz.Detect(lines), lines, now)
}

// wrongFields names the main fields in which two documents differ.
func wrongFields(a, b *mrz.Document) []mrz.Field {
	var wrong []mrz.Field
	for _, f := range []struct {
		name mrz.Field
		same bool
	}{
		{mrz.FieldNumber, a.Number == b.Number},
		{mrz.FieldSurname, a.Surname == b.Surname},
		{mrz.FieldGivenNames, a.GivenNames == b.GivenNames},
		{mrz.FieldBirthDate, a.BirthDate.Raw == b.BirthDate.Raw},
		{mrz.FieldExpiryDate, a.ExpiryDate.Raw == b.ExpiryDate.Raw},
		{mrz.FieldNationality, a.Nationality == b.Nationality},
	} {
		if !f.same {
			wrong = append(wrong, f.name)
		}
	}
	return wrong
}

// differsWhereChecked reports whether any position that a check digit covers,
// or the digit itself, differs. Lines of another shape differ everywhere.
func differsWhereChecked(truth *mrz.Document, a, b []string) bool {
	layout := truth.Layout()
	if layout == nil || len(a) != len(b) {
		return true
	}
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return true
		}
	}
	differs := func(s mrz.Span) bool {
		if s.Line >= len(a) {
			return false
		}
		start, end := min(s.Start, len(a[s.Line])), min(s.Start+s.Len, len(a[s.Line]))
		return a[s.Line][start:end] != b[s.Line][start:end]
	}
	for _, c := range layout.Checks {
		if differs(mrz.Span{Line: c.Line, Start: c.Pos, Len: 1}) || slices.ContainsFunc(c.Spans, differs) || differs(c.Long) {
			return true
		}
	}
	return false
}

// digitRepaired reports whether a check digit that the truth has wrong is
// right in the reading.
func digitRepaired(truth, read *mrz.Document) bool {
	if truth.Format != read.Format {
		return false
	}
	for _, c := range truth.Checks {
		if c.OK {
			continue
		}
		if r, ok := read.Check(c.Field); ok && r.OK {
			return true
		}
	}
	return false
}
