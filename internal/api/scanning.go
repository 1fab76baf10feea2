package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"idproof/internal/session"
	"idproof/internal/webhook"
	"idproof/report"
)

// CreateRequest describes the body of Create session; [session.ParseRequest] reads it.
type CreateRequest struct {
	Locale        string            `json:"locale,omitempty" doc:"Language of the pages, any letter case, BCP 47 names and regions too" example:"en"`
	RelayState    string            `json:"relay_state,omitempty" doc:"Your own id, returned at redirect, in results and in webhooks; default: the session id"`
	AnalysisTypes []string          `json:"analysis_types,omitempty" doc:"document, selfie, liveness, forgery (or fraud)" example:"[\"document\"]"`
	Target        string            `json:"target,omitempty" doc:"The browser goes here at the end"`
	TargetError   string            `json:"target_error,omitempty" doc:"The browser goes here on cancel or error; default: target"`
	Webhook       string            `json:"webhook,omitempty" doc:"Results are POSTed here"`
	Metadata      map[string]any    `json:"metadata,omitempty" doc:"Echoed back, at most 4 KiB"`
	Expected      *session.Expected `json:"expected,omitempty" doc:"Claimed data to compare with"`
}

// CreateResponse is the answer to Create session.
type CreateResponse struct {
	ID          string         `json:"id" doc:"GUID of the session"`
	SessionID   string         `json:"session_id,omitempty" doc:"The same, under /v3/eid/scanningsessions"`
	Errors      []report.Error `json:"errors"`
	RedirectURL string         `json:"redirect_url" doc:"Send the person here; can be loaded in an iframe"`
}

// DocumentResponse is the answer to an upload.
type DocumentResponse struct {
	ID           string         `json:"id" doc:"GUID of the document"`
	SessionID    string         `json:"session_id"`
	DocumentType string         `json:"document_type"`
	Reference    string         `json:"reference"`
	MediaType    string         `json:"media_type" doc:"What the file is, found by looking"`
	Size         int64          `json:"size" doc:"Bytes"`
	SHA256       string         `json:"sha256"`
	CreatedAt    time.Time      `json:"created_at"`
	Errors       []report.Error `json:"errors"`
}

// AnalysisRequest describes the analysis configuration.
type AnalysisRequest struct {
	AnalysisTypes []string `json:"analysis_types,omitempty" doc:"Default: those of the session"`
}

// AnalysisResponse is one analysis.
type AnalysisResponse struct {
	ID            string           `json:"id" doc:"GUID of the analysis"`
	SessionID     string           `json:"session_id"`
	Status        report.Status    `json:"status"`
	AnalysisTypes []string         `json:"analysis_types"`
	RequestedAt   time.Time        `json:"requested_at"`
	StartedAt     *time.Time       `json:"started_at,omitempty"`
	FinishedAt    *time.Time       `json:"finished_at,omitempty"`
	Decision      *report.Decision `json:"decision,omitempty"`
	Result        *report.Result   `json:"result,omitempty" doc:"When it has finished and one analysis was asked for"`
	Errors        []report.Error   `json:"errors"`
}

// StatusResponse is the state of a session and of its analyses.
type StatusResponse struct {
	ID       string              `json:"id"`
	Status   report.Status       `json:"status"`
	Analyses []*AnalysisResponse `json:"analyses"`
	Errors   []report.Error      `json:"errors"`
}

// WebhooksResponse is the log of a session's webhooks.
type WebhooksResponse struct {
	ID       string             `json:"id"`
	Webhooks []webhook.Delivery `json:"webhooks"`
	Errors   []report.Error     `json:"errors"`
}

type idInput struct {
	ID string `path:"id" doc:"GUID of the session"`
}

type analysisInput struct {
	ID         string `path:"id" doc:"GUID of the session"`
	AnalysisID string `path:"analysisId" doc:"GUID of the analysis"`
}

// none is the empty list of errors that every good answer carries.
var none = []report.Error{}

// routes are the operations on sessions, under one of the two prefixes.
func (a *API) routes(h huma.API, prefix string, recovered bool) {
	op := func(id, method, path, summary string) huma.Operation {
		if recovered {
			id = "eid-" + id
		}
		o := huma.Operation{OperationID: id, Method: method, Path: prefix + path, Summary: summary, Tags: []string{"scanning"}}
		for seg := range strings.SplitSeq(path, "/") {
			if name, ok := strings.CutPrefix(seg, "{"); ok && method != http.MethodGet {
				o.Parameters = append(o.Parameters, &huma.Param{Name: strings.TrimSuffix(name, "}"), In: "path", Required: true, Schema: &huma.Schema{Type: "string", Format: "uuid"}})
			}
		}
		return o
	}

	create := op("create-session", http.MethodPost, "", "Create a session")
	create.RequestBody = &huma.RequestBody{Content: jsonOf[CreateRequest](h)}
	create.Parameters = append(create.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header", Description: "The same key and body give the same answer for 24 hours.", Schema: &huma.Schema{Type: "string"}})
	status := http.StatusOK
	if recovered {
		status = http.StatusCreated
	}
	create.Responses = answers[CreateResponse](h, strconv.Itoa(status), "The session")
	a.raw(h, create, func(w http.ResponseWriter, r *http.Request) error { return a.create(w, r, status) })

	upload := op("upload-document", http.MethodPost, "/{id}/documents", "Upload a document")
	upload.Parameters = append(upload.Parameters,
		&huma.Param{Name: "documentType", In: "query", Description: "Default: document_front", Schema: &huma.Schema{Type: "string", Enum: []any{session.Front, session.Back, session.Selfie}}},
		&huma.Param{Name: "reference", In: "query", Description: "Your own name for it. An upload takes the place of an earlier one of the same type and reference.", Schema: &huma.Schema{Type: "string"}})
	upload.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: "object", Required: []string{"document"},
		Properties: map[string]*huma.Schema{"document": {Type: "string", Format: "binary", Description: "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or PDF"}},
	}}}}
	upload.Responses = answers[DocumentResponse](h, "201", "The document")
	a.raw(h, upload, a.upload)

	analyse := op("start-analysis", http.MethodPost, "/{id}/analyses", "Start an analysis of what the session holds")
	analyse.RequestBody = &huma.RequestBody{Content: jsonOf[AnalysisRequest](h)}
	analyse.Responses = answers[AnalysisResponse](h, "201", "The analysis")
	a.raw(h, analyse, a.analyse)

	cancel := op("cancel-session", http.MethodPost, "/{id}/cancel", "Cancel a session")
	cancel.Responses = answers[report.Result](h, "200", "The session")
	a.raw(h, cancel, a.cancel)

	resend := op("resend-webhook", http.MethodPost, "/{id}/webhooks/{webhookId}/resend", "Send a webhook again")
	resend.Responses = answers[WebhooksResponse](h, "200", "The session's webhooks")
	a.raw(h, resend, a.resend)

	image := op("get-image", http.MethodGet, "/{id}/images/{imageId}", "Download a picture of the session")
	image.Parameters = []*huma.Param{
		{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: "string", Format: "uuid"}},
		{Name: "imageId", In: "path", Required: true, Schema: &huma.Schema{Type: "string", Format: "uuid"}},
	}
	image.Responses = answers[RequestError](h, "default", "What is wrong")
	image.Responses["200"] = &huma.Response{Description: "The file as it was received", Content: map[string]*huma.MediaType{"*/*": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}
	a.raw(h, image, a.image)

	get(a, h, op("get-result", "", "/{id}", "Get the result"), a.result)
	get(a, h, op("get-status", "", "/{id}/analysisStatus", "Get the status of the session and its analyses"), a.status)
	get(a, h, op("list-analyses", "", "/{id}/analyses", "List the analyses"), a.status)
	get(a, h, op("get-analysis", "", "/{id}/analyses/{analysisId}", "Get one analysis"), a.analysis)
	get(a, h, op("list-webhooks", "", "/{id}/webhooks", "List the webhooks of the session and every attempt"), a.webhooks)
}

const maxBody = 64 << 10 // of JSON requests

func readJSON(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if ct := r.Header.Get("Content-Type"); ct != "" {
		t, _, err := mime.ParseMediaType(ct)
		// curl -d says form-urlencoded, whatever it sends.
		if err != nil || (t != "application/json" && !strings.HasSuffix(t, "+json") && t != "application/x-www-form-urlencoded" && t != "text/plain") {
			return nil, session.ErrMediaType
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, session.ErrTooLarge.Say("The body is larger than 64 KiB.")
	}
	if err != nil {
		return nil, session.ErrInvalid.Say("The request broke off.")
	}
	return body, nil
}

func (a *API) create(w http.ResponseWriter, r *http.Request, status int) error {
	body, err := readJSON(w, r)
	if err != nil {
		return err
	}
	m := caller(r.Context())
	req, errs := session.ParseRequest(body, m)
	idem := r.Header.Get("Idempotency-Key")
	if len(idem) > 255 {
		errs = append(errs, session.ErrInvalid.Say("Idempotency-Key is longer than 255 characters."))
	}
	if len(errs) > 0 {
		return problem(errs...)
	}
	st, err := a.Sessions.Begin(r.Context(), m, req, idem, body)
	if err != nil {
		return err
	}
	if st.Replayed {
		w.Header().Set("Idempotency-Replayed", "true")
	}
	out := CreateResponse{ID: st.ID, Errors: none, RedirectURL: st.RedirectURL}
	if status == http.StatusCreated {
		out.SessionID = st.ID
		w.Header().Set("Location", r.URL.Path+"/"+st.ID)
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, status, out)
	return nil
}

// multipartOverhead is what boundaries, part headers and small extra fields may add to an upload.
const multipartOverhead = 64 << 10

func (a *API) upload(w http.ResponseWriter, r *http.Request) error {
	s, err := a.session(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	kind, reference := r.URL.Query().Get("documentType"), r.URL.Query().Get("reference")
	if kind == "" {
		kind = session.Front
	}
	if len(reference) > 256 {
		return session.ErrInvalid.Say("reference is longer than 256 characters.")
	}
	limit := a.Sessions.MaxUpload() + multipartOverhead
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close") // do not wait for the rest
		return session.ErrTooLarge
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	part, err := documentPart(r)
	if err != nil {
		return err
	}
	d, err := a.Sessions.AddDocument(r.Context(), s.ID, kind, reference, session.Client, part)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, DocumentResponse{
		ID: d.ID, SessionID: s.ID, DocumentType: d.Type, Reference: d.Reference, MediaType: d.MediaType,
		Size: d.Size, SHA256: d.SHA256, CreatedAt: d.CreatedAt, Errors: none,
	})
	return nil
}

// documentPart finds the part named document. The file is streamed from there:
// nothing is buffered, and nothing plain touches the disk.
func documentPart(r *http.Request) (*multipart.Part, error) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "multipart/form-data" {
		return nil, session.ErrUnsupported.Say("Send the file as multipart/form-data in a part named document.")
	}
	mr, err := r.MultipartReader()
	if err != nil {
		return nil, session.ErrInvalid.Say("The multipart body cannot be read.")
	}
	for range 10 {
		part, err := mr.NextPart()
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			return nil, session.ErrTooLarge
		case err != nil:
			return nil, session.ErrInvalid.Say("The multipart body holds no part named document.")
		case part.FormName() == "document":
			return part, nil
		}
	}
	return nil, session.ErrInvalid.Say("The multipart body holds too many parts before the one named document.")
}

func (a *API) analyse(w http.ResponseWriter, r *http.Request) error {
	s, err := a.session(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	body, err := readJSON(w, r)
	if err != nil {
		return err
	}
	types, errs := session.ParseAnalysis(body, s)
	if len(errs) > 0 {
		return problem(errs...)
	}
	s, an, err := a.Sessions.Analyze(r.Context(), s.ID, types, session.Client)
	if err != nil {
		return err
	}
	w.Header().Set("Location", strings.TrimRight(r.URL.Path, "/")+"/"+an.ID)
	writeJSON(w, http.StatusCreated, analysisResponse(s, an))
	return nil
}

func (a *API) cancel(w http.ResponseWriter, r *http.Request) error {
	s, err := a.session(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if s, err = a.Sessions.CancelBy(r.Context(), s.ID, session.Client); err != nil {
		return err
	}
	v, err := a.Sessions.Result(r.Context(), s)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, v)
	return nil
}

func (a *API) image(w http.ResponseWriter, r *http.Request) error {
	s, err := a.session(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	f, d, err := a.Sessions.Picture(r.Context(), s.ID, r.PathValue("imageId"))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	h := w.Header()
	h.Set("Content-Type", d.MediaType)
	h.Set("Content-Length", strconv.FormatInt(d.Size, 10))
	h.Set("Content-Disposition", `attachment; filename="`+d.ID+`"`)
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cache-Control", "private, no-store")
	if _, err := io.Copy(w, f); err != nil {
		// The answer has begun; only a broken connection can still say it.
		a.Log.ErrorContext(r.Context(), "download broke off", "session", s.ID, "document", d.ID, "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

func (a *API) result(ctx context.Context, in *idInput) (*report.Result, error) {
	s, err := a.session(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return a.Sessions.Result(ctx, s)
}

func (a *API) status(ctx context.Context, in *idInput) (*StatusResponse, error) {
	s, err := a.session(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &StatusResponse{ID: s.ID, Status: s.Status, Analyses: []*AnalysisResponse{}, Errors: none}
	for _, an := range s.Analyses {
		out.Analyses = append(out.Analyses, analysisResponse(s, an))
	}
	return out, nil
}

func (a *API) analysis(ctx context.Context, in *analysisInput) (*AnalysisResponse, error) {
	s, err := a.session(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	an, ok := s.Analysis(strings.ToLower(in.AnalysisID))
	if !ok {
		return nil, session.ErrNotFound.Say("The session has no such analysis.")
	}
	out := analysisResponse(s, an)
	out.Result, err = a.Sessions.AnalysisResult(ctx, s, an)
	return out, err
}

func (a *API) webhooks(ctx context.Context, in *idInput) (*WebhooksResponse, error) {
	s, err := a.session(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	all, err := a.Webhooks.Of(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	return &WebhooksResponse{ID: s.ID, Webhooks: all, Errors: none}, nil
}

func (a *API) resend(w http.ResponseWriter, r *http.Request) error {
	s, err := a.session(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := a.Webhooks.Resend(r.Context(), s.ID, r.PathValue("webhookId")); err != nil {
		return err
	}
	out, err := a.webhooks(r.Context(), &idInput{ID: s.ID})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

func analysisResponse(s session.Session, an session.Analysis) *AnalysisResponse {
	return &AnalysisResponse{
		ID: an.ID, SessionID: s.ID, Status: an.Status, AnalysisTypes: an.Types, RequestedAt: an.RequestedAt,
		StartedAt: orNil(an.StartedAt), FinishedAt: orNil(an.FinishedAt), Decision: an.Decision, Errors: none,
	}
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
