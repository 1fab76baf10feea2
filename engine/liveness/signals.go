package liveness

import (
	"math"
	"math/cmplx"
	"slices"
	"sort"

	"idproof/engine/face"
	"idproof/engine/raster"
)

const window = 256 // pixels of the spectrum's side

// pattern looks for what repeats: the pixels of a screen and their moiré with
// the camera's, and the raster of print. Both show as lone peaks in the spectrum
// of the face and what is around it, at the picture's own resolution (Patel et
// al., "Secure Face Unlock", 2016); skin, hair and noise have none. The spectra
// of several windows are averaged: what repeats is in all of them at the same
// place, and what is by chance evens out.
func pattern(g *raster.Gray, f *face.Face) Signal {
	spec := make([]float64, window*window)
	for _, at := range windows {
		x, y := int(f.Center.X+at.X*f.Width)-window/2, int(f.Center.Y+at.Y*f.Height)-window/2
		x, y = max(0, min(x, g.W-window)), max(0, min(y, g.H-window))
		for i, v := range spectrum(g, x, y) {
			spec[i] += v / float64(len(windows))
		}
	}
	// Along the axes repeat the blocks of JPEG and the pixels of an enlarged
	// picture as well, so a peak there must be higher.
	free, freeAt := peak(spec, 4)
	axis, axisAt := peak(spec, 0)
	off, on := ramp(math.Log(free), math.Log(leastFree), math.Log(sureFree)), ramp(math.Log(axis), math.Log(leastAxis), math.Log(sureAxis))
	where := freeAt
	if on > off {
		where = axisAt
	}
	return Signal{signalPattern, max(off, on), map[string]float64{"peak": round(free), "peak_along_axes": round(axis), "frequency": round(where)}}
}

// windows are the places of the spectra, from the middle of the face, in its
// widths and heights.
var windows = []raster.Point{{}, {X: -0.5, Y: -0.3}, {X: 0.5, Y: -0.3}, {X: -0.5, Y: 0.5}, {X: 0.5, Y: 0.5}, {Y: -0.8}, {Y: 0.9}}

// How high the peaks are from which a picture is suspect, and those from which
// it surely is, over what is usual at their frequency.
const (
	leastFree, sureFree = 6, 16
	leastAxis, sureAxis = 14, 36
)

// peak is the highest peak over what is usual at its frequency, at least 1, and
// its frequency in turns a pixel. Less than apart bins from the axes nothing is
// looked at.
func peak(spec []float64, apart int) (highest, where float64) {
	highest = 1
	var rings [window / 6][]float64
	for w := -window / 2; w < window/2; w++ {
		for u := range window / 2 {
			r := int(math.Hypot(float64(u), float64(w)))
			if r < innermost || r >= window/2 || u < apart || (w > -apart && w < apart) {
				continue
			}
			if i := (r - innermost) / 3; i < len(rings) {
				rings[i] = append(rings[i], spec[((w+window)%window)*window+u])
			}
		}
	}
	// Rings of equal frequency are compared with themselves: spectra fall outwards.
	for i, ring := range rings {
		if len(ring) < 30 {
			continue
		}
		slices.Sort(ring)
		typical := max(ring[len(ring)*3/4], 0.02) // less is nothing but rounding
		if v := ring[len(ring)-1] / typical; v > highest {
			highest, where = v, float64(innermost+3*i)/window
		}
	}
	return highest, where
}

const innermost = 12 // bins from the middle of the spectrum; nearer is the face itself

// spectrum is the magnitude of the Fourier transform of a window, tapered at its
// edges; what is outside the picture is even.
func spectrum(g *raster.Gray, x0, y0 int) []float64 {
	var mean, n float64
	for y := y0; y < min(y0+window, g.H); y++ {
		for x := x0; x < min(x0+window, g.W); x++ {
			mean += float64(g.Pix[y*g.W+x])
			n++
		}
	}
	mean /= max(n, 1)
	a := make([]complex128, window*window)
	w, h := min(window, g.W-x0), min(window, g.H-y0)
	for y := range h {
		ty := 0.5 - 0.5*math.Cos(2*math.Pi*(float64(y)+0.5)/float64(h))
		for x := range w {
			tx := 0.5 - 0.5*math.Cos(2*math.Pi*(float64(x)+0.5)/float64(w))
			a[y*window+x] = complex((float64(g.Pix[(y+y0)*g.W+x+x0])-mean)*tx*ty, 0)
		}
	}
	column := make([]complex128, window)
	for y := range window {
		transform(a[y*window : (y+1)*window])
	}
	for x := range window {
		for y := range window {
			column[y] = a[y*window+x]
		}
		transform(column)
		for y := range window {
			a[y*window+x] = column[y]
		}
	}
	out := make([]float64, len(a))
	for i, v := range a {
		out[i] = cmplx.Abs(v) / window
	}
	return out
}

// transform is the fast Fourier transform in place; the length is a power of two.
func transform(a []complex128) {
	n := len(a)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j ^= bit
		if i < j {
			a[i], a[j] = a[j], a[i]
		}
	}
	for size := 2; size <= n; size <<= 1 {
		step := cmplx.Rect(1, -2*math.Pi/float64(size))
		for i := 0; i < n; i += size {
			w := complex(1, 0)
			for k := range size / 2 {
				u, v := a[i+k], a[i+k+size/2]*w
				a[i+k], a[i+k+size/2] = u+v, u-v
				w *= step
			}
		}
	}
}

const borderSide = 320 // pixels of the longer side at which frames are looked for

// border looks for the edge of a sheet or a screen around the face: straight
// edges that run past the face on at least three of its sides. Door frames and
// shelves give one or two.
func border(g *raster.Gray, f *face.Face) Signal {
	k := float64(borderSide) / float64(max(g.W, g.H))
	small := g.Resize(max(8, int(float64(g.W)*k)), max(8, int(float64(g.H)*k)))
	d := small.Sobel()
	cx, cy := f.Center.X*k, f.Center.Y*k
	hw, hh := f.Width*k/2, f.Height*k/2
	// strongest is the best straight edge along a side: its support is the part of
	// the side's length with a gradient across the line.
	strongest := func(vertical bool, from, to, mid, half float64) float64 {
		best := 0.0
		low, high := mid-1.2*half, mid+1.2*half
		for slope := -0.2; slope <= 0.2; slope += 0.025 {
			for c := from; c <= to; c++ {
				hit, n, sign := 0.0, 0.0, 0.0
				for t := low; t <= high; t++ {
					off := c + slope*(t-mid)
					x, y := int(off), int(t)
					if !vertical {
						x, y = int(t), int(off)
					}
					n++
					if x < 1 || y < 1 || x >= d.W-1 || y >= d.H-1 {
						continue
					}
					a, b := float64(d.X[y*d.W+x]), float64(d.Y[y*d.W+x])
					if !vertical {
						a, b = b, a
					}
					if math.Abs(a) > 60 && math.Abs(a) > 2.5*math.Abs(b) {
						hit++
						sign += math.Copysign(1, a)
					}
				}
				// One edge has one sign along its whole length.
				best = max(best, (0.5*hit+0.5*math.Abs(sign))/max(n, 1))
			}
		}
		return best
	}
	w, h := float64(small.W), float64(small.H)
	sides := []float64{
		strongest(true, max(2, cx-5*hw), cx-1.15*hw, cy, hh),
		strongest(true, cx+1.15*hw, min(w-3, cx+5*hw), cy, hh),
		strongest(false, max(2, cy-5*hh), cy-1.3*hh, cx, hw),
		strongest(false, cy+1.2*hh, min(h-3, cy+5*hh), cx, hw),
	}
	e := map[string]float64{"left": round(sides[0]), "right": round(sides[1]), "above": round(sides[2]), "below": round(sides[3])}
	sort.Float64s(sides)
	return Signal{signalBorder, ramp(sides[1], 0.6, 0.85), e}
}

// gamut looks at the range of tones: print and screens in a lit room have no
// black, and little colour.
func gamut(p *face.Picture, f *face.Face) Signal {
	q := f.Quad()
	x0, y0, x1, y1 := q[0].X, q[0].Y, q[0].X, q[0].Y
	for _, c := range q {
		x0, y0, x1, y1 = min(x0, c.X), min(y0, c.Y), max(x1, c.X), max(y1, c.Y)
	}
	im := p.Crop(int(max(0, x0)), int(max(0, y0)), int(min(float64(p.W), x1)), int(min(float64(p.H), y1)))
	if im.W < 4 || im.H < 4 {
		return Signal{signalGamut, 0, map[string]float64{}}
	}
	h := im.Gray().Histogram()
	at := func(part float64) float64 {
		left := int(part * float64(im.W*im.H))
		for v, n := range h {
			if left -= n; left < 0 {
				return float64(v)
			}
		}
		return 255
	}
	dark, bright := at(0.02), at(0.98)
	return Signal{signalGamut, min(ramp(dark, 45, 80), ramp(bright-dark, 140, 90)), map[string]float64{"darkest": dark, "brightest": bright}}
}

// ramp is 0 up to a, 1 from b on, and even between; a may be the larger.
func ramp(v, a, b float64) float64 { return max(0, min(1, (v-a)/(b-a))) }

func round(v float64) float64 { return math.Round(v*1000) / 1000 }
