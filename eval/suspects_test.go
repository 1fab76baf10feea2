package eval_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"idproof/engine/forgery"
	"idproof/eval"
)

func TestForgeryClasses(t *testing.T) {
	for name, tt := range map[string]struct {
		asked, want []string
		kit, ok     bool
	}{
		"neither": {[]string{"mrz"}, nil, false, false},
		"all":     {nil, nil, false, false},
		"forgery": {[]string{"forgery"}, []string{"forgery", "forgery_id", "mrz", "id", "dl"}, true, true},
		"screens": {[]string{"recapture"}, []string{"recapture", "mrz", "id", "dl"}, false, true},
		"both":    {[]string{"forgery", "recapture"}, []string{"forgery", "forgery_id", "recapture", "mrz", "id", "dl"}, true, true},
	} {
		classes, kit, ok := eval.ForgeryClasses(tt.asked)
		require.Equal(t, tt.want, classes, name)
		require.Equal(t, tt.kit, kit, name)
		require.Equal(t, tt.ok, ok, name)
	}
}

// The page shows false alarms and misses, each with its evidence; what is printed
// holds no picture.
func TestForgeryPage(t *testing.T) {
	row := func(file, kind string, score forgery.Score, risk int) eval.ForgeryRow {
		return eval.ForgeryRow{File: file, Kind: kind, Class: "id", Analysis: &forgery.Analysis{
			Score: score, RiskScore: risk, Indicators: []forgery.Indicator{{ID: "copy_move", Title: "A copied piece", Type: forgery.Risk, Picture: []byte("PICTURE")}},
		}}
	}
	o := &eval.ForgeryOutcome{
		Rows: []eval.ForgeryRow{
			row("quiet.jpg", eval.Genuine, forgery.Normal, 11), row("alarm.jpg", eval.Genuine, forgery.Warning, 60),
			row("found.jpg", "document edited", forgery.HighRisk, 90), row("missed.jpg", "document edited", forgery.Normal, 20),
		},
		Detectors: []eval.DetectorFigure{{ID: "risk", Kind: "document edited", AUC: 0.75, At5: 0.5}, {ID: "copy_move", Kind: "document edited", AUC: 0.625}},
	}
	var page bytes.Buffer
	require.NoError(t, o.WriteHTML(&page))
	for _, want := range []string{"alarm.jpg", "missed.jpg", "0.750", "0.625", "copy move", "1 of 2", "data:image/png;base64,"} {
		require.Contains(t, page.String(), want)
	}
	for _, never := range []string{"quiet.jpg", "found.jpg"} {
		require.NotContains(t, page.String(), never)
	}
	printed, err := json.Marshal(o.WithoutPictures())
	require.NoError(t, err)
	require.NotContains(t, string(printed), `"picture"`)
	require.NotNil(t, o.Rows[0].Indicators[0].Picture, "the outcome itself keeps them")
}
