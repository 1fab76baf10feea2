// Package mrz is the grammar of machine readable zones: the two or three lines
// of OCR-B print on passports, identity cards, visas and some driving licences.
//
// It turns text into a typed [Document] ([Parse], [ParseAs]), and typed data
// back into text ([Build]). It knows ICAO Doc 9303 parts 3 to 7 (TD1, TD2, TD3,
// MRV-A, MRV-B) and the relatives that share its alphabet: the French identity
// card of 1988 to 2021, the old Slovak card, the one-line driving licence of
// ISO/IEC 18013 with its French and Dutch editions, and the Swiss licence. Each
// is one entry of a data table ([Layout]) from which parsing, validation,
// building and grammar-guided text recognition all work.
//
// Parsing never fails as a whole. What can be read is returned, each check
// digit with what was printed and what it should be, and each departure from
// the rules as a [Problem] with a stable code. [Document.Valid] is the summary.
//
// Two-digit years need a date to hang on, so callers inject "now"; see [Parse].
//
// The package also transliterates names into the MRZ alphabet and compares
// printed names with MRZ names ([Transliterate], [Candidates], [SameName]), and
// names issuers and nationalities ([StateName], [LookupState]).
//
// It does no I/O, has no state and no dependencies. It does not judge: whether
// an expired or a specimen document is acceptable is policy and belongs to the
// caller. It does not repair: a misprinted or misread character stays as it is.
package mrz
