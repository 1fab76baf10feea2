package webhook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/riverqueue/river"

	"idproof/internal/merchant"
	"idproof/internal/outward"
	"idproof/internal/session"
	"idproof/internal/store"
)

// Config of deliveries.
type Config struct {
	Allow   []netip.Prefix `env:"IDPROOF_WEBHOOK_ALLOW" help:"Private networks that webhooks and the merchants' gateways for text messages may reach, such as 10.1.0.0/16." placeholder:"CIDR"`
	Timeout time.Duration  `env:"IDPROOF_WEBHOOK_TIMEOUT" default:"15s" help:"Longest time of one attempt."`
}

// Validate says what is wrong with the configuration.
func (c Config) Validate() error {
	if c.Timeout < time.Second || c.Timeout > time.Minute {
		return errors.New("webhook timeout: from 1s to 1m")
	}
	return nil
}

// Attempts is how often a delivery is tried.
const Attempts = 20

// Delay is how long to wait after failed try number n (from 1), before jitter:
// 5 s growing by 1.7 each time, 48 h over all tries.
func Delay(n int) time.Duration {
	return time.Duration(5 * math.Pow(1.7, float64(n-1)) * float64(time.Second))
}

// A receiver is dead, and paused, when it has not answered well once in that
// many attempts over at least that time.
const (
	deadAfter = 30
	deadFor   = 24 * time.Hour
)

// maxRetryAfter bounds what a receiver can ask for.
const maxRetryAfter = 24 * time.Hour

// Observer is told of attempts; see package telemetry.
type Observer interface {
	Webhook(sessionID, outcome string, begin time.Time, seconds float64)
}

// Worker delivers.
type Worker struct {
	river.WorkerDefaults[Job]

	store    *store.Store
	observer Observer
	log      *slog.Logger
	now      func() time.Time
	timeout  time.Duration
	clients  outward.Clients
}

// NewWorker returns a worker. development lets the development merchant, and
// only it, reach this very machine.
func NewWorker(c Config, st *store.Store, o Observer, log *slog.Logger, now func() time.Time, development bool) *Worker {
	return &Worker{store: st, observer: o, log: log, now: now, timeout: c.Timeout, clients: outward.New(c.Timeout, c.Allow, development)}
}

// Timeout implements river.Worker.
func (w *Worker) Timeout(*river.Job[Job]) time.Duration { return w.timeout + 15*time.Second }

// Work makes one attempt.
func (w *Worker) Work(ctx context.Context, job *river.Job[Job]) error {
	d, err := w.store.Delivery(ctx, job.Args.DeliveryID)
	if errors.Is(err, session.ErrNotFound) {
		return nil // forgotten with its session
	}
	if err != nil {
		return err
	}
	if d.State != store.DeliveryPending || d.Generation != job.Args.Generation {
		return nil
	}
	m, err := w.store.Merchant(ctx, d.MerchantID)
	if err != nil {
		return err
	}
	if paused, err := w.store.PauseDelivery(ctx, d); err != nil || paused {
		return err
	}
	begin := w.now()
	status, reason, wait := w.send(ctx, m, d, begin)
	if ctx.Err() != nil && status == 0 {
		return river.JobSnooze(0) // the process stops; the attempt does not count
	}
	state, outcome := store.DeliveryPending, "failed"
	switch {
	case status >= 200 && status < 300:
		state, outcome = store.DeliveryDelivered, "delivered"
	case status == http.StatusGone:
		state, outcome = store.DeliveryGone, "gone"
	case d.Tries+1 >= Attempts:
		state, outcome = store.DeliveryGivenUp, "given_up"
	}
	a := store.Attempt{At: begin.UTC(), Status: status, Reason: reason, Took: w.now().Sub(begin)}
	if err := w.store.KeepAttempt(context.WithoutCancel(ctx), d.ID, d.Generation, a, state); err != nil {
		return err
	}
	answered := state == store.DeliveryDelivered || state == store.DeliveryGone
	paused, err := w.store.NoteAttempt(context.WithoutCancel(ctx), d.MerchantID, d.URL, answered, begin, deadAfter, deadFor)
	if err != nil {
		return err
	}
	if paused {
		w.log.WarnContext(ctx, "webhooks paused: the receiver is dead", "merchant", d.MerchantID)
	}
	w.observer.Webhook(d.SessionID, outcome, begin, a.Took.Seconds())
	w.log.InfoContext(ctx, "webhook", "session", d.SessionID, "delivery", d.ID, "event", d.Event, "outcome", outcome, "try", d.Tries+1, "status", status, "reason", reason)
	if state != store.DeliveryPending {
		return nil
	}
	delay := Delay(d.Tries + 1)
	delay += time.Duration((rand.Float64() - 0.5) * 0.4 * float64(delay))
	return river.JobSnooze(max(delay, min(wait, maxRetryAfter)))
}

// send makes one request; reason is one word, and wait what the receiver asked for.
func (w *Worker) send(ctx context.Context, m merchant.Merchant, d store.Delivery, at time.Time) (status int, reason string, wait time.Duration) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, bytes.NewReader(d.Body))
	if err != nil {
		return 0, "address", 0
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "idproof-webhook/1")
	Sign(req.Header, d.ID, at, d.Body, m.WebhookSecrets)
	res, err := w.clients.For(m.ID == merchant.Development).Do(req)
	if err != nil {
		return 0, outward.Why(err), 0
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // let it finish writing
	switch s := res.StatusCode; {
	case s >= 200 && s < 300:
		return s, "", 0
	case s >= 300 && s < 400:
		return s, "redirect", 0
	default:
		return s, "status", retryAfter(res.Header.Get("Retry-After"), at)
	}
}

// retryAfter reads the header of that name: seconds or a date.
func retryAfter(v string, now time.Time) time.Duration {
	if s, err := strconv.Atoi(v); err == nil && s >= 0 && s < 1<<31 {
		return time.Duration(s) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(0, t.Sub(now))
	}
	return 0
}
