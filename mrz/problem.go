package mrz

import "strconv"

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
	CodeFormat    Code = "format_unknown"   // no format has lines of this number and width
	CodeLines     Code = "line_missing"     // fewer lines than the format has
	CodeExtra     Code = "line_extra"       // more lines than the format has
	CodeLength    Code = "line_length"      // a line was padded or cut to the format's width
	CodeCharacter Code = "character"        // a character that may not stand at its position
	CodeCheck     Code = "check_digit"      // a check digit is wrong
	CodeDate      Code = "date_invalid"     // a date that does not exist
	CodeNumber    Code = "number_missing"   // the document number is blank
	CodeCode      Code = "code_unusual"     // warning: a document code that the format does not provide for
	CodeState     Code = "state_unknown"    // warning: an issuer or nationality that is in no list
	CodeStateUse  Code = "state_misplaced"  // warning: a code that does not issue documents, or is no nationality
	CodeNoName    Code = "name_missing"     // warning: the holder's name is blank
	CodeNoSurname Code = "surname_missing"  // warning: given names without a surname
	CodeNameParts Code = "name_separators"  // warning: more than one double filler within a name
	CodeTruncated Code = "name_truncated"   // warning: the name runs to the end of its field, so it may be cut
	CodeLong      Code = "check_digit_long" // warning: right only with the filler inside a long number counted
	CodeDateZero  Code = "date_zero"        // warning: 00 printed for an unknown month or day
)

// Problem is a departure from the rules. It holds no personal data.
type Problem struct {
	Code     Code
	Severity Severity
	// Field is what it is about; "" for a whole line or document.
	Field Field
	// Line and Pos say where, counted from zero; -1 when that has no meaning.
	Line, Pos int
}

// String describes the problem in English without any of the document's text.
func (p Problem) String() string {
	s := p.Severity.String() + ": " + string(p.Code)
	if p.Field != "" {
		s += " in " + string(p.Field)
	}
	if p.Line >= 0 {
		s += " at line " + strconv.Itoa(p.Line+1)
		if p.Pos >= 0 {
			s += ", position " + strconv.Itoa(p.Pos+1)
		}
	}
	return s
}
