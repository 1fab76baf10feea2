// Package number knows the numbers that identify people and documents: how the
// personal numbers, tax and social security numbers and document numbers of
// each issuer are built, which check digits they carry, and what they say of
// their holder.
//
// A check compares what is written with what the law or standard demands. A
// valid number is not proof that anybody holds it, and an unknown one says
// nothing: [Check] tells apart what is wrong from what the table does not know.
// Check digits of machine-readable zones belong to package mrz; which number is
// printed where on a document belongs to package catalogue.
package number

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"idproof/mrz"
)

// Kind says what a number identifies. The kinds of documents have the names
// that reports give to document types.
type Kind string

// The kinds of numbers.
const (
	Personal        Kind = "personal"         // the person, for life; printed on documents or asked for with them
	Tax             Kind = "tax"              // the taxpayer
	Social          Kind = "social"           // the insured
	Passport        Kind = "passport"         // this and the following are document numbers
	IdentityCard    Kind = "identity_card"    //
	DrivingLicense  Kind = "driving_license"  //
	ResidencePermit Kind = "residence_permit" //
)

// Reason says why a number is not valid. It holds no personal data.
type Reason string

// The reasons.
const (
	WrongFormat Reason = "format"      // length or characters are not those of the number
	WrongCheck  Reason = "check_digit" // the check digits are not those of the rest
	WrongDate   Reason = "birth_date"  // the encoded date cannot exist
)

// Date is a date of birth that a number encodes; what it leaves out is zero.
type Date struct {
	// Year has four digits, or two where Short is set: the number does not say
	// the century.
	Year, Month, Day int
	Short            bool
}

// IsZero reports whether the number encodes no date at all.
func (d Date) IsZero() bool { return d == Date{} }

// Agrees reports whether d may be the given date, of which zero parts are not
// known: every part that both know is the same.
func (d Date) Agrees(year, month, day int) bool {
	if d.Short && year != 0 && year%100 != d.Year {
		return false
	}
	if !d.Short && d.Year != 0 && year != 0 && year != d.Year {
		return false
	}
	same := func(a, b int) bool { return a == 0 || b == 0 || a == b }
	return same(d.Month, month) && same(d.Day, day)
}

// Holds is what a number says of its holder.
type Holds struct {
	Birth Date
	Sex   mrz.Sex // zero where it is not encoded
	// Surname is how the surname begins in A-Z, where the number spells it; at
	// most five letters.
	Surname string
	// Checked says that check digits were compared and are right. Some numbers
	// have none, and some had them only until a certain year.
	Checked bool
}

// Result is the outcome of [Check].
type Result struct {
	Known  bool   // the table has this kind of number for the issuer
	Valid  bool   // the number follows its rules
	Reason Reason // why it does not; empty when it does or is not known
	Value  string // the number without the punctuation that carries no meaning
	Format *Format
	Holds  // of a valid number
}

// Format is one entry of the table.
type Format struct {
	Issuer string // ICAO 9303-3 code, or ISO 3166-2 where a part of a country issues
	Kind   Kind
	Name   string // as the issuer calls it, in Latin letters
	Source string // the law, standard or publication that the rule comes from
	// Pattern is what the number looks like without punctuation.
	Pattern string
	// HasCheck says that the number has a check digit or letter.
	HasCheck bool
	Says     string // what it tells of its holder, in words; empty for nothing

	keep string // punctuation that carries meaning
	expr *regexp.Regexp
	rule rule
}

// rule examines a number that has the shape of its format.
type rule func(s string) (Holds, Reason)

// Table is the knowledge of this package, compiled. It is never written to and
// safe for concurrent use.
type Table struct {
	formats []*Format
	issuers map[string][]*Format
}

// Load compiles the table.
func Load() *Table {
	t := &Table{issuers: map[string][]*Format{}}
	for _, f := range formats() {
		f.expr = regexp.MustCompile(`^(?:` + f.Pattern + `)$`)
		t.formats = append(t.formats, &f)
		t.issuers[f.Issuer] = append(t.issuers[f.Issuer], &f)
	}
	return t
}

// Formats lists the formats that issuer, a code of ICAO 9303-3 or ISO 3166-2,
// uses for the given kinds; all of them when no kind is given.
func (t *Table) Formats(issuer string, kinds ...Kind) []*Format {
	var out []*Format
	for _, f := range t.issuers[code(issuer)] {
		if len(kinds) == 0 || slices.Contains(kinds, f.Kind) {
			out = append(out, f)
		}
	}
	return out
}

// All lists every format, by issuer.
func (t *Table) All() []*Format { return slices.Clone(t.formats) }

// Check examines one number. Where an issuer has several formats of a kind, the
// number is valid if it follows one of them; else the reason is that of the
// format which it came closest to.
func (t *Table) Check(issuer string, kind Kind, value string) Result {
	var best Result
	for _, f := range t.Formats(issuer, kind) {
		r := f.Check(value)
		switch {
		case r.Valid && (!best.Valid || r.Checked && !best.Checked):
			best = r
		case !best.Known || !best.Valid && best.Reason == WrongFormat && r.Reason != WrongFormat:
			best = r
		}
	}
	return best
}

// Check examines one number by this format.
func (f *Format) Check(value string) Result {
	r := Result{Known: true, Format: f, Value: f.tidy(value)}
	if !f.expr.MatchString(r.Value) {
		r.Reason = WrongFormat
		return r
	}
	if f.rule != nil {
		h, why := f.rule(r.Value)
		if why != "" {
			r.Reason = why
			return r
		}
		r.Holds = h
	}
	r.Valid = true
	return r
}

// Match is a number that [Table.Find] recognised.
type Match struct {
	Result
	Start, End int // bytes of the text
}

// Find recognises numbers of an issuer in one line of text by their check
// digits: only numbers that carry some, and carry them right, are told. Kinds
// restrict the search. Overlapping matches are all returned, since a number
// can be right by two formats; longer ones come first.
func (t *Table) Find(issuer, text string, kinds ...Kind) []Match {
	var out []Match
	words := split(text)
	for _, f := range t.Formats(issuer, kinds...) {
		if !f.HasCheck {
			continue
		}
		for i, first := range words {
			for _, last := range words[i:min(i+maxWords, len(words))] {
				if r := f.Check(text[first.start:last.end]); r.Valid && r.Checked {
					out = append(out, Match{r, first.start, last.end})
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Match) int {
		return cmp.Or(cmp.Compare(len(b.Value), len(a.Value)), cmp.Compare(a.Start, b.Start))
	})
	return out
}

// A number is printed in at most this many groups: a Swiss one in four, a
// French social security number in seven.
const maxWords = 7

type span struct{ start, end int }

// split finds the runs of letters and digits of text.
func split(text string) []span {
	var out []span
	open := false
	for i, r := range text {
		in := unicode.IsLetter(r) || unicode.IsDigit(r)
		switch {
		case in && !open:
			out = append(out, span{i, len(text)})
		case !in && open:
			out[len(out)-1].end = i
		}
		open = in
	}
	return out
}

// tidy returns the value in capitals, without punctuation that means nothing.
// Anything else stays, and will not match.
func (f *Format) tidy(value string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(f.keep, r):
			return r
		case strings.ContainsRune(" -./\u00a0\u2013", r):
			return -1
		}
		return unicode.ToUpper(r)
	}, value)
}

// code maps what a German document prints to the code of the table.
func code(issuer string) string {
	if issuer == "D" {
		return "DEU"
	}
	return issuer
}
