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
	if err := e.handOver(ctx, res, pages); err != nil {
		return err
	}
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

// handOver adds to the report where the zone's rows and the holder's pictures are.
func (e *Engine) handOver(ctx context.Context, res *report.Result, pages []*page) error {
	s := res.AnalysisSummary.Document
	for _, p := range pages {
		s.Pages[p.index].Zone = p.zoneRows()
	}
	if done := res.AnalysisSummary.Selfie; done != nil {
		s.Portraits = done.Portraits
		return nil
	}
	start := time.Now()
	holder, err := e.portraits(ctx, pages)
	if err != nil {
		return err
	}
	s.Portraits = holder.shown
	res.Steps = append(res.Steps, report.Step{Name: "portrait", Seconds: time.Since(start).Seconds()})
	return nil
}

// zoneRows are the rows of the page's machine-readable zone in the full picture.
func (p *page) zoneRows() (out []report.ZoneRow) {
	if p.zone == nil {
		return nil
	}
	k := 1 / p.Scale
	for i, r := range p.zone.Rows {
		out = append(out, report.ZoneRow{
			Text: p.zone.Lines[i], Center: [2]float64{r.Center.X * k, r.Center.Y * k}, Angle: r.Angle, Curve: r.Curve / k,
			Height: r.Height * k, From: p.zone.Spans[i][0] * k, To: p.zone.Spans[i][1] * k,
		})
	}
	return out
}
