package lexicon_test

import (
	"fmt"
	"strings"

	"idproof/catalogue/lexicon"
)

func ExampleLexicon_Labels() {
	x, err := lexicon.Load()
	if err != nil {
		fmt.Println(err)
		return
	}
	line := "3. Sumame/Nom MUSTERMANN" // as a recogniser reads "Surname/Nom"
	var end int
	for _, h := range x.Labels(line) {
		if h.Start >= end {
			fmt.Printf("%s %v %q\n", h.Field, h.Languages, h.Number)
			end = h.End
		}
	}
	fmt.Println(strings.TrimSpace(string([]rune(line)[end:])))
	// Output:
	// Surname [en] "3"
	// Surname [fr] ""
	// MUSTERMANN
}
