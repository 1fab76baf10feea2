package locales_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"idproof/engine/forgery"
	"idproof/internal/history"
	"idproof/locales"
	"idproof/report"
)

// every is all identifiers of indicators that there are.
func every() (ids []string) {
	for _, d := range forgery.Detectors() {
		ids = append(ids, d.ID)
	}
	return append(ids, history.IDs...)
}

// No indicator lacks its words in any language, and no words lack their indicator.
func TestEveryIndicatorIsExplained(t *testing.T) {
	c, err := locales.LoadIndicators()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range c.All() {
		for _, id := range every() {
			for _, part := range []string{".title", ".text"} {
				if !l.Has(id + part) {
					t.Errorf("indicators/%s.json: %s%s is missing", l.Tag, id, part)
				}
			}
		}
		for _, key := range l.Keys() {
			id, _, _ := strings.Cut(key, ".")
			if id != "any" && !slices.Contains(every(), id) {
				t.Errorf("indicators/%s.json: %s is of no indicator", l.Tag, key)
			}
		}
	}
}

// All languages have the same texts with the same places, none left in English.
func TestIndicatorLanguagesAgree(t *testing.T) {
	place := regexp.MustCompile(`\{\w+\}`)
	places := func(s string) []string {
		all := place.FindAllString(s, -1)
		slices.Sort(all)
		return all
	}
	read := func(tag string) map[string]string {
		data, err := os.ReadFile("indicators/" + tag + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]string
		if err := json.Unmarshal(data, &texts); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(data), "\": \""); n != len(texts) {
			t.Errorf("%s: %d lines make %d texts: a key is there twice", tag, n, len(texts))
		}
		return texts
	}
	c, err := locales.LoadIndicators()
	if err != nil {
		t.Fatal(err)
	}
	english := read("en")
	for _, l := range c.All()[1:] {
		texts := read(l.Tag)
		for key, text := range texts {
			want, ok := english[key]
			switch {
			case !ok:
				t.Errorf("%s: %s is not in English", l.Tag, key)
			case !slices.Equal(places(want), places(text)):
				t.Errorf("%s: %s has places %v, English %v", l.Tag, key, places(text), places(want))
			case text == want:
				t.Errorf("%s: %s is still %q", l.Tag, key, text)
			case strings.TrimSpace(text) != text || text == "":
				t.Errorf("%s: %s is empty or has space around it", l.Tag, key)
			}
		}
		for key := range english {
			if _, ok := texts[key]; !ok {
				t.Errorf("%s: %s is missing", l.Tag, key)
			}
		}
	}
}

// What the person reads says nothing of what is looked for.
func TestPersonIsNotToldOfIndicators(t *testing.T) {
	pages, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range pages.All() {
		for _, key := range l.Keys() {
			id, _, _ := strings.Cut(strings.TrimPrefix(key, "reason."), ".")
			if slices.Contains(every(), id) || strings.Contains(key, "forgery") {
				t.Errorf("%s: %s tells the person what was noticed", l.Tag, key)
			}
		}
	}
}

func TestExplain(t *testing.T) {
	tests := []struct {
		name, language string
		in             report.Indicator
		title, text    string
	}{
		{"a language", "de", report.Indicator{ID: "copy_move"}, "Ein kopiertes Stück", "Dasselbe Stück kommt im Bild zweimal vor: Etwas wurde kopiert."},
		{"its region", "sv-FI", report.Indicator{ID: "halftone"}, "Utskriven bild", "Bilden visar punkterna från en skrivare."},
		{"no such language", "xx", report.Indicator{ID: "greyscale"}, "Without colours", "The picture has no colours: it may show a photocopy."},
		{
			"with its measurement", "en",
			report.Indicator{ID: "editing_software", Metadata: map[string]any{"program": "gimp", "strength": 3}},
			"Saved by an editing program", "The file says that it was saved by a program for editing pictures, or bears the marks of one. Program: gimp.",
		},
		{
			"from JSON", "en",
			report.Indicator{ID: "date_conflict", Metadata: map[string]any{"years": 20.04, "order": "wrong"}},
			"Impossible dates", "The dates of the document contradict each other or cannot be. They are not in their order. It would be valid for 20 years.",
		},
		{
			"what is not so is not said", "en",
			report.Indicator{ID: "inconsistent_exif", Metadata: map[string]any{"changed_later": false}},
			"Contradicting metadata", "What the camera wrote into the file contradicts the file.",
		},
		{
			"harmless", "fr",
			report.Indicator{ID: "repeated_image", Type: "INFO", Metadata: map[string]any{"sessions": 2.0, "with_other_data": 0.0}},
			"La même image à nouveau", "Cette image a aussi été envoyée dans une autre session. Autres sessions : 2.",
		},
		{"unknown", "de", report.Indicator{ID: "unheard_of", Title: "T", Description: "D"}, "T", "D"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := tt.in
			locales.Explain(tt.language, &i)
			if i.Title != tt.title || i.Description != tt.text {
				t.Errorf("%q, %q", i.Title, i.Description)
			}
		})
	}
}
