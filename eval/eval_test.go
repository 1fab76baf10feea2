package eval

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/engine"
	"idproof/mrz"
	"idproof/report"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// The specimens of ICAO 9303-4 and -5, and one with a misprinted number digit.
var (
	td3 = []string{"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"}
	td1 = []string{"I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"}
	bad = []string{"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C35UTO7408122F1204159ZE184226B<<<<<10"}
)

// with replaces one character of one line.
func with(lines []string, line, pos int, c byte) []string {
	lines = slices.Clone(lines)
	b := []byte(lines[line])
	b[pos] = c
	lines[line] = string(b)
	return lines
}

func reading(format string, lines []string, valid bool, certainty report.Certainty) *report.MRZ {
	return &report.MRZ{Format: format, Lines: lines, Valid: valid, Certainty: certainty}
}

func TestScore(t *testing.T) {
	truth := func(format string, lines []string, valid bool) Picture {
		return Picture{File: "a.png", Class: "mrz", MRZ: &Truth{Type: format, Lines: lines, Valid: valid}}
	}
	tests := []struct {
		name    string
		picture Picture
		read    *report.MRZ
		want    Score
		verdict string
	}{
		{
			"exact", truth("TD3", td3, true), reading("TD3", td3, true, report.Printed),
			Score{Found: true, Valid: true, Certain: true, Exact: true, Fields: true},
			"exact",
		},
		{"missed", truth("TD1", td1, true), nil, Score{}, "missed"},
		{
			"wrong name, which no digit covers",
			truth("TD3", td3, true), reading("TD3", with(td3, 0, 5, 'F'), true, report.Printed),
			Score{Found: true, Valid: true, Certain: true, WrongFields: []mrz.Field{mrz.FieldSurname}, Wrong: true},
			"WRONG",
		},
		{
			// L and B both weigh 1 modulo 10: the check digit cannot tell.
			"wrong number in spite of its digit, in doubt",
			truth("TD3", td3, true), reading("TD3", with(td3, 1, 0, 'B'), true, report.Uncertain),
			Score{Found: true, Valid: true, WrongFields: []mrz.Field{mrz.FieldNumber}, Wrong: true, WrongChecked: true},
			"WRONG",
		},
		{
			"wrong and known to be",
			truth("TD3", td3, true), reading("TD3", with(td3, 1, 1, '9'), false, report.Printed),
			Score{Found: true, Certain: true, WrongFields: []mrz.Field{mrz.FieldNumber}},
			"differs",
		},
		{
			"filler read as a letter, fields right",
			truth("TD3", td3, true), reading("TD3", with(td3, 1, 43, '1'), false, report.Printed),
			Score{Found: true, Certain: true, Fields: true},
			"fields",
		},
		{
			"misprint read as printed", truth("TD3", bad, false), reading("TD3", bad, false, report.Printed),
			Score{Found: true, Certain: true, Exact: true, Fields: true},
			"exact",
		},
		{
			"misprint repaired", truth("TD3", bad, false), reading("TD3", td3, true, report.Printed),
			Score{Found: true, Valid: true, Certain: true, Fields: true, Wrong: true, WrongChecked: true, Repaired: true},
			"REPAIRED",
		},
		{
			"one digit repaired, another not",
			truth("TD3", bad, false), reading("TD3", with(td3, 1, 43, '1'), false, report.Uncertain),
			Score{Found: true, Fields: true, Repaired: true},
			"REPAIRED",
		},
		{
			"other format", truth("TD3", td3, true), reading("TD1", td1, true, report.Printed),
			Score{
				Found: true, Valid: true, Certain: true, Wrong: true, WrongChecked: true,
				WrongFields: []mrz.Field{mrz.FieldNumber},
			},
			"WRONG",
		},
		{
			"false alarm",
			Picture{Class: Negative},
			reading("TD3", td3, false, report.Uncertain),
			Score{Found: true, FalseAlarm: true},
			"ALARM",
		},
		{
			"nothing known",
			Picture{Class: "id"},
			reading("TD3", td3, true, report.Printed),
			Score{Found: true, Valid: true, Certain: true},
			"read",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := score(tt.picture, tt.read, now)
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.verdict, (&Row{Picture: tt.picture, Score: got}).Verdict())
		})
	}
}

func TestSpread(t *testing.T) {
	var v []float64
	for i := 100; i > 0; i-- {
		v = append(v, float64(i))
	}
	mean, p50, p95, largest := spread(v)
	assert.InDelta(t, 50.5, mean, 1e-9)
	assert.InDelta(t, 50, p50, 0)
	assert.InDelta(t, 95, p95, 0)
	assert.InDelta(t, 100, largest, 0)
	_, p50, p95, _ = spread([]float64{7})
	assert.InDelta(t, 7, p50, 0)
	assert.InDelta(t, 7, p95, 0)
	mean, _, _, _ = spread(nil)
	assert.Zero(t, mean)
}

func TestCompareAligns(t *testing.T) {
	text := func(g []glyph) string {
		var b strings.Builder
		for _, c := range g {
			b.WriteString(c.Text)
		}
		return b.String()
	}
	v := compare("I<UTOD23", "I<UT0D2", []float64{1, 1, 1, 1, 0.5, 1, 1})
	assert.Equal(t, "I<UTOD23", text(v.Truth))
	assert.Equal(t, "I<UT0D2·", text(v.Read))
	assert.True(t, v.Read[4].Differ)
	assert.True(t, v.Read[4].Doubt)
	assert.False(t, v.Read[3].Differ)
	assert.True(t, v.Truth[7].Differ)
}

// fake answers by what a file holds.
type fake map[string]func() (*report.Result, error)

func (f fake) Analyze(ctx context.Context, in []engine.Input, o engine.Options) (*report.Result, error) {
	if len(in) != 1 || !o.Now.Equal(now) {
		return nil, fmt.Errorf("%d inputs at %v", len(in), o.Now)
	}
	img, err := png.DecodeConfig(bytes.NewReader(in[0].Data))
	if err != nil {
		res := report.New()
		res.Errors = append(res.Errors, report.Error{Code: "UNSUPPORTED_MEDIA", Description: "no picture"})
		return res, nil //nolint:nilerr // as the engine does
	}
	return f[strconv.Itoa(img.Width)]()
}

// found answers with a reading whose lines are placed on the picture.
func found(m *report.MRZ) func() (*report.Result, error) {
	return func() (*report.Result, error) {
		res := report.New()
		res.AnalysisSummary.Document = report.NewDocumentSummary()
		res.AnalysisSummary.Document.Pages = []report.Page{{Width: 200, Height: 100, Quad: &report.Quad{{1, 1}, {199, 1}, {199, 99}, {1, 99}}}}
		res.Steps = []report.Step{{Name: "decode", Seconds: 0.01}, {Name: "mrz", Seconds: 0.02}, {Name: "mrz", Page: 1, Seconds: 0.02}}
		res.Models = map[string]string{"mrz_rec": "1"}
		if m != nil {
			for i := range m.Lines {
				y := float64(20 * i)
				m.Regions = append(m.Regions, report.Quad{{10, 40 + y}, {90, 40 + y}, {90, 55 + y}, {10, 55 + y}})
			}
			res.Document = &report.Document{Type: report.Passport, MRZ: m}
		}
		return res, nil
	}
}

// write makes a manifest and its pictures, whose width tells them apart.
func write(t *testing.T, pictures ...Picture) *Manifest {
	t.Helper()
	dir := t.TempDir()
	for i, p := range pictures {
		if strings.HasSuffix(p.File, ".png") {
			var b bytes.Buffer
			require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 100+i, 80))))
			require.NoError(t, os.WriteFile(filepath.Join(dir, p.File), b.Bytes(), 0o600))
		} else if p.File != "missing" {
			require.NoError(t, os.WriteFile(filepath.Join(dir, p.File), []byte("text"), 0o600))
		}
	}
	data, err := json.Marshal(pictures)
	require.NoError(t, err)
	path := filepath.Join(dir, "manifest.json")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	m, err := Load(path)
	require.NoError(t, err)
	return m
}

func TestRun(t *testing.T) {
	m := write(
		t,
		Picture{File: "0.png", Class: "mrz", Tags: []string{"photo"}, MRZ: &Truth{Type: "TD3", Lines: td3, Valid: true}},
		Picture{File: "1.png", Class: "mrz", MRZ: &Truth{Type: "TD3", Lines: td3, Valid: true}},
		Picture{File: "2.png", Class: "mrz", MRZ: &Truth{Type: "TD3", Lines: bad, Valid: false}},
		Picture{File: "3.png", Class: Negative},
		Picture{File: "not a picture", Class: "id"},
		Picture{File: "missing", Class: "id"},
	)
	a := fake{
		"100": found(reading("TD3", td3, true, report.Printed)),
		"101": found(reading("TD3", with(td3, 0, 5, 'F'), true, report.Uncertain)),
		"102": found(reading("TD3", bad, false, report.Printed)),
		"103": found(nil),
	}
	calls := 0
	out, err := Run(t.Context(), a, m, Options{Now: now, Jobs: 3, Done: func(_, total int) { calls++; assert.Equal(t, 6, total) }})
	require.NoError(t, err)
	assert.Equal(t, 6, calls)

	var files, verdicts []string
	for i := range out.Rows {
		files, verdicts = append(files, out.Rows[i].File), append(verdicts, out.Rows[i].Verdict())
	}
	assert.Equal(t, []string{"0.png", "1.png", "2.png", "3.png", "not a picture", "missing"}, files, "the manifest's order")
	assert.Equal(t, []string{"exact", "WRONG", "exact", "nothing", "error", "error"}, verdicts)

	s := out.Summary
	assert.Equal(t, 3, s.Truth)
	assert.Equal(t, 2, s.Printed)
	assert.Equal(t, 2, s.Exact)
	assert.Equal(t, 1, s.PrintedExact)
	assert.Equal(t, 1, s.Wrong)
	assert.Zero(t, s.Certain)
	assert.Zero(t, s.Checked)
	assert.Equal(t, 1, s.Misprinted)
	assert.Zero(t, s.Repaired)
	assert.Equal(t, 1, s.Negatives)
	assert.Zero(t, s.FalseAlarms)
	assert.Equal(t, 2, s.Unreadable)
	assert.InDelta(t, 0.04*4/6, s.Steps["mrz"], 1e-9, "both pages of a picture count")
	assert.Positive(t, s.PeakMemory)
	assert.Equal(t, map[string]string{"mrz_rec": "1"}, out.Models)

	var text, page bytes.Buffer
	require.NoError(t, out.WriteText(&text))
	assert.Contains(t, text.String(), "of 2 printed valid; 2 of all 3")
	assert.Contains(t, text.String(), "valid, unchecked field differs, uncertain, surname")
	require.NoError(t, out.WriteHTML(t.Context(), &page))
	assert.Equal(t, 6, strings.Count(page.String(), "<article"))
	assert.Equal(t, 4, strings.Count(page.String(), "<image href=\"data:image/jpeg;base64,"))
	assert.Equal(t, 6, strings.Count(page.String(), "<img src=\"data:image/jpeg;base64,"), "a strip for each line")
	assert.NotContains(t, page.String(), "ZgotmplZ")
	assert.NotContains(t, page.String(), "http", "the page needs nothing else")
	require.NoError(t, json.NewEncoder(&text).Encode(out))
}

func TestRunStops(t *testing.T) {
	m := write(t, Picture{File: "0.png", Class: "mrz"}, Picture{File: "1.png", Class: "mrz"})
	broken := errors.New("broken")
	_, err := Run(t.Context(), fake{
		"100": func() (*report.Result, error) { return nil, broken },
		"101": found(nil),
	}, m, Options{Now: now})
	require.ErrorIs(t, err, broken)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Run(ctx, fake{}, m, Options{Now: now})
	require.ErrorIs(t, err, context.Canceled)
}

func TestSelect(t *testing.T) {
	m := write(t, Picture{File: "0.png", Class: "mrz"}, Picture{File: "1.png", Class: Negative}, Picture{File: "2.png", Class: "mrz"})
	p, err := m.Select("mrz")
	require.NoError(t, err)
	require.Len(t, p, 2)
	assert.Equal(t, "2.png", p[1].File)
	p, err = m.Select()
	require.NoError(t, err)
	assert.Len(t, p, 3)
	_, err = m.Select("passport")
	require.ErrorIs(t, err, ErrManifest)
	assert.ErrorContains(t, err, "mrz, negative")
}

func TestLoadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"not JSON":    "file,class",
		"not a list":  `{"file": "a"}`,
		"no file":     `[{"class": "mrz"}]`,
		"empty truth": `[{"file": "a", "mrz": {"type": "TD3"}}]`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "m.json")
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			_, err := Load(path)
			require.ErrorIs(t, err, ErrManifest)
		})
	}
	_, err := Load(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
