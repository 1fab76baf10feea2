package mrz

import "strings"

// Script is a way in which names are coded so that they can be recovered.
type Script uint8

// The scripts.
const (
	// ScriptLatin recovers the marked letters that ICAO 9303-3, section 6 A,
	// codes with XX: Ñ and Ü. All others lose their marks.
	ScriptLatin Script = iota
	// ScriptArabic recovers Arabic letters by ICAO 9303-3, appendix B.6. A
	// doubled letter becomes a shadda, save at the start of a component.
	ScriptArabic
	// ScriptRussian recovers Russian letters from an internal passport of the
	// Russian Federation, document code PN, which has a letter or digit for
	// each.
	ScriptRussian
)

// Reverse recovers the original spelling of an MRZ name, components separated
// by spaces. Which script a name was written in is not in the MRZ; the issuer
// suggests it. ok is false when some of the name is not in the script's code.
//
// For other scripts the way back is ambiguous: compare with SameName.
func Reverse(script Script, name string) (original string, ok bool) {
	name = mrzName(name)
	switch script {
	case ScriptArabic:
		return fromArabic(name)
	case ScriptRussian:
		return fromRussian(name)
	}
	return strings.NewReplacer("NXX", "Ñ", "UXX", "Ü", "<", " ").Replace(name), misfitName(name) < 0
}

func misfitName(s string) int { return KindName.misfit(s) }

func fromArabic(name string) (string, bool) {
	var b strings.Builder
	ok := true
	for i, part := range strings.Split(name, "<") {
		if i > 0 {
			b.WriteByte(' ')
		}
		if part == "ALLH" || part == "ALLXH" { // the one word with two lams side by side
			b.WriteString("\u0627\u0644\u0644\u0647")
			continue
		}
		last, n := rune(0), 0
		for part != "" {
			r, size := arabicLetter(part)
			part = part[size:]
			n++
			switch {
			case r == 0:
				ok = false
			case r == last && n > 2:
				b.WriteRune(shadda)
				r = 0
			default:
				b.WriteRune(r)
			}
			last = r
		}
	}
	return b.String(), ok
}

// arabicLetter reads the letter at the start of s: one character, or X and one
// or two more. The rune is 0 if there is none.
func arabicLetter(s string) (rune, int) {
	size := 1
	if s[0] == 'X' {
		for size = 2; size <= 3 && size <= len(s); size++ {
			if r := arabicCodes[s[:size]]; r != 0 {
				return r, size
			}
		}
		return 0, 1
	}
	return arabicCodes[s[:1]], size
}

// arabicCodes is the table of arabic turned round. Where two letters share a
// code the standard's reverse table has the one of Arabic proper.
var arabicCodes = func() map[string]rune {
	m := make(map[string]rune, len(arabic))
	for r, forms := range arabic {
		for code := range strings.SplitSeq(forms, " ") {
			if old, taken := m[code]; !taken || r < old {
				m[code] = r
			}
		}
	}
	return m
}()

// russian is the code of Russian internal passports (order 851 of 2009): А to Я
// in the order of the alphabet, Ё after Е.
const (
	russianLetters = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
	russianCodes   = "ABVGDE2JZIQKLMNOPRSTUFHC34WXY9678"
)

var russianToCode, russianFromCode = func() (map[rune]byte, map[byte]rune) {
	to, from := map[rune]byte{}, map[byte]rune{}
	i := 0
	for _, r := range russianLetters {
		to[r], from[russianCodes[i]] = russianCodes[i], r
		i++
	}
	return to, from
}()

func fromRussian(name string) (string, bool) {
	var b strings.Builder
	ok := true
	for i := range len(name) {
		switch r := russianFromCode[name[i]]; {
		case name[i] == '<':
			b.WriteByte(' ')
		case r == 0:
			ok = false
		default:
			b.WriteRune(r)
		}
	}
	return b.String(), ok
}

// russianName codes a name for an internal passport. Letters and digits that are
// code already stay.
func russianName(name string) string {
	var b []byte
	for _, r := range scan(name) {
		c := russianToCode[r]
		switch {
		case separates(r):
			c = '<'
		case r < 0x80 && strings.IndexByte(russianCodes, byte(r)) >= 0:
			c = byte(r)
		}
		if c != 0 && (c != '<' || len(b) > 0 && b[len(b)-1] != '<') {
			b = append(b, c)
		}
	}
	return trim(string(b))
}

// compareRussian compares printed Russian names with a Russian internal
// passport, letter by letter; Е is often written for Ё.
func (d *Document) compareRussian(surname, givenNames string) NameMatch {
	m := NameSame
	for _, pair := range [...][2]string{{surname, d.Surname}, {givenNames, d.GivenNames}} {
		printed, coded := russianName(pair[0]), mrzName(pair[1])
		switch {
		case printed == coded:
		case strings.ReplaceAll(printed, "2", "E") == strings.ReplaceAll(coded, "2", "E"):
			m = min(m, NameSimilar)
		case d.NameTruncated && matches([]rune(printed), coded, cut):
			m = min(m, NameCut)
		default:
			return NameDifferent
		}
	}
	return m
}
