package forgery

import (
	"testing"
	"time"

	"idproof/engine/raster"
)

var testNow = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// evidenceOf decodes a file.
func evidenceOf(t testing.TB, data []byte) *Evidence {
	t.Helper()
	pages, err := raster.Decode(t.Context(), data, raster.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return &Evidence{Data: data, Picture: &pages[0], Now: testNow}
}
