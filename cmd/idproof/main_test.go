package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/engine/model"
	"idproof/report"
)

// command runs a command line in process.
func command(t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, streams{in: strings.NewReader(""), out: &o, err: &e})
	return code, o.String(), e.String()
}

// needModels skips a test where set-up has not fetched the models.
func needModels(t *testing.T) {
	t.Helper()
	if _, err := model.Dir(); errors.Is(err, model.ErrNotFound) {
		t.Skip("the models are not there; run make setup")
	}
}

func TestCommandLine(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.json")
	tests := []struct {
		name string
		args []string
		code int
		out  string
		err  string
	}{
		{"help", []string{"--help"}, 0, "analyze", ""},
		{"help of a command", []string{"analyze", "--help"}, 0, "--jsonl", ""},
		{"version", []string{"--version"}, 0, "idproof ", ""},
		{"nothing", nil, 2, "", "expected one of"},
		{"unknown command", []string{"analyse"}, 2, "", "analyse"},
		{"unknown flag", []string{"analyze", "--xml", "a"}, 2, "", "--xml"},
		{"no file", []string{"analyze"}, 2, "", "<file>"},
		{"two forms", []string{"analyze", "--json", "--jsonl", "a"}, 2, "", "--json"},
		{"no jobs", []string{"analyze", "--jobs", "0", "a"}, 2, "", "--jobs"},
		{"eval without manifest", []string{"eval"}, 2, "", "--manifest"},
		{"manifest missing", []string{"eval", "--manifest", missing}, 1, "", "unusable manifest"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, out, err := command(t, tt.args...)
			assert.Equal(t, tt.code, code)
			assert.Contains(t, out, tt.out)
			assert.Contains(t, err, tt.err)
			if code == 0 {
				assert.Empty(t, err)
			} else {
				assert.Empty(t, out)
			}
		})
	}
}

func TestAnalyzeBadFiles(t *testing.T) {
	needModels(t)
	dir := t.TempDir()
	text, empty := filepath.Join(dir, "text.jpg"), filepath.Join(dir, "empty.png")
	require.NoError(t, os.WriteFile(text, []byte("no picture"), 0o600))
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	files := []string{filepath.Join(dir, "missing.jpg"), text, dir, empty}

	code, out, stderr := command(t, append([]string{"analyze", "--jsonl", "--jobs", "2"}, files...)...)
	assert.Equal(t, 1, code)
	assert.Empty(t, stderr)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, len(files))
	for i, l := range lines {
		var got struct {
			File      string         `json:"file"`
			ElapsedMS *float64       `json:"elapsed_ms"`
			Errors    []report.Error `json:"errors"`
		}
		require.NoError(t, json.Unmarshal([]byte(l), &got))
		assert.Equal(t, files[i], got.File, "input order")
		require.NotNil(t, got.ElapsedMS)
		require.Len(t, got.Errors, 1)
		assert.NotEmpty(t, got.Errors[0].Code)
		assert.NotContains(t, got.Errors[0].Description, dir, "the name is told once")
	}

	// Together they are one document; the errors name the file by its index.
	code, out, _ = command(t, append([]string{"analyze", "--json"}, files...)...)
	assert.Equal(t, 1, code)
	var res report.Result
	require.NoError(t, json.Unmarshal([]byte(out), &res))
	indexes := map[int]bool{}
	for _, e := range res.Errors {
		require.NotNil(t, e.Document)
		indexes[*e.Document] = true
	}
	assert.Len(t, indexes, len(files))

	code, out, _ = command(t, "analyze", files[0])
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "missing.jpg: cannot open the file")
}

func TestInterrupt(t *testing.T) {
	needModels(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := filepath.Join(t.TempDir(), "a.jpg")
	require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
	var out, stderr bytes.Buffer
	code := run(ctx, []string{"analyze", "--jsonl", file, file}, streams{in: strings.NewReader(""), out: &out, err: &stderr})
	assert.Equal(t, 130, code)
	assert.Empty(t, out.String())
}

func TestSummaryShowsWhatMatters(t *testing.T) {
	res := report.New()
	res.Document = &report.Document{
		Type: report.IdentityCard, IssuingCountry: "UTO", DocumentNumber: "D23145890",
		MRZ: &report.MRZ{
			Format: "TD1", Lines: []string{"I<UTOD231458908<<<<<<<<<<<<<<<"}, Certainty: report.Uncertain,
			CheckDigits: []report.CheckDigit{{Field: "document_number", Printed: "8", Computed: "7"}},
			Repaired:    []report.Repair{{Line: 1, Position: 3, Read: "O", Repaired: "0"}},
		},
	}
	s := report.NewDocumentSummary()
	s.FieldDetails = []report.Field{{
		Name: "Surname", Value: "ERIKSSON", Comparison: report.FailedCheck,
		Sources: []report.Source{{Source: report.FromMRZ, Confidence: 0.98}},
	}}
	s.Checks.DataValidation = []report.Check{
		{Name: "mrz_check_digits", Result: report.FailedCheck, Reason: "one is wrong"},
		{Name: "expiry", Result: report.Passed, Reason: "not shown"},
	}
	res.AnalysisSummary.Document = s
	res.Steps = []report.Step{{Seconds: 0.1}, {Seconds: 0.15}}
	var out bytes.Buffer
	require.NoError(t, writeSummary(&out, res, nil))
	for _, want := range []string{
		"identity card · UTO · D23145890", "ERIKSSON", "MRZ 98 %, failed", "NOT valid, uncertain",
		`printed "8", should be "7"`, `line 2, position 4: looks like "O", taken as "0"`,
		"1 passed, 1 failed", "mrz check digits: one is wrong", "250 ms in 2 steps",
	} {
		assert.Contains(t, out.String(), want)
	}
	assert.NotContains(t, out.String(), "not shown")
}
