package server_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
	"idproof/report"
)

type delivery struct {
	ID, Event, State string
	Attempts         []struct {
		Status int
		Reason string
	}
}

func (s *service) deliveries(id string) []delivery {
	s.t.Helper()
	var out struct{ Webhooks []delivery }
	s.call("GET", "/v3/scanning/"+id+"/webhooks", nil, &out)
	return out.Webhooks
}

// A webhook proves its sender in both forms, and when it leaves, the state it
// tells of can be read already.
func TestWebhook(t *testing.T) {
	s := start(t)
	var id string
	read := make(chan report.Result, 1)
	hooks := newReceiver(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		var now report.Result
		s.call("GET", "/v3/scanning/"+id, nil, &now)
		read <- now
	})
	id, _ = s.create(map[string]any{"webhook": hooks.URL, "relay_state": "r-9"})
	s.analyse(id)
	got := hooks.wait(t, 1)[0]
	var body struct {
		Event      string         `json:"event"`
		ID         string         `json:"id"`
		RelayState string         `json:"relay_state"`
		Result     *report.Result `json:"result"`
	}
	require.NoError(t, json.Unmarshal(got.Body, &body))
	require.Equal(t, "session_finished", body.Event)
	require.Equal(t, id, body.ID)
	require.Equal(t, "r-9", body.RelayState)
	now := <-read
	require.Equal(t, &now, body.Result)
	require.Equal(t, report.Accepted, now.Status)
	require.Equal(t, "ERIKSSON", body.Result.Identity.LastName)

	secret := webhookSecret(t, s, merchant.Development)
	verifier, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	require.NoError(t, verifier.Verify(got.Body, got.Header))

	legacy := got.Header.Get("X-ZignSec-Hmac-SHA256")
	at, sum, ok := strings.Cut(strings.TrimPrefix(legacy, "t="), ",v1=")
	require.True(t, ok, legacy)
	m := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(m, "%s.%s", at, got.Body)
	require.Equal(t, hex.EncodeToString(m.Sum(nil)), sum)

	require.Eventually(t, func() bool { return s.deliveries(id)[0].State == "delivered" }, 5*time.Second, 20*time.Millisecond)

	// Sent again on request, under the same id.
	require.Equal(t, 200, s.call("POST", "/v3/scanning/"+id+"/webhooks/"+got.Header.Get("webhook-id")+"/resend", nil, nil).StatusCode)
	again := hooks.wait(t, 2)[1]
	<-read
	require.Equal(t, got.Header.Get("webhook-id"), again.Header.Get("webhook-id"))
	require.Equal(t, got.Body, again.Body)
	require.Eventually(t, func() bool {
		d := s.deliveries(id)[0]
		return d.State == "delivered" && len(d.Attempts) == 2
	}, 5*time.Second, 20*time.Millisecond)
}

func TestWebhookAnswers(t *testing.T) {
	s := start(t)
	moved := newReceiver(t, nil)
	tests := []struct {
		name    string
		answer  func(n int, w http.ResponseWriter, r *http.Request)
		state   string
		status  int // of the first attempt
		reason  string
		arrived int
	}{
		{"gone", func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }, "gone", 410, "status", 1},
		{"moved", func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", moved.URL)
			w.WriteHeader(http.StatusTemporaryRedirect)
		}, "pending", 307, "redirect", 1},
		{"broken, then well", func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}, "delivered", 500, "status", 2},
		{"asks to wait", func(n int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, "pending", 503, "status", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			hooks := newReceiver(t, tt.answer)
			id, _ := s.create(map[string]any{"webhook": hooks.URL})
			s.analyse(id)
			require.Eventually(t, func() bool {
				d := s.deliveries(id)
				return len(d) == 1 && d[0].State == tt.state && len(d[0].Attempts) == tt.arrived
			}, 30*time.Second, 50*time.Millisecond)
			d := s.deliveries(id)[0]
			require.Equal(t, tt.status, d.Attempts[0].Status)
			require.Equal(t, tt.reason, d.Attempts[0].Reason)
		})
	}
	require.Empty(t, moved.all())
}

// Only the development merchant reaches this machine.
func TestWebhookPrivateAddress(t *testing.T) {
	s := start(t)
	hooks := newReceiver(t, nil)
	s.key = addMerchant(t, s, merchant.Settings{})
	for _, url := range []string{hooks.URL, strings.Replace(hooks.URL, "127.0.0.1", "localhost", 1), "https://169.254.169.254/", "https://10.0.0.1/"} {
		id, _ := s.create(map[string]any{"webhook": url})
		s.analyse(id)
		require.Eventually(t, func() bool {
			d := s.deliveries(id)
			return len(d) == 1 && len(d[0].Attempts) == 1
		}, 20*time.Second, 50*time.Millisecond, url)
		require.Equal(t, "private_address", s.deliveries(id)[0].Attempts[0].Reason, url)
	}
	require.Empty(t, hooks.all())
}

// A merchant gets the events it asks for, in their order.
func TestWebhookEvents(t *testing.T) {
	s := start(t, "--webhook-allow", "127.0.0.0/8")
	hooks := newReceiver(t, nil)
	s.key = addMerchant(t, s, merchant.Settings{WebhookEvents: []string{"session_created", "session_updated", "analysis_finished", "session_finished"}})
	id, _ := s.create(map[string]any{"webhook": hooks.URL})
	s.analyse(id)
	s.finished(id)
	hooks.wait(t, 5)
	var events []string
	for _, d := range s.deliveries(id) {
		events = append(events, d.Event)
	}
	require.ElementsMatch(t, []string{"session_created", "session_updated", "session_updated", "analysis_finished", "session_finished"}, events)
}
