package report_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"idproof/report"
)

func TestWithoutPictures(t *testing.T) {
	f := &report.ForgerySummary{Score: "Warning", Indicators: []report.Indicator{{ID: "a", Picture: []byte{1}}}}
	got := f.WithoutPictures()
	require.Nil(t, got.Indicators[0].Picture)
	require.Equal(t, "a", got.Indicators[0].ID)
	require.Equal(t, "Warning", got.Score)
	require.NotNil(t, f.Indicators[0].Picture, "the original keeps them")
}
