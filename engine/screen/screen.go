// Package screen tells photographs of screens from photographs of things, by a
// network that was trained on drawn photographs of both (training/screens): edges
// and bars around a picture, black that glows, light that falls off, the beat of
// two lattices. What follows from that belongs to package forgery.
package screen

import (
	"context"
	"fmt"

	"idproof/engine/model"
	"idproof/engine/raster"
)

// What the network sees: the whole picture, turned to lie if it stands.
const (
	width  = 512
	height = 384
	cell   = 32 // pixels of a place
)

// The grid of Seen.Places on a picture that lies; one that stands has it turned.
const (
	cols = width / cell
	rows = height / cell
)

// Net holds the network. It is safe for concurrent use.
type Net struct{ net *model.Net }

// New loads the network.
func New(rt *model.Runtime) (*Net, error) {
	n, err := rt.Load("screen")
	if err != nil {
		return nil, err
	}
	return &Net{n}, nil
}

// Version names the network.
func (n *Net) Version() (name, version string) { return n.net.Name, n.net.Version }

// Seen is what the network says of a picture.
type Seen struct {
	// Logit is above 0 where a screen is likelier than none, by equal shares of both
	// in training; the more, the surer.
	Logit float64
	// Places is what each place adds to it, a grid over the whole picture, Cols wide.
	// The strongest single places, which count as well, are not told apart.
	Places []float64
	Cols   int
}

// Mean and standard deviation of the colours that the network was made for: those
// of ImageNet, red first, from 0 to 1.
var (
	mean  = [3]float32{0.485, 0.456, 0.406}
	sigma = [3]float32{0.229, 0.224, 0.225}
)

// Look judges an upright picture.
func (n *Net) Look(ctx context.Context, im *raster.Image) (*Seen, error) {
	stands := im.H > im.W
	if stands {
		im = im.Resize(height, width).Rotate(1)
	} else {
		im = im.Resize(width, height)
	}
	in := make([]float32, 3*width*height)
	for i := range width * height {
		for c := range 3 {
			in[c*width*height+i] = (float32(im.Pix[3*i+c])/255 - mean[c]) / sigma[c]
		}
	}
	t, err := n.net.Run(ctx, model.Tensor{Shape: []int{1, 3, height, width}, Data: in})
	if err != nil {
		return nil, err
	}
	if len(t.Data) != 1+cols*rows {
		return nil, fmt.Errorf("screen: %s answered with %d numbers", n.net.Name, len(t.Data))
	}
	out := &Seen{Logit: float64(t.Data[0]), Places: make([]float64, cols*rows), Cols: cols}
	if stands {
		out.Cols = rows
	}
	for y := range rows {
		for x := range cols {
			at := y*cols + x
			if stands { // turn it back
				at = (cols-1-x)*rows + y
			}
			out.Places[at] = float64(t.Data[1+y*cols+x])
		}
	}
	return out, nil
}
