package api

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"idproof/internal/merchant"
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
	IP            string            `json:"ip,omitempty" doc:"Address of the person's device, as your program saw it"`
	AppID         string            `json:"app_id,omitempty" doc:"Id of your app" example:"com.example.shop"`
	TestOutcome   string            `json:"test_outcome,omitempty" doc:"With a test key: how the session ends, whatever is uploaded: accepted, review, declined, failed, timeout or the code of a reason"`
}

// LivenessRequest describes the body of Create liveness session; [session.ParseLiveness] reads it.
type LivenessRequest struct {
	CreateRequest

	CancelURL        string   `json:"cancel_url,omitempty" doc:"The browser goes here when the person cancels; default: target_error"`
	Options          string   `json:"options,omitempty" enum:"FrontSide,FrontAndBack,NoDocument" doc:"Which sides of a document are wanted too; default: FrontSide"`
	Action           string   `json:"action,omitempty" enum:"Random" doc:"How the actions are chosen"`
	AvailableActions []string `json:"available_actions,omitempty" enum:"FollowText,MoveTowardsCamera,MoveAwayFromCamera" doc:"Actions to choose from; default: all"`
}

// SessionItem is a session in a list.
type SessionItem struct {
	ID            string        `json:"id"`
	Status        report.Status `json:"status"`
	RelayState    string        `json:"relay_state"`
	AnalysisTypes []string      `json:"analysis_types"`
	Test          bool          `json:"test"`
	CreatedAt     time.Time     `json:"created_at"`
	ExpiresAt     time.Time     `json:"expires_at"`
	FinishedAt    *time.Time    `json:"finished_at,omitempty"`
	ErasedAt      *time.Time    `json:"erased_at,omitempty" doc:"When all that is personal was erased"`
}

// SessionsResponse is a page of a list of sessions.
type SessionsResponse struct {
	Sessions []SessionItem  `json:"sessions"`
	Next     string         `json:"next,omitempty" doc:"Cursor of the next page; absent on the last"`
	Errors   []report.Error `json:"errors"`
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

// none is the empty list of errors that every good answer carries.
var none = []report.Error{}

// routes are the operations on sessions, under one of the two prefixes.
func (a *API) routes(h huma.API, prefix string, recovered bool) {
	op := func(id, method, path, summary string) huma.Operation {
		if recovered {
			id = "eid-" + id
		}
		o := huma.Operation{OperationID: id, Method: method, Path: prefix + path, Summary: summary, Tags: []string{"scanning"}}
		o.Parameters = pathParams(path)
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
	a.add(h, publishable, create, a.create(session.ParseRequest, status))

	live := op("create-liveness-session", http.MethodPost, "/liveness", "Create a liveness session")
	live.RequestBody = &huma.RequestBody{Content: jsonOf[LivenessRequest](h)}
	live.Parameters, live.Responses = create.Parameters, create.Responses
	a.add(h, secret, live, a.create(session.ParseLiveness, status))

	list := op("list-sessions", "", "", "List the sessions, newest first")
	list.Parameters = []*huma.Param{
		query("status", "Only of these statuses, separated by commas"), query("relay_state", "Only with exactly this relay_state"),
		query("created_from", "Only created at or after this time (RFC 3339)"), query("created_to", "Only created before this time"),
		query("cursor", "The next of the page before"), query("limit", "Sessions of a page, 1 to 100; default 20"),
	}
	read(a, h, secret, list, a.list)

	upload := op("upload-document", http.MethodPost, "/{id}/documents", "Upload a document")
	upload.Parameters = append(upload.Parameters,
		&huma.Param{Name: "documentType", In: "query", Description: "Default: document_front", Schema: &huma.Schema{Type: "string", Enum: []any{session.Front, session.Back, session.Selfie, session.Frame}}},
		&huma.Param{Name: "reference", In: "query", Description: "Your own name for it. An upload takes the place of an earlier one of the same type and reference.", Schema: &huma.Schema{Type: "string"}})
	upload.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: "object", Required: []string{"document"},
		Properties: map[string]*huma.Schema{"document": {Type: "string", Format: "binary", Description: "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or PDF"}},
	}}}}
	upload.Responses = answers[DocumentResponse](h, "201", "The document")
	a.add(h, secret, upload, a.upload)

	analyse := op("start-analysis", http.MethodPost, "/{id}/analyses", "Start an analysis of what the session holds")
	analyse.RequestBody = &huma.RequestBody{Content: jsonOf[AnalysisRequest](h)}
	analyse.Responses = answers[AnalysisResponse](h, "201", "The analysis")
	a.add(h, secret, analyse, a.analyse)

	cancel := op("cancel-session", http.MethodPost, "/{id}/cancel", "Cancel a session")
	cancel.Responses = answers[report.Result](h, "200", "The session")
	a.add(h, secret, cancel, a.ends(a.Sessions.CancelBy))

	resend := op("resend-webhook", http.MethodPost, "/{id}/webhooks/{webhookId}/resend", "Send a webhook again")
	resend.Responses = answers[WebhooksResponse](h, "200", "The session's webhooks")
	a.add(h, secret, resend, a.resend)

	image := op("get-image", http.MethodGet, "/{id}/images/{imageId}", "Download a picture of the session")
	image.Responses = answers[RequestError](h, "default", "What is wrong")
	image.Responses["200"] = &huma.Response{Description: "The file as it was received", Content: map[string]*huma.MediaType{"*/*": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}
	a.add(h, secret, image, a.image)

	a.privacyRoutes(h, op)
	a.livenessRoutes(h, op)
	result := op("get-result", "", "/{id}", "Get the result")
	result.Parameters = append(result.Parameters, localeParam())
	read(a, h, secret, result, a.result)
	read(a, h, secret, op("get-status", "", "/{id}/analysisStatus", "Get the status of the session and its analyses"), a.status)
	read(a, h, secret, op("list-analyses", "", "/{id}/analyses", "List the analyses"), a.status)
	analysis := op("get-analysis", "", "/{id}/analyses/{analysisId}", "Get one analysis")
	analysis.Parameters = append(analysis.Parameters, localeParam())
	read(a, h, secret, analysis, a.analysis)
	read(a, h, secret, op("list-webhooks", "", "/{id}/webhooks", "List the webhooks of the session and every attempt"), a.webhooks)
}

// pathParams describes the parts of a path that are in braces.
func pathParams(path string) (all []*huma.Param) {
	for seg := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(seg, "{"); ok {
			all = append(all, &huma.Param{Name: strings.TrimSuffix(name, "}"), In: "path", Required: true, Schema: &huma.Schema{Type: "string", Format: "uuid"}})
		}
	}
	return all
}

func query(name, description string) *huma.Param {
	return &huma.Param{Name: name, In: "query", Description: description, Schema: &huma.Schema{Type: "string"}}
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

// parse reads the body of a request that begins a session.
type parse func(body []byte, m merchant.Merchant, test bool) (session.Request, []*session.Error)

func (a *API) create(parse parse, status int) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		body, err := readJSON(w, r)
		if err != nil {
			return err
		}
		c := caller(r.Context())
		req, errs := parse(body, c.Merchant, c.key.Test)
		idem := r.Header.Get("Idempotency-Key")
		if len(idem) > 255 {
			errs = append(errs, session.ErrInvalid.Say("Idempotency-Key is longer than 255 characters."))
		}
		if err := c.fromPage(w, r, req); err != nil {
			return err
		}
		if len(errs) > 0 {
			return problem(errs...)
		}
		// A page cannot ask for what a server was answered, nor test for live. A
		// key that was rotated meanwhile gets the same answer.
		if idem != "" {
			idem = strings.Join([]string{string(c.key.Kind), strconv.FormatBool(c.key.Test), r.Pattern, idem}, "\x00")
		}
		st, err := a.Sessions.Begin(r.Context(), c.Merchant, req, idem, body)
		if err != nil {
			return err
		}
		if st.Replayed {
			w.Header().Set("Idempotency-Replayed", "true")
		}
		out := CreateResponse{ID: st.ID, Errors: none, RedirectURL: st.RedirectURL}
		if status == http.StatusCreated {
			out.SessionID = st.ID
			w.Header().Set("Location", prefixes[1]+"/"+st.ID)
		}
		w.Header().Set("Cache-Control", "no-store")
		writeJSON(w, status, out)
		return nil
	}
}

// multipartOverhead is what boundaries, part headers and small extra fields may add to an upload.
const multipartOverhead = 64 << 10

func (a *API) upload(w http.ResponseWriter, r *http.Request) error {
	s, err := a.session(r)
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
	if err := a.limitUpload(w, r); err != nil {
		return err
	}
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

// limitUpload refuses a body that is larger than an upload may be: at once where
// it says so, else when it has been read so far.
func (a *API) limitUpload(w http.ResponseWriter, r *http.Request) error {
	limit := a.Sessions.MaxUpload() + multipartOverhead
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close") // do not wait for the rest
		return session.ErrTooLarge
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
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
	s, err := a.session(r)
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

// ends is the handler of what ends a session and answers with what is left of it.
func (a *API) ends(end func(ctx context.Context, id string, by session.Actor) (session.Session, error)) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		s, err := a.session(r)
		if err != nil {
			return err
		}
		if s, err = end(r.Context(), s.ID, session.Client); err != nil {
			return err
		}
		v, err := a.Sessions.Result(r.Context(), s)
		if err != nil {
			return err
		}
		writeJSON(w, http.StatusOK, v)
		return nil
	}
}

func (a *API) image(w http.ResponseWriter, r *http.Request) error {
	s, err := a.session(r)
	if err != nil {
		return err
	}
	f, d, err := a.Sessions.Image(r.Context(), s, r.PathValue("imageId"))
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

// list is a page of the caller's sessions.
func (a *API) list(r *http.Request) (*SessionsResponse, error) {
	c := caller(r.Context())
	f := session.Filter{MerchantID: c.ID, Test: c.key.Test}
	q := r.URL.Query()
	var errs []*session.Error
	for name := range q {
		if !slices.Contains([]string{"status", "relay_state", "created_from", "created_to", "cursor", "limit"}, name) {
			errs = append(errs, session.ErrInvalid.Say("There is no such filter; see the API guide."))
		}
	}
	if s := q.Get("status"); s != "" {
		for one := range strings.SplitSeq(s, ",") {
			i := slices.IndexFunc(statuses, func(s report.Status) bool { return strings.EqualFold(string(s), strings.TrimSpace(one)) })
			if i < 0 {
				errs = append(errs, session.ErrInvalid.Say("status must hold statuses of sessions."))
				break
			}
			f.Statuses = append(f.Statuses, statuses[i])
		}
	}
	f.RelayState = q.Get("relay_state")
	for name, to := range map[string]*time.Time{"created_from": &f.From, "created_to": &f.To} {
		if s := q.Get(name); s != "" {
			t, err := time.Parse(time.RFC3339, s)
			if err != nil {
				errs = append(errs, session.ErrInvalid.Say(name+" must be a time such as 2026-03-01T12:00:00Z."))
			}
			*to = t.UTC()
		}
	}
	limit, e := pageSize(q)
	errs = append(errs, e...)
	at, id, err := cursor(q.Get("cursor"))
	if err != nil {
		errs = append(errs, err)
	}
	if len(errs) > 0 {
		return nil, problem(errs...)
	}
	f.After, f.Limit = session.Position{CreatedAt: at, ID: id}, limit+1
	all, e2 := a.Sessions.List(r.Context(), f)
	if e2 != nil {
		return nil, e2
	}
	out := &SessionsResponse{Sessions: []SessionItem{}, Errors: none}
	for i, s := range all {
		if i == limit {
			last := all[limit-1]
			out.Next = cursorOf(last.CreatedAt, last.ID)
			break
		}
		out.Sessions = append(out.Sessions, SessionItem{
			ID: s.ID, Status: s.Status, RelayState: s.RelayState(), AnalysisTypes: s.AnalysisTypes, Test: s.Test,
			CreatedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt, FinishedAt: orNil(s.FinishedAt), ErasedAt: orNil(s.ErasedAt),
		})
	}
	return out, nil
}

// statuses are those of sessions.
var statuses = []report.Status{
	report.Created, report.ReadyToStart, report.Pending, report.Accepted, report.Declined, report.Review,
	report.Failed, report.Timeout, report.Cancelled,
}

// pageSize reads the limit of a list.
func pageSize(q url.Values) (int, []*session.Error) {
	s := q.Get("limit")
	if s == "" {
		return 20, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 100 {
		return 20, []*session.Error{session.ErrInvalid.Say("limit must be from 1 to 100.")}
	}
	return n, nil
}

// cursorOf names a place in a list by the time and id of what is before it.
func cursorOf(at time.Time, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(at.UnixMicro(), 10) + "." + id))
}

func cursor(s string) (time.Time, string, *session.Error) {
	if s == "" {
		return time.Time{}, "", nil
	}
	data, err := base64.RawURLEncoding.DecodeString(s)
	micro, id, ok := strings.Cut(string(data), ".")
	n, err2 := strconv.ParseInt(micro, 10, 64)
	if errors.Join(err, err2) != nil || !ok || id == "" {
		return time.Time{}, "", session.ErrInvalid.Say("cursor must be the next of another page.")
	}
	return time.UnixMicro(n).UTC(), id, nil
}

func (a *API) result(r *http.Request) (*report.Result, error) {
	s, err := a.session(r)
	if err != nil {
		return nil, err
	}
	v, err := a.Sessions.Result(r.Context(), s)
	if err != nil {
		return nil, err
	}
	translate(v, r.URL.Query().Get("locale"))
	return v, nil
}

func (a *API) status(r *http.Request) (*StatusResponse, error) {
	s, err := a.session(r)
	if err != nil {
		return nil, err
	}
	out := &StatusResponse{ID: s.ID, Status: s.Status, Analyses: []*AnalysisResponse{}, Errors: none}
	for _, an := range s.Analyses {
		out.Analyses = append(out.Analyses, analysisResponse(s, an))
	}
	return out, nil
}

func (a *API) analysis(r *http.Request) (*AnalysisResponse, error) {
	s, err := a.session(r)
	if err != nil {
		return nil, err
	}
	an, ok := s.Analysis(strings.ToLower(r.PathValue("analysisId")))
	if !ok {
		return nil, session.ErrNotFound.Say("The session has no such analysis.")
	}
	out := analysisResponse(s, an)
	if out.Result, err = a.Sessions.AnalysisResult(r.Context(), s, an); err != nil {
		return nil, err
	}
	translate(out.Result, r.URL.Query().Get("locale"))
	return out, nil
}

func (a *API) webhooks(r *http.Request) (*WebhooksResponse, error) {
	s, err := a.session(r)
	if err != nil {
		return nil, err
	}
	all, err := a.Webhooks.Of(r.Context(), s.ID)
	if err != nil {
		return nil, err
	}
	return &WebhooksResponse{ID: s.ID, Webhooks: all, Errors: none}, nil
}

func (a *API) resend(w http.ResponseWriter, r *http.Request) error {
	s, err := a.session(r)
	if err != nil {
		return err
	}
	if err := a.Webhooks.Resend(r.Context(), s.ID, r.PathValue("webhookId")); err != nil {
		return err
	}
	out, err := a.webhooks(r)
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
