// Package doctor looks for what should not be: pictures without a session,
// sessions without an end, work without a job. It changes nothing, and what it
// says are ids, never personal data.
package doctor

import (
	"context"
	"fmt"
	"time"

	"idproof/internal/blob"
)

// Store is what is examined beside the pictures.
type Store interface {
	Overtime(ctx context.Context, before time.Time) ([]string, error)
	Stuck(ctx context.Context) ([]string, error)
	LostAnalyses(ctx context.Context) ([]string, error)
	LostDeliveries(ctx context.Context) ([]string, error)
	Documents(ctx context.Context, fn func(ids []string) error) error
	HasDocument(ctx context.Context, id string) (bool, error)
}

// Finding is something that should not be.
type Finding struct {
	Kind Kind
	ID   string // of the session, analysis, webhook or document
}

// Kind is what is wrong.
type Kind string

// The kinds of findings.
const (
	OvertimeSession Kind = "session not ended in time" // is any process serving?
	StuckSession    Kind = "session stuck"
	LostAnalysis    Kind = "analysis without a job"
	LostWebhook     Kind = "webhook without a job"
	OrphanedPicture Kind = "picture without a session" // removed by itself within an hour or two
	MissingPicture  Kind = "picture missing"
)

const (
	sweepGrace = 10 * time.Minute // sessions are ended every few seconds
	blobGrace  = 2 * time.Hour    // an upload's row follows its picture; housekeeping looks hourly at what is an hour old
)

// Examine returns all that is wrong at that time. The service may be running.
func Examine(ctx context.Context, st Store, blobs blob.Store, now time.Time) ([]Finding, error) {
	var all []Finding
	for _, look := range []struct {
		kind Kind
		ids  func(context.Context) ([]string, error)
	}{
		{OvertimeSession, func(ctx context.Context) ([]string, error) { return st.Overtime(ctx, now.Add(-sweepGrace)) }},
		{StuckSession, st.Stuck},
		{LostAnalysis, st.LostAnalyses},
		{LostWebhook, st.LostDeliveries},
	} {
		ids, err := look.ids(ctx)
		if err != nil {
			return nil, fmt.Errorf("doctor: %w", err)
		}
		for _, id := range ids {
			all = append(all, Finding{look.kind, id})
		}
	}
	pictures, err := examinePictures(ctx, st, blobs, now)
	if err != nil {
		return nil, fmt.Errorf("doctor: %w", err)
	}
	return append(all, pictures...), nil
}

// examinePictures compares what is kept with what is known. Both change
// meanwhile, so what does not fit is looked at once more by itself.
func examinePictures(ctx context.Context, st Store, blobs blob.Store, now time.Time) (all []Finding, err error) {
	kept := map[string]time.Time{} // by the id of the document
	err = blobs.Each(ctx, func(name string, at time.Time) error {
		kept[name[len(name)-min(len(name), idLength):]] = at
		return nil
	})
	if err != nil {
		return nil, err
	}
	var missing []string
	err = st.Documents(ctx, func(ids []string) error {
		for _, id := range ids {
			if _, ok := kept[id]; !ok {
				missing = append(missing, id)
			}
			delete(kept, id)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for id, at := range kept {
		if now.Sub(at) < blobGrace {
			continue
		}
		known, err := st.HasDocument(ctx, id)
		if err != nil {
			return nil, err
		}
		if !known {
			all = append(all, Finding{OrphanedPicture, id})
		}
	}
	if len(missing) == 0 {
		return all, nil
	}
	late := map[string]bool{} // uploaded since the first look
	err = blobs.Each(ctx, func(name string, _ time.Time) error {
		late[name[len(name)-min(len(name), idLength):]] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, id := range missing {
		known, err := st.HasDocument(ctx, id)
		if err != nil {
			return nil, err
		}
		if known && !late[id] {
			all = append(all, Finding{MissingPicture, id})
		}
	}
	return all, nil
}

// idLength is how long the id at the end of a picture's name is.
const idLength = 36
