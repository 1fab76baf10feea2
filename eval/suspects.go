package eval

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"idproof/engine/forgery"
)

// ForgeryClasses turns what is to be measured, "forgery" and "recapture", into the
// classes of a manifest: forged pictures and documents, photographed screens, and
// every picture of a genuine document beside them. ok is false when neither is
// asked for; kit says whether changed copies belong to it.
func ForgeryClasses(asked []string) (classes []string, kit, ok bool) {
	genuine := []string{"mrz", "id", "dl"}
	if slices.Contains(asked, "forgery") {
		classes, kit = append(classes, "forgery", "forgery_id"), true
	}
	if slices.Contains(asked, "recapture") {
		classes = append(classes, "recapture")
	}
	if len(classes) == 0 {
		return nil, false, false
	}
	return append(classes, genuine...), kit, true
}

// WithoutPictures is the outcome without its pictures of evidence, to be printed.
func (o *ForgeryOutcome) WithoutPictures() *ForgeryOutcome {
	out := &ForgeryOutcome{Detectors: o.Detectors, Rows: slices.Clone(o.Rows)}
	for k := range out.Rows {
		if a := out.Rows[k].Analysis; a != nil {
			bare := *a
			bare.Indicators = slices.Clone(a.Indicators)
			for i := range bare.Indicators {
				bare.Indicators[i].Picture = nil
			}
			out.Rows[k].Analysis = &bare
		}
	}
	return out
}

//go:embed suspects.html
var suspectsSource string

var suspectsTemplate = template.Must(template.New("suspects").Funcs(template.FuncMap{
	"percent": func(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) },
	"words":   func(s string) string { return strings.ReplaceAll(s, "_", " ") },
}).Parse(suspectsSource))

// suspects is the page of an outcome.
type suspects struct {
	Combined, Single []DetectorFigure
	Alarms, Missed   []ForgeryRow // genuine pictures that reach Warning; forged ones that do not
	Kit              int          // missed copies of the kit, which are not shown one by one
	Genuine, Forged  int
}

// WriteHTML writes one self-contained page: the figures, the worst kind first, then
// every false alarm and every miss with what was noticed. It holds parts of the
// pictures: treat it like them.
func (o *ForgeryOutcome) WriteHTML(w io.Writer) error {
	var p suspects
	for _, f := range o.Detectors {
		if f.ID == "risk" || f.ID == "pixels" {
			p.Combined = append(p.Combined, f)
		} else {
			p.Single = append(p.Single, f)
		}
	}
	for _, r := range o.Rows {
		if r.Analysis == nil {
			continue
		}
		warned := r.Score == forgery.Warning || r.Score == forgery.HighRisk
		switch {
		case r.Kind == Genuine:
			p.Genuine++
			if warned {
				p.Alarms = append(p.Alarms, r)
			}
		case r.Class == "kit":
			if !warned && r.Kind != Resaved {
				p.Kit++
			}
		default:
			p.Forged++
			if !warned {
				p.Missed = append(p.Missed, r)
			}
		}
	}
	byRisk := func(a, b ForgeryRow) int { return b.RiskScore - a.RiskScore }
	slices.SortStableFunc(p.Alarms, byRisk)
	slices.SortStableFunc(p.Missed, byRisk)
	if err := suspectsTemplate.Execute(w, p); err != nil {
		return fmt.Errorf("eval: writing the page: %w", err)
	}
	return nil
}
