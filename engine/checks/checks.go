// Package checks asks the questions that a document must answer and records
// each answer with its evidence.
//
// A check knows only what was read, never a merchant's wishes: what follows
// from a failed check is the policy's. A check whose question could not be
// asked is not_performed, with the reason.
package checks

import (
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
func Zone(c *report.Checks, z *extract.Zone) {
	if z == nil {
		for _, n := range []string{"mrz_format", "mrz_check_digits"} {
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
