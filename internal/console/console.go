// Package console is the back office for a merchant's people: pages of plain
// HTML that work without a script, for whom package staff signs in.
//
//	/console/sign-in, /console/welcome/{secret}   in, and setting the password
//	/console/settings/{group}                     every setting, in groups
//	/console/keys, /console/webhooks              keys; secrets, log, test, resend
//	/console/changes, /console/account            audit trail; one's own account
//
// Everything is about the merchant of who is signed in; addresses name objects,
// never merchants, and what is another merchant's is not there (404). Nothing
// personal of those who are verified is shown. Rules of settings, keys and
// webhooks are not here but where the API has them too.
package console

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"idproof/internal/merchant"
	"idproof/internal/session"
	"idproof/internal/sms"
	"idproof/internal/staff"
	"idproof/internal/store"
	"idproof/internal/webhook"
	"idproof/web"
)

// Limits hold back who asks too often; *api.Limits does.
type Limits interface {
	// Page counts a request and reports whether it is one too many.
	Page(w http.ResponseWriter, r *http.Request, sessionID string) bool
	// SignIn is Page for passwords and links.
	SignIn(w http.ResponseWriter, r *http.Request) bool
	// Message is Page for text messages that try a merchant's gateway.
	Message(w http.ResponseWriter, r *http.Request, merchantID string) bool
}

// Deps are what the console needs; all of it.
type Deps struct {
	Staff      *staff.Service
	Merchants  merchant.Store
	Deliveries interface {
		Delivery(ctx context.Context, id string) (store.Delivery, error)
	}
	Webhooks *webhook.Log
	Sessions *session.Service // makes test sessions
	SMS      *sms.Desk
	Limits   Limits
	Log      *slog.Logger
	Now      func() time.Time
	BaseURL  string // public address, without a slash at the end
}

type handler struct {
	Deps
	pages  pages
	texts  texts
	groups []group
	assets *web.Assets
	secure bool
}

//go:embed pages/*.html
var pageFiles embed.FS

// New returns the handler of everything under /console.
func New(d Deps) (http.Handler, error) {
	h := &handler{Deps: d, secure: strings.HasPrefix(d.BaseURL, "https://")}
	var err error
	if h.texts, err = loadTexts(); err != nil {
		return nil, err
	}
	if h.groups, err = loadGroups(); err != nil {
		return nil, err
	}
	if h.pages, err = loadPages(h.texts); err != nil {
		return nil, err
	}
	if h.assets, err = web.Load(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	h.routes(mux)
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secureHeaders(w)
		if h.Limits.Page(w, r, "") {
			h.notice(w, r, nil, http.StatusTooManyRequests, "busy")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20) // ten consents in letters that take three bytes each
		if _, pattern := mux.Handler(r); pattern == "" {
			h.notice(w, r, nil, http.StatusNotFound, "notfound")
			return
		}
		mux.ServeHTTP(w, r)
	})), nil
}

// routes are all addresses. Those of [handler.in] want somebody signed in, with
// one of the roles named.
func (h *handler) routes(mux *http.ServeMux) {
	admin := []staff.Role{staff.Admin}
	all := staff.Roles
	mux.HandleFunc("GET /console/sign-in", h.showSignIn)
	mux.HandleFunc("POST /console/sign-in", h.signIn)
	mux.HandleFunc("GET /console/welcome/{secret}", h.showWelcome)
	mux.HandleFunc("POST /console/welcome/{secret}", h.welcome)
	for _, route := range []struct {
		pattern string
		roles   []staff.Role
		fn      func(w http.ResponseWriter, r *http.Request, v *visit) error
	}{
		{"GET /console", all, h.home},
		{"GET /console/{$}", all, h.home},
		{"GET /console/account", all, h.account},
		{"POST /console/sign-out", all, h.signOut},
		{"POST /console/sign-out-everywhere", all, h.signOutEverywhere},
		{"GET /console/settings", admin, h.firstSettings},
		{"GET /console/settings/{group}", admin, h.showSettings},
		{"POST /console/settings/{group}", admin, h.saveSettings},
		{"POST /console/sms/secret", admin, h.setSMSSecret},
		{"POST /console/sms/forget", admin, h.forgetSMSSecret},
		{"POST /console/sms/test", admin, h.testSMS},
		{"GET /console/keys", admin, h.showKeys},
		{"POST /console/keys", admin, h.makeKey},
		{"POST /console/keys/{id}/end", admin, h.endKey},
		{"GET /console/webhooks", admin, h.showWebhooks},
		{"POST /console/webhooks/test", admin, h.testWebhook},
		{"POST /console/webhooks/rotate", admin, h.rotateSecret},
		{"POST /console/webhooks/retire", admin, h.retireSecrets},
		{"POST /console/webhooks/resume", admin, h.resume},
		{"GET /console/webhooks/{id}", admin, h.showDelivery},
		{"POST /console/webhooks/{id}/resend", admin, h.resend},
		{"GET /console/changes", admin, h.changes},
	} {
		mux.HandleFunc(route.pattern, h.in(route.roles, route.fn))
	}
}

// visit is who is signed in, and for whom.
type visit struct {
	staff.User

	secret   string
	merchant merchant.Merchant
}

// errNotFound answers what is not there, or not this person's.
var errNotFound = errors.New("console: not found")

// in lets through who is signed in and has one of the roles; a form must have
// been given to that very visit.
func (h *handler) in(roles []staff.Role, fn func(http.ResponseWriter, *http.Request, *visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := h.visitor(r)
		if errors.Is(err, staff.ErrNotFound) || errors.Is(err, merchant.ErrNotFound) {
			http.Redirect(w, r, "/console/sign-in", http.StatusSeeOther)
			return
		}
		if err == nil && r.Method == http.MethodPost && !staff.IsFormToken(v.secret, r.PostFormValue("form")) {
			h.notice(w, r, v, http.StatusForbidden, "stale")
			return
		}
		if err == nil {
			err = errNotFound
			for _, role := range roles {
				if v.Role == role {
					err = fn(w, r.WithContext(merchant.WithWho(r.Context(), "user:"+v.ID)), v)
				}
			}
		}
		h.answer(w, r, v, err)
	}
}

// answer tells of what went wrong, if anything did.
func (h *handler) answer(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	switch {
	case err == nil || r.Context().Err() != nil:
	case errors.Is(err, errNotFound), errors.Is(err, merchant.ErrNotFound), errors.Is(err, session.ErrNotFound), errors.Is(err, staff.ErrNotFound):
		h.notice(w, r, v, http.StatusNotFound, "notfound")
	case errors.Is(err, session.ErrUnavailable):
		h.notice(w, r, v, http.StatusServiceUnavailable, "busy")
	default:
		h.Log.ErrorContext(r.Context(), "console request failed", "route", r.Pattern, "error", err)
		h.notice(w, r, v, http.StatusInternalServerError, "broken")
	}
}

func (h *handler) visitor(r *http.Request) (*visit, error) {
	c, err := r.Cookie(h.cookie())
	if err != nil {
		return nil, staff.ErrNotFound
	}
	u, err := h.Staff.Signed(r.Context(), c.Value)
	if err != nil {
		return nil, err
	}
	m, err := h.Merchants.Merchant(r.Context(), u.MerchantID)
	return &visit{User: u, secret: c.Value, merchant: m}, err
}

// cookie is the name of the cookie. Browsers take the prefix only from https,
// and then let no other host and no part of the site set it.
func (h *handler) cookie() string {
	if h.secure {
		return "__Host-idproof-console"
	}
	return "idproof-console"
}

// setCookie gives the browser the secret of a visit; an empty one takes it away.
func (h *handler) setCookie(w http.ResponseWriter, secret string) {
	age := int(staff.SignedLife.Seconds())
	if secret == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the service is reached by https
		Name: h.cookie(), Value: secret, Path: "/", MaxAge: age, HttpOnly: true, Secure: h.secure, SameSite: http.SameSiteStrictMode,
	})
}

func secureHeaders(w http.ResponseWriter) {
	head := w.Header()
	head.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	head.Set("X-Frame-Options", "DENY")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "same-origin")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	head.Set("Cache-Control", "no-store")
}

// seeOther leads to another page, which says what was done.
func seeOther(w http.ResponseWriter, r *http.Request, at, said string, pairs ...string) error {
	q := url.Values{}
	if said != "" {
		q.Set("said", said)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	if len(q) > 0 {
		at += "?" + q.Encode()
	}
	http.Redirect(w, r, at, http.StatusSeeOther)
	return nil
}

// texts are what the pages say, by key. Another language is another file.
type texts map[string]string

//go:embed texts/en.json
var english []byte

func loadTexts() (texts, error) {
	t := texts{}
	if err := json.Unmarshal(english, &t); err != nil {
		return nil, fmt.Errorf("console: texts: %w", err)
	}
	return t, nil
}

// text is the text of a key with values in its places; the key itself where
// there is none, which a test rules out for all that the pages use.
func (t texts) text(key string, pairs ...any) string {
	said, ok := t[key]
	if !ok {
		return key
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		said = strings.ReplaceAll(said, "{"+fmt.Sprint(pairs[i])+"}", fmt.Sprint(pairs[i+1]))
	}
	return said
}
