package forgery

import (
	"context"
	"math"
	"time"
)

// exifConflict finds Exif data that contradict the picture or each other: the
// pixel dimensions are not those of the picture (turned ones are allowed for),
// the file was changed at another time than the picture was taken (cameras
// write both within seconds), or it was taken in the future. After CIPA DC-008
// 4.6.5 and 4.6.6; Huh et al. 2018 and Iuliani et al. 2019 on what containers
// give away. Cost: none.
func exifConflict(_ context.Context, e *Evidence) (Finding, error) {
	c := e.container()
	x := c.exif
	if !x.present {
		return Finding{}, skipError("the file has no Exif data")
	}
	var f Finding
	note := func(value float64, key, text string) {
		if value > f.Value {
			f.Value, f.Description = value, text
		}
		if f.Metadata == nil {
			f.Metadata = map[string]any{}
		}
		f.Metadata[key] = true
	}
	if x.width > 0 && x.height > 0 && !fits(x.width, x.height, e.Picture.Width, e.Picture.Height) {
		note(2, "dimensions_differ", "The camera recorded another picture size than the file has: it was cropped or resized.")
	}
	if !x.changed.IsZero() && !x.taken.IsZero() {
		// Time zones aside, cameras write the same second; slow ones a few later.
		d := x.changed.Sub(x.taken)
		const slow = 2 * time.Minute
		if math.Abs(d.Minutes()) > slow.Minutes() {
			note(1, "changed_later", "The file was changed after the picture was taken.")
		}
		if d < -14*time.Hour {
			note(3, "changed_before_taken", "The file claims to have been changed before the picture was taken.")
		}
	}
	if x.taken.After(e.Now.Add(48 * time.Hour)) {
		note(3, "taken_in_future", "The picture claims to have been taken in the future.")
	}
	return f, nil
}

// fits tells whether the sizes are the same, perhaps turned.
func fits(w, h, pw, ph int) bool {
	near := func(a, b int) bool { return a-b <= 16 && b-a <= 16 } // some pad to whole blocks
	return near(w, pw) && near(h, ph) || near(w, ph) && near(h, pw)
}

// cameraOriginal finds trust: a file as a camera wrote it, with the maker's own
// notes (which editors drop or break), exposure data, both dates the same, the
// recorded size, an embedded preview and no sign of software. Metadata can be
// copied onto any picture, so it weighs little. Cost: none.
func cameraOriginal(_ context.Context, e *Evidence) (Finding, error) {
	c := e.container()
	x := c.exif
	if !x.present {
		return Finding{}, skipError("the file has no Exif data")
	}
	has := func(ok bool) float64 {
		if ok {
			return 1
		}
		return 0
	}
	f := Finding{Description: "The file looks as the camera wrote it: complete, unchanged metadata."}
	whole := x.make != "" && x.model != "" && x.exposure && !x.taken.IsZero() && x.taken.Equal(x.changed) &&
		x.width > 0 && fits(x.width, x.height, e.Picture.Width, e.Picture.Height)
	for _, s := range c.software {
		if named(s, software().Editors) != "" {
			whole = false
		}
	}
	if !whole || c.photoshop || c.saveForWeb || c.adobe {
		return f, nil
	}
	f.Value = 1 + has(x.makerNote > 64) + has(len(x.thumbnail) > 0)
	f.Metadata = map[string]any{"maker_notes": x.makerNote > 64, "preview": len(x.thumbnail) > 0}
	return f, nil
}
