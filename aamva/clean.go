package aamva

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// plain brings data to one byte per character where ISO 8859-1 allows it, so
// that the directory's offsets count what the encoder counted, and removes a byte
// order mark. wide reports that the result stayed UTF-8.
func plain(data []byte) (text string, wide bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")) && len(data) > 3 && data[3] == 0:
		data = fromUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte("\xfe\xff")) && len(data) > 2 && data[2] == 0:
		data = fromUTF16(data[2:], binary.BigEndian)
	}
	if !utf8.Valid(data) {
		return string(data), false
	}
	s := string(data)
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return s, true
		}
		out = append(out, byte(r))
	}
	return string(out), false
}

func fromUTF16(data []byte, order binary.ByteOrder) []byte {
	u := make([]uint16, len(data)/2)
	for i := range u {
		u[i] = order.Uint16(data[2*i:])
	}
	return []byte(string(utf16.Decode(u)))
}

// utf8Text turns a piece of a plain text into UTF-8.
func utf8Text(s string, wide bool) string {
	ascii := true
	for i := range len(s) {
		if s[i] >= 0x80 {
			ascii = false
			break
		}
	}
	switch {
	case ascii:
		return s
	case wide:
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	r := make([]rune, len(s))
	for i := range len(s) {
		r[i] = rune(s[i])
	}
	return string(r)
}

var (
	// A reference to a control character is never a value's text.
	entity = regexp.MustCompile(`&#(?:[xX]0*(1?[0-9a-fA-F])|0*([12]?\d|3[01]));`)
	named  = regexp.MustCompile(`(?i)[<\[{](LF|CR|RS|GS|FS|US|NUL)[>\]}]|&lt;(LF|CR|RS|GS|FS|US)&gt;`)
	// A carriage return as an editor shows it, where a subfile ends.
	caret = regexp.MustCompile(`\^M(Z[A-Z]Z|[\s\x00]*$)`)
	// The rest can be, so it is only tried where real separators are wanting.
	escape  = regexp.MustCompile(`\\(n|r|t|x[01][0-9a-fA-F]|u00[01][0-9a-fA-F]|0[0-3][0-7])`)
	percent = regexp.MustCompile(`%(0[0-9a-fA-F]|1[c-fC-F]|20|40)`)
)

var controlNames = map[string]byte{"LF": '\n', "CR": '\r', "RS": 0x1e, "GS": 0x1d, "FS": 0x1c, "US": 0x1f, "NUL": 0}

// unescape puts control characters in where they are written out; changed says
// that some were.
func unescape(s string) (out string, changed bool) {
	out = s
	if strings.Contains(out, "&#") {
		out = entity.ReplaceAllStringFunc(out, func(m string) string {
			f := entity.FindStringSubmatch(m)
			if f[1] != "" {
				return code(f[1], 16)
			}
			return code(f[2], 10)
		})
	}
	if strings.ContainsAny(out, "<[{") || strings.Contains(out, "&lt;") {
		out = named.ReplaceAllStringFunc(out, func(m string) string {
			f := named.FindStringSubmatch(m)
			return string(rune(controlNames[strings.ToUpper(f[1]+f[2])]))
		})
	}
	if strings.Contains(out, "\xe2\x90") { // control pictures, U+2400 to U+241F
		out = strings.Map(func(r rune) rune {
			if r >= 0x2400 && r <= 0x241f {
				return r - 0x2400
			}
			return r
		}, out)
	}
	if strings.Contains(out, "^M") {
		out = caret.ReplaceAllString(out, "\r$1")
	}
	if controls(out) < 3 && strings.Contains(out, `\`) {
		out = escape.ReplaceAllStringFunc(out, func(m string) string {
			switch m[1] {
			case 'n':
				return "\n"
			case 'r':
				return "\r"
			case 't':
				return "\t"
			case 'x', 'u':
				return code(m[len(m)-2:], 16)
			}
			return code(m[1:], 8)
		})
	}
	if controls(out) < 3 && len(percent.FindAllString(out, 3)) == 3 {
		out = percent.ReplaceAllStringFunc(out, func(m string) string { return code(m[1:], 16) })
	}
	return out, out != s
}

func code(digits string, base int) string {
	n, err := strconv.ParseUint(digits, base, 7)
	if err != nil {
		return ""
	}
	return string(rune(n))
}

// controls counts the control characters.
func controls(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] < ' ' {
			n++
		}
	}
	return n
}
