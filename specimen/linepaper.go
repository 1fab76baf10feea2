package specimen

import (
	"image"
	"math"

	"golang.org/x/image/vector"
)

// paper draws what lies under the type: tint, security print, large letters,
// the edge of the page. Only brightness matters here.
func (s *setting) paper(d dice) *plane {
	p := newPlane(s.w, s.h)
	p.fill(float32(s.paperTone))
	if d.chance(0.15) { // plain paper
		s.edges(d, p)
		return p
	}
	if d.chance(0.7) {
		cloud, depth := s.cloud(d, d.between(3, 20)), float32(d.between(0.03, 0.25))
		p.shade(cloud, depth)
	}
	for range d.IntN(4) {
		s.waves(d, p)
	}
	for range pick(d, 0, 0, 0, 1, 2) {
		s.rosette(d, p)
	}
	if d.chance(0.25) {
		s.lettering(d, p)
	}
	if d.chance(0.12) { // a bar or field of another tint
		x0, x1 := d.between(-0.2, 1)*float64(s.w), d.between(0, 1.2)*float64(s.w)
		y0, y1 := d.between(-1, 1)*float64(s.h), d.between(0, 2)*float64(s.h)
		s.tint(p, int(min(x0, x1)), int(min(y0, y1)), int(max(x0, x1)), int(max(y0, y1)), float32(d.between(0.7, 1.15)))
	}
	if d.chance(0.4) {
		p.shade(s.cloud(d, d.between(0.05, 0.3)), float32(d.between(0.02, 0.12)))
	}
	s.edges(d, p)
	return p
}

// shade darkens by up to depth where mask is 1.
func (a *plane) shade(mask *plane, depth float32) {
	for i, m := range mask.p {
		a.p[i] *= 1 - depth*m
	}
}

func (s *setting) tint(p *plane, x0, y0, x1, y1 int, factor float32) {
	for y := max(y0, 0); y < min(y1, p.h); y++ {
		row := p.row(y)
		for x := max(x0, 0); x < min(x1, p.w); x++ {
			row[x] *= factor
		}
	}
}

// edges lets the page end beside the text now and then.
func (s *setting) edges(d dice, p *plane) {
	beyond := float32(d.between(0, 1))
	if s.left > 1 && d.chance(0.5) {
		x := int((s.left - d.between(0.5, s.left)) * s.scale)
		for y := range p.h {
			row := p.row(y)
			for i := range x {
				row[i] = beyond
			}
		}
	}
	if s.right > 1 && d.chance(0.5) {
		x := s.w - int((s.right-d.between(0.5, s.right))*s.scale)
		for y := range p.h {
			row := p.row(y)
			for i := x; i < s.w; i++ {
				row[i] = beyond
			}
		}
	}
	if s.bottom > 0.7 && d.chance(0.15) {
		from := s.h - int(s.bottom*d.between(0.05, 0.5)*s.scale)
		for y := max(from, 0); y < p.h; y++ {
			row := p.row(y)
			for i := range row {
				row[i] = beyond
			}
		}
	}
}

// waves prints a family of wavy lines in any direction.
func (s *setting) waves(d dice, p *plane) {
	gap := d.scale(0.12, 1.3) * s.scale
	width := max(gap*d.between(0.15, 0.6), 0.6)
	depth := float32(d.between(0.03, 0.12+0.25*s.hard))
	if d.chance(0.2) {
		depth = -depth // lines left white in a tinted field
	}
	steep := d.chance(0.35)
	along, across := p.w, p.h
	if steep {
		along, across = p.h, p.w
	}
	slope := d.near(0.35, 1)
	a1, l1, f1 := d.between(0, 1.2)*s.scale, d.scale(1.5, 20)*s.scale, d.between(0, 7)
	a2, l2, f2 := d.between(0, 0.3)*s.scale, d.scale(0.5, 5)*s.scale, d.between(0, 7)
	if d.chance(0.4) {
		a2 = 0
	}
	fade := d.chance(0.3) // lines swell and shrink
	f3, l3 := d.between(0, 7), d.scale(2, 15)*s.scale
	for i := range along {
		t := float64(i)
		shift := slope*t + a1*math.Sin(2*math.Pi*t/l1+f1) + a2*math.Sin(2*math.Pi*t/l2+f2)
		tilt := slope + a1*2*math.Pi/l1*math.Cos(2*math.Pi*t/l1+f1) + a2*2*math.Pi/l2*math.Cos(2*math.Pi*t/l2+f2)
		flat := 1 / math.Sqrt(1+tilt*tilt)
		half := width / 2
		if fade {
			half *= 0.6 + 0.4*math.Sin(2*math.Pi*t/l3+f3)
		}
		for j := range across {
			v := (float64(j) + shift) / gap
			dist := math.Abs(v-math.Floor(v)-0.5) * gap * flat
			c := float32(min(max(half-dist+0.5, 0), 1))
			if c == 0 {
				continue
			}
			k := j*p.w + i
			if steep {
				k = i*p.w + j
			}
			p.p[k] *= 1 - depth*c
		}
	}
}

// rosette prints rings that swing in and out around a centre.
func (s *setting) rosette(d dice, p *plane) {
	cx, cy := d.between(0, float64(p.w)), d.between(-1, 2)*float64(p.h)
	radius := d.between(1.5, 9) * s.scale
	petals := float64(5 + d.IntN(20))
	swing, gap := d.between(0.05, 0.5)*radius, d.scale(0.15, 0.7)*s.scale
	half := max(gap*d.between(0.1, 0.35), 0.4)
	depth := float32(d.between(0.03, 0.12+0.25*s.hard))
	both := d.chance(0.5)
	for y := range p.h {
		dy := float64(y) - cy
		if math.Abs(dy) > radius {
			continue
		}
		row := p.row(y)
		for x := max(int(cx-radius), 0); x < min(int(cx+radius), p.w); x++ {
			dx := float64(x) - cx
			rr := math.Sqrt(dx*dx + dy*dy)
			if rr > radius {
				continue
			}
			wave := swing * math.Sin(petals*math.Atan2(dy, dx)) * rr / radius
			v := (rr + wave) / gap
			c := half - math.Abs(v-math.Floor(v)-0.5)*gap*0.8 + 0.5
			if both {
				v = (rr - wave) / gap
				c = max(c, half-math.Abs(v-math.Floor(v)-0.5)*gap*0.8+0.5)
			}
			row[x] *= 1 - depth*float32(min(max(c, 0), 1))
		}
	}
}

// lettering prints pale words under the line: one in huge letters or rows of microtext.
func (s *setting) lettering(d dice, p *plane) {
	f := faces()
	face := pick(d, f.bold, f.medium, f.smallcaps, f.regular)
	size := d.scale(0.5, 6)
	gap := d.between(0.2, 1)
	word := pick(d, "SPECIMEN", "UTOPIA", d.word(), d.word(), "SAMPLE", "VOID")
	angle := d.near(0.1, 0.6)
	z := vector.NewRasterizer(p.w, p.h)
	u0 := -d.between(0, 8)
	for v := -d.between(0, size); v < s.top+s.bottom+size; v += size * (1 + gap) {
		for u := u0; u < s.left+float64(s.n)+s.right; u += size * gap * 2 {
			for _, c := range word {
				advance := face.glyph(c).advance
				if c >= ' ' && u > -2*size {
					at := u
					face.outline(z, c, func(x, y float64) (float32, float32) {
						x, y = at+x*size, v+y*size
						return float32((x - y*angle) * s.scale), float32((y + x*angle*0.2) * s.scale)
					})
				}
				u += (advance + 0.1*gap) * size
			}
		}
		if size > 2 {
			break
		}
	}
	mask := image.NewAlpha(image.Rect(0, 0, p.w, p.h))
	z.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	depth := float32(d.between(-0.15, 0.12+0.2*s.hard))
	for i, a := range mask.Pix {
		p.p[i] *= 1 - depth*float32(a)/255
	}
}
