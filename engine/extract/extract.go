// Package extract turns what was read into the fields of a report: one value
// for each field, with every source that gave it and its place.
//
// It reads the machine-readable zone, the barcodes and the print of all pages
// of one document. Print is understood by its labels in any language, by the
// numbers of licences' fields, by formats that only one field has, and at last
// by where a field usually stands. It normalises (ISO 8601 dates, names without
// fillers) and never invents: a field that no source gave is absent. Whether
// values are right, and whether the sources agree, belongs to checks; what a
// document is, to classify.
package extract

import (
	"slices"
	"strings"
	"time"

	"idproof/catalogue/lexicon"
	"idproof/catalogue/number"
	"idproof/engine/textread"
	"idproof/report"
)

// Page is the print of one view of the document.
type Page struct {
	textread.Page
	Index int    // in the report
	Side  string // front, back, booklet, or empty
	// Place says where a box of the view stands in the full picture; nil: readings have no region.
	Place func(textread.Box) report.Quad
}

// Input is all that was read of one document.
type Input struct {
	Pages   []Page
	Zone    *Zone     // nil: none was found
	Barcode []Reading // what barcodes say
	// Type, Issuer and Region are those of the report's document; empty when not known.
	Type, Issuer, Region string
	Now                  time.Time
}

// Extractor reads fields. It is safe for concurrent use.
type Extractor struct {
	words   *lexicon.Lexicon
	months  *months
	numbers *number.Table
	letters map[string][]rune // beyond A to Z, by language
}

// New returns an extractor that knows the words of documents and the numbers of
// issuers; nil: the table of the package number.
func New(words *lexicon.Lexicon, numbers *number.Table) (*Extractor, error) {
	if numbers == nil {
		numbers = number.Load()
	}
	m, err := loadMonths()
	if err != nil {
		return nil, err
	}
	return &Extractor{words, m, numbers, loadLetters()}, nil
}

// optional is the personal number that an issuer puts into the optional data,
// told by its own check digits: Spain, Portugal, Romania and others.
func (x *Extractor) optional(z *Zone) []Reading {
	if z.PersonalNumber != "" {
		return nil
	}
	for _, text := range []string{z.Optional, z.Optional2} {
		for _, m := range x.numbers.Find(z.Issuer, text, number.Personal) {
			if m.Start == 0 && m.End == len(text) {
				return []Reading{{Field: personal, Value: text, Original: text, Source: report.FromMRZ, Page: z.Page, Confidence: 1, Checked: report.Passed}}
			}
		}
	}
	return nil
}

// printer sets out what is printed. It remembers the labels of lines in known.
func (x *Extractor) printer(in Input, known map[string][]label) *printer {
	r := &printer{Extractor: x, issuer: in.Issuer, typ: in.Type, now: in.Now, from: map[string]*piece{}}
	if r.issuer == "" && in.Zone != nil {
		r.issuer = in.Zone.Issuer
	}
	find := x.labels(r.issuer)
	if american(in) {
		find = withCardLabels(find)
	}
	find = remembered(find, known)
	for i, p := range in.Pages {
		r.place = append(r.place, p.Place)
		r.pages = append(r.pages, p.Index)
		r.pieces = append(r.pieces, arrange(p.Page, i, find)...)
	}
	return r
}

// read finds the fields: first what is sure of itself, at last what is left.
func (r *printer) read(in Input) {
	if in.Type == report.Other && in.Zone == nil {
		r.general()
		return
	}
	for i := range in.Pages {
		r.table(i)
		if european(in.Type, r.issuer) {
			r.licence(i, in.Type == report.DrivingLicense)
		}
	}
	if american(in) {
		r.card()
	}
	r.seriesNumber(in)
	r.labelled()
	r.formats()
	r.person()
	r.document()
	if in.Zone != nil {
		r.guided(in.Zone)
	}
	r.placed(in.Zone)
	r.bornAsNumbered()
	r.oneScript()
	r.spell(in)
}

// Into adds the fields to the result, and what they say of the document and the person.
func Into(res *report.Result, fields []report.Field, now time.Time) {
	s := res.AnalysisSummary.Document
	for _, f := range fields {
		s.Fields[f.Name] = f.Value
		s.FieldDetails = append(s.FieldDetails, f)
	}
	if res.Document == nil {
		res.Document = &report.Document{}
	}
	d := res.Document
	d.DocumentNumber, d.DateOfIssue, d.DateOfExpiry, d.Authority = s.Fields[docNumber], s.Fields[issueDate], s.Fields[expiryDate], s.Fields[authority]
	if d.IssuingCountry == "" {
		d.IssuingCountry = s.Fields[issuing]
	}
	id := &report.Identity{
		CountryCode: d.IssuingCountry, FirstName: s.Fields[givenNames], LastName: s.Fields[surname],
		PersonalNumber: s.Fields[personal], DateOfBirth: s.Fields[birthDate], Gender: s.Fields[sex],
		Nationality: s.Fields[nationality], IdentificationDate: now.UTC().Format(time.DateOnly),
	}
	id.FullName = strings.TrimSpace(id.FirstName + " " + id.LastName)
	if id.FullName == "" {
		id.FullName = s.Fields[fullName]
	}
	id.Age = age(id.DateOfBirth, now)
	if id.FullName != "" || id.DateOfBirth != "" || id.PersonalNumber != "" {
		res.Identity = id
	}
}

// age is in whole years; nil when the birth date is not complete or in the future.
func age(birth string, now time.Time) *int {
	b, err := time.Parse(time.DateOnly, birth)
	if err != nil {
		return nil
	}
	n := now.Year() - b.Year()
	if now.Month() < b.Month() || now.Month() == b.Month() && now.Day() < b.Day() {
		n--
	}
	if n < 0 {
		return nil
	}
	return &n
}

// lacks tells whether no reading of the print gives the field.
func (r *printer) lacks(field string) bool { return !r.has(field) }

// drop takes a reading of a field back.
func (r *printer) drop(field, value string) {
	r.got = slices.DeleteFunc(r.got, func(g Reading) bool { return g.Field == field && g.Value == value })
}
