package forgery

import (
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
	fine := sorted(tiles, func(t tileSpectrum) float64 { return t.fine })
	middle := sorted(tiles, func(t tileSpectrum) float64 { return t.middle })
	colour := sorted(tiles, func(t tileSpectrum) float64 { return t.colour })
	f := Finding{
		Value:       round3(fine[len(fine)*3/4]),
		Description: "The picture shows the pattern of a screen that was photographed.",
		Metadata: map[string]any{
			"fine": round3(fine[len(fine)*3/4]), "fine_most": round3(fine[len(fine)-1]), "fine_half": round3(fine[len(fine)/2]),
			"middle": round3(middle[len(middle)*3/4]), "middle_most": round3(middle[len(middle)-1]), "middle_half": round3(middle[len(middle)/2]),
			"colour": round3(colour[len(colour)*3/4]), "colour_most": round3(colour[len(colour)-1]), "colour_half": round3(colour[len(colour)/2]),
		},
	}
	best := slices.MaxFunc(tiles, func(a, b tileSpectrum) int { return int(1000 * (a.fine - b.fine)) })
	f.Regions = append(f.Regions, e.region(float64(best.x), float64(best.y), float64(best.x+tile), float64(best.y+tile)))
	f.Picture = best.draw
	return f, nil
}

func sorted(tiles []tileSpectrum, of func(tileSpectrum) float64) []float64 {
	var v []float64
	for _, t := range tiles {
		v = append(v, of(t))
	}
	slices.Sort(v)
	return v
}
