package lexicon

import (
	"cmp"
	"slices"
)

// meaning is what words say: for labels a field, for titles a type, subtype and
// perhaps an issuer, for states the issuer.
type meaning struct{ field, subtype, issuer string }

// entry is a sequence of folded letters.
type entry struct {
	c        []byte
	grams    int // different pairs of letters
	wrong    int // letters that may be wrong
	meanings []meaning
	// languages[i] are those in which the words have meanings[i].
	languages [][]string
}

// hit is an entry found at c[start:end].
type hit struct {
	meaning
	languages  []string
	start, end int
	letters    int
	score      float64
}

// index finds entries in lines: pairs of letters that both share choose the
// candidates, which are then compared letter by letter.
type index struct {
	entries []entry
	by      map[string]int
	pairs   map[uint16][]int32
}

func newIndex() *index { return &index{by: map[string]int{}, pairs: map[uint16][]int32{}} }

// longest pattern: a machine word has a bit for each letter.
const longest = 64

func (x *index) add(words string, m meaning, language string) {
	c := fold(words).c
	if len(c) == 0 {
		return
	}
	if len(c) > longest {
		c = c[:longest]
	}
	i, ok := x.by[string(c)]
	if !ok {
		i = len(x.entries)
		x.by[string(c)] = i
		x.entries = append(x.entries, entry{c: c, wrong: tolerance(len(c))})
	}
	e := &x.entries[i]
	j := slices.Index(e.meanings, m)
	if j < 0 {
		j = len(e.meanings)
		e.meanings = append(e.meanings, m)
		e.languages = append(e.languages, nil)
	}
	if !slices.Contains(e.languages[j], language) {
		e.languages[j] = append(e.languages[j], language)
	}
}

// tolerance is how many letters may be wrong in words of a length.
func tolerance(letters int) int {
	switch {
	case letters < 5:
		return 0
	case letters < 8:
		return 1
	case letters < 12:
		return 2
	case letters < 18:
		return 3
	}
	return min(letters/5, 6)
}

// close makes the index of pairs.
func (x *index) close() {
	for i := range x.entries {
		e := &x.entries[i]
		seen := map[uint16]bool{}
		for j := range len(e.c) - 1 {
			p := uint16(e.c[j])<<8 | uint16(e.c[j+1])
			if !seen[p] {
				seen[p] = true
				x.pairs[p] = append(x.pairs[p], int32(i))
			}
		}
		e.grams = len(seen)
		// The most languages first, then by name: hits come in this order.
		order := make([]int, len(e.meanings))
		for j := range order {
			order[j] = j
			slices.Sort(e.languages[j])
		}
		slices.SortFunc(order, func(a, b int) int {
			return cmp.Or(cmp.Compare(len(e.languages[b]), len(e.languages[a])),
				cmp.Compare(e.meanings[a].field, e.meanings[b].field),
				cmp.Compare(e.meanings[a].subtype, e.meanings[b].subtype),
				cmp.Compare(e.meanings[a].issuer, e.meanings[b].issuer))
		})
		ms, ls := make([]meaning, len(order)), make([][]string, len(order))
		for j, k := range order {
			ms[j], ls[j] = e.meanings[k], e.languages[k]
		}
		e.meanings, e.languages = ms, ls
	}
}

// span is a place where an entry may stand.
type span struct {
	entry      int
	start, end int
	wrong      int
	weight     float64
	joined     int // ends that stand within a word
}

// find returns the entries in a line that together explain most of it, from left
// to right. Lines of a machine-readable zone hold no words.
func (x *index) find(f *folded) []hit {
	if len(f.c) < 2 || isZone(f.line) {
		return nil
	}
	var spans []span
	for _, i := range x.candidates(f.c) {
		spans = x.match(f, i, spans)
	}
	return x.choose(f, spans)
}

func isZone(line []rune) bool {
	n := 0
	for _, r := range line {
		if r == '<' {
			n++
		}
	}
	return n >= 3
}

// candidates are the entries that share enough pairs with the text: every wrong
// letter spoils two.
func (x *index) candidates(c []byte) []int {
	counts := make([]uint8, len(x.entries))
	var touched []int32
	var seen [65536 / 64]uint64
	for j := range len(c) - 1 {
		p := uint16(c[j])<<8 | uint16(c[j+1])
		if seen[p>>6]&(1<<(p&63)) != 0 {
			continue
		}
		seen[p>>6] |= 1 << (p & 63)
		for _, i := range x.pairs[p] {
			if counts[i] == 0 {
				touched = append(touched, i)
			}
			counts[i]++
		}
	}
	var out []int
	for _, i := range touched {
		e := &x.entries[i]
		if int(counts[i]) >= e.grams-2*e.wrong && len(e.c) <= len(c)+e.wrong {
			out = append(out, int(i))
		}
	}
	return out
}

// match appends the places where entry i may stand.
func (x *index) match(f *folded, i int, spans []span) []span {
	e := &x.entries[i]
	var peq, rev [256]uint64
	n := len(e.c)
	for j, b := range e.c {
		peq[b] |= 1 << j
		rev[b] |= 1 << (n - 1 - j)
	}
	ends := scan(&peq, n, f.c, false)
	for end := 1; end <= len(f.c); end++ {
		if ends[end-1] > e.wrong || !f.canEnd(end-1, n) {
			continue
		}
		lo := max(0, end-n-e.wrong)
		starts := scan(&rev, n, f.c[lo:end], true)
		best := span{wrong: e.wrong + 1}
		for k, d := range starts {
			// starts[k] is the distance to what begins k+1 before the end.
			s := end - 1 - k
			if d > e.wrong || !f.canStart(s, n) {
				continue
			}
			joined := 0
			if !f.startSoft[s] {
				joined++
			}
			if !f.endSoft[end-1] {
				joined++
			}
			sp := span{entry: i, start: s, end: end, wrong: d, joined: joined}
			if !e.allows(f.c[s:end], d) {
				continue
			}
			if d+joined < best.wrong+best.joined {
				best = sp
			}
		}
		if best.wrong <= e.wrong {
			best.weight = float64(n) - 1.6*float64(best.wrong) - 1.2*float64(best.joined) - 0.4
			spans = append(spans, best)
		}
	}
	return spans
}

// Words of at least this many letters are found within others, where spaces were lost.
const insideWords = 9

func (f *folded) canStart(i, letters int) bool {
	if letters < 5 {
		return f.startSoft[i]
	}
	return f.startSoft[i] || letters >= insideWords
}

func (f *folded) canEnd(i, letters int) bool {
	if letters < 5 {
		return f.endSoft[i]
	}
	return f.endSoft[i] || letters >= insideWords
}

// allows tells whether text may be these words with so many letters wrong: short
// words keep their first letter, for names differ from them there.
func (e *entry) allows(text []byte, wrong int) bool {
	return wrong == 0 || len(e.c) >= 8 || text[0] == e.c[0]
}

// scan is Myers' bit-parallel approximate search (1999): for every position the
// least distance of the pattern to a text that ends there. Reversed, the text is
// read from its end and the match is anchored there.
func scan(peq *[256]uint64, n int, text []byte, reversed bool) []int {
	out := make([]int, len(text))
	pv, mv := ^uint64(0), uint64(0)
	score := n
	last := uint64(1) << (n - 1)
	for i := range text {
		b := text[i]
		if reversed {
			b = text[len(text)-1-i]
		}
		eq := peq[b]
		xv := eq | mv
		xh := (((eq & pv) + pv) ^ pv) | eq
		ph := mv | ^(xh | pv)
		mh := pv & xh
		if ph&last != 0 {
			score++
		}
		if mh&last != 0 {
			score--
		}
		ph <<= 1
		if reversed {
			ph |= 1 // anchored: leaving text out costs
		}
		mh <<= 1
		pv = mh | ^(xv | ph)
		mv = ph & xv
		out[i] = score
	}
	return out
}

// choose takes the spans that do not overlap and weigh most together.
func (x *index) choose(f *folded, spans []span) []hit {
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.end, b.end), cmp.Compare(a.start, b.start), cmp.Compare(b.weight, a.weight), cmp.Compare(a.entry, b.entry))
	})
	best := make([]float64, len(f.c)+1)
	take := make([]int, len(f.c)+1)
	k := 0
	for end := 1; end <= len(f.c); end++ {
		best[end], take[end] = best[end-1], -1
		for ; k < len(spans) && spans[k].end == end; k++ {
			s := spans[k]
			if w := best[s.start] + s.weight; w > best[end] {
				best[end], take[end] = w, k
			}
		}
	}
	var chosen []span
	for end := len(f.c); end > 0; {
		if take[end] < 0 {
			end--
			continue
		}
		s := spans[take[end]]
		chosen = append(chosen, s)
		end = s.start
	}
	slices.Reverse(chosen)
	var out []hit
	for i, s := range chosen {
		e := &x.entries[s.entry]
		if len(e.c) < 5 && !f.stands(s, i > 0 && chosen[i-1].end >= s.start-1, i+1 < len(chosen) && chosen[i+1].start <= s.end+1) {
			continue
		}
		score := 1 - float64(s.wrong+s.joined)/float64(len(e.c))
		for j, m := range e.meanings {
			out = append(out, hit{m, e.languages[j], s.start, s.end, len(e.c), score})
		}
	}
	return out
}

// stands tells whether a short word stands as labels do: it begins the line or
// follows a stroke or another label, or another label follows it.
func (f *folded) stands(s span, after, before bool) bool {
	if after || before {
		return true
	}
	i := f.at[s.start] - 1
	for ; i >= 0; i-- {
		switch r := f.line[i]; {
		case r == '/' || r == '|' || r == '\\' || r == '·':
			return true
		case wordy(r) && !(r >= '0' && r <= '9') && r != 'a' && r != 'b' && r != 'c' && r != 'd':
			return false
		}
	}
	return true
}
