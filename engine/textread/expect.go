package textread

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"idproof/engine/ocr"
	"idproof/engine/raster"
	"idproof/mrz"
)

// Expect reads a line of the view again with what another source says stands on
// it: want, capitals A to Z and digits as a machine-readable zone has them. It
// returns the line with the stretch that fits best read so, spelled as it is
// printed (Ä where the zone has AE), and how much less likely that reading is
// than the one without the expectation, in nats: 0 where they are the same,
// infinite where want cannot stand there between two bounds of words. How much
// is too much the caller decides.
func (r *Reader) Expect(ctx context.Context, picture *raster.Gray, v View, line Line, want string) (Line, float64, error) {
	l := line.Box.line()
	here := l.Through(v.ToPicture)
	with := r.eyes(here.Height)[0]
	lat, err := lattice(ctx, with, picture, here)
	if err != nil {
		return line, math.Inf(1), err
	}
	found, loss := expect(lat, edgesOf(want, with.spelled))
	if math.IsInf(loss, 1) {
		return line, loss, nil
	}
	from, to := found[0].step, found[len(found)-1].step
	chars := slices.DeleteFunc(spell(lat), func(c character) bool {
		return c.step >= from && c.step <= to && wordly(c.symbol)
	})
	chars = append(chars, found...)
	slices.SortStableFunc(chars, func(a, b character) int { return cmp.Compare(a.step, b.step) })
	return compose(chars, lat.Steps, l), loss, nil
}

// edge is one printed character that stands for a part of what is expected,
// from ≤ i < to of it; any of the symbols prints it.
type edge struct {
	from, to int
	symbols  []int
}

// edgesOf are all ways to print parts of a text with single characters.
func edgesOf(want string, spelled map[string][]int) []edge {
	var out []edge
	for from := range want {
		for to := from + 1; to <= min(from+longestSpelling, len(want)); to++ {
			if s := spelled[want[from:to]]; s != nil {
				out = append(out, edge{from, to, s})
			}
		}
	}
	return out
}

// longestSpelling is the most letters that one printed letter has in a zone: Щ.
const longestSpelling = 4

// spellings are the symbols of a recogniser by what a zone writes for them.
func spellings(symbols []string) map[string][]int {
	out := map[string][]int{}
	for i, s := range symbols {
		for _, w := range []string{mrz.Transliterate(s), bare(s)} {
			if w != "" && len(w) <= longestSpelling && !strings.Contains(w, "<") && !slices.Contains(out[w], i) {
				out[w] = append(out[w], i)
			}
		}
	}
	return out
}

// bare is a letter or digit as a capital without its marks; "" if that is none of A to Z and 0 to 9.
func bare(s string) string {
	s = norm.NFD.String(strings.ToUpper(s))
	if s != "" && (s[0] >= 'A' && s[0] <= 'Z' || s[0] >= '0' && s[0] <= '9') {
		return s[:1]
	}
	return ""
}

// wordly tells whether a symbol is part of words and numbers.
func wordly(symbol string) bool {
	return strings.ContainsFunc(symbol, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) })
}

// expect finds the cheapest way through the lattice along the edges, which lead
// from 0 to the greatest to: Viterbi, where each step costs how much less likely
// its symbol is than the best one, blanks and punctuation may stand between
// characters, and what stands before and behind costs nothing.
func expect(lat *ocr.Lattice, edges []edge) (found []character, loss float64) {
	n := 0
	for _, e := range edges {
		n = max(n, e.to)
	}
	if n == 0 {
		return nil, math.Inf(1)
	}
	// State i ≤ n is between two characters, state n+1+k on edge k.
	states := n + 1 + len(edges)
	into := make([][]int, states) // the states before
	for k, e := range edges {
		s := n + 1 + k
		into[s] = append(into[s], e.from)
		into[e.to] = append(into[e.to], s)
		for j, f := range edges {
			if f.to == e.from && &f.symbols[0] != &e.symbols[0] { // the same twice needs a blank
				into[s] = append(into[s], n+1+j)
			}
		}
	}
	idle := make([]bool, len(lat.Symbols))
	for i, s := range lat.Symbols {
		idle[i] = !wordly(s)
	}
	opens, closes := bounds(lat)
	last, next, price := make([]float64, states), make([]float64, states), make([]float64, states)
	for s := range last {
		last[s] = math.Inf(1)
	}
	back := make([]int16, lat.Steps*states) // the state before; -1: begins here
	loss = math.Inf(1)
	var end [2]int // step and state
	for t := range lat.Steps {
		row := lat.Row(t)
		prices(row, idle, edges, price)
		for s := range states {
			best, from := last[s], int16(s)
			for _, b := range into[s] {
				if last[b] < best {
					best, from = last[b], int16(b)
				}
			}
			if starts := s == 0 || s > n && edges[s-n-1].from == 0; starts && opens[t] && best > 0 {
				best, from = 0, -1
			}
			next[s], back[t*states+s] = best+price[s], from
			if ends := s == n || s > n && edges[s-n-1].to == n; ends && closes[t] && next[s] < loss {
				loss, end = next[s], [2]int{t, s}
			}
		}
		last, next = next, last
	}
	if math.IsInf(loss, 1) {
		return nil, loss
	}
	for t, s, on := end[0], end[1], -1; s >= 0; t, s = t-1, int(back[t*states+s]) {
		if s <= n {
			on = -1
			continue
		}
		row := lat.Row(t)
		k := slices.MaxFunc(edges[s-n-1].symbols, func(a, b int) int { return cmp.Compare(row[a], row[b]) })
		c := character{lat.Symbols[k], t, float64(row[k])}
		switch {
		case s != on:
			found = append(found, c)
		case c.p > found[len(found)-1].p:
			found[len(found)-1] = c
		}
		on = s
	}
	slices.Reverse(found)
	return found, loss
}

// prices are what each state costs at one step, in nats.
func prices(row []float32, idle []bool, edges []edge, out []float64) {
	var most, between float32
	for k, p := range row {
		most = max(most, p)
		if idle[k] {
			between += p
		}
	}
	cost := func(p float32) float64 { return max(0, math.Log(float64(most))-math.Log(max(float64(p), 1e-9))) }
	n := len(out) - len(edges)
	for i := range n {
		out[i] = cost(between)
	}
	for k, e := range edges {
		var p float32
		for _, s := range e.symbols {
			p = max(p, row[s])
		}
		out[n+k] = cost(p)
	}
}

// bounds tells at which steps a word may begin, and at which one may end.
func bounds(lat *ocr.Lattice) (opens, closes []bool) {
	opens, closes = make([]bool, lat.Steps), make([]bool, lat.Steps)
	best := make([]int, lat.Steps)
	for t := range best {
		for s, p := range lat.Row(t) {
			if p > lat.Row(t)[best[t]] {
				best[t] = s
			}
		}
	}
	free := true
	for t := range best {
		opens[t] = free
		if best[t] != 0 {
			free = !wordly(lat.Symbols[best[t]])
		}
	}
	free = true
	for t := lat.Steps - 1; t >= 0; t-- {
		closes[t] = free
		if best[t] != 0 {
			free = !wordly(lat.Symbols[best[t]])
		}
	}
	return opens, closes
}
