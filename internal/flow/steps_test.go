package flow

import (
	"slices"
	"testing"

	"idproof/internal/session"
)

func TestStepsCountWhatIsAskedFor(t *testing.T) {
	for _, c := range []struct {
		name  string
		state session.State
		want  []page
	}{
		{"one picture needs no number", session.State{Sides: []string{front}}, []page{pageFront}},
		{"both sides", session.State{Sides: []string{front, back}}, []page{pageFront, pageBack, pagePictures}},
		{
			"both sides and a face",
			session.State{Sides: []string{front, back}, AnalysisTypes: []string{"document", "selfie"}},
			[]page{pageFront, pageBack, pageSelfie, pagePictures},
		},
		{
			"movements alone stand for the face",
			session.State{Sides: []string{front}, AnalysisTypes: []string{"liveness"}, Recording: true},
			[]page{pageFront, pageLiveness, pagePictures},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := steps(&c.state); !slices.Equal(got, c.want) {
				t.Errorf("steps are %v, want %v", got, c.want)
			}
		})
	}
}
