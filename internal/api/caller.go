package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/httprate"

	"idproof/internal/merchant"
	"idproof/internal/session"
)

// client is the merchant whose key came with the request, and that key.
type client struct {
	merchant.Merchant
	key merchant.Key
}

type callerKey struct{}

// caller is who makes the request; the zero value may do nothing.
func caller(ctx context.Context) client {
	c, _ := ctx.Value(callerKey{}).(client)
	return c
}

// may says why the caller may not use an operation; nil: it may.
func (c client) may(who access) error {
	switch {
	case c.key.Kind == merchant.Publishable && who != publishable:
		return session.ErrUnauthorized.Say("A publishable key can only begin sessions.")
	case c.key.Kind == "":
		return session.ErrUnauthorized
	case who == manager && c.key.Test && c.ID != merchant.Development:
		return session.ErrUnauthorized.Say("A test key cannot change what live sessions share.")
	}
	return nil
}

// Limits hold back who asks too often, of programs and of people alike.
type Limits struct {
	proxies  []netip.Prefix
	address  *httprate.RateLimiter // every request, by address
	wrongKey *httprate.RateLimiter // requests with a wrong key, by address
	key      *httprate.RateLimiter // by key
	session  *httprate.RateLimiter // by session; pages apart from programs
	message  *httprate.RateLimiter // text messages to try a gateway, by merchant
	signIn   *httprate.RateLimiter // passwords and links of the console, by address
}

// NewLimits returns the limits of a configuration. counter returns what counts
// requests for the limit of a name; nil: this process alone does.
func NewLimits(c Config, counter func(name string) httprate.LimitCounter) *Limits {
	limit := func(name string, requests int) *httprate.RateLimiter {
		if counter == nil { // they count in this process
			return httprate.NewRateLimiter(requests, time.Minute)
		}
		return httprate.NewRateLimiter(requests, time.Minute, httprate.WithLimitCounter(counter(name)))
	}
	return &Limits{
		proxies:  c.TrustedProxies,
		address:  limit("address", c.AddressLimit),
		wrongKey: limit("wrong key", max(1, c.AddressLimit/100)),
		key:      limit("key", c.RateLimit),
		session:  limit("session", c.SessionLimit),
		message:  limit("message", testMessages),
		signIn:   limit("sign in", signIns),
	}
}

// signIns is how many passwords an address may try in a minute.
const signIns = 20

// testMessages is how many messages a merchant may send in a minute to try its gateway.
const testMessages = 10

// Page counts a request of a page, of that session if it is about one, and
// reports whether it is one too many; the headers then say for how long.
func (l *Limits) Page(w http.ResponseWriter, r *http.Request, sessionID string) (tooMany bool) {
	return l.address.OnLimit(w, r, l.from(r).String()) || (sessionID != "" && l.session.OnLimit(w, r, "page "+sessionID))
}

// SignIn is Page for who tries a password or a link to set one: by address, and
// far fewer.
func (l *Limits) SignIn(w http.ResponseWriter, r *http.Request) (tooMany bool) {
	return l.signIn.OnLimit(w, r, l.from(r).String())
}

// Message counts a text message by which a merchant tries its gateway.
func (l *Limits) Message(w http.ResponseWriter, r *http.Request, merchantID string) (tooMany bool) {
	return l.message.OnLimit(w, r, merchantID)
}

// from is where a request comes from: what the nearest proxy that is not
// trusted, or the client itself, is called by those that are.
func (l *Limits) from(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	at, err2 := netip.ParseAddr(host)
	if errors.Join(err, err2) != nil {
		return netip.Addr{}
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !slices.ContainsFunc(l.proxies, func(p netip.Prefix) bool { return p.Contains(at.Unmap()) }) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		at = next
	}
	return at.Unmap()
}

// authorise lets in who shows a merchant's key, from where it may be shown.
func (a *API) authorise(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := strings.TrimSpace(r.Header.Get("Authorization"))
		if scheme, rest, ok := strings.Cut(key, " "); ok && strings.EqualFold(scheme, "Bearer") {
			key = strings.TrimSpace(rest)
		}
		c, err := a.who(r, key)
		switch {
		case errors.Is(err, session.ErrUnauthorized) && a.Limits.wrongKey.OnLimit(w, r, a.Limits.from(r).String()):
			WriteError(w, session.ErrRateLimited)
			return
		case err != nil:
			writeProblem(w, explain(a.Log, r, err))
			return
		case a.Limits.key.OnLimit(w, r, c.key.ID):
			WriteError(w, session.ErrRateLimited)
			return
		}
		ctx := merchant.WithWho(context.WithValue(r.Context(), callerKey{}, c), "key:"+c.key.ID)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// who finds the owner of a key.
func (a *API) who(r *http.Request, key string) (client, error) {
	if key == "" || len(key) > 512 {
		return client{}, session.ErrUnauthorized
	}
	k, err := a.Merchants.KeyByHash(r.Context(), merchant.HashKey(key))
	if errors.Is(err, merchant.ErrNotFound) || (err == nil && !k.Active(a.Sessions.Now())) {
		return client{}, session.ErrUnauthorized.Say("The key is not known.")
	}
	if err != nil {
		return client{}, err
	}
	m, err := a.Merchants.Merchant(r.Context(), k.MerchantID)
	if err != nil {
		return client{}, err
	}
	if k.Kind == merchant.Secret && !m.Settings.AllowsIP(a.Limits.from(r)) {
		return client{}, session.ErrUnauthorized.Say("The key does not work from this address.")
	}
	return client{m, k}, nil
}

// preflight answers a browser that asks whether a page may begin a session with
// a publishable key. Whether it really may is decided when it does.
func preflight(w http.ResponseWriter, r *http.Request) {
	allowOrigin(w, r.Header.Get("Origin"))
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

func allowOrigin(w http.ResponseWriter, origin string) {
	w.Header().Set("Vary", "Origin")
	if origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
	}
}

// fromPage checks a request that a page makes with a publishable key: from an
// allowed origin, and asking for nothing that only a server may say.
func (c client) fromPage(w http.ResponseWriter, r *http.Request, req session.Request) error {
	if c.key.Kind != merchant.Publishable {
		return nil
	}
	origin := r.Header.Get("Origin")
	if !slices.Contains(c.Settings.AllowedOrigins, origin) {
		return session.ErrUnauthorized.Say("A publishable key works only in pages of the allowed origins.")
	}
	allowOrigin(w, origin)
	var errs []*session.Error
	for field, given := range map[string]bool{
		"webhook": req.Webhook != "", "expected": req.Expected != nil, "metadata": req.Metadata != nil,
		"ip": req.IP != "", "app_id": req.AppID != "",
	} {
		if given {
			errs = append(errs, session.ErrInvalid.Say(field+" can only be given with a secret key."))
		}
	}
	for _, t := range c.Settings.WithDefaults().AnalysisTypes {
		if len(req.AnalysisTypes) > 0 && !slices.Contains(req.AnalysisTypes, t) {
			errs = append(errs, session.ErrInvalid.Say("analysis_types can leave out the merchant's own only with a secret key."))
			break
		}
	}
	if len(errs) > 0 {
		return problem(errs...)
	}
	return nil
}
