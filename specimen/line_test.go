package specimen

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"idproof/mrz"
)

func TestMRZLine(t *testing.T) {
	legal := regexp.MustCompile(`^[A-Z0-9<]{4,44}$`)
	rapid.Check(t, func(t *rapid.T) {
		l := MRZLine(anyGenerator.Draw(t, "generator"), LineStyle{})
		if !legal.MatchString(l.Text) {
			t.Fatalf("text %q", l.Text)
		}
		if l.Pitch < 5 || l.Pitch > 30 {
			t.Fatalf("pitch %v", l.Pitch)
		}
		b := l.Image.Bounds()
		if b.Dy() != LineHeight || b.Dx() < len(l.Text)*10 || b.Dx() > len(l.Text)*90+600 {
			t.Fatalf("%q in %v", l.Text, b)
		}
	})
}

func TestMRZLineStyle(t *testing.T) {
	l := MRZLine(generator(3, 0), LineStyle{Text: "P<UTOERIKSSON<<ANNA<MARIA", MinPitch: 12, MaxPitch: 13})
	if l.Text != "P<UTOERIKSSON<<ANNA<MARIA" || l.Pitch < 12 || l.Pitch > 13 {
		t.Errorf("%q at %v", l.Text, l.Pitch)
	}
	again := MRZLine(generator(3, 0), LineStyle{Text: "P<UTOERIKSSON<<ANNA<MARIA", MinPitch: 12, MaxPitch: 13})
	if !bytes.Equal(l.Image.Pix, again.Image.Pix) {
		t.Error("the same seed gave another picture")
	}
}

// Most invented zones are what their format asks for.
func TestZoneText(t *testing.T) {
	now := time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)
	formats, right, checks := map[mrz.Format]int{}, 0, 0
	for i := range 2000 {
		lines := zoneText(dice{generator(uint64(i), 9)})
		p := mrz.Parse(strings.Join(lines, "\n"), now)
		formats[p.Format]++
		for _, c := range p.Checks {
			checks++
			if c.OK {
				right++
			}
		}
	}
	for _, f := range []mrz.Format{mrz.TD1, mrz.TD2, mrz.TD3, mrz.MRVA, mrz.MRVB, mrz.FRID, mrz.DL1, mrz.CHDL} {
		if formats[f] < 20 {
			t.Errorf("%d zones of %v", formats[f], f)
		}
	}
	if formats[mrz.Unknown] > 60 {
		t.Errorf("%d zones of no format", formats[mrz.Unknown])
	}
	if share := float64(right) / float64(checks); share < 0.88 || share > 0.99 {
		t.Errorf("%.3f of the check digits are right", share)
	}
}
