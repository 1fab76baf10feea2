package forgery

import "context"

// The luma table of ITU-T T.81 annex K.1, which the Independent JPEG Group's
// library, and so most software, scales by quality.
var annexK = [64]int{
	16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
	18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
}

// ijgTable is the table of that library at a quality of 1 to 100.
func ijgTable(quality int) (t [64]uint16) {
	s := 200 - 2*quality
	if quality < 50 {
		s = 5000 / quality
	}
	for i, v := range annexK {
		t[i] = uint16(max(1, min(255, (v*s+50)/100)))
	}
	return t
}

// ijgQuality is the quality whose table this is; false if none.
func ijgQuality(t [64]uint16) (int, bool) {
	for q := 100; q >= 1; q-- {
		if ijgTable(q) == t {
			return q, true
		}
	}
	return 0, false
}

// softwareTables compares how the picture is compressed with what it claims to
// be: a file with the maker's notes of a camera, but with the tables of a common
// software library, colour subsampled as no camera of the time does or stored in
// Adobe's way, was saved again by software that kept the notes (Farid, "Digital
// Image Ballistics from JPEG Quantization", 2006; Kornblum 2008). Some makers use
// the library's tables themselves (Apple and Google do in part), which is why
// only Adobe's marks and progressive coding count, and a table alone never does. The
// quality is told and never weighed. Cost: none.
func softwareTables(_ context.Context, e *Evidence) (Finding, error) {
	c := e.container()
	if c.format != "jpeg" || len(c.quant) == 0 {
		return Finding{}, skipError("it is not a JPEG file")
	}
	if c.exif.make == "" || c.exif.model == "" {
		return Finding{}, skipError("the file does not claim to come from a camera")
	}
	f := Finding{Metadata: map[string]any{}}
	if q, ok := ijgQuality(c.quant[0]); ok {
		f.Metadata["library_quality"] = q
	}
	if c.adobe || c.progressive {
		f.Value = 1
		f.Description = "The file names a camera, but is compressed as cameras do not: software saved it again."
		f.Metadata["adobe"], f.Metadata["progressive"] = c.adobe, c.progressive
	}
	return f, nil
}
