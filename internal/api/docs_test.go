package api

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"idproof/internal/merchant"
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

// The guide names every operation, and every setting of a merchant.
func TestGuideNamesEverything(t *testing.T) {
	data, err := os.ReadFile("../../docs/api.md")
	require.NoError(t, err)
	guide := string(data)
	require.Contains(t, guide, prefixes[1])
	words := strings.Join(strings.Fields(guide), " ")
	for path, item := range Describe("").Paths {
		if strings.HasPrefix(path, prefixes[1]) {
			continue // said once, for all
		}
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PATCH": item.Patch, "DELETE": item.Delete} {
			if op != nil && !strings.Contains(words, method+" "+path) {
				t.Errorf("the guide lacks %s %s", method, path)
			}
		}
	}
	for field := range reflect.TypeFor[merchant.Settings]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "version" && !strings.Contains(guide, "| `"+name+"` |") {
			t.Errorf("the guide lacks the setting %s", name)
		}
	}
	text, err := os.ReadFile("../../docs/policy.md")
	require.NoError(t, err)
	for _, preset := range policy.Presets() {
		require.Contains(t, string(text), "`"+preset.Name+"`")
	}
}
