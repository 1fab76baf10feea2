package locate

import (
	"math"
	"slices"

	"idproof/engine/raster"
)

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
	s.twins(before[0])
	s.complete()
	for _, c := range s.found {
		least := leastOther
		if alike(c, before[0]) {
			c.score += twin
			least = leastScore + twin
		}
		if c.score > least && !c.whole && !slices.ContainsFunc(before, func(o candidate) bool { return overlap(c.quad, o.quad) }) {
			return c, true
		}
	}
	return candidate{}, false
}

// twins adds documents of the size of one that was found, above, below and beside it,
// wherever the edges are best: the two sides of a card are copied like that.
func (s *search) twins(c candidate) {
	const farthest = 1.7 // widths or heights of the document away
	q := c.quad
	for i := range q {
		// From side i across to the side opposite it.
		way := raster.Point{X: (q[(i+3)%4].X + q[(i+2)%4].X - q[i].X - q[(i+1)%4].X) / 2, Y: (q[(i+3)%4].Y + q[(i+2)%4].Y - q[i].Y - q[(i+1)%4].Y) / 2}
		long := math.Hypot(way.X, way.Y)
		best := candidate{score: math.Inf(-1)}
		for d := long; d < farthest*long; d++ {
			t := candidate{quad: q}
			for k := range t.quad {
				t.quad[k].X, t.quad[k].Y = q[k].X+d/long*way.X, q[k].Y+d/long*way.Y
			}
			if !s.inPicture(t.quad) {
				break
			}
			for k, a := range t.quad {
				b := t.quad[(k+1)%4]
				t.sides[k] = s.edges.segment(a, b, 1)
				if s.alongFrame(a, b) {
					t.sides[k] = frameSide
				}
			}
			t.score = s.sides(t)
			for _, t := range s.judge(t) {
				if t.score > best.score {
					best = t
				}
			}
		}
		if best.score > leastScore {
			s.found = append(s.found, best)
		}
	}
	s.sort()
}

// alongFrame tells whether a side lies on the frame of the picture.
func (s *search) alongFrame(a, b raster.Point) bool {
	const slack = 3
	return max(a.X, b.X) < slack || max(a.Y, b.Y) < slack || min(a.X, b.X) > float64(s.w)-slack || min(a.Y, b.Y) > float64(s.h)-slack
}

// first is the best candidate of the picture. A zone proves that there is a document,
// if only a part of it, even if nothing else can be seen of it.
func (s *search) first() (candidate, bool) {
	i := slices.IndexFunc(s.found, func(c candidate) bool { return c.whole })
	var best candidate
	if len(s.found) > 0 {
		best = s.found[0]
	}
	if i > 0 && s.found[i].score > best.score-s.doubt() && s.cropped(s.found[i].aspect) && !s.margin(best.quad) {
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

// doubt is how much better than the whole picture something inside it has to be.
func (s *search) doubt() float64 {
	if s.zone != nil {
		return zoneDoubt
	}
	return frameDoubt
}

// cropped tells whether the picture has the shape of a document, which cameras'
// pictures have not.
func (s *search) cropped(aspect float64) bool {
	for _, f := range []Format{ID1, ID2, ID3} {
		w, h := f.Size()
		if s.zone != nil && !slices.Contains(s.zone.formats, f) {
			continue
		}
		if math.Abs(math.Log(aspect/(w/h))) < 0.04 {
			return true
		}
	}
	return false
}

// margin tells whether an even ground lies around a document that fills much of the
// picture. Otherwise what looks like its sides is a frame printed on it.
func (s *search) margin(q raster.Quad) bool {
	if area(q) < 0.3*float64(s.w*s.h) {
		return true
	}
	var all, change float64
	for y := 2; y < s.h-2; y += 2 {
		for x := 2; x < s.w-2; x++ {
			if !holds(q, raster.Point{X: float64(x), Y: float64(y)}, 4) {
				g := &s.edges.change[y*s.w+x]
				all++
				change += math.Hypot(float64(g.x[0]), float64(g.y[0])) / 4
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
	// What a further document of the size of the first gains by it.
	twin = 0.5
	// What a zone that lies where it belongs adds to what is known of a document once
	// it is found.
	vouched = 0.6
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
