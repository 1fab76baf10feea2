package forgery

import (
	"context"
	"math"

	"idproof/engine/raster"
	"idproof/report"
)

// zoneCell is one character of a machine-readable zone as it is printed, sampled
// at a size of its own so that all of a zone can be laid over each other.
type zoneCell struct {
	letter byte
	row    int
	at     int       // its place in the row
	pix    []float64 // cellW × cellH darkness, mean 0 and length 1
	quad   report.Quad
	// What is compared. Twins are the same letter elsewhere in the zone.
	twins     bool
	down      float64 // from where its twins lie in their cells, in pixels of the cell
	unlike    float64 // what of it its twins don't explain, 0 to 1
	ink, edge float64 // contrast and sharpness, as logarithms
}

const (
	cellW, cellH = 20, 28
	cellMargin   = 3  // around a cell, within which it may be shifted
	leastCell    = 8  // pixels between characters that show their shape
	leastTwins   = 2  // other prints of a letter to compare with
	leastCells   = 40 // characters to compare
)

// zoneCells samples the page's zone.
func (e *Evidence) zoneCells() ([]zoneCell, error) {
	p := e.page()
	switch {
	case p == nil:
		return nil, skipError("nothing was read from the picture")
	case len(p.Zone) == 0:
		return nil, skipError("the page has no machine-readable zone")
	case e.Picture.Scale != 1:
		return nil, skipError("the picture is too large to be looked at in full")
	}
	g := e.luma()
	var out []zoneCell
	for i, row := range p.Zone {
		n := len(row.Text)
		pitch := (row.To - row.From) / float64(max(n, 1))
		if !(pitch >= leastCell && pitch < 400) {
			return nil, skipError("the zone's characters are too small")
		}
		for j := range n {
			if c, ok := sampleCell(g, row, i, j, pitch); ok {
				out = append(out, c)
			}
		}
	}
	if len(out) < leastCells {
		return nil, skipError("too little of the zone can be seen")
	}
	return out, nil
}

// sampleCell cuts the j-th character of a row out of the picture.
func sampleCell(g *raster.Gray, row report.ZoneRow, i, j int, pitch float64) (zoneCell, bool) {
	const w, h = cellW + 2*cellMargin, cellH + 2*cellMargin
	sn, cs := math.Sincos(row.Angle)
	place := func(u, v float64) (x, y float64) { // pixels of the cell to the picture
		a := row.From + (float64(j)+u/cellW)*pitch
		b := row.Curve*a*a + (v-cellH/2)*pitch/cellW
		return row.Center[0] + a*cs - b*sn, row.Center[1] + a*sn + b*cs
	}
	c := zoneCell{letter: row.Text[j], row: i, at: j, pix: make([]float64, w*h)}
	for k, corner := range [4][2]float64{{0, 0}, {cellW, 0}, {cellW, cellH}, {0, cellH}} {
		x, y := place(corner[0], corner[1])
		c.quad[k] = [2]float64{math.Round(x*10) / 10, math.Round(y*10) / 10}
	}
	var hist [256]int
	for v := range h {
		for u := range w {
			x, y := place(float64(u-cellMargin)+0.5, float64(v-cellMargin)+0.5)
			x, y = x-0.5, y-0.5
			x0, y0 := int(math.Floor(x)), int(math.Floor(y))
			if x0 < 0 || y0 < 0 || x0+1 >= g.W || y0+1 >= g.H {
				return c, false
			}
			fx, fy := x-float64(x0), y-float64(y0)
			at := y0*g.W + x0
			s := (1-fy)*((1-fx)*float64(g.Pix[at])+fx*float64(g.Pix[at+1])) + fy*((1-fx)*float64(g.Pix[at+g.W])+fx*float64(g.Pix[at+g.W+1]))
			c.pix[v*w+u] = s
			hist[int(s)]++
		}
	}
	dark, bright := quantile(hist, 0.04), quantile(hist, 0.7)
	if bright-dark < 25 {
		return c, false
	}
	steep := 0.0
	for v := range h {
		for u := 1; u < w; u++ {
			steep = max(steep, math.Abs(c.pix[v*w+u]-c.pix[v*w+u-1]))
		}
	}
	c.ink, c.edge = math.Log(bright-dark), math.Log(steep/(bright-dark))
	for k, v := range c.pix {
		c.pix[k] = min(1, max(0, (bright-v)/(bright-dark)))
	}
	return c, true
}

// compareTwins lays every character over the mean of the same letter's others.
func compareTwins(cells []zoneCell) {
	const size = (cellW + 2*cellMargin) * (cellH + 2*cellMargin)
	sums, counts := map[byte][]float64{}, map[byte]int{}
	for _, c := range cells {
		if sums[c.letter] == nil {
			sums[c.letter] = make([]float64, size)
		}
		for k, v := range c.pix {
			sums[c.letter][k] += v
		}
		counts[c.letter]++
	}
	others := make([]float64, size)
	for i := range cells {
		c := &cells[i]
		n := counts[c.letter] - 1
		if n < leastTwins {
			continue
		}
		for k, v := range sums[c.letter] {
			others[k] = (v - c.pix[k]) / float64(n)
		}
		c.twins = true
		c.down, c.unlike = lay(c.pix, others)
	}
}

// lay finds the shift at which a cell is most like another: by how much it lies
// below, and what is then left over, 0 to 1.
func lay(cell, on []float64) (down, left float64) {
	const side = 2*cellMargin + 1
	var at [side][side]float64
	bx, by := cellMargin, cellMargin
	for dy := range side {
		for dx := range side {
			at[dy][dx] = likeness(cell, on, dx-cellMargin, dy-cellMargin)
			if at[dy][dx] > at[by][bx] {
				bx, by = dx, dy
			}
		}
	}
	top := func(a, b, c float64) float64 { // of the parabola through three
		if d := a - 2*b + c; d < -1e-9 {
			return max(-0.5, min(0.5, 0.5*(a-c)/d))
		}
		return 0
	}
	down = float64(by - cellMargin)
	if by > 0 && by < side-1 {
		down += top(at[by-1][bx], at[by][bx], at[by+1][bx])
	}
	return down, 1 - at[by][bx]
}

// likeness is the correlation of the middle of one cell with another that is
// shifted against it.
func likeness(a, b []float64, dx, dy int) float64 {
	const w = cellW + 2*cellMargin
	var sa, sb, saa, sbb, sab float64
	for y := cellMargin; y < cellMargin+cellH; y++ {
		ra, rb := a[(y+dy)*w+cellMargin+dx:][:cellW], b[y*w+cellMargin:][:cellW]
		for x, p := range ra {
			q := rb[x]
			sa, sb, saa, sbb, sab = sa+p, sb+q, saa+p*p, sbb+q*q, sab+p*q
		}
	}
	const n = cellW * cellH
	return (sab - sa*sb/n) / math.Sqrt(max(1e-9, (saa-sa*sa/n)*(sbb-sb*sb/n)))
}

// zoneTraits are what a run of characters may differ in, each with the least spread
// that it is measured against: below it lies what sampling does by itself. The place
// along the row is none: measured, it told typed-over characters least of all (area
// 0.63) and alarmed most, for the reader that finds the row's ends is not that exact.
var zoneTraits = []struct {
	name  string
	least float64
	twins bool // by comparison with twins
	of    func(c *zoneCell) float64
}{
	{"shape", 0.02, true, func(c *zoneCell) float64 { return math.Sqrt(max(0, c.unlike)) }},
	{"baseline", 0.3, true, func(c *zoneCell) float64 { return c.down }},
	{"ink", 0.05, false, func(c *zoneCell) float64 { return c.ink }},
	{"sharpness", 0.1, false, func(c *zoneCell) float64 { return c.edge }},
}

// zoneRun is a run of characters of a row and how far it stands out.
type zoneRun struct {
	trait    string
	value    float64
	from, to int // into the cells, to excluded
}

const (
	longestRun = 12 // characters; a longer run is no exception of its row
	leastInRow = 8  // characters that show how a row runs
)

// oddRuns finds, for each trait, the run of one row that stands out most.
func oddRuns(cells []zoneCell) map[string]zoneRun {
	out := map[string]zoneRun{}
	for _, t := range zoneTraits {
		var z []float64
		var at []int
		for start := 0; start < len(cells); {
			end := start
			for end < len(cells) && cells[end].row == cells[start].row {
				end++
			}
			var x, y []float64
			var who []int
			for i := start; i < end; i++ {
				if c := &cells[i]; c.letter != '<' && (c.twins || !t.twins) {
					x, y, who = append(x, float64(c.at)), append(y, t.of(c)), append(who, i)
				}
			}
			if len(who) >= leastInRow {
				z, at = append(z, residuals(x, y)...), append(at, who...)
			}
			start = end
		}
		if len(z) < 2*leastInRow {
			continue
		}
		mid, spread := middle(z)
		spread = max(spread, t.least)
		for i := range z {
			z[i] = max(-4, min(4, (z[i]-mid)/spread))
		}
		best := zoneRun{trait: t.name}
		for i := range z {
			sum := 0.0
			for j := i; j < min(len(z), i+longestRun) && cells[at[j]].row == cells[at[i]].row; j++ {
				sum += z[j]
				if v := math.Abs(sum) / math.Sqrt(float64(j-i+1)); v > best.value && j > i {
					best.value, best.from, best.to = v, at[i], at[j]+1
				}
			}
		}
		out[t.name] = best
	}
	return out
}

// residuals are the distances of y from the line through most of the points: a
// second fit leaves out what the first is far from.
func residuals(x, y []float64) []float64 {
	out := make([]float64, len(x))
	keep := make([]bool, len(x))
	for i := range keep {
		keep[i] = true
	}
	for range 3 {
		var n, sx, sy, sxx, sxy float64
		for i := range x {
			if keep[i] {
				n, sx, sy, sxx, sxy = n+1, sx+x[i], sy+y[i], sxx+x[i]*x[i], sxy+x[i]*y[i]
			}
		}
		slope := (n*sxy - sx*sy) / max(1e-9, n*sxx-sx*sx)
		base := (sy - slope*sx) / max(n, 1)
		for i := range x {
			out[i] = y[i] - base - slope*x[i]
		}
		mid, spread := middle(out)
		for i := range out {
			keep[i] = math.Abs(out[i]-mid) <= 2.5*spread+1e-9
		}
	}
	return out
}

// zonePrint looks for characters of the machine-readable zone that were not
// printed with the rest. OCR-B stands at a fixed pitch on a straight line (ICAO
// 9303-3 section 4, ISO 1073-2), all of a zone is printed at one go, and the same
// letter looks the same wherever it stands. What was typed over or copied in from
// elsewhere lies off its row, has ink or edges of its own, or differs from its
// twins (van Beusekom, Shafait, Breuel, "Text-line examination for document forgery
// detection", 2013, for alignment; Bertrand et al. 2013 for the comparison of
// twins). The value is how far the oddest run of characters stands out, in robust
// standard deviations of a run's mean. Cost: 10 ms.
func zonePrint(_ context.Context, e *Evidence) (Finding, error) {
	cells, err := e.zoneCells()
	if err != nil {
		return Finding{}, err
	}
	compareTwins(cells)
	f := Finding{Description: "Characters of the machine-readable zone differ from the rest of it: they may have been put there later.", Metadata: map[string]any{}}
	var odd zoneRun
	runs := oddRuns(cells)
	for _, t := range zoneTraits {
		if r, ok := runs[t.name]; ok {
			f.Metadata[t.name] = round3(r.value)
			if r.value > odd.value {
				odd = r
			}
		}
	}
	if odd.value == 0 {
		return Finding{}, skipError("too little of the zone can be compared")
	}
	f.Value = round3(odd.value)
	a, b := cells[odd.from].quad, cells[odd.to-1].quad
	q := report.Quad{a[0], b[1], b[2], a[3]}
	f.Regions = []report.Quad{q}
	f.Metadata["by"] = odd.trait
	f.Picture = func() []byte { return e.crop(q) }
	return f, nil
}
