package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"idproof/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What the service says is wrong arrives as it said it; what is no answer of the
// service is an error all the same, and no goroutine is left behind.
func TestErrors(t *testing.T) {
	answers := map[string]struct {
		status int
		body   string
	}{
		"/v3/scanning/many":   {400, `{"errors":[{"code":"INVALID_TARGET","description":"a"},{"code":"INVALID_LOCALE","description":"b"}]}`},
		"/v3/scanning/proxy":  {502, `<html>bad gateway</html>`},
		"/v3/scanning/same":   {304, ``},
		"/v3/scanning/broken": {200, `{"id":`},
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "key", r.Header.Get("Authorization"))
		w.WriteHeader(answers[r.URL.Path].status)
		_, _ = io.WriteString(w, answers[r.URL.Path].body)
	}))
	defer srv.Close()
	c := &client.Client{BaseURL: srv.URL + "/", Key: "key", HTTP: srv.Client()}
	_, err := c.GetResult(t.Context(), "many", client.GetResultQuery{})
	var e *client.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, 400, e.Status)
	require.True(t, e.Has("INVALID_LOCALE"))
	require.False(t, e.Has("UNAUTHORIZED"))
	require.ErrorContains(t, err, "INVALID_TARGET: a")
	_, err = c.GetResult(t.Context(), "proxy", client.GetResultQuery{})
	require.ErrorAs(t, err, &e)
	require.Equal(t, 502, e.Status)
	_, err = c.GetResult(t.Context(), "same", client.GetResultQuery{}, client.IfNoneMatch(`"x"`))
	require.ErrorIs(t, err, client.ErrNotModified)
	_, err = c.GetResult(t.Context(), "broken", client.GetResultQuery{})
	require.ErrorContains(t, err, "the answer")

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.UploadDocument(gone, "id", client.UploadDocumentQuery{}, strings.NewReader("x"))
	require.ErrorIs(t, err, context.Canceled)
	_, err = (&client.Client{BaseURL: "::"}).UploadDocument(t.Context(), "id", client.UploadDocumentQuery{}, strings.NewReader("x"))
	require.Error(t, err)
}

func ExampleClient_CreateSession() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"id":"0d156beb-8b94-4b78-b907-6c93575d5f5a","errors":[],"redirect_url":"https://id.example.com/flow/…"}`)
	}))
	defer srv.Close()
	c := &client.Client{BaseURL: srv.URL, Key: "idp_test_…", HTTP: srv.Client()}
	s, err := c.CreateSession(context.Background(), client.CreateRequest{RelayState: "order-1234"}, client.IdempotencyKey("order-1234"))
	var refused *client.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Errors)
		return
	}
	fmt.Println(s.RedirectURL)
	// Output: https://id.example.com/flow/…
}
