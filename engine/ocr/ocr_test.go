package ocr

import (
	"image"
	"image/color"
	"math"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"idproof/engine/model"
	"idproof/engine/raster"
)

// blob draws a bar of text probability with the given geometry.
func blob(w, h int, l Line) []float32 {
	p := make([]float32, w*h)
	for y := range h {
		for x := range w {
			dx, dy := float64(x)+0.5-l.Center.X, float64(y)+0.5-l.Center.Y
			s, c := math.Sincos(l.Angle)
			u, v := dx*c+dy*s, -dx*s+dy*c
			v -= l.Curve * u * u
			if math.Abs(u) < l.Length/2 && math.Abs(v) < l.Height/2 {
				p[y*w+x] = 0.9
			}
		}
	}
	return p
}

func TestComponentsMeasureLines(t *testing.T) {
	for _, want := range []Line{
		{Center: raster.Point{X: 200, Y: 100}, Length: 240, Height: 8},
		{Center: raster.Point{X: 200, Y: 150}, Angle: 0.3, Length: 240, Height: 8},
		{Center: raster.Point{X: 200, Y: 150}, Angle: -1.2, Length: 200, Height: 8},
		{Center: raster.Point{X: 200, Y: 100}, Length: 300, Height: 8, Curve: 0.0006},
	} {
		got := components(blob(400, 300, want), 400, 300, 1, 1)
		if len(got) != 1 {
			t.Fatalf("%d lines", len(got))
		}
		l := got[0]
		if d := math.Hypot(l.Center.X-want.Center.X, l.Center.Y-want.Center.Y); d > 1.5 {
			t.Errorf("centre %.1f pixels off", d)
		}
		if math.Abs(math.Sin(l.Angle-want.Angle)) > 0.01 {
			t.Errorf("angle %.3f, want %.3f", l.Angle, want.Angle)
		}
		if math.Abs(l.Curve-want.Curve) > 0.0001 {
			t.Errorf("curve %.5f, want %.5f", l.Curve, want.Curve)
		}
		if l.Length < want.Length || l.Length > want.Length+3*want.Height || l.Height < 2*want.Height || l.Height > 3*want.Height {
			t.Errorf("grown to %.0f by %.1f from %.0f by %.0f", l.Length, l.Height, want.Length, want.Height)
		}
	}
}

func TestTilt(t *testing.T) {
	deg := math.Pi / 180
	lines := []Line{{Angle: 7 * deg, Length: 300, Height: 10}, {Angle: 97 * deg, Length: 50, Height: 10}, {Angle: 6 * deg, Length: 200, Height: 10}, {Angle: 60 * deg, Length: 12, Height: 10}}
	if got := Tilt(lines) / deg; got < 6 || got > 7.5 {
		t.Errorf("tilt %.1f°", got)
	}
	lines[1].Length = 600
	if got := Tilt(lines) / deg; got < 96 || got > 97.5 {
		t.Errorf("tilt of upright text %.1f°", got)
	}
	if Tilt(nil) != 0 {
		t.Error("no lines have a tilt")
	}
}

// page prints a text, turned by angle about the middle of a white page.
func page(t *testing.T, text string, size, angle float64) *raster.Image {
	t.Helper()
	f, err := opentype.Parse(gomono.TTF)
	if err != nil {
		t.Fatal(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		t.Fatal(err)
	}
	im := image.NewRGBA(image.Rect(0, 0, 900, 600))
	for i := range im.Pix {
		im.Pix[i] = 255
	}
	d := font.Drawer{Dst: im, Src: image.NewUniform(color.Black), Face: face}
	d.Dot = fixed.P(450-d.MeasureString(text).Round()/2, 300+int(size/3))
	d.DrawString(text)
	out := raster.FromImage(im)
	if angle == 0 {
		return out
	}
	s, c := math.Sincos(angle)
	return out.Warp(raster.Homography{c, s, 450 - 450*c - 300*s, -s, c, 300 + 450*s - 300*c, 0, 0, 1}, 900, 600)
}

func TestDetectAndRead(t *testing.T) {
	rt, err := model.Open("", 2)
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	det, err := NewDetector(rt)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := NewRecognizer(rt, "ppocr3_latin")
	if err != nil {
		t.Fatal(err)
	}
	const text = "UTOPIA2026PASSPORT"
	for _, deg := range []float64{0, 12, -25, 90} {
		im := page(t, text, 40, deg*math.Pi/180)
		for name, look := range map[string]func() ([]Line, error){
			"at once":       func() ([]Line, error) { return det.Detect(t.Context(), im) },
			"a second look": func() ([]Line, error) { return det.DetectAt(t.Context(), im, 800, deg*math.Pi/180) },
		} {
			lines, err := look()
			if err != nil {
				t.Fatal(err)
			}
			if len(lines) == 0 {
				t.Errorf("%v°, %s: nothing found", deg, name)
				continue
			}
			l := lines[0]
			w := int(48 * 0.8 * (l.Length/l.Height + 0.6))
			lat, err := rec.Read(t.Context(), Straighten(im.Gray(), l, 0.3, w, rec.Height))
			if err != nil {
				t.Fatal(err)
			}
			if got, sure := lat.Greedy(); got != text || sure < 0.8 {
				t.Errorf("%v°, %s: read %q (%.2f)", deg, name, got, sure)
			}
		}
	}
}

func TestOnlyKeepsTheSymbolsAskedFor(t *testing.T) {
	l := &Lattice{Steps: 1, Symbols: []string{"", "a", "B", "<"}, P: []float32{0.1, 0.2, 0.3, 0.4}}
	got := l.Only("<BZ")
	want := []float32{0.1, 0.4, 0.3, 0}
	for i, v := range got.Row(0) {
		if v != want[i] {
			t.Fatalf("row %v, want %v", got.Row(0), want)
		}
	}
}

func TestReadRefusesOtherHeights(t *testing.T) {
	if _, err := (&Recognizer{Height: 48}).Read(t.Context(), raster.NewGray(100, 32)); err == nil {
		t.Error("a strip of 32 pixels was accepted")
	}
}

func TestThroughKeepsTheLineInItsPlace(t *testing.T) {
	h := raster.QuadToRect(raster.Quad{{X: 20, Y: 30}, {X: 420, Y: 10}, {X: 400, Y: 320}, {X: 40, Y: 300}}, 600, 400)
	for _, l := range []Line{
		{Center: raster.Point{X: 300, Y: 200}, Length: 240, Height: 20},
		{Center: raster.Point{X: 300, Y: 150}, Angle: 0.4, Length: 240, Height: 20, Curve: 0.0008},
		{Center: raster.Point{X: 200, Y: 150}, Angle: math.Pi, Length: 200, Height: 12, Curve: -0.0005},
	} {
		got := l.Through(h)
		for _, x := range []float64{-0.5, -0.25, 0, 0.25, 0.5} {
			want := h.Apply(l.At(x*l.Length, 0))
			at := got.At(x*got.Length, 0)
			if d := math.Hypot(at.X-want.X, at.Y-want.Y); d > 3 {
				t.Errorf("angle %.1f: %.1f pixels off at %.2f", l.Angle, d, x)
			}
		}
	}
}
