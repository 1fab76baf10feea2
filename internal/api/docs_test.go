package api

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"idproof/internal/policy"
)

// The guide knows every reason and every error, and no other.
func TestGuideIsComplete(t *testing.T) {
	data, err := os.ReadFile("../../docs/api.md")
	require.NoError(t, err)
	guide := string(data)
	for _, r := range policy.Rules() {
		retryable := "no"
		if r.Retryable {
			retryable = "yes"
		}
		require.Contains(t, guide, "| `"+r.Code+"` | "+string(r.Result)+" | "+retryable+" | "+r.Text+" |")
	}
	codes := regexp.MustCompile(`"([A-Z]+_[A-Z_]+|UNAUTHORIZED|INTERNAL|UNAVAILABLE)"`)
	for _, file := range []string{"../session/errors.go", "../session/request.go"} {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range codes.FindAllStringSubmatch(string(src), -1) {
			require.Contains(t, guide, "`"+m[1]+"`", file)
		}
	}
}
