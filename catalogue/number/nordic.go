package number

import "idproof/mrz"

// swedish is a personnummer, or a samordningsnummer, whose day counts from 61.
// The hyphen becomes a plus in the year the holder turns 100, so that ten
// digits do not say the century to somebody who does not know the year of issue.
func swedish(s string) (Holds, Reason) {
	digits := make([]byte, 0, 12)
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			digits = append(digits, s[i])
		}
	}
	d := string(digits)
	year := value(d[:len(d)-8])
	ten := d[len(d)-10:]
	if !luhn(ten) {
		return Holds{}, WrongCheck
	}
	day := value(ten[4:6])
	if day > 60 {
		day -= 60
	}
	return born(year, value(ten[2:4]), day, odd(at(ten, 8)), true)
}

// finnish is a henkilötunnus. Since 2023 every century has several separators
// (Act 1012/2022 on the Digital and Population Data Services Agency).
func finnish(s string) (Holds, Reason) {
	century := 1900
	switch {
	case s[6] == '+':
		century = 1800
	case s[6] <= 'F' && s[6] >= 'A':
		century = 2000
	}
	if s[10] != "0123456789ABCDEFHJKLMNPRSTUVWXY"[value(s[:6]+s[7:10])%31] {
		return Holds{}, WrongCheck
	}
	return born(century+value(s[4:6]), value(s[2:4]), value(s[:2]), odd(at(s, 9)), true)
}

// norwegian is a fødselsnummer, or a D-number, whose day counts from 41.
func norwegian(s string) (Holds, Reason) {
	k1 := (11 - weigh(s, 3, 7, 6, 1, 8, 9, 4, 5, 2)%11) % 11
	k2 := (11 - weigh(s, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
	if k1 != at(s, 9) || k2 != at(s, 10) {
		return Holds{}, WrongCheck
	}
	day, year, series := value(s[:2]), value(s[4:6]), value(s[6:9])
	if day > 40 {
		day -= 40
	}
	switch {
	case series < 500 || series >= 900 && year >= 40:
		year += 1900
	case year < 40:
		year += 2000
	case year >= 54 && series < 750:
		year += 1800
	default:
		return Holds{}, WrongDate
	}
	return born(year, value(s[2:4]), day, odd(at(s, 8)), true)
}

// danish is a CPR number. Since 2007 numbers are given out that fail the old
// check digit, so that it proves a number but no longer disproves one.
func danish(s string) (Holds, Reason) {
	year, c := value(s[4:6]), at(s, 6)
	switch {
	case c < 4 || (c == 4 || c == 9) && year > 36:
		year += 1900
	case c == 4 || c == 9 || year < 58:
		year += 2000
	default:
		year += 1800
	}
	return born(year, value(s[2:4]), value(s[:2]), odd(at(s, 9)), weigh(s, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0)
}

// icelandic is the kennitala of a person; a company's day counts from 41. Since
// 18 February 2026 numbers are given out that fail the old check digit, so that
// it proves a number but no longer disproves one.
func icelandic(s string) (Holds, Reason) {
	year := value(s[4:6])
	switch s[9] {
	case '8':
		year += 1800
	case '9':
		year += 1900
	case '0':
		year += 2000
	}
	return born(year, value(s[2:4]), value(s[:2]), 0, weigh(s, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0)
}

// baltic is the isikukood of Estonia and the asmens kodas of Lithuania.
func baltic(s string) (Holds, Reason) {
	c := weigh(s, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1) % 11
	if c == 10 {
		c = weigh(s, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3) % 11 % 10
	}
	if c != at(s, 10) {
		return Holds{}, WrongCheck
	}
	return born(1800+(at(s, 0)-1)/2*100+value(s[1:3]), value(s[3:5]), value(s[5:7]), odd(at(s, 0)), true)
}

// latvian is a personas kods of the kind given out until July 2017, which
// begins with the date of birth.
func latvian(s string) (Holds, Reason) {
	if (1101-weigh(s, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))%11%10 != at(s, 10) {
		return Holds{}, WrongCheck
	}
	return born(1800+at(s, 6)*100+value(s[4:6]), value(s[2:4]), value(s[:2]), 0, true)
}

// signed makes a sex of a leading digit that is odd for men; 0 and 9 say nothing.
func signed(digit int) mrz.Sex {
	if digit == 0 || digit == 9 {
		return 0
	}
	return odd(digit)
}
