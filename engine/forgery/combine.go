package forgery

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
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
	// in ten. Nobody knows the true share; this one decides nothing but where
	// the scale of RiskScore begins.
	prior = -2.2
	// dependent is how much of a further detector's weight counts in another group
	// than the weightiest. Detectors are not independent, as naive Bayes has it:
	// a picture that was saved badly upsets several at once.
	dependent = 0.7

	// Where Warning and HighRisk begin, of RiskScore. With the rates measured,
	// 95 % of genuine pictures stay below the first.
	warnAt = 50
	riskAt = 85
	// Trusted needs as much trust and less risk than this.
	trustAt   = 50
	trustRisk = 20
)

// combine weighs the findings: in each group the weightiest counts, and they add
// up as logarithms of odds.
func (a *Analysis) combine(all []weighed, page int) {
	risk, trust := map[string]float64{}, map[string]float64{}
	for _, w := range all {
		if w.step == nil {
			continue
		}
		lw := w.step.weight()
		switch {
		case w.Type == Risk && lw > 0:
			risk[w.Group] = max(risk[w.Group], lw)
		case w.Type == Trust && lw < 0:
			trust[w.Group] = max(trust[w.Group], -lw)
		case w.Type != Info:
			continue // reached, and means nothing
		}
		in := Indicator{
			ID: w.ID, Title: w.Title, Description: w.Description, Type: w.Type, Category: w.Category,
			Score: scale(math.Abs(lw)), Confidence: w.step.confidence(w.Type), Page: page,
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
	up, down := total(risk), total(trust)
	a.Odds = round3(up - down)
	a.RiskScore = int(math.Round(100 * logistic(prior+up-down)))
	a.TrustScore = scale(down)
	a.Score = verdict(a.RiskScore, a.TrustScore, len(a.Measured))
}

// total adds the groups' weights, the weightiest in full.
func total(groups map[string]float64) (sum float64) {
	most := 0.0
	for _, w := range groups {
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
	case risk >= riskAt:
		return HighRisk
	case risk >= warnAt:
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
