package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/google/uuid"

	"idproof/internal/blob"
)

// PartMost is the largest piece of an upload that comes in pieces, in bytes.
const PartMost = 1 << 20

// partName is the name under which a piece is kept. It is apart from documents,
// so that nobody gets at one of those by calling it a piece; and it ends like
// theirs, so that [Service.RemoveStrays] finds what nobody fetched.
func partName(sessionID, id string) string {
	return "sessions/" + sessionID[:2] + "/" + sessionID + "/p-" + id
}

// AddPart keeps a piece of an upload from the person and returns its name for
// [Service.UploadParts]: after a lost connection only the piece that was under
// way is sent again.
func (s *Service) AddPart(ctx context.Context, id string, r io.Reader) (string, error) {
	select {
	case s.uploads <- struct{}{}:
		defer func() { <-s.uploads }()
	default:
		return "", ErrUnavailable.Say("Too many uploads at the same time; try again in a moment.")
	}
	sess, err := s.store.Session(ctx, id)
	if err != nil {
		return "", err
	}
	if _, err := sess.move(upload, Person, s.at(), Event{}); err != nil {
		return "", err
	}
	part := uuid.NewString()
	err = s.blobs.Put(ctx, partName(id, part), sess.Key, http.MaxBytesReader(nil, io.NopCloser(r), PartMost))
	if err != nil {
		return "", uploadError(err)
	}
	return part, nil
}

// UploadParts takes a picture from the person whose pieces are there already.
// ErrNotFound: one of them is not.
func (s *Service) UploadParts(ctx context.Context, id, documentType string, parts []string) (Document, error) {
	sess, err := s.store.Session(ctx, id)
	if err != nil {
		return Document{}, err
	}
	for _, p := range parts {
		if uuid.Validate(p) != nil {
			return Document{}, ErrNotFound
		}
	}
	r := &partReader{ctx: ctx, blobs: s.blobs, sess: sess, parts: parts}
	d, err := s.Upload(ctx, id, documentType, r)
	err = errors.Join(err, r.close())
	if errors.Is(err, blob.ErrNotFound) {
		return Document{}, ErrNotFound
	}
	if err != nil {
		return Document{}, err
	}
	for _, p := range parts {
		_ = s.blobs.Delete(context.WithoutCancel(ctx), partName(id, p)) // else RemoveStrays does
	}
	return d, nil
}

// partReader reads pieces one after the other.
type partReader struct {
	ctx   context.Context //nolint:containedctx // a reader has no other place for it, and lives as long as one call
	blobs blob.Store
	sess  Session
	parts []string // those to come
	open  io.ReadCloser
}

func (r *partReader) Read(b []byte) (int, error) {
	for {
		if r.open == nil {
			if len(r.parts) == 0 {
				return 0, io.EOF
			}
			var err error
			if r.open, err = r.blobs.Open(r.ctx, partName(r.sess.ID, r.parts[0]), r.sess.Key); err != nil {
				return 0, fmt.Errorf("session: %w", err)
			}
			r.parts = r.parts[1:]
		}
		n, err := r.open.Read(b)
		if errors.Is(err, io.EOF) {
			err = r.close()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

func (r *partReader) close() error {
	if r.open == nil {
		return nil
	}
	err := r.open.Close()
	r.open = nil
	return err
}
