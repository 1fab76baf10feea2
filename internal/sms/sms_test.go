package sms_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"idproof/internal/outward"
	"idproof/internal/sms"
)

const standard = `{"to":{{json .To}},"text":{{json .Text}}}`

func TestGateway(t *testing.T) {
	for _, tt := range []struct {
		name, template, contentType, want string
	}{
		{"JSON", standard, "application/json", `{"to":"+46701740605","text":"\"Shop\" & Co: https://id.example/flow/x?phone"}`},
		{
			"Twilio", "To={{query .To}}&From=%2B4670&Body={{query .Text}}", "application/x-www-form-urlencoded",
			"To=%2B46701740605&From=%2B4670&Body=%22Shop%22+%26+Co%3A+https%3A%2F%2Fid.example%2Fflow%2Fx%3Fphone",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got, kind, who string
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got, kind, who = string(body), r.Header.Get("Content-Type"), r.Header.Get("Authorization")
			}))
			defer server.Close()
			c := sms.Config{URL: server.URL, Body: tt.template, ContentType: tt.contentType, Authorization: "Basic abc", Timeout: time.Second}
			require.NoError(t, c.Validate())
			g, err := sms.NewGateway(c)
			require.NoError(t, err)
			require.NoError(t, g.Send(t.Context(), "+46701740605", `"Shop" & Co: https://id.example/flow/x?phone`))
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.contentType, kind)
			require.Equal(t, "Basic abc", who)
		})
	}
}

func TestGatewayFails(t *testing.T) {
	moved := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound))
	defer moved.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
	defer broken.Close()
	done := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	defer slow.Close()
	defer close(done)
	for name, address := range map[string]string{"redirects": moved.URL, "breaks": broken.URL, "hangs": slow.URL, "is gone": "http://127.0.0.1:1/key-4711"} {
		g, err := sms.NewGateway(sms.Config{URL: address, Body: standard, Timeout: 200 * time.Millisecond})
		require.NoError(t, err)
		err = g.Send(t.Context(), "+46701740605", "secret words")
		require.Error(t, err, name)
		for _, personal := range []string{"46701740605", "secret", "4711"} {
			require.NotContains(t, err.Error(), personal, name)
		}
	}
}

func TestConfig(t *testing.T) {
	good := sms.Config{URL: "https://sms.example/send", Body: standard, Timeout: time.Second}
	require.NoError(t, good.Validate())
	require.NoError(t, sms.Config{}.Validate())
	for name, change := range map[string]func(*sms.Config){
		"address":  func(c *sms.Config) { c.URL = "sms.example" },
		"template": func(c *sms.Config) { c.Body = "{{.Nothing}}" },
		"syntax":   func(c *sms.Config) { c.Body = "{{" },
		"timeout":  func(c *sms.Config) { c.Timeout = time.Hour },
	} {
		bad := good
		change(&bad)
		require.Error(t, bad.Validate(), name)
	}
}

func TestOutbox(t *testing.T) {
	at := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	o := sms.NewOutbox(func() time.Time { return at })
	for i := range 25 {
		require.NoError(t, o.Send(t.Context(), "+4670", strings.Repeat("x", i)))
	}
	list := o.Messages()
	require.Len(t, list, 20)
	require.Len(t, list[0].Text, 24, "newest first")
	require.Equal(t, at, list[0].At)
}

func TestSettings(t *testing.T) {
	good := sms.Settings{URL: "https://sms.example/send?v=1", Body: "To={{query .To}}&From={{.From}}&Body={{.Text | query}}", ContentType: "application/x-www-form-urlencoded", Header: "X-Api-Key", Sender: "Shop"}
	require.NoError(t, good.Validate())
	require.NoError(t, sms.Settings{}.Validate())
	require.NoError(t, sms.Settings{URL: "http://127.0.0.1:9/"}.Validate(), "the development merchant's own machine; the connection is judged when it is made")
	for name, tt := range map[string]struct {
		change func(*sms.Settings)
		want   string
	}{
		"no address":       {func(s *sms.Settings) { s.URL = "" }, "sms.url: wanted"},
		"plain":            {func(s *sms.Settings) { s.URL = "http://sms.example/" }, "absolute https"},
		"scheme":           {func(s *sms.Settings) { s.URL = "file:///etc/passwd" }, "absolute https"},
		"credentials":      {func(s *sms.Settings) { s.URL = "https://u:p@sms.example/" }, "absolute https"},
		"unknown value":    {func(s *sms.Settings) { s.Body = "{{.Secret}}" }, "sms.body"},
		"loop":             {func(s *sms.Settings) { s.Body = "{{range 1000000000}}x{{end}}" }, "only"},
		"wide print":       {func(s *sms.Settings) { s.Body = `{{printf "%1000000000d" 1}}` }, "only"},
		"wide constant":    {func(s *sms.Settings) { s.Body = `{{query "x"}}` }, "only"},
		"recursion":        {func(s *sms.Settings) { s.Body = `{{define "a"}}{{template "a"}}{{end}}{{template "a"}}` }, "only"},
		"condition":        {func(s *sms.Settings) { s.Body = `{{if .To}}x{{end}}` }, "only"},
		"variable":         {func(s *sms.Settings) { s.Body = `{{$x := .To}}` }, "only"},
		"nested":           {func(s *sms.Settings) { s.Body = `{{query (printf "%9d" 1)}}` }, "only"},
		"quotes of quotes": {func(s *sms.Settings) { s.Body = "{{.Text" + strings.Repeat("|json", 40) + "}}" }, "only"},
		"two values":       {func(s *sms.Settings) { s.Body = "{{json .To .Text}}" }, "sms.body"},
		"long body":        {func(s *sms.Settings) { s.Body = strings.Repeat("x", 4097) }, "4096"},
		"content type":     {func(s *sms.Settings) { s.ContentType = "text/plain\r\nX: y" }, "content_type"},
		"header":           {func(s *sms.Settings) { s.Header = "X Key" }, "sms.header"},
		"header of frames": {func(s *sms.Settings) { s.Header = "Transfer-Encoding" }, "sms.header"},
		"host":             {func(s *sms.Settings) { s.Header = "Host" }, "sms.header"},
		"long sender":      {func(s *sms.Settings) { s.Sender = strings.Repeat("x", 65) }, "sms.sender"},
	} {
		bad := good
		tt.change(&bad)
		require.ErrorContains(t, bad.Validate(), tt.want, name)
	}
}

// A merchant's own gateway gets its messages, and its secret as long as it is
// where the secret was set for; the server's gateway gets the others.
func TestDesk(t *testing.T) {
	type request struct{ body, secret, kind string }
	got := make(chan request, 1)
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- request{string(body), r.Header.Get("X-Key"), r.Header.Get("Content-Type")}
	}))
	defer gateway.Close()
	outbox := sms.NewOutbox(time.Now)
	clients := outward.New(time.Second, nil, true)
	desk := sms.NewDesk(outbox, clients)
	own := sms.Own{Settings: sms.Settings{URL: gateway.URL + "/a", Body: "{{.From}} {{.To}} {{.Text}}", ContentType: "text/plain", Header: "X-Key", Sender: "Shop"}, Development: true}
	var err error
	own.Secret, err = own.Settings.NewSecret("k-4711", time.Now())
	require.NoError(t, err)
	require.Equal(t, "own", desk.Through(own))
	require.NoError(t, desk.Send(t.Context(), own, "+4670", "hello"))
	require.Equal(t, request{"Shop +4670 hello", "k-4711", "text/plain"}, <-got)

	moved := own
	moved.Settings.URL = strings.Replace(gateway.URL, "127.0.0.1", "localhost", 1) + "/b"
	require.False(t, moved.Settings.Has(moved.Secret))
	require.NoError(t, desk.Send(t.Context(), moved, "+4670", "hello"))
	require.Empty(t, (<-got).secret, "another origin does not get the secret")
	own.Settings.URL = gateway.URL + "/other/path"
	require.NoError(t, desk.Send(t.Context(), own, "+4670", "hello"))
	require.Equal(t, "k-4711", (<-got).secret)

	own.Development = false
	var failed *sms.FailedError
	require.ErrorAs(t, desk.Send(t.Context(), own, "+4670", "hello"), &failed)
	require.Equal(t, "private_address", failed.Reason)

	none := sms.Own{}
	require.Equal(t, "server", desk.Through(none))
	require.ErrorIs(t, desk.SendOwn(t.Context(), none, "+4670", "hello"), sms.ErrNoGateway)
	require.Empty(t, outbox.Messages())
	require.NoError(t, desk.Send(t.Context(), none, "+4670", "hello"))
	require.Len(t, outbox.Messages(), 1)
	empty := sms.NewDesk(nil, clients)
	require.Equal(t, "none", empty.Through(none))
	require.ErrorIs(t, empty.Send(t.Context(), none, "+4670", "hello"), sms.ErrNoGateway)
}

func TestSecret(t *testing.T) {
	_, err := sms.Settings{}.NewSecret("x", time.Now())
	require.ErrorIs(t, err, sms.ErrNoGateway)
	for name, bad := range map[string]string{"empty": "", "line": "a\r\nHost: b", "space": "a ", "letters": "ä", "long": strings.Repeat("x", 4097)} {
		_, err := sms.Settings{URL: "https://sms.example"}.NewSecret(bad, time.Now())
		require.ErrorIs(t, err, sms.ErrSecret, name)
	}
}
