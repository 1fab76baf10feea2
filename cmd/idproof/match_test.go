package main

import (
	"encoding/csv"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// empty writes a picture without a face.
func empty(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	f, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, png.Encode(f, image.NewGray(image.Rect(0, 0, 320, 240))))
	require.NoError(t, f.Close())
	return path
}

func TestMatchCommandLine(t *testing.T) {
	for _, args := range [][]string{
		{"match"},
		{"match", "a"},
		{"match", "a", "b", "c"},
		{"match", "--pairs", "x.csv", "a", "b"},
		{"match", "--false-match-rate", "0", "a", "b"},
		{"liveness"},
	} {
		code, _, _ := command(t, args...)
		assert.Equal(t, 2, code, args)
	}
	dir := t.TempDir()
	table := filepath.Join(dir, "pairs.csv")
	require.NoError(t, os.WriteFile(table, []byte("a,b\n1,2\n"), 0o600))
	needModels(t)
	code, _, err := command(t, "match", "--pairs", table)
	assert.Equal(t, 1, code)
	assert.Contains(t, err, "file_a")
}

// Pictures without a face, and files that are none, are answered and not fatal;
// columns keep their order.
func TestMatchWithoutFaces(t *testing.T) {
	needModels(t)
	dir := t.TempDir()
	a := empty(t, dir, "a.png")
	code, out, _ := command(t, "match", a, filepath.Join(dir, "missing.jpg"), "--json")
	assert.Equal(t, 0, code)
	var got matchJSON
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	assert.Equal(t, "NotPossible", string(got.Result))
	assert.Equal(t, "no_face", got.Reason)
	assert.Zero(t, got.Score)
	assert.InDelta(t, 50, got.Threshold, 1e-9)
	require.Len(t, got.Pictures, 2)
	assert.Equal(t, "unreadable_picture", got.Pictures[1].Reason)

	table := filepath.Join(dir, "pairs.csv")
	require.NoError(t, os.WriteFile(table, []byte("note,file_b,same,file_a\n\"x, y\",a.png,1,missing.png\n,a.png,0,a.png\n"), 0o600))
	code, out, _ = command(t, "match", "--pairs", table, "--root", dir, "--jobs", "2")
	assert.Equal(t, 0, code)
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, [][]string{
		{"note", "file_b", "same", "file_a", "score", "result"},
		{"x, y", "a.png", "1", "missing.png", "", "NotPossible"},
		{"", "a.png", "0", "a.png", "", "NotPossible"},
	}, rows)
}

func TestLivenessLines(t *testing.T) {
	needModels(t)
	dir := t.TempDir()
	a, missing := empty(t, dir, "a.png"), filepath.Join(dir, "missing.png")
	code, out, _ := command(t, "liveness", "--jsonl", a, missing)
	assert.Equal(t, 1, code, "a file could not be used")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 2)
	for i, want := range []struct{ file, reason string }{{a, "no_face"}, {missing, "unreadable_picture"}} {
		var got livenessJSON
		require.NoError(t, json.Unmarshal([]byte(lines[i]), &got))
		assert.Equal(t, want.file, got.File)
		assert.Equal(t, "NotPossible", string(got.Result))
		assert.Equal(t, want.reason, got.Reason)
		assert.Zero(t, got.Score)
	}
}
