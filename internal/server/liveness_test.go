package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image/jpeg"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/engine"
	"idproof/engine/liveness/puppet"
	"idproof/report"
)

// asked is a challenge as the API gives it.
type asked struct {
	Token   string    `json:"token"`
	Actions []string  `json:"actions"`
	Expires time.Time `json:"expires_at"`
}

// alive begins a liveness session without a document.
func (s *service) alive(actions ...string) string {
	s.t.Helper()
	var out struct{ ID string }
	body := map[string]any{"options": "NoDocument", "available_actions": actions}
	require.Equal(s.t, 200, s.call("POST", "/v3/scanning/liveness", body, &out).StatusCode)
	return out.ID
}

func (s *service) challenge(id string) asked {
	s.t.Helper()
	var out asked
	require.Equal(s.t, 201, s.call("POST", "/v3/scanning/"+id+"/challenge", nil, &out).StatusCode)
	return out
}

// taken is a frame of a recording that is sent.
type taken struct {
	at   time.Duration
	data []byte
}

// frames sends a part of a recording.
func (s *service) frames(id, token string, part int, frames []taken) answer {
	s.t.Helper()
	body := map[string]any{"token": token, "part": part}
	var all []map[string]any
	for _, f := range frames {
		all = append(all, map[string]any{"at_ms": f.at.Milliseconds(), "jpeg": f.data})
	}
	body["frames"] = all
	return s.call("POST", "/v3/scanning/"+id+"/challenge/frames", body, nil)
}

func (s *service) finish(id, token string, parts int) answer {
	s.t.Helper()
	return s.call("POST", "/v3/scanning/"+id+"/challenge/recording", map[string]any{"token": token, "parts": parts, "camera": map[string]any{"virtual": true, "width": 480}}, nil)
}

// code is the code of the first error of an answer.
func code(t *testing.T, a answer) string {
	t.Helper()
	var out struct{ Errors []report.Error }
	require.NoError(t, json.Unmarshal(a.Body, &out), "%s", a.Body)
	require.NotEmpty(t, out.Errors, "%s", a.Body)
	return out.Errors[0].Code
}

// A challenge is answered once, by the session that asked for it; the engine
// gets every frame with its times, and nobody else anything.
func TestChallengeByAPI(t *testing.T) {
	s := start(t)
	got := make(chan *engine.Recording, 4)
	s.engine.read = func(_ context.Context, _ []engine.Input, o engine.Options) (*report.Result, error) {
		got <- o.Recording
		r := report.New()
		r.AnalysisSummary.Liveness = &report.LivenessSummary{Mode: "active", Result: report.Spoof, Reason: "identity_changed", Actions: []report.LivenessAction{}, Checks: []report.Check{}}
		return r, nil
	}
	id, other := s.alive("MoveTowardsCamera"), s.alive("MoveTowardsCamera")
	first, foreign := s.challenge(id), s.challenge(other)
	now := s.challenge(id)
	require.Equal(t, []string{"MoveTowardsCamera"}, now.Actions)
	require.WithinDuration(t, time.Now().Add(90*time.Second), now.Expires, 5*time.Second)

	frame := func(i int) taken {
		return taken{time.Duration(i) * 150 * time.Millisecond, append([]byte("\xff\xd8\xff\xe0FRAME-CANARY-"), byte('a'+i))}
	}
	part := []taken{frame(0), frame(1), frame(2)}
	for name, tt := range map[string]struct {
		answer answer
		status int
		code   string
	}{
		"foreign session":   {s.frames(id, foreign.Token, 0, part), 400, "CHALLENGE_INVALID"},
		"an older one":      {s.frames(id, first.Token, 0, part), 409, "CHALLENGE_USED"},
		"forged":            {s.frames(id, "x"+now.Token, 0, part), 400, "CHALLENGE_INVALID"},
		"no token":          {s.frames(id, "", 0, part), 400, "CHALLENGE_INVALID"},
		"backwards":         {s.frames(id, now.Token, 0, []taken{frame(2), frame(1)}), 400, "INVALID_REQUEST"},
		"too many":          {s.frames(id, now.Token, 0, slices.Repeat(part, 6)), 400, "INVALID_REQUEST"},
		"no pictures":       {s.frames(id, now.Token, 0, []taken{{0, []byte("GIF89a")}}), 415, "UNSUPPORTED_MEDIA"},
		"too large":         {s.frames(id, now.Token, 0, []taken{{0, append(frame(0).data, make([]byte, 200<<10)...)}}), 413, "PAYLOAD_TOO_LARGE"},
		"nothing came":      {s.finish(id, now.Token, 1), 400, "INVALID_REQUEST"},
		"of no session":     {s.frames("00000000-0000-4000-8000-000000000000", now.Token, 0, part), 404, "SESSION_NOT_FOUND"},
		"a plain upload":    {s.upload("/v3/scanning/"+id+"/documents?documentType=liveness_recording", picture, nil), 400, "INVALID_REQUEST"},
		"an ordinary check": {s.challengeOf(t), 400, "INVALID_REQUEST"},
	} {
		assert.Equal(t, tt.status, tt.answer.StatusCode, name)
		assert.Equal(t, tt.code, code(t, tt.answer), name)
	}

	require.Equal(t, 200, s.frames(id, now.Token, 0, part).StatusCode)
	require.Equal(t, 200, s.frames(id, now.Token, 1, []taken{frame(3), frame(4)}).StatusCode)
	require.Equal(t, 200, s.frames(id, now.Token, 1, []taken{frame(3)}).StatusCode, "the answer was lost: again")
	require.Equal(t, 200, s.finish(id, now.Token, 2).StatusCode)
	require.Equal(t, "CHALLENGE_USED", code(t, s.finish(id, now.Token, 2)), "replayed")
	require.Equal(t, "CHALLENGE_USED", code(t, s.frames(id, now.Token, 2, part)), "replayed")

	require.Equal(t, 201, s.call("POST", "/v3/scanning/"+id+"/analyses", nil, nil).StatusCode)
	r := s.finished(id)
	require.Equal(t, report.Review, r.Status)
	require.Equal(t, "LIVENESS_PERSON_DIFFERS", r.Decision.Reasons[0].Code)
	require.Len(t, r.Images, 1)
	require.Equal(t, "liveness_recording", r.Images[0].Type)
	rec := <-got
	require.Len(t, rec.Shots, 5)
	require.True(t, rec.Camera.Virtual)
	for i, shot := range rec.Shots {
		require.Equal(t, frame(i).at, shot.At)
		require.Equal(t, frame(i).data, shot.Data)
		require.WithinDuration(t, time.Now(), shot.Received, time.Minute)
	}
	require.Equal(t, id, rec.Challenge.Session)

	// Asked for and not given: not performed.
	require.Equal(t, 201, s.upload("/v3/scanning/"+other+"/documents?documentType=selfie", picture, nil).StatusCode)
	s.engine.read = func(_ context.Context, _ []engine.Input, o engine.Options) (*report.Result, error) {
		got <- o.Recording
		r := report.New()
		r.AnalysisSummary.Liveness = &report.LivenessSummary{Mode: "active", Result: report.NotPossible, Reason: "no_recording", Actions: []report.LivenessAction{}, Checks: []report.Check{}}
		return r, nil
	}
	require.Equal(t, 201, s.call("POST", "/v3/scanning/"+other+"/analyses", nil, nil).StatusCode)
	r = s.finished(other)
	require.Equal(t, "LIVENESS_NOT_PERFORMED", r.Decision.Reasons[0].Code)
	rec = <-got
	require.NotNil(t, rec)
	require.Empty(t, rec.Shots)

	// Sealed while it is kept, and gone when it is erased.
	require.Equal(t, 200, s.call("GET", "/v3/scanning/"+id+"/export", nil, nil).StatusCode)
	require.Equal(t, 200, s.call("DELETE", "/v3/scanning/"+id, nil, nil).StatusCode)
	s.stop()
	for name, content := range snapshot(t, s.dir) {
		require.False(t, bytes.Contains(content, []byte("FRAME-CANARY")), name)
	}
	require.NotContains(t, s.logs.String(), "FRAME-CANARY")
	require.NotContains(t, s.logs.String(), now.Token)
}

// challengeOf asks for a challenge of a session that wants no liveness.
func (s *service) challengeOf(t *testing.T) answer {
	t.Helper()
	id, _ := s.create("{}")
	return s.call("POST", "/v3/scanning/"+id+"/challenge", nil, nil)
}

// A puppet before the real engine: what it does decides.
func TestLivenessForReal(t *testing.T) {
	if testing.Short() {
		t.Skip("records in real time")
	}
	s, _ := startReal(t)
	film := func(look puppet.Look, actions ...string) (all []taken) {
		for i := range 22 {
			at := time.Duration(i) * 180 * time.Millisecond
			pose, _ := puppet.Act(actions, at.Seconds())
			var b bytes.Buffer
			require.NoError(t, jpeg.Encode(&b, puppet.Draw(look, pose, 300, 400, uint64(i)+1), nil))
			all = append(all, taken{at, b.Bytes()})
		}
		return all
	}
	good := film(puppet.Anna, "MoveTowardsCamera")
	with := func(change func(i int) []byte) []taken {
		out := slices.Clone(good)
		for i := range out {
			out[i].data = change(i)
		}
		return out
	}
	other := film(puppet.Bert, "MoveTowardsCamera")
	tests := []struct {
		name, reason, code string
		frames             []taken
		quick              bool // sent at once
	}{
		{name: "as asked", frames: good},
		{name: "spliced second person", frames: append(slices.Clone(good[:10]), other[10:]...), reason: "identity_changed", code: "LIVENESS_PERSON_DIFFERS"},
		{name: "frozen frame", frames: with(func(int) []byte { return good[0].data }), reason: "frames_frozen", code: "LIVENESS_REFUSED"},
		{name: "reordered frames", frames: with(func(i int) []byte { return good[(i*7)%len(good)].data }), reason: "frames_reordered", code: "LIVENESS_REFUSED"},
		{name: "a recording sent at once", frames: good, quick: true, reason: "timing_impossible", code: "LIVENESS_REFUSED"},
		{name: "no movement", frames: film(puppet.Anna), reason: "action_not_shown", code: "LIVENESS_ACTION_MISSED"},
		{name: "the wrong movement", frames: film(puppet.Anna, "MoveAwayFromCamera"), reason: "action_not_shown", code: "LIVENESS_ACTION_MISSED"},
	}
	t.Run("recordings", func(t *testing.T) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				id := s.alive("MoveTowardsCamera")
				ch := s.challenge(id)
				began := time.Now()
				parts := 0
				for all := range slices.Chunk(tt.frames, 6) {
					if wait := all[len(all)-1].at - time.Since(began); wait > 0 && !tt.quick {
						time.Sleep(wait)
					}
					require.Equal(t, 200, s.frames(id, ch.Token, parts, all).StatusCode)
					parts++
				}
				require.Equal(t, 200, s.finish(id, ch.Token, parts).StatusCode)
				require.Equal(t, 201, s.call("POST", "/v3/scanning/"+id+"/analyses", nil, nil).StatusCode)
				r := s.finished(id)
				live := r.AnalysisSummary.Liveness
				require.Equal(t, "active", live.Mode)
				if tt.reason == "" {
					require.Len(t, live.Actions, 1)
					require.Equal(t, report.Passed, live.Actions[0].Result, "%+v", live)
					return
				}
				require.Equal(t, tt.reason, live.Reason)
				require.NotEqual(t, report.Live, live.Result)
				codes := []string{}
				for _, reason := range r.Decision.Reasons {
					codes = append(codes, reason.Code)
				}
				require.Contains(t, codes, tt.code)
				require.NotEqual(t, report.Accepted, r.Status)
			})
		}
	})
}
