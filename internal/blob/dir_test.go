package blob_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"idproof/internal/blob"
	"idproof/internal/blob/blobtest"
	"idproof/internal/seal"
)

func TestDir(t *testing.T) {
	d, err := blob.OpenDir(filepath.Join(t.TempDir(), "blobs"))
	require.NoError(t, err)
	defer d.Close()
	blobtest.Run(t, d)
}

// A file under another name, with a byte changed, or cut short does not open.
func TestDirTampering(t *testing.T) {
	dir := t.TempDir()
	d, err := blob.OpenDir(dir)
	require.NoError(t, err)
	defer d.Close()
	m, err := seal.NewMaster()
	require.NoError(t, err)
	key, _, err := m.NewKey("a")
	require.NoError(t, err)
	data := bytes.Repeat([]byte("picture"), 40_000)
	require.NoError(t, d.Put(t.Context(), "a", key, bytes.NewReader(data)))
	sealed, err := os.ReadFile(filepath.Join(dir, "a"))
	require.NoError(t, err)
	require.False(t, bytes.Contains(sealed, []byte("picture")))
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)/2] ^= 1
	for name, content := range map[string][]byte{"renamed": sealed, "a": flipped, "a ": sealed, "cut": sealed[:len(sealed)/2]} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
		r, err := d.Open(t.Context(), name, key)
		require.NoError(t, err)
		_, err = io.ReadAll(r)
		require.ErrorIs(t, err, seal.ErrBroken, name)
		require.NoError(t, r.Close())
	}
}

// What an interrupted write left is removed at a later start; what another
// process may be writing is not.
func TestDirCleansUp(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "x"), 0o700))
	left := filepath.Join(dir, "x", "y.partial")
	require.NoError(t, os.WriteFile(left, []byte("half"), 0o600))
	long := time.Now().Add(-2 * time.Hour)
	require.NoError(t, os.Chtimes(left, long, long))
	fresh := filepath.Join(dir, "x", "z.partial")
	require.NoError(t, os.WriteFile(fresh, []byte("half"), 0o600))
	d, err := blob.OpenDir(dir)
	require.NoError(t, err)
	require.NoError(t, d.Close())
	require.NoFileExists(t, left)
	require.FileExists(t, fresh)
}
