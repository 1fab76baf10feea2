package forgery

import (
	"context"

	"idproof/report"
)

// ghosts are the second pictures of the holder on the page.
func (e *Evidence) ghosts() ([]report.Portrait, error) {
	s := e.summary()
	if s == nil || len(s.Portraits) == 0 {
		return nil, skipError("no portrait was found")
	}
	var out []report.Portrait
	for _, p := range s.Portraits {
		if p.Ghost && p.Page == e.Page {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return nil, skipError("the page has no second picture of the holder that can be made out")
	}
	return out, nil
}

// ghostDiffers finds a second picture of the holder that shows another face: who
// exchanges the portrait forgets the ghost, or cannot change it. Faces are compared
// by package face, whose "differs" is far below any ghost of the same picture that
// was drawn; the value is how far: 0 at its limit of 0.25, 1 at a similarity of 0
// and below. A document on which another ghost does show the holder has a face
// among its figures, and measures nothing. Cost: none, the faces were compared.
func ghostDiffers(_ context.Context, e *Evidence) (Finding, error) {
	all, err := e.ghosts()
	if err != nil {
		return Finding{}, err
	}
	f := Finding{Description: "The smaller picture of the holder on the document shows another face than the portrait.", Metadata: map[string]any{}}
	seen := false
	var odd report.Portrait
	for _, g := range all {
		switch g.Likeness {
		case "same":
			return Finding{Metadata: map[string]any{}}, nil
		case "differs":
			seen = true
			if v := min(1, max(0.001, 1-g.Similarity/0.25)); v > f.Value {
				f.Value, odd = v, g
			}
		}
	}
	if !seen {
		return Finding{}, skipError("the second picture of the holder is too small or too pale to be compared")
	}
	f.Value = round3(f.Value)
	f.Metadata["similarity"] = round3(odd.Similarity)
	f.Metadata["contrast"] = round3(odd.Contrast)
	f.Regions = []report.Quad{odd.Region}
	f.Picture = func() []byte { return e.crop(odd.Region) }
	return f, nil
}

// ghostAgrees notices that a second picture shows the holder. It counts for
// nothing: whoever forges with care forges both, as the makers of FantasyID did.
func ghostAgrees(_ context.Context, e *Evidence) (Finding, error) {
	all, err := e.ghosts()
	if err != nil {
		return Finding{}, err
	}
	f := Finding{Description: "The smaller picture of the holder on the document shows the face of the portrait.", Metadata: map[string]any{}}
	for _, g := range all {
		if g.Likeness == "same" && g.Similarity > f.Value {
			f.Value = round3(g.Similarity)
			f.Regions = []report.Quad{g.Region}
			f.Picture = func() []byte { return e.crop(g.Region) }
		}
	}
	return f, nil
}
