package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"

	"idproof/engine"
	"idproof/eval"
)

type evalCmd struct {
	Manifest string   `type:"path" placeholder:"FILE" help:"JSON list of pictures with their truth. With --pairs: of what is known of the pictures, to split errors by."`
	Pairs    string   `type:"path" placeholder:"CSV" help:"Measure how faces are recognised instead: a table with the columns file_a, file_b and same. Every further column splits the errors."`
	Root     string   `type:"path" default:"." placeholder:"DIR" help:"Folder that the file names of --pairs start from."`
	Class    []string `placeholder:"NAME" help:"Only pictures of this class, such as mrz; can be repeated. With forgery or recapture the signs of forgery are measured instead, against all genuine documents."`
	Jobs     int      `default:"1" help:"How many pictures to analyse at once. More than one is faster, and makes the times of each picture meaningless."`
	JSON     bool     `name:"json" help:"Print the figures and every row as JSON."`
	HTML     string   `name:"html" type:"path" placeholder:"FILE" help:"Also write a page that shows every picture with what was read. It holds the pictures."`
	Models   string   `type:"path" placeholder:"DIR" help:"Where the models are; found by itself when not given."`
}

// Validate is called by kong.
func (c *evalCmd) Validate() error {
	switch {
	case c.Jobs < 1:
		return errors.New("--jobs must be at least 1")
	case c.Manifest == "" && c.Pairs == "":
		return errors.New("give --manifest or --pairs")
	case c.Pairs != "" && (len(c.Class) > 0 || c.HTML != ""):
		return errors.New("--pairs takes neither --class nor --html")
	}
	return nil
}

// Run is called by kong.
func (c *evalCmd) Run(ctx context.Context, std streams) (err error) {
	if c.Pairs != "" {
		return c.faces(ctx, std)
	}
	m, err := eval.Load(c.Manifest)
	if err != nil {
		return err
	}
	o := eval.Options{Classes: c.Class, Jobs: c.Jobs}
	if f, ok := std.err.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		o.Done = func(done, total int) {
			fmt.Fprintf(f, "\r%d of %d ", done, total)
			if done == total {
				fmt.Fprint(f, "\r             \r")
			}
		}
	}
	e, err := engine.Open(engine.Config{ModelDir: c.Models})
	if err != nil {
		return fmt.Errorf("loading the models: %w", err)
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if classes, kit, ok := eval.ForgeryClasses(c.Class); ok {
		return c.forgery(ctx, std, e, m, eval.ForgeryOptions{Classes: classes, Kit: kit, Screens: e.Screens()})
	}
	out, err := eval.Run(ctx, e, m, o)
	if err != nil {
		return err
	}
	return c.show(std, out, out.WriteText, func(w io.Writer) error { return out.WriteHTML(ctx, w) })
}

// show prints an outcome as it is asked for, and writes its page.
func (c *evalCmd) show(std streams, outcome any, text, page func(io.Writer) error) (err error) {
	if c.JSON {
		err = printJSON(std.out, outcome)
	} else {
		err = text(std.out)
	}
	if err == nil && c.HTML != "" {
		err = writePage(c.HTML, page)
	}
	return err
}

// forgery measures how well signs of forgery are found.
func (c *evalCmd) forgery(ctx context.Context, std streams, e *engine.Engine, m *eval.Manifest, o eval.ForgeryOptions) error {
	out, err := eval.RunForgery(ctx, e, m, o)
	if err != nil {
		return err
	}
	return c.show(std, out.WithoutPictures(), out.WriteText, out.WriteHTML)
}

// writePage writes a page for its owner only: it holds pictures.
func writePage(path string, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}
