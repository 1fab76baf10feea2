package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"idproof/engine"
	"idproof/internal/config"
	"idproof/internal/server"
	"idproof/internal/telemetry"
)

// workerCmd carries out analyses and delivers webhooks for the processes that
// serve, any number of them on one database.
type workerCmd struct {
	config.Worker `embed:""`
}

// Run works until the process is told to stop.
func (c *workerCmd) Run(ctx context.Context, std streams) (err error) {
	log := telemetry.Logger(c.Telemetry, std.err)
	e, err := engine.Open(engine.Config{ModelDir: c.Models})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	w, err := server.NewWorker(ctx, c.Worker, server.Deps{Engine: e, Log: log, Now: time.Now, Version: versionText()})
	if err != nil {
		return err
	}
	log.InfoContext(ctx, "working", slog.String("watched_at", w.Address()))
	return w.Run(ctx)
}
