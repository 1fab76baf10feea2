package number

import "idproof/mrz"

// pesel is the Polish number; the month tells the century.
func pesel(s string) (Holds, Reason) {
	if weigh(s, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)%10 != 0 {
		return Holds{}, WrongCheck
	}
	month := value(s[2:4])
	century := [5]int{1900, 2000, 2100, 2200, 1800}[month/20]
	return born(century+value(s[:2]), month%20, value(s[4:6]), odd(at(s, 9)), true)
}

// polish is the number of a Polish document, whose check digit follows the
// letters and weighs 9; the others weigh 7, 3, 1 in turn.
func polish(s string) bool {
	letters := 0
	for s[letters] >= 'A' {
		letters++
	}
	sum, turn := 0, 0
	for i := range len(s) {
		w := 9
		if i != letters {
			w = [3]int{7, 3, 1}[turn%3]
			turn++
		}
		sum += w * alnum(s[i])
	}
	return sum%10 == 0
}

// czech is the rodné číslo of the Czech and Slovak republics: nine digits
// without a check for those born before 1954, then ten that eleven divides. Until 1985
// some were given out of which the first nine leave ten, with a last digit 0.
// Women's months count from 51; from 2004 on 20 may be added where a day ran
// out of numbers.
func czech(s string) (Holds, Reason) {
	year, month := value(s[:2]), value(s[2:4])
	sex := mrz.Male
	if month > 50 {
		sex, month = mrz.Female, month-50
	}
	if len(s) == 9 {
		if year >= 54 {
			return born(1800+year, month, value(s[4:6]), sex, false)
		}
		return born(1900+year, month, value(s[4:6]), sex, false)
	}
	if r := remainder(s[:9], 11); r%10 != at(s, 9) {
		return Holds{}, WrongCheck
	}
	if year >= 54 {
		year += 1900
	} else {
		year += 2000
	}
	if month > 20 && year >= 2004 {
		month -= 20
	}
	return born(year, month, value(s[4:6]), sex, true)
}

// hungarian is the személyi azonosító. The weights were turned round for those
// born from 1997 on.
func hungarian(s string) (Holds, Reason) {
	up, down := weigh(s, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)%11, weigh(s, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)%11
	year, kind := value(s[1:3]), at(s, 0)
	sum := up
	switch {
	case kind <= 2:
		year += 1900
	case down == at(s, 10):
		year += 2000
	default:
		year += 1800
	}
	if year >= 1997 {
		sum = down
	}
	if sum != at(s, 10) {
		return Holds{}, WrongCheck
	}
	return born(year, value(s[3:5]), value(s[5:7]), odd(kind), true)
}

// romanian is the CNP; 7 and 8 are residents, whose century it does not say, 9
// other foreigners.
func romanian(s string) (Holds, Reason) {
	c := weigh(s, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11
	if c == 10 {
		c = 1
	}
	if c != at(s, 12) {
		return Holds{}, WrongCheck
	}
	century := [10]int{0, 1900, 1900, 1800, 1800, 2000, 2000, 0, 0, 0}[at(s, 0)]
	return born(century+value(s[1:3]), value(s[3:5]), value(s[5:7]), signed(at(s, 0)), true)
}

// bulgarian is the ЕГН; the month tells the century.
func bulgarian(s string) (Holds, Reason) {
	if weigh(s, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 != at(s, 9) {
		return Holds{}, WrongCheck
	}
	month, century := value(s[2:4]), 1900
	switch {
	case month > 40:
		month, century = month-40, 2000
	case month > 20:
		month, century = month-20, 1800
	}
	return born(century+value(s[:2]), month, value(s[4:6]), odd(at(s, 8)+1), true)
}

// yugoslav is the JMBG of 1976, which its successor states keep: the EMŠO, the
// ЕМБГ and so on. The year leaves out the thousands.
func yugoslav(s string) (Holds, Reason) {
	if weigh(s, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 != 0 {
		return Holds{}, WrongCheck
	}
	year := 1000 + value(s[4:7])
	if s[4] == '0' {
		year += 1000
	}
	sex := mrz.Male
	if s[9] >= '5' {
		sex = mrz.Female
	}
	return born(year, value(s[2:4]), value(s[:2]), sex, true)
}

// albanian is the number of identity of an Albanian: the first character is the
// decade of birth, 0 for the 1800s to 9 for the 1890s, then A for the 1900s. A
// woman's month counts from 51.
func albanian(s string) (Holds, Reason) {
	month, sex := value(s[2:4]), mrz.Male
	if month > 50 {
		month, sex = month-50, mrz.Female
	}
	return born(1800+10*alnum(s[0])+at(s, 1), month, value(s[4:6]), sex, false)
}

// ukrainian is the taxpayer's number РНОКПП: the date is in days from 31
// December 1899.
func ukrainian(s string) (Holds, Reason) {
	c := (weigh(s, -1, 5, 7, 9, 4, 6, 10, 5, 7)%11 + 11) % 11 % 10
	if c != at(s, 9) {
		return Holds{}, WrongCheck
	}
	return days(1899, 12, 31, value(s[:5]), odd(at(s, 8)))
}

// unzr is the number in the Ukrainian demographic register, which begins with
// the date; its check digit is not published.
func unzr(s string) (Holds, Reason) {
	return born(value(s[:4]), value(s[4:6]), value(s[6:8]), 0, false)
}

// hungarianTax is the adóazonosító jel of a person: 8, then days from 1 January 1867.
func hungarianTax(s string) (Holds, Reason) {
	if weigh(s, 1, 2, 3, 4, 5, 6, 7, 8, 9)%11 != at(s, 9) {
		return Holds{}, WrongCheck
	}
	return days(1867, 1, 1, value(s[1:6]), 0)
}

// snils is the Russian number of social insurance.
func snils(s string) bool {
	return weigh(s, 9, 8, 7, 6, 5, 4, 3, 2, 1)%101%100 == value(s[9:])
}

// inn is the Russian taxpayer's number of a person.
func inn(s string) bool {
	return weigh(s, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == at(s, 10) &&
		weigh(s, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == at(s, 11)
}

// turkish is the kimlik numarası.
func turkish(s string) bool {
	return (7*weigh(s, 1, 0, 1, 0, 1, 0, 1, 0, 1)+9*weigh(s, 0, 1, 0, 1, 0, 1, 0, 1))%10 == at(s, 9) &&
		weigh(s, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)%10 == at(s, 10)
}
