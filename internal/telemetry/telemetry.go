// Package telemetry is how operators see the service: structured logs, metrics
// and, if they want, traces. None ever holds personal data; metric labels and what
// spans say come from small closed sets (routes, states, steps), and log
// attributes are redacted by name.
package telemetry

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"idproof/report"
)

// Config of logs and metrics.
type Config struct {
	LogLevel     slog.Level `env:"IDPROOF_LOG_LEVEL" default:"info" help:"Least level that is logged: debug, info, warn, error."`
	LogFormat    string     `env:"IDPROOF_LOG_FORMAT" default:"text" enum:"text,json" help:"text or json."`
	MetricsToken string     `env:"IDPROOF_METRICS_TOKEN" help:"Bearer token that /metrics asks for. Without one, /metrics answers only this machine." json:"-"`
	Traces       string     `env:"IDPROOF_TRACES" help:"OpenTelemetry collector that gets traces, by OTLP over HTTP, such as http://collector:4318. None: no traces." placeholder:"URL"`
}

// Validate says what is wrong with the configuration.
func (c Config) Validate() error {
	if c.MetricsToken != "" && len(c.MetricsToken) < 16 {
		return errors.New("metrics token: at least 16 characters")
	}
	if u, err := url.Parse(c.Traces); c.Traces != "" && (err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https")) {
		return errors.New("traces: must be an address such as http://collector:4318")
	}
	return nil
}

// Logger returns a logger that writes to w.
func Logger(c Config, w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.LogLevel, ReplaceAttr: redact}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// secretNames are attributes whose values never reach a log, whoever logs them.
var secretNames = []string{
	"authorization", "cookie", "key", "token", "secret", "password", "signature", "body", "payload", "args",
	"name", "first_name", "last_name", "full_name", "surname", "given_names", "document_number", "personal_number",
	"date_of_birth", "birth_date", "mrz", "lines", "identity", "expected", "metadata", "relay_state", "target",
	"target_error", "webhook", "query", "address", "phone",
}

// redact works on every attribute, in groups too.
func redact(_ []string, a slog.Attr) slog.Attr {
	if slices.Contains(secretNames, strings.ToLower(a.Key)) {
		return slog.String(a.Key, "[redacted]")
	}
	return a
}

// Metrics are the service's own numbers, and what its traces are made of.
type Metrics struct {
	Registry *prometheus.Registry
	Traces   *Traces // nil: none; set before it is used

	requests        *prometheus.HistogramVec
	analyses        *prometheus.CounterVec
	analysisSeconds prometheus.Histogram
	stepSeconds     *prometheus.HistogramVec
	webhooks        *prometheus.CounterVec
}

// NewMetrics returns metrics in a registry of their own.
func NewMetrics() *Metrics {
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "idproof_http_request_seconds", Help: "Time to answer a request, by route and status.",
			Buckets: []float64{.005, .02, .1, .5, 2, 10, 60},
		}, []string{"route", "status"}),
		analyses: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "idproof_analyses_total", Help: "Analyses that ended, by result.",
		}, []string{"result"}),
		analysisSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "idproof_analysis_seconds", Help: "Time of an analysis.",
			Buckets: []float64{.1, .2, .5, 1, 2, 5, 10, 30, 120},
		}),
		stepSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "idproof_analysis_step_seconds", Help: "Time of a step of the engine on a page.",
			Buckets: []float64{.001, .005, .02, .05, .1, .2, .5, 1, 5},
		}, []string{"step"}),
		webhooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "idproof_webhook_attempts_total", Help: "Attempts to deliver a webhook, by outcome.",
		}, []string{"outcome"}),
	}
	m.Registry.MustRegister(m.requests, m.analyses, m.analysisSeconds, m.stepSeconds, m.webhooks,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Request counts an answered request; route is the pattern, never the address.
// sessionID is empty when it was about none.
func (m *Metrics) Request(sessionID, route string, status int, begin time.Time, seconds float64) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(seconds)
	m.Traces.record(sessionID, route, trace.SpanKindServer, begin, seconds, status >= 500,
		attribute.String("http.route", route), attribute.Int("http.response.status_code", status))
}

// Analysis counts an analysis that ended.
func (m *Metrics) Analysis(sessionID string, result report.Status, begin time.Time, seconds float64, steps []report.Step) {
	m.analyses.WithLabelValues(string(result)).Inc()
	m.analysisSeconds.Observe(seconds)
	about := []attribute.KeyValue{attribute.String("idproof.result", string(result))}
	for _, s := range steps {
		m.stepSeconds.WithLabelValues(s.Name).Observe(s.Seconds)
		about = append(about, attribute.Float64(fmt.Sprintf("idproof.step.%s.%d.seconds", s.Name, s.Page), s.Seconds))
	}
	m.Traces.record(sessionID, "analysis", trace.SpanKindConsumer, begin, seconds, result == report.Failed, about...)
}

// Webhook counts an attempt to deliver a webhook: delivered, failed, gone or given_up.
func (m *Metrics) Webhook(sessionID, outcome string, begin time.Time, seconds float64) {
	m.webhooks.WithLabelValues(outcome).Inc()
	m.Traces.record(sessionID, "webhook", trace.SpanKindClient, begin, seconds, outcome != "delivered", attribute.String("idproof.outcome", outcome))
}
