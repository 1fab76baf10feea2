// Package queue runs durable jobs: river, on the service's own database.
//
// A job is put in by the same transaction that keeps the row it is about, so
// neither exists without the other. Every job may run more than once (after a
// crash it does); workers make the second run change nothing. The package does
// not know what jobs do.
//
// On SQLite one process does everything. On PostgreSQL any number of processes
// put jobs in and carry them out; those of a process that died go to the others
// within seconds ([Options.Alive]).
package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
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
	Analyses   int           `name:"parallel-analyses" env:"IDPROOF_ANALYSES" default:"2" help:"Analyses that run at the same time in this process."`
	Webhooks   int           `name:"parallel-webhooks" env:"IDPROOF_WEBHOOKS" default:"8" help:"Webhooks that are delivered at the same time by this process."`
	Timeout    time.Duration `name:"analysis-timeout" env:"IDPROOF_ANALYSIS_TIMEOUT" default:"5m" help:"Longest time of one analysis."`
	MaxWaiting int           `name:"max-waiting" env:"IDPROOF_MAX_WAITING" default:"500" help:"Analyses that may wait in all. While there are more, new sessions are refused; from twice as many on, those that have begun cannot be submitted either."`
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
	if c.MaxWaiting < 1 {
		errs = append(errs, errors.New("max waiting: at least 1"))
	}
	return errors.Join(errs...)
}

// Options are what a queue is opened with.
type Options struct {
	Config
	Address string         // of the database, as store.Open takes it
	Workers *river.Workers // nil: this process only puts jobs in
	Log     *slog.Logger

	// On PostgreSQL: what this process is called among those that share the
	// queue, and which of them are alive. Jobs that run in a process that is not
	// are taken up by another.
	ID    string
	Alive func(ctx context.Context) ([]string, error)
}

// Queue is the jobs as one process sees them.
type Queue struct {
	jobs    jobs
	db      *sql.DB
	pool    *pgxpool.Pool // below db; nil on SQLite
	o       Options
	waiting atomic.Int64  // analyses, as of the last look and what was put in here since
	here    sync.Map      // ids of the jobs that run in this process: int64, nil
	missing map[int64]int // of those said to run here, in how many looks in a row they did not
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

// jobs is a river.Client of either database.
type jobs interface {
	insert(ctx context.Context, tx bun.Tx, job river.JobArgs) error
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
}

type client[T any] struct {
	*river.Client[T]

	in func(ctx context.Context, tx bun.Tx, fn func(tx T) error) error
}

func (c client[T]) insert(ctx context.Context, tx bun.Tx, job river.JobArgs) error {
	return c.in(ctx, tx, func(tx T) error {
		_, err := c.InsertTx(ctx, tx, job, nil)
		return err
	})
}

func newClient[T any](driver riverdriver.Driver[T], c *river.Config, in func(context.Context, bun.Tx, func(T) error) error) (jobs, error) {
	r, err := river.NewClient(driver, c)
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	return client[T]{r, in}, nil
}

// Open opens the jobs in the database of that address, which [Migrate] or an
// earlier start has prepared or this one does.
//
// On SQLite the process must be the only one that works on the file: jobs that
// a dead process left running are taken up again at once.
func Open(ctx context.Context, o Options) (*Queue, error) {
	q := &Queue{o: o}
	c := &river.Config{
		ID:                          o.ID,
		Logger:                      quiet(o.Log),
		JobTimeout:                  o.Timeout,
		RescueStuckJobsAfter:        o.Timeout + time.Minute,
		SoftStopTimeout:             10 * time.Second,
		FetchCooldown:               50 * time.Millisecond,
		CompletedJobRetentionPeriod: time.Hour,
	}
	if o.Workers != nil {
		c.Middleware = []rivertype.Middleware{river.WorkerMiddlewareFunc(q.run)}
		c.Workers = o.Workers
		c.Queues = map[string]river.QueueConfig{Analyses: {MaxWorkers: o.Analyses}, Webhooks: {MaxWorkers: o.Webhooks}}
	}
	err := q.open(ctx, c)
	if err == nil {
		err = q.look(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, q.close())
	}
	looking, cancel := context.WithCancel(context.WithoutCancel(ctx))
	q.cancel = cancel
	q.done.Go(func() { q.keepLooking(looking) })
	return q, nil
}

func (q *Queue) open(ctx context.Context, c *river.Config) (err error) {
	if store.IsPostgres(q.o.Address) {
		// Apart from the application's pool, so that neither waits for the other.
		if q.pool, err = store.Postgres(ctx, q.o.Address, 8, pgx.QueryExecModeCacheStatement); err != nil {
			return err
		}
		q.db = stdlib.OpenDBFromPool(q.pool)
		driver := riverpgxv5.New(q.pool)
		if err := store.Exclusively(ctx, q.pool, func() error { return migrate(ctx, driver, q.o.Log) }); err != nil {
			return err
		}
		q.jobs, err = newClient(driver, c, func(ctx context.Context, _ bun.Tx, fn func(pgx.Tx) error) error {
			return store.InPostgres(ctx, fn)
		})
		return err
	}
	// River does many things at a time; over SQLite they must share one
	// connection, apart from the application's.
	if q.db, err = store.SQLite(q.o.Address, 1); err != nil {
		return err
	}
	driver := riversqlite.New(q.db)
	if err := migrate(ctx, driver, q.o.Log); err != nil {
		return err
	}
	// Nobody else works here, so what is marked as running died with its
	// process, and so did the leader.
	for _, stmt := range []string{
		"UPDATE river_job SET state = 'available' WHERE state = 'running'",
		"DELETE FROM river_leader",
	} {
		if _, err := q.db.ExecContext(ctx, stmt); err != nil {
			return fmt.Errorf("queue: take up jobs: %w", err)
		}
	}
	q.jobs, err = newClient(driver, c, func(_ context.Context, tx bun.Tx, fn func(*sql.Tx) error) error { return fn(tx.Tx) })
	return err
}

// Migrate brings the queue's tables in the database of that address up to date.
func Migrate(ctx context.Context, address string) error {
	log := slog.New(slog.DiscardHandler)
	if store.IsPostgres(address) {
		pool, err := store.Postgres(ctx, address, 2, pgx.QueryExecModeCacheStatement)
		if err != nil {
			return err
		}
		defer pool.Close()
		return store.Exclusively(ctx, pool, func() error { return migrate(ctx, riverpgxv5.New(pool), log) })
	}
	db, err := store.SQLite(address, 1)
	if err != nil {
		return err
	}
	return errors.Join(migrate(ctx, riversqlite.New(db), log), db.Close())
}

func migrate[T any](ctx context.Context, driver riverdriver.Driver[T], log *slog.Logger) error {
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet(log)})
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("queue: migrate: %w", err)
	}
	return nil
}

// InsertTx puts a job in, with the transaction; ctx is the transaction's own.
func (q *Queue) InsertTx(ctx context.Context, tx bun.Tx, job river.JobArgs) error {
	if err := q.jobs.insert(ctx, tx, job); err != nil {
		return fmt.Errorf("queue: insert %s: %w", job.Kind(), err)
	}
	if o, ok := job.(river.JobArgsWithInsertOpts); ok && o.InsertOpts().Queue == Analyses {
		q.waiting.Add(1) // should the transaction fail, the next look puts it right
	}
	return nil
}

// Full reports whether more than times the number of analyses wait that may
// ([Config.MaxWaiting]).
func (q *Queue) Full(times int) bool { return q.waiting.Load() >= int64(times*q.o.MaxWaiting) }

// Start begins to work; a queue without workers has nothing to start.
func (q *Queue) Start(ctx context.Context) error {
	if q.o.Workers == nil {
		return nil
	}
	if err := q.jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("queue: start: %w", err)
	}
	return nil
}

// Close lets running jobs end for a while, cancels those that do not, and
// closes the database. Cancelled jobs run again at the next start, or at once
// elsewhere.
func (q *Queue) Close(ctx context.Context) error {
	var err error
	if q.o.Workers != nil {
		if err = q.jobs.Stop(ctx); err != nil {
			err = fmt.Errorf("queue: stop: %w", err)
		}
	}
	q.cancel()
	q.done.Wait()
	return errors.Join(err, q.close())
}

func (q *Queue) close() (err error) {
	if q.db != nil {
		err = q.db.Close()
	}
	if q.pool != nil {
		q.pool.Close()
	}
	return err
}

const (
	// lookEvery is how old the numbers may be that [Queue.Full] goes by.
	lookEvery = time.Second
	// restAfter is how many looks must find no analysis until the process gives
	// back the memory that the last ones took.
	restAfter = 30
)

// keepLooking counts what waits and takes up what dead processes left.
func (q *Queue) keepLooking(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for empty := restAfter; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := q.look(ctx); err != nil && ctx.Err() == nil {
			q.o.Log.WarnContext(ctx, "the queue cannot be looked at", "error", err)
		}
		if q.waiting.Load() > 0 {
			empty = 0
		} else if empty++; empty == restAfter {
			debug.FreeOSMemory()
		}
	}
}

func (q *Queue) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	n, err := q.Waiting(ctx)
	if err != nil {
		return err
	}
	q.waiting.Store(int64(n[Analyses]))
	if q.pool == nil || q.o.Alive == nil {
		return nil
	}
	return q.takeUp(ctx)
}

// run notes that a job runs here.
func (q *Queue) run(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
	q.here.Store(job.ID, nil)
	defer q.here.Delete(job.ID)
	return work(ctx)
}

// lostAfter is in how many looks in a row a job that is said to run here must
// not be found here until it counts as lost: longer than it takes to begin one,
// and to write down that it has ended, while the database is slow.
const lostAfter = 20

// lost returns which of the jobs that are said to run here do not: their
// connection was cut while the database handed them out, or while it was told
// that they have ended. Who died with them would be found out, but we live.
func (q *Queue) lost(ids []int64, owners []string) (lost []int64) {
	missing := map[int64]int{}
	for i, id := range ids {
		if owners[i] != q.o.ID {
			continue
		}
		if _, runs := q.here.Load(id); runs {
			continue
		}
		if missing[id] = q.missing[id] + 1; missing[id] >= lostAfter {
			lost = append(lost, id)
			delete(missing, id)
		}
	}
	q.missing = missing
	return lost
}

// takeUp frees the jobs that run in processes that are not alive, and those that
// this one is said to run and does not. What runs is read before who lives, and
// changed only if it still runs in the same place: a job that a newcomer takes
// meanwhile is left alone.
func (q *Queue) takeUp(ctx context.Context) error {
	const where = "attempted_by[array_upper(attempted_by, 1)]"
	rows, err := q.pool.Query(ctx, "SELECT id, "+where+" FROM river_job WHERE state = 'running'")
	if err != nil {
		return fmt.Errorf("queue: running jobs: %w", err)
	}
	var ids []int64
	var owners []string
	var id int64
	var owner string
	_, err = pgx.ForEachRow(rows, []any{&id, &owner}, func() error {
		ids, owners = append(ids, id), append(owners, owner)
		return nil
	})
	if err != nil {
		return fmt.Errorf("queue: running jobs: %w", err)
	}
	if len(ids) == 0 {
		q.missing = nil
		return nil
	}
	alive, err := q.o.Alive(ctx)
	if err != nil {
		return err
	}
	tag, err := q.pool.Exec(ctx, `UPDATE river_job SET state = 'available'
		FROM unnest($1::bigint[], $2::text[]) AS seen (id, owner)
		WHERE river_job.id = seen.id AND state = 'running' AND `+where+` = seen.owner AND NOT seen.owner = ANY ($3)`, ids, owners, alive)
	if err != nil {
		return fmt.Errorf("queue: take up jobs: %w", err)
	}
	if n := tag.RowsAffected(); n > 0 {
		q.o.Log.WarnContext(ctx, "took up jobs of a process that died", "jobs", n)
	}
	lost := q.lost(ids, owners)
	if len(lost) == 0 {
		return nil
	}
	// They were not begun, or have ended: that was no attempt.
	tag, err = q.pool.Exec(ctx, `UPDATE river_job SET state = 'available', attempt = greatest(attempt - 1, 0)
		WHERE id = ANY ($1) AND state = 'running' AND `+where+` = $2`, lost, q.o.ID)
	if err != nil {
		return fmt.Errorf("queue: take up lost jobs: %w", err)
	}
	if n := tag.RowsAffected(); n > 0 {
		q.o.Log.WarnContext(ctx, "took up jobs that a cut connection lost", "jobs", n)
	}
	return nil
}

// Waiting counts the jobs of each queue that wait to run or run.
func (q *Queue) Waiting(ctx context.Context) (map[string]int, error) {
	rows, err := q.db.QueryContext(ctx, `SELECT queue, count(*) FROM river_job
		WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled') GROUP BY queue`)
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
