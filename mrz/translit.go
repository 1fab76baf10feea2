package mrz

import (
	"strings"
	"unicode"
)

// Transliterate turns a printed name into the letters of an MRZ, components
// separated by '<': "Müller-Lüdenscheidt" is "MUELLER<LUEDENSCHEIDT" (ICAO
// 9303-3, 4.6 and 6). Of several forms that the tables allow it takes the
// first; see Candidates.
//
// Latin letters with marks, Cyrillic and Arabic follow section 6; Greek, which
// has no table there, follows ISO 843 (ELOT 743) as Greek passports do. An
// apostrophe vanishes, hyphen, comma and space separate, what else has no
// transliteration is left out.
func Transliterate(name string) string { return TransliterateFor("", name) }

// TransliterateFor is Transliterate with the exceptions that section 6 makes for
// Cyrillic names of the given issuer: BLR, BGR, MKD, MNE, SRB, UKR.
func TransliterateFor(issuer, name string) string {
	if s := clean(name); isName(s) && !strings.ContainsAny(name, " \t\r\n") {
		return trimBoth(s)
	}
	special := exceptions[issuer]
	t := scan(name)
	var b strings.Builder
	b.Grow(len(name) + 8)
	last := byte('<') // what was written last
	for i, r := range t {
		out := ""
		if special != nil {
			out = special(t, i)
		}
		switch {
		case out != "":
		case separates(r):
			if last != '<' {
				b.WriteByte('<')
				last = '<'
			}
			continue
		case r == shadda:
			out = previousArabic(t, i)
		case r >= 'Ά' && r <= 'Ϋ':
			out = greekAt(t, i)
		default:
			out = first(r, t, i)
		}
		if out != "" {
			b.WriteString(out)
			last = out[len(out)-1]
		}
	}
	return trim(b.String())
}

// first returns the recommended transliteration of a letter.
func first(r rune, t []rune, i int) string {
	if r >= 'A' && r <= 'Z' {
		return alphabet[10+r-'A' : 11+r-'A']
	}
	if r == tehMarbuta && i+1 < len(t) && !separates(t[i+1]) {
		return "XTA"
	}
	if forms := table[r]; len(forms) > 0 {
		return forms[0]
	}
	return ""
}

// Candidates returns the forms that a printed name may take in an MRZ, the
// recommended one first: for "Müller" MUELLER, MUXXLLER, MULLER. It stops at
// limit forms; SameName knows them all and needs no limit.
func Candidates(name string, limit int) []string {
	t := scan(name)
	out := []string{Transliterate(name)}
	seen := map[string]bool{out[0]: true}
	forms := []string{""}
	for i := range t {
		var next []string
		for _, f := range forms {
			for _, a := range alternatives(t, i, strict) {
				if a == "<" && (f == "" || f[len(f)-1] == '<') {
					a = ""
				}
				next = append(next, f+a)
				if len(next) >= 4*limit {
					break
				}
			}
		}
		forms = next
	}
	for _, f := range forms {
		if f = trim(f); !seen[f] && len(out) < limit {
			seen[f] = true
			out = append(out, f)
		}
	}
	return out
}

// NameMatch says how a printed name and an MRZ name agree.
type NameMatch uint8

// The matches, from worst to best.
const (
	NameDifferent NameMatch = iota
	// NameCut: the MRZ name is the printed one cut by the rules for names that
	// are too long: components shortened from their ends, or left out at the end.
	NameCut
	// NameSimilar: the same but for a mark that one side lacks, MULLER for
	// MUELLER. Text recognition loses marks; so do issuers.
	NameSimilar
	// NameSame: the MRZ name is a transliteration of the printed one.
	NameSame
)

// String returns "different", "cut", "similar" or "same".
func (m NameMatch) String() string {
	return [...]string{"different", "cut", "similar", "same"}[m&3]
}

// SameName reports whether an MRZ name may stand for the printed one in full:
// whether CompareNames finds them the same or similar.
func SameName(printed, mrz string) bool { return CompareNames(printed, mrz) >= NameSimilar }

// CompareNames compares a printed name, in any supported script, with a name
// from an MRZ, its components separated by '<' or spaces. A hyphen or space may
// be a separator in the MRZ or nothing, an apostrophe likewise.
func CompareNames(printed, mrz string) NameMatch {
	t := scan(printed)
	m := mrzName(mrz)
	if len(m) > 63 || len(t) == 0 && m != "" || len(t) != 0 && m == "" {
		return NameDifferent
	}
	switch {
	case matches(t, m, strict):
		return NameSame
	case matches(t, m, lenient):
		return NameSimilar
	case matches(t, m, cut):
		return NameCut
	}
	return NameDifferent
}

// CompareName compares the holder's printed names with those of the document.
// NameCut counts only if the document's name may be cut.
func (d *Document) CompareName(surname, givenNames string) NameMatch {
	if d.russianInternal() {
		return d.compareRussian(surname, givenNames)
	}
	a, b := CompareNames(surname, d.Surname), CompareNames(givenNames, d.GivenNames)
	if d.NameTruncated && b == NameDifferent && d.GivenNames == "" {
		b = NameCut
	}
	m := min(a, b)
	if m == NameCut && !d.NameTruncated {
		m = NameDifferent
	}
	return m
}

// mrzName brings an MRZ name to components separated by single fillers.
func mrzName(s string) string {
	s = strings.ReplaceAll(strings.ToUpper(s), " ", "<")
	return strings.ReplaceAll(words(s), " ", "<")
}

// mode says how strictly names are compared.
type mode uint8

const (
	strict mode = iota
	lenient
	cut
)

// matches runs the printed name's alternatives over the MRZ name. Bit j of the
// state says that the first j characters of m are accounted for.
func matches(t []rune, m string, how mode) bool {
	state := uint64(1)
	for i := range t {
		var next uint64
		for _, a := range alternatives(t, i, how) {
			for j := 0; j+len(a) <= len(m); j++ {
				if state&(1<<j) == 0 {
					continue
				}
				switch {
				case a == "<" && j == 0:
					next |= 1
				case a == "<" && m[j-1] == '<':
					next |= 1 << j
				case m[j:j+len(a)] == a:
					next |= 1 << (j + len(a))
				}
			}
		}
		for j := 1; how == cut && j <= len(m); j++ {
			// the rest of a component is cut off, or all that follows
			if state&(1<<j) != 0 && m[j-1] != '<' && (j == len(m) || m[j] == '<' && !separates(t[i])) {
				next |= 1 << j
			}
		}
		if next == 0 {
			return false
		}
		state = next
	}
	return state&(1<<len(m)) != 0
}

// alternatives returns what the i-th rune of a printed name may be in an MRZ.
func alternatives(t []rune, i int, how mode) []string {
	r := t[i]
	switch {
	case separates(r):
		return separator[:]
	case r == '\'':
		return apostrophe[:]
	case r >= 'A' && r <= 'Z':
		if how == strict {
			return plainLetter[r-'A' : r-'A'+1]
		}
		switch prev := previous(t, i); {
		case r == 'A' && prev == 'A':
			return lostA[:]
		case r == 'E' && (prev == 'A' || prev == 'O' || prev == 'U'):
			return lostE[:]
		}
		return withoutMark(r)
	case r == shadda:
		if p := previousArabic(t, i); p != "" {
			return []string{p, ""}
		}
		return nothing
	case r == 'Μ' && i+1 < len(t) && t[i+1] == 'Π':
		return greekM[:]
	}
	if forms := table[r]; len(forms) > 0 {
		return forms
	}
	return nothing
}

var (
	separator   = [...]string{"<", ""}
	apostrophe  = [...]string{"", "<"}
	nothing     = []string{""}
	lostA       = [...]string{"A", "AE", "AA", ""}
	lostE       = [...]string{"E", ""}
	greekM      = [...]string{"M", ""}
	plainLetter = func() (p [26]string) {
		for i := range p {
			p[i] = letters[i : i+1]
		}
		return p
	}()
)

// withoutMark returns what a bare letter stands for if its mark got lost.
func withoutMark(r rune) []string {
	switch r {
	case 'A':
		return []string{"A", "AE", "AA"}
	case 'N':
		return []string{"N", "NXX"}
	case 'O':
		return []string{"O", "OE"}
	case 'U':
		return []string{"U", "UE", "UXX"}
	case 'D':
		return []string{"D", "DJ"}
	}
	return plainLetter[r-'A' : r-'A'+1]
}

func previous(t []rune, i int) rune {
	if i == 0 {
		return 0
	}
	return t[i-1]
}

// previousArabic returns the transliteration of the letter that a shadda
// doubles: the one before it, vowel marks skipped.
func previousArabic(t []rune, i int) string {
	for i--; i >= 0; i-- {
		if forms := table[t[i]]; len(forms) > 0 && forms[0] != "" {
			return first(t[i], t, i)
		}
		if separates(t[i]) || t[i] >= 'A' && t[i] <= 'Z' {
			break
		}
	}
	return ""
}

// separates reports whether a rune stands between name components.
func separates(r rune) bool {
	switch r {
	case ' ', '<', ',', '-', '/', '_':
		return true
	}
	return false
}

func isName(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}

func trimBoth(s string) string { return strings.Trim(s, "<") }

// scan upper-cases a printed name, composes the marks that matter, and brings
// the kinds of spaces, hyphens and apostrophes to one each.
func scan(name string) []rune {
	t := make([]rune, 0, len(name))
	for _, r := range name {
		r = unicode.ToUpper(r)
		switch {
		case r >= 'A' && r <= 'Z':
		case r >= 0x300 && r <= 0x36f:
			if n := len(t); n > 0 {
				if c, ok := composed[[2]rune{t[n-1], r}]; ok {
					t[n-1] = c
				}
			}
			continue
		case unicode.IsSpace(r):
			r = ' '
		case unicode.Is(unicode.Pd, r) || r == '\u00ad' || r == '\u2212':
			r = '-'
		case strings.ContainsRune("'`´’‘ʼʻ‛′＇", r):
			r = '\''
		}
		t = append(t, r)
	}
	return t
}

// composed joins the letters and combining marks whose transliteration differs
// from the bare letter's.
var composed = map[[2]rune]rune{
	{'A', 0x308}: 'Ä', {'O', 0x308}: 'Ö', {'U', 0x308}: 'Ü',
	{'A', 0x30a}: 'Å', {'N', 0x303}: 'Ñ',
	{'И', 0x306}: 'Й', {'У', 0x306}: 'Ў', {'Е', 0x308}: 'Ё', {'І', 0x308}: 'Ї',
	{'К', 0x301}: 'Ќ', {'Г', 0x301}: 'Ѓ',
	{'Ι', 0x308}: 'Ϊ', {'Υ', 0x308}: 'Ϋ',
	{'Α', 0x301}: 'Ά', {'Ε', 0x301}: 'Έ', {'Η', 0x301}: 'Ή', {'Ι', 0x301}: 'Ί',
	{'Ο', 0x301}: 'Ό', {'Υ', 0x301}: 'Ύ', {'Ω', 0x301}: 'Ώ',
}

// table holds the transliterations of letters beyond A to Z, the recommended
// one first; of these only the first is in ICAO 9303-3 unless the source says
// "or". It is never written to.
var table = func() map[rune][]string {
	m := make(map[rune][]string, 700)
	for base, marked := range latin {
		for _, r := range marked {
			m[r] = []string{base}
		}
	}
	for _, part := range [...]map[rune]string{latinForms, cyrillic, greek, arabic} {
		for r, forms := range part {
			m[r] = strings.Split(forms, " ")
		}
	}
	return m
}()

// latin lists letters that lose their mark.
var latin = map[string]string{
	"A": "ÀÁÂÃĀĂĄǍǞǠǺȀȂȦḀẠẢẤẦẨẪẬẮẰẲẴẶȺ",
	"B": "ḂḄḆƁɃ",
	"C": "ÇĆĈĊČḈƇȻ",
	"D": "ĎḊḌḎḐḒƉƊ",
	"E": "ÈÉÊËĒĔĖĘĚȄȆȨḔḖḘḚḜẸẺẼẾỀỂỄỆƐƎɆ",
	"F": "ḞƑ",
	"G": "ĜĞĠĢǦǴḠǤƓƔ",
	"H": "ĤĦȞḢḤḦḨḪ",
	"I": "ÌÍÎÏĨĪĬĮİǏȈȊḬḮỈỊƗƖ",
	"J": "ĴɈ",
	"K": "ĶǨḰḲḴƘ",
	"L": "ĹĻĽĿŁḶḸḺḼȽⱠ",
	"M": "ḾṀṂ",
	"N": "ŃŅŇŊǸṄṆṈṊƝ",
	"O": "ÒÓÔÕŌŎƠǑǪǬȌȎȪȬȮȰṌṎṐṒỌỎỐỒỔỖỘỚỜỞỠỢƆƟ",
	"P": "ṔṖƤ",
	"R": "ŔŖŘȐȒṘṚṜṞɌ",
	"S": "ŚŜŞŠȘṠṢṤṦṨ",
	"T": "ŢŤŦȚṪṬṮṰƬȾ",
	"U": "ÙÚÛŨŪŬŮŲƯǓǕǗǙǛȔȖṲṴṶṸṺỤỦỨỪỬỮỰɄƱ",
	"V": "ṼṾƲ",
	"W": "ŴẀẂẄẆẈ",
	"X": "ẊẌ",
	"Y": "ÝŶŸȲẎỲỴỶỸƳɎ",
	"Z": "ŹŻŽẐẒẔƵ",
}

// latinForms lists letters with several forms or more than one letter. Forms
// that the standard's table lacks but issuers print: O for Ø, DJ for Đ, OE and
// UE for Ő and Ű.
var latinForms = map[rune]string{
	'Ä': "AE A", 'Å': "AA A", 'Æ': "AE", 'Ǽ': "AE", 'Ǣ': "AE",
	'Ñ': "N NXX",
	'Ö': "OE O", 'Ø': "OE O", 'Ǿ': "OE O", 'Œ': "OE", 'Ő': "O OE",
	'Ü': "UE UXX U", 'Ű': "U UE",
	'ẞ': "SS", 'ß': "SS",
	'Þ': "TH", 'Ð': "D DH", 'Đ': "D DJ",
	'Ĳ': "IJ Y", 'Ə': "A E",
	'Ǆ': "DZ", 'ǅ': "DZ", 'Ǉ': "LJ", 'ǈ': "LJ", 'Ǌ': "NJ", 'ǋ': "NJ", 'Ǳ': "DZ", 'ǲ': "DZ",
}

// cyrillic is section 6 B; the further forms are the exceptions listed there
// and the Bulgarian Ъ, Я, Ю. Kazakh and other letters follow practice.
var cyrillic = map[rune]string{
	'А': "A", 'Б': "B", 'В': "V", 'Г': "G H", 'Ґ': "G", 'Ѓ': "G GJ", 'Ғ': "G GJ GH",
	'Д': "D", 'Ђ': "D DJ", 'Е': "E YE IE", 'Ё': "E IO YO", 'Є': "IE YE",
	'Ж': "ZH Z", 'З': "Z", 'Ѕ': "DZ", 'И': "I Y", 'І': "I", 'Ї': "I YI",
	'Й': "I Y J", 'Ј': "J", 'К': "K", 'Ќ': "K KJ", 'Қ': "K Q", 'Л': "L", 'Љ': "LJ",
	'М': "M", 'Н': "N", 'Њ': "NJ", 'Ң': "N NG", 'О': "O", 'Ө': "O", 'П': "P", 'Р': "R",
	'С': "S", 'Т': "T", 'Ћ': "C", 'У': "U", 'Ў': "U", 'Ұ': "U", 'Ү': "U", 'Ф': "F",
	'Х': "KH H", 'Һ': "C H", 'Ц': "TS C", 'Ч': "CH C", 'Џ': "DZ DJ", 'Ш': "SH S",
	'Щ': "SHCH SHT", 'Ъ': "IE A ", 'Ы': "Y", 'Ь': "", 'Э': "E", 'Ә': "A",
	'Ю': "IU YU JU", 'Я': "IA YA JA", 'Ѫ': "U", 'Ѵ': "Y",
}

// exceptions are those of section 6 B, by issuer.
var exceptions = map[string]func(t []rune, i int) string{
	"BLR": only(map[rune]string{'Г': "H", 'Ё': "IO"}),
	"BGR": only(map[rune]string{'Щ': "SHT"}),
	"MKD": only(map[rune]string{'Ѓ': "GJ", 'Ғ': "GJ", 'Ќ': "KJ", 'Џ': "DJ", 'Х': "H", 'Ц': "C"}),
	"SRB": only(serbian),
	"MNE": only(serbian),
	"UKR": func(t []rune, i int) string {
		initial := i == 0 || separates(t[i-1])
		switch r := t[i]; {
		case r == 'Г':
			return "H"
		case r == 'И':
			return "Y"
		case initial && r == 'Є':
			return "YE"
		case initial && r == 'Ї':
			return "YI"
		case initial && r == 'Й':
			return "Y"
		case initial && r == 'Ю':
			return "YU"
		case initial && r == 'Я':
			return "YA"
		}
		return ""
	},
}

var serbian = map[rune]string{'Г': "H", 'Ж': "Z", 'Х': "H", 'Ц': "C", 'Ч': "C", 'Ш': "S"}

func only(m map[rune]string) func([]rune, int) string {
	return func(t []rune, i int) string { return m[t[i]] }
}

// greek is ISO 843 letter by letter; the further forms are what its digraph
// rules and older passports print.
var greek = map[rune]string{
	'Α': "A", 'Ά': "A", 'Β': "V B", 'Γ': "G N", 'Δ': "D", 'Ε': "E", 'Έ': "E", 'Ζ': "Z",
	'Η': "I H V F", 'Ή': "I H", 'Θ': "TH", 'Ι': "I", 'Ί': "I", 'Ϊ': "I", 'Κ': "K", 'Λ': "L",
	'Μ': "M", 'Ν': "N", 'Ξ': "X KS", 'Ο': "O", 'Ό': "O", 'Π': "P B", 'Ρ': "R", 'Σ': "S",
	'Τ': "T", 'Υ': "Y U V F I", 'Ύ': "Y U V F I", 'Ϋ': "Y", 'ΐ': "I", 'ΰ': "Y", 'Φ': "F PH", 'Χ': "CH H X KH", 'Ψ': "PS",
	'Ω': "O", 'Ώ': "O",
}

// greekAt transliterates a Greek letter by its neighbours (ISO 843, note to
// table 2).
func greekAt(t []rune, i int) string {
	prev, next := previous(t, i), rune(0)
	if i+1 < len(t) {
		next = t[i+1]
	}
	switch t[i] {
	case 'Υ', 'Ύ':
		switch prev {
		case 'Ο', 'Ό':
			return "U"
		case 'Α', 'Ε', 'Η':
			if strings.ContainsRune("ΑΆΒΓΔΕΈΖΗΉΙΊΪΛΜΝΟΌΡΥΎΫΩΏ", next) && next != 0 {
				return "V"
			}
			return "F"
		}
	case 'Γ':
		if next == 'Γ' || next == 'Ξ' || next == 'Χ' {
			return "N"
		}
	case 'Μ':
		if next == 'Π' && (i == 0 || separates(prev) || i+2 == len(t) || separates(t[i+2])) {
			return ""
		}
	case 'Π':
		if prev == 'Μ' && (i == 1 || separates(t[i-2]) || next == 0 || separates(next)) {
			return "B"
		}
	}
	return first(t[i], t, i)
}

const (
	shadda     = '\u0651'
	tehMarbuta = '\u0629'
)

// arabic is section 6 C. Letters that it does not encode are absent.
var arabic = map[rune]string{
	0x621: "XE", 0x622: "XAA", 0x623: "XAE", 0x624: "U", 0x625: "I", 0x626: "XI", 0x627: "A",
	0x628: "B", tehMarbuta: "XAH XTA", 0x62a: "T", 0x62b: "XTH", 0x62c: "J", 0x62d: "XH", 0x62e: "XKH",
	0x62f: "D", 0x630: "XDH", 0x631: "R", 0x632: "Z", 0x633: "S", 0x634: "XSH", 0x635: "XSS",
	0x636: "XDZ", 0x637: "XTT", 0x638: "XZZ", 0x639: "E", 0x63a: "G", 0x641: "F", 0x642: "Q",
	0x643: "K", 0x644: "L", 0x645: "M", 0x646: "N", 0x647: "H", 0x648: "W", 0x649: "XAY", 0x64a: "Y",
	0x671: "XXA", 0x679: "XXT", 0x67c: "XRT", 0x67e: "P", 0x681: "XKE", 0x685: "XXH", 0x686: "XC",
	0x688: "XXD", 0x689: "XDR", 0x691: "XXR", 0x693: "XRR", 0x696: "XRX", 0x698: "XJ", 0x69a: "XXS",
	0x6a4: "V XV", 0x6a5: "XF", 0x6a9: "XKK", 0x6ab: "XXK", 0x6ad: "XNG", 0x6af: "XGG", 0x6ba: "XNN",
	0x6bc: "XXN", 0x6be: "XDO", 0x6c0: "XYH", 0x6c1: "XXG", 0x6c2: "XGE", 0x6c3: "XTG",
	0x6cc: "XYA Y XAY", 0x6cd: "XXY", 0x6d0: "Y", 0x6d2: "XYB", 0x6d3: "XBE",
}
