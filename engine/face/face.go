// Package face finds faces on pictures, measures them and tells whether two of
// them are the same person's.
//
// A picture becomes a [Picture] once; [Reader.Find] lists its faces with their
// landmarks and pose, [Reader.Portraits] does so for a document, [Assess] says
// how good a face is for recognition, [Reader.Embed] turns it into a [Template]
// and [Compare] gives the similarity of two templates with its meaning. Whether
// the person was there is the business of package liveness; what follows from a
// match is policy's.
//
// Templates and landmarks are biometric data: they are never logged, and no
// error text holds any.
package face

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	ort "github.com/yalue/onnxruntime_go"

	"idproof/engine/model"
	"idproof/engine/raster"
)

// Reader holds the networks. It is safe for concurrent use.
type Reader struct {
	detect   *detector
	landmark *model.Net
	feature  *model.Net
	versions map[string]string
}

// New loads the networks. Close the Reader before the runtime.
func New(rt *model.Runtime) (*Reader, error) {
	r := &Reader{versions: map[string]string{}}
	var err error
	if r.landmark, err = rt.Load("fr_landmark"); err != nil {
		return nil, err
	}
	if r.feature, err = rt.Load("fr_feature"); err != nil {
		return nil, err
	}
	if r.detect, err = newDetector(rt); err != nil {
		return nil, err
	}
	for _, n := range []*model.Net{r.landmark, r.feature} {
		r.versions[n.Name] = n.Version
	}
	r.versions[detectorName] = r.detect.version
	return r, nil
}

// Close frees the detector. No Find may be running.
func (r *Reader) Close() error { return r.detect.session.Destroy() }

// Versions names the networks and the first digits of their files' SHA-256.
func (r *Reader) Versions() map[string]string { return r.versions }

// Model is the version of the network that makes templates. Those of different
// versions cannot be compared.
func (r *Reader) Model() string { return r.feature.Version }

// Face is a face on a picture; lengths are pixels of the picture.
type Face struct {
	Center        raster.Point // of the box
	Width, Height float64      // of the box, along the face's own axes
	// Angle by which the face is turned clockwise on the picture, radians; 0 is upright.
	Angle float64
	// Score is the detector's confidence, 0 to 1.
	Score float64
	// Steady says how little the landmarks move when the crop does, 0 to 1.
	Steady float64
	// Points are the 68 landmarks of the iBUG 300-W scheme, counted from 0:
	// 0-16 jaw, 17-26 brows, 27-35 nose, 36-47 eyes, 48-67 mouth. "Left" is the
	// observer's left.
	Points [68]raster.Point
	Pose   Pose
}

// Quad returns the corners of the face's box, top-left first as the face stands.
func (f *Face) Quad() raster.Quad {
	h := f.frame(1, 1)
	return h.ApplyQuad(raster.Rect(0, 0, 1, 1))
}

// EyeDistance is that between the middles of the eyes, pixels.
func (f *Face) EyeDistance() float64 {
	p := f.five()
	return distance(p[0], p[1])
}

// frame maps (0,0)-(w,h) onto the face's box.
func (f *Face) frame(w, h float64) raster.Homography {
	return around(f.Center, f.Angle, f.Width/w, f.Height/h, w, h)
}

// Picture is a picture at falling sizes, so that every look at it costs as
// little as its result needs.
type Picture struct {
	*raster.Image
	levels []*raster.Image // each half as large as the one before
}

// NewPicture prepares a picture.
func NewPicture(im *raster.Image) *Picture {
	p := &Picture{Image: im, levels: []*raster.Image{im}}
	for im.W > 2*detectWidth || im.H > 2*detectWidth {
		im = im.Resize((im.W+1)/2, (im.H+1)/2)
		p.levels = append(p.levels, im)
	}
	return p
}

// sample looks at the picture through h, which maps the result's coordinates to
// the picture's.
func (p *Picture) sample(h raster.Homography, w, ht int) *raster.Image {
	a, b := h.Apply(raster.Point{X: float64(w) / 2, Y: float64(ht) / 2}), h.Apply(raster.Point{X: float64(w)/2 + 1, Y: float64(ht) / 2})
	step := distance(a, b)
	level := 0
	for level+1 < len(p.levels) && step >= 2 {
		level, step = level+1, step/2
	}
	im := p.levels[level]
	sx, sy := float64(im.W)/float64(p.W), float64(im.H)/float64(p.H)
	return im.Warp(raster.Homography{sx, 0, 0, 0, sy, 0, 0, 0, 1}.Mul(h), w, ht)
}

// detector is the one network here with two outputs, which a [model.Net] does
// not have, so it runs by itself on the same runtime.
type detector struct {
	session *ort.DynamicAdvancedSession
	slots   chan struct{}
	version string
}

const detectorName = "fr_detect"

func newDetector(rt *model.Runtime) (*detector, error) {
	path, err := rt.Path(detectorName + ".onnx")
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("face: %w", err)
	}
	so, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("face: %w", err)
	}
	defer func() { _ = so.Destroy() }() // frees memory; there is nothing to do about a failure
	if err := errors.Join(so.SetIntraOpNumThreads(1), so.SetInterOpNumThreads(1)); err != nil {
		return nil, fmt.Errorf("face: %w", err)
	}
	s, err := ort.NewDynamicAdvancedSessionWithONNXData(data, []string{"input"}, []string{"scores", "boxes"}, so)
	if err != nil {
		return nil, fmt.Errorf("face: %s: %w", detectorName, err)
	}
	return &detector{s, make(chan struct{}, runtime.GOMAXPROCS(0)), digest(data)}, nil
}

// run gives the scores (2 a prior) and boxes (4 a prior) for one input.
func (d *detector) run(ctx context.Context, in []float32) (scores, boxes []float32, err error) {
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	x, err := ort.NewTensor(ort.NewShape(1, 3, detectHeight, detectWidth), in)
	if err != nil {
		return nil, nil, fmt.Errorf("face: %w", err)
	}
	defer func() { _ = x.Destroy() }()
	outs := []ort.Value{nil, nil}
	if err := d.session.Run([]ort.Value{x}, outs); err != nil {
		return nil, nil, fmt.Errorf("face: %s: %w", detectorName, err)
	}
	var data [2][]float32
	for i, o := range outs {
		if t, ok := o.(*ort.Tensor[float32]); ok {
			data[i] = append([]float32(nil), t.GetData()...)
		}
		_ = o.Destroy()
	}
	if len(data[0]) == 0 || 2*len(data[0]) != len(data[1]) {
		return nil, nil, fmt.Errorf("face: %s answered with %d scores and %d box values", detectorName, len(data[0]), len(data[1]))
	}
	return data[0], data[1], nil
}
