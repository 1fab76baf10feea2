package mrz

import (
	"strings"
	"time"
)

// Parse reads a machine readable zone from text: its lines separated by line
// breaks, or run together as chips and data cards store them. Spaces are
// dropped, small letters raised, blank lines skipped. The format follows from
// the number and width of the lines and from the document code ([Detect]).
//
// A zone with lines too short, too long, too many or missing is still read, as
// the nearest format, with Problems of severity Error saying so. If there is no
// nearest format the document has Format Unknown.
//
// Years have two digits. A birth or issue date is the latest that is not after
// now. An expiry date lies between 50 years before and 49 years after now, and
// not before the birth.
func Parse(text string, now time.Time) *Document {
	d := document()
	var buf [4]string
	lines := buf[:0]
	for len(text) > 0 {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		if line = clean(line); line != "" {
			lines = append(lines, line)
		}
	}
	lines = unjoin(lines)
	m := detect(lines)
	d.parse(m, lines, dayOf(now))
	return d
}

// ParseAs reads lines as the given format, whatever they look like. Otherwise
// it does as Parse does. With format Unknown it detects the format.
func ParseAs(f Format, lines []string, now time.Time) *Document {
	d := document()
	var buf [4]string
	cleaned := buf[:0]
	for _, line := range lines {
		cleaned = append(cleaned, clean(line))
	}
	m := match{format: f}
	switch l := f.Layout(); {
	case l == nil:
		m = detect(cleaned)
	case len(cleaned) > l.Lines:
		m.extra = true
	}
	d.parse(m, cleaned, dayOf(now))
	return d
}

// Detect tells the format of the lines, Unknown if they fit none. Lines need
// not be exact: up to three characters too many or too few in each and missing
// lines are allowed for if nothing fits better.
func Detect(lines []string) Format {
	var buf [4]string
	cleaned := buf[:0]
	for _, line := range lines {
		if line = clean(line); line != "" {
			cleaned = append(cleaned, line)
		}
	}
	return detect(unjoin(cleaned)).format
}

// clean upper-cases a line and drops white space. What is not ASCII becomes
// '?', so that every character is one byte; guillemets, which text recognition
// likes to see, become fillers.
func clean(line string) string {
	i := 0
	for i < len(line) && charIndex[line[i]] >= 0 {
		i++
	}
	if i == len(line) {
		return line
	}
	if strings.TrimRight(line, " \t\r") == line[:i] {
		return line[:i]
	}
	var b strings.Builder
	b.Grow(len(line))
	for _, r := range line {
		switch {
		case r == ' ' || r == '\t' || r == '\r' || r == '\n' || r == '\u00a0' || r == '\ufeff':
		case r >= 'a' && r <= 'z':
			b.WriteByte(byte(r - 'a' + 'A'))
		case r == '«':
			b.WriteString("<<")
		case r == '‹':
			b.WriteByte('<')
		case r > ' ' && r < 0x7f:
			b.WriteByte(byte(r))
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}

// unjoin splits lines that were run together into one.
func unjoin(lines []string) []string {
	if len(lines) != 1 {
		return lines
	}
	s := lines[0]
	switch len(s) {
	case 90:
		return append(lines[:0], s[:30], s[30:60], s[60:])
	case 88:
		return append(lines[:0], s[:44], s[44:])
	case 72:
		return append(lines[:0], s[:36], s[36:])
	case 69, 71:
		if n := 9 + (len(s)-9)/2; strings.HasPrefix(s[9:], "FACHE") {
			return append(lines[:0], s[:9], s[9:n], s[n:])
		}
	case 68:
		return append(lines[:0], s[:34], s[34:])
	}
	return lines
}

// match is how lines fit a format: lines[from:] are the layout's lines from
// line skip on.
type match struct {
	format     Format
	from, skip int
	extra      bool
}

func detect(lines []string) match {
	if f := exact(lines); f != Unknown {
		return match{format: f}
	}
	for n := 3; n > 0; n-- { // lines of a zone among others
		for i := 0; i+n <= len(lines) && n < len(lines); i++ {
			if f := exact(lines[i : i+n]); f != Unknown {
				return match{format: f, from: i, extra: true}
			}
		}
	}
	if len(lines) > 3 {
		return match{}
	}
	if f := near(lines); f != Unknown {
		return match{format: f}
	}
	return partial(lines)
}

// exact returns the format whose shape the lines have to the character.
func exact(lines []string) Format {
	switch len(lines) {
	case 1:
		if s := lines[0]; len(s) == 30 && licence(s) {
			return DL1
		}
	case 2:
		if a, b := len(lines[0]), len(lines[1]); a == b {
			switch {
			case a == 44:
				return either(lines, MRVA, TD3)
			case a == 36 && french(lines):
				return FRID
			case a == 36:
				return either(lines, MRVB, TD2)
			case a == 34 && strings.HasPrefix(lines[0][2:], "SVK"):
				return SVKID
			}
		}
	case 3:
		switch n := len(lines[1]); {
		case n != len(lines[2]):
		case n == 30 && len(lines[0]) == 30:
			return TD1
		case n == 30 && len(lines[0]) == 9,
			n == 31 && len(lines[0]) == 9 && strings.HasPrefix(lines[1], "FACHE"):
			return CHDL
		}
	}
	return Unknown
}

// either tells a visa from another document of the same shape.
func either(lines []string, visa, other Format) Format {
	if strings.HasPrefix(lines[0], "V") {
		return visa
	}
	return other
}

// licence reports whether a line begins like a driving licence: D, the
// configuration, a state.
func licence(s string) bool {
	if s[0] != 'D' || s[1] == '<' {
		return false
	}
	_, ok := LookupState(trim(s[2:5]))
	return ok
}

// french tells the French identity card from a TD2: where that has the
// nationality, the card has the end of its number.
func french(lines []string) bool {
	return strings.HasPrefix(lines[0], "IDFRA") && KindState.misfit(lines[1][10:13]) >= 0
}

// near returns the format whose shape the lines have within three characters a
// line, the nearest.
func near(lines []string) Format {
	best, least := Unknown, 1<<30
	for _, f := range [...]Format{TD3, TD1, TD2, DL1, CHDL, SVKID} {
		l := f.Layout()
		if l.Lines != len(lines) {
			continue
		}
		total := 0
		for i, w := range l.Widths {
			n := max(len(lines[i])-w, w-len(lines[i]))
			if n > 3 {
				total = least
				break
			}
			total += n
		}
		if total >= least || f == DL1 && (len(lines[0]) < 5 || !licence(lines[0])) ||
			f == SVKID && !strings.HasPrefix(lines[0][2:], "SVK") {
			continue
		}
		best, least = f, total
	}
	switch {
	case best == TD3:
		return either(lines, MRVA, TD3)
	case best == TD2 && strings.HasPrefix(lines[0], "IDFRA"):
		return FRID
	case best == TD2:
		return either(lines, MRVB, TD2)
	}
	return best
}

// partial recognises the first lines of a zone whose others are missing.
func partial(lines []string) match {
	if len(lines) == 0 || len(lines) > 2 || len(lines) == 2 && len(lines[0]) != len(lines[1]) {
		return match{}
	}
	first := lines[0]
	if len(first) < 5 {
		return match{}
	}
	_, known := LookupState(trim(first[2:5]))
	if !known {
		return match{}
	}
	start := first[0]
	switch {
	case len(first) == 30 && strings.HasPrefix(first, "FACHE"):
		return match{format: CHDL, skip: 1}
	case len(first) == 30 && (start == 'I' || start == 'A' || start == 'C'):
		return match{format: TD1}
	case len(lines) == 2:
	case len(first) == 44 && start == 'P':
		return match{format: TD3}
	case len(first) == 44 && start == 'V':
		return match{format: MRVA}
	case len(first) == 36 && strings.HasPrefix(first, "IDFRA"):
		return match{format: FRID}
	case len(first) == 36 && start == 'V':
		return match{format: MRVB}
	case len(first) == 36 && (start == 'I' || start == 'A' || start == 'C' || start == 'P'):
		return match{format: TD2}
	}
	return match{}
}

// choose picks the layout of a format that the lines follow.
func choose(m match, lines []string) *Layout {
	f := m.format
	ls := f.Layouts()
	first := ""
	if n := m.from + codeLine(f) - m.skip; n >= 0 && n < len(lines) {
		first = lines[n]
	}
	switch {
	case f == DL1:
		for _, l := range ls[1:] {
			for _, start := range l.Starts {
				if strings.HasPrefix(first, start) {
					return l
				}
			}
		}
	case f == CHDL && len(first) == 31 && first[21:23] == "<<":
		return chdl16
	case f == CHDL && len(first) == 30 && first[17] != '<' && first[20:22] == "<<":
		return chdl15
	}
	return ls[0]
}

const blank = "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<"

// parse fills the document from cleaned lines.
func (d *Document) parse(m match, lines []string, now day) {
	d.Format = m.format
	if m.format.Layout() == nil {
		d.Format = Unknown
		d.Lines = append(d.Lines, lines...)
		d.problem(CodeFormat, Error, "", -1, -1)
		return
	}
	l := choose(m, lines)
	d.layout = l
	var missing [3]bool
	for i, width := range l.Widths {
		n := m.from + i - m.skip
		if i < m.skip || n >= len(lines) {
			missing[i] = true
			d.Lines = append(d.Lines, blank[:width])
			d.problem(CodeLines, Error, "", i, -1)
			continue
		}
		line := lines[n]
		if len(line) != width {
			d.problem(CodeLength, Error, "", i, -1)
			if len(line) > width {
				line = line[:width]
			} else {
				line += blank[:width-len(line)]
			}
		}
		d.Lines = append(d.Lines, line)
	}
	if m.extra {
		d.problem(CodeExtra, Error, "", -1, -1)
	}
	for i := range l.Fields {
		if f := &l.Fields[i]; !missing[f.Line] {
			d.field(f, now)
		}
	}
	if !missing[codeLine(l.Format)] {
		d.judgeCode()
	}
	for i := range l.Checks {
		if c := &l.Checks[i]; !missing[c.Line] && !missing[c.Spans[0].Line] {
			d.check(c)
		}
	}
	d.judge(missing[:], now)
}

// field reads one part of one field.
func (d *Document) field(f *FieldSpec, now day) {
	s := d.Lines[f.Line][f.Start : f.Start+f.Len]
	if i := f.Kind.misfit(s); i >= 0 {
		severity := Error
		if f.Kind == KindName && d.russianInternal() && s[i] <= '9' {
			severity = Warning // its names spell ten letters with digits
		}
		d.problem(CodeCharacter, severity, f.Field, f.Line, f.Start+i)
	}
	switch f.Field {
	case FieldCode:
		d.Code = trim(s)
	case FieldIssuer:
		d.Issuer = trim(s)
		d.judgeState(f, d.Issuer)
	case FieldNationality:
		d.Nationality = trim(s)
		d.judgeState(f, d.Nationality)
	case FieldNumber:
		d.Number = join(d.Number, s)
	case FieldName:
		d.name(f, s)
	case FieldSurname:
		d.Surname = words(s)
		d.truncated(f, s)
	case FieldGivenNames:
		d.GivenNames = words(s)
		d.truncated(f, s)
	case FieldBirthDate:
		d.BirthDate = d.date(f, s, now)
	case FieldExpiryDate:
		d.ExpiryDate = d.date(f, s, now)
	case FieldSex:
		d.Sex = Sex(s[0])
	case FieldOptional:
		d.Optional = join(d.Optional, s)
	case FieldOptional2:
		d.Optional2 = words(s)
	case FieldPersonalNumber:
		d.PersonalNumber = words(s)
	}
}

// name splits primary and secondary identifiers (ICAO 9303-3, 4.6).
func (d *Document) name(f *FieldSpec, s string) {
	d.truncated(f, s)
	primary, secondary, _ := strings.Cut(trim(s), "<<")
	if strings.Contains(strings.TrimLeft(secondary, "<"), "<<") {
		d.problem(CodeNameParts, Warning, f.Field, f.Line, -1)
	}
	d.Surname, d.GivenNames = words(primary), words(secondary)
}

func (d *Document) truncated(f *FieldSpec, s string) {
	if s[len(s)-1] == '<' {
		return
	}
	d.NameTruncated = true
	d.problem(CodeTruncated, Warning, f.Field, f.Line, f.Start+f.Len-1)
}

func (d *Document) date(f *FieldSpec, s string, now day) Date {
	date, ok, zeros := rawDate(s)
	if f.Field == FieldExpiryDate {
		date = date.expiry(now)
		if b := d.BirthDate; b.Year > date.Year && date.Year > 0 {
			date.Year += 100
		}
	} else {
		date = date.past(now)
	}
	switch {
	case !ok || !date.exists():
		d.problem(CodeDate, Error, f.Field, f.Line, f.Start)
	case zeros:
		d.problem(CodeDateZero, Warning, f.Field, f.Line, f.Start)
	}
	return date
}

func (d *Document) check(c *CheckSpec) {
	k, counted := c.check(d.Lines)
	d.Checks = append(d.Checks, k)
	switch {
	case !k.OK:
		d.problem(CodeCheck, Error, c.Field, k.Line, k.Pos)
	case counted:
		d.problem(CodeLong, Warning, c.Field, k.Line, k.Pos)
	}
	if n := c.longRest(d.Lines); n > 0 {
		rest := d.Lines[c.Long.Line][c.Long.Start : c.Long.Start+c.Long.Len]
		d.Number += rest[:n-1]
		d.Optional = words(rest[n:])
	}
}

func (d *Document) judgeCode() {
	for _, start := range d.layout.Starts {
		code := start
		if len(code) > 2 {
			code = code[:2]
		}
		if strings.HasPrefix(d.Code, trim(code)) {
			return
		}
	}
	d.problem(CodeCode, Warning, FieldCode, codeLine(d.Format), 0)
}

func (d *Document) judgeState(f *FieldSpec, code string) {
	s, known := LookupState(code)
	switch {
	case !known:
		d.problem(CodeState, Warning, f.Field, f.Line, f.Start)
	case f.Field == FieldIssuer && !s.Issues, f.Field == FieldNationality && !s.Nationality:
		d.problem(CodeStateUse, Warning, f.Field, f.Line, f.Start)
	}
}

// judge looks at the document as a whole.
func (d *Document) judge(missing []bool, now day) {
	if f, ok := d.layout.Spec(FieldNumber); ok && d.Number == "" && !missing[f.Line] {
		d.problem(CodeNumber, Error, FieldNumber, f.Line, f.Start)
	}
	if d.Format == FRID {
		d.IssueDate = d.date(&FieldSpec{Field: FieldNumber, Line: 1, Kind: KindDate}, d.Lines[1][:4], now)
	}
	f, ok := d.layout.Spec(FieldName)
	if !ok {
		f, ok = d.layout.Spec(FieldSurname)
	}
	if !ok || missing[f.Line] || d.Surname != "" {
		return
	}
	if d.GivenNames != "" {
		d.problem(CodeNoSurname, Warning, f.Field, f.Line, f.Start)
	} else {
		d.problem(CodeNoName, Warning, f.Field, f.Line, f.Start)
	}
}

// misfit returns the index of the first character that the kind does not allow,
// or -1.
func (k Kind) misfit(s string) int {
	m := kindMasks[k]
	for i := range len(s) {
		if c := charIndex[s[i]]; c < 0 || m&(1<<c) == 0 {
			return i
		}
	}
	return -1
}

var kindMasks = func() (t [len(alphabets)]uint64) {
	for k, chars := range alphabets {
		t[k] = maskOf(chars)
	}
	return t
}()

// raw returns all parts of a field as printed.
func (l *Layout) raw(lines []string, f Field) string {
	var out string
	for _, s := range l.Fields {
		if s.Field == f {
			out += lines[s.Line][s.Start : s.Start+s.Len]
		}
	}
	return out
}

// trim drops the fillers at the end.
func trim(s string) string {
	n := len(s)
	for n > 0 && s[n-1] == '<' {
		n--
	}
	return s[:n]
}

// words turns fillers into spaces, one for each run, none at the ends.
func words(s string) string {
	s = trim(s)
	for len(s) > 0 && s[0] == '<' {
		s = s[1:]
	}
	if strings.IndexByte(s, '<') < 0 {
		return s
	}
	var buf [64]byte
	b := buf[:0]
	for i := range len(s) {
		switch {
		case s[i] != '<':
			b = append(b, s[i])
		case s[i-1] != '<':
			b = append(b, ' ')
		}
	}
	return string(b)
}

// join adds a part of a field to those before it.
func join(before, part string) string {
	if before == "" {
		return words(part)
	}
	return before + words(part)
}

// russianInternal reports whether the document is a Russian internal passport.
func (d *Document) russianInternal() bool { return d.Code == "PN" && d.Issuer == "RUS" }
