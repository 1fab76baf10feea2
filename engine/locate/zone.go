package locate

import (
	"math"

	"idproof/engine/ocr"
	"idproof/engine/raster"
	"idproof/mrz"
)

// place is where a machine-readable zone stands on its document, in millimetres.
type place struct {
	formats []Format
	w, h    float64 // of the document, where no format says it
	chars   int     // in a row
	left    float64 // from the left edge of the document to that of the first character
	middle  float64 // from the bottom edge to the middle between the first and the last row
}

// places are the nominal positions in ICAO 9303: part 4 figures 3 and 5, part 5
// figure 6, part 6 figure 5, part 7 figures 4 and 9. Those of the other cards are as
// printed.
var places = map[mrz.Format]place{
	mrz.TD1:   {[]Format{ID1}, 85.6, 53.98, 30, 5, 11.9},
	mrz.TD2:   {[]Format{ID2}, 105, 74, 36, 4, 12.6},
	mrz.TD3:   {[]Format{ID3, Booklet}, 125, 88, 44, 6, 12.6},
	mrz.MRVA:  {[]Format{Unknown}, 120, 80, 44, 4, 12.6},
	mrz.MRVB:  {[]Format{ID2}, 105, 74, 36, 4, 12.6},
	mrz.FRID:  {[]Format{ID2}, 105, 74, 36, 5.5, 11},
	mrz.SVKID: {[]Format{ID2}, 105, 74, 34, 6, 12},
	mrz.DL1:   {[]Format{ID1}, 85.6, 53.98, 30, 5, 6},
	mrz.CHDL:  {[]Format{ID1}, 85.6, 53.98, 30, 5, 11.9},
}

// pitch is the width of a character of a zone in millimetres (ICAO 9303-3, 4.4).
const pitch = 2.54

// zone is a machine-readable zone as the working copy shows it.
type zone struct {
	place
	box raster.Quad // around the characters
}

// clip shortens the rows of a zone to where the detector saw text: readers extend
// rows so that no character is lost.
func clip(rows, lines []ocr.Line) []ocr.Line {
	out := make([]ocr.Line, len(rows))
	for i, r := range rows {
		s, c := math.Sincos(r.Angle)
		lo, hi, seen := math.Inf(1), math.Inf(-1), 0.0
		for _, l := range lines {
			dx, dy := l.Center.X-r.Center.X, l.Center.Y-r.Center.Y
			x, y := dx*c+dy*s, -dx*s+dy*c
			if math.Abs(y-r.Curve*x*x) > 0.5*r.Height || l.Height > 2*r.Height || math.Abs(math.Cos(l.Angle-r.Angle)) < 0.97 {
				continue
			}
			lo, hi, seen = min(lo, x-l.Length/2), max(hi, x+l.Length/2), seen+l.Length
		}
		out[i] = r
		if lo, hi = max(lo, -r.Length/2), min(hi, r.Length/2); seen > 0.6*r.Length {
			out[i].Center, out[i].Length = r.At((lo+hi)/2, 0), hi-lo
			out[i].Angle += 2 * r.Curve * (lo + hi) / 2
		}
	}
	return out
}

// newZone straightens the zone's rows; nil if there is none or its format is unknown.
func newZone(rows []ocr.Line, f mrz.Format, scale float64) *zone {
	p, ok := places[f]
	if !ok || len(rows) == 0 {
		return nil
	}
	a, b := rows[0], rows[len(rows)-1]
	end := func(l ocr.Line, side float64) raster.Point {
		// Detectors draw their boxes a little wider than the text.
		q := l.At(side*(l.Length/2-0.1*l.Height), 0)
		return raster.Point{X: q.X * scale, Y: q.Y * scale}
	}
	z := &zone{p, raster.Quad{end(a, -1), end(a, 1), end(b, 1), end(b, -1)}}
	if !(dist(z.box[0], z.box[1]) > 8 && dist(z.box[3], z.box[2]) > 8) {
		return nil
	}
	// A row whose detection went wrong is as long as the others.
	if k := dist(z.box[0], z.box[1]) / dist(z.box[3], z.box[2]); len(rows) > 1 && (k > 1.15 || k < 1/1.15) {
		long, short := a, b
		if k < 1 {
			long, short = b, a
		}
		s, c := math.Sincos(long.Angle)
		dx, dy := short.Center.X-long.Center.X, short.Center.Y-long.Center.Y
		off := -dx*s + dy*c
		moved := long
		moved.Center = raster.Point{X: long.Center.X - off*s, Y: long.Center.Y + off*c}
		if k < 1 {
			a = moved
		} else {
			b = moved
		}
		z.box = raster.Quad{end(a, -1), end(a, 1), end(b, 1), end(b, -1)}
	}
	return z
}

// implied is the document as the zone implies it, seen without perspective.
func (z *zone) implied(w, h float64) raster.Quad {
	mid := func(a, b raster.Point) raster.Point { return raster.Point{X: (a.X + b.X) / 2, Y: (a.Y + b.Y) / 2} }
	l, r := mid(z.box[0], z.box[3]), mid(z.box[1], z.box[2])
	mm := float64(z.chars) * pitch
	u := raster.Point{X: (r.X - l.X) / mm, Y: (r.Y - l.Y) / mm}
	v := raster.Point{X: -u.Y, Y: u.X}
	at := func(x, y float64) raster.Point { // from the left end of the zone's middle
		return raster.Point{X: l.X + x*u.X + y*v.X, Y: l.Y + x*u.Y + y*v.Y}
	}
	x0, x1, y0, y1 := -z.left, w-z.left, z.middle-h, z.middle
	return raster.Quad{at(x0, y0), at(x1, y0), at(x1, y1), at(x0, y1)}
}

// misfit is how far, in millimetres, the zone is from where it should be on a
// document of w by h millimetres at q, of which the first corner is the top left.
func (z *zone) misfit(q raster.Quad, w, h float64) float64 {
	back := raster.QuadToRect(q, 1000, 1000).Inverse()
	mm := func(p raster.Point) (x, y float64) {
		p = back.Apply(p)
		return p.X / 1000 * w, p.Y / 1000 * h
	}
	x0, y0 := mm(z.box[0])
	x1, y1 := mm(z.box[1])
	x2, y2 := mm(z.box[2])
	x3, y3 := mm(z.box[3])
	long := float64(z.chars) * pitch
	across := max(math.Abs(x0-z.left), math.Abs(x3-z.left), math.Abs(x1-z.left-long), math.Abs(x2-z.left-long))
	left, right := (y0+y3)/2, (y1+y2)/2
	down := max(math.Abs(h-left-z.middle), math.Abs(h-right-z.middle))
	return max(across, down)
}
