package extract

import (
	_ "embed"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Dates in other calendars than the Gregorian: the eras of Japan, the years of
// the Republic of China, the Buddhist years of Thailand, the solar hijri years of
// Iran and Afghanistan and the lunar ones of Saudi Arabia. What is printed stays
// the reading's original; its value is the Gregorian day.

//go:embed data/ummalqura.txt
var ummAlQuraData string

// lunarYear is a year of the Umm al-Qura calendar.
type lunarYear struct {
	first time.Time
	long  string // "1" for each month of 30 days, "0" of 29
}

func loadLunar() map[int]lunarYear {
	out := map[int]lunarYear{}
	for line := range strings.Lines(ummAlQuraData) {
		f := strings.Fields(line)
		if len(f) != 3 || len(f[2]) != 12 {
			continue
		}
		year, _ := strconv.Atoi(f[0])
		if day, err := time.Parse(time.DateOnly, f[1]); err == nil {
			out[year] = lunarYear{day, f[2]}
		}
	}
	return out
}

// lunarDay returns the Gregorian day of a day of the Umm al-Qura calendar.
func (m *months) lunarDay(year, month, day int) (time.Time, bool) {
	y, ok := m.lunar[year]
	if !ok || month < 1 || month > 12 || day < 1 || day > 29+int(y.long[month-1]-'0') {
		return time.Time{}, false
	}
	n := day - 1
	for i := range month - 1 {
		n += 29 + int(y.long[i]-'0')
	}
	return y.first.AddDate(0, 0, n), true
}

// solarDay returns the Gregorian day of a day of the solar hijri calendar, by
// the cycle of 33 years with eight leap years, which is right from 1178 to 1633
// (Borkowski, The Persian calendar for 3000 years, 1996).
func solarDay(year, month, day int) (time.Time, bool) {
	if year < 1178 || year > 1633 || month < 1 || month > 12 || day < 1 {
		return time.Time{}, false
	}
	leap := func(y int) bool { return (25*y+11)%33 < 8 }
	length := 31
	switch {
	case month == 12 && !leap(year):
		length = 29
	case month > 6:
		length = 30
	}
	if day > length {
		return time.Time{}, false
	}
	n := day - 1 + 31*min(month-1, 6) + 30*max(month-7, 0)
	at := time.Date(1979, time.March, 21, 0, 0, 0, 0, time.UTC) // 1 Farvardin 1358
	for y := 1358; y < year; y++ {
		at = at.AddDate(0, 0, 365+leapDay(leap(y)))
	}
	for y := 1357; y >= year; y-- {
		at = at.AddDate(0, 0, -365-leapDay(leap(y)))
	}
	return at.AddDate(0, 0, n), true
}

func leapDay(leap bool) int {
	if leap {
		return 1
	}
	return 0
}

// eras are the Japanese eras and their first days; year 1 is the year of that
// day. The Republic of China counts from 1912.
var eras = []struct {
	name    string
	initial string
	first   string
}{
	{"明治", "M", "1868-01-25"},
	{"大正", "T", "1912-07-30"},
	{"昭和", "S", "1926-12-25"},
	{"平成", "H", "1989-01-08"},
	{"令和", "R", "2019-05-01"},
	{"民國", "", "1912-01-01"},
	{"民国", "", "1912-01-01"},
}

var (
	eraDate = regexp.MustCompile(`(明治|大正|昭和|平成|令和|民國|民国)\s?(元|\d{1,3})\s?[年.]?\s?(\d{1,2})\s?[月.]?\s?(\d{1,2})\s?日?(?:[^0-9]|$)`)
	// Forms in Latin letters are for Japan alone: S61.5.1
	eraShort = regexp.MustCompile(`(?:^|[^A-Za-z0-9])([MTSHR])\s?(\d{1,2})[.年/\-]\s?(\d{1,2})[.月/\-]\s?(\d{1,2})(?:[^0-9]|$)`)
	hanDate  = regexp.MustCompile(`((?:1[89]|20)\d\d)\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?(?:日|$|[^0-9])`)
	foreign  = regexp.MustCompile(`(?:^|[^0-9])(1[2-5]\d\d|2[45]\d\d)` + sep + `(\d{1,2})` + sep + `(\d{1,2})(?:[^0-9]|$)`)
	backward = regexp.MustCompile(`(?:^|[^0-9])(\d{1,2})` + sep + `(\d{1,2})` + sep + `(1[2-5]\d\d|2[45]\d\d)(?:[^0-9]|$)`)
	// buddhist is a date with an English month and a Buddhist year.
	buddhist = regexp.MustCompile(`(?i)(?:^|[^0-9])(\d{1,2})[ .\-]?([a-z]{3,9})[ .\-]{0,2}(2[45]\d\d)(?:[^0-9]|$)`)
)

// Who prints years of which calendar.
var (
	solarHijri = map[string]bool{"IRN": true, "AFG": true}
	lunarHijri = map[string]bool{"SAU": true}
)

// digitOf writes the digits of all scripts in those that are calculated with.
func digitOf(r rune) rune {
	for _, zero := range []rune{'٠', '۰', '๐', '०', '０'} {
		if r >= zero && r <= zero+9 {
			return '0' + r - zero
		}
	}
	return r
}

// other finds the dates of other calendars.
func (m *months) other(text, issuer string, add func(written) bool) {
	text = strings.Map(digitOf, text)
	at := func(i int) int { return len([]rune(text[:i])) }
	put := func(g []int, last int, day time.Time, ok bool) bool {
		return ok && add(written{from: at(g[2]), to: at(last), year: day.Year(), month: int(day.Month()), day: day.Day()})
	}
	n := func(g []int, i int) int { return num(text, g[2*i], g[2*i+1]) }
	scan(eraDate, text, func(g []int) bool {
		year := 1
		if text[g[4]:g[5]] != "元" {
			year = n(g, 2)
		}
		day, ok := eraDay(text[g[2]:g[3]], year, n(g, 3), n(g, 4))
		return put(g, g[9], day, ok)
	})
	scan(hanDate, text, func(g []int) bool {
		day, ok := gregorian(n(g, 1), n(g, 2), n(g, 3))
		return put(g, g[7], day, ok)
	})
	if issuer == "JPN" {
		scan(eraShort, text, func(g []int) bool {
			day, ok := eraDay(text[g[2]:g[3]], n(g, 2), n(g, 3), n(g, 4))
			return put(g, g[9], day, ok)
		})
	}
	var convert func(year, month, day int) (time.Time, bool)
	switch {
	case solarHijri[issuer]:
		convert = solarDay
	case lunarHijri[issuer]:
		convert = m.lunarDay
	case issuer == "THA":
		convert = func(year, month, day int) (time.Time, bool) {
			if year < 2400 {
				return time.Time{}, false
			}
			return gregorian(year-543, month, day)
		}
	default:
		return
	}
	scan(foreign, text, func(g []int) bool {
		day, ok := convert(n(g, 1), n(g, 2), n(g, 3))
		return put(g, g[7], day, ok)
	})
	scan(backward, text, func(g []int) bool {
		day, ok := convert(n(g, 3), n(g, 2), n(g, 1))
		return put(g, g[7], day, ok)
	})
	if issuer == "THA" {
		scan(buddhist, text, func(g []int) bool {
			month := m.in["en"][strings.ToLower(text[g[4]:g[5]])]
			day, ok := gregorian(n(g, 3)-543, month, n(g, 1))
			return put(g, g[7], day, ok)
		})
	}
}

// eraDay returns the Gregorian day of a day in an era; a day before the era's
// first is none.
func eraDay(era string, year, month, day int) (time.Time, bool) {
	for _, e := range eras {
		if era != e.name && (era != e.initial || era == "") {
			continue
		}
		first, err := time.Parse(time.DateOnly, e.first)
		if err != nil || year < 1 {
			return time.Time{}, false
		}
		at, ok := gregorian(first.Year()+year-1, month, day)
		if !ok || at.Before(first) {
			return time.Time{}, false
		}
		// A year of an era that ended before it is one all the same: the end of a
		// validity was printed when nobody knew.
		return at, true
	}
	return time.Time{}, false
}

// gregorian is a day that exists.
func gregorian(year, month, day int) (time.Time, bool) {
	w := written{year: year, month: month, day: day}
	if !w.real() {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC), true
}
