package quality

import (
	"cmp"
	"math"
	"slices"

	"idproof/engine/raster"
	"idproof/engine/textread"
	"idproof/report"
)

const (
	// Print with less contrast says nothing about sharpness.
	leastContrast = 24
	// Windows looked at of one line.
	mostWindows = 10
	// Blur under this many pixels of the picture is the picture's own resolution.
	leastBlur = 1.1
	// Sharp print has upright and level strokes in no greater disproportion.
	usualElongation = 2.5
)

// strokes is what the edges of one line's letters tell.
type strokes struct {
	box    textread.Box
	ink    float64 // luma
	paper  float64
	across float64 // standard deviation of the blur in pixels, by upright strokes
	along  float64 // by level strokes
	// The structure tensor: mean products of the derivatives.
	xx, xy, yy float64
}

func (t strokes) smear() float64 { return max(t.across, t.along) }

// blurred judges how far the strokes of the print are smeared, compared with the
// height of its lines: half of the print is worse, half is better.
func (s *sight) blurred() report.Check {
	if len(s.print) == 0 {
		return skipped(Blurred, noPrint)
	}
	pixel := s.pixel()
	ratio := func(t strokes) float64 {
		if t.smear()*pixel < leastBlur {
			return 0
		}
		return t.smear() / (t.box.Y1 - t.box.Y0)
	}
	sorted := slices.SortedFunc(slices.Values(s.print), func(a, b strokes) int { return cmp.Compare(ratio(a), ratio(b)) })
	var half, sum float64
	for _, t := range sorted {
		half += (t.box.X1 - t.box.X0) / 2
	}
	at := 0
	for i, t := range sorted {
		if sum += t.box.X1 - t.box.X0; sum >= half {
			at = i
			break
		}
	}
	longer := s.elongation()
	v := ratio(sorted[at]) * max(1, longer/usualElongation)
	c := judged(Blurred, v, blurRatio, "the print is blurred", "the print is not sharp")
	c.Evidence["blur_of_line_height"] = round(v, 3)
	if c.Result == report.Passed {
		return c
	}
	region := sorted[at].box
	for _, t := range sorted[at:] {
		region = textread.Box{X0: min(region.X0, t.box.X0), Y0: min(region.Y0, t.box.Y0), X1: max(region.X1, t.box.X1), Y1: max(region.Y1, t.box.Y1)}
	}
	c.Evidence["region"], c.Evidence["kind"] = s.place(region), "defocus"
	if longer > usualElongation {
		c.Evidence["kind"] = "motion"
	}
	return c
}

// elongation is by how much more the derivatives of all print are in one direction
// than across it: movement smears strokes that it crosses and leaves the others.
func (s *sight) elongation() float64 {
	var xx, xy, yy float64
	for _, t := range s.print {
		w := (t.box.X1 - t.box.X0) / ((t.paper - t.ink) * (t.paper - t.ink))
		xx, xy, yy = xx+w*t.xx, xy+w*t.xy, yy+w*t.yy
	}
	mean, off := (xx+yy)/2, math.Hypot((xx-yy)/2, xy)
	return (mean + off) / max(mean-off, 1e-9)
}

// pixel is how many pixels of the picture one of the view spans, in its middle.
func (s *sight) pixel() float64 {
	x, y := float64(s.Image.W)/2, float64(s.Image.H)/2
	a, b := s.ToPicture.Apply(raster.Point{X: x, Y: y}), s.ToPicture.Apply(raster.Point{X: x + 1, Y: y + 1})
	return math.Hypot(b.X-a.X, b.Y-a.Y) / math.Sqrt2
}

// examine looks at windows along a line of print, as wide as it is high, and takes
// the middle of what they tell.
func examine(g *raster.Gray, b textread.Box) (t strokes, ok bool) {
	high := b.Y1 - b.Y0
	wide := max(high, 12)
	n := int(max(1, (b.X1-b.X0)/wide))
	step := (n + mostWindows - 1) / mostWindows
	var parts []strokes
	for i := 0; i < n; i += step {
		x := b.X0 + float64(i)*wide
		if w, ok := window(g, int(x), int(b.Y0-0.1*high), int(x+wide), int(b.Y1+0.1*high)+1); ok {
			parts = append(parts, w)
		}
	}
	if len(parts) == 0 {
		return t, false
	}
	middle := func(of func(strokes) float64) float64 {
		v := make([]float64, len(parts))
		for i, p := range parts {
			v[i] = of(p)
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	return strokes{
		box:    b,
		ink:    middle(func(t strokes) float64 { return t.ink }),
		paper:  middle(func(t strokes) float64 { return t.paper }),
		across: middle(func(t strokes) float64 { return t.across }),
		along:  middle(func(t strokes) float64 { return t.along }),
		xx:     middle(func(t strokes) float64 { return t.xx }),
		xy:     middle(func(t strokes) float64 { return t.xy }),
		yy:     middle(func(t strokes) float64 { return t.yy }),
	}, true
}

// window examines one part of a line. An edge of contrast C that is blurred by σ is
// nowhere steeper than C/(σ√2π).
func window(g *raster.Gray, x0, y0, x1, y1 int) (t strokes, ok bool) {
	x0, y0, x1, y1 = max(x0, 1), max(y0, 1), min(x1, g.W-1), min(y1, g.H-1)
	if x1-x0 < 6 || y1-y0 < 6 {
		return t, false
	}
	lo, hi, gx, gy := 1<<20, 0, 0, 0
	var xx, xy, yy int
	for y := y0; y < y1; y++ {
		a, b, c := g.Pix[(y-1)*g.W:][:g.W], g.Pix[y*g.W:][:g.W], g.Pix[(y+1)*g.W:][:g.W]
		for x := x0; x < x1; x++ {
			tl, tm, tr := int(a[x-1]), int(a[x]), int(a[x+1])
			ml, mm, mr := int(b[x-1]), int(b[x]), int(b[x+1])
			bl, bm, br := int(c[x-1]), int(c[x]), int(c[x+1])
			v := tm + bm + ml + mr + 2*mm
			lo, hi = min(lo, v), max(hi, v)
			dx, dy := tr+2*mr+br-tl-2*ml-bl, bl+2*bm+br-tl-2*tm-tr
			gx, gy = max(gx, abs(dx)), max(gy, abs(dy))
			xx, xy, yy = xx+dx*dx, xy+dx*dy, yy+dy*dy
		}
	}
	n := float64((x1 - x0) * (y1 - y0))
	t.xx, t.xy, t.yy = float64(xx)/n, float64(xy)/n, float64(yy)/n
	t.ink, t.paper = float64(lo)/6, float64(hi)/6
	contrast := t.paper - t.ink
	if contrast < leastContrast {
		return t, false
	}
	spread := func(steepest int) float64 {
		v := contrast / (math.Sqrt(2*math.Pi) * max(float64(steepest)/8, 0.1))
		const own = 0.8 // of the operators themselves
		return math.Sqrt(max(0, v*v-own*own))
	}
	t.across, t.along = spread(gx), spread(gy)
	return t, true
}

func abs(v int) int {
	if v < 0 {
		return -v
	}
	return v
}
