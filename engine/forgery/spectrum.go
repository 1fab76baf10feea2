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
	power  []float32  // of the luma, over the ring's median
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
		f, r := newFourier(tile), newRings()
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
				e.tiles = append(e.tiles, e.spectrum(f, r, x, y))
			}
		}
	})
	return e.tiles, nil
}

// spectrum looks at one tile. Strong edges, of which a spectrum is full, are
// limited to three times the common detail.
func (e *Evidence) spectrum(f *fourier, rings *rings, x0, y0 int) tileSpectrum {
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
		for x := range tile {
			w := rings.window[y] * rings.window[x]
			p[y*tile+x] *= w
			q[y*tile+x] *= w
		}
	}
	sp, sq := f.power(p, q)
	t := tileSpectrum{x: x0, y: y0, detail: detail}
	t.power = rings.over(sp)
	colour := rings.over(sq)
	var fine, middle, tint float32
	var at int
	for i, b := range rings.band {
		switch {
		case b == ownBand:
			continue
		case b == fineBand && t.power[i] > fine:
			fine, at = t.power[i], i
		case b == middleBand && t.power[i] > middle:
			middle = t.power[i]
		}
		if (b == middleBand || b == slowBand) && colour[i] > tint {
			tint = colour[i]
		}
	}
	t.fine, t.middle, t.colour = log32(fine), log32(middle), log32(tint)
	t.at = [2]float64{frequency(at % tile), frequency(at / tile)}
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

func log32(v float32) float64 { return math.Log(max(1, float64(v))) }

// The bands of a spectrum.
const (
	ownBand    = iota // the file's own lines, the slowest changes, and the mirrored half
	slowBand          // from 0.02 cycles a pixel
	middleBand        // from 0.08
	fineBand          // from 0.2
)

const ringCount = 46

// rings are tables over a tile's spectrum: at what distance from the middle each
// line is, and in which band.
type rings struct {
	ring, band []uint8
	window     [tile]float64 // Hann's
}

func newRings() *rings {
	r := &rings{ring: make([]uint8, tile*tile), band: make([]uint8, tile*tile)}
	for i := range r.window {
		r.window[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/tile)
	}
	for y := range tile {
		for x := range tile {
			u, v, i := frequency(x), frequency(y), y*tile+x
			d := math.Hypot(u, v)
			r.ring[i] = uint8(min(ringCount-1, int(d*64)))
			switch {
			case x > tile/2 || ownLine(u, v) || d < 0.02:
			case d < 0.08:
				r.band[i] = slowBand
			case d < 0.2:
				r.band[i] = middleBand
			default:
				r.band[i] = fineBand
			}
		}
	}
	return r
}

// over smooths a power spectrum by three lines each way and divides it by the
// median of the same distance from the middle.
func (r *rings) over(p []float64) []float32 {
	rows, out := make([]float32, len(p)), make([]float32, len(p))
	for y := range tile {
		s := p[y*tile : (y+1)*tile]
		for x := range tile {
			rows[y*tile+x] = float32(s[(x+tile-1)%tile] + s[x] + s[(x+1)%tile])
		}
	}
	var of [ringCount][]float32
	for y := range tile {
		a, b, c := rows[(y+tile-1)%tile*tile:][:tile], rows[y*tile:][:tile], rows[(y+1)%tile*tile:][:tile]
		for x := range tile {
			i := y*tile + x
			out[i] = (a[x]+b[x]+c[x])/9 + 1e-3
			if (x+y)&1 == 0 && x <= tile/2 {
				of[r.ring[i]] = append(of[r.ring[i]], out[i])
			}
		}
	}
	var per [ringCount]float32
	for k, v := range of {
		if len(v) > 0 {
			slices.Sort(v)
			per[k] = 1 / v[len(v)/2]
		}
	}
	for i := range out {
		out[i] *= per[r.ring[i]]
	}
	return out
}

// draw shows a tile's spectrum, slow changes in the middle.
func (t tileSpectrum) draw() []byte {
	im := image.NewGray(image.Rect(0, 0, tile, tile))
	for y := range tile {
		for x := range tile {
			v := log32(t.power[(y+tile/2)%tile*tile+(x+tile/2)%tile])
			im.SetGray(x, y, color.Gray{Y: uint8(max(0, min(255, 60+v*30)))})
		}
	}
	return encode(im)
}
