package webhook

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The tries span two days, each wait longer than the one before.
func TestDelay(t *testing.T) {
	var sum time.Duration
	for n := 1; n < Attempts; n++ {
		require.Less(t, Delay(n), Delay(n+1))
		sum += Delay(n)
	}
	require.InDelta(t, 48, sum.Hours(), 2)
	require.Equal(t, 5*time.Second, Delay(1))
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, "-5": 0, "soon": 0, "99999999999999": 0,
		"Thu, 01 Jan 2026 00:01:00 GMT": time.Minute, "Wed, 31 Dec 2025 00:01:00 GMT": 0,
	} {
		require.Equal(t, want, retryAfter(in, now), in)
	}
}

// Addresses inside the operator's network are refused when the connection is
// made, whatever form they have, unless they are allowed.
func TestClientGuard(t *testing.T) {
	arrived := false
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived = true }))
	defer srv.Close()
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	require.NoError(t, err)
	get := func(c *http.Client, url string) error {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, nil)
		require.NoError(t, err)
		res, err := c.Do(req)
		if err == nil {
			res.Body.Close()
		}
		return err
	}
	strict := client(2*time.Second, nil)
	for _, host := range []string{
		"127.0.0.1", "localhost", "0.0.0.0", "[::]", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1",
		"10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[fd00::1]", "[fe80::1]", "[64:ff9b::7f00:1]",
	} {
		err := get(strict, "http://"+host+":"+port+"/")
		require.Error(t, err, host)
		require.Contains(t, []string{"private_address", "dns", "connection"}, why(err), host)
	}
	require.Equal(t, "private_address", why(get(strict, "http://127.0.0.1:"+port+"/")))
	require.False(t, arrived)
	require.NoError(t, get(client(2*time.Second, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}), srv.URL))
	require.True(t, arrived)
}
