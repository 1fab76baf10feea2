package face

import (
	"context"
	"math"
	"slices"
	"sort"

	"idproof/engine/raster"
)

const (
	detectWidth, detectHeight = 320, 240 // the network's input

	// A face from this confidence on; what lies between needs steady landmarks.
	sureScore, seenScore = 0.9, 0.6
	// From this on the landmarks are a face's; profiles and masks reach less, but
	// patterns, which the detector is sometimes sure of, next to nothing.
	steadyEnough, steadyAtAll = 0.35, 0.08
	// Two boxes that share more than this of their area are one face.
	sameFace = 0.3
	// Faces reported of one picture.
	mostFaces = 12
)

// Depth is how hard a picture is searched.
type Depth int

// A picture of a person has one face that is large; the faces of a document are
// small, two or three, and upright.
const (
	// Person looks at the whole picture, and closer or turned only while nothing was found.
	Person Depth = iota
	// Document looks at every part of an upright picture closely.
	Document
)

// candidate is a box that the detector found.
type candidate struct {
	center        raster.Point
	width, height float64
	angle, score  float64
}

// view is a window of the network's size on the picture.
type view struct {
	center raster.Point
	step   float64 // pixels of the picture for one of the window
	angle  float64
}

// Find lists the faces of a picture, the most prominent first: the largest,
// and of those alike in size the one nearest to the middle.
func (r *Reader) Find(ctx context.Context, p *Picture, d Depth) ([]Face, error) {
	if p.W < 16 || p.H < 16 {
		return nil, nil
	}
	for _, views := range search(p, d) {
		found, err := r.look(ctx, p, views)
		if err != nil {
			return nil, err
		}
		faces, err := r.confirm(ctx, p, found, d == Person)
		if err != nil || len(faces) > 0 {
			return faces, err
		}
	}
	return nil, nil
}

// search lists the rounds of looking; the first that finds a face is the last.
func search(p *Picture, d Depth) [][]view {
	mid := raster.Point{X: float64(p.W) / 2, Y: float64(p.H) / 2}
	whole := func(angle float64) []view {
		s, c := math.Abs(math.Sin(angle)), math.Abs(math.Cos(angle))
		w, h := float64(p.W)*c+float64(p.H)*s, float64(p.W)*s+float64(p.H)*c
		fit := max(w/detectWidth, h/detectHeight)
		// Once more from afar, for a face that fills the picture.
		return []view{{mid, fit, angle}, {mid, 2.2 * fit, angle}}
	}
	const quarter = math.Pi / 2
	if d == Document {
		// The portrait is upright, but a head that leans or is turned is sometimes
		// only seen a little tilted, and one of few pixels only larger.
		tilt := quarter / 6
		return [][]view{
			append(whole(0), tiles(p, 2, 0)...), tiles(p, 4, 0),
			append(append(tiles(p, 2, tilt), tiles(p, 2, -tilt)...), tiles(p, 3, 0)...),
		}
	}
	return [][]view{
		whole(0),
		append(append(whole(quarter), whole(-quarter)...), whole(2*quarter)...),
		append(append(whole(quarter/2), whole(-quarter/2)...), append(whole(3*quarter/2), whole(-3*quarter/2)...)...),
		tiles(p, 2, 0),
		append(append(tiles(p, 2, quarter), tiles(p, 2, -quarter)...), tiles(p, 2, 2*quarter)...),
		tiles(p, 4, 0),
	}
}

// tiles covers the picture with overlapping windows, times as close as one
// window over the whole.
func tiles(p *Picture, times, angle float64) []view {
	s, c := math.Sincos(angle)
	w, h := float64(p.W), float64(p.H)
	tw, th := math.Abs(detectWidth*c)+math.Abs(detectHeight*s), math.Abs(detectWidth*s)+math.Abs(detectHeight*c)
	step := max(w/tw, h/th) / times
	if step < 0.2 {
		return nil // enlarging further shows nothing new
	}
	const share = 0.8 // of a window until the next begins
	along := func(size, window float64) (at []float64) {
		n := int(math.Ceil((size - window) / (share * window)))
		if n <= 0 {
			return []float64{size / 2}
		}
		for i := range n + 1 {
			at = append(at, window/2+(size-window)*float64(i)/float64(n))
		}
		return at
	}
	var out []view
	for _, y := range along(h, th*step) {
		for _, x := range along(w, tw*step) {
			out = append(out, view{raster.Point{X: x, Y: y}, step, angle})
		}
	}
	return out
}

// look runs the detector on the views and merges what they show.
func (r *Reader) look(ctx context.Context, p *Picture, views []view) ([]candidate, error) {
	var all []candidate
	for _, v := range views {
		c, err := r.lookAt(ctx, p, v)
		if err != nil {
			return nil, err
		}
		all = append(all, c...)
	}
	return distinct(all), nil
}

// lookAt runs the detector on one view.
func (r *Reader) lookAt(ctx context.Context, p *Picture, v view) ([]candidate, error) {
	h := around(v.center, v.angle, v.step, v.step, detectWidth, detectHeight)
	im := p.sample(h, detectWidth, detectHeight)
	// Outside the picture its edge would be drawn out into stripes.
	back := h.Inverse()
	blank(im, back.ApplyQuad(raster.Rect(0, 0, float64(p.W), float64(p.H))))
	in := planes(im, 127, 128)
	scores, boxes, err := r.detect.run(ctx, in)
	if err != nil {
		return nil, err
	}
	var out []candidate
	for i := 0; 2*i < len(scores); i++ {
		s := float64(scores[2*i+1])
		if s < seenScore {
			continue
		}
		b := boxes[4*i : 4*i+4]
		x0, y0 := float64(b[0])*detectWidth, float64(b[1])*detectHeight
		x1, y1 := float64(b[2])*detectWidth, float64(b[3])*detectHeight
		if x1-x0 < 6 || y1-y0 < 6 {
			continue
		}
		out = append(out, candidate{
			center: h.Apply(raster.Point{X: (x0 + x1) / 2, Y: (y0 + y1) / 2}),
			width:  (x1 - x0) * v.step, height: (y1 - y0) * v.step,
			angle: v.angle, score: s,
		})
	}
	return distinct(out), nil
}

// blank paints what lies outside the quadrilateral in the grey that the network
// takes for nothing.
func blank(im *raster.Image, q raster.Quad) {
	inside := func(x, y float64) bool {
		for i := range 4 {
			a, b := q[i], q[(i+1)%4]
			if (b.X-a.X)*(y-a.Y)-(b.Y-a.Y)*(x-a.X) < 0 {
				return false
			}
		}
		return true
	}
	if inside(0, 0) && inside(float64(im.W), 0) && inside(float64(im.W), float64(im.H)) && inside(0, float64(im.H)) {
		return
	}
	for y := range im.H {
		for x := range im.W {
			if !inside(float64(x)+0.5, float64(y)+0.5) {
				i := 3 * (y*im.W + x)
				im.Pix[i], im.Pix[i+1], im.Pix[i+2] = 127, 127, 127
			}
		}
	}
}

// planes are the red, green and blue planes of a picture, each value less mean
// over scale.
func planes(im *raster.Image, mean, scale float32) []float32 {
	n := im.W * im.H
	out := make([]float32, 3*n)
	for i := range n {
		for c := range 3 {
			out[c*n+i] = (float32(im.Pix[3*i+c]) - mean) / scale
		}
	}
	return out
}

// distinct keeps the best of the candidates that overlap.
func distinct(c []candidate) []candidate {
	sort.SliceStable(c, func(i, j int) bool { return c[i].score > c[j].score })
	var kept []candidate
next:
	for _, x := range c {
		for _, k := range kept {
			if overlap(x, k) > sameFace {
				continue next
			}
		}
		kept = append(kept, x)
	}
	return kept
}

// overlap is the shared part of two boxes over the smaller of them, both taken
// as upright squares: faces are nearly as wide as high, however they are turned.
func overlap(a, b candidate) float64 {
	sa, sb := (a.width+a.height)/2, (b.width+b.height)/2
	w := (sa+sb)/2 - math.Abs(a.center.X-b.center.X)
	h := (sa+sb)/2 - math.Abs(a.center.Y-b.center.Y)
	small := min(sa, sb)
	if w <= 0 || h <= 0 {
		return 0
	}
	return min(w, small) * min(h, small) / (small * small)
}

// confirm takes a closer look at every candidate, drops what is no face, and
// sorts. With turn, the largest are also looked at in other orientations, because
// the detector takes some faces that lie on their side or stand on their head.
func (r *Reader) confirm(ctx context.Context, p *Picture, found []candidate, turn bool) ([]Face, error) {
	sort.SliceStable(found, func(i, j int) bool {
		return found[i].width*found[i].height*found[i].score > found[j].width*found[j].height*found[j].score
	})
	var faces []Face
	for i, c := range found[:min(len(found), 2*mostFaces)] {
		f, err := r.closer(ctx, p, c)
		if err != nil {
			return nil, err
		}
		if turn && i < 2 {
			if f, err = r.upright(ctx, p, f); err != nil {
				return nil, err
			}
		}
		// Two looks may have settled on the same face.
		if slices.ContainsFunc(faces, func(g Face) bool { return distance(f.Center, g.Center) < 0.4*max(f.Width, g.Width) }) {
			continue
		}
		if f.Steady >= steadyEnough || (f.Score >= sureScore && f.Steady >= steadyAtAll) {
			faces = append(faces, f)
		}
	}
	mid := raster.Point{X: float64(p.W) / 2, Y: float64(p.H) / 2}
	weight := func(f *Face) float64 {
		off := distance(f.Center, mid) / math.Hypot(mid.X, mid.Y)
		return f.Width * f.Height * (1 - 0.5*off) * f.Score * min(1, f.Steady/steadyEnough)
	}
	sort.SliceStable(faces, func(i, j int) bool { return weight(&faces[i]) > weight(&faces[j]) })
	return faces[:min(len(faces), mostFaces)], nil
}

const closeUp = 90 // pixels that a face is high in a close look

// closer looks at a candidate at the size that the detector knows best and
// takes its landmarks.
func (r *Reader) closer(ctx context.Context, p *Picture, c candidate) (Face, error) {
	found, err := r.lookAt(ctx, p, view{c.center, (c.width + c.height) / 2 / closeUp, c.angle})
	if err != nil {
		return Face{}, err
	}
	best := c
	for _, n := range found {
		if overlap(n, c) > 0.5 && distance(n.center, c.center) < 0.4*(c.width+c.height)/2 {
			n.score = max(n.score, c.score)
			best = n
			break
		}
	}
	return r.landmarks(ctx, p, best)
}

// upright returns the face as it stands: the detector also answers to faces on
// their side or head, and landmarks can be put on them upside down, above all
// where a mask hides the mouth. What is right is where both are surest.
func (r *Reader) upright(ctx context.Context, p *Picture, f Face) (Face, error) {
	const eighth = math.Pi / 4
	sure := func(f *Face) float64 {
		odds := math.Log(max(f.Score, 1e-6) / max(1-f.Score, 1e-6))
		return odds + 3*f.Steady + math.Cos(f.Angle) // most pictures are upright
	}
	best := f
	if f.Steady > 0.5 && f.Score > 0.9999 && math.Abs(math.Sin(f.Angle)) < 0.4 {
		return f, nil
	}
	start := f.Angle
	if math.Abs(math.Sin(start)) < 0.4 || math.Abs(math.Cos(start)) < 0.4 {
		start = math.Round(start/(2*eighth)) * 2 * eighth
	}
	for k := range 8 {
		found, err := r.lookAt(ctx, p, view{f.Center, (f.Width + f.Height) / 2 / closeUp, start + float64(k)*eighth})
		if err != nil {
			return Face{}, err
		}
		for _, c := range found {
			if distance(c.center, f.Center) > 0.5*f.Width || c.width < 0.6*f.Width || c.width > 1.6*f.Width {
				continue
			}
			g, err := r.landmarks(ctx, p, c)
			if err != nil {
				return Face{}, err
			}
			if math.Abs(math.Remainder(g.Angle-c.angle, 2*math.Pi)) < 1.1*eighth && sure(&g) > sure(&best) {
				best = g
			}
			break
		}
	}
	if math.Abs(math.Remainder(best.Angle-f.Angle, 2*math.Pi)) < eighth/3 {
		return best, nil
	}
	// Once more, level: the box is tightest there.
	return r.closer(ctx, p, candidate{best.Center, best.Width, best.Height, best.Angle, best.Score})
}
