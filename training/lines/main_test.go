package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"idproof/specimen"
)

// The set does not depend on how many workers draw it.
func TestRun(t *testing.T) {
	one, many := t.TempDir(), t.TempDir()
	for dir, workers := range map[string]int{one: 1, many: 3} {
		if err := run(7, 5, dir, workers, "", specimen.LineStyle{}); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(one, "*"))
	if err != nil || len(files) != 8 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		a, errA := os.ReadFile(f)
		b, errB := os.ReadFile(filepath.Join(many, filepath.Base(f)))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs", filepath.Base(f))
		}
	}
	if run(1, 1, "", 1, "", specimen.LineStyle{}) == nil {
		t.Error("ran without a folder")
	}
}
