package demo

import (
	"encoding/json"
	"image/jpeg"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"idproof/internal/sms"
	"idproof/internal/webhook"
)

const (
	id     = "7d0c2a54-3f0e-4a51-9c1f-3b3c3f1f7a10"
	key    = "idp_test"
	secret = "whsec_c2VjcmV0"
)

var now = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

// api is the REST API as far as the demo uses it.
type api struct {
	mu      sync.Mutex
	calls   []string
	created map[string]any
	status  int // of every answer, when not 0
	asked   int // how often the result was asked for
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, r.Method+" "+r.URL.RequestURI())
	if r.Header.Get("Authorization") != key {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if a.status != 0 {
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, `{"errors":[{"code":"RATE_LIMITED"}]}`)
		return
	}
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/v3/scanning":
		_ = json.NewDecoder(r.Body).Decode(&a.created)
		_, _ = io.WriteString(w, `{"id":"`+id+`","errors":[],"redirect_url":"http://localhost/flow/x"}`)
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/documents"):
		f, _, err := r.FormFile("document")
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if _, err := jpeg.DecodeConfig(f); err != nil {
			w.WriteHeader(http.StatusUnsupportedMediaType)
			return
		}
		_, _ = io.WriteString(w, `{}`)
	case r.Method == http.MethodPost:
		_, _ = io.WriteString(w, `{}`)
	default:
		a.asked++
		status := "Pending"
		if a.asked > 1 {
			status = "Accepted"
		}
		_, _ = io.WriteString(w, `{"id":"`+id+`","status":"`+status+`","identity":{"last_name":"<b>ERIKSSON</b>"},
			"document":{"type":"passport","mrz":{"lines":["P<UTO"],"check_digits":[{"ok":true},{"ok":false}],"certainty":"printed"}}}`)
	}
}

func open(t *testing.T) (*api, http.Handler) {
	t.Helper()
	a := &api{}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	h, err := New(Options{
		BaseURL: "http://localhost:8080", API: server.URL, Key: key, WebhookSecrets: []string{secret},
		Log: slog.New(slog.DiscardHandler), Client: server.Client(), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, h
}

func TestMessages(t *testing.T) {
	box := sms.NewOutbox(func() time.Time { return now })
	h, err := New(Options{BaseURL: "http://localhost:8080", API: "http://localhost:8080", Key: key, Messages: box.Messages})
	if err != nil {
		t.Fatal(err)
	}
	if w := get(h, "/demo/messages"); !strings.Contains(w.Body.String(), "None yet") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	_ = box.Send(t.Context(), "+46701740605", "Shop: <link>")
	if w := get(h, "/demo/messages"); !strings.Contains(w.Body.String(), "+46701740605") && !strings.Contains(w.Body.String(), "&#43;46701740605") ||
		!strings.Contains(w.Body.String(), "Shop: &lt;link&gt;") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	_, without := open(t)
	if w := get(without, "/demo/messages"); w.Code != http.StatusNotFound {
		t.Errorf("shown without an outbox: %d", w.Code)
	}
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func post(h http.Handler, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHome(t *testing.T) {
	_, h := open(t)
	w := get(h, "/")
	if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, "Start a check") || strings.Contains(body, key) {
		t.Errorf("%d:\n%s", w.Code, body)
	}
	if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	if w := get(h, "/other"); w.Code != http.StatusNotFound {
		t.Errorf("other: %d", w.Code)
	}
}

func TestStart(t *testing.T) {
	a, h := open(t)
	w := post(h, "/demo/start", url.Values{"locale": {"de"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "http://localhost/flow/x" {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	for k, want := range map[string]string{
		"locale": "de", "target": "http://localhost:8080/demo/result", "webhook": "http://localhost:8080/demo/webhook",
	} {
		if a.created[k] != want {
			t.Errorf("%s: %v", k, a.created[k])
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/demo/start", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w = httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusForbidden {
		t.Errorf("another site may start sessions: %d", w.Code)
	}
}

func TestStartWithoutAPI(t *testing.T) {
	a, h := open(t)
	a.status = http.StatusTooManyRequests
	if w := post(h, "/demo/start", nil); w.Code != http.StatusBadGateway || !strings.Contains(w.Body.String(), "429 RATE_LIMITED") {
		t.Errorf("%d:\n%s", w.Code, w.Body)
	}
}

func TestDirect(t *testing.T) {
	if testing.Short() {
		t.Skip("draws a specimen")
	}
	a, h := open(t)
	w := post(h, "/demo/direct", url.Values{"specimen": {"card"}})
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/demo/result?id="+id) {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	want := []string{
		"POST /v3/scanning",
		"POST /v3/scanning/" + id + "/documents?documentType=document_front",
		"POST /v3/scanning/" + id + "/documents?documentType=document_back",
		"POST /v3/scanning/" + id + "/analyses/",
		"GET /v3/scanning/" + id,
		"GET /v3/scanning/" + id,
	}
	if got := strings.Join(a.calls, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("calls:\n%s", got)
	}
	if w := post(h, "/demo/direct", url.Values{"specimen": {"other"}}); w.Code != http.StatusNotFound {
		t.Errorf("an unknown specimen: %d", w.Code)
	}
	// Drawn by now; both sides can be had, whole and small.
	for path, width := range map[string]int{"card.jpg": 1131, "card-back.jpg": 1131, "card-thumb.jpg": 640, "card-back-thumb.jpg": 640} {
		w := get(h, "/demo/specimen/"+path)
		c, err := jpeg.DecodeConfig(w.Body)
		if err != nil || c.Width < width-2 || c.Width > width+2 {
			t.Errorf("%s: %d, %v, %d wide", path, w.Code, err, c.Width)
		}
	}
}

func TestUnknownSpecimens(t *testing.T) {
	_, h := open(t)
	for _, path := range []string{"other.jpg", "passport.png", "passport", "-back.jpg", "..%2fpassport.jpg"} {
		if w := get(h, "/demo/specimen/"+path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// send delivers a webhook as the service does.
func send(h http.Handler, at time.Time, body string, secrets ...string) int {
	r := httptest.NewRequest(http.MethodPost, "/demo/webhook", strings.NewReader(body))
	webhook.Sign(r.Header, "msg_1", at, []byte(body), secrets)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

func TestResultShowsWhatCame(t *testing.T) {
	a, h := open(t)
	a.asked = 1
	body := `{"event":"session_finished","id":"` + id + `"}`
	for range 2 { // delivered twice, kept once
		if code := send(h, now, body, "whsec_b2xk", secret); code != http.StatusNoContent {
			t.Fatalf("webhook: %d", code)
		}
	}
	w := get(h, "/demo/result?id="+id+"&status=Declined")
	got := w.Body.String()
	for _, want := range []string{"Accepted", "session_finished", "1 of 2 right, printed", "P&lt;UTO", "&lt;b&gt;ERIKSSON"} {
		if !strings.Contains(got, want) {
			t.Errorf("page lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "<b>ERIKSSON") || strings.Contains(got, "Declined") {
		t.Error("the page believes its address, or does not escape")
	}
	if strings.Count(got, "signature right") != 1 {
		t.Error("a webhook is shown twice")
	}
}

func TestWebhookRefusals(t *testing.T) {
	_, h := open(t)
	body := `{"event":"session_finished","id":"` + id + `"}`
	for name, c := range map[string]struct {
		at   time.Time
		body string
		keys []string
		want int
	}{
		"good":          {now, body, []string{secret}, http.StatusNoContent},
		"another key":   {now, body, []string{"whsec_b3RoZXI="}, http.StatusUnauthorized},
		"no key":        {now, body, nil, http.StatusUnauthorized},
		"old":           {now.Add(-6 * time.Minute), body, []string{secret}, http.StatusUnauthorized},
		"in the future": {now.Add(6 * time.Minute), body, []string{secret}, http.StatusUnauthorized},
		"not JSON":      {now, "x", []string{secret}, http.StatusBadRequest},
		"too much":      {now, strings.Repeat("x", 5<<20), []string{secret}, http.StatusRequestEntityTooLarge},
	} {
		if got := send(h, c.at, c.body, c.keys...); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestInboxKeepsTheNewest(t *testing.T) {
	var i inbox
	for range 3 * capacity {
		i.add(delivery{Session: "s"})
	}
	if n := len(i.of("s")); n != capacity {
		t.Errorf("keeps %d", n)
	}
}

func TestReadableJSON(t *testing.T) {
	got := indent(json.RawMessage(`{"quad":[[1,2],[3.5,-4e2]],"empty":[],"words":["a [1,\n2]"],"n":[1,2]}`))
	want := `{
  "quad": [
    [1, 2],
    [3.5, -4e2]
  ],
  "empty": [],
  "words": [
    "a [1,\n2]"
  ],
  "n": [1, 2]
}`
	if got != want {
		t.Errorf("got\n%s", got)
	}
	html := string(highlight(got))
	for _, part := range []string{`<span class="key">&#34;quad&#34;</span>`, `<span class="num">-4e2</span>`, `<span class="str">&#34;a [1,\n2]&#34;</span>`} {
		if !strings.Contains(html, part) {
			t.Errorf("lacks %s in\n%s", part, html)
		}
	}
}

func FuzzHighlight(f *testing.F) {
	f.Add(`{"a": "b\"c", "n": -1.5e3, "t": true}`)
	f.Add(`"\`)
	f.Fuzz(func(t *testing.T, s string) {
		out := string(highlight(s))
		for _, tag := range []string{`<span class="key">`, `<span class="str">`, `<span class="num">`, `</span>`} {
			out = strings.ReplaceAll(out, tag, "")
		}
		if strings.ContainsAny(out, "<>") {
			t.Errorf("markup of the input came through: %q", out)
		}
		_ = foldNumbers(s)
	})
}

func TestOptions(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("no options are taken")
	}
	if got := (&apiError{404, "SESSION_NOT_FOUND"}).Error(); !strings.Contains(got, "404 SESSION_NOT_FOUND") {
		t.Errorf("the error does not say what the API said: %s", got)
	}
}
