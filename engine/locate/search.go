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
	whole    bool
	oriented bool
	sides    [4]float64 // what each side counts, from corner i to the next
}

func newSearch(im *raster.Image, hints Hints) *search {
	s := &search{im: im, scale: min(1, workSide/float64(max(im.W, im.H)))}
	s.w, s.h = max(16, int(float64(im.W)*s.scale+0.5)), max(16, int(float64(im.H)*s.scale+0.5))
	s.small = shrink(im, s.w, s.h)
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
	s.lines = e.findLines()
	s.addLines()
	for i := range s.lines {
		e.support(&s.lines[i], 2)
	}
	s.edges = e
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

// fewRows is taken off when that many lines of text are all that a document holds.
var fewRows = [...]float64{3, 2.2, 1.5, 0.8, 0.3, 0.1, 0}

const (
	// What is taken off for text that runs along the shorter sides: two cards, one above
	// the other, look like that. Pages of A4 do too, and bear it.
	portrait = 0.8
	// What a side counts that the frame of the picture cuts off.
	frameSide = 0.25
	// What the sides of the whole picture count together, if text fills it.
	wholeFrame = 1.4
	// What a side counts that only the zone implies.
	zoneSide = 0.3
)

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
			if math.Abs(da-db) > least {
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
			if !ok || c.score <= worst && !c.whole {
				continue
			}
			keep = append(keep, c)
			if c.whole {
				s.found = append(s.found, s.judge(c)...)
				continue
			}
			if len(keep) >= 4*most {
				slices.SortFunc(keep, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
				keep = keep[:most]
				worst = keep[most-1].score
			}
		}
	}
	for _, c := range keep {
		s.found = append(s.found, s.judge(c)...)
	}
	s.sort()
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

// sides scores what the edges say.
func (s *search) sides(c candidate) float64 {
	if c.whole {
		return wholeFrame + 0.4 - 3*s.margins()
	}
	least := min(c.sides[0], c.sides[1], c.sides[2], c.sides[3])
	mean := (c.sides[0] + c.sides[1] + c.sides[2] + c.sides[3]) / 4
	return 1.6*mean + 0.8*least + 0.4*math.Sqrt(area(c.quad)/float64(s.w*s.h))
}

// complete looks for the fourth side of documents of which three are plain: where a
// document of a standard size would have it, even the faintest edge counts.
func (s *search) complete() {
	const tried = 14
	var more []candidate
	for _, c := range s.found[:min(tried, len(s.found))] {
		if c.whole {
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

// margins tells how much wider than usual, as shares of the picture, the empty
// margins around the text are, the wider way.
func (s *search) margins() float64 {
	const usual = 0.35 // both sides together: a portrait or a chip may take one of them
	lo, hi := raster.Point{X: float64(s.w), Y: float64(s.h)}, raster.Point{}
	for _, t := range s.text {
		for _, p := range []raster.Point{t.a, t.b} {
			lo = raster.Point{X: min(lo.X, p.X), Y: min(lo.Y, p.Y)}
			hi = raster.Point{X: max(hi.X, p.X), Y: max(hi.Y, p.Y)}
		}
	}
	return max(0, 1-(hi.X-lo.X)/float64(s.w)-usual, 1-(hi.Y-lo.Y)/float64(s.h)-usual)
}

// side tells how well edges support a side: the share of it that they cover, less
// what goes on beyond its ends.
func (s *search) side(l *line, a, b raster.Point) float64 {
	if l.frame {
		return frameSide
	}
	ta, tb := l.along(a), l.along(b)
	if ta > tb {
		ta, tb = tb, ta
	}
	long := tb - ta
	// Round corners have no edge near them.
	v := l.between(ta+0.04*long, tb-0.04*long)
	beyond := (l.between(ta-0.15*long, ta-0.02*long) + l.between(tb+0.02*long, tb+0.15*long)) / 2
	return max(v-0.5*beyond, l.prior)
}

// judge completes a candidate's score by what it holds and what it would be.
func (s *search) judge(c candidate) []candidate {
	text, rows := s.holdsText(c.quad)
	if s.zone != nil {
		text *= 0.6 // the zone says where the document is; text may be on the page above
	}
	c.score += text
	if s.zone == nil {
		c.score -= fewRows[min(rows, len(fewRows)-1)]
	}
	aspect, skew := shape(c.quad, s.w, s.h, focal)
	c.score -= 3 * max(0, skew-0.05)
	c, c.aspect = s.upright(c, aspect)
	if s.zone != nil {
		return s.withZone(c)
	}
	c.format, c.score = plausible(c)
	if rows > 2 && c.aspect < 0.9 {
		c.score -= portrait
	}
	return []candidate{c}
}

// holdsText is for the text that a document holds and against what it cuts or leaves
// lying just beside it. Other papers may lie about: text farther away says little.
// It also counts the lines that it holds.
func (s *search) holdsText(q raster.Quad) (score float64, rows int) {
	if s.all == 0 {
		return 0, 0
	}
	margin := 0.15 * math.Sqrt(area(q))
	aspect, _ := shape(q, s.w, s.h, focal)
	flat := raster.QuadToRect(q, 1000, max(1, int(1000/max(aspect, 0.01)))).Inverse()
	var gain, all float64
	for _, t := range s.text {
		a, b := holds(q, t.a, 0.5*t.high), holds(q, t.b, 0.5*t.high)
		// Cut across, or along: half of the letters are outside.
		cut := a && b && (!holds(q, t.a, -0.35*t.high) || !holds(q, t.b, -0.35*t.high)) || a != b && (a && holds(q, t.a, -t.high) && !holds(q, t.b, t.high) || b && holds(q, t.b, -t.high) && !holds(q, t.a, t.high))
		u, v := flat.Apply(t.a), flat.Apply(t.b)
		askew := t.long > 3*t.high && math.Abs(math.Sin(2*math.Atan2(v.Y-u.Y, v.X-u.X))) > 0.2 // 6°
		switch {
		case a && b && !askew && !cut:
			gain, all = gain+1.5*t.long, all+t.long
			if t.sure {
				rows++
			}
		case a && b && askew:
			all += t.long
		case cut && !askew:
			gain, all = gain-2*t.long, all+t.long
		case cut:
			gain, all = gain-0.5*t.long, all+t.long
		case askew:
		case s.zone == nil && holds(q, t.a, margin) && holds(q, t.b, margin):
			all += t.long
		default:
			all += 0.3 * t.long
		}
	}
	if all == 0 {
		return 0, rows
	}
	return gain / all, rows
}

// plausible names the format nearest in aspect and takes off what it is missed by.
func plausible(c candidate) (Format, float64) {
	best, off := Unknown, math.Inf(1)
	for _, f := range []Format{ID1, ID3} {
		w, h := f.Size()
		for _, want := range []float64{w / h, h / w} {
			if d := math.Abs(math.Log(c.aspect / want)); d < off {
				best, off = f, d
			}
		}
	}
	score := c.score - min(1, 20*max(0, off-0.03)*off+1.5*max(0, off-0.06))
	if off > 0.12 {
		best = Unknown
	}
	return best, score
}

// withZone fits the document to the zone: every way up that the zone allows, in every
// format that it has.
func (s *search) withZone(c candidate) []candidate {
	z := s.zone
	u := raster.Point{X: z.box[1].X - z.box[0].X, Y: z.box[1].Y - z.box[0].Y}
	// Turn the corners so that the top side runs as the zone does.
	best, turn := math.Inf(-1), 0
	for k := range 4 {
		a, b := c.quad[k], c.quad[(k+1)%4]
		if d := ((b.X-a.X)*u.X + (b.Y-a.Y)*u.Y) / dist(a, b); d > best {
			best, turn = d, k
		}
	}
	c = c.turned(turn)
	c.oriented = true
	var out []candidate
	for _, f := range z.formats {
		w, h := f.Size()
		if f == Unknown {
			w, h = z.w, z.h
		}
		o := c
		o.format = f
		// The camera that fits best: of cropped pictures it is not known.
		off := math.Inf(1)
		for _, f := range []float64{0.7, focal, 1.3, 2.5} {
			if a, _ := shape(c.quad, s.w, s.h, f); math.Abs(math.Log(a/(w/h))) < off {
				off, o.aspect = math.Abs(math.Log(a/(w/h))), a
			}
		}
		miss := z.misfit(c.quad, w, h) / w * 100
		o.score += 0.8 - min(1.5, 2*max(0, off-0.04)) - min(2, 0.25*max(0, miss-2))
		if f == Booklet {
			o = s.lowerPage(o)
		}
		out = append(out, o)
	}
	return out
}

// lowerPage is the page of an open booklet that bears the zone.
func (s *search) lowerPage(c candidate) candidate {
	m := raster.QuadToRect(c.quad, 2, 2)
	c.quad[0], c.quad[1] = m.Apply(raster.Point{X: 0, Y: 1}), m.Apply(raster.Point{X: 2, Y: 1})
	c.format = ID3
	c.whole = false
	c.aspect *= 2
	return c
}

// turned makes corner k the first.
func (c candidate) turned(k int) candidate {
	c.quad = turned(c.quad, k)
	c.sides = [4]float64{c.sides[k%4], c.sides[(k+1)%4], c.sides[(k+2)%4], c.sides[(k+3)%4]}
	return c
}

func turned(q raster.Quad, k int) raster.Quad {
	return raster.Quad{q[k%4], q[(k+1)%4], q[(k+2)%4], q[(k+3)%4]}
}

// upright turns the corners so that the top side runs along most of the text, to the
// right or down rather than to the left or up; along the x axis if there is no text.
func (s *search) upright(c candidate, aspect float64) (candidate, float64) {
	q := c.quad
	dir := raster.Point{X: 1}
	var x, y float64
	for _, t := range s.text {
		dx, dy := t.b.X-t.a.X, t.b.Y-t.a.Y
		if t.long < 3*t.high || !holds(q, t.a, 0) || !holds(q, t.b, 0) {
			continue
		}
		a := 2 * math.Atan2(dy, dx)
		x, y = x+t.long*math.Cos(a), y+t.long*math.Sin(a)
	}
	if x != 0 || y != 0 {
		a := math.Atan2(y, x) / 2
		dir = raster.Point{X: math.Cos(a), Y: math.Sin(a)}
	}
	best, turn := math.Inf(-1), 0
	for k := range 4 {
		a, b := q[k], q[(k+1)%4]
		if d := ((b.X-a.X)*dir.X + (b.Y-a.Y)*dir.Y) / dist(a, b); d > best {
			best, turn = d, k
		}
	}
	if turn%2 == 1 {
		aspect = 1 / aspect
	}
	return c.turned(turn), aspect
}

// next is the best candidate besides those that were found before, of which the
// latest is given.
func (s *search) next(before []candidate) (candidate, bool) {
	if len(before) == 0 {
		return s.first()
	}
	if before[0].whole || s.forget(before[len(before)-1]) < 4 {
		return candidate{}, false
	}
	s.found = s.found[:0]
	s.quads()
	s.complete()
	for _, c := range s.found {
		least := leastOther
		if alike(c, before[0]) {
			least = leastScore
		}
		if c.score > least && !c.whole && !slices.ContainsFunc(before, func(o candidate) bool { return overlap(c.quad, o.quad) }) {
			return c, true
		}
	}
	return candidate{}, false
}

// first is the best candidate of the picture. A zone proves that there is a document,
// if only a part of it, even if nothing else can be seen of it.
func (s *search) first() (candidate, bool) {
	i := slices.IndexFunc(s.found, func(c candidate) bool { return c.whole })
	var best candidate
	if len(s.found) > 0 {
		best = s.found[0]
	}
	if i > 0 && s.found[i].score > best.score-s.doubt() && s.cropped(s.found[i]) && !s.margin(best.quad) {
		return s.found[i], true
	}
	if best.score >= leastScore || s.zone == nil {
		return best, best.score >= leastScore
	}
	implied := candidate{quad: s.zone.implied(s.zone.w, s.zone.h), format: s.zone.formats[0], aspect: s.zone.w / s.zone.h, oriented: true, score: leastScore}
	if s.inPicture(implied.quad) || i < 0 {
		return implied, true
	}
	s.found[i].score = leastScore
	return s.found[i], true
}

func (s *search) doubt() float64 {
	if s.zone != nil {
		return zoneDoubt
	}
	return frameDoubt
}

// cropped tells whether the picture has the shape of a document, which cameras'
// pictures have not.
func (s *search) cropped(whole candidate) bool {
	aspect := float64(s.w) / float64(s.h)
	for _, f := range []Format{ID1, ID2, ID3} {
		w, h := f.Size()
		if s.zone != nil && !slices.Contains(s.zone.formats, f) {
			continue
		}
		if math.Abs(math.Log(max(aspect, 1/aspect)/(w/h))) < 0.04 {
			return true
		}
	}
	return false
}

// margin tells whether an even ground lies around a document that nearly fills the
// picture. Otherwise what looks like its sides is a frame printed on it.
func (s *search) margin(q raster.Quad) bool {
	if area(q) < 0.5*float64(s.w*s.h) {
		return true
	}
	var all, change float64
	g := s.edges.plane[0]
	for y := 2; y < s.h-2; y += 2 {
		for x := 2; x < s.w-2; x++ {
			if !holds(q, raster.Point{X: float64(x), Y: float64(y)}, 4) {
				i := y*s.w + x
				all++
				change += math.Hypot(float64(g.x[i]), float64(g.y[i])) / 4
			}
		}
	}
	return all > 50 && change/all < evenGround
}

const (
	// Mean change from pixel to pixel, in levels, of a ground that bears no print.
	evenGround = 1.5
	// How much better than the whole of a picture that looks cropped a candidate must
	// score; less is asked if a zone vouches for it.
	frameDoubt, zoneDoubt = 1.6, 0.6
	// A candidate that scores less is no document.
	leastScore = 2.2
	// What a further document must score, unless it is of the size of the first.
	leastOther = 3.2
)

// alike tells whether two documents are of one size: the sides of one card.
func alike(a, b candidate) bool {
	return math.Abs(math.Log(area(a.quad)/area(b.quad))) < 0.2 && math.Abs(math.Log(a.aspect/b.aspect)) < 0.1
}

// overlap tells whether a good part of one lies on the other.
func overlap(a, b raster.Quad) bool {
	const n = 12
	for _, q := range [][2]raster.Quad{{a, b}, {b, a}} {
		m := raster.QuadToRect(q[0], n, n)
		in := 0
		for i := range n * n {
			if holds(q[1], m.Apply(raster.Point{X: float64(i%n) + 0.5, Y: float64(i/n) + 0.5}), 0) {
				in++
			}
		}
		if in > n*n/6 {
			return true
		}
	}
	return false
}

// forget drops the text and the zone of a document that was found, and counts the
// lines that are left.
func (s *search) forget(c candidate) int {
	s.zone = nil
	s.text = slices.DeleteFunc(s.text, func(t run) bool {
		return holds(c.quad, t.a, t.high) || holds(c.quad, t.b, t.high)
	})
	s.all = 0
	sure := 0
	for _, t := range s.text {
		s.all += t.long
		if t.sure {
			sure++
		}
	}
	return sure
}

// document brings a candidate back to the picture.
func (s *search) document(c candidate) Document {
	if !c.whole {
		c.quad = s.settle(c.quad)
	}
	d := Document{Format: c.format, Aspect: c.aspect, Oriented: c.oriented}
	for i, p := range c.quad {
		d.Quad[i] = raster.Point{X: p.X * float64(s.im.W) / float64(s.w), Y: p.Y * float64(s.im.H) / float64(s.h)}
	}
	if c.whole {
		d.Whole = d.Quad[0] == raster.Point{} // else it has to be turned
	} else {
		d.Quad = refine(s.im, d.Quad, max(3, 2.5/s.scale))
		// The working copy is rounded to whole pixels; the picture's frame is exact.
		for i, p := range d.Quad {
			d.Quad[i] = raster.Point{X: frame(p.X, s.im.W), Y: frame(p.Y, s.im.H)}
		}
		if s.zone == nil || !c.oriented {
			c.aspect, _ = shape(d.Quad, s.im.W, s.im.H, focal)
			d.Aspect = c.aspect
			d.Format, _ = plausible(c)
		}
		d.Aspect = nominal(d)
	}
	d.Confidence = 1 / (1 + math.Exp(-3*(c.score-2.4)))
	return d
}

// settle moves the ends of each side a little where an edge runs more exactly so: lines
// found from afar may begin on one edge and end on another.
func (s *search) settle(q raster.Quad) raster.Quad {
	const far, step, gain = 8, 2, 0.06
	for i := range q {
		l := through(q[i], q[(i+1)%4])
		move := func(p raster.Point, d float64) raster.Point {
			return raster.Point{X: p.X + d*l.n.X, Y: p.Y + d*l.n.Y}
		}
		// The outermost parts are left to round corners.
		a := raster.Point{X: 0.95*q[i].X + 0.05*q[(i+1)%4].X, Y: 0.95*q[i].Y + 0.05*q[(i+1)%4].Y}
		b := raster.Point{X: 0.05*q[i].X + 0.95*q[(i+1)%4].X, Y: 0.05*q[i].Y + 0.95*q[(i+1)%4].Y}
		best, at := s.edges.segment(a, b, 0)+gain, [2]float64{}
		for da := -far; da <= far; da += step {
			for db := -far; db <= far; db += step {
				if da*db > step*step { // that is another edge beside this one
					continue
				}
				if v := s.edges.segment(move(a, float64(da)), move(b, float64(db)), 0); v > best {
					best, at = v, [2]float64{float64(da), float64(db)}
				}
			}
		}
		if at == ([2]float64{}) {
			continue
		}
		l = through(move(a, at[0]), move(b, at[1]))
		before, after := through(q[(i+3)%4], q[i]), through(q[(i+1)%4], q[(i+2)%4])
		n := q
		n[i], n[(i+1)%4] = cross(&before, &l), cross(&l, &after)
		if s.inPicture(n) && convex(n) {
			q = n
		}
	}
	return q
}

// nominal is the aspect of a document's format where it can be that.
func nominal(d Document) float64 {
	w, h := d.Format.Size()
	if d.Format == Unknown {
		return d.Aspect
	}
	if !d.Oriented && d.Aspect < 1 {
		w, h = h, w
	}
	if d.Oriented || math.Abs(math.Log(d.Aspect/(w/h))) < 0.07 {
		return w / h
	}
	return d.Aspect
}

// frame puts a coordinate that is almost on the picture's frame there.
func frame(v float64, size int) float64 {
	switch {
	case math.Abs(v) < 0.002*float64(size):
		return 0
	case math.Abs(v-float64(size)) < 0.002*float64(size):
		return float64(size)
	}
	return v
}
