package face

import (
	"context"
	"math"

	"idproof/engine/raster"
)

// Small portraits. A face whose eyes are a dozen pixels apart has lost what the
// network tells people by, and lies as far from its own sharp picture as from
// strangers'. Two things help, measured in docs/faces.md: a sharpened crop, and
// a selfie that was reduced to as few pixels, so that both have lost the same.
// Strangers then look a little more alike, so these comparisons have a scale of
// their own. Above these sizes neither helps.
const (
	smallEyes = 15.0 // pixels between the eyes below which a face is small
	// larger is how many times as far apart the eyes of the other face must be:
	// where both have few pixels, both have lost the same already.
	larger = 1.5
	// The similarities of strangers, as strangersMean and strangersSpread.
	smallMean   = 0.062
	smallSpread = 0.117
)

// Compare compares two subjects as the function of that name does, and looks
// once more at both where one of them is small.
func (r *Reader) Compare(ctx context.Context, a, b *Subject, falseMatchRate float64) (Comparison, error) {
	if b.eyes < a.eyes {
		a, b = b, a
	}
	if a.crop == nil || b.crop == nil || a.eyes >= smallEyes || b.eyes < larger*a.eyes {
		return Compare(a, b, falseMatchRate), nil
	}
	sharp, err := r.embed(ctx, sharpened(a.crop))
	if err != nil {
		return Comparison{}, err
	}
	coarse, err := r.embed(ctx, b.region.reduced(a.eyes))
	if err != nil {
		return Comparison{}, err
	}
	return comparison(strangersMean+strangersSpread*(sharp.Similarity(coarse)-smallMean)/smallSpread, falseMatchRate), nil
}

// region is the surroundings of a face, not turned, with its five points: what a
// picture with fewer pixels is made of.
type region struct {
	*raster.Image

	five [5]raster.Point
}

const regionEyes = 48.0 // pixels between the eyes of a region, at most

func regionOf(p *Picture, f *Face) *region {
	side := 4 * regionEyes
	step := max(1, f.EyeDistance()/regionEyes)
	h := around(middle(f.Points[:]...), 0, step, step, side, side)
	r := &region{Image: p.sample(h, int(side), int(side)), five: f.five()}
	back := h.Inverse()
	for i, at := range r.five {
		r.five[i] = back.Apply(at)
	}
	return r
}

// reduced is the face aligned after the picture was reduced until its eyes were
// so many pixels apart: that way round, because the camera's grid was not
// aligned either.
func (r *region) reduced(eyes float64) *raster.Image {
	k := min(1, eyes/distance(r.five[0], r.five[1]))
	small := r.Resize(max(8, int(math.Round(k*float64(r.W)))), max(8, int(math.Round(k*float64(r.H)))))
	points := r.five
	for i := range points {
		points[i].X *= float64(small.W) / float64(r.W)
		points[i].Y *= float64(small.H) / float64(r.H)
	}
	return small.Warp(similarity(featurePoints, points[:]), featureSide, featureSide)
}

// sharpened adds to an aligned face what a blur of 2 pixels takes from it.
func sharpened(crop *raster.Image) *raster.Image {
	const sigma, reach = 2.0, 6
	var kernel [2*reach + 1]float64
	var sum float64
	for i := range kernel {
		kernel[i] = math.Exp(-float64((i-reach)*(i-reach)) / (2 * sigma * sigma))
		sum += kernel[i]
	}
	across := make([]float64, len(crop.Pix))
	for y := range crop.H {
		for x := range crop.W {
			for c := range 3 {
				var v float64
				for i, k := range kernel {
					at := max(0, min(crop.W-1, x+i-reach))
					v += k * float64(crop.Pix[3*(y*crop.W+at)+c])
				}
				across[3*(y*crop.W+x)+c] = v / sum
			}
		}
	}
	out := raster.New(crop.W, crop.H)
	for y := range crop.H {
		for x := range 3 * crop.W {
			var v float64
			for i, k := range kernel {
				v += k * across[max(0, min(crop.H-1, y+i-reach))*3*crop.W+x]
			}
			i := y*3*crop.W + x
			out.Pix[i] = uint8(max(0, min(255, math.Round(2*float64(crop.Pix[i])-v/sum))))
		}
	}
	return out
}
