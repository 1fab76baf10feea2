package mrzread

import (
	"fmt"
	"math"
	"sort"

	"idproof/engine/ocr"
)

// A zone stands out before anything is read: two or three long, thin, parallel
// rows of equal extent, closely stacked. The finder joins the detector's
// fragments into rows and the rows into stacks; what the rows say decides later.

const (
	// Rows shorter than this many heights hold no line of a zone: 30
	// characters are at least 15 heights, a detector may lose half of them.
	leastRow = 7
	// No more rows than this are read, the most promising first.
	mostRows = 6
)

// rows joins fragments that lie on one line, and returns the long ones.
func rows(found []ocr.Line) []ocr.Line {
	lines := make([]ocr.Line, len(found))
	for i, l := range found {
		// Upright rows all point down, so that neighbours agree on what is below.
		if l.Angle < -80*math.Pi/180 {
			l = l.Flip()
		}
		lines[i] = l
	}
	// Longest first, every line takes up the fragments that go on where it ends
	// for as long as they all stay on one line.
	sort.SliceStable(lines, func(i, j int) bool { return lines[i].Length > lines[j].Length })
	taken := make([]bool, len(lines))
	var out []ocr.Line
	for i, l := range lines {
		if taken[i] || l.Length < 2*l.Height { // a short fragment's angle says nothing
			continue
		}
		taken[i] = true
		parts := []ocr.Line{l}
		for grown := true; grown; {
			grown = false
			for j, f := range lines {
				if taken[j] || !follows(l, f) {
					continue
				}
				with := append(parts[:len(parts):len(parts)], f)
				if joined, ok := join(with); ok {
					taken[j], grown, parts, l = true, true, with, joined
				}
			}
		}
		if l.Length >= leastRow*l.Height {
			out = append(out, l)
		}
	}
	return out
}

// follows tells whether b goes on where a ends, on the same line.
func follows(a, b ocr.Line) bool {
	if ratio := a.Height / b.Height; ratio > 1.7 || ratio < 1/1.7 {
		return false
	}
	if b.Length > 2*b.Height && turn(a.Angle, b.Angle) > 6*math.Pi/180 {
		return false
	}
	x, y := local(a, b)
	h := min(a.Height, b.Height)
	if math.Abs(y-a.Curve*x*x) > 0.35*h {
		return false
	}
	gap := math.Abs(x) - (a.Length+b.Length)/2
	return gap < 2.5*h
}

// local returns b's centre in a's frame.
func local(a, b ocr.Line) (x, y float64) {
	dx, dy := b.Center.X-a.Center.X, b.Center.Y-a.Center.Y
	s, c := math.Sincos(a.Angle)
	return dx*c + dy*s, -dx*s + dy*c
}

// turn is the angle between two undirected lines, 0 to 90°, in radians.
func turn(a, b float64) float64 {
	d := math.Mod(math.Abs(a-b), math.Pi)
	return min(d, math.Pi-d)
}

// join fits one line through fragments, the longest first; it reports false
// when they do not lie on one.
func join(parts []ocr.Line) (ocr.Line, bool) {
	ref := parts[0]
	var pts []point
	lo, hi := math.Inf(1), math.Inf(-1)
	var height, score, weight float64
	for _, p := range parts {
		for i := -2; i <= 2; i++ {
			at := p.At(float64(i)*p.Length/4, 0)
			x, y := local(ref, ocr.Line{Center: at})
			pts = append(pts, point{x, y, p.Length})
		}
		x, _ := local(ref, p)
		lo, hi = min(lo, x-p.Length/2), max(hi, x+p.Length/2)
		height += p.Height * p.Length
		score += p.Score * p.Length
		weight += p.Length
	}
	out := through(ref, pts, lo, hi)
	out.Height, out.Score = height/weight, score/weight
	for _, p := range parts {
		x, y := local(out, p)
		if math.Abs(y-out.Curve*x*x) > 0.2*out.Height {
			return ref, false
		}
	}
	return out, turn(out.Angle, ref.Angle) < 2.5*math.Pi/180
}

type point struct{ x, y, w float64 }

// through returns the line in ref's frame that fits the points and spans lo to hi.
func through(ref ocr.Line, pts []point, lo, hi float64) ocr.Line {
	// Weighted least squares for y = a + b·x, with ref's own curve kept.
	var sw, sx, sy, sxx, sxy float64
	for _, p := range pts {
		y := p.y - ref.Curve*p.x*p.x
		sw += p.w
		sx += p.w * p.x
		sy += p.w * y
		sxx += p.w * p.x * p.x
		sxy += p.w * p.x * y
	}
	a, b := 0.0, 0.0
	if det := sw*sxx - sx*sx; det > 1e-9 {
		b = (sw*sxy - sx*sy) / det
		a = (sy - b*sx) / sw
	}
	mid := (lo + hi) / 2
	out := ref
	s, c := math.Sincos(ref.Angle)
	y := a + b*mid + ref.Curve*mid*mid
	out.Center.X = ref.Center.X + mid*c - y*s
	out.Center.Y = ref.Center.Y + mid*s + y*c
	out.Angle = ref.Angle + math.Atan(b+2*ref.Curve*mid)
	out.Length = hi - lo
	return out
}

// stack is rows from top to bottom, for one of the two directions of reading.
type stack []ocr.Line

// windows returns the sets of one to three rows that lie under each other, the
// most promising first: long rows for their height, of equal extent.
func windows(rows []ocr.Line) [][]int {
	n := len(rows)
	below := make([][]int, n)
	for i, a := range rows {
		for j, b := range rows {
			if i == j {
				continue
			}
			if _, ok := under(a, b); ok {
				below[i] = append(below[i], j)
			}
		}
	}
	var out [][]int
	for i := range rows {
		out = append(out, []int{i})
		for _, j := range below[i] {
			out = append(out, []int{i, j})
			for _, k := range below[j] {
				if k != i {
					out = append(out, []int{i, j, k})
				}
			}
		}
	}
	promise := make(map[string]float64, len(out))
	key := func(w []int) string { return fmt.Sprint(w) }
	for _, w := range out {
		promise[key(w)] = worthReading(rows, w)
	}
	sort.SliceStable(out, func(i, j int) bool { return promise[key(out[i])] > promise[key(out[j])] })
	return out
}

// worthReading ranks a window: the rows' lengths in heights, up to those of the
// longest zone, less what their ends are apart.
func worthReading(rows []ocr.Line, w []int) float64 {
	var sum, apart float64
	ref := rows[w[0]]
	for _, i := range w {
		l := rows[i]
		sum += min(l.Length/l.Height, 32)
		x, _ := local(ref, l)
		apart += math.Abs(x-l.Length/2+ref.Length/2)/ref.Height + 0.3*math.Abs(x+l.Length/2-ref.Length/2)/ref.Height
	}
	// A third row counts less: two-line zones are as common.
	return sum/float64(len(w))*[]float64{0, 0.6, 1, 1.1}[len(w)] - 0.5*apart
}

// under tells whether b is the next row below a, in a's frame, and how near.
func under(a, b ocr.Line) (float64, bool) {
	if turn(a.Angle, b.Angle) > 5*math.Pi/180 {
		return 0, false
	}
	if ratio := a.Height / b.Height; ratio > 1.6 || ratio < 1/1.6 {
		return 0, false
	}
	x, y := local(a, b)
	h := (a.Height + b.Height) / 2
	y -= a.Curve * x * x
	if y < 0.7*h || y > 3.2*h {
		return 0, false
	}
	overlap := (a.Length+b.Length)/2 - math.Abs(x)
	if overlap < 0.5*min(a.Length, b.Length) {
		return 0, false
	}
	return y / h, true
}

// even gives all rows the extent lo to hi in ref's frame: the detector often
// loses the fillers at the end of a row that its neighbours show.
func (s stack) even(ref ocr.Line, lo, hi float64) stack {
	out := make(stack, len(s))
	for i, l := range s {
		if l.Length < 0.85*ref.Length {
			// Too short to trust its direction: keep its place, take ref's direction.
			x, y := local(ref, l)
			y -= ref.Curve * x * x
			m := ref
			sn, cs := math.Sincos(ref.Angle)
			m.Center.X -= y * sn
			m.Center.Y += y * cs
			m.Height, m.Score = (l.Height+ref.Height)/2, l.Score
			l = m
		}
		x, _ := local(l, ref)
		out[i] = through(l, nil, x+lo, x+hi)
	}
	return out
}
