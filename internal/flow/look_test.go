package flow

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"idproof/internal/session"
	"idproof/report"
)

func TestPoorPicture(t *testing.T) {
	place := report.Quad{{10, 20}, {30, 20}, {30, 40}, {10, 40}}
	for _, c := range []struct {
		name    string
		look    session.Look
		next    page // after the upload
		says    []string
		not     []string
		kept    page // where "use it all the same" leads
		started bool
	}{
		{"good", session.Look{}, pageCheck, nil, nil, pageCheck, true},
		{
			"stopped",
			session.Look{Width: 100, Height: 80, Stopped: true, Faults: []session.Fault{{Code: "blurred", Regions: []report.Quad{place}}}},
			pageFront,
			[]string{"Please take this picture once more", "It is blurred.", `viewBox="0 0 100 80"`, `points="10,20 30,20 30,40 10,40"`, "picture/document_front-id"},
			[]string{"/keep", "We already have"},
			pageFront, false,
		},
		{
			"warned of",
			session.Look{Faults: []session.Fault{{Code: "glare"}, {Code: "new"}}},
			pageFront,
			[]string{"may not be good enough", "A reflection", "too dark, blurred or cut off", "front/keep"},
			[]string{"<polygon points=\"1"},
			pageCheck, true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := entered(t)
			b.fake.look = &c.look
			b.post(b.base()+"document", url.Values{"type": {report.Passport}})
			if got := b.upload("front", jpeg).Header.Get("Location"); got != b.base()+string(c.next) {
				t.Fatalf("the upload leads to %q", got)
			}
			if len(c.look.Faults) > 0 {
				if got := b.get(b.base() + "pictures").Header.Get("Location"); got != b.base()+"front" {
					t.Errorf("another page leads to %q", got)
				}
				body := text(t, b.get(b.base()+"front"))
				for _, want := range c.says {
					if !strings.Contains(body, want) {
						t.Errorf("the page lacks %q:\n%s", want, body)
					}
				}
				for _, not := range c.not {
					if strings.Contains(body, not) {
						t.Errorf("the page has %q", not)
					}
				}
				if body := text(t, b.get(b.base()+"front?again")); strings.Contains(body, c.says[0]) {
					t.Error("asks again while a new one is taken")
				}
				if got := b.post(b.base()+"front/keep", nil).Header.Get("Location"); got != b.base()+string(c.kept) {
					t.Errorf("keeping it leads to %q", got)
				}
			}
			if started := b.fake.st.Status == report.Pending; started != c.started {
				t.Errorf("the analysis runs: %v", started)
			}
		})
	}
}

func TestPicturePutsTheChoiceRight(t *testing.T) {
	b := entered(t)
	b.fake.change(func(st *session.State) { st.AnalysisTypes = []string{"document", "selfie"} })
	b.post(b.base()+"document", url.Values{"type": {report.Passport}, "country": {"SWE"}})
	b.upload("front", jpeg)
	b.fake.change(func(st *session.State) {
		st.DocumentType, st.Country, st.Sides = report.IdentityCard, "UTO", session.Sides(report.IdentityCard)
		st.Looks = []session.Look{{Document: st.Documents[0].ID, Was: &session.Choice{DocumentType: report.Passport, Country: "SWE"}}}
	})
	body := text(t, b.get(b.base()+"back"))
	for _, want := range []string{"another document than you chose: Identity card", "another country than you chose: Utopia"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestCountries(t *testing.T) {
	for _, c := range []struct {
		name     string
		accepted []string
		accept   string // Accept-Language
		says     []string
		not      []string
	}{
		{"all", nil, "sv-SE, en;q=0.5", []string{`<option value="SWE" selected>`, `value="NOR"`, `<option value="">`}, []string{`value="UTO"`, `value="DEU"`}},
		{"the United Kingdom", nil, "en-GB", []string{`<option value="GBR" selected>`}, []string{`value="GBD"`}},
		{"some", []string{"SWE", "DEU"}, "de", []string{`value="SWE"`, `value="DEU"`}, []string{"selected", `value="NOR"`}},
		{"one", []string{"NOR"}, "de", []string{"Norwegen", `type="hidden" name="country" value="NOR"`}, []string{"<select"}},
		{"in the order of the language", []string{"AUT", "SWE", "DEU"}, "sv", []string{`<option value="DEU">Tyskland</option><option value="AUT">Österrike</option>`}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := entered(t)
			b.fake.change(func(st *session.State) { st.Settings.Countries = c.accepted })
			b.header.Set("Accept-Language", c.accept)
			body := text(t, b.get(b.base()+"document"))
			for _, want := range c.says {
				if !strings.Contains(body, want) {
					t.Errorf("the page lacks %s", want)
				}
			}
			for _, not := range c.not {
				if strings.Contains(body, not) {
					t.Errorf("the page has %s", not)
				}
			}
		})
	}
	b := entered(t)
	b.fake.change(func(st *session.State) { st.Settings.Countries = []string{"NOR"} })
	if r := b.post(b.base()+"document", url.Values{"type": {report.Passport}, "country": {"SWE"}}); r.StatusCode != http.StatusBadRequest {
		t.Errorf("takes a country that is not offered: %s", r.Status)
	}
	b.post(b.base()+"document", url.Values{"type": {report.Passport}, "country": {"NOR"}})
	if b.fake.st.Country != "NOR" {
		t.Errorf("keeps %q", b.fake.st.Country)
	}
}
