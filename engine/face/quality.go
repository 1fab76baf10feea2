package face

import (
	"math"
	"sort"

	"idproof/engine/raster"
)

// Quality holds the components of ISO/IEC 29794-5 that one picture tells without
// further networks. Each is 0 (useless) to 1 (as good as it gets), so that a
// weak one names the reason for another try.
type Quality struct {
	EyeDistance float64 // clause "inter-eye distance": 1 from 90 pixels on, 0 below 8
	Sharpness   float64 // "sharpness": how much detail the aligned face has for its contrast
	Exposure    float64 // "under- and over-exposure": parts of the face that are black or white
	Contrast    float64 // "dynamic range": spread of the face's brightness
	Frontal     float64 // "head pose": 1 within 10 degrees, 0 beyond 60
	Mouth       float64 // "mouth closed"
	Eyes        float64 // "eyes open and visible": neither shut nor behind dark glass
	Cover       float64 // "face occlusion prevention": the lower face looks like skin, not like a mask
	Alone       float64 // "single face present": 0 when another face is as large
	Steady      float64 // agreement of two looks at the landmarks
	Landmarks   float64 // the detector's own confidence
}

// Names of the components as they stand in reports, in order.
var components = []struct {
	name string
	of   func(*Quality) float64
	low  float64 // below this the component is worth a hint
}{
	{"eye_distance", func(q *Quality) float64 { return q.EyeDistance }, 0.2},
	{"sharpness", func(q *Quality) float64 { return q.Sharpness }, 0.25},
	{"exposure", func(q *Quality) float64 { return q.Exposure }, 0.5},
	{"contrast", func(q *Quality) float64 { return q.Contrast }, 0.3},
	{"head_pose", func(q *Quality) float64 { return q.Frontal }, 0.4},
	{"mouth_closed", func(q *Quality) float64 { return q.Mouth }, 0.2},
	{"eyes_visible", func(q *Quality) float64 { return q.Eyes }, 0.3},
	{"face_covered", func(q *Quality) float64 { return q.Cover }, 0.3},
	{"single_face", func(q *Quality) float64 { return q.Alone }, 0.4},
	{"detection", func(q *Quality) float64 { return min(q.Steady/0.7, 1) * q.Landmarks }, 0.4},
}

// Component is one part of the quality by name.
type Component struct {
	Name string  `json:"name"`
	Of1  float64 `json:"score"` // 0 to 1
	Low  bool    `json:"low"`   // worth a hint to the person
}

// Components lists the parts, in a fixed order.
func (q *Quality) Components() []Component {
	out := make([]Component, len(components))
	for i, c := range components {
		v := math.Round(c.of(q)*1000) / 1000
		out[i] = Component{c.name, v, v < c.low}
	}
	return out
}

// Usable says whether the face can be compared at all, and if not, why.
func (q *Quality) Usable() (ok bool, reason string) {
	switch {
	case q.EyeDistance <= 0:
		return false, ReasonTooSmall
	case q.Landmarks*q.Steady < 0.1:
		return false, ReasonUnclear
	case q.Frontal <= 0:
		return false, ReasonTurned
	case q.Contrast < 0.05:
		return false, ReasonUnclear
	}
	return true, ""
}

// Reasons why faces cannot be compared; stable, translated elsewhere.
const (
	ReasonNoFace     = "no_face"
	ReasonTooSmall   = "face_too_small"
	ReasonTurned     = "face_turned_away"
	ReasonUnclear    = "face_unclear"
	ReasonUnreadable = "unreadable_picture"
	// Both faces are of one photograph: somebody shows the document, or a print of
	// its portrait, in place of a face.
	ReasonSamePicture = "same_picture"
)

// ramp is 0 up to a, 1 from b on, and even between; a may be the larger.
func ramp(v, a, b float64) float64 { return clamp((v-a)/(b-a), 0, 1) }

// Assess measures a face. The others are the picture's further faces.
func Assess(p *Picture, f *Face, others []Face) Quality {
	q := Quality{Steady: f.Steady, Landmarks: f.Score, Alone: 1}
	q.EyeDistance = ramp(f.EyeDistance(), 8, 90)
	q.Frontal = ramp(math.Max(math.Abs(f.Pose.Yaw), 1.2*math.Abs(f.Pose.Pitch)), 60, 10)
	for i := range others {
		q.Alone = min(q.Alone, 1-clamp(others[i].Width*others[i].Height/(f.Width*f.Height), 0, 1))
	}
	g := Align(p, f).Gray()
	// The face without hair and background, on the aligned crop.
	skin := g.Crop(30, 34, 82, 104)
	lum := append([]uint8(nil), skin.Pix...)
	sort.Slice(lum, func(i, j int) bool { return lum[i] < lum[j] })
	at := func(part float64) float64 { return float64(lum[int(part*float64(len(lum)-1))]) }
	spread := at(0.95) - at(0.05)
	q.Contrast = ramp(spread, 10, 90)
	var black, white float64
	for _, v := range lum {
		if v < 16 {
			black++
		}
		if v > 246 {
			white++
		}
	}
	q.Exposure = 1 - clamp(3*(black+white)/float64(len(lum)), 0, 1)
	q.Exposure = min(q.Exposure, ramp(at(0.5), 20, 60), ramp(at(0.5), 250, 225))
	q.Sharpness = sharpness(skin, spread)
	q.Mouth, q.Eyes = mouth(f), eyes(g, f)
	q.Cover = cover(p, f)
	return q
}

// sharpness compares the finest differences with the face's contrast: an edge
// that takes one pixel to change is sharp, one that takes five is not.
func sharpness(g *raster.Gray, spread float64) float64 {
	var sum, n float64
	for y := 1; y < g.H-1; y++ {
		for x := 1; x < g.W-1; x++ {
			i := y*g.W + x
			l := 4*float64(g.Pix[i]) - float64(g.Pix[i-1]) - float64(g.Pix[i+1]) - float64(g.Pix[i-g.W]) - float64(g.Pix[i+g.W])
			sum += l * l
			n++
		}
	}
	if spread < 1 {
		return 0
	}
	return ramp(math.Log(1e-6+math.Sqrt(sum/n)/spread), math.Log(0.02), math.Log(0.12))
}

// mouth tells a closed mouth from an open one: how far the inner lips are apart
// for the mouth's width.
func mouth(f *Face) float64 {
	p := &f.Points
	gap := (distance(p[61], p[67]) + distance(p[62], p[66]) + distance(p[63], p[65])) / 3
	return ramp(gap/max(distance(p[48], p[54]), 1e-6), 0.5, 0.15)
}

// eyes is low when both are shut or covered by something dark and even. g is the
// aligned face.
func eyes(g *raster.Gray, f *Face) float64 {
	p := &f.Points
	open := func(i int) float64 {
		return (distance(p[i+1], p[i+5]) + distance(p[i+2], p[i+4])) / 2 / max(distance(p[i], p[i+3]), 1e-6)
	}
	o := ramp(math.Max(open(36), open(42)), 0.1, 0.22)
	mean := func(x0, y0, x1, y1 int) float64 {
		c := g.Crop(x0, y0, x1, y1)
		var s float64
		for _, v := range c.Pix {
			s += float64(v)
		}
		return s / float64(max(len(c.Pix), 1))
	}
	// Dark glass: the eyes' surroundings are far darker than the cheeks below.
	glass := (mean(28, 44, 48, 60) + mean(64, 44, 84, 60)) / max(mean(28, 68, 44, 84)+mean(68, 68, 84, 84), 1)
	return min(o, ramp(glass, 0.3, 0.5))
}

// cover compares the colour around the mouth with that between the eyes and on
// the upper cheeks: a mask, a scarf or a hand over the mouth differs, a beard
// hardly in hue.
func cover(p *Picture, f *Face) float64 {
	im := Align(p, f)
	mean := func(x0, y0, x1, y1 int) (c [3]float64) {
		n := 0.0
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				for k := range 3 {
					c[k] += float64(im.Pix[3*(y*im.W+x)+k])
				}
				n++
			}
		}
		for k := range 3 {
			c[k] = c[k]/n + 8
		}
		return c
	}
	hue := func(c [3]float64) (a, b float64) { return math.Log(c[0] / c[1]), math.Log(c[2] / c[1]) }
	a1, b1 := hue(mean(34, 60, 78, 72))
	a2, b2 := hue(mean(36, 84, 76, 108))
	return ramp(math.Hypot(a1-a2, b1-b2), 0.75, 0.3)
}
