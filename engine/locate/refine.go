package locate

import (
	"math"

	"idproof/engine/raster"
)

// refine moves each side of a quadrilateral to the edge that runs along it in the
// picture itself, at most reach pixels away, to a fraction of a pixel. Sides without
// an edge stay where they are.
func refine(im *raster.Image, q raster.Quad, reach float64) raster.Quad {
	var side [4]line
	for i := range q {
		a, b := q[i], q[(i+1)%4]
		side[i] = through(a, b)
		if l, ok := snap(im, a, b, reach); ok {
			side[i] = l
		}
	}
	out := q
	for i := range q {
		p := cross(&side[(i+3)%4], &side[i])
		if dist(p, q[i]) > 3*reach {
			return q
		}
		out[i] = p
	}
	if !convex(out) {
		return q
	}
	return out
}

// snap fits a line to the strongest changes across the way from a to b.
func snap(im *raster.Image, a, b raster.Point, reach float64) (line, bool) {
	const stations = 48
	long := dist(a, b)
	if long < 24 {
		return line{}, false
	}
	dx, dy := (b.X-a.X)/long, (b.Y-a.Y)/long
	step := max(0.5, reach/16)
	half := int(reach/step + 0.5)
	const wide = 3 // steps that are averaged to both sides of a change
	profile := make([][3]float64, 2*(half+wide)+1)
	var along, off, weight []float64
	for s := range stations {
		t := (0.06 + 0.88*(float64(s)+0.5)/stations) * long
		inside := true
		for k := range profile {
			d := float64(k-half-wide) * step
			var v [3]float64
			for _, u := range []float64{-0.3, 0, 0.3} { // along the side
				w := t + u*long/stations
				x, y := int(a.X+w*dx-d*dy), int(a.Y+w*dy+d*dx)
				if x < 0 || y < 0 || x >= im.W || y >= im.H {
					inside = false
					break
				}
				p := im.Pix[3*(y*im.W+x):][:3:3]
				v[0], v[1], v[2] = v[0]+float64(p[0]), v[1]+float64(p[1]), v[2]+float64(p[2])
			}
			profile[k] = v
		}
		if !inside {
			continue
		}
		at, change := steepest(profile, half, wide)
		if change > 3*3*2 { // two levels of 255 in each channel
			along, off, weight = append(along, t), append(off, at*step), append(weight, min(change, 200))
		}
	}
	if len(along) < stations/3 {
		return line{}, false
	}
	m, n, ok := robust(along, off, weight, long, reach)
	if !ok {
		return line{}, false
	}
	p := func(t float64) raster.Point {
		d := m + n*(t-long/2)
		return raster.Point{X: a.X + t*dx - d*dy, Y: a.Y + t*dy + d*dx}
	}
	return through(p(0), p(long)), true
}

// steepest returns where the greatest change of a profile is, in steps from its middle,
// and how great.
func steepest(profile [][3]float64, half, wide int) (at, change float64) {
	changes := make([]float64, 2*half+1)
	best := 0
	for k := range changes {
		c := k + wide
		var sum float64
		for ch := range 3 {
			var d float64
			for w := 1; w <= wide; w++ {
				d += profile[c+w][ch] - profile[c-w][ch]
			}
			sum += math.Abs(d) / float64(wide)
		}
		if changes[k] = sum; sum > changes[best] {
			best = k
		}
	}
	at = float64(best - half)
	if best > 0 && best < len(changes)-1 { // the top of the parabola through three changes
		l, m, r := changes[best-1], changes[best], changes[best+1]
		if d := l - 2*m + r; d < 0 {
			at += 0.5 * (l - r) / d
		}
	}
	return at, changes[best]
}

// robust fits off = m + n·(along - long/2): of the lines through any two points that
// lie well apart, the one that most weight agrees with, then the best through what
// agrees. It fails unless that is most of the weight.
func robust(along, off, weight []float64, long, reach float64) (m, n float64, ok bool) {
	near := reach / 6
	var most, all float64
	for i, t := range along {
		all += weight[i]
		for j := i + 1; j < len(along); j++ {
			if along[j]-t < long/3 {
				continue
			}
			slope := (off[j] - off[i]) / (along[j] - t)
			middle := off[i] + slope*(long/2-t)
			if math.Abs(middle)+math.Abs(slope)*long/2 > 1.6*reach {
				continue
			}
			var sum float64
			for k, u := range along {
				if math.Abs(off[k]-middle-slope*(u-long/2)) < near {
					sum += weight[k]
				}
			}
			if sum > most {
				most, m, n = sum, middle, slope
			}
		}
	}
	if most < 0.4*all {
		return 0, 0, false
	}
	for range 2 {
		var s, sx, sy, sxx, sxy float64
		for i, t := range along {
			x := t - long/2
			if math.Abs(off[i]-m-n*x) < near {
				w := weight[i]
				s, sx, sy, sxx, sxy = s+w, sx+w*x, sy+w*off[i], sxx+w*x*x, sxy+w*x*off[i]
			}
		}
		if det := s*sxx - sx*sx; det > 1e-9 {
			m, n = (sy*sxx-sx*sxy)/det, (s*sxy-sx*sy)/det
		}
	}
	return m, n, true
}

// document brings a candidate back to the picture.
func (s *search) document(c candidate) Document {
	if !c.whole && !c.straight {
		c.quad = s.settle(c.quad)
	}
	d := Document{Format: c.format, Aspect: c.aspect, Oriented: c.oriented}
	for i, p := range c.quad {
		d.Quad[i] = raster.Point{X: p.X * float64(s.im.W) / float64(s.w), Y: p.Y * float64(s.im.H) / float64(s.h)}
	}
	if c.whole {
		d.Whole = d.Quad[0] == raster.Point{} // else it has to be turned
	} else {
		if !c.straight {
			d.Quad = refine(s.im, d.Quad, max(3, 2.5/s.scale))
		}
		// The working copy is rounded to whole pixels; the picture's frame is exact.
		for i, p := range d.Quad {
			d.Quad[i] = raster.Point{X: frame(p.X, s.im.W), Y: frame(p.Y, s.im.H)}
		}
		if s.zone == nil || !c.oriented {
			c.aspect, _ = shape(d.Quad, s.im.W, s.im.H, focal)
			d.Aspect = c.aspect // as refined
			d.Format, _ = s.plausible(c)
		}
		d.Aspect = nominal(d)
	}
	if c.score > leastScore && s.zone != nil && c.oriented {
		c.score += vouched
	}
	d.Confidence = 1 / (1 + math.Exp(-3*(c.score-2.4)))
	return d
}

// settle moves the ends of each side a little where an edge runs more exactly so: lines
// found from afar may begin on one edge and end on another.
func (s *search) settle(q raster.Quad) raster.Quad {
	const far, step, gain = 8, 2, 0.06
	for i := range q {
		l := through(q[i], q[(i+1)%4])
		move := func(p raster.Point, d float64) raster.Point {
			return raster.Point{X: p.X + d*l.n.X, Y: p.Y + d*l.n.Y}
		}
		// The outermost parts are left to round corners.
		a := raster.Point{X: 0.95*q[i].X + 0.05*q[(i+1)%4].X, Y: 0.95*q[i].Y + 0.05*q[(i+1)%4].Y}
		b := raster.Point{X: 0.05*q[i].X + 0.95*q[(i+1)%4].X, Y: 0.05*q[i].Y + 0.95*q[(i+1)%4].Y}
		best, at := s.edges.segment(a, b, 0)+gain, [2]float64{}
		for da := -far; da <= far; da += step {
			for db := -far; db <= far; db += step {
				if da*db > step*step { // that is another edge beside this one
					continue
				}
				if v := s.edges.segment(move(a, float64(da)), move(b, float64(db)), 0); v > best {
					best, at = v, [2]float64{float64(da), float64(db)}
				}
			}
		}
		if at == ([2]float64{}) {
			continue
		}
		l = through(move(a, at[0]), move(b, at[1]))
		before, after := through(q[(i+3)%4], q[i]), through(q[(i+1)%4], q[(i+2)%4])
		n := q
		n[i], n[(i+1)%4] = cross(&before, &l), cross(&l, &after)
		if s.inPicture(n) && convex(n) {
			q = n
		}
	}
	return q
}

// nominal is the aspect of a document's format where it can be that.
func nominal(d Document) float64 {
	w, h := d.Format.Size()
	if d.Format == Unknown {
		return d.Aspect
	}
	if !d.Oriented && d.Aspect < 1 {
		w, h = h, w
	}
	if d.Oriented || math.Abs(math.Log(d.Aspect/(w/h))) < 0.07 {
		return w / h
	}
	return d.Aspect
}

// frame puts a coordinate that is almost on the picture's frame there.
func frame(v float64, size int) float64 {
	switch {
	case math.Abs(v) < 0.002*float64(size):
		return 0
	case math.Abs(v-float64(size)) < 0.002*float64(size):
		return float64(size)
	}
	return v
}
