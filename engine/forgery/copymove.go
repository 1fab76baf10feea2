package forgery

import (
	"cmp"
	"context"
	"math"
	"slices"
)

const (
	moveSide   = 600 // the longer side at which copies are looked for
	moveBlock  = 16
	moveStride = 2
	moveLeast  = 36 // pixels between the two, or neighbours would match
	moveVotes  = 60
	moveSame   = 0.7 // correlation of the finest detail
	moveShifts = 64  // looked at: a picture with more repeats by itself
)

// moved is a block with its description.
type moved struct {
	key  uint64
	x, y int16
	f    [16]float32
}

// sortable is a block's key and number.
type sortable struct {
	key uint64
	at  int32
}

// copyMove finds a part of the picture that occurs twice, shifted and not turned:
// a thing was cloned, or something painted over with a piece of ground. Blocks are
// described by the means of their sixteenths without brightness and contrast,
// sorted by a coarse form of it, and neighbours compared; many pairs with one
// shift are a copy (Fridrich, Soukal and Lukáš, "Detection of Copy-Move Forgery in
// Digital Images", 2003; Christlein et al. 2012 on the order of steps). Documents
// repeat by themselves: letters, patterns, and a portrait beside its smaller ghost.
// So a copy must be of one piece, and agree in its finest detail. Values are the
// area of the larger copy in per mille. Cost: 90 ms whatever the size.
func copyMove(ctx context.Context, e *Evidence) (Finding, error) {
	if e.Picture.Format == "pdf" {
		return Finding{}, skipError("the pixels of a PDF page are drawn here")
	}
	k := min(1, moveSide/float64(max(e.Picture.W, e.Picture.H)))
	g := e.luma()
	if k < 1 {
		g = g.Resize(max(1, int(float64(g.W)*k)), max(1, int(float64(g.H)*k)))
	}
	if min(g.W, g.H) < 128 {
		return Finding{}, skipError("the picture is too small")
	}
	// Sums over rectangles.
	w := g.W + 1
	sum := make([]int32, w*(g.H+1))
	for y := range g.H {
		var row int32
		for x := range g.W {
			row += int32(g.Pix[y*g.W+x])
			sum[(y+1)*w+x+1] = sum[y*w+x+1] + row
		}
	}
	var blocks []moved
	for y := 0; y+moveBlock <= g.H; y += moveStride {
		for x := 0; x+moveBlock <= g.W; x += moveStride {
			if m, ok := describe(sum, w, x, y); ok {
				blocks = append(blocks, m)
			}
		}
	}
	if len(blocks) < 500 {
		return Finding{}, skipError("too little of the picture has detail")
	}
	order := make([]sortable, len(blocks))
	for i := range blocks {
		order[i] = sortable{blocks[i].key, int32(i)}
	}
	slices.SortFunc(order, func(a, b sortable) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.at, b.at)) })
	if ctx.Err() != nil {
		return Finding{}, ctx.Err()
	}
	const (
		ahead = 12
		near  = 0.03 // squared distance of descriptions of length one
	)
	type pair struct{ shift, at [2]int16 }
	var pairs []pair
	votes := map[[2]int16]int{}
	for i := range order {
		a := &blocks[order[i].at]
		for j := i + 1; j < min(len(order), i+ahead); j++ {
			b := &blocks[order[j].at]
			dx, dy := b.x-a.x, b.y-a.y
			at := [2]int16{a.x, a.y}
			if dy < 0 || dy == 0 && dx < 0 {
				dx, dy = -dx, -dy
				at = [2]int16{b.x, b.y}
			}
			if int(dx)*int(dx)+int(dy)*int(dy) < moveLeast*moveLeast {
				continue
			}
			var d float32
			for c := range a.f {
				d += (a.f[c] - b.f[c]) * (a.f[c] - b.f[c])
			}
			if d < near {
				shift := [2]int16{dx >> 2, dy >> 2}
				votes[shift]++
				pairs = append(pairs, pair{shift, at})
			}
		}
	}
	// The shifts with the most votes are looked at closely.
	var often [][2]int16
	for shift, n := range votes {
		if n >= moveVotes {
			often = append(often, shift)
		}
	}
	slices.SortFunc(often, func(a, b [2]int16) int {
		return cmp.Or(cmp.Compare(votes[b], votes[a]), cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	often = often[:min(len(often), moveShifts)]
	f := Finding{Description: "The same piece occurs twice in the picture: something was copied.", Metadata: map[string]any{}}
	cols, rows := (g.W+moveStride-1)/moveStride, (g.H+moveStride-1)/moveStride
	var c copied
	for _, shift := range often {
		set := make([]bool, cols*rows)
		for _, p := range pairs {
			if p.shift == shift {
				set[int(p.at[1])/moveStride*cols+int(p.at[0])/moveStride] = true
			}
		}
		size, x0, y0, x1, y1 := largest(set, cols, rows)
		// A line of repeated signs is long and thin; a copy has an area.
		if size < moveVotes/2 || min(x1-x0+1, y1-y0+1)*moveStride < moveBlock/2 {
			continue
		}
		at := func(v int) float64 { return float64(v*moveStride) / k }
		box := [4]int{int(at(x0)), int(at(y0)), int(at(x1) + moveBlock/k), int(at(y1) + moveBlock/k)}
		same, dx, dy := e.sameDetail(box, float64(4*shift[0]+2)/k, float64(4*shift[1]+2)/k, int(math.Ceil(3/k)))
		if same < moveSame {
			continue
		}
		if n := e.extent(dx, dy); n.share > c.share {
			c = n
			c.same = same
		}
	}
	f.Value = round3(1000 * c.share)
	if c.share > 0 {
		b := c.box
		q := e.region(float64(b[0]), float64(b[1]), float64(b[2]), float64(b[3]))
		f.Regions = append(f.Regions, q, e.region(float64(max(0, b[0]+c.dx)), float64(max(0, b[1]+c.dy)), float64(b[2]+c.dx), float64(b[3]+c.dy)))
		f.Metadata["shift"], f.Metadata["same_detail"] = []int{c.dx, c.dy}, round3(c.same)
		f.Picture = func() []byte { return e.crop(q) }
	}
	return f, nil
}

// copied is a piece that occurs twice.
type copied struct {
	box    [4]int // the upper one
	dx, dy int    // where the other one is from there
	same   float64
	share  float64 // of the picture
}

// extent is how far the picture agrees with itself at the shift.
func (e *Evidence) extent(dx, dy int) copied {
	side := max(16, max(e.Picture.W, e.Picture.H)/120)
	cols, rows := e.Picture.W/side, e.Picture.H/side
	set := make([]bool, cols*rows)
	for y := range rows {
		for x := range cols {
			box := [4]int{x * side, y * side, (x + 1) * side, (y + 1) * side}
			same, _, _ := e.sameDetail(box, float64(dx), float64(dy), 0)
			set[y*cols+x] = same > moveSame
		}
	}
	size, x0, y0, x1, y1 := largest(set, cols, rows)
	return copied{
		box: [4]int{x0 * side, y0 * side, (x1 + 1) * side, (y1 + 1) * side}, dx: dx, dy: dy,
		share: float64(size) / float64(cols*rows),
	}
}

// sameDetail is how much the finest detail of the box is that of the place shifted
// by about dx and dy: the highest correlation within reach, with its shift. Things
// that look alike agree in their shapes, but only copies in their noise.
func (e *Evidence) sameDetail(box [4]int, dx, dy float64, reach int) (best float64, bx, by int) {
	g := e.luma()
	const (
		samples     = 800
		leastDetail = 60 // mean square; less is what compression leaves
	)
	w, h := box[2]-box[0], box[3]-box[1]
	step := max(1, int(math.Sqrt(float64(w*h)/samples)))
	// What a pixel has beyond the mean of its neighbours.
	fine := func(x, y int) int {
		i := y*g.W + x
		return 4*int(g.Pix[i]) - int(g.Pix[i-1]) - int(g.Pix[i+1]) - int(g.Pix[i-g.W]) - int(g.Pix[i+g.W])
	}
	inside := func(x, y int) bool { return x > 0 && y > 0 && x < g.W-1 && y < g.H-1 }
	for sy := int(dy) - reach; sy <= int(dy)+reach; sy++ {
		for sx := int(dx) - reach; sx <= int(dx)+reach; sx++ {
			var aa, bb, ab, n float64
			for y := box[1]; y < box[3]; y += step {
				for x := box[0]; x < box[2]; x += step {
					if !inside(x, y) || !inside(x+sx, y+sy) {
						continue
					}
					// Edges are alike in repeated print; only what is small counts.
					a, b := float64(max(-40, min(40, fine(x, y)))), float64(max(-40, min(40, fine(x+sx, y+sy))))
					aa, bb, ab, n = aa+a*a, bb+b*b, ab+a*b, n+1
				}
			}
			if n > 100 && min(aa, bb) > leastDetail*n {
				if c := ab / math.Sqrt(aa*bb); c > best {
					best, bx, by = c, sx, sy
				}
			}
		}
	}
	return best, bx, by
}

// coarse are the slowest waves over a block's sixteenths, the first ones of a
// two-dimensional cosine transform: what noise and fractions of a pixel change least.
var coarse = func() (p [5][16]float32) {
	for n, w := range [5][2]int{{1, 0}, {0, 1}, {1, 1}, {2, 0}, {0, 2}} {
		var norm float64
		for j := range 4 {
			for i := range 4 {
				v := math.Cos(float64(2*i+1)*float64(w[0])*math.Pi/8) * math.Cos(float64(2*j+1)*float64(w[1])*math.Pi/8)
				p[n][4*j+i] = float32(v)
				norm += v * v
			}
		}
		for i := range p[n] {
			p[n][i] /= float32(math.Sqrt(norm))
		}
	}
	return p
}()

// describe gives the description of the block; false if it is too even to know
// again.
func describe(sum []int32, w, x, y int) (m moved, ok bool) {
	const (
		part = moveBlock / 4
		even = 5 // standard deviation of the means
	)
	var mean float32
	for j := range 4 {
		for i := range 4 {
			ax, ay := x+i*part, y+j*part
			s := sum[(ay+part)*w+ax+part] - sum[ay*w+ax+part] - sum[(ay+part)*w+ax] + sum[ay*w+ax]
			m.f[4*j+i] = float32(s) / (part * part)
			mean += m.f[4*j+i]
		}
	}
	mean /= 16
	var norm float32
	for i := range m.f {
		m.f[i] -= mean
		norm += m.f[i] * m.f[i]
	}
	if norm < 16*even*even {
		return m, false
	}
	norm = float32(math.Sqrt(float64(norm)))
	for i := range m.f {
		m.f[i] /= norm
	}
	for _, p := range coarse {
		var c float32
		for i, v := range m.f {
			c += v * p[i]
		}
		m.key = m.key<<4 | uint64(max(0, min(15, int((c+1)*8))))
	}
	m.x, m.y = int16(x), int16(y)
	return m, true
}
