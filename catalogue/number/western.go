package number

import (
	"time"

	"idproof/mrz"
)

// days makes the facts of a date that is given as days after another.
func days(year, month, day, n int, sex mrz.Sex) (Holds, Reason) {
	t := time.Date(year, time.Month(month), day+n, 0, 0, 0, 0, time.UTC)
	return born(t.Year(), int(t.Month()), t.Day(), sex, true)
}

// codiceFiscale is the Italian number, in which letters may stand for digits
// where two people would have the same (omocodia).
func codiceFiscale(s string) (Holds, Reason) {
	// What a character counts at odd places, by D.M. 23 December 1976.
	odds := [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	sum := 0
	plain := []byte(s)
	for i := range 15 {
		v := alnum(s[i])
		if s[i] >= 'A' {
			v -= 10
		}
		if i%2 == 0 {
			v = odds[v]
		}
		sum += v
	}
	if byte('A'+sum%26) != s[15] {
		return Holds{}, WrongCheck
	}
	for _, i := range []int{6, 7, 9, 10, 12, 13, 14} {
		if n := index("LMNPQRSTUV", s[i]); n >= 0 {
			plain[i] = byte('0' + n)
		}
	}
	p := string(plain)
	day, sex := value(p[9:11]), mrz.Male
	if day > 40 {
		day, sex = day-40, mrz.Female
	}
	return born(value(p[6:8]), 1+index("ABCDEHLMPRST", s[8]), day, sex, true)
}

// spanish is the letter of a DNI, or of a NIE, whose X, Y, Z count 0, 1, 2.
func spanish(s string) bool {
	digits := s[:len(s)-1]
	if i := index("XYZ", s[0]); i >= 0 {
		digits = string(rune('0'+i)) + s[1:len(s)-1]
	}
	return "TRWAGMYFPDXBNJZSQVHLCKE"[value(digits)%23] == s[len(s)-1]
}

// nif is the Portuguese taxpayer's number.
func nif(s string) bool {
	r := weigh(s, 9, 8, 7, 6, 5, 4, 3, 2) % 11
	return (11-r)%11%10 == at(s, 8)
}

// nir is the French number of social insurance, which Corsicans have with 2A
// or 2B for their département. Months from 20 on mean that the month is not known.
func nir(s string) (Holds, Reason) {
	digits := s[:13]
	switch s[5:7] {
	case "2A":
		digits = s[:5] + "19" + s[7:13]
	case "2B":
		digits = s[:5] + "18" + s[7:13]
	}
	if len(s) == 15 && 97-value(digits)%97 != value(s[13:]) {
		return Holds{}, WrongCheck
	}
	h := Holds{Birth: Date{Year: value(s[1:3]), Month: value(s[3:5]), Short: true}, Sex: odd(at(s, 0)), Checked: len(s) == 15}
	switch {
	case h.Birth.Month == 0:
		return Holds{}, WrongDate
	case h.Birth.Month > 12:
		h.Birth.Month = 0
	}
	return h, ""
}

// optional is the rule of a document number whose check digit of ICAO 9303-3
// follows after n characters, where it is printed at all.
func optional(n int) rule {
	return func(s string) (Holds, Reason) {
		if len(s) > n && !icao(s) {
			return Holds{}, WrongCheck
		}
		return Holds{Checked: len(s) > n}, ""
	}
}

// steuerID is the German taxpayer's number: of its first ten digits exactly one
// comes twice or three times.
func steuerID(s string) bool {
	var count [10]int
	for i := range 10 {
		count[at(s, i)]++
	}
	repeated := 0
	for _, n := range count {
		if n > 3 {
			return false
		}
		if n > 1 {
			repeated++
		}
	}
	return repeated == 1 && iso1110(s)
}

// germanLicence is the number of a German card licence: the authority, a serial
// number, a check digit that is X for ten, and the edition.
func germanLicence(s string) bool {
	sum := 0
	for i := range 9 {
		sum += (9 - i) * alnum(s[i])
	}
	return "0123456789X"[sum%11] == s[9]
}

// rentenversicherung is the German number of social insurance.
func rentenversicherung(s string) (Holds, Reason) {
	letter := int(s[8]-'A') + 1
	digits := s[:8] + string([]byte{byte('0' + letter/10), byte('0' + letter%10)}) + s[9:]
	sum := 0
	for i, w := range []int{2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1} {
		p := w * at(digits, i)
		sum += p/10 + p%10
	}
	if sum%10 != at(s, 11) {
		return Holds{}, WrongCheck
	}
	return born(value(s[6:8]), value(s[4:6]), value(s[2:4]), 0, true)
}

// bsn is the Dutch eleven-proof.
func bsn(s string) bool {
	return s != "000000000" && weigh(s, 9, 8, 7, 6, 5, 4, 3, 2, -1)%11 == 0
}

// rijksregister is the Belgian number; those born from 2000 on are checked with
// a 2 in front. Months and days may be 0 where they are not known, and months of
// people who are not in the register count from 21 or 41.
func rijksregister(s string) (Holds, Reason) {
	century := 1900
	switch c := value(s[9:]); c {
	case 97 - remainder(s[:9], 97):
	case 97 - remainder("2"+s[:9], 97):
		century = 2000
	default:
		return Holds{}, WrongCheck
	}
	year, month, day, sex := century+value(s[:2]), value(s[2:4]), value(s[4:6]), odd(value(s[6:9]))
	switch {
	case month > 40:
		month, sex = month-40, odd(value(s[6:9]))
	case month >= 20:
		month, sex = month-20, 0
	}
	if month == 0 || day == 0 {
		return Holds{Birth: Date{Year: year}, Sex: sex, Checked: true}, ""
	}
	return born(year, month, day, sex, true)
}

// mod97 is the check of the Belgian identity card, 97 standing for 0.
func mod97(s string) bool {
	r := remainder(s[:10], 97)
	if r == 0 {
		r = 97
	}
	return r == value(s[10:])
}

// luxembourg is the matricule of 13 digits: one check by Luhn, one by Verhoeff.
func luxembourg(s string) (Holds, Reason) {
	if !luhn(s[:12]) || !verhoeff(s[:11]+s[12:]) {
		return Holds{}, WrongCheck
	}
	return born(value(s[:4]), value(s[4:6]), value(s[6:8]), 0, true)
}

// austrian is the Versicherungsnummer. Where a day has no numbers left the
// month is 13 or more.
func austrian(s string) (Holds, Reason) {
	if weigh(s, 3, 7, 9, -1, 5, 8, 4, 2, 1, 6)%11 != 0 {
		return Holds{}, WrongCheck
	}
	if value(s[6:8]) > 12 {
		return Holds{Birth: Date{Year: value(s[8:]), Short: true}, Checked: true}, ""
	}
	return born(value(s[8:]), value(s[6:8]), value(s[4:6]), 0, true)
}

// ean is the check digit of GS1, which the Swiss AHV number of 13 digits uses.
func ean(s string) bool {
	return weigh(s, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1)%10 == 0
}

// britishDriver is the number of a licence of Great Britain. Its last two
// characters check it by a rule that is not published.
func britishDriver(s string) (Holds, Reason) {
	month, sex := value(s[6:8]), mrz.Male
	if month > 50 {
		month, sex = month-50, mrz.Female
	}
	h, why := born(at(s, 5)*10+at(s, 10), month, value(s[8:10]), sex, false)
	for i := 0; i < 5 && s[i] != '9'; i++ {
		h.Surname = s[:i+1]
	}
	return h, why
}

// pps is the Irish number; a second letter weighs nine, W and none nothing.
func pps(s string) bool {
	sum := weigh(s, 8, 7, 6, 5, 4, 3, 2)
	if len(s) == 9 && s[8] != 'W' {
		sum += 9 * int(s[8]-'A'+1)
	}
	return "WABCDEFGHIJKLMNOPQRSTUV"[sum%23] == s[7]
}

// amka is the Greek number of social insurance.
func amka(s string) (Holds, Reason) {
	if !luhn(s) {
		return Holds{}, WrongCheck
	}
	return born(value(s[4:6]), value(s[2:4]), value(s[:2]), odd(at(s, 9)), true)
}

// afm is the Greek taxpayer's number.
func afm(s string) bool {
	return s != "000000000" && weigh(s, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == at(s, 8)
}

// cypriotTax is the Cypriot taxpayer's number.
func cypriotTax(s string) bool {
	odds, sum := [10]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21}, 0
	for i := range 8 {
		if i%2 == 0 {
			sum += odds[at(s, i)]
		} else {
			sum += at(s, i)
		}
	}
	return byte('A'+sum%26) == s[8]
}
