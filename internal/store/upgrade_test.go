package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
	"idproof/internal/seal"
	"idproof/internal/session"
	"idproof/internal/store"
)

// A database of the first version keeps its merchants, with their keys, settings
// and sessions.
func TestUpgradeFromTheFirstVersion(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "old.db")
	master, err := seal.NewMaster()
	require.NoError(t, err)
	db, err := store.SQLite(path, 1)
	require.NoError(t, err)
	p, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations/sqlite"))
	require.NoError(t, err)
	_, err = p.UpTo(ctx, 1)
	require.NoError(t, err)
	for _, id := range []string{merchant.Development, "shop"} {
		secrets, err := master.Seal([]byte(`["whsec_a"]`), "merchants.secrets:"+id)
		require.NoError(t, err)
		_, err = db.ExecContext(ctx, `INSERT INTO merchants (id, name, key_hash, settings, secrets_sealed, created_at)
			VALUES (?, 'Shop', ?, '{"version":1,"attempts":7}', ?, '2026-03-01 12:00:00+00:00')`, id, "hash of "+id, secrets)
		require.NoError(t, err)
		key, wrapped, err := master.NewKey("session of " + id)
		require.NoError(t, err)
		sealed, err := key.Seal([]byte(`{"relay_state":"r"}`), "sessions.sealed:session of "+id)
		require.NoError(t, err)
		_, err = db.ExecContext(ctx, `INSERT INTO sessions (id, merchant_id, version, status, locale, analysis_types, document_type, attempts,
			created_at, updated_at, expires_at, data_key, sealed) VALUES (?, ?, 1, 'Created', 'en', '["document"]', '', 3,
			'2026-03-01 12:00:00+00:00', '2026-03-01 12:00:00+00:00', '2026-03-02 12:00:00+00:00', ?, ?)`, "session of "+id, id, wrapped, sealed)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())

	s, err := store.Open(ctx, path, master)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	for id, test := range map[string]bool{merchant.Development: true, "shop": false} {
		k, err := s.KeyByHash(ctx, "hash of "+id)
		require.NoError(t, err)
		require.Equal(t, test, k.Test, id)
		require.Equal(t, merchant.Secret, k.Kind)
		m, err := s.MerchantByKey(ctx, "hash of "+id)
		require.NoError(t, err)
		require.Equal(t, 7, m.Settings.Attempts)
		require.EqualValues(t, 1, m.Revision)
		require.Equal(t, []string{"whsec_a"}, m.WebhookSecrets)
		old, err := s.Session(ctx, "session of "+id)
		require.NoError(t, err)
		require.Equal(t, test, old.Test, "its key still sees it")
		require.Equal(t, "r", old.RelayState())
		_, err = s.Update(ctx, old.ID, func(s session.Session) (session.Session, error) { return s.Cancel(session.Client, s.CreatedAt) })
		require.NoError(t, err)
	}
}
