package eval

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"idproof/mrz"
	"idproof/report"
)

// FieldScore is one printed field beside its truth.
type FieldScore struct {
	Name  string `json:"name"` // as in the report
	Want  string `json:"want"`
	Got   string `json:"got"`
	Exact bool   `json:"exact"` // after normalisation
}

// printedNames says which field of a report a manifest's name means.
var printedNames = []struct{ truth, field string }{
	{"surname", "Surname"},
	{"given", "Given_Names"},
	{"name", "Full_Name"},
	{"name_local", "Full_Name"},
	{"dob", "Date_of_Birth"},
	{"place_of_birth", "Place_of_Birth"},
	{"sex", "Sex"},
	{"nationality", "Nationality"},
	{"number", "Document_Number"},
	{"personal", "Personal_Number"},
	{"national_no", "Personal_Number"},
	{"issue", "Date_of_Issue"},
	{"expiry", "Date_of_Expiry"},
	{"authority", "Authority"},
	{"address", "Address"},
	{"categories", "Categories"},
	{"can", "CAN"},
}

// scorePrint compares the fields of a report with what is known to be printed.
// Documents in other scripts than Latin, Greek and Cyrillic, or with dates of
// another calendar, are not asked for.
func scorePrint(p Picture, s *report.DocumentSummary) []FieldScore {
	var out []FieldScore
	for _, want := range p.Print {
		if !readable(want) {
			return nil
		}
	}
	for _, n := range printedNames {
		want, ok := p.Print[n.truth]
		if !ok {
			continue
		}
		var got string
		if s != nil {
			got = s.Fields[n.field]
			if n.field == "Full_Name" && got == "" {
				got = strings.TrimSpace(s.Fields["Surname"] + " " + s.Fields["Given_Names"])
			}
		}
		f := FieldScore{Name: n.field, Want: want, Got: got}
		f.Exact = same(n.field, want, got)
		out = append(out, f)
	}
	return out
}

// scoreFound compares what was read from the print of a page with its
// machine-readable zone, where both stand on the same side.
func scoreFound(p Picture, s *report.DocumentSummary, now time.Time) []FieldScore {
	if p.MRZ == nil || p.MRZ.Type == "TD1" || len(p.Print) > 0 {
		return nil // the back of a card prints other things
	}
	truth := parse(p.MRZ.Type, p.MRZ.Lines, now)
	var out []FieldScore
	for _, n := range []struct{ field, want string }{
		{"Surname", truth.Surname},
		{"Given_Names", truth.GivenNames},
		{"Document_Number", truth.Number},
		{"Date_of_Birth", truth.BirthDate.String()},
		{"Date_of_Expiry", truth.ExpiryDate.String()},
	} {
		if n.want == "" {
			continue
		}
		f := FieldScore{Name: n.field, Want: n.want, Got: visual(s, n.field)}
		switch n.field {
		case "Surname", "Given_Names":
			got := letters(mrz.Transliterate(f.Got))
			f.Exact = got != "" && (got == letters(n.want) ||
				truth.NameTruncated && strings.HasPrefix(got, letters(n.want)))
		case "Date_of_Birth", "Date_of_Expiry": // the zone does not say the century
			f.Exact = len(f.Got) > 2 && same(n.field, n.want[2:], f.Got[2:])
		default:
			f.Exact = same(n.field, n.want, f.Got)
		}
		out = append(out, f)
	}
	return out
}

// visual is what the print says about a field.
func visual(s *report.DocumentSummary, name string) string {
	if s == nil {
		return ""
	}
	for _, f := range s.FieldDetails {
		if f.Name != name {
			continue
		}
		for _, src := range f.Sources {
			if src.Source == report.FromVisual {
				return src.Value
			}
		}
	}
	return ""
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(s))
}

var isoDate = regexp.MustCompile(`\d{4}-\d\d-\d\d`)

// readable tells whether the truth is in a script and a calendar that are read.
func readable(want string) bool {
	if strings.Contains(want, "hijri") {
		return false
	}
	for _, r := range want {
		if unicode.IsLetter(r) && !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic) {
			return false
		}
	}
	return true
}

// same compares after normalisation: case, spaces and punctuation do not
// count; letters with their diacritics do.
func same(field, want, got string) bool {
	if strings.HasPrefix(field, "Date_") {
		if d := isoDate.FindString(want); d != "" {
			want = d
		}
		return want == got
	}
	fold := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToUpper(r)
			}
			return -1
		}, norm.NFC.String(s))
	}
	return got != "" && fold(want) == fold(got)
}

// kinds are the types in a report that fit a manifest's description; nil: not known.
func kinds(description string) []string {
	d := strings.ToLower(description)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(d, w) })
	}
	switch {
	case d == "" || has("cover", "payment", "no document", "barcode", "fantasy", "social security"):
		return nil
	case has("driving", "driver"):
		return []string{report.DrivingLicense}
	case has("passport card"):
		return []string{report.IdentityCard, report.Passport}
	case has("passport"):
		return []string{report.Passport}
	case has("visa"):
		return []string{report.Visa}
	case has("resident/crossing", "residence/other"):
		return []string{report.ResidencePermit, report.IdentityCard, report.Visa, report.Other}
	case has("travel permit"):
		return []string{report.IdentityCard, report.ResidencePermit, report.Other}
	case has("residence permit"):
		return []string{report.ResidencePermit}
	case has("td1 card"): // named by the format of its zone
		return []string{report.IdentityCard, report.ResidencePermit}
	case has("identity", "citizen", "national", "resident registration", "td1", "td2"):
		return []string{report.IdentityCard}
	}
	return nil
}

// issuer is the code that a manifest's country begins with.
func issuer(country string) string {
	code, _, _ := strings.Cut(country, " ")
	code, _, _ = strings.Cut(code, "-")
	if len(code) != 3 || code != strings.ToUpper(code) {
		return ""
	}
	return code
}

// sameIssuer compares three-letter codes; Germany's is "D" in a zone.
func sameIssuer(want, got string) bool {
	if got == "D" {
		got = "DEU"
	}
	return want == got
}
