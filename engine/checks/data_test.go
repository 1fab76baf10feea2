package checks_test

import (
	"testing"
	"time"

	"idproof/aamva"
	"idproof/catalogue"
	"idproof/catalogue/number"
	"idproof/engine/checks"
	"idproof/report"
)

// TestValidity asks about states whose laws are in the catalogue: German passports
// are given out for ten years from 24 on and for six before.
func TestValidity(t *testing.T) {
	known, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	const passport, card = report.Passport, report.IdentityCard
	for _, c := range []struct {
		name, issuer, kind  string
		born, issue, expiry string
		want                report.Outcome
	}{
		{"ten years", "D", passport, "1974-08-12", "2018-05-02", "2028-05-01", report.Passed},
		{"by its other code", "DEU", passport, "1974-08-12", "2018-05-02", "2028-05-01", report.Passed},
		{"three weeks more", "D", passport, "1974-08-12", "2018-05-02", "2028-05-23", report.Passed},
		{"half a year more", "D", passport, "1974-08-12", "2018-05-02", "2028-11-01", report.Warning},
		{"to the birthday", "D", passport, "1974-08-12", "2018-05-02", "2028-08-12", report.Passed},
		{"to the end of the year", "D", passport, "1974-08-12", "2018-05-02", "2028-12-31", report.Passed},
		{"twelve years", "D", passport, "1974-08-12", "2018-05-02", "2030-05-01", report.FailedCheck},
		{"one year", "D", passport, "1974-08-12", "2018-05-02", "2019-05-01", report.Passed},
		{"a young person's six years", "D", passport, "2000-08-12", "2018-05-02", "2024-05-01", report.Passed},
		{"a young person's ten years", "D", passport, "2000-08-12", "2018-05-02", "2028-05-01", report.FailedCheck},
		{"of unknown age, ten years", "D", passport, "", "2018-05-02", "2028-05-01", report.Passed},
		{"a card for thirty years", "D", card, "1974-08-12", "2018-05-02", "2048-05-01", report.Warning},
		{"without end", "D", card, "1974-08-12", "2018-05-02", "9999-12-31", report.NotPerformed},
		{"backwards", "D", passport, "1974-08-12", "2018-05-02", "2008-05-02", report.NotPerformed},
		{"no issue", "D", passport, "1974-08-12", "", "2028-05-01", report.NotPerformed},
		{"a state that is not known", "UTO", passport, "1974-08-12", "2018-05-02", "2028-05-01", report.NotPerformed},
		{"not known what it is", "D", "", "1974-08-12", "2018-05-02", "2028-05-01", report.NotPerformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			fields := map[string][]report.Source{}
			for name, v := range map[string]string{"Date_of_Birth": c.born, "Date_of_Issue": c.issue, "Date_of_Expiry": c.expiry} {
				if v != "" {
					fields[name] = []report.Source{printSays(v)}
				}
			}
			s := summary(fields)
			checks.Data{Type: c.kind, Issuer: c.issuer, Known: known, Now: now}.Check(s)
			if got := s.Checks.Find("validity_length"); got == nil || got.Result != c.want || (got.Result == report.Passed) != (got.Reason == "") {
				t.Fatalf("%+v", got)
			}
		})
	}
	t.Run("what may be misread does not fail", func(t *testing.T) {
		s := summary(map[string][]report.Source{"Date_of_Issue": {unsure(printSays("2008-05-02"))}, "Date_of_Expiry": {printSays("2028-05-01")}})
		checks.Data{Type: passport, Issuer: "D", Known: known, Now: now}.Check(s)
		if got := s.Checks.Find("validity_length"); got.Result != report.Warning {
			t.Errorf("%+v", got)
		}
	})
}

// summary has one field for each name, with its sources as kind, value, confidence.
func summary(fields map[string][]report.Source) *report.DocumentSummary {
	s := report.NewDocumentSummary()
	for name, sources := range fields {
		s.Fields[name] = sources[0].Value
		s.FieldDetails = append(s.FieldDetails, report.Field{
			Name: name, Value: sources[0].Value, Sources: sources,
			Validity: report.NotPerformed, Comparison: report.NotPerformed,
		})
	}
	return s
}

func zoneSays(v string) report.Source {
	return report.Source{Source: report.FromMRZ, Value: v, Confidence: 0.99}
}

func printSays(v string) report.Source {
	return report.Source{Source: report.FromVisual, Value: v, Confidence: 0.97}
}

func codeSays(v string) report.Source {
	return report.Source{Source: report.FromBarcode, Value: v, Confidence: 1}
}

func unsure(s report.Source) report.Source {
	s.Confidence = 0.6
	return s
}

func TestSourcesAgree(t *testing.T) {
	type sources = []report.Source
	for _, c := range []struct {
		name, field string
		sources     sources
		want        report.Outcome
	}{
		{"the same", "Surname", sources{zoneSays("ERIKSSON"), printSays("Eriksson")}, report.Passed},
		{"a transliteration", "Surname", sources{zoneSays("MUELLER"), printSays("Müller")}, report.Passed},
		{"marks lost", "Surname", sources{zoneSays("MUELLER"), printSays("MULLER")}, report.Passed},
		{"cut", "Given_Names", sources{zoneSays("NILAVADHANANANDA CHAYAPA DEJTHAMRO"), printSays("NILAVADHANANANDA CHAYAPA DEJTHAMRONG KRASUANG")}, report.Passed},
		{"one letter misread", "Surname", sources{zoneSays("ERIKSSON"), printSays("ER1KSS0N")}, report.Warning},
		{"one of two given names", "Given_Names", sources{zoneSays("ANNA MARIA"), printSays("ANNA")}, report.Passed},
		{"another name", "Surname", sources{zoneSays("ERIKSSON"), printSays("SVENSSON")}, report.FailedCheck},
		{"another name, unclear", "Surname", sources{zoneSays("ERIKSSON"), unsure(printSays("SVENSSON"))}, report.Warning},
		{"another reading agrees", "Surname", sources{zoneSays("ERIKSSON"), printSays("SPECIMEN"), printSays("ERIKSSON")}, report.Passed},
		{"another day", "Date_of_Birth", sources{zoneSays("1974-08-12"), printSays("1974-08-13")}, report.FailedCheck},
		{"a day that looks alike", "Date_of_Birth", sources{zoneSays("1974-08-17"), printSays("1974-08-11")}, report.Warning},
		{"another script", "Surname", sources{zoneSays("LIN"), printSays("林")}, report.NotPerformed},
		{"a number that goes on", "Document_Number", sources{zoneSays("12345"), printSays("123459999")}, report.FailedCheck},
		{"another date", "Date_of_Birth", sources{zoneSays("1974-08-12"), printSays("1980-11-03")}, report.FailedCheck},
		{"only the year is known", "Date_of_Birth", sources{zoneSays("1974"), printSays("1974-08-12")}, report.Passed},
		{"separators", "Document_Number", sources{codeSays("S12345678"), printSays("S123-456-78")}, report.Passed},
		{"letter O for 0", "Document_Number", sources{zoneSays("L898902C3"), printSays("L8989O2C3")}, report.Warning},
		{"another number", "Document_Number", sources{zoneSays("L898902C3"), printSays("X123456Z7")}, report.FailedCheck},
		{"a nationality in words", "Nationality", sources{zoneSays("D"), printSays("DEUTSCH")}, report.NotPerformed},
		{"another nationality", "Nationality", sources{zoneSays("FRA"), printSays("SWE")}, report.FailedCheck},
		{"one source", "Surname", sources{zoneSays("ERIKSSON")}, report.NotPerformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := summary(map[string][]report.Source{c.field: c.sources})
			checks.Data{Now: now}.Check(s)
			var got *report.Check
			for i := range s.Checks.DataConsistency {
				got = &s.Checks.DataConsistency[i]
			}
			if got == nil || got.Result != c.want || got.Result != report.Passed && got.Reason == "" {
				t.Fatalf("%+v", got)
			}
			if s.FieldDetails[0].Comparison != c.want {
				t.Errorf("the field says %s", s.FieldDetails[0].Comparison)
			}
		})
	}
}

func TestData(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	one := func(fields ...string) *report.DocumentSummary {
		m := map[string][]report.Source{}
		for i := 0; i < len(fields); i += 2 {
			m[fields[i]] = []report.Source{printSays(fields[i+1])}
		}
		return summary(m)
	}
	for _, c := range []struct {
		name  string
		data  checks.Data
		in    *report.DocumentSummary
		check string
		want  report.Outcome
	}{
		{"no birth date", checks.Data{}, one(), "date_of_birth", report.NotPerformed},
		{"reduced birth date", checks.Data{}, one("Date_of_Birth", "1974"), "date_of_birth", report.Warning},
		{"born tomorrow", checks.Data{}, one("Date_of_Birth", "2026-03-02"), "date_of_birth", report.FailedCheck},
		{"on its last day", checks.Data{}, one("Date_of_Expiry", "2026-03-01"), "expiry", report.Passed},
		{"yesterday, today somewhere", checks.Data{}, one("Date_of_Expiry", "2026-02-28"), "expiry", report.FailedCheck},
		{"expired", checks.Data{}, one("Date_of_Expiry", "2020-02-28"), "expiry", report.FailedCheck},
		{"in order", checks.Data{}, one("Date_of_Birth", "1974-08-12", "Date_of_Issue", "2020-01-01", "Date_of_Expiry", "2030-01-01"), "dates_in_order", report.Passed},
		{"issued before birth", checks.Data{}, one("Date_of_Birth", "1974-08-12", "Date_of_Issue", "1970-01-01"), "dates_in_order", report.FailedCheck},
		{"one date", checks.Data{}, one("Date_of_Birth", "1974-08-12"), "dates_in_order", report.NotPerformed},
		{"perhaps issued before birth", checks.Data{}, summary(map[string][]report.Source{"Date_of_Birth": {printSays("1974-08-12")}, "Date_of_Issue": {unsure(printSays("1970-01-01"))}}), "dates_in_order", report.Warning},
		{"expired before it was issued", checks.Data{}, one("Date_of_Issue", "2030-01-01", "Date_of_Expiry", "2020-01-01"), "dates_in_order", report.FailedCheck},
		{"no date of issue", checks.Data{}, one("Date_of_Issue", "2020"), "date_of_issue", report.NotPerformed},
		{"issued today", checks.Data{}, one("Date_of_Issue", "2026-03-01"), "date_of_issue", report.Passed},
		{"issued tomorrow", checks.Data{}, one("Date_of_Issue", "2026-03-03"), "date_of_issue", report.FailedCheck},
		{"a right personal number", checks.Data{Issuer: "SWE"}, one("Personal_Number", "811228-9874", "Date_of_Birth", "1981-12-28"), "personal_number_format", report.Passed},
		{"a wrong digit", checks.Data{Issuer: "SWE"}, one("Personal_Number", "811228-9873"), "personal_number_format", report.Warning},
		{"another birth date", checks.Data{Issuer: "SWE"}, one("Personal_Number", "811228-9874", "Date_of_Birth", "1985-01-02"), "personal_number_format", report.FailedCheck},
		{"another sex", checks.Data{Issuer: "SWE"}, one("Personal_Number", "811228-9874", "Sex", "F"), "personal_number_format", report.FailedCheck},
		{"nobody knows", checks.Data{Issuer: "UTO"}, one("Personal_Number", "123"), "personal_number_format", report.NotPerformed},
		{"no barcode", checks.Data{}, one(), "barcode_format", report.NotPerformed},
		{"a broken barcode", checks.Data{Licence: &aamva.Document{Problems: []aamva.Problem{{Code: aamva.CodeHeader, Severity: aamva.Error}}}}, one(), "barcode_format", report.Warning},
		{"nothing expected", checks.Data{}, one(), "expected", report.NotPerformed},
		{"as expected", checks.Data{Expected: &report.Expected{LastName: "Müller"}}, one("Surname", "MUELLER"), "expected_last_name", report.Passed},
		{"one given name is enough", checks.Data{Expected: &report.Expected{FirstName: "Maria"}}, one("Given_Names", "ANNA MARIA"), "expected_first_name", report.Passed},
		{"somebody else", checks.Data{Expected: &report.Expected{LastName: "Svensson"}}, one("Surname", "ERIKSSON"), "expected_last_name", report.FailedCheck},
		{"nearly", checks.Data{Expected: &report.Expected{DocumentNumber: "L8989O2C3"}}, one("Document_Number", "L898902C3"), "expected_document_number", report.Warning},
		{"not read", checks.Data{Expected: &report.Expected{DateOfBirth: "1974-08-12"}}, one(), "expected_date_of_birth", report.NotPerformed},
		{"a day off", checks.Data{Expected: &report.Expected{DateOfBirth: "1974-08-12"}}, one("Date_of_Birth", "1974-08-13"), "expected_date_of_birth", report.FailedCheck},
		{"one character off", checks.Data{Expected: &report.Expected{DocumentNumber: "L898902C4"}}, one("Document_Number", "L898902C3"), "expected_document_number", report.FailedCheck},
		{"another house", checks.Data{Expected: &report.Expected{Address: "Gatan 1"}}, one("Address", "111 22 STOCKHOLM GATAN 7"), "expected_address", report.FailedCheck},
		{"another birthday", checks.Data{Expected: &report.Expected{DateOfBirth: "1974-08-12"}}, one("Date_of_Birth", "1990-01-31"), "expected_date_of_birth", report.FailedCheck},
		{"a country's short code", checks.Data{Issuer: "D", Expected: &report.Expected{Country: "DE"}}, one(), "expected_country", report.Passed},
		{"another country", checks.Data{Issuer: "SWE", Expected: &report.Expected{Country: "NOR"}}, one(), "expected_country", report.FailedCheck},
		{"without the century", checks.Data{Expected: &report.Expected{PersonalNumber: "19811228-9874"}}, one("Personal_Number", "811228-9874"), "expected_personal_number", report.Passed},
		{"an address in other order", checks.Data{Expected: &report.Expected{Address: "Storgatan 1, 111 22 Stockholm"}}, one("Address", "111 22 STOCKHOLM STORGATAN 1"), "expected_address", report.Passed},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.data.Now, c.data.Numbers = at, number.Load()
			if c.data.Type == "" {
				c.data.Type = report.IdentityCard
			}
			c.data.Check(c.in)
			got := c.in.Checks.Find(c.check)
			if got == nil || got.Result != c.want {
				t.Fatalf("%+v", got)
			}
			for _, k := range c.in.Checks.All() {
				if k.Result != report.Passed && k.Reason == "" {
					t.Errorf("%s gives no reason", k.Name)
				}
			}
		})
	}
}
