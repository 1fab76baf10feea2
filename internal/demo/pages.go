package demo

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"idproof/internal/sms"
	"idproof/locales"
	"idproof/report"
)

//go:embed pages/*.html
var pageFiles embed.FS

type pages map[string]*template.Template

func loadPages() (pages, error) {
	all := pages{}
	for _, name := range []string{"home", "result", "messages", "trouble"} {
		t, err := template.New(name).Funcs(template.FuncMap{"highlight": highlight}).
			ParseFS(pageFiles, "pages/layout.html", "pages/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("demo: page %s: %w", name, err)
		}
		all[name] = t
	}
	return all, nil
}

// view is what the templates see.
type view struct {
	Title  string
	Styles []string
	Script string

	Languages  []*locales.Locale
	Locale     string
	Samples    []sample
	Begin, Get string

	Heading, Lead string
	Status, Mark  string
	Reasons       []report.Reason
	Facts         []fact
	MRZ           []string
	Webhooks      []delivery
	Call, JSON    string
	Again         string
	Messages      []sms.Message
	Suspicion     *suspicion
}

type fact struct{ Name, Value string }

func (h *handler) render(w http.ResponseWriter, r *http.Request, status int, page string, v *view) {
	v.Styles, v.Script = h.assets.Entry("src/demo/main.ts")
	var body bytes.Buffer
	if err := h.pages[page].ExecuteTemplate(&body, "layout.html", v); err != nil {
		h.o.Log.ErrorContext(r.Context(), "page does not render", "page", page, "error", err)
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
		return
	}
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
		"base-uri 'none'; frame-ancestors 'none'")
	head.Set("X-Frame-Options", "DENY")
	head.Set("Referrer-Policy", "same-origin")
	head.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w)
}

// broken tells the developer what went wrong, where it is theirs to mend.
func (h *handler) broken(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return
	}
	h.o.Log.ErrorContext(r.Context(), "demo failed", "route", r.Pattern, "error", err)
	v := &view{Title: "idproof: demo failed", Heading: "That did not work", Lead: "The log says more."}
	var answer *apiError
	switch {
	case errors.As(err, &answer):
		v.Lead = fmt.Sprintf("The API answered %d %s.", answer.status, answer.code)
	case errors.Is(err, context.DeadlineExceeded):
		v.Lead = "The analysis takes longer than this page waits. Its result will still come."
	}
	h.render(w, r, http.StatusBadGateway, "trouble", v)
}

// messages shows what would have been sent to phones.
func (h *handler) messages(w http.ResponseWriter, r *http.Request) {
	h.render(w, r, http.StatusOK, "messages", &view{Title: "Text messages", Messages: h.o.Messages()})
}

func (h *handler) home(w http.ResponseWriter, r *http.Request) {
	locale := h.catalog.Match(r.Header.Get("Accept-Language"))
	h.render(w, r, http.StatusOK, "home", &view{
		Title: "idproof: verification of identity documents", Languages: h.catalog.All(), Locale: locale.Code, Samples: samples,
		Begin: "curl " + h.o.BaseURL + `/v3/scanning \
  -H "Authorization: $KEY" -H "Content-Type: application/json" \
  -d '{"relay_state": "order-42",
       "target": "https://shop.example/done",
       "webhook": "https://shop.example/hook"}'`,
		Get: "curl " + h.o.BaseURL + `/v3/scanning/$ID -H "Authorization: $KEY"`,
	})
}

// result is where people return to. The result is got by asking the API, never
// from the address, which anybody can write.
func (h *handler) result(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	raw, result, err := h.fetch(r.Context(), id)
	if err != nil {
		h.broken(w, r, err)
		return
	}
	v := &view{
		Title: "idproof: result", Heading: "Session", Status: string(result.Status), Mark: mark(result.Status),
		Webhooks: h.hooks(r.Context(), id, result.Status), JSON: indent(raw),
		Call:  "GET /v3/scanning/" + id,
		Again: "/demo/result?id=" + url.QueryEscape(id),
	}
	v.Lead = "This page plays your program. The person came back to your target, and this is what you have now."
	if r.URL.Query().Has("direct") {
		v.Lead = "This page plays your program. It sent the specimen by API, and this is what came back."
	}
	if result.Decision != nil {
		v.Reasons = result.Decision.Reasons
	}
	add := func(name, value string) {
		if value != "" {
			v.Facts = append(v.Facts, fact{name, value})
		}
	}
	if d := result.Document; d != nil {
		add("type", strings.TrimSpace(d.Type+" "+d.Subtype))
		add("document_number", d.DocumentNumber)
		add("issuing_country", d.IssuingCountry)
		add("date_of_expiry", d.DateOfExpiry)
		if m := d.MRZ; m != nil {
			v.MRZ = m.Lines
			right := 0
			for _, c := range m.CheckDigits {
				if c.OK {
					right++
				}
			}
			add("check digits", strconv.Itoa(right)+" of "+strconv.Itoa(len(m.CheckDigits))+" right, "+string(m.Certainty))
		}
	}
	if p := result.Identity; p != nil {
		add("last_name", p.LastName)
		add("first_name", p.FirstName)
		add("date_of_birth", p.DateOfBirth)
		add("nationality", p.Nationality)
		add("gender", p.Gender)
	}
	v.Suspicion = suspicionOf(result, h.catalog.Match(r.Header.Get("Accept-Language")))
	var seconds float64
	for _, s := range result.Steps {
		seconds += s.Seconds
	}
	if seconds > 0 {
		add("time of analysis", strconv.FormatFloat(seconds, 'f', 2, 64)+" s")
	}
	h.render(w, r, http.StatusOK, "result", v)
}

// hooks are a session's webhooks. The last one leaves after the result can be
// read, so it is given a moment.
func (h *handler) hooks(ctx context.Context, id string, status report.Status) []delivery {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 20 {
		list := h.inbox.of(id)
		if !done(status) || (len(list) > 0 && list[len(list)-1].Event == "session_finished") {
			return list
		}
		select {
		case <-ctx.Done():
			return list
		case <-tick.C:
		}
	}
	return h.inbox.of(id)
}

func mark(s report.Status) string {
	switch s {
	case report.Accepted:
		return "ok"
	case report.Declined, report.Failed:
		return "bad"
	case report.Review, report.Timeout:
		return "warn"
	}
	return ""
}

// indent makes JSON readable. Lists of numbers stay on one line: regions would
// fill the page.
func indent(raw json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return string(raw)
	}
	return foldNumbers(b.String())
}

// foldNumbers joins the lines of innermost lists of numbers.
func foldNumbers(s string) string {
	var out strings.Builder
	for {
		open := strings.Index(s, "[\n")
		if open < 0 {
			out.WriteString(s)
			return out.String()
		}
		end := strings.IndexByte(s[open:], ']')
		if inner := s[open+1 : open+max(end, 1)]; end > 0 && strings.Trim(inner, " \n,0123456789.eE+-") == "" {
			out.WriteString(s[:open] + "[" + strings.Join(strings.Fields(inner), " ") + "]")
			s = s[open+end+1:]
			continue
		}
		out.WriteString(s[:open+1])
		s = s[open+1:]
	}
}

// highlight marks the parts of readable JSON for the style sheet.
func highlight(s string) template.HTML {
	var out strings.Builder
	span := func(class, text string) {
		out.WriteString(`<span class="` + class + `">` + template.HTMLEscapeString(text) + `</span>`)
	}
	for len(s) > 0 {
		switch c := s[0]; {
		case c == '"':
			end := 1
			for end < len(s) && s[end] != '"' {
				if s[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(s))
			class := "str"
			if strings.HasPrefix(s[end:], ":") {
				class = "key"
			}
			span(class, s[:end])
			s = s[end:]
		case strings.IndexByte("-0123456789tfn", c) >= 0:
			end := strings.IndexAny(s, ",]} \n")
			if end < 0 {
				end = len(s)
			}
			span("num", s[:end])
			s = s[end:]
		default:
			out.WriteString(template.HTMLEscapeString(s[:1]))
			s = s[1:]
		}
	}
	return template.HTML(out.String()) //nolint:gosec // every piece is escaped above
}
