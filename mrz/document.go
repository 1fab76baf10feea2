package mrz

// Sex is the holder's sex as printed.
type Sex byte

// The sexes. '<' is unspecified; X is printed for it by some issuers although
// ICAO 9303 keeps X for the visual zone.
const (
	Male           Sex = 'M'
	Female         Sex = 'F'
	X              Sex = 'X'
	UnspecifiedSex Sex = '<'
)

// String returns the letter, "" when unspecified or not one of the above.
func (s Sex) String() string {
	switch s {
	case Male, Female, X:
		return string(rune(s))
	}
	return ""
}

// Document is what a machine readable zone says. In texts, trailing fillers are
// dropped and inner ones are spaces.
type Document struct {
	// Format is Unknown when the lines fit none; then only Lines and Problems
	// are set.
	Format Format
	// Lines are the lines that were parsed: upper-cased, spaces removed, padded
	// or cut to the format's width.
	Lines []string
	// Code is the document code, one or two characters: "P", "PD", "ID", "V".
	Code string
	// Issuer and Nationality are codes as printed; see StateName.
	Issuer, Nationality string
	// Number is the document number, put together when it is a long one.
	Number string
	// Surname and GivenNames are the primary and secondary identifiers. A holder
	// with a single name has a Surname only.
	Surname, GivenNames string
	// NameTruncated says that a name runs to the end of its field, so that it
	// may be cut off (ICAO 9303-4, 4.2.3).
	NameTruncated bool
	BirthDate     Date
	ExpiryDate    Date
	// IssueDate is known on French cards only: year and month.
	IssueDate Date
	Sex       Sex
	// Optional is the optional data (TD1: of the first line), Optional2 that of
	// TD1's second line, PersonalNumber that of TD3. National layouts use
	// Optional and Optional2 as the layout's comment says.
	Optional, Optional2, PersonalNumber string
	// Checks are the check digits in the order of the layout.
	Checks []Check
	// Problems: of the lines, of the fields and then the check digits in the
	// order of the layout, of the document as a whole.
	Problems []Problem

	layout *Layout
}

// Layout returns the grammar by which the document was parsed, nil if its format
// is unknown.
func (d *Document) Layout() *Layout { return d.layout }

// Valid reports whether the format is known, every check digit is right, and no
// problem is an error.
func (d *Document) Valid() bool {
	if d.Format == Unknown {
		return false
	}
	for _, c := range d.Checks {
		if !c.OK {
			return false
		}
	}
	for _, p := range d.Problems {
		if p.Severity == Error {
			return false
		}
	}
	return true
}

// Check returns the check digit of a field, FieldComposite for the overall one;
// ok is false when the format has none.
func (d *Document) Check(f Field) (c Check, ok bool) {
	for _, c := range d.Checks {
		if c.Field == f {
			return c, true
		}
	}
	return Check{}, false
}

// Raw returns a field as printed, fillers and all; "" when the format lacks it.
func (d *Document) Raw(f Field) string {
	if d.layout == nil {
		return ""
	}
	return d.layout.raw(d.Lines, f)
}

// Fields returns what Build needs to print the document again.
func (d *Document) Fields() Fields {
	return Fields{
		Code: d.Code, Issuer: d.Issuer, Number: d.Number,
		Surname: d.Surname, GivenNames: d.GivenNames, Nationality: d.Nationality,
		BirthDate: d.BirthDate, ExpiryDate: d.ExpiryDate, Sex: d.Sex,
		Optional: d.Optional, Optional2: d.Optional2, PersonalNumber: d.PersonalNumber,
		Language: d.language(),
	}
}

func (d *Document) language() string {
	if d.Format != CHDL {
		return ""
	}
	return trim(d.Raw(FieldLanguage))
}

func (d *Document) problem(c Code, s Severity, f Field, line, pos int) {
	d.Problems = append(d.Problems, Problem{c, s, f, line, pos})
}

// document allocates a Document together with what almost every one needs.
func document() *Document {
	a := new(struct {
		Document
		checks [5]Check
		lines  [3]string
	})
	a.Document.Checks = a.checks[:0]
	a.Document.Lines = a.lines[:0]
	return &a.Document
}
