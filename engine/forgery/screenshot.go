package forgery

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// screens.json: the sizes in pixels of telephones', tablets' and computers' screens,
// shorter side first, as their makers publish them.
//
//go:embed screens.json
var screensJSON []byte

var screens = sync.OnceValue(func() map[[2]int]bool {
	var list [][2]int
	if err := json.Unmarshal(screensJSON, &list); err != nil {
		panic(fmt.Sprintf("forgery: screens.json: %v", err)) // it is part of the program
	}
	m := map[[2]int]bool{}
	for _, s := range list {
		m[s] = true
	}
	return m
})

// screenshot adds up what speaks for a copy of a screen: exactly a screen's size
// without a camera's metadata (1), the name of the function in the metadata (2), a
// perfectly even strip along the upper edge, where telephones show the time (1).
// One sign alone is weak: pictures are cut to such sizes too. Cost: none.
func screenshot(_ context.Context, e *Evidence) (Finding, error) {
	c := e.container()
	if c.format == "pdf" {
		return Finding{}, skipError("a PDF has no size in pixels")
	}
	f := Finding{Description: "The picture looks like a copy of a screen.", Metadata: map[string]any{}}
	for _, s := range append(c.software, c.texts["description"], c.texts["title"], xmpValue(c.xmp, "UserComment"), c.texts["source"]) {
		s = strings.ToLower(s)
		if strings.Contains(s, "screenshot") || strings.Contains(s, "screen shot") || strings.Contains(s, "gnome-screenshot") || strings.Contains(s, "bildschirmfoto") {
			f.Value += 2
			f.Metadata["named"] = true
			break
		}
	}
	w, h := min(e.Picture.Width, e.Picture.Height), max(e.Picture.Width, e.Picture.Height)
	camera := c.exif.make != "" && c.exif.exposure
	if screens()[[2]int{w, h}] && !camera {
		f.Value++
		f.Metadata["screen_size"] = fmt.Sprintf("%dx%d", w, h)
	}
	if !camera && e.Picture.Scale == 1 && e.Picture.H > 2*e.Picture.W*4/5 && evenStrip(e) {
		f.Value++
		f.Metadata["status_bar"] = true
	}
	return f, nil
}

// evenStrip tells whether the upper edge is of one colour with small marks on it,
// and unlike what follows: a status bar.
func evenStrip(e *Evidence) bool {
	g := e.luma()
	n := g.H * 3 / 100
	if n < 12 || g.W < 300 {
		return false
	}
	h := g.Crop(0, 0, g.W, n).Histogram()
	most := 0
	for v := range h {
		if h[v] > h[most] {
			most = v
		}
	}
	near := 0
	for v := max(0, most-2); v <= min(255, most+2); v++ {
		near += h[v]
	}
	share := float64(near) / float64(g.W*n)
	return share > 0.85 && share < 0.995
}
