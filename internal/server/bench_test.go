package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"idproof/internal/server"
	"idproof/internal/store/pgtest"
	"idproof/internal/telemetry"
	"idproof/report"
)

// BenchmarkSessions is how fast sessions go through the service: made, given a
// picture, submitted, analysed by an engine that takes no time, read. A round
// is one session; clients is how many go on at the same time. The p99 is of
// making a session while the others go on.
//
// PostgreSQL runs here too, on the same cores, and writes to the disk before it
// answers, as it does in earnest and as SQLite does.
func BenchmarkSessions(b *testing.B) {
	const clients = 16
	for name, args := range map[string]func() []string{
		"SQLite": func() []string { return nil },
		"PostgreSQL": func() []string {
			url := pgtest.New(b)
			pgtest.Durable(b, url)
			return []string{"--database", url}
		},
	} {
		b.Run(name, func(b *testing.B) {
			base, key := serveForBench(b, args()...)
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
			defer client.CloseIdleConnections()
			var (
				wg      sync.WaitGroup
				rounds  atomic.Int64
				mu      sync.Mutex
				creates []time.Duration
			)
			b.ResetTimer()
			for range clients {
				wg.Go(func() {
					for rounds.Add(1) <= int64(b.N) {
						took, err := oneSession(b.Context(), client, base, key)
						if err != nil {
							b.Error(err)
							return
						}
						mu.Lock()
						creates = append(creates, took)
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			if len(creates) == 0 {
				return
			}
			slices.Sort(creates)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sessions/s")
			b.ReportMetric(float64(creates[len(creates)*99/100].Microseconds())/1000, "ms-p99-create")
		})
	}
}

// serveForBench runs a server until the benchmark ends.
func serveForBench(b *testing.B, args ...string) (base, key string) {
	b.Helper()
	c, err := configure(append([]string{
		"--data-dir", b.TempDir(), "--listen", "127.0.0.1:0", "--rate-limit", "100000000", "--address-limit", "100000000",
		"--max-waiting", "1000000", "--parallel-analyses", "8",
	}, args...)...)
	require.NoError(b, err)
	log := telemetry.Logger(telemetry.Config{LogLevel: slog.LevelError}, io.Discard)
	srv, err := server.New(b.Context(), c, server.Deps{Engine: &fakeEngine{}, Log: log, Now: time.Now, Version: "bench"})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		require.NoError(b, <-done)
	})
	return srv.Welcome().BaseURL, srv.Welcome().Key
}

// oneSession takes a session from its beginning to its result and returns how
// long making it took.
func oneSession(ctx context.Context, client *http.Client, base, key string) (took time.Duration, err error) {
	call := func(method, path, contentType string, body io.Reader, out any) error {
		req, err := http.NewRequestWithContext(ctx, method, base+path, body)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", key)
		req.Header.Set("Content-Type", contentType)
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		data, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		if res.StatusCode >= 300 {
			return fmt.Errorf("%s %s: %d %s", method, path, res.StatusCode, data)
		}
		return json.Unmarshal(data, out)
	}
	const jsonType = "application/json"
	begin := time.Now()
	var s struct{ ID string }
	if err := call(http.MethodPost, "/v3/scanning", jsonType, bytes.NewReader([]byte("{}")), &s); err != nil {
		return 0, err
	}
	took = time.Since(begin)
	var answer struct{}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("document", "passport.jpg")
	if err == nil {
		_, err = part.Write(picture)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return 0, err
	}
	if err := call(http.MethodPost, "/v3/scanning/"+s.ID+"/documents?documentType=document_front", w.FormDataContentType(), &body, &answer); err != nil {
		return 0, err
	}
	if err := call(http.MethodPost, "/v3/scanning/"+s.ID+"/analyses", jsonType, bytes.NewReader([]byte("{}")), &answer); err != nil {
		return 0, err
	}
	for {
		var r report.Result
		if err := call(http.MethodGet, "/v3/scanning/"+s.ID, jsonType, nil, &r); err != nil {
			return 0, err
		}
		if r.FinishedAt != nil {
			return took, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
