package raster

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
)

// scene draws something smooth with structure, the same at any size.
func scene(w, h int) *Image {
	im := New(w, h)
	for y := range h {
		for x := range w {
			u, v := (float64(x)+0.5)/float64(w), (float64(y)+0.5)/float64(h)
			p := im.Pix[3*(y*w+x):]
			p[0] = uint8(127 + 100*math.Sin(9*u+2*v))
			p[1] = uint8(127 + 100*math.Cos(7*v-3*u))
			p[2] = uint8(255 * u * v)
		}
	}
	return im
}

func noise(w, h int) *Image {
	r := rand.New(rand.NewPCG(1, 2))
	im := New(w, h)
	for i := range im.Pix {
		im.Pix[i] = uint8(r.Uint32())
	}
	return im
}

// distance returns the mean and greatest difference of samples, without a
// margin.
func distance(a, b *Image, margin int) (mean float64, worst int) {
	n := 0
	for y := margin; y < a.H-margin; y++ {
		for x := 3 * margin; x < 3*(a.W-margin); x++ {
			d := int(a.Pix[y*3*a.W+x]) - int(b.Pix[y*3*b.W+x])
			if d < 0 {
				d = -d
			}
			worst = max(worst, d)
			mean += float64(d)
			n++
		}
	}
	return mean / float64(max(1, n)), worst
}

func near(t *testing.T, what string, a, b *Image, margin int, mean float64, worst int) {
	t.Helper()
	if a.W != b.W || a.H != b.H || len(a.Pix) != 3*a.W*a.H {
		t.Fatalf("%s: %d x %d with %d samples, want %d x %d", what, a.W, a.H, len(a.Pix), b.W, b.H)
	}
	if m, w := distance(a, b, margin); m > mean || w > worst {
		t.Errorf("%s: differs by %.2f on average, %d at most", what, m, w)
	}
}

func TestHomography(t *testing.T) {
	q := Quad{{120, 40}, {610, 95}, {580, 420}, {60, 350}}
	h := QuadToRect(q, 300, 200)
	for i, c := range Rect(0, 0, 300, 200) {
		p := h.Apply(c)
		if math.Hypot(p.X-q[i].X, p.Y-q[i].Y) > 1e-9 {
			t.Errorf("corner %d goes to %v, want %v", i, p, q[i])
		}
		if back := h.Inverse().Apply(p); math.Hypot(back.X-c.X, back.Y-c.Y) > 1e-9 {
			t.Errorf("corner %d comes back to %v, want %v", i, back, c)
		}
	}
	p := Point{17, 33}
	a, b := h.Mul(h.Inverse()).Apply(p), h.ApplyQuad(Rect(0, 0, 300, 200))
	if math.Hypot(a.X-p.X, a.Y-p.Y) > 1e-9 || math.Hypot(b[2].X-q[2].X, b[2].Y-q[2].Y) > 1e-9 {
		t.Errorf("Mul gives %v, ApplyQuad %v", a, b)
	}
	for name, bad := range map[string]Quad{
		"point": {}, "line": {{0, 0}, {1, 1}, {2, 2}, {3, 3}}, "nan": {{math.NaN(), 0}, {1, 0}, {1, 1}, {0, 1}},
	} {
		if h := QuadToRect(bad, 10, 10); h != (Homography{}) {
			t.Errorf("%s: %v", name, h)
		}
	}
	if s := (Homography{2, 0, 5, 0, 8, 1, 0, 0, 1}).scale(Point{3, 3}); math.Abs(s-4) > 1e-12 {
		t.Errorf("scale is %v, want 4", s)
	}
}

// reference samples bilinearly in floating point, pixel by pixel.
func reference(im *Image, h Homography, w, ht int) *Image {
	out := New(w, ht)
	at := func(x, y, c int) float64 {
		return float64(im.Pix[3*(max(0, min(y, im.H-1))*im.W+max(0, min(x, im.W-1)))+c])
	}
	for y := range ht {
		for x := range w {
			p := h.Apply(Point{float64(x) + 0.5, float64(y) + 0.5})
			p.X, p.Y = p.X-0.5, p.Y-0.5
			ix, iy := int(math.Floor(p.X)), int(math.Floor(p.Y))
			fx, fy := p.X-float64(ix), p.Y-float64(iy)
			for c := range 3 {
				v := (at(ix, iy, c)*(1-fx)+at(ix+1, iy, c)*fx)*(1-fy) + (at(ix, iy+1, c)*(1-fx)+at(ix+1, iy+1, c)*fx)*fy
				out.Pix[3*(y*w+x)+c] = uint8(v + 0.5)
			}
		}
	}
	return out
}

func TestWarp(t *testing.T) {
	im := noise(161, 97)
	for name, h := range map[string]Homography{
		"identity":    Identity(),
		"perspective": QuadToRect(Quad{{30, 10}, {150, 20}, {140, 80}, {20, 90}}, 120, 70),
		"upside down": QuadToRect(Quad{{150, 90}, {10, 85}, {5, 5}, {155, 12}}, 160, 80),
		"outside":     QuadToRect(Rect(-40, -30, 200, 130), 200, 140),
		"enlarged":    QuadToRect(Rect(40, 30, 60, 45), 160, 120),
	} {
		got := im.Warp(h, 140, 88)
		near(t, name, got, reference(im, h, 140, 88), 0, 0.8, 4)
		gray := im.Gray()
		near(t, name+", grey", gray.Warp(h, 140, 88).RGB(), reference(gray.RGB(), h, 140, 88), 0, 0.8, 4)
	}
	if got := im.Warp(Identity(), im.W, im.H); !bytes.Equal(got.Pix[:3*im.W*(im.H-1)], im.Pix[:3*im.W*(im.H-1)]) {
		// the last row and column are one unit of 256 short
		if m, w := distance(got, im, 1); m != 0 || w != 0 {
			t.Errorf("identity changes the inside by up to %d", w)
		}
	}
}

func TestWarpShrinks(t *testing.T) {
	for _, k := range []int{2, 3, 4, 9} {
		im := scene(160*k, 120*k)
		got := im.Warp(QuadToRect(Rect(0, 0, float64(im.W), float64(im.H)), 160, 120), 160, 120)
		near(t, "scene", got, scene(160, 120), 2, 2, 6)
	}
	// A fine checkerboard has to become grey, not a pattern.
	board := New(800, 800)
	for i := range board.Pix {
		x, y := i/3%800, i/3/800
		board.Pix[i] = uint8(255 * ((x + y) & 1))
	}
	for _, n := range []int{400, 200, 150, 90} {
		out := board.Warp(QuadToRect(Rect(0, 0, 800, 800), n, n), n, n)
		for i, v := range out.Pix {
			if v < 120 || v > 136 {
				t.Fatalf("at %d of %d: %d", i, n, v)
			}
		}
	}
	// Only a part is needed: it has to come from the right place.
	im := scene(1200, 900)
	h := QuadToRect(Rect(400, 300, 800, 600), 100, 75)
	near(t, "part", im.Warp(h, 100, 75), im.Crop(400, 300, 800, 600).Resize(100, 75), 1, 1, 4)
	g := im.Gray()
	near(t, "grey part", g.Warp(h, 100, 75).RGB(), g.Crop(400, 300, 800, 600).Resize(100, 75).RGB(), 1, 1, 4)
}

func TestWarpDegenerate(t *testing.T) {
	horizon := Homography{1, 0, 0, 0, 1, 0, 0.1, 0, -3}
	huge := Homography{1e300, 0, 0, 0, 1e300, 0, 0, 0, 1}
	nan := Homography{math.NaN(), 0, 0, 0, 1, 0, 0, 0, 1}
	for _, size := range [][2]int{{1, 1}, {1, 9}, {9, 1}, {2, 2}, {64, 48}} {
		im := noise(size[0], size[1])
		for _, h := range []Homography{{}, horizon, huge, nan, Identity(), QuadToRect(Rect(-5, -5, 900, 900), 20, 20)} {
			im.Warp(h, 40, 30)
			im.Gray().Warp(h, 40, 30)
			im.Warp(h, 0, 30)
		}
	}
	(&Image{}).Warp(Identity(), 3, 3)
	(&Gray{}).Warp(Identity(), 3, 3)
}

func TestResize(t *testing.T) {
	for _, c := range []struct{ w, h, w2, h2 int }{
		{640, 480, 320, 240},
		{641, 479, 200, 130},
		{640, 480, 99, 470},
		{100, 80, 333, 240},
		{100, 80, 100, 240},
		{1000, 700, 90, 60},
		{333, 222, 332, 221},
		{2000, 1500, 1300, 900},
	} {
		im := scene(c.w, c.h)
		near(t, "scene", im.Resize(c.w2, c.h2), scene(c.w2, c.h2), 3, 1.5, 6)
		near(t, "grey", im.Gray().Resize(c.w2, c.h2).RGB(), scene(c.w2, c.h2).Gray().RGB(), 3, 1.5, 6)
	}
	im := noise(57, 31)
	if got := im.Resize(57, 31); !bytes.Equal(got.Pix, im.Pix) {
		t.Error("same size changes the picture")
	}
	// Means survive, whatever the factor.
	mean := func(im *Image) float64 {
		var s float64
		for _, v := range im.Pix {
			s += float64(v)
		}
		return s / float64(len(im.Pix))
	}
	im = noise(512, 256)
	for _, w := range []int{256, 128, 64, 16, 8, 2} {
		if got := im.Resize(w, w/2); math.Abs(mean(got)-mean(im)) > 0.6 {
			t.Errorf("mean at width %d: %v, want %v", w, mean(got), mean(im))
		}
	}
	for _, s := range [][4]int{{1, 1, 5, 5}, {5, 1, 1, 5}, {1, 5, 3, 1}, {3, 3, 0, 4}, {0, 0, 4, 4}, {2, 2, 3, 3}, {3, 2, 2, 3}} {
		out := noise(s[0], s[1]).Resize(s[2], s[3])
		if len(out.Pix) != 3*s[2]*s[3] {
			t.Errorf("%v: %d samples", s, len(out.Pix))
		}
	}
}

func TestRotate(t *testing.T) {
	g := &Gray{W: 3, H: 2, Pix: []uint8{1, 2, 3, 4, 5, 6}}
	for turns, want := range map[int][]uint8{
		0: {1, 2, 3, 4, 5, 6}, 1: {4, 1, 5, 2, 6, 3}, 2: {6, 5, 4, 3, 2, 1}, 3: {3, 6, 2, 5, 1, 4},
		-1: {3, 6, 2, 5, 1, 4}, 5: {4, 1, 5, 2, 6, 3},
	} {
		if got := g.Rotate(turns); !bytes.Equal(got.Pix, want) || got.W*got.H != 6 || (turns&1 == 1) != (got.W == 2) {
			t.Errorf("%d turns: %v", turns, got)
		}
		if got := g.RGB().Rotate(turns).Gray(); !bytes.Equal(got.Pix, want) {
			t.Errorf("%d turns in colour: %v", turns, got)
		}
	}
	im := noise(1500, 1201) // large enough to be split
	if got := im.Rotate(1).Rotate(1).Rotate(2); !bytes.Equal(got.Pix, im.Pix) {
		t.Error("a full turn changes the picture")
	}
	if got := im.Rotate(1).Rotate(3); !bytes.Equal(got.Pix, im.Pix) {
		t.Error("there and back changes the picture")
	}
}

func TestCrop(t *testing.T) {
	g := &Gray{W: 3, H: 3, Pix: []uint8{1, 2, 3, 4, 5, 6, 7, 8, 9}}
	for _, c := range []struct {
		box  [4]int
		w, h int
		want []uint8
	}{
		{[4]int{1, 1, 3, 2}, 2, 1, []uint8{5, 6}},
		{[4]int{-5, -5, 2, 2}, 2, 2, []uint8{1, 2, 4, 5}},
		{[4]int{2, 2, 99, 99}, 1, 1, []uint8{9}},
		{[4]int{2, 2, 1, 1}, 0, 0, nil},
		{[4]int{7, 7, 9, 9}, 0, 0, nil},
	} {
		got := g.Crop(c.box[0], c.box[1], c.box[2], c.box[3])
		if got.W != c.w || got.H != c.h || !bytes.Equal(got.Pix, c.want) {
			t.Errorf("%v: %v", c.box, got)
		}
		rgb := g.RGB().Crop(c.box[0], c.box[1], c.box[2], c.box[3]).Gray()
		if !bytes.Equal(rgb.Pix, c.want) {
			t.Errorf("%v in colour: %v", c.box, rgb)
		}
	}
}

func BenchmarkGray12MP(b *testing.B) {
	im := noise(4000, 3000)
	defer cpu(b)()
	for b.Loop() {
		im.Gray()
	}
}

func BenchmarkWarp(b *testing.B) {
	im := noise(4000, 3000)
	for _, c := range []struct {
		name string
		w, h int
	}{{"line 800x48", 800, 48}, {"1MP", 1250, 800}, {"shrink to 0.3MP", 640, 480}} {
		q := Quad{{700, 400}, {700 + 1.1*float64(c.w), 450}, {690 + 1.1*float64(c.w), 430 + 1.1*float64(c.h)}, {650, 380 + 1.1*float64(c.h)}}
		if c.w == 640 {
			q = Quad{{200, 100}, {3800, 150}, {3700, 2900}, {150, 2800}}
		}
		h := QuadToRect(q, c.w, c.h)
		b.Run(c.name, func(b *testing.B) {
			defer cpu(b)()
			for b.Loop() {
				im.Warp(h, c.w, c.h)
			}
		})
		g := im.Gray()
		b.Run(c.name+" grey", func(b *testing.B) {
			defer cpu(b)()
			for b.Loop() {
				g.Warp(h, c.w, c.h)
			}
		})
	}
}

func BenchmarkResize(b *testing.B) {
	im := noise(4000, 3000)
	for _, c := range []struct {
		name string
		w, h int
	}{{"12MP to 3MP", 2000, 1500}, {"12MP to 5MP", 2600, 1950}, {"12MP to 0.6MP", 960, 640}} {
		b.Run(c.name, func(b *testing.B) {
			defer cpu(b)()
			for b.Loop() {
				im.Resize(c.w, c.h)
			}
		})
	}
	small := im.Crop(0, 0, 400, 48)
	b.Run("line 400x48 to 800x96", func(b *testing.B) {
		defer cpu(b)()
		for b.Loop() {
			small.Resize(800, 96)
		}
	})
}
