package barcode

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"idproof/engine/raster"
)

// TestDevelopmentPictures guards what is read of the collected symbols, where
// they are at hand.
func TestDevelopmentPictures(t *testing.T) {
	root := os.Getenv("IDPROOF_DATA")
	if root == "" {
		root = "../../../shared/data"
	}
	data, err := os.ReadFile(filepath.Join(root, "manifest.json"))
	if err != nil {
		t.Skip("the development pictures are not here: ", err)
	}
	var all []struct {
		File, Class string
		Text        *string `json:"pdf417_text"`
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	right, of := 0, 0
	var took time.Duration
	for _, p := range all {
		if p.Text == nil {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(root, p.File))
		if err != nil {
			t.Fatal(err)
		}
		pages, err := raster.Decode(t.Context(), raw, raster.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		gray := pages[0].Gray()
		start := time.Now()
		found, err := Find(t.Context(), gray, Hints{})
		took += time.Since(start)
		if err != nil {
			t.Fatal(err)
		}
		of++
		ok := false
		for _, s := range found {
			digits, binary := strings.CutPrefix(*p.Text, "hex:")
			ok = ok || binary && hex.EncodeToString(s.Data) == digits || !binary && s.Text == *p.Text
		}
		if ok {
			right++
		} else {
			t.Logf("%s (%d by %d): %d symbols", p.File, gray.W, gray.H, len(found))
		}
	}
	t.Logf("%d of %d, %v each", right, of, took/time.Duration(max(of, 1)))
	if of > 0 && right*100 < of*90 {
		t.Errorf("%d of %d read", right, of)
	}
}
