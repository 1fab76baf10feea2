// Package barcode finds and decodes the symbols on a document: PDF417 (ISO/IEC
// 15438), QR (18004), Data Matrix (16022), Aztec (24778), Code 128 (15417) and
// Code 39 (16388).
//
// Decoding is zxing-cpp's. What this package adds is what that needs on
// photographs: bars are found by their texture, turned level, and shown at
// several sizes. What a symbol says belongs to package aamva and to extract.
package barcode

import (
	"bytes"
	"context"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"

	"idproof/engine/raster"
)

// Symbol is one decoded symbol.
type Symbol struct {
	Symbology string // PDF417, QR, DataMatrix, Aztec, Code128, Code39
	Data      []byte // the content as it is
	Text      string // the content as UTF-8; empty when it is not text
	// Quad has the corners in pixels of the picture: top-left, top-right,
	// bottom-right, bottom-left as the symbol reads.
	Quad raster.Quad
}

const (
	bars   = pdf417 | code128 | code39
	matrix = qr | dataMatrix | aztec

	// Most symbols that one picture may give.
	mostSymbols = 8
	// The longer side of the copy on which matrix codes are looked for, in pixels.
	matrixSide = 1000
	// So many patches are shown in every way.
	largest = 1
	// A picture smaller than this, in pixels, may be one symbol.
	smallPicture = 900
	// Regions of bars are shown at most this wide, in pixels.
	widestRegion = 2400
)

// Hints is what is already known about a picture, in its pixels; all of it may be
// missing.
type Hints struct {
	// Documents are where documents lie: bars beside them are not theirs.
	Documents []raster.Quad
	// Text is what was read: its strokes are no bars.
	Text []raster.Quad
}

// Find returns the symbols of a picture. It looks at regions whose texture is
// that of bars, and at the whole picture for matrix codes. ctx is honoured between
// the looks.
func Find(ctx context.Context, picture *raster.Gray, h Hints) ([]Symbol, error) {
	if picture.W < 8 || picture.H < 8 {
		return nil, nil
	}
	s := search{g: framed(picture)}
	for _, q := range h.Text {
		s.text = append(s.text, raster.QuadToRect(inFrame(q), 1, 1).Inverse())
	}
	for _, q := range h.Documents {
		s.documents = append(s.documents, raster.QuadToRect(inFrame(q), 1, 1).Inverse())
	}
	var ofBars, ofMatrix []Symbol
	g, each := errgroup.WithContext(ctx)
	g.Go(func() (err error) { ofBars, err = s.bars(each); return err })
	g.Go(func() (err error) { ofMatrix, err = s.matrices(each); return err })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	found := distinct(append(ofBars, ofMatrix...))
	for i := range found {
		for k, p := range found[i].Quad {
			found[i].Quad[k] = raster.Point{X: p.X - frame, Y: p.Y - frame}
		}
	}
	return found, nil
}

// search is what one Find looks at.
type search struct {
	g *raster.Gray // framed
	// Each takes its line of text, or its document, to the unit square.
	text, documents []raster.Homography
}

// inFrame returns the corners on the framed picture.
func inFrame(q raster.Quad) raster.Quad {
	for k, p := range q {
		q[k] = raster.Point{X: p.X + frame, Y: p.Y + frame}
	}
	return q
}

// isText tells whether a patch is rather lines of text than bars.
func (s *search) isText(r region) bool {
	const most = 0.35 // between lines of text is space
	return share(r, s.text) > most
}

// beside tells whether a patch lies mostly on none of the documents, if there are any.
func (s *search) beside(r region) bool {
	const least = 0.5
	return len(s.documents) > 0 && share(r, s.documents) < least
}

// share is how much of a patch is covered, from 0 to 1, by what the maps take to
// the unit square.
func share(r region, to []raster.Homography) float64 {
	const grid = 8
	sn, cs := math.Sincos(r.angle)
	n := 0
	for i := range grid * grid {
		u, v := (float64(i%grid)+0.5)/grid-0.5, (float64(i/grid)+0.5)/grid-0.5
		at := raster.Point{X: r.center.X + u*r.w*cs - v*r.h*sn, Y: r.center.Y + u*r.w*sn + v*r.h*cs}
		if slices.ContainsFunc(to, func(h raster.Homography) bool {
			p := h.Apply(at)
			return p.X > 0 && p.X < 1 && p.Y > 0 && p.Y < 1
		}) {
			n++
		}
	}
	return float64(n) / (grid * grid)
}

// read decodes by the first look that shows something.
func (s *search) read(ctx context.Context, looks []look, formats int) ([]Symbol, error) {
	for _, k := range looks {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if got, err := k.decode(s.g, formats); err != nil || len(got) > 0 {
			return got, err
		}
	}
	return nil, nil
}

// bars reads the symbols made of bars.
func (s *search) bars(ctx context.Context) ([]Symbol, error) {
	patches := slices.DeleteFunc(regions(s.g, textureSide), func(r region) bool { return s.isText(r) || s.beside(r) })
	read := make([][]Symbol, len(patches))
	g, each := errgroup.WithContext(ctx)
	for i, r := range patches {
		looks := r.looks()
		// The largest patches get the time.
		if i >= largest {
			looks = looks[:min(len(looks), 2)]
		}
		g.Go(func() (err error) {
			read[i], err = s.read(each, looks, bars)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	// A picture that is little more than a symbol has no patch in it, or a torn
	// one; a picture of documents is more.
	const filled = 0.15 // of the picture
	fills := slices.ContainsFunc(patches, func(r region) bool { return r.w*r.h > filled*float64(s.g.W*s.g.H) })
	small := max(s.g.W, s.g.H) < smallPicture
	if found := slices.Concat(read...); len(found) > 0 || len(s.documents) > 0 || !fills && !small {
		return found, nil
	}
	return s.read(ctx, s.whole().looks(), bars)
}

// whole is the picture as one region.
func (s *search) whole() *region {
	w, h := float64(s.g.W), float64(s.g.H)
	return &region{center: raster.Point{X: w / 2, Y: h / 2}, w: w, h: h}
}

// matrices reads the matrix codes.
func (s *search) matrices(ctx context.Context) ([]Symbol, error) {
	looks := []look{within(s.g, matrixSide)}
	if max(s.g.W, s.g.H) < smallPicture {
		looks = append(looks, s.whole().looks()[1])
	}
	return s.read(ctx, looks, matrix)
}

// frame is the white border, in pixels, that stands for the quiet zone of symbols
// at the edge of the picture.
const frame = 24

func framed(g *raster.Gray) *raster.Gray {
	out := raster.NewGray(g.W+2*frame, g.H+2*frame)
	for i := range out.Pix {
		out.Pix[i] = 255
	}
	for y := range g.H {
		copy(out.Pix[(y+frame)*out.W+frame:], g.Pix[y*g.W:(y+1)*g.W])
	}
	return out
}

// within shows the whole picture with its longer side no longer than that.
func within(g *raster.Gray, side int) look {
	f := max(1, float64(max(g.W, g.H))/float64(side))
	return look{
		toPicture: raster.Homography{f, 0, 0, 0, f, 0, 0, 0, 1},
		w:         int(float64(g.W) / f), h: int(float64(g.H) / f),
	}
}

// look is a part of the picture as the decoder is shown it.
type look struct {
	toPicture raster.Homography
	w, h      int
	global    bool // one threshold for all of it
}

func (k look) decode(g *raster.Gray, formats int) ([]Symbol, error) {
	got, err := decode(g.Warp(k.toPicture, k.w, k.h), formats, k.global, mostSymbols)
	for i := range got {
		got[i].Quad = k.toPicture.ApplyQuad(got[i].Quad)
	}
	return got, err
}

// distinct returns each symbol once, mostSymbols at most.
func distinct(found []Symbol) []Symbol {
	var out []Symbol
	for _, s := range found {
		if len(out) < mostSymbols && !slices.ContainsFunc(out, func(o Symbol) bool {
			return o.Symbology == s.Symbology && bytes.Equal(o.Data, s.Data)
		}) {
			out = append(out, s)
		}
	}
	return out
}

// region is a patch of parallel bars.
type region struct {
	center raster.Point
	angle  float64 // of the direction across the bars, radians clockwise
	w, h   float64 // across and along the bars, in pixels of the picture
	weight float64
}

// looks are the ways in which a region is shown, the likeliest first.
func (r *region) looks() []look {
	const margin = 0.12 // of the size, and
	const least = 12    // pixels: symbols want quiet around them
	w, h := r.w*(1+2*margin)+2*least, r.h*(1+2*margin)+2*least
	s, c := math.Sincos(r.angle)
	at := func(scale float64, global bool) look {
		scale = min(scale, widestRegion/w, widestRegion/h)
		f := 1 / scale
		return look{
			toPicture: raster.Homography{
				c * f, -s * f, r.center.X - c*w/2 + s*h/2,
				s * f, c * f, r.center.Y - s*w/2 - c*h/2,
				0, 0, 1,
			},
			w: max(8, int(w*scale)), h: max(8, int(h*scale)), global: global,
		}
	}
	var looks []look
	switch {
	case w < 500:
		looks = []look{at(3, false), at(2, false), at(1, false), at(3, true), at(4, true)}
	case w < 1200:
		looks = []look{at(1, false), at(2, false), at(2, true), at(1.5, true)}
	default:
		looks = []look{at(0.5, false), at(1, false), at(0.7, true), at(1, true)}
	}
	// What is as wide as can be shown is the same at several sizes.
	once := looks[:0]
	for _, k := range looks {
		if !slices.Contains(once, k) {
			once = append(once, k)
		}
	}
	return once
}
