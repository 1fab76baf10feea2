package eval

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMeasureDetector(t *testing.T) {
	genuine := make([]float64, 20)
	for i := range genuine {
		genuine[i] = float64(i) // 0 to 19
	}
	for _, c := range []struct {
		name      string
		forged    []float64
		auc       float64
		at5, at10 float64
	}{
		{"all above", []float64{30, 40}, 1, 1, 1},
		{"all below", []float64{-1, -2}, 0, 0, 0},
		{"one within the twentieth that may alarm", []float64{18.5, 5.5}, (19.0/20 + 6.0/20) / 2, 0.5, 0.5},
		{"at the limit counts for nothing", []float64{18, 17.5}, (18.5/20 + 18.0/20) / 2, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := measureDetector("x", "y", genuine, c.forged)
			if diff := f.AUC - c.auc; diff > 1e-9 || diff < -1e-9 || f.At5 != c.at5 || f.At10 != c.at10 {
				t.Errorf("%+v", f)
			}
		})
	}
}

// TestRunForgery measures two drawn pictures, one with an editor's mark, and the
// kit made of them.
func TestRunForgery(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"a.jpg", "b.jpg", "forged.jpg"} {
		im := image.NewGray(image.Rect(0, 0, 480, 420))
		for p := range im.Pix {
			im.Pix[p] = uint8((p%480)*(i+1)/3 ^ p/480)
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, im, nil); err != nil {
			t.Fatal(err)
		}
		data := b.Bytes()
		if name == "forged.jpg" {
			data = append([]byte("\xff\xd8\xff\xec\x00\x09Ducky\x00\x01"), data[2:]...)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "manifest.json")
	err := os.WriteFile(path, []byte(`[
		{"file":"a.jpg","class":"id"}, {"file":"b.jpg","class":"id"},
		{"file":"forged.jpg","class":"forgery","label":"forged (pasted)"},
		{"file":"gone.jpg","class":"id"},
		{"file":"a.jpg","class":"forgery","label":"mask of the forged region"},
		{"file":"b.jpg","class":"forgery_id","label":"forged","tags":["boxes drawn over the altered regions"]}
	]`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	out, err := RunForgery(t.Context(), nil, m, ForgeryOptions{Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Kit: true})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, r := range out.Rows {
		kinds[r.Kind]++
	}
	want := map[string]int{Genuine: 2, "photograph edited": 1, Resaved: 1, PieceIn: 1, PieceMove: 1, Smoothed: 1, Cut: 1}
	if len(kinds) != len(want) {
		t.Errorf("kinds %v", kinds)
	}
	for k, n := range want {
		if kinds[k] != n {
			t.Errorf("%s: %d of %d", k, kinds[k], n)
		}
	}
	for _, f := range out.Detectors {
		if f.ID == "editing_software" && f.Kind == "photograph edited" && (f.AUC != 1 || f.At5 != 1) {
			t.Errorf("the mark was not found: %+v", f)
		}
	}
	var b strings.Builder
	if err := out.WriteText(&b); err != nil || !strings.Contains(b.String(), "photograph edited (forgery)") {
		t.Errorf("%v\n%s", err, b.String())
	}
}
