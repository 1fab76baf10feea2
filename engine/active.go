package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"idproof/engine/face"
	"idproof/engine/liveness"
	"idproof/report"
)

// Recording is the answer to a challenge of active liveness: pictures of the
// person while they did what was asked. Without shots the challenge was not
// answered, which the report says.
type Recording struct {
	Challenge liveness.Challenge
	Shots     []Shot
	// Camera is what the page noticed of the camera; it warns and decides nothing.
	Camera *report.Camera
}

// Shot is one picture of a recording.
type Shot struct {
	At       time.Duration // since the recording began, by the page's clock
	Received time.Time     // by the server's clock
	Data     []byte        // the file as it was received
}

// reasonNoRecording says that the challenge was not answered.
const reasonNoRecording = "no_recording"

// straight is how far a face may look away, in degrees, to be judged by itself.
const straight = 15

// judged is the face that the passive signals are looked for on: that of the
// selfie, else of the frame that shows most around it, which they need.
func (w *seen) judged(selfie *sitter) *sitter {
	switch {
	case w == nil || len(selfie.Faces) > 0:
		return selfie
	case w.roomy != nil:
		return w.roomy
	}
	return w.best
}

// seen is a recording with what was found on it.
type seen struct {
	frames []liveness.Frame
	best   *sitter // of the frame that looks most straight into the camera
	roomy  *sitter // of those that look straight enough the one with most around the face; nil: none does
}

// watch measures every shot. Of a recording that is refused for its times alone
// nothing is measured. Where most cannot show a face any more it stops, for
// frames without one cost the most and change nothing.
func (e *Engine) watch(ctx context.Context, rec *Recording) (*seen, error) {
	shots := rec.Shots
	frames := make([]liveness.Frame, len(shots))
	for i, s := range shots {
		frames[i] = liveness.Frame{At: s.At, Received: s.Received, Digest: sha256.Sum256(s.Data)}
	}
	var without atomic.Int64
	var mu sync.Mutex
	out := &seen{frames: frames, best: &sitter{Subject: &face.Subject{Reason: face.ReasonNoFace}}}
	turn, size := math.Inf(1), math.Inf(1)
	if rec.Challenge.Arrived(frames) != nil {
		return out, nil //nolint:nilerr // acted says so
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.NumCPU())
	for i, s := range shots {
		g.Go(func() error {
			if 3*int(without.Load()) > len(shots)+3 {
				return ctx.Err()
			}
			one, err := e.shot(ctx, s, i%embedEach == 0)
			if err != nil {
				return err
			}
			if one == nil || len(one.Faces) == 0 {
				without.Add(1)
				return nil
			}
			f := &one.Faces[0]
			frames[i].Face, frames[i].Pose, frames[i].Template = true, f.Pose, one.Template
			frames[i].Size = f.EyeDistance() / float64(one.picture.W) / math.Cos(math.Pi/180*max(-60, min(f.Pose.Yaw, 60)))
			mu.Lock()
			defer mu.Unlock()
			t := frames[i].Turn()
			if one.Template != nil && t < turn {
				out.best, turn = one, t
			}
			if t < straight && frames[i].Size < size {
				out.roomy, size = one, frames[i].Size
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return out, nil
}

// embedEach is how many frames there are for one that is compared with the
// others: nobody moves in less, and comparing costs more than finding.
const embedEach = 2

// shot finds the face of one frame, and what it is compared by where that is
// wanted; nil: it is no picture.
func (e *Engine) shot(ctx context.Context, s Shot, embed bool) (*sitter, error) {
	got, err := e.decoder.Decode(ctx, s.Data, e.limits)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil || len(got) == 0 {
		return nil, nil //nolint:nilerr // a frame that cannot be read shows nobody
	}
	p := face.NewPicture(got[0].Image)
	faces, err := e.faces.Find(ctx, p, face.Person)
	if err != nil {
		return nil, fmt.Errorf("engine: frame: %w", err)
	}
	sub := &face.Subject{Faces: faces, Reason: face.ReasonNoFace}
	if embed && len(faces) > 0 {
		sub.Quality = face.Assess(p, &faces[0], faces[1:])
		var usable bool
		if usable, sub.Reason = sub.Quality.Usable(); usable {
			if sub.Template, err = e.faces.Embed(ctx, p, &faces[0]); err != nil {
				return nil, fmt.Errorf("engine: frame: %w", err)
			}
		}
	}
	return &sitter{sub, p, got[0].Scale}, nil
}

// stages are the checks of a recording in the order in which they are made, with
// the refusals that belong to each. What comes after a failed one is not made.
var stages = []struct {
	name     string
	refusals []error
}{
	{"challenge", []error{liveness.ErrToken, liveness.ErrStale, liveness.ErrReplay, liveness.ErrTiming, liveness.ErrFewer}},
	{"one_take", []error{liveness.ErrOrder, liveness.ErrFrozen}},
	{"one_person", []error{liveness.ErrFace, liveness.ErrIdentity}},
	{"same_as_selfie", []error{liveness.ErrSelfie}},
	{"actions", []error{liveness.ErrAction}},
}

// acted judges whether the recording answers its challenge. selfie and portrait
// may hold no face; s is the passive judgement, which is kept as far as it goes.
func acted(s *report.LivenessSummary, r *Recording, w *seen, portrait *holder, selfie *sitter, compared bool) {
	s.Mode = "active"
	for _, a := range r.Challenge.Actions {
		s.Actions = append(s.Actions, report.LivenessAction{Action: string(a), Result: report.NotPerformed, Reason: reasonNoRecording})
	}
	var checks []report.Check
	if len(r.Shots) == 0 {
		for _, st := range stages {
			checks = append(checks, report.Check{Name: st.name, Result: report.NotPerformed, Reason: reasonNoRecording})
		}
		s.Result, s.Reason, s.Checks = report.NotPossible, reasonNoRecording, append(checks, s.Checks...)
		return
	}
	var known face.Template
	if selfie != nil {
		known = selfie.Template
	}
	evidence, err := r.Challenge.Check(w.frames, known)
	checks = append(staged(err, known != nil, w.frames), sameAsDocument(portrait, w.best, compared))
	tell(s.Actions, evidence, err)
	last := checks[len(checks)-1]
	switch {
	case err != nil:
		s.Result, s.Reason = report.NotPossible, liveness.Reason(err)
		if attack(err) {
			s.Result = report.Spoof
		}
		s.Score = 0
	case last.Result == report.FailedCheck:
		s.Result, s.Reason, s.Score = report.Spoof, last.Reason, 0
	}
	s.Checks = append(checks, s.Checks...)
	if c := r.Camera; c != nil {
		s.Checks = append(s.Checks, camera(c))
	}
}

// staged spreads what became of the recording over the stages.
func staged(err error, selfie bool, frames []liveness.Frame) (checks []report.Check) {
	failed := false
	for _, st := range stages {
		c := report.Check{Name: st.name, Result: report.Passed}
		for _, refusal := range st.refusals {
			if errors.Is(err, refusal) {
				c.Result, c.Reason, failed = report.FailedCheck, liveness.Reason(err), true
			}
		}
		switch {
		case c.Result == report.Passed && failed:
			c.Result, c.Reason = report.NotPerformed, liveness.Reason(err)
		case c.Name == "same_as_selfie" && !selfie:
			c.Result, c.Reason = report.NotPerformed, "no_selfie"
		}
		checks = append(checks, c)
	}
	with := 0
	for _, f := range frames {
		if f.Face {
			with++
		}
	}
	checks[0].Evidence = map[string]any{
		"frames": len(frames), "with_face": with, "seconds": math.Round((frames[len(frames)-1].At-frames[0].At).Seconds()*100) / 100,
	}
	return checks
}

// attack tells a recording that no honest person makes by mistake from one that
// only was not good enough.
func attack(err error) bool {
	for _, e := range []error{
		liveness.ErrToken, liveness.ErrReplay, liveness.ErrOrder, liveness.ErrTiming, liveness.ErrFrozen, liveness.ErrIdentity, liveness.ErrSelfie,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// tell says of each action whether and when it was seen.
func tell(actions []report.LivenessAction, evidence []liveness.Evidence, err error) {
	for i := range actions {
		a := &actions[i]
		switch {
		case i < len(evidence):
			a.Result, a.Reason = report.Passed, ""
			a.Seconds, a.Reached = new(math.Round(evidence[i].At.Seconds()*100)/100), new(math.Round(evidence[i].Reached*100)/100)
		case errors.Is(err, liveness.ErrAction) && i == len(evidence):
			a.Result, a.Reason = report.FailedCheck, liveness.Reason(err)
		default:
			a.Reason = liveness.Reason(err)
		}
	}
}

// reasonPortrait says that the recorded person is not the document's.
const reasonPortrait = "not_the_portrait"

// sameAsDocument compares the recorded person with the document's portrait.
// Where a selfie was compared with it already, a difference only warns: the
// selfie is the better picture, and the recording was compared with that.
func sameAsDocument(portrait *holder, best *sitter, compared bool) report.Check {
	c := report.Check{Name: "same_as_document", Result: report.NotPerformed}
	if len(portrait.Faces) == 0 {
		c.Reason = "no_portrait"
		return c
	}
	got := face.Compare(portrait.Subject, best.Subject, 0)
	switch {
	case got.Result == face.NotPossible:
		c.Reason = got.Reason
		return c
	case got.Result == face.Match:
		c.Result = report.Passed
	case compared:
		c.Result, c.Reason = report.Warning, reasonPortrait
	default:
		c.Result, c.Reason = report.FailedCheck, reasonPortrait
	}
	c.Evidence = map[string]any{"match_score": tenth(got.Score), "threshold": tenth(face.Threshold(face.DefaultFalseMatchRate))}
	return c
}

// camera judges what the page noticed of the camera. How evenly its frames come
// is only told: sensors keep time as well as programs do.
func camera(c *report.Camera) report.Check {
	out := report.Check{Name: "camera", Result: report.Passed, Evidence: map[string]any{
		"width": c.Width, "height": c.Height, "frame_rate": c.FrameRate, "jitter": c.Jitter,
	}}
	switch {
	case c.Virtual:
		out.Result, out.Reason = report.Warning, "virtual_camera"
	case c.Width == 0:
		out.Result, out.Reason = report.NotPerformed, "not_said"
	}
	return out
}
