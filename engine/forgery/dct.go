package forgery

import "math"

// cosines of the 8-point DCT-II, orthonormal: cosine[u][x].
var cosine = func() (t [8][8]float32) {
	for u := range 8 {
		k := 0.5
		if u == 0 {
			k = math.Sqrt(0.125)
		}
		for x := range 8 {
			t[u][x] = float32(k * math.Cos(float64(2*x+1)*float64(u)*math.Pi/16))
		}
	}
	return t
}()

// forward transforms a block of pixels in place (T.81 A.3.3).
func forward(b *[64]float32) {
	var t [64]float32
	for y := range 8 {
		r := b[8*y : 8*y+8 : 8*y+8]
		for u := range 8 {
			c := &cosine[u]
			t[8*y+u] = r[0]*c[0] + r[1]*c[1] + r[2]*c[2] + r[3]*c[3] + r[4]*c[4] + r[5]*c[5] + r[6]*c[6] + r[7]*c[7]
		}
	}
	for u := range 8 {
		for v := range 8 {
			c := &cosine[v]
			b[8*v+u] = t[u]*c[0] + t[8+u]*c[1] + t[16+u]*c[2] + t[24+u]*c[3] + t[32+u]*c[4] + t[40+u]*c[5] + t[48+u]*c[6] + t[56+u]*c[7]
		}
	}
}

// pixels takes a block of coefficients back to pixels, rounded and limited as a
// decoder does.
func (c *coefficients) pixels(bx, by int) (out [64]float32) {
	in := c.block(bx, by)
	var d, t [64]float32
	for i, v := range in {
		d[i] = float32(v) * float32(c.q[i])
	}
	for v := range 8 {
		for x := range 8 {
			var s float32
			for u := range 8 {
				s += d[8*v+u] * cosine[u][x]
			}
			t[8*v+x] = s
		}
	}
	for x := range 8 {
		for y := range 8 {
			var s float32
			for v := range 8 {
				s += t[8*v+x] * cosine[v][y]
			}
			out[8*y+x] = float32(int(max(0, min(255, s+128.5))))
		}
	}
	return out
}
