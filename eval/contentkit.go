package eval

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"idproof/engine/raster"
	"idproof/report"
)

// The forger's kit for what a document says: characters of the machine-readable
// zone and whole fields exchanged for others, by pieces of the same picture and by
// painting over and typing anew. A copy has what was read from its original, with
// the text that is now there.

// Kinds of the kit that need what was read. Their control is [Resaved].
const (
	ZoneCopied  = "kit: zone: characters copied from it"
	ZoneTyped   = "kit: zone: characters typed over"
	FieldCopied = "kit: field: characters copied from another"
	FieldTyped  = "kit: field: typed over"
)

// frame is a box of text: its top-left corner, and its sides as vectors.
type frame struct{ x, y, ax, ay, bx, by float64 }

func frameOf(q report.Quad) frame {
	return frame{q[0][0], q[0][1], q[1][0] - q[0][0], q[1][1] - q[0][1], q[3][0] - q[0][0], q[3][1] - q[0][1]}
}

// zoneFrame is the box of a row's characters from (inclusive) to (exclusive).
func zoneFrame(r report.ZoneRow, from, to int) frame {
	pitch := (r.To - r.From) / float64(len(r.Text))
	sn, cs := math.Sincos(r.Angle)
	point := func(u, v float64) [2]float64 {
		v += r.Curve * u * u
		return [2]float64{r.Center[0] + u*cs - v*sn, r.Center[1] + u*sn + v*cs}
	}
	u0, u1, h := r.From+float64(from)*pitch, r.From+float64(to)*pitch, 0.62*pitch
	return frameOf(report.Quad{point(u0, -h), point(u1, -h), point(u1, h), point(u0, h)})
}

func (f frame) wide() float64 { return math.Hypot(f.ax, f.ay) }
func (f frame) high() float64 { return math.Hypot(f.bx, f.by) }

// each calls do for the pixels of the frame, with their place in it from 0 to 1.
func (f frame) each(im *raster.Image, do func(at int, u, v float64)) {
	x0, x1 := f.x+min(0, f.ax)+min(0, f.bx), f.x+max(0, f.ax)+max(0, f.bx)
	y0, y1 := f.y+min(0, f.ay)+min(0, f.by), f.y+max(0, f.ay)+max(0, f.by)
	det := f.ax*f.by - f.ay*f.bx
	if math.Abs(det) < 1 {
		return
	}
	for y := max(0, int(y0)); y < min(im.H, int(y1)+1); y++ {
		for x := max(0, int(x0)); x < min(im.W, int(x1)+1); x++ {
			dx, dy := float64(x)-f.x, float64(y)-f.y
			if u, v := (dx*f.by-dy*f.bx)/det, (dy*f.ax-dx*f.ay)/det; u >= 0 && u < 1 && v >= 0 && v < 1 {
				do(3*(y*im.W+x), u, v)
			}
		}
	}
}

// at is the pixel of a place in the frame.
func (f frame) at(im *raster.Image, u, v float64) int {
	x, y := int(f.x+u*f.ax+v*f.bx+0.5), int(f.y+u*f.ay+v*f.by+0.5)
	return 3 * (max(0, min(im.H-1, y))*im.W + max(0, min(im.W-1, x)))
}

// typeOver paints the frame over with the ground above and below it and sets the
// text into it, a character to each of its equal parts where even, in the ink of
// what was there.
func typeOver(im *raster.Image, f frame, text string, ttf []byte, even bool) (*raster.Image, error) {
	const over = 4 // samples to a pixel
	w, h := int(f.wide()*over), int(f.high()*over)
	parsed, err := opentype.Parse(ttf)
	if err != nil {
		return nil, fmt.Errorf("eval: kit: %w", err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 0.95 * float64(h), DPI: 72})
	if err != nil {
		return nil, fmt.Errorf("eval: kit: %w", err)
	}
	mask := image.NewGray(image.Rect(0, 0, max(1, w), max(1, h)))
	pen := font.Drawer{Dst: mask, Src: image.NewUniform(color.White), Face: face, Dot: fixed.P(0, h*83/100)}
	for i, c := range []rune(text) {
		if even {
			part := float64(w) / float64(len([]rune(text)))
			pen.Dot.X = fixed.Int26_6(64 * (float64(i)*part + (part-float64(pen.MeasureString(string(c)))/64)/2))
		}
		pen.DrawString(string(c))
	}
	ink := [3]float64{255, 255, 255}
	darkest := 1e9
	f.each(im, func(at int, _, _ float64) {
		if s := float64(im.Pix[at]) + float64(im.Pix[at+1]) + float64(im.Pix[at+2]); s < darkest {
			darkest = s
			for c := range ink {
				ink[c] = float64(im.Pix[at+c])
			}
		}
	})
	out := raster.New(im.W, im.H)
	copy(out.Pix, im.Pix)
	f.each(im, func(at int, u, v float64) {
		share, n := 0.0, 0.0
		for y := int(v*float64(h)) - over/2; y < int(v*float64(h))+over/2; y++ {
			for x := int(u*float64(w)) - over/2; x < int(u*float64(w))+over/2; x++ {
				share, n = share+float64(mask.GrayAt(x, y).Y)/255, n+1
			}
		}
		share /= n
		above, below := f.at(im, u, -0.08), f.at(im, u, 1.08)
		for c := range 3 {
			ground := (1-v)*float64(im.Pix[above+c]) + v*float64(im.Pix[below+c])
			out.Pix[at+c] = uint8(ground*(1-share) + ink[c]*share + 0.5)
		}
	})
	return out, nil
}

// copyOver puts what is in one frame over another, to the pixel and no finer.
func copyOver(im *raster.Image, from, to frame) *raster.Image {
	out := raster.New(im.W, im.H)
	copy(out.Pix, im.Pix)
	dx, dy := int(math.Round(to.x-from.x)), int(math.Round(to.y-from.y))
	to.each(im, func(at int, _, _ float64) {
		x, y := at/3%im.W-dx, at/3/im.W-dy
		if x >= 0 && y >= 0 && x < im.W && y < im.H {
			copy(out.Pix[at:at+3], im.Pix[3*(y*im.W+x):])
		}
	})
	return out
}

// content is a changed copy with what is now to be read on it.
type content struct {
	kind string
	im   *raster.Image
	page *report.Page // nil: what is to be read on it is not known
}

// contentKit exchanges characters of a page. draw returns a number from 0 to n-1.
func contentKit(im *raster.Image, p report.Page, draw func(n int) int) (out []content, err error) {
	const run = 6
	if len(p.Zone) > 0 {
		i := draw(len(p.Zone))
		if _, ok := digits(p.Zone[i].Text, run); !ok {
			i = (i + 1) % len(p.Zone)
		}
		row := p.Zone[i]
		if from, ok := digits(row.Text, run); ok {
			typed := strings.Map(func(rune) rune { return rune('0' + draw(10)) }, row.Text[from:from+run])
			changed, err := typeOver(im, zoneFrame(row, from, from+run), typed, gomono.TTF, true)
			if err != nil {
				return nil, err
			}
			out = append(out, content{ZoneTyped, changed, withZone(p, i, from, typed)})
			exchanged := []byte(row.Text[from : from+run])
			moved := im
			for k := range exchanged {
				r, j := someDigit(p.Zone, draw)
				moved = copyOver(moved, zoneFrame(p.Zone[r], j, j+1), zoneFrame(row, from+k, from+k+1))
				exchanged[k] = p.Zone[r].Text[j]
			}
			out = append(out, content{ZoneCopied, moved, withZone(p, i, from, string(exchanged))})
		}
	}
	var lines []report.TextLine
	for _, l := range p.Text {
		if f := frameOf(l.Region); l.Confidence > 0.85 && len([]rune(l.Text)) >= 5 && f.high() > 12 && f.wide() > 3*f.high() {
			lines = append(lines, l)
		}
	}
	if len(lines) >= 3 {
		at := draw(len(lines))
		l, other := lines[at], lines[(at+1+draw(len(lines)-1))%len(lines)]
		f, g := frameOf(l.Region), frameOf(other.Region)
		typed, err := typeOver(im, f, l.Text, goregular.TTF, true)
		if err != nil {
			return nil, err
		}
		out = append(out, content{FieldTyped, typed, &p})
		part := min(0.5, 0.9*g.wide()/f.wide())
		half := f
		half.ax, half.ay = f.ax*part, f.ay*part
		out = append(out, content{FieldCopied, copyOver(im, g, half), &p})
	}
	return out, nil
}

// digits finds a run of digits.
func digits(s string, n int) (int, bool) {
	for i := 0; i+n <= len(s); i++ {
		if strings.Trim(s[i:i+n], "0123456789") == "" {
			return i, true
		}
	}
	return 0, false
}

// someDigit is the place of a digit of the zone.
func someDigit(rows []report.ZoneRow, draw func(int) int) (row, at int) {
	var places [][2]int
	for i, r := range rows {
		for j := range len(r.Text) {
			if r.Text[j] >= '0' && r.Text[j] <= '9' {
				places = append(places, [2]int{i, j})
			}
		}
	}
	p := places[draw(len(places))]
	return p[0], p[1]
}

// withZone is the page with other characters in its zone.
func withZone(p report.Page, row, from int, text string) *report.Page {
	p.Zone = append([]report.ZoneRow{}, p.Zone...)
	s := p.Zone[row].Text
	p.Zone[row].Text = s[:from] + text + s[from+len(text):]
	return &p
}

// firstPage is what was read on the only page of a picture; nil if nothing was.
func firstPage(r *report.Result) *report.Page {
	if r == nil || r.AnalysisSummary.Document == nil || len(r.AnalysisSummary.Document.Pages) != 1 {
		return nil
	}
	return &r.AnalysisSummary.Document.Pages[0]
}

// readAs is the reading with another page in the place of its only one, and nothing
// of what followed from it; nil without a page.
func readAs(r *report.Result, p *report.Page) *report.Result {
	if p == nil {
		return nil
	}
	out := report.New()
	out.AnalysisSummary.Document = report.NewDocumentSummary()
	out.AnalysisSummary.Document.Pages = []report.Page{*p}
	out.AnalysisSummary.Document.Portraits = r.AnalysisSummary.Document.Portraits
	return out
}
