package specimen

import (
	"encoding/json"
	"fmt"
	"math"
)

// Point is a place in a picture: pixels right of and below the top left corner,
// the centre of the first pixel being (0.5, 0.5). In JSON it is [x, y].
type Point struct{ X, Y float64 }

// MarshalJSON writes [x, y] with hundredths of a pixel.
func (p Point) MarshalJSON() ([]byte, error) {
	return json.Marshal([2]float64{math.Round(p.X*100) / 100, math.Round(p.Y*100) / 100})
}

// UnmarshalJSON reads [x, y].
func (p *Point) UnmarshalJSON(b []byte) error {
	var a [2]float64
	if err := json.Unmarshal(b, &a); err != nil {
		return fmt.Errorf("specimen: point: %w", err)
	}
	p.X, p.Y = a[0], a[1]
	return nil
}

// Quad is the corners top-left, top-right, bottom-right, bottom-left of something
// on a document, in the document's own reading orientation.
type Quad [4]Point

func box(x0, y0, x1, y1 float64) Quad {
	return Quad{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}
}

// Bounds is the smallest upright rectangle around q.
func (q Quad) Bounds() (x0, y0, x1, y1 float64) {
	x0, y0, x1, y1 = q[0].X, q[0].Y, q[0].X, q[0].Y
	for _, p := range q[1:] {
		x0, y0, x1, y1 = min(x0, p.X), min(y0, p.Y), max(x1, p.X), max(y1, p.Y)
	}
	return x0, y0, x1, y1
}

// projection is a 3×3 matrix of homogeneous coordinates, row by row.
type projection [9]float64

func (m projection) apply(p Point) Point {
	z := m[6]*p.X + m[7]*p.Y + m[8]
	return Point{(m[0]*p.X + m[1]*p.Y + m[2]) / z, (m[3]*p.X + m[4]*p.Y + m[5]) / z}
}

// toQuad maps the rectangle (0,0)–(w,h) to q (Heckbert 1989, square to quadrilateral).
func toQuad(q Quad, w, h float64) projection {
	dx1, dx2, dx3 := q[1].X-q[2].X, q[3].X-q[2].X, q[0].X-q[1].X+q[2].X-q[3].X
	dy1, dy2, dy3 := q[1].Y-q[2].Y, q[3].Y-q[2].Y, q[0].Y-q[1].Y+q[2].Y-q[3].Y
	det := dx1*dy2 - dx2*dy1
	g, i := (dx3*dy2-dx2*dy3)/det, (dx1*dy3-dx3*dy1)/det
	return projection{
		(q[1].X - q[0].X + g*q[1].X) / w, (q[3].X - q[0].X + i*q[3].X) / h, q[0].X,
		(q[1].Y - q[0].Y + g*q[1].Y) / w, (q[3].Y - q[0].Y + i*q[3].Y) / h, q[0].Y,
		g / w, i / h, 1,
	}
}

func (m projection) inverse() projection {
	a, b, c, d, e, f, g, h, i := m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
	det := a*(e*i-f*h) - b*(d*i-f*g) + c*(d*h-e*g)
	return projection{
		(e*i - f*h) / det, (c*h - b*i) / det, (b*f - c*e) / det,
		(f*g - d*i) / det, (a*i - c*g) / det, (c*d - a*f) / det,
		(d*h - e*g) / det, (b*g - a*h) / det, (a*e - b*d) / det,
	}
}
