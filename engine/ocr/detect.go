// Package ocr finds lines of text on a picture and reads them.
//
// [Detector] says where lines are, with their direction and curve; [Straighten]
// cuts one out as a level strip; [Recognizer] turns a strip into a [Lattice]
// of character probabilities over its columns. What the characters mean, and
// which reading of a lattice is the right one, belongs to the caller: free text
// takes [Lattice.Greedy], the machine-readable zone decodes under its grammar.
package ocr

import (
	"context"
	"fmt"
	"math"
	"sort"

	"idproof/engine/model"
	"idproof/engine/raster"
)

// Line is a line of text: a gently curved centre line with a height. In the
// frame with its origin at Center and its x axis along Angle, the centre of
// the text runs through y = Curve*x² for -Length/2 ≤ x ≤ Length/2.
//
// Text reads along the axis or against it: a detector cannot know which, so
// Angle lies in (-90°, 90°] until somebody has read the text.
type Line struct {
	Center raster.Point // pixels of the picture
	Angle  float64      // radians, clockwise from the x axis (y points down)
	Length float64      // pixels
	Height float64      // pixels, from the descenders to the ascenders
	Curve  float64      // 1/pixels
	Score  float64      // mean text probability, 0 to 1
}

// At returns the point at x along the line and y below it, both in pixels.
func (l Line) At(x, y float64) raster.Point {
	y += l.Curve * x * x
	s, c := math.Sincos(l.Angle)
	return raster.Point{X: l.Center.X + x*c - y*s, Y: l.Center.Y + x*s + y*c}
}

// Quad returns the corners of the line's box, top-left first in its reading direction.
func (l Line) Quad() raster.Quad {
	x, y := l.Length/2, l.Height/2
	return raster.Quad{l.At(-x, -y), l.At(x, -y), l.At(x, y), l.At(-x, y)}
}

// Flip returns the same line read in the opposite direction.
func (l Line) Flip() Line {
	l.Angle += math.Pi
	l.Curve = -l.Curve
	return l
}

// Through returns the line as it stands on another picture, onto which h maps
// points of the picture it was found on.
func (l Line) Through(h raster.Homography) Line {
	a, m, b := h.Apply(l.At(-l.Length/2, 0)), h.Apply(l.At(0, 0)), h.Apply(l.At(l.Length/2, 0))
	up, down := h.Apply(l.At(0, -l.Height/2)), h.Apply(l.At(0, l.Height/2))
	out := Line{
		Angle:  math.Atan2(b.Y-a.Y, b.X-a.X),
		Length: math.Hypot(b.X-a.X, b.Y-a.Y),
		Height: math.Hypot(down.X-up.X, down.Y-up.Y),
		Score:  l.Score,
	}
	// The chord's middle lies off the curve by Curve·Length²/4.
	sn, cs := math.Sincos(out.Angle)
	out.Center = m
	if out.Length > 0 {
		off := (m.X-(a.X+b.X)/2)*sn - (m.Y-(a.Y+b.Y)/2)*cs
		out.Curve = 4 * off / (out.Length * out.Length)
	}
	return out
}

// Detector finds text by a differentiable-binarisation network (Liao et al.,
// "Real-time Scene Text Detection with Differentiable Binarization", 2020) with
// the weights of PP-OCRv4.
type Detector struct{ net *model.Net }

// NewDetector loads the detector.
func NewDetector(r *model.Runtime) (*Detector, error) {
	n, err := r.LoadWide("ppocr4_det", 2)
	if err != nil {
		return nil, err
	}
	return &Detector{n}, nil
}

// Version names the network.
func (d *Detector) Version() (name, version string) { return d.net.Name, d.net.Version }

const (
	// The network sees the picture with its longer side at this many pixels:
	// smaller ones are enlarged, so that small print has the size that the
	// network was trained on.
	detectSide = 736
	// A pixel belongs to text from this probability on.
	textLevel = 0.3
	// A region is a line if its mean probability is at least this.
	lineLevel = 0.5
	// The network marks the core of a line; its full extent is larger by this
	// times area over perimeter ("unclip ratio" of the method).
	unclip = 1.5
)

// Detect finds the lines of text, longest first.
func (d *Detector) Detect(ctx context.Context, im *raster.Image) ([]Line, error) {
	return d.DetectAt(ctx, im, detectSide, 0)
}

// DetectAt is Detect for a second look: the network sees the picture with its
// longer side at about the given number of pixels and turned so that text which
// runs at the tilt (radians, clockwise) is level. Networks find level text best.
func (d *Detector) DetectAt(ctx context.Context, im *raster.Image, side int, tilt float64) ([]Line, error) {
	if im.W < 8 || im.H < 8 {
		return nil, nil
	}
	sn, cs := math.Sincos(tilt)
	// The turned picture's bounding box, in pixels of the picture.
	bw := math.Abs(float64(im.W)*cs) + math.Abs(float64(im.H)*sn)
	bh := math.Abs(float64(im.W)*sn) + math.Abs(float64(im.H)*cs)
	scale := float64(side) / max(bw, bh)
	w := max(32, int(math.Round(bw*scale/32))*32)
	h := max(32, int(math.Round(bh*scale/32))*32)
	sx, sy := bw/float64(w), bh/float64(h)
	var small *raster.Image
	if tilt == 0 {
		small = im.Resize(w, h)
	} else {
		cx, cy := float64(im.W)/2, float64(im.H)/2
		small = im.Warp(raster.Homography{
			cs * sx, -sn * sy, cx - cs*bw/2 + sn*bh/2,
			sn * sx, cs * sy, cy - sn*bw/2 - cs*bh/2,
			0, 0, 1,
		}, w, h)
	}
	in := model.Tensor{Shape: []int{1, 3, h, w}, Data: make([]float32, 3*h*w)}
	// The network was trained on blue first, normalised as ImageNet's red first.
	mean := [3]float32{0.485, 0.456, 0.406}
	dev := [3]float32{0.229, 0.224, 0.225}
	for c := range 3 {
		plane := in.Data[c*h*w : (c+1)*h*w]
		for i := range plane {
			plane[i] = (float32(small.Pix[3*i+2-c])/255 - mean[c]) / dev[c]
		}
	}
	out, err := d.net.Run(ctx, in)
	if err != nil {
		return nil, err
	}
	if len(out.Data) != w*h {
		return nil, fmt.Errorf("ocr: the detector answered %v for a picture of %d by %d", out.Shape, w, h)
	}
	lines := components(out.Data, w, h, sx, sy)
	if tilt != 0 {
		for i, l := range lines {
			dx, dy := l.Center.X-bw/2, l.Center.Y-bh/2
			lines[i].Center = raster.Point{X: float64(im.W)/2 + dx*cs - dy*sn, Y: float64(im.H)/2 + dx*sn + dy*cs}
			lines[i].Angle += tilt
		}
	}
	sort.SliceStable(lines, func(i, j int) bool { return lines[i].Length > lines[j].Length })
	return lines, nil
}

// Tilt is the direction in which most of the text runs, in radians clockwise,
// between -45° and 135°; 0 if there is none. Which way along it the text reads
// is not known.
func Tilt(lines []Line) float64 {
	// Stray lines run at right angles to the others: the mean on the circle of
	// 4·angle is the same for both; the longer ones then say which it is.
	var x, y float64
	for _, l := range lines {
		if l.Length < 3*l.Height {
			continue
		}
		s, c := math.Sincos(4 * l.Angle)
		x, y = x+l.Length*c, y+l.Length*s
	}
	if x == 0 && y == 0 {
		return 0
	}
	tilt := math.Atan2(y, x) / 4
	var along, across float64
	for _, l := range lines {
		if l.Length < 3*l.Height {
			continue
		}
		if math.Abs(math.Cos(l.Angle-tilt)) > math.Sqrt2/2 {
			along += l.Length
		} else {
			across += l.Length
		}
	}
	if across > along {
		tilt += math.Pi / 2
	}
	return tilt
}

// components turns the connected regions of a probability map into lines. sx
// and sy are picture pixels for one map pixel.
func components(p []float32, w, h int, sx, sy float64) []Line {
	seen := make([]bool, len(p))
	var lines []Line
	var stack, region []int
	for start := range p {
		if seen[start] || p[start] < textLevel {
			continue
		}
		region = region[:0]
		stack = append(stack[:0], start)
		seen[start] = true
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			region = append(region, i)
			x, y := i%w, i/w
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					nx, ny := x+dx, y+dy
					if nx < 0 || ny < 0 || nx >= w || ny >= h {
						continue
					}
					if j := ny*w + nx; !seen[j] && p[j] >= textLevel {
						seen[j] = true
						stack = append(stack, j)
					}
				}
			}
		}
		if l, ok := fit(region, p, w, sx, sy); ok {
			lines = append(lines, l)
		}
	}
	return lines
}

// fit makes a line of one region: its principal axis, then a parabola through it.
func fit(region []int, p []float32, w int, sx, sy float64) (Line, bool) {
	if len(region) < 12 {
		return Line{}, false
	}
	var n, mx, my, sum float64
	for _, i := range region {
		wt := float64(p[i])
		n += wt
		mx += wt * (float64(i%w) + 0.5) * sx
		my += wt * (float64(i/w) + 0.5) * sy
		sum += wt
	}
	mx, my = mx/n, my/n
	if sum/float64(len(region)) < lineLevel {
		return Line{}, false
	}
	var xx, xy, yy float64
	for _, i := range region {
		wt := float64(p[i])
		dx, dy := (float64(i%w)+0.5)*sx-mx, (float64(i/w)+0.5)*sy-my
		xx += wt * dx * dx
		xy += wt * dx * dy
		yy += wt * dy * dy
	}
	angle := math.Atan2(2*xy, xx-yy) / 2
	s, c := math.Sincos(angle)
	// Extent and parabola y = a + b·x + k·x² in the axis frame, by least squares.
	x0, x1 := math.Inf(1), math.Inf(-1)
	var s1, s2, s3, s4, t0, t1, t2 float64
	for _, i := range region {
		dx, dy := (float64(i%w)+0.5)*sx-mx, (float64(i/w)+0.5)*sy-my
		x, y := dx*c+dy*s, -dx*s+dy*c
		x0, x1 = min(x0, x), max(x1, x)
		wt := float64(p[i])
		x2 := x * x
		s1 += wt * x
		s2 += wt * x2
		s3 += wt * x2 * x
		s4 += wt * x2 * x2
		t0 += wt * y
		t1 += wt * y * x
		t2 += wt * y * x2
	}
	x0, x1 = x0-sx/2, x1+sx/2
	long := x1 - x0
	area := float64(len(region)) * sx * sy
	core := area / long
	a, b, k := 0.0, 0.0, 0.0
	if long > 8*core { // a short word has no measurable curve
		a, b, k = solve3([3][4]float64{{n, s1, s2, t0}, {s1, s2, s3, t1}, {s2, s3, s4, t2}})
	}
	grow := unclip * area / (2 * (long + core))
	mid := (x0 + x1) / 2
	// Re-centre the parabola on the middle of the extent.
	slope := b + 2*k*mid
	y := a + b*mid + k*mid*mid
	return Line{
		Center: raster.Point{X: mx + mid*c - y*s, Y: my + mid*s + y*c},
		Angle:  angle + math.Atan(slope),
		Length: long + 2*grow,
		Height: core + 2*grow,
		Curve:  k,
		Score:  sum / float64(len(region)),
	}, true
}

// solve3 solves three linear equations; a singular system gives zeros.
func solve3(m [3][4]float64) (float64, float64, float64) {
	for i := range 3 {
		p := i
		for r := i + 1; r < 3; r++ {
			if math.Abs(m[r][i]) > math.Abs(m[p][i]) {
				p = r
			}
		}
		m[i], m[p] = m[p], m[i]
		if math.Abs(m[i][i]) < 1e-12 {
			return 0, 0, 0
		}
		for r := range 3 {
			if r == i {
				continue
			}
			f := m[r][i] / m[i][i]
			for c := i; c < 4; c++ {
				m[r][c] -= f * m[i][c]
			}
		}
	}
	return m[0][3] / m[0][0], m[1][3] / m[1][1], m[2][3] / m[2][2]
}
