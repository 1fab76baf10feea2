package locate

import (
	"cmp"
	"math"
	"slices"

	"idproof/engine/ocr"
	"idproof/engine/raster"
)

// search is one picture's working copy and what is known about it, all in pixels of
// that copy.
type search struct {
	im    *raster.Image // the picture itself
	scale float64       // pixels of the copy for one of the picture
	w, h  int
	small *raster.Image
	edges *edges
	lines []line
	text  []run
	all   float64 // length of all text
	zone  *zone
	found []candidate // the best first
	// straight are the documents that lie straight on one colour; see layout.go.
	straight []candidate
}

// run is a line of text.
type run struct {
	a, b raster.Point // its ends
	high float64
	long float64 // what it counts
	sure bool    // it is long and clear enough to be text for certain
}

// candidate is a quadrilateral that may be a document.
type candidate struct {
	quad     raster.Quad
	format   Format
	aspect   float64
	score    float64
	rank     float64 // the score of its sides, and the text that it holds roughly
	whole    bool
	straight bool // it stands straight on one colour
	oriented bool
	sides    [4]float64 // what each side counts, from corner i to the next
}

func newSearch(im *raster.Image, hints Hints) *search {
	s := &search{im: im, scale: min(1, workSide/float64(max(im.W, im.H)))}
	s.w, s.h = max(16, int(float64(im.W)*s.scale+0.5)), max(16, int(float64(im.H)*s.scale+0.5))
	s.small = shrink(im, s.w, s.h)
	hints.Lines, hints.Zone = sane(hints.Lines, im), sane(hints.Zone, im)
	rows := clip(hints.Zone, hints.Lines)
	s.zone = newZone(rows, hints.ZoneFormat, s.scale)
	for _, l := range hints.Lines {
		s.addText(l)
	}
	if len(hints.Lines) == 0 {
		for _, l := range rows {
			s.addText(l)
		}
	}
	e := findEdges(soften(s.small))
	s.hideText(e, hints.Lines)
	s.hideText(e, rows)
	s.lines = e.findLines(s.alongText)
	s.addLines()
	for i := range s.lines {
		e.support(&s.lines[i], 2)
	}
	s.edges = e
	s.straight = s.laidOut()
	s.quads()
	s.complete()
	return s
}

// shrink makes the working copy. Of large pictures it averages four by four samples
// for each pixel rather than all: a third of the time, and no shape is lost.
func shrink(im *raster.Image, w, h int) *raster.Image {
	const taps = 4
	if im.W < taps*w || im.H < taps*h {
		return im.Resize(w, h)
	}
	out := raster.New(w, h)
	at := func(n, size int) []int {
		p := make([]int, n*taps)
		for i := range p {
			p[i] = (2*i + 1) * size / (2 * n * taps)
		}
		return p
	}
	xs, ys := at(w, im.W), at(h, im.H)
	for y := range h {
		for x := range w {
			var r, g, b uint32
			for _, sy := range ys[taps*y : taps*y+taps] {
				for _, sx := range xs[taps*x : taps*x+taps] {
					p := im.Pix[3*(sy*im.W+sx):][:3:3]
					r, g, b = r+uint32(p[0]), g+uint32(p[1]), b+uint32(p[2])
				}
			}
			o := out.Pix[3*(y*w+x):][:3:3]
			o[0], o[1], o[2] = uint8(r/(taps*taps)), uint8(g/(taps*taps)), uint8(b/(taps*taps))
		}
	}
	return out
}

// sane drops lines that cannot be of the picture.
func sane(lines []ocr.Line, im *raster.Image) []ocr.Line {
	most := 2 * math.Hypot(float64(im.W), float64(im.H))
	return slices.DeleteFunc(slices.Clone(lines), func(l ocr.Line) bool {
		size := math.Abs(l.Center.X) + math.Abs(l.Center.Y) + math.Abs(l.Angle) + math.Abs(l.Curve)*l.Length*l.Length
		return !(l.Length > 0 && l.Height > 0 && l.Length < most && l.Height < most && size < 2*most)
	})
}

func (s *search) addText(l ocr.Line) {
	if l.Length < 1.5*l.Height {
		return
	}
	x := max(0, l.Length/2-0.4*l.Height)
	a, b := l.At(-x, 0), l.At(x, 0)
	r := run{
		a: raster.Point{X: a.X * s.scale, Y: a.Y * s.scale}, b: raster.Point{X: b.X * s.scale, Y: b.Y * s.scale},
		high: l.Height * s.scale, long: l.Length * s.scale,
		sure: l.Length > 2.2*l.Height && l.Score > 0.65,
	}
	s.text = append(s.text, r)
	s.all += r.long
}

// hideText removes the edges of letters: rows of text look like lines.
func (s *search) hideText(e *edges, lines []ocr.Line) {
	for _, l := range lines {
		if l.Length < 2*l.Height {
			continue
		}
		n := int(l.Length*s.scale) + 1
		m := int(0.8*l.Height*s.scale) + 1
		for i := 0; i <= 2*n; i++ {
			for j := -m; j <= m; j++ {
				p := l.At((float64(i)/float64(2*n)-0.5)*l.Length, float64(j)/float64(m)*0.4*l.Height)
				x, y := int(p.X*s.scale), int(p.Y*s.scale)
				if x >= 0 && y >= 0 && x < s.w && y < s.h {
					e.hide(y*s.w + x)
				}
			}
		}
	}
}

// addLines adds the frame and the sides that the zone implies.
func (s *search) addLines() {
	add := func(q raster.Quad, prior float64, frame bool) {
		for i := range q {
			l := through(q[i], q[(i+1)%4])
			l.prior, l.frame = prior, frame
			s.lines = append(s.lines, l)
		}
	}
	add(raster.Rect(0, 0, float64(s.w), float64(s.h)), frameSide, true)
	if s.zone != nil {
		add(s.zone.implied(s.zone.w, s.zone.h), zoneSide, false)
	}
}

// heldText is what all of the text counts beside the sides when candidates are chosen
// for a closer look.
const heldText = 0.5

// pair is two lines that may be opposite sides.
type pair struct{ a, b int }

// quads makes quadrilaterals of all lines and keeps the best.
func (s *search) quads() {
	middle := raster.Point{X: float64(s.w) / 2, Y: float64(s.h) / 2}
	least := 0.12 * float64(min(s.w, s.h))
	var pairs []pair
	for i := range s.lines {
		for j := i + 1; j < len(s.lines); j++ {
			a, b := &s.lines[i], &s.lines[j]
			if c := a.n.X*b.n.X + a.n.Y*b.n.Y; math.Abs(c) < 0.82 { // 35°
				continue
			}
			da, db := a.at(middle), b.at(middle)
			if a.n.X*b.n.X+a.n.Y*b.n.Y < 0 {
				db = -db
			}
			if math.Abs(da-db) > least && s.between(a, b) {
				pairs = append(pairs, pair{i, j})
			}
		}
	}
	const most = 300
	var keep []candidate
	worst := math.Inf(-1)
	for i, p := range pairs {
		for _, q := range pairs[i+1:] {
			if p.a == q.a || p.a == q.b || p.b == q.a || p.b == q.b {
				continue
			}
			a, b := &s.lines[p.a], &s.lines[q.a]
			if c := a.n.X*b.n.X + a.n.Y*b.n.Y; math.Abs(c) > 0.64 { // 50°
				continue
			}
			c, ok := s.assemble(p, q)
			if !ok || !c.whole && (c.score+heldText <= worst || !s.holdsZone(c.quad)) {
				continue
			}
			if c.rank = c.score; s.zone == nil {
				c.rank += heldText * s.holding(c.quad)
			}
			if c.rank <= worst && !c.whole {
				continue
			}
			keep = append(keep, c)
			if c.whole {
				s.found = append(s.found, s.judge(c)...)
				continue
			}
			if len(keep) >= 4*most {
				slices.SortFunc(keep, func(a, b candidate) int { return cmp.Compare(b.rank, a.rank) })
				keep = keep[:most]
				worst = keep[most-1].rank
			}
		}
	}
	for _, c := range s.straight {
		if s.holdsZone(c.quad) {
			keep = append(keep, c)
		}
	}
	for _, c := range keep {
		s.found = append(s.found, s.judge(c)...)
	}
	s.sort()
}

// alongText tells whether a line of that normal runs along some text or across it, as
// far as the camera's tilt leaves that true: the sides of what bears text do.
func (s *search) alongText(n raster.Point) bool {
	const most = 0.75 // of the sine of twice the angle: 24°
	known := false
	for _, t := range s.text {
		if !t.sure {
			continue
		}
		known = true
		dx, dy := (t.b.X-t.a.X)/t.long, (t.b.Y-t.a.Y)/t.long
		if math.Abs(2*(dx*n.X+dy*n.Y)*(dx*n.Y-dy*n.X)) < most {
			return true
		}
	}
	return !known
}

// between tells whether text lies between two lines.
func (s *search) between(a, b *line) bool {
	for _, t := range s.text {
		p := raster.Point{X: (t.a.X + t.b.X) / 2, Y: (t.a.Y + t.b.Y) / 2}
		va, vb := a.at(p), b.at(p)
		if a.n.X*b.n.X+a.n.Y*b.n.Y < 0 {
			vb = -vb
		}
		if va*vb < 0 {
			return true
		}
	}
	return len(s.text) == 0
}

// holding is the share of the text whose middle lies in a quadrilateral.
func (s *search) holding(q raster.Quad) float64 {
	var in float64
	for _, t := range s.text {
		if holds(q, raster.Point{X: (t.a.X + t.b.X) / 2, Y: (t.a.Y + t.b.Y) / 2}, 0) {
			in += t.long
		}
	}
	return in / max(s.all, 1)
}

// holdsZone tells whether the zone, if there is one, lies on the quadrilateral: one
// that does not hold it is another document at best, and has its turn later.
func (s *search) holdsZone(q raster.Quad) bool {
	if s.zone == nil {
		return true
	}
	slack := 0.3 * dist(s.zone.box[0], s.zone.box[3])
	for _, p := range s.zone.box {
		if !holds(q, p, slack) {
			return false
		}
	}
	return true
}

// assemble makes a quadrilateral of two pairs of lines and scores its sides.
func (s *search) assemble(p, q pair) (candidate, bool) {
	l := [4]*line{&s.lines[p.a], &s.lines[q.a], &s.lines[p.b], &s.lines[q.b]}
	var c candidate
	quad := raster.Quad{cross(l[3], l[0]), cross(l[0], l[1]), cross(l[1], l[2]), cross(l[2], l[3])}
	side := [4]*line{l[0], l[1], l[2], l[3]} // from corner i to i+1
	if area(quad) < 0 {
		quad = raster.Quad{quad[0], quad[3], quad[2], quad[1]}
		side = [4]*line{l[3], l[2], l[1], l[0]}
	}
	if !s.inPicture(quad) || area(quad) < 0.02*float64(s.w*s.h) || !convex(quad) {
		return c, false
	}
	c.quad = quad
	c.whole = true
	for i, l := range side {
		c.whole = c.whole && l.frame
		c.sides[i] = s.side(l, quad[i], quad[(i+1)%4])
	}
	c.score = s.sides(c)
	return c, true
}

// complete looks for the fourth side of documents of which three are plain: where a
// document of a standard size would have it, even the faintest edge counts.
func (s *search) complete() {
	const tried = 14
	var more []candidate
	for _, c := range s.found[:min(tried, len(s.found))] {
		if c.whole || c.straight {
			continue
		}
		weak, good := 0, 0
		for i, v := range c.sides {
			if v < c.sides[weak] {
				weak = i
			}
			if v > 0.7 {
				good++
			}
		}
		if good < 3 || c.sides[weak] > 0.9 {
			continue
		}
		for _, aspect := range []float64{85.6 / 53.98, math.Sqrt2, 53.98 / 85.6, math.Sqrt2 / 2} {
			if n, ok := s.moved(c, weak, aspect); ok {
				more = append(more, s.judge(n)...)
			}
		}
	}
	s.found = append(s.found, more...)
	s.sort()
}

// moved puts side i of a candidate where it gives the aspect, and then where the
// clearest edge is near there.
func (s *search) moved(c candidate, i int, aspect float64) (candidate, bool) {
	q := turned(c.quad, (i+2)%4) // now the bottom side is the one to move
	is, _ := shape(q, s.w, s.h, focal)
	m := raster.QuadToRect(q, 1, 1)
	best := c
	var most float64 = -1
	for k := -4; k <= 4; k++ {
		v := is / aspect * (1 + 0.01*float64(k))
		if v < 0.3 || v > 2 {
			return c, false
		}
		n := raster.Quad{q[0], q[1], m.Apply(raster.Point{X: 1, Y: v}), m.Apply(raster.Point{X: 0, Y: v})}
		// Round corners have no edge near them.
		in := func(t float64) raster.Point {
			return raster.Point{X: n[2].X + t*(n[3].X-n[2].X), Y: n[2].Y + t*(n[3].Y-n[2].Y)}
		}
		support := s.edges.segment(in(0.04), in(0.96), 1)
		if support > most {
			most = support
			best.quad = turned(n, (6-i)%4)
		}
	}
	if !s.inPicture(best.quad) || !convex(best.quad) {
		return c, false
	}
	best.format, best.aspect, best.oriented = Unknown, 0, false
	for k := range 4 {
		a, b := best.quad[k], best.quad[(k+1)%4]
		if k == i {
			best.sides[k] = most
		} else if k != (i+2)%4 { // these are longer or shorter now
			best.sides[k] = s.edges.segment(a, b, 2)
		}
	}
	best.score = s.sides(best)
	return best, true
}

// inPicture allows corners to lie a little outside.
func (s *search) inPicture(q raster.Quad) bool {
	mx, my := 0.12*float64(s.w), 0.12*float64(s.h)
	for _, p := range q {
		if p.X < -mx || p.Y < -my || p.X > float64(s.w)+mx || p.Y > float64(s.h)+my {
			return false
		}
	}
	return true
}

func (s *search) sort() {
	slices.SortStableFunc(s.found, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
}
