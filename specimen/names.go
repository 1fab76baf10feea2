package specimen

import "strings"

// The people are invented: surnames are made up after the sound of many
// languages, so that together they print every letter of the tables in ICAO 9303
// part 3 section 6 that the faces hold.
type person struct{ surname, given, surnameNative, givenNative string }

type lexicon struct {
	surnames, women, men, places []string
	// native has the spellings in the state's own script, word for word.
	native map[string]string
}

func list(s string) []string { return strings.Split(strings.Join(strings.Fields(s), " "), " · ") }

var latinWorld = lexicon{
	surnames: list(`Åkerlind · Ørsgård · Łęczyński · Šťovíček · Nuñarez · Gërvallja · Đurašević · Þorvinsdóttir · Çelebioğlan · İnalçıkay ·
		Müßener · Îlieșcan · Őszvárossy · Żmijewka · Ķirsonē · Ñanduvier · O'Brannagh · D'Alvère · van der Vliessen · Saint-Océan ·
		Håbrekke · Kõivumägi · Vėtrūnas · Ģērmane · Jõeäär · Sæmundrud · Brontëwick · Fařkovec · Źdźbłowska · Ştefănoiu ·
		Quintão-Melro · Ybáñquez · Čobanovič · Ċamillera · Ħaġrat · Ŵynford · Erikssund · Tallbjörk ·
		Marchetelli · Oakenby · Fenwright · Delacombe · Zwartendijk · Brückenau · Täuberle · Großfürth · Aarnivuo · Päivölä`),
	women: list(`Anna Maria · Zoë · Élodie · Åsa · Ingibjörg · Şebnem · Živa · Małgorzata · Nuria Inés · Renée · Łucja · Siân · Maëlle · Jūratė · Ülle ·
		Kateřina · Ximena · Ana Sofía · Birgül · Ødny · Beatriz · Chloé Aurore · Hélène · Jördis · Tünde · Ágnes · Ioana · Līga · Ramona · Wilhelmina`),
	men: list(`Jón Þór · Étienne · Åke · Özgür · Łukasz · José Ángel · Jürgen · Søren · Miloš · Ştefan · Bjarte · Ģirts · Ívar · Cédric · François-Xavier ·
		Mícheál · Zdeněk · Győző · Ričards · Tõnu · Iñaki · Emīls · Gašper · Håkon · Kārlis · Rasmus · Théo · Ulf · Yannick · Oskar`),
	places: list(`Zénith · Port-Océan · Brückenstadt · Ostrvik · Nová Ves · São Telmo · Ånäset · Fjörðvík · Żarnów · Kısıkköy · Lumière · New Arcady · Altenau · Mirabel · Hythlodae`),
}

var cyrillicLand = lexicon{
	surnames: list(`Petrenjak · Žukovlev · Čorbadžin · Šiškarov · Ljubovec · Njegušan · Đokalin · Jurjevski · Hrastovac · Ćirpanov · Zorjanič · Vasiljkov`),
	women:    list(`Milica · Jelena · Ljubica · Snežana · Danica · Vjera · Žarka · Nadežda`),
	men:      list(`Dragan · Miloš · Zoran · Đorđe · Vuk · Stojan · Živko · Andrej`),
	places:   list(`Novigrad · Bela Crkva · Žitorađa · Čokotin · Donji Lug · Zagorje`),
}

var greekLand = lexicon{
	surnames: list(`Thalassinos · Psarogiannis · Chrysafidis · Evangelakos · Xenarios · Mpalomatis · Gkikopoulos · Ntourakis · Oikonomelis · Ypsilaras`),
	women:    list(`Eleftheria · Kyriaki · Anthi · Evdokia · Chrysoula · Ioulia · Thaleia`),
	men:      list(`Xenofon · Panagiotis · Stavros · Filippos · Charalampos · Evangelos · Thanasis`),
	places:   list(`Nea Chora · Ypsilonisi · Agia Thalassa · Psarochori · Kato Limani`),
	native: map[string]string{
		"Thalassinos": "Θαλασσινός", "Psarogiannis": "Ψαρογιάννης", "Chrysafidis": "Χρυσαφίδης", "Evangelakos": "Ευαγγελάκος", "Xenarios": "Ξενάριος",
		"Mpalomatis": "Μπαλωμάτης", "Gkikopoulos": "Γκικόπουλος", "Ntourakis": "Ντουράκης", "Oikonomelis": "Οικονομέλης", "Ypsilaras": "Υψηλάρας",
		"Eleftheria": "Ελευθερία", "Kyriaki": "Κυριακή", "Anthi": "Ανθή", "Evdokia": "Ευδοκία", "Chrysoula": "Χρυσούλα", "Ioulia": "Ιουλία", "Thaleia": "Θάλεια",
		"Xenofon": "Ξενοφών", "Panagiotis": "Παναγιώτης", "Stavros": "Σταύρος", "Filippos": "Φίλιππος", "Charalampos": "Χαράλαμπος", "Evangelos": "Ευάγγελος", "Thanasis": "Θανάσης",
	},
}

// cyrillic spells the Latin of cyrillicLand in Cyrillic, letter by letter.
var cyrillic = strings.NewReplacer(
	"Lj", "Љ", "lj", "љ", "Nj", "Њ", "nj", "њ", "Dž", "Џ", "dž", "џ",
	"A", "А", "B", "Б", "V", "В", "G", "Г", "D", "Д", "Đ", "Ђ", "E", "Е", "Ž", "Ж", "Z", "З", "I", "И", "J", "Ј", "K", "К", "L", "Л", "M", "М",
	"N", "Н", "O", "О", "P", "П", "R", "Р", "S", "С", "T", "Т", "Ć", "Ћ", "U", "У", "F", "Ф", "H", "Х", "C", "Ц", "Č", "Ч", "Š", "Ш",
	"a", "а", "b", "б", "v", "в", "g", "г", "d", "д", "đ", "ђ", "e", "е", "ž", "ж", "z", "з", "i", "и", "j", "ј", "k", "к", "l", "л", "m", "м",
	"n", "н", "o", "о", "p", "п", "r", "р", "s", "с", "t", "т", "ć", "ћ", "u", "у", "f", "ф", "h", "х", "c", "ц", "č", "ч", "š", "ш",
)

// name invents a name the issuer prints.
func (i *Issuer) name(d dice, female bool) person {
	given := i.words.men
	if female {
		given = i.words.women
	}
	p := person{surname: pick(d, i.words.surnames...), given: pick(d, given...)}
	if i.words != &latinWorld {
		p.surnameNative, p.givenNative = i.native(p.surname), i.native(p.given)
		return p
	}
	if d.chance(0.12) {
		p.surname += pick(d, "-", " ") + pick(d, i.words.surnames...)
	}
	if d.chance(0.3) {
		if second := pick(d, given...); second != p.given {
			p.given += " " + second
		}
	}
	return p
}

func (i *Issuer) native(latin string) string {
	if s, ok := i.words.native[latin]; ok {
		return s
	}
	if i.words == &cyrillicLand {
		return cyrillic.Replace(latin)
	}
	return ""
}
