package catalogue_test

import (
	"fmt"

	"idproof/catalogue"
)

func Example() {
	c, err := catalogue.Load()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range c.Find(catalogue.Query{Issuer: "FRA", Type: "identity_card", Year: 2015}) {
		fits, _ := e.NumberFits("880692310285")
		fmt.Println(e.ID(), e.Titles["fr"][0], e.MRZ.Format, e.Years(40), fits)
	}
	// Output: FRA/identity_card/1988 Carte nationale d'identité FRAID [10 15] true
}
