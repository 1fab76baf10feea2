package fingerprint_test

import (
	"bytes"
	"encoding/json"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"idproof/engine/fingerprint"
	"idproof/engine/raster"
	"idproof/specimen"
)

// again is the picture as a messenger hands it on.
func again(t *testing.T, im *raster.Image, width int) *raster.Image {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, im.Resize(width, max(8, im.H*width/im.W)).Std(), &jpeg.Options{Quality: 40}))
	out, err := jpeg.Decode(&b)
	require.NoError(t, err)
	return raster.FromImage(out)
}

// found tells whether one print leads to the other.
func found(p, q fingerprint.Print) bool {
	a, b := p.Bands(), q.Bands()
	for i := range a {
		if a[i] == b[i] {
			return true
		}
	}
	return false
}

func TestSpecimens(t *testing.T) {
	var before fingerprint.Print
	for i, kind := range []specimen.Kind{specimen.Passport, specimen.Card, specimen.LargeCard, specimen.VisaA} {
		im := raster.FromImage(specimen.Random(rand.New(rand.NewPCG(uint64(i), 2)), kind).Draw().Front.Image)
		p := fingerprint.Of(im)
		for _, width := range []int{320, im.W / 2, im.W * 5 / 4} {
			q := fingerprint.Of(again(t, im, width))
			require.Greater(t, p.Likeness(q), fingerprint.Same)
			require.True(t, found(p, q))
		}
		require.Less(t, p.Likeness(before), 0.9)
		before = p
		kept, err := fingerprint.Parse(p.Bytes())
		require.NoError(t, err)
		require.Equal(t, p, kept)
	}
}

// Where the development pictures are at hand: each is found again after a
// messenger, changed copies are the same picture, and other photographs of the
// same document are not.
func TestDevelopmentPictures(t *testing.T) {
	root := os.Getenv("IDPROOF_DATA")
	if root == "" {
		root = "../../../shared/data"
	}
	raw, err := os.ReadFile(filepath.Join(root, "manifest.json"))
	if err != nil {
		t.Skip("the development pictures are not here: set IDPROOF_DATA")
	}
	var list []struct{ File, Class string }
	require.NoError(t, json.Unmarshal(raw, &list))
	prints := map[string]fingerprint.Print{}
	decoder := &raster.Decoder{}
	defer func() { require.NoError(t, decoder.Close()) }()
	for _, l := range list {
		if l.Class != "forgery_id" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(root, l.File))
		if err != nil {
			continue
		}
		pages, err := decoder.Decode(t.Context(), data, raster.Limits{})
		require.NoError(t, err)
		p := fingerprint.Of(pages[0].Image)
		prints[filepath.Base(l.File)] = p
		q := fingerprint.Of(again(t, pages[0].Image, 480))
		require.Greater(t, p.Likeness(q), fingerprint.Same, l.File)
		require.True(t, found(p, q), l.File)
	}
	if len(prints) == 0 {
		t.Skip("no pictures of edited documents at hand")
	}
	changed, apart := 0, 0
	for a, p := range prints {
		for b, q := range prints {
			for _, name := range []string{"portugal-066_03", "turkiye-NF-1054"} {
				for _, camera := range []string{"huawei", "iphone15pro", "scan"} {
					if a == "fantasyid__bonafide_"+camera+"_"+name+".jpg" {
						for _, attack := range []string{"manip1", "manip2"} {
							if b == "fantasyid__attack_"+attack+"_"+camera+"_"+name+".jpg" {
								require.Greater(t, p.Likeness(q), fingerprint.Same, b)
								require.True(t, found(p, q), b)
								changed++
							}
						}
						if b == "fantasyid__original_"+name+".png" {
							require.Less(t, p.Likeness(q), fingerprint.Same, b)
							apart++
						}
					}
				}
			}
		}
	}
	t.Logf("%d pictures, %d changed copies, %d other photographs of the same document", len(prints), changed, apart)
}

func TestNothingToTell(t *testing.T) {
	p := fingerprint.Of(raster.New(40, 30))
	require.True(t, p.Zero())
	require.Zero(t, p.Likeness(p))
	_, err := fingerprint.Parse([]byte("short"))
	require.ErrorIs(t, err, fingerprint.ErrPrint)
}

// BenchmarkOf is a photograph of 12 megapixels.
func BenchmarkOf(b *testing.B) {
	im := raster.New(4000, 3000)
	for i := range im.Pix {
		im.Pix[i] = uint8(i * 7 >> 3)
	}
	for b.Loop() {
		if fingerprint.Of(im).Zero() {
			b.Fatal("nothing to tell it by")
		}
	}
}
