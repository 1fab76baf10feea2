// Package textread reads the printed text of a document: every line with its
// place, its script and how sure the reading is.
//
// It works on an upright view of the document and knows characters only. What a
// line means (a label, a value, a title) belongs to classify and extract; the
// machine-readable zone has a reader of its own in mrzread.
package textread

import "strings"

// Script is the writing system of a line.
type Script string

// The scripts that are read. Other is text in a script that is found but not read.
const (
	Latin    Script = "Latn"
	Cyrillic Script = "Cyrl"
	Greek    Script = "Grek"
	Other    Script = "Zyyy"
)

// Box is an upright rectangle in pixels of the view: X0 ≤ X1 to the right, Y0 ≤ Y1 down.
type Box struct {
	X0 float64 `json:"x0"`
	Y0 float64 `json:"y0"`
	X1 float64 `json:"x1"`
	Y1 float64 `json:"y1"`
}

// Line is one line of printed text.
type Line struct {
	Text       string  `json:"text"`
	Confidence float64 `json:"confidence"` // mean probability of its characters, 0 to 1
	Script     Script  `json:"script"`
	Box        Box     `json:"box"`
	// At[i] is where the i-th rune of Text stands, X in pixels of the view.
	At []float64 `json:"at"`

	strange bool // some letters are of a script that is not read
}

// ZoneLike tells whether the line may be one of a machine-readable zone: fillers,
// or a long run of capitals and digits.
func (l *Line) ZoneLike() bool {
	const (
		fillers = 3
		long    = 22 // the shortest line of a zone has 30 characters
	)
	run := 0
	for _, c := range l.Text {
		switch {
		case c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '<':
			run++
		case c >= 'a' && c <= 'z':
			run--
		}
	}
	return strings.Count(l.Text, "<") >= fillers || run >= long && strings.Count(l.Text, " ") <= 3
}

// Page is all text of one view in reading order: from top to bottom, and what
// stands on one level from left to right.
type Page struct {
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Lines  []Line `json:"lines"`
}
