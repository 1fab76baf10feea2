// Package mrzread finds and reads the machine-readable zone on a picture.
//
// It finds stacked rows of text in any direction, straightens them, has one or
// more networks recognise them, and decodes the networks' probabilities under
// the grammar of ICAO 9303: known lengths, an alphabet for each position,
// months and states that exist, and check digits solved exactly. So the most
// probable legal reading wins, unless the pixels clearly say otherwise: a
// document that prints a wrong digit is read as it is printed.
//
// The package gives characters and how sure it is of them; what they mean is
// mrz's, and what follows from them is checks'.
package mrzread

import (
	"context"
	"fmt"
	"math"
	"sort"

	"golang.org/x/sync/errgroup"

	"idproof/engine/ocr"
	"idproof/engine/raster"
	"idproof/mrz"
)

// Reading is a machine-readable zone as it is printed.
type Reading struct {
	Layout *mrz.Layout
	Lines  []string
	Rows   []ocr.Line // where each line is, in reading direction, in pixels of the picture
	// Confidence[i][j] is the posterior probability of Lines[i][j].
	Confidence [][]float64
	Repairs    []Repair
	// Pitch is the width of a character in pixels of the picture.
	Pitch float64
	// Certain is false when a character was ambiguous, repaired or too small.
	Certain bool
	// LogLik is the mean log-probability of a character: 0 is perfect.
	LogLik float64
}

// Repair is a character that the check digits, a date or a state code decided
// against the recogniser's own first choice.
type Repair struct {
	Line, Pos  int
	Read, Made byte
	Cost       float64 // nats that the pixels speak against it
}

// Reader finds and reads zones. It is safe for concurrent use.
type Reader struct {
	recognizers []*ocr.Recognizer
}

// NewReader returns a reader that merges the given recognisers, the best first.
func NewReader(r ...*ocr.Recognizer) *Reader { return &Reader{r} }

const (
	// A line is part of a zone if a character's mean log-probability is above this.
	leastLogLik = -0.8
	// A zone this clear needs no second look, and no other row can beat it.
	clear = -0.35
	// A row whose text is less like a zone's is not looked at again.
	leastLikeness = 0.55
	// A character read explains the picture: worth this many nats against a
	// structure that leaves it unexplained.
	worth = 2.2
	// Below this pitch no reading is certain: at 5 pixels most wrong readings
	// pass every check.
	leastPitch = 6
	// A certain reading has no checked character below this.
	sureChecked = 0.80
)

// Read returns the zone on the picture whose lines of text have been found, or
// nil if there is none.
func (r *Reader) Read(ctx context.Context, im *raster.Gray, found []ocr.Line) (*Reading, error) {
	h := &hunt{r: r, im: im, rows: rows(found), glances: map[int]glance{}}
	var best *Reading
	bestScore := 0.0
	tried := map[int]bool{}
	for _, w := range windows(h.rows) {
		if len(h.glances) >= mostRows {
			break
		}
		anchor, err := h.anchor(ctx, w)
		if err != nil {
			return nil, err
		}
		if anchor < 0 || tried[anchor] {
			continue
		}
		for _, i := range w {
			tried[i] = true
		}
		got, score, err := h.read(ctx, w, anchor)
		if err != nil {
			return nil, err
		}
		if got != nil && score > bestScore {
			best, bestScore = got, score
		}
		if best != nil && best.LogLik > clear {
			break
		}
	}
	return best, nil
}

// hunt is the search for the zone on one picture.
type hunt struct {
	r       *Reader
	im      *raster.Gray
	rows    []ocr.Line
	glances map[int]glance // by row
}

// glance is a first, cheap look at a row as the detector found it.
type glance struct {
	line     ocr.Line // in the direction of reading
	likeness float64  // how much its text looks like a zone's, 0 to 1
	// start and pitch place the characters along the line, in pixels from its
	// centre; count is how many there are. Zero if no even spacing was seen.
	start, pitch float64
	count        int
}

// anchor looks at the rows of a window and returns the one that looks most like
// a line of a zone, or -1.
func (h *hunt) anchor(ctx context.Context, w []int) (int, error) {
	best, at := leastLikeness, -1
	for _, i := range w {
		g, ok := h.glances[i]
		if !ok {
			var err error
			if g, err = h.glance(ctx, h.rows[i]); err != nil {
				return 0, err
			}
			h.glances[i] = g
		}
		if g.likeness > best {
			best, at = g.likeness, i
		}
	}
	return at, nil
}

// glance reads a row with the first recogniser, upside down too if need be.
func (h *hunt) glance(ctx context.Context, l ocr.Line) (glance, error) {
	up, err := h.glanceAt(ctx, l)
	if err != nil || up.likeness > leastLikeness {
		return up, err
	}
	down, err := h.glanceAt(ctx, l.Flip())
	if err != nil || down.likeness > up.likeness {
		return down, err
	}
	return up, nil
}

func (h *hunt) glanceAt(ctx context.Context, l ocr.Line) (glance, error) {
	lat, err := h.r.recognizers[0].Read(ctx, strip(h.im, l))
	if err != nil {
		return glance{}, fmt.Errorf("mrzread: %w", err)
	}
	g := glance{line: l, likeness: likeness(lat)}
	if grid, ok := spacing(emissions(lat.Only(letters))); ok {
		step := (l.Length + 2*stripPad*l.Height) / float64(lat.Steps)
		g.start = grid.x0*step - l.Length/2 - stripPad*l.Height
		g.pitch, g.count = grid.pitch*step, grid.count
	} else {
		g.likeness = 0
	}
	return g, nil
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

// lineSpacing is the distance between the lines of a zone in character pitches:
// 6.35 mm over 2.54 mm (ICAO 9303-3 section 4.4, 9303-4 section 4.2.1).
const lineSpacing = 2.5

// read reads the zone around an anchor row: the rows of its window and those
// that the grid of its characters promises above and below.
func (h *hunt) read(ctx context.Context, w []int, anchor int) (*Reading, float64, error) {
	a := h.glances[anchor]
	// All rows in the direction of the anchor, from top to bottom.
	var st stack
	for _, i := range w {
		l := h.rows[i]
		if math.Cos(l.Angle-a.line.Angle) < 0 {
			l = l.Flip()
		}
		st = append(st, l)
	}
	below := func(l ocr.Line) float64 { _, y := local(a.line, l); return y }
	sort.SliceStable(st, func(i, j int) bool { return below(st[i]) < below(st[j]) })
	if a.pitch > 0 {
		st = st.promised(a)
	}
	lo, hi := -a.line.Length/2, a.line.Length/2
	for _, l := range st {
		x, _ := local(a.line, l)
		lo, hi = min(lo, x-l.Length/2), max(hi, x+l.Length/2)
	}
	st = st.even(a.line, lo, hi)
	rows, err := h.r.look(ctx, h.im, st)
	if err != nil {
		return nil, 0, err
	}
	got, score := parse(rows)
	if got != nil && got.LogLik > clear || a.pitch == 0 {
		return got, score, nil
	}
	// The detector may have lost the fillers at the end of every row: show as
	// many characters as the widest zone has.
	if room := a.start + 45.5*a.pitch; room > hi {
		rows, err := h.r.look(ctx, h.im, st.even(a.line, lo, room))
		if err != nil {
			return nil, 0, err
		}
		if wide, s := parse(rows); wide != nil && s > score {
			got, score = wide, s
		}
	}
	return got, score, nil
}

// promised adds the rows that a zone should have above and below the anchor
// where the detector found none.
func (s stack) promised(a glance) stack {
	space := lineSpacing * a.pitch
	for _, k := range []float64{-1, 1, -2, 2} {
		near := false
		for _, l := range s {
			if _, y := local(a.line, l); math.Abs(y-k*space) < 0.6*space {
				near = true
			}
		}
		if near || len(s) >= 3 {
			continue
		}
		l := a.line
		sn, cs := math.Sincos(l.Angle)
		l.Center.X -= k * space * sn
		l.Center.Y += k * space * cs
		s = append(s, l)
	}
	sort.SliceStable(s, func(i, j int) bool {
		_, yi := local(a.line, s[i])
		_, yj := local(a.line, s[j])
		return yi < yj
	})
	return s
}

// seen is a row with its strips' lattices.
type seen struct {
	row      ocr.Line
	stepPix  float64 // picture pixels for a step of the lattice
	lattices []*ocr.Lattice
}

// look has every recogniser read every row.
func (r *Reader) look(ctx context.Context, im *raster.Gray, st stack) ([]seen, error) {
	out := make([]seen, len(st))
	g, ctx := errgroup.WithContext(ctx)
	for i, l := range st {
		out[i] = seen{row: l, lattices: make([]*ocr.Lattice, len(r.recognizers))}
		s := strip(im, l)
		for k, rec := range r.recognizers {
			g.Go(func() error {
				lat, err := rec.Read(ctx, s)
				if err == nil {
					out[i].lattices[k] = lat.Only(letters)
				}
				return err
			})
		}
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("mrzread: %w", err)
	}
	for i, l := range st {
		out[i].stepPix = (l.Length + 2*stripPad*l.Height) / float64(out[i].lattices[0].Steps)
	}
	return out, nil
}

const (
	stripPad     = 0.6 // line heights shown beyond each end
	stripTall    = 1.0 // line heights shown from top to bottom
	stripStretch = 0.75
)

func strip(im *raster.Gray, l ocr.Line) *raster.Gray {
	return ocr.Straighten(im, l, stripPad, stripTall, stripStretch)
}

// parse finds the layout and the rows that explain the picture best.
func parse(rows []seen) (*Reading, float64) {
	var best *Reading
	bestScore := 0.0
	for _, f := range mrz.Formats() {
		for _, l := range f.Layouts() {
			ps := priors(l)
			for at := 0; at+l.Lines <= len(rows); at++ {
				part := rows[at : at+l.Lines]
				if !plausible(part, l) {
					continue
				}
				as := make([]alignment, l.Lines)
				score, n, ok := 0.0, 0, true
				for i := range part {
					as[i] = merge(part[i], ps[i])
					if as[i].logLik < leastLogLik*float64(len(ps[i])) {
						ok = false
						break
					}
					score += as[i].logLik + worth*float64(len(ps[i]))
					n += len(ps[i])
				}
				if !ok || score <= bestScore {
					continue
				}
				best, bestScore = conclude(l, part, as), score
				best.LogLik = score/float64(n) - worth
			}
		}
	}
	return best, bestScore
}

// plausible rules layouts out by the number of characters that the rows show.
func plausible(part []seen, l *mrz.Layout) bool {
	for i, s := range part {
		g, ok := spacing(emissions(s.lattices[0]))
		if ok && math.Abs(float64(g.count-l.Widths[i])) > 7 {
			return false
		}
	}
	return true
}

// merge aligns every recogniser's lattice and mixes the posteriors by how well
// each explains its strip.
func merge(s seen, p prior) alignment {
	out := alignment{logLik: math.Inf(-1)}
	var as []alignment
	for _, l := range s.lattices {
		a := align(l, p)
		as = append(as, a)
		if a.logLik > out.logLik {
			out.logLik, out.pitch, out.pitchError, out.at = a.logLik, a.pitch, a.pitchError, a.at
		}
	}
	out.post = make([][symbols]float64, len(p))
	var total float64
	for _, a := range as {
		if math.IsInf(a.logLik, -1) {
			continue
		}
		w := math.Exp((a.logLik - out.logLik) / 10)
		total += w
		for i := range out.post {
			for c := range symbols {
				out.post[i][c] += w * a.post[i][c]
			}
		}
	}
	if total > 0 {
		for i := range out.post {
			for c := range symbols {
				out.post[i][c] /= total
			}
		}
	}
	return out
}

// conclude solves the check digits and tells what was read and how surely.
func conclude(l *mrz.Layout, part []seen, as []alignment) *Reading {
	post := make([][][symbols]float64, len(as))
	for i := range as {
		post[i] = as[i].post
	}
	p := pose(l, post)
	o := p.decide()
	out := &Reading{Layout: l, Certain: true}
	checked := map[cell]bool{}
	for _, c := range append(append([]checksum(nil), p.simple...), composite(p)...) {
		for _, x := range append(c.cells, c.digit) {
			checked[x] = true
		}
	}
	var pitch float64
	for i, w := range l.Widths {
		line := make([]byte, w)
		conf := make([]float64, w)
		for j := range w {
			c := cell(i*l.Width + j)
			s, free := o.chosen.text[c], o.free.text[c]
			line[j] = letters[s]
			conf[j] = post[i][j][s]
			if s != free {
				out.Repairs = append(out.Repairs, Repair{i, j, letters[free], letters[s], math.Log((post[i][j][free] + 1e-9) / (post[i][j][s] + 1e-9))})
			}
			if checked[c] && conf[j] < sureChecked {
				out.Certain = false
			}
		}
		out.Lines = append(out.Lines, string(line))
		out.Confidence = append(out.Confidence, conf)
		out.Rows = append(out.Rows, part[i].row)
		pitch += as[i].pitch * part[i].stepPix / float64(l.Lines)
	}
	out.Pitch = pitch
	if len(out.Repairs) > 0 || pitch < leastPitch {
		out.Certain = false
	}
	return out
}

func composite(p *problem) []checksum {
	if p.composite == nil {
		return nil
	}
	return []checksum{*p.composite}
}
