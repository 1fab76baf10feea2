package raster

import "math"

// Point is a position in pixels; see the package comment for the convention.
type Point struct{ X, Y float64 }

// Quad is a quadrilateral whose corners are top-left, top-right, bottom-right
// and bottom-left in the reading order of what it frames.
type Quad [4]Point

// Rect returns the upright quadrilateral from (x0, y0) to (x1, y1).
func Rect(x0, y0, x1, y1 float64) Quad {
	return Quad{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}
}

// Homography is a projective map of the plane, a 3 by 3 matrix row by row,
// defined up to a factor.
type Homography [9]float64

// Identity maps every point onto itself.
func Identity() Homography { return Homography{1, 0, 0, 0, 1, 0, 0, 0, 1} }

// QuadToRect returns the map that [Image.Warp] needs to straighten q into a
// picture of w by h pixels: it takes the corners of that picture to the corners
// of q. A degenerate q (three corners in line) gives the zero Homography.
func QuadToRect(q Quad, w, h int) Homography {
	// Closed form for the unit square (Heckbert 1989, section 2.2), scaled.
	x0, y0, x1, y1 := q[0].X, q[0].Y, q[1].X, q[1].Y
	x2, y2, x3, y3 := q[2].X, q[2].Y, q[3].X, q[3].Y
	dx1, dy1, dx2, dy2 := x1-x2, y1-y2, x3-x2, y3-y2
	sx, sy := x0-x1+x2-x3, y0-y1+y2-y3
	det := dx1*dy2 - dx2*dy1
	if det == 0 || w <= 0 || h <= 0 || math.IsNaN(det) || math.IsInf(det, 0) {
		return Homography{}
	}
	g, k := (sx*dy2-dx2*sy)/det, (dx1*sy-sx*dy1)/det
	fw, fh := float64(w), float64(h)
	m := Homography{
		(x1 - x0 + g*x1) / fw, (x3 - x0 + k*x3) / fh, x0,
		(y1 - y0 + g*y1) / fw, (y3 - y0 + k*y3) / fh, y0,
		g / fw, k / fh, 1,
	}
	if d := m.det(); d == 0 || math.IsNaN(d) {
		return Homography{}
	}
	return m
}

func (h Homography) det() float64 {
	return h[0]*(h[4]*h[8]-h[5]*h[7]) - h[1]*(h[3]*h[8]-h[5]*h[6]) + h[2]*(h[3]*h[7]-h[4]*h[6])
}

// Apply maps p. A point that the map sends to infinity gives infinities.
func (h Homography) Apply(p Point) Point {
	w := h[6]*p.X + h[7]*p.Y + h[8]
	return Point{(h[0]*p.X + h[1]*p.Y + h[2]) / w, (h[3]*p.X + h[4]*p.Y + h[5]) / w}
}

// ApplyQuad maps the four corners of q.
func (h Homography) ApplyQuad(q Quad) Quad {
	return Quad{h.Apply(q[0]), h.Apply(q[1]), h.Apply(q[2]), h.Apply(q[3])}
}

// Inverse returns the map back; a singular map gives the zero Homography.
func (h Homography) Inverse() Homography {
	d := h.det()
	if d == 0 || math.IsNaN(d) {
		return Homography{}
	}
	return Homography{
		(h[4]*h[8] - h[5]*h[7]) / d, (h[2]*h[7] - h[1]*h[8]) / d, (h[1]*h[5] - h[2]*h[4]) / d,
		(h[5]*h[6] - h[3]*h[8]) / d, (h[0]*h[8] - h[2]*h[6]) / d, (h[2]*h[3] - h[0]*h[5]) / d,
		(h[3]*h[7] - h[4]*h[6]) / d, (h[1]*h[6] - h[0]*h[7]) / d, (h[0]*h[4] - h[1]*h[3]) / d,
	}
}

// Mul returns the map that applies o first and h to its result.
func (h Homography) Mul(o Homography) Homography {
	var m Homography
	for r := range 3 {
		for c := range 3 {
			m[3*r+c] = h[3*r]*o[c] + h[3*r+1]*o[3+c] + h[3*r+2]*o[6+c]
		}
	}
	return m
}

// scale returns how many source pixels one destination pixel spans at p, as the
// square root of the area that it covers.
func (h Homography) scale(p Point) float64 {
	w := h[6]*p.X + h[7]*p.Y + h[8]
	return math.Sqrt(math.Abs(h.det() / (w * w * w)))
}
