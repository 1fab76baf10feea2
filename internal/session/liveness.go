package session

import (
	"slices"
	"time"
)

// Recording is the type of a document that holds a whole recording of active
// liveness (package internal/liveness makes and reads it). It is no upload.
const Recording = "liveness_recording"

// MaxChallenges is how often a session may ask for a challenge.
const MaxChallenges = 12

// Kinds of events.
const (
	ChallengeIssued   = "liveness_challenge_issued" // Subject: its id
	RecordingDeclined = "liveness_declined"         // the person goes on without
)

// Challenge is what a person was asked to do before the camera, as the session
// remembers it. Only the newest counts, and once.
type Challenge struct {
	ID      string    `json:"id"`
	Actions []string  `json:"actions"`
	Issued  time.Time `json:"issued"`
	Expires time.Time `json:"expires"`
	Used    bool      `json:"used,omitempty"`
}

// ActiveLiveness tells whether the person is to do what a challenge asks.
func (s Session) ActiveLiveness() bool {
	return s.Private.Liveness != nil && slices.Contains(s.AnalysisTypes, "liveness")
}

// WantsRecording tells whether the person still is to do so: those who cannot
// may say so, and a person looks at the session in the end.
func (s Session) WantsRecording() bool { return s.ActiveLiveness() && !s.Private.NoRecording }

// WithoutRecording lets the person go on without active liveness.
func (s Session) WithoutRecording(by Actor, now time.Time) (Session, error) {
	if !s.WantsRecording() {
		return s, nil
	}
	status := s.Status
	next, err := s.move(upload, by, now, Event{Kind: RecordingDeclined})
	if err != nil {
		return s, err
	}
	next.Status = status
	next.Private.NoRecording = true
	return next, nil
}

// Challenged gives the person a new challenge, which ends the one before.
func (s Session) Challenged(c Challenge, by Actor, now time.Time) (Session, error) {
	switch {
	case !s.WantsRecording():
		return s, ErrInvalid.Say("The session does not ask for active liveness.")
	case len(s.Private.Challenges) >= MaxChallenges:
		return s, ErrTooMany.Say("The session has had as many challenges as it can.")
	}
	status := s.Status
	next, err := s.move(upload, by, now, Event{Kind: ChallengeIssued, Subject: c.ID})
	if err != nil {
		return s, err
	}
	next.Status = status // nothing was given yet
	next.Private.Challenges = append(slices.Clip(next.Private.Challenges), c)
	return next, nil
}

// Challenge returns the newest challenge if it has that id and was not used.
func (s Session) Challenge(id string) (Challenge, error) {
	i := slices.IndexFunc(s.Private.Challenges, func(c Challenge) bool { return c.ID == id })
	switch {
	case i < 0:
		return Challenge{}, ErrChallenge
	case s.Private.Challenges[i].Used || i < len(s.Private.Challenges)-1:
		return Challenge{}, ErrChallengeUsed
	}
	return s.Private.Challenges[i], nil
}

// Answered puts the recording that answers a challenge into the session, and
// uses the challenge up.
func (s Session) Answered(id string, d Document, by Actor, now time.Time) (Session, error) {
	if _, err := s.Challenge(id); err != nil {
		return s, err
	}
	next, err := s.Add(d, by, now)
	if err != nil {
		return s, err
	}
	next.Private.Challenges = slices.Clone(next.Private.Challenges)
	next.Private.Challenges[len(next.Private.Challenges)-1].Used = true
	return next, nil
}
