package seal_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"idproof/internal/seal"
	"idproof/internal/seal/kmstest"
)

// tokenFile is a file with that token.
func tokenFile(t *testing.T, token string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(path, []byte(token+"\n"), 0o600))
	return path
}

// A key in a key management service wraps the keys of sessions; what it opened
// is not asked again at once; what does not open is told from a service that is
// away; a new version of the key opens what the old one sealed.
func TestKMS(t *testing.T) {
	service := kmstest.New(t)
	token := tokenFile(t, kmstest.Token)
	load := func() *seal.Master {
		m, err := seal.Load(seal.Config{KMS: service.Key(), KMSToken: token}, t.TempDir())
		require.NoError(t, err)
		return m
	}
	m := load()
	key, wrapped, err := m.NewKey("s")
	require.NoError(t, err)
	require.Equal(t, 1, service.Asked("encrypt"))
	sealed, err := key.Seal([]byte("x"), "p")
	require.NoError(t, err)
	for range 5 {
		again, err := m.Unwrap(wrapped, "s")
		require.NoError(t, err)
		got, err := again.Open(sealed, "p")
		require.NoError(t, err)
		require.Equal(t, "x", string(got))
	}
	require.Equal(t, 1, service.Asked("decrypt"), "the rest is remembered")
	_, err = m.Unwrap(wrapped, "other")
	require.ErrorIs(t, err, seal.ErrBroken)
	_, err = m.Open(wrapped, "s")
	require.ErrorIs(t, err, seal.ErrBroken, "a key is no value")

	service.Rotate()
	m = load() // remembers nothing
	_, err = m.Unwrap(wrapped, "s")
	require.NoError(t, err)
	secret, err := m.Seal([]byte("whsec"), "place")
	require.NoError(t, err)
	got, err := load().Open(secret, "place")
	require.NoError(t, err)
	require.Equal(t, "whsec", string(got))

	service.Down(true)
	_, err = m.Unwrap(wrapped, "s")
	require.NoError(t, err, "remembered")
	_, err = load().Unwrap(wrapped, "s")
	require.ErrorIs(t, err, seal.ErrUnavailable)
	require.NotErrorIs(t, err, seal.ErrBroken)
	_, _, err = m.NewKey("t")
	require.ErrorIs(t, err, seal.ErrUnavailable)
	service.Down(false)
	require.NoError(t, os.WriteFile(token, []byte("hvs.other"), 0o600)) // read again every time
	_, _, err = m.NewKey("t")
	require.ErrorIs(t, err, seal.ErrUnavailable)
	require.NotContains(t, err.Error(), "hvs")
}

func TestKMSAddress(t *testing.T) {
	for address, fine := range map[string]bool{
		"https://vault.example.com/v1/transit/keys/idproof": true,
		"http://127.0.0.1:8200/v1/transit/keys/idproof":     true,
		"http://localhost:8200/v1/a/b/keys/idproof/":        true,
		"http://vault.example.com/v1/transit/keys/idproof":  false,
		"https://vault.example.com/v1/transit/idproof":      false,
		"https://vault.example.com/v1/transit/keys/":        false,
		"https://u:p@vault.example.com/v1/transit/keys/a":   false,
		"vault": false,
	} {
		_, err := seal.Load(seal.Config{KMS: address}, t.TempDir())
		require.Equal(t, fine, err == nil, address)
		require.Equal(t, fine, seal.Config{KMS: address}.Validate() == nil, address)
	}
	require.Error(t, seal.Config{KMS: "https://vault.example.com/v1/transit/keys/a", File: "master.key"}.Validate())
	require.Error(t, seal.Config{KMSToken: "t"}.Validate())
}
