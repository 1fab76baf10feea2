// Package pgtest gives tests a real PostgreSQL.
//
// One server runs for a test binary: Debian's programs on a temporary folder,
// as an unprivileged user, on this machine's loopback only. It starts with the
// first test that asks and must be ended by TestMain ([Around]); should the binary
// die before, the kernel ends the server with it.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// server is the one that the test binary started. Like the process that it is,
// it exists once.
var server struct {
	sync.Mutex
	dir  string
	addr string // host:port
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	err  error
}

// New returns the URL of a fresh, empty database. Where PostgreSQL is not
// installed it skips the test, saying so.
func New(tb testing.TB) string {
	tb.Helper()
	bin := programs()
	if bin == "" {
		tb.Skip("PostgreSQL is not installed (Debian's package postgresql): nothing was tested on it")
	}
	server.Lock()
	defer server.Unlock()
	if server.cmd == nil && server.err == nil {
		server.err = start(bin)
	}
	if server.err != nil {
		tb.Fatalf("pgtest: %v", server.err)
	}
	name := "test_" + uuid.NewString()[:8]
	conn, err := pgx.Connect(tb.Context(), address("postgres"))
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	_, err = conn.Exec(tb.Context(), "CREATE DATABASE "+name)
	if err = errors.Join(err, conn.Close(tb.Context())); err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	return address(name)
}

// Addr is host and port of the server, for a proxy before it. There is one
// after the first [New].
func Addr() string {
	server.Lock()
	defer server.Unlock()
	return server.addr
}

// Durable makes the server write to the disk before it answers, as it does in
// earnest; a test that measures wants that, the others want to be quick.
func Durable(tb testing.TB, url string) {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	for _, stmt := range []string{"ALTER SYSTEM SET fsync = on", "SELECT pg_reload_conf()"} {
		if _, err := conn.Exec(tb.Context(), stmt); err != nil {
			tb.Fatalf("pgtest: %v", err)
		}
	}
	if err := conn.Close(tb.Context()); err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
}

// Around is m with the end of the server after its tests:
//
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Around(m)) }
func Around(m Tests) Tests { return around{m} }

// Tests is a *testing.M.
type Tests interface{ Run() int }

type around struct{ m Tests }

// Run implements [Tests].
func (a around) Run() int {
	defer stop()
	return a.m.Run()
}

func stop() {
	server.Lock()
	defer server.Unlock()
	if server.cmd != nil {
		_ = server.cmd.Process.Signal(syscall.SIGQUIT) // at once, without care for the data
		<-server.done
		server.cmd = nil
	}
	if server.dir != "" {
		_ = os.RemoveAll(server.dir)
	}
}

func address(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User("idproof"), Host: server.addr, Path: database, RawQuery: "sslmode=disable"}
	return u.String()
}

// programs is the folder of the newest PostgreSQL, or "".
func programs() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }))
}

func version(path string) int {
	v, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return v
}

// start starts the server. The caller holds its lock.
//
//nolint:gosec // the programs are those of the system
func start(bin string) (err error) {
	if server.dir, err = os.MkdirTemp("", "pgtest"); err != nil {
		return err
	}
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Geteuid() == 0 { // PostgreSQL refuses to be root
		uid, gid, err := nobody()
		if err != nil {
			return err
		}
		attr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
		if err := os.Chown(server.dir, int(uid), int(gid)); err != nil {
			return err
		}
	}
	data := filepath.Join(server.dir, "data")
	initdb := exec.CommandContext(context.Background(), filepath.Join(bin, "initdb"), "-D", data, "-U", "idproof", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = server.dir, attr
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	auto := filepath.Join(data, "postgresql.auto.conf") // what ALTER SYSTEM changes
	if err := os.WriteFile(auto, []byte("fsync = off\n"), 0o600); err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	host, port, _ := net.SplitHostPort(l.Addr().String())
	if err := l.Close(); err != nil {
		return err
	}
	server.addr = net.JoinHostPort(host, port)
	cmd := exec.CommandContext(context.Background(), filepath.Join(bin, "postgres"), "-D", data, "-p", port, "-k", server.dir, "-h", host,
		"-c", "max_connections=200", "-c", "shared_buffers=64MB")
	var out bytes.Buffer
	cmd.Dir, cmd.SysProcAttr, cmd.Stdout, cmd.Stderr = server.dir, attr, &out, &out
	started, done := make(chan error), make(chan struct{})
	go func() {
		// The kernel's signal at the parent's death goes by thread.
		runtime.LockOSThread()
		defer close(done)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	server.cmd, server.done = cmd, done
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, address("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-done:
			return fmt.Errorf("postgres ended: %s", out.String())
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// nobody is a user without rights.
func nobody() (uid, gid uint32, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, e := user.Lookup(name)
		if e != nil {
			err = e
			continue
		}
		id, e1 := strconv.ParseUint(u.Uid, 10, 32)
		group, e2 := strconv.ParseUint(u.Gid, 10, 32)
		return uint32(id), uint32(group), errors.Join(e1, e2)
	}
	return 0, 0, err
}
