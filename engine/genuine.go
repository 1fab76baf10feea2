package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"idproof/engine/fingerprint"
	"idproof/engine/forgery"
	"idproof/report"
)

// genuine looks for signs of forgery on every page, with all that was read.
func (e *Engine) genuine(ctx context.Context, res *report.Result, pages []*page, in []Input, o Options) error {
	var parts []*forgery.Analysis
	for _, p := range pages {
		start := time.Now()
		a, err := forgery.Analyze(ctx, &forgery.Evidence{
			Data: in[p.input].Data, Picture: &p.Page, Page: p.index, Result: res, Now: o.Now, Screens: e.screens,
		})
		if err != nil {
			return fmt.Errorf("engine: forgery: %w", err)
		}
		parts = append(parts, a)
		res.AnalysisSummary.Document.Pages[p.index].Print = fingerprint.Of(p.Image).Bytes()
		res.Steps = append(res.Steps, report.Step{Name: "forgery", Page: p.index, Seconds: time.Since(start).Seconds()})
	}
	all := forgery.Merge(parts...)
	s := &report.ForgerySummary{
		State: "Finished", Score: string(all.Score), RiskScore: all.RiskScore, TrustScore: all.TrustScore, Indicators: []report.Indicator{},
	}
	for _, i := range all.Indicators {
		s.Indicators = append(s.Indicators, report.Indicator{
			ID: i.ID, Title: i.Title, Description: i.Description, Type: string(i.Type), Category: string(i.Category),
			Score: i.Score, Confidence: i.Confidence, Page: i.Page, Regions: i.Regions, Metadata: i.Metadata, Picture: i.Picture,
		})
	}
	s.Performed = slices.Sorted(maps.Keys(all.Measured))
	for _, n := range all.NotPerformed {
		s.NotPerformed = append(s.NotPerformed, report.Skipped{ID: n.ID, Page: n.Page, Reason: n.Reason})
	}
	res.AnalysisSummary.Forgery = s
	return nil
}
