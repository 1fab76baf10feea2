// Package puppet draws a head that turns, nods, comes closer and moves away, so
// that active liveness can be tried without a picture of a person.
//
// It is drawn from nothing but a few numbers: a face as a surface in space, lit
// and coloured. It looks like a doll, and is enough for networks that look for
// faces. Nothing of the product uses it; tests and their films do.
package puppet

import (
	"image"
	"image/color"
	"math"
)

// Look is what makes one puppet differ from another. Lengths are in half widths
// of the face.
type Look struct {
	Skin, Hair, Iris, Lips color.RGBA
	EyeGap                 float64 // of an eye from the middle
	EyeSize                float64
	NoseLength, NoseWidth  float64
	MouthWidth, Jaw        float64
	Brow                   float64 // thickness
	Beard                  float64 // 0 to 1
}

// Anna and Bert are two that the network takes for two. Bert is made to differ,
// and is hard to see when he turns; Anna is the one to act.
var (
	Anna = Look{
		Skin: color.RGBA{224, 176, 148, 255}, Hair: color.RGBA{70, 42, 26, 255}, Iris: color.RGBA{62, 92, 120, 255}, Lips: color.RGBA{186, 88, 88, 255},
		EyeGap: 0.40, EyeSize: 0.175, NoseLength: 0.42, NoseWidth: 0.15, MouthWidth: 0.34, Jaw: 0.80, Brow: 0.045,
	}
	Bert = Look{
		Skin: color.RGBA{112, 76, 56, 255}, Hair: color.RGBA{24, 22, 22, 255}, Iris: color.RGBA{50, 32, 20, 255}, Lips: color.RGBA{120, 60, 56, 255},
		EyeGap: 0.58, EyeSize: 0.13, NoseLength: 0.40, NoseWidth: 0.26, MouthWidth: 0.34, Jaw: 1.15, Brow: 0.08, Beard: 0.6,
	}
)

// Pose is how the head is held: degrees, and the size of the face, 1 being a
// third of the picture's width.
type Pose struct{ Yaw, Pitch, Roll, Size float64 }

type vec struct{ x, y, z float64 }

// Draw draws the head on a picture of that size. seed moves it a little and adds
// the noise of a camera: no two frames are the same.
func Draw(look Look, p Pose, w, h int, seed uint64) *image.RGBA {
	r := &random{seed*2862933555777941757 + 3037000493}
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	depth := make([]float64, w*h)
	for i := range depth {
		depth[i] = math.Inf(-1)
	}
	room(im)
	s := canvas{im, depth, p, 0.178 * p.Size * float64(w), float64(w)/2 + r.next(), float64(h)*0.47 + r.next()}
	s.body(look)
	s.hair(look)
	s.face(look)
	noise(im, r)
	return im
}

// canvas is what is drawn on, with how the head is held.
type canvas struct {
	im     *image.RGBA
	depth  []float64
	pose   Pose
	scale  float64 // pixels of one unit
	cx, cy float64
}

// turn moves a point of the head into the picture's directions: x to the
// observer's right, y down, z towards the observer. The neck is the pivot.
func (s *canvas) turn(v vec) vec {
	const rad = math.Pi / 180
	v.z += 0.35
	sn, cs := math.Sincos(s.pose.Yaw * rad)
	v = vec{v.x*cs + v.z*sn, v.y, -v.x*sn + v.z*cs}
	sn, cs = math.Sincos(s.pose.Pitch * rad)
	v = vec{v.x, v.y*cs - v.z*sn, v.y*sn + v.z*cs}
	sn, cs = math.Sincos(s.pose.Roll * rad)
	v = vec{v.x*cs - v.y*sn, v.x*sn + v.y*cs, v.z}
	v.z -= 0.35
	return v
}

// mesh draws a surface given over a grid of n by n: its point and its colour.
func (s *canvas) mesh(n int, at func(i, j float64) (vec, color.RGBA, bool), still bool) {
	type corner struct {
		p  vec
		c  color.RGBA
		ok bool
	}
	grid := make([]corner, (n+1)*(n+1))
	for j := range n + 1 {
		for i := range n + 1 {
			p, c, ok := at(float64(i)/float64(n), float64(j)/float64(n))
			if !still {
				p = s.turn(p)
			}
			grid[j*(n+1)+i] = corner{p, c, ok}
		}
	}
	for j := range n {
		for i := range n {
			a, b := grid[j*(n+1)+i], grid[j*(n+1)+i+1]
			c, d := grid[(j+1)*(n+1)+i], grid[(j+1)*(n+1)+i+1]
			if !a.ok || !b.ok || !c.ok || !d.ok {
				continue
			}
			normal := unit(cross(sub(d.p, a.p), sub(c.p, b.p)))
			if normal.z < 0 {
				normal = vec{-normal.x, -normal.y, -normal.z}
			}
			// From above and in front, a little from the left.
			light := 0.42 + 0.62*max(0, -0.28*normal.x-0.42*normal.y+0.86*normal.z)
			colour := shade(a.c, light)
			s.triangle(a.p, b.p, d.p, colour)
			s.triangle(a.p, d.p, c.p, colour)
		}
	}
}

func (s *canvas) triangle(a, b, c vec, col color.RGBA) {
	px := func(v vec) (x, y float64) {
		k := s.scale * 6 / (6 - v.z) // seen from six units away
		return s.cx + v.x*k, s.cy + v.y*k
	}
	ax, ay := px(a)
	bx, by := px(b)
	cx, cy := px(c)
	area := (bx-ax)*(cy-ay) - (by-ay)*(cx-ax)
	if math.Abs(area) < 1e-9 {
		return
	}
	bounds := s.im.Rect
	x0, x1 := max(int(min(ax, bx, cx)), 0), min(int(max(ax, bx, cx))+1, bounds.Dx()-1)
	y0, y1 := max(int(min(ay, by, cy)), 0), min(int(max(ay, by, cy))+1, bounds.Dy()-1)
	for y := y0; y <= y1; y++ {
		for x := x0; x <= x1; x++ {
			fx, fy := float64(x)+0.5, float64(y)+0.5
			u := ((bx-fx)*(cy-fy) - (by-fy)*(cx-fx)) / area
			v := ((cx-fx)*(ay-fy) - (cy-fy)*(ax-fx)) / area
			if u < -0.01 || v < -0.01 || u+v > 1.01 {
				continue
			}
			z := u*a.z + v*b.z + (1-u-v)*c.z
			if i := y*bounds.Dx() + x; z > s.depth[i] {
				s.depth[i] = z
				s.im.SetRGBA(x, y, col)
			}
		}
	}
}

// tall is the height of the face over its width.
const tall = 1.34

// bump is a smooth hill of height 1 around a place.
func bump(x, y, cx, cy, sx, sy float64) float64 {
	dx, dy := (x-cx)/sx, (y-cy)/sy
	return math.Exp(-(dx*dx + dy*dy) / 2)
}

// surface is how far the face stands out at a place of it.
func (l Look) surface(x, y float64) (z float64, on bool) {
	wide := 1.0
	if y > 0.2 { // towards the chin
		wide = 1 - (1-0.62*l.Jaw)*math.Pow((y-0.2)/(tall-0.2), 1.6)
	}
	q := 1 - (x/wide)*(x/wide) - (y/tall)*(y/tall)
	if q < 0 {
		return 0, false
	}
	z = 0.92 * math.Sqrt(q)
	tip := -0.18 + l.NoseLength
	if y < tip+0.12 && y > -0.35 {
		k := (y + 0.35) / (tip + 0.35)
		fall := 1.0
		if y > tip {
			fall = max(0, 1-(y-tip)/0.12)
		}
		z += fall * (0.05 + 0.27*max(k, 0)) * math.Exp(-x*x/(2*math.Pow(l.NoseWidth*(0.35+0.5*max(k, 0)), 2)))
	}
	z += 0.07*bump(x, y, 0, tip, l.NoseWidth*0.8, 0.07) + 0.06*bump(x, y, 0, tip+0.32, 0.2, 0.1) + 0.09*bump(x, y, 0, 1.08, 0.28, 0.16)
	for _, side := range []float64{-1, 1} {
		z += 0.06*bump(x, y, side*l.EyeGap, -0.42, 0.22, 0.06) - 0.10*bump(x, y, side*l.EyeGap, -0.22, 0.2, 0.1) +
			0.05*bump(x, y, side*l.EyeGap, -0.2, 0.09, 0.07) + 0.05*bump(x, y, side*0.55, 0.2, 0.24, 0.2) +
			0.05*bump(x, y, side*l.NoseWidth*0.75, tip+0.02, 0.06, 0.06)
	}
	return z, true
}

// colour is what is painted on a place of the face.
func (l Look) colour(x, y float64) color.RGBA {
	c := l.Skin
	c = mix(c, color.RGBA{196, 96, 84, 255}, 0.22*(bump(x, y, -0.55, 0.22, 0.2, 0.16)+bump(x, y, 0.55, 0.22, 0.2, 0.16)))
	tip := -0.18 + l.NoseLength
	mouth := tip + 0.34
	if l.Beard > 0 {
		around := max(bump(x, y, 0, 1.05, 0.55, 0.28), bump(x, y, -0.6, 0.75, 0.22, 0.3), bump(x, y, 0.6, 0.75, 0.22, 0.3), bump(x, y, 0, mouth-0.16, 0.3, 0.05))
		c = mix(c, l.Hair, l.Beard*min(1, 1.3*around))
	}
	for _, side := range []float64{-1, 1} {
		ex := (x - side*l.EyeGap) / l.EyeSize
		ey := (y + 0.2) / (l.EyeSize * 0.48)
		lid := 1 - ex*ex*0.9
		c = mix(c, shade(l.Skin, 0.55), 0.5*bump(ex, ey, 0, -1.3, 0.8, 0.35))
		if math.Abs(ex) < 1.05 && math.Abs(ey) < lid {
			c = color.RGBA{238, 236, 232, 255}
			if d := math.Hypot(ex, ey*0.48); d < 0.46 {
				c = l.Iris
				if d < 0.2 {
					c = color.RGBA{12, 10, 10, 255}
				}
				if math.Hypot(ex+0.14, ey*0.48+0.14) < 0.09 {
					c = color.RGBA{255, 255, 255, 255}
				}
			}
		}
		if math.Abs(ex) < 1.12 && math.Abs(ey+max(lid, 0)) < 0.22 { // lashes
			c = color.RGBA{36, 26, 22, 255}
		}
		bx := (x - side*l.EyeGap*1.02) / (l.EyeSize * 1.35)
		if by := y + 0.44 - 0.05*bx*bx + 0.02*side*bx; math.Abs(bx) < 1 && math.Abs(by) < l.Brow*(1-0.5*bx*bx) {
			c = mix(c, l.Hair, 0.9)
		}
		c = mix(c, color.RGBA{60, 28, 24, 255}, 0.9*bump(x, y, side*l.NoseWidth*0.5, tip+0.1, 0.035, 0.022))
	}
	c = mix(c, shade(l.Skin, 0.6), 0.5*bump(x, y, 0, tip+0.14, l.NoseWidth*0.7, 0.025))
	mx := x / l.MouthWidth
	if math.Abs(mx) < 1 {
		bow := 0.03 * math.Cos(3*math.Pi*mx) * (1 - mx*mx)
		upper, lower := mouth-0.085*(1-mx*mx)+bow*0.5, mouth+0.11*(1-mx*mx)
		if y > upper && y < lower {
			c = l.Lips
		}
		if math.Abs(y-mouth-0.01*math.Cos(math.Pi*mx)) < 0.014 {
			c = color.RGBA{70, 28, 30, 255}
		}
	}
	hairline := -0.92 + 0.14*x*x
	if y < hairline {
		c = l.Hair
	}
	return c
}

func (s *canvas) face(l Look) {
	s.mesh(max(60, min(int(2.2*s.scale), 260)), func(i, j float64) (vec, color.RGBA, bool) {
		x, y := 2*i-1, tall*(2*j-1)
		z, on := l.surface(x, y)
		return vec{x, y, z}, l.colour(x, y), on
	}, false)
}

// hair is a ball behind the face, and the ears.
func (s *canvas) hair(l Look) {
	s.mesh(90, func(i, j float64) (vec, color.RGBA, bool) {
		sn, cs := math.Sincos(math.Pi * (i - 0.5))
		tn, tc := math.Sincos(math.Pi * (j - 0.5))
		return vec{1.12 * sn * tc, 1.3*tn - 0.16, 0.75*cs*tc - 0.2}, l.Hair, tn < 0.42
	}, false)
	for _, side := range []float64{-1, 1} {
		s.mesh(24, func(i, j float64) (vec, color.RGBA, bool) {
			sn, cs := math.Sincos(math.Pi * (i - 0.5))
			tn, tc := math.Sincos(math.Pi * (j - 0.5))
			return vec{side*1.02 + 0.12*sn*tc, 0.3*tn + 0.02, 0.12*cs*tc + 0.02}, l.Skin, true
		}, false)
	}
}

// body is neck and shoulders, which stay.
func (s *canvas) body(l Look) {
	s.mesh(40, func(i, j float64) (vec, color.RGBA, bool) {
		sn, cs := math.Sincos(math.Pi * (i - 0.5))
		return vec{0.55 * sn, 0.7 + 1.2*j, 0.5*cs - 0.75}, l.Skin, true
	}, true)
	s.mesh(60, func(i, j float64) (vec, color.RGBA, bool) {
		sn, cs := math.Sincos(math.Pi * (i - 0.5))
		wide := 0.6 + 1.7*math.Sqrt(j)
		return vec{wide * sn, 1.55 + 0.35*math.Abs(sn) + 3*j*j, 0.8*cs - 0.9}, color.RGBA{52, 70, 104, 255}, true
	}, true)
}

// room is what is behind.
func room(im *image.RGBA) {
	w, h := im.Rect.Dx(), im.Rect.Dy()
	for y := range h {
		for x := range w {
			k := 0.75 + 0.2*float64(x)/float64(w) - 0.15*float64(y)/float64(h)
			c := shade(color.RGBA{196, 198, 190, 255}, k)
			if fx, fy := float64(x)/float64(w), float64(y)/float64(h); fx > 0.7 && fx < 0.94 && fy > 0.1 && fy < 0.4 { // a picture on the wall
				c = shade(color.RGBA{120, 140, 150, 255}, 0.6+fy)
			}
			im.SetRGBA(x, y, c)
		}
	}
}

// noise is that of a camera's sensor.
func noise(im *image.RGBA, r *random) {
	for i := 0; i < len(im.Pix); i += 4 {
		n := 5 * (r.next() + r.next())
		for c := range 3 {
			im.Pix[i+c] = uint8(max(0, min(255, float64(im.Pix[i+c])+n)))
		}
	}
}

// random is a small generator: films are the same on every machine.
type random struct{ s uint64 }

// next is from -0.5 to 0.5.
func (r *random) next() float64 {
	r.s ^= r.s << 13
	r.s ^= r.s >> 7
	r.s ^= r.s << 17
	return float64(r.s>>11)/(1<<53) - 0.5
}

func shade(c color.RGBA, k float64) color.RGBA {
	f := func(v uint8) uint8 { return uint8(max(0, min(255, float64(v)*k))) }
	return color.RGBA{f(c.R), f(c.G), f(c.B), 255}
}

func mix(a, b color.RGBA, k float64) color.RGBA {
	k = max(0, min(1, k))
	f := func(x, y uint8) uint8 { return uint8(float64(x)*(1-k) + float64(y)*k) }
	return color.RGBA{f(a.R, b.R), f(a.G, b.G), f(a.B, b.B), 255}
}

func sub(a, b vec) vec { return vec{a.x - b.x, a.y - b.y, a.z - b.z} }
func cross(a, b vec) vec {
	return vec{a.y*b.z - a.z*b.y, a.z*b.x - a.x*b.z, a.x*b.y - a.y*b.x}
}

func unit(v vec) vec {
	n := math.Sqrt(v.x*v.x + v.y*v.y + v.z*v.z)
	if n < 1e-12 {
		return vec{0, 0, 1}
	}
	return vec{v.x / n, v.y / n, v.z / n}
}

// Act is the pose at a time of a performance: each action takes two
// seconds, there and back, with a moment's rest before and between. Names are those of package engine/liveness. done: it is over.
func Act(actions []string, seconds float64) (p Pose, done bool) {
	const rest, move = 0.8, 2.0
	// Nobody holds quite still.
	p = Pose{Yaw: 1.5 * math.Sin(1.7*seconds), Pitch: math.Sin(2.3 * seconds), Roll: math.Sin(1.1 * seconds), Size: 1 + 0.01*math.Sin(1.3*seconds)}
	i, at := math.Modf(seconds / (rest + move))
	if int(i) >= len(actions) {
		return p, at*(rest+move) > rest
	}
	at = at*(rest+move) - rest
	if at < 0 {
		return p, false
	}
	k := math.Sin(math.Pi * min(at/move, 1))
	switch actions[int(i)] {
	case "TurnLeft":
		p.Yaw += 22 * k
	case "TurnRight":
		p.Yaw -= 22 * k
	case "LookUp":
		p.Pitch += 19 * k
	case "MoveTowardsCamera":
		p.Size *= 1 + 0.42*k
	case "MoveAwayFromCamera":
		p.Size *= 1 - 0.3*k
	}
	return p, false
}
