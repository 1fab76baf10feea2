package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"idproof/internal/blob"
	"idproof/internal/config"
	"idproof/internal/doctor"
	"idproof/internal/queue"
)

// doctorCmd looks for what should not be; the service may be running.
type doctorCmd struct {
	config.Data `embed:""`
}

// Run prints a line for each finding, kind and id, and fails if there are any.
func (c *doctorCmd) Run(ctx context.Context, std streams) (err error) {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if err := queue.Migrate(ctx, c.Database()); err != nil { // the queue is looked into
		return err
	}
	blobs, err := blob.Open(ctx, c.Blobs())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, blobs.Close()) }()
	found, err := doctor.Examine(ctx, st, blobs, time.Now())
	if err != nil {
		return err
	}
	for _, f := range found {
		fmt.Fprintf(std.out, "%s\t%s\n", f.Kind, f.ID)
	}
	if len(found) > 0 {
		fmt.Fprintf(std.err, "idproof: %d found; see docs/operations.md\n", len(found))
		return errSilent
	}
	fmt.Fprintln(std.out, "Nothing is wrong.")
	return nil
}
