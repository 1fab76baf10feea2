package checks_test

import (
	"math"
	"testing"
	"time"

	"idproof/catalogue/lexicon"
	"idproof/catalogue/number"
	"idproof/engine/checks"
	"idproof/engine/extract"
	"idproof/engine/mrzread"
	"idproof/engine/ocr"
	"idproof/mrz"
	"idproof/report"
)

var now = time.Date(2010, 6, 1, 12, 0, 0, 0, time.UTC)

// zone is a clear reading of the lines.
func zone(f mrz.Format, lines ...string) *extract.Zone {
	r := &mrzread.Reading{Layout: f.Layout(), Lines: lines, Pitch: 20, Certain: true}
	for _, l := range lines {
		r.Rows = append(r.Rows, ocr.Line{Length: 900, Height: 30})
		r.Spans = append(r.Spans, [2]float64{-440, 440})
		conf := make([]float64, len(l))
		for i := range conf {
			conf[i] = 0.99
		}
		r.Confidence = append(r.Confidence, conf)
	}
	return &extract.Zone{Document: mrz.ParseAs(f, lines, now), Reading: r, Scale: 1}
}

const (
	first  = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
	second = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
)

func TestZone(t *testing.T) {
	for _, c := range []struct {
		name string
		zone *extract.Zone
		want map[string]report.Outcome // the rest passes
	}{
		{"right in everything", zone(mrz.TD3, first, second), nil},
		{
			"a wrong digit", zone(mrz.TD3, first, "L898902C37UTO7408122F1204159ZE184226B<<<<<10"),
			map[string]report.Outcome{"mrz_check_digit_document_number": report.FailedCheck, "mrz_check_digit_composite": report.FailedCheck},
		},
		{
			"without a day of birth", zone(mrz.TD3, first, "L898902C36UTO7408<<2F1204159ZE184226B<<<<<10"),
			map[string]report.Outcome{"mrz_check_digit_birth_date": report.FailedCheck, "mrz_check_digit_composite": report.FailedCheck},
		},
		{"small characters", with(zone(mrz.TD3, first, second), func(r *mrzread.Reading) { r.Pitch = 7 }), map[string]report.Outcome{"mrz_resolution": report.Warning}},
		{"too small characters", with(zone(mrz.TD3, first, second), func(r *mrzread.Reading) { r.Pitch = 5 }), map[string]report.Outcome{"mrz_resolution": report.FailedCheck}},
		{"ambiguous characters", with(zone(mrz.TD3, first, second), func(r *mrzread.Reading) { r.Certain = false }), map[string]report.Outcome{"mrz_legibility": report.Warning}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got report.Checks
			checks.Zone(&got, c.zone)
			for _, check := range got.All() {
				want, ok := c.want[check.Name]
				if !ok {
					want = report.Passed
				}
				if check.Result != want {
					t.Errorf("%s %s (%s), want %s", check.Name, check.Result, check.Reason, want)
				}
				if check.Result != report.Passed && check.Reason == "" {
					t.Errorf("%s gives no reason", check.Name)
				}
			}
			for name := range c.want {
				if got.Find(name) == nil {
					t.Errorf("%s is missing", name)
				}
			}
		})
	}
}

func with(z *extract.Zone, change func(*mrzread.Reading)) *extract.Zone {
	change(z.Reading)
	return z
}

func TestNoZoneMeansNotPerformed(t *testing.T) {
	var got report.Checks
	checks.Zone(&got, nil)
	if len(got.All()) < 3 {
		t.Fatalf("%d checks", len(got.All()))
	}
	for _, c := range got.All() {
		if c.Result != report.NotPerformed || c.Reason == "" {
			t.Errorf("%s %s", c.Name, c.Result)
		}
	}
}

func TestFields(t *testing.T) {
	res := report.New()
	res.AnalysisSummary.Document = report.NewDocumentSummary()
	z := zone(mrz.TD3, first, "L898902C37UTO7408122F1204159ZE184226B<<<<<10")
	z.Scale = 0.5
	words, err := lexicon.Load()
	if err != nil {
		t.Fatal(err)
	}
	reader, err := extract.New(words, number.Load())
	if err != nil {
		t.Fatal(err)
	}
	res.Document = &report.Document{Type: report.Passport, IssuingCountry: "UTO", MRZ: z.Report()}
	extract.Into(res, extract.Merge(reader.Open(extract.Input{Now: now, Type: report.Passport, Issuer: "UTO", Zone: z}).Read()), now)
	want := map[string]string{
		"Document_Code": "P", "Issuing_Country": "UTO", "Document_Number": "L898902C3", "Surname": "ERIKSSON", "Given_Names": "ANNA MARIA",
		"Nationality": "UTO", "Date_of_Birth": "1974-08-12", "Sex": "F", "Date_of_Expiry": "2012-04-15", "Personal_Number": "ZE184226B",
	}
	s := res.AnalysisSummary.Document
	for name, v := range want {
		if s.Fields[name] != v {
			t.Errorf("%s is %q, want %q", name, s.Fields[name], v)
		}
	}
	if len(s.Fields) != len(want) || len(s.FieldDetails) != len(want) {
		t.Errorf("fields %v", s.Fields)
	}
	for _, f := range s.FieldDetails {
		valid := report.NotPerformed
		switch f.Name {
		case "Document_Number":
			valid = report.FailedCheck
		case "Date_of_Birth", "Date_of_Expiry", "Personal_Number":
			valid = report.Passed
		}
		if f.Validity != valid {
			t.Errorf("%s is %s, want %s", f.Name, f.Validity, valid)
		}
		if len(f.Sources) != 1 || f.Sources[0].Source != report.FromMRZ || f.Sources[0].Confidence < 0.9 {
			t.Errorf("%s has sources %+v", f.Name, f.Sources)
		}
		for _, p := range f.Sources[0].Region {
			if math.IsNaN(p[0]) || math.IsInf(p[0], 0) {
				t.Errorf("%s lies at %v", f.Name, p)
			}
		}
	}
	if id := res.Identity; id.Age == nil || *id.Age != 35 || id.FullName != "ANNA MARIA ERIKSSON" {
		t.Errorf("identity %+v", id)
	}
	if m := res.Document.MRZ; m.Valid || m.Certainty != report.Printed || m.Pitch != 40 || len(m.CheckDigits) != 5 {
		t.Errorf("zone %+v", m)
	}
}
