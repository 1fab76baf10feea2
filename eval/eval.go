// Package eval measures how accurately and how fast an engine reads pictures
// whose truth is known.
//
// A [Manifest] names the pictures and their truth, [Run] analyses each as a
// document of its own, and the [Outcome] writes itself as text or as a page
// that shows every picture with what was read from it. The same manifest and
// the same engine give the same figures in the same order, whatever the number
// of jobs; only the times differ.
//
// The package measures and does not judge: what is good enough is for its
// callers to say. It opens files and nothing else.
package eval

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"idproof/engine"
	"idproof/report"
)

// Analyzer is what is measured; [engine.Engine] is one.
type Analyzer interface {
	Analyze(ctx context.Context, in []engine.Input, o engine.Options) (*report.Result, error)
}

// Options of a run. The zero value works.
type Options struct {
	Classes []string             // only these; empty: every picture
	Jobs    int                  // pictures at the same time; 0: one, which gives honest times
	Now     time.Time            // decides the centuries; zero: the current time
	Done    func(row, total int) // called after each picture, from one goroutine at a time; may be nil
}

// Row is one picture and what came of it.
type Row struct {
	Picture
	Score
	Document *report.Document   `json:"document,omitempty"`
	Read     *report.MRZ        `json:"read,omitempty"` // as reported; nil: nothing was found
	Errors   []report.Error     `json:"errors,omitempty"`
	Seconds  float64            `json:"seconds"` // wall clock of the whole analysis, from the file's bytes
	Steps    map[string]float64 `json:"steps"`   // seconds of each step of the pipeline, over all pages
	Pages    []report.Page      `json:"-"`
}

// Outcome is a finished run.
type Outcome struct {
	Manifest *Manifest         `json:"-"`
	At       time.Time         `json:"at"`
	Jobs     int               `json:"jobs"`
	Models   map[string]string `json:"models,omitempty"` // versions, as reported
	Rows     []Row             `json:"rows"`             // in the manifest's order
	Summary  Summary           `json:"summary"`
}

// Run analyses the pictures of the manifest. A file that cannot be read is an
// error in its row; an error of Run itself means a broken engine, a cancelled
// context, or an unusable manifest.
func Run(ctx context.Context, a Analyzer, m *Manifest, o Options) (*Outcome, error) {
	pictures, err := m.Select(o.Classes...)
	if err != nil {
		return nil, err
	}
	quads, err := LoadQuads()
	if err != nil {
		return nil, err
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	out := &Outcome{Manifest: m, At: o.Now, Jobs: max(o.Jobs, 1), Models: map[string]string{}, Rows: make([]Row, len(pictures))}
	results := make([]*report.Result, len(pictures))

	cpu := cpuTime()
	var done atomic.Int64
	told := make(chan struct{}, 1) // one caller of Done at a time
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(out.Jobs)
	for i, p := range pictures {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			if out.Rows[i], results[i], err = measure(ctx, a, m, p, quads[p.File], o.Now); err != nil {
				return fmt.Errorf("eval: %s: %w", p.File, err)
			}
			if o.Done != nil {
				told <- struct{}{}
				o.Done(int(done.Add(1)), len(pictures))
				<-told
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, r := range results {
		for name, version := range r.Models {
			out.Models[name] = version
		}
	}
	out.Summary = summarize(out.Rows)
	out.Summary.CPU = (cpuTime() - cpu).Seconds() / float64(max(len(pictures), 1))
	return out, nil
}

// measure analyses one picture.
func measure(ctx context.Context, a Analyzer, m *Manifest, p Picture, quads [][4][2]float64, now time.Time) (Row, *report.Result, error) {
	row := Row{Picture: p, Steps: map[string]float64{}}
	data, err := os.ReadFile(m.path(p))
	if err != nil {
		row.Errors = []report.Error{{Code: "UNREADABLE_FILE", Description: err.Error()}}
		return row, report.New(), nil //nolint:nilerr // the row tells it
	}
	start := time.Now()
	res, err := a.Analyze(ctx, []engine.Input{{Data: data}}, engine.Options{Now: now})
	row.Seconds = time.Since(start).Seconds()
	if err != nil {
		return row, nil, err
	}
	row.Errors = res.Errors
	for _, s := range res.Steps {
		row.Steps[s.Name] += s.Seconds
	}
	if res.Document != nil {
		row.Read = res.Document.MRZ
	}
	if s := res.AnalysisSummary.Document; s != nil {
		row.Pages = s.Pages
	}
	row.Score = scoreAll(p, quads, res, now)
	row.Document = res.Document
	return row, res, nil
}
