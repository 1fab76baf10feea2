package flow

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"idproof/internal/session"
	"idproof/locales"
	"idproof/web"
)

//go:embed pages/*.html
var pageFiles embed.FS

// pages are the parsed templates by name: one per file but the shared ones.
type pages map[string]*template.Template

func loadPages() (pages, error) {
	shared, err := template.ParseFS(pageFiles, "pages/layout.html", "pages/icons.html")
	if err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	all := pages{}
	for _, name := range []string{"welcome", "device", "document", "upload", "liveness", "pictures", "check", "result", "cancel", "notice"} {
		t, err := shared.Clone()
		if err == nil {
			_, err = t.ParseFS(pageFiles, "pages/"+name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("flow: page %s: %w", name, err)
		}
		all[name] = t
	}
	return all, nil
}

// view is what a template sees. Each page fills what it shows.
type view struct {
	locale  *locales.Locale
	locales []string // that the merchant offers; none: all

	Title, Merchant string
	Path            string // of this page, to come back after a change of language
	Styles          []string
	Script          string
	Languages       []*locales.Locale

	// Of every page of a session.
	Base, Revision string
	Step           int
	Steps          []bool // done or current
	Change         bool   // offer another document type
	Problem        string

	// Of the choice.
	Types     []choice
	Countries []country // whose documents are accepted

	// Of a picture and of the waiting.
	Heading, Hint  string
	Art            string
	Action, Accept string
	Facing         string   // which way the camera looks
	Question       string   // before a picture is sent
	Tips           []string // keys of texts
	Other          bool     // offer another device

	Noted         []string // put right by the pictures
	Poor, Stopped bool     // the picture is to be taken again; it must be
	Faults        []string // why
	Marks         *marks   // where; nil: no places

	// Of the pictures.
	Pictures []picture

	// Of the way to the phone.
	Follow                  bool // another device is at work; only look on
	Connected               bool
	Ways                    []string // qr, link, sms, in order
	Link                    string
	Code                    qrCode
	Number                  string
	Sent, Here              bool
	Face, OnPhone           bool
	Consent, Privacy, Terms string
	Support, Logo           string
	Brand                   string // address of the merchant's style sheet
	Scheme                  string // light or dark; empty: as the device wishes
	MaxBytes                int64
	MaxMB                   int64
	Stored                  bool   // a picture is there already
	Picture                 string // its address; empty when browsers cannot draw it
	Next                    string
	NextSubmits             bool
	Texts                   map[string]string
	Percent                 int
	Label                   string

	// Of outcomes and notices.
	Mark, Icon, Lead        string
	Reasons                 []string
	Fields                  []field
	Retry, Return, Again    string
	Attempts                int
	Final                   bool
	Origins, ID, RelayState string
	Status                  string
}

// choice is one document type to choose.
type choice struct {
	Type, Name, Hint string
	Chosen           bool
}

// picture is one that was given; Address is empty when browsers cannot draw it.
type picture struct{ Name, Address, Art, Again string }

// T is a text in the language of the page.
func (v *view) T(key string, pairs ...any) string { return v.locale.Text(key, pairs...) }

// Lang is the page's language for the lang attribute.
func (v *view) Lang() string { return v.locale.Tag }

// Dir is the direction in which it is written, for the dir attribute.
func (v *view) Dir() string { return v.locale.Dir() }

// LanguageName is what its speakers call it.
func (v *view) LanguageName() string { return v.locale.Name }

// LanguageCode is its code.
func (v *view) LanguageCode() string { return v.locale.Code }

// newView starts the view of a page of a session.
func (h *handler) newView(v *visit, p page, title string) *view {
	out := &view{
		locale: v.locale, Title: title, Merchant: v.state.Merchant, Path: v.at(p),
		locales: v.state.Settings.Locales,
		ID:      v.id, Origins: strings.Join(onlyOrigins(v.state.FrameOrigins), " "),
		Logo: v.state.Settings.Branding.LogoURL, Support: v.state.Settings.Branding.SupportURL,
		Base: v.base, Revision: strconv.FormatInt(v.state.Version, 10),
	}
	if p == pageFront || p == pageBack || p == pageSelfie || p == pagePictures || p == pageCheck {
		out.Noted = noted(v)
	}
	if name := brandAddress(v.state.Settings.Branding); name != "" {
		out.Brand = v.base + "brand.css?" + name
	}
	if s := v.state.Settings.Branding.Scheme; s == "light" || s == "dark" {
		out.Scheme = s
	}
	if all := steps(&v.state); len(all) > 1 {
		out.Step = slices.Index(all, p) + 1
		for i := range all {
			out.Steps = append(out.Steps, i < out.Step)
		}
	}
	return out
}

// render writes a page.
func (h *handler) render(w http.ResponseWriter, r *http.Request, status int, name string, v *view, frameOrigins []string) {
	v.Languages = offered(h.catalog.All(), v.locales)
	v.Styles, v.Script = h.assets.Entry("src/flow/main.ts")
	var body bytes.Buffer
	if err := h.pages[name].ExecuteTemplate(&body, "layout.html", v); err != nil {
		h.log.ErrorContext(r.Context(), "page does not render", "page", name, "error", err)
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	secureHeaders(w, frameOrigins, origin(v.Logo))
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Content-Language", v.Lang())
	head.Add("Vary", "Accept-Encoding, Accept-Language, Cookie")
	if web.AcceptsGzip(r) {
		head.Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		z := gzip.NewWriter(w)
		_, _ = body.WriteTo(z) // the connection may be gone; nobody is left to tell
		_ = z.Close()
		return
	}
	w.WriteHeader(status)
	_, _ = body.WriteTo(w)
}

// offered are the languages of those codes; all when there are no codes.
func offered(all []*locales.Locale, codes []string) []*locales.Locale {
	if len(codes) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(l *locales.Locale) bool { return !slices.Contains(codes, l.Code) })
}

// notice writes a page that belongs to no visit: a link that does not work, a
// browser without its cookie. st gives language, name and the way back where
// they are known.
func (h *handler) notice(w http.ResponseWriter, r *http.Request, status int, name string, st *session.State) {
	if st == nil {
		st = &session.State{}
	}
	locale := h.localeOf(r, st.Locale)
	title := locale.Text("notice." + name + ".title")
	if wantsJSON(r) {
		writeError(w, status, name, title)
		return
	}
	v := &view{
		locale: locale, Title: title, Merchant: st.Merchant, Path: r.URL.Path,
		Heading: title, Lead: locale.Text("notice." + name + ".lead"), Mark: "warn", Return: st.ReturnURL,
	}
	if r.Method != http.MethodGet {
		v.Path = "/"
	}
	switch name {
	case "expired":
		v.Icon = "clock"
	case "internal", "cookies", "busy":
		v.Again = v.Path
	}
	h.render(w, r, status, "notice", v, st.FrameOrigins)
}

// broken answers when the server cannot do what it should.
func (h *handler) broken(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the person has gone; this is not our failure
	}
	h.log.ErrorContext(r.Context(), "request failed", "method", r.Method, "route", r.Pattern, "error", err)
	h.notice(w, r, http.StatusInternalServerError, "internal", nil)
}
