package locate

import (
	"math"
	"slices"

	"idproof/engine/raster"
)

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

// sides scores what the edges say.
func (s *search) sides(c candidate) float64 {
	if c.whole {
		return wholeFrame + 0.4
	}
	least := min(c.sides[0], c.sides[1], c.sides[2], c.sides[3])
	mean := (c.sides[0] + c.sides[1] + c.sides[2] + c.sides[3]) / 4
	return 1.6*mean + 0.8*least + 0.4*math.Sqrt(area(c.quad)/float64(s.w*s.h))
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
	v -= 0.5 * beyond
	if s.inside(raster.Point{X: (a.X + b.X) / 2, Y: (a.Y + b.Y) / 2}) {
		v = max(v, l.prior)
	}
	return v
}

// inside tells whether a point is in the picture. Where a side that is only implied
// would lie outside it, the frame is as far as the document can be seen.
func (s *search) inside(p raster.Point) bool {
	return p.X > 0 && p.Y > 0 && p.X < float64(s.w) && p.Y < float64(s.h)
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
	c.format, c.score = s.plausible(c)
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
	const wide = 1000
	high := max(1, int(wide/max(aspect, 0.01)))
	flat := raster.QuadToRect(q, wide, high).Inverse()
	var gain, all float64
	lo, hi := raster.Point{X: 1, Y: 1}, raster.Point{}
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
			for _, p := range []raster.Point{u, v} {
				lo = raster.Point{X: min(lo.X, p.X/wide), Y: min(lo.Y, p.Y/float64(high))}
				hi = raster.Point{X: max(hi.X, p.X/wide), Y: max(hi.Y, p.Y/float64(high))}
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
	// Documents are printed all over; a screen or a sheet behind one is not.
	const usual = 0.45 // of either direction that bears no text
	empty := max(0, 1-usual-(hi.X-lo.X)) + max(0, 1-usual-(hi.Y-lo.Y))
	return gain/all - 2*empty, rows
}

// plausible names the format nearest in aspect and takes off what it is missed by.
// The formats of series A, ID-2, ID-3 and an open booklet have one aspect, √2: what is
// upright with text across is a sheet or, if its letters are large for it, a booklet.
func (s *search) plausible(c candidate) (Format, float64) {
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
		return Unknown, score
	}
	if best == ID3 && c.aspect < 1 {
		if high, rows := s.letters(c.quad); rows > 2 {
			best = Booklet
			if high < sheetLetters*dist(c.quad[0], c.quad[1]) {
				best = A4
			}
		}
	}
	return best, score
}

// sheetLetters is the height of a line of text, as a share of the width of what bears
// it, up to which that is a sheet of A4: 5 of 210 mm.
const sheetLetters = 0.024

// letters is the median height of the lines that lie in q, and how many there are.
func (s *search) letters(q raster.Quad) (high float64, rows int) {
	var all []float64
	for _, t := range s.text {
		if t.sure && holds(q, t.a, 0) && holds(q, t.b, 0) {
			all = append(all, t.high)
		}
	}
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[len(all)/2], len(all)
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
