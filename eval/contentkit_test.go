package eval

import (
	"bytes"
	"slices"
	"testing"

	"idproof/engine/raster"
	"idproof/report"
)

// Every copy changes what it says it does, where it says so, and what is then to be
// read there.
func TestContentKit(t *testing.T) {
	im := raster.New(640, 420)
	for i := range im.Pix {
		im.Pix[i] = byte(180 + i*i%31)
	}
	for y := 340; y < 400; y += 40 { // the zone's ink
		for x := 20; x < 620; x += 3 {
			copy(im.Pix[3*(y*im.W+x):], []byte{byte(x % 50), 10, 10})
		}
	}
	p := report.Page{}
	for i, text := range []string{"P<UTOSAMPLE<<ANNA<MARIA<LENA", "4718203956UTO7408122F1204159"} {
		p.Zone = append(p.Zone, report.ZoneRow{Text: text, Center: [2]float64{320, float64(340 + 40*i)}, Height: 24, From: -280, To: 280})
	}
	for i := range 4 {
		y := float64(30 + 60*i)
		p.Text = append(p.Text, report.TextLine{Text: "Sample", Confidence: 1, Region: report.Quad{{20, y}, {200, y}, {200, y + 30}, {20, y + 30}}})
	}
	before := bytes.Clone(im.Pix)
	n := 0
	got, err := contentKit(im, p, func(m int) int { n++; return n * 7 % m })
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(im.Pix, before) {
		t.Error("the original was changed")
	}
	var kinds []string
	for _, c := range got {
		kinds = append(kinds, c.kind)
		first, last := -1, -1
		for i := range before {
			if before[i] != c.im.Pix[i] {
				if first < 0 {
					first = i / 3 / im.W
				}
				last = i / 3 / im.W
			}
		}
		zone := c.kind == ZoneCopied || c.kind == ZoneTyped
		switch {
		case first < 0:
			t.Errorf("%s: nothing was changed", c.kind)
		case zone && first < 360, !zone && last > 245:
			t.Errorf("%s: rows %d to %d were changed", c.kind, first, last)
		case zone && (c.page.Zone[1].Text == p.Zone[1].Text || len(c.page.Zone[1].Text) != len(p.Zone[1].Text)):
			t.Errorf("%s: %q is to be read", c.kind, c.page.Zone[1].Text)
		}
	}
	if want := []string{ZoneTyped, ZoneCopied, FieldTyped, FieldCopied}; !slices.Equal(kinds, want) {
		t.Errorf("%v, not %v", kinds, want)
	}
}
