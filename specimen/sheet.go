package specimen

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/fogleman/gg"
	"golang.org/x/image/vector"
)

// DPI is the resolution of the prints that [Document.Draw] gives, in pixels an inch.
const DPI = 300

// Sides is a drawn document: the prints and the truth about them.
type Sides struct {
	Document Document `json:"document"`
	Front    *Side    `json:"front"`
	Back     *Side    `json:"back,omitempty"` // nil where nothing is printed
}

// Side is one face of a document. Its regions are in pixels of Image.
type Side struct {
	Image    *image.RGBA `json:"-"` // transparent outside round corners
	Name     string      `json:"name"`
	Width    int         `json:"width"`
	Height   int         `json:"height"`
	Fields   []Printed   `json:"fields"`
	MRZ      []Printed   `json:"mrz,omitempty"` // one for each line
	Portrait *Quad       `json:"portrait,omitempty"`
	Ghost    *Quad       `json:"ghost,omitempty"`
	// Page is where the document itself lies when Image shows more, as the page
	// above it does in [Document.DrawBooklet].
	Page *Quad `json:"page,omitempty"`
}

// Printed is a piece of text and its place.
type Printed struct {
	// Field names what the text is: "surname", "birth_date", …; native spellings
	// end in "_native". Several pieces may share a name.
	Field  string `json:"field"`
	Text   string `json:"text"`            // letter by letter as printed
	Value  string `json:"value,omitempty"` // normalised where that differs: dates as ISO 8601
	Region Quad   `json:"region"`          // tight around the ink
}

// Find gives the first piece printed for a field.
func (s *Side) Find(field string) (Printed, bool) {
	for _, p := range s.Fields {
		if p.Field == field {
			return p, true
		}
	}
	return Printed{}, false
}

// sheet is a side in the making. Its unit is the millimetre.
type sheet struct {
	*canvas
	dice
	doc    Document
	issuer *Issuer
	side   *Side
	mmW    float64
	mmH    float64
	body   hue // ink of the holder's data
}

func newSheet(doc Document, name string, w, h float64) *sheet {
	k := DPI / 25.4
	c := newCanvas(int(math.Round(w*k)), int(math.Round(h*k)), k)
	salt := uint64(len(name))
	return &sheet{
		canvas: c, dice: dice{rand.New(rand.NewPCG(doc.Seed, salt))}, doc: doc, issuer: issuerOf(doc.Issuer),
		side: &Side{Image: c.RGBA, Name: name, Width: c.w, Height: c.h}, mmW: w, mmH: h, body: rgb(0x1b1b20),
	}
}

// pen draws lines and shapes with gg, in millimetres.
func (s *sheet) pen() *gg.Context {
	dc := gg.NewContextForRGBA(s.RGBA)
	dc.Scale(s.unit, s.unit)
	dc.SetLineCapRound()
	return dc
}

func (s *sheet) place(x0, y0, x1, y1 float64) *Quad {
	q := box(x0*s.unit, y0*s.unit, x1*s.unit, y1*s.unit)
	return &q
}

// ink is a way to set text.
type ink struct {
	face   *Typeface
	em     float64
	colour color.Color
	track  float64 // extra space between letters, in ems
	pitch  float64 // fixed advance in millimetres, 0 for the face's own
	turn   float64 // radians, clockwise
}

// write sets text with its baseline starting at x, y and gives the tight region of its ink.
func (s *sheet) write(t ink, x, y float64, text string) Quad {
	k := s.unit
	cs, sn := math.Cos(t.turn), math.Sin(t.turn)
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	type letter struct {
		c rune
		u float64
	}
	var letters []letter
	u := 0.0
	for _, c := range text {
		advance := t.face.glyph(c).advance * t.em
		if t.pitch > 0 {
			letters = append(letters, letter{c, u + (t.pitch-advance)/2})
			u += t.pitch
			continue
		}
		letters = append(letters, letter{c, u})
		u += advance + t.track*t.em
	}
	// The raster need only be as large as the text.
	reach := (u + 2*t.em) * k
	ox, oy := math.Floor(x*k-2*t.em*k), math.Floor(y*k-2*t.em*k)
	w, h := int(reach+4*t.em*k), int(4*t.em*k)
	if t.turn != 0 {
		ox, oy = math.Floor(x*k-reach), math.Floor(y*k-reach)
		w, h = int(2*reach), int(2*reach)
	}
	z := vector.NewRasterizer(w, h)
	for _, l := range letters {
		t.face.outline(z, l.c, func(a, b float64) (float32, float32) {
			px, py := l.u+a*t.em, b*t.em
			x0, y0, x1, y1 = min(x0, px), min(y0, py), max(x1, px), max(y1, py)
			return float32((x+px*cs-py*sn)*k - ox), float32((y+px*sn+py*cs)*k - oy)
		})
	}
	r := image.Rect(int(ox), int(oy), int(ox)+w, int(oy)+h)
	mask := image.NewAlpha(image.Rect(0, 0, w, h))
	z.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	s.stain(mask, r.Min, t.colour)
	q := box(x0, y0, x1, y1)
	for i, p := range q {
		q[i] = Point{(x + p.X*cs - p.Y*sn) * k, (y + p.X*sn + p.Y*cs) * k}
	}
	return q
}

// stain lays a colour through a mask.
func (s *sheet) stain(mask *image.Alpha, at image.Point, col color.Color) {
	n := color.NRGBAModel.Convert(col).(color.NRGBA)
	h := hue{float64(n.R) / 255, float64(n.G) / 255, float64(n.B) / 255}
	a := float64(n.A) / 255 / 255
	for y := range mask.Rect.Dy() {
		if at.Y+y < 0 || at.Y+y >= s.h {
			continue
		}
		for x, v := range mask.Pix[y*mask.Stride : y*mask.Stride+mask.Rect.Dx()] {
			if v != 0 && at.X+x >= 0 && at.X+x < s.w {
				s.dab(at.X+x, at.Y+y, h, float64(v)*a)
			}
		}
	}
}

// extent is the width of text in millimetres.
func (t ink) extent(text string) float64 {
	n := float64(len([]rune(text)))
	if t.pitch > 0 {
		return n * t.pitch
	}
	return (t.face.width(text) + n*t.track) * t.em
}

// fit narrows the type until text is not wider than w.
func (t ink) fit(text string, w float64) ink {
	if have := t.extent(text); have > w {
		t.em *= w / have
	}
	return t
}

func (s *sheet) centred(t ink, x, y float64, text string) {
	s.write(t, x-t.extent(text)/2, y, text)
}

// note records a printed field.
func (s *sheet) note(field, text, value string, region Quad) {
	if text == "" {
		return
	}
	if value == text {
		value = ""
	}
	s.side.Fields = append(s.side.Fields, Printed{field, text, value, region})
}

// datum prints the holder's data and records it.
func (s *sheet) datum(t ink, field, text, value string, x, y, width float64) {
	if text == "" {
		return
	}
	s.note(field, text, value, s.write(t.fit(text, width), x, y, text))
}

// print sets the machine-readable zone: OCR-B, ten characters an inch (ICAO 9303
// part 3 section 4.8), the last baseline at y.
func (s *sheet) printMRZ(x, y, spacing float64) {
	const pitch = 2.54
	t := ink{face: faces().ocrb, em: pitch / 0.723, colour: rgb(0x16161a).alpha(0.94), pitch: pitch}
	for i, l := range s.doc.MRZ {
		base := y - spacing*float64(len(s.doc.MRZ)-1-i)
		s.side.MRZ = append(s.side.MRZ, Printed{"mrz", l, "", s.write(t, x, base, l)})
	}
}

// caption prints a field's name in the issuer's language and in English.
func (s *sheet) caption(em float64, label string, x, y, width float64) {
	own, english := s.issuer.labels()[label], captions()["en"][label]
	text := own + " / " + english
	if own == english {
		text = own
	}
	t := ink{face: faces().regular, em: em, colour: s.issuer.ink.alpha(0.92)}
	if t.extent(text) > width*1.3 {
		text = english
	}
	s.write(t.fit(text, width), x, y, text)
}

// microtext fills a line with words too small to read with the naked eye.
func (s *sheet) microtext(x, y, width, em float64, col hue, alpha float64) {
	t := ink{face: faces().medium, em: em, colour: col.alpha(alpha)}
	word := strings.ReplaceAll(s.issuer.titles[1], " ", "") + "·"
	n := int(width / t.extent(word))
	if n > 0 {
		s.write(t, x, y, strings.Repeat(word, n))
	}
}

// photo prints the portrait.
func (s *sheet) photo(p *canvas, x, y, w float64, alpha float64) {
	pw := int(w * s.unit)
	ph := int(float64(pw) * 45 / 35)
	x0, y0 := int(x*s.unit), int(y*s.unit)
	for j := range min(ph, p.h) {
		for i := range min(pw, p.w) {
			q := p.Pix[p.PixOffset(i, j):]
			edge := min(float64(min(i, pw-1-i, j, ph-1-j))/(0.5*s.unit), 1)
			s.dab(x0+i, y0+j, hue{float64(q[0]) / 255, float64(q[1]) / 255, float64(q[2]) / 255}, alpha*edge)
		}
	}
	s.side.Portrait = s.place(x, y, x+w, y+w*45/35)
}

// signature writes an illegible hand.
func (s *sheet) signature(x, y, w float64, col hue) {
	dc := s.pen()
	dc.SetColor(col.alpha(0.85))
	n := 7 + s.IntN(5)
	pts := []Point{{x, y}}
	for i := range n * 2 {
		t := float64(i+1) / float64(2*n)
		tall := 1.0
		if i == 0 || s.chance(0.18) {
			tall = 2.6
		}
		dy := -s.between(0.6, 1.6) * tall
		if i%2 == 1 {
			dy = s.between(-0.2, 0.5)
			if s.chance(0.12) {
				dy = 1.8
			}
		}
		pts = append(pts, Point{x + w*t + s.near(0.5, 1), y + dy - 1.4*t})
	}
	end := pts[len(pts)-1]
	pts = append(pts, Point{x + w*0.6, end.Y + 2.6}, Point{x + w*0.15, end.Y + 2.2}, Point{x + w*1.05, end.Y + 1.4})
	dc.SetLineWidth(0.32 * s.unit)
	spline(dc, false, pts...)
	dc.Stroke()
}

// round makes the corners transparent.
func (s *sheet) round(radius float64) {
	r := radius * s.unit
	for y := range s.h {
		for x := range s.w {
			dx := max(r-(float64(x)+0.5), float64(x)+0.5-(float64(s.w)-r), 0)
			dy := max(r-(float64(y)+0.5), float64(y)+0.5-(float64(s.h)-r), 0)
			if dx == 0 || dy == 0 {
				continue
			}
			a := min(max(r-math.Hypot(dx, dy)+0.5, 0), 1)
			i := s.PixOffset(x, y)
			for k := range 4 {
				s.Pix[i+k] = uint8(float64(s.Pix[i+k]) * a)
			}
		}
	}
}

// chipSymbol marks documents with a contactless chip.
func (s *sheet) chipSymbol(x, y, w float64, col hue) {
	dc := s.pen()
	h := w * 0.6
	dc.SetColor(col.alpha(0.9))
	dc.SetLineWidth(w * 0.075 * s.unit)
	dc.DrawRectangle(x, y, w, h)
	dc.Stroke()
	dc.DrawCircle(x+w/2, y+h/2, w*0.15)
	dc.Stroke()
	dc.DrawLine(x, y+h/2, x+w*0.34, y+h/2)
	dc.DrawLine(x+w*0.66, y+h/2, x+w, y+h/2)
	dc.Stroke()
}

// watermark prints SPECIMEN across the visual zone.
func (s *sheet) watermark(x, y, em, turn float64) {
	if !s.doc.Watermark {
		return
	}
	s.write(ink{face: faces().bold, em: em, colour: rgb(0xc2202c).alpha(0.34), track: 0.06, turn: turn}, x, y, "SPECIMEN")
}
