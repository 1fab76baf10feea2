package policy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"idproof/report"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func good() Input {
	r := report.New()
	age := 40
	r.Identity = &report.Identity{LastName: "A", DateOfBirth: "1986-01-01", Age: &age}
	r.Document = &report.Document{
		Type: report.Passport, DocumentNumber: "1", DateOfExpiry: "2030-01-01",
		MRZ: &report.MRZ{Valid: true, Certainty: report.Printed, CheckDigits: []report.CheckDigit{{OK: true}}},
	}
	r.AnalysisSummary.Document = report.NewDocumentSummary()
	return Input{Report: r, Types: []string{"document"}, Now: now}
}

func TestDecide(t *testing.T) {
	check := func(name string, o report.Outcome) func(*Input) {
		return func(in *Input) {
			c := &in.Report.AnalysisSummary.Document.Checks
			c.DataValidation = append(c.DataValidation, report.Check{Name: name, Result: o})
		}
	}
	tests := []struct {
		name   string
		change func(*Input)
		want   report.Status
		again  report.Status // when the person can take another picture
		codes  []string
	}{
		{"good", func(*Input) {}, report.Accepted, report.Accepted, nil},
		{"picture unreadable", func(in *Input) { in.Report.Errors = []report.Error{{Code: "IMAGE_DAMAGED"}} }, report.Declined, report.Declined, []string{"PICTURE_UNREADABLE"}},
		{"nothing found", func(in *Input) { in.Report.Document, in.Report.Identity = nil, nil }, report.Declined, report.Declined, []string{"DOCUMENT_NOT_FOUND"}},
		{"no zone", func(in *Input) { in.Report.Document.MRZ = nil }, report.Declined, report.Declined, []string{"MRZ_NOT_FOUND"}},
		{"a card's front alone", func(in *Input) {
			in.Report.Document.MRZ, in.Report.Document.Type = nil, report.IdentityCard
		}, report.Review, report.Review, []string{"PRINT_ONLY"}},
		{"a licence with its barcode", func(in *Input) {
			in.Report.Document.MRZ, in.Report.Document.Type = nil, report.DrivingLicense
			in.Report.Document.Barcode = &report.Barcode{Standard: "AAMVA"}
		}, report.Accepted, report.Accepted, nil},
		{"no identity document", func(in *Input) {
			in.Report.Document.MRZ, in.Report.Document.Type = nil, report.Other
		}, report.Declined, report.Declined, []string{"PRINT_ONLY", "DOCUMENT_TYPE_NOT_ACCEPTED"}},
		{"a poor picture", func(in *Input) {
			c := &in.Report.AnalysisSummary.Document.Checks
			c.ImageQuality = append(c.ImageQuality, report.Check{Name: "blurred", Result: report.FailedCheck})
		}, report.Review, report.Declined, []string{"PICTURE_POOR"}},
		{"sources contradict", func(in *Input) {
			c := &in.Report.AnalysisSummary.Document.Checks
			c.DataConsistency = append(c.DataConsistency, report.Check{Name: "consistency_surname", Result: report.FailedCheck})
		}, report.Review, report.Declined, []string{"DATA_INCONSISTENT"}},
		{"somebody else was expected", func(in *Input) {
			c := &in.Report.AnalysisSummary.Document.Checks
			c.DataComparison = append(c.DataComparison, report.Check{Name: "expected_last_name", Result: report.FailedCheck})
		}, report.Review, report.Review, []string{"EXPECTED_DIFFERS"}},
		{"uncertain", func(in *Input) { in.mrz().Certainty = report.Uncertain }, report.Review, report.Declined, []string{"MRZ_UNCERTAIN"}},
		{"uncertain, wrong digit", func(in *Input) {
			in.mrz().Certainty, in.mrz().Valid, in.mrz().CheckDigits[0].OK = report.Uncertain, false, false
		}, report.Review, report.Declined, []string{"MRZ_UNCERTAIN"}},
		{"wrong digit", func(in *Input) { in.mrz().Valid, in.mrz().CheckDigits[0].OK = false, false }, report.Declined, report.Declined, []string{"MRZ_CHECK_DIGIT_WRONG"}},
		{"invalid otherwise", func(in *Input) { in.mrz().Valid = false }, report.Review, report.Review, []string{"MRZ_INVALID"}},
		{"expired", func(in *Input) { in.Report.Document.DateOfExpiry = "2026-02-27" }, report.Declined, report.Declined, []string{"DOCUMENT_EXPIRED"}},
		{"expired yesterday, still today somewhere", func(in *Input) { in.Report.Document.DateOfExpiry = "2026-02-28" }, report.Accepted, report.Accepted, nil},
		{"expired, accepted", func(in *Input) {
			in.Report.Document.DateOfExpiry = "2020-01-01"
			in.Settings.AcceptExpired = true
		}, report.Accepted, report.Accepted, nil},
		{"no expiry", func(in *Input) { in.Report.Document.DateOfExpiry = "" }, report.Accepted, report.Accepted, nil},
		{"type not accepted", func(in *Input) { in.Settings.DocumentTypes = []string{report.IdentityCard} }, report.Declined, report.Declined, []string{"DOCUMENT_TYPE_NOT_ACCEPTED"}},
		{"another type than chosen", func(in *Input) { in.DocumentType = report.IdentityCard }, report.Declined, report.Declined, []string{"DOCUMENT_TYPE_DIFFERS"}},
		{"a card is a card", func(in *Input) {
			in.DocumentType, in.Report.Document.Type = report.IdentityCard, report.ResidencePermit
		}, report.Accepted, report.Accepted, nil},
		{"too young", func(in *Input) { in.Settings.MinimumAge = 41 }, report.Declined, report.Declined, []string{"UNDER_AGE"}},
		{"old enough", func(in *Input) { in.Settings.MinimumAge = 40 }, report.Accepted, report.Accepted, nil},
		{"age unknown", func(in *Input) { in.Settings.MinimumAge, in.Report.Identity.Age = 18, nil }, report.Review, report.Declined, []string{"AGE_UNKNOWN"}},
		{"no name", func(in *Input) { in.Report.Identity.LastName = "" }, report.Review, report.Declined, []string{"IDENTITY_INCOMPLETE"}},
		{"another check failed", check("date_of_birth", report.FailedCheck), report.Review, report.Review, []string{"CHECK_FAILED"}},
		{"another check not performed", check("date_of_birth", report.NotPerformed), report.Accepted, report.Accepted, nil},
		{"a digit's own check", check("mrz_check_digit_composite", report.FailedCheck), report.Accepted, report.Accepted, nil},
		{
			"what was not looked at is not accepted", func(in *Input) { in.Types = []string{"document", "selfie", "liveness", "forgery"} },
			report.Review, report.Review,
			[]string{"SELFIE_NOT_PERFORMED", "LIVENESS_NOT_PERFORMED", "FORGERY_NOT_PERFORMED"},
		},
		{"the gravest decides", func(in *Input) {
			in.mrz().Certainty = report.Uncertain
			in.Report.Document.DateOfExpiry = "2020-01-01"
		}, report.Declined, report.Declined, []string{"MRZ_UNCERTAIN", "DOCUMENT_EXPIRED"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, can := range []bool{false, true} {
				in := good()
				in.CanRetry = can
				tt.change(&in)
				d := Decide(in)
				want := tt.want
				if can {
					want = tt.again
				}
				require.Equal(t, want, d.Result)
				var codes []string
				for _, r := range d.Reasons {
					codes = append(codes, r.Code)
				}
				require.Equal(t, tt.codes, codes)
				require.Equal(t, Version, d.Policy)
			}
		})
	}
}

// Codes are for ever: each once, in capitals, with a text.
func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		require.Regexp(t, `^[A-Z]+(_[A-Z]+)+$`, r.Code)
		require.False(t, seen[r.Code])
		require.NotEmpty(t, r.Text)
		seen[r.Code] = true
	}
	require.Equal(t, report.Failed, Failed().Result)
	require.Equal(t, "ANALYSIS_FAILED", Failed().Reasons[0].Code)
}
