package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/uptrace/bun"

	"idproof/engine/face"
	"idproof/internal/gallery"
	"idproof/internal/merchant"
	"idproof/internal/seal"
	"idproof/internal/session"
)

type galleryRow struct {
	bun.BaseModel `bun:"table:galleries,alias:g"`

	MerchantID string `bun:"merchant_id,pk"`
	Test       bool   `bun:"test,pk"`
	DataKey    []byte `bun:"data_key"`
}

type faceRow struct {
	bun.BaseModel `bun:"table:faces,alias:f"`

	Number     int64     `bun:"number,pk,autoincrement"`
	MerchantID string    `bun:"merchant_id"`
	Test       bool      `bun:"test"`
	Kind       string    `bun:"kind"`
	ID         string    `bun:"id"`
	SessionID  string    `bun:"session_id,nullzero"`
	Model      string    `bun:"model"`
	Sealed     []byte    `bun:"sealed"`
	NoteSealed []byte    `bun:"note_sealed"`
	CreatedAt  time.Time `bun:"created_at"`
}

func galleryName(s gallery.Set) string { return fmt.Sprintf("gallery:%s:%t", s.MerchantID, s.Test) }

// galleryKey returns the key of a merchant's gallery, and makes it the first time.
func (s *Store) galleryKey(ctx context.Context, db bun.IDB, of gallery.Set) (seal.Key, error) {
	row := galleryRow{MerchantID: of.MerchantID, Test: of.Test}
	err := db.NewSelect().Model(&row).WherePK().Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		_, wrapped, e := s.master.NewKey(galleryName(of))
		if e != nil {
			return seal.Key{}, e
		}
		// Another process may be faster; then its key counts.
		_, err = db.NewInsert().Model(&galleryRow{MerchantID: of.MerchantID, Test: of.Test, DataKey: wrapped}).
			On("CONFLICT (merchant_id, test) DO NOTHING").Exec(ctx)
		if err == nil {
			err = db.NewSelect().Model(&row).WherePK().Scan(ctx)
		}
	}
	if err != nil {
		return seal.Key{}, err
	}
	return s.master.Unwrap(row.DataKey, galleryName(of))
}

func (r faceRow) place(column string) string {
	return place("faces."+column, fmt.Sprintf("%s:%t:%s:%s", r.MerchantID, r.Test, r.Kind, r.ID))
}

// templates are kept as numbers of 16 bits, 1 being 32767.
const templateUnit = math.MaxInt16

func packTemplate(t face.Template) []byte {
	out := make([]byte, 0, 2*len(t))
	for _, v := range t {
		v := max(-1, min(1, float64(v)))
		out = binary.LittleEndian.AppendUint16(out, uint16(int16(math.Round(v*templateUnit))))
	}
	return out
}

func unpackTemplate(b []byte) face.Template {
	t := make(face.Template, len(b)/2)
	for i := range t {
		t[i] = float32(int16(binary.LittleEndian.Uint16(b[2*i:]))) / templateUnit
	}
	return t
}

// KeepFace implements gallery.Store.
func (s *Store) KeepFace(ctx context.Context, f gallery.Face) error {
	if len(f.Template) != face.TemplateSize {
		return fmt.Errorf("store: a template has %d numbers", len(f.Template))
	}
	err := s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		row := faceRow{MerchantID: f.MerchantID, Test: f.Test, Kind: string(f.Kind), ID: f.ID, Model: f.Model, CreatedAt: utc(f.CreatedAt)}
		if f.Kind == gallery.Seen {
			row.SessionID = f.ID
			if err := s.lock(ctx, tx, "sessions", f.ID); err != nil {
				return err
			}
			there, err := tx.NewSelect().Model((*documentRow)(nil)).Where("session_id = ?", f.ID).
				Where("type IN (?)", bun.List(session.Biometric)).Exists(ctx)
			if err != nil || !there {
				return err
			}
		}
		key, err := s.galleryKey(ctx, tx, f.Set)
		if err != nil {
			return err
		}
		if row.Sealed, err = key.Seal(packTemplate(f.Template), row.place("sealed")); err != nil {
			return err
		}
		if row.NoteSealed, err = key.Seal([]byte(f.Note), row.place("note_sealed")); err != nil {
			return err
		}
		if _, err := tx.NewDelete().Model((*faceRow)(nil)).Where(inSet, f.MerchantID, f.Test, string(f.Kind)).Where("id = ?", f.ID).Exec(ctx); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
			return err
		}
		return auditFace(ctx, tx, f.Set, "face_blocked", f.ID, f.CreatedAt)
	})
	if err != nil {
		return fmt.Errorf("store: keep face: %w", err)
	}
	return nil
}

// auditFace notes a change of the block list; what sessions leave is theirs.
func auditFace(ctx context.Context, tx bun.Tx, s gallery.Set, action, id string, at time.Time) error {
	if s.Kind != gallery.Blocked {
		return nil
	}
	detail, err := json.Marshal(map[string]bool{"test": s.Test})
	if err != nil {
		return err
	}
	return audit(ctx, tx, s.MerchantID, merchant.Change{At: at, Action: action, Subject: id, Detail: detail})
}

// inSet is the condition that a face is of a set.
const inSet = "merchant_id = ? AND test = ? AND kind = ?"

// faces reads the faces that narrow leaves of a set.
func (s *Store) faces(ctx context.Context, of gallery.Set, narrow func(*bun.SelectQuery) *bun.SelectQuery) ([]gallery.Face, error) {
	var rows []faceRow
	err := s.db.NewSelect().Model(&rows).Where(inSet, of.MerchantID, of.Test, string(of.Kind)).Apply(narrow).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("store: faces: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	key, err := s.galleryKey(ctx, s.db, of)
	if err != nil {
		return nil, fmt.Errorf("store: gallery: %w", err)
	}
	all := make([]gallery.Face, len(rows))
	for i, r := range rows {
		plain, err := key.Open(r.Sealed, r.place("sealed"))
		if err != nil {
			return nil, fmt.Errorf("store: face %d: %w", r.Number, err)
		}
		note, err := key.Open(r.NoteSealed, r.place("note_sealed"))
		if err != nil {
			return nil, fmt.Errorf("store: face %d: %w", r.Number, err)
		}
		all[i] = gallery.Face{
			Set: of, Number: r.Number, ID: r.ID, Model: r.Model, Template: unpackTemplate(plain), Note: string(note), CreatedAt: r.CreatedAt.UTC(),
		}
	}
	return all, nil
}

// ofModel narrows faces to those of a model; empty: any.
func ofModel(q *bun.SelectQuery, model string) *bun.SelectQuery {
	if model == "" {
		return q
	}
	return q.Where("model = ?", model)
}

// Faces implements gallery.Store.
func (s *Store) Faces(ctx context.Context, of gallery.Set, model string, after int64, limit int) ([]gallery.Face, error) {
	return s.faces(ctx, of, func(q *bun.SelectQuery) *bun.SelectQuery {
		return ofModel(q, model).Where("number > ?", after).Order("number").Limit(int64(limit))
	})
}

// FacesOf implements gallery.Store.
func (s *Store) FacesOf(ctx context.Context, of gallery.Set, numbers []int64) ([]gallery.Face, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	return s.faces(ctx, of, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("number IN (?)", bun.List(numbers)) })
}

// FaceNumbers implements gallery.Store.
func (s *Store) FaceNumbers(ctx context.Context, of gallery.Set, model string) ([]int64, error) {
	var all []int64
	q := s.db.NewSelect().Model((*faceRow)(nil)).Column("number").Where(inSet, of.MerchantID, of.Test, string(of.Kind))
	if err := ofModel(q, model).Scan(ctx, &all); err != nil {
		return nil, fmt.Errorf("store: faces: %w", err)
	}
	return all, nil
}

// FaceOf implements gallery.Store.
func (s *Store) FaceOf(ctx context.Context, of gallery.Set, id string) (gallery.Face, error) {
	all, err := s.faces(ctx, of, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("id = ?", id) })
	if err == nil && len(all) == 0 {
		err = gallery.ErrNotFound
	}
	if err != nil {
		return gallery.Face{}, err
	}
	return all[0], nil
}

// ForgetFace implements gallery.Store.
func (s *Store) ForgetFace(ctx context.Context, of gallery.Set, id string) error {
	err := s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewDelete().Model((*faceRow)(nil)).Where(inSet, of.MerchantID, of.Test, string(of.Kind)).Where("id = ?", id).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, gallery.ErrNotFound)
		}
		return auditFace(ctx, tx, of, "face_unblocked", id, time.Now())
	})
	if err != nil {
		return fmt.Errorf("store: forget face: %w", err)
	}
	return nil
}

// forgetFaces forgets the face that a session left.
func forgetFaces(ctx context.Context, tx bun.Tx, sessionID string) error {
	_, err := tx.NewDelete().Model((*faceRow)(nil)).Where("session_id = ?", sessionID).Exec(ctx)
	return err
}
