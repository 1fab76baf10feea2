package face

import (
	"context"
	"math"

	"idproof/engine/raster"
)

// Portraits are the faces of a document.
type Portraits struct {
	Main   *Subject // the holder's portrait
	Ghosts []Ghost  // smaller or paler pictures beside it
}

// Ghost is a further face of the document.
type Ghost struct {
	Face       Face
	Contrast   float64 // of the ghost over that of the main portrait
	Size       float64 // likewise, of the eye distances
	Comparison Comparison
	Likeness   Likeness
}

// Likeness says whether a ghost shows the holder. It is another question than
// whether two photographs show the same person: a ghost is made of the very
// picture that the portrait is, so it looks far more alike.
type Likeness string

// The answers.
const (
	SameFace  Likeness = "same"
	OtherFace Likeness = "differs"
	Unclear   Likeness = "unclear"
)

// Limits of [Likeness]. Measured on drawn documents, portraits against smaller
// ones of the same picture and of others, eyes 13 pixels apart and more
// (docs/faces.md): the least alike of the same were at 0.48, and 96 % of the
// others below otherBelow.
const (
	otherBelow = 0.25
	leastGhost = 12   // pixels between the eyes from which a ghost can differ
	faintest   = 0.25 // likewise, its contrast over the portrait's
)

// likeness judges a ghost; what is too small or pale to be made out is unclear.
func (g *Ghost) likeness() Likeness {
	c := g.Comparison
	switch {
	case c.Result == NotPossible:
		return Unclear
	case c.Result == Match:
		return SameFace
	case c.Similarity < otherBelow && g.Face.EyeDistance() >= leastGhost && g.Contrast >= faintest:
		return OtherFace
	}
	return Unclear
}

// Portraits finds the portrait and the ghost portraits of a document that was
// straightened: the portrait is the larger and stronger one.
func (r *Reader) Portraits(ctx context.Context, im *raster.Image) (*Portraits, error) {
	p := NewPicture(im)
	faces, err := r.Find(ctx, p, Document)
	if err != nil {
		return nil, err
	}
	if len(faces) == 0 {
		return &Portraits{Main: &Subject{Reason: ReasonNoFace}}, nil
	}
	best, most := 0, 0.0
	contrast := make([]float64, len(faces))
	for i := range faces {
		contrast[i] = spread(p, &faces[i])
		// Twice as large outweighs half the contrast.
		if w := faces[i].EyeDistance() * math.Sqrt(max(contrast[i], 1)) * faces[i].Score * min(1, faces[i].Steady/steadyEnough); w > most {
			best, most = i, w
		}
	}
	faces[0], faces[best] = faces[best], faces[0]
	contrast[0], contrast[best] = contrast[best], contrast[0]
	out := &Portraits{}
	if out.Main, err = r.subject(ctx, p, faces); err != nil {
		return nil, err
	}
	// A ghost portrait beside it is no second person.
	out.Main.Quality.Alone = 1
	for i := 1; i < len(faces); i++ {
		s, err := r.subject(ctx, p, faces[i:i+1])
		if err != nil {
			return nil, err
		}
		g := Ghost{
			Face:       faces[i],
			Contrast:   contrast[i] / max(contrast[0], 1),
			Size:       faces[i].EyeDistance() / max(faces[0].EyeDistance(), 1),
			Comparison: Compare(out.Main, s, 0),
		}
		g.Likeness = g.likeness()
		out.Ghosts = append(out.Ghosts, g)
	}
	return out, nil
}

// spread is the standard deviation of the face's brightness.
func spread(p *Picture, f *Face) float64 {
	g := Align(p, f).Gray().Crop(20, 24, 92, 104)
	var s, q float64
	for _, v := range g.Pix {
		s += float64(v)
		q += float64(v) * float64(v)
	}
	n := float64(len(g.Pix))
	return math.Sqrt(max(0, q/n-s*s/n/n))
}
