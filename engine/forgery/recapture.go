package forgery

import (
	"cmp"
	"context"
	"slices"
)

// screenRecaptured finds the photograph of a screen: its pixels and the camera's
// beat against each other (moiré), in brightness and, because a screen's colours
// stand beside each other, in colour too (Patel et al., "Secure Face Unlock: Spoof
// Detection on Smartphones", 2016; Garcia and de Queiroz, "Face-Spoofing 2D-Detection
// Based on Moiré-Pattern Analysis", 2015). Cost: 80 ms whatever the size.
func screenRecaptured(_ context.Context, e *Evidence) (Finding, error) {
	tiles, err := e.spectra()
	if err != nil {
		return Finding{}, err
	}
	line := func(t tileSpectrum) float64 { return max(t.fine, t.middle) }
	best := slices.MaxFunc(tiles, func(a, b tileSpectrum) int { return cmp.Compare(line(a), line(b)) })
	tint := slices.MaxFunc(tiles, func(a, b tileSpectrum) int { return cmp.Compare(a.colour, b.colour) }).colour
	f := Finding{
		Value:       round3(line(best) + tint),
		Description: "The picture shows the pattern of a screen that was photographed.",
		Metadata:    map[string]any{"line": round3(line(best)), "colour": round3(tint)},
	}
	f.Regions = append(f.Regions, e.region(float64(best.x), float64(best.y), float64(best.x+tile), float64(best.y+tile)))
	f.Picture = best.draw
	return f, nil
}
