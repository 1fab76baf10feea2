// Package specimen draws fictional identity documents whose every printed
// character is known, and photographs them.
//
// It serves tests, the demo page and the training of recognisers: [Random]
// invents a person and a document, [Document.Draw] prints it at 300 dpi with the
// place of every field, [Photograph] puts the print before a camera, and
// [WriteSet] writes a labelled set. [MRZLine] draws single lines of a
// machine-readable zone the way text detectors cut them out of bad pictures.
//
// The same seed always gives the same picture. Issuers are fictional: Utopia
// (UTO, reserved for specimens by ICAO 9303 part 3 section 5) and states whose
// codes ISO 3166-1 leaves to users (XAA to XZZ) and which ICAO does not assign.
// Nothing here imitates a document of an existing state, and reading documents
// does not belong here.
package specimen
