// Package api is the REST surface that merchants' programs use.
//
// It reads requests, says everything that is wrong with them, asks the session
// service, and writes answers; docs/api.md is its guide and /openapi.json its
// description. It decides nothing about sessions, and gives no one a session of
// another merchant: every handler below gets its session from [API.session].
package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-chi/httprate"

	"idproof/internal/merchant"
	"idproof/internal/session"
	"idproof/internal/webhook"
)

// Config of the API.
type Config struct {
	RateLimit int `env:"IDPROOF_RATE_LIMIT" default:"1200" help:"Requests that a merchant may make in a minute."`
}

// Validate says what is wrong with the configuration.
func (c Config) Validate() error {
	if c.RateLimit < 1 {
		return errors.New("rate limit: at least 1")
	}
	return nil
}

// Deps are what the API needs; all of it.
type Deps struct {
	Sessions  *session.Service
	Merchants merchant.Store
	Webhooks  *webhook.Log
	Log       *slog.Logger
	Version   string
}

// API holds the handlers.
type API struct {
	Deps
	cfg Config
	mux *http.ServeMux
}

// prefixes are the two addresses of a session's parts: ours and the recovered one.
var prefixes = []string{"/v3/scanning", "/v3/eid/scanningsessions"}

// New returns the handler of everything under /v3/ and of /openapi.json.
func New(c Config, d Deps) http.Handler {
	a := &API{Deps: d, cfg: c, mux: http.NewServeMux()}
	conf := huma.DefaultConfig("idproof", d.Version)
	conf.Info.Description = "Verification of identity documents. See the API guide."
	conf.OpenAPIPath, conf.DocsPath, conf.SchemasPath = "/openapi", "", ""
	conf.CreateHooks = nil // no $schema links, which would echo the Host header
	conf.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {Type: "apiKey", In: "header", Name: "Authorization", Description: "The merchant key, as it is or behind \"Bearer \"."},
	}
	conf.Security = []map[string][]string{{"key": {}}}
	h := humago.New(a.mux, conf)
	for i, prefix := range prefixes {
		a.routes(h, prefix, i > 0)
	}

	limited := a.rateLimit(a.mux)
	authorised := a.authorise(limited)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/openapi") && r.Method == http.MethodGet {
			a.mux.ServeHTTP(w, r)
			return
		}
		if r.URL.Path != "/" && strings.HasSuffix(r.URL.Path, "/") { // the recovered paths end in a slash, or not
			r2 := r.Clone(r.Context())
			r2.URL.Path = strings.TrimRight(r.URL.Path, "/")
			r2.URL.RawPath = strings.TrimRight(r.URL.RawPath, "/")
			r = r2
		}
		if _, pattern := a.mux.Handler(r); pattern == "" {
			a.noRoute(w, r)
			return
		}
		authorised.ServeHTTP(w, r)
	})
}

// noRoute answers what no pattern matches, in the API's own shape.
func (a *API) noRoute(w http.ResponseWriter, r *http.Request) {
	var probe statusProbe
	a.mux.ServeHTTP(&probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.Header().Get("Allow"))
		WriteError(w, session.ErrMethod)
		return
	}
	WriteError(w, session.ErrRoute)
}

// statusProbe learns what the mux would answer.
type statusProbe struct {
	header http.Header
	status int
}

func (p *statusProbe) Header() http.Header {
	if p.header == nil {
		p.header = http.Header{}
	}
	return p.header
}
func (p *statusProbe) Write(b []byte) (int, error) { return len(b), nil }
func (p *statusProbe) WriteHeader(status int)      { p.status = status }

type merchantKey struct{}

// caller is the merchant whose key came with the request.
func caller(ctx context.Context) merchant.Merchant {
	m, _ := ctx.Value(merchantKey{}).(merchant.Merchant)
	return m
}

// authorise lets in who shows a merchant's key.
func (a *API) authorise(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := strings.TrimSpace(r.Header.Get("Authorization"))
		if scheme, rest, ok := strings.Cut(key, " "); ok && strings.EqualFold(scheme, "Bearer") {
			key = strings.TrimSpace(rest)
		}
		if key == "" || len(key) > 512 {
			WriteError(w, session.ErrUnauthorized)
			return
		}
		m, err := a.Merchants.MerchantByKey(r.Context(), merchant.HashKey(key))
		if errors.Is(err, merchant.ErrNotFound) {
			WriteError(w, session.ErrUnauthorized.Say("The key is not known."))
			return
		}
		if err != nil {
			writeProblem(w, explain(a.Log, r, err))
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), merchantKey{}, m)))
	})
}

func (a *API) rateLimit(next http.Handler) http.Handler {
	return httprate.LimitBy(a.cfg.RateLimit, time.Minute,
		func(r *http.Request) (string, error) { return caller(r.Context()).ID, nil },
		httprate.WithLimitHandler(func(w http.ResponseWriter, _ *http.Request) { WriteError(w, session.ErrRateLimited) }),
	)(next)
}

// session returns the session of that id if it is the caller's.
func (a *API) session(ctx context.Context, id string) (session.Session, error) {
	if len(id) != 36 {
		return session.Session{}, session.ErrNotFound
	}
	return a.Sessions.For(ctx, caller(ctx).ID, strings.ToLower(id))
}

// get registers a handler that only reads.
func get[I, O any](a *API, h huma.API, op huma.Operation, fn func(context.Context, *I) (*O, error)) {
	op.Method = http.MethodGet
	op.Responses = answers[O](h, "200", "OK")
	huma.Register(h, op, func(ctx context.Context, in *I) (*struct{ Body *O }, error) {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, explain(a.Log, (&http.Request{Pattern: op.Path}).WithContext(ctx), err)
		}
		return &struct{ Body *O }{out}, nil
	})
}

// raw registers a plain handler and describes it.
func (a *API) raw(h huma.API, op huma.Operation, fn func(http.ResponseWriter, *http.Request) error) {
	h.OpenAPI().AddOperation(&op)
	a.mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) {
		if err := fn(w, r); err != nil {
			writeProblem(w, explain(a.Log, r, err))
		}
	})
}

// jsonOf describes a JSON body of that type.
func jsonOf[T any](h huma.API) map[string]*huma.MediaType {
	t := reflect.TypeFor[T]()
	return map[string]*huma.MediaType{"application/json": {Schema: h.OpenAPI().Components.Schemas.Schema(t, true, t.Name())}}
}

// answers describes what an operation answers: a body of that type, or a RequestError.
func answers[T any](h huma.API, status, description string) map[string]*huma.Response {
	return map[string]*huma.Response{
		status:    {Description: description, Content: jsonOf[T](h)},
		"default": {Description: "What is wrong", Content: jsonOf[RequestError](h)},
	}
}
