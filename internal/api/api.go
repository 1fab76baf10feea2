// Package api is the REST surface that merchants' programs use.
//
// It reads requests, says everything that is wrong with them, asks the session
// service, and writes answers; docs/api.md is its guide and /openapi.json its
// description. It decides nothing about sessions, and gives no one a session of
// another merchant: every handler below gets its session from [API.session].
package api

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"idproof/internal/gallery"
	"idproof/internal/liveness"
	"idproof/internal/merchant"
	"idproof/internal/session"
	"idproof/internal/sms"
	"idproof/internal/webhook"
)

// Config of the API.
type Config struct {
	RateLimit      int            `env:"IDPROOF_RATE_LIMIT" default:"1200" help:"Requests that a key may make in a minute."`
	SessionLimit   int            `env:"IDPROOF_SESSION_LIMIT" default:"600" help:"Requests about one session in a minute."`
	AddressLimit   int            `env:"IDPROOF_ADDRESS_LIMIT" default:"6000" help:"Requests from one address in a minute; a hundredth as many with a wrong key."`
	TrustedProxies []netip.Prefix `env:"IDPROOF_TRUSTED_PROXIES" default:"127.0.0.0/8,::1/128" help:"Networks of the proxies in front, whose X-Forwarded-For is believed." placeholder:"CIDR"`
}

// Validate says what is wrong with the configuration.
func (c Config) Validate() error {
	if c.RateLimit < 1 || c.SessionLimit < 1 || c.AddressLimit < 1 {
		return errors.New("rate limit, session limit and address limit: at least 1")
	}
	return nil
}

// Deps are what the API needs; all of it.
type Deps struct {
	Sessions  *session.Service
	Liveness  *liveness.Service
	Merchants merchant.Store
	Webhooks  *webhook.Log
	Gallery   *gallery.Gallery
	SMS       *sms.Desk
	Limits    *Limits
	Log       *slog.Logger
	Version   string
}

// API holds the handlers.
type API struct {
	Deps
	mux *http.ServeMux
}

// prefixes are the two addresses of a session's parts: ours and the recovered one.
var prefixes = []string{"/v3/scanning", "/v3/eid/scanningsessions"}

// New returns the handler of everything under /v3/, /v4/ and /api/v4/, and of /openapi.json.
func New(d Deps) http.Handler {
	a := &API{Deps: d, mux: http.NewServeMux()}
	h := a.register()
	a.mux.HandleFunc("OPTIONS /v3/scanning", preflight)
	a.mux.HandleFunc("GET /v3/docs", a.reference(h.OpenAPI()))

	authorised := a.authorise(a.mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" && strings.HasSuffix(r.URL.Path, "/") { // the recovered paths end in a slash, or not
			r2 := r.Clone(r.Context())
			r2.URL.Path = strings.TrimRight(r.URL.Path, "/")
			r2.URL.RawPath = strings.TrimRight(r.URL.RawPath, "/")
			r = r2
		}
		_, pattern := a.mux.Handler(r)
		switch {
		case a.Limits.address.OnLimit(w, r, a.Limits.from(r).String()):
			WriteError(w, session.ErrRateLimited)
		case pattern == "":
			a.noRoute(w, r)
		case open[pattern] || (strings.HasPrefix(r.URL.Path, "/openapi") && r.Method == http.MethodGet):
			a.mux.ServeHTTP(w, r)
		default:
			authorised.ServeHTTP(w, r)
		}
	})
}

// open are the addresses that want no key.
var open = map[string]bool{"OPTIONS /v3/scanning": true, "GET /v3/docs": true}

// Describe is the description of the API that is served as /openapi.json.
func Describe(version string) *huma.OpenAPI {
	a := &API{Deps: Deps{Version: version}, mux: http.NewServeMux()}
	return a.register().OpenAPI()
}

// register adds every operation that is described.
func (a *API) register() huma.API {
	h := a.describe()
	for i, prefix := range prefixes {
		a.routes(h, prefix, i > 0)
	}
	for i, prefix := range forgeryPrefixes {
		a.forgeryRoutes(h, prefix, []string{"", "api-"}[i])
	}
	a.merchantRoutes(h)
	return h
}

// describe begins the description of the API, which huma serves.
func (a *API) describe() huma.API {
	conf := huma.DefaultConfig("idproof", a.Version)
	conf.Info.Description = "Verification of identity documents. See the API guide."
	conf.OpenAPIPath, conf.DocsPath, conf.SchemasPath = "/openapi", "", ""
	conf.CreateHooks = nil // no $schema links, which would echo the Host header
	conf.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	conf.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {Type: "apiKey", In: "header", Name: "Authorization", Description: "The merchant key, as it is or behind \"Bearer \"."},
	}
	conf.Security = []map[string][]string{{"key": {}}}
	return humago.New(a.mux, conf)
}

// schemaName names a type in the description: those of the policy and of text
// messages by their package, since a check of a policy is not a check of a report.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for folder, prefix := range map[string]string{"/policy": "Policy", "/sms": "SMS"} {
		if strings.HasSuffix(t.PkgPath(), folder) && !strings.HasPrefix(name, prefix) {
			return prefix + name
		}
	}
	return name
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

// session returns the session that the address names if it is the caller's.
func (a *API) session(r *http.Request) (session.Session, error) {
	id := r.PathValue("id")
	if len(id) != 36 {
		return session.Session{}, session.ErrNotFound
	}
	c := caller(r.Context())
	return a.Sessions.For(r.Context(), c.ID, c.key.Test, strings.ToLower(id))
}

// access is who may use an operation.
type access int

const (
	secret      access = iota // a secret key
	publishable               // a publishable key too
	manager                   // a secret key of the mode that manages the merchant
)

// handler answers a request itself, or returns what is wrong with it.
type handler func(http.ResponseWriter, *http.Request) error

// add registers an operation and describes it.
func (a *API) add(h huma.API, who access, op huma.Operation, fn handler) {
	h.OpenAPI().AddOperation(&op)
	a.mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) {
		c := caller(r.Context())
		err := c.may(who)
		if id := r.PathValue("id"); err == nil && id != "" && a.Limits.session.OnLimit(w, r, c.ID+id) {
			err = session.ErrRateLimited
		}
		if err == nil {
			err = fn(w, r)
		}
		if err != nil {
			writeProblem(w, explain(a.Log, r, err))
		}
	})
}

// read registers an operation that only reads, and whose answer has an ETag.
func read[O any](a *API, h huma.API, who access, op huma.Operation, fn func(*http.Request) (*O, error)) {
	op.Method = http.MethodGet
	op.Responses = answers[O](h, "200", "OK")
	op.Responses["304"] = &huma.Response{Description: "It is as If-None-Match has it"}
	op.Parameters = append(op.Parameters, &huma.Param{Name: "If-None-Match", In: "header", Description: "ETag of an earlier answer", Schema: &huma.Schema{Type: "string"}})
	a.add(h, who, op, func(w http.ResponseWriter, r *http.Request) error {
		out, err := fn(r)
		if err != nil {
			return err
		}
		writeTagged(w, r, out)
		return nil
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
