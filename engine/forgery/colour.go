package forgery

import (
	"context"
	"math"
)

// greyscale finds a picture without colours: a photocopy, or a scan in grey.
// Issuers print all their documents in colours. Cost: 10 ms for 12 megapixels.
// Values are one minus the mean colourfulness over that of weak colours, 0 to 1.
func greyscale(_ context.Context, e *Evidence) (Finding, error) {
	const step = 8
	pix := e.Picture.Pix
	var sum, n, tint float64
	var mean [3]float64
	for y := 0; y < e.Picture.H; y += step {
		for x := 0; x < e.Picture.W; x += step {
			p := pix[3*(y*e.Picture.W+x):]
			for c := range 3 {
				mean[c] += float64(p[c])
			}
			n++
		}
	}
	for c := range mean {
		mean[c] /= max(n, 1)
	}
	// A tint over all, by lamp light or old paper, is no colour of its own.
	m := (mean[0] + mean[1] + mean[2]) / 3
	tint = max(math.Abs(mean[0]-m), math.Abs(mean[1]-m), math.Abs(mean[2]-m))
	for y := 0; y < e.Picture.H; y += step {
		for x := 0; x < e.Picture.W; x += step {
			p := pix[3*(y*e.Picture.W+x):]
			l := (float64(p[0]) + float64(p[1]) + float64(p[2])) / 3
			k := l / max(m, 1)
			a := math.Abs(float64(p[0]) - l - (mean[0]-m)*k)
			b := math.Abs(float64(p[2]) - l - (mean[2]-m)*k)
			sum += max(a, b)
		}
	}
	c := sum / max(n, 1)
	const weak = 6
	return Finding{
		Value:       round3(max(0, 1-c/weak)),
		Description: "The picture has no colours: it may show a photocopy.",
		Metadata:    map[string]any{"colourfulness": round3(c), "tint": round3(tint)},
	}, nil
}
