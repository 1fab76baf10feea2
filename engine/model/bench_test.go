package model_test

import (
	"fmt"
	"testing"

	"idproof/engine/model"
)

// BenchmarkRun times the networks at the sizes that they are used at, on one thread.
func BenchmarkRun(b *testing.B) {
	r, err := model.Open("", 1)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for _, c := range []struct {
		name string
		h, w int
	}{
		{"ppocr4_det", 544, 736},
		{"ppocr4_det", 480, 640},
		{"ppocr3_latin", 48, 320},
		{"ppocr3_latin", 48, 720},
		{"ppocr3_latin", 48, 1080},
		{"ppocr4_rec", 48, 1080},
	} {
		n, err := r.Load(c.name)
		if err != nil {
			b.Fatal(err)
		}
		in := model.Tensor{Shape: []int{1, 3, c.h, c.w}, Data: make([]float32, 3*c.h*c.w)}
		b.Run(fmt.Sprintf("%s_%dx%d", c.name, c.h, c.w), func(b *testing.B) {
			for b.Loop() {
				if _, err := n.Run(b.Context(), in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
