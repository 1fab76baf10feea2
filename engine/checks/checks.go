// Package checks asks the questions that a document must answer and records
// each answer with its evidence.
//
// A check knows only what was read, never a merchant's wishes: what follows
// from a failed check is the policy's. A check whose question could not be
// asked is not_performed, with the reason.
package checks

import (
	"time"

	"idproof/engine/extract"
	"idproof/mrz"
	"idproof/report"
)

const (
	// Characters narrower than this are at risk of being misread ...
	goodPitch = 8
	// ... and narrower than this they are not read reliably at all.
	leastPitch = 6
)

const noZone = "no machine-readable zone was found"

// Zone runs the checks of a machine-readable zone; z is nil if none was found.
func Zone(c *report.Checks, z *extract.Zone, now time.Time) {
	if z == nil {
		for _, n := range []string{"mrz_format", "mrz_check_digits", "date_of_birth", "expiry"} {
			c.DataValidation = append(c.DataValidation, skipped(n, noZone))
		}
		c.ImageQuality = append(c.ImageQuality, skipped("mrz_resolution", noZone), skipped("mrz_legibility", noZone))
		return
	}
	c.ImageQuality = append(c.ImageQuality, resolution(z), legibility(z))
	c.DataValidation = append(c.DataValidation, format(z.Document))
	for _, d := range z.Checks {
		c.DataValidation = append(c.DataValidation, digit(d))
	}
	if len(z.Checks) == 0 {
		c.DataValidation = append(c.DataValidation, skipped("mrz_check_digits", "this format has no check digits"))
	}
	c.DataValidation = append(c.DataValidation, birth(z.Document, now), expiry(z.Document, now))
}

func skipped(name, why string) report.Check {
	return report.Check{Name: name, Result: report.NotPerformed, Reason: why}
}

func resolution(z *extract.Zone) report.Check {
	pitch := float64(int(z.Reading.Pitch*10)) / 10
	score := min(1, pitch/goodPitch)
	c := report.Check{Name: "mrz_resolution", Result: report.Passed, Score: &score, Evidence: map[string]any{"character_pitch_pixels": pitch}}
	switch {
	case pitch < leastPitch:
		c.Result, c.Reason = report.FailedCheck, "the characters are too small to be read reliably"
	case pitch < goodPitch:
		c.Result, c.Reason = report.Warning, "the characters are small"
	}
	return c
}

func legibility(z *extract.Zone) report.Check {
	score := z.Reading.LeastConfidence(0, 0, 0)
	for i, l := range z.Reading.Lines {
		score = min(score, z.Reading.LeastConfidence(i, 0, len(l)))
	}
	score = float64(int(score*1000)) / 1000
	c := report.Check{Name: "mrz_legibility", Result: report.Passed, Score: &score, Evidence: map[string]any{"repaired_characters": len(z.Reading.Repairs)}}
	if !z.Reading.Certain {
		c.Result, c.Reason = report.Warning, "some characters are ambiguous"
	}
	return c
}

// format says whether the zone follows the standard in everything but its check digits.
func format(d *mrz.Document) report.Check {
	c := report.Check{Name: "mrz_format", Result: report.Passed}
	var list []string
	for _, p := range d.Problems {
		if p.Code == mrz.CodeCheck {
			continue
		}
		list = append(list, p.String())
		switch p.Severity {
		case mrz.Error:
			c.Result = report.FailedCheck
		case mrz.Warning:
			if c.Result == report.Passed {
				c.Result = report.Warning
			}
		}
	}
	if len(list) > 0 {
		c.Reason = list[0]
		c.Evidence = map[string]any{"problems": list}
	}
	return c
}

func digit(d mrz.Check) report.Check {
	c := report.Check{Name: "mrz_check_digit_" + string(d.Field), Result: report.Passed}
	if !d.OK {
		c.Result, c.Reason = report.FailedCheck, "the printed check digit is not the one that ICAO 9303-3 section 4.9 demands"
	}
	c.Evidence = map[string]any{"printed": string(rune(d.Printed)), "line": d.Line, "position": d.Pos}
	if d.Computed != 0 {
		c.Evidence["computed"] = string(rune(d.Computed))
	}
	return c
}

func day(d mrz.Date) time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
}

func birth(d *mrz.Document, now time.Time) report.Check {
	const name = "date_of_birth"
	b := d.BirthDate
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

// expiry fails from the day after the last valid one, in every time zone.
func expiry(d *mrz.Document, now time.Time) report.Check {
	const name = "expiry"
	e := d.ExpiryDate
	if !e.Complete() {
		return skipped(name, "the document gives no complete date of expiry")
	}
	if last := day(e).AddDate(0, 0, 1).Add(12 * time.Hour); !now.Before(last) {
		return report.Check{Name: name, Result: report.FailedCheck, Reason: "the document has expired", Evidence: map[string]any{"days": int(now.Sub(day(e)).Hours() / 24)}}
	}
	return report.Check{Name: name, Result: report.Passed}
}
