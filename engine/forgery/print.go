package forgery

import (
	"context"
	"math"
	"slices"

	"idproof/engine/raster"
	"idproof/report"
)

// lineStyle is how a printed line looks.
type lineStyle struct {
	quad     report.Quad
	height   float64    // pixels of the full picture
	contrast float64    // of ink and ground
	ink      [3]float64 // its colour
	sharp    float64    // logarithm of the steepest slope, as a share of the contrast a pixel
}

const (
	surelyRead = 0.7
	leastLine  = 12 // pixels of height that show how sharp an edge is
)

// printStyles measures the lines of print on the page.
func (e *Evidence) printStyles() ([]lineStyle, error) {
	p := e.page()
	if p == nil {
		return nil, skipError("nothing was read from the picture")
	}
	if e.Picture.Scale != 1 {
		return nil, skipError("the picture is too large to be looked at in full")
	}
	var out []lineStyle
	for _, l := range p.Text {
		if l.Confidence <= surelyRead || len([]rune(l.Text)) < 2 {
			continue
		}
		if s, ok := e.lineStyle(l.Region); ok {
			out = append(out, s)
		}
	}
	return out, nil
}

func (e *Evidence) lineStyle(q report.Quad) (s lineStyle, ok bool) {
	var at raster.Quad
	for i, c := range q {
		at[i] = raster.Point{X: c[0], Y: c[1]}
	}
	w, h := math.Hypot(at[1].X-at[0].X, at[1].Y-at[0].Y), math.Hypot(at[3].X-at[0].X, at[3].Y-at[0].Y)
	if h < leastLine || w < 1.2*h || w > 4000 || h > 400 {
		return s, false
	}
	iw, ih := int(w+0.5), int(h+0.5)
	im := e.Picture.Warp(raster.QuadToRect(at, iw, ih), iw, ih)
	g := im.Gray()
	hist := g.Histogram()
	lo, hi := quantile(hist, 0.05), quantile(hist, 0.8)
	s = lineStyle{quad: q, height: h, contrast: hi - lo}
	if s.contrast < 25 {
		return s, false
	}
	var slopes []float64
	var n float64
	for y := 1; y < ih-1; y++ {
		for x := 1; x < iw-1; x++ {
			at := func(dx, dy int) float64 { return float64(g.Pix[(y+dy)*iw+x+dx]) }
			gx := at(1, -1) + 2*at(1, 0) + at(1, 1) - at(-1, -1) - 2*at(-1, 0) - at(-1, 1)
			gy := at(-1, 1) + 2*at(0, 1) + at(1, 1) - at(-1, -1) - 2*at(0, -1) - at(1, -1)
			slopes = append(slopes, math.Hypot(gx, gy)/8)
			v := at(0, 0)
			if v < lo+0.35*s.contrast {
				for c := range 3 {
					s.ink[c] += float64(im.Pix[3*(y*iw+x)+c])
				}
				n++
			}
		}
	}
	if len(slopes) < 100 || n < 10 {
		return s, false
	}
	slices.Sort(slopes)
	for c := range s.ink {
		s.ink[c] /= n
	}
	s.sharp = math.Log(slopes[len(slopes)*95/100] / s.contrast)
	return s, true
}

func quantile(h [256]int, share float64) float64 {
	total := 0
	for _, n := range h {
		total += n
	}
	sum := 0
	for v, n := range h {
		if sum += n; float64(sum) >= share*float64(total) {
			return float64(v)
		}
	}
	return 255
}

// like tells whether two lines are of one style: about as high, of one ink, as
// clear against the ground.
func (s lineStyle) like(o lineStyle) bool {
	const (
		size     = 0.2
		contrast = 0.2
		ink      = 30
	)
	return math.Abs(math.Log(s.height/o.height)) < size && math.Abs(s.contrast-o.contrast) < contrast*s.contrast &&
		math.Hypot(math.Hypot(s.ink[0]-o.ink[0], s.ink[1]-o.ink[1]), s.ink[2]-o.ink[2]) < ink
}

// printDiffers finds a line whose edges are sharper or softer than those of the
// lines of its own style: of about its height, its ink and its contrast. What is
// focused less is also paler, so at equal contrast the same print has the same
// edges; what was typed over, drawn by a network or pasted from another picture
// has its own (Bertrand et al., "A System Based on Intrinsic Features for
// Fraudulent Document Detection", 2013, for the idea of comparing a document's
// characters with each other). Values are deviations, in units of the spread among
// the others. Cost: 15 ms for a card filled with print.
func printDiffers(_ context.Context, e *Evidence) (Finding, error) {
	lines, err := e.printStyles()
	if err != nil {
		return Finding{}, err
	}
	var odd *lineStyle
	asked := 0
	f := Finding{Description: "A line of print is sharper or softer than others of its style: it may have been put there later.", Metadata: map[string]any{}}
	for i := range lines {
		s := &lines[i]
		var sharp, contrast []float64
		for j, o := range lines {
			if j != i && s.like(o) {
				sharp, contrast = append(sharp, o.sharp), append(contrast, o.contrast)
			}
		}
		if len(sharp) < 4 {
			continue
		}
		asked++
		mid, spread := middle(sharp)
		paler := min(0, (s.contrast-median(contrast))/s.contrast)
		v := math.Abs(s.sharp-mid)/max(0.08, spread) + 10*paler
		if v = min(v, 8); v > f.Value {
			f.Value, odd = v, s
			f.Metadata["sharpness"] = round3(math.Exp(s.sharp - mid))
		}
	}
	if asked < 3 {
		return Finding{}, skipError("there is too little print of one style to compare")
	}
	f.Value = round3(f.Value)
	if odd != nil {
		q := odd.quad
		f.Regions = []report.Quad{q}
		f.Picture = func() []byte { return e.crop(q) }
	}
	return f, nil
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

// middle is the median and a robust standard deviation.
func middle(v []float64) (mid, spread float64) {
	mid = median(v)
	d := make([]float64, len(v))
	for i, x := range v {
		d[i] = math.Abs(x - mid)
	}
	return mid, 1.48 * median(d)
}
