package raster

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"slices"

	"golang.org/x/image/webp"
)

// decodeWebP reads a still picture, or the first frame of an animation. The
// container's own size and those of the bitstreams inside are both checked: the
// decoder allocates by the latter.
func decodeWebP(ctx context.Context, s source) ([]Page, error) {
	var canvasW, canvasH, x, y int
	still := s.data
	for kind, body := range riffChunks(s.data[min(12, len(s.data)):]) {
		if err := s.checkWebP(kind, body); err != nil {
			return nil, err
		}
		switch kind {
		case "VP8X":
			if len(body) < 10 {
				return nil, ErrCorrupt
			}
			canvasW, canvasH = 1+uint24(body[4:]), 1+uint24(body[7:])
		case "ANMF":
			if len(body) < 16 || canvasW == 0 {
				return nil, ErrCorrupt
			}
			x, y = 2*uint24(body), 2*uint24(body[3:])
			frame, err := s.frame(body)
			if err != nil {
				return nil, err
			}
			still = frame
		}
		if kind == "ANMF" || kind == "VP8 " || kind == "VP8L" {
			break
		}
	}
	im, err := webp.Decode(&reader{ctx, bytes.NewReader(still)})
	if err != nil {
		return nil, corrupt(err)
	}
	switch m := im.(type) {
	case *image.YCbCr:
		fullRange(m)
	case *image.NYCbCrA:
		fullRange(&m.YCbCr)
	}
	out := FromImage(im)
	if canvasW > 0 && (out.W != canvasW || out.H != canvasH) {
		if out, err = onCanvas(out, x, y, canvasW, canvasH); err != nil {
			return nil, err
		}
	}
	return []Page{{Image: out, Exif: readExif(s.data, "webp")}}, nil
}

// checkWebP checks the size that a chunk declares, if it declares one.
func (s source) checkWebP(kind string, body []byte) error {
	const perPixel = 4 + 4 + 3 // lossless samples with their transforms, then RGB
	switch kind {
	case "VP8X":
		if len(body) >= 10 {
			return s.limits.check(1+uint24(body[4:]), 1+uint24(body[7:]), perPixel)
		}
	case "VP8 ": // RFC 6386 section 9.1
		if len(body) >= 10 {
			w, h := binary.LittleEndian.Uint16(body[6:])&0x3fff, binary.LittleEndian.Uint16(body[8:])&0x3fff
			return s.limits.check(int(w), int(h), perPixel)
		}
	case "VP8L": // RFC 9649 section 3.4
		if len(body) >= 5 {
			v := binary.LittleEndian.Uint32(body[1:])
			return s.limits.check(1+int(v&0x3fff), 1+int(v>>14&0x3fff), perPixel)
		}
	default:
		return nil
	}
	return ErrCorrupt
}

// frame rewraps an animation frame (RFC 9649 section 2.7.1.1) as a file of its
// own.
func (s source) frame(anmf []byte) ([]byte, error) {
	w, h := anmf[6:9], anmf[9:12]
	var chunks bytes.Buffer
	chunks.WriteString("WEBP")
	for kind, body := range riffChunks(anmf[16:]) {
		if err := s.checkWebP(kind, body); err != nil {
			return nil, err
		}
		switch kind {
		case "ALPH":
			const alpha = 0x10
			writeChunk(&chunks, "VP8X", slices.Concat([]byte{alpha, 0, 0, 0}, w, h))
			writeChunk(&chunks, kind, body)
		case "VP8 ", "VP8L":
			writeChunk(&chunks, kind, body)
			var file bytes.Buffer
			writeChunk(&file, "RIFF", chunks.Bytes())
			return file.Bytes(), nil
		}
	}
	return nil, ErrCorrupt
}

func writeChunk(b *bytes.Buffer, kind string, body []byte) {
	b.WriteString(kind)
	_ = binary.Write(b, binary.LittleEndian, uint32(len(body)))
	b.Write(body)
	if len(body)%2 == 1 {
		b.WriteByte(0)
	}
}

// riffChunks yields the chunks in data until it ends or is damaged.
func riffChunks(data []byte) func(yield func(string, []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for len(data) >= 8 {
			n := int(binary.LittleEndian.Uint32(data[4:]))
			body := data[8:min(len(data), 8+n)]
			if !yield(string(data[:4]), body) || len(body) < n {
				return
			}
			data = data[min(len(data), 8+n+n%2):]
		}
	}
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// onCanvas puts a frame at (x, y) on a white canvas.
func onCanvas(im *Image, x, y, w, h int) (*Image, error) {
	if x < 0 || y < 0 || x+im.W > w || y+im.H > h {
		return nil, ErrCorrupt
	}
	out := New(w, h)
	for i := range out.Pix {
		out.Pix[i] = 255
	}
	for r := range im.H {
		copy(out.Pix[3*((y+r)*w+x):], im.Pix[3*r*im.W:3*(r+1)*im.W])
	}
	return out, nil
}

// fullRange stretches the samples of a lossy WebP, which are those of BT.601
// video (16 to 235, chroma 16 to 240), to what image.YCbCr stands for.
func fullRange(im *image.YCbCr) {
	var luma, chroma [256]uint8
	for i := range 256 {
		luma[i] = uint8(max(0, min(255, ((i-16)*255+109)/219)))
		chroma[i] = uint8(max(0, min(255, (i*255+112)/224-18)))
	}
	for i, v := range im.Y {
		im.Y[i] = luma[v]
	}
	for i := range im.Cb {
		im.Cb[i], im.Cr[i] = chroma[im.Cb[i]], chroma[im.Cr[i]]
	}
}
