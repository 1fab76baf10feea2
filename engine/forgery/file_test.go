package forgery

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/png"
	"testing"
	"time"

	"idproof/engine/raster"
)

// exifBlock builds an Exif block: texts of IFD0, and of the Exif directory texts
// and numbers.
func exifBlock(ifd0 map[uint16]string, sub map[uint16]string, numbers map[uint16]uint32) []byte {
	var b bytes.Buffer
	le := binary.LittleEndian
	b.WriteString("II*\x00\x08\x00\x00\x00")
	dir := func(at int, texts map[uint16]string, nums map[uint16]uint32, link int) []byte {
		n := len(texts) + len(nums)
		if link > 0 {
			n++
		}
		out := le.AppendUint16(nil, uint16(n))
		data := at + 2 + 12*n + 4
		var tail []byte
		for tag := range 0x10000 { // entries stand in the order of their tags
			if s, ok := texts[uint16(tag)]; ok {
				s += "\x00"
				for len(s) < 5 {
					s += "\x00"
				}
				out = le.AppendUint16(out, uint16(tag))
				out = le.AppendUint16(out, 2)
				out = le.AppendUint32(out, uint32(len(s)))
				out = le.AppendUint32(out, uint32(data+len(tail)))
				tail = append(tail, s...)
			}
			if v, ok := nums[uint16(tag)]; ok {
				out = le.AppendUint16(out, uint16(tag))
				out = le.AppendUint16(out, 4)
				out = le.AppendUint32(out, 1)
				out = le.AppendUint32(out, v)
			}
			if link > 0 && tag == tagExifIFD {
				out = le.AppendUint16(out, tagExifIFD)
				out = le.AppendUint16(out, 4)
				out = le.AppendUint32(out, 1)
				out = le.AppendUint32(out, uint32(link))
			}
		}
		out = le.AppendUint32(out, 0)
		return append(out, tail...)
	}
	size := len(dir(8, ifd0, nil, 1))
	b.Write(dir(8, ifd0, nil, 8+size))
	b.Write(dir(8+size, sub, numbers, 0))
	return b.Bytes()
}

// segment is a JPEG marker segment.
func segment(marker byte, body string) []byte {
	out := []byte{0xff, marker}
	out = binary.BigEndian.AppendUint16(out, uint16(len(body)+2))
	return append(out, body...)
}

// with puts segments at the beginning of a JPEG.
func with(data []byte, segments ...[]byte) []byte {
	out := append([]byte{}, data[:2]...)
	for _, s := range segments {
		out = append(out, s...)
	}
	return append(out, data[2:]...)
}

// chunk is a PNG chunk.
func chunk(kind, body string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(out, kind+body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(kind+body)))
}

func pngOf(t testing.TB, im image.Image, chunks ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	head := 8 + 25 // signature and IHDR
	out := append([]byte{}, data[:head]...)
	for _, c := range chunks {
		out = append(out, c...)
	}
	return append(out, data[head:]...)
}

func camera(mods ...func(ifd0, sub map[uint16]string, numbers map[uint16]uint32)) []byte {
	ifd0 := map[uint16]string{tagMake: "Maker", tagModel: "Model 7", tagDateTime: "2026:02:03 10:11:12"}
	sub := map[uint16]string{tagOriginal: "2026:02:03 10:11:12", tagMakerNote: string(bytes.Repeat([]byte("n"), 200))}
	numbers := map[uint16]uint32{tagWidth: 320, tagHeight: 240, tagExposureTime: 1}
	for _, m := range mods {
		m(ifd0, sub, numbers)
	}
	return segment(0xe1, "Exif\x00\x00"+string(exifBlock(ifd0, sub, numbers)))
}

func TestFileDetectors(t *testing.T) {
	plain := jpegOf(t, texture(320, 240, 2), 90)
	drawn := texture(320, 240, 2)
	for _, c := range []struct {
		name     string
		detector string
		data     []byte
		value    float64 // -1: not performed
	}{
		{"plain file", "editing_software", plain, 0},
		{"Exif names an editor", "editing_software", with(plain, camera(func(i, _ map[uint16]string, _ map[uint16]uint32) { i[tagSoftware] = "Adobe Photoshop 25.1" })), 1},
		{"firmware is no editor", "editing_software", with(plain, camera(func(i, _ map[uint16]string, _ map[uint16]uint32) { i[tagSoftware] = "G991BXXS5CVF1" })), 0},
		{"XMP names an editor", "editing_software", with(plain, segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta><rdf:Description xmp:CreatorTool=\"GIMP 2.10\"/></x:xmpmeta>")), 1},
		{"marks of Photoshop", "editing_software", with(plain, segment(0xed, "Photoshop 3.0\x008BIM\x03\xed\x00\x00\x00\x00\x00\x02ab")), 1},
		{"a caption alone is a network's", "editing_software", with(plain, segment(0xed, "Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x02ab")), 0},
		{"saved for the web", "editing_software", with(plain, segment(0xec, "Ducky\x00\x01")), 1},
		{"text of a PNG", "editing_software", pngOf(t, drawn, chunk("tEXt", "Software\x00www.inkscape.org")), 1},

		{"no Exif", "inconsistent_exif", plain, -1},
		{"consistent", "inconsistent_exif", with(plain, camera()), 0},
		{"cropped", "inconsistent_exif", with(plain, camera(func(_, _ map[uint16]string, n map[uint16]uint32) { n[tagWidth] = 4000 })), 2},
		{"turned is the same", "inconsistent_exif", with(plain, camera(func(_, _ map[uint16]string, n map[uint16]uint32) { n[tagWidth], n[tagHeight] = 240, 320 })), 0},
		{"changed later", "inconsistent_exif", with(plain, camera(func(i, _ map[uint16]string, _ map[uint16]uint32) { i[tagDateTime] = "2026:02:05 10:11:12" })), 1},
		{"changed before it was taken", "inconsistent_exif", with(plain, camera(func(i, _ map[uint16]string, _ map[uint16]uint32) { i[tagDateTime] = "2020:02:05 10:11:12" })), 3},
		{"taken in the future", "inconsistent_exif", with(plain, camera(func(i, s map[uint16]string, _ map[uint16]uint32) {
			i[tagDateTime], s[tagOriginal] = "2031:02:05 10:11:12", "2031:02:05 10:11:12"
		})), 3},

		{"as from a camera, without preview", "camera_original", with(plain, camera()), 2},
		{"without maker's notes", "camera_original", with(plain, camera(func(_, s map[uint16]string, _ map[uint16]uint32) { delete(s, tagMakerNote) })), 1},
		{"edited", "camera_original", with(plain, camera(func(i, _ map[uint16]string, _ map[uint16]uint32) { i[tagSoftware] = "Snapseed 2.0" })), 0},
		{"resized", "camera_original", with(plain, camera(func(_, _ map[uint16]string, n map[uint16]uint32) { n[tagWidth] = 4000 })), 0},

		{"no claim", "software_compression", plain, -1},
		{"a camera's claim, Adobe's mark", "software_compression", with(plain, camera(), segment(0xee, "Adobe\x00\x64\x00\x00\x00\x00\x01")), 1},
		{"a camera's claim", "software_compression", with(plain, camera()), 0},

		{"nothing of a generator", "generator_trace", plain, 0},
		{"IPTC says so", "generator_trace", with(plain, segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta Iptc4xmpExt:DigitalSourceType=\"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia\"/>")), 1},
		{"C2PA says so", "generator_trace", with(plain, segment(0xeb, "JP\x00\x01\x00\x00\x00\x01\x00\x00\x00\x40jumb c2pa digitalSourceType trainedAlgorithmicMedia")), 1},
		{"a camera's C2PA", "generator_trace", with(plain, segment(0xeb, "JP\x00\x01\x00\x00\x00\x01\x00\x00\x00\x40jumb c2pa digitalSourceType digitalCapture")), 0},
		{"parameters of diffusion", "generator_trace", pngOf(t, drawn, chunk("tEXt", "parameters\x00a card Steps: 20, Sampler: Euler")), 1},
		{"a workflow", "generator_trace", pngOf(t, drawn, chunk("iTXt", "prompt\x00\x00\x00\x00\x00{\"3\":{\"class_type\":\"KSampler\"}}")), 1},

		{"no preview", "thumbnail_mismatch", plain, -1},

		{"a camera's size", "screenshot", plain, 0},
		{"a telephone's size", "screenshot", pngOf(t, texture(1080, 2400, 1)), 1},
		{"named so", "screenshot", pngOf(t, drawn, chunk("tEXt", "Software\x00gnome-screenshot")), 2},
	} {
		t.Run(c.detector+"/"+c.name, func(t *testing.T) {
			f, err := run(t, c.detector, evidenceOf(t, c.data))
			var no skipError
			switch {
			case c.value < 0 && !errors.As(err, &no):
				t.Fatalf("performed: %v, %v", f, err)
			case c.value >= 0 && err != nil:
				t.Fatal(err)
			case c.value >= 0 && f.Value != c.value:
				t.Errorf("value %v, want %v; %v", f.Value, c.value, f.Metadata)
			}
		})
	}
}

// run asks one detector.
func run(t testing.TB, id string, e *Evidence) (Finding, error) {
	t.Helper()
	for _, d := range Detectors() {
		if d.ID == id {
			return d.Run(t.Context(), e)
		}
	}
	t.Fatalf("no detector %s", id)
	return Finding{}, nil
}

func TestThumbnail(t *testing.T) {
	im := texture(320, 240, 2)
	small := raster.FromImage(im).Resize(160, 120)
	data, err := small.JPEG(80)
	if err != nil {
		t.Fatal(err)
	}
	other, err := raster.FromImage(texture(160, 120, 50)).Rotate(2).JPEG(80)
	if err != nil {
		t.Fatal(err)
	}
	_ = other
	e := evidenceOf(t, jpegOf(t, im, 90))
	e.container().exif.thumbnail = data
	same, err := run(t, "thumbnail_mismatch", e)
	if err != nil {
		t.Fatal(err)
	}
	e.container().exif.thumbnail = other
	differs, err := run(t, "thumbnail_mismatch", e)
	if err != nil {
		t.Fatal(err)
	}
	if same.Value > 0.1 || differs.Value < 0.3 {
		t.Errorf("same %v, another %v", same.Value, differs.Value)
	}
}

func TestPDF(t *testing.T) {
	const one = "%PDF-1.7\n1 0 obj<</Subtype /Image>>endobj\ntrailer\n%%EOF\n"
	page := &raster.Page{Image: raster.New(10, 10), Format: "pdf", Width: 10, Height: 10, Scale: 1}
	for _, c := range []struct {
		name, data    string
		edited, above float64
	}{
		{"scanned", one + "/Producer (Canon iR-ADV scan)", 0, 0},
		{"appended", one + "2 0 obj<<>>endobj\n%%EOF\n", 1, 0},
		{"changed a day later", one + "/CreationDate (D:20250102030405) /ModDate (D:20250103030405)", 1, 0},
		{"by an editor, and appended", one + "/Producer (iLovePDF)\n%%EOF\n", 2, 0},
		{"text without recognition", one + "<</Type /Font>>", 0, 1},
		{"text of a scanner", one + "<</Type /Font>> /Producer (EPSON Scan)", 0, 0},
		{"a stamp", one + "<</Type /Annot /Subtype /Stamp>>", 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &Evidence{Data: []byte(c.data), Picture: page, Now: time.Now()}
			edited, err := run(t, "pdf_edited", e)
			if err != nil {
				t.Fatal(err)
			}
			above, err := run(t, "pdf_overlay", e)
			if err != nil {
				t.Fatal(err)
			}
			if edited.Value != c.edited || above.Value != c.above {
				t.Errorf("edited %v, overlay %v", edited.Value, above.Value)
			}
		})
	}
}
