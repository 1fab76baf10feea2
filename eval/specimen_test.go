package eval_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/engine"
	"idproof/engine/model"
	"idproof/eval"
	"idproof/specimen"
)

// TestSpecimens runs the whole engine over drawn passports, whose flat scans
// leave no excuse.
func TestSpecimens(t *testing.T) {
	if testing.Short() {
		t.Skip("draws and reads whole documents")
	}
	e, err := engine.Open(engine.Config{})
	if errors.Is(err, model.ErrNotFound) {
		t.Skip("the models are not there; run make setup")
	}
	require.NoError(t, err)
	defer func() { assert.NoError(t, e.Close()) }()

	dir := t.TempDir()
	require.NoError(t, specimen.WriteSet(t.Context(), dir, specimen.SetOptions{Count: 2, Seed: 3, Kinds: []specimen.Kind{"passport"}}))
	m, err := eval.Load(filepath.Join(dir, "manifest.json"))
	require.NoError(t, err)
	out, err := eval.Run(t.Context(), e, m, eval.Options{})
	require.NoError(t, err)
	var text bytes.Buffer
	require.NoError(t, out.WriteText(&text))
	s := out.Summary
	assert.Equal(t, 2, s.Truth)
	assert.Equal(t, 2, s.Exact, text.String())
	assert.Zero(t, s.Wrong, text.String())
	assert.Zero(t, s.Repaired, text.String())
	assert.NotEmpty(t, s.Steps)
	assert.NotEmpty(t, out.Models)

	var page bytes.Buffer
	require.NoError(t, out.WriteHTML(t.Context(), &page))
	assert.Equal(t, 4, bytes.Count(page.Bytes(), []byte(`<polygon class="zone"`)), "each line is placed")
}
