package peers_test

import (
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-chi/httprate"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"idproof/internal/peers"
	"idproof/internal/seal"
	"idproof/internal/session"
	"idproof/internal/store"
	"idproof/internal/store/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Around(m)) }

// A limit is one limit, wherever requests go.
func TestLimit(t *testing.T) {
	url := pgtest.New(t)
	master, err := seal.NewMaster()
	require.NoError(t, err)
	st, err := store.Open(t.Context(), url, master) // makes the tables
	require.NoError(t, err)
	require.NoError(t, st.Close())
	var limiters []*httprate.RateLimiter
	for range 2 {
		p, _ := join(t, url)
		defer p.Close()
		limiters = append(limiters, httprate.NewRateLimiter(100, time.Minute, httprate.WithLimitCounter(p.Counter("key"))))
	}
	request := func(at int, key string) (refused bool) {
		return limiters[at].OnLimit(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/", nil), key)
	}
	for range 50 {
		require.False(t, request(0, "a"))
		require.False(t, request(1, "a"))
	}
	require.Eventually(t, func() bool { return request(0, "a") && request(1, "a") }, 5*time.Second, 50*time.Millisecond)
	require.False(t, request(0, "b"), "another key")
	admin, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, admin.Close(t.Context())) }()
	counted := func() (n int) {
		require.NoError(t, admin.QueryRow(t.Context(), "SELECT sum(used) FROM limits").Scan(&n))
		return n
	}
	require.Eventually(t, func() bool { return counted() >= 101 }, 5*time.Second, 10*time.Millisecond)
	time.Sleep(600 * time.Millisecond) // two more exchanges
	require.LessOrEqual(t, counted(), 101+20, "nothing is counted twice")
}

// join joins a process that hands what it hears to the channel.
func join(t *testing.T, url string, keys ...uint32) (*peers.Peers, <-chan peers.Notice) {
	t.Helper()
	heard := make(chan peers.Notice, 100)
	p, err := peers.Join(t.Context(), url, keys, slog.New(slog.DiscardHandler), func(n peers.Notice) { heard <- n })
	require.NoError(t, err)
	return p, heard
}

func next(t *testing.T, heard <-chan peers.Notice) peers.Notice {
	t.Helper()
	select {
	case n := <-heard:
		n.From = ""
		return n
	case <-time.After(5 * time.Second):
		require.Fail(t, "nothing was heard")
		return peers.Notice{}
	}
}

func TestNotices(t *testing.T) {
	url := pgtest.New(t)
	a, atA := join(t, url)
	defer a.Close()
	b, atB := join(t, url)
	defer b.Close()
	a.Changed("s1")
	require.Equal(t, peers.Notice{SessionID: "s1"}, next(t, atB))
	p := &session.Progress{Step: "mrz", Done: 1, Total: 3}
	b.SetProgress("s2", &session.Progress{Step: "decode", Total: 3})
	b.SetProgress("s2", p)
	require.Equal(t, peers.Notice{SessionID: "s2", Progress: p}, next(t, atA), "the newest of what came together")
	b.SetProgress("s2", nil)
	require.Equal(t, peers.Notice{SessionID: "s2", Ended: true}, next(t, atA))
	require.Empty(t, atA, "nobody hears himself")
}

// Who does not know a key is counted, also after its connection was cut.
func TestWithout(t *testing.T) {
	url := pgtest.New(t)
	const old, fresh = 7, 1<<32 - 5
	without := func(key uint32) int {
		n, err := peers.Without(t.Context(), url, key)
		require.NoError(t, err)
		return n
	}
	require.Zero(t, without(fresh))
	a, _ := join(t, url, old)
	defer a.Close()
	b, _ := join(t, url, old, fresh)
	defer b.Close()
	require.Zero(t, without(old))
	require.Equal(t, 1, without(fresh))
	admin, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, admin.Close(t.Context())) }()
	_, err = admin.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", b.ID())
	require.NoError(t, err)
	require.Eventually(t, func() bool { ids, err := a.Alive(t.Context()); return err == nil && len(ids) == 2 }, 10*time.Second, 10*time.Millisecond)
	require.Equal(t, 1, without(fresh), "it knows it still")
}

// Who leaves is not alive any more; whose connection is cut comes back, under
// the same name, and hears again.
func TestAlive(t *testing.T) {
	url := pgtest.New(t)
	a, atA := join(t, url)
	defer a.Close()
	b, _ := join(t, url)
	alive := func() []string {
		ids, err := a.Alive(t.Context())
		require.NoError(t, err)
		return ids
	}
	require.ElementsMatch(t, []string{a.ID(), b.ID()}, alive())
	b.Close()
	require.Eventually(t, func() bool { return len(alive()) == 1 }, 5*time.Second, 10*time.Millisecond)

	admin, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, admin.Close(t.Context())) }()
	_, err = admin.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", a.ID())
	require.NoError(t, err)
	require.Eventually(t, func() bool { ids := alive(); return len(ids) == 1 && ids[0] == a.ID() }, 10*time.Second, 10*time.Millisecond)
	c, _ := join(t, url)
	defer c.Close()
	require.Eventually(t, func() bool {
		c.Changed("s3")
		select {
		case n := <-atA:
			return n.SessionID == "s3"
		case <-time.After(50 * time.Millisecond):
			return false
		}
	}, 10*time.Second, 10*time.Millisecond)
}
