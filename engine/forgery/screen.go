package forgery

import (
	"context"
	"slices"
)

// looksLikeScreen asks a network that was trained on drawn photographs of screens
// and of things whether the whole picture looks like a screen: its edge and what a
// viewer draws around a picture, black that glows, light that falls off (see
// training/screens). [screenRecaptured] sees the lattice, this what lies around it.
// Cost: 40 ms and the decoded picture's reduction.
func looksLikeScreen(ctx context.Context, e *Evidence) (Finding, error) {
	if e.Screens == nil {
		return Finding{}, skipError("the network is not at hand")
	}
	if e.Picture.Format == "pdf" {
		return Finding{}, skipError("a PDF page is drawn, not photographed")
	}
	seen, err := e.Screens.Look(ctx, e.Picture.Image)
	if err != nil {
		return Finding{}, err
	}
	return Finding{
		Value:       round3(seen.Logit),
		Description: "The picture as a whole looks like a screen that was photographed.",
		Metadata:    map[string]any{"logit": round3(seen.Logit)},
		Picture: func() []byte {
			heat := slices.Clone(seen.Places)
			top := max(slices.Max(heat), 1e-6)
			for i := range heat {
				heat[i] /= top
			}
			return e.heatMap(heat, seen.Cols, len(heat)/seen.Cols)
		},
	}, nil
}
