// Package flow is the hosted pages: a person opens the link of a session,
// chooses a document, gives pictures, waits, sees the outcome and goes back to
// where they came from.
//
// The pages show the server's state and send input; they decide nothing.
// Every address can therefore be reloaded, opened twice, opened on another
// device or reached with the back button, and leads to where the session is:
//
//	/flow/{secret}          exchanges the link for a cookie
//	/verify/{id}/           sends on to the page of the session's state
//	            welcome     what it is about, and the person's consent
//	            device      go on here, or on a phone while this page follows
//	            link        a new link for the phone, as text and QR code
//	            message     sends that link to a phone
//	            brand.css   the merchant's colour
//	            document    choose the type of document
//	            front, back, selfie  give a picture; …/keep: use a poor one all the same
//	            liveness    move as asked before the camera
//	            part        keeps a piece of a large picture
//	            pictures    look at all pictures before they are checked
//	            check       wait for the analysis
//	            result      outcome, and the way back
//	            cancel      ask before stopping
//	            leave       go to where a stopped session returns
//	            state       the session's state for the page's script
//	            events      the same as server-sent events
//	            picture/…   a picture that was sent, to look at
//	/locale                 keeps the language that was chosen on a page
//	/assets/…               scripts and styles
//	/sdk/…                  the script for other sites' pages
//
// They work without JavaScript; with it they gain camera, preview, progress,
// repetition and live updates. What a session is and may do belongs to package
// session; the words belong to package locales.
package flow

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"idproof/internal/session"
	"idproof/locales"
	"idproof/report"
	"idproof/web"
)

// Sessions is what the pages need of the service. Errors which a person can
// mend are [*session.Error].
type Sessions interface {
	// StartFromToken exchanges the secret of a link for the token of one browser.
	StartFromToken(ctx context.Context, secret string) (token string, st session.State, err error)
	// Authorize tells whether the token opens the session. Nothing below does.
	Authorize(ctx context.Context, sessionID, token string) error
	State(ctx context.Context, sessionID string) (session.State, error)
	SelectDocumentType(ctx context.Context, sessionID, documentType string) (session.State, error)
	// SelectCountry keeps the issuing country; empty: the person does not say.
	SelectCountry(ctx context.Context, sessionID, country string) (session.State, error)
	Upload(ctx context.Context, sessionID, documentType string, r io.Reader) (session.Document, error)
	// AddPart keeps a piece of a picture, UploadParts makes a picture of pieces.
	AddPart(ctx context.Context, sessionID string, r io.Reader) (part string, err error)
	UploadParts(ctx context.Context, sessionID, documentType string, parts []string) (session.Document, error)
	// Look looks at a picture that was just uploaded; the state says what is wrong.
	Look(ctx context.Context, sessionID, documentID string) (session.State, error)
	// KeepPicture uses a poor picture all the same.
	KeepPicture(ctx context.Context, sessionID, documentID string) (session.State, error)
	Picture(ctx context.Context, sessionID, documentID string) (io.ReadCloser, session.Document, error)
	Submit(ctx context.Context, sessionID string) (session.State, error)
	Cancel(ctx context.Context, sessionID string) (session.State, error)
	// Subscribe sends the state at once and after every change; the channel
	// closes with ctx or after the last state.
	Subscribe(ctx context.Context, sessionID string) (<-chan session.State, error)
	// Outcome is the session with its latest analysis as clients see it.
	Outcome(ctx context.Context, sessionID string) (*report.Result, error)
	// NewLink makes another link to the session, for another device.
	NewLink(ctx context.Context, sessionID string) (string, error)
	// Consent keeps that the person agreed to the merchant's text in that language.
	Consent(ctx context.Context, sessionID, locale string) (session.State, error)
	// MaxUpload is the largest picture, in bytes.
	MaxUpload() int64
}

// Options are the surroundings of the pages. The zero value of each has a
// meaning.
type Options struct {
	// Log receives what goes wrong, without personal data. Nil discards.
	Log *slog.Logger
	// BaseURL is the public address, without a slash at the end. With https
	// cookies are for encrypted connections only.
	BaseURL string
	// Liveness takes recordings. Nil: no session may ask for one.
	Liveness Liveness
	// Messages sends links to phones. Nil: that is not offered.
	Messages Messages
	// TooMany counts a request, of that session if it is about one, and reports
	// whether it is one too many; it may set headers that say for how long. Nil:
	// nobody asks too often.
	TooMany func(w http.ResponseWriter, r *http.Request, sessionID string) bool
	// Now is the clock. Nil is [time.Now].
	Now func() time.Time
}

// Messages sends text messages to phones.
type Messages interface {
	// Offered tells whether messages of that session can be sent.
	Offered(ctx context.Context, sessionID string) bool
	// Send hands a message over to be sent. The number begins with + and has digits only.
	Send(ctx context.Context, sessionID, number, text string) error
}

type handler struct {
	sessions Sessions
	log      *slog.Logger
	liveness Liveness
	secure   bool
	now      func() time.Time
	messages Messages
	sent     *tally
	parts    *tally
	catalog  *locales.Catalog
	pages    pages
	assets   *web.Assets
}

// New returns the pages as one handler for all the paths above. An error
// means a broken build or a base URL that is none.
func New(s Sessions, o Options) (http.Handler, error) {
	base, err := url.Parse(o.BaseURL)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, errors.New("flow: base URL must be http or https")
	}
	catalog, err := locales.Load()
	if err != nil {
		return nil, err
	}
	pages, err := loadPages()
	if err != nil {
		return nil, err
	}
	assets, err := web.Load()
	if err != nil {
		return nil, err
	}
	h := &handler{
		sessions: s, liveness: o.Liveness, log: o.Log, secure: base.Scheme == "https", now: o.Now,
		messages: o.Messages, sent: newTally(messagesEach, messagesLife), parts: newTally(partsEach, partsLife),
		catalog: catalog, pages: pages, assets: assets,
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	if h.now == nil {
		h.now = time.Now
	}
	if o.TooMany == nil {
		return h.routes(), nil
	}
	return h.limited(h.routes(), o.TooMany), nil
}

// limited holds back who asks too often. Scripts and styles are not counted:
// browsers keep them.
func (h *handler) limited(next http.Handler, tooMany func(http.ResponseWriter, *http.Request, string) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/assets/") || strings.HasPrefix(r.URL.Path, "/sdk/") {
			next.ServeHTTP(w, r)
			return
		}
		var id string
		if rest, ok := strings.CutPrefix(r.URL.Path, "/verify/"); ok {
			id, _, _ = strings.Cut(rest, "/")
		}
		if tooMany(w, r, id) {
			h.notice(w, r, http.StatusTooManyRequests, "busy", nil)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (h *handler) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /flow/{secret}", h.enter)
	mux.HandleFunc("POST /locale", h.setLocale)
	mux.Handle("GET /assets/", http.StripPrefix("/assets/", h.assets))
	mux.Handle("GET /sdk/", http.StripPrefix("/", h.assets))

	mux.HandleFunc("GET /verify/{id}/{$}", h.visit(h.resume))
	mux.HandleFunc("GET /verify/{id}/welcome", h.visit(h.showWelcome))
	mux.HandleFunc("POST /verify/{id}/welcome", h.visit(h.begin))
	mux.HandleFunc("GET /verify/{id}/device", h.visit(h.showDevice))
	mux.HandleFunc("GET /verify/{id}/link", h.visit(h.link))
	mux.HandleFunc("POST /verify/{id}/message", h.visit(h.message))
	mux.HandleFunc("GET /verify/{id}/pictures", h.visit(h.showPictures))
	mux.HandleFunc("GET /verify/{id}/brand.css", h.visit(h.brand))
	mux.HandleFunc("GET /verify/{id}/document", h.visit(h.showTypes))
	mux.HandleFunc("POST /verify/{id}/document", h.visit(h.chooseType))
	for path, side := range sides {
		mux.HandleFunc("GET /verify/{id}/"+string(path), h.visit(h.showUpload(side)))
		mux.HandleFunc("POST /verify/{id}/"+string(path), h.visit(h.upload(side)))
		mux.HandleFunc("POST /verify/{id}/"+string(path)+"/keep", h.visit(h.keep(side)))
	}
	if h.liveness != nil {
		h.livenessRoutes(mux)
	}
	mux.HandleFunc("POST /verify/{id}/part", h.visit(h.part))
	mux.HandleFunc("GET /verify/{id}/check", h.visit(h.showCheck))
	mux.HandleFunc("POST /verify/{id}/check", h.visit(h.submit))
	mux.HandleFunc("GET /verify/{id}/result", h.visit(h.showResult))
	mux.HandleFunc("GET /verify/{id}/cancel", h.visit(h.showCancel))
	mux.HandleFunc("POST /verify/{id}/cancel", h.visit(h.cancel))
	mux.HandleFunc("GET /verify/{id}/leave", h.visit(h.leave))
	mux.HandleFunc("GET /verify/{id}/state", h.visit(h.state))
	mux.HandleFunc("GET /verify/{id}/events", h.visit(h.events))
	mux.HandleFunc("GET /verify/{id}/picture/{document}", h.visit(h.picture))
	mux.HandleFunc("GET /verify/{id}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/verify/"+url.PathEscape(r.PathValue("id"))+"/", http.StatusMovedPermanently)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		h.notice(w, r, http.StatusNotFound, "not_found", nil)
	})
	return mux
}

// enter exchanges a link for a cookie. A link may be opened as often as one
// likes, in any number of browsers, until it expires.
func (h *handler) enter(w http.ResponseWriter, r *http.Request) {
	token, st, err := h.sessions.StartFromToken(r.Context(), r.PathValue("secret"))
	switch {
	case errors.Is(err, session.ErrExpired):
		h.notice(w, r, http.StatusGone, "expired", &st)
		return
	case errors.Is(err, session.ErrNotFound):
		h.notice(w, r, http.StatusNotFound, "not_found", nil)
		return
	case err != nil:
		h.broken(w, r, err)
		return
	}
	// A little longer than the session, so that the browser can be told that
	// the session is over.
	life := st.ExpiresAt.Sub(h.now()) + 24*time.Hour
	h.setCookie(w, r, sessionCookie, token, basePath(st.ID), life)
	if r.URL.Query().Has(phoneQuery) {
		h.setCookie(w, r, phoneCookie, "1", basePath(st.ID), life)
		h.setCookie(w, r, begunCookie, "1", basePath(st.ID), life)
	}
	http.Redirect(w, r, basePath(st.ID)+"?entered", http.StatusSeeOther)
}

// setLocale keeps the language that a person chose, in their browser.
func (h *handler) setLocale(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	locale, next := h.catalog.Find(r.PostFormValue("locale")), r.PostFormValue("next")
	if locale != nil {
		h.setCookie(w, r, localeCookie, locale.Code, "/", 365*24*time.Hour)
	}
	if !localPath(next) {
		next = "/"
	}
	http.Redirect(w, r, next, http.StatusSeeOther) //nolint:gosec // localPath has looked at it
}

// localPath tells whether a path stays on this server. Browsers read a
// backslash as a slash and drop control characters, so neither may be there.
func localPath(path string) bool {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return false
	}
	return !strings.ContainsFunc(path, func(c rune) bool { return c == '\\' || c < ' ' || c == 0x7f })
}

func basePath(id string) string { return "/verify/" + url.PathEscape(id) + "/" }
