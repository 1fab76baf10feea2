package face

import (
	"crypto/sha256"
	"encoding/hex"
	"math"

	"idproof/engine/raster"
)

func distance(a, b raster.Point) float64 { return math.Hypot(a.X-b.X, a.Y-b.Y) }

func middle(ps ...raster.Point) (m raster.Point) {
	for _, p := range ps {
		m.X += p.X / float64(len(ps))
		m.Y += p.Y / float64(len(ps))
	}
	return m
}

// around maps a window of w by h onto the picture: its middle to c, turned
// clockwise by angle, with sx and sy pixels of the picture for one of its own.
func around(c raster.Point, angle, sx, sy, w, h float64) raster.Homography {
	s, k := math.Sincos(angle)
	return raster.Homography{
		k * sx, -s * sy, c.X - k*sx*w/2 + s*sy*h/2,
		s * sx, k * sy, c.Y - s*sx*w/2 - k*sy*h/2,
		0, 0, 1,
	}
}

// similarity returns the turn, scale and shift that takes from nearest to to, by
// least squares (Umeyama 1991 without reflection), as a map of from's plane.
func similarity(from, to []raster.Point) raster.Homography {
	mf, mt := middle(from...), middle(to...)
	var a, b, n float64
	for i := range from {
		fx, fy := from[i].X-mf.X, from[i].Y-mf.Y
		tx, ty := to[i].X-mt.X, to[i].Y-mt.Y
		a += fx*tx + fy*ty
		b += fx*ty - fy*tx
		n += fx*fx + fy*fy
	}
	a, b = a/max(n, 1e-9), b/max(n, 1e-9)
	return raster.Homography{a, -b, mt.X - a*mf.X + b*mf.Y, b, a, mt.Y - b*mf.X - a*mf.Y, 0, 0, 1}
}

// digest is how a file is named in reports: the first digits of its SHA-256.
func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:6])
}
