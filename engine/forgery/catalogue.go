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
func pixelDetectors() []Detector {
	return []Detector{
		{ID: "is_double_saved_jpeg", Category: Modifications, Type: Risk, Group: "saved", Title: "Re-saved JPEG image", Run: savedTwice},
		{ID: "part_saved_once", Category: Modifications, Type: Risk, Group: "compression", Title: "A part without the earlier compression", Run: partSavedOnce},
		{ID: "shifted_grid", Category: Modifications, Type: Risk, Group: "saved", Title: "Cut out and saved again", Run: shiftedGrid},
		{ID: "foreign_grid", Category: Modifications, Type: Risk, Group: "compression", Title: "A part compressed elsewhere", Run: foreignGrid},
		{ID: "noise_inconsistency", Category: Modifications, Type: Risk, Group: "noise", Title: "Differing noise", Run: noiseDiffers},
		{ID: "sharpness_inconsistency", Category: Modifications, Type: Risk, Group: "noise", Title: "Differing sharpness", Run: sharpnessDiffers},
		{ID: "print_inconsistency", Category: Modifications, Type: Risk, Group: "print", Title: "Print that differs", Run: printDiffers},
		{ID: "zone_print", Category: Modifications, Type: Risk, Group: "print", Title: "Zone printed unevenly", Run: zonePrint},
		{ID: "field_print", Category: Modifications, Type: Risk, Group: "ground", Title: "Ground erased under print", Run: fieldPrint},
		{ID: "portrait_differs_from_ghost", Category: Modifications, Type: Info, Group: "portrait", Title: "Another face in the second picture", Run: ghostDiffers},
		{ID: "ghost_agrees", Category: Modifications, Type: Info, Group: "portrait", Title: "Same face in the second picture", Run: ghostAgrees},
		{ID: "copy_move", Category: Modifications, Type: Risk, Group: "copy", Title: "A copied piece", Run: copyMove},
		{ID: "resampled", Category: Modifications, Type: Risk, Group: "saved", Title: "Enlarged or turned", Run: resampled},
	}
}

// captureDetectors look at what was in front of the camera.
func captureDetectors() []Detector {
	return []Detector{
		{ID: "screenshot", Category: Capture, Type: Risk, Group: "digital", Title: "Screenshot", Run: screenshot},
		{ID: "flat_render", Category: Capture, Type: Risk, Group: "digital", Title: "Drawn, not photographed", Run: flatRender},
		{ID: "greyscale", Category: Capture, Type: Risk, Group: "grey", Title: "Without colours", Run: greyscale},
		{ID: "screen_recapture", Category: Capture, Type: Risk, Group: "recapture", Title: "Photograph of a screen", Run: screenRecaptured},
		{ID: "screen_appearance", Category: Capture, Type: Risk, Group: "appearance", Title: "Looks like a screen", Run: looksLikeScreen},
		{ID: "halftone", Category: Capture, Type: Risk, Group: "recapture", Title: "Printed picture", Run: halftone},
	}
}

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
