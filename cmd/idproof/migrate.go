package main

import (
	"context"
	"errors"
	"fmt"

	"idproof/internal/config"
	"idproof/internal/queue"
)

// migrateCmd brings the database up to date, or makes it, without starting the
// service, which does the same at its start.
type migrateCmd struct {
	config.Data `embed:""`
}

// Run migrates the application's tables and the queue's.
func (c *migrateCmd) Run(ctx context.Context, std streams) (err error) {
	st, err := makeStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if err := queue.Migrate(ctx, c.Database()); err != nil {
		return err
	}
	fmt.Fprintln(std.out, "The database is up to date.")
	return nil
}
