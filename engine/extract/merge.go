package extract

import (
	"cmp"
	"slices"

	"idproof/mrz"
	"idproof/report"
)

// Reading is what one source says about one field.
type Reading struct {
	Field    string // as in the report
	Value    string // normalised
	Original string // as it is printed or coded
	Source   string // report.FromMRZ, report.FromVisual, report.FromBarcode
	Page     int
	Region   *report.Quad
	// Confidence is how sure the characters are, 0 to 1.
	Confidence float64
	// Checked is what a check digit says about this value; "" where it has none.
	Checked report.Outcome

	how   how      // how print was found
	parts []*piece // of the print
	lines []string // of a value with several
}

// how tells in what way the print says that it is this field, the surest first.
type how uint8

const (
	byLabel  how = iota // beside or under its label, behind its docNumber
	byZone              // it is what the machine-readable zone says
	byFormat            // no other docNumber has this format
	byPlace             // where this field usually stands
)

// Names of fields; the report's order.
const (
	surname     = "Surname"
	givenNames  = "Given_Names"
	birthName   = "Name_at_Birth"
	fullName    = "Full_Name"
	nationality = "Nationality"
	birthDate   = "Date_of_Birth"
	birthPlace  = "Place_of_Birth"
	sex         = "Sex"
	docNumber   = "Document_Number"
	personal    = "Personal_Number"
	issueDate   = "Date_of_Issue"
	expiryDate  = "Date_of_Expiry"
	authority   = "Authority"
	address     = "Address"
	height      = "Height"
	eyes        = "Eye_Colour"
	categories  = "Categories"
	access      = "CAN"
	issuePlace  = "Place_of_Issue"
	issuing     = "Issuing_Country"
)

var order = []string{
	"Document_Code", issuing, docNumber, surname, givenNames, birthName, fullName,
	nationality, birthDate, birthPlace, sex, issueDate, expiryDate, authority, issuePlace,
	personal, address, height, eyes, categories, access, "Optional_Data", "Optional_Data_2",
}

// spelled are the fields whose best spelling is the printed one.
var spelled = map[string]bool{surname: true, givenNames: true, birthName: true, fullName: true}

// BarcodeReadings are a barcode's fields as readings, with the symbol's place.
func BarcodeReadings(fields []BarcodeField, page int, symbol *report.Quad) []Reading {
	out := make([]Reading, 0, len(fields))
	for _, f := range fields {
		out = append(out, Reading{
			Field: f.Name, Value: f.Value, Original: f.Original, Source: report.FromBarcode,
			Page: page, Region: symbol, Confidence: 1,
		})
	}
	return out
}

// Merge makes one field of all that the sources say about it.
//
// The value comes from: the machine-readable zone where a check digit bears it
// out; the barcode; the zone without a check digit; print. A check digit that is
// wrong puts the zone last. Names are spelled as printed where the print is what
// the other source transliterates or cuts: that keeps marks, case, and what did
// not fit. Every reading stays among the sources.
func Merge(readings []Reading) []report.Field {
	byName := map[string][]Reading{}
	var names []string
	for _, r := range readings {
		if r.Value == "" {
			continue
		}
		if byName[r.Field] == nil {
			names = append(names, r.Field)
		}
		byName[r.Field] = append(byName[r.Field], r)
	}
	place := func(n string) int {
		if i := slices.Index(order, n); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(place(a), place(b)) })
	fields := make([]report.Field, 0, len(names))
	for _, n := range names {
		fields = append(fields, merge(n, byName[n]))
	}
	return fields
}

func merge(name string, all []Reading) report.Field {
	slices.SortStableFunc(all, func(a, b Reading) int {
		if c := cmp.Compare(rank(a), rank(b)); c != 0 {
			return c
		}
		// Printed in two scripts, the Latin one is what others can read.
		if x, y := latin(a.Value), latin(b.Value); x != y && a.Source == b.Source {
			return map[bool]int{true: -1, false: 1}[x]
		}
		if c := cmp.Compare(a.how, b.how); c != 0 {
			return c
		}
		return cmp.Compare(b.Confidence, a.Confidence)
	})
	best := all[0]
	if spelled[name] && best.Source != report.FromVisual {
		for _, r := range all {
			if r.Source == report.FromVisual && latin(r.Value) && mrz.CompareNames(r.Value, best.Value) >= mrz.NameCut {
				best = r
				break
			}
		}
	}
	f := report.Field{
		Name: name, Value: best.Value, Original: best.Original,
		Validity: report.NotPerformed, Comparison: report.NotPerformed,
	}
	for _, r := range all {
		if r.Checked != "" && f.Validity != report.FailedCheck {
			f.Validity = r.Checked
		}
		if !slices.ContainsFunc(f.Sources, func(s report.Source) bool {
			return s.Source == r.Source && s.Page == r.Page && s.Value == r.Value
		}) {
			f.Sources = append(f.Sources, report.Source{Source: r.Source, Value: r.Value, Confidence: r.Confidence, Page: r.Page, Region: r.Region})
		}
	}
	return f
}

func rank(r Reading) int {
	switch {
	case r.Source == report.FromMRZ && r.Checked == report.Passed:
		return 0
	case r.Source == report.FromBarcode:
		return 1
	case r.Source == report.FromMRZ && r.Checked == "":
		return 2
	case r.Source == report.FromVisual:
		return 3
	}
	return 4
}
