package forgery

import (
	"bytes"
	"image"
	"image/draw"
	"image/jpeg"
	"testing"
)

// saved takes a picture through JPEG.
func saved(t testing.TB, im image.Image, quality int) image.Image {
	t.Helper()
	out, err := jpeg.Decode(bytes.NewReader(jpegOf(t, im, quality)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestHistory(t *testing.T) {
	im := texture(512, 400, 5)
	for _, c := range []struct {
		name   string
		first  int // 0: none
		second int
		twice  bool
	}{
		{"once at 75", 0, 75, false},
		{"once at 90", 0, 90, false},
		{"once at 95", 0, 95, false},
		{"75 then 90", 75, 90, true},
		{"60 then 85", 60, 85, true},
		{"85 then 75", 85, 75, true},
		{"80 then 95", 80, 95, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var src image.Image = im
			if c.first > 0 {
				src = saved(t, im, c.first)
			}
			co, err := readCoefficients(jpegOf(t, src, c.second))
			if err != nil {
				t.Fatal(err)
			}
			h := findHistory(co)
			if got := h.gain > clearly; got != c.twice {
				t.Errorf("gain %.4f, steps %v", h.gain, h.steps[:10])
			}
		})
	}
}

func TestPartSavedOnce(t *testing.T) {
	base := saved(t, texture(640, 480, 7), 70)
	edited := image.NewGray(base.Bounds())
	draw.Draw(edited, edited.Bounds(), base, image.Point{}, draw.Src)
	draw.Draw(edited, image.Rect(200, 120, 400, 280), texture(640, 480, 99), image.Pt(200, 120), draw.Src)
	for _, c := range []struct {
		name   string
		im     image.Image
		forged bool
	}{{"untouched", base, false}, {"with a part put in", edited, true}} {
		t.Run(c.name, func(t *testing.T) {
			e := evidenceOf(t, jpegOf(t, c.im, 90))
			f, err := partSavedOnce(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Value > 20; got != c.forged {
				t.Fatalf("value %v, %v", f.Value, f.Metadata)
			}
			if c.forged {
				x0, y0, x1, y1 := bounds(f.Regions[0])
				if x0 < 150 || x0 > 250 || y0 < 80 || y0 > 160 || x1 < 350 || x1 > 450 || y1 < 240 || y1 > 320 {
					t.Errorf("region %v", f.Regions[0])
				}
				if len(f.Picture()) == 0 {
					t.Error("no picture")
				}
			}
		})
	}
}
