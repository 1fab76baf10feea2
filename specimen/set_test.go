package specimen

import (
	"context"
	"encoding/json"
	"errors"
	"image"
	_ "image/jpeg"
	"os"
	"path/filepath"
	"testing"
)

func TestWriteSet(t *testing.T) {
	for _, photo := range []bool{false, true} {
		dir := t.TempDir()
		o := SetOptions{Count: 3, Seed: 4, Photo: photo, Kinds: []Kind{Card, VisaB}}
		if photo {
			o.Count = 4 // the fourth is an empty ground
			if testing.Short() {
				continue
			}
		}
		if err := WriteSet(t.Context(), dir, o); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		var entries []Entry
		if err := json.Unmarshal(data, &entries); err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for _, e := range entries {
			seen[e.Class]++
			f, err := os.Open(filepath.Join(dir, e.File))
			if err != nil {
				t.Fatal(err)
			}
			c, _, err := image.DecodeConfig(f)
			_ = f.Close()
			if err != nil || [2]int{c.Width, c.Height} != e.Size {
				t.Errorf("%s: %v, %v, said to be %v", e.File, c, err, e.Size)
			}
			if e.Class == "negative" {
				continue
			}
			if e.MRZ != nil && len(e.MRZ.Quads) != len(e.MRZ.Lines) || e.Fields["nationality"] == "" && e.Fields["address"] == "" {
				t.Errorf("%s: truth is missing: %+v", e.File, e)
			}
			for _, p := range e.Printed {
				if x0, y0, x1, y1 := p.Region.Bounds(); x0 < 0 || y0 < 0 || x1 > float64(c.Width) || y1 > float64(c.Height) {
					t.Errorf("%s: %s outside the picture", e.File, p.Field)
				}
			}
		}
		if seen["mrz"] < o.Count-1 || photo && seen["negative"] != 1 {
			t.Errorf("classes %v", seen)
		}
	}
}

func TestWriteSetRefuses(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := WriteSet(cancelled, t.TempDir(), SetOptions{Count: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for name, o := range map[string]SetOptions{
		"no documents": {}, "a kind": {Count: 1, Kinds: []Kind{"stamp"}}, "an issuer": {Count: 1, Issuer: "FRA"},
	} {
		if WriteSet(t.Context(), t.TempDir(), o) == nil {
			t.Errorf("took %s", name)
		}
	}
}
