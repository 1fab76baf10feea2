package locales

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func load(t *testing.T) *Catalog {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var place = regexp.MustCompile(`\{\w+\}`)

// Every language has the texts of English, no more, no fewer, with the same places to fill.
func TestLanguagesAgree(t *testing.T) {
	c := load(t)
	english := c.Find("en")
	for _, l := range c.All() {
		for key, text := range l.texts {
			want, ok := english.texts[key]
			if !ok {
				t.Errorf("%s: %s is not in English", l.Tag, key)
				continue
			}
			a, b := place.FindAllString(want, -1), place.FindAllString(text, -1)
			slices.Sort(a)
			slices.Sort(b)
			if !slices.Equal(slices.Compact(a), slices.Compact(b)) {
				t.Errorf("%s: %s has places %v, English %v", l.Tag, key, b, a)
			}
			if strings.TrimSpace(text) != text || text == "" {
				t.Errorf("%s: %s is empty or has space around it", l.Tag, key)
			}
		}
		for key := range english.texts {
			if !l.Has(key) {
				t.Errorf("%s: %s is missing", l.Tag, key)
			}
		}
	}
}

// A translation that is the English text is one that was forgotten, but for
// words that both languages have.
func TestNothingLeftInEnglish(t *testing.T) {
	same := map[string][]string{
		"de": {"field.full_name"},
		"fr": {"type.visa", "field.type"},
	}
	c := load(t)
	for _, l := range c.All()[1:] {
		for key, text := range l.texts {
			if text == c.all[0].texts[key] && !slices.Contains(same[l.Tag], key) {
				t.Errorf("%s: %s is still %q", l.Tag, key, text)
			}
		}
	}
}

// JSON keeps the last of two equal keys without a word.
func TestNoKeyTwice(t *testing.T) {
	for _, l := range languages {
		data, err := os.ReadFile(l.Tag + ".json")
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		d := json.NewDecoder(bytes.NewReader(data))
		for i := 0; ; i++ {
			token, err := d.Token()
			if err != nil {
				break
			}
			// The object's brace, then key, value, key, value.
			if key, ok := token.(string); ok && i%2 == 1 {
				if seen[key] {
					t.Errorf("%s: %s twice", l.Tag, key)
				}
				seen[key] = true
			}
		}
	}
}

func TestMatch(t *testing.T) {
	c := load(t)
	for _, test := range []struct {
		accept string
		wanted []string
		want   string
	}{
		{"", nil, "en"},
		{"", []string{"se"}, "se"},
		{"", []string{"SV"}, "se"},
		{"", []string{"sv-FI"}, "se"},
		{"", []string{"de_AT"}, "de"},
		{"", []string{"", "el"}, "gr"},
		{"", []string{"xx", "cs"}, "cz"},
		{"cs;q=0.3, tr;q=0.9", nil, "tr"},
		{"cs;q=0.3", []string{"it"}, "it"},
		{"ja", nil, "en"},
		{"pt-BR, ru;q=0.5", nil, "ru"},
		{"de-CH-1996", nil, "de"},
		{"*", nil, "en"},
		{strings.Repeat("x", 5000), nil, "en"},
	} {
		if got := c.Match(test.accept, test.wanted...); got.Code != test.want {
			t.Errorf("Match(%.20q, %q) = %s, want %s", test.accept, test.wanted, got.Code, test.want)
		}
	}
}

func TestDir(t *testing.T) {
	for tag, want := range map[string]string{"en": "ltr", "el": "ltr", "ru": "ltr", "ar": "rtl", "he": "rtl", "fa": "rtl", "az-Arab": "rtl"} {
		if got := (&Locale{Tag: tag}).Dir(); got != want {
			t.Errorf("%s is written %s", tag, got)
		}
	}
}

func TestText(t *testing.T) {
	l := &Locale{texts: map[string]string{"a": "{n} of {total}"}}
	for _, test := range []struct {
		key   string
		pairs []any
		want  string
	}{
		{"a", []any{"n", 1, "total", 3}, "1 of 3"},
		{"a", nil, "{n} of {total}"},
		{"a", []any{"n", "{total}", "total", 3}, "{total} of 3"},
		{"b", nil, "b"},
	} {
		if got := l.Text(test.key, test.pairs...); got != test.want {
			t.Errorf("Text(%q, %v) = %q, want %q", test.key, test.pairs, got, test.want)
		}
	}
}

func ExampleCatalog_Match() {
	c, err := Load()
	if err != nil {
		panic(err)
	}
	l := c.Match("fr;q=0.4, it", "se")
	os.Stdout.WriteString(l.Tag + ": " + l.Text("page.step", "n", 1, "total", 3))
	// Output: sv: Steg 1 av 3
}
