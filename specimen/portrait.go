package specimen

import (
	"image"
	"math"
	"math/rand/v2"

	"github.com/fogleman/gg"
)

// looks is what tells one drawn face from another.
type looks struct {
	skin, hair, iris, cloth, backdrop hue
	female                            bool
	age                               float64 // years
	style                             hairdo
	beard                             float64 // 0 none … 1 full
	moustache, glasses, scarf         bool
	width, jaw, chin, brow            float64 // 1 is the middle
	eyeSize, eyeGap, eyeTilt          float64
	nose, mouth, smile                float64
	neckline                          int
}

type hairdo uint8

const (
	shortHair hairdo = iota
	sidePart
	cropped
	bald
	curly
	longParted
	longFringe
	bob
	bun
)

var skins = []hue{
	rgb(0xf6d7c3), rgb(0xf0c8ac), rgb(0xe8b896), rgb(0xdba67f), rgb(0xc88d63), rgb(0xa87048), rgb(0x8a5637), rgb(0x6b402a), rgb(0x4f2e20),
}

var hairs = []hue{
	rgb(0x17120f), rgb(0x2a1d16), rgb(0x3f2a1c), rgb(0x5b3d26), rgb(0x7d5430), rgb(0xa97a45), rgb(0xc9a066), rgb(0x8a3d20), rgb(0x6f6a66),
}

var irises = []hue{
	rgb(0x3b2415), rgb(0x54341d), rgb(0x6e4b25), rgb(0x6b6a35), rgb(0x4f6b57), rgb(0x56718c), rgb(0x6c8298),
}

// newLooks throws a face. years is the age at the time of the picture.
func newLooks(d dice, female bool, years int) looks {
	s := d.IntN(len(skins))
	h := d.IntN(len(hairs))
	i := d.IntN(len(irises))
	if s > 4 { // darker complexions mostly with dark hair and eyes
		h, i = d.IntN(4), d.IntN(3)
	}
	l := looks{
		skin: skins[s], hair: hairs[h], iris: irises[i], female: female, age: float64(years),
		backdrop: pick(d, rgb(0xdfe6ea), rgb(0xd3dde6), rgb(0xe8e6e0), rgb(0xcfd8da), rgb(0xe2dfe6)),
		cloth:    pick(d, rgb(0x2b3445), rgb(0x3c2f38), rgb(0x32493f), rgb(0x5a2e35), rgb(0x4a5a6b), rgb(0x232323), rgb(0x7a6a58), rgb(0x274a5f)),
		width:    1 + d.near(0.035, 0.07), jaw: 1 + d.near(0.07, 0.14), chin: 1 + d.near(0.03, 0.06), brow: d.between(0.7, 1.3),
		eyeSize: 1 + d.near(0.06, 0.12), eyeGap: 1 + d.near(0.03, 0.06), eyeTilt: d.near(0.05, 0.1),
		nose: 1 + d.near(0.09, 0.18), mouth: 1 + d.near(0.06, 0.12), smile: d.between(-0.1, 0.7),
		glasses: d.chance(0.22), neckline: d.IntN(3),
	}
	if female {
		l.style = pick(d, longParted, longParted, longFringe, bob, bun, curly, shortHair)
		l.jaw *= 0.9
		l.brow *= 0.75
		l.scarf = d.chance(0.06)
		if d.chance(0.5) {
			l.cloth = pick(d, rgb(0x8c3b4a), rgb(0x2f5d62), rgb(0x6b5b7a), rgb(0xb08a5a), rgb(0xd9d2c7))
		}
	} else {
		l.style = pick(d, shortHair, shortHair, sidePart, sidePart, cropped, curly, bald)
		if d.chance(0.4) {
			l.beard = d.between(0.25, 1)
		}
		l.moustache = l.beard > 0.3 || d.chance(0.08)
		if l.style == bald && years < 35 {
			l.style = cropped
		}
	}
	if years > 48 {
		l.hair = l.hair.mix(rgb(0xb9b6b2), min(float64(years-48)/25, 1)*d.between(0.5, 1))
	}
	return l
}

// Portrait draws a face that nobody has, in the proportions of ICAO 9303 part 3
// (35×45), w pixels wide. The same generator state gives the same face.
func Portrait(r *rand.Rand, female bool, years, w int) image.Image {
	return newLooks(dice{r}, female, years).draw(dice{r}, w)
}

// draw paints in a frame 100 units wide and 128.6 high; light comes from the upper left.
func (l looks) draw(d dice, w int) *image.RGBA {
	unit := float64(w) / 100
	c := newCanvas(w, int(math.Round(float64(w)*45/35)), unit)
	f := &face{looks: l, canvas: c, d: d}
	c.wash(l.backdrop.light(1.06), l.backdrop, l.backdrop.light(0.86), 0.9)
	f.behind()
	f.neckAndClothes()
	f.ears()
	f.head()
	f.eyes()
	f.noseAndMouth()
	f.whiskers()
	f.crown()
	if l.glasses {
		f.spectacles()
	}
	f.film()
	return c.RGBA
}

// face holds what the painting steps share. The head's measures are those of a
// person looking straight ahead.
type face struct {
	looks
	*canvas
	d     dice
	skull *plane // the face's outline
}

const (
	axis   = 50.0
	top    = 19.0
	eyeY   = 59.0
	noseY  = 75.0
	mouthY = 84.5
)

func (f *face) half() float64  { return 26.5 * f.width }
func (f *face) chinY() float64 { return 99.5 + (f.chin-1)*40 }

func (f *face) outline() []Point {
	w, j, chin := f.half(), 20.5*f.jaw*f.width, f.chinY()
	if f.female {
		j *= 0.97
	}
	return mirror(
		Point{axis, top}, Point{axis + w*0.62, top + 4.5}, Point{axis + w*0.96, top + 20}, Point{axis + w, 56},
		Point{axis + w*0.955, 70}, Point{axis + j, 86}, Point{axis + j*0.62, 95.5}, Point{axis + j*0.27, chin - 0.6}, Point{axis, chin},
	)
}

func (f *face) shape(blur float64, pts ...Point) *plane {
	return f.mask(blur, func(dc *gg.Context) { spline(dc, true, pts...); dc.Fill() })
}

func (f *face) spot(x, y, rx, ry, blur float64) *plane {
	return f.mask(blur, func(dc *gg.Context) { dc.DrawEllipse(x, y, rx, ry); dc.Fill() })
}

func (f *face) stroke(blur, width float64, pts ...Point) *plane {
	return f.mask(blur, func(dc *gg.Context) {
		dc.SetLineWidth(width * f.unit)
		dc.SetLineCapRound()
		spline(dc, false, pts...)
		dc.Stroke()
	})
}

// both doubles a mask drawn on the right half.
func both(m *plane) *plane {
	out := newPlane(m.w, m.h)
	r := m.bounds()
	out.live = r.Union(image.Rect(m.w-r.Max.X, r.Min.Y, m.w-r.Min.X, r.Max.Y))
	for y := out.live.Min.Y; y < out.live.Max.Y; y++ {
		a, o := m.row(y), out.row(y)
		for x := out.live.Min.X; x < out.live.Max.X; x++ {
			o[x] = max(a[x], a[m.w-1-x])
		}
	}
	return out
}

// behind paints hair that hangs behind the neck.
func (f *face) behind() {
	w := f.half()
	var pts []Point
	switch {
	case f.scarf:
		return
	case f.style == longParted || f.style == longFringe:
		pts = mirror(Point{axis, top - 8}, Point{axis + w*0.85, top}, Point{axis + w*1.25, 48}, Point{axis + w*1.3, 80}, Point{axis + w*1.38, 110}, Point{axis + w*1.1, 132}, Point{axis, 134})
	case f.style == bob:
		pts = mirror(Point{axis, top - 8}, Point{axis + w*0.9, top}, Point{axis + w*1.28, 50}, Point{axis + w*1.3, 78}, Point{axis + w*1.12, 95}, Point{axis + w*0.5, 98}, Point{axis, 96})
	case f.style == bun:
		m := f.shape(0.4, Point{axis - 9, top - 6}, Point{axis, top - 15}, Point{axis + 9, top - 6}, Point{axis, top + 1})
		f.lay(m, f.hair.light(0.85), 1, over)
		return
	default:
		return
	}
	m := f.shape(0.5, pts...)
	f.lay(m, f.hair.light(0.72), 1, over)
	f.strands(m, 240, 0.35, func(t float64) []Point {
		x := axis + (t-0.5)*2.6*w
		bow := (t - 0.5) * 10
		return []Point{{axis + (t-0.5)*w, top - 6}, {x, 50}, {x + bow*0.3, 90}, {x + bow*0.2 + f.d.near(1, 3), 132}}
	})
}

// strands draws hairs along paths and lets light and dark alternate, within m.
func (f *face) strands(m *plane, n int, width float64, path func(t float64) []Point) {
	for _, pass := range []struct {
		tone float64
		how  blend
	}{{0.45, multiply}, {0.30, screen}} {
		s := f.mask(0.12, func(dc *gg.Context) {
			for range n {
				dc.SetLineWidth(f.d.between(0.4, 1.4) * width * f.unit)
				dc.SetRGBA(1, 1, 1, f.d.between(0.15, 0.7))
				spline(dc, false, path(f.d.Float64())...)
				dc.Stroke()
			}
		})
		col := f.hair.light(0.4)
		if pass.how == screen {
			col = f.hair.light(1.25).mix(rgb(0xfff2e0), 0.12)
		}
		f.lay(s.times(m), col, pass.tone, pass.how)
	}
}

func (f *face) neckAndClothes() {
	neck := 15.5 * f.width
	if !f.female {
		neck = 18.5 * f.width
	}
	shade := f.skin.light(0.82)
	m := f.shape(0.4, mirror(Point{axis, 82}, Point{axis + neck, 84}, Point{axis + neck*0.97, 104}, Point{axis + neck*1.25, 114}, Point{axis + neck*1.5, 125}, Point{axis, 134})...)
	f.lay(m, shade, 1, over)
	f.lay(f.spot(axis+6, 101, neck*1.05, 8.5, 3.5).times(m), f.skin.light(0.45), 0.75, multiply)
	f.lay(f.stroke(1.4, 2, Point{axis + neck*0.95, 90}, Point{axis + neck*0.5, 110}, Point{axis + 2.5, 121}).times(m), f.skin.light(0.6), 0.5, multiply)
	f.lay(f.stroke(1.6, 2.5, Point{axis - neck*0.9, 92}, Point{axis - neck*0.5, 110}, Point{axis - 3, 121}).times(m), rgb(0xffffff), 0.12, screen)

	slope := 0.0
	if !f.female {
		slope = 3
	}
	var cut []Point
	switch f.neckline {
	case 0: // round
		cut = []Point{{axis + neck*1.12, 110}, {axis + neck*0.7, 119}, {axis, 122}}
	case 1: // V
		cut = []Point{{axis + neck*1.1, 109}, {axis + neck*0.55, 119}, {axis, 129}}
	default: // high
		cut = []Point{{axis + neck*1.06, 105}, {axis + neck*0.7, 109}, {axis, 111}}
	}
	right := []Point{{axis, 140}, {112, 140}, {108, 120 - slope}, {92, 114 - slope}, {78, 110.5 - slope*0.7}}
	body := f.shape(0.35, mirror(append(right, cut...)...)...)
	f.lay(body, f.cloth, 1, over)
	f.lay(f.spot(78, 128, 26, 14, 7).times(body), f.cloth.light(0.35), 0.6, multiply)
	f.lay(f.spot(24, 116, 18, 5, 4).times(body), rgb(0xffffff), 0.16, screen)
	weave := f.mask(0, func(dc *gg.Context) {
		dc.SetLineWidth(0.25 * f.unit)
		for i := range 70 {
			x := float64(i) * 2.4
			dc.DrawLine(x-60, 134, x-20, 100)
		}
		dc.Stroke()
	})
	f.lay(weave.times(body), f.cloth.light(0.5), 0.25, multiply)
	edge := append([]Point(nil), cut...)
	for i := len(cut) - 2; i >= 0; i-- {
		edge = append(edge, Point{2*axis - cut[i].X, cut[i].Y})
	}
	f.lay(f.stroke(0.25, 1.1, edge...), f.cloth.light(0.55), 0.8, over)
	if f.neckline == 1 && !f.female { // shirt collar and lapels
		collar := both(f.shape(0.25, Point{axis + neck*0.98, 103}, Point{axis + neck*1.2, 109}, Point{axis + neck*0.62, 122}, Point{axis + 2, 121}, Point{axis + neck*0.5, 112}))
		f.lay(collar, rgb(0xe9edf1), 1, over)
		f.lay(both(f.stroke(0.3, 0.5, Point{axis + neck*1.2, 109}, Point{axis + neck*0.62, 122}, Point{axis + 2, 121})), rgb(0x6b7684), 0.6, over)
	}
	if f.scarf {
		w := f.half()
		veil := f.shape(0.4, mirror(Point{axis, top - 7}, Point{axis + w*0.85, top - 1}, Point{axis + w*1.16, 46}, Point{axis + w*1.13, 76}, Point{axis + w*0.98, 100}, Point{axis + w*1.3, 116}, Point{axis + w*0.9, 136}, Point{axis, 138})...)
		f.lay(veil, f.cloth.mix(rgb(0xd8cfc4), 0.45), 1, over)
		f.lay(f.stroke(2, 3, Point{axis - w, 96}, Point{axis, 116}, Point{axis + w*1.1, 104}).times(veil), f.cloth.light(0.5), 0.6, multiply)
		f.lay(f.stroke(2, 3, Point{axis - w*1.1, 108}, Point{axis, 126}, Point{axis + w*1.2, 118}).times(veil), rgb(0xffffff), 0.2, screen)
	}
}

func (f *face) ears() {
	if f.scarf || f.style == longParted || f.style == longFringe || f.style == bob {
		return
	}
	w := f.half()
	m := both(f.shape(0.25, Point{axis + w*0.93, 56}, Point{axis + w*1.06, 54}, Point{axis + w*1.13, 59}, Point{axis + w*1.08, 68}, Point{axis + w*1.01, 74}, Point{axis + w*0.94, 71}))
	f.lay(m, f.skin.light(0.9), 1, over)
	f.lay(both(f.stroke(0.5, 1, Point{axis + w*1.03, 58}, Point{axis + w*1.08, 62}, Point{axis + w*1.02, 69})), f.skin.light(0.5).mix(rgb(0x80302a), 0.2), 0.6, multiply)
}

func (f *face) head() {
	pts := f.outline()
	f.skull = f.shape(0.3, pts...)
	m := f.skull
	f.lay(m, f.skin, 1, over)
	w := f.half()
	warm := f.skin.mix(rgb(0xc0503c), 0.35)
	// The form: dark towards the right edge and below, light on what stands out.
	f.lay(m.without(f.spot(axis-5, 52, w*0.95, 44, 9)), f.skin.light(0.52).mix(warm, 0.25), 0.55, multiply)
	f.lay(m.without(f.spot(axis+3, 54, w*1.02, 44, 7)), f.skin.light(0.6), 0.3, multiply)
	f.lay(f.spot(axis-7, 35, 15, 9, 7).times(m), rgb(0xffffff), 0.15, screen)
	f.lay(f.spot(axis-15, 72, 7.5, 6, 4).times(m), rgb(0xfff4ea), 0.15, screen)
	f.lay(f.spot(axis+15, 73, 6, 5, 4).times(m), rgb(0xfff4ea), 0.07, screen)
	f.lay(f.spot(axis-2, f.chinY()-5.5, 5, 3, 2.5).times(m), rgb(0xfff4ea), 0.13, screen)
	f.lay(both(f.spot(axis+15.5, 75, 7, 6, 5)).times(m), rgb(0xd86a58), 0.16, multiply)
	f.lay(both(f.shape(3, Point{axis + 21, 70}, Point{axis + 24, 76}, Point{axis + 16, 88}, Point{axis + 12, 87})).times(m), f.skin.light(0.6), 0.22, multiply)
	f.lay(both(f.spot(axis+f.half()*0.95, 46, 5, 10, 4)).times(m), f.skin.light(0.6), 0.25, multiply)
	if a := (f.age - 38) / 35; a > 0 { // folds of age
		a = min(a, 1)
		f.lay(both(f.stroke(0.7, 0.9, Point{axis + 7.5, 76}, Point{axis + 11.5, 82}, Point{axis + 12.5, 88})).times(m), f.skin.light(0.45), 0.55*a, multiply)
		f.lay(both(f.stroke(0.6, 0.7, Point{axis + 6.5, 65.5}, Point{axis + 11, 68}, Point{axis + 16, 66.5})).times(m), f.skin.light(0.5), 0.5*a, multiply)
		for i := range 3 {
			y := 34.0 + 4*float64(i)
			f.lay(f.stroke(0.5, 0.5, Point{axis - 13, y + 0.8}, Point{axis - 4, y}, Point{axis + 5, y + 0.3}, Point{axis + 13, y + 1}).times(m), f.skin.light(0.55), 0.32*a, multiply)
		}
		f.lay(both(f.stroke(0.3, 0.4, Point{axis + 20.5, 59}, Point{axis + 23.5, 57.5})).times(m), f.skin.light(0.5), 0.5*a, multiply)
	}
}

func (f *face) eyes() {
	for _, side := range []float64{-1, 1} {
		f.eye(side)
	}
	// The brow ridge and the hollows beside the nose.
	f.lay(both(f.spot(axis+6.3, eyeY-3.5, 3, 4.5, 2.2)).times(f.skull), f.skin.light(0.5), 0.42, multiply)
}

func (f *face) eye(side float64) {
	s := f.eyeSize
	x, y := axis+side*12.4*f.eyeGap, eyeY
	at := func(dx, dy float64) Point { return Point{x + side*dx*s, y + dy*s - f.eyeTilt*dx*s} }
	socket := f.shape(1.7, at(-6.5, -1), at(0, -6), at(7.5, -2.5), at(6, 3), at(0, 4.4), at(-5.6, 3))
	f.lay(socket.times(f.skull), f.skin.light(0.5).mix(rgb(0x6a3a3a), 0.15), 0.42, multiply)
	f.lay(f.spot(x, y-4.8*s, 4.6, 1.1, 0.9).times(f.skull), rgb(0xfff1e4), 0.14, screen)
	lid := 2.35
	if f.age > 55 {
		lid = 2.0
	}
	white := f.shape(0.12, at(-5.3, 0.9), at(-2.6, -1.35), at(0.2, -lid), at(3.2, -1.75), at(5.5, -0.1), at(3.2, 1.55), at(0, 2.05), at(-3.2, 1.75))
	f.lay(white, rgb(0xefebe6), 1, over)
	f.lay(f.shape(0.7, at(-5.5, -0.2), at(0, -2.6), at(5.6, -1.2), at(5, -0.6), at(0, -1), at(-5, 0.5)).times(white), rgb(0x4a3a3a), 0.5, multiply)
	f.lay(f.spot(x-side*4.7*s, y+0.9*s, 0.9, 0.7, 0.4).times(white), rgb(0xc98078), 0.6, over)
	iris := f.spot(x, y-0.2*s, 2.5*s, 2.5*s, 0.12).times(white)
	f.lay(iris, f.iris.light(0.55), 1, over)
	f.lay(f.spot(x, y+0.1*s, 1.95*s, 1.95*s, 0.35).times(iris), f.iris.light(1.2), 0.85, over)
	f.lay(f.spot(x+0.4, y+0.9*s, 1.3*s, 0.9*s, 0.5).times(iris), f.iris.light(1.6), 0.5, screen)
	f.lay(f.spot(x, y-0.15*s, 1.05*s, 1.05*s, 0.15).times(white), rgb(0x0a0808), 1, over)
	f.lay(f.spot(x, y-2.3*s, 2.9*s, 1, 0.5).times(white), rgb(0x120c0a), 0.55, over)
	f.lay(f.spot(x-0.85, y-0.95*s, 0.55, 0.5, 0.12), rgb(0xffffff), 0.95, over)
	dark := f.hair.light(0.4).mix(rgb(0x1a0f0c), 0.6)
	upper := 0.62
	if f.female {
		upper = 0.85
	}
	f.lay(f.stroke(0.1, upper, at(-5.2, 0.8), at(-2.6, -1.45), at(0.2, -lid-0.12), at(3.2, -1.85), at(5.6, -0.1)), dark, 0.92, over)
	f.lay(f.stroke(0.25, 0.3, at(-4.8, 1.1), at(-3, 1.85), at(0, 2.2), at(3.2, 1.65), at(5.3, 0.2)), f.skin.light(0.45).mix(rgb(0x803a34), 0.25), 0.65, over)
	f.lay(f.stroke(0.3, 0.45, at(-4.9, -1.2), at(-2.2, -3.5), at(0.6, -4.15), at(3.6, -3.4), at(6.1, -1.3)).times(f.skull), f.skin.light(0.42), 0.75, multiply)
	f.lay(f.stroke(0.8, 0.9, at(-4.6, 3.5), at(-1, 4.8), at(3, 4.2)).times(f.skull), f.skin.light(0.6), 0.3, multiply)
	if f.female {
		lashes := f.mask(0.08, func(dc *gg.Context) {
			dc.SetLineWidth(0.3 * f.unit)
			for i := range 9 {
				t := float64(i) / 8
				a, b := at(-1.5+6.6*t, -2.2+2*t*t), at(-1.7+8*t, -3.4+1.9*t*t)
				dc.DrawLine(a.X, a.Y, b.X, b.Y)
			}
			dc.Stroke()
		})
		f.lay(lashes, dark, 0.75, over)
	}
	// The eyebrow, hair by hair.
	thick := 1.5 * f.brow
	bar := func(t float64) Point {
		return at(-7+14.4*t, -7.2-2.3*math.Sin(math.Pi*min(t*1.25, 1)*0.72)+2.5*t*t)
	}
	soft := f.mask(0.45, func(dc *gg.Context) {
		for i := range 40 {
			t := float64(i) / 39
			p := bar(t)
			dc.DrawCircle(p.X, p.Y, thick*(0.75-0.5*t*t)*math.Min(1, 0.55+t*3)*0.9)
		}
		dc.Fill()
	})
	tone := f.hair.mix(rgb(0x1c1410), 0.45)
	f.lay(soft, tone, 0.5, over)
	hairs := f.mask(0.08, func(dc *gg.Context) {
		dc.SetLineWidth(0.32 * f.unit)
		for range 90 {
			t := f.d.Float64()
			p := bar(t)
			p.Y += f.d.near(0.5, 1) * thick * (1 - 0.6*t)
			dc.DrawLine(p.X, p.Y+0.5, p.X+side*(0.6+1.2*t), p.Y-0.9+1.1*t)
		}
		dc.Stroke()
	})
	f.lay(hairs, tone.light(0.8), 0.7, over)
}

func (f *face) noseAndMouth() {
	n, m := 5.3*f.nose, f.skull
	if !f.female {
		n *= 1.07
	}
	dark := f.skin.light(0.42).mix(rgb(0x702c24), 0.2)
	f.lay(f.shape(1.6, Point{axis + 3.2, 53}, Point{axis + 4, 64}, Point{axis + n + 1, 73}, Point{axis + n, 77}, Point{axis + 2.6, 70}, Point{axis + 2, 58}).times(m), f.skin.light(0.5), 0.42, multiply)
	f.lay(f.stroke(1, 1.4, Point{axis - 3.4, 55}, Point{axis - 3.6, 64}, Point{axis - 4.4, 70}).times(m), f.skin.light(0.6), 0.25, multiply)
	f.lay(f.stroke(1.1, 2, Point{axis - 0.6, 54}, Point{axis - 0.8, 70}).times(m), rgb(0xfff6ee), 0.2, screen)
	f.lay(f.spot(axis-0.8, 73.2, 2.1, 1.9, 1.1).times(m), rgb(0xffffff), 0.24, screen)
	f.lay(f.spot(axis+0.8, noseY+3, n*0.95, 1.5, 1).times(m), f.skin.light(0.45), 0.5, multiply)
	f.lay(both(f.shape(0.3, Point{axis + 1.5, noseY + 1.1}, Point{axis + 3, noseY + 0.1}, Point{axis + n*0.78, noseY + 0.9}, Point{axis + 3, noseY + 1.8})), dark.light(0.55), 0.8, over)
	f.lay(both(f.stroke(0.4, 0.6, Point{axis + n*0.9, 71.4}, Point{axis + n*1.09, 74}, Point{axis + n*0.98, 76.2}, Point{axis + n*0.7, 76.6})), dark, 0.6, over)
	f.lay(f.stroke(0.4, 0.5, Point{axis - 1.6, noseY + 1.6}, Point{axis, noseY + 2.1}, Point{axis + 1.7, noseY + 1.5}), dark, 0.5, over)
	f.lay(f.shape(0.9, Point{axis - 1.3, 78.4}, Point{axis + 1.2, 78.4}, Point{axis + 1.6, mouthY - 3.2}, Point{axis - 1.5, mouthY - 3.2}).times(m), f.skin.light(0.6), 0.3, multiply)

	w := 9.4 * f.mouth
	lift := 1.1 * f.smile
	lips := f.skin.mix(rgb(0xa8423f), 0.42).light(0.9)
	full := 1.0
	if f.female {
		lips = f.skin.mix(rgb(0xb03a48), 0.58).light(0.93)
		full = 1.18
	}
	y := mouthY
	corner := y - lift
	upper := f.shape(0.3, mirror(Point{axis, y - 1.5*full}, Point{axis + 2, y - 2.3*full}, Point{axis + w*0.6, y - 1.2*full - lift*0.4}, Point{axis + w, corner}, Point{axis + w*0.5, y + 0.45 - lift*0.2}, Point{axis, y + 0.6})...)
	lower := f.shape(0.35, mirror(Point{axis, y + 0.2}, Point{axis + w*0.55, y - lift*0.2}, Point{axis + w*0.97, corner + 0.1}, Point{axis + w*0.62, y + 2.3*full - lift*0.2}, Point{axis + w*0.3, y + 3.3*full}, Point{axis, y + 3.5*full})...)
	f.lay(f.spot(axis+1, y+5.2*full, w*0.6, 1.5, 1.1).times(m), f.skin.light(0.5), 0.55, multiply)
	f.lay(lower, lips, 0.95, over)
	f.lay(upper, lips.light(0.8), 0.95, over)
	f.lay(f.spot(axis-1.5, y+1.9*full, w*0.34, 0.75, 0.6).times(lower), rgb(0xffffff), 0.3, screen)
	line := []Point{{axis - w*0.99, corner}, {axis - w*0.5, y + 0.25 - lift*0.15}, {axis - 1.2, y + 0.1}, {axis, y + 0.45}, {axis + 1.2, y + 0.1}, {axis + w*0.5, y + 0.25 - lift*0.15}, {axis + w*0.99, corner}}
	f.lay(f.stroke(0.25, 0.55, line...), lips.light(0.35), 0.85, over)
	f.lay(both(f.spot(axis+w*1.05, corner, 1.2, 1.3, 0.7)).times(m), f.skin.light(0.5), 0.5, multiply)
}

func (f *face) whiskers() {
	if f.beard == 0 && !f.moustache {
		return
	}
	j := 20.5 * f.jaw * f.width
	chin := f.chinY()
	var area *plane
	if f.beard > 0 {
		area = f.shape(1.1, mirror(Point{axis, 91.5}, Point{axis + 8, 90.5}, Point{axis + 12.5, 84}, Point{axis + 16, 79}, Point{axis + f.half()*0.99, 64}, Point{axis + f.half()*1.02, 72}, Point{axis + j*1.05, 88}, Point{axis + j*0.7, 98}, Point{axis, chin + 1 + 3*f.beard})...)
	} else {
		area = newPlane(f.w, f.h)
		area.live = image.Rect(0, 0, 1, 1)
	}
	if f.moustache {
		lip := f.shape(0.6, mirror(Point{axis, 78.7}, Point{axis + 5, 78.8}, Point{axis + 11, 82}, Point{axis + 11.8, 86}, Point{axis + 6.5, 82.6}, Point{axis, 81.6})...)
		area.live = area.bounds().Union(lip.live)
		for i, v := range lip.p {
			area.p[i] = max(area.p[i], v)
		}
	}
	tone := f.hair.mix(rgb(0x201814), 0.3)
	strength := 0.35 + 0.5*f.beard
	if f.beard == 0 {
		strength = 0.75
	}
	f.lay(area, tone, strength*0.62, over)
	s := f.mask(0.1, func(dc *gg.Context) {
		for range 1500 {
			x, y := f.d.between(axis-f.half(), axis+f.half()), f.d.between(62, chin+4)
			dc.SetRGBA(1, 1, 1, f.d.between(0.3, 0.9))
			dc.SetLineWidth(f.d.between(0.15, 0.4) * f.unit)
			dx := (x - axis) * 0.05
			dc.DrawLine(x, y, x+dx+f.d.near(0.4, 1), y+f.d.between(0.6, 1.6)*(0.5+f.beard))
			dc.Stroke()
		}
	})
	f.lay(s.times(area), tone.light(0.6), strength, over)
}

// crown paints the hair that frames the face.
func (f *face) crown() {
	w := f.half()
	if f.scarf {
		rim := f.mask(0.3, func(dc *gg.Context) {
			spline(dc, true, mirror(Point{axis, top - 8}, Point{axis + w*0.9, top - 1}, Point{axis + w*1.2, 46}, Point{axis + w*1.14, 78}, Point{axis + w*0.8, 99}, Point{axis, 107})...)
			spline(dc, true, mirror(Point{axis, 27}, Point{axis + w*0.6, 30}, Point{axis + w*0.9, 46}, Point{axis + w*0.9, 70}, Point{axis + w*0.7, 87}, Point{axis, f.chinY() - 0.5})...)
			dc.SetFillRuleEvenOdd()
			dc.Fill()
		})
		tone := f.cloth.mix(rgb(0xd8cfc4), 0.45)
		f.lay(rim, tone, 1, over)
		f.lay(f.stroke(1.2, 1.6, mirror(Point{axis, 26}, Point{axis + w*0.64, 29}, Point{axis + w*0.96, 46}, Point{axis + w*0.96, 70})[:4]...).times(rim), tone.light(0.4), 0.5, multiply)
		f.lay(f.spot(axis-9, top+2, 14, 4, 3).times(rim), rgb(0xffffff), 0.22, screen)
		return
	}
	var pts []Point
	n, path := 0, func(float64) []Point { return nil }
	j := func(a float64) float64 { return f.d.near(a, 2*a) }
	switch f.style {
	case bald:
		f.lay(f.spot(axis-8, top+6, 10, 4.5, 3).times(f.skull), rgb(0xffffff), 0.25, screen)
		side := both(f.shape(1, Point{axis + w*0.98, 44}, Point{axis + w*1.04, 55}, Point{axis + w*1.02, 63}, Point{axis + w*0.93, 60}, Point{axis + w*0.92, 48}))
		f.lay(side, f.hair, 0.6, over)
		return
	case cropped:
		pts = mirror(Point{axis, top - 2.5}, Point{axis + w*0.68, top + 1.5}, Point{axis + w*1.02, top + 20}, Point{axis + w*1.04, 57}, Point{axis + w*0.97, 58}, Point{axis + w*0.92, 44}, Point{axis + w*0.72, 34}, Point{axis, 31.5})
		m := f.shape(0.8, pts...)
		f.lay(m, f.hair, 0.72, over)
		grain := f.mask(0.1, func(dc *gg.Context) {
			for range 2600 {
				dc.SetRGBA(1, 1, 1, f.d.between(0.2, 0.9))
				dc.DrawPoint(f.d.between(axis-w*1.1, axis+w*1.1), f.d.between(top-4, 60), 0.28*f.unit)
				dc.Fill()
			}
		})
		f.lay(grain.times(m), f.hair.light(0.5), 0.7, over)
		f.lay(f.spot(axis-9, top+4, 12, 4, 3).times(m), rgb(0xffffff), 0.18, screen)
		return
	case curly:
		m := f.mask(0.35, func(dc *gg.Context) {
			for range 170 {
				a := f.d.between(math.Pi*1.0, math.Pi*2.0)
				rr := f.d.between(0.86, 1.08)
				// The mass is highest above the crown and lies close at the temples.
				x, y := axis+math.Cos(a)*w*1.02*rr, 45+math.Sin(a)*30*rr
				dc.DrawCircle(x, y, f.d.between(2, 3.2)+2*math.Abs(math.Sin(a)))
			}
			dc.Fill()
			spline(dc, true, mirror(Point{axis, top - 6}, Point{axis + w*0.8, top + 2}, Point{axis + w*1.04, 42}, Point{axis + w*1.02, 54}, Point{axis + w*0.96, 54}, Point{axis + w*0.9, 43}, Point{axis + w*0.68, 34.5}, Point{axis, 31})...)
			dc.Fill()
		})
		f.lay(m, f.hair, 1, over)
		for _, how := range []blend{multiply, screen} {
			rings := f.mask(0.15, func(dc *gg.Context) {
				for range 330 {
					dc.SetRGBA(1, 1, 1, f.d.between(0.2, 0.8))
					dc.SetLineWidth(f.d.between(0.4, 0.9) * f.unit)
					a := f.d.between(0, 6)
					dc.DrawArc(f.d.between(axis-w*1.3, axis+w*1.3), f.d.between(top-14, 58), f.d.between(1, 3), a, a+f.d.between(1.5, 4))
					dc.Stroke()
				}
			})
			if how == multiply {
				f.lay(rings.times(m), f.hair.light(0.35), 0.6, how)
			} else {
				f.lay(rings.times(m), f.hair.light(1.3).mix(rgb(0xfff0dc), 0.1), 0.35, how)
			}
		}
		return
	case sidePart, shortHair:
		part := -9.0
		if f.style == shortHair {
			part = -2
		}
		pts = []Point{
			{axis + part, top - 6},
			{axis + w*0.55, top - 5},
			{axis + w*0.98, top + 9},
			{axis + w*1.07, 42},
			{axis + w*1.03, 59},
			{axis + w*0.95, 58},
			{axis + w*0.92, 46},
			{axis + w*0.74, 36 + j(1)},
			{axis + w*0.35, 33 + j(1)},
			{axis + part*0.4, 31},
			{axis + part - 4, 29},
			{axis - w*0.62, 35},
			{axis - w*0.91, 45},
			{axis - w*0.95, 58},
			{axis - w*1.03, 59},
			{axis - w*1.07, 42},
			{axis - w*0.96, top + 9},
			{axis - w*0.6, top - 2},
		}
		n = 260
		path = func(t float64) []Point {
			x := axis + (t-0.5)*2.1*w
			return []Point{{axis + part + j(1), top + 4}, {(axis + part + x) / 2, top - 4 + math.Abs(t-0.5)*8 + j(1)}, {x, top + 14 + 30*math.Abs(t-0.5) + j(1)}, {x + (t-0.5)*6, 40 + 34*math.Abs(t-0.5)}}
		}
	case longParted, bun, bob:
		low := 112.0
		if f.style == bob {
			low = 94
		}
		if f.style == bun {
			low = 58
		}
		px := axis - 3.0
		inner := 0.86
		if f.style == bun {
			inner = 0.97
		}
		pts = []Point{
			{px, top - 7},
			{axis + w*0.62, top - 4},
			{axis + w*1.08, top + 14},
			{axis + w*1.2, 52},
			{axis + w*1.22, (52 + low) / 2},
			{axis + w*1.16, low},
			{axis + w*0.97, low - 6},
			{axis + w*1.0, 74},
			{axis + w*inner, 52},
			{axis + w*0.66, 38},
			{axis + w*0.25, 30},
			{px, 26},
			{axis - w*0.35, 30},
			{axis - w*0.7, 38},
			{axis - w*inner, 52},
			{axis - w*1.0, 74},
			{axis - w*0.97, low - 6},
			{axis - w*1.16, low},
			{axis - w*1.22, (52 + low) / 2},
			{axis - w*1.2, 52},
			{axis - w*1.08, top + 14},
			{axis - w*0.66, top - 3},
		}
		if f.style == bun {
			pts = []Point{
				{px, top - 7},
				{axis + w*0.62, top - 4},
				{axis + w*1.04, top + 16},
				{axis + w*1.07, 50},
				{axis + w*1.0, 60},
				{axis + w*0.95, 56},
				{axis + w*0.88, 44},
				{axis + w*0.6, 35},
				{axis, 29},
				{axis - w*0.6, 35},
				{axis - w*0.88, 44},
				{axis - w*0.95, 56},
				{axis - w*1.0, 60},
				{axis - w*1.07, 50},
				{axis - w*1.04, top + 16},
				{axis - w*0.62, top - 4},
			}
		}
		n = 340
		path = func(t float64) []Point {
			s := 1.0
			if t < 0.5 {
				s = -1
			}
			q := math.Abs(t-0.5) * 2
			return []Point{{px + s*q*3, top - 6 + (1-q)*32}, {axis + s*w*(0.55+0.5*q), 26 + (1-q)*14}, {axis + s*w*(0.88+0.32*q), 54}, {axis + s*w*(0.96+0.24*q), 82}, {axis + s*w*(1.0+0.16*q), low + 2}}
		}
	case longFringe:
		pts = []Point{
			{axis, top - 7},
			{axis + w*0.62, top - 5},
			{axis + w*1.08, top + 14},
			{axis + w*1.2, 52},
			{axis + w*1.22, 86},
			{axis + w*1.18, 116},
			{axis + w*0.98, 110},
			{axis + w*1.0, 76},
			{axis + w*0.9, 54},
			{axis + w*0.8, 46},
			{axis + w*0.4, 47.5},
			{axis, 47},
			{axis - w*0.4, 47.5},
			{axis - w*0.8, 46},
			{axis - w*0.9, 54},
			{axis - w*1.0, 76},
			{axis - w*0.98, 110},
			{axis - w*1.18, 116},
			{axis - w*1.22, 86},
			{axis - w*1.2, 52},
			{axis - w*1.08, top + 14},
			{axis - w*0.62, top - 5},
		}
		n = 380
		path = func(t float64) []Point {
			s := 1.0
			if t < 0.5 {
				s = -1
			}
			q := math.Abs(t-0.5) * 2
			if q < 0.55 {
				x := axis + s*w*q*1.4
				return []Point{{axis + s*q*8, top - 6}, {x, top + 14}, {x + s, 49}}
			}
			return []Point{{axis + s*10, top - 5}, {axis + s*w*(0.6+0.45*q), 32}, {axis + s*w*(0.85+0.35*q), 60}, {axis + s*w*(0.95+0.25*q), 118}}
		}
	}
	m := f.shape(0.45, pts...)
	under := f.shape(2.2, shifted(pts, 0.6, 2.2)...)
	f.lay(under.times(f.skull).without(m), f.skin.light(0.45), 0.5, multiply)
	f.lay(m, f.hair, 1, over)
	f.strands(m, n, 0.55, path)
	f.lay(f.spot(axis-11, top+5, 13, 4.2, 3).times(m), f.hair.light(1.8).mix(rgb(0xffffff), 0.25), 0.3, screen)
	f.lay(f.spot(axis+22, 40, 9, 22, 6).times(m), f.hair.light(0.4), 0.5, multiply)
}

func shifted(pts []Point, dx, dy float64) []Point {
	out := make([]Point, len(pts))
	for i, p := range pts {
		out[i] = Point{p.X + dx, p.Y + dy}
	}
	return out
}

func (f *face) spectacles() {
	rx, ry := 9.2, 7.0
	if f.d.chance(0.4) {
		ry = 8.4
	}
	tone := pick(f.d, rgb(0x17171a), rgb(0x3a2a20), rgb(0x565a60), rgb(0x6b2b2b))
	gap := 12.4 * f.eyeGap
	width := f.d.between(0.7, 1.5)
	square := f.d.chance(0.5)
	rim := func(dc *gg.Context, x float64) {
		if square {
			dc.DrawRoundedRectangle(x-rx, eyeY+1-ry*0.86, 2*rx, 2*ry*0.9, 3.2)
		} else {
			dc.DrawEllipse(x, eyeY+0.8, rx*0.95, ry)
		}
	}
	glass := f.mask(0.2, func(dc *gg.Context) { rim(dc, axis-gap-0.6); rim(dc, axis+gap+0.6); dc.Fill() })
	f.lay(glass, rgb(0xe8f0f6), 0.05, over)
	shine := f.mask(1, func(dc *gg.Context) {
		dc.SetLineWidth(2.6 * f.unit)
		for _, x := range []float64{axis - gap, axis + gap} {
			dc.DrawLine(x-6, eyeY+6, x+2, eyeY-8)
			dc.Stroke()
		}
	})
	f.lay(shine.times(glass), rgb(0xffffff), 0.16, screen)
	frame := func(dc *gg.Context) {
		dc.SetLineWidth(width * f.unit)
		rim(dc, axis-gap-0.6)
		rim(dc, axis+gap+0.6)
		dc.Stroke()
		spline(dc, false, Point{axis - gap + rx - 1, eyeY - 1}, Point{axis, eyeY - 2.8}, Point{axis + gap - rx + 1, eyeY - 1})
		dc.Stroke()
		for _, s := range []float64{-1, 1} {
			dc.DrawLine(axis+s*(gap+rx+0.4), eyeY-1.5, axis+s*f.half()*1.0, eyeY-2.5)
		}
		dc.Stroke()
	}
	f.lay(f.mask(0.9, func(dc *gg.Context) { dc.Translate(0.8, 1.6); frame(dc) }).times(f.skull), f.skin.light(0.4), 0.35, multiply)
	f.lay(f.mask(0.12, frame), tone, 0.95, over)
}

// film softens the drawing and adds grain, so that it passes for a photograph.
func (f *face) film() {
	for y := range f.h {
		for x := range f.w {
			i := f.PixOffset(x, y)
			g := f.d.NormFloat64() * 2.2
			for k := range 3 {
				f.Pix[i+k] = uint8(min(max(float64(f.Pix[i+k])+g+f.d.NormFloat64()*0.8, 0), 255))
			}
		}
	}
}
