package extract

import (
	"slices"

	"idproof/report"
)

// Place is one line of one page.
type Place struct {
	Page int // of Input.Pages
	Line int // of that page
}

// Names are the lines that hold names of people and places, whose spelling matters.
func (s *Sheet) Names() []Place {
	r, in := s.print(), s.in
	var out []Place
	for _, g := range r.got {
		if g.Source != report.FromVisual || !spelled[g.Field] && g.Field != birthPlace && g.Field != address && g.Field != authority {
			continue
		}
		for _, p := range g.parts {
			x, y := (p.box.X0+p.box.X1)/2, p.mid()
			for i, l := range in.Pages[p.page].Lines {
				at := Place{p.page, i}
				if l.Box.X0 <= x && x <= l.Box.X1 && l.Box.Y0 <= y && y <= l.Box.Y1 && !slices.Contains(out, at) {
					out = append(out, at)
				}
			}
		}
	}
	return out
}
