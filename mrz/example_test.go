package mrz_test

import (
	"fmt"
	"time"

	"idproof/mrz"
)

func ExampleParse() {
	text := `P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<
L898902C36UTO7408122F1204159ZE184226B<<<<<10`

	d := mrz.Parse(text, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	issuer, _ := mrz.StateName(d.Issuer)

	fmt.Println(d.Format, d.Code, issuer, d.Number)
	fmt.Println(d.GivenNames, d.Surname, d.BirthDate, d.Sex)
	fmt.Println("until", d.ExpiryDate, "valid", d.Valid())
	// Output:
	// TD3 P Utopia L898902C3
	// ANNA MARIA ERIKSSON 1974-08-12 F
	// until 2012-04-15 valid true
}

// A document with misprints or misreadings is returned all the same, and says
// what is wrong with it.
func ExampleParse_wrong() {
	text := `P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<
L898902C37UTO7413122F1204159ZE184226B<<<<<10`

	d := mrz.Parse(text, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))

	fmt.Println(d.Number, d.Surname, d.Valid())
	for _, c := range d.Checks {
		if !c.OK {
			fmt.Printf("%s: %c is printed, %c is right\n", c.Field, c.Printed, c.Computed)
		}
	}
	for _, p := range d.Problems {
		fmt.Println(p)
	}
	// Output:
	// L898902C3 ERIKSSON false
	// document_number: 7 is printed, 6 is right
	// birth_date: 2 is printed, 8 is right
	// composite: 0 is printed, 9 is right
	// error: date_invalid in birth_date at line 2, position 14
	// error: check_digit in document_number at line 2, position 10
	// error: check_digit in birth_date at line 2, position 20
	// error: check_digit in composite at line 2, position 44
}

func ExampleBuild() {
	lines, err := mrz.Build(mrz.TD1, mrz.Fields{
		Code: "I", Issuer: "UTO", Number: "D23145890734",
		Surname: "Müller-Lüdenscheidt", GivenNames: "Zoë", Nationality: "UTO",
		BirthDate:  mrz.Date{Year: 1974, Month: 8, Day: 12},
		ExpiryDate: mrz.Date{Year: 2032, Month: 4, Day: 15},
		Sex:        mrz.Female,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range lines {
		fmt.Println(line)
	}
	// Output:
	// I<UTOD23145890<7349<<<<<<<<<<<
	// 7408122F3204153UTO<<<<<<<<<<<2
	// MUELLER<LUEDENSCHEIDT<<ZOE<<<<
}

func ExampleLayout() {
	l := mrz.TD3.Layout()
	for _, f := range l.Fields[:3] {
		fmt.Println(f.Field, f.Line, f.Start, f.Len)
	}
	fmt.Println(l.Alphabet(1, 20), l.Alphabet(1, 43))
	// Output:
	// document_code 0 0 2
	// issuer 0 2 3
	// name 0 5 39
	// FMX< 0123456789
}

func ExampleCompareNames() {
	fmt.Println(mrz.CompareNames("Müller", "MUELLER"))
	fmt.Println(mrz.CompareNames("MULLER", "MUELLER"))
	fmt.Println(mrz.CompareNames("Anna Maria Magdalena", "ANNA<MARIA<M"))
	fmt.Println(mrz.CompareNames("Miller", "MUELLER"))
	// Output:
	// same
	// similar
	// cut
	// different
}

func ExampleCandidates() {
	fmt.Println(mrz.Candidates("Müller", 4))
	// Output: [MUELLER MUXXLLER MULLER]
}

func ExampleReverse() {
	name, ok := mrz.Reverse(mrz.ScriptRussian, "ANATOL9EVI3")
	fmt.Println(name, ok)
	// Output: АНАТОЛЬЕВИЧ true
}
