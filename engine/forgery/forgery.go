// Package forgery looks for signs that a picture of a document is not what it
// claims to be: that the file was edited, that pixels were changed, that it
// shows a screen or a print instead of the document, or that its data
// contradict each other.
//
// Every [Detector] is a file of its own with its reasoning, its source and its
// cost. A detector measures one number; what that number is worth is not for the
// detector to say but a matter of measurement: rates.json holds, for each one,
// how often genuine and forged pictures reach it, and [Analyze] adds up the
// logarithms of those ratios. A detector whose question cannot be asked of a
// file is listed as not performed, with the reason.
//
// The package knows one picture and what was read from it. What happened
// before (the same picture or portrait again) and what follows from an
// indicator belong to the service. JPEG quality and picture size by themselves
// are never evidence: honest people use messengers.
package forgery

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"slices"
	"time"

	"idproof/report"
)

// Type says in which direction an indicator points.
type Type string

// The types of an indicator. Info is worth knowing and counts for nothing.
const (
	Risk  Type = "RISK"
	Trust Type = "TRUST"
	Info  Type = "INFO"
)

// Category groups detectors by what they look at.
type Category string

// The categories.
const (
	File          Category = "file"          // how the file was made
	Modifications Category = "modifications" // what was done to the pixels
	Capture       Category = "capture"       // what the camera looked at
	Data          Category = "data"          // what the document says
)

// Score is the whole analysis in one word.
type Score string

// The scores.
const (
	None     Score = "None" // no detector could be asked
	Normal   Score = "Normal"
	Trusted  Score = "Trusted"
	Warning  Score = "Warning"
	HighRisk Score = "HighRisk"
)

// Indicator is one thing that was noticed, with its evidence.
type Indicator struct {
	ID          string         `json:"indicatorId"`
	Title       string         `json:"title"`
	Description string         `json:"description"` // for people, without personal data
	Type        Type           `json:"type"`
	Category    Category       `json:"category"`
	Score       int            `json:"score"`      // 0 to 100: how much it says
	Confidence  int            `json:"confidence"` // 0 to 100: the share of pictures that reach it and are forged, were half of all so
	Page        int            `json:"page"`
	Regions     []report.Quad  `json:"regions,omitempty"`
	Metadata    map[string]any `json:"metadata"` // the measurement, without personal data
	// Picture is a small PNG that shows the evidence: a heat map, a crop, a
	// spectrum. It may hold personal data. Nil where there is nothing to see.
	Picture []byte `json:"picture,omitempty"`
}

// Inline is the picture for a page of HTML, empty if there is none.
func (i Indicator) Inline() template.URL {
	if len(i.Picture) == 0 {
		return ""
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(i.Picture)) //nolint:gosec // base64
}

// Skipped is a detector that was not performed.
type Skipped struct {
	ID     string `json:"indicatorId"`
	Page   int    `json:"page"`
	Reason string `json:"reason"`
}

// Analysis is the outcome for one picture, or for several after [Merge].
type Analysis struct {
	Score        Score       `json:"score"`
	RiskScore    int         `json:"riskScore"`  // 0 to 100
	TrustScore   int         `json:"trustScore"` // 0 to 100
	Indicators   []Indicator `json:"indicators"` // the weightiest first
	NotPerformed []Skipped   `json:"notPerformed"`
	// Odds is the sum behind RiskScore: the logarithm of how many times likelier
	// a forgery gives these measurements than a genuine picture does.
	Odds float64 `json:"logOdds"`
	// ByCategory is what RiskScore would be by the detectors of a category alone.
	ByCategory map[Category]int   `json:"byCategory"`
	Measured   map[string]float64 `json:"measured"` // what each detector measured, performed ones only
	Seconds    map[string]float64 `json:"-"`        // time of each detector
}

// Detector asks one question.
type Detector struct {
	ID       string
	Category Category
	Type     Type
	Title    string
	// Group names detectors that notice the same thing for the same reason: only
	// the weightiest of a group counts.
	Group string
	// Run measures. It returns a [skipError] error when the question cannot be
	// asked.
	Run func(context.Context, *Evidence) (Finding, error)
}

// Finding is what a detector measured.
type Finding struct {
	Value       float64 // in the detector's own unit; the more, the more it points in its direction
	Description string  // why, in plain words; shown when the value counts
	Regions     []report.Quad
	Metadata    map[string]any
	Picture     func() []byte // draws the evidence; called only when the value counts; may be nil
}

// skipError is the reason why a detector could not be asked.
type skipError string

func (n skipError) Error() string { return string(n) }

// Detectors are all of them, in the order in which they run.
func Detectors() []Detector {
	return slices.Concat(fileDetectors(), pixelDetectors(), captureDetectors(), dataDetectors())
}

// Analyze asks all detectors about one picture. The error is that of the
// context; a detector that fails is listed as not performed.
func Analyze(ctx context.Context, e *Evidence) (*Analysis, error) {
	a := &Analysis{
		Indicators: []Indicator{}, NotPerformed: []Skipped{},
		Measured: map[string]float64{}, Seconds: map[string]float64{},
	}
	var all []weighed
	for _, d := range Detectors() {
		if len(LoadRates()[d.ID].Steps) == 0 && !e.All {
			a.NotPerformed = append(a.NotPerformed, Skipped{ID: d.ID, Page: e.Page, Reason: "it was measured to tell nothing on documents"})
			continue
		}
		start := time.Now()
		f, err := ask(ctx, d, e)
		a.Seconds[d.ID] = time.Since(start).Seconds()
		if ctx.Err() != nil {
			return nil, fmt.Errorf("forgery: %w", ctx.Err())
		}
		if err != nil {
			a.NotPerformed = append(a.NotPerformed, Skipped{ID: d.ID, Page: e.Page, Reason: err.Error()})
			continue
		}
		a.Measured[d.ID] = f.Value
		all = append(all, weighed{Detector: d, Finding: f, step: rateOf(d.ID, f.Value)})
	}
	a.combine(all, e.Page)
	return a, nil
}

// ask runs a detector; one that panics has failed like any other.
func ask(ctx context.Context, d Detector, e *Evidence) (f Finding, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it failed: panic of type %T", r)
		}
		var no skipError
		if err != nil && ctx.Err() == nil && !errors.As(err, &no) {
			err = fmt.Errorf("it failed: %w", err)
		}
	}()
	return d.Run(ctx, e)
}

// Merge joins the analyses of several pictures of one document: the riskiest
// picture decides, and trust must be in all of them.
func Merge(parts ...*Analysis) *Analysis {
	if len(parts) == 1 {
		return parts[0]
	}
	out := &Analysis{Score: None, Indicators: []Indicator{}, NotPerformed: []Skipped{}, Measured: map[string]float64{}, Seconds: map[string]float64{}, ByCategory: map[Category]int{}}
	for i, p := range parts {
		out.Indicators = append(out.Indicators, p.Indicators...)
		out.NotPerformed = append(out.NotPerformed, p.NotPerformed...)
		if i == 0 || p.RiskScore > out.RiskScore {
			out.RiskScore, out.Odds = p.RiskScore, p.Odds
		}
		if i == 0 || p.TrustScore < out.TrustScore {
			out.TrustScore = p.TrustScore
		}
		for k, v := range p.ByCategory {
			out.ByCategory[k] = max(out.ByCategory[k], v)
		}
		for k, v := range p.Measured {
			if had, ok := out.Measured[k]; !ok || v > had {
				out.Measured[k] = v
			}
		}
		for k, v := range p.Seconds {
			out.Seconds[k] += v
		}
	}
	sortIndicators(out.Indicators)
	out.Score = verdict(out.RiskScore, out.TrustScore, len(out.Measured))
	return out
}
