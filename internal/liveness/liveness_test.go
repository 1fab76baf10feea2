package liveness_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"idproof/engine"
	active "idproof/engine/liveness"
	"idproof/internal/blob"
	"idproof/internal/liveness"
	"idproof/internal/merchant"
	"idproof/internal/seal"
	"idproof/internal/session"
	"idproof/internal/store"
	"idproof/report"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

type bundle struct {
	*liveness.Service
	sessions *session.Service
	store    *store.Store
	blobs    blob.Store
	merchant merchant.Merchant
	clock    atomic.Pointer[time.Time]
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{}
	b.at(0)
	dir := t.TempDir()
	master, err := seal.NewMaster()
	require.NoError(t, err)
	b.store, err = store.Open(t.Context(), filepath.Join(dir, "x.db"), master)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.store.Close()) })
	blobs, err := blob.OpenDir(filepath.Join(dir, "blobs"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, blobs.Close()) })
	b.blobs = blobs
	b.merchant = merchant.Merchant{ID: "m", CreatedAt: noon}
	require.NoError(t, b.store.InsertMerchant(t.Context(), b.merchant, "hash"))
	clock := func() time.Time { return *b.clock.Load() }
	b.sessions = session.NewService(session.Config{MaxUpload: 1 << 20, Uploads: 4}, session.Deps{
		BaseURL: "https://id.example", Store: b.store, Tokens: b.store, Merchants: b.store, Blobs: blobs, Master: master,
		Live: session.NewLive(), Now: clock,
	})
	t.Cleanup(b.sessions.Close)
	b.Service = liveness.New(b.store, blobs, clock)
	return b
}

// at sets the clock to that long after noon.
func (b *bundle) at(d time.Duration) {
	now := noon.Add(d)
	b.clock.Store(&now)
}

// begin makes a session that asks for these actions.
func (b *bundle) begin(t *testing.T, available ...string) string {
	t.Helper()
	st, err := b.sessions.Begin(t.Context(), b.merchant, session.Request{
		AnalysisTypes: []string{"liveness"},
		Private:       session.Private{Liveness: &session.Liveness{Options: "NoDocument", AvailableActions: available}},
	}, "", nil)
	require.NoError(t, err)
	return st.ID
}

// part is a second of frames, from that second on.
func part(second int) (frames []liveness.Frame) {
	for i := range 6 {
		at := time.Duration(second)*time.Second + time.Duration(i)*150*time.Millisecond
		frames = append(frames, liveness.Frame{At: at, JPEG: fmt.Appendf([]byte("\xff\xd8\xff\xe0"), "picture at %s", at)})
	}
	return frames
}

// names are those of everything that is kept.
func (b *bundle) names(t *testing.T) (all []string) {
	t.Helper()
	require.NoError(t, b.blobs.Each(t.Context(), func(name string, _ time.Time) error {
		all = append(all, name)
		return nil
	}))
	return all
}

func TestRecording(t *testing.T) {
	b, ctx := setup(t), t.Context()
	id := b.begin(t, "FollowText", "MoveAwayFromCamera")
	asked, err := b.Issue(ctx, id, session.Person)
	require.NoError(t, err)
	require.Len(t, asked.Actions, 3)
	for _, a := range asked.Actions {
		require.Contains(t, []string{"TurnLeft", "TurnRight", "LookUp", "MoveAwayFromCamera"}, a)
	}
	for n := range 3 {
		b.at(time.Duration(n+1) * time.Second)
		require.NoError(t, b.Add(ctx, id, asked.Token, n, part(n)))
	}
	// The answer to the last was lost: it comes again, later, and changed; the first counts.
	b.at(4 * time.Second)
	require.NoError(t, b.Add(ctx, id, asked.Token, 2, part(7)))
	require.NoError(t, b.Finish(ctx, id, asked.Token, 3, &report.Camera{Virtual: true}, session.Person))

	sess, err := b.store.Session(ctx, id)
	require.NoError(t, err)
	require.Len(t, sess.Documents, 1)
	require.Equal(t, []string{session.BlobName(id, sess.Documents[0].ID)}, b.names(t), "the parts are gone")
	f, d, err := b.sessions.Picture(ctx, id, sess.Documents[0].ID)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	require.Equal(t, session.Recording, d.Type)
	var data bytes.Buffer
	_, err = data.ReadFrom(f)
	require.NoError(t, err)
	require.EqualValues(t, d.Size, data.Len())
	rec, err := liveness.Unpack(data.Bytes())
	require.NoError(t, err)
	require.True(t, rec.Camera.Virtual)
	require.Equal(t, id, rec.Challenge.Session)
	require.Len(t, rec.Shots, 18)
	for i, s := range rec.Shots {
		want := part(i / 6)[i%6]
		assert.Equal(t, want.At, s.At)
		assert.Equal(t, want.JPEG, s.Data)
		assert.Equal(t, noon.Add(time.Duration(i/6+1)*time.Second), s.Received)
	}

	// Everything personal goes with the session, and nothing is left behind.
	_, err = b.sessions.Erase(ctx, id, session.Client)
	require.NoError(t, err)
	require.Empty(t, b.names(t))
}

func TestRefusals(t *testing.T) {
	b, ctx := setup(t), t.Context()
	own, other := b.begin(t, "MoveTowardsCamera"), b.begin(t, "MoveTowardsCamera")
	plain, err := b.sessions.Begin(ctx, b.merchant, session.Request{}, "", nil)
	require.NoError(t, err)
	_, err = b.Issue(ctx, plain.ID, session.Person)
	require.ErrorIs(t, err, session.ErrInvalid)
	require.ErrorIs(t, b.Add(ctx, plain.ID, "x.y", 0, part(0)), session.ErrChallenge)
	_, err = b.Issue(ctx, "00000000-0000-0000-0000-000000000000", session.Person)
	require.ErrorIs(t, err, session.ErrNotFound)

	issue := func(id string) string {
		asked, err := b.Issue(ctx, id, session.Person)
		require.NoError(t, err)
		return asked.Token
	}
	foreign := issue(other)
	stale := issue(own)
	token := issue(own)
	body, sum, _ := strings.Cut(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(body)
	require.NoError(t, err)
	forged := base64.RawURLEncoding.EncodeToString(bytes.Replace(raw, []byte("MoveTowardsCamera"), []byte("LookUp"), 1)) + "." + sum
	big := part(0)
	big[0].JPEG = append(big[0].JPEG, make([]byte, liveness.MaxFrame)...)
	png := part(0)
	png[1].JPEG = []byte("\x89PNG")
	backwards := part(0)
	slices.Reverse(backwards)
	for name, tt := range map[string]struct {
		token  string
		n      int
		frames []liveness.Frame
		want   error
	}{
		"no token":              {"", 0, part(0), session.ErrChallenge},
		"another session's":     {foreign, 0, part(0), session.ErrChallenge},
		"changed":               {forged, 0, part(0), session.ErrChallenge},
		"an older one":          {stale, 0, part(0), session.ErrChallengeUsed},
		"no frames":             {token, 0, nil, session.ErrInvalid},
		"too many frames":       {token, 0, slices.Repeat(part(0), 5), session.ErrInvalid},
		"before the first part": {token, -1, part(0), session.ErrInvalid},
		"after the last part":   {token, liveness.MaxParts, part(0), session.ErrInvalid},
		"too large":             {token, 0, big, session.ErrTooLarge},
		"not JPEG":              {token, 0, png, session.ErrUnsupported},
		"backwards":             {token, 0, backwards, session.ErrInvalid},
		"before it began":       {token, 0, []liveness.Frame{{At: -1, JPEG: part(0)[0].JPEG}}, session.ErrInvalid},
		"long after":            {token, 0, []liveness.Frame{{At: time.Hour, JPEG: part(0)[0].JPEG}}, session.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, b.Add(ctx, own, tt.token, tt.n, tt.frames), tt.want)
		})
	}
	require.Empty(t, b.names(t), "nothing of that was kept")

	require.ErrorIs(t, b.Finish(ctx, own, token, 0, nil, session.Person), session.ErrInvalid)
	require.ErrorIs(t, b.Finish(ctx, own, token, 1, nil, session.Person), session.ErrInvalid, "no part has come")
	require.NoError(t, b.Add(ctx, own, token, 0, part(0)))
	require.NoError(t, b.Finish(ctx, own, token, 1, nil, session.Person))
	require.ErrorIs(t, b.Finish(ctx, own, token, 1, nil, session.Person), session.ErrChallengeUsed, "replayed")
	require.ErrorIs(t, b.Add(ctx, own, token, 1, part(1)), session.ErrChallengeUsed, "replayed")

	late := issue(own)
	require.NoError(t, b.Add(ctx, own, late, 0, part(0)))
	b.at(liveness.Life + time.Second)
	require.ErrorIs(t, b.Add(ctx, own, late, 1, part(1)), session.ErrChallengeOver)
	require.ErrorIs(t, b.Finish(ctx, own, late, 1, nil, session.Person), session.ErrChallengeOver)
}

// What is no recording is refused, whoever wrote it.
func TestUnpackRefuses(t *testing.T) {
	good, err := liveness.Pack(&engine.Recording{
		Challenge: active.Challenge{ID: "c"}, Shots: []engine.Shot{{At: time.Second, Received: noon, Data: []byte("x")}},
	})
	require.NoError(t, err)
	_, err = liveness.Unpack(good)
	require.NoError(t, err)
	for name, data := range map[string][]byte{
		"nothing": nil, "cut": good[:len(good)-10], "no table": bytes.ReplaceAll(good, []byte("recording.json"), []byte("something.else")),
		"no picture": bytes.ReplaceAll(good, []byte("000.jpg"), []byte("001.jpx")),
		"no JSON":    bytes.ReplaceAll(good, []byte(`"frames"`), []byte(`"frames`)),
	} {
		_, err := liveness.Unpack(data)
		require.Error(t, err, name)
	}
}

func FuzzUnpack(f *testing.F) {
	good, err := liveness.Pack(&engine.Recording{Shots: []engine.Shot{{Data: []byte("\xff\xd8\xff")}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := liveness.Unpack(data)
		if err != nil {
			return
		}
		for _, s := range rec.Shots {
			if len(s.Data) > liveness.MaxFrame {
				t.Error("a frame is too large")
			}
		}
	})
}
