package face

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/engine/model"
	"idproof/engine/raster"
)

func open(t testing.TB) *Reader {
	t.Helper()
	rt, err := model.Open("", 2)
	require.NoError(t, err)
	r, err := New(rt)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, r.Close())
		assert.NoError(t, rt.Close())
	})
	return r
}

// collected reads a picture of the development data, which is not ours to keep
// here; without it the test is skipped.
func collected(t testing.TB, name string) *raster.Image {
	t.Helper()
	dir := os.Getenv("IDPROOF_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	data, err := os.ReadFile(filepath.Join(dir, "images", "face", name))
	if err != nil {
		t.Skip("needs the collected faces in IDPROOF_DATA")
	}
	pages, err := raster.Decode(t.Context(), data, raster.Limits{})
	require.NoError(t, err)
	return pages[0].Image
}

func TestSimilarity(t *testing.T) {
	from := []raster.Point{{X: 1, Y: 2}, {X: 5, Y: 1}, {X: 3, Y: 7}}
	want := around(raster.Point{X: 40, Y: 50}, 0.7, 2.5, 2.5, 6, 8)
	var to []raster.Point
	for _, p := range from {
		to = append(to, want.Apply(p))
	}
	got := similarity(from, to)
	for i := range want {
		assert.InDelta(t, want[i], got[i], 1e-9)
	}
}

// A head turned in space and drawn flat is measured as it was turned; yaw and
// the pitch of a straight look together lean it a little.
func TestPose(t *testing.T) {
	for _, want := range []Pose{{}, {Yaw: 25}, {Yaw: -40}, {Pitch: 20}, {Pitch: -25}, {Roll: 30}, {Roll: -170}, {Yaw: 15, Pitch: 10, Roll: 20}} {
		const radians = math.Pi / 180
		sy, cy := math.Sincos(want.Yaw * radians)
		sp, cp := math.Sincos((want.Pitch + pitchOfStraight) * radians)
		sr, cr := math.Sincos(want.Roll * radians)
		var points [68]raster.Point
		for i, j := range headIndex {
			h := headPoints[i]
			x, z := h[0]*cy+h[2]*sy, -h[0]*sy+h[2]*cy
			y := h[1]*cp - z*sp
			points[j] = raster.Point{X: 200 + 50*(x*cr-y*sr), Y: 300 + 50*(x*sr+y*cr)}
		}
		got := pose(&points)
		assert.InDelta(t, want.Yaw, got.Yaw, 4, "%v: %v", want, got)
		assert.InDelta(t, want.Pitch, got.Pitch, 4, "%v: %v", want, got)
		assert.InDelta(t, 0, math.Remainder(want.Roll-got.Roll, 360), 8, "%v: %v", want, got)
	}
	assert.Zero(t, pose(new([68]raster.Point)).Yaw)
}

func TestTilesCoverThePicture(t *testing.T) {
	for _, size := range [][2]int{{1600, 1200}, {600, 2000}, {4000, 3000}, {330, 250}} {
		p := &Picture{Image: raster.New(size[0], size[1])}
		for _, angle := range []float64{0, math.Pi / 2, math.Pi} {
			views := tiles(p, 2, angle)
			for x := 0.5; x < float64(p.W); x += 37 {
			next:
				for y := 0.5; y < float64(p.H); y += 37 {
					for _, v := range views {
						at := around(v.center, v.angle, v.step, v.step, detectWidth, detectHeight).Inverse().Apply(raster.Point{X: x, Y: y})
						if at.X >= -1 && at.Y >= -1 && at.X <= detectWidth+1 && at.Y <= detectHeight+1 {
							continue next
						}
					}
					t.Fatalf("%v turned by %.1f: nobody looks at %.0f, %.0f", size, angle, x, y)
				}
			}
		}
	}
}

func TestScale(t *testing.T) {
	assert.InDelta(t, 50, Threshold(1e-4), 1e-9)
	assert.InDelta(t, 62.5, Threshold(1e-5), 1e-9)
	assert.InDelta(t, 0.5, rateOf(strangersMean), 1e-9)
	last := -1.0
	for s := -0.3; s < 0.6; s += 0.01 {
		score := scoreOf(rateOf(s))
		assert.GreaterOrEqual(t, score, last)
		assert.True(t, score >= 0 && score <= 100)
		last = score
	}
	a, b := &Subject{Template: Template{1, 0}}, &Subject{Template: Template{0, 1}}
	assert.Equal(t, Match, Compare(a, a, 0).Result)
	assert.Equal(t, NoMatch, Compare(a, b, 0).Result)
	none := Compare(a, &Subject{Reason: ReasonNoFace}, 0)
	assert.Equal(t, NotPossible, none.Result)
	assert.Equal(t, ReasonNoFace, none.Reason)
	assert.Zero(t, none.Score)
}

// What shows no face has none, however small or odd it is.
func TestNoFace(t *testing.T) {
	r := open(t)
	noise := raster.New(300, 200)
	for i := range noise.Pix {
		noise.Pix[i] = uint8(i * 7919 >> 3)
	}
	for name, im := range map[string]*raster.Image{
		"black": raster.New(640, 480), "one pixel": raster.New(1, 1), "a line": raster.New(2000, 3),
		"a strip": raster.New(20, 1500), "noise": noise,
	} {
		s, err := r.Subject(t.Context(), NewPicture(im))
		require.NoError(t, err, name)
		assert.Empty(t, s.Faces, name)
		assert.Equal(t, ReasonNoFace, s.Reason, name)
		p, err := r.Portraits(t.Context(), im)
		require.NoError(t, err, name)
		assert.Equal(t, ReasonNoFace, p.Main.Reason, name)
	}
}

func TestFindTurned(t *testing.T) {
	r := open(t)
	im := collected(t, "deepface__img2.jpg")
	im = im.Resize(im.W/2, im.H/2)
	ref, err := r.Subject(t.Context(), NewPicture(im))
	require.NoError(t, err)
	require.Len(t, ref.Faces, 1)
	for turn := range 4 {
		s, err := r.Subject(t.Context(), NewPicture(im.Rotate(turn)))
		require.NoError(t, err)
		require.NotEmpty(t, s.Faces, turn)
		off := math.Remainder(s.Faces[0].Angle-ref.Faces[0].Angle-float64(turn)*math.Pi/2, 2*math.Pi)
		assert.InDelta(t, 0, off, 0.12, turn)
		assert.Greater(t, s.Template.Similarity(ref.Template), 0.9, turn)
	}
	for _, degrees := range []float64{-40, -20, 20, 40} {
		h := around(raster.Point{X: float64(im.W) / 2, Y: float64(im.H) / 2}, -degrees*math.Pi/180, 1, 1, float64(im.W), float64(im.H))
		s, err := r.Subject(t.Context(), NewPicture(im.Warp(h, im.W, im.H)))
		require.NoError(t, err)
		require.NotEmpty(t, s.Faces, degrees)
		assert.InDelta(t, degrees, s.Faces[0].Pose.Roll-ref.Faces[0].Pose.Roll, 8)
		assert.Greater(t, s.Template.Similarity(ref.Template), 0.85, degrees)
	}
}

func TestFindScales(t *testing.T) {
	r := open(t)
	im := collected(t, "deepface__img2.jpg")
	ref, err := r.Subject(t.Context(), NewPicture(im))
	require.NoError(t, err)
	require.NotEmpty(t, ref.Faces)
	f := ref.Faces[0]
	// Filling the picture, and small on a large one.
	near := im.Crop(int(f.Center.X-f.Width*0.55), int(f.Center.Y-f.Height*0.55), int(f.Center.X+f.Width*0.55), int(f.Center.Y+f.Height*0.55))
	wide := raster.New(2400, 1800)
	for i := range wide.Pix {
		wide.Pix[i] = 140
	}
	small := im.Resize(im.W/8, im.H/8)
	for y := range small.H {
		copy(wide.Pix[3*((y+1300)*wide.W+1900):], small.Pix[3*y*small.W:3*(y+1)*small.W])
	}
	for name, x := range map[string]*raster.Image{"close": near, "wide": wide} {
		s, err := r.Subject(t.Context(), NewPicture(x))
		require.NoError(t, err)
		require.NotEmpty(t, s.Faces, name)
		require.NotNil(t, s.Template, name)
		assert.Equal(t, Match, Compare(ref, s, 0).Result, name)
	}
}

// Two people: the larger is taken, the other reported.
func TestSeveralFaces(t *testing.T) {
	s, err := open(t).Subject(t.Context(), NewPicture(collected(t, "deepface__couple.jpg")))
	require.NoError(t, err)
	require.Len(t, s.Faces, 2)
	assert.Less(t, s.Quality.Alone, 0.4)
}

// The portrait of a document is the larger face and the ghost the paler one,
// wherever they are; whether both show the same person is told.
func TestGhost(t *testing.T) {
	r := open(t)
	cut := func(name string) *raster.Image {
		im := collected(t, name)
		s, err := r.Subject(t.Context(), NewPicture(im))
		require.NoError(t, err)
		f := s.Faces[0]
		return im.Crop(int(f.Center.X-f.Width), int(f.Center.Y-f.Height), int(f.Center.X+f.Width), int(f.Center.Y+f.Height)).Resize(280, 400)
	}
	paste := func(card, im *raster.Image, x0, y0 int, pale float64) {
		for y := range im.H {
			for x := range 3 * im.W {
				card.Pix[3*((y+y0)*card.W+x0)+x] = uint8(200*pale + float64(im.Pix[3*y*im.W+x])*(1-pale))
			}
		}
	}
	for _, tt := range []struct {
		name, ghost string
		pale        float64
		x, ghostX   int
		want        Likeness
	}{
		{"the holder's", "deepface__img2.jpg", 0.6, 60, 800, SameFace},
		{"to the left of the portrait", "deepface__img2.jpg", 0.6, 640, 100, SameFace},
		{"somebody else's", "deepface__img17.jpg", 0.5, 60, 800, OtherFace},
	} {
		t.Run(tt.name, func(t *testing.T) {
			card := raster.New(1000, 630)
			for i := range card.Pix {
				card.Pix[i] = 215
			}
			paste(card, cut("deepface__img2.jpg"), tt.x, 120, 0)
			paste(card, cut(tt.ghost).Resize(105, 150), tt.ghostX, 380, tt.pale)
			p, err := r.Portraits(t.Context(), card)
			require.NoError(t, err)
			require.Len(t, p.Ghosts, 1)
			assert.InDelta(t, tt.x+140, p.Main.Faces[0].Center.X, 40)
			assert.InDelta(t, tt.ghostX+52, p.Ghosts[0].Face.Center.X, 20)
			assert.Less(t, p.Ghosts[0].Contrast, 0.7)
			assert.Less(t, p.Ghosts[0].Size, 0.5)
			assert.Equal(t, tt.want, p.Ghosts[0].Likeness, "%v", p.Ghosts[0].Comparison.Similarity)
		})
	}
}

// The components move when, and in the direction in which, the picture changes.
func TestQuality(t *testing.T) {
	r := open(t)
	im := collected(t, "deepface__img2.jpg")
	im = im.Resize(im.W/2, im.H/2)
	assess := func(im *raster.Image) *Quality {
		s, err := r.Subject(t.Context(), NewPicture(im))
		require.NoError(t, err)
		require.NotEmpty(t, s.Faces)
		return &s.Quality
	}
	each := func(f func(v float64) float64) *raster.Image {
		out := raster.New(im.W, im.H)
		for i, v := range im.Pix {
			out.Pix[i] = uint8(max(0, min(255, f(float64(v)))))
		}
		return out
	}
	good := assess(im)
	for _, c := range good.Components() {
		assert.True(t, c.Of1 >= 0 && c.Of1 <= 1, c.Name)
		assert.False(t, c.Low, c.Name)
		assert.Equal(t, strings.ToLower(c.Name), c.Name)
	}
	blurred := assess(im.Resize(im.W/8, im.H/8).Resize(im.W, im.H))
	assert.Less(t, blurred.Sharpness, good.Sharpness-0.3)
	assert.Less(t, assess(each(func(v float64) float64 { return v * 0.15 })).Exposure, 0.5)
	assert.Less(t, assess(each(func(v float64) float64 { return v*1.5 + 90 })).Exposure, 0.5)
	assert.Less(t, assess(each(func(v float64) float64 { return 120 + v*0.12 })).Contrast, good.Contrast-0.3)
	assert.Less(t, assess(im.Resize(im.W/6, im.H/6)).EyeDistance, good.EyeDistance-0.3)
}

// The selfie step on two megapixels: decoded picture to template and quality.
func BenchmarkSubject(b *testing.B) {
	r := open(b)
	im := collected(b, "deepface__img2.jpg").Resize(1632, 1224)
	for b.Loop() {
		if _, err := r.Subject(b.Context(), NewPicture(im)); err != nil {
			b.Fatal(err)
		}
	}
}
