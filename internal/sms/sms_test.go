package sms_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
