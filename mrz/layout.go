package mrz

import "strings"

// Format tells apart the machine readable zones by shape and rules.
type Format uint8

// The formats. Sizes are lines × characters.
const (
	Unknown Format = iota
	TD1            // 3×30, identity card size, ICAO 9303-5
	TD2            // 2×36, ICAO 9303-6
	TD3            // 2×44, passport size, ICAO 9303-4
	MRVA           // 2×44, visa, ICAO 9303-7
	MRVB           // 2×36, visa, ICAO 9303-7
	FRID           // 2×36, French identity card of 1988 to 2021
	SVKID          // 2×34, Slovak identity card before 2008
	DL1            // 1×30, driving licence, ISO/IEC 18013-3
	CHDL           // 9+30+30 or 9+31+31, Swiss driving licence
)

var formatNames = [...]string{"UNKNOWN", "TD1", "TD2", "TD3", "MRVA", "MRVB", "FRAID", "SVKID", "DL1", "CHDL"}

// String returns the stable name of the format: "TD1", "TD2", "TD3", "MRVA",
// "MRVB", "FRAID", "SVKID", "DL1", "CHDL", or "UNKNOWN".
func (f Format) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return formatNames[Unknown]
}

// Formats returns all formats but Unknown.
func Formats() []Format {
	return []Format{TD1, TD2, TD3, MRVA, MRVB, FRID, SVKID, DL1, CHDL}
}

// Layout returns the general layout of f, nil for Unknown.
func (f Format) Layout() *Layout {
	if ls := f.Layouts(); len(ls) > 0 {
		return ls[0]
	}
	return nil
}

// Layouts returns every layout of f, the general one first. Only the driving
// licences have more than one: national editions fill the same frame their own
// way. The layouts are shared; do not change them.
func (f Format) Layouts() []*Layout {
	if int(f) < len(byFormat) {
		return byFormat[f]
	}
	return nil
}

// Field names a data element. The names are stable and appear in results.
type Field string

// The fields.
const (
	FieldCode           Field = "document_code"
	FieldIssuer         Field = "issuer"
	FieldNumber         Field = "document_number"
	FieldName           Field = "name" // surname, two fillers, given names
	FieldSurname        Field = "surname"
	FieldGivenNames     Field = "given_names"
	FieldNationality    Field = "nationality"
	FieldBirthDate      Field = "birth_date"
	FieldSex            Field = "sex"
	FieldExpiryDate     Field = "expiry_date"
	FieldOptional       Field = "optional"
	FieldOptional2      Field = "optional2"
	FieldPersonalNumber Field = "personal_number"
	FieldLanguage       Field = "language" // Swiss licence: the language it is printed in
	FieldFiller         Field = "filler"   // positions that are always '<'
	FieldComposite      Field = "composite"
)

// Kind says what may stand at the positions of a field.
type Kind uint8

// The kinds.
const (
	KindAlnum   Kind = iota // letters, digits, fillers: numbers and optional data
	KindCode                // document code: letters, digits, fillers; see Layout.Starts
	KindState               // three-letter state or organization: letters, fillers at the end
	KindName                // letters and fillers
	KindDate                // YYMMDD: digits, fillers in pairs for unknown parts
	KindDigit               // digits only
	KindSex                 // M, F, X or filler
	KindFiller              // fillers only
	KindCheck               // a check digit
	KindLetters             // letters only
)

const (
	digits  = "0123456789"
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

var alphabets = [...]string{
	KindAlnum:   digits + letters + "<",
	KindCode:    digits + letters + "<",
	KindState:   letters + "<",
	KindName:    letters + "<",
	KindDate:    digits + "<",
	KindDigit:   digits,
	KindSex:     "MFX<",
	KindFiller:  "<",
	KindCheck:   digits,
	KindLetters: letters,
}

// Alphabet returns the characters allowed for the kind, '<' included where it
// is allowed.
func (k Kind) Alphabet() string {
	if int(k) < len(alphabets) {
		return alphabets[k]
	}
	return alphabets[KindAlnum]
}

// Span is a run of positions in one line, counted from zero.
type Span struct{ Line, Start, Len int }

// FieldSpec places a data element. A field printed in several parts has one
// FieldSpec for each, in reading order.
type FieldSpec struct {
	Field            Field
	Line, Start, Len int
	Kind             Kind
}

// CheckSpec places a check digit: 7-3-1 weights modulo 10 over the spans, in
// order, as one run (ICAO 9303-3, 4.9).
//
// BlankOK: '<' is as right as '0' when the spans hold only fillers.
//
// Long: where a document number of more than nine characters goes on (ICAO
// 9303-5, 4.2.2.2 note j; 9303-6, 4.2.2.2 note j); Len is zero where that is
// not provided for. In such a number the digit's own position holds '<', the
// rest of the number fills the beginning of Long, its check digit follows
// there, and then a filler. The standard leaves the '<' at Pos out of the sum;
// some issuers count it in as a zero, which shifts the weights after it.
type CheckSpec struct {
	Field     Field
	Line, Pos int
	Spans     []Span
	BlankOK   bool
	Long      Span
}

// Layout is the grammar of one kind of machine readable zone.
type Layout struct {
	Format Format
	// Lines is how many there are; Width is the width of the widest, and
	// Widths of each.
	Lines, Width int
	Widths       []int
	// Starts lists what the first line may begin with: document codes, whole
	// or their first letter, and the issuer where a layout is national.
	Starts []string
	Fields []FieldSpec
	Checks []CheckSpec

	cells [3][]cell
}

// cell is what a position allows.
type cell struct {
	mask  uint64 // bit i: alphabet[i] is allowed
	kind  Kind
	field Field
}

const alphabet = digits + letters + "<"

// charIndex maps a byte to its index in alphabet, or -1.
var charIndex = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i := range len(alphabet) {
		t[alphabet[i]] = int8(i)
	}
	return t
}()

// Alphabet returns the characters allowed at one position: those of its field's
// kind, narrowed to the possible document codes at the start of the first line.
// It returns "" for a position outside the layout.
func (l *Layout) Alphabet(line, pos int) string {
	c, ok := l.at(line, pos)
	if !ok {
		return ""
	}
	var b strings.Builder
	for i := range len(alphabet) {
		if c.mask&(1<<i) != 0 {
			b.WriteByte(alphabet[i])
		}
	}
	return b.String()
}

// At returns the field and kind at a position; ok is false outside the layout.
// A check digit belongs to the field that it protects.
func (l *Layout) At(line, pos int) (f Field, k Kind, ok bool) {
	c, ok := l.at(line, pos)
	return c.field, c.kind, ok
}

func (l *Layout) at(line, pos int) (cell, bool) {
	if line < 0 || line >= l.Lines || pos < 0 || pos >= len(l.cells[line]) {
		return cell{}, false
	}
	return l.cells[line][pos], true
}

// Spec returns the place of a field, its first part if it has several; ok is
// false when the layout lacks it.
func (l *Layout) Spec(f Field) (spec FieldSpec, ok bool) {
	for _, s := range l.Fields {
		if s.Field == f {
			return s, true
		}
	}
	return FieldSpec{}, false
}

// finish derives what the table does not spell out.
func (l *Layout) finish() *Layout {
	l.Lines = len(l.Widths)
	for i, w := range l.Widths {
		l.Width = max(l.Width, w)
		l.cells[i] = make([]cell, w)
	}
	for _, f := range l.Fields {
		for p := f.Start; p < f.Start+f.Len; p++ {
			l.cells[f.Line][p] = cell{maskOf(f.Kind.Alphabet()), f.Kind, f.Field}
		}
	}
	for _, c := range l.Checks {
		chars := digits
		if c.BlankOK || c.Long.Len > 0 {
			chars += "<"
		}
		l.cells[c.Line][c.Pos] = cell{maskOf(chars), KindCheck, c.Field}
	}
	for p := range 5 { // document code and issuer
		var m uint64
		for _, s := range l.Starts {
			if p >= len(s) {
				m = 0
				break
			}
			m |= maskOf(s[p : p+1])
		}
		if m != 0 {
			l.cells[codeLine(l.Format)][p].mask = m
		}
	}
	return l
}

// codeLine is the line on which the document code stands.
func codeLine(f Format) int {
	if f == CHDL {
		return 1
	}
	return 0
}

func maskOf(chars string) (m uint64) {
	for i := range len(chars) {
		m |= 1 << charIndex[chars[i]]
	}
	return m
}

var byFormat = [...][]*Layout{
	TD1:   {td1.finish()},
	TD2:   {td2.finish()},
	TD3:   {td3.finish()},
	MRVA:  {mrva.finish()},
	MRVB:  {mrvb.finish()},
	FRID:  {frid.finish()},
	SVKID: {svkid.finish()},
	DL1:   {dl1.finish(), dl1FRA.finish(), dl1NLD.finish()},
	CHDL:  {chdl.finish(), chdl15.finish(), chdl16.finish()},
}

// ICAO 9303-5, 4.2.2. P is not provided for but printed on passport cards.
var td1 = &Layout{
	Format: TD1,
	Widths: []int{30, 30, 30},
	Starts: []string{"I", "A", "C", "P"},
	Fields: []FieldSpec{
		{FieldCode, 0, 0, 2, KindCode},
		{FieldIssuer, 0, 2, 3, KindState},
		{FieldNumber, 0, 5, 9, KindAlnum},
		{FieldOptional, 0, 15, 15, KindAlnum},
		{FieldBirthDate, 1, 0, 6, KindDate},
		{FieldSex, 1, 7, 1, KindSex},
		{FieldExpiryDate, 1, 8, 6, KindDate},
		{FieldNationality, 1, 15, 3, KindState},
		{FieldOptional2, 1, 18, 11, KindAlnum},
		{FieldName, 2, 0, 30, KindName},
	},
	Checks: []CheckSpec{
		{Field: FieldNumber, Line: 0, Pos: 14, Spans: []Span{{0, 5, 9}}, Long: Span{0, 15, 15}},
		{Field: FieldBirthDate, Line: 1, Pos: 6, Spans: []Span{{1, 0, 6}}},
		{Field: FieldExpiryDate, Line: 1, Pos: 14, Spans: []Span{{1, 8, 6}}, BlankOK: true},
		{Field: FieldComposite, Line: 1, Pos: 29, Spans: []Span{{0, 5, 25}, {1, 0, 7}, {1, 8, 7}, {1, 18, 11}}},
	},
}

// ICAO 9303-6, 4.2.2. P is not provided for but printed on passports of this size.
var td2 = &Layout{
	Format: TD2,
	Widths: []int{36, 36},
	Starts: []string{"I", "A", "C", "P"},
	Fields: append(twoLines(36), FieldSpec{FieldOptional, 1, 28, 7, KindAlnum}),
	Checks: append(twoLineChecks(Span{1, 28, 7}),
		CheckSpec{Field: FieldComposite, Line: 1, Pos: 35, Spans: []Span{{1, 0, 10}, {1, 13, 7}, {1, 21, 14}}}),
}

// ICAO 9303-4, 4.2.2.
var td3 = &Layout{
	Format: TD3,
	Widths: []int{44, 44},
	Starts: []string{"P"},
	Fields: append(twoLines(44), FieldSpec{FieldPersonalNumber, 1, 28, 14, KindAlnum}),
	Checks: append(twoLineChecks(Span{}),
		CheckSpec{Field: FieldPersonalNumber, Line: 1, Pos: 42, Spans: []Span{{1, 28, 14}}, BlankOK: true},
		CheckSpec{Field: FieldComposite, Line: 1, Pos: 43, Spans: []Span{{1, 0, 10}, {1, 13, 7}, {1, 21, 22}}}),
}

// ICAO 9303-7, 4.2.2: no composite check digit.
var mrva = &Layout{
	Format: MRVA,
	Widths: []int{44, 44},
	Starts: []string{"V"},
	Fields: append(twoLines(44), FieldSpec{FieldOptional, 1, 28, 16, KindAlnum}),
	Checks: twoLineChecks(Span{}),
}

// ICAO 9303-7, 5.2.2.
var mrvb = &Layout{
	Format: MRVB,
	Widths: []int{36, 36},
	Starts: []string{"V"},
	Fields: append(twoLines(36), FieldSpec{FieldOptional, 1, 28, 8, KindAlnum}),
	Checks: twoLineChecks(Span{}),
}

// twoLines is what all two-line ICAO formats share.
func twoLines(width int) []FieldSpec {
	return []FieldSpec{
		{FieldCode, 0, 0, 2, KindCode},
		{FieldIssuer, 0, 2, 3, KindState},
		{FieldName, 0, 5, width - 5, KindName},
		{FieldNumber, 1, 0, 9, KindAlnum},
		{FieldNationality, 1, 10, 3, KindState},
		{FieldBirthDate, 1, 13, 6, KindDate},
		{FieldSex, 1, 20, 1, KindSex},
		{FieldExpiryDate, 1, 21, 6, KindDate},
	}
}

func twoLineChecks(long Span) []CheckSpec {
	return []CheckSpec{
		{Field: FieldNumber, Line: 1, Pos: 9, Spans: []Span{{1, 0, 9}}, Long: long},
		{Field: FieldBirthDate, Line: 1, Pos: 19, Spans: []Span{{1, 13, 6}}},
		{Field: FieldExpiryDate, Line: 1, Pos: 27, Spans: []Span{{1, 21, 6}}, BlankOK: true},
	}
}

// French identity card, 1988 to 2021 (decree 87-178). The number is the year
// and month of issue, the issuing department, and a running number. Given names
// are separated by two fillers. The optional field holds department and office.
var frid = &Layout{
	Format: FRID,
	Widths: []int{36, 36},
	Starts: []string{"IDFRA"},
	Fields: []FieldSpec{
		{FieldCode, 0, 0, 2, KindCode},
		{FieldIssuer, 0, 2, 3, KindState},
		{FieldSurname, 0, 5, 25, KindName},
		{FieldOptional, 0, 30, 6, KindAlnum},
		{FieldNumber, 1, 0, 4, KindDigit},
		{FieldNumber, 1, 4, 3, KindAlnum},
		{FieldNumber, 1, 7, 5, KindDigit},
		{FieldGivenNames, 1, 13, 14, KindName},
		{FieldBirthDate, 1, 27, 6, KindDate},
		{FieldSex, 1, 34, 1, KindSex},
	},
	Checks: []CheckSpec{
		{Field: FieldNumber, Line: 1, Pos: 12, Spans: []Span{{1, 0, 12}}},
		{Field: FieldBirthDate, Line: 1, Pos: 33, Spans: []Span{{1, 27, 6}}},
		{Field: FieldComposite, Line: 1, Pos: 35, Spans: []Span{{0, 0, 36}, {1, 0, 35}}},
	},
}

// Slovak identity card before 2008: a TD2 two characters short, without the
// composite check digit.
var svkid = &Layout{
	Format: SVKID,
	Widths: []int{34, 34},
	Starts: []string{"I<SVK", "IDSVK"},
	Fields: append(twoLines(34), FieldSpec{FieldOptional, 1, 28, 6, KindAlnum}),
	Checks: twoLineChecks(Span{}),
}

// ISO/IEC 18013-3 and Regulation (EU) 383/2012: D, the configuration, the
// issuer, 24 characters of the issuer's choice that make the chip's access key
// unique, and a check digit over all of it.
var dl1 = &Layout{
	Format: DL1,
	Widths: []int{30},
	Starts: []string{"D"},
	Fields: []FieldSpec{
		{FieldCode, 0, 0, 2, KindCode},
		{FieldIssuer, 0, 2, 3, KindState},
		{FieldOptional, 0, 5, 24, KindAlnum},
	},
	Checks: []CheckSpec{{Field: FieldComposite, Line: 0, Pos: 29, Spans: []Span{{0, 0, 29}}}},
}

// French licence since 2013. The number's check digit counts from the start of
// the line.
var dl1FRA = &Layout{
	Format: DL1,
	Widths: []int{30},
	Starts: []string{"D1FRA"},
	Fields: []FieldSpec{
		{FieldCode, 0, 0, 2, KindCode},
		{FieldIssuer, 0, 2, 3, KindState},
		{FieldNumber, 0, 5, 9, KindAlnum},
		{FieldExpiryDate, 0, 15, 6, KindDate},
		{FieldSurname, 0, 21, 8, KindName},
	},
	Checks: []CheckSpec{
		{Field: FieldNumber, Line: 0, Pos: 14, Spans: []Span{{0, 0, 14}}},
		{Field: FieldComposite, Line: 0, Pos: 29, Spans: []Span{{0, 0, 29}}},
	},
}

// Dutch licence since 2014: version, ten-digit licence number, thirteen random
// characters.
var dl1NLD = &Layout{
	Format: DL1,
	Widths: []int{30},
	Starts: []string{"D1NLD", "D2NLD", "D3NLD"},
	Fields: []FieldSpec{
		{FieldCode, 0, 0, 2, KindCode},
		{FieldIssuer, 0, 2, 3, KindState},
		{FieldOptional2, 0, 5, 1, KindAlnum},
		{FieldNumber, 0, 6, 10, KindDigit},
		{FieldOptional, 0, 16, 13, KindAlnum},
	},
	Checks: []CheckSpec{{Field: FieldComposite, Line: 0, Pos: 29, Spans: []Span{{0, 0, 29}}}},
}

// Swiss licence in card format since 2003. First line: number of the blank and
// language; second: register number of nine digits and version of three. It has
// no check digits.
var chdl = swiss(30, 12)

// Swiss licence with a register number of twelve digits.
var chdl15 = swiss(30, 15)

// Swiss licence with a register number of twelve digits and a version of four.
var chdl16 = swiss(31, 16)

func swiss(width, number int) *Layout {
	birth := 5 + number + 2
	return &Layout{
		Format: CHDL,
		Widths: []int{9, width, width},
		Starts: []string{"FACHE"},
		Fields: []FieldSpec{
			{FieldOptional, 0, 0, 3, KindLetters},
			{FieldOptional, 0, 3, 3, KindDigit},
			{FieldLanguage, 0, 6, 1, KindLetters},
			{FieldFiller, 0, 7, 2, KindFiller},
			{FieldCode, 1, 0, 2, KindCode},
			{FieldIssuer, 1, 2, 3, KindState},
			{FieldNumber, 1, 5, number, KindDigit},
			{FieldFiller, 1, birth - 2, 2, KindFiller},
			{FieldBirthDate, 1, birth, 6, KindDate},
			{FieldFiller, 1, birth + 6, width - birth - 6, KindFiller},
			{FieldName, 2, 0, width, KindName},
		},
	}
}
