package flow

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"idproof/internal/session"
	"idproof/locales"
	"idproof/mrz"
	"idproof/report"
)

// field is one line of what was read.
type field struct {
	Name, Value string
	Date        bool // Value is a complete ISO date
}

// outcome says how an end looks and which words it has.
type outcome struct{ key, mark, icon string }

var outcomes = map[report.Status]outcome{
	report.Accepted:  {"result.accepted", "ok", "tick"},
	report.Review:    {"result.review", "", "person"},
	report.Declined:  {"result.declined", "bad", "cross"},
	report.Failed:    {"result.failed", "warn", "info"},
	report.Cancelled: {"result.cancelled", "", "info"},
	report.Timeout:   {"result.expired", "warn", "clock"},
}

var again = outcome{"result.retry", "warn", "info"}

func outcomeOf(st *session.State) outcome {
	if asksAgain(st) {
		return again
	}
	if o, ok := outcomes[st.Status]; ok {
		return o
	}
	return outcomes[report.Failed]
}

func (h *handler) showResult(w http.ResponseWriter, r *http.Request, v *visit) {
	if h.elsewhere(w, r, v, pageResult) {
		return
	}
	h.renderResult(w, r, v)
}

func (h *handler) renderResult(w http.ResponseWriter, r *http.Request, v *visit) {
	st := &v.state
	o := outcomeOf(st)
	heading := v.text(o.key + ".title")
	out := h.newView(v, pageResult, heading)
	out.Heading, out.Lead = heading, v.text(o.key+".lead", "merchant", st.Merchant)
	out.Mark, out.Icon = o.mark, o.icon
	out.Final, out.Return, out.Status = st.Closed, st.ReturnURL, string(st.Status)
	// A phone that only took the pictures sends its person back to where they began.
	if out.OnPhone = v.phone && st.Closed; out.OnPhone {
		out.Return = ""
	}
	out.Change = !st.Closed && len(st.DocumentTypes) > 1
	if asksAgain(st) {
		out.Retry, out.Attempts = v.at(review(st)), st.AttemptsLeft
		if faceAlone(st) {
			out.Retry = v.at(pageLiveness) + "?again"
		}
	}
	if asksAgain(st) || st.Status == report.Declined {
		out.Reasons = reasonTexts(v.locale, st.Reasons)
	}
	result, err := h.sessions.Outcome(r.Context(), v.id)
	if err != nil {
		h.broken(w, r, err)
		return
	}
	out.RelayState = result.RelayState
	if st.Closed && st.Status != report.Cancelled && st.Status != report.Timeout {
		out.Fields = fieldsOf(v.locale, result)
	}
	h.render(w, r, http.StatusOK, "result", out, st.FrameOrigins)
}

// reasonTexts are the reasons of a decision in plain words, each once.
func reasonTexts(l *locales.Locale, reasons []report.Reason) []string {
	var texts []string
	for _, reason := range reasons {
		key := "reason." + strings.ToLower(reason.Code)
		if !l.Has(key) {
			key = "reason.other"
		}
		if text := l.Text(key); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// fieldsOf lists what was read, as a person wants to see it.
func fieldsOf(l *locales.Locale, r *report.Result) []field {
	var out []field
	add := func(name, value string) {
		if value != "" {
			out = append(out, field{Name: l.Text("field." + name), Value: value, Date: len(value) == len("2006-01-02") && isDate(name)})
		}
	}
	d := r.Document
	if d != nil && d.Type != "" {
		add("type", typeName(l, d.Type))
	}
	if p := r.Identity; p != nil {
		if p.LastName == "" || p.FirstName == "" {
			add("full_name", p.FullName)
		} else {
			add("last_name", p.LastName)
			add("first_name", p.FirstName)
		}
		add("date_of_birth", p.DateOfBirth)
		if key := "gender." + p.Gender; l.Has(key) {
			add("gender", l.Text(key))
		}
		add("nationality", stateName(l, p.Nationality))
		add("personal_number", p.PersonalNumber)
	}
	if d != nil {
		add("document_number", d.DocumentNumber)
		add("issuing_country", stateName(l, d.IssuingCountry))
		add("date_of_issue", d.DateOfIssue)
		add("date_of_expiry", d.DateOfExpiry)
	}
	return out
}

func isDate(name string) bool { return strings.HasPrefix(name, "date_") }

// typeName is what a document type is called.
func typeName(l *locales.Locale, documentType string) string {
	if key := "type." + documentType; l.Has(key) {
		return l.Text(key)
	}
	return l.Text("type.other")
}

// icaoStates are the codes of ICAO 9303-3 section 5 that stand for a state
// under another code than ISO 3166's.
var icaoStates = map[string]string{
	"D": "DEU", "GBD": "GBR", "GBN": "GBR", "GBO": "GBR", "GBP": "GBR", "GBS": "GBR", "RKS": "XKX",
}

// stateName is the name of an issuing state or nationality in the reader's
// language; the English one of ICAO where there is no other; else the code.
func stateName(l *locales.Locale, code string) string {
	if code == "" {
		return ""
	}
	if reg, ok := region(code); ok {
		if tag, err := language.Parse(l.Tag); err == nil {
			if name := display.Regions(tag).Name(reg); name != "" {
				return name
			}
		}
	}
	if name, ok := mrz.StateName(code); ok {
		return name
	}
	return code
}

// region is the country of ISO 3166 that a code of ICAO stands for.
func region(code string) (language.Region, bool) {
	if other, ok := icaoStates[code]; ok {
		code = other
	}
	reg, err := language.ParseRegion(code)
	return reg, err == nil && reg.IsCountry()
}

func (h *handler) showCancel(w http.ResponseWriter, r *http.Request, v *visit) {
	if h.elsewhere(w, r, v, pageCancel) {
		return
	}
	h.render(w, r, http.StatusOK, "cancel", h.newView(v, pageCancel, v.text("cancel.title")), v.state.FrameOrigins)
}

// cancel stops the session and leads out of it.
func (h *handler) cancel(w http.ResponseWriter, r *http.Request, v *visit) {
	st, err := h.sessions.Cancel(r.Context(), v.id)
	if errors.Is(err, session.ErrClosed) || errors.Is(err, session.ErrRunning) {
		h.goTo(w, r, v, current(&v.state))
		return
	}
	if err != nil {
		h.refused(w, r, v, pageDocument, err)
		return
	}
	v.state = st
	// Inside a frame the embedding page is told first; its person then leaves by the link.
	if st.ReturnURL == "" || framed(r) {
		h.goTo(w, r, v, pageResult)
		return
	}
	h.goTo(w, r, v, pageLeave)
}

// leave goes to where a session that is over returns. A redirect straight from
// the form would be refused: the pages' policy lets forms go to this server
// only, and browsers hold redirects to that too.
func (h *handler) leave(w http.ResponseWriter, r *http.Request, v *visit) {
	if h.elsewhere(w, r, v, pageLeave) {
		return
	}
	w.Header().Set("Refresh", "0; url="+v.state.ReturnURL)
	h.renderResult(w, r, v)
}
