// Package locate finds the documents in a picture: where their corners are, of
// which format they are, and how they look straightened.
//
// It finds shapes and nothing more: what a document is, and whether a sheet with
// text on it is an identity document at all, is for classify to say. Reading
// belongs to mrzread and textread; what they found helps here as [Hints].
//
// A document is a rectangle of a standard size that bears text, seen by a camera.
// Straight lines of the picture, its frame and the sides that a machine-readable
// zone implies are combined to quadrilaterals, and what stands straight on one colour
// joins them (see layout.go); the one wins that is best supported by edges on all
// sides, by the text that it holds and does not cut, and by what a pinhole camera can
// make of a rectangle (see score.go).
package locate

import (
	"math"

	"idproof/engine/ocr"
	"idproof/engine/raster"
	"idproof/mrz"
)

// Format is a size of documents.
type Format string

// The formats, with the size of the document as it is read.
const (
	Unknown Format = ""
	ID1     Format = "ID-1"    // 85.60 × 53.98 mm, ISO/IEC 7810: cards
	ID2     Format = "ID-2"    // 105 × 74 mm, ISO/IEC 7810: large cards, visas of type B
	ID3     Format = "ID-3"    // 125 × 88 mm, ISO/IEC 7810: a page of a passport
	Booklet Format = "booklet" // two pages of ID-3, one above the other: 125 × 176 mm
	A4      Format = "A4"      // 210 × 297 mm, ISO 216, upright
)

// Size returns width and height in millimetres as the document is read; zeros for
// [Unknown].
func (f Format) Size() (w, h float64) {
	switch f {
	case ID1:
		return 85.60, 53.98
	case ID2:
		return 105, 74
	case ID3:
		return 125, 88
	case Booklet:
		return 125, 176
	case A4:
		return 210, 297
	}
	return 0, 0
}

// Document is one document in a picture.
type Document struct {
	// Quad has the corners in pixels of the picture: top-left, top-right,
	// bottom-right, bottom-left as the document is read. Corners may lie outside the
	// picture that cuts them off.
	Quad   raster.Quad
	Format Format
	// Aspect is the document's width over its height, perspective removed.
	Aspect float64
	// Confidence is between 0 and 1: above 0.5 the document is rather there than not.
	Confidence float64
	// Whole: the picture is the document and nothing else, as scanners deliver it, and
	// not on its side.
	Whole bool
	// Oriented: the way up is known. Otherwise the top side runs along the text where
	// there is text, and may as well be the bottom.
	Oriented bool
}

// Hints is what is already known about a picture; all of it may be missing.
type Hints struct {
	Lines      []ocr.Line // the lines of text, in pixels of the picture
	Zone       []ocr.Line // rows of a machine-readable zone, in their reading direction
	ZoneFormat mrz.Format
}

// workSide is the longer side, in pixels, of the copy on which shapes are found.
const workSide = 400

// Find returns the documents of a picture, the best first; none if there is no
// document. It needs text to believe in one: of a picture without hints nothing is
// found. It takes 35 to 60 ms and 8 MB for a picture of 12 megapixels.
//
// Of an open booklet with a machine-readable zone the page with the zone comes first.
func Find(im *raster.Image, hints Hints) []Document {
	if im.W < 32 || im.H < 32 {
		return nil
	}
	s := newSearch(im, hints)
	var found []candidate
	var out []Document
	for len(out) < mostDocuments {
		c, ok := s.next(found)
		if !ok {
			break
		}
		found = append(found, c)
		out = append(out, s.document(c))
	}
	return out
}

// mostDocuments are looked for in one picture.
const mostDocuments = 4

// View is a document seen straight from above.
type View struct {
	Image     *raster.Image
	ToPicture raster.Homography // from pixels of the view to pixels of the picture
}

const (
	// A view's width: that of the document in the picture within these bounds, in
	// pixels. An ID-1 card of 1000 pixels has 12 pixels for a millimetre.
	leastView, mostView = 640, 1600
)

// View returns the document upright and straightened, at its true aspect.
func (d Document) View(im *raster.Image) *View {
	wide := max(dist(d.Quad[0], d.Quad[1]), dist(d.Quad[3], d.Quad[2]))
	high := max(dist(d.Quad[0], d.Quad[3]), dist(d.Quad[1], d.Quad[2]))
	aspect := d.Aspect
	if !(aspect > 0.05 && aspect < 20) {
		aspect = wide / max(high, 1)
	}
	w := max(wide, high*aspect)
	w = min(max(w, leastView*min(1, aspect)), mostView, mostView*aspect)
	vw, vh := max(8, int(w+0.5)), max(8, int(w/aspect+0.5))
	if d.Whole && im.W <= mostView {
		return &View{im, raster.Identity()}
	}
	h := raster.QuadToRect(d.Quad, vw, vh)
	return &View{im.Warp(h, vw, vh), h}
}

func dist(a, b raster.Point) float64 { return math.Hypot(a.X-b.X, a.Y-b.Y) }
