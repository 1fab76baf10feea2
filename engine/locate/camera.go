package locate

import (
	"math"

	"idproof/engine/raster"
)

// focal is the focal length, as a share of the picture's longer side, that is taken
// for unknown cameras: telephones have 0.65 to 0.8 (24 to 28 mm of the 35 mm format),
// and more for pictures that were cropped from the middle of larger ones.
const focal = 0.9

// shape tells what rectangle a quadrilateral of a picture of w by h pixels would be:
// its aspect (width over height), and the cosine of the angle between its sides, zero
// for a true rectangle (Zhang and He, "Whiteboard scanning and image enhancement",
// 2007, with the focal length given as a share of the longer side).
func shape(q raster.Quad, w, h int, focal float64) (aspect, skew float64) {
	f := focal * float64(max(w, h))
	var c raster.Quad
	for i, p := range q {
		c[i] = raster.Point{X: (p.X - float64(w)/2) / f, Y: (p.Y - float64(h)/2) / f}
	}
	m := raster.QuadToRect(c, 1, 1)
	a, b := math.Hypot(math.Hypot(m[0], m[3]), m[6]), math.Hypot(math.Hypot(m[1], m[4]), m[7])
	if !(a > 0) || !(b > 0) {
		return 0, 1
	}
	return a / b, math.Abs(m[0]*m[1]+m[3]*m[4]+m[6]*m[7]) / (a * b)
}

// area is positive for corners that go clockwise, as those of a [raster.Quad] do.
func area(q raster.Quad) float64 {
	var s float64
	for i, p := range q {
		n := q[(i+1)%4]
		s += p.X*n.Y - n.X*p.Y
	}
	return s / 2
}

// convex tells whether all corners turn clockwise, none of them sharper than 30° or
// flatter than 150°.
func convex(q raster.Quad) bool {
	for i, p := range q {
		a, b := q[(i+3)%4], q[(i+1)%4]
		ux, uy, vx, vy := p.X-a.X, p.Y-a.Y, b.X-p.X, b.Y-p.Y
		sine, n := ux*vy-uy*vx, (ux*ux+uy*uy)*(vx*vx+vy*vy)
		if !(sine > 0) || sine*sine < 0.25*n {
			return false
		}
	}
	return true
}

// holds tells whether p lies in q or no farther outside than slack.
func holds(q raster.Quad, p raster.Point, slack float64) bool {
	for i, a := range q {
		b := q[(i+1)%4]
		dx, dy := b.X-a.X, b.Y-a.Y
		if (dx*(p.Y-a.Y)-dy*(p.X-a.X))/math.Hypot(dx, dy) < -slack {
			return false
		}
	}
	return true
}
