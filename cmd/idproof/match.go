package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"idproof/engine/face"
	"idproof/engine/model"
	"idproof/engine/raster"
)

type matchCmd struct {
	Files  []string `arg:"" optional:"" name:"picture" help:"Two pictures: is it the same person?"`
	Pairs  string   `type:"path" placeholder:"CSV" help:"Compare the pairs of a table with the columns file_a and file_b; it is written back with score and result added."`
	Root   string   `type:"path" default:"." placeholder:"DIR" help:"Folder that the file names of --pairs start from."`
	Rate   float64  `name:"false-match-rate" default:"0.0001" help:"How many strangers may match, as a part of all strangers."`
	JSON   bool     `name:"json" help:"Print JSON."`
	Jobs   int      `help:"How many pictures to look at at once with --pairs; one for each core when not given."`
	Models string   `type:"path" placeholder:"DIR" help:"Where the models are; found by itself when not given."`
}

// Validate is called by kong.
func (c *matchCmd) Validate() error {
	switch {
	case c.Pairs == "" && len(c.Files) != 2:
		return errors.New("give two pictures, or --pairs")
	case c.Pairs != "" && len(c.Files) != 0:
		return errors.New("--pairs takes no further pictures")
	case c.Rate <= 0 || c.Rate >= 0.5:
		return errors.New("--false-match-rate must be above 0 and below 0.5")
	case c.Jobs < 0:
		return errors.New("--jobs must be at least 1")
	}
	return nil
}

// Run is called by kong.
func (c *matchCmd) Run(ctx context.Context, std streams) error {
	return withFaces(c.Models, func(_ *model.Runtime, r *face.Reader, d *raster.Decoder) error {
		if c.Pairs != "" {
			return c.pairs(ctx, r, d, std.out)
		}
		var subjects [2]*face.Subject
		for i, f := range c.Files {
			s, err := subjectOf(ctx, r, d, f)
			if err != nil {
				return err
			}
			subjects[i] = s
		}
		m, err := r.Compare(ctx, subjects[0], subjects[1], c.Rate)
		if err != nil {
			return err
		}
		return c.print(std.out, subjects, m, r.Versions())
	})
}

// withFaces loads the face networks for the time of f.
func withFaces(dir string, f func(*model.Runtime, *face.Reader, *raster.Decoder) error) (err error) {
	rt, err := model.Open(dir, runtime.NumCPU())
	if err != nil {
		return fmt.Errorf("loading the models: %w", err)
	}
	defer func() { err = errors.Join(err, rt.Close()) }()
	r, err := face.New(rt)
	if err != nil {
		return fmt.Errorf("loading the models: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	d := &raster.Decoder{}
	defer func() { err = errors.Join(err, d.Close()) }()
	return f(rt, r, d)
}

// picture reads the first page of a file.
func picture(ctx context.Context, d *raster.Decoder, file string) (*raster.Image, error) {
	data, err := readFile(file)
	if err != nil {
		return nil, err
	}
	pages, err := d.Decode(ctx, data, raster.Limits{})
	if err != nil {
		return nil, err
	}
	return pages[0].Image, nil
}

// subjectOf finds the face of a file. A file that cannot be read is a subject
// that cannot be compared; only an interruption is an error.
func subjectOf(ctx context.Context, r *face.Reader, d *raster.Decoder, file string) (*face.Subject, error) {
	im, err := picture(ctx, d, file)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return &face.Subject{Reason: face.ReasonUnreadable}, nil
	}
	return r.Subject(ctx, face.NewPicture(im))
}

// sideJSON is what is said of one picture.
type sideJSON struct {
	File    string           `json:"file"`
	Faces   int              `json:"faces"`
	Region  *raster.Quad     `json:"region,omitempty"` // of the face that was compared
	Pose    *face.Pose       `json:"pose,omitempty"`   // degrees
	Eyes    float64          `json:"eye_distance,omitempty"`
	Quality []face.Component `json:"quality,omitempty"`
	Reason  string           `json:"reason,omitempty"`
}

// matchJSON is the answer of `idproof match A B --json`.
type matchJSON struct {
	Result         face.Result       `json:"result"`
	Reason         string            `json:"reason,omitempty"`
	Score          float64           `json:"score"`
	Threshold      float64           `json:"threshold"`
	FalseMatchRate float64           `json:"false_match_rate"` // of the threshold
	Similarity     float64           `json:"similarity"`
	Strangers      float64           `json:"strangers"` // part of strangers at least this similar
	Pictures       []sideJSON        `json:"pictures"`
	Models         map[string]string `json:"models"`
}

func (c *matchCmd) print(out io.Writer, s [2]*face.Subject, m face.Comparison, models map[string]string) error {
	a := matchJSON{
		Result: m.Result, Reason: m.Reason, Score: round(m.Score, 2), Threshold: round(face.Threshold(c.Rate), 2), FalseMatchRate: c.Rate,
		Similarity: round(m.Similarity, 4), Strangers: m.FalseMatchRate, Models: models,
	}
	for i := range s {
		a.Pictures = append(a.Pictures, side(c.Files[i], s[i]))
	}
	if c.JSON {
		return printJSON(out, a)
	}
	fmt.Fprintf(out, "%s", a.Result)
	if a.Reason != "" {
		fmt.Fprintf(out, " (%s)", a.Reason)
	}
	fmt.Fprintf(out, "\nscore      %.1f of 100, threshold %.1f (one stranger in %.0f)\nsimilarity %.3f\n", a.Score, a.Threshold, 1/c.Rate, a.Similarity)
	for i, p := range a.Pictures {
		fmt.Fprintf(out, "picture %d  %d face(s)", i+1, p.Faces)
		if p.Pose != nil {
			fmt.Fprintf(out, ", eyes %.0f pixels apart, yaw %.0f pitch %.0f roll %.0f", p.Eyes, p.Pose.Yaw, p.Pose.Pitch, p.Pose.Roll)
		}
		for _, q := range p.Quality {
			if q.Low {
				fmt.Fprintf(out, ", weak: %s", q.Name)
			}
		}
		fmt.Fprintln(out)
	}
	return nil
}

func side(file string, s *face.Subject) sideJSON {
	j := sideJSON{File: file, Faces: len(s.Faces), Reason: s.Reason}
	if len(s.Faces) > 0 {
		f := &s.Faces[0]
		q := f.Quad()
		for i := range q {
			q[i] = raster.Point{X: round(q[i].X, 1), Y: round(q[i].Y, 1)}
		}
		j.Region, j.Pose, j.Eyes, j.Quality = &q, &face.Pose{Yaw: round(f.Pose.Yaw, 1), Pitch: round(f.Pose.Pitch, 1), Roll: round(f.Pose.Roll, 1)}, round(f.EyeDistance(), 1), s.Quality.Components()
	}
	return j
}

func round(v float64, digits int) float64 {
	k := math.Pow(10, float64(digits))
	return math.Round(v*k) / k
}

// errTable reports a table of pairs that cannot be used.
var errTable = errors.New("unusable table of pairs")

// pairs compares the pairs of a table.
func (c *matchCmd) pairs(ctx context.Context, r *face.Reader, d *raster.Decoder, out io.Writer) error {
	rows, a, b, err := readPairs(c.Pairs)
	if err != nil {
		return err
	}
	subjects := map[string]*face.Subject{} // filled by index below: no lock is needed
	var files []string
	for _, row := range rows[1:] {
		for _, f := range []string{row[a], row[b]} {
			if _, ok := subjects[f]; !ok {
				subjects[f] = nil
				files = append(files, f)
			}
		}
	}
	found := make([]*face.Subject, len(files))
	jobs := c.Jobs
	if jobs == 0 {
		jobs = runtime.NumCPU()
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(jobs)
	for i, f := range files {
		g.Go(func() error {
			path := f
			if !filepath.IsAbs(f) {
				path = filepath.Join(c.Root, f)
			}
			s, err := subjectOf(gctx, r, d, path)
			found[i] = s
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, f := range files {
		subjects[f] = found[i]
	}
	w := csv.NewWriter(out)
	if err := w.Write(append(slices.Clone(rows[0]), "score", "result")); err != nil {
		return err
	}
	for _, row := range rows[1:] {
		m, err := r.Compare(ctx, subjects[row[a]], subjects[row[b]], c.Rate)
		if err != nil {
			return err
		}
		score := "" // nothing was compared
		if m.Result != face.NotPossible {
			score = strconv.FormatFloat(m.Score, 'f', 4, 64)
		}
		if err := w.Write(append(slices.Clone(row), score, string(m.Result))); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// readPairs reads a table and says which columns hold the files.
func readPairs(path string) (rows [][]string, a, b int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, 0, fmt.Errorf("%w: %w", errTable, bare(err))
	}
	defer func() { _ = f.Close() }() // only read
	rows, err = csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, 0, 0, fmt.Errorf("%w: %w", errTable, err)
	}
	if len(rows) == 0 {
		return nil, 0, 0, fmt.Errorf("%w: it is empty", errTable)
	}
	if a, b = slices.Index(rows[0], "file_a"), slices.Index(rows[0], "file_b"); a < 0 || b < 0 {
		return nil, 0, 0, fmt.Errorf("%w: its first row names no columns file_a and file_b", errTable)
	}
	return rows, a, b, nil
}
