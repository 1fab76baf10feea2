package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"idproof/engine"
	"idproof/internal/blob"
	"idproof/internal/config"
	"idproof/internal/gallery"
	"idproof/internal/session"
	"idproof/internal/store"
)

// blockList is the block list of faces that a command works on.
type blockList struct {
	config.Data `embed:""`
	ID          string `arg:"" help:"Id of the merchant."`
	Test        bool   `help:"The block list of test sessions."`
}

func (c *blockList) set() gallery.Set {
	return gallery.Set{MerchantID: c.ID, Test: c.Test, Kind: gallery.Blocked}
}

// with opens the database for the time of f and makes sure of the merchant.
func (c *blockList) with(ctx context.Context, f func(st *store.Store) error) error {
	st, err := openStore(ctx, c.Data)
	if err != nil {
		return err
	}
	if _, err = st.Merchant(ctx, c.ID); err == nil {
		err = f(st)
	}
	return errors.Join(err, st.Close())
}

type merchantFacesCmd struct{ blockList }

// Run lists the block list.
func (c *merchantFacesCmd) Run(ctx context.Context, std streams) error {
	return c.with(ctx, func(st *store.Store) error {
		var after int64
		for {
			all, err := st.Faces(ctx, c.set(), "", after, 1000)
			if err != nil || len(all) == 0 {
				return err
			}
			for _, f := range all {
				after = f.Number
				fmt.Fprintf(std.out, "%s\t%s\t%s\n", f.ID, f.CreatedAt.Format(time.RFC3339), f.Note)
			}
		}
	})
}

type merchantBlockCmd struct {
	blockList
	Picture string `type:"path" xor:"from" required:"" placeholder:"FILE" help:"Picture of the face."`
	Session string `xor:"from" required:"" placeholder:"ID" help:"Session whose selfie shows the face."`
	Note    string `help:"Your own note, kept encrypted."`
	Models  string `type:"path" placeholder:"DIR" help:"Where the models are; found by itself when not given."`
}

// Run puts a face on the block list.
func (c *merchantBlockCmd) Run(ctx context.Context, std streams) error {
	return c.with(ctx, func(st *store.Store) (err error) {
		picture, err := c.picture(ctx, st)
		if err != nil {
			return err
		}
		e, err := engine.Open(engine.Config{ModelDir: c.Models})
		if err != nil {
			return fmt.Errorf("loading the models: %w", err)
		}
		defer func() { err = errors.Join(err, e.Close()) }()
		g := gallery.Gallery{Store: st, Eye: e}
		f, err := g.Block(byHand(ctx), c.ID, c.Test, picture, c.Note, time.Now())
		if err != nil {
			return err
		}
		fmt.Fprintln(std.out, f.ID)
		return nil
	})
}

// picture reads what shows the face: a file, or the picture of the person of a
// session.
func (c *merchantBlockCmd) picture(ctx context.Context, st *store.Store) ([]byte, error) {
	if c.Picture != "" {
		return readFile(c.Picture)
	}
	s, err := st.Session(ctx, c.Session)
	if err != nil {
		return nil, err
	}
	if s.MerchantID != c.ID || s.Test != c.Test {
		return nil, session.ErrNotFound
	}
	d, ok := s.Person()
	if !ok {
		return nil, errors.New("the session has no picture of the person")
	}
	blobs, err := blob.Open(ctx, c.Blobs())
	if err != nil {
		return nil, err
	}
	f, err := blobs.Open(ctx, session.BlobName(s.ID, d.ID), s.Key)
	if err != nil {
		return nil, errors.Join(err, blobs.Close())
	}
	data, err := io.ReadAll(f)
	return data, errors.Join(err, f.Close(), blobs.Close())
}

type merchantUnblockCmd struct {
	blockList
	Face string `arg:"" help:"Id of the entry."`
}

// Run takes a face off the block list.
func (c *merchantUnblockCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(st *store.Store) error { return st.ForgetFace(byHand(ctx), c.set(), c.Face) })
}
