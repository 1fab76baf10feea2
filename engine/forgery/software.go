package forgery

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// editingSoftware finds the name of a program that changes pictures: in Exif's
// Software (CIPA DC-008 4.6.5), in XMP's CreatorTool and history (ISO 16684-1),
// in PNG's text, and the marks that Photoshop leaves in a JPEG (APP12 "Ducky",
// APP13 resources). Software of telephones, scanners and messengers is none. It
// shows that the file went through an editor, not what was changed: many crop
// honestly. Cost: none.
//
//go:embed software.json
var softwareJSON []byte

type softwareNames struct {
	Editors    []string `json:"editors"`
	Generators []string `json:"generators"`
	PDFEditors []string `json:"pdf_editors"`
	PDFMakers  []string `json:"pdf_makers"` // scanners and cameras
}

var software = sync.OnceValue(func() softwareNames {
	var s softwareNames
	if err := json.Unmarshal(softwareJSON, &s); err != nil {
		panic(fmt.Sprintf("forgery: software.json: %v", err)) // it is part of the program
	}
	return s
})

// named returns the first name of the list that occurs in the text.
func named(text string, names []string) string {
	text = strings.ToLower(text)
	for _, n := range names {
		if strings.Contains(text, n) {
			return n
		}
	}
	return ""
}

func editingSoftware(_ context.Context, e *Evidence) (Finding, error) {
	c := e.container()
	if c.format == "pdf" {
		return Finding{}, skipError("a PDF is looked at by its own detector")
	}
	for _, s := range c.software {
		if n := named(s, software().Editors); n != "" {
			return Finding{
				Value:       1,
				Description: "The file says that it was saved by a program for editing pictures.",
				Metadata:    map[string]any{"program": n},
			}, nil
		}
	}
	if c.photoshop || c.saveForWeb {
		return Finding{
			Value:       1,
			Description: "The file bears marks of an editing program of Adobe's.",
			Metadata:    map[string]any{"program": "adobe photoshop"},
		}, nil
	}
	if c.adobe && len(c.quant) > 0 {
		if _, ok := ijgQuality(c.quant[0]); !ok {
			return Finding{
				Value:       0.5,
				Description: "The file is compressed as programs of Adobe's do it.",
				Metadata:    map[string]any{"program": "adobe"},
			}, nil
		}
	}
	return Finding{}, nil
}
