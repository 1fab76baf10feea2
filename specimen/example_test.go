package specimen_test

import (
	"fmt"
	"math/rand/v2"

	"idproof/specimen"
)

func ExampleNew() {
	r := rand.New(rand.NewPCG(2, 2))
	doc := specimen.New(r, specimen.Wish{Kind: specimen.Passport, Issuer: "UTO"})
	sides := doc.Draw()
	name, _ := sides.Front.Find("surname")
	fmt.Println(name.Text)
	for _, line := range doc.MRZ {
		fmt.Println(line)
	}
	photo, quad := specimen.Photograph(sides.Front.Image, specimen.Camera{Background: specimen.Wood, Rotation: 0.05}, r)
	fmt.Println(photo.Bounds().Size(), quad[0].X < quad[1].X)
	// Output:
	// GËRVALLJA BRONTËWICK
	// P<UTOGERVALLJA<BRONTEWICK<<AGNES<KATERINA<<<
	// WD35774580UTO7604072F3203318<<<<<<<<<<<<<<06
	// (1600,1200) true
}
