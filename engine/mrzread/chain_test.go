package mrzread

import (
	"strings"
	"testing"

	"idproof/mrz"
)

func TestSharpenFields(t *testing.T) {
	l := mrz.TD3.Layout()
	for _, c := range []struct {
		name string
		p    float64 // that the pixels give to the letter among the fillers
		want byte
	}{
		{"an isolated letter in a run of fillers", 0.8, '<'},
		{"even a fairly clear one", 0.97, '<'},
		{"a very clear one is printed", 0.9999999, 'K'},
	} {
		t.Run(c.name, func(t *testing.T) {
			post := sureOf(eriksson)
			doubt(post, 0, 34, 'K', '<', c.p)
			got := alignment{post: sharpenFields(l, post)[0]}.best()
			want := eriksson[0][:34] + string(c.want) + eriksson[0][35:]
			if got != want {
				t.Errorf("read %s", got)
			}
		})
	}
	t.Run("letters are not taken for fillers", func(t *testing.T) {
		post := sureOf(eriksson)
		doubt(post, 0, 12, 'N', '<', 0.7)
		if got := (alignment{post: sharpenFields(l, post)[0]}).best(); got != eriksson[0] {
			t.Errorf("read %s", got)
		}
	})
	t.Run("the posteriors given are left alone", func(t *testing.T) {
		post := sureOf(eriksson)
		doubt(post, 0, 34, 'K', '<', 0.8)
		sharpenFields(l, post)
		if post[0][34][symbol('K')] != 0.8 {
			t.Error("changed")
		}
	})
}

func TestNameChainKnowsFrenchCards(t *testing.T) {
	lines := []string{"IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<", "8806923102858CORINNE<<MARIE<6512068F"}
	post := sureOf(lines)
	got := sharpenFields(mrz.FRID.Layout(), post)
	if s := (alignment{post: got[1]}).best(); !strings.Contains(s, "CORINNE<<MARIE<") {
		t.Errorf("read %s", s)
	}
}
