package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"idproof/engine/model"
	"idproof/internal/store/pgtest"
	"idproof/specimen"
)

// asProgram in the environment makes the test binary the program itself: what is
// measured here are processes of their own.
const asProgram = "IDPROOF_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(pgtest.Around(m).Run())
}

// running is the program as a process.
type running struct {
	*exec.Cmd

	address string
	ready   time.Duration // from its start until /readyz said so
}

// begin starts the program, on one core only unless core is negative, and waits
// until it is ready. It ends with the test.
func begin(tb testing.TB, core int, args ...string) *running {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	p := &running{address: l.Addr().String()}
	require.NoError(tb, l.Close())
	p.Cmd = exec.CommandContext(context.WithoutCancel(tb.Context()), os.Args[0], append(args, "--listen", p.address)...)
	var out bytes.Buffer
	p.Env, p.Stdout, p.Stderr = append(os.Environ(), asProgram+"=1"), &out, &out
	if dir, err := model.Dir(); err == nil {
		p.Env = append(p.Env, "IDPROOF_MODELS="+dir)
	}
	start := time.Now()
	require.NoError(tb, onCore(core, p.Start))
	tb.Cleanup(p.end)
	for {
		req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, "http://"+p.address+"/readyz", nil)
		require.NoError(tb, err)
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			require.NoError(tb, res.Body.Close())
			if res.StatusCode == http.StatusOK {
				break
			}
		}
		require.Less(tb, time.Since(start), time.Minute, "not ready: %s", out.String())
		time.Sleep(5 * time.Millisecond)
	}
	p.ready = time.Since(start)
	return p
}

// end stops the process, unless it has been.
func (p *running) end() {
	if p.ProcessState == nil {
		_ = p.Process.Signal(syscall.SIGTERM)
		_ = p.Wait()
	}
}

// onCore runs f, which starts a process, so that the process has that core alone.
func onCore(core int, f func() error) error {
	if core < 0 {
		return f()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return err
	}
	one.Set(core)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return err
	}
	return errors.Join(f(), unix.SchedSetaffinity(0, &before))
}

// resident is the memory that the process has, in MB.
func (p *running) resident(tb testing.TB) float64 {
	tb.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	require.NoError(tb, err)
	_, rest, ok := strings.Cut(string(status), "VmRSS:")
	require.True(tb, ok)
	kB, err := strconv.Atoi(strings.Fields(rest)[0])
	require.NoError(tb, err)
	return float64(kB) / 1024
}

// used is the time that the process has had of all cores.
func (p *running) used(tb testing.TB) time.Duration {
	tb.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid))
	require.NoError(tb, err)
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')'):])) // the name before may hold anything
	var ticks int
	for _, f := range fields[12:14] { // utime and stime, in hundredths of a second
		n, err := strconv.Atoi(f)
		require.NoError(tb, err)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// withModels skips where set-up has not fetched the models.
func withModels(tb testing.TB) {
	tb.Helper()
	if _, err := model.Dir(); err != nil {
		tb.Skip("the models are not there; run make setup")
	}
}

// What is promised of a process that has nothing to do.
const (
	mostReady = 3 * time.Second
	mostIdle  = 400 // MB
)

// BenchmarkStart is how long a process takes until it is ready, all models
// loaded, and what memory it then has, the best of three, for what else the
// machine does is not meant; and what memory it has some time after it has worked.
// More than is promised fails.
func BenchmarkStart(b *testing.B) {
	withModels(b)
	dir := b.TempDir()
	begin(b, -1, "serve", "--data-dir", dir).end() // makes the folder
	pictures := photographs(b, 4)
	for b.Loop() {
		ready, idle, rested := time.Hour, 0.0, 0.0
		for n := range 3 {
			p := begin(b, -1, "serve", "--data-dir", dir)
			ready = min(ready, p.ready)
			time.Sleep(time.Second)
			idle = max(idle, p.resident(b))
			if n == 2 {
				p.customer(b, dir).through(pictures)
				time.Sleep(35 * time.Second)
				rested = p.resident(b)
			}
			p.end()
		}
		b.ReportMetric(ready.Seconds(), "s-ready")
		b.ReportMetric(idle, "MB-idle")
		b.ReportMetric(rested, "MB-idle-after-work")
		if ready > mostReady || max(idle, rested) > mostIdle {
			b.Errorf("ready after %s with %.0f MB, and %.0f MB after work; at most %s and %d MB are promised", ready, idle, rested, mostReady, mostIdle)
		}
	}
}

// BenchmarkWorkers is what the real engine does on one core, and what two workers
// on a core each do together, through the whole service on PostgreSQL: pictures
// go in by API and results come out. Database, serving process and this one use
// the same cores. On a machine that does other things as well, go by the time
// that a document takes of a core.
func BenchmarkWorkers(b *testing.B) {
	withModels(b)
	if runtime.NumCPU() < 2 {
		b.Skip("two workers need two cores")
	}
	const each = 12 // documents for each worker
	database, dir := pgtest.New(b), b.TempDir()
	pgtest.Durable(b, database)
	shared := []string{"--data-dir", dir, "--database", database}
	front := begin(b, -1, append([]string{"serve", "--no-work", "--rate-limit", "1000000", "--session-limit", "1000000"}, shared...)...)
	c := front.customer(b, dir)
	pictures := photographs(b, each)
	measure := func(workers int) (perSecond, coreSeconds float64) {
		var all []*running
		for core := range workers {
			all = append(all, begin(b, core, append([]string{"worker", "--parallel-analyses", "1", "--base-url", c.base}, shared...)...))
		}
		c.through(pictures[:workers]) // warm
		var jobs [][]byte
		for range workers {
			jobs = append(jobs, pictures...)
		}
		var used time.Duration
		for _, w := range all {
			used -= w.used(b)
		}
		took := c.through(jobs)
		for _, w := range all {
			used += w.used(b)
			w.end()
		}
		return float64(len(jobs)) / took.Seconds(), used.Seconds() / float64(len(jobs))
	}
	for b.Loop() {
		one, ofOne := measure(1)
		two, ofTwo := measure(2)
		b.ReportMetric(one, "documents/s-one-worker")
		b.ReportMetric(two, "documents/s-two-workers")
		b.ReportMetric(ofOne, "core-s/document-one-worker")
		b.ReportMetric(ofTwo, "core-s/document-two-workers")
	}
}

// photographs are so many photographs of fictional passports and cards.
func photographs(tb testing.TB, n int) (all [][]byte) {
	tb.Helper()
	r := rand.New(rand.NewPCG(7, 11))
	kinds := []specimen.Kind{specimen.Passport, specimen.Card}
	for i := range n {
		camera := specimen.RandomCamera(r, 0.2)
		camera.Width, camera.Height = 2000, 1500
		img, _ := specimen.Photograph(specimen.Random(r, kinds[i%2]).Draw().Front.Image, camera, r)
		var buf bytes.Buffer
		require.NoError(tb, jpeg.Encode(&buf, img, &jpeg.Options{Quality: 88}))
		all = append(all, buf.Bytes())
	}
	return all
}

// customer is a merchant's program.
type customer struct {
	testing.TB

	base, key string
}

// customer of a process that serves with that folder.
func (p *running) customer(tb testing.TB, dir string) customer {
	tb.Helper()
	key, err := os.ReadFile(filepath.Join(dir, "development.key"))
	require.NoError(tb, err)
	return customer{tb, "http://" + p.address, strings.TrimSpace(string(key))}
}

func (c customer) call(method, path, contentType string, body io.Reader, out any) {
	c.Helper()
	req, err := http.NewRequestWithContext(c.Context(), method, c.base+path, body)
	require.NoError(c, err)
	req.Header.Set("Authorization", c.key)
	req.Header.Set("Content-Type", contentType)
	res, err := http.DefaultClient.Do(req)
	require.NoError(c, err)
	data, err := io.ReadAll(res.Body)
	require.NoError(c, errors.Join(err, res.Body.Close()))
	require.Less(c, res.StatusCode, 300, "%s", data)
	require.NoError(c, json.Unmarshal(data, out))
}

// through has every picture analysed and returns how long that took: from the
// first that was submitted to the last that had ended.
func (c customer) through(pictures [][]byte) time.Duration {
	c.Helper()
	const jsonType = "application/json"
	var ids []string
	for _, p := range pictures {
		var s struct{ ID string }
		c.call(http.MethodPost, "/v3/scanning", jsonType, strings.NewReader("{}"), &s)
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		part, err := w.CreateFormFile("document", "front.jpg")
		require.NoError(c, err)
		_, err = part.Write(p)
		require.NoError(c, errors.Join(err, w.Close()))
		c.call(http.MethodPost, "/v3/scanning/"+s.ID+"/documents?documentType=document_front", w.FormDataContentType(), &body, &struct{}{})
		ids = append(ids, s.ID)
	}
	start := time.Now()
	for _, id := range ids {
		c.call(http.MethodPost, "/v3/scanning/"+id+"/analyses", jsonType, strings.NewReader("{}"), &struct{}{})
	}
	for _, id := range ids {
		for {
			var r struct {
				Status     string
				FinishedAt *time.Time `json:"finished_at"`
			}
			c.call(http.MethodGet, "/v3/scanning/"+id, jsonType, nil, &r)
			if r.FinishedAt != nil {
				require.NotEqual(c, "Failed", r.Status)
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return time.Since(start)
}
