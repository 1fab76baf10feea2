package server_test

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// The trace of a session, under the session's own id, has its requests, its
// analysis and its webhook, and nothing of the person; there is none unless it
// is asked for.
func TestTraces(t *testing.T) {
	var mu sync.Mutex
	var spans []*traces.Span
	var all bytes.Buffer
	otlp := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(r.Body)
		}
		data, _ := io.ReadAll(body)
		var in collector.ExportTraceServiceRequest
		if r.URL.Path != "/v1/traces" || proto.Unmarshal(data, &in) != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		all.Write(data)
		for _, r := range in.GetResourceSpans() {
			for _, s := range r.GetScopeSpans() {
				spans = append(spans, s.GetSpans()...)
			}
		}
	}))
	t.Cleanup(otlp.Close)
	hooks := newReceiver(t, nil)
	run := func(args ...string) (id string) {
		s := start(t, args...)
		id, _ = s.create(map[string]any{"webhook": hooks.URL, "relay_state": "private-relay", "metadata": map[string]string{"who": "private-meta"}})
		s.analyse(id)
		s.finished(id)
		require.Eventually(t, func() bool { d := s.deliveries(id); return len(d) == 1 && d[0].State == "delivered" }, 10*time.Second, 20*time.Millisecond)
		s.stop()
		return id
	}
	id := run("--traces", otlp.URL)
	names := map[string]int{}
	for _, s := range spans {
		require.Greater(t, s.GetEndTimeUnixNano(), s.GetStartTimeUnixNano())
		require.NotEqual(t, make([]byte, 8), s.GetSpanId())
		if hex.EncodeToString(s.GetTraceId()) == strings.ReplaceAll(id, "-", "") {
			names[s.GetName()]++
		}
	}
	require.Equal(t, 1, names["analysis"], "%v", names)
	require.Equal(t, 1, names["webhook"])
	require.Equal(t, 1, names["POST /v3/scanning/{id}/documents"])
	require.Positive(t, names["GET /v3/scanning/{id}"])
	for _, private := range []string{"ERIKSSON", "ANNA", "L898902C3", "1974-08-12", "private-relay", "private-meta", hooks.URL, "idp_"} {
		require.NotContains(t, all.String(), private)
	}
	before := len(spans)
	run()
	require.Len(t, spans, before)
}
