package number

import (
	"strings"

	"idproof/mrz"
)

// chinese is the number of GB 11643-1999, checked by ISO/IEC 7064 MOD 11-2.
func chinese(s string) (Holds, Reason) {
	if "10X98765432"[weigh(s, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11] != s[17] {
		return Holds{}, WrongCheck
	}
	return born(value(s[6:10]), value(s[10:12]), value(s[12:14]), odd(at(s, 16)), true)
}

// egyptian is the national number; its check digit is not published.
func egyptian(s string) (Holds, Reason) {
	return born(1700+at(s, 0)*100+value(s[1:3]), value(s[3:5]), value(s[5:7]), odd(at(s, 12)), false)
}

// kuwaiti is the civil number.
func kuwaiti(s string) (Holds, Reason) {
	if 11-weigh(s, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11 != at(s, 11) {
		return Holds{}, WrongCheck
	}
	return born(1700+at(s, 0)*100+value(s[1:3]), value(s[3:5]), value(s[5:7]), 0, true)
}

// brazilian is the CPF.
func brazilian(s string) bool {
	return weigh(s, 10, 9, 8, 7, 6, 5, 4, 3, 2)*10%11%10 == at(s, 9) &&
		weigh(s, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)*10%11%10 == at(s, 10) && !same(s)
}

// same reports whether all digits are one: such numbers pass some sums and are
// given to nobody.
func same(s string) bool {
	for i := range len(s) {
		if s[i] != s[0] {
			return false
		}
	}
	return true
}

// chilean is the RUN or RUT.
func chilean(s string) bool {
	sum := 0
	for i := range len(s) - 1 {
		sum += (2 + i%6) * at(s, len(s)-2-i)
	}
	return "0123456789K"[(11-sum%11)%11] == s[len(s)-1]
}

// cuil is the Argentine number, which holds the number of the identity document.
func cuil(s string) bool {
	return (11-weigh(s, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11 == at(s, 10)
}

// iranian is the code melli.
func iranian(s string) bool {
	r := weigh(s, 10, 9, 8, 7, 6, 5, 4, 3, 2) % 11
	if r >= 2 {
		r = 11 - r
	}
	return r == at(s, 9) && !same(s)
}

// southAfrican is the identity number.
func southAfrican(s string) (Holds, Reason) {
	if !luhn(s) {
		return Holds{}, WrongCheck
	}
	sex := mrz.Female
	if s[6] >= '5' {
		sex = mrz.Male
	}
	return born(value(s[:2]), value(s[2:4]), value(s[4:6]), sex, true)
}

// myNumber is the Japanese individual number, by ordinance 85 of 2014, article 5.
func myNumber(s string) bool {
	r := weigh(s, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11
	if r > 1 {
		return 11-r == at(s, 11)
	}
	return s[11] == '0'
}

// japaneseLicence is the number of a Japanese licence, whose check digit is the
// last but one.
func japaneseLicence(s string) bool {
	return (11-weigh(s, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%10 == at(s, 10)
}

// korean is the resident registration number. Its last digits are random since
// October 2020, so that the check digit proves a number but does not disprove
// one.
func korean(s string) (Holds, Reason) {
	kind := at(s, 6)
	century, base := 1900, 11
	switch kind {
	case 9, 0:
		century = 1800
	case 3, 4:
		century = 2000
	case 5, 6:
		base = 13
	case 7, 8:
		century, base = 2000, 13
	}
	proven := (base-weigh(s, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)%11)%10 == at(s, 12)
	return born(century+value(s[:2]), value(s[2:4]), value(s[4:6]), odd(kind), proven)
}

// curp is the Mexican number of the population register.
func curp(s string) (Holds, Reason) {
	sum := 0
	for i := range 17 {
		v := alnum(s[i])
		if s[i] > 'N' { // Ñ has a place of its own
			v++
		}
		sum += v * (18 - i)
	}
	if (10-sum%10)%10 != at(s, 17) {
		return Holds{}, WrongCheck
	}
	// Those born from 2000 on have a letter in the last place but one.
	century := 1900
	if s[16] >= 'A' {
		century = 2000
	}
	sex := map[byte]mrz.Sex{'H': mrz.Male, 'M': mrz.Female}[s[10]]
	return born(century+value(s[4:6]), value(s[6:8]), value(s[8:10]), sex, true)
}

// hongKong is the number of the identity card: a single letter counts as if a
// space, of value 36, stood before it.
func hongKong(s string) bool {
	if len(s) == 8 {
		s = " " + s
	}
	sum := 0
	for i := range 9 {
		v := 36
		if s[i] != ' ' {
			v = alnum(s[i])
		}
		sum += v * (9 - i)
	}
	return sum%11 == 0
}

// bracketed is a Hong Kong number with or without brackets about its check.
func bracketed(s string) bool {
	return hongKong(strings.NewReplacer("(", "", ")", "").Replace(s))
}

// taiwanese is the national identity number; the letter is the place, the
// first digit the sex.
func taiwanese(s string) (Holds, Reason) {
	place := 10 + index("ABCDEFGHJKLMNPQRSTUVXYWZIO", s[0])
	if (place/10+place%10*9+weigh(s[1:], 8, 7, 6, 5, 4, 3, 2, 1, 1))%10 != 0 {
		return Holds{}, WrongCheck
	}
	return Holds{Sex: odd(at(s, 1)), Checked: true}, ""
}

// singaporean is the NRIC or FIN; those of this century count four more, those
// of the series M three.
func singaporean(s string) bool {
	sum := weigh(s[1:], 2, 7, 6, 5, 4, 3, 2)
	switch s[0] {
	case 'S':
		return "JZIHGFEDCBA"[sum%11] == s[8]
	case 'T':
		return "JZIHGFEDCBA"[(sum+4)%11] == s[8]
	case 'F':
		return "XWUTRQPNMLK"[sum%11] == s[8]
	case 'G':
		return "XWUTRQPNMLK"[(sum+4)%11] == s[8]
	}
	return "KLJNPQRTUWX"[10-(sum+3)%11] == s[8]
}

// thai is the number of the identity card.
func thai(s string) bool {
	return (11-weigh(s, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11)%10 == at(s, 12)
}

// malaysian is the MyKad number, which has no check digit.
func malaysian(s string) (Holds, Reason) {
	return born(value(s[:2]), value(s[2:4]), value(s[4:6]), odd(at(s, 11)), false)
}

// indonesian is the NIK; a woman's day counts from 41.
func indonesian(s string) (Holds, Reason) {
	day, sex := value(s[6:8]), mrz.Male
	if day > 40 {
		day, sex = day-40, mrz.Female
	}
	return born(value(s[10:12]), value(s[8:10]), day, sex, false)
}

// kazakh is the ЖСН (IIN).
func kazakh(s string) (Holds, Reason) {
	c := weigh(s, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) % 11
	if c == 10 {
		c = weigh(s, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2) % 11
	}
	if c != at(s, 11) {
		return Holds{}, WrongCheck
	}
	kind := at(s, 6)
	return born(1800+(kind-1)/2*100+value(s[:2]), value(s[2:4]), value(s[4:6]), odd(kind), true)
}

// ontario is the number of an Ontario licence, which ends in the date of birth,
// 50 added to a woman's month, and begins as the surname does.
func ontario(s string) (Holds, Reason) {
	month, sex := value(s[11:13]), mrz.Male
	if month > 50 {
		month, sex = month-50, mrz.Female
	}
	h, why := born(value(s[9:11]), month, value(s[13:15]), sex, false)
	h.Surname = s[:1]
	return h, why
}

// soundex makes the rule of licences of some states of the USA, which hold the
// Soundex of the surname and, from place year on, two digits of the year of
// birth and three of the day: per is how many days a month is given, and women
// have add more.
func soundex(year, per, add int) rule {
	return func(s string) (Holds, Reason) {
		n, sex := value(s[year+2:year+5]), mrz.Male
		if n > add {
			n, sex = n-add, mrz.Female
		}
		n--
		h, why := born(value(s[year:year+2]), n/per+1, n%per+1, sex, false)
		if n < 0 {
			why = WrongDate
		}
		h.Surname = s[:1]
		return h, why
	}
}
