package forgery

// fileDetectors look at the file.
func fileDetectors() []Detector {
	return []Detector{
		{ID: "editing_software", Category: File, Type: Risk, Group: "saved", Title: "Saved by an editing program", Run: editingSoftware},
		{ID: "inconsistent_exif", Category: File, Type: Risk, Group: "saved", Title: "Contradicting metadata", Run: exifConflict},
		{ID: "camera_original", Category: File, Type: Trust, Group: "camera", Title: "As the camera wrote it", Run: cameraOriginal},
		{ID: "software_compression", Category: File, Type: Risk, Group: "saved", Title: "Not compressed by a camera", Run: softwareTables},
		{ID: "thumbnail_mismatch", Category: File, Type: Risk, Group: "saved", Title: "Another embedded preview", Run: thumbnailDiffers},
		{ID: "generator_trace", Category: File, Type: Risk, Group: "generated", Title: "Made by a generator", Run: generated},
		{ID: "pdf_edited", Category: File, Type: Risk, Group: "pdf", Title: "PDF changed after it was made", Run: pdfEdited},
		{ID: "pdf_overlay", Category: File, Type: Risk, Group: "pdf", Title: "Something over the picture", Run: pdfOverlay},
	}
}

// pixelDetectors look for changed pixels.
func pixelDetectors() []Detector { return nil }

// captureDetectors look at what was in front of the camera.
func captureDetectors() []Detector { return nil }

// dataDetectors look at what the document says.
func dataDetectors() []Detector {
	return []Detector{
		{ID: "sources_disagree", Category: Data, Type: Risk, Group: "sources", Title: "Zone, print or barcode disagree", Run: sourcesDisagree},
		{ID: "check_digits", Category: Data, Type: Risk, Group: "sources", Title: "Wrong check digits", Run: checkDigits},
		{ID: "number_format", Category: Data, Type: Risk, Group: "number", Title: "Impossible number", Run: numberFormats},
		{ID: "date_conflict", Category: Data, Type: Risk, Group: "dates", Title: "Impossible dates", Run: datesConflict},
		{ID: "specimen_words", Category: Data, Type: Risk, Group: "specimen", Title: "Marked as a specimen", Run: specimenWords},
		{ID: "specimen_data", Category: Data, Type: Risk, Group: "specimen", Title: "Data of a published specimen", Run: specimenData},
	}
}
