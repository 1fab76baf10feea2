package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"code.dny.dev/ssrf"
	"github.com/riverqueue/river"

	"idproof/internal/merchant"
	"idproof/internal/session"
	"idproof/internal/store"
)

// Config of deliveries.
type Config struct {
	Allow   []netip.Prefix `env:"IDPROOF_WEBHOOK_ALLOW" help:"Private networks that webhooks may reach, such as 10.1.0.0/16." placeholder:"CIDR"`
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

	store       *store.Store
	observer    Observer
	log         *slog.Logger
	now         func() time.Time
	timeout     time.Duration
	strict      *http.Client
	development *http.Client
}

// NewWorker returns a worker. development lets the development merchant, and
// only it, reach this very machine.
func NewWorker(c Config, st *store.Store, o Observer, log *slog.Logger, now func() time.Time, development bool) *Worker {
	w := &Worker{store: st, observer: o, log: log, now: now, timeout: c.Timeout, strict: client(c.Timeout, c.Allow)}
	w.development = w.strict
	if development {
		loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
		w.development = client(c.Timeout, append(loopback, c.Allow...))
	}
	return w
}

// Timeout implements river.Worker.
func (w *Worker) Timeout(*river.Job[Job]) time.Duration { return w.timeout + 15*time.Second }

// client returns a client that follows no redirect, uses no proxy, and connects
// only to public addresses and those allowed. The address is judged when the
// connection is made, so no name can resolve to another one in between.
func client(timeout time.Duration, allow []netip.Prefix) *http.Client {
	var v4, v6 []netip.Prefix
	for _, p := range allow {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	guard := ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
	d := &net.Dialer{Timeout: timeout, Control: guard.Safe}
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			Proxy: nil, DialContext: d.DialContext, TLSHandshakeTimeout: timeout, DisableKeepAlives: true,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

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
	c := w.strict
	if m.ID == merchant.Development {
		c = w.development
	}
	res, err := c.Do(req)
	if err != nil {
		return 0, why(err), 0
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

// why is a failure in one word. The error itself would quote the address.
func why(err error) string {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var timeout net.Error
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrProhibitedPort):
		return "private_address"
	case errors.As(err, &dns):
		return "dns"
	case errors.As(err, &cert), errors.As(err, &record):
		return "tls"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	return "connection"
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
