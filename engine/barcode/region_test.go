package barcode

import (
	"testing"

	"idproof/engine/raster"
)

func TestDarkCountsBarsAcross(t *testing.T) {
	const w, h = 300, 60
	bars := func(period int, contrast uint8) *raster.Gray {
		g := raster.NewGray(w, h)
		for i := range g.Pix {
			g.Pix[i] = 200
			if x := i % w; x/(period/2)%2 == 1 {
				g.Pix[i] = 200 - contrast
			}
		}
		return g
	}
	for _, c := range []struct {
		name string
		g    *raster.Gray
		want int
	}{
		{"fine bars", bars(10, 120), 29},
		{"coarse bars", bars(60, 120), 4},
		{"bars too pale", bars(10, 8), 0},
		{"paper", raster.NewGray(w, h), 0},
	} {
		r := region{center: raster.Point{X: w / 2, Y: h / 2}, w: w, h: h}
		if got := r.dark(c.g); got < c.want-1 || got > c.want+1 {
			t.Errorf("%s: %d bars, want %d", c.name, got, c.want)
		}
	}
}
