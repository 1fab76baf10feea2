package mrz_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"idproof/mrz"
)

func eriksson() mrz.Fields {
	return mrz.Fields{
		Code: "P", Issuer: "UTO", Number: "L898902C3", Surname: "Eriksson", GivenNames: "Anna Maria", Nationality: "UTO",
		BirthDate: mrz.Date{Year: 1974, Month: 8, Day: 12}, ExpiryDate: mrz.Date{Year: 2012, Month: 4, Day: 15},
		Sex: mrz.Female, PersonalNumber: "ZE184226B",
	}
}

func TestBuild(t *testing.T) {
	with := func(change func(*mrz.Fields)) mrz.Fields {
		x := eriksson()
		change(&x)
		return x
	}
	tests := []struct {
		name   string
		format mrz.Format
		fields mrz.Fields
		want   []string
	}{
		{"passport", mrz.TD3, eriksson(), []string{
			"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
			"L898902C36UTO7408122F1204159ZE184226B<<<<<10",
		}},
		{"card", mrz.TD1, with(func(x *mrz.Fields) { x.Code, x.Number = "I", "D23145890" }), []string{
			"I<UTOD231458907<<<<<<<<<<<<<<<",
			"7408122F1204159UTO<<<<<<<<<<<6",
			"ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
		}},
		{"TD2", mrz.TD2, with(func(x *mrz.Fields) { x.Code, x.Number = "I", "D23145890" }), []string{
			"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
			"D231458907UTO7408122F1204159<<<<<<<6",
		}},
		{"visa A", mrz.MRVA, with(func(x *mrz.Fields) {
			x.Code, x.Number, x.Nationality, x.Optional = "V", "L8988901C", "XXX", "6ZE184226B"
			x.BirthDate, x.ExpiryDate = mrz.Date{Raw: "400907"}, mrz.Date{Raw: "961210"}
		}), []string{
			"V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
			"L8988901C4XXX4009078F96121096ZE184226B<<<<<<",
		}},
		{"long number with other data", mrz.TD1, with(func(x *mrz.Fields) {
			x.Code, x.Number, x.Optional = "I", "D23145890734", "XYZ"
		}), []string{
			"I<UTOD23145890<7349<XYZ<<<<<<<",
			"7408122F1204159UTO<<<<<<<<<<<4",
			"ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
		}},
		{"number with a hyphen, partial birth, no sex", mrz.TD3, with(func(x *mrz.Fields) {
			x.Number, x.BirthDate, x.Sex, x.PersonalNumber = "ab-12 34", mrz.Date{Year: 1974}, 0, ""
		}), []string{
			"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
			"AB<12<34<9UTO74<<<<1<1204159<<<<<<<<<<<<<<00",
		}},
		{"single name", mrz.TD3, with(func(x *mrz.Fields) { x.Surname, x.GivenNames = "Arkfreith", "" }), []string{
			"P<UTOARKFREITH<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<",
			"L898902C36UTO7408122F1204159ZE184226B<<<<<10",
		}},
		{"Swiss licence", mrz.CHDL, mrz.Fields{
			Code: "FA", Issuer: "CHE", Number: "123456789001", Surname: "Muster", GivenNames: "Hans Peter",
			BirthDate: mrz.Date{Year: 1970, Month: 1, Day: 1}, Optional: "ABC123", Language: "F",
		}, []string{"ABC123F<<", "FACHE123456789001<<700101<<<<<", "MUSTER<<HANS<PETER<<<<<<<<<<<<"}},
		{"Russian internal passport", mrz.TD3, mrz.Fields{
			Code: "PN", Issuer: "RUS", Number: "391935349", Surname: "Здрилюк", GivenNames: "Сергей Анатольевич",
			Nationality: "RUS", BirthDate: mrz.Date{Year: 1972, Month: 7, Day: 23}, Sex: mrz.Male, PersonalNumber: "4151218910003",
		}, []string{
			"PNRUSZDRIL7K<<SERGEQ<ANATOL9EVI3<<<<<<<<<<<<",
			"3919353498RUS7207233M<<<<<<04151218910003<50",
		}},
		{"Ukrainian name", mrz.TD3, with(func(x *mrz.Fields) { x.Issuer, x.Surname, x.GivenNames = "UKR", "Гнатюк", "Юлія" }), []string{
			"P<UKRHNATIUK<<YULIIA<<<<<<<<<<<<<<<<<<<<<<<<",
			"L898902C36UTO7408122F1204159ZE184226B<<<<<10",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := mrz.Build(tt.format, tt.fields)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			if d := mrz.ParseAs(tt.format, got, now); !d.Valid() {
				t.Errorf("not valid: %v", d.Problems)
			}
		})
	}
}

// Names that fill the field must end in a letter, keep a letter of the given
// name, and be found to be a cut of what was printed.
func TestBuildCutsNames(t *testing.T) {
	tests := []struct{ surname, given, td1, td3 string }{
		{
			"Nilavadhanananda", "Chayapa Dejthamrong Krasuang",
			"NILAVADHANANANDA<<CHAYAPA<DEJT", "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K",
		},
		{
			"Nilavadhanananda", "Arnpol Petch Charonguang",
			"NILAVADHANANANDA<<ARNPOL<PETCH", "NILAVADHANANANDA<<ARNPOL<PETCH<CHARONGU",
		},
		{
			"Bennelong Wooloomooloo Warrandyte Warnambool", "Dingo Potoroo",
			"BENNEL<WOOLOO<WARRAN<WARNAM<<D", "BENNELONG<WOOLOOMO<WARRANDY<WARNAMBO<<D",
		},
		{"Papandropoulous", "Jonathon Alec", "PAPANDROPOULOUS<<JONATHON<ALEC", "PAPANDROPOULOUS<<JONATHON<ALEC"},
		{"Vilarchao Fernandez", "Jose Ramon", "VILARCHAO<FERNANDEZ<<JOSE<RAMO", "VILARCHAO<FERNANDEZ<<JOSE<RAMON"},
		{"Aaaaaaaaaaaaaaaa", "Bbbbbbbbbbb Cccccc Dddddddddddd", "AAAAAAAAAAAAAAAA<<BBBBBBBBBB<C", "AAAAAAAAAAAAAAAA<<BBBBBBBBBBB<CCCCCC<DD"},
		{strings.Repeat("X", 60), "", strings.Repeat("X", 30), strings.Repeat("X", 39)},
		{strings.TrimSpace(strings.Repeat("X ", 40)), "Yvonne", "X<X<X<X<X<X<X<X<X<X<X<X<X<X<<Y", "X<X<X<X<X<X<X<X<X<X<X<X<X<X<X<X<X<X<<YV"},
	}
	for _, tt := range tests {
		x := eriksson()
		x.Surname, x.GivenNames = tt.surname, tt.given
		for f, want := range map[mrz.Format]string{mrz.TD1: tt.td1, mrz.TD3: tt.td3} {
			x.Code = f.Layout().Starts[0]
			lines, err := mrz.Build(f, x)
			if err != nil {
				t.Fatal(err)
			}
			d := mrz.ParseAs(f, lines, now)
			got := strings.TrimRight(d.Raw(mrz.FieldName), "<")
			if got != want {
				t.Errorf("%v: got %q, want %q", f, got, want)
			}
			if m := d.CompareName(tt.surname, tt.given); m != mrz.NameSame && m != mrz.NameCut {
				t.Errorf("%v: %q is %v to what was printed", f, got, m)
			}
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	tests := []struct {
		name   string
		format mrz.Format
		field  mrz.Field
		change func(*mrz.Fields)
	}{
		{"no format", mrz.Unknown, mrz.FieldCode, func(*mrz.Fields) {}},
		{"long number in a passport", mrz.TD3, mrz.FieldNumber, func(x *mrz.Fields) { x.Number = "1234567890" }},
		{"number too long for a card", mrz.TD1, mrz.FieldNumber, func(x *mrz.Fields) { x.Number = strings.Repeat("1", 23) }},
		{"long number with a gap", mrz.TD1, mrz.FieldNumber, func(x *mrz.Fields) { x.Number = "1234567890 12" }},
		{"long number with a gap at the ninth", mrz.TD1, mrz.FieldNumber, func(x *mrz.Fields) { x.Number = "12345678 012" }},
		{"no room beside a long number", mrz.TD1, mrz.FieldOptional, func(x *mrz.Fields) {
			x.Number, x.Optional = "12345678901234567", "123456"
		}},
		{"letters beyond ASCII in a number", mrz.TD3, mrz.FieldNumber, func(x *mrz.Fields) { x.Number = "Ä1" }},
		{"state too long", mrz.TD3, mrz.FieldIssuer, func(x *mrz.Fields) { x.Issuer = "UTOP" }},
		{"digit in a state", mrz.TD3, mrz.FieldNationality, func(x *mrz.Fields) { x.Nationality = "U1" }},
		{"sex", mrz.TD3, mrz.FieldSex, func(x *mrz.Fields) { x.Sex = 'W' }},
		{"date", mrz.TD3, mrz.FieldBirthDate, func(x *mrz.Fields) { x.BirthDate = mrz.Date{Raw: "74AUG1"} }},
		{"short date", mrz.TD3, mrz.FieldExpiryDate, func(x *mrz.Fields) { x.ExpiryDate = mrz.Date{Raw: "7408"} }},
		{"personal number too long", mrz.TD3, mrz.FieldPersonalNumber, func(x *mrz.Fields) { x.PersonalNumber = strings.Repeat("1", 15) }},
		{"French number too short", mrz.FRID, mrz.FieldNumber, func(x *mrz.Fields) { x.Number = "12345" }},
		{"Swiss licence without language", mrz.CHDL, mrz.FieldLanguage, func(x *mrz.Fields) {
			x.Optional, x.Number = "ABC123", "123456789001"
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := eriksson()
			tt.change(&x)
			lines, err := mrz.Build(tt.format, x)
			var fe *mrz.FieldError
			if !errors.As(err, &fe) || fe.Field != tt.field || lines != nil {
				t.Fatalf("got %q, %v; want an error in %s", lines, err, tt.field)
			}
			if strings.Contains(err.Error(), "1234") {
				t.Errorf("the error tells the data: %v", err)
			}
		})
	}
}
