package engine

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"idproof/engine/classify"
	"idproof/engine/face"
	"idproof/engine/ocr"
	"idproof/engine/quality"
	"idproof/engine/raster"
	"idproof/engine/textread"
	"idproof/report"
)

// glimpsed is how many lines of print a glance reads: the largest, for these are
// titles and names of states.
const glimpsed = 8

// surely is the confidence from which a glance says what a document is. Without a
// zone it has seen a few lines only.
const surely = 0.6

// Glance looks at one picture of a document, given as asked (see [Input]):
// whether it can be seen well, and what it seems to be, at the time now. It leaves
// out what takes time, the reading of print and symbols. Errors are those of
// [raster.Decoder.Decode], and of a cancelled context. Of a [Selfie] it tells
// whether it shows one face that can be compared.
func (e *Engine) Glance(ctx context.Context, asked string, data []byte, now time.Time) (*report.Glance, error) {
	pages, err := e.decoder.Decode(ctx, data, e.limits)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	if asked == Selfie {
		return e.glanceAtFace(ctx, pages[0])
	}
	var all []*page
	for i, pg := range pages[:min(len(pages), 2)] { // front and back in one PDF
		p := &page{Page: pg, index: i, asked: asked}
		for _, s := range []step{{"text", e.findText}, {"mrz", e.readZone}, {"locate", e.locate}, {"titles", e.readTitles}, {"quality", measure}} {
			if err := attempt(ctx, s, p); err != nil {
				return nil, fmt.Errorf("engine: glance: %w", err)
			}
		}
		all = append(all, p)
	}
	first := all[0]
	out := &report.Glance{Width: first.Width, Height: first.Height, Text: slices.ContainsFunc(all, (*page).hasText)}
	if d := first.views[0].document; d != nil {
		out.Quad = new(first.quad(d.Quad))
	}
	class, zone := e.glimpse(all, now)
	if class.Confidence >= surely && class.Type != report.Other && (zone || class.Issuer != "") {
		out.Type, out.Sides = class.Type, class.Sides
		if zone { // words on a card may name another state than the issuer
			out.Issuer = class.Issuer
		}
	}
	out.Checks = quality.Conclude(shown(all, out.Sides), out.Type)
	return out, nil
}

// The faults of a selfie besides those that [face.Quality.Usable] names.
const (
	noFace       = face.ReasonNoFace
	severalFaces = "several_faces"
)

// almostAsLarge is from which part of its size another face may be the one that
// is meant.
const almostAsLarge = 0.65

// glanceAtFace looks whether a selfie shows one face that can be compared.
func (e *Engine) glanceAtFace(ctx context.Context, pg raster.Page) (*report.Glance, error) {
	p := face.NewPicture(pg.Image)
	found, err := e.faces.Find(ctx, p, face.Person)
	if err != nil {
		return nil, fmt.Errorf("engine: glance: %w", err)
	}
	at := &page{Page: pg}
	out := &report.Glance{Width: pg.Width, Height: pg.Height, Text: true}
	fault := func(name string, faces []face.Face) {
		c := report.Check{Name: name, Result: report.FailedCheck}
		var regions []report.Quad
		for i := range faces {
			regions = append(regions, at.quad(faces[i].Quad()))
		}
		if regions != nil {
			c.Evidence = map[string]any{"regions": regions}
		}
		out.Checks = append(out.Checks, c)
	}
	if len(found) == 0 {
		fault(noFace, nil)
		return out, nil
	}
	q := face.Assess(p, &found[0], found[1:])
	if ok, reason := q.Usable(); !ok {
		fault(reason, found[:1])
	} else if q.Alone < 1-almostAsLarge {
		fault(severalFaces, found)
	}
	return out, nil
}

// hasText tells whether there are lines of text on the page.
func (p *page) hasText() bool {
	const fewest = 3
	return p.zone != nil || len(p.lines) >= fewest
}

// glimpse classifies by the zone and the largest lines; zone tells whether there
// is one.
func (e *Engine) glimpse(pages []*page, now time.Time) (class classify.Class, zone bool) {
	var found classify.Evidence
	if z := clearestZone(pages, now); z != nil {
		found.Zone = z.Document
	}
	for _, p := range pages {
		for _, v := range p.views {
			found.Texts = append(found.Texts, v.text)
			if v.document != nil && found.Aspect == 0 {
				found.Aspect, found.Format = v.document.Aspect, v.document.Format
			}
		}
	}
	return e.kinds.Classify(found), found.Zone != nil
}

// readTitles reads the largest lines of every view. The others stay as places
// without words, by which their print is measured.
func (e *Engine) readTitles(ctx context.Context, p *page) error {
	for _, v := range p.views {
		back := v.ToPicture.Inverse()
		var lines []ocr.Line
		for _, l := range p.lines {
			l = l.Through(back)
			if l.Center.X < 0 || l.Center.Y < 0 || l.Center.X > float64(v.Image.W) || l.Center.Y > float64(v.Image.H) || p.inZone(v, l.Center) {
				continue
			}
			if math.Cos(l.Angle) < 0 { // detectors do not know which way text reads; views are upright
				l = l.Flip()
			}
			if l, ok := leveled(l); ok {
				lines = append(lines, l)
			}
		}
		slices.SortFunc(lines, func(a, b ocr.Line) int { return cmp.Compare(b.Height, a.Height) })
		titles := min(len(lines), glimpsed)
		var err error
		if v.text, err = e.print.Read(ctx, p.gray, v.reading(), lines[:titles]); err != nil {
			return err
		}
		for _, l := range lines[titles:] {
			v.text.Lines = append(v.text.Lines, textread.Line{Box: textread.Bounds(l.Quad())})
		}
	}
	return nil
}
