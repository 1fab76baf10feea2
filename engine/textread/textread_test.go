package textread

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"idproof/engine/model"
	"idproof/engine/ocr"
	"idproof/engine/raster"
	"idproof/mrz"
	"idproof/specimen"
)

// reader opens the engine's reader, and a detector.
func reader(t testing.TB) (*Reader, *ocr.Detector) {
	t.Helper()
	rt, err := model.Open("", 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	d, err := ocr.NewDetector(rt)
	if err != nil {
		t.Fatal(err)
	}
	var eyes [3]*ocr.Recognizer
	for i, name := range []string{"text_rec", "ppocr3_latin", "ppocr4_rec"} {
		if eyes[i], err = ocr.NewRecognizer(rt, name); err != nil {
			t.Fatal(err)
		}
	}
	return NewReader(eyes[0], eyes[1], eyes[2]), d
}

func licence(seed uint64) (specimen.Document, *raster.Image) {
	d := specimen.New(rand.New(rand.NewPCG(seed, 5)), specimen.Wish{
		Kind: specimen.Licence, Issuer: "UTO", Now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
	})
	return d, raster.FromImage(d.Draw().Front.Image)
}

func TestReadFindsWhatIsPrinted(t *testing.T) {
	r, det := reader(t)
	found, asked := 0, 0
	for seed := range uint64(3) {
		d, im := licence(seed)
		lines, err := det.Detect(t.Context(), im)
		if err != nil {
			t.Fatal(err)
		}
		page, err := r.Read(t.Context(), im.Gray(), View{im.W, im.H, raster.Identity()}, lines)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, l := range page.Lines {
			all = append(all, l.Text)
			if len(l.At) != len([]rune(l.Text)) {
				t.Errorf("%d places for %q", len(l.At), l.Text)
			}
			if !slices.IsSorted(l.At) || l.Box.X0 > l.Box.X1 || l.Box.Y0 > l.Box.Y1 {
				t.Errorf("%q lies at %v, %v", l.Text, l.Box, l.At)
			}
		}
		text := strings.Join(all, "\n")
		for _, want := range []string{d.Surname, d.Number, string(d.BirthDate[:4])} {
			asked++
			if strings.Contains(plain(text), plain(want)) {
				found++
			} else {
				t.Logf("%q is not in\n%s", want, text)
			}
		}
	}
	if found < asked-1 {
		t.Errorf("%d of %d values read", found, asked)
	}
}

// plain leaves out what a zone would: diacritics, and all but letters and digits.
func plain(s string) string { return strings.ReplaceAll(mrz.Transliterate(s), "<", "") }

func TestUprightTellsWhichWayTextReads(t *testing.T) {
	r, det := reader(t)
	_, im := licence(1)
	for turns := range 4 {
		turned := im.Rotate(turns)
		lines, err := det.Detect(t.Context(), turned)
		if err != nil {
			t.Fatal(err)
		}
		angle, margin, err := r.Upright(t.Context(), turned.Gray(), lines)
		if err != nil {
			t.Fatal(err)
		}
		if off := math.Remainder(angle-float64(turns)*math.Pi/2, 2*math.Pi); math.Abs(off) > 0.05 || margin < 0.05 {
			t.Errorf("%d quarter turns: %.2f radians off, margin %.2f", turns, off, margin)
		}
	}
}

func TestSpaceGoesWhereLettersStandApart(t *testing.T) {
	even := func(text string, gaps map[int]float64) Line {
		l := Line{Text: text}
		x, before := 0.0, rune(0)
		for i, c := range []rune(text) {
			if i > 0 {
				x += 10 * (advance(before) + advance(c)) / 2
			}
			x += gaps[i]
			l.At, before = append(l.At, x), c
		}
		return l
	}
	for _, c := range []struct {
		text string
		gaps map[int]float64
		want string
	}{
		{"12AUG1974", map[int]float64{2: 9, 5: 9}, "12 AUG 1974"},
		{"MWiILliMW", nil, "MWiILliMW"},
		{"AB", map[int]float64{1: 50}, "AB"}, // too short to tell
		{"1 2 345", nil, "1 2 345"},
	} {
		l := even(c.text, c.gaps)
		l.space()
		if l.Text != c.want || len(l.At) != len([]rune(l.Text)) {
			t.Errorf("%q becomes %q, not %q", c.text, l.Text, c.want)
		}
	}
}

func TestScriptIsThatOfMostLetters(t *testing.T) {
	for text, want := range map[string]Script{
		"MÜLLER": Latin, "01.02.2013": Latin, "ИВАНОВ I": Cyrillic, "ΠΑΠΑΔΟΠΟΥΛΟΥ": Greek, "日本": Other,
	} {
		if got := script(text); got != want {
			t.Errorf("%q is %s, not %s", text, got, want)
		}
	}
}

func TestReadingOrderGoesLevelByLevel(t *testing.T) {
	lines := []Line{
		{Text: "c", Box: Box{0, 40, 50, 50}},
		{Text: "b", Box: Box{60, 12, 90, 22}},
		{Text: "a", Box: Box{0, 10, 50, 20}},
	}
	sortReading(lines)
	if lines[0].Text != "a" || lines[1].Text != "b" || lines[2].Text != "c" {
		t.Errorf("%v", lines)
	}
}

func TestZoneLikeLinesHaveFillersOrAreLong(t *testing.T) {
	for text, want := range map[string]bool{
		"P<UTOERIKSSON<<ANNA":                     true,
		"L898902C36UTO7408122F1204159ZE":          true,
		"UNITED STATES OF AMERICA AND ALL OTHERS": false,
		"Date of birth / Date de naissance":       false,
		"12 AUG 1974":                             false,
	} {
		if got := (&Line{Text: text}).ZoneLike(); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
