package lexicon

import (
	"slices"
	"strings"
	"unicode"
)

// hanWord is a word in Chinese characters. These have no letters to fold and stand
// without spaces: a word is found wherever it stands, letter by letter.
type hanWord struct {
	word string
	kind kind
	meaning
	language string
}

// isHan tells whether a word is written in Chinese characters or kana.
func isHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) })
}

// addHan keeps the longest words first: they hold the shorter ones.
func (x *Lexicon) addHan(k kind, w string, m meaning, language string) {
	at, _ := slices.BinarySearchFunc(x.han, w, func(a hanWord, w string) int { return len(w) - len(a.word) })
	x.han = slices.Insert(x.han, at, hanWord{w, k, m, language})
}

// hanWords finds words in Chinese characters; what a longer one of its kind covers
// is none.
func (x *Lexicon) hanWords(text string, out *Words) {
	var taken [][2]int
	for _, w := range x.han {
		at := strings.Index(text, w.word)
		if at < 0 {
			continue
		}
		start := len([]rune(text[:at]))
		n := len([]rune(w.word))
		end := start + n
		if slices.ContainsFunc(taken, func(t [2]int) bool { return start < t[1] && end > t[0] }) {
			continue
		}
		taken = append(taken, [2]int{start, end})
		languages := []string{w.language}
		switch w.kind {
		case label:
			out.Labels = append(out.Labels, LabelHit{w.field, languages, "", start, end, 1})
		case title:
			// One of these characters says as much as two or three letters.
			out.Titles = append(out.Titles, TitleHit{w.field, w.subtype, w.issuer, languages, start, end, 2 * n, false, 1})
		case state:
			out.States = append(out.States, StateHit{w.issuer, languages, start, end, 2 * n, 1})
		}
	}
	slices.SortStableFunc(out.Labels, func(a, b LabelHit) int { return a.Start - b.Start })
}
