package forgery

import (
	"context"
	"math"
)

// halftone finds a printed picture: printers build colours of a screen of dots, so
// that the spectrum has lines at one distance from the middle in two crossing
// directions, the same in most tiles (Lampert, Mei and Breuel, "Printing Technique
// Classification for Document Counterfeit Detection", 2006). Security print has
// lines too, but curved, so that they do not agree from tile to tile. Values are
// the share of tiles in which a line stands out where it does in others, times its
// height. It needs a picture that resolves the dots: some 300 a inch of the
// document. Cost: none beside the spectra.
func halftone(_ context.Context, e *Evidence) (Finding, error) {
	tiles, err := e.spectra()
	if err != nil {
		return Finding{}, err
	}
	const (
		least = 4
		high  = 3.0
	)
	if len(tiles) < least {
		return Finding{}, skipError("the picture is too small")
	}
	mean := make([]float64, tile*tile)
	for _, t := range tiles {
		for i, v := range t.power {
			mean[i] += min(log32(v), high) / float64(len(tiles))
		}
	}
	var best float64
	var at [2]float64
	for v := range tile {
		fv := frequency(v)
		for u := range tile/2 + 1 {
			fu := frequency(u)
			r := math.Hypot(fu, fv)
			if r < 0.08 || math.Abs(fu) < 0.02 || math.Abs(fv) < 0.02 || ownLine(fu, fv) {
				continue // screens of dots are turned; texture is level or upright
			}
			// The line at a right angle, with the same period.
			a, b := mean[v*tile+u], mean[bin(-fu)*tile+bin(fv)]
			if m := math.Min(a, b); m > best {
				best, at = m, [2]float64{fu, fv}
			}
		}
	}
	f := Finding{
		Value:       round3(best),
		Description: "The picture shows the dots of a printer.",
		Metadata:    map[string]any{"dots_a_pixel": round3(math.Hypot(at[0], at[1]))},
		Picture:     tiles[len(tiles)/2].draw,
	}
	return f, nil
}

// bin is the line of the spectrum for a frequency.
func bin(f float64) int { return (int(math.Round(f*tile)) + tile) % tile }
