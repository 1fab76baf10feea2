package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"idproof/internal/liveness"
	"idproof/internal/session"
	"idproof/report"
)

// mirror is a [Liveness] that notes what it gets.
type mirror struct {
	fake   *fake
	fail   error
	parts  map[int]int // frames by part
	camera *report.Camera
}

func (m *mirror) Issue(context.Context, string, session.Actor) (*liveness.Asked, error) {
	return &liveness.Asked{Token: "t", Actions: []string{"LookUp"}, IntervalMS: 150}, m.fail
}

func (m *mirror) Add(_ context.Context, _, token string, n int, frames []liveness.Frame) error {
	if token != "t" {
		return session.ErrChallenge
	}
	m.parts[n] = len(frames)
	return m.fail
}

func (m *mirror) Finish(_ context.Context, _, token string, parts int, camera *report.Camera, _ session.Actor) error {
	if token != "t" || parts != len(m.parts) {
		return session.ErrChallenge
	}
	m.camera = camera
	m.fake.change(func(st *session.State) {
		st.Documents = append(st.Documents, session.Document{ID: "r", Type: session.Recording, MediaType: "application/zip"})
	})
	return m.fail
}

func (m *mirror) Decline(context.Context, string) error {
	m.fake.change(func(st *session.State) { st.Recording = false })
	return m.fail
}

// mirrored is a browser in a session that asks for a recording.
func mirrored(t *testing.T, prepare func(*fake)) (*browser, *mirror) {
	t.Helper()
	b := open(t, "http://127.0.0.1:8080")
	m := &mirror{fake: b.fake, parts: map[int]int{}}
	var err error
	if b.handler, err = New(b.fake, Options{BaseURL: "http://127.0.0.1:8080", Liveness: m}); err != nil {
		t.Fatal(err)
	}
	b.fake.change(func(st *session.State) { st.AnalysisTypes, st.Recording = []string{"liveness"}, true })
	prepare(b.fake)
	b.get("/flow/secret")
	b.post(b.base()+"welcome", nil)
	return b, m
}

func alone(f *fake) {
	f.change(func(st *session.State) { st.NoDocument, st.Sides, st.DocumentType = true, []string{}, "" })
}

func send(t *testing.T, b *browser, token, part string, frames ...string) *answer {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("token", token)
	_ = form.WriteField("part", part)
	for _, name := range frames {
		w, _ := form.CreateFormFile("frame", name)
		_, _ = io.WriteString(w, "\xff\xd8\xff")
	}
	_ = form.Close()
	r := httptest.NewRequest(http.MethodPost, b.base()+"liveness/frames", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(r)
}

func finish(b *browser, body string) *answer {
	r := httptest.NewRequest(http.MethodPost, b.base()+"liveness", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return b.do(r)
}

// A session without a document goes from the welcome to the movements, and
// from there to the analysis.
func TestMovementsAlone(t *testing.T) {
	b, m := mirrored(t, alone)
	for _, from := range []string{"", "document", "front", "selfie"} {
		if r := b.get(b.base() + from); r.Header.Get("Location") != b.base()+"liveness" {
			t.Errorf("%q leads to %q", from, r.Header.Get("Location"))
		}
	}
	if body := text(t, b.get(b.base()+"state")); !strings.Contains(body, "Show that you are there") {
		t.Errorf("another device is told %s", body)
	}
	page := b.get(b.base() + "liveness")
	body := text(t, page)
	if page.StatusCode != http.StatusOK || !strings.Contains(body, "<idp-liveness") || !strings.Contains(body, "liveness/without") || strings.Contains(body, " stored") {
		t.Fatalf("%d\n%s", page.StatusCode, body)
	}
	for _, key := range livenessTexts {
		if !strings.Contains(body, `"`+key+`"`) {
			t.Errorf("the script lacks %s", key)
		}
	}
	b.script()
	var asked liveness.Asked
	if err := json.Unmarshal([]byte(text(t, b.post(b.base()+"liveness/challenge", nil))), &asked); err != nil || asked.Token != "t" {
		t.Fatalf("%+v, %v", asked, err)
	}
	for _, part := range []string{"0", "1"} {
		if r := send(t, b, "t", part, "0.0.jpg", "150.5.jpg"); r.StatusCode != http.StatusOK {
			t.Fatalf("part %s: %d", part, r.StatusCode)
		}
	}
	r := finish(b, `{"token":"t","parts":2,"camera":{"virtual":true,"jitter":0.1}}`)
	if body := text(t, r); r.StatusCode != http.StatusOK || !strings.Contains(body, b.base()+"check") {
		t.Fatalf("%d %s", r.StatusCode, body)
	}
	if m.parts[0] != 2 || m.parts[1] != 2 || !m.camera.Virtual {
		t.Errorf("%+v", m)
	}
	if b.fake.st.Status != report.Pending {
		t.Errorf("the analysis has not begun: %s", b.fake.st.Status)
	}
}

// After pictures the recording comes last, is listed with them, and can be made again.
func TestMovementsAfterADocument(t *testing.T) {
	b, _ := mirrored(t, func(f *fake) {
		choose(f, report.Passport)
		give(f, front)
	})
	if r := b.get(b.base()); r.Header.Get("Location") != b.base()+"liveness" {
		t.Fatalf("stands at %q", r.Header.Get("Location"))
	}
	b.fake.change(func(st *session.State) {
		st.Documents = append(st.Documents, session.Document{ID: "r", Type: session.Recording, MediaType: "application/zip"})
	})
	if r := b.get(b.base()); r.Header.Get("Location") != b.base()+"pictures" {
		t.Fatalf("stands at %q", r.Header.Get("Location"))
	}
	if body := text(t, b.get(b.base()+"pictures")); !strings.Contains(body, "Your movements") || !strings.Contains(body, "liveness?again") {
		t.Error(body)
	}
	if body := text(t, b.get(b.base()+"liveness")); !strings.Contains(body, "Your recording has arrived.") {
		t.Error(body)
	}
	if body := text(t, b.get(b.base()+"liveness?again")); strings.Contains(body, "Your recording has arrived.") {
		t.Error(body)
	}
	b.fake.finish(report.ReadyToStart, report.Reason{Code: "LIVENESS_ACTION_MISSED", Retryable: true})
	if body := text(t, b.get(b.base()+"result")); !strings.Contains(body, "liveness?again") || !strings.Contains(body, "A movement was not seen.") {
		t.Error(body)
	}
}

// Who goes on without is asked for a selfie; no script is needed for it.
func TestMovementsDeclined(t *testing.T) {
	b, _ := mirrored(t, alone)
	r := b.post(b.base()+"liveness/without", nil)
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != b.base()+"selfie" {
		t.Fatalf("%d %q", r.StatusCode, r.Header.Get("Location"))
	}
	if r := b.get(b.base() + "liveness"); r.Header.Get("Location") != b.base()+"selfie" {
		t.Errorf("%q", r.Header.Get("Location"))
	}
}

// What is refused says so in words, and what the page's script would not send is refused.
func TestMovementsRefused(t *testing.T) {
	b, m := mirrored(t, alone)
	b.script()
	for name, r := range map[string]*answer{
		"no form":         b.post(b.base()+"liveness/frames", nil),
		"foreign token":   send(t, b, "x", "0", "0.jpg"),
		"no number":       send(t, b, "t", "first", "0.jpg"),
		"no time":         send(t, b, "t", "0", "first.jpg"),
		"not a number":    send(t, b, "t", "0", "NaN.jpg"),
		"before it began": send(t, b, "t", "0", "-1.jpg"),
		"nothing sent":    finish(b, `{"token":"t","parts":3}`),
		"no JSON":         finish(b, `token=t`),
	} {
		var out struct {
			Errors []struct{ Code, Description string }
		}
		if err := json.Unmarshal([]byte(text(t, r)), &out); err != nil || r.StatusCode < 400 || r.StatusCode > 499 || len(out.Errors) != 1 || out.Errors[0].Code != "liveness" || out.Errors[0].Description == "" {
			t.Errorf("%s: %d %+v, %v", name, r.StatusCode, out, err)
		}
	}
	m.fail = session.ErrTooMany
	if r := b.post(b.base()+"liveness/challenge", nil); r.StatusCode != http.StatusConflict {
		t.Errorf("too many: %d", r.StatusCode)
	}
	m.fail = session.ErrUnavailable
	if r := send(t, b, "t", "0", "0.jpg"); r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" {
		t.Errorf("busy: %d", r.StatusCode)
	}
}
