package puppet_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/engine/face"
	"idproof/engine/liveness/puppet"
	"idproof/engine/model"
	"idproof/engine/raster"
)

// The networks see a face, as it is held, and tell the puppets apart; without
// that no test that uses them says anything.
func TestIsAFace(t *testing.T) {
	rt, err := model.Open("", 1)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, rt.Close()) })
	r, err := face.New(rt)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })

	type seen struct {
		*face.Face
		face.Template
	}
	look := func(l puppet.Look, p puppet.Pose) seen {
		s, err := r.Subject(t.Context(), face.NewPicture(raster.FromImage(puppet.Draw(l, p, 480, 640, 7))))
		require.NoError(t, err)
		require.NotEmpty(t, s.Faces, "%+v", p)
		return seen{&s.Faces[0], s.Template}
	}
	first := map[string]seen{}
	for name, l := range map[string]puppet.Look{"Anna": puppet.Anna, "Bert": puppet.Bert} {
		straight := look(l, puppet.Pose{Size: 1})
		first[name] = straight
		for _, size := range []float64{0.7, 1.4} {
			got := look(l, puppet.Pose{Size: size})
			assert.InDelta(t, size, got.EyeDistance()/straight.EyeDistance(), 0.1, "%s %v", name, size)
		}
		if name == "Bert" {
			continue
		}
		for _, p := range []puppet.Pose{{Yaw: 15, Size: 1}, {Yaw: -15, Size: 1}, {Pitch: 17, Size: 1}, {Roll: 10, Size: 1}} {
			got := look(l, p)
			assert.InDelta(t, p.Yaw*1.5, got.Pose.Yaw-straight.Pose.Yaw, 11, "%s %+v", name, p)
			assert.InDelta(t, p.Pitch*1.3, got.Pose.Pitch-straight.Pose.Pitch, 11, "%s %+v", name, p)
			assert.InDelta(t, p.Roll, got.Pose.Roll-straight.Pose.Roll, 7, "%s %+v", name, p)
			assert.Greater(t, got.Template.Similarity(straight.Template), 0.6, "%s %+v", name, p)
		}
	}
	assert.Less(t, first["Anna"].Template.Similarity(first["Bert"].Template), 0.3)
}

func TestActGoesThereAndBack(t *testing.T) {
	for _, action := range []string{"TurnLeft", "TurnRight", "LookUp", "MoveTowardsCamera", "MoveAwayFromCamera"} {
		var most float64
		end := 0.0
		for ; ; end += 0.1 {
			p, done := puppet.Act([]string{action}, end)
			if done {
				break
			}
			most = max(most, math.Abs(p.Yaw), math.Abs(p.Pitch), 50*math.Abs(p.Size-1))
		}
		assert.Greater(t, most, 14.0, action)
		assert.InDelta(t, 3.7, end, 0.3, action)
	}
}
