package merchant_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
)

func TestAllowsReturn(t *testing.T) {
	listed := []string{"https://shop.example", "https://shop.example:8443", "http://intern.example"}
	tests := []struct {
		url     string
		origins []string
		want    bool
	}{
		{"https://any.example/x", nil, true},
		{"http://any.example/x", nil, false},
		{"http://localhost:3000/", nil, true},
		{"http://127.0.0.1/", nil, true},
		{"http://[::1]:80/", nil, true},
		{"http://localhost.evil.example/", nil, false},
		{"https://user@any.example/", nil, false},
		{"javascript:alert(1)", nil, false},
		{"app://done", nil, false},
		{"//any.example/", nil, false},
		{"https://shop.example/a?b", listed, true},
		{"https://SHOP.example:443/", listed, true},
		{"https://shop.example:8443/", listed, true},
		{"https://shop.example:1/", listed, false},
		{"http://shop.example/", listed, false},
		{"https://shop.example.evil.example/", listed, false},
		{"http://intern.example:80/", listed, true},
		{"http://localhost/", listed, false},
	}
	for _, tt := range tests {
		u, err := url.Parse(tt.url)
		require.NoError(t, err)
		require.Equal(t, tt.want, merchant.Settings{AllowedOrigins: tt.origins}.AllowsReturn(u), tt.url)
	}
}

func TestSettings(t *testing.T) {
	s, err := merchant.Settings{}.With([]byte(`{"attempts":5,"link_ttl":"2h","document_types":["passport"]}`))
	require.NoError(t, err)
	require.Equal(t, merchant.Duration(2*time.Hour), s.LinkTTL)
	s, err = s.With([]byte(`{"attempts":null,"minimum_age":18}`))
	require.NoError(t, err)
	require.Equal(t, 3, s.WithDefaults().Attempts)
	require.Equal(t, []string{"passport"}, s.DocumentTypes)
	s, err = s.With([]byte(`{"forgery":{"warning":30}}`))
	require.NoError(t, err)
	require.Equal(t, merchant.Forgery{Warning: 30, HighRisk: 85, History: "on"}, s.WithDefaults().Forgery)
	for _, bad := range []string{
		`{"atempts":5}`, `{"attempts":"5"}`, `[]`, `{"link_ttl":"1s"}`, `{"link_ttl":"x"}`, `{"attempts":99}`, `{"version":2}`, `{"minimum_age":-1}`,
		`{"document_types":["x"]}`, `{"analysis_types":["x"]}`, `{"webhook_events":["x"]}`, `{"default_locale":"xx"}`,
		`{"forgery":{"warning":-1}}`, `{"forgery":{"warning":85}}`, `{"forgery":{"high_risk":101}}`, `{"forgery":{"history":"maybe"}}`,
		`{"allowed_origins":["https://a.example/"]}`, `{"allowed_origins":["a.example"]}`, `{"allowed_origins":["*"]}`,
	} {
		_, err := s.With([]byte(bad))
		require.Error(t, err, bad)
	}
}

func TestKeys(t *testing.T) {
	a, b := merchant.NewKey(), merchant.NewKey()
	require.NotEqual(t, a, b)
	require.Regexp(t, `^idp_[A-Za-z0-9_-]{43}$`, a)
	require.Len(t, merchant.HashKey(a), 64)
	require.NotContains(t, merchant.HashKey(a), a)
}
