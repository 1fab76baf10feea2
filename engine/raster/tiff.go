package raster

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"golang.org/x/image/tiff"
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

// numbers returns the values of a tag.
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

// perPixel estimates what x/image/tiff holds in memory: the picture, and one
// strip or tile uncompressed, for which it allows 8 bytes a pixel.
func (p tiffPage) perPixel(w, h int) float64 {
	picture := 4.0
	if bits := p.number(tagBitsPerSample, 1); p.number(tagPhotometric, 0) < 2 || p.number(tagPhotometric, 0) == 3 {
		picture = max(1, float64(bits)/8)
	} else if bits > 8 {
		picture = 8
	}
	blockW, blockH := p.number(tagTileWidth, 0), p.number(tagTileLength, 0)
	if blockW == 0 {
		blockW, blockH = w, p.number(tagRowsPerStrip, h)
	}
	block := 8.0
	if c := p.number(tagCompression, 1); c == 3 || c == 4 { // fax coding yields exactly its bits
		block = 0.125
	}
	share := min(1, float64(blockW)*float64(blockH)/(float64(w)*float64(h)))
	if blockW == 0 || blockH == 0 {
		share = 1
	}
	return picture + 2*block*share + 3
}

func decodeTIFF(ctx context.Context, s source) ([]Page, error) {
	dirs, err := tiffPages(s.data, s.limits.Pages)
	if err != nil {
		return nil, err
	}
	var pages []Page
	for i, dir := range dirs {
		w, h := dir.number(tagWidth, 0), dir.number(tagLength, 0)
		if err := s.limits.check(w, h, dir.perPixel(w, h)); err != nil {
			return nil, err
		}
		var im *Image
		if dir.number(tagCompression, 1) == 7 {
			im, err = s.tiffJPEG(ctx, dir, w, h)
		} else {
			im, err = s.tiffDir(ctx, dir)
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
func (s source) tiffJPEG(ctx context.Context, dir tiffPage, w, h int) (*Image, error) {
	blockW, blockH := dir.number(tagTileWidth, 0), dir.number(tagTileLength, 0)
	offsets, counts := dir.numbers(tagTileOffsets), dir.numbers(tagTileByteCounts)
	if blockW == 0 {
		blockW, blockH = w, min(h, dir.number(tagRowsPerStrip, h))
		offsets, counts = dir.numbers(tagStripOffsets), dir.numbers(tagStripByteCounts)
	}
	if blockW < 8 || blockH < 1 || blockW > s.limits.Side || blockH > s.limits.Side {
		return nil, ErrCorrupt
	}
	across, down := (w+blockW-1)/blockW, (h+blockH-1)/blockH
	if len(offsets) < across*down || len(counts) < across*down {
		return nil, ErrCorrupt
	}
	tables, _ := dir.bytes(tagJPEGTables)
	photometric := dir.number(tagPhotometric, 6)
	out := New(w, h)
	for i := range across * down {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if offsets[i]+counts[i] > len(s.data) || counts[i] < 4 {
			return nil, fmt.Errorf("%w: it ends early", ErrCorrupt)
		}
		block, err := s.tiffBlock(tables, s.data[offsets[i]:offsets[i]+counts[i]], photometric)
		if err != nil {
			return nil, err
		}
		x, y := i%across*blockW, i/across*blockH
		if block.W < min(blockW, w-x) || block.H < min(blockH, h-y) {
			return nil, ErrCorrupt
		}
		for r := range min(block.H, blockH, h-y) {
			copy(out.Pix[3*((y+r)*w+x):3*((y+r)*w+min(w, x+blockW))], block.Pix[3*r*block.W:3*(r+1)*block.W])
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
