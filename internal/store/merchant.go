package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"idproof/internal/merchant"
)

type merchantRow struct {
	bun.BaseModel `bun:"table:merchants,alias:m"`

	ID            string            `bun:"id,pk"`
	Name          string            `bun:"name"`
	KeyHash       string            `bun:"key_hash"`
	Settings      merchant.Settings `bun:"settings,type:json"`
	SecretsSealed []byte            `bun:"secrets_sealed"`
	CreatedAt     time.Time         `bun:"created_at"`
}

// Merchant implements merchant.Store.
func (s *Store) Merchant(ctx context.Context, id string) (merchant.Merchant, error) {
	return s.merchant(ctx, s.db, "id = ?", id)
}

// MerchantTx is Merchant as a transaction sees it.
func (s *Store) MerchantTx(ctx context.Context, tx bun.Tx, id string) (merchant.Merchant, error) {
	return s.merchant(ctx, tx, "id = ?", id)
}

// MerchantByKey implements merchant.Store.
func (s *Store) MerchantByKey(ctx context.Context, hash string) (merchant.Merchant, error) {
	return s.merchant(ctx, s.db, "key_hash = ?", hash)
}

func (s *Store) merchant(ctx context.Context, db bun.IDB, where, value string) (merchant.Merchant, error) {
	var row merchantRow
	err := db.NewSelect().Model(&row).Where(where, value).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return merchant.Merchant{}, merchant.ErrNotFound
	}
	if err != nil {
		return merchant.Merchant{}, fmt.Errorf("store: merchant: %w", err)
	}
	return s.openMerchant(row)
}

func (s *Store) openMerchant(row merchantRow) (merchant.Merchant, error) {
	m := merchant.Merchant{ID: row.ID, Name: row.Name, Settings: row.Settings, CreatedAt: row.CreatedAt.UTC()}
	plain, err := s.master.Open(row.SecretsSealed, place("merchants.secrets", row.ID))
	if err != nil {
		return merchant.Merchant{}, fmt.Errorf("store: merchant %s: %w", row.ID, err)
	}
	if json.Unmarshal(plain, &m.WebhookSecrets) != nil {
		return merchant.Merchant{}, fmt.Errorf("store: merchant %s is damaged", row.ID)
	}
	return m, nil
}

func (s *Store) sealMerchant(m merchant.Merchant) (merchantRow, error) {
	m.Settings.Version = merchant.SettingsVersion
	if err := m.Settings.Validate(); err != nil {
		return merchantRow{}, fmt.Errorf("store: settings of merchant %s: %w", m.ID, err)
	}
	plain, err := json.Marshal(m.WebhookSecrets)
	if err != nil {
		return merchantRow{}, err
	}
	sealed, err := s.master.Seal(plain, place("merchants.secrets", m.ID))
	return merchantRow{ID: m.ID, Name: m.Name, Settings: m.Settings, SecretsSealed: sealed, CreatedAt: utc(m.CreatedAt)}, err
}

// Merchants implements merchant.Store.
func (s *Store) Merchants(ctx context.Context) ([]merchant.Merchant, error) {
	var rows []merchantRow
	if err := s.db.NewSelect().Model(&rows).Order("created_at", "id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("store: merchants: %w", err)
	}
	all := make([]merchant.Merchant, 0, len(rows))
	for _, row := range rows {
		m, err := s.openMerchant(row)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// InsertMerchant implements merchant.Store.
func (s *Store) InsertMerchant(ctx context.Context, m merchant.Merchant, keyHash string) error {
	row, err := s.sealMerchant(m)
	if err != nil {
		return err
	}
	row.KeyHash = keyHash
	if _, err := s.db.NewInsert().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("store: insert merchant: %w", err)
	}
	return nil
}

// UpdateMerchant implements merchant.Store.
func (s *Store) UpdateMerchant(ctx context.Context, id string, fn func(merchant.Merchant) (merchant.Merchant, error)) error {
	return s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.lock(ctx, tx, "merchants", id); err != nil {
			return fmt.Errorf("store: merchant: %w", err)
		}
		old, err := s.merchant(ctx, tx, "id = ?", id)
		if err != nil {
			return err
		}
		next, err := fn(old)
		if err != nil {
			return err
		}
		next.ID = id
		row, err := s.sealMerchant(next)
		if err != nil {
			return err
		}
		if _, err := tx.NewUpdate().Model(&row).ExcludeColumn("key_hash", "created_at").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("store: update merchant: %w", err)
		}
		return nil
	})
}

// SetMerchantKey implements merchant.Store.
func (s *Store) SetMerchantKey(ctx context.Context, id, keyHash string) error {
	res, err := s.db.NewUpdate().Model((*merchantRow)(nil)).Set("key_hash = ?", keyHash).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("store: merchant key: %w", err)
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return merchant.ErrNotFound
	}
	return nil
}
