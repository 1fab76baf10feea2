package lexicon_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/catalogue/lexicon"
)

func load(t testing.TB) *lexicon.Lexicon {
	t.Helper()
	x, err := lexicon.Load()
	require.NoError(t, err)
	return x
}

func TestLabels(t *testing.T) {
	x := load(t)
	for _, c := range []struct {
		name, line string
		want       []string // field, language, text
	}{
		{"three languages", "Surname / Nom / Nachname", []string{"Surname en Surname", "Surname fr Nom", "Surname de Nachname"}},
		{"joined", "DATEOFBIRTH/DATEDENAISSANCE", []string{"Date_of_Birth en DATEOFBIRTH", "Date_of_Birth fr DATEDENAISSANCE"}},
		{"rn read as m", "Sumame", []string{"Surname en Sumame"}},
		{"stroke read as l", "AdilGiven Name(s)", []string{"Given_Names az Adi", "Given_Names en Given Name(s)"}},
		{"stroke read as I", "NationalityI Nationalité", []string{"Nationality en Nationality", "Nationality fr Nationalité"}},
		{"diacritics lost", "Panstwo", []string{"Issuing_Country pl Panstwo"}},
		{"wrong letters", "Dafe ol birth", []string{"Date_of_Birth en Dafe ol birth"}},
		{"number before", "4a. Date of issue", []string{"Date_of_Issue en Date of issue 4a"}},
		{"number behind", "Prénoms (2)", []string{"Given_Names fr Prénoms (2) 2"}},
		{"value behind", "SEX M", []string{"Sex en SEX"}},
		{"value joined", "EXP06/03/2008", []string{"Date_of_Expiry en EXP"}},
		{"Greek", "Ημερομηνία γέννησης", []string{"Date_of_Birth el Ημερομηνία γέννησης"}},
		{"Greek read as Latin", "EΠΩNYMO", []string{"Surname el EΠΩNYMO"}},
		{"Cyrillic", "Прізвище/Surname", []string{"Surname uk Прізвище/Surname"}},
		{"Cyrillic read in part as Latin", "Дaтa рождeния", []string{"Date_of_Birth ru Дaтa рождeния"}},
		{"short word in a name", "MARIA NOM", nil},
		{"title", "PASSPORT", nil},
		{"title near a label", "DRIVER LICENSE", nil},
		{"zone", "P<UTOERIKSSON<<ANNA<MARIA<<<", nil},
		{"date", "12 AUG/AOÛT 74", nil},
		{"empty", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			end := -1
			runes := []rune(c.line)
			for _, h := range x.Labels(c.line) {
				if h.Start < end {
					continue // another meaning of the same words
				}
				end = h.End
				lang := h.Languages[0]
				for _, l := range []string{"en", "fr", "de", "pl"} {
					if contains(h.Languages, l) {
						lang = l
						break
					}
				}
				got = append(got, strings.TrimSpace(strings.Join([]string{h.Field, lang, string(runes[h.Start:h.End]), h.Number}, " ")))
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

// Names of people and places stand where labels do; they are not to be taken for them.
func TestNamesAreNoLabels(t *testing.T) {
	x := load(t)
	names := strings.Fields(`
		MÜLLER Schmidt Schneider FISCHER Weber Meyer Wagner Becker Schulz HOFFMANN Koch Bauer Richter Klein Wolf
		SMITH Jones Taylor BROWN Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts
		MARTIN Bernard Dubois Thomas Robert Petit Durand Leroy Moreau Simon Laurent Lefebvre Michel Garcia David
		ROSSI Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti Costa Mancini
		FERNÁNDEZ González Rodríguez López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz Moreno
		SILVA Santos Ferreira Pereira Oliveira Gomes Ribeiro Almeida Pinto Alves Carvalho Teixeira Moreira Correia
		JANSEN Visser Bakker Smit Meijer Mulder Vos Peters Hendriks Dekker Brouwer Dijkstra Vermeulen Janssens Maes
		NOWAK Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Mazur
		NOVÁK Svoboda Novotný Dvořák Černý Procházka Kučera Veselý Horák Němec Pokorný Marek Hájek Král Růžička
		NAGY Kovács Tóth Szabó Horváth Varga Kiss Molnár Németh Farkas Balogh Papp Takács Juhász Lakatos Mészáros
		POPESCU Ionescu Popa Dumitru Stan Stoica Gheorghe Rusu Munteanu Matei Constantin Marin Serban Lazar Toma
		IVANOV Georgiev Dimitrov Petrov Nikolov Hristov Stoyanov Todorov Ilieva Vasileva Angelova Kolev Marinova
		PAPADOPOULOS Georgiou Dimitriou Nikolaou Ioannou Vlachos Makris Karagiannis Antoniou Pappas Samaras
		HORVAT Kovačević Babić Marić Jurić Novak Kovačić Knežević Vuković Marković Petrović Jovanović Nikolić
		YILMAZ Kaya Demir Çelik Şahin Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Kara
		ANDERSSON Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson Hansen Olsen Berg
		VIRTANEN Korhonen Mäkinen Nieminen Mäkelä Hämäläinen Laine Heikkinen Koskinen Järvinen Lehtonen Salminen
		TAMM Saar Sepp Kask Kukk Bērziņš Kalniņš Ozoliņš Jansons Kazlauskas Petrauskas Jankauskas Stankevičius
		KELLY Murphy Byrne Ryan OSullivan Walsh Doyle McCarthy Gallagher Doherty Kennedy Lynch Murray Quinn Moore
		Anna Maria ERIKA Peter Johann Katharina Sophie Lukas Emma Marie Léa Hugo Chloé Louis Camille Jules Manon
		Francesco Giulia Alessandro Lorenzo Chiara Matteo Sofia Andrea Martina Pablo Lucía Daniel Paula Álvaro Carmen
		Jan Piotr Agnieszka Katarzyna Tomasz Małgorzata Jakub Zuzana Tereza István Zsuzsanna László Ildikó Andrei
		Ioana Mihai Elena Stefan Dimitar Nikos Eleni Ivan Ana Marko Jelena Mehmet Ayşe Mustafa Fatma Emine Hüseyin
		Erik Karin Lars Birgitta Mikael Kristina Juhani Anneli Matti Tiina Kalle Piret Jānis Inga Jonas Rasa Seán
		Aoife Ciarán Niamh Cillian Olivia Amelia Isla George Noah Charlie Harry Jack Freya Poppy Oscar Archie Ella
		BERLIN Hamburg München KÖLN Frankfurt Stuttgart Leipzig Dresden Wien Graz Linz Salzburg Zürich Genève Basel
		PARIS Marseille Lyon Toulouse Nice Nantes Strasbourg Bordeaux Lille ROMA Milano Napoli Torino Palermo Genova
		MADRID Barcelona Valencia Sevilla Zaragoza Málaga Lisboa Porto Braga Coimbra Amsterdam Rotterdam Utrecht
		WARSZAWA Kraków Łódź Wrocław Poznań Gdańsk Szczecin Praha Brno Ostrava Bratislava Košice Budapest Debrecen
		BUCUREȘTI Cluj Timișoara Iași Sofia Plovdiv Varna Athina Thessaloniki Zagreb Split Rijeka Beograd Ljubljana
		STOCKHOLM Göteborg Malmö Oslo Bergen København Aarhus Helsinki Tampere Turku Tallinn Tartu Riga Vilnius
		LONDON Manchester Birmingham Leeds Glasgow Liverpool Edinburgh Cardiff Belfast Dublin Cork Galway Limerick`)
	require.Greater(t, len(names), 400)
	wrong := 0
	for i, n := range names {
		line := n
		if i%3 == 0 {
			line += " " + names[(i*7+3)%len(names)]
		}
		for _, h := range x.Labels(line) {
			wrong++
			t.Logf("%s is taken for %s %v %q", line, h.Field, h.Languages, string([]rune(line)[h.Start:h.End]))
		}
	}
	assert.LessOrEqual(t, wrong, len(names)/100)
}

func TestTitles(t *testing.T) {
	x := load(t)
	for _, c := range []struct{ line, want, issuer string }{
		{"REISEPASS", "passport", ""},
		{"PASSPORT/PASSEPORT", "passport", ""},
		{"FÜHRERSCHEIN", "driving_license", ""},
		{"FUHRERSCHEIN", "driving_license", ""},
		{"PERMIS DE CONDUIRE", "driving_license", ""},
		{"CARTE NATIONALE D'IDENTITÉ", "identity_card", ""},
		{"ΔΕΛΤΙΟ ΤΑΥΤΟΤΗΤΑΣ", "identity_card", ""},
		{"PRAWO JAZDY", "driving_license", ""},
		{"AJOKORTTI KÖRKORT", "driving_license", ""},
		{"ДОКУМЕНТ ЗА САМОЛИЧНОСТ", "identity_card", ""},
		{"СВИДЕТЕЛСТВО ЗА УПРАВЛЕНИЕ", "driving_license", ""},
		{"TÜRKİYE CUMHURİYETİ KİMLİK KARTI", "identity_card", "TUR"},
		{"CARTAO DE.CIDADAD", "identity_card", "PRT"},
		{"PERMANENT RESIDENT CARD", "residence_permit/permanent", ""},
		{"BORDERCROSSER", "residence_permit/border_crossing", "USA"},
		{"AUFENTHALTSTITEL", "residence_permit", ""},
		{"UPPEHALLSTILLSTAND", "residence_permit", ""},
		{"PROVISIONAL DRIVING LICENCE", "driving_license/learner", ""},
		{"PASSEPORT DIPLOMATIQUE", "passport/diplomatic", ""},
		{"RZECZPOSPOLITA POLSKA", "", ""},
		{"Date de naissance", "", ""},
		{"KRANKENVERSICHERUNGSKARTE", "other/health_card", ""},
	} {
		t.Run(c.line, func(t *testing.T) {
			got, issuer := "", ""
			if hits := x.Titles(c.line); len(hits) > 0 {
				got, issuer = hits[0].Type, hits[0].Issuer
				if hits[0].Subtype != "" {
					got += "/" + hits[0].Subtype
				}
			}
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.issuer, issuer)
		})
	}
}

func TestStates(t *testing.T) {
	x := load(t)
	for line, want := range map[string]string{
		"BUNDESREPUBLIK DEUTSCHLAND":      "D",
		"REPUBBLICA ITALIANA":             "ITA",
		"KONINKRIJK DER NEDERLANDEN":      "NLD",
		"EESTI VABARIIK":                  "EST",
		"ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ":             "GRC",
		"УКРАЇНА":                         "UKR",
		"THEUNITEDSTATESOFAMERICA":        "USA",
		"REPUBLIKA HRVATSKA":              "HRV",
		"SVERIGE":                         "SWE",
		"PEOPLE'S REPUBLIC OF CHINA":      "CHN",
		"REPUBLIC OF CHINA":               "TWN",
		"Confederaziun svizra / Svizzera": "CHE",
		"MARTA":                           "",
	} {
		t.Run(line, func(t *testing.T) {
			got := ""
			if hits := x.States(line); len(hits) > 0 {
				got = hits[0].Code
			}
			assert.Equal(t, want, got)
		})
	}
}

func TestCountry(t *testing.T) {
	x := load(t)
	for value, want := range map[string]string{
		"POLSKIE/POLISH/POLONAISE": "POL", "DEUTSCH": "D", "D": "D", "DEU": "D", "SVK": "SVK",
		"BRITISH CITIZEN": "GBR", "FRANÇAISE": "FRA", "Română/ROU": "ROU", "EIREANNACH/IRISH": "IRL",
		"MAGYAR/HUNGARIAN": "HUN", "Česká republika": "CZE", "UTOPIAN": "UTO", "SUOMI FINLAND": "",
		"MUSTERMANN": "", "": "",
	} {
		t.Run(value, func(t *testing.T) {
			got, ok := x.Country(value)
			assert.Equal(t, want, got)
			assert.Equal(t, want != "", ok)
		})
	}
}

func TestMonth(t *testing.T) {
	x := load(t)
	for _, c := range []struct {
		text, language string
		want           int
	}{
		{"AUG/AOÛT", "", 8},
		{"JAN", "", 1},
		{"Mai", "", 5},
		{"MAY", "", 5},
		{"Dez", "", 12},
		{"LIP/JUL", "", 7},
		{"LIP", "pl", 7},
		{"LIP", "hr", 6},
		{"LIP", "", 0},
		{"DES/DEC", "", 12},
		{"MFÓ/SEP", "", 9},
		{"BEA/MAY", "", 5},
		{"січня", "", 1},
		{"Ιαν", "", 1},
		{"MÄR", "", 3},
		{"XYZ", "", 0},
		{"", "", 0},
	} {
		t.Run(c.text+c.language, func(t *testing.T) {
			var ls []string
			if c.language != "" {
				ls = []string{c.language}
			}
			assert.Equal(t, c.want, x.Month(c.text, ls...))
		})
	}
}

func TestSex(t *testing.T) {
	x := load(t)
	for _, c := range []struct{ text, language, want string }{
		{"M", "", "M"},
		{"F", "", "F"},
		{"Ž/F", "", "F"},
		{"K/M", "", "M"}, // Azerbaijani kişi
		{"K/F", "", "F"}, // Polish kobieta
		{"F/M", "", "M"}, // Hungarian férfi
		{"K", "pl", "F"},
		{"K", "az", "M"},
		{"E", "tr", "M"},
		{"Θ", "", "F"},
		{"Ж", "", "F"},
		{"weiblich", "", "F"},
		{"M", "lt", "F"}, // moteris
		{"K", "", ""},
		{"Q1", "", ""},
		{"", "", ""},
	} {
		t.Run(c.text+c.language, func(t *testing.T) {
			var ls []string
			if c.language != "" {
				ls = []string{c.language}
			}
			assert.Equal(t, c.want, x.Sex(c.text, ls...))
		})
	}
}

func FuzzWords(f *testing.F) {
	x := load(f)
	for _, s := range []string{"Surname / Nom", "rnrnrn", "Sex(1)", "(12) İßæ Ĳ 4a.", "\u0301a", "№ паспорта", "DÆTO Of"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 400 || !utf8.ValidString(s) {
			t.Skip()
		}
		n := utf8.RuneCountInString(s)
		w := x.Words(s)
		end := 0
		for _, h := range w.Labels {
			require.True(t, h.Start >= 0 && h.Start < h.End && h.End <= n, "%q %+v", s, h)
			require.True(t, h.Score > 0 && h.Score <= 1)
			require.NotEmpty(t, h.Languages)
		}
		for _, h := range w.Titles {
			require.True(t, h.Start >= 0 && h.Start < h.End && h.End <= n, "%q %+v", s, h)
		}
		for _, h := range w.States {
			require.True(t, h.Start >= 0 && h.Start < h.End && h.End <= n, "%q %+v", s, h)
			end = h.End
		}
		_ = end
		x.Country(s)
		x.Month(s)
		x.Sex(s)
	})
}

func BenchmarkWords(b *testing.B) {
	x := load(b)
	lines := []string{
		"Surname / Nom", "MUSTERMANN", "Date of birth/Date de naissance", "12.08.1964", "REPUBLIC OF AUSTRIA",
		"Musterstraße 12", "Nationality", "Valid until / Valable jusqu'au", "C01X00T47", "Führerschein",
	}
	i := 0
	for b.Loop() {
		x.Words(lines[i%len(lines)])
		i++
	}
}
