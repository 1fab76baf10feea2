package lexicon

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// kind is what words are: the label of a field, the title of a document, a state.
type kind uint8

const (
	label kind = iota
	title
	state
	kinds
)

// meaning is what words say: labels a field, titles a type in its place, a
// subtype and perhaps an issuer, states the issuer.
type meaning struct{ field, subtype, issuer string }

// entry is a sequence of folded letters.
type entry struct {
	c        []byte
	kind     kind
	single   bool // one word
	need     int  // pairs of letters to share before a closer look
	wrong    int  // letters that may be wrong
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

// yields tells whether the letters of h are rather those of other words.
func (h hit) yields(other hit) bool {
	if other.start >= h.end || h.start >= other.end {
		return false
	}
	return other.score > h.score || other.score == h.score && other.letters > h.letters
}

// index finds entries in lines: pairs of letters that both share choose the
// candidates, which are then compared letter by letter.
type index struct {
	entries []entry
	by      map[key]int
	pairs   map[uint16][]int32
}

type key struct {
	kind  kind
	words string // folded
}

func newIndex() *index { return &index{by: map[key]int{}, pairs: map[uint16][]int32{}} }

// longest pattern: a machine word has a bit for each letter.
const longest = 64

func (x *index) add(k kind, words string, m meaning, language string) {
	f := fold(words)
	c := f.c
	if len(c) == 0 {
		return
	}
	if len(c) > longest {
		c = c[:longest]
	}
	i, ok := x.by[key{k, string(c)}]
	if !ok {
		i = len(x.entries)
		x.by[key{k, string(c)}] = i
		e := entry{c: c, kind: k, wrong: tolerance(k, len(c)), single: true}
		for j := 1; j < len(c); j++ {
			e.single = e.single && !f.startHard[j]
		}
		x.entries = append(x.entries, e)
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

// tolerance is how many letters may be wrong in words of a length. Names of states
// are short and much like other words.
func tolerance(k kind, letters int) int {
	if k == state {
		letters -= 2
	}
	switch {
	case letters < 5:
		return 0
	case letters < 9:
		return 1
	case letters < 12:
		return 2
	case letters < 18:
		return 3
	}
	return min(letters/5, 6)
}

// close makes the index of pairs. issuers says how many print in a language.
func (x *index) close(issuers map[string]int) {
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
		e.need = max(1, len(seen)-2*e.wrong)
		// What most issuers mean by the words first, then by name: hits come in this order.
		said := func(j int) int {
			n := 0
			for _, l := range e.languages[j] {
				n += 1 + issuers[l]
			}
			return n
		}
		order := make([]int, len(e.meanings))
		for j := range order {
			order[j] = j
			slices.Sort(e.languages[j])
		}
		slices.SortFunc(order, func(a, b int) int {
			return cmp.Or(cmp.Compare(said(b), said(a)),
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

// find returns the entries in a line by kind, those of a kind that together explain
// most of it, from left to right. Lines of a machine-readable zone hold no words.
func (x *index) find(f *folded) (found [kinds][]hit) {
	if len(f.c) < 2 || isZone(f.line) {
		return found
	}
	w := &work{counts: make([]uint8, len(x.entries)), ends: make([]uint8, len(f.c)), starts: make([]uint8, len(f.c))}
	var spans [kinds][]span
	for _, i := range x.candidates(f.c, w) {
		k := x.entries[i].kind
		spans[k] = x.match(f, int(i), w, spans[k])
	}
	for k := range found {
		found[k] = x.choose(f, spans[k])
	}
	return found
}

// work is memory that the search in one line needs again and again.
type work struct {
	counts       []uint8
	ends, starts []uint8
	peq          [256]uint64
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
func (x *index) candidates(c []byte, w *work) []int32 {
	var touched []int32
	var seen [65536 / 64]uint64
	for j := range len(c) - 1 {
		p := uint16(c[j])<<8 | uint16(c[j+1])
		if seen[p>>6]&(1<<(p&63)) != 0 {
			continue
		}
		seen[p>>6] |= 1 << (p & 63)
		for _, i := range x.pairs[p] {
			if w.counts[i]++; int(w.counts[i]) == x.entries[i].need {
				touched = append(touched, i)
			}
		}
	}
	return slices.DeleteFunc(touched, func(i int32) bool {
		e := &x.entries[i]
		return len(e.c) > len(c)+e.wrong
	})
}

// match appends the places where entry i may stand.
func (x *index) match(f *folded, i int, w *work, spans []span) []span {
	e := &x.entries[i]
	n := len(e.c)
	for j, b := range e.c {
		w.peq[b] |= 1 << j
	}
	least := scan(&w.peq, n, f.c, w.ends, false)
	for _, b := range e.c {
		w.peq[b] = 0
	}
	if least > e.wrong {
		return spans
	}
	for j, b := range e.c {
		w.peq[b] |= 1 << (n - 1 - j)
	}
	for end := 1; end <= len(f.c); end++ {
		if int(w.ends[end-1]) > e.wrong || !f.canEnd(end-1, n) {
			continue
		}
		starts := w.starts[:end-max(0, end-n-e.wrong)]
		scan(&w.peq, n, f.c[end-len(starts):end], starts, true)
		best := span{wrong: e.wrong + 1}
		for k, d := range starts {
			// starts[k] is the distance to what begins k+1 before the end.
			s := end - 1 - k
			if int(d) > e.wrong || !f.canStart(s, n) {
				continue
			}
			sp := span{entry: i, start: s, end: end, wrong: int(d)}
			if !f.startSoft[s] {
				sp.joined++
			}
			if !f.endSoft[end-1] {
				sp.joined++
			}
			if e.allows(f, sp) && sp.wrong+sp.joined < best.wrong+best.joined {
				best = sp
			}
		}
		if best.wrong <= e.wrong {
			best.weight = float64(n) - 1.6*float64(best.wrong) - 1.2*float64(best.joined) - 0.4
			spans = append(spans, best)
		}
	}
	for _, b := range e.c {
		w.peq[b] = 0
	}
	return spans
}

// Words of at least this many letters are found within others, where spaces were lost.
const insideWords = 9

func (f *folded) canStart(i, letters int) bool {
	switch {
	case letters < 3:
		return f.startHard[i]
	case letters < insideWords:
		return f.startSoft[i]
	}
	return true
}

func (f *folded) canEnd(i, letters int) bool {
	switch {
	case letters < 3:
		return f.endHard[i]
	case letters < insideWords:
		return f.endSoft[i]
	}
	return true
}

// allows tells whether the text of a span may be these words with so many letters
// wrong. Values are not to be taken for labels: names differ from short words by
// their first letter, numbers have digits, and of words that are cut a good part
// must be there.
func (e *entry) allows(f *folded, s span) bool {
	text, n := f.c[s.start:s.end], len(e.c)
	if s.wrong+s.joined == 0 {
		return true
	}
	if d := n - len(text); d > 1+n/12 || d < -1-n/12 || n == 5 && d != 0 {
		return false
	}
	if (n < 9 || n < 12 && s.wrong > 1) && text[0] != e.c[0] {
		return false
	}
	if n < 8 && s.wrong > 0 && !likely(e.c, text) {
		return false
	}
	digits := 0
	for _, c := range text {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	if digits > 1 || digits > 0 && n < 8 {
		return false
	}
	if n < 8 && e.single {
		for i := s.start + 1; i < s.end; i++ {
			if f.startHard[i] {
				return false
			}
		}
	}
	const part = 4
	if !f.startSoft[s.start] || !f.endSoft[s.end-1] {
		if s.wrong > n/8 {
			return false
		}
		for i := s.start; i < s.start+part && !f.startSoft[s.start]; i++ {
			if f.endHard[i] {
				return false
			}
		}
		for i := s.end - part; i < s.end && !f.endSoft[s.end-1]; i++ {
			if f.startHard[i] {
				return false
			}
		}
	}
	return true
}

// alike are letters that recognisers take for each other, even where the words
// are short.
var alike = []string{"aeocsd", "uvnhmyw", "ijtfr", "bdpqgoh", "kxhr", "zsb"}

// likely tells whether one letter was misread as another that looks like it, or a
// narrow one was lost or made up.
func likely(want, got []byte) bool {
	i := 0
	for i < len(want) && i < len(got) && want[i] == got[i] {
		i++
	}
	switch {
	case len(want) == len(got):
		if i == len(want) {
			return true
		}
		if want[i] >= 128 || got[i] >= 128 {
			return true // of other scripts
		}
		return slices.ContainsFunc(alike, func(s string) bool {
			return strings.IndexByte(s, want[i]) >= 0 && strings.IndexByte(s, got[i]) >= 0
		})
	case len(want) > len(got):
		return strings.IndexByte("ijtfr", want[i]) >= 0
	}
	return strings.IndexByte("ijtfr", got[i]) >= 0
}

// scan is Myers' bit-parallel approximate search (1999): for every position the
// least distance of the pattern to a text that ends there, and the least of all.
// Reversed, the text is read from its end and the match is anchored there.
func scan(peq *[256]uint64, n int, text []byte, out []uint8, reversed bool) (least int) {
	pv, mv := ^uint64(0), uint64(0)
	score := n
	least = n
	last := uint64(1) << (n - 1)
	anchor := uint64(0)
	if reversed {
		anchor = 1 // leaving text out costs
	}
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
		ph = ph<<1 | anchor
		mh <<= 1
		pv = mh | ^(xv | ph)
		mv = ph & xv
		out[i] = uint8(min(score, 255))
		least = min(least, score)
	}
	return least
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
		if len(e.c) < 5 && e.kind == label && !f.stands(s, i > 0 && chosen[i-1].end >= s.start-1, i+1 < len(chosen) && chosen[i+1].start <= s.end+1) {
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
// follows a stroke or another label, or another label follows it. One of two
// letters has no other word behind it.
func (f *folded) stands(s span, after, before bool) bool {
	if after || before {
		return true
	}
	if s.end-s.start < 3 && s.end < len(f.c) && unicode.IsLetter(f.line[f.at[s.end]]) {
		return false
	}
	for i := f.at[s.start] - 1; i >= 0; i-- {
		switch r := f.line[i]; {
		case strings.ContainsRune("/|\\·", r):
			return true
		case unicode.IsLetter(r) && !strings.ContainsRune("abcd", r):
			return false
		}
	}
	return true
}
