package mrzread

import (
	"math"
	"sort"
)

// The solver finds the most probable reading of all lines together. Characters
// are grouped into units that the grammar judges as one (a month, a state
// code), every unit with its candidate texts; check digits tie units together.
// A check digit is a sum modulo 10, so the best text that satisfies it is
// found exactly, by dynamic programming over that sum; the composite digit
// runs over the same characters with other weights and adds a second sum.

// cell numbers a character over all lines of the zone: line × width + position.
type cell int

// unit is some characters with their candidate texts.
type unit struct {
	cells []cell
	cands []candidate // most probable first
}

type candidate struct {
	text  []int8 // symbols, one for each cell of the unit
	score float64
}

// checksum says that the weighted sum over some cells, modulo 10, equals the
// digit cell (ICAO 9303-3 section 4.9).
type checksum struct {
	cells   []cell // weights 7, 3, 1, 7, … in this order
	digit   cell
	blankOK bool // '<' stands for the digit where all cells are fillers
}

// problem is a zone to solve. The simple checks have no cell in common; the
// composite, if any, runs over cells of theirs and others.
type problem struct {
	units     []unit
	simple    []checksum
	composite *checksum
}

// solution is the best reading under some of the checks.
type solution struct {
	text  map[cell]int8
	score float64
}

func value(s int8) int {
	if int(s) == filler {
		return 0
	}
	return int(s) % 10
}

// weights returns each cell's weight in the check; the digit weighs -1.
func (c *checksum) weights() map[cell]int {
	w := make(map[cell]int, len(c.cells)+1)
	for i, x := range c.cells {
		w[x] = [3]int{7, 3, 1}[i%3]
	}
	w[c.digit] = 9 // -1 modulo 10
	return w
}

// group is a chain of units whose candidates are chosen together: states run
// over (own sum, composite sum, any character yet).
type group struct {
	units []unit
	own   map[cell]int // nil for units in no simple check
	check *checksum
}

type step struct {
	cand int16
	from int16
}

const (
	states    = 200
	forbidden = -1e18
)

// best returns, for every composite sum, the best score and its texts.
func (g *group) best(comp map[cell]int, compDigit cell) (score [10]float64, pick [10][]int) {
	var cur [states]float64
	for i := range cur {
		cur[i] = forbidden
	}
	cur[0] = 0
	back := make([][states]step, len(g.units))
	for k, u := range g.units {
		var next [states]float64
		for i := range next {
			next[i] = forbidden
		}
		for ci, cand := range u.cands {
			own, cmp, solid, legal := 0, 0, 0, true
			blankDigit := false
			for j, x := range u.cells {
				s := cand.text[j]
				if w, ok := g.own[x]; ok {
					own += w * value(s)
					if g.check != nil && x == g.check.digit {
						blankDigit = int(s) == filler
						legal = legal && (s < 10 || blankDigit && g.check.blankOK)
					} else if int(s) != filler {
						solid = 1
					}
				}
				if w, ok := comp[x]; ok {
					cmp += w * value(s)
					legal = legal && (x != compDigit || s < 10)
				}
			}
			if !legal {
				continue
			}
			own, cmp = own%10, cmp%10
			for st, sc := range cur {
				if sc <= forbidden {
					continue
				}
				if blankDigit && st >= 100 {
					continue // '<' for a digit is right only after nothing but fillers
				}
				f, c, had := st/10%10, st%10, st/100
				to := (had|solid)*100 + (f+own)%10*10 + (c+cmp)%10
				if v := sc + cand.score; v > next[to] {
					next[to] = v
					back[k][to] = step{int16(ci), int16(st)}
				}
			}
		}
		cur = next
	}
	for c := range 10 {
		score[c] = forbidden
		end := -1
		for st, sc := range cur {
			if st%10 != c || g.check != nil && st/10%10 != 0 || sc <= score[c] {
				continue
			}
			score[c], end = sc, st
		}
		if end < 0 {
			continue
		}
		p := make([]int, len(g.units))
		for k := len(g.units) - 1; k >= 0; k-- {
			s := back[k][end]
			p[k], end = int(s.cand), int(s.from)
		}
		pick[c] = p
	}
	return score, pick
}

// solve finds the best reading that satisfies the simple checks whose flag is
// set, and the composite if withComposite. ok is false if none does.
func (p *problem) solve(use []bool, withComposite bool) (solution, bool) {
	unitOf := map[cell]int{}
	for i, u := range p.units {
		for _, c := range u.cells {
			unitOf[c] = i
		}
	}
	var comp map[cell]int
	var compDigit cell
	if withComposite && p.composite != nil {
		comp, compDigit = p.composite.weights(), p.composite.digit
	}
	taken := make([]bool, len(p.units))
	var groups []group
	for i := range p.simple {
		if !use[i] {
			continue
		}
		g := group{check: &p.simple[i], own: p.simple[i].weights()}
		// In the order of the check, its digit last.
		for _, c := range append(append([]cell(nil), p.simple[i].cells...), p.simple[i].digit) {
			if u, ok := unitOf[c]; ok && !taken[u] {
				taken[u] = true
				g.units = append(g.units, p.units[u])
			}
		}
		groups = append(groups, g)
	}
	for i, u := range p.units {
		if !taken[i] {
			groups = append(groups, group{units: []unit{u}})
		}
	}
	total := [10]float64{}
	for i := 1; i < 10; i++ {
		total[i] = forbidden
	}
	type choice struct{ sum, before int }
	picks := make([][10][]int, len(groups))
	trail := make([][10]choice, len(groups))
	for gi := range groups {
		score, pick := groups[gi].best(comp, compDigit)
		picks[gi] = pick
		var next [10]float64
		for i := range next {
			next[i] = forbidden
		}
		for a := range 10 {
			for b := range 10 {
				if total[a] <= forbidden || score[b] <= forbidden {
					continue
				}
				if v := total[a] + score[b]; v > next[(a+b)%10] {
					next[(a+b)%10] = v
					trail[gi][(a+b)%10] = choice{b, a}
				}
			}
		}
		total = next
	}
	at := 0
	if total[0] <= forbidden {
		return solution{}, false
	}
	s := solution{text: map[cell]int8{}, score: total[0]}
	for gi := len(groups) - 1; gi >= 0; gi-- {
		ch := trail[gi][at]
		for k, c := range picks[gi][ch.sum] {
			u := groups[gi].units[k]
			for j, x := range u.cells {
				s.text[x] = u.cands[c].text[j]
			}
		}
		at = ch.before
	}
	return s, true
}

// misprint is the log-odds by which we believe a check digit to be printed
// right before seeing it: a reading that satisfies a check may be less probable
// than the one that does not by so much, no more, to be preferred. Further
// wrong digits on a document that has one are little surprise.
//
// Measured: right repairs cost 0.15 to 3.8 nats, real misprints start at 2.3;
// the two overlap, so every repair makes the reading uncertain.
const (
	misprint      = 2.0
	furtherWrong  = 0.5
	neverWorthIt  = 60.0
	maxCandidates = 14
)

// outcome is the chosen reading beside the one that knows no check digits.
type outcome struct {
	chosen, free solution
	cost         float64 // nats by which free is more probable than chosen
	sound        bool    // free satisfies all checks
	dropped      int     // checks that chosen does not satisfy
}

// decide weighs the readings that satisfy all, some or none of the checks.
func (p *problem) decide() outcome {
	none := make([]bool, len(p.simple))
	free, ok := p.solve(none, false)
	if !ok {
		return outcome{}
	}
	best, bestScore, sound, wrong := free, math.Inf(-1), false, 0
	n := len(p.simple)
	checks := n
	if p.composite != nil {
		checks++
	}
	masks := make([]int, 0, 1<<checks)
	for m := range 1 << checks {
		masks = append(masks, m)
	}
	dropped := func(m int) (k int) {
		for i := range checks {
			if m>>i&1 == 1 {
				k++
			}
		}
		return k
	}
	sort.SliceStable(masks, func(i, j int) bool { return dropped(masks[i]) < dropped(masks[j]) })
	for _, m := range masks {
		k := dropped(m)
		penalty := 0.0
		if k > 0 {
			penalty = misprint + furtherWrong*float64(k-1)
		}
		if free.score-penalty <= bestScore {
			break // not even the free reading could win with so many dropped
		}
		use := make([]bool, n)
		for i := range n {
			use[i] = m>>i&1 == 0
		}
		s, ok := p.solve(use, p.composite != nil && m>>n&1 == 0)
		if !ok || free.score-s.score > neverWorthIt {
			continue
		}
		if v := s.score - penalty; v > bestScore+1e-9 {
			best, bestScore, wrong = s, v, k
			sound = k == 0 && free.score-s.score < 1e-9
		}
	}
	return outcome{chosen: best, free: free, cost: free.score - best.score, sound: sound, dropped: wrong}
}

// singles returns the candidates of one character.
func singles(lp [symbols]float64) []candidate {
	cands := make([]candidate, symbols)
	for s := range lp {
		cands[s] = candidate{text: []int8{int8(s)}, score: lp[s]}
	}
	return prune(cands, maxCandidates)
}

// prune keeps the best few candidates, most probable first.
func prune(c []candidate, keep int) []candidate {
	sort.SliceStable(c, func(i, j int) bool { return c[i].score > c[j].score })
	return c[:min(len(c), keep)]
}
