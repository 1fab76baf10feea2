package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"idproof/internal/session"
)

// Delivery is one webhook in the outbox.
type Delivery struct {
	ID         string
	SessionID  string
	MerchantID string
	Event      string
	State      DeliveryState
	Generation int // grows when someone asks to send it again
	Tries      int // in this generation
	URL        string
	Body       []byte
	CreatedAt  time.Time
	FinishedAt time.Time // zero: not yet
	Attempts   []Attempt
}

// DeliveryState is how far a delivery is.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryPending   DeliveryState = "pending"
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryGone      DeliveryState = "gone" // the receiver wants no more (410)
	DeliveryGivenUp   DeliveryState = "given_up"
	DeliveryPaused    DeliveryState = "paused" // its receiver is dead; waits to be resumed
)

// Attempt is one try to deliver a webhook.
type Attempt struct {
	Number int           `json:"number"`
	At     time.Time     `json:"at"`
	Status int           `json:"status"` // of HTTP; 0: no answer
	Reason string        `json:"reason"` // why it failed, one word; empty when delivered
	Took   time.Duration `json:"-"`
}

type deliveryRow struct {
	bun.BaseModel `bun:"table:deliveries,alias:w"`

	ID         string    `bun:"id,pk"`
	SessionID  string    `bun:"session_id"`
	MerchantID string    `bun:"merchant_id"`
	Event      string    `bun:"event"`
	State      string    `bun:"state"`
	Generation int       `bun:"generation"`
	Tries      int       `bun:"tries"`
	Origin     string    `bun:"origin"`
	Sealed     []byte    `bun:"sealed"`
	CreatedAt  time.Time `bun:"created_at"`
	FinishedAt time.Time `bun:"finished_at,nullzero"`
}

type attemptRow struct {
	bun.BaseModel `bun:"table:delivery_attempts,alias:x"`

	DeliveryID string    `bun:"delivery_id,pk"`
	Number     int       `bun:"number,pk"`
	At         time.Time `bun:"at"`
	Status     int       `bun:"status"`
	Reason     string    `bun:"reason"`
	Millis     int64     `bun:"millis"`
}

type deliveryContent struct {
	URL  string `json:"url"`
	Body []byte `json:"body"`
}

// InsertDelivery puts a webhook into the outbox, with the transaction.
func (s *Store) InsertDelivery(ctx context.Context, tx bun.Tx, sess session.Session, d Delivery) error {
	plain, err := json.Marshal(deliveryContent{d.URL, d.Body})
	if err != nil {
		return err
	}
	sealed, err := sess.Key.Seal(plain, place("deliveries.sealed", d.ID))
	if err != nil {
		return err
	}
	_, err = tx.NewInsert().Model(&deliveryRow{
		ID: d.ID, SessionID: sess.ID, MerchantID: sess.MerchantID, Event: d.Event, State: string(DeliveryPending),
		Origin: originOf(d.URL), Sealed: sealed, CreatedAt: utc(d.CreatedAt),
	}).Exec(ctx)
	if err != nil {
		return fmt.Errorf("store: insert delivery: %w", err)
	}
	return nil
}

// Delivery returns a webhook with what it says, without its attempts.
func (s *Store) Delivery(ctx context.Context, id string) (Delivery, error) {
	var row deliveryRow
	err := s.db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Delivery{}, session.ErrNotFound
	}
	if err != nil {
		return Delivery{}, fmt.Errorf("store: delivery: %w", err)
	}
	sess, err := s.Session(ctx, row.SessionID)
	if err != nil {
		return Delivery{}, err
	}
	plain, err := sess.Key.Open(row.Sealed, place("deliveries.sealed", id))
	if err != nil {
		return Delivery{}, fmt.Errorf("store: delivery %s: %w", id, err)
	}
	var c deliveryContent
	if json.Unmarshal(plain, &c) != nil {
		return Delivery{}, fmt.Errorf("store: delivery %s is damaged", id)
	}
	d := row.delivery()
	d.URL, d.Body = c.URL, c.Body
	return d, nil
}

func (r deliveryRow) delivery() Delivery {
	return Delivery{
		ID: r.ID, SessionID: r.SessionID, MerchantID: r.MerchantID, Event: r.Event, State: DeliveryState(r.State),
		Generation: r.Generation, Tries: r.Tries, CreatedAt: r.CreatedAt.UTC(), FinishedAt: utc(r.FinishedAt),
	}
}

// Deliveries returns the webhooks of a session with every attempt, without what they say.
func (s *Store) Deliveries(ctx context.Context, sessionID string) ([]Delivery, error) {
	var rows []deliveryRow
	err := s.db.NewSelect().Model(&rows).ExcludeColumn("sealed").Where("session_id = ?", sessionID).Order("created_at", "id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("store: deliveries: %w", err)
	}
	all := make([]Delivery, 0, len(rows))
	for _, row := range rows {
		d := row.delivery()
		var tries []attemptRow
		if err := s.db.NewSelect().Model(&tries).Where("delivery_id = ?", d.ID).Order("number").Scan(ctx); err != nil {
			return nil, fmt.Errorf("store: delivery attempts: %w", err)
		}
		for _, a := range tries {
			d.Attempts = append(d.Attempts, Attempt{a.Number, a.At.UTC(), a.Status, a.Reason, time.Duration(a.Millis) * time.Millisecond})
		}
		all = append(all, d)
	}
	return all, nil
}

// KeepAttempt keeps the outcome of one try, unless the delivery was sent again
// meanwhile (another generation).
func (s *Store) KeepAttempt(ctx context.Context, id string, generation int, a Attempt, state DeliveryState) error {
	err := s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.lock(ctx, tx, "deliveries", id); err != nil {
			return err
		}
		n, err := tx.NewSelect().Model((*attemptRow)(nil)).Where("delivery_id = ?", id).Count(ctx)
		if err != nil {
			return err
		}
		_, err = tx.NewInsert().Model(&attemptRow{
			DeliveryID: id, Number: int(n) + 1, At: utc(a.At), Status: a.Status, Reason: a.Reason, Millis: a.Took.Milliseconds(),
		}).Exec(ctx)
		if err != nil {
			return err
		}
		q := tx.NewUpdate().Model((*deliveryRow)(nil)).Set("state = ?", string(state)).Set("tries = tries + 1").
			Where("id = ?", id).Where("generation = ?", generation)
		if state != DeliveryPending {
			q = q.Set("finished_at = ?", utc(a.At))
		}
		_, err = q.Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("store: delivery attempt: %w", err)
	}
	return nil
}

// Redeliver opens a delivery of that session again; then, in the same
// transaction, fn is called with the new generation.
func (s *Store) Redeliver(ctx context.Context, sessionID, id string, fn func(ctx context.Context, tx bun.Tx, generation int) error) error {
	return s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.lock(ctx, tx, "deliveries", id); err != nil {
			return fmt.Errorf("store: delivery: %w", err)
		}
		var row deliveryRow
		err := tx.NewSelect().Model(&row).ExcludeColumn("sealed").Where("id = ?", id).Where("session_id = ?", sessionID).Scan(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			return session.ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("store: delivery: %w", err)
		}
		_, err = tx.NewUpdate().Model((*deliveryRow)(nil)).Set("state = ?", string(DeliveryPending)).Set("tries = 0").
			Set("generation = generation + 1").Set("finished_at = NULL").Where("id = ?", id).Exec(ctx)
		if err != nil {
			return fmt.Errorf("store: delivery: %w", err)
		}
		return fn(ctx, tx, row.Generation+1)
	})
}
