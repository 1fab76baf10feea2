// Package queue runs durable jobs: river, on the service's own database.
//
// A job is put in by the same transaction that keeps the row it is about, so
// neither exists without the other. Every job may run more than once (after a
// crash it does); workers make the second run change nothing. The package does
// not know what jobs do.
package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/uptrace/bun"

	"idproof/internal/store"
)

// Queues keep kinds of work from holding each other up.
const (
	Analyses = "analyses"
	Webhooks = "webhooks"
)

// Config of the queue.
type Config struct {
	Analyses int           `name:"parallel-analyses" env:"IDPROOF_ANALYSES" default:"2" help:"Analyses that run at the same time."`
	Webhooks int           `name:"parallel-webhooks" env:"IDPROOF_WEBHOOKS" default:"8" help:"Webhooks that are delivered at the same time."`
	Timeout  time.Duration `name:"analysis-timeout" env:"IDPROOF_ANALYSIS_TIMEOUT" default:"5m" help:"Longest time of one analysis."`
}

// Validate says what is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	if c.Analyses < 1 || c.Analyses > 1000 {
		errs = append(errs, errors.New("analyses: from 1 to 1000"))
	}
	if c.Webhooks < 1 || c.Webhooks > 1000 {
		errs = append(errs, errors.New("webhooks: from 1 to 1000"))
	}
	if c.Timeout < time.Second || c.Timeout > time.Hour {
		errs = append(errs, errors.New("analysis timeout: from 1s to 1h"))
	}
	return errors.Join(errs...)
}

// Queue is the jobs of one process.
type Queue struct {
	client *river.Client[*sql.Tx]
	db     *sql.DB
}

// OpenSQLite opens the jobs kept in the database file. The process must be the
// only one that works on the file: jobs that a dead process left running are
// taken up again at once.
func OpenSQLite(ctx context.Context, c Config, path string, workers *river.Workers, log *slog.Logger) (*Queue, error) {
	// River does many things at a time; over SQLite they must share one
	// connection, apart from the application's.
	db, err := store.SQLite(path, 1)
	if err != nil {
		return nil, err
	}
	q, err := open(ctx, c, db, workers, log)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return q, nil
}

func open(ctx context.Context, c Config, db *sql.DB, workers *river.Workers, log *slog.Logger) (*Queue, error) {
	driver := riversqlite.New(db)
	if err := migrate(ctx, driver, log); err != nil {
		return nil, err
	}
	// Nobody else works here, so what is marked as running died with its
	// process, and so did the leader.
	for _, stmt := range []string{
		"UPDATE river_job SET state = 'available' WHERE state = 'running'",
		"DELETE FROM river_leader",
	} {
		if _, err := db.ExecContext(ctx, stmt); err != nil {
			return nil, fmt.Errorf("queue: take up jobs: %w", err)
		}
	}
	client, err := river.NewClient(driver, &river.Config{
		Queues: map[string]river.QueueConfig{
			Analyses: {MaxWorkers: c.Analyses},
			Webhooks: {MaxWorkers: c.Webhooks},
		},
		Workers:              workers,
		Logger:               quiet(log),
		JobTimeout:           c.Timeout,
		RescueStuckJobsAfter: c.Timeout + time.Minute,
		SoftStopTimeout:      10 * time.Second,
		FetchCooldown:        50 * time.Millisecond,
	})
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	return &Queue{client: client, db: db}, nil
}

// MigrateSQLite brings the queue's tables in the database file up to date.
func MigrateSQLite(ctx context.Context, path string) error {
	db, err := store.SQLite(path, 1)
	if err != nil {
		return err
	}
	return errors.Join(migrate(ctx, riversqlite.New(db), slog.New(slog.DiscardHandler)), db.Close())
}

func migrate(ctx context.Context, driver *riversqlite.Driver, log *slog.Logger) error {
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet(log)})
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("queue: migrate: %w", err)
	}
	return nil
}

// InsertTx puts a job in, with the transaction.
func (q *Queue) InsertTx(ctx context.Context, tx bun.Tx, job river.JobArgs) error {
	if _, err := q.client.InsertTx(ctx, tx.Tx, job, nil); err != nil {
		return fmt.Errorf("queue: insert %s: %w", job.Kind(), err)
	}
	return nil
}

// Start begins to work.
func (q *Queue) Start(ctx context.Context) error {
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("queue: start: %w", err)
	}
	return nil
}

// Close lets running jobs end for a while, cancels those that do not, and
// closes the database. Cancelled jobs run again at the next start.
func (q *Queue) Close(ctx context.Context) error {
	err := q.client.Stop(ctx)
	if err != nil {
		err = fmt.Errorf("queue: stop: %w", err)
	}
	return errors.Join(err, q.db.Close())
}

// Waiting counts the jobs of each queue that wait to run or run.
func (q *Queue) Waiting(ctx context.Context) (map[string]int, error) {
	rows, err := q.db.QueryContext(ctx, "SELECT queue, count(*) FROM river_job WHERE finalized_at IS NULL GROUP BY queue")
	if err != nil {
		return nil, fmt.Errorf("queue: count: %w", err)
	}
	defer func() { _ = rows.Close() }()
	n := map[string]int{}
	for rows.Next() {
		var name string
		var count int
		if err := rows.Scan(&name, &count); err != nil {
			return nil, fmt.Errorf("queue: count: %w", err)
		}
		n[name] = count
	}
	return n, rows.Err()
}

// quiet keeps river's own chatter out of the log.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(atLeast{log.Handler(), slog.LevelWarn}) }

type atLeast struct {
	slog.Handler
	level slog.Level
}

func (h atLeast) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level && h.Handler.Enabled(ctx, l)
}

func (h atLeast) WithAttrs(a []slog.Attr) slog.Handler {
	return atLeast{h.Handler.WithAttrs(a), h.level}
}

func (h atLeast) WithGroup(n string) slog.Handler { return atLeast{h.Handler.WithGroup(n), h.level} }
