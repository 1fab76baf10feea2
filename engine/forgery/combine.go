package forgery

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
)

// Rate is how often pictures reach a value of a detector: the share of genuine
// and of forged pictures. The forged ones are those of the kind that the
// detector is for.
type Rate struct {
	Value   float64 `json:"value"` // reached from here on
	Genuine float64 `json:"genuine"`
	Forged  float64 `json:"forged"`
}

// rates.json: measured by eval's TestForgery; see docs/forgery.md. A detector's
// steps rise in value; a value counts as much as the last step that it reaches.
// Where a rate could not be measured, because no such picture was at hand, the
// detector has "assumed": true and the rates are estimates that err to the
// careful side.
//
//go:embed rates.json
var ratesJSON []byte

// Rates are the measured steps of a detector.
type Rates struct {
	Assumed bool   `json:"assumed,omitempty"`
	Steps   []Rate `json:"steps"`
}

// LoadRates returns the rates of every detector, by its identifier.
var LoadRates = sync.OnceValue(func() map[string]Rates {
	var m map[string]Rates
	if err := json.Unmarshal(ratesJSON, &m); err != nil {
		panic(fmt.Sprintf("forgery: rates.json: %v", err)) // it is part of the program
	}
	return m
})

// rateOf is the step that the value reaches; nil if it reaches none.
func rateOf(id string, v float64) *Rate {
	var hit *Rate
	for i, s := range LoadRates()[id].Steps {
		if v >= s.Value {
			hit = &LoadRates()[id].Steps[i]
		}
	}
	return hit
}

// weight is the logarithm of the likelihood ratio.
func (r Rate) weight() float64 { return math.Log(r.Forged / r.Genuine) }

// confidence is the share of forgeries among the pictures that reach the step,
// in per cent, if half of all pictures were forged.
func (r Rate) confidence(t Type) int {
	f, g := r.Forged, r.Genuine
	if t == Trust {
		f, g = g, f
	}
	return int(math.Round(100 * f / (f + g)))
}

type weighed struct {
	Detector
	Finding
	step *Rate
}

const (
	// prior is the logarithm of the odds of a forgery before anything is seen: one
	// in sixteen. Nobody knows the true share; this one decides where the scale of
	// RiskScore begins, and so is what keeps the false alarms at WarnAt where they
	// shall be: the more detectors there are, the lower it must be.
	prior = -2.7
	// dependent is how much of a further detector's weight counts in another group
	// than the weightiest. Detectors are not independent, as naive Bayes has it:
	// a picture that was saved badly upsets several at once.
	dependent = 0.7

	// WarnAt is where Warning begins, of RiskScore. With the rates measured, 95 % of
	// genuine documents stay below it by file, pixels and capture.
	WarnAt = 50
	// RiskAt is where HighRisk begins.
	RiskAt = 85
	// Trusted needs as much trust and less risk than this.
	trustAt   = 50
	trustRisk = 20
)

// weights are the sums behind the scores.
type weights struct{ risk, trust map[string]float64 }

// add counts a finding's weight, of which each group's largest counts; it tells
// whether it means anything.
func (w *weights) add(d Detector, step *Rate) bool {
	if w.risk == nil {
		w.risk, w.trust = map[string]float64{}, map[string]float64{}
	}
	lw := step.weight()
	switch {
	case d.Type == Risk && lw > 0:
		w.risk[d.Group] = max(w.risk[d.Group], lw)
	case d.Type == Trust && lw < 0:
		w.trust[d.Group] = max(w.trust[d.Group], -lw)
	default:
		return d.Type == Info
	}
	return true
}

// Odds is [Analysis.Odds] by the detectors of some categories alone.
func Odds(measured map[string]float64, categories ...Category) float64 {
	var w weights
	for _, d := range Detectors() {
		v, ok := measured[d.ID]
		if step := rateOf(d.ID, v); ok && step != nil && slices.Contains(categories, d.Category) {
			w.add(d, step)
		}
	}
	return round3(total(w.risk) - total(w.trust))
}

// RiskScore is the score, 0 to 100, for a sum of weights.
func RiskScore(odds float64) int { return scale(odds) }

// combine weighs the findings: in each group the weightiest counts, and they add
// up as logarithms of odds.
func (a *Analysis) combine(all []weighed, page int) {
	var sums weights
	for _, w := range all {
		if w.step == nil || !sums.add(w.Detector, w.step) {
			continue
		}
		in := Indicator{
			ID: w.ID, Title: w.Title, Description: w.Description, Type: w.Type, Category: w.Category,
			Score: scale(math.Abs(w.step.weight())), Confidence: w.step.confidence(w.Type), Page: page,
			Regions: w.Regions, Metadata: w.Metadata,
		}
		if w.Type == Info {
			in.Score, in.Confidence = 0, 100
		}
		if in.Metadata == nil {
			in.Metadata = map[string]any{}
		}
		if w.Finding.Picture != nil {
			in.Picture = w.Finding.Picture()
		}
		a.Indicators = append(a.Indicators, in)
	}
	sortIndicators(a.Indicators)
	up, down := total(sums.risk), total(sums.trust)
	a.Odds = round3(up - down)
	a.RiskScore = scale(up - down)
	if down > 0 {
		a.TrustScore = scale(down)
	}
	a.ByCategory = map[Category]int{}
	for _, c := range []Category{File, Modifications, Capture, Data} {
		a.ByCategory[c] = RiskScore(Odds(a.Measured, c))
	}
	a.Score = verdict(a.RiskScore, a.TrustScore, len(a.Measured))
}

// total adds the groups' weights.
func total(groups map[string]float64) float64 {
	all := make([]float64, 0, len(groups))
	for _, g := range slices.Sorted(maps.Keys(groups)) { // the order decides rounding
		all = append(all, groups[g])
	}
	return Together(all...)
}

// Together adds weights that speak for the same, the weightiest in full, the
// others as far as they are not dependent on it.
func Together(weights ...float64) (sum float64) {
	most := 0.0
	for _, w := range weights {
		sum += w
		most = max(most, w)
	}
	return most + dependent*(sum-most)
}

// scale is a weight as a figure from 0 to 100: what the risk score would be if
// nothing else had been seen.
func scale(weight float64) int { return int(math.Round(100 * logistic(prior+weight))) }

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// verdict puts the scores in a word.
func verdict(risk, trust, measured int) Score {
	switch {
	case measured == 0:
		return None
	case risk >= RiskAt:
		return HighRisk
	case risk >= WarnAt:
		return Warning
	case trust >= trustAt && risk < trustRisk:
		return Trusted
	}
	return Normal
}

// sortIndicators puts the weightiest first, risk before trust before info.
func sortIndicators(list []Indicator) {
	order := []Type{Risk, Trust, Info}
	slices.SortStableFunc(list, func(a, b Indicator) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.Type), slices.Index(order, b.Type)),
			cmp.Compare(b.Score, a.Score),
		)
	})
}

func round3(v float64) float64 { return math.Round(v*1000) / 1000 }
