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
	"slices"

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
	// Spans[i] is where line i's characters begin and end along its row, in
	// pixels from the row's centre.
	Spans [][2]float64
	// Confidence[i][j] is the posterior probability of Lines[i][j].
	Confidence [][]float64
	Repairs    []Repair
	// Pitch is the width of a character in pixels of the picture.
	Pitch float64
	// Certain is false when a character was ambiguous, repaired or too small.
	Certain bool
	// LogLik is the mean log-probability of a character: 0 is perfect.
	LogLik float64

	// sound: every character is clear and every check digit is right as read.
	sound bool
	wrong int     // check digits that are not right
	score float64 // nats by which it explains the picture
	seen  []seen
}

// Repair is a character that the check digits, a date or a state code decided
// against the recogniser's own first choice.
type Repair struct {
	Line, Pos  int
	Read, Made byte
	Cost       float64 // nats that the pixels speak against it
}

// Eye is a recogniser with the size of type that it reads best.
type Eye struct {
	*ocr.Recognizer
	Pitch float64 // width of a character in a strip, in pixels
}

// Reader finds and reads zones. It is safe for concurrent use.
type Reader struct {
	eyes     []Eye
	grammars grammars
}

// NewReader returns a reader that merges the given recognisers, the best first.
func NewReader(eyes ...Eye) *Reader { return &Reader{eyes, newGrammars()} }

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
	// A certain reading has no checked character below the first, and no other
	// below the second.
	sureChecked  = 0.80
	sureAnywhere = 0.60
	// A reading of one recogniser needs no other if no character is below this.
	sureEverywhere = 0.90
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
		got, score, err := h.read(ctx, anchor)
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

// Find reads the zone as Read does. If the lines that were found hold none that
// is clear it has the detector look again, closer and with the text level.
func Find(ctx context.Context, r *Reader, d *ocr.Detector, im *raster.Image, gray *raster.Gray, found []ocr.Line) (*Reading, error) {
	first, err := r.Read(ctx, gray, found)
	if err != nil || first != nil && first.LogLik > clear {
		return first, err
	}
	const closer = 1056 // pixels of the longer side
	tilt := ocr.Tilt(found)
	if math.Abs(tilt) < 3*math.Pi/180 {
		tilt = 0
	}
	if found, err = d.DetectAt(ctx, im, closer, tilt); err != nil {
		return nil, err
	}
	again, err := r.Read(ctx, gray, found)
	if err != nil || first == nil || again != nil && again.score > first.score {
		return again, err
	}
	return first, nil
}

// hunt is the search for the zone on one picture.
type hunt struct {
	r       *Reader
	im      *raster.Gray
	rows    []ocr.Line
	glances map[int]glance // by row
	looked  []seen
}

// glance is a first, cheap look at a row as the detector found it.
type glance struct {
	seen // its row is in the direction of reading
	// start and pitch place the characters along the line, in pixels from its
	// centre; zero if no even spacing was seen.
	start, pitch float64
}

// anchor looks at the rows of a window and returns the one that looks most like
// a line of a zone, or -1.
func (h *hunt) anchor(ctx context.Context, w []int) (int, error) {
	got := make([]glance, len(w))
	g, ctx := errgroup.WithContext(ctx)
	for k, i := range w {
		if _, ok := h.glances[i]; !ok {
			g.Go(func() (err error) {
				got[k], err = h.glance(ctx, h.rows[i])
				return err
			})
		}
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	best, at := leastLikeness, -1
	for k, i := range w {
		if _, ok := h.glances[i]; !ok {
			h.glances[i] = got[k]
		}
		if v := h.glances[i].likeness; v > best {
			best, at = v, i
		}
	}
	return at, nil
}

// glance reads a row with the first recogniser, upside down too if it makes
// little sense upright.
func (h *hunt) glance(ctx context.Context, l ocr.Line) (glance, error) {
	up, sure, err := h.glanceAt(ctx, l)
	if err != nil || up.likeness > 0.85 || sure > 0.7 && up.grid.evenness() < 0.8 {
		return up, err
	}
	down, _, err := h.glanceAt(ctx, l.Flip())
	if err != nil || down.likeness > up.likeness {
		return down, err
	}
	return up, nil
}

// glanceAt also returns how sure the recogniser is of the text, whatever it is.
func (h *hunt) glanceAt(ctx context.Context, l ocr.Line) (glance, float64, error) {
	s := []seen{{row: l}}
	if err := more(ctx, h.im, s, typicalPitch*l.Height, h.r.eyes[:1]); err != nil {
		return glance{}, 0, err
	}
	g := glance{seen: s[0]}
	if g.grid.pitch > 0 {
		g.start = g.looks[0].place(l, g.grid.x0)
		g.pitch = g.charWidth()
	}
	_, sure := g.looks[0].Greedy()
	return g, sure, nil
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

// read reads the zone around an anchor row: the rows that the detector found
// where the grid of the anchor's characters promises lines, or else the places
// themselves.
func (h *hunt) read(ctx context.Context, anchor int) (*Reading, float64, error) {
	a := h.glances[anchor]
	var best *Reading
	bestScore := 0.0
	for _, e := range efforts {
		got, score, err := h.readRows(ctx, a, e)
		if err != nil {
			return nil, 0, err
		}
		if got != nil && score > bestScore {
			best, bestScore = got, score
		}
		if best != nil && best.LogLik > clear && best.wrong == 0 {
			break
		}
	}
	if best == nil || best.sound {
		return best, bestScore, nil
	}
	// The other recognisers see only the lines that count, where the first
	// leaves a doubt.
	if err := more(ctx, h.im, best.seen, best.Pitch, h.r.eyes[1:]); err != nil {
		return nil, 0, err
	}
	best, bestScore = h.r.parse(best.seen)
	return best, bestScore, nil
}

// effort is how far the search around an anchor goes.
type effort struct {
	unseen bool // look for lines where the detector found nothing
	wide   bool // show as many characters as the widest zone has
}

// efforts are tried in turn until the reading is clear: the detector may have
// lost lines, and the fillers at the end of every line.
var efforts = []effort{{}, {unseen: true}, {unseen: true, wide: true}}

func (h *hunt) readRows(ctx context.Context, a glance, e effort) (*Reading, float64, error) {
	lo, hi := h.extent(a)
	if e.wide {
		hi = max(hi, a.start+45.5*a.pitch)
	}
	mid, err := h.look(ctx, stack{a.row}.even(a.row, lo, hi)[0], a.pitch)
	if err != nil {
		return nil, 0, err
	}
	run := []seen{mid}
	gap := 0.0 // between lines, in pixels, once two are known
	for _, side := range []float64{-1, 1} {
		for at := a.row; len(run) < 4; {
			grown := false
			for _, next := range h.neighbours(a, at, side, gap, e.unseen) {
				s, err := h.look(ctx, stack{next}.even(a.row, lo, hi)[0], a.pitch)
				if err != nil {
					return nil, 0, err
				}
				if s.likeness < leastLikeness || !sameGrid(s.charWidth(), a.pitch) {
					continue
				}
				_, y0 := local(a.row, at)
				_, y1 := local(a.row, next)
				gap, at, grown = math.Abs(y1-y0), next, true
				if side < 0 {
					run = append([]seen{s}, run...)
				} else {
					run = append(run, s)
				}
				break
			}
			if !grown {
				break
			}
		}
	}
	got, score := h.r.parse(run)
	return got, score, nil
}

// look has the first recogniser read a line, unless it already has.
func (h *hunt) look(ctx context.Context, l ocr.Line, pitch float64) (seen, error) {
	for _, g := range h.glances {
		if g.covers(l, pitch) {
			return g.seen, nil
		}
	}
	for i := range h.looked {
		if h.looked[i].covers(l, pitch) {
			return h.looked[i], nil
		}
	}
	s := []seen{{row: l}}
	if err := more(ctx, h.im, s, pitch, h.r.eyes[:1]); err != nil {
		return seen{}, err
	}
	h.looked = append(h.looked, s[0])
	return s[0], nil
}

// sameGrid tells whether two rows are set in characters of one width.
func sameGrid(p, q float64) bool { return p > 0.88*q && p < 1.14*q }

// extent is how far the zone reaches along the anchor: as far as the rows
// around it, within reason.
func (h *hunt) extent(a glance) (lo, hi float64) {
	lo, hi = -a.row.Length/2, a.row.Length/2
	for i, l := range h.rows {
		if !alike(a.row, l) || h.ruledOut(i) {
			continue
		}
		x, y := local(a.row, l)
		if math.Abs(y-a.row.Curve*x*x) < farthest*a.pitch && math.Abs(x) < (l.Length+a.row.Length)/2 {
			lo, hi = min(lo, x-l.Length/2), max(hi, x+l.Length/2)
		}
	}
	return max(lo, a.start-6*a.pitch), min(hi, a.start+52*a.pitch)
}

// Lines of a zone are 4.2 mm (three lines) or 6.35 mm (two) apart and their
// characters 2.54 mm (ICAO 9303-4 and 9303-5, section 4.2.1): in pitches
const (
	narrowGap = 1.67
	wideGap   = 2.5
	farthest  = 4.2 // in pictures that are squeezed
)

// neighbours returns where the next line above (side -1) or below (1) may be:
// the nearest row that the detector found, else, if wanted, the places where a
// zone has its next line.
func (h *hunt) neighbours(a glance, from ocr.Line, side, gap float64, unseen bool) []ocr.Line {
	var out []ocr.Line
	_, y0 := local(a.row, from)
	least, most := 1.2*a.pitch, farthest*a.pitch
	if gap > 0 {
		least, most = 0.75*gap, 1.3*gap
	}
	nearest := most
	for i, l := range h.rows {
		if !alike(a.row, l) || h.ruledOut(i) {
			continue
		}
		if math.Cos(l.Angle-a.row.Angle) < 0 {
			l = l.Flip()
		}
		x, y := local(a.row, l)
		if math.Abs(x) > (l.Length+a.row.Length)/2 {
			continue
		}
		if d := side * (y - a.row.Curve*x*x - y0); d > least && d < nearest {
			nearest, out = d, []ocr.Line{l}
		}
	}
	if len(out) > 0 || !unseen {
		return out
	}
	gaps := []float64{wideGap * a.pitch, narrowGap * a.pitch}
	if gap > 0 {
		gaps = []float64{gap}
	}
	for _, g := range gaps {
		l := from
		sn, cs := math.Sincos(a.row.Angle)
		l.Center.X -= side * g * sn
		l.Center.Y += side * g * cs
		if l.Center.X > 0 && l.Center.Y > 0 && l.Center.X < float64(h.im.W) && l.Center.Y < float64(h.im.H) {
			out = append(out, l)
		}
	}
	return out
}

// ruledOut tells whether a glance has shown that the row is no line of a zone.
func (h *hunt) ruledOut(i int) bool {
	g, ok := h.glances[i]
	return ok && g.likeness < 0.7*leastLikeness
}

// alike tells whether a row could be of the same zone by direction and size.
func alike(a, l ocr.Line) bool {
	ratio := l.Height / a.Height
	return turn(l.Angle, a.Angle) < 4*math.Pi/180 && ratio < 1.7 && ratio > 1/1.7
}

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

// grammar is a layout with the prior of each of its lines, as an index into
// grammars.priors: formats share lines.
type grammar struct {
	layout *mrz.Layout
	lines  []int
}

// grammars are those of every format.
type grammars struct {
	all    []grammar
	priors []prior
}

func newGrammars() grammars {
	var out grammars
	for _, f := range mrz.Formats() {
		for _, l := range f.Layouts() {
			g := grammar{layout: l}
			for _, p := range priors(l) {
				at := slices.IndexFunc(out.priors, func(q prior) bool { return slices.Equal(p, q) })
				if at < 0 {
					at = len(out.priors)
					out.priors = append(out.priors, p)
				}
				g.lines = append(g.lines, at)
			}
			out.all = append(out.all, g)
		}
	}
	return out
}

// parse finds the layout and the neighbouring rows that explain the picture
// best, and returns the reading with its score.
func (r *Reader) parse(rows []seen) (*Reading, float64) {
	type hypothesis struct {
		layout *mrz.Layout
		part   []seen
		lines  []alignment
	}
	var best hypothesis
	bestScore, bestLength := 0.0, 1
	type line struct{ row, prior int }
	known := map[line]alignment{}
	for _, g := range r.grammars.all {
		for at := 0; at+g.layout.Lines <= len(rows); at++ {
			h := hypothesis{g.layout, rows[at : at+g.layout.Lines], nil}
			if !plausible(h.part, g.layout) {
				continue
			}
			score, n := 0.0, 0
			for i, pi := range g.lines {
				p := r.grammars.priors[pi]
				a, ok := known[line{at + i, pi}]
				if !ok {
					a = merge(h.part[i], p)
					known[line{at + i, pi}] = a
				}
				if a.logLik < leastLogLik*float64(len(p)) {
					break
				}
				h.lines = append(h.lines, a)
				score += a.logLik + worth*float64(len(p))
				n += len(p)
			}
			if len(h.lines) == 1 && score < (worth+clear)*float64(n) {
				continue // one line alone is no stack: it has to be clear
			}
			if len(h.lines) == len(h.part) && score > bestScore {
				best, bestScore, bestLength = h, score, n
			}
		}
	}
	if best.layout == nil {
		return nil, 0
	}
	out := conclude(best.layout, best.part, best.lines)
	out.LogLik, out.score = bestScore/float64(bestLength)-worth, bestScore
	return out, bestScore
}

// plausible rules layouts out by the number of characters that the rows show:
// the one that shows most comes close to the layout's width.
func plausible(part []seen, l *mrz.Layout) bool {
	most := math.MinInt
	for i, s := range part {
		if s.grid.count > 0 {
			most = max(most, s.grid.count-l.Widths[i])
		}
	}
	return most == math.MinInt || most >= -7 && most <= 14
}

// merge aligns every recogniser's lattice and mixes the posteriors by how well
// each explains its strip. Places are in pixels from the row's centre.
func merge(s seen, p prior) alignment {
	out := alignment{logLik: math.Inf(-1)}
	var as []alignment
	for _, k := range s.looks {
		a := align(k.Lattice, p)
		as = append(as, a)
		if a.logLik > out.logLik {
			out.logLik, out.pitch, out.pitchError, out.at = a.logLik, a.pitch*k.step, a.pitchError, a.at
			for i, t := range out.at {
				out.at[i] = k.place(s.row, t)
			}
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
	post = sharpenFields(l, post)
	p := pose(l, post)
	o := p.decide()
	out := &Reading{Layout: l, Certain: true, seen: part}
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
			if conf[j] < sureAnywhere || checked[c] && conf[j] < sureChecked {
				out.Certain = false
			}
		}
		out.Lines = append(out.Lines, string(line))
		out.Confidence = append(out.Confidence, conf)
		out.Rows = append(out.Rows, part[i].row)
		pitch += as[i].pitch / float64(l.Lines)
		out.Spans = append(out.Spans, span(as[i].at))
	}
	out.Pitch = pitch
	out.sound, out.wrong = o.sound, o.dropped
	for _, line := range out.Confidence {
		for _, c := range line {
			out.sound = out.sound && c > sureEverywhere
		}
	}
	if len(out.Repairs) > 0 || pitch < leastPitch {
		out.Certain = false
	}
	// A wrong check digit is no certain one if characters that look alike
	// would make it right.
	if out.Certain && o.dropped > 0 && pose(l, withDoubt(post)).decide().dropped < o.dropped {
		out.Certain = false
	}
	return out
}

// span fits even places through those of the characters and returns where the
// first begins and the last ends.
func span(at []float64) [2]float64 {
	n := float64(len(at))
	var sx, sy, sxx, sxy float64
	for i, y := range at {
		x := float64(i)
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	pitch := (n*sxy - sx*sy) / max(n*sxx-sx*sx, 1)
	start := (sy - pitch*sx) / n
	// A recogniser marks a character near its middle.
	return [2]float64{start - pitch/2, start + pitch*(n-0.5)}
}

func composite(p *problem) []checksum {
	if p.composite == nil {
		return nil
	}
	return []checksum{*p.composite}
}

// Region is the place of the characters from (inclusive) to (exclusive) of a
// line: its corners in reading order, in pixels of the picture.
func (r *Reading) Region(line, from, to int) raster.Quad {
	row := r.Rows[line]
	w := (r.Spans[line][1] - r.Spans[line][0]) / float64(len(r.Lines[line]))
	x0, x1 := r.Spans[line][0]+float64(from)*w, r.Spans[line][0]+float64(to)*w
	y := row.Height / 2
	return raster.Quad{row.At(x0, -y), row.At(x1, -y), row.At(x1, y), row.At(x0, y)}
}

// LeastConfidence is the lowest confidence among the characters from
// (inclusive) to (exclusive) of a line; 1 if there are none.
func (r *Reading) LeastConfidence(line, from, to int) float64 {
	v := 1.0
	for _, c := range r.Confidence[line][from:to] {
		v = min(v, c)
	}
	return v
}

// Quality is the mean confidence of all characters.
func (r *Reading) Quality() float64 {
	var sum, n float64
	for _, line := range r.Confidence {
		for _, c := range line {
			sum += c
			n++
		}
	}
	return float64(int(sum/max(n, 1)*1000+0.5)) / 1000
}
