package forgery

import (
	"errors"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gosmallcaps"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"idproof/engine/raster"
	"idproof/report"
)

// set writes text at an even pitch, each letter in its place, in a typeface.
func set(t *testing.T, im *image.RGBA, ttf []byte, x, y int, pitch float64, text string) {
	t.Helper()
	f, err := opentype.Parse(ttf)
	if err != nil {
		t.Fatal(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 1.6 * pitch, DPI: 72})
	if err != nil {
		t.Fatal(err)
	}
	pen := font.Drawer{Dst: im, Src: image.NewUniform(color.RGBA{20, 20, 30, 255}), Face: face}
	for i, c := range text {
		pen.Dot = fixed.Point26_6{X: fixed.Int26_6(64 * (float64(x) + float64(i)*pitch)), Y: fixed.I(y)}
		pen.DrawString(string(c))
	}
}

// paper is a ground with the grain of a camera.
func paper(w, h int, seed uint64) *image.RGBA {
	r := rand.New(rand.NewPCG(seed, 7))
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := uint8(210 + 6*math.Sin(float64(x+2*y)/3) + 3*r.NormFloat64())
			im.SetRGBA(x, y, color.RGBA{v, v, v - 8, 255})
		}
	}
	return im
}

// seenAs is evidence of a picture that shows a page.
func seenAs(im *image.RGBA, p report.Page, portraits ...report.Portrait) *Evidence {
	e := read(nil, nil)
	e.Picture = &raster.Page{Image: raster.FromImage(im), Format: "png", Width: im.Rect.Dx(), Height: im.Rect.Dy(), Scale: 1}
	s := e.Result.AnalysisSummary.Document
	s.Pages, s.Portraits = []report.Page{p}, portraits
	return e
}

const zonePitch = 16.0

// zoneEvidence is a drawn zone; change draws on it.
func zoneEvidence(t *testing.T, change func(im *image.RGBA)) *Evidence {
	t.Helper()
	rows := []string{"P<UTOSAMPLE<<ANNA<MARIA<LENA<<<<<<<<<<<<<<<<", "4718203956UTO7408122F1204159718203956718<<10"}
	im := paper(760, 140, 1)
	var p report.Page
	for i, text := range rows {
		y := 50 + 40*i
		set(t, im, gomono.TTF, 20, y, zonePitch, text)
		p.Zone = append(p.Zone, report.ZoneRow{
			Text: text, Center: [2]float64{20 + zonePitch*22, float64(y) - 8}, Height: 20, From: -22 * zonePitch, To: 22 * zonePitch,
		})
	}
	if change != nil {
		change(im)
	}
	return seenAs(im, p)
}

// cover paints characters of the second row over with fresh paper.
func cover(im *image.RGBA, from, to int) {
	fresh := paper(760, 140, 3)
	for y := 66; y < 100; y++ {
		for x := 20 + from*int(zonePitch); x < 20+to*int(zonePitch); x++ {
			im.SetRGBA(x, y, fresh.RGBAAt(x, y))
		}
	}
}

func TestZonePrint(t *testing.T) {
	warns := LoadRates()["zone_print"].Steps[0].Value
	for _, c := range []struct {
		name   string
		change func(im *image.RGBA)
		by     string // empty: nothing is found
	}{
		{"as it was printed", nil, ""},
		{"typed over in another typeface", func(im *image.RGBA) {
			cover(im, 21, 28)
			set(t, im, gosmallcaps.TTF, 20+21*int(zonePitch), 90, zonePitch, "1204159")
		}, "any"},
		{"typed over three pixels lower", func(im *image.RGBA) {
			cover(im, 21, 28)
			set(t, im, gomono.TTF, 20+21*int(zonePitch), 93, zonePitch, "1204159")
		}, "baseline"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := zonePrint(t.Context(), zoneEvidence(t, c.change))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%v %v", f.Value, f.Metadata)
			if got := f.Value >= warns; got != (c.by != "") {
				t.Errorf("%v, counted from %v: %v", f.Value, warns, f.Metadata)
			}
			if by := f.Metadata["by"]; c.by != "" && c.by != "any" && by != c.by {
				t.Errorf("noticed by %v, not by %s", by, c.by)
			}
			if x := f.Regions[0][0][0]; c.by != "" && (x < 20+18*zonePitch || x > 20+25*zonePitch) {
				t.Errorf("the change begins at %v, found at %v", 20+21*zonePitch, x)
			}
			if f.Picture() == nil {
				t.Error("no picture")
			}
		})
	}
}

func TestFieldPrint(t *testing.T) {
	counts := LoadRates()["field_print"].Steps[0].Value
	for _, c := range []struct {
		name   string
		erased int // the line whose ground is painted over; -1: none
	}{{"as it was printed", -1}, {"a line painted over and typed anew", 3}} {
		t.Run(c.name, func(t *testing.T) {
			im := paper(500, 520, 5)
			var p report.Page
			for i := range 8 {
				y := 40 + 60*i
				if i == c.erased {
					for yy := y - 20; yy < y+8; yy++ {
						for x := 25; x < 400; x++ {
							im.SetRGBA(x, yy, color.RGBA{210, 210, 202, 255})
						}
					}
				}
				set(t, im, gomono.TTF, 30, y, 22, "Sample "+strings.Repeat("x", 3+i%4))
				p.Text = append(p.Text, report.TextLine{Text: "Sample", Confidence: 0.95, Region: report.Quad{{28, float64(y) - 24}, {300, float64(y) - 24}, {300, float64(y) + 8}, {28, float64(y) + 8}}})
			}
			f, err := fieldPrint(t.Context(), seenAs(im, p))
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Value >= counts; got != (c.erased >= 0) {
				t.Errorf("%v, counted from %v: %v", f.Value, counts, f.Metadata)
			}
			if c.erased >= 0 && f.Regions[0] != p.Text[c.erased].Region {
				t.Errorf("found at %v", f.Regions)
			}
		})
	}
}

func TestGhost(t *testing.T) {
	ghost := func(likeness string, similarity float64) report.Portrait {
		return report.Portrait{Ghost: true, Likeness: likeness, Similarity: similarity, Region: report.Quad{{5, 5}, {30, 5}, {30, 40}, {5, 40}}}
	}
	for _, c := range []struct {
		name            string
		portraits       []report.Portrait
		differs, agrees float64 // -1: not performed
	}{
		{"no portrait", nil, -1, -1},
		{"no ghost", []report.Portrait{{}}, -1, -1},
		{"on another page", []report.Portrait{{}, {Ghost: true, Page: 1, Likeness: "differs"}}, -1, -1},
		{"too pale", []report.Portrait{{}, ghost("unclear", 0.1)}, -1, 0},
		{"the holder", []report.Portrait{{}, ghost("same", 0.8)}, 0, 0.8},
		{"somebody else", []report.Portrait{{}, ghost("differs", 0.05)}, 0.8, 0},
		{"the holder and a figure", []report.Portrait{{}, ghost("differs", 0.05), ghost("same", 0.7)}, 0, 0.7},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := seenAs(paper(60, 60, 1), report.Page{}, c.portraits...)
			for _, d := range []struct {
				id   string
				want float64
			}{{"portrait_differs_from_ghost", c.differs}, {"ghost_agrees", c.agrees}} {
				f, err := run(t, d.id, e)
				var no skipError
				if errors.As(err, &no) != (d.want < 0) || err == nil && math.Abs(f.Value-d.want) > 1e-9 {
					t.Errorf("%s: %v, %v", d.id, f.Value, err)
				}
			}
		})
	}
}

// Places beyond the picture, without a size or without a number stop no detector.
func TestImpossiblePlaces(t *testing.T) {
	odd := []float64{0, -1e9, 1e9, math.NaN(), math.Inf(1), 3}
	r := rand.New(rand.NewPCG(1, 1))
	one := func() float64 { return odd[r.IntN(len(odd))] }
	for range 60 {
		var p report.Page
		q := report.Quad{{one(), one()}, {one(), one()}, {one(), one()}, {one(), one()}}
		for range 6 {
			p.Text = append(p.Text, report.TextLine{Text: "Sample", Confidence: 1, Region: q})
			p.Zone = append(p.Zone, report.ZoneRow{Text: strings.Repeat("A", r.IntN(30)), Center: [2]float64{one(), one()}, Angle: one(), Curve: one(), From: one(), To: one()})
		}
		a, err := Analyze(t.Context(), seenAs(paper(300, 200, 1), p, report.Portrait{}, report.Portrait{Ghost: true, Region: q, Likeness: "differs", Similarity: one()}))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range a.NotPerformed {
			if strings.Contains(n.Reason, "panic") {
				t.Fatalf("%s: %s: %v", n.ID, n.Reason, p)
			}
		}
	}
}
