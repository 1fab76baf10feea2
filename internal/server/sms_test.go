package server_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
	"idproof/internal/sms"
)

// gateway keeps the requests of a gateway for text messages.
type gateway struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	keys   []string
	status int
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{status: http.StatusOK}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.bodies, g.keys = append(g.bodies, string(body)), append(g.keys, r.Header.Get("Authorization"))
		w.WriteHeader(g.status)
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *gateway) last() (body, key string, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n = len(g.bodies); n > 0 {
		body, key = g.bodies[n-1], g.keys[n-1]
	}
	return body, key, n
}

type smsState struct {
	Through   string `json:"through"`
	SecretSet bool   `json:"secret_set"`
	ChangedAt string `json:"secret_changed_at"`
}

// A merchant's own gateway is a setting: tried by a test message, its secret
// kept sealed and never shown, and sent only where it was set for.
func TestOwnGateway(t *testing.T) {
	const canary = "Basic SECRET-CANARY-20"
	s := start(t)
	g := newGateway(t)
	var state smsState
	s.call("GET", "/v3/merchant/sms", nil, &state)
	require.Equal(t, smsState{Through: "server"}, state, "the development outbox")
	require.Equal(t, 400, s.call("PUT", "/v3/merchant/sms/secret", map[string]string{"secret": canary}, nil).StatusCode, "no gateway yet")
	require.Equal(t, 400, s.call("POST", "/v3/merchant/sms/test", map[string]string{"number": "+46701740605"}, nil).StatusCode)
	require.Equal(t, 400, s.call("PATCH", "/v3/merchant/settings", `{"sms":{"url":"https://sms.example","body":"{{range 9999999}}x{{end}}"}}`, nil).StatusCode)
	require.Equal(t, 200, s.call("PATCH", "/v3/merchant/settings", map[string]any{"sms": map[string]string{"url": g.URL + "/send", "sender": "Shop"}}, nil).StatusCode)
	require.Equal(t, 400, s.call("PUT", "/v3/merchant/sms/secret", map[string]string{"secret": "a\nb"}, nil).StatusCode)
	set := s.call("PUT", "/v3/merchant/sms/secret", map[string]string{"secret": canary}, &state)
	require.Equal(t, 200, set.StatusCode)
	require.True(t, state.SecretSet)
	require.NotEmpty(t, state.ChangedAt)

	var tried struct {
		Outcome string
		Status  int
	}
	require.Equal(t, 400, s.call("POST", "/v3/merchant/sms/test", map[string]string{"number": "070"}, nil).StatusCode)
	s.call("POST", "/v3/merchant/sms/test", map[string]string{"number": "+46701740605"}, &tried)
	require.Equal(t, "sent", tried.Outcome)
	body, key, _ := g.last()
	require.JSONEq(t, `{"to":"+46701740605","text":"`+sms.Test+`"}`, body)
	require.Equal(t, canary, key)
	g.status = http.StatusPaymentRequired
	s.call("POST", "/v3/merchant/sms/test", map[string]string{"number": "+46701740605"}, &tried)
	require.Equal(t, "status", tried.Outcome)
	require.Equal(t, 402, tried.Status)

	// The person of a session, begun before or after, gets the link through it.
	g.status = http.StatusOK
	s.call("PATCH", "/v3/merchant/settings", `{"handoff":["sms","link"]}`, nil)
	_, link := s.create(`{}`)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	browser := &http.Client{Jar: jar}
	post := func(at string, form url.Values) string {
		res, err := browser.PostForm(at, form)
		require.NoError(t, err)
		defer res.Body.Close()
		page, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return string(page)
	}
	res, err := browser.Get(link)
	require.NoError(t, err)
	res.Body.Close()
	base := strings.TrimSuffix(res.Request.URL.String(), "welcome")
	post(base+"welcome", url.Values{"device": {"large"}})
	require.Contains(t, post(base+"message", url.Values{"number": {"+46701740606"}}), "on its way")
	body, key, _ = g.last()
	require.Contains(t, body, "+46701740606")
	require.Equal(t, canary, key)

	// The secret is nowhere in clear, and in no answer.
	for _, path := range []string{"/v3/merchant/settings", "/v3/merchant/sms", "/v3/merchant/audit"} {
		require.NotContains(t, string(s.call("GET", path, nil, nil).Body), "CANARY", path)
	}
	require.NotContains(t, string(set.Body), "CANARY")
	files := snapshot(t, s.dir)
	files["log"] = []byte(s.logs.String())
	for name, content := range files {
		require.NotContains(t, string(content), "SECRET-CANARY", name)
		require.NotContains(t, string(content), "4670174060", name)
	}

	// Another origin does not get it, and says so.
	_, _, before := g.last()
	s.call("PATCH", "/v3/merchant/settings", map[string]any{"sms": map[string]string{"url": strings.Replace(g.URL, "127.0.0.1", "localhost", 1)}}, nil)
	state = smsState{}
	s.call("GET", "/v3/merchant/sms", nil, &state)
	require.Equal(t, smsState{Through: "own"}, state)
	s.call("POST", "/v3/merchant/sms/test", map[string]string{"number": "+46701740605"}, nil)
	_, key, n := g.last()
	require.Equal(t, before+1, n)
	require.Empty(t, key)

	require.Equal(t, 200, s.call("DELETE", "/v3/merchant/sms/secret", nil, nil).StatusCode)
	var trail struct{ Changes []struct{ Action string } }
	s.call("GET", "/v3/merchant/audit?limit=1", nil, &trail)
	require.Equal(t, "sms_secret_changed", trail.Changes[0].Action)
	for range 10 {
		s.call("POST", "/v3/merchant/sms/test", map[string]string{"number": "+46701740605"}, nil)
	}
	require.Equal(t, 429, s.call("POST", "/v3/merchant/sms/test", map[string]string{"number": "+46701740605"}, nil).StatusCode)
}

// No merchant but the one for development reaches the operator's network
// through a gateway, unless the operator allows it; none uses another's.
func TestGatewayPrivateAddress(t *testing.T) {
	g := newGateway(t)
	private := merchant.Settings{SMS: sms.Settings{URL: g.URL}}
	try := func(s *service) (outcome string) {
		var out struct{ Outcome string }
		require.Equal(t, 200, s.call("POST", "/v3/merchant/sms/test", map[string]string{"number": "+46701740605"}, &out).StatusCode)
		return out.Outcome
	}
	s := start(t)
	owner := s.key
	s.call("PATCH", "/v3/merchant/settings", map[string]any{"sms": private.SMS}, nil)
	s.call("PUT", "/v3/merchant/sms/secret", map[string]string{"secret": "k"}, nil)
	s.key = addMerchant(t, s, merchant.Settings{})
	var state smsState
	s.call("GET", "/v3/merchant/sms", nil, &state)
	require.Equal(t, smsState{Through: "server"}, state, "the other merchant's gateway and secret are its own")
	require.Equal(t, 400, s.call("POST", "/v3/merchant/sms/test", map[string]string{"number": "+46701740605"}, nil).StatusCode)
	require.Equal(t, 200, s.call("PATCH", "/v3/merchant/settings", map[string]any{"sms": private.SMS}, nil).StatusCode)
	require.Equal(t, "private_address", try(s))
	_, _, n := g.last()
	require.Zero(t, n)
	s.key = owner
	require.Equal(t, "sent", try(s))

	allowed := start(t, "--webhook-allow", "127.0.0.0/8")
	allowed.key = addMerchant(t, allowed, private)
	require.Equal(t, "sent", try(allowed))
}
