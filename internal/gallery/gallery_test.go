package gallery_test

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/engine/face"
	"idproof/internal/gallery"
	"idproof/internal/merchant"
	"idproof/report"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// kept is a store in memory.
type kept struct {
	mu    sync.Mutex
	last  int64
	faces map[int64]gallery.Face
	reads int // faces handed out
}

func newKept() *kept { return &kept{faces: map[int64]gallery.Face{}} }

func (k *kept) KeepFace(ctx context.Context, f gallery.Face) error {
	_ = k.ForgetFace(ctx, f.Set, f.ID) // there need not be one
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last++
	f.Number = k.last
	k.faces[f.Number] = f
	return nil
}

func (k *kept) Faces(_ context.Context, s gallery.Set, model string, after int64, limit int) (out []gallery.Face, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for n := max(after+1, 1); n <= k.last && len(out) < limit; n++ {
		if f, ok := k.faces[n]; ok && f.Set == s && f.Model == model {
			out = append(out, f)
		}
	}
	k.reads += len(out)
	return out, nil
}

func (k *kept) FacesOf(_ context.Context, s gallery.Set, numbers []int64) (out []gallery.Face, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, n := range numbers {
		if f, ok := k.faces[n]; ok && f.Set == s {
			out = append(out, f)
		}
	}
	return out, nil
}

func (k *kept) FaceNumbers(_ context.Context, s gallery.Set, model string) (out []int64, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for n, f := range k.faces {
		if f.Set == s && f.Model == model {
			out = append(out, n)
		}
	}
	return out, nil
}

func (k *kept) FaceOf(_ context.Context, s gallery.Set, id string) (gallery.Face, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, f := range k.faces {
		if f.Set == s && f.ID == id {
			return f, nil
		}
	}
	return gallery.Face{}, gallery.ErrNotFound
}

func (k *kept) ForgetFace(ctx context.Context, s gallery.Set, id string) error {
	f, err := k.FaceOf(ctx, s, id)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.faces, f.Number)
	return nil
}

// stranger is a random template.
func stranger(rng *rand.Rand) face.Template {
	t := make(face.Template, face.TemplateSize)
	for i := range t {
		t[i] = float32(rng.NormFloat64())
	}
	return unit(t)
}

func unit(t face.Template) face.Template {
	var n float64
	for _, v := range t {
		n += float64(v) * float64(v)
	}
	for i := range t {
		t[i] /= float32(math.Sqrt(n))
	}
	return t
}

// alike is a template of about that similarity to t.
func alike(rng *rand.Rand, t face.Template, similarity float64) face.Template {
	o, out := stranger(rng), make(face.Template, len(t))
	for i := range t {
		out[i] = float32(similarity)*t[i] + float32(math.Sqrt(1-similarity*similarity))*o[i]
	}
	return unit(out)
}

var seen = gallery.Set{MerchantID: "m", Kind: gallery.Seen}

// The index finds exactly what comparing with every face would, also of faces
// that lie just at the threshold.
func TestMemoryIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	st := newKept()
	q := stranger(rng)
	var all []gallery.Face
	for i := range 5000 {
		f := gallery.Face{Set: seen, ID: strconv.Itoa(i), Model: "1", Template: stranger(rng)}
		if i%20 == 0 {
			f.Template = alike(rng, q, 0.44+0.02*rng.Float64())
		}
		require.NoError(t, st.KeepFace(t.Context(), f))
		all = append(all, f)
	}
	m := gallery.NewMemory(st, func() time.Time { return noon })
	for _, least := range []float64{0.3, 0.45, 0.4500001, 0.46, 0.9} {
		var want []string
		slices.SortFunc(all, func(a, b gallery.Face) int { return cmp.Compare(q.Similarity(b.Template), q.Similarity(a.Template)) })
		for _, f := range all {
			if q.Similarity(f.Template) >= least {
				want = append(want, f.ID)
			}
		}
		for _, most := range []int{1, 7, 5000} {
			hits, n, err := m.Near(t.Context(), seen, "1", q, exactly(least), most)
			require.NoError(t, err)
			require.Equal(t, 5000, n)
			var got []string
			for _, h := range hits {
				got = append(got, h.ID)
			}
			assert.Equal(t, want[:min(len(want), most)], got, "%v %v", least, most)
		}
	}
}

// exactly asks for that similarity among any number of faces.
func exactly(least float64) func(int) float64 { return func(int) float64 { return least } }

// What the store keeps or forgets, here or in another process, the index knows.
func TestMemoryFollows(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	st, now := newKept(), noon
	m := gallery.NewMemory(st, func() time.Time { return now })
	q := stranger(rng)
	find := func(s gallery.Set, model string) (ids []string) {
		hits, _, err := m.Near(t.Context(), s, model, q, exactly(0.5), 10)
		require.NoError(t, err)
		for _, h := range hits {
			ids = append(ids, h.ID)
		}
		return ids
	}
	size := func() int {
		_, n, err := m.Near(t.Context(), seen, "1", q, exactly(2), 1)
		require.NoError(t, err)
		return n
	}
	require.Empty(t, find(seen, "1"))
	for i, like := range []float64{0.9, 0.8, 0.7, 0.1} {
		require.NoError(t, st.KeepFace(t.Context(), gallery.Face{Set: seen, ID: strconv.Itoa(i), Model: "1", Template: alike(rng, q, like)}))
	}
	require.Equal(t, []string{"0", "1", "2"}, find(seen, "1"))
	require.Empty(t, find(seen, "2"), "templates of another network")
	for name, s := range map[string]gallery.Set{
		"another merchant": {MerchantID: "x", Kind: gallery.Seen}, "test": {MerchantID: "m", Test: true, Kind: gallery.Seen}, "block list": {MerchantID: "m", Kind: gallery.Blocked},
	} {
		require.Empty(t, find(s, "1"), name)
	}
	require.NoError(t, st.ForgetFace(t.Context(), seen, "0"))
	require.Equal(t, []string{"1", "2"}, find(seen, "1"), "at once")
	require.Equal(t, 3, size(), "and it left the memory")
	require.NoError(t, st.ForgetFace(t.Context(), seen, "3")) // nobody looks for it
	require.Equal(t, 3, size())
	now = now.Add(time.Hour)
	require.Equal(t, 2, size())
	require.NoError(t, st.KeepFace(t.Context(), gallery.Face{Set: seen, ID: "1", Model: "1", Template: alike(rng, q, 0.6)}))
	require.Equal(t, []string{"2", "1"}, find(seen, "1"), "another picture took its place")
	before := st.reads
	find(seen, "1")
	require.LessOrEqual(t, st.reads-before, 5, "only what may be new is read")
}

func TestLook(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	person, other := stranger(rng), stranger(rng)
	visit := func(id string, x face.Template) gallery.Visit {
		return gallery.Visit{SessionID: id, MerchantID: "m", At: noon, Template: x, Model: "1"}
	}
	both := merchant.FaceSettings{Seen: true, Blocked: true}
	tests := []struct {
		name   string
		before []gallery.Face
		want   merchant.FaceSettings
		visit  gallery.Visit
		result string
		ids    []string
		kept   int // afterwards
	}{
		{name: "first", want: both, visit: visit("a", person), result: report.FaceNew, kept: 1},
		{
			name: "again", want: both, visit: visit("b", alike(rng, person, 0.7)), result: report.FaceSeenBefore, ids: []string{"a"}, kept: 2,
			before: []gallery.Face{{Set: seen, ID: "a", Template: person}},
		},
		{
			name: "the same session once more", want: both, visit: visit("a", alike(rng, person, 0.7)), result: report.FaceNew, kept: 1,
			before: []gallery.Face{{Set: seen, ID: "a", Template: person}},
		},
		{
			name: "somebody else", want: both, visit: visit("b", other), result: report.FaceNew, kept: 2,
			before: []gallery.Face{{Set: seen, ID: "a", Template: person}},
		},
		{
			name: "blocked outweighs seen", want: both, visit: visit("b", person), result: report.FaceBlocked, ids: []string{"a", "e"}, kept: 3,
			before: []gallery.Face{
				{Set: seen, ID: "a", Template: person},
				{Set: gallery.Set{MerchantID: "m", Kind: gallery.Blocked}, ID: "e", Template: alike(rng, person, 0.8)},
			},
		},
		{
			name: "another merchant's block list", want: both, visit: visit("b", person), result: report.FaceNew, kept: 2,
			before: []gallery.Face{{Set: gallery.Set{MerchantID: "x", Kind: gallery.Blocked}, ID: "e", Template: person}},
		},
		{name: "only the block list keeps nothing", want: merchant.FaceSettings{Blocked: true}, visit: visit("a", person), result: report.FaceNew},
		{name: "no face", want: both, visit: visit("a", nil), result: report.NotPossible},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := newKept()
			for _, f := range tt.before {
				f.Model = "1"
				require.NoError(t, st.KeepFace(t.Context(), f))
			}
			g := &gallery.Gallery{Store: st, Index: gallery.NewMemory(st, func() time.Time { return noon })}
			got, err := g.Look(t.Context(), tt.visit, tt.want)
			require.NoError(t, err)
			assert.Equal(t, tt.result, got.Result)
			var ids []string
			for _, s := range got.Searches {
				for _, m := range s.Matches {
					ids = append(ids, m.SessionID+m.EntryID)
					assert.GreaterOrEqual(t, m.Score, s.Threshold)
				}
			}
			assert.Equal(t, tt.ids, ids)
			assert.Len(t, st.faces, tt.kept)
		})
	}
}

// eye sees a face in every picture but an empty one.
type eye struct{ t face.Template }

func (e eye) Face(_ context.Context, picture []byte) (face.Template, string, string, error) {
	if len(picture) == 0 {
		return nil, "1", face.ReasonNoFace, nil
	}
	return e.t, "1", "", nil
}

func TestBlock(t *testing.T) {
	st := newKept()
	person := stranger(rand.New(rand.NewPCG(9, 9)))
	g := &gallery.Gallery{Store: st, Index: gallery.NewMemory(st, func() time.Time { return noon }), Eye: eye{person}}
	var none *gallery.NoFaceError
	_, err := g.Block(t.Context(), "m", false, nil, "", noon)
	require.ErrorAs(t, err, &none)
	require.Equal(t, face.ReasonNoFace, none.Reason)
	f, err := g.Block(t.Context(), "m", false, []byte("x"), "why", noon)
	require.NoError(t, err)
	require.Equal(t, "why", f.Note)
	got, err := g.Look(t.Context(), gallery.Visit{SessionID: "a", MerchantID: "m", Template: person, Model: "1"}, merchant.FaceSettings{Blocked: true})
	require.NoError(t, err)
	require.Equal(t, report.FaceBlocked, got.Result)
	require.Equal(t, f.ID, got.Searches[0].Matches[0].EntryID)
}

func TestRate(t *testing.T) {
	assert.InDelta(t, 1e-4, gallery.Rate(0), 1e-12)
	assert.InDelta(t, 1e-4, gallery.Rate(100), 1e-12)
	assert.InDelta(t, 1e-8, gallery.Rate(1_000_000), 1e-16)
	assert.InDelta(t, 0.636, face.SimilarityOf(1e-8), 0.001)
}

// How long a look through so many faces takes; the store is out of it.
func BenchmarkNear(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(7, 8))
			m := gallery.NewMemory(endless{n, rng}, func() time.Time { return noon })
			q := stranger(rng)
			atLeast := func(faces int) float64 { return face.SimilarityOf(gallery.Rate(faces)) }
			_, _, err := m.Near(b.Context(), seen, "1", q, atLeast, 5) // reads the store
			require.NoError(b, err)
			for b.Loop() {
				hits, _, err := m.Near(b.Context(), seen, "1", q, atLeast, 5)
				require.NoError(b, err)
				require.Empty(b, hits)
			}
		})
	}
}

// endless is a store of n strangers that it makes up as they are read.
type endless struct {
	n   int
	rng *rand.Rand
}

func (e endless) Faces(_ context.Context, s gallery.Set, model string, after int64, limit int) (out []gallery.Face, err error) {
	for n := max(after+1, 1); n <= int64(e.n) && len(out) < limit; n++ {
		t := make(face.Template, face.TemplateSize)
		for i := range t {
			t[i] = 2*e.rng.Float32() - 1
		}
		out = append(out, gallery.Face{Set: s, Number: n, ID: "x", Model: model, Template: unit(t)})
	}
	return out, nil
}

func (e endless) FacesOf(context.Context, gallery.Set, []int64) ([]gallery.Face, error) {
	return nil, nil
}

func (e endless) FaceNumbers(context.Context, gallery.Set, string) ([]int64, error) { return nil, nil }

func (e endless) FaceOf(context.Context, gallery.Set, string) (gallery.Face, error) {
	return gallery.Face{}, gallery.ErrNotFound
}

func (e endless) KeepFace(context.Context, gallery.Face) error { return nil }

func (e endless) ForgetFace(context.Context, gallery.Set, string) error { return nil }
