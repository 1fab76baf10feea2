package store_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"idproof/internal/seal"
	"idproof/internal/store"
	"idproof/internal/store/pgtest"
	"idproof/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Around(m)) }

// engines are the databases that the store runs on; each gives an address of a
// new one.
var engines = map[string]func(t *testing.T) string{
	"SQLite":     func(t *testing.T) string { t.Helper(); return filepath.Join(t.TempDir(), "a b%.db") },
	"PostgreSQL": func(t *testing.T) string { t.Helper(); return pgtest.New(t) },
}

func TestConformance(t *testing.T) {
	for name, address := range engines {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T, master *seal.Master) storetest.Store {
				t.Helper()
				s, err := store.Open(t.Context(), address(t), master)
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, s.Close()) })
				return s
			})
		})
	}
}

// A database does not open with another master key.
func TestOtherMaster(t *testing.T) {
	for name, address := range engines {
		t.Run(name, func(t *testing.T) {
			at := address(t)
			for i := range 2 {
				master, err := seal.NewMaster()
				require.NoError(t, err)
				s, err := store.Open(t.Context(), at, master)
				if i == 0 {
					require.NoError(t, err)
					require.NoError(t, s.Close())
				} else {
					require.ErrorContains(t, err, "master key")
				}
			}
		})
	}
}

// Several processes may start at once on an empty database.
func TestOpenTogether(t *testing.T) {
	address := pgtest.New(t)
	master, err := seal.NewMaster()
	require.NoError(t, err)
	const n = 4
	errs := make(chan error, n)
	for range n {
		go func() {
			s, err := store.Open(t.Context(), address, master)
			if err == nil {
				err = s.Close()
			}
			errs <- err
		}()
	}
	for range n {
		require.NoError(t, <-errs)
	}
}

// The fewest connections that somebody may ask for are enough.
func TestOneConnection(t *testing.T) {
	master, err := seal.NewMaster()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s, err := store.Open(ctx, pgtest.New(t)+"&pool_max_conns=1", master)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

// Every migration is there for both engines.
func TestMigrationsAreTwins(t *testing.T) {
	names := func(engine string) (all []string) {
		files, err := os.ReadDir(filepath.Join("migrations", engine))
		require.NoError(t, err)
		for _, f := range files {
			all = append(all, f.Name())
		}
		return all
	}
	require.Equal(t, names("sqlite"), names("postgres"))
}
