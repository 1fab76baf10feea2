// Package quality judges pictures of documents: whether a person, or a program,
// can read and examine what they show, and if not, what is wrong and where.
//
// It measures light, sharpness, size and completeness of what locate and
// textread have found, and answers with checks for the report. It does not read,
// it does not tell genuine from forged, and what follows from a poor picture is
// the policy's to say.
//
// A check fails only when the fault is plain; what a reader can put up with is a
// warning. The limits are the table in limits.go. All sizes are relative to the
// document or to its print, so that a small sharp picture is of low resolution
// and not blurred, and a large blurred one is blurred and not of low resolution.
package quality

import (
	"math"
	"slices"

	"idproof/engine/locate"
	"idproof/engine/ocr"
	"idproof/engine/raster"
	"idproof/engine/textread"
	"idproof/report"
)

// The checks, in the order of the report.
const (
	Dark             = "dark"
	Bright           = "bright"
	Glare            = "glare"
	Blurred          = "blurred"
	Covered          = "covered"
	CutOff           = "cut_off"
	LowResolution    = "low_resolution"
	BlackAndWhite    = "black_and_white"
	Tilted           = "tilted"
	SeveralDocuments = "several_documents"
	WrongSide        = "wrong_side"
)

// measured are the checks of one page; [WrongSide] needs to know what the document is.
var measured = []string{Dark, Bright, Glare, Blurred, Covered, CutOff, LowResolution, BlackAndWhite, Tilted, SeveralDocuments}

// Input is one page, with what was found on it; what was not found is empty.
type Input struct {
	Image *raster.Image
	Gray  *raster.Gray // the same in grey
	Scale float64      // pixels of Image for one of the picture as it was sent
	Zone  []ocr.Line   // rows of the machine-readable zone, in pixels of Image
	Pitch float64      // width of the zone's characters, in pixels of Image
	Views []View       // of the documents, the clearest first
}

// View is one document seen straight from above; or the whole page, upright.
type View struct {
	*locate.View
	Document *locate.Document // nil: the whole page
	Text     []textread.Box   // lines of print, in pixels of the view
}

// Measure runs the checks of one page. It takes about 15 ms for a picture of 12
// megapixels.
func Measure(in Input) []report.Check {
	m := &measure{Input: in}
	if len(in.Views) == 0 && in.Image != nil {
		m.Views = []View{{View: &locate.View{Image: in.Image, ToPicture: raster.Identity()}}}
	}
	var all [][]report.Check
	for _, v := range m.Views {
		if v.Image.W < leastSide || v.Image.H < leastSide {
			continue
		}
		s := m.look(v)
		all = append(all, []report.Check{s.dark(), s.bright(), s.glare(), s.blurred(), s.covered(), s.cutOff(), s.resolution(), s.blackAndWhite(), s.tilted()})
	}
	all = append(all, []report.Check{m.several()})
	return worst(measured, all)
}

// leastSide is the size in pixels under which there is nothing to measure.
const leastSide = 32

// measure is the work on one page.
type measure struct{ Input }

// sight is the work on one view.
type sight struct {
	page *measure
	View
	small *raster.Image  // the view, smallWidth wide
	gray  *raster.Gray   // the view at full size
	lines []textread.Box // the print and the rows of the zone
	rows  []textread.Box // the rows of the zone alone
	print []strokes      // of the lines that are clear enough
}

// smallWidth is the width in pixels at which light and colour are judged.
const smallWidth = 400

func (m *measure) look(v View) *sight {
	s := &sight{page: m, View: v, small: shrink(v.Image, smallWidth), lines: slices.Clone(v.Text)}
	if v.Image == m.Image && m.Gray != nil {
		s.gray = m.Gray
	} else {
		s.gray = v.Image.Gray()
	}
	back := v.ToPicture.Inverse()
	for _, row := range m.Zone {
		b := textread.Bounds(back.ApplyQuad(row.Quad()))
		if (b.X0+b.X1)/2 > 0 && (b.X0+b.X1)/2 < float64(v.Image.W) && (b.Y0+b.Y1)/2 > 0 && (b.Y0+b.Y1)/2 < float64(v.Image.H) {
			s.rows = append(s.rows, b)
		}
	}
	s.lines = append(s.lines, s.rows...)
	for _, l := range s.lines {
		if t, ok := examine(s.gray, l); ok {
			s.print = append(s.print, t)
		}
	}
	return s
}

// shrink samples a picture w pixels wide, each the mean of up to 3 by 3 pixels.
// Pictures that are smaller stay as they are.
func shrink(im *raster.Image, w int) *raster.Image {
	if im.W <= w {
		return im
	}
	h := max(1, (im.H*w+im.W/2)/im.W)
	out := raster.New(w, h)
	step := max(1, im.W/w/3)
	for y := range h {
		cy := min(max((2*y+1)*im.H/(2*h), step), im.H-1-step)
		for x := range w {
			cx := min(max((2*x+1)*im.W/(2*w), step), im.W-1-step)
			var r, g, b int
			for j := cy - step; j <= cy+step; j += step {
				for i := cx - step; i <= cx+step; i += step {
					p := im.Pix[3*(j*im.W+i):][:3]
					r, g, b = r+int(p[0]), g+int(p[1]), b+int(p[2])
				}
			}
			q := out.Pix[3*(y*w+x):][:3]
			q[0], q[1], q[2] = uint8((r+4)/9), uint8((g+4)/9), uint8((b+4)/9)
		}
	}
	return out
}

// place returns where a box of the view is on the picture as it was sent.
func (s *sight) place(b textread.Box) report.Quad {
	return s.page.quad(s.ToPicture.ApplyQuad(raster.Rect(b.X0, b.Y0, b.X1, b.Y1)))
}

func (m *measure) quad(q raster.Quad) (out report.Quad) {
	scale := m.Scale
	if scale == 0 {
		scale = 1
	}
	for i, c := range q {
		out[i] = [2]float64{round(c.X/scale, 1), round(c.Y/scale, 1)}
	}
	return out
}

func round(v float64, digits int) float64 {
	k := math.Pow10(digits)
	return math.Round(v*k) / k
}

func skipped(name, why string) report.Check {
	return report.Check{Name: name, Result: report.NotPerformed, Reason: why}
}

// judged is a check of a value against its limits.
func judged(name string, v float64, l limit, fails, warns string) report.Check {
	c := report.Check{Name: name, Result: report.Passed, Evidence: map[string]any{}}
	c.Score = new(round(l.score(v), 3))
	switch l.judge(v) {
	case report.FailedCheck:
		c.Result, c.Reason = report.FailedCheck, fails
	case report.Warning:
		c.Result, c.Reason = report.Warning, warns
	}
	return c
}

var gravity = []report.Outcome{report.NotPerformed, report.Passed, report.Warning, report.FailedCheck}

// worst takes of every name the gravest outcome, and of those the lowest score; a
// check that was performed somewhere was performed.
func worst(names []string, all [][]report.Check) []report.Check {
	var out []report.Check
	for _, name := range names {
		var best *report.Check
		for _, list := range all {
			for i := range list {
				if c := &list[i]; c.Name == name && (best == nil || graver(*c, *best)) {
					best = c
				}
			}
		}
		if best != nil {
			out = append(out, *best)
		}
	}
	return out
}

func graver(a, b report.Check) bool {
	x, y := slices.Index(gravity, a.Result), slices.Index(gravity, b.Result)
	if x != y {
		return x > y
	}
	if a.Result == report.NotPerformed {
		return true // the last says why
	}
	return a.Score != nil && b.Score != nil && *a.Score < *b.Score
}
