package forgery

import (
	"context"
	"math"
	"slices"

	"idproof/engine/raster"
)

// JPEG leaves faint steps every eight pixels. A grid that does not start at the
// file's own corner was there before the picture was cut, or belongs to a part
// that came from another picture (Fan and de Queiroz 2003; Li et al., "Passive
// detection of doctored JPEG image via block artifact grid extraction", 2009). A
// step is measured by the third difference across it, which is blind to ramps, and
// cut off where edges are.

const (
	gridCell  = 64 // pixels, the side of a cell of the map
	edgeLimit = 24
)

// gridSteps sums the steps by phase: [0] of columns, [1] of rows, for each cell.
type gridSteps struct {
	cols, rows int
	sum        [][2][8]float64
	count      [][2][8]float64
}

// steps measures a picture along every fourth row and column, which is plenty.
func steps(g *raster.Gray) *gridSteps {
	s := &gridSteps{cols: (g.W + gridCell - 1) / gridCell, rows: (g.H + gridCell - 1) / gridCell}
	s.sum, s.count = make([][2][8]float64, s.cols*s.rows), make([][2][8]float64, s.cols*s.rows)
	w := g.W
	const every = 4
	for y := every / 2; y < g.H; y += every {
		row := g.Pix[y*w : (y+1)*w]
		for c := range s.cols {
			from, to := max(2, c*gridCell), min(w-1, (c+1)*gridCell)
			at := y/gridCell*s.cols + c
			sum, count := &s.sum[at][0], &s.count[at][0]
			for x := from; x < to; x++ {
				d := int(row[x+1]) - 3*int(row[x]) + 3*int(row[x-1]) - int(row[x-2])
				if d = max(d, -d); d <= edgeLimit {
					sum[x&7] += float64(d)
					count[x&7]++
				}
			}
		}
	}
	for y := 2; y < g.H-1; y++ {
		a, b, row, n := g.Pix[(y-2)*w:(y-1)*w], g.Pix[(y-1)*w:y*w], g.Pix[y*w:(y+1)*w], g.Pix[(y+1)*w:(y+2)*w]
		for c := range s.cols {
			at := y/gridCell*s.cols + c
			var sum, count int
			for x := c * gridCell; x < min(w, (c+1)*gridCell); x += every {
				d := int(n[x]) - 3*int(row[x]) + 3*int(b[x]) - int(a[x])
				if d = max(d, -d); d <= edgeLimit {
					sum += d
					count++
				}
			}
			s.sum[at][1][y&7] += float64(sum)
			s.count[at][1][y&7] += float64(count)
		}
	}
	return s
}

// means are the mean steps by phase over the cells of the rectangle.
func (s *gridSteps) means(x0, y0, x1, y1 int) (m [2][8]float64) {
	var n [2][8]float64
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			for a := range 2 {
				for p := range 8 {
					m[a][p] += s.sum[y*s.cols+x][a][p]
					n[a][p] += s.count[y*s.cols+x][a][p]
				}
			}
		}
	}
	for a := range 2 {
		for p := range 8 {
			m[a][p] = (m[a][p] + 0.5) / (n[a][p] + 1)
		}
	}
	return m
}

// peak is the phase with the largest step and by how much it stands out. Within
// the file's own grid at phase own, blocks are symmetric: quantisation raises the
// phases p and -p alike, however strong it is, so each is compared with its mirror
// image; the middle, which is its own, is blind. Without a grid (own < 0) phases
// are compared with the middle of all.
func peak(m [8]float64, own int) (phase int, out float64) {
	if own < 0 {
		for p, v := range m {
			if v > m[phase] {
				phase = p
			}
		}
		s := slices.Sorted(slices.Values(m[:]))
		return phase, m[phase]/(s[4]+0.05) - 1
	}
	for d := 1; d < 8; d++ {
		if d == 4 {
			continue
		}
		if r := (m[(own+d)&7]+0.02)/(m[(own-d)&7]+0.02) - 1; r > out {
			phase, out = (own+d)&7, r
		}
	}
	return phase, out
}

// ownPhase is where the file's own grid falls on the upright picture; -1 where
// the file has none.
func (e *Evidence) ownPhase() (x, y int) {
	if e.Picture.Format != "jpeg" {
		return -1, -1
	}
	w, h := e.Picture.W&7, e.Picture.H&7
	switch e.Picture.Exif.Orientation {
	case 2:
		return w, 0
	case 3:
		return w, h
	case 4:
		return 0, h
	case 6:
		return w, 0
	case 7:
		return w, h
	case 8:
		return 0, h
	}
	return 0, 0
}

// shiftedGrid finds the grid of an earlier compression that does not fall on the
// file's own: the picture was cut out of another JPEG and saved again. Cost: 40 ms
// for 12 megapixels.
func shiftedGrid(_ context.Context, e *Evidence) (Finding, error) {
	s, err := e.gridSteps()
	if err != nil {
		return Finding{}, err
	}
	ox, oy := e.ownPhase()
	m := s.means(0, 0, s.cols, s.rows)
	px, rx := peak(m[0], ox)
	py, ry := peak(m[1], oy)
	f := Finding{
		Value:       round3(math.Sqrt(max(0, rx) * max(0, ry))),
		Description: "The picture was cut out of a JPEG picture and saved again.",
		Metadata:    map[string]any{"offset": []int{px, py}, "strength": round3(math.Sqrt(max(0, rx) * max(0, ry)))},
	}
	if e.Picture.Format != "jpeg" && px == 0 && py == 0 {
		f.Value = 0 // a JPEG kept whole in another format
	}
	return f, nil
}

// foreignGrid finds a part of the picture whose grid is not that of the rest.
// Values are the per mille of cells with a clear grid. Cost: none beside the
// steps.
func foreignGrid(_ context.Context, e *Evidence) (Finding, error) {
	s, err := e.gridSteps()
	if err != nil {
		return Finding{}, err
	}
	ox, oy := e.ownPhase()
	// What is common is the file's own grid, or the strongest of all.
	m := s.means(0, 0, s.cols, s.rows)
	if ox < 0 {
		var rx, ry float64
		ox, rx = peak(m[0], -1)
		oy, ry = peak(m[1], -1)
		if min(rx, ry) < 0.05 {
			return Finding{}, skipError("the picture shows no compression")
		}
	}
	const half = 1 // a window of three by three cells
	foreign, plain := make([]bool, s.cols*s.rows), 0
	heat := make([]float64, s.cols*s.rows)
	for y := half; y < s.rows-half; y++ {
		for x := half; x < s.cols-half; x++ {
			w := s.means(x-half, y-half, x+half+1, y+half+1)
			px, rx := peak(w[0], -1)
			py, ry := peak(w[1], -1)
			if rx < 0.25 || ry < 0.25 {
				continue
			}
			plain++
			if px != ox && py != oy {
				foreign[y*s.cols+x] = true
				heat[y*s.cols+x] = 1
			}
		}
	}
	if plain < 40 {
		return Finding{}, skipError("the compression is too faint to be located")
	}
	size, x0, y0, x1, y1 := largest(foreign, s.cols, s.rows)
	f := Finding{
		Description: "A part of the picture was compressed in another place than the rest: it comes from another picture or was moved.",
		Metadata:    map[string]any{"cells": size, "of": plain},
		Picture:     func() []byte { return e.heatMap(heat, s.cols, s.rows) },
	}
	if size > 1 {
		f.Value = round3(1000 * float64(size) / float64(plain))
		f.Regions = append(f.Regions, e.region(float64(x0*gridCell), float64(y0*gridCell), float64((x1+1)*gridCell), float64((y1+1)*gridCell)))
	}
	return f, nil
}

func (e *Evidence) gridSteps() (*gridSteps, error) {
	g, err := e.pixels(256)
	if err != nil {
		return nil, err
	}
	e.once.steps.Do(func() { e.grid = steps(g) })
	return e.grid, nil
}
