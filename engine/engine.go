// Package engine turns pictures of identity documents into a [report.Result].
//
// It knows pixels and documents and no server: no sessions, no merchants, no
// decisions. The pipeline is the list in [Engine.pipeline]; each step lives in
// a package of its own and only ever adds to the page. A step that fails
// degrades the report (its checks say not_performed and why) and never loses
// what the others found.
package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"idproof/catalogue"
	"idproof/catalogue/lexicon"
	"idproof/catalogue/number"
	"idproof/engine/authenticity"
	"idproof/engine/classify"
	"idproof/engine/extract"
	"idproof/engine/face"
	"idproof/engine/liveness"
	"idproof/engine/model"
	"idproof/engine/mrzread"
	"idproof/engine/ocr"
	"idproof/engine/raster"
	"idproof/engine/screen"
	"idproof/engine/textread"
	"idproof/report"
)

// Config says where the models are and how much runs at once. The zero value works.
type Config struct {
	ModelDir string        // holds the models and the runtime library; empty: found by model.Dir
	Workers  int           // networks that run at the same time; 0: one for each core
	Limits   raster.Limits // on every picture; zero fields mean the defaults
}

// Input is one picture (or PDF) of a session.
type Input struct {
	Type string // document_front, document_back, [Selfie], or empty when not known
	Data []byte // the file as it was received
}

// Options of one analysis.
type Options struct {
	// Now decides centuries and expiry; zero: the current time.
	Now time.Time
	// Types are the analyses that are asked for: "document", which is always made,
	// "selfie", "liveness" and "forgery".
	Types []string
	// Expected is what the document is compared with; nil: nothing.
	Expected *report.Expected
	// Recording is the answer to a challenge of active liveness; nil: none was asked for.
	Recording *Recording
	// Face is given the template of the selfie's face, if there is one that can be
	// compared; no report ever holds it. May be nil.
	Face func(t face.Template, model string)
	// Progress is called after every step, from one goroutine at a time; may be nil.
	Progress func(step string, done, total int)
}

// asked tells whether an analysis is asked for.
func (o Options) asked(typ string) bool { return slices.Contains(o.Types, typ) }

// Engine holds the loaded models. It is safe for concurrent use.
type Engine struct {
	limits  raster.Limits
	decoder *raster.Decoder
	runtime *model.Runtime

	detector *ocr.Detector
	zones    *mrzread.Reader
	print    *textread.Reader
	kinds    *classify.Classifier
	fields   *extract.Extractor
	numbers  *number.Table
	known    *catalogue.Catalogue
	faces    *face.Reader
	live     *liveness.Checker
	screens  *screen.Net
	models   map[string]string
}

// zoneReaders read machine-readable zones, the best first, each with the width
// in pixels at which it sees a character.
var zoneReaders = []struct {
	name  string
	pitch float64
}{
	{"mrz_rec", 12.75},
	{"ppocr3_latin", 22},
}

// printReaders read everything else that is printed; see [textread.NewReader].
var printReaders = [3]string{"text_rec", "ppocr3_latin", "ppocr4_rec"}

// Open loads the models.
func Open(cfg Config) (*Engine, error) {
	if cfg.Workers <= 0 {
		cfg.Workers = runtime.NumCPU()
	}
	rt, err := model.Open(cfg.ModelDir, cfg.Workers)
	if err != nil {
		return nil, err
	}
	e := &Engine{limits: cfg.Limits, decoder: &raster.Decoder{}, runtime: rt, models: map[string]string{}}
	if err := e.load(); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (e *Engine) load() (err error) {
	if e.detector, err = ocr.NewDetector(e.runtime); err != nil {
		return err
	}
	e.name(e.detector)
	var eyes []mrzread.Eye
	for _, z := range zoneReaders {
		r, err := ocr.NewRecognizer(e.runtime, z.name)
		if err != nil {
			return err
		}
		e.name(r)
		eyes = append(eyes, mrzread.Eye{Recognizer: r, Pitch: z.pitch})
	}
	e.zones = mrzread.NewReader(eyes...)
	var readers [3]*ocr.Recognizer
	for i, name := range printReaders {
		if readers[i], err = ocr.NewRecognizer(e.runtime, name); err != nil {
			return err
		}
		e.name(readers[i])
	}
	e.print = textread.NewReader(readers[0], readers[1], readers[2])
	words, err := lexicon.Load()
	if err != nil {
		return err
	}
	if e.kinds, err = classify.New(words); err != nil {
		return err
	}
	if e.known, err = catalogue.Load(); err != nil {
		return err
	}
	if e.faces, err = face.New(e.runtime); err != nil {
		return err
	}
	if e.live, err = liveness.New(e.runtime); err != nil {
		return err
	}
	if e.screens, err = screen.New(e.runtime); err != nil {
		return err
	}
	for name, version := range e.faces.Versions() {
		e.models[name] = version
	}
	e.name(e.live)
	e.name(e.screens)
	e.numbers = number.Load()
	e.fields, err = extract.New(words, e.numbers)
	return err
}

// name notes a network's version for the reports.
func (e *Engine) name(n interface{ Version() (name, version string) }) {
	name, version := n.Version()
	e.models[name] = version
}

// Screens is the network that tells photographs of screens, for package forgery.
func (e *Engine) Screens() *screen.Net { return e.screens }

// Close releases the models; no analysis may be running.
func (e *Engine) Close() error {
	var err error
	if e.faces != nil {
		err = e.faces.Close()
	}
	return errors.Join(err, e.decoder.Close(), e.runtime.Close())
}

// Analyze reads the pictures. A picture that cannot be used is reported in
// Result.Errors; the error is only for a cancelled context or a broken engine.
func (e *Engine) Analyze(ctx context.Context, in []Input, o Options) (*report.Result, error) {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	res := report.New()
	res.AnalysisTypes = []string{"document"}
	for _, t := range o.Types {
		if !slices.Contains(res.AnalysisTypes, t) {
			res.AnalysisTypes = append(res.AnalysisTypes, t)
		}
	}
	res.AnalysisSummary.Document = report.NewDocumentSummary()
	res.Models = e.models

	pages, err := e.decode(ctx, res, in)
	if err != nil {
		return nil, err
	}
	if err := e.run(ctx, pages, o); err != nil {
		return nil, err
	}
	if err := e.conclude(ctx, res, pages, o); err != nil {
		return nil, err
	}
	if o.asked("selfie") || o.asked("liveness") {
		if err := e.person(ctx, res, pages, in, o); err != nil {
			return nil, err
		}
	}
	if o.asked("forgery") {
		if err := e.genuine(ctx, res, pages, in, o); err != nil {
			return nil, err
		}
	}
	authenticity.Into(res, authenticity.Standard)
	return res, nil
}

// decode opens every picture of a document; those that cannot be opened become errors of the result.
func (e *Engine) decode(ctx context.Context, res *report.Result, in []Input) ([]*page, error) {
	var pages []*page
	for i, f := range in {
		if f.Type == Selfie {
			continue
		}
		start := time.Now()
		got, err := e.decoder.Decode(ctx, f.Data, e.limits)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		took := time.Since(start).Seconds()
		if err != nil {
			res.Errors = append(res.Errors, unreadable(i, err))
			res.Steps = append(res.Steps, report.Step{Name: "decode", Page: len(pages), Seconds: took, Error: err.Error()})
			continue
		}
		for k, g := range got {
			p := &page{Page: g, index: len(pages), input: i, asked: f.Type}
			if k == 0 {
				p.steps = append(p.steps, report.Step{Name: "decode", Page: p.index, Seconds: took})
			}
			pages = append(pages, p)
		}
	}
	return pages, nil
}

// unreadable says why a picture could not be opened.
func unreadable(i int, err error) report.Error {
	code := "IMAGE_DAMAGED"
	switch {
	case errors.Is(err, raster.ErrTooLarge), errors.Is(err, raster.ErrTooManyPixels):
		code = "PAYLOAD_TOO_LARGE"
	case errors.Is(err, raster.ErrUnsupported), errors.Is(err, raster.ErrEmpty):
		code = "UNSUPPORTED_MEDIA"
	case errors.Is(err, raster.ErrTimeout):
		code = "IMAGE_TIMEOUT"
	}
	return report.Error{Code: code, Description: err.Error(), Document: &i}
}

// run takes the pages through the pipeline side by side.
func (e *Engine) run(ctx context.Context, pages []*page, o Options) error {
	steps := e.pipeline()
	progress := make(chan string)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		done := 0
		for name := range progress {
			done++
			if o.Progress != nil {
				o.Progress(name, done, len(steps)*len(pages))
			}
		}
	}()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.NumCPU())
	for _, p := range pages {
		g.Go(func() error {
			for _, s := range steps {
				start := time.Now()
				err := attempt(ctx, s, p)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				t := report.Step{Name: s.name, Page: p.index, Seconds: time.Since(start).Seconds()}
				if err != nil {
					t.Error = err.Error()
				}
				p.steps = append(p.steps, t)
				progress <- s.name
			}
			return nil
		})
	}
	err := g.Wait()
	close(progress)
	<-finished
	return err
}

// attempt runs a step; one that panics has failed like any other.
func attempt(ctx context.Context, s step, p *page) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("engine: %s: panic of type %T", s.name, r)
		}
	}()
	return s.run(ctx, p)
}
