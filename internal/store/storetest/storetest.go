// Package storetest is the contract of the stores: one suite that every
// implementation passes.
package storetest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"idproof/internal/gallery"
	"idproof/internal/history"
	"idproof/internal/merchant"
	"idproof/internal/seal"
	"idproof/internal/session"
	"idproof/internal/staff"
	"idproof/internal/store"
	"idproof/report"
)

// Store is all that the service asks of a database.
type Store interface {
	session.Store
	session.Tokens
	merchant.Store
	history.Store
	gallery.Store
	staff.Store
	MerchantOf(ctx context.Context, sessionID string) (merchant.Merchant, error)
	Events(ctx context.Context, sessionID string) ([]session.Event, error)
	Forget(ctx context.Context, now time.Time) error
	OnEvent(hooks ...store.Hook)
	OnCommit(fn func(sessionID string))
	InsertDelivery(ctx context.Context, tx bun.Tx, s session.Session, d store.Delivery) error
	Delivery(ctx context.Context, id string) (store.Delivery, error)
	Deliveries(ctx context.Context, sessionID string) ([]store.Delivery, error)
	KeepAttempt(ctx context.Context, id string, generation int, a store.Attempt, state store.DeliveryState) error
	NoteAttempt(ctx context.Context, merchantID, address string, ok bool, at time.Time, failures int, during time.Duration) (bool, error)
	PauseDelivery(ctx context.Context, d store.Delivery) (bool, error)
	Endpoints(ctx context.Context, merchantID string) ([]store.Endpoint, error)
	Resume(ctx context.Context, merchantID, origin string, now time.Time, fn func(ctx context.Context, tx bun.Tx, id string, generation int) error) (int, error)
	ListDeliveries(ctx context.Context, f store.DeliveryFilter) ([]store.Listed, error)
	Redeliver(ctx context.Context, sessionID, id string, fn func(ctx context.Context, tx bun.Tx, generation int) error) error
}

var now = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

// bundle is one test's own store, merchant and key.
type bundle struct {
	Store
	t        *testing.T
	master   *seal.Master
	merchant merchant.Merchant
}

// Run runs the suite. open returns a fresh, empty store that uses the master
// key; it closes it when the test ends.
func Run(t *testing.T, open func(t *testing.T, master *seal.Master) Store) {
	t.Helper()
	setup := func(t *testing.T) *bundle {
		t.Helper()
		master, err := seal.NewMaster()
		require.NoError(t, err)
		b := &bundle{Store: open(t, master), t: t, master: master}
		b.merchant = merchant.Merchant{
			ID: uuid.NewString(), Name: "Ä shop", CreatedAt: now,
			Settings:       merchant.Settings{Version: 1, Attempts: 2, LinkTTL: merchant.Duration(time.Hour), AllowedOrigins: []string{"https://a.example"}},
			WebhookSecrets: []string{"whsec_new", "whsec_old"},
		}
		require.NoError(t, b.InsertMerchant(t.Context(), b.merchant, "hash"))
		b.merchant.Revision = 1
		return b
	}
	for _, tt := range []struct {
		name string
		run  func(t *testing.T, b *bundle)
	}{
		{"merchants", testMerchants},
		{"a session comes back as it was", testRoundTrip},
		{"a refused change changes nothing", testRefused},
		{"a failing hook takes everything back", testHook},
		{"changes of a session follow one another", testConcurrent},
		{"a result is written once", testResultOnce},
		{"tokens", testTokens},
		{"idempotency", testIdempotency},
		{"overdue sessions", testOverdue},
		{"deliveries", testDeliveries},
		{"unknown ids", testUnknown},
		{"keys", testKeys},
		{"staff", testStaff},
		{"settings have revisions, changes an audit trail", testRevisions},
		{"lists of sessions", testList},
		{"what is erased is gone", testErase},
		{"what is due", testDue},
		{"receivers that fail", testEndpoints},
		{"faces", testGallery},
		{"traces of what was seen", testTraces},
		{"pictures of evidence", testEvidence},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, setup(t)) })
	}
}

var compare = cmp.Options{
	cmpopts.IgnoreFields(session.Session{}, "Key"), cmpopts.IgnoreUnexported(session.Session{}),
	cmpopts.IgnoreFields(session.Analysis{}, "Result"),
}

func (b *bundle) insert(idem *session.Idempotent) session.Session {
	b.t.Helper()
	s, err := b.tryInsert(idem)
	require.NoError(b.t, err)
	return s
}

func (b *bundle) tryInsert(idem *session.Idempotent) (session.Session, error) {
	b.t.Helper()
	id := uuid.NewString()
	key, wrapped, err := b.master.NewKey(id)
	require.NoError(b.t, err)
	s := session.New(id, b.merchant, session.Request{Locale: "de", AnalysisTypes: []string{"document", "selfie"}, Private: session.Private{
		RelayState: "r", Target: "https://a.example/", Metadata: map[string]any{"a": "b"}, Expected: &session.Expected{LastName: "X"},
	}}, now)
	s.Key = key
	if idem != nil {
		idem.SessionID = id
	}
	err = b.Insert(b.t.Context(), s, wrapped, session.Token{Hash: "link-" + id, SessionID: id, Kind: session.Link, ExpiresAt: s.ExpiresAt}, idem)
	s.Version = 1
	return s.Settled(), err
}

func (b *bundle) get(id string) session.Session {
	b.t.Helper()
	s, err := b.Session(b.t.Context(), id)
	require.NoError(b.t, err)
	return s
}

func (b *bundle) update(id string, fn func(session.Session) (session.Session, error)) session.Session {
	b.t.Helper()
	s, err := b.Update(b.t.Context(), id, fn)
	require.NoError(b.t, err)
	require.Empty(b.t, cmp.Diff(s, b.get(id), compare), "what Update returns is what is kept")
	return s
}

func document(kind string) session.Document {
	return session.Document{ID: uuid.NewString(), Type: kind, Reference: "ref", MediaType: "image/png", Size: 7, SHA256: "ab", CreatedAt: now}
}

func testMerchants(t *testing.T, b *bundle) {
	t.Helper()
	ctx := t.Context()
	for _, get := range []func() (merchant.Merchant, error){
		func() (merchant.Merchant, error) { return b.Merchant(ctx, b.merchant.ID) },
		func() (merchant.Merchant, error) { return b.MerchantByKey(ctx, "hash") },
	} {
		m, err := get()
		require.NoError(t, err)
		require.Equal(t, b.merchant, m)
	}
	require.NoError(t, b.UpdateMerchant(ctx, b.merchant.ID, func(m merchant.Merchant) (merchant.Merchant, error) {
		m.Settings.Attempts, m.WebhookSecrets = 5, []string{"whsec_3"}
		return m, nil
	}))
	require.Error(t, b.UpdateMerchant(ctx, b.merchant.ID, func(m merchant.Merchant) (merchant.Merchant, error) {
		m.Settings.Attempts = -1
		return m, nil
	}))
	require.NoError(t, b.SetMerchantKey(ctx, b.merchant.ID, "hash2"))
	_, err := b.MerchantByKey(ctx, "hash")
	require.ErrorIs(t, err, merchant.ErrNotFound)
	m, err := b.MerchantByKey(ctx, "hash2")
	require.NoError(t, err)
	require.Equal(t, 5, m.Settings.Attempts)
	require.Equal(t, []string{"whsec_3"}, m.WebhookSecrets)
	require.Equal(t, now, m.CreatedAt)
	require.ErrorIs(t, b.SetMerchantKey(ctx, "nobody", "x"), merchant.ErrNotFound)
	require.Error(t, b.InsertMerchant(ctx, merchant.Merchant{ID: "m3", CreatedAt: now}, "hash2"), "keys are unique")
	all, err := b.Merchants(ctx)
	require.NoError(t, err)
	require.Len(t, all, 1)
}

func testRoundTrip(t *testing.T, b *bundle) {
	t.Helper()
	s := b.insert(nil)
	require.Empty(t, cmp.Diff(s, b.get(s.ID), compare))
	front, back, selfie := document(session.Front), document(session.Back), document(session.Selfie)
	s = b.update(s.ID, func(s session.Session) (session.Session, error) {
		return s.Choose(report.IdentityCard, session.Person, now)
	})
	require.Equal(t, report.IdentityCard, s.DocumentType)
	b.update(s.ID, func(s session.Session) (session.Session, error) { return s.Add(front, session.Person, now) })
	b.update(s.ID, func(s session.Session) (session.Session, error) { return s.Add(back, session.Person, now) })
	b.update(s.ID, func(s session.Session) (session.Session, error) { return s.Add(selfie, session.Person, now) })
	better := document(session.Front)
	s = b.update(s.ID, func(s session.Session) (session.Session, error) { return s.Add(better, session.Person, now) })
	require.Equal(t, []session.Document{back, selfie, better}, s.Documents)
	require.Equal(t, []session.Document{front}, s.Replaced)
	s = b.update(s.ID, func(s session.Session) (session.Session, error) {
		return s.Submit("a1-"+s.ID, s.AnalysisTypes, session.Person, now)
	})
	require.Equal(t, []string{better.ID, back.ID, selfie.ID}, s.Analyses[0].DocumentIDs)
	b.update(s.ID, func(s session.Session) (session.Session, error) { return s.Start("a1-"+s.ID, now) })
	r := report.New()
	r.Identity = &report.Identity{LastName: "ERIKSSON"}
	d := report.Decision{Result: report.Accepted, Policy: "p", Reasons: []report.Reason{{Code: "X", Retryable: true}}}
	s = b.update(s.ID, func(s session.Session) (session.Session, error) { return s.Finish("a1-"+s.ID, r, d, now) })
	require.Equal(t, report.Accepted, s.Status)
	require.Equal(t, now, s.FinishedAt)
	require.EqualValues(t, 9, s.Version)
	got, err := b.Result(t.Context(), s, "a1-"+s.ID)
	require.NoError(t, err)
	require.Equal(t, r, got)
	events, err := b.Events(t.Context(), s.ID)
	require.NoError(t, err)
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, e.Kind)
		require.Equal(t, now, e.At)
	}
	require.Equal(t, []string{
		"session_created", "document_type_chosen", "document_added", "document_added", "document_added", "document_added",
		"analysis_requested", "analysis_started", "analysis_finished", "session_finished",
	}, kinds)
	known, err := b.HasDocument(t.Context(), front.ID)
	require.NoError(t, err)
	require.True(t, known, "replaced documents are known too")
}

func testRefused(t *testing.T, b *bundle) {
	t.Helper()
	s := b.insert(nil)
	told := 0
	b.OnCommit(func(string) { told++ })
	_, err := b.Update(t.Context(), s.ID, func(s session.Session) (session.Session, error) {
		s.Locale = "fr"
		return s, session.ErrClosed
	})
	require.Equal(t, session.ErrClosed, err)
	require.Empty(t, cmp.Diff(s, b.get(s.ID), compare))
	require.Zero(t, told)
}

func testHook(t *testing.T, b *bundle) {
	t.Helper()
	broken := errors.New("broken")
	fail := false
	var seen []string
	b.OnEvent(func(_ context.Context, _ bun.Tx, _ session.Session, e session.Event) error {
		seen = append(seen, e.Kind)
		if fail {
			return broken
		}
		return nil
	})
	s := b.insert(nil)
	require.Equal(t, []string{"session_created"}, seen)
	fail = true
	_, err := b.Update(t.Context(), s.ID, func(s session.Session) (session.Session, error) {
		return s.Add(document(session.Front), session.Client, now)
	})
	require.ErrorIs(t, err, broken)
	require.Empty(t, cmp.Diff(s, b.get(s.ID), compare))
	events, err := b.Events(t.Context(), s.ID)
	require.NoError(t, err)
	require.Len(t, events, 1)
}

func testConcurrent(t *testing.T, b *bundle) {
	t.Helper()
	s := b.insert(nil)
	const n = 12
	var wg sync.WaitGroup
	errs := make(chan error, n)
	for i := range n {
		wg.Go(func() {
			_, err := b.Update(t.Context(), s.ID, func(s session.Session) (session.Session, error) {
				d := document(session.Front)
				d.Reference = strconv.Itoa(i)
				return s.Add(d, session.Client, now)
			})
			errs <- err
		})
	}
	wg.Wait()
	for range n {
		require.NoError(t, <-errs)
	}
	got := b.get(s.ID)
	require.Len(t, got.Documents, n)
	require.EqualValues(t, n+1, got.Version)
}

func testResultOnce(t *testing.T, b *bundle) {
	t.Helper()
	s := b.insert(nil)
	b.update(s.ID, func(s session.Session) (session.Session, error) {
		return s.Add(document(session.Front), session.Client, now)
	})
	b.update(s.ID, func(s session.Session) (session.Session, error) {
		return s.Submit("a-"+s.ID, s.AnalysisTypes, session.Client, now)
	})
	const n = 4 // workers that all believe that the job is theirs
	kept := make(chan error, n)
	for i := range n {
		go func() {
			r := report.New()
			r.RelayState = strconv.Itoa(i)
			_, err := b.Update(t.Context(), s.ID, func(s session.Session) (session.Session, error) {
				return s.Finish("a-"+s.ID, r, report.Decision{Result: report.Review}, now)
			})
			kept <- err
		}()
	}
	good := 0
	for range n {
		if err := <-kept; err == nil {
			good++
		} else {
			require.ErrorIs(t, err, session.ErrClosed)
		}
	}
	require.Equal(t, 1, good)
	events, err := b.Events(t.Context(), s.ID)
	require.NoError(t, err)
	require.Len(t, events, 5)
}

func testTokens(t *testing.T, b *bundle) {
	t.Helper()
	ctx := t.Context()
	s := b.insert(nil)
	link, err := b.Token(ctx, "link-"+s.ID)
	require.NoError(t, err)
	require.Equal(t, session.Token{Hash: "link-" + s.ID, SessionID: s.ID, Kind: session.Link, ExpiresAt: s.ExpiresAt}, link)
	browser := session.Token{Hash: "h2", SessionID: s.ID, Kind: session.Browser, ExpiresAt: now.AddDate(0, 3, 0)}
	require.NoError(t, b.InsertToken(ctx, browser))
	require.NoError(t, b.Forget(ctx, s.ExpiresAt.Add(time.Hour)))
	_, err = b.Token(ctx, link.Hash)
	require.NoError(t, err, "an expired link still leads to a page that says so")
	require.NoError(t, b.Forget(ctx, s.ExpiresAt.AddDate(0, 2, 0)))
	_, err = b.Token(ctx, link.Hash)
	require.ErrorIs(t, err, session.ErrNotFound)
	got, err := b.Token(ctx, "h2")
	require.NoError(t, err)
	require.Equal(t, browser, got)
}

func testIdempotency(t *testing.T, b *bundle) {
	t.Helper()
	ctx := t.Context()
	idem := &session.Idempotent{KeyHash: "k", RequestHash: "r", Answer: []byte("answer"), CreatedAt: now}
	s := b.insert(idem)
	got, err := b.Idempotent(ctx, b.merchant.ID, "k")
	require.NoError(t, err)
	require.Equal(t, *idem, got)
	require.Equal(t, s.ID, got.SessionID)
	twin, err := b.tryInsert(&session.Idempotent{KeyHash: "k", RequestHash: "r", CreatedAt: now})
	require.ErrorIs(t, err, session.ErrDuplicate)
	_, err = b.Session(ctx, twin.ID)
	require.ErrorIs(t, err, session.ErrNotFound)
	require.NoError(t, b.Forget(ctx, now.Add(25*time.Hour)))
	_, err = b.Idempotent(ctx, b.merchant.ID, "k")
	require.ErrorIs(t, err, session.ErrNotFound)
}

func testOverdue(t *testing.T, b *bundle) {
	t.Helper()
	ctx := t.Context()
	s, done := b.insert(nil), b.insert(nil)
	b.update(done.ID, func(s session.Session) (session.Session, error) { return s.Cancel(session.Client, now) })
	ids, err := b.Overdue(ctx, s.ExpiresAt.Add(-time.Microsecond))
	require.NoError(t, err)
	require.Empty(t, ids)
	ids, err = b.Overdue(ctx, s.ExpiresAt)
	require.NoError(t, err)
	require.Equal(t, []string{s.ID}, ids)
}

func testDeliveries(t *testing.T, b *bundle) {
	t.Helper()
	ctx := t.Context()
	d := store.Delivery{ID: uuid.NewString(), Event: "session_created", URL: "https://a.example/", Body: []byte(`{"a":1}`), CreatedAt: now}
	b.OnEvent(func(ctx context.Context, tx bun.Tx, s session.Session, _ session.Event) error {
		return b.InsertDelivery(ctx, tx, s, d)
	})
	s := b.insert(nil)
	got, err := b.Delivery(ctx, d.ID)
	require.NoError(t, err)
	d.SessionID, d.MerchantID, d.State = s.ID, b.merchant.ID, store.DeliveryPending
	require.Equal(t, d, got)

	first := store.Attempt{Number: 1, At: now, Status: 500, Reason: "status", Took: 20 * time.Millisecond}
	require.NoError(t, b.KeepAttempt(ctx, d.ID, 0, first, store.DeliveryPending))
	generation := -1
	require.NoError(t, b.Redeliver(ctx, s.ID, d.ID, func(_ context.Context, _ bun.Tx, g int) error { generation = g; return nil }))
	require.Equal(t, 1, generation)
	second := store.Attempt{Number: 2, At: now, Status: 200}
	require.NoError(t, b.KeepAttempt(ctx, d.ID, 0, second, store.DeliveryGivenUp), "of the generation before")
	all, err := b.Deliveries(ctx, s.ID)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, store.DeliveryPending, all[0].State)
	require.Equal(t, []store.Attempt{first, second}, all[0].Attempts)
	require.Zero(t, all[0].Tries)
	require.NoError(t, b.KeepAttempt(ctx, d.ID, 1, store.Attempt{At: now, Status: 204}, store.DeliveryDelivered))
	got, err = b.Delivery(ctx, d.ID)
	require.NoError(t, err)
	require.Equal(t, store.DeliveryDelivered, got.State)
	require.Equal(t, 1, got.Tries)
	require.Equal(t, now, got.FinishedAt)
	require.ErrorIs(t, b.Redeliver(ctx, "another session", d.ID, nil), session.ErrNotFound)
}

func testUnknown(t *testing.T, b *bundle) {
	t.Helper()
	ctx := t.Context()
	_, err := b.Session(ctx, "x")
	require.ErrorIs(t, err, session.ErrNotFound)
	_, err = b.Update(ctx, "x", func(s session.Session) (session.Session, error) { return s, nil })
	require.ErrorIs(t, err, session.ErrNotFound)
	_, err = b.Result(ctx, session.Session{}, "x")
	require.ErrorIs(t, err, session.ErrNotFound)
	_, err = b.Token(ctx, "x")
	require.ErrorIs(t, err, session.ErrNotFound)
	_, err = b.Delivery(ctx, "x")
	require.ErrorIs(t, err, session.ErrNotFound)
	_, err = b.Merchant(ctx, "x")
	require.ErrorIs(t, err, merchant.ErrNotFound)
	known, err := b.HasDocument(ctx, "x")
	require.NoError(t, err)
	require.False(t, known)
}
