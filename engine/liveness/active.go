package liveness

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"idproof/engine/face"
)

// Action is one movement that is asked for.
type Action string

// The actions. Left and right are the person's own.
const (
	TurnLeft   Action = "TurnLeft"
	TurnRight  Action = "TurnRight"
	LookUp     Action = "LookUp"
	MoveCloser Action = "MoveTowardsCamera"
	MoveAway   Action = "MoveAwayFromCamera"
)

// AllActions is what a challenge draws from unless told otherwise.
var AllActions = []Action{TurnLeft, TurnRight, LookUp, MoveCloser, MoveAway}

// Why an active check is refused. The set is closed; the texts are stable codes.
var (
	ErrToken    = errors.New("token_invalid")      // not ours, changed, or of another session
	ErrStale    = errors.New("token_expired")      // issued too long ago, or in the future
	ErrFewer    = errors.New("too_few_frames")     // or too far between them
	ErrOrder    = errors.New("frames_reordered")   // times do not rise, or the movement jumps
	ErrTiming   = errors.New("timing_impossible")  // outside the challenge's time, or faster than people move
	ErrFrozen   = errors.New("frames_frozen")      // the same picture again and again
	ErrFace     = errors.New("face_lost")          // no face in most frames
	ErrIdentity = errors.New("identity_changed")   // a second person in between
	ErrSelfie   = errors.New("not_the_selfie")     // one person, but not the selfie's
	ErrAction   = errors.New("action_not_shown")   // the movement that was asked for did not come
	ErrReplay   = errors.New("challenge_replayed") // the same challenge was used before
)

// Reason is the stable code of a refusal, without what goes before or after it;
// "" for an error that is none of this package's.
func Reason(err error) string {
	for _, e := range []error{
		ErrToken, ErrStale, ErrFewer, ErrOrder, ErrTiming, ErrFrozen, ErrFace, ErrIdentity, ErrSelfie, ErrAction, ErrReplay,
	} {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return ""
}

// Challenge is what a person is asked to do.
type Challenge struct {
	ID      string    `json:"id"`      // once only
	Session string    `json:"session"` // for whom
	Actions []Action  `json:"actions"` // in this order
	Issued  time.Time `json:"issued"`
	Expires time.Time `json:"expires"`
}

// Challenges issues challenges and verifies that frames answer them. It keeps no
// state: what was issued comes back as a signed token.
type Challenges struct {
	Key    []byte           // of the signature, at least 16 bytes
	Now    func() time.Time // the clock
	Random io.Reader        // of unpredictable bytes: crypto/rand.Reader
	Life   time.Duration    // of a challenge; 0: a minute
	// Used tells whether a challenge was verified before, and remembers it; nil:
	// the caller takes care of it.
	Used func(id string, until time.Time) bool
}

// Issue draws n different actions, no two opposite movements being the same, and
// returns them with their token.
func (c *Challenges) Issue(session string, n int, from []Action) (*Challenge, string, error) {
	if len(c.Key) < 16 {
		return nil, "", errors.New("liveness: the signing key is shorter than 16 bytes")
	}
	if len(from) == 0 {
		from = AllActions
	}
	raw := make([]byte, 16+len(from))
	if _, err := io.ReadFull(c.Random, raw); err != nil {
		return nil, "", fmt.Errorf("liveness: %w", err)
	}
	actions := slices.Clone(from)
	for i := len(actions) - 1; i > 0; i-- {
		j := int(raw[16+i]) % (i + 1)
		actions[i], actions[j] = actions[j], actions[i]
	}
	life := c.Life
	if life <= 0 {
		life = time.Minute
	}
	now := c.Now().UTC().Truncate(time.Millisecond)
	ch := &Challenge{
		ID: base64.RawURLEncoding.EncodeToString(raw[:16]), Session: session,
		Actions: actions[:min(max(n, 1), len(actions))], Issued: now, Expires: now.Add(life),
	}
	body, err := json.Marshal(ch)
	if err != nil {
		return nil, "", fmt.Errorf("liveness: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString(body)
	return ch, text + "." + base64.RawURLEncoding.EncodeToString(c.sign(text)), nil
}

func (c *Challenges) sign(text string) []byte {
	m := hmac.New(sha256.New, c.Key)
	m.Write([]byte("idproof liveness challenge\n" + text))
	return m.Sum(nil)
}

// Open checks a token and returns the challenge it holds: ErrToken, ErrStale.
func (c *Challenges) Open(token, session string) (*Challenge, error) {
	var text, sum string
	for i := range len(token) {
		if token[i] == '.' {
			text, sum = token[:i], token[i+1:]
			break
		}
	}
	// Compared as text: base64 has several spellings of the same bytes.
	want := base64.RawURLEncoding.EncodeToString(c.sign(text))
	if text == "" || len(c.Key) < 16 || !hmac.Equal([]byte(sum), []byte(want)) {
		return nil, ErrToken
	}
	body, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, ErrToken
	}
	var ch Challenge
	if err := json.Unmarshal(body, &ch); err != nil || ch.Session != session {
		return nil, ErrToken
	}
	if now := c.Now(); now.After(ch.Expires) || now.Before(ch.Issued.Add(-time.Second)) {
		return nil, ErrStale
	}
	return &ch, nil
}

// Frame is what was measured of one picture of the stream.
type Frame struct {
	At       time.Duration // since the challenge was shown, by the page's clock
	Received time.Time     // by the server's clock
	Face     bool          // whether one was found; the rest is only meant then
	Pose     face.Pose
	Size     float64       // eye distance over the picture's width
	Template face.Template // of the face
	Digest   [32]byte      // of the picture's bytes
}

// Turn is how far the face looks away from the camera, degrees.
func (f *Frame) Turn() float64 { return math.Abs(f.Pose.Yaw) + math.Abs(f.Pose.Pitch) }

// Limits of what counts as a movement and as a person.
const (
	turned       = 14.0 // degrees away from the starting pose
	lookedUp     = 11.0
	closer, away = 1.22, 0.82 // of the starting size

	// Back from a movement: few people come to where they began.
	restCloser, restAway = 1.15, 0.87

	leastFrames = 6                       // in all
	widestGap   = 1500 * time.Millisecond // between two frames
	shortest    = 400 * time.Millisecond  // for one action
	fastest     = 400.0                   // degrees a second that a head turns
	sameFace    = 0.30                    // similarity of neighbouring frames of one person
	selfieFace  = 0.38                    // and with the selfie: one stranger in 1,700
	clockSlack  = 3 * time.Second         // of the page's clock over the whole stream
	stillNoise  = 1e-6                    // change of measurements that a camera never stays below
	mostFrozen  = 0.5                     // part of frames that may repeat the one before
	turnsBack   = 600 * time.Millisecond  // in which nobody goes there and back
	toAndFro    = 8.0                     // degrees of a movement that is no tremble
	nearAndFar  = 0.1                     // the same of the size, as a part of it
	mostJerks   = 0.08                    // part of frames after which a head may turn back at once
)

// Evidence says when each action was seen.
type Evidence struct {
	Action  Action        `json:"action"`
	At      time.Duration `json:"at"`
	Reached float64       `json:"reached"` // degrees, or size over the starting size
}

// Verify opens the token and checks that the frames answer its challenge, once;
// see [Challenge.Check]. The error is one of the package's.
func (c *Challenges) Verify(token, session string, frames []Frame, selfie face.Template) ([]Evidence, error) {
	ch, err := c.Open(token, session)
	if err != nil {
		return nil, err
	}
	seen, err := ch.Check(frames, selfie)
	if err != nil {
		return seen, err
	}
	// Last, so that a failed try does not use the challenge up.
	if c.Used != nil && c.Used(ch.ID, ch.Expires) {
		return seen, ErrReplay
	}
	return seen, nil
}

// Check tells whether the frames show the challenge's actions in order, by one
// living person, within its time. The person is the selfie's; nil: there is no
// selfie, and all frames are compared with the most frontal one among them. The
// error is one of the package's; the evidence holds what was seen until then.
func (ch *Challenge) Check(frames []Frame, selfie face.Template) ([]Evidence, error) {
	if err := ch.Arrived(frames); err != nil {
		return nil, err
	}
	if err := moving(frames); err != nil {
		return nil, err
	}
	if selfie == nil {
		turn := math.Inf(1)
		for _, f := range frames {
			if t := f.Turn(); f.Face && f.Template != nil && t < turn {
				selfie, turn = f.Template, t
			}
		}
		if selfie == nil {
			return nil, ErrFace
		}
	}
	if err := onePerson(frames, selfie); err != nil {
		return nil, err
	}
	return acted(ch, frames)
}

// Arrived is the part of [Challenge.Check] that needs no look at the pictures:
// only times and digests.
func (ch *Challenge) Arrived(frames []Frame) error {
	if err := timing(ch, frames); err != nil {
		return err
	}
	same := 0
	seen := map[[32]byte]int{}
	for i, f := range frames {
		if j, ok := seen[f.Digest]; ok && j != i-1 {
			return ErrOrder // an earlier frame came again
		}
		seen[f.Digest] = i
		if i > 0 && f.Digest == frames[i-1].Digest {
			same++
		}
	}
	if float64(same) > mostFrozen*float64(len(frames)-1) {
		return ErrFrozen
	}
	return nil
}

// timing compares both clocks with the challenge's time.
func timing(ch *Challenge, frames []Frame) error {
	if len(frames) < leastFrames {
		return ErrFewer
	}
	for i := 1; i < len(frames); i++ {
		if frames[i].At <= frames[i-1].At || frames[i].Received.Before(frames[i-1].Received) {
			return ErrOrder
		}
	}
	for i, f := range frames {
		if f.Received.Before(ch.Issued) || f.Received.After(ch.Expires) || f.At < 0 {
			return ErrTiming
		}
		if i == 0 {
			continue
		}
		if f.At-frames[i-1].At > widestGap {
			return ErrFewer
		}
	}
	first, last := frames[0], frames[len(frames)-1]
	whole := last.At - first.At
	if whole < time.Duration(len(ch.Actions))*shortest {
		return ErrTiming
	}
	// Frames are sent as they are taken: what the page says of their times and
	// when they came differs by the network only. A recording comes at once.
	if drift := last.Received.Sub(first.Received) - whole; drift < -clockSlack || drift > 3*clockSlack {
		return ErrTiming
	}
	return nil
}

// moving refuses pictures that repeat and heads that jump.
func moving(frames []Frame) error {
	frozen := 0
	for i := 1; i < len(frames); i++ {
		f, b := frames[i], frames[i-1]
		change := math.Abs(f.Pose.Yaw-b.Pose.Yaw) + math.Abs(f.Pose.Pitch-b.Pose.Pitch) + math.Abs(f.Pose.Roll-b.Pose.Roll) + math.Abs(f.Size-b.Size)
		if f.Digest == b.Digest || (f.Face && b.Face && change < stillNoise) {
			frozen++
			continue
		}
		if f.Face && b.Face {
			// Cameras take at most 60 frames a second that differ; landmarks tremble.
			seconds := max((f.At - b.At).Seconds(), 1.0/60)
			if math.Abs(f.Pose.Yaw-b.Pose.Yaw) > 12+fastest*seconds || f.Size > b.Size*(1.25+4*seconds) || b.Size > f.Size*(1.25+4*seconds) {
				return ErrOrder
			}
		}
	}
	if float64(frozen) > mostFrozen*float64(len(frames)-1) {
		return ErrFrozen
	}
	if jerky(frames) {
		return ErrOrder
	}
	return nil
}

// jerky tells whether the head goes to and fro from frame to frame, as it does
// when frames were put into another order: what turns one way goes on doing so
// for some frames, however quickly.
func jerky(frames []Frame) bool {
	var seen []Frame
	for _, f := range frames {
		if f.Face {
			seen = append(seen, f)
		}
	}
	back := 0
	for i := 2; i < len(seen); i++ {
		a, b, c := seen[i-2], seen[i-1], seen[i]
		if (c.At - a.At) > turnsBack {
			continue // slow enough for a person
		}
		for _, v := range [][3]float64{
			{a.Pose.Yaw / toAndFro, b.Pose.Yaw / toAndFro, c.Pose.Yaw / toAndFro},
			{a.Pose.Pitch / toAndFro, b.Pose.Pitch / toAndFro, c.Pose.Pitch / toAndFro},
			{math.Log(a.Size) / nearAndFar, math.Log(b.Size) / nearAndFar, math.Log(c.Size) / nearAndFar},
		} {
			if d, e := v[1]-v[0], v[2]-v[1]; d*e < 0 && math.Abs(d) > 1 && math.Abs(e) > 1 {
				back++
				break
			}
		}
	}
	return back > 2 && float64(back) > mostJerks*float64(len(seen))
}

// onePerson follows the identity through the frames and compares it with the
// selfie. Turned faces resemble their own frontal picture less, so only frontal
// ones are compared with the selfie, and neighbours with each other.
func onePerson(frames []Frame, selfie face.Template) error {
	found := 0
	best := math.Inf(-1)
	var last *Frame
	var strange int
	for i := range frames {
		f := &frames[i]
		if !f.Face {
			continue
		}
		found++
		frontal := math.Abs(f.Pose.Yaw) < 15 && math.Abs(f.Pose.Pitch) < 15
		if frontal && len(f.Template) > 0 {
			s := f.Template.Similarity(selfie)
			best = max(best, s)
			if s < selfieFace {
				strange++
			} else {
				strange = 0
			}
			// One blurred frame is no second person.
			if strange >= 2 && best >= selfieFace {
				return ErrIdentity
			}
		}
		if last != nil && len(f.Template) > 0 && f.Template.Similarity(last.Template) < sameFace &&
			math.Abs(f.Pose.Yaw-last.Pose.Yaw) < 15 && math.Abs(f.Pose.Pitch-last.Pose.Pitch) < 15 {
			return ErrIdentity
		}
		if len(f.Template) > 0 {
			last = f
		}
	}
	switch {
	case 3*found < 2*len(frames):
		return ErrFace
	case best < selfieFace:
		return ErrSelfie
	}
	return nil
}

// acted looks for the actions one after the other, each starting from the pose
// between them.
func acted(ch *Challenge, frames []Frame) ([]Evidence, error) {
	var out []Evidence
	start, first := beginning(frames)
	rested := true
	since := start.At
	for i := first; i < len(frames); i++ {
		f := &frames[i]
		if !f.Face {
			continue
		}
		if len(out) == len(ch.Actions) {
			break
		}
		yaw, pitch := f.Pose.Yaw-start.Pose.Yaw, f.Pose.Pitch-start.Pose.Pitch
		size := f.Size / max(start.Size, 1e-9)
		if !rested {
			// Back near the start before the next action counts, or it would count twice.
			if math.Abs(yaw) < turned/2 && math.Abs(pitch) < lookedUp*0.7 && size > restAway && size < restCloser {
				rested, since = true, f.At
			}
			continue
		}
		want := ch.Actions[len(out)]
		reached, ok := 0.0, false
		switch want {
		// The observer's right is the person's left.
		case TurnLeft:
			reached, ok = yaw, yaw > turned
		case TurnRight:
			reached, ok = yaw, yaw < -turned
		case LookUp:
			reached, ok = pitch, pitch > lookedUp
		case MoveCloser:
			reached, ok = size, size > closer
		case MoveAway:
			reached, ok = size, size < away
		}
		// A movement that was not asked for, done clearly, is a wrong answer: a
		// recording that shows all of them must not pass.
		if !ok && wrong(want, yaw, pitch, size) {
			return out, fmt.Errorf("%w: %s", ErrAction, want)
		}
		if ok && f.At-since >= shortest/4 {
			out = append(out, Evidence{want, f.At, reached})
			rested = false
		}
	}
	if len(out) < len(ch.Actions) {
		return out, fmt.Errorf("%w: %s", ErrAction, ch.Actions[len(out)])
	}
	return out, nil
}

// beginning is how the head is held at first, the middle of the first few
// faces, so that one that was measured badly does not shift all that follows;
// and the index of the frame after them.
func beginning(frames []Frame) (start Frame, next int) {
	const few = 3
	var yaw, pitch, size []float64
	for i, f := range frames {
		if !f.Face {
			continue
		}
		if len(yaw) == 0 {
			start.At = f.At
		}
		yaw, pitch, size = append(yaw, f.Pose.Yaw), append(pitch, f.Pose.Pitch), append(size, f.Size)
		if next = i + 1; len(yaw) == few {
			break
		}
	}
	for _, v := range [][]float64{yaw, pitch, size} {
		slices.Sort(v)
	}
	if n := len(yaw) / 2; n < len(yaw) {
		start.Pose, start.Size = face.Pose{Yaw: yaw[n], Pitch: pitch[n]}, size[n]
	}
	return start, next
}

// wrong tells whether a clear movement is another one than wanted.
func wrong(want Action, yaw, pitch, size float64) bool {
	const clearly = 1.4
	return (want != TurnLeft && yaw > clearly*turned) ||
		(want != TurnRight && yaw < -clearly*turned) ||
		(want != LookUp && pitch > 2*lookedUp) ||
		(want != MoveCloser && size > 1.5) ||
		(want != MoveAway && size < 0.62)
}
