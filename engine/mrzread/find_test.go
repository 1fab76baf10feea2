package mrzread

import (
	"math"
	"testing"

	"idproof/engine/ocr"
	"idproof/engine/raster"
)

func at(x, y, angle, length, height float64) ocr.Line {
	return ocr.Line{Center: raster.Point{X: x, Y: y}, Angle: angle * math.Pi / 180, Length: length, Height: height, Score: 0.9}
}

func TestRowsJoinFragments(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []ocr.Line
		want  []float64 // lengths of the rows
	}{
		{"one line", []ocr.Line{at(300, 100, 0, 500, 20)}, []float64{500}},
		{"two halves", []ocr.Line{at(150, 100, 0, 240, 20), at(410, 100, 0, 240, 20)}, []float64{500}},
		{"two halves of a tilted line", []ocr.Line{at(200, 200, 30, 200, 20), at(200+210*math.Cos(math.Pi/6), 200+210*math.Sin(math.Pi/6), 30, 200, 20)}, []float64{410}},
		{"a wide gap keeps them apart", []ocr.Line{at(150, 100, 0, 240, 20), at(600, 100, 0, 240, 20)}, []float64{240, 240}},
		{"neighbouring lines stay apart", []ocr.Line{at(150, 100, 0, 240, 20), at(410, 112, 0, 240, 20)}, []float64{240, 240}},
		{"print of another size stays apart", []ocr.Line{at(150, 100, 0, 240, 20), at(410, 100, 0, 480, 40)}, []float64{480, 240}},
		{"short words are no rows", []ocr.Line{at(100, 100, 0, 60, 20)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := rows(c.lines)
			if len(got) != len(c.want) {
				t.Fatalf("%d rows, want %d", len(got), len(c.want))
			}
			for i, l := range got {
				if math.Abs(l.Length-c.want[i]) > 1 {
					t.Errorf("row %d is %.1f long, want %.0f", i, l.Length, c.want[i])
				}
			}
		})
	}
}

func TestWindowsPreferAZone(t *testing.T) {
	rows := []ocr.Line{
		at(300, 40, 0, 500, 30),  // a title
		at(260, 100, 0, 180, 18), // print
		at(280, 130, 0, 200, 18),
		at(310, 300, 0, 560, 18), // the zone
		at(310, 336, 0, 558, 18),
	}
	if w := windows(rows)[0]; len(w) != 2 || w[0] != 3 || w[1] != 4 {
		t.Errorf("first window %v, want the last two rows", w)
	}
}

func TestEvenKeepsRowsInPlace(t *testing.T) {
	ref := at(300, 100, 10, 400, 20)
	short := at(200, 130, 14, 100, 20) // its own direction is not to be trusted
	got := stack{ref, short}.even(ref, -220, 210)
	for i, l := range got {
		x, y := local(ref, l)
		if math.Abs(l.Length-430) > 1 || math.Abs(x+5) > 3 {
			t.Errorf("row %d runs %.1f around %.1f", i, l.Length, x)
		}
		_, want := local(ref, stack{ref, short}[i])
		if math.Abs(y-want) > 2 {
			t.Errorf("row %d moved from %.1f to %.1f", i, want, y)
		}
	}
}
