package engine_test

import (
	"bytes"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/engine"
	"idproof/engine/liveness"
	"idproof/engine/liveness/puppet"
	"idproof/report"
	"idproof/specimen"
)

// film is a puppet that acts, seen five times a second.
func film(t testing.TB, look puppet.Look, actions ...liveness.Action) (shots []engine.Shot) {
	t.Helper()
	var names []string
	for _, a := range actions {
		names = append(names, string(a))
	}
	for i := range 100 {
		at := time.Duration(i) * 200 * time.Millisecond
		pose, done := puppet.Act(names, at.Seconds())
		if done {
			break
		}
		shots = append(shots, shot(t, look, pose, at))
	}
	return shots
}

// shot is one picture of a puppet.
func shot(t testing.TB, look puppet.Look, pose puppet.Pose, at time.Duration) engine.Shot {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, puppet.Draw(look, pose, 300, 400, uint64(at)+1), &jpeg.Options{Quality: 85}))
	return engine.Shot{At: at, Received: now.Add(at + 2*time.Second), Data: b.Bytes()}
}

// asks is a challenge of these actions.
func asks(actions ...liveness.Action) liveness.Challenge {
	return liveness.Challenge{ID: "c", Session: "s", Actions: actions, Issued: now, Expires: now.Add(time.Minute)}
}

// judged is what an analysis says of a recording.
func judged(t testing.TB, r *engine.Recording, in ...engine.Input) *report.LivenessSummary {
	t.Helper()
	res, err := open(t).Analyze(t.Context(), in, engine.Options{Now: now, Types: []string{"liveness"}, Recording: r})
	require.NoError(t, err)
	s := res.AnalysisSummary.Liveness
	require.NotNil(t, s)
	require.Equal(t, "active", s.Mode)
	return s
}

// check finds a check by name.
func check(t testing.TB, s *report.LivenessSummary, name string) report.Check {
	t.Helper()
	i := slices.IndexFunc(s.Checks, func(c report.Check) bool { return c.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return s.Checks[i]
}

// A recording in which somebody does what was asked passes, whatever was asked.
func TestRecordingThatAnswers(t *testing.T) {
	for _, actions := range [][]liveness.Action{
		{liveness.TurnLeft, liveness.MoveCloser},
		{liveness.MoveAway, liveness.LookUp},
		{liveness.TurnRight},
	} {
		s := judged(t, &engine.Recording{Challenge: asks(actions...), Shots: film(t, puppet.Anna, actions...), Camera: &report.Camera{Virtual: true, Width: 360}})
		for i, a := range s.Actions {
			assert.Equal(t, string(actions[i]), a.Action)
			assert.Equal(t, report.Passed, a.Result, "%+v", a)
			assert.NotNil(t, a.Seconds)
		}
		for _, name := range []string{"challenge", "one_take", "one_person", "actions"} {
			assert.Equal(t, report.Passed, check(t, s, name).Result, name)
		}
		assert.Equal(t, "no_selfie", check(t, s, "same_as_selfie").Reason)
		assert.Equal(t, report.NotPerformed, check(t, s, "same_as_document").Result)
		assert.Equal(t, "virtual_camera", check(t, s, "camera").Reason)
		assert.NotEmpty(t, check(t, s, "network").Evidence, "the best frame is judged by itself too")
		assert.NotEqual(t, report.NotPossible, s.Result, s.Reason)
	}
}

// What is no answer is refused, each for its reason.
func TestRecordingsThatDoNotAnswer(t *testing.T) {
	want := []liveness.Action{liveness.MoveCloser, liveness.TurnLeft}
	good := film(t, puppet.Anna, want...)
	selfie := func(l puppet.Look) engine.Input {
		return engine.Input{Type: engine.Selfie, Data: shot(t, l, puppet.Pose{Size: 1.3}, 0).Data}
	}
	again := func(s engine.Shot, k int) engine.Shot {
		return engine.Shot{At: good[k].At, Received: good[k].Received, Data: s.Data}
	}
	tests := []struct {
		name   string
		change func(shots []engine.Shot) []engine.Shot
		selfie *puppet.Look
		reason string
		failed string // the check
		result string
	}{
		{"as asked, by the selfie's person", nil, &puppet.Anna, "", "", ""},
		{"another than the selfie's", nil, &puppet.Bert, "not_the_selfie", "same_as_selfie", report.Spoof},
		{"a second person spliced in", func(s []engine.Shot) []engine.Shot {
			other := film(t, puppet.Bert, want...)
			return append(s[:9], other[9:]...)
		}, nil, "identity_changed", "one_person", report.Spoof},
		{"frames in another order, with times mended", func(s []engine.Shot) []engine.Shot {
			out := slices.Clone(s)
			order := rand.New(rand.NewPCG(1, 2)).Perm(len(s))
			for i, j := range order {
				out[i] = again(s[j], i)
			}
			return out
		}, nil, "frames_reordered", "one_take", report.Spoof},
		{"frames in another order", func(s []engine.Shot) []engine.Shot {
			s[3], s[12] = s[12], s[3]
			return s
		}, nil, "frames_reordered", "one_take", report.Spoof},
		{"an earlier frame again", func(s []engine.Shot) []engine.Shot { s[15] = again(s[3], 15); return s }, nil, "frames_reordered", "one_take", report.Spoof},
		{"a frozen frame", func(s []engine.Shot) []engine.Shot {
			for i := range s {
				s[i] = again(s[0], i)
			}
			return s
		}, nil, "frames_frozen", "one_take", report.Spoof},
		{"other movements", func([]engine.Shot) []engine.Shot { return film(t, puppet.Anna, liveness.LookUp, liveness.TurnRight) }, nil, "action_not_shown", "actions", report.NotPossible},
		{"the movements in another order", func([]engine.Shot) []engine.Shot { return film(t, puppet.Anna, want[1], want[0]) }, nil, "action_not_shown", "actions", report.NotPossible},
		{"no movement", func([]engine.Shot) []engine.Shot { return film(t, puppet.Anna)[:0:0] }, nil, "no_recording", "", report.NotPossible},
		{"holding still", func(s []engine.Shot) []engine.Shot {
			for i := range s {
				pose, _ := puppet.Act(nil, s[i].At.Seconds())
				s[i] = shot(t, puppet.Anna, pose, s[i].At)
			}
			return s
		}, nil, "action_not_shown", "actions", report.NotPossible},
		{"nobody there", func(s []engine.Shot) []engine.Shot {
			for i := range s {
				s[i] = shot(t, puppet.Anna, puppet.Pose{Size: 0.01}, s[i].At)
			}
			return s
		}, nil, "face_lost", "one_person", report.NotPossible},
		{"no pictures", func(s []engine.Shot) []engine.Shot {
			for i := range s {
				s[i].Data = append([]byte("\xff\xd8\xff"), byte(i))
			}
			return s
		}, nil, "face_lost", "one_person", report.NotPossible},
		{"sent all at once", func(s []engine.Shot) []engine.Shot {
			for i := range s {
				s[i].Received, s[i].At = now.Add(time.Second), s[i].At*2
			}
			return s
		}, nil, "timing_impossible", "challenge", report.Spoof},
		{"made before the challenge", func(s []engine.Shot) []engine.Shot {
			s[0].Received = now.Add(-time.Second)
			return s
		}, nil, "timing_impossible", "challenge", report.Spoof},
		{"too short", func(s []engine.Shot) []engine.Shot { return s[:4] }, nil, "too_few_frames", "challenge", report.NotPossible},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			shots := slices.Clone(good)
			if tt.change != nil {
				shots = tt.change(shots)
			}
			var in []engine.Input
			if tt.selfie != nil {
				in = append(in, selfie(*tt.selfie))
			}
			s := judged(t, &engine.Recording{Challenge: asks(want...), Shots: shots}, in...)
			if tt.reason == "" {
				assert.Equal(t, report.Passed, check(t, s, "same_as_selfie").Result)
				assert.Equal(t, report.Passed, check(t, s, "actions").Result)
				return
			}
			assert.Equal(t, tt.reason, s.Reason)
			assert.Equal(t, tt.result, s.Result)
			if tt.failed != "" {
				assert.Equal(t, report.FailedCheck, check(t, s, tt.failed).Result)
				assert.Equal(t, tt.reason, check(t, s, tt.failed).Reason)
			}
			assert.NotEqual(t, report.Passed, check(t, s, "actions").Result, "nothing passes that was not looked at")
			assert.NotEqual(t, report.Passed, s.Actions[len(s.Actions)-1].Result)
		})
	}
}

// The recorded person is compared with the document's portrait where there is one.
func TestRecordingAndDocument(t *testing.T) {
	_, sides := draw(t, 3, specimen.Wish{Kind: specimen.Passport})
	s := judged(t, &engine.Recording{Challenge: asks(liveness.MoveCloser), Shots: film(t, puppet.Anna, liveness.MoveCloser)},
		engine.Input{Type: "document_front", Data: encode(t, sides.Front.Image)})
	c := check(t, s, "same_as_document")
	if c.Result == report.NotPerformed { // a drawn portrait need not be a face
		assert.NotEmpty(t, c.Reason)
		return
	}
	assert.Equal(t, report.FailedCheck, c.Result, "the specimen does not show the puppet")
	assert.Equal(t, "not_the_portrait", s.Reason)
}

// A frame of a recording, from file to template: what one second of a person
// before the camera costs is this times the frames of a second.
func BenchmarkFrame(b *testing.B) {
	e := open(b)
	shots := film(b, puppet.Anna, liveness.TurnLeft)
	r := &engine.Recording{Challenge: asks(liveness.TurnLeft), Shots: shots}
	for b.Loop() {
		if _, err := e.Analyze(b.Context(), nil, engine.Options{Now: now, Types: []string{"liveness"}, Recording: r}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*len(shots)), "ms/frame")
}

// How often a puppet that does what is asked passes, and one that always plays
// the same film does. IDPROOF_RECORDINGS says how many of each; the figures are
// in docs/faces.md.
func TestRecordingRates(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("IDPROOF_RECORDINGS"))
	if err != nil {
		t.Skip("IDPROOF_RECORDINGS is not set to a number")
	}
	all := film(t, puppet.Anna, liveness.AllActions...)
	issue := &liveness.Challenges{Key: make([]byte, 16), Now: func() time.Time { return now }, Random: rand.NewChaCha8([32]byte{1})}
	reasons := map[string]int{}
	passed, played := 0, 0
	for range n {
		ch, _, err := issue.Issue("s", 3, nil)
		require.NoError(t, err)
		s := judged(t, &engine.Recording{Challenge: *ch, Shots: film(t, puppet.Anna, ch.Actions...)})
		if check(t, s, "actions").Result == report.Passed {
			passed++
		} else {
			reasons[s.Reason]++
			t.Log(ch.Actions, s.Actions)
		}
		s = judged(t, &engine.Recording{Challenge: *ch, Shots: all})
		if check(t, s, "actions").Result == report.Passed {
			played++
		}
	}
	t.Logf("of %d challenges %d answered, refused for %v; a film of all movements passes %d", n, passed, reasons, played)
}
