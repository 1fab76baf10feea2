package specimen

import (
	_ "embed"
	"encoding/json"
	"sync"
)

//go:embed captions.json
var captionData []byte

// captions are the names of the fields by language and field.
var captions = sync.OnceValue(func() map[string]map[string]string {
	var m map[string]map[string]string
	if err := json.Unmarshal(captionData, &m); err != nil {
		panic(err) // the file is part of the program
	}
	return m
})

// labels are the captions in the issuer's language.
func (i *Issuer) labels() map[string]string { return captions()[i.language] }

// Issuer is a fictional state: what it prints and in which colours. All are
// invented for this package.
type Issuer struct {
	Code        string // ICAO 9303 part 3 section 5 or user-assigned in ISO 3166-1
	Name        string // in English
	words       *lexicon
	titles      [2]string      // the state's name in its own languages
	heads       map[Kind]heads // the document's name
	language    string         // of its captions, in captions.json
	nationality [2]string      // men, women
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
		language: "fr", nationality: [2]string{"UTOPIENNE / UTOPIAN", "UTOPIENNE / UTOPIAN"}, authority: "Ministry of the Interior", capital: "AMAUROTE", emblem: compassRose,
		ink: rgb(0x123a63), paper: [3]hue{rgb(0xcfe6ee), rgb(0xf4f0e2), rgb(0xf3d9d4)}, lines: [3]hue{rgb(0x2f7fa6), rgb(0xc0705f), rgb(0x7b9a4a)}, relief: rgb(0x2a6f97),
	},
	{
		Code: "XKV", Name: "Kovaria", words: &cyrillicLand,
		titles: [2]string{"РЕПУБЛИКА КОВАРИЈА", "REPUBLIC OF KOVARIA"},
		heads: map[Kind]heads{
			Passport: {"ПАСОШ", "PASSPORT"}, Card: {"ЛИЧНА КАРТА", "IDENTITY CARD"}, LargeCard: {"ЛИЧНА КАРТА", "IDENTITY CARD"},
			VisaA: {"ВИЗА", "VISA"}, VisaB: {"ВИЗА", "VISA"}, Licence: {"ВОЗАЧКА ДОЗВОЛА", "DRIVING LICENCE"}, OldCard: {"ЛИЧНА КАРТА", "IDENTITY CARD"},
		},
		language: "kovarian", nationality: [2]string{"КОВАРСКО / KOVARIAN", "КОВАРСКО / KOVARIAN"}, authority: "MUP Novigrad", capital: "NOVIGRAD", emblem: wheatSun,
		ink: rgb(0x5b1f2a), paper: [3]hue{rgb(0xf1dfd9), rgb(0xf7f1e4), rgb(0xdde6ee)}, lines: [3]hue{rgb(0xa9474f), rgb(0x5f7ea8), rgb(0xc39a45)}, relief: rgb(0x9c3f4c),
	},
	{
		Code: "XTH", Name: "Thalassia", words: &greekLand,
		titles: [2]string{"ΔΗΜΟΚΡΑΤΙΑ ΤΗΣ ΘΑΛΑΣΣΙΑΣ", "REPUBLIC OF THALASSIA"},
		heads: map[Kind]heads{
			Passport: {"ΔΙΑΒΑΤΗΡΙΟ", "PASSPORT"}, Card: {"ΔΕΛΤΙΟ ΤΑΥΤΟΤΗΤΑΣ", "IDENTITY CARD"}, LargeCard: {"ΔΕΛΤΙΟ ΤΑΥΤΟΤΗΤΑΣ", "IDENTITY CARD"},
			VisaA: {"ΘΕΩΡΗΣΗ", "VISA"}, VisaB: {"ΘΕΩΡΗΣΗ", "VISA"}, Licence: {"ΑΔΕΙΑ ΟΔΗΓΗΣΗΣ", "DRIVING LICENCE"}, OldCard: {"ΔΕΛΤΙΟ ΤΑΥΤΟΤΗΤΑΣ", "IDENTITY CARD"},
		},
		language: "el", nationality: [2]string{"ΘΑΛΑΣΣΙΑΚΗ / THALASSIAN", "ΘΑΛΑΣΣΙΑΚΗ / THALASSIAN"}, authority: "A.T. LIMANI / 07", capital: "NEA CHORA", emblem: octopus,
		ink: rgb(0x1d4b6e), paper: [3]hue{rgb(0xd9eef0), rgb(0xeef3f3), rgb(0xd5dff0)}, lines: [3]hue{rgb(0x2c8c99), rgb(0x5a78b8), rgb(0x9a7fb5)}, relief: rgb(0x227a8c),
	},
	{
		Code: "XNV", Name: "Norrvik", words: &latinWorld,
		titles: [2]string{"KONGERIKET NORRVIK", "KINGDOM OF NORRVIK"},
		heads: map[Kind]heads{
			Passport: {"PASS", "PASSPORT"}, Card: {"ID-KORT", "IDENTITY CARD"}, LargeCard: {"ID-KORT", "IDENTITY CARD"},
			VisaA: {"VISUM", "VISA"}, VisaB: {"VISUM", "VISA"}, Licence: {"FØRERKORT", "DRIVING LICENCE"}, OldCard: {"ID-KORT", "IDENTITY CARD"},
		},
		language: "norrvikish", nationality: [2]string{"NORRVIKSK / NORRVIKER", "NORRVIKSK / NORRVIKER"}, authority: "Politidirektoratet", capital: "STØRVIK", emblem: pineMountain,
		ink: rgb(0x1f4a3a), paper: [3]hue{rgb(0xdcebe0), rgb(0xf3f1e6), rgb(0xe3e0ef)}, lines: [3]hue{rgb(0x3e8b6a), rgb(0x7c6fa8), rgb(0xb98a4e)}, relief: rgb(0x35785c),
	},
	{
		Code: "XMV", Name: "Montaval", words: &latinWorld,
		titles: [2]string{"RÉPUBLIQUE DE MONTAVAL", "REPUBLIC OF MONTAVAL"},
		heads: map[Kind]heads{
			Passport: {"PASSEPORT", "PASSPORT"}, Card: {"CARTE NATIONALE D'IDENTITÉ", "IDENTITY CARD"}, LargeCard: {"CARTE NATIONALE D'IDENTITÉ", "IDENTITY CARD"},
			VisaA: {"VISA", "VISA"}, VisaB: {"VISA", "VISA"}, Licence: {"PERMIS DE CONDUIRE", "DRIVING LICENCE"}, OldCard: {"CARTE NATIONALE D'IDENTITÉ", "IDENTITY CARD"},
		},
		language: "fr", nationality: [2]string{"Montavalaise", "Montavalaise"}, authority: "Préfecture du Val-Clair", capital: "MONTAVAL-SUR-ARVE", emblem: lighthouse,
		ink: rgb(0x23386b), paper: [3]hue{rgb(0xd4e2f2), rgb(0xe9eef6), rgb(0xdfe9f3)}, lines: [3]hue{rgb(0x4a74b0), rgb(0x7f9fc8), rgb(0xb0627a)}, relief: rgb(0x3a62a0),
	},
}
