package raster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"strings"
	"time"

	"github.com/gabriel-vasile/mimetype"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// Why a file is refused; test with errors.Is. The texts name formats and
// numbers, never content.
var (
	ErrEmpty         = errors.New("the file is empty")
	ErrTooLarge      = errors.New("the file has more bytes than allowed")
	ErrUnsupported   = errors.New("the file is no picture of a supported format")
	ErrCorrupt       = errors.New("the picture is damaged or incomplete")
	ErrTooManyPixels = errors.New("the picture is larger than allowed")
	ErrTimeout       = errors.New("the picture took too long to decode")
)

// Limits bounds what [Decode] accepts. They are checked on the file's headers,
// before anything is decoded. A zero field means the default.
type Limits struct {
	Bytes  int64 // size of the file; else ErrTooLarge
	Pixels int64 // declared width times height of a page; else ErrTooManyPixels
	Side   int   // declared width and height of a page; else ErrTooManyPixels
	Keep   int64 // pixels kept of a page; larger ones are shrunk, see Page.Scale
	Memory int64 // bytes that a decoder may need for a page; else ErrTooManyPixels
	Pages  int   // pages read of a PDF or TIFF; further ones are left out
	Time   time.Duration
}

// DefaultLimits admits photos of any telephone and scans of any office. One call
// then holds at most about 1 GB, in the worst case that hostile files could
// bring about; a photo of 12 megapixels takes 40 MB.
func DefaultLimits() Limits {
	return Limits{
		Bytes:  64 << 20,
		Pixels: 210e6,
		Side:   32768,
		Keep:   24e6,
		Memory: 448 << 20,
		Pages:  4,
		Time:   20 * time.Second,
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	or(&l.Bytes, d.Bytes)
	or(&l.Pixels, d.Pixels)
	or(&l.Side, d.Side)
	or(&l.Keep, d.Keep)
	or(&l.Memory, d.Memory)
	or(&l.Pages, d.Pages)
	or(&l.Time, d.Time)
	return l
}

func or[T int | int64 | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// check refuses a declared size. perPixel is what the format's decoder holds in
// memory, in bytes a pixel of the full picture.
func (l Limits) check(w, h int, perPixel float64) error {
	n := int64(w) * int64(h)
	switch {
	case w <= 0 || h <= 0:
		return fmt.Errorf("%w: %d x %d pixels", ErrCorrupt, w, h)
	case w > l.Side || h > l.Side || n > l.Pixels:
		return fmt.Errorf("%w: %d x %d pixels", ErrTooManyPixels, w, h)
	case float64(n)*perPixel > float64(l.Memory):
		return fmt.Errorf("%w: %d x %d pixels need too much memory in this format", ErrTooManyPixels, w, h)
	}
	return nil
}

// Page is one decoded picture.
type Page struct {
	*Image
	Format        string // "jpeg", "png", "webp", "gif", "bmp", "tiff", "heic", "pdf"
	Index         int    // page of the file, from 0
	Width, Height int    // of the full picture, upright, in pixels
	Scale         float64
	Exif          Exif
}

// Decode reads a file's pages, upright by EXIF. What the file is called or
// claims to be does not matter: its content is sniffed. Of animated pictures
// the first frame is read.
//
// A file that ends early is [ErrCorrupt]: half a document is no evidence. When
// the context ends its error is returned.
//
// Decode keeps nothing. A program that reads many files uses a [Decoder], which
// starts the PDF reader once.
func Decode(ctx context.Context, data []byte, l Limits) ([]Page, error) {
	var d Decoder
	pages, err := d.Decode(ctx, data, l)
	return pages, errors.Join(err, d.Close())
}

// source is one file on its way through a format's decoder.
type source struct {
	data    []byte
	limits  Limits
	decoder *Decoder
}

// formats maps sniffed MIME types to names and decoders. A decoder returns
// pages that are not yet turned upright.
var formats = map[string]struct {
	name   string
	decode func(ctx context.Context, s source) ([]Page, error)
}{
	"image/jpeg":          {"jpeg", decodeJPEG},
	"image/png":           {"png", decodePNG},
	"image/webp":          {"webp", decodeWebP},
	"image/gif":           {"gif", decodeGIF},
	"image/bmp":           {"bmp", decodeBMP},
	"image/tiff":          {"tiff", decodeTIFF},
	"image/heic":          {"heic", decodeHEIC},
	"image/heic-sequence": {"heic", decodeHEIC},
	"image/heif":          {"heic", decodeHEIC},
	"image/heif-sequence": {"heic", decodeHEIC},
	"application/pdf":     {"pdf", decodePDF},
}

// Decode is [Decode] with the decoder's resources.
func (d *Decoder) Decode(ctx context.Context, data []byte, l Limits) (pages []Page, err error) {
	l = l.withDefaults()
	if len(data) == 0 {
		return nil, fmt.Errorf("raster: %w", ErrEmpty)
	}
	if int64(len(data)) > l.Bytes {
		return nil, fmt.Errorf("raster: %w: %d bytes, %d allowed", ErrTooLarge, len(data), l.Bytes)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, l.Time, ErrTimeout)
	defer cancel()
	mime := sniff(data)
	var name string
	defer func() {
		if r := recover(); r != nil { // a decoder met what its authors did not expect
			err = ErrCorrupt
		}
		if cause := context.Cause(ctx); cause != nil && err != nil {
			err = cause
		}
		if err != nil {
			pages, err = nil, fmt.Errorf("raster: %s: %w", name, err)
		}
	}()
	f, ok := formats[mime]
	if !ok {
		name = mime
		return nil, ErrUnsupported
	}
	name = f.name
	if pages, err = f.decode(ctx, source{data, l, d}); err != nil {
		return nil, err
	}
	for i := range pages {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		pages[i].Format = name
		pages[i].shrink(l.Keep)
		pages[i].upright()
	}
	return pages, nil
}

// sniff tells the MIME type of the content. A file that begins as a picture is
// one, whatever else it can be read as.
func sniff(data []byte) string {
	for _, m := range [][2]string{{"\xff\xd8\xff", "image/jpeg"}, {"\x89PNG\r\n\x1a\n", "image/png"}, {"GIF8", "image/gif"}} {
		if bytes.HasPrefix(data, []byte(m[0])) {
			return m[1]
		}
	}
	mime, _, _ := strings.Cut(mimetype.Detect(data[:min(len(data), 3072)]).String(), ";")
	return mime
}

// shrink brings the page down to the number of pixels to keep. Width and Height
// are those of the file on entry, zero when the page was decoded in full.
func (p *Page) shrink(keep int64) {
	if p.Width == 0 {
		p.Width, p.Height = p.W, p.H
	}
	if n := int64(p.W) * int64(p.H); n > keep {
		k := math.Sqrt(float64(keep) / float64(n))
		p.Image = p.Resize(max(1, int(float64(p.W)*k)), max(1, int(float64(p.H)*k)))
	}
	p.Scale = float64(p.W) / float64(p.Width)
}

// upright turns and mirrors the page as its metadata says.
func (p *Page) upright() {
	turns, mirror := p.Exif.turns()
	if turns == 0 && !mirror {
		return
	}
	up := &Image{}
	up.W, up.H, up.Pix = orient(p.Pix, p.W, p.H, 3, turns, mirror)
	p.Image = up
	if turns&1 == 1 {
		p.Width, p.Height = p.Height, p.Width
	}
}

// reader lets decoders that only know io.Reader stop when the context ends.
type reader struct {
	ctx context.Context
	*bytes.Reader
}

func (s source) reader(ctx context.Context) *reader { return &reader{ctx, bytes.NewReader(s.data)} }

func (r *reader) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// corrupt marks a decoder's error, whose own text may quote the file.
func corrupt(err error) error {
	var badPNG png.UnsupportedError
	var badTIFF tiff.UnsupportedError
	switch {
	case errors.As(err, &badPNG), errors.As(err, &badTIFF), errors.Is(err, bmp.ErrUnsupported):
		return fmt.Errorf("%w: a variant that is not read", ErrUnsupported)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it ends early", ErrCorrupt)
	}
	return ErrCorrupt
}

// onePage decodes a format of one picture with functions in the style of the
// standard library.
func (s source) onePage(ctx context.Context, perPixel float64,
	config func(io.Reader) (image.Config, error), decode func(io.Reader) (image.Image, error),
) ([]Page, error) {
	c, err := config(s.reader(ctx))
	if err != nil {
		return nil, corrupt(err)
	}
	if err := s.limits.check(c.Width, c.Height, perPixel); err != nil {
		return nil, err
	}
	im, err := decode(s.reader(ctx))
	if err != nil {
		return nil, corrupt(err)
	}
	return []Page{{Image: FromImage(im)}}, nil
}
