// Package store keeps the domain in a SQL database: merchants, sessions with
// their documents, analyses and results, the audit trail, and the outbox of
// webhooks.
//
// It implements the small interfaces that the domain packages declare, and
// decides nothing. Whatever may speak of a person is sealed before it reaches
// the database ([seal.Key]), bound to its table, column and row. All SQL goes
// through bun and keeps to what SQLite and PostgreSQL share; the suite in
// package storetest is the contract.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"modernc.org/sqlite"

	"idproof/internal/seal"
	"idproof/internal/session"
)

//go:embed migrations
var migrations embed.FS

// Hook is called for every event of a session, in the transaction that keeps
// the event. What it writes through tx is kept with the event or not at all.
type Hook func(ctx context.Context, tx bun.Tx, s session.Session, e session.Event) error

// Store is the database.
type Store struct {
	db        *bun.DB
	pool      *pgxpool.Pool // below db; nil on SQLite
	turn      chan struct{} // of the one transaction that SQLite lets write
	master    *seal.Master
	indexKey  []byte // of relayIndex
	hooks     []Hook
	committed func(sessionID string)
}

// Open opens the database at that address, a URL of PostgreSQL or the path of an
// SQLite file, and brings its tables up to date. A missing file is made.
func Open(ctx context.Context, address string, master *seal.Master) (*Store, error) {
	if IsPostgres(address) {
		return openPostgres(ctx, address, master)
	}
	return openSQLite(ctx, address, master)
}

func openSQLite(ctx context.Context, path string, master *seal.Master) (*Store, error) {
	db, err := SQLite(path, 8)
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, bun.NewDB(db, sqlitedialect.New()), goose.DialectSQLite3, "sqlite", master)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// SQLite opens a pool of connections to a database file. Every transaction
// takes the write lock at its start, so that none fails half-way because
// another was faster.
func SQLite(path string, connections int) (*sql.DB, error) {
	// SQLite would make the file, and those beside it, readable by all.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	dsn := "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(abs) +
		"?_txlock=immediate&_time_format=sqlite" +
		"&_pragma=busy_timeout(15000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=secure_delete(1)"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

func open(ctx context.Context, db *bun.DB, dialect goose.Dialect, folder string, master *seal.Master) (*Store, error) {
	files, err := fs.Sub(migrations, "migrations/"+folder)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	p, err := goose.NewProvider(dialect, db.DB, files)
	if err != nil {
		return nil, fmt.Errorf("store: migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return nil, fmt.Errorf("store: migrate: %w", err)
	}
	s := &Store{db: db, master: master, committed: func(string) {}, turn: make(chan struct{}, 1)}
	return s, errors.Join(s.checkMaster(ctx), s.loadIndexKey(ctx))
}

// checkMaster makes sure that the master key is the one that the database was
// begun with; a new key beside old data would only be noticed much later.
func (s *Store) checkMaster(ctx context.Context) error {
	type row struct {
		bun.BaseModel `bun:"table:installation,alias:i"`
		Name          string `bun:"name,pk"`
		Value         []byte `bun:"value"`
	}
	r := row{Name: "master"}
	err := s.db.NewSelect().Model(&r).WherePK().Scan(ctx)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if r.Value, err = s.master.Seal([]byte("idproof"), "installation.value:master"); err == nil {
			_, err = s.db.NewInsert().Model(&r).Exec(ctx)
		}
	case err == nil:
		if _, err = s.master.Open(r.Value, "installation.value:master"); errors.Is(err, seal.ErrBroken) {
			return errors.New("store: the master key is not the one that this database was begun with, or lacks the key that it is sealed with now")
		}
		// Who does not know the key that seals now must not begin any more.
		if err == nil && s.master.Outdated(r.Value) {
			if r.Value, err = s.master.Seal([]byte("idproof"), "installation.value:master"); err == nil {
				_, err = s.db.NewUpdate().Model(&r).WherePK().Exec(ctx)
			}
		}
	}
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// OnEvent adds hooks; call it before the store is used.
func (s *Store) OnEvent(hooks ...Hook) { s.hooks = append(s.hooks, hooks...) }

// OnCommit sets what is told of every change of a session, after it is kept;
// call it before the store is used.
func (s *Store) OnCommit(fn func(sessionID string)) { s.committed = fn }

// Close closes the database.
func (s *Store) Close() error {
	err := s.db.Close()
	if s.pool != nil {
		s.pool.Close()
	}
	return err
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.PingContext(ctx) }

// tx runs fn in a transaction.
func (s *Store) tx(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	if s.pool != nil {
		return s.txPostgres(ctx, fn)
	}
	// SQLite would make all others ask again and again, in no order.
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.db.RunInTx(ctx, nil, fn)
}

// lock makes the changes of one row follow one another until the transaction
// ends. On SQLite it holds the only write lock anyway.
func (s *Store) lock(ctx context.Context, tx bun.Tx, table, id string) error {
	if s.pool == nil {
		return nil
	}
	_, err := tx.ExecContext(ctx, "SELECT 1 FROM ? WHERE id = ? FOR UPDATE", bun.Ident(table), id)
	return err
}

// isDuplicate reports whether a row with the same key exists.
func isDuplicate(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505" // unique_violation
	}
	var lite *sqlite.Error
	const primary, unique = 1555, 2067 // SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE
	return errors.As(err, &lite) && (lite.Code() == primary || lite.Code() == unique)
}

// Unreachable reports whether an error says that a database, or pictures that
// are kept elsewhere, could not be reached or had no room at that moment, so
// that the same may succeed later. A deadline of the caller's is not that.
func Unreachable(err error) bool {
	var pg *pgconn.PgError
	var lite *sqlite.Error
	var connect *pgconn.ConnectError
	var network *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &pg):
		// Connection, resources, operator, serialization and deadlock; appendix A of PostgreSQL.
		return slices.Contains([]string{"08", "40", "53", "57"}, pg.Code[:min(2, len(pg.Code))])
	case errors.As(err, &lite):
		const busy, locked, ioerr, full, cantopen = 5, 6, 10, 13, 14 // SQLITE_BUSY …
		return slices.Contains([]int{busy, locked, ioerr, full, cantopen}, lite.Code()&0xff)
	}
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err)
}

// place is what a sealed value is bound to.
func place(column, id string) string { return column + ":" + id }

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}
