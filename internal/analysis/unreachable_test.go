package analysis

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
	"idproof/internal/seal"
	"idproof/internal/session"
	"idproof/internal/store"
	"idproof/report"
)

// cut is the merchants behind a connection that fails.
type cut struct {
	*store.Store

	err error
}

func (c *cut) MerchantAt(ctx context.Context, id string, revision int64) (merchant.Merchant, error) {
	if c.err != nil {
		return merchant.Merchant{}, c.err
	}
	return c.Store.MerchantAt(ctx, id, revision)
}

type nobody struct{}

func (nobody) SetProgress(string, *session.Progress)                             {}
func (nobody) Analysis(string, report.Status, time.Time, float64, []report.Step) {}

// That the database cannot be reached in the middle of an analysis puts it off,
// however often; any other failure at the last attempt ends it.
func TestDatabaseFailureIsNoAttempt(t *testing.T) {
	ctx := t.Context()
	now := time.Now().UTC().Truncate(time.Microsecond)
	master, err := seal.NewMaster()
	require.NoError(t, err)
	st, err := store.Open(ctx, filepath.Join(t.TempDir(), "db"), master)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	m := merchant.Merchant{ID: "m", Name: "Shop", CreatedAt: now, WebhookSecrets: []string{merchant.NewWebhookSecret()}}
	require.NoError(t, st.InsertMerchant(ctx, m, "hash"))
	begin := func() *river.Job[Job] {
		id := uuid.NewString()
		key, wrapped, err := master.NewKey(id)
		require.NoError(t, err)
		s := session.New(id, m, session.Request{AnalysisTypes: []string{"document"}, Private: session.Private{TestOutcome: session.OutcomeAccepted}}, now)
		s.Key, s.Test = key, true
		require.NoError(t, st.Insert(ctx, s, wrapped, session.Token{Hash: id, SessionID: id, Kind: session.Link, ExpiresAt: s.ExpiresAt}, nil))
		_, err = st.Update(ctx, id, func(s session.Session) (session.Session, error) {
			return s.Submit("a"+id, s.AnalysisTypes, session.Client, now)
		})
		require.NoError(t, err)
		return &river.Job[Job]{JobRow: &rivertype.JobRow{Attempt: attempts}, Args: Job{SessionID: id, AnalysisID: "a" + id}}
	}
	merchants := &cut{Store: st}
	w := &Worker{Sessions: st, Merchants: merchants, Live: nobody{}, Observer: nobody{}, Log: slog.New(slog.DiscardHandler), Now: time.Now}

	job := begin()
	merchants.err = &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}
	for range 5 {
		var snooze *rivertype.JobSnoozeError
		require.ErrorAs(t, w.Work(ctx, job), &snooze)
		s, err := st.Session(ctx, job.Args.SessionID)
		require.NoError(t, err)
		require.Equal(t, report.Pending, s.Status)
	}
	merchants.err = nil
	require.NoError(t, w.Work(ctx, job))
	s, err := st.Session(ctx, job.Args.SessionID)
	require.NoError(t, err)
	require.Equal(t, report.Accepted, s.Status)

	job = begin()
	merchants.err = errors.New("damaged")
	require.NoError(t, w.Work(ctx, job))
	s, err = st.Session(ctx, job.Args.SessionID)
	require.NoError(t, err)
	a, _ := s.Analysis(job.Args.AnalysisID)
	require.Equal(t, report.Failed, a.Status)
}
