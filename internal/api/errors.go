package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"idproof/internal/session"
	"idproof/report"
)

// RequestError is the body of every error: {"errors":[{"code","description"}]}.
type RequestError struct {
	Errors []report.Error `json:"errors"`
	status int
}

// Error implements error.
func (p *RequestError) Error() string {
	codes := make([]string, len(p.Errors))
	for i, e := range p.Errors {
		codes[i] = e.Code
	}
	return strings.Join(codes, ", ")
}

// GetStatus implements huma.StatusError.
func (p *RequestError) GetStatus() int { return p.status }

func problem(errs ...*session.Error) *RequestError {
	p := &RequestError{status: errs[0].HTTPStatus()}
	for _, e := range errs {
		p.Errors = append(p.Errors, report.Error{Code: e.Code, Description: e.Description})
	}
	return p
}

// explain turns any error into what the client may know of it; what it may not
// know goes to the log.
func explain(log *slog.Logger, r *http.Request, err error) *RequestError {
	var p *RequestError
	if errors.As(err, &p) {
		return p
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return problem(session.ErrTooLarge)
	}
	var e *session.Error
	if errors.As(err, &e) {
		var causes interface{ Unwrap() []error } // such as a full disk
		switch {
		case e.HTTPStatus() == http.StatusServiceUnavailable && !errors.As(err, &causes):
			log.InfoContext(r.Context(), "request not taken", "route", r.Pattern, "error", err) // as it should be with a full queue
		case e.HTTPStatus() >= 500:
			log.ErrorContext(r.Context(), "request failed", "route", r.Pattern, "error", err)
		}
		return problem(e)
	}
	if r.Context().Err() != nil {
		return problem(session.ErrUnavailable) // nobody reads it
	}
	log.ErrorContext(r.Context(), "request failed", "route", r.Pattern, "error", err)
	return problem(session.ErrInternal)
}

// WriteError answers with an error in the API's shape.
func WriteError(w http.ResponseWriter, errs ...*session.Error) { writeProblem(w, problem(errs...)) }

func writeProblem(w http.ResponseWriter, p *RequestError) {
	switch p.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "5")
	}
	writeJSON(w, p.status, p)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // our own types; a metadata value cannot fail either
		status, body = http.StatusInternalServerError, []byte(`{"errors":[{"code":"INTERNAL","description":"The answer could not be written."}]}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// writeTagged writes an answer with an ETag, or 304 when the client has it.
func writeTagged(w http.ResponseWriter, r *http.Request, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		writeJSON(w, http.StatusOK, v) // says that it failed
		return
	}
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "private, no-store")
	for t := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "W/"); t == tag || t == "*" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	writeJSON(w, http.StatusOK, json.RawMessage(body))
}
