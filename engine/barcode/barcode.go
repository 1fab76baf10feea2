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
	// A picture smaller than this, in pixels, may be one symbol.
	smallPicture = 900
	// Regions of bars are shown at most this wide, in pixels.
	widestRegion = 2400
)

// Find returns the symbols of a picture. It looks at regions whose texture is
// that of bars, and at the whole picture for matrix codes; ctx is honoured
// between the looks.
func Find(ctx context.Context, picture *raster.Gray) ([]Symbol, error) {
	if picture.W < 8 || picture.H < 8 {
		return nil, nil
	}
	g := framed(picture)
	var found []Symbol
	read := func(looks []look, formats int) error {
		for _, k := range looks {
			if err := ctx.Err(); err != nil {
				return err
			}
			got, err := k.decode(g, formats)
			if err != nil {
				return err
			}
			if len(got) > 0 {
				found = add(found, got)
				return nil
			}
		}
		return nil
	}
	patches := regions(g)
	for _, r := range patches {
		if covered(found, r.center) {
			continue
		}
		if err := read(r.looks(), bars); err != nil {
			return nil, err
		}
	}
	// A picture that is little more than a symbol has no patch in it, and a patch
	// may be torn.
	small := max(g.W, g.H) < smallPicture
	whole := &region{center: raster.Point{X: float64(g.W) / 2, Y: float64(g.H) / 2}, w: float64(g.W), h: float64(g.H)}
	if len(found) == 0 && (len(patches) > 0 || small) {
		if err := read(whole.looks(), bars); err != nil {
			return nil, err
		}
	}
	looks := []look{within(g, matrixSide)}
	if small {
		looks = append(looks, whole.looks()[1])
	}
	if err := read(looks, matrix); err != nil {
		return nil, err
	}
	for i := range found {
		for k, p := range found[i].Quad {
			found[i].Quad[k] = raster.Point{X: p.X - frame, Y: p.Y - frame}
		}
	}
	return found, nil
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

// add appends the symbols that are not there yet.
func add(found, more []Symbol) []Symbol {
	for _, s := range more {
		again := false
		for _, f := range found {
			again = again || f.Symbology == s.Symbology && bytes.Equal(f.Data, s.Data)
		}
		if !again && len(found) < mostSymbols {
			found = append(found, s)
		}
	}
	return found
}

// covered tells whether a point lies on a symbol.
func covered(found []Symbol, p raster.Point) bool {
	for _, s := range found {
		h := raster.QuadToRect(s.Quad, 1, 1).Inverse()
		if q := h.Apply(p); q.X > 0 && q.X < 1 && q.Y > 0 && q.Y < 1 {
			return true
		}
	}
	return false
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
	switch {
	case w < 500:
		return []look{at(3, false), at(2, false), at(1, false), at(3, true), at(4, true)}
	case w < 1200:
		return []look{at(1, false), at(2, false), at(2, true), at(1.5, true)}
	}
	return []look{at(1, false), at(0.5, false), at(0.7, true), at(1, true)}
}
