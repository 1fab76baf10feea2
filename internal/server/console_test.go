package server_test

import (
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
	"idproof/internal/staff"
	"idproof/internal/store"
)

const consolePassword = "five wet otters"

// office is a browser in the console.
type office struct {
	*service
	client *http.Client
	form   string // of the last page
}

// page is what the console answered.
type page struct {
	status int
	at     string // where it led
	body   string
	header http.Header
}

func (o *office) request(method, path string, form url.Values) page {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), method, o.base+path, strings.NewReader(form.Encode()))
	require.NoError(o.t, err)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	res, err := o.client.Do(req)
	require.NoError(o.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(o.t, err)
	if m := regexp.MustCompile(`name="form" value="([^"]+)"`).FindSubmatch(body); m != nil {
		o.form = string(m[1])
	}
	return page{res.StatusCode, res.Header.Get("Location"), string(body), res.Header}
}

func (o *office) get(path string) page { o.t.Helper(); return o.request(http.MethodGet, path, nil) }

// post sends a form of the page that was looked at last.
func (o *office) post(path string, pairs ...string) page {
	o.t.Helper()
	form := url.Values{"form": {o.form}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return o.request(http.MethodPost, path, form)
}

// browser is a console without anybody signed in.
func (s *service) browser() *office {
	jar, err := cookiejar.New(nil)
	require.NoError(s.t, err)
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &office{service: s, client: &http.Client{Jar: jar, CheckRedirect: stay}}
}

// invite makes a person and returns the path of the link.
func (s *service) invite(merchantID, email string, role staff.Role) string {
	s.t.Helper()
	_, secret, err := staff.NewService(openStore(s.t, s), time.Now).Add(s.t.Context(), merchantID, email, role)
	require.NoError(s.t, err)
	return "/console/welcome/" + secret
}

// office is the console of a new person of a merchant.
func (s *service) office(merchantID, email string, role staff.Role) *office {
	s.t.Helper()
	o := s.browser()
	in := o.post(s.invite(merchantID, email, role), "password", consolePassword, "again", consolePassword)
	require.Equal(s.t, 303, in.status, in.body)
	o.get("/console/account")
	require.NotEmpty(s.t, o.form)
	return o
}

// Every address of the console, by everybody: a stranger is sent to sign in, a
// reviewer sees no settings, and what is another merchant's is not there.
func TestConsoleAccess(t *testing.T) {
	s := start(t, "--address-limit", "100000")
	addMerchant(t, s, merchant.Settings{})
	hooks := newReceiver(t, nil)
	s.create(map[string]any{"webhook": hooks.URL, "test_outcome": "accepted"})
	var made struct {
		SessionID string `json:"session_id"`
	}
	require.Equal(t, 202, s.call("POST", "/v3/merchant/webhooks/test", map[string]string{"url": hooks.URL}, &made).StatusCode)
	hooks.wait(t, 1)
	hook := s.deliveries(made.SessionID)[0].ID
	require.Eventually(t, func() bool { return s.deliveries(made.SessionID)[0].State == "delivered" }, 5*time.Second, 20*time.Millisecond)
	keyOf := func(label string) string {
		k := merchant.Key{ID: uuid.NewString(), MerchantID: merchant.Development, Kind: merchant.Secret, Label: label, CreatedAt: time.Now()}
		require.NoError(t, openStore(t, s).InsertKey(t.Context(), k, merchant.HashKey(merchant.NewKey())))
		return k.ID
	}
	key := keyOf("PRIVATE-LABEL")

	stranger := s.browser()
	reviewer := s.office(merchant.Development, "rita@shop.example", staff.Reviewer)
	other := s.office("m2", "otto@other.example", staff.Admin)
	owner := s.office(merchant.Development, "anna@shop.example", staff.Admin)
	in := "/console/sign-in"
	type row struct{ reviewer, other, owner int }
	everybody, admins, ours := row{200, 200, 200}, row{404, 200, 200}, row{404, 404, 200}
	for _, tt := range []struct {
		method, path string
		want         row
		form         []string
	}{
		{"GET", "/console/account", everybody, nil},
		{"GET", "/console", row{200, 303, 303}, nil},
		{"GET", "/console/", row{200, 303, 303}, nil},
		{"GET", "/console/settings", row{404, 303, 303}, nil},
		{"GET", "/console/settings/pages", admins, nil},
		{"GET", "/console/settings/checks", admins, nil},
		{"GET", "/console/settings/risks", admins, nil},
		{"GET", "/console/settings/phone", admins, nil},
		{"GET", "/console/settings/access", admins, nil},
		{"GET", "/console/settings/legal", admins, nil},
		{"GET", "/console/settings/retention", admins, nil},
		{"GET", "/console/settings/policy", admins, nil},
		{"GET", "/console/settings/nothing", row{404, 404, 404}, nil},
		{"POST", "/console/settings/checks", row{404, 409, 409}, []string{"revision", "99"}},
		{"POST", "/console/settings/checks", row{404, 404, 404}, []string{"revision", "x"}},
		{"POST", "/console/sms/secret", row{404, 404, 404}, []string{"secret", "x"}}, // no gateway
		{"POST", "/console/sms/test", row{404, 404, 404}, []string{"number", "+46701740605"}},
		{"POST", "/console/sms/forget", row{404, 303, 303}, nil},
		{"GET", "/console/keys", admins, nil},
		{"POST", "/console/keys", row{404, 201, 201}, []string{"kind", "secret", "mode", "test", "label", "x"}},
		{"POST", "/console/keys", row{404, 404, 404}, []string{"kind", "root"}},
		{"POST", "/console/keys/" + key + "/end", row{404, 404, 303}, nil},
		{"POST", "/console/keys/" + uuid.NewString() + "/end", row{404, 404, 404}, nil},
		{"GET", "/console/webhooks", admins, nil},
		{"GET", "/console/webhooks?state=nonsense", row{404, 404, 404}, nil},
		{"GET", "/console/webhooks?before=nonsense~x", row{404, 404, 404}, nil},
		{"GET", "/console/webhooks/" + hook, ours, nil},
		{"POST", "/console/webhooks/" + hook + "/resend", row{404, 404, 303}, nil},
		{"GET", "/console/webhooks/" + uuid.NewString(), row{404, 404, 404}, nil},
		{"POST", "/console/webhooks/resume", row{404, 404, 404}, []string{"origin", hooks.URL}},
		{"POST", "/console/webhooks/test", row{404, 400, 400}, nil}, // no receiver
		{"POST", "/console/webhooks/rotate", row{404, 201, 201}, nil},
		{"POST", "/console/webhooks/retire", row{404, 303, 303}, nil},
		{"GET", "/console/changes", admins, nil},
		{"GET", "/console/changes?before=x", row{404, 404, 404}, nil},
		{"GET", "/console/nothing", row{404, 404, 404}, nil},
		{"POST", "/console/sign-out-everywhere", row{303, 303, 303}, nil},
	} {
		name := tt.method + " " + tt.path
		ask := func(o *office) page {
			if tt.method == http.MethodPost {
				return o.post(tt.path, tt.form...)
			}
			return o.get(tt.path)
		}
		if got := ask(stranger); tt.want.owner != 404 || tt.path != "/console/nothing" {
			require.Equal(t, 303, got.status, name)
			require.Equal(t, in, got.at, name)
		}
		for _, who := range []struct {
			name string
			o    *office
			want int
		}{{"reviewer", reviewer, tt.want.reviewer}, {"other", other, tt.want.other}, {"owner", owner, tt.want.owner}} {
			got := ask(who.o)
			require.Equal(t, who.want, got.status, "%s as %s: %s", name, who.name, got.body)
			require.Contains(t, got.header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'", name)
			require.Equal(t, "DENY", got.header.Get("X-Frame-Options"), name)
			require.Equal(t, "no-store", got.header.Get("Cache-Control"), name)
			if who.o != owner {
				for _, secret := range []string{"PRIVATE-LABEL", key, hook, made.SessionID, hooks.URL, "anna@shop.example"} {
					if !strings.Contains(tt.path, secret) {
						require.NotContains(t, got.body, secret, "%s as %s", name, who.name)
					}
				}
			}
			if strings.Contains(tt.path, "sign-out") {
				require.Equal(t, 303, who.o.get("/console/account").status, "signed out")
			}
		}
	}
}

// A form is taken only from the visit that it was given to, and never from
// another site.
func TestConsoleForms(t *testing.T) {
	s := start(t)
	o := s.office(merchant.Development, "anna@shop.example", staff.Admin)
	twin := s.office(merchant.Development, "berta@shop.example", staff.Admin)
	for name, token := range map[string]string{"none": "", "of another visit": twin.form, "made up": strings.Repeat("x", 43)} {
		got := o.request(http.MethodPost, "/console/webhooks/rotate", url.Values{"form": {token}})
		require.Equal(t, 403, got.status, name)
	}
	for _, path := range []string{"/console/webhooks/rotate", "/console/sign-in"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+path, strings.NewReader(url.Values{"form": {o.form}}.Encode()))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		res, err := o.client.Do(req)
		require.NoError(t, err)
		res.Body.Close()
		require.Equal(t, 403, res.StatusCode, path)
	}
	m, err := openStore(t, s).Merchant(t.Context(), merchant.Development)
	require.NoError(t, err)
	require.Len(t, m.WebhookSecrets, 1)
}

// In, out, and kept out.
func TestConsoleSignIn(t *testing.T) {
	s := start(t)
	o := s.browser()
	link := s.invite(merchant.Development, "anna@shop.example", staff.Admin)
	require.Equal(t, 200, o.get(link).status)
	require.Contains(t, o.post(link, "password", consolePassword, "again", "another password").body, "not the same")
	require.Contains(t, o.post(link, "password", "short", "again", "short").body, "At least 12")
	in := o.post(link, "password", consolePassword, "again", consolePassword)
	require.Equal(t, 303, in.status)
	cookie := in.header.Get("Set-Cookie")
	for _, part := range []string{"idproof-console=", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"} {
		require.Contains(t, cookie, part)
	}
	require.NotContains(t, cookie, "Secure", "on plain http")
	require.Equal(t, 404, s.browser().get(link).status, "a link works once")
	require.Equal(t, 404, s.browser().get("/console/welcome/"+strings.Repeat("x", 43)).status)
	require.Equal(t, 200, o.get("/console/account").status)
	old := strings.TrimPrefix(strings.Split(cookie, ";")[0], "idproof-console=")
	out := o.post("/console/sign-out")
	require.Equal(t, 303, out.status)
	require.Contains(t, out.header.Get("Set-Cookie"), "Max-Age=0")
	replay := s.browser()
	u, err := url.Parse(s.base)
	require.NoError(t, err)
	replay.client.Jar.SetCookies(u, []*http.Cookie{{Name: "idproof-console", Value: old, Path: "/"}})
	require.Equal(t, "/console/sign-in", replay.get("/console/account").at, "the server has ended the visit")

	wrong := o.post("/console/sign-in", "email", "anna@shop.example", "password", "not the password")
	unknown := o.post("/console/sign-in", "email", "anna@shop.exampla", "password", "not the password")
	require.Equal(t, 401, wrong.status)
	require.Equal(t, strings.ReplaceAll(wrong.body, "example", "exampla"), unknown.body, "an unknown address is told the same")
	for range 4 {
		o.post("/console/sign-in", "email", "anna@shop.example", "password", "not the password")
	}
	require.Equal(t, 401, o.post("/console/sign-in", "email", "anna@shop.example", "password", consolePassword).status, "the account pauses")
	var last page
	for range 20 {
		last = o.post("/console/sign-in", "email", "nobody@shop.example", "password", "x")
	}
	require.Equal(t, 429, last.status, "so does the address")
	require.NotEmpty(t, last.header.Get("Retry-After"))
	for _, secret := range []string{"shop.example", consolePassword, "not the password", old} {
		require.NotContains(t, s.logs.String(), secret)
	}
	files := snapshot(t, s.dir)
	for name, content := range files {
		for _, secret := range []string{"anna@shop.example", consolePassword, old} {
			require.NotContains(t, string(content), secret, name)
		}
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	tls := start(t, "--base-url", "https://id.example", "--listen", l.Addr().String())
	tls.base = "http://" + l.Addr().String() // as the proxy reaches it
	secure := tls.browser()
	cookie = secure.post(tls.invite(merchant.Development, "anna@shop.example", staff.Admin), "password", consolePassword, "again", consolePassword).header.Get("Set-Cookie")
	require.Contains(t, cookie, "__Host-idproof-console=")
	require.Contains(t, cookie, "Secure")
}

// Settings are changed by the rules of the API; of two tabs the slower one is
// told, and loses nothing.
func TestConsoleSettings(t *testing.T) {
	s := start(t)
	o := s.office(merchant.Development, "anna@shop.example", staff.Admin)
	s.call("PATCH", "/v3/merchant/settings", `{"display_name":"Shop & Söhne","handoff":["sms","qr"]}`, nil)
	first := o.get("/console/settings/checks")
	require.Contains(t, first.body, `name="revision" value="2"`)
	values := []string{"attempts", "5", "link_ttl", "7d", "countries", "SWE\r\nD\r\n", "document_types", "visa", "document_types", "passport", "document_types", "", "accept_expired", "on"}
	saved := o.post("/console/settings/checks", append(values, "revision", "2")...)
	require.Equal(t, 303, saved.status, saved.body)
	require.Contains(t, o.get(saved.at).body, "Saved as revision 3.")
	m, err := openStore(t, s).Merchant(t.Context(), merchant.Development)
	require.NoError(t, err)
	require.Equal(t, 5, m.Settings.Attempts)
	require.Equal(t, merchant.Duration(7*24*time.Hour), m.Settings.LinkTTL)
	require.Equal(t, []string{"SWE", "D"}, m.Settings.Countries)
	require.Equal(t, []string{"visa", "passport"}, m.Settings.DocumentTypes)
	require.True(t, m.Settings.AcceptExpired)
	require.Equal(t, []string{"sms", "qr"}, m.Settings.Handoff, "other groups stay")
	require.Equal(t, "Shop & Söhne", m.Settings.DisplayName)
	trail, err := openStore(t, s).Audit(t.Context(), merchant.Development, 0, 1)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(trail[0].Who, "user:"), trail[0].Who)
	require.Equal(t, "settings_changed", trail[0].Action)

	bad := o.post("/console/settings/checks", "attempts", "50", "minimum_age", "old", "countries", "sweden", "revision", "3")
	require.Equal(t, 400, bad.status)
	require.Contains(t, bad.body, "This must be a whole number.")
	bad = o.post("/console/settings/checks", "attempts", "50", "countries", "sweden", "revision", "3")
	require.Contains(t, bad.body, "From 1 to 20")
	require.Contains(t, bad.body, "is not a country code")
	require.Contains(t, bad.body, `value="50"`, "what was entered is not lost")

	late := o.post("/console/settings/checks", "attempts", "7", "revision", "2")
	require.Equal(t, 409, late.status)
	require.Contains(t, late.body, "Kept now: 5")
	require.Contains(t, late.body, "Kept now: 7d")
	require.Contains(t, late.body, `value="7"`)
	require.Contains(t, late.body, `name="revision" value="3"`, "sent again it counts")
	m, err = openStore(t, s).Merchant(t.Context(), merchant.Development)
	require.NoError(t, err)
	require.Equal(t, 5, m.Settings.Attempts)
	same := o.post("/console/settings/checks", append(values, "revision", "3")...)
	require.Contains(t, o.get(same.at).body, "Nothing was changed.")

	policy := o.get("/console/settings/policy").body
	require.Contains(t, policy, "For services where a wrong acceptance costs more than a wrong refusal.")
	set := o.post("/console/settings/policy", "policy.preset", "strict", "policy.reasons.DOCUMENT_EXPIRED", "review", "policy.checks", `{"blurred":{"failed":"review"}}`, "revision", "3")
	require.Equal(t, 303, set.status, set.body)
	m, err = openStore(t, s).Merchant(t.Context(), merchant.Development)
	require.NoError(t, err)
	require.Equal(t, "strict-4+changes", m.Settings.Policy.Name())
	require.Equal(t, 400, o.post("/console/settings/policy", "policy.preset", "none", "revision", "4").status)
}

// Keys and secrets are shown once; the gateway's never.
func TestConsoleSecrets(t *testing.T) {
	s := start(t)
	o := s.office(merchant.Development, "anna@shop.example", staff.Admin)
	made := o.post("/console/keys", "kind", "secret", "mode", "test", "label", "Till <1>")
	key := regexp.MustCompile(`idp_test_[\w-]{43}`).FindString(made.body)
	require.NotEmpty(t, key)
	list := o.get("/console/keys").body
	require.NotContains(t, list, key)
	require.Contains(t, list, "Till &lt;1&gt;")
	s.key = key
	require.Equal(t, 200, s.call("GET", "/v3/merchant/settings", nil, nil).StatusCode)
	id := regexp.MustCompile(`/console/keys/([0-9a-f-]{36})/end`).FindAllStringSubmatch(list, -1)
	require.NotEmpty(t, id)
	require.Equal(t, 303, o.post("/console/keys/"+id[len(id)-1][1]+"/end").status)
	require.Equal(t, 401, s.call("GET", "/v3/merchant/settings", nil, nil).StatusCode)

	secret := regexp.MustCompile(`whsec_[\w+/=]+`).FindString(strings.ReplaceAll(o.post("/console/webhooks/rotate").body, "&#43;", "+"))
	require.NotEmpty(t, secret)
	require.NotContains(t, o.get("/console/webhooks").body, secret)
	o.post("/console/webhooks/rotate")
	require.Contains(t, o.post("/console/webhooks/rotate").body, "three secrets already")
	require.Equal(t, 303, o.post("/console/webhooks/retire").status)
	m, err := openStore(t, s).Merchant(t.Context(), merchant.Development)
	require.NoError(t, err)
	require.Len(t, m.WebhookSecrets, 1)

	g := newGateway(t)
	require.Equal(t, 303, o.post("/console/settings/phone", "sms.url", g.URL, "revision", "1").status)
	require.Equal(t, 400, o.post("/console/sms/secret", "secret", "a\nb").status)
	require.Equal(t, 303, o.post("/console/sms/secret", "secret", "Basic CANARY-21").status)
	shown := o.get("/console/settings/phone").body
	require.Contains(t, shown, "The gateway has a secret")
	require.NotContains(t, shown, "CANARY")
	require.Equal(t, 400, o.post("/console/sms/test", "number", "070").status)
	require.Equal(t, 303, o.post("/console/sms/test", "number", "+46701740605").status)
	_, sent, _ := g.last()
	require.Equal(t, "Basic CANARY-21", sent)
	g.status = 402
	require.Contains(t, o.post("/console/sms/test", "number", "+46701740605").body, "answers 402")
	require.Equal(t, 303, o.post("/console/sms/forget").status)
}

// The log of webhooks shows what happened to each and sends again what is asked.
func TestConsoleWebhooks(t *testing.T) {
	s := start(t)
	hooks := newReceiver(t, nil)
	o := s.office(merchant.Development, "anna@shop.example", staff.Admin)
	require.Equal(t, 303, o.post("/console/settings/access", "webhook", hooks.URL+"/in?customer=4711", "webhook_events", "session_finished", "revision", "1").status)
	require.Equal(t, 303, o.post("/console/webhooks/test").status)
	hooks.wait(t, 1)
	var link string
	require.Eventually(t, func() bool {
		body := o.get("/console/webhooks?state=delivered").body
		link = regexp.MustCompile(`/console/webhooks/[0-9a-f-]{36}`).FindString(body)
		return link != ""
	}, 5*time.Second, 20*time.Millisecond)
	one := o.get(link).body
	require.Contains(t, one, hooks.URL)
	require.Contains(t, one, "Answer 2")
	require.NotContains(t, one, "4711", "only scheme and host of a receiver are shown in the log")
	require.Equal(t, 303, o.post(link+"/resend").status)
	hooks.wait(t, 2)

	// More than a page of them are paged.
	st := openStore(t, s)
	for range 30 {
		require.Equal(t, 303, o.post("/console/webhooks/test").status)
	}
	require.Eventually(t, func() bool {
		all, err := st.ListDeliveries(t.Context(), store.DeliveryFilter{MerchantID: merchant.Development, Limit: 100})
		return err == nil && len(all) == 31
	}, 20*time.Second, 50*time.Millisecond)
	seen := map[string]bool{}
	at := "/console/webhooks"
	for range 3 {
		body := o.get(at).body
		for _, l := range regexp.MustCompile(`/console/webhooks/[0-9a-f-]{36}`).FindAllString(body, -1) {
			require.False(t, seen[l], l)
			seen[l] = true
		}
		next := regexp.MustCompile(`href="(/console/webhooks\?before=[^"#]+)`).FindStringSubmatch(body)
		if next == nil {
			break
		}
		at = next[1]
	}
	require.Len(t, seen, 31)
}
