package mrzread

import (
	"math"
	"strings"
	"testing"

	"idproof/mrz"
)

// sureOf returns posteriors that are nearly sure of the lines; then change puts doubts.
func sureOf(lines []string) [][][symbols]float64 {
	post := make([][][symbols]float64, len(lines))
	for i, l := range lines {
		for j := range len(l) {
			var row [symbols]float64
			for s := range row {
				row[s] = 0.001 / float64(symbols)
			}
			row[symbol(l[j])] += 0.999
			post[i] = append(post[i], row)
		}
	}
	return post
}

// doubt makes the pixels say a with probability p, else b.
func doubt(post [][][symbols]float64, line, pos int, a, b byte, p float64) {
	var row [symbols]float64
	for s := range row {
		row[s] = 1e-5
	}
	row[symbol(a)], row[symbol(b)] = p, 1-p
	post[line][pos] = row
}

func text(l *mrz.Layout, s solution) []string {
	var out []string
	for i, w := range l.Widths {
		var b strings.Builder
		for j := range w {
			b.WriteByte(letters[s.text[cell(i*l.Width+j)]])
		}
		out = append(out, b.String())
	}
	return out
}

var (
	eriksson = []string{"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"}
	td1      = []string{"I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"}
	longTD1  = []string{"I<UTOD23145890<7349<<<<<<<<<<<", "3407127M9507122UTO<<<<<<<<<<<2", "STEVENSON<<PETER<JOHN<<<<<<<<<"}
)

func TestDecide(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     mrz.Format
		lines []string
		spoil func(post [][][symbols]float64)
		want  []string // nil: the lines
		sound bool
		cost  bool // the pixels spoke against the reading
	}{
		{"clear", mrz.TD3, eriksson, nil, nil, true, false},
		{"clear, three lines", mrz.TD1, td1, nil, nil, true, false},
		{"a long document number", mrz.TD1, longTD1, nil, nil, true, false},
		{
			"a digit that the pixels leave open", mrz.TD3, eriksson,
			func(p [][][symbols]float64) { doubt(p, 1, 3, 'B', '8', 0.6) }, nil, false, true,
		},
		{
			"a clearly printed wrong digit stays", mrz.TD3, eriksson,
			func(p [][][symbols]float64) { doubt(p, 1, 9, '7', '6', 0.98) },
			[]string{eriksson[0], "L898902C37UTO7408122F1204159ZE184226B<<<<<10"},
			false, false,
		},
		{
			"a clearly printed wrong letter of the number stays", mrz.TD3, eriksson,
			func(p [][][symbols]float64) { doubt(p, 1, 0, 'I', 'L', 0.97) },
			[]string{eriksson[0], "I898902C36UTO7408122F1204159ZE184226B<<<<<10"},
			false, false,
		},
		{
			"a doubt within a number is settled though the composite is misprinted", mrz.TD3, eriksson,
			func(p [][][symbols]float64) {
				doubt(p, 1, 43, '5', '0', 0.999)
				doubt(p, 1, 3, 'B', '8', 0.55)
			},
			[]string{eriksson[0], "L898902C36UTO7408122F1204159ZE184226B<<<<<15"},
			false, true,
		},
		{
			"a month that does not exist", mrz.TD3, eriksson,
			func(p [][][symbols]float64) { doubt(p, 1, 15, '8', '0', 0.7) }, nil, true, false,
		},
		{
			"a state that does not exist", mrz.TD3, eriksson,
			func(p [][][symbols]float64) { doubt(p, 1, 12, 'Q', 'O', 0.8) }, nil, true, false,
		},
		{
			"a state that does not exist but is printed", mrz.TD3, eriksson,
			func(p [][][symbols]float64) { doubt(p, 1, 12, 'Q', 'O', 0.999) },
			[]string{eriksson[0], "L898902C36UTQ7408122F1204159ZE184226B<<<<<10"},
			true, false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := c.f.Layout()
			post := sureOf(c.lines)
			if c.spoil != nil {
				c.spoil(post)
			}
			o := pose(l, post).decide()
			want := c.want
			if want == nil {
				want = c.lines
			}
			if got := text(l, o.chosen); strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("read %q", got)
			}
			if o.sound != c.sound || (o.cost > 1e-6) != c.cost {
				t.Errorf("sound %v, cost %.2f", o.sound, o.cost)
			}
		})
	}
}

// TestRepairBound walks through the odds: the check digit may overrule the
// pixels up to the bound and not beyond.
func TestRepairBound(t *testing.T) {
	l := mrz.TD3.Layout()
	for _, nats := range []float64{0.2, 1, 1.9, 2.7, 4, 8} {
		post := sureOf(eriksson)
		p := 1 / (1 + math.Exp(-nats)) // of the wrong 7
		doubt(post, 1, 9, '7', '6', p)
		got := text(l, pose(l, post).decide().chosen)[1][9]
		// A wrong digit breaks its own check and the composite.
		want := byte('6')
		if nats > misprint+furtherWrong {
			want = '7'
		}
		if got != want {
			t.Errorf("against odds of %.1f nats read %c, want %c", nats, got, want)
		}
	}
}

// TestSolveIsExact compares with every reading of a small problem.
func TestSolveIsExact(t *testing.T) {
	p := &problem{
		simple:    []checksum{{cells: []cell{0, 1, 2}, digit: 3}},
		composite: &checksum{cells: []cell{0, 1, 2, 3, 4}, digit: 5},
	}
	weights := []float64{0.31, 0.17, 0.77, 0.05, 0.59, 0.41}
	for c := range cell(6) {
		var cands []candidate
		for k := range int8(5) {
			s := int8((int(c)*7 + int(k)*3) % symbols)
			if c == 3 || c == 5 {
				s = (int8(c) + 2*k) % 10
			}
			cands = append(cands, candidate{[]int8{s}, -weights[c] * float64((int(k)*int(c+3))%5)})
		}
		p.units = append(p.units, unit{[]cell{c}, cands})
	}
	best := math.Inf(-1)
	for code := range 5 * 5 * 5 * 5 * 5 * 5 {
		var v [6]int8
		score, rest := 0.0, code
		for c := range v {
			cand := p.units[c].cands[rest%5]
			v[c], score, rest = cand.text[0], score+cand.score, rest/5
		}
		own := 7*value(v[0]) + 3*value(v[1]) + value(v[2])
		comp := 7*value(v[0]) + 3*value(v[1]) + value(v[2]) + 7*value(v[3]) + 3*value(v[4])
		if own%10 == int(v[3]) && comp%10 == int(v[5]) {
			best = max(best, score)
		}
	}
	s, ok := p.solve([]bool{true}, true)
	if !ok || math.Abs(s.score-best) > 1e-9 {
		t.Errorf("best score %v (found: %v), by enumeration %v", s.score, ok, best)
	}
}

func BenchmarkDecide(b *testing.B) {
	l, post := mrz.TD3.Layout(), sureOf(eriksson)
	doubt(post, 1, 3, 'B', '8', 0.6)
	b.ReportAllocs()
	for b.Loop() {
		pose(l, post).decide()
	}
}
