package barcode

import (
	"cmp"
	"math"
	"slices"

	"idproof/engine/raster"
)

const (
	textureSide = 640 // longer side of the copy on which bars are looked for, in pixels
	cell        = 8   // pixels of a cell of that copy
	// A cell shows bars when its gradients are this strong in the mean and agree
	// this well in direction (coherence of the structure tensor, 0 to 1).
	leastEnergy    = 18.0
	leastCoherence = 0.55
	// Cells belong together if their directions differ by less than this.
	sameDirection = 18 * math.Pi / 180
	leastCells    = 12
	mostRegions   = 5
	// What is so many times longer along its bars than across is an edge, grain or
	// the ground of a card: documents carry symbols that are wider than tall, and
	// the cells make them a little taller.
	mostSlender = 1.25
)

// texture is what a cell shows.
type texture struct {
	bars  bool
	angle float64 // across the bars, between -90° and 90°
	xx    float64
	xy    float64
	yy    float64
}

// regions finds patches of parallel bars, the largest first, on a copy whose
// longer side has that many pixels.
func regions(g *raster.Gray, side float64) []region {
	scale := min(1, side/float64(max(g.W, g.H)))
	small := g
	if scale < 1 {
		small = g.Resize(max(8, int(float64(g.W)*scale)), max(8, int(float64(g.H)*scale)))
	}
	cw, ch := small.W/cell, small.H/cell
	if cw < 2 || ch < 2 {
		return nil
	}
	cells := make([]texture, cw*ch)
	for cy := range ch {
		for cx := range cw {
			cells[cy*cw+cx] = measure(small, cx*cell, cy*cell)
		}
	}
	var out []region
	taken := make([]bool, len(cells))
	for i := range cells {
		if taken[i] || !cells[i].bars {
			continue
		}
		group := connect(cells, taken, i, cw, ch)
		if len(group) < leastCells {
			continue
		}
		if r := fit(cells, group, cw, 1/scale); r.h < mostSlender*r.w {
			out = append(out, r)
		}
	}
	for i := range out {
		out[i].refine(g)
	}
	out = slices.DeleteFunc(out, func(r region) bool { return r.dark(g) < leastBars })
	slices.SortStableFunc(out, func(a, b region) int { return cmp.Compare(b.weight, a.weight) })
	return out[:min(len(out), mostRegions)]
}

// measure sums the structure tensor over a cell.
func measure(g *raster.Gray, x0, y0 int) texture {
	var t texture
	for y := max(y0, 1); y < min(y0+cell, g.H-1); y++ {
		row, up, down := g.Pix[y*g.W:], g.Pix[(y-1)*g.W:], g.Pix[(y+1)*g.W:]
		for x := max(x0, 1); x < min(x0+cell, g.W-1); x++ {
			dx, dy := float64(row[x+1])-float64(row[x-1]), float64(down[x])-float64(up[x])
			t.xx += dx * dx
			t.xy += dx * dy
			t.yy += dy * dy
		}
	}
	trace := t.xx + t.yy
	if trace == 0 {
		return t
	}
	t.angle = math.Atan2(2*t.xy, t.xx-t.yy) / 2
	coherence := math.Hypot(t.xx-t.yy, 2*t.xy) / trace
	t.bars = math.Sqrt(trace)/cell > leastEnergy && coherence > leastCoherence
	return t
}

// connect collects the cells around one that show bars in its direction; gaps of
// one cell are bridged.
func connect(cells []texture, taken []bool, start, cw, ch int) []int {
	const reach = 2
	group := []int{start}
	taken[start] = true
	for at := 0; at < len(group); at++ {
		i := group[at]
		for dy := -reach; dy <= reach; dy++ {
			for dx := -reach; dx <= reach; dx++ {
				x, y := i%cw+dx, i/cw+dy
				if x < 0 || y < 0 || x >= cw || y >= ch {
					continue
				}
				j := y*cw + x
				if taken[j] || !cells[j].bars || math.Abs(math.Remainder(cells[j].angle-cells[start].angle, math.Pi)) > sameDirection {
					continue
				}
				taken[j] = true
				group = append(group, j)
			}
		}
	}
	return group
}

// fit puts a turned rectangle around the cells.
func fit(cells []texture, group []int, cw int, scale float64) region {
	var xx, xy, yy float64
	for _, i := range group {
		t := cells[i]
		xx, xy, yy = xx+t.xx, xy+t.xy, yy+t.yy
	}
	angle := math.Atan2(2*xy, xx-yy) / 2
	s, c := math.Sincos(angle)
	u0, u1, v0, v1 := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, i := range group {
		x, y := (float64(i%cw)+0.5)*cell, (float64(i/cw)+0.5)*cell
		u, v := x*c+y*s, -x*s+y*c
		u0, u1, v0, v1 = min(u0, u-cell/2), max(u1, u+cell/2), min(v0, v-cell/2), max(v1, v+cell/2)
	}
	u, v := (u0+u1)/2, (v0+v1)/2
	return region{
		center: raster.Point{X: (u*c - v*s) * scale, Y: (u*s + v*c) * scale},
		angle:  angle, w: (u1 - u0) * scale, h: (v1 - v0) * scale,
		weight: float64(len(group)),
	}
}

// refine measures the direction again where the bars have their full detail.
func (r *region) refine(g *raster.Gray) {
	const side = 600 // pixels are plenty
	half := min(math.Hypot(r.w, r.h)/2, side/2)
	x0, y0 := max(0, int(r.center.X-half)), max(0, int(r.center.Y-half))
	x1, y1 := min(g.W, int(r.center.X+half)), min(g.H, int(r.center.Y+half))
	if x1-x0 < 2*cell || y1-y0 < 2*cell {
		return
	}
	// Only inside the region; a little blur takes the steps out of slanting edges.
	crop := g.Crop(x0, y0, x1, y1).BoxBlur(1, 1)
	sn, cs := math.Sincos(r.angle)
	var xx, xy, yy float64
	for cy := 0; cy+cell <= crop.H; cy += cell {
		for cx := 0; cx+cell <= crop.W; cx += cell {
			dx, dy := float64(x0+cx+cell/2)-r.center.X, float64(y0+cy+cell/2)-r.center.Y
			if math.Abs(dx*cs+dy*sn) > r.w/2 || math.Abs(-dx*sn+dy*cs) > r.h/2 {
				continue
			}
			t := measure(crop, cx, cy)
			xx, xy, yy = xx+t.xx, xy+t.xy, yy+t.yy
		}
	}
	if xx+yy > 0 {
		r.angle = math.Atan2(2*xy, xx-yy) / 2
	}
}

// A symbol has at least so many bars: three characters of Code 39 have 15, the
// shortest Code 128 has 13, a row of PDF417 20; some may blur into others.
const leastBars = 10

// dark counts the dark bars that a line across the region meets: the median of
// several lines.
func (r *region) dark(g *raster.Gray) int {
	const (
		lines   = 5
		widest  = 1600 // samples
		beyond  = 1.1  // of the width
		swing   = 0.2  // of the contrast of the line counts as a bar's edge,
		atLeast = 16.0 // and so many grey levels
	)
	n := min(int(r.w*beyond), widest)
	if n < leastBars {
		return 0
	}
	sn, cs := math.Sincos(r.angle)
	counts := make([]int, lines)
	row := make([]float64, n)
	for k := range counts {
		v := (float64(k+1)/(lines+1) - 0.5) * r.h
		for i := range row {
			u := (float64(i)/float64(n-1) - 0.5) * r.w * beyond
			x, y := int(r.center.X+u*cs-v*sn), int(r.center.Y+u*sn+v*cs)
			row[i] = float64(g.Pix[min(max(y, 0), g.H-1)*g.W+min(max(x, 0), g.W-1)])
		}
		counts[k] = valleys(row, max(atLeast, swing*(slices.Max(row)-slices.Min(row))))
	}
	slices.Sort(counts)
	return counts[lines/2]
}

// valleys counts how often a row falls by the swing and rises by it again.
func valleys(row []float64, swing float64) (n int) {
	rising, extreme := false, row[0]
	for _, p := range row {
		switch {
		case rising && p < extreme-swing:
			rising, extreme = false, p
		case !rising && p > extreme+swing:
			rising, extreme = true, p
			n++
		case rising == (p > extreme):
			extreme = p
		}
	}
	return n
}
