package mrz_test

import (
	"slices"
	"strings"
	"testing"

	"idproof/mrz"
)

func TestTransliterate(t *testing.T) {
	for name, want := range map[string]string{
		// 9303-3, 4.6
		"D’ARTAGNAN": "DARTAGNAN", "MARIE-ELISE": "MARIE<ELISE", "ANNA, MARIA": "ANNA<MARIA",
		"SMITH-JONES": "SMITH<JONES", "O’CONNOR": "OCONNOR", "AL-BASRI": "AL<BASRI",
		// 9303-3, 6 A
		"Müller-Lüdenscheidt": "MUELLER<LUEDENSCHEIDT", "Straße": "STRASSE", "Ångström": "AANGSTROEM",
		"Térèsa CAÑON": "TERESA<CANON", "Æbleskov": "AEBLESKOV", "Þórður": "THORDUR", "Łódź": "LODZ",
		"Cœur": "COEUR", "Ĳssel": "IJSSEL", "İstanbullu": "ISTANBULLU", "ışık": "ISIK", "Đorđević": "DORDEVIC",
		"Nguyễn": "NGUYEN", "Őry": "ORY", "Škoda": "SKODA", "Ğ": "G",
		// decomposed letters
		"Mu\u0308ller": "MUELLER", "Can\u0303on": "CANON", "A\u030angstro\u0308m": "AANGSTROEM", "Te\u0301re\u0300sa": "TERESA",
		// 9303-3, 6 B
		"Иванов": "IVANOV", "Щербаков": "SHCHERBAKOV", "Юрий": "IURII", "Ёлкин": "ELKIN", "Хрущёв": "KHRUSHCHEV",
		"Соловьёв": "SOLOVEV", "Объедков": "OBIEEDKOV", "Цой": "TSOI", "И\u0306": "I",
		// ISO 843
		"Παπαδόπουλος": "PAPADOPOULOS", "Ευαγγελία": "EVANGELIA", "Αυγή": "AVGI", "Ευτυχία": "EFTYCHIA",
		"Μπάμπης": "BAMPIS", "Σφυγξ": "SFYNX", "Άγχος": "ANCHOS", "Ψυχή": "PSYCHI", "Θεοδωρής": "THEODORIS",
		"Ρούσου": "ROUSOU", "Λαμπ": "LAB", "Αϋ": "AY",
		// 9303-3, B.5.7 and B.5.9
		"ابو بكر": "ABW<BKR", "محمد": "MXHMD", "زكريا": "ZKRYA", "الرازي": "ALRAZY", "عبّاس": "EBBAS",
		"فضّة": "FXDZXDZXAH", "نعيمة": "NEYMXAH", "إسماعيل": "ISMAEYL", "جميلة نعيمة": "JMYLXAH<NEYMXAH",
		"عِزّ": "EZZ", "زةز": "ZXTAZ",
		// the rest
		"": "", "  ": "", "-": "", "ERIKSSON": "ERIKSSON", "<<A<<B<<": "A<B", "De  la   Cruz": "DE<LA<CRUZ",
		"John 3rd.": "JOHN<RD", "山田": "", "A\tB": "A<B", "Jean\u2010Paul": "JEAN<PAUL", "O`Neill": "ONEILL",
	} {
		if got := mrz.Transliterate(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestTransliterateForIssuer(t *testing.T) {
	tests := []struct{ issuer, name, want string }{
		{"UKR", "Григорій", "HRYHORII"},
		{"UKR", "Юлія Яценко", "YULIIA<YATSENKO"},
		{"UKR", "Їжакевич Євген", "YIZHAKEVYCH<YEVHEN"},
		{"UKR", "Йосип", "YOSYP"},
		{"UKR", "Сергій", "SERHII"},
		{"BLR", "Гарадзецкі", "HARADZETSKI"},
		{"BLR", "Ёў", "IOU"},
		{"SRB", "Живковић Шуша", "ZIVKOVIC<SUSA"},
		{"SRB", "Цвијић Чолак Хаџић", "CVIJIC<COLAK<HADZIC"},
		{"MKD", "Ќосев Ѓорѓи Џамбаз", "KJOSEV<GJORGJI<DJAMBAZ"},
		{"BGR", "Щерев", "SHTEREV"},
		{"RUS", "Григорий", "GRIGORII"},
		{"D", "Müller", "MUELLER"},
	}
	for _, tt := range tests {
		if got := mrz.TransliterateFor(tt.issuer, tt.name); got != tt.want {
			t.Errorf("%s %q: got %q, want %q", tt.issuer, tt.name, got, tt.want)
		}
		if m := mrz.CompareNames(tt.name, tt.want); m != mrz.NameSame {
			t.Errorf("%s %q and %q are %v", tt.issuer, tt.name, tt.want, m)
		}
	}
}

func TestCandidates(t *testing.T) {
	tests := []struct {
		name  string
		limit int
		want  []string
	}{
		{"Müller", 8, []string{"MUELLER", "MUXXLLER", "MULLER"}},
		{"Cañón", 8, []string{"CANON", "CANXXON"}},
		{"Jean-Luc", 8, []string{"JEAN<LUC", "JEANLUC"}},
		{"O'Neil", 8, []string{"ONEIL", "O<NEIL"}},
		{"ERIKSSON", 8, []string{"ERIKSSON"}},
		{"Müller", 2, []string{"MUELLER", "MUXXLLER"}},
		{"Müller", 0, []string{"MUELLER"}},
		{"Щукин", 3, []string{"SHCHUKIN", "SHCHUKYN", "SHTUKIN"}},
	}
	for _, tt := range tests {
		if got := mrz.Candidates(tt.name, tt.limit); !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := mrz.Candidates(strings.Repeat("Öü", 30), 16); len(got) != 16 {
		t.Errorf("a name with many forms has %d", len(got))
	}
}

func TestCompareNames(t *testing.T) {
	tests := []struct {
		printed, mrz string
		want         mrz.NameMatch
	}{
		{"Müller", "MUELLER", mrz.NameSame},
		{"Müller", "MULLER", mrz.NameSame},
		{"Müller", "MUXXLLER", mrz.NameSame},
		{"MULLER", "MUELLER", mrz.NameSimilar},
		{"MUELLER", "MULLER", mrz.NameSimilar},
		{"MÜLLER", "MILLER", mrz.NameDifferent},
		{"MULLER", "MILLER", mrz.NameDifferent},
		{"Jean-Luc", "JEAN<LUC", mrz.NameSame},
		{"JEAN LUC", "JEANLUC", mrz.NameSame},
		{"Jean-Luc", "JEAN LUC", mrz.NameSame},
		{"JEANLUC", "JEAN<LUC", mrz.NameDifferent},
		{"O’Connor", "OCONNOR", mrz.NameSame},
		{"O’Connor", "O<CONNOR", mrz.NameSame},
		{"Λευτέρης", "LEFTERIS", mrz.NameSame},
		{"Γεώργιος", "GEORGIOS", mrz.NameSame},
		{"Хаџић", "HADZIC", mrz.NameSame},
		{"محمد", "MXHMD", mrz.NameSame},
		{"فضّة", "FXDZXAH", mrz.NameSame}, // shadda is optional
		{"ANNA MARIA", "ANNA<MARIA<<<<<", mrz.NameSame},
		{"ANNA MARIA", "ANNA<MAR", mrz.NameCut},
		{"ANNA MARIA", "ANNA<M", mrz.NameCut},
		{"ANNA MARIA", "ANNA", mrz.NameCut},
		{"ANNA MARIA", "A<MARIA", mrz.NameCut},
		{"ANNA MARIA", "MARIA", mrz.NameDifferent},
		{"ANNA", "ANNA<MARIA", mrz.NameDifferent},
		{"NILAVADHANANANDA", "NILAVADHANANANDA", mrz.NameSame},
		{"BENNELONG WOOLOOMOOLOO WARRANDYTE WARNAMBOOL", "BENNELONG<WOOLOOMOOLOO<W<W", mrz.NameCut},
		{"BENNELONG WOOLOOMOOLOO WARRANDYTE WARNAMBOOL", "BENNE<WOOLO<WARRA<WARNA", mrz.NameCut},
		{"Größer Müller", "GROESSER<MUE", mrz.NameCut},
		{"", "", mrz.NameSame},
		{"ANNA", "", mrz.NameDifferent},
		{"", "ANNA", mrz.NameDifferent},
		{"A", strings.Repeat("A", 64), mrz.NameDifferent},
		{"Ñ\u0303uñez", "NUNEZ", mrz.NameSame},
		{"NUNEZ", "NXXUNXXEZ", mrz.NameSimilar},
		{"Dordevic", "DJORDJEVIC", mrz.NameSimilar},
		{"MICHAEL", "MICHAL", mrz.NameSimilar}, // the price: no mark was lost here
		{"MICHAEL", "MICHEL", mrz.NameDifferent},
	}
	for _, tt := range tests {
		if got := mrz.CompareNames(tt.printed, tt.mrz); got != tt.want {
			t.Errorf("%q and %q: got %v, want %v", tt.printed, tt.mrz, got, tt.want)
		}
		if got := mrz.SameName(tt.printed, tt.mrz); got != (tt.want >= mrz.NameSimilar) {
			t.Errorf("%q and %q: SameName is %v", tt.printed, tt.mrz, got)
		}
	}
}

func TestCompareName(t *testing.T) {
	tests := []struct {
		name, line, surname, given string
		want                       mrz.NameMatch
	}{
		{"same", "I<UTOMUELLER<<ANNA<<<<<<<<<<<<<<<<<<", "Müller", "Anna", mrz.NameSame},
		{"similar", "I<UTOMUELLER<<ANNA<<<<<<<<<<<<<<<<<<", "MULLER", "ANNA", mrz.NameSimilar},
		{"shortened though there was room", "I<UTOMUELLER<<ANNA<<<<<<<<<<<<<<<<<<", "Müller", "Anna Maria", mrz.NameDifferent},
		{"cut", "I<UTOBENNELONG<WOOLOOMOOLOO<W<W<<D<P", "BENNELONG WOOLOOMOOLOO WARRANDYTE WARNAMBOOL", "DINGO POTOROO", mrz.NameCut},
		{"cut surname, no given name left", "I<UTOBENNELONG<WOOLOOMOOLOO<WARRANDY", "BENNELONG WOOLOOMOOLOO WARRANDYTE", "DINGO", mrz.NameCut},
		{"single name", "I<UTOARKFREITH<<<<<<<<<<<<<<<<<<<<<<", "Arkfreith", "", mrz.NameSame},
		{"other surname", "I<UTOMUELLER<<ANNA<<<<<<<<<<<<<<<<<<", "MEIER", "ANNA", mrz.NameDifferent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := mrz.ParseAs(mrz.TD2, []string{tt.line, "D231458907UTO7408122F1204159<<<<<<<6"}, now)
			if got := d.CompareName(tt.surname, tt.given); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestCompareNameOfRussianPassport(t *testing.T) {
	d := mrz.Parse("PNRUSZDRIL7K<<SERGEQ<ANATOL9EVI3<<<<<<<<<<<<\n3919353498RUS7207233M<<<<<<<4151218910003<50", now)
	tests := []struct {
		surname, given string
		want           mrz.NameMatch
	}{
		{"Здрилюк", "Сергей Анатольевич", mrz.NameSame},
		{"Здрилюк", "Сёргей Анатольевич", mrz.NameSimilar},
		{"Здрилюк", "Сергей", mrz.NameDifferent},
		{"Иванов", "Сергей Анатольевич", mrz.NameDifferent},
	}
	for _, tt := range tests {
		if got := d.CompareName(tt.surname, tt.given); got != tt.want {
			t.Errorf("%s %s: got %v, want %v", tt.surname, tt.given, got, tt.want)
		}
	}
}

func TestReverse(t *testing.T) {
	tests := []struct {
		script     mrz.Script
		name, want string
		ok         bool
	}{
		{mrz.ScriptLatin, "CANXXON<MUXXLLER", "CAÑON MÜLLER", true},
		{mrz.ScriptLatin, "ERIKSS0N", "ERIKSS0N", false},
		{mrz.ScriptArabic, "ABW<BKR<MXHMD<BN<ZKRYA<ALRAZY", "ابو بكر محمد بن زكريا الرازي", true},
		{mrz.ScriptArabic, "NEYMXAH<<<", "نعيمة", true},
		{mrz.ScriptArabic, "EBD<ALLH", "عبد الله", true},
		{mrz.ScriptArabic, "EZZ", "عزّ", true},
		{mrz.ScriptArabic, "MMDWXH", "ممدوح", true}, // no shadda on a first letter
		{mrz.ScriptArabic, "FXDZXDZXAH", "فضّة", true},
		{mrz.ScriptArabic, "XSHAH<XJX", "شاه ژ", false},
		{mrz.ScriptArabic, "OTTO", "تّ", false},
		{mrz.ScriptRussian, "ZDRIL7K<SERGEQ<ANATOL9EVI3", "ЗДРИЛЮК СЕРГЕЙ АНАТОЛЬЕВИЧ", true},
		{mrz.ScriptRussian, "W2TKIN", "ЩЁТКИН", true},
		{mrz.ScriptRussian, "IVAN0V", "ИВАНВ", false},
	}
	for _, tt := range tests {
		got, ok := mrz.Reverse(tt.script, tt.name)
		if got != tt.want || ok != tt.ok {
			t.Errorf("%s: got %q %v, want %q %v", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

func TestReverseArabicUndoesTransliterate(t *testing.T) {
	for _, name := range []string{"سمير", "جمال عبد الناصر", "العباس", "عبدالعزيز بن متعب", "هاري الشماع", "چراغ ژاله", "ٹھنڈا"} {
		if got, ok := mrz.Reverse(mrz.ScriptArabic, mrz.Transliterate(name)); got != name || !ok {
			t.Errorf("%q came back as %q %v", name, got, ok)
		}
	}
}

func TestStates(t *testing.T) {
	for code, want := range map[string]string{
		"D": "Germany", "UTO": "Utopia", "RKS": "Kosovo", "XXA": "Stateless person", "GBN": "British National (Overseas)",
		"UNO": "United Nations Organization", "CIV": "Côte d'Ivoire", "TUR": "Türkiye", "SUN": "Union of Soviet Socialist Republics",
	} {
		if got, ok := mrz.StateName(code); got != want || !ok {
			t.Errorf("%s: got %q, want %q", code, got, want)
		}
	}
	for _, code := range []string{"", "QQQ", "GER", "D<<", "uto"} {
		if _, ok := mrz.StateName(code); ok {
			t.Errorf("%q is known", code)
		}
	}
	iso, two := 0, map[string]string{}
	all := mrz.States()
	if !slices.IsSortedFunc(all, func(a, b mrz.State) int { return strings.Compare(a.Code, b.Code) }) {
		t.Error("not in order")
	}
	for _, s := range all {
		if s.Name == "" || len(s.Code) < 1 || len(s.Code) > 3 {
			t.Errorf("incomplete: %+v", s)
		}
		if len(s.Code) == 3 && len(s.Alpha2) == 2 && !s.Withdrawn && s.Code != "RKS" && s.Code != "EUE" &&
			s.Alpha2 != "UN" && s.Alpha2 != "UT" && s.Alpha2 != "IA" {
			iso++
			if other := two[s.Alpha2]; other != "" {
				t.Errorf("%s and %s share %s", other, s.Code, s.Alpha2)
			}
			two[s.Alpha2] = s.Code
		}
	}
	if iso != 249 {
		t.Errorf("%d entries of ISO 3166-1, want 249", iso)
	}
	for code, want := range map[string][2]bool{"XXB": {false, true}, "IAO": {false, false}, "UTO": {true, true}, "D": {true, true}} {
		if s, _ := mrz.LookupState(code); s.Issues != want[0] || s.Nationality != want[1] {
			t.Errorf("%s: %+v", code, s)
		}
	}
}
