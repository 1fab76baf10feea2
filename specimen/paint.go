package specimen

import (
	"image"
	"image/color"
	"math"

	"github.com/fogleman/gg"
)

// hue is a colour of three components from 0 to 1.
type hue [3]float64

func rgb(hex uint32) hue {
	return hue{float64(hex>>16&255) / 255, float64(hex>>8&255) / 255, float64(hex&255) / 255}
}

func (c hue) mix(o hue, t float64) hue {
	for i := range c {
		c[i] += (o[i] - c[i]) * t
	}
	return c
}

// light makes c lighter (f above 1) or darker.
func (c hue) light(f float64) hue {
	for i := range c {
		c[i] = min(c[i]*f, 1)
	}
	return c
}

func (c hue) alpha(a float64) color.NRGBA {
	return color.NRGBA{toByte(float32(c[0])), toByte(float32(c[1])), toByte(float32(c[2])), toByte(float32(a))}
}

// canvas is a picture to which masks and outlines are applied. All its coordinates
// are multiplied by unit to give pixels.
type canvas struct {
	*image.RGBA
	w, h int
	unit float64
}

func newCanvas(w, h int, unit float64) *canvas {
	return &canvas{image.NewRGBA(image.Rect(0, 0, w, h)), w, h, unit}
}

// mask draws with white on black and gives the coverage, softened by blur units.
func (c *canvas) mask(blur float64, draw func(*gg.Context)) *plane {
	dc := gg.NewContext(c.w, c.h)
	dc.Scale(c.unit, c.unit)
	dc.SetRGB(1, 1, 1)
	draw(dc)
	img := dc.Image().(*image.RGBA)
	m := newPlane(c.w, c.h)
	for i := range m.p {
		m.p[i] = float32(img.Pix[4*i+3]) / 255
	}
	if s := blur * c.unit; s > 6 { // wide blurs on a reduced picture
		f := math.Ceil(s / 3)
		w, h := int(float64(c.w)/f), int(float64(c.h)/f)
		return m.resize(w, h, area).blur(s/f, s/f).resize(c.w, c.h, linear)
	}
	return m.blur(blur*c.unit, blur*c.unit)
}

func (m *plane) times(o *plane) *plane {
	out := newPlane(m.w, m.h)
	for i, v := range m.p {
		out.p[i] = v * o.p[i]
	}
	return out
}

func (m *plane) without(o *plane) *plane {
	out := newPlane(m.w, m.h)
	for i, v := range m.p {
		out.p[i] = v * (1 - o.p[i])
	}
	return out
}

// blend is the way in which a colour meets what is there.
type blend uint8

const (
	over     blend = iota // covers
	multiply              // darkens, like ink
	screen                // lightens, like light
)

// lay applies colour where m is, at strength a.
func (c *canvas) lay(m *plane, col hue, a float64, how blend) {
	for i, v := range m.p {
		t := float64(v) * a
		if t <= 0 {
			continue
		}
		p := c.Pix[4*i : 4*i+3 : 4*i+3]
		for k := range p {
			old := float64(p[k]) / 255
			n := col[k]
			switch how {
			case multiply:
				n = old * col[k]
			case screen:
				n = 1 - (1-old)*(1-col[k])
			}
			p[k] = toByte(float32(old + (n-old)*t))
		}
		c.Pix[4*i+3] = 255
	}
}

// wash fills with a gradient from the top left over the middle to the bottom right.
func (c *canvas) wash(a, b, e hue, angle float64) {
	cs, sn := math.Cos(angle), math.Sin(angle)
	norm := math.Abs(cs) + math.Abs(sn)
	for y := range c.h {
		for x := range c.w {
			t := ((float64(x)/float64(c.w)-0.5)*cs+(float64(y)/float64(c.h)-0.5)*sn)/norm + 0.5
			col := a.mix(b, min(2*t, 1))
			if t > 0.5 {
				col = b.mix(e, 2*t-1)
			}
			i := c.PixOffset(x, y)
			for k := range 3 {
				c.Pix[i+k] = toByte(float32(col[k]))
			}
			c.Pix[i+3] = 255
		}
	}
}

// spline draws a smooth curve through the points.
func spline(dc *gg.Context, closed bool, pts ...Point) {
	n := len(pts)
	at := func(i int) Point {
		if closed {
			return pts[(i+n)%n]
		}
		return pts[min(max(i, 0), n-1)]
	}
	dc.MoveTo(pts[0].X, pts[0].Y)
	last := n - 1
	if closed {
		last = n
	}
	for i := range last {
		a, b, c, d := at(i-1), at(i), at(i+1), at(i+2)
		dc.CubicTo(b.X+(c.X-a.X)/6, b.Y+(c.Y-a.Y)/6, c.X-(d.X-b.X)/6, c.Y-(d.Y-b.Y)/6, c.X, c.Y)
	}
	if closed {
		dc.ClosePath()
	}
}

// mirror gives the points of the right half and their reflection at x, in order
// around the shape; the first and last points lie on the axis.
func mirror(x float64, right ...Point) []Point {
	out := append([]Point(nil), right...)
	for i := len(right) - 2; i > 0; i-- {
		out = append(out, Point{2*x - right[i].X, right[i].Y})
	}
	return out
}
