package forgery

import (
	"image"
	"image/color"
	"math"
	"slices"
)

// tileSpectrum is what the spectrum of one tile of the picture shows: how far its
// strongest line stands out of the ring of its frequency, in logarithms, by band.
type tileSpectrum struct {
	x, y   int        // its corner
	detail float64    // standard deviation of what is finer than 3 pixels' blur, limited
	fine   float64    // strongest line of the luma above a fifth of a cycle a pixel
	middle float64    // … from 0.08 to 0.2
	colour float64    // strongest line of the colour from 0.02 to 0.2
	at     [2]float64 // where the strongest fine line is, in cycles a pixel
	power  []float64  // of the luma, logarithms over the ring's median
}

const (
	tile   = 256
	across = 4 // tiles each way, at most
)

// spectra looks at tiles spread over the picture.
func (e *Evidence) spectra() ([]tileSpectrum, error) {
	if _, err := e.pixels(tile); err != nil {
		return nil, err
	}
	e.once.spectra.Do(func() {
		f := newFourier(tile)
		w, h := e.Picture.W, e.Picture.H
		nx, ny := min(across, w/tile), min(across, h/tile)
		for j := range ny {
			for i := range nx {
				x, y := (w-tile)/2, (h-tile)/2
				if nx > 1 {
					x = i * (w - tile) / (nx - 1)
				}
				if ny > 1 {
					y = j * (h - tile) / (ny - 1)
				}
				e.tiles = append(e.tiles, e.spectrum(f, x, y))
			}
		}
	})
	return e.tiles, nil
}

// spectrum looks at one tile. Strong edges, of which a spectrum is full, are
// limited to three times the common detail.
func (e *Evidence) spectrum(f *fourier, x0, y0 int) tileSpectrum {
	g := e.luma()
	p, q := make([]float64, tile*tile), make([]float64, tile*tile)
	for y := range tile {
		for x := range tile {
			i := (y0+y)*g.W + x0 + x
			c := e.Picture.Pix[3*i : 3*i+3]
			p[y*tile+x] = float64(g.Pix[i])
			q[y*tile+x] = float64(c[0]) - float64(c[2]) // red against blue
		}
	}
	detail := highPass(p, 5)
	highPass(q, 20)
	for y := range tile {
		wy := 0.5 - 0.5*math.Cos(2*math.Pi*float64(y)/tile)
		for x := range tile {
			w := wy * (0.5 - 0.5*math.Cos(2*math.Pi*float64(x)/tile))
			p[y*tile+x] *= w
			q[y*tile+x] *= w
		}
	}
	sp, sq := f.power(p, q)
	t := tileSpectrum{x: x0, y: y0, detail: detail}
	t.power = overRing(sp)
	colour := overRing(sq)
	for v := range tile {
		fv := frequency(v)
		for u := range tile/2 + 1 {
			fu := frequency(u)
			if ownLine(fu, fv) {
				continue
			}
			r, i := math.Hypot(fu, fv), v*tile+u
			switch {
			case r > 0.2 && t.power[i] > t.fine:
				t.fine, t.at = t.power[i], [2]float64{fu, fv}
			case r > 0.08 && r <= 0.2:
				t.middle = max(t.middle, t.power[i])
			}
			if r > 0.02 && r < 0.2 {
				t.colour = max(t.colour, colour[i])
			}
		}
	}
	return t
}

// frequency of a line of the spectrum, in cycles a pixel.
func frequency(i int) float64 {
	if i > tile/2 {
		i -= tile
	}
	return float64(i) / tile
}

// ownLine tells whether a frequency is one of JPEG's: a multiple of an eighth along
// an axis.
func ownLine(u, v float64) bool {
	const wide = 2.5 / tile
	eighth := func(f float64) bool { return math.Abs(f*8-math.Round(f*8)) < 0.1 }
	return math.Abs(v) < wide && eighth(u) || math.Abs(u) < wide && eighth(v)
}

// highPass takes away the mean of the square around each pixel, limits the rest to
// three robust deviations, and returns the deviation.
func highPass(p []float64, radius int) float64 {
	w := tile + 1
	sum := make([]float64, w*w)
	for y := range tile {
		row := 0.0
		for x := range tile {
			row += p[y*tile+x]
			sum[(y+1)*w+x+1] = sum[y*w+x+1] + row
		}
	}
	size := make([]float64, 0, len(p)/4)
	for y := range tile {
		for x := range tile {
			x0, x1, y0, y1 := max(0, x-radius), min(tile, x+radius+1), max(0, y-radius), min(tile, y+radius+1)
			m := (sum[y1*w+x1] - sum[y0*w+x1] - sum[y1*w+x0] + sum[y0*w+x0]) / float64((x1-x0)*(y1-y0))
			p[y*tile+x] -= m
			if (x+y)&3 == 0 {
				size = append(size, math.Abs(p[y*tile+x]))
			}
		}
	}
	slices.Sort(size)
	s := 1.48*size[len(size)/2] + 0.3
	for i, v := range p {
		p[i] = max(-3*s, min(3*s, v))
	}
	return s
}

// overRing smooths a power spectrum by three lines each way and gives the
// logarithm over the median of the same distance from the middle.
func overRing(p []float64) []float64 {
	const rings = 46
	out := make([]float64, len(p))
	var ring [rings][]float64
	for y := range tile {
		for x := range tile {
			var s float64
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					s += p[(y+dy+tile)%tile*tile+(x+dx+tile)%tile]
				}
			}
			i := y*tile + x
			out[i] = s/9 + 1e-3
			if y <= tile/2 {
				r := min(rings-1, int(math.Hypot(frequency(x), frequency(y))*64))
				ring[r] = append(ring[r], out[i])
			}
		}
	}
	var mid [rings]float64
	for r := range ring {
		if len(ring[r]) > 0 {
			slices.Sort(ring[r])
			mid[r] = ring[r][len(ring[r])/2]
		}
	}
	for y := range tile {
		for x := range tile {
			r := min(rings-1, int(math.Hypot(frequency(x), frequency(y))*64))
			out[y*tile+x] = math.Log(out[y*tile+x] / mid[r])
		}
	}
	return out
}

// draw shows a tile's spectrum, slow changes in the middle.
func (t tileSpectrum) draw() []byte {
	im := image.NewGray(image.Rect(0, 0, tile, tile))
	for y := range tile {
		for x := range tile {
			v := t.power[(y+tile/2)%tile*tile+(x+tile/2)%tile]
			im.SetGray(x, y, color.Gray{Y: uint8(max(0, min(255, 60+v*30)))})
		}
	}
	return encode(im)
}
