package screen_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"testing"

	xdraw "golang.org/x/image/draw"

	"idproof/engine/model"
	"idproof/engine/raster"
	"idproof/engine/screen"
	"idproof/specimen"
)

func open(t *testing.T) *screen.Net {
	t.Helper()
	rt, err := model.Open("", 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	n, err := screen.New(rt)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// monitor shows a picture as a viewer on a display does: black around it, a bar
// below, the pixels in three colours beside each other, inside a bezel.
func monitor(img image.Image) image.Image {
	const w, h, bezel, bar = 1440, 900, 40, 50
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.Gray{18}), image.Point{}, draw.Src)
	b := img.Bounds()
	fit := (h - 2*bezel - bar) * b.Dx() / b.Dy()
	at := image.Rect((w-fit)/2, bezel, (w+fit)/2, h-bezel-bar)
	xdraw.ApproxBiLinear.Scale(out, at, img, b, draw.Src, nil)
	draw.Draw(out, image.Rect(bezel, h-bezel-bar, w-bezel, h-bezel), image.NewUniform(color.Gray{60}), image.Point{}, draw.Src)
	for i := range 6 {
		x := w/2 - 250 + 90*i
		draw.Draw(out, image.Rect(x, h-bezel-bar+15, x+22, h-bezel-13), image.NewUniform(color.Gray{210}), image.Point{}, draw.Src)
	}
	for i := range w * h {
		for c := range 3 {
			if i%w%3 != c {
				out.Pix[4*i+c] = uint8(float64(out.Pix[4*i+c]) * 0.7)
			}
		}
	}
	return out
}

// The same passports, photographed on a table and on a monitor.
func TestScreenIsTold(t *testing.T) {
	n := open(t)
	var things, screens float64
	const pictures = 3
	for seed := range uint64(pictures) {
		r := rand.New(rand.NewPCG(seed, 1))
		page := specimen.Random(r, specimen.Passport).Draw().Front.Image
		for i, shown := range []image.Image{page, monitor(page)} {
			photo, _ := specimen.Photograph(shown, specimen.Camera{Rotation: 0.05, Perspective: 0.1, Blur: 0.6, Noise: 0.01, Fill: 0.95, JPEGQuality: 85}, r)
			seen, err := n.Look(t.Context(), raster.FromImage(photo))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("passport %d, screen %d: %.2f", seed, i, seen.Logit)
			if i == 0 {
				things += seen.Logit
			} else {
				screens += seen.Logit
			}
		}
	}
	if screens < things+pictures {
		t.Errorf("screens %.2f, things %.2f in the mean", screens/pictures, things/pictures)
	}
}

// A picture that stands is seen turned; its places are those of the picture.
func TestPlacesOfAPictureThatStands(t *testing.T) {
	n := open(t)
	page := raster.FromImage(monitor(specimen.Random(rand.New(rand.NewPCG(3, 1)), specimen.Passport).Draw().Front.Image))
	lying, err := n.Look(t.Context(), page)
	if err != nil {
		t.Fatal(err)
	}
	standing, err := n.Look(t.Context(), page.Rotate(-1))
	if err != nil {
		t.Fatal(err)
	}
	if lying.Cols != 16 || standing.Cols != 12 {
		t.Fatalf("grids are %d and %d wide", lying.Cols, standing.Cols)
	}
	for y := range 12 {
		for x := range 16 {
			a, b := lying.Places[y*16+x], standing.Places[(15-x)*12+y]
			if d := a - b; d > 0.3 || d < -0.3 {
				t.Fatalf("place %d, %d: %.3f and %.3f", x, y, a, b)
			}
		}
	}
}

func TestLookStops(t *testing.T) {
	n := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	done := false
	for range 50 { // a slot may be free at once
		if _, err := n.Look(ctx, raster.FromImage(image.NewRGBA(image.Rect(0, 0, 64, 48)))); errors.Is(err, context.Canceled) {
			done = true
			break
		}
	}
	if !done {
		t.Error("a cancelled look goes on")
	}
}

func BenchmarkLook(b *testing.B) {
	rt, err := model.Open("", 1)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = rt.Close() }()
	n, err := screen.New(rt)
	if err != nil {
		b.Fatal(err)
	}
	im := raster.FromImage(image.NewRGBA(image.Rect(0, 0, 1600, 1200)))
	for b.Loop() {
		if _, err := n.Look(b.Context(), im); err != nil {
			b.Fatal(err)
		}
	}
}
