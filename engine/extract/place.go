package extract

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"idproof/catalogue/number"
	"idproof/report"
)

// formats finds values whose form no other field has: numbers of the issuer
// whose check digits are right.
func (r *printer) formats() {
	for _, p := range r.pieces {
		if !p.value() || p.used {
			continue
		}
		for _, f := range []string{personal, docNumber} {
			if r.has(f) {
				continue
			}
			if v, original := r.proven(f, p.string()); v != "" {
				r.add(f, v, original, byFormat, r.split(p, original))
				break
			}
		}
	}
	r.access()
}

// split parts a piece around some of its text, so that the rest may be something else.
func (r *printer) split(p *piece, part string) *piece {
	before, _, ok := strings.Cut(p.string(), part)
	if !ok || part == p.string() {
		return p
	}
	from := len([]rune(before))
	to := from + len([]rune(part))
	for _, q := range []*piece{p.cut(0, from), p.cut(to, len(p.text))} {
		if len(q.text) > 0 {
			q.of = nil
			r.pieces = append(r.pieces, q)
		}
	}
	return p.cut(from, to)
}

// kinds are the kinds of numbers that a field may hold.
func (r *printer) kinds(field string) []number.Kind {
	switch {
	case field == personal:
		return []number.Kind{number.Personal}
	case r.typ == report.Passport || r.typ == report.IdentityCard || r.typ == report.DrivingLicense || r.typ == report.ResidencePermit:
		return []number.Kind{number.Kind(r.typ)}
	}
	return nil
}

// proven finds in a text a number of the field whose check digits are right, as
// it is, without the word that it was joined to, or with letters taken for the
// digits that they look like. original is how it was read.
func (r *printer) proven(field, text string) (value, original string) {
	kinds := r.kinds(field)
	if kinds == nil {
		return "", ""
	}
	for _, m := range r.numbers.Find(r.issuer, text, kinds...) {
		return text[m.Start:m.End], text[m.Start:m.End]
	}
	if i := strings.IndexAny(text, "0123456789"); i > 0 && i < 6 {
		for _, m := range r.numbers.Find(r.issuer, text[i:], kinds...) {
			if m.Start == 0 {
				return text[i:][:m.End], text[i:][:m.End]
			}
		}
	}
	if _, digits, _ := count(text); digits >= 5 {
		digit := alike(strings.ToUpper(text))
		for _, m := range r.numbers.Find(r.issuer, digit, kinds...) {
			return digit[m.Start:m.End], text
		}
	}
	return "", ""
}

// formed tells whether a text has the form of the issuer's numbers of such documents.
func (r *printer) formed(text string) bool {
	for _, k := range r.kinds(docNumber) {
		if r.numbers.Check(r.issuer, k, text).Valid {
			return true
		}
	}
	return false
}

// shaped is how much a text looks like the issuer's personal numbers: 2 with
// the right check digits, 1 with the right form, 0 otherwise.
func (r *printer) shaped(text string) float64 {
	c := r.numbers.Check(r.issuer, number.Personal, text)
	switch {
	case c.Valid && c.Checked:
		return 2
	case c.Valid, c.Known && c.Reason != number.WrongFormat, r.startsWithBirth(text):
		return 1
	}
	return 0
}

// startsWithBirth tells whether a number begins with the earliest date that is
// printed, as the personal numbers of many states do.
func (r *printer) startsWithBirth(text string) bool {
	var birth written
	for _, p := range r.pieces {
		for _, w := range r.months.dates(p.string(), r.issuer, false) {
			if w = w.settle(past, r.issuer, r.now); birth.zero() || w.iso() < birth.iso() {
				birth = w
			}
		}
	}
	digits := strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, text)
	if birth.zero() || len(digits) < 9 {
		return false
	}
	iso := strings.ReplaceAll(birth.iso(), "-", "")
	year, month, day := iso[:4], iso[4:6], iso[6:]
	for _, form := range []string{day + month + year[2:], year[2:] + month + day, iso, day + month + year} {
		if strings.HasPrefix(digits, form) {
			return true
		}
	}
	return false
}

// document tells a document's number that a label took for the person's: it
// lacks the form of the issuer's personal numbers.
func (r *printer) document() {
	if r.has(docNumber) {
		return
	}
	for i, g := range r.got {
		if g.Field != personal || g.Source != report.FromVisual {
			continue
		}
		if c := r.numbers.Check(r.issuer, number.Personal, g.Value); c.Known && !c.Valid && c.Reason == number.WrongFormat {
			r.got[i].Field = docNumber
		}
		return
	}
}

// person tells a personal number that a label took for the document's: it is
// one by its check digits, and there is another number in the document's form.
func (r *printer) person() {
	for i := range r.got {
		g := r.got[i]
		if g.Field != docNumber || g.Source != report.FromVisual || r.has(personal) || r.typ != report.IdentityCard {
			continue
		}
		v, _ := r.proven(personal, g.Value)
		if own, _ := r.proven(docNumber, g.Value); v == "" || own != "" {
			continue
		}
		n := len(r.got)
		r.got[i].Field = personal
		r.leftNumber()
		if len(r.got) == n {
			r.got[i].Field = docNumber
		} else {
			r.got[i].Value = v
		}
		return
	}
}

// bornAsNumbered takes the date of birth out of the personal number, where it is
// printed nowhere else and check digits bear the number out.
func (r *printer) bornAsNumbered() {
	if r.has(birthDate) {
		return
	}
	for _, g := range r.got {
		if g.Field != personal || g.Source != report.FromVisual {
			continue
		}
		c := r.numbers.Check(r.issuer, number.Personal, g.Value)
		b := c.Birth
		if w := (written{year: b.Year, month: b.Month, day: b.Day, short: b.Short}); c.Valid && c.Checked && w.real() {
			g.Field, g.Value, g.how = birthDate, w.settle(past, r.issuer, r.now).iso(), byFormat
			r.got = append(r.got, g)
		}
		return
	}
}

// withAccess are the issuers whose cards bear a card access number.
var withAccess = map[string]bool{
	"AUT": true, "D": true, "DEU": true, "ESP": true, "ITA": true, "FRA": true, "HRV": true, "LUX": true, "NLD": true, "BEL": true, "PRT": true, "SVK": true,
	"HUN": true, "ROU": true, "BGR": true, "CYP": true, "LTU": true, "LVA": true, "EST": true, "FIN": true, "SWE": true, "POL": true, "SVN": true, "MLT": true, "IRL": true, "GRC": true, "CZE": true, "DNK": true,
}

// access finds the card access number: six digits that stand alone.
func (r *printer) access() {
	if r.typ != report.IdentityCard && r.typ != report.ResidencePermit || !withAccess[r.issuer] || r.has(access) {
		return
	}
	var found []*piece
	for _, p := range r.pieces {
		if p.value() && !p.used && canOf(p.string()) != "" && len(r.months.dates(p.string(), r.issuer, true)) == 0 {
			found = append(found, p)
		}
	}
	if len(found) == 1 {
		r.add(access, canOf(found[0].string()), found[0].string(), byFormat, found[0])
	}
}

// placed finds what has no label that was read by where it usually stands and
// by what is left.
// What the machine-readable zone has is looked for there and not guessed.
func (r *printer) placed(zone *Zone) {
	r.leftDates(zone)
	if zone == nil || zone.Surname == "" {
		r.leftNames()
	}
	if zone == nil || zone.Number == "" {
		r.leftNumber()
	}
	r.leftSex()
	r.leftHeight()
	r.leftNationality()
}

// loose is a date that no label names.
type loose struct {
	p *piece
	w written
}

func (r *printer) looseDates() []loose {
	var out []loose
	for _, p := range r.pieces {
		if !p.value() || p.used {
			continue
		}
		found := r.months.dates(p.string(), r.issuer, false)
		if len(found) == 0 && len(p.text) < 12 {
			if q := r.nextTo(p, 5); q != nil {
				if v, _ := r.dateOf(birthDate, p.string()+" "+q.string()); v != "" && len(r.months.dates(q.string(), r.issuer, false)) == 0 {
					joined := *p
					joined.text = []rune(p.string() + " " + q.string())
					joined.box.X1, joined.box.Y1 = q.box.X1, max(p.box.Y1, q.box.Y1)
					p, found = &joined, r.months.dates(string(joined.text), r.issuer, true)
				}
			}
		}
		for _, w := range found {
			out = append(out, loose{p, w})
		}
	}
	return out
}

// leftDates gives the dates without labels to the fields without dates: birth
// lies before issue and issue before expiry, and documents are valid for whole years.
func (r *printer) leftDates(zone *Zone) {
	fields := []string{birthDate, issueDate, expiryDate}
	known := map[string]string{}
	if zone != nil {
		known[birthDate], known[expiryDate] = zone.BirthDate.String(), zone.ExpiryDate.String()
	}
	for _, g := range r.got {
		if known[g.Field] == "" {
			known[g.Field] = g.Value
		}
	}
	dates := r.looseDates()
	if len(dates) == 0 || len(dates) > 8 {
		return
	}
	best, top := []int(nil), 0.0
	var try func(at int, chosen []int)
	try = func(at int, chosen []int) {
		if at == len(fields) {
			if s := r.plausible(fields, known, dates, chosen); s > top {
				top, best = s, slices.Clone(chosen)
			}
			return
		}
		try(at+1, append(chosen, -1))
		if known[fields[at]] != "" {
			return
		}
		for i := range dates {
			if !slices.Contains(chosen, i) {
				try(at+1, append(chosen, i))
			}
		}
	}
	try(0, nil)
	for i, c := range best {
		if c >= 0 {
			d := dates[c]
			r.add(fields[i], r.settled(fields[i], d.w), string(d.p.text[d.w.from:d.w.to]), byPlace, d.p)
		}
	}
}

func (r *printer) settled(field string, w written) string {
	k := past
	if field == expiryDate {
		k = ending
	}
	return w.settle(k, r.issuer, r.now).iso()
}

// plausible is how well dates suit the fields that they are given to.
func (r *printer) plausible(fields []string, known map[string]string, dates []loose, chosen []int) float64 {
	score := 0.0
	var day [3]time.Time
	for i, f := range fields {
		v := known[f]
		if c := chosen[i]; c >= 0 {
			v = r.settled(f, dates[c].w)
			score++
		}
		day[i], _ = time.Parse(time.DateOnly, v)
	}
	birth, issue, expiry := day[0], day[1], day[2]
	const year = 365.25 * 24 * time.Hour
	if !birth.IsZero() {
		switch {
		case birth.After(r.now):
			return 0
		case !issue.IsZero() && !birth.Before(issue), !expiry.IsZero() && !birth.Before(expiry):
			return 0
		}
		if chosen[0] >= 0 && issue.IsZero() && expiry.IsZero() && r.now.Sub(birth) < 12*year {
			score -= 0.8 // as likely an issue
		}
	}
	if !issue.IsZero() {
		if issue.After(r.now.AddDate(0, 0, 1)) || !expiry.IsZero() && !issue.Before(expiry) {
			return 0
		}
	}
	if !issue.IsZero() && !expiry.IsZero() {
		span := expiry.Sub(issue)
		years := float64(span) / float64(year)
		off := years - float64(int(years+0.5))
		switch {
		case years > 75:
			return 0
		case off > -0.02 && off < 0.02 && years > 0.9 && years < 16:
			score += 0.6
		}
	} else if chosen[2] >= 0 && issue.IsZero() && expiry.Before(r.now.AddDate(-25, 0, 0)) {
		score -= 0.9
	}
	if chosen[1] >= 0 && birth.IsZero() {
		score -= 0.3
	}
	if chosen[1] >= 0 && expiry.IsZero() {
		score -= 0.3 // one date besides the birth is mostly the expiry
	}
	// Birth is printed before the others.
	if chosen[0] >= 0 {
		for _, c := range chosen[1:] {
			if c >= 0 && dates[c].p.mid() < dates[chosen[0]].p.mid()-dates[c].p.h() {
				score -= 0.3
			}
		}
	}
	return score
}

// titles are words that no name consists of, as they stand on documents.
var titles = regexp.MustCompile(`(?i)passport|passeport|pasaporte|reisepass|paszport|pasport|republi|repúbli|kingdom|identi|licen[cs]e|permis|führer|fuhrer|ausweis|card|carte|carta|karta|cart[aã]o|document|nacional|national|federa|union|unión|united|states|state of|visa|visum|schengen|european|europe|residen|rzeczpos|osobn|obcians|signature|holder|authority|ministry|department|office|type|code|surname|given|name|nom\b|date|birth|naiss|sex\b|place|valid|expir|issue|height|eyes|country|pays`)

// leftNames gives lines that look like names to the names without labels: they
// stand over the first date, in the column of the values.
func (r *printer) leftNames() {
	if r.has(fullName) || r.has(surname) && r.has(givenNames) {
		return
	}
	if r.has(surname) != r.has(givenNames) {
		r.otherName()
		return
	}
	birth := r.pieceOf(birthDate)
	for _, f := range []string{issueDate, expiryDate} {
		if p := r.pieceOf(f); p != nil && (birth == nil || birth.page == p.page && p.mid() < birth.mid()-birth.h()) {
			birth = p
		}
	}
	if birth == nil {
		return
	}
	var names []*piece
	for _, p := range r.pieces {
		if v := bornAs(p.string()); v != "" && p.value() && !p.used && r.lacks(birthName) {
			r.add(birthName, v, p.string(), byFormat, p)
			continue
		}
		if p.page == birth.page && p.value() && !p.used && p.mid() < birth.mid()-0.5*birth.h() && r.nameLike(p) &&
			p.h() > 0.72*birth.h() && p.h() < 1.5*birth.h() && p.box.X0 < birth.box.X0+4*birth.h() {
			names = append(names, p)
		}
	}
	if len(names) == 0 {
		return
	}
	sure := 0.0
	for _, p := range names {
		sure = max(sure, p.conf)
	}
	if len(names) > 2 {
		names = slices.DeleteFunc(names, func(p *piece) bool { return p.conf < sure-0.12 })
	}
	// The names stand left aligned with most values.
	x := r.mode(names, birth)
	names = slices.DeleteFunc(names, func(p *piece) bool { return math.Abs(p.box.X0-x) > 1.2*birth.h() })
	slices.SortStableFunc(names, func(a, b *piece) int { return cmp.Compare(a.mid(), b.mid()) })
	if len(names) == 0 {
		return
	}
	if len(names) == 1 {
		r.add(fullName, nameOf(names[0].string()), names[0].string(), byPlace, names[0])
		r.splitNames()
		return
	}
	names = names[:2]
	if last, first, ok := strings.Cut(names[0].string(), ","); ok && nameOf(last) != "" && nameOf(first) != "" {
		r.add(surname, nameOf(last), last, byPlace, names[0])
		r.add(givenNames, nameOf(first), first, byPlace, names[0])
		return
	}
	r.add(surname, nameOf(names[0].string()), names[0].string(), byPlace, names[0])
	r.add(givenNames, nameOf(names[1].string()), names[1].string(), byPlace, names[1])
}

// mode is the left end that most values of the page share, as seen by the
// names; near a date is best.
func (r *printer) mode(names []*piece, birth *piece) float64 {
	best, top := birth.box.X0, 0.0
	for _, p := range names {
		n := 0.0
		for _, q := range r.pieces {
			if q.page == p.page && q.label == nil && len(q.text) > 1 && math.Abs(q.box.X0-p.box.X0) < birth.h() {
				n++
			}
		}
		if math.Abs(p.box.X0-birth.box.X0) < birth.h() {
			n += 2
		}
		if n > top {
			best, top = p.box.X0, n
		}
	}
	return best
}

func (r *printer) nameLike(p *piece) bool {
	s := nameOf(p.string())
	if s == "" || len([]rune(s)) < 3 || p.conf < 0.7 || titles.MatchString(fold(s)) || strings.ContainsAny(s, "/|") {
		return false
	}
	if _, country := r.words.Country(s); country {
		return false
	}
	letters, _, _ := count(s)
	states := 0
	for _, h := range r.words.States(s) {
		states += h.Letters
	}
	return 2*states < letters && !slices.Contains(strings.Fields(s), r.issuer)
}

// otherName finds the given names under the surname, or the surname over them.
func (r *printer) otherName() {
	if p := r.pieceOf(surname); p != nil && r.lacks(givenNames) {
		var best *piece
		for _, q := range r.pieces {
			h := p.h()
			if q.page == p.page && q.value() && !q.used && r.nameLike(q) && q.h() > 0.8*h && q.h() < 1.4*h &&
				q.mid() > p.mid()+0.6*h && q.box.Y0-p.box.Y1 < 3.8*h && q.box.X0-p.box.X0 < 1.5*h && p.box.X0-q.box.X0 < 1.5*h &&
				(best == nil || q.mid() < best.mid()) {
				best = q
			}
		}
		if best != nil {
			r.add(givenNames, nameOf(best.string()), best.string(), byPlace, best)
		}
	}
	if p := r.pieceOf(givenNames); p != nil && r.lacks(surname) {
		var best *piece
		for _, q := range r.pieces {
			h := p.h()
			if q.page == p.page && q.value() && !q.used && r.nameLike(q) && q.h() > 0.7*h && q.h() < 1.6*h &&
				q.mid() < p.mid()-0.6*h && p.box.Y0-q.box.Y1 < 3.8*h && q.box.X0-p.box.X0 < 1.5*h && p.box.X0-q.box.X0 < 1.5*h &&
				(best == nil || q.mid() > best.mid()) {
				best = q
			}
		}
		if best != nil {
			r.add(surname, nameOf(best.string()), best.string(), byPlace, best)
		}
	}
}

// pieceOf is where a field was read.
func (r *printer) pieceOf(field string) *piece { return r.from[field] }

var numberForm = regexp.MustCompile(`^[A-Z]{1,3}\d{6,9}[A-Z]{0,2}\d?$|^\d{6}[A-Z]{1,2}\d?$|^\d{7,14}[A-Z]{0,2}$|^\d{17}[\dX]$|^[A-Z]{1,2}\d{2}[A-Z0-9]{5,6}$|^\d{2}[A-Z]{2}\d{5}$|^[A-Z0-9]{8,11}$`)

// leftNumber finds the document number where it has no label: a run of capitals
// and digits in the form of most.
func (r *printer) leftNumber() {
	if r.has(docNumber) {
		return
	}
	var best *piece
	score := 0.0
	for _, p := range r.pieces {
		if !p.value() || p.used {
			continue
		}
		if _, digits, _ := count(p.string()); digits >= 9 && r.lacks(personal) && r.shaped(p.string()) > 0 && r.typ != report.Passport {
			r.add(personal, numberOf(p.string(), 9), p.string(), byPlace, p)
			continue
		}
		s := plain(p.string())
		_, digits, _ := count(s)
		if digits < 4 || !numberForm.MatchString(s) || numberOf(p.string(), 4) == "" || len(r.months.dates(p.string(), r.issuer, false)) > 0 {
			continue
		}
		e := p.h() + 0.2*float64(digits)
		if r.twice(p) {
			e += p.h()
		}
		if p.box.Y0 < 0.35*r.pages0Height(p.page) {
			e += 0.5 * p.h()
		}
		if r.formed(p.string()) {
			e += 2 * p.h()
		}
		if best == nil || e > score {
			best, score = p, e
		}
	}
	if best != nil {
		v := numberOf(best.string(), 4)
		r.add(docNumber, v, best.string(), byPlace, best)
	}
}

// twice tells whether a text is printed again.
func (r *printer) twice(p *piece) bool {
	return slices.ContainsFunc(r.pieces, func(q *piece) bool { return q != p && plain(q.string()) == plain(p.string()) })
}

// series are numbers with a series of letters before them: Romanian, Russian,
// Ukrainian and older Italian documents.
var series = regexp.MustCompile(`(?i)s[eé]ri(?:es|ja|a|e)?[ :.]*([a-z]{2})[ :.,\-]*(?:n?r|no|n°|№)[ :.,\-]*([\doq]{5,7})(?:[^0-9]|$)`)

// seriesValue is such a number behind its label.
var seriesValue = regexp.MustCompile(`^([A-Z]{2}) ?N[RO°º] ?([\dO]{5,7})$`)

func (r *printer) seriesNumber(in Input) {
	if r.has(docNumber) {
		return
	}
	for i, page := range in.Pages {
		for _, l := range page.Lines {
			text := []*piece{fresh(l, i)}
			whole := l.Text
			for _, m := range page.Lines {
				if m.Box.X0 > l.Box.X1-l.Box.Y1+l.Box.Y0 && math.Abs(m.Box.Y0+m.Box.Y1-l.Box.Y0-l.Box.Y1) < l.Box.Y1-l.Box.Y0 && len(text) < 4 {
					whole += " " + m.Text
					text = append(text, fresh(m, i))
				}
			}
			if g := series.FindStringSubmatch(whole); g != nil {
				r.add(docNumber, strings.ToUpper(g[1])+alike(strings.ToUpper(g[2])), g[1]+" "+g[2], byLabel, text...)
				r.taken(text)
				return
			}
		}
	}
}

// taken marks the pieces that stand where these do.
func (r *printer) taken(where []*piece) {
	for _, p := range r.pieces {
		for _, w := range where {
			if p.page == w.page && p.mid() > w.box.Y0 && p.mid() < w.box.Y1 && p.box.X0 >= w.box.X0-1 && p.box.X1 <= w.box.X1+1 {
				p.use()
			}
		}
	}
}

func (r *printer) pages0Height(page int) float64 {
	y := 0.0
	for _, p := range r.pieces {
		if p.page == page {
			y = max(y, p.box.Y1)
		}
	}
	return y
}

var metric = regexp.MustCompile(`(?i)\d\s?(?:cm|см|m)(?:[^a-z]|$)`)

// leftHeight finds a height by its unit.
func (r *printer) leftHeight() {
	for _, p := range r.pieces {
		if v := heightOf(p.string()); p.value() && !p.used && v != "" && metric.MatchString(p.string()) && r.lacks(height) {
			r.add(height, v, p.string(), byFormat, p)
		}
	}
}

// leftNationality finds the name of a state between the holder's names and the
// date of birth, in their column or beside it.
func (r *printer) leftNationality() {
	names, birth := r.pieceOf(givenNames), r.pieceOf(birthDate)
	if r.has(nationality) || names == nil || birth == nil || names.page != birth.page || r.typ == report.DrivingLicense {
		return
	}
	for _, p := range r.pieces {
		h := birth.h()
		if !p.value() || p.used || p.page != names.page || p.conf < guessed || p.h() < 0.7*h || p.mid() < names.mid()+0.6*h || p.mid() > birth.mid()+4*h || p.box.X0 < names.box.X0-2*h {
			continue
		}
		if code, ok := r.words.Country(tidy(p.string())); ok {
			r.add(nationality, code, p.string(), byPlace, p)
			return
		}
	}
}

// leftSex finds the mark of the sex where its label was not read: a single F, M
// or X, or two languages' letters with a stroke between.
func (r *printer) leftSex() {
	for _, p := range r.pieces {
		if g := profile.FindStringSubmatch(strings.TrimSpace(p.string())); g != nil && p.value() && !p.used {
			for f, v := range map[string]string{sex: g[1] + g[4], height: heightOf(g[2] + g[5]), nationality: g[3]} {
				if r.lacks(f) {
					r.add(f, v, p.string(), byFormat, p)
				}
			}
		}
	}
	if r.has(sex) {
		return
	}
	var found *piece
	for _, p := range r.pieces {
		s := strings.TrimSpace(p.string())
		if !p.value() || p.used || !lonely.MatchString(s) && !r.ownMark(s) {
			continue
		}
		if found != nil {
			return
		}
		found = p
	}
	if found != nil {
		r.add(sex, r.sexOf(found.string(), r.issuer), found.string(), byPlace, found)
	}
}

// ownMark tells whether a text is a letter that marks the sex in the issuer's languages.
func (r *printer) ownMark(s string) bool {
	c := []rune(s)
	return len(c) == 1 && r.speaks(r.issuer, marks[c[0]]) && r.sexOf(s, r.issuer) != ""
}

var lonely = regexp.MustCompile(`^(?:[FMX]|[A-ZŽ][Il|1][FMX]|[A-ZŽ]/[FMX]|[МЖЧ]|[МЖЧ]/[FM])$`)
