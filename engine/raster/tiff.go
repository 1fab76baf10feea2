package raster

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"math"

	"golang.org/x/image/tiff"
	"golang.org/x/image/tiff/lzw"
)

// Tags of TIFF 6.0.
const (
	tagSubfileType     = 254
	tagWidth           = 256
	tagLength          = 257
	tagBitsPerSample   = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagStripOffsets    = 273
	tagOrientation     = 274
	tagSamplesPerPixel = 277
	tagRowsPerStrip    = 278
	tagStripByteCounts = 279
	tagTileWidth       = 322
	tagTileLength      = 323
	tagTileOffsets     = 324
	tagTileByteCounts  = 325
	tagJPEGTables      = 347
	tagYCbCrSampling   = 530
	tagReferenceRange  = 532
)

// tiffPage is one image file directory.
type tiffPage struct {
	offset uint32
	order  binary.ByteOrder
	data   []byte
	tags   map[uint16][]byte // the entries: type, count, value or offset
}

// tiffPages follows the chain of directories. Thumbnails are left out; a chain
// that turns in circles ends.
func tiffPages(data []byte, limit int) ([]tiffPage, error) {
	if len(data) < 8 {
		return nil, ErrCorrupt
	}
	var order binary.ByteOrder = binary.LittleEndian
	if data[0] == 'M' {
		order = binary.BigEndian
	}
	var pages []tiffPage
	offset := order.Uint32(data[4:])
	for seen := map[uint32]bool{}; offset != 0 && !seen[offset] && len(pages) < limit && len(seen) < 64; {
		seen[offset] = true
		if int64(offset)+2 > int64(len(data)) {
			break
		}
		n := int(order.Uint16(data[offset:]))
		dir := data[offset+2:]
		if len(dir) < 12*n {
			break
		}
		p := tiffPage{offset: offset, order: order, data: data, tags: make(map[uint16][]byte, n)}
		for i := range n {
			e := dir[12*i : 12*i+12]
			p.tags[order.Uint16(e)] = e[2:]
		}
		const reduced = 1
		if p.number(tagSubfileType, 0)&reduced == 0 {
			pages = append(pages, p)
		}
		if len(dir) < 12*n+4 {
			break
		}
		offset = order.Uint32(dir[12*n:])
	}
	if len(pages) == 0 {
		return nil, ErrCorrupt
	}
	return pages, nil
}

// bytes returns the raw values of a tag and the size of one; nil when absent or
// damaged.
func (p tiffPage) bytes(tag uint16) (raw []byte, size int) {
	e, ok := p.tags[tag]
	if !ok {
		return nil, 0
	}
	switch p.order.Uint16(e) {
	case 1, 7: // byte, undefined
		size = 1
	case 3: // short
		size = 2
	case 4: // long
		size = 4
	case 5: // rational
		size = 8
	default:
		return nil, 0
	}
	n := int64(p.order.Uint32(e[2:])) * int64(size)
	if n <= 4 {
		return e[6 : 6+n], size
	}
	at := int64(p.order.Uint32(e[6:]))
	if at+n > int64(len(p.data)) {
		return nil, 0
	}
	return p.data[at : at+n], size
}

// numbers returns the values of a tag, rationals rounded down.
func (p tiffPage) numbers(tag uint16) []int {
	raw, size := p.bytes(tag)
	if size == 0 {
		return nil
	}
	out := make([]int, len(raw)/size)
	for i := range out {
		switch v := raw[i*size:]; size {
		case 1:
			out[i] = int(v[0])
		case 2:
			out[i] = int(p.order.Uint16(v))
		case 4:
			out[i] = int(p.order.Uint32(v))
		case 8:
			out[i] = int(p.order.Uint32(v) / max(1, p.order.Uint32(v[4:])))
		}
	}
	return out
}

// number returns the first value of a tag, or what to assume without it.
func (p tiffPage) number(tag uint16, absent int) int {
	if v := p.numbers(tag); len(v) > 0 {
		return v[0]
	}
	return absent
}

// blocks are a page's strips or tiles.
type blocks struct {
	w, h, across, down int
	offsets, counts    []int
	size               int // bytes of one, uncompressed
}

// maxBlocks is far above what programs write; each costs a decoder of its own.
const maxBlocks = 1 << 16

func (p tiffPage) blocks(w, h int) (blocks, error) {
	b := blocks{w: p.number(tagTileWidth, 0), h: p.number(tagTileLength, 0)}
	if b.w != 0 {
		b.offsets, b.counts = p.numbers(tagTileOffsets), p.numbers(tagTileByteCounts)
	} else {
		b.w, b.h = w, min(h, p.number(tagRowsPerStrip, h))
		b.offsets, b.counts = p.numbers(tagStripOffsets), p.numbers(tagStripByteCounts)
	}
	if b.w < 1 || b.h < 1 || b.w > 2*w+4096 || b.h > 2*h+4096 {
		return b, ErrCorrupt
	}
	b.across, b.down = (w+b.w-1)/b.w, (h+b.h-1)/b.h
	n := b.across * b.down
	if n > maxBlocks || len(b.offsets) < n || len(b.counts) < n {
		return b, ErrCorrupt
	}
	for i := range n {
		if b.offsets[i]+b.counts[i] > len(p.data) {
			return b, fmt.Errorf("%w: it ends early", ErrCorrupt)
		}
	}
	bits := p.number(tagSamplesPerPixel, 1) * p.number(tagBitsPerSample, 1)
	b.size = b.h * ((b.w*min(bits, 256) + 7) / 8)
	return b, nil
}

// open returns a reader of block i, uncompressed; nil for fax coding.
func (p tiffPage) open(b blocks, i int) (io.Reader, error) {
	body := bytes.NewReader(p.data[b.offsets[i] : b.offsets[i]+b.counts[i]])
	switch p.number(tagCompression, 1) {
	case 1:
		return body, nil
	case 5:
		return lzw.NewReader(body, lzw.MSB, 8), nil
	case 8, 32946:
		return zlib.NewReader(body)
	case 32773:
		return &packBits{src: body}, nil
	}
	return nil, nil
}

// packBits expands the run lengths of TIFF 6.0 section 9.
type packBits struct {
	src  *bytes.Reader
	left int // of the current run
	same bool
	v    byte
}

func (p *packBits) Read(out []byte) (n int, err error) {
	for n < len(out) {
		if p.left == 0 {
			c, err := p.src.ReadByte()
			if err != nil {
				return n, err
			}
			switch k := int(int8(c)); {
			case k >= 0:
				p.left, p.same = k+1, false
			case k > -128:
				p.left, p.same = 1-k, true
				if p.v, err = p.src.ReadByte(); err != nil {
					return n, io.ErrUnexpectedEOF
				}
			}
			continue
		}
		run := out[n:min(len(out), n+p.left)]
		if p.same {
			for i := range run {
				run[i] = p.v
			}
		} else if _, err := io.ReadFull(p.src, run); err != nil {
			return n, io.ErrUnexpectedEOF
		}
		n, p.left = n+len(run), p.left-len(run)
	}
	return n, nil
}

// fit expands every block, keeping nothing, and refuses the page when one holds
// more than its pixels: the decoder would keep up to eight bytes for each.
func (p tiffPage) fit(ctx context.Context, b blocks) error {
	for i := range b.across * b.down {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		r, err := p.open(b, i)
		if err != nil {
			return corrupt(err)
		}
		if r == nil { // fax coding yields exactly its pixels
			return nil
		}
		const slack = 1 << 10
		if n, _ := io.CopyN(io.Discard, r, int64(b.size)+slack); n == int64(b.size)+slack {
			return fmt.Errorf("%w: a strip is larger than its pixels", ErrCorrupt)
		}
	}
	return nil
}

// perPixel is what x/image/tiff holds in memory for each: the picture, one block
// with room to grow, and then the result.
func (p tiffPage) perPixel(b blocks, w, h int) float64 {
	bits := float64(p.number(tagSamplesPerPixel, 1) * p.number(tagBitsPerSample, 1))
	return max(1, 4*math.Ceil(bits/32)) + 3*float64(b.size)/(float64(w)*float64(h)) + 3
}

func decodeTIFF(ctx context.Context, s source) ([]Page, error) {
	dirs, err := tiffPages(s.data, s.limits.Pages)
	if err != nil {
		return nil, err
	}
	var pages []Page
	for i, dir := range dirs {
		w, h := dir.number(tagWidth, 0), dir.number(tagLength, 0)
		if err := s.limits.check(w, h, 0); err != nil {
			return nil, err
		}
		b, err := dir.blocks(w, h)
		if err != nil {
			return nil, err
		}
		if err := s.limits.check(w, h, dir.perPixel(b, w, h)); err != nil {
			return nil, err
		}
		var im *Image
		switch {
		case dir.number(tagCompression, 1) == 7:
			im, err = s.tiffJPEG(ctx, dir, b, w, h)
		case dir.number(tagPhotometric, 0) == 6:
			im, err = dir.ycc(ctx, b, w, h)
		default:
			if err = dir.fit(ctx, b); err == nil {
				im, err = s.tiffDir(ctx, dir)
			}
		}
		if err != nil {
			return nil, err
		}
		if im.W != w || im.H != h {
			return nil, ErrCorrupt
		}
		page := Page{Image: im, Index: i}
		if i == 0 {
			page.Exif = readExif(s.data, "tiff")
		}
		page.Exif.Orientation = dir.number(tagOrientation, 0)
		if o := page.Exif.Orientation; o < 0 || o > 8 {
			page.Exif.Orientation = 0
		}
		page.shrink(s.limits.Keep) // before the next one needs memory
		pages = append(pages, page)
	}
	return pages, nil
}

// tiffDir decodes one directory by showing the decoder a file that starts with
// it.
func (s source) tiffDir(ctx context.Context, dir tiffPage) (*Image, error) {
	head := append([]byte(nil), s.data[:8]...)
	dir.order.PutUint32(head[4:], dir.offset)
	im, err := tiff.Decode(&patched{s.reader(ctx), head})
	if err != nil {
		return nil, corrupt(err)
	}
	return FromImage(im), nil
}

// patched reads a file whose first bytes are replaced by head.
type patched struct {
	*reader
	head []byte
}

func (p *patched) ReadAt(b []byte, off int64) (int, error) {
	if err := context.Cause(p.ctx); err != nil {
		return 0, err
	}
	n, err := p.reader.ReadAt(b, off)
	if off >= 0 && off < int64(len(p.head)) {
		copy(b[:n], p.head[off:])
	}
	return n, err
}

// tiffJPEG decodes strips or tiles that are JPEG files without their tables
// (TIFF Technical Note 2).
func (s source) tiffJPEG(ctx context.Context, dir tiffPage, b blocks, w, h int) (*Image, error) {
	tables, _ := dir.bytes(tagJPEGTables)
	photometric := dir.number(tagPhotometric, 6)
	out := New(w, h)
	for i := range b.across * b.down {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if b.counts[i] < 4 {
			return nil, ErrCorrupt
		}
		block, err := s.tiffBlock(tables, s.data[b.offsets[i]:b.offsets[i]+b.counts[i]], photometric)
		if err != nil {
			return nil, err
		}
		x, y := i%b.across*b.w, i/b.across*b.h
		right := min(b.w, w-x)
		if block.W < right || block.H < min(b.h, h-y) || block.W > b.w+16 || block.H > b.h+16 {
			return nil, ErrCorrupt
		}
		for r := range min(block.H, b.h, h-y) {
			copy(out.Pix[3*((y+r)*w+x):3*((y+r)*w+x+right)], block.Pix[3*r*block.W:])
		}
	}
	return out, nil
}

// tiffBlock joins the shared tables and one abbreviated JPEG.
func (s source) tiffBlock(tables, body []byte, photometric int) (*Image, error) {
	var b bytes.Buffer
	b.Write([]byte{0xff, 0xd8})
	if photometric == 2 { // RGB: without this marker it would be taken as YCbCr
		b.WriteString("\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00")
	}
	if len(tables) > 4 {
		b.Write(tables[2 : len(tables)-2])
	}
	b.Write(body[2:])
	info, err := parseJPEG(b.Bytes())
	if err != nil {
		return nil, err
	}
	full := s
	full.limits.Keep = s.limits.Pixels // never scaled: blocks must fit together
	return full.jpeg(b.Bytes(), info)
}

// ycc decodes luma and chroma that are not JPEG (TIFF 6.0 section 21), which
// video programs write.
func (p tiffPage) ycc(ctx context.Context, b blocks, w, h int) (*Image, error) {
	ratios := map[[2]int]image.YCbCrSubsampleRatio{
		{1, 1}: image.YCbCrSubsampleRatio444, {2, 1}: image.YCbCrSubsampleRatio422, {2, 2}: image.YCbCrSubsampleRatio420,
		{1, 2}: image.YCbCrSubsampleRatio440, {4, 1}: image.YCbCrSubsampleRatio411, {4, 2}: image.YCbCrSubsampleRatio410,
	}
	sampling := append(p.numbers(tagYCbCrSampling), 2, 2)
	sx, sy := sampling[0], sampling[1]
	ratio, ok := ratios[[2]int{sx, sy}]
	if !ok || p.number(tagBitsPerSample, 1) != 8 || p.number(tagSamplesPerPixel, 1) != 3 || b.across > 1 {
		return nil, fmt.Errorf("%w: a variant that is not read", ErrUnsupported)
	}
	luma, chroma := p.ranges()
	im := image.NewYCbCr(image.Rect(0, 0, (w+sx-1)/sx*sx, (h+sy-1)/sy*sy), ratio)
	units := im.Rect.Dx() / sx
	row := make([]byte, units*(sx*sy+2))
	for i := range b.down {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		r, err := p.open(b, i)
		if err != nil || r == nil {
			return nil, ErrCorrupt
		}
		for y := i * b.h; y < min((i+1)*b.h, h); y += sy {
			if _, err := io.ReadFull(r, row); err != nil {
				return nil, corrupt(err)
			}
			for u := range units {
				unit := row[u*(sx*sy+2) : (u+1)*(sx*sy+2)]
				for k, v := range unit[:sx*sy] {
					if yy := y + k/sx; yy < im.Rect.Max.Y {
						im.Y[yy*im.YStride+u*sx+k%sx] = luma[v]
					}
				}
				c := y/sy*im.CStride + u
				im.Cb[c], im.Cr[c] = chroma[unit[sx*sy]], chroma[unit[sx*sy+1]]
			}
		}
	}
	return FromImage(im.SubImage(image.Rect(0, 0, w, h))), nil
}

// ranges returns tables from stored samples to those of image.YCbCr.
func (p tiffPage) ranges() (luma, chroma [256]uint8) {
	r := p.numbers(tagReferenceRange)
	if len(r) < 4 || r[1] <= r[0] || r[3] <= r[2] {
		r = []int{0, 255, 128, 255}
	}
	for i := range 256 {
		luma[i] = uint8(max(0, min(255, (i-r[0])*255/(r[1]-r[0]))))
		chroma[i] = uint8(max(0, min(255, 128+(i-r[2])*127/(r[3]-r[2]))))
	}
	return luma, chroma
}
