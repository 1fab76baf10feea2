package flow

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"idproof/internal/policy"
	"idproof/internal/session"
	"idproof/locales"
	"idproof/report"
)

var jpeg = append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), make([]byte, 500)...)

// browser talks to the pages like a browser with cookies that does not follow redirects.
type browser struct {
	t       *testing.T
	fake    *fake
	handler http.Handler
	log     *bytes.Buffer
	cookies []*http.Cookie
	header  http.Header // sent with every request
}

func open(t *testing.T, base string) *browser {
	t.Helper()
	b := &browser{t: t, fake: newFake(), log: &bytes.Buffer{}, header: http.Header{}}
	var err error
	b.handler, err = New(b.fake, Options{Log: slog.New(slog.NewTextHandler(b.log, nil)), BaseURL: base})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// entered is a browser that has opened its link.
func entered(t *testing.T) *browser {
	t.Helper()
	b := open(t, "http://localhost:8080")
	if got := b.get("/flow/secret"); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("opening the link: %s", got.Status)
	}
	if got := b.post(b.base()+"welcome", nil); got.Header.Get("Location") != b.base()+"document" {
		t.Fatalf("the welcome leads to %q", got.Header.Get("Location"))
	}
	return b
}

func (b *browser) base() string { return basePath(b.fake.st.ID) }

func (b *browser) do(r *http.Request) *answer {
	b.t.Helper()
	for name, values := range b.header {
		r.Header[name] = values
	}
	for _, c := range b.cookies {
		if strings.HasPrefix(r.URL.Path, c.Path) {
			r.AddCookie(c)
		}
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	head := w.Header()
	for _, line := range head.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			b.t.Fatal(err)
		}
		b.cookies = append(b.cookies, c)
	}
	return &answer{StatusCode: w.Code, Status: http.StatusText(w.Code), Header: head, Body: w.Body}
}

// answer is what came back.
type answer struct {
	StatusCode int
	Status     string
	Header     http.Header
	Body       io.Reader
}

func (b *browser) get(path string) *answer {
	b.t.Helper()
	return b.do(httptest.NewRequest(http.MethodGet, path, nil))
}

func (b *browser) post(path string, form url.Values) *answer {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

func (b *browser) upload(page string, data []byte) *answer {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, _ := form.CreateFormFile("document", "picture.jpg")
	_, _ = part.Write(data)
	_ = form.Close()
	r := httptest.NewRequest(http.MethodPost, b.base()+page, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(r)
}

func (b *browser) script() { b.header.Set("Accept", "application/json") }

func text(t *testing.T, r *answer) string {
	t.Helper()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestEnter(t *testing.T) {
	for name, c := range map[string]struct {
		secret  string
		prepare func(*fake)
		status  int
		want    string
	}{
		"a good link":       {"secret", func(*fake) {}, http.StatusSeeOther, ""},
		"an unknown link":   {"other", func(*fake) {}, http.StatusNotFound, "This link does not work"},
		"an expired link":   {"secret", func(f *fake) { f.expired = true }, http.StatusGone, "This link has expired"},
		"a broken service":  {"secret", func(f *fake) { f.fail = errors.New("disk full") }, http.StatusInternalServerError, "Nothing is lost"},
		"a finished check":  {"secret", func(f *fake) { f.finish(report.Accepted) }, http.StatusSeeOther, ""},
		"a cancelled check": {"secret", func(f *fake) { f.finish(report.Cancelled) }, http.StatusSeeOther, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, "http://localhost:8080")
			c.prepare(b.fake)
			r := b.get("/flow/" + c.secret)
			if r.StatusCode != c.status {
				t.Errorf("status %d, want %d", r.StatusCode, c.status)
			}
			if body := text(t, r); !strings.Contains(body, c.want) || strings.Contains(body, "disk full") {
				t.Errorf("page lacks %q or tells too much:\n%s", c.want, body)
			}
			if strings.Contains(b.log.String(), "flow/secret") {
				t.Errorf("the log holds the secret: %s", b.log)
			}
		})
	}
}

func TestLinkOpensAgainAndElsewhere(t *testing.T) {
	b := entered(t)
	if r := b.get("/flow/secret"); r.StatusCode != http.StatusSeeOther {
		t.Errorf("second time: %s", r.Status)
	}
	other := &browser{t: t, fake: b.fake, handler: b.handler, header: http.Header{}}
	other.get("/flow/secret")
	if r := other.get(b.base()); r.Header.Get("Location") != b.base()+"welcome" {
		t.Errorf("other device stands at %q", r.Header.Get("Location"))
	}
}

func TestCookie(t *testing.T) {
	for name, c := range map[string]struct {
		base   string
		header map[string]string
		want   http.Cookie
	}{
		"http":  {"http://localhost:8080", nil, http.Cookie{SameSite: http.SameSiteLaxMode}},
		"https": {"https://id.example", nil, http.Cookie{SameSite: http.SameSiteLaxMode, Secure: true}},
		"https in a frame of another site": {
			"https://id.example",
			map[string]string{"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"},
			http.Cookie{SameSite: http.SameSiteNoneMode, Secure: true, Partitioned: true},
		},
		"https in a frame of the same site": {
			"https://id.example",
			map[string]string{"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-site"},
			http.Cookie{SameSite: http.SameSiteLaxMode, Secure: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, c.base)
			for k, v := range c.header {
				b.header.Set(k, v)
			}
			b.get("/flow/secret")
			got := b.cookies[0]
			if !got.HttpOnly || got.SameSite != c.want.SameSite || got.Secure != c.want.Secure || got.Partitioned != c.want.Partitioned {
				t.Errorf("cookie %s", got.Raw)
			}
			if got.Path != b.base() {
				t.Errorf("path %q: two sessions in one browser would share it", got.Path)
			}
		})
	}
}

func TestWithoutCookie(t *testing.T) {
	b := open(t, "http://localhost:8080")
	for path, want := range map[string]string{
		"":         "Please open your link again",
		"document": "Please open your link again",
		"?entered": "does not keep cookies",
	} {
		r := b.get(b.base() + path)
		if body := text(t, r); r.StatusCode != http.StatusForbidden || !strings.Contains(body, want) || strings.Contains(body, "Example Bank") {
			t.Errorf("%q: %s\n%s", path, r.Status, body)
		}
	}
}

func TestForeignCookie(t *testing.T) {
	b := entered(t)
	b.cookies[0].Value = "guess"
	for _, path := range []string{"document", "state", "events", "result", "picture/document_front-id"} {
		if r := b.get(b.base() + path); r.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", path, r.Status)
		}
	}
	if r := b.upload("front", jpeg); r.StatusCode != http.StatusForbidden {
		t.Errorf("upload: %s", r.Status)
	}
}

func TestExpiredWhileThere(t *testing.T) {
	b := entered(t)
	b.fake.finish(report.Timeout)
	b.fake.expired = true
	r := b.get(b.base() + "front")
	if body := text(t, r); r.StatusCode != http.StatusGone || !strings.Contains(body, "https://shop.example/back?id=1&amp;status=Timeout") {
		t.Errorf("%s without a way back:\n%s", r.Status, body)
	}
	b.script()
	if r := b.get(b.base() + "state"); r.StatusCode != http.StatusGone {
		t.Errorf("the page's script hears %s", r.Status)
	}
}

// retake asks for a better picture.
var retake = report.Reason{Code: "MRZ_NOT_FOUND", Retryable: true}

// undone are the pages that can be seen as long as nothing is being checked.
func undone(more ...page) []page {
	return append(more, pageWelcome, pageDevice, pageDocument, pageCancel)
}

// The situations a session can be in, and where its person then is.
var situations = []struct {
	name    string
	prepare func(*fake)
	at      page
	may     []page // besides at
}{
	{"new", func(*fake) {}, pageDocument, undone()},
	{"passport chosen", func(f *fake) { choose(f, report.Passport) }, pageFront, undone()},
	{"card chosen", func(f *fake) { choose(f, report.IdentityCard) }, pageFront, undone(pageBack)},
	{"card, front there", func(f *fake) {
		choose(f, report.IdentityCard)
		give(f, front)
	}, pageBack, undone(pageFront)},
	{"passport there, not started", func(f *fake) {
		choose(f, report.Passport)
		give(f, front)
	}, pageFront, undone()},
	{"card there, not started", func(f *fake) {
		choose(f, report.IdentityCard)
		give(f, front)
		give(f, back)
	}, pagePictures, undone(pageFront, pageBack)},
	{"passport there, face wanted", func(f *fake) {
		f.st.AnalysisTypes = []string{"document", "selfie"}
		choose(f, report.Passport)
		give(f, front)
	}, pageSelfie, undone(pageFront)},
	{"passport and face there", func(f *fake) {
		f.st.AnalysisTypes = []string{"document", "liveness"}
		choose(f, report.Passport)
		give(f, front)
		give(f, selfie)
	}, pagePictures, undone(pageFront, pageSelfie)},
	{"running", func(f *fake) {
		choose(f, report.Passport)
		give(f, front)
		_, _ = f.Submit(context.Background(), "")
	}, pageCheck, nil},
	{"asked for a better picture", func(f *fake) {
		choose(f, report.Passport)
		give(f, front)
		f.finish(report.ReadyToStart, retake)
	}, pageResult, undone(pageFront)},
	{"accepted", func(f *fake) { f.finish(report.Accepted) }, pageResult, []page{pageLeave}},
	{"declined", func(f *fake) { f.finish(report.Declined, retake) }, pageResult, []page{pageLeave}},
	{"in review", func(f *fake) { f.finish(report.Review) }, pageResult, []page{pageLeave}},
	{"failed", func(f *fake) { f.finish(report.Failed) }, pageResult, []page{pageLeave}},
	{"cancelled", func(f *fake) { f.finish(report.Cancelled) }, pageResult, []page{pageLeave}},
	{"over", func(f *fake) { f.finish(report.Timeout) }, pageResult, []page{pageLeave}},
}

func choose(f *fake, documentType string) {
	_, _ = f.SelectDocumentType(context.Background(), "", documentType)
}

func give(f *fake, side string) {
	_, _ = f.Upload(context.Background(), "", side, bytes.NewReader(jpeg))
}

var allPages = []page{pageWelcome, pageDevice, pageDocument, pageFront, pageBack, pageSelfie, pagePictures, pageCheck, pageResult, pageCancel, pageLeave}

// Every page in every situation either shows itself or leads to where the
// session is: reload, back button, second tab.
func TestEveryPageInEverySituation(t *testing.T) {
	for _, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			b := entered(t)
			s.prepare(b.fake)
			if r := b.get(b.base()); r.Header.Get("Location") != b.base()+string(s.at) {
				t.Errorf("stands at %q, want %q", r.Header.Get("Location"), s.at)
			}
			may := append([]page{s.at}, s.may...)
			for _, p := range allPages {
				r := b.get(b.base() + string(p))
				shown := false
				for _, m := range may {
					shown = shown || m == p
				}
				if !shown {
					if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != b.base()+string(s.at) {
						t.Errorf("%s: %s to %q", p, r.Status, r.Header.Get("Location"))
					}
					continue
				}
				body := text(t, r)
				if r.StatusCode != http.StatusOK {
					t.Errorf("%s: %s", p, r.Status)
				}
				if strings.Count(body, "<h1") != 1 {
					t.Errorf("%s: not exactly one heading of the first order", p)
				}
				if i := missingText.FindString(body); i != "" {
					t.Errorf("%s: shows a key: %s", p, i)
				}
				if strings.Contains(body, "ZgotmplZ") || strings.Contains(body, "style=") || strings.Contains(body, " onclick") {
					t.Errorf("%s: something the policy forbids:\n%s", p, body)
				}
				csp := r.Header.Get("Content-Security-Policy")
				if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || r.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s: headers %v", p, r.Header)
				}
			}
		})
	}
}

// missingText finds a key that was shown in place of its text.
var missingText = regexp.MustCompile(`(>|=")(page|welcome|device|pictures|side|capture|camera|choose|type|upload|error|check|result|reason|field|gender|cancel|notice)\.[a-z_.]+[<"]`)

func TestWholeWay(t *testing.T) {
	b := entered(t)
	at := func(r *answer, want page) {
		t.Helper()
		if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != b.base()+string(want) {
			t.Fatalf("%s to %q, want %s", r.Status, r.Header.Get("Location"), want)
		}
	}
	at(b.post(b.base()+"document", url.Values{"type": {report.IdentityCard}}), pageFront)
	at(b.upload("front", jpeg), pageBack)
	at(b.upload("back", jpeg), pagePictures)
	at(b.post(b.base()+"check", nil), pageCheck)
	b.fake.finish(report.Accepted)
	at(b.get(b.base()+"check"), pageResult)
	if body := text(t, b.get(b.base()+"result")); !strings.Contains(body, `href="https://shop.example/back?id=1&amp;status=Accepted"`) {
		t.Errorf("no way back:\n%s", body)
	}
	// Late uploads change nothing.
	at(b.upload("front", jpeg), pageResult)
}

func TestRetakeKeepsTheOtherSide(t *testing.T) {
	b := entered(t)
	choose(b.fake, report.IdentityCard)
	give(b.fake, front)
	give(b.fake, back)
	b.fake.finish(report.ReadyToStart, retake)
	body := text(t, b.get(b.base()+"result"))
	for _, want := range []string{"Tries left: 3", "lines of letters", `href="` + b.base() + `pictures"`} {
		if !strings.Contains(body, want) {
			t.Errorf("page lacks %q:\n%s", want, body)
		}
	}
	if body := text(t, b.get(b.base()+"pictures")); !strings.Contains(body, `href="`+b.base()+`front?again"`) {
		t.Errorf("the front cannot be taken again:\n%s", body)
	}
	if body := text(t, b.get(b.base()+"front?again")); strings.Contains(body, "We already have this picture") {
		t.Errorf("asks once more:\n%s", body)
	}
	if r := b.upload("front", jpeg); r.Header.Get("Location") != b.base()+"pictures" {
		t.Fatalf("to %q", r.Header.Get("Location"))
	}
	if body := text(t, b.get(b.base()+"back")); !strings.Contains(body, "We already have this picture") {
		t.Errorf("the back is not offered to be kept:\n%s", body)
	}
	if r := b.post(b.base()+"check", nil); r.Header.Get("Location") != b.base()+"check" {
		t.Errorf("to %q", r.Header.Get("Location"))
	}
	if b.fake.st.Status != report.Pending {
		t.Errorf("status %s", b.fake.st.Status)
	}
}

func TestChoosingTheSameTypeKeepsPictures(t *testing.T) {
	b := entered(t)
	choose(b.fake, report.IdentityCard)
	give(b.fake, front)
	b.post(b.base()+"document", url.Values{"type": {report.IdentityCard}})
	if len(b.fake.st.Documents) != 1 {
		t.Error("the picture is gone")
	}
	if r := b.post(b.base()+"document", url.Values{"type": {"library card"}}); r.StatusCode != http.StatusBadRequest {
		t.Errorf("a type that is not offered: %s", r.Status)
	}
}

func TestUploadProblems(t *testing.T) {
	large := append([]byte{}, jpeg...)
	large = append(large, make([]byte, 2<<20)...)
	for name, c := range map[string]struct {
		data   []byte
		status int
		code   string
		text   string
	}{
		"a text":   {[]byte("hello"), http.StatusUnsupportedMediaType, "unsupported", "not a picture we can read"},
		"too much": {large, http.StatusRequestEntityTooLarge, "too_large", "up to 1 MB"},
		"nothing":  {nil, http.StatusBadRequest, "empty", "file is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			b := entered(t)
			choose(b.fake, report.Passport)
			r := b.upload("front", c.data)
			if body := text(t, r); r.StatusCode != c.status || !strings.Contains(body, c.text) || !strings.Contains(body, `role="alert"`) {
				t.Errorf("page: %s\n%s", r.Status, body)
			}
			b.script()
			r = b.upload("front", c.data)
			var got struct {
				Errors []struct{ Code, Description string }
			}
			if err := json.Unmarshal([]byte(text(t, r)), &got); err != nil {
				t.Fatal(err)
			}
			if r.StatusCode != c.status || len(got.Errors) != 1 || got.Errors[0].Code != c.code || !strings.Contains(got.Errors[0].Description, c.text) {
				t.Errorf("script: %s %+v", r.Status, got)
			}
		})
	}
}

func TestUploadWhileBusy(t *testing.T) {
	b := entered(t)
	choose(b.fake, report.Passport)
	b.fake.refuse = session.ErrUnavailable.Say("too many at once")
	b.script()
	if r := b.upload("front", jpeg); r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") != "5" {
		t.Errorf("%s %v", r.Status, r.Header)
	}
}

func TestStoredPictureThatBrowsersCannotDraw(t *testing.T) {
	b := entered(t)
	choose(b.fake, report.IdentityCard)
	_, _ = b.fake.Upload(t.Context(), "", front, strings.NewReader("%PDF-1.7"))
	body := text(t, b.get(b.base()+"front"))
	if !strings.Contains(body, "We already have this picture") || strings.Contains(body, "/picture/") {
		t.Errorf("page:\n%s", body)
	}
}

// The one picture that was not good enough is not offered to be kept.
func TestRetakeOfOnePicture(t *testing.T) {
	b := entered(t)
	choose(b.fake, report.Passport)
	give(b.fake, front)
	b.fake.finish(report.ReadyToStart, retake)
	if body := text(t, b.get(b.base()+"front")); strings.Contains(body, "We already have this picture") {
		t.Errorf("page:\n%s", body)
	}
}

func TestUploadInterrupted(t *testing.T) {
	b := entered(t)
	choose(b.fake, report.Passport)
	body := "--x\r\nContent-Disposition: form-data; name=\"document\"; filename=\"a.jpg\"\r\n\r\n" + string(jpeg)
	r := httptest.NewRequest(http.MethodPost, b.base()+"front", strings.NewReader(body))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	res := b.do(r)
	if got := text(t, res); res.StatusCode != http.StatusBadRequest || !strings.Contains(got, "did not arrive completely") {
		t.Errorf("%s\n%s", res.Status, got)
	}
	if len(b.fake.st.Documents) != 0 {
		t.Error("half a picture was kept")
	}
}

func TestUploadWithoutFile(t *testing.T) {
	b := entered(t)
	choose(b.fake, report.Passport)
	r := b.post(b.base()+"front", url.Values{"document": {"x"}})
	if body := text(t, r); r.StatusCode != http.StatusBadRequest || !strings.Contains(body, "choose a picture first") {
		t.Errorf("%s\n%s", r.Status, body)
	}
}

func TestUploadForScript(t *testing.T) {
	b := entered(t)
	choose(b.fake, report.Passport)
	b.script()
	if got, want := text(t, b.upload("front", jpeg)), `{"next":"`+b.base()+`check"}`; strings.TrimSpace(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// Sent again, because the answer was lost on the way: same answer.
	if got, want := text(t, b.upload("front", jpeg)), `{"next":"`+b.base()+`check"}`; strings.TrimSpace(got) != want {
		t.Errorf("again: got %s, want %s", got, want)
	}
}

func TestPicture(t *testing.T) {
	b := entered(t)
	choose(b.fake, report.Passport)
	give(b.fake, front)
	r := b.get(b.base() + "picture/document_front-id")
	if got := text(t, r); got != string(jpeg) || r.Header.Get("Content-Type") != "image/jpeg" || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s %v", r.Status, r.Header)
	}
	if !strings.Contains(r.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Error("a picture could do something")
	}
	if r := b.get(b.base() + "picture/other"); r.StatusCode != http.StatusNotFound {
		t.Errorf("unknown picture: %s", r.Status)
	}
}

func TestCancel(t *testing.T) {
	b := entered(t)
	if r := b.post(b.base()+"cancel", nil); r.Header.Get("Location") != b.base()+"leave" {
		t.Fatalf("to %q", r.Header.Get("Location"))
	}
	r := b.get(b.base() + "leave")
	if got := r.Header.Get("Refresh"); got != "0; url=https://shop.example/back?id=1&status=Cancelled" {
		t.Errorf("leads to %q", got)
	}
	b = entered(t)
	b.header.Set("Sec-Fetch-Dest", "iframe")
	if r := b.post(b.base()+"cancel", nil); r.Header.Get("Location") != b.base()+"result" {
		t.Errorf("in a frame to %q", r.Header.Get("Location"))
	}
	b = entered(t)
	choose(b.fake, report.Passport)
	give(b.fake, front)
	_, _ = b.fake.Submit(t.Context(), "")
	if r := b.post(b.base()+"cancel", nil); r.Header.Get("Location") != b.base()+"check" {
		t.Errorf("while it runs to %q", r.Header.Get("Location"))
	}
}

func TestFrames(t *testing.T) {
	b := entered(t)
	if r := b.get(b.base() + "document"); r.Header.Get("X-Frame-Options") != "DENY" ||
		!strings.HasSuffix(r.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("anybody may frame: %v", r.Header)
	}
	b.fake.st.FrameOrigins = []string{"https://shop.example", "https://evil.example; script-src *", "*", "https://shop.example/path"}
	r := b.get(b.base() + "document")
	if got := r.Header.Get("Content-Security-Policy"); !strings.HasSuffix(got, "frame-ancestors https://shop.example") || r.Header.Get("X-Frame-Options") != "" {
		t.Errorf("policy %q", got)
	}
	b.fake.finish(report.Accepted)
	want := `<idp-embed origins="https://shop.example" session="` + b.fake.st.ID + `" relay-state="order-1" status="Accepted">`
	if body := text(t, b.get(b.base()+"result")); !strings.Contains(body, want) {
		t.Errorf("no %s in\n%s", want, body)
	}
}

func TestState(t *testing.T) {
	b := entered(t)
	choose(b.fake, report.Passport)
	give(b.fake, front)
	_, _ = b.fake.Submit(t.Context(), "")
	b.fake.change(func(st *session.State) { st.Progress = &session.Progress{Step: "text", Done: 3, Total: 4} })
	var got live
	if err := json.Unmarshal([]byte(text(t, b.get(b.base()+"state"))), &got); err != nil {
		t.Fatal(err)
	}
	want := live{Page: b.base() + "check", Revision: "5", Progress: 0.75, Label: "Reading the document", Begun: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEvents(t *testing.T) {
	b := entered(t)
	server := httptest.NewServer(b.handler)
	defer server.Close()
	choose(b.fake, report.Passport)
	give(b.fake, front)
	_, _ = b.fake.Submit(t.Context(), "")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+b.base()+"events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(b.cookies[0])
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("type %q", got)
	}
	lines := bufio.NewScanner(res.Body)
	next := func() (l live) {
		t.Helper()
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(data), &l); err != nil {
					t.Fatal(err)
				}
				return l
			}
		}
		t.Fatal("the stream ended early")
		return l
	}
	if got := next(); got.Page != b.base()+"check" {
		t.Errorf("first %+v", got)
	}
	b.fake.finish(report.Accepted)
	for {
		if got := next(); got.Page == b.base()+"result" {
			break
		}
	}
	if lines.Scan(); lines.Scan() {
		t.Errorf("the stream goes on after the end: %q", lines.Text())
	}
}

func TestLanguage(t *testing.T) {
	b := entered(t)
	lang := func(r *answer) string {
		t.Helper()
		return regexp.MustCompile(`<html lang="(\w+)"`).FindStringSubmatch(text(t, r))[1]
	}
	b.header.Set("Accept-Language", "fr-CH, de;q=0.5")
	if got := lang(b.get(b.base() + "document")); got != "fr" {
		t.Errorf("the browser's: %s", got)
	}
	b.fake.st.Locale = "se"
	if got := lang(b.get(b.base() + "document")); got != "sv" {
		t.Errorf("the session's: %s", got)
	}
	r := b.post("/locale", url.Values{"locale": {"gr"}, "next": {b.base() + "document"}})
	if r.Header.Get("Location") != b.base()+"document" {
		t.Errorf("comes back to %q", r.Header.Get("Location"))
	}
	if got := lang(b.get(b.base() + "document")); got != "el" {
		t.Errorf("the person's: %s", got)
	}
	for _, next := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "/\tx", "", "javascript:alert(1)"} {
		if r := b.post("/locale", url.Values{"locale": {"en"}, "next": {next}}); r.Header.Get("Location") != "/" {
			t.Errorf("%q leads to %q", next, r.Header.Get("Location"))
		}
	}
}

func TestFieldsRead(t *testing.T) {
	catalog, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	r := report.New()
	r.Document = &report.Document{Type: report.Passport, DocumentNumber: "C01X00T47", IssuingCountry: "D", DateOfExpiry: "2032-01-31"}
	r.Identity = &report.Identity{FirstName: "Erika", LastName: "Mustermann", FullName: "Erika Mustermann", DateOfBirth: "1964", Gender: "F", Nationality: "UTO"}
	want := []field{
		{Name: "Dokument", Value: "Reisepass"},
		{Name: "Nachname", Value: "Mustermann"},
		{Name: "Vornamen", Value: "Erika"},
		{Name: "Geburtsdatum", Value: "1964"},
		{Name: "Geschlecht", Value: "Weiblich"},
		{Name: "Staatsangehörigkeit", Value: "Utopia"},
		{Name: "Dokumentnummer", Value: "C01X00T47"},
		{Name: "Ausgestellt von", Value: "Deutschland"},
		{Name: "Gültig bis", Value: "2032-01-31", Date: true},
	}
	if diff := cmp.Diff(want, fieldsOf(catalog.Find("de"), r)); diff != "" {
		t.Error(diff)
	}
}

func TestStateNames(t *testing.T) {
	catalog, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]string{
		"": "", "SWE": "Suède", "D": "Allemagne", "GBN": "Royaume-Uni", "RKS": "Kosovo", "QQQ": "QQQ",
	} {
		if got := stateName(catalog.Find("fr"), code); got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

// Reasons that lead to a person's look or to a failure, never to a decline:
// nobody is shown them, and should that change, the general words fit.
var unsaid = map[string]bool{
	"SELFIE_NOT_PERFORMED": true, "LIVENESS_NOT_PERFORMED": true, "FORGERY_NOT_PERFORMED": true, "ANALYSIS_FAILED": true,
	"FORGERY_SUSPECTED": true, "FORGERY_LIKELY": true, // nothing is told to a forger
	"FACE_SEEN_BEFORE": true, "FACE_BLOCKED": true, // nor who else looks alike
}

func TestEveryReasonHasWords(t *testing.T) {
	catalog, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range policy.Rules() {
		if has := catalog.Find("en").Has("reason." + strings.ToLower(rule.Code)); has == unsaid[rule.Code] {
			t.Errorf("%s: has words %v", rule.Code, has)
		}
	}
	got := reasonTexts(catalog.Find("en"), []report.Reason{{Code: "DOCUMENT_EXPIRED"}, {Code: "NEW"}, {Code: "NEWER"}})
	if diff := cmp.Diff([]string{"The document has expired.", "The document could not be checked completely."}, got); diff != "" {
		t.Error(diff)
	}
}

// The first page with its style and script must come through a thin line.
func TestFirstPageIsSmall(t *testing.T) {
	b := entered(t)
	b.header.Set("Accept-Encoding", "gzip, br")
	b.header.Set("Accept-Language", "ru")
	r := b.get(b.base() + "document")
	page, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%v %v", err, r.Header)
	}
	size := len(page)
	z, err := gzip.NewReader(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	linked := regexp.MustCompile(`"(/assets/[^"]+\.(?:js|css))"`).FindAllStringSubmatch(string(plain), -1)
	if len(linked) == 0 {
		t.Skip("the web files are not built")
	}
	for _, m := range linked {
		r := b.get(m[1])
		data, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != http.StatusOK || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %s %v", m[1], r.Status, r.Header)
		}
		size += len(data)
	}
	t.Logf("%d bytes", size)
	if size > 60_000 {
		t.Errorf("%d bytes, at most 60,000", size)
	}
}

func TestNewRefusesABaseThatIsNone(t *testing.T) {
	for _, base := range []string{"", "localhost:8080", "ftp://x", "://"} {
		if _, err := New(newFake(), Options{BaseURL: base}); err == nil {
			t.Errorf("%q is taken", base)
		}
	}
}

func TestUnknownAddress(t *testing.T) {
	b := entered(t)
	if r := b.get("/nothing"); r.StatusCode != http.StatusNotFound || !strings.Contains(text(t, r), "This link does not work") {
		t.Errorf("%s", r.Status)
	}
	if r := b.get("/assets/../flow.go"); r.StatusCode == http.StatusOK {
		t.Error("serves what it should not")
	}
}
