package raster

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/bep/imagemeta"
)

// Exif is the little of a picture's metadata that is read. Places, times and
// names are left out: they are personal data that no step needs here.
type Exif struct {
	Orientation int    // 1 to 8 as in Exif 3.0 section 4.6.5.1.6; 0 when absent
	Make        string // of the camera
	Model       string
	Software    string
}

var exifFormats = map[string]imagemeta.ImageFormat{
	"jpeg": imagemeta.JPEG, "png": imagemeta.PNG, "webp": imagemeta.WebP,
	"tiff": imagemeta.TIFF, "heic": imagemeta.HEIF,
}

// readExif returns what it finds; damaged metadata never costs the picture.
func readExif(data []byte, format string) Exif {
	var e Exif
	f, ok := exifFormats[format]
	if !ok {
		return e
	}
	_, _ = imagemeta.Decode(imagemeta.Options{
		R:            bytes.NewReader(data),
		ImageFormat:  f,
		Sources:      imagemeta.EXIF,
		LimitNumTags: 500,
		LimitTagSize: 1000,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool {
			return t.Namespace == "IFD0"
		},
		HandleTag: func(t imagemeta.TagInfo) error {
			switch t.Tag {
			case "Orientation":
				var n int
				if _, err := fmt.Sscan(fmt.Sprint(t.Value), &n); err == nil && n >= 1 && n <= 8 {
					e.Orientation = n
				}
			case "Make":
				e.Make = text(t.Value)
			case "Model":
				e.Model = text(t.Value)
			case "Software":
				e.Software = text(t.Value)
			}
			return nil
		},
	})
	return e
}

func text(v any) string {
	s, _ := v.(string)
	s = strings.TrimSpace(strings.ToValidUTF8(strings.Trim(s, "\x00"), ""))
	return s[:min(len(s), 100)]
}

// turns says how to make the picture upright: mirror left to right if asked,
// then turn clockwise by quarters.
func (e Exif) turns() (quarters int, mirror bool) {
	switch e.Orientation {
	case 2:
		return 0, true
	case 3:
		return 2, false
	case 4:
		return 2, true
	case 5:
		return 3, true
	case 6:
		return 1, false
	case 7:
		return 1, true
	case 8:
		return 3, false
	}
	return 0, false
}
