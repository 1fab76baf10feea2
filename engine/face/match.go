package face

import (
	"context"
	"math"

	"idproof/engine/raster"
)

// Result of a comparison; the names are the interface's.
type Result string

// What a comparison can say.
const (
	Match       Result = "Match"
	NoMatch     Result = "NoMatch"
	NotPossible Result = "NotPossible"
)

// Subject is one side of a comparison: the most prominent face of a picture.
type Subject struct {
	Faces    []Face // most prominent first; empty when none was found
	Quality  Quality
	Template Template // nil when there is no face or it cannot be compared
	Reason   string   // why Template is nil

	crop   *raster.Image // the aligned face; nil as Template
	region *region       // likewise
	eyes   float64       // pixels between them, on the picture
}

// Subject finds and embeds the most prominent face of a picture of a person.
func (r *Reader) Subject(ctx context.Context, p *Picture) (*Subject, error) {
	faces, err := r.Find(ctx, p, Person)
	if err != nil {
		return nil, err
	}
	return r.subject(ctx, p, faces)
}

// subject embeds the first of the faces.
func (r *Reader) subject(ctx context.Context, p *Picture, faces []Face) (s *Subject, err error) {
	s = &Subject{Faces: faces, Reason: ReasonNoFace}
	if len(faces) == 0 {
		return s, nil
	}
	s.Quality = Assess(p, &faces[0], faces[1:])
	ok, reason := s.Quality.Usable()
	if s.Reason = reason; !ok {
		return s, nil
	}
	s.crop, s.region, s.eyes = Align(p, &faces[0]), regionOf(p, &faces[0]), faces[0].EyeDistance()
	s.Template, err = r.embed(ctx, s.crop)
	return s, err
}

// Comparison is what two subjects have to do with each other.
type Comparison struct {
	Result Result
	Reason string // of NotPossible
	// Similarity is the cosine, -1 to 1; of small faces ([Reader.Compare]) it is
	// brought to the same scale.
	Similarity float64
	// Score is 0 to 100 in steps of rarity: every 12.5 points are ten times
	// fewer strangers. 50 is reached by one pair of strangers in 10,000.
	Score float64
	// FalseMatchRate is the part of strangers that would reach this similarity,
	// extrapolated as described in docs/faces.md.
	FalseMatchRate float64
}

// Strangers were measured on the development pairs and on further pairs across
// their sources. Their similarities are near a normal distribution; the tail is
// taken wider than the sample's, to be on the safe side (docs/faces.md).
const (
	strangersMean   = 0.03
	strangersSpread = 0.108
)

// SamePicture is the similarity from which two faces are of one photograph. A
// photograph that was photographed again is as similar as this in nineteen of
// twenty cases; two pictures of a person in one in a hundred, all of them of one
// sitting (docs/faces.md).
const SamePicture = 0.935

// DefaultFalseMatchRate is the threshold of [Compare]: one in 10,000.
const DefaultFalseMatchRate = 1e-4

// Threshold is the score from which a match has at most this false-match rate.
func Threshold(falseMatchRate float64) float64 { return scoreOf(falseMatchRate) }

// scoreOf is the score of a false-match rate.
func scoreOf(rate float64) float64 { return clamp(-12.5*math.Log10(max(rate, 1e-30)), 0, 100) }

// ScoreOf is the score of a similarity.
func ScoreOf(similarity float64) float64 { return scoreOf(rateOf(similarity)) }

// SimilarityOf is the similarity that a part of strangers reaches.
func SimilarityOf(rate float64) float64 {
	return strangersMean + strangersSpread*math.Sqrt2*math.Erfinv(1-2*clamp(rate, 1e-15, 0.5))
}

// rateOf is the part of strangers at least this similar.
func rateOf(similarity float64) float64 {
	return math.Erfc((similarity-strangersMean)/strangersSpread/math.Sqrt2) / 2
}

// Compare compares two subjects at a threshold given as a false-match rate; 0
// means [DefaultFalseMatchRate].
func Compare(a, b *Subject, falseMatchRate float64) Comparison {
	for _, s := range []*Subject{a, b} {
		if s.Template == nil {
			return Comparison{Result: NotPossible, Reason: s.Reason}
		}
	}
	return comparison(a.Template.Similarity(b.Template), falseMatchRate)
}

// comparison says what a similarity means.
func comparison(similarity, falseMatchRate float64) Comparison {
	if falseMatchRate <= 0 {
		falseMatchRate = DefaultFalseMatchRate
	}
	c := Comparison{Result: NoMatch, Similarity: similarity}
	c.FalseMatchRate = rateOf(c.Similarity)
	c.Score = scoreOf(c.FalseMatchRate)
	if c.FalseMatchRate <= falseMatchRate {
		c.Result = Match
	}
	return c
}
