package aamva_test

import (
	"errors"
	"fmt"
	"log"

	"idproof/aamva"
)

func Example() {
	payload := []byte("@\n\x1e\rANSI 636049100001DL00310130DLDAQA1234567\nDCSMUSTER\nDACROBIN\nDADNONE\n" +
		"DBB03121990\nDBA03122029\nDBC2\nDAU069 in\nDAG12 ELM ST\nDAIRENO\nDAJNV\nDAK895010000\nDCGUSA\r")
	d, err := aamva.Parse(payload)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Issuer.Name, d.Surname, d.AllGivenNames(), d.BirthDate, d.Sex, d.Height.Value)
	fmt.Println(d.Address)
	fmt.Println(d.Valid(), d.Problems[1])
	// Output:
	// Nevada MUSTER ROBIN 1990-03-12 F 175
	// 12 ELM ST, RENO, NV 89501
	// false error: element_missing in DAY
}

func ExampleParse_notAAMVA() {
	_, err := aamva.Parse([]byte("https://example.org"))
	fmt.Println(errors.Is(err, aamva.ErrNotAAMVA), err)
	// Output:
	// true aamva: not an AAMVA payload: no header and no data elements
}

func ExampleBuild() {
	payload, err := aamva.Build(aamva.Header{IIN: "636049", Version: 10},
		aamva.Subfile{Type: "DL", Elements: []aamva.Element{{Code: "DAQ", Value: "A1234567"}, {Code: "DCS", Value: "MUSTER"}}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n", payload)
	// Output:
	// "@\n\x1e\rANSI 636049100001DL00310024DLDAQA1234567\nDCSMUSTER\r"
}

func ExampleLookupElement() {
	e, _ := aamva.LookupElement("DDK")
	fmt.Println(e.Name, e.From)
	// Output: Organ donor 5
}
