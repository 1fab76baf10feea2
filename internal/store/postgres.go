package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"idproof/internal/seal"
)

// IsPostgres reports whether the address of a database is a URL of PostgreSQL;
// otherwise it is the path of an SQLite file.
func IsPostgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// connections is how many the application opens to PostgreSQL at most, unless
// the URL says otherwise (pool_max_conns).
const connections = 16

// openPostgres opens the database of that URL, which exists, and brings its
// tables up to date.
func openPostgres(ctx context.Context, url string, master *seal.Master) (*Store, error) {
	// bun writes arguments into the text of a statement, so no two are alike:
	// preparing them would cost a round trip and gain nothing.
	pool, err := Postgres(ctx, url, 0, pgx.QueryExecModeExec)
	if err != nil {
		return nil, err
	}
	db := bun.NewDB(stdlib.OpenDBFromPool(pool), pgdialect.New())
	var s *Store
	err = Exclusively(ctx, pool, func() (err error) {
		s, err = open(ctx, db, goose.DialectPostgres, "postgres", master)
		return err
	})
	if err != nil {
		err = errors.Join(err, db.Close())
		pool.Close()
		return nil, err
	}
	s.pool = pool
	return s, nil
}

// Postgres opens a pool of at most that many connections to the database of
// that URL; 0: as many as the URL says, or [connections].
func Postgres(ctx context.Context, url string, most int32, mode pgx.QueryExecMode) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("store: the database's URL: %w", err) // pgx leaves the password out
	}
	switch {
	case most > 0:
		c.MaxConns = most
	case !strings.Contains(url, "pool_max_conns="):
		c.MaxConns = connections
	default:
		c.MaxConns = max(c.MaxConns, 2) // one waits in Exclusively while another migrates
	}
	c.ConnConfig.DefaultQueryExecMode = mode
	p := c.ConnConfig.RuntimeParams
	// bun's quoting relies on the first.
	p["standard_conforming_strings"], p["timezone"] = "on", "UTC"
	if p["application_name"] == "" {
		p["application_name"] = "idproof"
	}
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("store: %w", err)
	}
	return pool, nil
}

// Exclusively runs fn while no other process does the same on the database:
// several that start at once must not migrate at once.
func Exclusively(ctx context.Context, pool *pgxpool.Pool, fn func() error) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer conn.Release()
	const key = 0x1d9_00f // of the advisory lock; any number that nobody else uses
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", key); err != nil {
		return fmt.Errorf("store: wait for another process: %w", err)
	}
	err = fn()
	_, e := conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", key)
	return errors.Join(err, e)
}

// txKey is where a transaction's context has its [pgx.Conn].
type txKey struct{}

// txPostgres runs fn in a transaction whose context lets [InPostgres] reach the
// connection below.
func (s *Store) txPostgres(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return conn.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		return fn(context.WithValue(ctx, txKey{}, conn), tx)
	})
}

var errNoTx = errors.New("store: not in a transaction on PostgreSQL")

// InPostgres hands fn the transaction that ctx belongs to, as pgx has it. ctx is
// what a [Hook] was given. fn may run statements, no more: the transaction
// begins and ends elsewhere.
func InPostgres(ctx context.Context, fn func(tx pgx.Tx) error) error {
	conn, ok := ctx.Value(txKey{}).(bun.Conn)
	if !ok {
		return errNoTx
	}
	return conn.Raw(func(c any) error {
		pg, ok := c.(*stdlib.Conn)
		if !ok {
			return errNoTx
		}
		return fn(statements{conn: pg.Conn()})
	})
}

// statements is a [pgx.Tx] that only runs statements. They have arguments and
// repeat, so unlike bun's they are prepared.
type statements struct {
	pgx.Tx // nil: whoever begins or ends a transaction here has a bug

	conn *pgx.Conn
}

func (s statements) args(args []any) []any {
	return append([]any{pgx.QueryExecModeCacheStatement}, args...)
}

// Exec implements pgx.Tx.
func (s statements) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return s.conn.Exec(ctx, sql, s.args(args)...)
}

// Query implements pgx.Tx.
func (s statements) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return s.conn.Query(ctx, sql, s.args(args)...)
}

// QueryRow implements pgx.Tx.
func (s statements) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return s.conn.QueryRow(ctx, sql, s.args(args)...)
}

// Conn implements pgx.Tx.
func (s statements) Conn() *pgx.Conn { return s.conn }
