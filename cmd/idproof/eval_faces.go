package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"idproof/engine/face"
	"idproof/engine/model"
	"idproof/engine/raster"
	"idproof/eval"
)

// faces measures how faces are recognised.
func (c *evalCmd) faces(ctx context.Context, std streams) error {
	pairs, err := c.labelled()
	if err != nil {
		return err
	}
	return withFaces(c.Models, func(_ *model.Runtime, r *face.Reader, d *raster.Decoder) error {
		out, err := eval.RunFaces(ctx, pairs, face.DefaultFalseMatchRate, c.Jobs, r, func(ctx context.Context, file string) (*face.Subject, error) {
			if !filepath.IsAbs(file) {
				file = filepath.Join(c.Root, file)
			}
			return subjectOf(ctx, r, d, file)
		})
		if err != nil {
			return err
		}
		out.Models = r.Versions()
		if !c.JSON {
			return out.WriteText(std.out)
		}
		return printJSON(std.out, out)
	})
}

// labelled reads the pairs, with what the manifest knows of the pictures.
func (c *evalCmd) labelled() (pairs []eval.LabelledPair, err error) {
	f, err := os.Open(c.Pairs)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", eval.ErrPairs, bare(err))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if pairs, err = eval.ReadPairs(f); err != nil || c.Manifest == "" {
		return pairs, err
	}
	m, err := os.Open(c.Manifest)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", eval.ErrPairs, bare(err))
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	return pairs, eval.LabelPairs(pairs, m)
}
