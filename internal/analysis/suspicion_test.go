package analysis

import (
	"testing"

	"github.com/stretchr/testify/require"

	"idproof/report"
)

// Faces were compared only where earlier sessions were looked through.
func TestAlike(t *testing.T) {
	search := func(result string, searches ...report.FaceSetSearch) *report.Result {
		r := report.New()
		r.AnalysisSummary.FaceSearch = &report.FaceSearch{Result: result, Searches: searches}
		return r
	}
	seen := func(ids ...string) report.FaceSetSearch {
		s := report.FaceSetSearch{Kind: "seen"}
		for _, id := range ids {
			s.Matches = append(s.Matches, report.FaceSeen{SessionID: id})
		}
		return s
	}
	for name, tt := range map[string]struct {
		r    *report.Result
		want []string
	}{
		"nobody looked":   {report.New(), nil},
		"no face":         {search(report.NotPossible), nil},
		"block list only": {search(report.FaceBlocked, report.FaceSetSearch{Kind: "blocked", Matches: []report.FaceSeen{{EntryID: "e"}}}), nil},
		"a new face":      {search(report.FaceNew, seen()), []string{}},
		"seen before":     {search(report.FaceSeenBefore, report.FaceSetSearch{Kind: "blocked"}, seen("s1", "s2")), []string{"s1", "s2"}},
	} {
		require.Equal(t, tt.want, alike(tt.r), name)
	}
}
