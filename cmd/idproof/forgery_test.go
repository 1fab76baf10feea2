package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestForgery(t *testing.T) {
	dir := t.TempDir()
	im := image.NewGray(image.Rect(0, 0, 400, 300))
	for i := range im.Pix {
		im.Pix[i] = uint8(i*7 + i/400*13)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, nil); err != nil {
		t.Fatal(err)
	}
	edited := append([]byte("\xff\xd8\xff\xec\x00\x09Ducky\x00\x01"), b.Bytes()[2:]...)
	good, bad, page := filepath.Join(dir, "a.jpg"), filepath.Join(dir, "b.jpg"), filepath.Join(dir, "e.html")
	for name, data := range map[string][]byte{good: edited, bad: []byte("no picture")} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"forgery", "--no-read", "--jsonl", "--html", page, good, bad}, streams{out: &out, err: &errs})
	if code != 1 {
		t.Errorf("status %d: %s", code, errs.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	type indicator struct{ IndicatorID, Type string }
	var first, second struct {
		File       string
		State      string
		Score      string
		RiskScore  *int
		Indicators []indicator
		ElapsedMS  float64 `json:"elapsed_ms"`
		Errors     []struct{ Code string }
	}
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(lines[1]), &second); err != nil {
		t.Fatal(err)
	}
	if first.File != good || first.State != "Finished" || first.RiskScore == nil || first.ElapsedMS <= 0 ||
		!slices.Contains(first.Indicators, indicator{"editing_software", "RISK"}) {
		t.Errorf("first: %s", lines[0])
	}
	if second.State != "Failed" || len(second.Errors) != 1 || second.Errors[0].Code != "UNSUPPORTED_MEDIA" {
		t.Errorf("second: %s", lines[1])
	}
	html, err := os.ReadFile(page)
	if err != nil || !strings.Contains(string(html), "Saved by an editing program") {
		t.Errorf("page: %v", err)
	}
}
