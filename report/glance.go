package report

// Glance is what a quick look at one picture tells, within a second or so of its
// coming and before the document is read: enough to ask for a better picture
// while the person still holds the document. It decides nothing; the analysis
// looks for itself.
type Glance struct {
	Width, Height int   // of the picture, upright, in pixels; regions of Checks are in these
	Quad          *Quad // of the document; nil: none stands out
	Text          bool  // lines of text are there; true for a face, which needs none
	// Type is the document's, as of [Document], and Issuer its issuing country's code
	// (ICAO 9303-3), as printed; both empty unless the picture is plain about it.
	Type, Issuer string
	// Sides are those that the picture shows: front, back or booklet; empty where
	// that is not known.
	Sides  []string
	Checks []Check // of the picture's quality
}
