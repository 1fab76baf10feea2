// Package mrzread finds and reads the machine-readable zone on a picture.
//
// It finds stacked rows of text in any direction, straightens them, has one or
// more networks recognise them, and decodes the networks' probabilities under
// the grammar of ICAO 9303: known lengths, an alphabet for each position,
// months and states that exist, and check digits solved exactly. So the most
// probable legal reading wins, unless the pixels clearly say otherwise: a
// document that prints a wrong digit is read as it is printed.
//
// The package gives characters and how sure it is of them; what they mean is
// mrz's, and what follows from them is checks'.
package mrzread

import (
	"context"

	"idproof/engine/ocr"
	"idproof/engine/raster"
	"idproof/mrz"
)

// Reading is a machine-readable zone as it is printed.
type Reading struct {
	Layout *mrz.Layout
	Lines  []string
	Rows   []ocr.Line // where each line is, in reading direction, in pixels of the picture
	// Spans[i] is where line i's characters begin and end along its row, in
	// pixels from the row's centre.
	Spans [][2]float64
	// Confidence[i][j] is the posterior probability of Lines[i][j].
	Confidence [][]float64
	Repairs    []Repair
	// Pitch is the width of a character in pixels of the picture.
	Pitch float64
	// Certain is false when a character was ambiguous, repaired or too small.
	Certain bool
	// LogLik is the mean log-probability of a character: 0 is perfect.
	LogLik float64

	// sound: every character is clear and every check digit is right as read.
	sound bool
	wrong int     // check digits that are not right
	score float64 // nats by which it explains the picture
	seen  []seen
}

// Repair is a character that the check digits, a date or a state code decided
// against the recogniser's own first choice.
type Repair struct {
	Line, Pos  int
	Read, Made byte
	Cost       float64 // nats that the pixels speak against it
}

// Eye is a recogniser with the size of type that it reads best.
type Eye struct {
	*ocr.Recognizer
	Pitch float64 // width of a character in a strip, in pixels
}

// Reader finds and reads zones. It is safe for concurrent use.
type Reader struct {
	eyes     []Eye
	grammars grammars
}

// NewReader returns a reader that merges the given recognisers, the best first.
func NewReader(eyes ...Eye) *Reader { return &Reader{eyes, newGrammars()} }

const (
	// A line is part of a zone if a character's mean log-probability is above this.
	leastLogLik = -0.8
	// A zone this clear needs no second look, and no other row can beat it.
	clearly = -0.35
	// A line that is alone has a mean confidence of its characters above the
	// first, or above the second if its check digit is right.
	clearSingle = 0.93
	leastSingle = 0.75
	// A row whose text is less like a zone's is not looked at again.
	leastLikeness = 0.55
	// A character read explains the picture: worth this many nats against a
	// structure that leaves it unexplained.
	worth = 2.2
	// Below this pitch no reading is certain: at 5 pixels most wrong readings
	// pass every check.
	leastPitch = 6
	// A certain reading has no checked character below the first, and no other
	// below the second.
	sureChecked  = 0.80
	sureAnywhere = 0.60
	// A reading of one recogniser needs no other if no character is below this.
	sureEverywhere = 0.90
)

// Read returns the zone on the picture whose lines of text have been found, or
// nil if there is none.
func (r *Reader) Read(ctx context.Context, im *raster.Gray, found []ocr.Line) (*Reading, error) {
	h := &hunt{r: r, im: im, rows: rows(found), glances: map[int]glance{}}
	var best *Reading
	bestScore := 0.0
	tried := map[int]bool{}
	for _, w := range windows(h.rows) {
		if len(h.glances) >= mostRows {
			break
		}
		anchor, err := h.anchor(ctx, w)
		if err != nil {
			return nil, err
		}
		if anchor < 0 || tried[anchor] {
			continue
		}
		for _, i := range w {
			tried[i] = true
		}
		got, score, err := h.read(ctx, anchor)
		if err != nil {
			return nil, err
		}
		if got != nil && score > bestScore {
			best, bestScore = got, score
		}
		if best != nil && best.LogLik > clearly {
			break
		}
	}
	return best, nil
}

// Clear tells whether no closer look is needed.
func (r *Reading) Clear() bool { return r != nil && r.LogLik > clearly }

// Better tells whether the reading explains its picture better than another of
// the same document does; any is better than none.
func (r *Reading) Better(other *Reading) bool {
	return r != nil && (other == nil || r.score > other.score)
}

// Through returns the reading as it stands on another picture, onto which h
// maps points of the picture it was made on.
func (r *Reading) Through(h raster.Homography) *Reading {
	out := *r
	out.Rows, out.Spans = make([]ocr.Line, len(r.Rows)), make([][2]float64, len(r.Spans))
	var scale float64
	for i, row := range r.Rows {
		out.Rows[i] = row.Through(h)
		f := out.Rows[i].Length / row.Length
		out.Spans[i] = [2]float64{r.Spans[i][0] * f, r.Spans[i][1] * f}
		scale += f / float64(len(r.Rows))
	}
	out.Pitch *= scale
	out.Certain = out.Certain && out.Pitch >= leastPitch
	return &out
}

// Region is the place of the characters from (inclusive) to (exclusive) of a
// line: its corners in reading order, in pixels of the picture.
func (r *Reading) Region(line, from, to int) raster.Quad {
	row := r.Rows[line]
	w := (r.Spans[line][1] - r.Spans[line][0]) / float64(len(r.Lines[line]))
	x0, x1 := r.Spans[line][0]+float64(from)*w, r.Spans[line][0]+float64(to)*w
	y := row.Height / 2
	return raster.Quad{row.At(x0, -y), row.At(x1, -y), row.At(x1, y), row.At(x0, y)}
}

// LeastConfidence is the lowest confidence among the characters from
// (inclusive) to (exclusive) of a line; 1 if there are none.
func (r *Reading) LeastConfidence(line, from, to int) float64 {
	v := 1.0
	for _, c := range r.Confidence[line][from:to] {
		v = min(v, c)
	}
	return v
}

// Quality is the mean confidence of all characters.
func (r *Reading) Quality() float64 {
	var sum, n float64
	for _, line := range r.Confidence {
		for _, c := range line {
			sum += c
			n++
		}
	}
	return float64(int(sum/max(n, 1)*1000+0.5)) / 1000
}
