// Package webhook tells merchants' programs what happened.
//
// A webhook is put into the outbox by the transaction that keeps the event it
// tells of ([Outbox]), so the new state can be read by API before the webhook
// leaves, and none is lost. A worker delivers it ([Worker]): signed, tried again
// over two days, never to addresses inside the operator's network. Its id and
// its body stay the same over all attempts.
package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/uptrace/bun"

	"idproof/internal/merchant"
	"idproof/internal/queue"
	"idproof/internal/session"
	"idproof/internal/store"
	"idproof/report"
)

// Job asks for the delivery of one webhook.
type Job struct {
	DeliveryID string `json:"delivery_id"`
	Generation int    `json:"generation"`
}

// Kind implements river.JobArgs.
func (Job) Kind() string { return "webhook" }

// InsertOpts says where the job runs.
func (Job) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: queue.Webhooks} }

// Inserter puts jobs in; *queue.Queue is one.
type Inserter interface {
	InsertTx(ctx context.Context, tx bun.Tx, job river.JobArgs) error
}

// Body is what is sent.
type Body struct {
	Event      string         `json:"event"`
	ID         string         `json:"id"`
	RelayState string         `json:"relay_state"`
	Test       bool           `json:"test,omitempty"` // of a test session
	Result     *report.Result `json:"result"`
}

// Outbox is the hook that turns events into webhooks. base is the address of the service.
func Outbox(st *store.Store, q Inserter, base string) store.Hook {
	return func(ctx context.Context, tx bun.Tx, s session.Session, e session.Event) error {
		event := e.WebhookEvent()
		if event == "" || s.Private.Webhook == "" {
			return nil
		}
		m, err := st.MerchantAtTx(ctx, tx, s.MerchantID, s.Revision)
		if err != nil {
			return fmt.Errorf("webhook: %w", err)
		}
		if !m.Settings.Wants(event) {
			return nil
		}
		var r *report.Result
		if a, ok := s.Latest(); ok {
			if r = a.Result; r == nil { // finished earlier
				if r, err = st.ResultTx(ctx, tx, s, a.ID); err != nil {
					return fmt.Errorf("webhook: %w", err)
				}
			}
		}
		if r != nil && r.AnalysisSummary.Forgery != nil { // pictures stay here, to be fetched by who may
			bare := *r
			bare.AnalysisSummary.Forgery = r.AnalysisSummary.Forgery.WithoutPictures()
			r = &bare
		}
		v := s.View(r, base)
		body, err := json.Marshal(Body{Event: event, ID: s.ID, RelayState: s.RelayState(), Test: s.Test, Result: v})
		if err != nil {
			return fmt.Errorf("webhook: body of %s: %w", event, err)
		}
		d := store.Delivery{ID: uuid.NewString(), Event: event, URL: s.Private.Webhook, Body: body, CreatedAt: e.At}
		if err := st.InsertDelivery(ctx, tx, s, d); err != nil {
			return err
		}
		return q.InsertTx(ctx, tx, Job{DeliveryID: d.ID})
	}
}

// RequestError is what is wrong with a request for a test.
type RequestError []*session.Error

// Error implements error.
func (e RequestError) Error() string { return "webhook: " + e[0].Error() }

// Try makes a test session of the merchant that ends at once, so that its
// webhooks go the same way as all others, and returns its id. address: where to;
// empty: to the merchant's own receiver. What is wrong with it is a [RequestError].
func Try(ctx context.Context, sessions *session.Service, m merchant.Merchant, address string) (string, error) {
	if address == "" && m.Settings.Webhook == "" {
		return "", RequestError{session.ErrMissingConfig.Say("Give a url, or set webhook in the merchant's settings.")}
	}
	body, err := json.Marshal(map[string]string{"webhook": address, "relay_state": "webhook-test", "test_outcome": session.OutcomeAccepted})
	if err != nil {
		return "", err
	}
	req, errs := session.ParseRequest(body, m, true)
	if len(errs) > 0 {
		return "", RequestError(errs)
	}
	st, err := sessions.Begin(ctx, m, req, "", nil)
	if err == nil {
		_, _, err = sessions.Analyze(ctx, st.ID, nil, session.Client)
	}
	return st.ID, err
}

// Delivery is a webhook as its log shows it.
type Delivery struct {
	ID         string              `json:"id" doc:"The webhook-id"`
	Event      string              `json:"event"`
	State      store.DeliveryState `json:"state" enum:"pending,delivered,gone,given_up,paused"`
	CreatedAt  time.Time           `json:"created_at"`
	FinishedAt *time.Time          `json:"finished_at,omitempty"`
	Attempts   []store.Attempt     `json:"attempts"`
}

// Log shows deliveries and sends them again.
type Log struct {
	store *store.Store
	queue Inserter
}

// NewLog returns the log of deliveries.
func NewLog(st *store.Store, q Inserter) *Log { return &Log{st, q} }

// Of returns the webhooks of a session, oldest first.
func (l *Log) Of(ctx context.Context, sessionID string) ([]Delivery, error) {
	rows, err := l.store.Deliveries(ctx, sessionID)
	if err != nil {
		return nil, err
	}
	all := make([]Delivery, 0, len(rows))
	for _, r := range rows {
		d := Delivery{ID: r.ID, Event: r.Event, State: r.State, CreatedAt: r.CreatedAt, Attempts: r.Attempts}
		if !r.FinishedAt.IsZero() {
			d.FinishedAt = &r.FinishedAt
		}
		if d.Attempts == nil {
			d.Attempts = []store.Attempt{}
		}
		all = append(all, d)
	}
	return all, nil
}

// Endpoints returns the receivers of a merchant that fail.
func (l *Log) Endpoints(ctx context.Context, merchantID string) ([]store.Endpoint, error) {
	return l.store.Endpoints(ctx, merchantID)
}

// List returns deliveries of a merchant, newest first.
func (l *Log) List(ctx context.Context, f store.DeliveryFilter) ([]store.Listed, error) {
	return l.store.ListDeliveries(ctx, f)
}

// Resume ends the pause of a receiver and sends what waited for it; it returns
// how many deliveries those are, or merchant.ErrNotFound.
func (l *Log) Resume(ctx context.Context, merchantID, origin string, now time.Time) (int, error) {
	return l.store.Resume(ctx, merchantID, origin, now, func(ctx context.Context, tx bun.Tx, id string, generation int) error {
		return l.queue.InsertTx(ctx, tx, Job{DeliveryID: id, Generation: generation})
	})
}

// Resend sends a webhook of that session again, under the same id, at once.
func (l *Log) Resend(ctx context.Context, sessionID, id string) error {
	return l.store.Redeliver(ctx, sessionID, id, func(ctx context.Context, tx bun.Tx, generation int) error {
		return l.queue.InsertTx(ctx, tx, Job{DeliveryID: id, Generation: generation})
	})
}
