package store_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"idproof/internal/seal"
	"idproof/internal/store"
	"idproof/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T, master *seal.Master) storetest.Store {
		t.Helper()
		s, err := store.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "a b%.db"), master)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	})
}

// A database does not open with another master key.
func TestOtherMaster(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	for i := range 2 {
		master, err := seal.NewMaster()
		require.NoError(t, err)
		s, err := store.OpenSQLite(t.Context(), path, master)
		if i == 0 {
			require.NoError(t, err)
			require.NoError(t, s.Close())
		} else {
			require.ErrorContains(t, err, "master key")
		}
	}
}
