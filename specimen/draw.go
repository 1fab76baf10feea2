package specimen

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/fogleman/gg"
)

// Draw prints the document at [DPI].
func (d Document) Draw() Sides {
	out := Sides{Document: d}
	switch d.Kind {
	case Card:
		out.Front, out.Back = d.cardFront(), d.cardBack()
	case LargeCard:
		out.Front = d.largeCard()
	case VisaA, VisaB:
		out.Front = d.visa()
	case OldCard:
		out.Front = d.oldCard()
	case Licence:
		out.Front, out.Back = d.licenceFront(), d.licenceBack()
	default:
		out.Front = d.passport()
	}
	return out
}

// portrait draws the holder, w millimetres wide.
func (s *sheet) portrait(w float64) *canvas {
	r := dice{rand.New(rand.NewPCG(s.doc.Seed, 7))}
	female := s.doc.Sex == "F" || s.doc.Sex == "X" && s.doc.Seed%2 == 0
	px := int(w * s.unit)
	img := newLooks(r, female, s.doc.age()).draw(r, px)
	return &canvas{RGBA: img, w: img.Rect.Dx(), h: img.Rect.Dy(), unit: s.unit}
}

// printedDate writes a date the issuer's way.
func (i *Issuer) printedDate(d Date) string {
	y, m, day := d.parts()
	if m == 0 {
		return fmt.Sprintf("XX XX %04d", y)
	}
	english := strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")
	switch i.Code {
	case "UTO":
		own := strings.Fields("JAN FÉV MARS AVR MAI JUIN JUIL AOÛT SEPT OCT NOV DÉC")
		if own[m-1] == english[m-1] {
			return fmt.Sprintf("%02d %s %04d", day, english[m-1], y)
		}
		return fmt.Sprintf("%02d %s/%s %04d", day, own[m-1], english[m-1], y)
	case "XTH":
		own := strings.Fields("Ιαν Φεβ Μαρ Απρ Μαϊ Ιουν Ιουλ Αυγ Σεπ Οκτ Νοε Δεκ")
		return fmt.Sprintf("%02d %s/%s %02d", day, own[m-1], english[m-1][:1]+strings.ToLower(english[m-1][1:]), y%100)
	case "XMV":
		return fmt.Sprintf("%02d/%02d/%04d", day, m, y)
	}
	return fmt.Sprintf("%02d.%02d.%04d", day, m, y)
}

func (i *Issuer) printedSex(sex string) string {
	switch i.Code {
	case "XKV":
		return map[string]string{"F": "Ж/F", "M": "М/M", "X": "X"}[sex]
	case "XTH":
		return map[string]string{"F": "Θ/F", "M": "Α/M", "X": "X"}[sex]
	}
	return sex
}

// ground prints paper and security lines.
func (s *sheet) ground(shift int) {
	i := s.issuer
	tone := [3]hue{i.lines[shift%3], i.lines[(shift+1)%3], i.lines[(shift+2)%3]}
	s.wash(i.paper[shift%3], i.paper[(shift+1)%3], i.paper[(shift+2)%3], s.between(0.2, 1.2))
	ph := s.between(0, 6)
	cx, cy, r := s.mmW*0.62, s.mmH*0.42, s.mmH*0.36
	relief := s.emblemMask(i.emblem, cx, cy, r, 0.45)
	s.lines(screenLines{gap: 0.62, width: 0.17, slope: 0.06, swing: 2.6, wave: s.mmW * 0.62, ripple: 0.35, rlen: 9, phase: ph, tone: tone, alpha: 0.36, relief: relief, lift: 0.31})
	s.lines(screenLines{gap: 0.9, width: 0.13, slope: -0.35, swing: 1.8, wave: s.mmW * 0.4, phase: ph + 2, tone: [3]hue{tone[2], tone[0], tone[1]}, alpha: 0.27})
	s.lines(screenLines{gap: 1.15, width: 0.11, slope: 0.22, steep: true, swing: 2.2, wave: s.mmH * 0.55, phase: ph, tone: [3]hue{tone[1], tone[2], tone[0]}, alpha: 0.2})
	s.emblemAt(i.emblem, cx, cy, r, i.relief, 0.09)
	for k := range 3 { // one within the other
		f := s.mmH * (0.08 + 0.065*float64(k))
		s.rosette(s.mmW*0.9, s.mmH*0.3, f*0.35, f, 7+4*k, 8, 0.09, tone[k], tone[(k+1)%3], 0.34)
	}
	s.rosette(s.mmW*0.02, s.mmH*0.95, s.mmH*0.1, s.mmH*0.42, 14, 8, 0.09, tone[1], tone[2], 0.24)
}

// panel whitens the zone of the machine-readable lines.
func (s *sheet) panel(y float64) {
	for py := int((y - 1.5) * s.unit); py < s.h; py++ {
		t := min(max((float64(py)/s.unit-y)/3+0.5, 0), 1)
		for px := range s.w {
			s.dab(px, py, rgb(0xfbfaf6), 0.62*t*t*(3-2*t))
		}
	}
	s.ribbon(0, s.mmW, y+0.3, 2.2, 9, 5, 0.1, s.issuer.lines[0], s.issuer.lines[1], 0.45)
}

// names prints surname and given names, the native spelling above the Latin one,
// and gives the height used.
func (s *sheet) names(x, y, width, captionEm, em, row float64) float64 {
	t := ink{face: faces().medium, em: em, colour: s.body.alpha(0.93)}
	from := y
	for _, n := range []struct{ label, native, latin string }{
		{"surname", s.doc.SurnameNative, s.doc.Surname}, {"given_names", s.doc.GivenNative, s.doc.GivenNames},
	} {
		s.caption(captionEm, n.label, x, y, width)
		y += em * 1.02
		if n.native != "" {
			s.datum(t, n.label+"_native", upper(n.native), n.native, x, y, width)
			y += em * 1.02
		}
		s.datum(t, n.label, upper(n.latin), n.latin, x, y, width)
		y += row - em*1.02
	}
	return y - from
}

func (d Document) passport() *Side {
	s := newSheet(d, "front", 125, 88)
	f, i := faces(), s.issuer
	s.ground(0)
	s.panel(88 - 23.6)
	head := i.heads[Passport]
	// Heading.
	s.emblemAt(i.emblem, 9.5, 7, 4.2, i.ink, 0.85)
	s.write(ink{face: f.bold, em: 3.7, colour: i.ink.alpha(1), track: 0.06}.fit(i.titles[0], 70), 16, 6.6, i.titles[0])
	s.write(ink{face: f.regular, em: 2.5, colour: i.ink.alpha(1), track: 0.09}.fit(i.titles[1], 70), 16, 9.9, i.titles[1])
	heading := head[0]
	if head[1] != head[0] {
		heading += "  ·  " + head[1]
	}
	t := ink{face: f.bold, em: 2.7, colour: i.ink.alpha(1), track: 0.05}
	s.write(t, 120-t.extent(heading), 6.6, heading)
	s.chipSymbol(115.2, 8, 4.6, rgb(0xa8863c))
	s.microtext(5, 11.7, 115, 0.62, i.ink, 0.75)

	s.portraitBlock(5.5, 15.5, 33, 100.5, 36.5, 17)

	x, y, caption, em := 43.0, 15.2, 1.75, 2.85
	value := ink{face: f.medium, em: em, colour: s.body.alpha(0.93)}
	put := func(field, label, text, norm string, x, y, w float64) {
		s.caption(caption, label, x, y, w)
		s.datum(value, field, text, norm, x, y+em*1.02, w)
	}
	put("document_code", "type", "P", "", x, y, 10)
	put("issuer", "code", d.Issuer, "", x+13, y, 12)
	number := ink{face: f.monoBold, em: 3.5, colour: rgb(0x7a1c24).alpha(0.95)}
	s.caption(caption, "number", x+46, y, 30)
	s.datum(number, "document_number", d.Number, "", x+46, y+3.3, 32)
	row := 6.2
	if d.SurnameNative != "" {
		row, em = 5.7, 2.6
		value.em = em
	}
	y += row + 0.5
	y += s.names(x, y, 55, caption, em, row)
	put("nationality", "nationality", i.nationality[0], d.Nationality, x, y, 34)
	if d.PersonalNumber != "" {
		put("personal_number", "personal_number", d.PersonalNumber, "", x+36, y, 22)
	}
	y += row
	put("birth_date", "birth_date", i.printedDate(d.BirthDate), string(d.BirthDate), x, y, 30)
	put("sex", "sex", i.printedSex(d.Sex), d.Sex, x+31, y, 8)
	put("birth_place", "birth_place", upper(d.BirthPlace), d.BirthPlace, x+41, y, 20)
	y += row
	put("issue_date", "issue_date", i.printedDate(d.IssueDate), string(d.IssueDate), x, y, 30)
	put("authority", "authority", d.Authority, "", x+36, y, 28)
	y += row
	put("expiry_date", "expiry_date", i.printedDate(d.ExpiryDate), string(d.ExpiryDate), x, y, 30)
	s.caption(caption, "signature", x+36, y, 24)
	s.signature(x+40, min(y+5.2, 62.5), 24, rgb(0x1c2f6b))
	s.laminate(i.emblem, 30, 12, 32, 52, 0.16)
	s.watermark(46, 62, 15, -0.42)
	s.printMRZ((125-44*2.54)/2, 88-8.9, 6.35)
	s.round(3)
	return s.side
}

// DrawBooklet prints a passport open at its data page: the page above it is on the
// same picture, which is twice as high. The document is a [Passport].
func (d Document) DrawBooklet() *Side {
	data := d.passport()
	s := newSheet(d, "booklet", 125, 176)
	i, f := s.issuer, faces()
	s.wash(i.paper[1], i.paper[2], i.paper[0], 1)
	tone := [3]hue{i.lines[2], i.lines[1], i.lines[0]}
	relief := s.emblemMask(i.emblem, 62, 44, 26, 0.5)
	s.lines(screenLines{gap: 0.8, width: 0.16, slope: 0.05, swing: 3, wave: 60, ripple: 0.4, rlen: 11, tone: tone, alpha: 0.32, relief: relief, lift: 0.36})
	s.lines(screenLines{gap: 1.1, width: 0.12, slope: 0.4, steep: true, swing: 2, wave: 45, tone: tone, alpha: 0.2})
	s.emblemAt(i.emblem, 62, 44, 26, i.relief, 0.07)
	title := i.labels()["remarks"] + " / " + captions()["en"]["remarks"]
	s.centred(ink{face: f.medium, em: 2.8, colour: i.ink.alpha(1)}, 62.5, 12, title)
	dc := s.pen()
	dc.SetColor(i.ink.alpha(0.35))
	dc.SetLineWidth(0.15 * s.unit)
	for y := 22.0; y < 74; y += 8 {
		dc.DrawLine(14, y, 111, y)
		dc.Stroke()
	}
	s.caption(1.75, "signature", 14, 78, 50)
	s.signature(50, 79, 30, rgb(0x1c2f6b))
	s.centred(ink{face: f.bold, em: 2.4, colour: i.ink.alpha(0.8)}, 62.5, 85.6, "2")
	at := s.h - data.Height
	for y := range data.Height {
		for x := range data.Width {
			src, dst := data.Image.PixOffset(x, y), s.PixOffset(x, y+at)
			if y < data.Height/2 || data.Image.Pix[src+3] == 255 {
				copy(s.Pix[dst:dst+4], data.Image.Pix[src:src+4])
			}
		}
	}
	// The fold is dark, the paper curves into it.
	fold := float64(at)
	for y := range s.h {
		depth := 0.5*math.Exp(-sq((float64(y)-fold)/5)) + 0.22*math.Exp(-sq((float64(y)-fold)/45))
		for x := range s.w {
			s.dab(x, y, rgb(0x1a1c22), depth)
		}
	}
	s.round(3)
	shift := func(q *Quad) *Quad {
		moved := *q
		for k := range moved {
			moved[k].Y += fold
		}
		return &moved
	}
	whole := box(0, 0, float64(data.Width), float64(data.Height))
	s.side.Page, s.side.Portrait, s.side.Ghost = shift(&whole), shift(data.Portrait), shift(data.Ghost)
	for _, p := range data.Fields {
		p.Region = *shift(&p.Region)
		s.side.Fields = append(s.side.Fields, p)
	}
	for _, p := range data.MRZ {
		p.Region = *shift(&p.Region)
		s.side.MRZ = append(s.side.MRZ, p)
	}
	return s.side
}

// portraitBlock prints the portrait w wide at x, y and its ghost.
func (s *sheet) portraitBlock(x, y, w, gx, gy, gw float64) {
	p := s.portrait(w)
	s.photo(p, x, y, w, 0.97)
	// Security lines run over the edges of the picture.
	edge := s.mask(1.4, func(dc *gg.Context) {
		dc.SetFillRuleEvenOdd()
		h := w * 45 / 35
		dc.DrawRectangle(x-1, y-1, w+2, h+2)
		dc.DrawRectangle(x+2, y+2, w-4, h-4)
		dc.Fill()
	})
	s.lines(screenLines{gap: 0.55, width: 0.14, slope: 0.12, swing: 1.6, wave: 26, tone: s.issuer.lines, alpha: 0.5, where: edge})
	if gw > 0 {
		s.ghost(p, gx, gy, gw, s.issuer.relief, 0.55)
	}
}

func (d Document) cardFront() *Side {
	s := newSheet(d, "front", 85.6, 53.98)
	f, i := faces(), s.issuer
	s.ground(1)
	head := i.heads[Card]
	s.emblemAt(i.emblem, 6.6, 6, 3.5, i.ink, 0.85)
	s.write(ink{face: f.bold, em: 2.7, colour: i.ink.alpha(1), track: 0.05}.fit(i.titles[0], 46), 11.6, 5.2, i.titles[0])
	s.write(ink{face: f.regular, em: 1.9, colour: i.ink.alpha(1), track: 0.07}, 11.6, 7.9, i.titles[1])
	t := ink{face: f.bold, em: 2.05, colour: i.ink.alpha(1)}.fit(head[0], 24)
	s.write(t, 81.5-t.extent(head[0]), 5.2, head[0])
	t = ink{face: f.regular, em: 1.7, colour: i.ink.alpha(1)}
	s.write(t, 81.5-t.extent(head[1]), 7.9, head[1])
	s.microtext(4, 9.6, 78, 0.5, i.ink, 0.7)
	s.portraitBlock(4, 12.2, 24, 67, 31.5, 13)

	x, y, caption, em := 31.5, 12.6, 1.45, 2.4
	value := ink{face: f.medium, em: em, colour: s.body.alpha(0.93)}
	put := func(field, label, text, norm string, x, y, w float64) {
		s.caption(caption, label, x, y, w)
		s.datum(value, field, text, norm, x, y+em*1.02, w)
	}
	row := 5.5
	if d.SurnameNative != "" {
		row, em = 5.0, 2.15
		value.em = em
	}
	y += s.names(x, y, 34, caption, em, row)
	put("sex", "sex", i.printedSex(d.Sex), d.Sex, x, y, 8)
	put("nationality", "nationality", d.Nationality, d.Nationality, x+10.5, y, 12)
	put("birth_date", "birth_date", i.printedDate(d.BirthDate), string(d.BirthDate), x+25, y, 25)
	y += row
	put("birth_place", "birth_place", upper(d.BirthPlace), d.BirthPlace, x, y, 23)
	put("expiry_date", "expiry_date", i.printedDate(d.ExpiryDate), string(d.ExpiryDate), x+25, y, 25)
	y += row
	s.caption(caption, "card_number", x, y, 26)
	s.datum(ink{face: f.monoBold, em: 3, colour: rgb(0x7a1c24).alpha(0.95)}, "document_number", d.Number, "", x, y+2.9, 32)
	s.caption(caption, "signature", x, min(y+6.6, 48), 24)
	s.signature(x+2, min(y+10.6, 51.6), 22, rgb(0x24242c))
	s.laminate(i.emblem, 20, 9, 26, 42, 0.15)
	s.watermark(31, 45, 8.6, -0.5)
	s.round(3.18)
	return s.side
}

func (d Document) cardBack() *Side {
	s := newSheet(d, "back", 85.6, 53.98)
	f, i := faces(), s.issuer
	s.ground(2)
	s.panel(53.98 - 22.4)
	// The contact chip.
	dc := s.pen()
	dc.SetColor(rgb(0xc9a24b).alpha(1))
	dc.DrawRoundedRectangle(6, 8.5, 12.5, 11.5, 1.6)
	dc.Fill()
	dc.SetColor(rgb(0x7d5f22).alpha(0.9))
	dc.SetLineWidth(0.22 * s.unit)
	dc.DrawRoundedRectangle(6, 8.5, 12.5, 11.5, 1.6)
	dc.DrawRoundedRectangle(10, 11.5, 4.5, 5.5, 1)
	for _, y := range []float64{12.3, 16.2} {
		dc.DrawLine(6, y, 10, y)
		dc.DrawLine(14.5, y, 18.5, y)
	}
	dc.DrawLine(12.25, 8.5, 12.25, 11.5)
	dc.DrawLine(12.25, 17, 12.25, 20)
	dc.Stroke()
	caption, em := 1.45, 2.3
	value := ink{face: f.medium, em: em, colour: s.body.alpha(0.93)}
	put := func(field, label, text, norm string, x, y, w float64) {
		s.caption(caption, label, x, y, w)
		s.datum(value, field, text, norm, x, y+em*1.04, w)
	}
	put("address", "address", d.Address, "", 22, 5.5, 46)
	put("issue_date", "issue_date", i.printedDate(d.IssueDate), string(d.IssueDate), 22, 11.2, 24)
	put("authority", "authority", d.Authority, "", 48, 11.2, 30)
	put("height", "height", fmt.Sprintf("%d cm", d.Height), strconv.Itoa(d.Height), 22, 16.9, 14)
	if d.PersonalNumber != "" {
		put("personal_number", "personal_number", d.PersonalNumber, "", 48, 16.9, 24)
	}
	s.emblemAt(i.emblem, 77, 19.5, 4.4, i.relief, 0.35)
	s.chipSymbol(76, 4.6, 4.4, i.ink)
	s.microtext(4, 28.6, 78, 0.5, i.ink, 0.6)
	s.printMRZ((85.6-30*2.54)/2, 53.98-5.2, 6.35)
	s.round(3.18)
	return s.side
}

func (d Document) largeCard() *Side {
	s := newSheet(d, "front", 105, 74)
	f, i := faces(), s.issuer
	s.ground(2)
	s.panel(74 - 21.5)
	head := i.heads[LargeCard]
	s.centred(ink{face: f.bold, em: 3.2, colour: i.ink.alpha(1), track: 0.08}.fit(i.titles[0], 92), 52.5, 5.8, i.titles[0])
	line := head[0]
	if head[1] != head[0] {
		line += " / " + head[1]
	}
	s.centred(ink{face: f.regular, em: 2.3, colour: i.ink.alpha(1), track: 0.05}, 52.5, 9, line)
	s.microtext(5, 10.6, 95, 0.55, i.ink, 0.7)
	s.portraitBlock(5, 13, 28, 86, 30, 14)
	x, y, caption, em := 37.0, 13.6, 1.55, 2.5
	value := ink{face: f.medium, em: em, colour: s.body.alpha(0.93)}
	put := func(field, label, text, norm string, x, y, w float64) {
		s.caption(caption, label, x, y, w)
		s.datum(value, field, text, norm, x, y+em*1.02, w)
	}
	s.caption(caption, "card_number", x+36, y, 26)
	s.datum(ink{face: f.monoBold, em: 3.1, colour: rgb(0x7a1c24).alpha(0.95)}, "document_number", d.Number, "", x+36, y+3, 28)
	row := 5.7
	if d.SurnameNative != "" {
		row, em = 5.1, 2.3
		value.em = em
	}
	y += s.names(x, y, 33, caption, em, row)
	put("birth_date", "birth_date", i.printedDate(d.BirthDate), string(d.BirthDate), x, y, 26)
	put("birth_place", "birth_place", upper(d.BirthPlace), d.BirthPlace, x+28, y, 20)
	y += row
	put("nationality", "nationality", i.nationality[0], d.Nationality, x, y, 34)
	put("sex", "sex", i.printedSex(d.Sex), d.Sex, x+38, y, 8)
	y += row
	put("expiry_date", "expiry_date", i.printedDate(d.ExpiryDate), string(d.ExpiryDate), x, y, 26)
	put("authority", "authority", d.Authority, "", x+28, y, 20)
	y += row
	s.caption(caption, "signature", x, y, 20)
	s.signature(x+20, y+2.6, 24, rgb(0x1c2f6b))
	s.laminate(i.emblem, 26, 10, 24, 42, 0.14)
	s.watermark(38, 50, 12, -0.36)
	s.printMRZ((105-36*2.54)/2, 74-7.8, 6.35)
	s.round(3)
	return s.side
}

func (d Document) visa() *Side {
	w, h, chars := 120.0, 80.0, 44.0
	if d.Kind == VisaB {
		w, h, chars = 105, 74, 36
	}
	s := newSheet(d, "front", w, h)
	f, i := faces(), s.issuer
	s.ground(1)
	s.rosette(w*0.5, h*0.38, 3, 13, 12, 12, 0.09, i.lines[2], i.lines[0], 0.3)
	s.panel(h - 22)
	band := s.mask(0.2, func(dc *gg.Context) { dc.DrawRectangle(0, 0, w, 9.5); dc.Fill() })
	s.lay(band, i.ink, 0.16, over)
	s.emblemAt(i.emblem, 7.5, 4.9, 3.8, i.ink, 0.9)
	s.write(ink{face: f.bold, em: 3, colour: i.ink.alpha(1), track: 0.05}.fit(i.titles[0], w-48), 13.5, 4.8, i.titles[0])
	s.write(ink{face: f.regular, em: 2.1, colour: i.ink.alpha(1), track: 0.06}, 13.5, 8, i.titles[1])
	word := i.heads[VisaA][0]
	t := ink{face: f.bold, em: 6.2, colour: i.relief.alpha(0.9), track: 0.12}.fit(word, 32)
	s.write(t, w-5-t.extent(word), 7.2, word)
	s.microtext(0, 10.6, w, 0.55, i.ink, 0.7)
	pw := 27.0
	if d.Kind == VisaB {
		pw = 25
	}
	s.portraitBlock(5, 13.4, pw, w-22, 27.5, 16)
	x, y, caption, em := pw+9, 14.2, 1.6, 2.6
	value := ink{face: f.medium, em: em, colour: s.body.alpha(0.93)}
	put := func(field, label, text, norm string, x, y, w float64) {
		s.caption(caption, label, x, y, w)
		s.datum(value, field, text, norm, x, y+em*1.02, w)
	}
	col := (w - x - 24) / 2
	put("valid_for", "valid_for", i.titles[1], "", x, y, col+8)
	s.caption(caption, "card_number", w-30, y, 25)
	s.datum(ink{face: f.monoBold, em: 3.2, colour: rgb(0x7a1c24).alpha(0.95)}, "document_number", d.Number, "", w-30, y+3.1, 26)
	y += 6.3
	put("issue_date", "from", i.printedDate(d.IssueDate), string(d.IssueDate), x, y, col-1)
	put("expiry_date", "until", i.printedDate(d.ExpiryDate), string(d.ExpiryDate), x+col, y, col-1)
	y += 6.3
	put("entries", "entries", d.Entries, "", x, y, col-1)
	put("stay", "stay", d.Stay, "", x+col, y, col-1)
	y += 6.3
	put("issued_at", "issued_at", upper(d.BirthPlace), d.BirthPlace, x, y, col-1)
	put("passport_number", "passport_number", d.PassportNumber, "", x+col, y, col-1)
	y += 6.3
	s.caption(caption, "name", x, y, w-x-24)
	s.datum(value, "surname", upper(d.Surname), d.Surname, x, y+em*1.02, w-x-26)
	y += em * 1.12
	s.datum(value, "given_names", upper(d.GivenNames), d.GivenNames, x, y+em*1.02, w-x-26)
	y += 5.6
	put("birth_date", "birth_date", i.printedDate(d.BirthDate), string(d.BirthDate), x, y, col-1)
	put("sex", "sex", i.printedSex(d.Sex), d.Sex, x+col, y, 6)
	put("nationality", "nationality", d.Nationality, "", x+col+9, y, 16)
	s.laminate(i.emblem, w*0.45, 12, 30, h-36, 0.15)
	s.watermark(w*0.3, h*0.64, 13, -0.36)
	s.printMRZ((w-chars*2.54)/2, h-8.2, 6.35)
	s.round(1.5)
	return s.side
}

// oldCard imitates the make, not the state, of laminated paper cards: pale blue
// screen, typewriter data and a black and white photograph.
func (d Document) oldCard() *Side {
	s := newSheet(d, "front", 105, 74)
	f, i := faces(), s.issuer
	s.wash(rgb(0xcddff0), rgb(0xe4edf5), rgb(0xd2e2f0), 0.7)
	tone := [3]hue{rgb(0x5d8fc4), rgb(0x7ba4cf), rgb(0x5d8fc4)}
	relief := s.emblemMask(i.emblem, 66, 30, 22, 0.6)
	s.lines(screenLines{gap: 0.75, width: 0.2, slope: 0, swing: 1.2, wave: 18, tone: tone, alpha: 0.42, relief: relief, lift: 0.5})
	s.lines(screenLines{gap: 1.5, width: 0.13, slope: 0.5, swing: 1, wave: 30, phase: 1, tone: tone, alpha: 0.26})
	s.centred(ink{face: f.bold, em: 3.1, colour: i.ink.alpha(0.95), track: 0.09}.fit(i.titles[0], 90), 52.5, 6, i.titles[0])
	head := ink{face: f.bold, em: 2.25, colour: i.ink.alpha(0.95), track: 0.03}
	typed := ink{face: f.mono, em: 2.75, colour: rgb(0x20222c).alpha(0.9)}
	small := ink{face: f.italic, em: 2, colour: i.ink.alpha(0.95)}
	label := i.heads[OldCard][0] + " N° :"
	s.write(head, 8, 11, label)
	s.datum(ink{face: f.monoBold, em: 3, colour: rgb(0x20222c).alpha(0.92)}, "document_number", d.Number, "", 10+head.extent(label), 11, 30)
	natLabel := i.labels()["nationality"] + " "
	nat := small.fit(natLabel, 13)
	s.write(nat, 75.5, 11, natLabel)
	nationality := strings.Fields(i.nationality[0])[0]
	x := 75.5 + nat.extent(natLabel)
	s.datum(typed, "nationality", nationality, d.Nationality, x, 11, 101-x)

	p := s.portrait(27)
	for k := 0; k < len(p.Pix); k += 4 { // black and white
		g := uint8(min(0.32*float64(p.Pix[k])+0.6*float64(p.Pix[k+1])+0.12*float64(p.Pix[k+2])+6, 255))
		p.Pix[k], p.Pix[k+1], p.Pix[k+2] = g, g, uint8(min(int(g)+4, 255))
	}
	s.photo(p, 7, 14, 27, 0.96)
	edge := s.mask(1, func(dc *gg.Context) { dc.DrawCircle(33, 46, 8); dc.Fill() })
	s.lines(screenLines{gap: 0.9, width: 0.3, slope: 0.3, swing: 0.5, wave: 6, tone: [3]hue{rgb(0x3c4a8a), rgb(0x3c4a8a), rgb(0x3c4a8a)}, alpha: 0.4, where: edge})

	x = 38
	y := 17.0
	put := func(caption, field, text, norm string, x, y, width float64) {
		s.write(small, x, y, caption)
		at := x + small.extent(caption) + 1
		s.datum(typed, field, text, norm, at, y, width-(at-x))
	}
	given := strings.ReplaceAll(upper(d.GivenNames), " ", ", ")
	put("Nom :", "surname", upper(d.Surname), d.Surname, x, y, 62)
	put("Prénom(s) :", "given_names", given, d.GivenNames, x, y+7, 62)
	put("Sexe :", "sex", d.Sex, "", x, y+14, 16)
	by, bm, bd := d.BirthDate.parts()
	born := "Né le :"
	if d.Sex == "F" {
		born = "Née le :"
	}
	put(born, "birth_date", fmt.Sprintf("%02d.%02d.%04d", bd, bm, by), string(d.BirthDate), x+20, y+14, 42)
	put("à :", "birth_place", upper(d.BirthPlace), d.BirthPlace, x, y+19, 60)
	put("Taille :", "height", fmt.Sprintf("%d,%02dm", d.Height/100, d.Height%100), strconv.Itoa(d.Height), x, y+24, 30)
	s.write(small, x, y+29.5, "Signature du titulaire :")
	s.signature(x+26, y+31, 26, rgb(0x1b2350))
	if d.Watermark {
		s.watermark(40, 48, 11, -0.33)
	}
	s.printMRZ((105-36*2.54)/2, 74-6.4, 6.6)
	s.laminate(i.emblem, 4, 12, 34, 38, 0.08)
	s.round(3)
	return s.side
}

func (s *sheet) licenceGround() {
	s.wash(rgb(0xf2cfd6), rgb(0xf7ece6), rgb(0xdcdfee), s.between(0.1, 0.8))
	tone := [3]hue{rgb(0xc96a86), rgb(0x8a7fb8), rgb(0x6d97b8)}
	relief := s.emblemMask(s.issuer.emblem, 58, 28, 17, 0.4)
	s.lines(screenLines{gap: 0.6, width: 0.16, slope: 0.1, swing: 2, wave: 45, ripple: 0.3, rlen: 8, phase: s.between(0, 6), tone: tone, alpha: 0.36, relief: relief, lift: 0.4})
	s.lines(screenLines{gap: 0.85, width: 0.12, slope: -0.3, swing: 2, wave: 33, phase: 1.4, tone: [3]hue{tone[2], tone[0], tone[1]}, alpha: 0.28})
	s.rosette(74, 42, 2, 9, 11, 10, 0.08, tone[0], tone[2], 0.32)
}

func (d Document) licenceFront() *Side {
	s := newSheet(d, "front", 85.6, 53.98)
	f, i := faces(), s.issuer
	s.licenceGround()
	dark := rgb(0x2a2f6a)
	// The distinguishing sign in its oval.
	dc := s.pen()
	dc.SetColor(dark.alpha(0.95))
	dc.DrawRoundedRectangle(3.5, 3, 11.5, 8.4, 0.8)
	dc.Fill()
	dc.SetColor(rgb(0xffffff).alpha(1))
	dc.DrawEllipse(9.25, 7.2, 4.9, 3.3)
	dc.Fill()
	s.centred(ink{face: f.bold, em: 3, colour: rgb(0x14162e).alpha(1)}, 9.25, 8.25, d.Issuer)
	head := i.heads[Licence]
	s.write(ink{face: f.bold, em: 3, colour: dark.alpha(1), track: 0.05}.fit(head[0], 46), 18, 6, head[0])
	s.write(ink{face: f.regular, em: 2.1, colour: dark.alpha(1), track: 0.05}, 18, 9.2, head[1])
	t := ink{face: f.regular, em: 1.8, colour: dark.alpha(1), track: 0.04}.fit(i.titles[1], 30)
	s.write(t, 82-t.extent(i.titles[1]), 4.4, i.titles[1])
	s.microtext(3.5, 12.4, 78, 0.5, dark, 0.7)
	s.portraitBlock(4, 14, 23, 68, 31, 13)

	x, y, em := 30.5, 15.6, 2.45
	value := ink{face: f.medium, em: em, colour: s.body.alpha(0.93)}
	num := ink{face: f.regular, em: 1.9, colour: dark.alpha(1)}
	item := func(n, field, text, norm string, x, y, w float64) {
		s.write(num, x, y, n)
		s.datum(value, field, text, norm, x+num.extent(n)+0.9, y, w)
	}
	short := func(d Date) string {
		y, m, day := d.parts()
		return fmt.Sprintf("%02d.%02d.%04d", day, m, y)
	}
	row := 4.25
	item("1.", "surname", upper(d.Surname), d.Surname, x, y, 46)
	if d.SurnameNative != "" {
		y += row * 0.75
		s.datum(value, "surname_native", upper(d.SurnameNative), d.SurnameNative, x+num.extent("1.")+0.9, y, 46)
	}
	y += row
	item("2.", "given_names", upper(d.GivenNames), d.GivenNames, x, y, 46)
	if d.GivenNative != "" {
		y += row * 0.75
		s.datum(value, "given_names_native", upper(d.GivenNative), d.GivenNative, x+num.extent("2.")+0.9, y, 46)
	}
	y += row
	item("3.", "birth_date", short(d.BirthDate), string(d.BirthDate), x, y, 16)
	s.datum(value, "birth_place", upper(d.BirthPlace), d.BirthPlace, x+20, y, 26)
	y += row
	item("4a.", "issue_date", short(d.IssueDate), string(d.IssueDate), x, y, 16)
	item("4c.", "authority", d.Authority, "", x+20, y, 26)
	y += row
	item("4b.", "expiry_date", short(d.ExpiryDate), string(d.ExpiryDate), x, y, 16)
	if d.PersonalNumber != "" {
		item("4d.", "personal_number", d.PersonalNumber, "", x+20, y, 15)
	}
	y += row
	item("5.", "document_number", d.Number, "", x, y, 30)
	y += row
	item("8.", "address", d.Address, "", x, y, 33)
	s.write(num, 4.5, 49.5, "7.")
	s.signature(8, 50, 18, rgb(0x24242c))
	var names []string
	for _, c := range d.Categories {
		names = append(names, c.Name)
	}
	all := strings.Join(names, "/")
	s.write(num, x, 50.4, "9.")
	s.datum(ink{face: f.bold, em: 2.7, colour: s.body.alpha(0.93)}, "categories", all, "", x+3, 50.4, 40)
	s.laminate(i.emblem, 20, 12, 24, 38, 0.14)
	s.watermark(31, 46, 8.6, -0.5)
	s.round(3.18)
	return s.side
}

func (d Document) licenceBack() *Side {
	s := newSheet(d, "back", 85.6, 53.98)
	f := faces()
	s.licenceGround()
	dark := rgb(0x2a2f6a)
	tiny := ink{face: f.regular, em: 1.5, colour: dark.alpha(1)}
	for i, l := range []string{"1. Surname", "2. Given names", "3. Date, place of birth", "4a. Date of issue", "4b. Date of expiry", "4c. Authority", "4d. Personal No.", "5. Licence No.", "8. Address", "9. Category", "10. From", "11. Until", "12. Codes"} {
		s.write(tiny, 3.5, 6+2.35*float64(i), l)
	}
	// The table of categories.
	x, y, rowH := 24.0, 4.2, 3.25
	cols := []float64{0, 8.5, 15, 29, 43, 58}
	all := []string{"AM", "A1", "A2", "A", "B1", "B", "C1", "C", "BE", "CE", "T"}
	dc := s.pen()
	dc.SetColor(rgb(0xffffff).alpha(0.45))
	dc.DrawRectangle(x, y, cols[5], rowH*float64(len(all)+1))
	dc.Fill()
	dc.SetColor(dark.alpha(0.9))
	dc.SetLineWidth(0.12 * s.unit)
	for r := range len(all) + 2 {
		dc.DrawLine(x, y+rowH*float64(r), x+cols[5], y+rowH*float64(r))
	}
	for _, c := range cols {
		dc.DrawLine(x+c, y, x+c, y+rowH*float64(len(all)+1))
	}
	dc.Stroke()
	head := ink{face: f.regular, em: 1.75, colour: dark.alpha(1)}
	for c, n := range []string{"9.", "", "10.", "11.", "12."} {
		s.centred(head, x+(cols[c]+cols[c+1])/2, y+rowH*0.72, n)
	}
	value := ink{face: f.medium, em: 1.95, colour: s.body.alpha(0.93)}
	short := func(d Date) string {
		y, m, day := d.parts()
		return fmt.Sprintf("%02d.%02d.%02d", day, m, y%100)
	}
	for r, name := range all {
		base := y + rowH*float64(r+1) + rowH*0.74
		s.write(ink{face: f.bold, em: 2, colour: dark.alpha(1)}, x+1.2, base, name)
		s.vehicle(name, x+cols[1]+0.7, base+0.2, dark)
		var held *Category
		for k := range d.Categories {
			if d.Categories[k].Name == name {
				held = &d.Categories[k]
			}
		}
		if held == nil {
			s.write(value, x+cols[2]+1, base, "--------")
			s.write(value, x+cols[3]+1, base, "--------")
			continue
		}
		s.datum(value, "category_"+name+"_since", short(held.Since), string(held.Since), x+cols[2]+1, base, 12)
		s.datum(value, "category_"+name+"_until", short(held.Until), string(held.Until), x+cols[3]+1, base, 12)
		s.datum(value, "category_"+name+"_codes", held.Codes, "", x+cols[4]+1, base, 13)
	}
	panel := s.mask(0.3, func(dc *gg.Context) { dc.DrawRectangle(-1, 45.2, 90, 10); dc.Fill() })
	s.lay(panel, rgb(0xfbfaf6), 0.55, over)
	s.printMRZ((85.6-30*2.54)/2, 50.6, 6.35)
	s.round(3.18)
	return s.side
}

// vehicle draws the small picture of a category.
func (s *sheet) vehicle(name string, x, y float64, col hue) {
	dc := s.pen()
	dc.SetColor(col.alpha(0.9))
	wheel := func(cx, r float64) { dc.DrawCircle(x+cx, y-r, r); dc.Fill() }
	switch name[0] {
	case 'A':
		dc.SetLineWidth(0.28 * s.unit)
		wheel(0.8, 0.55)
		wheel(3.6, 0.55)
		dc.DrawLine(x+0.8, y-0.6, x+2, y-1.3)
		dc.DrawLine(x+2, y-1.3, x+3.1, y-1.2)
		dc.DrawLine(x+3.6, y-0.6, x+3, y-1.9)
		dc.Stroke()
	case 'B':
		dc.DrawRoundedRectangle(x+0.2, y-1.25, 4.6, 0.85, 0.3)
		dc.DrawRoundedRectangle(x+1.1, y-1.95, 2.6, 1, 0.4)
		dc.Fill()
		wheel(1.2, 0.42)
		wheel(3.9, 0.42)
	case 'C':
		dc.DrawRectangle(x+1.6, y-2.1, 3.3, 1.75)
		dc.DrawRoundedRectangle(x+0.2, y-1.6, 1.2, 1.25, 0.2)
		dc.Fill()
		wheel(0.9, 0.4)
		wheel(3.2, 0.4)
		wheel(4.3, 0.4)
	default:
		dc.DrawRoundedRectangle(x+1.4, y-1.5, 2.2, 0.9, 0.2)
		dc.Fill()
		wheel(1.2, 0.75)
		wheel(3.9, 0.5)
	}
	if strings.HasSuffix(name, "E") {
		dc.DrawRectangle(x+5, y-1.3, 1.1, 0.8)
		dc.Fill()
	}
}
