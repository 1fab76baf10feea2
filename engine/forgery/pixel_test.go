package forgery

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"testing"

	"idproof/engine/raster"
)

// clone copies a grey picture.
func clone(im image.Image) *image.Gray {
	out := image.NewGray(im.Bounds())
	draw.Draw(out, out.Bounds(), im, im.Bounds().Min, draw.Src)
	return out
}

// even is a bright plane with noise.
func even(w, h int, noise float64, seed uint64) *image.Gray {
	r := rand.New(rand.NewPCG(seed, 2))
	g := image.NewGray(image.Rect(0, 0, w, h))
	for i := range g.Pix {
		g.Pix[i] = uint8(max(0, min(255, 150+20*math.Sin(float64(i%w)/90)+noise*r.NormFloat64())))
	}
	return g
}

// edges is a picture of soft-edged discs with noise.
func edges(w, h int, seed uint64) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(seed, 3))
	for y := range h {
		for x := range w {
			d := math.Mod(math.Hypot(float64(x%64-32), float64(y%64-32)), 16) - 8
			g.Pix[y*w+x] = uint8(max(0, min(255, 128+70*math.Tanh(d)+3*r.NormFloat64())))
		}
	}
	return g
}

func TestPixelDetectors(t *testing.T) {
	grained := even(640, 480, 4, 1)
	smoothed := clone(grained)
	draw.Draw(smoothed, image.Rect(200, 150, 400, 300), even(640, 480, 0.4, 2), image.Pt(200, 150), draw.Src)

	lines := edges(640, 480, 1)
	soft := clone(lines)
	piece := (&raster.Gray{W: 640, H: 480, Pix: lines.Pix}).Crop(160, 128, 384, 320)
	blurred := piece.Resize(75, 64).Resize(224, 192)
	draw.Draw(soft, image.Rect(160, 128, 384, 320), blurred.Std(), image.Point{}, draw.Src)

	rough := texture(640, 480, 4)
	cloned := clone(rough)
	draw.Draw(cloned, image.Rect(401, 300, 551, 420), rough, image.Pt(60, 50), draw.Src)

	compressed := saved(t, rough, 60)
	cut := clone(compressed).SubImage(image.Rect(3, 5, 640, 480))
	shifted := image.NewGray(image.Rect(0, 0, 637, 475))
	draw.Draw(shifted, shifted.Bounds(), cut, image.Pt(3, 5), draw.Src)

	foreign := clone(saved(t, even(640, 480, 6, 9), 40))
	draw.Draw(foreign, image.Rect(133, 129, 450, 420), saved(t, even(640, 480, 6, 10), 40), image.Pt(0, 0), draw.Src)

	screen := clone(grained)
	for y := range 480 {
		for x := range 640 {
			v := int(screen.Pix[y*640+x]) + int(8*math.Sin(float64(x)*2.1+float64(y)*0.7))
			screen.Pix[y*640+x] = uint8(max(0, min(255, v)))
		}
	}
	big := even(1280, 1024, 3, 3)
	dots := clone(big)
	for y := range 1024 {
		for x := range 1280 {
			const f = 0.12 * 2 * math.Pi
			u, v := float64(x)*0.9659+float64(y)*0.2588, float64(y)*0.9659-float64(x)*0.2588
			dots.Pix[y*1280+x] = uint8(max(0, min(255, float64(dots.Pix[y*1280+x])+10*math.Sin(f*u)*1+10*math.Sin(f*v))))
		}
	}
	enlarged := raster.FromImage(texture(480, 400, 6)).Gray().Resize(816, 680).Std()

	flat := image.NewGray(image.Rect(0, 0, 640, 480))
	for i := range flat.Pix {
		flat.Pix[i] = uint8(60 + i%640/40*8)
	}

	for _, c := range []struct {
		detector        string
		genuine, forged []byte
		least           float64 // of the forged picture; the genuine one has less
	}{
		{"noise_inconsistency", pngOf(t, grained), pngOf(t, smoothed), 30},
		{"sharpness_inconsistency", pngOf(t, lines), pngOf(t, soft), 30},
		{"copy_move", jpegOf(t, rough, 90), jpegOf(t, cloned, 90), 20},
		{"shifted_grid", jpegOf(t, rough, 92), jpegOf(t, shifted, 92), 0.1},
		{"foreign_grid", pngOf(t, saved(t, even(640, 480, 6, 9), 40)), pngOf(t, foreign), 50},
		{"screen_recapture", pngOf(t, grained), pngOf(t, screen), 7},
		{"halftone", pngOf(t, big), pngOf(t, dots), 2},
		{"resampled", pngOf(t, texture(816, 680, 6)), pngOf(t, enlarged), 6},
		{"flat_render", pngOf(t, even(640, 480, 1.5, 1)), pngOf(t, flat), 0.8},
	} {
		t.Run(c.detector, func(t *testing.T) {
			g, err := run(t, c.detector, evidenceOf(t, c.genuine))
			if err != nil {
				t.Fatal(err)
			}
			f, err := run(t, c.detector, evidenceOf(t, c.forged))
			if err != nil {
				t.Fatal(err)
			}
			if g.Value >= c.least || f.Value < c.least {
				t.Errorf("genuine %v, forged %v: %v", g.Value, f.Value, f.Metadata)
			}
			if f.Picture != nil && len(f.Picture()) == 0 {
				t.Error("no picture")
			}
		})
	}
}

func TestGreyscale(t *testing.T) {
	grey, tinted, coloured := image.NewRGBA(image.Rect(0, 0, 200, 150)), image.NewRGBA(image.Rect(0, 0, 200, 150)), image.NewRGBA(image.Rect(0, 0, 200, 150))
	g := texture(200, 150, 1)
	for y := range 150 {
		for x := range 200 {
			v := g.GrayAt(x, y).Y
			grey.Set(x, y, color.Gray{Y: v})
			tinted.Set(x, y, color.RGBA{v, uint8(float64(v) * 0.95), uint8(float64(v) * 0.8), 255})
			coloured.Set(x, y, color.RGBA{v, uint8(x), uint8(255 - x), 255})
		}
	}
	for _, c := range []struct {
		name string
		im   image.Image
		grey bool
	}{{"grey", grey, true}, {"grey on yellowed paper", tinted, true}, {"coloured", coloured, false}} {
		t.Run(c.name, func(t *testing.T) {
			f, err := run(t, "greyscale", evidenceOf(t, pngOf(t, c.im)))
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Value > 0.5; got != c.grey {
				t.Errorf("value %v", f.Value)
			}
		})
	}
}
