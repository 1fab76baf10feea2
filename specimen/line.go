package specimen

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"

	"golang.org/x/image/vector"
)

// LineHeight is the height in pixels of the pictures that [MRZLine] gives.
const LineHeight = 48

// Line is a picture of one line of a machine-readable zone.
type Line struct {
	Image *image.Gray // LineHeight high
	Text  string      // A–Z, 0–9 and '<'
	Pitch float64     // width of a character in pixels of the photograph, before scaling to LineHeight
}

// LineStyle narrows what [MRZLine] throws. The zero value is the usual mixture.
type LineStyle struct {
	Typefaces []*Typeface // further faces for the lines that are not set in OCR-B
	Text      string      // print this instead of an invented line
	MinPitch  float64     // of the photograph, in pixels a character; 0 means 5
	MaxPitch  float64     // 0 means 30
}

// MRZLine draws one line as a text detector cuts it out of a photograph or scan:
// legal text of a random format, mostly in OCR-B, on security print, with the
// neighbouring lines at the edges, bent, blurred, lit unevenly, sampled coarsely
// and compressed.
func MRZLine(r *rand.Rand, style LineStyle) Line {
	d := dice{r}
	zone := zoneText(d)
	at := d.IntN(len(zone))
	if style.Text != "" {
		at = min(at, len(zone)-1)
		zone[at] = style.Text
	} else if d.chance(0.02) { // part of a line, as a detector gives on a folded page
		n := len(zone[at])
		from := d.IntN(n / 2)
		zone[at] = zone[at][from : from+n/2]
	}
	lo, hi := style.MinPitch, style.MaxPitch
	if lo == 0 {
		lo = 5
	}
	if hi == 0 {
		hi = 30
	}
	pitch := d.scale(lo, hi)
	s := newSetting(d, style, len(zone[at]), pitch)
	page := s.paper(d)
	s.print(d, page, s.ink(d, zone, at))
	page = s.lens(d, page)
	page = s.sensor(d, page, pitch)
	page = s.compress(d, page)
	if d.chance(0.012) {
		for i, v := range page.p {
			page.p[i] = 1 - v
		}
	}
	width := int(math.Round(float64(page.w) * LineHeight / float64(page.h)))
	return Line{page.resize(width, LineHeight, pick(d, area, area, linear, cubic)).gray(), zone[at], pitch}
}

// setting is the geometry of a line. Lengths are in units of the character pitch;
// scale turns them into pixels of the print, which is finer than the photograph.
type setting struct {
	face                *Typeface
	proportional        bool
	em                  float64 // size of the type
	stretch             float64 // height over width, beyond the face's own
	n                   int     // characters
	left, right         float64 // margins beside the text
	top, bottom         float64 // margins above the capitals and below the baseline
	drift, bend, shear  float64 // tilt over the line, sag in its middle, slant
	keystone            float64 // scale at the end over scale at the start
	spacing             float64 // to the next line
	scale               float64 // pixels of the print a pitch
	reduction           float64 // pixels of the print a pixel of the photograph
	w, h                int     // of the print
	hard                float64 // 0 a good scan … 1 hardly readable; bounds every fault
	paperTone, inkTone  float64
	jitter, lift, gauge float64 // of single characters: sideways, upwards, size
}

func newSetting(d dice, style LineStyle, n int, pitch float64) *setting {
	f := faces()
	s := &setting{n: n, stretch: d.between(0.88, 1.15), spacing: d.between(1.9, 2.9)}
	switch {
	case d.chance(0.8):
		s.face = pick(d, f.ocrb, f.ocrb, f.ocrb, f.ocrbSharp)
	case len(style.Typefaces) > 0 && d.chance(0.6):
		s.face = pick(d, style.Typefaces...)
	default:
		s.face = pick(d, f.mono, f.mono, f.monoBold, f.regular, f.medium, f.bold)
	}
	s.em = d.between(0.92, 1.05) / s.face.glyph('0').advance
	if s.face != f.ocrb && s.face != f.ocrbSharp {
		s.em *= d.between(0.75, 1)
		s.proportional = d.chance(0.15)
	}
	capital := 0.74 * s.em * s.stretch
	loose := pick(d, 0.12, 0.3, 0.3, 0.6)
	s.top, s.bottom = capital*(1+max(d.between(-0.04, 2*loose), 0)), capital*d.between(0.0, 2*loose)
	s.left, s.right = d.between(0, 0.8), d.between(0, 0.8)
	if d.chance(0.25) {
		s.left += d.scale(0.3, 5)
	}
	if d.chance(0.25) {
		s.right += d.scale(0.3, 5)
	}
	s.shear = d.near(0.03, 0.12)
	if d.chance(0.7) {
		s.drift = d.near(0.16, 0.7)
		s.bend = d.near(0.07, 0.35)
	}
	s.keystone = 1 + d.near(0.035, 0.14)
	slack := max(math.Abs(s.drift)/2, math.Abs(s.bend)) * d.between(0.4, 1)
	s.top += slack
	s.bottom += slack
	if d.chance(0.3) {
		s.jitter, s.lift, s.gauge = d.between(0, 0.03), d.between(0, 0.03), d.between(0, 0.02)
	}
	fine := math.Max(1, math.Ceil(16/pitch))
	s.reduction = fine * d.between(1, 1.2)
	s.scale = pitch * s.reduction
	s.w = int((s.left + float64(n) + s.right) * s.scale)
	s.h = max(int((s.top+s.bottom)*s.scale), 8)
	s.hard = pick(d, d.between(0, 0.25), d.between(0.1, 0.5), d.between(0.1, 0.5), d.between(0.4, 0.75), d.between(0.6, 1))
	if pitch < 10 { // few pixels are hard enough
		s.hard *= 0.25 + 0.75*(pitch-4)/6
	}
	s.paperTone = 1 - d.between(0, 0.4)*d.between(0.3, 1)
	s.inkTone = d.between(0.02, 0.25)
	if d.chance(0.1) { // faint print
		s.inkTone = s.paperTone * d.between(0.25, 0.35+0.25*s.hard)
	}
	return s
}

// place maps text coordinates (pitches from the first character's left edge, and
// below the baseline) to pixels of the print.
func (s *setting) place(u, v float64) (float32, float32) {
	t := u / float64(s.n)
	k := 1 + (s.keystone-1)*(t-0.5)
	// The foreshortened side is narrower too.
	u += float64(s.n) * (s.keystone - 1) * (t - 0.5) * (t - 0.5) / 2
	u -= v * s.shear
	v = v*k + s.drift*(t-0.5) + s.bend*(1-4*sq(t-0.5))
	return float32((s.left + u) * s.scale), float32((s.top + v) * s.scale)
}

// ink gives how much of every pixel is covered by print.
func (s *setting) ink(d dice, zone []string, at int) *plane {
	z := vector.NewRasterizer(s.w, s.h)
	for i, text := range zone {
		s.set(d, z, text, float64(i-at)*s.spacing)
	}
	if at == 0 && d.chance(0.3) { // something else above: other print or a rule
		if d.chance(0.5) {
			s.set(d, z, d.alnum(3+d.IntN(20)), -s.spacing*d.between(0.8, 1.3))
		} else {
			s.rule(z, -s.spacing*d.between(0.7, 1), d.between(0.03, 0.2))
		}
	}
	if at == len(zone)-1 && d.chance(0.12) {
		s.rule(z, s.spacing*d.between(0.25, 0.6), d.between(0.03, 0.3))
	}
	mask := image.NewAlpha(image.Rect(0, 0, s.w, s.h))
	z.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	cover := newPlane(s.w, s.h)
	for i, a := range mask.Pix {
		cover.p[i] = float32(a) / 255
	}
	return s.press(d, cover)
}

func (s *setting) set(d dice, z *vector.Rasterizer, text string, line float64) {
	u := 0.0
	for i, c := range text {
		advance := s.face.glyph(c).advance * s.em
		if !s.proportional {
			u = float64(i) + (1-advance)/2
		}
		x0, y0 := u+d.near(s.jitter, 0.08), line+d.near(s.lift, 0.08)
		e := s.em * (1 + d.near(s.gauge, 0.06))
		s.face.outline(z, c, func(x, y float64) (float32, float32) {
			return s.place(x0+x*e, y0+y*e*s.stretch)
		})
		u += advance
	}
}

func (s *setting) rule(z *vector.Rasterizer, v, thick float64) {
	n := float64(s.n)
	const steps = 12
	for i := range steps + 1 {
		x, y := s.place(-s.left-1+(n+s.left+s.right+2)*float64(i)/steps, v)
		if i == 0 {
			z.MoveTo(x, y)
		} else {
			z.LineTo(x, y)
		}
	}
	for i := range steps + 1 {
		x, y := s.place(n+s.right+1-(n+s.left+s.right+2)*float64(i)/steps, v+thick)
		z.LineTo(x, y)
	}
	z.ClosePath()
}

// press is what printing does to the type: ink spreads or fails, toner and
// ribbons leave holes, lasers burn dots.
func (s *setting) press(d dice, cover *plane) *plane {
	if d.chance(0.6) { // spread (bolder) or retreat (thinner)
		spread := d.between(0.02, 0.09)
		cover = cover.blur(spread*s.scale, spread*s.scale)
		// What is left in the middle of a stroke, 0.138 pitches wide in OCR-B.
		left := math.Erf(0.138 / (2 * math.Sqrt2 * spread))
		edge := float32(d.between(0.22, 0.72) * left)
		soft := float32(d.between(0.08, 0.5))
		for i, v := range cover.p {
			cover.p[i] = min(max((v-edge)/soft+0.5, 0), 1)
		}
	}
	if d.chance(0.3) { // uneven ink
		size, depth := d.between(0.04, 0.6), float32(d.between(0.05, 0.2+0.4*s.hard))
		cloud := s.cloud(d, size)
		for i, v := range cover.p {
			cover.p[i] = v * (1 - depth*cloud.p[i])
		}
	}
	if d.chance(0.07) { // dots of an engraver or needle printer
		pitch := d.between(0.07, 0.16) * s.scale
		depth := float32(d.between(0.2, 0.8))
		for y := range cover.h {
			row := cover.row(y)
			for x := range row {
				w := 0.5 + 0.25*(math.Cos(2*math.Pi*float64(x)/pitch)+math.Cos(2*math.Pi*float64(y)/pitch))
				row[x] *= 1 - depth*float32(w)
			}
		}
	}
	return cover
}

// cloud is smooth noise between 0 and 1 with features of size pitches.
func (s *setting) cloud(d dice, size float64) *plane {
	cell := max(size*s.scale, 1)
	c := newPlane(max(int(float64(s.w)/cell), 1)+2, max(int(float64(s.h)/cell), 1)+2)
	for i := range c.p {
		c.p[i] = d.Float32()
	}
	return c.resize(s.w, s.h, linear)
}

// print multiplies the ink onto the paper.
func (s *setting) print(d dice, paper, cover *plane) {
	through := float32(d.between(0, 0.4)) // how far the background shows through the ink
	ink, tone := float32(s.inkTone), float32(s.paperTone)
	for i, c := range cover.p {
		black := ink * (1 - through + through*paper.p[i]/tone)
		paper.p[i] += (black - paper.p[i]) * c
	}
	if d.chance(0.06) { // overprint above the type: a stamp, laminate or hologram
		cloud := s.cloud(d, d.between(0.5, 6))
		lift, edge := float32(d.between(-0.3, 0.45)), float32(d.between(0.45, 0.65))
		for i, v := range cloud.p {
			if v > edge {
				paper.p[i] += lift * min((v-edge)*12, 1) * (1 - paper.p[i])
			}
		}
	}
	if d.chance(0.05) { // a word across everything, as on specimens
		s.lettering(d, paper)
	}
	if s.left > 1.5 && d.chance(0.2) { // the corner of a picture or bar code beside the line
		s.bars(d, paper, 0, int((s.left-1)*s.scale))
	}
	if s.right > 1.5 && d.chance(0.2) {
		s.bars(d, paper, s.w-int((s.right-1)*s.scale), s.w)
	}
}

func (s *setting) bars(d dice, paper *plane, from, to int) {
	for x := from; x < to; {
		wide := int(d.scale(0.08, 1.2)*s.scale) + 1
		s.tint(paper, x, 0, min(x+wide, to), s.h, float32(d.between(0.15, 1)))
		x += wide
	}
}

// lens is the optics: defocus, movement, uneven light and reflections.
func (s *setting) lens(d dice, page *plane) *plane {
	if d.chance(0.8) {
		sigma := d.between(0, 0.19*s.hard) * s.scale
		if d.chance(0.18) {
			sigma *= 0.5
			page = page.streak(d.between(0.05, 0.1+0.35*s.hard)*s.scale, d.between(0, math.Pi))
		}
		page = page.blur(sigma, sigma*d.between(0.8, 1.25))
	}
	if d.chance(0.04) { // the grid of a screen
		period, turn, depth := d.between(0.12, 0.5)*s.scale, d.between(0, math.Pi), float32(d.between(0.04, 0.18))
		cs, sn := math.Cos(turn)*2*math.Pi/period, math.Sin(turn)*2*math.Pi/period
		for y := range page.h {
			row := page.row(y)
			for x := range row {
				row[x] *= 1 - depth*float32(0.5+0.5*math.Cos(float64(x)*cs+float64(y)*sn))
			}
		}
	}
	w, h := float64(page.w), float64(page.h)
	level := d.between(0.8, 1.05)
	if d.chance(0.1) {
		level = d.between(0.75-0.45*s.hard, 0.8)
	}
	slopeX, slopeY := d.near(0.12, 0.4), d.near(0.05, 0.2)
	glare := 0.0
	var gx, gy, gr float64
	if d.chance(0.08) {
		glare, gx, gy, gr = d.between(0.1, 0.2+0.6*s.hard), d.between(0, w), d.between(0, h), d.between(0.8, 5)*s.scale
	}
	shadowAt, shadow, penumbra := 0.0, 0.0, 1.0
	if d.chance(0.07) {
		shadowAt, shadow, penumbra = d.between(0, w), d.between(0.15, 0.25+0.35*s.hard)*d.sign(), d.between(0.1, 2)*s.scale
	}
	for y := range page.h {
		row := page.row(y)
		for x := range row {
			gain := level * (1 + slopeX*(float64(x)/w-0.5) + slopeY*(float64(y)/h-0.5))
			if shadow != 0 {
				gain *= 1 - math.Abs(shadow)*(0.5+0.5*math.Tanh((float64(x)-shadowAt+float64(y)*0.4)/penumbra*math.Copysign(1, shadow)))
			}
			v := float64(row[x]) * gain
			if glare > 0 {
				v += glare * math.Exp(-(sq(float64(x)-gx)+sq(float64(y)-gy))/(2*gr*gr))
			}
			row[x] = float32(v)
		}
	}
	return page
}

// sensor samples the print at the pitch of the photograph, adds noise and what a
// camera or scanner program does to the picture.
func (s *setting) sensor(d dice, page *plane, pitch float64) *plane {
	k := pick(d, area, area, area, linear, cubic)
	if s.reduction > 2.2 {
		k = area
	}
	page = page.resize(int(math.Round(float64(page.w)/s.reduction)), int(math.Round(float64(page.h)/s.reduction)), k)
	if d.chance(0.2) { // a scan reduced again
		f := d.between(1.1, 1.8)
		if pitch/f >= 5 {
			page = page.resize(int(float64(page.w)/f), int(float64(page.h)/f), pick(d, area, linear, cubic, nearest))
		}
	}
	if d.chance(0.6) {
		sd, grain := d.scale(0.003, 0.01+0.05*s.hard), newPlane(page.w, page.h)
		for i := range grain.p {
			grain.p[i] = float32(d.NormFloat64() * sd)
		}
		if d.chance(0.5) {
			grain = grain.blur(0.5, 0.5)
		}
		for i, v := range page.p {
			page.p[i] = v + grain.p[i]*(0.5+v)
		}
	}
	if d.chance(0.35) { // unsharp mask
		sigma, amount := d.between(0.6, 1.6), float32(d.between(0.3, 1.5))
		soft := page.blur(sigma, sigma)
		for i, v := range page.p {
			page.p[i] = v + amount*(v-soft.p[i])
		}
	}
	contrast, offset := d.between(0.8, 1.3), d.near(0.04, 0.1)
	gamma := d.scale(0.75, 1.3)
	for i, v := range page.p {
		x := min(max((float64(v)-0.5)*contrast+0.5+offset, 0), 1)
		page.p[i] = float32(math.Pow(x, gamma))
	}
	switch {
	case pitch > 11 && d.chance(0.05): // black and white
		around := page.blur(1.5*pitch, 0.7*pitch)
		edge := float32(d.between(0.8, 0.93))
		for i, v := range page.p {
			page.p[i] = 0
			if v > edge*around.p[i] {
				page.p[i] = 1
			}
		}
	case d.chance(0.04): // few colours, as in GIF files
		steps := float32(4 + d.IntN(12))
		dither := d.chance(0.5)
		for i, v := range page.p {
			if dither {
				v += (d.Float32() - 0.5) / steps
			}
			page.p[i] = float32(math.Round(float64(v*steps))) / steps
		}
	}
	return page
}

// compress saves as JPEG once or twice, with the grid of blocks anywhere.
func (s *setting) compress(d dice, page *plane) *plane {
	for range pick(d, 0, 1, 1, 1, 1, 2) {
		dx, dy := d.IntN(8), d.IntN(8)
		wide := newPlane(page.w+dx, page.h+dy)
		for y := range wide.h {
			src, dst := page.row(max(y-dy, 0)), wide.row(y)
			copy(dst[dx:], src)
			for x := range dx {
				dst[x] = src[0]
			}
		}
		quality := int(d.between(50, 97))
		if d.chance(0.25) {
			quality = int(d.between(60-42*s.hard, 60))
		}
		var buf bytes.Buffer
		if jpeg.Encode(&buf, wide.gray(), &jpeg.Options{Quality: quality}) != nil {
			return page
		}
		img, err := jpeg.Decode(&buf)
		if err != nil {
			return page
		}
		g, ok := img.(*image.Gray)
		if !ok {
			return page
		}
		page = fromGray(g.SubImage(image.Rect(dx, dy, wide.w, wide.h)).(*image.Gray))
	}
	return page
}
