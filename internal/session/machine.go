package session

import (
	"slices"
	"time"

	"idproof/internal/merchant"
	"idproof/report"
)

// action is what can happen to a session.
type action string

const (
	choose  action = "choose the type of document"
	upload  action = "upload"
	submit  action = "submit"
	accept  action = "accept"
	refer   action = "refer to a person"
	decline action = "decline"
	fail    action = "fail"
	retry   action = "let the person try again"
	cancel  action = "cancel"
	expire  action = "expire"
)

// transition is a line of the state machine. An empty to keeps the status; an
// empty by means anyone.
type transition struct {
	do   action
	from []report.Status
	to   report.Status
	by   Actor
}

var (
	open    = []report.Status{report.Created, report.ReadyToStart}
	decided = []report.Status{report.Accepted, report.Review, report.Declined, report.Failed}
	pending = []report.Status{report.Pending}
	ended   = []report.Status{report.Cancelled, report.Timeout}
)

// transitions is the state machine; see the diagram in the package comment. The
// merchant's program may go on with a decided session: each analysis is final,
// but a session can hold several.
var transitions = []transition{
	{do: choose, from: open},
	{do: upload, from: open, to: report.ReadyToStart},
	{do: upload, from: slices.Concat(pending, decided), by: Client},
	{do: submit, from: []report.Status{report.ReadyToStart}, to: report.Pending},
	{do: submit, from: slices.Concat([]report.Status{report.Created}, decided), to: report.Pending, by: Client}, // Created: a test without pictures
	{do: accept, from: pending, to: report.Accepted, by: System},
	{do: refer, from: pending, to: report.Review, by: System},
	{do: decline, from: pending, to: report.Declined, by: System},
	{do: fail, from: pending, to: report.Failed, by: System},
	{do: retry, from: pending, to: report.ReadyToStart, by: System},
	{do: cancel, from: open, to: report.Cancelled},
	{do: expire, from: open, to: report.Timeout, by: System},
}

func closed(s report.Status) bool { return slices.Contains(decided, s) || slices.Contains(ended, s) }

// next is the status after an action, or why it cannot be.
func (s Session) next(do action, by Actor) (report.Status, error) {
	for _, t := range transitions {
		if t.do == do && slices.Contains(t.from, s.Status) && (t.by == "" || t.by == by) {
			if t.to == "" {
				return s.Status, nil
			}
			return t.to, nil
		}
	}
	switch {
	case s.Status == report.Pending:
		return "", ErrRunning
	case do == submit && s.Status == report.Created:
		return "", ErrIncomplete
	default:
		return "", ErrClosed
	}
}

// move applies an action and records it.
func (s Session) move(do action, by Actor, now time.Time, e Event) (Session, error) {
	if !s.ErasedAt.IsZero() {
		return s, ErrClosed.Say("What the session held was erased.")
	}
	if by != System && !now.Before(s.ExpiresAt) {
		if by == Person {
			return s, ErrExpired
		}
		return s, ErrClosed.Say("The session has expired.")
	}
	to, err := s.next(do, by)
	if err != nil {
		return s, err
	}
	ends := closed(to) && !closed(s.Status)
	s.Status, s.UpdatedAt = to, now
	switch {
	case ends:
		s.FinishedAt = now
	case !closed(to):
		s.FinishedAt = time.Time{}
	}
	if e.Kind != "" {
		e.Actor, e.At = by, now
		s = s.record(e)
	}
	if ends {
		s = s.record(Event{Kind: Ended, Actor: by, At: now, Finished: true})
	}
	return s, nil
}

// Choose sets the type of document; what was uploaded for another type goes.
func (s Session) Choose(documentType string, by Actor, now time.Time) (Session, error) {
	next, err := s.move(choose, by, now, Event{Kind: TypeChosen})
	if err != nil {
		return s, err
	}
	if next.DocumentType != documentType {
		next = next.replace(func(d Document) bool { return !slices.Contains(Biometric, d.Type) })
		next.Status = report.Created
	}
	next.DocumentType = documentType
	return next, nil
}

// Add puts a document into the session. It takes the place of an earlier one of
// the same type and reference.
func (s Session) Add(d Document, by Actor, now time.Time) (Session, error) {
	next, err := s.move(upload, by, now, Event{Kind: DocumentAdded, Subject: d.ID})
	if err != nil {
		return s, err
	}
	next = next.replace(func(old Document) bool { return old.Type == d.Type && old.Reference == d.Reference })
	next.Documents = append(slices.Clip(next.Documents), d)
	if len(next.Documents) > MaxDocuments || len(next.Documents)+len(next.Replaced) > MaxUploads {
		return s, ErrTooMany.Say("The session has taken as many uploads as it can.")
	}
	return next, nil
}

// Limits of one session.
const (
	MaxDocuments = 20 // in force
	MaxUploads   = 60 // in all
	MaxAnalyses  = 20
)

// Submit asks for an analysis of the documents that the session holds now.
func (s Session) Submit(id string, types []string, by Actor, now time.Time) (Session, error) {
	if by == Person {
		if s.AttemptsLeft() == 0 && !s.Closed() && s.Status != report.Pending {
			return s, ErrTooMany
		}
		if len(s.Missing()) > 0 && slices.Contains(open, s.Status) {
			return s, ErrIncomplete
		}
	}
	if len(s.Analyses) >= MaxAnalyses {
		return s, ErrTooMany
	}
	next, err := s.move(submit, by, now, Event{Kind: AnalysisRequested, Subject: id})
	if err != nil {
		return s, err
	}
	a := Analysis{ID: id, Status: report.Requested, Types: types, By: by, RequestedAt: now}
	for _, t := range slices.Concat(UploadTypes, []string{Recording}) { // front before back, then by time
		for _, d := range s.Documents {
			if d.Type == t {
				a.DocumentIDs = append(a.DocumentIDs, d.ID)
			}
		}
	}
	if len(a.DocumentIDs) == 0 {
		if !s.Test || s.Private.TestOutcome == "" {
			return s, ErrIncomplete
		}
		a.DocumentIDs = []string{} // the outcome is known without any
	}
	next.Analyses = append(slices.Clip(next.Analyses), a)
	return next, nil
}

// Start says that a worker has taken up the analysis. Starting again, after a
// crash, is no error.
func (s Session) Start(id string, now time.Time) (Session, error) {
	i := slices.IndexFunc(s.Analyses, func(a Analysis) bool { return a.ID == id })
	if i < 0 {
		return s, ErrNotFound
	}
	s.Analyses = slices.Clone(s.Analyses)
	a := &s.Analyses[i]
	if !a.FinishedAt.IsZero() {
		return s, ErrClosed.Say("The analysis has finished.")
	}
	a.Status, a.StartedAt, s.UpdatedAt = report.Pending, now, now
	return s.record(Event{Kind: AnalysisStarted, Actor: System, At: now, Subject: id}), nil
}

// Finish gives an analysis its result and decision, for good, and moves the
// session on. A person whose picture was declined for a reason that a better
// picture may mend, and who has an attempt left, gets another try.
func (s Session) Finish(id string, r *report.Result, d report.Decision, now time.Time) (Session, error) {
	i := slices.IndexFunc(s.Analyses, func(a Analysis) bool { return a.ID == id })
	if i < 0 {
		return s, ErrNotFound
	}
	s.Analyses = slices.Clone(s.Analyses)
	a := &s.Analyses[i]
	if !a.FinishedAt.IsZero() {
		return s, ErrClosed.Say("The analysis has finished.")
	}
	a.Status, a.FinishedAt, a.Decision, a.Result = d.Result, now, &d, r

	do := fail
	switch d.Result {
	case report.Accepted:
		do = accept
	case report.Review:
		do = refer
	case report.Declined:
		do = decline
		if s.CanRetry(id, now) && retryable(d) {
			do = retry
		}
	}
	return s.move(do, System, now, Event{Kind: AnalysisDone, Subject: id})
}

// CanRetry reports whether the person who asked for that analysis may try again
// should it be declined.
func (s Session) CanRetry(id string, now time.Time) bool {
	a, ok := s.Analysis(id)
	return ok && a.By == Person && s.AttemptsLeft() > 0 && now.Before(s.ExpiresAt)
}

// retryable: every reason can be mended by a better picture.
func retryable(d report.Decision) bool {
	return len(d.Reasons) > 0 && !slices.ContainsFunc(d.Reasons, func(r report.Reason) bool { return !r.Retryable })
}

// Cancel ends the session on the wish of the person or the merchant's program.
func (s Session) Cancel(by Actor, now time.Time) (Session, error) {
	return s.move(cancel, by, now, Event{})
}

// Expire ends a session whose time is over.
func (s Session) Expire(now time.Time) (Session, error) {
	return s.move(expire, System, now, Event{})
}

// webhookEvents maps what happened to the webhook events that tell of it.
var webhookEvents = map[string]string{
	Created:           merchant.SessionCreated,
	TypeChosen:        merchant.SessionUpdated,
	DocumentAdded:     merchant.SessionUpdated,
	AnalysisRequested: merchant.SessionUpdated,
	AnalysisDone:      merchant.AnalysisFinished,
	Ended:             merchant.SessionFinished,
}

// WebhookEvent is the webhook event that tells of e, or "".
func (e Event) WebhookEvent() string { return webhookEvents[e.Kind] }
