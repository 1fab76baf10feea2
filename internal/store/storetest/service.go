package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"idproof/internal/merchant"
	"idproof/internal/session"
	"idproof/internal/sms"
	"idproof/internal/store"
	"idproof/report"
)

func testKeys(t *testing.T, b *bundle) {
	t.Helper()
	ctx := t.Context()
	k := merchant.Key{ID: uuid.NewString(), MerchantID: b.merchant.ID, Kind: merchant.Publishable, Test: true, Label: "shop", Hint: "wxyz", CreatedAt: now.Add(time.Microsecond)}
	require.NoError(t, b.InsertKey(ctx, k, "other hash"))
	require.Error(t, b.InsertKey(ctx, merchant.Key{ID: "k2", MerchantID: b.merchant.ID, CreatedAt: now}, "hash"), "keys are unique")
	got, err := b.KeyByHash(ctx, "other hash")
	require.NoError(t, err)
	require.Equal(t, k, got)
	_, err = b.KeyByHash(ctx, "no hash")
	require.ErrorIs(t, err, merchant.ErrNotFound)

	require.ErrorIs(t, b.EndKey(ctx, "another merchant", k.ID, now), merchant.ErrNotFound)
	require.NoError(t, b.EndKey(ctx, b.merchant.ID, k.ID, now.Add(time.Hour)))
	require.NoError(t, b.EndKey(ctx, b.merchant.ID, k.ID, now.Add(2*time.Hour)), "it ends earlier already")
	all, err := b.Keys(ctx, b.merchant.ID)
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, merchant.Secret, all[0].Kind)
	require.False(t, all[0].Test)
	require.Equal(t, now.Add(time.Hour), all[1].EndsAt)
	require.True(t, all[1].Active(now))
	require.False(t, all[1].Active(now.Add(time.Hour)))
	require.NoError(t, b.SetMerchantKey(ctx, b.merchant.ID, "third"))
	_, err = b.MerchantByKey(ctx, "hash")
	require.ErrorIs(t, err, merchant.ErrNotFound)
}

func testRevisions(t *testing.T, b *bundle) {
	t.Helper()
	ctx := merchant.WithWho(t.Context(), "key:k")
	change := func(fn func(*merchant.Merchant)) {
		require.NoError(t, b.UpdateMerchant(ctx, b.merchant.ID, func(m merchant.Merchant) (merchant.Merchant, error) {
			fn(&m)
			return m, nil
		}))
	}
	change(func(m *merchant.Merchant) { m.Settings.MinimumAge = 21 })
	change(func(m *merchant.Merchant) { m.WebhookSecrets = []string{"whsec_new"} })
	secret, err := sms.Settings{URL: "https://sms.example/send"}.NewSecret("Basic canary", now)
	require.NoError(t, err)
	change(func(m *merchant.Merchant) { m.SMSSecret = secret })
	change(func(*merchant.Merchant) {})
	m, err := b.Merchant(ctx, b.merchant.ID)
	require.NoError(t, err)
	require.EqualValues(t, 2, m.Revision)
	require.Equal(t, secret, m.SMSSecret)
	old, err := b.MerchantAt(ctx, b.merchant.ID, 1)
	require.NoError(t, err)
	require.Equal(t, b.merchant.Settings, old.Settings)
	require.Equal(t, m.WebhookSecrets, old.WebhookSecrets, "secrets are always those of now")
	for _, revision := range []int64{0, 2, 99} {
		m, err := b.MerchantAt(ctx, b.merchant.ID, revision)
		require.NoError(t, err)
		require.Equal(t, 21, m.Settings.MinimumAge)
	}
	trail, err := b.Audit(ctx, b.merchant.ID, 0, 10)
	require.NoError(t, err)
	var actions []string
	for _, c := range trail {
		actions = append(actions, c.Who+" "+c.Action+" "+c.Subject+" "+string(c.Detail))
	}
	require.Equal(t, []string{
		"key:k sms_secret_changed https://sms.example ", "key:k webhook_secrets_changed 1 ", `key:k settings_changed 2 {"settings":["minimum_age"]}`, "system merchant_created  ",
	}, actions)
	change(func(m *merchant.Merchant) { m.SMSSecret = sms.Secret{} })
	m, err = b.Merchant(ctx, b.merchant.ID)
	require.NoError(t, err)
	require.Zero(t, m.SMSSecret, "it can be forgotten")
	s := b.insert(nil)
	of, err := b.MerchantOf(ctx, s.ID)
	require.NoError(t, err)
	require.Equal(t, m, of)
	_, err = b.MerchantOf(ctx, uuid.NewString())
	require.ErrorIs(t, err, merchant.ErrNotFound)
	rest, err := b.Audit(ctx, b.merchant.ID, trail[2].ID, 10)
	require.NoError(t, err)
	require.Len(t, rest, 1)
}

func testList(t *testing.T, b *bundle) {
	t.Helper()
	ctx := t.Context()
	var want []session.Session
	for range 5 { // all of the same moment
		want = append(want, b.insert(nil))
	}
	b.update(want[2].ID, func(s session.Session) (session.Session, error) { return s.Cancel(session.Client, now) })
	f := session.Filter{MerchantID: b.merchant.ID, Limit: 2}
	seen := map[string]bool{}
	for range 3 {
		page, err := b.List(ctx, f)
		require.NoError(t, err)
		for _, s := range page {
			require.False(t, seen[s.ID])
			require.Equal(t, "r", s.RelayState())
			seen[s.ID] = true
			f.After = session.Position{CreatedAt: s.CreatedAt, ID: s.ID}
		}
	}
	require.Len(t, seen, 5)
	for name, tt := range map[string]struct {
		f    session.Filter
		want int
	}{
		"another merchant": {session.Filter{MerchantID: "x"}, 0},
		"test":             {session.Filter{MerchantID: b.merchant.ID, Test: true}, 0},
		"status":           {session.Filter{MerchantID: b.merchant.ID, Statuses: []report.Status{report.Cancelled, report.Timeout}}, 1},
		"relay state":      {session.Filter{MerchantID: b.merchant.ID, RelayState: "r"}, 5},
		"no relay state":   {session.Filter{MerchantID: b.merchant.ID, RelayState: "R"}, 0},
		"from":             {session.Filter{MerchantID: b.merchant.ID, From: now}, 5},
		"after":            {session.Filter{MerchantID: b.merchant.ID, From: now.Add(time.Microsecond)}, 0},
		"before":           {session.Filter{MerchantID: b.merchant.ID, To: now}, 0},
	} {
		tt.f.Limit = 10
		got, err := b.List(ctx, tt.f)
		require.NoError(t, err)
		require.Len(t, got, tt.want, name)
	}
}

// finished is a session with two pictures, a result, a webhook and an end.
func (b *bundle) finished() session.Session {
	b.t.Helper()
	b.OnEvent(func(ctx context.Context, tx bun.Tx, s session.Session, e session.Event) error {
		if e.Kind != session.Ended {
			return nil
		}
		return b.InsertDelivery(ctx, tx, s, store.Delivery{ID: uuid.NewString(), Event: e.Kind, URL: "https://a.example/", Body: []byte("{}"), CreatedAt: now})
	})
	s := b.insert(&session.Idempotent{KeyHash: uuid.NewString(), RequestHash: "r", Answer: []byte("link"), CreatedAt: now})
	for _, kind := range []string{session.Front, session.Selfie} {
		b.update(s.ID, func(s session.Session) (session.Session, error) { return s.Add(document(kind), session.Client, now) })
	}
	id := "a-" + s.ID
	b.update(s.ID, func(s session.Session) (session.Session, error) {
		return s.Submit(id, s.AnalysisTypes, session.Client, now)
	})
	return b.update(s.ID, func(s session.Session) (session.Session, error) {
		return s.Finish(id, report.New(), report.Decision{Result: report.Accepted}, now)
	})
}

func testErase(t *testing.T, b *bundle) {
	t.Helper()
	ctx := t.Context()
	s := b.finished()
	later := now.Add(time.Hour)
	dropped, err := b.Erase(ctx, s.ID, func(s session.Session) (session.Session, error) {
		return s.Drop(func(d session.Document) bool { return d.Type == session.Selfie }, later), nil
	})
	require.NoError(t, err)
	require.Len(t, dropped.Documents, 1)
	require.Empty(t, cmp.Diff(dropped, b.get(s.ID), compare))
	known, err := b.HasDocument(ctx, s.Documents[1].ID)
	require.NoError(t, err)
	require.False(t, known)
	_, err = b.Result(ctx, dropped, "a-"+s.ID)
	require.NoError(t, err, "only the selfie went")

	old := b.get(s.ID).Key
	erased, err := b.Erase(ctx, s.ID, func(s session.Session) (session.Session, error) { return s.Erase(session.Client, later), nil })
	require.NoError(t, err)
	got := b.get(s.ID)
	require.Empty(t, cmp.Diff(erased, got, compare))
	require.Equal(t, later, got.ErasedAt)
	require.Empty(t, got.Documents)
	require.Equal(t, session.Private{}, got.Private)
	require.Nil(t, got.Analyses[0].Decision)
	require.Equal(t, report.Accepted, got.Status, "that it was accepted is not forgotten")
	_, err = b.Result(ctx, got, "a-"+s.ID)
	require.ErrorIs(t, err, session.ErrNotFound)
	hooks, err := b.Deliveries(ctx, s.ID)
	require.NoError(t, err)
	require.Empty(t, hooks)
	_, err = b.Token(ctx, "link-"+s.ID)
	require.ErrorIs(t, err, session.ErrNotFound)
	sealed, err := old.Seal([]byte("x"), "p")
	require.NoError(t, err)
	_, err = got.Key.Open(sealed, "p")
	require.Error(t, err, "the key is another")
	listed, err := b.List(ctx, session.Filter{MerchantID: b.merchant.ID, RelayState: "r", Limit: 10})
	require.NoError(t, err)
	require.Empty(t, listed, "it is not found by relay_state any more")
	events, err := b.Events(ctx, s.ID)
	require.NoError(t, err)
	require.Equal(t, session.Erased, events[len(events)-1].Kind)
	_, err = b.Update(ctx, s.ID, func(s session.Session) (session.Session, error) {
		return s.Add(document(session.Front), session.Client, now)
	})
	require.ErrorIs(t, err, session.ErrClosed, "it takes nothing any more")

	require.NoError(t, b.Remove(ctx, s.ID))
	_, err = b.Session(ctx, s.ID)
	require.ErrorIs(t, err, session.ErrNotFound)
	events, err = b.Events(ctx, s.ID)
	require.NoError(t, err)
	require.Empty(t, events)
	_, err = b.Erase(ctx, s.ID, nil)
	require.ErrorIs(t, err, session.ErrNotFound)
}

func testDue(t *testing.T, b *bundle) {
	t.Helper()
	ctx := t.Context()
	s := b.finished()
	b.insert(nil) // open: never due
	due := func(k session.Kept, at time.Time) []string {
		ids, err := b.Due(ctx, b.merchant.ID, k, at)
		require.NoError(t, err)
		return ids
	}
	for _, k := range []session.Kept{session.KeptBiometrics, session.KeptPictures, session.KeptPersonal, session.KeptRecord} {
		require.Empty(t, due(k, now.Add(-time.Microsecond)))
		require.Equal(t, []string{s.ID}, due(k, now), k)
	}
	_, err := b.Erase(ctx, s.ID, func(s session.Session) (session.Session, error) {
		return s.Drop(func(d session.Document) bool { return d.Type == session.Selfie }, now), nil
	})
	require.NoError(t, err)
	require.Empty(t, due(session.KeptBiometrics, now))
	require.Len(t, due(session.KeptPictures, now), 1)
	_, err = b.Erase(ctx, s.ID, func(s session.Session) (session.Session, error) { return s.Erase(session.System, now), nil })
	require.NoError(t, err)
	require.Empty(t, due(session.KeptPictures, now))
	require.Empty(t, due(session.KeptPersonal, now))
	require.Len(t, due(session.KeptRecord, now), 1)
	other, err := b.Due(ctx, "another", session.KeptRecord, now)
	require.NoError(t, err)
	require.Empty(t, other)
}

func testEndpoints(t *testing.T, b *bundle) {
	t.Helper()
	ctx := t.Context()
	s := b.finished()
	all, err := b.ListDeliveries(ctx, store.DeliveryFilter{MerchantID: b.merchant.ID, Limit: 10})
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, "https://a.example", all[0].Origin)
	require.Equal(t, s.ID, all[0].SessionID)
	d, err := b.Delivery(ctx, all[0].ID)
	require.NoError(t, err)
	note := func(ok bool, after time.Duration) bool {
		paused, err := b.NoteAttempt(ctx, b.merchant.ID, "https://a.example/x?y", ok, now.Add(after), 3, time.Hour)
		require.NoError(t, err)
		return paused
	}
	require.False(t, note(false, 0))
	require.False(t, note(false, 2*time.Hour), "too few")
	require.False(t, note(true, 2*time.Hour), "it lives")
	for i := range 4 {
		require.False(t, note(false, 3*time.Hour+time.Duration(i)*time.Minute), "too soon")
	}
	waits, err := b.PauseDelivery(ctx, d)
	require.NoError(t, err)
	require.False(t, waits)
	require.True(t, note(false, 4*time.Hour))
	require.False(t, note(false, 5*time.Hour), "it is paused already")
	failing, err := b.Endpoints(ctx, b.merchant.ID)
	require.NoError(t, err)
	require.Equal(t, []store.Endpoint{{Origin: "https://a.example", Failures: 6, FailingSince: now.Add(3 * time.Hour), PausedAt: now.Add(4 * time.Hour)}}, failing)
	waits, err = b.PauseDelivery(ctx, d)
	require.NoError(t, err)
	require.True(t, waits)
	paused, err := b.ListDeliveries(ctx, store.DeliveryFilter{MerchantID: b.merchant.ID, State: store.DeliveryPaused, Event: session.Ended, Limit: 10})
	require.NoError(t, err)
	require.Len(t, paused, 1)
	none, err := b.ListDeliveries(ctx, store.DeliveryFilter{MerchantID: b.merchant.ID, Limit: 10, AfterTime: paused[0].CreatedAt, AfterID: paused[0].ID})
	require.NoError(t, err)
	require.Empty(t, none)

	var resent []string
	n, err := b.Resume(ctx, b.merchant.ID, "https://a.example", now, func(_ context.Context, _ bun.Tx, id string, generation int) error {
		require.Equal(t, 1, generation)
		resent = append(resent, id)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []string{d.ID}, resent)
	d, err = b.Delivery(ctx, d.ID)
	require.NoError(t, err)
	require.Equal(t, store.DeliveryPending, d.State)
	_, err = b.Resume(ctx, b.merchant.ID, "https://a.example", now, nil)
	require.ErrorIs(t, err, merchant.ErrNotFound)
}
