package extract

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"idproof/engine/textread"
	"idproof/mrz"
)

// label is a field's name found in a text.
type label struct {
	field    string // as in the report; "" for words that name no field that is read
	from, to int    // runes of the text
}

// finder finds the labels in a line of print.
type finder func(line string) []label

// labels returns a finder by the words of documents. Where words mean several
// things in several languages, those of the issuer decide. Titles are no values
// either.
func (x *Extractor) labels(issuer string) finder {
	return func(line string) []label {
		var out []label
		hits := x.words.Labels(bracketed.ReplaceAllStringFunc(line, func(s string) string { return strings.Repeat(" ", len(s)) }))
		var fields [][]string // what each label may mean
		for i := 0; i < len(hits); {
			best, j := hits[i], i
			var all []string
			for ; j < len(hits) && hits[j].Start == hits[i].Start; j++ {
				all = append(all, hits[j].Field)
				if !x.speaks(issuer, best.Languages) && x.speaks(issuer, hits[j].Languages) {
					best = hits[j]
				}
			}
			i = j
			if best.Field == "Date_and_Place_of_Birth" { // the place stands with the date
				best.Field = birthDate
			}
			out = append(out, label{best.Field, best.Start, best.End})
			fields = append(fields, all)
		}
		// Of several meanings the one that the label beside it has too.
		for i := range out {
			for _, j := range []int{i - 1, i + 1} {
				if j >= 0 && j < len(out) && len(fields[i]) > 1 && slices.Contains(fields[i], out[j].field) {
					out[i].field = out[j].field
					break
				}
			}
		}
		for i := 1; i+1 < len(out); i++ { // one label in the midst of another
			if out[i-1].field == out[i+1].field {
				out[i].field = out[i-1].field
			}
		}
		runes := []rune(line)
		for i := range out {
			if g := behindLabel.FindString(string(runes[out[i].to:])); g != "" {
				out[i].to += len(g)
			}
		}
		dates := x.months.dates(line, issuer, false)
		out = slices.DeleteFunc(agree(runes, out), func(l label) bool {
			word := string(runes[l.from:l.to])
			_, state := mrz.LookupState(word)
			return state && len(word) == 3 && l.field != access || slices.ContainsFunc(dates, func(w written) bool { return l.from < w.to && w.from < l.to })
		})
		titled, most := 0, 0
		for _, t := range x.words.Titles(line) {
			titled += t.End - t.Start
			most = max(most, t.End-t.Start)
		}
		longer := func(l label) bool { return l.to-l.from > most }
		if n := len(runes); 10*titled > 6*n && !slices.ContainsFunc(out, longer) {
			return []label{{"", 0, n}}
		}
		return out
	}
}

// bracketed is the number of a field in brackets behind its label, Nom (1), as
// passports print it. Its digit is no letter of the label: "nomi" is Italian.
var (
	bracketed   = regexp.MustCompile(`[(\[]\d{1,2}[)\]]?`)
	behindLabel = regexp.MustCompile(`^ ?` + bracketed.String())
)

// remembered finds the labels of a line once.
func remembered(find finder, known map[string][]label) finder {
	return func(line string) []label {
		l, ok := known[line]
		if !ok {
			l = find(line)
			known[line] = l
		}
		return slices.Clone(l)
	}
}

// agree makes the labels of a line with strokes name one field where what stands
// between two strokes is hardly known: in "Datum narodenia/Date of birth" the first may be known
// in part, or wrongly.
func agree(line []rune, labels []label) []label {
	if len(labels) < 2 || !slices.ContainsFunc(line, stroke) {
		return labels
	}
	part := func(l label) (from, to int, whole bool) {
		from, to = l.from, l.to
		for from > 0 && !stroke(line[from-1]) {
			from--
		}
		for to < len(line) && !stroke(line[to]) {
			to++
		}
		known := 0
		for _, o := range labels {
			if o.from >= from && o.to <= to {
				known += o.to - o.from
			}
		}
		return from, to, 10*known >= 7*(to-from)
	}
	for i := range labels {
		from, to, whole := part(labels[i])
		if whole {
			continue
		}
		for j, o := range labels {
			f, t, full := part(o)
			if j != i && full && o.field != labels[i].field && (f == to+1 || t == from-1) {
				labels[i] = label{o.field, from, to}
				break
			}
		}
	}
	return labels
}

func stroke(r rune) bool { return r == '/' || r == '|' }

// speaks tells whether the issuer prints documents in one of the languages.
func (x *Extractor) speaks(issuer string, languages []string) bool {
	return issuer != "" && slices.ContainsFunc(languages, func(l string) bool { return slices.Contains(x.words.Issuers(l), issuer) })
}

// piece is a run of print that is either one label or holds none.
type piece struct {
	text  []rune
	at    []float64 // where each rune stands
	box   textread.Box
	conf  float64
	page  int
	label *label
	// marker is the printed number of a field, "4a".
	marker string
	// first: it is where a line begins.
	first bool
	used  bool
	of    *piece  // what it was cut from
	date  written // that it was cut out for
}

// use marks the piece, and what it was cut from, as read.
func (p *piece) use() {
	for ; p != nil; p = p.of {
		p.used = true
	}
}

func (p *piece) string() string { return string(p.text) }
func (p *piece) h() float64     { return p.box.Y1 - p.box.Y0 }
func (p *piece) mid() float64   { return (p.box.Y0 + p.box.Y1) / 2 }

// value tells whether the piece may be a field's value.
func (p *piece) value() bool { return p.label == nil && p.marker == "" && len(p.text) > 0 }

// cut returns runes from ≤ i < to as a piece of its own, without the white
// space and punctuation around.
func (p *piece) cut(from, to int) *piece {
	idle := func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(":;,|·•*_=~\"“”«»", r) }
	for from < to && (idle(p.text[from]) || strings.ContainsRune(".-/)'", p.text[from])) {
		from++
	}
	for to > from && (idle(p.text[to-1]) || strings.ContainsRune("-/(", p.text[to-1])) {
		to--
	}
	q := &piece{text: p.text[from:to], at: p.at[from:to], box: p.box, conf: p.conf, page: p.page, of: p}
	if from >= to {
		return q
	}
	half := p.pitch() / 2
	if from > 0 {
		q.box.X0 = max(p.box.X0, min(p.at[from]-half, p.box.X1))
	}
	if to < len(p.text) {
		q.box.X1 = max(q.box.X0, min(p.at[to-1]+half, p.box.X1))
	}
	q.first = p.first && from == 0
	return q
}

// pitch is the mean width of a character.
func (p *piece) pitch() float64 {
	if n := len(p.text); n > 1 {
		return math.Abs(p.at[n-1]-p.at[0]) / float64(n-1)
	}
	return p.box.X1 - p.box.X0
}

// fresh makes a piece of a line that was read.
func fresh(l textread.Line, page int) *piece {
	p := &piece{text: []rune(l.Text), at: l.At, box: l.Box, conf: l.Confidence, page: page, first: true}
	if len(p.at) != len(p.text) {
		p.at = make([]float64, len(p.text))
		for i := range p.at {
			p.at[i] = l.Box.X0 + (float64(i)+0.5)*(l.Box.X1-l.Box.X0)/float64(len(p.text))
		}
	}
	return p
}

// isZone tells whether a line belongs to a machine-readable zone: it has
// fillers, or is long and without a space or a small letter.
func isZone(text string) bool {
	n, fillers, other := 0, 0, 0
	for _, r := range text {
		n++
		switch {
		case r == '<' || r == '«':
			fillers++
		case r >= '0' && r <= '9' || r >= 'A' && r <= 'Z':
		default:
			other++
		}
	}
	return fillers >= 2 && n >= 10 || fillers >= 4 || n >= 28 && other == 0 && strings.ContainsAny(text, "0123456789")
}

// upended tells whether a line cannot run from left to right: print across the
// document, or turned.
func upended(l textread.Line) bool {
	return len(l.Text) >= 4 && l.Box.Y1-l.Box.Y0 > 0.8*(l.Box.X1-l.Box.X0)
}

// arrange brings the lines of a page to pieces: what stands close together is
// joined, columns that were read as one line are parted, labels are cut out.
func arrange(page textread.Page, index int, labels finder) []*piece {
	var lines []*piece
	for _, l := range page.Lines {
		if l.Text != "" && !isZone(l.Text) && !upended(l) {
			lines = append(lines, columns(fresh(l, index))...)
		}
	}
	lines = join(lines)
	var out []*piece
	for _, l := range lines {
		out = append(out, l.part(labels)...)
	}
	return out
}

// columns parts a line where the gap between two characters is that of columns.
func columns(p *piece) []*piece {
	var out []*piece
	from, last := 0, -1
	limit := max(2.2*p.h(), 4*p.pitch())
	for i, r := range p.text {
		if unicode.IsSpace(r) {
			continue
		}
		if last >= 0 && p.at[i]-p.at[last] > limit {
			out = append(out, p.cut(from, last+1))
			from = i
		}
		last = i
	}
	if from == 0 {
		return []*piece{p}
	}
	return append(out, p.cut(from, len(p.text)))
}

// join puts together what stands on one level with no more than a word's gap.
func join(lines []*piece) []*piece {
	slices.SortStableFunc(lines, func(a, b *piece) int { return cmp.Compare(a.box.X0, b.box.X0) })
	gone := map[*piece]bool{}
	for _, a := range lines {
		if gone[a] {
			continue
		}
		for {
			b := next(a, lines, gone)
			if b == nil {
				break
			}
			gone[b] = true
			a.shed(b)
			a.text = append(append(slices.Clone(a.text), ' '), b.text...)
			a.at = append(append(slices.Clone(a.at), (a.box.X1+b.box.X0)/2), b.at...)
			a.box = textread.Box{X0: a.box.X0, Y0: min(a.box.Y0, b.box.Y0), X1: max(a.box.X1, b.box.X1), Y1: max(a.box.Y1, b.box.Y1)}
			a.conf = min(a.conf, b.conf)
		}
	}
	lines = slices.DeleteFunc(lines, func(p *piece) bool { return gone[p] })
	slices.SortStableFunc(lines, func(a, b *piece) int { return cmp.Compare(a.mid(), b.mid()) })
	return lines
}

// shed drops the last character where the piece behind begins with it: parts
// of a line overlap, and both have read it.
func (p *piece) shed(b *piece) {
	n := len(p.text)
	if n > 1 && len(b.text) > 0 && b.box.X0 < p.box.X1 && b.at[0]-p.at[n-1] < 0.5*min(p.pitch(), b.pitch()) && alike(string(p.text[n-1])) == alike(string(b.text[0])) {
		p.text, p.at = p.text[:n-1], p.at[:n-1]
	}
}

func next(a *piece, lines []*piece, gone map[*piece]bool) *piece {
	for _, b := range lines {
		h := min(a.h(), b.h())
		if b != a && !gone[b] && math.Abs(a.mid()-b.mid()) < 0.35*h && max(a.h(), b.h()) < 1.5*h &&
			b.box.X0-a.box.X1 > -0.6*h && b.box.X0-a.box.X1 < 0.6*h && b.box.X0 > a.box.X0+h/2 {
			return b
		}
	}
	return nil
}

// part cuts the labels out of a line. Text before a label, and behind a label
// with a stroke between, is the label in another language.
func (p *piece) part(labels finder) []*piece {
	found := labels(p.string())
	if len(found) == 0 {
		return []*piece{p}
	}
	slices.SortStableFunc(found, func(a, b label) int { return cmp.Compare(a.from, b.from) })
	var out []*piece
	at := 0
	slash := false
	rest := func(to int, l *label) {
		q := p.cut(at, to)
		letters, digits, _ := count(q.string())
		if len(q.text) == 0 {
			return
		}
		if l != nil && digits == 0 && letters >= 3 {
			q.label = l
		}
		out = append(out, q)
	}
	for _, l := range found {
		if l.from < at || l.to > len(p.text) || l.from >= l.to {
			continue
		}
		same := &label{l.field, l.from, l.to}
		if slash || at == 0 {
			rest(l.from, same)
		} else {
			rest(l.from, nil)
		}
		q := p.cut(l.from, l.to)
		q.label = same
		if len(q.text) > 0 {
			out = append(out, q)
		}
		at = l.to
		slash = slices.ContainsFunc(p.text[max(at-1, 0):min(at+2, len(p.text))], stroke)
	}
	if n := len(out); slash && n > 0 && out[n-1].label != nil {
		rest(len(p.text), out[n-1].label)
	} else {
		rest(len(p.text), nil)
	}
	return out
}
