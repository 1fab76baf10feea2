package seal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"idproof/internal/seal/kmstest"
)

// What the key management service opened is remembered for minutes, not longer,
// and never more than so much.
func TestRemembered(t *testing.T) {
	service := kmstest.New(t)
	k, err := newKMS(service.Key(), "")
	require.NoError(t, err)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	k.now = func() time.Time { return now }
	id := [32]byte{1}
	knows := func() bool { _, ok := k.remembered(id); return ok }
	k.remember(id, []byte("key"))
	for _, tt := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {4 * time.Minute, true}, {2 * time.Minute, true}, {4 * time.Minute, true}, {2 * time.Minute, false}} {
		now = now.Add(tt.after)
		require.Equal(t, tt.want, knows(), "%s", now)
	}
	k.remember(id, []byte("key"))
	now = now.Add(time.Hour)
	require.False(t, knows(), "also when nobody asked in between")

	for n := range 3 * kmsMost {
		k.remember([32]byte{2, byte(n), byte(n >> 8), byte(n >> 16)}, nil)
		require.LessOrEqual(t, len(k.young)+len(k.outgoing), kmsMost)
	}
}
