package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"idproof/internal/merchant"
	"idproof/internal/session"
	"idproof/report"
)

type sessionRow struct {
	bun.BaseModel `bun:"table:sessions,alias:s"`

	ID            string    `bun:"id,pk"`
	MerchantID    string    `bun:"merchant_id"`
	Version       int64     `bun:"version"`
	Status        string    `bun:"status"`
	Locale        string    `bun:"locale"`
	AnalysisTypes []string  `bun:"analysis_types,type:json"`
	DocumentType  string    `bun:"document_type"`
	Attempts      int       `bun:"attempts"`
	CreatedAt     time.Time `bun:"created_at"`
	UpdatedAt     time.Time `bun:"updated_at"`
	ExpiresAt     time.Time `bun:"expires_at"`
	FinishedAt    time.Time `bun:"finished_at,nullzero"`
	Test          bool      `bun:"test"`
	Revision      int64     `bun:"revision"`
	RelayIndex    string    `bun:"relay_index"`
	ErasedAt      time.Time `bun:"erased_at,nullzero"`
	DataKey       []byte    `bun:"data_key"`
	Sealed        []byte    `bun:"sealed"`
}

type documentRow struct {
	bun.BaseModel `bun:"table:documents,alias:d"`

	ID        string    `bun:"id,pk"`
	SessionID string    `bun:"session_id"`
	Seq       int       `bun:"seq"`
	InForce   bool      `bun:"in_force"`
	Type      string    `bun:"type"`
	MediaType string    `bun:"media_type"`
	Size      int64     `bun:"size"`
	SHA256    string    `bun:"sha256"`
	CreatedAt time.Time `bun:"created_at"`
	Sealed    []byte    `bun:"sealed"` // the client's reference
}

type analysisRow struct {
	bun.BaseModel `bun:"table:analyses,alias:a"`

	ID            string           `bun:"id,pk"`
	SessionID     string           `bun:"session_id"`
	Seq           int              `bun:"seq"`
	Status        string           `bun:"status"`
	AnalysisTypes []string         `bun:"analysis_types,type:json"`
	RequestedBy   string           `bun:"requested_by"`
	DocumentIDs   []string         `bun:"document_ids,type:json"`
	RequestedAt   time.Time        `bun:"requested_at"`
	StartedAt     time.Time        `bun:"started_at,nullzero"`
	FinishedAt    time.Time        `bun:"finished_at,nullzero"`
	Decision      *report.Decision `bun:"decision,type:json,nullzero"`
}

type resultRow struct {
	bun.BaseModel `bun:"table:results,alias:r"`

	AnalysisID string    `bun:"analysis_id,pk"`
	Sealed     []byte    `bun:"sealed"`
	CreatedAt  time.Time `bun:"created_at"`
}

type eventRow struct {
	bun.BaseModel `bun:"table:events,alias:e"`

	ID        int64     `bun:"id,pk,autoincrement"`
	SessionID string    `bun:"session_id"`
	Kind      string    `bun:"kind"`
	Actor     string    `bun:"actor"`
	Who       string    `bun:"who"`
	Subject   string    `bun:"subject"`
	At        time.Time `bun:"at"`
}

type tokenRow struct {
	bun.BaseModel `bun:"table:tokens,alias:t"`

	Hash      string    `bun:"hash,pk"`
	SessionID string    `bun:"session_id"`
	Kind      string    `bun:"kind"`
	ExpiresAt time.Time `bun:"expires_at"`
}

type idempotencyRow struct {
	bun.BaseModel `bun:"table:idempotency,alias:k"`

	KeyHash      string    `bun:"key_hash,pk"`
	RequestHash  string    `bun:"request_hash"`
	SessionID    string    `bun:"session_id"`
	AnswerSealed []byte    `bun:"answer_sealed"`
	CreatedAt    time.Time `bun:"created_at"`
}

// Insert implements session.Store.
func (s *Store) Insert(ctx context.Context, sess session.Session, wrapped []byte, link session.Token, idem *session.Idempotent) error {
	sess.Version = 1
	row, err := s.toRow(sess, wrapped)
	if err != nil {
		return err
	}
	err = s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
			return err
		}
		if err := insertToken(ctx, tx, link); err != nil {
			return err
		}
		if idem != nil {
			sealed, err := sess.Key.Seal(idem.Answer, place("idempotency.answer", idem.KeyHash))
			if err != nil {
				return err
			}
			_, err = tx.NewInsert().Model(&idempotencyRow{
				KeyHash: idem.KeyHash, RequestHash: idem.RequestHash, SessionID: idem.SessionID,
				AnswerSealed: sealed, CreatedAt: utc(idem.CreatedAt),
			}).Exec(ctx)
			if isDuplicate(err) {
				return session.ErrDuplicate
			}
			if err != nil {
				return err
			}
		}
		return s.keepEvents(ctx, tx, sess)
	})
	if err != nil {
		return fmt.Errorf("store: insert session: %w", err)
	}
	return nil
}

// Session implements session.Store.
func (s *Store) Session(ctx context.Context, id string) (session.Session, error) {
	sess, _, err := s.load(ctx, s.db, id)
	return sess, err
}

func (s *Store) load(ctx context.Context, db bun.IDB, id string) (session.Session, []byte, error) {
	var row sessionRow
	err := db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return session.Session{}, nil, session.ErrNotFound
	}
	if err != nil {
		return session.Session{}, nil, fmt.Errorf("store: session: %w", err)
	}
	sess, err := s.fromRow(row)
	if err != nil {
		return session.Session{}, nil, err
	}
	var docs []documentRow
	if err := db.NewSelect().Model(&docs).Where("session_id = ?", id).Order("seq").Scan(ctx); err != nil {
		return session.Session{}, nil, fmt.Errorf("store: documents: %w", err)
	}
	for _, d := range docs {
		ref, err := sess.Key.Open(d.Sealed, place("documents.sealed", d.ID))
		if err != nil {
			return session.Session{}, nil, fmt.Errorf("store: document %s: %w", d.ID, err)
		}
		doc := session.Document{
			ID: d.ID, Type: d.Type, Reference: string(ref), MediaType: d.MediaType,
			Size: d.Size, SHA256: d.SHA256, CreatedAt: d.CreatedAt.UTC(),
		}
		switch {
		case d.Type == session.Evidence:
			sess.Evidence = append(sess.Evidence, doc)
		case d.InForce:
			sess.Documents = append(sess.Documents, doc)
		default:
			sess.Replaced = append(sess.Replaced, doc)
		}
	}
	var analyses []analysisRow
	if err := db.NewSelect().Model(&analyses).Where("session_id = ?", id).Order("seq").Scan(ctx); err != nil {
		return session.Session{}, nil, fmt.Errorf("store: analyses: %w", err)
	}
	for _, a := range analyses {
		sess.Analyses = append(sess.Analyses, session.Analysis{
			ID: a.ID, Status: report.Status(a.Status), Types: a.AnalysisTypes, By: session.Actor(a.RequestedBy),
			DocumentIDs: a.DocumentIDs, RequestedAt: a.RequestedAt.UTC(), StartedAt: utc(a.StartedAt),
			FinishedAt: utc(a.FinishedAt), Decision: a.Decision,
		})
	}
	return sess, row.DataKey, nil
}

// Update implements session.Store.
func (s *Store) Update(ctx context.Context, id string, fn func(session.Session) (session.Session, error)) (session.Session, error) {
	return s.change(ctx, id, "update session", fn, func(ctx context.Context, tx bun.Tx, old session.Session, next *session.Session, _ *[]byte) error {
		if err := keepDocuments(ctx, tx, old, *next); err != nil {
			return err
		}
		return keepAnalyses(ctx, tx, old, *next)
	})
}

// change takes a session from one state to the next in one transaction: fn says
// what the next one is, keep writes its parts and may give it another key, and
// the row and the events follow. What fn refuses is handed back as it is.
func (s *Store) change(
	ctx context.Context, id, what string, fn func(session.Session) (session.Session, error),
	keep func(ctx context.Context, tx bun.Tx, old session.Session, next *session.Session, wrapped *[]byte) error,
) (session.Session, error) {
	var kept session.Session
	var refused error
	err := s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.lock(ctx, tx, "sessions", id); err != nil {
			return err
		}
		old, wrapped, err := s.load(ctx, tx, id)
		if err != nil {
			return err
		}
		next, err := fn(old)
		if err != nil {
			refused = err
			return err
		}
		next.Version = old.Version + 1
		if err := keep(ctx, tx, old, &next, &wrapped); err != nil {
			return err
		}
		row, err := s.toRow(next, wrapped)
		if err != nil {
			return err
		}
		if _, err := tx.NewUpdate().Model(&row).WherePK().Exec(ctx); err != nil {
			return err
		}
		if err := s.keepEvents(ctx, tx, next); err != nil {
			return err
		}
		kept = next.Settled()
		return nil
	})
	switch {
	case refused != nil:
		return session.Session{}, refused
	case errors.Is(err, session.ErrNotFound):
		return session.Session{}, session.ErrNotFound
	case err != nil:
		return session.Session{}, fmt.Errorf("store: %s: %w", what, err)
	}
	s.committed(id)
	return kept, nil
}

func keepDocuments(ctx context.Context, tx bun.Tx, old, next session.Session) error {
	inForce := func(s session.Session, id string) bool {
		return slices.ContainsFunc(s.Documents, func(d session.Document) bool { return d.ID == id })
	}
	count := len(old.AllDocuments())
	for _, d := range slices.Concat(next.Documents, next.Evidence) {
		if _, known := old.Document(d.ID); known {
			continue
		}
		ref, err := next.Key.Seal([]byte(d.Reference), place("documents.sealed", d.ID))
		if err != nil {
			return err
		}
		_, err = tx.NewInsert().Model(&documentRow{
			ID: d.ID, SessionID: next.ID, Seq: count, InForce: d.Type != session.Evidence, Type: d.Type, MediaType: d.MediaType,
			Size: d.Size, SHA256: d.SHA256, CreatedAt: utc(d.CreatedAt), Sealed: ref,
		}).Exec(ctx)
		if err != nil {
			return err
		}
		count++
	}
	for _, d := range next.Replaced {
		if !inForce(old, d.ID) {
			continue
		}
		if _, err := tx.NewUpdate().Model((*documentRow)(nil)).Set("in_force = ?", false).Where("id = ?", d.ID).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func keepAnalyses(ctx context.Context, tx bun.Tx, old, next session.Session) error {
	for i, a := range next.Analyses {
		before, known := old.Analysis(a.ID)
		row := analysisRow{
			ID: a.ID, SessionID: next.ID, Seq: i, Status: string(a.Status), AnalysisTypes: a.Types,
			RequestedBy: string(a.By), DocumentIDs: a.DocumentIDs, RequestedAt: utc(a.RequestedAt),
			StartedAt: utc(a.StartedAt), FinishedAt: utc(a.FinishedAt), Decision: a.Decision,
		}
		var err error
		switch {
		case !known:
			_, err = tx.NewInsert().Model(&row).Exec(ctx)
		case before.FinishedAt.IsZero(): // a finished one never changes
			_, err = tx.NewUpdate().Model(&row).WherePK().Exec(ctx)
		}
		if err != nil {
			return err
		}
		if a.Result == nil || !before.FinishedAt.IsZero() {
			continue
		}
		plain, err := json.Marshal(a.Result)
		if err != nil {
			return fmt.Errorf("result of analysis %s: %w", a.ID, err)
		}
		sealed, err := next.Key.Seal(plain, place("results.sealed", a.ID))
		if err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(&resultRow{AnalysisID: a.ID, Sealed: sealed, CreatedAt: utc(a.FinishedAt)}).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) keepEvents(ctx context.Context, tx bun.Tx, sess session.Session) error {
	for _, e := range sess.Events() {
		_, err := tx.NewInsert().Model(&eventRow{
			SessionID: sess.ID, Kind: e.Kind, Actor: string(e.Actor), Who: merchant.Who(ctx), Subject: e.Subject, At: utc(e.At),
		}).Exec(ctx)
		if err != nil {
			return err
		}
		for _, hook := range s.hooks {
			if err := hook(ctx, tx, sess, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// Result implements session.Store.
func (s *Store) Result(ctx context.Context, sess session.Session, analysisID string) (*report.Result, error) {
	return result(ctx, s.db, sess, analysisID)
}

// ResultTx is Result as a transaction sees it.
func (s *Store) ResultTx(ctx context.Context, tx bun.Tx, sess session.Session, analysisID string) (*report.Result, error) {
	return result(ctx, tx, sess, analysisID)
}

func result(ctx context.Context, db bun.IDB, sess session.Session, analysisID string) (*report.Result, error) {
	var row resultRow
	err := db.NewSelect().Model(&row).Where("analysis_id = ?", analysisID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, session.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("store: result: %w", err)
	}
	plain, err := sess.Key.Open(row.Sealed, place("results.sealed", row.AnalysisID))
	if err != nil {
		return nil, fmt.Errorf("store: result of analysis %s: %w", row.AnalysisID, err)
	}
	r := new(report.Result)
	if json.Unmarshal(plain, r) != nil {
		return nil, fmt.Errorf("store: result of analysis %s is damaged", row.AnalysisID)
	}
	return r, nil
}

// Overdue implements session.Store.
func (s *Store) Overdue(ctx context.Context, now time.Time) ([]string, error) {
	var ids []string
	err := s.db.NewSelect().Model((*sessionRow)(nil)).Column("id").
		Where("status IN (?)", bun.List([]report.Status{report.Created, report.ReadyToStart})).
		Where("expires_at <= ?", utc(now)).Order("expires_at").Limit(100).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("store: overdue sessions: %w", err)
	}
	return ids, nil
}

// HasDocument implements session.Store.
func (s *Store) HasDocument(ctx context.Context, id string) (bool, error) {
	ok, err := s.db.NewSelect().Model((*documentRow)(nil)).Where("id = ?", id).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("store: document: %w", err)
	}
	return ok, nil
}

// Events returns the audit trail of a session, oldest first.
func (s *Store) Events(ctx context.Context, sessionID string) ([]session.Event, error) {
	var rows []eventRow
	if err := s.db.NewSelect().Model(&rows).Where("session_id = ?", sessionID).Order("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("store: events: %w", err)
	}
	events := make([]session.Event, len(rows))
	for i, r := range rows {
		events[i] = session.Event{Kind: r.Kind, Actor: session.Actor(r.Actor), Who: r.Who, At: r.At.UTC(), Subject: r.Subject, Finished: r.Kind == session.Ended}
	}
	return events, nil
}

// Idempotent implements session.Store.
func (s *Store) Idempotent(ctx context.Context, _, keyHash string) (session.Idempotent, error) {
	var row idempotencyRow
	err := s.db.NewSelect().Model(&row).Where("key_hash = ?", keyHash).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return session.Idempotent{}, session.ErrNotFound
	}
	if err != nil {
		return session.Idempotent{}, fmt.Errorf("store: idempotency: %w", err)
	}
	sess, err := s.Session(ctx, row.SessionID)
	if err != nil {
		return session.Idempotent{}, err
	}
	answer, err := sess.Key.Open(row.AnswerSealed, place("idempotency.answer", row.KeyHash))
	if err != nil {
		return session.Idempotent{}, fmt.Errorf("store: idempotency: %w", err)
	}
	return session.Idempotent{
		KeyHash: row.KeyHash, RequestHash: row.RequestHash, SessionID: row.SessionID, Answer: answer, CreatedAt: row.CreatedAt.UTC(),
	}, nil
}

// InsertToken implements session.Tokens.
func (s *Store) InsertToken(ctx context.Context, t session.Token) error {
	if err := insertToken(ctx, s.db, t); err != nil {
		return fmt.Errorf("store: token: %w", err)
	}
	return nil
}

func insertToken(ctx context.Context, db bun.IDB, t session.Token) error {
	_, err := db.NewInsert().Model(&tokenRow{Hash: t.Hash, SessionID: t.SessionID, Kind: string(t.Kind), ExpiresAt: utc(t.ExpiresAt)}).Exec(ctx)
	return err
}

// Token implements session.Tokens.
func (s *Store) Token(ctx context.Context, hash string) (session.Token, error) {
	var row tokenRow
	err := s.db.NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return session.Token{}, session.ErrNotFound
	}
	if err != nil {
		return session.Token{}, fmt.Errorf("store: token: %w", err)
	}
	return session.Token{Hash: row.Hash, SessionID: row.SessionID, Kind: session.TokenKind(row.Kind), ExpiresAt: row.ExpiresAt.UTC()}, nil
}

// Forget removes idempotency keys after a day, and tokens a month after they
// expired; until then they lead to a page that says so.
func (s *Store) Forget(ctx context.Context, now time.Time) error {
	_, err := s.db.NewDelete().Model((*tokenRow)(nil)).Where("expires_at <= ?", utc(now.AddDate(0, -1, 0))).Exec(ctx)
	_, err2 := s.db.NewDelete().Model((*idempotencyRow)(nil)).Where("created_at <= ?", utc(now.Add(-24*time.Hour))).Exec(ctx)
	_, err3 := s.db.NewDelete().Model((*visitRow)(nil)).Where("ends_at <= ?", utc(now)).Exec(ctx)
	if err := errors.Join(err, err2, err3); err != nil {
		return fmt.Errorf("store: forget: %w", err)
	}
	return nil
}

func (s *Store) toRow(sess session.Session, wrapped []byte) (sessionRow, error) {
	plain, err := json.Marshal(sess.Private)
	if err != nil {
		return sessionRow{}, errors.New("store: the session's private part does not marshal")
	}
	sealed, err := sess.Key.Seal(plain, place("sessions.sealed", sess.ID))
	if err != nil {
		return sessionRow{}, err
	}
	return sessionRow{
		ID: sess.ID, MerchantID: sess.MerchantID, Version: sess.Version, Status: string(sess.Status), Locale: sess.Locale,
		AnalysisTypes: sess.AnalysisTypes, DocumentType: sess.DocumentType, Attempts: sess.Attempts,
		CreatedAt: utc(sess.CreatedAt), UpdatedAt: utc(sess.UpdatedAt), ExpiresAt: utc(sess.ExpiresAt), FinishedAt: utc(sess.FinishedAt),
		Test: sess.Test, Revision: sess.Revision, RelayIndex: s.relayIndex(sess.MerchantID, sess.Private.RelayState), ErasedAt: utc(sess.ErasedAt),
		DataKey: wrapped, Sealed: sealed,
	}, nil
}

func (s *Store) fromRow(r sessionRow) (session.Session, error) {
	key, err := s.master.Unwrap(r.DataKey, r.ID)
	if err != nil {
		return session.Session{}, fmt.Errorf("store: key of session %s: %w", r.ID, err)
	}
	plain, err := key.Open(r.Sealed, place("sessions.sealed", r.ID))
	if err != nil {
		return session.Session{}, fmt.Errorf("store: session %s: %w", r.ID, err)
	}
	sess := session.Session{
		ID: r.ID, MerchantID: r.MerchantID, Version: r.Version, Status: report.Status(r.Status), Locale: r.Locale,
		AnalysisTypes: r.AnalysisTypes, DocumentType: r.DocumentType, Attempts: r.Attempts,
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(), FinishedAt: utc(r.FinishedAt),
		Test: r.Test, Revision: r.Revision, ErasedAt: utc(r.ErasedAt), Key: key,
	}
	dec := json.NewDecoder(bytes.NewReader(plain))
	dec.UseNumber() // metadata is echoed as it came
	if dec.Decode(&sess.Private) != nil {
		return session.Session{}, fmt.Errorf("store: session %s is damaged", r.ID)
	}
	return sess, nil
}
