package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"idproof/internal/session"
)

// Erase implements session.Eraser.
func (s *Store) Erase(ctx context.Context, id string, fn func(session.Session) (session.Session, error)) (session.Session, error) {
	return s.change(ctx, id, "erase", fn, func(ctx context.Context, tx bun.Tx, old session.Session, next *session.Session, wrapped *[]byte) (err error) {
		if !next.ErasedAt.IsZero() && old.ErasedAt.IsZero() {
			// The old data key goes with everything it sealed.
			if next.Key, *wrapped, err = s.master.NewKey(id); err != nil {
				return err
			}
			if err := forgetAll(ctx, tx, *next); err != nil {
				return err
			}
		}
		for _, d := range old.AllDocuments() {
			if _, stays := next.Document(d.ID); stays {
				continue
			}
			if _, err := tx.NewDelete().Model((*documentRow)(nil)).Where("id = ?", d.ID).Exec(ctx); err != nil {
				return err
			}
		}
		if !slices.ContainsFunc(next.AllDocuments(), func(d session.Document) bool { return slices.Contains(session.Biometric, d.Type) }) {
			return forgetFaces(ctx, tx, id)
		}
		return nil
	})
}

// forgetAll deletes what hangs on a session, but for its audit trail and that
// there were analyses.
func forgetAll(ctx context.Context, tx bun.Tx, s session.Session) error {
	analyses := tx.NewSelect().Model((*analysisRow)(nil)).Column("id").Where("session_id = ?", s.ID)
	if _, err := tx.NewDelete().Model((*resultRow)(nil)).Where("analysis_id IN (?)", analyses).Exec(ctx); err != nil {
		return err
	}
	for _, model := range []any{(*deliveryRow)(nil), (*tokenRow)(nil), (*idempotencyRow)(nil), (*traceRow)(nil)} { // attempts go with their delivery, tokens with their trace
		if _, err := tx.NewDelete().Model(model).Where("session_id = ?", s.ID).Exec(ctx); err != nil {
			return err
		}
	}
	for i, a := range s.Analyses {
		row := analysisRow{
			ID: a.ID, SessionID: s.ID, Seq: i, Status: string(a.Status), AnalysisTypes: a.Types, RequestedBy: string(a.By),
			DocumentIDs: []string{}, RequestedAt: utc(a.RequestedAt), StartedAt: utc(a.StartedAt), FinishedAt: utc(a.FinishedAt),
		}
		if _, err := tx.NewUpdate().Model(&row).WherePK().Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Remove implements session.Eraser.
func (s *Store) Remove(ctx context.Context, id string) error {
	if _, err := s.db.NewDelete().Model((*sessionRow)(nil)).Where("id = ?", id).Exec(ctx); err != nil { // the rest goes with it
		return fmt.Errorf("store: remove session: %w", err)
	}
	return nil
}

// Due implements session.Eraser.
func (s *Store) Due(ctx context.Context, merchantID string, k session.Kept, before time.Time) ([]string, error) {
	var ids []string
	q := s.db.NewSelect().Model((*sessionRow)(nil)).Column("s.id").Where("s.merchant_id = ?", merchantID).
		Where("s.finished_at <= ?", utc(before)).Order("s.finished_at").Limit(100)
	documents := s.db.NewSelect().Model((*documentRow)(nil)).ColumnExpr("1").Where("d.session_id = s.id")
	switch k {
	case session.KeptBiometrics:
		q = q.Where("EXISTS (?)", documents.Where("d.type IN (?)", bun.List(session.Biometric)))
	case session.KeptPictures:
		q = q.Where("EXISTS (?)", documents)
	case session.KeptPersonal:
		q = q.Where("s.erased_at IS NULL")
	}
	if err := q.Scan(ctx, &ids); err != nil {
		return nil, fmt.Errorf("store: due: %w", err)
	}
	return ids, nil
}
