package face

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"idproof/engine/raster"
)

// A small face is compared with what is left of the other at as few pixels,
// whichever side is small; a stranger does not match.
func TestCompareSmall(t *testing.T) {
	r := open(t)
	subject := func(im *raster.Image) *Subject {
		s, err := r.Subject(t.Context(), NewPicture(im))
		require.NoError(t, err)
		require.NotNil(t, s.Template)
		return s
	}
	large := collected(t, "deepface__img2.jpg")
	selfie := subject(large)
	k := 12 / selfie.eyes
	// On a grey ground, as on a card: by itself it is too small a picture.
	tiny := large.Resize(int(k*float64(large.W)), int(k*float64(large.H)))
	card := raster.New(tiny.W+80, tiny.H+60)
	for i := range card.Pix {
		card.Pix[i] = 205
	}
	for y := range tiny.H {
		copy(card.Pix[3*((y+30)*card.W+40):], tiny.Pix[3*y*tiny.W:3*(y+1)*tiny.W])
	}
	small := subject(card)
	require.Less(t, small.eyes, smallEyes)

	c, err := r.Compare(t.Context(), small, selfie, 0)
	require.NoError(t, err)
	again, err := r.Compare(t.Context(), selfie, small, 0)
	require.NoError(t, err)
	assert.Equal(t, c, again, "either way round")
	assert.Equal(t, Match, c.Result)
	assert.NotEqual(t, Compare(small, selfie, 0), c, "looked at once more")
	other, err := r.Compare(t.Context(), small, subject(collected(t, "deepface__img17.jpg")), 0)
	require.NoError(t, err)
	assert.Equal(t, NoMatch, other.Result)

	// Templates that have no picture any more, and faces that are large, are
	// compared as they are.
	bare := &Subject{Template: small.Template}
	c, err = r.Compare(t.Context(), bare, selfie, 0)
	require.NoError(t, err)
	assert.Equal(t, Compare(bare, selfie, 0), c)
	c, err = r.Compare(t.Context(), &Subject{Reason: ReasonNoFace}, small, 0)
	require.NoError(t, err)
	assert.Equal(t, NotPossible, c.Result)
}
