package raster

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	_ "unsafe" // for the link to the decoder's module

	_ "github.com/gen2brain/heic" // carries libheif and libde265 as WebAssembly
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// heicModule is the compressed WebAssembly module of github.com/gen2brain/heic.
// It is run here and not through that package's functions because those prefer
// whichever libheif is installed (unless built with the tag nodynamic), set no
// bound on memory or time, and cannot be closed.
//
//go:linkname heicModule github.com/gen2brain/heic.heifWasm
var heicModule []byte

// decodeHEIC reads the primary picture. The decoder applies the file's own
// rotation and mirroring (ISO/IEC 23008-12 clause 6.5.10 and 6.5.12); the
// orientation in its Exif block is for information only and is not applied a
// second time.
func decodeHEIC(ctx context.Context, s source) ([]Page, error) {
	if !bytes.Contains(s.data, []byte("hvcC")) { // AV1, JPEG and others in the same container
		return nil, fmt.Errorf("%w: not HEVC", ErrUnsupported)
	}
	im, err := s.heic(ctx)
	if err != nil {
		return nil, err
	}
	exif := readExif(s.data, "heic")
	exif.Orientation = 0
	return []Page{{Image: im, Exif: exif}}, nil
}

// maxHEICWork is what [heifWork] may say of files that are decoded without
// checks for interruption: at most some fifteen seconds, for a telephone's 12
// megapixels about two.
const maxHEICWork = 120e6

func (s source) heic(ctx context.Context) (*Image, error) {
	ctx, config, done, err := s.decoder.sandbox(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if work, err := heifWork(s.data); err == nil && work <= maxHEICWork {
		config = config.WithCloseOnContextDone(false)
	}
	z, err := gzip.NewReader(bytes.NewReader(heicModule))
	if err != nil {
		return nil, fmt.Errorf("%w: heic: %w", errSandbox, err)
	}
	code, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("%w: heic: %w", errSandbox, err)
	}
	r := wazero.NewRuntimeWithConfig(ctx, config)
	defer func() { _ = r.Close(context.WithoutCancel(ctx)) }()
	if _, err = wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return nil, fmt.Errorf("%w: heic: %w", errSandbox, err)
	}
	m, err := r.Instantiate(ctx, code)
	if err != nil {
		return nil, fmt.Errorf("%w: heic: %w", errSandbox, err)
	}
	c := heicCall{ctx: ctx, module: m}
	c.data, c.size = c.alloc(len(s.data)), len(s.data)
	c.info = c.alloc(4 * 5)
	if c.err == nil && !m.Memory().Write(c.data, s.data) {
		return nil, ErrCorrupt
	}
	w, h, space, chroma, premultiplied := c.decode(true, 0)
	if c.err != nil {
		return nil, c.err
	}
	// In the sandbox: the planes in the picture's depth, before and after
	// transformation, and the copy handed out.
	if err := s.limits.check(w, h, 6); err != nil {
		return nil, err
	}
	im, planes, err := heicLayout(w, h, space, chroma, premultiplied)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, p := range planes {
		n += p.size
	}
	out := c.alloc(n)
	w2, h2, space2, chroma2, _ := c.decode(false, out)
	if c.err != nil || w2 != w || h2 != h || space2 != space || chroma2 != chroma {
		return nil, ErrCorrupt
	}
	pix, ok := m.Memory().Read(out, uint32(n))
	if !ok {
		return nil, ErrCorrupt
	}
	for _, p := range planes {
		*p.to, pix = pix[:p.size], pix[p.size:]
	}
	return FromImage(im), nil
}

// heicStride is the length in memory of a row of w samples: libheif makes them
// at least 64 samples long and aligns them to 16 bytes.
func heicStride(w, size int) int { return (max(64, w)*size + 15) &^ 15 }

// plane is a part of the decoder's output and where it belongs.
type plane struct {
	to   *[]uint8
	size int
}

// heicLayout returns the picture that the decoder's output stands for, still
// without pixels; the numbers are those of libheif's heif_colorspace and
// heif_chroma.
func heicLayout(w, h, space, chroma, premultiplied int) (image.Image, []plane, error) {
	rect := image.Rect(0, 0, w, h)
	stride := heicStride(w, 1)
	switch space {
	case 0: // YCbCr
		ratio, cw, ch := image.YCbCrSubsampleRatio444, w, h
		switch chroma {
		case 1:
			ratio, cw, ch = image.YCbCrSubsampleRatio420, (w+1)/2, (h+1)/2
		case 2:
			ratio, cw = image.YCbCrSubsampleRatio422, (w+1)/2
		case 3:
		default:
			return nil, nil, fmt.Errorf("%w: chroma layout", ErrUnsupported)
		}
		im := &image.YCbCr{YStride: stride, CStride: heicStride(cw, 1), SubsampleRatio: ratio, Rect: rect}
		c := im.CStride * ch
		return im, []plane{{&im.Y, stride * h}, {&im.Cb, c}, {&im.Cr, c}}, nil
	case 1: // interleaved RGBA
		stride = heicStride(w, 4)
		if premultiplied == 1 {
			im := &image.RGBA{Stride: stride, Rect: rect}
			return im, []plane{{&im.Pix, stride * h}}, nil
		}
		im := &image.NRGBA{Stride: stride, Rect: rect}
		return im, []plane{{&im.Pix, stride * h}}, nil
	case 2: // grey
		im := &image.Gray{Stride: stride, Rect: rect}
		return im, []plane{{&im.Pix, stride * h}}, nil
	}
	return nil, nil, fmt.Errorf("%w: colour space", ErrUnsupported)
}

// heicCall calls the module's functions and keeps the first error.
type heicCall struct {
	ctx        context.Context
	module     api.Module
	data, info uint32
	size       int
	err        error
}

func (c *heicCall) alloc(n int) uint32 {
	if c.err != nil {
		return 0
	}
	res, err := c.module.ExportedFunction("malloc").Call(c.ctx, uint64(n))
	if err != nil || uint32(res[0]) == 0 {
		c.err = fmt.Errorf("%w: not enough memory for this format", ErrTooManyPixels)
		return 0
	}
	return uint32(res[0])
}

// decode runs the module's function of that name, for the header alone or into
// out.
func (c *heicCall) decode(header bool, out uint32) (w, h, space, chroma, premultiplied int) {
	if c.err != nil {
		return
	}
	var only uint64
	if header {
		only = 1
	}
	res, err := c.module.ExportedFunction("decode").Call(c.ctx, uint64(c.data), uint64(c.size), only,
		uint64(c.info), uint64(c.info+4), uint64(c.info+8), uint64(c.info+12), uint64(c.info+16), uint64(out))
	if err != nil || uint32(res[0]) != 1 {
		c.err = ErrCorrupt
		return
	}
	b, ok := c.module.Memory().Read(c.info, 20)
	if !ok {
		c.err = ErrCorrupt
		return
	}
	v := func(i int) int { return int(binary.LittleEndian.Uint32(b[4*i:])) }
	return v(0), v(1), v(2), v(3), v(4)
}
