package server_test

import (
	"bufio"
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/engine"
	"idproof/internal/blob"
	"idproof/internal/config"
	"idproof/internal/doctor"
	"idproof/internal/seal"
	"idproof/internal/server"
	"idproof/internal/store"
	"idproof/internal/store/pgtest"
	"idproof/internal/telemetry"
	"idproof/report"
)

// installation is what the processes of a service share.
type installation struct {
	t        *testing.T
	dir      string // holds only the keys
	database string
	through  string // address of the database for the processes; empty: the same
	blobs    string
}

func install(t *testing.T) *installation {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	backend := s3mem.New()
	require.NoError(t, backend.CreateBucket("pictures"))
	s3 := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(s3.Close)
	return &installation{
		t: t, dir: t.TempDir(), database: pgtest.New(t),
		blobs: "s3://pictures?region=us-east-1&endpoint=" + url.QueryEscape(s3.URL),
	}
}

func (i *installation) args(more ...string) []string {
	return append([]string{"--database", cmp.Or(i.through, i.database), "--blob", i.blobs}, more...)
}

// serve starts a process, in this one, that serves and works.
func (i *installation) serve(more ...string) *service {
	i.t.Helper()
	return startIn(i.t, i.dir, i.args(more...)...)
}

// childArgs are the arguments of a worker that runs as a process of its own.
const childArgs = "IDPROOF_TEST_WORKER"

// worker starts a process of its own that works.
func (i *installation) worker(base string, more ...string) *process {
	i.t.Helper()
	listen := freeAddress(i.t)
	p := &process{cmd: exec.Command(os.Args[0]), out: &lockedBuffer{}}
	args := i.args(append(more, "--data-dir", i.dir, "--base-url", base, "--listen", listen)...)
	p.cmd.Env = append(os.Environ(), childArgs+"="+strings.Join(args, "\n"))
	p.start(i.t, listen)
	return p
}

// childWorker is that process. Its engine takes a fifth of a second, and says
// when it begins.
func childWorker() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var c config.Worker
	k, err := kong.New(&c)
	if err != nil {
		return err
	}
	if _, err := k.Parse(strings.Split(os.Getenv(childArgs), "\n")); err != nil {
		return err
	}
	slow := &fakeEngine{read: func(ctx context.Context, _ []engine.Input, _ engine.Options) (*report.Result, error) {
		fmt.Fprintln(os.Stdout, "begun")
		select {
		case <-time.After(200 * time.Millisecond):
			return goodReport(), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	w, err := server.NewWorker(ctx, c, server.Deps{Engine: slow, Log: telemetry.Logger(telemetry.Config{}, os.Stderr), Now: time.Now, Version: "test"})
	if err != nil {
		return err
	}
	return w.Run(ctx)
}

// begun is how many analyses the worker has begun.
func (p *process) begun() int { return strings.Count(p.out.String(), "begun\n") }

// examine is what idproof doctor finds.
func (i *installation) examine() []doctor.Finding {
	i.t.Helper()
	key, err := os.ReadFile(filepath.Join(i.dir, "master.key"))
	require.NoError(i.t, err)
	master, err := seal.Load(seal.Config{Keyset: string(key)}, "")
	require.NoError(i.t, err)
	st, err := store.Open(i.t.Context(), i.database, master)
	require.NoError(i.t, err)
	defer func() { require.NoError(i.t, st.Close()) }()
	blobs, err := blob.Open(i.t.Context(), i.blobs)
	require.NoError(i.t, err)
	defer func() { require.NoError(i.t, blobs.Close()) }()
	found, err := doctor.Examine(i.t.Context(), st, blobs, time.Now().Add(3*time.Hour))
	require.NoError(i.t, err)
	return found
}

// count asks the database.
func (i *installation) count(query string) (n int) {
	i.t.Helper()
	pool, err := pgxpool.New(i.t.Context(), i.database)
	require.NoError(i.t, err)
	defer pool.Close()
	db := stdlib.OpenDBFromPool(pool)
	defer func(db *sql.DB) { require.NoError(i.t, db.Close()) }(db)
	require.NoError(i.t, db.QueryRowContext(i.t.Context(), query).Scan(&n), query)
	return n
}

// allEndedOnce waits until so many sessions have ended and been told of, and
// makes sure that each has once, and that nothing is left lying about.
func (i *installation) allEndedOnce(hooks *receiver, sessions int) {
	i.t.Helper()
	ended := map[string]map[string]bool{} // sessions told to have finished, and under which webhook-ids
	require.Eventually(i.t, func() bool {
		for _, got := range hooks.all() {
			var body struct{ ID, Event string }
			require.NoError(i.t, json.Unmarshal(got.Body, &body))
			if body.Event == "session_finished" {
				if ended[body.ID] == nil {
					ended[body.ID] = map[string]bool{}
				}
				ended[body.ID][got.Header.Get("webhook-id")] = true
			}
		}
		return len(ended) == sessions
	}, 30*time.Second, 50*time.Millisecond)
	for id, as := range ended {
		require.Len(i.t, as, 1, "session %s ended once, however often that was told", id)
	}
	require.Eventually(i.t, func() bool {
		return i.count("SELECT count(*) FROM river_job WHERE state NOT IN ('completed')") == 0
	}, time.Minute, 100*time.Millisecond, "no job is left")
	for query, want := range map[string]int{
		"SELECT count(*) FROM results":                                                                    sessions,
		"SELECT count(*) FROM events WHERE kind = 'analysis_finished'":                                    sessions,
		"SELECT count(*) FROM events WHERE kind = 'session_finished'":                                     sessions,
		"SELECT count(DISTINCT session_id) FROM events WHERE kind = 'session_finished'":                   sessions,
		"SELECT count(*) FROM deliveries WHERE state <> 'delivered'":                                      0,
		"SELECT count(*) FROM river_job WHERE kind = 'analysis' AND attempt > 1 AND state <> 'completed'": 0,
	} {
		require.Equal(i.t, want, i.count(query), query)
	}
	dump := i.dump()
	require.Contains(i.t, dump, "session_finished")
	for _, secret := range []string{"ERIKSSON", "ANNA", "L898902C3", "1974-08-12"} {
		asBytes := hex.EncodeToString([]byte(secret))
		if strings.Contains(dump, secret) || strings.Contains(strings.ToLower(dump), asBytes) {
			require.Fail(i.t, "the database holds what it must not", secret)
		}
	}
}

// dump is all that is in the database, as text.
func (i *installation) dump() (all string) {
	i.t.Helper()
	conn, err := pgx.Connect(i.t.Context(), i.database)
	require.NoError(i.t, err)
	defer func() { require.NoError(i.t, conn.Close(i.t.Context())) }()
	_, err = conn.Exec(i.t.Context(), "SET xmlbinary = hex")
	require.NoError(i.t, err)
	require.NoError(i.t, conn.QueryRow(i.t.Context(), `SELECT string_agg(query_to_xml('SELECT * FROM ' || quote_ident(tablename), true, false, '')::text, '')
		FROM pg_tables WHERE schemaname = 'public'`).Scan(&all))
	return all
}

// jobs are those that have not ended, as text.
func (i *installation) jobs() string {
	conn, err := pgx.Connect(context.Background(), i.database)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var all string
	err = conn.QueryRow(context.Background(), `SELECT coalesce(string_agg(concat_ws(' ', id, kind, state, attempt, scheduled_at - now(), attempted_at - now(), attempted_by, args, errors[array_upper(errors, 1)]), E'\n'), 'none')
		FROM river_job WHERE state <> 'completed'`).Scan(&all)
	if err != nil {
		return err.Error()
	}
	return all
}

// later is called when it is written.
type later func() string

// String implements fmt.Stringer.
func (l later) String() string { return l() }

// TestSoak goes on for the time that IDPROOF_SOAK says, such as 10m: sessions
// come in while workers are killed and started, connections to the database are
// cut, slow, or not to be had for seconds, and so are those to the receiver of
// webhooks.
func TestSoak(t *testing.T) {
	during, err := time.ParseDuration(os.Getenv("IDPROOF_SOAK"))
	if err != nil {
		t.Skip("IDPROOF_SOAK does not say for how long: nothing was soaked")
	}
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	i := install(t)
	database := newWire(t, pgtest.Addr())
	i.through = strings.Replace(i.database, pgtest.Addr(), database.addr, 1)
	s := i.serve("--no-work")
	hooks := newReceiver(t, nil)
	receiver := newWire(t, hooks.Listener.Addr().String())
	workers := []*process{i.worker(s.base), i.worker(s.base)}
	try := func(done func() bool) {
		t.Helper()
		require.Eventually(t, done, time.Minute, 20*time.Millisecond)
	}
	whileBad := func(begin, end func()) func() {
		return func() {
			begin()
			time.Sleep(time.Duration(rand.IntN(3000)) * time.Millisecond)
			end()
		}
	}
	start := func(w *wire) func() { return func() { assert.NoError(t, w.Start()) } }
	slow := func() { database.bad(`{"type":"latency","attributes":{"latency":200,"jitter":150}}`) }
	quick := func() { database.Toxics.ResetToxics(context.Background()) }
	const often = 90 // about one round in so many does each of the following
	var ids []string
	did := map[string]int{}
	troubles := make(chan func(), 1)
	mischief := make(chan struct{})
	go func() { // one trouble at a time, while sessions come in
		defer close(mischief)
		for do := range troubles {
			do()
		}
	}()
	for end := time.Now().Add(during); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		// What fails meanwhile is asked again.
		var out struct{ ID string }
		try(func() bool {
			return s.call("POST", "/v3/scanning", map[string]any{"webhook": "http://" + receiver.addr}, &out).StatusCode == http.StatusOK
		})
		try(func() bool {
			return s.upload("/v3/scanning/"+out.ID+"/documents?documentType=document_front", picture, nil).StatusCode == http.StatusCreated
		})
		try(func() bool {
			code := s.call("POST", "/v3/scanning/"+out.ID+"/analyses", "{}", nil).StatusCode
			return code == http.StatusCreated || code == http.StatusConflict // it was taken, only the answer was lost
		})
		ids = append(ids, out.ID)
		var trouble func()
		name := ""
		switch n := rand.IntN(often); n {
		case 0, 1:
			workers[n].kill()
			workers[n] = i.worker(s.base)
			did["workers killed"]++
		case 2:
			i.count("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
			did["connections ended by the database"]++
		case 3:
			name, trouble = "database away", whileBad(database.Stop, start(database))
		case 4:
			name, trouble = "database slow", whileBad(slow, quick)
		case 5:
			name, trouble = "receiver away", whileBad(receiver.Stop, start(receiver))
		}
		if trouble != nil {
			select {
			case troubles <- trouble:
				did[name]++
			default: // enough of it
			}
		}
	}
	close(troubles)
	<-mischief
	for _, id := range ids {
		var r *report.Result
		require.Eventually(t, func() bool {
			r = new(report.Result)
			return s.call("GET", "/v3/scanning/"+id, nil, r).StatusCode == http.StatusOK && r.FinishedAt != nil
		}, 2*time.Minute, 5*time.Millisecond, "session %s; jobs that are left: %s", id, later(i.jobs))
	}
	// Sessions whose answer was lost on the way in hold no picture, or were never
	// submitted; those that were submitted are these.
	submitted := i.count("SELECT count(*) FROM analyses")
	t.Logf("%d sessions; %v", submitted, did)
	i.allEndedOnce(hooks, submitted)
	for _, w := range workers {
		require.NoError(t, w.cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, w.cmd.Wait(), "%s", w.out)
	}
	require.Empty(t, i.examine())
	t.Logf("%d webhooks arrived %d times; nothing is wrong", submitted, len(hooks.all()))
}

// Of two workers one is killed in the middle, and the connections to the
// database are cut once: every session ends, once; every webhook is delivered,
// at least once; nothing is left lying about.
func TestTwoWorkers(t *testing.T) {
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	i := install(t)
	s := i.serve("--no-work")
	hooks := newReceiver(t, nil)
	args := []string{"--parallel-analyses", "3"}
	first, second := i.worker(s.base, args...), i.worker(s.base, args...)

	const sessions = 30
	ids := make([]string, sessions)
	for n := range ids {
		ids[n], _ = s.create(map[string]any{"webhook": hooks.URL})
		s.analyse(ids[n])
		if n == sessions/2 {
			require.Eventually(t, func() bool { return first.begun() >= 2 && second.begun() >= 2 }, 20*time.Second, 5*time.Millisecond, "both work\n%s\n%s", first.out, second.out)
			require.Positive(t, i.count("SELECT count(*) FROM river_job WHERE state = 'running' AND kind = 'analysis'"))
			first.kill()
		}
	}
	i.count("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	begin := time.Now()
	for _, id := range ids {
		var r *report.Result
		require.Eventually(t, func() bool {
			r = new(report.Result)
			return s.call("GET", "/v3/scanning/"+id, nil, r).StatusCode == http.StatusOK && r.FinishedAt != nil
		}, 30*time.Second, 50*time.Millisecond, "%s", second.out)
		require.Equal(t, report.Accepted, r.Status)
	}
	t.Logf("all had ended %.1f s after the last was begun", time.Since(begin).Seconds())
	i.allEndedOnce(hooks, sessions)
	require.Positive(t, i.count("SELECT count(*) FROM river_job WHERE kind = 'analysis' AND cardinality(attempted_by) > 1"), "what the first had begun, the second took up")
	require.NoError(t, second.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, second.cmd.Wait(), "%s", second.out)
	require.Empty(t, i.examine())
	s.stop()
}

// Two workers do the work of two. The engine only waits, so that the cores of this
// machine, and what else uses them, have no say: what is measured is everything
// around it. (With the real engine: BenchmarkWorkers in cmd/idproof.)
func TestWorkOfTwo(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a quarter of a minute")
	}
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	i := install(t)
	s := i.serve("--no-work")
	const sessions = 40 // of a fifth of a second each
	through := func(workers int) time.Duration {
		var all []*process
		for range workers {
			all = append(all, i.worker(s.base, "--parallel-analyses", "1"))
		}
		ids := make([]string, sessions)
		for n := range ids {
			ids[n], _ = s.create(`{}`)
			require.Equal(t, 201, s.upload("/v3/scanning/"+ids[n]+"/documents", picture, nil).StatusCode)
		}
		begin := time.Now()
		for _, id := range ids {
			require.Equal(t, 201, s.call("POST", "/v3/scanning/"+id+"/analyses", "{}", nil).StatusCode)
		}
		require.Eventually(t, func() bool {
			return i.count("SELECT count(*) FROM analyses WHERE finished_at IS NULL") == 0
		}, 2*time.Minute, 20*time.Millisecond)
		took := time.Since(begin)
		for _, w := range all {
			require.Positive(t, w.begun())
			require.NoError(t, w.cmd.Process.Signal(syscall.SIGTERM))
			require.NoError(t, w.cmd.Wait(), "%s", w.out)
		}
		return took
	}
	one, two := through(1), through(2)
	t.Logf("%d analyses: one worker %.1f s, two %.1f s: %.2f times as fast", sessions, one.Seconds(), two.Seconds(), one.Seconds()/two.Seconds())
	require.Greater(t, one.Seconds()/two.Seconds(), 1.6)
}

// A job that a process was handed out without learning of it, because the
// connection was cut at that moment, is found and carried out, though the process
// that is said to run it lives.
func TestLostJob(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	i := install(t)
	s := i.serve()
	id, _ := s.create(map[string]any{})
	s.analyse(id)
	s.finished(id)
	const done = "SELECT count(*) FROM river_job WHERE kind = 'analysis' AND state = 'completed'"
	require.Eventually(t, func() bool { return i.count(done) == 1 }, 10*time.Second, 50*time.Millisecond)
	conn, err := pgx.Connect(t.Context(), i.database)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	_, err = conn.Exec(t.Context(), "UPDATE river_job SET state = 'running', finalized_at = NULL WHERE kind = 'analysis'")
	require.NoError(t, err)
	require.Zero(t, i.count(done))
	require.Eventually(t, func() bool { return i.count(done) == 1 }, time.Minute, 200*time.Millisecond)
	require.Contains(t, s.logs.String(), "a cut connection lost")
	require.Equal(t, 1, i.count("SELECT attempt FROM river_job WHERE kind = 'analysis'"), "it was no attempt")
}

// Processes are replaced one after another while people are in the middle: every
// session goes on with another process and ends once.
func TestRollingRestart(t *testing.T) {
	i := install(t)
	const allow = "--webhook-allow=127.0.0.0/8"
	running := []*service{i.serve(allow), i.serve(allow, "--no-development")}
	running[1].key = running[0].key
	key := running[0].key
	hooks := newReceiver(t, nil)
	const sessions = 12
	turn := 0
	// next is a process that runs, another one each time.
	next := func() *service { turn++; return running[turn%len(running)] }
	replace := func(n int) {
		running[n].stop()
		running[n] = i.serve(allow, "--no-development")
		running[n].key = key
	}
	ids := make([]string, sessions)
	for n := range ids {
		ids[n], _ = next().create(map[string]any{"webhook": hooks.URL})
		if n == sessions/2 {
			replace(0)
		}
	}
	for n, id := range ids {
		require.Equal(t, 201, next().upload("/v3/scanning/"+id+"/documents", picture, nil).StatusCode)
		if n == sessions/2 {
			replace(1)
		}
	}
	for n, id := range ids {
		require.Equal(t, 201, next().call("POST", "/v3/scanning/"+id+"/analyses", "{}", nil).StatusCode)
		if n%4 == 0 {
			replace(n / 4 % 2)
		}
	}
	for _, id := range ids {
		require.Equal(t, report.Accepted, next().finished(id).Status)
	}
	i.allEndedOnce(hooks, sessions)
	require.Empty(t, i.examine())
}

// A page served by one process sees at once what another changes, and how far
// the analysis is that a third carries out.
func TestNewsOfOthers(t *testing.T) {
	i := install(t)
	step := make(chan struct{})
	working := i.serve("--parallel-analyses", "1")
	working.engine.read = func(ctx context.Context, _ []engine.Input, o engine.Options) (*report.Result, error) {
		for n := range 2 {
			select {
			case <-step:
				o.Progress("text", n+1, 4)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		select {
		case <-step:
		case <-ctx.Done():
		}
		return goodReport(), ctx.Err()
	}
	showing := i.serve("--no-work", "--no-development")
	id, link := working.create(map[string]any{})

	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	browser := &http.Client{Jar: jar}
	defer browser.CloseIdleConnections()
	open := func(path string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, showing.base+path, nil)
		require.NoError(t, err)
		res, err := browser.Do(req)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, res.StatusCode, path)
		return res
	}
	require.NoError(t, open(strings.TrimPrefix(link, working.base)).Body.Close())
	events := open("/verify/" + id + "/events")
	defer func() { _ = events.Body.Close() }()
	type state struct {
		Page     string
		Progress float64
	}
	states := make(chan state, 100)
	go func() {
		defer close(states)
		for lines := bufio.NewScanner(events.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var s state
				if json.Unmarshal([]byte(data), &s) == nil {
					states <- s
				}
			}
		}
	}()
	// within is less than the time after which a page looks by itself.
	until := func(what string, fits func(s state) bool) {
		t.Helper()
		deadline := time.After(1500 * time.Millisecond)
		for {
			select {
			case s := <-states:
				if fits(s) {
					return
				}
			case <-deadline:
				require.Fail(t, "not seen in time", what)
			}
		}
	}
	working.analyse(id)
	until("that it is being looked at", func(s state) bool { return strings.HasSuffix(s.Page, "/check") })
	step <- struct{}{}
	until("a quarter", func(s state) bool { return s.Progress == .25 })
	step <- struct{}{}
	until("a half", func(s state) bool { return s.Progress == .5 })
	step <- struct{}{}
	until("the result", func(s state) bool { return strings.HasSuffix(s.Page, "/result") })
}

// A key that asks too often is refused by every process.
func TestSharedLimit(t *testing.T) {
	i := install(t)
	one := i.serve("--rate-limit", "40")
	other := i.serve("--rate-limit", "40", "--no-development")
	other.key = one.key
	ask := func(s *service) int { return s.call("GET", "/v3/scanning/x", nil, nil).StatusCode }
	for range 20 {
		require.Equal(t, http.StatusNotFound, ask(one))
		require.Equal(t, http.StatusNotFound, ask(other))
	}
	require.Eventually(t, func() bool {
		return ask(one) == http.StatusTooManyRequests && ask(other) == http.StatusTooManyRequests
	}, 5*time.Second, 100*time.Millisecond)
}

// Pages are limited too, by session and by address, over all processes; what is
// refused is said in the person's language, and to scripts in their form.
func TestPageLimits(t *testing.T) {
	i := install(t)
	one := i.serve("--session-limit", "40", "--address-limit", "200")
	other := i.serve("--session-limit", "40", "--address-limit", "200", "--no-development")
	ask := func(s *service, path, accept string) answer {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+path, nil)
		require.NoError(t, err)
		req.Header.Set("Accept", accept)
		req.Header.Set("Accept-Language", "sv")
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, errors.Join(err, res.Body.Close()))
		return answer{res.StatusCode, res.Header, body}
	}
	id, _ := one.create(`{}`)
	second, _ := one.create(`{}`)
	page := "/verify/" + id + "/welcome"
	for range 20 {
		require.Equal(t, http.StatusForbidden, ask(one, page, "text/html").StatusCode, "no cookie")
		require.Equal(t, http.StatusForbidden, ask(other, page, "text/html").StatusCode)
	}
	require.Eventually(t, func() bool {
		return ask(one, page, "text/html").StatusCode == http.StatusTooManyRequests && ask(other, page, "text/html").StatusCode == http.StatusTooManyRequests
	}, 5*time.Second, 100*time.Millisecond)
	refused := ask(one, page, "text/html")
	require.Contains(t, string(refused.Body), "Försök igen om en stund")
	require.NotEmpty(t, refused.Header.Get("Retry-After"))
	require.Contains(t, ask(one, page, "application/json").Header.Get("Content-Type"), "json")
	require.Equal(t, http.StatusForbidden, ask(one, "/verify/"+second+"/welcome", "text/html").StatusCode, "another session")
	require.Equal(t, http.StatusNotFound, one.call("GET", "/v3/scanning/"+id+"/analyses/x", nil, nil).StatusCode, "programs are counted apart")

	require.Eventually(t, func() bool { // another session each time: by address
		ask(other, "/flow/nothing", "text/html")
		return ask(one, "/flow/nothing", "text/html").StatusCode == http.StatusTooManyRequests
	}, 20*time.Second, 10*time.Millisecond)
	require.Equal(t, http.StatusNotFound, ask(one, "/assets/none.js", "*/*").StatusCode, "scripts are not counted")
}

// A full queue refuses new sessions, then submissions, and says when to come
// again; it takes both again when it has emptied.
func TestFullQueue(t *testing.T) {
	release := make(chan struct{})
	s := start(t, "--max-waiting", "2", "--parallel-analyses", "1")
	s.engine.read = func(ctx context.Context, _ []engine.Input, _ engine.Options) (*report.Result, error) {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return goodReport(), ctx.Err()
	}
	var ids []string
	for range 6 {
		id, _ := s.create(map[string]any{})
		require.Equal(t, 201, s.upload("/v3/scanning/"+id+"/documents?documentType=document_front", picture, nil).StatusCode)
		ids = append(ids, id)
	}
	submit := func(id string) answer { return s.call("POST", "/v3/scanning/"+id+"/analyses", "{}", nil) }
	for _, id := range ids[:4] {
		require.Equal(t, 201, submit(id).StatusCode)
	}
	for _, res := range []answer{s.call("POST", "/v3/scanning", "{}", nil), submit(ids[4])} {
		require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
		require.NotEmpty(t, res.Header.Get("Retry-After"))
		require.Contains(t, string(res.Body), `"UNAVAILABLE"`)
	}
	require.NotContains(t, s.logs.String(), "ERROR", "a full queue is no failure")
	close(release)
	for _, id := range ids[:4] {
		s.finished(id)
	}
	require.Eventually(t, func() bool { return submit(ids[4]).StatusCode == http.StatusCreated }, 5*time.Second, 50*time.Millisecond)
	s.finished(ids[4])
}

// While it drains, a process says that it is not ready but goes on serving.
func TestDrain(t *testing.T) {
	s := start(t, "--drain", "700ms")
	require.Equal(t, 200, s.call("GET", "/readyz", nil, nil).StatusCode)
	stopped := make(chan struct{})
	go func() { defer close(stopped); s.stop() }()
	require.Eventually(t, func() bool { return s.call("GET", "/readyz", nil, nil).StatusCode == http.StatusServiceUnavailable }, 5*time.Second, 10*time.Millisecond)
	require.Equal(t, 200, s.call("GET", "/healthz", nil, nil).StatusCode)
	s.create(map[string]any{})
	<-stopped
}
