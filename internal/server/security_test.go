package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
)

// described is every operation of /openapi.json, as "METHOD /path".
func described(t *testing.T, s *service) (all []string) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	s.call("GET", "/openapi.json", nil, &doc)
	for path, methods := range doc.Paths {
		for method := range methods {
			all = append(all, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// newKey makes a key beside the running server.
func newKey(t *testing.T, s *service, merchantID string, kind merchant.KeyKind, test bool) string {
	t.Helper()
	key := merchant.NewKeyOf(kind, test)
	k := merchant.Key{ID: uuid.NewString(), MerchantID: merchantID, Kind: kind, Test: test, CreatedAt: time.Now()}
	require.NoError(t, openStore(t, s).InsertKey(t.Context(), k, merchant.HashKey(key)))
	return key
}

// Every operation, by every kind of caller: what it answers. An operation that
// is not in the table fails the test, so none can be added without a thought.
//
// A session belongs to one merchant, and is live or for trying out. For anyone
// else it does not exist.
func TestAccess(t *testing.T) {
	s := start(t, "--address-limit", "100000")
	// The caller's own merchant has a live session; "test" is its test key.
	live := addMerchant(t, s, merchant.Settings{AllowedOrigins: []string{"https://shop.example"}})
	test := newKey(t, s, "m2", merchant.Secret, true)
	page := newKey(t, s, "m2", merchant.Publishable, false)
	testPage := newKey(t, s, "m2", merchant.Publishable, true)
	ended := newKey(t, s, "m2", merchant.Secret, false)
	st := openStore(t, s)
	k, err := st.KeyByHash(t.Context(), merchant.HashKey(ended))
	require.NoError(t, err)
	require.NoError(t, st.EndKey(t.Context(), "m2", k.ID, time.Now().Add(-time.Minute)))
	other := s.key // the development merchant's

	s.key = live
	id, link := s.create(`{}`)
	an := s.analyse(id)
	image := s.finished(id).Images[0].ID
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := browser.Get(link)
	require.NoError(t, err)
	res.Body.Close()
	require.NotEmpty(t, res.Cookies())
	flow := res.Cookies()[0].Value
	secret := link[strings.LastIndex(link, "/")+1:]

	callers := []struct{ name, key string }{
		{"no key", ""},
		{"a wrong key", "idp_" + strings.Repeat("x", 43)},
		{"a hash", merchant.HashKey(live)},
		{"an ended key", ended},
		{"the link's secret", secret},
		{"the browser's token", flow},
		{"a publishable key", page},
		{"a publishable test key", testPage},
		{"another merchant", other},
		{"the test key", test},
		{"the owner", live},
	}
	const nobody = 401
	// What it answers to: another merchant, the test key, the owner. All others get 401.
	type row struct{ other, test, owner int }
	create := row{200, 200, 200}
	read := row{404, 404, 200}
	session := map[string]row{
		"POST /": create, "POST /liveness": create, "GET /": create,
		"GET /{id}": read, "GET /{id}/analysisStatus": read, "GET /{id}/analyses": read, "GET /{id}/analyses/{analysisId}": read,
		"GET /{id}/webhooks": read, "GET /{id}/events": read, "GET /{id}/export": read, "GET /{id}/images/{imageId}": read,
		"POST /{id}/documents":                   {404, 404, 415},
		"POST /{id}/analyses":                    {404, 404, 201},
		"POST /{id}/challenge":                   {404, 404, 400},
		"POST /{id}/challenge/frames":            {404, 404, 400},
		"POST /{id}/challenge/recording":         {404, 404, 400},
		"POST /{id}/cancel":                      {404, 404, 409},
		"POST /{id}/webhooks/{webhookId}/resend": {404, 404, 404},
		"DELETE /{id}":                           {404, 404, 200},
	}
	own := map[string]row{ // of the caller's own merchant: the other one gets its own; a test key changes nothing
		"GET /settings": {200, 200, 200}, "PATCH /settings": {400, 401, 400},
		"GET /keys": {200, 200, 200}, "POST /keys": {201, 401, 201},
		"POST /keys/{keyId}/rotate": {404, 401, 404}, "DELETE /keys/{keyId}": {404, 401, 404},
		"GET /audit": {200, 200, 200}, "GET /policies": {200, 200, 200}, "GET /webhooks": {200, 200, 200},
		"POST /webhooks/test": {400, 400, 400}, "POST /webhooks/resume": {400, 400, 400},
		"GET /blocked-faces": {200, 200, 200}, "POST /blocked-faces": {404, 404, 404}, "DELETE /blocked-faces/{faceId}": {404, 404, 404},
		"GET /sms": {200, 200, 200}, "PUT /sms/secret": {400, 401, 400}, "DELETE /sms/secret": {200, 401, 200}, "POST /sms/test": {400, 401, 400},
		"GET /webhook-secrets": {200, 401, 200}, "POST /webhook-secrets": {201, 401, 201}, "DELETE /webhook-secrets": {200, 401, 200},
	}
	table := map[string]row{}
	for op, want := range session {
		method, path, _ := strings.Cut(op, " ")
		path = strings.TrimSuffix(path, "/")
		table[method+" /v3/scanning"+path] = want
		if method == "POST" && (path == "" || path == "/liveness") {
			want = row{201, 201, 201}
		}
		table[method+" /v3/eid/scanningsessions"+path] = want
	}
	for op, want := range own {
		method, path, _ := strings.Cut(op, " ")
		table[method+" /v3/merchant"+path] = want
	}
	for _, prefix := range []string{"/v4", "/api/v4"} {
		table["POST "+prefix+"/scanning/forgery"] = row{415, 415, 415}
		table["GET "+prefix+"/scanning/forgery/{id}"] = read
	}
	require.Equal(t, described(t, s), slices.Sorted(maps.Keys(table)))

	// Reading comes before changing, and erasing last.
	ops := slices.Collect(maps.Keys(table))
	rank := func(op string) int {
		return slices.IndexFunc([]string{"GET ", "POST ", "PATCH ", "DELETE "}, func(m string) bool { return strings.HasPrefix(op, m) })
	}
	slices.SortFunc(ops, func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(b, a)
	})
	path := strings.NewReplacer("{id}", id, "{analysisId}", an, "{imageId}", image, "{webhookId}", id, "{keyId}", id)
	for _, op := range ops {
		method, p, _ := strings.Cut(op, " ")
		for _, c := range callers {
			if c.name == "the owner" && strings.HasSuffix(op, "/{id}/analyses") && method == "POST" {
				s.finished(id) // one at a time, and two addresses
			}
			want := nobody
			switch c.name {
			case "another merchant":
				want = table[op].other
			case "the test key":
				want = table[op].test
			case "the owner":
				want = table[op].owner
			}
			body := ""
			if method == "PATCH" {
				body = "[]"
			}
			got := s.with(method, path.Replace(p), body, map[string]string{"Authorization": c.key}, nil)
			require.Equal(t, want, got.StatusCode, "%s by %s: %s", op, c.name, got.Body)
			if want == 401 || want == 404 {
				require.NotContains(t, string(got.Body), "ERIKSSON")
				require.Contains(t, string(got.Body), `"errors":[{"code":`)
			}
		}
		s.key = live
	}
}

// A publishable key begins sessions in pages of the allowed origins, asks for
// nothing that only a server may say, and reads nothing.
func TestPublishableKey(t *testing.T) {
	s := start(t)
	addMerchant(t, s, merchant.Settings{AllowedOrigins: []string{"https://shop.example"}, AnalysisTypes: []string{"document", "selfie"}})
	key := newKey(t, s, "m2", merchant.Publishable, false)
	const origin = "https://shop.example"
	tests := []struct {
		name, origin, body string
		status             int
	}{
		{"plain", origin, `{"locale":"de","relay_state":"r","target":"https://shop.example/done"}`, 200},
		{"more analyses", origin, `{"analysis_types":["document","selfie","liveness"]}`, 200},
		{"no origin", "", `{}`, 401},
		{"another origin", "https://evil.example", `{}`, 401},
		{"a deceptive origin", "https://shop.example.evil.example", `{}`, 401},
		{"null origin", "null", `{}`, 401},
		{"fewer analyses", origin, `{"analysis_types":["document"]}`, 400},
		{"webhook", origin, `{"webhook":"https://evil.example/"}`, 400},
		{"metadata", origin, `{"metadata":{"paid":true}}`, 400},
		{"expected", origin, `{"expected":{"last_name":"X"}}`, 400},
		{"target elsewhere", origin, `{"target":"https://evil.example/"}`, 400},
		{"test outcome", origin, `{"test_outcome":"accepted"}`, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := s.with("POST", "/v3/scanning", tt.body, map[string]string{"Authorization": key, "Origin": tt.origin}, nil)
			require.Equal(t, tt.status, res.StatusCode, "%s", res.Body)
			allowed := ""
			if tt.origin == origin {
				allowed = origin
			}
			require.Equal(t, allowed, res.Header.Get("Access-Control-Allow-Origin"))
			if tt.status != 200 {
				require.NotContains(t, string(res.Body), "redirect_url")
			}
		})
	}
	// What a server was answered for its idempotency key is not a page's to ask for.
	secret := s.key
	s.key = newKey(t, s, "m2", merchant.Secret, false)
	server := s.with("POST", "/v3/scanning", `{}`, map[string]string{"Idempotency-Key": "k"}, nil)
	s.key = secret
	fromPage := s.with("POST", "/v3/scanning", `{}`, map[string]string{"Authorization": key, "Origin": origin, "Idempotency-Key": "k"}, nil)
	require.Equal(t, 200, fromPage.StatusCode)
	require.NotEqual(t, server.Body, fromPage.Body)

	pre := s.with("OPTIONS", "/v3/scanning", "", map[string]string{"Authorization": "", "Origin": origin, "Access-Control-Request-Method": "POST"}, nil)
	require.Equal(t, 204, pre.StatusCode)
	require.Contains(t, pre.Header.Get("Access-Control-Allow-Headers"), "Authorization")
	require.Empty(t, pre.Header.Get("Access-Control-Allow-Credentials"))
}

// Secret keys work only from the networks of the settings; what a proxy says is
// believed only of trusted ones.
func TestAllowedNetworks(t *testing.T) {
	s := start(t)
	s.key = addMerchant(t, s, merchant.Settings{IPAllow: []string{"192.0.2.0/24", "2001:db8::/32"}})
	for from, want := range map[string]int{
		"": 401, "192.0.2.7": 200, "198.51.100.1": 401, "2001:db8::7": 200, "192.0.2.7, 198.51.100.1": 401, "198.51.100.1, 192.0.2.7": 200,
		"192.0.2.7, 127.0.0.1": 200, "rubbish": 401,
	} {
		res := s.with("GET", "/v3/merchant/keys", "", map[string]string{"X-Forwarded-For": from}, nil)
		require.Equal(t, want, res.StatusCode, from)
	}
	direct := start(t, "--trusted-proxies", "203.0.113.0/24")
	direct.key = addMerchant(t, direct, merchant.Settings{IPAllow: []string{"192.0.2.0/24"}})
	require.Equal(t, 401, direct.with("GET", "/v3/merchant/keys", "", map[string]string{"X-Forwarded-For": "192.0.2.7"}, nil).StatusCode)
}

// Who asks too often waits: by key, by session, by address, and soonest with a
// wrong key. Others do not wait with them.
func TestLimits(t *testing.T) {
	answers := func(s *service, n int, path string, header map[string]string) (last answer) {
		for range n {
			last = s.with("GET", path, "", header, nil)
			require.NotEqual(t, 429, last.StatusCode)
		}
		return s.with("GET", path, "", header, nil)
	}
	t.Run("key", func(t *testing.T) {
		s := start(t, "--rate-limit", "5")
		second := newKey(t, s, merchant.Development, merchant.Secret, true)
		res := answers(s, 5, "/v3/merchant/keys", nil)
		require.Equal(t, 429, res.StatusCode)
		require.NotEmpty(t, res.Header.Get("Retry-After"))
		s.key = second
		require.Equal(t, 200, s.call("GET", "/v3/merchant/keys", nil, nil).StatusCode)
	})
	t.Run("session", func(t *testing.T) {
		s := start(t, "--session-limit", "5")
		a, _ := s.create(`{}`)
		b, _ := s.create(`{}`)
		require.Equal(t, 429, answers(s, 5, "/v3/scanning/"+a, nil).StatusCode)
		require.Equal(t, 200, s.call("GET", "/v3/scanning/"+b, nil, nil).StatusCode)
	})
	t.Run("address", func(t *testing.T) {
		s := start(t, "--address-limit", "5")
		from := map[string]string{"X-Forwarded-For": "192.0.2.7"}
		require.Equal(t, 429, answers(s, 5, "/v3/merchant/keys", from).StatusCode)
		require.Equal(t, 200, s.call("GET", "/v3/merchant/keys", nil, nil).StatusCode)
	})
	t.Run("wrong key", func(t *testing.T) {
		s := start(t, "--address-limit", "400")
		bad := map[string]string{"Authorization": "guess"}
		require.Equal(t, 429, answers(s, 4, "/v3/merchant/keys", bad).StatusCode)
		require.Equal(t, 200, s.call("GET", "/v3/merchant/keys", nil, nil).StatusCode, "the right key still works")
	})
}

// No body is read beyond its limit, whatever the operation.
func TestBodyLimits(t *testing.T) {
	s := start(t)
	id, _ := s.create(`{}`)
	path := strings.NewReplacer("{id}", id, "{webhookId}", id, "{keyId}", id)
	without := []string{"/cancel", "/resend", "/webhook-secrets", "/challenge"}
	for _, op := range described(t, s) {
		method, p, _ := strings.Cut(op, " ")
		if method == "GET" || method == "DELETE" || strings.HasSuffix(p, "/documents") || strings.HasSuffix(p, "/forgery") ||
			strings.HasSuffix(p, "/challenge/frames") || slices.ContainsFunc(without, func(s string) bool { return strings.HasSuffix(p, s) }) {
			continue // no body, or pictures: see TestUploads and the tests of recordings
		}
		req, err := http.NewRequestWithContext(t.Context(), method, s.base+path.Replace(p), io.MultiReader(strings.NewReader(`{"locale":"`), bytes.NewReader(make([]byte, 80<<10))))
		require.NoError(t, err)
		req.Header.Set("Authorization", s.key)
		req.Header.Set("Content-Type", "application/json")
		res := s.do(req, nil)
		require.Equal(t, 413, res.StatusCode, op)
		require.Contains(t, string(res.Body), "PAYLOAD_TOO_LARGE")
	}
}

// Every answer tells browsers to guess, frame, cache and tell nothing.
func TestHeaders(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	s := start(t, "--base-url", "https://id.example", "--listen", l.Addr().String())
	s.base = "http://" + l.Addr().String()
	for _, path := range []string{"/v3/merchant/keys", "/v3/nothing", "/v3/docs"} {
		h := s.call("GET", path, nil, nil).Header
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		require.Equal(t, "no-referrer", h.Get("Referrer-Policy"), path)
		require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'", path)
		require.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'", path)
		require.Contains(t, h.Get("Cache-Control"), "no-store", path)
		require.NotEmpty(t, h.Get("Strict-Transport-Security"), path)
		require.Empty(t, h.Get("Set-Cookie"), path)
	}
}

// Everything below a merchant and a session that has an id of its own is there for
// its owner alone, by its real id: for another merchant, and for the owner's key
// of the other mode, it does not exist, and what they try changes nothing.
func TestObjects(t *testing.T) {
	s := start(t)
	showFaces(s)
	hooks := newReceiver(t, nil)
	stranger := addMerchant(t, s, merchant.Settings{})
	owner := s.key
	live := newKey(t, s, merchant.Development, merchant.Secret, false) // its own are test sessions

	id, _ := s.create(map[string]any{"webhook": hooks.URL, "analysis_types": []string{"document", "selfie"}})
	require.Equal(t, 201, s.upload("/v3/scanning/"+id+"/documents?documentType=selfie", picture, nil).StatusCode)
	an := s.analyse(id)
	image := s.finished(id).Images[0].ID
	hooks.wait(t, 1)
	var face, key struct{ ID string }
	require.Equal(t, 201, s.call("POST", "/v3/merchant/blocked-faces", map[string]string{"session_id": id}, &face).StatusCode)
	require.Equal(t, 201, s.call("POST", "/v3/merchant/keys", `{"kind":"secret"}`, &key).StatusCode)
	session := "/v3/scanning/" + id
	tries := []struct{ method, path, body string }{
		{"GET", session, ""},
		{"GET", session + "/analyses/" + an, ""},
		{"GET", session + "/images/" + image, ""},
		{"POST", session + "/webhooks/" + s.deliveries(id)[0].ID + "/resend", ""},
		{"POST", "/v3/merchant/blocked-faces", `{"session_id":"` + id + `"}`},
		{"DELETE", "/v3/merchant/blocked-faces/" + face.ID, ""},
		{"POST", "/v3/merchant/keys/" + key.ID + "/rotate", `{}`},
		{"DELETE", "/v3/merchant/keys/" + key.ID, ""},
		{"DELETE", session, ""},
	}
	for _, who := range []string{stranger, live} {
		for _, try := range tries {
			if who == live && strings.Contains(try.path, "/keys/") {
				continue // it manages the same merchant
			}
			got := s.with(try.method, try.path, try.body, map[string]string{"Authorization": who}, nil)
			require.Equal(t, 404, got.StatusCode, "%s %s: %s", try.method, try.path, got.Body)
		}
	}
	require.Len(t, hooks.all(), 1, "nothing was sent again")
	s.key = owner
	for _, try := range tries { // it was all there
		got := s.with(try.method, try.path, try.body, nil, nil)
		require.Less(t, got.StatusCode, 300, "%s %s: %s", try.method, try.path, got.Body)
	}
}

// What a browser got for one session's link opens that session's pages only:
// every page, every form and every piece of a picture.
func TestBrowserTokenOpensOneSession(t *testing.T) {
	s := start(t)
	mine, link := s.create(`{}`)
	theirs, _ := s.create(`{}`)
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(method, path string, cookies ...*http.Cookie) int {
		req, err := http.NewRequestWithContext(t.Context(), method, s.base+path, strings.NewReader("x"))
		require.NoError(t, err)
		for _, c := range cookies {
			req.AddCookie(c)
		}
		res, err := browser.Do(req)
		require.NoError(t, err)
		res.Body.Close()
		return res.StatusCode
	}
	res, err := browser.Get(link)
	require.NoError(t, err)
	res.Body.Close()
	cookies := res.Cookies()
	for _, c := range cookies {
		require.True(t, c.HttpOnly)
		require.NotEqual(t, http.SameSiteDefaultMode, c.SameSite)
	}
	require.Equal(t, 200, ask("GET", "/verify/"+mine+"/state", cookies...))
	require.Equal(t, 200, ask("POST", "/verify/"+mine+"/part", cookies...))

	// The routes as the pages' own source has them, so that none is forgotten.
	routes := map[string]bool{}
	for _, side := range []string{"front", "back", "selfie"} {
		for _, end := range []string{"GET %s", "POST %s", "POST %s/keep"} {
			routes[strings.Replace(end, "%s", "/verify/{id}/"+side, 1)] = true
		}
	}
	sources, err := filepath.Glob("../flow/*.go")
	require.NoError(t, err)
	route := regexp.MustCompile(`"((?:GET|POST) /verify/\{id\}/[a-z][^"]*)"`)
	for _, path := range sources {
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		if !strings.HasSuffix(path, "_test.go") {
			for _, m := range route.FindAllSubmatch(source, -1) {
				routes[string(m[1])] = true
			}
		}
	}
	require.Greater(t, len(routes), 25)
	require.Contains(t, routes, "POST /verify/{id}/part")
	for _, id := range []string{theirs, uuid.NewString()} {
		renamed := *cookies[0]
		renamed.Name = strings.ReplaceAll(renamed.Name, mine, id)
		for r := range routes {
			method, path, _ := strings.Cut(r, " ")
			path = strings.NewReplacer("{id}", id, "{document}", uuid.NewString()).Replace(path)
			require.Equal(t, 403, ask(method, path, append(cookies, &renamed)...), r)
			require.Equal(t, 403, ask(method, path), "%s without it", r)
		}
	}
	var trail struct{ Events []struct{ Kind string } }
	s.call("GET", "/v3/scanning/"+theirs+"/events", nil, &trail)
	require.Len(t, trail.Events, 1, "it was made, and nothing was done to it")
}

// Every test that docs/security.md names is there.
func TestSecurityGuideNamesTests(t *testing.T) {
	guide, err := os.ReadFile("../../docs/security.md")
	require.NoError(t, err)
	have := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	for _, root := range []string{"..", "../../cmd", "../../engine", "../../client"} {
		require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			data, err := os.ReadFile(path)
			for _, m := range declared.FindAllSubmatch(data, -1) {
				have[string(m[1])] = true
			}
			return err
		}))
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)`").FindAllSubmatch(guide, -1)
	require.Greater(t, len(named), 40)
	for _, m := range named {
		require.True(t, have[string(m[1])], "%s", m[1])
	}
}
