package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"time"

	"idproof/engine"
	"idproof/engine/raster"
	"idproof/report"
)

type analyzeCmd struct {
	Files    []string          `arg:"" name:"file" help:"Pictures or PDFs. Together they are one document (front, back), unless --jsonl is given."`
	JSON     bool              `name:"json" xor:"form" help:"Print the whole result as JSON."`
	JSONL    bool              `name:"jsonl" xor:"form" help:"Take every file as a document of its own and print one JSON line for each, in the order given."`
	Jobs     int               `default:"1" help:"How many documents to analyse at once with --jsonl."`
	Selfie   string            `type:"path" placeholder:"FILE" help:"A picture of the person: compare the face with the document's, and look whether it is alive."`
	Forgery  bool              `help:"Also look for signs of forgery."`
	Expected map[string]string `placeholder:"NAME=VALUE" help:"What the document should say, by the names of the API: last_name=Eriksson, date_of_birth=1974-08-12."`
	Models   string            `type:"path" placeholder:"DIR" help:"Where the models are; found by itself when not given."`
}

// Validate is called by kong.
func (c *analyzeCmd) Validate() error {
	if c.Jobs < 1 {
		return errors.New("--jobs must be at least 1")
	}
	if c.JSONL && c.Selfie != "" {
		return errors.New("--selfie belongs to one document, and --jsonl takes every file as one")
	}
	return nil
}

// options are those of every analysis.
func (c *analyzeCmd) options() (o engine.Options, err error) {
	if c.Selfie != "" {
		o.Types = append(o.Types, "selfie", "liveness")
	}
	if c.Forgery {
		o.Types = append(o.Types, "forgery")
	}
	o.Expected, err = c.expected()
	return o, err
}

// expected is what was given by --expected; nil if nothing was.
func (c *analyzeCmd) expected() (*report.Expected, error) {
	if len(c.Expected) == 0 {
		return nil, nil //nolint:nilnil // nothing is expected
	}
	raw, err := json.Marshal(c.Expected)
	if err != nil {
		return nil, fmt.Errorf("--expected: %w", err)
	}
	var e report.Expected
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		return nil, fmt.Errorf("--expected: %w", err)
	}
	return &e, nil
}

// Run is called by kong.
func (c *analyzeCmd) Run(ctx context.Context, std streams) (err error) {
	o, err := c.options()
	if err != nil {
		return err
	}
	e, err := engine.Open(engine.Config{ModelDir: c.Models})
	if err != nil {
		return fmt.Errorf("loading the models: %w", err)
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if c.JSONL {
		return c.lines(ctx, e, o, std.out)
	}
	res, err := analyze(ctx, e, c.Files, c.Selfie, o)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(std.out, res)
	} else {
		err = writeSummary(std.out, res, c.Files)
	}
	if err == nil && len(res.Errors) > 0 {
		err = errSilent
	}
	return err
}

// line is one line of --jsonl: the result with the file it is about.
type line struct {
	File      string  `json:"file"`
	ElapsedMS float64 `json:"elapsed_ms"` // from opening the file to the finished result
	*report.Result
}

// lines analyses every file by itself and prints in input order, each line as
// soon as it and all before it are done.
func (c *analyzeCmd) lines(ctx context.Context, e *engine.Engine, o engine.Options, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type answer struct {
		line
		err error
	}
	answers := make([]chan answer, len(c.Files))
	for i := range answers {
		answers[i] = make(chan answer, 1)
	}
	slots := make(chan struct{}, c.Jobs)
	go func() {
		for i, file := range c.Files {
			slots <- struct{}{}
			go func() {
				defer func() { <-slots }()
				start := time.Now()
				res, err := analyze(ctx, e, []string{file}, "", o)
				ms := float64(time.Since(start)) / float64(time.Millisecond)
				answers[i] <- answer{line{file, math.Round(ms*10) / 10, res}, err}
			}()
		}
	}()
	// Every answer is waited for, so that nothing runs when the engine closes.
	enc := json.NewEncoder(out)
	var failed error
	for i := range answers {
		a := <-answers[i]
		if failed != nil && !errors.Is(failed, errSilent) {
			continue
		}
		if a.err == nil {
			a.err = enc.Encode(a.line)
		}
		switch {
		case a.err != nil:
			failed = a.err
			cancel()
		case len(a.Errors) > 0:
			failed = errSilent
		}
	}
	return failed
}

// analyze reads the files and analyses them as one document. A file that
// cannot be read becomes an error in the result, like a picture that cannot.
func analyze(ctx context.Context, e *engine.Engine, files []string, selfie string, o engine.Options) (*report.Result, error) {
	var (
		in         []engine.Input
		index      []int // of the files that were read
		unreadable []report.Error
	)
	for i, f := range files {
		data, err := readFile(f)
		if err != nil {
			unreadable = append(unreadable, report.Error{Code: "UNREADABLE_FILE", Description: err.Error(), Document: &i})
			continue
		}
		in, index = append(in, engine.Input{Data: data}), append(index, i)
	}
	if selfie != "" {
		data, err := readFile(selfie)
		if err != nil {
			return nil, err
		}
		in = append(in, engine.Input{Type: engine.Selfie, Data: data})
	}
	res := report.New()
	if len(in) > 0 {
		var err error
		if res, err = e.Analyze(ctx, in, o); err != nil {
			return nil, fmt.Errorf("analysing: %w", err)
		}
	}
	for i := range res.Errors {
		if d := res.Errors[i].Document; d != nil && *d >= 0 && *d < len(index) {
			res.Errors[i].Document = &index[*d]
		}
	}
	res.Errors = append(res.Errors, unreadable...)
	return res, nil
}

// readFile reads a file, or as much of it as tells the engine that it is too
// large. Its errors do not repeat the name, which may itself be personal data.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("cannot open the file: %w", bare(err))
	}
	defer func() { _ = f.Close() }() // only read
	data, err := io.ReadAll(io.LimitReader(f, raster.DefaultLimits().Bytes+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the file: %w", bare(err))
	}
	return data, nil
}

// bare takes the path off an error of package os.
func bare(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
