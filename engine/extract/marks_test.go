package extract

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRespelled(t *testing.T) {
	x := developmentExtractor(t)
	for _, tt := range []struct{ name, printed, zone, issuer, want string }{
		{"a lost ligature", "AVARSDOTTIR", "AEVARSDOTTIR", "ISL", "ÆVARSDOTTIR"},
		{"a thorn read as P", "PURIDUR OSP", "THURIDUR OESP", "ISL", "ÞURIDUR ÖSP"},
		{"an umlaut in Germany", "Muller", "MUELLER", "D", "Müller"},
		{"none where the zone has none", "MULLER", "MULLER", "D", "MULLER"},
		{"sharp s", "GROB", "GROSS", "D", "GROß"},
		{"a Dutch ligature", "MEULENDUK", "MEULENDIJK", "NLD", "MEULENDIJK"},
		{"a mark that nobody there writes", "GAIMÜ", "GAIMU", "JPN", "GAIMU"},
		{"Spain's other way", "NUNEZ", "NUNXXEZ", "ESP", "NUÑEZ"},
		{"another name", "MULLER", "MEIER", "D", ""},
		{"a letter too few", "MULLE", "MUELLER", "D", ""},
		{"nothing", "", "MUELLER", "D", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := x.respelled(tt.printed, tt.zone, tt.issuer)
			require.Equal(t, tt.want != "", ok)
			if ok {
				require.Equal(t, tt.want, got)
			}
		})
	}
}

func TestAtHome(t *testing.T) {
	x := developmentExtractor(t)
	for _, tt := range []struct{ name, issuer, text, want string }{
		{"Spain has no caron", "ESP", "ESPAŇOLA", "ESPAÑOLA"},
		{"the Czechs have", "CZE", "PLZEŇ", "PLZEŇ"},
		{"small letters", "ESP", "Muňoz", "Muñoz"},
		{"nothing looks like it", "ESP", "ŁUKASZ", "ŁUKASZ"},
		{"who is not known", "", "ESPAŇOLA", "ESPAŇOLA"},
	} {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, x.atHome(tt.text, tt.issuer)) })
	}
}

func TestHomoglyphs(t *testing.T) {
	got, ok := homoglyphs("TECT")
	require.True(t, ok)
	require.Equal(t, "ТЕСТ", got)
	_, ok = homoglyphs("TEST L")
	require.False(t, ok)
}

func TestLikelyFigures(t *testing.T) {
	require.Equal(t, "01 JAN/JAN 85", likelyFigures("C1 JAN7JAN 85"))
	require.Equal(t, "12AUGUSTAOUT74", likelyFigures("12AUGUSTAOUTT4"))
	require.Equal(t, "PASSPORT", likelyFigures("PASSPORT"))
}

func TestTwice(t *testing.T) {
	require.Equal(t, "ESPAÑOLA ESPAÑOLA", twice("ESPAÑOLA ESPANOLA"))
	require.Equal(t, "García Garcia-Lopez", twice("García Garcia-Lopez"))
	require.Equal(t, "SANZ SANZ", twice("SANZ SANZ"))
}

// British and French passports number their labels behind them; Taiwan's print
// the Latin name beside the one in characters.
func TestNamesBesideLabels(t *testing.T) {
	for _, tt := range []struct {
		name, issuer string
		lines        []at
	}{
		{"numbers behind labels", "GBR", []at{
			{172, 47, 10, "Surname/Nom (1"}, {172, 58, 14, "LIN"}, {172, 76, 10, "Given names/Prénoms (2)"}, {172, 87, 14, "MEI-HUA"},
		}},
		{"in two scripts", "TWN", []at{{238, 79, 13, "Name (Surname,Given names)"}, {198, 95, 18, "林美華"}, {300, 96, 16, "LIN,MEI-HUA"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := values(Merge(read(extractor(t), Input{Type: "passport", Issuer: tt.issuer, Now: today, Pages: []Page{page(tt.lines...)}})))
			require.Equal(t, "LIN", got[surname])
			require.Equal(t, "MEI-HUA", got[givenNames])
		})
	}
}
