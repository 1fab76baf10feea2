package eval

import (
	"math"
	"testing"
)

func TestIoU(t *testing.T) {
	square := [4][2]float64{{0, 0}, {2, 0}, {2, 2}, {0, 2}}
	for _, c := range []struct {
		name string
		a, b [4][2]float64
		want float64
	}{
		{"the same", square, square, 1},
		{"another corner first", square, [4][2]float64{{2, 2}, {0, 2}, {0, 0}, {2, 0}}, 1},
		{"the other way round", square, [4][2]float64{{0, 0}, {0, 2}, {2, 2}, {2, 0}}, 1},
		{"half aside", square, [4][2]float64{{1, 0}, {3, 0}, {3, 2}, {1, 2}}, 1.0 / 3},
		{"apart", square, [4][2]float64{{5, 5}, {6, 5}, {6, 6}, {5, 6}}, 0},
		{"one in the other", square, [4][2]float64{{1, 0}, {2, 1}, {1, 2}, {0, 1}}, 0.5},
		{"nothing", [4][2]float64{}, [4][2]float64{}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := IoU(c.a, c.b); math.Abs(got-c.want) > 1e-9 {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestLoadQuads(t *testing.T) {
	quads, err := LoadQuads()
	if err != nil {
		t.Fatal(err)
	}
	for file, docs := range quads {
		for _, q := range docs {
			if surface(q[:]) < 1000 {
				t.Errorf("%s: %v is small or not clockwise", file, q)
			}
		}
	}
}
