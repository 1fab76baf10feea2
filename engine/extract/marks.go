package extract

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"idproof/mrz"
	"idproof/report"
)

//go:embed data/letters.txt
var letterData string

// loadLetters returns the letters beyond A to Z of every language.
func loadLetters() map[string][]rune {
	out := map[string][]rune{}
	for line := range strings.Lines(letterData) {
		if lang, letters, ok := strings.Cut(strings.TrimSpace(line), " "); ok && lang != "#" {
			out[lang] = []rune(letters)
		}
	}
	return out
}

// lettersOf are the letters beyond A to Z of the languages that the issuer
// prints in.
func (x *Extractor) lettersOf(issuer string) []rune {
	var out []rune
	for lang, letters := range x.letters {
		if issuer != "" && slices.Contains(x.words.Issuers(lang), issuer) {
			for _, c := range letters {
				if !slices.Contains(out, c) {
					out = append(out, c)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

// twofold are what the zone writes with several letters (ICAO 9303-3, section
// 6) and what of it recognisers read that miss the mark, or take two letters
// that grew together for one.
var twofold = []struct{ zone, read, printed string }{
	{"AE", "AÁÀÂĀÄ", "ÆÄ"},
	{"OE", "OÓÕÔŌÖ0", "ÖØŒ"},
	{"UE", "UÚÙŪÜ", "Ü"},
	{"AA", "AÁÀÄ", "Å"},
	{"TH", "PÞ", "Þ"},
	{"SS", "SB", "ß"},
	{"NXX", "N", "Ñ"},
	{"UXX", "U", "Ü"},
	{"OXX", "O", "ÖÕ"},
	{"AXX", "A", "Ä"},
}

// respelled returns a printed name with the marks that its reading lost, or has
// too many, where the zone's letters, by the rules of transliteration, and the
// letters of the issuer's languages tell them: AVARSDOTTIR for AEVARSDOTTIR is
// ÆVARSDOTTIR in Iceland. It returns false where more than marks differ.
func (x *Extractor) respelled(printed, zone, issuer string) (string, bool) {
	own := x.lettersOf(issuer)
	want := plain(zone)
	failed := map[[2]int]bool{} // what is left of both: names of one letter again and again have many ways
	var walk, ways func(rest []rune, want string) ([]rune, bool)
	walk = func(rest []rune, want string) ([]rune, bool) {
		left := [2]int{len(rest), len(want)}
		if failed[left] {
			return nil, false
		}
		out, ok := ways(rest, want)
		failed[left] = !ok
		return out, ok
	}
	ways = func(rest []rune, want string) ([]rune, bool) {
		if len(rest) == 0 {
			return nil, want == ""
		}
		c := unicode.ToUpper(rest[0])
		if !unicode.IsLetter(c) {
			out, ok := walk(rest[1:], want)
			return append([]rune{rest[0]}, out...), ok
		}
		if want == "" {
			return nil, false
		}
		set := func(to rune, n int) ([]rune, bool) {
			if unicode.IsLower(rest[0]) {
				to = unicode.ToLower(to)
			}
			out, ok := walk(rest[1:], want[n:])
			return append([]rune{to}, out...), ok
		}
		if base := unicode.ToUpper(foldRune(c)); base != c && base < utf8.RuneSelf && want[0] == byte(base) && !slices.Contains(own, c) && len(plain(mrz.Transliterate(string(c)))) > 1 {
			if out, ok := set(base, 1); ok { // the zone would have two letters
				return out, true
			}
		}
		for _, form := range mrz.Candidates(string(c), 6) {
			if form = plain(form); form != "" && strings.HasPrefix(want, form) {
				if out, ok := set(c, len(form)); ok {
					return out, true
				}
			}
		}
		for _, t := range twofold {
			if !strings.HasPrefix(want, t.zone) || !strings.ContainsRune(t.read, c) {
				continue
			}
			for _, p := range t.printed {
				if slices.Contains(own, p) {
					if out, ok := set(p, len(t.zone)); ok {
						return out, true
					}
				}
			}
		}
		if strings.HasPrefix(want, "IJ") && (c == 'U' || c == 'Ü' || c == 'Y') && slices.Contains(x.languages(issuer), "nl") {
			out, ok := walk(rest[1:], want[2:])
			return append([]rune(cased("IJ", rest[0])), out...), ok
		}
		return nil, false
	}
	out, ok := walk([]rune(printed), want)
	return string(out), ok
}

// cased returns letters in the case of another.
func cased(s string, like rune) string {
	if unicode.IsLower(like) {
		return strings.ToLower(s)
	}
	return s
}

// alikeMarks are marked letters that recognisers take for each other: the marks
// are of one kind at the size of print.
var alikeMarks = []string{"ÑŇŃŅ", "ÕÔŌÒ", "ÃÂĀ", "ÜŰŪŨ", "ÖŐŌ", "ŞŠŜ", "ÍÌĪĨÎ", "ÁÀĀ", "ÉÈĒ", "ÓÒŌ", "ÚÙŪ", "ĞĢĜ", "ÇĆĊ", "ŻŽŹ", "ŠŚ", "ČĆ"}

// atHome returns a name with letters that no language of the issuer has put
// right, where one that looks like them does: Ň in Spain is Ñ. Names of
// foreigners keep what no other letter looks like.
func (x *Extractor) atHome(name, issuer string) string {
	own := x.lettersOf(issuer)
	if len(own) == 0 {
		return name
	}
	return strings.Map(func(c rune) rune {
		up := unicode.ToUpper(c)
		if up < utf8.RuneSelf || !unicode.Is(unicode.Latin, up) || slices.Contains(own, up) {
			return c
		}
		for _, group := range alikeMarks {
			if !strings.ContainsRune(group, up) {
				continue
			}
			for _, o := range group {
				if slices.Contains(own, o) && foldRune(o) == foldRune(up) {
					if unicode.IsLower(c) {
						return unicode.ToLower(o)
					}
					return o
				}
			}
		}
		return c
	}, name)
}

// lookalikes are the capitals that Latin and Cyrillic print share.
var lookalikes = map[rune]rune{
	'A': 'А', 'B': 'В', 'C': 'С', 'E': 'Е', 'H': 'Н', 'I': 'І', 'J': 'Ј', 'K': 'К', 'M': 'М', 'O': 'О', 'P': 'Р', 'S': 'Ѕ', 'T': 'Т', 'X': 'Х', 'Y': 'У',
}

// homoglyphs returns a Latin text in Cyrillic letters that look the same; false
// where it has others.
func homoglyphs(text string) (string, bool) {
	ok := true
	out := strings.Map(func(c rune) rune {
		if !unicode.IsLetter(c) {
			return c
		}
		r, found := lookalikes[c]
		ok = ok && found
		return r
	}, text)
	return out, ok
}

// oneScript puts a name right that was read in Latin letters though the other
// name is Cyrillic and Latin print nowhere repeats it.
func (r *printer) oneScript() {
	for _, pair := range [][2]string{{surname, givenNames}, {givenNames, surname}} {
		var one *Reading
		other := false
		for i := range r.got {
			switch g := &r.got[i]; {
			case g.Source != report.FromVisual:
			case g.Field == pair[0] && one == nil:
				one = g
			case g.Field == pair[0]:
				return // printed twice
			case g.Field == pair[1]:
				if other && latin(g.Value) {
					return
				}
				other = !latin(g.Value)
			}
		}
		if one == nil || !other || !latin(one.Value) {
			continue
		}
		if v, ok := homoglyphs(one.Value); ok {
			one.Value = v
		}
	}
}

// spell puts letters right that no language of the issuer has, on documents of
// its own people, and authorities of which a state has but a few.
func (r *printer) spell(in Input) {
	home := r.typ != report.ResidencePermit && r.typ != report.Visa && (in.Zone == nil || in.Zone.Nationality == in.Zone.Issuer)
	for i := range r.got {
		g := &r.got[i]
		switch {
		case g.Source != report.FromVisual:
		case home && (spelled[g.Field] || g.Field == birthPlace || g.Field == address):
			g.Value = twice(r.atHome(g.Value, r.issuer))
		case g.Field == authority && r.typ == report.DrivingLicense:
			for _, known := range licensing[r.issuer] {
				if Distance(strings.ToUpper(g.Value), known) == 1 {
					g.Value = known
				}
			}
		}
	}
}

// licensing are the authorities of driving licences where one or two issue them
// all; the letters are short and easily misread.
var licensing = map[string][]string{"GBR": {"DVLA"}, "IRL": {"NDLS"}}

// twice gives a word that a name has twice, once with marks and once without,
// its marks both times: the surnames of two parents who share one.
func twice(name string) string {
	words := strings.Split(name, " ")
	for i, w := range words {
		for _, marked := range words {
			if w == unmarked(w) && marked != w && unmarked(marked) == w {
				words[i] = marked
			}
		}
	}
	return strings.Join(words, " ")
}

// unmarked is a word without its marks, in its own case.
func unmarked(word string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsUpper(c) {
			return unicode.ToUpper(foldRune(c))
		}
		return foldRune(c)
	}, word)
}
