package aamva

import (
	"fmt"
	"strings"
)

// Format is how the data is arranged.
type Format uint8

// The formats.
const (
	// Bar is the payload of Annex D: header, directory, subfiles.
	Bar Format = iota
	// Stripe is the three tracks of Annex F.
	Stripe
)

// Header is the head of a payload.
type Header struct {
	// IIN is the issuer identification number; "" when the header is missing.
	IIN string
	// Version is the edition, see the package comment. JurisdictionVersion is
	// the issuer's own, -1 before version 2, which has none.
	Version, JurisdictionVersion int
	// Entries is the number of subfiles that the header states.
	Entries int
}

// Element is a data element as it is encoded.
type Element struct {
	Code string
	// Value keeps the padding. It is UTF-8; single bytes are read as ISO 8859-1.
	Value string
}

// Subfile is a part of the payload.
type Subfile struct {
	// Type is DL for a licence, ID for an identity card, EN for an enhanced one,
	// or Z and the initial of the jurisdiction.
	Type string
	// Offset and Length are what the directory states, -1 when it does not list
	// the subfile.
	Offset, Length int
	// Elements are in the order of the payload.
	Elements []Element
}

// Date is a date of the calendar.
type Date struct {
	// Raw is the value as encoded, without padding.
	Raw string
	// Year, Month and Day are zero when nothing is encoded or no such day exists.
	Year, Month, Day int
}

// String returns the date as ISO 8601, "" when there is none.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// IsZero reports whether there is no date.
func (d Date) IsZero() bool { return d.Year == 0 }

// Before reports whether d is earlier than e; false when either is missing.
func (d Date) Before(e Date) bool {
	return !d.IsZero() && !e.IsZero() && d.number() < e.number()
}

func (d Date) number() int { return d.Year*10000 + d.Month*100 + d.Day }

// Sex is the holder's sex: 'M', 'F', 'X' for not specified, 0 when not encoded.
type Sex byte

// The sexes.
const (
	Male   Sex = 'M'
	Female Sex = 'F'
	X      Sex = 'X'
)

// String returns the letter, "" when there is none.
func (s Sex) String() string {
	if s == 0 {
		return ""
	}
	return string(rune(s))
}

// Truncation says whether a name was cut (DDE, DDF, DDG).
type Truncation byte

// The truncations; zero when not encoded.
const (
	Truncated        Truncation = 'T'
	NotTruncated     Truncation = 'N'
	TruncatedUnknown Truncation = 'U'
)

// Flag is an indicator that may be absent.
type Flag uint8

// The states of a flag.
const (
	Unset Flag = iota
	No
	Yes
)

// Measure is a height or a weight.
type Measure struct {
	// Value is in centimetres or kilograms, rounded; 0 when not known.
	Value int
	// Raw is the value as encoded, without padding. For a weight range (DCE) it
	// is the range's number.
	Raw string
	// Low and High bound a weight that is encoded as a range, in kilograms; zero
	// is no bound.
	Low, High int
}

// Address is a place to live.
type Address struct {
	Street, Street2, City string
	// State is the code of the state or province.
	State string
	// Postal is the postal code in its usual form: "23269", "20009-1234", "T4G 7A7".
	Postal string
	// Country is ISO 3166-1 alpha-3.
	Country string
}

// String returns the address in one line, as on an envelope.
func (a Address) String() string {
	var parts []string
	for _, p := range []string{a.Street, a.Street2, a.City, strings.TrimSpace(a.State + " " + a.Postal)} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ", ")
}

// Document is what a payload says. Texts are without padding, and "" where the
// payload says that there is nothing ("NONE", "UNAVL").
type Document struct {
	Format Format
	Header Header
	// Issuer is the jurisdiction of the header's number, or, when that is
	// unknown, of the address; zero if neither is known.
	Issuer Jurisdiction
	// Type is DL, ID or EN: the first subfile that is not a jurisdiction's own.
	Type     string
	Subfiles []Subfile

	Surname string
	// GivenNames is the first name and MiddleNames the others, as far as the
	// edition keeps them apart (by element, or by a comma or space).
	GivenNames, MiddleNames string
	Prefix, Suffix          string
	// Whether each name was cut to fit.
	SurnameTruncated, GivenNamesTruncated, MiddleNamesTruncated Truncation

	Number                           string
	BirthDate, IssueDate, ExpiryDate Date
	Sex                              Sex
	Height, Weight                   Measure
	// EyeColour and HairColour are the codes of ANSI D-20 (BRO, BLU); another
	// value is returned as it is encoded. See ColourName.
	EyeColour, HairColour string
	// Address is the mailing address, which from version 2 on is the only one;
	// without a street it is the Residence, which version 1 has besides.
	Address, Residence Address
	// Country of issue, ISO 3166-1 alpha-3: DCG, or else the issuer's.
	Country string

	Class, Restrictions, Endorsements string
	// Standard codes beside the jurisdiction's (DCM, DCO, DCN).
	StandardClass, StandardRestrictions, StandardEndorsements string

	Discriminator, InventoryControl, Audit string
	PlaceOfBirth                           string
	// Compliance with the US REAL ID act: F for full, N for none; older cards M
	// for material.
	Compliance                               string
	RevisionDate, HazmatExpiry               Date
	Under18Until, Under19Until, Under21Until Date

	LimitedDuration, OrganDonor, Veteran       Flag
	Commercial, NonDomiciled, Enhanced, Permit Flag

	// Problems in the order of header, subfiles, elements, values.
	Problems []Problem
}

// Get returns an element's value without padding, from the first subfile that
// has it with a value; ok reports whether any has it.
func (d *Document) Get(code string) (value string, ok bool) {
	for i := range d.Subfiles {
		for _, e := range d.Subfiles[i].Elements {
			if e.Code != code {
				continue
			}
			ok = true
			if v := strings.TrimSpace(e.Value); v != "" {
				return v, true
			}
		}
	}
	return "", ok
}

// AllGivenNames returns first and middle names together.
func (d *Document) AllGivenNames() string {
	return strings.TrimSpace(d.GivenNames + " " + d.MiddleNames)
}

// NameTruncated reports whether any name is known to be cut.
func (d *Document) NameTruncated() bool {
	return d.SurnameTruncated == Truncated || d.GivenNamesTruncated == Truncated || d.MiddleNamesTruncated == Truncated
}

// Valid reports whether no problem is an error.
func (d *Document) Valid() bool {
	for _, p := range d.Problems {
		if p.Severity == Error {
			return false
		}
	}
	return true
}

// HasProblem reports whether there is a problem of that code.
func (d *Document) HasProblem(c Code) bool {
	for _, p := range d.Problems {
		if p.Code == c {
			return true
		}
	}
	return false
}

func (d *Document) warn(c Code, element string) { d.problem(c, Warning, element) }
func (d *Document) fail(c Code, element string) { d.problem(c, Error, element) }

// problem adds a problem once.
func (d *Document) problem(c Code, s Severity, element string) {
	p := Problem{c, s, element}
	for _, q := range d.Problems {
		if p == q {
			return
		}
	}
	d.Problems = append(d.Problems, p)
}
