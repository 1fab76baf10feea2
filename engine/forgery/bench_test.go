package forgery

import (
	"testing"

	"idproof/engine/raster"
)

// BenchmarkAnalyze looks at a drawn photograph of 12 megapixels; the time of each
// detector is reported by the slowest name.
func BenchmarkAnalyze(b *testing.B) {
	data := jpegOf(b, texture(4000, 3000, 1), 90)
	pages, err := raster.Decode(b.Context(), data, raster.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		a, err := Analyze(b.Context(), &Evidence{Data: data, Picture: &pages[0], Now: testNow})
		if err != nil {
			b.Fatal(err)
		}
		for id, s := range a.Seconds {
			if s > 0.005 {
				b.ReportMetric(1000*s, "ms/"+id)
			}
		}
	}
}
