package engine_test

import (
	"image"
	"image/color"
	imagedraw "image/draw"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"idproof/aamva"
	"idproof/engine/barcode/barcodetest"
	"idproof/mrz"
	"idproof/report"
	"idproof/specimen"
)

// plain is how a zone would spell it.
func plain(s string) string { return strings.ReplaceAll(mrz.Transliterate(s), "<", "") }

func TestAnalyzeReadsBothSidesOfALicenceAsOneDocument(t *testing.T) {
	d, sides := draw(t, 2, specimen.Wish{Kind: specimen.Licence, Issuer: "UTO"})
	res := analyze(t, encode(t, sides.Front.Image), encode(t, sides.Back.Image))
	if res.Document == nil || res.Document.Type != report.DrivingLicense {
		t.Fatalf("document %+v", res.Document)
	}
	if res.Document.DocumentNumber != d.Number || res.Identity.DateOfBirth != string(d.BirthDate) {
		t.Errorf("number %s, born %s", res.Document.DocumentNumber, res.Identity.DateOfBirth)
	}
	if got := plain(res.Identity.LastName); got != plain(d.Surname) {
		t.Errorf("surname %s, printed %s", got, d.Surname)
	}
	s := res.AnalysisSummary.Document
	if len(s.Pages) != 2 || s.Pages[0].Side != "front" {
		t.Errorf("pages %+v", s.Pages)
	}
	if s.Fields["Categories"] == "" {
		t.Error("no categories")
	}
}

func TestAnalyzeReadsAFrontWithoutAZone(t *testing.T) {
	d, sides := draw(t, 3, specimen.Wish{Kind: specimen.Card, Issuer: "UTO"})
	camera := specimen.Camera{Rotation: 0.15, Perspective: 0.15, Noise: 0.01, JPEGQuality: 88}
	photo, _ := specimen.Photograph(sides.Front.Image, camera, rand.New(rand.NewPCG(8, 9)))
	res := analyze(t, encode(t, photo))
	if res.Document == nil || res.Document.Type != report.IdentityCard {
		t.Fatalf("document %+v", res.Document)
	}
	if res.Document.DocumentNumber != d.Number {
		t.Errorf("number %s, printed %s", res.Document.DocumentNumber, d.Number)
	}
	s := res.AnalysisSummary.Document
	if s.Pages[0].Quad == nil || len(s.Pages[0].Text) == 0 {
		t.Error("the card was not located, or not read")
	}
	for _, f := range s.FieldDetails {
		for _, src := range f.Sources {
			if src.Source != report.FromVisual || src.Region == nil {
				t.Errorf("%s comes from %s at %v", f.Name, src.Source, src.Region)
			}
		}
	}
}

func TestAnalyzeReadsALicenceBarcode(t *testing.T) {
	payload, err := aamva.Build(
		aamva.Header{IIN: "636000", Version: 10},
		aamva.Subfile{Type: "DL", Elements: []aamva.Element{
			{Code: "DAQ", Value: "T64235789"},
			{Code: "DCS", Value: "SAMPLE"},
			{Code: "DAC", Value: "MICHAEL"},
			{Code: "DAD", Value: "JOHN"},
			{Code: "DBB", Value: "06061986"},
			{Code: "DBA", Value: "12102034"},
			{Code: "DBD", Value: "06062018"},
			{Code: "DBC", Value: "1"},
			{Code: "DCG", Value: "USA"},
		}},
	)
	if err != nil {
		t.Fatal(err)
	}
	symbol, err := barcodetest.Draw("PDF417", payload, 3)
	if err != nil {
		t.Fatal(err)
	}
	card := blank(1000, 630)
	paste(card, symbol.Std(), 150, 300)
	res := analyze(t, encode(t, card))
	if res.Document == nil || res.Document.Type != report.DrivingLicense || res.Document.IssuingCountry != "USA" || res.Document.Region != "US-VA" {
		t.Fatalf("document %+v", res.Document)
	}
	if b := res.Document.Barcode; b == nil || b.Symbology != "PDF417" || b.Standard != "AAMVA" || b.Fields["DAQ"] != "T64235789" {
		t.Errorf("barcode %+v", b)
	}
	if res.Document.DocumentNumber != "T64235789" || res.Identity.LastName != "SAMPLE" || res.Identity.DateOfBirth != "1986-06-06" || res.Document.DateOfExpiry != "2034-12-10" {
		t.Errorf("%+v %+v", res.Document, res.Identity)
	}
}

func TestAnalyzeForcesNoLetterIntoAnIdentityType(t *testing.T) {
	page := blank(900, 1270)
	write(t, page, 26,
		"Northern Light and Power Ltd", "14 Harbour Street, Altenau", "", "Invoice number 20260214-77", "Date 14 February 2026", "",
		"Dear customer,", "please find below what you have used since our last letter.", "Electricity 214 kWh", "Standing charge", "Total amount due  EUR 81.40",
		"Payable within thirty days to the account given above.", "With kind regards", "Customer service",
	)
	res := analyze(t, encode(t, page))
	if res.Document == nil || res.Document.Type != report.Other {
		t.Fatalf("document %+v", res.Document)
	}
	if len(res.AnalysisSummary.Document.Pages[0].Text) < 8 {
		t.Error("the letter was not read")
	}
}

func blank(w, h int) *image.RGBA {
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	imagedraw.Draw(im, im.Rect, image.NewUniform(color.Gray{248}), image.Point{}, imagedraw.Src)
	return im
}

func paste(to *image.RGBA, what image.Image, x, y int) {
	imagedraw.Draw(to, what.Bounds().Add(image.Pt(x, y)), what, what.Bounds().Min, imagedraw.Src)
}

func write(t *testing.T, to *image.RGBA, size float64, lines ...string) {
	t.Helper()
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		t.Fatal(err)
	}
	d := font.Drawer{Dst: to, Src: image.NewUniform(color.Gray{30}), Face: face}
	for i, l := range lines {
		d.Dot = fixed.P(80, 120+int(2*size)*i)
		d.DrawString(l)
	}
}

// BenchmarkAnalyze12MP reads what telephones send: 12 megapixels, a document on
// some ground, held at an angle.
func BenchmarkAnalyze12MP(b *testing.B) {
	for _, kind := range []specimen.Kind{specimen.Passport, specimen.Card} {
		b.Run(string(kind), func(b *testing.B) {
			_, sides := draw(b, 4, specimen.Wish{Kind: kind, Issuer: "UTO"})
			camera := specimen.Camera{Width: 4000, Height: 3000, Rotation: 0.1, Perspective: 0.15, Noise: 0.01, JPEGQuality: 90}
			photo, _ := specimen.Photograph(sides.Front.Image, camera, rand.New(rand.NewPCG(1, 2)))
			data := encode(b, photo)
			for b.Loop() {
				analyze(b, data)
			}
		})
	}
}
