package outward

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
	strict := New(2*time.Second, nil, true).For(false)
	for _, host := range []string{
		"127.0.0.1", "localhost", "0.0.0.0", "[::]", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1",
		"10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[fd00::1]", "[fe80::1]", "[64:ff9b::7f00:1]",
	} {
		err := get(strict, "http://"+host+":"+port+"/")
		require.Error(t, err, host)
		require.Contains(t, []string{"private_address", "dns", "connection"}, Why(err), host)
	}
	require.Equal(t, "private_address", Why(get(strict, "http://127.0.0.1:"+port+"/")))
	require.False(t, arrived)
	require.NoError(t, get(New(2*time.Second, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, false).For(false), srv.URL))
	require.True(t, arrived)
	arrived = false
	require.Equal(t, "private_address", Why(get(New(2*time.Second, nil, false).For(true), srv.URL)), "no development")
	require.NoError(t, get(New(2*time.Second, nil, true).For(true), srv.URL))
	require.True(t, arrived)
}
