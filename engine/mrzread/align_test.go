package mrzread

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"idproof/engine/ocr"
)

// latticeOf makes the lattice of a clearly read line: every character for some
// steps, then a blank, with the given probability on the right symbol.
func latticeOf(text string, per int, sure float32) *ocr.Lattice {
	l := &ocr.Lattice{Steps: per*len(text) + 4, Symbols: append([]string{""}, strings.Split(letters, "")...)}
	for t := range l.Steps {
		row := make([]float32, symbols+1)
		at := 0
		if i := t - 2; i >= 0 && i < per*len(text) && i%per != per-1 {
			at = 1 + symbol(text[i/per])
		}
		for s := range row {
			row[s] = (1 - sure) / float32(symbols)
		}
		row[at] = sure
		l.P = append(l.P, row...)
	}
	return l
}

func anything(n int) prior {
	p := make(prior, n)
	for i := range p {
		for s := range p[i] {
			p[i][s] = 1
		}
	}
	return p
}

func (a alignment) best() string {
	var b strings.Builder
	for _, row := range a.post {
		k := 0
		for s, v := range row {
			if v > row[k] {
				k = s
			}
		}
		b.WriteByte(letters[k])
	}
	return b.String()
}

func TestAlignReadsAClearLine(t *testing.T) {
	text := "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
	a := align(latticeOf(text, 3, 0.98), anything(len(text)))
	if got := a.best(); got != text {
		t.Errorf("read %s", got)
	}
	if math.Abs(a.pitch-3) > 0.05 {
		t.Errorf("pitch %.2f steps, want 3", a.pitch)
	}
	for i, row := range a.post {
		var sum float64
		for _, v := range row {
			sum += v
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Fatalf("posteriors at %d sum to %v", i, sum)
		}
	}
}

func TestAlignPrefersTheRightLength(t *testing.T) {
	text := "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<"
	l := latticeOf(text, 3, 0.97)
	right := align(l, anything(36)).logLik
	for _, n := range []int{30, 44} {
		if wrong := align(l, anything(n)).logLik; wrong >= right {
			t.Errorf("%d characters are as likely (%.1f) as the printed 36 (%.1f)", n, wrong, right)
		}
	}
}

func TestAlignCountsFillersBySpacing(t *testing.T) {
	// The recogniser has run two neighbouring fillers into one, thrice.
	text := "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
	l := latticeOf(text, 3, 0.97)
	for _, i := range []int{30, 34, 38} {
		row := l.Row(2 + 3*i + 2)
		for s := range row {
			row[s] = 0.02 / float32(symbols)
		}
		row[1+filler] = 0.98
	}
	if got := align(l, anything(44)).best(); got != text {
		t.Errorf("read %s", got)
	}
}

// TestForwardBackwardIsExact compares with the sum over every path of a tiny lattice.
func TestForwardBackwardIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const steps, n = 5, 2
	y := make([][symbols + 1]float64, steps)
	for i := range y {
		for _, s := range []int{0, 1, 2, symbols} {
			y[i][s] = 0.05 + r.Float64()
		}
	}
	p := anything(n)
	p[0][1], p[1][2] = 0.3, 0.5
	got := forwardBackward(y, p, nil)
	// A path is a choice of {blank, 0, 1, 2} at each step.
	total, post := 0.0, [n][symbols]float64{}
	for code := range 1 << (2 * steps) {
		prob, seq, last := 1.0, []int(nil), symbols
		for i := range steps {
			s := []int{0, 1, 2, symbols}[code>>(2*i)&3]
			if s != last && s != symbols {
				if len(seq) < n {
					prob *= p[len(seq)][s]
				}
				seq = append(seq, s)
			}
			v := y[i][s]
			if s == symbols && (len(seq) == 0 || len(seq) == n) {
				v = max(v, junk)
			}
			prob *= v
			last = s
		}
		if len(seq) != n {
			continue
		}
		total += prob
		for i, s := range seq {
			post[i][s] += prob
		}
	}
	if math.Abs(got.logLik-math.Log(total)) > 1e-9 {
		t.Errorf("log-likelihood %v, by enumeration %v", got.logLik, math.Log(total))
	}
	for i := range n {
		for s := range symbols {
			if math.Abs(got.post[i][s]-post[i][s]/total) > 1e-9 {
				t.Errorf("post[%d][%d] = %v, by enumeration %v", i, s, got.post[i][s], post[i][s]/total)
			}
		}
	}
}

func BenchmarkAlign(b *testing.B) {
	text := "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
	l, p := latticeOf(text, 3, 0.97), anything(44)
	b.ReportAllocs()
	for b.Loop() {
		align(l, p)
	}
}
