package quality

import (
	"math"
	"slices"

	"idproof/report"
)

// Why checks are not performed.
const (
	noDocument = "no document was located"
	noPrint    = "there is no print to judge it by"
)

// counts is how often each value from 0 to 255 occurs.
type counts struct {
	n   [256]int
	all int
}

func (c *counts) add(v int) { c.n[v]++; c.all++ }

// above is the value that this share of all exceed.
func (c *counts) above(share float64) int {
	left := int(share * float64(c.all))
	for v := 255; v > 0; v-- {
		if left -= c.n[v]; left < 0 {
			return v
		}
	}
	return 0
}

// luma is that of ITU-R BT.601.
func luma(p []uint8) int { return (299*int(p[0]) + 587*int(p[1]) + 114*int(p[2]) + 500) / 1000 }

// paper is the luma of the lightest parts of the view.
func (s *sight) paper() int {
	var c counts
	for i := 0; i < len(s.small.Pix); i += 3 {
		c.add(luma(s.small.Pix[i : i+3]))
	}
	return c.above(0.03)
}

// dark judges the lightest parts of a document, or of a picture that shows none.
func (s *sight) dark() report.Check {
	paper := s.paper()
	c := judged(Dark, float64(paper), paperLuma, "too little light", "little light")
	c.Evidence["paper_luma"] = paper
	return c
}

// bright judges whether ink has faded in too much light. White paper alone is no
// fault: scanners make it so.
func (s *sight) bright() report.Check {
	const (
		white = 245
		tall  = 16 // pixels: the ink of smaller print is mixed with paper
	)
	if len(s.print) == 0 {
		return skipped(Bright, noPrint)
	}
	var inks []float64
	pixel := s.pixel()
	for _, t := range s.print {
		if t.paper >= white && (t.box.Y1-t.box.Y0)*pixel >= tall {
			inks = append(inks, t.ink)
		}
	}
	ink := 0.0
	if 2*len(inks) > len(s.print) {
		slices.Sort(inks)
		ink = inks[len(inks)/4] // some print is meant to be pale
	}
	c := judged(Bright, ink, inkLuma, "too much light: the print has faded", "much light: the print is pale")
	if ink > 0 {
		c.Evidence["ink_luma"] = round(ink, 0)
	}
	return c
}

// blackAndWhite judges whether there is any colour but one: copies have none, and
// a lamp tints them evenly.
func (s *sight) blackAndWhite() report.Check {
	if s.Document == nil {
		return skipped(BlackAndWhite, noDocument)
	}
	n := len(s.small.Pix) / 3
	cb, cr := make([]float32, n), make([]float32, n)
	var mb, mr float32
	for i := range n {
		p := s.small.Pix[3*i : 3*i+3]
		y := float32(luma(p))
		cb[i], cr[i] = 0.564*(float32(p[2])-y), 0.713*(float32(p[0])-y)
		mb, mr = mb+cb[i]/float32(n), mr+cr[i]/float32(n)
	}
	const fine = 8 // steps of a unit
	var off counts
	for i := range n {
		d := math.Hypot(float64(cb[i]-mb), float64(cr[i]-mr))
		off.add(min(int(fine*d), 255))
	}
	// In little light colours are weaker in proportion.
	const usual, most = 200, 3
	strong := float64(off.above(0.02)) / fine * min(max(usual/float64(max(s.paper(), 1)), 1), most)
	c := judged(BlackAndWhite, strong, colour, "", "the picture has no colours")
	c.Evidence["colour"] = round(strong, 1)
	return c
}
