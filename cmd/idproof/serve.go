package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"idproof/engine"
	"idproof/internal/config"
	"idproof/internal/server"
	"idproof/internal/telemetry"
)

// serveCmd runs the service: API, hosted pages and workers in one process.
type serveCmd struct {
	config.Config `embed:""`
}

// Run serves until the process is told to stop.
func (c *serveCmd) Run(ctx context.Context, std streams) (err error) {
	log := telemetry.Logger(c.Telemetry, std.err)
	d := server.Deps{Log: log, Now: time.Now, Version: versionText()}
	if c.Work { // without, the models would only take memory
		e, err := engine.Open(engine.Config{ModelDir: c.Models})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, e.Close()) }()
		d.Engine, d.Eye = e, e
	}
	s, err := server.New(ctx, c.Config, d)
	if err != nil {
		return err
	}
	welcome(std.out, s.Welcome())
	log.InfoContext(ctx, "serving", slog.String("at", s.Welcome().BaseURL))
	return s.Run(ctx)
}

func welcome(w io.Writer, k server.Welcome) {
	fmt.Fprintf(w, "\nidproof is at %s\n", k.BaseURL)
	if k.First {
		fmt.Fprintln(w, "A merchant for development was made.")
	}
	if k.Link != "" {
		fmt.Fprintf(w, "\n  Try it:  %s\n", k.Link)
	}
	if k.Key != "" {
		fmt.Fprintf(w, "  Key:     %s   (also in %s)\n", k.Key, k.KeyFile)
		fmt.Fprintf(w, "  Call it: curl -H 'Authorization: %s' -H 'Content-Type: application/json' -d '{}' %s/v3/scanning\n", k.Key, k.BaseURL)
	}
	fmt.Fprintln(w)
}
