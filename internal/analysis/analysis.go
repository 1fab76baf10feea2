// Package analysis carries out what was asked for: it takes a job, runs the
// engine on the documents of the session, lets the policy decide, and keeps
// the result.
//
// The package joins the engine to the service; it neither looks at pixels nor
// knows HTTP. A job may run twice, the result is written once.
package analysis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/uptrace/bun"

	"idproof/engine"
	"idproof/engine/face"
	"idproof/internal/blob"
	"idproof/internal/gallery"
	"idproof/internal/history"
	"idproof/internal/merchant"
	"idproof/internal/policy"
	"idproof/internal/queue"
	"idproof/internal/session"
	"idproof/internal/store"
	"idproof/report"
)

// Engine reads documents; *engine.Engine is one.
type Engine interface {
	Analyze(ctx context.Context, in []engine.Input, o engine.Options) (*report.Result, error)
	gallery.Eye
}

// Job asks for one analysis.
type Job struct {
	SessionID  string `json:"session_id"`
	AnalysisID string `json:"analysis_id"`
}

// attempts is how often an analysis is begun before it counts as failed. A
// process that dies on the way has used one. The job itself has more, because
// it must come to the point where it says so.
const attempts, jobAttempts = 3, 25

// Kind implements river.JobArgs.
func (Job) Kind() string { return "analysis" }

// InsertOpts says where the job runs.
func (Job) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Analyses, MaxAttempts: jobAttempts}
}

// Inserter puts jobs in; *queue.Queue is one.
type Inserter interface {
	InsertTx(ctx context.Context, tx bun.Tx, job river.JobArgs) error
}

// Enqueue is the hook that puts a job in when an analysis is asked for.
func Enqueue(q Inserter) store.Hook {
	return func(ctx context.Context, tx bun.Tx, s session.Session, e session.Event) error {
		if e.Kind != session.AnalysisRequested {
			return nil
		}
		return q.InsertTx(ctx, tx, Job{SessionID: s.ID, AnalysisID: e.Subject})
	}
}

// Observer is told about every analysis that ended; see package telemetry.
type Observer interface {
	Analysis(sessionID string, result report.Status, begin time.Time, seconds float64, steps []report.Step)
}

// Live is told how far the analysis of a session is; *session.Live is one.
type Live interface {
	SetProgress(sessionID string, p *session.Progress) // nil: it has ended
}

// Gallery looks for a face among others; *gallery.Gallery is one.
type Gallery interface {
	Look(ctx context.Context, v gallery.Visit, want merchant.FaceSettings) (*report.FaceSearch, error)
}

// Worker carries out the jobs.
type Worker struct {
	river.WorkerDefaults[Job]

	Engine    Engine
	Sessions  session.Store
	Merchants session.Merchants
	Blobs     blob.Store
	History   history.Store
	Live      Live
	Gallery   Gallery // nil: no face is looked for among others
	Observer  Observer
	Log       *slog.Logger
	Now       func() time.Time
}

// NextRetry implements river.Worker: a person waits, so soon.
func (w *Worker) NextRetry(job *river.Job[Job]) time.Time {
	return w.Now().Add(time.Duration(job.Attempt) * time.Second)
}

var errPanic = errors.New("analysis: the engine panicked")

// Work carries out one job.
func (w *Worker) Work(ctx context.Context, job *river.Job[Job]) error {
	id, aid := job.Args.SessionID, job.Args.AnalysisID
	log := w.Log.With("session", id, "analysis", aid)

	sess, err := w.Sessions.Update(ctx, id, func(old session.Session) (session.Session, error) {
		return old.Start(aid, w.Now().UTC().Truncate(time.Microsecond))
	})
	switch {
	case errors.Is(err, session.ErrNotFound), errors.Is(err, session.ErrClosed):
		return nil // the session is gone, or an earlier run has kept the result
	case err != nil:
		return w.later(ctx, log, err)
	}
	a, _ := sess.Analysis(aid)
	defer w.Live.SetProgress(id, nil)

	begin := w.Now()
	var r *report.Result
	var evidence []session.Document
	decision := policy.Failed()
	if job.Attempt > attempts { // it took several processes down with it
		err = errors.New("analysis: given up after repeated crashes")
	} else {
		r, err = w.run(ctx, sess, a)
		if err == nil {
			evidence, err = w.keepEvidence(ctx, sess, r)
		}
	}
	switch {
	case err == nil:
		decision = *r.Decision
	case ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return river.JobSnooze(0) // the process stops; the next one goes on
	case ctx.Err() == nil && store.Unreachable(err):
		return w.later(ctx, log, err)
	case job.Attempt < attempts:
		log.WarnContext(ctx, "analysis failed, will be tried again", "attempt", job.Attempt, "error", err)
		return err
	default:
		log.ErrorContext(ctx, "analysis failed", "attempt", job.Attempt, "error", err)
		r = report.New()
		r.Errors = append(r.Errors, report.Error{Code: decision.Reasons[0].Code, Description: decision.Reasons[0].Description})
	}

	_, err = w.Sessions.Update(context.WithoutCancel(ctx), id, func(old session.Session) (session.Session, error) {
		return old.WithEvidence(evidence).Finish(aid, r, decision, w.Now().UTC().Truncate(time.Microsecond))
	})
	if session.Refused(err) { // else the result may be kept, with its evidence
		err = errors.Join(err, w.forgetEvidence(ctx, sess, evidence))
	}
	if errors.Is(err, session.ErrClosed) {
		return nil
	}
	if err != nil {
		return w.later(ctx, log, err)
	}
	took := w.Now().Sub(begin).Seconds()
	w.Observer.Analysis(id, decision.Result, begin, took, r.Steps)
	log.InfoContext(ctx, "analysis finished", "result", decision.Result, "seconds", took, "attempt", job.Attempt)
	return nil
}

// later puts the job off because what is kept could not be reached, which is not an attempt.
func (w *Worker) later(ctx context.Context, log *slog.Logger, err error) error {
	log.WarnContext(ctx, "the analysis is put off", "error", err)
	return river.JobSnooze(time.Second)
}

// run reads the documents, gives them to the engine and lets the policy decide.
// A bug on the way takes neither the service down nor what it panicked with,
// which may quote the document, into the log; the stack says where.
func (w *Worker) run(ctx context.Context, sess session.Session, a session.Analysis) (r *report.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			w.Log.ErrorContext(ctx, "the analysis panicked", "analysis", a.ID, "stack", string(debug.Stack()))
			r, err = nil, errPanic
		}
	}()
	m, err := w.Merchants.MerchantAt(ctx, sess.MerchantID, sess.Revision)
	if err != nil {
		return nil, err
	}
	if sess.Test && sess.Private.TestOutcome != "" {
		r := forced(sess.Private.TestOutcome)
		nameImages(r, pictures(sess, a))
		return r, nil
	}
	var in []engine.Input
	docs := pictures(sess, a)
	for _, d := range docs {
		data, err := w.read(ctx, sess, d.ID)
		if err != nil {
			return nil, err
		}
		in = append(in, engine.Input{Type: inputType(d.Type), Data: data})
	}
	recording, err := w.recording(ctx, sess, a)
	if err != nil {
		return nil, err
	}
	visit := gallery.Visit{SessionID: sess.ID, MerchantID: sess.MerchantID, Test: sess.Test, At: a.RequestedAt}
	r, err = w.Engine.Analyze(ctx, in, engine.Options{
		Face:      func(t face.Template, model string) { visit.Template, visit.Model = t, model },
		Recording: recording,
		Now:       a.RequestedAt, // a second run after a crash says the same
		Types:     a.Types,
		Expected:  sess.Private.Expected,
		Progress: func(step string, done, total int) {
			w.Live.SetProgress(sess.ID, &session.Progress{Step: step, Done: done, Total: total})
		},
	})
	if err != nil {
		return nil, fmt.Errorf("analysis: %w", err)
	}
	if want := m.Settings.FaceSearch; w.Gallery != nil && want != (merchant.FaceSettings{}) && showsPerson(a) {
		if r.AnalysisSummary.FaceSearch, err = w.Gallery.Look(ctx, visit, want); err != nil {
			return nil, err
		}
	}
	if err := w.suspect(ctx, sess, a, m.Settings.Forgery, r); err != nil {
		return nil, err
	}
	r.Decision = new(policy.Decide(policy.Input{
		Criteria: m.Settings.Criteria(), Report: r, Types: a.Types, DocumentType: sess.DocumentType,
		CanRetry: sess.CanRetry(a.ID, w.Now()), Now: a.RequestedAt,
	}))
	conclude(r)
	nameImages(r, docs)
	return r, nil
}

// mostFrames is how many frames of a liveness stream are looked at as selfies.
const mostFrames = 3

// pictures are the documents of an analysis that the engine gets. Pictures of
// the person count only where they are asked for, frames only without a selfie.
func pictures(sess session.Session, a session.Analysis) (all []session.Document) {
	var selfies, frames []session.Document
	for _, id := range a.DocumentIDs {
		d, ok := sess.Document(id)
		switch {
		case !ok:
		case d.Type == session.Selfie:
			selfies = append(selfies, d)
		case d.Type == session.Frame:
			frames = append(frames, d)
		case d.Type == session.Recording: // see recording
		default:
			all = append(all, d)
		}
	}
	if len(selfies) == 0 {
		selfies = frames[:min(len(frames), mostFrames)]
	}
	if showsPerson(a) {
		all = append(all, selfies...)
	}
	return all
}

// showsPerson tells whether pictures of the person are looked at.
func showsPerson(a session.Analysis) bool {
	return slices.Contains(a.Types, "selfie") || slices.Contains(a.Types, "liveness")
}

// inputType is what the engine calls a type of upload.
func inputType(upload string) string {
	if upload == session.Frame {
		return engine.Selfie
	}
	return upload
}

// conclude gives each part of the report its status: that of the decision,
// unless the part by itself found nothing wrong.
func conclude(r *report.Result) {
	s := &r.AnalysisSummary
	if s.Document != nil {
		s.Document.Status = r.Decision.Result
	}
	if s.Selfie != nil {
		s.Selfie.Status = r.Decision.Result
		if s.Selfie.FaceMatch.Result == report.Match {
			s.Selfie.Status = report.Accepted
		}
	}
	if s.Liveness != nil {
		s.Liveness.Status = r.Decision.Result
		if s.Liveness.Result == report.Live {
			s.Liveness.Status = report.Accepted
		}
	}
}

func (w *Worker) read(ctx context.Context, sess session.Session, id string) ([]byte, error) {
	f, err := w.Blobs.Open(ctx, session.BlobName(sess.ID, id), sess.Key)
	if err != nil {
		return nil, fmt.Errorf("analysis: document %s: %w", id, err)
	}
	data, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("analysis: document %s: %w", id, err)
	}
	return data, nil
}

// nameImages says from which of the session's images each page comes.
func nameImages(r *report.Result, docs []session.Document) {
	if r.AnalysisSummary.Document == nil {
		return
	}
	for i, p := range r.AnalysisSummary.Document.Pages {
		if p.Input < len(docs) {
			r.AnalysisSummary.Document.Pages[i].Image = docs[p.Input].ID
		}
	}
}

var _ session.Merchants = merchant.Store(nil)
