// Command lines draws labelled pictures of machine-readable zone lines for
// training the recogniser: grey PNG files of 48 pixels height and lines.tsv with
// "file<TAB>text". The same seed gives the same set, whatever the number of workers.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"idproof/specimen"
)

func main() {
	n := flag.Int("n", 1000, "how many lines")
	seed := flag.Uint64("seed", 1, "seed of the set")
	out := flag.String("out", "", "folder to write to")
	workers := flag.Int("workers", 1, "lines drawn at a time")
	fonts := flag.String("fonts", "", "comma-separated patterns of further TrueType or OpenType files for the lines not in OCR-B")
	lo := flag.Float64("min-pitch", 0, "least width of a character in the photograph, in pixels (0: 5)")
	hi := flag.Float64("max-pitch", 0, "greatest width of a character in the photograph, in pixels (0: 30)")
	flag.Parse()
	style := specimen.LineStyle{MinPitch: *lo, MaxPitch: *hi}
	if err := run(*n, *seed, *out, *workers, *fonts, style); err != nil {
		fmt.Fprintln(os.Stderr, "lines:", err)
		os.Exit(1)
	}
}

func run(n int, seed uint64, out string, workers int, fonts string, style specimen.LineStyle) (err error) {
	if out == "" {
		return errors.New("-out is missing")
	}
	if err := os.MkdirAll(out, 0o750); err != nil {
		return err
	}
	if style.Typefaces, err = load(fonts); err != nil {
		return err
	}
	texts := make([]string, n)
	fails := make([]error, max(workers, 1))
	var group sync.WaitGroup
	for w := range fails {
		group.Go(func() {
			for i := w; i < n && fails[w] == nil; i += len(fails) {
				l := specimen.MRZLine(rand.New(rand.NewPCG(seed, uint64(i))), style)
				texts[i] = l.Text
				fails[w] = write(filepath.Join(out, name(i)), l)
			}
		})
	}
	group.Wait()
	if err := errors.Join(fails...); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(out, "lines.tsv"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	tsv := bufio.NewWriter(f)
	for i, t := range texts {
		fmt.Fprintf(tsv, "%s\t%s\n", name(i), t)
	}
	return tsv.Flush()
}

func name(i int) string { return fmt.Sprintf("s%06d.png", i) }

func write(file string, l specimen.Line) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	return encoder.Encode(f, l.Image)
}

func load(patterns string) ([]*specimen.Typeface, error) {
	var faces []*specimen.Typeface
	for p := range strings.SplitSeq(patterns, ",") {
		files, err := filepath.Glob(p)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				return nil, err
			}
			t, err := specimen.ParseTypeface(data)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f, err)
			}
			faces = append(faces, t)
		}
	}
	return faces, nil
}
