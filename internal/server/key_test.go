package server_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"idproof/internal/seal/kmstest"
	"idproof/report"
)

// With its master key in a key management service the whole service works, asks
// it seldom, and keeps no key of its own; while that is away it says so, and
// works again when it is back.
func TestKeyService(t *testing.T) {
	kms := kmstest.New(t)
	dir, token := t.TempDir(), filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte(kmstest.Token), 0o600))
	args := []string{"--master-key-kms", kms.Key(), "--master-key-kms-token-file", token}
	s := startIn(t, dir, args...)
	id, _ := s.create(map[string]any{"relay_state": "r"})
	s.analyse(id)
	require.Equal(t, report.Accepted, s.finished(id).Status)
	require.Less(t, kms.Asked("decrypt"), 10)
	require.NoFileExists(t, filepath.Join(dir, "master.key"))
	s.stop()
	kms.Rotate()
	s = startIn(t, dir, args...)
	require.Equal(t, report.Accepted, s.finished(id).Status)
	kms.Down(true)
	require.Equal(t, http.StatusInternalServerError, s.call("POST", "/v3/scanning", "{}", nil).StatusCode)
	kms.Down(false)
	s.create(map[string]any{})
}
