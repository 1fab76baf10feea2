package forgery

import (
	"bytes"
	"image"
	"image/png"
	"math"
	"sync"
	"time"

	"idproof/engine/raster"
	"idproof/engine/screen"
	"idproof/report"
)

// Evidence is one picture with all that is known about it. Data, Picture and
// Now are required. It is for one analysis, in one goroutine.
type Evidence struct {
	Data    []byte       // the file as it was received
	Picture *raster.Page // decoded, upright
	Page    int          // its number in Result
	// Result is what was read from the document, nil where it was not read: what
	// depends on it is then not performed.
	Result *report.Result
	Now    time.Time
	// Screens tells photographs of screens; nil: that is not performed.
	Screens *screen.Net
	// All asks the detectors too that were measured to tell nothing: to measure
	// them again.
	All bool

	once  struct{ container, coefficients, luma, history, steps, spectra, noise sync.Once }
	file  container
	coef  *coefficients
	errC  error
	gray  *raster.Gray
	past  *history
	grid  *gridSteps
	tiles []tileSpectrum
	cells *noiseMap
}

// container is what the file tells beside its pixels.
func (e *Evidence) container() *container {
	e.once.container.Do(func() { e.file = parseContainer(e.Data, e.Picture.Format) })
	return &e.file
}

// coefficients are those of a JPEG; another format is not performed.
func (e *Evidence) coefficients() (*coefficients, error) {
	e.once.coefficients.Do(func() {
		if e.Picture.Format != "jpeg" {
			e.errC = skipError("it is not a JPEG file")
			return
		}
		var err error
		if e.coef, err = readCoefficients(e.Data); err != nil {
			e.errC = skipError(err.Error())
		}
	})
	return e.coef, e.errC
}

// luma is the upright picture in grey.
func (e *Evidence) luma() *raster.Gray {
	e.once.luma.Do(func() { e.gray = e.Picture.Gray() })
	return e.gray
}

// pixels is [Evidence.luma] for what looks at the finest detail: it must be the
// file's own pixels, and enough of them.
func (e *Evidence) pixels(least int) (*raster.Gray, error) {
	switch {
	case e.Picture.Scale != 1:
		return nil, skipError("the picture is too large to be looked at in full")
	case e.Picture.Format == "pdf":
		return nil, skipError("the pixels of a PDF page are drawn here")
	case min(e.Picture.W, e.Picture.H) < least:
		return nil, skipError("the picture is too small")
	}
	return e.luma(), nil
}

// page is what was read from the picture; nil if nothing was.
func (e *Evidence) page() *report.Page {
	if s := e.summary(); s != nil {
		for i := range s.Pages {
			if s.Pages[i].Page == e.Page {
				return &s.Pages[i]
			}
		}
	}
	return nil
}

func (e *Evidence) summary() *report.DocumentSummary {
	if e.Result == nil {
		return nil
	}
	return e.Result.AnalysisSummary.Document
}

// region is the upright rectangle of the analysed picture in the full picture.
func (e *Evidence) region(x0, y0, x1, y1 float64) report.Quad {
	k := e.Picture.Scale
	if k == 0 {
		k = 1
	}
	r := func(v float64) float64 { return math.Round(v/k*10) / 10 }
	x0, y0, x1, y1 = r(x0), r(y0), r(min(x1, float64(e.Picture.W))), r(min(y1, float64(e.Picture.H)))
	return report.Quad{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}
}

// upright maps a rectangle of the file's own pixels, before it is turned upright,
// to a region.
func (e *Evidence) upright(x0, y0, x1, y1 float64) report.Quad {
	w, h := float64(e.Picture.Width), float64(e.Picture.Height) // upright
	turn := func(x, y float64) (float64, float64) {
		switch e.Picture.Exif.Orientation {
		case 2:
			return w - x, y
		case 3:
			return w - x, h - y
		case 4:
			return x, h - y
		case 5:
			return y, x
		case 6:
			return w - y, x
		case 7:
			return w - y, h - x
		case 8:
			return y, h - x
		}
		return x, y
	}
	ax, ay := turn(x0, y0)
	bx, by := turn(x1, y1)
	ax, bx = max(0, min(ax, bx)), min(w, max(ax, bx))
	ay, by = max(0, min(ay, by)), min(h, max(ay, by))
	return report.Quad{{ax, ay}, {bx, ay}, {bx, by}, {ax, by}}
}

// The longest side of a picture of evidence.
const evidenceSide = 480

// encode is a picture of evidence as PNG.
func encode(im image.Image) []byte {
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, im); err != nil {
		return nil // a buffer takes everything; the picture is optional
	}
	return b.Bytes()
}

// heatMap draws values from 0 to 1, a grid over the whole picture, in red over a
// pale copy of it.
func (e *Evidence) heatMap(values []float64, cols, rows int) []byte {
	k := min(1, evidenceSide/float64(max(e.Picture.W, e.Picture.H)))
	im := e.Picture.Resize(max(1, int(float64(e.Picture.W)*k)), max(1, int(float64(e.Picture.H)*k)))
	out := im.Std()
	for y := range im.H {
		for x := range im.W {
			v := max(0, min(1, values[min(y*rows/im.H, rows-1)*cols+min(x*cols/im.W, cols-1)]))
			p := out.Pix[4*(y*im.W+x):]
			g := (float64(p[0]) + float64(p[1]) + float64(p[2])) / 3
			pale := 128 + g/2
			p[0] = uint8(pale*(1-v) + 220*v)
			p[1] = uint8(pale * (1 - 0.9*v))
			p[2] = uint8(pale * (1 - 0.9*v))
		}
	}
	return encode(out)
}

// turn is a grid over the file's own pixels as it lies on the upright picture.
func (e *Evidence) turn(values []float64, cols, rows int) ([]float64, int, int) {
	o := e.Picture.Exif.Orientation
	if o < 2 {
		return values, cols, rows
	}
	tc, tr := cols, rows
	if o > 4 {
		tc, tr = rows, cols
	}
	out := make([]float64, len(values))
	for y := range rows {
		for x := range cols {
			tx, ty := x, y
			switch o {
			case 2:
				tx = cols - 1 - x
			case 3:
				tx, ty = cols-1-x, rows-1-y
			case 4:
				ty = rows - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = rows-1-y, x
			case 7:
				tx, ty = rows-1-y, cols-1-x
			case 8:
				tx, ty = y, cols-1-x
			}
			out[ty*tc+tx] = values[y*cols+x]
		}
	}
	return out, tc, tr
}

// crop shows a region of the picture with a little around it.
func (e *Evidence) crop(q report.Quad) []byte {
	k := e.Picture.Scale
	if k == 0 {
		k = 1
	}
	x0, y0, x1, y1 := bounds(q)
	m := 0.3 * (y1 - y0)
	c := e.Picture.Crop(max(0, int((x0-m)*k)), max(0, int((y0-m)*k)), min(e.Picture.W, int((x1+m)*k)), min(e.Picture.H, int((y1+m)*k)))
	if c.W < 1 || c.H < 1 {
		return nil
	}
	if s := evidenceSide / float64(max(c.W, c.H)); s < 1 {
		c = c.Resize(max(1, int(float64(c.W)*s)), max(1, int(float64(c.H)*s)))
	}
	return encode(c.Std())
}

// bounds is the upright rectangle around a region.
func bounds(q report.Quad) (x0, y0, x1, y1 float64) {
	x0, y0, x1, y1 = q[0][0], q[0][1], q[0][0], q[0][1]
	for _, p := range q[1:] {
		x0, y0, x1, y1 = min(x0, p[0]), min(y0, p[1]), max(x1, p[0]), max(y1, p[1])
	}
	return x0, y0, x1, y1
}
