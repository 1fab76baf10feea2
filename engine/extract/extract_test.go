package extract

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/catalogue/lexicon"
	"idproof/engine/mrzread"
	"idproof/engine/ocr"
	"idproof/engine/textread"
	"idproof/mrz"
	"idproof/report"
)

// at is a line of print: where it begins, its height, and what it says. Letters
// are 0.55 of the height wide.
type at struct {
	x, y, h float64
	text    string
}

func page(lines ...at) Page {
	p := Page{Page: textread.Page{Width: 1000, Height: 640}}
	for _, l := range lines {
		n := len([]rune(l.text))
		line := textread.Line{Text: l.text, Confidence: 0.98, Script: textread.Latin}
		for i := range n {
			line.At = append(line.At, l.x+(float64(i)+0.5)*0.55*l.h)
		}
		line.Box = textread.Box{X0: l.x, Y0: l.y, X1: l.x + float64(n)*0.55*l.h, Y1: l.y + l.h}
		p.Lines = append(p.Lines, line)
	}
	p.Place = func(b textread.Box) report.Quad {
		return report.Quad{{b.X0, b.Y0}, {b.X1, b.Y0}, {b.X1, b.Y1}, {b.X0, b.Y1}}
	}
	return p
}

func extractor(tb testing.TB) *Extractor {
	tb.Helper()
	words, err := lexicon.Load()
	require.NoError(tb, err)
	x, err := New(words, nil)
	require.NoError(tb, err)
	return x
}

// zoneOf is a clear reading of the lines.
func zoneOf(f mrz.Format, lines ...string) *Zone {
	r := &mrzread.Reading{Layout: f.Layout(), Lines: lines, Pitch: 20, Certain: true}
	for _, l := range lines {
		r.Rows = append(r.Rows, ocr.Line{Length: 900, Height: 30})
		r.Spans = append(r.Spans, [2]float64{-440, 440})
		r.Confidence = append(r.Confidence, slices.Repeat([]float64{0.99}, len(l)))
	}
	return &Zone{Document: mrz.ParseAs(f, lines, today), Reading: r, Scale: 1}
}

func values(fields []report.Field) map[string]string {
	out := map[string]string{}
	for _, f := range fields {
		out[f.Name] = f.Value
	}
	return out
}

func TestRead(t *testing.T) {
	x := extractor(t)
	for _, c := range []struct {
		name string
		in   Input
		want map[string]string
		not  []string // fields that must not be there
	}{
		{
			name: "passport, labels over values, two columns",
			in: Input{Type: report.Passport, Issuer: "UTO", Pages: []Page{page(
				at{300, 20, 24, "UTOPIA"}, at{50, 30, 24, "PASSPORT"},
				at{300, 60, 14, "Surname / Nom"}, at{300, 76, 22, "ERIKSSON"}, at{700, 60, 14, "Passport No. / N° du passeport"}, at{700, 76, 22, "L898902C3"},
				at{300, 110, 14, "Given names / Prénoms"}, at{300, 126, 22, "ANNA MARIA"},
				at{300, 160, 14, "Nationality / Nationalité"}, at{300, 176, 22, "UTOPIAN"},
				at{300, 210, 14, "Date of birth / Date de naissance"}, at{300, 226, 22, "12 AUG/AOÛT 74"}, at{700, 210, 14, "Personal No."}, at{700, 226, 22, "ZE 184226 B"},
				at{300, 260, 14, "Sex / Sexe"}, at{300, 276, 22, "F"}, at{480, 260, 14, "Place of birth / Lieu de naissance"}, at{480, 276, 22, "ZENITH"},
				at{300, 310, 14, "Date of issue / Date de délivrance"}, at{300, 326, 22, "16 APR/AVR 07"}, at{700, 310, 14, "Authority / Autorité"}, at{700, 326, 22, "PASSPORT OFFICE"},
				at{300, 360, 14, "Date of expiry / Date d'expiration"}, at{300, 376, 22, "15 APR/AVR 12"},
				at{30, 500, 26, "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"},
			)}},
			want: map[string]string{
				surname: "ERIKSSON", givenNames: "ANNA MARIA", docNumber: "L898902C3", birthDate: "1974-08-12", sex: "F", birthPlace: "ZENITH",
				issueDate: "2007-04-16", expiryDate: "2012-04-15", authority: "PASSPORT OFFICE", personal: "ZE 184226 B",
			},
		},
		{
			name: "labels left of values, in two lines",
			in: Input{Type: report.IdentityCard, Issuer: "HRV", Pages: []Page{page(
				at{240, 100, 14, "Prezime/Surname"}, at{240, 116, 22, "HORVAT"}, at{240, 160, 14, "Ime/Name"}, at{240, 176, 22, "IVANA"},
				at{240, 230, 14, "Spol/Sex"}, at{330, 226, 20, "Ž/F"}, at{240, 256, 14, "Državljanstvo"}, at{240, 272, 14, "Citizenship"}, at{390, 262, 20, "HRV"},
				at{240, 300, 14, "Datum rođenja"}, at{240, 316, 14, "Date of birth"}, at{390, 306, 20, "18.03.1990."},
			)}},
			want: map[string]string{surname: "HORVAT", givenNames: "IVANA", sex: "F", nationality: "HRV", birthDate: "1990-03-18"},
		},
		{
			name: "two surnames with a label each",
			in: Input{Type: report.IdentityCard, Issuer: "ESP", Pages: []Page{page(
				at{450, 100, 30, "PRIMER APELLIDO"}, at{450, 135, 40, "GARCÍA"}, at{450, 190, 30, "SEGUNDO APELLIDO"}, at{450, 225, 40, "LÓPEZ"},
				at{450, 280, 30, "NOMBRE"}, at{450, 315, 40, "ANA MARÍA"}, at{450, 370, 30, "FECHA DE NACIMIENTO"}, at{450, 405, 40, "04 05 1970"},
			)}},
			want: map[string]string{surname: "GARCÍA LÓPEZ", givenNames: "ANA MARÍA", birthDate: "1970-05-04"},
		},
		{
			name: "licence, every number printed",
			in: Input{Type: report.DrivingLicense, Issuer: "AUT", Pages: []Page{page(
				at{280, 20, 30, "FÜHRERSCHEIN"},
				at{280, 80, 22, "1. MUSTER"}, at{280, 110, 22, "2. MAX"}, at{280, 140, 22, "3. 31.12.1981 WIEN"}, at{280, 170, 22, "4a. 19.01.2013"}, at{560, 170, 22, "4b. 18.01.2028"},
				at{280, 200, 22, "4c. BH Linz"}, at{280, 230, 22, "5. 12345678"}, at{30, 400, 22, "9. AM/B"},
			)}},
			want: map[string]string{
				surname: "MUSTER", givenNames: "MAX", birthDate: "1981-12-31", birthPlace: "WIEN", issueDate: "2013-01-19", expiryDate: "2028-01-18",
				authority: "BH Linz", docNumber: "12345678", categories: "AM B",
			},
		},
		{
			name: "licence, numbers lost",
			in: Input{Type: report.DrivingLicense, Issuer: "FIN", Pages: []Page{page(
				at{310, 90, 24, "Virtanen"}, at{310, 130, 24, "Maija Liisa"}, at{310, 170, 24, "19.01.1995"}, at{310, 210, 24, "19.01.2013"}, at{560, 210, 24, "18.01.2018"},
				at{310, 300, 24, "20130119000002"}, at{310, 340, 24, "190195-0000"}, at{20, 420, 24, "9. A B C"},
			)}},
			want: map[string]string{
				surname: "Virtanen", givenNames: "Maija Liisa", birthDate: "1995-01-19", issueDate: "2013-01-19", expiryDate: "2018-01-18",
				docNumber: "20130119000002", personal: "190195-0000", categories: "A B C",
			},
		},
		{
			name: "back of a licence",
			in: Input{Type: report.DrivingLicense, Issuer: "DEU", Pages: []Page{page(
				at{100, 50, 20, "AM"}, at{300, 50, 20, "01.02.03"}, at{500, 50, 20, "--"},
				at{100, 90, 20, "B"}, at{300, 90, 20, "01.02.03"}, at{500, 90, 20, "31.01.33"}, at{100, 130, 20, "C"},
			)}},
			want: map[string]string{categories: "AM B", "Category_AM": "2003-02-01", "Category_B": "2003-02-01/2033-01-31"},
			not:  []string{birthDate, "Category_C"},
		},
		{
			name: "North American card, labels and values run together",
			in: Input{Type: report.DrivingLicense, Issuer: "USA", Region: "US-FL", Pages: []Page{page(
				at{600, 100, 40, "4dDLNS123-456-78-123-0"}, at{600, 160, 34, "1SAMPLE"}, at{600, 200, 34, "2JANE Q"}, at{600, 240, 34, "8123 MAIN STREET APT 1"},
				at{600, 280, 34, "ORLANDO, FL 17101-0000"}, at{600, 340, 34, "3DOB03/18/1990"}, at{980, 340, 34, "15SEX F"},
				at{600, 390, 34, "4bEXP 03/18/2025"}, at{980, 390, 34, "16HGT 5'-08\""}, at{600, 440, 34, "4aISS 03/18/2018"},
			)}},
			want: map[string]string{
				docNumber: "S123-456-78-123-0", surname: "SAMPLE", givenNames: "JANE Q", address: "123 MAIN STREET APT 1 ORLANDO, FL 17101-0000",
				birthDate: "1990-03-18", expiryDate: "2025-03-18", issueDate: "2018-03-18", sex: "F", height: "173",
			},
		},
		{
			name: "California: short labels",
			in: Input{Type: report.DrivingLicense, Issuer: "USA", Region: "US-CA", Pages: []Page{page(
				at{300, 20, 50, "California"}, at{600, 30, 30, "DRIVER LICENSE"},
				at{320, 100, 34, "DL I1234568"}, at{320, 140, 24, "EXP 08/31/2014"}, at{560, 140, 24, "END NONE"}, at{320, 180, 24, "LN CARDHOLDER"}, at{320, 210, 24, "FN IMA"},
				at{320, 240, 22, "2570 24TH STREET"}, at{320, 265, 22, "ANYTOWN, CA 95818"}, at{320, 300, 30, "DOB 08/31/1977"}, at{320, 340, 20, "RSTR NONE"}, at{700, 300, 20, "CLASS C"},
				at{320, 400, 20, "SEX F"}, at{420, 400, 20, "HAIR BRN"}, at{560, 400, 20, "EYES BRN"}, at{320, 425, 20, "HGT 5'-05\""}, at{480, 425, 20, "WGT 125 lb"}, at{700, 425, 20, "ISS 08/31/2009"},
				at{320, 460, 18, "DD 00/00/0000NNNAN/ANFD/YY"},
			)}},
			want: map[string]string{
				docNumber: "I1234568", surname: "CARDHOLDER", givenNames: "IMA", birthDate: "1977-08-31", issueDate: "2009-08-31", expiryDate: "2014-08-31",
				address: "2570 24TH STREET ANYTOWN, CA 95818", sex: "F", height: "165", eyes: "BRN", categories: "C",
			},
		},
		{
			name: "Ontario: labels in two languages over values",
			in: Input{Type: report.DrivingLicense, Issuer: "CAN", Region: "CA-ON", Pages: []Page{page(
				at{300, 20, 40, "Ontario"}, at{500, 20, 26, "DRIVER'S LICENCE"}, at{500, 50, 26, "PERMIS DE CONDUIRE"},
				at{300, 100, 14, "1,2 NAME/NOM"}, at{300, 118, 24, "SAMPLE,"}, at{300, 146, 24, "JOHN MICHAEL"},
				at{300, 176, 14, "8 ADDRESS/ADRESSE"}, at{300, 194, 24, "123 MAIN ST"}, at{300, 222, 24, "TORONTO, ON, M5G 2C8"},
				at{300, 260, 14, "4d NUMBER/NUMÉRO"}, at{300, 278, 24, "S6101 - 40706 - 60905"},
				at{300, 310, 14, "4a ISS/DÉL"}, at{300, 328, 22, "2009/04/15"}, at{520, 310, 14, "4b EXP/EXP"}, at{520, 328, 22, "2014/09/05"},
				at{300, 370, 14, "16 HGT/HAUT"}, at{300, 388, 22, "180 cm"}, at{520, 370, 14, "15 SEX/SEXE"}, at{520, 388, 22, "M"}, at{700, 370, 14, "3 DOB/DDN"}, at{700, 388, 22, "1966/09/05"},
			)}},
			want: map[string]string{
				docNumber: "S6101 - 40706 - 60905", surname: "SAMPLE", givenNames: "JOHN MICHAEL", birthDate: "1966-09-05", issueDate: "2009-04-15", expiryDate: "2014-09-05",
				address: "123 MAIN ST TORONTO, ON, M5G 2C8", sex: "M", height: "180",
			},
		},
		{
			name: "New York: names without labels, several items in a line",
			in: Input{Type: report.DrivingLicense, Issuer: "USA", Region: "US-NY", Pages: []Page{page(
				at{300, 20, 40, "NEW YORK STATE USA"}, at{300, 60, 30, "DRIVER LICENSE"},
				at{320, 110, 28, "ID 012 345 678"}, at{640, 110, 24, "CLASS D"}, at{320, 150, 26, "DOCUMENT"}, at{320, 180, 26, "SAMPLE, LICENSE"}, at{320, 210, 26, "2345 ANYPLACE AVE"}, at{320, 238, 26, "ANYTOWN NY 12345"},
				at{320, 290, 26, "DOB: 06/09/85"}, at{320, 320, 22, "SEX: M EYES: BR HT: 5-09"}, at{320, 350, 22, "E: NONE"}, at{320, 380, 22, "R: NONE"}, at{320, 410, 22, "ISSUED: 09/30/08 EXPIRES: 10/01/16"},
			)}},
			want: map[string]string{
				docNumber: "012 345 678", surname: "SAMPLE", givenNames: "LICENSE", birthDate: "1985-06-09", issueDate: "2008-09-30", expiryDate: "2016-10-01",
				address: "2345 ANYPLACE AVE ANYTOWN NY 12345", sex: "M", height: "175", categories: "D",
			},
		},
		{
			name: "British licence: numbers beside the values",
			in: Input{Type: report.DrivingLicense, Issuer: "GBR", Pages: []Page{page(
				at{300, 20, 40, "DRIVING LICENCE"},
				at{300, 80, 22, "1."}, at{330, 80, 24, "MORGAN"}, at{300, 110, 22, "2."}, at{330, 110, 24, "SARAH"}, at{330, 136, 24, "MEREDYTH"}, at{300, 170, 20, "3."}, at{330, 170, 22, "11.03.1976 UNITED KINGDOM"},
				at{300, 200, 20, "4a."}, at{330, 200, 22, "19.01.2013"}, at{520, 200, 20, "4c."}, at{560, 200, 22, "DVLA"}, at{300, 230, 20, "4b."}, at{330, 230, 22, "18.01.2023"},
				at{300, 260, 20, "5."}, at{330, 260, 22, "MORGA753116SM9IJ 35"}, at{300, 330, 20, "8."}, at{330, 330, 22, "122 BURNS CRESCENT, EDINBURGH"}, at{330, 356, 22, "EH1 9GP"}, at{300, 400, 20, "9."}, at{330, 400, 22, "AM/A/B1/B/f/k/l/n/p/q"},
			)}},
			want: map[string]string{
				docNumber: "MORGA753116SM9IJ 35", surname: "MORGAN", givenNames: "SARAH MEREDYTH", birthDate: "1976-03-11", birthPlace: "UNITED KINGDOM", issueDate: "2013-01-19", expiryDate: "2023-01-18",
				authority: "DVLA", address: "122 BURNS CRESCENT, EDINBURGH EH1 9GP", categories: "AM A B1 B F K L N P Q",
			},
		},
		{
			name: "French licence: numbers without stops",
			in: Input{Type: report.DrivingLicense, Issuer: "FRA", Pages: []Page{page(
				at{300, 20, 30, "PERMIS DE CONDUIRE"}, at{700, 20, 26, "RÉPUBLIQUE FRANÇAISE"},
				at{300, 80, 22, "1 MARTIN"}, at{300, 110, 22, "2 Paul, Jean"}, at{300, 140, 22, "3 14.07.1981 (UTOPIACITY)"}, at{300, 170, 22, "4 a 01.01.2013"}, at{560, 170, 22, "4 b 01.01.2028"},
				at{300, 200, 22, "4 c PREFECTURE 99"}, at{300, 230, 22, "5 13AA00002"}, at{30, 400, 22, "9 AM / A1 / B1 / B"},
			)}},
			want: map[string]string{
				docNumber: "13AA00002", surname: "MARTIN", givenNames: "Paul, Jean", birthDate: "1981-07-14", birthPlace: "UTOPIACITY", issueDate: "2013-01-01", expiryDate: "2028-01-01",
				authority: "PREFECTURE 99", categories: "AM A1 B1 B",
			},
		},
		{
			name: "German card: lettered names, access number",
			in: Input{Type: report.IdentityCard, Issuer: "D", Pages: []Page{page(
				at{40, 20, 26, "BUNDESREPUBLIK DEUTSCHLAND"}, at{40, 50, 26, "PERSONALAUSWEIS"}, at{40, 80, 14, "IDENTITY CARD / CARTE D'IDENTITÉ"}, at{700, 40, 26, "L01X00T47"},
				at{350, 110, 12, "[a] Name / Surname / Nom [b] Geburtsname / Name at birth / Nom de naissance"}, at{350, 126, 22, "[a] MUSTERMANN"}, at{350, 152, 22, "[b] GABLER"},
				at{350, 184, 12, "Vornamen / Given names / Prénoms"}, at{350, 200, 22, "ERIKA"},
				at{350, 230, 12, "Geburtstag / Date of birth / Date de naissance"}, at{350, 246, 22, "12.08.1983"}, at{700, 230, 12, "Staatsangehörigkeit / Nationality / Nationalité"}, at{700, 246, 22, "DEUTSCH"},
				at{350, 280, 12, "Geburtsort / Place of birth / Lieu de naissance"}, at{350, 296, 22, "BERLIN"},
				at{350, 330, 12, "Gültig bis / Date of expiry / Date d'expiration"}, at{350, 346, 22, "01.08.2031"}, at{750, 340, 30, "938568"},
			)}},
			want: map[string]string{
				docNumber: "L01X00T47", surname: "MUSTERMANN", birthName: "GABLER", givenNames: "ERIKA", birthDate: "1983-08-12", expiryDate: "2031-08-01",
				birthPlace: "BERLIN", nationality: "D", access: "938568",
			},
		},
		{
			name: "Italian card: place and date of birth together",
			in: Input{Type: report.IdentityCard, Issuer: "ITA", Pages: []Page{page(
				at{40, 20, 22, "REPUBBLICA ITALIANA"}, at{40, 46, 18, "MINISTERO DELL'INTERNO"}, at{40, 68, 20, "CARTA DI IDENTITÀ / IDENTITY CARD"}, at{800, 20, 26, "CA00000AA"},
				at{340, 100, 14, "COMUNE DI / MUNICIPALITY"}, at{340, 116, 20, "SERRAVALLE"},
				at{340, 146, 14, "COGNOME / SURNAME"}, at{340, 162, 22, "ROSSI"}, at{340, 190, 14, "NOME / NAME"}, at{340, 206, 22, "BIANCA"},
				at{340, 236, 14, "LUOGO E DATA DI NASCITA"}, at{340, 251, 14, "PLACE AND DATE OF BIRTH"}, at{340, 268, 22, "SERRAVALLE 30.12.1964"},
				at{340, 300, 14, "SESSO"}, at{340, 315, 14, "SEX"}, at{340, 332, 20, "F"}, at{480, 300, 14, "STATURA"}, at{480, 315, 14, "HEIGHT"}, at{480, 332, 20, "180"}, at{620, 300, 14, "CITTADINANZA"}, at{620, 315, 14, "NATIONALITY"}, at{620, 332, 20, "ITA"},
				at{340, 370, 14, "EMISSIONE / ISSUING"}, at{340, 386, 20, "01.01.2016"}, at{620, 370, 14, "SCADENZA / EXPIRY"}, at{620, 386, 20, "30.12.2026"}, at{850, 420, 24, "123456"},
			)}},
			want: map[string]string{
				docNumber: "CA00000AA", surname: "ROSSI", givenNames: "BIANCA", nationality: "ITA", birthDate: "1964-12-30", birthPlace: "SERRAVALLE",
				sex: "F", issueDate: "2016-01-01", expiryDate: "2026-12-30", height: "180", access: "123456",
			},
		},
		{
			name: "Belgian card: a period of validity",
			in: Input{Type: report.IdentityCard, Issuer: "BEL", Pages: []Page{page(
				at{40, 20, 24, "BELGIË"}, at{240, 20, 24, "IDENTITEITSKAART"}, at{640, 20, 18, "IDENTITY CARD"},
				at{340, 90, 14, "Naam / Name"}, at{340, 106, 22, "Peeters"}, at{340, 136, 14, "Voornamen / Given names"}, at{340, 152, 22, "Jan Piet"},
				at{340, 184, 14, "Geslacht / Sex"}, at{340, 200, 20, "M / M"}, at{500, 184, 14, "Nationaliteit / Nationality"}, at{500, 200, 20, "Belg"}, at{760, 184, 14, "Geboortedatum / Date of birth"}, at{760, 200, 20, "01 FEB 1980"},
				at{340, 236, 14, "Kaart nr. / Card No."}, at{340, 252, 20, "590-0000000-07"}, at{340, 290, 14, "Geldig van - tot / Valid from - until"}, at{340, 306, 20, "17.10.2013 - 17.10.2018"},
			)}},
			want: map[string]string{
				docNumber: "590-0000000-07", surname: "Peeters", givenNames: "Jan Piet", nationality: "BEL",
				birthDate: "1980-02-01", sex: "M", issueDate: "2013-10-17", expiryDate: "2018-10-17",
			},
		},
		{
			name: "French card: labels and values in one line",
			in: Input{Type: report.IdentityCard, Issuer: "FRA", Pages: []Page{page(
				at{40, 20, 22, "RÉPUBLIQUE FRANÇAISE"}, at{40, 60, 20, "CARTE NATIONALE D'IDENTITÉ N° : 880692310285"}, at{700, 60, 18, "Nationalité Française"},
				at{340, 110, 20, "Nom : BERTHIER"}, at{340, 150, 20, "Prénom(s) : CORINNE"}, at{340, 200, 20, "Sexe : F"}, at{600, 200, 20, "Né(e) le : 06.12.1965"}, at{340, 230, 20, "à : PARIS 1ER (75)"}, at{340, 260, 20, "Taille : 1,65m"},
			)}},
			want: map[string]string{
				docNumber: "880692310285", surname: "BERTHIER", givenNames: "CORINNE", nationality: "FRA",
				birthDate: "1965-12-06", sex: "F", height: "165",
			},
		},
		{
			name: "Polish card",
			in: Input{Type: report.IdentityCard, Issuer: "POL", Pages: []Page{page(
				at{340, 20, 24, "RZECZPOSPOLITA POLSKA"}, at{340, 50, 18, "DOWÓD OSOBISTY / IDENTITY CARD"},
				at{340, 90, 14, "NAZWISKO / SURNAME"}, at{340, 106, 22, "KOWALSKA"}, at{340, 136, 14, "IMIONA / GIVEN NAMES"}, at{340, 152, 22, "ANNA MARIA"},
				at{340, 184, 14, "OBYWATELSTWO / NATIONALITY"}, at{340, 200, 20, "POLSKIE"}, at{340, 234, 14, "DATA URODZENIA / DATE OF BIRTH"}, at{340, 250, 20, "01.01.1990"}, at{650, 234, 14, "PŁEĆ / SEX"}, at{650, 250, 20, "K"},
				at{340, 284, 14, "NUMER DOWODU OSOBISTEGO / IDENTITY CARD NUMBER"}, at{340, 300, 20, "ZZC000017"}, at{340, 334, 14, "TERMIN WAŻNOŚCI / EXPIRY DATE"}, at{340, 350, 20, "04.03.2029"},
			)}},
			want: map[string]string{
				docNumber: "ZZC000017", surname: "KOWALSKA", givenNames: "ANNA MARIA", nationality: "POL",
				birthDate: "1990-01-01", sex: "F", expiryDate: "2029-03-04",
			},
		},
		{
			name: "Greek card: names in two scripts",
			in: Input{Type: report.IdentityCard, Issuer: "GRC", Pages: []Page{page(
				at{340, 20, 24, "ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ"}, at{340, 50, 18, "ΔΕΛΤΙΟ ΤΑΥΤΟΤΗΤΑΣ"},
				at{340, 90, 14, "Επώνυμο / Surname"}, at{340, 106, 22, "ΠΑΠΑΔΟΠΟΥΛΟΣ"}, at{340, 130, 22, "PAPADOPOULOS"}, at{340, 160, 14, "Όνομα / Given name"}, at{340, 176, 22, "ΓΕΩΡΓΙΟΣ"}, at{340, 200, 22, "GEORGIOS"},
				at{340, 234, 14, "Ημερομηνία γέννησης / Date of birth"}, at{340, 250, 20, "01.02.1985"}, at{650, 234, 14, "Φύλο / Sex"}, at{650, 250, 20, "Α/M"},
				at{340, 284, 14, "Αριθμός / Number"}, at{340, 300, 20, "AA 123456"},
			)}},
			want: map[string]string{
				docNumber: "AA 123456", surname: "PAPADOPOULOS", givenNames: "GEORGIOS",
				birthDate: "1985-02-01", sex: "M",
			},
		},
		{
			name: "Ukrainian card: a patronymic",
			in: Input{Type: report.IdentityCard, Issuer: "UKR", Pages: []Page{page(
				at{340, 20, 24, "УКРАЇНА"}, at{340, 50, 18, "ПАСПОРТ ГРОМАДЯНИНА УКРАЇНИ"},
				at{340, 90, 14, "Прізвище / Surname"}, at{340, 106, 22, "ТКАЧЕНКО"}, at{340, 130, 22, "TKACHENKO"}, at{340, 160, 14, "Ім'я / Name"}, at{340, 176, 22, "МАР'ЯНА"}, at{340, 200, 22, "MARIANA"},
				at{340, 230, 14, "По батькові / Patronymic"}, at{340, 246, 22, "ІВАНІВНА"},
				at{340, 274, 14, "Стать / Sex"}, at{340, 290, 20, "Ж/F"}, at{500, 274, 14, "Громадянство / Nationality"}, at{500, 290, 20, "УКРАЇНА/UKR"},
				at{340, 320, 14, "Дата народження / Date of birth"}, at{340, 336, 20, "24 08 1991"}, at{650, 320, 14, "Запис № / Record No."}, at{650, 336, 20, "19910824-00026"},
				at{340, 370, 14, "Дійсний до / Date of expiry"}, at{340, 386, 20, "01 01 2026"}, at{650, 370, 14, "Документ № / Document No."}, at{650, 386, 20, "000000000"},
			)}},
			want: map[string]string{
				docNumber: "000000000", surname: "TKACHENKO", givenNames: "MARIANA", nationality: "UKR",
				birthDate: "1991-08-24", sex: "F", expiryDate: "2026-01-01", personal: "19910824-00026",
			},
		},
		{
			name: "Swedish licence: personal number",
			in: Input{Type: report.DrivingLicense, Issuer: "SWE", Pages: []Page{page(
				at{340, 20, 24, "KÖRKORT SVERIGE"}, at{340, 80, 20, "1. SVENSSON"}, at{340, 106, 20, "2. ANNA KARIN"}, at{340, 132, 20, "3. 19900203 SVERIGE"}, at{340, 158, 20, "4a. 2013-01-19"}, at{560, 158, 20, "4c. TRANSPORTSTYRELSEN"},
				at{340, 184, 20, "4b. 2023-01-19"}, at{560, 184, 20, "4d. 19900203-1234"}, at{340, 210, 20, "5. 12345678"}, at{30, 400, 20, "9. AM/B"},
			)}},
			want: map[string]string{
				docNumber: "12345678", surname: "SVENSSON", givenNames: "ANNA KARIN", birthDate: "1990-02-03", birthPlace: "SVERIGE",
				issueDate: "2013-01-19", expiryDate: "2023-01-19", authority: "TRANSPORTSTYRELSEN", personal: "19900203-1234", categories: "AM B",
			},
		},
		{
			name: "Swiss passport: labels in five languages",
			in: Input{Type: report.Passport, Issuer: "CHE", Pages: []Page{page(
				at{300, 60, 12, "Name • Nom • Cognome • Num • Surname"}, at{300, 76, 22, "Müller"}, at{300, 110, 12, "Vorname(n) • Prénom(s) • Nome(i) • Prenum(s) • Given name(s)"}, at{300, 126, 22, "Anna"},
				at{300, 160, 12, "Geburtsdatum • Date de naissance • Data di nascita • Data da naschientscha • Date of birth"}, at{300, 176, 22, "01.02.1980"}, at{300, 210, 12, "Geschlecht • Sexe • Sesso • Schlattaina • Sex"}, at{300, 226, 20, "F"},
				at{500, 210, 12, "Grösse • Taille • Statura • Grondezza • Height"}, at{500, 226, 20, "170 cm"}, at{700, 60, 12, "Pass-Nr. • No du passeport • Passport No"}, at{700, 76, 22, "X1234567"},
				at{300, 260, 12, "Ausgestellt am • Date de délivrance • Date of issue"}, at{300, 276, 20, "01.03.2015"}, at{600, 260, 12, "Gültig bis • Date d'expiration • Date of expiry"}, at{600, 276, 20, "28.02.2025"},
			)}},
			want: map[string]string{
				docNumber: "X1234567", surname: "Müller", givenNames: "Anna", birthDate: "1980-02-01",
				sex: "F", issueDate: "2015-03-01", expiryDate: "2025-02-28", height: "170",
			},
		},
		{
			name: "no label was read",
			in: Input{Type: report.Passport, Issuer: "AUS", Pages: []Page{page(
				at{500, 10, 28, "AUSTRALIA"}, at{40, 60, 30, "PASSPORT"}, at{800, 60, 30, "RB0992016"}, at{350, 110, 30, "CITIZEN"}, at{350, 160, 30, "JANE"},
				at{350, 210, 30, "AUSTRALIAN"}, at{350, 260, 30, "04 MAY 1991"}, at{700, 260, 30, "1,71 m"}, at{350, 360, 30, "09 JUN 2012"}, at{350, 410, 30, "09 JUN 2022"},
			)}},
			want: map[string]string{
				surname: "CITIZEN", givenNames: "JANE", nationality: "AUS", height: "171", docNumber: "RB0992016", birthDate: "1991-05-04", issueDate: "2012-06-09", expiryDate: "2022-06-09",
			},
		},
		{
			name: "a bill",
			in: Input{Type: report.Other, Pages: []Page{page(
				at{80, 40, 24, "Stadtwerke Musterstadt GmbH"}, at{80, 100, 20, "Erika Mustermann"}, at{80, 124, 20, "Heidestraße 17"}, at{80, 148, 20, "51147 Köln"},
				at{600, 100, 20, "Rechnungsnummer: 2024-00815"}, at{600, 124, 20, "Kundennummer 4711007"}, at{600, 148, 20, "Datum: 12.03.2024"},
				at{80, 300, 20, "Gesamtbetrag 1.234,56 EUR"}, at{80, 340, 20, "IBAN DE89 3704 0044 0532 0130 00"},
			)}},
			want: map[string]string{
				fullName: "Erika Mustermann", address: "Heidestraße 17, 51147 Köln", "Invoice_Number": "2024-00815", "Customer_Number": "4711007",
				dateField: "2024-03-12", amount: "1234.56 EUR", iban: "DE89370400440532013000",
			},
			not: []string{surname, birthDate, docNumber},
		},
		{
			name: "an account number with a wrong digit is none",
			in:   Input{Type: report.Other, Pages: []Page{page(at{80, 340, 20, "IBAN DE89 3704 0044 0532 0130 01"})}},
			not:  []string{iban},
		},
		{
			name: "marks and small letters that a zone lacks",
			in: Input{
				Type: report.Passport, Issuer: "D",
				Zone: zoneOf(mrz.TD3, "P<D<<MUELLER<<JOERG<<<<<<<<<<<<<<<<<<<<<<<<<", "C01X00T478D<<6408125F2702283<<<<<<<<<<<<<<<4"),
				Pages: []Page{page(
					at{300, 60, 22, "Müller"}, at{300, 100, 22, "Jörg"}, at{300, 140, 22, "12.08.1964"}, at{700, 60, 22, "CO1X0OT47"}, at{300, 220, 22, "28.02.2027"},
				)},
			},
			want: map[string]string{surname: "Müller", givenNames: "Jörg", docNumber: "C01X00T47", birthDate: "1964-08-12", expiryDate: "2027-02-28"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.in.Now = today
			got := values(Merge(read(x, c.in)))
			for f, v := range c.want {
				assert.Equal(t, v, got[f], f)
			}
			for _, f := range c.not {
				assert.NotContains(t, got, f)
			}
		})
	}
}

// A name that was altered stays in the report beside the zone's.
func TestDifferenceStays(t *testing.T) {
	x := extractor(t)
	fields := Merge(read(x, Input{
		Type: report.Passport, Issuer: "UTO", Now: today,
		Zone: zoneOf(mrz.TD3, "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"),
		Pages: []Page{page(
			at{300, 60, 14, "Surname"}, at{300, 76, 22, "SVENSSON"}, at{300, 110, 14, "Given names"}, at{300, 126, 22, "ANNA MARIA"},
			at{300, 160, 14, "Date of birth"}, at{300, 176, 22, "12 AUG 75"}, at{600, 300, 22, "ERIKSSON"},
		)},
	}))
	sources := map[string][]string{}
	for _, f := range fields {
		for _, s := range f.Sources {
			sources[f.Name] = append(sources[f.Name], s.Source+" "+s.Value)
		}
	}
	assert.Contains(t, sources[surname], "VISUAL SVENSSON")
	assert.Contains(t, sources[surname], "MRZ ERIKSSON")
	assert.Contains(t, sources[birthDate], "VISUAL 1975-08-12")
	assert.Equal(t, "1974-08-12", values(fields)[birthDate], "the zone's check digit is right")
	assert.Equal(t, "ERIKSSON", values(fields)[surname])
}

func TestMerge(t *testing.T) {
	zone := func(v string, checked report.Outcome) Reading {
		return Reading{Field: docNumber, Value: v, Source: report.FromMRZ, Checked: checked, Confidence: 0.9}
	}
	seen := Reading{Field: docNumber, Value: "P", Source: report.FromVisual, Confidence: 0.9}
	code := Reading{Field: docNumber, Value: "B", Source: report.FromBarcode, Confidence: 1}
	for _, c := range []struct {
		name string
		in   []Reading
		want string
		says report.Outcome
	}{
		{"right digits first", []Reading{seen, code, zone("M", report.Passed)}, "M", report.Passed},
		{"then the barcode", []Reading{seen, zone("M", ""), code}, "B", report.NotPerformed},
		{"then the zone", []Reading{seen, zone("M", "")}, "M", report.NotPerformed},
		{"wrong digits last", []Reading{zone("M", report.FailedCheck), seen}, "P", report.FailedCheck},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := Merge(c.in)
			require.Len(t, f, 1)
			assert.Equal(t, c.want, f[0].Value)
			assert.Equal(t, c.says, f[0].Validity)
			assert.Len(t, f[0].Sources, len(c.in))
		})
	}
	t.Run("the printed spelling", func(t *testing.T) {
		f := Merge([]Reading{
			{Field: surname, Value: "VON DER LUEDENSCH", Source: report.FromMRZ},
			{Field: surname, Value: "von der Lüdenscheidt", Source: report.FromVisual},
		})
		assert.Equal(t, "von der Lüdenscheidt", f[0].Value)
	})
}

func TestRepairName(t *testing.T) {
	const second = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
	printed := func(family, given string) []Reading {
		return []Reading{
			{Field: surname, Value: family, Source: report.FromVisual, Confidence: 0.98},
			{Field: givenNames, Value: given, Source: report.FromVisual, Confidence: 0.98},
		}
	}
	for _, c := range []struct {
		name, line string
		unclear    []int
		print      []Reading
		want       string // empty: nothing is repaired
	}{
		{"one letter", "P<UTOERIKSS0N<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", []int{11}, printed("Eriksson", "Anna Maria"), "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"},
		{"fillers read as letters", "P<UTOERIKSSON<<ANNA<MARIA<<K<C<<<<<<<<<<<<<<", []int{27, 29}, printed("ERIKSSON", "ANNA MARIA"), "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"},
		{"the zone is clear", "P<UTOERIKSS0N<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", nil, printed("Eriksson", "Anna Maria"), ""},
		{"another name", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", []int{5, 6}, printed("Svensson", "Anna Maria"), ""},
		{"nothing to repair", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", []int{5}, printed("Eriksson", "Anna Maria"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			z := zoneOf(mrz.TD3, c.line, second)
			for _, i := range c.unclear {
				z.Reading.Confidence[0][i] = 0.5
			}
			lines, repairs := z.RepairName(c.print)
			if c.want == "" {
				assert.Nil(t, lines)
				return
			}
			require.Len(t, lines, 2)
			assert.Equal(t, c.want, lines[0])
			assert.Equal(t, second, lines[1])
			assert.Len(t, repairs, len(c.unclear))
		})
	}
}

func TestValues(t *testing.T) {
	x := extractor(t)
	for _, c := range []struct{ name, got, want string }{
		{"categories", categoriesOf("AM/B"), "AM B"},
		{"spaces lost", categoriesOf("ABC"), "A B C"},
		{"stroke read as I", categoriesOf("AMIB"), "AM B"},
		{"not categories", categoriesOf("XYZ"), ""},
		{"metres", heightOf("1,71m"), "171"},
		{"centimetres", heightOf("172 cm"), "172"},
		{"feet", heightOf("5'-08\""), "173"},
		{"no height", heightOf("Berkedam"), ""},
		{"second language of the sex", x.sexOf("Ž/F", "HRV"), "F"},
		{"national sex", x.sexOf("K", "TUR"), "F"},
		{"women of four states", x.sexOf("Ž", "HRV") + x.sexOf("Z", "SVN") + x.sexOf("Ž", "CZE") + x.sexOf("Ж", "UKR"), "FFFF"},
		{"stroke of the sex read as I", x.sexOf("FIF", "UTO"), "F"},
		{"no sex", x.sexOf("BERLIN", "D"), ""},
		{"nationality", x.nationalityOf("DEUTSCH"), "D"},
		{"born as", bornAs("geb. Gabler"), "Gabler"},
		{"account", ibanOf("DE89 3704 0044 0532 0130 00"), "DE89370400440532013000"},
		{"amount", amountOf("1.234,56", "€"), "1234.56 EUR"},
		{"amount with points", amountOf("1,234.56", "USD"), "1234.56 USD"},
	} {
		assert.Equal(t, c.want, c.got, c.name)
	}
}

func FuzzRead(f *testing.F) {
	x := extractor(f)
	f.Add("1. MUSTER\n2. MAX\n3. 31.12.1981 WIEN\n4a. 19.01.2013 4b. 18.01.2028", byte(0))
	f.Add("3DOB03/18/1990\n4bEXP 03/18/2025\nORLANDO, FL 17101", byte(1))
	f.Add("Erika Mustermann\nHeidestr. 17\n51147 Köln\n1.234,56 EUR", byte(2))
	f.Fuzz(func(t *testing.T, text string, kind byte) {
		var lines []at
		for i, l := range strings.Split(text, "\n") {
			lines = append(lines, at{float64(i%3) * 40, float64(i) * 24, 20, l})
		}
		in := Input{Now: today, Pages: []Page{page(lines...)}, Type: []string{report.DrivingLicense, report.Passport, report.Other, ""}[kind%4]}
		if kind%2 == 1 {
			in.Issuer, in.Region = "USA", "US-FL"
		}
		for _, f := range Merge(read(x, in)) {
			if f.Value == "" || len(f.Sources) == 0 {
				t.Fatal("a field without a value or a source")
			}
		}
	})
}

func TestPersonalNumberInOptionalData(t *testing.T) {
	x := extractor(t)
	got := values(Merge(read(x, Input{
		Type: report.IdentityCard, Issuer: "ESP", Now: today,
		Zone: zoneOf(mrz.TD1, "IDESPBAA000589599999999R<<<<<<", "8001014F2501017ESP<<<<<<<<<<<7", "ESPANOLA<ESPANOLA<<CARMEN<<<<<"),
	})))
	assert.Equal(t, "99999999R", got[personal])
	assert.Equal(t, "BAA000589", got[docNumber])
}

func read(x *Extractor, in Input) []Reading { return x.Open(in).Read() }

func repaired(x *Extractor, in Input) *Zone {
	s := x.Open(in)
	s.Repair()
	return s.Zone()
}

// Lines that were read again are arranged again; what is not read again is not.
func TestPut(t *testing.T) {
	in := Input{Type: report.Passport, Issuer: "UTO", Now: today, Pages: []Page{page(at{300, 50, 14, "Surname"}, at{300, 76, 22, "ERIKSS0N"})}}
	s := extractor(t).Open(in)
	s.Read()
	first := s.read
	assert.Empty(t, s.Names(), "a zero is in no name")
	assert.Same(t, first, s.read)
	s.Put(0, page(at{300, 50, 14, "Surname"}, at{300, 76, 22, "ERIKSSON"}).Page)
	assert.Equal(t, "ERIKSSON", values(Merge(s.Read()))[surname])
	assert.NotSame(t, first, s.read)
	s.Repair()
	assert.Nil(t, s.Zone())
}

// BenchmarkSheet reads a page as the engine does, with a line read again.
func BenchmarkSheet(b *testing.B) {
	x := extractor(b)
	var lines []at
	for i, text := range []string{
		"PASSPORT", "Type / Type", "P", "Code of issuing state / Code du pays", "UTO", "Passport No. / No. du passeport", "L898902C3",
		"Surname / Nom", "ERIKSSON", "Given names / Prénoms", "ANNA MARIA", "Nationality / Nationalité", "UTOPIAN", "Date of birth / Date de naissance",
		"12 AUG / AOUT 74", "Sex / Sexe", "F", "Place of birth / Lieu de naissance", "ZENITH", "Date of issue / Date de délivrance", "16 APR / AVR 07",
		"Date of expiry / Date d'expiration", "15 APR / AVR 12", "Authority / Autorité", "PASSPORT OFFICE",
	} {
		lines = append(lines, at{300, float64(20 + 24*i), 20, text})
	}
	zone := zoneOf(mrz.TD3, "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
	for b.Loop() {
		s := x.Open(Input{Type: report.Passport, Issuer: "UTO", Now: today, Zone: zone, Pages: []Page{page(lines...)}})
		s.Gaps()
		s.Repair()
		s.Claims()
		s.Names()
		s.Put(0, page(lines...).Page)
		s.Read()
	}
}

func TestRepair(t *testing.T) {
	x := extractor(t)
	z := zoneOf(mrz.TD3, "P<UTOERIKSS0N<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
	z.Reading.Confidence[0][11] = 0.5
	in := Input{Type: report.Passport, Issuer: "UTO", Now: today, Zone: z, Pages: []Page{page(at{300, 76, 22, "ERIKSSON"}, at{300, 126, 22, "ANNA MARIA"})}}
	got := repaired(x, in)
	assert.Equal(t, "ERIKSSON", got.Surname)
	assert.Len(t, got.Reading.Repairs, 1)
	assert.Empty(t, z.Reading.Repairs, "the reading itself stays")
	in.Zone = nil
	assert.Nil(t, repaired(x, in))
}

func TestOneMisread(t *testing.T) {
	assert.True(t, oneMisread(figures("01.68.2031"), "01082031"))
	assert.False(t, oneMisread(figures("01.08.2031"), "01082031"), "nothing is misread")
	assert.False(t, oneMisread(figures("01.02.2031"), "01082031"), "2 is not 8")
	assert.False(t, oneMisread(figures("A1.08.2031"), "01082031"))
}

// Only the print says that the holder is over a hundred years old.
func TestCenturies(t *testing.T) {
	x := extractor(t)
	in := Input{
		Type: report.Passport, Issuer: "UTO", Now: today,
		Zone:  zoneOf(mrz.TD3, "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO1208127F1204159ZE184226B<<<<<10"),
		Pages: []Page{page(at{300, 76, 14, "Date of birth"}, at{300, 92, 22, "12.08.1912"})},
	}
	assert.Equal(t, "2012-08-12", in.Zone.BirthDate.String())
	assert.Equal(t, "1912-08-12", values(Merge(read(x, in)))[birthDate])
	assert.Equal(t, "1912-08-12", repaired(x, in).BirthDate.String())
	assert.Equal(t, "2012-08-12", in.Zone.BirthDate.String(), "the zone given stays")
}

func TestGaps(t *testing.T) {
	x := extractor(t)
	gaps := x.Open(Input{Type: report.IdentityCard, Issuer: "ESP", Now: today, Pages: []Page{page(
		at{450, 100, 30, "APELLIDOS"}, at{450, 135, 40, "GARCÍA"}, at{450, 190, 30, "NOMBRE"}, at{450, 225, 40, "ANA MARÍA"},
		at{450, 280, 30, "SEXO"}, at{620, 280, 30, "NACIONALIDAD"}, at{620, 315, 40, "ESP"},
	)}}).Gaps()
	require.Len(t, gaps, 1)
	assert.Equal(t, sex, gaps[0].Field)
	b := gaps[0].Box
	assert.InDelta(t, 335, (b.Y0+b.Y1)/2, 8)
	assert.InDelta(t, 440, b.X0, 15)
}

// A card that prints no birth date prints it in the personal number.
func TestBirthOutOfThePersonalNumber(t *testing.T) {
	p := page(at{80, 100, 20, "CARTE DE IDENTITATE"}, at{80, 130, 20, "CNP"}, at{140, 130, 20, "1800101221144"})
	got := Merge(read(extractor(t), Input{Now: today, Type: report.IdentityCard, Issuer: "ROU", Pages: []Page{p}}))
	values := map[string]string{}
	for _, f := range got {
		values[f.Name] = f.Value
	}
	assert.Equal(t, "1800101221144", values[personal])
	assert.Equal(t, "1980-01-01", values[birthDate])
}
