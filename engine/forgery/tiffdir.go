package forgery

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"
)

// exif is what a file's Exif metadata (CIPA DC-008-2023) tell about its making.
// Places, names and serial numbers are not read.
type exif struct {
	present          bool
	make, model      string
	software         string
	changed          time.Time // DateTime: of the file
	taken, digitized time.Time // DateTimeOriginal, DateTimeDigitized
	width, height    int       // PixelXDimension, PixelYDimension
	orientation      int
	makerNote        int // its length in bytes
	exposure         bool
	thumbnail        []byte // JPEG
}

// Tags that are read.
const (
	tagMake         = 0x010f
	tagModel        = 0x0110
	tagOrientation  = 0x0112
	tagSoftware     = 0x0131
	tagDateTime     = 0x0132
	tagThumbAt      = 0x0201
	tagThumbLength  = 0x0202
	tagExifIFD      = 0x8769
	tagExposureTime = 0x829a
	tagOriginal     = 0x9003
	tagDigitized    = 0x9004
	tagMakerNote    = 0x927c
	tagWidth        = 0xa002
	tagHeight       = 0xa003
	maxEntries      = 512
	maxText         = 200
)

// tiffDir is an Exif block: a TIFF file of its own.
type tiffDir struct {
	data  []byte
	order binary.ByteOrder
}

// parseExif reads a block that begins with the byte order. What is damaged is
// left out.
func parseExif(data []byte) (e exif) {
	if len(data) < 8 {
		return e
	}
	t := tiffDir{data: data, order: binary.LittleEndian}
	switch string(data[:2]) {
	case "II":
	case "MM":
		t.order = binary.BigEndian
	default:
		return e
	}
	var thumbAt, thumbLength int
	next := t.walk(int(t.order.Uint32(data[4:])), func(tag uint16, kind, count int, raw []byte) {
		e.present = true
		switch tag {
		case tagMake:
			e.make = text(raw)
		case tagModel:
			e.model = text(raw)
		case tagSoftware:
			e.software = text(raw)
		case tagDateTime:
			e.changed = exifTime(raw)
		case tagOrientation:
			e.orientation = t.number(kind, raw)
		case tagExifIFD:
			t.walk(t.number(kind, raw), func(tag uint16, kind, count int, raw []byte) {
				switch tag {
				case tagOriginal:
					e.taken = exifTime(raw)
				case tagDigitized:
					e.digitized = exifTime(raw)
				case tagWidth:
					e.width = t.number(kind, raw)
				case tagHeight:
					e.height = t.number(kind, raw)
				case tagMakerNote:
					e.makerNote = len(raw)
				case tagExposureTime:
					e.exposure = true
				}
			})
		}
	})
	t.walk(next, func(tag uint16, kind, count int, raw []byte) {
		switch tag {
		case tagThumbAt:
			thumbAt = t.number(kind, raw)
		case tagThumbLength:
			thumbLength = t.number(kind, raw)
		}
	})
	if thumbAt > 0 && thumbLength > 4 && thumbAt <= len(data)-thumbLength && bytes.HasPrefix(data[thumbAt:], []byte("\xff\xd8")) {
		e.thumbnail = data[thumbAt : thumbAt+thumbLength]
	}
	return e
}

// walk calls each entry of the directory at the offset and returns where the
// next directory is.
func (t tiffDir) walk(at int, entry func(tag uint16, kind, count int, raw []byte)) (next int) {
	if at < 8 || at+2 > len(t.data) {
		return 0
	}
	n := min(int(t.order.Uint16(t.data[at:])), maxEntries)
	sizes := [...]int{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8}
	at += 2
	for range n {
		if at+12 > len(t.data) {
			return 0
		}
		kind, count := int(t.order.Uint16(t.data[at+2:])), int(t.order.Uint32(t.data[at+4:]))
		if kind > 0 && kind < len(sizes) && count >= 0 && count <= len(t.data) {
			raw, size := t.data[at+8:at+12], count*sizes[kind]
			if size > 4 {
				off := int(t.order.Uint32(raw))
				if raw = nil; off >= 0 && off <= len(t.data)-size {
					raw = t.data[off : off+size]
				}
			} else {
				raw = raw[:size]
			}
			if raw != nil {
				entry(t.order.Uint16(t.data[at:]), kind, count, raw)
			}
		}
		at += 12
	}
	if at+4 > len(t.data) {
		return 0
	}
	return int(t.order.Uint32(t.data[at:]))
}

// number is a value of type SHORT or LONG.
func (t tiffDir) number(kind int, raw []byte) int {
	switch {
	case kind == 3 && len(raw) >= 2:
		return int(t.order.Uint16(raw))
	case kind == 4 && len(raw) >= 4:
		return int(t.order.Uint32(raw))
	}
	return 0
}

func text(raw []byte) string {
	s, _, _ := strings.Cut(string(raw[:min(len(raw), maxText)]), "\x00")
	return strings.TrimSpace(strings.ToValidUTF8(s, ""))
}

// exifTime is zero when it does not say.
func exifTime(raw []byte) time.Time {
	t, err := time.Parse("2006:01:02 15:04:05", text(raw))
	if err != nil {
		return time.Time{}
	}
	return t
}
