package engine_test

import (
	"image"
	"image/color"
	imagedraw "image/draw"
	"math/rand/v2"
	"slices"
	"testing"

	"idproof/engine"
	"idproof/engine/quality"
	"idproof/report"
	"idproof/specimen"
)

func TestGlance(t *testing.T) {
	passport, pass := draw(t, 1, specimen.Wish{Kind: specimen.Passport})
	_, card := draw(t, 2, specimen.Wish{Kind: specimen.Card})
	photo := func(side image.Image, c specimen.Camera) []byte {
		c.JPEGQuality = 88
		im, _ := specimen.Photograph(side, c, rand.New(rand.NewPCG(3, 4)))
		return encode(t, im)
	}
	blank := image.NewRGBA(image.Rect(0, 0, 900, 600))
	imagedraw.Draw(blank, blank.Bounds(), image.NewUniform(color.Gray{200}), image.Point{}, imagedraw.Src)
	for _, c := range []struct {
		name  string
		data  []byte
		typ   string
		text  bool
		fault string // the one check that fails; empty: none
	}{
		{"a passport", photo(pass.Front.Image, specimen.Camera{}), report.Passport, true, ""},
		{"a blurred passport", photo(pass.Front.Image, specimen.Camera{Blur: 4.5}), "", true, quality.Blurred},
		{"the back of a card as its front", photo(card.Back.Image, specimen.Camera{}), report.IdentityCard, true, quality.WrongSide},
		{"nothing", encode(t, blank), "", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := open(t).Glance(t.Context(), "document_front", c.data, now)
			if err != nil {
				t.Fatal(err)
			}
			if c.typ != "" && g.Type != c.typ || g.Text != c.text || g.Width == 0 {
				t.Errorf("type %q, text %v, %d pixels wide", g.Type, g.Text, g.Width)
			}
			if c.typ == report.Passport && g.Issuer != passport.Issuer {
				t.Errorf("issuer %q", g.Issuer)
			}
			failed := slices.DeleteFunc(slices.Clone(g.Checks), func(k report.Check) bool { return k.Result != report.FailedCheck })
			switch {
			case c.fault == "" && len(failed) > 0, c.fault != "" && (len(failed) != 1 || failed[0].Name != c.fault):
				t.Errorf("fails %+v, want %q", failed, c.fault)
			}
		})
	}
	two := image.NewRGBA(image.Rect(0, 0, 1100, 700))
	imagedraw.Draw(two, two.Bounds(), image.NewUniform(color.Gray{200}), image.Point{}, imagedraw.Src)
	for i := range 2 {
		portrait := specimen.Portrait(rand.New(rand.NewPCG(uint64(i), 7)), i == 0, 30, 360)
		imagedraw.Draw(two, portrait.Bounds().Add(image.Pt(100+550*i, 100)), portrait, portrait.Bounds().Min, imagedraw.Src)
	}
	for _, c := range []struct {
		name, fault string
		data        []byte
	}{
		{"a face", "", encode(t, two.SubImage(image.Rect(0, 0, 550, 700)))},
		{"two faces", "several_faces", encode(t, two)},
		{"no face", "no_face", encode(t, blank)},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := open(t).Glance(t.Context(), engine.Selfie, c.data, now)
			if err != nil {
				t.Fatal(err)
			}
			if c.fault == "" && len(g.Checks) > 0 || c.fault != "" && (len(g.Checks) != 1 || g.Checks[0].Name != c.fault) {
				t.Errorf("found %+v, want %q", g.Checks, c.fault)
			}
		})
	}
	if _, err := open(t).Glance(t.Context(), "", []byte("no picture"), now); err == nil {
		t.Error("looks at what is no picture")
	}
}

func BenchmarkGlance(b *testing.B) {
	_, sides := draw(b, 1, specimen.Wish{Kind: specimen.Passport})
	im, _ := specimen.Photograph(sides.Front.Image, specimen.Camera{Width: 4000, Height: 3000, JPEGQuality: 88}, rand.New(rand.NewPCG(3, 4)))
	data := encode(b, im)
	e := open(b)
	for b.Loop() {
		if _, err := e.Glance(b.Context(), "document_front", data, now); err != nil {
			b.Fatal(err)
		}
	}
}
