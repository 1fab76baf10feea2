package storetest

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"idproof/engine/face"
	"idproof/internal/gallery"
	"idproof/internal/merchant"
	"idproof/internal/session"
)

// template is one that lies along one axis.
func template(axis int) face.Template {
	t := make(face.Template, face.TemplateSize)
	t[axis] = 1
	return t
}

func testGallery(t *testing.T, b *bundle) {
	t.Helper()
	ctx := merchant.WithWho(t.Context(), "key:k")
	seen := gallery.Set{MerchantID: b.merchant.ID, Kind: gallery.Seen}
	blocked := gallery.Set{MerchantID: b.merchant.ID, Kind: gallery.Blocked}
	ids := func(s gallery.Set, model string, after int64, limit int) (out []string) {
		all, err := b.Faces(ctx, s, model, after, limit)
		require.NoError(t, err)
		numbers, err := b.FaceNumbers(ctx, s, model)
		require.NoError(t, err)
		for _, f := range all {
			require.Contains(t, numbers, f.Number)
			require.Equal(t, s, f.Set)
			out = append(out, f.ID)
		}
		return out
	}

	// A face comes back as it was, nearly; it takes the place of the one before.
	entry := gallery.Face{Set: blocked, ID: uuid.NewString(), Model: "1", Template: template(7), Note: "chargeback ä", CreatedAt: now}
	require.NoError(t, b.KeepFace(ctx, entry))
	got, err := b.FaceOf(ctx, blocked, entry.ID)
	require.NoError(t, err)
	first := got.Number
	entry.Number = first
	require.Equal(t, entry, got)
	entry.Template = template(8)
	require.NoError(t, b.KeepFace(ctx, entry))
	got, err = b.FaceOf(ctx, blocked, entry.ID)
	require.NoError(t, err)
	require.Greater(t, got.Number, first)
	require.InDelta(t, 1, got.Template.Similarity(template(8)), 1e-4)
	all, err := b.FacesOf(ctx, blocked, []int64{first, got.Number})
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Error(t, b.KeepFace(ctx, gallery.Face{Set: blocked, ID: "x", Template: face.Template{1}}), "no template")

	// Sets and models are apart.
	for _, other := range []gallery.Set{seen, {MerchantID: b.merchant.ID, Kind: gallery.Blocked, Test: true}, {MerchantID: "other", Kind: gallery.Blocked}} {
		require.Empty(t, ids(other, "", 0, 9))
		_, err := b.FaceOf(ctx, other, entry.ID)
		require.ErrorIs(t, err, gallery.ErrNotFound)
		require.ErrorIs(t, b.ForgetFace(ctx, other, entry.ID), gallery.ErrNotFound)
	}
	require.Empty(t, ids(blocked, "2", 0, 9))
	require.Equal(t, []string{entry.ID}, ids(blocked, "", 0, 9))

	// The face of a session is kept while pictures of the person are.
	bare := b.insert(nil)
	require.NoError(t, b.KeepFace(ctx, gallery.Face{Set: seen, ID: bare.ID, Model: "1", Template: template(1), CreatedAt: now}))
	require.Empty(t, ids(seen, "1", 0, 9), "nobody was shown")
	var want []string
	for range 3 {
		s := b.finished()
		want = append(want, s.ID)
		require.NoError(t, b.KeepFace(ctx, gallery.Face{Set: seen, ID: s.ID, Model: "1", Template: template(1), CreatedAt: now}))
	}
	require.Equal(t, want, ids(seen, "1", 0, 9))
	page, err := b.Faces(ctx, seen, "1", 0, 2)
	require.NoError(t, err)
	require.Equal(t, want[2:], ids(seen, "1", page[1].Number, 2))
	later := now.Add(time.Hour)
	_, err = b.Erase(ctx, want[0], func(s session.Session) (session.Session, error) {
		return s.Drop(func(d session.Document) bool { return d.Type == session.Front }, later), nil
	})
	require.NoError(t, err)
	require.Len(t, ids(seen, "1", 0, 9), 3, "the document's picture went")
	_, err = b.Erase(ctx, want[0], func(s session.Session) (session.Session, error) {
		return s.Drop(func(d session.Document) bool { return d.Type == session.Selfie }, later), nil
	})
	require.NoError(t, err)
	_, err = b.Erase(ctx, want[1], func(s session.Session) (session.Session, error) { return s.Erase(session.Client, later), nil })
	require.NoError(t, err)
	require.Equal(t, want[2:], ids(seen, "1", 0, 9))
	require.NoError(t, b.KeepFace(ctx, gallery.Face{Set: seen, ID: want[1], Model: "1", Template: template(1), CreatedAt: now}))
	require.Equal(t, want[2:], ids(seen, "1", 0, 9), "what was erased does not come back")
	require.NoError(t, b.Remove(ctx, want[2]))
	require.Empty(t, ids(seen, "1", 0, 9))

	// The block list outlives sessions, and its changes are on record, without the note.
	require.NoError(t, b.ForgetFace(ctx, blocked, entry.ID))
	require.ErrorIs(t, b.ForgetFace(ctx, blocked, entry.ID), gallery.ErrNotFound)
	trail, err := b.Audit(ctx, b.merchant.ID, 0, 3)
	require.NoError(t, err)
	var actions []string
	for _, c := range trail {
		require.Equal(t, entry.ID, c.Subject)
		actions = append(actions, c.Who+" "+c.Action+" "+string(c.Detail))
	}
	require.Equal(t, []string{`key:k face_unblocked {"test":false}`, `key:k face_blocked {"test":false}`, `key:k face_blocked {"test":false}`}, actions)
}
