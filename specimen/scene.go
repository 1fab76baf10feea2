package specimen

import (
	"image"
	"math"

	"github.com/fogleman/gg"
	"golang.org/x/image/vector"
)

// newScene draws the ground.
func newScene(d dice, c Camera) *scene {
	s := &scene{w: c.Width, h: c.Height}
	for k := range s.c {
		s.c[k] = newPlane(s.w, s.h)
	}
	switch c.Background {
	case Wood:
		s.wood(d)
	case Cloth:
		s.cloth(d)
	case Leather:
		s.leather(d)
	case Tiles:
		s.tiles(d)
	case Papers:
		s.papers(d)
	case Black:
		s.flat(rgb(0x111214), d.between(0, 0.06), d)
	default:
		s.flat(pick(d, rgb(0xd9d6cf), rgb(0xc4c9cc), rgb(0xe8e4da), rgb(0x9aa3a8), rgb(0x6d7f8c)), d.between(0.02, 0.08), d)
	}
	return s
}

// clouds is noise of several octaves between 0 and 1, cells of cx by cy pixels.
func (s *scene) clouds(d dice, cx, cy float64, octaves int) *plane {
	out := newPlane(s.w, s.h)
	weight, total := 1.0, 0.0
	for range octaves {
		g := newPlane(int(float64(s.w)/cx)+3, int(float64(s.h)/cy)+3)
		for i := range g.p {
			g.p[i] = d.Float32()
		}
		g = g.resize(s.w, s.h, cubic)
		for i, v := range g.p {
			out.p[i] += v * float32(weight)
		}
		total += weight
		weight *= 0.5
		cx, cy = max(cx/2, 1), max(cy/2, 1)
	}
	for i := range out.p {
		out.p[i] = min(max(out.p[i]/float32(total), 0), 1)
	}
	return out
}

func (s *scene) set(i int, c hue) {
	for k, p := range s.c {
		p.p[i] = float32(c[k])
	}
}

func (s *scene) flat(base hue, relief float64, d dice) {
	coarse, fine := s.clouds(d, float64(s.w)/5, float64(s.w)/5, 2), s.clouds(d, 3, 3, 2)
	for i := range coarse.p {
		s.set(i, base.light(1+relief*(2*float64(coarse.p[i])-1)+0.5*relief*(2*float64(fine.p[i])-1)))
	}
}

func (s *scene) wood(d dice) {
	dark := pick(d, rgb(0x6b4424), rgb(0x8a5a33), rgb(0x54341f), rgb(0xa87b4f))
	pale := dark.mix(rgb(0xf0d0a0), d.between(0.3, 0.5))
	plank := float64(s.h) / d.between(2.5, 6)
	warp := s.clouds(d, float64(s.w)/3, plank/2.5, 3)
	fibre := s.clouds(d, float64(s.w)/14, 2.2, 2)
	pores := s.clouds(d, 26, 1.6, 1)
	rings := d.between(3, 7)
	offset := make([]float64, int(float64(s.h)/plank)+2)
	tint := make([]float64, len(offset))
	for i := range offset {
		offset[i], tint[i] = d.between(0, 10), d.between(0.88, 1.1)
	}
	for y := range s.h {
		n := int(float64(y) / plank)
		v := float64(y)/plank - float64(n)
		gap := 1.0
		if e := min(v, 1-v) * plank; e < 2.5 {
			gap = 0.45 + 0.22*e
		}
		for x := range s.w {
			i := y*s.w + x
			t := math.Sin((v*rings+offset[n]+3.2*float64(warp.p[i])+0.0006*float64(x))*2*math.Pi*0.5)*0.5 + 0.5
			t = 0.62*t + 0.38*float64(fibre.p[i])
			k := tint[n] * gap
			if pores.p[i] > 0.8 {
				k *= 0.86
			}
			s.set(i, dark.mix(pale, t).light(k))
		}
	}
}

func (s *scene) cloth(d dice) {
	a := pick(d, rgb(0x3a5a78), rgb(0x7a2f36), rgb(0xcfc5b4), rgb(0x4f6a4a), rgb(0x8d8f96), rgb(0x2f3038))
	b := a.mix(rgb(0xffffff), d.between(0.08, 0.25))
	thread := d.between(3, 7)
	folds := s.clouds(d, float64(s.w)/4, float64(s.h)/3, 2)
	fuzz := s.clouds(d, 2.5, 2.5, 1)
	check := 0.0
	if d.chance(0.35) {
		check = float64(s.w) / d.between(6, 16)
	}
	for y := range s.h {
		for x := range s.w {
			i := y*s.w + x
			wob := 2 * float64(folds.p[i])
			u, v := float64(x)/thread+wob, float64(y)/thread+wob
			weave := math.Sin(math.Pi*u) * math.Sin(math.Pi*v)
			if (int(math.Floor(u))+int(math.Floor(v)))%2 == 0 {
				weave = math.Abs(math.Sin(math.Pi * u))
			} else {
				weave = 0.75*math.Abs(math.Sin(math.Pi*v)) + 0.1*weave
			}
			c := a.mix(b, weave)
			if check > 0 && (math.Mod(float64(x), check) < check*0.3) != (math.Mod(float64(y), check) < check*0.3) {
				c = c.mix(rgb(0xffffff), 0.25)
			}
			s.set(i, c.light(0.72+0.4*float64(folds.p[i])+0.18*(float64(fuzz.p[i])-0.5)))
		}
	}
}

func (s *scene) leather(d dice) {
	base := pick(d, rgb(0x2b2422), rgb(0x4a2e20), rgb(0x1d2229), rgb(0x5e4434))
	cell := d.between(7, 14)
	g, h := s.clouds(d, cell, cell, 2), s.clouds(d, float64(s.w)/5, float64(s.w)/5, 2)
	for i := range g.p {
		crease := math.Abs(float64(g.p[i]) - 0.5)
		s.set(i, base.light(0.65+min(crease*7, 0.6)+0.35*float64(h.p[i])))
	}
}

func (s *scene) tiles(d dice) {
	base := pick(d, rgb(0xd8d2c6), rgb(0x8f9aa0), rgb(0xb7a58e), rgb(0x5b6467))
	size := float64(s.w) / d.between(3, 8)
	speck, broad := s.clouds(d, 4, 4, 2), s.clouds(d, size/2, size/2, 3)
	ox, oy := d.between(0, size), d.between(0, size)
	for y := range s.h {
		for x := range s.w {
			i := y*s.w + x
			u, v := math.Mod(float64(x)+ox, size), math.Mod(float64(y)+oy, size)
			e := min(u, v, size-u, size-v)
			c := base.light(0.86 + 0.2*float64(broad.p[i]) + 0.14*(float64(speck.p[i])-0.5))
			if e < size*0.012 {
				c = c.mix(rgb(0x7a756d), 0.65)
			}
			s.set(i, c)
		}
	}
}

// papers scatters printed sheets: lines of text that are no document.
func (s *scene) papers(d dice) {
	s.flat(pick(d, rgb(0x6a5a48), rgb(0x50606a), rgb(0x8b8378)), 0.1, d)
	f := faces()
	for range 2 + d.IntN(3) {
		sheet := gg.NewContext(s.w, s.h)
		w, h := float64(s.w)*d.between(0.5, 0.9), float64(s.h)*d.between(0.6, 1.1)
		x, y, turn := d.between(-0.2, 0.6)*float64(s.w), d.between(-0.2, 0.5)*float64(s.h), d.near(0.3, 0.8)
		sheet.RotateAbout(turn, x+w/2, y+h/2)
		sheet.DrawRectangle(x, y, w, h)
		sheet.SetRGB(1, 1, 1)
		sheet.Fill()
		white := d.between(0.86, 0.97)
		img := sheet.Image().(*image.RGBA)
		z := vector.NewRasterizer(s.w, s.h)
		em := h / d.between(34, 60)
		cs, sn := math.Cos(turn), math.Sin(turn)
		face := pick(d, f.regular, f.mono, f.medium)
		for row := 4.0; row*em*1.5 < h-3*em; row++ {
			u := 3 * em
			stop := w - d.between(3, 14)*em
			for u < stop {
				for _, c := range words[d.IntN(len(words))] + " " {
					at := u
					face.outline(z, c, func(a, b float64) (float32, float32) {
						px, py := x+at+a*em-(x+w/2), y+row*em*1.5+b*em-(y+h/2)
						return float32(x + w/2 + px*cs - py*sn), float32(y + h/2 + px*sn + py*cs)
					})
					u += face.glyph(c).advance * em
				}
			}
			if d.chance(0.12) {
				row++
			}
		}
		text := image.NewAlpha(image.Rect(0, 0, s.w, s.h))
		z.Draw(text, text.Rect, image.Opaque, image.Point{})
		for i := range s.w * s.h {
			a := float32(img.Pix[4*i+3]) / 255
			if a == 0 {
				continue
			}
			v := float32(white) * (1 - 0.82*float32(text.Pix[i])/255)
			for k, p := range s.c {
				tone := v
				if k == 2 {
					tone *= 0.98
				}
				p.p[i] += (tone - p.p[i]) * a
			}
		}
	}
}

var words = []string{
	"the", "harbour", "of", "Amaurote", "was", "open", "to", "all", "ships", "and", "no", "one", "asked", "for", "papers", "in", "those", "days",
	"invoice", "quantity", "total", "1,240.00", "customer", "delivery", "2025", "reference", "please", "return", "signed", "copy", "within", "fourteen",
}
