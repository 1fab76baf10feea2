// Package catalogue knows the documents that issuers give out: passports,
// identity cards, residence permits and driving licences as data, one file per
// issuer in data/. For each it says what is printed on which side, the zone and
// barcodes, the form of its number, how long it is valid, and what a reviewer
// can look for.
//
// The data holds only what is known; what a file does not say is not known, and
// nothing follows from it. Adding a document is adding to a file, whose keys are
// those of [Entry]. Facts that many documents share stand in templates.json: an
// entry with a base has all that the base says, and replaces what it says itself.
//
// Words that many documents print belong to package lexicon, numbers with their
// check digits to package number, and which document a picture shows to
// engine/classify.
package catalogue

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"idproof/mrz"
)

//go:embed data/*.json templates.json tested.json
var files embed.FS

// Entry is one document of one issuer, over one stretch of years.
type Entry struct {
	Base string `json:"base,omitempty"` // of templates.json

	Issuer  string `json:"-"`                 // ICAO 9303-3 code, of the file; "" for documents of no issuer
	Region  string `json:"region,omitempty"`  // ISO 3166-2, where a part of the country issues
	Type    string `json:"type,omitempty"`    // as in a report: passport, identity_card, driving_license, residence_permit, visa
	Subtype string `json:"subtype,omitempty"` // as in a report: card (of a passport), learner, permanent …
	Series  string `json:"series,omitempty"`  // tells documents of one type apart; usually the year it began
	Since   int    `json:"since,omitempty"`   // first year of issue, 0 not known
	Until   int    `json:"until,omitempty"`   // last year of issue, 0 still issued or not known

	Size  string   `json:"size,omitempty"`  // ID1, ID2, ID3 of ISO/IEC 7810, or booklet
	Sides []string `json:"sides,omitempty"` // that hold data: front, back, booklet
	// Sign is the distinguishing sign of a state in the corner of a licence.
	Sign      string    `json:"sign,omitempty"`
	Languages []string  `json:"languages,omitempty"` // ISO 639-1, of the issuer's words
	Scripts   []string  `json:"scripts,omitempty"`   // ISO 15924
	MRZ       *Zone     `json:"mrz,omitempty"`
	Barcodes  []Barcode `json:"barcodes,omitempty"`

	// Titles are what the document calls itself, by language.
	Titles map[string][]string `json:"titles,omitempty"`
	// Labels are printed labels that only this document has, by language and
	// name of the field in a report.
	Labels map[string]map[string][]string `json:"labels,omitempty"`
	// Fields are the names in a report of what is printed, by side.
	Fields map[string][]string `json:"fields,omitempty"`
	// Numbered says which field a printed number introduces.
	Numbered map[string]string `json:"numbered,omitempty"`

	// Number is a regular expression that the whole document number matches,
	// without spaces and punctuation. Check digits are in package number.
	Number   string     `json:"number,omitempty"`
	Validity []Validity `json:"validity,omitempty"`
	// MinimumAge of the holder in whole years, 0 for any.
	MinimumAge int      `json:"minimum_age,omitempty"`
	Features   []string `json:"features,omitempty"` // to look for by eye
	Notes      string   `json:"notes,omitempty"`

	// Tested is what was tested on real pictures; nil for nothing. Pictures do
	// not tell the series, so that all series of a document have it in common.
	Tested *Tested `json:"-"`

	number *regexp.Regexp
}

// Zone is a machine-readable zone.
type Zone struct {
	Format string   `json:"format"`          // a name of [mrz.Format]
	Codes  []string `json:"codes,omitempty"` // document codes in use, without fillers; empty: not known
	Side   string   `json:"side,omitempty"`
}

// Barcode is a symbol that the document bears.
type Barcode struct {
	Symbology string `json:"symbology"` // as in a report: PDF417, QR, Code128 …
	Standard  string `json:"standard,omitempty"`
	Side      string `json:"side,omitempty"`
	Holds     string `json:"holds,omitempty"`
}

// Validity is one period for which the document is given out. Where several
// fit the holder's age, each of them is possible.
type Validity struct {
	Years   int `json:"years"`
	FromAge int `json:"from_age,omitempty"` // at issue, whole years
	ToAge   int `json:"to_age,omitempty"`   // inclusive; 0 for no limit
}

// Tested is what an evaluation on real pictures has shown.
type Tested struct {
	Pictures int `json:"pictures"`       // of this document, specimens included
	Class    int `json:"class"`          // type and issuer were right
	Zone     int `json:"zone,omitempty"` // the machine-readable zone was exact
	// Values and Right count printed values that were compared, and those that
	// were right.
	Values int `json:"values,omitempty"`
	Right  int `json:"right,omitempty"`
}

// ID names the entry: issuer, type and what else it takes to tell it apart,
// such as "DEU/identity_card/2021" or "USA/driving_license/US-CA".
func (e *Entry) ID() string {
	return join(e.Kind(), e.Series)
}

// Kind is the ID without the series.
func (e *Entry) Kind() string { return join(cmp.Or(e.Issuer, "any"), e.Type, e.Region, e.Subtype) }

func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "/")
}

// NumberFits reports whether a document number has the form of this document's.
// Known is false when the catalogue does not know the form.
func (e *Entry) NumberFits(value string) (fits, known bool) {
	if e.number == nil {
		return false, false
	}
	value = strings.NewReplacer(" ", "", "-", "", ".", "", "/", "", "<", "").Replace(strings.ToUpper(value))
	return e.number.MatchString(value), true
}

// Years lists the periods of validity, in whole years, for which the document
// is given to somebody of that age; empty when they are not known. A negative
// age is one that is not known, and has them all.
func (e *Entry) Years(age int) []int {
	var out []int
	for _, v := range e.Validity {
		if age < 0 || age >= v.FromAge && (v.ToAge == 0 || age <= v.ToAge) {
			out = append(out, v.Years)
		}
	}
	return out
}

// Catalogue is the loaded data. It is never written to and safe for concurrent
// use.
type Catalogue struct{ entries []*Entry }

// Query picks entries. Empty parts pick all.
type Query struct {
	Issuer, Region, Type, Subtype, Series string
	Year                                  int // of issue
}

// Entries lists the whole catalogue, by issuer.
func (c *Catalogue) Entries() []*Entry { return slices.Clone(c.entries) }

// Find lists the entries that a document may be. It has no subtype unless the
// query says so, so that an ordinary passport is not mistaken for a card.
func (c *Catalogue) Find(q Query) []*Entry {
	if q.Issuer == "D" {
		q.Issuer = "DEU"
	}
	var out []*Entry
	fits := func(want, have string) bool { return want == "" || want == have }
	for _, e := range c.entries {
		if fits(q.Issuer, e.Issuer) && fits(q.Region, e.Region) && fits(q.Type, e.Type) && q.Subtype == e.Subtype && fits(q.Series, e.Series) &&
			(q.Year == 0 || q.Year >= e.Since && (e.Until == 0 || q.Year <= e.Until)) {
			out = append(out, e)
		}
	}
	return out
}

// file is one file of data.
type file struct {
	Issuer    string   `json:"issuer"`
	Sources   []string `json:"sources,omitempty"` // of facts that are the issuer's own
	Documents []keys   `json:"documents"`
}

// Load reads the data that is built in.
func Load() (*Catalogue, error) { return load(files) }

func load(files fs.FS) (*Catalogue, error) {
	var bases map[string]keys
	if err := read(files, "templates.json", &bases); err != nil {
		return nil, err
	}
	var tested map[string]*Tested
	if err := read(files, "tested.json", &tested); err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "data/*.json")
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	c := &Catalogue{}
	for _, name := range names {
		var f file
		if err := read(files, name, &f); err != nil {
			return nil, err
		}
		if base := strings.TrimSuffix(strings.TrimPrefix(name, "data/"), ".json"); f.Issuer != base && (f.Issuer != "" || base != "generic") {
			return nil, fmt.Errorf("catalogue: %s: it is about issuer %q", name, f.Issuer)
		}
		for i, own := range f.Documents {
			e, err := entry(own, bases)
			if err != nil {
				return nil, fmt.Errorf("catalogue: %s, document %d: %w", name, i, err)
			}
			e.Issuer = f.Issuer
			if e.Number != "" {
				if e.number, err = regexp.Compile(`^(?:` + e.Number + `)$`); err != nil {
					return nil, fmt.Errorf("catalogue: %s: %w", e.ID(), err)
				}
			}
			e.Tested = tested[e.Kind()]
			c.entries = append(c.entries, e)
		}
	}
	for kind := range tested {
		if !slices.ContainsFunc(c.entries, func(e *Entry) bool { return e.Kind() == kind }) {
			return nil, fmt.Errorf("catalogue: tested.json: there is no %s", kind)
		}
	}
	slices.SortStableFunc(c.entries, func(a, b *Entry) int { return cmp.Compare(a.Issuer, b.Issuer) })
	return c, nil
}

func read(files fs.FS, name string, into any) error {
	data, err := fs.ReadFile(files, name)
	if err == nil {
		err = decode(data, into)
	}
	if err != nil {
		return fmt.Errorf("catalogue: %s: %w", name, err)
	}
	return nil
}

func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// errCircle is returned where a base has a base that leads back to it.
var errCircle = errors.New("bases that lead in a circle")

// keys are what an entry, or a base, says itself.
type keys map[string]json.RawMessage

// entry completes an entry from its bases: a key that it has not is that of the
// nearest base that has it.
func entry(own keys, bases map[string]keys) (*Entry, error) {
	whole := maps.Clone(own)
	for depth := 0; own["base"] != nil; depth++ {
		var base string
		if err := json.Unmarshal(own["base"], &base); err != nil {
			return nil, err
		}
		if own = bases[base]; own == nil {
			return nil, fmt.Errorf("there is no base %q", base)
		}
		if depth == len(bases) {
			return nil, errCircle
		}
		for k, v := range own {
			if _, ok := whole[k]; !ok {
				whole[k] = v
			}
		}
	}
	text, err := json.Marshal(whole)
	if err != nil {
		return nil, err
	}
	e := new(Entry)
	return e, decode(text, e)
}

// Validate tells what is wrong with the data; nil for nothing.
func (c *Catalogue) Validate() error {
	var all []error
	seen := map[string]bool{}
	for _, e := range c.entries {
		for _, why := range e.problems() {
			all = append(all, fmt.Errorf("%s: %s", e.ID(), why))
		}
		if seen[e.ID()] {
			all = append(all, fmt.Errorf("%s: is there twice", e.ID()))
		}
		seen[e.ID()] = true
	}
	return errors.Join(all...)
}

var (
	types = []string{"passport", "identity_card", "driving_license", "residence_permit", "visa"}
	sizes = []string{"", "ID1", "ID2", "ID3", "booklet"}
	sides = []string{"front", "back", "booklet"}
	names = regexp.MustCompile(`^[A-Z][A-Za-z]*(_[A-Za-z]+)*$`)
)

// problems lists what cannot be.
func (e *Entry) problems() []string {
	var out []string
	must := func(ok bool, format string, args ...any) {
		if !ok {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	if e.Issuer != "" {
		s, ok := mrz.LookupState(e.Issuer)
		must(ok && s.Issues || e.Issuer == "DEU", "no such issuer")
	}
	must(slices.Contains(types, e.Type), "no such type %q", e.Type)
	must(slices.Contains(sizes, e.Size), "no such size %q", e.Size)
	must(len(e.Sides) > 0, "no sides")
	must(e.Until == 0 || e.Since <= e.Until, "it ends in %d before it begins in %d", e.Until, e.Since)
	must(e.Since == 0 || e.Since > 1900 && e.Since < 2100, "it begins in %d", e.Since)
	side := func(s, what string) {
		must(s == "" || slices.Contains(e.Sides, s), "%s is on side %q, which it has not", what, s)
	}
	for _, s := range e.Sides {
		must(slices.Contains(sides, s), "no such side %q", s)
	}
	if z := e.MRZ; z != nil {
		must(slices.ContainsFunc(mrz.Formats(), func(f mrz.Format) bool { return f.String() == z.Format }), "no such zone %q", z.Format)
		side(z.Side, "the zone")
		for _, c := range z.Codes {
			must(len(c) > 0 && len(c) < 3, "document code %q", c)
		}
	}
	for _, b := range e.Barcodes {
		must(b.Symbology != "", "a barcode without symbology")
		side(b.Side, "a barcode")
	}
	for s, list := range e.Fields {
		side(s, "a field")
		for _, name := range list {
			must(names.MatchString(name), "field %q", name)
		}
	}
	for n, name := range e.Numbered {
		must(names.MatchString(name), "field %q of number %s", name, n)
	}
	for lang, labels := range e.Labels {
		for name, words := range labels {
			must(names.MatchString(name) && !slices.Contains(words, ""), "label %q in %s", name, lang)
		}
	}
	for lang, words := range e.Titles {
		must(len(words) > 0 && !slices.Contains(words, ""), "title in %s", lang)
		must(len(lang) == 2 || len(lang) > 3 && lang[2] == '-', "language %q", lang)
	}
	for _, v := range e.Validity {
		must(v.Years > 0 && v.Years < 100 && (v.ToAge == 0 || v.FromAge <= v.ToAge), "valid for %d years from age %d to %d", v.Years, v.FromAge, v.ToAge)
	}
	return out
}
