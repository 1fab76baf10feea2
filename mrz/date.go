package mrz

import (
	"fmt"
	"time"
)

// day is a date on the calendar.
type day struct{ year, month, day int }

func dayOf(now time.Time) day {
	y, m, d := now.Date()
	return day{y, int(m), d}
}

// Date is a date of an MRZ, possibly in part: zero is an unknown part.
type Date struct {
	// Raw is what is printed: YYMMDD, '<' in pairs for unknown parts.
	Raw string
	// Year has four digits, the century added by rule; see Parse.
	Year, Month, Day int
}

// String returns the date as ISO 8601, reduced to what is known from the year
// on: "1974-08-12", "1974-08", "1974", or "".
func (d Date) String() string {
	switch {
	case d.Year == 0:
		return ""
	case d.Month == 0:
		return fmt.Sprintf("%04d", d.Year)
	case d.Day == 0:
		return fmt.Sprintf("%04d-%02d", d.Year, d.Month)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// IsZero reports whether nothing at all is known of the date.
func (d Date) IsZero() bool { return d.Year == 0 && d.Month == 0 && d.Day == 0 }

// Complete reports whether year, month and day are known.
func (d Date) Complete() bool { return d.Year != 0 && d.Month != 0 && d.Day != 0 }

// MRZ returns the date as printed in an MRZ: Raw if it is set, else YYMMDD with
// "<<" for each unknown part.
func (d Date) MRZ() string {
	if d.Raw != "" {
		return d.Raw
	}
	b := [6]byte{'<', '<', '<', '<', '<', '<'}
	for i, v := range [3]int{d.Year, d.Month, d.Day} {
		if v > 0 {
			b[2*i], b[2*i+1] = byte('0'+v/10%10), byte('0'+v%10)
		}
	}
	return string(b[:])
}

// pair reads two characters of a date: a number, or unknown for "<<".
func pair(s string) (n int, ok bool) {
	a, b := s[0]-'0', s[1]-'0'
	if a <= 9 && b <= 9 {
		return int(a)*10 + int(b), true
	}
	return -1, s == "<<"
}

// rawDate reads YYMMDD, or a beginning of it. Year stays two-digit, -1 when
// unknown. ok is false when the date cannot exist; zeros is true when a month or
// day is printed as 00, which some issuers do for unknown.
func rawDate(raw string) (d Date, ok, zeros bool) {
	d = Date{Raw: raw, Year: -1}
	ok = true
	part := [3]int{-1, -1, -1}
	for i := 0; i < 3 && 2*i+2 <= len(raw); i++ {
		n, good := pair(raw[2*i : 2*i+2])
		ok = ok && good
		part[i] = n
	}
	if part[1] == 0 || part[2] == 0 {
		zeros = true
	}
	if part[1] > 12 {
		ok, part[1] = false, -1
	}
	if part[2] > 31 {
		ok, part[2] = false, -1
	}
	d.Year, d.Month, d.Day = part[0], max(part[1], 0), max(part[2], 0)
	return d, ok, zeros
}

var monthDays = [13]int{31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// exists reports whether the month has the day; an unknown month or year is
// given the benefit.
func (d Date) exists() bool {
	if d.Month == 2 && d.Day == 29 && d.Year > 0 {
		return d.Year%4 == 0 && (d.Year%100 != 0 || d.Year%400 == 0)
	}
	return d.Day <= monthDays[d.Month]
}

// past resolves a two-digit year to the latest century that does not put the
// date after now: births, issues.
func (d Date) past(now day) Date {
	if d.Year < 0 {
		d.Year = 0
		return d
	}
	year := now.year - now.year%100 + d.Year
	if year > now.year || year == now.year &&
		(d.Month > now.month || d.Month == now.month && d.Day > now.day) {
		year -= 100
	}
	d.Year = year
	return d
}

// expiry resolves a two-digit year to the century that puts it between 50 years
// before and 49 years after now.
func (d Date) expiry(now day) Date {
	if d.Year < 0 {
		d.Year = 0
		return d
	}
	year := now.year - now.year%100 + d.Year
	if year > now.year+49 {
		year -= 100
	} else if year < now.year-50 {
		year += 100
	}
	d.Year = year
	return d
}
