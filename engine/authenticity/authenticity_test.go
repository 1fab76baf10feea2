package authenticity_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"idproof/engine/authenticity"
	"idproof/engine/forgery"
	"idproof/report"
)

// What detectors say of the data is in the checks of the data.
var ofData = []string{"sources_disagree", "check_digits", "number_format", "date_conflict"}

// Every detector of risk belongs to a check, and every check sums up detectors
// that there are.
func TestEveryDetectorIsSummedUp(t *testing.T) {
	history := []string{"repeated_image", "repeated_number", "repeated_portrait", "velocity"}
	summed := map[string]bool{}
	for _, k := range authenticity.Kinds() {
		for _, id := range k.Indicators {
			known := slices.Contains(history, id) || slices.ContainsFunc(forgery.Detectors(), func(d forgery.Detector) bool { return d.ID == id })
			require.True(t, known, "%s sums up %s, which nobody finds", k.Name, id)
			summed[id] = true
		}
	}
	for _, d := range forgery.Detectors() {
		if d.Type == forgery.Risk && !slices.Contains(ofData, d.ID) {
			require.True(t, summed[d.ID], "%s belongs to no check: checks.json", d.ID)
		}
	}
}

func TestInto(t *testing.T) {
	found := func(id, typ string, score int) report.Indicator {
		return report.Indicator{ID: id, Type: typ, Score: score}
	}
	summary := &report.ForgerySummary{
		Performed: []string{"screen_recapture", "copy_move", "noise_inconsistency", "print_inconsistency", "specimen_words"},
		Indicators: []report.Indicator{
			found("copy_move", "RISK", 40), found("noise_inconsistency", "RISK", 61), found("print_inconsistency", "RISK", 90),
			found("camera_original", "TRUST", 99),
		},
		NotPerformed: []report.Skipped{{ID: "halftone", Reason: "too small"}, {ID: "editing_software", Reason: "one"}, {ID: "inconsistent_exif", Reason: "another"}},
	}
	tests := []struct {
		name, check string
		summary     *report.ForgerySummary
		at          authenticity.Thresholds
		want        report.Outcome
		reason      string
		score       float64
	}{
		{"nobody asked", "digital_tampering", nil, authenticity.Standard, report.NotPerformed, report.NotAskedFor, 0},
		{"nothing noticed", "recaptured_from_screen", summary, authenticity.Standard, report.Passed, "", 1},
		{"the worst counts", "digital_tampering", summary, authenticity.Standard, report.Warning, "", 0.39},
		{"nearly certain", "fonts", summary, authenticity.Standard, report.FailedCheck, "", 0.1},
		{"the merchant is stricter", "digital_tampering", summary, authenticity.Thresholds{Warning: 20, HighRisk: 60}, report.FailedCheck, "", 0.39},
		{"the merchant is milder", "fonts", summary, authenticity.Thresholds{Warning: 95, HighRisk: 99}, report.Passed, "", 0.1},
		{"could not be asked", "on_printed_paper", summary, authenticity.Standard, report.NotPerformed, "too small", 0},
		{"for several reasons", "metadata", summary, authenticity.Standard, report.NotPerformed, "none of its detectors could be asked of these pictures", 0},
		{"nothing asks it", "template", summary, authenticity.Standard, report.NotPerformed, report.NotAvailable, 0},
		{"a published specimen", "known_specimen", summary, authenticity.Standard, report.Passed, "", 1},
		{"no history", "repeated_image", summary, authenticity.Standard, report.NotPerformed, report.NotAvailable, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sum := report.NewDocumentSummary()
			sum.Checks.VisualAuthenticity = []report.Check{{Name: "old"}}
			authenticity.Into(&report.Result{AnalysisSummary: report.Summary{Document: sum, Forgery: tt.summary}}, tt.at)
			require.Nil(t, sum.Checks.Find("old"))
			c := sum.Checks.Find(tt.check)
			require.NotNil(t, c)
			require.Equal(t, tt.want, c.Result)
			require.Equal(t, tt.reason, c.Reason)
			if tt.want == report.NotPerformed {
				require.Nil(t, c.Score)
				return
			}
			require.InDelta(t, tt.score, *c.Score, 1e-9)
			require.Contains(t, c.Evidence, "indicators")
		})
	}
}

func TestScore(t *testing.T) {
	for _, tt := range []struct {
		risk    int
		was     string
		warning int
		high    int
		want    string
	}{
		{0, "None", 50, 85, "None"},
		{11, "Normal", 50, 85, "Normal"},
		{9, "Trusted", 50, 85, "Trusted"},
		{60, "Warning", 50, 85, "Warning"},
		{90, "HighRisk", 50, 85, "HighRisk"},
		{60, "Warning", 70, 85, "Normal"},
		{60, "Warning", 30, 55, "HighRisk"},
		{15, "Trusted", 12, 55, "Warning"},
	} {
		got := authenticity.Thresholds{Warning: tt.warning, HighRisk: tt.high}.Score(&report.ForgerySummary{Score: tt.was, RiskScore: tt.risk})
		require.Equal(t, tt.want, got, "%+v", tt)
	}
}

// The ghosts of the portrait answer for its integrity where faces were looked at.
func TestGhosts(t *testing.T) {
	ghost := func(likeness string) report.Portrait { return report.Portrait{Ghost: true, Likeness: likeness} }
	for name, tt := range map[string]struct {
		selfie *report.SelfieSummary
		want   report.Outcome
		reason string
	}{
		"nobody looked at faces": {nil, report.NotPerformed, report.NotAvailable},
		"no ghost":               {&report.SelfieSummary{Portraits: []report.Portrait{{}}}, report.NotPerformed, "the document has no second picture of the holder that can be made out"},
		"too pale":               {&report.SelfieSummary{Portraits: []report.Portrait{{}, ghost("unclear")}}, report.NotPerformed, "the document has no second picture of the holder that can be made out"},
		"the holder":             {&report.SelfieSummary{Portraits: []report.Portrait{{}, ghost("same"), ghost("unclear")}}, report.Passed, ""},
		"a figure beside it":     {&report.SelfieSummary{Portraits: []report.Portrait{{}, ghost("same"), ghost("differs")}}, report.Passed, ""},
		"a figure":               {&report.SelfieSummary{Portraits: []report.Portrait{{}, ghost("differs")}}, report.NotPerformed, "the document has no second picture of the holder that can be made out"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &report.Result{AnalysisSummary: report.Summary{Document: report.NewDocumentSummary(), Forgery: &report.ForgerySummary{}, Selfie: tt.selfie}}
			authenticity.Into(r, authenticity.Standard)
			c := r.AnalysisSummary.Document.Checks.Find("portrait_integrity")
			require.Equal(t, tt.want, c.Result)
			require.Equal(t, tt.reason, c.Reason)
			require.Equal(t, tt.want != report.NotPerformed, c.Evidence != nil)
		})
	}
	authenticity.Into(&report.Result{}, authenticity.Standard) // no document, no checks
}
