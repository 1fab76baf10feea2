package locate

import (
	"math"

	"idproof/engine/raster"
)

// Copiers, collages and screens put documents on one colour, straight and often cut
// close: the sides of two cards above each other, a scan between black bars. Lines
// say little there, for sides lie on the frame; rows and columns of one colour say
// more (the cuts of Nagy and Seth, "Hierarchical representation of optically scanned
// documents", 1984).

const (
	// A row is of one colour if all but this share of it are within so many levels of
	// its mean.
	oddPixels, oddLevels = 0.02, 12
	// The share of a side along which something must begin where the one colour ends.
	leastContact = 0.6
	// What a side counts on the frame of a picture that was put together.
	cutSide = 0.75
	// How far, as a ratio, the shape may be off a format's.
	cutShape = 0.06
	// Strips between gutters that are looked at.
	mostGutters = 16
)

// box is an upright part of the working copy, from the first corner up to the second.
type box struct{ x0, y0, x1, y1 int }

func (b box) size() (w, h int) { return b.x1 - b.x0, b.y1 - b.y0 }

// laidOut returns what stands straight on one colour and has the shape of a document.
func (s *search) laidOut() []candidate {
	var out []candidate
	all := box{0, 0, s.w, s.h}
	page := s.trim(all)
	out = s.boxed(out, page, 2)
	for _, across := range []bool{false, true} {
		gutters := s.gutters(page, across)
		if len(gutters) == 0 || len(gutters) > mostGutters {
			continue
		}
		from, to := page.x0, page.x1
		if across {
			from, to = page.y0, page.y1
		}
		gutters = append(append([][2]int{{from, from}}, gutters...), [2]int{to, to})
		for i := range gutters {
			for j := i + 1; j < len(gutters); j++ {
				part := page
				if across {
					part.y0, part.y1 = gutters[i][1], gutters[j][0]
				} else {
					part.x0, part.x1 = gutters[i][1], gutters[j][0]
				}
				if part != page {
					out = s.boxed(out, part, 1)
					if less := s.trim(part); less != part {
						out = s.boxed(out, less, 1)
					}
				}
			}
		}
	}
	return out
}

// boxed adds the candidate that a box makes, if it has the shape of a document and at
// least so many sides that are not the picture's own: what is printed on a document
// begins below an even margin, too.
func (s *search) boxed(out []candidate, b box, least int) []candidate {
	w, h := b.size()
	if w*h < s.w*s.h/50 || !formatted(float64(w)/float64(h)) {
		return out
	}
	c := candidate{quad: raster.Rect(float64(b.x0), float64(b.y0), float64(b.x1), float64(b.y1)), straight: true}
	free := 0
	for i := range c.sides {
		c.sides[i] = cutSide
		if !s.onFrame(b, i) {
			free++
			if c.sides[i] = s.contact(b, i); c.sides[i] < leastContact {
				return out
			}
		}
	}
	if free < least {
		return out
	}
	c.score = s.sides(c)
	return append(out, c)
}

// formatted tells whether something straight has the shape of a document, on its side
// or not.
func formatted(aspect float64) bool {
	for _, f := range []Format{ID1, ID3} {
		w, h := f.Size()
		if d := math.Abs(math.Log(aspect)); math.Abs(d-math.Log(w/h)) < cutShape {
			return true
		}
	}
	return false
}

// onFrame tells whether side i of a box, top first, is the picture's own.
func (s *search) onFrame(b box, i int) bool {
	return [...]bool{b.y0 == 0, b.x1 == s.w, b.y1 == s.h, b.x0 == 0}[i]
}

// contact is the share of a box's side along which what is in it differs from what is
// just outside.
func (s *search) contact(b box, i int) float64 {
	const in, off = 3, 2 // pixels
	w, h := b.size()
	n, differ := w, 0
	if i%2 == 1 {
		n = h
	}
	for k := range n {
		var x, y, u, v int
		switch i {
		case 0:
			x, y, u, v = b.x0+k, b.y0+in, b.x0+k, b.y0-off
		case 1:
			x, y, u, v = b.x1-1-in, b.y0+k, b.x1-1+off, b.y0+k
		case 2:
			x, y, u, v = b.x0+k, b.y1-1-in, b.x0+k, b.y1-1+off
		default:
			x, y, u, v = b.x0+in, b.y0+k, b.x0-off, b.y0+k
		}
		u, v = min(max(u, 0), s.w-1), min(max(v, 0), s.h-1)
		p, q := s.small.Pix[3*(y*s.w+x):][:3:3], s.small.Pix[3*(v*s.w+u):][:3:3]
		for c := range 3 {
			if d := int(p[c]) - int(q[c]); d > oddLevels/2 || d < -oddLevels/2 {
				differ++
				break
			}
		}
	}
	return float64(differ) / float64(max(n, 1))
}

// trim takes off rows and columns of one colour at the sides.
func (s *search) trim(b box) box {
	for b.y0 < b.y1 && s.even(box{b.x0, b.y0, b.x1, b.y0 + 1}) {
		b.y0++
	}
	for b.y0 < b.y1 && s.even(box{b.x0, b.y1 - 1, b.x1, b.y1}) {
		b.y1--
	}
	for b.x0 < b.x1 && s.even(box{b.x0, b.y0, b.x0 + 1, b.y1}) {
		b.x0++
	}
	for b.x0 < b.x1 && s.even(box{b.x1 - 1, b.y0, b.x1, b.y1}) {
		b.x1--
	}
	return b
}

// gutters are the runs of columns, or of rows, of one colour inside a box.
func (s *search) gutters(b box, across bool) (runs [][2]int) {
	from, to := b.x0, b.x1
	if across {
		from, to = b.y0, b.y1
	}
	for i := from; i < to; i++ {
		strip := box{i, b.y0, i + 1, b.y1}
		if across {
			strip = box{b.x0, i, b.x1, i + 1}
		}
		switch {
		case !s.even(strip):
		case len(runs) > 0 && runs[len(runs)-1][1] == i:
			runs[len(runs)-1][1]++
		default:
			runs = append(runs, [2]int{i, i + 1})
		}
	}
	return runs
}

// even tells whether a row or a column is of one colour.
func (s *search) even(b box) bool {
	var sum [3]int
	n := 0
	for y := b.y0; y < b.y1; y++ {
		for x := b.x0; x < b.x1; x++ {
			p := s.small.Pix[3*(y*s.w+x):][:3:3]
			sum[0], sum[1], sum[2] = sum[0]+int(p[0]), sum[1]+int(p[1]), sum[2]+int(p[2])
			n++
		}
	}
	if n == 0 {
		return false
	}
	mean := [3]int{sum[0] / n, sum[1] / n, sum[2] / n}
	odd, most := 0, int(oddPixels*float64(n))
	for y := b.y0; y < b.y1; y++ {
		for x := b.x0; x < b.x1; x++ {
			p := s.small.Pix[3*(y*s.w+x):][:3:3]
			for c := range 3 {
				if d := int(p[c]) - mean[c]; d > oddLevels || d < -oddLevels {
					if odd++; odd > most {
						return false
					}
					break
				}
			}
		}
	}
	return true
}
