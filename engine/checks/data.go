package checks

import (
	"fmt"
	"strings"
	"time"

	"idproof/aamva"
	"idproof/catalogue"
	"idproof/catalogue/number"
	"idproof/mrz"
	"idproof/report"
)

// Data is what the checks of a document's fields need besides the fields.
type Data struct {
	Type, Issuer, Region string // of the document; empty when not known
	Subtype              string // of the catalogue's
	Numbers              *number.Table
	Known                *catalogue.Catalogue // nil: nothing is known of validity
	Licence              *aamva.Document      // of the barcode; nil if there is none
	Expected             *report.Expected
	Now                  time.Time
}

// Check runs the checks of all fields: each by itself, source against source, and
// against what the caller expects. It records the outcome in the fields too.
func (d Data) Check(s *report.DocumentSummary) {
	c := &s.Checks
	c.DataValidation = append(c.DataValidation, birth(date(s, "Date_of_Birth"), d.Now), issue(date(s, "Date_of_Issue"), d.Now), expiry(date(s, "Date_of_Expiry"), d.Now), inOrder(s), d.validity(s))
	c.DataValidation = append(c.DataValidation, d.numbers(s)...)
	c.DataValidation = append(c.DataValidation, d.barcode())
	c.DataConsistency = append(c.DataConsistency, consistency(s)...)
	c.DataComparison = append(c.DataComparison, d.comparison(s)...)
}

// field returns the field of that name, or nil.
func field(s *report.DocumentSummary, name string) *report.Field {
	for i := range s.FieldDetails {
		if s.FieldDetails[i].Name == name {
			return &s.FieldDetails[i]
		}
	}
	return nil
}

// date reads a field's ISO 8601 date, which may be reduced.
func date(s *report.DocumentSummary, name string) mrz.Date {
	var d mrz.Date
	_, _ = fmt.Sscanf(s.Fields[name], "%d-%d-%d", &d.Year, &d.Month, &d.Day) // what is missing stays 0
	return d
}

func day(d mrz.Date) time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
}

func birth(b mrz.Date, now time.Time) report.Check {
	const name = "date_of_birth"
	switch {
	case b.Year == 0:
		return skipped(name, "the year of birth is not given")
	case !b.Complete():
		return report.Check{Name: name, Result: report.Warning, Reason: "the date of birth is not complete"}
	case day(b).After(now):
		return report.Check{Name: name, Result: report.FailedCheck, Reason: "the date of birth is in the future"}
	}
	return report.Check{Name: name, Result: report.Passed}
}

// issue fails when the day has begun nowhere on earth.
func issue(i mrz.Date, now time.Time) report.Check {
	const name = "date_of_issue"
	switch {
	case !i.Complete():
		return skipped(name, "the document gives no complete date of issue")
	case now.Add(14 * time.Hour).Before(day(i)):
		return report.Check{Name: name, Result: report.FailedCheck, Reason: "the date of issue is in the future"}
	}
	return report.Check{Name: name, Result: report.Passed}
}

// expiry fails from the day after the last valid one, in every time zone.
func expiry(e mrz.Date, now time.Time) report.Check {
	const name = "expiry"
	if !e.Complete() {
		return skipped(name, "the document gives no complete date of expiry")
	}
	if last := day(e).AddDate(0, 0, 1).Add(12 * time.Hour); !now.Before(last) {
		return report.Check{Name: name, Result: report.FailedCheck, Reason: "the document has expired", Evidence: map[string]any{"days": int(now.Sub(day(e)).Hours() / 24)}}
	}
	return report.Check{Name: name, Result: report.Passed}
}

// inOrder: born, then issued, then expired.
func inOrder(s *report.DocumentSummary) report.Check {
	const name = "dates_in_order"
	var last mrz.Date
	var from string
	n := 0
	for _, f := range []string{"Date_of_Birth", "Date_of_Issue", "Date_of_Expiry"} {
		d := date(s, f)
		if !d.Complete() {
			continue
		}
		if n++; n > 1 && !day(last).Before(day(d)) {
			c := report.Check{
				Name: name, Result: report.FailedCheck, Reason: "a date is not after one that it follows",
				Evidence: map[string]any{"earlier": from, "later": f},
			}
			if !sure(field(s, from)) || !sure(field(s, f)) {
				c.Result, c.Reason = report.Warning, "a date that may be misread is not after one that it follows"
			}
			return c
		}
		last, from = d, f
	}
	if n < 2 {
		return skipped(name, "there are not two complete dates to compare")
	}
	return report.Check{Name: name, Result: report.Passed}
}

// kindOf is the table's kind of number for a type of document.
var kindOf = map[string]number.Kind{
	report.Passport: "passport", report.IdentityCard: "identity_card",
	report.DrivingLicense: "driving_license", report.ResidencePermit: "residence_permit",
}

// numbers compares the numbers with what is known of their issuers' formats. A
// number that does not follow them is a warning and no more: formats change, and
// specimens print nonsense. One that is right and tells of another birth date or
// sex than the document is a contradiction.
func (d Data) numbers(s *report.DocumentSummary) []report.Check {
	issuer := d.Issuer
	if d.Region != "" {
		issuer = d.Region
	}
	var out []report.Check
	for _, n := range []struct {
		check, field string
		kind         number.Kind
	}{
		{"document_number_format", "Document_Number", kindOf[d.Type]},
		{"personal_number_format", "Personal_Number", "personal"},
	} {
		f := field(s, n.field)
		switch {
		case f == nil:
			out = append(out, skipped(n.check, "no such number was read"))
			continue
		case d.Numbers == nil || n.kind == "":
			out = append(out, skipped(n.check, "no format is known"))
			continue
		}
		r := d.Numbers.Check(issuer, n.kind, f.Value)
		c := report.Check{Name: n.check, Result: report.Passed}
		switch {
		case !r.Known:
			c = skipped(n.check, "no format is known for this issuer")
		case !r.Valid:
			c.Result, c.Reason = report.Warning, "the number does not follow its format: "+strings.ReplaceAll(string(r.Reason), "_", " ")
		case r.Birth.Year != 0 && !agrees(r.Birth, date(s, "Date_of_Birth")):
			c.Result, c.Reason = report.FailedCheck, "the number tells another date of birth"
		case r.Sex != 0 && s.Fields["Sex"] != "" && r.Sex.String() != s.Fields["Sex"]:
			c.Result, c.Reason = report.FailedCheck, "the number tells another sex"
		}
		if r.Format != nil {
			c.Evidence = map[string]any{"format": r.Format.Name, "check_digit": r.Checked}
		}
		if f.Validity == report.NotPerformed {
			f.Validity = c.Result
		}
		out = append(out, c)
	}
	return out
}

func agrees(b number.Date, d mrz.Date) bool { return d.Year == 0 || b.Agrees(d.Year, d.Month, d.Day) }

// barcode says whether the licence's barcode follows its standard.
func (d Data) barcode() report.Check {
	const name = "barcode_format"
	if d.Licence == nil {
		return skipped(name, "there is no barcode of a known standard")
	}
	c := report.Check{Name: name, Result: report.Passed}
	var codes []string
	for _, p := range d.Licence.Problems {
		codes = append(codes, string(p.Code))
	}
	if !d.Licence.Valid() {
		c.Result, c.Reason = report.Warning, "the barcode does not follow its standard in everything"
	}
	if len(codes) > 0 {
		c.Evidence = map[string]any{"problems": codes}
	}
	return c
}
