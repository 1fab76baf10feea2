package telemetry

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Traces tell an OpenTelemetry collector what was done for each session:
// requests, analyses, webhooks. The id of a session is that of its trace, so what
// several processes do over hours comes together without a word between them. Spans
// have what metrics have, no more: routes, states, durations. Nil is no traces.
type Traces struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// OpenTraces returns the traces of a configuration; nil where it wants none. What
// the collector does not take is lost, and the log says so.
func OpenTraces(ctx context.Context, c Config, version string, log *slog.Logger) (*Traces, error) {
	if c.Traces == "" {
		return nil, nil //nolint:nilnil // nil is no traces
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimRight(c.Traces, "/")+"/v1/traces"))
	if err != nil {
		return nil, fmt.Errorf("telemetry: traces: %w", err)
	}
	about := resource.NewSchemaless(attribute.String("service.name", "idproof"), attribute.String("service.version", version))
	p := sdk.NewTracerProvider(sdk.WithBatcher(forgiving{exporter, log}), sdk.WithIDGenerator(ids{}), sdk.WithResource(about))
	return &Traces{provider: p, tracer: p.Tracer("idproof")}, nil
}

// Close sends what has gathered.
func (t *Traces) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("telemetry: traces: %w", err)
	}
	return nil
}

// record tells of something that is over, for a session or, where that is empty,
// for none.
func (t *Traces) record(sessionID, name string, kind trace.SpanKind, begin time.Time, seconds float64, failed bool, about ...attribute.KeyValue) {
	if t == nil {
		return
	}
	ctx := context.Background()
	if id, err := uuid.Parse(sessionID); err == nil {
		ctx = context.WithValue(ctx, traceOf{}, trace.TraceID(id))
	}
	_, span := t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithTimestamp(begin), trace.WithAttributes(about...))
	if failed {
		span.SetStatus(codes.Error, "")
	}
	span.End(trace.WithTimestamp(begin.Add(time.Duration(seconds * float64(time.Second)))))
}

// traceOf is where a context has the id of the trace that a span belongs to.
type traceOf struct{}

// ids makes the ids of spans, and those of traces that are not a session's.
type ids struct{}

// NewIDs implements sdk.IDGenerator.
func (i ids) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	id, ok := ctx.Value(traceOf{}).(trace.TraceID)
	if !ok {
		id = trace.TraceID(uuid.New())
	}
	return id, i.NewSpanID(ctx, id)
}

// NewSpanID implements sdk.IDGenerator.
func (ids) NewSpanID(context.Context, trace.TraceID) (id trace.SpanID) {
	binary.BigEndian.PutUint64(id[:], 1+rand.Uint64N(math.MaxUint64)) // never all zero
	return id
}

// forgiving is an exporter whose failures are for the log.
type forgiving struct {
	sdk.SpanExporter
	log *slog.Logger
}

// ExportSpans implements sdk.SpanExporter.
func (f forgiving) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := f.SpanExporter.ExportSpans(ctx, spans); err != nil {
		f.log.WarnContext(ctx, "traces were lost", "spans", len(spans), "error", err)
	}
	return nil
}
