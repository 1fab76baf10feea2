package extract

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"idproof/engine/textread"
	"idproof/mrz"
	"idproof/report"
)

// printer reads the print of one document; the state of one extraction.
type printer struct {
	*Extractor
	issuer string
	typ    string
	now    time.Time
	place  []func(textread.Box) report.Quad // by page
	pages  []int                            // of the report
	pieces []*piece
	got    []Reading
	from   map[string]*piece // where a field was read first
	served []offer           // labels with their values
	open   []*anchor         // labels without
}

// guessed is the most that is trusted in a value which only its place tells.
const guessed = 0.7

// add records what a piece says.
func (r *printer) add(field, value, original string, h how, parts ...*piece) {
	if value == "" || len(parts) == 0 {
		return
	}
	out := Reading{
		Field: field, Value: value, Original: original, Source: report.FromVisual, how: h, parts: parts,
		Page: r.pages[parts[0].page], Confidence: 1,
	}
	if h == byPlace {
		out.Confidence = guessed
	}
	box := parts[0].box
	for _, p := range parts {
		p.use()
		out.Confidence = min(out.Confidence, p.conf)
		if p.page == parts[0].page {
			box = textread.Box{X0: min(box.X0, p.box.X0), Y0: min(box.Y0, p.box.Y0), X1: max(box.X1, p.box.X1), Y1: max(box.Y1, p.box.Y1)}
		}
	}
	if place := r.place[parts[0].page]; place != nil {
		q := place(box)
		out.Region = &q
	}
	r.got = append(r.got, out)
	if r.from[field] == nil {
		r.from[field] = parts[0]
	}
}

// has tells whether the print gave a field already.
func (r *printer) has(field string) bool {
	return slices.ContainsFunc(r.got, func(g Reading) bool { return g.Field == field })
}

// value is what a run of pieces says about a field.
type value struct {
	text, original string
	fit            float64 // 0 to 1: how much it looks like this field's values
	parts          []*piece
}

// values of dates: which of several dates in one text a field means.
func (r *printer) dateOf(field, text string) (string, string) {
	found := r.months.dates(text, r.issuer, true)
	if len(found) == 0 {
		return "", ""
	}
	w := found[0]
	if field == expiryDate {
		w = found[len(found)-1]
	}
	k := past
	if field == expiryDate {
		k = ending
	}
	runes := []rune(text)
	return w.settle(k, r.issuer, r.now).iso(), strings.TrimSpace(string(runes[w.from:w.to]))
}

// judge reads a text as the value of a field; fit 0: it is none.
func (r *printer) judge(field, text string) (v value) {
	v.original = tidy(text)
	letters, digits, _ := count(text)
	switch field {
	case birthDate, issueDate, expiryDate:
		v.text, v.original = r.dateOf(field, text)
		v.fit = 1
	case surname, givenNames, birthName, fullName:
		v.text, v.fit = latinName(text), 0.9
		if letters < 3 {
			v.fit = 0.3
		}
	case nationality:
		v.text, v.fit = r.nationalityOf(text), 0.4
		if _, ok := mrz.LookupState(v.text); ok {
			v.fit = 1
		}
	case sex:
		v.text, v.fit = r.sexOf(text, r.issuer), 1
		if r.issuer == "MEX" && r.typ == report.IdentityCard { // hombre, mujer
			v.text = map[string]string{"H": "M", "M": "F", "X": "X"}[strings.ToUpper(tidy(text))]
		}
	case docNumber:
		v.text, v.fit = numberOf(text, 3), 0.8
		if g := seriesValue.FindStringSubmatch(v.text); g != nil {
			v.text = g[1] + alike(g[2])
		}
		if _, rest, ok := strings.Cut(v.text, " "); ok && !r.formed(v.text) && r.formed(rest) {
			v.text = rest // what stood before the number is not part of it
		}
		if n, _ := r.proven(field, text); n != "" && v.text != "" && strings.HasPrefix(alike(v.text), alike(strings.ToUpper(n))) {
			v.text, v.fit = n, 1
		}
		if len(r.months.dates(text, r.issuer, false)) > 0 {
			v.fit = 0.2
		}
	case personal:
		v.text, v.fit = numberOf(text, 4), 0.8
		if n, _ := r.proven(field, text); n != "" && v.text != "" {
			v.text, v.fit = n, 1
		}
		if len(r.months.dates(text, r.issuer, false)) > 0 {
			v.fit = 0.2
		}
	case access:
		v.text, v.fit = canOf(text), 1
	case height:
		v.text, v.fit = heightOf(text), 1
	case categories:
		v.text, v.fit = categoriesOf(text), 0.9
	case eyes:
		v.text, v.fit = nameOf(text), 0.6
	case address:
		if letters >= 2 && r.typ != report.Visa {
			v.text, v.fit = tidy(text), 0.7
		}
	case issuing:
		if code, ok := r.words.Country(text); ok {
			v.text, v.fit = code, 1
		}
	default: // places, authorities
		if (letters >= 3 || letters == 2 && capitals([]rune(text))) && digits <= letters+6 {
			v.text, v.fit = tidy(text), 0.7
		}
		if len(r.months.dates(text, r.issuer, false)) > 0 {
			v.fit = 0.2
		}
	}
	if v.text == "" {
		v.fit = 0
	}
	return v
}

// anchor is a label, in as many languages and lines as it is printed.
type anchor struct {
	field string
	box   textread.Box
	h     float64
	page  int
	parts []*piece
}

// anchors joins labels of the same field that stand together.
func (r *printer) anchors() []*anchor {
	var out []*anchor
	for _, p := range r.pieces {
		if p.label == nil || p.label.field == "" {
			continue
		}
		joined := false
		for _, a := range out {
			if a.page != p.page || a.field != p.label.field {
				continue
			}
			h := max(a.h, p.h())
			below := p.box.Y0-a.box.Y1 < 0.8*h && p.box.Y0 > a.box.Y0 && min(p.box.X1, a.box.X1)-max(p.box.X0, a.box.X0) > 0
			beside := math.Abs(p.mid()-(a.box.Y0+a.box.Y1)/2) < 0.7*h && p.box.X0-a.box.X1 < 2*h
			if (below || beside) && !r.between(a, p) {
				a.box = textread.Box{X0: min(a.box.X0, p.box.X0), Y0: min(a.box.Y0, p.box.Y0), X1: max(a.box.X1, p.box.X1), Y1: max(a.box.Y1, p.box.Y1)}
				a.parts = append(a.parts, p)
				joined = true
				break
			}
		}
		if !joined {
			out = append(out, &anchor{p.label.field, p.box, p.h(), p.page, []*piece{p}})
		}
	}
	return out
}

// between tells whether a value stands between two labels of a field.
func (r *printer) between(a *anchor, p *piece) bool {
	for _, v := range r.pieces {
		if v.page == p.page && v.value() && v.mid() > a.box.Y1 && v.mid() < p.box.Y0 &&
			v.box.X0 < max(a.box.X1, p.box.X1) && v.box.X1 > min(a.box.X0, p.box.X0) {
			return true
		}
	}
	return false
}

// documents are words that tell the number of the document from other numbers.
var documents = regexp.MustCompile(`pass|docum|dokum|card|cart|kart|ausweis|licen|permi|permess|id|dowod|osobn|preukaz|prukaz|lietuv|паспорт|докум|διαβατ|ταυτοτ`)

// names tells whether the label has such words.
func (a *anchor) names(words *regexp.Regexp) bool {
	return slices.ContainsFunc(a.parts, func(p *piece) bool { return words.MatchString(fold(p.string())) })
}

// side says where a value stands, seen from its label.
type side uint8

const (
	behind side = iota // on the same level, further right
	under
	above
	sides
)

// offer is a value that may belong to a label, at a cost.
type offer struct {
	a    *anchor
	v    value
	side side
	cost float64
}

// labelled finds the values of the labels. How most labels of a page have their
// values, behind or under them, settles the doubtful ones.
func (r *printer) labelled() {
	r.lettered()
	anchors := r.anchors()
	r.rename(anchors)
	var bias [sides]float64
	bias[above] = 2.2
	var chosen []offer
	for range 2 {
		chosen = choose(r.offers(anchors, bias))
		var n [sides]float64
		for _, o := range chosen {
			n[o.side]++
		}
		all := n[behind] + n[under] + n[above]
		if all < 3 {
			break
		}
		for s := range sides {
			bias[s] = 0.8 * (1 - n[s]/all)
		}
		if n[above] < 0.3*all {
			bias[above] += 2
		}
	}
	chosen = datesInOrder(chosen)
	// Of several labels of a field the upper one counts, if their values stand as well.
	slices.SortStableFunc(chosen, func(x, y offer) int {
		if c := cmp.Compare(math.Round(2*x.cost), math.Round(2*y.cost)); c != 0 {
			return c
		}
		return cmp.Compare(x.a.box.Y0, y.a.box.Y0)
	})
	r.served = chosen
	for _, a := range anchors {
		if reported[a.field] && !slices.ContainsFunc(chosen, func(o offer) bool { return o.a == a }) {
			r.open = append(r.open, a)
		}
	}
	named := r.has(surname)
	for _, o := range chosen {
		switch {
		case !reported[o.a.field]:
			for _, p := range o.v.parts {
				p.use()
			}
		case o.a.field == surname && !named || r.lacks(o.a.field): // Spain asks twice for a surname
			r.take(o)
		}
	}
	r.joinSurnames(chosen)
	r.splitNames()
}

// reported are the labelled fields of a report. Values of other labels are
// known not to be these.
var reported = map[string]bool{
	docNumber: true, surname: true, givenNames: true, birthName: true, fullName: true, nationality: true, birthDate: true, birthPlace: true,
	sex: true, issueDate: true, expiryDate: true, authority: true, issuePlace: true, personal: true, address: true, height: true, eyes: true,
	categories: true, access: true, issuing: true, "Also_Known_As": true, "Hair_Colour": true, "Weight": true, "Entries": true,
}

// datesInOrder settles misread labels: where two labels name the same date but
// their dates differ, birth is the earlier and expiry the later one.
func datesInOrder(chosen []offer) []offer {
	return slices.DeleteFunc(slices.Clone(chosen), func(x offer) bool {
		return slices.ContainsFunc(chosen, func(y offer) bool {
			if x.a.field != y.a.field || math.Abs(x.cost-y.cost) > 1 {
				return false
			}
			return x.a.field == expiryDate && x.v.text < y.v.text || x.a.field == birthDate && x.v.text > y.v.text
		})
	})
}

var letteredName = regexp.MustCompile(`^[\[({|]\s?([abAB])\s?[\])}|]\s*(\p{L}.*)$`)

// lettered reads the names that German cards print behind letters: [a] the
// surname, [b] the name at birth.
func (r *printer) lettered() {
	if r.issuer != "D" && r.issuer != "DEU" {
		return
	}
	for _, p := range r.pieces {
		g := letteredName.FindStringSubmatch(strings.TrimSpace(p.string()))
		if !p.value() || p.used || g == nil || nameOf(g[2]) == "" {
			continue
		}
		field := surname
		if strings.EqualFold(g[1], "b") {
			field = birthName
		}
		if r.lacks(field) {
			r.add(field, nameOf(g[2]), g[2], byLabel, p)
		}
	}
}

// rename settles what "name" means: beside a label for given names it is the surname.
func (r *printer) rename(anchors []*anchor) {
	given := slices.ContainsFunc(anchors, func(a *anchor) bool { return a.field == givenNames })
	family := slices.ContainsFunc(anchors, func(a *anchor) bool { return a.field == surname })
	for _, a := range anchors {
		if a.field == givenNames && !family && r.issuer == "MEX" && r.typ == report.IdentityCard {
			a.field = fullName // NOMBRE of the voter's card: two surnames and the given names
			continue
		}
		if a.field != fullName {
			continue
		}
		switch {
		case given && !family:
			a.field = surname
		case family && !given:
			a.field = givenNames
		}
	}
}

const (
	farthest = 3.2 // cost above which a value belongs to no label
)

func (r *printer) offers(anchors []*anchor, bias [sides]float64) []offer {
	var out []offer
	for _, a := range anchors {
		for _, p := range r.pieces {
			if p.page != a.page || !p.value() || p.used {
				continue
			}
			s, cost, ok := r.reach(a, p)
			if !ok {
				continue
			}
			v := r.readAs(a.field, p)
			if v.fit == 0 {
				continue
			}
			cost += bias[s] + 1.5*(1-v.fit)
			if p.conf < 0.65 {
				cost += 0.8
			}
			if a.field == docNumber && !a.names(documents) {
				cost += 0.5
			}
			if cost < farthest {
				out = append(out, offer{a, v, s, cost})
			}
		}
	}
	return out
}

// reach tells where a value stands from its label and how far.
func (r *printer) reach(a *anchor, p *piece) (side, float64, bool) {
	h := max(p.h(), a.h)
	top, bottom := a.box.Y0, a.box.Y1
	level := p.mid() > top-0.35*h && p.mid() < bottom+0.35*h
	if level && p.box.X0 > a.box.X1-0.5*h && p.box.X0 >= a.box.X0 {
		gap := max(0, p.box.X0-a.box.X1) / h
		if gap > 14 {
			return 0, 0, false
		}
		cost := 0.15*gap + 0.5*max(0, top+0.3*h-p.mid(), p.mid()-bottom+0.3*h)/h
		if r.blocked(a, p, textread.Box{X0: a.box.X1, X1: p.box.X0, Y0: top, Y1: bottom}) {
			cost += 2
		}
		return behind, cost, true
	}
	overlap := min(a.box.X1, p.box.X1) - max(a.box.X0, p.box.X0)
	left := math.Abs(p.box.X0-a.box.X0) / h
	if overlap < -1.5*h && left > 3 {
		return 0, 0, false
	}
	aside := 0.12 * min(left, 8)
	if overlap < 0 {
		aside += 0.5
	}
	switch {
	case p.mid() > bottom-0.2*h && p.box.Y0 > top-0.3*h:
		gap := max(0, p.box.Y0-bottom) / h
		cost := 0.8*gap + aside
		if r.blocked(a, p, textread.Box{X0: max(a.box.X0, p.box.X0), X1: max(min(a.box.X1, p.box.X1), max(a.box.X0, p.box.X0)+h), Y0: bottom, Y1: p.box.Y0}) {
			cost += 2
		}
		return under, cost, gap < 3
	case p.mid() < top+0.2*h && p.box.Y1 < bottom:
		gap := max(0, top-p.box.Y1) / h
		return above, 0.8*gap + aside, gap < 1.2
	}
	return 0, 0, false
}

// blocked tells whether something else stands in the way.
func (r *printer) blocked(a *anchor, p *piece, way textread.Box) bool {
	for _, o := range r.pieces {
		if o == p || o.page != a.page || slices.Contains(a.parts, o) {
			continue
		}
		x, y := (min(o.box.X1, way.X1) - max(o.box.X0, way.X0)), (min(o.box.Y1, way.Y1) - max(o.box.Y0, way.Y0))
		if way.Y1-way.Y0 < 1 || way.X1-way.X0 < 1 {
			continue
		}
		if x > 0.3*min(way.X1-way.X0, o.box.X1-o.box.X0) && y > 0.5*o.h() {
			return true
		}
	}
	return false
}

// readAs judges a piece, and with what stands behind it where it alone is cut off.
func (r *printer) readAs(field string, p *piece) value {
	v := r.judge(field, p.string())
	v.parts = []*piece{p}
	dated := field == birthDate || field == issueDate || field == expiryDate
	if v.fit > 0 && !dated || v.fit == 1 {
		return v
	}
	if !dated || len(p.text) > 14 {
		return v
	}
	// 04 051970, 19 OKT/OCT 1971: the parts of a date were found one by one.
	text, parts := p.string(), v.parts
	for range 2 {
		q := r.nextTo(parts[len(parts)-1], 5)
		if q == nil {
			break
		}
		text += " " + q.string()
		parts = append(parts, q)
		if j := r.judge(field, text); j.fit > 0 {
			j.parts = parts
			return j
		}
	}
	return v
}

// nextTo is the value that stands behind a piece with no more than so many heights between.
func (r *printer) nextTo(p *piece, gap float64) *piece {
	var best *piece
	for _, q := range r.pieces {
		d := q.box.X0 - p.box.X1
		if q != p && q.page == p.page && q.value() && !q.used && math.Abs(q.mid()-p.mid()) < 0.5*p.h() && d > -0.5*p.h() && d < gap*p.h() &&
			(best == nil || q.box.X0 < best.box.X0) {
			best = q
		}
	}
	return best
}

// choose takes the nearest offers, each label and each piece once. A text with
// two dates may serve two labels.
func choose(offers []offer) []offer {
	slices.SortStableFunc(offers, func(x, y offer) int { return cmp.Compare(x.cost, y.cost) })
	served := map[*anchor]bool{}
	taken := map[*piece][]string{}
	var out []offer
	for _, o := range offers {
		if served[o.a] {
			continue
		}
		free := true
		for _, p := range o.v.parts {
			for _, f := range taken[p] {
				free = free && f != o.a.field && shares(f, o.a.field)
			}
		}
		if !free {
			continue
		}
		served[o.a] = true
		for _, p := range o.v.parts {
			taken[p] = append(taken[p], o.a.field)
		}
		out = append(out, o)
	}
	return out
}

// shares tells whether two fields may stand in one text: a period of validity,
// a date of birth with its place.
func shares(a, b string) bool {
	pair := func(x, y string) bool { return a == x && b == y || a == y && b == x }
	return pair(issueDate, expiryDate) || pair(birthDate, birthPlace) || pair(surname, givenNames) || pair(birthDate, sex) || pair(nationality, birthDate) || pair(nationality, sex)
}

// take records an offer with the lines that belong to it.
func (r *printer) take(o offer) {
	if o.a.field == fullName || o.a.field == surname && (r.together(o.a) || !r.asksGiven(o.a.page)) {
		r.names(o)
		return
	}
	parts, text := o.v.parts, o.v.text
	lines := []string{text}
	if n := moreLines[o.a.field]; n > 0 && o.side != above {
		for range n {
			q := r.lineBelow(parts[len(parts)-1], o.a, false)
			if q == nil {
				break
			}
			v := r.judge(o.a.field, q.string())
			if v.fit < 0.5 {
				break
			}
			if born := bornAs(q.string()); born != "" && o.a.field == surname {
				r.add(birthName, born, q.string(), byLabel, q)
				break
			}
			if o.a.field != address && !latin(text) && latin(v.text) && repeats(text, v.text) { // in a second script
				local := parts
				parts, text, lines = []*piece{q}, v.text, []string{v.text}
				defer func() { r.add(o.a.field, o.v.text, o.v.original, byLabel, local...) }()
				break
			}
			if repeats(text, v.text) && !r.speaks(r.issuer, []string{"es", "pt"}) { // in another script or language
				q.use()
				break
			}
			text += " " + v.text
			lines = append(lines, v.text)
			parts = append(parts, q)
		}
	}
	original := o.v.original
	if len(parts) > len(o.v.parts) || parts[0] != o.v.parts[0] {
		original = text
	}
	r.add(o.a.field, text, original, byLabel, parts...)
	if n := len(r.got); n > 0 && len(lines) > 1 {
		r.got[n-1].lines = lines
	}
	r.beside(o)
	r.since(o)
	r.twin(o)
}

// twin reads the name behind a name in another script that says the same in
// Latin letters, as Bulgarian cards print it.
func (r *printer) twin(o offer) {
	if !spelled[o.a.field] || latin(o.v.text) {
		return
	}
	p := o.v.parts[len(o.v.parts)-1]
	want := plain(mrz.TransliterateFor(r.issuer, o.v.text))
	for _, q := range r.pieces {
		if q.page != p.page || !q.value() || q.used || math.Abs(q.mid()-p.mid()) > 0.6*min(p.h(), q.h()) || q.box.X0 < p.box.X1 || !latin(q.string()) {
			continue
		}
		if name := nameOf(q.string()); name != "" && Distance(plain(mrz.Transliterate(name)), want) <= len(want)/4 {
			r.add(o.a.field, name, q.string(), byLabel, q)
			return
		}
	}
}

// together tells whether a label names surname and given names at once.
func (r *printer) together(a *anchor) bool {
	for _, p := range r.pieces {
		if p.label != nil && p.label.field == givenNames && p.page == a.page && p.mid() > a.box.Y0-a.h/2 && p.mid() < a.box.Y1+a.h/2 && p.box.X0-a.box.X1 < a.h {
			return r.lacksValue(p, a)
		}
	}
	return false
}

// asksGiven tells whether a label of the page asks for given names.
func (r *printer) asksGiven(page int) bool {
	return slices.ContainsFunc(r.pieces, func(p *piece) bool { return p.page == page && p.label != nil && p.label.field == givenNames })
}

// lacksValue tells whether nothing stands under a label that is not as well
// under the one before it.
func (r *printer) lacksValue(p *piece, a *anchor) bool {
	for _, q := range r.pieces {
		if q.page == p.page && q.value() && q.box.X0 > a.box.X1 && q.box.X0 < p.box.X1+p.h() && q.mid() > p.mid() && q.box.Y0-p.box.Y1 < 2*p.h() {
			return false
		}
	}
	return true
}

// surnameFirst tells whether a label for all names has several words of which
// the first is the surname's.
func (r *printer) surnameFirst(a *anchor) bool {
	text := strings.Join(strings.FieldsFunc(a.parts[0].string(), func(c rune) bool { return !unicode.IsLetter(c) }), " ")
	first, rest, ok := strings.Cut(text, " ")
	if !ok {
		return false
	}
	hits := r.words.Labels(first)
	more := r.words.Labels(rest)
	return len(hits) > 0 && hits[0].Field == surname && len(more) > 0 && more[0].Field == givenNames
}

// names reads the lines under a label for all names: one line, or the surname
// over the given names. Academic titles are left out.
func (r *printer) names(o offer) {
	lines := []*piece{o.v.parts[0]}
	for len(lines) < 4 {
		q := r.lineBelow(lines[len(lines)-1], o.a, true)
		if q == nil || nameOf(q.string()) == "" {
			break
		}
		lines = append(lines, q)
	}
	for i, q := range lines {
		if v := bornAs(q.string()); v != "" && i > 0 {
			r.add(birthName, v, q.string(), byLabel, q)
			lines = slices.Delete(lines, i, i+1)
			break
		}
	}
	for len(lines) > 1 && degrees.MatchString(lines[0].string()) {
		lines[0].use()
		lines = lines[1:]
	}
	if !latin(lines[0].string()) {
		r.besideHan(lines[len(lines)-1])
	}
	if len(lines) == 1 {
		field := o.a.field
		if field == fullName && r.surnameFirst(o.a) {
			field = surname
		}
		r.add(field, latinName(lines[0].string()), lines[0].string(), byLabel, lines[0])
		if field == surname && r.lacks(givenNames) && (o.a.field == fullName || r.asksGiven(o.a.page)) {
			r.add(givenNames, latinName(lines[0].string()), lines[0].string(), byLabel, lines[0])
		}
		return
	}
	if r.issuer == "MEX" && len(lines) > 2 {
		both := latinName(lines[0].string()) + " " + latinName(lines[1].string())
		r.add(surname, both, both, byLabel, lines[:2]...)
		lines = lines[1:]
	} else {
		r.add(surname, latinName(lines[0].string()), lines[0].string(), byLabel, lines[0])
	}
	var given []string
	for _, q := range lines[1:] {
		given = append(given, nameOf(q.string()))
	}
	if r.lacks(givenNames) {
		r.add(givenNames, strings.Join(given, " "), strings.Join(given, " "), byLabel, lines[1:]...)
	}
}

// besideHan reads the Latin name that stands behind or under one in another
// script, which is the shorter: "LIN, MEI-HUA". Other documents can be compared
// with that.
func (r *printer) besideHan(p *piece) {
	for _, q := range r.pieces {
		h := min(p.h(), q.h())
		behind := math.Abs(q.mid()-p.mid()) < 0.6*h && q.box.X0 > p.box.X1-0.5*h && q.box.X0-p.box.X1 < 6*h
		below := q.box.Y0-p.box.Y1 > -0.4*h && q.box.Y0-p.box.Y1 < h && q.mid() > p.mid()+0.5*h && math.Abs(q.box.X0-p.box.X0) < 1.5*h
		if q.page != p.page || !q.value() || q.used || !behind && !below || !latin(q.string()) || !r.nameLike(q) {
			continue
		}
		r.add(fullName, nameOf(q.string()), q.string(), byLabel, q)
		return
	}
}

// beside reads what is printed with a date: the place of birth, the sex.
func (r *printer) beside(o offer) {
	if o.a.field != birthDate || len(o.v.parts) != 1 {
		return
	}
	p := o.v.parts[0]
	found := r.months.dates(p.string(), r.issuer, true)
	if len(found) == 0 {
		return
	}
	before, after := p.cut(0, found[0].from), p.cut(found[0].to, len(p.text))
	if v := r.sexOf(before.string(), r.issuer); v != "" && !r.has(sex) && len(before.text) <= 2 {
		r.add(sex, v, before.string(), byPlace, before)
		return
	}
	for _, q := range []*piece{before, after} {
		if letters, digits, _ := count(q.string()); letters >= 3 && digits == 0 && !r.has(birthPlace) && q.conf > 0.7 {
			r.add(birthPlace, tidy(q.string()), q.string(), byPlace, q)
			return
		}
	}
}

// since reads the beginning of a validity of which both ends are printed together.
func (r *printer) since(o offer) {
	if o.a.field != expiryDate || r.has(issueDate) {
		return
	}
	p := o.v.parts[0]
	if found := r.months.dates(p.string(), r.issuer, false); len(found) > 1 {
		w := found[0]
		r.add(issueDate, r.settled(issueDate, w), string(p.text[w.from:w.to]), byPlace, p)
	}
}

// moreLines says how many more lines a value may have.
var moreLines = map[string]int{surname: 1, givenNames: 1, address: 3, authority: 1, birthPlace: 1}

// lineBelow is the value that goes on right under a piece, in capitals like it
// unless in any case.
func (r *printer) lineBelow(p *piece, a *anchor, anyCase bool) *piece {
	for _, q := range r.pieces {
		h := min(p.h(), q.h())
		if q.page != p.page || !q.value() || q.used || q == p || max(p.h(), q.h()) > 1.3*h || q.h() < 0.86*p.h() {
			continue
		}
		gap := q.box.Y0 - p.box.Y1
		if gap > -0.35*h && gap < 0.6*h && q.mid() > p.mid()+0.6*h && math.Abs(q.box.X0-p.box.X0) < 1.2*h &&
			(anyCase || capitals(p.text) == capitals(q.text)) && !r.claimed(q, a) {
			return q
		}
	}
	return nil
}

// claimed tells whether another label stands right beside or over a piece.
func (r *printer) claimed(q *piece, a *anchor) bool {
	for _, p := range r.pieces {
		if p.label == nil || p.page != q.page || slices.Contains(a.parts, p) {
			continue
		}
		h := q.h()
		level := math.Abs(p.mid()-q.mid()) < 0.6*h && p.box.X1 < q.box.X0+h && q.box.X0-p.box.X1 < 3*h
		over := q.box.Y0-p.box.Y1 > -0.6*h && q.box.Y0-p.box.Y1 < 0.6*h && p.mid() < q.mid() && min(p.box.X1, q.box.X1) > max(p.box.X0, q.box.X0)
		if level || over {
			return true
		}
	}
	return false
}

// capitals tells whether all letters are capitals.
func capitals(text []rune) bool {
	return !slices.ContainsFunc(text, unicode.IsLower)
}

// repeats tells whether two lines say the same name in two ways of writing.
func repeats(a, b string) bool {
	x, y := plain(mrz.Transliterate(a)), plain(mrz.Transliterate(b))
	return Distance(x, y) <= len(x)/6
}

// splitNames parts a text that is both surname and given names: at its comma,
// or behind the first word, as the labels name the surname first.
func (r *printer) splitNames() {
	for i := range r.got {
		g := &r.got[i]
		if g.Field != surname && g.Field != fullName || g.Source != report.FromVisual {
			continue
		}
		other := -1
		for j := range r.got {
			if r.got[j].Field == givenNames && r.got[j].Original == g.Original && r.got[j].Page == g.Page {
				other = j
			}
		}
		last, first, comma := strings.Cut(g.Value, ",")
		if !comma {
			last, first, _ = strings.Cut(g.Value, " ")
		}
		last, first = nameOf(last), nameOf(first)
		if last == "" || first == "" || other < 0 && !comma {
			continue
		}
		g.Field, g.Value = surname, last
		if other >= 0 {
			r.got[other].Value = first
		} else if r.lacks(givenNames) {
			given := *g
			given.Field, given.Value = givenNames, first
			r.got = append(r.got, given)
		}
		return
	}
}

// joinSurnames makes one surname of two that have a label each, the first over
// the second: Spanish and Portuguese documents.
func (r *printer) joinSurnames(chosen []offer) {
	var at []int
	for i, g := range r.got {
		if g.Field == surname && g.Source == report.FromVisual && g.how == byLabel {
			at = append(at, i)
		}
	}
	var tops []float64
	for _, o := range chosen {
		if o.a.field == surname {
			tops = append(tops, o.v.parts[0].mid())
		}
	}
	if len(at) != 2 || len(tops) != 2 || r.got[at[0]].Page != r.got[at[1]].Page {
		return
	}
	first, second := at[0], at[1]
	if tops[0] > tops[1] {
		first, second = second, first
	}
	a, b := &r.got[first], r.got[second]
	if repeats(a.Value, b.Value) {
		return
	}
	a.lines = []string{a.Value, b.Value}
	a.Value += " " + b.Value
	a.Original += " " + b.Original
	a.Confidence = min(a.Confidence, b.Confidence)
	a.parts = append(slices.Clone(a.parts), b.parts...)
	if a.Region != nil && b.Region != nil {
		q := *a.Region
		q[2], q[3] = b.Region[2], b.Region[3]
		a.Region = &q
	}
	r.got = slices.Delete(r.got, second, second+1)
}

// latin tells whether all letters are Latin.
func latin(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return unicode.IsLetter(c) && !unicode.Is(unicode.Latin, c) })
}
