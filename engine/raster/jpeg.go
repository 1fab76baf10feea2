package raster

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
)

// jpegInfo is what the markers of a JPEG tell before decoding.
type jpegInfo struct {
	w, h, components int
	scans            int  // number of scans; more than one means that all coefficients are held
	complete         bool // the end-of-image marker is there
	adobe            bool // inks are stored inverted
}

// parseJPEG walks the marker segments (ITU-T T.81 annex B) without decoding.
func parseJPEG(data []byte) (jpegInfo, error) {
	var info jpegInfo
	p := 2 // after the start-of-image marker
	for {
		i := bytes.IndexByte(data[p:], 0xff)
		if i < 0 || p+i+1 >= len(data) {
			break
		}
		p += i + 1
		marker := data[p]
		switch {
		case marker == 0xff: // fill byte
			continue
		case marker == 0xd9:
			info.complete = true
		case marker == 0x00 || marker == 0x01 || marker >= 0xd0 && marker <= 0xd8:
			p++
			continue
		}
		p++
		if info.complete || p+2 > len(data) {
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
			if len(seg) < 6 || info.w != 0 {
				return info, ErrCorrupt
			}
			info.h = int(binary.BigEndian.Uint16(seg[1:]))
			info.w = int(binary.BigEndian.Uint16(seg[3:]))
			info.components = int(seg[5])
		}
		p += n
	}
	if info.w == 0 || info.h == 0 || info.scans == 0 {
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
	var perPixel float64 // one scan is decoded in bands
	if info.scans > 1 {
		perPixel = 2 * float64(info.components)
	}
	if err := s.limits.check(info.w, info.h, perPixel); err != nil {
		return nil, err
	}
	if info.scans > maxScans || float64(info.scans)*float64(info.w)*float64(info.h) > maxScanWork {
		return nil, fmt.Errorf("%w: %d scans", ErrTooManyPixels, info.scans)
	}
	im, err := jpeg.Decode(bytes.NewReader(s.data))
	if err != nil {
		return nil, corrupt(err)
	}
	return []Page{{Image: FromImage(im), Width: info.w, Height: info.h, Exif: readExif(s.data, "jpeg")}}, nil
}

// JPEG encodes the picture; quality is 1 to 100.
func (im *Image) JPEG(quality int) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, im.Std(), &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

var _ image.Image = (*image.RGBA)(nil)
