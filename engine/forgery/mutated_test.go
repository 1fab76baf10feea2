package forgery

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/gif"
	"image/png"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"idproof/engine/raster"
	"idproof/specimen"
)

var mutations = flag.Int("mutations", 120, "how many damaged files are looked at")

// files are one drawn document in every format, with all that cameras and editors
// put around the pixels.
func files(t *testing.T) [][]byte {
	t.Helper()
	drawn := raster.FromImage(specimen.Random(rand.New(rand.NewPCG(5, 1)), specimen.Card).Draw().Front.Image).Resize(420, 265)
	jpeg, err := drawn.JPEG(80)
	if err != nil {
		t.Fatal(err)
	}
	out := [][]byte{
		jpeg,
		with(jpeg, segment(0xe1, "Exif\x00\x00"+string(camera())), segment(0xed, "Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x0c\x1c\x02\x05\x00\x06edited")),
		with(jpeg, segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta><rdf:RDF Iptc4xmpExt:DigitalSourceType=\"trainedAlgorithmicMedia\"/></x:xmpmeta>")),
		pngOf(t, drawn.Std(), chunk("tEXt", "parameters\x00Steps: 20, Sampler: Euler"), chunk("eXIf", string(camera()))),
		[]byte(fmt.Sprintf("%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"+
			"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 265]/Resources<</XObject<</P 5 0 R>>>>/Contents 4 0 R>>endobj\n"+
			"4 0 obj<</Length 30>>stream\nq 420 0 0 265 0 0 cm /P Do Q  \nendstream endobj\n"+
			"5 0 obj<</Type/XObject/Subtype/Image/Width 420/Height 265/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode/Length %d>>stream\n%s\nendstream endobj\n"+
			"trailer<</Size 6/Root 1 0 R>>\n%%%%EOF\n", len(jpeg), jpeg)),
	}
	for _, name := range []string{"lossy.webp", "alpha.webp", "anim.webp"} {
		data, err := os.ReadFile("../raster/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, data)
	}
	for _, write := range []func(*bytes.Buffer) error{
		func(b *bytes.Buffer) error { return gif.Encode(b, drawn.Std(), nil) },
		func(b *bytes.Buffer) error { return bmp.Encode(b, drawn.Std()) },
		func(b *bytes.Buffer) error {
			return tiff.Encode(b, drawn.Std(), &tiff.Options{Compression: tiff.Deflate})
		},
		func(b *bytes.Buffer) error { return png.Encode(b, image.NewGray(image.Rect(0, 0, 300, 200))) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		out = append(out, b.Bytes())
	}
	return out
}

// mutate damages a file: changed bits and bytes (most of them near its beginning,
// where formats have their structure), cut, repeated, or with a piece of another.
func mutate(r *rand.Rand, data, other []byte) []byte {
	out := bytes.Clone(data)
	place := func() int {
		if r.IntN(2) == 0 {
			return r.IntN(min(len(out), 700))
		}
		return r.IntN(len(out))
	}
	for range 1 + r.IntN(6) {
		if len(out) < 8 {
			return out
		}
		switch r.IntN(7) {
		case 0:
			out[place()] ^= 1 << r.IntN(8)
		case 1:
			out[place()] = byte(r.IntN(256))
		case 2:
			out[place()] = []byte{0, 0xff, 0x7f, 0x80}[r.IntN(4)]
		case 3:
			out = out[:place()+1]
		case 4: // a piece is lost
			a := place()
			out = append(out[:a:a], out[min(len(out), a+1+r.IntN(200)):]...)
		case 5: // a piece is there twice
			a := place()
			out = append(out[:a:a], out[max(0, a-r.IntN(200)):]...)
		case 6: // a piece of another file
			a, b := place(), r.IntN(len(other))
			out = append(out[:a:a], append(bytes.Clone(other[b:min(len(other), b+r.IntN(400))]), out[a:]...)...)
		}
	}
	return out
}

// Nothing that strangers do to a file stops the analysis: it is refused by the
// decoder, or every detector answers or says why it does not; none fails by panic.
func TestMutatedFiles(t *testing.T) {
	seeds := files(t)
	d := &raster.Decoder{}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	refused, longest := 0, time.Duration(0)
	for i := range *mutations {
		r := rand.New(rand.NewPCG(uint64(i), 9))
		data := bytes.Clone(seeds[i%len(seeds)])
		if i >= len(seeds) { // the first ones are whole
			data = mutate(r, data, seeds[r.IntN(len(seeds))])
		}
		start := time.Now()
		pages, err := d.Decode(t.Context(), data, raster.Limits{})
		if err != nil {
			if i < len(seeds) || errors.Is(err, context.Canceled) {
				t.Fatalf("file %d: %v", i, err)
			}
			refused++
			continue
		}
		for p := range pages {
			a, err := Analyze(t.Context(), &Evidence{Data: data, Picture: &pages[p], Page: p, Now: time.Unix(1_790_000_000, 0), All: true})
			if err != nil {
				t.Fatalf("file %d: %v", i, err)
			}
			if len(a.Measured)+len(a.NotPerformed) != len(Detectors()) {
				t.Fatalf("file %d: %d detectors measured, %d said why not", i, len(a.Measured), len(a.NotPerformed))
			}
			for _, n := range a.NotPerformed {
				if strings.Contains(n.Reason, "panic") {
					t.Errorf("file %d: %s: %s", i, n.ID, n.Reason)
				}
			}
		}
		longest = max(longest, time.Since(start))
	}
	t.Logf("%d files, %d refused, the slowest took %v", *mutations, refused, longest)
	if refused == *mutations-len(seeds) {
		t.Error("all damaged files were refused: nothing was tested")
	}
}
