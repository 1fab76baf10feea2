package mrzread

import (
	"context"
	"math"
	"strings"

	"golang.org/x/sync/errgroup"

	"idproof/engine/ocr"
	"idproof/engine/raster"
)

// hunt is the search for the zone on one picture.
type hunt struct {
	r       *Reader
	im      *raster.Gray
	rows    []ocr.Line
	glances map[int]glance // by row
	looked  []seen
	// upright is a row that reads well as it stands, if there was one: others in its
	// direction need not be turned around.
	upright *ocr.Line
}

// glance is a first, cheap look at a row as the detector found it.
type glance struct {
	seen // its row is in the direction of reading
	// start and pitch place the characters along the line, in pixels from its
	// centre; zero if no even spacing was seen.
	start, pitch float64
	// sure is how sure the recogniser is of the text, whatever it is.
	sure float64
}

// anchor looks at the rows of a window and returns the one that looks most like
// a line of a zone, or -1.
func (h *hunt) anchor(ctx context.Context, w []int) (int, error) {
	got := make([]glance, len(w))
	g, ctx := errgroup.WithContext(ctx)
	for k, i := range w {
		if _, ok := h.glances[i]; !ok {
			g.Go(func() (err error) {
				got[k], err = h.glance(ctx, h.rows[i])
				return err
			})
		}
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	best, at := leastLikeness, -1
	for k, i := range w {
		if _, ok := h.glances[i]; !ok {
			h.glances[i] = got[k]
			if h.upright == nil && got[k].words() {
				h.upright = &got[k].row
			}
		}
		if v := h.glances[i].likeness; v > best {
			best, at = v, i
		}
	}
	return at, nil
}

// glance reads a row with the first recogniser, upside down too if it makes
// little sense upright.
func (h *hunt) glance(ctx context.Context, l ocr.Line) (glance, error) {
	if h.upright != nil && math.Cos(l.Angle-h.upright.Angle) < -0.9 {
		l = l.Flip()
	}
	up, err := h.glanceAt(ctx, l)
	if err != nil || up.likeness > 0.85 || up.sure > 0.7 && up.grid.evenness() < 0.8 || h.upright != nil && math.Cos(l.Angle-h.upright.Angle) > 0.9 {
		return up, err
	}
	down, err := h.glanceAt(ctx, l.Flip())
	if err != nil || down.likeness > up.likeness {
		return down, err
	}
	return up, nil
}

// words tells whether a row reads well, so that it is no other way up.
func (g *glance) words() bool {
	const surely, many = 0.9, 8
	text, _ := g.looks[0].Greedy()
	return g.sure > surely && len(text) >= many
}

func (h *hunt) glanceAt(ctx context.Context, l ocr.Line) (glance, error) {
	s := []seen{{row: l}}
	if err := more(ctx, h.im, s, typicalPitch*l.Height, h.r.eyes[:1]); err != nil {
		return glance{}, err
	}
	g := glance{seen: s[0]}
	if g.grid.pitch > 0 {
		g.start = g.looks[0].place(l, g.grid.x0)
		g.pitch = g.charWidth()
	}
	_, g.sure = g.looks[0].Greedy()
	return g, nil
}

// read reads the zone around an anchor row: the rows that the detector found
// where the grid of the anchor's characters promises lines, or else the places
// themselves.
func (h *hunt) read(ctx context.Context, anchor int) (*Reading, float64, error) {
	a := h.glances[anchor]
	var best *Reading
	bestScore := 0.0
	for _, e := range efforts {
		got, score, err := h.readRows(ctx, a, e)
		if err != nil {
			return nil, 0, err
		}
		if got != nil && score > bestScore {
			best, bestScore = got, score
		}
		if best == nil && !a.rich() || best != nil && best.LogLik > clearly && (best.wrong == 0 || best.whole()) {
			break
		}
	}
	if best == nil || best.sound {
		return best, bestScore, nil
	}
	// The other recognisers see only the lines that count, where the first
	// leaves a doubt.
	if err := more(ctx, h.im, best.seen, best.Pitch, h.r.eyes[1:]); err != nil {
		return nil, 0, err
	}
	best, bestScore = h.r.parse(best.seen)
	return best, bestScore, nil
}

// rich tells whether the row by itself is worth a wider search: it shows a filler,
// or more characters than titles and values have. Every zone has such a line.
func (g *glance) rich() bool {
	const long = 22 // characters
	text, _ := g.looks[0].Greedy()
	return len(text) >= long || strings.Contains(text, "<")
}

// whole tells whether every row shows just as many characters as it should: no
// more follow that the detector missed.
func (r *Reading) whole() bool {
	for i, s := range r.seen {
		if s.grid.count != len(r.Lines[i]) {
			return false
		}
	}
	return true
}

// effort is how far the search around an anchor goes.
type effort struct {
	unseen bool // look for lines where the detector found nothing
	wide   bool // show as many characters as the widest zone has
}

// efforts are tried in turn until the reading is clear: the detector may have
// lost lines, and the fillers at the end of every line.
var efforts = []effort{{}, {unseen: true}, {unseen: true, wide: true}}

func (h *hunt) readRows(ctx context.Context, a glance, e effort) (*Reading, float64, error) {
	lo, hi := h.extent(a)
	if e.wide {
		hi = max(hi, a.start+45.5*a.pitch)
	}
	mid, err := h.look(ctx, stack{a.row}.even(a.row, lo, hi)[0], a.pitch)
	if err != nil {
		return nil, 0, err
	}
	run := []seen{mid}
	gap := 0.0 // between lines, in pixels, once two are known
	for _, side := range []float64{-1, 1} {
		for at := a.row; len(run) < 4; {
			grown := false
			for _, next := range h.neighbours(a, at, side, gap, e.unseen) {
				s, err := h.look(ctx, stack{next}.even(a.row, lo, hi)[0], a.pitch)
				if err != nil {
					return nil, 0, err
				}
				if s.likeness < leastLikeness || !sameGrid(s.charWidth(), a.pitch) {
					continue
				}
				_, y0 := local(a.row, at)
				_, y1 := local(a.row, next)
				gap, at, grown = math.Abs(y1-y0), next, true
				if side < 0 {
					run = append([]seen{s}, run...)
				} else {
					run = append(run, s)
				}
				break
			}
			if !grown {
				break
			}
		}
	}
	got, score := h.r.parse(run)
	return got, score, nil
}

// look has the first recogniser read a line, unless it already has.
func (h *hunt) look(ctx context.Context, l ocr.Line, pitch float64) (seen, error) {
	for _, g := range h.glances {
		if g.covers(l, pitch) {
			return g.seen, nil
		}
	}
	for i := range h.looked {
		if h.looked[i].covers(l, pitch) {
			return h.looked[i], nil
		}
	}
	s := []seen{{row: l}}
	if err := more(ctx, h.im, s, pitch, h.r.eyes[:1]); err != nil {
		return seen{}, err
	}
	h.looked = append(h.looked, s[0])
	return s[0], nil
}

// sameGrid tells whether two rows are set in characters of one width.
func sameGrid(p, q float64) bool { return p > 0.88*q && p < 1.14*q }

// extent is how far the zone reaches along the anchor: as far as the rows
// around it, within reason.
func (h *hunt) extent(a glance) (lo, hi float64) {
	lo, hi = -a.row.Length/2, a.row.Length/2
	for i, l := range h.rows {
		if !alike(a.row, l) || h.ruledOut(i) {
			continue
		}
		x, y := local(a.row, l)
		if math.Abs(y-a.row.Curve*x*x) < farthest*a.pitch && math.Abs(x) < (l.Length+a.row.Length)/2 {
			lo, hi = min(lo, x-l.Length/2), max(hi, x+l.Length/2)
		}
	}
	return max(lo, a.start-6*a.pitch), min(hi, a.start+52*a.pitch)
}

// Lines of a zone are 4.2 mm (three lines) or 6.35 mm (two) apart and their
// characters 2.54 mm (ICAO 9303-4 and 9303-5, section 4.2.1): in pitches
const (
	narrowGap = 1.67
	wideGap   = 2.5
	farthest  = 4.2 // in pictures that are squeezed
)

// neighbours returns where the next line above (side -1) or below (1) may be:
// the nearest row that the detector found, else, if wanted, the places where a
// zone has its next line.
func (h *hunt) neighbours(a glance, from ocr.Line, side, gap float64, unseen bool) []ocr.Line {
	var out []ocr.Line
	_, y0 := local(a.row, from)
	least, most := 1.2*a.pitch, farthest*a.pitch
	if gap > 0 {
		least, most = 0.75*gap, 1.3*gap
	}
	nearest := most
	for i, l := range h.rows {
		if !alike(a.row, l) || h.ruledOut(i) {
			continue
		}
		if math.Cos(l.Angle-a.row.Angle) < 0 {
			l = l.Flip()
		}
		x, y := local(a.row, l)
		if math.Abs(x) > (l.Length+a.row.Length)/2 {
			continue
		}
		if d := side * (y - a.row.Curve*x*x - y0); d > least && d < nearest {
			nearest, out = d, []ocr.Line{l}
		}
	}
	if len(out) > 0 || !unseen {
		return out
	}
	gaps := []float64{wideGap * a.pitch, narrowGap * a.pitch}
	if gap > 0 {
		gaps = []float64{gap}
	}
	for _, g := range gaps {
		l := from
		sn, cs := math.Sincos(a.row.Angle)
		l.Center.X -= side * g * sn
		l.Center.Y += side * g * cs
		if l.Center.X > 0 && l.Center.Y > 0 && l.Center.X < float64(h.im.W) && l.Center.Y < float64(h.im.H) {
			out = append(out, l)
		}
	}
	return out
}

// ruledOut tells whether a glance has shown that the row is no line of a zone.
func (h *hunt) ruledOut(i int) bool {
	g, ok := h.glances[i]
	return ok && g.likeness < 0.7*leastLikeness
}

// alike tells whether a row could be of the same zone by direction and size.
func alike(a, l ocr.Line) bool {
	ratio := l.Height / a.Height
	return turn(l.Angle, a.Angle) < 4*math.Pi/180 && ratio < 1.7 && ratio > 1/1.7
}
