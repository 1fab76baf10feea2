package server_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"idproof/engine"
	"idproof/internal/merchant"
	"idproof/internal/policy"
	"idproof/internal/seal"
	"idproof/internal/server"
	"idproof/internal/session"
	"idproof/internal/store"
	"idproof/report"
)

// secret marks what no answer may hold.
const secret = "s3cr3t-canary"

func TestCreate(t *testing.T) {
	s := start(t)
	const good = `{"id":"`
	tests := []struct {
		name   string
		body   string
		header map[string]string
		status int
		want   []string // in the answer
		never  []string // not in the answer
	}{
		{name: "nothing", body: ``, status: 200, want: []string{good, `"errors":[]`, `"redirect_url":"` + s.base + `/flow/`}},
		{name: "empty object", body: `{}`, status: 200, want: []string{good}},
		{name: "bearer", body: `{}`, header: map[string]string{"Authorization": "Bearer " + s.key}, status: 200, want: []string{good}},
		{name: "everything", body: `{"locale":"De-at","relay_state":"r","analysis_types":["document","Fraud"],"target":"https://a.example/x?y=1#z",
			"target_error":"http://localhost:3000/","webhook":"https://a.example/hook","metadata":{"a":1},
			"expected":{"first_name":"A","date_of_birth":"1974-08-12","country":"UTO","nationality":"se","gender":"f","phone":"+46701234567"},
			"ip":"2001:db8::1","app_id":"com.example.shop"}`, status: 200, want: []string{good}},
		{name: "nulls and empty texts", body: `{"locale":null,"target":"","webhook":"","analysis_types":null,"metadata":null,"expected":{}}`, status: 200, want: []string{good}},
		{name: "unknown locale", body: `{"locale":"xx"}`, status: 200, want: []string{good}},
		{name: "unknown field", body: `{"colour":"red"}`, status: 200, want: []string{good}},
		{name: "form type of curl", body: `{}`, header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, status: 200, want: []string{good}},

		{name: "no key", body: `{}`, header: map[string]string{"Authorization": ""}, status: 401, want: []string{`"UNAUTHORIZED"`}},
		{name: "wrong key", body: `{}`, header: map[string]string{"Authorization": secret}, status: 401, want: []string{`"UNAUTHORIZED"`}, never: []string{secret}},
		{name: "not JSON", body: `{` + secret, status: 400, want: []string{`"INVALID_REQUEST"`}, never: []string{secret}},
		{name: "a list", body: `[]`, status: 400, want: []string{`"INVALID_REQUEST"`}},
		{name: "null", body: `null`, status: 400, want: []string{`"INVALID_REQUEST"`}},
		{name: "not UTF-8", body: "{\"relay_state\":\"\xff\"}", status: 400, want: []string{`"INVALID_REQUEST"`}},
		{name: "XML", body: `<a/>`, header: map[string]string{"Content-Type": "text/xml"}, status: 415, want: []string{`"UNSUPPORTED_MEDIA"`}},
		{name: "large", body: `{"relay_state":"` + strings.Repeat("x", 70<<10) + `"}`, status: 413, want: []string{`"PAYLOAD_TOO_LARGE"`}},
		{name: "long idempotency key", body: `{}`, header: map[string]string{"Idempotency-Key": strings.Repeat("k", 300)}, status: 400, want: []string{`"INVALID_REQUEST"`}},
		{name: "target of another scheme", body: `{"target":"javascript:alert(1)//` + secret + `"}`, status: 400, want: []string{`"INVALID_TARGET"`}, never: []string{secret}},
		{name: "target with credentials", body: `{"target":"https://` + secret + `@a.example/"}`, status: 400, want: []string{`"INVALID_TARGET"`}, never: []string{secret}},
		{name: "plain http target", body: `{"target":"http://a.example/"}`, status: 400, want: []string{`"INVALID_TARGET"`}},
		{name: "relative target", body: `{"target":"/x"}`, status: 400, want: []string{`"INVALID_TARGET"`}},
		{
			name: "many at once", body: `{"locale":5,"relay_state":7,"analysis_types":["iris"],"target":"x","target_error":"ftp://x","webhook":"http://a.example",
			"metadata":[],"expected":{"date_of_birth":"12.8.1974","country":"ZZZ","nationality":"Utopia","personal_number":"!` + secret + `","phone":"0701","address":7},"ip":"1.2.3","app_id":"shop"}`,
			status: 400,
			want: []string{
				`"INVALID_LOCALE"`, `"INVALID_REQUEST"`, `"INVALID_ANALYSISTYPE"`, `"INVALID_TARGET"`, `"INVALID_TARGETERROR"`, `"INVALID_WEBHOOK"`,
				`"INVALID_DATEOFBIRTH"`, `"INVALID_COUNTRYCODE"`, `"INVALID_PERSONALNUMBER"`, `"INVALID_PHONE"`, `"INVALID_ADDRESS"`,
				`"INVALID_IP"`, `"INVALID_APPID"`,
			},
			never: []string{secret, "12.8.1974"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/v3/scanning", strings.NewReader(tt.body))
			require.NoError(t, err)
			req.Header.Set("Authorization", s.key)
			req.Header.Set("Content-Type", "application/json")
			for k, v := range tt.header {
				req.Header.Set(k, v)
			}
			res := s.do(req, nil)
			body := res.Body
			require.Equal(t, tt.status, res.StatusCode, "%s", body)
			require.Equal(t, "application/json", res.Header.Get("Content-Type"))
			require.Equal(t, "nosniff", res.Header.Get("X-Content-Type-Options"))
			for _, w := range tt.want {
				require.Contains(t, string(body), w)
			}
			for _, n := range tt.never {
				require.NotContains(t, string(body), n)
			}
		})
	}
	require.NotContains(t, s.logs.String(), secret)
}

// Every address answers what it does not take in the one shape of errors.
func TestErrorShape(t *testing.T) {
	s := start(t)
	id, _ := s.create(`{}`)
	other := "00000000-0000-4000-8000-000000000000"
	tests := []struct {
		method, path string
		body         string
		status       int
		code         string
	}{
		{"GET", "/v3/nothing", "", 404, "NOT_FOUND"},
		{"GET", "/v4/scanning/nothing", "", 404, "NOT_FOUND"},
		{"PUT", "/v3/scanning", "", 405, "METHOD_NOT_ALLOWED"},
		{"PUT", "/v3/scanning/" + id, "", 405, "METHOD_NOT_ALLOWED"},
		{"GET", "/v3/scanning?limit=0", "", 400, "INVALID_REQUEST"},
		{"GET", "/v3/scanning?limit=1000", "", 400, "INVALID_REQUEST"},
		{"GET", "/v3/scanning?cursor=x", "", 400, "INVALID_REQUEST"},
		{"GET", "/v3/scanning?status=Done", "", 400, "INVALID_REQUEST"},
		{"GET", "/v3/scanning?created_from=today", "", 400, "INVALID_REQUEST"},
		{"GET", "/v3/scanning?colour=red", "", 400, "INVALID_REQUEST"},
		{"POST", "/v3/scanning/liveness", `{"options":"BackSide"}`, 400, "INVALID_REQUEST"},
		{"POST", "/v3/scanning/liveness", `{"action":"Fixed"}`, 400, "INVALID_REQUEST"},
		{"POST", "/v3/scanning/liveness", `{"available_actions":["Jump"]}`, 400, "INVALID_REQUEST"},
		{"POST", "/v3/scanning/liveness", `{"cancel_url":"ftp://x"}`, 400, "INVALID_TARGETERROR"},
		{"POST", "/v3/scanning", `{"test_outcome":"rain"}`, 400, "INVALID_REQUEST"},
		{"GET", "/v3/merchant/settings?revision=9", "", 404, "NOT_FOUND"},
		{"PATCH", "/v3/merchant/settings", `{"attempts":"many"}`, 400, "INVALID_REQUEST"},
		{"PATCH", "/v3/merchant/settings", `[]`, 400, "INVALID_REQUEST"},
		{"POST", "/v3/merchant/keys", `{"kind":"golden"}`, 400, "INVALID_REQUEST"},
		{"POST", "/v3/merchant/keys", `[]`, 400, "INVALID_REQUEST"},
		{"DELETE", "/v3/merchant/keys/" + other, "", 404, "NOT_FOUND"},
		{"POST", "/v3/merchant/keys/" + other + "/rotate", `{"grace":"1h"}`, 404, "NOT_FOUND"},
		{"POST", "/v3/merchant/keys/" + other + "/rotate", `{"grace":"-1h"}`, 400, "INVALID_REQUEST"},
		{"POST", "/v3/merchant/webhooks/test", "", 400, "MISSING_CONFIG"},
		{"POST", "/v3/merchant/webhooks/test", `{"url":"http://a.example/"}`, 400, "INVALID_WEBHOOK"},
		{"POST", "/v3/merchant/webhooks/resume", `{"origin":"https://a.example/x"}`, 400, "INVALID_REQUEST"},
		{"POST", "/v3/merchant/webhooks/resume", `{"origin":"https://a.example"}`, 404, "NOT_FOUND"},
		{"GET", "/v3/merchant/webhooks?state=lost", "", 400, "INVALID_REQUEST"},
		{"GET", "/v3/merchant/audit?cursor=x", "", 400, "INVALID_REQUEST"},
		{"GET", "/v3/scanning/" + other, "", 404, "SESSION_NOT_FOUND"},
		{"GET", "/v3/scanning/x", "", 404, "SESSION_NOT_FOUND"},
		{"GET", "/v3/scanning/" + id + "/analyses/" + other, "", 404, "SESSION_NOT_FOUND"},
		{"GET", "/v3/scanning/" + id + "/images/" + other, "", 404, "SESSION_NOT_FOUND"},
		{"POST", "/v3/scanning/" + id + "/webhooks/" + other + "/resend", "", 404, "SESSION_NOT_FOUND"},
		{"POST", "/v3/scanning/" + id + "/analyses", "{}", 409, "DOCUMENT_MISSING"},
		{"POST", "/v3/scanning/" + id + "/analyses", `{"analysis_types":["x"]}`, 400, "INVALID_ANALYSISTYPE"},
		{"POST", "/v3/scanning/" + id + "/analyses", `[]`, 400, "INVALID_REQUEST"},
		{"POST", "/v3/scanning/" + id + "/documents", "{}", 415, "UNSUPPORTED_MEDIA"},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			var out struct {
				Errors []struct{ Code, Description string }
			}
			res := s.call(tt.method, tt.path, tt.body, &out)
			require.Equal(t, tt.status, res.StatusCode)
			require.Len(t, out.Errors, 1)
			require.Equal(t, tt.code, out.Errors[0].Code)
			require.NotEmpty(t, out.Errors[0].Description)
		})
	}
}

func TestIdempotency(t *testing.T) {
	s := start(t)
	post := func(key, body string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/v3/scanning", strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Authorization", s.key)
		req.Header.Set("Idempotency-Key", key)
		res := s.do(req, nil)
		data := res.Body
		return res.StatusCode, string(data)
	}
	const n = 8
	answers := make(chan string, n)
	for range n { // at the same time
		go func() {
			_, body := post("k1", `{"relay_state":"a"}`)
			answers <- body
		}()
	}
	first := <-answers
	require.Contains(t, first, "redirect_url")
	for range n - 1 {
		require.Equal(t, first, <-answers)
	}
	status, body := post("k1", `{"relay_state":"b"}`)
	require.Equal(t, 409, status)
	require.Contains(t, body, "IDEMPOTENCY_KEY_REUSED")
	_, second := post("k2", `{"relay_state":"a"}`)
	require.NotEqual(t, first, second)
}

// The result by API is what the engine said, under the session's own names.
func TestResult(t *testing.T) {
	for _, prefix := range []string{"/v3/scanning", "/v3/eid/scanningsessions"} {
		t.Run(prefix, func(t *testing.T) {
			s := start(t)
			var created struct {
				ID        string `json:"id"`
				SessionID string `json:"session_id"`
			}
			res := s.call("POST", prefix, `{"relay_state":"r-7","metadata":{"order":12345678901234567890}}`, &created)
			if prefix == "/v3/scanning" {
				require.Equal(t, 200, res.StatusCode)
			} else {
				require.Equal(t, 201, res.StatusCode)
				require.Equal(t, created.ID, created.SessionID)
			}
			at := prefix + "/" + created.ID

			var before report.Result
			s.call("GET", at, nil, &before)
			require.Equal(t, report.Created, before.Status)
			require.Empty(t, before.Images)

			var doc struct {
				ID        string `json:"id"`
				MediaType string `json:"media_type"`
				SHA256    string `json:"sha256"`
			}
			res = s.upload(at+"/documents?documentType=document_front&reference=p1", picture, &doc)
			require.Equal(t, 201, res.StatusCode)
			require.Equal(t, "image/png", doc.MediaType)
			sum := sha256.Sum256(picture)
			require.Equal(t, hex.EncodeToString(sum[:]), doc.SHA256)

			var an struct {
				ID     string `json:"id"`
				Status string `json:"status"`
			}
			res = s.call("POST", at+"/analyses/", nil, &an)
			require.Equal(t, 201, res.StatusCode)
			require.Equal(t, at+"/analyses/"+an.ID, res.Header.Get("Location"))

			got := s.finished(created.ID)
			want := goodReport()
			want.ID, want.RelayState, want.Status, want.TotalResult = created.ID, "r-7", report.Accepted, report.Accepted
			want.AnalysisTypes = []string{"document"}
			want.Decision = &report.Decision{Result: report.Accepted, Policy: policy.Config{}.Name(), Reasons: []report.Reason{}}
			want.Images = []report.Image{{Type: "document_front", ID: doc.ID, URL: s.base + "/v3/scanning/" + created.ID + "/images/" + doc.ID, SHA256: doc.SHA256}}
			want.AnalysisSummary.Document.Pages[0].Image = doc.ID
			want.AnalysisSummary.Document.Status = report.Accepted
			require.Empty(t, cmp.Diff(want, got, cmpopts.IgnoreFields(report.Result{}, "CreatedAt", "FinishedAt", "Metadata")))
			res = s.call("GET", at, nil, nil)
			raw := res.Body
			require.Contains(t, string(raw), `"metadata":{"order":12345678901234567890}`)

			var status struct {
				Status   report.Status
				Analyses []struct{ ID, Status string }
			}
			s.call("GET", at+"/analysisStatus", nil, &status)
			require.Equal(t, report.Accepted, status.Status)
			require.Equal(t, "Accepted", status.Analyses[0].Status)
			var one struct {
				ID        string
				SessionID string `json:"session_id"`
				Result    *report.Result
			}
			s.call("GET", at+"/analyses/"+an.ID, nil, &one)
			require.Equal(t, created.ID, one.SessionID)
			require.Equal(t, got.Document, one.Result.Document)

			res = s.call("GET", strings.TrimPrefix(want.Images[0].URL, s.base), nil, nil)
			data := res.Body
			require.Equal(t, picture, data)
			require.Equal(t, "image/png", res.Header.Get("Content-Type"))
			require.Contains(t, res.Header.Get("Content-Security-Policy"), "sandbox")
		})
	}
}

// A second analysis leaves the first as it was.
func TestSecondAnalysis(t *testing.T) {
	s := start(t)
	id, _ := s.create(`{}`)
	first := s.analyse(id)
	s.finished(id)
	var before, after json.RawMessage
	s.call("GET", "/v3/scanning/"+id+"/analyses/"+first, nil, &before)
	s.engine.mu.Lock()
	s.engine.read = func(context.Context, []engine.Input, engine.Options) (*report.Result, error) {
		return report.New(), nil
	}
	s.engine.mu.Unlock()
	s.analyse(id)
	require.Eventually(t, func() bool {
		var r report.Result
		s.call("GET", "/v3/scanning/"+id, nil, &r)
		return r.Status == report.Declined
	}, 10*time.Second, 20*time.Millisecond)
	s.call("GET", "/v3/scanning/"+id+"/analyses/"+first, nil, &after)
	require.JSONEq(t, string(before), string(after))
}

// No merchant sees another's session, by any address.
func TestOtherMerchant(t *testing.T) {
	s := start(t)
	id, _ := s.create(`{}`)
	an := s.analyse(id)
	r := s.finished(id)
	mine := s.key
	s.key = addMerchant(t, s, merchant.Settings{})
	for _, path := range []string{"", "/analysisStatus", "/analyses", "/analyses/" + an, "/webhooks", "/images/" + r.Images[0].ID} {
		res := s.call("GET", "/v3/scanning/"+id+path, nil, nil)
		require.Equal(t, 404, res.StatusCode, path)
		body := res.Body
		require.Contains(t, string(body), "SESSION_NOT_FOUND")
	}
	for _, path := range []string{"/analyses", "/cancel", "/webhooks/" + id + "/resend"} {
		require.Equal(t, 404, s.call("POST", "/v3/scanning/"+id+path, "{}", nil).StatusCode, path)
	}
	require.Equal(t, 404, s.upload("/v3/scanning/"+id+"/documents", picture, nil).StatusCode)
	s.key = mine
	require.Equal(t, 200, s.call("GET", "/v3/scanning/"+id, nil, nil).StatusCode)
}

// addMerchant makes a merchant beside the running server, as the command line does.
func addMerchant(t *testing.T, s *service, set merchant.Settings) (key string) {
	t.Helper()
	st := openStore(t, s)
	key = merchant.NewKey()
	m := merchant.Merchant{ID: "m2", Name: "Other", CreatedAt: time.Now(), Settings: set, WebhookSecrets: []string{merchant.NewWebhookSecret()}}
	require.NoError(t, st.InsertMerchant(t.Context(), m, merchant.HashKey(key)))
	return key
}

// endless is a body of that many bytes that looks like a picture and is never held in memory.
func endless(n int64) io.Reader {
	return io.MultiReader(bytes.NewReader(picture), io.LimitReader(zeros{}, n))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestUploads(t *testing.T) {
	s := start(t)
	id, _ := s.create(`{}`)
	at := s.base + "/v3/scanning/" + id + "/documents"
	const boundary = "xxBOUNDARYxx"
	part := func(name string, r io.Reader) io.Reader {
		return io.MultiReader(strings.NewReader("--"+boundary+"\r\nContent-Disposition: form-data; name=\""+name+"\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"),
			r, strings.NewReader("\r\n--"+boundary+"--\r\n"))
	}
	tests := []struct {
		name   string
		query  string
		body   io.Reader
		length int64 // announced; -1: not
		status int
		code   string
	}{
		{"text named jpg", "", part("document", strings.NewReader("hello "+secret)), -1, 415, "UNSUPPORTED_MEDIA"},
		{"HTML named jpg", "", part("document", strings.NewReader("<html><script>1</script>")), -1, 415, "UNSUPPORTED_MEDIA"},
		{"empty file", "", part("document", strings.NewReader("")), -1, 400, "INVALID_REQUEST"},
		{"other part", "", part("file", bytes.NewReader(picture)), -1, 400, "INVALID_REQUEST"},
		{"broken off", "", strings.NewReader("--" + boundary + "\r\nContent-Disposition: form-data; name=\"document\"\r\n\r\n" + string(picture)), -1, 400, "INVALID_REQUEST"},
		{"no multipart", "", strings.NewReader("x"), -1, 400, "INVALID_REQUEST"},
		{"unknown type", "?documentType=x", part("document", bytes.NewReader(picture)), -1, 400, "INVALID_REQUEST"},
		{"long reference", "?reference=" + strings.Repeat("r", 300), part("document", bytes.NewReader(picture)), -1, 400, "INVALID_REQUEST"},
		{"200 MB streamed", "", part("document", endless(200<<20)), -1, 413, "PAYLOAD_TOO_LARGE"},
		{"just too large", "", part("document", endless(25<<20)), -1, 413, "PAYLOAD_TOO_LARGE"},
		{"200 MB announced", "", part("document", endless(200<<20)), 200 << 20, 413, "PAYLOAD_TOO_LARGE"},
		{"good", "", part("document", bytes.NewReader(picture)), -1, 201, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			defer func() {
				runtime.ReadMemStats(&after)
				require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20), "the upload was streamed")
			}()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at+tt.query, tt.body)
			require.NoError(t, err)
			req.ContentLength = tt.length
			req.Header.Set("Authorization", s.key)
			req.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
			res, err := http.DefaultClient.Do(req)
			if err != nil && tt.status == 413 { // the server hung up before it took everything
				return
			}
			require.NoError(t, err)
			body, err := io.ReadAll(res.Body)
			require.NoError(t, errors.Join(err, res.Body.Close()))
			require.Equal(t, tt.status, res.StatusCode, "%s", body)
			require.Contains(t, string(body), tt.code)
			require.NotContains(t, string(body), secret)
		})
	}
	// The forgery detection takes no more, either.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/v4/scanning/forgery", part("document", endless(200<<20)))
	require.NoError(t, err)
	req.Header.Set("Authorization", s.key)
	req.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	if res, err := http.DefaultClient.Do(req); err == nil { // or the server hung up
		require.NoError(t, res.Body.Close())
		require.Equal(t, 413, res.StatusCode)
	}
	// What was refused has left nothing behind.
	var files []string
	require.NoError(t, filepath.Walk(filepath.Join(s.dir, "blobs"), func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	require.Len(t, files, 1)
}

// A full disk is our trouble, not the client's, and leaves nothing behind.
func TestFullDisk(t *testing.T) {
	s := start(t)
	id, _ := s.create(`{}`)
	blobs := filepath.Join(s.dir, "blobs", "sessions")
	require.NoError(t, os.MkdirAll(blobs, 0o700))
	if err := unix.Mount("tmpfs", blobs, "tmpfs", 0, "size=256k"); err != nil {
		t.Skip("needs the right to mount a small disk: ", err)
	}
	defer func() { require.NoError(t, unix.Unmount(blobs, 0)) }()
	large := append(bytes.Clone(picture), make([]byte, 1<<20)...)
	require.Equal(t, 503, s.upload("/v4/scanning/forgery", large, nil).StatusCode)
	res := s.upload("/v3/scanning/"+id+"/documents", large, nil)
	require.Equal(t, 503, res.StatusCode)
	require.NotEmpty(t, res.Header.Get("Retry-After"))
	body := res.Body
	require.Contains(t, string(body), "UNAVAILABLE")
	require.NotContains(t, string(body), s.dir)
	require.Equal(t, 201, s.upload("/v3/scanning/"+id+"/documents", picture, nil).StatusCode)
}

// A server that cannot start says why, and lets go of what it took.
func TestStartFails(t *testing.T) {
	s := start(t)
	try := func(dir string, args ...string) error {
		c, err := configure(append([]string{"--data-dir", dir, "--listen", "127.0.0.1:0"}, args...)...)
		require.NoError(t, err)
		_, err = server.New(t.Context(), c, server.Deps{Engine: s.engine, Log: slog.New(slog.DiscardHandler), Now: time.Now})
		return err
	}
	require.ErrorContains(t, try(s.dir), "in use by another idproof")
	dir := t.TempDir()
	require.ErrorContains(t, try(dir, "--listen", strings.TrimPrefix(s.base, "http://")), "address already in use")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "development.key"), nil, 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "idproof.db"), 0o700))
	require.Error(t, try(dir), "the database is a folder")
	require.NoError(t, os.Remove(filepath.Join(dir, "idproof.db")))
	require.NoError(t, os.Remove(filepath.Join(dir, "development.key")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "development.key"), 0o700))
	require.Error(t, try(dir), "late, when everything is open")
	require.NoError(t, os.Remove(filepath.Join(dir, "development.key")))
	require.Equal(t, 200, startIn(t, dir).call("GET", "/healthz", nil, nil).StatusCode, "then it starts")
}

// What is kept is there after a restart, with the same key.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	first := startIn(t, dir)
	id, _ := first.create(`{}`)
	first.analyse(id)
	r := first.finished(id)
	first.stop()
	second := startIn(t, dir)
	require.Equal(t, first.key, second.key)
	var again report.Result
	second.call("GET", "/v3/scanning/"+id, nil, &again)
	require.Equal(t, r.Identity, again.Identity)
	require.Equal(t, picture, second.call("GET", "/v3/scanning/"+id+"/images/"+r.Images[0].ID, nil, nil).Body)
}

func TestRateLimit(t *testing.T) {
	s := start(t, "--rate-limit", "3")
	for range 3 {
		require.Equal(t, 200, s.call("POST", "/v3/scanning", `{}`, nil).StatusCode)
	}
	res := s.call("POST", "/v3/scanning", `{}`, nil)
	require.Equal(t, 429, res.StatusCode)
	require.NotEmpty(t, res.Header.Get("Retry-After"))
	body := res.Body
	require.Contains(t, string(body), "RATE_LIMITED")
}

// An engine that panics, and one that fails, give a failed analysis, not a dead service.
func TestEngineFails(t *testing.T) {
	for name, read := range map[string]func(context.Context, []engine.Input, engine.Options) (*report.Result, error){
		"panic": func(context.Context, []engine.Input, engine.Options) (*report.Result, error) { panic(secret) },
		"error": func(context.Context, []engine.Input, engine.Options) (*report.Result, error) {
			return nil, errors.New("broken engine")
		},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() {
				t.Skip("waits for the retries of a job")
			}
			t.Parallel()
			s := start(t)
			s.engine.read = read
			id, _ := s.create(`{}`)
			s.analyse(id)
			var r report.Result
			require.Eventually(t, func() bool {
				s.call("GET", "/v3/scanning/"+id, nil, &r)
				return r.Status == report.Failed
			}, 60*time.Second, 200*time.Millisecond)
			require.Equal(t, "ANALYSIS_FAILED", r.Errors[0].Code)
			require.NotContains(t, s.logs.String(), secret)
			require.Equal(t, 200, s.call("GET", "/healthz", nil, nil).StatusCode)
		})
	}
}

func TestCancel(t *testing.T) {
	s := start(t)
	id, _ := s.create(`{}`)
	var r report.Result
	require.Equal(t, 200, s.call("POST", "/v3/scanning/"+id+"/cancel", nil, &r).StatusCode)
	require.Equal(t, report.Cancelled, r.Status)
	require.NotNil(t, r.FinishedAt)
	require.Equal(t, 200, s.call("POST", "/v3/scanning/"+id+"/cancel", nil, nil).StatusCode)
	require.Equal(t, 409, s.upload("/v3/scanning/"+id+"/documents", picture, nil).StatusCode)
	require.Equal(t, 409, s.call("POST", "/v3/scanning/"+id+"/analyses", nil, nil).StatusCode)
}

// What is described is what is there.
func TestOpenAPI(t *testing.T) {
	s := start(t)
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]any
	}
	res, err := http.Get(s.base + "/openapi.json") // without a key
	require.NoError(t, err)
	defer res.Body.Close()
	require.NoError(t, json.NewDecoder(res.Body).Decode(&doc))
	require.True(t, strings.HasPrefix(doc.OpenAPI, "3.1"))
	require.Len(t, doc.Paths, 2*16+15+2*2)
	raw, err := json.Marshal(doc.Paths)
	require.NoError(t, err)
	require.NotContains(t, string(raw), "ErrorModel")
	id := regexp.MustCompile(`\{\w+\}`)
	for path, methods := range doc.Paths {
		for method := range methods {
			p := id.ReplaceAllString(path, "00000000-0000-4000-8000-000000000000")
			res := s.call(strings.ToUpper(method), p, nil, nil)
			body := res.Body
			require.NotContains(t, string(body), session.ErrRoute.Description, "%s %s", method, p)
			require.NotEqual(t, 405, res.StatusCode, "%s %s", method, p)
		}
	}
}

func openStore(t *testing.T, s *service) *store.Store {
	t.Helper()
	master, err := seal.Load(seal.Config{}, s.dir)
	require.NoError(t, err)
	st, err := store.Open(t.Context(), s.data, master)
	require.NoError(t, err)
	t.Cleanup(func() { st.Close() })
	return st
}

func webhookSecret(t *testing.T, s *service, id string) string {
	t.Helper()
	m, err := openStore(t, s).Merchant(t.Context(), id)
	require.NoError(t, err)
	return m.WebhookSecrets[0]
}
