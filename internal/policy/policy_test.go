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
	all := []string{report.Passport, report.IdentityCard, report.DrivingLicense, report.ResidencePermit, report.Visa}
	return Input{Criteria: Criteria{DocumentTypes: all}, Report: r, Types: []string{"document"}, Now: now}
}

func TestDecide(t *testing.T) {
	check := func(name string, o report.Outcome) func(*Input) {
		return func(in *Input) {
			c := &in.Report.AnalysisSummary.Document.Checks
			c.DataValidation = append(c.DataValidation, report.Check{Name: name, Result: o})
		}
	}
	recording := func(reason string) func(*Input) {
		return func(in *Input) {
			in.Types = append(in.Types, "liveness")
			in.Report.AnalysisSummary.Liveness = &report.LivenessSummary{Mode: "active", Result: report.Spoof, Reason: reason}
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
		{"the other side", func(in *Input) {
			c := &in.Report.AnalysisSummary.Document.Checks
			c.ImageQuality = append(c.ImageQuality, report.Check{Name: "wrong_side", Result: report.FailedCheck})
		}, report.Review, report.Declined, []string{"WRONG_SIDE"}},
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
			in.AcceptExpired = true
		}, report.Accepted, report.Accepted, nil},
		{"no expiry", func(in *Input) { in.Report.Document.DateOfExpiry = "" }, report.Accepted, report.Accepted, nil},
		{"type not accepted", func(in *Input) { in.DocumentTypes = []string{report.IdentityCard} }, report.Declined, report.Declined, []string{"DOCUMENT_TYPE_NOT_ACCEPTED"}},
		{"country not accepted", func(in *Input) {
			in.Report.Document.IssuingCountry, in.Countries = "UTO", []string{"SWE"}
		}, report.Declined, report.Declined, []string{"DOCUMENT_COUNTRY_NOT_ACCEPTED"}},
		{"country accepted by another name", func(in *Input) {
			in.Report.Document.IssuingCountry, in.Countries = "D", []string{"SWE", "DEU"}
		}, report.Accepted, report.Accepted, nil},
		{"country not read", func(in *Input) { in.Countries = []string{"SWE"} }, report.Accepted, report.Accepted, nil},
		{"a warning", check("date_of_birth", report.Warning), report.Accepted, report.Accepted, nil},
		{"another type than chosen", func(in *Input) { in.DocumentType = report.IdentityCard }, report.Declined, report.Declined, []string{"DOCUMENT_TYPE_DIFFERS"}},
		{"a card is a card", func(in *Input) {
			in.DocumentType, in.Report.Document.Type = report.IdentityCard, report.ResidencePermit
		}, report.Accepted, report.Accepted, nil},
		{"too young", func(in *Input) { in.MinimumAge = 41 }, report.Declined, report.Declined, []string{"UNDER_AGE"}},
		{"old enough", func(in *Input) { in.MinimumAge = 40 }, report.Accepted, report.Accepted, nil},
		{"age unknown", func(in *Input) { in.MinimumAge, in.Report.Identity.Age = 18, nil }, report.Review, report.Declined, []string{"AGE_UNKNOWN"}},
		{"no name", func(in *Input) { in.Report.Identity.LastName = "" }, report.Review, report.Declined, []string{"IDENTITY_INCOMPLETE"}},
		{"another check failed", check("date_of_birth", report.FailedCheck), report.Review, report.Review, []string{"CHECK_FAILED"}},
		{"another check not performed", check("date_of_birth", report.NotPerformed), report.Accepted, report.Accepted, nil},
		{"a digit's own check", check("mrz_check_digit_composite", report.FailedCheck), report.Accepted, report.Accepted, nil},
		{
			"what was not looked at is not accepted", func(in *Input) { in.Types = []string{"document", "selfie", "liveness", "forgery"} },
			report.Review, report.Review,
			[]string{"SELFIE_NOT_PERFORMED", "LIVENESS_NOT_PERFORMED", "FORGERY_NOT_PERFORMED"},
		},
		{"faces match, and all else is well", func(in *Input) {
			in.Types = []string{"document", "selfie", "liveness", "forgery"}
			in.Report.AnalysisSummary.Selfie = &report.SelfieSummary{FaceMatch: report.FaceMatch{Result: report.Match}}
			in.Report.AnalysisSummary.Liveness = &report.LivenessSummary{Result: report.Live}
			in.Report.AnalysisSummary.Forgery = &report.ForgerySummary{Score: "Normal"}
		}, report.Accepted, report.Accepted, nil},
		{"faces differ, a picture of a picture, much like forgeries", func(in *Input) {
			in.Types = []string{"document", "selfie", "liveness", "forgery"}
			in.Report.AnalysisSummary.Selfie = &report.SelfieSummary{FaceMatch: report.FaceMatch{Result: report.NoMatch}}
			in.Report.AnalysisSummary.Liveness = &report.LivenessSummary{Result: "Spoof"}
			in.Report.AnalysisSummary.Forgery = &report.ForgerySummary{Score: "HighRisk"}
		}, report.Review, report.Review, []string{"FACE_DIFFERS", "LIVENESS_DOUBTFUL", "FORGERY_LIKELY"}},
		{"a recording that nobody made", recording("no_recording"), report.Review, report.Review, []string{"LIVENESS_NOT_PERFORMED"}},
		{"a recording without the movement", recording("action_not_shown"), report.Review, report.Declined, []string{"LIVENESS_ACTION_MISSED"}},
		{"a recording with gaps", recording("too_few_frames"), report.Review, report.Declined, []string{"LIVENESS_UNUSABLE"}},
		{"a recording of two", recording("identity_changed"), report.Review, report.Review, []string{"LIVENESS_PERSON_DIFFERS"}},
		{"a recording that stands still", recording("frames_frozen"), report.Review, report.Review, []string{"LIVENESS_REFUSED"}},
		{"a recording whose best picture is one of a picture", recording(""), report.Review, report.Declined, []string{"LIVENESS_DOUBTFUL"}},
		{"a face that was seen before and is blocked", func(in *Input) {
			hit := []report.FaceSeen{{Score: 90}}
			in.Report.AnalysisSummary.FaceSearch = &report.FaceSearch{Searches: []report.FaceSetSearch{{Kind: "seen", Matches: hit}, {Kind: "blocked", Matches: hit}}}
		}, report.Review, report.Review, []string{"FACE_SEEN_BEFORE", "FACE_BLOCKED"}},
		{"a face that nobody has seen", func(in *Input) {
			in.Report.AnalysisSummary.FaceSearch = &report.FaceSearch{Searches: []report.FaceSetSearch{{Kind: "seen"}, {Kind: "blocked"}}}
		}, report.Accepted, report.Accepted, nil},
		{"no face to compare", func(in *Input) {
			in.Types = []string{"document", "selfie"}
			in.Report.AnalysisSummary.Selfie = &report.SelfieSummary{FaceMatch: report.FaceMatch{Result: report.NotPossible}}
		}, report.Review, report.Declined, []string{"FACE_NOT_COMPARABLE"}},
		{"forgery detection that could ask nothing", func(in *Input) {
			in.Types = []string{"document", "forgery"}
			in.Report.AnalysisSummary.Forgery = &report.ForgerySummary{Score: "None"}
		}, report.Review, report.Review, []string{"FORGERY_NOT_PERFORMED"}},
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
				require.Equal(t, "standard-4", d.Policy)
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

func fail(group, name string, o report.Outcome, score ...float64) func(*Input) {
	return func(in *Input) {
		c := report.Check{Name: name, Result: o}
		if len(score) > 0 {
			c.Score = &score[0]
		}
		all := &in.Report.AnalysisSummary.Document.Checks
		switch group {
		case "image_quality":
			all.ImageQuality = append(all.ImageQuality, c)
		case "data_comparison":
			all.DataComparison = append(all.DataComparison, c)
		case "compromised_document":
			all.CompromisedDocument = append(all.CompromisedDocument, c)
		case "visual_authenticity":
			all.VisualAuthenticity = append(all.VisualAuthenticity, c)
		default:
			all.DataValidation = append(all.DataValidation, c)
		}
	}
}

func unasked(why string) func(*Input) {
	return func(in *Input) {
		c := report.Check{Name: "fonts", Result: report.NotPerformed, Reason: why}
		in.Report.AnalysisSummary.Document.Checks.VisualAuthenticity = []report.Check{c}
	}
}

// suspected is a forgery detection that warns; of the pictures alone if that is nil.
func suspected(pictures *int) func(*Input) {
	return func(in *Input) {
		in.Types = append(in.Types, "forgery")
		in.Report.AnalysisSummary.Forgery = &report.ForgerySummary{Score: "Warning", RiskScore: 60, PictureRiskScore: pictures}
	}
}

// What a merchant's policy says is what is done, but for what no policy can say.
func TestConfig(t *testing.T) {
	below := 0.5
	expired := func(in *Input) { in.Report.Document.DateOfExpiry = "2020-01-01" }
	tests := []struct {
		name   string
		config Config
		change func(*Input)
		want   report.Status
	}{
		{"lenient, expired", Config{Preset: Lenient}, expired, report.Review},
		{"standard, expired", Config{}, expired, report.Declined},
		{"own, expired", Config{Reasons: map[string]Action{"DOCUMENT_EXPIRED": Ignore}}, expired, report.Accepted},
		{"lenient, poor", Config{Preset: Lenient}, fail("image_quality", "blurred", report.FailedCheck), report.Accepted},
		{"strict, warning", Config{Preset: Strict}, fail("image_quality", "blurred", report.Warning), report.Review},
		{"strict, expected differs", Config{Preset: Strict}, fail("data_comparison", "expected_last_name", report.FailedCheck), report.Declined},
		{"strict, expected not compared", Config{Preset: Strict}, fail("data_comparison", "expected_last_name", report.NotPerformed), report.Review},
		{"standard, expected not compared", Config{}, fail("data_comparison", "expected_last_name", report.NotPerformed), report.Accepted},
		{"a check of its own", Config{Checks: map[string]Check{"blurred": {Failed: Ignore}}}, fail("image_quality", "blurred", report.FailedCheck), report.Accepted},
		{"a beginning", Config{Checks: map[string]Check{"expected_*": {Failed: Decline}}}, fail("data_comparison", "expected_last_name", report.FailedCheck), report.Declined},
		{"the exact before the group", Config{Checks: map[string]Check{"image_quality": {Failed: Decline}, "blurred": {Failed: Ignore}}}, fail("image_quality", "blurred", report.FailedCheck), report.Accepted},
		{"the group", Config{Checks: map[string]Check{"image_quality": {Failed: Decline}}}, fail("image_quality", "glare", report.FailedCheck), report.Declined},
		{"under the threshold", Config{Checks: map[string]Check{"blurred": {Below: &below}}}, fail("image_quality", "blurred", report.Passed, 0.4), report.Review},
		{"over the threshold", Config{Checks: map[string]Check{"blurred": {Below: &below}}}, fail("image_quality", "blurred", report.Passed, 0.6), report.Accepted},
		{"not performed has no score", Config{Checks: map[string]Check{"blurred": {Below: &below}}}, fail("image_quality", "blurred", report.NotPerformed), report.Accepted},
		{"comparison with others", Config{Checks: map[string]Check{"visual_authenticity": {Failed: Decline}}}, fail("visual_authenticity", "repeated_image", report.FailedCheck), report.Review},
		{"strict, genuineness could not be checked", Config{Preset: Strict}, fail("visual_authenticity", "fonts", report.NotPerformed), report.Review},
		{"strict, nobody asked about genuineness", Config{Preset: Strict}, unasked(report.NotAskedFor), report.Accepted},
		{"strict, nothing could answer", Config{Preset: Strict}, unasked(report.NotAvailable), report.Accepted},
		{"seen before", Config{Checks: map[string]Check{"compromised_document": {Failed: Decline}}}, fail("compromised_document", "repeated_image", report.FailedCheck), report.Review},
		{"a published specimen", Config{Checks: map[string]Check{"compromised_document": {Failed: Decline}}}, fail("compromised_document", "known_specimen", report.FailedCheck), report.Declined},
		{"suspected by the pictures", Config{Reasons: map[string]Action{"FORGERY_SUSPECTED": Decline}}, suspected(nil), report.Declined},
		{"suspected by other sessions", Config{Reasons: map[string]Action{"FORGERY_SUSPECTED": Decline}}, suspected(new(11)), report.Review},
		{"genuineness", Config{Checks: map[string]Check{"visual_authenticity": {Failed: Decline}}}, fail("visual_authenticity", "recaptured", report.FailedCheck), report.Declined},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.NoError(t, tt.config.Validate())
			in := good()
			in.Config = tt.config
			tt.change(&in)
			require.Equal(t, tt.want, Decide(in).Result)
		})
	}
	tooMuch := 1.5
	for name, bad := range map[string]Config{
		"preset":                   {Preset: "mild"},
		"code":                     {Reasons: map[string]Action{"NOTHING": Review}},
		"failed analysis":          {Reasons: map[string]Action{"ANALYSIS_FAILED": Ignore}},
		"action":                   {Reasons: map[string]Action{"UNDER_AGE": "accept"}},
		"accepts what was skipped": {Reasons: map[string]Action{"LIVENESS_NOT_PERFORMED": Ignore}},
		"declines what was skipped": {
			Reasons: map[string]Action{"SELFIE_NOT_PERFORMED": Decline},
		},
		"declines not performed": {Reasons: map[string]Action{"CHECK_NOT_PERFORMED": Decline}},
		"declines not performed, by check": {
			Checks: map[string]Check{"blurred": {NotPerformed: Decline}},
		},
		"declines on 1:N": {Checks: map[string]Check{"duplicate_*": {Failed: Decline}}},
		"check's action":  {Checks: map[string]Check{"blurred": {Failed: "no"}}},
		"threshold":       {Checks: map[string]Check{"blurred": {Below: &tooMuch}}},
	} {
		require.Error(t, bad.Validate(), name)
	}
}

// Every preset speaks of every reason, keeps its own rules, and none is milder
// than the one before.
func TestPresets(t *testing.T) {
	var before Preset
	for _, p := range Presets() {
		require.NotEmpty(t, p.About)
		require.NoError(t, Config{Preset: p.Name, Reasons: p.Reasons, Checks: p.Checks}.Validate())
		require.Len(t, p.Reasons, len(rules)-1)
		for code, a := range before.Reasons {
			require.Equal(t, p.Reasons[code], graver(a, p.Reasons[code]), "%s of %s", code, p.Name)
		}
		before = p
	}
}

// An explanation names every rule once, and its decision is the decision.
func TestExplain(t *testing.T) {
	in := good()
	in.Report.Document.DateOfExpiry = "2020-01-01"
	fail("image_quality", "blurred", report.FailedCheck)(&in)
	e := Explain(in)
	require.Equal(t, Decide(in), e.Decision)
	require.Equal(t, "standard-4", e.Policy)
	seen := map[string]Finding{}
	for _, f := range e.Findings {
		require.NotContains(t, seen, f.Code+f.Check)
		seen[f.Code+f.Check] = f
	}
	require.True(t, seen["DOCUMENT_EXPIRED"].Applies)
	require.Equal(t, Decline, seen["DOCUMENT_EXPIRED"].Action)
	require.Equal(t, report.FailedCheck, seen["PICTURE_POORblurred"].Outcome)
	require.False(t, seen["UNDER_AGE"].Applies)
	require.NotEmpty(t, e.Why)
	require.Equal(t, "standard-4+changes", Config{Reasons: map[string]Action{"UNDER_AGE": Review}}.Name())
}
