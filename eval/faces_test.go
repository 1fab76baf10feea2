package eval

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/engine/face"
	"idproof/engine/liveness"
	"idproof/engine/model"
	"idproof/engine/raster"
)

// faceData is the folder of labelled faces; the test is skipped without it.
func faceData(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("IDPROOF_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(dir, "face_pairs.csv")); err != nil || testing.Short() {
		t.Skip("slow, and needs the labelled faces in IDPROOF_DATA")
	}
	return dir
}

type faces struct {
	dir  string
	r    *face.Reader
	live *liveness.Checker
}

func openFaces(t *testing.T) *faces {
	t.Helper()
	dir := faceData(t)
	rt, err := model.Open("", 2)
	require.NoError(t, err)
	r, err := face.New(rt)
	require.NoError(t, err)
	live, err := liveness.New(rt)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, r.Close())
		assert.NoError(t, rt.Close())
	})
	return &faces{dir, r, live}
}

func (x *faces) picture(t *testing.T, file string) *raster.Image {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(x.dir, file))
	require.NoError(t, err)
	pages, err := raster.Decode(t.Context(), data, raster.Limits{})
	require.NoError(t, err)
	return pages[0].Image
}

func (x *faces) pairs(t *testing.T) (out []FacePair) {
	t.Helper()
	f, err := os.Open(filepath.Join(x.dir, "face_pairs.csv"))
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	for _, r := range rows[1:] {
		out = append(out, FacePair{A: r[0], B: r[1], Same: r[2] == "1"})
	}
	return out
}

// threshold is the similarity at which the product's default answers Match.
const threshold = 0.4316

// Is it the same person? Pairs as they are, and against the
// portrait of a drawn document. The floors are a little below what was measured.
func TestFacePairs(t *testing.T) {
	x := openFaces(t)
	pairs := x.pairs(t)
	subjects := map[string]*face.Subject{}
	plain := func(file string) (*face.Subject, error) {
		if s := subjects[file]; s != nil {
			return s, nil
		}
		s, err := x.r.Subject(t.Context(), face.NewPicture(x.picture(t, file)))
		subjects[file] = s
		return s, err
	}
	s, err := Compare(t.Context(), x.r, pairs, plain, plain)
	require.NoError(t, err)
	mean, deviation := s.Spread()
	limit := mean + 3.719*deviation // one of 10,000 of a normal distribution
	t.Logf("pairs: AUC %.5f, strangers %.3f±%.3f max %.3f, non-match %.2f%% at %.3f (fitted to these), %d not compared",
		s.AUC(), mean, deviation, s.Strangers[len(s.Strangers)-1], 100*s.NonMatch(limit), limit, s.Missed)
	t.Logf("pairs: non-match %.2f%% at the product's threshold, false match %.2f%%", 100*s.NonMatch(threshold), 100*s.FalseMatch(threshold))
	assert.GreaterOrEqual(t, s.AUC(), 0.999)
	assert.LessOrEqual(t, s.NonMatch(limit), 0.02)
	assert.Zero(t, s.Missed)

	// Every third picture becomes a document: drawing and finding them takes long.
	var some []FacePair
	number := map[string]int{}
	for _, p := range pairs {
		if _, ok := number[p.B]; !ok {
			number[p.B] = len(number)
		}
		if number[p.B]%3 == 0 {
			some = append(some, p)
		}
	}
	for _, how := range []Printing{Printed, Overprinted, Engraved} {
		for _, width := range []int{48, 72, 110} {
			documents := map[string]*face.Subject{}
			document := func(file string) (*face.Subject, error) {
				if d := documents[file]; d != nil {
					return d, nil
				}
				of, err := plain(file)
				if err != nil {
					return nil, err
				}
				im, err := PrintPortrait(x.picture(t, file), &of.Faces[0], how, width, uint64(len(documents)))
				if err != nil {
					return nil, err
				}
				p, err := x.r.Portraits(t.Context(), im)
				if err != nil {
					return nil, err
				}
				documents[file] = p.Main
				return p.Main, nil
			}
			s, err := Compare(t.Context(), x.r, some, plain, document)
			require.NoError(t, err)
			mean, deviation := s.Spread()
			limit := mean + 3.719*deviation
			t.Logf("%s, frame %d wide: AUC %.5f, strangers %.3f±%.3f, non-match %.1f%% at %.3f (fitted to these), %.1f%% at the product's, %d of %d not compared",
				how, width, s.AUC(), mean, deviation, 100*s.NonMatch(limit), limit, 100*s.NonMatch(threshold), s.Missed, s.Missed+len(s.Same))
			if width >= 110 {
				assert.GreaterOrEqual(t, s.AUC(), 0.999, how)
			}
		}
	}
}

// Genuine pictures pass, labelled attacks do not, and simulated ones are counted
// by kind.
func TestLiveness(t *testing.T) {
	x := openFaces(t)
	check := func(im *raster.Image) (*liveness.Passive, *face.Face) {
		p := face.NewPicture(im)
		fs, err := x.r.Find(t.Context(), p, face.Person)
		require.NoError(t, err)
		if len(fs) == 0 {
			return nil, nil
		}
		res, err := x.live.Check(t.Context(), p, &fs[0])
		require.NoError(t, err)
		return res, &fs[0]
	}
	for file, want := range map[string]liveness.Result{
		"images/spoof/insightface__bulk_image_T1.jpeg": liveness.Live,
		"images/spoof/insightface__bulk_rgb_fake.jpg":  liveness.Spoof,
		"images/spoof/zeusees__fake_screen.png":        liveness.Spoof,
	} {
		res, _ := check(x.picture(t, file))
		if assert.NotNil(t, res, file) {
			assert.Equal(t, want, res.Result, file)
		}
	}
	files, err := filepath.Glob(filepath.Join(x.dir, "images", "face", "*"))
	require.NoError(t, err)
	wrong, all := map[string]int{}, map[string]int{}
	only := map[string]int{}
	for i, f := range files {
		// Crops of 150 pixels have no surroundings, and are no selfies.
		if base := filepath.Base(f); strings.HasPrefix(base, "dlib") || strings.HasPrefix(base, "faceapi") {
			continue
		}
		im := x.picture(t, strings.TrimPrefix(f, x.dir))
		res, at := check(im)
		if res == nil || res.Result == liveness.NotPossible || min(im.W, im.H) < 350 {
			continue
		}
		all["genuine"]++
		if res.Result != liveness.Live {
			wrong["genuine"]++
			t.Logf("genuine refused: %s %v", filepath.Base(f), res.Signals)
		}
		if all["genuine"]%5 != 1 {
			continue // attacks take long to draw
		}
		for _, a := range Attacks {
			shown, err := Present(im, at, a, uint64(i))
			require.NoError(t, err)
			if p := os.Getenv("IDPROOF_DUMP"); p != "" && all["genuine"] == 1 {
				j, _ := shown.JPEG(90)
				require.NoError(t, os.WriteFile(filepath.Join(p, string(a)+".jpg"), j, 0o600))
			}
			res, _ := check(shown)
			if res == nil {
				continue
			}
			all[string(a)]++
			if res.Result == liveness.Live {
				wrong[string(a)]++
			}
			for _, s := range res.Signals {
				if s.Suspicion > 0.5 {
					only[string(a)+" "+s.Name]++
				}
			}
		}
	}
	for k, n := range all {
		t.Logf("%s: %d of %d wrong (%.1f%%)", k, wrong[k], n, 100*float64(wrong[k])/float64(n))
	}
	t.Log(only)
	require.Positive(t, all["genuine"])
	assert.LessOrEqual(t, float64(wrong["genuine"])/float64(all["genuine"]), 0.05)
	for _, a := range Attacks {
		assert.LessOrEqual(t, wrong[string(a)], all[string(a)]/20, a)
	}
}
