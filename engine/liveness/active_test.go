package liveness

import (
	"bytes"
	"context"
	"crypto/sha256"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/engine/face"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// person is a template; frames of the same person differ a little.
func person(seed uint64, noise float64) face.Template {
	r, n := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, uint64(noise*1e6)))
	t := make(face.Template, 64)
	var sum float64
	for i := range t {
		t[i] = float32(r.NormFloat64() + noise*n.NormFloat64())
		sum += float64(t[i] * t[i])
	}
	for i := range t {
		t[i] /= float32(math.Sqrt(sum))
	}
	return t
}

func challenges(now time.Time) *Challenges {
	return &Challenges{
		Key: []byte("0123456789abcdef0123456789abcdef"), Now: func() time.Time { return now },
		Random: bytes.NewReader(bytes.Repeat([]byte{7, 99, 200, 31, 5}, 40)),
	}
}

// play gives ten frames a second of a person who does the actions.
func play(actions []Action, who uint64) (frames []Frame) {
	at := 200 * time.Millisecond
	add := func(yaw, pitch, size float64) {
		k := float64(len(frames))
		frames = append(frames, Frame{
			At: at, Received: noon.Add(time.Second + at), Face: true,
			Pose: face.Pose{Yaw: yaw + 0.3*math.Sin(k), Pitch: pitch + 0.2*math.Cos(k), Roll: 0.1 * math.Sin(2*k)},
			Size: size * (1 + 0.002*math.Sin(3*k)), Template: person(who, 0.2+0.01*k),
			Digest: sha256.Sum256([]byte(strconv.Itoa(int(who)) + "/" + strconv.Itoa(len(frames)))),
		})
		at += 100 * time.Millisecond
	}
	for range 3 {
		add(1, 2, 0.12)
	}
	for _, a := range actions {
		for i := range 11 {
			w := math.Sin(math.Pi * float64(i) / 10)
			yaw, pitch, size := 1.0, 2.0, 0.12
			switch a {
			case TurnLeft:
				yaw += 25 * w
			case TurnRight:
				yaw -= 25 * w
			case LookUp:
				pitch += 20 * w
			case MoveCloser:
				size *= 1 + 0.35*w
			case MoveAway:
				size *= 1 - 0.28*w
			}
			add(yaw, pitch, size)
		}
	}
	return frames
}

func TestVerify(t *testing.T) {
	three := []Action{TurnLeft, MoveCloser, LookUp}
	tests := []struct {
		name   string
		change func(ch *Challenge, token *string, f []Frame) []Frame
		later  time.Duration // than the issue
		selfie uint64
		want   error
	}{
		{name: "as asked"},
		{name: "token changed", change: func(_ *Challenge, tok *string, f []Frame) []Frame {
			*tok = "A" + (*tok)[1:]
			return f
		}, want: ErrToken},
		{name: "no token", change: func(_ *Challenge, tok *string, f []Frame) []Frame { *tok = ""; return f }, want: ErrToken},
		{name: "stale", later: 2 * time.Minute, want: ErrStale},
		{name: "from the future", later: -time.Minute, want: ErrStale},
		{name: "few frames", change: func(_ *Challenge, _ *string, f []Frame) []Frame { return f[:4] }, want: ErrFewer},
		{name: "gap", change: func(_ *Challenge, _ *string, f []Frame) []Frame { return append(f[:5], f[25:]...) }, want: ErrFewer},
		{name: "reordered", change: func(_ *Challenge, _ *string, f []Frame) []Frame {
			f[8], f[20] = f[20], f[8]
			return f
		}, want: ErrOrder},
		{name: "reordered with times mended", change: func(_ *Challenge, _ *string, f []Frame) []Frame {
			a, b := f[8], f[3]
			f[8].Pose, f[8].Digest, f[8].Size = face.Pose{Yaw: -60}, b.Digest, b.Size
			f[3].Digest = a.Digest
			return f
		}, want: ErrOrder},
		{name: "a frame again", change: func(_ *Challenge, _ *string, f []Frame) []Frame { f[20].Digest = f[2].Digest; return f }, want: ErrOrder},
		{name: "frozen", change: func(_ *Challenge, _ *string, f []Frame) []Frame {
			for i := range f {
				f[i].Digest, f[i].Pose, f[i].Size = f[0].Digest, f[0].Pose, f[0].Size
			}
			return f
		}, want: ErrFrozen},
		{name: "frozen, encoded anew", change: func(_ *Challenge, _ *string, f []Frame) []Frame {
			for i := range f {
				f[i].Pose, f[i].Size = f[0].Pose, f[0].Size
			}
			return f
		}, want: ErrFrozen},
		{name: "recording sent at once", change: func(_ *Challenge, _ *string, f []Frame) []Frame {
			for i := range f {
				f[i].At *= 3
				f[i].Received = noon.Add(time.Second)
			}
			return f
		}, want: ErrTiming},
		{name: "taken before the challenge", change: func(_ *Challenge, _ *string, f []Frame) []Frame {
			f[0].Received = noon.Add(-time.Second)
			return f
		}, want: ErrTiming},
		{name: "other actions", change: func(ch *Challenge, _ *string, f []Frame) []Frame {
			return play([]Action{MoveAway, TurnRight, TurnRight}, 1)
		}, want: ErrAction},
		{name: "actions in another order", change: func(ch *Challenge, _ *string, _ []Frame) []Frame {
			a := slices.Clone(ch.Actions)
			slices.Reverse(a)
			return play(a, 1)
		}, want: ErrAction},
		{name: "last action missing", change: func(ch *Challenge, _ *string, _ []Frame) []Frame { return play(ch.Actions[:2], 1) }, want: ErrAction},
		{name: "second person spliced in", change: func(ch *Challenge, _ *string, f []Frame) []Frame {
			other := play(ch.Actions, 2)
			copy(f[20:], other[20:])
			return f
		}, want: ErrIdentity},
		{name: "another than the selfie's", selfie: 3, want: ErrSelfie},
		{name: "no face", change: func(_ *Challenge, _ *string, f []Frame) []Frame {
			for i := range f {
				f[i].Face = i%3 == 0
			}
			return f
		}, want: ErrFace},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := challenges(noon)
			ch, token, err := c.Issue("s1", len(three), three)
			require.NoError(t, err)
			frames := play(ch.Actions, 1)
			if tt.change != nil {
				frames = tt.change(ch, &token, frames)
			}
			later := tt.later
			if later == 0 {
				later = 10 * time.Second
			}
			c.Now = func() time.Time { return noon.Add(later) }
			selfie := tt.selfie
			if selfie == 0 {
				selfie = 1
			}
			seen, err := c.Verify(token, "s1", frames, person(selfie, 0.1))
			if tt.want == nil {
				require.NoError(t, err)
				require.Len(t, seen, len(three))
				for i, e := range seen {
					assert.Equal(t, ch.Actions[i], e.Action)
				}
				return
			}
			assert.ErrorIs(t, err, tt.want)
		})
	}
}

func TestEveryActionIsSeen(t *testing.T) {
	for _, a := range AllActions {
		c := challenges(noon)
		_, token, err := c.Issue("s", 1, []Action{a})
		require.NoError(t, err)
		c.Now = func() time.Time { return noon.Add(5 * time.Second) }
		_, err = c.Verify(token, "s", play([]Action{a}, 1), person(1, 0.1))
		assert.NoError(t, err, a)
		_, err = c.Verify(token, "another", play([]Action{a}, 1), person(1, 0.1))
		assert.ErrorIs(t, err, ErrToken)
		_, err = c.Verify(token, "s", play(nil, 1), person(1, 0.1))
		assert.Error(t, err)
	}
}

// Without a selfie the frames are compared with the best of their own.
func TestWithoutASelfie(t *testing.T) {
	c := challenges(noon)
	ch, _, err := c.Issue("s", 2, []Action{TurnRight, MoveAway})
	require.NoError(t, err)
	seen, err := ch.Check(play(ch.Actions, 1), nil)
	require.NoError(t, err)
	require.Len(t, seen, 2)

	two := play(ch.Actions, 1)
	copy(two[14:], play(ch.Actions, 2)[14:])
	_, err = ch.Check(two, nil)
	assert.ErrorIs(t, err, ErrIdentity)
	assert.Equal(t, "identity_changed", Reason(err))

	nobody := play(ch.Actions, 1)
	for i := range nobody {
		nobody[i].Template = nil
	}
	_, err = ch.Check(nobody, nil)
	assert.ErrorIs(t, err, ErrFace)
	assert.Empty(t, Reason(context.Canceled))
}

func TestChallengeOnce(t *testing.T) {
	c := challenges(noon)
	used := map[string]bool{}
	c.Used = func(id string, until time.Time) bool {
		assert.True(t, until.After(noon))
		before := used[id]
		used[id] = true
		return before
	}
	ch, token, err := c.Issue("s", 2, nil)
	require.NoError(t, err)
	c.Now = func() time.Time { return noon.Add(5 * time.Second) }
	_, err = c.Verify(token, "s", play(ch.Actions, 1), person(1, 0.1))
	require.NoError(t, err)
	_, err = c.Verify(token, "s", play(ch.Actions, 1), person(1, 0.1))
	assert.ErrorIs(t, err, ErrReplay)
}

func TestIssue(t *testing.T) {
	c := challenges(noon)
	a, ta, err := c.Issue("s", 3, nil)
	require.NoError(t, err)
	b, tb, err := c.Issue("s", 3, nil)
	require.NoError(t, err)
	assert.NotEqual(t, ta, tb)
	assert.NotEqual(t, a.ID, b.ID)
	assert.Len(t, slices.Compact(slices.Sorted(slices.Values(a.Actions))), 3, "no action twice")
	c.Key = []byte("short")
	_, _, err = c.Issue("s", 3, nil)
	require.Error(t, err)
	c = challenges(noon)
	c.Random = strings.NewReader("x")
	_, _, err = c.Issue("s", 3, nil)
	require.Error(t, err)
}

func FuzzOpen(f *testing.F) {
	c := challenges(noon)
	_, token, err := c.Issue("s", 3, nil)
	require.NoError(f, err)
	f.Add(token)
	f.Add("..")
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := c.Open(s, "s"); err == nil && s != token {
			t.Error("a token that was not issued")
		}
	})
}
