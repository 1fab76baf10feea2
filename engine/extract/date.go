package extract

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// foldRune brings a letter to its base form in lower case: Š to s, Ł to l. What
// has several base letters keeps the first, so that places stay the same.
func foldRune(r rune) rune {
	r = unicode.ToLower(r)
	if r < 0x80 {
		return r
	}
	switch r {
	case 'ł':
		return 'l'
	case 'đ', 'ð', 'ď':
		return 'd'
	case 'ø', 'œ':
		return 'o'
	case 'æ':
		return 'a'
	case 'ß':
		return 's'
	case 'ı':
		return 'i'
	case 'þ':
		return 't'
	case 'ħ':
		return 'h'
	case 'ς':
		return 'σ'
	}
	if d := norm.NFD.String(string(r)); d != "" {
		for _, b := range d {
			return b
		}
	}
	return r
}

func fold(s string) string { return strings.Map(foldRune, norm.NFC.String(s)) }

//go:embed data/months.txt
var monthData string

// months knows the names of the months.
type months struct {
	// of[name] holds the months that a name may mean, bit m for month m: the
	// Polish lis is November, the Croatian October.
	of map[string]uint16
	// in[language][name] is the month in that language.
	in      map[string]map[string]int
	lunar   map[int]lunarYear // the Umm al-Qura calendar
	longest int
}

func loadMonths() (*months, error) {
	m := &months{of: map[string]uint16{}, in: map[string]map[string]int{}, lunar: loadLunar()}
	for n, line := range strings.Split(monthData, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		lang, rest, _ := strings.Cut(line, " ")
		list := strings.Split(rest, ";")
		if len(list) != 12 {
			return nil, fmt.Errorf("extract: months, line %d: %d months", n+1, len(list))
		}
		m.in[lang] = map[string]int{}
		for i, forms := range list {
			for _, f := range strings.Fields(forms) {
				f = fold(f)
				m.of[f] |= 1 << (i + 1)
				m.in[lang][f] = i + 1
				m.longest = max(m.longest, len([]rune(f)))
			}
		}
	}
	return m, nil
}

// languageOf tells which language decides where a name means two months.
var languageOf = map[string]string{"HRV": "hr", "BIH": "hr", "POL": "pl", "CZE": "cs", "TUR": "tr", "FIN": "fi", "UKR": "uk", "BLR": "be", "NLD": "nl"}

// one returns the month of a set, 0 when it stays open.
func (m *months) one(set uint16, name, issuer string) int {
	only := 0
	for i := 1; i <= 12; i++ {
		if set&(1<<i) != 0 {
			if only != 0 {
				if local := m.in[languageOf[issuer]][name]; local != 0 {
					return local
				}
				return m.in["en"][name]
			}
			only = i
		}
	}
	return only
}

// written is a date as it stands in a text.
type written struct {
	from, to         int // runes of the text
	year, month, day int
	// short: the year has two digits, and no century yet.
	short bool
	// open: day and month are both numbers up to twelve, the first one first.
	open bool
}

func (w written) zero() bool { return w.day == 0 }

func (w written) iso() string { return fmt.Sprintf("%04d-%02d-%02d", w.year, w.month, w.day) }

// real reports whether the day exists.
func (w written) real() bool {
	if w.month < 1 || w.month > 12 || w.day < 1 {
		return false
	}
	year := w.year
	if w.short {
		year = 2000 // has the 29th of February
	}
	return time.Date(year, time.Month(w.month), w.day, 0, 0, 0, 0, time.UTC).Day() == w.day
}

const sep = `[ ]?[.,/\-: ][ ]?`

var (
	yearFirst = regexp.MustCompile(`(?:^|[^0-9])((1[6-9]|20)\d\d)(?:` + sep + `)?(0[1-9]|1[0-2])(?:` + sep + `)?(0[1-9]|[12]\d|3[01])(?:[^0-9]|$)`)
	yearOpen  = regexp.MustCompile(`(?:^|[^0-9])((1[89]|20)\d\d)` + sep + `([1-9]|0[1-9]|1[0-2])` + sep + `(\d{1,2})(?:[^0-9]|$)`)
	yearLast  = regexp.MustCompile(`(?:^|[^0-9])(\d{1,2})(?:` + sep + `)(\d{1,2})(?:` + sep + `)((?:1[89]|20)\d\d)(?:[^0-9]|$|\d\d[./\-]\d\d[./\-])`)
	glued     = regexp.MustCompile(`(?:^|[^0-9])(\d\d)(?:` + sep + `)?(\d\d)(?:` + sep + `)?((?:19|20)\d\d)(?:[^0-9]|$)`)
	yearShort = regexp.MustCompile(`(?:^|[^0-9])(\d\d)` + sep + `(\d\d)` + sep + `(\d\d)(?:[^0-9]|$|\d\d[./\-]\d\d[./\-])`)
	double    = regexp.MustCompile(`(?:^|[^0-9])(\d\d)[./\-]?(\d\d)[./\-](\d\d)(\d\d)[./\-](\d\d)[./\-](\d\d)(?:[^0-9]|$)`)
	packed    = regexp.MustCompile(`^[^0-9]*(\d\d)[ ]?(\d\d)[ ]?(\d\d)[^0-9]*$`)

	dayBefore = regexp.MustCompile(`(?:^|[^0-9])([0-3]?\d)[ ]?(?:de|[.,/\-])?[ ]?(?:[^0-9/]{2,10}[ ]?[/|][ ]?)?$`)
	yearAfter = regexp.MustCompile(`^[.,]?[ ]?(?:[/|l\-][ ]?[^0-9/]{2,10}?[.,]?|[/|\-])?[ ]?(?:de|[.,'/\-])?[ ]?(\d{4}|\d\d)(?:[^0-9]|$)`)
	monthDay  = regexp.MustCompile(`^[.]?[ ]?([0-3]?\d)(?:st|nd|rd|th)?[ ]?,?[ ]?((?:19|20)\d\d)(?:[^0-9]|$)`)
)

// dates finds the dates in a text, from left to right. With a label before it
// even six digits in a row are one.
func (m *months) dates(text, issuer string, labelled bool) []written {
	plain := digitsSeen(text)
	var out []written
	add := func(w written) bool {
		if !w.real() || w.year > 2150 {
			return false
		}
		for _, o := range out {
			if w.from < o.to && o.from < w.to {
				return false
			}
		}
		out = append(out, w)
		return true
	}
	m.other(text, issuer, add)
	m.named(plain, text, issuer, add)
	scan(yearFirst, plain, func(g []int) bool {
		// 19900203-1234 is a personal number.
		if rest := plain[g[9]:]; g[9]-g[2] == 8 && len(rest) > 1 && strings.IndexByte("-+", rest[0]) >= 0 && rest[1] >= '0' && rest[1] <= '9' {
			return false
		}
		return add(written{from: g[2], to: g[9], year: num(plain, g[2], g[3]), month: num(plain, g[6], g[7]), day: num(plain, g[8], g[9])})
	})
	scan(yearOpen, plain, func(g []int) bool {
		return add(written{from: g[2], to: g[9], year: num(plain, g[2], g[3]), month: num(plain, g[6], g[7]), day: num(plain, g[8], g[9])})
	})
	dayMonth := func(g []int) bool {
		w := written{from: g[2], to: g[7], day: num(plain, g[2], g[3]), month: num(plain, g[4], g[5]), year: num(plain, g[6], g[7])}
		w.short = g[7]-g[6] == 2
		switch {
		case w.month > 12 && w.day <= 12:
			w.day, w.month = w.month, w.day
		case w.month <= 12 && w.day <= 12:
			w.open = true
		}
		return add(w)
	}
	scan(yearLast, plain, dayMonth)
	scan(glued, plain, dayMonth)
	scan(yearShort, plain, dayMonth)
	scan(double, plain, func(g []int) bool { return dayMonth(g[:8]) && dayMonth(append(g[:2:2], g[8:]...)) })
	if len(out) == 0 {
		for _, g := range m.guesses(text) {
			if w := g.written; g.months != 0 {
				if w.month = m.one(g.months, "", issuer); w.month != 0 {
					add(w)
				}
			}
		}
	}
	if labelled && len(out) == 0 {
		scan(packed, plain, dayMonth)
	}
	for i := 1; i < len(out); i++ {
		for j := i; j > 0 && out[j].from < out[j-1].from; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

// scan calls f with every match, going on behind what was taken.
func scan(re *regexp.Regexp, s string, f func([]int) bool) {
	for at := 0; at <= len(s); {
		g := re.FindStringSubmatchIndex(s[at:])
		if g == nil {
			return
		}
		for i := range g {
			if g[i] >= 0 {
				g[i] += at
			}
		}
		if f(g) {
			at = max(g[len(g)-1], at+1) // a date may begin right behind another
		} else {
			at = g[3] // not the rest of a docNumber
		}
	}
}

func num(s string, from, to int) (n int) {
	for _, c := range s[from:to] {
		n = 10*n + int(c-'0')
	}
	return n
}

// digitsSeen returns the text folded, one byte a rune, with letters that are
// misread digits put right where they stand between digits.
func digitsSeen(text string) string {
	r := []rune(text)
	b := make([]byte, len(r))
	for i, c := range r {
		c = foldRune(c)
		switch {
		case c < 0x80:
			b[i] = byte(c)
		case c == '–' || c == '—' || c == '−':
			b[i] = '-'
		case c == '·' || c == '•':
			b[i] = '.'
		case unicode.IsSpace(c):
			b[i] = ' '
		default:
			b[i] = '~'
		}
	}
	digitAt := func(i int) bool { return i >= 0 && i < len(b) && b[i] >= '0' && b[i] <= '9' }
	parted := func(i int) bool { return i >= 0 && i < len(b) && strings.IndexByte("./-", b[i]) >= 0 }
	figures := map[byte]byte{'o': '0', 'q': '0', 'i': '1', 'l': '1', '|': '1', 's': '5', 'b': '8', 'z': '2'}
	for i := 0; i < len(b); {
		j, digits, misread := i, 0, true
		for ; j < len(b) && (digitAt(j) || b[j] >= 'a' && b[j] <= 'z' || b[j] == '|' || b[j] == '~'); j++ {
			if digitAt(j) {
				digits++
			} else if figures[b[j]] == 0 {
				misread = false
			}
		}
		if misread && digits > 0 && digits < j-i && (j-i == 2 || j-i == 4) { // 7S, 2O13
			for ; i < j; i++ {
				if figures[b[i]] != 0 {
					b[i] = figures[b[i]]
				}
			}
		}
		i = max(j, i+1)
	}
	for i, c := range b {
		to := figures[c]
		if to == 0 {
			continue
		}
		if (digitAt(i-1) || parted(i-1) && digitAt(i-2)) && (digitAt(i+1) || parted(i+1) && digitAt(i+2)) {
			b[i] = to
		}
	}
	return string(b)
}

// named finds the dates with a month's name: 12 AUG/AOÛT 74, 04 JAN 1995, May 4, 1988.
func (m *months) named(plain, text, issuer string, add func(written) bool) {
	folded := []rune(text)
	for i, c := range folded {
		c = foldRune(c)
		if c == '0' {
			c = 'o' // 0CT
		}
		folded[i] = c
	}
	letter := func(i int) bool { return i >= 0 && i < len(folded) && unicode.IsLetter(folded[i]) && plain[i] != '0' }
	for i := 0; i < len(folded); i++ {
		// A name starts where letters do; a zero may be its O.
		if letter(i-1) || !letter(i) && plain[i] != '0' {
			continue
		}
		for n := min(m.longest, len(folded)-i); n >= 3; n-- {
			name := string(folded[i : i+n])
			set, ok := m.of[name]
			if !ok || letter(i+n) {
				continue
			}
			w := written{}
			if g := dayBefore.FindStringSubmatchIndex(plain[:i]); g != nil {
				y := yearAfter.FindStringSubmatchIndex(plain[i+n:])
				if y == nil {
					continue
				}
				w = written{from: g[2], to: i + n + y[3], day: num(plain, g[2], g[3]), year: num(plain, i+n+y[2], i+n+y[3]), short: y[3]-y[2] == 2}
				if second := m.second(folded[i+n : i+n+y[2]]); second&set != 0 {
					set &= second
				}
			} else if g := monthDay.FindStringSubmatchIndex(plain[i+n:]); g != nil {
				w = written{from: i, to: i + n + g[5], day: num(plain, i+n+g[2], i+n+g[3]), year: num(plain, i+n+g[4], i+n+g[5])}
			}
			if w.month = m.one(set, name, issuer); w.month != 0 && add(w) {
				i = w.to - 1
				break
			}
		}
	}
}

// guess is a date whose month's name was misread.
type guess struct {
	written
	months uint16 // what the name may be
}

var dayWordYear = regexp.MustCompile(`(?:^|[^0-9])([0-3]?\d)[ .,/\-]{0,2}([a-z/|~. ]{2,16}?)[ .,'/\-]{0,2}((?:19|20)\d\d|\d\d)(?:[^0-9]|$)`)

// guesses finds what looks like a date with a misread month: 04 WAY 1991, 15 APRIAVR 12.
func (m *months) guesses(text string) []guess {
	b := []byte(digitsSeen(text))
	letter := func(i int) bool { return i >= 0 && i < len(b) && b[i] >= 'a' && b[i] <= 'z' }
	for i, c := range b { // digits for letters at the start of a word and in it
		if to := map[byte]byte{'0': 'o', '3': 'j', '1': 'i', '5': 's', '8': 'b'}[c]; to != 0 && letter(i+1) && (letter(i-1) || i > 0 && strings.IndexByte(" ./", b[i-1]) >= 0) {
			b[i] = to
		}
	}
	plain := string(b)
	var out []guess
	scan(dayWordYear, plain, func(g []int) bool {
		set := m.near(plain[g[4]:g[5]])
		w := written{from: g[2], to: g[7], day: num(plain, g[2], g[3]), year: num(plain, g[6], g[7]), short: g[7]-g[6] == 2}
		if set == 0 || w.day < 1 || w.day > 31 {
			return false
		}
		out = append(out, guess{w, set})
		return true
	})
	return out
}

// near is the months that the words between day and year may mean, each with a
// letter wrong, missing or too many. English is on most documents and decides.
func (m *months) near(words string) uint16 {
	all := uint16(1<<13 - 2)
	set := all
	for _, w := range strings.FieldsFunc(words, func(r rune) bool { return r < 'a' || r > 'z' }) {
		if one := m.nearWord(w); one != 0 && set&one != 0 {
			set &= one
		}
	}
	if set == all {
		return 0
	}
	return set
}

func (m *months) nearWord(w string) uint16 {
	if s := m.of[w]; s != 0 {
		return s
	}
	for i := 3; i+2 < len(w); i++ { // two names, the stroke read as a letter
		a := m.of[w[:i]]
		for _, j := range []int{i, i + 1} {
			if both := a & m.of[w[j:]]; both != 0 {
				return both
			}
		}
	}
	var set uint16
	for name, month := range m.in["en"] {
		if len(w) == 2 && strings.HasPrefix(name, w) || len(w) >= 2 && len(name) <= 4 && Distance(w, name) == 1 || len(w) > 4 && Distance(w, name) <= 2 {
			set |= 1 << month
		}
	}
	return set
}

// Distance is the number of letters to change, add or drop (Levenshtein).
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		last := row[0]
		row[0]++
		for j := range y {
			c := last
			if x[i] != y[j] {
				c++
			}
			last = row[j+1]
			row[j+1] = min(c, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(y)]
}

// second is what the month's name in a second language may mean.
func (m *months) second(between []rune) uint16 {
	return m.of[strings.TrimFunc(string(between), func(r rune) bool { return !unicode.IsLetter(r) })]
}

// monthFirst are the issuers who write the month before the day.
var monthFirst = map[string]bool{"USA": true, "PHL": true, "FSM": true, "PLW": true, "MHL": true}

// when is what a date tells: it settles the century.
type when uint8

const (
	anyDay when = iota
	past        // births and issues: the latest that is not after today
	ending      // expiry: the one nearest to today
)

// settle gives a date its century and its order of day and month.
func (w written) settle(k when, issuer string, now time.Time) written {
	if w.open && monthFirst[issuer] {
		w.day, w.month = w.month, w.day
	}
	w.open = false
	if !w.short {
		return w
	}
	w.short = false
	short := w.year
	w.year = now.Year()/100*100 + short
	switch k {
	case ending:
		for w.year > now.Year()+50 {
			w.year -= 100
		}
		for w.year < now.Year()-50 {
			w.year += 100
		}
	case past, anyDay:
		if w.year > now.Year() || w.year == now.Year() && time.Month(w.month) > now.Month() {
			w.year -= 100
		}
	}
	return w
}
