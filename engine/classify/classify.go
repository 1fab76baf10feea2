// Package classify says what a document is: its type, who issued it, which side
// of it is seen, and why.
//
// Every piece of evidence votes with a weight: the machine-readable zone, a
// barcode, printed titles, names of states, the languages of labels, the numbers
// of EU licence fields, the forms of national numbers, the size. The sums decide;
// a document of an issuer that nothing is known of is still an identity card. What
// is no identity document is [report.Other] and never forced into another type.
//
// Reading belongs to mrzread, textread and barcode, words to catalogue/lexicon,
// values to extract. Whether a document is genuine is for checks to say.
package classify

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"idproof/aamva"
	"idproof/catalogue"
	"idproof/catalogue/lexicon"
	"idproof/engine/locate"
	"idproof/engine/textread"
	"idproof/mrz"
	"idproof/report"
)

// Evidence is what was found on all pictures of one document; any of it may be missing.
type Evidence struct {
	Zone    *mrz.Document
	Barcode *aamva.Document
	Texts   []textread.Page // a page for each side or picture
	Aspect  float64         // width over height of the document; 0 when it was not located
	Format  locate.Format
}

// Class is what a document is.
type Class struct {
	Type    string   // as in report; "" when there is no document
	Subtype string   // "diplomatic", "card", "permanent", …; of other documents what they are; mostly ""
	Issuer  string   // ICAO 9303-3, as printed ("D", "UTO"); "" when not known
	Region  string   // ISO 3166-2, such as "US-CA"
	Side    string   // of the first page with text: front, back, booklet; "" when not known
	Sides   []string // of every page of the evidence
	Series  string   // of the catalogue; "" when not known
	// Confidence is how sure type and issuer are, 0 to 1.
	Confidence float64
	// Because is the evidence for them, the weightiest first; no personal data.
	Because []string
}

// Classifier classifies documents. It is safe for concurrent use.
type Classifier struct {
	words   *lexicon.Lexicon
	entries *catalogue.Catalogue
	know    *knowledge
}

// New returns a classifier that knows the words of the lexicon and the documents of
// the catalogue.
func New(words *lexicon.Lexicon) (*Classifier, error) {
	know, err := readKnowledge()
	if err != nil {
		return nil, fmt.Errorf("classify: %w", err)
	}
	entries, err := catalogue.Load()
	if err != nil {
		return nil, fmt.Errorf("classify: %w", err)
	}
	return &Classifier{words, entries, know}, nil
}

const (
	// A type with less than this in its favour is not claimed.
	leastType = 1.2
	// An issuer with less than this is not named, nor one that another comes this
	// close to.
	leastIssuer, leadIssuer = 0.9, 0.15
	// Letters that make a picture one of text.
	leastText = 12
)

// Classify says what the evidence shows.
func (c *Classifier) Classify(e Evidence) Class {
	v := newVotes()
	p := c.print(v, e)
	if e.Zone == nil {
		c.start(v, p.zone)
	}
	c.person(v, p, e)
	p.dense(v)
	c.zone(v, e.Zone)
	c.barcode(v, e.Barcode)

	out := Class{Sides: make([]string, len(e.Texts))}
	typ, lead := v.best(v.types)
	switch {
	case lead >= leastType && (typ == report.Other || e.Zone != nil || e.Barcode != nil || p.holder()):
		out.Type, out.Subtype = typ, v.subtype(typ)
	case lead >= leastType && typ == report.Passport && p.letters > 0:
		// A title and a state without a holder: the cover.
		return Class{Type: report.Other, Subtype: "cover", Sides: out.Sides, Confidence: 0.6, Because: v.reasons(typ, "", "")}
	case p.letters >= leastText:
		out.Type = report.Other
	default:
		return out
	}
	out.Confidence = sure(v.types, typ)
	if out.Type == report.Other {
		out.Because = v.reasons(out.Type, "", "")
		if lead < leastType {
			out.Confidence = 0.5
		}
		return out
	}
	c.signs(v, p, typ)
	c.regions(v, p, typ)
	issuer, weight := v.best(v.issuers)
	if weight >= leastIssuer && weight-v.second(v.issuers, issuer) >= leadIssuer {
		out.Issuer = issuer
		out.Confidence *= 0.5 + 0.5*sure(v.issuers, issuer)
	} else {
		out.Confidence *= 0.6
	}
	if out.Issuer == "USA" || out.Issuer == "CAN" {
		if region, w := v.best(v.regions); w > 0 && c.know.country(region) == out.Issuer &&
			(typ == report.DrivingLicense || typ == report.IdentityCard) && v.second(v.regions, region) < w {
			out.Region = region
		}
	}
	for i := range p.pages {
		out.Sides[i] = p.pages[i].side(out.Type, e)
	}
	// The zone of a card is on its back; what else could the other page be.
	front := slices.Contains(out.Sides, "front")
	for i, s := range out.Sides {
		if s == "" && e.Zone != nil && e.Zone.Format == mrz.TD1 && (front || len(out.Sides) == 1) {
			out.Sides[i] = "back"
		}
	}
	if i := slices.IndexFunc(out.Sides, func(s string) bool { return s != "" }); i >= 0 {
		out.Side = out.Sides[i]
	}
	out.Series = c.series(out, e.Zone)
	out.Because = v.reasons(out.Type, out.Issuer, out.Region)
	return out
}

// votes are sums of weights.
type votes struct {
	types, issuers, regions map[string]float64
	subtypes                map[[2]string]float64
	because                 []reason
}

type reason struct {
	typ, issuer, region, text string
	weight                    float64
}

func newVotes() *votes {
	return &votes{
		types: map[string]float64{}, issuers: map[string]float64{}, regions: map[string]float64{},
		subtypes: map[[2]string]float64{},
	}
}

func (v *votes) forType(weight float64, typ, subtype, format string, args ...any) {
	v.types[typ] += weight
	v.subtypes[[2]string{typ, subtype}] += weight
	v.because = append(v.because, reason{typ: typ, text: fmt.Sprintf(format, args...), weight: weight})
}

func (v *votes) forIssuer(weight float64, issuer, format string, args ...any) {
	v.issuers[issuer] += weight
	v.because = append(v.because, reason{issuer: issuer, text: fmt.Sprintf(format, args...), weight: weight})
}

func (v *votes) forRegion(weight float64, region, format string, args ...any) {
	v.regions[region] += weight
	v.because = append(v.because, reason{region: region, text: fmt.Sprintf(format, args...), weight: weight})
}

// best returns what has most votes, by name where it is even.
func (v *votes) best(m map[string]float64) (name string, weight float64) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if m[k] > weight {
			name, weight = k, m[k]
		}
	}
	return name, weight
}

func (v *votes) second(m map[string]float64, first string) (weight float64) {
	for k, w := range m {
		if k != first {
			weight = max(weight, w)
		}
	}
	return weight
}

// subtype is the one that a good part of the type's votes are for.
func (v *votes) subtype(typ string) string {
	name, weight := "", 0.0
	keys := slices.SortedFunc(maps.Keys(v.subtypes), func(a, b [2]string) int { return cmp.Compare(a[1], b[1]) })
	for _, k := range keys {
		if w := v.subtypes[k]; k[0] == typ && k[1] != "" && w > weight {
			name, weight = k[1], w
		}
	}
	if weight < 0.25*v.types[typ] {
		return ""
	}
	return name
}

// sure grows with the votes for a name and with its lead.
func sure(m map[string]float64, name string) float64 {
	var second float64
	for k, w := range m {
		if k != name {
			second = max(second, w)
		}
	}
	first := m[name]
	if first <= 0 {
		return 0
	}
	return (1 - math.Exp(-first/1.5)) * first / (first + max(0, second))
}

// mostReasons are given.
const mostReasons = 8

func (v *votes) reasons(typ, issuer, region string) []string {
	var rs []reason
	for _, r := range v.because {
		if r.weight > 0 && (r.typ != "" && r.typ == typ || r.issuer != "" && r.issuer == issuer || r.region != "" && r.region == region) {
			rs = append(rs, r)
		}
	}
	slices.SortStableFunc(rs, func(a, b reason) int { return cmp.Compare(b.weight, a.weight) })
	var out []string
	for _, r := range rs {
		if !slices.Contains(out, r.text) && len(out) < mostReasons {
			out = append(out, r.text)
		}
	}
	return out
}
