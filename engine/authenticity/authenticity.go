// Package authenticity says in the words of a document report what the
// indicators of forgery mean: was a screen photographed, was the picture
// changed, is the portrait whole. Each such check sums up a few detectors
// (checks.json); what they find belongs to package forgery, what follows from a
// check to the service's policy.
//
// A check is performed when at least one of its detectors could be asked of at
// least one page. It has failed when what was found would by itself make the
// whole analysis HighRisk, and is a warning when it would make it Warning: so a
// check that passed does not say that nothing was noticed, but that what was
// noticed is no cause for concern. The indicators are in its evidence.
package authenticity

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"idproof/engine/forgery"
	"idproof/report"
)

// Thresholds say from which risk on, 0 to 100, a score has which name.
type Thresholds struct{ Warning, HighRisk int }

// Standard are the thresholds that the rates of the detectors were measured with.
var Standard = Thresholds{Warning: forgery.WarnAt, HighRisk: forgery.RiskAt}

// Score names a summary's risk. What was trusted stays so below Warning; what
// could not be looked at stays None.
func (t Thresholds) Score(s *report.ForgerySummary) string {
	switch {
	case s.Score == string(forgery.None):
		return s.Score
	case s.RiskScore >= t.HighRisk:
		return string(forgery.HighRisk)
	case s.RiskScore >= t.Warning:
		return string(forgery.Warning)
	case s.Score == string(forgery.Trusted):
		return s.Score
	}
	return string(forgery.Normal)
}

// Kind is a check and the indicators that it sums up.
type Kind struct {
	Name        string   `json:"name"`
	Compromised bool     `json:"compromised"` // belongs to [report.Checks.CompromisedDocument]
	Ghosts      bool     `json:"ghosts"`      // the ghosts of the portrait answer too, where faces were looked at
	Indicators  []string `json:"indicators"`  // none: nothing asks this yet
}

//go:embed checks.json
var checksJSON []byte

// Kinds are all checks, in the order of the report.
var Kinds = sync.OnceValue(func() (all []Kind) {
	if err := json.Unmarshal(checksJSON, &all); err != nil {
		panic(fmt.Sprintf("authenticity: checks.json: %v", err)) // it is part of the program
	}
	return all
})

// Into writes the checks into the report, in the place of those that may be
// there. Without a forgery detection nobody asked, and the checks say so.
func Into(r *report.Result, t Thresholds) {
	if r.AnalysisSummary.Document == nil {
		return
	}
	c := &r.AnalysisSummary.Document.Checks
	c.VisualAuthenticity, c.CompromisedDocument = []report.Check{}, []report.Check{}
	for _, k := range Kinds() {
		to := &c.VisualAuthenticity
		if k.Compromised {
			to = &c.CompromisedDocument
		}
		check := k.check(r.AnalysisSummary.Forgery, t)
		if k.Ghosts {
			withGhosts(&check, r.AnalysisSummary.Selfie)
		}
		*to = append(*to, check)
	}
}

// withGhosts adds what the second pictures of the holder say. One that shows the
// holder speaks for the portrait: whoever exchanges one forgets the other, or must
// forge both. Another face speaks against nothing: of 83 genuine documents of the
// development set 4 bear one, a watermark's or a figure's of the background.
func withGhosts(c *report.Check, s *report.SelfieSummary) {
	if s == nil {
		return
	}
	seen := map[string]int{}
	for _, p := range s.Portraits {
		if p.Ghost {
			seen[p.Likeness]++
		}
	}
	switch {
	case seen["same"] > 0:
		if c.Result == report.NotPerformed {
			c.Result, c.Reason = report.Passed, ""
		}
		if c.Evidence == nil {
			c.Evidence = map[string]any{}
		}
		c.Evidence["ghosts"] = seen["same"]
	case c.Result == report.NotPerformed:
		c.Reason = "the document has no second picture of the holder that can be made out"
	}
}

func (k Kind) check(s *report.ForgerySummary, t Thresholds) report.Check {
	out := report.Check{Name: k.Name, Result: report.NotPerformed}
	if s == nil {
		out.Reason = report.NotAskedFor
		return out
	}
	asked := 0
	for _, id := range k.Indicators {
		if slices.Contains(s.Performed, id) {
			asked++
		}
	}
	if asked == 0 {
		out.Reason = k.why(s)
		return out
	}
	risk, found := 0, []string{}
	for _, i := range s.Indicators {
		if i.Type != string(forgery.Risk) || !slices.Contains(k.Indicators, i.ID) {
			continue
		}
		risk = max(risk, i.Score)
		if !slices.Contains(found, i.ID) {
			found = append(found, i.ID)
		}
	}
	out.Result = report.Passed
	switch {
	case risk >= t.HighRisk:
		out.Result = report.FailedCheck
	case risk >= t.Warning:
		out.Result = report.Warning
	}
	out.Score = new(float64(100-risk) / 100)
	out.Evidence = map[string]any{"indicators": found, "asked": asked, "of": len(k.Indicators)}
	return out
}

// why a check was not performed: what its detectors say, if they agree.
func (k Kind) why(s *report.ForgerySummary) string {
	var reasons []string
	for _, n := range s.NotPerformed {
		if slices.Contains(k.Indicators, n.ID) && !slices.Contains(reasons, n.Reason) {
			reasons = append(reasons, n.Reason)
		}
	}
	switch len(reasons) {
	case 0:
		return report.NotAvailable
	case 1:
		return reasons[0]
	}
	return "none of its detectors could be asked of these pictures"
}
