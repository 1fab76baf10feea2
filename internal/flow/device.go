package flow

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"rsc.io/qr"

	"idproof/internal/session"
)

// phoneQuery marks a link that was made for a second device, so that its
// person is sent back to the first in the end.
const phoneQuery = "phone"

// A session may send a few messages; the gateway costs money and people's patience.
const (
	messagesEach = 5
	messagesLife = 24 * time.Hour
)

func (h *handler) showWelcome(w http.ResponseWriter, r *http.Request, v *visit) {
	if h.elsewhere(w, r, v, pageWelcome) {
		return
	}
	out := h.newView(v, pageWelcome, v.text("welcome.page"))
	out.Face = asksFace(&v.state)
	legal := v.state.Settings.Legal
	out.Privacy, out.Terms = legal.PrivacyURL, legal.TermsURL
	out.Consent = legal.ConsentText(v.locale.Code)
	if out.Consent == "" {
		key := "welcome.consent"
		if out.Face {
			key = "welcome.consent_face"
		}
		out.Consent = v.text(key, "merchant", v.state.Merchant)
	}
	h.render(w, r, http.StatusOK, "welcome", out, v.state.FrameOrigins)
}

// notBegun leads to the welcome when its person has not been there.
func (h *handler) notBegun(w http.ResponseWriter, r *http.Request, v *visit) bool {
	if v.begun {
		return false
	}
	http.Redirect(w, r, v.at(pageWelcome), http.StatusSeeOther)
	return true
}

// begin leaves the welcome: to the choice of devices where the page's script
// found no touch screen, else straight on.
func (h *handler) begin(w http.ResponseWriter, r *http.Request, v *visit) {
	if h.elsewhere(w, r, v, pageWelcome) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if v.state.ConsentWanted {
		st, err := h.sessions.Consent(r.Context(), v.id, v.locale.Code)
		if err != nil {
			h.refused(w, r, v, pageDocument, err)
			return
		}
		v.state = st
	}
	h.setCookie(w, r, begunCookie, "1", v.base, v.state.ExpiresAt.Sub(h.now())+24*time.Hour)
	next := current(&v.state)
	if v.offersPhone() && (v.state.Settings.Devices == "mobile" || r.PostFormValue("device") == "large") {
		next = pageDevice
	}
	h.goTo(w, r, v, next)
}

// offersPhone tells whether the session may go on on a second device. A phone
// that is the second device already is not offered a third.
func (v *visit) offersPhone() bool { return !v.phone && v.state.Settings.Devices != "browser" }

func (h *handler) showDevice(w http.ResponseWriter, r *http.Request, v *visit) {
	if h.elsewhere(w, r, v, pageDevice) || h.notBegun(w, r, v) {
		return
	}
	h.renderDevice(w, r, v, http.StatusOK, "", false)
}

func (h *handler) renderDevice(w http.ResponseWriter, r *http.Request, v *visit, status int, problem string, sent bool) {
	link, err := h.newLink(r, v)
	if err != nil {
		h.refused(w, r, v, pageDocument, err)
		return
	}
	code, err := encodeQR(link)
	if err != nil {
		h.broken(w, r, err)
		return
	}
	out := h.newView(v, pageDevice, v.text("device.title"))
	out.Follow, out.Problem, out.Sent = true, problem, sent
	out.Link, out.Code = link, code
	out.Ways = h.ways(r.Context(), v)
	out.Here = v.state.Settings.Devices != "mobile"
	out.Connected = v.state.DocumentType != ""
	out.Label = doing(v, &v.state)
	if problem != "" {
		out.Number = r.PostFormValue("number")
	}
	h.render(w, r, status, "device", out, v.state.FrameOrigins)
}

// ways are the ways to the phone that the merchant wants and that there are.
func (h *handler) ways(ctx context.Context, v *visit) []string {
	ways := slices.Clone(v.state.Settings.Handoff)
	if len(ways) == 0 {
		ways = []string{"qr", "link", "sms"}
	}
	return slices.DeleteFunc(ways, func(way string) bool {
		return way == "sms" && (h.messages == nil || !h.messages.Offered(ctx, v.id))
	})
}

func (h *handler) newLink(r *http.Request, v *visit) (string, error) {
	link, err := h.sessions.NewLink(r.Context(), v.id)
	if err != nil {
		return "", err
	}
	return link + "?" + phoneQuery, nil
}

// link answers the page's script with a fresh link.
func (h *handler) link(w http.ResponseWriter, r *http.Request, v *visit) {
	link, err := h.newLink(r, v)
	if err != nil {
		h.refused(w, r, v, pageDevice, err)
		return
	}
	code, err := encodeQR(link)
	if err != nil {
		h.broken(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"link": link, "box": code.Box, "path": code.Path})
}

// message sends a link to a phone.
func (h *handler) message(w http.ResponseWriter, r *http.Request, v *visit) {
	if h.elsewhere(w, r, v, pageDevice) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	number := phoneNumber(r.PostFormValue("number"))
	switch {
	case !slices.Contains(h.ways(r.Context(), v), "sms"):
		h.renderDevice(w, r, v, http.StatusNotFound, v.text("error.sms"), false)
		return
	case number == "":
		h.renderDevice(w, r, v, http.StatusBadRequest, v.text("error.phone"), false)
		return
	case !h.sent.take(v.id, h.now()):
		h.renderDevice(w, r, v, http.StatusTooManyRequests, v.text("error.sms_limit"), false)
		return
	}
	link, err := h.newLink(r, v)
	if err == nil {
		err = h.messages.Send(r.Context(), v.id, number, v.text("device.sms", "merchant", v.state.Merchant, "url", link))
		if err != nil {
			h.log.WarnContext(r.Context(), "message not sent", "error", err)
			h.renderDevice(w, r, v, http.StatusBadGateway, v.text("error.sms"), false)
			return
		}
	}
	if err != nil {
		h.refused(w, r, v, pageDevice, err)
		return
	}
	h.renderDevice(w, r, v, http.StatusOK, "", true)
}

// phoneNumber is a number in the form of E.164, "" when it is none.
func phoneNumber(typed string) string {
	typed = strings.TrimSpace(typed)
	if rest, ok := strings.CutPrefix(typed, "00"); ok {
		typed = "+" + rest
	}
	digits, ok := strings.CutPrefix(typed, "+")
	if !ok {
		return ""
	}
	var b strings.Builder
	for _, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			b.WriteRune(c)
		case !strings.ContainsRune(" -./()\u00a0\u202f", c):
			return ""
		}
	}
	if n := b.String(); len(n) >= 8 && len(n) <= 15 && n[0] != '0' {
		return "+" + n
	}
	return ""
}

// qrCode is a QR code as the path of a drawing: one unit a module.
type qrCode struct {
	Box  string // view box, with the quiet zone of four modules (ISO/IEC 18004)
	Path string
}

func encodeQR(text string) (qrCode, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return qrCode{}, errors.New("flow: the link does not fit into a code")
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				n := strconv.Itoa(run)
				path.WriteString("M" + strconv.Itoa(x) + " " + strconv.Itoa(y) + "h" + n + "v1h-" + n + "z")
				x += run
			}
		}
	}
	size := strconv.Itoa(code.Size + 8)
	return qrCode{Box: "-4 -4 " + size + " " + size, Path: path.String()}, nil
}

// doing says what the person is asked for now.
func doing(v *visit, st *session.State) string {
	switch p := current(st); p {
	case pageDocument:
		return v.text("choose.page")
	case pagePictures:
		return v.text("pictures.title")
	case pageFront, pageBack, pageSelfie:
		return v.text(pictureText(st.DocumentType, p))
	case pageLiveness:
		return v.text("liveness.title")
	default:
		return stage(v.locale, st)
	}
}

// tally counts what may be done a few times, for each key, and forgets after a while.
type tally struct {
	mu    sync.Mutex
	most  int
	life  time.Duration
	count map[string]tallied
}

type tallied struct {
	n     int
	first time.Time
}

func newTally(most int, life time.Duration) *tally {
	return &tally{most: most, life: life, count: map[string]tallied{}}
}

// take tells whether there was one left, and takes it.
func (t *tally) take(key string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, c := range t.count {
		if now.Sub(c.first) > t.life {
			delete(t.count, k)
		}
	}
	c, ok := t.count[key]
	if !ok {
		c.first = now
	}
	if c.n >= t.most {
		return false
	}
	c.n++
	t.count[key] = c
	return true
}
