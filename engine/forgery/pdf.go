package forgery

import (
	"bytes"
	"context"
	"regexp"
	"time"
)

var (
	pdfProducer = regexp.MustCompile(`/(?:Producer|Creator)\s*\(([^)]{1,200})\)`)
	pdfDate     = regexp.MustCompile(`/(CreationDate|ModDate)\s*\(D:(\d{8,14})`)
	pdfShowText = regexp.MustCompile(`/Type\s*/Font\b`)
	pdfImage    = regexp.MustCompile(`/Subtype\s*/Image\b`)
	pdfNote     = regexp.MustCompile(`/Subtype\s*/(FreeText|Stamp|Ink|Redact|Square|Highlight)\b`)
)

// pdfEdited finds a PDF that was changed after it was made: incremental updates
// (ISO 32000-2, 7.5.6: an editor appends and leaves the original), a later
// modification date, the names of editors. A linearised file has two ends
// without having been changed. Compressed objects are not opened: what hides
// there is not seen. Cost: searches through the file.
func pdfEdited(_ context.Context, e *Evidence) (Finding, error) {
	if e.Picture.Format != "pdf" {
		return Finding{}, skipError("it is not a PDF")
	}
	ends := bytes.Count(e.Data, []byte("%%EOF"))
	if bytes.Contains(e.Data[:min(len(e.Data), 2048)], []byte("/Linearized")) && ends > 0 {
		ends--
	}
	f := Finding{Metadata: map[string]any{"revisions": max(ends, 1)}}
	if ends > 1 {
		f.Value, f.Description = 1, "The PDF was changed after it was made: it holds more than one revision."
	}
	var made, changed time.Time
	for _, m := range pdfDate.FindAllSubmatch(e.Data, 64) {
		d := string(m[2])
		t, err := time.Parse("20060102150405"[:len(d)], d)
		if err != nil {
			continue
		}
		if string(m[1]) == "ModDate" {
			changed = t
		} else if made.IsZero() {
			made = t
		}
	}
	if !made.IsZero() && changed.Sub(made) > 2*time.Minute {
		f.Value, f.Description = max(f.Value, 1), "The PDF was changed after it was made."
		f.Metadata["changed_after_seconds"] = int(changed.Sub(made).Seconds())
	}
	for _, m := range pdfProducer.FindAllSubmatch(e.Data, 64) {
		if n := named(string(m[1]), software().PDFEditors); n != "" {
			f.Value++
			f.Description = "The PDF was made or changed by a program for editing."
			f.Metadata["program"] = n
			break
		}
	}
	return f, nil
}

// pdfOverlay finds a PDF of one picture, as scanners make them, with more laid
// over it: notes, stamps, drawn boxes, or text of its own without the mark of a
// scanner's text recognition. Cost: searches through the file.
func pdfOverlay(_ context.Context, e *Evidence) (Finding, error) {
	if e.Picture.Format != "pdf" {
		return Finding{}, skipError("it is not a PDF")
	}
	if !pdfImage.Match(e.Data) {
		return Finding{}, skipError("the PDF holds no picture")
	}
	f := Finding{Metadata: map[string]any{}}
	if m := pdfNote.FindSubmatch(e.Data); m != nil {
		f.Value, f.Description = 2, "Something is laid over the picture in the PDF."
		f.Metadata["annotation"] = string(m[1])
	} else if pdfShowText.Match(e.Data) {
		scanner := false
		for _, m := range pdfProducer.FindAllSubmatch(e.Data, 64) {
			scanner = scanner || named(string(m[1]), software().PDFMakers) != ""
		}
		if !scanner {
			f.Value, f.Description = 1, "The PDF has text of its own beside the picture."
			f.Metadata["fonts"] = true
		}
	}
	return f, nil
}
