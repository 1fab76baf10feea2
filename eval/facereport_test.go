package eval

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/engine/face"
)

func TestReadPairs(t *testing.T) {
	tests := []struct {
		name, table string
		want        []LabelledPair
		fails       bool
	}{
		{
			name:  "labels of the pair and of both people",
			table: "file_a,file_b,same,source,sex_a,sex_b,age_a,score\n1,2,1,x,F,F,30,0.5\n1,3,0,y,M,F,,\n2,3,no,,F,,40,\n",
			want: []LabelledPair{
				{FacePair{"1", "2", true}, map[string]string{"source": "x", "sex": "F", "age_a": "30"}},
				{FacePair{"1", "3", false}, map[string]string{"source": "y", "sex": "F × M"}},
				{FacePair{"2", "3", false}, map[string]string{"age_a": "40"}},
			},
		},
		{name: "no column same", table: "file_a,file_b\n1,2\n", fails: true},
		{name: "same is neither", table: "file_a,file_b,same\n1,2,maybe\n", fails: true},
		{name: "no pairs", table: "file_a,file_b,same\n", fails: true},
		{name: "ragged", table: "file_a,file_b,same\n1,2\n", fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ReadPairs(strings.NewReader(tt.table))
			if tt.fails {
				require.ErrorIs(t, err, ErrPairs)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

// templates compares by templates alone.
type templates struct{}

func (templates) Compare(_ context.Context, a, b *face.Subject, rate float64) (face.Comparison, error) {
	return face.Compare(a, b, rate), nil
}

// A group whose people are not recognised shows as that.
func TestRunFacesByLabel(t *testing.T) {
	axis := func(i int, other float32) *face.Subject {
		v := make(face.Template, face.TemplateSize)
		v[i], v[500] = 1-other, other
		return &face.Subject{Template: v}
	}
	subjects := map[string]*face.Subject{"none": {Reason: face.ReasonNoFace}}
	var pairs []LabelledPair
	for i := range 12 {
		a, b := string(rune('a'+i)), string(rune('A'+i))
		subjects[a], subjects[b] = axis(i, 0), axis(i, 0.1)
		label := map[string]string{"group": "easy"}
		if i%2 == 1 {
			label["group"] = "hard"
			subjects[b] = axis(i+100, 0.1)
		}
		for range 2 {
			pairs = append(pairs, LabelledPair{FacePair{a, b, true}, label}, LabelledPair{FacePair{a, string(rune('a' + (i+1)%12)), false}, label})
		}
	}
	pairs = append(pairs, LabelledPair{FacePair{"a", "none", true}, map[string]string{"group": "hard", "rare": "x"}})
	require.NoError(t, LabelPairs(pairs, strings.NewReader(`[{"file":"a","labels":{"light":"dim"}},{"file":"A","labels":{"light":"dim"}}]`)))
	assert.Equal(t, "dim", pairs[0].Labels["light"])
	looked := 0
	out, err := RunFaces(t.Context(), pairs, 1e-4, 1, templates{}, func(_ context.Context, f string) (*face.Subject, error) {
		looked++
		return subjects[f], nil
	})
	require.NoError(t, err)
	assert.Equal(t, 25, looked, "each picture once")
	lost := map[string][2]int{}
	for _, g := range out.Groups {
		lost[g.Label+g.Value] = [2]int{g.Lost, g.Same}
		assert.Zero(t, g.Matched)
		assert.LessOrEqual(t, g.LostLow, float64(g.Lost)/float64(g.Same))
	}
	assert.Equal(t, map[string][2]int{"": {13, 25}, "groupeasy": {0, 12}, "grouphard": {13, 13}}, lost)
	var b bytes.Buffer
	require.NoError(t, out.WriteText(&b))
	assert.Contains(t, b.String(), "13 (100.0 %)")
}

func TestWilson(t *testing.T) {
	low, high := wilson(0, 100)
	assert.Zero(t, low)
	assert.InDelta(t, 0.037, high, 0.001)
	low, high = wilson(50, 100)
	assert.InDelta(t, 0.404, low, 0.001)
	assert.InDelta(t, 0.596, high, 0.001)
	low, high = wilson(0, 0)
	assert.Equal(t, []float64{0, 1}, []float64{low, high})
}
