package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"idproof/internal/server"
	"idproof/internal/store/pgtest"
)

// Of several processes none ever meets what it cannot open: the new key is used
// only when all that run know it, and from then on none starts without it.
func TestRotateOfMany(t *testing.T) {
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	database, dir := pgtest.New(t), t.TempDir()
	file := filepath.Join(dir, "master.key")
	idproof := func(args ...string) (string, int) {
		var out bytes.Buffer
		code := run(t.Context(), append(args, "--data-dir", dir, "--database", database), streams{in: strings.NewReader(""), out: &out, err: &out})
		return out.String(), code
	}
	want := func(code int, contains string, args ...string) string {
		t.Helper()
		out, got := idproof(args...)
		require.Equal(t, code, got, out)
		require.Contains(t, out, contains)
		return out
	}
	serve := func() *running {
		return begin(t, -1, "serve", "--no-work", "--data-dir", dir, "--database", database)
	}
	// knows asks a process something that the merchant's secrets must be opened for.
	knows := func(p *running, key string) bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.address+"/v3/scanning/x", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", key)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res.StatusCode == http.StatusNotFound // 500: it cannot open them
	}
	want(0, "up to date", "migrate")
	first, err := os.ReadFile(file)
	require.NoError(t, err)
	one, two := serve(), serve()

	want(0, "nothing is sealed yet", "rotate-master-key")
	second, err := os.ReadFile(file)
	require.NoError(t, err)
	want(1, "2 processes do not know the new key yet", "rotate-master-key")
	one.end()
	one = serve() // with the file that has both
	want(1, "1 processes do not know the new key yet", "rotate-master-key")
	now, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, second, now, "what is refused changes nothing")
	two.end()
	two = serve()

	want(0, "everything is sealed", "rotate-master-key")
	created := strings.Fields(want(0, "idp_", "merchant", "create", "Sealed with the new key"))
	var key string
	for _, word := range created {
		if strings.HasPrefix(word, "idp_") {
			key = word
		}
	}
	require.True(t, knows(one, key), "seals with the old key, opens with the new one")
	two.end()
	two = serve() // with the last file
	require.True(t, knows(two, key))

	require.NoError(t, os.WriteFile(file, second, 0o600))
	want(0, "Sealed with the new key", "merchant", "list")
	require.NoError(t, os.WriteFile(file, first, 0o600))
	want(1, "lacks the key", "merchant", "list")
}

// A keyset of the environment is handed back; a single service must stand still.
func TestRotateElsewhere(t *testing.T) {
	dir := t.TempDir()
	idproof := func(args ...string) (out, err string, code int) {
		var o, e bytes.Buffer
		code = run(t.Context(), append(args, "--data-dir", dir), streams{in: strings.NewReader(""), out: &o, err: &e})
		return o.String(), e.String(), code
	}
	_, _, code := idproof("migrate")
	require.Zero(t, code)
	release, err := server.Hold(dir)
	require.NoError(t, err)
	_, said, code := idproof("rotate-master-key")
	require.Equal(t, 1, code)
	require.Contains(t, said, "stop the service first")
	require.NoError(t, release())

	keyset, err := os.ReadFile(filepath.Join(dir, "master.key"))
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(dir, "master.key")))
	t.Setenv("IDPROOF_MASTER_KEY", string(keyset))
	next, said, code := idproof("rotate-master-key")
	require.Zero(t, code, said)
	require.NotContains(t, said, "keyData")
	require.NoFileExists(t, filepath.Join(dir, "master.key"))
	t.Setenv("IDPROOF_MASTER_KEY", next)
	_, said, code = idproof("merchant", "list")
	require.Zero(t, code, said)
	t.Setenv("IDPROOF_MASTER_KEY", string(keyset))
	_, said, code = idproof("merchant", "list")
	require.Equal(t, 1, code)
	require.Contains(t, said, "lacks the key")
}
