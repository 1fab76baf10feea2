package textread

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// alike are the letters that look the same in Latin, Cyrillic and Greek; a dot
// where a script has none.
var alike = map[Script][]rune{
	Latin:    []rune("ABEKMHOPCTYXIJSaceopyxijsZNvïÏëË"),
	Cyrillic: []rune("АВЕКМНОРСТУХІЈЅасеорухіјѕ...їЇёЁ"),
	Greek:    []rune("ΑΒΕΚΜΗΟΡ.ΤΥΧΙ.....ορ.χ...ΖΝνϊΪ.."),
}

var tables = map[Script]*unicode.RangeTable{Latin: unicode.Latin, Cyrillic: unicode.Cyrillic, Greek: unicode.Greek}

var scripts = []Script{Latin, Cyrillic, Greek}

// oneScript writes every word in one script: the only one that has all of its
// letters, or that of the line's other words, or the one most of it was read in.
// Letters that several scripts have do not show which it is, and recognisers guess.
func oneScript(text string) string {
	if strings.IndexFunc(text, func(c rune) bool { return unicode.In(c, unicode.Cyrillic, unicode.Greek) }) < 0 {
		return text
	}
	words := strings.FieldsFunc(text, func(c rune) bool { return !unicode.IsLetter(c) })
	sure := map[Script]int{}
	for _, w := range words {
		if able := writers(w); len(able) == 1 {
			sure[able[0]] += len(w)
		}
	}
	var out strings.Builder
	for _, w := range words {
		i := strings.Index(text, w)
		out.WriteString(text[:i])
		out.WriteString(as(choose(w, sure), w))
		text = text[i+len(w):]
	}
	return out.String() + text
}

// writers are the scripts that have all letters of a word.
func writers(word string) (able []Script) {
	for _, s := range scripts {
		if !strings.ContainsFunc(as(s, word), func(c rune) bool { return !unicode.Is(tables[s], c) }) {
			able = append(able, s)
		}
	}
	return able
}

// choose is the script of a word on a line with so much text in each script.
func choose(word string, sure map[Script]int) Script {
	read := map[Script]int{}
	for _, c := range word {
		for _, s := range scripts {
			if unicode.Is(tables[s], c) {
				read[s]++
			}
		}
	}
	able := writers(word)
	if len(able) == 0 {
		able = scripts
	}
	return slices.MaxFunc(able, func(a, b Script) int {
		return cmp.Or(cmp.Compare(sure[a], sure[b]), cmp.Compare(read[a], read[b]))
	})
}

// as writes the letters of a word that a script has, too, in that script.
func as(to Script, word string) string {
	return strings.Map(func(c rune) rune {
		for _, s := range scripts {
			if i := slices.Index(alike[s], c); s != to && i >= 0 && alike[to][i] != '.' {
				return alike[to][i]
			}
		}
		return c
	}, word)
}
