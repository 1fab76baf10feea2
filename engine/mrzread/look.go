package mrzread

import (
	"context"
	"fmt"
	"math"

	"golang.org/x/sync/errgroup"

	"idproof/engine/ocr"
	"idproof/engine/raster"
)

// seen is a row with what the recognisers made of it.
type seen struct {
	row      ocr.Line
	likeness float64
	grid     grid // of the first look; zero if no even spacing was seen
	looks    []look
}

// look is one recogniser's view of a row.
type look struct {
	*ocr.Lattice         // over the letters alone
	step         float64 // picture pixels for a step of the lattice
}

// place is where a step of the lattice lies along the row, in pixels from its centre.
func (k look) place(row ocr.Line, step float64) float64 {
	return step*k.step - row.Length/2 - stripPad*row.Height
}

// charWidth is the width of a character in picture pixels, 0 if not known.
func (s *seen) charWidth() float64 { return s.grid.pitch * s.looks[0].step }

const (
	stripPad = 1.0 // line heights shown beyond each end
	// The width of a character in line heights, as the detector measures them.
	typicalPitch = 0.92
)

// more adds the views of further recognisers on rows whose characters are
// pitch picture pixels wide.
func more(ctx context.Context, im *raster.Gray, rows []seen, pitch float64, with []Eye) error {
	g, ctx := errgroup.WithContext(ctx)
	for i := range rows {
		s := &rows[i]
		from := len(s.looks)
		s.looks = append(s.looks[:from:from], make([]look, len(with))...)
		for k, eye := range with {
			g.Go(func() error {
				length := s.row.Length + 2*stripPad*s.row.Height
				w := min(max(int(length/pitch*eye.Pitch+0.5), eye.Height), 2048)
				lat, err := eye.Read(ctx, ocr.Straighten(im, s.row, stripPad, w, eye.Height))
				if err != nil {
					return err
				}
				s.looks[from+k] = look{lat.Only(letters), length / float64(lat.Steps)}
				if from+k == 0 { // the first view
					s.grid, _ = spacing(emissions(s.looks[0].Lattice))
					s.likeness = likeness(lat) * s.grid.evenness()
				}
				return nil
			})
		}
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("mrzread: %w", err)
	}
	return nil
}

// covers tells whether this is just that line.
func (s *seen) covers(l ocr.Line, pitch float64) bool {
	const enough = 1.5 // characters that the ends may differ by
	x, y := local(l, s.row)
	return math.Cos(s.row.Angle-l.Angle) > 0 && math.Abs(y) < 0.2*l.Height &&
		math.Abs(x-s.row.Length/2+l.Length/2) < enough*pitch && math.Abs(x+s.row.Length/2-l.Length/2) < enough*pitch
}

// likeness says how much a text looks like a line of a zone, 0 to 1: the share
// of its symbols, by probability, that a zone can hold.
func likeness(l *ocr.Lattice) float64 {
	var in, all float64
	fillers, digits := 0, 0
	last := 0
	for t := range l.Steps {
		row := l.Row(t)
		best := 0
		for s, p := range row {
			if p > row[best] {
				best = s
			}
		}
		if best != 0 && best != last {
			all++
			if s := l.Symbols[best]; len(s) == 1 && symbol(s[0]) >= 0 {
				in += float64(row[best])
				switch {
				case s == "<":
					fillers++
				case s[0] <= '9':
					digits++
				}
			}
		}
		last = best
	}
	if all < 12 {
		return 0
	}
	v := in / all
	if fillers < 2 && digits < 8 {
		v *= 0.7
	}
	return v
}
