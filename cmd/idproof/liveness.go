package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"idproof/engine/face"
	"idproof/engine/liveness"
	"idproof/engine/model"
	"idproof/engine/raster"
)

type livenessCmd struct {
	Files  []string `arg:"" name:"picture" help:"Pictures of faces."`
	JSONL  bool     `name:"jsonl" help:"Print one JSON line for each picture."`
	Models string   `type:"path" placeholder:"DIR" help:"Where the models are; found by itself when not given."`
}

// livenessJSON is one line of --jsonl.
type livenessJSON struct {
	File    string            `json:"file"`
	Score   float64           `json:"score"` // 0 attack to 1 live; 0 when nothing was judged
	Result  liveness.Result   `json:"result"`
	Reason  string            `json:"reason,omitempty"`
	Faces   int               `json:"faces"`
	Signals []liveness.Signal `json:"signals"`
}

// Run is called by kong.
func (c *livenessCmd) Run(ctx context.Context, std streams) error {
	return withFaces(c.Models, func(rt *model.Runtime, r *face.Reader, d *raster.Decoder) error {
		check, err := liveness.New(rt)
		if err != nil {
			return fmt.Errorf("loading the models: %w", err)
		}
		failed := false
		for _, f := range c.Files {
			line, err := livenessOf(ctx, check, r, d, f)
			if err != nil {
				return err
			}
			failed = failed || line.Reason == face.ReasonUnreadable
			if err := c.print(std.out, line); err != nil {
				return err
			}
		}
		if failed {
			return errSilent
		}
		return nil
	})
}

// livenessOf judges the most prominent face of a file.
func livenessOf(ctx context.Context, check *liveness.Checker, r *face.Reader, d *raster.Decoder, file string) (*livenessJSON, error) {
	line := &livenessJSON{File: file, Result: liveness.NotPossible, Reason: face.ReasonUnreadable, Signals: []liveness.Signal{}}
	im, err := picture(ctx, d, file)
	if err != nil {
		return line, ctx.Err()
	}
	p := face.NewPicture(im)
	faces, err := r.Find(ctx, p, face.Person)
	if err != nil {
		return nil, err
	}
	var f *face.Face
	if line.Faces = len(faces); len(faces) > 0 {
		f = &faces[0]
	}
	res, err := check.Check(ctx, p, f)
	if err != nil {
		return nil, err
	}
	line.Score, line.Result, line.Reason, line.Signals = round(res.Score, 4), res.Result, res.Reason, res.Signals
	return line, nil
}

func (c *livenessCmd) print(out io.Writer, l *livenessJSON) error {
	if c.JSONL {
		return json.NewEncoder(out).Encode(l)
	}
	_, err := fmt.Fprintf(out, "%s: %s, %.2f", l.File, l.Result, l.Score)
	if l.Reason != "" {
		fmt.Fprintf(out, " (%s)", l.Reason)
	}
	for _, s := range l.Signals {
		fmt.Fprintf(out, ", %s %.2f", s.Name, s.Suspicion)
	}
	fmt.Fprintln(out)
	return err
}
