package session_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
	"idproof/internal/session"
	"idproof/report"
)

// challenged gives the session a challenge of that id.
func (b *bundle) challenged(t *testing.T, id, challenge string) error {
	t.Helper()
	_, err := b.store.Update(t.Context(), id, func(old session.Session) (session.Session, error) {
		return old.Challenged(session.Challenge{ID: challenge, Issued: now, Expires: now.Add(time.Minute)}, session.Person, now)
	})
	return err
}

// answered answers a challenge.
func (b *bundle) answered(t *testing.T, id, challenge string) error {
	t.Helper()
	_, err := b.store.Update(t.Context(), id, func(old session.Session) (session.Session, error) {
		d := session.Document{ID: uuid.NewString(), Type: session.Recording, MediaType: "application/zip", CreatedAt: now}
		return old.Answered(challenge, d, session.Person, now)
	})
	return err
}

func (b *bundle) record(t *testing.T, id string) {
	t.Helper()
	challenge := uuid.NewString()
	require.NoError(t, b.challenged(t, id, challenge))
	require.NoError(t, b.answered(t, id, challenge))
}

// A challenge counts while it is the newest, and once.
func TestChallenges(t *testing.T) {
	b, ctx := setup(t), t.Context()
	plain, _ := b.begin(t)
	require.ErrorIs(t, b.challenged(t, plain, "x"), session.ErrInvalid, "it asks for no liveness")

	require.NoError(t, b.store.UpdateMerchant(ctx, "m", func(m merchant.Merchant) (merchant.Merchant, error) {
		m.Settings.ActiveLiveness = true
		return m, nil
	}))
	m, err := b.store.Merchant(ctx, "m")
	require.NoError(t, err)
	st, err := b.Begin(ctx, m, session.Request{AnalysisTypes: []string{"liveness"}}, "", nil)
	require.NoError(t, err)

	require.NoError(t, b.challenged(t, st.ID, "first"))
	state, err := b.State(ctx, st.ID)
	require.NoError(t, err)
	require.True(t, state.Recording)
	require.Equal(t, report.Created, state.Status, "nothing was given yet")
	require.NoError(t, b.challenged(t, st.ID, "second"))
	require.ErrorIs(t, b.answered(t, st.ID, "first"), session.ErrChallengeUsed, "another was asked for since")
	require.ErrorIs(t, b.answered(t, st.ID, "foreign"), session.ErrChallenge)
	require.NoError(t, b.answered(t, st.ID, "second"))
	require.ErrorIs(t, b.answered(t, st.ID, "second"), session.ErrChallengeUsed)
	state, err = b.State(ctx, st.ID)
	require.NoError(t, err)
	require.Equal(t, report.ReadyToStart, state.Status)
	require.NotContains(t, state.Missing, session.Recording)

	// A new recording takes the place of the old one, and goes with the biometrics.
	b.record(t, st.ID)
	sess, err := b.store.Session(ctx, st.ID)
	require.NoError(t, err)
	require.Len(t, sess.Documents, 1)
	require.Len(t, sess.Replaced, 1)
	require.Contains(t, session.Biometric, session.Recording)

	for i := 0; err == nil; i++ {
		require.Less(t, i, session.MaxChallenges)
		err = b.challenged(t, st.ID, uuid.NewString())
	}
	require.ErrorIs(t, err, session.ErrTooMany)
}

// Who cannot do it goes on with a selfie; that there is no recording is then
// the engine's to say.
func TestWithoutRecording(t *testing.T) {
	b, ctx := setup(t), t.Context()
	st, err := b.Begin(ctx, b.merchant, session.Request{
		AnalysisTypes: []string{"liveness"}, Private: session.Private{Liveness: &session.Liveness{Options: "NoDocument"}},
	}, "", nil)
	require.NoError(t, err)
	for range 2 { // twice is once
		_, err = b.store.Update(ctx, st.ID, func(old session.Session) (session.Session, error) {
			return old.WithoutRecording(session.Person, now)
		})
		require.NoError(t, err)
	}
	state, err := b.State(ctx, st.ID)
	require.NoError(t, err)
	require.False(t, state.Recording)
	require.True(t, state.NoDocument)
	require.Equal(t, []string{session.Selfie}, state.Missing)
	require.ErrorIs(t, b.challenged(t, st.ID, "x"), session.ErrInvalid)
	sess, err := b.store.Session(ctx, st.ID)
	require.NoError(t, err)
	require.True(t, sess.ActiveLiveness())
	events, err := b.Events(ctx, st.ID)
	require.NoError(t, err)
	require.Equal(t, session.RecordingDeclined, events[len(events)-1].Kind)
	require.Len(t, events, 2)
}
