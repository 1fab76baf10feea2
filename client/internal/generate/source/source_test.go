package source

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is committed is what the API describes; `go generate ./client` mends it.
func TestGeneratedIsFresh(t *testing.T) {
	want, err := Go()
	require.NoError(t, err)
	got, err := os.ReadFile("../../../generated.go")
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run go generate ./client")
}
