package number

import (
	"strings"

	"idproof/mrz"
)

// at is the i-th character as a digit; patterns see to it that it is one.
func at(s string, i int) int { return int(s[i] - '0') }

// value reads digits as a number; at most 15, so that it fits.
func value(s string) int {
	n := 0
	for i := range len(s) {
		n = n*10 + at(s, i)
	}
	return n
}

// alnum is the value of a character where letters follow the digits: A is 10.
func alnum(c byte) int {
	if c >= 'A' {
		return int(c-'A') + 10
	}
	return int(c - '0')
}

// weigh sums the digits of s, each times its weight; s may be longer.
func weigh(s string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += w * at(s, i)
	}
	return sum
}

// luhn is the rule of ISO/IEC 7812-1 annex B, also for letters, which count 10
// to 35: every second character from the right but one counts twice, less nine
// where that exceeds nine.
func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		v := alnum(s[len(s)-1-i])
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// iso1110 is the pure system of ISO/IEC 7064, MOD 11,10.
func iso1110(s string) bool {
	p := 10
	for i := range len(s) - 1 {
		if p = (p + at(s, i)) % 10; p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	return (p+at(s, len(s)-1))%10 == 1
}

// verhoeff is the dihedral check of J. Verhoeff, Error Detecting Decimal
// Codes, 1969: it detects every wrong digit and every transposition.
func verhoeff(s string) bool {
	// The product of the dihedral group of order ten.
	mul := func(a, b int) int {
		switch {
		case a < 5 && b < 5:
			return (a + b) % 5
		case a < 5:
			return (a+b)%5 + 5
		case b < 5:
			return (a-b+5)%5 + 5
		}
		return (a - b + 5) % 5
	}
	c, perm := 0, [10]int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
	for i := range len(s) {
		v := at(s, len(s)-1-i)
		for range i % 8 {
			v = perm[v]
		}
		c = mul(c, v)
	}
	return c == 0
}

// icao is the check digit of ICAO 9303-3, section 4.9, at the end of s.
func icao(s string) bool {
	d, ok := mrz.CheckDigit(s[:len(s)-1])
	return ok && d == s[len(s)-1]
}

// remainder is the remainder of a long row of digits.
func remainder(s string, mod int) int {
	n := 0
	for i := range len(s) {
		n = (n*10 + at(s, i)) % mod
	}
	return n
}

// checked makes a rule of a test that says nothing of the holder.
func checked(test func(string) bool) rule {
	return func(s string) (Holds, Reason) {
		if !test(s) {
			return Holds{}, WrongCheck
		}
		return Holds{Checked: true}, ""
	}
}

// date is a date of birth that must be possible. A year that is short is a leap
// year if that year is one in any century.
func date(year, month, day int) (Date, bool) {
	if month < 1 || month > 12 || day < 1 {
		return Date{}, false
	}
	days := [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month]
	if month == 2 && year%4 == 0 && (year < 100 || year%100 != 0 || year%400 == 0) {
		days = 29
	}
	return Date{Year: year, Month: month, Day: day, Short: year < 100}, day <= days
}

// born makes the facts of a date and a sex; sex 0 is not encoded.
func born(year, month, day int, sex mrz.Sex, proven bool) (Holds, Reason) {
	d, ok := date(year, month, day)
	if !ok {
		return Holds{}, WrongDate
	}
	return Holds{Birth: d, Sex: sex, Checked: proven}, ""
}

// odd is the sex where odd numbers are for men, as most countries have it.
func odd(n int) mrz.Sex {
	if n%2 == 1 {
		return mrz.Male
	}
	return mrz.Female
}

// index is the place of c in an alphabet.
func index(alphabet string, c byte) int { return strings.IndexByte(alphabet, c) }
