package session_test

import (
	"bytes"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
	"idproof/internal/session"
	"idproof/report"
)

// files are the pictures that are on the disk.
func (b *bundle) files(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(filepath.Join(b.dir, "blobs"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	}))
	return n
}

// Each kind of what is kept goes when its time is over, by the settings of then,
// and nothing goes before.
func TestRetention(t *testing.T) {
	b, ctx := setup(t), t.Context()
	day := 24 * time.Hour
	id, secret := b.begin(t)
	for _, kind := range []string{session.Front, session.Front, session.Selfie, session.Frame} {
		_, err := b.AddDocument(ctx, id, kind, "", session.Client, bytes.NewReader(picture))
		require.NoError(t, err)
	}
	_, a, err := b.Analyze(ctx, id, nil, session.Client)
	require.NoError(t, err)
	evidence := session.Document{ID: uuid.NewString(), Type: session.Evidence, MediaType: "image/png", CreatedAt: now}
	_, err = b.store.Update(ctx, id, func(s session.Session) (session.Session, error) {
		require.NoError(t, b.blobs.Put(ctx, session.BlobName(id, evidence.ID), s.Key, bytes.NewReader(picture)))
		return s.WithEvidence([]session.Document{evidence}).Finish(a.ID, report.New(), report.Decision{Result: report.Accepted}, now)
	})
	require.NoError(t, err)
	sess, err := b.For(ctx, "m", false, id)
	require.NoError(t, err)
	require.Equal(t, []session.Document{evidence}, sess.Evidence)
	_, _, err = b.Picture(ctx, id, evidence.ID)
	require.ErrorIs(t, err, session.ErrNotFound, "not for the person")
	kept, _, err := b.Image(ctx, sess, evidence.ID)
	require.NoError(t, err)
	require.NoError(t, kept.Close())
	require.Equal(t, 5, b.files(t), "the replaced one too")
	sweep := func(after time.Duration) {
		b.at(now.Add(after))
		require.NoError(t, b.Sweep(ctx))
	}
	sweep(7*day - time.Second)
	require.Equal(t, 5, b.files(t))
	sweep(7*day + time.Minute)
	require.Equal(t, 3, b.files(t), "selfie and frame are gone")
	require.NoError(t, b.store.UpdateMerchant(ctx, "m", func(m merchant.Merchant) (merchant.Merchant, error) {
		m.Settings.Retention.Pictures = merchant.Duration(10 * day)
		return m, nil
	}))
	sweep(10*day + time.Minute)
	require.Zero(t, b.files(t), "the settings of now count")
	sess, err = b.For(ctx, "m", false, id)
	require.NoError(t, err)
	r, err := b.Result(ctx, sess)
	require.NoError(t, err)
	require.NotNil(t, r.Decision)
	require.Empty(t, r.Images)
	sweep(90*day + time.Minute)
	sess, err = b.For(ctx, "m", false, id)
	require.NoError(t, err)
	require.False(t, sess.ErasedAt.IsZero())
	r, err = b.Result(ctx, sess)
	require.NoError(t, err)
	require.Nil(t, r.Decision)
	require.Equal(t, report.Accepted, r.Status)
	_, _, err = b.StartFromToken(ctx, secret)
	require.ErrorIs(t, err, session.ErrNotFound)
	sweep(365*day + time.Minute)
	_, err = b.For(ctx, "m", false, id)
	require.ErrorIs(t, err, session.ErrNotFound)
}

// Erasing ends an open session, also one whose analysis runs, and can be asked twice.
func TestErase(t *testing.T) {
	b, ctx := setup(t), t.Context()
	id, _ := b.begin(t)
	_, err := b.Upload(ctx, id, session.Front, bytes.NewReader(picture))
	require.NoError(t, err)
	_, a, err := b.Analyze(ctx, id, nil, session.Person)
	require.NoError(t, err)
	for range 2 {
		s, err := b.Erase(ctx, id, session.Client)
		require.NoError(t, err)
		require.Equal(t, report.Cancelled, s.Status)
		require.Equal(t, report.Cancelled, s.Analyses[0].Status)
	}
	require.Zero(t, b.files(t))
	_, err = b.store.Update(ctx, id, func(s session.Session) (session.Session, error) {
		return s.Finish(a.ID, report.New(), report.Decision{Result: report.Accepted}, now)
	})
	require.ErrorIs(t, err, session.ErrClosed, "the worker comes too late")
	_, err = b.NewLink(ctx, id)
	require.ErrorIs(t, err, session.ErrClosed)
	_, err = b.Erase(ctx, "x", session.Client)
	require.ErrorIs(t, err, session.ErrNotFound)
}

// Consent is kept with the version of the text, once.
func TestConsent(t *testing.T) {
	b, ctx := setup(t), t.Context()
	id, _ := b.begin(t)
	_, err := b.Consent(ctx, id, "de")
	require.ErrorIs(t, err, session.ErrInvalid, "nobody asks for it")
	require.NoError(t, b.store.UpdateMerchant(ctx, "m", func(m merchant.Merchant) (merchant.Merchant, error) {
		m.Settings.Legal = merchant.Legal{Consent: map[string]string{"en": "I agree."}, ConsentVersion: "2026-1"}
		return m, nil
	}))
	b.merchant, err = b.store.Merchant(ctx, "m")
	require.NoError(t, err)
	id, _ = b.begin(t)
	st, err := b.State(ctx, id)
	require.NoError(t, err)
	require.True(t, st.ConsentWanted)
	require.Equal(t, "I agree.", st.Settings.Legal.ConsentText("de"))
	for range 2 {
		st, err = b.Consent(ctx, id, "de-AT")
		require.NoError(t, err)
		require.False(t, st.ConsentWanted)
	}
	_, err = b.Consent(ctx, id, "xx")
	require.ErrorIs(t, err, session.ErrInvalid)
	events, err := b.Events(ctx, id)
	require.NoError(t, err)
	last := events[len(events)-1]
	require.Equal(t, session.ConsentGiven, last.Kind)
	require.Equal(t, "2026-1", last.Subject)
	sess, err := b.For(ctx, "m", false, id)
	require.NoError(t, err)
	require.Equal(t, []session.Consent{{Version: "2026-1", Locale: "de", At: now}}, sess.Private.Consents)
}

// The person owes what the session asks for: sides by the type of document and
// the settings, and the face.
func TestMissing(t *testing.T) {
	b, ctx := setup(t), t.Context()
	require.NoError(t, b.store.UpdateMerchant(ctx, "m", func(m merchant.Merchant) (merchant.Merchant, error) {
		m.Settings.OneSided = []string{report.IdentityCard}
		return m, nil
	}))
	one, err := b.store.Merchant(ctx, "m")
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		m    merchant.Merchant
		r    session.Request
		want []string
	}{
		"a card":                {b.merchant, session.Request{}, []string{session.Front, session.Back}},
		"one side is enough":    {one, session.Request{}, []string{session.Front}},
		"and a selfie":          {b.merchant, session.Request{AnalysisTypes: []string{"document", "selfie"}}, []string{session.Front, session.Back, session.Selfie}},
		"liveness with a front": {b.merchant, session.Request{AnalysisTypes: []string{"liveness"}, Private: session.Private{Liveness: &session.Liveness{Options: "FrontSide"}}}, []string{session.Front, session.Recording}},
		"liveness alone":        {b.merchant, session.Request{AnalysisTypes: []string{"liveness"}, Private: session.Private{Liveness: &session.Liveness{Options: "NoDocument"}}}, []string{session.Recording}},
		"passive liveness":      {one, session.Request{AnalysisTypes: []string{"liveness"}}, []string{session.Front, session.Selfie}},
	} {
		t.Run(name, func(t *testing.T) {
			st, err := b.Begin(ctx, tt.m, tt.r, "", nil)
			require.NoError(t, err)
			state, err := b.SelectDocumentType(ctx, st.ID, report.IdentityCard)
			require.NoError(t, err)
			require.Equal(t, tt.want, state.Missing)
			for _, side := range tt.want {
				_, err = b.Submit(ctx, st.ID)
				require.ErrorIs(t, err, session.ErrIncomplete)
				if side == session.Recording {
					b.record(t, st.ID)
					continue
				}
				_, err = b.Upload(ctx, st.ID, side, bytes.NewReader(picture))
				require.NoError(t, err)
			}
			state, err = b.Submit(ctx, st.ID)
			require.NoError(t, err)
			require.Equal(t, report.Pending, state.Status)
		})
	}
}
