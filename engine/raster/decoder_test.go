package raster

import (
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"idproof/internal/hostile"
)

// shared saves the tests from compiling the sandboxes more than once.
var shared Decoder

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := shared.Close(); err != nil {
			panic(err)
		}
		os.Exit(code)
	}))
}

// TestDecoderShared uses one Decoder from several goroutines, more than there
// are sandboxes.
func TestDecoderShared(t *testing.T) {
	files := map[string][]byte{
		"heic": file(t, "rotated.heic"), "jpeg": hostile.JPEG(300, 200),
		"pdf": hostile.PDF("[0 0 100 50]", "0 0 9 9 re f", 2), "webp": file(t, "lossy.webp"),
	}
	if testing.Short() { // compiling the sandboxes takes long, above all with the race detector
		delete(files, "heic")
		delete(files, "pdf")
	}
	var wg sync.WaitGroup
	for format, data := range files {
		for range 3 {
			wg.Go(func() {
				pages, err := shared.Decode(t.Context(), data, Limits{Time: 2 * time.Minute})
				if err != nil || pages[0].Format != format {
					t.Errorf("%s: %v", format, err)
				}
			})
		}
	}
	wg.Wait()
}

func TestDecoderUnused(t *testing.T) {
	var d Decoder
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// cpu reports the processor time of a benchmark's loop, which a busy machine
// changes less than the time on the wall.
func cpu(b *testing.B) func() {
	b.Helper()
	used := func() float64 {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
	}
	start := used()
	return func() { b.ReportMetric((used()-start)/float64(b.N), "cpu-ms/op") }
}
