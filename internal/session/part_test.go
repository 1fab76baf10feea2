package session_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"idproof/internal/session"
	"idproof/report"
)

func TestUploadInParts(t *testing.T) {
	b, ctx := setup(t), t.Context()
	id, _ := b.begin(t)
	_, err := b.SelectDocumentType(ctx, id, report.Passport)
	require.NoError(t, err)
	var parts []string
	for from := 0; from < len(picture); from += 2000 {
		p, err := b.AddPart(ctx, id, bytes.NewReader(picture[from:min(from+2000, len(picture))]))
		require.NoError(t, err)
		parts = append(parts, p)
	}
	blobs := func() (n int) {
		require.NoError(t, b.blobs.Each(ctx, func(string, time.Time) error { n++; return nil }))
		return n
	}
	require.Equal(t, len(parts), blobs())
	d, err := b.UploadParts(ctx, id, session.Front, parts)
	require.NoError(t, err)
	require.EqualValues(t, len(picture), d.Size)
	r, _, err := b.Picture(ctx, id, d.ID)
	require.NoError(t, err)
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	require.Equal(t, picture, got)
	require.Equal(t, 1, blobs(), "the pieces are gone")

	for name, parts := range map[string][]string{
		"used up": parts, "made up": {uuid.NewString()}, "a document": {d.ID}, "no name": {"../x"},
	} {
		_, err = b.UploadParts(ctx, id, session.Front, parts)
		require.ErrorIs(t, err, session.ErrNotFound, name)
	}
	_, err = b.AddPart(ctx, id, bytes.NewReader(make([]byte, session.PartMost+1)))
	require.ErrorIs(t, err, session.ErrTooLarge)
	other, _ := b.begin(t)
	p, err := b.AddPart(ctx, other, bytes.NewReader(picture))
	require.NoError(t, err)
	_, err = b.UploadParts(ctx, id, session.Front, []string{p})
	require.ErrorIs(t, err, session.ErrNotFound, "another session's")
	_, err = b.Cancel(context.Background(), id)
	require.NoError(t, err)
	_, err = b.AddPart(ctx, id, bytes.NewReader(picture))
	require.ErrorIs(t, err, session.ErrClosed)

	b.at(now.Add(3 * time.Hour))
	require.NoError(t, b.RemoveStrays(ctx))
}
