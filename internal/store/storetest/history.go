package storetest

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"idproof/internal/history"
	"idproof/internal/merchant"
	"idproof/internal/session"
)

// Traces are found by their words among the merchant's other sessions of the same
// mode, and go with all that is personal.
func testTraces(t *testing.T, b *bundle) {
	t.Helper()
	ctx := t.Context()
	first, second := b.insert(nil), b.insert(nil)
	seen := history.Trace{
		At: now, Words: []string{"number passport UTO 12345", "address 192.0.2.1", "number passport UTO 12345"},
		Seen: history.Seen{Print: []byte{1, 2, 3}, Page: 1, Person: history.Person{Number: "passport UTO 12345", Surname: "ERIKSSON", Certain: true}},
	}
	find := func(by session.Session, since time.Time, words ...string) []history.Trace {
		t.Helper()
		got, err := b.Traces(ctx, by.ID, words, since, 10)
		require.NoError(t, err)
		return got
	}
	require.NoError(t, b.KeepTraces(ctx, first.ID, "a1", []history.Trace{seen}))
	require.NoError(t, b.KeepTraces(ctx, first.ID, "a1", []history.Trace{seen}), "a second run takes the place of the first")
	want := seen
	want.SessionID, want.Words = first.ID, nil
	require.Equal(t, []history.Trace{want}, find(second, time.Time{}, "number passport UTO 12345", "address 192.0.2.1", "no such word"))
	require.Equal(t, []history.Trace{want}, find(second, now, "address 192.0.2.1"))
	require.Empty(t, find(second, now.Add(time.Second), "address 192.0.2.1"), "too old")
	require.Empty(t, find(second, time.Time{}, "number passport UTO 12346"))
	require.Empty(t, find(second, time.Time{}))
	require.Empty(t, find(first, time.Time{}, "address 192.0.2.1"), "its own")

	// The newest first, and no more than asked for.
	newer := seen
	newer.At, newer.Words = now.Add(time.Minute), seen.Words[:1]
	require.NoError(t, b.KeepTraces(ctx, first.ID, "a2", []history.Trace{newer}))
	got, err := b.Traces(ctx, second.ID, seen.Words, time.Time{}, 1)
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, newer.At, got[0].At)

	// Test sessions and other merchants know nothing of it.
	other := b.merchant
	other.ID, other.Name = uuid.NewString(), "other"
	require.NoError(t, b.InsertMerchant(ctx, other, "other's hash"))
	for name, s := range map[string]session.Session{
		"a test session":   session.New(uuid.NewString(), b.merchant, session.Request{Test: true}, now),
		"another merchant": session.New(uuid.NewString(), merchant.Merchant{ID: other.ID, Revision: 1}, session.Request{}, now),
	} {
		key, wrapped, err := b.master.NewKey(s.ID)
		require.NoError(t, err)
		s.Key = key
		require.NoError(t, b.Insert(ctx, s, wrapped, session.Token{Hash: s.ID, SessionID: s.ID, Kind: session.Link, ExpiresAt: s.ExpiresAt}, nil))
		require.Empty(t, find(s, time.Time{}, seen.Words...), name)
	}

	_, err = b.Erase(ctx, first.ID, func(s session.Session) (session.Session, error) { return s.Erase(session.Client, now), nil })
	require.NoError(t, err)
	require.Empty(t, find(second, time.Time{}, seen.Words...), "erased")
	require.NoError(t, b.KeepTraces(ctx, first.ID, "a3", []history.Trace{seen}), "an analysis that ends late")
	require.Empty(t, find(second, time.Time{}, seen.Words...), "leaves nothing behind")
	require.NoError(t, b.KeepTraces(ctx, second.ID, "a4", []history.Trace{seen}))
	require.NoError(t, b.Remove(ctx, second.ID))
	third := b.insert(nil)
	require.Empty(t, find(third, time.Time{}, seen.Words...), "removed")
	_, err = b.Traces(ctx, second.ID, seen.Words, time.Time{}, 10)
	require.ErrorIs(t, err, session.ErrNotFound)
	require.ErrorIs(t, b.KeepTraces(ctx, second.ID, "a4", nil), session.ErrNotFound)
}

// Pictures that an analysis made are the session's, apart from its uploads.
func testEvidence(t *testing.T, b *bundle) {
	t.Helper()
	ctx := t.Context()
	s := b.insert(nil)
	front, heat := document(session.Front), document(session.Evidence)
	heat.Reference = ""
	s = b.update(s.ID, func(old session.Session) (session.Session, error) {
		old, err := old.Add(front, session.Client, now)
		return old.WithEvidence([]session.Document{heat}), err
	})
	require.Equal(t, []session.Document{front}, s.Documents)
	require.Equal(t, []session.Document{heat}, s.Evidence)
	known, err := b.HasDocument(ctx, heat.ID)
	require.NoError(t, err)
	require.True(t, known, "it is no stray")
	s, err = b.Erase(ctx, s.ID, func(old session.Session) (session.Session, error) {
		return old.Drop(func(d session.Document) bool { return d.Type == session.Evidence }, now), nil
	})
	require.NoError(t, err)
	require.Empty(t, s.Evidence)
	require.Empty(t, b.get(s.ID).Evidence)
	require.Equal(t, []session.Document{front}, b.get(s.ID).Documents)
}
