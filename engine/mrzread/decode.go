package mrzread

import (
	"math"
	"slices"
	"strings"

	"idproof/mrz"
)

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
			if len(h.lines) == 1 && score < (worth+clearly)*float64(n) {
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
	if len(out.Lines) == 1 && !out.stands() {
		return nil, 0
	}
	return out, bestScore
}

// stands tells whether a line that is alone, with no other to bear it out, is a
// zone: by its first letter, and by its clarity or by its check digit.
func (r *Reading) stands() bool {
	q := r.Quality()
	return strings.HasPrefix(r.Lines[0], "D") && (q > clearSingle || q > leastSingle && r.wrong == 0)
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
