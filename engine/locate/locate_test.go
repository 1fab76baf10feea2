package locate_test

import (
	"encoding/json"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"idproof/engine/locate"
	"idproof/engine/model"
	"idproof/engine/ocr"
	"idproof/engine/raster"
	"idproof/eval"
	"idproof/mrz"
	"idproof/specimen"
)

// shot is a drawn photograph with what a detector of text would say of it.
type shot struct {
	im    *raster.Image
	quad  raster.Quad
	hints locate.Hints
}

func points(q specimen.Quad) (out raster.Quad) {
	for i, p := range q {
		out[i] = raster.Point{X: p.X, Y: p.Y}
	}
	return out
}

// textLine is what a detector makes of a piece of text.
func textLine(q specimen.Quad) ocr.Line {
	mid := func(a, b specimen.Point) (x, y float64) { return (a.X + b.X) / 2, (a.Y + b.Y) / 2 }
	x0, y0 := mid(q[0], q[3])
	x1, y1 := mid(q[1], q[2])
	high := math.Hypot(q[3].X-q[0].X, q[3].Y-q[0].Y) * 1.3
	return ocr.Line{
		Center: raster.Point{X: (x0 + x1) / 2, Y: (y0 + y1) / 2}, Angle: math.Atan2(y1-y0, x1-x0),
		Length: math.Hypot(x1-x0, y1-y0) + 0.3*high, Height: high, Score: 0.9,
	}
}

func photograph(doc specimen.Document, side *specimen.Side, c specimen.Camera, r *rand.Rand) shot {
	im, q := specimen.Photograph(side.Image, c, r)
	s := shot{im: raster.FromImage(im), quad: points(q)}
	within := func(p specimen.Printed) ocr.Line {
		return textLine(c.Locate(p.Region, q, float64(side.Width), float64(side.Height)))
	}
	for _, f := range side.Fields {
		s.hints.Lines = append(s.hints.Lines, within(f))
	}
	for _, f := range side.MRZ {
		l := within(f)
		s.hints.Lines, s.hints.Zone = append(s.hints.Lines, l), append(s.hints.Zone, l)
		s.hints.ZoneFormat = doc.Kind.Format()
	}
	return s
}

func iou(a, b raster.Quad) float64 {
	var p, q [4][2]float64
	for i := range a {
		p[i], q[i] = [2]float64{a[i].X, a[i].Y}, [2]float64{b[i].X, b[i].Y}
	}
	return eval.IoU(p, q)
}

func TestFindsDrawnPhotographs(t *testing.T) {
	t.Parallel()
	for i, ground := range specimen.Backgrounds() {
		for j, kind := range []specimen.Kind{specimen.Card, specimen.Passport} {
			t.Run(fmt.Sprintf("%s on %s", kind, ground), func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(11, uint64(10*i+j)))
				doc := specimen.New(r, specimen.Wish{Kind: kind})
				side := doc.Draw().Front
				c := specimen.Camera{
					Width: 1280, Height: 960, Fill: 0.8, Shift: 0.4, Rotation: 0.25 - 0.1*float64(i), Perspective: 0.25,
					Shade: 0.3, Noise: 0.015, Blur: 0.7, Background: ground,
				}
				s := photograph(doc, side, c, r)
				found := locate.Find(s.im, s.hints)
				if len(found) == 0 {
					t.Fatal("nothing found")
				}
				d := found[0]
				if v := iou(d.Quad, s.quad); v < 0.93 {
					t.Errorf("IoU %.3f: %.0f, want %.0f", v, d.Quad, s.quad)
				}
				want := locate.ID1
				if kind == specimen.Passport {
					want = locate.ID3
				}
				if len(side.MRZ) > 0 && d.Format != want || d.Whole || d.Oriented != (len(side.MRZ) > 0) {
					t.Errorf("format %q, whole %v, oriented %v", d.Format, d.Whole, d.Oriented)
				}
			})
		}
	}
}

// TestZoneTellsTheWayUp has a passport upside down and on its side.
func TestZoneTellsTheWayUp(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 1))
	doc := specimen.New(r, specimen.Wish{Kind: specimen.Passport})
	side := doc.Draw().Front
	for _, quarter := range []float64{1, 2, 3} {
		c := specimen.Camera{Width: 1280, Height: 960, Rotation: quarter * math.Pi / 2, Background: specimen.Wood}
		s := photograph(doc, side, c, r)
		found := locate.Find(s.im, s.hints)
		if len(found) != 1 || !found[0].Oriented {
			t.Fatalf("%v quarter turns: %+v", quarter, found)
		}
		for i, p := range found[0].Quad {
			if d := math.Hypot(p.X-s.quad[i].X, p.Y-s.quad[i].Y); d > 18 {
				t.Errorf("%v quarter turns: corner %d is %.0f pixels off", quarter, i, d)
			}
		}
		v := found[0].View(s.im)
		if got := float64(v.Image.W) / float64(v.Image.H); math.Abs(got-125.0/88) > 0.01 {
			t.Errorf("view of aspect %.3f", got)
		}
		corner := v.ToPicture.Apply(raster.Point{})
		if math.Hypot(corner.X-found[0].Quad[0].X, corner.Y-found[0].Quad[0].Y) > 0.1 {
			t.Errorf("the view begins at %.0f", corner)
		}
	}
}

func TestNothingIsFound(t *testing.T) {
	for i, ground := range specimen.Backgrounds() {
		im := raster.FromImage(specimen.Nothing(specimen.Camera{Width: 800, Height: 600, Background: ground}, rand.New(rand.NewPCG(13, uint64(i)))))
		if found := locate.Find(im, locate.Hints{}); len(found) > 0 {
			t.Errorf("%s: %+v", ground, found)
		}
	}
	for _, im := range []*raster.Image{raster.New(0, 0), raster.New(1, 900), raster.New(40, 40)} {
		if found := locate.Find(im, locate.Hints{}); len(found) > 0 {
			t.Errorf("%d by %d: %+v", im.W, im.H, found)
		}
	}
}

func TestHintsMayBeNonsense(t *testing.T) {
	im := raster.New(300, 200)
	for _, l := range []ocr.Line{
		{},
		{Length: math.NaN(), Height: 3, Score: 1},
		{Length: math.Inf(1), Height: 3, Score: 1},
		{Length: 100, Height: 10, Angle: math.NaN(), Score: 1},
		{Length: 100, Height: 10, Curve: 1e9, Score: 1},
		{Center: raster.Point{X: 1e300, Y: -1e300}, Length: 100, Height: 10, Score: 1},
		{Center: raster.Point{X: 150, Y: 100}, Length: 1e-9, Height: 10, Score: 1},
		{Center: raster.Point{X: 150, Y: 100}, Length: 280, Height: 150, Score: 1},
	} {
		lines := []ocr.Line{l, l, l}
		for _, d := range locate.Find(im, locate.Hints{Lines: lines, Zone: lines, ZoneFormat: mrz.TD1}) {
			for _, p := range d.Quad {
				if math.IsNaN(p.X+p.Y) || math.Abs(p.X)+math.Abs(p.Y) > 1000 {
					t.Errorf("%+v gives %+v", l, d)
				}
			}
			d.View(im)
		}
	}
}

func TestScanIsWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 1))
	doc := specimen.New(r, specimen.Wish{Kind: specimen.Card})
	side := doc.Draw().Front
	s := shot{im: raster.FromImage(side.Image)}
	for _, f := range side.Fields {
		s.hints.Lines = append(s.hints.Lines, textLine(f.Region))
	}
	found := locate.Find(s.im, s.hints)
	if len(found) != 1 || iou(found[0].Quad, raster.Rect(0, 0, float64(s.im.W), float64(s.im.H))) < 0.95 {
		t.Fatalf("%+v", found)
	}
}

// TestBothSidesOnOnePicture has two cards, one above the other, as copiers deliver them.
func TestBothSidesOnOnePicture(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 1))
	doc := specimen.New(r, specimen.Wish{Kind: specimen.Card})
	sides := doc.Draw()
	w, h := sides.Front.Width, sides.Front.Height
	sheet := image.NewRGBA(image.Rect(0, 0, w+200, 2*h+300))
	for i := range sheet.Pix {
		sheet.Pix[i] = 246
	}
	var hints locate.Hints
	var want []raster.Quad
	for i, side := range []*specimen.Side{sides.Front, sides.Back} {
		x, y := 100, 100+i*(h+100)
		for v := range h {
			for u := range w {
				if c := side.Image.RGBAAt(u, v); c.A == 255 {
					sheet.SetRGBA(x+u, y+v, c)
				}
			}
		}
		want = append(want, raster.Rect(float64(x), float64(y), float64(x+w), float64(y+h)))
		add := func(p specimen.Printed) ocr.Line {
			for k := range p.Region {
				p.Region[k].X, p.Region[k].Y = p.Region[k].X+float64(x), p.Region[k].Y+float64(y)
			}
			l := textLine(p.Region)
			hints.Lines = append(hints.Lines, l)
			return l
		}
		for _, f := range side.Fields {
			add(f)
		}
		for _, f := range side.MRZ {
			hints.Zone, hints.ZoneFormat = append(hints.Zone, add(f)), mrz.TD1
		}
	}
	found := locate.Find(raster.FromImage(sheet), hints)
	for _, q := range want {
		if !slices.ContainsFunc(found, func(d locate.Document) bool { return iou(d.Quad, q) > 0.9 }) {
			t.Errorf("no document at %.0f: %+v", q, found)
		}
	}
}

// TestDevelopmentPhotos measures on the photographs of the development set, of which
// the corners are in eval/quads.json. It finds the text by the network but reads no
// zone.
func TestDevelopmentPhotos(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs a network on every picture")
	}
	root := os.Getenv("IDPROOF_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(root, "manifest.json")); err != nil {
		t.Skip("the development pictures are not here")
	}
	rt, err := model.Open("", 2)
	if err != nil {
		t.Skipf("the models are not here: %v", err)
	}
	defer rt.Close()
	det, err := ocr.NewDetector(rt)
	if err != nil {
		t.Fatal(err)
	}
	quads, err := eval.LoadQuads()
	if err != nil {
		t.Fatal(err)
	}
	all, good := 0, 0
	for file, truth := range quads {
		data, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		pages, err := raster.Decode(t.Context(), data, raster.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		lines, err := det.Detect(t.Context(), pages[0].Image)
		if err != nil {
			t.Fatal(err)
		}
		found := locate.Find(pages[0].Image, locate.Hints{Lines: lines})
		for _, q := range truth {
			var want raster.Quad
			for i, p := range q {
				want[i] = raster.Point{X: p[0], Y: p[1]}
			}
			all++
			if slices.ContainsFunc(found, func(d locate.Document) bool { return iou(d.Quad, want) >= 0.9 }) {
				good++
			}
		}
	}
	t.Logf("%d of %d documents at an IoU of 0.9 or more, without zones", good, all)
	if good*10 < all*7 {
		t.Errorf("only %d of %d", good, all)
	}
}

func BenchmarkFind(b *testing.B) {
	r := rand.New(rand.NewPCG(16, 1))
	doc := specimen.New(r, specimen.Wish{Kind: specimen.Card})
	s := photograph(doc, doc.Draw().Front, specimen.Camera{Width: 4000, Height: 3000, Rotation: 0.2, Background: specimen.Wood}, r)
	b.ReportAllocs()
	for b.Loop() {
		if len(locate.Find(s.im, s.hints)) == 0 {
			b.Fatal("nothing found")
		}
	}
}

// The report of a document is plain data.
func ExampleFormat_Size() {
	w, h := locate.ID1.Size()
	out, _ := json.Marshal([]float64{w, h})
	fmt.Println(string(out))
	// Output: [85.6,53.98]
}
