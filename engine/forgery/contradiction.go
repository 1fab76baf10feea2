package forgery

import (
	"context"
	"strings"
	"time"

	"idproof/report"
)

// These detectors weigh what the checks of package checks already found; they
// measure nothing again.

// sourcesDisagree counts the fields of which zone, print and barcode say clearly
// different things: who changes the print forgets the zone, or cannot compute
// it (ICAO 9303-3 section 4). Name and number weigh like any other: reading
// errors are what the check's own doubt is for.
func sourcesDisagree(_ context.Context, e *Evidence) (Finding, error) {
	s := e.summary()
	if s == nil {
		return Finding{}, skipError("the document was not read")
	}
	asked := false
	f := Finding{Description: "Zone, print and barcode of the document say different things.", Metadata: map[string]any{}}
	for _, c := range s.Checks.DataConsistency {
		switch c.Result {
		case report.FailedCheck:
			asked = true
			f.Value++
			name := strings.TrimPrefix(c.Name, "consistency_")
			f.Metadata[name] = "differs"
			f.Regions = append(f.Regions, e.fieldRegions(s, name)...)
		case report.Warning:
			asked = true
			f.Value += 0.1
		case report.Passed:
			asked = true
		}
	}
	if !asked {
		return Finding{}, skipError("no field was read from two sources")
	}
	f.Value = round3(f.Value)
	return f, nil
}

// fieldRegions is where the field was read on this picture.
func (e *Evidence) fieldRegions(s *report.DocumentSummary, name string) (q []report.Quad) {
	for _, d := range s.FieldDetails {
		if strings.EqualFold(d.Name, name) {
			for _, src := range d.Sources {
				if src.Region != nil && src.Page == e.Page {
					q = append(q, *src.Region)
				}
			}
		}
	}
	return q
}

// checkDigits counts the wrong check digits of the zone and of numbers that have
// one. An uncertain reading counts a tenth.
func checkDigits(_ context.Context, e *Evidence) (Finding, error) {
	s := e.summary()
	if s == nil {
		return Finding{}, skipError("the document was not read")
	}
	asked := false
	certain := true
	if c := s.Checks.Find("mrz_legibility"); c != nil && c.Result != report.Passed {
		certain = false
	}
	f := Finding{Description: "Check digits of the document are wrong.", Metadata: map[string]any{}}
	for _, c := range s.Checks.DataValidation {
		if !strings.HasPrefix(c.Name, "mrz_check_digit_") {
			continue
		}
		asked = true
		if c.Result == report.FailedCheck {
			if certain {
				f.Value++
			} else {
				f.Value += 0.1
			}
			f.Metadata[strings.TrimPrefix(c.Name, "mrz_check_digit_")] = "wrong"
		}
	}
	if !asked {
		return Finding{}, skipError("the document has no zone with check digits")
	}
	f.Value = round3(f.Value)
	return f, nil
}

// numberFormats weighs numbers that do not follow their issuer's format or that
// tell of another birth date or sex than the document.
func numberFormats(_ context.Context, e *Evidence) (Finding, error) {
	s := e.summary()
	if s == nil {
		return Finding{}, skipError("the document was not read")
	}
	asked := false
	f := Finding{Description: "A number is not as its issuer writes it, or contradicts the other data.", Metadata: map[string]any{}}
	for _, name := range []string{"document_number_format", "personal_number_format"} {
		c := s.Checks.Find(name)
		if c == nil || c.Result == report.NotPerformed {
			continue
		}
		asked = true
		switch c.Result {
		case report.FailedCheck:
			f.Value++
			f.Metadata[name] = "contradicts"
		case report.Warning:
			f.Value += 0.3
			f.Metadata[name] = "unusual"
		}
	}
	if !asked {
		return Finding{}, skipError("no number of a known format was read")
	}
	return f, nil
}

// datesConflict finds dates in the wrong order, and a validity that no issuer
// gives: identity documents are valid for at most fifteen years (some for life,
// without a date), passports for at most ten (ICAO 9303-3 recommends ten; a few
// extra months for renewals are common) and end with the birthday or a day about
// that of issue.
func datesConflict(_ context.Context, e *Evidence) (Finding, error) {
	s := e.summary()
	if s == nil {
		return Finding{}, skipError("the document was not read")
	}
	issued, ok1 := isoDate(s.Fields["Date_of_Issue"])
	expires, ok2 := isoDate(s.Fields["Date_of_Expiry"])
	f := Finding{Metadata: map[string]any{}}
	order := s.Checks.Find("dates_in_order")
	if order != nil && order.Result == report.FailedCheck {
		f.Value, f.Description = 2, "The dates of the document are not in their order."
		f.Metadata["order"] = "wrong"
	}
	if c := s.Checks.Find("date_of_birth"); c != nil && c.Result == report.FailedCheck {
		f.Value, f.Description = 2, "The birth date is in the future."
	}
	if ok1 && ok2 {
		years := expires.Sub(issued).Hours() / 24 / 365.25
		longest := map[string]float64{report.Passport: 10.8, report.IdentityCard: 15.5, report.DrivingLicense: 15.5, report.ResidencePermit: 10.8}
		if d := e.Result.Document; d != nil && longest[d.Type] > 0 && years > longest[d.Type] {
			// Licences of some issuers are valid up to an age.
			if d.Type != report.DrivingLicense || years > 60 {
				f.Value, f.Description = max(f.Value, 1), "The document is valid for longer than such documents are."
				f.Metadata["years"] = round3(years)
			}
		}
		if issued.After(e.Now.AddDate(0, 0, 2)) {
			f.Value, f.Description = max(f.Value, 1), "The date of issue is in the future."
		}
	}
	if (order == nil || order.Result == report.NotPerformed) && (!ok1 || !ok2) && f.Value == 0 {
		return Finding{}, skipError("there are not two dates to compare")
	}
	return f, nil
}

func isoDate(s string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil
}
