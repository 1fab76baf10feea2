package engine

import (
	"context"
	"errors"
	"math"
	"slices"

	"idproof/engine/barcode"
	"idproof/engine/locate"
	"idproof/engine/mrzread"
	"idproof/engine/ocr"
	"idproof/engine/quality"
	"idproof/engine/raster"
	"idproof/engine/textread"
	"idproof/report"
)

// page is one picture, or one page of a PDF, on its way through the pipeline.
type page struct {
	raster.Page
	index int // over all pictures
	input int
	gray  *raster.Gray
	lines []ocr.Line
	zone  *mrzread.Reading
	views []*view // of the documents on it, the clearest first
	codes []barcode.Symbol
	steps []report.Step

	asked   string         // what it was given as; see [Input]
	quality []report.Check // of the picture
}

// view is one document of a page, upright and straightened; or the page itself,
// upright, where no document stands out.
type view struct {
	*locate.View
	document *locate.Document // nil: the whole page
	text     textread.Page
}

// reading tells where the view's lines are on the picture.
func (v *view) reading() textread.View {
	return textread.View{Width: v.Image.W, Height: v.Image.H, ToPicture: v.ToPicture}
}

// step is one stage of the pipeline; it only adds to the page.
type step struct {
	name string
	run  func(context.Context, *page) error
}

// pipeline is what happens to every page, in this order.
func (e *Engine) pipeline() []step {
	return []step{
		{"text", e.findText},      // lines of text, with their places
		{"mrz", e.readZone},       // the machine-readable zone among them
		{"locate", e.locate},      // the documents, straightened
		{"print", e.readPrint},    // what is printed on them
		{"quality", measure},      // whether they can be seen well
		{"barcode", readBarcodes}, // the symbols
	}
}

func (e *Engine) findText(ctx context.Context, p *page) (err error) {
	p.gray = p.Gray()
	p.lines, err = e.detector.Detect(ctx, p.Image)
	return err
}

func (e *Engine) readZone(ctx context.Context, p *page) (err error) {
	p.zone, err = e.zones.Read(ctx, p.gray, p.lines)
	return err
}

const (
	// A document is straightened from this confidence on
	leastDocument = 0.5
	// and, unless it is as sure as this, if it bears more text than lies on no
	// document: a flag or a picture on a card is no card.
	sureDocument = 0.8
)

// locate finds the documents and looks at each straight from above. A page on
// which none stands out is looked at as a whole.
func (e *Engine) locate(ctx context.Context, p *page) error {
	hints := locate.Hints{Lines: p.lines}
	if p.zone != nil {
		hints.Zone, hints.ZoneFormat = p.zone.Rows, p.zone.Layout.Format
	}
	found := locate.Find(p.Image, hints)
	found = slices.DeleteFunc(found, func(d locate.Document) bool { return d.Confidence < leastDocument })
	beside := p.lines
	for _, d := range found {
		beside = without(d.Quad, beside)
	}
	for _, d := range found {
		in := within(d.Quad, p.lines)
		if d.Confidence < sureDocument && (extent(in) < extent(beside) || len(in) == 0 && len(p.lines) > 0) {
			continue
		}
		if !d.Oriented {
			angle, _, err := e.print.Upright(ctx, p.gray, in)
			if err != nil {
				return err
			}
			d = turned(d, angle)
		}
		v := &view{View: &locate.View{Image: p.Image, ToPicture: raster.Identity()}, document: &d}
		if !d.Whole {
			v.View = d.View(p.Image)
		}
		p.views = append(p.views, v)
	}
	if len(p.views) == 0 {
		angle, err := e.direction(ctx, p)
		if err != nil {
			return err
		}
		p.views = []*view{{View: level(p.Image, angle)}}
	}
	return nil
}

// direction is in which most text of the page reads, in radians clockwise.
func (e *Engine) direction(ctx context.Context, p *page) (float64, error) {
	if p.zone != nil {
		return p.zone.Rows[0].Angle, nil
	}
	angle, _, err := e.print.Upright(ctx, p.gray, p.lines)
	return angle, err
}

// within returns the lines whose middle lies in the quadrilateral.
func within(q raster.Quad, lines []ocr.Line) []ocr.Line { return where(q, lines, true) }

// without returns the others.
func without(q raster.Quad, lines []ocr.Line) []ocr.Line { return where(q, lines, false) }

func where(q raster.Quad, lines []ocr.Line, inside bool) (out []ocr.Line) {
	h := raster.QuadToRect(q, 1, 1).Inverse()
	for _, l := range lines {
		if p := h.Apply(l.Center); (p.X > 0 && p.X < 1 && p.Y > 0 && p.Y < 1) == inside {
			out = append(out, l)
		}
	}
	return out
}

// extent is the length of all lines together.
func extent(lines []ocr.Line) (sum float64) {
	for _, l := range lines {
		sum += l.Length
	}
	return sum
}

// turned returns the document with its corners named as it is read, when its
// text runs at the angle.
func turned(d locate.Document, angle float64) locate.Document {
	sn, cs := math.Sincos(angle)
	best, at := math.Inf(-1), 0
	for k := range 4 {
		a, b := d.Quad[k], d.Quad[(k+1)%4]
		x, y := b.X-a.X, b.Y-a.Y
		if v := (x*cs + y*sn) / max(math.Hypot(x, y), 1e-9); v > best {
			best, at = v, k
		}
	}
	if at%2 == 1 && d.Aspect > 0 {
		d.Aspect = 1 / d.Aspect
	}
	if at != 0 {
		d.Whole = false // the view is not the picture as it stands
	}
	d.Quad = raster.Quad{d.Quad[at], d.Quad[(at+1)%4], d.Quad[(at+2)%4], d.Quad[(at+3)%4]}
	d.Oriented = true
	return d
}

// level turns a picture so that text at the angle is level and upright.
func level(im *raster.Image, angle float64) *locate.View {
	const slight = 1.5 * math.Pi / 180 // read just as well as it is
	if math.Abs(math.Remainder(angle, 2*math.Pi)) < slight {
		return &locate.View{Image: im, ToPicture: raster.Identity()}
	}
	s, c := math.Sincos(angle)
	w, h := float64(im.W), float64(im.H)
	bw, bh := math.Abs(w*c)+math.Abs(h*s), math.Abs(w*s)+math.Abs(h*c)
	to := raster.Homography{c, -s, w/2 - c*bw/2 + s*bh/2, s, c, h/2 - s*bw/2 - c*bh/2, 0, 0, 1}
	return &locate.View{Image: im.Warp(to, int(bw+0.5), int(bh+0.5)), ToPicture: to}
}

// readPrint reads the text of every view but that of the machine-readable zone,
// which has a second chance here: the view shows it closer and level.
func (e *Engine) readPrint(ctx context.Context, p *page) error {
	var errs []error
	for _, v := range p.views {
		errs = append(errs, e.readView(ctx, p, v))
	}
	return errors.Join(errs...)
}

func (e *Engine) readView(ctx context.Context, p *page, v *view) error {
	lines, err := e.viewLines(ctx, p, v)
	if err != nil {
		return err
	}
	var level []ocr.Line
	for _, l := range lines {
		if l, ok := leveled(l); ok && !p.inZone(v, l.Center) {
			level = append(level, l)
		}
	}
	v.text, err = e.print.Read(ctx, p.gray, v.reading(), level)
	if err != nil || p.zone.Clear() || !slices.ContainsFunc(v.text.Lines, func(l textread.Line) bool { return l.ZoneLike() }) {
		return err
	}
	gray := p.gray
	if v.Image != p.Image {
		gray = v.Image.Gray()
	}
	z, err := e.zones.Read(ctx, gray, lines)
	if err != nil || !z.Better(p.zone) {
		return err
	}
	p.zone = z.Through(v.ToPicture)
	v.text.Lines = slices.DeleteFunc(v.text.Lines, func(l textread.Line) bool {
		return p.inZone(v, raster.Point{X: (l.Box.X0 + l.Box.X1) / 2, Y: (l.Box.Y0 + l.Box.Y1) / 2})
	})
	return nil
}

// The longer side, in pixels, at which lines are looked for: small print on
// anything larger than a card needs more.
const (
	closeCard  = 736
	closeSheet = 960
)

// viewLines are the lines of text on a view.
func (e *Engine) viewLines(ctx context.Context, p *page, v *view) ([]ocr.Line, error) {
	if v.Image == p.Image && p.zone.Clear() {
		return p.lines, nil // nothing more is to be seen
	}
	side := closeSheet
	if p.zone.Clear() && v.document != nil && (v.document.Format == locate.ID1 || v.document.Format == locate.ID2) {
		side = closeCard
	}
	return e.detector.DetectAt(ctx, v.Image, side, 0)
}

// leveled returns the line as one that reads from left to right on its view, and
// whether it does. A single letter may be higher than wide: which way it runs its
// shape does not tell, but the view does.
func leveled(l ocr.Line) (ocr.Line, bool) {
	const tilted = 0.8 // cosine
	if c := math.Cos(l.Angle); c > tilted {
		return l, true
	}
	if l.Length > 2*l.Height {
		return l, false
	}
	if math.Abs(math.Sin(l.Angle)) > tilted {
		l.Length, l.Height = l.Height, l.Length
	}
	l.Angle, l.Curve = 0, 0
	return l, true
}

// inZone tells whether a point of the view lies on a row of the zone.
func (p *page) inZone(v *view, at raster.Point) bool {
	if p.zone == nil {
		return false
	}
	at = v.ToPicture.Apply(at)
	for i, row := range p.zone.Rows {
		s, c := math.Sincos(row.Angle)
		dx, dy := at.X-row.Center.X, at.Y-row.Center.Y
		x, y := dx*c+dy*s, -dx*s+dy*c
		span := p.zone.Spans[i]
		if x > span[0] && x < span[1] && math.Abs(y-row.Curve*x*x) < 0.6*row.Height {
			return true
		}
	}
	return false
}

// measure judges the picture.
func measure(_ context.Context, p *page) error {
	in := quality.Input{Image: p.Image, Gray: p.gray, Scale: p.Scale}
	if p.zone != nil {
		in.Zone, in.Pitch = p.zone.Rows, p.zone.Pitch
	}
	for _, v := range p.views {
		seen := quality.View{View: v.View, Document: v.document}
		for _, l := range v.text.Lines {
			seen.Text = append(seen.Text, l.Box)
		}
		in.Views = append(in.Views, seen)
	}
	p.quality = quality.Measure(in)
	return nil
}

// readBarcodes decodes the symbols of the page, which are where no text was read.
func readBarcodes(ctx context.Context, p *page) (err error) {
	var h barcode.Hints
	inside := 0.0 // text on documents
	for _, v := range p.views {
		if v.document != nil && v.document.Confidence >= sureDocument {
			h.Documents = append(h.Documents, v.document.Quad)
			inside += extent(within(v.document.Quad, p.lines))
		}
		for _, l := range v.text.Lines {
			if l.Confidence > surelyRead {
				h.Text = append(h.Text, v.ToPicture.ApplyQuad(raster.Rect(l.Box.X0, l.Box.Y0, l.Box.X1, l.Box.Y1)))
			}
		}
	}
	if inside < mostText*extent(p.lines) {
		h.Documents = nil // there may be one more
	}
	if p.zone != nil {
		for _, row := range p.zone.Rows {
			h.Text = append(h.Text, row.Quad())
		}
	}
	p.codes, err = barcode.Find(ctx, p.gray, h)
	return err
}

const (
	// A line is text and nothing else above this confidence.
	surelyRead = 0.8
	// This share of a page's text is nearly all.
	mostText = 0.8
)

// place returns where a box of the view is in the full picture.
func (p *page) place(v *view, b textread.Box) report.Quad {
	return p.quad(v.ToPicture.ApplyQuad(raster.Rect(b.X0, b.Y0, b.X1, b.Y1)))
}

// quad returns corners on the analysed picture as they are in the full one.
func (p *page) quad(q raster.Quad) (out report.Quad) {
	for i, c := range q {
		out[i] = [2]float64{tenth(c.X / p.Scale), tenth(c.Y / p.Scale)}
	}
	return out
}

// tenth keeps a tenth of a pixel: more would be noise.
func tenth(v float64) float64 { return math.Round(v*10) / 10 }

// printed is all text of the page, in reading order.
func (p *page) printed() []report.TextLine {
	var out []report.TextLine
	for _, v := range p.views {
		for _, l := range v.text.Lines {
			out = append(out, report.TextLine{
				Text: l.Text, Confidence: math.Round(l.Confidence*1000) / 1000,
				Script: string(l.Script), Region: p.place(v, l.Box),
			})
		}
	}
	return out
}

// quarters is the clockwise turn, 0, 90, 180 or 270 degrees, that makes text at
// the angle upright.
func quarters(angle float64) int {
	return (int(math.Round(-angle*2/math.Pi))%4 + 4) % 4 * 90
}
