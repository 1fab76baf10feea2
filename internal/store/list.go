package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"idproof/internal/session"
)

// loadIndexKey reads the key of relayIndex, and makes it the first time.
func (s *Store) loadIndexKey(ctx context.Context) error {
	type row struct {
		bun.BaseModel `bun:"table:installation,alias:i"`
		Name          string `bun:"name,pk"`
		Value         []byte `bun:"value"`
	}
	const where = "installation.value:index"
	r := row{Name: "index"}
	err := s.db.NewSelect().Model(&r).WherePK().Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails
		sealed, e := s.master.Seal(key, where)
		if e != nil {
			return e
		}
		// Another process may be faster; then its key counts.
		_, err = s.db.NewInsert().Model(&row{Name: "index", Value: sealed}).On("CONFLICT (name) DO NOTHING").Exec(ctx)
		if err == nil {
			err = s.db.NewSelect().Model(&r).WherePK().Scan(ctx)
		}
	}
	if err == nil {
		s.indexKey, err = s.master.Open(r.Value, where)
	}
	if err != nil {
		return fmt.Errorf("store: index key: %w", err)
	}
	return nil
}

// relayIndex is a keyed hash by which sessions of a relay_state are found, though
// it is sealed: who has the database alone can neither read nor guess it.
func (s *Store) relayIndex(merchantID, relayState string) string {
	if relayState == "" {
		return ""
	}
	h := hmac.New(sha256.New, s.indexKey)
	h.Write([]byte(merchantID + "\x00" + relayState))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// List implements session.Store.
func (s *Store) List(ctx context.Context, f session.Filter) ([]session.Session, error) {
	var rows []sessionRow
	q := s.db.NewSelect().Model(&rows).Where("merchant_id = ?", f.MerchantID).Where("test = ?", f.Test).
		Order("created_at DESC", "id DESC").Limit(int64(f.Limit))
	if len(f.Statuses) > 0 {
		q = q.Where("status IN (?)", bun.List(f.Statuses))
	}
	if f.RelayState != "" {
		q = q.Where("relay_index = ?", s.relayIndex(f.MerchantID, f.RelayState))
	}
	if !f.From.IsZero() {
		q = q.Where("created_at >= ?", utc(f.From))
	}
	if !f.To.IsZero() {
		q = q.Where("created_at < ?", utc(f.To))
	}
	if f.After.ID != "" {
		q = q.Where("(created_at < ? OR (created_at = ? AND id < ?))", utc(f.After.CreatedAt), utc(f.After.CreatedAt), f.After.ID)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("store: list sessions: %w", err)
	}
	all := make([]session.Session, 0, len(rows))
	for _, r := range rows {
		sess, err := s.fromRow(r)
		if err != nil {
			return nil, err
		}
		all = append(all, sess)
	}
	return all, nil
}
