// Package aamva is the grammar of the barcodes on North American driving
// licences and identity cards: the AAMVA DL/ID Card Design Standard, Annex D
// ("Mandatory PDF417 bar code"), in all its editions, and the magnetic stripe of
// the same standard (Annex F), which some jurisdictions print as a barcode.
//
// It turns a payload into a typed [Document] ([Parse]) and elements into a
// payload ([Build]). The editions, by the version number in the header:
//
//	0   before the standard     4  2009     8  2013
//	1   DL/ID-2000              5  2010     9  2016
//	2   2003                    6  2011    10  2020
//	3   2005                    7  2012    11  2025
//
// Version 11 took back the aliases, DCL and DDC and added DDM to DDP; for the rest
// its rules are taken to be those of version 10.
//
// The data elements with their names, versions and lengths are a table
// ([LookupElement], [Elements]), and so are the issuers ([LookupIIN],
// [Jurisdictions]).
//
// Parsing is lenient because the field is: separators are missing, escaped or
// other ones, the directory points beside the subfiles, elements are of another
// edition. What can be read is returned, each departure as a [Problem] with a
// stable code, and [Document.Valid] is the summary. The only error is
// [ErrNotAAMVA]: that the data is something else, such as a licence of another
// part of the world.
//
// It does no I/O and has no dependencies. It does not judge: whether an expired
// licence is acceptable belongs to the caller. It does not know the contents of
// jurisdiction subfiles; their elements are returned as they are.
package aamva
