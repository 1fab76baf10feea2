package mrzread

import (
	"math"
	"strings"

	"idproof/mrz"
)

// How believable is a character that the grammar forbids at its place.
const (
	outOfGrammar      = 0.003
	outOfGrammarCheck = 0.05 // at a check digit: misprints there are what we look for
	// Nats that an unknown state or an impossible month or day costs.
	unknownState = 3.0
	noSuchDate   = 3.0
)

// priors returns the prior of every line of a layout.
func priors(l *mrz.Layout) []prior {
	out := make([]prior, l.Lines)
	for i, w := range l.Widths {
		p := make(prior, w)
		for j := range p {
			_, kind, _ := l.At(i, j)
			illegal := outOfGrammar
			if kind == mrz.KindCheck {
				illegal = outOfGrammarCheck
			}
			allowed := l.Alphabet(i, j)
			if kind == mrz.KindCode {
				// Of digits only the editions of some cards (C1, C2, D1) are in use.
				allowed = strings.Trim(strings.ReplaceAll(allowed, "0", ""), "3456789")
			}
			for s := range symbols {
				p[j][s] = illegal
				if strings.IndexByte(allowed, letters[s]) >= 0 {
					p[j][s] = 1
				}
			}
		}
		out[i] = p
	}
	return out
}

// alikes are the pairs that type other than OCR-B, and a small picture of any
// type, shows alike.
var alikes = [][2]byte{{'0', 'O'}, {'1', 'I'}, {'2', 'Z'}, {'5', 'S'}, {'6', 'G'}, {'8', 'B'}, {'0', 'D'}, {'0', 'Q'}}

// doubtful is the share of a character's probability that its alike might
// claim, whatever the recogniser says.
const doubtful = 0.16

// withDoubt returns the posteriors with every character lending some of its
// probability to its alikes.
func withDoubt(post [][][symbols]float64) [][][symbols]float64 {
	out := make([][][symbols]float64, len(post))
	for i := range post {
		out[i] = make([][symbols]float64, len(post[i]))
		for j, row := range post[i] {
			to := row
			for _, p := range alikes {
				a, b := symbol(p[0]), symbol(p[1])
				to[a] = max(to[a], doubtful*row[b])
				to[b] = max(to[b], doubtful*row[a])
			}
			out[i][j] = to
		}
	}
	return out
}

// pose turns the posteriors of the lines into the problem that the check
// digits set. Character j of line i is the cell i*width+j.
func pose(l *mrz.Layout, post [][][symbols]float64) *problem {
	at := func(line, pos int) cell { return cell(line*l.Width + pos) }
	lp := func(line, pos int) (v [symbols]float64) {
		for s, x := range post[line][pos] {
			v[s] = math.Log(x + 1e-9)
		}
		return v
	}
	p := &problem{}
	done := map[cell]bool{}
	add := func(u unit) {
		for _, c := range u.cells {
			done[c] = true
		}
		p.units = append(p.units, u)
	}
	for _, f := range l.Fields {
		switch {
		case f.Kind == mrz.KindState && f.Len == 3:
			add(unit{
				[]cell{at(f.Line, f.Start), at(f.Line, f.Start+1), at(f.Line, f.Start+2)},
				tuples([][symbols]float64{lp(f.Line, f.Start), lp(f.Line, f.Start+1), lp(f.Line, f.Start+2)}, func(t string) float64 {
					if _, ok := mrz.StateName(strings.TrimRight(t, "<")); ok {
						return 0
					}
					return -unknownState
				}),
			})
		case f.Kind == mrz.KindDate && f.Len == 6:
			for k, ok := range []func(string) bool{isYear, isMonth, isDay} {
				add(unit{
					[]cell{at(f.Line, f.Start+2*k), at(f.Line, f.Start+2*k+1)},
					tuples([][symbols]float64{lp(f.Line, f.Start+2*k), lp(f.Line, f.Start+2*k+1)}, func(t string) float64 {
						if ok(t) {
							return 0
						}
						return -noSuchDate
					}),
				})
			}
		}
	}
	for i, w := range l.Widths {
		for j := range w {
			if c := at(i, j); !done[c] {
				p.units = append(p.units, unit{[]cell{c}, singles(lp(i, j))})
			}
		}
	}
	for _, c := range l.Checks {
		sum := checksum{digit: at(c.Line, c.Pos), blankOK: c.BlankOK}
		for _, s := range c.Spans {
			for k := range s.Len {
				sum.cells = append(sum.cells, at(s.Line, s.Start+k))
			}
		}
		if c.Field == mrz.FieldComposite {
			p.composite = &sum
		} else {
			p.simple = append(p.simple, sum)
		}
		if c.Long.Len > 0 {
			if long, ok := longNumber(c, post, at); ok {
				p.simple[len(p.simple)-1] = long
			}
		}
	}
	return p
}

// longNumber returns the check of a document number of more than nine
// characters, if the digit's own place shows a filler and the number goes on
// behind it (ICAO 9303-5 section 4.2.2.2 note j).
func longNumber(c mrz.CheckSpec, post [][][symbols]float64, at func(int, int) cell) (checksum, bool) {
	line := post[c.Long.Line]
	if post[c.Line][c.Pos][filler] < 0.5 || line[c.Long.Start][filler] > 0.5 {
		return checksum{}, false
	}
	end := 0
	for end < c.Long.Len && line[c.Long.Start+end][filler] < 0.5 {
		end++
	}
	sum := checksum{digit: at(c.Long.Line, c.Long.Start+end-1)}
	for _, s := range c.Spans {
		for k := range s.Len {
			sum.cells = append(sum.cells, at(s.Line, s.Start+k))
		}
	}
	for k := range end - 1 {
		sum.cells = append(sum.cells, at(c.Long.Line, c.Long.Start+k))
	}
	return sum, true
}

// tuples returns the best texts over a few characters, judged together.
func tuples(lp [][symbols]float64, prior func(string) float64) []candidate {
	all := []candidate{{}}
	for _, row := range lp {
		var next []candidate
		for _, c := range all {
			for _, s := range singles(row)[:8] {
				next = append(next, candidate{append(append([]int8(nil), c.text...), s.text[0]), c.score + s.score})
			}
		}
		all = next
	}
	for i := range all {
		all[i].score += prior(spell(all[i].text))
	}
	return prune(all, 4*maxCandidates)
}

func spell(text []int8) string {
	var b strings.Builder
	for _, s := range text {
		b.WriteByte(letters[s])
	}
	return b.String()
}

func isYear(s string) bool  { return s == "<<" || isNumber(s) }
func isMonth(s string) bool { return s == "<<" || isNumber(s) && s >= "01" && s <= "12" }
func isDay(s string) bool   { return s == "<<" || isNumber(s) && s >= "01" && s <= "31" }

func isNumber(s string) bool {
	return len(s) == 2 && s[0] >= '0' && s[0] <= '9' && s[1] >= '0' && s[1] <= '9'
}
