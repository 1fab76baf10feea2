package extract

import (
	"strings"
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
		{"more ways than time", strings.Repeat("A", 40) + "Y", strings.Repeat("A", 60) + "X", "SWE", ""},
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

func TestDatesWithPlaces(t *testing.T) {
	got := values(Merge(read(extractor(t), Input{Type: "identity_card", Issuer: "ITA", Now: today, Pages: []Page{page(
		at{250, 136, 12, "COGNOME / SURNAME"}, at{250, 150, 18, "ROSSI"}, at{250, 176, 12, "NOME / NAME"}, at{250, 190, 18, "BIANCA"},
		at{250, 216, 12, "LUOGO E DATA DI NASCITA"}, at{250, 230, 18, "VERCELLI (VC) 30.12.1964"},
		at{250, 296, 12, "EMISSIONE / ISSUING"}, at{250, 310, 18, "15.01.2015"}, at{450, 296, 12, "SCADENZA / EXPIRY"}, at{450, 310, 18, "30.12.2024"},
	)}})))
	require.Equal(t, "1964-12-30", got[birthDate])
	require.Equal(t, "VERCELLI (VC)", got[birthPlace])
}

func TestMexicanVoter(t *testing.T) {
	got := values(Merge(read(extractor(t), Input{Type: "identity_card", Issuer: "MEX", Now: today, Pages: []Page{page(
		at{250, 90, 14, "NOMBRE"}, at{250, 106, 18, "GÓMEZ"}, at{250, 128, 18, "VELÁZQUEZ"}, at{250, 150, 18, "MARGARITA"},
		at{600, 90, 14, "FECHA DE NACIMIENTO"}, at{600, 106, 18, "12/07/1990"}, at{600, 130, 14, "SEXO"}, at{660, 130, 14, "M"},
	)}})))
	require.Equal(t, "GÓMEZ VELÁZQUEZ", got[surname])
	require.Equal(t, "MARGARITA", got[givenNames])
	require.Equal(t, "F", got[sex], "mujer")
}

func TestNamesInUseAndTwins(t *testing.T) {
	got := values(Merge(read(extractor(t), Input{Type: "identity_card", Issuer: "FRA", Now: today, Pages: []Page{page(
		at{250, 60, 11, "NOM / Surname"}, at{250, 73, 16, "MARTIN"}, at{250, 96, 11, "Prénoms / Given names"}, at{250, 109, 16, "Maëlys-Gaëlle, Marie"},
		at{250, 202, 11, "NOM D'USAGE / Alternate name"}, at{250, 215, 16, "vve. DUBOIS"},
	)}})))
	require.Equal(t, "MARTIN", got[surname])
	require.Equal(t, "vve. DUBOIS", got["Also_Known_As"])
	got = values(Merge(read(extractor(t), Input{Type: "identity_card", Issuer: "BGR", Now: today, Pages: []Page{page(
		at{250, 70, 11, "Фамилия / Surname"}, at{250, 84, 16, "ИВАНОВА"}, at{420, 84, 16, "IVANOVA"},
		at{250, 106, 11, "Име / Name"}, at{250, 120, 16, "СЛАВИНА"}, at{420, 120, 16, "SLAVINA"},
	)}})))
	require.Equal(t, "IVANOVA", got[surname])
	require.Equal(t, "SLAVINA", got[givenNames])
}

func TestSeriesBehindALabel(t *testing.T) {
	require.Equal(t, []string{"SS NR O99993", "SS", "O99993"}, seriesValue.FindStringSubmatch("SS NR O99993"))
	require.Nil(t, seriesValue.FindStringSubmatch("AB123456"))
}
