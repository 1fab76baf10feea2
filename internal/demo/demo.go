// Package demo is the page at / of a development installation: what idproof
// is, a check to try with one click, specimen documents to try it with, and
// what the merchant's program gets at the end.
//
// It plays the merchant: it calls the REST API over HTTP with the development
// merchant's key, receives its webhooks and is where its people return to. It
// uses nothing that another program could not. What happens in between belongs
// to package flow.
//
//	/                        the page
//	/demo/start              starts a session and leads to its hosted pages
//	/demo/direct             the same without hosted pages: upload and analyse by API
//	/demo/specimen/{name}    a fictional document, drawn when first asked for
//	/demo/result             where people return to: the result and the webhooks
//	/demo/picture            a picture of a session, for that page
//	/demo/webhook            receives webhooks
//	/demo/messages           text messages that a gateway would have sent
package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"idproof/internal/sms"
	"idproof/locales"
	"idproof/report"
	"idproof/web"
)

// Options say whom the demo plays. All but Log, Client and Now must be given.
type Options struct {
	// BaseURL is the public address, without a slash at the end.
	BaseURL string
	// API is the address under which this process reaches the API, without a
	// slash at the end. It may be BaseURL.
	API string
	// Key is the API key of the development merchant.
	Key string
	// WebhookSecrets are the merchant's; webhooks are checked against them.
	WebhookSecrets []string
	// Messages are the text messages kept instead of sent, newest first. Nil:
	// there is a gateway, and nothing to show.
	Messages func() []sms.Message
	// Log receives what goes wrong. Nil discards.
	Log *slog.Logger
	// Client makes the calls. Nil is one with a timeout of a minute.
	Client *http.Client
	// Now is the clock. Nil is [time.Now].
	Now func() time.Time
}

type handler struct {
	o         Options
	pages     pages
	assets    *web.Assets
	catalog   *locales.Catalog
	specimens *cabinet
	inbox     *inbox
}

// New returns the demo for / and everything under /demo/.
func New(o Options) (http.Handler, error) {
	if o.BaseURL == "" || o.API == "" || o.Key == "" {
		return nil, errors.New("demo: base URL, API and key must be given")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: time.Minute}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	pages, err := loadPages()
	if err != nil {
		return nil, err
	}
	assets, err := web.Load()
	if err != nil {
		return nil, err
	}
	catalog, err := locales.Load()
	if err != nil {
		return nil, err
	}
	h := &handler{o: o, pages: pages, assets: assets, catalog: catalog, specimens: newCabinet(o.Now), inbox: &inbox{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.home)
	mux.HandleFunc("POST /demo/start", h.start)
	mux.HandleFunc("POST /demo/direct", h.direct)
	mux.HandleFunc("GET /demo/specimen/{name}", h.specimen)
	mux.HandleFunc("GET /demo/result", h.result)
	mux.HandleFunc("GET /demo/picture", h.picture)
	mux.HandleFunc("POST /demo/webhook", h.webhook)
	if o.Messages != nil {
		mux.HandleFunc("GET /demo/messages", h.messages)
	}
	return http.NewCrossOriginProtection().Handler(mux), nil
}

// begun is the answer to the creation of a session.
type begun struct {
	ID          string         `json:"id"`
	Errors      []report.Error `json:"errors"`
	RedirectURL string         `json:"redirect_url"`
}

// begin creates a session, as a merchant's server does. forgery: with a detection
// of forgery.
func (h *handler) begin(ctx context.Context, locale string, forgery bool) (begun, error) {
	types := []string{"document"}
	if forgery {
		types = append(types, "forgery")
	}
	var b begun
	err := h.call(ctx, http.MethodPost, "/v3/scanning", "application/json", map[string]any{
		"locale": locale, "relay_state": "demo", "analysis_types": types,
		"target":       h.o.BaseURL + "/demo/result",
		"target_error": h.o.BaseURL + "/demo/result",
		"webhook":      h.o.BaseURL + "/demo/webhook",
	}, &b)
	if err == nil && (b.ID == "" || b.RedirectURL == "") {
		err = errors.New("demo: the API began no session")
	}
	return b, err
}

// start leads the browser into a new session's hosted pages.
func (h *handler) start(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	locale := ""
	if l := h.catalog.Find(r.PostFormValue("locale")); l != nil {
		locale = l.Code
	}
	b, err := h.begin(r.Context(), locale, r.PostFormValue("forgery") != "")
	if err != nil {
		h.broken(w, r, err)
		return
	}
	http.Redirect(w, r, b.RedirectURL, http.StatusSeeOther)
}

// direct does without hosted pages: a session, the specimen's pictures, an
// analysis, and the wait for its result.
func (h *handler) direct(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	sides, err := h.specimens.sides(r.Context(), r.PostFormValue("specimen"))
	if errors.Is(err, errNoSpecimen) {
		http.NotFound(w, r)
		return
	}
	var b begun
	if err == nil {
		b, err = h.begin(r.Context(), "", r.PostFormValue("forgery") != "")
	}
	for i := range sides {
		if err == nil {
			err = h.give(r.Context(), b.ID, []string{"document_front", "document_back"}[i], sides[i])
		}
	}
	if err == nil {
		err = h.call(r.Context(), http.MethodPost, "/v3/scanning/"+b.ID+"/analyses/", "application/json", map[string]any{}, nil)
	}
	if err == nil {
		_, err = h.await(r.Context(), b.ID)
	}
	if err != nil {
		h.broken(w, r, err)
		return
	}
	http.Redirect(w, r, "/demo/result?id="+url.QueryEscape(b.ID)+"&direct=1", http.StatusSeeOther)
}

// give uploads one side.
func (h *handler) give(ctx context.Context, id, documentType string, picture []byte) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("document", documentType+".jpg")
	if err == nil {
		_, err = part.Write(picture)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		return err
	}
	return h.call(ctx, http.MethodPost, "/v3/scanning/"+id+"/documents?documentType="+documentType, form.FormDataContentType(), &body, nil)
}

// patience is how long a result is waited for.
const patience = 50 * time.Second

// await asks for the result until there is one.
func (h *handler) await(ctx context.Context, id string) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		raw, result, err := h.fetch(ctx, id)
		if err != nil || done(result.Status) {
			return raw, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

func done(s report.Status) bool {
	switch s {
	case report.Created, report.ReadyToStart, report.Requested, report.Pending:
		return false
	}
	return true
}

// fetch gets a result as it is sent and as it is understood.
func (h *handler) fetch(ctx context.Context, id string) (json.RawMessage, *report.Result, error) {
	var raw json.RawMessage
	if err := h.call(ctx, http.MethodGet, "/v3/scanning/"+url.PathEscape(id), "", nil, &raw); err != nil {
		return nil, nil, err
	}
	result := report.New()
	if err := json.Unmarshal(raw, result); err != nil {
		return nil, nil, fmt.Errorf("demo: result: %w", err)
	}
	return raw, result, nil
}

// apiError is an answer of the API that is not a success.
type apiError struct {
	status int
	code   string
}

func (e *apiError) Error() string {
	return fmt.Sprintf("demo: the API answers %d %s", e.status, e.code)
}

// call makes one call of the API. body is a reader or becomes JSON.
func (h *handler) call(ctx context.Context, method, path, contentType string, body, answer any) error {
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case io.Reader:
		reader = b
	default:
		data, err := json.Marshal(b)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(ctx, method, h.o.API+path, reader) //nolint:gosec // ids in the path are escaped or the API's own
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	r.Header.Set("Authorization", h.o.Key)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	res, err := h.o.Client.Do(r) //nolint:gosec // always to the operator's own API
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		var e begun
		_ = json.Unmarshal(data, &e) // an answer without errors leaves the code empty
		var codes []string
		for _, one := range e.Errors {
			codes = append(codes, one.Code)
		}
		return &apiError{res.StatusCode, strings.Join(codes, ", ")}
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return fmt.Errorf("demo: answer of the API: %w", err)
	}
	return nil
}
