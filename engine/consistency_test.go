package engine_test

import (
	"testing"

	"idproof/report"
	"idproof/specimen"
)

// A birth date that the print has otherwise than the zone, whose check digits are
// all right, is what a forger of one of them leaves behind.
func TestAnalyzeSeesThatPrintAndZoneDiffer(t *testing.T) {
	for _, c := range []struct {
		traits []specimen.Trait
		want   []report.Outcome
	}{
		{nil, []report.Outcome{report.Passed}},
		// A digit that small print makes alike is a warning.
		{[]specimen.Trait{specimen.Mismatch}, []report.Outcome{report.FailedCheck, report.Warning}},
	} {
		_, sides := draw(t, 5, specimen.Wish{Kind: specimen.Passport, Issuer: "UTO", Traits: c.traits})
		res := analyze(t, encode(t, sides.Front.Image))
		got := res.AnalysisSummary.Document.Checks.Find("consistency_date_of_birth")
		if got == nil || got.Result != c.want[0] && got.Result != c.want[len(c.want)-1] {
			t.Errorf("%v: %+v", c.traits, got)
		}
		if !res.Document.MRZ.Valid {
			t.Errorf("%v: the zone is not valid", c.traits)
		}
	}
}

func TestAnalyzeComparesWithWhatIsExpected(t *testing.T) {
	d, sides := draw(t, 6, specimen.Wish{Kind: specimen.Passport, Issuer: "UTO"})
	res, err := open(t).Analyze(t.Context(), inputs(encode(t, sides.Front.Image)), options(&report.Expected{
		LastName: "Nobody", DateOfBirth: string(d.BirthDate), DocumentNumber: d.Number,
	}))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]report.Outcome{
		"expected_last_name": report.FailedCheck, "expected_date_of_birth": report.Passed, "expected_document_number": report.Passed,
	} {
		if got := res.AnalysisSummary.Document.Checks.Find(name); got == nil || got.Result != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
