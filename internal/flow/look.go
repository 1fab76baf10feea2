package flow

import (
	"fmt"
	"net/http"
	"slices"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"idproof/internal/policy"
	"idproof/internal/session"
	"idproof/locales"
	"idproof/mrz"
)

// lookAt is what a look at the picture of a side found; its zero value where
// there was none.
func lookAt(side string, st *session.State) session.Look {
	if d := documentOf(side, st); d != nil {
		if i := slices.IndexFunc(st.Looks, func(l session.Look) bool { return l.Document == d.ID }); i >= 0 {
			return st.Looks[i]
		}
	}
	return session.Look{}
}

// given tells whether a picture is there that need not be taken again.
func given(side string, st *session.State) bool {
	return documentOf(side, st) != nil && !lookAt(side, st).Poor()
}

// marks are places on a picture, as the shapes of a drawing over it.
type marks struct {
	Box    string   // view box: the picture
	Shapes []string // points of polygons
}

func marksOf(l session.Look) *marks {
	m := &marks{Box: fmt.Sprintf("0 0 %d %d", l.Width, l.Height)}
	for _, f := range l.Faults {
		for _, q := range f.Regions {
			m.Shapes = append(m.Shapes, q.Points())
		}
	}
	if len(m.Shapes) == 0 {
		return nil
	}
	return m
}

// faultTexts say what is wrong with a picture, each once.
func faultTexts(l *locales.Locale, faults []session.Fault) []string {
	var texts []string
	for _, f := range faults {
		key := "quality." + f.Code
		if !l.Has(key) {
			key = "reason.picture_poor"
		}
		if text := l.Text(key); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// noted tells what the pictures have put right in what the person chose.
func noted(v *visit) []string {
	var out []string
	st := &v.state
	for _, l := range st.Looks {
		if l.Was == nil {
			continue
		}
		if l.Was.DocumentType != st.DocumentType {
			out = append(out, v.text("noted.type", "type", typeName(v.locale, st.DocumentType)))
		}
		if l.Was.Country != "" && !policy.SameCountry(l.Was.Country, st.Country) {
			out = append(out, v.text("noted.country", "country", stateName(v.locale, st.Country)))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// keep uses a poor picture all the same and goes on.
func (h *handler) keep(side string) func(http.ResponseWriter, *http.Request, *visit) {
	return func(w http.ResponseWriter, r *http.Request, v *visit) {
		l := lookAt(side, &v.state)
		if !l.Poor() || l.Stopped {
			h.goTo(w, r, v, current(&v.state))
			return
		}
		st, err := h.sessions.KeepPicture(r.Context(), v.id, l.Document)
		if err != nil {
			h.refused(w, r, v, sidePage(side), err)
			return
		}
		if err := h.goOn(w, r, v, st); err != nil {
			h.refused(w, r, v, sidePage(side), err)
		}
	}
}

// country is one to choose.
type country struct {
	Code, Name string
	Chosen     bool
}

// countries are those whose documents the merchant accepts, in the order of the
// language; chosen is what the session says, else where the browser's languages
// are at home.
func countries(r *http.Request, v *visit) []country {
	codes := v.state.Settings.Countries
	if len(codes) == 0 {
		for _, s := range mrz.States() {
			// The four more of the United Kingdom tell its nationals apart, not its documents.
			if _, ok := region(s.Code); ok && s.Issues && !s.Withdrawn && icaoStates[s.Code] != "GBR" {
				codes = append(codes, s.Code)
			}
		}
	}
	guess := v.state.Country
	if guess == "" {
		guess = home(r)
	}
	var out []country
	seen := map[string]bool{}
	for _, code := range codes {
		name := stateName(v.locale, code)
		if seen[name] {
			continue
		}
		seen[name] = true
		out = append(out, country{Code: code, Name: name, Chosen: guess != "" && policy.SameCountry(code, guess)})
	}
	order := collate.New(language.Make(v.locale.Tag))
	slices.SortFunc(out, func(a, b country) int { return order.CompareString(a.Name, b.Name) })
	return out
}

// home is the country that the browser's first language with one names, "" when
// none does.
func home(r *http.Request) string {
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return ""
	}
	for _, t := range tags {
		if _, _, reg := t.Raw(); reg.IsCountry() {
			return reg.ISO3()
		}
	}
	return ""
}
