package extract

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var today = time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)

func TestDates(t *testing.T) {
	m, err := loadMonths()
	require.NoError(t, err)
	for _, c := range []struct {
		name, text, issuer string
		kind               when
		want               []string
	}{
		{"two languages, short year", "12 AUG/AOÛT 74", "", past, []string{"1974-08-12"}},
		{"space before the slash", "31 JAN /JAN 85", "", past, []string{"1985-01-31"}},
		{"nothing between", "12AUG/AOUT 74", "", past, []string{"1974-08-12"}},
		{"zero for O", "13 0CT2017", "", past, []string{"2017-10-13"}},
		{"zero for O, glued", "130CT 2012", "", past, []string{"2012-10-13"}},
		{"zero for O inside", "29N0V2019", "", past, []string{"2019-11-29"}},
		{"glued to a sex", "M1JAN1981", "", past, []string{"1981-01-01"}},
		{"Irish", "10MFO/SEP2013", "IRL", past, []string{"2013-09-10"}},
		{"first language not known", "04ZZZ/MAY1988", "", past, []string{"1988-05-04"}},
		{"Dutch", "19OKT/0CT 1971", "NLD", past, []string{"1971-10-19"}},
		{"dots", "01.02.2013", "", past, []string{"2013-02-01"}},
		{"dots, one digit", "1.2.2013", "", past, []string{"2013-02-01"}},
		{"dot behind", "18.03.1990.", "HRV", past, []string{"1990-03-18"}},
		{"spaces", "01 02 2013", "", past, []string{"2013-02-01"}},
		{"ISO 8601", "2013-02-01", "", past, []string{"2013-02-01"}},
		{"ISO 8601 with dots", "1951.02.06", "", past, []string{"1951-02-06"}},
		{"nothing between numbers", "07112024", "ESP", ending, []string{"2024-11-07"}},
		{"space lost", "04 051970", "ESP", past, []string{"1970-05-04"}},
		{"month first", "06/03/1981", "USA", past, []string{"1981-06-03"}},
		{"day first", "06/03/1981", "GBR", past, []string{"1981-03-06"}},
		{"only month first makes sense", "06/18/1998", "", past, []string{"1998-06-18"}},
		{"short", "05-07-64WALES", "GBR", past, []string{"1964-07-05"}},
		{"two of them", "17.10.03-09.05.2013", "", ending, []string{"2003-10-17", "2013-05-09"}},
		{"English with the month first", "January 31, 1985", "", past, []string{"1985-01-31"}},
		{"Polish November", "11 LIS 2001", "POL", past, []string{"2001-11-11"}},
		{"Croatian October", "11 LIS 2001", "HRV", past, []string{"2001-10-11"}},
		{"second language decides", "11 LIS/OCT 2001", "", past, []string{"2001-10-11"}},
		{"Ukrainian", "01 СІЧ/JAN 13", "UKR", past, []string{"2013-01-01"}},
		{"Greek", "15 ΑΠΡ/APR 12", "GRC", past, []string{"2012-04-15"}},
		{"two, nothing between", "19.01.201318.01.2028", "", ending, []string{"2013-01-19", "2028-01-18"}},
		{"two, dots lost", "1105-0710-05-17DVLA", "GBR", past, []string{"2007-05-11", "2017-05-10"}},
		{"expiry in the future", "15 APR 31", "", ending, []string{"2031-04-15"}},
		{"O among digits", "01.O2.2013", "", past, []string{"2013-02-01"}},
		{"month misread", "04WAY1991", "AUS", past, []string{"1991-05-04"}},
		{"stroke read as a letter", "15APRIAVR12", "UTO", past, []string{"2012-04-15"}},
		{"three for J", "31.3AN/3AN15", "GBR", past, []string{"2015-01-31"}},
		{"June or July", "09JU2022", "AUS", past, nil},
		{"year misread", "01JAN/JAN 7S", "", past, []string{"1975-01-01"}},
		{"March, whatever else it is", "20MAR2006", "JPN", past, []string{"2006-03-20"}},
		{"no such day", "31.02.2013", "", past, nil},
		{"no such month", "01.68.2031", "", past, nil},
		{"a personal number", "19900203-1234", "SWE", past, nil},
		{"a number", "C01X00T478", "", past, nil},
		{"a long number", "20130119000002", "", past, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, w := range m.dates(c.text, c.issuer, false) {
				got = append(got, w.settle(c.kind, c.issuer, today).iso())
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func FuzzDates(f *testing.F) {
	m, err := loadMonths()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("12 AUG/AOÛT 74", "UTO")
	f.Add("1.2.2013-09 05 2013", "")
	f.Fuzz(func(t *testing.T, text, issuer string) {
		n := len([]rune(text))
		for _, w := range m.dates(text, issuer, true) {
			if w.from < 0 || w.to > n || w.from >= w.to {
				t.Fatalf("%d to %d of %d", w.from, w.to, n)
			}
			w.settle(past, issuer, today)
		}
	})
}
