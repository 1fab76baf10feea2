package specimen

import (
	"fmt"
	"strings"
)

// states are the three-letter codes that stand in real machine-readable zones:
// ISO 3166-1 and the codes of ICAO 9303 part 3 section 5. Line crops use them so
// that a recogniser learns the letters of the world and not of Utopia.
const states = "AFG ALB DZA AND AGO ARG ARM AUS AUT AZE BHS BHR BGD BRB BLR BEL BLZ BEN BTN BOL BIH BWA BRA BRN BGR BFA BDI " +
	"KHM CMR CAN CPV CAF TCD CHL CHN COL COM COG COD CRI CIV HRV CUB CYP CZE DNK DJI DMA DOM ECU EGY SLV GNQ ERI EST SWZ ETH " +
	"FJI FIN FRA GAB GMB GEO D<< GHA GRC GRD GTM GIN GNB GUY HTI HND HKG HUN ISL IND IDN IRN IRQ IRL ISR ITA JAM JPN JOR KAZ KEN KIR " +
	"PRK KOR KWT KGZ LAO LVA LBN LSO LBR LBY LIE LTU LUX MAC MDG MWI MYS MDV MLI MLT MHL MRT MUS MEX FSM MDA MCO MNG MNE MAR MOZ " +
	"MMR NAM NRU NPL NLD NZL NIC NER NGA MKD NOR OMN PAK PLW PAN PNG PRY PER PHL POL PRT QAT ROU RUS RWA KNA LCA VCT WSM SMR STP " +
	"SAU SEN SRB SYC SLE SGP SVK SVN SLB SOM ZAF SSD ESP LKA SDN SUR SWE CHE SYR TWN TJK TZA THA TLS TGO TON TTO TUN TUR TKM TUV " +
	"UGA UKR ARE GBR USA URY UZB VUT VAT VEN VNM YEM ZMB ZWE RKS EUE UNO UNA UNK XOM XXA XXB XXC XXX XPO GBD GBN GBO GBP GBS UTO D<< D<< GBR USA FRA"

var stateCodes = strings.Fields(states)

const (
	capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	numerals = "0123456789"
)

// zoneText invents the lines of a machine-readable zone of any format. Unlike
// [Document] it mixes all of the world's codes and letters and puts no weight on
// consistency; one check digit in twenty is wrong.
func zoneText(d dice) []string {
	switch d.IntN(20) {
	case 0, 1, 2, 3, 4, 5:
		code := pick(d, "P<", "P<", "P<", "P"+d.letters(1))
		n := d.docNumber(9)
		birth, expiry := d.date(), d.date()
		opt := d.optional(14)
		l2 := n + d.check(n) + d.state() + birth + d.check(birth) + d.sex() + expiry + d.check(expiry) + opt
		if strings.Trim(opt, "<") == "" && d.chance(0.7) {
			l2 += "<"
		} else {
			l2 += d.check(opt)
		}
		return []string{code + d.state() + d.nameField(39), l2 + d.check(l2[:10]+l2[13:20]+l2[21:43])}
	case 6, 7, 8, 9, 10, 11:
		n, opt := d.docNumber(9), d.optional(15)
		cd := d.check(n)
		if d.chance(0.08) { // a number longer than nine characters
			opt = pad(d.digits(1+d.IntN(4))+d.check(n), 15)
			cd = "<"
		}
		birth, expiry := d.date(), d.date()
		l1 := pick(d, "I", "I", "I", "A", "C") + pick(d, "<", "D", d.letters(1)) + d.state() + n + cd + opt
		l2 := birth + d.check(birth) + d.sex() + expiry + d.check(expiry) + d.state() + d.optional(11)
		return []string{l1, l2 + d.check(l1[5:]+l2[:7]+l2[8:15]+l2[18:]), d.nameField(30)}
	case 12, 13:
		n, birth, expiry := d.docNumber(9), d.date(), d.date()
		l2 := n + d.check(n) + d.state() + birth + d.check(birth) + d.sex() + expiry + d.check(expiry) + d.optional(7)
		return []string{pick(d, "I", "A", "C", "P") + pick(d, "<", d.letters(1)) + d.state() + d.nameField(31), l2 + d.check(l2)}
	case 14, 15, 16:
		width := pick(d, 44, 36)
		n, birth, expiry := d.docNumber(9), d.date(), d.date()
		l2 := n + d.check(n) + d.state() + birth + d.check(birth) + d.sex() + expiry + d.check(expiry) + d.optional(width-28)
		return []string{"V" + pick(d, "<", d.letters(1)) + d.state() + d.nameField(width-5), l2}
	case 17:
		l2 := d.digits(4) + fmt.Sprintf("%03d", d.IntN(99)) + d.digits(5)
		l2 += d.check(l2) + pad(d.word()+pick(d, "", "<<"+d.word()), 14)
		birth := d.date()
		l2 += birth + d.check(birth) + d.sex()
		return []string{"IDFRA" + pad(d.word(), 25) + d.digits(3) + pick(d, "<<<", d.digits(3)), l2 + d.check(l2)}
	case 18:
		l := "D" + pick(d, "1", "<", d.digits(1)) + d.state() + pad(d.docNumber(10)+d.alnum(d.IntN(15)), 24)
		return []string{l + d.check(l)}
	default:
		n := d.letters(3) + d.digits(3) + pick(d, "D", "F", "I", "R") + "<<"
		return []string{n, pad("FACHE"+d.digits(12)+"<<"+d.date(), 30), d.nameField(30)}
	}
}

func pad(s string, n int) string {
	if len(s) >= n {
		return s[:n]
	}
	return s + strings.Repeat("<", n-len(s))
}

func (d dice) of(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[d.IntN(len(alphabet))]
	}
	return string(b)
}

func (d dice) letters(n int) string { return d.of(capitals, n) }
func (d dice) digits(n int) string  { return d.of(numerals, n) }
func (d dice) alnum(n int) string   { return d.of(capitals+numerals, n) }

func (d dice) state() string {
	if d.chance(0.1) {
		return d.letters(3)
	}
	return pick(d, stateCodes...)
}

func (d dice) docNumber(n int) string {
	used := n
	if d.chance(0.25) {
		used = max(n-1-d.IntN(4), 1)
	}
	var s string
	switch d.IntN(10) {
	case 0, 1, 2, 3:
		s = d.digits(used)
	case 4, 5, 6:
		s = d.letters(1+d.IntN(2)) + d.digits(used)
	case 7:
		s = d.digits(2) + d.letters(2) + d.digits(used)
	default:
		s = d.alnum(used)
	}
	return pad(s[:used], n)
}

func (d dice) date() string {
	s := fmt.Sprintf("%02d%02d%02d", d.IntN(100), 1+d.IntN(12), 1+d.IntN(31))
	if d.chance(0.03) {
		s = s[:2+2*d.IntN(2)] + "<<<<"
	}
	return s[:6]
}

func (d dice) sex() string { return pick(d, "M", "M", "M", "F", "F", "F", "<", "X") }

func (d dice) optional(n int) string {
	switch d.IntN(10) {
	case 0, 1, 2, 3, 4:
		return pad("", n)
	case 5, 6, 7:
		return pad(d.digits(1+d.IntN(n)), n)
	case 8:
		return pad(d.digits(1+d.IntN(6))+"<"+d.digits(1+d.IntN(6)), n)
	default:
		return pad(d.alnum(1+d.IntN(n)), n)
	}
}

func (d dice) check(s string) string {
	if d.chance(0.05) {
		return d.digits(1)
	}
	return string(checkDigit(s))
}

// checkDigit weighs 7, 3, 1 (ICAO 9303 part 3 section 4.9).
func checkDigit(s string) byte {
	sum := 0
	for i := range len(s) {
		v := 0
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			v = int(c - '0')
		case c >= 'A' && c <= 'Z':
			v = int(c-'A') + 10
		}
		sum += v * [3]int{7, 3, 1}[i%3]
	}
	return byte('0' + sum%10)
}

// nameField writes surnames and given names, cut at n.
func (d dice) nameField(n int) string {
	words := func(most int) string {
		w := make([]string, 1+d.IntN(most))
		for i := range w {
			w[i] = d.word()
		}
		return strings.Join(w, "<")
	}
	switch s := words(2); {
	case d.chance(0.05):
		return pad(s, n)
	case d.chance(0.08):
		return pad(words(4)+"<<"+words(5), n)
	default:
		return pad(s+"<<"+words(2), n)
	}
}

// word is pronounceable two times in three, else any letters, so that rare
// letters are learnt too.
func (d dice) word() string {
	switch d.IntN(12) {
	case 0, 1, 2:
		return d.letters(2 + d.IntN(9))
	case 3:
		return pick(d, "SPECIMEN", "MUSTERMANN", "ERIKSSON", "ANNA", "MARIA", "ERIKA", "SAMPLE", "TRAVELER", "HAPPY", "TEST")
	}
	onsets := strings.Fields("B BR C CH CZ D DJ DR F FL G GR GW H HJ J K KH KR KW L LL LJ M MB N NG NJ NK P PF PR Q QU R RH S SCH SH SK SP ST SZ T TH TR TS TZ V VL W WR X Y Z ZH ZW")
	nuclei := strings.Fields("A A A E E E I I O O U Y AA AE AI AU EE EI EO IA IE II IO OE OO OU UE UI UU")
	codas := strings.Fields("B C CK D F FF G H J K L LL LM LSKI M MM N NN ND NG NT NSKI P R RD RG RS RT S SS SEN SON T TH TT TZ VIC V W X Z")
	s := ""
	for range 1 + d.IntN(3) {
		if s != "" || d.chance(0.85) {
			s += pick(d, onsets...)
		}
		s += pick(d, nuclei...)
		if d.chance(0.4) {
			s += pick(d, codas...)
		}
	}
	return s
}
