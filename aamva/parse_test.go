package aamva_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"idproof/aamva"
)

// person returns the elements of an invented holder as an edition wants them.
func person(version int, canada bool) []aamva.Element {
	date := func(y, m, d int) string {
		if version < 2 || canada {
			return fmt.Sprintf("%04d%02d%02d", y, m, d)
		}
		return fmt.Sprintf("%02d%02d%04d", m, d, y)
	}
	e := []aamva.Element{{Code: "DAQ", Value: "A1234567"}}
	add := func(code, value string) { e = append(e, aamva.Element{Code: code, Value: value}) }
	switch {
	case version < 2:
		add("DAA", "MUSTER,ROBIN,ALEX,JR")
		add("DAR", "C   ")
		add("DAS", "          ")
		add("DAT", "     ")
		add("DAU", "509")
	default:
		add("DCA", "C")
		add("DCB", "NONE")
		add("DCD", "NONE")
		add("DCS", "MUSTER")
		add("DCU", "JR")
		add("DCF", "DOC0001")
		if canada {
			add("DCG", "CAN")
			add("DAU", "175 CM")
		} else {
			add("DCG", "USA")
			add("DAU", "069 IN")
		}
		add("DAY", "BRO")
		if version < 4 {
			add("DCT", "ROBIN,ALEX")
			add("DCH", "NONE")
		} else {
			add("DAC", "ROBIN")
			add("DAD", "ALEX")
			add("DDE", "N")
			add("DDF", "N")
			add("DDG", "T")
		}
	}
	add("DBB", date(1990, 3, 12))
	add("DBD", date(2021, 11, 2))
	add("DBA", date(2029, 3, 12))
	add("DBC", "2")
	add("DAG", "12 ELM ST")
	if canada {
		add("DAI", "TORONTO")
		add("DAJ", "ON")
		add("DAK", "M5V2T6")
	} else {
		add("DAI", "RENO")
		add("DAJ", "NV")
		add("DAK", "895010000  ")
	}
	return e
}

func payload(t testing.TB, version int, canada bool) []byte {
	t.Helper()
	iin := "636049"
	if canada {
		iin = "636012"
	}
	b, err := aamva.Build(aamva.Header{IIN: iin, Version: version},
		aamva.Subfile{Type: "DL", Elements: person(version, canada)},
		aamva.Subfile{Type: "ZN", Elements: []aamva.Element{{Code: "ZNA", Value: "1"}, {Code: "ZND", Value: "DONOR"}}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEditions(t *testing.T) {
	for version := range aamva.MaxVersion + 1 {
		for _, canada := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d, Canada %v", version, canada), func(t *testing.T) {
				d, err := aamva.Parse(payload(t, version, canada))
				if err != nil {
					t.Fatal(err)
				}
				if len(d.Problems) > 0 {
					t.Errorf("problems %v", d.Problems)
				}
				checkPerson(t, d, canada)
				if z, _ := d.Get("ZND"); z != "DONOR" || len(d.Subfiles) != 2 || len(d.Subfiles[1].Elements) != 2 {
					t.Errorf("subfiles %v", d.Subfiles)
				}
				if got, want := d.NameTruncated(), version >= 4; got != want {
					t.Errorf("truncated %v", got)
				}
			})
		}
	}
}

func checkPerson(t *testing.T, d *aamva.Document, canada bool) {
	t.Helper()
	want := "MUSTER|ROBIN|ALEX|JR|A1234567|1990-03-12|2021-11-02|2029-03-12|F|175|C|12 ELM ST, RENO, NV 89501|USA|US-NV"
	if canada {
		want = "MUSTER|ROBIN|ALEX|JR|A1234567|1990-03-12|2021-11-02|2029-03-12|F|175|C|12 ELM ST, TORONTO, ON M5V 2T6|CAN|CA-ON"
	}
	got := strings.Join([]string{
		d.Surname, d.GivenNames, d.MiddleNames, d.Suffix, d.Number, d.BirthDate.String(), d.IssueDate.String(),
		d.ExpiryDate.String(), d.Sex.String(), strconv.Itoa(d.Height.Value), d.Class, d.Address.String(), d.Country, d.Issuer.Region(),
	}, "|")
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestShapes(t *testing.T) {
	for name, shape := range shapes {
		for _, version := range []int{1, 3, 10} {
			t.Run(fmt.Sprintf("%s, %d", name, version), func(t *testing.T) {
				d, err := aamva.Parse([]byte(shape(string(payload(t, version, false)))))
				if err != nil {
					t.Fatal(err)
				}
				checkPerson(t, d, false)
				if !d.Valid() {
					t.Errorf("problems %v", d.Problems)
				}
				if name != "as the standard has it" && len(d.Problems) == 0 && (name != "AAMVA" || version > 1) {
					t.Error("the deviation is no problem")
				}
			})
		}
	}
}

// swap replaces an element's value, or the element when with begins with '-'.
func swap(code, with string) func(string) string {
	return func(s string) string {
		i := strings.Index(s, code)
		j := i + strings.IndexByte(s[i:], '\n')
		if with == "-" {
			return s[:i] + s[j+1:]
		}
		return s[:i] + code + with + s[j:]
	}
}

func TestProblems(t *testing.T) {
	replace := func(old, with string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, with, 1) }
	}
	for _, c := range []struct {
		name   string
		change func(string) string
		code   aamva.Code
		on     string
		valid  bool
	}{
		{"missing", swap("DCS", "-"), aamva.CodeMissing, "DCS", false},
		{"blank", swap("DAQ", ""), aamva.CodeBlank, "DAQ", false},
		{"no such day", swap("DBB", "02301990"), aamva.CodeDate, "DBB", false},
		{"not a date", swap("DBB", "MMDDCCYY"), aamva.CodeDate, "DBB", false},
		{"year first", swap("DBB", "19900312"), aamva.CodeDateOrder, "DBB", true},
		{"issued before birth", swap("DBD", "01011980"), aamva.CodeSequence, "DBD", false},
		{"expired before issue", swap("DBA", "01012001"), aamva.CodeSequence, "DBA", false},
		{"sex", swap("DBC", "7"), aamva.CodeValue, "DBC", false},
		{"truncation", swap("DDE", "Q"), aamva.CodeValue, "DDE", false},
		{"country", swap("DCG", "GBR"), aamva.CodeValue, "DCG", false},
		{"country of another issuer", swap("DCG", "CAN"), aamva.CodeCountry, "DCG", true},
		{"height", swap("DAU", "011 in"), aamva.CodeValue, "DAU", false},
		{"height without unit", swap("DAU", "509"), aamva.CodeUnit, "DAU", true},
		{"too long", swap("DCF", strings.Repeat("X", 26)), aamva.CodeLong, "DCF", true},
		{"again", swap("DCF", "1\nDCF2"), aamva.CodeDuplicate, "DCF", true},
		{"of another edition", swap("DCF", "1\nDCTX"), aamva.CodeEdition, "DCT", true},
		{"of no edition", swap("DCF", "1\nDXXX"), aamva.CodeElement, "DXX", true},
		{"broken line", swap("DAG", "12 ELM\nST"), aamva.CodeBroken, "DAG", true},
		{"issuer", replace("636049", "999999"), aamva.CodeIIN, "", true},
		{"version", replace("63604910", "63604977"), aamva.CodeVersion, "", false},
		{"no compliance indicator", replace("@", ""), aamva.CodeCompliance, "", true},
		{"noise", replace("@", "]L2@"), aamva.CodeNoise, "", true},
		{"offset", replace("DL0041", "DL0000"), aamva.CodeOffset, "DL", true},
		{"length", func(s string) string { return s[:27] + "0001" + s[31:] }, aamva.CodeLength, "DL", true},
		{"entries", replace("0002DL", "0003DL"), aamva.CodeEntries, "", true},
		{"subfile missing", func(s string) string { return s[:strings.Index(s, "\rZN")+1] }, aamva.CodeSubfile, "ZN", false},
		{"name of a subfile missing", replace("ZNZNA", "ZNA"), aamva.CodeDesignator, "ZN", true},
		{"unlisted subfile", func(s string) string { return s + "ZXZXA1\r" }, aamva.CodeUnlisted, "ZX", true},
		{"directory missing", func(s string) string { return s[:21] + s[41:] }, aamva.CodeDirectory, "", false},
		{"directory short of digits", func(s string) string { return s[:21] + "DL41 ZN3" + s[41:] }, aamva.CodeDirectory, "DL", false},
		{"subfile runs on", replace("\rZN", "MZN"), aamva.CodeUnparted, "ZN", true},
		{"end of a subfile as an editor shows it", replace("\rZN", "^MZN"), aamva.CodeEscaped, "", true},
		{"file type", replace("ANSI ", "AAMVA"), aamva.CodeFileType, "", true},
		{"header missing", func(s string) string { return s[41:] }, aamva.CodeHeader, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := aamva.Parse([]byte(c.change(string(payload(t, 10, false)))))
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, p := range d.Problems {
				found = found || p.Code == c.code && p.Element == c.on
			}
			if !found || d.Valid() != c.valid {
				t.Errorf("valid %v, problems %v", d.Valid(), d.Problems)
			}
			if d.GivenNames != "ROBIN" || d.Address.City != "RENO" {
				t.Errorf("the rest is lost: %+v", d)
			}
		})
	}
}

func TestHeightsAndWeights(t *testing.T) {
	for value, cm := range map[string]int{
		"069 in": 175, "69 IN": 175, "175 cm": 175, "175CM": 175, "5'-09\"": 175, "5'09\"": 175, "5-09": 175, "5 FT 9 IN": 175,
		"509": 175, "069": 175, "175": 175, "600": 183, "": 0, "NONE": 0, "000": 0, "5'13\"": 0,
	} {
		d, err := aamva.Parse([]byte(swap("DAU", value)(string(payload(t, 10, false)))))
		if err != nil || d.Height.Value != cm {
			t.Errorf("%q: %d cm, want %d (%v)", value, d.Height.Value, cm, err)
		}
	}
	for line, kg := range map[string]int{"DAW160": 73, "DAW073 KG": 73, "DAX073": 73, "DAW160 lbs": 73, "DAW": 0} {
		d, err := aamva.Parse([]byte(swap("DCF", "1\n"+line)(string(payload(t, 10, false)))))
		if err != nil || d.Weight.Value != kg {
			t.Errorf("%q: %d kg, want %d (%v)", line, d.Weight.Value, kg, err)
		}
	}
}

func TestNames(t *testing.T) {
	for value, want := range map[string]string{
		"MUSTER,ROBIN,ALEX,JR":   "MUSTER|ROBIN|ALEX|JR",
		"MUSTER,ROBIN, ,":        "MUSTER|ROBIN||",
		"MUSTER,ROBIN ALEX":      "MUSTER|ROBIN|ALEX|",
		"MUSTER,ROBIN,,3RD":      "MUSTER|ROBIN||3RD",
		"MUSTER,ROBIN,JR":        "MUSTER|ROBIN||JR",
		"MUSTER$ROBIN$ALEX":      "MUSTER|ROBIN|ALEX|",
		"ROBIN ALEX LEE MUSTER":  "MUSTER|ROBIN|ALEX LEE|",
		"ROBIN ALEX MUSTER JR":   "MUSTER|ROBIN|ALEX|JR",
		"VON MUSTER,ROBIN,ALEX,": "VON MUSTER|ROBIN|ALEX|",
	} {
		d, err := aamva.Parse([]byte(swap("DAA", value)(string(payload(t, 1, false)))))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join([]string{d.Surname, d.GivenNames, d.MiddleNames, d.Suffix}, "|"); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

func TestStripe(t *testing.T) {
	track3 := "0A" + fmt.Sprintf("%-11s%-2s%-10s%-4s", "V6B1A1", "5", "", "") + "F175 70BROBLU"
	d, err := aamva.Parse([]byte("%BCVANCOUVER^MUSTER,$ROBIN ALEX^12 ELM ST$VANCOUVER BC  V6B 1A1^?;6360281234567=290319900312=?_%" + track3 + "                     ?"))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join([]string{
		d.Surname, d.GivenNames, d.MiddleNames, d.Number, d.BirthDate.String(), d.ExpiryDate.String(),
		d.Sex.String(), fmt.Sprint(d.Height.Value, d.Weight.Value), d.HairColour, d.EyeColour, d.Address.String(), d.Issuer.Region(),
	}, "|")
	if want := "MUSTER|ROBIN|ALEX|1234567|1990-03-12|2029-03-31|F|175 70|BRO|BLU|12 ELM ST, VANCOUVER, BC V6B 1A1|CA-BC"; got != want || d.Format != aamva.Stripe || !d.Valid() {
		t.Errorf("got  %s\nwant %s\n%v", got, want, d.Problems)
	}
}

func TestNotAAMVA(t *testing.T) {
	for name, data := range map[string][]byte{
		"nothing":       nil,
		"text":          []byte("DAMN THE TORPEDOES\nDAD IS HERE\n"),
		"address":       []byte("https://example.org/?id=636000"),
		"South African": append([]byte{0x01, 0x9b, 0x09, 0x45, 0, 0}, make([]byte, 714)...),
		"bank card":     []byte("%B4111111111111111^MUSTER/ROBIN^2903101?;4111111111111111=2903101?"),
		"boarding pass": []byte("M1MUSTER/ROBIN        EABC123 RNOLAXXX 0123 123Y012A0001 100"),
		"too long":      make([]byte, 1<<17),
	} {
		d, err := aamva.Parse(data)
		var not *aamva.NotAAMVAError
		if !errors.Is(err, aamva.ErrNotAAMVA) || !errors.As(err, &not) || d != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTables(t *testing.T) {
	if n := len(aamva.Elements()); n < 85 {
		t.Errorf("%d elements", n)
	}
	places := map[string]bool{}
	for _, j := range aamva.Jurisdictions() {
		places[j.Region()] = true
		if got, ok := aamva.LookupIIN(j.IIN); !ok || got != j || len(j.IIN) != 6 {
			t.Errorf("%+v", j)
		}
	}
	if len(places) != 50+1+5+13+2+1 { // states, DC, territories, Canada, Mexico, none
		t.Errorf("%d places", len(places))
	}
}

// TestRoundTrip: what Build encodes, Parse gives back.
func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	all := aamva.Elements()
	for range 300 {
		version := 1 + r.IntN(aamva.MaxVersion)
		var elements []aamva.Element
		for _, e := range all {
			if e.From > version || e.To < version || r.IntN(2) == 0 {
				continue
			}
			value := make([]rune, r.IntN(12))
			for i := range value {
				value[i] = []rune("ABCÉ 0189-/'&,.")[r.IntN(15)]
			}
			elements = append(elements, aamva.Element{Code: e.Code, Value: string(value)})
		}
		r.Shuffle(len(elements), func(i, j int) { elements[i], elements[j] = elements[j], elements[i] })
		if len(elements) == 0 {
			continue
		}
		b, err := aamva.Build(aamva.Header{IIN: "636000", Version: version}, aamva.Subfile{Type: "ID", Elements: elements})
		if err != nil {
			t.Fatal(err)
		}
		d, err := aamva.Parse(b)
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		if d.Type != "ID" || d.HasProblem(aamva.CodeOffset) || d.HasProblem(aamva.CodeLength) || fmt.Sprint(d.Subfiles[0].Elements) != fmt.Sprint(elements) {
			t.Fatalf("%q\ngot  %v\nwant %v\n%v", b, d.Subfiles, elements, d.Problems)
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	good := aamva.Header{IIN: "636000", Version: 10}
	for name, build := range map[string]func() ([]byte, error){
		"no subfile": func() ([]byte, error) { return aamva.Build(good) },
		"number":     func() ([]byte, error) { return aamva.Build(aamva.Header{IIN: "63"}, aamva.Subfile{Type: "DL"}) },
		"name":       func() ([]byte, error) { return aamva.Build(good, aamva.Subfile{Type: "XX"}) },
		"code": func() ([]byte, error) {
			return aamva.Build(good, aamva.Subfile{Type: "DL", Elements: []aamva.Element{{Code: "XXX"}}})
		},
		"control": func() ([]byte, error) {
			return aamva.Build(good, aamva.Subfile{Type: "DL", Elements: []aamva.Element{{Code: "DAQ", Value: "\n"}}})
		},
		"too long": func() ([]byte, error) {
			return aamva.Build(good, aamva.Subfile{Type: "DL", Elements: []aamva.Element{{Code: "DAQ", Value: strings.Repeat("1", 1e4)}}})
		},
	} {
		if _, err := build(); !errors.Is(err, aamva.ErrBuild) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for version := range aamva.MaxVersion + 1 {
		f.Add(payload(f, version, version%2 == 0))
	}
	for _, shape := range shapes {
		f.Add([]byte(shape(string(payload(f, 10, false)))))
	}
	f.Add([]byte(strings.NewReplacer("\n", "", "\r", "").Replace(string(payload(f, 8, false)))))
	f.Add([]byte("%BCVANCOUVER^MUSTER,$ROBIN ALEX^12 ELM ST^?;6360281234567=299919900312=?_%0AV6B1A1?"))
	f.Add([]byte("\xff\xfe@\x00\n\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := aamva.Parse(data)
		if (d == nil) == (err == nil) {
			t.Fatal("neither or both of document and error")
		}
		if err != nil {
			if !errors.Is(err, aamva.ErrNotAAMVA) {
				t.Fatal(err)
			}
			return
		}
		again, err := aamva.Parse(data)
		if err != nil || fmt.Sprint(d) != fmt.Sprint(again) {
			t.Fatal("not the same twice")
		}
	})
}

func BenchmarkParse(b *testing.B) {
	good := payload(b, 10, false)
	joined := []byte(strings.NewReplacer("\n", "", "\r", "").Replace(string(good)))
	b.Run("standard", func(b *testing.B) {
		for b.Loop() {
			if _, err := aamva.Parse(good); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("separators missing", func(b *testing.B) {
		for b.Loop() {
			if _, err := aamva.Parse(joined); err != nil {
				b.Fatal(err)
			}
		}
	})
}
