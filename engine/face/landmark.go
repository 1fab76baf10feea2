package face

import (
	"context"
	"fmt"
	"math"

	"idproof/engine/model"
	"idproof/engine/raster"
)

const landmarkSide = 64 // of the landmark network's input

// landmarks measures a candidate: twice, on crops that differ slightly, turned
// so that the eyes are level. Points of a face stay where they are; on anything
// else they follow the crop.
func (r *Reader) landmarks(ctx context.Context, p *Picture, c candidate) (Face, error) {
	f := Face{Center: c.center, Width: c.width, Height: c.height, Angle: c.angle, Score: c.score}
	first, err := r.points(ctx, p, &f)
	if err != nil {
		return Face{}, err
	}
	f.Points = first
	e := f.five()
	f.Angle = math.Atan2(e[1].Y-e[0].Y, e[1].X-e[0].X)
	crops := []struct{ size, shift float64 }{{1.06, 0.03}, {0.97, -0.03}}
	var sets [2][68]raster.Point
	s, k := math.Sincos(f.Angle)
	for i, j := range crops {
		g := f
		g.Width, g.Height = f.Width*j.size, f.Height*j.size
		g.Center.X += j.shift * (k*f.Width - s*f.Height)
		g.Center.Y += j.shift * (s*f.Width + k*f.Height)
		if sets[i], err = r.points(ctx, p, &g); err != nil {
			return Face{}, err
		}
	}
	var sum float64
	for i := range f.Points {
		f.Points[i] = middle(sets[0][i], sets[1][i])
		sum += distance(sets[0][i], sets[1][i])
	}
	eyes := f.EyeDistance()
	f.Steady = math.Exp(-8 * sum / 68 / max(eyes, 1e-6))
	if eyes < 0.15*f.Width || eyes > 0.85*f.Width {
		f.Steady = 0
	}
	e = f.five()
	f.Angle = math.Atan2(e[1].Y-e[0].Y, e[1].X-e[0].X)
	f.Pose = pose(&f.Points)
	return f, nil
}

// points are the landmarks in the face's box, on the picture.
func (r *Reader) points(ctx context.Context, p *Picture, f *Face) (out [68]raster.Point, err error) {
	h := f.frame(landmarkSide, landmarkSide)
	g := p.sample(h, landmarkSide, landmarkSide).Gray()
	in := make([]float32, len(g.Pix))
	for i, v := range g.Pix {
		in[i] = float32(v) / 256
	}
	t, err := r.landmark.Run(ctx, model.Tensor{Shape: []int{1, 1, landmarkSide, landmarkSide}, Data: in})
	if err != nil {
		return out, err
	}
	if len(t.Data) != 2*len(out) {
		return out, fmt.Errorf("face: %s answered with %d numbers", r.landmark.Name, len(t.Data))
	}
	for i := range out {
		out[i] = h.Apply(raster.Point{X: landmarkSide * float64(t.Data[2*i]), Y: landmarkSide * float64(t.Data[2*i+1])})
	}
	return out, nil
}

// five are the points that faces are aligned by: the eyes, the tip of the nose
// and the corners of the mouth, left before right.
func (f *Face) five() [5]raster.Point {
	p := &f.Points
	return [5]raster.Point{
		middle(p[37], p[38], p[40], p[41]),
		middle(p[43], p[44], p[46], p[47]),
		p[30],
		middle(p[48], p[60]),
		middle(p[54], p[64]),
	}
}

// Pose is how a head is turned towards the camera, in degrees: 0 is straight.
// Yaw is positive when the nose points to the observer's right, pitch when it
// points up, roll when the head leans clockwise on the picture.
type Pose struct{ Yaw, Pitch, Roll float64 }

// A head in space: tip of the nose, chin, outer corners of the eyes, corners of
// the mouth. x to the observer's right, y down, z towards the observer, in units
// of half the distance between the outer corners. The proportions are the mean
// of adults, as used for head pose since Gee and Cipolla 1994.
var (
	headIndex  = [...]int{30, 8, 36, 45, 48, 54}
	headPoints = [...][3]float64{{0, 0, 0}, {0, 1.467, -0.289}, {-1, -0.756, -0.6}, {1, -0.756, -0.6}, {-0.667, 0.667, -0.556}, {0.667, 0.667, -0.556}}
)

// pose fits a head under weak perspective: the affine map from the head to the
// picture by least squares, and the rotation nearest to it.
func pose(points *[68]raster.Point) Pose {
	var mh [3]float64
	var mp raster.Point
	n := float64(len(headIndex))
	for i, j := range headIndex {
		for k := range 3 {
			mh[k] += headPoints[i][k] / n
		}
		mp.X += points[j].X / n
		mp.Y += points[j].Y / n
	}
	var a [3][3]float64
	var bx, by [3]float64
	for i, j := range headIndex {
		for k := range 3 {
			u := headPoints[i][k] - mh[k]
			bx[k] += u * (points[j].X - mp.X)
			by[k] += u * (points[j].Y - mp.Y)
			for l := range 3 {
				a[k][l] += u * (headPoints[i][l] - mh[l])
			}
		}
	}
	rx, ry := solve(a, bx), solve(a, by)
	lx, ly := norm(rx), norm(ry)
	if lx < 1e-9 || ly < 1e-9 {
		return Pose{}
	}
	// Orthogonal to the same degree: each row gives up half of what they share.
	for k := range 3 {
		rx[k], ry[k] = rx[k]/lx, ry[k]/ly
	}
	d := (rx[0]*ry[0] + rx[1]*ry[1] + rx[2]*ry[2]) / 2
	for k := range 3 {
		rx[k], ry[k] = rx[k]-d*ry[k], ry[k]-d*rx[k]
	}
	lx, ly = norm(rx), norm(ry)
	for k := range 3 {
		rx[k], ry[k] = rx[k]/lx, ry[k]/ly
	}
	const degrees = 180 / math.Pi
	// rx is where the head's axes go along the picture's x, ry along its y.
	roll := math.Atan2(ry[0], rx[0])
	s, c := math.Sincos(roll)
	yaw := math.Asin(clamp(c*rx[2]+s*ry[2], -1, 1))
	pitch := -math.Asin(clamp(-s*rx[2]+c*ry[2], -1, 1))
	return Pose{Yaw: yaw * degrees, Pitch: pitch*degrees - pitchOfStraight, Roll: roll * degrees}
}

// pitchOfStraight is what the fit gives for people who look straight into the
// camera, in degrees: the landmarks' chin lies higher than the model's.
const pitchOfStraight = -9

func norm(v [3]float64) float64 { return math.Sqrt(v[0]*v[0] + v[1]*v[1] + v[2]*v[2]) }

func clamp(v, low, high float64) float64 { return max(low, min(high, v)) }

// solve solves three linear equations by Cramer's rule; a singular system gives zeros.
func solve(a [3][3]float64, b [3]float64) (x [3]float64) {
	det := func(m [3][3]float64) float64 {
		return m[0][0]*(m[1][1]*m[2][2]-m[1][2]*m[2][1]) - m[0][1]*(m[1][0]*m[2][2]-m[1][2]*m[2][0]) + m[0][2]*(m[1][0]*m[2][1]-m[1][1]*m[2][0])
	}
	d := det(a)
	if math.Abs(d) < 1e-12 {
		return x
	}
	for k := range 3 {
		m := a
		for i := range 3 {
			m[i][k] = b[i]
		}
		x[k] = det(m) / d
	}
	return x
}
