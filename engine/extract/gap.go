package extract

import (
	"slices"

	"idproof/engine/textread"
)

// Gap is where a labelled value should stand and no text was found: single
// letters and faint print escape detectors. Who reads the place again adds the
// line to the page.
type Gap struct {
	Field string
	Page  int          // of Input.Pages
	Box   textread.Box // one line, with room around
}

// widths of values, in heights of a line.
var widths = map[string]float64{
	sex: 3, birthDate: 9, issueDate: 9, expiryDate: 9, nationality: 6, docNumber: 9, personal: 10, surname: 14, givenNames: 14, height: 5, access: 5,
}

// Gaps lists the places of labelled values that were not found. Where values
// stand from their labels, and how large they are, the page's other values tell.
func (s *Sheet) Gaps() []Gap {
	r, in := s.print(), s.in
	var out []Gap
	for _, a := range r.open {
		width := widths[a.field]
		at, ok := r.habit(a.page)
		if width == 0 || !ok || r.has(a.field) {
			continue
		}
		b := textread.Box{X0: a.box.X0 + at.dx*at.h, Y0: a.box.Y1 + at.dy*at.h}
		if at.side == behind {
			b = textread.Box{X0: a.box.X1 + 0.3*at.h, Y0: (a.box.Y0+a.box.Y1-at.h)/2 + at.dy*at.h}
		}
		b.X1, b.Y1 = b.X0+width*at.h, b.Y0+at.h
		b = textread.Box{X0: b.X0 - 0.4*at.h, Y0: b.Y0 - 0.15*at.h, X1: b.X1, Y1: b.Y1 + 0.15*at.h}
		if !r.occupied(a.page, b) && b.Y1 < float64(in.Pages[a.page].Height) && b.X0 < float64(in.Pages[a.page].Width) {
			out = append(out, Gap{a.field, a.page, b})
		}
	}
	return out
}

// habit is where a page has most values, seen from their labels: on which side,
// how far from the label's left end and lower edge, in heights of a value.
type habit struct {
	side   side
	dx, dy float64
	h      float64
}

func (r *printer) habit(page int) (habit, bool) {
	var dx, dy, h [sides][]float64
	for _, o := range r.served {
		if o.a.page != page {
			continue
		}
		v := o.v.parts[0]
		s := o.side
		h[s] = append(h[s], v.h())
		dx[s] = append(dx[s], (v.box.X0-o.a.box.X0)/v.h())
		if s == behind {
			dy[s] = append(dy[s], (v.mid()-(o.a.box.Y0+o.a.box.Y1)/2)/v.h())
		} else {
			dy[s] = append(dy[s], (v.box.Y0-o.a.box.Y1)/v.h())
		}
	}
	best := under
	if len(h[behind]) > len(h[under]) {
		best = behind
	}
	if len(h[best]) < 2 {
		return habit{}, false
	}
	return habit{best, median(dx[best]), median(dy[best]), median(h[best])}, true
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// occupied tells whether something was read in the middle of a place.
func (r *printer) occupied(page int, b textread.Box) bool {
	return slices.ContainsFunc(r.pieces, func(p *piece) bool {
		return p.page == page && p.mid() > b.Y0 && p.mid() < b.Y1 && p.box.X0 < b.X0+(b.X1-b.X0)/2 && p.box.X1 > b.X0
	})
}
