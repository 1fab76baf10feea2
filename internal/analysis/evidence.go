package analysis

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"idproof/internal/session"
	"idproof/report"
)

// mostEvidence is how many pictures of evidence an analysis keeps, the weightiest first.
const mostEvidence = 40

// keepEvidence puts the pictures of the indicators beside the session's own,
// sealed with its key, and leaves their ids in their place. The session does not
// know them yet: what is returned belongs to it with the result, or is to be
// forgotten.
func (w *Worker) keepEvidence(ctx context.Context, sess session.Session, r *report.Result) ([]session.Document, error) {
	f := r.AnalysisSummary.Forgery
	if f == nil {
		return nil, nil
	}
	now := sess.UpdatedAt
	var made []session.Document
	for k := range f.Indicators {
		i := &f.Indicators[k]
		data := i.Picture
		i.Picture = nil
		if len(data) == 0 || len(made) == mostEvidence {
			continue
		}
		sum := sha256.Sum256(data)
		d := session.Document{
			ID: uuid.NewString(), Type: session.Evidence, MediaType: "image/png", Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:]), CreatedAt: now,
		}
		if err := w.Blobs.Put(ctx, session.BlobName(sess.ID, d.ID), sess.Key, bytes.NewReader(data)); err != nil {
			return nil, errors.Join(fmt.Errorf("analysis: evidence: %w", err), w.forgetEvidence(ctx, sess, made))
		}
		i.Image = d.ID
		made = append(made, d)
	}
	return made, nil
}

// forgetEvidence deletes pictures that belong to no result. Where that fails
// they are found as strays.
func (w *Worker) forgetEvidence(ctx context.Context, sess session.Session, made []session.Document) error {
	var errs []error
	for _, d := range made {
		errs = append(errs, w.Blobs.Delete(context.WithoutCancel(ctx), session.BlobName(sess.ID, d.ID)))
	}
	return errors.Join(errs...)
}
