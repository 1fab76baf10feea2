package flow

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"idproof/internal/session"
	"idproof/locales"
)

const (
	sessionCookie = "idproof_session"
	localeCookie  = "idproof_locale"
	begunCookie   = "idproof_begun" // the welcome was read and agreed to in this browser
	phoneCookie   = "idproof_phone" // this browser came by a link for a second device
)

// visit is one request of a browser that may see its session.
type visit struct {
	id     string
	base   string // "/verify/{id}/"
	state  session.State
	locale *locales.Locale
	begun  bool // the welcome lies behind
	phone  bool // the session began on another device, which waits
}

// at is the address of one of the session's pages.
func (v *visit) at(p page) string { return v.base + string(p) }

// text is a text in the language of the visit.
func (v *visit) text(key string, pairs ...any) string { return v.locale.Text(key, pairs...) }

// visit lets a request through to f when its cookie opens the session, with
// the session's state as it is now.
func (h *handler) visit(f func(http.ResponseWriter, *http.Request, *visit)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("id")
		cookie, err := r.Cookie(sessionCookie)
		if err != nil {
			name := "device"
			if r.URL.Query().Has("entered") {
				name = "cookies"
			}
			h.notice(w, r, http.StatusForbidden, name, nil)
			return
		}
		err = h.sessions.Authorize(r.Context(), id, cookie.Value)
		var st session.State
		if err == nil {
			st, err = h.sessions.State(r.Context(), id)
		}
		switch {
		case errors.Is(err, session.ErrExpired):
			h.expired(w, r, id)
		case errors.Is(err, session.ErrNotFound):
			h.notice(w, r, http.StatusForbidden, "device", nil)
		case err != nil:
			h.broken(w, r, err)
		default:
			f(w, r, &visit{
				id: id, base: basePath(id), state: st, locale: h.localeOf(r, st.Locale),
				begun: !st.ConsentWanted && (hasCookie(r, begunCookie) || st.DocumentType != ""), phone: hasCookie(r, phoneCookie),
			})
		}
	}
}

func hasCookie(r *http.Request, name string) bool {
	_, err := r.Cookie(name)
	return err == nil
}

// expired says that the time of a session is over, with the way back to where
// its person came from.
func (h *handler) expired(w http.ResponseWriter, r *http.Request, id string) {
	st, err := h.sessions.State(r.Context(), id)
	if err != nil {
		st = session.State{}
	}
	h.notice(w, r, http.StatusGone, "expired", &st)
}

// localeOf chooses the language: what the person chose on a page, what the
// session was made with, what the browser prefers.
func (h *handler) localeOf(r *http.Request, ofSession string) *locales.Locale {
	chosen := ""
	if c, err := r.Cookie(localeCookie); err == nil {
		chosen = c.Value
	}
	return h.catalog.Match(r.Header.Get("Accept-Language"), chosen, ofSession)
}

// setCookie sets a cookie that no script can read. Its life is given as an
// age, for phones with a wrong clock. Inside a frame of another site only a
// partitioned cookie with SameSite=None comes back, and browsers take that over
// https only.
func (h *handler) setCookie(w http.ResponseWriter, r *http.Request, name, value, path string, life time.Duration) {
	c := &http.Cookie{ //nolint:gosec // Secure wherever the address is https
		Name: name, Value: value, Path: path, MaxAge: max(1, int(life.Seconds())),
		HttpOnly: true, Secure: h.secure, SameSite: http.SameSiteLaxMode,
	}
	if h.secure && framed(r) && r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		c.SameSite, c.Partitioned = http.SameSiteNoneMode, true
	}
	http.SetCookie(w, c)
}

// framed tells whether the page is shown inside another.
func framed(r *http.Request) bool {
	dest := r.Header.Get("Sec-Fetch-Dest")
	return dest == "iframe" || dest == "frame"
}

// wantsJSON tells whether the page's script is asking.
func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}

// secureHeaders forbids everything that the pages do not need. logo is the
// origin of the merchant's picture, "" when there is none.
func secureHeaders(w http.ResponseWriter, frameOrigins []string, logo string) {
	ancestors := strings.Join(onlyOrigins(frameOrigins), " ")
	if logo != "" {
		logo = " " + logo
	}
	head := w.Header()
	if ancestors == "" {
		ancestors = "'none'"
		head.Set("X-Frame-Options", "DENY")
	}
	head.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:"+logo+"; "+
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "+ancestors)
	head.Set("X-Content-Type-Options", "nosniff")
	// Not no-referrer: browsers that do not send Sec-Fetch-Site would send
	// "Origin: null" with every form, which the protection against forged
	// requests refuses.
	head.Set("Referrer-Policy", "same-origin")
	head.Set("Permissions-Policy", "camera=(self), geolocation=(), microphone=(), payment=(), usb=()")
	head.Set("Cache-Control", "no-store")
}

// onlyOrigins leaves out what is not exactly an origin, for nothing else may
// get into a policy or receive messages.
func onlyOrigins(list []string) []string {
	var out []string
	for _, o := range list {
		if o != "" && origin(o) == o {
			out = append(out, o)
		}
	}
	return out
}

// origin is the origin of an address, "" when it has none.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
