package extract

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCalendars(t *testing.T) {
	m, err := loadMonths()
	require.NoError(t, err)
	for _, tt := range []struct{ name, issuer, text, want string }{
		{"Shōwa", "JPN", "昭和61年5月1日生", "1986-05-01"},
		{"spaces between", "JPN", "平成 元年 3 月 31 日", "1989-03-31"},
		{"Reiwa with leading zeros", "JPN", "交付 令和01年05月07日", "2019-05-07"},
		{"an era that ended before the day", "JPN", "平成35年04月01日まで有効", "2023-04-01"},
		{"before the era's first day", "JPN", "令和01年04月30日", ""},
		{"the era's initial", "JPN", "S61.5.1", "1986-05-01"},
		{"an initial elsewhere", "DEU", "S61.5.1", ""},
		{"Gregorian in Chinese characters", "CHN", "出生 1985年3月3日", "1985-03-03"},
		{"Republic of China", "TWN", "民國57年6月5日", "1968-06-05"},
		{"Buddhist year", "THA", "12/01/2533", "1990-01-12"},
		{"Buddhist year, English month", "THA", "12 Jan. 2533", "1990-01-12"},
		{"Gregorian year in Thailand", "THA", "12 Jan. 1990", "1990-01-12"},
		{"solar hijri", "IRN", "1357/11/22", "1979-02-11"},
		{"solar hijri, last day of a leap year", "IRN", "1403/12/30", "2025-03-20"},
		{"solar hijri, no such day", "IRN", "1404/12/30", ""},
		{"solar hijri in Persian digits", "IRN", "۱۳۶۷/۰۱/۱۲", "1988-04-01"},
		{"solar hijri backwards", "AFG", "25/07/1396", "2017-10-17"},
		{"lunar hijri", "SAU", "1446/01/01", "2024-07-07"},
		{"lunar hijri in Arabic digits", "SAU", "٠١/٠١/١٤٢٠", "1999-04-17"},
		{"a year that no calendar of the issuer has", "DEU", "1357/11/22", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := m.dates(tt.text, tt.issuer, false)
			if tt.want == "" {
				require.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			require.Equal(t, tt.want, found[0].settle(past, tt.issuer, developmentDay).iso())
			require.LessOrEqual(t, found[0].to, len([]rune(tt.text)))
		})
	}
}

// The years follow one another without a gap.
func TestUmmAlQura(t *testing.T) {
	lunar := loadLunar()
	require.Len(t, lunar, 201)
	for year := 1300; year < 1500; year++ {
		y := lunar[year]
		days := 0
		for _, c := range y.long {
			days += 29 + int(c-'0')
		}
		require.Equal(t, lunar[year+1].first, y.first.AddDate(0, 0, days), year)
	}
}
