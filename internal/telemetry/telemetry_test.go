package telemetry_test

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"idproof/internal/telemetry"
	"idproof/report"
)

// Attributes with telling names are redacted, in groups and in loggers made
// with them too, in both formats.
func TestRedaction(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		log := telemetry.Logger(telemetry.Config{LogFormat: format}, &out)
		log.With("Authorization", "canary").WithGroup("g").Info("hello", "session", "s1",
			slog.Group("person", "last_name", "canary", "document_number", "canary"), "mrz", []string{"canary"})
		log.Debug("canary")
		require.NotContains(t, out.String(), "canary")
		require.Contains(t, out.String(), "s1")
	}
}

func TestMetrics(t *testing.T) {
	m := telemetry.NewMetrics()
	m.Analysis("", report.Accepted, time.Now(), 1, []report.Step{{Name: "mrz", Seconds: .1}})
	m.Webhook("", "delivered", time.Now(), 1)
	m.Request("", "GET /v3/scanning/{id}", 200, time.Now(), .01)
	families, err := m.Registry.Gather()
	require.NoError(t, err)
	var names []string
	for _, f := range families {
		names = append(names, f.GetName())
	}
	require.Subset(t, names, []string{
		"idproof_analyses_total", "idproof_analysis_seconds", "idproof_analysis_step_seconds",
		"idproof_webhook_attempts_total", "idproof_http_request_seconds",
	})
}
