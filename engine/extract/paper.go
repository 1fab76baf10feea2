package extract

import (
	_ "embed"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Fields of documents that are no identity documents.
const (
	dateField = "Date"
	amount    = "Amount"
	iban      = "IBAN"
)

//go:embed data/papers.txt
var paperData string

// paperWords says which field the words before a number name.
func paperWords() map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(paperData) {
		if f := strings.Fields(line); len(f) > 1 && f[0] != "#" {
			for _, w := range f[1:] {
				out[fold(w)] = f[0]
			}
		}
	}
	return out
}

var (
	currency = `(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|RSD|TRY|UAH|CAD|AUD|€|\$|£|zł|Kč|Ft|kr)`
	figure   = `(-?\d{1,3}(?:[ .,'’]\d{3})*(?:[.,]\d{2})|-?\d+[.,]\d{2}|-?\d{1,3}(?:[ .'’]\d{3})+)`
	before   = regexp.MustCompile(`(?:^|[^\p{L}])(` + currency + `)\s?` + figure + `(?:[^\d]|$)`)
	behindIt = regexp.MustCompile(`(?:^|[^\d.,])` + figure + `(?:,-|,–)?\s?(` + currency + `)(?:[^\p{L}]|$)`)
	account  = regexp.MustCompile(`[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}`)

	codes = map[string]string{"€": "EUR", "$": "USD", "£": "GBP", "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "kr": "kr"}

	// A town with its postal code, as Europe writes it; Britain's stands alone or behind the town.
	postal = regexp.MustCompile(`^(?:[A-Z]{1,3}-? ?)?(?:\d{2}-\d{3}|\d{4}-\d{3}|\d{3} \d{2}|\d{4} ?[A-Z]{2}|\d{4,6}),? +\p{L}[\p{L} .'’/-]{2,}$|^[\p{L} .,'’-]*[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}$`)
	house  = regexp.MustCompile(`\p{L}{3,}.*\d|^\d+[A-Za-z]?,? \p{L}{3,}`)
)

// general reads documents that are no identity documents: what is plain in any
// letter, bill, statement or certificate, and nothing that it does not say.
func (r *printer) general() {
	words := paperWords()
	many := map[string]int{}
	again := func(field string) string { // Amount, Amount_2, Amount_3
		many[field]++
		if n := many[field]; n > 1 {
			return field + "_" + strconv.Itoa(n)
		}
		return field
	}
	seen := map[string]bool{}
	put := func(field, value, original string, p *piece) {
		if key := field + value; value != "" && !seen[key] && many[field] < 40 {
			seen[key] = true
			r.add(again(field), value, original, byFormat, p)
		}
	}
	for i, p := range r.pieces {
		text := p.string()
		for _, g := range account.FindAllString(text, -1) {
			if v := ibanOf(g); v != "" {
				put(iban, v, g, p)
			}
		}
		for _, w := range r.months.dates(text, r.issuer, false) {
			if d := w.settle(anyDay, r.issuer, r.now); d.year > 1850 {
				put(dateField, d.iso(), string(p.text[w.from:w.to]), p)
			}
		}
		for _, g := range before.FindAllStringSubmatch(text, -1) {
			put(amount, amountOf(g[2], g[1]), strings.TrimSpace(g[0]), p)
		}
		for _, g := range behindIt.FindAllStringSubmatch(text, -1) {
			put(amount, amountOf(g[1], g[2]), strings.TrimSpace(g[0]), p)
		}
		if field, value := r.numberBehind(words, i); value != "" {
			put(field, value, value, p)
		}
	}
	r.addressee()
}

// ibanOf returns an account number (ISO 13616) without spaces if its check
// digits are right. What follows the number on its line may have been taken too.
func ibanOf(text string) string {
	s := strings.ReplaceAll(text, " ", "")
	for n := len(s); n >= 15; n-- {
		rest := 0
		for _, c := range s[4:n] + s[:4] {
			if c >= 'A' {
				rest = (rest*100 + int(c-'A') + 10) % 97
			} else {
				rest = (rest*10 + int(c-'0')) % 97
			}
		}
		if rest == 1 && (n == len(s) || ibanLength[s[:2]] == n) && (ibanLength[s[:2]] == 0 || ibanLength[s[:2]] == n) {
			return s[:n]
		}
	}
	return ""
}

// ibanLength are the lengths that the ISO 13616 registry gives.
var ibanLength = map[string]int{
	"AD": 24, "AL": 28, "AT": 20, "BA": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FO": 18,
	"FR": 27, "GB": 22, "GE": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27,
	"MD": 24, "ME": 22, "MK": 19, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29, "XK": 20,
}

// amountOf returns "1234.56 EUR": the last point or comma before two digits
// parts the cents.
func amountOf(figure, unit string) string {
	if c, ok := codes[unit]; ok {
		unit = c
	}
	cents := ""
	if n := len(figure); n > 3 && (figure[n-3] == '.' || figure[n-3] == ',') {
		figure, cents = figure[:n-3], "."+figure[n-2:]
	}
	whole := strings.Map(func(r rune) rune {
		if r == '-' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, figure)
	if whole == "" {
		return ""
	}
	return whole + cents + " " + unit
}

// numberBehind is the number that the words of a piece name, behind them or in
// the next piece on the level.
func (r *printer) numberBehind(words map[string]string, i int) (field, value string) {
	p := r.pieces[i]
	var key strings.Builder
	for at, c := range p.text {
		if unicode.IsDigit(c) || c == ':' || c == '#' || at > 40 {
			break
		}
		if unicode.IsLetter(c) {
			key.WriteRune(foldRune(c))
		}
		f, ok := words[key.String()]
		if !ok || at+1 < len(p.text) && unicode.IsLetter(p.text[at+1]) {
			continue
		}
		rest := strings.TrimLeft(string(p.text[at+1:]), " :.#°º-")
		if rest == "" {
			if q := r.nextTo(p, 30); q != nil {
				rest = q.string()
			}
		}
		first, _, _ := strings.Cut(rest, " ")
		if v := numberOf(first, 3); v != "" && len(r.months.dates(rest, r.issuer, false)) == 0 {
			field, value = f, v
		}
	}
	return field, value
}

// addressee finds a block of name, street and town.
func (r *printer) addressee() {
	for _, p := range r.pieces {
		if !p.value() || !postal.MatchString(strings.TrimSpace(p.string())) || len(r.months.dates(p.string(), r.issuer, false)) > 0 {
			continue
		}
		street := r.over(p)
		if street == nil || !house.MatchString(street.string()) || len(r.months.dates(street.string(), r.issuer, false)) > 0 {
			continue
		}
		text := tidy(street.string()) + ", " + tidy(p.string())
		if name := r.over(street); name != nil {
			if s := nameOf(name.string()); s != "" && len(strings.Fields(s)) > 1 && name.label == nil {
				r.add(fullName, s, name.string(), byPlace, name)
			}
		}
		r.add(address, text, text, byPlace, street, p)
		return
	}
}

// over is the line right over a piece, left aligned with it.
func (r *printer) over(p *piece) *piece {
	var best *piece
	for _, q := range r.pieces {
		h := min(p.h(), q.h())
		if gap := p.box.Y0 - q.box.Y1; q.page == p.page && q != p && q.label == nil && gap > -0.5*h && gap < 1.3*h && q.mid() < p.mid()-0.5*h &&
			q.box.X0-p.box.X0 < h && p.box.X0-q.box.X0 < h && (best == nil || q.mid() > best.mid()) {
			best = q
		}
	}
	return best
}
