// Package liveness is active liveness as the service does it: it gives a person
// a challenge, takes the frames that answer it as they come, and makes one
// document of them, which an analysis judges.
//
//	Issue ──▶ Add, Add, Add … ──▶ Finish
//
// A challenge is signed, belongs to one session, lasts [Life] and is used once;
// asking for another ends it. Frames come in parts of about a second. Each part
// is kept at once, sealed with the session's key, under a name that follows from
// the challenge and its number, so that any process can take the next one and
// nothing is lost with one; what comes again is not kept again. Parts of a
// challenge that is never finished belong to no session and are swept with the
// strays. What the frames show is the engine's business (engine/liveness).
package liveness

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"idproof/engine"
	"idproof/engine/liveness"
	"idproof/internal/blob"
	"idproof/internal/session"
	"idproof/report"
)

// Limits of a recording.
const (
	Life       = 90 * time.Second       // of a challenge
	MaxParts   = 40                     // of a recording
	MaxInPart  = 16                     // frames of a part
	MaxFrames  = 200                    // of a recording
	MaxFrame   = 96 << 10               // bytes of one frame
	Interval   = 150 * time.Millisecond // between two frames, as it is asked for
	shortest   = 40 * time.Millisecond  // between two frames, as it is taken
	atOnce     = 48                     // parts that are taken at the same time
	mostAction = 3                      // actions of a challenge
)

// Asked is a challenge as the person's page gets it.
type Asked struct {
	Token      string    `json:"token" doc:"Comes back with every part of the recording"`
	Actions    []string  `json:"actions" enum:"TurnLeft,TurnRight,LookUp,MoveTowardsCamera,MoveAwayFromCamera" doc:"To be done in this order, back in the middle after each; left and right are the person's own"`
	ExpiresAt  time.Time `json:"expires_at"`
	IntervalMS int       `json:"interval_ms" doc:"Time between two frames"`
	MaxInPart  int       `json:"max_frames" doc:"Frames of one part"`
	MaxFrame   int       `json:"max_bytes" doc:"Bytes of one frame"`
}

// Frame is one picture of a part.
type Frame struct {
	At   time.Duration // since the recording began, by the page's clock
	JPEG []byte
}

// Service gives challenges and takes their answers. It keeps nothing in memory.
type Service struct {
	store session.Store
	blobs blob.Store
	now   func() time.Time
	slots chan struct{}
}

// New returns a service.
func New(store session.Store, blobs blob.Store, now func() time.Time) *Service {
	return &Service{store: store, blobs: blobs, now: now, slots: make(chan struct{}, atOnce)}
}

// Issue gives the session's person a new challenge.
func (s *Service) Issue(ctx context.Context, sessionID string, by session.Actor) (*Asked, error) {
	var out *Asked
	_, err := s.store.Update(ctx, sessionID, func(old session.Session) (session.Session, error) {
		key, err := signingKey(&old)
		if err != nil {
			return old, err
		}
		if !old.WantsRecording() {
			return old, session.ErrInvalid.Say("The session does not ask for active liveness.")
		}
		ch, token, err := s.challenges(key, s.now).Issue(sessionID, mostAction, possible(old.Private.Liveness.AvailableActions))
		if err != nil {
			return old, err
		}
		asked := session.Challenge{ID: ch.ID, Issued: ch.Issued, Expires: ch.Expires}
		for _, a := range ch.Actions {
			asked.Actions = append(asked.Actions, string(a))
		}
		out = &Asked{
			Token: token, Actions: asked.Actions, ExpiresAt: ch.Expires,
			IntervalMS: int(Interval.Milliseconds()), MaxInPart: MaxInPart, MaxFrame: MaxFrame,
		}
		return old.Challenged(asked, by, s.at())
	})
	return out, err
}

// Decline lets the person go on without a recording; see [session.Session.WithoutRecording].
func (s *Service) Decline(ctx context.Context, sessionID string) error {
	_, err := s.store.Update(ctx, sessionID, func(old session.Session) (session.Session, error) {
		return old.WithoutRecording(session.Person, s.at())
	})
	return err
}

// possible are the movements that stand behind the names of the API: following a
// text with the eyes alone cannot be seen on a small picture, so the head follows.
func possible(available []string) (all []liveness.Action) {
	for _, a := range available {
		if a == "FollowText" {
			all = append(all, liveness.TurnLeft, liveness.TurnRight, liveness.LookUp)
		} else {
			all = append(all, liveness.Action(a))
		}
	}
	return all
}

// Add takes the n-th part of the answer, from 0 on. The same part again changes nothing.
func (s *Service) Add(ctx context.Context, sessionID, token string, n int, frames []Frame) error {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return session.ErrUnavailable.Say("Too many recordings at the same time; try again in a moment.")
	}
	if err := valid(n, frames); err != nil {
		return err
	}
	sess, ch, err := s.open(ctx, sessionID, token)
	if err != nil {
		return err
	}
	name := partName(sessionID, ch.ID, n)
	if f, err := s.blobs.Open(ctx, name, sess.Key); err == nil {
		return f.Close() // the answer to the first try was lost
	} else if !errors.Is(err, blob.ErrNotFound) {
		return err
	}
	rec := engine.Recording{}
	now := s.at()
	for _, f := range frames {
		rec.Shots = append(rec.Shots, engine.Shot{At: f.At, Received: now, Data: f.JPEG})
	}
	data, err := Pack(&rec)
	if err != nil {
		return err
	}
	return s.blobs.Put(ctx, name, sess.Key, bytes.NewReader(data))
}

// valid says what is wrong with a part.
func valid(n int, frames []Frame) error {
	switch {
	case n < 0 || n >= MaxParts:
		return session.ErrInvalid.Say("A recording has parts from 0 to " + strconv.Itoa(MaxParts-1) + ".")
	case len(frames) == 0 || len(frames) > MaxInPart:
		return session.ErrInvalid.Say("A part has 1 to " + strconv.Itoa(MaxInPart) + " frames.")
	}
	for i, f := range frames {
		switch {
		case len(f.JPEG) > MaxFrame:
			return session.ErrTooLarge.Say("A frame is larger than " + strconv.Itoa(MaxFrame) + " bytes.")
		case !bytes.HasPrefix(f.JPEG, []byte{0xff, 0xd8, 0xff}):
			return session.ErrUnsupported.Say("Frames are JPEG pictures.")
		case f.At < 0 || f.At > Life:
			return session.ErrInvalid.Say("The time of a frame is outside the challenge.")
		case i > 0 && f.At < frames[i-1].At+shortest:
			return session.ErrInvalid.Say("Frames come in the order in which they were taken, at most 25 a second.")
		}
	}
	return nil
}

// Finish makes one document of the parts 0 to parts-1 and uses the challenge up.
// camera is what the page noticed of the camera; nil: nothing.
func (s *Service) Finish(ctx context.Context, sessionID, token string, parts int, camera *report.Camera, by session.Actor) error {
	if parts < 1 || parts > MaxParts {
		return session.ErrInvalid.Say("A recording has 1 to " + strconv.Itoa(MaxParts) + " parts.")
	}
	sess, ch, err := s.open(ctx, sessionID, token)
	if err != nil {
		return err
	}
	rec := engine.Recording{Challenge: *ch, Camera: camera}
	for n := range parts {
		shots, err := s.part(ctx, sess, partName(sessionID, ch.ID, n))
		if errors.Is(err, blob.ErrNotFound) {
			return session.ErrInvalid.Say("Part " + strconv.Itoa(n) + " of the recording did not arrive.")
		}
		if err != nil {
			return err
		}
		rec.Shots = append(rec.Shots, shots...)
	}
	if len(rec.Shots) > MaxFrames {
		return session.ErrTooLarge.Say("A recording has at most " + strconv.Itoa(MaxFrames) + " frames.")
	}
	data, err := Pack(&rec)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	d := session.Document{
		ID: uuid.NewString(), Type: session.Recording, MediaType: MediaType,
		Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:]), CreatedAt: s.at(),
	}
	name := session.BlobName(sessionID, d.ID)
	if err := s.blobs.Put(ctx, name, sess.Key, bytes.NewReader(data)); err != nil {
		return err
	}
	_, err = s.store.Update(ctx, sessionID, func(old session.Session) (session.Session, error) {
		return old.Answered(ch.ID, d, by, s.at())
	})
	if session.Refused(err) { // else it is found as a stray, if the session does not have it
		err = errors.Join(err, s.blobs.Delete(context.WithoutCancel(ctx), name))
	}
	if err != nil {
		return err
	}
	for n := range parts {
		err = errors.Join(err, s.blobs.Delete(context.WithoutCancel(ctx), partName(sessionID, ch.ID, n)))
	}
	return err
}

// part reads the shots of a part.
func (s *Service) part(ctx context.Context, sess session.Session, name string) ([]engine.Shot, error) {
	f, err := s.blobs.Open(ctx, name, sess.Key)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("liveness: %w", err)
	}
	rec, err := Unpack(data)
	if err != nil {
		return nil, err
	}
	return rec.Shots, nil
}

// open finds the session and the challenge that the token holds, if it still counts.
func (s *Service) open(ctx context.Context, sessionID, token string) (session.Session, *liveness.Challenge, error) {
	sess, err := s.store.Session(ctx, sessionID)
	if err != nil {
		return sess, nil, err
	}
	if len(sess.Private.LivenessKey) == 0 {
		return sess, nil, session.ErrChallenge
	}
	key, err := signingKey(&sess)
	if err != nil {
		return sess, nil, err
	}
	ch, err := s.challenges(key, s.now).Open(token, sessionID)
	switch {
	case errors.Is(err, liveness.ErrStale):
		return sess, nil, session.ErrChallengeOver
	case err != nil:
		return sess, nil, session.ErrChallenge
	}
	if _, err := sess.Challenge(ch.ID); err != nil {
		return sess, nil, err
	}
	return sess, ch, nil
}

func (s *Service) challenges(key []byte, now func() time.Time) *liveness.Challenges {
	return &liveness.Challenges{Key: key, Now: now, Random: rand.Reader, Life: Life}
}

// at is the time that goes into records: as exact as every database keeps it.
func (s *Service) at() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// signingKey is the session's own key for challenges; the first use makes it.
func signingKey(s *session.Session) ([]byte, error) {
	place := "liveness.key/" + s.ID
	if len(s.Private.LivenessKey) > 0 {
		return s.Key.Open(s.Private.LivenessKey, place)
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	sealed, err := s.Key.Seal(key, place)
	s.Private.LivenessKey = sealed
	return key, err
}

// partName is the name under which a part is kept until the recording is finished.
func partName(sessionID, challengeID string, n int) string {
	id := uuid.NewSHA1(uuid.NameSpaceOID, slices.Concat([]byte(challengeID), []byte{0}, strconv.AppendInt(nil, int64(n), 10)))
	return session.BlobName(sessionID, id.String())
}
