package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"idproof/internal/merchant"
	"idproof/report"
)

// Eraser is the part of the store that makes things go for good.
type Eraser interface {
	// Erase changes a session as Update does, and forgets what the new session no
	// longer has: its documents, and, when fn has set ErasedAt, the results of
	// its analyses, its webhooks and links, and the data key that all of it was
	// sealed with.
	Erase(ctx context.Context, id string, fn func(old Session) (Session, error)) (Session, error)
	// Remove forgets a session altogether, with its audit trail.
	Remove(ctx context.Context, id string) error
	// Due returns the ids of sessions of a merchant that ended at or before that
	// time and still have something of that kind, a few at a time.
	Due(ctx context.Context, merchantID string, k Kept, before time.Time) ([]string, error)
}

// Kept is a kind of what is kept; see [merchant.Retention].
type Kept string

// The kinds.
const (
	KeptBiometrics Kept = "biometrics"
	KeptPictures   Kept = "pictures"
	KeptPersonal   Kept = "personal"
	KeptRecord     Kept = "record"
)

// Erase takes everything personal out of the session; an open one is cancelled
// by it. What stays is that there was a session, its states and times.
func (s Session) Erase(by Actor, now time.Time) Session {
	if !s.ErasedAt.IsZero() {
		return s
	}
	s.Documents, s.Replaced, s.Evidence = nil, nil, nil
	s.Private = Private{TestOutcome: s.Private.TestOutcome}
	s.Analyses = slices.Clone(s.Analyses)
	for i := range s.Analyses {
		a := &s.Analyses[i]
		a.Decision, a.DocumentIDs = nil, []string{}
		if a.FinishedAt.IsZero() {
			a.Status, a.FinishedAt = report.Cancelled, now
		}
	}
	if !s.Closed() {
		s.Status, s.FinishedAt = report.Cancelled, now
		s = s.record(Event{Kind: Ended, Actor: by, At: now, Finished: true})
	}
	s.ErasedAt, s.UpdatedAt = now, now
	return s.record(Event{Kind: Erased, Actor: by, At: now})
}

// Drop takes documents out of the session because their time is over.
func (s Session) Drop(which func(Document) bool, now time.Time) Session {
	before := len(s.AllDocuments())
	s.Documents = slices.DeleteFunc(slices.Clone(s.Documents), which)
	s.Replaced = slices.DeleteFunc(slices.Clone(s.Replaced), which)
	s.Evidence = slices.DeleteFunc(slices.Clone(s.Evidence), which)
	if len(s.AllDocuments()) < before {
		s.UpdatedAt = now
		s = s.record(Event{Kind: DocumentsErased, Actor: System, At: now})
	}
	return s
}

// Erase erases everything personal of a session: rows, pictures, webhooks,
// links. Erasing again is no error.
func (s *Service) Erase(ctx context.Context, id string, by Actor) (Session, error) {
	return s.erase(ctx, id, func(old Session) (Session, error) { return old.Erase(by, s.at()), nil })
}

// erase changes a session and then deletes the pictures that it lost. A crash in
// between leaves pictures that no session knows; RemoveStrays finds those.
func (s *Service) erase(ctx context.Context, id string, fn func(Session) (Session, error)) (Session, error) {
	var before []Document
	next, err := s.store.Erase(ctx, id, func(old Session) (Session, error) {
		before = old.AllDocuments()
		return fn(old)
	})
	if err != nil {
		return Session{}, err
	}
	var errs []error
	for _, d := range before {
		if _, kept := next.Document(d.ID); !kept {
			errs = append(errs, s.blobs.Delete(context.WithoutCancel(ctx), BlobName(id, d.ID)))
		}
	}
	return next, errors.Join(errs...)
}

// Retain deletes what has been kept as long as the merchants' settings want.
func (s *Service) Retain(ctx context.Context) error {
	all, err := s.merchants.Merchants(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, m := range all {
		errs = append(errs, s.retain(ctx, m))
	}
	return errors.Join(errs...)
}

func (s *Service) retain(ctx context.Context, m merchant.Merchant) error {
	now := s.at()
	r := m.Settings.WithDefaults().Retention
	drop := func(which func(Document) bool) func(string) error {
		return func(id string) error {
			_, err := s.erase(ctx, id, func(old Session) (Session, error) { return old.Drop(which, now), nil })
			return err
		}
	}
	var errs []error
	for _, k := range []struct {
		kind  Kept
		after merchant.Duration
		do    func(id string) error
	}{
		{KeptBiometrics, r.Biometrics, drop(func(d Document) bool { return slices.Contains(Biometric, d.Type) })},
		{KeptPictures, r.Pictures, drop(func(Document) bool { return true })},
		{KeptPersonal, r.Personal, func(id string) error { _, err := s.Erase(ctx, id, System); return err }},
		{KeptRecord, r.Record, func(id string) error {
			if _, err := s.Erase(ctx, id, System); err != nil { // its pictures go with it
				return err
			}
			return s.store.Remove(ctx, id)
		}},
	} {
		ids, err := s.store.Due(ctx, m.ID, k.kind, now.Add(-time.Duration(k.after)))
		errs = append(errs, err)
		for _, id := range ids {
			if err := k.do(id); !errors.Is(err, ErrNotFound) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// Exported writes into the audit trail that somebody takes a copy of all that
// is kept of a session.
func (s *Service) Exported(ctx context.Context, id string, by Actor) error {
	_, err := s.store.Update(ctx, id, func(old Session) (Session, error) {
		return old.record(Event{Kind: Exported, Actor: by, At: s.at()}), nil
	})
	return err
}

// Consent keeps that the person agreed to the merchant's text, shown in that
// language. Agreeing again is no error.
func (s *Service) Consent(ctx context.Context, id, locale string) (State, error) {
	_, m, err := s.withMerchant(ctx, id)
	if err != nil {
		return State{}, err
	}
	version := m.Settings.Legal.ConsentVersion
	if len(m.Settings.Legal.Consent) == 0 {
		return State{}, ErrInvalid.Say("The merchant asks for no consent.")
	}
	if Locale(locale) == "" {
		return State{}, ErrInvalid.Say("The language is not known.")
	}
	sess, err := s.store.Update(ctx, id, func(old Session) (Session, error) {
		if old.consented(version) {
			return old, nil
		}
		if old.Closed() {
			return old, ErrClosed
		}
		now := s.at()
		old.Private.Consents = append(slices.Clip(old.Private.Consents), Consent{Version: version, Locale: Locale(locale), At: now})
		return old.record(Event{Kind: ConsentGiven, Actor: Person, At: now, Subject: version}), nil
	})
	if err != nil {
		return State{}, err
	}
	return s.state(ctx, sess)
}
