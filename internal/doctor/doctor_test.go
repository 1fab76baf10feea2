package doctor_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"idproof/internal/blob"
	"idproof/internal/doctor"
	"idproof/internal/merchant"
	"idproof/internal/queue"
	"idproof/internal/seal"
	"idproof/internal/session"
	"idproof/internal/store"
	"idproof/internal/store/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Around(m)) }

func TestExamine(t *testing.T) {
	for name, address := range map[string]func(t *testing.T) string{
		"SQLite":     func(t *testing.T) string { t.Helper(); return filepath.Join(t.TempDir(), "x.db") },
		"PostgreSQL": func(t *testing.T) string { t.Helper(); return pgtest.New(t) },
	} {
		t.Run(name, func(t *testing.T) { examine(t, address(t)) })
	}
}

func examine(t *testing.T, address string) {
	t.Helper()
	ctx, now := t.Context(), time.Now().UTC().Truncate(time.Microsecond)
	master, err := seal.NewMaster()
	require.NoError(t, err)
	st, err := store.Open(ctx, address, master)
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	require.NoError(t, queue.Migrate(ctx, address))
	dir := t.TempDir()
	blobs, err := blob.OpenDir(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, blobs.Close()) }()
	m := merchant.Merchant{ID: uuid.NewString(), Name: "shop", CreatedAt: now, WebhookSecrets: []string{"whsec_x"}}
	require.NoError(t, st.InsertMerchant(ctx, m, "hash"))

	// begin makes a session with one document and its picture.
	begin := func(created time.Time) (session.Session, string) {
		id := uuid.NewString()
		key, wrapped, err := master.NewKey(id)
		require.NoError(t, err)
		s := session.New(id, m, session.Request{}, created)
		s.Key = key
		require.NoError(t, st.Insert(ctx, s, wrapped, session.Token{Hash: id, SessionID: id, Kind: session.Link, ExpiresAt: s.ExpiresAt}, nil))
		d := session.Document{ID: uuid.NewString(), Type: session.Front, MediaType: "image/png", CreatedAt: created}
		require.NoError(t, blobs.Put(ctx, session.BlobName(id, d.ID), key, bytes.NewReader([]byte("picture"))))
		s, err = st.Update(ctx, id, func(s session.Session) (session.Session, error) { return s.Add(d, session.Client, created) })
		require.NoError(t, err)
		return s, d.ID
	}
	found := func() (all []doctor.Finding) {
		all, err := doctor.Examine(ctx, st, blobs, now)
		require.NoError(t, err)
		return all
	}
	run := func(sql string, args ...any) {
		if !store.IsPostgres(address) {
			db, err := store.SQLite(address, 1)
			require.NoError(t, err)
			_, err = db.ExecContext(ctx, sql, args...)
			require.NoError(t, err)
			require.NoError(t, db.Close())
			return
		}
		for i := range args {
			sql = strings.Replace(sql, "?", "$"+string(rune('1'+i)), 1)
		}
		c, err := pgx.ParseConfig(address)
		require.NoError(t, err)
		db := stdlib.OpenDB(*c)
		_, err = db.ExecContext(ctx, sql, args...)
		require.NoError(t, err)
		require.NoError(t, db.Close())
	}

	s, doc := begin(now)
	require.Empty(t, found(), "a session in good order")

	old, _ := begin(now.Add(-24*time.Hour - 5*time.Minute))
	require.Empty(t, found(), "it will be ended any moment")
	run("UPDATE sessions SET expires_at = ? WHERE id = ?", now.Add(-time.Hour), old.ID)
	require.Equal(t, []doctor.Finding{{Kind: doctor.OvertimeSession, ID: old.ID}}, found())
	run("UPDATE sessions SET status = 'Timeout' WHERE id = ?", old.ID)

	aid := uuid.NewString()
	_, err = st.Update(ctx, s.ID, func(s session.Session) (session.Session, error) {
		return s.Submit(aid, []string{"document"}, session.Client, now)
	})
	require.NoError(t, err)
	require.Equal(t, []doctor.Finding{{Kind: doctor.LostAnalysis, ID: aid}}, found(), "no hook put a job in")
	run("UPDATE analyses SET finished_at = ? WHERE id = ?", now, aid)
	require.Equal(t, []doctor.Finding{{Kind: doctor.StuckSession, ID: s.ID}}, found())
	run("UPDATE sessions SET status = 'Accepted' WHERE id = ?", s.ID)
	require.Empty(t, found())

	run("INSERT INTO deliveries (id, session_id, merchant_id, event, state, generation, tries, sealed, created_at) VALUES ('d1', ?, ?, 'e', 'pending', 0, 0, '', ?)", s.ID, m.ID, now)
	require.Equal(t, []doctor.Finding{{Kind: doctor.LostWebhook, ID: "d1"}}, found())
	run("INSERT INTO river_job (args, kind, max_attempts, queue, state) VALUES ('{\"delivery_id\":\"d1\"}', 'webhook', 3, 'webhooks', 'available')")
	require.Empty(t, found(), "there is a job")
	run("UPDATE river_job SET state = 'discarded', finalized_at = ?", now)
	require.Equal(t, []doctor.Finding{{Kind: doctor.LostWebhook, ID: "d1"}}, found())
	run("UPDATE deliveries SET state = 'given_up'")

	name := filepath.Join(dir, filepath.FromSlash(session.BlobName(s.ID, doc)))
	stray := uuid.NewString()
	require.NoError(t, os.Rename(name, filepath.Join(filepath.Dir(name), stray)))
	require.Equal(t, []doctor.Finding{{Kind: doctor.MissingPicture, ID: doc}}, found(), "the stray is young")
	long := now.Add(-3 * time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(filepath.Dir(name), stray), long, long))
	require.ElementsMatch(t, []doctor.Finding{{Kind: doctor.MissingPicture, ID: doc}, {Kind: doctor.OrphanedPicture, ID: stray}}, found())

	// Pictures that analyses make are looked after like uploads.
	evidence := session.Document{ID: uuid.NewString(), Type: session.Evidence, MediaType: "image/png", CreatedAt: now}
	_, err = st.Update(ctx, s.ID, func(s session.Session) (session.Session, error) {
		return s.WithEvidence([]session.Document{evidence}), nil
	})
	require.NoError(t, err)
	require.Contains(t, found(), doctor.Finding{Kind: doctor.MissingPicture, ID: evidence.ID})
	sess, err := st.Session(ctx, s.ID)
	require.NoError(t, err)
	require.NoError(t, blobs.Put(ctx, session.BlobName(s.ID, evidence.ID), sess.Key, bytes.NewReader([]byte("picture"))))
	require.NotContains(t, found(), doctor.Finding{Kind: doctor.MissingPicture, ID: evidence.ID})
}
