package history

import (
	"strings"

	"idproof/mrz"
)

// letters are those of a name as a machine-readable zone has them, so that print
// and zone spell alike.
func letters(name string) string {
	return capitals(mrz.Transliterate(strings.ToUpper(name)), false)
}

// number is a document's number without what print sets between its parts.
func number(s string) string { return capitals(strings.ToUpper(s), true) }

func capitals(s string, digits bool) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || (digits && r >= '0' && r <= '9') {
			return r
		}
		return -1
	}, s)
}

// differs tells whether the two are certainly not one person with one document:
// readings that nothing bears out must differ in two things, others in one, or in
// both names. With numbers the documents' numbers count too. What was not read
// differs from nothing.
func (p Person) differs(q Person, numbers bool) bool {
	apart := func(a, b string) bool { return a != "" && b != "" && a != b }
	// A zone cuts long names off.
	names := func(a, b string) bool { return apart(a, b) && !strings.HasPrefix(a, b) && !strings.HasPrefix(b, a) }
	birth, surname, given := apart(p.Birth, q.Birth), names(p.Surname, q.Surname), names(p.Given, q.Given)
	n := numbers && apart(p.Number, q.Number)
	if p.Certain && q.Certain {
		return birth || n || (surname && given)
	}
	things := 0
	for _, differ := range []bool{birth, surname, given, n} {
		if differ {
			things++
		}
	}
	return things >= 2
}
