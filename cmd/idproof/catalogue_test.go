package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCatalogue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		code int
		out  string
	}{
		{"all", nil, 0, "FRA/identity_card/1988"},
		{"one issuer", []string{"--issuer", "DEU"}, 0, "DEU/passport/2017"},
		{"nobody", []string{"--issuer", "QQQ"}, 1, ""},
		{"two forms", []string{"--json", "--markdown"}, 2, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, out, _ := command(t, append([]string{"catalogue"}, c.args...)...)
			assert.Equal(t, c.code, code)
			assert.Contains(t, out, c.out)
		})
	}

	_, out, _ := command(t, "catalogue", "--json", "--issuer", "FRA")
	var rows []map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &rows))
	assert.Equal(t, "FRA", rows[0]["issuer"])
}

func TestCoveragePage(t *testing.T) {
	t.Parallel()
	have, err := os.ReadFile("../../docs/coverage.md")
	require.NoError(t, err)
	code, want, stderr := command(t, "catalogue", "--markdown")
	require.Zero(t, code, stderr)
	if want != string(have) {
		t.Error("docs/coverage.md is out of date: idproof catalogue --markdown > docs/coverage.md")
	}
}

func TestCatalogueResults(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "run.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"rows": [
		{"class": "mrz", "country": "POL", "document_type": "passport", "exact": true, "type_right": true, "issuer_right": true, "beside_zone": [{"exact": true}, {"exact": false}]},
		{"class": "mrz", "country": "POL", "document_type": "passport", "type_right": false, "issuer_right": true},
		{"class": "dl", "country": "USA-FL", "document_type": "driver license front", "type_right": true, "printed": [{"exact": true}]},
		{"class": "id", "country": "KOR", "document_type": "resident registration card (generator output)"},
		{"class": "forgery_id", "country": "POL", "document_type": "passport"},
		{"class": "mrz", "country": "NLD", "document_type": "TD1 card (identity)", "mrz": {"lines": ["ITNLD", "", ""]}},
		{"class": "mrz", "country": "UTO (ICAO example)", "document_type": "passport", "exact": true},
		{"class": "negative", "country": "", "document_type": "no document"}]}`), 0o600))
	code, out, stderr := command(t, "catalogue", "--results", file)
	require.Zero(t, code, stderr)
	assert.JSONEq(t, `{"POL/passport": {"pictures": 2, "class": 1, "zone": 1, "values": 2, "right": 1}, "USA/driving_license/US-FL": {"pictures": 1, "class": 1, "values": 1, "right": 1}}`, out)

	require.NoError(t, os.WriteFile(file, []byte(`rows`), 0o600))
	code, _, stderr = command(t, "catalogue", "--results", file)
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "not the JSON of an eval run")
}
