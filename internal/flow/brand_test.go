package flow

import (
	"regexp"
	"strings"
	"testing"

	"idproof/internal/merchant"
	"idproof/internal/session"
)

// Whatever colour a merchant likes, it can be read.
func TestBrandCanBeRead(t *testing.T) {
	value := regexp.MustCompile(`--([a-z-]+):(#[0-9a-f]{6})`)
	for _, colour := range []string{"#0a5fd8", "#ffff00", "#000000", "#ffffff", "#808080", "#00ff88", "#ff0000", "#123456"} {
		day, dark, ok := strings.Cut(brandSheet(merchant.Branding{Colour: colour}), "@media")
		if !ok {
			t.Fatalf("%s: %q", colour, day)
		}
		for sheet, ground := range map[string]rgb{day: paper, dark: night} {
			got := map[string]rgb{}
			for _, m := range value.FindAllStringSubmatch(sheet, -1) {
				got[m[1]], _ = parseColour(m[2])
			}
			for pair, c := range map[string]float64{
				"accent on ground":        contrast(got["accent"], ground),
				"accent on its tint":      contrast(got["accent"], got["accent-soft"]),
				"text on accent":          contrast(got["on-accent"], got["accent"]),
				"text on accent, pressed": contrast(got["on-accent"], got["accent-strong"]),
			} {
				if c < readable {
					t.Errorf("%s: %s has %.2f", colour, pair, c)
				}
			}
		}
	}
	for _, none := range []string{"", "red", "#12345", "#1234567", "0a5fd8f", "#zzzzzz", "#fff;}*{x"} {
		if got := brandSheet(merchant.Branding{Colour: none}); got != "" {
			t.Errorf("%q gives %q", none, got)
		}
	}
}

func TestBrandOnThePage(t *testing.T) {
	b := entered(t)
	b.fake.change(func(st *session.State) {
		st.Settings.Branding = merchant.Branding{Colour: "#0a5fd8", LogoURL: "https://cdn.example/logo.svg", Radius: new(4), Scheme: "dark"}
	})
	r := b.get(b.base() + "document")
	body := text(t, r)
	if !strings.Contains(body, `href="`+b.base()+`brand.css?0a5fd8-4"`) || !strings.Contains(body, `dir="ltr" data-scheme="dark"`) || !strings.Contains(body, `<img src="https://cdn.example/logo.svg"`) {
		t.Errorf("page:\n%s", body)
	}
	if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "img-src 'self' blob: https://cdn.example;") {
		t.Errorf("policy %s", csp)
	}
	sheet := b.get(b.base() + "brand.css")
	if !strings.HasPrefix(sheet.Header.Get("Content-Type"), "text/css") || !strings.HasPrefix(text(t, sheet), ":root{--radius:4px}:root{--accent:#0a5fd8;") {
		t.Errorf("sheet %v", sheet.Header)
	}
}
