package mrzread

import "idproof/mrz"

// Names and optional data are not free strings of letters: fillers separate
// words, two separate the parts of a name, and once a run of fillers has begun
// it lasts to the end of the field. A chain of states says so, and its
// forward-backward pass sharpens the posteriors: an isolated C or K in a run of
// fillers is a filler that was misread, unless it is very clear.

// chain is a Markov chain whose states each emit either a filler or anything else.
type chain struct {
	fills []bool // state emits a filler
	start []float64
	next  [][]float64
}

// The states of a name: in the first part's letters, after one filler there,
// the separator's second filler, the second part's letters, after one filler
// there, after two, and the tail.
const (
	first = iota
	firstGap
	separator
	second
	secondGap
	secondEnd
	tail
	nameStates
)

// nameChain is the prior of a name field (ICAO 9303-3 section 4.6).
func nameChain() chain {
	c := chain{fills: make([]bool, nameStates), start: make([]float64, nameStates), next: make([][]float64, nameStates)}
	for i := range c.next {
		c.next[i] = make([]float64, nameStates)
		c.fills[i] = i != first && i != second
	}
	c.start[first], c.start[tail] = 1, 0.01
	c.next[first][first], c.next[first][firstGap] = 1, 1
	c.next[firstGap][first], c.next[firstGap][separator] = 1, 1
	c.next[separator][second], c.next[separator][tail] = 1, 1
	c.next[second][second], c.next[second][secondGap] = 1, 1
	c.next[secondGap][second], c.next[secondGap][secondEnd] = 1, 1
	c.next[secondEnd][second], c.next[secondEnd][tail] = 0.02, 1
	c.next[tail][tail], c.next[tail][second] = 1, 1e-4
	return c
}

// dataChain is the prior of optional data and numbers: text, with single
// fillers inside, and then fillers to the end.
func dataChain() chain {
	return chain{
		fills: []bool{false, true, true, true},
		start: []float64{1, 0.3, 0, 0.7},
		next: [][]float64{
			{1, 1, 0, 0},
			{0.5, 0, 1, 0},
			{0.05, 0, 0, 1},
			{0.02, 0, 0, 1},
		},
	}
}

// sharpen replaces the posteriors of a field by those under the chain.
func (c chain) sharpen(post [][symbols]float64) {
	n, k := len(post), len(c.fills)
	if n == 0 {
		return
	}
	emit := func(i, s int) float64 {
		if c.fills[s] {
			return post[i][filler] + 1e-9
		}
		return 1 - post[i][filler] + 1e-9
	}
	fw, bw := make([][]float64, n), make([][]float64, n)
	for i := range fw {
		fw[i], bw[i] = make([]float64, k), make([]float64, k)
	}
	norm := func(v []float64) {
		var sum float64
		for _, x := range v {
			sum += x
		}
		for i := range v {
			v[i] /= sum
		}
	}
	for s := range k {
		fw[0][s] = c.start[s] * emit(0, s)
		bw[n-1][s] = 1
	}
	norm(fw[0])
	for i := 1; i < n; i++ {
		for s := range k {
			for p := range k {
				fw[i][s] += fw[i-1][p] * c.next[p][s]
			}
			fw[i][s] *= emit(i, s)
		}
		norm(fw[i])
	}
	for i := n - 2; i >= 0; i-- {
		for s := range k {
			for t := range k {
				bw[i][s] += c.next[s][t] * emit(i+1, t) * bw[i+1][t]
			}
		}
		norm(bw[i])
	}
	for i := range post {
		var fill, other float64
		for s := range k {
			if g := fw[i][s] * bw[i][s]; c.fills[s] {
				fill += g
			} else {
				other += g
			}
		}
		fill, other = fill/(fill+other), other/(fill+other)
		rest := 1 - post[i][filler] + 1e-12
		for s := range symbols {
			if s == filler {
				post[i][s] = fill
			} else {
				post[i][s] *= other / rest
			}
		}
	}
}

// sharpenFields applies the chains to a layout's fields, in copies of the posteriors.
func sharpenFields(l *mrz.Layout, post [][][symbols]float64) [][][symbols]float64 {
	out := make([][][symbols]float64, len(post))
	for i := range post {
		out[i] = append([][symbols]float64(nil), post[i]...)
	}
	names, data := nameChain(), dataChain()
	if l.Format == mrz.FRID { // its given names are two fillers apart
		names.next[secondEnd][second] = 1
	}
	for _, f := range l.Fields {
		part := out[f.Line][f.Start : f.Start+f.Len]
		switch {
		case f.Kind == mrz.KindName:
			names.sharpen(part)
		case f.Kind == mrz.KindAlnum && f.Len >= 7:
			data.sharpen(part)
		}
	}
	return out
}
