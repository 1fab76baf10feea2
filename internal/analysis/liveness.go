package analysis

import (
	"context"

	"idproof/engine"
	"idproof/internal/liveness"
	"idproof/internal/session"
)

// recording is the answer to the session's challenge that the analysis judges:
// without shots where there is none, nil where none was asked for.
func (w *Worker) recording(ctx context.Context, sess session.Session, a session.Analysis) (*engine.Recording, error) {
	if !sess.ActiveLiveness() {
		return nil, nil
	}
	for _, id := range a.DocumentIDs {
		if d, ok := sess.Document(id); ok && d.Type == session.Recording {
			data, err := w.read(ctx, sess, id)
			if err != nil {
				return nil, err
			}
			return liveness.Unpack(data)
		}
	}
	return &engine.Recording{}, nil
}
