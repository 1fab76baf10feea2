package blob_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"idproof/internal/blob"
	"idproof/internal/blob/blobtest"
	"idproof/internal/seal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bucket is a server that speaks S3, with one bucket; broken makes it fail.
type bucket struct {
	backend *s3mem.Backend
	address string
	broken  atomic.Bool
}

func newBucket(t *testing.T) *bucket {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	b := &bucket{backend: s3mem.New()}
	require.NoError(t, b.backend.CreateBucket("pictures"))
	s3 := gofakes3.New(b.backend).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.broken.Load() {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		s3.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	b.address = "s3://pictures?endpoint=" + url.QueryEscape(server.URL) + "&region=us-east-1"
	return b
}

func (b *bucket) open(t *testing.T, more string) blob.Opened {
	t.Helper()
	s, err := blob.Open(t.Context(), b.address+more)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestS3(t *testing.T) { blobtest.Run(t, newBucket(t).open(t, "")) }

func TestS3Prefix(t *testing.T) {
	b := newBucket(t)
	blobtest.Run(t, b.open(t, "&prefix=one/two"))
	blobtest.Run(t, b.open(t, "&prefix=other"))
}

// A document larger than one part comes back whole, and is sealed there.
func TestS3Parts(t *testing.T) {
	b := newBucket(t)
	s := b.open(t, "")
	m, err := seal.NewMaster()
	require.NoError(t, err)
	key, _, err := m.NewKey("a")
	require.NoError(t, err)
	for name, size := range map[string]int{"one part": 8 << 20, "a byte more": 8<<20 + 1, "three parts": 20 << 20} {
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(rand.Uint32N(7))
		}
		require.NoError(t, s.Put(t.Context(), name, key, bytes.NewReader(data)), name)
		r, err := s.Open(t.Context(), name, key)
		require.NoError(t, err, name)
		got, err := io.ReadAll(r)
		require.NoError(t, err, name)
		require.NoError(t, r.Close())
		require.True(t, bytes.Equal(data, got), name)
		kept, err := b.backend.GetObject("pictures", name, nil)
		require.NoError(t, err)
		sealed, err := io.ReadAll(kept.Contents)
		require.NoError(t, err)
		require.False(t, bytes.Contains(sealed, data[:64]), name)
		sealed[len(sealed)/2] ^= 1
		_, err = b.backend.PutObject("pictures", name, kept.Metadata, bytes.NewReader(sealed), int64(len(sealed)), nil)
		require.NoError(t, err)
		r, err = s.Open(t.Context(), name, key)
		require.NoError(t, err)
		_, err = io.ReadAll(r)
		require.ErrorIs(t, err, seal.ErrBroken, name)
		require.NoError(t, r.Close())
	}
}

// A store that refuses is not taken for an empty one.
func TestS3Refused(t *testing.T) {
	b := newBucket(t)
	s := b.open(t, "")
	m, err := seal.NewMaster()
	require.NoError(t, err)
	key, _, err := m.NewKey("a")
	require.NoError(t, err)
	b.broken.Store(true)
	require.Error(t, s.Put(t.Context(), "a", key, bytes.NewReader(nil)))
	_, err = s.Open(t.Context(), "a", key)
	require.Error(t, err)
	require.NotErrorIs(t, err, blob.ErrNotFound)
	require.Error(t, s.Delete(t.Context(), "a"))
	require.Error(t, s.Each(t.Context(), nil))
}

func TestS3Addresses(t *testing.T) {
	b := newBucket(t)
	for _, address := range []string{
		"s3://", "s3://user@pictures", "s3://pictures/folder", "s3://pictures?endpoint=host", "s3://pictures?endpoint=ftp://host",
		"s3://pictures?colour=red", "s3://%zz", b.address[:5] + "others" + b.address[13:],
	} {
		_, err := blob.Open(t.Context(), address)
		require.Error(t, err, address)
	}
}
