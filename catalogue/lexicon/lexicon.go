// Package lexicon knows the words that identity documents print in the
// languages of Europe and its neighbours: the labels of fields, the titles of
// documents, names of states and nationalities, months and marks of sex.
//
// The words are data, one file per language in data/. Finding them is tolerant
// of what recognisers do to print: diacritics lost, a letter or two wrong, spaces
// dropped, bilingual labels run together. It says which words stand where and
// nothing more: what kind of document that makes belongs to engine/classify, and
// which value belongs to a label to engine/extract.
package lexicon

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"idproof/mrz"
)

//go:embed data/*.json
var files embed.FS

// language is one file of data.
type language struct {
	Language string   `json:"language"` // ISO 639-1, "-Latn" added where a second script is in use
	Script   string   `json:"script"`   // ISO 15924
	Issuers  []string `json:"issuers"`  // who prints documents in this language, ICAO codes
	// Labels are by the names that fields have in a report.
	Labels map[string][]string `json:"labels"`
	Titles []struct {
		Type    string   `json:"type"`
		Subtype string   `json:"subtype"`
		Issuer  string   `json:"issuer"` // where the words are one issuer's only
		Words   []string `json:"words"`
	} `json:"titles"`
	Months [][]string          `json:"months"` // twelve, or none; the forms of each
	Sex    map[string][]string `json:"sex"`    // by M, F, X
	States map[string][]string `json:"states"` // by ICAO code: names and adjectives
}

// Lexicon finds words of documents in lines of text. It is never written to and
// safe for concurrent use.
type Lexicon struct {
	words *index
	han   []hanWord

	issuers map[string][]string // by language
	months  map[string][]month  // by folded form
	sexes   map[string][]mark   // by folded form
	names   map[string]string   // folded name of a state to its code
}

type month struct {
	number   int
	language string
}

type mark struct{ sex, language string }

// Load reads the data that is built in.
func Load() (*Lexicon, error) {
	x := &Lexicon{
		words:   newIndex(),
		issuers: map[string][]string{}, months: map[string][]month{}, sexes: map[string][]mark{}, names: map[string]string{},
	}
	names, err := fs.Glob(files, "data/*.json")
	if err != nil {
		return nil, fmt.Errorf("lexicon: %w", err)
	}
	for _, name := range names {
		raw, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("lexicon: %w", err)
		}
		var l language
		if err := json.Unmarshal(raw, &l); err != nil {
			return nil, fmt.Errorf("lexicon: %s: %w", name, err)
		}
		if err := x.add(&l); err != nil {
			return nil, fmt.Errorf("lexicon: %s: %w", name, err)
		}
	}
	for _, s := range mrz.States() {
		if key := string(fold(s.Name).c); x.names[key] == "" && s.Issues {
			x.names[key] = s.Code
		}
	}
	issuers := map[string]int{}
	for l, codes := range x.issuers {
		issuers[l] = len(codes)
	}
	x.words.close(issuers)
	return x, nil
}

func (x *Lexicon) add(l *language) error {
	x.issuers[l.Language] = l.Issuers
	for field, words := range l.Labels {
		for _, w := range words {
			x.word(label, w, meaning{field: field}, l.Language)
		}
	}
	for _, t := range l.Titles {
		for _, w := range t.Words {
			x.word(title, w, meaning{field: t.Type, subtype: t.Subtype, issuer: t.Issuer}, l.Language)
		}
	}
	for code, words := range l.States {
		if _, ok := mrz.StateName(code); !ok {
			return fmt.Errorf("no state has the code %q", code)
		}
		for _, w := range words {
			x.word(state, w, meaning{issuer: code}, l.Language)
			if key := string(fold(w).c); key != "" {
				x.names[key] = code
			}
		}
	}
	if n := len(l.Months); n != 0 && n != 12 {
		return fmt.Errorf("%d months", n)
	}
	for i, forms := range l.Months {
		for _, w := range forms {
			key := string(fold(w).c)
			x.months[key] = append(x.months[key], month{i + 1, l.Language})
		}
	}
	for sex, forms := range l.Sex {
		for _, w := range forms {
			key := string(fold(w).c)
			x.sexes[key] = append(x.sexes[key], mark{sex, l.Language})
		}
	}
	return nil
}

func (x *Lexicon) word(k kind, w string, m meaning, language string) {
	if isHan(w) {
		x.addHan(k, w, m, language)
		return
	}
	x.words.add(k, w, m, language)
}

// LabelHit is a label found in a line.
type LabelHit struct {
	Field     string   // as in a report: Surname, Date_of_Birth, …
	Languages []string // in which the words mean this
	Number    string   // printed before or after the label: "1", "4a"; mostly ""
	// Start and End are rune offsets in the line: the label's first letter, and
	// behind it and the stops, colons and numbers that belong to it.
	Start, End int
	Score      float64 // 0 to 1; 1 is letter by letter
}

// Labels finds the labels in a line, from left to right. Where the same words
// mean different fields in different languages there is a hit for each, the one
// that most issuers mean first; which is right the document's other labels say.
func (x *Lexicon) Labels(text string) []LabelHit { return x.Words(text).Labels }

// TitleHit is a title of a document, or words that only one kind of document bears.
type TitleHit struct {
	Type, Subtype string   // as in a report; "other" with what it is as subtype
	Issuer        string   // ICAO code where these words are one issuer's only
	Languages     []string // in which the words mean this
	Start, End    int      // rune offsets in the line
	Letters       int      // length of the title without spaces
	InLabel       bool     // the words are part of a label: "Passport No."
	Score         float64  // 0 to 1; 1 is letter by letter
}

// Titles finds the titles in a line, from left to right. What is rather the label
// of a field ("Date de naissance" is no "Acte de naissance") is none.
func (x *Lexicon) Titles(text string) []TitleHit { return x.Words(text).Titles }

// StateHit is the name of a state, or its adjective, in a line.
type StateHit struct {
	Code       string   // ICAO 9303-3 section 5, as printed: "D", "FRA"
	Languages  []string // in which it is called so
	Start, End int      // rune offsets in the line
	Letters    int      // length of the name without spaces
	Score      float64  // 0 to 1; 1 is letter by letter
}

// States finds names of states in a line, from left to right.
func (x *Lexicon) States(text string) []StateHit { return x.Words(text).States }

// Words is all that was found in a line.
type Words struct {
	Labels []LabelHit
	Titles []TitleHit
	States []StateHit
}

// Words finds labels, titles and states at once, for what one of them costs.
func (x *Lexicon) Words(text string) (out Words) {
	f := fold(text)
	found := x.words.find(f)
	for _, h := range found[label] {
		if h.score < 1 && slices.ContainsFunc(found[title], h.yields) {
			continue
		}
		number, end := f.number(h)
		out.Labels = append(out.Labels, LabelHit{h.field, h.languages, number, f.at[h.start], end, h.score})
	}
	for _, h := range found[title] {
		inLabel := slices.ContainsFunc(found[label], h.yields)
		if inLabel && h.score < 1 {
			continue
		}
		out.Titles = append(out.Titles, TitleHit{
			h.field, h.subtype, h.issuer, h.languages,
			f.at[h.start], f.at[h.end-1] + 1, h.letters, inLabel, h.score,
		})
	}
	for _, h := range found[state] {
		if h.score < 1 && slices.ContainsFunc(found[label], h.yields) {
			continue
		}
		out.States = append(out.States, StateHit{
			h.issuer, h.languages,
			f.at[h.start], f.at[h.end-1] + 1, h.letters, h.score,
		})
	}
	if isHan(text) {
		x.hanWords(text, &out)
	}
	return out
}

// Issuers are the codes of those who print documents in a language.
func (x *Lexicon) Issuers(language string) []string { return slices.Clone(x.issuers[language]) }

// Country returns the ICAO code for a value such as "POLSKIE/POLISH/POLONAISE",
// "Deutsch" or "SVK"; ok is false when the whole of it is not a country.
func (x *Lexicon) Country(text string) (code string, ok bool) {
	for _, part := range parts(text) {
		upper := strings.ToUpper(strings.TrimSpace(part))
		if upper == "DEU" {
			return "D", true // as zones have it
		}
		if s, known := mrz.LookupState(upper); known && s.Nationality {
			return s.Code, true
		}
		f := fold(part)
		if len(f.c) == 0 {
			continue
		}
		if c, known := x.names[string(f.c)]; known {
			return c, true
		}
		for _, h := range x.words.find(f)[state] {
			if h.start == 0 && h.end == len(f.c) {
				return h.issuer, true
			}
		}
	}
	return "", false
}

// Month returns 1 to 12 for a month's name or abbreviation in any language, also
// where two languages stand together ("AUG/AOÛT"); 0 when it is none. Where a
// form means different months in different languages (Polish and Croatian
// "LIS"), the languages given, the most likely first, decide; without them it is 0
// unless the second name tells, or far more languages mean one of them.
func (x *Lexicon) Month(text string, languages ...string) int {
	possible := map[int]int{}
	var all []month
	n := 0
	for _, part := range parts(text) {
		ms := x.months[string(fold(part).c)]
		if len(ms) == 0 {
			continue
		}
		n++
		seen := map[int]bool{}
		for _, m := range ms {
			if !seen[m.number] {
				seen[m.number] = true
				possible[m.number]++
			}
		}
		all = append(all, ms...)
	}
	said := map[int]int{} // by how many languages
	for _, m := range all {
		if possible[m.number] == n {
			said[m.number]++
		}
	}
	if len(said) > 1 {
		for _, l := range languages {
			for _, m := range all {
				if m.language == l && said[m.number] > 0 {
					return m.number
				}
			}
		}
	}
	best, second := 0, 0
	for m, votes := range said {
		switch {
		case votes > said[best] || votes == said[best] && m < best:
			best, second = m, said[best]
		case votes > second:
			second = votes
		}
	}
	if second > 0 && said[best] < 3*second {
		return 0
	}
	return best
}

// Sex returns M, F or X for a mark of sex as printed: "M", "Ž/F", "K / M", "weiblich";
// "" when it is none. Where two marks stand together the last is the one of ICAO
// 9303 (Hungarian "F/M" is a man); a single national mark needs its language,
// otherwise M and F have their meaning in ICAO 9303.
func (x *Lexicon) Sex(text string, languages ...string) string {
	ps := parts(text)
	if len(ps) == 0 || len(ps) > 3 {
		return ""
	}
	if len(ps) > 1 {
		switch last := strings.ToUpper(strings.TrimSpace(ps[len(ps)-1])); last {
		case "M", "F", "X":
			return last
		}
	}
	marks := x.sexes[string(fold(ps[0]).c)]
	for _, l := range languages {
		for _, m := range marks {
			if m.language == l {
				return m.sex
			}
		}
	}
	switch strings.ToUpper(strings.TrimSpace(ps[0])) {
	case "M":
		return "M"
	case "F":
		return "F"
	case "X":
		return "X"
	}
	sex := ""
	for _, m := range marks {
		if sex != "" && sex != m.sex {
			return ""
		}
		sex = m.sex
	}
	return sex
}

// parts splits a value that is printed in several languages.
func parts(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return r == '/' || r == '|' || r == '\\' || r == '·' || r == ',' || r == '(' || r == ')'
	})
}
