package raster

import (
	"math"
	"testing"
)

// around collects the pixels within rx columns and ry rows, cut to the picture.
func around(g *Gray, x, y, rx, ry int) (mean, deviation float64) {
	var s, q, n float64
	for j := max(0, y-ry); j <= min(g.H-1, y+ry); j++ {
		for i := max(0, x-rx); i <= min(g.W-1, x+rx); i++ {
			v := float64(g.Pix[j*g.W+i])
			s, q, n = s+v, q+v*v, n+1
		}
	}
	mean = s / n
	return mean, math.Sqrt(max(0, q/n-mean*mean))
}

// sizes are those where borders matter most, and one that is split.
var sizes = [][2]int{{0, 0}, {1, 1}, {1, 7}, {7, 1}, {2, 2}, {37, 23}, {1100, 1000}}

func TestBoxBlurAndNormalize(t *testing.T) {
	for _, s := range sizes {
		g := noise(s[0], s[1]).Gray()
		step := 1 + g.W*g.H/3000
		for _, r := range [][2]int{{0, 0}, {1, 1}, {5, 2}, {0, 9}, {200, 100}} {
			if step > 1 && r[0] > 5 {
				continue // the truth is slow
			}
			blur := g.BoxBlur(r[0], r[1])
			norm := g.Normalize(r[0], 8)
			for i := 0; i < len(g.Pix); i += step {
				x, y := i%g.W, i/g.W
				mean, _ := around(g, x, y, r[0], r[1])
				if d := math.Abs(mean - float64(blur.Pix[i])); d > 0.51 {
					t.Fatalf("%v, radii %v: blur at %d,%d is %d, want %v", s, r, x, y, blur.Pix[i], mean)
				}
				mean, deviation := around(g, x, y, r[0], r[0])
				want := max(0, min(255, 128+48*(float64(g.Pix[i])-mean)/max(8, deviation)))
				if d := math.Abs(want - float64(norm.Pix[i])); d > 0.6 {
					t.Fatalf("%v, radius %d: normalised at %d,%d is %d, want %v", s, r[0], x, y, norm.Pix[i], want)
				}
			}
		}
	}
}

func TestNormalizeForgetsLight(t *testing.T) {
	a, b := NewGray(80, 80), NewGray(80, 80)
	for i := range a.Pix {
		ink := (i/3+i/80/3)%2 == 0
		a.Pix[i], b.Pix[i] = 200, 80
		if ink {
			a.Pix[i], b.Pix[i] = 100, 40 // the same print in a third of the light
		}
	}
	na, nb := a.Normalize(10, 4), b.Normalize(10, 4)
	for i := range na.Pix {
		if d := int(na.Pix[i]) - int(nb.Pix[i]); d < -1 || d > 1 {
			t.Fatalf("at %d: %d and %d", i, na.Pix[i], nb.Pix[i])
		}
	}
}

func TestIntegral(t *testing.T) {
	for _, s := range sizes {
		g := noise(s[0], s[1]).Gray()
		in := g.Integral()
		for _, r := range [][4]int{{0, 0, 1, 1}, {0, 0, 9999, 9999}, {3, 2, 20, 11}, {-4, -4, 2, 2}, {5, 5, 5, 9}, {9, 9, 3, 3}} {
			var want uint32
			for y := max(0, r[1]); y < min(g.H, r[3]); y++ {
				for x := max(0, r[0]); x < min(g.W, r[2]); x++ {
					want += uint32(g.Pix[y*g.W+x])
				}
			}
			if got := in.Sum(r[0], r[1], r[2], r[3]); got != want {
				t.Errorf("%v, %v: %d, want %d", s, r, got, want)
			}
		}
	}
}

func TestSobel(t *testing.T) {
	for _, s := range sizes {
		g := noise(s[0], s[1]).Gray()
		d := g.Sobel()
		at := func(x, y int) int {
			return int(g.Pix[max(0, min(y, g.H-1))*g.W+max(0, min(x, g.W-1))])
		}
		for i := range g.Pix {
			x, y := i%g.W, i/g.W
			dx := at(x+1, y-1) - at(x-1, y-1) + 2*(at(x+1, y)-at(x-1, y)) + at(x+1, y+1) - at(x-1, y+1)
			dy := at(x-1, y+1) - at(x-1, y-1) + 2*(at(x, y+1)-at(x, y-1)) + at(x+1, y+1) - at(x+1, y-1)
			if int(d.X[i]) != dx || int(d.Y[i]) != dy {
				t.Fatalf("%v at %d,%d: %d,%d, want %d,%d", s, x, y, d.X[i], d.Y[i], dx, dy)
			}
		}
	}
}

func TestThresholds(t *testing.T) {
	g := NewGray(100, 100)
	for i := range g.Pix {
		g.Pix[i] = uint8(180 + i%7)
		if i%100 < 30 {
			g.Pix[i] = uint8(40 + i%5)
		}
	}
	o := g.Otsu()
	if o < 44 || o > 179 {
		t.Errorf("threshold %d", o)
	}
	for i, v := range g.Threshold(o).Pix {
		if (v == 255) != (i%100 < 30) {
			t.Fatalf("pixel %d marked %d", i, v)
		}
	}
	if o := NewGray(5, 5).Otsu(); o != 0 {
		t.Errorf("even picture: %d", o)
	}
	if o := NewGray(0, 0).Otsu(); o != 0 {
		t.Errorf("no picture: %d", o)
	}
	// Thin strokes under a strong gradient of light.
	for i := range g.Pix {
		x, y := i%100, i/100
		g.Pix[i] = uint8(60 + 3*x/2)
		if y%12 < 2 {
			g.Pix[i] -= 30
		}
	}
	for i, v := range g.AdaptiveThreshold(10, 8).Pix {
		if (v == 255) != (i/100%12 < 2) {
			t.Fatalf("stroke at %d,%d: %d", i%100, i/100, v)
		}
	}
	h := g.Histogram()
	n := 0
	for _, c := range h {
		n += c
	}
	if n != 10000 {
		t.Errorf("histogram counts %d", n)
	}
}

func BenchmarkFilters3MP(b *testing.B) {
	g := noise(2000, 1500).Gray()
	for _, f := range []struct {
		name string
		run  func()
	}{
		{"integral", func() { g.Integral() }},
		{"box blur", func() { g.BoxBlur(10, 10) }},
		{"sobel", func() { g.Sobel() }},
		{"normalize", func() { g.Normalize(20, 8) }},
		{"otsu", func() { g.Otsu() }},
		{"adaptive threshold", func() { g.AdaptiveThreshold(15, 8) }},
	} {
		b.Run(f.name, func(b *testing.B) {
			defer cpu(b)()
			for b.Loop() {
				f.run()
			}
		})
	}
}
