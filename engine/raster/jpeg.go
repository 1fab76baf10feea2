package raster

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image/jpeg"
)

// jpegInfo is what the markers of a JPEG tell before decoding.
type jpegInfo struct {
	w, h, components int
	progressive      bool
	scans            int  // more than one means that all coefficients are held
	complete         bool // the end-of-image marker is there
	adobe            bool // inks are stored inverted
}

// parseJPEG walks the marker segments (ITU-T T.81 annex B) without decoding.
func parseJPEG(data []byte) (jpegInfo, error) {
	var info jpegInfo
	for p := 2; ; {
		i := bytes.IndexByte(data[min(p, len(data)):], 0xff)
		if i < 0 || p+i+1 >= len(data) {
			break
		}
		p += i + 1
		marker := data[p]
		if marker == 0xff { // fill byte
			continue
		}
		p++
		if marker == 0xd9 {
			info.complete = true
			break
		}
		if marker <= 0x01 || marker >= 0xd0 && marker <= 0xd8 { // without a segment
			continue
		}
		if p+2 > len(data) {
			break
		}
		n := int(binary.BigEndian.Uint16(data[p:]))
		if n < 2 || p+n > len(data) {
			break
		}
		seg := data[p+2 : p+n]
		switch {
		case marker == 0xda:
			info.scans++
		case marker == 0xee && bytes.HasPrefix(seg, []byte("Adobe")):
			info.adobe = true
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			if len(seg) < 6 || info.components != 0 {
				return info, ErrCorrupt
			}
			info.progressive = marker != 0xc0 && marker != 0xc1
			info.h = int(binary.BigEndian.Uint16(seg[1:]))
			info.w = int(binary.BigEndian.Uint16(seg[3:]))
			info.components = int(seg[5])
		}
		p += n
	}
	if info.components == 0 || info.scans == 0 {
		return info, ErrCorrupt
	}
	return info, nil
}

// A progressive file may repeat scans over all its pixels. Cameras and editors
// write about ten; these bounds hold a hostile one to some seconds.
const (
	maxScans    = 100
	maxScanWork = 2e9 // scans times pixels
)

func decodeJPEG(_ context.Context, s source) ([]Page, error) {
	info, err := parseJPEG(s.data)
	if err != nil {
		return nil, err
	}
	im, err := s.jpeg(s.data, info)
	if err != nil {
		return nil, err
	}
	return []Page{{Image: im, Width: info.w, Height: info.h, Exif: readExif(s.data, "jpeg")}}, nil
}

// jpeg decodes one JPEG, at a reduced scale when it has more pixels than are
// kept.
func (s source) jpeg(data []byte, info jpegInfo) (*Image, error) {
	var perPixel float64 // a single scan is decoded in bands
	if info.progressive || info.scans > 1 {
		perPixel = 2 * float64(info.components)
	}
	if err := s.limits.check(info.w, info.h, perPixel); err != nil {
		return nil, err
	}
	pixels := float64(info.w) * float64(info.h)
	if info.scans > maxScans || float64(info.scans)*pixels > maxScanWork {
		return nil, fmt.Errorf("%w: %d scans of %d x %d pixels", ErrTooManyPixels, info.scans, info.w, info.h)
	}
	if !info.complete {
		// Some programs leave out the marker; whether data is missing as well
		// shows when it stands right after them.
		data = append(data[:len(data):len(data)], 0xff, 0xd9)
	}
	w, h := info.w, info.h
	for n := 7; n >= 1 && int64(w)*int64(h) > s.limits.Keep; n-- {
		w, h = (info.w*n+7)/8, (info.h*n+7)/8
	}
	cmyk := info.components == 4
	pix, err := turboDecode(data, w, h, cmyk)
	if errors.Is(err, errTurbo) {
		return s.stdJPEG(data, info)
	}
	if err != nil {
		return nil, err
	}
	if cmyk {
		pix = inksToRGB(pix, info.adobe)
	}
	return &Image{W: w, H: h, Pix: pix}, nil
}

// stdJPEG decodes the few layouts that libjpeg-turbo's interface refuses, such
// as unusual chroma sampling.
func (s source) stdJPEG(data []byte, info jpegInfo) (*Image, error) {
	perPixel := 7.0
	if info.progressive {
		perPixel += 4 * float64(info.components)
	}
	if err := s.limits.check(info.w, info.h, perPixel); err != nil {
		return nil, err
	}
	im, err := jpeg.Decode(bytes.NewReader(data))
	var unsupported jpeg.UnsupportedError
	if errors.As(err, &unsupported) {
		return nil, fmt.Errorf("%w: kind of JPEG", ErrUnsupported)
	}
	if err != nil {
		return nil, corrupt(err)
	}
	return FromImage(im), nil
}

// inksToRGB converts cyan, magenta, yellow and black in place, without a colour
// profile, and returns the shorter slice. Adobe's programs store inks inverted.
func inksToRGB(pix []uint8, inverted bool) []uint8 {
	var flip uint8
	if !inverted {
		flip = 0xff
	}
	n := len(pix) / 4
	for i := range n {
		p := pix[4*i : 4*i+4 : 4*i+4]
		k := uint32(p[3] ^ flip)
		r, g, b := uint32(p[0]^flip)*k, uint32(p[1]^flip)*k, uint32(p[2]^flip)*k
		q := pix[3*i : 3*i+3 : 3*i+3]
		q[0], q[1], q[2] = uint8((r+127)/255), uint8((g+127)/255), uint8((b+127)/255)
	}
	return pix[: 3*n : 3*n]
}
