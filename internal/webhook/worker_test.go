package webhook

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The tries span two days, each wait longer than the one before.
func TestDelay(t *testing.T) {
	var sum time.Duration
	for n := 1; n < Attempts; n++ {
		require.Less(t, Delay(n), Delay(n+1))
		sum += Delay(n)
	}
	require.InDelta(t, 48, sum.Hours(), 2)
	require.Equal(t, 5*time.Second, Delay(1))
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, "-5": 0, "soon": 0, "99999999999999": 0,
		"Thu, 01 Jan 2026 00:01:00 GMT": time.Minute, "Wed, 31 Dec 2025 00:01:00 GMT": 0,
	} {
		require.Equal(t, want, retryAfter(in, now), in)
	}
}
