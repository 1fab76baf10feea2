package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
)

// wire is a connection that can go bad: a proxy before an address.
type wire struct {
	*toxiproxy.Proxy
	t    *testing.T
	addr string // host:port
}

// newWire returns a good one to that address, host:port.
func newWire(t *testing.T, to string) *wire {
	t.Helper()
	quiet := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	w := &wire{Proxy: toxiproxy.NewProxy(quiet, "wire", "127.0.0.1:0", to), t: t}
	require.NoError(t, w.Start())
	w.addr = w.Listen
	t.Cleanup(w.Stop)
	return w
}

// bad makes every connection from now on bad, as toxiproxy describes it: type,
// stream (downstream unless said otherwise) and attributes.
func (w *wire) bad(toxic string) {
	w.t.Helper()
	_, err := w.Toxics.AddToxicJson(strings.NewReader(toxic))
	require.NoError(w.t, err)
}

// good makes connections good again; those that are open are cut.
func (w *wire) good() {
	w.t.Helper()
	w.Stop()
	w.Toxics.ResetToxics(context.Background())
	require.NoError(w.t, w.Start())
}

// databases runs a test on a server with either database.
func databases(t *testing.T, args []string, test func(s *service)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(start(t, args...)) })
	t.Run("PostgreSQL", func(t *testing.T) { test(install(t).serve(args...)) })
}

// Receivers behind every kind of bad connection: what an attempt is kept as, and
// whether it arrived although nobody here can know. When the connection is good
// again everything is delivered, under the same id and with the same body.
func TestWebhookBadConnections(t *testing.T) {
	const timeout = "4s"
	tests := []struct {
		name    string
		toxic   string // empty: nobody answers at that port
		answer  int
		state   string // after the first attempt
		status  int    // of the first attempt
		reason  string
		arrived int // how often, before the connection is good
	}{
		{"slow", `{"type":"latency","attributes":{"latency":400,"jitter":200}}`, 204, "delivered", 204, "", 1},
		{"slow by the byte", `{"type":"slicer","stream":"upstream","attributes":{"average_size":200,"size_variation":100,"delay":5000}}`, 204, "delivered", 204, "", 1},
		{"answers too late", `{"type":"latency","attributes":{"latency":8000}}`, 204, "pending", 0, "timeout", 1},
		{"swallows the request", `{"type":"timeout","stream":"upstream","attributes":{"timeout":0}}`, 204, "pending", 0, "timeout", 0},
		{"swallows the answer, hangs up", `{"type":"timeout","attributes":{"timeout":500}}`, 204, "pending", 0, "connection", 1},
		{"reset at the request", `{"type":"reset_peer","stream":"upstream","attributes":{"timeout":0}}`, 204, "pending", 0, "connection", 0},
		{"reset at the answer", `{"type":"reset_peer","attributes":{"timeout":0}}`, 204, "pending", 0, "connection", 1},
		{"cut in the request", `{"type":"limit_data","stream":"upstream","attributes":{"bytes":300}}`, 204, "pending", 0, "connection", 0},
		{"cut in the answer", `{"type":"limit_data","attributes":{"bytes":12}}`, 204, "pending", 0, "connection", 1},
		{"not there", "", 204, "pending", 0, "connection", 0},
		{"slow and broken", `{"type":"latency","attributes":{"latency":300}}`, 500, "pending", 500, "status", 1},
		{"slow and gone", `{"type":"latency","attributes":{"latency":300}}`, 410, "gone", 410, "status", 1},
		{"slow and moved", `{"type":"latency","attributes":{"latency":300}}`, 307, "pending", 307, "redirect", 1},
	}
	databases(t, []string{"--webhook-timeout", timeout, "--parallel-webhooks", "16"}, func(s *service) {
		t := s.t
		type receiving struct {
			*receiver
			*wire
			id string
		}
		moved := newReceiver(t, nil)
		all := make([]receiving, len(tests))
		for i, tt := range tests {
			hooks := newReceiver(t, func(n int, w http.ResponseWriter, _ *http.Request) {
				if n > 1 && tt.answer != http.StatusGone {
					return
				}
				w.Header().Set("Location", moved.URL)
				w.WriteHeader(tt.answer)
			})
			all[i] = receiving{receiver: hooks, wire: newWire(t, hooks.Listener.Addr().String())}
			if tt.toxic == "" {
				all[i].Stop()
			} else {
				all[i].bad(tt.toxic)
			}
			all[i].id, _ = s.create(map[string]any{"webhook": "http://" + all[i].addr + "/hook"})
			s.analyse(all[i].id)
		}
		for i, tt := range tests {
			var d []delivery
			require.Eventually(t, func() bool {
				d = s.deliveries(all[i].id)
				return len(d) == 1 && len(d[0].Attempts) > 0
			}, 30*time.Second, 20*time.Millisecond, tt.name)
			require.Equal(t, tt.state, d[0].State, tt.name)
			require.Equal(t, tt.status, d[0].Attempts[0].Status, tt.name)
			require.Equal(t, tt.reason, d[0].Attempts[0].Reason, tt.name)
			if len(d[0].Attempts) == 1 {
				require.Len(t, all[i].all(), tt.arrived, tt.name)
			}
			all[i].good()
		}
		for i, tt := range tests {
			var d delivery
			require.Eventually(t, func() bool {
				d = s.deliveries(all[i].id)[0]
				return d.State == "delivered" || d.State == "gone"
			}, 60*time.Second, 50*time.Millisecond, tt.name)
			got := all[i].all()
			require.NotEmpty(t, got, tt.name)
			for _, g := range got {
				require.Equal(t, d.ID, g.Header.Get("webhook-id"), tt.name)
				require.Equal(t, got[0].Body, g.Body, tt.name)
			}
		}
		require.Empty(t, moved.all(), "no redirect is followed")
	})
}

// Events of one session go their own ways: one whose first attempt fails arrives
// after those that came later. All arrive; each says what it is by its id.
func TestWebhookOrder(t *testing.T) {
	events := []string{"session_created", "session_updated", "analysis_finished", "session_finished"}
	databases(t, []string{"--webhook-allow", "127.0.0.0/8"}, func(s *service) {
		t := s.t
		hooks := newReceiver(t, nil)
		w := newWire(t, hooks.Listener.Addr().String())
		w.bad(`{"type":"reset_peer","stream":"upstream","attributes":{"timeout":0}}`)
		s.key = addMerchant(t, s, merchant.Settings{WebhookEvents: events})
		id, _ := s.create(map[string]any{"webhook": "http://" + w.addr})
		require.Eventually(t, func() bool { d := s.deliveries(id); return len(d) == 1 && len(d[0].Attempts) == 1 }, 10*time.Second, 10*time.Millisecond)
		w.good()
		s.analyse(id)
		s.finished(id)
		require.Eventually(t, func() bool {
			for _, d := range s.deliveries(id) {
				if d.State != "delivered" {
					return false
				}
			}
			return true
		}, 30*time.Second, 50*time.Millisecond)
		var order []string
		ids := map[string]bool{}
		for _, got := range hooks.all() {
			var body struct{ Event string }
			require.NoError(t, json.Unmarshal(got.Body, &body))
			order = append(order, body.Event)
			ids[got.Header.Get("webhook-id")] = true
		}
		require.Len(t, ids, 5, "each event has an id of its own")
		require.Equal(t, "session_created", order[len(order)-1], "the first event comes last: %v", order)
	})
}

// A server that is killed again and again while its webhooks go through a bad
// connection loses none of them.
func TestWebhooksOutliveKills(t *testing.T) {
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	dir, listen := t.TempDir(), freeAddress(t)
	hooks := newReceiver(t, nil)
	w := newWire(t, hooks.Listener.Addr().String())
	// Some are reset before they arrive, others are kept waiting.
	w.bad(`{"type":"reset_peer","stream":"upstream","toxicity":0.4,"attributes":{"timeout":0}}`)
	w.bad(`{"type":"latency","toxicity":0.5,"attributes":{"latency":3000}}`)
	p := spawn(t, dir, listen)
	key, err := os.ReadFile(filepath.Join(dir, "development.key"))
	require.NoError(t, err)
	s := &service{t: t, dir: dir, base: "http://" + listen, key: strings.TrimSpace(string(key))}
	const rounds, each = 4, 6
	for range rounds {
		for range each {
			require.Equal(t, 202, s.call("POST", "/v3/merchant/webhooks/test", map[string]any{"url": "http://" + w.addr}, nil).StatusCode)
		}
		time.Sleep(300 * time.Millisecond) // some are under way
		p.kill()
		p = spawn(t, dir, listen)
	}
	w.good()
	var log struct{ Webhooks []struct{ ID string } }
	require.Eventually(t, func() bool {
		s.call("GET", "/v3/merchant/webhooks?state=delivered&limit=100", nil, &log)
		return len(log.Webhooks) == rounds*each
	}, time.Minute, 200*time.Millisecond, "%s", p.out)
	bodies := map[string]string{}
	for _, got := range hooks.all() {
		id := got.Header.Get("webhook-id")
		if first, again := bodies[id]; again {
			require.Equal(t, first, string(got.Body), "a duplicate is the same")
		}
		bodies[id] = string(got.Body)
	}
	require.Len(t, bodies, rounds*each, "each arrived")
	for _, d := range log.Webhooks {
		require.Contains(t, bodies, d.ID)
	}
	t.Logf("%d webhooks arrived %d times over %d kills", len(bodies), len(hooks.all()), rounds)
}
