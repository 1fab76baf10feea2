package raster

import "math"

// Integral is a summed-area table: Sum(x0, y0, x1, y1) costs four reads. Entries
// wrap at 2^32, which leaves sums right for areas of up to 16.8 megapixels.
type Integral struct {
	W, H int
	sums []uint32 // (W+1) by (H+1)
}

// Integral returns the picture's summed-area table.
func (g *Gray) Integral() *Integral {
	n := g.W + 1
	t := &Integral{W: g.W, H: g.H, sums: make([]uint32, n*(g.H+1))}
	for y := range g.H {
		var row uint32
		above, here := t.sums[y*n:(y+1)*n], t.sums[(y+1)*n:(y+2)*n]
		for x, v := range g.Pix[y*g.W : (y+1)*g.W] {
			row += uint32(v)
			here[x+1] = above[x+1] + row
		}
	}
	return t
}

// Sum adds up the pixels from (x0, y0) up to but without (x1, y1). The area is
// cut to the picture.
func (t *Integral) Sum(x0, y0, x1, y1 int) uint32 {
	x0, y0 = max(0, min(x0, t.W)), max(0, min(y0, t.H))
	x1, y1 = max(x0, min(x1, t.W)), max(y0, min(y1, t.H))
	n := t.W + 1
	return t.sums[y1*n+x1] - t.sums[y0*n+x1] - t.sums[y1*n+x0] + t.sums[y0*n+x0]
}

// windows calls f for every row with the sums, down the columns, of the rows
// within ry of it: of the values, and of their squares if asked.
func (g *Gray) windows(ry int, squares bool, f func(y, count int, sum, square []uint32)) {
	rows(g.H, g.W, func(ya, yb int) {
		sum := make([]uint32, g.W)
		var square []uint32
		if squares {
			square = make([]uint32, g.W)
		}
		from, to := max(0, ya-ry), max(0, ya-ry) // rows in the sums now
		for y := ya; y < yb; y++ {
			for ; to < min(g.H, y+ry+1); to++ {
				for x, v := range g.Pix[to*g.W : (to+1)*g.W] {
					sum[x] += uint32(v)
					if squares {
						square[x] += uint32(v) * uint32(v)
					}
				}
			}
			for ; from < y-ry; from++ {
				for x, v := range g.Pix[from*g.W : (from+1)*g.W] {
					sum[x] -= uint32(v)
					if squares {
						square[x] -= uint32(v) * uint32(v)
					}
				}
			}
			f(y, to-from, sum, square)
		}
	})
}

// BoxBlur replaces each pixel by the mean of those within rx columns and ry rows
// of it, cut to the picture.
func (g *Gray) BoxBlur(rx, ry int) *Gray {
	out := NewGray(g.W, g.H)
	rx, ry = max(0, min(rx, g.W)), max(0, min(ry, g.H))
	g.windows(ry, false, func(y, count int, sum, _ []uint32) {
		dst := out.Pix[y*g.W : (y+1)*g.W]
		var s uint64
		from, to, n := 0, 0, 0
		var inverse uint64
		for x := range dst {
			for ; to < min(g.W, x+rx+1); to++ {
				s += uint64(sum[to])
			}
			for ; from < x-rx; from++ {
				s -= uint64(sum[from])
			}
			if m := (to - from) * count; m != n {
				n, inverse = m, (1<<32+uint64(m)/2)/uint64(m)
			}
			dst[x] = uint8((s*inverse + 1<<31) >> 32)
		}
	})
	return out
}

// Gradient holds the derivatives of a grey picture, positive towards brighter
// pixels to the right (X) and below (Y).
type Gradient struct {
	W, H int
	X, Y []int16 // -1020 to 1020
}

// Sobel returns the derivatives by the 3 by 3 Sobel operator. Edge pixels are
// repeated outwards.
func (g *Gray) Sobel() *Gradient {
	d := &Gradient{W: g.W, H: g.H, X: make([]int16, len(g.Pix)), Y: make([]int16, len(g.Pix))}
	if len(g.Pix) == 0 {
		return d
	}
	w := g.W
	rows(g.H, w, func(ya, yb int) {
		for y := ya; y < yb; y++ {
			a := g.Pix[max(0, y-1)*w:][:w]
			b := g.Pix[y*w:][:w]
			c := g.Pix[min(g.H-1, y+1)*w:][:w]
			dx, dy := d.X[y*w:][:w], d.Y[y*w:][:w]
			at := func(x, l, r int) {
				al, am, ar := int16(a[l]), int16(a[x]), int16(a[r])
				cl, cm, cr := int16(c[l]), int16(c[x]), int16(c[r])
				dx[x] = ar - al + 2*(int16(b[r])-int16(b[l])) + cr - cl
				dy[x] = cl - al + 2*(cm-am) + cr - ar
			}
			at(0, 0, min(1, w-1))
			for x := 1; x < w-1; x++ {
				al, am, ar := int16(a[x-1]), int16(a[x]), int16(a[x+1])
				cl, cm, cr := int16(c[x-1]), int16(c[x]), int16(c[x+1])
				dx[x] = ar - al + 2*(int16(b[x+1])-int16(b[x-1])) + cr - cl
				dy[x] = cl - al + 2*(cm-am) + cr - ar
			}
			at(w-1, max(0, w-2), w-1)
		}
	})
	return d
}

// Normalize evens out lighting and contrast: each pixel becomes its distance
// from the mean of the pixels within radius, in units of their standard
// deviation, times 48, around 128. Deviations below floor count as floor, so
// that noise in even areas is not blown up; 8 suits photos.
func (g *Gray) Normalize(radius int, floor float64) *Gray {
	out := NewGray(g.W, g.H)
	radius = max(0, min(radius, 32000, max(g.W, g.H))) // column sums of squares fit 32 bits
	f := float32(max(floor, 0.5))
	g.windows(radius, true, func(y, count int, sum, square []uint32) {
		src, dst := g.Pix[y*g.W:(y+1)*g.W], out.Pix[y*g.W:(y+1)*g.W]
		var s, q uint64
		from, to, n := 0, 0, 0
		var inverse float64
		for x, v := range src {
			for ; to < min(g.W, x+radius+1); to++ {
				s, q = s+uint64(sum[to]), q+uint64(square[to])
			}
			for ; from < x-radius; from++ {
				s, q = s-uint64(sum[from]), q-uint64(square[from])
			}
			if m := (to - from) * count; m != n {
				n, inverse = m, 1/float64(m)
			}
			mean := float64(s) * inverse
			variance := float32(float64(q)*inverse - mean*mean)
			deviation := max(f, float32(math.Sqrt(float64(max(0, variance)))))
			dst[x] = uint8(max(0, min(255, 128.5+48*(float32(v)-float32(mean))/deviation)))
		}
	})
	return out
}

// Histogram counts the pixels of each value.
func (g *Gray) Histogram() (h [256]int) {
	for _, v := range g.Pix {
		h[v]++
	}
	return h
}

// Otsu returns the threshold that best splits the picture in two: the values up
// to and including it, and those above (Otsu 1979).
func (g *Gray) Otsu() uint8 {
	h := g.Histogram()
	var total, all float64
	for v, n := range h {
		total += float64(n)
		all += float64(v) * float64(n)
	}
	var below, sum, best float64
	first, last := 0, 0 // equally good thresholds: take their middle
	for v, n := range h {
		below += float64(n)
		sum += float64(v) * float64(n)
		if below == 0 || below == total {
			continue
		}
		d := sum/below - (all-sum)/(total-below)
		switch between := below * (total - below) * d * d; {
		case between > best:
			best, first, last = between, v, v
		case between == best:
			last = v
		}
	}
	return uint8((first + last) / 2)
}

// Threshold marks with 255 the pixels up to and including t: dark ink.
func (g *Gray) Threshold(t uint8) *Gray {
	out := NewGray(g.W, g.H)
	for i, v := range g.Pix {
		if v <= t {
			out.Pix[i] = 255
		}
	}
	return out
}

// AdaptiveThreshold marks with 255 the pixels that are darker, by more than
// offset, than the mean of those within radius.
func (g *Gray) AdaptiveThreshold(radius, offset int) *Gray {
	out := g.BoxBlur(radius, radius)
	for i, v := range g.Pix {
		if int(v)+offset < int(out.Pix[i]) {
			out.Pix[i] = 255
		} else {
			out.Pix[i] = 0
		}
	}
	return out
}
