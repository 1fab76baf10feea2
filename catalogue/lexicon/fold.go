package lexicon

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// folded is a line as words are compared: what recognisers confuse is one
// character, and what is neither letter nor digit is gone.
type folded struct {
	line []rune
	c    []byte
	at   []int // at[i] is the rune of the line that c[i] stands for; c[i] ends before at[i+1], or is one rune
	// A word can start before c[i], or end behind it: at a space or stop (hard), or
	// where letters and digits or small and capital letters meet, or a letter that
	// a stroke between two words is read as stands (soft).
	startHard, startSoft, endHard, endSoft []bool
}

// Letters by their looks, capitals of Greek and Cyrillic as the Latin ones that
// they resemble: recognisers mix the scripts within a line. Digits stand for the
// letters that they are read instead of.
const (
	looks = "ΑaΒbΕeΖzΗhΙiΚkΜmΝnΟoΡpΤtΥyΧxϹc" +
		"АaВbЕeКkМmНhОoРpСcТtУyХxІiЈjЅsЁeҮyҺhӘeԌgЇi" +
		"0o1i5s8b|i!i" +
		"ØoŁiĐdÐdĦhŦtŊnƏeŒoÞp"
	// Letters of other scripts that look like none of the Latin ones.
	own = "ΓΔΘΛΞΠΣΦΨΩБГДЖЗИЙЛПФЦЧШЩЪЫЬЭЮЯЂЃЄЉЊЋЌЎЏҐ"
)

// table folds upper-case letters. It is never written to.
var table = func() map[rune]byte {
	m := map[rune]byte{}
	rs := []rune(looks)
	for i := 0; i < len(rs); i += 2 {
		m[rs[i]] = byte(rs[i+1])
	}
	for i, r := range []rune(own) {
		m[r] = byte(128 + i)
	}
	// Pairs that look alike, or differ by a mark that is lost.
	m['Й'], m['Ў'], m['Ѓ'], m['Ґ'], m['Ќ'] = m['И'], 'y', m['Г'], m['Г'], 'k'
	m['Γ'], m['Π'], m['Φ'], m['Λ'] = m['Г'], m['П'], m['Ф'], m['Л']
	for r := 'A'; r <= 'Z'; r++ {
		m[r] = byte(r - 'A' + 'a')
	}
	m['L'] = 'i' // l, I and 1 are one
	for _, r := range "234679" {
		m[r] = byte(r)
	}
	return m
}()

// more are letters that are two.
var more = map[rune]string{'ß': "ss", 'ẞ': "ss", 'Æ': "ae", 'æ': "ae", 'œ': "oe", 'Œ': "oe", 'Ĳ': "ij", 'ĳ': "ij"}

func foldRune(r rune) (byte, bool) {
	if r < 128 {
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		b, ok := table[r]
		return b, ok
	}
	r = unicode.ToUpper(r)
	if b, ok := table[r]; ok {
		return b, true
	}
	for _, d := range norm.NFD.String(string(r)) {
		b, ok := table[unicode.ToUpper(d)]
		return b, ok
	}
	return 0, false
}

// wordy tells what a word consists of.
func wordy(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// stroke tells letters that a stroke between words is often read as, crook those
// that it is read as at times.
func stroke(r rune) bool { return strings.ContainsRune("lI1Ji|!", r) }
func crook(r rune) bool  { return strings.ContainsRune("jtfrTL", r) }

func fold(text string) *folded {
	line := []rune(text)
	f := &folded{line: line, c: make([]byte, 0, len(line)+4), at: make([]int, 0, len(line)+5)}
	for i, r := range line {
		if s, ok := more[r]; ok {
			for _, b := range []byte(s) {
				f.c, f.at = append(f.c, b), append(f.at, i)
			}
			continue
		}
		if !wordy(r) {
			continue
		}
		b, ok := foldRune(r)
		if !ok {
			if unicode.Is(unicode.Mn, r) {
				continue
			}
			b = 255
		}
		// rn and m are one.
		if n := len(f.c); b == 'n' && n > 0 && f.c[n-1] == 'r' && f.at[n-1] == i-1 {
			f.c[n-1] = 'm'
			continue
		}
		f.c, f.at = append(f.c, b), append(f.at, i)
	}
	f.bounds()
	f.at = append(f.at, len(line))
	return f
}

// bounds finds where words can start and end.
func (f *folded) bounds() {
	n := len(f.c)
	flags := make([]bool, 4*n)
	f.startHard, f.startSoft, f.endHard, f.endSoft = flags[:n], flags[n:2*n], flags[2*n:3*n], flags[3*n:]
	get := func(i int) rune {
		if i < 0 || i >= len(f.line) {
			return ' '
		}
		return f.line[i]
	}
	// turn tells whether a new word may begin between two characters of one.
	turn := func(a, b rune) bool {
		return unicode.IsLower(a) && unicode.IsUpper(b) || unicode.IsDigit(a) != unicode.IsDigit(b)
	}
	for i := range f.c {
		first, last := f.at[i], f.at[i]
		if i+1 < n && f.c[i] == 'm' && get(first) != 'm' && get(first) != 'M' && wordy(get(first+1)) && f.at[i+1] == first+2 {
			last = first + 1 // rn
		}
		before, after := get(first-1), get(last+1)
		f.startHard[i] = !wordy(before)
		f.endHard[i] = !wordy(after)
		f.startSoft[i] = f.startHard[i] || turn(before, get(first)) || unicode.IsUpper(get(first)) && (stroke(before) || crook(before)) && unicode.IsLower(get(first-2))
		second := get(last + 2)
		f.endSoft[i] = f.endHard[i] || turn(get(last), after) ||
			stroke(after) && !wordy(second) ||
			(stroke(after) || crook(after)) && unicode.IsUpper(second) && unicode.IsLower(get(last))
	}
}

// number finds the number of a field that is printed before or behind a label,
// and where the label with all that belongs to it ends.
func (f *folded) number(h hit) (number string, end int) {
	isNumber := func(s string) bool {
		digits := 0
		for i, r := range s {
			switch {
			case r >= '0' && r <= '9':
				digits++
			case i > 0 && i == len(s)-1 && r >= 'a' && r <= 'd':
			default:
				return false
			}
		}
		return digits > 0 && digits <= 2
	}
	clean := func(r rune) bool { return strings.ContainsRune(" .():,;·*#", r) }
	// Before.
	i := f.at[h.start]
	for i > 0 && clean(f.line[i-1]) {
		i--
	}
	j := i
	for j > 0 && wordy(f.line[j-1]) && i-j < 4 {
		j--
	}
	if j < i && (j == 0 || !wordy(f.line[j-1])) && isNumber(string(f.line[j:i])) {
		number = string(f.line[j:i])
	}
	// Behind: "(3)" or stops.
	end = f.at[h.end-1] + 1
	if h.end < len(f.at) && f.c[h.end-1] == 'm' && end < len(f.line) && f.at[h.end] > end && wordy(f.line[end]) && f.line[end-1] != 'm' && f.line[end-1] != 'M' {
		end++ // rn
	}
	k := end
	for k < len(f.line) && f.line[k] == ' ' {
		k++
	}
	if k < len(f.line) && f.line[k] == '(' {
		for m := k + 1; m < len(f.line) && m-k <= 4; m++ {
			if f.line[m] == ')' {
				if s := strings.TrimSpace(string(f.line[k+1 : m])); isNumber(s) {
					number, end = s, m+1
				}
				break
			}
		}
	}
	for end < len(f.line) && strings.ContainsRune(".:;)", f.line[end]) {
		end++
	}
	return number, end
}
