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

// ChallengeIssued is the kind of event that a challenge was given; Subject: its id.
const ChallengeIssued = "liveness_challenge_issued"

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

// Challenged gives the person a new challenge, which ends the one before.
func (s Session) Challenged(c Challenge, by Actor, now time.Time) (Session, error) {
	switch {
	case !s.ActiveLiveness():
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
