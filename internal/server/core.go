package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/uptrace/bun"
	"golang.org/x/sys/unix"

	"idproof/internal/analysis"
	"idproof/internal/blob"
	"idproof/internal/config"
	"idproof/internal/gallery"
	"idproof/internal/peers"
	"idproof/internal/queue"
	"idproof/internal/seal"
	"idproof/internal/session"
	"idproof/internal/store"
	"idproof/internal/telemetry"
	"idproof/internal/webhook"
)

// core is what a process that serves and one that only works have in common:
// where things are kept, and the queue.
type core struct {
	log      *slog.Logger
	master   *seal.Master
	store    *store.Store
	blobs    blob.Opened
	queue    *queue.Queue
	peers    *peers.Peers // nil: this process is the only one
	gallery  *gallery.Gallery
	live     *session.Live
	metrics  *telemetry.Metrics
	unlock   func() error
	stopping atomic.Bool
}

// open opens everything of core; close releases what was opened, also after an
// error. base is the address of the service. work: jobs are carried out here.
func (k *core) open(ctx context.Context, cfg config.Common, d Deps, base string, work bool) (err error) {
	k.log, k.live, k.metrics = d.Log, session.NewLive(), telemetry.NewMetrics()
	if k.metrics.Traces, err = telemetry.OpenTraces(ctx, cfg.Telemetry, d.Version, d.Log); err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	if !cfg.Shared() { // the queue relies on it
		if k.unlock, err = Hold(cfg.Dir); err != nil {
			return err
		}
	}
	if k.master, err = seal.Load(cfg.Master, cfg.Dir); err != nil {
		return err
	}
	if k.store, err = store.Open(ctx, cfg.Database(), k.master); err != nil {
		return err
	}
	if k.blobs, err = blob.Open(ctx, cfg.Blobs()); err != nil {
		return err
	}
	k.gallery = &gallery.Gallery{Store: k.store, Index: gallery.NewMemory(k.store, d.Now), Eye: d.Engine}
	o := queue.Options{Config: cfg.Queue, Address: cfg.Database(), Log: d.Log}
	if cfg.Shared() {
		if k.peers, err = peers.Join(ctx, cfg.Database(), k.master.Keys(), d.Log, k.hear); err != nil {
			return err
		}
		o.ID, o.Alive = k.peers.ID(), k.peers.Alive
	}
	if work {
		o.Workers = river.NewWorkers()
		river.AddWorker(o.Workers, &analysis.Worker{
			Engine: d.Engine, Sessions: k.store, Merchants: k.store, Blobs: k.blobs, History: k.store, Live: k, Gallery: k.gallery,
			Observer: k.metrics, Log: d.Log, Now: d.Now,
		})
		river.AddWorker(o.Workers, webhook.NewWorker(cfg.Webhook, k.store, k.metrics, d.Log, d.Now, cfg.Development))
	}
	if k.queue, err = queue.Open(ctx, o); err != nil {
		return err
	}
	k.store.OnEvent(k.admit, analysis.Enqueue(k.queue), webhook.Outbox(k.store, k.queue, base))
	k.store.OnCommit(k.changed)
	return nil
}

// changed tells those who read the session, here and elsewhere.
func (k *core) changed(sessionID string) {
	k.live.Changed(sessionID)
	if k.peers != nil {
		k.peers.Changed(sessionID)
	}
}

// SetProgress implements analysis.Live.
func (k *core) SetProgress(sessionID string, p *session.Progress) {
	k.live.SetProgress(sessionID, p)
	if k.peers != nil {
		k.peers.SetProgress(sessionID, p)
	}
}

// hear hands on what another process tells.
func (k *core) hear(n peers.Notice) {
	if n.Progress != nil || n.Ended {
		k.live.SetProgress(n.SessionID, n.Progress)
		return
	}
	k.live.Changed(n.SessionID)
}

// admit is a store.Hook that refuses what would make the queue grow without
// bound: first new sessions; then, much later, those that have begun.
func (k *core) admit(_ context.Context, _ bun.Tx, _ session.Session, e session.Event) error {
	if (e.Kind == session.Created && k.queue.Full(1)) || (e.Kind == session.AnalysisRequested && k.queue.Full(2)) {
		return session.ErrUnavailable.Say("Too many analyses are waiting; try again in a moment.")
	}
	return nil
}

// close releases what open took, last taken first.
func (k *core) close(ctx context.Context) error {
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	var errs []error
	if k.queue != nil {
		errs = append(errs, k.queue.Close(grace))
	}
	if k.peers != nil {
		k.peers.Close() // after the queue: until then its jobs run in a process that is alive
	}
	if k.blobs != nil {
		errs = append(errs, k.blobs.Close())
	}
	if k.store != nil {
		errs = append(errs, k.store.Close())
	}
	if k.unlock != nil {
		errs = append(errs, k.unlock())
	}
	if k.metrics != nil {
		if err := k.metrics.Traces.Close(grace); err != nil {
			k.log.WarnContext(ctx, "traces were lost", "error", err) // no reason to fail for
		}
	}
	return errors.Join(errs...)
}

// watched adds to a mux what operators watch.
func (k *core) watched(mux *http.ServeMux, c telemetry.Config) {
	mux.HandleFunc("GET /healthz", k.health)
	mux.HandleFunc("GET /readyz", k.ready)
	mux.Handle("GET /metrics", guardMetrics(c, k.metrics, k.queue))
}

// health says that the process is there; one that is not should be started again.
func (k *core) health(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") }

// ready says whether the process can work; to one that cannot, nothing should be sent.
func (k *core) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	if k.stopping.Load() {
		say(w, http.StatusServiceUnavailable, "stopping")
		return
	}
	if err := k.store.Ping(ctx); err != nil {
		k.log.ErrorContext(ctx, "not ready", "error", err)
		say(w, http.StatusServiceUnavailable, "database")
		return
	}
	say(w, http.StatusOK, "ok")
}

func say(w http.ResponseWriter, code int, status string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"status": status})
}

// Hold makes sure that no other process works on the data of that folder, until
// release is called.
func Hold(dir string) (release func() error, err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("server: %s is in use by another idproof", dir), f.Close())
	}
	return f.Close, nil // closing unlocks
}
