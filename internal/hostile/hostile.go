// Package hostile builds, for tests, the files that a stranger may upload to
// hurt a server: bombs that are small on disk and huge when decoded, damaged and
// mislabelled files. Nothing here is a picture of anything. It must not be
// imported by the product itself.
package hostile

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"strings"
)

// File is one hostile upload.
type File struct {
	Name  string // what it claims to be, with a telling base name
	Build func() []byte
	// Reads tells that a first picture can be read all the same, within bounds;
	// otherwise the file must be refused.
	Reads bool
}

// Files returns them all. Each is a few megabytes at most, built on demand.
func Files() []File {
	return []File{
		{Name: "empty.jpg", Build: func() []byte { return nil }},
		{Name: "text.jpg", Build: func() []byte { return []byte("This is no picture.\n") }},
		{Name: "page.png", Build: func() []byte { return []byte("<!DOCTYPE html><script>alert(1)</script>") }},
		{Name: "60000x60000.png", Build: func() []byte { return PNG(60000, 60000) }},
		{Name: "30000x30000.png", Build: func() []byte { return PNG(30000, 30000) }},
		{Name: "truncated.png", Build: func() []byte { return half(PNG(600, 400)) }},
		{Name: "truncated.jpg", Build: func() []byte { return half(JPEG(600, 400)) }},
		{Name: "headeronly.jpg", Build: func() []byte { return JPEG(600, 400)[:4] }},
		{Name: "65500x65500.jpg", Build: func() []byte { return JPEGWithSize(65500, 65500) }},
		{Name: "largerthandata.jpg", Build: func() []byte { return JPEGWithSize(6000, 4000) }},
		{Name: "1000scans.jpg", Build: func() []byte { return JPEGScans(1000, 1000, 1000) }},
		{Name: "scansandpixels.jpg", Build: func() []byte { return JPEGScans(9000, 8000, 90) }},
		{Name: "65535x65535.gif", Build: func() []byte { return GIF(65535, 65535, 1) }},
		{Name: "10000frames.gif", Build: func() []byte { return GIF(32, 32, 10000) }, Reads: true},
		{Name: "100000x100000.bmp", Build: func() []byte { return BMP(100000, 100000) }},
		{Name: "hugestrip.tif", Build: func() []byte { return TIFF(1<<16, 1<<16, 1<<20) }},
		{Name: "stripbomb.tif", Build: func() []byte { return TIFF(5000, 5000, 900<<20) }},
		{Name: "circle.tif", Build: TIFFCircle, Reads: true},
		{Name: "16384x16384.webp", Build: func() []byte { return WebP(16384, 16384) }},
		{Name: "smallcanvas.webp", Build: func() []byte { return WebPInCanvas(16, 16, 16384, 16384) }},
		{Name: "animated.webp", Build: func() []byte { return WebPFrames(64, 48, 2000) }, Reads: true},
		{Name: "bignumbers.heic", Build: HEIC},
		{Name: "streambomb.pdf", Build: func() []byte { return PDFStreamBomb(1 << 30) }},
		{Name: "hugepage.pdf", Build: func() []byte { return PDF("[0 0 14400 14400]", "0 0 100 100 re f", 1) }, Reads: true},
		{Name: "5000pages.pdf", Build: func() []byte { return PDF("[0 0 200 100]", "0 0 100 100 re f", 5000) }, Reads: true},
		{Name: "endless.pdf", Build: PDFForms},
		{Name: "brokenxref.pdf", Build: func() []byte { return []byte("%PDF-1.7\nxref\n0 99999999\ntrailer<</Size 9>>\nstartxref\n9\n%%EOF") }},
		{Name: "jpegandzip.jpg", Build: func() []byte { return append(JPEG(64, 48), "PK\x03\x04 and more"...) }, Reads: true},
		{Name: "gifandscript.gif", Build: func() []byte { return append(GIF(32, 32, 1), "=1;alert(1)"...) }, Reads: true},
		{Name: "jpegandpdf.pdf", Build: func() []byte { return append(JPEG(64, 48), PDF("[0 0 9 9]", "", 1)...) }, Reads: true},
	}
}

// Big returns n bytes that begin like a JPEG.
func Big(n int) []byte {
	b := make([]byte, n)
	copy(b, "\xff\xd8\xff\xe0\x00\x10JFIF\x00")
	return b
}

func half(b []byte) []byte { return b[:len(b)/2] }

// PNG returns a valid white picture of one bit a pixel: 60,000 by 60,000 are 450
// MB of samples in half a megabyte.
func PNG(w, h int) []byte {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, body []byte) {
		_ = binary.Write(&b, binary.BigEndian, uint32(len(body)))
		start := b.Len()
		b.WriteString(kind)
		b.Write(body)
		_ = binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(b.Bytes()[start:]))
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(w))
	head = binary.BigEndian.AppendUint32(head, uint32(h))
	chunk("IHDR", append(head, 1, 0, 0, 0, 0))
	row := bytes.Repeat([]byte{0xff}, 1+(w+7)/8)
	row[0] = 0 // filter: none
	chunk("IDAT", deflated(row, h))
	chunk("IEND", nil)
	return b.Bytes()
}

// deflated compresses n times row.
func deflated(row []byte, n int) []byte {
	var b bytes.Buffer
	z, _ := zlib.NewWriterLevel(&b, zlib.BestSpeed)
	for range n {
		_, _ = z.Write(row)
	}
	_ = z.Close()
	return b.Bytes()
}

// JPEG returns a valid picture with some structure.
func JPEG(w, h int) []byte {
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			im.SetRGBA(x, y, color.RGBA{uint8(x * y >> 4), uint8(x ^ y), uint8(x * 3), 255})
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, im, nil)
	return b.Bytes()
}

// JPEGWithSize returns a small picture whose header claims another size.
func JPEGWithSize(w, h int) []byte {
	b := JPEG(64, 48)
	i := bytes.Index(b, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(b[i+5:], uint16(h))
	binary.BigEndian.PutUint16(b[i+7:], uint16(w))
	return b
}

// JPEGScans returns a grey progressive picture with that many scans over all its
// pixels: a few bytes make the decoder visit every block once more.
func JPEGScans(w, h, scans int) []byte {
	var b bytes.Buffer
	segment := func(marker byte, body ...byte) {
		b.Write([]byte{0xff, marker})
		_ = binary.Write(&b, binary.BigEndian, uint16(2+len(body)))
		b.Write(body)
	}
	code := func(class byte, symbol byte) { // one code, a single zero bit
		body := make([]byte, 18)
		body[0], body[1], body[17] = class, 1, symbol
		segment(0xc4, body...)
	}
	b.Write([]byte{0xff, 0xd8})
	segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{8}, 64)...)...)
	segment(0xc2, 8, byte(h>>8), byte(h), byte(w>>8), byte(w), 1, 1, 0x11, 0)
	code(0x00, 0)    // DC: no difference
	code(0x10, 0xe0) // AC: end of band for the next 16384 to 32767 blocks
	blocks := ((w + 7) / 8) * ((h + 7) / 8)
	segment(0xda, 1, 1, 0, 0, 0, 0) // DC
	b.Write(make([]byte, (blocks+7)/8))
	var band bytes.Buffer
	for n := blocks; n > 0; n -= 32767 {
		band.Write([]byte{0x7f, 0xff, 0x00}) // code 0, then 14 bits of run length
	}
	for range scans - 1 {
		segment(0xda, 1, 1, 0, 1, 63, 0)
		b.Write(band.Bytes())
	}
	b.Write([]byte{0xff, 0xd9})
	return b.Bytes()
}

// GIF returns a valid animation. The screen may be larger than its frames, which
// are at most 32 pixels wide and high.
func GIF(w, h, frames int) []byte {
	frame := image.NewPaletted(image.Rect(0, 0, min(w, 32), min(h, 32)), palette.Plan9)
	for i := range frame.Pix {
		frame.Pix[i] = uint8(i)
	}
	g := gif.GIF{Config: image.Config{Width: w, Height: h, ColorModel: frame.Palette}}
	for range frames {
		g.Image = append(g.Image, frame)
		g.Delay = append(g.Delay, 1)
	}
	var b bytes.Buffer
	_ = gif.EncodeAll(&b, &g)
	return b.Bytes()
}

// BMP returns the header of a 24-bit bitmap, and no pixels.
func BMP(w, h int) []byte {
	b := make([]byte, 54)
	copy(b, "BM")
	binary.LittleEndian.PutUint32(b[10:], 54)
	binary.LittleEndian.PutUint32(b[14:], 40)
	binary.LittleEndian.PutUint32(b[18:], uint32(w))
	binary.LittleEndian.PutUint32(b[22:], uint32(h))
	binary.LittleEndian.PutUint16(b[26:], 1)
	binary.LittleEndian.PutUint16(b[28:], 24)
	return b
}

// TIFF returns a grey picture in a single strip, which inflates to the given
// number of bytes.
func TIFF(w, h, inflated int) []byte {
	strip := deflated(make([]byte, 1<<16), inflated>>16)
	b := []byte("II*\x00\x08\x00\x00\x00")
	tags := [][3]uint32{ // tag, type, value
		{256, 4, uint32(w)},
		{257, 4, uint32(h)},
		{258, 3, 8},
		{259, 3, 8 /* deflate */},
		{262, 3, 1},
		{273, 4, 0},
		{277, 3, 1},
		{278, 4, uint32(h)},
		{279, 4, uint32(len(strip))},
	}
	tags[5][2] = uint32(len(b) + 2 + 12*len(tags) + 4)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(tags)))
	for _, t := range tags {
		b = binary.LittleEndian.AppendUint16(b, uint16(t[0]))
		b = binary.LittleEndian.AppendUint16(b, uint16(t[1]))
		b = binary.LittleEndian.AppendUint32(b, 1)
		b = binary.LittleEndian.AppendUint32(b, t[2])
	}
	b = append(b, 0, 0, 0, 0)
	return append(b, strip...)
}

// TIFFCircle returns a picture whose next page is itself.
func TIFFCircle() []byte {
	b := TIFF(256, 256, 1<<16)
	n := int(binary.LittleEndian.Uint16(b[8:]))
	binary.LittleEndian.PutUint32(b[10+12*n:], 8)
	return b
}

// WebP returns a valid lossless picture of one colour: no bits a pixel.
func WebP(w, h int) []byte { return riff(chunk("VP8L", vp8l(w, h))) }

// WebPInCanvas returns a picture that is larger than its container claims.
func WebPInCanvas(canvasW, canvasH, w, h int) []byte {
	return riff(chunk("VP8X", vp8x(0, canvasW, canvasH)) + chunk("VP8L", vp8l(w, h)))
}

// WebPFrames returns an animation.
func WebPFrames(w, h, frames int) []byte {
	const animated = 2
	size := vp8x(0, w, h)[4:]
	frame := chunk("ANMF", "\x00\x00\x00\x00\x00\x00"+size+"\x64\x00\x00\x00"+chunk("VP8L", vp8l(w, h)))
	return riff(chunk("VP8X", vp8x(animated, w, h)) + chunk("ANIM", "\xff\xff\xff\xff\x00\x00") + strings.Repeat(frame, frames))
}

func riff(chunks string) []byte { return []byte(chunk("RIFF", "WEBP"+chunks)) }

func chunk(kind, body string) string {
	if len(body)%2 == 1 {
		body += "\x00"
	}
	return kind + string(binary.LittleEndian.AppendUint32(nil, uint32(len(body)))) + body
}

func vp8x(flags byte, w, h int) string {
	w, h = w-1, h-1
	return string([]byte{flags, 0, 0, 0, byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16)})
}

// vp8l is a bitstream whose five prefix codes have one symbol each, so that
// pixels take no bits at all (RFC 9649 section 3.7.2.1.1).
func vp8l(w, h int) string {
	bits, n := uint64(0), 0
	var out []byte
	put := func(v uint64, count int) {
		bits |= v << n
		for n += count; n >= 8; n -= 8 {
			out = append(out, byte(bits))
			bits >>= 8
		}
	}
	put(0x2f, 8)
	put(uint64(w-1), 14)
	put(uint64(h-1), 14)
	put(0, 1+3) // no alpha, version 0
	put(0, 1)   // no transform
	put(0, 1)   // no colour cache
	put(0, 1)   // no meta prefix codes
	for _, symbol := range []uint64{90, 200, 40, 255} {
		put(1, 1) // simple code
		put(0, 1) // of one symbol
		put(1, 1) // of eight bits
		put(symbol, 8)
	}
	put(1, 1)
	put(0, 1)
	put(0, 1)
	put(0, 1)
	put(0, 16)
	return string(out)
}

// HEIC returns a container that declares lengths and counts far beyond its size.
func HEIC() []byte {
	box := func(kind, body string) string {
		return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))) + kind + body
	}
	return []byte(box("ftyp", "heic\x00\x00\x00\x00mif1heic") +
		box("meta", "\x00\x00\x00\x00"+
			box("hdlr", "\x00\x00\x00\x00\x00\x00\x00\x00pict"+strings.Repeat("\x00", 13))+
			box("pitm", "\x00\x00\x00\x00\x00\x01")+
			box("iinf", "\x00\x00\x00\x00\xff\xff")+
			box("iloc", "\x01\x00\x00\x00\x44\x00\xff\xff\xff\xff")+
			"\xff\xff\xff\xffiprpipcohvcC"))
}

// PDF returns a document with that many pages, all with the same content.
func PDF(box, content string, pages int) []byte {
	kids := strings.TrimSpace(strings.Repeat("3 0 R ", pages))
	return objects(
		"<</Type/Catalog/Pages 2 0 R>>",
		fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", pages, kids),
		"<</Type/Page/Parent 2 0 R/MediaBox"+box+"/Contents 4 0 R/Resources<<>>>>",
		stream("", content),
	)
}

// PDFStreamBomb returns a page whose content inflates to n bytes.
func PDFStreamBomb(n int) []byte {
	row := bytes.Repeat([]byte("1 1 1 rg "), 7282) // about 64 KiB
	return objects(
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R/Resources<<>>>>",
		stream("/Filter/FlateDecode", string(deflated(row, n/len(row)))),
	)
}

// PDFForms returns a page of forms that draw ten others each, eight levels deep.
func PDFForms() []byte {
	o := []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>",
		stream("", "/F Do"),
	}
	const depth = 9
	for level := range depth {
		head := fmt.Sprintf("/Type/XObject/Subtype/Form/BBox[0 0 100 100]/Resources<</XObject<</F %d 0 R>>>>", 6+level)
		o = append(o, stream(head, strings.Repeat("/F Do ", 10)))
	}
	o = append(o, stream("/Type/XObject/Subtype/Form/BBox[0 0 100 100]", strings.Repeat("0 0 100 100 re f ", 10)))
	return objects(o...)
}

func stream(head, body string) string {
	return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", head, len(body), body)
}

// objects writes a document with its cross-reference table.
func objects(bodies ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	at := make([]int, len(bodies))
	for i, o := range bodies {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(bodies)+1)
	for _, p := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", p)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(bodies)+1, start)
	return b.Bytes()
}
