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
	w, h    int
	unit    float64
	scratch *gg.Context // for masks, clear between them
}

func newCanvas(w, h int, unit float64) *canvas {
	return &canvas{RGBA: image.NewRGBA(image.Rect(0, 0, w, h)), w: w, h: h, unit: unit}
}

// mask draws with white on black and gives the coverage, softened by blur units.
func (c *canvas) mask(blur float64, draw func(*gg.Context)) *plane {
	if c.scratch == nil {
		c.scratch = gg.NewContext(c.w, c.h)
	}
	dc := c.scratch
	dc.Push()
	dc.Scale(c.unit, c.unit)
	dc.SetRGB(1, 1, 1)
	draw(dc)
	dc.Pop()
	dc.ClearPath()
	img := dc.Image().(*image.RGBA)
	used := inked(img)
	m := newPlane(c.w, c.h)
	sigma := blur * c.unit
	reach := int(math.Ceil(sigma*2.8)) + 2
	m.live = used.Inset(-reach).Intersect(img.Rect)
	if m.live.Empty() {
		m.live = image.Rect(0, 0, 1, 1)
		return m
	}
	// Only what is drawn, and where it spreads to, needs work.
	part := newPlane(m.live.Dx(), m.live.Dy())
	for y := used.Min.Y; y < used.Max.Y; y++ {
		dst := part.row(y - m.live.Min.Y)
		for x := used.Min.X; x < used.Max.X; x++ {
			i := img.PixOffset(x, y)
			dst[x-m.live.Min.X] = float32(img.Pix[i+3]) / 255
			clear(img.Pix[i : i+4])
		}
	}
	if sigma > 6 { // wide blurs on a reduced picture
		f := math.Ceil(sigma / 3)
		w, h := max(int(float64(part.w)/f), 1), max(int(float64(part.h)/f), 1)
		part = part.resize(w, h, area).blur(sigma/f, sigma/f).resize(part.w, part.h, linear)
	} else {
		part = part.blur(sigma, sigma)
	}
	for y := range part.h {
		copy(m.row(y + m.live.Min.Y)[m.live.Min.X:], part.row(y))
	}
	return m
}

// inked is the smallest rectangle that holds all of what is drawn.
func inked(img *image.RGBA) image.Rectangle {
	r := image.Rectangle{Min: img.Rect.Max}
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride : y*img.Stride+4*img.Rect.Dx()]
		first := -1
		last := 0
		for x := 3; x < len(row); x += 4 {
			if row[x] != 0 {
				if first < 0 {
					first = x / 4
				}
				last = x/4 + 1
			}
		}
		if first >= 0 {
			r.Min.X, r.Max.X = min(r.Min.X, first), max(r.Max.X, last)
			r.Min.Y, r.Max.Y = min(r.Min.Y, y), y+1
		}
	}
	return r
}

func (m *plane) times(o *plane) *plane {
	return m.combine(m.bounds().Intersect(o.bounds()), func(v, u float32) float32 { return v * u }, o)
}

func (m *plane) without(o *plane) *plane {
	return m.combine(m.bounds(), func(v, u float32) float32 { return v * (1 - u) }, o)
}

func (m *plane) combine(r image.Rectangle, f func(a, b float32) float32, o *plane) *plane {
	out := newPlane(m.w, m.h)
	out.live = r
	if r.Empty() {
		out.live = image.Rect(0, 0, 1, 1)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		a, b, dst := m.row(y), o.row(y), out.row(y)
		for x := r.Min.X; x < r.Max.X; x++ {
			dst[x] = f(a[x], b[x])
		}
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
	r := m.bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := m.row(y)
		for x := r.Min.X; x < r.Max.X; x++ {
			t := float64(row[x]) * a
			if t <= 0 {
				continue
			}
			i := c.PixOffset(x, y)
			p := c.Pix[i : i+3 : i+3]
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
			c.Pix[i+3] = 255
		}
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

// mirror gives the points of the right half of a face and their reflection at the
// axis, in order around the shape; the first and last points lie on the axis.
func mirror(right ...Point) []Point {
	out := append([]Point(nil), right...)
	for i := len(right) - 2; i > 0; i-- {
		out = append(out, Point{2*axis - right[i].X, right[i].Y})
	}
	return out
}
