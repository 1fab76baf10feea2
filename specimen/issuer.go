package specimen

// Issuer is a fictional state: what it prints and in which colours. All are
// invented for this package.
type Issuer struct {
	Code        string // ICAO 9303 part 3 section 5 or user-assigned in ISO 3166-1
	Name        string // in English
	words       *lexicon
	titles      [2]string      // the state's name in its own languages
	heads       map[Kind]heads // the document's name
	labels      map[string]string
	nationality [2]string // men, women
	authority   string
	capital     string
	emblem      emblem
	ink         hue // titles and labels
	paper       [3]hue
	lines       [3]hue // security print
	relief      hue
}

type heads [2]string // own languages, English

type emblem uint8

const (
	compassRose emblem = iota
	lighthouse
	wheatSun
	octopus
	pineMountain
)

// Issuers gives every fictional state, Utopia first.
func Issuers() []*Issuer { return issuers }

func issuerOf(code string) *Issuer {
	for _, i := range issuers {
		if i.Code == code {
			return i
		}
	}
	return nil
}

var issuers = []*Issuer{
	{
		Code: "UTO", Name: "Utopia", words: &latinWorld,
		titles: [2]string{"RÉPUBLIQUE D'UTOPIE", "REPUBLIC OF UTOPIA"},
		heads: map[Kind]heads{
			Passport: {"PASSEPORT", "PASSPORT"}, Card: {"CARTE D'IDENTITÉ", "IDENTITY CARD"}, LargeCard: {"CARTE D'IDENTITÉ", "IDENTITY CARD"},
			VisaA: {"VISA", "VISA"}, VisaB: {"VISA", "VISA"}, Licence: {"PERMIS DE CONDUIRE", "DRIVING LICENCE"}, OldCard: {"CARTE NATIONALE D'IDENTITÉ", "IDENTITY CARD"},
		},
		labels: french, nationality: [2]string{"UTOPIENNE / UTOPIAN", "UTOPIENNE / UTOPIAN"}, authority: "Ministry of the Interior", capital: "AMAUROTE", emblem: compassRose,
		ink: rgb(0x123a63), paper: [3]hue{rgb(0xcfe6ee), rgb(0xf4f0e2), rgb(0xf3d9d4)}, lines: [3]hue{rgb(0x2f7fa6), rgb(0xc0705f), rgb(0x7b9a4a)}, relief: rgb(0x2a6f97),
	},
	{
		Code: "XKV", Name: "Kovaria", words: &cyrillicLand,
		titles: [2]string{"РЕПУБЛИКА КОВАРИЈА", "REPUBLIC OF KOVARIA"},
		heads: map[Kind]heads{
			Passport: {"ПАСОШ", "PASSPORT"}, Card: {"ЛИЧНА КАРТА", "IDENTITY CARD"}, LargeCard: {"ЛИЧНА КАРТА", "IDENTITY CARD"},
			VisaA: {"ВИЗА", "VISA"}, VisaB: {"ВИЗА", "VISA"}, Licence: {"ВОЗАЧКА ДОЗВОЛА", "DRIVING LICENCE"}, OldCard: {"ЛИЧНА КАРТА", "IDENTITY CARD"},
		},
		labels: kovarian, nationality: [2]string{"КОВАРСКО / KOVARIAN", "КОВАРСКО / KOVARIAN"}, authority: "MUP Novigrad", capital: "NOVIGRAD", emblem: wheatSun,
		ink: rgb(0x5b1f2a), paper: [3]hue{rgb(0xf1dfd9), rgb(0xf7f1e4), rgb(0xdde6ee)}, lines: [3]hue{rgb(0xa9474f), rgb(0x5f7ea8), rgb(0xc39a45)}, relief: rgb(0x9c3f4c),
	},
	{
		Code: "XTH", Name: "Thalassia", words: &greekLand,
		titles: [2]string{"ΔΗΜΟΚΡΑΤΙΑ ΤΗΣ ΘΑΛΑΣΣΙΑΣ", "REPUBLIC OF THALASSIA"},
		heads: map[Kind]heads{
			Passport: {"ΔΙΑΒΑΤΗΡΙΟ", "PASSPORT"}, Card: {"ΔΕΛΤΙΟ ΤΑΥΤΟΤΗΤΑΣ", "IDENTITY CARD"}, LargeCard: {"ΔΕΛΤΙΟ ΤΑΥΤΟΤΗΤΑΣ", "IDENTITY CARD"},
			VisaA: {"ΘΕΩΡΗΣΗ", "VISA"}, VisaB: {"ΘΕΩΡΗΣΗ", "VISA"}, Licence: {"ΑΔΕΙΑ ΟΔΗΓΗΣΗΣ", "DRIVING LICENCE"}, OldCard: {"ΔΕΛΤΙΟ ΤΑΥΤΟΤΗΤΑΣ", "IDENTITY CARD"},
		},
		labels: greek, nationality: [2]string{"ΘΑΛΑΣΣΙΑΚΗ / THALASSIAN", "ΘΑΛΑΣΣΙΑΚΗ / THALASSIAN"}, authority: "A.T. LIMANI / 07", capital: "NEA CHORA", emblem: octopus,
		ink: rgb(0x1d4b6e), paper: [3]hue{rgb(0xd9eef0), rgb(0xeef3f3), rgb(0xd5dff0)}, lines: [3]hue{rgb(0x2c8c99), rgb(0x5a78b8), rgb(0x9a7fb5)}, relief: rgb(0x227a8c),
	},
	{
		Code: "XNV", Name: "Norrvik", words: &latinWorld,
		titles: [2]string{"KONGERIKET NORRVIK", "KINGDOM OF NORRVIK"},
		heads: map[Kind]heads{
			Passport: {"PASS", "PASSPORT"}, Card: {"ID-KORT", "IDENTITY CARD"}, LargeCard: {"ID-KORT", "IDENTITY CARD"},
			VisaA: {"VISUM", "VISA"}, VisaB: {"VISUM", "VISA"}, Licence: {"FØRERKORT", "DRIVING LICENCE"}, OldCard: {"ID-KORT", "IDENTITY CARD"},
		},
		labels: norrvikish, nationality: [2]string{"NORRVIKSK / NORRVIKER", "NORRVIKSK / NORRVIKER"}, authority: "Politidirektoratet", capital: "STØRVIK", emblem: pineMountain,
		ink: rgb(0x1f4a3a), paper: [3]hue{rgb(0xdcebe0), rgb(0xf3f1e6), rgb(0xe3e0ef)}, lines: [3]hue{rgb(0x3e8b6a), rgb(0x7c6fa8), rgb(0xb98a4e)}, relief: rgb(0x35785c),
	},
	{
		Code: "XMV", Name: "Montaval", words: &latinWorld,
		titles: [2]string{"RÉPUBLIQUE DE MONTAVAL", "REPUBLIC OF MONTAVAL"},
		heads: map[Kind]heads{
			Passport: {"PASSEPORT", "PASSPORT"}, Card: {"CARTE NATIONALE D'IDENTITÉ", "IDENTITY CARD"}, LargeCard: {"CARTE NATIONALE D'IDENTITÉ", "IDENTITY CARD"},
			VisaA: {"VISA", "VISA"}, VisaB: {"VISA", "VISA"}, Licence: {"PERMIS DE CONDUIRE", "DRIVING LICENCE"}, OldCard: {"CARTE NATIONALE D'IDENTITÉ", "IDENTITY CARD"},
		},
		labels: french, nationality: [2]string{"Montavalaise", "Montavalaise"}, authority: "Préfecture du Val-Clair", capital: "MONTAVAL-SUR-ARVE", emblem: lighthouse,
		ink: rgb(0x23386b), paper: [3]hue{rgb(0xd4e2f2), rgb(0xe9eef6), rgb(0xdfe9f3)}, lines: [3]hue{rgb(0x4a74b0), rgb(0x7f9fc8), rgb(0xb0627a)}, relief: rgb(0x3a62a0),
	},
}

// The captions in each state's language; englishLabels stand beside them.
var (
	englishLabels = map[string]string{
		"type": "Type", "code": "Code", "number": "Passport No.", "card_number": "Document No.", "surname": "Surname", "given_names": "Given names",
		"nationality": "Nationality", "birth_date": "Date of birth", "personal_number": "Personal No.", "sex": "Sex", "birth_place": "Place of birth",
		"issue_date": "Date of issue", "authority": "Authority", "expiry_date": "Date of expiry", "signature": "Holder's signature", "height": "Height",
		"address": "Address", "valid_for": "Valid for", "from": "From", "until": "Until", "entries": "Number of entries", "stay": "Duration of stay",
		"issued_at": "Issued in", "remarks": "Remarks", "visa_type": "Type of visa", "name": "Surname, name", "passport_number": "Passport No.",
	}
	french = map[string]string{
		"type": "Type", "code": "Code", "number": "Passeport N°", "card_number": "N° du document", "surname": "Nom", "given_names": "Prénoms",
		"nationality": "Nationalité", "birth_date": "Date de naissance", "personal_number": "N° personnel", "sex": "Sexe", "birth_place": "Lieu de naissance",
		"issue_date": "Date de délivrance", "authority": "Autorité", "expiry_date": "Date d'expiration", "signature": "Signature du titulaire", "height": "Taille",
		"address": "Adresse", "valid_for": "Valable pour", "from": "Du", "until": "Au", "entries": "Nombre d'entrées", "stay": "Durée du séjour",
		"issued_at": "Délivré à", "remarks": "Remarques", "visa_type": "Type de visa", "name": "Nom, prénom", "passport_number": "N° du passeport",
	}
	kovarian = map[string]string{
		"type": "Тип", "code": "Код", "number": "Број пасоша", "card_number": "Број исправе", "surname": "Презиме", "given_names": "Име",
		"nationality": "Држављанство", "birth_date": "Датум рођења", "personal_number": "Лични број", "sex": "Пол", "birth_place": "Место рођења",
		"issue_date": "Датум издавања", "authority": "Издао", "expiry_date": "Важи до", "signature": "Потпис", "height": "Висина",
		"address": "Адреса", "valid_for": "Важи за", "from": "Од", "until": "До", "entries": "Број улазака", "stay": "Трајање боравка",
		"issued_at": "Издато у", "remarks": "Напомене", "visa_type": "Врста визе", "name": "Презиме, име", "passport_number": "Број пасоша",
	}
	greek = map[string]string{
		"type": "Τύπος", "code": "Κωδικός", "number": "Αρ. Διαβατηρίου", "card_number": "Αρ. Εγγράφου", "surname": "Επώνυμο", "given_names": "Όνομα",
		"nationality": "Ιθαγένεια", "birth_date": "Ημ. Γέννησης", "personal_number": "Προσωπικός αρ.", "sex": "Φύλο", "birth_place": "Τόπος γέννησης",
		"issue_date": "Ημ. Έκδοσης", "authority": "Εκδούσα αρχή", "expiry_date": "Ημ. Λήξης", "signature": "Υπογραφή", "height": "Ύψος",
		"address": "Διεύθυνση", "valid_for": "Ισχύει για", "from": "Από", "until": "Έως", "entries": "Αρ. εισόδων", "stay": "Διάρκεια παραμονής",
		"issued_at": "Εκδόθηκε", "remarks": "Παρατηρήσεις", "visa_type": "Τύπος", "name": "Επώνυμο, όνομα", "passport_number": "Αρ. διαβατηρίου",
	}
	norrvikish = map[string]string{
		"type": "Type", "code": "Kode", "number": "Passnr.", "card_number": "Dokumentnr.", "surname": "Etternavn", "given_names": "Fornavn",
		"nationality": "Statsborgerskap", "birth_date": "Fødselsdato", "personal_number": "Fødselsnummer", "sex": "Kjønn", "birth_place": "Fødested",
		"issue_date": "Utstedt", "authority": "Myndighet", "expiry_date": "Utløper", "signature": "Underskrift", "height": "Høyde",
		"address": "Adresse", "valid_for": "Gyldig for", "from": "Fra", "until": "Til", "entries": "Antall innreiser", "stay": "Oppholdets varighet",
		"issued_at": "Utstedt i", "remarks": "Merknader", "visa_type": "Visumtype", "name": "Etternavn, fornavn", "passport_number": "Passnr.",
	}
)
