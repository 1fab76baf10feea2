package forgery

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"idproof/mrz"
)

// specimen.json lists words that issuers print across specimens, with how much
// each says, and names and numbers of specimens that were published: by ICAO
// 9303 (parts 4 to 7), by issuers for the public registers of documents, and the
// place holders of several countries.
//
//go:embed specimen.json
var specimenJSON []byte

type specimens struct {
	Words    map[string]float64 `json:"words"`
	Surnames []string           `json:"surnames"`
	Names    []string           `json:"names"` // surname first
	Numbers  []string           `json:"numbers"`
	Issuers  []string           `json:"issuers"`
}

var knownSpecimens = sync.OnceValue(func() specimens {
	var s specimens
	if err := json.Unmarshal(specimenJSON, &s); err != nil {
		panic(fmt.Sprintf("forgery: specimen.json: %v", err)) // it is part of the program
	}
	return s
})

// specimenWords finds words such as SPECIMEN or VOID in the print. They stand by
// themselves or within a longer word's box; a surname that equals one does not
// count unless it is also in the list of names. Cost: none.
func specimenWords(_ context.Context, e *Evidence) (Finding, error) {
	p := e.page()
	if p == nil {
		return Finding{}, skipError("nothing was read from the picture")
	}
	f := Finding{Description: "The document says that it is a specimen or not valid.", Metadata: map[string]any{}}
	for _, l := range p.Text {
		if l.Confidence < 0.6 {
			continue
		}
		line := " " + strings.Join(strings.FieldsFunc(strings.ToUpper(l.Text), func(r rune) bool {
			return !unicode.IsLetter(r) && r != '-'
		}), " ") + " "
		for w, much := range knownSpecimens().Words {
			if strings.Contains(line, " "+w+" ") {
				if much > f.Value {
					f.Value = much
					f.Metadata["word"] = w
				}
				f.Regions = append(f.Regions, l.Region)
			}
		}
	}
	if f.Value > 0 {
		q := f.Regions[0]
		f.Picture = func() []byte { return e.crop(q) }
	}
	return f, nil
}

// specimenData finds the names and numbers of published specimens, and issuers
// that do not exist, in the fields. Cost: none.
func specimenData(_ context.Context, e *Evidence) (Finding, error) {
	s := e.summary()
	if s == nil || len(s.FieldDetails) == 0 {
		return Finding{}, skipError("no field was read")
	}
	f := Finding{Description: "The document bears the name or number of a published specimen.", Metadata: map[string]any{}}
	note := func(much float64, what string) {
		f.Value = max(f.Value, much)
		f.Metadata[what] = true
	}
	known := knownSpecimens()
	surname, given := latin(s.Fields["Surname"]), latin(s.Fields["Given_Names"])
	if slices.Contains(known.Surnames, surname) {
		note(1, "surname")
	}
	if slices.Contains(known.Names, strings.TrimSpace(surname+" "+given)) {
		note(2, "name")
	}
	number := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(s.Fields["Document_Number"]))
	if slices.Contains(known.Numbers, number) || len(number) >= 6 && strings.Trim(number, number[:1]) == "" {
		note(2, "number")
	}
	if d := e.Result.Document; d != nil && slices.Contains(known.Issuers, d.IssuingCountry) {
		note(2, "issuer")
	}
	for _, d := range s.FieldDetails {
		if _, said := f.Metadata["surname"]; d.Name == "Surname" && said || d.Name == "Document_Number" && f.Metadata["number"] != nil {
			for _, src := range d.Sources {
				if src.Region != nil && src.Page == e.Page {
					f.Regions = append(f.Regions, *src.Region)
				}
			}
		}
	}
	return f, nil
}

// latin is a name in capitals as a machine-readable zone has it.
func latin(s string) string {
	return strings.Join(strings.FieldsFunc(mrz.Transliterate(strings.ToUpper(s)), func(r rune) bool { return !unicode.IsLetter(r) }), " ")
}
