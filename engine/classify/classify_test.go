package classify_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/aamva"
	"idproof/catalogue/lexicon"
	"idproof/engine/classify"
	"idproof/engine/textread"
	"idproof/mrz"
	"idproof/report"
)

func classifier(t testing.TB) *classify.Classifier {
	t.Helper()
	words, err := lexicon.Load()
	require.NoError(t, err)
	c, err := classify.New(words)
	require.NoError(t, err)
	return c
}

// page sets lines below one another, columns parted by "|", each letter 10 wide. A
// line that begins with "#" is large.
func page(lines ...string) textread.Page {
	p := textread.Page{Width: 1000, Height: 630}
	y := 20.0
	for _, row := range lines {
		h := 20.0
		if strings.HasPrefix(row, "#") {
			row, h = row[1:], 32
		}
		for i, text := range strings.Split(row, "|") {
			x := 20 + 480*float64(i)
			l := textread.Line{Text: text, Confidence: 0.95, Script: textread.Latin}
			l.Box = textread.Box{X0: x, Y0: y, X1: x + h/2*float64(len([]rune(text))), Y1: y + h}
			p.Lines = append(p.Lines, l)
		}
		y += h * 1.6
	}
	return p
}

// fronts are what documents print, as anybody's specimen has it; the persons are made up.
var fronts = []struct {
	name, typ, issuer string
	lines             []string
}{
	{"Germany, identity card", report.IdentityCard, "D", []string{"#BUNDESREPUBLIK DEUTSCHLAND|PERSONALAUSWEIS", "FEDERAL REPUBLIC OF GERMANY|IDENTITY CARD", "Name/Surname/Nom", "MUSTERFRAU", "Vornamen/Given names/Prénoms", "ERIKA", "Geburtstag/Date of birth|Staatsangehörigkeit/Nationality", "12.08.1983|DEUTSCH", "Geburtsort/Place of birth", "BERLIN", "Gültig bis/Date of expiry", "01.08.2031"}},
	{"Germany, licence", report.DrivingLicense, "D", []string{"#FÜHRERSCHEIN", "BUNDESREPUBLIK DEUTSCHLAND", "D", "1. Muster", "2. Erika", "3. 12.08.83 Berlin", "4a. 19.01.13|4b. 18.01.28", "4c. Landratsamt Musterkreis", "5. B072RRE2I55", "9. AM/B/L"}},
	{"Germany, residence", report.ResidencePermit, "D", []string{"#AUFENTHALTSTITEL|D", "RESIDENCE PERMIT", "Name/Surname", "TRAN", "Vornamen/Forenames", "MINH", "Geschlecht/Sex|Staatsangehörigkeit/Nationality", "M|VNM", "Art des Titels/Type of permit", "AUFENTHALTSERLAUBNIS", "Gültig bis/Date of expiry", "11.06.2027"}},
	{"Austria, licence", report.DrivingLicense, "AUT", []string{"#FÜHRERSCHEIN", "REPUBLIK ÖSTERREICH", "A", "1. Musterfrau", "2. Maria", "3. 01.01.1981 Wien", "4a. 01.02.2013|4b. 31.01.2028", "4c. LPD Wien", "5. 13012345", "9. AM/B"}},
	{"Austria, identity card", report.IdentityCard, "AUT", []string{"#PERSONALAUSWEIS|REPUBLIK ÖSTERREICH", "IDENTITY CARD|REPUBLIC OF AUSTRIA", "Familienname/Surname", "MUSTERFRAU", "Vorname/Given name", "MARIA", "Geschlecht/Sex|Staatsangehörigkeit/Nationality", "F|AUT"}},
	{"Switzerland, identity card", report.IdentityCard, "CHE", []string{"#SCHWEIZERISCHE EIDGENOSSENSCHAFT", "CONFÉDÉRATION SUISSE", "CONFEDERAZIONE SVIZZERA", "Identitätskarte", "Carte d'identité", "Carta d'identità", "Name • Nom • Cognome", "MUSTER", "Vorname(n) • Prénom(s) • Nome(i)", "ANNA", "Geburtsdatum • Date de naissance", "12.03.1985"}},
	{"Switzerland, licence", report.DrivingLicense, "CHE", []string{"#FÜHRERAUSWEIS", "PERMIS DE CONDUIRE LICENZA DI CONDURRE", "CH", "1. MUSTER", "2. ANNA", "3. 12.03.1985", "4a. 01.02.2010|4b. -", "4c. STVA ZÜRICH", "5. 000123456789", "9. B"}},
	{"France, identity card", report.IdentityCard, "FRA", []string{"#RÉPUBLIQUE FRANÇAISE|CARTE NATIONALE D'IDENTITÉ / IDENTITY CARD", "NOM / Surname", "MARTIN", "Prénoms / Given names", "Maëlys-Gaëlle, Marie", "SEXE / Sex|NATIONALITÉ / Nationality", "F|FRA", "DATE DE NAISS. / Date of birth", "13 07 1990", "LIEU DE NAISSANCE / Place of birth", "PARIS", "N° DU DOCUMENT / Document No", "D2H6862M2"}},
	{"France, licence", report.DrivingLicense, "FRA", []string{"#PERMIS DE CONDUIRE", "RÉPUBLIQUE FRANÇAISE", "F", "1. MARTIN", "2. Paul", "3. 14.07.1981 UTOPIACITY", "4a. 20.01.2013|4b. 20.01.2028", "4c. 99999", "5. 13AA00002", "9. AM/B1/B"}},
	{"France, residence", report.ResidencePermit, "FRA", []string{"#TITRE DE SÉJOUR", "RÉPUBLIQUE FRANÇAISE", "NOM, PRÉNOMS", "SPECIMEN ANNA", "CATÉGORIE DU TITRE", "CARTE DE RÉSIDENT", "VALABLE JUSQU'AU", "10-03-2028"}},
	{"Belgium, identity card", report.IdentityCard, "BEL", []string{"#BELGIQUE BELGIË BELGIEN BELGIUM", "CARTE D'IDENTITÉ IDENTITEITSKAART PERSONALAUSWEIS IDENTITY CARD", "Nom / Name", "Specimen", "Prénoms / Given names", "Jan Marie", "Sexe / Sex|Nationalité / Nationality", "M / M|Belge", "Date de naissance / Date of birth", "01 JAN 1980"}},
	{"Netherlands, identity card", report.IdentityCard, "NLD", []string{"#KONINKRIJK DER NEDERLANDEN", "IDENTITEITSKAART / IDENTITY CARD", "naam/surname", "De Bruijn", "voornamen/given names", "Willeke Liselotte", "geboortedatum/date of birth", "10 MAA/MAR 1965", "nationaliteit/nationality", "Nederlandse", "documentnummer/document no.", "SPECI2021"}},
	{"Netherlands, licence", report.DrivingLicense, "NLD", []string{"#RIJBEWIJS|NL", "KONINKRIJK DER NEDERLANDEN", "1. De Bruijn", "2. Willeke Liselotte", "3. 10.03.1965 Specimen", "4a. 19.01.2013|4b. 19.01.2023", "4c. Gemeente Specimen", "5. 1234567890", "9. B"}},
	{"Luxembourg, identity card", report.IdentityCard, "LUX", []string{"#GRAND-DUCHÉ DE LUXEMBOURG", "CARTE D'IDENTITÉ", "Nom", "SPECIMEN", "Prénoms", "Jean", "Nationalité", "Luxembourgeoise", "Date de naissance", "17.09.1980"}},
	{"Italy, identity card", report.IdentityCard, "ITA", []string{"#REPUBBLICA ITALIANA", "MINISTERO DELL'INTERNO", "CARTA DI IDENTITÀ / IDENTITY CARD", "COGNOME / SURNAME", "ROSSI", "NOME / NAME", "BIANCA", "LUOGO E DATA DI NASCITA / PLACE AND DATE OF BIRTH", "ROMA 30.12.1964", "SESSO / SEX|STATURA / HEIGHT", "F|165", "CITTADINANZA / NATIONALITY", "ITA"}},
	{"Italy, licence", report.DrivingLicense, "ITA", []string{"#PATENTE DI GUIDA", "REPUBBLICA ITALIANA", "I", "1. ROSSI", "2. MARIO", "3. 01/01/80 ROMA (RM)", "4a. 10/02/2014|4c. MIT-UCO", "4b. 01/01/2024", "5. U1H99A999B", "9. AM B"}},
	{"Spain, identity card", report.IdentityCard, "ESP", []string{"#ESPAÑA|DOCUMENTO NACIONAL DE IDENTIDAD", "APELLIDOS / SURNAMES", "ESPAÑOLA ESPAÑOLA", "NOMBRE / NAME", "CARMEN", "SEXO / SEX|NACIONALIDAD / NATIONALITY", "F|ESP", "FECHA DE NACIMIENTO / DATE OF BIRTH", "01 01 1980", "NÚM SOPORT / SUPPORT NUMBER", "CAA000000"}},
	{"Spain, licence", report.DrivingLicense, "ESP", []string{"#PERMISO DE CONDUCCIÓN", "REINO DE ESPAÑA", "E", "1. ESPAÑOL ESPAÑOL", "2. JUAN", "3. 25/10/1970", "4a. 19/01/2013|4c. 28/00", "4b. 19/01/2023", "5. 99999999-R", "9. B"}},
	{"Portugal, licence", report.DrivingLicense, "PRT", []string{"#CARTA DE CONDUÇÃO", "PORTUGAL", "P", "1. AZEVEDO", "2. MARIA", "3. 12.02.1979 LISBOA", "4a. 10.01.2013|4b. 11.02.2029", "4c. IMT", "5. L-1234567 8", "9. B1 B"}},
	{"Ireland, licence", report.DrivingLicense, "IRL", []string{"#ÉIRE IRELAND", "CEADÚNAS TIOMÁNA DRIVING LICENCE", "IRL", "1. DOE", "2. JANE", "3. 24.03.84 IRELAND", "4a. 19.01.13|4b. 18.01.23", "4c. NDLS", "9. B W"}},
	{"United Kingdom, licence", report.DrivingLicense, "GBR", []string{"#DRIVING LICENCE|UK", "1. MORGAN", "2. SARAH MEREDYTH", "3. 11.03.1976 UNITED KINGDOM", "4a. 19.01.2013|4c. DVLA", "4b. 18.01.2023", "5. MORGA753116SM9IJ 35", "8. 122 BURNS CRESCENT, EDINBURGH", "9. AM/A/B"}},
	{"Denmark, licence", report.DrivingLicense, "DNK", []string{"#KØREKORT", "DANMARK DK", "1. Jensen", "2. Lise", "3. 01.02.1985 Aarhus", "4a. 19.01.2013|4b. 18.01.2028", "4c. Rigspolitiet", "4d. 010285-1234", "5. 12345678", "9. AM/B"}},
	{"Sweden, licence", report.DrivingLicense, "SWE", []string{"#KÖRKORT SVERIGE", "S", "1. Svensson", "2. Anna", "3. 19800101", "4a. 2013-01-19|4b. 2023-01-18", "4c. TRANSPORTSTYRELSEN", "4d. 800101-1236", "5. 0123456789", "9. AM/B"}},
	{"Sweden, identity card", report.IdentityCard, "SWE", []string{"#SVERIGE SWEDEN", "NATIONELLT IDENTITETSKORT", "Efternamn/Surname", "Specimen", "Förnamn/Given names", "Svea", "Kön/Sex|Medborgarskap/Nationality", "K/F|Svensk/Swedish", "Personnummer/Personal No.", "19800101-1236"}},
	{"Norway, licence", report.DrivingLicense, "NOR", []string{"#FØRERKORT", "NORGE N", "1. NORDMANN", "2. KARI", "3. 08.10.1979 NORGE", "4a. 01.02.2013|4b. 08.10.2079", "4c. STATENS VEGVESEN", "5. 01 23 456789 0", "9. B"}},
	{"Finland, licence", report.DrivingLicense, "FIN", []string{"#AJOKORTTI KÖRKORT", "SUOMI FIN", "1. Autoilija", "2. Meri Anna", "3. 19.01.1995", "4a. 19.01.2013|4b. 18.01.2028", "4c. Trafi", "4d. 190195-001Y", "9. AM/B"}},
	{"Iceland, licence", report.DrivingLicense, "ISL", []string{"#ÖKUSKÍRTEINI", "ÍSLAND IS", "1. Jónsdóttir", "2. Anna", "3. 12.12.1980 Ísland", "4a. 01.02.2013|4b. 12.12.2050", "4c. Sýslumaður", "4d. 121280-1239", "9. B"}},
	{"Estonia, identity card", report.IdentityCard, "EST", []string{"#EESTI VABARIIK|ISIKUTUNNISTUS", "REPUBLIC OF ESTONIA|IDENTITY CARD", "PEREKONNANIMI / SURNAME", "MÄNNIK", "EESNIMED / GIVEN NAMES", "MARI-LIIS", "SUGU / SEX|KODAKONDSUS / CITIZENSHIP", "N/F|EST", "ISIKUKOOD / PERSONAL CODE", "47101010033"}},
	{"Latvia, identity card", report.IdentityCard, "LVA", []string{"#LATVIJAS REPUBLIKA / REPUBLIC OF LATVIA", "PERSONAS APLIECĪBA / IDENTITY CARD", "UZVĀRDS / Surname", "PARAUDZIŅA", "VĀRDS / Given name", "ANDRIS", "DZIMUMS / Sex", "V/M", "PERSONAS KODS / Personal No.", "111111-11111"}},
	{"Lithuania, licence", report.DrivingLicense, "LTU", []string{"#VAIRUOTOJO PAŽYMĖJIMAS", "LIETUVOS RESPUBLIKA", "LT", "1. PAVARDENIS", "2. VARDENIS", "3. 1980-01-01", "4a. 2013-01-19|4b. 2023-01-18", "4c. VĮ REGITRA", "4d. 38001010000", "5. 01234567", "9. B"}},
	{"Poland, identity card", report.IdentityCard, "POL", []string{"#RZECZPOSPOLITA POLSKA / REPUBLIC OF POLAND", "DOWÓD OSOBISTY / IDENTITY CARD", "NAZWISKO / SURNAME", "SPECIMEN", "IMIONA / GIVEN NAMES", "SPECIMEN", "OBYWATELSTWO / NATIONALITY|DATA URODZENIA / DATE OF BIRTH", "POLSKIE|01.01.1990", "NUMER DOWODU / CARD NUMBER", "ZZZ000000"}},
	{"Czechia, identity card", report.IdentityCard, "CZE", []string{"#ČESKÁ REPUBLIKA|OBČANSKÝ PRŮKAZ", "CZECH REPUBLIC|IDENTITY CARD", "PŘÍJMENÍ / SURNAME", "VZOROVÁ", "JMÉNO / GIVEN NAMES", "JANA", "DATUM NAROZENÍ / DATE OF BIRTH|POHLAVÍ / SEX", "01.01.1981|F", "PLATNOST DO / DATE OF EXPIRY", "01.08.2031"}},
	{"Czechia, licence", report.DrivingLicense, "CZE", []string{"#ŘIDIČSKÝ PRŮKAZ", "ČESKÁ REPUBLIKA CZ", "1. VZOROVÁ", "2. JANA", "3. 01.01.1981 PRAHA", "4a. 19.01.2013|4b. 18.01.2023", "4c. MĚSTSKÝ ÚŘAD", "5. EH 123456", "9. AM B"}},
	{"Slovakia, licence", report.DrivingLicense, "SVK", []string{"#VODIČSKÝ PREUKAZ", "SLOVENSKÁ REPUBLIKA SK", "1. VZORKA", "2. JANA", "3. 01.01.1981", "4a. 19.01.2013|4b. 18.01.2028", "4c. ORPZ BRATISLAVA", "5. S1234567", "9. B"}},
	{"Hungary, identity card", report.IdentityCard, "HUN", []string{"#MAGYARORSZÁG HUNGARY", "SZEMÉLYAZONOSÍTÓ IGAZOLVÁNY", "IDENTITY CARD", "Családi név/Surname", "MINTA", "Utónév/Given name", "ZSUZSANNA", "Nem/Sex|Állampolgárság/Nationality", "N/F|HUN", "Okmányazonosító/Doc. No.", "000354AE"}},
	{"Hungary, licence", report.DrivingLicense, "HUN", []string{"#VEZETŐI ENGEDÉLY", "MAGYARORSZÁG H", "1. MINTA", "2. ZSUZSANNA", "3. 1985.02.12 BUDAPEST", "4a. 2013.01.19|4b. 2023.01.18", "4c. BUDAPEST", "5. AA123456", "9. B"}},
	{"Romania, identity card", report.IdentityCard, "ROU", []string{"#ROUMANIE ROMÂNIA ROMANIA", "CARTE DE IDENTITATE", "CARTE D'IDENTITÉ IDENTITY CARD", "SERIA RX NR 123456", "CNP 2850101123456", "Nume/Nom/Last name", "POPESCU", "Prenume/Prénom/First name", "IOANA", "Cetățenie/Nationalité/Nationality", "Română / ROU"}},
	{"Bulgaria, identity card", report.IdentityCard, "BGR", []string{"#РЕПУБЛИКА БЪЛГАРИЯ", "REPUBLIC OF BULGARIA", "ЛИЧНА КАРТА IDENTITY CARD", "Фамилия/Surname", "ИВАНОВА IVANOVA", "Име/Name", "СЛАВИНА", "Бащино име/Father's name", "Пол/Sex|Гражданство/Nationality", "Ж/F|БЪЛГАРИЯ/BGR", "ЕГН/Personal No.", "8001014321"}},
	{"Bulgaria, licence", report.DrivingLicense, "BGR", []string{"#СВИДЕТЕЛСТВО ЗА УПРАВЛЕНИЕ НА МПС", "РЕПУБЛИКА БЪЛГАРИЯ BG", "1. ИВАНОВА", "2. СЛАВИНА", "3. 01.01.1980", "4a. 19.01.2013|4b. 18.01.2023", "4c. МВР", "4d. 8001014321", "5. 282345678", "9. B"}},
	{"Greece, identity card", report.IdentityCard, "GRC", []string{"#ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ", "HELLENIC REPUBLIC", "ΔΕΛΤΙΟ ΤΑΥΤΟΤΗΤΑΣ IDENTITY CARD", "Επώνυμο/Surname", "ΠΑΠΑΔΟΠΟΥΛΟΥ", "Όνομα/Given name", "ΜΑΡΙΑ", "Ημερομηνία γέννησης/Date of birth", "01.01.1980"}},
	{"Greece, licence", report.DrivingLicense, "GRC", []string{"#ΑΔΕΙΑ ΟΔΗΓΗΣΗΣ", "ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ GR", "1. ΠΑΠΑΔΟΠΟΥΛΟΥ", "2. ΜΑΡΙΑ", "3. 01/01/1980 ΑΘΗΝΑ", "4a. 19/01/2013|4b. 18/01/2028", "5. 123456789", "9. B"}},
	{"Cyprus, identity card", report.IdentityCard, "CYP", []string{"#ΚΥΠΡΙΑΚΗ ΔΗΜΟΚΡΑΤΙΑ", "REPUBLIC OF CYPRUS KIBRIS CUMHURİYETİ", "ΔΕΛΤΙΟ ΤΑΥΤΟΤΗΤΑΣ IDENTITY CARD", "Επώνυμο/Surname", "GEORGIOU", "Όνομα/Name", "ANDREAS", "Ημερ. Γέννησης/Date of birth", "01.01.1980"}},
	{"Slovenia, identity card", report.IdentityCard, "SVN", []string{"#REPUBLIKA SLOVENIJA", "REPUBLIC OF SLOVENIA", "OSEBNA IZKAZNICA IDENTITY CARD", "Priimek/Surname", "VZOREC", "Ime/Given name", "JANEZ", "Datum rojstva/Date of birth", "01.01.1980"}},
	{"Croatia, licence", report.DrivingLicense, "HRV", []string{"#VOZAČKA DOZVOLA", "REPUBLIKA HRVATSKA HR", "1. SPECIMEN", "2. SAMPLE", "3. 10.05.1982 ZAGREB", "4a. 01.07.2013|4b. 01.07.2023", "4c. PU ZAGREBAČKA", "5. 12345678", "9. B"}},
	{"Serbia, identity card", report.IdentityCard, "SRB", []string{"#РЕПУБЛИКА СРБИЈА", "ЛИЧНА КАРТА", "Презиме", "ТЕСТ", "Име", "МИЛИЦА", "Датум рођења", "29.02.1988.", "Пол", "Ж", "Рег. бр.", "012345678", "Датум издавања", "24.07.2018."}},
	{"Serbia, identity card in Latin", report.IdentityCard, "SRB", []string{"#REPUBLIKA SRBIJA", "LIČNA KARTA", "Prezime", "TEST", "Ime", "MILICA", "Datum rođenja", "29.02.1988.", "Pol", "Ž"}},
	{"Bosnia, identity card", report.IdentityCard, "BIH", []string{"#BOSNA I HERCEGOVINA", "BOSNIA AND HERZEGOVINA", "LIČNA KARTA IDENTITY CARD", "Prezime/Surname", "SPECIMEN", "Ime/Given name", "UZORAK", "Datum rođenja/Date of birth", "01.01.1980"}},
	{"Albania, identity card", report.IdentityCard, "ALB", []string{"#LETËRNJOFTIM ID", "REPUBLIKA E SHQIPËRISË", "REPUBLIC OF ALBANIA", "Mbiemri/Surname", "AGA", "Emri/Given name", "ARBEN", "Shtetësia/Nationality", "Shqiptare/Albanian", "Datëlindja/Date of birth", "01.01.1980"}},
	{"North Macedonia, identity card", report.IdentityCard, "MKD", []string{"#РЕПУБЛИКА СЕВЕРНА МАКЕДОНИЈА", "ЛИЧНА КАРТА", "Презиме", "ПРИМЕР", "Име", "АНА", "Датум на раѓање", "01.01.1980"}},
	{"Turkey, licence", report.DrivingLicense, "TUR", []string{"#SÜRÜCÜ BELGESİ", "DRIVING LICENCE", "TR TÜRKİYE CUMHURİYETİ", "1. YILMAZ", "2. AYŞE", "3. 01.01.1980 ANKARA", "4a. 01.01.2016|4b. 01.01.2026", "4c. ÇANKAYA", "4d. 12345678902", "5. 123456", "9. B"}},
	{"Ukraine, identity card", report.IdentityCard, "UKR", []string{"#УКРАЇНА UKRAINE", "ПАСПОРТ ГРОМАДЯНИНА УКРАЇНИ", "Прізвище/Surname", "ТКАЧЕНКО", "Ім'я/Name", "МАР'ЯНА", "Стать/Sex|Громадянство/Nationality", "Ж/F|УКРАЇНА/UKR", "Запис №/Record No.", "19990824-00026"}},
	{"Ukraine, licence", report.DrivingLicense, "UKR", []string{"#ПОСВІДЧЕННЯ ВОДІЯ", "УКРАЇНА UA", "1. ТКАЧЕНКО", "2. МАР'ЯНА", "3. 24.08.1999", "4a. 01.02.2018|4b. 01.02.2048", "4c. ТСЦ 8041", "5. BXA000000", "9. B"}},
	{"Russia, licence", report.DrivingLicense, "RUS", []string{"#ВОДИТЕЛЬСКОЕ УДОСТОВЕРЕНИЕ", "RUS", "1. ИВАНОВА", "2. АННА СЕРГЕЕВНА", "3. 01.01.1980", "4a) 01.02.2018|4b) 01.02.2028", "4c) ГИБДД 7701", "5. 99 00 123456", "9. B"}},
	{"Moldova, identity card", report.IdentityCard, "MDA", []string{"#REPUBLICA MOLDOVA", "BULETIN DE IDENTITATE", "Numele", "POPA", "Prenumele", "ION", "Data nașterii", "01.01.1980", "IDNP", "2000000000000"}},
	{"Malta, licence", report.DrivingLicense, "MLT", []string{"#LIĊENZJA TAS-SEWQAN DRIVING LICENCE", "MALTA M", "1. BORG", "2. MARIA", "3. 01.01.1980 MALTA", "4a. 19.01.2013|4b. 18.01.2023", "4c. TM", "5. 123456", "9. B"}},
	{"Texas, licence", report.DrivingLicense, "USA", []string{"#TEXAS|USA", "DRIVER LICENSE", "4d DL 12345678|9 CLASS C", "4a Iss 01/01/2020|4b Exp 01/01/2028", "3 DOB 01/01/1990", "1 SAMPLE", "2 JANE", "8 123 MAIN ST, AUSTIN, TX 73301-0000", "12 REST NONE|9a END NONE", "16 HGT 5'-06\"|15 SEX F|18 EYES BRO"}},
	{"Ontario, licence", report.DrivingLicense, "CAN", []string{"#Ontario", "DRIVER'S LICENCE PERMIS DE CONDUIRE", "1,2 NAME/NOM", "SAMPLE, JANE", "4d NUMBER/NUMÉRO", "S1234-56789-01234", "4a ISS/DÉL. 2018/01/01|4b EXP/EXP. 2023/01/01", "CANADA"}},
	{"United States, resident card", report.ResidencePermit, "USA", []string{"#UNITED STATES OF AMERICA", "PERMANENT RESIDENT CARD", "Surname", "SPECIMEN", "Given Name", "TEST V", "USCIS#|Category", "000-001-001|IR1", "Country of Birth", "Utopia", "Date of Birth|Sex", "01 JAN 1990|F", "Card Expires: 08/21/27", "Resident Since: 08/21/07"}},
	{"United Kingdom, residence", report.ResidencePermit, "GBR", []string{"#RESIDENCE PERMIT", "UNITED KINGDOM", "NAME", "SPECIMEN CAROLINE", "VALID UNTIL", "31-12-2024", "PLACE AND DATE OF ISSUE", "LONDON 01-01-2020", "TYPE OF PERMIT", "LEAVE TO REMAIN"}},
	{"Hong Kong, identity card", report.IdentityCard, "HKG", []string{"#HONG KONG PERMANENT IDENTITY CARD", "LOK, Wing Ching", "Date of Birth", "03-06-1985", "Z683365(5)"}},
	{"Vietnam, identity card", report.IdentityCard, "VNM", []string{"CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "#CĂN CƯỚC CÔNG DÂN", "Citizen Identity Card", "Số / No.: 001099000001", "Họ và tên / Full name:", "NGUYEN VAN A", "Ngày sinh / Date of birth: 01/01/1990"}},
	{"Georgia of the United States, licence", report.DrivingLicense, "USA", []string{"#GEORGIA|USA", "DRIVER'S LICENSE", "4d DL NO. 123456789", "3 DOB 01/01/1990", "4b EXP 01/01/2028", "SAMPLE", "ATLANTA, GA 30301-0000"}},
	{"Georgia, identity card", report.IdentityCard, "GEO", []string{"#GEORGIA", "IDENTITY CARD", "Surname", "SPECIMEN", "First name", "NINO", "Personal number", "01001000001"}},
	{"New South Wales, licence", report.DrivingLicense, "AUS", []string{"#Driver Licence", "New South Wales, Australia", "Jane CITIZEN", "Card Number 2 003 972 538", "Licence No. 20201234", "Class C", "Date of Birth", "01 JAN 1990", "Expiry Date", "01 JAN 2026"}},
	{"India, identity card", report.IdentityCard, "IND", []string{"GOVERNMENT OF INDIA", "#INCOME TAX DEPARTMENT", "Permanent Account Number Card", "ABCDE1234F", "Name", "RAHUL SAMPLE", "Father's Name", "RAJ SAMPLE", "Date of Birth", "01/01/1990"}},
	{"Japan, residence", report.ResidencePermit, "JPN", []string{"GOVERNMENT OF JAPAN", "#RESIDENCE CARD", "TURNER ELIZABETH", "1985 12 31", "F", "U.S.A.", "No. AB12345678CD"}},
	{"Utopia, identity card of no known issuer", report.IdentityCard, "", []string{"#IDENTITY CARD", "Surname", "SPECIMEN", "Given names", "ANNA", "Date of birth", "01.01.1980"}},
	{"labels only", report.IdentityCard, "", []string{"Surname", "SPECIMEN", "Given names", "ANNA", "Date of birth", "01.01.1980", "Sex", "F"}},
	{"France, visa", report.Visa, "FRA", []string{"#VISA", "RÉPUBLIQUE FRANÇAISE", "VALABLE POUR / VALID FOR", "ÉTATS SCHENGEN", "DU / FROM 01-01-20|AU / UNTIL 01-02-20", "NOMBRE D'ENTRÉES / NUMBER OF ENTRIES", "MULT", "DURÉE DU SÉJOUR / DURATION OF STAY", "NUMÉRO DE PASSEPORT / PASSPORT NUMBER", "XA0000001"}},
	{"Germany, passport", report.Passport, "D", []string{"#REISEPASS|BUNDESREPUBLIK DEUTSCHLAND", "PASSPORT FEDERAL REPUBLIC OF GERMANY", "PASSEPORT RÉPUBLIQUE FÉDÉRALE D'ALLEMAGNE", "1 Name/Surname/Nom", "MUSTERMANN", "2 Vornamen/Given names/Prénoms", "ERIKA", "4 Staatsangehörigkeit/Nationality/Nationalité", "DEUTSCH", "Pass-Nr./Passport No./Passeport No.", "C01X00T47"}},
}

func TestFronts(t *testing.T) {
	c := classifier(t)
	for _, f := range fronts {
		t.Run(f.name, func(t *testing.T) {
			got := c.Classify(classify.Evidence{Texts: []textread.Page{page(f.lines...)}})
			assert.Equal(t, f.typ, got.Type, got.Because)
			assert.Equal(t, f.issuer, got.Issuer, got.Because)
			if f.typ == report.IdentityCard || f.typ == report.DrivingLicense {
				assert.Equal(t, "front", got.Side)
			}
		})
	}
}

// Recognisers lose diacritics and spaces and misread a letter of twelve.
func TestFrontsMisread(t *testing.T) {
	c := classifier(t)
	rng := rand.New(rand.NewPCG(1, 2)) // the same every time
	plain := strings.NewReplacer("Ä", "A", "Ö", "O", "Ü", "U", "É", "E", "Ë", "E", "Č", "C", "Š", "S", "Ž", "Z", "Ř", "R",
		"Ů", "U", "Í", "I", "Á", "A", "Ã", "A", "Ç", "C", "Ø", "O", "Å", "A", "Ñ", "N", "Ă", "A", "Ț", "T", "Ł", "L", "Ó", "O")
	const confused = "OQCGILTJBREFUVMNHKXY"
	right, all := 0, 0
	for _, f := range fronts {
		for range 3 {
			lines := make([]string, len(f.lines))
			for i, l := range f.lines {
				runes := []rune(plain.Replace(l))
				for j := range runes {
					if strings.ContainsRune(confused, runes[j]) && rng.IntN(12) == 0 {
						k := strings.IndexRune(confused, runes[j])
						runes[j] = rune(confused[k^1])
					}
				}
				lines[i] = string(runes)
				if rng.IntN(3) == 0 && !strings.ContainsAny(lines[i], "0123456789") {
					lines[i] = strings.ReplaceAll(lines[i], " ", "")
				}
			}
			got := c.Classify(classify.Evidence{Texts: []textread.Page{page(lines...)}})
			all++
			if got.Type == f.typ && got.Issuer == f.issuer {
				right++
			} else {
				t.Logf("%s: %s %s of %q", f.name, got.Type, got.Issuer, lines)
			}
		}
	}
	t.Logf("%d of %d", right, all)
	assert.GreaterOrEqual(t, right, all*95/100)
}

func TestOthers(t *testing.T) {
	c := classifier(t)
	for _, f := range []struct {
		name, subtype string
		lines         []string
	}{
		{"payment card", "payment_card", []string{"world", "4111 1111 1111 1111", "VALID THRU", "12/28", "L M CARDHOLDER"}},
		{"payment card of a brand", "payment_card", []string{"Platinum", "VISA", "4111111111111111", "12/28", "ANNA SPECIMEN"}},
		{"cover", "cover", []string{"EUROPEAN UNION", "UNITED KINGDOM OF", "GREAT BRITAIN", "AND NORTHERN IRELAND", "PASSPORT"}},
		{"social security", "social_security_card", []string{"SOCIAL SECURITY", "THIS NUMBER HAS BEEN ESTABLISHED FOR", "000-00-0000", "JOHN Q PUBLIC"}},
		{"bill", "utility_bill", []string{"City Energy Ltd", "Electricity bill", "Invoice number 20231207", "Customer number 4711", "Mr John Doe", "12 Some Street, London", "Amount due £ 83.20", "Payment due 12 January 2024", "Please have your passport or driving licence ready when you call us about this bill"}},
		{"statement", "bank_statement", []string{"Kontoauszug", "Musterbank AG", "Alter Kontostand 1.200,00", "01.02.2024 Miete -800,00", "Neuer Kontostand 400,00"}},
		{"health card", "health_card", []string{"EUROPEAN HEALTH INSURANCE CARD", "3 Name", "SPECIMEN", "4 Given names", "ANNA", "5 Date of birth", "01/01/1980", "6 Personal identification number", "80010112345"}},
		{"form", "form", []string{"#APPLICATION FOR A RESIDENCE PERMIT", "Please fill in all boxes in block letters and sign on the last page", "Surname ............", "First names ...........", "Date of birth ..........", "Passport number ........", "Signature ............"}},
		{"letter", "", []string{
			"Dear Ms Doe,", "We refer to your letter of last month about the account that you hold with our branch, and to the talk that you had there.",
			"To open another one we need the following of you; please send copies by post or bring them with you when you come to see us.",
			"Your identity card or passport, or your driving licence, and where you are not a citizen of the Union a residence permit too.",
			"Surname: Doe", "Given names: Jane", "Date of birth: 1 January 1990", "Nationality: British", "Passport No.: 123456789",
			"We are looking forward to hearing from you, and are at your service for whatever question you may have about all of this.",
			"The terms under which we hold accounts have changed since, and the new ones are enclosed with this letter for you to read.",
			"They say in short that whoever opens an account has to be who they say they are, and that we have to make sure of it.",
			"Should you want to do so from your home, there is a page on which you can show us your documents in a few minutes only.",
			"It works on a telephone as well as on a computer that has a camera, and nobody but us will ever see what you show there.",
			"Yours sincerely,", "Jack Clerk, Head of Accounts, at the Bank of the Town, Main Street 1, Anytown, United Kingdom",
		}},
		{"entry of a birth", "certificate", []string{
			"CERTIFIED COPY OF AN ENTRY", "BIRTH", "Registration district Westminster", "1. Date and place of birth", "Twelfth May 1980 St Mary's Hospital", "2. Name and surname", "Jane DOE",
			"3. Sex Female", "4. Name and surname of father John DOE", "5. Place of birth London", "9. Name, surname and maiden surname of mother Mary SMITH", "Informant",
		}},
		{"extract of a register", "certificate", []string{
			"EXTRAIT D'ACTE DE NAISSANCE", "Ville de Lyon", "Nom : MARTIN", "Prénoms : Jean Pierre", "Date de naissance : 12 août 1974", "Lieu de naissance : Lyon", "Sexe : masculin", "Délivré le 3 mars 2020",
		}},
		{"registration of a car", "vehicle_registration", []string{
			"Zulassungsbescheinigung Teil I", "Fahrzeugschein", "Europäische Gemeinschaft Bundesrepublik Deutschland", "A K-AB 123", "C.1.1 MUSTERMANN", "C.1.2 ERIKA", "4b 12.03.2020",
		}},
		{"payslip", "", []string{"Lohnabrechnung März 2024", "Personalnummer 00123", "Geburtsdatum 12.08.1964", "Frau Erika Mustermann", "Brutto 3.200,00", "Auszahlung 2.100,00 EUR"}},
		{"prose", "", []string{"The quick brown fox jumps over the lazy dog.", "Der schnelle braune Fuchs springt", "über den faulen Hund."}},
	} {
		t.Run(f.name, func(t *testing.T) {
			got := c.Classify(classify.Evidence{Texts: []textread.Page{page(f.lines...)}})
			assert.Equal(t, report.Other, got.Type, got.Because)
			assert.Equal(t, f.subtype, got.Subtype, got.Because)
			assert.Empty(t, got.Issuer)
		})
	}
	assert.Empty(t, c.Classify(classify.Evidence{}).Type)
	assert.Empty(t, c.Classify(classify.Evidence{Texts: []textread.Page{page("BIKE")}}).Type)
}

func TestZone(t *testing.T) {
	c := classifier(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, f := range []struct{ name, zone, typ, subtype, issuer string }{
		{"passport", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10", report.Passport, "", "UTO"},
		{"diplomatic", "PDUTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10", report.Passport, "diplomatic", "UTO"},
		{"visa", "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<", report.Visa, "", "UTO"},
		{"card", "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<", report.IdentityCard, "", "UTO"},
		{"crew", "ACUTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<", report.IdentityCard, "crew", "UTO"},
		{"residence", "IRUTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<", report.ResidencePermit, "", "UTO"},
		{"green card", "C1USAD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<", report.ResidencePermit, "permanent", "USA"},
		{"passport card", "IPUSAD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<", report.Passport, "card", "USA"},
		{"two letters of a state", "I<SI<D231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<", report.IdentityCard, "", "SVN"},
	} {
		t.Run(f.name, func(t *testing.T) {
			got := c.Classify(classify.Evidence{Zone: mrz.Parse(f.zone, now)})
			assert.Equal(t, f.typ, got.Type)
			assert.Equal(t, f.subtype, got.Subtype)
			assert.Equal(t, f.issuer, got.Issuer)
			for _, b := range got.Because {
				assert.NotContains(t, b, "ERIKSSON")
			}
		})
	}
	// What is printed outvotes the letter that an issuer chose.
	got := c.Classify(classify.Evidence{
		Zone:  mrz.Parse("IXUTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<", now),
		Texts: []textread.Page{page("#RESIDENCE PERMIT TITRE DE SÉJOUR", "PERMANENT RESIDENCE", "UTOPIA")},
	})
	assert.Equal(t, report.ResidencePermit, got.Type)
}

func TestBarcode(t *testing.T) {
	c := classifier(t)
	got := c.Classify(classify.Evidence{Barcode: &aamva.Document{
		Type: "DL", Issuer: aamva.Jurisdiction{IIN: "636010", Code: "FL", Country: "USA", Name: "Florida"},
	}})
	assert.Equal(t, report.DrivingLicense, got.Type)
	assert.Equal(t, "USA", got.Issuer)
	assert.Equal(t, "US-FL", got.Region)
}

func BenchmarkClassify(b *testing.B) {
	c := classifier(b)
	e := classify.Evidence{Texts: []textread.Page{page(fronts[0].lines...)}}
	for b.Loop() {
		c.Classify(e)
	}
}
