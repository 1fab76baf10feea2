package extract

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"idproof/mrz"
	"idproof/report"
)

// Claim is what the machine-readable zone says and the print, as it was read,
// does not say, with a line on which it may stand. Reading the line again for it
// tells whether the eyes or the document disagree; see [textread.Reader.Expect].
type Claim struct {
	Field string
	Page  int    // of Input.Pages
	Line  int    // of that page
	Want  string // capitals A to Z and digits, as they may be printed there without spaces and punctuation
}

const (
	// Of what is expected one character in so many may be read otherwise,
	claimErrors = 3
	// and so many lines are looked at again for one field.
	claimLines = 3
)

// Claims lists what of the zone the print nearly says.
func (s *Sheet) Claims() []Claim {
	in := s.in
	if in.Zone == nil {
		return nil
	}
	r := s.print()
	var out []Claim
	for _, f := range []string{surname, givenNames, docNumber, birthDate, expiryDate} {
		if wants := s.x.wants(f, in.Zone); len(wants) > 0 && !r.confirms(f, in.Zone) {
			out = append(out, claims(in, f, wants)...)
		}
	}
	return out
}

// confirms tells whether the print was read to say of the field what the zone does.
func (r *printer) confirms(field string, z *Zone) bool {
	same := r.sameAs(field, z)
	return slices.ContainsFunc(r.got, func(g Reading) bool {
		if g.Field != field || g.Source != report.FromVisual {
			return false
		}
		switch field {
		case birthDate:
			return g.Value[2:] == z.BirthDate.String()[2:]
		case expiryDate:
			return g.Value[2:] == z.ExpiryDate.String()[2:]
		case docNumber:
			return plain(g.Value) == plain(z.Number)
		case surname:
			_, ok := same(g.Value, z.Surname)
			return ok
		}
		_, ok := same(g.Value, z.GivenNames)
		return ok
	})
}

// wants are the ways in which a document may print what the zone says of a field.
func (x *Extractor) wants(field string, z *Zone) []string {
	switch field {
	case surname:
		return long(plain(z.Surname))
	case givenNames:
		return long(plain(z.GivenNames))
	case docNumber:
		return long(plain(z.Number))
	case birthDate:
		return x.datesOf(z.BirthDate, z.Issuer)
	}
	return x.datesOf(z.ExpiryDate, z.Issuer)
}

// long keeps what is long enough not to be found by chance.
func long(s string) []string {
	if len(s) < 4 {
		return nil
	}
	return []string{s}
}

// datesOf are the ways to print a day, in English and in the issuer's languages.
func (x *Extractor) datesOf(d mrz.Date, issuer string) []string {
	day, err := time.Parse(time.DateOnly, d.String())
	if err != nil {
		return nil
	}
	out := []string{day.Format("02012006"), day.Format("020106"), day.Format("20060102"), day.Format("060102")}
	if monthFirst[issuer] {
		out = append(out, day.Format("01022006"))
	}
	names := map[string]bool{}
	for _, lang := range append([]string{"en"}, x.languages(issuer)...) {
		for name, month := range x.months.in[lang] {
			if name = strings.ToUpper(name); month == int(day.Month()) && plain(mrz.Transliterate(name)) == name {
				names[name] = true
			}
		}
	}
	for a := range names {
		for _, year := range []string{"2006", "06"} {
			out = append(out, day.Format("02")+a+day.Format(year))
			for b := range names {
				out = append(out, day.Format("02")+a+b+day.Format(year))
			}
		}
	}
	slices.Sort(out)
	return out
}

// claims are the lines that come nearest to one of the texts.
func claims(in Input, field string, wants []string) []Claim {
	type near struct {
		Claim
		errors float64
	}
	var all []near
	for i, p := range in.Pages {
		for k, l := range p.Lines {
			if isZone(l.Text) || upended(l) {
				continue
			}
			text := coded(l.Text)
			for _, w := range wants {
				if d := distanceWithin(text, w); d*claimErrors <= len(w) {
					all = append(all, near{Claim{field, i, k, w}, float64(d) / float64(len(w))})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b near) int { return cmp.Compare(a.errors, b.errors) })
	var out []Claim
	for _, n := range all[:min(len(all), claimLines)] {
		out = append(out, n.Claim)
	}
	return out
}

// coded is a text in the letters of a zone; digits stay, all else goes.
func coded(text string) string {
	var b strings.Builder
	for _, c := range text {
		if c >= '0' && c <= '9' {
			b.WriteRune(c)
		} else {
			b.WriteString(plain(mrz.Transliterate(string(c))))
		}
	}
	return b.String()
}

// distanceWithin is the number of characters to change, add or drop until want
// stands somewhere in the text (Sellers 1980).
func distanceWithin(text, want string) int {
	row := make([]int, len(want)+1)
	for j := range row {
		row[j] = j
	}
	best := len(want)
	for i := range text {
		last := row[0] // nothing of want stands before: free
		for j := range want {
			c := last
			if text[i] != want[j] {
				c++
			}
			last = row[j+1]
			row[j+1] = min(c, last+1, row[j]+1)
		}
		best = min(best, row[len(want)])
	}
	return best
}
