package barcode

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"idproof/engine/barcode/barcodetest"
	"idproof/engine/raster"
	"idproof/specimen"
)

// payload has the control characters of a licence's barcode.
const payload = "@\n\x1e\rANSI 636000100002DL00410278ZV03190008DLDAQT64235789\nDCSSAMPLE\nDACMICHAEL\nDBB06061986\nDBA12102024\r"

// scene lays a symbol on a grey page, turned by the angle.
func scene(t testing.TB, symbology, data string, px int, angle float64, w, h int) *raster.Gray {
	t.Helper()
	s, err := barcodetest.Draw(symbology, []byte(data), px)
	if err != nil {
		t.Fatal(err)
	}
	card := raster.NewGray(w, h)
	for i := range card.Pix {
		card.Pix[i] = 225
	}
	for y := range s.H {
		for x := range s.W {
			card.Pix[(y+(h-s.H)/2)*w+x+(w-s.W)/2] = 40 + uint8(float64(s.Pix[y*s.W+x])*0.72)
		}
	}
	sn, cs := math.Sincos(-angle)
	cx, cy := float64(w)/2, float64(h)/2
	return card.Warp(raster.Homography{cs, -sn, cx - cs*cx + sn*cy, sn, cs, cy - sn*cx - cs*cy, 0, 0, 1}, w, h)
}

func TestFindReadsEverySymbology(t *testing.T) {
	for symbology, data := range map[string]string{
		"PDF417": payload, "QR": "https://example.org/verify?id=1", "DataMatrix": "L898902C3", "Aztec": "M1ERIKSSON", "Code128": "L898902C36", "Code39": "AB123456",
	} {
		t.Run(symbology, func(t *testing.T) {
			got, err := Find(t.Context(), scene(t, symbology, data, 4, 0, 900, 700), Hints{})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || got[0].Symbology != symbology || string(got[0].Data) != data {
				t.Fatalf("%+v", got)
			}
			for _, p := range got[0].Quad {
				if p.X < 0 || p.Y < 0 || p.X > 1200 || p.Y > 800 {
					t.Errorf("corner %v", p)
				}
			}
		})
	}
}

func TestFindReadsTurnedAndSmallSymbols(t *testing.T) {
	for _, c := range []struct {
		name  string
		px    int
		angle float64
		blur  int
		size  float64 // of the picture that is kept
	}{
		{"tilted by 7°", 3, 0.12, 0, 1},
		{"tilted by 40°", 3, 0.7, 0, 1},
		{"upright", 3, math.Pi / 2, 0, 1},
		{"upside down", 3, math.Pi + 0.05, 0, 1},
		{"two pixels a module", 4, 0.2, 0, 0.5},
		{"blurred", 4, -0.3, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := scene(t, "PDF417", payload, c.px, c.angle, 1800, 1500)
			if c.blur > 0 {
				g = g.BoxBlur(c.blur, c.blur)
			}
			if c.size < 1 {
				g = g.Resize(int(float64(g.W)*c.size), int(float64(g.H)*c.size))
			}
			got, err := Find(t.Context(), g, Hints{})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || string(got[0].Data) != payload {
				t.Fatalf("%d symbols", len(got))
			}
		})
	}
}

func TestFindSeesNothingInNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range [][2]int{{1, 1}, {7, 900}, {16, 16}, {640, 480}, {3, 5000}} {
		g := raster.NewGray(size[0], size[1])
		for i := range g.Pix {
			g.Pix[i] = uint8(r.IntN(256))
		}
		got, err := Find(t.Context(), g, Hints{})
		if err != nil || len(got) > 0 {
			t.Errorf("%v: %v, %v", size, got, err)
		}
	}
}

func TestFindStopsWhenAsked(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Find(ctx, scene(t, "PDF417", payload, 2, 0, 900, 600), Hints{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func FuzzFind(f *testing.F) {
	f.Add(uint16(200), uint16(90), uint64(1), []byte{0, 255, 0, 0, 255}, int16(20), int16(30))
	f.Fuzz(func(t *testing.T, w, h uint16, seed uint64, pattern []byte, x, y int16) {
		g := raster.NewGray(int(w)%700, int(h)%700)
		r := rand.New(rand.NewPCG(seed, 1))
		for i := range g.Pix {
			if len(pattern) > 0 {
				g.Pix[i] = pattern[i%len(pattern)]
			}
			g.Pix[i] += uint8(r.IntN(1 + int(seed%64)))
		}
		area := raster.Rect(float64(x), float64(y), float64(g.W), float64(g.H))
		if _, err := Find(t.Context(), g, Hints{Documents: []raster.Quad{area}, Text: []raster.Quad{area}}); err != nil && !errors.Is(err, errDecoder) {
			t.Fatal(err)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	desk := raster.FromImage(specimen.Nothing(specimen.Camera{
		Width: 4000, Height: 3000, Noise: 0.015, Shade: 0.3, Background: specimen.Backgrounds()[1],
	}, rand.New(rand.NewPCG(1, 2)))).Gray()
	for _, c := range []struct {
		name string
		g    *raster.Gray
	}{
		{"12MP-with", scene(b, "PDF417", payload, 6, 0.05, 4000, 3000)},
		{"12MP-without", desk},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Find(b.Context(), c.g, Hints{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestFindReadsSymbolsBesideEachOther(t *testing.T) {
	const w, h = 1200, 800
	card := scene(t, "PDF417", payload, 3, 0, w, h)
	below, err := barcodetest.Draw("Code128", []byte("L898902C36"), 3)
	if err != nil {
		t.Fatal(err)
	}
	for y := range below.H {
		copy(card.Pix[(y+620)*w+60:], below.Pix[y*below.W:(y+1)*below.W])
	}
	for _, c := range []struct {
		name      string
		documents []raster.Quad
		want      int
	}{
		{"whole picture", nil, 2},
		{"on a card", []raster.Quad{raster.Rect(0, 0, w, h)}, 2},
		{"one beside the card", []raster.Quad{raster.Rect(0, 0, w, 560)}, 1},
		{"card without size", []raster.Quad{{}}, 0},
		{"card of no numbers", []raster.Quad{{{X: math.NaN()}, {X: math.Inf(1)}}}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Find(t.Context(), card, Hints{Documents: c.documents})
			if err != nil || len(got) != c.want {
				t.Fatalf("%d symbols, %v", len(got), err)
			}
		})
	}
}
