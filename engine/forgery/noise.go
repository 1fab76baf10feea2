package forgery

import (
	"context"
	"math"
	"slices"

	"idproof/engine/raster"
)

const (
	noiseCell  = 32
	leastSlope = 12 // grey levels over two pixels, both ways together
)

// noiseMap is the standard deviation of the noise in every cell (Immerkær, "Fast
// Noise Variance Estimation", 1996), with its brightness; NaN where there is
// texture, or the sensor is at its end.
type noiseMap struct {
	cols, rows   int
	sigma, level []float64
	// soft is the logarithm of the finest detail over the slopes, where there are
	// slopes; NaN where there are not.
	soft []float64
}

func measureNoise(g *raster.Gray) *noiseMap {
	m := &noiseMap{cols: g.W / noiseCell, rows: g.H / noiseCell}
	n := m.cols * m.rows
	m.sigma, m.level, m.soft = make([]float64, n), make([]float64, n), make([]float64, n)
	w := g.W
	for cy := range m.rows {
		for cx := range m.cols {
			var sum, mean, edge float64
			n := 0
			for y := cy*noiseCell + 1; y < (cy+1)*noiseCell-1; y += 2 {
				a, b, c := g.Pix[(y-1)*w:y*w], g.Pix[y*w:(y+1)*w], g.Pix[(y+1)*w:(y+2)*w]
				for x := cx*noiseCell + 1; x < (cx+1)*noiseCell-1; x += 2 {
					r := int(a[x-1]) - 2*int(a[x]) + int(a[x+1]) - 2*int(b[x-1]) + 4*int(b[x]) - 2*int(b[x+1]) + int(c[x-1]) - 2*int(c[x]) + int(c[x+1])
					sum += float64(max(r, -r))
					dx, dy := int(b[x+1])-int(b[x-1]), int(c[x])-int(a[x])
					edge += float64(max(dx, -dx) + max(dy, -dy))
					mean += float64(b[x])
					n++
				}
			}
			i := cy*m.cols + cx
			m.sigma[i] = math.Sqrt(math.Pi/2) / 6 * sum / float64(n)
			m.level[i] = mean / float64(n)
			m.soft[i] = math.NaN()
			if edge/float64(n) > leastSlope {
				m.soft[i] = math.Log(sum / edge)
			}
			// Slopes that noise alone does not make are texture.
			if edge/float64(n) > 6+6*m.sigma[i] || m.level[i] < 12 || m.level[i] > 243 {
				m.sigma[i] = math.NaN()
			}
		}
	}
	return m
}

func (e *Evidence) noise(g *raster.Gray) *noiseMap {
	e.once.noise.Do(func() { e.cells = measureNoise(g) })
	return e.cells
}

// sharpnessDiffers finds a part of the picture whose edges are much softer than
// the rest's: it was painted over, or enlarged to fit. What the lens leaves unsharp
// changes slowly, over the whole picture, which widens the spread that counts as common.
// Values are the per mille of cells with edges in the largest such part. Cost: 10 ms
// for 12 megapixels beside the noise.
func sharpnessDiffers(_ context.Context, e *Evidence) (Finding, error) {
	g, err := e.pixels(256)
	if err != nil {
		return Finding{}, err
	}
	m := e.noise(g)
	edged := 0
	for _, s := range m.soft {
		if !math.IsNaN(s) {
			edged++
		}
	}
	if edged < 80 {
		return Finding{}, skipError("too little of the picture has edges")
	}
	all := make([]float64, 0, edged)
	for _, s := range m.soft {
		if !math.IsNaN(s) {
			all = append(all, s)
		}
	}
	mid, spread := middle(all)
	spread = max(spread, 0.12)
	odd, heat := make([]bool, len(m.soft)), make([]float64, len(m.soft))
	for i, s := range m.soft {
		if math.IsNaN(s) {
			continue
		}
		z := (mid - s) / spread
		heat[i] = max(0, min(1, (z-1)/4))
		odd[i] = z > 2.5
	}
	size, x0, y0, x1, y1 := largest(odd, m.cols, m.rows)
	f := Finding{
		Description: "The edges in a part of the picture are softer than in the rest: it was painted over or enlarged.",
		Metadata:    map[string]any{"cells": size, "of": edged},
		Picture:     func() []byte { return e.heatMap(heat, m.cols, m.rows) },
	}
	if size > 1 {
		f.Value = round3(1000 * float64(size) / float64(edged))
		f.Regions = append(f.Regions, e.region(float64(x0*noiseCell), float64(y0*noiseCell), float64((x1+1)*noiseCell), float64((y1+1)*noiseCell)))
	}
	return f, nil
}

// noiseDiffers finds a part of the picture whose noise is much stronger or weaker
// than that of other even parts of like brightness: it was put in from elsewhere,
// smoothed or painted (Mahdian and Saic, "Using noise inconsistencies for blind
// image forensics", 2009). Sensors' noise grows with brightness, so cells are
// compared within their eighth of the scale. Values are the per mille of even
// cells in the largest such part. Cost: 40 ms for 12 megapixels.
func noiseDiffers(_ context.Context, e *Evidence) (Finding, error) {
	g, err := e.pixels(256)
	if err != nil {
		return Finding{}, err
	}
	m := e.noise(g)
	var bins [8][]float64
	even := 0
	for i, s := range m.sigma {
		if !math.IsNaN(s) {
			b := min(7, int(m.level[i]/32))
			bins[b] = append(bins[b], s)
			even++
		}
	}
	if even < 80 {
		return Finding{}, skipError("too little of the picture is even")
	}
	var mid, spread [8]float64
	for b := range bins {
		if len(bins[b]) < 20 {
			continue
		}
		slices.Sort(bins[b])
		n := len(bins[b])
		mid[b] = bins[b][n/2]
		spread[b] = max(0.25, math.Log((bins[b][n*3/4]+0.2)/(bins[b][n/4]+0.2))/1.35)
	}
	odd := make([]bool, len(m.sigma))
	heat := make([]float64, len(m.sigma))
	for i, s := range m.sigma {
		if math.IsNaN(s) {
			continue
		}
		b := min(7, int(m.level[i]/32))
		if mid[b] == 0 {
			continue
		}
		z := math.Abs(math.Log((s+0.2)/(mid[b]+0.2))) / spread[b]
		heat[i] = max(0, min(1, (z-1)/4))
		odd[i] = z > 3
	}
	size, x0, y0, x1, y1 := largest(odd, m.cols, m.rows)
	f := Finding{
		Description: "The noise in a part of the picture is not that of the rest: it was put in, smoothed or painted.",
		Metadata:    map[string]any{"cells": size, "of": even},
		Picture:     func() []byte { return e.heatMap(heat, m.cols, m.rows) },
	}
	if size > 2 {
		f.Value = round3(1000 * float64(size) / float64(even))
		f.Regions = append(f.Regions, e.region(float64(x0*noiseCell), float64(y0*noiseCell), float64((x1+1)*noiseCell), float64((y1+1)*noiseCell)))
	}
	return f, nil
}

// flatRender finds a picture that no camera or scanner made: large areas without
// any noise, pixel for pixel the same. Compression flattens too, so a JPEG is
// asked only where its steps are as fine as noise. Values are the share of even
// cells that are perfectly flat. Cost: 30 ms for 12 megapixels.
func flatRender(_ context.Context, e *Evidence) (Finding, error) {
	g, err := e.pixels(128)
	if err != nil {
		return Finding{}, err
	}
	switch c := e.container(); c.format {
	case "jpeg":
		if len(c.quant) == 0 || c.quant[0][1] > 3 || c.quant[0][9] > 4 {
			return Finding{}, skipError("it is compressed too much to tell noise from none")
		}
	case "png", "bmp", "tiff":
	default:
		return Finding{}, skipError("this format removes noise itself")
	}
	const side = 8
	flat, even := 0, 0
	for y := 0; y+side <= g.H; y += 2 * side {
		for x := 0; x+side <= g.W; x += 2 * side {
			lo, hi := g.Pix[y*g.W+x], g.Pix[y*g.W+x]
			for j := range side {
				for _, v := range g.Pix[(y+j)*g.W+x : (y+j)*g.W+x+side] {
					lo, hi = min(lo, v), max(hi, v)
				}
			}
			if lo < 4 || hi > 251 {
				continue // black and white are flat on photographs too
			}
			if hi-lo <= 12 {
				even++
				if hi-lo <= 1 {
					flat++
				}
			}
		}
	}
	if even < 100 {
		return Finding{}, skipError("too little of the picture is even")
	}
	return Finding{
		Value:       round3(float64(flat) / float64(even)),
		Description: "Even areas of the picture have no noise at all: it was drawn by a program, not taken by a camera.",
		Metadata:    map[string]any{"flat_share": round3(float64(flat) / float64(even))},
	}, nil
}
