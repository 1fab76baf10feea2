// Package blobtest is the contract of blob stores: one suite that every
// implementation passes.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"idproof/internal/blob"
	"idproof/internal/seal"
)

// Run runs the suite on an empty store.
func Run(t *testing.T, s blob.Store) {
	t.Helper()
	ctx := t.Context()
	m, err := seal.NewMaster()
	require.NoError(t, err)
	key, _, err := m.NewKey("a")
	require.NoError(t, err)
	other, _, err := m.NewKey("b")
	require.NoError(t, err)
	data := bytes.Repeat([]byte("picture "), 30_000)
	read := func(name string, key seal.Key) ([]byte, error) {
		r, err := s.Open(ctx, name, key)
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(r)
		return data, errors.Join(err, r.Close())
	}
	names := func() (all []string) {
		require.NoError(t, s.Each(ctx, func(name string, at time.Time) error {
			require.WithinDuration(t, time.Now(), at, time.Minute)
			all = append(all, name)
			return nil
		}))
		return all
	}

	t.Run("what was put comes back", func(t *testing.T) {
		require.NoError(t, s.Put(ctx, "sessions/1/a", key, iotest.HalfReader(bytes.NewReader(data))))
		got, err := read("sessions/1/a", key)
		require.NoError(t, err)
		require.True(t, bytes.Equal(data, got))
		require.Equal(t, []string{"sessions/1/a"}, names())
	})
	t.Run("a name is written once", func(t *testing.T) {
		require.Error(t, s.Put(ctx, "sessions/1/a", key, bytes.NewReader(nil)))
		got, err := read("sessions/1/a", key)
		require.NoError(t, err)
		require.Len(t, got, len(data))
	})
	t.Run("another key", func(t *testing.T) {
		_, err := read("sessions/1/a", other)
		require.ErrorIs(t, err, seal.ErrBroken)
	})
	t.Run("a failed put leaves nothing", func(t *testing.T) {
		broken := errors.New("broken off")
		err := s.Put(ctx, "sessions/1/b", key, io.MultiReader(bytes.NewReader(data), iotest.ErrReader(broken)))
		require.ErrorIs(t, err, broken)
		_, err = read("sessions/1/b", key)
		require.ErrorIs(t, err, blob.ErrNotFound)
		require.Equal(t, []string{"sessions/1/a"}, names())
		require.NoError(t, s.Put(ctx, "sessions/1/b", key, bytes.NewReader(nil)), "the name is free")
	})
	t.Run("a cancelled put leaves nothing", func(t *testing.T) {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		require.ErrorIs(t, s.Put(ctx, "sessions/2/c", key, bytes.NewReader(data)), context.Canceled)
		_, err := read("sessions/2/c", key)
		require.ErrorIs(t, err, blob.ErrNotFound)
	})
	t.Run("deleted is gone", func(t *testing.T) {
		require.NoError(t, s.Delete(ctx, "sessions/1/a"))
		require.NoError(t, s.Delete(ctx, "sessions/1/a"))
		_, err := read("sessions/1/a", key)
		require.ErrorIs(t, err, blob.ErrNotFound)
		require.Equal(t, []string{"sessions/1/b"}, names())
	})
}
