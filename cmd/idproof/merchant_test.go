package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"idproof/internal/config"
	"idproof/internal/merchant"
	"idproof/internal/policy"
	"idproof/internal/seal"
	"idproof/internal/session"
	"idproof/report"
)

// The commands that manage merchants work on a data folder without a service.
func TestMerchantCommands(t *testing.T) {
	dir := t.TempDir()
	var typed string
	idproof := func(args ...string) (string, int) {
		var out bytes.Buffer
		code := run(context.Background(), append(args, "--data-dir", dir), streams{in: strings.NewReader(typed), out: &out, err: &out})
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
	want(0, "has a new key", "rotate-master-key")
	want(0, "A shop", "merchant", "list") // still opens
	want(0, `"quality_gate": "block"`, "merchant", "show", id)
	want(0, `"attempts": 3`, "merchant", "show", id, "--revision", "1")
	made := want(0, "idp_pub_test_", "merchant", "key-create", id, "--kind", "publishable", "--test", "--label", "page")
	want(0, "publishable  test", "merchant", "keys", id)
	want(0, "", "merchant", "key-end", id, strings.Fields(made)[1])
	want(1, "not found", "merchant", "key-end", id, "nothing")
	want(1, "not found", "merchant", "key-create", "nobody")
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Basic x y" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer gateway.Close()
	want(0, "the server's", "merchant", "sms", id)
	typed = "Basic x y\n"
	want(1, "no gateway of its own", "merchant", "sms", id, "--secret")
	want(0, "", "merchant", "set", id, `{"sms":{"url":"`+gateway.URL+`"}}`)
	want(0, "none", "merchant", "sms", id)
	want(1, "answers 401", "merchant", "sms-test", id, "+46701740605", "--webhook-allow", "127.0.0.0/8")
	if shown := want(0, "set at", "merchant", "sms", id, "--secret"); strings.Contains(shown, "Basic") {
		t.Errorf("the secret is shown: %q", shown)
	}
	want(0, "took it", "merchant", "sms-test", id, "+46701740605", "--webhook-allow", "127.0.0.0/8")
	want(1, "private_address", "merchant", "sms-test", id, "+46701740605")
	want(1, "must be like", "merchant", "sms-test", id, "070")
	want(0, "none", "merchant", "sms", id, "--forget")
	added := want(0, "/console/welcome/", "merchant", "user", "add", id, "Anna@shop.example", "--role", "admin", "--base-url", "https://id.example/")
	if !strings.Contains(added, "link: https://id.example/console/welcome/") {
		t.Errorf("the link: %q", added)
	}
	want(1, "there is an account", "merchant", "user", "add", id, "anna@shop.example")
	want(1, "not an address", "merchant", "user", "add", id, "anna")
	want(1, "not found", "merchant", "user", "add", "nobody", "b@shop.example")
	want(0, "admin  not set", "merchant", "user", "list", id)
	if again := want(0, "/console/welcome/", "merchant", "user", "reset", id, "anna@shop.example"); strings.Contains(added, strings.TrimPrefix(again, "link: http://127.0.0.1:8080")) {
		t.Error("the link is the old one")
	}
	want(1, "not found", "merchant", "user", "reset", "another", "anna@shop.example")
	want(0, "", "merchant", "user", "remove", id, "anna@shop.example")
	want(1, "not found", "merchant", "user", "remove", id, "anna@shop.example")
	trail := want(0, "key_ended", "merchant", "audit", id)
	for _, action := range []string{"merchant_created", "settings_changed", "keys_replaced", "webhook_secrets_changed", "key_created", "sms_secret_changed", "user_added", "user_reset", "user_removed"} {
		if !strings.Contains(trail, action) {
			t.Errorf("the audit trail lacks %s: %s", action, trail)
		}
	}
	if !strings.Contains(trail, "cli:") || strings.Contains(trail, "whsec_") || strings.Contains(trail, "idp_") || strings.Contains(trail, "shop.example") {
		t.Errorf("the audit trail: %s", trail)
	}
}

// An old decision is explained by the settings that its session keeps, not by
// those of now.
func TestPolicyExplain(t *testing.T) {
	dir := t.TempDir()
	ctx := t.Context()
	now := time.Now().UTC().Truncate(time.Microsecond)
	master, err := seal.Load(seal.Config{}, dir)
	require.NoError(t, err)
	st, err := makeStore(ctx, config.Data{Dir: dir})
	require.NoError(t, err)
	m := merchant.Merchant{ID: "m", Name: "Shop", CreatedAt: now, WebhookSecrets: []string{merchant.NewWebhookSecret()}}
	require.NoError(t, st.InsertMerchant(ctx, m, merchant.HashKey(merchant.NewKey())))
	m, err = st.Merchant(ctx, "m")
	require.NoError(t, err)
	id := uuid.NewString()
	key, wrapped, err := master.NewKey(id)
	require.NoError(t, err)
	s := session.New(id, m, session.Request{AnalysisTypes: []string{"document"}}, now)
	s.Key = key
	require.NoError(t, st.Insert(ctx, s, wrapped, session.Token{Hash: "h", SessionID: id, Kind: session.Link, ExpiresAt: s.ExpiresAt}, nil))
	change := func(fn func(session.Session) (session.Session, error)) {
		t.Helper()
		_, err := st.Update(ctx, id, fn)
		require.NoError(t, err)
	}
	change(func(s session.Session) (session.Session, error) {
		return s.Add(session.Document{ID: uuid.NewString(), Type: session.Front, CreatedAt: now}, session.Client, now)
	})
	change(func(s session.Session) (session.Session, error) {
		return s.Submit("a", s.AnalysisTypes, session.Client, now)
	})
	r := report.New()
	r.Identity = &report.Identity{LastName: "ERIKSSON", DateOfBirth: "1974-08-12"}
	r.Document = &report.Document{
		Type: report.Passport, DocumentNumber: "L898902C3", DateOfExpiry: "2012-04-15",
		MRZ: &report.MRZ{Valid: true, Certainty: report.Printed},
	}
	r.AnalysisSummary.Document = report.NewDocumentSummary()
	r.AnalysisSummary.Document.Checks.ImageQuality = []report.Check{{Name: "blurred", Result: report.Warning, Score: new(0.4)}}
	d := policy.Decide(policy.Input{Criteria: m.Settings.Criteria(), Report: r, Types: []string{"document"}, Now: now})
	change(func(s session.Session) (session.Session, error) { return s.Finish("a", r, d, now) })
	require.NoError(t, st.UpdateMerchant(ctx, "m", func(m merchant.Merchant) (merchant.Merchant, error) {
		m.Settings.Policy.Preset = policy.Lenient
		return m, nil
	}))
	require.NoError(t, st.Close())

	code, out, stderr := command(t, "policy", "explain", id, "--data-dir", dir)
	require.Zero(t, code, stderr)
	require.Empty(t, stderr)
	require.Contains(t, out, "Declined by the policy standard-4. At least one reason declines.")
	require.Regexp(t, `(?m)^yes +decline +DOCUMENT_EXPIRED`, out)
	require.Regexp(t, `(?m)^yes +ignore +CHECK_WARNING +blurred warning, score 0.40`, out)
	require.NotContains(t, out, "UNDER_AGE")
	require.NotContains(t, out, "ERIKSSON")
	_, out, _ = command(t, "policy", "explain", id, "--all", "--data-dir", dir)
	require.Regexp(t, `(?m)^no +decline +UNDER_AGE`, out)
	_, out, _ = command(t, "policy", "explain", id, "--json", "--data-dir", dir)
	require.Contains(t, out, `"code": "DOCUMENT_EXPIRED"`)
	code, _, _ = command(t, "policy", "explain", uuid.NewString(), "--data-dir", dir)
	require.Equal(t, 1, code)
	_, out, _ = command(t, "policy", "list")
	require.Regexp(t, `(?m)^DOCUMENT_EXPIRED +review +decline +decline`, out)
}
