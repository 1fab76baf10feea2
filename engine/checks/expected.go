package checks

import (
	"slices"
	"strings"

	"golang.org/x/text/language"

	"idproof/mrz"
	"idproof/report"
)

// comparison compares the document with what the caller expects. Nothing is asked
// about what the caller does not say.
func (d Data) comparison(s *report.DocumentSummary) []report.Check {
	e := d.Expected
	if e == nil {
		return []report.Check{skipped("expected", "nothing was given to compare with")}
	}
	name := func(parts ...string) string { return strings.TrimSpace(strings.Join(parts, " ")) }
	full := s.Fields["Full_Name"]
	if full == "" {
		full = name(s.Fields["Given_Names"], s.Fields["Surname"])
	}
	var out []report.Check
	for _, q := range []struct {
		name, want, field, got string
		same, alike            func(want, got string) bool
	}{
		{"first_name", e.FirstName, "Given_Names", s.Fields["Given_Names"], sameNames, nearly},
		{"last_name", e.LastName, "Surname", s.Fields["Surname"], sameNames, nearly},
		{"full_name", e.FullName, "Full_Name", full, sameNames, nearly},
		{"date_of_birth", e.DateOfBirth, "Date_of_Birth", s.Fields["Date_of_Birth"], func(w, g string) bool { return strings.HasPrefix(w, g) }, never},
		{"document_number", e.DocumentNumber, "Document_Number", s.Fields["Document_Number"], samePlain, lookAlike},
		{"personal_number", e.PersonalNumber, "Personal_Number", s.Fields["Personal_Number"], samePersonal, lookAlike},
		{"country", e.Country, "Issuing_Country", d.Issuer, sameState, never},
		{"nationality", e.Nationality, "Nationality", s.Fields["Nationality"], sameState, never},
		{"gender", e.Gender, "Sex", s.Fields["Sex"], samePlain, lookAlike},
		{"address", e.Address, "Address", s.Fields["Address"], sameWords, nearly},
	} {
		if q.want == "" {
			continue
		}
		c := report.Check{Name: "expected_" + q.name, Result: report.Passed}
		switch {
		case q.got == "":
			c = skipped(c.Name, "the document does not say, or it was not read")
		case plain(q.want) == "" || plain(q.got) == "":
			c = skipped(c.Name, "what the document says cannot be compared with it")
		case q.same(q.want, q.got):
		case q.alike(plain(q.want), plain(q.got)) || !sure(field(s, q.field)):
			c.Result, c.Reason = report.Warning, "the document differs in what may be misread"
		default:
			c.Result, c.Reason = report.FailedCheck, "the document says something else"
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		out = append(out, skipped("expected", "nothing was given to compare with"))
	}
	return out
}

func never(_, _ string) bool { return false }

// sure tells whether some source of a field is clear.
func sure(f *report.Field) bool {
	if f == nil {
		return true
	}
	for _, s := range f.Sources {
		if s.Confidence >= sureText {
			return true
		}
	}
	return false
}

// sameNames takes names as people give them: in any order, some of several given
// names, with or without marks, cut as zones cut them.
func sameNames(want, got string) bool {
	return mrz.CompareNames(want, got) >= mrz.NameCut || mrz.CompareNames(got, want) >= mrz.NameCut || partOf(want, got)
}

func samePlain(want, got string) bool { return plain(want) == plain(got) }

// samePersonal: some states' numbers are given with and without the century.
func samePersonal(want, got string) bool {
	w, g := plain(want), plain(got)
	return w == g || len(w) >= 8 && len(g) >= 8 && (strings.HasSuffix(w, g) || strings.HasSuffix(g, w))
}

func sameState(want, got string) bool { return iso3(want) == iso3(got) }

// iso3 is the three-letter code of ISO 3166, or else the code of ICAO 9303 as it is.
func iso3(code string) string {
	if code == "D" {
		return "DEU"
	}
	if r, err := language.ParseRegion(code); err == nil && r.ISO3() != "ZZZ" {
		return r.ISO3()
	}
	return code
}

// sameWords: most words of one are in the other, in whatever order.
func sameWords(want, got string) bool {
	words := func(s string) (out []string) {
		for _, w := range strings.Fields(s) {
			if p := plain(w); p != "" {
				out = append(out, p)
			}
		}
		return out
	}
	w, g := words(want), words(got)
	n := 0
	for _, x := range w {
		if slices.Contains(g, x) {
			n++
		}
	}
	return len(w) > 0 && 4*n >= 3*len(w)
}
