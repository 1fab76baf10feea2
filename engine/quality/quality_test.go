package quality_test

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"idproof/engine/locate"
	"idproof/engine/ocr"
	"idproof/engine/quality"
	"idproof/engine/raster"
	"idproof/engine/textread"
	"idproof/report"
	"idproof/specimen"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// formats are the kinds that are drawn, with the sizes of the documents.
var formats = map[specimen.Kind]locate.Format{specimen.Passport: locate.ID3, specimen.Card: locate.ID1, specimen.Licence: locate.ID1}

func kinds() []specimen.Kind { return slices.Sorted(maps.Keys(formats)) }

// shot is a photograph of a specimen with the truth about it.
type shot struct {
	image *raster.Image
	quad  raster.Quad
	kind  specimen.Kind
	side  *specimen.Side
}

func shoot(kind specimen.Kind, c specimen.Camera, seed uint64) shot {
	d := specimen.New(rand.New(rand.NewPCG(seed, 7)), specimen.Wish{Kind: kind, Issuer: "UTO", Now: now})
	s := shot{kind: kind, side: d.Draw().Front}
	photo, corners := specimen.Photograph(s.side.Image, c, rand.New(rand.NewPCG(seed, 9)))
	s.image = raster.FromImage(photo)
	for i, p := range corners {
		s.quad[i] = raster.Point{X: p.X, Y: p.Y}
	}
	return s
}

// input is the page as the earlier steps of the engine would have found it.
func (s shot) input() quality.Input {
	d := &locate.Document{Quad: s.quad, Format: formats[s.kind], Confidence: 1, Oriented: true}
	w, h := d.Format.Size()
	d.Aspect = w / h
	v := quality.View{View: d.View(s.image), Document: d}
	in := quality.Input{Image: s.image, Gray: s.image.Gray(), Scale: 1}
	for _, f := range s.side.Fields {
		v.Text = append(v.Text, s.box(v, f))
	}
	for _, f := range s.side.MRZ {
		b := s.box(v, f)
		q := v.ToPicture.ApplyQuad(raster.Rect(b.X0, b.Y0, b.X1, b.Y1))
		row := ocr.Line{
			Center: raster.Point{X: (q[0].X + q[2].X) / 2, Y: (q[0].Y + q[2].Y) / 2},
			Angle:  math.Atan2(q[1].Y-q[0].Y, q[1].X-q[0].X),
			Length: math.Hypot(q[1].X-q[0].X, q[1].Y-q[0].Y), Height: math.Hypot(q[3].X-q[0].X, q[3].Y-q[0].Y),
		}
		in.Zone, in.Pitch = append(in.Zone, row), row.Length/float64(len(f.Text))
	}
	in.Views = []quality.View{v}
	return in
}

// box is where a detector would see a piece of print on the view.
func (s shot) box(v quality.View, f specimen.Printed) textread.Box {
	kx, ky := float64(v.Image.W)/float64(s.side.Width), float64(v.Image.H)/float64(s.side.Height)
	x0, y0, x1, y1 := f.Region.Bounds()
	pad := 0.2 * (y1 - y0) // detectors leave room about the ink
	return textread.Box{X0: kx * (x0 - pad), Y0: ky * (y0 - pad), X1: kx * (x1 + pad), Y1: ky * (y1 + pad)}
}

// at is the point of the picture at x and y of the document, each from 0 to 1.
func (s shot) at(x, y float64) raster.Point {
	return raster.QuadToRect(s.quad, 1000, 1000).Apply(raster.Point{X: 1000 * x, Y: 1000 * y})
}

// onPrint is the middle of the first line of print that is not at the border.
func (s shot) onPrint() raster.Point {
	for _, f := range s.side.Fields {
		x0, y0, x1, y1 := f.Region.Bounds()
		x, y := (x0+x1)/2/float64(s.side.Width), (y0+y1)/2/float64(s.side.Height)
		if y > 0.3 && y < 0.7 && x > 0.4 {
			return s.at(x, y)
		}
	}
	panic("no print in the middle of the specimen")
}

// each changes the samples of a copy of the picture.
func (s shot) each(change func(x, y, channel int, v float64) float64) shot {
	out := raster.New(s.image.W, s.image.H)
	for i, v := range s.image.Pix {
		p := i / 3
		out.Pix[i] = uint8(max(0, min(255, math.Round(change(p%out.W, p/out.W, i%3, float64(v))))))
	}
	s.image = out
	return s
}

// smear blurs by rx and ry pixels, several times.
func (s shot) smear(rx, ry, times int) shot {
	var planes [3]*raster.Gray
	for k := range planes {
		g := raster.NewGray(s.image.W, s.image.H)
		for i := range g.Pix {
			g.Pix[i] = s.image.Pix[3*i+k]
		}
		for range times {
			g = g.BoxBlur(rx, ry)
		}
		planes[k] = g
	}
	return s.each(func(x, y, channel int, _ float64) float64 { return float64(planes[channel].Pix[y*s.image.W+x]) })
}

// warp sees the picture through h, from it to the new one of w by ht pixels.
func (s shot) warp(h raster.Homography, w, ht int) shot {
	s.image, s.quad = s.image.Warp(h.Inverse(), w, ht), h.ApplyQuad(s.quad)
	return s
}

func gain(k float64) func(shot) shot {
	return func(s shot) shot { return s.each(func(_, _, _ int, v float64) float64 { return k * v }) }
}

func lamp(at func(shot) raster.Point, size float64) func(shot) shot {
	return func(s shot) shot {
		c := at(s)
		size := size * math.Hypot(s.quad[1].X-s.quad[0].X, s.quad[1].Y-s.quad[0].Y)
		return s.each(func(x, y, _ int, v float64) float64 {
			d := math.Hypot(float64(x)-c.X, float64(y)-c.Y) / size
			return v + 330*math.Exp(-d*d/2)
		})
	}
}

func smaller(k float64) func(shot) shot {
	return func(s shot) shot {
		return s.warp(raster.Homography{k, 0, 0, 0, k, 0, 0, 0, 1}, int(k*float64(s.image.W)), int(k*float64(s.image.H)))
	}
}

// lean looks at the picture from the side, in degrees.
func lean(degrees float64) func(shot) shot {
	return func(s shot) shot {
		w, h := float64(s.image.W), float64(s.image.H)
		sn, cs := math.Sincos(degrees * math.Pi / 180)
		to := raster.Homography{1, 0, -w / 2, 0, 1, -h / 2, 0, 0, 1}
		from := raster.Homography{1, 0, w / 2, 0, 1, h / 2, 0, 0, 1}
		return s.warp(from.Mul(raster.Homography{cs, 0, 0, 0, 1, 0, sn / (0.9 * w), 0, 1}).Mul(to), s.image.W, s.image.H)
	}
}

// cut leaves out what is left of x on the document.
func cut(x float64) func(shot) shot {
	return func(s shot) shot {
		left := s.at(x, 0.5).X
		return s.warp(raster.Homography{1, 0, -left, 0, 1, 0, 0, 0, 1}, s.image.W-int(left), s.image.H)
	}
}

// thumb reaches over the left edge, reach of the document's width.
func thumb(reach float64) func(shot) shot {
	return func(s shot) shot {
		wide := 0.08 * math.Hypot(s.quad[3].X-s.quad[0].X, s.quad[3].Y-s.quad[0].Y)
		tip := s.at(reach, 0.5)
		skin := [3]float64{205, 150, 120}
		return s.each(func(x, y, channel int, v float64) float64 {
			dx, dy := max(0, float64(x)-tip.X+wide), float64(y)-tip.Y
			d := math.Hypot(dx, dy) / wide
			if d > 1 {
				return v
			}
			return skin[channel] * (1 - 0.3*d*d)
		})
	}
}

func TestEachFaultIsFoundAndNoOther(t *testing.T) {
	type outcomes map[string]report.Outcome
	photos := map[specimen.Kind]shot{}
	for _, k := range kinds() {
		// Cameras expose so that paper is not quite white.
		photos[k] = gain(0.88)(shoot(k, specimen.Camera{Width: 1200, Height: 900, Noise: 0.008, Rotation: 0.03}, 3))
	}
	for _, c := range []struct {
		name   string
		change func(shot) shot
		want   outcomes // the rest passes, or is not performed
	}{
		{"clean", func(s shot) shot { return s }, nil},
		{"little light", gain(0.35), outcomes{quality.Dark: report.Warning}},
		{"no light", gain(0.18), outcomes{quality.Dark: report.FailedCheck}},
		{"too much light", func(s shot) shot {
			return s.each(func(_, _, _ int, v float64) float64 { return 150 + 1.2*v })
		}, outcomes{quality.Bright: report.FailedCheck}},
		{"a lamp on print", lamp(shot.onPrint, 0.03), outcomes{quality.Glare: report.FailedCheck}},
		{"a large lamp", lamp(func(s shot) raster.Point { return s.at(0.7, 0.45) }, 0.08), outcomes{quality.Glare: report.FailedCheck}},
		{"a little out of focus", func(s shot) shot { return s.smear(2, 2, 3) }, outcomes{quality.Blurred: report.Warning}},
		{"out of focus", func(s shot) shot { return s.smear(4, 4, 3) }, outcomes{quality.Blurred: report.FailedCheck}},
		{"moved along", func(s shot) shot { return s.smear(9, 0, 1) }, outcomes{quality.Blurred: report.FailedCheck}},
		{"moved across", func(s shot) shot { return s.smear(0, 9, 1) }, outcomes{quality.Blurred: report.FailedCheck}},
		{"small", smaller(0.4), outcomes{quality.LowResolution: report.Warning}},
		{"tiny", smaller(0.18), outcomes{quality.LowResolution: report.FailedCheck}},
		{"smaller", smaller(0.75), nil},
		{"a little of an edge missing", cut(0.03), outcomes{quality.CutOff: report.Warning}},
		{"a quarter missing", cut(0.25), outcomes{quality.CutOff: report.FailedCheck}},
		{"cut at its edge", cut(-0.01), nil},
		{"without colours", func(s shot) shot { s.image = s.image.Gray().RGB(); return s }, outcomes{quality.BlackAndWhite: report.Warning}},
		{"from the side", lean(33), outcomes{quality.Tilted: report.Warning}},
		{"from far to the side", lean(50), outcomes{quality.Tilted: report.FailedCheck}},
		{"a little from the side", lean(15), nil},
		{"a thumb on the edge", thumb(0.09), outcomes{quality.Covered: report.Warning}},
		{"a thumb far inside", thumb(0.3), outcomes{quality.Covered: report.FailedCheck}},
	} {
		for _, k := range kinds() {
			t.Run(c.name+"/"+string(k), func(t *testing.T) {
				compare(t, quality.Measure(c.change(photos[k]).input()), c.want)
			})
		}
	}
}

// TestALampOnAWhiteZone: where paper is white too, print that fades gives it away.
func TestALampOnAWhiteZone(t *testing.T) {
	s := shoot(specimen.Passport, specimen.Camera{Width: 1200, Height: 900, Noise: 0.008}, 3)
	compare(t, quality.Measure(s.input()), nil)
	s = lamp(func(s shot) raster.Point { return s.at(0.4, 0.88) }, 0.09)(s)
	compare(t, quality.Measure(s.input()), map[string]report.Outcome{quality.Glare: report.FailedCheck})
}

// compare holds checks against the outcomes wanted; the others must have nothing to
// say against the picture.
func compare(t *testing.T, got []report.Check, want map[string]report.Outcome) {
	t.Helper()
	for _, c := range got {
		w, wanted := want[c.Name]
		if wanted && c.Result != w || !wanted && (c.Result == report.Warning || c.Result == report.FailedCheck) {
			t.Errorf("%s is %s (%s) %v, want %q", c.Name, c.Result, c.Reason, c.Evidence, w)
		}
		if c.Result != report.Passed && c.Reason == "" {
			t.Errorf("%s gives no reason", c.Name)
		}
		if c.Result != report.NotPerformed && c.Name != quality.SeveralDocuments && c.Score == nil {
			t.Errorf("%s gives no score", c.Name)
		}
	}
	for name := range want {
		if !slices.ContainsFunc(got, func(c report.Check) bool { return c.Name == name }) {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestCarefulPicturesHaveNoFault(t *testing.T) {
	for i, ground := range specimen.Backgrounds() {
		for _, k := range []specimen.Kind{kinds()[i%3], kinds()[(i+1)%3]} {
			t.Run(string(k)+"/"+string(ground), func(t *testing.T) {
				s := shoot(k, specimen.Camera{
					Width: 1200, Height: 900, Background: ground, Rotation: 0.2 * float64(i-3), Perspective: 0.15,
					Blur: 0.6, Shade: 0.2, Noise: 0.01, JPEGQuality: 85,
				}, uint64(i))
				compare(t, quality.Measure(s.input()), nil)
			})
		}
	}
}

func TestWithoutADocument(t *testing.T) {
	for name, c := range map[string]struct {
		in   quality.Input
		want map[string]report.Outcome
	}{
		"nothing at all": {quality.Input{}, nil},
		"blackness":      {quality.Input{Image: raster.New(640, 480)}, map[string]report.Outcome{quality.Dark: report.FailedCheck}},
		"one pixel":      {quality.Input{Image: raster.New(1, 1)}, nil},
		"a desk":         {quality.Input{Image: shoot(specimen.Card, specimen.Camera{Width: 320, Height: 240}, 1).image}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := quality.Measure(c.in)
			compare(t, got, c.want)
			for _, k := range got {
				if k.Name != quality.Dark && k.Result != report.NotPerformed {
					t.Errorf("%s is %s", k.Name, k.Result)
				}
			}
		})
	}
}

// TestSeveral lays cards side by side, and pages of a booklet edge to edge.
func TestSeveral(t *testing.T) {
	im := raster.New(1000, 1000)
	view := func(f locate.Format, x0, y0, x1, y1 float64) quality.View {
		d := &locate.Document{Format: f, Aspect: (x1 - x0) / (y1 - y0), Quad: raster.Rect(x0, y0, x1, y1)}
		return quality.View{View: d.View(im), Document: d}
	}
	for _, c := range []struct {
		name  string
		views []quality.View
		want  report.Outcome
	}{
		{"one", []quality.View{view(locate.ID1, 100, 100, 500, 352)}, report.Passed},
		{"two cards", []quality.View{view(locate.ID1, 100, 100, 500, 352), view(locate.ID1, 100, 400, 500, 652)}, report.Warning},
		{"pages of a booklet", []quality.View{view(locate.ID3, 100, 452, 600, 804), view(locate.ID3, 100, 100, 600, 452)}, report.Passed},
		{"pages of two", []quality.View{view(locate.ID3, 100, 600, 600, 952), view(locate.ID3, 100, 100, 600, 452)}, report.Warning},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := quality.Measure(quality.Input{Image: im, Views: c.views})
			if k := find(got, quality.SeveralDocuments); k.Result != c.want || k.Evidence["documents"] != len(c.views) {
				t.Errorf("%+v", k)
			}
		})
	}
}

func find(list []report.Check, name string) report.Check {
	for _, c := range list {
		if c.Name == name {
			return c
		}
	}
	return report.Check{}
}

func TestConclude(t *testing.T) {
	one := func(name string, r report.Outcome, score float64) []report.Check {
		return []report.Check{{Name: name, Result: r, Score: &score, Reason: "because", Evidence: map[string]any{}}}
	}
	shows := func(asked string, sides ...string) quality.Page { return quality.Page{Asked: asked, Sides: sides} }
	const card = report.IdentityCard
	for _, c := range []struct {
		name  string
		pages []quality.Page
		kind  string
		check string
		want  report.Outcome
		page  int
	}{
		{"no picture", nil, "", quality.Dark, report.NotPerformed, -1},
		{"the worst page", []quality.Page{{Checks: one("dark", report.Passed, 1)}, {Checks: one("dark", report.FailedCheck, 0)}}, card, quality.Dark, report.FailedCheck, 1},
		{"the lowest score", []quality.Page{{Checks: one("dark", report.Warning, 0.3)}, {Checks: one("dark", report.Warning, 0.1)}}, card, quality.Dark, report.Warning, 1},
		{"performed somewhere", []quality.Page{{Checks: one("dark", report.NotPerformed, 0)}, {Checks: one("dark", report.Passed, 1)}}, card, quality.Dark, report.Passed, 1},
		{"a grey card", []quality.Page{{Checks: one("black_and_white", report.Warning, 0), Sides: []string{"front"}}}, card, quality.BlackAndWhite, report.Warning, 0},
		{"a grey back", []quality.Page{{Checks: one("black_and_white", report.Warning, 0), Sides: []string{"back"}}}, card, quality.BlackAndWhite, report.NotPerformed, -1},
		{"a grey letter", []quality.Page{{Checks: one("black_and_white", report.Warning, 0)}}, report.Other, quality.BlackAndWhite, report.NotPerformed, -1},
		{"both sides on one picture", []quality.Page{{Checks: one("several_documents", report.Warning, 0), Sides: []string{"back", "front"}}}, card, quality.SeveralDocuments, report.Passed, 0},
		{"one side and what is unlike it", []quality.Page{{Checks: one("several_documents", report.Warning, 0), Sides: []string{"back", ""}}}, card, quality.SeveralDocuments, report.Passed, 0},
		{"two of which nothing is known", []quality.Page{{Checks: one("several_documents", report.Warning, 0), Sides: []string{"", ""}}}, card, quality.SeveralDocuments, report.Warning, 0},
		{"one side twice", []quality.Page{{Checks: one("several_documents", report.Warning, 0), Sides: []string{"front", "front"}}}, card, quality.SeveralDocuments, report.Warning, 0},
		{"nobody said", []quality.Page{shows("", "front")}, card, quality.WrongSide, report.NotPerformed, -1},
		{"not known", []quality.Page{shows("document_front", "")}, card, quality.WrongSide, report.NotPerformed, -1},
		{"right", []quality.Page{shows("document_front", "front"), shows("document_back", "back")}, card, quality.WrongSide, report.Passed, 0},
		{"in the other order", []quality.Page{shows("document_front", "back"), shows("document_back", "front")}, card, quality.WrongSide, report.Warning, 0},
		{"a back for the front", []quality.Page{shows("document_front", "back")}, card, quality.WrongSide, report.FailedCheck, 0},
		{"the front twice", []quality.Page{shows("document_front", "front"), shows("document_back", "front")}, card, quality.WrongSide, report.FailedCheck, 1},
		{"perhaps the front", []quality.Page{shows("document_back", "front")}, card, quality.WrongSide, report.Warning, 0},
		{"a passport", []quality.Page{shows("document_back", "front")}, report.Passport, quality.WrongSide, report.NotPerformed, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := find(quality.Conclude(c.pages, c.kind), c.check)
			if got.Result != c.want || (got.Result != report.Passed) != (got.Reason != "") && c.check != quality.Dark {
				t.Fatalf("%+v", got)
			}
			if page, ok := got.Evidence["page"]; c.page >= 0 && page != c.page || c.page < 0 && ok {
				t.Errorf("on page %v, want %d", page, c.page)
			}
		})
	}
}

// BenchmarkMeasure is a picture of a telephone: 12 megapixels.
func BenchmarkMeasure(b *testing.B) {
	for _, k := range kinds() {
		b.Run(string(k), func(b *testing.B) {
			in := shoot(k, specimen.Camera{Width: 4000, Height: 3000, Rotation: 0.1}, 1).input()
			for b.Loop() {
				quality.Measure(in)
			}
		})
	}
}
