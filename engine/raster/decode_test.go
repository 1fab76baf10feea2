package raster

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"idproof/internal/hostile"
)

func file(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// encoded runs an encoder of the standard library's style.
func encoded(tb testing.TB, f func(b *bytes.Buffer) error) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := f(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(tb testing.TB, im image.Image) []byte {
	tb.Helper()
	return encoded(tb, func(b *bytes.Buffer) error { return png.Encode(b, im) })
}

func jpegOf(tb testing.TB, im *Image) []byte {
	tb.Helper()
	b, err := im.JPEG(95)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// one decodes a file of one page.
func one(t *testing.T, data []byte, l Limits) Page {
	t.Helper()
	pages, err := shared.Decode(t.Context(), data, l)
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) != 1 {
		t.Fatalf("%d pages", len(pages))
	}
	return pages[0]
}

// tiffHeader is an Exif block, or the start of a TIFF file, with an orientation
// and a camera.
func tiffHeader(orientation int) []byte {
	b := []byte("MM\x00*\x00\x00\x00\x08\x00\x02")
	b = append(b, 0x01, 0x0f, 0, 2, 0, 0, 0, 4, 'P', 'h', 'o', 0)
	b = append(b, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, byte(orientation), 0, 0)
	return append(b, 0, 0, 0, 0)
}

func withExif(jpg []byte, orientation int) []byte {
	body := append([]byte("Exif\x00\x00"), tiffHeader(orientation)...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(2+len(body)))
	return append(append(head, body...), jpg[2:]...)
}

func TestFormats(t *testing.T) {
	want := scene(96, 64)
	std := want.Std()
	gray := want.Gray()
	for _, c := range []struct {
		name, format string
		data         []byte
		want         *Image
		mean         float64
		worst        int
	}{
		{"jpeg", "jpeg", jpegOf(t, want), want, 1.5, 12},
		{"grey jpeg", "jpeg", encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, gray.Std(), nil) }), gray.RGB(), 1.5, 12},
		{"png", "png", pngOf(t, std), want, 0, 0},
		{"grey png", "png", pngOf(t, gray.Std()), gray.RGB(), 0, 0},
		{"gif", "gif", encoded(t, func(b *bytes.Buffer) error { return gif.Encode(b, std, nil) }), want, 19, 80},
		{"bmp", "bmp", encoded(t, func(b *bytes.Buffer) error { return bmp.Encode(b, std) }), want, 0, 0},
		{"tiff", "tiff", encoded(t, func(b *bytes.Buffer) error { return tiff.Encode(b, std, nil) }), want, 0, 0},
		{"deflated tiff", "tiff", encoded(t, func(b *bytes.Buffer) error {
			return tiff.Encode(b, std, &tiff.Options{Compression: tiff.Deflate, Predictor: true})
		}), want, 0, 0},
		{"grey tiff", "tiff", encoded(t, func(b *bytes.Buffer) error { return tiff.Encode(b, gray.Std(), nil) }), gray.RGB(), 0, 0},
		{"webp", "webp", file(t, "lossy.webp"), want, 3, 40},
		{"lossless webp", "webp", file(t, "lossless.webp"), want, 0, 0},
		{"animated webp", "webp", file(t, "anim.webp"), want, 3, 40},
		{"heic", "heic", file(t, "rotated.heic"), want.Rotate(1), 3, 40},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := one(t, c.data, Limits{})
			margin := 0
			if c.format == "heic" { // libheif turns the chroma of the outermost pixels a little off
				margin = 3
			}
			near(t, c.name, p.Image, c.want, margin, c.mean, c.worst)
			if p.Format != c.format || p.Scale != 1 || p.Width != p.W || p.Height != p.H || p.Index != 0 {
				t.Errorf("%s, page %d, scale %v, %d x %d", p.Format, p.Index, p.Scale, p.Width, p.Height)
			}
		})
	}
}

// mirror is the slow truth for orientations.
func mirror(im *Image) *Image {
	out := New(im.W, im.H)
	for y := range im.H {
		for x := range im.W {
			copy(out.Pix[3*(y*im.W+x):][:3], im.Pix[3*(y*im.W+im.W-1-x):][:3])
		}
	}
	return out
}

func TestOrientation(t *testing.T) {
	want := scene(96, 64)
	// How the camera stores a scene that should be seen as want.
	stored := []*Image{
		want, want, mirror(want), want.Rotate(2), mirror(want).Rotate(2),
		mirror(want.Rotate(1)), want.Rotate(3), mirror(want.Rotate(3)), want.Rotate(1),
	}
	for o := 1; o <= 8; o++ {
		p := one(t, withExif(jpegOf(t, stored[o]), o), Limits{})
		near(t, "jpeg", p.Image, want, 0, 2, 30)
		if p.Exif.Orientation != o || p.Exif.Make != "Pho" || p.Width != 96 || p.Height != 64 {
			t.Errorf("orientation %d: %+v, %d x %d", o, p.Exif, p.Width, p.Height)
		}
	}
	// PNG: chunk eXIf before the pixels.
	data := pngOf(t, stored[6].Std())
	exif := tiffHeader(6)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(exif)))
	chunk = append(append(chunk, "eXIf"...), exif...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc(chunk[4:]))
	data = append(append(append([]byte(nil), data[:33]...), chunk...), data[33:]...)
	near(t, "png", one(t, data, Limits{}).Image, want, 0, 0, 0)
	// WebP: chunk EXIF after the pixels.
	var body bytes.Buffer
	body.WriteString("WEBP")
	writeChunk(&body, "VP8X", []byte{8, 0, 0, 0, 95, 0, 0, 63, 0, 0})
	body.Write(file(t, "lossless.webp")[12:])
	writeChunk(&body, "EXIF", exif)
	var webp bytes.Buffer
	writeChunk(&webp, "RIFF", body.Bytes())
	near(t, "webp", one(t, webp.Bytes(), Limits{}).Image, want.Rotate(1), 0, 0, 0)
	// HEIC: the container turns the picture; its Exif block says so once more.
	p := one(t, file(t, "rotated.heic"), Limits{})
	if p.W != 64 || p.H != 96 || p.Exif.Orientation != 0 || p.Exif.Make != "Test" {
		t.Errorf("heic: %d x %d, %+v", p.W, p.H, p.Exif)
	}
}

func crc(b []byte) uint32 {
	c := ^uint32(0)
	for _, v := range b {
		c ^= uint32(v)
		for range 8 {
			c = c>>1 ^ 0xedb88320&-(c&1)
		}
	}
	return ^c
}

func TestAlphaOnWhite(t *testing.T) {
	im := image.NewNRGBA(image.Rect(0, 0, 4, 1))
	for x, a := range []uint8{0, 64, 128, 255} {
		im.SetNRGBA(x, 0, color.NRGBA{100, 0, 255, a})
	}
	want := []uint8{255, 255, 255, 216, 191, 255, 177, 127, 255, 100, 0, 255}
	wide := image.NewNRGBA64(im.Rect)
	pre := image.NewRGBA(im.Rect)
	pre64 := image.NewRGBA64(im.Rect)
	pal := image.NewPaletted(im.Rect, nil)
	for x := range 4 {
		c := im.NRGBAAt(x, 0)
		wide.Set(x, 0, c)
		pre.Set(x, 0, c)
		pre64.Set(x, 0, c)
		pal.Palette = append(pal.Palette, c)
		pal.SetColorIndex(x, 0, uint8(x))
	}
	for name, m := range map[string]image.Image{
		"nrgba": im, "nrgba64": wide, "rgba": pre, "rgba64": pre64, "palette": pal,
		"other": struct{ image.Image }{im}, "png": mustPNG(t, im), "16-bit png": mustPNG(t, wide), "palette png": mustPNG(t, pal),
	} {
		for i, v := range FromImage(m).Pix {
			if d := int(v) - int(want[i]); d < -1 || d > 1 {
				t.Errorf("%s: %v, want %v", name, FromImage(m).Pix, want)
				break
			}
		}
	}
	got := one(t, file(t, "alpha.webp"), Limits{})
	for y := range got.H {
		for c := range 3 {
			if v := got.Pix[3*y*got.W+c]; v < 250 {
				t.Fatalf("transparent edge in row %d is %d, not white", y, v)
			}
		}
	}
}

func mustPNG(t *testing.T, im image.Image) image.Image {
	t.Helper()
	return one(t, pngOf(t, im), Limits{}).Std()
}

func TestSixteenBits(t *testing.T) {
	im := image.NewGray16(image.Rect(0, 0, 256, 2))
	for x := range 256 {
		im.SetGray16(x, 0, color.Gray16{uint16(x<<8 | 0x7f)})
		im.SetGray16(x, 1, color.Gray16{uint16(x << 8)})
	}
	for name, data := range map[string][]byte{
		"png":  pngOf(t, im),
		"tiff": encoded(t, func(b *bytes.Buffer) error { return tiff.Encode(b, im, nil) }),
	} {
		p := one(t, data, Limits{})
		for i := range 512 {
			if p.Pix[3*i] != uint8(i) {
				t.Fatalf("%s: sample %d is %d", name, i, p.Pix[3*i])
			}
		}
	}
}

func TestScale(t *testing.T) {
	full := scene(1600, 1200)
	for name, data := range map[string][]byte{
		"jpeg": withExif(jpegOf(t, full), 6), "png": pngOf(t, full.Rotate(1).Std()),
	} {
		for _, keep := range []int64{1600 * 1200, 1e6, 500e3, 125e3, 20e3} {
			p := one(t, data, Limits{Keep: keep})
			if p.Width != 1200 || p.Height != 1600 {
				t.Errorf("%s, keep %d: full size %d x %d", name, keep, p.Width, p.Height)
			}
			if n := int64(p.W) * int64(p.H); n > keep || n < keep/2 {
				t.Errorf("%s, keep %d: %d pixels kept", name, keep, n)
			}
			if s := float64(p.H) / float64(p.Height); math.Abs(s-p.Scale) > 0.005 {
				t.Errorf("%s, keep %d: scale %v, want %v", name, keep, p.Scale, s)
			}
			near(t, name, p.Image, scene(p.H, p.W).Rotate(1), 2, 3, 30)
		}
	}
}

// TestInks checks the two ways of storing four inks.
func TestInks(t *testing.T) {
	for _, c := range []struct {
		adobe bool
		inks  [4]uint8
		want  [3]uint8
	}{
		{true, [4]uint8{255, 255, 255, 255}, [3]uint8{255, 255, 255}},
		{true, [4]uint8{255, 0, 0, 255}, [3]uint8{255, 0, 0}},
		{true, [4]uint8{255, 255, 255, 0}, [3]uint8{0, 0, 0}},
		{false, [4]uint8{0, 0, 0, 0}, [3]uint8{255, 255, 255}},
		{false, [4]uint8{0, 255, 255, 0}, [3]uint8{255, 0, 0}},
		{false, [4]uint8{0, 0, 0, 155}, [3]uint8{100, 100, 100}},
	} {
		data := inkJPEG(c.inks, c.adobe)
		p := one(t, data, Limits{})
		if got := [3]uint8(p.Pix[:3]); p.W != 16 || p.H != 8 || !close3(got, c.want) {
			t.Errorf("%v, Adobe %v: %v, want %v", c.inks, c.adobe, got, c.want)
		}
	}
}

func close3(a, b [3]uint8) bool {
	for i := range a {
		if d := int(a[i]) - int(b[i]); d < -2 || d > 2 {
			return false
		}
	}
	return true
}

// inkJPEG is a JPEG of 16 by 8 pixels in one mix of inks.
func inkJPEG(inks [4]uint8, adobe bool) []byte {
	var b bytes.Buffer
	segment := func(marker byte, body ...byte) {
		b.Write([]byte{0xff, marker})
		_ = binary.Write(&b, binary.BigEndian, uint16(2+len(body)))
		b.Write(body)
	}
	b.Write([]byte{0xff, 0xd8})
	if adobe {
		segment(0xee, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00")...)
	}
	segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)
	segment(0xc0, 8, 0, 8, 0, 16, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0)
	dc := make([]byte, 17+12)
	dc[4] = 12 // twelve codes of four bits: the categories
	for i := range 12 {
		dc[17+i] = byte(i)
	}
	segment(0xc4, dc...)
	ac := make([]byte, 18)
	ac[0], ac[1] = 0x10, 1 // one code of one bit: end of block
	segment(0xc4, ac...)
	segment(0xda, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0)
	var bits uint64
	n := 0
	put := func(v uint64, count int) {
		bits = bits<<count | v
		for n += count; n >= 8; n -= 8 {
			v := byte(bits >> (n - 8))
			b.WriteByte(v)
			if v == 0xff {
				b.WriteByte(0)
			}
		}
	}
	for block := range 2 {
		for _, ink := range inks {
			d := 8 * (int(ink) - 128) // the mean, in the scale of the transform
			if block > 0 {
				d = 0
			}
			size := 0
			for v := max(d, -d); v > 0; v >>= 1 {
				size++
			}
			put(uint64(size), 4)
			if d < 0 {
				d += 1<<size - 1
			}
			put(uint64(d), size)
			put(0, 1)
		}
	}
	put(0x7f, 7)
	b.Write([]byte{0xff, 0xd9})
	return b.Bytes()
}

func TestTruncatedJPEG(t *testing.T) {
	whole := jpegOf(t, scene(320, 240))
	for _, c := range []struct {
		name string
		data []byte
		ok   bool
	}{
		{"only the end marker missing", whole[:len(whole)-2], true},
		{"stray bytes after the end", append(append([]byte(nil), whole...), 1, 2, 3), true},
		{"some data missing", whole[:len(whole)-40], false},
		{"half missing", whole[:len(whole)/2], false},
		{"data missing before the end marker", append(append([]byte(nil), whole[:len(whole)*3/4]...), 0xff, 0xd9), false},
		{"header only", whole[:300], false},
	} {
		_, err := Decode(t.Context(), c.data, Limits{})
		if c.ok && err != nil || !c.ok && !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestOddSampling has a chroma layout that libjpeg-turbo's interface refuses.
func TestOddSampling(t *testing.T) {
	data := encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, scene(64, 64).Gray().Std(), nil) })
	i := bytes.Index(data, []byte{0xff, 0xc0})
	data[i+11] = 0x14 // one component, sampled 1 by 4: the same picture
	near(t, "grey", one(t, data, Limits{}).Image, scene(64, 64).Gray().RGB(), 0, 2, 14)
}

func TestGIFFrameInScreen(t *testing.T) {
	frame := image.NewPaletted(image.Rect(10, 5, 20, 15), color.Palette{color.Black, color.NRGBA{200, 0, 0, 255}})
	for i := range frame.Pix {
		frame.Pix[i] = 1
	}
	data := encoded(t, func(b *bytes.Buffer) error {
		return gif.EncodeAll(b, &gif.GIF{
			Image: []*image.Paletted{frame}, Delay: []int{0}, Config: image.Config{Width: 40, Height: 30, ColorModel: frame.Palette},
		})
	})
	p := one(t, data, Limits{})
	at := func(x, y int) [3]uint8 { return [3]uint8(p.Pix[3*(y*p.W+x):][:3]) }
	if p.W != 40 || p.H != 30 || at(0, 0) != [3]uint8{255, 255, 255} || at(10, 5) != [3]uint8{200, 0, 0} || at(20, 15) != [3]uint8{255, 255, 255} {
		t.Errorf("%d x %d: %v %v %v", p.W, p.H, at(0, 0), at(10, 5), at(20, 15))
	}
}

// joined makes one TIFF file of several, each little-endian as x/image writes
// them, by shifting their offsets.
func joined(files ...[]byte) []byte {
	le := binary.LittleEndian
	out := append([]byte(nil), files[0][:8]...)
	link := 4
	for _, f := range files {
		shift := uint32(len(out) - 8)
		dir := le.Uint32(f[4:])
		n := int(le.Uint16(f[dir:]))
		f = append([]byte(nil), f...)
		for i := range n {
			e := f[int(dir)+2+12*i:]
			size := map[uint16]uint32{1: 1, 3: 2, 4: 4, 5: 8}[le.Uint16(e[2:])]
			tag := le.Uint16(e)
			if size*le.Uint32(e[4:]) > 4 {
				at := le.Uint32(e[8:])
				if tag == tagStripOffsets {
					for k := range le.Uint32(e[4:]) {
						le.PutUint32(f[at+4*k:], le.Uint32(f[at+4*k:])+shift)
					}
				}
				le.PutUint32(e[8:], at+shift)
			} else if tag == tagStripOffsets {
				le.PutUint32(e[8:], le.Uint32(e[8:])+shift)
			}
		}
		le.PutUint32(out[link:], dir+shift)
		link = int(dir+shift) + 2 + 12*n
		out = append(out, f[8:]...)
	}
	return out
}

func TestTIFFPages(t *testing.T) {
	var files [][]byte
	for i := range 6 {
		files = append(files, encoded(t, func(b *bytes.Buffer) error {
			return tiff.Encode(b, scene(60+10*i, 40).Std(), &tiff.Options{Compression: tiff.Deflate})
		}))
	}
	pages, err := Decode(t.Context(), joined(files...), Limits{})
	if err != nil || len(pages) != 4 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for i, p := range pages {
		near(t, "page", p.Image, scene(60+10*i, 40), 0, 0, 0)
		if p.Index != i {
			t.Errorf("page %d has index %d", i, p.Index)
		}
	}
	pages, err = Decode(t.Context(), joined(files[:2]...), Limits{Pages: 1})
	if err != nil || len(pages) != 1 {
		t.Errorf("%d pages, %v", len(pages), err)
	}
}

// tiffOf writes a TIFF whose tags are lists of the tag and its numbers, and whose
// strips are in body, where offsets count from. Tables and ranges are given by
// their count and their offset in body.
func tiffOf(body []byte, tags ...[]int) []byte {
	le := binary.LittleEndian
	out := append([]byte("II*\x00\x08\x00\x00\x00"), byte(len(tags)), 0)
	extraAt := len(out) + 12*len(tags) + 4
	bodyAt := extraAt
	for _, t := range tags {
		if len(t) > 2 {
			bodyAt += 4 * (len(t) - 1)
		}
	}
	var extra []byte
	for _, t := range tags {
		tag, values := t[0], t[1:]
		out = le.AppendUint16(out, uint16(tag))
		if raw := map[int]uint16{tagJPEGTables: 7, tagReferenceRange: 5}[tag]; raw != 0 {
			out = le.AppendUint16(out, raw)
			out = le.AppendUint32(out, uint32(t[1]))
			out = le.AppendUint32(out, uint32(bodyAt+t[2]))
			extra = append(extra, make([]byte, 8)...)
			continue
		}
		out = le.AppendUint16(out, 4)
		out = le.AppendUint32(out, uint32(len(values)))
		place := &out
		if len(values) > 1 {
			out = le.AppendUint32(out, uint32(extraAt+len(extra)))
			place = &extra
		}
		for _, v := range values {
			if tag == tagStripOffsets || tag == tagTileOffsets {
				v += bodyAt
			}
			*place = le.AppendUint32(*place, uint32(v))
		}
	}
	out = append(out, 0, 0, 0, 0)
	return append(append(out, extra...), body...)
}

// TestTIFFOfVideo has chroma at half resolution, in two strips of odd height,
// with run lengths, in the range of video.
func TestTIFFOfVideo(t *testing.T) {
	const y, cb, cr = 126, 90, 180 // stored; 16 to 235 and 16 to 240
	r, g, b := color.YCbCrToRGB((y-16)*255/219, 128+(cb-128)*127/112, 128+(cr-128)*127/112)
	var strip []byte
	for range 3 * 2 { // units across and down
		strip = append(strip, 0xfd, y, 1, cb, cr) // four of one, two of each
	}
	body := append(append([]byte(nil), strip...), strip...)
	ref := len(body)
	for _, v := range []uint32{16, 235, 128, 240, 128, 240} {
		body = binary.LittleEndian.AppendUint32(body, v)
		body = binary.LittleEndian.AppendUint32(body, 1)
	}
	n := len(strip)
	data := tiffOf(body, []int{tagWidth, 5}, []int{tagLength, 7}, []int{tagBitsPerSample, 8}, []int{tagCompression, 32773},
		[]int{tagPhotometric, 6}, []int{tagStripOffsets, 0, n}, []int{tagSamplesPerPixel, 3}, []int{tagRowsPerStrip, 4},
		[]int{tagStripByteCounts, n, n}, []int{tagYCbCrSampling, 2, 2}, []int{tagReferenceRange, 6, ref})
	p := one(t, data, Limits{})
	if p.W != 5 || p.H != 7 {
		t.Fatalf("%d x %d", p.W, p.H)
	}
	for i := 0; i < len(p.Pix); i += 3 {
		if got := [3]uint8(p.Pix[i : i+3]); !close3(got, [3]uint8{r, g, b}) {
			t.Fatalf("pixel %d is %v, want %v", i/3, got, [3]uint8{r, g, b})
		}
	}
	if _, err := Decode(t.Context(), data[:len(data)-60], Limits{}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("cut: %v", err)
	}
}

// TestTIFFOfJPEGs has two strips, or two tiles, with their tables apart.
func TestTIFFOfJPEGs(t *testing.T) {
	want := scene(96, 64)
	split := func(im *Image) (tables, rest []byte) {
		data := encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, im.Std(), &jpeg.Options{Quality: 95}) })
		tables, rest = []byte{0xff, 0xd8}, []byte{0xff, 0xd8}
		for p := 2; ; {
			n := 2 + int(binary.BigEndian.Uint16(data[p+2:]))
			switch data[p+1] {
			case 0xdb, 0xc4:
				tables = append(tables, data[p:p+n]...)
			case 0xda:
				return append(tables, 0xff, 0xd9), append(rest, data[p:]...)
			default:
				rest = append(rest, data[p:p+n]...)
			}
			p += n
		}
	}
	for name, c := range map[string]struct {
		a, b *Image
		tags [][]int
	}{
		"strips": {want.Crop(0, 0, 96, 32), want.Crop(0, 32, 96, 64), [][]int{{tagRowsPerStrip, 32}}},
		"tiles":  {want.Crop(0, 0, 48, 64), want.Crop(48, 0, 96, 64), [][]int{{tagTileWidth, 48}, {tagTileLength, 64}}},
	} {
		tables, a := split(c.a)
		_, b := split(c.b)
		body := append(append(append([]byte(nil), a...), b...), tables...)
		offsets, counts := []int{tagStripOffsets, 0, len(a)}, []int{tagStripByteCounts, len(a), len(b)}
		if name == "tiles" {
			offsets[0], counts[0] = tagTileOffsets, tagTileByteCounts
		}
		tags := append([][]int{
			{tagWidth, 96},
			{tagLength, 64},
			{tagBitsPerSample, 8},
			{tagCompression, 7},
			{tagPhotometric, 6},
			{tagSamplesPerPixel, 3},
			offsets, counts,
			{tagJPEGTables, len(tables), len(a) + len(b)},
		}, c.tags...)
		near(t, name, one(t, tiffOf(body, tags...), Limits{}).Image, want, 0, 2, 30)
	}
}

func TestPDF(t *testing.T) {
	// An identity card's size; its left half black, its lower right corner red.
	data := hostile.PDF("[0 0 242 153]", "0 0 121 153 re f 1 0 0 rg 200 0 42 30 re f", 6)
	pages, err := shared.Decode(t.Context(), data, Limits{Pages: 2, Time: time.Minute})
	if err != nil || len(pages) != 2 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	p := pages[1]
	at := func(x, y float64) [3]uint8 {
		return [3]uint8(p.Pix[3*(int(y*float64(p.H))*p.W+int(x*float64(p.W))):][:3])
	}
	if at(0.25, 0.5) != [3]uint8{} || at(0.75, 0.5) != [3]uint8{255, 255, 255} || at(0.95, 0.95) != [3]uint8{255, 0, 0} {
		t.Errorf("colours %v %v %v", at(0.25, 0.5), at(0.75, 0.5), at(0.95, 0.95))
	}
	if p.Index != 1 || p.Format != "pdf" || p.Scale != 1 || p.Width != p.W || math.Abs(float64(p.W)-2000) > 20 {
		t.Errorf("page %d, %s, %d of %d wide, scale %v", p.Index, p.Format, p.W, p.Width, p.Scale)
	}
	for _, c := range []struct {
		w, h float64
		keep int64
		want image.Point
	}{
		{595, 842, 24e6, image.Pt(2479, 3508)}, // A4 at 300 dots an inch
		{242, 153, 24e6, image.Pt(2000, 1264)},
		{72, 36, 24e6, image.Pt(600, 300)},
		{3024, 4032, 24e6, image.Pt(4242, 5656)},
		{14400, 1, 24e6, image.Pt(16000, 1)},
		{0, 10, 24e6, image.Pt(0, 0)},
		{math.Inf(1), 10, 24e6, image.Pt(0, 0)},
		{math.NaN(), 10, 24e6, image.Pt(0, 0)},
	} {
		if w, h := pdfSize(c.w, c.h, c.keep); image.Pt(w, h) != c.want {
			t.Errorf("%v x %v points: %d x %d pixels, want %v", c.w, c.h, w, h, c.want)
		}
	}
}

func TestUnsupported(t *testing.T) {
	rle := hostile.BMP(4, 4)
	rle[30] = 1
	for name, data := range map[string][]byte{
		"avif": file(t, "scene.avif"), "avif called heif": bytes.Replace(file(t, "scene.avif"), []byte("ftypavif"), []byte("ftypheic"), 1),
		"svg": []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), "zip": []byte("PK\x03\x04"), "run-length bmp": rle,
		"float tiff": tiffOf(make([]byte, 64), []int{256, 4}, []int{257, 4}, []int{258, 32}, []int{262, 1}, []int{273, 0}, []int{279, 64}, []int{339, 3}),
	} {
		if _, err := Decode(t.Context(), data, Limits{}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEncodeJPEG(t *testing.T) {
	want := scene(97, 65)
	for _, q := range []int{-3, 20, 75, 95, 400} {
		b, err := want.JPEG(q)
		if err != nil {
			t.Fatal(err)
		}
		im, err := jpeg.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if q >= 75 {
			near(t, "jpeg", FromImage(im), want, 0, 3.5, 40)
		}
	}
	if _, err := New(0, 5).JPEG(80); err == nil {
		t.Error("empty picture encoded")
	}
	if _, err := New(70000, 1).JPEG(80); err == nil {
		t.Error("too wide a picture encoded")
	}
}

// TestCollected decodes a collection of real files, when there is one, and
// checks turbo's pixels against the standard library's.
func TestCollected(t *testing.T) {
	dir := os.Getenv("IDPROOF_DATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	files, _ := filepath.Glob(filepath.Join(dir, "images", "*", "*.*"))
	if len(files) == 0 {
		t.Skip("no collection of pictures: set IDPROOF_DATA")
	}
	if testing.Short() {
		t.Skip("short")
	}
	refused := 0
	for i := 0; i < len(files); i += 7 { // a sample: decoding each twice takes a while
		f := files[i]
		data, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		pages, err := Decode(t.Context(), data, Limits{})
		if err != nil {
			refused++
			t.Logf("%s: %v", filepath.Base(f), err)
			continue
		}
		if pages[0].Format != "jpeg" || pages[0].Exif.Orientation > 1 || pages[0].Scale != 1 {
			continue
		}
		im, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Logf("%s: only libjpeg-turbo reads it", filepath.Base(f))
			continue
		}
		if m, w := distance(pages[0].Image, FromImage(im), 0); m > 2.5 { // chroma is interpolated differently
			t.Errorf("%s: differs by %.2f on average, %d at most", filepath.Base(f), m, w)
		}
	}
	t.Logf("%d files, every seventh tried, %d refused", len(files), refused)
}

func BenchmarkDecodeJPEG12MP(b *testing.B) {
	im := scene(4032, 3024)
	for i, v := range noise(4032, 3024).Pix {
		im.Pix[i] = uint8((15*int(im.Pix[i]) + int(v)) / 16)
	}
	data, err := im.JPEG(85)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		keep int64
	}{{"full", 24e6}, {"half", 4e6}, {"quarter", 1e6}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			defer cpu(b)()
			for b.Loop() {
				if _, err := Decode(b.Context(), data, Limits{Keep: c.keep}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("standard library", func(b *testing.B) {
		defer cpu(b)()
		for b.Loop() {
			if _, err := jpeg.Decode(bytes.NewReader(data)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encode", func(b *testing.B) {
		defer cpu(b)()
		for b.Loop() {
			if _, err := im.JPEG(85); err != nil {
				b.Fatal(err)
			}
		}
	})
}
