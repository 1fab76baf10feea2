// Package locales holds what people read, in every language of the product:
// one file per language, the same keys in each, and the rules by which a
// language is chosen.
//
// Texts are looked up by key and may have places like {merchant}. The package
// knows nothing about pages; which keys exist is decided by who uses them, and
// a test holds both sides together. Texts for developers (API errors,
// descriptions of reasons) are English and do not live here.
package locales

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/text/language"
)

//go:embed *.json indicators/*.json
var files embed.FS

// Locale is one language with its texts.
type Locale struct {
	// Code is the product's own name for the language, as in the API: "en", "se", "gr", "cz".
	Code string
	// Tag is its BCP 47 name, for the lang attribute and everything else outside.
	Tag string
	// Name is what its speakers call it.
	Name string

	texts map[string]string
}

// The languages, in the order in which people are offered them.
var languages = []Locale{
	{Code: "en", Tag: "en", Name: "English"},
	{Code: "cz", Tag: "cs", Name: "Čeština"},
	{Code: "de", Tag: "de", Name: "Deutsch"},
	{Code: "gr", Tag: "el", Name: "Ελληνικά"},
	{Code: "es", Tag: "es", Name: "Español"},
	{Code: "fr", Tag: "fr", Name: "Français"},
	{Code: "it", Tag: "it", Name: "Italiano"},
	{Code: "ru", Tag: "ru", Name: "Русский"},
	{Code: "se", Tag: "sv", Name: "Svenska"},
	{Code: "tr", Tag: "tr", Name: "Türkçe"},
}

// Dir is the direction in which the language is written: "ltr" or "rtl".
func (l *Locale) Dir() string {
	script, _ := language.Make(l.Tag).Script()
	switch script.String() {
	case "Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg":
		return "rtl"
	}
	return "ltr"
}

// Catalog is every language, loaded.
type Catalog struct {
	all     []*Locale
	matcher language.Matcher
}

// Load reads the built-in languages. An error means a broken build.
func Load() (*Catalog, error) { return loadFrom("") }

// LoadIndicators reads what the merchant's people are told about indicators of
// forgery. It is a catalogue of its own so that no page of the person can say
// what was noticed.
func LoadIndicators() (*Catalog, error) { return loadFrom("indicators/") }

func loadFrom(folder string) (*Catalog, error) {
	c := &Catalog{}
	var tags []language.Tag
	for _, l := range languages {
		data, err := files.ReadFile(folder + l.Tag + ".json")
		if err != nil {
			return nil, fmt.Errorf("locales: %w", err)
		}
		if err := json.Unmarshal(data, &l.texts); err != nil {
			return nil, fmt.Errorf("locales: %s%s.json: %w", folder, l.Tag, err)
		}
		tag, err := language.Parse(l.Tag)
		if err != nil {
			return nil, fmt.Errorf("locales: %w", err)
		}
		tags = append(tags, tag)
		c.all = append(c.all, &l)
	}
	c.matcher = language.NewMatcher(tags)
	return c, nil
}

// All returns every language in the order in which people are offered them.
func (c *Catalog) All() []*Locale { return c.all }

// Find returns the language of a code or a BCP 47 tag, whatever its letter
// case and region ("SE", "sv", "de-AT"); nil when there is none.
func (c *Catalog) Find(name string) *Locale {
	base, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "_", "-"), "-")
	for _, l := range c.all {
		if base == l.Code || base == l.Tag {
			return l
		}
	}
	return nil
}

// Match returns the first of the wanted languages that there is, else what the
// value of an Accept-Language header asks for, else English. Empty names count
// as not wanted.
func (c *Catalog) Match(acceptLanguage string, wanted ...string) *Locale {
	for _, name := range wanted {
		if l := c.Find(name); l != nil {
			return l
		}
	}
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err == nil && len(tags) > 0 {
		// The index, not the tag: the matcher's tags carry the reader's extensions.
		if _, i, confidence := c.matcher.Match(tags...); confidence != language.No {
			return c.all[i]
		}
	}
	return c.all[0]
}

// Has tells whether the language has a text.
func (l *Locale) Has(key string) bool { _, ok := l.texts[key]; return ok }

// Keys returns every key of the language, in no particular order.
func (l *Locale) Keys() []string {
	keys := make([]string, 0, len(l.texts))
	for k := range l.texts {
		keys = append(keys, k)
	}
	return keys
}

// Text returns a text with its places filled: pairs are name, value, name,
// value. An unknown key is returned as it is, so that the mistake is seen and
// the page still works.
func (l *Locale) Text(key string, pairs ...any) string {
	text, ok := l.texts[key]
	if !ok {
		return key
	}
	if len(pairs) == 0 {
		return text
	}
	old := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		old = append(old, fmt.Sprintf("{%v}", pairs[i]), fmt.Sprint(pairs[i+1]))
	}
	return strings.NewReplacer(old...).Replace(text)
}
