package specimen

import (
	"image"
	"math"
)

// plane is a grey picture in linear steps of brightness, 0 black to 1 white.
type plane struct {
	w, h int
	p    []float32
	live image.Rectangle // outside it all is 0; empty is unknown
}

func newPlane(w, h int) *plane { return &plane{w: w, h: h, p: make([]float32, w*h)} }

func (a *plane) bounds() image.Rectangle {
	if a.live.Empty() {
		return image.Rect(0, 0, a.w, a.h)
	}
	return a.live
}

func (a *plane) row(y int) []float32 { return a.p[y*a.w : (y+1)*a.w] }

func (a *plane) fill(v float32) {
	for i := range a.p {
		a.p[i] = v
	}
}

// gray rounds to bytes.
func (a *plane) gray() *image.Gray {
	g := image.NewGray(image.Rect(0, 0, a.w, a.h))
	for i, v := range a.p {
		g.Pix[i] = toByte(v)
	}
	return g
}

func toByte(v float32) uint8 { return uint8(min(max(v, 0), 1)*255 + 0.5) }

func fromGray(g *image.Gray) *plane {
	b := g.Bounds()
	a := newPlane(b.Dx(), b.Dy())
	for y := range a.h {
		src := g.Pix[y*g.Stride:]
		dst := a.row(y)
		for x := range dst {
			dst[x] = float32(src[x]) / 255
		}
	}
	return a
}

func gaussian(sigma float64) []float32 {
	n := max(int(math.Ceil(sigma*2.8)), 1)
	k := make([]float32, 2*n+1)
	sum := 0.0
	for i := range k {
		sum += math.Exp(-sq(float64(i-n)) / (2 * sigma * sigma))
	}
	for i := range k {
		k[i] = float32(math.Exp(-sq(float64(i-n))/(2*sigma*sigma)) / sum)
	}
	return k
}

func sq(x float64) float64 { return x * x }

// blur spreads by sx and sy pixels (standard deviations; below 0.15 nothing happens).
func (a *plane) blur(sx, sy float64) *plane {
	if sx >= 0.15 {
		a = a.convolveX(gaussian(sx))
	}
	if sy >= 0.15 {
		a = a.convolveY(gaussian(sy))
	}
	return a
}

func (a *plane) convolveX(k []float32) *plane {
	n := len(k) / 2
	out := newPlane(a.w, a.h)
	for y := range a.h {
		src, dst := a.row(y), out.row(y)
		for x := range dst {
			var s float32
			if x >= n && x+n < a.w {
				for i, c := range k {
					s += c * src[x-n+i]
				}
			} else {
				for i, c := range k {
					s += c * src[min(max(x-n+i, 0), a.w-1)]
				}
			}
			dst[x] = s
		}
	}
	return out
}

func (a *plane) convolveY(k []float32) *plane {
	n := len(k) / 2
	out := newPlane(a.w, a.h)
	for y := range a.h {
		dst := out.row(y)
		for i, c := range k {
			src := a.row(min(max(y-n+i, 0), a.h-1))
			for x, v := range src {
				dst[x] += c * v
			}
		}
	}
	return out
}

// streak blurs along a line of length pixels at angle radians.
func (a *plane) streak(length, angle float64) *plane {
	n := max(int(length*1.5), 2)
	out := newPlane(a.w, a.h)
	f := 1 / float32(n)
	for i := range n {
		t := (float64(i)/float64(n-1) - 0.5) * length
		dx, dy := t*math.Cos(angle), t*math.Sin(angle)
		ix, iy := int(math.Floor(dx)), int(math.Floor(dy))
		fx, fy := float32(dx-float64(ix)), float32(dy-float64(iy))
		for y := range a.h {
			dst := out.row(y)
			r0, r1 := a.row(min(max(y+iy, 0), a.h-1)), a.row(min(max(y+iy+1, 0), a.h-1))
			for x := range dst {
				x0, x1 := min(max(x+ix, 0), a.w-1), min(max(x+ix+1, 0), a.w-1)
				top := r0[x0] + (r0[x1]-r0[x0])*fx
				bottom := r1[x0] + (r1[x1]-r1[x0])*fx
				dst[x] += f * (top + (bottom-top)*fy)
			}
		}
	}
	return out
}

// kernel says how resize weighs source pixels.
type kernel uint8

const (
	area    kernel = iota // mean of what a pixel covers, linear when growing
	linear                // two neighbours only: aliases when shrinking
	cubic                 // Catmull-Rom; overshoots at edges
	nearest               // no interpolation
)

func (a *plane) resize(w, h int, k kernel) *plane {
	w, h = max(w, 1), max(h, 1)
	if w == a.w && h == a.h {
		return a
	}
	xs, ys := taps(a.w, w, k), taps(a.h, h, k)
	mid := newPlane(w, a.h)
	for y := range a.h {
		src, dst := a.row(y), mid.row(y)
		for x := range dst {
			t := xs[x]
			var s float32
			for i, c := range t.c {
				s += c * src[min(max(t.from+i, 0), a.w-1)]
			}
			dst[x] = s
		}
	}
	out := newPlane(w, h)
	for y := range h {
		t, dst := ys[y], out.row(y)
		for i, c := range t.c {
			src := mid.row(min(max(t.from+i, 0), a.h-1))
			for x, v := range src {
				dst[x] += c * v
			}
		}
	}
	return out
}

type tap struct {
	from int
	c    []float32
}

// taps gives for every target pixel the source pixels it draws on.
func taps(from, to int, k kernel) []tap {
	ratio := float64(from) / float64(to)
	out := make([]tap, to)
	for i := range out {
		centre := (float64(i)+0.5)*ratio - 0.5
		switch {
		case k == nearest:
			out[i] = tap{int(math.Round(centre)), []float32{1}}
		case k == area && ratio > 1:
			lo, hi := float64(i)*ratio, float64(i+1)*ratio
			t := tap{from: int(lo)}
			for x := t.from; float64(x) < hi-1e-9; x++ {
				t.c = append(t.c, float32((min(hi, float64(x+1))-max(lo, float64(x)))/ratio))
			}
			out[i] = t
		case k == cubic:
			f := math.Floor(centre)
			t := float32(centre - f)
			out[i] = tap{int(f) - 1, []float32{
				t * (-0.5 + t*(1-0.5*t)), 1 + t*t*(-2.5+1.5*t),
				t * (0.5 + t*(2-1.5*t)), t * t * (-0.5 + 0.5*t),
			}}
		default:
			f := math.Floor(centre)
			t := float32(centre - f)
			out[i] = tap{int(f), []float32{1 - t, t}}
		}
	}
	return out
}
