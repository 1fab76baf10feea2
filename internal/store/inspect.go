package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"idproof/report"
)

// live are the states of a job that will run or runs; river's own names.
var live = []string{"available", "pending", "retryable", "running", "scheduled"}

// Overtime returns the ids of open sessions that expired before that time and
// were not ended, which somebody who serves should have done.
func (s *Store) Overtime(ctx context.Context, before time.Time) ([]string, error) {
	return s.ids(ctx, s.db.NewSelect().Model((*sessionRow)(nil)).Column("id").
		Where("status IN (?)", bun.List([]report.Status{report.Created, report.ReadyToStart})).
		Where("expires_at < ?", utc(before)))
}

// Stuck returns the ids of sessions that wait for an analysis, but none is under way.
func (s *Store) Stuck(ctx context.Context) ([]string, error) {
	running := s.db.NewSelect().Model((*analysisRow)(nil)).Column("session_id").Where("finished_at IS NULL")
	return s.ids(ctx, s.db.NewSelect().Model((*sessionRow)(nil)).Column("id").
		Where("status = ?", report.Pending).Where("id NOT IN (?)", running))
}

// LostAnalyses returns the ids of analyses that wait or run, but the queue has
// no job for them.
func (s *Store) LostAnalyses(ctx context.Context) ([]string, error) {
	return s.ids(ctx, s.db.NewSelect().Model((*analysisRow)(nil)).Column("id").
		Where("finished_at IS NULL").Where("id NOT IN (?)", s.jobs("analysis", "analysis_id")))
}

// LostDeliveries returns the ids of webhooks that wait, but the queue has no
// job for them.
func (s *Store) LostDeliveries(ctx context.Context) ([]string, error) {
	return s.ids(ctx, s.db.NewSelect().Model((*deliveryRow)(nil)).Column("id").
		Where("state = ?", DeliveryPending).Where("id NOT IN (?)", s.jobs("webhook", "delivery_id")))
}

// jobs are the arguments of that name of the live jobs of a kind.
func (s *Store) jobs(kind, argument string) *bun.SelectQuery {
	return s.db.NewSelect().Table("river_job").ColumnExpr("args ->> ?", argument).
		Where("kind = ?", kind).Where("state IN (?)", bun.List(live)).Where("args ->> ? IS NOT NULL", argument)
}

func (s *Store) ids(ctx context.Context, q *bun.SelectQuery) ([]string, error) {
	var ids []string
	if err := q.Order("id").Scan(ctx, &ids); err != nil {
		return nil, fmt.Errorf("store: inspect: %w", err)
	}
	return ids, nil
}

// Documents calls fn with the ids of all documents that are kept, many at a time.
func (s *Store) Documents(ctx context.Context, fn func(ids []string) error) error {
	const many = 1000
	for last := ""; ; {
		var ids []string
		err := s.db.NewSelect().Model((*documentRow)(nil)).Column("id").Where("id > ?", last).Order("id").Limit(many).Scan(ctx, &ids)
		if err != nil {
			return fmt.Errorf("store: documents: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		if err := fn(ids); err != nil {
			return err
		}
		last = ids[len(ids)-1]
	}
}
