package specimen

import (
	_ "embed"
	"fmt"
	"math"
	"sync"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/gofont/gosmallcaps"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

//go:embed fonts/OCRB.otf
var ocrbRound []byte

//go:embed fonts/OCRBS.otf
var ocrbSharp []byte

// Typeface gives glyph outlines. It is safe for use by several goroutines.
type Typeface struct {
	font     *sfnt.Font
	em       float64
	own      map[rune][]sfnt.Segment // outlines drawn here
	fallback *Typeface               // for what sfnt cannot load
	glyphs   sync.Map
}

// glyph is an outline in units of the em, y down from the baseline.
type glyph struct {
	segments []sfnt.Segment
	advance  float64
}

// ParseTypeface reads a TrueType or OpenType font.
func ParseTypeface(data []byte) (*Typeface, error) {
	f, err := sfnt.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("specimen: font: %w", err)
	}
	return &Typeface{font: f, em: float64(f.UnitsPerEm())}, nil
}

func mustTypeface(data []byte) *Typeface {
	t, err := ParseTypeface(data)
	if err != nil {
		panic(err) // the embedded fonts are part of the program
	}
	return t
}

type typefaces struct {
	ocrb, ocrbSharp, regular, medium, bold, italic, smallcaps, mono, monoBold *Typeface
}

var faces = sync.OnceValue(func() typefaces {
	f := typefaces{
		ocrb: mustTypeface(ocrbRound), ocrbSharp: mustTypeface(ocrbSharp),
		regular: mustTypeface(goregular.TTF), medium: mustTypeface(gomedium.TTF),
		bold: mustTypeface(gobold.TTF), italic: mustTypeface(goitalic.TTF),
		smallcaps: mustTypeface(gosmallcaps.TTF),
		mono:      mustTypeface(gomono.TTF), monoBold: mustTypeface(gomonobold.TTF),
	}
	// The round cut writes 8 and < with an operator that sfnt does not know. The
	// sharp 8 is the same, having no stroke ends.
	f.ocrb.own = map[rune][]sfnt.Segment{'<': ocrbFiller()}
	f.ocrb.fallback = f.ocrbSharp
	return f
})

func (t *Typeface) glyph(c rune) *glyph {
	if g, ok := t.glyphs.Load(c); ok {
		return g.(*glyph)
	}
	var buf sfnt.Buffer
	ppem := fixed.I(int(t.em))
	g := &glyph{advance: t.em / 2}
	if i, err := t.font.GlyphIndex(&buf, c); err == nil {
		if a, err := t.font.GlyphAdvance(&buf, i, ppem, 0); err == nil {
			g.advance = float64(a) / 64
		}
		if s, err := t.font.LoadGlyph(&buf, i, ppem, nil); err == nil {
			g.segments = append(g.segments, s...)
		} else if t.own[c] != nil {
			g.segments = t.own[c]
		} else if t.fallback != nil {
			g.segments = t.fallback.glyph(c).segments
		}
	}
	g.advance /= t.em
	t.glyphs.Store(c, g)
	return g
}

// has reports whether the face draws c itself.
func (t *Typeface) has(c rune) bool {
	var buf sfnt.Buffer
	i, err := t.font.GlyphIndex(&buf, c)
	return err == nil && i != 0
}

// width is the advance of s in ems.
func (t *Typeface) width(s string) float64 {
	w := 0.0
	for _, c := range s {
		w += t.glyph(c).advance
	}
	return w
}

// ocrbFiller is '<' of ISO 1073-2 in thousandths of the em: two round-ended
// strokes of the weight of the other letters.
func ocrbFiller() []sfnt.Segment {
	var s []sfnt.Segment
	pt := func(x, y float64) fixed.Point26_6 {
		return fixed.Point26_6{X: fixed.Int26_6(math.Round(x * 64)), Y: fixed.Int26_6(math.Round(y * 64))}
	}
	const radius = 50.0
	capsule := func(x0, y0, x1, y1 float64) {
		a := math.Atan2(y1-y0, x1-x0)
		for i := range 16 {
			cx, cy, b := x1, y1, a-math.Pi/2+float64(i)*math.Pi/7
			if i > 7 {
				cx, cy, b = x0, y0, a+math.Pi/2+float64(i-8)*math.Pi/7
			}
			op := sfnt.SegmentOpLineTo
			if i == 0 {
				op = sfnt.SegmentOpMoveTo
			}
			s = append(s, sfnt.Segment{Op: op, Args: [3]fixed.Point26_6{pt(cx+radius*math.Cos(b), cy+radius*math.Sin(b))}})
		}
	}
	capsule(568, -118, 163, -380)
	capsule(163, -380, 568, -642)
	return s
}

// outline adds the glyph of c to z. place maps ems right of and below the glyph's
// origin on the baseline to pixels.
func (t *Typeface) outline(z *vector.Rasterizer, c rune, place func(x, y float64) (float32, float32)) {
	at := func(p fixed.Point26_6) (float32, float32) {
		return place(float64(p.X)/64/t.em, float64(p.Y)/64/t.em)
	}
	open := false
	for _, s := range t.glyph(c).segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if open {
				z.ClosePath()
			}
			open = true
			z.MoveTo(at(s.Args[0]))
		case sfnt.SegmentOpLineTo:
			z.LineTo(at(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			bx, by := at(s.Args[0])
			cx, cy := at(s.Args[1])
			z.QuadTo(bx, by, cx, cy)
		case sfnt.SegmentOpCubeTo:
			bx, by := at(s.Args[0])
			cx, cy := at(s.Args[1])
			dx, dy := at(s.Args[2])
			z.CubeTo(bx, by, cx, cy, dx, dy)
		}
	}
	if open {
		z.ClosePath()
	}
}
