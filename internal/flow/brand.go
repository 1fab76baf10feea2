package flow

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"idproof/internal/merchant"
)

// brand is the merchant's colour and corners as a style sheet, so that the pages' policy
// need not allow styles inside them.
func (h *handler) brand(w http.ResponseWriter, _ *http.Request, v *visit) {
	head := w.Header()
	head.Set("Content-Type", "text/css; charset=utf-8")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	head.Set("Cache-Control", "private, max-age=3600")
	_, _ = w.Write([]byte(brandSheet(v.state.Settings.Branding)))
}

// The grounds on which the accent colour stands (web/src/flow/style.css).
var (
	paper = rgb{0xff, 0xff, 0xff}
	night = rgb{0x17, 0x1b, 0x26}
)

// readable is the contrast that text needs (WCAG 2.2, 1.4.3).
const readable = 4.5

// brandAddress names what the style sheet is made of, so that a browser that
// keeps it asks again after a change; empty: nothing of the merchant's own.
func brandAddress(b merchant.Branding) string {
	name := strings.TrimPrefix(b.Colour, "#")
	if b.Radius != nil {
		name += "-" + strconv.Itoa(*b.Radius)
	}
	return name
}

// brandSheet is a style sheet with the merchant's corners and colour, which is
// made darker or lighter where it could not be read; empty for what is neither.
func brandSheet(brand merchant.Branding) string {
	var b strings.Builder
	if brand.Radius != nil {
		fmt.Fprintf(&b, ":root{--radius:%dpx}", *brand.Radius)
	}
	c, ok := parseColour(brand.Colour)
	if !ok {
		return b.String()
	}
	day, dark := reach(c, paper, rgb{}), reach(c, night, paper)
	rules := func(accent, ground rgb) {
		fmt.Fprintf(&b, "--accent:%s;--accent-strong:%s;--accent-soft:%s;--on-accent:%s;",
			accent, reach(accent, ground, opposite(ground)).mix(opposite(ground), 0.18), ground.mix(accent, 0.1), on(accent))
	}
	b.WriteString(":root{")
	rules(day, paper)
	// As in style.css: by the device's wish, or by the merchant's.
	b.WriteString("}@media (prefers-color-scheme:dark){:root:not([data-scheme=light]){")
	rules(dark, night)
	b.WriteString("}}:root[data-scheme=dark]{")
	rules(dark, night)
	b.WriteString("}")
	return b.String()
}

type rgb [3]uint8

func parseColour(s string) (rgb, bool) {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 24)
	return rgb{uint8(n >> 16), uint8(n >> 8), uint8(n)}, err == nil && len(s) == 7 && s[0] == '#'
}

func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// mix is the colour with a part of another in it.
func (c rgb) mix(other rgb, part float64) rgb {
	var out rgb
	for i := range c {
		out[i] = uint8(math.Round(float64(c[i])*(1-part) + float64(other[i])*part))
	}
	return out
}

// luminance and contrast are those of WCAG 2.2.
func (c rgb) luminance() float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v := float64(c[i]) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

func contrast(a, b rgb) float64 {
	l, m := a.luminance(), b.luminance()
	return (max(l, m) + 0.05) / (min(l, m) + 0.05)
}

// reach moves a colour towards an end until it can be read on the ground and
// on the ground's tint of itself.
func reach(c, ground, end rgb) rgb {
	for part := 0.0; part < 1; part += 0.04 {
		if m := c.mix(end, part); contrast(m, ground) >= readable && contrast(m, ground.mix(m, 0.1)) >= readable {
			return m
		}
	}
	return end
}

// opposite is the end that stands out from a ground.
func opposite(ground rgb) rgb {
	if ground == paper {
		return rgb{}
	}
	return paper
}

// on is the colour of text on an area of the accent.
func on(accent rgb) rgb {
	if contrast(accent, paper) >= readable {
		return paper
	}
	return rgb{0x10, 0x13, 0x1f}
}
