package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A cursor comes back as it was made, and whatever else is sent is refused or a
// place in the list, never a crash.
func FuzzCursor(f *testing.F) {
	f.Add(cursorOf(time.UnixMicro(1772366400123456), "0d156beb-8b94-4b78-b907-6c93575d5f5a"))
	f.Add("MQ")
	f.Add("!")
	f.Fuzz(func(t *testing.T, s string) {
		at, id, err := cursor(s)
		if err != nil || s == "" {
			require.True(t, at.IsZero())
			require.Empty(t, id)
			return
		}
		again, id2, err := cursor(cursorOf(at, id))
		require.Nil(t, err)
		require.True(t, at.Equal(again))
		require.Equal(t, id, id2)
	})
}
