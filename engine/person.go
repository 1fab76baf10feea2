package engine

import (
	"context"
	"fmt"
	"math"
	"time"

	"golang.org/x/sync/errgroup"

	"idproof/engine/face"
	"idproof/engine/liveness"
	"idproof/report"
)

// Selfie is the type of an [Input] that shows the person, not the document.
const Selfie = "selfie"

// person compares the selfie with the portrait of the document, and looks
// whether it shows somebody who was there.
func (e *Engine) person(ctx context.Context, res *report.Result, pages []*page, in []Input, o Options) error {
	start := time.Now()
	var portrait *holder
	var selfie *sitter
	var watched *seen
	g, both := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		portrait, err = e.portraits(both, pages)
		return err
	})
	g.Go(func() (err error) {
		selfie, err = e.sitter(both, res, in)
		return err
	})
	active := o.Recording != nil && o.asked("liveness")
	if active && len(o.Recording.Shots) > 0 {
		g.Go(func() (err error) {
			watched, err = e.watch(both, o.Recording)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if o.asked("selfie") {
		c, err := e.faces.Compare(ctx, portrait.Subject, selfie.Subject, 0)
		if err != nil {
			return fmt.Errorf("engine: face match: %w", err)
		}
		if c.Similarity >= face.SamePicture {
			c.Result, c.Reason = face.NotPossible, face.ReasonSamePicture
		}
		res.AnalysisSummary.Selfie = compared(portrait, selfie, c)
	}
	if o.Face != nil && selfie.Template != nil {
		o.Face(selfie.Template, e.faces.Model())
	}
	if o.asked("liveness") {
		s, err := e.alive(ctx, watched.judged(selfie))
		if err != nil {
			return err
		}
		if active {
			acted(s, o.Recording, watched, portrait, selfie, o.asked("selfie"))
		}
		res.AnalysisSummary.Liveness = s
	}
	res.Steps = append(res.Steps, report.Step{Name: "person", Seconds: time.Since(start).Seconds()})
	return nil
}

// holder is the person as the document shows them.
type holder struct {
	*face.Subject
	shown []report.Portrait
}

// portraits finds the holder's portrait, the best of all views, and its ghosts.
func (e *Engine) portraits(ctx context.Context, pages []*page) (*holder, error) {
	best := &holder{Subject: &face.Subject{Reason: face.ReasonNoFace}}
	for _, p := range pages {
		for _, v := range p.views {
			got, err := e.faces.Portraits(ctx, v.Image)
			if err != nil {
				return nil, fmt.Errorf("engine: portrait: %w", err)
			}
			if len(got.Main.Faces) == 0 || !better(got.Main, best.Subject) {
				continue
			}
			place := func(f *face.Face) report.Quad { return p.quad(v.ToPicture.ApplyQuad(f.Quad())) }
			best = &holder{got.Main, []report.Portrait{{Page: p.index, Region: place(&got.Main.Faces[0])}}}
			for _, ghost := range got.Ghosts {
				best.shown = append(best.shown, report.Portrait{
					Page: p.index, Region: place(&ghost.Face), Ghost: true, Match: new(match(ghost.Comparison)), Likeness: string(ghost.Likeness),
					Similarity: ghost.Comparison.Similarity, Contrast: ghost.Contrast, Eyes: ghost.Face.EyeDistance(),
				})
			}
		}
	}
	return best, nil
}

// better tells which of two subjects is the rather to be compared.
func better(a, b *face.Subject) bool {
	if (a.Template != nil) != (b.Template != nil) || len(b.Faces) == 0 {
		return len(b.Faces) == 0 || a.Template != nil
	}
	return a.Faces[0].EyeDistance() > b.Faces[0].EyeDistance()
}

// sitter is the person on the selfie.
type sitter struct {
	*face.Subject
	picture *face.Picture
	scale   float64 // of the picture to the one that was sent
}

// sitter finds the face of the first selfie that has one.
func (e *Engine) sitter(ctx context.Context, res *report.Result, in []Input) (*sitter, error) {
	best := &sitter{Subject: &face.Subject{Reason: face.ReasonNoFace}}
	for i, f := range in {
		if f.Type != Selfie {
			continue
		}
		got, err := e.decoder.Decode(ctx, f.Data, e.limits)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			res.Errors = append(res.Errors, unreadable(i, err))
			best.Reason = face.ReasonUnreadable
			continue
		}
		p := face.NewPicture(got[0].Image)
		s, err := e.faces.Subject(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("engine: selfie: %w", err)
		}
		if len(s.Faces) > 0 && better(s, best.Subject) {
			best = &sitter{s, p, got[0].Scale}
		}
	}
	return best, nil
}

// compared is what the report says of the two faces.
func compared(portrait *holder, selfie *sitter, c face.Comparison) *report.SelfieSummary {
	s := &report.SelfieSummary{
		Status: report.Pending, FaceQuality: []report.Check{}, Portraits: portrait.shown,
		FaceMatch: match(c), Faces: len(selfie.Faces),
	}
	if len(selfie.Faces) == 0 {
		return s
	}
	s.Region = new(selfie.region())
	for _, c := range selfie.Quality.Components() {
		check := report.Check{Name: c.Name, Result: report.Passed, Score: new(math.Round(c.Of1*1000) / 1000)}
		if c.Low {
			check.Result = report.Warning
		}
		s.FaceQuality = append(s.FaceQuality, check)
	}
	return s
}

// region is where the face is on the selfie as it was sent.
func (s *sitter) region() (q report.Quad) {
	for i, c := range s.Faces[0].Quad() {
		q[i] = [2]float64{tenth(c.X / s.scale), tenth(c.Y / s.scale)}
	}
	return q
}

// match is a comparison as reports show it.
func match(c face.Comparison) report.FaceMatch {
	return report.FaceMatch{
		Score: tenth(c.Score), Threshold: tenth(face.Threshold(face.DefaultFalseMatchRate)), FalseMatchRate: face.DefaultFalseMatchRate,
		Result: string(c.Result), Reason: c.Reason,
	}
}

// alive judges the selfie by itself.
func (e *Engine) alive(ctx context.Context, s *sitter) (*report.LivenessSummary, error) {
	out := &report.LivenessSummary{
		Status: report.Pending, Mode: "passive", Result: report.NotPossible, Reason: s.Reason, Actions: []report.LivenessAction{}, Checks: []report.Check{},
	}
	if len(s.Faces) == 0 {
		return out, nil
	}
	got, err := e.live.Check(ctx, s.picture, &s.Faces[0])
	if err != nil {
		return nil, fmt.Errorf("engine: liveness: %w", err)
	}
	out.Score, out.Result, out.Reason = math.Round(got.Score*1000)/1000, string(got.Result), got.Reason
	for _, g := range got.Signals {
		check := report.Check{Name: g.Name, Result: report.Passed, Score: new(math.Round((1-g.Suspicion)*1000) / 1000), Evidence: map[string]any{}}
		if 1-g.Suspicion < liveness.Threshold {
			check.Result = report.Warning
		}
		for k, v := range g.Evidence {
			check.Evidence[k] = math.Round(v*1000) / 1000
		}
		out.Checks = append(out.Checks, check)
	}
	return out, nil
}

// Face returns the template of the most prominent face of a picture and the
// version of the network that made it, or why there is none: a reason of package
// face. The error is only for a cancelled context or a broken engine.
func (e *Engine) Face(ctx context.Context, picture []byte) (t face.Template, model, reason string, err error) {
	got, err := e.decoder.Decode(ctx, picture, e.limits)
	if ctx.Err() != nil {
		return nil, "", "", ctx.Err()
	}
	if err != nil {
		return nil, "", face.ReasonUnreadable, nil //nolint:nilerr // that it cannot be read is the answer
	}
	s, err := e.faces.Subject(ctx, face.NewPicture(got[0].Image))
	if err != nil {
		return nil, "", "", fmt.Errorf("engine: face: %w", err)
	}
	return s.Template, e.faces.Model(), s.Reason, nil
}
