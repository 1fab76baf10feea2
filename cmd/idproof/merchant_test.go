package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// The commands that manage merchants work on a data folder without a service.
func TestMerchantCommands(t *testing.T) {
	dir := t.TempDir()
	idproof := func(args ...string) (string, int) {
		var out bytes.Buffer
		code := run(context.Background(), append(args, "--data-dir", dir), streams{in: strings.NewReader(""), out: &out, err: &out})
		return out.String(), code
	}
	want := func(code int, contains string, args ...string) string {
		t.Helper()
		out, got := idproof(args...)
		if got != code || !strings.Contains(out, contains) {
			t.Fatalf("idproof %v: status %d, %q; want %d and %q", args, got, out, code, contains)
		}
		return out
	}
	want(1, "there is no database", "merchant", "list")
	want(0, "is up to date", "migrate")
	created := want(0, "idp_", "merchant", "create", "A shop")
	id := strings.Fields(created)[1]
	want(0, "A shop", "merchant", "list")
	want(0, "", "merchant", "set", id, `{"attempts":5}`)
	want(0, `"attempts":5`, "merchant", "list")
	want(1, "attempts: from 1 to 20", "merchant", "set", id, `{"attempts":50}`)
	want(1, "unknown field", "merchant", "set", id, `{"atempts":5}`)
	if key := want(0, "idp_", "merchant", "key", id); strings.Contains(created, strings.TrimSpace(key)) {
		t.Error("the key is the old one")
	}
	one := want(0, "whsec_", "merchant", "secret", id)
	two := want(0, one, "merchant", "secret", id, "--rotate")
	if strings.Count(two, "whsec_") != 2 || !strings.HasSuffix(two, one) {
		t.Errorf("after --rotate: %q", two)
	}
	if left := want(0, "whsec_", "merchant", "secret", id, "--retire"); left+one != two {
		t.Errorf("after --retire: %q", left)
	}
	want(1, "not found", "merchant", "key", "nobody")
}
