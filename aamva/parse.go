package aamva

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// ErrNotAAMVA says that data is no payload of the standard at all.
var ErrNotAAMVA = errors.New("aamva: not an AAMVA payload")

// NotAAMVAError is ErrNotAAMVA with the reason. It holds none of the data.
type NotAAMVAError struct{ Reason string }

func (e *NotAAMVAError) Error() string { return ErrNotAAMVA.Error() + ": " + e.Reason }

// Is reports that the error is ErrNotAAMVA.
func (e *NotAAMVAError) Is(target error) bool { return target == ErrNotAAMVA }

// maxPayload is more than a PDF417 symbol can hold, escaped in any way.
const maxPayload = 1 << 14

// Parse reads the payload of a PDF417 symbol, or the three tracks of a magnetic
// stripe. It never panics. The error is a *NotAAMVAError when the data is
// something else; all other departures are in Document.Problems, beside what
// could be read.
func Parse(data []byte) (*Document, error) {
	if len(data) > maxPayload {
		return nil, &NotAAMVAError{"too long"}
	}
	if foreign(data) {
		return nil, &NotAAMVAError{"a South African licence"}
	}
	text, wide := plain(data)
	if d := parseStripe(text, wide); d != nil {
		return d, nil
	}
	if quoted := strings.Trim(text, " \r\n"); len(quoted) > 2 && quoted[0] == '"' && quoted[len(quoted)-1] == '"' {
		text = quoted[1 : len(quoted)-1] // a string literal
	}
	text, escaped := unescape(text)
	p := parser{text: text, wide: wide, doc: &Document{}}
	if wide { // escapes may have been all that was wide
		if t, w := plain([]byte(text)); !w {
			p.text, p.wide = t, false
		}
	}
	if escaped {
		p.doc.warn(CodeEscaped, "")
	}
	if err := p.parse(); err != nil {
		return nil, err
	}
	p.doc.check()
	p.doc.read()
	return p.doc, nil
}

// foreign knows the encrypted payload of South African licences, which is PDF417
// on a card of the same size: 720 bytes behind a version mark.
func foreign(data []byte) bool {
	if len(data) < 6 || data[0] != 0x01 {
		return false
	}
	return data[1] == 0xe1 && data[2] == 0x02 && data[3] == 0x45 ||
		data[1] == 0x9b && data[2] == 0x09 && data[3] == 0x45
}

type parser struct {
	text string
	wide bool
	doc  *Document
	// start is the place of '@', from which offsets count.
	start int
	at    []int // where each of doc.Subfiles begins, -1 when not found
	ends  []int
}

var (
	headRE  = regexp.MustCompile(`(?i)(ANSI|AAMVA)([ \t]{0,3})(\d{6})(\d{2})`)
	entryRE = regexp.MustCompile(`^(DL|ID|EN|Z[A-Z])(\d{4})(\d{4})`)
	// A directory entry of too few digits.
	brokenRE = regexp.MustCompile(`^(DL|ID|EN|Z[A-Z])([\d ]{1,10})`)
)

func (p *parser) parse() error {
	m := headRE.FindStringSubmatchIndex(p.text)
	body := 0
	if m != nil {
		body = p.header(m)
	} else {
		if !p.looksBare() {
			return &NotAAMVAError{"no header and no data elements"}
		}
		p.doc.fail(CodeHeader, "")
		p.doc.Header.JurisdictionVersion = -1
	}
	p.subfiles(body)
	if n := p.count(); n == 0 {
		if m == nil {
			return &NotAAMVAError{"no header and no data elements"}
		}
		p.doc.fail(CodeSubfile, "DL")
	}
	if m == nil {
		p.doc.Header.Version = p.guessVersion()
	}
	return nil
}

func (p *parser) count() int {
	n := 0
	for _, s := range p.doc.Subfiles {
		n += len(s.Elements)
	}
	return n
}

// looksBare reports whether a text without a header has the elements that tell a
// licence from any other text: its lines begin with many different codes.
func (p *parser) looksBare() bool {
	seen := map[string]bool{}
	for _, line := range strings.FieldsFunc(p.text, func(r rune) bool { return r < ' ' }) {
		line = strings.TrimLeft(line, " ")
		if len(line) > 4 && mainType(line[:2]) && known(line[2:]) {
			line = line[2:]
		}
		if known(line) {
			seen[line[:3]] = true
		}
	}
	return len(seen) >= 4 && (seen["DAQ"] || seen["DBB"] || seen["DCS"] || seen["DAA"])
}

// guessVersion tells the edition of elements without a header.
func (p *parser) guessVersion() int {
	has := func(code string) bool { _, ok := p.doc.Get(code); return ok }
	switch {
	case has("DDE") || has("DDF") || has("DDG"):
		return 10
	case has("DCT"):
		return 3
	case has("DAA") || has("DAR"):
		return 1
	case has("DCS"):
		return 10
	}
	return 1
}

// header reads from '@' to the end of the directory and returns where that is.
func (p *parser) header(m []int) int {
	d := p.doc
	p.start = m[0]
	var lead string
	if at := strings.LastIndexByte(p.text[:m[0]], '@'); at >= 0 && m[0]-at <= 8 && !strings.ContainsFunc(p.text[at+1:m[0]], alnum) {
		p.start, lead = at, p.text[at+1:m[0]]
	} else {
		d.warn(CodeCompliance, "")
		p.start = max(0, m[0]-4)
		for p.start < m[0] && p.text[p.start] > ' ' {
			p.start++
		}
		lead = p.text[p.start:m[0]]
	}
	if strings.Trim(p.text[:p.start], " \t\r\n\x00") != "" {
		d.warn(CodeNoise, "")
	}
	name, blank := p.text[m[2]:m[3]], p.text[m[4]:m[5]]
	d.Header.IIN = p.text[m[6]:m[7]]
	d.Header.Version, _ = strconv.Atoi(p.text[m[8]:m[9]])
	old := d.Header.Version < 2
	if lead != "\n\x1e\r" && (!old || lead != "\n\x1c\r") {
		d.warn(CodeSeparators, "")
	}
	if (name != "ANSI" || blank != " ") && (!old || name != "AAMVA") {
		d.warn(CodeFileType, "")
	}
	if d.Header.Version > MaxVersion {
		d.fail(CodeVersion, "")
	}
	return p.directory(m[1])
}

func alnum(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

// directory reads the numbers behind the version and the list of subfiles.
func (p *parser) directory(pos int) int {
	h := &p.doc.Header
	h.JurisdictionVersion = -1
	digits := 0
	for pos+digits < len(p.text) && digits < 4 && p.text[pos+digits] >= '0' && p.text[pos+digits] <= '9' {
		digits++
	}
	n := func(at int) int { v, _ := strconv.Atoi(p.text[at : at+2]); return v }
	switch {
	case digits == 4: // the rule from version 2 on, whatever the version says
		h.JurisdictionVersion, h.Entries = n(pos), n(pos+2)
		pos += 4
	case digits >= 2: // version 1 has no jurisdiction version
		h.Entries = n(pos)
		pos += 2
	default:
		p.doc.fail(CodeDirectory, "")
	}
	if h.Version >= 2 && digits != 4 || h.Version == 1 && digits == 4 {
		p.doc.fail(CodeDirectory, "")
	}
	for len(p.doc.Subfiles) < 99 {
		rest := p.text[pos:]
		if m := entryRE.FindStringSubmatch(rest); m != nil {
			off, _ := strconv.Atoi(m[2])
			length, _ := strconv.Atoi(m[3])
			p.open(m[1], off, length)
			pos += len(m[0])
			continue
		}
		if m := brokenRE.FindStringSubmatch(rest); m != nil {
			p.doc.fail(CodeDirectory, m[1])
			p.open(m[1], -1, -1)
			pos += len(m[0])
			continue
		}
		break
	}
	if n := len(p.doc.Subfiles); n == 0 {
		p.doc.fail(CodeDirectory, "")
	} else if n != h.Entries {
		p.doc.warn(CodeEntries, "")
	}
	return pos
}

func (p *parser) open(typ string, off, length int) int {
	p.doc.Subfiles = append(p.doc.Subfiles, Subfile{Type: typ, Offset: off, Length: length})
	p.at, p.ends = append(p.at, -1), append(p.ends, -1)
	return len(p.doc.Subfiles) - 1
}

// find returns the subfile of a type that has not begun, or any of that type; -1
// if there is none.
func (p *parser) find(typ string) int {
	found := -1
	for i, s := range p.doc.Subfiles {
		if s.Type == typ {
			if p.at[i] < 0 {
				return i
			}
			found = i
		}
	}
	return found
}

func mainType(s string) bool { return s == "DL" || s == "ID" || s == "EN" }

// known reports whether s begins with the code of a data element.
func known(s string) bool { return len(s) >= 3 && load().byCode[s[:3]] != nil }

// zone reports whether s begins with the code of a jurisdiction's element.
func zone(s string) bool {
	return len(s) >= 3 && s[0] == 'Z' && upper(s[1]) && (upper(s[2]) || s[2] >= '0' && s[2] <= '9')
}

func upper(c byte) bool { return c >= 'A' && c <= 'Z' }

// subfiles reads everything behind the directory.
func (p *parser) subfiles(pos int) {
	parts := p.detach(p.split(pos))
	current := -1
	for _, part := range parts {
		t, at := part.text, part.at
		if trimmed := strings.TrimLeft(t, " "); trimmed == "" {
			continue
		} else if len(trimmed) < len(t) && (known(trimmed) || zone(trimmed)) {
			at += len(t) - len(trimmed)
			t = trimmed
		}
		if typ := p.begins(t, at); typ != "" {
			if current >= 0 && p.ends[current] < 0 {
				p.ends[current] = at
			}
			current = p.enter(typ, at)
			if t = t[2:]; t == "" {
				continue
			}
		}
		if current < 0 || zone(t) && !known(t) && p.doc.Subfiles[current].Type != t[:2] {
			current = p.implied(t, at, current)
		}
		p.element(current, t)
	}
	end := len(p.text)
	if current >= 0 && p.ends[current] < 0 {
		p.ends[current] = end
	}
	for i, s := range p.doc.Subfiles {
		p.checkPlace(i, s)
	}
	if i := p.mainSubfile(); i >= 0 {
		p.doc.Type = p.doc.Subfiles[i].Type
	}
}

// detach begins a line where a subfile that the directory lists begins within
// one, because the end of the subfile before it is not marked.
func (p *parser) detach(parts []part) []part {
	for _, s := range p.doc.Subfiles {
		if s.Type[0] != 'Z' {
			continue
		}
		inside, at := -1, 0
		for i, t := range parts {
			if inside >= 0 || strings.HasPrefix(t.text, s.Type) {
				break
			}
			if n := strings.Index(t.text, s.Type+s.Type); n > 3 && zone(t.text[n+2:]) {
				inside, at = i, n
			}
		}
		if inside >= 0 {
			t := parts[inside]
			rest := append([]part{{t.text[at:], t.at + at}}, parts[inside+1:]...)
			parts = append(append(parts[:inside:inside], part{t.text[:at], t.at}), rest...)
			p.doc.warn(CodeUnparted, s.Type)
		}
	}
	return parts
}

func (p *parser) mainSubfile() int {
	for i, s := range p.doc.Subfiles {
		if mainType(s.Type) && len(s.Elements) > 0 {
			return i
		}
	}
	return -1
}

// begins returns the type of the subfile that begins with t, "" if none does.
// Its name is followed by an element: of the standard, or of the same name.
func (p *parser) begins(t string, at int) string {
	if len(t) < 2 {
		return ""
	}
	typ := t[:2]
	switch {
	case mainType(typ) && (known(t[2:]) || len(t) == 2):
		return typ
	case t[0] != 'Z' || !upper(t[1]):
		return ""
	case len(t) == 2, zone(t[2:]) && t[2:4] == typ:
		return typ
	}
	// A jurisdiction may put elements of the standard into its subfile. Then only
	// the directory tells ZI and DCF from ZID and CF.
	if i := p.find(typ); i >= 0 && p.at[i] < 0 && p.doc.Subfiles[i].Offset == at-p.start && known(t[2:]) {
		return typ
	}
	return ""
}

// enter begins a subfile, or returns to one.
func (p *parser) enter(typ string, at int) int {
	i := p.find(typ)
	if i < 0 {
		i = p.open(typ, -1, -1)
		if p.doc.Header.IIN != "" {
			p.doc.warn(CodeUnlisted, typ)
		}
	}
	if p.at[i] < 0 {
		p.at[i] = at
	}
	return i
}

// implied returns the subfile of an element where no subfile's name precedes it.
func (p *parser) implied(t string, at, current int) int {
	var typ string
	switch {
	case zone(t) && !known(t):
		typ = t[:2]
	case current >= 0:
		return current
	default:
		typ = "DL"
		for _, s := range p.doc.Subfiles {
			if mainType(s.Type) {
				typ = s.Type
				break
			}
		}
	}
	if i := p.find(typ); i >= 0 && p.at[i] >= 0 {
		return i
	} else if i < 0 && typ[0] == 'Z' && current >= 0 && p.doc.Header.IIN == "" {
		return p.enter(typ, at)
	} else if i < 0 && typ[0] == 'Z' && current >= 0 && len(p.doc.Subfiles[current].Elements) > 0 && !p.listed('Z') {
		return current // a jurisdiction's element within the licence's subfile
	}
	if current >= 0 && p.ends[current] < 0 {
		p.ends[current] = at
	}
	if p.doc.Header.IIN != "" {
		p.doc.warn(CodeDesignator, typ)
	}
	return p.enter(typ, at)
}

// listed reports whether a subfile's name begins with that letter.
func (p *parser) listed(c byte) bool {
	for _, s := range p.doc.Subfiles {
		if s.Type[0] == c {
			return true
		}
	}
	return false
}

// element adds a line to a subfile.
func (p *parser) element(i int, t string) {
	s := &p.doc.Subfiles[i]
	if len(t) >= 3 && (known(t) || zone(t) || t[0] == 'D' && upper(t[1]) && upper(t[2]) && (len(t) == 3 || s.Type[0] != 'Z')) {
		s.Elements = append(s.Elements, Element{t[:3], utf8Text(t[3:], p.wide)})
		return
	}
	if n := len(s.Elements); n > 0 {
		e := &s.Elements[n-1]
		e.Value = strings.TrimRight(e.Value, " ") + " " + utf8Text(strings.TrimSpace(t), p.wide)
		p.doc.warn(CodeBroken, e.Code)
		return
	}
	p.doc.warn(CodeBroken, "")
}

// checkPlace compares where a subfile is with what the directory states.
func (p *parser) checkPlace(i int, s Subfile) {
	switch {
	case p.at[i] < 0:
		p.doc.fail(CodeSubfile, s.Type)
		return
	case s.Offset < 0:
		return
	}
	if s.Offset != p.at[i]-p.start {
		p.doc.warn(CodeOffset, s.Type)
	}
	if s.Length != p.ends[i]-p.at[i] {
		p.doc.warn(CodeLength, s.Type)
	}
}
