package raster_test

import (
	"context"
	"errors"
	"fmt"

	"idproof/engine/raster"
)

func ExampleDecode() {
	_, err := raster.Decode(context.Background(), []byte("no picture"), raster.Limits{})
	fmt.Println(errors.Is(err, raster.ErrUnsupported))
	fmt.Println(err)
	// Output:
	// true
	// raster: text/plain: the file is no picture of a supported format
}

func ExampleImage_Warp() {
	photo := raster.New(640, 480)
	card := raster.Quad{{X: 120, Y: 90}, {X: 520, Y: 110}, {X: 500, Y: 370}, {X: 100, Y: 340}}
	h := raster.QuadToRect(card, 428, 270)
	straight := photo.Warp(h, 428, 270)
	fmt.Println(straight.W, straight.H)

	// Where a point of the straightened card is in the photo.
	p := h.Apply(raster.Point{X: 428, Y: 0})
	fmt.Printf("%.0f %.0f\n", p.X, p.Y)
	// Output:
	// 428 270
	// 520 110
}
