package console

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"idproof/internal/staff"
)

// pages are the parsed templates by name.
type pages map[string]*template.Template

func loadPages(t texts) (pages, error) {
	functions := template.FuncMap{
		"t":     t.text,
		"when":  func(at time.Time) string { return at.UTC().Format("2 Jan 2006, 15:04 UTC") },
		"stamp": func(at time.Time) string { return at.UTC().Format(time.RFC3339) },
		"add":   func(a, b int) int { return a + b },
	}
	shared, err := template.New("").Funcs(functions).ParseFS(pageFiles, "pages/layout.html", "pages/field.html")
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	all := pages{}
	for _, name := range []string{"sign-in", "welcome", "notice", "home", "account", "settings", "keys", "webhooks", "delivery", "changes"} {
		p, err := shared.Clone()
		if err == nil {
			_, err = p.ParseFS(pageFiles, "pages/"+name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("console: page %s: %w", name, err)
		}
		all[name] = p
	}
	return all, nil
}

// view is what a template sees: what every page has, and what one shows.
type view struct {
	Title   string
	Styles  []string
	Script  string
	Section string // of the navigation
	Visit   *visit // nil: nobody is signed in
	Form    string // proves that a form was given to this visit
	Said    string // what was done
	Wrong   string // what went wrong
	Page    any
}

// Admin tells whether the person sees what administrators see.
func (v *view) Admin() bool { return v.Visit != nil && v.Visit.Role == staff.Admin }

// Merchant is the name of the merchant, or empty.
func (v *view) Merchant() string {
	if v.Visit == nil {
		return ""
	}
	return v.Visit.merchant.Name
}

// newView starts the view of a page.
func (h *handler) newView(v *visit, section, title string) *view {
	out := &view{Title: h.texts.text(title), Section: section, Visit: v}
	if v != nil {
		out.Form = staff.FormToken(v.secret)
	}
	return out
}

// told is what a page says was done, when the address names it.
func (h *handler) told(r *http.Request, pairs ...any) string {
	if key := r.URL.Query().Get("said"); saidKeys[key] {
		return h.texts.text(key, pairs...)
	}
	return ""
}

// saidKeys are the texts that an address may make a page say.
var saidKeys = map[string]bool{
	"settings.saved": true, "settings.same": true, "sms.secret.done": true, "sms.forgotten": true, "sms.sent": true, "keys.ended": true,
	"hooks.tested": true, "hooks.retired": true, "hooks.resumed": true, "hooks.resent": true, "signin.ended": true,
}

// render writes a page.
func (h *handler) render(w http.ResponseWriter, r *http.Request, status int, name string, v *view) {
	v.Styles, v.Script = h.assets.Entry("src/console/main.ts")
	var body bytes.Buffer
	if err := h.pages[name].ExecuteTemplate(&body, "layout.html", v); err != nil {
		h.Log.ErrorContext(r.Context(), "console page does not render", "page", name, "error", err)
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", "en")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // the connection may be gone
}

// notice writes a page that only says something.
func (h *handler) notice(w http.ResponseWriter, r *http.Request, v *visit, status int, name string) {
	out := h.newView(v, "", name+".title")
	out.Page = h.texts.text(name + ".lead")
	h.render(w, r, status, "notice", out)
}
