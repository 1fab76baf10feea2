package extract

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"

	"idproof/report"
)

// The numbers of the fields on European driving licences (Directive
// 2006/126/EC, annex I), in the order in which they are printed.
var numbered = [][]string{
	{"1", "2", "3", "4a", "4b", "4c", "4d", "5", "8", "9"},
	{"1", "2", "3", "4a", "4b", "4c", "5", "4d", "8", "9"},
	{"1", "2", "3", "4a", "4c", "4b", "4d", "5", "8", "9"},
	{"1", "2", "3", "4a", "4c", "4b", "5", "4d", "8", "9"},
}

var fieldOf = map[string]string{
	"1": surname, "2": givenNames, "3": birthDate, "4a": issueDate, "4b": expiryDate, "4c": authority,
	"4d": personal, "5": docNumber, "8": address, "9": categories,
}

var (
	marker = regexp.MustCompile(`^[(]?(?:(4)\s?([abcdABCD])|([1-9Il]))(?:[.,:)]\s*|\s+|([A-Z]))`)
	inner  = regexp.MustCompile(`(?:\s|[0-9A-Z])(4\s?[abcd][.,:]|[59][.,:]\s)`)
)

// markedPiece cuts the printed number off the start of a piece. The marker "4"
// may be any of 4a to 4d.
func markedPiece(p *piece) (mark string, rest *piece) {
	text := p.string()
	g := marker.FindStringSubmatchIndex(text)
	if g == nil {
		return "", p
	}
	to := g[1]
	switch {
	case g[2] >= 0:
		mark = "4" + strings.ToLower(text[g[4]:g[5]])
	case g[6] >= 0:
		mark = text[g[6]:g[7]]
		if mark == "I" || mark == "l" {
			mark = "1"
		}
	}
	if g[8] >= 0 { // "1SPECIMEN"
		to = g[8]
		if mark == "1" && text[g[6]:g[7]] != "1" {
			return "", p
		}
	}
	// 31.12.1981 has no number before it, 3.31.12.1981 has.
	q := p.cut(len([]rune(text[:to])), len(p.text))
	if len(q.text) == 0 {
		return mark, q
	}
	return mark, q
}

// row is one printed item of a licence: a value and its number, if it was read.
type row struct {
	p    *piece
	mark string
	// vague: the number stands by itself, and not quite on the level.
	vague bool
}

// rows lists the items of a page in reading order, one for each date and number.
func (r *printer) rows(page int) []row {
	var flat []*piece
	for _, p := range r.pieces {
		if p.page == page && p.value() && !p.used {
			flat = append(flat, r.atoms(p)...)
		}
	}
	slices.SortStableFunc(flat, func(a, b *piece) int { return cmp.Compare(a.mid(), b.mid()) })
	for i := 0; i < len(flat); {
		j := i + 1
		for j < len(flat) && flat[j].mid()-flat[i].mid() < 0.5*flat[i].h() {
			j++
		}
		slices.SortStableFunc(flat[i:j], func(a, b *piece) int { return cmp.Compare(a.box.X0, b.box.X0) })
		i = j
	}
	var out []row
	var lone string
	var level, size, end float64
	for _, p := range flat {
		text := p.string()
		if m := loneMark(text); m != "" {
			lone, level, size, end = m, p.mid(), p.h(), p.box.X1
			continue
		}
		if math.Abs(p.mid()-level) > 0.7*p.h() || p.box.X0-end > 5*p.h() {
			lone = ""
		}
		vague := false
		mark, rest := markedPiece(p)
		if mark == "3" || mark == "1" || mark == "2" || mark == "5" || mark == "9" || mark == "8" || mark == "4" {
			// A number at the start may be the day of a date.
			if d := r.months.dates(text, r.issuer, false); len(d) > 0 && d[0].from == 0 && len(r.months.dates(rest.string(), r.issuer, false)) == 0 {
				mark, rest = "", p
			}
		}
		if mark == "" {
			rest = p
			if lone != "" {
				mark, vague = lone, math.Abs(p.mid()-level) > 0.3*p.h() || size < 0.6*p.h()
			}
		}
		lone = ""
		if len(rest.text) > 0 {
			out = append(out, row{rest, mark, vague})
		}
	}
	return out
}

var alone = regexp.MustCompile(`^[(]?(4\s?[abcdABCD]|[1-9])[.,:)]?$`)

// loneMark is a number that was read as a line of its own.
func loneMark(text string) string {
	if g := alone.FindStringSubmatch(strings.TrimSpace(text)); g != nil {
		return strings.ToLower(strings.ReplaceAll(g[1], " ", ""))
	}
	return ""
}

// atoms parts a piece before every number of a field inside it and between its dates.
func (r *printer) atoms(p *piece) []*piece {
	text := p.string()
	var cuts []int
	if len([]rune(text)) == len(text) {
		for at := 1; at < len(text); {
			g := inner.FindStringSubmatchIndex(text[at-1:])
			if g == nil {
				break
			}
			cuts = append(cuts, at-1+g[2])
			at += g[3]
		}
	}
	dates := r.months.dates(text, r.issuer, false)
	for i := 1; i < len(dates); i++ {
		from := dates[i].from
		if !slices.ContainsFunc(cuts, func(c int) bool { return c >= dates[i-1].to && c <= from }) {
			// What stands between two dates may be the number of the second.
			cuts = append(cuts, dates[i-1].to)
		}
	}
	slices.Sort(cuts)
	var out []*piece
	last := 0
	for _, c := range append(cuts, len(p.text)) {
		if c > last {
			if q := p.cut(last, c); len(q.text) > 0 {
				for _, d := range dates {
					if d.from >= last && d.to <= c {
						q.date = d
					}
				}
				out = append(out, q)
			}
			last = c
		}
	}
	return out
}

// licence reads the numbered fields of a page, also where numbers were lost:
// the order in which the fields are printed and what each may hold decide. It
// returns how many numbers bear the result out.
func (r *printer) licence(page int, sure bool) {
	rows := r.rows(page)
	if len(rows) < 4 {
		return
	}
	column := r.column(rows)
	var best []int
	var states []string
	top := 0.0
	for _, s := range numbered {
		if score, where := r.align(rows, s, column); best == nil || score > top {
			top, best, states = score, where, s
		}
	}
	marks := map[string]bool{}
	for i, s := range best {
		if s >= 0 && rows[i].mark == states[s] {
			marks[rows[i].mark] = true
		}
	}
	fours := marks["4a"] || marks["4b"] || marks["4c"] || marks["4d"]
	dated := 0
	for i, s := range best {
		if s >= 0 && strings.Contains("3 4a 4b", states[s]) && rows[i].p != nil {
			dated++
		}
	}
	if len(marks) >= 3 && fours || sure && (len(marks) >= 2 || dated >= 1) {
		r.record(rows, best, states)
	}
}

// column is where the values begin: the left end that most dates share.
func (r *printer) column(rows []row) float64 {
	var xs []float64
	for _, w := range rows {
		if len(r.months.dates(w.p.string(), r.issuer, false)) > 0 || w.mark != "" {
			xs = append(xs, w.p.box.X0)
		}
	}
	if len(xs) == 0 {
		return -1
	}
	slices.Sort(xs)
	return xs[(len(xs)-1)/3]
}

// align assigns the rows to the fields in their order so that numbers and
// contents agree best; -1: the row is no field.
func (r *printer) align(rows []row, states []string, column float64) (float64, []int) {
	const none = -1e9
	n, m := len(rows), len(states)
	score := make([][]float64, n+1)
	from := make([][]int, n+1) // the state before, +m*2 when the row was skipped
	for i := range score {
		score[i] = make([]float64, m+1)
		from[i] = make([]int, m+1)
		for s := range score[i] {
			score[i][s] = none
		}
	}
	score[0][0] = 0 // state s+1: field s was the last
	const skipped = 1000
	for i, w := range rows {
		for last := range m + 1 {
			at := score[i][last]
			if at <= none {
				continue
			}
			if at > score[i+1][last] {
				score[i+1][last], from[i+1][last] = at, last+skipped
			}
			for s := max(0, last-1); s < m; s++ {
				again := s == last-1
				if again && states[s] != "1" && states[s] != "2" && states[s] != "8" {
					continue
				}
				e := r.emit(w, states[s], column)
				if again {
					if w.mark != "" || i == 0 || !follows(rows[i-1].p, w.p) {
						continue
					}
					e -= map[string]float64{"1": 1.4, "2": 1.2, "8": 0.2}[states[s]] // given names have two lines more often than surnames
				}
				if c := at + e; c > score[i+1][s+1] {
					score[i+1][s+1], from[i+1][s+1] = c, last
				}
			}
		}
	}
	end := 0
	for s := range m + 1 {
		if score[n][s] > score[n][end] {
			end = s
		}
	}
	where := make([]int, n)
	total := score[n][end]
	for i, s := n, end; i > 0; i-- {
		f := from[i][s]
		if f >= skipped {
			where[i-1] = -1
			s = f - skipped
		} else {
			where[i-1] = s - 1
			s = f
		}
	}
	return total, where
}

// follows tells whether q is the next line of the text that p begins.
func follows(p, q *piece) bool {
	h := min(p.h(), q.h())
	return math.Abs(p.box.X0-q.box.X0) < 0.8*h && q.box.Y0-p.box.Y1 < 0.5*h && q.mid() > p.mid()+0.5*h && max(p.h(), q.h()) < 1.4*h
}

// emit is how well a row suits a field.
func (r *printer) emit(w row, state string, column float64) float64 {
	e := 0.0
	switch {
	case w.mark == state && w.vague:
		e += 2
	case w.mark == state:
		e += 6
	case w.mark == "4" && state[0] == '4':
		e += 3
	case w.vague:
		e--
	case w.mark != "":
		return -8
	}
	text := w.p.string()
	letters, digits, _ := count(text)
	dates := r.datesIn(w.p)
	aligned := column < 0 || w.p.box.X0 > column-2*w.p.h() && w.p.box.X0 < column+3*w.p.h()
	if w.mark == "" && !aligned && state != "4b" && state != "4c" && state != "9" {
		e -= 3
	}
	switch state {
	case "1", "2":
		if r.countries(text) || unnumbered(text) == "" || letters < 2 {
			return -8
		}
		e += 1.5
	case "3":
		if len(dates) == 0 || dates[0].from > 2 {
			return -8
		}
		e += 4
	case "4a", "4b":
		if len(dates) == 0 || dates[0].from > 4 {
			return -8
		}
		e += 3
	case "4c":
		if len(dates) > 0 || letters < 2 || letters < digits {
			return -8
		}
		e += 0.6
	case "4d":
		if numberOf(text, 5) == "" || len(dates) > 0 {
			return -8
		}
		e += 1.2
		e += 2 * r.shaped(text)
	case "5":
		if numberOf(text, 3) == "" || len(dates) > 0 || letters+digits < 5 {
			return -8
		}
		e += 1.8
		e -= 1.5 * r.shaped(text)
	case "8":
		if letters < 2 || len(dates) > 0 {
			return -8
		}
		e -= 0.5
		if digits > 0 {
			e++
		}
	case "9":
		if categoriesOf(text) == "" {
			return -8
		}
		if w.mark != "" {
			e += 3
		} else {
			e += 0.5 + 0.5*float64(strings.Count(categoriesOf(text), " "))
		}
	}
	return e
}

// record turns the assignment into fields.
func (r *printer) record(rows []row, where []int, states []string) {
	for s, name := range states {
		var parts []*piece
		h := byPlace
		var text []string
		for i, w := range rows {
			if where[i] == s {
				parts = append(parts, w.p)
				text = append(text, w.p.string())
				if w.mark != "" {
					h = byLabel
				}
			}
		}
		if parts == nil {
			continue
		}
		all := strings.Join(text, " ")
		v := r.judge(fieldOf[name], all)
		if v.text == "" && (name == "1" || name == "2") {
			v.text = unnumbered(all)
		}
		if d := parts[0].date; !d.zero() && strings.HasPrefix(fieldOf[name], "Date_") {
			v.text = r.settled(fieldOf[name], d)
		}
		r.add(fieldOf[name], v.text, v.original, h, parts...)
		if name == "3" {
			r.birthplace(parts[0], rows)
		}
	}
}

var misnumbered = regexp.MustCompile(`^[^\p{L}]{0,3}\d{1,2}[^\p{L}]{1,3}`)

// unnumbered returns a name without the number before it that was misread.
func unnumbered(text string) string {
	if s := nameOf(text); s != "" {
		return s
	}
	return nameOf(misnumbered.ReplaceAllString(text, ""))
}

// countries tells whether a text is the name of a state.
func (r *printer) countries(text string) bool {
	_, ok := r.words.Country(tidy(text))
	return ok
}

// datesIn are the dates of an item; the one it was cut out for, where its text
// alone tells none.
func (r *printer) datesIn(p *piece) []written {
	found := r.months.dates(p.string(), r.issuer, false)
	if len(found) == 0 && !p.date.zero() {
		d := p.date
		d.from, d.to = 0, len(p.text)
		return []written{d}
	}
	return found
}

// birthplace is what stands behind the date in field 3.
func (r *printer) birthplace(p *piece, rows []row) {
	found := r.months.dates(p.string(), r.issuer, false)
	if len(found) == 0 {
		return
	}
	rest := p.cut(found[0].to, len(p.text))
	if letters, digits, _ := count(rest.string()); letters >= 2 && digits == 0 {
		r.add(birthPlace, strings.Trim(tidy(rest.string()), "()"), rest.string(), byLabel, rest)
		return
	}
	for _, w := range rows {
		letters, digits, _ := count(w.p.string())
		if !w.p.used && w.mark == "" && letters >= 3 && digits == 0 && w.p.box.X0 > p.box.X1-p.h()/2 &&
			w.p.mid() > p.box.Y0 && w.p.mid() < p.box.Y1 && w.p.box.X0-p.box.X1 < 6*p.h() {
			r.add(birthPlace, tidy(w.p.string()), w.p.string(), byLabel, w.p)
			return
		}
	}
}

// european tells whether licences of the issuer number their fields this way;
// unknown issuers may.
func european(typ, issuer string) bool {
	if typ != report.DrivingLicense && typ != "" {
		return false
	}
	return issuer != "USA" && issuer != "CAN" && issuer != "JPN"
}
