package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"idproof/engine"
	"idproof/engine/quality"
	"idproof/report"
	"idproof/specimen"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// shared is one engine for all tests of the package: loading takes a second.
var shared = sync.OnceValues(func() (*engine.Engine, error) { return engine.Open(engine.Config{Workers: 2}) })

func open(t testing.TB) *engine.Engine {
	t.Helper()
	e, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func draw(t testing.TB, seed uint64, w specimen.Wish) (specimen.Document, specimen.Sides) {
	t.Helper()
	w.Now = now
	d := specimen.New(rand.New(rand.NewPCG(seed, 7)), w)
	return d, d.Draw()
}

func encode(t testing.TB, im image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, &jpeg.Options{Quality: 88}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func inputs(data ...[]byte) (in []engine.Input) {
	for _, d := range data {
		in = append(in, engine.Input{Data: d})
	}
	return in
}

func options(e *report.Expected) engine.Options { return engine.Options{Now: now, Expected: e} }

func analyze(t testing.TB, data ...[]byte) *report.Result {
	t.Helper()
	res, err := open(t).Analyze(t.Context(), inputs(data...), options(nil))
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestAnalyzeReadsASpecimenHoweverItLies(t *testing.T) {
	d, sides := draw(t, 1, specimen.Wish{Kind: specimen.Passport})
	for _, c := range []struct {
		name        string
		camera      specimen.Camera
		orientation int
	}{
		{"upright", specimen.Camera{}, 0},
		{"tilted", specimen.Camera{Rotation: 0.2, Perspective: 0.2, Noise: 0.01}, 0},
		{"a quarter turn", specimen.Camera{Width: 1200, Height: 1600, Rotation: math.Pi / 2}, 270},
		{"upside down", specimen.Camera{Rotation: math.Pi}, 180},
		{"three quarters", specimen.Camera{Width: 1200, Height: 1600, Rotation: -math.Pi / 2}, 90},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.camera.JPEGQuality = 85
			photo, quad := specimen.Photograph(sides.Front.Image, c.camera, rand.New(rand.NewPCG(3, 4)))
			res := analyze(t, encode(t, photo))
			if res.Document == nil || res.Document.MRZ == nil {
				t.Fatal("no document")
			}
			m := res.Document.MRZ
			if got := strings.Join(m.Lines, "\n"); got != strings.Join(d.MRZ, "\n") {
				t.Fatalf("read\n%s\nprinted\n%s", got, strings.Join(d.MRZ, "\n"))
			}
			if !m.Valid || m.Certainty != report.Printed {
				t.Errorf("valid %v, %s", m.Valid, m.Certainty)
			}
			if res.Document.Type != report.Passport || res.Document.IssuingCountry != d.Issuer || res.Document.DocumentNumber != d.Number {
				t.Errorf("document %+v", res.Document)
			}
			if res.Identity.DateOfBirth != string(d.BirthDate) || res.Identity.Gender != strings.Trim(d.Sex, "X") && d.Sex != "X" {
				t.Errorf("identity %+v", res.Identity)
			}
			page := res.AnalysisSummary.Document.Pages[0]
			if page.Orientation == nil || *page.Orientation != c.orientation {
				t.Errorf("orientation %v, want %d", page.Orientation, c.orientation)
			}
			// Every line's region holds the middle of the printed line.
			side := sides.Front
			for i, printed := range side.MRZ {
				want := centre(c.camera.Locate(printed.Region, quad, float64(side.Width), float64(side.Height)))
				q := m.Regions[i]
				var x, y float64
				for _, p := range q {
					x, y = x+p[0]/4, y+p[1]/4
				}
				height := math.Hypot(q[3][0]-q[0][0], q[3][1]-q[0][1])
				if d := math.Hypot(x-want.X, y-want.Y); d > 1.2*height {
					t.Errorf("line %d lies at (%.0f,%.0f), reported (%.0f,%.0f)", i, want.X, want.Y, x, y)
				}
			}
		})
	}
}

func centre(q specimen.Quad) (c specimen.Point) {
	for _, p := range q {
		c.X, c.Y = c.X+p.X/4, c.Y+p.Y/4
	}
	return c
}

func TestAnalyzeReadsEveryFormat(t *testing.T) {
	for _, kind := range specimen.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			d, sides := draw(t, 11, specimen.Wish{Kind: kind, Issuer: "UTO"})
			if len(d.MRZ) == 0 {
				t.Skip("prints no machine-readable zone")
			}
			pictures := [][]byte{encode(t, sides.Front.Image)}
			if sides.Back != nil {
				pictures = append(pictures, encode(t, sides.Back.Image))
			}
			res := analyze(t, pictures...)
			if res.Document == nil {
				t.Fatal("no document")
			}
			if got := strings.Join(res.Document.MRZ.Lines, "\n"); got != strings.Join(d.MRZ, "\n") {
				t.Errorf("read\n%s\nprinted\n%s", got, strings.Join(d.MRZ, "\n"))
			}
			if res.Document.MRZ.Format != kind.Format().String() {
				t.Errorf("format %s", res.Document.MRZ.Format)
			}
		})
	}
}

func TestAnalyzeReportsAWrongDigitAsPrinted(t *testing.T) {
	for seed := range uint64(3) {
		d, sides := draw(t, 20+seed, specimen.Wish{Kind: specimen.Passport, Traits: []specimen.Trait{specimen.WrongCheckDigit}})
		res := analyze(t, encode(t, sides.Front.Image))
		if res.Document == nil {
			t.Fatal("a wrong digit lost the document")
		}
		m := res.Document.MRZ
		if m.Valid {
			t.Errorf("seed %d: a wrong digit is reported valid", seed)
		}
		if got := strings.Join(m.Lines, "\n"); got != strings.Join(d.MRZ, "\n") {
			t.Errorf("seed %d: read\n%s\nprinted\n%s", seed, got, strings.Join(d.MRZ, "\n"))
		}
		failed := 0
		for _, c := range res.AnalysisSummary.Document.Checks.DataValidation {
			if strings.HasPrefix(c.Name, "mrz_check_digit_") && c.Result == report.FailedCheck {
				failed++
			}
		}
		if failed == 0 {
			t.Errorf("seed %d: no check failed", seed)
		}
	}
}

func TestAnalyzeSaysWhatItCannotRead(t *testing.T) {
	_, sides := draw(t, 1, specimen.Wish{Kind: specimen.Passport})
	good := encode(t, sides.Front.Image)
	var wide bytes.Buffer
	if err := png.Encode(&wide, image.NewGray(image.Rect(0, 0, 40000, 4))); err != nil {
		t.Fatal(err)
	}
	res := analyze(t, []byte("a text file named .jpg"), good, good[:len(good)/2], nil, wide.Bytes())
	want := map[int]string{0: "UNSUPPORTED_MEDIA", 2: "IMAGE_DAMAGED", 3: "UNSUPPORTED_MEDIA", 4: "PAYLOAD_TOO_LARGE"}
	if len(res.Errors) != len(want) {
		t.Errorf("%d errors: %+v", len(res.Errors), res.Errors)
	}
	for _, e := range res.Errors {
		if e.Document == nil || want[*e.Document] != e.Code || e.Description == "" {
			t.Errorf("error %+v", e)
		}
	}
	if res.Document == nil {
		t.Error("the readable picture among them was lost")
	}
}

func TestAnalyzeWithoutADocument(t *testing.T) {
	blank := image.NewRGBA(image.Rect(0, 0, 640, 480))
	res := analyze(t, encode(t, blank))
	if res.Document != nil || res.Identity != nil || len(res.Errors) != 0 {
		t.Errorf("found %+v", res.Document)
	}
	all := res.AnalysisSummary.Document.Checks.All()
	if len(all) == 0 {
		t.Fatal("no checks")
	}
	for _, c := range all {
		want := report.NotPerformed
		if c.Name == quality.Dark {
			want = report.FailedCheck // that explains it
		}
		if c.Result != want || c.Reason == "" {
			t.Errorf("%s is %s (%q)", c.Name, c.Result, c.Reason)
		}
	}
}

func TestAnalyzeStopsWithItsContext(t *testing.T) {
	_, sides := draw(t, 1, specimen.Wish{Kind: specimen.Passport})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := open(t).Analyze(ctx, []engine.Input{{Data: encode(t, sides.Front.Image)}}, engine.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestProgressAndJSON(t *testing.T) {
	_, sides := draw(t, 5, specimen.Wish{Kind: specimen.Card})
	var seen []int
	total := 0
	res, err := open(t).Analyze(t.Context(), []engine.Input{{Data: encode(t, sides.Front.Image)}, {Data: encode(t, sides.Back.Image)}}, engine.Options{
		Now:      now,
		Progress: func(_ string, done, of int) { seen, total = append(seen, done), of },
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) == 0 || seen[len(seen)-1] != total {
		t.Errorf("progress %v of %d", seen, total)
	}
	data, err := json.Marshal(res)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte(":null")) {
		t.Error("a list or object of the result is null")
	}
	if len(res.Models) < 2 {
		t.Errorf("models %v", res.Models)
	}
}

func BenchmarkAnalyze(b *testing.B) {
	_, sides := draw(b, 1, specimen.Wish{Kind: specimen.Passport})
	data := encode(b, sides.Front.Image)
	for b.Loop() {
		analyze(b, data)
	}
}
