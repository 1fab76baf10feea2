package raster

import (
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"idproof/internal/hostile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestDecoderShared uses one Decoder from several goroutines, more than there
// are sandboxes.
func TestDecoderShared(t *testing.T) {
	var d Decoder
	files := map[string][]byte{
		"heic": file(t, "rotated.heic"), "jpeg": hostile.JPEG(300, 200),
		"pdf": hostile.PDF("[0 0 100 50]", "0 0 9 9 re f", 2), "webp": file(t, "lossy.webp"),
	}
	var wg sync.WaitGroup
	for format, data := range files {
		for range 3 {
			wg.Go(func() {
				pages, err := d.Decode(t.Context(), data, Limits{Time: 2 * time.Minute})
				if err != nil || pages[0].Format != format {
					t.Errorf("%s: %v", format, err)
				}
			})
		}
	}
	wg.Wait()
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestDecoderUnused(t *testing.T) {
	var d Decoder
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
