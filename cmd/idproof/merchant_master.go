package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"idproof/internal/config"
	"idproof/internal/peers"
	"idproof/internal/seal"
	"idproof/internal/server"
)

// rotateCmd begins to seal with a new master key: at once where one process is
// all there is, else in two steps, between which every process learns the key.
type rotateCmd struct {
	config.Data `embed:""`
}

// settle is how long a process may be without its connection, and so unseen,
// though it is alive.
const settle = 2 * time.Second

// Run takes the next step. A keyset of the environment goes to the standard
// output, to be put where it came from; one of a file takes its place.
func (c *rotateCmd) Run(ctx context.Context, std streams) error {
	if c.Master.KMS != "" {
		return errors.New("the master key is in a key management service: rotate it there")
	}
	where, say := "The output", std.err
	keyset := []byte(c.Master.Keyset)
	if len(keyset) == 0 {
		where, say = c.Master.Path(c.Dir), std.out
		var err error
		if keyset, err = os.ReadFile(where); err != nil {
			return fmt.Errorf("read the master key: %w", err)
		}
	}
	if !c.Shared() {
		release, err := server.Hold(c.Dir)
		if err != nil {
			return fmt.Errorf("stop the service first: %w", err)
		}
		defer func() { _ = release() }() // the process ends
	}
	if err := c.try(ctx, keyset); err != nil { // it is this database's
		return err
	}
	key, prepared, err := seal.Prepared(keyset)
	if err != nil {
		return err
	}
	if !prepared {
		if keyset, err = seal.Prepare(keyset); err != nil {
			return err
		}
		if c.Shared() {
			fmt.Fprintf(say, "%s has a new key, with which nothing is sealed yet. Give it to every process in place of the one before, start them again one after another, and run this command again with it.\n", where)
			return c.keep(keyset, std)
		}
	} else if c.Shared() {
		if err := everybodyKnows(ctx, c.Database(), key); err != nil {
			return err
		}
	}
	if keyset, err = seal.Switch(keyset); err != nil {
		return err
	}
	if err := c.keep(keyset, std); err != nil {
		return err
	}
	fmt.Fprintf(say, "%s has a new key, with which everything is sealed from the next start on: give it to every process in place of the one before, keep a copy, and start them again.\n", where)
	return c.try(ctx, keyset) // from now on nobody starts who does not know it
}

// try opens the database with that keyset.
func (c *rotateCmd) try(ctx context.Context, keyset []byte) error {
	d := c.Data
	d.Master = seal.Config{Keyset: string(keyset)}
	st, err := openStore(ctx, d)
	if err != nil {
		return err
	}
	return st.Close()
}

func (c *rotateCmd) keep(keyset []byte, std streams) error {
	if c.Master.Keyset != "" {
		_, err := fmt.Fprintf(std.out, "%s\n", keyset)
		return err
	}
	return seal.ReplaceFile(c.Master.Path(c.Dir), keyset)
}

// everybodyKnows makes sure that every process that is there knows the key.
func everybodyKnows(ctx context.Context, database string, key uint32) error {
	for last := false; ; last = true {
		n, err := peers.Without(ctx, database, key)
		if err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("%d processes do not know the new key yet: give it to them and start them again first", n)
		}
		if last {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(settle):
		}
	}
}
