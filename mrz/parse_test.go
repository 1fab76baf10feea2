package mrz_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"idproof/mrz"
)

var now = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// codes lists the problems of a document, "code" or "code/field".
func codes(d *mrz.Document) (out []string) {
	for _, p := range d.Problems {
		s := string(p.Code)
		if p.Field != "" {
			s += "/" + string(p.Field)
		}
		out = append(out, s)
	}
	return out
}

// parsed is what a test expects of a document.
type parsed struct {
	format                                      mrz.Format
	code, issuer, number, surname, given, state string
	birth, expiry                               string
	sex                                         mrz.Sex
	optional, optional2, personal               string
	problems                                    []string
	valid                                       bool
}

func observed(d *mrz.Document) parsed {
	return parsed{
		format: d.Format, code: d.Code, issuer: d.Issuer, number: d.Number,
		surname: d.Surname, given: d.GivenNames, state: d.Nationality,
		birth: d.BirthDate.String(), expiry: d.ExpiryDate.String(), sex: d.Sex,
		optional: d.Optional, optional2: d.Optional2, personal: d.PersonalNumber,
		problems: codes(d), valid: d.Valid(),
	}
}

func TestParse(t *testing.T) {
	tests := []struct {
		name, text string
		want       parsed
	}{
		{
			"passport of the standard",
			"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
			parsed{
				format: mrz.TD3, code: "P", issuer: "UTO", number: "L898902C3", surname: "ERIKSSON",
				given: "ANNA MARIA", state: "UTO", birth: "1974-08-12", expiry: "2012-04-15", sex: mrz.Female,
				personal: "ZE184226B", valid: true,
			},
		},
		{
			"card of the standard",
			"I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
			parsed{
				format: mrz.TD1, code: "I", issuer: "UTO", number: "D23145890", surname: "ERIKSSON",
				given: "ANNA MARIA", state: "UTO", birth: "1974-08-12", expiry: "2012-04-15", sex: mrz.Female, valid: true,
			},
		},
		{
			"TD2 of the standard",
			"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6",
			parsed{
				format: mrz.TD2, code: "I", issuer: "UTO", number: "D23145890", surname: "ERIKSSON",
				given: "ANNA MARIA", state: "UTO", birth: "1974-08-12", expiry: "2012-04-15", sex: mrz.Female, valid: true,
			},
		},
		{
			"visa A of the standard",
			"V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<",
			parsed{
				format: mrz.MRVA, code: "V", issuer: "UTO", number: "L8988901C", surname: "ERIKSSON",
				given: "ANNA MARIA", state: "XXX", birth: "1940-09-07", expiry: "1996-12-10", sex: mrz.Female,
				optional: "6ZE184226B", valid: true,
			},
		},
		{
			"visa B of the standard",
			"V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<",
			parsed{
				format: mrz.MRVB, code: "V", issuer: "UTO", number: "L8988901C", surname: "ERIKSSON",
				given: "ANNA MARIA", state: "XXX", birth: "1940-09-07", expiry: "1996-12-10", sex: mrz.Female, valid: true,
			},
		},
		{
			"long number on a card (9303-11, D.2)",
			"I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<",
			parsed{
				format: mrz.TD1, code: "I", issuer: "UTO", number: "D23145890734", surname: "STEVENSON",
				given: "PETER JOHN", state: "UTO", birth: "1934-07-12", expiry: "1995-07-12", sex: mrz.Male, valid: true,
			},
		},
		{
			"long number on a TD2",
			"I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<\nD23145890<UTO3407127M95071227349<<<8",
			parsed{
				format: mrz.TD2, code: "I", issuer: "UTO", number: "D23145890734", surname: "STEVENSON",
				given: "PETER JOHN", state: "UTO", birth: "1934-07-12", expiry: "1995-07-12", sex: mrz.Male, valid: true,
			},
		},
		{
			"long number whose digit counts the filler",
			"IDBEL000590240<6013<<<<<<<<<<<\n8512017F1311048BEL851201002007\nREINARTZ<<ULRIKE<KATIA<E<<<<<<",
			parsed{
				format: mrz.TD1, code: "ID", issuer: "BEL", number: "000590240601", surname: "REINARTZ",
				given: "ULRIKE KATIA E", state: "BEL", birth: "1985-12-01", expiry: "2013-11-04", sex: mrz.Female,
				optional2: "85120100200", problems: []string{"check_digit_long/document_number"}, valid: true,
			},
		},
		{
			"one-letter state, filler for the digit of nothing",
			"P<D<<MUSTERMANN<<ERIKA<<<<<<<<<<<<<<<<<<<<<<\nC01X0006H1D<<6408125F1710319<<<<<<<<<<<<<<<0",
			parsed{
				format: mrz.TD3, code: "P", issuer: "D", number: "C01X0006H", surname: "MUSTERMANN", given: "ERIKA",
				state: "D", birth: "1964-08-12", expiry: "2017-10-31", sex: mrz.Female, valid: true,
			},
		},
		{
			"unknown month and day, no given name, unspecified sex",
			"P<UTOERIKSSON<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<\nL898902C36UTO74<<<<1X1204159ZE184226B<<<<<18",
			parsed{
				format: mrz.TD3, code: "P", issuer: "UTO", number: "L898902C3", surname: "ERIKSSON", state: "UTO",
				birth: "1974", expiry: "2012-04-15", sex: mrz.X, personal: "ZE184226B", valid: true,
			},
		},
		{
			"given names only",
			"I<UTOD231458907ABC<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<1\n<<ANNA<MARIA<<<<<<<<<<<<<<<<<<",
			parsed{
				format: mrz.TD1, code: "I", issuer: "UTO", number: "D23145890", given: "ANNA MARIA", state: "UTO",
				birth: "1974-08-12", expiry: "2012-04-15", sex: mrz.Female, optional: "ABC",
				problems: []string{"surname_missing/name"}, valid: true,
			},
		},
		{
			"Russian internal passport: letters coded as digits, no expiry",
			"PNRUSZDRIL7K<<SERGEQ<ANATOL9EVI3<<<<<<<<<<<<\n3919353498RUS7207233M<<<<<<<4151218910003<50",
			parsed{
				format: mrz.TD3, code: "PN", issuer: "RUS", number: "391935349", surname: "ZDRIL7K",
				given: "SERGEQ ANATOL9EVI3", state: "RUS", birth: "1972-07-23", sex: mrz.Male,
				personal: "4151218910003", problems: []string{"character/name"}, valid: true,
			},
		},
		{
			"French card",
			"IDFRADUBOIS<<<<<<<<<<<<<<<<<<<751042\n1406751000015CLAIRE<<MARIE<8803045F8",
			parsed{
				format: mrz.FRID, code: "ID", issuer: "FRA", number: "140675100001", surname: "DUBOIS",
				given: "CLAIRE MARIE", birth: "1988-03-04", sex: mrz.Female, optional: "751042", valid: true,
			},
		},
		{
			"Slovak card",
			"I<SVKVZOR<<MARTA<<<<<<<<<<<<<<<<<<\nSP123456<2SVK7001017F1001015<<<<<<",
			parsed{
				format: mrz.SVKID, code: "I", issuer: "SVK", number: "SP123456", surname: "VZOR", given: "MARTA",
				state: "SVK", birth: "1970-01-01", expiry: "2010-01-01", sex: mrz.Female, valid: true,
			},
		},
		{
			"French licence",
			"D1FRA20AB123450350101LEFEBVRE1",
			parsed{
				format: mrz.DL1, code: "D1", issuer: "FRA", number: "20AB12345", surname: "LEFEBVRE",
				expiry: "2035-01-01", problems: []string{"name_truncated/surname"}, valid: true,
			},
		},
		{
			"Dutch licence",
			"D1NLD11234567890ABCDEFGHIJKLM5",
			parsed{
				format: mrz.DL1, code: "D1", issuer: "NLD", number: "1234567890",
				optional: "ABCDEFGHIJKLM", optional2: "1", valid: true,
			},
		},
		{
			"another licence",
			"D1IRLX123456789<<<<<<<<<<<<<<4",
			parsed{format: mrz.DL1, code: "D1", issuer: "IRL", optional: "X123456789", valid: true},
		},
		{
			"Swiss licence",
			"ABC123F<<\nFACHE123456789001<<700101<<<<<\nMUSTER<<HANS<PETER<<<<<<<<<<<<",
			parsed{
				format: mrz.CHDL, code: "FA", issuer: "CHE", number: "123456789001", surname: "MUSTER",
				given: "HANS PETER", birth: "1970-01-01", optional: "ABC123", valid: true,
			},
		},
		{
			"Swiss licence with the long number, run together",
			"ABC123D<<FACHE000123456789001<<700101<<MUSTER<<HANS<PETER<<<<<<<<<<<<",
			parsed{
				format: mrz.CHDL, code: "FA", issuer: "CHE", number: "000123456789001", surname: "MUSTER",
				given: "HANS PETER", birth: "1970-01-01", optional: "ABC123", valid: true,
			},
		},
		{
			"small letters, spaces, guillemets, carriage returns, blank lines",
			"\r\n p<utoeriksson<<anna<maria«««««««««<\r\n\r\nL898902C3 6UTO740812 2F1204159ZE184226B<<<<<10 \r\n",
			parsed{
				format: mrz.TD3, code: "P", issuer: "UTO", number: "L898902C3", surname: "ERIKSSON",
				given: "ANNA MARIA", state: "UTO", birth: "1974-08-12", expiry: "2012-04-15", sex: mrz.Female,
				personal: "ZE184226B", valid: true,
			},
		},
		{
			"lines run together, as on a chip",
			"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6",
			parsed{
				format: mrz.TD2, code: "I", issuer: "UTO", number: "D23145890", surname: "ERIKSSON",
				given: "ANNA MARIA", state: "UTO", birth: "1974-08-12", expiry: "2012-04-15", sex: mrz.Female, valid: true,
			},
		},
		{
			"more than one break in the name, name up to the end",
			"I<UTOERIKSSON<<ANNA<<MARIA<MAGDALENA\nD231458907UTO7408122F1204159<<<<<<<6",
			parsed{
				format: mrz.TD2, code: "I", issuer: "UTO", number: "D23145890", surname: "ERIKSSON",
				given: "ANNA MARIA MAGDALENA", state: "UTO", birth: "1974-08-12", expiry: "2012-04-15", sex: mrz.Female,
				problems: []string{"name_truncated/name", "name_separators/name"}, valid: true,
			},
		},
		{
			"states that are in no list or in the wrong place",
			"P<XXAERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36QQQ7408122F1204159ZE184226B<<<<<10",
			parsed{
				format: mrz.TD3, code: "P", issuer: "XXA", number: "L898902C3", surname: "ERIKSSON",
				given: "ANNA MARIA", state: "QQQ", birth: "1974-08-12", expiry: "2012-04-15", sex: mrz.Female,
				personal: "ZE184226B", problems: []string{"state_misplaced/issuer", "state_unknown/nationality"}, valid: true,
			},
		},
		{
			"a line too short",
			"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
			parsed{
				format: mrz.TD3, code: "P", issuer: "UTO", number: "L898902C3", surname: "ERIKSSON",
				given: "ANNA MARIA", state: "UTO", birth: "1974-08-12", expiry: "2012-04-15", sex: mrz.Female,
				personal: "ZE184226B", problems: []string{"line_length"},
			},
		},
		{
			"among other text",
			"REPUBLIC OF UTOPIA\nP<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
			parsed{
				format: mrz.TD3, code: "P", issuer: "UTO", number: "L898902C3", surname: "ERIKSSON",
				given: "ANNA MARIA", state: "UTO", birth: "1974-08-12", expiry: "2012-04-15", sex: mrz.Female,
				personal: "ZE184226B", problems: []string{"line_extra"},
			},
		},
		{
			"first line alone",
			"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
			parsed{
				format: mrz.TD3, code: "P", issuer: "UTO", surname: "ERIKSSON", given: "ANNA MARIA",
				problems: []string{"line_missing"},
			},
		},
		{
			"nothing like it",
			"HELLO\nWORLD",
			parsed{problems: []string{"format_unknown"}},
		},
		{"empty", "", parsed{problems: []string{"format_unknown"}}},
		{
			"blank number",
			"I<UTO<<<<<<<<<0<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
			parsed{
				format: mrz.TD1, code: "I", issuer: "UTO", surname: "ERIKSSON", given: "ANNA MARIA", state: "UTO",
				birth: "1974-08-12", expiry: "2012-04-15", sex: mrz.Female,
				problems: []string{"check_digit/composite", "number_missing/document_number"},
			},
		},
		{
			"letters in dates, a digit in a state, a month that is not",
			"P<UT0ERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO74A8122F1213159ZE184226B<<<<<10",
			parsed{
				format: mrz.TD3, code: "P", issuer: "UT0", number: "L898902C3", surname: "ERIKSSON",
				given: "ANNA MARIA", state: "UTO", birth: "1974", expiry: "2012", sex: mrz.Female, personal: "ZE184226B",
				problems: []string{
					"character/issuer", "state_unknown/issuer", "character/birth_date", "date_invalid/birth_date",
					"date_invalid/expiry_date", "check_digit/expiry_date", "check_digit/composite",
				},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := mrz.Parse(tt.text, now)
			if got, want := fmt.Sprintf("%+v", observed(d)), fmt.Sprintf("%+v", tt.want); got != want {
				t.Errorf("got  %s\nwant %s\nchecks %+v", got, want, d.Checks)
			}
		})
	}
}

// A wrong character must fail exactly the digits that cover it.
func TestChecksCoverWhatTheyShould(t *testing.T) {
	tests := []struct {
		line, pos int
		to        byte
		fail      []mrz.Field
	}{
		{0, 10, 'Z', nil},
		{1, 0, 'M', []mrz.Field{mrz.FieldNumber, mrz.FieldComposite}},
		{1, 9, '7', []mrz.Field{mrz.FieldNumber, mrz.FieldComposite}},
		{1, 10, 'D', nil},
		{1, 14, '5', []mrz.Field{mrz.FieldBirthDate, mrz.FieldComposite}},
		{1, 20, 'M', nil},
		{1, 22, '3', []mrz.Field{mrz.FieldExpiryDate, mrz.FieldComposite}},
		{1, 30, '2', []mrz.Field{mrz.FieldPersonalNumber, mrz.FieldComposite}},
		{1, 42, '2', []mrz.Field{mrz.FieldPersonalNumber, mrz.FieldComposite}},
		{1, 43, '1', []mrz.Field{mrz.FieldComposite}},
		{1, 43, '<', []mrz.Field{mrz.FieldComposite}},
	}
	for _, tt := range tests {
		lines := [][]byte{
			[]byte("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"),
			[]byte("L898902C36UTO7408122F1204159ZE184226B<<<<<10"),
		}
		lines[tt.line][tt.pos] = tt.to
		d := mrz.ParseAs(mrz.TD3, []string{string(lines[0]), string(lines[1])}, now)
		var fail []mrz.Field
		for _, c := range d.Checks {
			if !c.OK {
				fail = append(fail, c.Field)
			}
			if c.OK != (c.Printed == c.Computed) {
				t.Errorf("%s printed %c computed %c ok %v", c.Field, c.Printed, c.Computed, c.OK)
			}
		}
		if !slices.Equal(fail, tt.fail) {
			t.Errorf("%c at %d,%d fails %v, want %v", tt.to, tt.line, tt.pos, fail, tt.fail)
		}
	}
}

func TestCheckSaysWhatItShouldBe(t *testing.T) {
	d := mrz.ParseAs(mrz.TD3, []string{
		"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
		"L898902C37UTO7408122F12?4159ZE184226B<<<<<10",
	}, now)
	if c, ok := d.Check(mrz.FieldNumber); !ok || c.Printed != '7' || c.Computed != '6' || c.Line != 1 || c.Pos != 9 {
		t.Errorf("number: %+v", c)
	}
	if c, _ := d.Check(mrz.FieldExpiryDate); c.OK || c.Computed != 0 {
		t.Errorf("a digit over an unreadable character: %+v", c)
	}
	if _, ok := d.Check(mrz.FieldOptional); ok {
		t.Error("optional data has a check digit")
	}
}

func TestLongNumbers(t *testing.T) {
	tests := []struct {
		name, first, number, optional string
		pos                           int
		ok                            bool
	}{
		{"as long as can be", "I<UTO123456789<01234567890121<", "1234567890123456789012", "", 28, true},
		{"with other data after it", "I<UTOD23145890<7349<XYZ<<<<<<<", "D23145890734", "XYZ", 18, true},
		{"wrong digit", "I<UTOD23145890<7340<<<<<<<<<<<", "D23145890734", "", 18, false},
		{"rest without a digit", "I<UTOD23145890<734X<<<<<<<<<<<", "D23145890", "734X", 14, false},
		{"nothing but a digit", "I<UTOD23145890<7<<<<<<<<<<<<<<", "D23145890", "7", 14, false},
		{"short number, blank digit", "I<UTOD2314589<<734<<<<<<<<<<<<", "D2314589", "734", 14, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := mrz.ParseAs(mrz.TD1, []string{tt.first, "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<<<<<<<<<<<<<<<<"}, now)
			c, _ := d.Check(mrz.FieldNumber)
			if d.Number != tt.number || d.Optional != tt.optional || c.Pos != tt.pos || c.OK != tt.ok {
				t.Errorf("number %q, optional %q, check %+v", d.Number, d.Optional, c)
			}
		})
	}
}

func TestDates(t *testing.T) {
	tests := []struct {
		name, birth, expiry         string
		now                         time.Time
		wantBirth, wantExpiry, code string
	}{
		{"this century", "250228", "350101", now, "2025-02-28", "2035-01-01", ""},
		{"born today", "260301", "350101", now, "2026-03-01", "2035-01-01", ""},
		{"born tomorrow is a hundred", "260302", "350101", now, "1926-03-02", "2035-01-01", ""},
		{"born this year, month unknown", "26<<<<", "350101", now, "2026", "2035-01-01", ""},
		{"expired long ago", "500101", "760101", now, "1950-01-01", "1976-01-01", ""},
		{"expires far off", "500101", "750101", now, "1950-01-01", "2075-01-01", ""},
		{"never expires before birth", "200101", "770101", now, "2020-01-01", "2077-01-01", ""},
		{"before the turn", "991231", "000101", time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC), "1999-12-31", "2000-01-01", ""},
		{"leap day 2000", "000229", "350101", now, "2000-02-29", "2035-01-01", ""},
		{"leap day that was not", "010229", "350101", now, "2001-02-29", "2035-01-01", "date_invalid/birth_date"},
		{"thirty-first of April", "010431", "350101", now, "2001-04-31", "2035-01-01", "date_invalid/birth_date"},
		{"nothing known", "<<<<<<", "<<<<<<", now, "", "", ""},
		{"month and year known", "0104<<", "3501<<", now, "2001-04", "2035-01", ""},
		{"half a part", "010<12", "350101", now, "2001", "2035-01-01", "date_invalid/birth_date"},
		{"zeros for unknown", "010000", "350101", now, "2001", "2035-01-01", "date_zero/birth_date"},
		{"day without month", "01<<12", "350101", now, "2001", "2035-01-01", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, _ := mrz.CheckDigit(tt.birth)
			e, _ := mrz.CheckDigit(tt.expiry)
			d := mrz.ParseAs(mrz.MRVA, []string{
				"V<UTOERIKSSON<<ANNA<<<<<<<<<<<<<<<<<<<<<<<<<",
				"L898902C36UTO" + tt.birth + string(b) + "F" + tt.expiry + string(e) + strings.Repeat("<", 16),
			}, tt.now)
			if got := d.BirthDate.String(); got != tt.wantBirth {
				t.Errorf("birth %q, want %q", got, tt.wantBirth)
			}
			if got := d.ExpiryDate.String(); got != tt.wantExpiry {
				t.Errorf("expiry %q, want %q", got, tt.wantExpiry)
			}
			if got := strings.Join(codes(d), " "); got != tt.code {
				t.Errorf("problems %q, want %q", got, tt.code)
			}
			if d.BirthDate.Raw != tt.birth || d.BirthDate.MRZ() != tt.birth {
				t.Errorf("raw %q", d.BirthDate.Raw)
			}
		})
	}
}

func TestDateMRZ(t *testing.T) {
	for want, d := range map[string]mrz.Date{
		"740812": {Year: 1974, Month: 8, Day: 12},
		"0503<<": {Year: 2005, Month: 3},
		"<<<<<<": {},
		"000101": {Year: 2000, Month: 1, Day: 1},
	} {
		if got := d.MRZ(); got != want {
			t.Errorf("%+v: got %q, want %q", d, got, want)
		}
	}
	if d := (mrz.Date{}); !d.IsZero() || d.Complete() {
		t.Error("the zero date is known")
	}
	if d := (mrz.Date{Year: 1974, Month: 8, Day: 12}); d.IsZero() || !d.Complete() {
		t.Error("a full date is not known")
	}
}

func TestIssueDateOfFrenchCard(t *testing.T) {
	d := mrz.Parse("IDFRADUBOIS<<<<<<<<<<<<<<<<<<<751042\n1406751000015CLAIRE<<MARIE<8803045F8", now)
	if got := d.IssueDate.String(); got != "2014-06" {
		t.Errorf("issued %q", got)
	}
}

func TestDetect(t *testing.T) {
	line := func(start string, n int) string { return start + strings.Repeat("<", n-len(start)) }
	tests := []struct {
		name  string
		lines []string
		want  mrz.Format
	}{
		{"passport", []string{line("P<UTO", 44), line("1", 44)}, mrz.TD3},
		{"visa", []string{line("V<UTO", 44), line("1", 44)}, mrz.MRVA},
		{"small visa", []string{line("VCUTO", 36), line("1", 36)}, mrz.MRVB},
		{"TD2", []string{line("I<UTO", 36), line("1", 36)}, mrz.TD2},
		{"TD2 that France did not make", []string{line("IDFRAX", 36), "D231458907FRA7408122F1204159<<<<<<<6"}, mrz.TD2},
		{"card", []string{line("I<UTO", 30), line("1", 30), line("X", 30)}, mrz.TD1},
		{"card, each line a character off", []string{line("I<UTO", 29), line("1", 31), line("X", 30)}, mrz.TD1},
		{"Slovak", []string{line("IDSVK", 34), line("1", 34)}, mrz.SVKID},
		{"34 characters of someone else", []string{line("IDUTO", 34), line("1", 34)}, mrz.TD2},
		{"licence", []string{line("D1UTO", 30)}, mrz.DL1},
		{"licence, one short", []string{line("D1UTO", 29)}, mrz.DL1},
		{"a name is no licence", []string{line("DUPONT<<JEAN", 30)}, mrz.Unknown},
		{"first line of a card", []string{line("IDUTO", 30)}, mrz.TD1},
		{"two lines of a card", []string{line("IDUTO", 30), line("1", 30)}, mrz.TD1},
		{"first line of a French card", []string{line("IDFRA", 36)}, mrz.FRID},
		{"first line of a visa", []string{line("V<UTO", 44)}, mrz.MRVA},
		{"first line of a small visa", []string{line("V<UTO", 36)}, mrz.MRVB},
		{"first line of a TD2", []string{line("I<UTO", 36)}, mrz.TD2},
		{"Swiss without its first line", []string{line("FACHE", 30), line("X", 30)}, mrz.CHDL},
		{"a passport among others", []string{"X", "Y", line("P<UTO", 44), line("1", 44), "Z"}, mrz.TD3},
		{"four lines of nothing", []string{"A", "B", "C", "D"}, mrz.Unknown},
		{"nothing", nil, mrz.Unknown},
		{"69 characters of nothing", []string{line("X", 69)}, mrz.Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := mrz.Detect(tt.lines); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestLinesRunTogether(t *testing.T) {
	for _, b := range append(benchmarks[:len(benchmarks):len(benchmarks)],
		struct{ name, text string }{"SVKID", "I<SVKVZOR<<MARTA<<<<<<<<<<<<<<<<<<\nSP123456<2SVK7001017F1001015<<<<<<"},
		struct{ name, text string }{"CHDL", "ABC123D<<\nFACHE0001234567890001<<700101<<\nMUSTER<<HANS<PETER<<<<<<<<<<<<<"},
	) {
		d := mrz.Parse(strings.ReplaceAll(b.text, "\n", ""), now)
		if d.Format.String() != b.name || !d.Valid() {
			t.Errorf("%s: %v %v", b.name, d.Format, d.Problems)
		}
		if lines, err := mrz.Build(d.Format, d.Fields()); err != nil || len(lines) != strings.Count(b.text, "\n")+1 {
			t.Errorf("%s: built %q, %v", b.name, lines, err)
		}
	}
}

func TestParseAsForcesTheFormat(t *testing.T) {
	d := mrz.ParseAs(mrz.TD1, []string{"P<UTO", "", "X", "more"}, now)
	if d.Format != mrz.TD1 || d.Issuer != "UTO" || d.Valid() || d.Layout() != mrz.TD1.Layout() {
		t.Errorf("got %+v", d)
	}
	if got := codes(d); !slices.Contains(got, "line_length") || !slices.Contains(got, "line_extra") {
		t.Errorf("problems %v", got)
	}
	if d := mrz.ParseAs(mrz.Unknown, []string{"D1IRLX123456789<<<<<<<<<<<<<<4"}, now); d.Format != mrz.DL1 {
		t.Errorf("Unknown does not detect: %v", d.Format)
	}
	if d := mrz.ParseAs(mrz.Format(99), nil, now); d.Format != mrz.Unknown || d.Layout() != nil || d.Raw(mrz.FieldName) != "" {
		t.Errorf("a format that is none: %v", d.Format)
	}
}

func TestRaw(t *testing.T) {
	d := mrz.Parse("IDFRADUBOIS<<<<<<<<<<<<<<<<<<<751042\n1406751000015CLAIRE<<MARIE<8803045F8", now)
	for f, want := range map[mrz.Field]string{
		mrz.FieldNumber: "140675100001", mrz.FieldGivenNames: "CLAIRE<<MARIE<", mrz.FieldNationality: "",
	} {
		if got := d.Raw(f); got != want {
			t.Errorf("%s: got %q, want %q", f, got, want)
		}
	}
}

func TestProblemText(t *testing.T) {
	p := mrz.Problem{Code: mrz.CodeCheck, Severity: mrz.Error, Field: mrz.FieldComposite, Line: 1, Pos: 43}
	if got, want := p.String(), "error: check_digit in composite at line 2, position 44"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	p = mrz.Problem{Code: mrz.CodeExtra, Line: -1, Pos: -1}
	if got, want := p.String(), "warning: line_extra"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSexText(t *testing.T) {
	for s, want := range map[mrz.Sex]string{mrz.Male: "M", mrz.Female: "F", mrz.X: "X", mrz.UnspecifiedSex: "", '7': "", 0: ""} {
		if got := s.String(); got != want {
			t.Errorf("%q: got %q, want %q", byte(s), got, want)
		}
	}
}

func TestCheckDigit(t *testing.T) {
	for s, want := range map[string]byte{
		"520727": '3', "AB2134<<<": '5', "HA672242<658022549601086<<<<<<<<<<<<<<0": '8', // 9303-3, appendix A
		"D231458907<<<<<<<<<<<<<<<34071279507122<<<<<<<<<<": '2', "": '0',
	} {
		if got, ok := mrz.CheckDigit(s); got != want || !ok {
			t.Errorf("%q: got %c, want %c", s, got, want)
		}
	}
	if _, ok := mrz.CheckDigit("12a"); ok {
		t.Error("small letters have a check digit")
	}
}
