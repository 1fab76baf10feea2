package mrz

import (
	"fmt"
	"strings"
)

// Fields are the data elements of a document to print.
type Fields struct {
	// Code, Issuer, Nationality as printed, without fillers: "P", "ID", "D".
	Code, Issuer, Nationality string
	// Number may be longer than nine characters for TD1 and TD2. Spaces and
	// punctuation become fillers.
	Number string
	// Surname and GivenNames may be as in the visual zone: they are
	// transliterated, and cut if they are too long.
	Surname, GivenNames string
	// BirthDate and ExpiryDate print as Date.MRZ says; the zero Date is six
	// fillers.
	BirthDate, ExpiryDate Date
	// Sex prints '<' when zero.
	Sex Sex
	// Optional, Optional2, PersonalNumber: see Document. What the format has no
	// place for is ignored.
	Optional, Optional2, PersonalNumber string
	// Language is the letter of the Swiss licence: D, F, I or R.
	Language string
}

// FieldError says why a document cannot be built. It holds no personal data.
type FieldError struct {
	Field  Field
	Reason string
}

func (e *FieldError) Error() string { return fmt.Sprintf("mrz: %s: %s", e.Field, e.Reason) }

// Build prints a machine readable zone: the lines of the given format, check
// digits included. The French and Dutch licence follow from the issuer.
//
// Names that are too long are cut by the rules of ICAO 9303-4, 4.2.3. Other
// data that does not fit, or has characters that cannot stand there, is a
// *FieldError.
func Build(f Format, x Fields) ([]string, error) {
	l := layoutFor(f, x)
	if l == nil {
		return nil, &FieldError{FieldCode, "no such format: " + f.String()}
	}
	b := builder{layout: l, x: x}
	for i, w := range l.Widths {
		b.lines[i] = []byte(blank[:w])
	}
	if err := b.longNumber(); err != nil {
		return nil, err
	}
	for _, s := range l.Fields {
		if err := b.field(s); err != nil {
			return nil, err
		}
	}
	if b.number != "" {
		return nil, &FieldError{FieldNumber, "too long"}
	}
	for i := range l.Checks {
		b.check(&l.Checks[i])
	}
	lines := make([]string, l.Lines)
	for i := range lines {
		lines[i] = string(b.lines[i])
	}
	return lines, nil
}

func layoutFor(f Format, x Fields) *Layout {
	l := f.Layout()
	switch {
	case f == DL1 && x.Issuer == "FRA":
		l = dl1FRA
	case f == DL1 && x.Issuer == "NLD":
		l = dl1NLD
	case f == CHDL && len(x.Number) == 15:
		l = chdl15
	case f == CHDL && len(x.Number) == 16:
		l = chdl16
	}
	return l
}

type builder struct {
	layout *Layout
	lines  [3][]byte
	x      Fields
	number string // what of the number is still to print
	rest   string // what of a long number goes to the optional data
	opt    string // what of Optional is still to print
}

// longNumber splits a number that is too long for its field.
func (b *builder) longNumber() error {
	b.number, b.opt = plain(b.x.Number), plain(b.x.Optional)
	for _, c := range b.layout.Checks {
		if c.Long.Len == 0 || len(b.number) <= c.Spans[0].Len {
			continue
		}
		n := c.Spans[0].Len
		b.number, b.rest = b.number[:n], b.number[n:]
		if strings.Contains(b.rest, "<") || b.number[n-1] == '<' {
			return &FieldError{FieldNumber, "a long number cannot have a gap after its eighth character"}
		}
		if len(b.rest)+2 > c.Long.Len {
			return &FieldError{FieldNumber, "too long"}
		}
		if len(b.rest)+2+len(b.opt) > c.Long.Len {
			return &FieldError{FieldOptional, "too long beside the rest of the document number"}
		}
	}
	return nil
}

func (b *builder) field(s FieldSpec) error {
	at := b.lines[s.Line][s.Start : s.Start+s.Len]
	var text string
	switch s.Field {
	case FieldCode:
		text = plain(b.x.Code)
	case FieldIssuer:
		text = plain(b.x.Issuer)
	case FieldNationality:
		text = plain(b.x.Nationality)
	case FieldNumber:
		n := min(s.Len, len(b.number))
		text, b.number = b.number[:n], b.number[n:]
	case FieldName:
		text = fitName(b.name(b.x.Surname), b.name(b.x.GivenNames), s.Len)
	case FieldSurname:
		text = cutName(b.name(b.x.Surname), s.Len)
	case FieldGivenNames:
		text = cutName(strings.ReplaceAll(b.name(b.x.GivenNames), "<", "<<"), s.Len)
	case FieldBirthDate:
		text = b.x.BirthDate.MRZ()
	case FieldExpiryDate:
		text = b.x.ExpiryDate.MRZ()
	case FieldSex:
		text = "<"
		if b.x.Sex != 0 {
			text = string(rune(b.x.Sex))
		}
	case FieldOptional:
		switch {
		case b.rest != "": // the check digit is filled in later
			text = b.rest + "0<" + b.opt
		case b.layout.Format == CHDL && len(b.opt) > s.Len:
			text, b.opt = b.opt[:s.Len], b.opt[s.Len:]
		default:
			text = b.opt
		}
	case FieldOptional2:
		text = plain(b.x.Optional2)
	case FieldPersonalNumber:
		text = plain(b.x.PersonalNumber)
	case FieldLanguage:
		text = plain(b.x.Language)
	}
	if len(text) > s.Len {
		return &FieldError{s.Field, "too long"}
	}
	copy(at, text)
	if i := s.Kind.misfit(text); i >= 0 && !b.digitInRussianName(s.Kind, text[i]) {
		return &FieldError{s.Field, "has a character that cannot stand there"}
	}
	if (s.Kind == KindDigit || s.Kind == KindLetters || s.Kind == KindDate) && len(text) != s.Len {
		return &FieldError{s.Field, "too short"}
	}
	return nil
}

func (b *builder) digitInRussianName(k Kind, c byte) bool {
	return k == KindName && b.x.Code == "PN" && b.x.Issuer == "RUS" && c >= '0' && c <= '9'
}

// name transliterates a name by the issuer's rules.
func (b *builder) name(s string) string {
	if b.x.Code == "PN" && b.x.Issuer == "RUS" {
		return russianName(s)
	}
	return TransliterateFor(b.x.Issuer, s)
}

func (b *builder) check(c *CheckSpec) {
	var sum summer
	for _, s := range c.Spans {
		sum.add(string(b.lines[s.Line][s.Start : s.Start+s.Len]))
	}
	at := &b.lines[c.Line][c.Pos]
	if c.Long.Len > 0 && b.rest != "" {
		sum.add(b.rest)
		at = &b.lines[c.Long.Line][c.Long.Start+len(b.rest)]
	}
	*at, _ = sum.digit()
}

// plain raises small letters and turns spaces and punctuation into fillers
// (ICAO 9303-4, 4.2.2.2 note h).
func plain(s string) string {
	ok := true
	for i := range len(s) {
		ok = ok && charIndex[s[i]] >= 0
	}
	if ok {
		return trim(s)
	}
	b := []byte(strings.TrimSpace(s))
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z':
			b[i] = c - 'a' + 'A'
		case c < 0x80 && charIndex[c] < 0:
			b[i] = '<'
		}
	}
	return trim(string(b))
}

// fitName prints primary and secondary identifier in a field of width n, cut by
// ICAO 9303-4, 4.2.2.2 and 4.2.3 if need be: room for one letter of the
// secondary is kept, the longest components of the primary give way, and the
// last character is a letter.
func fitName(primary, secondary string, n int) string {
	if secondary == "" {
		return cutName(primary, n)
	}
	if len(primary)+2+len(secondary) <= n || primary == "" {
		return primary + "<<" + cutName(secondary, n-2-len(primary))
	}
	primary = shorten(primary, n-3)
	room := n - 2 - len(primary)
	cut := cutName(secondary, room)
	if len(cut) < min(room, len(secondary)) && len(primary) > 1 { // initials only: make room for the next
		primary = shorten(primary, len(primary)-1)
		cut = cutName(secondary, n-2-len(primary))
	}
	return primary + "<<" + cut
}

// cutName cuts a name to n characters, ending in a letter if it was cut: where
// the cut falls between components, the longest of them gives a letter to let
// the next one in.
func cutName(name string, n int) string {
	if len(name) <= n {
		return name
	}
	if name[n-1] != '<' {
		return name[:n]
	}
	if name[n] == '<' || name[n-2] == '<' { // the French card's double fillers
		return trim(name[:n])
	}
	kept := shorten(name[:n-1], n-2)
	if kept == "" || len(kept) != n-2 || strings.Count(kept, "<") != strings.Count(name[:n-1], "<") {
		return name[:n-1] // nothing but initials
	}
	return kept + name[n-1:n+1]
}

// shorten takes letters off the ends of a name's longest components until it
// has n characters.
func shorten(name string, n int) string {
	parts := strings.Split(name, "<")
	for over := len(name) - n; over > 0; over-- {
		longest := 0
		for i, p := range parts {
			if len(p) >= len(parts[longest]) {
				longest = i
			}
		}
		if len(parts[longest]) <= 1 {
			parts = parts[:len(parts)-1] // initials only: drop the last, with its filler
			over--
			continue
		}
		parts[longest] = parts[longest][:len(parts[longest])-1]
	}
	return strings.Join(parts, "<")
}
