package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"idproof/internal/config"
)

// Worker is a process that carries out what others, which serve, put into the
// queue they share. To people and programs it is not there; it answers only
// those who watch it.
type Worker struct {
	core

	listener net.Listener
	http     *http.Server
}

// NewWorker puts a worker together and takes its address; [Worker.Run] starts it.
func NewWorker(ctx context.Context, cfg config.Worker, d Deps) (_ *Worker, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	w := &Worker{}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close(ctx))
		}
	}()
	if w.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen); err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	if err := w.open(ctx, cfg.Common, d, strings.TrimRight(cfg.BaseURL, "/"), true); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	w.watched(mux, cfg.Telemetry)
	w.http = &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(d.Log.Handler(), slog.LevelDebug),
	}
	return w, nil
}

// Address is where the worker is watched.
func (w *Worker) Address() string { return w.listener.Addr().String() }

// Run works until the context ends; then jobs run to their end, or back into
// the queue.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.queue.Start(ctx); err != nil {
		return errors.Join(err, w.close(ctx))
	}
	served := make(chan error, 1)
	go func() { served <- w.http.Serve(w.listener) }()
	var err error
	select {
	case err = <-served:
		return errors.Join(err, w.close(ctx))
	case <-ctx.Done():
		w.log.InfoContext(ctx, "stopping")
		w.stopping.Store(true)
		err = w.close(ctx) // it can be watched until the last job has ended
		err = errors.Join(err, w.http.Close())
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return err
	}
}

func (w *Worker) close(ctx context.Context) error {
	err := w.core.close(ctx)
	if w.http == nil && w.listener != nil {
		err = errors.Join(err, w.listener.Close())
	}
	return err
}
