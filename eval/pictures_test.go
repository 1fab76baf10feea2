package eval_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"idproof/engine"
	"idproof/eval"
)

// TestDevelopmentPictures guards what the engine has reached on the collected
// pictures, where they are at hand. The figures are floors, below what is
// measured; docs/accuracy.md has the measurements.
func TestDevelopmentPictures(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a hundred pictures")
	}
	root := os.Getenv("IDPROOF_DATA")
	if root == "" {
		root = "../../shared/data"
	}
	m, err := eval.Load(filepath.Join(root, "manifest.json"))
	if err != nil {
		t.Skip("the development pictures are not here: ", err)
	}
	e, err := engine.Open(engine.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	out, err := eval.Run(t.Context(), e, m, eval.Options{
		Classes: []string{"mrz", "id", "dl", eval.Negative}, Jobs: 2, Now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	s := out.Summary
	if s.PrintedExact < 74 || s.Found < 96 {
		t.Errorf("%d of %d found, %d of %d validly printed exact", s.Found, s.Truth, s.PrintedExact, s.Printed)
	}
	if s.Repaired != 0 || s.FalseAlarms != 0 {
		t.Errorf("%d wrong digits repaired, %d false alarms", s.Repaired, s.FalseAlarms)
	}
	if s.Types.Right < 120 || s.Issuers.Right < 120 {
		t.Errorf("types %v, issuers %v", &s.Types, &s.Issuers)
	}
	if viz, beside := s.Print["all"], s.Beside["all"]; viz == nil || viz.Right < 118 || beside == nil || beside.Right < 290 {
		t.Errorf("printed fields %v, beside zones %v", viz, beside)
	}
	if s.Located.Right < 62 {
		t.Errorf("corners %v", &s.Located)
	}
	if s.Checked > 1 || s.CheckedSay != 0 {
		t.Errorf("%d valid readings differ in a checked field, %d of them without a warning", s.Checked, s.CheckedSay)
	}
}
