package specimen

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"idproof/mrz"
)

// Kind is the layout of a document.
type Kind string

// The kinds, with the size of their print in millimetres.
const (
	Passport  Kind = "passport"   // TD3 data page, 125 × 88, ICAO 9303 part 4
	Card      Kind = "card"       // TD1 identity card, 85.6 × 54, front and back, part 5
	LargeCard Kind = "large_card" // TD2 identity card, 105 × 74, part 6
	VisaA     Kind = "visa_a"     // MRV-A sticker, 120 × 80, part 7
	VisaB     Kind = "visa_b"     // MRV-B sticker, 105 × 74, part 7
	OldCard   Kind = "old_card"   // paper card of 105 × 74 with the zone of the French card of 1988
	Licence   Kind = "licence"    // driving licence ID-1, fields 1 to 12 of Directive 2006/126/EC, front and back
)

// Kinds gives all kinds.
func Kinds() []Kind {
	return []Kind{Passport, Card, LargeCard, VisaA, VisaB, OldCard, Licence}
}

// Format is the format of the machine-readable zone.
func (k Kind) Format() mrz.Format {
	switch k {
	case Passport:
		return mrz.TD3
	case Card:
		return mrz.TD1
	case LargeCard:
		return mrz.TD2
	case VisaA:
		return mrz.MRVA
	case VisaB:
		return mrz.MRVB
	case OldCard:
		return mrz.FRID
	case Licence:
		return mrz.DL1
	}
	return mrz.Unknown
}

// Trait is a peculiarity that a document can be asked to have: rare legal forms
// and deliberate faults.
type Trait string

// The traits.
const (
	WrongCheckDigit Trait = "wrong_check_digit" // one check digit is misprinted
	Mismatch        Trait = "mrz_mismatch"      // the zone's birth date is not the printed one; its check digits are right
	Expired         Trait = "expired"           // ran out before Wish.Now
	LongName        Trait = "long_name"         // does not fit the zone and is truncated
	SingleName      Trait = "single_name"       // no given name
	LongNumber      Trait = "long_number"       // more than nine characters (TD1, TD2)
	FillerCheck     Trait = "filler_check"      // empty optional data has '<' for its check digit (TD3)
	PartialBirth    Trait = "partial_birth"     // only the year of birth is known
	NoSex           Trait = "no_sex"            // X in print, '<' in the zone
)

// Traits gives all traits.
func Traits() []Trait {
	return []Trait{WrongCheckDigit, Mismatch, Expired, LongName, SingleName, LongNumber, FillerCheck, PartialBirth, NoSex}
}

// Date is an ISO 8601 date, reduced to what is known: "1974-08-12" or "1974".
type Date string

func dateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

func (d Date) parts() (y, m, day int) {
	_, _ = fmt.Sscanf(string(d), "%d-%d-%d", &y, &m, &day) // what is missing stays 0
	return y, m, day
}

func (d Date) mrz() mrz.Date {
	y, m, day := d.parts()
	return mrz.Date{Year: y, Month: m, Day: day}
}

// Document is a fictional document: what it prints, before it is drawn.
type Document struct {
	Kind   Kind   `json:"kind"`
	Issuer string `json:"issuer"`
	// Seed fixes the portrait, the signature and the security print.
	Seed   uint64  `json:"seed"`
	Traits []Trait `json:"traits,omitempty"`
	// Watermark prints SPECIMEN across the page.
	Watermark bool `json:"watermark,omitempty"`

	Surname        string `json:"surname"` // as printed, in Latin letters
	GivenNames     string `json:"given_names,omitempty"`
	SurnameNative  string `json:"surname_native,omitempty"` // in the issuer's own script
	GivenNative    string `json:"given_names_native,omitempty"`
	Nationality    string `json:"nationality"` // code
	Sex            string `json:"sex"`         // F, M or X
	BirthDate      Date   `json:"birth_date"`
	BirthPlace     string `json:"birth_place"`
	IssueDate      Date   `json:"issue_date"`
	ExpiryDate     Date   `json:"expiry_date"`
	Authority      string `json:"authority"`
	Number         string `json:"number"`
	PersonalNumber string `json:"personal_number,omitempty"`
	Address        string `json:"address,omitempty"`
	Height         int    `json:"height,omitempty"`          // centimetres
	PassportNumber string `json:"passport_number,omitempty"` // on visas
	Entries        string `json:"entries,omitempty"`         // on visas
	Stay           string `json:"stay,omitempty"`            // on visas
	// Categories are those of a driving licence, with the year of the first.
	Categories []Category `json:"categories,omitempty"`

	MRZ []string `json:"mrz,omitempty"`
}

// Category is a line of a driving licence's table.
type Category struct {
	Name  string `json:"name"`            // field 9
	Since Date   `json:"since"`           // field 10
	Until Date   `json:"until"`           // field 11
	Codes string `json:"codes,omitempty"` // field 12
}

// Has reports whether the document shows a trait.
func (d Document) Has(t Trait) bool { return slices.Contains(d.Traits, t) }

// Wish is what a document shall be like. Zero fields are thrown by dice.
type Wish struct {
	Kind   Kind
	Issuer string // code; "" is Utopia six times in ten
	Traits []Trait
	// Now is when the document is looked at: it is valid then, unless Expired is
	// wished. Zero is 1 July 2025.
	Now       time.Time
	Watermark bool
}

// Random invents a person and a document of the kind, valid in July 2025.
func Random(r *rand.Rand, kind Kind) Document { return New(r, Wish{Kind: kind}) }

// New invents a document as wished. Traits that a kind cannot have are left out
// of [Document.Traits].
func New(r *rand.Rand, w Wish) Document {
	d := dice{r}
	if w.Kind == "" {
		w.Kind = pick(d, Passport, Passport, Passport, Card, Card, LargeCard, VisaA, VisaB, OldCard, Licence)
	}
	if w.Now.IsZero() {
		w.Now = time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)
	}
	issuer := issuerOf(w.Issuer)
	if issuer == nil {
		issuer = pick(d, issuers[0], issuers[0], issuers[0], pick(d, issuers[1:]...), pick(d, issuers[1:]...))
		if w.Kind == OldCard {
			issuer = pick(d, issuers[0], issuerOf("XMV"))
		}
	}
	doc := draft{Document: &Document{
		Kind: w.Kind, Issuer: issuer.Code, Seed: d.Uint64(), Watermark: w.Watermark, Traits: possible(w.Kind, w.Traits),
		Nationality: issuer.Code, BirthPlace: pick(d, issuer.words.places...), Authority: issuer.authority, Height: 150 + d.IntN(50),
	}}
	doc.person(d, issuer, w.Now)
	doc.dates(d, w.Now)
	doc.numbers(d, issuer)
	doc.MRZ = doc.zone(d)
	return *doc.Document
}

// draft is a document in the making.
type draft struct{ *Document }

// possible leaves out what a kind of document cannot show.
func possible(k Kind, wished []Trait) []Trait {
	return slices.DeleteFunc(slices.Clone(wished), func(t Trait) bool {
		switch t {
		case LongNumber:
			return k != Card && k != LargeCard
		case FillerCheck:
			return k != Passport
		case PartialBirth:
			return k == OldCard || k == Licence
		case NoSex, Mismatch, LongName, SingleName:
			return k == Licence || k == OldCard && t == NoSex
		}
		return false
	})
}

func (d draft) person(r dice, i *Issuer, now time.Time) {
	female := r.chance(0.5)
	d.Sex = "M"
	if female {
		d.Sex = "F"
	}
	p := i.name(r, female)
	if d.Kind == VisaA || d.Kind == VisaB { // visas go to foreigners
		for d.Nationality == i.Code {
			home := pick(r, issuers...)
			d.Nationality, p = home.Code, home.name(r, female)
			p.surnameNative, p.givenNative = "", ""
		}
	}
	d.Surname, d.GivenNames, d.SurnameNative, d.GivenNative = p.surname, p.given, p.surnameNative, p.givenNative
	if d.Has(LongName) {
		d.Surname += " " + pick(r, latinWorld.surnames...) + "-" + pick(r, latinWorld.surnames...)
		d.GivenNames += " " + pick(r, latinWorld.women...) + " " + pick(r, latinWorld.men...)
		d.SurnameNative, d.GivenNative = "", ""
	}
	if d.Has(SingleName) {
		d.GivenNames, d.GivenNative = "", ""
	}
	if d.Has(NoSex) {
		d.Sex = "X"
	}
	d.BirthDate = dateOf(now.AddDate(-19-r.IntN(55), 0, -r.IntN(365)))
	if d.Has(PartialBirth) {
		d.BirthDate = d.BirthDate[:4]
	}
}

func (d draft) dates(r dice, now time.Time) {
	years := 10
	switch d.Kind {
	case VisaA, VisaB:
		years = 1 + r.IntN(4)
	case Licence:
		years = 15
	}
	issued := now.AddDate(0, 0, -1-r.IntN(years*365-40))
	if d.Has(Expired) {
		issued = now.AddDate(-years, 0, -2-r.IntN(1200))
	}
	d.IssueDate = dateOf(issued)
	d.ExpiryDate = dateOf(issued.AddDate(years, 0, -1))
}

func (d draft) numbers(r dice, i *Issuer) {
	switch {
	case d.Kind == OldCard: // year, month, department, running number: 12 digits
		y, m, _ := d.IssueDate.parts()
		d.Number = fmt.Sprintf("%02d%02d%02d%s", y%100, m, 1+r.IntN(95), r.digits(6))
	case d.Has(LongNumber):
		d.Number = r.letters(1) + r.digits(10)
	default:
		d.Number = pick(r, r.letters(2)+r.digits(7), r.letters(1)+r.digits(8), r.digits(9), r.letters(1)+r.digits(7))
	}
	if !d.Has(FillerCheck) && r.chance(0.6) {
		d.PersonalNumber = pick(r, r.digits(6)+"-"+r.digits(4), r.digits(10), r.digits(11))
	}
	street := pick(r, "Rue des Marées", "Compass Lane", "Hafengasse", "Østre Brygge", "Paseo del Faro", "Quai Zénith", "Lindenweg")
	d.Address = fmt.Sprintf("%s %d, %04d %s", street, 1+r.IntN(180), 1000+r.IntN(8999), pick(r, i.words.places...))
	switch d.Kind {
	case VisaA, VisaB:
		d.PassportNumber = r.letters(1) + r.digits(8)
		d.Entries = pick(r, "1", "2", "MULT")
		d.Stay = pick(r, "30", "60", "90", "180")
		d.PersonalNumber = ""
	case Licence:
		d.categories(r)
	}
}

func (d draft) categories(r dice) {
	y, _, _ := d.BirthDate.parts()
	for _, name := range []string{"AM", "A1", "A2", "A", "B1", "B", "C1", "C", "BE", "T"} {
		if name != "B" && name != "AM" && !r.chance(0.3) {
			continue
		}
		since := Date(fmt.Sprintf("%04d-%02d-%02d", y+18+r.IntN(2), 1+r.IntN(12), 1+r.IntN(28)))
		c := Category{Name: name, Since: min(since, d.IssueDate), Until: d.ExpiryDate}
		if r.chance(0.2) {
			c.Codes = pick(r, "01.06", "78", "96", "70.UTO")
		}
		d.Categories = append(d.Categories, c)
	}
}

// zone builds the machine-readable zone with the wished faults.
func (d draft) zone(r dice) []string {
	x := mrz.Fields{
		Issuer: d.Issuer, Nationality: d.Nationality, Number: d.Number, Surname: d.Surname, GivenNames: d.GivenNames,
		BirthDate: d.BirthDate.mrz(), ExpiryDate: d.ExpiryDate.mrz(), PersonalNumber: d.PersonalNumber,
	}
	if d.Sex != "X" {
		x.Sex = mrz.Sex(d.Sex[0])
	}
	switch d.Kind {
	case Passport:
		x.Code = "P"
	case Card, LargeCard:
		x.Code = pick(r, "I", "ID")
		if !d.Has(LongNumber) && d.Kind == Card {
			x.Optional = d.PersonalNumber
		}
	case VisaA, VisaB:
		x.Code, x.Optional = pick(r, "V", "VC"), pick(r, "", d.Entries+d.Stay)
		if len(x.Optional) > 8 {
			x.Optional = ""
		}
	case OldCard:
		x.Code, x.Optional = "ID", d.Number[4:6]+"<"+r.digits(3)
	case Licence:
		x.Code, x.Number, x.Optional = "D1", "", d.Number+r.alnum(12)
	}
	if d.Has(Mismatch) {
		b := x.BirthDate
		x.BirthDate = mrz.Date{Year: b.Year - 1 - r.IntN(8), Month: b.Month, Day: b.Day}
	}
	format := d.Kind.Format()
	lines, err := mrz.Build(format, x)
	if err != nil {
		// Every value here fits its field; anything else is a fault of this package.
		panic("specimen: " + err.Error())
	}
	if d.Has(FillerCheck) { // ICAO 9303-4, 4.2.2.2: zero or filler
		lines[1] = lines[1][:42] + "<" + lines[1][43:]
	}
	if d.Has(WrongCheckDigit) {
		lines = misprint(r, format, lines)
	}
	return lines
}

// misprint changes one check digit.
func misprint(r dice, f mrz.Format, lines []string) []string {
	var digits []mrz.CheckSpec
	for _, c := range f.Layout().Checks {
		if b := lines[c.Line][c.Pos]; b >= '0' && b <= '9' {
			digits = append(digits, c)
		}
	}
	c := pick(r, digits...)
	l := []byte(lines[c.Line])
	l[c.Pos] = '0' + (l[c.Pos]-'0'+1+byte(r.IntN(9)))%10
	lines[c.Line] = string(l)
	return lines
}

// age is the holder's at the time of the picture.
func (d Document) age() int {
	b, _, _ := d.BirthDate.parts()
	i, _, _ := d.IssueDate.parts()
	return i - b
}

var greekCapitals = strings.NewReplacer("Ά", "Α", "Έ", "Ε", "Ή", "Η", "Ί", "Ι", "Ό", "Ο", "Ύ", "Υ", "Ώ", "Ω")

// upper raises letters as documents print them: Greek capitals without accents.
func upper(s string) string { return greekCapitals.Replace(strings.ToUpper(s)) }
