package forgery

import (
	"context"
	"math"
	"slices"
)

// resampled finds the traces of enlarging or turning: interpolated pixels depend
// on their neighbours with a period, so the strength of the second difference
// along rows, averaged over many, has a line in its spectrum (Gallagher,
// "Detection of Linear and Cubic Interpolation in JPEG Compressed Images", 2005;
// Mahdian and Saic 2008). Lines at multiples of one eighth are JPEG's and are left
// out. Honest pictures are resized too, above all smaller, which hardly shows.
// Values are how far the line stands out of the spectrum's middle. Cost: 40 ms for
// 12 megapixels.
func resampled(_ context.Context, e *Evidence) (Finding, error) {
	g, err := e.pixels(300)
	if err != nil {
		return Finding{}, err
	}
	const n = 1024 // columns or rows looked at, from the middle; shorter ones are padded
	along := make([]float64, n)
	down := make([]float64, n)
	x0, y0 := max(1, (g.W-n)/2), max(1, (g.H-n)/2)
	wx, wy := min(n, g.W-2), min(n, g.H-2)
	limit := func(d int) float64 { return float64(min(max(d, -d), 32)) }
	for y := y0; y < y0+wy; y++ {
		row := g.Pix[y*g.W : (y+1)*g.W]
		up, dn := g.Pix[(y-1)*g.W:y*g.W], g.Pix[(y+1)*g.W:(y+2)*g.W]
		for x := x0; x < x0+wx; x++ {
			v := 2 * int(row[x])
			along[x-x0] += limit(v - int(row[x-1]) - int(row[x+1]))
			down[y-y0] += limit(v - int(up[x]) - int(dn[x]))
		}
	}
	rx, fx := spectralLine(along[:wx], n)
	ry, fy := spectralLine(down[:wy], n)
	return Finding{
		Value:       round3(math.Sqrt(max(0, rx) * max(0, ry))),
		Description: "The picture or a part of it was enlarged or turned by a program.",
		Metadata:    map[string]any{"period_across": round3(1 / fx), "period_down": round3(1 / fy)},
	}, nil
}

// spectralLine is the strongest line of a signal's spectrum, as a multiple of the
// median around it, in logarithms, and its frequency.
func spectralLine(v []float64, n int) (out, freq float64) {
	a := make([]complex128, n)
	const smooth = 4
	for i := range v {
		var s, c float64
		for d := -smooth; d <= smooth; d++ {
			if j := i + d; j >= 0 && j < len(v) {
				s, c = s+v[j], c+1
			}
		}
		window := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(v)))
		a[i] = complex((math.Log(v[i]+1)-math.Log(s/c+1))*window, 0)
	}
	newFourier(n).transform(a)
	p := make([]float64, n/2)
	for i := range p {
		p[i] = math.Log(real(a[i])*real(a[i]) + imag(a[i])*imag(a[i]) + 1e-9)
	}
	freq = 0.5
	for i := n / 10; i < n/2-2; i++ {
		f := float64(i) / float64(n)
		if d := f*8 - math.Round(f*8); math.Abs(d) < 0.06 {
			continue
		}
		around := slices.Clone(p[max(0, i-20):min(len(p), i+21)])
		slices.Sort(around)
		if r := p[i] - around[len(around)/2]; r > out {
			out, freq = r, f
		}
	}
	return out, freq
}
