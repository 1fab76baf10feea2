package aamva

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// text returns an element's value, "" where it says that there is none.
func (d *Document) text(code string) string {
	v, _ := d.Get(code)
	if placeholder(v) {
		return ""
	}
	return v
}

// either returns the first of the elements that has a value.
func (d *Document) either(codes ...string) string {
	for _, c := range codes {
		if v := d.text(c); v != "" {
			return v
		}
	}
	return ""
}

// read fills the typed fields from the elements.
func (d *Document) read() {
	d.readIssuer()
	d.readNames()
	d.readDates()
	d.Number = d.text("DAQ")
	d.readSex()
	d.readBody()
	d.Address = d.address("DAG", "DAH", "DAI", "DAJ", "DAK")
	d.Residence = d.address("DAL", "DAM", "DAN", "DAO", "DAP")
	if d.Residence.Street == "" && d.Residence.City == "" {
		d.Residence = Address{}
	}
	if d.Address.Street == "" && d.Residence.Street != "" {
		a := d.Address
		d.Address = d.Residence
		if a.City != "" {
			a.Street, a.Street2 = d.Residence.Street, d.Residence.Street2
			d.Address = a
		}
	}
	d.Class = d.either("DCA", "DAR", "PAA")
	d.Restrictions = d.either("DCB", "DAS", "PAE")
	d.Endorsements = d.either("DCD", "DAT", "PAF")
	d.StandardClass, d.StandardRestrictions, d.StandardEndorsements = d.text("DCM"), d.text("DCO"), d.text("DCN")
	d.Discriminator, d.InventoryControl, d.Audit = d.text("DCF"), d.text("DCK"), d.text("DCJ")
	d.PlaceOfBirth = d.text("DCI")
	d.readIndicators()
}

func (d *Document) readIssuer() {
	d.Issuer, _ = LookupIIN(d.Header.IIN)
	if d.Issuer.IIN == "" {
		if j, ok := lookupState(strings.ToUpper(d.text("DAJ"))); ok {
			d.Issuer = j
		}
	}
	d.Country = d.Issuer.Country
	switch v := strings.ToUpper(d.text("DCG")); v {
	case "":
	case "USA", "CAN", "MEX":
		if d.Country != "" && d.Country != v {
			d.warn(CodeCountry, "DCG")
		}
		d.Country = v
	case "US", "CA", "MX":
		d.Country = map[string]string{"US": "USA", "CA": "CAN", "MX": "MEX"}[v]
		d.warn(CodeValue, "DCG")
	default:
		d.fail(CodeValue, "DCG")
	}
}

func (d *Document) readNames() {
	name := func(codes ...string) string { return tidyName(d.either(codes...)) }
	d.Surname, d.GivenNames, d.MiddleNames = name("DCS", "DAB"), name("DAC"), name("DAD")
	d.Suffix, d.Prefix = name("DCU", "DAE"), name("DAF")
	if d.GivenNames == "" {
		if v := d.text("DCT"); v != "" {
			first, rest := splitGiven(v)
			d.GivenNames = first
			if d.MiddleNames == "" {
				d.MiddleNames = rest
			}
		}
	}
	if d.Surname == "" {
		d.wholeName(d.text("DAA"))
	}
	for _, t := range []struct {
		code string
		to   *Truncation
	}{{"DDE", &d.SurnameTruncated}, {"DDF", &d.GivenNamesTruncated}, {"DDG", &d.MiddleNamesTruncated}} {
		switch v := strings.ToUpper(d.text(t.code)); v {
		case "":
		case "T", "N", "U":
			*t.to = Truncation(v[0])
		default:
			d.fail(CodeValue, t.code)
		}
	}
}

// tidyName drops what is no part of a name at its ends, and doubled spaces.
func tidyName(s string) string {
	s = strings.Join(strings.Fields(strings.Trim(s, " ,;$@")), " ")
	if placeholder(s) {
		return ""
	}
	return s
}

// splitGiven parts given names (DCT): at the comma that the standard asks for,
// else at the first space. A compound first name without a comma is cut there
// too; both parts together are still right.
func splitGiven(v string) (first, rest string) {
	v = strings.Trim(v, " ,")
	if a, b, ok := strings.Cut(v, ","); ok {
		return tidyName(a), tidyName(strings.ReplaceAll(b, ",", " "))
	}
	a, b, _ := strings.Cut(v, " ")
	return tidyName(a), tidyName(b)
}

var suffixRE = regexp.MustCompile(`(?i)^(JR|SR|I{1,3}|IV|VI{0,3}|[1-9](ST|ND|RD|TH))\.?$`)

// wholeName reads the name of version 1: surname, first, middle, suffix with
// commas between, or what is used for them. With spaces only, the surname is
// taken to be last, which is the habit of the jurisdictions that write no commas.
func (d *Document) wholeName(v string) {
	if v == "" {
		return
	}
	sep := ""
	for _, s := range []string{",", "$", "@", ";"} {
		if strings.Contains(v, s) {
			sep = s
			break
		}
	}
	var f []string
	if sep != "" {
		f = strings.Split(v, sep)
	} else {
		f = spacedName(strings.Fields(v))
		d.warn(CodeName, "DAA")
	}
	for i := range f {
		f[i] = tidyName(f[i])
	}
	f = append(f, "", "", "", "")
	d.Surname = f[0]
	given, middle, suffix := f[1], f[2], f[3]
	if middle == "" {
		given, middle, _ = strings.Cut(given, " ")
	}
	if suffix == "" && suffixRE.MatchString(middle) {
		middle, suffix = "", middle
	}
	if d.GivenNames == "" {
		d.GivenNames = given
	}
	if d.MiddleNames == "" {
		d.MiddleNames = middle
	}
	if d.Suffix == "" {
		d.Suffix = suffix
	}
}

// spacedName arranges first, middle and last name and suffix as with commas.
func spacedName(words []string) []string {
	suffix := ""
	if n := len(words); n > 2 && suffixRE.MatchString(words[n-1]) {
		words, suffix = words[:n-1], words[n-1]
	}
	n := len(words)
	if n < 2 {
		return append(words, "", "", suffix)
	}
	return []string{words[n-1], words[0], strings.Join(words[1:n-1], " "), suffix}
}

// order is the arrangement of a date.
type order uint8

const (
	anyOrder order = iota
	ymd
	mdy
)

// dateOrder is the edition's: CCYYMMDD in version 1 and in Canada, MMDDCCYY in
// the United States. For Mexico the standard says nothing.
func (d *Document) dateOrder() order {
	switch {
	case d.Header.IIN == "":
		return anyOrder
	case d.edition() < 2 || d.Country == "CAN":
		return ymd
	case d.Country == "USA":
		return mdy
	}
	return anyOrder
}

func (d *Document) readDates() {
	for _, f := range []struct {
		code string
		to   *Date
	}{
		{"DBB", &d.BirthDate},
		{"DBD", &d.IssueDate},
		{"DBA", &d.ExpiryDate},
		{"DDB", &d.RevisionDate},
		{"DDC", &d.HazmatExpiry},
		{"DDH", &d.Under18Until},
		{"DDI", &d.Under19Until},
		{"DDJ", &d.Under21Until},
	} {
		*f.to = d.date(f.code)
	}
	if d.IssueDate.Before(d.BirthDate) {
		d.fail(CodeSequence, "DBD")
	}
	if d.ExpiryDate.Before(d.IssueDate) || d.ExpiryDate.Before(d.BirthDate) {
		d.fail(CodeSequence, "DBA")
	}
}

func (d *Document) date(code string) Date {
	raw := d.text(code)
	date := Date{Raw: raw}
	digits := strings.Map(func(r rune) rune {
		if r == '-' || r == '/' || r == '.' || r == ' ' {
			return -1
		}
		return r
	}, raw)
	if digits == "" || strings.Trim(digits, "0") == "" || strings.Trim(digits, "9") == "" {
		return date // nothing: blank, all zeros or all nines
	}
	if len(digits) > 8 && strings.Trim(digits[:8], "0123456789") == "" && (digits[8] < '0' || digits[8] > '9') {
		digits = digits[:8] // the mark of the subfile's end got into the value
	}
	want := d.dateOrder()
	got, ok := calendar(digits, want)
	if !ok && want != anyOrder {
		if got, ok = calendar(digits, anyOrder); ok {
			d.warn(CodeDateOrder, code)
		}
	}
	if !ok {
		d.fail(CodeDate, code)
		return date
	}
	got.Raw = raw
	return got
}

// calendar reads eight digits. With anyOrder, a year tells itself from month and
// day: no month and day are 18 to 21 followed by anything.
func calendar(s string, o order) (Date, bool) {
	if len(s) != 8 {
		return Date{}, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return Date{}, false
		}
	}
	n := func(from, to int) int { v, _ := strconv.Atoi(s[from:to]); return v }
	if o == anyOrder {
		if d, ok := calendar(s, ymd); ok {
			return d, true
		}
		return calendar(s, mdy)
	}
	d := Date{Year: n(4, 8), Month: n(0, 2), Day: n(2, 4)}
	if o == ymd {
		d = Date{Year: n(0, 4), Month: n(4, 6), Day: n(6, 8)}
	}
	if d.Year < 1850 || d.Year > 2199 || !exists(d) {
		return Date{}, false
	}
	return d, true
}

func exists(d Date) bool {
	t := time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
	return t.Year() == d.Year && int(t.Month()) == d.Month && t.Day() == d.Day
}

func (d *Document) readSex() {
	switch v := strings.ToUpper(d.text("DBC")); v {
	case "", "0":
	case "1", "M", "MALE":
		d.Sex = Male
	case "2", "F", "FEMALE":
		d.Sex = Female
	case "9", "X", "3":
		d.Sex = X
	default:
		d.fail(CodeValue, "DBC")
	}
}

func (d *Document) readBody() {
	d.readHeight()
	d.readWeight()
	d.EyeColour = colour(d.text("DAY"), eyeColours)
	d.HairColour = colour(d.text("DAZ"), hairColours)
}

var (
	feetRE   = regexp.MustCompile(`^(\d)\s*(?:'|FT|-)[\s-]*(\d{1,2})\s*(?:"|''|IN)?$`)
	metricRE = regexp.MustCompile(`^(\d{1,3})\s*CM$`)
	inchRE   = regexp.MustCompile(`^(\d{1,3})\s*(?:IN|")\.?$`)
)

// centimetres reads a height; unit is false where it had to be guessed.
func centimetres(v string, metric bool) (cm int, unit bool) {
	v = strings.ToUpper(strings.TrimSpace(v))
	inches := func(n int) int { return int(math.Round(float64(n) * 2.54)) }
	if m := metricRE.FindStringSubmatch(v); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n, true
	}
	if m := inchRE.FindStringSubmatch(v); m != nil {
		n, _ := strconv.Atoi(m[1])
		return inches(n), true
	}
	if m := feetRE.FindStringSubmatch(v); m != nil {
		ft, _ := strconv.Atoi(m[1])
		in, _ := strconv.Atoi(m[2])
		if in > 11 {
			return 0, true
		}
		return inches(12*ft + in), true
	}
	n, err := strconv.Atoi(v)
	switch {
	case err != nil || n < 0:
		return 0, false
	case metric && n >= 50 && n <= 250:
		return n, false
	case len(v) == 3 && v[0] >= '1' && n%100 <= 11 && n/100 <= 8 && n/100 >= 2: // 509 is five feet nine
		return inches(12*(n/100) + n%100), false
	case n >= 20 && n <= 96: // inches
		return inches(n), false
	case n >= 100 && n <= 250:
		return n, false
	}
	return 0, false
}

func (d *Document) readHeight() {
	raw, code := d.text("DAU"), "DAU"
	if raw == "" {
		raw, code = d.text("DAV"), "DAV"
	}
	d.Height.Raw = raw
	if raw == "" || strings.Trim(raw, "0 ") == "" {
		return
	}
	cm, unit := centimetres(raw, code == "DAV" || d.Country == "CAN")
	if cm < 50 || cm > 260 {
		d.fail(CodeValue, code)
		return
	}
	d.Height.Value = cm
	if !unit && d.edition() >= 2 && d.Header.IIN != "" {
		d.warn(CodeUnit, code)
	}
}

// weightRanges are the bounds in kilograms of the ranges of DCE.
var weightRanges = [10][2]int{{0, 31}, {32, 45}, {46, 59}, {60, 70}, {71, 86}, {87, 100}, {101, 113}, {114, 127}, {128, 145}, {146, 0}}

var weightRE = regexp.MustCompile(`^(\d{1,3})\s*(KG|LBS?)?\.?$`)

func (d *Document) readWeight() {
	for _, code := range []string{"DAX", "DAW"} {
		raw := d.text(code)
		if raw == "" || strings.Trim(raw, "0 ") == "" {
			continue
		}
		d.Weight.Raw = raw
		m := weightRE.FindStringSubmatch(strings.ToUpper(raw))
		if m == nil {
			d.warn(CodeValue, code)
			continue
		}
		n, _ := strconv.Atoi(m[1])
		if m[2] == "KG" || m[2] == "" && (code == "DAX" || d.Country == "CAN") {
			d.Weight.Value = n
		} else {
			d.Weight.Value = int(math.Round(float64(n) * 0.45359237))
		}
		return
	}
	raw := d.text("DCE")
	if raw == "" || d.Weight.Raw != "" {
		return
	}
	d.Weight.Raw = raw
	if len(raw) != 1 || raw[0] < '0' || raw[0] > '9' {
		d.warn(CodeValue, "DCE")
		return
	}
	r := weightRanges[raw[0]-'0']
	d.Weight.Low, d.Weight.High = r[0], r[1]
}

func (d *Document) address(street, street2, city, state, postal string) Address {
	a := Address{
		Street: strings.Trim(d.text(street), " ,"), Street2: d.text(street2),
		City: d.text(city), State: strings.ToUpper(d.text(state)),
	}
	if j, ok := lookupState(a.State); ok {
		a.Country = j.Country
	} else if a.State != "" {
		a.Country = d.Country
		if len(a.State) != 2 {
			d.warn(CodeValue, state)
		}
	}
	a.Postal = postalCode(d.text(postal), a.Country)
	return a
}

// postalCode brings a postal code to the form on an envelope.
func postalCode(v, country string) string {
	squeezed := strings.ToUpper(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, v))
	switch {
	case len(squeezed) == 6 && country == "CAN" || canadian(squeezed):
		return squeezed[:3] + " " + squeezed[3:]
	case strings.Trim(squeezed, "0123456789") != "":
		return v
	case strings.Trim(squeezed, "0") == "":
		return ""
	case len(squeezed) == 9 && squeezed[5:] == "0000":
		return squeezed[:5]
	case len(squeezed) == 9:
		return squeezed[:5] + "-" + squeezed[5:]
	case len(squeezed) == 11 && strings.Trim(squeezed[5:], "0") == "": // filled with zeros
		return squeezed[:5]
	case len(squeezed) > 5 && strings.Trim(squeezed[5:], "0") == "":
		return squeezed[:5]
	}
	return squeezed
}

func canadian(s string) bool {
	if len(s) != 6 {
		return false
	}
	for i := range len(s) {
		if digit := s[i] >= '0' && s[i] <= '9'; digit != (i%2 == 1) || !digit && !upper(s[i]) {
			return false
		}
	}
	return true
}

func (d *Document) readIndicators() {
	switch v := strings.ToUpper(d.text("DDA")); v {
	case "":
	case "F", "N":
		d.Compliance = v
	case "M": // until 2013: materially compliant
		d.Compliance = v
		if d.edition() > 8 {
			d.warn(CodeValue, "DDA")
		}
	default:
		d.warn(CodeValue, "DDA")
	}
	for _, f := range []struct {
		code string
		to   *Flag
	}{
		{"DDD", &d.LimitedDuration},
		{"DDK", &d.OrganDonor},
		{"DDL", &d.Veteran},
		{"DDM", &d.Commercial},
		{"DDN", &d.NonDomiciled},
		{"DDO", &d.Enhanced},
		{"DDP", &d.Permit},
	} {
		*f.to = d.flag(f.code)
	}
	if d.OrganDonor == Unset {
		switch v := strings.ToUpper(d.text("DBH")); {
		case v == "Y" || v == "1" || strings.HasPrefix(v, "DONOR"):
			d.OrganDonor = Yes
		case v == "N" || v == "0":
			d.OrganDonor = No
		}
	}
}

func (d *Document) flag(code string) Flag {
	switch v := strings.ToUpper(d.text(code)); v {
	case "":
	case "1", "Y":
		return Yes
	case "0", "N":
		return No
	default:
		d.warn(CodeValue, code)
	}
	return Unset
}
