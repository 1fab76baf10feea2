package eval

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"idproof/engine/face"
	"idproof/engine/raster"
)

// Printing is how a portrait came onto a simulated document.
type Printing string

// The ways of [PrintPortrait].
const (
	Printed     Printing = "printed"     // colour print: raster, tint, loss of contrast
	Overprinted Printing = "overprinted" // the same under guilloche lines and part of an emblem
	Engraved    Printing = "engraved"    // grey laser engraving: hard tones in dots, on a tinted card
)

// PrintPortrait draws a fictional document, straight and as a camera sees it,
// that shows the face as its portrait, the frame of which is width pixels wide
// (35 to 45 as in ICAO 9303-3). Ink is laid at four times that resolution, as
// print is finer than what the camera resolves; noise and JPEG come last. The
// same seed gives the same picture.
func PrintPortrait(im *raster.Image, f *face.Face, how Printing, width int, seed uint64) (*raster.Image, error) {
	const finer = 4
	rng := rand.New(rand.NewPCG(seed, uint64(width)))
	w, h := finer*width, finer*width*45/35
	// ICAO portraits show the head large: forehead to chin takes two thirds of the height.
	frameH := f.Height / 0.65
	frameW := frameH * 35 / 45
	c := f.Center
	frame := raster.Rect(c.X-frameW/2, c.Y-0.55*frameH, c.X+frameW/2, c.Y+0.45*frameH)
	portrait := im.Warp(raster.QuadToRect(frame, w, h), w, h)

	// An ID-1 card whose portrait is 30 % of its width.
	dw := w * 10 / 3
	dh := dw * 54 / 86
	doc := raster.New(dw, dh)
	for y := range dh {
		for x := range dw {
			v := 226 + 14*math.Sin(float64(x)/9+5*math.Sin(float64(y)/35))
			set(doc, x, y, v-12, v, v-6)
		}
	}
	ox, oy := w/4, (dh-h)/2
	for y := range h {
		for x := range w {
			p := portrait.Pix[3*(y*w+x):]
			r, g, b := float64(p[0]), float64(p[1]), float64(p[2])
			fx, fy := float64(x), float64(y)
			switch how {
			case Engraved:
				l := 255 / (1 + math.Exp(-(0.299*r+0.587*g+0.114*b-120)/32))
				l += 26 * math.Sin(1.7*fx+0.5*fy) * math.Sin(1.7*fy-0.5*fx)
				r, g, b = 30+0.78*l, 32+0.8*l, 28+0.76*l
			default:
				dots := 16 * math.Sin(1.9*fx+0.7*fy) * math.Sin(1.9*fy-0.7*fx)
				r, g, b = 34+0.78*r+dots, 32+0.78*g-0.6*dots, 30+0.76*b+0.5*dots
			}
			if how == Overprinted {
				if math.Abs(math.Sin(fx/19+2*math.Sin(fy/40))) < 0.15 {
					r, g, b = 0.75*r+25, 0.8*g+40, 0.8*b+45
				}
				if math.Hypot(fx-0.95*float64(w), fy-0.8*float64(h)) < 0.25*float64(h) && (y/9)%2 == 0 {
					r, g, b = 0.7*r+50, 0.8*g+50, 0.8*b+50
				}
			}
			set(doc, x+ox, y+oy, r, g, b)
		}
	}
	// The camera: averages areas, is a little out of focus, and noisy.
	small := doc.Resize(dw/finer, dh/finer)
	small = small.Resize(small.W*9/10, small.H*9/10).Resize(dw/finer, dh/finer)
	for i, v := range small.Pix {
		small.Pix[i] = uint8(max(0, min(255, float64(v)+3*rng.NormFloat64())))
	}
	return throughJPEG(small, 80)
}

func set(im *raster.Image, x, y int, r, g, b float64) {
	i := 3 * (y*im.W + x)
	for k, v := range [3]float64{r, g, b} {
		im.Pix[i+k] = uint8(max(0, min(255, v)))
	}
}

// throughJPEG is the picture after it was saved.
func throughJPEG(im *raster.Image, quality int) (*raster.Image, error) {
	data, err := im.JPEG(quality)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	pages, err := raster.Decode(context.Background(), data, raster.DefaultLimits())
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	return pages[0].Image, nil
}

// Attack is a kind of presentation attack that [Present] can simulate.
type Attack string

// The attacks of [Present].
const (
	OnPaper  Attack = "print"   // a colour print held before the camera, its edges in view
	OnScreen Attack = "screen"  // a telephone or tablet held before the camera
	CutOut   Attack = "cut-out" // the face cut out of a print and worn before another scene
	Replayed Attack = "replay"  // a screen that fills the whole picture
)

// Attacks lists them all.
var Attacks = []Attack{OnPaper, OnScreen, CutOut, Replayed}

// Present simulates a photograph of a picture of a face, 960 by 1280 pixels. It
// models what gives such pictures away: the raster of print, the stripes of a
// screen's pixels and their moiré with the camera's, the lack of black, edges,
// a slight turn. The same seed gives the same picture.
func Present(im *raster.Image, f *face.Face, a Attack, seed uint64) (*raster.Image, error) {
	const w, h = 960, 1280
	rng := rand.New(rand.NewPCG(seed, 7))
	out := raster.New(w, h)
	shade := 90 + 90*rng.Float64()
	for y := range h {
		for x := range w {
			v := shade + 30*math.Sin(float64(x)/310+float64(y)/470)
			set(out, x, y, v*1.03, v, v*0.94)
		}
	}
	// The sheet or screen: its middle, turn, and how many pixels of the picture
	// shown one of the photograph is.
	angle := (rng.Float64() - 0.5) * 0.16
	cx, cy := w/2+20*rng.Float64(), h/2+20*rng.Float64()
	half := 330.0
	if a == Replayed {
		half = 900
	}
	faceW := 250 + 60*rng.Float64()
	step := f.Width / faceW
	pitch := 2.2 + 1.1*rng.Float64() // of raster or pixels, in pixels of the photograph
	rx, ry := f.Width/2*1.15, f.Height/2*1.3
	s, c := math.Sincos(angle)
	for y := range h {
		for x := range w {
			dx, dy := float64(x)-cx, float64(y)-cy
			u, v := dx*c+dy*s, -dx*s+dy*c
			if math.Abs(u) > half || math.Abs(v) > 1.35*half {
				if (a == OnScreen) && math.Abs(u) < half+28 && math.Abs(v) < 1.35*half+70 {
					set(out, x, y, 14, 14, 16) // the frame of the device
				}
				continue
			}
			px, py := f.Center.X+u*step, f.Center.Y+v*step
			if ex, ey := (px-f.Center.X)/rx, (py-f.Center.Y)/ry; a == CutOut && ex*ex+ey*ey > 1 {
				continue
			}
			r, g, b := at(im, px, py)
			if a == OnScreen || a == Replayed {
				// Rows of pixels, their colours side by side, sampled by the camera's.
				k := 2 * math.Pi / pitch
				line := 0.9 + 0.1*math.Sin(k*v)
				r *= line * (0.88 + 0.12*math.Sin(k*u))
				g *= line * (0.88 + 0.12*math.Sin(k*u+2.1))
				b *= line * (0.88 + 0.12*math.Sin(k*u+4.2))
				r, g, b = 22+0.86*r, 24+0.9*g, 32+0.95*b
			} else {
				k := 2 * math.Pi / (1.4 * pitch)
				dots := 12 * math.Sin(k*(u+0.6*v)) * math.Sin(k*(v-0.6*u))
				r, g, b = 42+0.72*r+dots, 38+0.72*g+dots, 34+0.68*b+dots
				if a == OnPaper && (math.Abs(u) > half-24 || math.Abs(v) > 1.35*half-24) {
					r, g, b = 226, 224, 218
				}
			}
			set(out, x, y, r, g, b)
		}
	}
	out = out.Resize(w*19/20, h*19/20).Resize(w, h) // a lens
	for i, v := range out.Pix {
		out.Pix[i] = uint8(max(0, min(255, float64(v)+2.5*rng.NormFloat64())))
	}
	return throughJPEG(out, 88)
}

// at is the colour of a picture at a point, its edge drawn out.
func at(im *raster.Image, x, y float64) (r, g, b float64) {
	x, y = max(0, min(float64(im.W)-1.001, x-0.5)), max(0, min(float64(im.H)-1.001, y-0.5))
	x0, y0 := int(x), int(y)
	fx, fy := x-float64(x0), y-float64(y0)
	x1, y1 := min(x0+1, im.W-1), min(y0+1, im.H-1)
	var c [3]float64
	for k := range 3 {
		p := func(x, y int) float64 { return float64(im.Pix[3*(y*im.W+x)+k]) }
		c[k] = (p(x0, y0)*(1-fx)+p(x1, y0)*fx)*(1-fy) + (p(x0, y1)*(1-fx)+p(x1, y1)*fx)*fy
	}
	return c[0], c[1], c[2]
}

// FacePair says whether two pictures show the same person.
type FacePair struct {
	A, B string // files
	Same bool
}

// FaceScores are the similarities of pairs.
type FaceScores struct {
	Same, Strangers []float64 // sorted
	Missed          int       // pairs of the same person that could not be compared
}

// Comparer compares two faces; a *face.Reader is one.
type Comparer interface {
	Compare(ctx context.Context, a, b *face.Subject, falseMatchRate float64) (face.Comparison, error)
}

// Compare scores the pairs. Every file's subject is asked for once for either
// side: of a pair, first gives A's and second B's.
func Compare(ctx context.Context, by Comparer, pairs []FacePair, first, second func(file string) (*face.Subject, error)) (FaceScores, error) {
	var s FaceScores
	for _, p := range pairs {
		a, err := first(p.A)
		if err != nil {
			return s, err
		}
		b, err := second(p.B)
		if err != nil {
			return s, err
		}
		c, err := by.Compare(ctx, a, b, 0)
		if err != nil {
			return s, err
		}
		switch {
		case c.Result != face.NotPossible && p.Same:
			s.Same = append(s.Same, c.Similarity)
		case c.Result != face.NotPossible:
			s.Strangers = append(s.Strangers, c.Similarity)
		case p.Same:
			s.Missed++
		}
	}
	slices.Sort(s.Same)
	slices.Sort(s.Strangers)
	return s, nil
}

// AUC is the chance that a pair of the same person is more alike than a pair of
// strangers.
func (s *FaceScores) AUC() float64 {
	var sum float64
	for _, v := range s.Same {
		low, _ := slices.BinarySearch(s.Strangers, v)
		high, _ := slices.BinarySearch(s.Strangers, math.Nextafter(v, 2))
		sum += float64(low+high) / 2
	}
	return sum / float64(len(s.Same)) / float64(len(s.Strangers))
}

// Spread fits a normal distribution to the strangers.
func (s *FaceScores) Spread() (mean, deviation float64) {
	n := float64(len(s.Strangers))
	for _, v := range s.Strangers {
		mean += v / n
	}
	for _, v := range s.Strangers {
		deviation += (v - mean) * (v - mean) / n
	}
	return mean, math.Sqrt(deviation)
}

// NonMatch is the part of the pairs of one person that a threshold of similarity
// loses; those that could not be compared are lost too.
func (s *FaceScores) NonMatch(similarity float64) float64 {
	below, _ := slices.BinarySearch(s.Same, similarity)
	return float64(below+s.Missed) / float64(len(s.Same)+s.Missed)
}

// FalseMatch is the part of the strangers that reach a similarity.
func (s *FaceScores) FalseMatch(similarity float64) float64 {
	below, _ := slices.BinarySearch(s.Strangers, similarity)
	return float64(len(s.Strangers)-below) / float64(len(s.Strangers))
}
