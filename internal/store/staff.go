package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"idproof/internal/merchant"
	"idproof/internal/staff"
)

type userRow struct {
	bun.BaseModel `bun:"table:users,alias:p"`

	ID          string    `bun:"id,pk"`
	MerchantID  string    `bun:"merchant_id"`
	Role        string    `bun:"role"`
	EmailIndex  string    `bun:"email_index"`
	Sealed      []byte    `bun:"sealed"`
	Failures    int       `bun:"failures"`
	PausedUntil time.Time `bun:"paused_until,nullzero"`
	CreatedAt   time.Time `bun:"created_at"`
}

// userContent is what is sealed of a user.
type userContent struct {
	Email string `json:"email"`
	Hash  string `json:"hash,omitempty"`
}

type visitRow struct {
	bun.BaseModel `bun:"table:visits,alias:g"`

	Hash      string    `bun:"hash,pk"`
	UserID    string    `bun:"user_id"`
	Kind      string    `bun:"kind"`
	CreatedAt time.Time `bun:"created_at"`
	SeenAt    time.Time `bun:"seen_at"`
	EndsAt    time.Time `bun:"ends_at"`
}

// emailIndex is a keyed hash by which a user of an address is found.
func (s *Store) emailIndex(email string) string {
	h := hmac.New(sha256.New, s.indexKey)
	h.Write([]byte("email\x00" + email))
	return hex.EncodeToString(h.Sum(nil))
}

func (s *Store) sealUser(u staff.User) (userRow, error) {
	plain, err := json.Marshal(userContent{u.Email, u.Password})
	if err != nil {
		return userRow{}, err
	}
	sealed, err := s.master.Seal(plain, place("users.sealed", u.ID))
	return userRow{
		ID: u.ID, MerchantID: u.MerchantID, Role: string(u.Role), EmailIndex: s.emailIndex(u.Email), Sealed: sealed,
		Failures: u.Failures, PausedUntil: utc(u.PausedUntil), CreatedAt: utc(u.CreatedAt),
	}, err
}

func (s *Store) openUser(r userRow) (staff.User, error) {
	plain, err := s.master.Open(r.Sealed, place("users.sealed", r.ID))
	if err != nil {
		return staff.User{}, fmt.Errorf("store: user %s: %w", r.ID, err)
	}
	var c userContent
	if json.Unmarshal(plain, &c) != nil {
		return staff.User{}, fmt.Errorf("store: user %s is damaged", r.ID)
	}
	return staff.User{
		ID: r.ID, MerchantID: r.MerchantID, Role: staff.Role(r.Role), Email: c.Email, Password: c.Hash,
		CreatedAt: r.CreatedAt.UTC(), Failures: r.Failures, PausedUntil: utc(r.PausedUntil),
	}, nil
}

// InsertUser implements staff.Store.
func (s *Store) InsertUser(ctx context.Context, u staff.User) error {
	row, err := s.sealUser(u)
	if err != nil {
		return err
	}
	err = s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if known, err := tx.NewSelect().Model((*merchantRow)(nil)).Where("id = ?", u.MerchantID).Exists(ctx); err != nil || !known {
			return errors.Join(err, merchant.ErrNotFound)
		}
		if taken, err := tx.NewSelect().Model((*userRow)(nil)).Where("email_index = ?", row.EmailIndex).Exists(ctx); err != nil || taken {
			return errors.Join(err, staff.ErrTaken)
		}
		if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
			if isDuplicate(err) {
				return staff.ErrTaken
			}
			return err
		}
		return audit(ctx, tx, u.MerchantID, merchant.Change{At: u.CreatedAt, Action: "user_added", Subject: u.ID})
	})
	if err != nil {
		return fmt.Errorf("store: insert user: %w", err)
	}
	return nil
}

// User implements staff.Store.
func (s *Store) User(ctx context.Context, id string) (staff.User, error) {
	return s.user(ctx, s.db, "id = ?", id)
}

// UserByEmail implements staff.Store.
func (s *Store) UserByEmail(ctx context.Context, email string) (staff.User, error) {
	return s.user(ctx, s.db, "email_index = ?", s.emailIndex(email))
}

func (s *Store) user(ctx context.Context, db bun.IDB, where, value string) (staff.User, error) {
	var row userRow
	err := db.NewSelect().Model(&row).Where(where, value).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return staff.User{}, staff.ErrNotFound
	}
	if err != nil {
		return staff.User{}, fmt.Errorf("store: user: %w", err)
	}
	return s.openUser(row)
}

// Users implements staff.Store.
func (s *Store) Users(ctx context.Context, merchantID string) ([]staff.User, error) {
	var rows []userRow
	if err := s.db.NewSelect().Model(&rows).Where("merchant_id = ?", merchantID).Order("created_at", "id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("store: users: %w", err)
	}
	all := make([]staff.User, 0, len(rows))
	for _, r := range rows {
		u, err := s.openUser(r)
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, nil
}

// UpdateUser implements staff.Store.
func (s *Store) UpdateUser(ctx context.Context, id, action string, fn func(staff.User) (staff.User, error)) error {
	return s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.lock(ctx, tx, "users", id); err != nil {
			return fmt.Errorf("store: user: %w", err)
		}
		old, err := s.user(ctx, tx, "id = ?", id)
		if err != nil {
			return err
		}
		next, err := fn(old)
		if err != nil {
			return err
		}
		next.ID, next.MerchantID, next.Email = old.ID, old.MerchantID, old.Email
		row, err := s.sealUser(next)
		if err != nil {
			return err
		}
		if _, err := tx.NewUpdate().Model(&row).Column("role", "sealed", "failures", "paused_until").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("store: update user: %w", err)
		}
		if action == "" {
			return nil
		}
		return audit(ctx, tx, old.MerchantID, merchant.Change{At: time.Now(), Action: action, Subject: id})
	})
}

// DeleteUser implements staff.Store.
func (s *Store) DeleteUser(ctx context.Context, merchantID, id string) error {
	return s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewDelete().Model((*userRow)(nil)).Where("id = ?", id).Where("merchant_id = ?", merchantID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("store: delete user: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, staff.ErrNotFound)
		}
		return audit(ctx, tx, merchantID, merchant.Change{At: time.Now(), Action: "user_removed", Subject: id})
	})
}

// InsertVisit implements staff.Store.
func (s *Store) InsertVisit(ctx context.Context, v staff.Visit, hash string) error {
	_, err := s.db.NewInsert().Model(&visitRow{
		Hash: hash, UserID: v.UserID, Kind: string(v.Kind), CreatedAt: utc(v.CreatedAt), SeenAt: utc(v.SeenAt), EndsAt: utc(v.EndsAt),
	}).Exec(ctx)
	if err != nil {
		return fmt.Errorf("store: insert visit: %w", err)
	}
	return nil
}

// Visit implements staff.Store.
func (s *Store) Visit(ctx context.Context, hash string) (staff.Visit, error) {
	var row visitRow
	err := s.db.NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && subtle.ConstantTimeCompare([]byte(row.Hash), []byte(hash)) != 1) {
		return staff.Visit{}, staff.ErrNotFound
	}
	if err != nil {
		return staff.Visit{}, fmt.Errorf("store: visit: %w", err)
	}
	return staff.Visit{
		UserID: row.UserID, Kind: staff.Kind(row.Kind), CreatedAt: row.CreatedAt.UTC(), SeenAt: row.SeenAt.UTC(), EndsAt: row.EndsAt.UTC(),
	}, nil
}

// SeeVisit implements staff.Store.
func (s *Store) SeeVisit(ctx context.Context, hash string, at time.Time) error {
	_, err := s.db.NewUpdate().Model((*visitRow)(nil)).Set("seen_at = ?", utc(at)).Where("hash = ?", hash).Exec(ctx)
	if err != nil {
		return fmt.Errorf("store: visit: %w", err)
	}
	return nil
}

// EndVisit implements staff.Store.
func (s *Store) EndVisit(ctx context.Context, hash string) (bool, error) {
	res, err := s.db.NewDelete().Model((*visitRow)(nil)).Where("hash = ?", hash).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("store: end visit: %w", err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// EndVisits implements staff.Store.
func (s *Store) EndVisits(ctx context.Context, userID string) error {
	if _, err := s.db.NewDelete().Model((*visitRow)(nil)).Where("user_id = ?", userID).Exec(ctx); err != nil {
		return fmt.Errorf("store: end visits: %w", err)
	}
	return nil
}
