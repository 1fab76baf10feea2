package raster

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"idproof/internal/hostile"
)

// peak returns the most memory this process ever held, in MB.
func peak(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc here")
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmHWM:" {
			n, _ := strconv.Atoi(f[1])
			return n >> 10
		}
	}
	return 0
}

var typed = []error{ErrEmpty, ErrTooLarge, ErrUnsupported, ErrCorrupt, ErrTooManyPixels, ErrTimeout}

func TestHostileFiles(t *testing.T) {
	if _, err := shared.Decode(t.Context(), hostile.PDF("[0 0 9 9]", "", 1), Limits{Time: time.Minute}); err != nil {
		t.Fatal(err) // compiles the reader, so that the times below are those of the files
	}
	want := map[string]error{
		"empty.jpg": ErrEmpty, "text.jpg": ErrUnsupported, "page.png": ErrUnsupported,
		"60000x60000.png": ErrTooManyPixels, "30000x30000.png": ErrTooManyPixels,
		"truncated.png": ErrCorrupt, "truncated.jpg": ErrCorrupt, "headeronly.jpg": ErrCorrupt,
		"65500x65500.jpg": ErrTooManyPixels, "largerthandata.jpg": ErrCorrupt,
		"1000scans.jpg": ErrTooManyPixels, "scansandpixels.jpg": ErrTooManyPixels,
		"65535x65535.gif": ErrTooManyPixels, "100000x100000.bmp": ErrTooManyPixels,
		"hugestrip.tif": ErrTooManyPixels, "stripbomb.tif": ErrCorrupt,
		"16384x16384.webp": ErrTooManyPixels, "smallcanvas.webp": ErrTooManyPixels,
		"bignumbers.heic": ErrCorrupt, "endless.pdf": ErrTimeout, "streambomb.pdf": ErrCorrupt, "brokenxref.pdf": ErrCorrupt,
	}
	for _, f := range hostile.Files() {
		t.Run(f.Name, func(t *testing.T) {
			data := f.Build()
			runtime.GC()
			start := time.Now()
			limit := 6 * time.Second
			if f.Name == "endless.pdf" { // its reader gives up by itself after five seconds or so
				limit = 2 * time.Second
			}
			pages, err := shared.Decode(t.Context(), data, Limits{Time: limit})
			t.Logf("%d bytes, %d ms, peak %d MB: %d pages, %v", len(data), time.Since(start).Milliseconds(), peak(t), len(pages), err)
			if took := time.Since(start); took > 15*time.Second {
				t.Errorf("took %v", took)
			}
			switch {
			case f.Name == "streambomb.pdf" && errors.Is(err, ErrTimeout): // on a slow machine
			case f.Reads && (err != nil || len(pages) == 0):
				t.Errorf("not read: %v", err)
			case !f.Reads && (want[f.Name] == nil || !errors.Is(err, want[f.Name])):
				t.Errorf("error %v, want %v", err, want[f.Name])
			}
			if len(pages) > DefaultLimits().Pages {
				t.Errorf("%d pages", len(pages))
			}
		})
	}
	if p := peak(t); p > 700 {
		t.Errorf("peak memory %d MB", p)
	}
}

func TestTooManyBytes(t *testing.T) {
	_, err := Decode(t.Context(), hostile.Big(200<<20), Limits{})
	if !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Decode(ctx, hostile.PNG(64, 64), Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := Decode(t.Context(), hostile.PNG(64, 64), Limits{Time: 1}); !errors.Is(err, ErrTimeout) {
		t.Errorf("late: %v", err)
	}
}

// FuzzDecode looks for panics that are not caught, for errors without a type and
// for pages that break their promises. The sandboxed formats have fuzz targets
// of their own upstream; here they would only slow the search.
func FuzzDecode(f *testing.F) {
	for _, data := range [][]byte{
		hostile.JPEG(33, 17), hostile.JPEGWithSize(100, 90), hostile.JPEGScans(64, 48, 5), hostile.PNG(33, 17),
		hostile.GIF(40, 30, 3), hostile.BMP(3, 1), hostile.TIFF(16, 16, 1<<16), hostile.TIFFCircle(),
		hostile.WebP(20, 10), hostile.WebPInCanvas(30, 20, 20, 10), hostile.WebPFrames(8, 6, 3),
	} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if strings.Contains(string(data[:min(len(data), 1024)]), "%PDF-") || len(data) > 12 && string(data[4:8]) == "ftyp" {
			t.Skip()
		}
		pages, err := Decode(t.Context(), data, Limits{Pixels: 1e6, Keep: 1e5, Memory: 16 << 20})
		if err == nil && len(pages) == 0 {
			t.Fatal("neither pages nor an error")
		}
		if err != nil {
			for _, e := range typed {
				if errors.Is(err, e) {
					return
				}
			}
			t.Fatalf("error without a type: %v", err)
		}
		for _, p := range pages {
			if p.W < 1 || p.H < 1 || len(p.Pix) != 3*p.W*p.H || p.Scale <= 0 || p.Scale > 1 || p.Width < p.W {
				t.Fatalf("%s: %d x %d of %d x %d, %d samples, scale %v", p.Format, p.W, p.H, p.Width, p.Height, len(p.Pix), p.Scale)
			}
		}
	})
}
