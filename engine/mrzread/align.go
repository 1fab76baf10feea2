package mrzread

import (
	"math"
	"sort"

	"idproof/engine/ocr"
)

// letters are the symbols of the machine-readable zone in the order of their
// values for check digits (ICAO 9303-3 section 4.9): 0–9, A–Z as 10–35; '<'
// counts 0 and stands last.
const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"

const (
	symbols = len(letters)
	filler  = symbols - 1
)

// symbol returns the index of a letter, or -1.
func symbol(b byte) int {
	switch {
	case b >= '0' && b <= '9':
		return int(b - '0')
	case b >= 'A' && b <= 'Z':
		return int(b-'A') + 10
	case b == '<':
		return filler
	}
	return -1
}

// A prior says how believable each symbol is at each position of a line before
// the pixels are seen: 1 where the grammar allows it, little where it doesn't.
// It is never 0, for a document may be printed against the grammar and must
// then be reported as it is printed.
type prior [][symbols]float64

// alignment is what a lattice says about a line of known length.
type alignment struct {
	// post[i][c] is the probability that the i-th character is c, given that
	// the strip shows a line of len(post) characters under the prior.
	post [][symbols]float64
	// logLik is the log-probability of the strip under that assumption, per
	// line: larger is better, and comparable between lengths and priors.
	logLik float64
	// at[i] is the step at which the i-th character begins, on average.
	at []float64
	// pitch is the width of a character in steps and pitchError how far the
	// characters lie from an even spacing, in characters; zero if not measured.
	pitch, pitchError float64
}

const (
	// floor is mixed into the recogniser's probabilities, which are
	// overconfident: no symbol is ever ruled out by one network.
	floor = 2e-4
	// junk is the least probability of "nothing" before the first and after
	// the last character, where a strip may show a border or a neighbour.
	junk = 0.02
	// beyond is how many steps are added to a lattice.
	beyond = 12
)

// align runs the forward-backward recursion of connectionist temporal
// classification over lines of exactly len(p) characters. The type is
// monospaced: where the strip shows an even pitch, characters are expected on
// it, which settles how many fillers a run has.
func align(l *ocr.Lattice, p prior) alignment {
	y := emissions(l)
	g, ok := spacing(y)
	if !ok {
		return forwardBackward(y, p, nil)
	}
	// The first marks may be junk before the line, or the line's first
	// characters may have gone unseen: try the likeliest places to begin.
	from, to := 0, 0
	if d := g.count - len(p); d > 0 {
		to = d
	} else if d < 0 {
		from = max(d, -2)
	}
	type place struct{ x0, score float64 }
	var places []place
	for shift := from; shift <= to; shift++ {
		x0 := g.x0 + float64(shift)*g.pitch
		places = append(places, place{x0, fits(y, p, x0, g.pitch)})
	}
	sort.SliceStable(places, func(i, j int) bool { return places[i].score > places[j].score })
	best := alignment{logLik: math.Inf(-1)}
	for _, x := range places[:min(len(places), 2)] {
		a := forwardBackward(y, p, &grid{x0: x.x0, pitch: g.pitch, spread: g.spread})
		if a.logLik > best.logLik {
			best = a
		}
	}
	best.pitch, best.pitchError = g.pitch, g.spread
	return best
}

// fits scores a line that begins at step x0: how well the best symbols near
// every character's place agree with the prior.
func fits(y [][symbols + 1]float64, p prior, x0, pitch float64) float64 {
	var sum float64
	for i := range p {
		at := x0 + pitch*float64(i)
		best := 1e-4
		for t := max(0, int(at-pitch/2)); t <= min(len(y)-1, int(at+pitch/2)); t++ {
			for s := range symbols {
				best = max(best, p[i][s]*y[t][s])
			}
		}
		sum += math.Log(best)
	}
	return sum
}

// grid is the even spacing of a line's characters, in steps of the lattice.
type grid struct {
	x0, pitch float64
	count     int     // characters from the first mark to the last
	spread    float64 // deviation of the marks from the grid, in characters
}

// spacing finds the grid on which the marks of a lattice lie: the median
// distance gives the pitch, every distance is a whole number of it, and least
// squares through the numbered marks the rest.
func spacing(y [][symbols + 1]float64) (grid, bool) {
	var marks []float64
	last := symbols
	for t := range y {
		best := symbols
		for s := range y[t] {
			if y[t][s] > y[t][best] {
				best = s
			}
		}
		if best != symbols && best != last {
			marks = append(marks, float64(t))
		}
		last = best
	}
	if len(marks) < 8 {
		return grid{}, false
	}
	gaps := make([]float64, len(marks)-1)
	for i := range gaps {
		gaps[i] = marks[i+1] - marks[i]
	}
	sort.Float64s(gaps)
	// The mean of the middle half: gaps are whole steps, their median too coarse.
	mid := gaps[len(gaps)/4 : len(gaps)*3/4]
	var g grid
	for _, d := range mid {
		g.pitch += d / float64(len(mid))
	}
	if g.pitch < 1 {
		return grid{}, false
	}
	num := make([]float64, len(marks))
	for range 3 {
		num[0] = 0
		for i := 1; i < len(marks); i++ {
			num[i] = num[i-1] + max(0, math.Round((marks[i]-marks[i-1])/g.pitch))
		}
		var sx, sy, sxx, sxy float64
		n := float64(len(marks))
		for i, x := range num {
			sx += x
			sy += marks[i]
			sxx += x * x
			sxy += x * marks[i]
		}
		det := n*sxx - sx*sx
		if det <= 0 {
			return grid{}, false
		}
		g.pitch = (n*sxy - sx*sy) / det
		g.x0 = (sy - g.pitch*sx) / n
		var dev float64
		for i, x := range num {
			d := (marks[i] - g.x0 - g.pitch*x) / g.pitch
			dev += d * d
		}
		g.spread = math.Sqrt(dev / n)
		g.count = int(num[len(num)-1]) + 1
	}
	if g.pitch < 1 || g.spread > 0.6 {
		return grid{}, false
	}
	return g, true
}

// emissions copies the lattice as float64 with the floor mixed in; the blank is
// last, after the symbols in their order. Steps are added at the end that could
// be fillers: a strip that is cut off in a run of fillers shows too few.
func emissions(l *ocr.Lattice) [][symbols + 1]float64 {
	y := make([][symbols + 1]float64, l.Steps+beyond)
	for t := range y {
		if t >= l.Steps {
			y[t][filler], y[t][symbols] = 0.3, 0.7
			continue
		}
		row := l.Row(t)
		for c := range symbols {
			y[t][c] = (1-floor)*float64(row[c+1]) + floor/float64(symbols)
		}
		y[t][symbols] = (1-floor)*float64(row[0]) + floor
	}
	return y
}

// evenness is 1 for the even spacing of a zone's type and less for that of
// ordinary print, 0 where no spacing was seen.
func (g *grid) evenness() float64 {
	if g.pitch == 0 {
		return 0
	}
	return min(1, max(0.4, 1-2.5*(g.spread-0.2)))
}

// begins is how believable it is that character i begins at step t.
func (g *grid) begins(t, i int) float64 {
	d := (float64(t) - g.x0 - g.pitch*float64(i)) / (g.pitch * max(0.25, 1.5*g.spread))
	return 0.02 + math.Exp(-d*d/2)
}

// forwardBackward computes the posteriors of a line, whose characters lie on
// the grid if there is one.
func forwardBackward(y [][symbols + 1]float64, p prior, g *grid) alignment {
	n, steps := len(p), len(y)
	a := alignment{post: make([][symbols]float64, n), at: make([]float64, n), logLik: math.Inf(-1)}
	if n == 0 || steps < n {
		return a
	}
	blank := func(t, i int) float64 {
		if i == 0 || i == n {
			return max(y[t][symbols], junk)
		}
		return y[t][symbols]
	}
	weight := func(t, i int) float64 {
		if g == nil {
			return 1
		}
		return g.begins(t, i)
	}
	// Character i cannot be far from its place: that on the grid, or its share
	// of the strip.
	x0, pitch, slack := 0.0, float64(steps)/float64(n), float64(max(n/4, 4))
	if g != nil {
		x0, pitch, slack = g.x0, g.pitch, 3.5
	}
	window := func(t int) (lo, hi int) {
		at := (float64(t) - x0) / pitch
		return min(max(int(at-slack), 0), n), min(max(int(at+slack)+1, 0), n)
	}

	// b[t][i]: i characters done and in a blank. c[t][i][s]: in character i, an s.
	type state struct {
		b []float64
		c [][symbols]float64
	}
	fw := make([]state, steps)
	scale := make([]float64, steps)
	bs := make([]float64, steps*(n+1))
	cs := make([][symbols]float64, steps*n)
	logLik := 0.0
	sums := make([]float64, n)
	for t := range steps {
		fw[t] = state{bs[t*(n+1) : (t+1)*(n+1)], cs[t*n : (t+1)*n]}
		cur := fw[t]
		lo, hi := window(t)
		var total float64
		if t == 0 {
			cur.b[0] = blank(0, 0)
			w := weight(0, 0)
			total = cur.b[0]
			for s := range symbols {
				cur.c[0][s] = w * p[0][s] * y[0][s]
				total += cur.c[0][s]
			}
		} else {
			prev := fw[t-1]
			for i := range sums {
				sums[i] = 0
			}
			plo, phi := window(t - 1)
			for i := plo; i < phi; i++ {
				for s := range symbols {
					sums[i] += prev.c[i][s]
				}
			}
			for i := lo; i <= hi; i++ {
				v := prev.b[i]
				if i > 0 {
					v += sums[i-1]
				}
				v *= blank(t, i)
				cur.b[i] = v
				total += v
			}
			for i := lo; i < hi; i++ {
				w := weight(t, i)
				base := prev.b[i]
				for s := range symbols {
					enter := base
					if i > 0 {
						enter += sums[i-1] - prev.c[i-1][s]
					}
					v := y[t][s] * (prev.c[i][s] + w*p[i][s]*max(enter, 0))
					cur.c[i][s] = v
					total += v
				}
			}
		}
		if total <= 0 || math.IsNaN(total) {
			return a
		}
		scale[t] = total
		logLik += math.Log(total)
		inv := 1 / total
		for i := range cur.b {
			cur.b[i] *= inv
		}
		for i := lo; i < hi; i++ {
			for s := range symbols {
				cur.c[i][s] *= inv
			}
		}
	}
	last := fw[steps-1]
	end := last.b[n]
	for s := range symbols {
		end += last.c[n-1][s]
	}
	if end <= 0 {
		return a
	}
	a.logLik = logLik + math.Log(end)

	// Backward: beta of the state at t, scaled as the forward pass was.
	nb, nc := make([]float64, n+1), make([][symbols]float64, n)
	pb, pc := make([]float64, n+1), make([][symbols]float64, n)
	nb[n] = 1 / end
	for s := range symbols {
		nc[n-1][s] = 1 / end
	}
	mass := make([]float64, n)
	enterAll := make([]float64, n) // Σ over s of entering character i with s, seen from a blank
	var enter [symbols]float64
	for t := steps - 1; t >= 0; t-- {
		lo, hi := window(t)
		var prev state
		if t > 0 {
			prev = fw[t-1]
		}
		inv := 1 / scale[t]
		for i := range pb {
			pb[i] = nb[i] * blank(t, i) * inv
		}
		for i := range n {
			enterAll[i] = 0
		}
		for i := max(lo-1, 0); i < min(hi+1, n); i++ {
			pc[i] = [symbols]float64{}
		}
		for i := n - 1; i >= 0; i-- {
			if i < lo || i >= hi {
				continue
			}
			w := weight(t, i)
			base, sum := 0.0, 0.0
			if t > 0 {
				base = prev.b[i]
				if i > 0 {
					for s := range symbols {
						sum += prev.c[i-1][s]
					}
				}
			} else if i == 0 {
				base = 1
			}
			for s := range symbols {
				e := nc[i][s] * y[t][s] * inv
				pc[i][s] += e // staying
				e *= w * p[i][s]
				enter[s] = e
				enterAll[i] += e
				from := base
				if t > 0 && i > 0 {
					from += sum - prev.c[i-1][s]
				}
				g := max(from, 0) * e
				a.post[i][s] += g
				a.at[i] += g * float64(t)
				mass[i] += g
			}
			if i > 0 {
				// From character i-1, an s', into character i, any other s.
				for s := range symbols {
					pc[i-1][s] += enterAll[i] - enter[s]
				}
			}
			pb[i] += enterAll[i]
		}
		// From character i into the blank after it.
		for i := max(lo-1, 0); i < min(hi+1, n); i++ {
			v := nb[i+1] * blank(t, i+1) * inv
			for s := range symbols {
				pc[i][s] += v
			}
		}
		nb, pb = pb, nb
		nc, pc = pc, nc
	}
	for i := range a.post {
		if mass[i] <= 0 {
			continue
		}
		for s := range symbols {
			a.post[i][s] /= mass[i]
		}
		a.at[i] /= mass[i]
	}
	return a
}
