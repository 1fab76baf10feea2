package forgery

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"idproof/engine/raster"
)

func TestRates(t *testing.T) {
	rates := LoadRates()
	known := map[string]bool{}
	for _, d := range Detectors() {
		if known[d.ID] {
			t.Errorf("%s is there twice", d.ID)
		}
		known[d.ID] = true
		r, ok := rates[d.ID]
		if !ok {
			t.Errorf("%s has no rates", d.ID)
		}
		if d.Title == "" || d.Group == "" || d.Category == "" || d.Run == nil {
			t.Errorf("%s is not complete", d.ID)
		}
		for i, s := range r.Steps {
			if s.Genuine <= 0 || s.Forged <= 0 || s.Genuine > 1 || s.Forged > 1 {
				t.Errorf("%s: rates %v", d.ID, s)
			}
			if i > 0 && s.Value <= r.Steps[i-1].Value {
				t.Errorf("%s: steps do not rise", d.ID)
			}
			if w := s.weight(); d.Type == Risk && w < 0 || d.Type == Trust && w > 0 {
				t.Errorf("%s: a step points the other way", d.ID)
			}
		}
	}
	for id := range rates {
		if !known[id] {
			t.Errorf("rates of %s, which is no detector", id)
		}
	}
}

func TestCombine(t *testing.T) {
	step := func(genuine, forged float64) *Rate { return &Rate{Genuine: genuine, Forged: forged} }
	a := weighed{Detector: Detector{ID: "a", Type: Risk, Group: "x"}, step: step(0.01, 0.2)}
	b := weighed{Detector: Detector{ID: "b", Type: Risk, Group: "x"}, step: step(0.02, 0.2)}
	c := weighed{Detector: Detector{ID: "c", Type: Risk, Group: "y"}, step: step(0.02, 0.4)}
	trust := weighed{Detector: Detector{ID: "t", Type: Trust, Group: "z"}, step: step(0.4, 0.02)}
	silent := weighed{Detector: Detector{ID: "n", Type: Risk, Group: "w"}}
	of := func(list ...weighed) *Analysis {
		out := &Analysis{Measured: map[string]float64{}}
		for _, w := range list {
			out.Measured[w.ID] = 1
		}
		out.combine(list, 0)
		return out
	}
	if got := of(); got.Score != None {
		t.Errorf("nothing asked: %s", got.Score)
	}
	if got := of(silent); got.Score != Normal || len(got.Indicators) != 0 {
		t.Errorf("nothing found: %+v", got)
	}
	if one, two := of(a), of(a, b); one.Odds != two.Odds || len(two.Indicators) != 2 {
		t.Errorf("one group counts twice: %v, %v", one.Odds, two.Odds)
	}
	if one, two := of(a), of(a, c); two.Odds <= one.Odds || two.RiskScore <= one.RiskScore || two.Score != HighRisk {
		t.Errorf("another group: %v, %v", one, two)
	}
	if got := of(trust); got.Score != Trusted || got.RiskScore >= of(silent).RiskScore {
		t.Errorf("trust: %+v", got)
	}
	if got := of(a, trust); got.RiskScore >= of(a).RiskScore {
		t.Errorf("trust does not count against risk: %+v", got)
	}
	worst := Merge(of(silent), of(a, c))
	if worst.Score != HighRisk || len(worst.Indicators) != 2 {
		t.Errorf("merged: %+v", worst)
	}
}

// TestAnalyze: all detectors answer or say why not, a failing one does not stop
// the rest, and a cancelled context does.
func TestAnalyze(t *testing.T) {
	data := jpegOf(t, texture(640, 480, 1), 90)
	a, err := Analyze(t.Context(), evidenceOf(t, data))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(a.Measured) + len(a.NotPerformed); n != len(Detectors()) {
		t.Errorf("%d of %d detectors answered", n, len(Detectors()))
	}
	for _, s := range a.NotPerformed {
		if s.Reason == "" {
			t.Errorf("%s does not say why", s.ID)
		}
	}
	_, err = ask(t.Context(), Detector{Run: func(context.Context, *Evidence) (Finding, error) { panic("no") }}, nil)
	if err == nil {
		t.Error("a panic went unnoticed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Analyze(ctx, evidenceOf(t, data)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// sound asks all detectors and reports those that failed in a way of their own.
func sound(t *testing.T, data []byte) {
	t.Helper()
	pages, err := raster.Decode(t.Context(), data, raster.Limits{Pixels: 1e6, Pages: 1})
	if err != nil {
		return
	}
	a, err := Analyze(t.Context(), &Evidence{Data: data, Picture: &pages[0], Now: testNow, All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range a.NotPerformed {
		if strings.HasPrefix(s.Reason, "it failed") {
			t.Errorf("%s: %s", s.ID, s.Reason)
		}
	}
}

func TestOddSizes(t *testing.T) {
	for _, s := range [][2]int{{1, 1}, {7, 3}, {2000, 2}, {3, 1500}, {129, 128}, {256, 256}, {257, 300}, {300, 1000}} {
		t.Run(fmt.Sprintf("%dx%d", s[0], s[1]), func(t *testing.T) {
			sound(t, jpegOf(t, texture(s[0], s[1], 1), 70))
			sound(t, pngOf(t, texture(s[0], s[1], 1)))
		})
	}
}

// TestDamaged flips bits of a file with all kinds of metadata.
func TestDamaged(t *testing.T) {
	whole := with(jpegOf(t, texture(300, 270, 1), 60), camera(), segment(0xed, "Photoshop 3.0\x008BIM\x03\xed\x00\x00\x00\x00\x00\x02ab"))
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		data := slices.Clone(whole)
		for range 1 + r.IntN(8) {
			data[r.IntN(len(data))] ^= 1 << r.IntN(8)
		}
		sound(t, data)
	}
}

// FuzzAnalyze: whatever a file holds, no detector fails in a way of its own.
func FuzzAnalyze(f *testing.F) {
	f.Add(with(jpegOf(f, texture(96, 64, 1), 60), camera(), segment(0xed, "Photoshop 3.0\x008BIM\x03\xed\x00\x00\x00\x00\x00\x02ab")))
	f.Add(pngOf(f, texture(64, 48, 2), chunk("tEXt", "parameters\x00Steps: 20, Sampler: Euler")))
	f.Fuzz(func(t *testing.T, data []byte) { sound(t, data) })
}

// TestTurn: a mark in the file's corner is where the region of that corner is.
func TestTurn(t *testing.T) {
	for o := 1; o <= 8; o++ {
		w, h := 40, 20 // of the file
		if o > 4 {
			w, h = h, w
		}
		e := &Evidence{Picture: &raster.Page{Width: w, Height: h, Exif: raster.Exif{Orientation: o}}}
		grid := make([]float64, 4*2)
		grid[1*4+3] = 1
		got, cols, rows := e.turn(grid, 4, 2)
		x0, y0, _, _ := bounds(e.upright(30, 10, 40, 20))
		if at := int(y0)/10*cols + int(x0)/10; cols*10 != w || rows*10 != h || got[at] != 1 {
			t.Errorf("orientation %d: %v in %d x %d, region at %v, %v", o, got, cols, rows, x0, y0)
		}
	}
}
