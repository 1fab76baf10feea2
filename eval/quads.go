package eval

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed quads.json
var quadsFile []byte

// LoadQuads returns where the documents are in the development pictures on which
// they do not fill the whole picture, by the file names of the manifest: for each
// document its corners in pixels of the upright picture, top-left first as the
// document is read, then clockwise. A picture with an empty list shows none.
func LoadQuads() (map[string][][4][2]float64, error) {
	var q map[string][][4][2]float64
	if err := json.Unmarshal(quadsFile, &q); err != nil {
		return nil, fmt.Errorf("eval: quads.json: %w", err)
	}
	return q, nil
}

// IoU is the area that two quadrilaterals share over the area that they cover
// together, 0 to 1, whichever corner comes first and whichever way they turn. Both
// are convex.
func IoU(a, b [4][2]float64) float64 {
	a, b = clockwise(a), clockwise(b)
	shared := a[:]
	for i, p := range b {
		shared = cut(shared, p, b[(i+1)%4])
	}
	both := surface(shared)
	all := surface(a[:]) + surface(b[:]) - both
	if all <= 0 {
		return 0
	}
	return both / all
}

// clockwise turns the corners that way, y pointing down.
func clockwise(q [4][2]float64) [4][2]float64 {
	if surface(q[:]) < 0 {
		q[1], q[3] = q[3], q[1]
	}
	return q
}

func surface(p [][2]float64) float64 {
	var s float64
	for i, a := range p {
		b := p[(i+1)%len(p)]
		s += (a[0]*b[1] - b[0]*a[1]) / 2
	}
	return s
}

// cut keeps the part of a polygon that lies to the right of the way from a to b
// (Sutherland and Hodgman, 1974).
func cut(poly [][2]float64, a, b [2]float64) [][2]float64 {
	off := func(p [2]float64) float64 { return (b[0]-a[0])*(p[1]-a[1]) - (b[1]-a[1])*(p[0]-a[0]) }
	var out [][2]float64
	for i, p := range poly {
		q := poly[(i+1)%len(poly)]
		d, e := off(p), off(q)
		if d >= 0 {
			out = append(out, p)
		}
		if (d > 0 && e < 0) || (d < 0 && e > 0) {
			t := d / (d - e)
			out = append(out, [2]float64{p[0] + t*(q[0]-p[0]), p[1] + t*(q[1]-p[1])})
		}
	}
	return out
}
