package aamva

// Severity tells a broken rule from a remarkable habit.
type Severity uint8

// The severities. An Error makes a document invalid, a Warning does not.
const (
	Warning Severity = iota
	Error
)

// String returns "warning" or "error".
func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// Code names a kind of problem. Codes are stable.
type Code string

// The codes. Those of severity Error first.
const (
	CodeHeader     Code = "header_missing"      // elements without a header
	CodeVersion    Code = "version_unknown"     // a version that no edition has
	CodeDirectory  Code = "directory_malformed" // the list of subfiles is missing or cannot be read
	CodeSubfile    Code = "subfile_missing"     // a subfile of the directory is not there
	CodeMissing    Code = "element_missing"     // a mandatory element of the edition is absent
	CodeBlank      Code = "element_blank"       // a mandatory element is there without a value
	CodeDate       Code = "date_invalid"        // a date that does not exist
	CodeSequence   Code = "date_sequence"       // born after issue, or issued after expiry
	CodeValue      Code = "value_invalid"       // a value that the element does not provide for
	CodeNoise      Code = "leading_noise"       // warning: something stands before the header
	CodeCompliance Code = "compliance_missing"  // warning: no '@'
	CodeSeparators Code = "separators"          // warning: others than LF, RS and CR
	CodeFileType   Code = "file_type"           // warning: not "ANSI " (before version 2: nor "AAMVA")
	CodeEscaped    Code = "controls_escaped"    // warning: control characters are written out
	CodeUnparted   Code = "separators_missing"  // warning: elements run together and were told apart by their codes
	CodeEntries    Code = "entries_count"       // warning: the directory is shorter or longer than stated
	CodeOffset     Code = "subfile_offset"      // warning: a subfile begins elsewhere
	CodeLength     Code = "subfile_length"      // warning: a subfile is shorter or longer than stated
	CodeUnlisted   Code = "subfile_unlisted"    // warning: a subfile that the directory lacks
	CodeDesignator Code = "designator_missing"  // warning: a subfile does not begin with its name
	CodeIIN        Code = "iin_unknown"         // warning: no jurisdiction has this number
	CodeCountry    Code = "country_mismatch"    // warning: the country is not the issuer's
	CodeElement    Code = "element_unknown"     // warning: no edition has the element
	CodeEdition    Code = "element_edition"     // warning: an element of another edition
	CodeDuplicate  Code = "element_duplicate"   // warning: an element again, with another value
	CodeBroken     Code = "element_broken"      // warning: a line that begins with no code; it was added to the element before
	CodeLong       Code = "value_long"          // warning: longer than the element may be
	CodeDateOrder  Code = "date_order"          // warning: year, month and day are not in the edition's order
	CodeUnit       Code = "unit_missing"        // warning: a height without a unit where the edition demands one
	CodeName       Code = "name_ambiguous"      // warning: which words are the surname is a guess
	CodeTrack      Code = "track_malformed"     // a track of a magnetic stripe is missing or cut
)

// Problem is a departure from the standard. It holds no personal data.
type Problem struct {
	Code     Code
	Severity Severity
	// Element is the element's code or the subfile's name; "" for the whole.
	Element string
}

// String describes the problem without any of the document's text.
func (p Problem) String() string {
	s := p.Severity.String() + ": " + string(p.Code)
	if p.Element != "" {
		s += " in " + p.Element
	}
	return s
}
