package textread

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"idproof/engine/raster"
	"idproof/specimen"
)

func TestShape(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"ŽARNÓW", "Zarnow", true},
		{"ÞURÍÐUR ÖSP", "PURiDUR OSP", true},
		{"GROẞ", "GROB", true},
		{"KIRSON", "KIRSONE", false},
		{"MÜLLER", "MULLER-", true},
		{"MULLER", "MILLER", false},
	} {
		if got := shape(tt.a) == shape(tt.b); got != tt.same {
			t.Errorf("%s and %s: %v", tt.a, tt.b, got)
		}
	}
}

// Of the names drawn with marks most are spelled with them, and no letter changes.
func TestSpell(t *testing.T) {
	r, det := reader(t)
	marked, found := 0, 0
	for seed := range uint64(8) {
		d := specimen.New(rand.New(rand.NewPCG(seed, 9)), specimen.Wish{Kind: specimen.Card, Now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)})
		im := raster.FromImage(d.Draw().Front.Image)
		lines, err := det.Detect(t.Context(), im)
		if err != nil {
			t.Fatal(err)
		}
		v := View{im.W, im.H, raster.Identity()}
		page, err := r.Read(t.Context(), im.Gray(), v, lines)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page.Lines {
			got, err := r.Spell(t.Context(), im.Gray(), v, l)
			if err != nil {
				t.Fatal(err)
			}
			if shape(got.Text) != shape(l.Text) || got.Box != l.Box {
				t.Errorf("%q became %q", l.Text, got.Text)
			}
			for _, name := range []string{d.Surname, d.GivenNames} {
				if shape(name) == shape(l.Text) && !isASCII(name) {
					marked++
					if strings.EqualFold(got.Text, name) {
						found++
					}
				}
			}
		}
	}
	t.Logf("%d of %d", found, marked)
	if marked == 0 || 5*found < 2*marked {
		t.Errorf("%d of %d names are spelled with their marks", found, marked)
	}
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c > 127 }) < 0
}
