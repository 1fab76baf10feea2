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
	Revision      int64             `bun:"revision"`
	SecretsSealed []byte            `bun:"secrets_sealed"`
	SMSSealed     []byte            `bun:"sms_sealed"`
	CreatedAt     time.Time         `bun:"created_at"`
}

// Merchant implements merchant.Store.
func (s *Store) Merchant(ctx context.Context, id string) (merchant.Merchant, error) {
	return s.merchant(ctx, s.db, id)
}

// MerchantTx is Merchant as a transaction sees it.
func (s *Store) MerchantTx(ctx context.Context, tx bun.Tx, id string) (merchant.Merchant, error) {
	return s.merchant(ctx, tx, id)
}

func (s *Store) merchant(ctx context.Context, db bun.IDB, id string) (merchant.Merchant, error) {
	var row merchantRow
	err := db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return merchant.Merchant{}, merchant.ErrNotFound
	}
	if err != nil {
		return merchant.Merchant{}, fmt.Errorf("store: merchant: %w", err)
	}
	return s.openMerchant(row)
}

func (s *Store) openMerchant(row merchantRow) (merchant.Merchant, error) {
	m := merchant.Merchant{ID: row.ID, Name: row.Name, Settings: row.Settings, Revision: row.Revision, CreatedAt: row.CreatedAt.UTC()}
	plain, err := s.master.Open(row.SecretsSealed, place("merchants.secrets", row.ID))
	if err != nil {
		return merchant.Merchant{}, fmt.Errorf("store: merchant %s: %w", row.ID, err)
	}
	if json.Unmarshal(plain, &m.WebhookSecrets) != nil {
		return merchant.Merchant{}, fmt.Errorf("store: merchant %s is damaged", row.ID)
	}
	if len(row.SMSSealed) == 0 {
		return m, nil
	}
	if plain, err = s.master.Open(row.SMSSealed, place("merchants.sms", row.ID)); err != nil {
		return merchant.Merchant{}, fmt.Errorf("store: merchant %s: %w", row.ID, err)
	}
	if json.Unmarshal(plain, &m.SMSSecret) != nil {
		return merchant.Merchant{}, fmt.Errorf("store: merchant %s is damaged", row.ID)
	}
	return m, nil
}

func (s *Store) sealMerchant(m merchant.Merchant) (merchantRow, error) {
	m.Settings.Version = merchant.SettingsVersion
	if err := m.Settings.Validate(); err != nil {
		return merchantRow{}, fmt.Errorf("store: settings of merchant %s: %w", m.ID, err)
	}
	row := merchantRow{ID: m.ID, Name: m.Name, Settings: m.Settings, Revision: m.Revision, CreatedAt: utc(m.CreatedAt)}
	plain, err := json.Marshal(m.WebhookSecrets)
	if err == nil {
		row.SecretsSealed, err = s.master.Seal(plain, place("merchants.secrets", m.ID))
	}
	if err == nil && m.SMSSecret.Value != "" {
		if plain, err = json.Marshal(m.SMSSecret); err == nil {
			row.SMSSealed, err = s.master.Seal(plain, place("merchants.sms", m.ID))
		}
	}
	return row, err
}

// MerchantOf returns the merchant of a session as it is now, or merchant.ErrNotFound.
func (s *Store) MerchantOf(ctx context.Context, sessionID string) (merchant.Merchant, error) {
	var row merchantRow
	err := s.db.NewSelect().Model(&row).Join("JOIN sessions AS s ON s.merchant_id = m.id").Where("s.id = ?", sessionID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return merchant.Merchant{}, merchant.ErrNotFound
	}
	if err != nil {
		return merchant.Merchant{}, fmt.Errorf("store: merchant of a session: %w", err)
	}
	return s.openMerchant(row)
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
	m.Revision = 1
	row, err := s.sealMerchant(m)
	if err != nil {
		return err
	}
	row.KeyHash = m.ID // unique, and no longer read
	err = s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
			return err
		}
		if err := keepRevision(ctx, tx, row, row.CreatedAt); err != nil {
			return err
		}
		if err := audit(ctx, tx, m.ID, merchant.Change{At: m.CreatedAt, Action: "merchant_created"}); err != nil {
			return err
		}
		return insertKey(ctx, tx, firstKey(m.ID, m.CreatedAt), keyHash)
	})
	if err != nil {
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
		old, err := s.merchant(ctx, tx, id)
		if err != nil {
			return err
		}
		next, err := fn(old)
		if err != nil {
			return err
		}
		next.ID, next.Revision = id, old.Revision
		now := time.Now().UTC().Truncate(time.Microsecond)
		changed := changedSettings(old.Settings, next.Settings)
		if len(changed) > 0 {
			next.Revision++
		}
		row, err := s.sealMerchant(next)
		if err != nil {
			return err
		}
		if _, err := tx.NewUpdate().Model(&row).ExcludeColumn("key_hash", "created_at").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("store: update merchant: %w", err)
		}
		return errors.Join(s.auditUpdate(ctx, tx, old, next, changed, now), keepRevision(ctx, tx, row, now))
	})
}
