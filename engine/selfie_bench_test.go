package engine_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"idproof/engine"
	"idproof/engine/raster"
)

// The whole selfie step through the engine: a JPEG of two megapixels to quality,
// template and passive liveness. Run it with -cpu 1; it reports the median by the
// clock, and the processor's time, which other work on the machine does not touch.
func BenchmarkSelfie(b *testing.B) {
	dir := os.Getenv("IDPROOF_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data")
	}
	data, err := os.ReadFile(filepath.Join(dir, "images", "face", "deepface__img2.jpg"))
	if err != nil {
		b.Skip("needs the labelled faces in IDPROOF_DATA")
	}
	pages, err := raster.Decode(b.Context(), data, raster.Limits{})
	require.NoError(b, err)
	selfie, err := pages[0].Resize(1632, 1224).JPEG(90)
	require.NoError(b, err)
	e, err := engine.Open(engine.Config{Workers: 1})
	require.NoError(b, err)
	defer func() { require.NoError(b, e.Close()) }()
	var took []time.Duration
	var before, after unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &before))
	for b.Loop() {
		start := time.Now()
		r, err := e.Analyze(b.Context(), []engine.Input{{Type: engine.Selfie, Data: selfie}}, engine.Options{Types: []string{"selfie", "liveness"}})
		took = append(took, time.Since(start))
		require.NoError(b, err)
		require.Equal(b, 1, r.AnalysisSummary.Selfie.Faces)
	}
	require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &after))
	used := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	b.ReportMetric(float64(used)/1e6/float64(len(took)), "cpu-ms")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
}
