package quality

import "idproof/report"

// limit is where a measure begins to be poor and where it fails. Fail below Warn
// means that more is better.
type limit struct{ Warn, Fail float64 }

// The limits. They were set from what readers need, and then so that hardly any
// good picture of the development set is warned of.
var (
	// Paper: the luma, 0 to 255, that three hundredths of the document exceed. Paper
	// photographed in good light has 150 and more.
	paperLuma = limit{95, 50}
	// Ink: the luma of the print where the paper is all white. It has 20 to 80, and fades
	// where too much light fell on the sensor.
	inkLuma = limit{115, 150}
	// The share of a reflection in the document.
	glareShare = limit{0.004, 0.04}
	// Standard deviation of the blur over the height of a line of print. Strokes of
	// letters merge at a tenth.
	blurRatio = limit{0.07, 0.097}
	// Pixels for a millimetre of the document. At the first a card is 430 pixels wide
	// and small print can be read; at the second, characters of the machine-readable
	// zone (2.54 mm) are 6 pixels wide, and are misread.
	perMillimetre = limit{5, 2.2}
	// Width in pixels of a character of the machine-readable zone.
	zonePitch = limit{8, 6}
	// Degrees between the document and the picture.
	tilt = limit{28, 42}
	// The share of the document that the picture leaves out.
	outside = limit{0.015, 0.1}
	// How far a finger reaches into the document, as a share of its width.
	fingerReach = limit{0.03, 0.15}
	// The strength of the colours, as a distance in Cb and Cr from the document's mean
	// colour that a fiftieth of it exceeds. A document without colours may be meant to be so:
	// this never fails.
	colour = limit{5, -1}
)

func (l limit) judge(v float64) report.Outcome {
	if l.Fail < l.Warn {
		l, v = limit{-l.Warn, -l.Fail}, -v
	}
	switch {
	case v >= l.Fail:
		return report.FailedCheck
	case v >= l.Warn:
		return report.Warning
	}
	return report.Passed
}

// score is 0.5 where warnings begin and 0 from where it fails. It is 1 for no fault at
// all, or, where more is better, as far from warnings as these are from failing.
func (l limit) score(v float64) float64 {
	if l.Fail > l.Warn && v < l.Warn {
		return 1 - 0.5*max(0, v)/l.Warn
	}
	return max(0, min(1, 0.5*(v-l.Fail)/(l.Warn-l.Fail)))
}
