package aamva

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

//go:embed elements.txt
var elementData string

//go:embed iin.txt
var iinData string

// kind is the grammar of an element's value.
type kind string

const (
	kindText       kind = "text"
	kindName       kind = "name" // no digits, as a rule
	kindNumber     kind = "number"
	kindClass      kind = "class"
	kindDate       kind = "date"
	kindSex        kind = "sex"
	kindHeight     kind = "height"
	kindWeight     kind = "weight"
	kindRange      kind = "range"
	kindEye        kind = "eye"
	kindHair       kind = "hair"
	kindState      kind = "state"
	kindPostal     kind = "postal"
	kindCountry    kind = "country"
	kindCompliance kind = "compliance"
	kindTruncation kind = "truncation"
	kindFlag       kind = "flag"
)

// MaxVersion is the newest edition that is known.
const MaxVersion = 11

// ElementInfo describes a data element of the standard.
type ElementInfo struct {
	Code, Name string
	// From and To are the first and last version that has the element.
	From, To int
	// MaxLength is in characters; 0 where the editions state none.
	MaxLength int

	kind             kind
	needFrom, needTo int // mandatory in these versions, 0 and -1 if in none
	licenceOnly      bool
	index            int
}

// Mandatory reports whether every card of that version has the element; licence
// is false for an identity card, which has no vehicle classes.
func (e ElementInfo) Mandatory(version int, licence bool) bool {
	return version >= e.needFrom && version <= e.needTo && (licence || !e.licenceOnly)
}

// Jurisdiction is an issuer of the standard.
type Jurisdiction struct {
	// IIN is the issuer identification number, six digits.
	IIN string
	// Code is the ISO 3166-2 code without the country, as "VA"; "" for an issuer
	// that is no place. Country is ISO 3166-1 alpha-3: USA, CAN or MEX.
	Code, Country string
	Name          string
}

// Region returns the ISO 3166-2 code, "US-VA"; "" when there is none.
func (j Jurisdiction) Region() string {
	if j.Code == "" || len(j.Country) < 2 {
		return ""
	}
	if j.Country == "MEX" {
		return "MX-" + j.Code
	}
	return j.Country[:2] + "-" + j.Code
}

type tables struct {
	elements []ElementInfo
	byCode   map[string]*ElementInfo
	issuers  []Jurisdiction
	byIIN    map[string]Jurisdiction
	byState  map[string]Jurisdiction
}

// load reads the embedded tables. They are part of the program: a mistake in them
// is a mistake in the program, and a test reads them.
var load = sync.OnceValue(func() *tables {
	t, err := readTables(elementData, iinData)
	if err != nil {
		panic(err)
	}
	return t
})

func readTables(elements, iins string) (*tables, error) {
	t := &tables{byCode: map[string]*ElementInfo{}, byIIN: map[string]Jurisdiction{}, byState: map[string]Jurisdiction{}}
	for line := range lines(elements) {
		f := strings.Split(line, "|")
		if len(f) != 6 || len(f[0]) != 3 {
			return nil, fmt.Errorf("aamva: element table: %q", line)
		}
		e := ElementInfo{Code: f[0], kind: kind(f[1]), Name: f[5], needTo: -1, index: len(t.elements)}
		var err error
		if e.From, e.To, err = span(f[2]); err != nil {
			return nil, fmt.Errorf("aamva: element table: %s: %w", e.Code, err)
		}
		if need, dl := strings.CutSuffix(f[3], " DL"); need != "-" {
			e.licenceOnly = dl
			if e.needFrom, e.needTo, err = span(need); err != nil {
				return nil, fmt.Errorf("aamva: element table: %s: %w", e.Code, err)
			}
		}
		if e.MaxLength, err = strconv.Atoi(f[4]); err != nil {
			return nil, fmt.Errorf("aamva: element table: %s: %w", e.Code, err)
		}
		t.elements = append(t.elements, e)
	}
	for i := range t.elements {
		t.byCode[t.elements[i].Code] = &t.elements[i]
	}
	for line := range lines(iins) {
		f := strings.SplitN(line, " ", 4)
		if len(f) != 4 {
			return nil, fmt.Errorf("aamva: issuer table: %q", line)
		}
		j := Jurisdiction{IIN: f[0], Code: strings.TrimPrefix(f[1], "-"), Country: f[2], Name: f[3]}
		t.issuers = append(t.issuers, j)
		t.byIIN[j.IIN] = j
		if _, taken := t.byState[j.Code]; !taken && j.Code != "" {
			t.byState[j.Code] = j
		}
	}
	return t, nil
}

// lines yields the lines of a table without its comments.
func lines(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.SplitSeq(s, "\n") {
			if line != "" && line[0] != '#' && !yield(line) {
				return
			}
		}
	}
}

func span(s string) (from, to int, err error) {
	a, b, ok := strings.Cut(s, "-")
	if !ok {
		return 0, 0, fmt.Errorf("no range: %q", s)
	}
	if from, err = strconv.Atoi(a); err != nil {
		return 0, 0, err
	}
	to, err = strconv.Atoi(b)
	return from, to, err
}

// LookupElement returns the description of a data element.
func LookupElement(code string) (ElementInfo, bool) {
	if e := load().byCode[code]; e != nil {
		return *e, true
	}
	return ElementInfo{}, false
}

// Elements returns all data elements in the order of their codes.
func Elements() []ElementInfo { return append([]ElementInfo(nil), load().elements...) }

// LookupIIN returns the issuer of an issuer identification number.
func LookupIIN(iin string) (Jurisdiction, bool) {
	j, ok := load().byIIN[iin]
	return j, ok
}

// Jurisdictions returns all issuers in the order of their numbers.
func Jurisdictions() []Jurisdiction { return append([]Jurisdiction(nil), load().issuers...) }

// lookupState returns the jurisdiction of a state's or province's code.
func lookupState(code string) (Jurisdiction, bool) {
	j, ok := load().byState[code]
	return j, ok
}
