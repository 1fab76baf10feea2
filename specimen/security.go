package specimen

import (
	"math"

	"github.com/fogleman/gg"
)

// screenLines prints a family of parallel wavy lines, the ground of every
// document. Lengths are millimetres.
type screenLines struct {
	gap, width   float64
	slope        float64 // dy/dx of the lines
	steep        bool    // lines run down instead of across
	swing, wave  float64 // amplitude and length of the main wave
	ripple, rlen float64 // and of a second, smaller one
	phase        float64
	tone         [3]hue // colours from one side to the other (iris print)
	alpha        float64
	relief       *plane  // lifts the lines where it is 1 …
	lift         float64 // … by so many millimetres
	where        *plane  // nil is everywhere
}

func (s *sheet) lines(l screenLines) {
	k := s.unit
	along, across := s.w, s.h
	if l.steep {
		along, across = s.h, s.w
	}
	gap, half := l.gap*k, l.width*k/2
	for i := range along {
		t := float64(i) / k
		a := 2*math.Pi*t/l.wave + l.phase
		shift := (l.slope*t + l.swing*math.Sin(a)) * k
		tilt := l.slope + l.swing*2*math.Pi/l.wave*math.Cos(a)
		if l.ripple > 0 {
			b := 2*math.Pi*t/l.rlen + 2.3*l.phase
			shift += l.ripple * math.Sin(b) * k
			tilt += l.ripple * 2 * math.Pi / l.rlen * math.Cos(b)
		}
		flat := 1 / math.Sqrt(1+tilt*tilt)
		for j := range across {
			x, y := i, j
			if l.steep {
				x, y = j, i
			}
			v := float64(j) + shift
			if l.relief != nil {
				v += float64(l.relief.p[y*s.w+x]) * l.lift * k
			}
			v /= gap
			c := half - math.Abs(v-math.Floor(v)-0.5)*gap*flat + 0.5
			if c <= 0 {
				continue
			}
			c = min(c, 2*half, 1) * l.alpha
			if l.where != nil {
				c *= float64(l.where.p[y*s.w+x])
			}
			s.dab(x, y, l.shade(float64(x)/float64(s.w)), c)
		}
	}
}

func (l *screenLines) shade(t float64) hue {
	if t < 0.5 {
		return l.tone[0].mix(l.tone[1], 2*t)
	}
	return l.tone[1].mix(l.tone[2], 2*t-1)
}

// dab mixes colour into one pixel.
func (c *canvas) dab(x, y int, col hue, a float64) {
	p := c.Pix[c.PixOffset(x, y):]
	for k := range 3 {
		old := float64(p[k])
		p[k] = uint8(old + (col[k]*255-old)*a + 0.5)
	}
}

// rosette prints interlaced closed curves around x, y: the guilloche of
// banknotes. Each ring has petals loops between the radii inner and outer.
func (s *sheet) rosette(x, y, inner, outer float64, petals, rings int, width float64, a, b hue, alpha float64) {
	dc := s.pen()
	dc.SetLineWidth(width * s.unit)
	mid, amp := (inner+outer)/2, (outer-inner)/2
	for ring := range rings {
		t := float64(ring) / float64(rings)
		dc.SetColor(a.mix(b, t).alpha(alpha))
		turn := 2 * math.Pi * t / float64(petals)
		steps := petals * 14
		for i := range steps + 1 {
			u := 2 * math.Pi * float64(i) / float64(steps)
			q := float64(petals)*(u+turn) + 0.6*math.Sin(u*3)
			rr := mid + amp*(0.78*math.Sin(q)+0.22*math.Sin(2*q+1.1))
			px, py := x+rr*math.Cos(u), y+rr*math.Sin(u)
			if i == 0 {
				dc.MoveTo(px, py)
			} else {
				dc.LineTo(px, py)
			}
		}
		dc.Stroke()
	}
}

// ribbon prints a band of interlaced waves from x0 to x1 around height y.
func (s *sheet) ribbon(x0, x1, y, height float64, waves float64, strands int, width float64, a, b hue, alpha float64) {
	dc := s.pen()
	dc.SetLineWidth(width * s.unit)
	for i := range strands {
		t := float64(i) / float64(strands)
		dc.SetColor(a.mix(b, t).alpha(alpha))
		const steps = 260
		for j := range steps + 1 {
			u := float64(j) / steps
			env := 0.55 + 0.45*math.Sin(2*math.Pi*u*waves/3+2*math.Pi*t)
			py := y + height/2*env*math.Sin(2*math.Pi*(u*waves+t))
			if j == 0 {
				dc.MoveTo(x0+(x1-x0)*u, py)
			} else {
				dc.LineTo(x0+(x1-x0)*u, py)
			}
		}
		dc.Stroke()
	}
}

// drawEmblem fills the state's emblem around 0, 0 within a radius of 1.
func drawEmblem(dc *gg.Context, e emblem) {
	star := func(points int, outer, inner, turn float64) {
		for i := range 2 * points {
			r := outer
			if i%2 == 1 {
				r = inner
			}
			a := math.Pi*float64(i)/float64(points) - math.Pi/2 + turn
			if i == 0 {
				dc.MoveTo(r*math.Cos(a), r*math.Sin(a))
			} else {
				dc.LineTo(r*math.Cos(a), r*math.Sin(a))
			}
		}
		dc.ClosePath()
		dc.Fill()
	}
	ring := func(r, w float64) {
		dc.SetFillRuleEvenOdd()
		dc.DrawCircle(0, 0, r)
		dc.DrawCircle(0, 0, r-w)
		dc.Fill()
		dc.SetFillRuleWinding()
	}
	switch e {
	case compassRose:
		star(4, 0.98, 0.14, 0)
		star(4, 0.66, 0.14, math.Pi/4)
		ring(0.78, 0.05)
		ring(0.68, 0.02)
		for i := range 32 {
			a := float64(i) * math.Pi / 16
			dc.DrawCircle(0.87*math.Cos(a), 0.87*math.Sin(a), 0.025)
		}
		dc.Fill()
	case lighthouse:
		ring(0.98, 0.05)
		dc.MoveTo(-0.16, 0.62)
		dc.LineTo(-0.09, -0.28)
		dc.LineTo(0.09, -0.28)
		dc.LineTo(0.16, 0.62)
		dc.ClosePath()
		dc.DrawRectangle(-0.14, -0.34, 0.28, 0.05)
		dc.DrawRectangle(-0.08, -0.52, 0.16, 0.16)
		dc.Fill()
		dc.DrawArc(0, -0.54, 0.1, math.Pi, 2*math.Pi)
		dc.Fill()
		for i := range 5 {
			a := float64(i-2) * 0.28
			for _, side := range []float64{-1, 1} {
				dc.MoveTo(side*0.16*math.Cos(a), -0.44+0.16*math.Sin(a))
				dc.LineTo(side*0.75*math.Cos(a-0.05), -0.44+0.75*math.Sin(a-0.05))
				dc.LineTo(side*0.75*math.Cos(a+0.05), -0.44+0.75*math.Sin(a+0.05))
				dc.ClosePath()
				dc.Fill()
			}
		}
		for i := range 3 {
			y := 0.62 + 0.1*float64(i)
			w := math.Sqrt(0.85 - y*y)
			dc.SetLineWidth(3)
			for j := range 41 {
				x := -w + 2*w*float64(j)/40
				if j == 0 {
					dc.MoveTo(x, y)
				} else {
					dc.LineTo(x, y+0.025*math.Sin(float64(j)))
				}
			}
			dc.Stroke()
		}
	case wheatSun:
		star(24, 0.72, 0.5, 0)
		dc.DrawCircle(0, 0, 0.42)
		dc.Fill()
		for _, side := range []float64{-1, 1} {
			for i := range 9 {
				a := math.Pi/2 + side*(0.18+0.27*float64(i))
				x, y := 0.86*math.Cos(a), 0.86*math.Sin(a)
				for _, lean := range []float64{-0.5, 0.5} {
					dc.Push()
					dc.Translate(x, y)
					dc.Rotate(a + side*(math.Pi/2) + lean)
					dc.DrawEllipse(0.09, 0, 0.1, 0.035)
					dc.Fill()
					dc.Pop()
				}
			}
		}
	case octopus:
		dc.DrawEllipse(0, -0.42, 0.32, 0.42)
		dc.Fill()
		for i := range 8 {
			a := math.Pi * (0.06 + 0.88*float64(i)/7)
			curl := 1.0
			if i < 4 {
				curl = -1
			}
			for j := range 30 {
				t := float64(j) / 29
				r := 0.1 + 0.85*t
				b := a + curl*0.75*t*t
				dc.DrawCircle(r*math.Cos(b), -0.12+r*math.Sin(b)*0.95, 0.085*(1-0.8*t))
			}
			dc.Fill()
		}
	case pineMountain:
		dc.MoveTo(-0.98, 0.55)
		dc.LineTo(-0.3, -0.55)
		dc.LineTo(-0.05, -0.2)
		dc.LineTo(0.25, -0.8)
		dc.LineTo(0.98, 0.55)
		dc.ClosePath()
		dc.Fill()
		for i := range 7 {
			x := -0.78 + 0.26*float64(i)
			for j := range 3 {
				y, w := 0.55+0.13*float64(j), 0.06+0.035*float64(j)
				dc.MoveTo(x, y-0.1)
				dc.LineTo(x+w, y+0.12)
				dc.LineTo(x-w, y+0.12)
				dc.ClosePath()
			}
			dc.Fill()
		}
	}
}

// emblemAt draws the emblem in one colour.
func (s *sheet) emblemAt(e emblem, x, y, radius float64, col hue, alpha float64) {
	dc := s.pen()
	dc.Translate(x, y)
	dc.Scale(radius, radius)
	dc.SetColor(col.alpha(alpha))
	drawEmblem(dc, e)
}

// emblemMask is the emblem as a soft mask for relief.
func (s *sheet) emblemMask(e emblem, x, y, radius, blur float64) *plane {
	return s.mask(blur, func(dc *gg.Context) {
		dc.Translate(x, y)
		dc.Scale(radius, radius)
		drawEmblem(dc, e)
	})
}

// laminate lays the iridescent pattern of a security film over a strip.
func (s *sheet) laminate(e emblem, x, y, w, h, alpha float64) {
	const size, step = 2.6, 7.0
	stamp := newCanvas(int(2*size*s.unit)+2, int(2*size*s.unit)+2, s.unit).mask(0.05, func(dc *gg.Context) {
		dc.Translate(size, size)
		dc.Scale(size, size)
		drawEmblem(dc, e)
	})
	m := s.mask(0.05, func(dc *gg.Context) {
		dc.SetLineWidth(0.15 * s.unit)
		for i := range int(w + h) {
			if u := x + float64(i)*1.6; u < x+w+h*0.5 {
				dc.DrawLine(u, y, u-h*0.5, y+h)
				dc.Stroke() // one by one: long lists of edges in a row are slow
			}
		}
	})
	for row := range int(h/step) + 1 {
		for col := range int(w/step) + 1 {
			ox := int((x + step*float64(col) + step/2*float64(row%2) - size) * s.unit)
			oy := int((y + step*float64(row) - size) * s.unit)
			for j := max(-oy, 0); j < min(stamp.h, m.h-oy); j++ {
				for i := max(-ox, 0); i < min(stamp.w, m.w-ox); i++ {
					at := &m.p[(oy+j)*m.w+ox+i]
					*at = max(*at, stamp.p[j*stamp.w+i])
				}
			}
		}
	}
	fade := s.mask(2.5, func(dc *gg.Context) { dc.DrawRectangle(x+1, y+1, w-2, h-2); dc.Fill() })
	r := fade.bounds()
	for py := r.Min.Y; py < r.Max.Y; py++ {
		for px := r.Min.X; px < r.Max.X; px++ {
			i := py*s.w + px
			a := float64(m.p[i]*fade.p[i]) * alpha
			if a < 0.004 {
				continue
			}
			t := float64(px)/s.unit*0.21 + float64(py)/s.unit*0.13
			col := hue{0.72 + 0.28*math.Sin(t), 0.72 + 0.28*math.Sin(t+2.1), 0.75 + 0.25*math.Sin(t+4.2)}
			s.dab(px, py, col, a)
		}
	}
}

// ghost prints a second, pale portrait in one ink.
func (s *sheet) ghost(portrait *canvas, x, y, w float64, ink hue, alpha float64) {
	pw := int(w * s.unit)
	ph := pw * portrait.h / portrait.w
	p := newPlane(portrait.w, portrait.h)
	for i := range p.p {
		q := portrait.Pix[4*i:]
		p.p[i] = 1 - (0.299*float32(q[0])+0.587*float32(q[1])+0.114*float32(q[2]))/255
	}
	p = p.resize(pw, ph, area)
	// Faces of any complexion show by their local contrast.
	broad := p.blur(float64(pw)*0.12, float64(pw)*0.12)
	for i, v := range p.p {
		p.p[i] = v + 1.1*(v-broad.p[i]) - 0.35*max(broad.p[i]-0.35, 0)
	}
	x0, y0 := int(x*s.unit), int(y*s.unit)
	for j := range ph {
		for i := range pw {
			// The edge fades out in an oval.
			u, v := (float64(i)/float64(pw)-0.5)*2, (float64(j)/float64(ph)-0.5)*2
			edge := min(max((1.12-math.Pow(math.Pow(math.Abs(u), 4)+math.Pow(math.Abs(v), 4), 0.25))*5, 0), 1)
			t := min(max((float64(p.p[j*pw+i])-0.1)*1.25, 0), 1)
			if x0+i >= 0 && x0+i < s.w && y0+j < s.h {
				s.dab(x0+i, y0+j, ink, t*alpha*edge)
			}
		}
	}
	s.side.Ghost = s.place(x, y, x+w, y+w*45/35)
}
