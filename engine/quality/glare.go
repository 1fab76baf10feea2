package quality

import (
	"slices"

	"idproof/engine/textread"
	"idproof/report"
)

const (
	// A reflection is at least this light in its darkest channel ...
	specular = 247
	// ... and this much lighter than the paper about it.
	aboveRing = 14
	// Smaller spots are of no account, as a share of the document.
	leastSpot = 0.0015
	mostSpot  = 0.2 // and larger ones are white paper
	// Reflections fade at their borders, white print and paper do not: the part of
	// the step between spot and paper that is left fadeAt pixels outside.
	fadeAt   = 3
	fadeLeft = 0.25
	ringAt   = 10
	// Where more than the first share of the document beside the spots is light, its own
	// white may be all that was found; where more than the second is, nothing can be.
	light     = 238
	ownWhite  = 0.015
	mostWhite = 0.5
	// A spot fills this much of its box.
	leastFill = 0.4
)

// spot is a connected part of the small view that is as light as can be.
type spot struct {
	pixels []int32
	box    textread.Box
}

// glare looks for reflections of lamps and windows: spots without any structure,
// lighter than paper, that fade into their surroundings.
func (s *sight) glare() report.Check {
	if s.Document == nil {
		return skipped(Glare, noDocument)
	}
	w, h := s.small.W, s.small.H
	least := make([]uint8, w*h)
	for i := range least {
		p := s.small.Pix[3*i : 3*i+3]
		least[i] = min(p[0], p[1], p[2])
	}
	var area int
	var regions []report.Quad
	var boxes []textread.Box
	covers := false
	k := float64(s.Image.W) / float64(w)
	for _, sp := range spots(least, w, h) {
		n := float64(len(sp.pixels))
		if n > mostSpot*float64(w*h) {
			continue // that is the paper
		}
		if n < leastSpot*float64(w*h) || n < leastFill*(sp.box.X1-sp.box.X0)*(sp.box.Y1-sp.box.Y0) || !fades(least, w, h, sp) {
			continue
		}
		area += len(sp.pixels)
		boxes = append(boxes, sp.box)
		b := textread.Box{X0: k * sp.box.X0, Y0: k * sp.box.Y0, X1: k * sp.box.X1, Y1: k * sp.box.Y1}
		regions = append(regions, s.place(b))
		covers = covers || s.onText(b)
	}
	faded := s.faded()
	if white := beside(least, w, boxes); len(faded) == 0 && (white > mostWhite || len(boxes) > 0 && white > ownWhite) {
		return skipped(Glare, "the document itself is as light as a reflection would be")
	}
	share := float64(area) / float64(w*h)
	c := judged(Glare, share, glareShare, "a reflection covers much of the document", "there is a reflection")
	for _, b := range faded {
		regions, covers = append(regions, s.place(b)), true
	}
	if covers && c.Result != report.FailedCheck {
		c.Result, c.Reason = report.FailedCheck, "a reflection covers print"
		c.Score = new(0.0)
	}
	c.Evidence["share"] = round(share, 4)
	if len(regions) > 0 {
		c.Evidence["regions"], c.Evidence["covers_print"] = regions, covers
	}
	return c
}

// faded are the parts of the zone's rows where its ink, which is of one black, is
// pale on white: a reflection lies there, even if the paper is as white.
func (s *sight) faded() (out []textread.Box) {
	const (
		white   = 248
		paler   = 65
		tall    = 14 // pixels: the ink of smaller print is mixed with paper
		windows = 2
	)
	pixel := s.pixel()
	for _, row := range s.rows {
		wide := row.Y1 - row.Y0
		n := int((row.X1 - row.X0) / max(wide, 1))
		if wide*pixel < tall || n < 8 {
			continue
		}
		parts, inks := make([]strokes, n), make([]float64, n)
		for i := range parts {
			x := row.X0 + float64(i)*wide
			parts[i], _ = window(s.gray, int(x), int(row.Y0), int(x+wide), int(row.Y1)+1)
			inks[i] = parts[i].ink
		}
		slices.Sort(inks)
		black := inks[n/4]
		from := 0
		for i := range n + 1 {
			if i < n && parts[i].paper >= white && parts[i].ink > black+paler {
				continue
			}
			if i-from >= windows {
				out = append(out, textread.Box{X0: row.X0 + float64(from)*wide, Y0: row.Y0, X1: row.X0 + float64(i)*wide, Y1: row.Y1})
			}
			from = i + 1
		}
	}
	return out
}

// beside is the share of light pixels away from the boxes.
func beside(pix []uint8, w int, boxes []textread.Box) float64 {
	away := func(x, y int) bool {
		for _, b := range boxes {
			pad := ringAt + max(b.X1-b.X0, b.Y1-b.Y0)/2 // the halo
			if float64(x) > b.X0-pad && float64(x) < b.X1+pad && float64(y) > b.Y0-pad && float64(y) < b.Y1+pad {
				return false
			}
		}
		return true
	}
	n, all := 0, 0
	for i, v := range pix {
		if len(boxes) > 0 && !away(i%w, i/w) {
			continue
		}
		if all++; v >= light {
			n++
		}
	}
	return float64(n) / float64(max(all, 1))
}

// onText tells whether a box of the view lies on a line of print, or so close to
// its end that it may hide more of it.
func (s *sight) onText(b textread.Box) bool {
	return slices.ContainsFunc(s.lines, func(l textread.Box) bool {
		high := l.Y1 - l.Y0
		x := min(b.X1, l.X1+high) - max(b.X0, l.X0-high)
		y := min(b.Y1, l.Y1) - max(b.Y0, l.Y0)
		return x > high/2 && y > high/2
	})
}

// spots are the connected parts of a picture that are [specular].
func spots(pix []uint8, w, h int) []spot {
	seen := make([]bool, len(pix))
	var out []spot
	var todo []int32
	for i, v := range pix {
		if v < specular || seen[i] {
			continue
		}
		seen[i] = true
		todo = append(todo[:0], int32(i))
		sp := spot{box: textread.Box{X0: float64(w), Y0: float64(h)}}
		for len(todo) > 0 {
			j := int(todo[len(todo)-1])
			todo = todo[:len(todo)-1]
			sp.pixels = append(sp.pixels, int32(j))
			x, y := j%w, j/w
			sp.box.X0, sp.box.X1 = min(sp.box.X0, float64(x)), max(sp.box.X1, float64(x+1))
			sp.box.Y0, sp.box.Y1 = min(sp.box.Y0, float64(y)), max(sp.box.Y1, float64(y+1))
			for _, n := range [4][2]int{{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}} {
				if n[0] < 0 || n[1] < 0 || n[0] >= w || n[1] >= h {
					continue
				}
				if k := n[1]*w + n[0]; !seen[k] && pix[k] >= specular {
					seen[k] = true
					todo = append(todo, int32(k))
				}
			}
		}
		out = append(out, sp)
	}
	return out
}

// fades tells whether a spot has a soft border to something darker.
func fades(pix []uint8, w, h int, sp spot) bool {
	// How far pixels about the spot are from it, by growing it.
	x0, y0 := max(0, int(sp.box.X0)-ringAt), max(0, int(sp.box.Y0)-ringAt)
	x1, y1 := min(w, int(sp.box.X1)+ringAt), min(h, int(sp.box.Y1)+ringAt)
	bw := x1 - x0
	far := make([]int8, bw*(y1-y0))
	for i := range far {
		far[i] = -1
	}
	var front, next []int
	for _, p := range sp.pixels {
		i := (int(p)/w-y0)*bw + int(p)%w - x0
		far[i] = 0
		front = append(front, i)
	}
	var near, ring []int
	for d := 1; d <= ringAt; d++ {
		next = next[:0]
		for _, i := range front {
			x, y := i%bw, i/bw
			for _, n := range [4][2]int{{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}} {
				if n[0] < 0 || n[1] < 0 || n[0] >= bw || n[1] >= y1-y0 {
					continue
				}
				k := n[1]*bw + n[0]
				if far[k] >= 0 {
					continue
				}
				far[k] = int8(d)
				next = append(next, k)
				v := int(pix[(n[1]+y0)*w+n[0]+x0])
				switch d {
				case fadeAt:
					near = append(near, v)
				case ringAt:
					ring = append(ring, v)
				}
			}
		}
		front, next = next, front
	}
	if len(near) == 0 || len(ring) == 0 {
		return false
	}
	slices.Sort(near)
	slices.Sort(ring)
	n, r := near[len(near)/2], ring[len(ring)/2]
	step := specular - r
	return step >= aboveRing && float64(n-r) >= fadeLeft*float64(step)
}
