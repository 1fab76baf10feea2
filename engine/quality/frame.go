package quality

import (
	"math"
	"slices"

	"idproof/engine/locate"
	"idproof/engine/raster"
	"idproof/engine/textread"
	"idproof/report"
)

// cutOff judges whether the whole document is on the picture.
func (s *sight) cutOff() report.Check {
	d := s.Document
	if d == nil {
		return skipped(CutOff, noDocument)
	}
	w, h := float64(s.page.Image.W), float64(s.page.Image.H)
	lost := 1 - area(clip(d.Quad, w, h))/max(area(d.Quad[:]), 1)
	if d.Whole {
		lost = 0
	}
	c := judged(CutOff, lost, outside, "a part of the document is outside the picture", "the document touches the border of the picture")
	sides := touching(d.Quad, w, h)
	// A scanner's picture may end where the document does, on some sides or on all;
	// then the document has the form that it should have.
	if len(sides) > 0 && !d.Whole && c.Result == report.Passed && misshapen(d, w, h) {
		c.Result, c.Reason = report.Warning, "the document ends at the border of the picture and has not its full form"
		c.Score = new(0.5)
	}
	if c.Result == report.Warning && lost >= outside.Warn && s.printCut() {
		c.Result, c.Reason = report.FailedCheck, "print is cut off at the border of the picture"
	}
	c.Evidence["outside"] = round(max(0, lost), 3)
	if len(sides) > 0 && !d.Whole {
		c.Evidence["sides"] = sides
	}
	if c.Result != report.Passed {
		c.Evidence["region"] = s.page.quad(d.Quad)
	}
	return c
}

// printCut tells whether a line of print runs into the border of the picture.
func (s *sight) printCut() bool {
	w, h := float64(s.page.Image.W), float64(s.page.Image.H)
	return slices.ContainsFunc(s.lines, func(l textread.Box) bool {
		slack := 0.2 * (l.Y1 - l.Y0) * s.pixel()
		b := textread.Bounds(s.ToPicture.ApplyQuad(raster.Rect(l.X0, l.Y0, l.X1, l.Y1)))
		return b.X0 < slack || b.Y0 < slack || b.X1 > w-slack || b.Y1 > h-slack
	})
}

// touching names the sides of a document that lie on the border of the picture or
// beyond it.
func touching(q raster.Quad, w, h float64) []string {
	var out []string
	off := func(p raster.Point) bool {
		const slack = 0.5
		return p.X <= slack || p.Y <= slack || p.X >= w-slack || p.Y >= h-slack
	}
	for i, name := range []string{"top", "right", "bottom", "left"} {
		a, b := q[i], q[(i+1)%4]
		if off(a) && off(b) && off(raster.Point{X: (a.X + b.X) / 2, Y: (a.Y + b.Y) / 2}) {
			out = append(out, name)
		}
	}
	return out
}

// misshapen tells whether a document is too short or too narrow for its format.
func misshapen(d *locate.Document, w, h float64) bool {
	fw, fh := d.Format.Size()
	if fw == 0 {
		return false
	}
	a, b := axes(d.Quad, w, h)
	got, want := math.Log(length(a)/length(b)), math.Log(fw/fh)
	if !d.Oriented && got < 0 {
		got = -got
		want = math.Abs(want)
	}
	const much = 0.08
	return math.Abs(got-want) > much
}

// focal is the focal length taken for unknown cameras, as a share of the longer
// side; see package locate.
const focal = 0.9

// axes are the document's sides in space, seen by a pinhole camera, up to a factor
// that both have in common.
func axes(q raster.Quad, w, h float64) (a, b [3]float64) {
	f := focal * max(w, h)
	for i, p := range q {
		q[i] = raster.Point{X: (p.X - w/2) / f, Y: (p.Y - h/2) / f}
	}
	m := raster.QuadToRect(q, 1, 1)
	return [3]float64{m[0], m[3], m[6]}, [3]float64{m[1], m[4], m[7]}
}

func length(v [3]float64) float64 { return math.Sqrt(v[0]*v[0] + v[1]*v[1] + v[2]*v[2]) }

// tilted measures the angle at which the camera looked at the document. How it is
// turned in the picture does not matter.
func (s *sight) tilted() report.Check {
	d := s.Document
	if d == nil {
		return skipped(Tilted, noDocument)
	}
	w, h := float64(s.page.Image.W), float64(s.page.Image.H)
	var degrees float64
	if !d.Whole {
		if len(touching(d.Quad, w, h)) > 0 {
			return skipped(Tilted, "the document is not wholly on the picture")
		}
		a, b := axes(d.Quad, w, h)
		n := [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
		degrees = math.Acos(min(1, math.Abs(n[2])/max(length(n), 1e-12))) * 180 / math.Pi
	}
	c := judged(Tilted, degrees, tilt, "the document is seen at too flat an angle", "the document is seen at a flat angle")
	c.Evidence["degrees"] = round(degrees, 0)
	return c
}

// resolution judges how many pixels there are for a millimetre of the document, and
// for a character of the machine-readable zone.
func (s *sight) resolution() report.Check {
	fails, warns := "the document is too small on the picture", "the document is small on the picture"
	var c report.Check
	done := false
	if d := s.Document; d != nil {
		if w, h := d.Format.Size(); w > 0 {
			dense := math.Sqrt(math.Abs(area(d.Quad[:])) / (w * h))
			c, done = judged(LowResolution, dense, perMillimetre, fails, warns), true
			c.Evidence["pixels_per_millimetre"] = round(dense, 2)
			c.Evidence["region"] = s.page.quad(d.Quad)
		}
	}
	if s.page.Pitch > 0 {
		z := judged(LowResolution, s.page.Pitch, zonePitch, fails, warns)
		switch {
		case !done:
			c, done = z, true
		case graver(z, c):
			c.Result, c.Reason, c.Score = z.Result, z.Reason, z.Score
		}
		c.Evidence["character_pitch_pixels"] = round(s.page.Pitch, 1)
	}
	if !done {
		return skipped(LowResolution, "nothing of a known size was located")
	}
	return c
}

// several judges whether there is one document. The pages of one booklet are one.
func (m *measure) several() report.Check {
	var docs []*locate.Document
	for _, v := range m.Views {
		if v.Document != nil {
			docs = append(docs, v.Document)
		}
	}
	if len(docs) == 0 {
		return skipped(SeveralDocuments, noDocument)
	}
	c := report.Check{Name: SeveralDocuments, Result: report.Passed, Evidence: map[string]any{"documents": len(docs)}}
	if len(docs) == 1 || len(docs) == 2 && pages(docs[0], docs[1]) {
		return c
	}
	var regions []report.Quad
	for _, d := range docs {
		regions = append(regions, m.quad(d.Quad))
	}
	c.Result, c.Reason, c.Evidence["regions"] = report.Warning, "there is more than one document, or more than one side of it", regions
	return c
}

// pages tells whether two documents are the pages of one booklet: of passport size,
// and along one side together.
func pages(a, b *locate.Document) bool {
	if a.Format != locate.ID3 || b.Format != locate.ID3 {
		return false
	}
	const apart = 0.08
	near := func(p, q raster.Point) bool {
		return math.Hypot(p.X-q.X, p.Y-q.Y) < apart*math.Sqrt(math.Abs(area(a.Quad[:])))
	}
	for i := range 4 {
		for j := range 4 {
			if near(a.Quad[i], b.Quad[(j+1)%4]) && near(a.Quad[(i+1)%4], b.Quad[j]) {
				return true
			}
		}
	}
	return false
}

// area is positive for corners that go clockwise.
func area(q []raster.Point) float64 {
	var s float64
	for i, p := range q {
		n := q[(i+1)%len(q)]
		s += p.X*n.Y - n.X*p.Y
	}
	return s / 2
}

// clip cuts a quadrilateral to the picture (Sutherland and Hodgman 1974).
func clip(q raster.Quad, w, h float64) []raster.Point {
	poly := q[:]
	for _, side := range []func(raster.Point) float64{
		func(p raster.Point) float64 { return p.X },
		func(p raster.Point) float64 { return w - p.X },
		func(p raster.Point) float64 { return p.Y },
		func(p raster.Point) float64 { return h - p.Y },
	} {
		var out []raster.Point
		for i, a := range poly {
			b := poly[(i+1)%len(poly)]
			u, v := side(a), side(b)
			if u >= 0 {
				out = append(out, a)
			}
			if u*v < 0 {
				t := u / (u - v)
				out = append(out, raster.Point{X: a.X + t*(b.X-a.X), Y: a.Y + t*(b.Y-a.Y)})
			}
		}
		if poly = out; len(poly) == 0 {
			break
		}
	}
	return poly
}
