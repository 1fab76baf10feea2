package textread

import (
	"math"
	"strings"
	"testing"

	"idproof/engine/ocr"
	"idproof/engine/raster"
)

// seen builds a lattice in which every step sees "-" blank or symbols, each as
// likely as it says; what is left is spread over all others.
func seen(symbols string, steps ...map[rune]float32) *ocr.Lattice {
	lat := &ocr.Lattice{Steps: len(steps), Symbols: append([]string{""}, strings.Split(symbols, "")...)}
	for _, s := range steps {
		row := make([]float32, len(lat.Symbols))
		left := float32(1)
		for c, p := range s {
			k := 0
			for i, symbol := range lat.Symbols {
				if symbol == string(c) {
					k = i
				}
			}
			row[k] = p
			left -= p
		}
		for k := range row {
			if row[k] == 0 {
				row[k] = left / float32(len(row)-len(s))
			}
		}
		lat.P = append(lat.P, row...)
	}
	return lat
}

// clearly sees the text, a blank between any two characters.
func clearly(symbols, text string) *ocr.Lattice {
	var steps []map[rune]float32
	for _, c := range text {
		steps = append(steps, map[rune]float32{c: 0.99}, map[rune]float32{'-': 0.99})
	}
	return seen(symbols, steps...)
}

func TestExpect(t *testing.T) {
	const symbols = "ABCDEINRTMÄÆÞ0123456789/ .am"
	doubtful := seen(symbols,
		map[rune]float32{'M': 0.98}, map[rune]float32{'A': 0.97}, map[rune]float32{'R': 0.9}, map[rune]float32{'T': 0.9},
		map[rune]float32{'I': 0.9}, map[rune]float32{'M': 0.6, 'N': 0.35})
	for _, tt := range []struct {
		name, want string
		lat        *ocr.Lattice
		read       string
		least      float64 // of the loss
		most       float64
	}{
		{"as it was read", "MARTIN", clearly(symbols, "MARTIN"), "MARTIN", 0, 0.01},
		{"small letters and marks are letters", "MAMA", clearly(symbols, "MaMÄ"), "MaMÄ", 0, 0.01},
		{"a letter that a zone writes as two", "AERTHIR", clearly(symbols, "ÆRÞIR"), "ÆRÞIR", 0, 0.01},
		{"punctuation between", "01021985", clearly(symbols, "01.02. 1985"), "01021985", 0, 0.01},
		{"the same letter twice", "ANNA", clearly(symbols, "ANNA"), "ANNA", 0, 0.01},
		{"behind other words", "TIM", clearly(symbols, "ABC TIM"), "TIM", 0, 0.01},
		{"a doubt is decided", "MARTIN", doubtful, "MARTIN", 0.4, 0.7},
		{"clear print is not talked over", "01021986", clearly(symbols, "01.02.1985"), "01021986", 5, 20},
		{"once is not twice", "ANNA", clearly(symbols, "ANA"), "ANNA", 3, 40},
		{"a part of a word is no word", "TIN", clearly(symbols, "MARTIN"), "", 5, 100},
		{"letters that cannot be read", "QQQQ", clearly(symbols, "MARTIN"), "", math.Inf(1), math.Inf(1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, loss := expect(tt.lat, edgesOf(tt.want, spellings(tt.lat.Symbols)))
			var read strings.Builder
			for _, c := range found {
				read.WriteString(c.symbol)
			}
			if tt.read != "" && loss < 4 && read.String() != tt.read {
				t.Errorf("read %q, want %q", read.String(), tt.read)
			}
			if loss < tt.least || loss > tt.most {
				t.Errorf("loss %.2f, want %v to %v", loss, tt.least, tt.most)
			}
		})
	}
}

// Reading a drawn line for what is printed there costs little, and for another
// value much.
func TestExpectOnPrint(t *testing.T) {
	r, det := reader(t)
	d, im := licence(4)
	lines, err := det.Detect(t.Context(), im)
	if err != nil {
		t.Fatal(err)
	}
	v := View{Width: im.W, Height: im.H, ToPicture: raster.Identity()}
	page, err := r.Read(t.Context(), im.Gray(), v, lines)
	if err != nil {
		t.Fatal(err)
	}
	other := []byte(coded(d.Number))
	other[len(other)-1] = '0' + (other[len(other)-1]-'0'+3)%10
	asked := false
	for _, l := range page.Lines {
		if !strings.Contains(coded(l.Text), coded(d.Number)) {
			continue
		}
		asked = true
		got, loss, err := r.Expect(t.Context(), im.Gray(), v, l, coded(d.Number))
		if err != nil || loss > 0.5 || coded(got.Text) != coded(l.Text) {
			t.Errorf("what is printed: %q after %q, loss %.2f, %v", got.Text, l.Text, loss, err)
		}
		if len(got.At) != len([]rune(got.Text)) {
			t.Errorf("%d places for %q", len(got.At), got.Text)
		}
		if _, loss, err = r.Expect(t.Context(), im.Gray(), v, l, string(other)); err != nil || loss < 4 {
			t.Errorf("another number: loss %.2f, %v", loss, err)
		}
	}
	if !asked {
		t.Error("the number was not read")
	}
}

func coded(text string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, strings.ToUpper(text))
}
