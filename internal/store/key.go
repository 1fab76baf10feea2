package store

import (
	"bytes"
	"context"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"idproof/internal/merchant"
)

type keyRow struct {
	bun.BaseModel `bun:"table:keys,alias:y"`

	ID         string    `bun:"id,pk"`
	MerchantID string    `bun:"merchant_id"`
	Kind       string    `bun:"kind"`
	Test       bool      `bun:"test"`
	Hash       string    `bun:"hash"`
	Hint       string    `bun:"hint"`
	Label      string    `bun:"label"`
	CreatedAt  time.Time `bun:"created_at"`
	EndsAt     time.Time `bun:"ends_at,nullzero"`
}

type revisionRow struct {
	bun.BaseModel `bun:"table:revisions,alias:v"`

	MerchantID string            `bun:"merchant_id,pk"`
	Revision   int64             `bun:"revision,pk"`
	Settings   merchant.Settings `bun:"settings,type:json"`
	CreatedAt  time.Time         `bun:"created_at"`
}

type auditRow struct {
	bun.BaseModel `bun:"table:audit,alias:u"`

	ID         int64     `bun:"id,pk,autoincrement"`
	MerchantID string    `bun:"merchant_id"`
	At         time.Time `bun:"at"`
	Who        string    `bun:"who"`
	Action     string    `bun:"action"`
	Subject    string    `bun:"subject"`
	Detail     string    `bun:"detail"`
}

// firstKey is the secret key that a merchant begins with.
func firstKey(merchantID string, now time.Time) merchant.Key {
	return merchant.Key{
		ID: uuid.NewString(), MerchantID: merchantID, Kind: merchant.Secret, Test: merchantID == merchant.Development, CreatedAt: now,
	}
}

func insertKey(ctx context.Context, db bun.IDB, k merchant.Key, hash string) error {
	_, err := db.NewInsert().Model(&keyRow{
		ID: k.ID, MerchantID: k.MerchantID, Kind: string(k.Kind), Test: k.Test, Hash: hash, Hint: k.Hint, Label: k.Label,
		CreatedAt: utc(k.CreatedAt), EndsAt: utc(k.EndsAt),
	}).Exec(ctx)
	return err
}

func (r keyRow) key() merchant.Key {
	return merchant.Key{
		ID: r.ID, MerchantID: r.MerchantID, Kind: merchant.KeyKind(r.Kind), Test: r.Test, Hint: r.Hint, Label: r.Label,
		CreatedAt: r.CreatedAt.UTC(), EndsAt: utc(r.EndsAt),
	}
}

// KeyByHash implements merchant.Store.
func (s *Store) KeyByHash(ctx context.Context, hash string) (merchant.Key, error) {
	var row keyRow
	err := s.db.NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && subtle.ConstantTimeCompare([]byte(row.Hash), []byte(hash)) != 1) {
		return merchant.Key{}, merchant.ErrNotFound
	}
	if err != nil {
		return merchant.Key{}, fmt.Errorf("store: key: %w", err)
	}
	return row.key(), nil
}

// MerchantByKey implements merchant.Store.
func (s *Store) MerchantByKey(ctx context.Context, hash string) (merchant.Merchant, error) {
	k, err := s.KeyByHash(ctx, hash)
	if err != nil {
		return merchant.Merchant{}, err
	}
	if !k.Active(time.Now()) {
		return merchant.Merchant{}, merchant.ErrNotFound
	}
	return s.Merchant(ctx, k.MerchantID)
}

// Keys implements merchant.Store.
func (s *Store) Keys(ctx context.Context, merchantID string) ([]merchant.Key, error) {
	var rows []keyRow
	if err := s.db.NewSelect().Model(&rows).Where("merchant_id = ?", merchantID).Order("created_at", "id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("store: keys: %w", err)
	}
	keys := make([]merchant.Key, len(rows))
	for i, r := range rows {
		keys[i] = r.key()
	}
	return keys, nil
}

// InsertKey implements merchant.Store.
func (s *Store) InsertKey(ctx context.Context, k merchant.Key, hash string) error {
	err := s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := insertKey(ctx, tx, k, hash); err != nil {
			return err
		}
		return audit(ctx, tx, k.MerchantID, merchant.Change{At: k.CreatedAt, Action: "key_created", Subject: k.ID})
	})
	if err != nil {
		return fmt.Errorf("store: insert key: %w", err)
	}
	return nil
}

// EndKey implements merchant.Store.
func (s *Store) EndKey(ctx context.Context, merchantID, id string, at time.Time) error {
	return s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var row keyRow
		err := tx.NewSelect().Model(&row).Where("id = ?", id).Where("merchant_id = ?", merchantID).Scan(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			return merchant.ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("store: key: %w", err)
		}
		if !row.EndsAt.IsZero() && !at.Before(row.EndsAt) {
			return nil
		}
		if _, err := tx.NewUpdate().Model((*keyRow)(nil)).Set("ends_at = ?", utc(at)).Where("id = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("store: end key: %w", err)
		}
		return audit(ctx, tx, merchantID, merchant.Change{At: time.Now(), Action: "key_ended", Subject: id})
	})
}

// SetMerchantKey implements merchant.Store.
func (s *Store) SetMerchantKey(ctx context.Context, id, keyHash string) error {
	now := time.Now().UTC().Truncate(time.Microsecond)
	k := firstKey(id, now)
	return s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if known, err := tx.NewSelect().Model((*merchantRow)(nil)).Where("id = ?", id).Exists(ctx); err != nil || !known {
			return errors.Join(err, merchant.ErrNotFound)
		}
		_, err := tx.NewUpdate().Model((*keyRow)(nil)).Set("ends_at = ?", now).Where("merchant_id = ?", id).
			Where("kind = ?", string(merchant.Secret)).Where("test = ?", k.Test).Where("ends_at IS NULL OR ends_at > ?", now).Exec(ctx)
		if err == nil {
			err = insertKey(ctx, tx, k, keyHash)
		}
		if err == nil {
			err = audit(ctx, tx, id, merchant.Change{At: now, Action: "keys_replaced", Subject: k.ID})
		}
		if err != nil {
			return fmt.Errorf("store: merchant key: %w", err)
		}
		return nil
	})
}

// MerchantAt implements merchant.Store.
func (s *Store) MerchantAt(ctx context.Context, id string, revision int64) (merchant.Merchant, error) {
	return s.merchantAt(ctx, s.db, id, revision)
}

// MerchantAtTx is MerchantAt as a transaction sees it.
func (s *Store) MerchantAtTx(ctx context.Context, tx bun.Tx, id string, revision int64) (merchant.Merchant, error) {
	return s.merchantAt(ctx, tx, id, revision)
}

func (s *Store) merchantAt(ctx context.Context, db bun.IDB, id string, revision int64) (merchant.Merchant, error) {
	m, err := s.merchant(ctx, db, id)
	if err != nil || revision == m.Revision || revision == 0 {
		return m, err
	}
	var row revisionRow
	err = db.NewSelect().Model(&row).Where("merchant_id = ?", id).Where("revision = ?", revision).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return m, nil
	}
	if err != nil {
		return merchant.Merchant{}, fmt.Errorf("store: settings: %w", err)
	}
	m.Settings, m.Revision = row.Settings, revision
	return m, nil
}

// keepRevision keeps the settings of a merchant; those that are kept already stay.
func keepRevision(ctx context.Context, tx bun.Tx, m merchantRow, now time.Time) error {
	_, err := tx.NewInsert().Model(&revisionRow{MerchantID: m.ID, Revision: m.Revision, Settings: m.Settings, CreatedAt: utc(now)}).
		On("CONFLICT (merchant_id, revision) DO NOTHING").Exec(ctx)
	if err != nil {
		return fmt.Errorf("store: keep settings: %w", err)
	}
	return nil
}

// changedSettings are the names of the settings that differ.
func changedSettings(a, b merchant.Settings) []string {
	fields := func(s merchant.Settings) map[string]json.RawMessage {
		s.Version = merchant.SettingsVersion
		out := map[string]json.RawMessage{}
		data, err := json.Marshal(s)
		if err == nil {
			err = json.Unmarshal(data, &out)
		}
		if err != nil {
			return nil // our own type; Validate has seen it
		}
		return out
	}
	before, after := fields(a), fields(b)
	var names []string
	for name := range before {
		if !bytes.Equal(before[name], after[name]) {
			names = append(names, name)
		}
	}
	for name := range after {
		if _, known := before[name]; !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// auditUpdate writes what an update changed into the audit trail.
func (s *Store) auditUpdate(ctx context.Context, tx bun.Tx, old, next merchant.Merchant, changed []string, now time.Time) error {
	var errs []error
	if len(changed) > 0 {
		detail, err := json.Marshal(map[string]any{"settings": changed})
		errs = append(errs, err, audit(ctx, tx, next.ID, merchant.Change{
			At: now, Action: "settings_changed", Subject: strconv.FormatInt(next.Revision, 10), Detail: detail,
		}))
	}
	if old.Name != next.Name {
		errs = append(errs, audit(ctx, tx, next.ID, merchant.Change{At: now, Action: "name_changed"}))
	}
	secrets := func(m merchant.Merchant) map[string]bool {
		all := map[string]bool{}
		for _, s := range m.WebhookSecrets {
			all[s] = true
		}
		return all
	}
	if !maps.Equal(secrets(old), secrets(next)) {
		errs = append(errs, audit(ctx, tx, next.ID, merchant.Change{At: now, Action: "webhook_secrets_changed", Subject: strconv.Itoa(len(next.WebhookSecrets))}))
	}
	if old.SMSSecret != next.SMSSecret {
		errs = append(errs, audit(ctx, tx, next.ID, merchant.Change{At: now, Action: "sms_secret_changed", Subject: next.SMSSecret.Origin}))
	}
	return errors.Join(errs...)
}

func audit(ctx context.Context, tx bun.Tx, merchantID string, c merchant.Change) error {
	_, err := tx.NewInsert().Model(&auditRow{
		MerchantID: merchantID, At: utc(c.At), Who: merchant.Who(ctx), Action: c.Action, Subject: c.Subject, Detail: string(c.Detail),
	}).Exec(ctx)
	if err != nil {
		return fmt.Errorf("store: audit: %w", err)
	}
	return nil
}

// Audit implements merchant.Store.
func (s *Store) Audit(ctx context.Context, merchantID string, before int64, limit int) ([]merchant.Change, error) {
	var rows []auditRow
	q := s.db.NewSelect().Model(&rows).Where("merchant_id = ?", merchantID).Order("id DESC").Limit(int64(limit))
	if before > 0 {
		q = q.Where("id < ?", before)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("store: audit: %w", err)
	}
	all := make([]merchant.Change, len(rows))
	for i, r := range rows {
		all[i] = merchant.Change{ID: r.ID, At: r.At.UTC(), Who: r.Who, Action: r.Action, Subject: r.Subject, Detail: json.RawMessage(r.Detail)}
	}
	return all, nil
}
