package server_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
	"idproof/report"
)

// The test button sends the webhook of a made-up session the way of all others.
func TestWebhookButton(t *testing.T) {
	s := start(t)
	hooks := newReceiver(t, nil)
	var sent struct {
		SessionID string `json:"session_id"`
	}
	require.Equal(t, 202, s.call("POST", "/v3/merchant/webhooks/test", map[string]any{"url": hooks.URL + "/hook"}, &sent).StatusCode)
	var body struct {
		Event      string
		ID         string
		RelayState string `json:"relay_state"`
		Test       bool
		Result     report.Result
	}
	require.NoError(t, json.Unmarshal(hooks.wait(t, 1)[0].Body, &body))
	require.Equal(t, "session_finished", body.Event)
	require.Equal(t, sent.SessionID, body.ID)
	require.Equal(t, "webhook-test", body.RelayState)
	require.True(t, body.Test)
	require.Equal(t, report.Accepted, body.Result.Status)
	require.Zero(t, s.engine.calls)
	type log struct {
		Webhooks []struct {
			ID, State, Origin, Event string
			SessionID                string `json:"session_id"`
			Test                     bool
		}
		Failing []json.RawMessage
	}
	var l log
	require.Eventually(t, func() bool {
		l = log{}
		s.call("GET", "/v3/merchant/webhooks?state=delivered&limit=5", nil, &l)
		return len(l.Webhooks) == 1
	}, 10*time.Second, 20*time.Millisecond)
	require.Equal(t, hooks.URL, l.Webhooks[0].Origin)
	require.Equal(t, sent.SessionID, l.Webhooks[0].SessionID)
	require.True(t, l.Webhooks[0].Test)
	require.Empty(t, l.Failing)

	require.Equal(t, 200, s.call("PATCH", "/v3/merchant/settings", map[string]any{"webhook": hooks.URL + "/other"}, nil).StatusCode)
	require.Equal(t, 202, s.call("POST", "/v3/merchant/webhooks/test", nil, nil).StatusCode, "to the address of the settings")
	hooks.wait(t, 2)
}

// A dead receiver gets nothing more until someone resumes it; then it gets what
// waited, under the same ids.
func TestPausedReceiver(t *testing.T) {
	s := start(t)
	hooks := newReceiver(t, nil)
	st := openStore(t, s)
	old := time.Now().Add(-48 * time.Hour)
	for i := range 2 {
		_, err := st.NoteAttempt(t.Context(), merchant.Development, hooks.URL, false, old.Add(time.Duration(i)*25*time.Hour), 2, 24*time.Hour)
		require.NoError(t, err)
	}
	s.call("POST", "/v3/merchant/webhooks/test", map[string]any{"url": hooks.URL}, nil)
	type log struct {
		Webhooks []struct{ ID, State string }
		Failing  []struct {
			Origin   string
			PausedAt *time.Time `json:"paused_at"`
		}
	}
	var l log
	require.Eventually(t, func() bool {
		l = log{}
		s.call("GET", "/v3/merchant/webhooks?state=paused", nil, &l)
		return len(l.Webhooks) == 1
	}, 10*time.Second, 20*time.Millisecond)
	require.NotNil(t, l.Failing[0].PausedAt)
	require.Equal(t, hooks.URL, l.Failing[0].Origin)
	require.Empty(t, hooks.all())
	var resumed struct{ Resent int }
	require.Equal(t, 200, s.call("POST", "/v3/merchant/webhooks/resume", map[string]any{"origin": hooks.URL}, &resumed).StatusCode)
	require.Equal(t, 1, resumed.Resent)
	require.Equal(t, l.Webhooks[0].ID, hooks.wait(t, 1)[0].Header.Get("webhook-id"))
	var trail struct {
		Changes []struct{ Action, Subject string }
	}
	s.call("GET", "/v3/merchant/audit?limit=2", nil, &trail)
	require.Equal(t, "webhooks_resumed", trail.Changes[0].Action)
	require.Equal(t, "webhooks_paused", trail.Changes[1].Action)
}

// While a secret is replaced both sign; afterwards only the new one does.
func TestSecretRotation(t *testing.T) {
	s := start(t)
	hooks := newReceiver(t, nil)
	verify := func(secret string, r received) error {
		w, err := standardwebhooks.NewWebhook(secret)
		require.NoError(t, err)
		return w.Verify(r.Body, r.Header)
	}
	send := func(n int) received {
		s.call("POST", "/v3/merchant/webhooks/test", map[string]any{"url": hooks.URL}, nil)
		return hooks.wait(t, n)[n-1]
	}
	old := webhookSecret(t, s, merchant.Development)
	var made struct {
		Hints  []string
		Secret string
	}
	require.Equal(t, 201, s.call("POST", "/v3/merchant/webhook-secrets", nil, &made).StatusCode)
	require.Len(t, made.Hints, 2)
	first := send(1)
	require.NoError(t, verify(old, first))
	require.NoError(t, verify(made.Secret, first))
	listed := s.call("GET", "/v3/merchant/webhook-secrets", nil, nil)
	require.NotContains(t, string(listed.Body), made.Secret)
	require.Equal(t, http.StatusOK, s.call("DELETE", "/v3/merchant/webhook-secrets", nil, nil).StatusCode)
	second := send(2)
	require.Error(t, verify(old, second))
	require.NoError(t, verify(made.Secret, second))
	for range 2 {
		require.Equal(t, 201, s.call("POST", "/v3/merchant/webhook-secrets", nil, nil).StatusCode)
	}
	require.Equal(t, 400, s.call("POST", "/v3/merchant/webhook-secrets", nil, nil).StatusCode, "three are enough")
}
