package forgery

import (
	"cmp"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// TestCollectedCoefficients takes collected JPEG files, of which many are
// progressive and no encoder here makes such, back to pixels and compares them
// with the picture that libjpeg-turbo decodes.
func TestCollectedCoefficients(t *testing.T) {
	dir := cmp.Or(os.Getenv("IDPROOF_DATA"), "../../../shared/data")
	files, _ := filepath.Glob(filepath.Join(dir, "images/recapture/*.jp*g")) // only a bad pattern is an error
	if len(files) == 0 {
		t.Skip("the collected pictures are not here: set IDPROOF_DATA to their folder")
	}
	progressive, plain := 0, 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		c := parseContainer(data, "jpeg")
		if c.exif.orientation > 1 || len(data) > 400e3 || progressive >= 6 && c.progressive || plain >= 3 && !c.progressive {
			continue
		}
		if c.progressive {
			progressive++
		} else {
			plain++
		}
		co, err := readCoefficients(data)
		if err != nil {
			t.Fatalf("a file of %d bytes: %v", len(data), err)
		}
		e := evidenceOf(t, data)
		g := e.luma()
		var sum, n float64
		for i := range 400 {
			x, y := i*7919%g.W, i*104729%g.H
			v := g.Pix[y*g.W+x]
			if v < 10 || v > 245 {
				continue // colours out of range are cut off
			}
			sum += math.Abs(pixel(co, x, y) - float64(v))
			n++
		}
		if n > 0 && sum/n > 1.5 {
			t.Errorf("a file of %d bytes, progressive: %v: pixels differ by %.1f", len(data), c.progressive, sum/n)
		}
	}
	if progressive == 0 {
		t.Error("no progressive file was tried")
	}
}
