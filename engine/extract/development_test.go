package extract

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"idproof/catalogue/lexicon"
	"idproof/catalogue/number"
	"idproof/engine/mrzread"
	"idproof/engine/ocr"
	"idproof/engine/textread"
	"idproof/mrz"
	"idproof/report"
)

// TestDevelopment compares what is extracted from readings of the development
// pictures with their truth. IDPROOF_READINGS is a folder of JSON files, one a
// picture: file, class, country, document_type, truth, page, zone. Set
// IDPROOF_SHOW to see every field that differs.
func TestDevelopment(t *testing.T) {
	dir := os.Getenv("IDPROOF_READINGS")
	if dir == "" {
		t.Skip("IDPROOF_READINGS names no folder of readings")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Skip("no readings in", dir)
	}
	x := developmentExtractor(t)
	var fields, alone, beside tally
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var in picture
		if err := json.Unmarshal(data, &in); err != nil {
			t.Fatal(f, err)
		}
		if only := os.Getenv("IDPROOF_ONLY"); only != "" && !strings.Contains(in.File, only) {
			continue
		}
		if in.Truth.Fields != nil {
			fields.fields(in, Merge(read(x, in.input(nil))))
		}
		if in.Truth.MRZ != nil && len(in.Truth.Fields) == 0 && in.Truth.MRZ.Type != "TD1" {
			alone.beside(in, read(x, in.input(nil)))
			beside.beside(in, read(x, in.input(in.zone())))
		}
	}
	fields.log(t, "printed fields with truth")
	alone.log(t, "print beside a zone, zone withheld")
	beside.log(t, "print beside a zone, zone given")
}

type picture struct {
	File, Class, Country string
	DocumentType         string `json:"document_type"`
	Truth                struct {
		MRZ *struct {
			Type  string
			Lines []string
		}
		Fields map[string]string
	}
	Page textread.Page
	Zone []string
}

var developmentDay = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func (p picture) input(z *Zone) Input {
	typ := report.IdentityCard
	d := strings.ToLower(p.DocumentType)
	for _, k := range []struct{ word, typ string }{
		{"driv", report.DrivingLicense},
		{"passport card", report.IdentityCard},
		{"passport", report.Passport},
		{"visa", report.Visa},
	} {
		if strings.Contains(d, k.word) {
			typ = k.typ
			break
		}
	}
	country, region, _ := strings.Cut(strings.Fields(p.Country + " ")[0], "-")
	in := Input{
		Pages: []Page{{Page: p.Page, Place: func(b textread.Box) report.Quad {
			return report.Quad{{b.X0, b.Y0}, {b.X1, b.Y0}, {b.X1, b.Y1}, {b.X0, b.Y1}}
		}}},
		Zone: z, Type: typ, Issuer: country, Now: developmentDay,
	}
	if region != "" {
		in.Region = "US-" + region
	}
	return in
}

// zone is a clear reading of the zone that was read.
func (p picture) zone() *Zone {
	if p.Zone == nil {
		return nil
	}
	f := mrz.Detect(p.Zone)
	if f == mrz.Unknown {
		return nil
	}
	r := &mrzread.Reading{Layout: f.Layout(), Lines: p.Zone, Pitch: 20, Certain: true}
	for _, l := range p.Zone {
		r.Rows = append(r.Rows, ocr.Line{Length: 900, Height: 30})
		r.Spans = append(r.Spans, [2]float64{-440, 440})
		r.Confidence = append(r.Confidence, slices.Repeat([]float64{0.99}, len(l)))
	}
	return &Zone{Document: mrz.ParseAs(f, p.Zone, developmentDay), Reading: r, Scale: 1}
}

type tally struct {
	right, all map[string]int
	wrong      []string
	ours       int // wrong although it was read
}

// readAnywhere tells whether the value stands in some line as it was read: if
// not, no extraction can find it.
func readAnywhere(p picture, field, want string) bool {
	m, err := loadMonths()
	if err != nil {
		return false
	}
	var all strings.Builder
	for _, l := range p.Page.Lines {
		if isZone(l.Text) {
			continue
		}
		all.WriteString(l.Text + " ")
		if strings.HasPrefix(field, "Date_") {
			for _, w := range m.dates(l.Text, strings.Fields(p.Country + " ")[0], true) {
				for _, k := range []when{past, ending} {
					if w.settle(k, p.Country, developmentDay).iso() == want {
						return true
					}
				}
			}
		}
	}
	text := all.String()
	return strings.Contains(folded(text), folded(want)) && len(want) > 1 || strings.Contains(folded(mrz.Transliterate(text)), folded(mrz.Transliterate(want))) && spelled[field]
}

func (y *tally) count(p picture, field, want, got string, exact bool) {
	file := p.File
	if y.all == nil {
		y.right, y.all = map[string]int{}, map[string]int{}
	}
	for _, n := range []string{field, "all"} {
		y.all[n]++
		if exact {
			y.right[n]++
		}
	}
	if !exact {
		whose := "read "
		if readAnywhere(p, field, want) {
			whose = "OURS "
			y.ours++
		}
		y.wrong = append(y.wrong, whose+fmt.Sprintf("%-45s %-16s %q not %q", strings.TrimPrefix(file, "images/"), field, got, want))
	}
}

func (y *tally) log(t *testing.T, name string) {
	t.Helper()
	t.Logf("%s: %d of %d, %.1f %%; of the values that were read right %.1f %%", name, y.right["all"], y.all["all"],
		100*float64(y.right["all"])/float64(max(1, y.all["all"])), 100*float64(y.right["all"])/float64(max(1, y.right["all"]+y.ours)))
	for _, f := range order {
		if y.all[f] > 0 {
			t.Logf("    %-16s %d of %d", f, y.right[f], y.all[f])
		}
	}
	if os.Getenv("IDPROOF_SHOW") != "" {
		for _, w := range y.wrong {
			t.Log("  " + w)
		}
	}
}

var truthNames = map[string]string{
	"surname": surname, "given": givenNames, "name": fullName, "name_local": fullName, "dob": birthDate, "place_of_birth": birthPlace,
	"sex": sex, "nationality": nationality, "number": docNumber, "personal": personal, "national_no": personal, "issue": issueDate,
	"expiry": expiryDate, "authority": authority, "address": address, "categories": categories, "can": access,
}

var isoDate = regexp.MustCompile(`\d{4}-\d\d-\d\d`)

func (y *tally) fields(p picture, fields []report.Field) {
	got := map[string]string{}
	for _, f := range fields {
		got[f.Name] = f.Value
	}
	if got[fullName] == "" {
		got[fullName] = strings.TrimSpace(got[surname] + " " + got[givenNames])
	}
	for n, want := range p.Truth.Fields {
		f, ok := truthNames[n]
		if !ok || !readable(want) {
			continue
		}
		if strings.HasPrefix(f, "Date_") {
			want = isoDate.FindString(want)
		}
		y.count(p, f, want, got[f], got[f] != "" && folded(want) == folded(got[f]))
	}
}

func readable(want string) bool {
	if strings.Contains(want, "hijri") {
		return false
	}
	for _, r := range want {
		if !isoDate.MatchString(want) && unicode.IsLetter(r) && !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic) {
			return false
		}
	}
	return true
}

// folded drops case, spaces and punctuation.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, norm.NFC.String(s))
}

func (y *tally) beside(p picture, got []Reading) {
	truth := mrz.ParseAs(mrz.Detect(p.Truth.MRZ.Lines), p.Truth.MRZ.Lines, developmentDay)
	printed := map[string]string{}
	for _, g := range Merge(got) {
		for _, s := range g.Sources {
			if s.Source == report.FromVisual && printed[g.Name] == "" {
				printed[g.Name] = s.Value
			}
		}
	}
	for _, n := range []struct{ field, want string }{
		{surname, truth.Surname},
		{givenNames, truth.GivenNames},
		{docNumber, truth.Number},
		{birthDate, truth.BirthDate.String()},
		{expiryDate, truth.ExpiryDate.String()},
	} {
		if n.want == "" {
			continue
		}
		g := printed[n.field]
		ok := g != "" && folded(g) == folded(n.want)
		if spelled[n.field] {
			a, b := folded(mrz.Transliterate(g)), folded(n.want)
			ok = a != "" && (a == b || truth.NameTruncated && strings.HasPrefix(a, b) || mrz.SameName(g, n.want))
		}
		y.count(p, n.field, n.want, g, ok)
	}
}

func developmentExtractor(t *testing.T) *Extractor {
	t.Helper()
	words, err := lexicon.Load()
	if err != nil {
		t.Fatal(err)
	}
	x, err := New(words, number.Load())
	if err != nil {
		t.Fatal(err)
	}
	return x
}
