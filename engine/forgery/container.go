package forgery

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"regexp"
	"strings"
)

// container is what the file tells beside its pixels. What is damaged or absent
// is left out.
type container struct {
	format             string // as raster.Page has it
	exif               exif
	xmp                string
	software           []string          // of PNG text and XMP, beside Exif's
	texts              map[string]string // PNG text chunks by lower-case keyword
	quant              [][64]uint16      // JPEG tables in natural order, as last defined, luma first
	sampling           [][2]int          // JPEG components
	adobe              bool              // JPEG: an Adobe marker
	photoshop          bool              // JPEG: image resources of Photoshop
	saveForWeb         bool              // JPEG: Photoshop's marker for pictures for the web
	jfif               bool
	progressive        bool
	contentCredentials bool // C2PA manifest (JUMBF)
}

const maxXMP = 1 << 20

func parseContainer(data []byte, format string) container {
	c := container{format: format, texts: map[string]string{}}
	switch format {
	case "jpeg":
		c.jpeg(data)
	case "png":
		c.png(data)
	case "webp":
		c.webp(data)
	case "tiff":
		c.exif = parseExif(data)
	case "heic":
		// The metadata are items of the file; both begin with a signature that is
		// not found elsewhere by accident.
		if i := bytes.Index(data, []byte("Exif\x00\x00")); i >= 0 {
			c.exif = parseExif(data[i+6:])
		}
		if i := bytes.Index(data, []byte("<x:xmpmeta")); i >= 0 {
			c.xmp = string(data[i:min(len(data), i+maxXMP)])
		}
		c.contentCredentials = bytes.Contains(data[:min(len(data), 1<<16)], []byte("c2pa"))
	}
	if s := xmpValue(c.xmp, "CreatorTool"); s != "" {
		c.software = append(c.software, s)
	}
	for _, m := range xmpAgent.FindAllStringSubmatch(c.xmp, 8) {
		c.software = append(c.software, m[1]+m[2])
	}
	for _, k := range []string{"software", "creator tool", "creator"} {
		if s := c.texts[k]; s != "" {
			c.software = append(c.software, s)
		}
	}
	if c.exif.software != "" {
		c.software = append(c.software, c.exif.software)
	}
	return c
}

// jpeg walks the marker segments (ITU-T T.81 annex B) up to the picture's data.
func (c *container) jpeg(data []byte) {
	tables := map[byte][64]uint16{}
	var selectors []byte
	for p := 2; p+4 <= len(data); {
		if data[p] != 0xff {
			break
		}
		marker := data[p+1]
		if marker == 0xff {
			p++
			continue
		}
		if marker <= 0x01 || marker >= 0xd0 && marker <= 0xd8 {
			p += 2
			continue
		}
		n := int(binary.BigEndian.Uint16(data[p+2:]))
		if n < 2 || p+2+n > len(data) {
			break
		}
		seg := data[p+4 : p+2+n]
		switch {
		case marker == 0xe0 && bytes.HasPrefix(seg, []byte("JFIF\x00")):
			c.jfif = true
		case marker == 0xe1 && bytes.HasPrefix(seg, []byte("Exif\x00\x00")) && !c.exif.present:
			c.exif = parseExif(seg[6:])
		case marker == 0xe1 && bytes.HasPrefix(seg, []byte("http://ns.adobe.com/xap/1.0/\x00")):
			c.xmp += string(seg[29:])
		case marker == 0xeb && bytes.Contains(seg[:min(len(seg), 128)], []byte("jumb")):
			c.contentCredentials = true
		case marker == 0xec && bytes.HasPrefix(seg, []byte("Ducky")):
			c.saveForWeb = true
		case marker == 0xed && bytes.HasPrefix(seg, []byte("Photoshop 3.0")):
			c.photoshop = photoshopResources(seg[14:])
		case marker == 0xee && bytes.HasPrefix(seg, []byte("Adobe")):
			c.adobe = true
		case marker == 0xdb:
			quantTables(seg, tables)
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc && len(seg) >= 6:
			c.progressive = marker == 0xc2
			for i := 6; i+3 <= len(seg); i += 3 {
				c.sampling = append(c.sampling, [2]int{int(seg[i+1] >> 4), int(seg[i+1] & 15)})
				selectors = append(selectors, seg[i+2])
			}
		}
		if marker == 0xda {
			break
		}
		p += 2 + n
	}
	seen := map[byte]bool{}
	for _, s := range selectors {
		if t, ok := tables[s]; ok && !seen[s] {
			seen[s] = true
			c.quant = append(c.quant, t)
		}
	}
}

// photoshopResources tells whether the block holds resources that only an editor
// writes. Social networks keep IPTC captions (resource 0x0404) in such a block.
func photoshopResources(seg []byte) bool {
	for len(seg) >= 12 && bytes.HasPrefix(seg, []byte("8BIM")) {
		id := binary.BigEndian.Uint16(seg[4:])
		name := 1 + int(seg[6])
		name += name & 1
		if 6+name+4 > len(seg) {
			return false
		}
		n := int(binary.BigEndian.Uint32(seg[6+name:]))
		// ResolutionInfo, print flags, layer and guide information.
		switch id {
		case 0x03ed, 0x03f3, 0x0400, 0x0408, 0x0421, 0x0406:
			return true
		}
		n += n & 1
		if n < 0 || 6+name+4+n > len(seg) {
			return false
		}
		seg = seg[6+name+4+n:]
	}
	return false
}

// quantTables reads a DQT segment.
func quantTables(seg []byte, tables map[byte][64]uint16) {
	for len(seg) > 0 {
		wide, id := seg[0]>>4, seg[0]&15
		size := 64
		if wide != 0 {
			size = 128
		}
		if len(seg) < 1+size {
			return
		}
		var t [64]uint16
		for i := range 64 {
			if wide != 0 {
				t[zigzag[i]] = binary.BigEndian.Uint16(seg[1+2*i:])
			} else {
				t[zigzag[i]] = uint16(seg[1+i])
			}
		}
		tables[id] = t
		seg = seg[1+size:]
	}
}

// zigzag maps the order of JPEG's coefficients to rows of eight.
var zigzag = [64]int{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// png reads the chunks of text and metadata (PNG third edition, 11.3).
func (c *container) png(data []byte) {
	for p := 8; p+12 <= len(data); {
		n := int(binary.BigEndian.Uint32(data[p:]))
		if n < 0 || n > len(data)-p-12 {
			return
		}
		kind, body := string(data[p+4:p+8]), data[p+8:p+8+n]
		switch kind {
		case "tEXt", "zTXt", "iTXt":
			c.pngText(kind, body)
		case "eXIf":
			c.exif = parseExif(body)
		case "caBX":
			c.contentCredentials = true
		}
		p += 12 + n
	}
}

func (c *container) pngText(kind string, body []byte) {
	key, rest, ok := bytes.Cut(body, []byte{0})
	if !ok || len(key) > 79 {
		return
	}
	packed := false
	switch kind {
	case "zTXt":
		if len(rest) < 1 {
			return
		}
		packed, rest = true, rest[1:]
	case "iTXt":
		if len(rest) < 2 {
			return
		}
		packed, rest = rest[0] == 1, rest[2:]
		for range 2 { // language, translated keyword
			if _, rest, ok = bytes.Cut(rest, []byte{0}); !ok {
				return
			}
		}
	}
	if packed {
		z, err := zlib.NewReader(bytes.NewReader(rest))
		if err != nil {
			return
		}
		rest, _ = io.ReadAll(io.LimitReader(z, maxXMP)) // what comes before the damage
	}
	s := strings.ToValidUTF8(string(rest[:min(len(rest), maxXMP)]), "")
	if string(key) == "XML:com.adobe.xmp" {
		c.xmp = s
		return
	}
	c.texts[strings.ToLower(string(key))] = s
}

func (c *container) webp(data []byte) {
	for p := 12; p+8 <= len(data); {
		n := int(binary.LittleEndian.Uint32(data[p+4:]))
		if n < 0 || n > len(data)-p-8 {
			return
		}
		body := data[p+8 : p+8+n]
		switch string(data[p : p+4]) {
		case "EXIF":
			c.exif = parseExif(bytes.TrimPrefix(body, []byte("Exif\x00\x00")))
		case "XMP ":
			c.xmp = string(body[:min(n, maxXMP)])
		case "C2PA":
			c.contentCredentials = true
		}
		p += 8 + n + n&1
	}
}

var xmpAgent = regexp.MustCompile(`softwareAgent(?:="([^"]{1,120})"|>([^<]{1,120})<)`)

// xmpValue returns a simple property of the XMP packet, written as an attribute
// or as an element.
func xmpValue(xmp, name string) string {
	for _, mark := range []string{":" + name + "=\"", ":" + name + "='", ":" + name + ">"} {
		if _, rest, ok := strings.Cut(xmp, mark); ok {
			if i := strings.IndexAny(rest, "\"'<"); i >= 0 && i <= maxText {
				return strings.TrimSpace(rest[:i])
			}
		}
	}
	return ""
}
