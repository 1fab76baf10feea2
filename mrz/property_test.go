package mrz_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"idproof/mrz"

	"pgregory.net/rapid"
)

// fields draws what Build accepts for a format.
func fields(t *rapid.T, f mrz.Format) mrz.Fields {
	l := f.Layout()
	text := func(name, pattern string) string { return rapid.StringMatching(pattern).Draw(t, name) }
	start := rapid.SampledFrom(l.Starts).Draw(t, "start")
	x := mrz.Fields{Code: strings.TrimRight(start[:min(2, len(start))], "<"), Issuer: "UTO", Nationality: "D"}
	if len(start) == 5 {
		x.Issuer = start[2:]
	}
	has := func(f mrz.Field) (n int) {
		for _, s := range l.Fields {
			if s.Field == f {
				n += s.Len
			}
		}
		return n
	}
	if has(mrz.FieldNumber) > 0 {
		x.Number = text("number", `[A-Z0-9]{1,9}`)
	}
	switch f {
	case mrz.DL1:
		x.Code = "D1"
	case mrz.TD1:
		x.Number = text("number", `[A-Z0-9]{1,15}`)
	case mrz.TD2:
		x.Number = text("number", `[A-Z0-9]{1,14}`)
	case mrz.FRID:
		x.Number = text("number", `[0-9]{2}(0[1-9]|1[0-2])[A-Z0-9]{3}[0-9]{5}`)
	case mrz.CHDL:
		x.Number = text("number", `[0-9]{12}`)
		x.Optional, x.Language = text("blank", `[A-Z]{3}[0-9]{3}`), text("language", `[DFIR]`)
	}
	if has(mrz.FieldName)+has(mrz.FieldSurname) > 0 {
		x.Surname = text("surname", `[A-Z]{1,10}( [A-Z]{1,10}){0,3}`)
	}
	if has(mrz.FieldName)+has(mrz.FieldGivenNames) > 0 {
		x.GivenNames = text("given names", `([A-Z]{1,10}( [A-Z]{1,10}){0,3})?`)
	}
	if f == mrz.FRID { // its names are left out rather than cut
		x.GivenNames = text("given names", `([A-Z]{1,6}( [A-Z]{1,6})?)?`)
	}
	date := func(name string) mrz.Date {
		raw := text(name, `[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])|[0-9]{2}(0[1-9]|1[0-2])<<|[0-9]{2}<<<<|<<<<<<`)
		return mrz.Date{Raw: raw}
	}
	if has(mrz.FieldBirthDate) > 0 {
		x.BirthDate = date("birth")
	}
	if has(mrz.FieldExpiryDate) > 0 {
		x.ExpiryDate = date("expiry")
	}
	if has(mrz.FieldSex) > 0 {
		x.Sex = mrz.Sex(rapid.SampledFrom([]byte("MFX<")).Draw(t, "sex"))
	}
	if n := has(mrz.FieldOptional); n > 0 && f != mrz.CHDL && len(x.Number) <= 9 {
		x.Optional = text("optional", fmt.Sprintf(`[A-Z0-9]{0,%d}`, n))
	}
	if n := has(mrz.FieldOptional2); n > 0 {
		x.Optional2 = text("optional2", fmt.Sprintf(`[A-Z0-9]{0,%d}`, n))
	}
	if n := has(mrz.FieldPersonalNumber); n > 0 {
		x.PersonalNumber = text("personal", fmt.Sprintf(`[A-Z0-9]{0,%d}`, n))
	}
	if has(mrz.FieldNationality) == 0 {
		x.Nationality = ""
	}
	return x
}

// What Build prints is valid and says what it was given.
func TestBuildThenParse(t *testing.T) {
	for _, f := range mrz.Formats() {
		t.Run(f.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				x := fields(t, f)
				lines, err := mrz.Build(f, x)
				if err != nil {
					t.Fatal(err)
				}
				d := mrz.Parse(strings.Join(lines, "\n"), now)
				if d.Format != f || !d.Valid() {
					t.Fatalf("%v %v\n%s", d.Format, d.Problems, strings.Join(lines, "\n"))
				}
				got := d.Fields()
				got.BirthDate, got.ExpiryDate = mrz.Date{Raw: got.BirthDate.Raw}, mrz.Date{Raw: got.ExpiryDate.Raw}
				if d.NameTruncated {
					if m := d.CompareName(x.Surname, x.GivenNames); m < mrz.NameCut {
						t.Fatalf("name cut to %q, %q", d.Surname, d.GivenNames)
					}
					got.Surname, got.GivenNames = x.Surname, x.GivenNames
				}
				if got != x {
					t.Fatalf("got  %+v\nwant %+v", got, x)
				}
				again, err := mrz.Build(f, d.Fields())
				if err != nil || strings.Join(again, "\n") != strings.Join(lines, "\n") {
					t.Fatalf("built again: %q, %v; was %q", again, err, lines)
				}
			})
		})
	}
}

// One misread digit where a check digit watches never leaves a document valid,
// for no two digits weigh the same (ICAO's weights are prime to ten).
func TestMisreadDigitsAreSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom([]mrz.Format{mrz.TD1, mrz.TD2, mrz.TD3, mrz.MRVA, mrz.MRVB}).Draw(t, "format")
		x := fields(t, f)
		x.BirthDate = mrz.Date{Raw: "740812"}
		lines, err := mrz.Build(f, x)
		if err != nil {
			t.Fatal(err)
		}
		l := f.Layout()
		s, _ := l.Spec(mrz.FieldBirthDate)
		p := s.Start + rapid.IntRange(0, 5).Draw(t, "position")
		b := []byte(lines[s.Line])
		b[p] = '0' + (b[p]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "shift")))%10
		lines[s.Line] = string(b)
		if d := mrz.ParseAs(f, lines, now); d.Valid() {
			t.Fatalf("valid: %q", lines)
		}
	})
}

// A transliteration has only MRZ letters, changes no more when repeated, and is
// the same name.
func TestTransliterationIsTheSameName(t *testing.T) {
	name := rapid.StringOfN(rapid.RuneFrom([]rune(
		"ABCXYZ abz'’-,<ÄÖÜßÅÆØÑÇŁŐĐĲəıİ\u0308\u0303\u030aАБГЖИЙЩЪЬЮЯЇЄЁЃΑΒΓΜΠΥΧΟΗΪΆύς\u0627\u0628\u0629\u0651\u0644\u06cc7.山")), 0, 24, -1)
	rapid.Check(t, func(t *rapid.T) {
		s := name.Draw(t, "name")
		got := mrz.Transliterate(s)
		for i := range len(got) {
			if c := got[i]; c != '<' && (c < 'A' || c > 'Z') {
				t.Fatalf("%q has %q", got, c)
			}
		}
		if strings.Contains(got, "<<") || strings.HasPrefix(got, "<") || strings.HasSuffix(got, "<") {
			t.Fatalf("fillers in %q", got)
		}
		if again := mrz.Transliterate(got); again != got {
			t.Fatalf("%q becomes %q", got, again)
		}
		if len(got) > 60 || got == "" {
			return
		}
		if m := mrz.CompareNames(s, got); m != mrz.NameSame {
			t.Fatalf("%q and %q are %v", s, got, m)
		}
		for _, c := range mrz.Candidates(s, 8) {
			if m := mrz.CompareNames(s, c); len(c) <= 60 && m != mrz.NameSame && c != "" {
				t.Fatalf("%q and its candidate %q are %v", s, c, m)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, b := range benchmarks {
		f.Add(b.text)
	}
	f.Add("D1FRA20AB123450350101LEFEBVRE9")
	f.Add("ABC123F<<\nFACHE123456789001<<700101<<<<<\nMUSTER<<HANS<PETER<<<<<<<<<<<<")
	f.Add("IDFRADUBOIS<<<<<<<<<<<<<<<<<<<751042\n1406751000015CLAIRE<<MARIE<8803045F8")
	f.Add("I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<")
	f.Add("FACHE\n\n««é\x00\xff")
	f.Fuzz(func(t *testing.T, text string) {
		d := mrz.Parse(text, now)
		l := d.Layout()
		if (l == nil) != (d.Format == mrz.Unknown) {
			t.Fatalf("format %v, layout %v", d.Format, l)
		}
		if l == nil {
			if d.Valid() {
				t.Fatal("valid without a format")
			}
			return
		}
		for i, line := range d.Lines {
			if len(line) != l.Widths[i] || !utf8.ValidString(line) {
				t.Fatalf("line %d is %q", i, line)
			}
		}
		for _, c := range d.Checks {
			if d.Lines[c.Line][c.Pos] != c.Printed {
				t.Fatalf("%s: printed %c stands not at %d,%d", c.Field, c.Printed, c.Line, c.Pos)
			}
		}
		if !d.Valid() {
			return
		}
		for i, line := range d.Lines {
			for p := range line {
				if a := l.Alphabet(i, p); strings.IndexByte(a, line[p]) < 0 && p > 4 && d.Issuer != "RUS" {
					t.Fatalf("valid with %q at %d,%d, where %q may stand", line[p], i, p, a)
				}
			}
		}
		for _, f := range mrz.Formats() {
			mrz.ParseAs(f, d.Lines, now)
		}
	})
}

func FuzzBuildParse(f *testing.F) {
	f.Add(uint8(mrz.TD3), "P", "UTO", "L898902C3", "Eriksson", "Anna Maria", "740812", "ZE184226B")
	f.Add(uint8(mrz.TD1), "ID", "D", "D23145890734", "Müller-Łoś", "山田 Ü", "<<<<<<", "x")
	f.Add(uint8(mrz.TD3), "PN", "RUS", "391935349", "Здрилюк", "Сергей", "720723", "4151218910003")
	f.Fuzz(func(t *testing.T, format uint8, code, issuer, number, surname, given, date, optional string) {
		x := mrz.Fields{
			Code: code, Issuer: issuer, Number: number, Surname: surname, GivenNames: given, Nationality: issuer,
			BirthDate: mrz.Date{Raw: date}, ExpiryDate: mrz.Date{Raw: date}, Sex: mrz.Male,
			Optional: optional, Optional2: optional, PersonalNumber: optional, Language: "D",
		}
		lines, err := mrz.Build(mrz.Format(format), x)
		if err != nil {
			return
		}
		d := mrz.ParseAs(mrz.Format(format), lines, now)
		for _, c := range d.Checks {
			if !c.OK && d.Number != "" {
				t.Fatalf("built a wrong digit: %+v in %q", c, lines)
			}
		}
		for _, p := range d.Problems {
			if p.Code == mrz.CodeCharacter && p.Severity == mrz.Error || p.Code == mrz.CodeLength {
				t.Fatalf("built %v: %q", p, lines)
			}
		}
	})
}
