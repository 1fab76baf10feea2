package aamva

import (
	"regexp"
	"strconv"
	"strings"
)

// The tracks of Annex F. Track 1: '%', jurisdiction, city, name, address. Track
// 2: ';', issuer and number, '=', expiry and birth. Track 3: its start sentinel
// is printed as '%', '#', '+' or "_%".
var (
	track1RE = regexp.MustCompile(`^[\s\x00-\x1f]*%([A-Z]{2})([^^?]{1,13})\^?([^^?]{1,60})\^([^?]{1,80}?)\^?\?`)
	track2RE = regexp.MustCompile(`;(\d{6})(\d{0,13})=(\d{4})(\d{8})(\d{0,5})=?\d*\??`)
	track3RE = regexp.MustCompile(`\?[^?;=]{0,3}[%#+]([^?]{40,110})`)
)

// parseStripe reads the tracks of a magnetic stripe, nil if it is none. Its data
// appears as elements of version 1 in one subfile DL. Some provinces, such as
// British Columbia, print the tracks as a PDF417 symbol.
func parseStripe(text string, wide bool) *Document {
	one := track1RE.FindStringSubmatchIndex(text)
	if one == nil {
		return nil
	}
	two := track2RE.FindStringSubmatchIndex(text)
	group := func(m []int, i int) string { return utf8Text(text[m[2*i]:m[2*i+1]], wide) }
	s := Subfile{Type: "DL", Offset: -1, Length: -1}
	add := func(code, value string) {
		if v := strings.TrimSpace(value); v != "" {
			s.Elements = append(s.Elements, Element{code, v})
		}
	}
	d := &Document{Format: Stripe, Type: "DL"}
	d.Header = Header{Version: 1, JurisdictionVersion: -1, Entries: 1}
	state := group(one, 1)
	if _, ok := lookupState(state); !ok && two == nil {
		return nil // a bank card, for one
	}
	city, name, address := group(one, 2), group(one, 3), group(one, 4)
	if two == nil {
		d.fail(CodeTrack, "2")
	} else {
		d.Header.IIN = group(two, 1)
		if j, ok := LookupIIN(d.Header.IIN); !ok || j.Code != state {
			d.warn(CodeIIN, "")
		}
		add("DAQ", group(two, 2)+group(two, 5))
	}
	add("DAA", strings.Join(strings.FieldsFunc(strings.NewReplacer(",$", ",", "$", ",").Replace(name), func(r rune) bool { return r < ' ' }), ""))
	street := strings.FieldsFunc(address, func(r rune) bool { return r == '$' || r == '^' })
	if n := len(street); n > 1 && strings.HasPrefix(street[n-1], strings.TrimSpace(city)) {
		street = street[:n-1] // the town again, with its postal code
	}
	if len(street) > 0 {
		add("DAG", street[0])
		add("DAH", strings.Join(street[1:], ", "))
	}
	add("DAI", city)
	add("DAJ", state)
	if two != nil {
		birth := group(two, 4)
		add("DBA", stripeExpiry(group(two, 3), birth))
		add("DBB", birth)
	}
	if three := track3RE.FindStringSubmatchIndex(text); three != nil {
		track3(group(three, 1), add)
	} else {
		d.fail(CodeTrack, "3")
	}
	d.Subfiles = []Subfile{s}
	d.read()
	for _, need := range []struct {
		code  string
		empty bool
	}{{"DAQ", d.Number == ""}, {"DAA", d.Surname == ""}, {"DBB", d.BirthDate.IsZero()}} {
		if need.empty {
			d.fail(CodeMissing, need.code)
		}
	}
	return d
}

// track3 reads the fixed columns: template and security version (2), postal code
// (11), class (2), restrictions (10), endorsements (4), sex (1), height (3),
// weight (3), hair (3), eyes (3).
func track3(t string, add func(code, value string)) {
	r := []rune(t)
	at := 2
	for _, c := range []struct {
		code string
		n    int
	}{{"DAK", 11}, {"DAR", 2}, {"DAS", 10}, {"DAT", 4}, {"DBC", 1}, {"DAU", 3}, {"DAW", 3}, {"DAZ", 3}, {"DAY", 3}} {
		if at+c.n > len(r) {
			return
		}
		add(c.code, string(r[at:at+c.n]))
		at += c.n
	}
}

// stripeExpiry expands YYMM to CCYYMMDD. The day is the last of the month; month
// 99 means the birthday, 88 the end of the month of birth, 77 never.
func stripeExpiry(yymm, birth string) string {
	yy, _ := strconv.Atoi(yymm[:2])
	month, day := yymm[2:], ""
	switch month {
	case "77":
		return ""
	case "99":
		month, day = birth[4:6], birth[6:8]
	case "88":
		month = birth[4:6]
	}
	year := strconv.Itoa(2000 + yy)
	if day == "" {
		for n := 31; n > 27; n-- {
			day = strconv.Itoa(n)
			if _, ok := calendar(year+month+day, ymd); ok {
				break
			}
		}
	}
	return year + month + day
}
