package locate_test

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"idproof/engine/locate"
	"idproof/engine/ocr"
	"idproof/engine/raster"
	"idproof/specimen"
)

// wanted is a drawn picture with what has to be found on it: of each list of
// quadrilaterals one.
type wanted struct {
	im    *raster.Image
	hints locate.Hints
	quads [][]raster.Quad
}

// scenes are what makes documents hard to find, each with the share of its pictures
// on which they have to be found: somewhat less than what was measured.
var scenes = []struct {
	name  string
	draw  func(r *rand.Rand) wanted
	floor float64
}{
	{"tilted", func(r *rand.Rand) wanted {
		return snapshot(r, specimen.Camera{Perspective: 0.2 + 0.3*r.Float64(), Rotation: 2 * math.Pi * r.Float64()})
	}, 0.7},
	{"far away", func(r *rand.Rand) wanted {
		return snapshot(r, specimen.Camera{Fill: 0.35 + 0.2*r.Float64(), Rotation: r.Float64() - 0.5, Perspective: 0.2, Shift: 1 - 2*r.Float64()})
	}, 0.9},
	{"dark", func(r *rand.Rand) wanted {
		return snapshot(r, specimen.Camera{Dark: 0.5 + 0.4*r.Float64(), Noise: 0.03, Perspective: 0.2, Rotation: 0.4 * r.Float64()})
	}, 0.8},
	{"blurred", func(r *rand.Rand) wanted {
		return snapshot(r, specimen.Camera{Blur: 1 + 2*r.Float64(), Motion: 6 * r.Float64(), Noise: 0.02, Perspective: 0.2, Rotation: 0.4 * r.Float64()})
	}, 0.8},
	{"glare and shade", func(r *rand.Rand) wanted {
		return snapshot(r, specimen.Camera{Glare: 0.5 + 0.5*r.Float64(), Shade: 0.8, Perspective: 0.2, Rotation: 0.4 * r.Float64()})
	}, 0.9},
	{"held by fingers", func(r *rand.Rand) wanted {
		return snapshot(r, specimen.Camera{Fingers: true, Perspective: 0.2, Rotation: 0.6*r.Float64() - 0.3})
	}, 0.8},
	{"bent", func(r *rand.Rand) wanted {
		return snapshot(r, specimen.Camera{Bend: 0.03, Perspective: 0.2, Rotation: 0.6*r.Float64() - 0.3})
	}, 0.9},
	{"faint", faint, 0.9},
	{"cut off", cutOff, 0.7},
	{"among other things", cluttered, 0.9},
	{"booklet", booklet, 0.9},
	{"two cards", twoCards, 0.9},
	{"scan", scan, 0.9},
	{"letterbox", letterbox, 0.8},
}

const (
	stressWide, stressHigh = 640, 480
	stressEach             = 10 // pictures of each scene
)

// prints are documents of every kind and an open booklet.
type prints struct {
	sides   []specimen.Sides
	booklet specimen.Sides
}

// printed draws them once.
var printed = sync.OnceValue(func() prints {
	var p prints
	r := rand.New(rand.NewPCG(17, 1))
	for i := range 2 {
		for _, kind := range specimen.Kinds() {
			doc := specimen.New(r, specimen.Wish{Kind: kind})
			p.sides = append(p.sides, doc.Draw())
			if kind == specimen.Passport && i == 0 {
				p.booklet = specimen.Sides{Document: doc, Front: doc.DrawBooklet()}
			}
		}
	}
	return p
})

// anyDocument is one side of some document.
func anyDocument(r *rand.Rand) (specimen.Document, *specimen.Side) {
	all := printed().sides
	sides := all[r.IntN(len(all))]
	if sides.Back != nil && r.IntN(3) == 0 {
		return sides.Document, sides.Back
	}
	return sides.Document, sides.Front
}

// snapshot photographs a document on some ground.
func snapshot(r *rand.Rand, c specimen.Camera) wanted {
	doc, side := anyDocument(r)
	grounds := specimen.Backgrounds()
	c.Background = grounds[r.IntN(len(grounds))]
	return take(doc, side, c, r)
}

// take photographs a side. The detector misses some text, and half of the zones are
// not read.
func take(doc specimen.Document, side *specimen.Side, c specimen.Camera, r *rand.Rand) wanted {
	c.Width, c.Height = stressWide, stressHigh
	if c.Noise == 0 {
		c.Noise = 0.01
	}
	if c.Blur == 0 {
		c.Blur = 0.6
	}
	s := photograph(doc, side, c, r)
	w := wanted{im: s.im, hints: s.hints, quads: [][]raster.Quad{{s.quad}}}
	w.miss(r)
	return w
}

// miss drops what is not seen of the text.
func (w *wanted) miss(r *rand.Rand) {
	seen := func(l ocr.Line) bool {
		for _, p := range l.Quad() {
			if p.X < 0 || p.Y < 0 || p.X > float64(w.im.W) || p.Y > float64(w.im.H) {
				return false
			}
		}
		return true
	}
	w.hints.Lines = slices.DeleteFunc(w.hints.Lines, func(l ocr.Line) bool { return !seen(l) || r.Float64() < 0.15 })
	if r.IntN(2) == 0 || slices.ContainsFunc(w.hints.Zone, func(l ocr.Line) bool { return !seen(l) }) {
		w.hints.Zone = nil
	}
}

// faint has hardly more than the ground's own colour between document and ground.
func faint(r *rand.Rand) wanted {
	doc, side := anyDocument(r)
	w := take(doc, side, specimen.Camera{Background: specimen.Plain, Perspective: 0.2, Rotation: 0.4*r.Float64() - 0.2}, r)
	for i, v := range w.im.Pix {
		w.im.Pix[i] = uint8(0.35*float64(v) + 0.65*220)
	}
	return w
}

// cutOff has a document that does not fit into the picture: what can be seen of it
// counts.
func cutOff(r *rand.Rand) wanted {
	return snapshot(r, specimen.Camera{Fill: 1.04 + 0.08*r.Float64(), Rotation: 0.2*r.Float64() - 0.1, Perspective: 0.15})
}

// cluttered has other things lie around the document: straight-edged, of one colour
// or framed.
func cluttered(r *rand.Rand) wanted {
	w := snapshot(r, specimen.Camera{Fill: 0.5 + 0.3*r.Float64(), Rotation: r.Float64() - 0.5, Perspective: 0.25, Shift: 1 - 2*r.Float64()})
	scatter(w.im, w.quads[0][0], r)
	return w
}

// scatter lays rectangles of one colour, some framed, beside q.
func scatter(im *raster.Image, q raster.Quad, r *rand.Rand) {
	inDocument := raster.QuadToRect(q, 1, 1).Inverse()
	for range 3 + r.IntN(4) {
		x, y := r.Float64()*float64(im.W), r.Float64()*float64(im.H)
		wide, high := (0.15+0.35*r.Float64())*float64(im.W), (0.1+0.3*r.Float64())*float64(im.H)
		sn, cs := math.Sincos(r.Float64() * math.Pi)
		fill, frame := color.RGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 0}, r.IntN(2) == 0
		for v := range im.H {
			for u := range im.W {
				dx, dy := float64(u)-x, float64(v)-y
				a, b := math.Abs(dx*cs+dy*sn)/wide*2, math.Abs(dy*cs-dx*sn)/high*2
				if a > 1 || b > 1 {
					continue
				}
				if p := inDocument.Apply(raster.Point{X: float64(u) + 0.5, Y: float64(v) + 0.5}); p.X > 0 && p.X < 1 && p.Y > 0 && p.Y < 1 {
					continue
				}
				c := fill
				if frame && (a > 0.9 || b > 0.9) {
					c = color.RGBA{255 - c.R, 255 - c.G, 255 - c.B, 0}
				}
				copy(im.Pix[3*(v*im.W+u):], []uint8{c.R, c.G, c.B})
			}
		}
	}
}

// booklet is an open passport: its lower page or both are right.
func booklet(r *rand.Rand) wanted {
	opened := printed().booklet
	grounds := specimen.Backgrounds()
	c := specimen.Camera{Fill: 0.9, Rotation: 0.3*r.Float64() - 0.15, Perspective: 0.2, Background: grounds[r.IntN(len(grounds))]}
	if r.IntN(2) == 0 {
		c.Rotation += math.Pi / 2
	}
	w := take(opened.Document, opened.Front, c, r)
	both := w.quads[0][0]
	m := raster.QuadToRect(both, 2, 2)
	w.quads[0] = append(w.quads[0], raster.Quad{m.Apply(raster.Point{Y: 1}), m.Apply(raster.Point{X: 2, Y: 1}), both[2], both[3]})
	return w
}

// flat lays sides on a sheet of one colour, each at its place and at the same scale.
func flat(w, h int, ground color.Color, doc specimen.Document, sides []*specimen.Side, at []image.Point, scale float64, r *rand.Rand) wanted {
	sheet := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(sheet, sheet.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
	var out wanted
	for i, side := range sides {
		draw.Draw(sheet, side.Image.Rect.Add(at[i]), side.Image, image.Point{}, draw.Over)
		x, y := float64(at[i].X), float64(at[i].Y)
		out.quads = append(out.quads, []raster.Quad{raster.Rect(scale*x, scale*y, scale*(x+float64(side.Width)), scale*(y+float64(side.Height)))})
		line := func(p specimen.Printed) ocr.Line {
			for k := range p.Region {
				p.Region[k].X, p.Region[k].Y = scale*(p.Region[k].X+x), scale*(p.Region[k].Y+y)
			}
			return textLine(p.Region)
		}
		for _, f := range side.Fields {
			out.hints.Lines = append(out.hints.Lines, line(f))
		}
		for _, f := range side.MRZ {
			out.hints.Lines = append(out.hints.Lines, line(f))
			out.hints.Zone, out.hints.ZoneFormat = append(out.hints.Zone, line(f)), doc.Kind.Format()
		}
	}
	out.im = raster.FromImage(sheet).Resize(int(scale*float64(w)), int(scale*float64(h)))
	for i, v := range out.im.Pix {
		out.im.Pix[i] = uint8(min(max(float64(v)+2*r.NormFloat64(), 0), 255))
	}
	out.miss(r)
	return out
}

// paper is a colour of grounds that scanners and programs put around documents.
func paper(r *rand.Rand) color.Color {
	return []color.Color{color.White, color.Black, color.Gray{Y: 240}, color.Gray{Y: 128}, color.RGBA{R: 225, G: 232, B: 240, A: 255}}[r.IntN(5)]
}

// twoCards has both sides of a card, above or beside each other, as copies and
// collages have them: with margins or with none.
func twoCards(r *rand.Rand) wanted {
	cards := slices.DeleteFunc(slices.Clone(printed().sides), func(s specimen.Sides) bool { return s.Back == nil })
	sides := cards[r.IntN(len(cards))]
	both := []*specimen.Side{sides.Front, sides.Back}
	w, h := sides.Front.Width, sides.Front.Height
	margin, gap := 0, 4+r.IntN(h/5)
	if r.IntN(2) == 0 {
		margin = r.IntN(h / 6)
	}
	scale := 0.35 + 0.4*r.Float64()
	at := []image.Point{{X: margin, Y: margin}, {X: margin, Y: margin + h + gap}}
	if r.IntN(2) == 0 {
		at[1] = image.Pt(margin+w+gap, margin)
		return flat(2*w+gap+2*margin, h+2*margin, paper(r), sides.Document, both, at, scale, r)
	}
	return flat(w+2*margin, 2*h+gap+2*margin, paper(r), sides.Document, both, at, scale, r)
}

// scan is nothing but a document, its margins cut off within a few pixels.
func scan(r *rand.Rand) wanted {
	doc, side := anyDocument(r)
	cut := r.IntN(8)
	w := flat(side.Width-2*cut, side.Height-2*cut, paper(r), doc, []*specimen.Side{side}, []image.Point{{X: -cut, Y: -cut}}, 0.4+0.5*r.Float64(), r)
	w.quads = [][]raster.Quad{{raster.Rect(0, 0, float64(w.im.W), float64(w.im.H))}}
	return w
}

// letterbox is a scan with even margins, on two sides or on all, as screens show it.
func letterbox(r *rand.Rand) wanted {
	doc, side := anyDocument(r)
	mx, my := 0, side.Height/20+r.IntN(side.Height)
	switch r.IntN(3) {
	case 0:
		mx, my = my, mx
	case 1:
		mx = side.Width/20 + r.IntN(side.Width/2)
	}
	return flat(side.Width+2*mx, side.Height+2*my, paper(r), doc, []*specimen.Side{side}, []image.Point{{X: mx, Y: my}}, 0.4, r)
}

// visible is the overlap of two quadrilaterals as far as the picture shows them.
func visible(im *raster.Image, a, b raster.Quad) float64 {
	inA, inB := raster.QuadToRect(a, 1, 1).Inverse(), raster.QuadToRect(b, 1, 1).Inverse()
	in := func(h raster.Homography, p raster.Point) bool {
		p = h.Apply(p)
		return p.X >= 0 && p.X <= 1 && p.Y >= 0 && p.Y <= 1
	}
	const n = 160
	var both, either float64
	for i := range n * n {
		p := raster.Point{X: (float64(i%n) + 0.5) / n * float64(im.W), Y: (float64(i/n) + 0.5) / n * float64(im.H)}
		x, y := in(inA, p), in(inB, p)
		if x && y {
			both++
		}
		if x || y {
			either++
		}
	}
	return both / max(either, 1)
}

// TestStress draws documents in every hard scene.
func TestStress(t *testing.T) {
	t.Parallel()
	for i, scene := range scenes {
		t.Run(scene.name, func(t *testing.T) {
			t.Parallel()
			each := stressEach
			if testing.Short() {
				each = 3
			}
			good, all := 0, 0
			for k := range each {
				w := scene.draw(rand.New(rand.NewPCG(uint64(1000+i), uint64(k))))
				found := locate.Find(w.im, w.hints)
				for _, either := range w.quads {
					all++
					best := 0.0
					for _, d := range found {
						for _, q := range either {
							if d.Confidence >= 0.5 {
								best = max(best, visible(w.im, d.Quad, q))
							}
						}
					}
					if best >= 0.9 {
						good++
					} else {
						t.Logf("picture %d: %.2f of %.0f, %d lines, zone %v: %s", k, best, either[0], len(w.hints.Lines), w.hints.Zone != nil, brief(found))
					}
				}
			}
			t.Logf("%d of %d", good, all)
			if !testing.Short() && float64(good) < scene.floor*float64(all) || good == 0 {
				t.Errorf("found %d of %d", good, all)
			}
		})
	}
}

func brief(found []locate.Document) (s string) {
	for _, d := range found {
		s += fmt.Sprintf(" %.2f %s %.0f", d.Confidence, d.Format, d.Quad)
	}
	return s
}

// TestStressNothing has grounds with straight-edged things and a few words here and
// there, but no document.
func TestStressNothing(t *testing.T) {
	t.Parallel()
	claims, all := 0, 0
	for k := range 3 * stressEach {
		r := rand.New(rand.NewPCG(999, uint64(k)))
		grounds := specimen.Backgrounds()
		im := raster.FromImage(specimen.Nothing(specimen.Camera{Width: stressWide, Height: stressHigh, Background: grounds[k%len(grounds)], Noise: 0.01}, r))
		scatter(im, raster.Rect(-9, -9, -8, -8), r)
		var hints locate.Hints
		for range r.IntN(5) {
			hints.Lines = append(hints.Lines, ocr.Line{
				Center: raster.Point{X: r.Float64() * stressWide, Y: r.Float64() * stressHigh}, Angle: 0.3*r.Float64() - 0.15,
				Length: 40 + 160*r.Float64(), Height: 14 + 20*r.Float64(), Score: 0.5 + 0.4*r.Float64(),
			})
		}
		all++
		if found := locate.Find(im, hints); slices.ContainsFunc(found, func(d locate.Document) bool { return d.Confidence >= 0.5 }) {
			claims++
			t.Logf("picture %d, %d lines: %s", k, len(hints.Lines), brief(found))
		}
	}
	t.Logf("%d claims on %d pictures", claims, all)
	if claims*20 > all {
		t.Errorf("%d claims on %d pictures", claims, all)
	}
}

// BenchmarkFindStress is the time for one picture of each scene, the hardest to search
// being those with most lines.
func BenchmarkFindStress(b *testing.B) {
	for i, scene := range scenes {
		b.Run(scene.name, func(b *testing.B) {
			w := scene.draw(rand.New(rand.NewPCG(uint64(1000+i), 0)))
			b.ReportAllocs()
			for b.Loop() {
				locate.Find(w.im, w.hints)
			}
		})
	}
}
