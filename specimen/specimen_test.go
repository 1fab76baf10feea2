package specimen

import (
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"idproof/mrz"
)

func generator(a, b uint64) *rand.Rand { return rand.New(rand.NewPCG(a, b)) }

var anyGenerator = rapid.Custom(func(t *rapid.T) *rand.Rand {
	return generator(rapid.Uint64().Draw(t, "seed"), 0)
})

func TestEveryLetterHasAGlyph(t *testing.T) {
	f := faces()
	check := func(text string, all ...*Typeface) {
		t.Helper()
		for _, c := range text + upper(text) {
			for _, face := range all {
				if !face.has(c) {
					t.Errorf("%q has no glyph for %q", text, c)
				}
			}
		}
	}
	text := []*Typeface{f.regular, f.medium, f.bold, f.mono, f.monoBold, f.italic}
	for _, l := range []*lexicon{&latinWorld, &cyrillicLand, &greekLand} {
		for _, s := range slices.Concat(l.surnames, l.women, l.men, l.places) {
			check(s, text...)
		}
	}
	for _, i := range Issuers() {
		check(i.titles[0]+i.titles[1]+i.authority+i.capital, text...)
		for _, l := range i.labels() {
			check(l, f.regular)
		}
		for _, s := range slices.Concat(i.words.surnames, i.words.women, i.words.men) {
			check(i.native(s), text...)
		}
		for label := range captions()["en"] {
			if i.labels()[label] == "" {
				t.Errorf("%s has no caption for %s", i.Code, label)
			}
		}
		for _, k := range Kinds() {
			if i.heads[k][0] == "" {
				t.Errorf("%s has no title for %s", i.Code, k)
			}
		}
	}
	for _, face := range []*Typeface{f.ocrb, f.ocrbSharp} {
		for _, c := range capitals + numerals + "<" {
			if g := face.glyph(c); len(g.segments) == 0 || math.Abs(g.advance-0.723) > 1e-6 {
				t.Errorf("OCR-B %q: %d segments, advance %v", c, len(g.segments), g.advance)
			}
		}
	}
}

// A state code that anybody uses must not be printed on what looks like a document.
func TestIssuersAreFictional(t *testing.T) {
	for _, i := range Issuers() {
		name, known := mrz.StateName(i.Code)
		switch {
		case i.Code == "UTO":
			if !known || !strings.Contains(name, "Utopia") {
				t.Errorf("UTO is %q", name)
			}
		case known:
			t.Errorf("%s is %s", i.Code, name)
		case i.Code[0] != 'X' || slices.Contains(stateCodes, i.Code):
			t.Errorf("%s is not left to users by ISO 3166-1", i.Code)
		}
	}
}

func TestNewPrintsALegalZone(t *testing.T) {
	now := time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		r := anyGenerator.Draw(t, "generator")
		kind := rapid.SampledFrom(Kinds()).Draw(t, "kind")
		issuer := rapid.SampledFrom(Issuers()).Draw(t, "issuer")
		wish := Wish{Kind: kind, Issuer: issuer.Code, Now: now}
		if rapid.Bool().Draw(t, "peculiar") {
			wish.Traits = []Trait{rapid.SampledFrom(Traits()).Draw(t, "trait")}
		}
		d := New(r, wish)
		p := mrz.ParseAs(kind.Format(), d.MRZ, now)
		wrong := 0
		for _, c := range p.Checks {
			if !c.OK {
				wrong++
			}
		}
		if d.Has(WrongCheckDigit) != (wrong > 0) || wrong > 2 {
			t.Fatalf("%d wrong check digits in %q", wrong, d.MRZ)
		}
		if p.Issuer != issuer.Code {
			t.Fatalf("issuer %q", p.Issuer)
		}
		if kind == Licence {
			return
		}
		if kind != OldCard && p.Number != strings.ReplaceAll(d.Number, "-", " ") {
			t.Fatalf("number %q, printed %q", p.Number, d.Number)
		}
		if got := p.BirthDate.String(); (got != string(d.BirthDate)) != d.Has(Mismatch) {
			t.Fatalf("born %s, printed %s", got, d.BirthDate)
		}
		if d.Has(LongName) && !p.NameTruncated {
			t.Fatalf("name not truncated: %q", d.MRZ)
		}
		if d.Has(LongNumber) && len(p.Number) <= 9 {
			t.Fatalf("number %q", p.Number)
		}
		if d.Has(FillerCheck) && d.MRZ[1][42] != '<' {
			t.Fatalf("no filler: %q", d.MRZ[1])
		}
		if valid := string(d.ExpiryDate) >= now.Format(time.DateOnly); valid == d.Has(Expired) {
			t.Fatalf("expires %s", d.ExpiryDate)
		}
		if d.IssueDate >= d.ExpiryDate || string(d.IssueDate) > now.Format(time.DateOnly) {
			t.Fatalf("issued %s", d.IssueDate)
		}
	})
}

func TestDrawTellsTheTruth(t *testing.T) {
	for i, k := range Kinds() {
		for j, issuer := range Issuers() {
			if (i+j)%3 != 0 || testing.Short() && j > 2 {
				continue // enough to see every kind and every issuer
			}
			t.Run(fmt.Sprintf("%s of %s", k, issuer.Code), func(t *testing.T) {
				wish := Wish{Kind: k, Issuer: issuer.Code}
				if j%2 == 1 {
					wish.Traits = []Trait{LongName}
				}
				sides := New(generator(uint64(i), uint64(j)), wish).Draw()
				checkSide(t, sides.Document, sides.Front)
				if sides.Back != nil {
					checkSide(t, sides.Document, sides.Back)
				}
			})
		}
	}
}

func checkSide(t *testing.T, d Document, s *Side) {
	t.Helper()
	if len(s.Fields) < 4 {
		t.Errorf("only %d fields", len(s.Fields))
	}
	all := append(slices.Clone(s.Fields), s.MRZ...)
	for i, p := range all {
		x0, y0, x1, y1 := p.Region.Bounds()
		if x0 < 0 || y0 < 0 || x1 > float64(s.Width) || y1 > float64(s.Height) {
			t.Errorf("%s runs off the page: %v", p.Field, p.Region)
			continue
		}
		if ink := darkest(s.Image, x0, y0, x1, y1); ink > 0.42 {
			t.Errorf("%s %q: nothing dark in its region (%.2f)", p.Field, p.Text, ink)
		}
		for _, o := range all[:i] {
			if a, b, c, e := o.Region.Bounds(); min(x1, c)-max(x0, a) > 1 && min(y1, e)-max(y0, b) > 1 {
				t.Errorf("%s %q lies over %s %q", p.Field, p.Text, o.Field, o.Text)
			}
		}
	}
	for i, p := range s.MRZ {
		if p.Text != d.MRZ[i] {
			t.Errorf("line %d is %q", i, p.Text)
		}
		checkPitch(t, s, p)
	}
}

// checkPitch looks for every character of a line where ten to the inch puts it,
// and for light between this line and what is above.
func checkPitch(t *testing.T, s *Side, line Printed) {
	t.Helper()
	const pitch = DPI / 10.0
	x0, y0, _, y1 := line.Region.Bounds()
	f := faces().ocrb
	// The first letter's ink begins inside its cell.
	left := math.Inf(1)
	for _, g := range f.glyph(rune(line.Text[0])).segments {
		left = min(left, float64(g.Args[0].X)/64)
	}
	origin := x0 - left/723*pitch
	for i := range line.Text {
		at := origin + float64(i)*pitch
		if ink := darkest(s.Image, at+2, y0, at+pitch-2, y1); ink > 0.4 {
			t.Errorf("no ink for character %d of %q", i, line.Text)
			return
		}
		if ink := darkest(s.Image, at-1, y0, at+1, y1); ink < 0.35 {
			t.Errorf("no gap before character %d of %q (%.2f)", i, line.Text, ink)
			return
		}
	}
	if above := darkest(s.Image, x0, y0-12, x0+30*pitch, y0-4); above < 0.4 {
		t.Errorf("dark above the line (%.2f)", above)
	}
}

// darkest is the least brightness within a box, 0 to 1.
func darkest(img *image.RGBA, x0, y0, x1, y1 float64) float64 {
	least := 1.0
	for y := int(y0); y <= int(y1); y++ {
		for x := int(x0); x <= int(x1); x++ {
			if g := color.GrayModel.Convert(img.At(x, y)).(color.Gray); image.Pt(x, y).In(img.Rect) {
				least = min(least, float64(g.Y)/255)
			}
		}
	}
	return least
}

func TestSameSeedSamePicture(t *testing.T) {
	hash := func(seed uint64) [32]byte {
		r := generator(seed, 1)
		front := New(r, Wish{Kind: Card, Issuer: "XTH"}).Draw().Front
		photo, _ := Photograph(front.Image, Camera{Width: 320, Height: 240, Background: Wood, Perspective: 0.2, Noise: 0.01, Fingers: true}, r)
		return sha256.Sum256(append(slices.Clone(front.Image.Pix), photo.(*image.RGBA).Pix...))
	}
	one, again, two := hash(1), hash(1), hash(2)
	if one != again {
		t.Error("the same seed gave another picture")
	}
	if one == two {
		t.Error("another seed gave the same picture")
	}
}

// Dots on a white sheet are found in the photograph where the quad says.
func TestPhotographMapsTheTruth(t *testing.T) {
	sheet := image.NewRGBA(image.Rect(0, 0, 320, 200))
	for i := range sheet.Pix {
		sheet.Pix[i] = 255
	}
	dots := []Point{{30, 30}, {290, 30}, {160, 100}, {30, 170}, {290, 170}, {90, 120}}
	for _, p := range dots {
		for y := -7; y < 7; y++ {
			for x := -7; x < 7; x++ {
				sheet.SetRGBA(int(p.X)+x, int(p.Y)+y, color.RGBA{A: 255})
			}
		}
	}
	for seed := range uint64(24) {
		r := generator(seed, 8)
		c := RandomCamera(r, float64(seed)/23)
		c.Width, c.Height, c.Background, c.Fingers, c.Glare, c.Dark, c.JPEGQuality, c.Motion, c.Shade = 480, 360, Plain, false, 0, 0, 0, 0, 0.1
		photo, q := Photograph(sheet, c, r)
		for _, p := range q {
			if p.X < 0 || p.Y < 0 || p.X > 480 || p.Y > 360 {
				t.Errorf("seed %d: corner outside the picture: %v", seed, q)
			}
		}
		for _, p := range dots {
			around := c.Locate(box(p.X-12, p.Y-12, p.X+12, p.Y+12), q, 320, 200)
			want := c.Locate(box(p.X, p.Y, p.X, p.Y), q, 320, 200)[0]
			if got := centroid(photo, around); math.Hypot(got.X-want.X, got.Y-want.Y) > 1 {
				t.Errorf("seed %d: dot at %v is at %v, said to be at %v", seed, p, got, want)
			}
		}
	}
}

// centroid weighs the darkness inside q.
func centroid(img image.Image, q Quad) Point {
	back := toQuad(q, 1, 1).inverse()
	x0, y0, x1, y1 := q.Bounds()
	var sum, sx, sy float64
	for y := int(y0); y <= int(y1); y++ {
		for x := int(x0); x <= int(x1); x++ {
			if p := back.apply(Point{float64(x) + 0.5, float64(y) + 0.5}); p.X < 0 || p.Y < 0 || p.X > 1 || p.Y > 1 {
				continue
			}
			g := color.GrayModel.Convert(img.At(x, y)).(color.Gray)
			w := max(0.55-float64(g.Y)/255, 0)
			sum, sx, sy = sum+w, sx+w*(float64(x)+0.5), sy+w*(float64(y)+0.5)
		}
	}
	return Point{sx / sum, sy / sum}
}

func TestProjection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		near := func(label string, x float64) float64 { return x + rapid.Float64Range(-20, 20).Draw(t, label) }
		q := Quad{{near("a", 0), near("b", 0)}, {near("c", 100), near("d", 0)}, {near("e", 100), near("f", 100)}, {near("g", 0), near("h", 100)}}
		m := toQuad(q, 50, 30)
		for i, p := range box(0, 0, 50, 30) {
			if got := m.apply(p); math.Hypot(got.X-q[i].X, got.Y-q[i].Y) > 1e-6 {
				t.Fatalf("corner %d at %v", i, got)
			}
		}
		p := Point{rapid.Float64Range(0, 50).Draw(t, "x"), rapid.Float64Range(0, 30).Draw(t, "y")}
		if got := m.inverse().apply(m.apply(p)); math.Hypot(got.X-p.X, got.Y-p.Y) > 1e-6 {
			t.Fatalf("%v came back as %v", p, got)
		}
	})
}

func BenchmarkDraw(b *testing.B) {
	for _, k := range []Kind{Passport, Licence} {
		b.Run(string(k), func(b *testing.B) {
			d := Random(generator(1, 1), k)
			for b.Loop() {
				d.Draw()
			}
		})
	}
}

func BenchmarkPhotograph(b *testing.B) {
	front := Random(generator(1, 1), Passport).Draw().Front
	for b.Loop() {
		Photograph(front.Image, Camera{Blur: 1, Noise: 0.01, Perspective: 0.2, JPEGQuality: 85, Background: Wood}, generator(1, 2))
	}
}

func BenchmarkMRZLine(b *testing.B) {
	r := generator(1, 1)
	for b.Loop() {
		MRZLine(r, LineStyle{})
	}
}
