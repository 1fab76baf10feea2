package forgery

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
)

// texture is a picture with detail everywhere.
func texture(w, h int, seed uint64) *image.Gray {
	r := rand.New(rand.NewPCG(seed, 1))
	g := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := 128 + 50*math.Sin(float64(x)/9)*math.Cos(float64(y)/13) + 12*r.NormFloat64()
			g.SetGray(x, y, color.Gray{Y: uint8(max(0, min(255, v)))})
		}
	}
	return g
}

func jpegOf(t testing.TB, im image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestCoefficients takes the picture back to pixels and compares it with the
// decoder of the standard library.
func TestCoefficients(t *testing.T) {
	colour := image.NewRGBA(image.Rect(0, 0, 133, 75))
	g := texture(133, 75, 3)
	for i, v := range g.Pix {
		colour.Pix[4*i], colour.Pix[4*i+1], colour.Pix[4*i+2], colour.Pix[4*i+3] = v, v/2, 255-v, 255
	}
	for name, im := range map[string]image.Image{"grey": g, "colour, chroma at half size": colour} {
		t.Run(name, func(t *testing.T) {
			data := jpegOf(t, im, 80)
			c, err := readCoefficients(data)
			if err != nil {
				t.Fatal(err)
			}
			if c.bw != 17 || c.bh != 10 {
				t.Fatalf("%d x %d blocks", c.bw, c.bh)
			}
			dec, err := jpeg.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			var worst float64
			for y := range 75 {
				for x := range 133 {
					var want uint8
					switch d := dec.(type) {
					case *image.Gray:
						want = d.GrayAt(x, y).Y
					case *image.YCbCr:
						want = d.Y[d.YOffset(x, y)]
					}
					worst = max(worst, math.Abs(pixel(c, x, y)-float64(want)))
				}
			}
			if worst > 1.5 {
				t.Errorf("a pixel differs by %.1f", worst)
			}
		})
	}
}

// pixel is the inverse transform, straight from its definition (T.81 A.3.3).
func pixel(c *coefficients, x, y int) float64 {
	b := c.block(x/8, y/8)
	sum := 0.0
	for v := range 8 {
		for u := range 8 {
			k := 0.25
			if u == 0 {
				k *= math.Sqrt2 / 2
			}
			if v == 0 {
				k *= math.Sqrt2 / 2
			}
			sum += k * float64(b[8*v+u]) * float64(c.q[8*v+u]) *
				math.Cos(float64(2*(x%8)+1)*float64(u)*math.Pi/16) * math.Cos(float64(2*(y%8)+1)*float64(v)*math.Pi/16)
		}
	}
	return max(0, min(255, sum+128))
}

func FuzzContainer(f *testing.F) {
	f.Add(jpegOf(f, texture(40, 24, 1), 70), "jpeg")
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x05tEXtSo\x00ab\x00\x00\x00\x00"), "png")
	f.Add([]byte("RIFF\x10\x00\x00\x00WEBPEXIF\x08\x00\x00\x00II*\x00\x08\x00\x00\x00"), "webp")
	f.Add([]byte("MM\x00*\x00\x00\x00\x08\x00\x01\x87\x69\x00\x04\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00\x08"), "tiff")
	f.Fuzz(func(t *testing.T, data []byte, format string) {
		parseContainer(data, format)
		if len(data) < 1<<16 {
			if c, err := readCoefficients(data); err == nil && len(c.c) != 64*c.bw*c.bh {
				t.Fatal("size")
			}
		}
	})
}
