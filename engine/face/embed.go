package face

import (
	"context"
	"fmt"
	"math"

	"idproof/engine/model"
	"idproof/engine/raster"
)

const featureSide = 112 // of the embedding network's input

// featurePoints is where the five points of an aligned face lie (Deng et al.,
// ArcFace, 2019).
var featurePoints = []raster.Point{
	{X: 38.2946, Y: 51.6963}, {X: 73.5318, Y: 51.5014}, {X: 56.0252, Y: 71.7366}, {X: 41.5493, Y: 92.3655}, {X: 70.7299, Y: 92.2041},
}

// TemplateSize is how many numbers a template has.
const TemplateSize = 512

// Template is what is kept of a face to recognise it: [TemplateSize] numbers of
// length 1.
type Template []float32

// Align cuts the face out as the embedding network wants it: upright, 112 by 112
// pixels, the eyes level.
func Align(p *Picture, f *Face) *raster.Image {
	five := f.five()
	return p.sample(similarity(featurePoints, five[:]), featureSide, featureSide)
}

// Embed turns a face into its template: the mean over the aligned face and its
// mirror image, which removes what lighting from one side adds.
func (r *Reader) Embed(ctx context.Context, p *Picture, f *Face) (Template, error) {
	return r.embed(ctx, Align(p, f))
}

// embed turns an aligned face into its template.
func (r *Reader) embed(ctx context.Context, im *raster.Image) (Template, error) {
	sum := make(Template, 0)
	for _, crop := range []*raster.Image{im, mirror(im)} {
		v, err := r.feature.Run(ctx, model.Tensor{Shape: []int{1, 3, featureSide, featureSide}, Data: planes(crop, 127, 128)})
		if err != nil {
			return nil, err
		}
		if len(sum) == 0 {
			sum = make(Template, len(v.Data))
		}
		if len(v.Data) != len(sum) || len(sum) == 0 {
			return nil, fmt.Errorf("face: %s answered with %d numbers", r.feature.Name, len(v.Data))
		}
		unit(v.Data)
		for i, x := range v.Data {
			sum[i] += x
		}
	}
	unit(sum)
	return sum, nil
}

// unit scales a vector to length 1.
func unit(v []float32) {
	var n float64
	for _, x := range v {
		n += float64(x) * float64(x)
	}
	if n == 0 {
		return
	}
	k := float32(1 / math.Sqrt(n))
	for i := range v {
		v[i] *= k
	}
}

func mirror(im *raster.Image) *raster.Image {
	out := raster.New(im.W, im.H)
	for y := range im.H {
		row, to := im.Pix[3*y*im.W:3*(y+1)*im.W], out.Pix[3*y*im.W:3*(y+1)*im.W]
		for x := range im.W {
			copy(to[3*(im.W-1-x):][:3], row[3*x:][:3])
		}
	}
	return out
}

// Similarity is the cosine of the angle between two templates, -1 to 1.
func (t Template) Similarity(o Template) float64 {
	if len(t) != len(o) {
		return 0
	}
	var s float64
	for i := range t {
		s += float64(t[i]) * float64(o[i])
	}
	return s
}
