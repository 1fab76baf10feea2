package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"idproof/specimen"
)

// specimenCmd writes a labelled set of fictional documents.
type specimenCmd struct {
	Out       string   `required:"" type:"path" placeholder:"DIR" help:"Folder to write pictures and manifest.json to."`
	Count     int      `default:"10" help:"How many documents."`
	Seed      uint64   `default:"1" help:"The same seed gives the same set."`
	Photo     bool     `help:"Photograph the documents instead of scanning them."`
	Kind      []string `enum:"passport,card,large_card,visa_a,visa_b,old_card,licence" placeholder:"KIND" help:"Only these kinds; can be repeated: passport, card, large_card, visa_a, visa_b, old_card, licence."`
	Issuer    string   `placeholder:"CODE" help:"Only this fictional issuer: UTO, XKV, XTH, XNV or XMV."`
	Watermark bool     `help:"Print SPECIMEN across every page."`
}

// Run is called by kong.
func (c *specimenCmd) Run(ctx context.Context, std streams) error {
	if entries, err := os.ReadDir(c.Out); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty", c.Out)
	}
	o := specimen.SetOptions{Count: c.Count, Seed: c.Seed, Photo: c.Photo, Issuer: c.Issuer, Watermark: c.Watermark}
	for _, k := range c.Kind {
		o.Kinds = append(o.Kinds, specimen.Kind(k))
	}
	if err := specimen.WriteSet(ctx, c.Out, o); err != nil {
		return err
	}
	_, err := fmt.Fprintln(std.out, filepath.Join(c.Out, "manifest.json"))
	return err
}
