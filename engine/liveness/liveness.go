// Package liveness asks whether a living person was in front of the camera.
//
// The passive part, [Checker], looks at one picture: a network and a few signals
// of the picture itself, each with its evidence. It is soft: it finds the
// careless attacks and is no certified presentation-attack detection (ISO/IEC
// 30107-3). The active part, [Challenges], asks for movements that nobody could
// know before and verifies that the frames show them; it sees measurements of
// faces, no pixels. Who the person is, is the business of package face.
package liveness

import (
	"context"
	"fmt"
	"math"

	"idproof/engine/face"
	"idproof/engine/model"
)

// Result of the passive check.
type Result string

// What the passive check can say.
const (
	Live        Result = "Live"
	Spoof       Result = "Spoof"
	NotPossible Result = "NotPossible"
)

// Threshold is the score from which a face counts as live.
const Threshold = 0.5

// Signal is one thing that speaks for or against a living face.
type Signal struct {
	Name string `json:"name"`
	// Suspicion is 0 (nothing unusual) to 1 (as on pictures of pictures).
	Suspicion float64 `json:"suspicion"`
	// Evidence are the measurements behind it, by name.
	Evidence map[string]float64 `json:"evidence"`
}

// Passive is the outcome for one picture.
type Passive struct {
	Result  Result   `json:"result"`
	Score   float64  `json:"score"` // 0 attack to 1 live
	Reason  string   `json:"reason,omitempty"`
	Signals []Signal `json:"signals"`
}

// Checker holds the network. It is safe for concurrent use.
type Checker struct{ net *model.Net }

// New loads the network.
func New(rt *model.Runtime) (*Checker, error) {
	n, err := rt.Load("fr_liveness")
	if err != nil {
		return nil, err
	}
	return &Checker{n}, nil
}

// Version names the network.
func (c *Checker) Version() (name, version string) { return c.net.Name, c.net.Version }

const (
	side         = 128 // of the network's input
	surroundings = 2.7 // of the crop it sees, times the face's box
	// Faces with eyes fewer pixels apart say nothing.
	leastEyes = 20
)

// Check judges the face f of a picture.
func (c *Checker) Check(ctx context.Context, p *face.Picture, f *face.Face) (*Passive, error) {
	if f == nil {
		return &Passive{Result: NotPossible, Reason: face.ReasonNoFace, Signals: []Signal{}}, nil
	}
	if f.EyeDistance() < leastEyes {
		return &Passive{Result: NotPossible, Reason: face.ReasonTooSmall, Signals: []Signal{}}, nil
	}
	n, err := c.network(ctx, p, f)
	if err != nil {
		return nil, err
	}
	out := &Passive{Signals: []Signal{n}}
	g := p.Gray()
	out.Signals = append(out.Signals, pattern(g, f), border(g, f), gamut(p, f))
	// Each signal shifts the odds; the network weighs most, and no signal of the
	// picture alone condemns it.
	odds := bias
	for _, s := range out.Signals {
		odds -= weights[s.Name] * s.Suspicion
	}
	out.Score = 1 / (1 + math.Exp(-odds))
	out.Result = Spoof
	if out.Score >= Threshold {
		out.Result = Live
	}
	return out, nil
}

// Names of the signals; stable.
const (
	signalNetwork = "network"
	signalPattern = "periodic_pattern"
	signalBorder  = "frame_around_face"
	signalGamut   = "narrow_tones"
)

// What a signal takes off the logarithm of the odds when it is sure, and the
// odds without any.
var weights = map[string]float64{signalNetwork: 5, signalPattern: 3, signalBorder: 2.5, signalGamut: 1}

const bias = 2.75

// network asks the network, on the crop it was trained for; where the picture
// ends the crop is moved inside, and made smaller only if it must be.
func (c *Checker) network(ctx context.Context, p *face.Picture, f *face.Face) (Signal, error) {
	k := min(surroundings, float64(p.W)/f.Width, float64(p.H)/f.Height)
	w, h := k*f.Width, k*f.Height
	x := max(0, min(f.Center.X-w/2, float64(p.W)-w))
	y := max(0, min(f.Center.Y-h/2, float64(p.H)-h))
	im := p.Crop(int(x), int(y), int(math.Ceil(x+w)), int(math.Ceil(y+h))).Resize(side, side)
	in := make([]float32, 3*side*side)
	for i := range side * side {
		for ch := range 3 {
			in[ch*side*side+i] = float32(im.Pix[3*i+2-ch]) // blue first, as it was trained
		}
	}
	t, err := c.net.Run(ctx, model.Tensor{Shape: []int{1, 3, side, side}, Data: in})
	if err != nil {
		return Signal{}, err
	}
	if len(t.Data) != 3 {
		return Signal{}, fmt.Errorf("liveness: %s answered with %d numbers", c.net.Name, len(t.Data))
	}
	top := max(t.Data[0], t.Data[1], t.Data[2])
	var sum float64
	for _, v := range t.Data {
		sum += math.Exp(float64(v - top))
	}
	living := math.Exp(float64(t.Data[0]-top)) / sum
	return Signal{signalNetwork, 1 - living, map[string]float64{"real": living, "surroundings": k}}, nil
}
