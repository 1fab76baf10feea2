package extract

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"idproof/mrz"
)

func count(text string) (letters, digits, other int) {
	for _, r := range text {
		switch {
		case unicode.IsLetter(r), unicode.Is(unicode.Mn, r):
			letters++
		case r >= '0' && r <= '9':
			digits++
		case !unicode.IsSpace(r):
			other++
		}
	}
	return letters, digits, other
}

// tidy drops what stands around a value and doubled spaces.
func tidy(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.TrimFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '(' && r != ')' && r != '.' && r != '\''
	})
}

var stray = regexp.MustCompile(`^[a-z]\p{Lu}\p{Ll}`)

// nameOf returns a printed name, "" when the text is none.
func nameOf(text string) string {
	s := strings.Trim(tidy(text), "()' ")
	if !strings.Contains(strings.TrimSuffix(s, "."), ".") {
		s = strings.TrimSuffix(s, ".")
	}
	if stray.MatchString(s) { // a stroke of the background before a capital
		s = strings.TrimLeftFunc(s, unicode.IsLower)
	}
	letters, digits, other := count(s)
	if letters < 2 || digits > 0 || other > 2+letters/4 || strings.ContainsAny(s, "<>%#@&=+*!?[]{}") {
		return ""
	}
	return s
}

var born = regexp.MustCompile(`(?i)^(?:geb|geborene?|née?|nee|z domu|roz|rozená|nata|født|född|o\.s|rođ|rod)\b[.: ]*(.+)$`)

// bornAs returns the name at birth where the text says so: "geb. Gabler".
func bornAs(text string) string {
	if g := born.FindStringSubmatch(strings.TrimSpace(text)); g != nil {
		return nameOf(g[1])
	}
	return ""
}

// latinName returns a name; of one that is given in two scripts, with a stroke
// between, the second, which is Latin.
func latinName(text string) string {
	if first, second, ok := strings.Cut(text, "/"); ok && nameOf(first) != "" && nameOf(second) != "" {
		return nameOf(second)
	}
	return nameOf(text)
}

// numberOf returns a document's or person's number, "" when the text is none.
func numberOf(text string, least int) string {
	s := strings.ToUpper(strings.Trim(tidy(text), "()'. "))
	letters, digits, other := count(s)
	if digits < least || letters > 2*digits+6 || other > digits/2 || len(s) > 32 {
		return ""
	}
	if dateLike.MatchString(s) {
		return ""
	}
	for _, r := range s {
		if r > 0x7f && !unicode.IsLetter(r) || strings.ContainsRune("<>%#@&=+*!?[]{},;'", r) {
			return ""
		}
	}
	// Words beside the number do not belong to it.
	words := strings.Fields(s)
	for len(words) > 1 && noDigit(words[0]) && len(words[0]) > 3 {
		words = words[1:]
	}
	for len(words) > 1 && noDigit(words[len(words)-1]) && len(words[len(words)-1]) > 3 {
		words = words[:len(words)-1]
	}
	return strings.Join(words, " ")
}

// dateLike is what can only be a date, however misread.
var dateLike = regexp.MustCompile(`^\d{1,2}[ .,/-]\d{1,2}[ .,/-] ?(?:\d\d|\d?(?:19|20)\d\d)$`)

func noDigit(s string) bool { return !strings.ContainsAny(s, "0123456789") }

// misread are marks of the sex as they are misread in their place.
var misread = map[string]string{
	"t": "F", "p": "F", "r": "F", "e": "F", "fif": "F", "mim": "M", "mm": "M", "ff": "F", "zif": "F", "kif": "F", "vif": "F", "nif": "F", "eim": "M", "kim": "M",
	"fi": "F", "lm": "M", "nm": "M", "vr": "F", "flf": "F", "mlm": "M", "fff": "F", "mfm": "M", "m1": "M",
}

// marks are the languages in which a single letter other than M, F and X marks the sex.
var marks = map[rune][]string{
	'K': {"pl", "da", "no", "sv", "tr", "is", "az", "sr", "mk", "bg", "ru", "uk", "be"}, // or Ж
	'Z': {"hr", "sl", "sk", "cs", "sr", "bs", "mk", "sc"}, 'Ž': {"hr", "sl", "sk", "cs", "sr", "bs", "mk", "sc"},
	'V': {"nl", "lt", "lv"}, 'S': {"lv"}, 'N': {"fi", "hu", "et"}, 'H': {"fr"}, 'E': {"tr"}, 'W': {"de", "lb"}, 'D': {"lt", "cy"},
	'М': {"ru", "uk", "be", "bg", "mk", "sr", "sc"}, 'Ж': {"ru", "uk", "be", "bg", "mk", "sr", "sc"}, 'Ч': {"uk"}, 'Α': {"el"}, 'Θ': {"el"},
}

// sexOf returns M, F or X, "" when the text is none of these.
func (x *Extractor) sexOf(text, issuer string) string {
	text = tidy(text)
	letters, _, _ := count(text)
	runes := []rune(strings.ToUpper(text))
	switch {
	case letters == 0 || len(runes) > 16:
		return ""
	case len(runes) == 1 && !strings.ContainsRune("MFX", runes[0]) && !x.speaks(issuer, marks[runes[0]]):
		if issuer == "" {
			return ""
		}
		return misread[fold(text)]
	}
	if s := x.words.Sex(text, x.languages(issuer)...); s != "" {
		return s
	}
	if len(runes) == 1 && runes[0] == 'K' && x.speaks(issuer, marks['Ж']) {
		return "F" // Ж, read by who knows Latin letters only
	}
	if parts := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }); len(parts) == 2 {
		if s := x.words.Sex(parts[1], x.languages(issuer)...); s != "" {
			return s
		}
	}
	if issuer == "" {
		return ""
	}
	return misread[strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return foldRune(r)
		}
		return -1
	}, text)]
}

// languages lists the languages in which the issuer prints.
func (x *Extractor) languages(issuer string) []string {
	var out []string
	for l := range x.months.in {
		if issuer != "" && slices.Contains(x.words.Issuers(l), issuer) {
			out = append(out, l)
		}
	}
	slices.Sort(out)
	return out
}

// profile is the line of Portuguese cards: sex, height, nationality.
var profile = regexp.MustCompile(`^(?:([FMX])\s?)?([12][.,]\s?\d\d)\s?([A-Z]{3})$|^([FMX])\s?([12][.,]\s?\d\d)$`)

// degrees are academic titles, which stand beside names and belong to none.
var degrees = regexp.MustCompile(`(?i)^(?:(?:mag|dr|ing|dipl|prof|mgr|bc|judr|mudr|phdr|rndr|ba|ma|msc|bsc|phd|mba|dkfm|di|fh)[.\s-]*)+$`)

var (
	metres = regexp.MustCompile(`(?i)(?:^|[^0-9])([12])[.,:]?\s?(\d\d)\s?m(?:[^a-z]|$)|(?:^|[^0-9])([12])[.,](\d\d)(?:[^0-9]|$)`)
	centi  = regexp.MustCompile(`(?i)(?:^|[^0-9])(\d{2,3})\s?(?:cm|см)|^\s*([12]\d\d)\s*$`)
	feet   = regexp.MustCompile(`(?:^|[^0-9])([3-7])\s?(?:['’′-]|ft)\s?-?\s?(\d{1,2})(?:[^0-9]|$)`)
)

// heightOf returns a body's height in centimetres.
func heightOf(text string) string {
	cm := 0
	switch {
	case centi.MatchString(text):
		g := centi.FindStringSubmatch(text)
		cm, _ = strconv.Atoi(g[1] + g[2])
	case metres.MatchString(text):
		g := metres.FindStringSubmatch(text)
		cm, _ = strconv.Atoi(g[1] + g[2] + g[3] + g[4])
	case feet.MatchString(text):
		g := feet.FindStringSubmatch(text)
		whole, _ := strconv.Atoi(g[1])
		if inch, _ := strconv.Atoi(g[2]); inch < 12 {
			cm = int(2.54*float64(12*whole+inch) + 0.5)
		}
	}
	if cm < 50 || cm > 250 {
		return ""
	}
	return strconv.Itoa(cm)
}

// nationalityOf returns the state's code where the text is one or names the
// state, else the text as printed.
func (x *Extractor) nationalityOf(text string) string {
	s := nameOf(text)
	if s == "" {
		return ""
	}
	if code, ok := x.words.Country(s); ok {
		return code
	}
	if first := []rune(s)[0]; len(s) < 3 || unicode.IsLower(first) {
		return ""
	}
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if _, ok := mrz.LookupState(w); ok && (len(w) == 3 || w == "D" && s == "D") {
			return w
		}
	}
	return s
}

// canOf returns a card access number: six digits.
func canOf(text string) string {
	if s := strings.TrimSpace(text); len(s) == 6 && strings.Trim(s, "0123456789") == "" {
		return s
	}
	return ""
}

// kinds are the categories of driving licences: Directive 2006/126/EC article 4,
// the national ones beside them, and their codes in use.
var kinds = map[string]bool{
	"AM": true, "A1": true, "A2": true, "A": true, "B1": true, "B": true, "BE": true, "C1": true, "C1E": true, "C": true, "CE": true,
	"D1": true, "D1E": true, "D": true, "DE": true, "T": true, "L": true, "M": true, "F": true, "G": true, "H": true, "K": true, "P": true,
	"Q": true, "N": true, "S": true, "V": true, "W": true, "LK": true, "TR": true, "LM": true,
}

// categoriesOf returns the categories of a licence, parted by spaces; "" when
// the text holds anything else. Slashes are read as I, l and 1, and spaces lost.
func categoriesOf(text string) string {
	var out []string
	for _, w := range strings.FieldsFunc(strings.ToUpper(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		got := split(w)
		if got == nil {
			return ""
		}
		out = append(out, got...)
	}
	return strings.Join(out, " ")
}

// split parts a run of letters into categories, as few and as long as may be;
// an I or L between them is a stroke. Nil: it cannot be done.
func split(w string) []string {
	type state struct {
		cost int
		prev int
		kind string
	}
	best := make([]state, len(w)+1)
	for i := range best {
		best[i].cost = 1 << 20
	}
	best[0].cost = 0
	try := func(to, from, cost int, kind string) {
		if c := best[from].cost + cost; c < best[to].cost {
			best[to] = state{c, from, kind}
		}
	}
	for i := range w {
		for n := 1; n <= 3 && i+n <= len(w); n++ {
			if k := w[i : i+n]; kinds[k] {
				try(i+n, i, 4, k)
			}
		}
		if strings.IndexByte("I|/", w[i]) >= 0 || i > 0 && i+1 < len(w) && strings.IndexByte("L1", w[i]) >= 0 {
			try(i+1, i, 5, "")
		}
	}
	if best[len(w)].cost >= 1<<20 {
		return nil
	}
	var out []string
	for i := len(w); i > 0; i = best[i].prev {
		if k := best[i].kind; k != "" {
			out = append([]string{k}, out...)
		}
	}
	return out
}
