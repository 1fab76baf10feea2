package aamva_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"idproof/aamva"
)

// vector is a payload from the tests of another project, either as a first plain
// reading of it or as what it was made of.
type vector struct {
	Path     string
	Expected string `json:"expected_from_repo"`
	Plain    *struct {
		Header *struct {
			IIN      string
			Version  int
			JVersion *int `json:"jurisdiction_version"`
			Entries  int
			Subfiles [][]any
		}
		Elements map[string]string
	} `json:"plain_reading"`
	Vector *struct {
		ID, Version   string
		SubfileType   string
		Input         map[string]string
		ExpectedBytes string
	}
}

func vectors(t *testing.T) []vector {
	t.Helper()
	root := os.Getenv("IDPROOF_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "data")
	}
	b, err := os.ReadFile(filepath.Join(root, "vectors", "aamva_vectors.json"))
	if err != nil {
		t.Skip("no test data: set IDPROOF_DATA (vectors/aamva_vectors.json is missing)")
	}
	var v []vector
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if len(v) != 122 {
		t.Fatalf("%d vectors; the tables of this test are for 122", len(v))
	}
	return v
}

// misread are elements of the plain reading that are not in the payload. Where a
// jurisdiction's element (ZID) has a value that begins like a code (DONOR), it
// took ZI for the name of a subfile and DDO for the element.
var misread = map[string]string{
	"DDO": "D", "DNO": "D", "DRE": "D", "DRO": "D", "DBL": "D",
}

// subfile returns the vector's elements as subfiles: the plain reading says which
// there are and lists the elements without order, which is no loss.
func (v vector) subfiles() []aamva.Subfile {
	main, zone := aamva.Subfile{Type: "DL"}, aamva.Subfile{}
	for _, s := range v.Plain.Header.Subfiles {
		if typ := s[0].(string); typ[0] == 'Z' {
			zone.Type = typ
		} else {
			main.Type = typ
		}
	}
	codes := make([]string, 0, len(v.Plain.Elements))
	for c := range v.Plain.Elements {
		codes = append(codes, c)
	}
	sort.Strings(codes)
	for _, c := range codes {
		value := strings.Map(func(r rune) rune {
			if r > 0xff {
				return '?'
			}
			return r
		}, v.Plain.Elements[c])
		switch {
		case misread[c] != "" && zone.Type != "":
			zone.Elements = append(zone.Elements, aamva.Element{Code: zone.Type + c[:1], Value: c[1:] + value})
		case c[0] == 'Z' && c[:2] == zone.Type:
			zone.Elements = append(zone.Elements, aamva.Element{Code: c, Value: value})
		case c[0] == 'Z':
			main.Elements = append(main.Elements, aamva.Element{Code: c, Value: value})
		default:
			main.Elements = append(main.Elements, aamva.Element{Code: c, Value: value})
		}
	}
	if zone.Type == "" {
		return []aamva.Subfile{main}
	}
	return []aamva.Subfile{main, zone}
}

// runsOn are values that the plain reading took too much into: the subfile that
// ends there is closed by the letter M, and the jurisdiction's name follows.
var runsOn = map[string]string{"09212009MZIZIC457": "ZI", "03162012MZWZWA54152991946M": "ZW"}

// joined reports that the payload's separators were lost before it was read
// plainly, so that nearly all of it stands in one element.
func (v vector) joined() bool { return len(v.Plain.Elements) == 1 && len(v.first()) > 60 }

func (v vector) first() string {
	for _, value := range v.Plain.Elements {
		return value
	}
	return ""
}

// shapes are the deviations that payloads in the field show.
var shapes = map[string]func(string) string{
	"as the standard has it": func(s string) string { return s },
	"no record separator":    func(s string) string { return strings.Replace(s, "\x1e", "", 1) },
	"CR LF":                  func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "\r", "\n"), "\n", "\r\n") },
	"LF only":                func(s string) string { return strings.ReplaceAll(s, "\r", "\n") },
	"pipes":                  func(s string) string { return strings.ReplaceAll(s, "\n", "|") },
	"references": func(s string) string {
		return strings.NewReplacer("\n", "&#10;", "\r", "&#xD;", "\x1e", "&#30;").Replace(s)
	},
	"backslashes": func(s string) string { return strings.NewReplacer("\n", `\n`, "\r", `\r`, "\x1e", `\u001e`).Replace(s) },
	"named": func(s string) string {
		return strings.NewReplacer("\n", "<LF>", "\r", "<CR>", "\x1e", "<RS>").Replace(s)
	},
	"mark and noise": func(s string) string { return "\xef\xbb\xbf]L2" + s + "\n\n" },
	"AAMVA":          func(s string) string { return strings.Replace(s, "ANSI ", "AAMVA", 1) },
}

func TestVectors(t *testing.T) {
	for i, v := range vectors(t) {
		switch {
		case v.Vector != nil:
			t.Run(fmt.Sprintf("%d %s", i, v.Vector.ID), v.testBuilt)
		case v.Plain == nil || v.Plain.Header == nil:
			// Two payloads that the plain reading found nothing in: there is nothing
			// to rebuild them from.
			t.Logf("%d: no plain reading", i)
		case v.joined():
			t.Run(fmt.Sprintf("%d %s", i, v.Path), v.testJoined)
		default:
			for name, shape := range shapes {
				t.Run(fmt.Sprintf("%d %s, %s", i, v.Path, name), func(t *testing.T) { v.testPlain(t, shape) })
			}
		}
	}
}

func (v vector) header() aamva.Header {
	h := aamva.Header{IIN: v.Plain.Header.IIN, Version: v.Plain.Header.Version, JurisdictionVersion: -1}
	if v.Plain.Header.JVersion != nil {
		h.JurisdictionVersion = *v.Plain.Header.JVersion
	}
	return h
}

func (v vector) testPlain(t *testing.T, shape func(string) string) {
	t.Helper()
	subfiles := v.subfiles()
	text := build(t, v.header(), subfiles)
	d, err := aamva.Parse([]byte(shape(text)))
	if err != nil {
		t.Fatal(err)
	}
	want := v.header()
	want.Entries = len(subfiles)
	if d.Header != want {
		t.Errorf("header %+v, want %+v", d.Header, want)
	}
	for _, s := range subfiles {
		for _, e := range s.Elements {
			want, after, runOn := strings.TrimSpace(e.Value), "", runsOn[e.Value] != ""
			if runOn {
				want, after, _ = strings.Cut(want, runsOn[e.Value])
			}
			if got, ok := d.Get(e.Code); !ok || got != want {
				t.Errorf("%s: %q, want %q", e.Code, got, e.Value)
			}
			if runOn {
				if got, _ := d.Get(after[:3]); got != after[3:] || d.RevisionDate.IsZero() {
					t.Errorf("%s: %q within %s", after[:3], got, e.Code)
				}
			}
		}
	}
	v.testValues(t, d)
}

// testValues derives the values from the elements by rules written down again.
func (v vector) testValues(t *testing.T, d *aamva.Document) {
	t.Helper()
	e := func(code string) string {
		s := strings.TrimSpace(v.Plain.Elements[code])
		if s == "NONE" {
			s = ""
		}
		return s
	}
	if len(v.Plain.Elements) < 10 {
		return
	}
	if d.Number != e("DAQ") {
		t.Errorf("number %q", d.Number)
	}
	surname := e("DCS")
	if surname == "" {
		surname = e("DAB")
	}
	if surname == "" {
		var comma bool
		if surname, _, comma = strings.Cut(e("DAA"), ","); !comma { // Pennsylvania
			surname = surname[strings.LastIndexByte(surname, ' ')+1:]
		}
	}
	if surname = strings.TrimRight(surname, ","); d.Surname != surname || surname == "" {
		t.Errorf("surname %q, want %q", d.Surname, surname)
	}
	if d.GivenNames == "" {
		t.Error("no given names")
	}
	for code, got := range map[string]aamva.Date{"DBB": d.BirthDate, "DBD": d.IssueDate, "DBA": d.ExpiryDate} {
		want := e(code)
		if want != "" && otherOrder[e("DAJ")] != d.HasProblem(aamva.CodeDateOrder) {
			t.Errorf("%s: date order %v", code, d.Problems)
		}
		if want == "" {
			continue
		}
		if yearFirst := v.Plain.Header.Version == 1 || e("DCG") == "CAN" || e("DAJ") == "AB"; yearFirst != otherOrder[e("DAJ")] {
			want = want[:4] + "-" + want[4:6] + "-" + want[6:]
		} else {
			want = want[4:] + "-" + want[:2] + "-" + want[2:4]
		}
		if got.String() != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
	if want := map[string]aamva.Sex{"1": aamva.Male, "M": aamva.Male, "2": aamva.Female, "F": aamva.Female}[e("DBC")]; d.Sex != want {
		t.Errorf("sex %q", d.Sex)
	}
	if cm := d.Height.Value; (cm < 120 || cm > 205) && e("DAU") != "" {
		t.Errorf("height %q: %d cm", e("DAU"), cm)
	}
	if d.Issuer.Code != e("DAJ") || d.Address.State != e("DAJ") || d.Address.City == "" || d.Address.Postal == "" {
		t.Errorf("issuer %q, address %+v", d.Issuer.Code, d.Address)
	}
	if d.Country == "" || e("DCG") != "" && d.Country != e("DCG") {
		t.Errorf("country %q", d.Country)
	}
}

// otherOrder are issuers whose dates are not in the order of their edition, which
// the plausibility of the year shows: New Brunswick prints MMDDCCYY, West Virginia and
// Wyoming CCYYMMDD.
var otherOrder = map[string]bool{"NB": true, "WV": true, "WY": true}

// testJoined reads payloads whose separators were lost, as they are.
func (v vector) testJoined(t *testing.T) {
	code := ""
	for c := range v.Plain.Elements {
		code = c
	}
	h := v.header()
	text := build(t, h, []aamva.Subfile{{Type: "DL", Elements: []aamva.Element{{Code: code, Value: v.first()}}}})
	d, err := aamva.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, s := range d.Subfiles {
		n += len(s.Elements)
	}
	if n < 14 || d.Surname == "" || d.GivenNames == "" || d.BirthDate.IsZero() || d.Sex == 0 ||
		d.Address.Street == "" || d.Address.City == "" || len(d.Address.State) != 2 || len(d.Number) < 6 || len(d.Number) > 13 {
		t.Errorf("%d elements: %+v", n, d.Subfiles)
	}
}

// notEncoded are inputs that the generator of the built vectors leaves out: the
// name of version 1, and for New York and identity cards what it does not print.
var notEncoded = map[string]bool{"DAA": true, "DAW": true, "DAZ": true}

// unlike are payloads that their projects call valid, because they can be read,
// and we do not, because the edition in their header demands what they lack.
var unlike = map[string]struct{ errors, why string }{
	"AB": {"DBD DCA DCB DCD DCF DCG DCH DCS", "version 3 in the header, elements of version 1"},
	"AL": {"DCF DCG DDE DDF DDG", "version 4 without its new elements"},
	"AR": {"DCF", "no discriminator"},
	"AZ": {"DAT", "no endorsements, not even blank ones"},
	"MI": {"DAU DAY DCA DCF DCG", "no height, eye colour, class, discriminator, country"},
	"MO": {"DBD", "made up: issued before birth"},
	"NM": {"DCF", "no discriminator"},
}

// TestVerdicts compares our verdict with that of the payload's project.
func TestVerdicts(t *testing.T) {
	for _, v := range vectors(t) {
		if v.Expected == "" || v.joined() {
			continue
		}
		d, err := aamva.Parse([]byte(build(t, v.header(), v.subfiles())))
		if err != nil {
			t.Fatal(err)
		}
		var errs []string
		for _, p := range d.Problems {
			if p.Severity == aamva.Error {
				errs = append(errs, p.Element)
			}
		}
		sort.Strings(errs)
		got, want := strings.Join(errs, " "), ""
		if u, ok := unlike[v.Plain.Elements["DAJ"]]; ok {
			want = u.errors
		}
		switch {
		case strings.HasPrefix(v.Expected, "invalid"):
			if d.Valid() {
				t.Errorf("%s: valid", v.Path)
			}
		case got != want:
			t.Errorf("%s: errors in %q, want %q", v.Path, got, want)
		}
	}
}

func (v vector) testBuilt(t *testing.T) {
	d, err := aamva.Parse([]byte(v.Vector.ExpectedBytes))
	if err != nil {
		t.Fatal(err)
	}
	if d.Type != v.Vector.SubfileType || fmt.Sprintf("%02d", d.Header.Version) != v.Vector.Version {
		t.Errorf("%s, version %d", d.Type, d.Header.Version)
	}
	for code, want := range v.Vector.Input {
		got, ok := d.Get(code)
		if !ok && notEncoded[code] {
			continue
		}
		if got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
	if !d.Valid() {
		t.Errorf("problems: %v", d.Problems)
	}
}

func build(t testing.TB, h aamva.Header, subfiles []aamva.Subfile) string {
	t.Helper()
	for i := range subfiles { // what is no code of the standard is written as it is
		for j, e := range subfiles[i].Elements {
			if _, ok := aamva.LookupElement(e.Code); !ok && e.Code[0] != 'Z' {
				subfiles[i].Elements[j] = aamva.Element{Code: "DAH", Value: e.Value}
			}
		}
	}
	b, err := aamva.Build(h, subfiles...)
	if err != nil {
		if errors.Is(err, aamva.ErrBuild) {
			t.Fatal(err)
		}
		t.Fatal("not ErrBuild:", err)
	}
	return string(b)
}
