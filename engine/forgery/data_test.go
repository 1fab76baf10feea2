package forgery

import (
	"errors"
	"testing"

	"idproof/engine/raster"
	"idproof/report"
)

// read is evidence of a document of which the given was read.
func read(fields map[string]string, checks []report.Check, text ...string) *Evidence {
	res := report.New()
	s := report.NewDocumentSummary()
	s.Fields = fields
	for n, v := range fields {
		s.FieldDetails = append(s.FieldDetails, report.Field{Name: n, Value: v})
	}
	s.Checks.DataConsistency, s.Checks.DataValidation = checks, checks
	p := report.Page{Width: 100, Height: 100}
	for _, t := range text {
		p.Text = append(p.Text, report.TextLine{Text: t, Confidence: 0.95, Region: report.Quad{{1, 1}, {20, 1}, {20, 9}, {1, 9}}})
	}
	s.Pages = []report.Page{p}
	res.AnalysisSummary.Document = s
	res.Document = &report.Document{Type: report.Passport, IssuingCountry: "FRA"}
	return &Evidence{Picture: &raster.Page{Image: raster.New(100, 100), Format: "png", Width: 100, Height: 100, Scale: 1}, Result: res, Now: testNow}
}

func TestDataDetectors(t *testing.T) {
	check := func(name string, r report.Outcome) []report.Check { return []report.Check{{Name: name, Result: r}} }
	for _, c := range []struct {
		name     string
		detector string
		e        *Evidence
		value    float64 // -1: not performed
	}{
		{"nothing read", "specimen_words", &Evidence{Picture: &raster.Page{}}, -1},
		{"a word by itself", "specimen_words", read(nil, nil, "PASSPORT", "Specimen"), 1},
		{"among others", "specimen_words", read(nil, nil, "SPECIMEN · NOT VALID"), 1},
		{"within a longer word", "specimen_words", read(nil, nil, "AVOIDANCE", "Sampleton"), 0},
		{"in Greek", "specimen_words", read(nil, nil, "ΔΕΙΓΜΑ"), 1},

		{"no fields", "specimen_data", read(nil, nil), -1},
		{"ICAO's own", "specimen_data", read(map[string]string{"Surname": "Eriksson", "Given_Names": "Anna Maria"}, nil), 2},
		{"a common surname", "specimen_data", read(map[string]string{"Surname": "Eriksson", "Given_Names": "Lars"}, nil), 1},
		{"its number", "specimen_data", read(map[string]string{"Document_Number": "L898902C3"}, nil), 2},
		{"one digit over and over", "specimen_data", read(map[string]string{"Document_Number": "777777777"}, nil), 2},
		{"a person", "specimen_data", read(map[string]string{"Surname": "Dupont", "Document_Number": "12AB34567"}, nil), 0},

		{"one source", "sources_disagree", read(nil, check("consistency_surname", report.NotPerformed)), -1},
		{"agree", "sources_disagree", read(nil, check("consistency_surname", report.Passed)), 0},
		{"doubt", "sources_disagree", read(nil, check("consistency_surname", report.Warning)), 0.1},
		{"disagree", "sources_disagree", read(nil, check("consistency_surname", report.FailedCheck)), 1},

		{"no zone", "check_digits", read(nil, nil), -1},
		{"right", "check_digits", read(nil, check("mrz_check_digit_number", report.Passed)), 0},
		{"wrong", "check_digits", read(nil, check("mrz_check_digit_number", report.FailedCheck)), 1},
		{"wrong or misread", "check_digits", read(nil, []report.Check{{Name: "mrz_check_digit_number", Result: report.FailedCheck}, {Name: "mrz_legibility", Result: report.Warning}}), 0.1},

		{"no number", "number_format", read(nil, nil), -1},
		{"contradicts", "number_format", read(nil, check("personal_number_format", report.FailedCheck)), 1},

		{"one date", "date_conflict", read(map[string]string{"Date_of_Expiry": "2030-01-01"}, nil), -1},
		{"ten years", "date_conflict", read(map[string]string{"Date_of_Issue": "2020-01-02", "Date_of_Expiry": "2030-01-01"}, nil), 0},
		{"thirty years", "date_conflict", read(map[string]string{"Date_of_Issue": "2020-01-02", "Date_of_Expiry": "2050-01-01"}, nil), 1},
		{"issued next year", "date_conflict", read(map[string]string{"Date_of_Issue": "2027-01-02", "Date_of_Expiry": "2036-01-01"}, nil), 1},
		{"wrong order", "date_conflict", read(nil, check("dates_in_order", report.FailedCheck)), 2},
	} {
		t.Run(c.detector+"/"+c.name, func(t *testing.T) {
			f, err := run(t, c.detector, c.e)
			var no skipError
			switch {
			case c.value < 0 && !errors.As(err, &no):
				t.Fatalf("performed: %v, %v", f, err)
			case c.value >= 0 && err != nil:
				t.Fatal(err)
			case c.value >= 0 && f.Value != c.value:
				t.Errorf("value %v, want %v; %v", f.Value, c.value, f.Metadata)
			}
		})
	}
}

// TestPrintDiffers draws lines of bars; one is softer than the others.
func TestPrintDiffers(t *testing.T) {
	for _, c := range []struct {
		name string
		soft bool
	}{{"all alike", false}, {"one softer", true}} {
		t.Run(c.name, func(t *testing.T) {
			im := raster.New(400, 400)
			for i := range im.Pix {
				im.Pix[i] = 220
			}
			e := read(nil, nil)
			p := &e.Result.AnalysisSummary.Document.Pages[0]
			for n := range 9 {
				line := raster.New(240, 28)
				for y := range line.H {
					for x := range line.W {
						v := uint8(220)
						if x%12 < 5 && y > 3 && y < 24 {
							v = 30
						}
						copy(line.Pix[3*(y*line.W+x):], []uint8{v, v, v})
					}
				}
				if c.soft && n == 4 {
					line = line.Resize(100, 28).Resize(240, 28)
				}
				y0 := 10 + 42*n
				for y := range line.H {
					copy(im.Pix[3*((y0+y)*im.W+40):], line.Pix[3*y*line.W:3*(y+1)*line.W])
				}
				a, b := float64(y0), float64(y0+28)
				p.Text = append(p.Text, report.TextLine{Text: "ILLILLI", Confidence: 0.9, Region: report.Quad{{40, a}, {280, a}, {280, b}, {40, b}}})
			}
			e.Picture = &raster.Page{Image: im, Format: "png", Width: 400, Height: 400, Scale: 1}
			f, err := run(t, "print_inconsistency", e)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Value > 3; got != c.soft {
				t.Fatalf("value %v, %v", f.Value, f.Metadata)
			}
			if c.soft && f.Regions[0][0][1] != 10+42*4 {
				t.Errorf("region %v", f.Regions)
			}
		})
	}
}
