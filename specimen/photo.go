package specimen

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"

	"golang.org/x/image/draw"

	"github.com/fogleman/gg"
)

// Background is what a document lies on when it is photographed.
type Background string

// The backgrounds.
const (
	Plain   Background = "plain"   // a light, even desk
	Wood    Background = "wood"    // planks with grain and gaps
	Cloth   Background = "cloth"   // woven
	Leather Background = "leather" // dark, grained
	Tiles   Background = "tiles"
	Papers  Background = "papers" // printed sheets, with lines of text
	Black   Background = "black"
)

// Backgrounds gives all backgrounds.
func Backgrounds() []Background {
	return []Background{Plain, Wood, Cloth, Leather, Tiles, Papers, Black}
}

// Camera says how a document is photographed. The zero value is a sharp, even
// picture from straight above, 1600×1200, uncompressed, on a plain desk.
type Camera struct {
	Width, Height int     // of the photograph in pixels; 0 is 1600 and 1200
	Fill          float64 // share of the frame that the document takes, in its tighter direction; 0 is 0.8
	Shift         float64 // how far off the middle the document lies, as a share of the room left
	Rotation      float64 // radians, clockwise
	Perspective   float64 // tilt of the camera in radians, in a random direction
	Bend          float64 // how far the page bulges upwards in its middle, as a share of its height
	Blur          float64 // defocus: standard deviation in pixels
	Motion        float64 // length in pixels of a movement in a random direction
	Glare         float64 // strength of a reflection, 0 to 1
	Shade         float64 // unevenness of the light, 0 to 1
	Dark          float64 // underexposure, 0 to 1
	Noise         float64 // standard deviation as a share of white
	Resample      float64 // above 1: taken that many times smaller, then enlarged
	JPEGQuality   int     // 1 to 100; 0 leaves the picture uncompressed
	Fingers       bool    // a hand holds the document at an edge
	Background    Background
}

// RandomCamera throws a camera; hard from 0 (careful scan) to 1 (hasty snapshot
// in bad light) bounds every fault.
func RandomCamera(r *rand.Rand, hard float64) Camera {
	d := dice{r}
	c := Camera{
		Fill: d.between(0.95-0.35*hard, 0.96), Shift: d.between(-1, 1),
		Rotation: d.near(0.03+0.2*hard, 0.06+0.5*hard), Perspective: d.between(0, 0.05+0.45*hard),
		Blur: d.between(0, 0.4+1.1*hard), Shade: d.between(0, 0.1+0.5*hard), Noise: d.between(0.003, 0.008+0.03*hard),
		JPEGQuality: int(d.between(92-40*hard, 96)), Background: pick(d, Backgrounds()...),
	}
	size := pick(d, 1280, 1600, 1920, 2400)
	c.Width, c.Height = size, size*3/4
	if d.chance(0.3 * hard) {
		c.Motion = d.between(1, 1+5*hard)
	}
	if d.chance(0.4 * hard) {
		c.Glare = d.between(0.2, 0.3+0.6*hard)
	}
	if d.chance(0.2 * hard) {
		c.Dark = d.between(0.1, 0.6)
	}
	if d.chance(0.25 * hard) {
		c.Resample = d.between(1.1, 1.8)
	}
	if d.chance(0.4 * hard) {
		c.Bend = d.near(0.015, 0.04)
	}
	c.Fingers = d.chance(0.3 * hard)
	if d.chance(0.15 * hard) { // upside down or on its side
		c.Rotation += float64(1+d.IntN(3)) * math.Pi / 2
	}
	return c
}

// Nothing takes a picture of the ground alone.
func Nothing(c Camera, r *rand.Rand) image.Image {
	d := dice{r}
	c = c.defaults()
	s := newScene(d, c)
	w, h := float64(c.Width), float64(c.Height)
	s.light(d, c, box(0.2*w, 0.2*h, 0.8*w, 0.8*h))
	s.optics(d, c)
	return s.develop(d, c)
}

// Locate finds what stands at region of a w×h print in a photograph of it that c
// took, page being the corners that [Photograph] gave. The sides of the answer are
// straight, which those of a wide region on a bent page are not.
func (c Camera) Locate(region, page Quad, w, h float64) Quad {
	m := toQuad(page, w, h)
	for i, p := range region {
		region[i] = m.apply(Point{p.X, p.Y - c.bulge(p.X/w)*h})
	}
	return region
}

// bulge is how far the page is shifted up at t of its width, as a share of its height.
func (c Camera) bulge(t float64) float64 { return c.Bend * 4 * t * (1 - t) }

// Photograph takes a picture of a print and gives the corners of the document in
// it, in the document's reading order; [Camera.Locate] finds what stands on it.
// The same generator state gives the same picture.
func Photograph(img image.Image, c Camera, r *rand.Rand) (image.Image, Quad) {
	d := dice{r}
	c = c.defaults()
	q := c.frame(d, img.Bounds())
	scene := newScene(d, c)
	scene.shadow(d, q)
	scene.put(img, c, q)
	if c.Fingers {
		scene.fingers(d, q)
	}
	scene.light(d, c, q)
	scene.optics(d, c)
	return scene.develop(d, c), q
}

func (c Camera) defaults() Camera {
	if c.Width <= 0 {
		c.Width = 1600
	}
	if c.Height <= 0 {
		c.Height = 1200
	}
	if c.Fill <= 0 {
		c.Fill = 0.8
	}
	return c
}

// frame places the document before a pinhole camera.
func (c Camera) frame(d dice, b image.Rectangle) Quad {
	w, h := float64(b.Dx()), float64(b.Dy())
	towards := d.between(0, 2*math.Pi)
	tx, ty := c.Perspective*math.Cos(towards), c.Perspective*math.Sin(towards)
	distance := 2.1 * max(w, h)
	var q Quad
	for i, p := range box(-w/2, -h/2, w/2, h/2) {
		x, y := p.X*math.Cos(c.Rotation)-p.Y*math.Sin(c.Rotation), p.X*math.Sin(c.Rotation)+p.Y*math.Cos(c.Rotation)
		x, z := x*math.Cos(ty), x*math.Sin(ty)
		y, z = y*math.Cos(tx)-z*math.Sin(tx), y*math.Sin(tx)+z*math.Cos(tx)
		q[i] = Point{x * distance / (distance + z), y * distance / (distance + z)}
	}
	x0, y0, x1, y1 := q.Bounds()
	k := c.Fill * min(float64(c.Width)/(x1-x0), float64(c.Height)/(y1-y0))
	roomX, roomY := (float64(c.Width)-k*(x1-x0))/2, (float64(c.Height)-k*(y1-y0))/2
	dx, dy := c.Shift*roomX*0.9, c.Shift*roomY*0.9*d.sign()
	for i, p := range q {
		q[i] = Point{(p.X-(x0+x1)/2)*k + float64(c.Width)/2 + dx, (p.Y-(y0+y1)/2)*k + float64(c.Height)/2 + dy}
	}
	return q
}

// scene is the light that reaches the sensor, in three colours.
type scene struct {
	w, h int
	c    [3]*plane
}

// put lays the print into the scene.
func (s *scene) put(img image.Image, c Camera, q Quad) {
	b := img.Bounds()
	src := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(src, src.Rect, img, b.Min, draw.Src)
	// Shrink first, so that two by two pixels suffice below.
	side := max(math.Hypot(q[1].X-q[0].X, q[1].Y-q[0].Y), math.Hypot(q[2].X-q[3].X, q[2].Y-q[3].Y))
	if f := side / float64(b.Dx()); f < 0.9 {
		small := image.NewRGBA(image.Rect(0, 0, int(float64(b.Dx())*f+0.5), int(float64(b.Dy())*f+0.5)))
		draw.CatmullRom.Scale(small, small.Rect, src, src.Rect, draw.Src, nil)
		src = small
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	back := toQuad(q, float64(w), float64(h)).inverse()
	x0, y0, x1, y1 := q.Bounds()
	slack := math.Abs(c.Bend) * (y1 - y0 + x1 - x0)
	x0, y0, x1, y1 = x0-slack, y0-slack, x1+slack, y1+slack
	texel := func(x, y int) []uint8 {
		if x < 0 || y < 0 || x >= w || y >= h {
			return make([]uint8, 4)
		}
		return src.Pix[y*src.Stride+4*x:]
	}
	for y := max(int(y0)-1, 0); y < min(int(y1)+2, s.h); y++ {
		for x := max(int(x0)-1, 0); x < min(int(x1)+2, s.w); x++ {
			p := back.apply(Point{float64(x) + 0.5, float64(y) + 0.5})
			t := p.X / float64(w)
			u, v := p.X-0.5, p.Y-0.5+c.bulge(t)*float64(h)
			if u <= -1 || v <= -1 || u >= float64(w) || v >= float64(h) {
				continue
			}
			iu, iv := int(math.Floor(u)), int(math.Floor(v))
			fu, fv := float32(u-float64(iu)), float32(v-float64(iv))
			four := [4][]uint8{texel(iu, iv), texel(iu+1, iv), texel(iu, iv+1), texel(iu+1, iv+1)}
			k := [4]float32{(1 - fu) * (1 - fv), fu * (1 - fv), (1 - fu) * fv, fu * fv}
			var sum [4]float32
			for i := range four {
				for j := range sum {
					sum[j] += k[i] * float32(four[i][j])
				}
			}
			// A bulging page is lighter on one flank.
			flank := float32(1 + 2.5*c.Bend*(t-0.5))
			a := 1 - sum[3]/255
			for j := range s.c {
				at := &s.c[j].p[y*s.w+x]
				*at = *at*a + sum[j]*flank/255
			}
		}
	}
}

// shadow darkens the ground beside the document.
func (s *scene) shadow(d dice, q Quad) {
	const f = 4 // at a quarter of the size
	dc := gg.NewContext(s.w/f+1, s.h/f+1)
	reach := float64(s.w) * d.between(0.004, 0.014)
	angle := d.between(0, 2*math.Pi)
	for i, p := range q {
		x, y := (p.X+reach*math.Cos(angle))/f, (p.Y+reach*math.Sin(angle))/f
		if i == 0 {
			dc.MoveTo(x, y)
		} else {
			dc.LineTo(x, y)
		}
	}
	dc.ClosePath()
	dc.SetRGB(1, 1, 1)
	dc.Fill()
	m := newPlane(dc.Width(), dc.Height())
	img := dc.Image().(*image.RGBA)
	for i := range m.p {
		m.p[i] = float32(img.Pix[4*i+3]) / 255
	}
	soft := reach / f * d.between(0.4, 1)
	m = m.blur(soft, soft).resize(s.w, s.h, linear)
	depth := float32(d.between(0.35, 0.65))
	for _, c := range s.c {
		c.shade(m, depth)
	}
}

// fingers holds the document at its left or right edge.
func (s *scene) fingers(d dice, q Quad) {
	skin := pick(d, skins...)
	a, b := q[0], q[3] // left edge, seen from the document
	inward := Point{q[1].X - q[0].X, q[1].Y - q[0].Y}
	if d.chance(0.5) {
		a, b = q[1], q[2]
		inward = Point{-inward.X, -inward.Y}
	}
	edge := math.Hypot(b.X-a.X, b.Y-a.Y)
	wide := edge * 0.13
	n := math.Hypot(inward.X, inward.Y)
	ux, uy := inward.X/n, inward.Y/n
	at := d.between(0.35, 0.6)
	x, y := a.X+(b.X-a.X)*at, a.Y+(b.Y-a.Y)*at
	reach := wide * d.between(0.5, 0.9)
	c := newCanvas(s.w, s.h, 1)
	thumb := c.mask(1.2, func(dc *gg.Context) {
		dc.SetLineWidth(wide)
		dc.SetLineCapRound()
		dc.DrawLine(x-ux*edge, y-uy*edge+edge*0.3, x-ux*wide*1.5, y-uy*wide*1.5)
		dc.Stroke()
		dc.DrawLine(x-ux*wide*1.6, y-uy*wide*1.6, x+ux*(reach-wide/2), y+uy*(reach-wide/2))
		dc.Stroke()
	})
	dim := c.mask(wide*0.22, func(dc *gg.Context) {
		dc.SetLineWidth(wide * 0.62)
		dc.SetLineCapRound()
		dc.DrawLine(x-ux*edge, y-uy*edge+edge*0.3, x+ux*(reach-wide*0.6), y+uy*(reach-wide*0.6))
		dc.Stroke()
	})
	nail := c.mask(1, func(dc *gg.Context) {
		dc.Translate(x+ux*(reach-wide*0.42), y+uy*(reach-wide*0.42))
		dc.Rotate(math.Atan2(uy, ux))
		dc.DrawRoundedRectangle(-wide*0.36, -wide*0.3, wide*0.64, wide*0.6, wide*0.24)
		dc.Fill()
	})
	for i, m := range thumb.p {
		if m == 0 {
			continue
		}
		tone := skin.light(0.66 + 0.4*float64(dim.p[i]))
		if nail.p[i] > 0 {
			tone = tone.mix(rgb(0xf3d6cc), 0.45*float64(nail.p[i]))
		}
		for k := range s.c {
			s.c[k].p[i] += (float32(tone[k]) - s.c[k].p[i]) * m
		}
	}
}

// light falls unevenly and is reflected.
func (s *scene) light(d dice, c Camera, q Quad) {
	angle := d.between(0, 2*math.Pi)
	cs, sn := math.Cos(angle), math.Sin(angle)
	cast := hue{1 + d.near(0.03, 0.07), 1, 1 + d.near(0.05, 0.1)}
	level := 1 - 0.75*c.Dark
	type spot struct{ x, y, rx, ry, turn, power float64 }
	var spots []spot
	if c.Glare > 0 {
		x0, y0, x1, y1 := q.Bounds()
		for range 1 + d.IntN(2) {
			size := (x1 - x0) * d.between(0.04, 0.12)
			spots = append(spots, spot{d.between(x0, x1), d.between(y0, y1), size * d.between(1, 2.5), size, d.between(0, 3), c.Glare * d.between(0.8, 1.5)})
		}
	}
	for y := range s.h {
		v := float64(y)/float64(s.h) - 0.5
		for x := range s.w {
			u := float64(x)/float64(s.w) - 0.5
			gain := level * (1 + c.Shade*(u*cs+v*sn) - 0.35*(0.3+c.Shade)*(u*u+v*v))
			add := 0.0
			for _, g := range spots {
				dx, dy := float64(x)-g.x, float64(y)-g.y
				a := (dx*math.Cos(g.turn) + dy*math.Sin(g.turn)) / g.rx
				b := (dy*math.Cos(g.turn) - dx*math.Sin(g.turn)) / g.ry
				if e := a*a + b*b; e < 12 {
					add += g.power * math.Exp(-e/2)
				}
			}
			i := y*s.w + x
			for k, p := range s.c {
				p.p[i] = p.p[i]*float32(gain*cast[k]) + float32(add)
			}
		}
	}
}

func (s *scene) optics(d dice, c Camera) {
	angle := d.between(0, math.Pi)
	for k, p := range s.c {
		p = p.blur(c.Blur, c.Blur)
		if c.Motion > 0 {
			p = p.streak(c.Motion, angle)
		}
		if c.Resample > 1 {
			p = p.resize(int(float64(s.w)/c.Resample), int(float64(s.h)/c.Resample), area).resize(s.w, s.h, cubic)
		}
		s.c[k] = p
	}
}

// develop adds noise, rounds to bytes and compresses.
func (s *scene) develop(d dice, c Camera) image.Image {
	out := image.NewRGBA(image.Rect(0, 0, s.w, s.h))
	for i := range s.w * s.h {
		shared := d.NormFloat64() * c.Noise
		for k, p := range s.c {
			v := float64(p.p[i])
			n := 0.0
			if c.Noise > 0 {
				n = (0.8*shared + 0.5*d.NormFloat64()*c.Noise) * (0.5 + math.Sqrt(max(v, 0)))
			}
			out.Pix[4*i+k] = toByte(float32(v + n))
		}
		out.Pix[4*i+3] = 255
	}
	if c.JPEGQuality <= 0 {
		return out
	}
	var buf bytes.Buffer
	if jpeg.Encode(&buf, out, &jpeg.Options{Quality: c.JPEGQuality}) != nil {
		return out
	}
	img, err := jpeg.Decode(&buf)
	if err != nil {
		return out
	}
	return img
}
