package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"idproof/internal/history"
	"idproof/internal/session"
)

var _ history.Store = (*Store)(nil)

type traceRow struct {
	bun.BaseModel `bun:"table:traces,alias:t"`

	ID         string    `bun:"id,pk"`
	SessionID  string    `bun:"session_id"`
	AnalysisID string    `bun:"analysis_id"`
	CreatedAt  time.Time `bun:"created_at"`
	Sealed     []byte    `bun:"sealed"`
}

type traceTokenRow struct {
	bun.BaseModel `bun:"table:trace_tokens,alias:w"`

	TraceID   string    `bun:"trace_id,pk"`
	Token     string    `bun:"token,pk"`
	CreatedAt time.Time `bun:"created_at"`
}

// traceToken is a keyed hash of a word, for one merchant and mode: who has the
// database alone can neither read nor guess the word, nor compare merchants.
func (s *Store) traceToken(sess session.Session, word string) string {
	h := hmac.New(sha256.New, s.indexKey)
	h.Write([]byte("trace\x00" + sess.MerchantID + "\x00" + strconv.FormatBool(sess.Test) + "\x00" + word))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// KeepTraces implements history.Store.
func (s *Store) KeepTraces(ctx context.Context, sessionID, analysisID string, traces []history.Trace) error {
	err := s.tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.lock(ctx, tx, "sessions", sessionID); err != nil { // not while it is erased
			return err
		}
		sess, _, err := s.load(ctx, tx, sessionID)
		if err != nil || !sess.ErasedAt.IsZero() {
			return err
		}
		if _, err := tx.NewDelete().Model((*traceRow)(nil)).Where("session_id = ?", sessionID).Where("analysis_id = ?", analysisID).Exec(ctx); err != nil {
			return err
		}
		for _, t := range traces {
			if err := s.keepTrace(ctx, tx, sess, analysisID, t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: traces: %w", err)
	}
	return nil
}

func (s *Store) keepTrace(ctx context.Context, tx bun.Tx, sess session.Session, analysisID string, t history.Trace) error {
	row := traceRow{ID: uuid.NewString(), SessionID: sess.ID, AnalysisID: analysisID, CreatedAt: utc(t.At)}
	plain, err := json.Marshal(t.Seen)
	if err != nil {
		return err
	}
	if row.Sealed, err = sess.Key.Seal(plain, place("traces.sealed", row.ID)); err != nil {
		return err
	}
	if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
		return err
	}
	var tokens []traceTokenRow
	for _, token := range s.traceTokens(sess, t.Words) {
		tokens = append(tokens, traceTokenRow{TraceID: row.ID, Token: token, CreatedAt: row.CreatedAt})
	}
	if len(tokens) == 0 {
		return nil
	}
	_, err = tx.NewInsert().Model(&tokens).Exec(ctx)
	return err
}

// traceTokens are those of the words, each once, in an order that tells nothing.
func (s *Store) traceTokens(sess session.Session, words []string) []string {
	var all []string
	for _, w := range words {
		all = append(all, s.traceToken(sess, w))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Traces implements history.Store.
func (s *Store) Traces(ctx context.Context, sessionID string, words []string, since time.Time, most int) ([]history.Trace, error) {
	sess, _, err := s.load(ctx, s.db, sessionID)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		traceRow
		DataKey []byte `bun:"data_key"`
	}
	found := s.db.NewSelect().Model((*traceTokenRow)(nil)).Column("trace_id").Where("token IN (?)", bun.List(s.traceTokens(sess, words)))
	if !since.IsZero() {
		found = found.Where("created_at >= ?", utc(since))
	}
	err = s.db.NewSelect().Model((*traceRow)(nil)).Column("t.id", "t.session_id", "t.created_at", "t.sealed").ColumnExpr("s.data_key").
		Join("JOIN sessions AS s ON s.id = t.session_id").
		Where("t.id IN (?)", found).Where("t.session_id <> ?", sessionID).Order("t.created_at DESC", "t.id").Limit(int64(most)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("store: traces: %w", err)
	}
	var all []history.Trace
	for _, r := range rows {
		key, err := s.master.Unwrap(r.DataKey, r.SessionID)
		if err != nil {
			return nil, fmt.Errorf("store: key of session %s: %w", r.SessionID, err)
		}
		plain, err := key.Open(r.Sealed, place("traces.sealed", r.ID))
		if err != nil {
			return nil, fmt.Errorf("store: trace %s: %w", r.ID, err)
		}
		t := history.Trace{SessionID: r.SessionID, At: r.CreatedAt.UTC()}
		if json.Unmarshal(plain, &t.Seen) != nil {
			return nil, fmt.Errorf("store: trace %s is damaged", r.ID)
		}
		all = append(all, t)
	}
	return all, nil
}
