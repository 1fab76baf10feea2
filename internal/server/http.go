package server

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"idproof/internal/api"
	"idproof/internal/queue"
	"idproof/internal/session"
	"idproof/internal/telemetry"
)

// secureHeaders sets what every answer carries. Pages add their own policy.
func secureHeaders(base string, next http.Handler) http.Handler {
	https := strings.HasPrefix(base, "https://")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		if https {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if strings.HasPrefix(r.URL.Path, "/v3/") || strings.HasPrefix(r.URL.Path, "/v4/") || strings.HasPrefix(r.URL.Path, "/api/v4/") {
			h.Set("Cache-Control", "no-store")
			h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		}
		next.ServeHTTP(w, r)
	})
}

// ownOrigin refuses what another site makes a browser send to our pages. The
// API needs no such guard: it takes no cookies.
func ownOrigin(next http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler(next)
}

// recoverPanics turns a bug into an answer. What was panicked with may quote
// personal data and stays out of the log; the stack says where.
func recoverPanics(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w}
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			log.ErrorContext(r.Context(), "panic", "stack", string(debug.Stack()))
			if rec.status != 0 {
				panic(http.ErrAbortHandler) // the answer has begun; break it off
			}
			api.WriteError(w, session.ErrInternal)
		}()
		next.ServeHTTP(rec, r)
	})
}

// observe counts requests and their time.
func observe(m *telemetry.Metrics, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w}
		begin := time.Now()
		defer func() {
			status := rec.status
			if status == 0 {
				status = http.StatusOK
			}
			m.Request(sessionOf(r, status), route(r, status), status, begin, time.Since(begin).Seconds())
		}()
		next.ServeHTTP(rec, r)
	})
}

// sessionOf is the session that an address is about: the first id in it.
func sessionOf(r *http.Request, status int) string {
	if status == http.StatusNotFound {
		return "" // somebody guesses
	}
	for s := range strings.SplitSeq(r.URL.Path, "/") {
		if uuid.Validate(s) == nil {
			return s
		}
	}
	return ""
}

// route is the shape of an address, one of few: ids and secrets are left out.
func route(r *http.Request, status int) string {
	segments := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch first := segments[0]; {
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return "other"
	case first == "v3" || first == "v4" || first == "api":
		for i, s := range segments {
			if uuid.Validate(s) == nil {
				segments[i] = "{id}"
			}
		}
		return r.Method + " /" + strings.Join(segments, "/")
	case first == "":
		return r.Method + " /"
	default:
		return r.Method + " /" + first
	}
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach what is below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Flush implements http.Flusher, for live streams.
func (r *recorder) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }

// guardMetrics shows metrics to who has the token; without a token, to this
// machine, unless the request came through a proxy.
func guardMetrics(c telemetry.Config, m *telemetry.Metrics, q *queue.Queue) http.Handler {
	m.Registry.MustRegister(waiting{q})
	h := promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		allowed := false
		if c.MetricsToken != "" {
			got := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			allowed = subtle.ConstantTimeCompare([]byte(got), []byte(c.MetricsToken)) == 1
		} else if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
			ip, err := netip.ParseAddr(host)
			allowed = err == nil && ip.Unmap().IsLoopback() && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
		}
		if !allowed {
			api.WriteError(w, session.ErrUnauthorized.Say("Metrics need a token."))
			return
		}
		h.ServeHTTP(w, r)
	})
}

// waiting is the number of jobs in each queue, read when it is asked for.
type waiting struct{ q *queue.Queue }

var waitingDesc = prometheus.NewDesc("idproof_jobs", "Jobs that wait or run, by queue.", []string{"queue"}, nil)

// Describe implements prometheus.Collector.
func (w waiting) Describe(c chan<- *prometheus.Desc) { c <- waitingDesc }

// Collect implements prometheus.Collector.
func (w waiting) Collect(c chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	n, err := w.q.Waiting(ctx)
	if err != nil {
		c <- prometheus.NewInvalidMetric(waitingDesc, err)
		return
	}
	for name, count := range n {
		c <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(count), name)
	}
}
