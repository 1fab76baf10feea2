package session_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"idproof/internal/blob"
	"idproof/internal/merchant"
	"idproof/internal/seal"
	"idproof/internal/session"
	"idproof/internal/store"
	"idproof/report"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// picture begins like a JPEG; the service looks no further.
var picture = append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF"), make([]byte, 5000)...)

type bundle struct {
	*session.Service
	store    *store.Store
	live     *session.Live
	merchant merchant.Merchant
	blobs    blob.Store
	dir      string
	clock    atomic.Pointer[time.Time]
}

func setup(t *testing.T) *bundle {
	t.Helper()
	return setupEye(t, nil)
}

func setupEye(t *testing.T, eye session.Eye) *bundle {
	t.Helper()
	b := &bundle{live: session.NewLive(), dir: t.TempDir()}
	b.clock.Store(&now)
	master, err := seal.NewMaster()
	require.NoError(t, err)
	b.store, err = store.Open(t.Context(), filepath.Join(b.dir, "x.db"), master)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.store.Close()) })
	b.store.OnCommit(b.live.Changed)
	blobs, err := blob.OpenDir(filepath.Join(b.dir, "blobs"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, blobs.Close()) })
	b.blobs = blobs
	b.merchant = merchant.Merchant{ID: "m", Name: "Shop", CreatedAt: now, Settings: merchant.Settings{Version: 1, DocumentTypes: []string{report.Passport, report.IdentityCard}}}
	require.NoError(t, b.store.InsertMerchant(t.Context(), b.merchant, "hash"))
	b.Service = session.NewService(session.Config{MaxUpload: 10_000, Uploads: 2}, session.Deps{
		BaseURL: "https://id.example", Store: b.store, Tokens: b.store, Merchants: b.store, Blobs: blobs, Master: master,
		Live: b.live, Eye: eye, Now: func() time.Time { return *b.clock.Load() },
	})
	t.Cleanup(b.Close)
	return b
}

func (b *bundle) at(t time.Time) { b.clock.Store(&t) }

func (b *bundle) begin(t *testing.T) (id, secret string) {
	t.Helper()
	st, err := b.Begin(t.Context(), b.merchant, session.Request{}, "", nil)
	require.NoError(t, err)
	secret, ok := strings.CutPrefix(st.RedirectURL, "https://id.example/flow/")
	require.True(t, ok)
	return st.ID, secret
}

// A link opens again, on any device, until it expires; what a browser gets for
// it opens that session only.
func TestLinks(t *testing.T) {
	b, ctx := setup(t), t.Context()
	id, secret := b.begin(t)
	other, _ := b.begin(t)
	first, st, err := b.StartFromToken(ctx, secret)
	require.NoError(t, err)
	require.Equal(t, id, st.ID)
	second, _, err := b.StartFromToken(ctx, secret)
	require.NoError(t, err)
	require.NotEqual(t, first, second)
	link, err := b.NewLink(ctx, id)
	require.NoError(t, err)
	third, st, err := b.StartFromToken(ctx, strings.TrimPrefix(link, "https://id.example/flow/"))
	require.NoError(t, err)
	require.Equal(t, id, st.ID)
	for _, token := range []string{first, second, third} {
		require.NoError(t, b.Authorize(ctx, id, token))
		require.ErrorIs(t, b.Authorize(ctx, other, token), session.ErrNotFound)
	}
	require.ErrorIs(t, b.Authorize(ctx, id, secret), session.ErrNotFound, "a link is no cookie")
	_, _, err = b.StartFromToken(ctx, first)
	require.ErrorIs(t, err, session.ErrNotFound, "a cookie is no link")
	_, _, err = b.StartFromToken(ctx, "")
	require.ErrorIs(t, err, session.ErrNotFound)

	b.at(now.Add(24 * time.Hour))
	require.ErrorIs(t, b.Authorize(ctx, id, first), session.ErrExpired)
	require.ErrorIs(t, b.Authorize(ctx, other, first), session.ErrNotFound)
	_, st, err = b.StartFromToken(ctx, secret)
	require.ErrorIs(t, err, session.ErrExpired)
	require.Equal(t, report.Timeout, st.Status)
	_, err = b.NewLink(ctx, id)
	require.ErrorIs(t, err, session.ErrExpired)
}

func TestFlow(t *testing.T) {
	b, ctx := setup(t), t.Context()
	id, _ := b.begin(t)
	_, err := b.SelectDocumentType(ctx, id, report.Visa)
	require.ErrorIs(t, err, session.ErrInvalid, "not offered by the merchant")
	st, err := b.SelectDocumentType(ctx, id, report.IdentityCard)
	require.NoError(t, err)
	require.Equal(t, []string{session.Front, session.Back}, st.Missing)
	_, err = b.Submit(ctx, id)
	require.ErrorIs(t, err, session.ErrIncomplete)
	_, err = b.Upload(ctx, id, "poem", bytes.NewReader(picture))
	require.ErrorIs(t, err, session.ErrInvalid)
	_, err = b.Upload(ctx, id, session.Front, strings.NewReader("hello"))
	require.ErrorIs(t, err, session.ErrUnsupported)
	_, err = b.Upload(ctx, id, session.Front, bytes.NewReader(append(bytes.Clone(picture), make([]byte, 10_000)...)))
	require.ErrorIs(t, err, session.ErrTooLarge)
	for _, side := range []string{session.Front, session.Back} {
		d, err := b.Upload(ctx, id, side, bytes.NewReader(picture))
		require.NoError(t, err)
		require.Equal(t, "image/jpeg", d.MediaType)
		require.EqualValues(t, len(picture), d.Size)
	}
	st, err = b.Submit(ctx, id)
	require.NoError(t, err)
	require.Equal(t, report.Pending, st.Status)
	again, err := b.Submit(ctx, id)
	require.NoError(t, err)
	require.Equal(t, st.Version, again.Version)
	require.Equal(t, 2, again.AttemptsLeft)
}

func TestUploadsAtTheSameTime(t *testing.T) {
	b, ctx := setup(t), t.Context()
	id, _ := b.begin(t)
	var writers []*io.PipeWriter
	done := make(chan error)
	for range 2 {
		r, w := io.Pipe()
		writers = append(writers, w)
		go func() {
			_, err := b.Upload(ctx, id, session.Front, r)
			done <- err
		}()
		_, err := w.Write(picture[:10]) // it is under way
		require.NoError(t, err)
	}
	_, err := b.Upload(ctx, id, session.Front, bytes.NewReader(picture))
	require.ErrorIs(t, err, session.ErrUnavailable)
	for _, w := range writers {
		require.NoError(t, w.Close())
		require.NoError(t, <-done)
	}
	_, err = b.Upload(ctx, id, session.Front, bytes.NewReader(picture))
	require.NoError(t, err)
}

// A reader sees every change in order, progress too, and is let go at the end.
func TestSubscribe(t *testing.T) {
	b := setup(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	id, _ := b.begin(t)
	states, err := b.Subscribe(ctx, id)
	require.NoError(t, err)
	next := func() session.State {
		st, ok := <-states
		require.True(t, ok)
		return st
	}
	require.Equal(t, report.Created, next().Status)
	_, err = b.Upload(ctx, id, session.Front, bytes.NewReader(picture))
	require.NoError(t, err)
	require.Equal(t, report.ReadyToStart, next().Status)
	sess, a, err := b.Analyze(ctx, id, nil, session.Person)
	require.NoError(t, err)
	require.Equal(t, report.Pending, next().Status)
	b.live.SetProgress(id, &session.Progress{Step: "mrz", Done: 1, Total: 2})
	require.Equal(t, &session.Progress{Step: "mrz", Done: 1, Total: 2}, next().Progress)
	_, err = b.store.Update(ctx, sess.ID, func(s session.Session) (session.Session, error) {
		return s.Finish(a.ID, report.New(), report.Decision{Result: report.Accepted}, now)
	})
	require.NoError(t, err)
	last := next()
	require.True(t, last.Closed)
	require.Nil(t, last.Progress)
	_, ok := <-states
	require.False(t, ok)

	_, err = b.Subscribe(ctx, "x")
	require.ErrorIs(t, err, session.ErrNotFound)
	other, _ := b.begin(t)
	for name, end := range map[string]func(leave func()){
		"the reader leaves": func(leave func()) { leave() },
		"the server stops":  func(func()) { b.Close() },
	} {
		ctx, leave := context.WithCancel(t.Context())
		states, err := b.Subscribe(ctx, other)
		require.NoError(t, err)
		<-states
		end(leave)
		_, ok := <-states
		require.False(t, ok, name)
		leave()
	}
}

func TestSweep(t *testing.T) {
	b, ctx := setup(t), t.Context()
	id, _ := b.begin(t)
	require.NoError(t, b.Sweep(ctx))
	st, err := b.State(ctx, id)
	require.NoError(t, err)
	require.Equal(t, report.Created, st.Status)
	b.at(now.Add(25 * time.Hour))
	require.NoError(t, b.Sweep(ctx))
	sess, err := b.For(ctx, "m", false, id)
	require.NoError(t, err)
	require.Equal(t, report.Timeout, sess.Status)
	_, err = b.For(ctx, "other", false, id)
	require.ErrorIs(t, err, session.ErrNotFound)
	_, err = b.For(ctx, "m", true, id)
	require.ErrorIs(t, err, session.ErrNotFound, "of the other mode")
}

// unsure is a store whose connection is cut while it answers: it has kept the
// change, and nobody learns of it.
type unsure struct{ *store.Store }

func (u unsure) Update(ctx context.Context, id string, fn func(session.Session) (session.Session, error)) (session.Session, error) {
	s, err := u.Store.Update(ctx, id, fn)
	if err == nil {
		err = errors.New("the connection was cut")
	}
	return s, err
}

// A picture that may be kept in the session stays where it is; one that was
// refused goes at once.
func TestUploadNobodyKnowsOf(t *testing.T) {
	b, ctx := setup(t), t.Context()
	id, _ := b.begin(t)
	pictures := func() (n int) {
		require.NoError(t, b.blobs.Each(ctx, func(string, time.Time) error { n++; return nil }))
		return n
	}
	master, err := seal.NewMaster()
	require.NoError(t, err)
	cut := session.NewService(session.Config{MaxUpload: 10_000, Uploads: 2}, session.Deps{
		Store: unsure{b.store}, Tokens: b.store, Merchants: b.store, Blobs: b.blobs, Master: master, Live: b.live, Now: func() time.Time { return now },
	})
	t.Cleanup(cut.Close)
	_, err = cut.AddDocument(ctx, id, session.Front, "", session.Person, bytes.NewReader(picture))
	require.Error(t, err)
	s, err := b.store.Session(ctx, id)
	require.NoError(t, err)
	require.Len(t, s.Documents, 1)
	p, _, err := b.Picture(ctx, id, s.Documents[0].ID)
	require.NoError(t, err, "what the session has is there")
	require.NoError(t, p.Close())
	require.Equal(t, 1, pictures())

	_, err = b.Cancel(ctx, id)
	require.NoError(t, err)
	_, err = b.AddDocument(ctx, id, session.Front, "", session.Person, bytes.NewReader(picture))
	require.ErrorIs(t, err, session.ErrClosed)
	require.Equal(t, 1, pictures())
}

// A picture whose session was never told of it, as a crash leaves it, goes;
// the others stay.
func TestRemoveStrays(t *testing.T) {
	b, ctx := setup(t), t.Context()
	id, _ := b.begin(t)
	d, err := b.Upload(ctx, id, session.Front, bytes.NewReader(picture))
	require.NoError(t, err)
	kept := filepath.Join(b.dir, "blobs", session.BlobName(id, d.ID))
	stray := filepath.Join(filepath.Dir(kept), "00000000-0000-4000-8000-00000000000f")
	require.NoError(t, os.WriteFile(stray, []byte("x"), 0o600))
	b.at(time.Now().Add(30 * time.Minute))
	require.NoError(t, b.RemoveStrays(ctx))
	require.FileExists(t, stray, "too young: its upload may still run")
	b.at(time.Now().Add(2 * time.Hour))
	require.NoError(t, b.RemoveStrays(ctx))
	require.NoFileExists(t, stray)
	require.FileExists(t, kept)
	r, _, err := b.Picture(ctx, id, d.ID)
	require.NoError(t, err)
	require.NoError(t, r.Close())
}
