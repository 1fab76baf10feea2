package flow

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"idproof/internal/session"
	"idproof/report"
)

// outbox keeps what would have been sent.
type outbox struct {
	sent [][2]string
	fail error
	shut bool // nobody would take it
}

func (o *outbox) Offered(context.Context, string) bool { return !o.shut }

func (o *outbox) Send(_ context.Context, _, number, text string) error {
	o.sent = append(o.sent, [2]string{number, text})
	return o.fail
}

func withMessages(t *testing.T) (*browser, *outbox) {
	t.Helper()
	b, box := open(t, "http://localhost:8080"), &outbox{}
	var err error
	if b.handler, err = New(b.fake, Options{BaseURL: "http://localhost:8080", Messages: box}); err != nil {
		t.Fatal(err)
	}
	b.get("/flow/secret")
	b.post(b.base()+"welcome", nil)
	return b, box
}

func TestWelcomeComesFirst(t *testing.T) {
	b := open(t, "http://localhost:8080")
	b.get("/flow/secret")
	at := func(r *answer, want page) {
		t.Helper()
		if r.Header.Get("Location") != b.base()+string(want) {
			t.Errorf("to %q, want %s", r.Header.Get("Location"), want)
		}
	}
	at(b.get(b.base()), pageWelcome)
	at(b.get(b.base()+"document"), pageWelcome)
	at(b.get(b.base()+"device"), pageWelcome)
	at(b.post(b.base()+"document", url.Values{"type": {report.Passport}}), pageWelcome)
	if b.fake.st.DocumentType != "" {
		t.Error("a document was chosen without consent")
	}
	body := text(t, b.get(b.base()+"welcome"))
	if !strings.Contains(body, "By starting you agree that Example Bank") || strings.Contains(body, "your face") {
		t.Errorf("consent:\n%s", body)
	}
	b.fake.change(func(st *session.State) { st.AnalysisTypes = []string{"document", "selfie"} })
	if body := text(t, b.get(b.base()+"welcome")); !strings.Contains(body, "compares your face") {
		t.Errorf("consent to the comparison of faces:\n%s", body)
	}
	at(b.post(b.base()+"welcome", url.Values{"device": {"large"}}), pageDevice)
	at(b.get(b.base()), pageDocument)
	at(b.post(b.base()+"welcome", url.Values{"device": {"touch"}}), pageDocument)
}

func TestHandOff(t *testing.T) {
	b := entered(t)
	body := text(t, b.get(b.base()+"device"))
	for _, want := range []string{"http://127.0.0.1:8080/flow/secret?phone", `<path d="M0 0h7v1h-7z`, " follow>"} {
		if !strings.Contains(body, want) {
			t.Errorf("page lacks %q:\n%s", want, body)
		}
	}
	if strings.Contains(body, "message") {
		t.Error("offers messages without a gateway")
	}
	var fresh map[string]string
	if err := json.Unmarshal([]byte(text(t, b.get(b.base()+"link"))), &fresh); err != nil || fresh["link"] == "" || fresh["path"] == "" || fresh["box"] == "" {
		t.Errorf("%v %v", err, fresh)
	}

	phone := &browser{t: t, fake: b.fake, handler: b.handler, header: http.Header{}}
	phone.get("/flow/secret?phone")
	if r := phone.get(b.base()); r.Header.Get("Location") != b.base()+"document" {
		t.Errorf("the phone begins at %q", r.Header.Get("Location"))
	}
	phone.post(b.base()+"document", url.Values{"type": {report.Passport}})
	if body := text(t, b.get(b.base()+"device")); !strings.Contains(body, "Photograph the picture page of your passport") {
		t.Errorf("does not say what happens on the phone:\n%s", body)
	}
	phone.upload("front", jpeg)
	b.fake.finish(report.Accepted)
	onPhone, here := text(t, phone.get(b.base()+"result")), text(t, b.get(b.base()+"result"))
	if !strings.Contains(onPhone, "Go back to your computer") || strings.Contains(onPhone, "shop.example") {
		t.Errorf("on the phone:\n%s", onPhone)
	}
	if strings.Contains(here, "Go back to your computer") || !strings.Contains(here, "shop.example") {
		t.Errorf("here:\n%s", here)
	}
}

func TestDevicesThatTheMerchantWants(t *testing.T) {
	b := entered(t)
	b.fake.change(func(st *session.State) { st.Settings.Devices = "browser" })
	if r := b.post(b.base()+"welcome", url.Values{"device": {"large"}}); r.Header.Get("Location") != b.base()+"document" {
		t.Errorf("to %q", r.Header.Get("Location"))
	}
	b.fake.change(func(st *session.State) { st.Settings.Devices, st.Settings.Handoff = "mobile", []string{"link"} })
	if r := b.post(b.base()+"welcome", nil); r.Header.Get("Location") != b.base()+"device" {
		t.Errorf("to %q", r.Header.Get("Location"))
	}
	if body := text(t, b.get(b.base()+"device")); strings.Contains(body, "data-code") || strings.Contains(body, "?here") {
		t.Errorf("offers more than the merchant wants:\n%s", body)
	}
}

func TestWhatTheMerchantAccepts(t *testing.T) {
	b := entered(t)
	b.fake.change(func(st *session.State) {
		st.Settings.Countries, st.Settings.Locales = []string{"SWE", "D"}, []string{"en", "se"}
	})
	body := text(t, b.get(b.base()+"document"))
	if !strings.Contains(body, `<option value="D">Germany</option><option value="SWE">Sweden</option>`) {
		t.Errorf("countries:\n%s", body)
	}
	if n := strings.Count(body, `name="locale"`); n != 2 {
		t.Errorf("%d languages", n)
	}
}

func TestMessage(t *testing.T) {
	b, box := withMessages(t)
	send := func(number string) *answer { return b.post(b.base()+"message", url.Values{"number": {number}}) }
	if r := send("070 174 06 05"); r.StatusCode != http.StatusBadRequest || !strings.Contains(text(t, r), `value="070 174 06 05"`) || len(box.sent) != 0 {
		t.Errorf("%s, %v", r.Status, box.sent)
	}
	if body := text(t, send("+46 70-174 06 05")); !strings.Contains(body, "on its way") || strings.Contains(body, "174") {
		t.Errorf("page:\n%s", body)
	}
	if len(box.sent) != 1 || box.sent[0][0] != "+46701740605" || !strings.HasSuffix(box.sent[0][1], "http://127.0.0.1:8080/flow/secret?phone") {
		t.Errorf("sent %v", box.sent)
	}
	box.fail = errors.New("no gateway")
	if r := send("+46701740605"); r.StatusCode != http.StatusBadGateway {
		t.Errorf("%s", r.Status)
	}
	for range 5 {
		send("+46701740605")
	}
	if r := send("+46701740605"); r.StatusCode != http.StatusTooManyRequests || len(box.sent) != messagesEach {
		t.Errorf("%s after %d", r.Status, len(box.sent))
	}
	if strings.Contains(b.log.String(), "701740605") {
		t.Error("a number is in the log")
	}
	box.shut = true
	if r := send("+46701740605"); r.StatusCode != http.StatusNotFound || len(box.sent) != messagesEach {
		t.Errorf("%s without a gateway", r.Status)
	}
	if strings.Contains(text(t, b.get(b.base()+"device")), `name="number"`) {
		t.Error("messages are offered without a gateway")
	}
}

func TestPhoneNumber(t *testing.T) {
	for typed, want := range map[string]string{
		"+46 70 174 06 05": "+46701740605", "0046701740605": "+46701740605", "+49 (1512) 345-6789": "+4915123456789",
		"070": "", "+46": "", "+0701740605": "", "+46 70 abc 06 05": "", "": "", "+1234567890123456": "", "+46\u00a0701740605": "+46701740605",
	} {
		if got := phoneNumber(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func TestTallyForgets(t *testing.T) {
	c := newTally(1, time.Hour)
	if !c.take("a", now) || c.take("a", now) || !c.take("b", now) || !c.take("a", now.Add(2*time.Hour)) {
		t.Error("counts wrongly")
	}
}

func TestCapture(t *testing.T) {
	for body, want := range map[string]bool{
		`{"by":"auto","hint":"good","frames":12,"frame_ms":7.5,"width":1920,"height":1080,"blur":0.3}`: true,
		`{"by":"file"}`:                             true,
		`{"by":"somebody","hint":"good"}`:           false,
		`{"by":"auto","hint":"a name"}`:             false,
		`{"by":"auto","width":-1}`:                  false,
		`{"by":"auto","width":1e300}`:               false,
		`{"by":"auto","hint":"good","blur":"x"}`:    false,
		`[]`:                                        false,
		strings.Repeat(" ", 5000) + `{"by":"file"}`: false,
	} {
		if _, ok := parseCapture(strings.NewReader(body)); ok != want {
			t.Errorf("%.60s: %v", body, ok)
		}
	}
}
