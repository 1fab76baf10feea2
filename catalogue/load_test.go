package catalogue

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, bases, data, want string }{
		{"an unknown key", `{}`, `{"issuer": "UTO", "documents": [{"typ": "passport"}]}`, "unknown field"},
		{"an unknown base", `{}`, `{"issuer": "UTO", "documents": [{"base": "x"}]}`, "no base"},
		{"bases in a circle", `{"a": {"base": "b"}, "b": {"base": "a"}}`, `{"issuer": "UTO", "documents": [{"base": "a"}]}`, "circle"},
		{"another issuer", `{}`, `{"issuer": "AUT", "documents": []}`, "issuer"},
		{"a broken number", `{}`, `{"issuer": "UTO", "documents": [{"number": "("}]}`, "regexp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(fstest.MapFS{
				"templates.json": {Data: []byte(c.bases)}, "tested.json": {Data: []byte(`{}`)}, "data/UTO.json": {Data: []byte(c.data)},
			})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestInherit(t *testing.T) {
	t.Parallel()
	c, err := load(fstest.MapFS{
		"templates.json": {Data: []byte(`{"card": {"type": "identity_card", "sides": ["front", "back"], "titles": {"en": ["Card"]}}}`)},
		"tested.json":    {Data: []byte(`{"UTO/identity_card": {"pictures": 2, "class": 1}}`)},
		"data/UTO.json":  {Data: []byte(`{"issuer": "UTO", "documents": [{"base": "card", "sides": ["front"], "titles": {"de": ["Karte"]}}, {"base": "card", "series": "2"}]}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	a, b := c.entries[0], c.entries[1]
	if len(a.Sides) != 1 || len(a.Titles) != 1 || len(b.Sides) != 2 || b.Titles["en"] == nil || a.Tested == nil || b.ID() != "UTO/identity_card/2" {
		t.Errorf("%+v, %+v", a, b)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	bad := &Entry{
		Issuer: "QQQ", Type: "letter", Size: "A4", Since: 2020, Until: 2010, MRZ: &Zone{Format: "TD9", Codes: []string{"ABC"}, Side: "back"},
		Barcodes: []Barcode{{}}, Fields: map[string][]string{"back": {"surname"}}, Titles: map[string][]string{"x": {}}, Validity: []Validity{{Years: 0}},
	}
	if got := bad.problems(); len(got) < 11 {
		t.Errorf("%q", got)
	}
	two := &Catalogue{entries: []*Entry{{Type: "visa", Sides: []string{"front"}}, {Type: "visa", Sides: []string{"front"}}}}
	if err := two.Validate(); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("%v", err)
	}
}
