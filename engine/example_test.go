package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"idproof/engine"
	"idproof/engine/raster"
	"idproof/specimen"
)

func Example() {
	// A fictional passport, drawn for the example; usually a file that was uploaded.
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	passport := specimen.New(rand.New(rand.NewPCG(1, 7)), specimen.Wish{Kind: specimen.Passport, Now: now}).Draw()
	data, err := raster.FromImage(passport.Front.Image).JPEG(90)
	if err != nil {
		fmt.Println(err)
		return
	}

	e, err := engine.Open(engine.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer e.Close()
	res, err := e.Analyze(context.Background(), []engine.Input{{Data: data}}, engine.Options{Now: now})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Document.Type, res.Document.MRZ.Format, res.Document.MRZ.Valid, res.Document.MRZ.Certainty)
	// Output: passport TD3 true printed
}
