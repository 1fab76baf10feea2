package quality

import (
	"math"
	"slices"

	"idproof/engine/raster"
	"idproof/engine/textread"
	"idproof/report"
)

const (
	// Places that are looked at along a side.
	placesAlong = 80
	// How far inside and outside the edge colours are taken, as a share of the width.
	justInside, justOutside = 0.03, 0.03
	// A finger is of one hue on both sides of the edge within the first, in Cb and Cr,
	// however its light and shade vary; and it differs from what is otherwise inside and
	// outside by the second, in RGB.
	oneHue, otherColour = 12, 40
	// The shortest and the longest part of a side that a finger covers.
	leastFinger, mostFinger = 0.05, 0.5
)

type rgb [3]float64

func (c rgb) off(o rgb) float64 {
	return math.Sqrt((c[0]-o[0])*(c[0]-o[0]) + (c[1]-o[1])*(c[1]-o[1]) + (c[2]-o[2])*(c[2]-o[2]))
}

// skin tells whether a colour may be that of skin, of whatever tone (Chai and Ngan,
// "Face segmentation using skin-color map", 1999, a little wider).
func (c rgb) skin() bool {
	y, cb, cr := c.split()
	return y > 35 && cb > -50 && cb < -2 && cr > 7 && cr < 50
}

// split returns luma and colour differences, as in ITU-R BT.601.
func (c rgb) split() (y, cb, cr float64) {
	y = 0.299*c[0] + 0.587*c[1] + 0.114*c[2]
	return y, 0.564 * (c[2] - y), 0.713 * (c[0] - y)
}

// alike tells whether two colours may be of one thing in different light.
func (c rgb) alike(o rgb) bool {
	y, cb, cr := c.split()
	oy, ocb, ocr := o.split()
	const shade = 85
	return math.Abs(y-oy) < shade && math.Hypot(cb-ocb, cr-ocr) < oneHue
}

// covered looks for fingers over the edges: parts of a side where one colour of
// skin goes on from outside to inside and is found elsewhere on neither. Things
// that lie wholly on the document, or are not of that colour, are not seen.
func (s *sight) covered() report.Check {
	d := s.Document
	switch {
	case d == nil:
		return skipped(Covered, noDocument)
	case d.Whole:
		return skipped(Covered, "nothing but the document is on the picture")
	}
	var reach float64
	var regions []report.Quad
	sides := 0
	for k := range 4 {
		f, ok := s.fingers(k)
		if ok {
			sides++
		}
		for _, b := range f {
			reach = max(reach, b.reach)
			regions = append(regions, s.place(b.box))
		}
	}
	if sides == 0 {
		return skipped(Covered, "the edges of the document are not on the picture")
	}
	c := judged(Covered, reach, fingerReach, "a hand covers a part of the document", "a finger lies on the edge of the document")
	c.Evidence["reach"] = round(reach, 2)
	if len(regions) > 0 {
		c.Evidence["regions"] = regions
	}
	return c
}

type finger struct {
	reach float64 // share of the width
	box   textread.Box
}

// fingers looks along side k: 0 is the top, then clockwise. It tells whether there
// is anything beyond the edge to be seen.
func (s *sight) fingers(k int) (found []finger, ok bool) {
	w, h := float64(s.Image.W), float64(s.Image.H)
	// at gives the point of the view t along the side and depth inside it.
	at := func(t, depth float64) raster.Point {
		depth *= w
		switch k {
		case 0:
			return raster.Point{X: t * w, Y: depth}
		case 1:
			return raster.Point{X: w - depth, Y: t * h}
		case 2:
			return raster.Point{X: w - t*w, Y: h - depth}
		}
		return raster.Point{X: depth, Y: h - t*h}
	}
	var in, out [placesAlong]rgb
	var have [placesAlong]bool
	var ins, outs []rgb
	for i := range placesAlong {
		t := (float64(i) + 0.5) / placesAlong
		a, okA := s.colour(at(t, justInside))
		b, okB := s.colour(at(t, -justOutside))
		if in[i], out[i], have[i] = a, b, okA && okB; have[i] {
			ins, outs = append(ins, a), append(outs, b)
		}
	}
	if len(ins) < placesAlong/2 {
		return nil, false
	}
	usualIn, usualOut := middle(ins), middle(outs)
	start := -1
	for i := range placesAlong + 1 {
		hit := i < placesAlong && have[i] && in[i].skin() && out[i].skin() && in[i].alike(out[i]) &&
			in[i].off(usualIn) > otherColour && out[i].off(usualOut) > otherColour
		switch {
		case hit && start < 0:
			start = i
		case !hit && start >= 0:
			if n := float64(i-start) / placesAlong; n >= leastFinger && n <= mostFinger {
				found = append(found, s.reach(at, (start+i)/2, start, i, usualIn))
			}
			start = -1
		}
	}
	return found, true
}

// reach follows a finger inwards from place i of a side.
func (s *sight) reach(at func(t, depth float64) raster.Point, i, from, to int, usual rgb) finger {
	const step, most = 0.01, 0.5
	t := (float64(i) + 0.5) / placesAlong
	last, _ := s.colour(at(t, justInside))
	depth := justInside
	for ; depth < most; depth += step {
		c, ok := s.colour(at(t, depth+step))
		if !ok || !c.skin() || !c.alike(last) || c.off(usual) < otherColour/2 {
			break
		}
		last = c
	}
	a, b := at(float64(from)/placesAlong, 0), at(float64(to)/placesAlong, depth)
	return finger{depth, textread.Box{X0: min(a.X, b.X), Y0: min(a.Y, b.Y), X1: max(a.X, b.X), Y1: max(a.Y, b.Y)}}
}

// colour is the mean about a point of the view, which may lie outside it; not
// outside the picture.
func (s *sight) colour(p raster.Point) (c rgb, ok bool) {
	p = s.ToPicture.Apply(p)
	im := s.page.Image
	r := max(1, int(0.004*float64(s.Image.W)*s.pixel()))
	x, y := int(p.X), int(p.Y)
	if x-r < 0 || y-r < 0 || x+r >= im.W || y+r >= im.H {
		return c, false
	}
	n := 0.0
	step := max(1, r/2)
	for j := y - r; j <= y+r; j += step {
		for i := x - r; i <= x+r; i += step {
			q := im.Pix[3*(j*im.W+i):][:3]
			c[0], c[1], c[2] = c[0]+float64(q[0]), c[1]+float64(q[1]), c[2]+float64(q[2])
			n++
		}
	}
	return rgb{c[0] / n, c[1] / n, c[2] / n}, true
}

// middle is the median of every channel.
func middle(cs []rgb) (m rgb) {
	v := make([]float64, len(cs))
	for k := range m {
		for i, c := range cs {
			v[i] = c[k]
		}
		slices.Sort(v)
		m[k] = v[len(v)/2]
	}
	return m
}
