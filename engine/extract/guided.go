package extract

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"idproof/mrz"
	"idproof/report"
)

// guided finds in the print what the machine-readable zone says, wherever it
// stands. What a label names stays the printed value, however it differs, but
// where it is plainly another field's.
func (r *printer) guided(z *Zone) {
	zone := map[string]string{
		surname: z.Surname, givenNames: z.GivenNames, docNumber: z.Number, personal: z.PersonalNumber,
		birthDate: z.BirthDate.String(), expiryDate: z.ExpiryDate.String(),
	}
	if !z.BirthDate.Complete() {
		delete(zone, birthDate)
	}
	if !z.ExpiryDate.Complete() {
		delete(zone, expiryDate)
	}
	r.both(z)
	for _, f := range []string{surname, givenNames, docNumber, personal, birthDate, expiryDate} {
		want := zone[f]
		if want == "" {
			continue
		}
		same := r.sameAs(f, z)
		labelled := false
		for i := range r.got {
			g := &r.got[i]
			if g.Field != f {
				continue
			}
			for _, text := range append([]string{g.Value}, g.lines...) {
				if fixed, ok := same(text, want); ok {
					g.Value = fixed
					labelled = true
					break
				}
			}
		}
		if labelled {
			continue
		}
		r.misplaced(f, zone)
		before := len(r.got)
		r.find(f, want, same)
		if f == docNumber && len(r.got) > before {
			// A visa prints its own number and the passport's, and the zone has either;
			// elsewhere the label was another number's.
			for i := range r.got[:before] {
				if g := &r.got[i]; g.Field == docNumber {
					g.how = byPlace
				}
			}
		}
	}
}

// misplaced drops a reading that is what the zone has for another field.
func (r *printer) misplaced(f string, zone map[string]string) {
	for _, g := range r.got {
		if g.Field != f {
			continue
		}
		for other, v := range zone {
			if other != f && v != "" && (plain(g.Value) == plain(v) || plain(mrz.Transliterate(g.Value)) == plain(v)) {
				r.drop(f, g.Value)
				return
			}
		}
	}
}

// find looks for a value among all that is printed.
func (r *printer) find(f, want string, same func(text, want string) (string, bool)) {
	dated := strings.HasPrefix(f, "Date_")
	for _, p := range r.pieces {
		if p.label != nil || p.marker != "" {
			continue
		}
		if dated {
			for _, w := range r.months.dates(p.string(), r.issuer, true) {
				// Zones leave the century open.
				if v := w.settle(map[bool]when{true: ending, false: past}[f == expiryDate], r.issuer, r.now).iso(); v[2:] == want[2:] {
					r.add(f, v, string(p.text[w.from:w.to]), byZone, p)
					return
				}
			}
			if r.dateFits(p.string(), want) {
				r.add(f, want, tidy(p.string()), byZone, p)
				return
			}
			if q := r.nextTo(p, 5); q != nil && len(p.text) < 12 {
				if r.dateFits(p.string()+" "+q.string(), want) {
					r.add(f, want, tidy(p.string()+" "+q.string()), byZone, p, q)
					return
				}
				if v, original := r.dateOf(f, p.string()+" "+q.string()); v == want {
					r.add(f, v, original, byZone, p, q)
					return
				}
			}
			continue
		}
		if v, ok := same(p.string(), want); ok {
			r.add(f, v, tidy(p.string()), byZone, p)
			return
		}
	}
	if dated || f == docNumber || f == personal {
		return
	}
	for _, p := range r.pieces { // names on two lines or in two parts
		if !p.value() {
			continue
		}
		for _, q := range []*piece{r.below(p), r.nextTo(p, 3)} {
			if q == nil {
				continue
			}
			if v, ok := same(p.string()+" "+q.string(), want); ok {
				r.add(f, v, tidy(p.string()+" "+q.string()), byZone, p, q)
				return
			}
		}
	}
	r.nearly(f, want)
}

// nearly finds a name that was read with a letter or two wrong: evidence, if
// not proof, and what is compared with the zone.
func (r *printer) nearly(f, want string) {
	b := plain(want)
	if r.has(f) || len(b) < 4 {
		return
	}
	var best *piece
	least := max(1, len(b)/5) + 1
	for _, p := range r.pieces {
		name := latinName(p.string())
		if p.label != nil || name == "" {
			continue
		}
		if d := Distance(plain(mrz.TransliterateFor(r.issuer, name)), b); d < least {
			best, least = p, d
		}
	}
	if best != nil {
		r.add(f, latinName(best.string()), best.string(), byZone, best)
	}
}

// dateFits tells whether a text with a misread month may be the day. Day and
// year stand as they are.
func (r *printer) dateFits(text, want string) bool {
	day, err := time.Parse(time.DateOnly, want)
	if err != nil {
		return false
	}
	if digits := figures(text); len(r.months.dates(text, r.issuer, false)) == 0 {
		for _, form := range []string{"02012006", "020106", "20060102"} {
			if oneMisread(digits, day.Format(form)) {
				return true
			}
		}
	}
	for _, g := range r.months.guesses(likelyFigures(text)) {
		if g.day == day.Day() && (g.year == day.Year() || g.short && g.year == day.Year()%100) && g.months&(1<<day.Month()) != 0 {
			return true
		}
	}
	return false
}

// likelyFigures puts letters right that stand where a day and a year of two
// digits do, and a stroke between two months: C1 JAN7JAN 8S is 01 JAN/JAN 85.
func likelyFigures(text string) string {
	b := []byte(text)
	digits := 0
	for i, c := range b {
		if c >= '0' && c <= '9' {
			digits++
		}
		if c == '7' && i > 1 && i+2 < len(b) && lower(b[i-1]) && lower(b[i+1]) {
			b[i] = '/'
		}
	}
	n := len(b)
	if n < 7 || digits == 0 {
		return text
	}
	looks := map[byte]byte{'C': '0', 'O': '0', 'D': '0', 'Q': '0', 'I': '1', 'l': '1', 'T': '7', 'Z': '2', 'S': '5', 'B': '8', 'A': '4', 'G': '6'}
	for _, at := range [][2]int{{0, 1}, {n - 2, n - 1}} {
		for k, i := range at {
			if other := b[at[1-k]]; looks[b[i]] != 0 && other >= '0' && other <= '9' {
				b[i] = looks[b[i]]
			}
		}
	}
	return string(b)
}

// figures keeps the digits of a text, or nothing where it has letters.
func figures(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '0' && c <= '9':
			return c
		case unicode.IsLetter(c):
			return 'x'
		}
		return -1
	}, text)
}

// oneMisread tells whether one digit of a date is read as one that looks like it.
func oneMisread(got, want string) bool {
	if len(got) != len(want) {
		return false
	}
	wrong := 0
	for i := range got {
		if got[i] == want[i] {
			continue
		}
		if wrong++; !slices.Contains([]string{"68", "86", "08", "80", "38", "83", "17", "71", "56", "65", "35", "53", "06", "60", "09", "90", "14", "41"}, got[i:i+1]+want[i:i+1]) {
			return false
		}
	}
	return wrong == 1
}

// both finds surname and given names where they are printed together.
func (r *printer) both(z *Zone) {
	if z.Surname == "" || z.GivenNames == "" {
		return
	}
	a, b := plain(z.Surname), plain(z.GivenNames)
	for _, p := range r.pieces {
		name := nameOf(p.string())
		if p.label != nil || name == "" {
			continue
		}
		if whole := []rune(name); len(plain(name)) == len(a)+len(b) && len(strings.ReplaceAll(name, " ", "")) >= len(a)+len(b) { // read without spaces
			for _, w := range [][2]string{{z.Surname, z.GivenNames}, {z.GivenNames, z.Surname}} {
				if Distance(plain(mrz.TransliterateFor(r.issuer, name)), plain(w[0]+w[1])) > nearlyBoth(a+b) {
					continue
				}
				at, n := 0, len(plain(w[0]))
				for i, c := range whole {
					if unicode.IsLetter(c) {
						at++
					}
					if at == n {
						name = string(whole[:i+1]) + " " + strings.TrimLeft(string(whole[i+1:]), " ,-")
						break
					}
				}
				break
			}
		}
		words := strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == ',' })
		for i := 1; i < len(words); i++ {
			first, second := strings.Join(words[:i], " "), strings.Join(words[i:], " ")
			x, y := plain(mrz.TransliterateFor(r.issuer, first)), plain(mrz.TransliterateFor(r.issuer, second))
			near := nearlyBoth(a + b)
			switch {
			case Distance(x, b)+Distance(y, a) <= near:
				first, second = second, first
			case Distance(x, a)+Distance(y, b) > near:
				continue
			}
			for f, v := range map[string]string{surname: first, givenNames: second} {
				r.got = slices.DeleteFunc(r.got, func(g Reading) bool {
					return g.Field == f && g.Source == report.FromVisual && plain(mrz.Transliterate(g.Value)) != plain(mrz.Transliterate(v)) && strings.Contains(plain(g.Value), plain(v))
				})
				if !r.has(f) {
					r.add(f, spaced(v, map[string]string{surname: z.Surname, givenNames: z.GivenNames}[f]), v, byZone, p)
				}
			}
			return
		}
	}
}

// nearlyBoth is how many letters may differ between print and zone in a text
// that is as long as both names together: it can hardly be anything else.
func nearlyBoth(names string) int {
	if len(names) < 12 {
		return 0
	}
	return len(names) / 7
}

// below is the next line of a column, whatever it is.
func (r *printer) below(p *piece) *piece {
	for _, q := range r.pieces {
		h := min(p.h(), q.h())
		if gap := q.box.Y0 - p.box.Y1; q.page == p.page && q.value() && q != p && gap > -0.4*h && gap < h && q.mid() > p.mid()+0.5*h &&
			q.box.X0-p.box.X0 < 1.5*h && p.box.X0-q.box.X0 < 1.5*h {
			return q
		}
	}
	return nil
}

// sameAs returns how print is compared with the zone: it reports whether the
// text says the same, and the text as it is then best read.
func (r *printer) sameAs(f string, z *Zone) func(text, want string) (string, bool) {
	switch f {
	case surname, givenNames:
		return func(text, want string) (string, bool) { return r.sameName(text, want, z.NameTruncated) }
	case docNumber, personal:
		return func(text, want string) (string, bool) {
			got := plain(text)
			if got == plain(want) {
				return numberOf(text, 0), numberOf(text, 0) != ""
			}
			if alike(got) != alike(plain(want)) {
				return "", false
			}
			return want, true
		}
	}
	// Two digits of a year leave the century open, in print as in the zone.
	return func(text, want string) (string, bool) {
		switch {
		case text == want:
			return text, true
		case len(text) != len(want) || len(text) < 3 || text[2:] != want[2:]:
			return "", false
		case r.short(f):
			return want, true
		}
		return text, true
	}
}

// short tells whether the printed date of a field has a year of two digits.
func (r *printer) short(field string) bool {
	return slices.ContainsFunc(r.got, func(g Reading) bool {
		return g.Field == field && g.Source == report.FromVisual && !strings.Contains(figures(g.Original), g.Value[:4])
	})
}

// sameName compares a printed name with the zone's, letters only: recognisers
// lose spaces. Where they did, the zone says where words begin.
func (r *printer) sameName(text, want string, cut bool) (string, bool) {
	got := nameOf(text)
	if got == "" {
		return "", false
	}
	a, b := plain(mrz.TransliterateFor(r.issuer, got)), plain(want)
	if len(b) < 2 {
		return "", false
	}
	if v, ok := r.respelled(got, want, r.issuer); ok {
		return spaced(v, want), true
	}
	if a == b || mrz.CompareNames(got, want) >= mrz.NameSimilar {
		return spaced(got, want), true
	}
	if cut && len(b) >= 4 && strings.HasPrefix(a, b) {
		return got, true
	}
	return "", false
}

// spaced puts the zone's word gaps into a name that was read without any.
func spaced(got, want string) string {
	words := strings.Fields(want)
	if len(words) < 2 || strings.ContainsAny(got, " -'") || len(plain(want)) != len([]rune(got)) {
		return got
	}
	runes := []rune(got)
	var out []string
	at := 0
	for _, w := range words {
		n := len(plain(w))
		out = append(out, string(runes[at:at+n]))
		at += n
	}
	return strings.Join(out, " ")
}

// plain keeps letters and digits.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s)
}

// alike brings characters that are read for each other to one.
func alike(s string) string {
	return strings.NewReplacer("O", "0", "Q", "0", "D", "0", "I", "1", "L", "1", "S", "5", "B", "8", "Z", "2", "G", "6").Replace(s)
}
