package locate

import (
	"cmp"
	"math"
	"slices"

	"idproof/engine/raster"
)

// edges holds the thinned edges of the working copy.
type edges struct {
	w, h   int
	gx, gy []int16  // derivative in the channel that changes most
	weight []uint8  // 0 where there is no edge, up to 255 for a clear one
	change []change // across each pixel
	// A change across a line that is taken for nothing, and one that is clear.
	low, high float32
	// Room for along.
	best   []float32
	across [][3]float32
}

// change is the derivatives of luma and of two colour differences at a pixel.
type change struct{ x, y [3]int16 }

// findEdges takes for each pixel the channel of the greatest change: a white card on
// a light wood differs in blue at most. What counts as a clear edge depends on how
// restless the picture is.
func findEdges(im *raster.Image) *edges {
	w, h := im.W, im.H
	e := &edges{w: w, h: h, gx: make([]int16, w*h), gy: make([]int16, w*h), weight: make([]uint8, w*h)}
	mag := make([]uint16, w*h)
	var histogram [512]int
	for y := 1; y < h-1; y++ {
		a, b, c := im.Pix[3*(y-1)*w:3*y*w], im.Pix[3*y*w:3*(y+1)*w], im.Pix[3*(y+1)*w:3*(y+2)*w]
		for x := 1; x < w-1; x++ {
			var best, bx, by int
			for k := 3 * x; k < 3*x+3; k++ {
				d1 := int(c[k+3]) - int(a[k-3])
				d2 := int(a[k+3]) - int(c[k-3])
				dx := d1 + d2 + 2*(int(b[k+3])-int(b[k-3]))
				dy := d1 - d2 + 2*(int(c[k])-int(a[k]))
				if m := max(dx, -dx) + max(dy, -dy); m > best {
					best, bx, by = m, dx, dy
				}
			}
			i := y*w + x
			e.gx[i], e.gy[i] = int16(bx), int16(by)
			m := min(int(math.Sqrt(float64(bx*bx+by*by))/4), 511)
			mag[i] = uint16(m)
			histogram[m]++
		}
	}
	var below, median int
	for m, n := range histogram {
		if below += n; below > w*h/2 {
			median = m
			break
		}
	}
	low := max(2, min(5*median/4, 16))
	high := 3*low + 8
	e.low, e.high = 4*float32(max(1.2, 0.35*float32(median))), 4*float32(max(5, 1.4*float32(median)))
	e.changes(im)
	for y := 1; y < h-1; y++ {
		for x := 1; x < w-1; x++ {
			i := y*w + x
			m := int(mag[i])
			if m <= low {
				continue
			}
			// Thin: keep the maxima across the edge.
			gx, gy := int(e.gx[i]), int(e.gy[i])
			ax, ay := max(gx, -gx), max(gy, -gy)
			step := 1
			switch {
			case 2*ay > 5*ax:
				step = w
			case 2*ax > 5*ay:
			case (gx > 0) == (gy > 0):
				step = w + 1
			default:
				step = w - 1
			}
			if m < int(mag[i-step]) || m <= int(mag[i+step]) {
				continue
			}
			e.weight[i] = uint8(min(255, 40+215*(m-low)/(high-low)))
		}
	}
	return e
}

// soften averages each pixel with its eight neighbours: fine patterns, and noise, bend
// the direction of edges.
func soften(im *raster.Image) *raster.Image {
	w, h := im.W, im.H
	out := raster.New(w, h)
	copy(out.Pix, im.Pix)
	column := make([]uint16, 3*w)
	for y := 1; y < h-1; y++ {
		a, b, c := im.Pix[3*(y-1)*w:3*y*w], im.Pix[3*y*w:3*(y+1)*w], im.Pix[3*(y+1)*w:3*(y+2)*w]
		for i := range column {
			column[i] = uint16(a[i]) + uint16(b[i]) + uint16(c[i])
		}
		row := out.Pix[3*y*w : 3*(y+1)*w]
		for i := 3; i < len(row)-3; i++ {
			row[i] = uint8((uint32(column[i-3]) + uint32(column[i]) + uint32(column[i+3]) + 4) * 7282 >> 16)
		}
	}
	return out
}

// changes takes the derivatives of luma and colour.
func (e *edges) changes(im *raster.Image) {
	w := e.w
	v := make([][3]int16, w*e.h)
	for i := range v {
		p := im.Pix[3*i:][:3:3]
		r, g, b := int16(p[0]), int16(p[1]), int16(p[2])
		v[i] = [3]int16{(r + 2*g + b) / 4, r - g, (r+g)/2 - b}
	}
	e.change = make([]change, w*e.h)
	for y := 1; y < e.h-1; y++ {
		above, row, below := v[(y-1)*w:y*w], v[y*w:(y+1)*w], v[(y+1)*w:(y+2)*w]
		for x := 1; x < w-1; x++ {
			g := &e.change[y*w+x]
			for c := range 3 {
				d1, d2 := below[x+1][c]-above[x-1][c], above[x+1][c]-below[x-1][c]
				g.x[c] = d1 + d2 + 2*(row[x+1][c]-row[x-1][c])
				g.y[c] = d1 - d2 + 2*(below[x][c]-above[x][c])
			}
		}
	}
}

// line is a straight line: the points p with n·p = d, n of length one. Its own
// direction is (-n.Y, n.X).
type line struct {
	n raster.Point
	d float64
	// prior is what a side on the line counts that needs no edge: the picture's frame
	// and the sides that a zone implies; zero for lines of the picture.
	prior float64
	frame bool
	// sum[i] adds up the edge support of the first i pixels along the line, from
	// position from on.
	sum  []float32
	from float64
}

func (l *line) at(p raster.Point) float64    { return l.n.X*p.X + l.n.Y*p.Y - l.d }
func (l *line) along(p raster.Point) float64 { return -l.n.Y*p.X + l.n.X*p.Y }

func through(a, b raster.Point) line {
	dx, dy := b.X-a.X, b.Y-a.Y
	n := math.Hypot(dx, dy)
	l := line{n: raster.Point{X: -dy / n, Y: dx / n}}
	l.d = l.n.X*a.X + l.n.Y*a.Y
	return l
}

// cross is where two lines meet; far away when they are parallel.
func cross(a, b *line) raster.Point {
	det := a.n.X*b.n.Y - a.n.Y*b.n.X
	if math.Abs(det) < 1e-9 {
		return raster.Point{X: 1e12, Y: 1e12}
	}
	return raster.Point{X: (a.d*b.n.Y - b.d*a.n.Y) / det, Y: (a.n.X*b.d - b.n.X*a.d) / det}
}

const (
	houghSteps = 180 // directions of half a turn
	spread     = 6   // degrees by which the direction of an edge pixel may be off
	mostLines  = 52
)

// findLines returns the straight lines with most edge pixels that run along them, of
// those whose normal may be of use.
func (e *edges) findLines(useful func(raster.Point) bool) []line {
	reach := int(math.Hypot(float64(e.w), float64(e.h))) + 2
	width := 2*reach + 1
	votes := make([]float32, houghSteps*width)
	var sn, cs [houghSteps]float64
	for k := range houghSteps {
		sn[k], cs[k] = math.Sincos(float64(k) * math.Pi / houghSteps)
	}
	for y := range e.h {
		for x := range e.w {
			i := y*e.w + x
			if e.weight[i] == 0 {
				continue
			}
			v := float32(e.weight[i]) / 255
			a := math.Atan2(float64(e.gy[i]), float64(e.gx[i])) * houghSteps / math.Pi
			k0 := int(math.Round(a)) + 2*houghSteps
			for k := k0 - spread; k <= k0+spread; k++ {
				t := k % houghSteps
				r := (float64(x)+0.5)*cs[t] + (float64(y)+0.5)*sn[t]
				j := int(r + float64(reach) + 0.5)
				votes[t*width+j] += v * (1 - float32(max(k-k0, k0-k))/(2*spread))
			}
		}
	}
	// Edges are never quite straight: a vote counts for the neighbouring distances too.
	type peak struct {
		t, j int
		v    float32
	}
	var peaks []peak
	least := float32(0.07 * float64(min(e.w, e.h)))
	smooth := make([]float32, len(votes))
	for t := range houghSteps {
		row := votes[t*width : (t+1)*width]
		for j := 1; j < width-1; j++ {
			smooth[t*width+j] = row[j] + 0.7*(row[j-1]+row[j+1])
		}
	}
	for t := range houghSteps {
		if !useful(raster.Point{X: cs[t], Y: sn[t]}) {
			continue
		}
		for j := 3; j < width-3; j++ {
			v := smooth[t*width+j]
			if v < least {
				continue
			}
			if v >= smooth[t*width+j-1] && v > smooth[t*width+j+1] {
				peaks = append(peaks, peak{t, j, v})
			}
		}
	}
	slices.SortFunc(peaks, func(a, b peak) int { return cmp.Compare(b.v, a.v) })
	var out []line
	half := raster.Point{X: float64(e.w) / 2, Y: float64(e.h) / 2}
	extent := float64(max(e.w, e.h))
	for _, p := range peaks {
		l := line{n: raster.Point{X: cs[p.t], Y: sn[p.t]}, d: float64(p.j - reach)}
		known := false
		for i := range out {
			if near(&l, &out[i], half, extent) {
				known = true
				break
			}
		}
		if !known {
			if out = append(out, l); len(out) == mostLines {
				break
			}
		}
	}
	return out
}

// near tells whether two lines run side by side through the picture.
func near(a, b *line, middle raster.Point, extent float64) bool {
	c := a.n.X*b.n.X + a.n.Y*b.n.Y
	if math.Abs(c) < 0.996 { // 5°
		return false
	}
	// The middle of a's course through the picture, and points to both sides of it.
	t := a.at(middle)
	foot := raster.Point{X: middle.X - t*a.n.X, Y: middle.Y - t*a.n.Y}
	var off float64
	for _, k := range []float64{-0.3, 0, 0.3} {
		off += math.Abs(b.at(raster.Point{X: foot.X - k*extent*a.n.Y, Y: foot.Y + k*extent*a.n.X}))
	}
	return off/3 < 0.008*extent
}

// support fills the line's sums: at each pixel along it, how clear an edge runs there
// within slack pixels of it.
func (e *edges) support(l *line, slack int) {
	diagonal := math.Hypot(float64(e.w), float64(e.h))
	l.from = -diagonal
	n := int(2*diagonal) + 1
	l.sum = make([]float32, n+1)
	dx, dy := -l.n.Y, l.n.X
	start := raster.Point{X: l.d*l.n.X + (l.from+0.5)*dx, Y: l.d*l.n.Y + (l.from+0.5)*dy}
	var total float32
	for i, v := range e.along(start, dx, dy, n, slack) {
		total += e.clear(v)
		l.sum[i+1] = total
	}
}

// along is how much changes across a way of n steps of about a pixel, at each step, at
// the best of the places within slack pixels beside it. Changes are averaged along the
// way first, so that a faint edge counts if it is steady, and noise does not. The
// answer is good until the next call.
func (e *edges) along(start raster.Point, dx, dy float64, n, slack int) []float32 {
	const window = 7 // steps to both sides
	if cap(e.best) < n+1 {
		e.best, e.across = make([]float32, 2*n), make([][3]float32, 2*n)
	}
	best, across := e.best[:n], e.across[:n+1]
	clear(best)
	long := math.Hypot(dx, dy)
	nx, ny := -dy/long, dx/long
	fx, fy := float32(nx), float32(ny)
	for k := -slack; k <= slack; k++ {
		x0, y0 := start.X+float64(k)*nx, start.Y+float64(k)*ny
		first, last := within(x0, dx, float64(e.w), 0, n)
		first, last = within(y0, dy, float64(e.h), first, last)
		if first >= last {
			continue
		}
		var sum [3]float32
		across[first] = sum
		for i := first; i < last; i++ {
			g := &e.change[int(y0+float64(i)*dy)*e.w+int(x0+float64(i)*dx)]
			for c := range sum {
				sum[c] += fx*float32(g.x[c]) + fy*float32(g.y[c])
			}
			across[i+1] = sum
		}
		for i := first; i < last; i++ {
			a, b := max(i-window, first), min(i+window+1, last)
			from, to := &across[a], &across[b]
			v := max(to[0]-from[0], from[0]-to[0], to[1]-from[1], from[1]-to[1], to[2]-from[2], from[2]-to[2])
			best[i] = max(best[i], v/float32(b-a))
		}
	}
	return best
}

// within narrows the steps from first up to last to those that lie between 0 and size.
func within(at, step, size float64, first, last int) (int, int) {
	if step != 0 {
		a, b := -at/step, (size-at)/step
		lo, hi := max(min(a, b), float64(first)), min(max(a, b), float64(last))
		if !(lo < hi) {
			return 0, 0
		}
		first, last = int(lo), min(last, int(hi)+1)
	}
	in := func(i int) bool { v := at + float64(i)*step; return v >= 0 && v < size }
	for first < last && !in(first) {
		first++
	}
	for first < last && !in(last-1) {
		last--
	}
	return first, last
}

// clear says how clear an edge of the given change is. A sharp one is worth a little
// more than one that merely cannot be missed: shadows lie beside documents.
func (e *edges) clear(change float32) float32 {
	return max(0, min(1, (change-e.low)/(e.high-e.low))) * (0.75 + 0.25*min(1, change/(5*e.high)))
}

// segment is the mean support of the way from a to b: how clear an edge runs there
// within slack pixels. It is what the sums of a line hold, for one stretch.
func (e *edges) segment(a, b raster.Point, slack int) float64 {
	n := int(dist(a, b))
	if n < 8 {
		return 0
	}
	dx, dy := (b.X-a.X)/float64(n), (b.Y-a.Y)/float64(n)
	var total float32
	for _, v := range e.along(raster.Point{X: a.X + dx/2, Y: a.Y + dy/2}, dx, dy, n, slack) {
		total += e.clear(v)
	}
	return float64(total) / float64(n)
}

// between is the mean support from a to b along the line.
func (l *line) between(a, b float64) float64 {
	if a > b {
		a, b = b, a
	}
	i := max(0, min(int(a-l.from+0.5), len(l.sum)-1))
	j := max(0, min(int(b-l.from+0.5), len(l.sum)-1))
	if j <= i {
		return 0
	}
	return float64(l.sum[j]-l.sum[i]) / float64(j-i)
}

// hide takes a pixel out: what changes there belongs to no side.
func (e *edges) hide(i int) {
	e.weight[i] = 0
	e.change[i] = change{}
}
