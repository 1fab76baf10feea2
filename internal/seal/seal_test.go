package seal_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"idproof/internal/seal"
)

func TestValues(t *testing.T) {
	m, err := seal.NewMaster()
	require.NoError(t, err)
	k, wrapped, err := m.NewKey("s1")
	require.NoError(t, err)
	plain := []byte("ERIKSSON")
	sealed, err := k.Seal(plain, "results:1")
	require.NoError(t, err)
	require.NotContains(t, string(sealed), "ERIKSSON")

	k2, err := m.Unwrap(wrapped, "s1")
	require.NoError(t, err)
	got, err := k2.Open(sealed, "results:1")
	require.NoError(t, err)
	require.Equal(t, plain, got)

	_, err = m.Unwrap(wrapped, "s2")
	require.ErrorIs(t, err, seal.ErrBroken, "a key of another session")
	_, err = k.Open(sealed, "results:2")
	require.ErrorIs(t, err, seal.ErrBroken, "a value of another row")
	other, _, err := m.NewKey("s1")
	require.NoError(t, err)
	_, err = other.Open(sealed, "results:1")
	require.ErrorIs(t, err, seal.ErrBroken, "another key")
	sealed[len(sealed)-1] ^= 1
	_, err = k.Open(sealed, "results:1")
	require.ErrorIs(t, err, seal.ErrBroken, "a changed byte")
	_, err = seal.Key{}.Seal(plain, "x")
	require.Error(t, err)
	for _, shown := range []string{fmt.Sprint(k), fmt.Sprintf("%+v", k), fmt.Sprintf("%#v", k)} {
		require.Equal(t, "[key]", shown)
	}

	sealed, err = m.Seal(plain, "a")
	require.NoError(t, err)
	_, err = m.Open(sealed, "b")
	require.ErrorIs(t, err, seal.ErrBroken)
	_, err = m.Unwrap(sealed, "a")
	require.ErrorIs(t, err, seal.ErrBroken, "a value is no key")
}

func TestStreams(t *testing.T) {
	m, err := seal.NewMaster()
	require.NoError(t, err)
	k, _, err := m.NewKey("s")
	require.NoError(t, err)
	for _, size := range []int{0, 1, 1 << 16, 200_000} {
		plain := bytes.Repeat([]byte("P<UTO"), size/5+1)[:size]
		var buf bytes.Buffer
		w, err := k.Writer(&buf, "a")
		require.NoError(t, err)
		_, err = w.Write(plain)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		read := func(sealed []byte, place string) ([]byte, error) {
			r, err := k.Reader(bytes.NewReader(sealed), place)
			if err != nil {
				return nil, err
			}
			return io.ReadAll(r)
		}
		got, err := read(buf.Bytes(), "a")
		require.NoError(t, err)
		require.True(t, bytes.Equal(plain, got))
		_, err = read(buf.Bytes(), "b")
		require.ErrorIs(t, err, seal.ErrBroken)
		for cut := range 3 { // also at the border of a segment
			_, err = read(buf.Bytes()[:max(0, buf.Len()-1-cut*65536)], "a")
			require.ErrorIs(t, err, seal.ErrBroken)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	m, err := seal.Load(seal.Config{}, dir)
	require.NoError(t, err)
	file := filepath.Join(dir, "master.key")
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
	sealed, err := m.Seal([]byte("x"), "p")
	require.NoError(t, err)

	data, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, c := range []seal.Config{{}, {Keyset: string(data)}, {File: file}} {
		m, err := seal.Load(c, dir)
		require.NoError(t, err)
		_, err = m.Open(sealed, "p")
		require.NoError(t, err)
	}
	_, err = seal.Load(seal.Config{Keyset: "canary"}, dir)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "canary")
	require.NoError(t, os.Chmod(file, 0o644))
	_, err = seal.Load(seal.Config{}, dir)
	require.ErrorContains(t, err, "chmod")
}

// A key is replaced in two steps: after the first everything is sealed as before
// and the new key opens already; after the second the new one seals, which
// who has only the first file opens, and who has the one before does not.
func TestRotate(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "master.key")
	load := func() *seal.Master {
		m, err := seal.Load(seal.Config{}, dir)
		require.NoError(t, err)
		return m
	}
	step := func(change func([]byte) ([]byte, error)) {
		now, err := os.ReadFile(file)
		require.NoError(t, err)
		next, err := change(now)
		require.NoError(t, err)
		require.NoError(t, seal.ReplaceFile(file, next))
	}
	prepared := func() bool {
		now, err := os.ReadFile(file)
		require.NoError(t, err)
		_, ok, err := seal.Prepared(now)
		require.NoError(t, err)
		return ok
	}
	before := load()
	old, err := before.Seal([]byte("old"), "p")
	require.NoError(t, err)
	_, wrapped, err := before.NewKey("s")
	require.NoError(t, err)
	require.False(t, prepared())
	step(seal.Prepare)
	require.True(t, prepared())
	between := load()
	require.Equal(t, before.Keys(), between.Keys()[:1])
	require.Len(t, between.Keys(), 2)
	meanwhile, err := between.Seal([]byte("meanwhile"), "p")
	require.NoError(t, err)
	_, err = before.Open(meanwhile, "p")
	require.NoError(t, err, "nobody has to know the new key yet")
	require.False(t, between.Outdated(meanwhile))

	step(seal.Switch)
	require.False(t, prepared())
	after := load()
	got, err := after.Open(old, "p")
	require.NoError(t, err)
	require.Equal(t, "old", string(got))
	_, err = after.Unwrap(wrapped, "s")
	require.NoError(t, err)
	require.True(t, after.Outdated(old))
	fresh, err := after.Seal([]byte("new"), "p")
	require.NoError(t, err)
	require.False(t, after.Outdated(fresh))
	require.False(t, between.Outdated(fresh), "newer than what it seals with")
	_, err = between.Open(fresh, "p")
	require.NoError(t, err)
	_, err = before.Open(fresh, "p")
	require.ErrorIs(t, err, seal.ErrBroken)
	for _, name := range []string{file, file + ".old"} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.EqualValues(t, 0o600, info.Mode().Perm())
	}
}
