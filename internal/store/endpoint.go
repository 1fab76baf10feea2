package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/uptrace/bun"

	"idproof/internal/merchant"
)

// Endpoint is a receiver of webhooks that fails, by its origin: scheme and host.
type Endpoint struct {
	Origin       string
	Failures     int // in a row
	FailingSince time.Time
	PausedAt     time.Time // zero: not paused
}

type endpointRow struct {
	bun.BaseModel `bun:"table:endpoints,alias:o"`

	MerchantID   string    `bun:"merchant_id,pk"`
	Origin       string    `bun:"origin,pk"`
	Failures     int       `bun:"failures"`
	FailingSince time.Time `bun:"failing_since,nullzero"`
	PausedAt     time.Time `bun:"paused_at,nullzero"`
}

// originOf is the scheme and host of an address; the rest may speak of a person.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return merchant.Origin(u)
}

// NoteAttempt counts how the receiver of an address does: after a success it is
// forgotten; when it has failed that often and that long, it is paused. It
// returns whether it is paused by this.
func (s *Store) NoteAttempt(ctx context.Context, merchantID, address string, ok bool, at time.Time, failures int, during time.Duration) (paused bool, err error) {
	origin := originOf(address)
	if ok {
		_, err := s.db.NewDelete().Model((*endpointRow)(nil)).Where("merchant_id = ?", merchantID).Where("origin = ?", origin).Exec(ctx)
		if err != nil {
			return false, fmt.Errorf("store: endpoint: %w", err)
		}
		return false, nil
	}
	err = s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.lock(ctx, tx, "merchants", merchantID); err != nil {
			return err
		}
		row := endpointRow{MerchantID: merchantID, Origin: origin}
		err := tx.NewSelect().Model(&row).WherePK().Scan(ctx)
		fresh := errors.Is(err, sql.ErrNoRows)
		if err != nil && !fresh {
			return err
		}
		row.Failures++
		if fresh {
			row.FailingSince = utc(at)
			_, err = tx.NewInsert().Model(&row).Exec(ctx)
			return err
		}
		if row.PausedAt.IsZero() && row.Failures >= failures && at.Sub(row.FailingSince) >= during {
			row.PausedAt, paused = utc(at), true
			if err := audit(ctx, tx, merchantID, merchant.Change{At: at, Action: "webhooks_paused", Subject: origin}); err != nil {
				return err
			}
		}
		_, err = tx.NewUpdate().Model(&row).WherePK().Exec(ctx)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("store: endpoint: %w", err)
	}
	return paused, nil
}

// Endpoints returns the receivers of a merchant that fail.
func (s *Store) Endpoints(ctx context.Context, merchantID string) ([]Endpoint, error) {
	var rows []endpointRow
	if err := s.db.NewSelect().Model(&rows).Where("merchant_id = ?", merchantID).Order("origin").Scan(ctx); err != nil {
		return nil, fmt.Errorf("store: endpoints: %w", err)
	}
	all := make([]Endpoint, len(rows))
	for i, r := range rows {
		all[i] = Endpoint{r.Origin, r.Failures, utc(r.FailingSince), utc(r.PausedAt)}
	}
	return all, nil
}

// PauseDelivery lets a delivery wait when the receiver of its address is paused,
// and says whether it does.
func (s *Store) PauseDelivery(ctx context.Context, d Delivery) (bool, error) {
	var paused bool
	err := s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		// Resume takes the same lock, so no delivery is left behind.
		if err := s.lock(ctx, tx, "merchants", d.MerchantID); err != nil {
			return err
		}
		var err error
		paused, err = tx.NewSelect().Model((*endpointRow)(nil)).Where("merchant_id = ?", d.MerchantID).
			Where("origin = ?", originOf(d.URL)).Where("paused_at IS NOT NULL").Exists(ctx)
		if err != nil || !paused {
			return err
		}
		_, err = tx.NewUpdate().Model((*deliveryRow)(nil)).Set("state = ?", string(DeliveryPaused)).Where("id = ?", d.ID).
			Where("generation = ?", d.Generation).Where("state = ?", string(DeliveryPending)).Exec(ctx)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("store: pause delivery: %w", err)
	}
	return paused, nil
}

// Resume ends the pause of a receiver; fn is called for each delivery that
// waited for it, in the same transaction, with its new generation. It returns
// how many they are; merchant.ErrNotFound: that receiver is not failing.
func (s *Store) Resume(ctx context.Context, merchantID, origin string, now time.Time, fn func(ctx context.Context, tx bun.Tx, id string, generation int) error) (n int, err error) {
	err = s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.lock(ctx, tx, "merchants", merchantID); err != nil {
			return err
		}
		res, err := tx.NewDelete().Model((*endpointRow)(nil)).Where("merchant_id = ?", merchantID).Where("origin = ?", origin).Exec(ctx)
		if err != nil {
			return err
		}
		if gone, err := res.RowsAffected(); err != nil || gone == 0 {
			return errors.Join(err, merchant.ErrNotFound)
		}
		var rows []deliveryRow
		err = tx.NewSelect().Model(&rows).ExcludeColumn("sealed").Where("merchant_id = ?", merchantID).Where("origin = ?", origin).
			Where("state = ?", string(DeliveryPaused)).Order("created_at").Scan(ctx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			_, err := tx.NewUpdate().Model((*deliveryRow)(nil)).Set("state = ?", string(DeliveryPending)).Set("tries = 0").
				Set("generation = generation + 1").Where("id = ?", r.ID).Exec(ctx)
			if err == nil {
				err = fn(ctx, tx, r.ID, r.Generation+1)
			}
			if err != nil {
				return err
			}
		}
		n = len(rows)
		return audit(ctx, tx, merchantID, merchant.Change{At: now, Action: "webhooks_resumed", Subject: origin})
	})
	if err != nil {
		return 0, fmt.Errorf("store: resume: %w", err)
	}
	return n, nil
}

// DeliveryFilter says which deliveries to list.
type DeliveryFilter struct {
	MerchantID string
	State      DeliveryState // empty: any
	Event      string        // empty: any
	AfterTime  time.Time     // with AfterID, the last of the page before
	AfterID    string        // empty: from the newest
	Limit      int
}

// Listed is a delivery in a list, without its attempts and what it says.
type Listed struct {
	Delivery

	Origin string
	Test   bool // of a test session
}

// ListDeliveries returns the deliveries that fit, newest first.
func (s *Store) ListDeliveries(ctx context.Context, f DeliveryFilter) ([]Listed, error) {
	var rows []struct {
		deliveryRow `bun:",extend"`

		Test bool `bun:"test"`
	}
	q := s.db.NewSelect().Model(&rows).ExcludeColumn("sealed", "test").ColumnExpr("s.test").Join("JOIN sessions AS s ON s.id = w.session_id").
		Where("w.merchant_id = ?", f.MerchantID).Order("w.created_at DESC", "w.id DESC").Limit(int64(f.Limit))
	if f.State != "" {
		q = q.Where("w.state = ?", string(f.State))
	}
	if f.Event != "" {
		q = q.Where("w.event = ?", f.Event)
	}
	if f.AfterID != "" {
		q = q.Where("(w.created_at < ? OR (w.created_at = ? AND w.id < ?))", utc(f.AfterTime), utc(f.AfterTime), f.AfterID)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("store: list deliveries: %w", err)
	}
	all := make([]Listed, len(rows))
	for i, r := range rows {
		all[i] = Listed{r.delivery(), r.Origin, r.Test}
	}
	return all, nil
}
