package locales

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"idproof/report"
)

var indicators = sync.OnceValue(func() *Catalog {
	c, err := LoadIndicators()
	if err != nil {
		panic(err) // a broken build; a test loads them
	}
	return c
})

// Explain puts the title and description of an indicator into a language, by its
// identifier; the description goes on with what the measurement says, by the
// names of its parts. An unknown language is English; an indicator without texts
// stays as it is.
func Explain(language string, i *report.Indicator) {
	c := indicators()
	l := c.Find(language)
	if l == nil {
		l = c.all[0]
	}
	if !l.Has(i.ID + ".title") {
		return
	}
	text := i.ID + ".text"
	if i.Type == "INFO" && l.Has(i.ID+".info") {
		text = i.ID + ".info"
	}
	said := []string{l.Text(text)}
	var pairs []any
	for _, k := range slices.Sorted(maps.Keys(i.Metadata)) {
		pairs = append(pairs, k, number(i.Metadata[k]))
	}
	for _, k := range slices.Sorted(maps.Keys(i.Metadata)) {
		for _, key := range []string{i.ID + "." + k, "any." + k} {
			if l.Has(key) && i.Metadata[k] != false {
				said = append(said, l.Text(key, pairs...))
				break
			}
		}
	}
	i.Title, i.Description = l.Text(i.ID+".title"), strings.Join(said, " ")
}

// number writes a value for people; what was read back from JSON is a float.
func number(v any) string {
	if f, ok := v.(float64); ok {
		return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.1f", f), "0"), ".")
	}
	return fmt.Sprint(v)
}
