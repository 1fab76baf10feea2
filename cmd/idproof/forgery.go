package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"math"
	"os"
	"time"

	"idproof/engine"
	"idproof/engine/forgery"
	"idproof/engine/raster"
	"idproof/engine/screen"
	"idproof/report"
)

type forgeryCmd struct {
	Files  []string `arg:"" name:"file" help:"Pictures or PDFs, each by itself."`
	JSON   bool     `name:"json" xor:"form" help:"Print the analyses as a JSON list."`
	JSONL  bool     `name:"jsonl" xor:"form" help:"Print one JSON line for each file."`
	HTML   string   `name:"html" type:"path" placeholder:"FILE" help:"Also write a page that shows the evidence. It holds parts of the pictures."`
	NoRead bool     `name:"no-read" help:"Look at file and pixels only, and do not read the document: faster, and without the models."`
	Models string   `type:"path" placeholder:"DIR" help:"Where the models are; found by itself when not given."`
}

// forged is the analysis of one file.
type forged struct {
	File      string         `json:"file"`
	State     string         `json:"state"` // Finished or Failed
	ElapsedMS float64        `json:"elapsed_ms"`
	Errors    []report.Error `json:"errors"`
	*forgery.Analysis
}

// Run is called by kong.
func (c *forgeryCmd) Run(ctx context.Context, std streams) (err error) {
	var e *engine.Engine
	if !c.NoRead {
		if e, err = engine.Open(engine.Config{ModelDir: c.Models}); err != nil {
			return fmt.Errorf("loading the models: %w", err)
		}
		defer func() { err = errors.Join(err, e.Close()) }()
	}
	decoder := &raster.Decoder{}
	defer func() { err = errors.Join(err, decoder.Close()) }()
	var all []forged
	failed := false
	lines := json.NewEncoder(std.out)
	for _, f := range c.Files {
		start := time.Now()
		one, err := lookAt(ctx, e, decoder, f)
		if err != nil {
			return err
		}
		one.ElapsedMS = math.Round(time.Since(start).Seconds()*1e4) / 10
		failed = failed || one.State == "Failed"
		switch {
		case c.JSONL:
			err = lines.Encode(one)
		case !c.JSON:
			err = one.summarize(std.out)
		}
		if err != nil {
			return err
		}
		all = append(all, one)
	}
	if c.JSON {
		lines.SetIndent("", "  ")
		if err := lines.Encode(all); err != nil {
			return err
		}
	}
	if c.HTML != "" {
		if err := writeForgeryPage(c.HTML, all); err != nil {
			return err
		}
	}
	if failed {
		return errSilent
	}
	return nil
}

// lookAt analyses one file; without an engine the document is not read.
func lookAt(ctx context.Context, e *engine.Engine, d *raster.Decoder, file string) (forged, error) {
	out := forged{File: file, State: "Failed", Errors: []report.Error{}}
	data, err := readFile(file)
	if err != nil {
		out.Errors = append(out.Errors, report.Error{Code: "UNREADABLE_FILE", Description: err.Error()})
		return out, nil //nolint:nilerr // the line tells it
	}
	pages, err := d.Decode(ctx, data, raster.Limits{})
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	if err != nil {
		code := "IMAGE_DAMAGED"
		if errors.Is(err, raster.ErrUnsupported) || errors.Is(err, raster.ErrEmpty) {
			code = "UNSUPPORTED_MEDIA"
		}
		out.Errors = append(out.Errors, report.Error{Code: code, Description: err.Error()})
		return out, nil
	}
	var res *report.Result
	if e != nil {
		if res, err = e.Analyze(ctx, []engine.Input{{Data: data}}, engine.Options{}); err != nil {
			return out, fmt.Errorf("analysing: %w", err)
		}
	}
	var screens *screen.Net
	if e != nil {
		screens = e.Screens()
	}
	var parts []*forgery.Analysis
	for i := range pages {
		a, err := forgery.Analyze(ctx, &forgery.Evidence{Data: data, Picture: &pages[i], Page: i, Result: res, Now: time.Now(), Screens: screens})
		if err != nil {
			return out, err
		}
		parts = append(parts, a)
	}
	out.Analysis, out.State = forgery.Merge(parts...), "Finished"
	return out, nil
}

// summarize prints the analysis for people.
func (f *forged) summarize(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, e := range f.Errors {
		fmt.Fprintf(out, "%s: %s (%s)\n", f.File, e.Description, e.Code)
	}
	if f.Analysis != nil {
		fmt.Fprintf(out, "%s: %s, risk %d, trust %d\n", f.File, f.Score, f.RiskScore, f.TrustScore)
		for _, i := range f.Indicators {
			fmt.Fprintf(out, "  %-5s %3d  %s: %s\n", i.Type, i.Score, i.Title, i.Description)
		}
		fmt.Fprintf(out, "  %d detectors ran, %d were not performed; %.0f ms\n", len(f.Measured), len(f.NotPerformed), f.ElapsedMS)
	}
	return out.Flush()
}

var forgeryPage = template.Must(template.New("forgery").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Evidence</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
section{border-top:1px solid #ccc;padding:1rem 0}img{max-width:100%;border:1px solid #ccc}
.RISK{color:#a30000}.TRUST{color:#006b2d}table{border-collapse:collapse}td{padding:.1rem .6rem .1rem 0;vertical-align:top}</style>
<h1>Evidence</h1>
{{range .}}<section><h2>{{.File}}</h2>{{range .Errors}}<p class="RISK">{{.Description}}</p>{{end}}
{{with .Analysis}}<p><strong>{{.Score}}</strong>: risk {{.RiskScore}}, trust {{.TrustScore}}</p>
{{range .Indicators}}<h3 class="{{.Type}}">{{.Title}} ({{.Type}}, {{.Score}})</h3><p>{{.Description}}</p>
<table>{{range $k, $v := .Metadata}}<tr><td>{{$k}}</td><td>{{$v}}</td></tr>{{end}}</table>
{{with .Inline}}<p><img alt="evidence" src="{{.}}"></p>{{end}}{{end}}
<details><summary>{{len .NotPerformed}} detectors not performed</summary><table>{{range .NotPerformed}}<tr><td>{{.ID}}</td><td>{{.Reason}}</td></tr>{{end}}</table></details>
{{end}}</section>{{end}}</html>
`))

// writeForgeryPage writes the page for its owner only: it holds parts of the pictures.
func writeForgeryPage(path string, all []forged) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return forgeryPage.Execute(f, all)
}
