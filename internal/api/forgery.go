package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"idproof/internal/session"
	"idproof/locales"
	"idproof/report"
)

// forgeryPrefixes are the two addresses of the forgery detection.
var forgeryPrefixes = []string{"/v4/scanning/forgery", "/api/v4/scanning/forgery"}

// ForgeryResponse is what the forgery detection says of one file.
type ForgeryResponse struct {
	ID           string             `json:"id" doc:"GUID; also that of the session that holds the file"`
	State        string             `json:"state" enum:"Created,Pending,Finished,Failed,Timeout"`
	Score        string             `json:"score" enum:"None,Normal,Trusted,Warning,HighRisk"`
	RiskScore    int                `json:"riskScore" doc:"0 to 100"`
	TrustScore   int                `json:"trustScore" doc:"0 to 100"`
	Indicators   []report.Indicator `json:"indicators" doc:"The weightiest first"`
	Performed    []string           `json:"performed,omitempty" doc:"Questions that were asked"`
	NotPerformed []report.Skipped   `json:"notPerformed,omitempty" doc:"Questions that could not be asked of this file"`
	RelayState   string             `json:"relayState"`
	ProviderData map[string]any     `json:"providerData"`
	Errors       []report.Error     `json:"errors"`
}

// patience is how long a request waits for the result before it answers that it is pending.
const patience = 10 * time.Second

// mostField is the length of a form field beside the file.
const mostField = 8 << 10

// forgeryRoutes are the operations of the forgery detection under one of its addresses.
func (a *API) forgeryRoutes(h huma.API, prefix, id string) {
	start := huma.Operation{OperationID: id + "start-forgery", Method: http.MethodPost, Path: prefix, Summary: "Look for signs of forgery in a file", Tags: []string{"forgery"}}
	text := &huma.Schema{Type: "string"}
	start.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: "object", Required: []string{"document"},
		Properties: map[string]*huma.Schema{
			"document": {Type: "string", Format: "binary", Description: "JPEG, PNG, TIFF, HEIC, WebP, GIF, BMP or PDF"}, "relayState": text, "webhook": text, "locale": text,
		},
	}}}}
	start.Responses = answers[ForgeryResponse](h, "200", "The result")
	start.Responses["202"] = answers[ForgeryResponse](h, "202", "It takes longer: the state is Pending; ask for the result at Location")["202"]
	a.add(h, secret, start, a.startForgery)
	read(a, h, secret, huma.Operation{
		OperationID: id + "get-forgery", Path: prefix + "/{id}", Summary: "Get the result of a forgery detection", Tags: []string{"forgery"}, Parameters: append(pathParams("{id}"), localeParam()),
	}, a.forgery)
}

// startForgery makes a session of one file, has it analysed, and waits a little.
func (a *API) startForgery(w http.ResponseWriter, r *http.Request) error {
	if err := a.limitUpload(w, r); err != nil {
		return err
	}
	form, err := forgeryForm(r)
	if err != nil {
		return err
	}
	c := caller(r.Context())
	body, err := json.Marshal(map[string]any{"analysis_types": []string{"forgery"}, "relay_state": form.relayState, "webhook": form.webhook})
	if err != nil {
		return err
	}
	req, errs := session.ParseRequest(body, c.Merchant, c.key.Test)
	if len(errs) > 0 {
		return problem(errs...)
	}
	ctx := r.Context()
	st, err := a.Sessions.Begin(ctx, c.Merchant, req, "", body)
	if err != nil {
		return err
	}
	if _, err = a.Sessions.AddDocument(ctx, st.ID, session.Front, "", session.Client, form.file()); err == nil {
		_, _, err = a.Sessions.Analyze(ctx, st.ID, nil, session.Client)
	}
	if err != nil {
		// Nobody learns its id: it must not stay.
		_, cancelled := a.Sessions.CancelBy(ctx, st.ID, session.Client)
		return errors.Join(err, cancelled)
	}
	if err := a.awaitEnd(ctx, st.ID); err != nil {
		return err
	}
	s, err := a.Sessions.For(ctx, c.ID, c.key.Test, st.ID)
	if err != nil {
		return err
	}
	out, err := a.forgeryOf(ctx, s, form.locale)
	if err != nil {
		return err
	}
	w.Header().Set("Location", strings.TrimRight(r.URL.Path, "/")+"/"+s.ID)
	w.Header().Set("Cache-Control", "no-store")
	status := http.StatusOK
	if out.State == "Pending" {
		w.Header().Set("Retry-After", "2")
		status = http.StatusAccepted
	}
	writeJSON(w, status, out)
	return nil
}

// awaitEnd returns when the session has ended, or when the caller has waited
// long enough.
func (a *API) awaitEnd(ctx context.Context, id string) error {
	waiting, stop := context.WithTimeout(ctx, patience)
	defer stop()
	states, err := a.Sessions.Subscribe(waiting, id)
	if err != nil {
		return err
	}
	for range states { // until it closes
	}
	return ctx.Err()
}

func (a *API) forgery(r *http.Request) (*ForgeryResponse, error) {
	s, err := a.session(r)
	if err != nil {
		return nil, err
	}
	return a.forgeryOf(r.Context(), s, r.URL.Query().Get("locale"))
}

// localeParam lets a reader choose the language of indicators.
func localeParam() *huma.Param {
	return query("locale", "Language of titles and descriptions of indicators, as when a session is created; default: English, as the detector says it")
}

// translate puts the indicators of a result into a language; "": they stay as the
// detectors say it.
func translate(r *report.Result, language string) {
	if language == "" || r == nil || r.AnalysisSummary.Forgery == nil {
		return
	}
	r.AnalysisSummary.Forgery = r.AnalysisSummary.Forgery.Each(func(i *report.Indicator) { locales.Explain(language, i) })
}

// forgeryOf is what the session says in the shape of the forgery detection.
func (a *API) forgeryOf(ctx context.Context, s session.Session, language string) (*ForgeryResponse, error) {
	res, err := a.Sessions.Result(ctx, s)
	if err != nil {
		return nil, err
	}
	translate(res, language)
	out := &ForgeryResponse{
		ID: s.ID, State: forgeryState(s.Status), Score: "None", Indicators: []report.Indicator{},
		RelayState: s.RelayState(), ProviderData: map[string]any{}, Errors: none,
	}
	if f := res.AnalysisSummary.Forgery; f != nil {
		out.Score, out.RiskScore, out.TrustScore = f.Score, f.RiskScore, f.TrustScore
		out.Indicators, out.Performed, out.NotPerformed = f.Indicators, f.Performed, f.NotPerformed
	}
	if len(res.Errors) > 0 {
		out.Errors, out.State = res.Errors, "Failed"
	}
	return out, nil
}

// forgeryState is the state of a session in the words of the forgery detection.
func forgeryState(s report.Status) string {
	switch s {
	case report.Created, report.ReadyToStart:
		return "Created"
	case report.Pending:
		return "Pending"
	case report.Failed, report.Cancelled:
		return "Failed"
	case report.Timeout:
		return "Timeout"
	}
	return "Finished"
}

// forgeryRequest is the form, whose fields come in any order. The file is held
// in memory until the others are known: it is never on disk in plain.
type forgeryRequest struct {
	document                    []byte
	relayState, webhook, locale string
}

func (f *forgeryRequest) file() io.Reader { return bytes.NewReader(f.document) }

func forgeryForm(r *http.Request) (*forgeryRequest, error) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "multipart/form-data" {
		return nil, session.ErrUnsupported.Say("Send the file as multipart/form-data in a part named document.")
	}
	mr, err := r.MultipartReader()
	if err != nil {
		return nil, session.ErrInvalid.Say("The multipart body cannot be read.")
	}
	var out forgeryRequest
	for range 10 {
		part, err := mr.NextPart()
		var tooLarge *http.MaxBytesError
		switch {
		case errors.Is(err, io.EOF) && out.document != nil:
			return &out, nil
		case errors.As(err, &tooLarge):
			return nil, session.ErrTooLarge
		case err != nil:
			return nil, session.ErrInvalid.Say("The multipart body holds no part named document.")
		}
		if err := out.take(part); err != nil {
			if errors.As(err, &tooLarge) {
				return nil, session.ErrTooLarge
			}
			return nil, err
		}
	}
	return nil, session.ErrInvalid.Say("The multipart body holds too many parts.")
}

// take reads one part.
func (f *forgeryRequest) take(part *multipart.Part) error {
	if part.FormName() == "document" {
		data, err := io.ReadAll(part)
		f.document = data
		return err
	}
	data, err := io.ReadAll(io.LimitReader(part, mostField+1))
	if err != nil {
		return err
	}
	if len(data) > mostField {
		return session.ErrInvalid.Say("A field of the form is too long.")
	}
	switch part.FormName() {
	case "relayState", "relay_state":
		f.relayState = string(data)
	case "webhook":
		f.webhook = string(data)
	case "locale":
		f.locale = string(data)
	}
	return nil
}
