package server_test

import (
	"bytes"
	"database/sql"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"idproof/report"
)

// process is a server in a process of its own.
type process struct {
	cmd *exec.Cmd
	out *lockedBuffer
}

func spawn(t *testing.T, dir, listen string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0]), out: &lockedBuffer{}}
	p.cmd.Env = append(os.Environ(), childDir+"="+dir, childDir+"_LISTEN="+listen)
	p.start(t, listen)
	return p
}

// start starts the process and waits until it answers there.
func (p *process) start(t *testing.T, listen string) {
	t.Helper()
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	require.NoError(t, p.cmd.Start())
	t.Cleanup(p.kill)
	require.Eventually(t, func() bool {
		res, err := http.Get("http://" + listen + "/healthz")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	}, 20*time.Second, 20*time.Millisecond, "%s", p.out)
}

// kill is kill −9.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// A server that is killed in the middle of an analysis, and another that is
// killed in the middle of a webhook, finish both after a restart: nothing is
// lost, nothing is there twice.
func TestKill(t *testing.T) {
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	dir, listen := t.TempDir(), freeAddress(t)
	release := make(chan struct{})
	hooks := newReceiver(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 { // the first attempt hangs until its sender is dead
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
		w.WriteHeader(http.StatusOK)
	})
	defer close(release)

	first := spawn(t, dir, listen)
	key, err := os.ReadFile(filepath.Join(dir, "development.key"))
	require.NoError(t, err)
	s := &service{t: t, dir: dir, base: "http://" + listen, key: strings.TrimSpace(string(key))}
	id, _ := s.create(map[string]any{"webhook": hooks.URL, "relay_state": "r-1"})
	aid := s.analyse(id)
	begun := func() int {
		data, _ := os.ReadFile(filepath.Join(dir, "begun"))
		return bytes.Count(data, []byte("\n"))
	}
	require.Eventually(t, func() bool { return begun() == 1 }, 10*time.Second, 10*time.Millisecond)
	first.kill()

	second := spawn(t, dir, listen)
	restarted := time.Now()
	r := s.finished(id)
	took := time.Since(restarted)
	require.Equal(t, report.Accepted, r.Status)
	require.Less(t, took, 20*time.Second)
	require.Equal(t, 2, begun(), "the analysis ran again, once")
	t.Logf("finished %.1f s after the restart", took.Seconds())

	hooks.wait(t, 1)
	second.kill()

	third := spawn(t, dir, listen)
	got := hooks.wait(t, 2)
	require.Equal(t, got[0].Header.Get("webhook-id"), got[1].Header.Get("webhook-id"))
	require.Equal(t, got[0].Body, got[1].Body)
	var after report.Result
	s.call("GET", "/v3/scanning/"+id, nil, &after)
	require.Equal(t, r, &after)
	var list struct {
		Analyses []struct{ ID string }
	}
	s.call("GET", "/v3/scanning/"+id+"/analyses", nil, &list)
	require.Len(t, list.Analyses, 1)
	require.Equal(t, aid, list.Analyses[0].ID)
	require.NoError(t, third.cmd.Process.Signal(syscall.SIGTERM)) // lets jobs end
	require.NoError(t, third.cmd.Wait(), "%s", third.out)

	require.Len(t, hooks.all(), 2)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "idproof.db")+"?mode=ro")
	require.NoError(t, err)
	defer db.Close()
	for query, want := range map[string]int{
		"SELECT count(*) FROM results":                                        1,
		"SELECT count(*) FROM events WHERE kind = 'analysis_finished'":        1,
		"SELECT count(*) FROM events WHERE kind = 'session_finished'":         1,
		"SELECT count(*) FROM deliveries":                                     1,
		"SELECT count(*) FROM documents":                                      1,
		"SELECT count(*) FROM river_job WHERE state NOT IN ('completed')":     0,
		"SELECT count(*) FROM river_job WHERE kind IN ('analysis','webhook')": 2,
	} {
		var n int
		require.NoError(t, db.QueryRow(query).Scan(&n))
		require.Equal(t, want, n, query)
	}
}
