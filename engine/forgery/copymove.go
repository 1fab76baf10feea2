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
	moveShifts = 64 // looked at: a picture with more repeats by itself
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
// So a copy must be of one piece, and its surroundings must differ. Values are the
// area of the larger copy in per mille. Cost: 90 ms whatever the size.
func copyMove(ctx context.Context, e *Evidence) (Finding, error) {
	if e.Picture.Format == "pdf" {
		return Finding{}, notPerformed("the pixels of a PDF page are drawn here")
	}
	k := min(1, moveSide/float64(max(e.Picture.W, e.Picture.H)))
	g := e.luma()
	if k < 1 {
		g = g.Resize(max(1, int(float64(g.W)*k)), max(1, int(float64(g.H)*k)))
	}
	if min(g.W, g.H) < 128 {
		return Finding{}, notPerformed("the picture is too small")
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
		return Finding{}, notPerformed("too little of the picture has detail")
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
		ahead = 8
		near  = 0.05 // squared distance of descriptions of length one
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
				shift := [2]int16{dx / 2, dy / 2}
				votes[shift]++
				pairs = append(pairs, pair{shift, at})
			}
		}
	}
	sets := map[[2]int16][]bool{}
	cols, rows := (g.W+moveStride-1)/moveStride, (g.H+moveStride-1)/moveStride
	for _, p := range pairs {
		if votes[p.shift] < moveVotes {
			continue
		}
		set := sets[p.shift]
		if set == nil {
			if len(sets) == moveShifts {
				continue
			}
			set = make([]bool, cols*rows)
			sets[p.shift] = set
		}
		set[int(p.at[1])/moveStride*cols+int(p.at[0])/moveStride] = true
	}
	f := Finding{Description: "The same piece occurs twice in the picture: something was copied.", Metadata: map[string]any{}}
	best := 0
	for shift, set := range sets {
		size, x0, y0, x1, y1 := largest(set, cols, rows)
		// A line of repeated signs is long and thin; a copy has an area.
		if bw, bh := x1-x0+1, y1-y0+1; size > best && min(bw, bh)*moveStride >= moveBlock/2 && float64(size) > 0.25*float64(bw*bh) {
			best = size
			from := func(v int) float64 { return float64(v*moveStride) / k }
			dx, dy := float64(shift[0])*2/k, float64(shift[1])*2/k
			m := moveBlock / k
			q := e.region(from(x0), from(y0), from(x1)+m, from(y1)+m)
			p := e.region(max(0, from(x0)+dx), from(y0)+dy, from(x1)+m+dx, from(y1)+m+dy)
			f.Regions = append(f.Regions[:0], q, p)
			f.Metadata["shift"] = []int{int(math.Round(dx)), int(math.Round(dy))}
		}
	}
	f.Value = round3(1000 * float64(best) / float64(cols*rows))
	if len(f.Regions) > 0 {
		q := f.Regions[0]
		f.Picture = func() []byte { return e.crop(q) }
	}
	return f, nil
}

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
		m.key = m.key<<3 | uint64(max(0, min(7, int((m.f[i]+0.6)/0.15))))
	}
	m.x, m.y = int16(x), int16(y)
	return m, true
}
