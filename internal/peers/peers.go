// Package peers joins the processes that share one PostgreSQL database. It
// tells them of each other's changes, so that a page served here shows at once
// what a worker did there, and it knows which of them are alive, so that the
// jobs of one that died are taken up; and it counts requests together with
// them, so that a limit is one limit ([Peers.Counter]).
//
// What it tells may get lost with a connection; who listens looks at the
// database now and then as well. A process is alive as long as it holds its
// advisory lock, which the database takes from it the moment its connection
// ends: no clocks are compared. A service on SQLite is one process and needs
// none of this.
package peers

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"idproof/internal/session"
	"idproof/internal/store"
)

const (
	channel = "idproof"
	class   = 0x1d9_00f              // of our advisory locks, the first of their two keys
	knows   = class + 1              // of those that say which master keys a process knows
	gather  = 25 * time.Millisecond  // news of that time is told together
	most    = 4096                   // news that is kept while the database is away
	pause   = 500 * time.Millisecond // before connecting again
)

// Notice is what another process tells.
type Notice struct {
	SessionID string            `json:"session"`
	Progress  *session.Progress `json:"progress,omitempty"` // of the session's analysis
	Ended     bool              `json:"ended,omitempty"`    // there is no progress any more

	From string `json:"from"`
}

// Peers is this process's place among the others.
type Peers struct {
	url    string
	number int32
	keys   []uint32
	log    *slog.Logger
	pool   *pgxpool.Pool // to tell
	hear   func(Notice)

	mu   sync.Mutex
	news map[string]Notice // by session
	wake chan struct{}

	counts counts
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// Join makes the process one of the others on the database of that URL. It lets
// them know which master keys it has, by their ids. hear is called for every
// notice of another process, one at a time.
func Join(ctx context.Context, url string, keys []uint32, log *slog.Logger, hear func(Notice)) (*Peers, error) {
	pool, err := store.Postgres(ctx, url, 2, pgx.QueryExecModeCacheStatement)
	if err != nil {
		return nil, err
	}
	p := &Peers{url: url, keys: keys, log: log, pool: pool, hear: hear, news: map[string]Notice{}, wake: make(chan struct{}, 1)}
	p.number = 1 + rand.Int32N(1<<31-1)
	conn, err := p.listen(ctx)
	if err != nil {
		pool.Close()
		return nil, err
	}
	ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	p.done.Go(func() { p.hearing(ctx, conn) })
	p.done.Go(func() { p.telling(ctx) })
	p.done.Go(func() { p.counting(ctx) })
	return p, nil
}

// ID is the name of this process among the others.
func (p *Peers) ID() string { return name(p.number) }

func name(number int32) string { return fmt.Sprintf("idproof-%d", number) }

// Close leaves.
func (p *Peers) Close() {
	p.cancel()
	p.done.Wait()
	p.pool.Close()
}

// listen opens the connection that holds the lock and hears the others.
func (p *Peers) listen(ctx context.Context) (*pgx.Conn, error) {
	c, err := pgxpool.ParseConfig(p.url)
	if err != nil {
		return nil, fmt.Errorf("peers: %w", err)
	}
	params := c.ConnConfig.RuntimeParams
	params["application_name"] = p.ID()
	// The database must notice soon when this machine is gone without a word.
	params["tcp_keepalives_idle"], params["tcp_keepalives_interval"], params["tcp_keepalives_count"] = "10", "5", "3"
	conn, err := pgx.ConnectConfig(ctx, c.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("peers: %w", err)
	}
	// Shared: a connection that the database has not given up yet does not keep us out.
	const lock = "SELECT pg_advisory_lock_shared($1, $2)"
	for _, key := range p.keys { // before the process counts as there
		if err == nil {
			_, err = conn.Exec(ctx, lock, int32(knows), int32(key))
		}
	}
	if err == nil {
		_, err = conn.Exec(ctx, lock, int32(class), p.number)
	}
	if err == nil {
		_, err = conn.Exec(ctx, "LISTEN "+channel)
	}
	if err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("peers: %w", err)
	}
	return conn, nil
}

// hearing hands notices on, and connects again when the connection is lost.
func (p *Peers) hearing(ctx context.Context, conn *pgx.Conn) {
	for {
		n, err := conn.WaitForNotification(ctx)
		if err == nil {
			var notice Notice
			if json.Unmarshal([]byte(n.Payload), &notice) == nil && notice.From != p.ID() {
				p.hear(notice)
			}
			continue
		}
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		_ = conn.Close(closing)
		cancel()
		if ctx.Err() != nil {
			return
		}
		p.log.WarnContext(ctx, "the connection to the database was lost", "error", err)
		for conn = nil; conn == nil; {
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
			if conn, err = p.listen(ctx); err != nil && ctx.Err() == nil {
				p.log.WarnContext(ctx, "no connection to the database", "error", err)
			}
		}
	}
}

// Changed tells the others that a session has changed.
func (p *Peers) Changed(id string) {
	p.tell(id, func(n *Notice) {})
}

// SetProgress tells the others how far the analysis of a session is; nil: it
// has ended.
func (p *Peers) SetProgress(id string, progress *session.Progress) {
	p.tell(id, func(n *Notice) { n.Progress, n.Ended = progress, progress == nil })
}

func (p *Peers) tell(id string, fill func(*Notice)) {
	p.mu.Lock()
	n, known := p.news[id]
	if !known && len(p.news) >= most {
		p.mu.Unlock()
		return
	}
	n.SessionID, n.From = id, p.ID()
	fill(&n)
	p.news[id] = n
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// telling sends what has gathered.
func (p *Peers) telling(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(gather):
		}
		p.mu.Lock()
		news := p.news
		p.news = map[string]Notice{}
		p.mu.Unlock()
		payloads := make([]string, 0, len(news))
		for _, n := range news {
			if data, err := json.Marshal(n); err == nil {
				payloads = append(payloads, string(data))
			}
		}
		sending, cancel := context.WithTimeout(ctx, 5*time.Second)
		_, err := p.pool.Exec(sending, "SELECT pg_notify($1, n) FROM unnest($2::text[]) AS n", channel, payloads)
		cancel()
		if err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "other processes were not told of changes", "sessions", len(news), "error", err)
		}
	}
}

// Alive returns the ids of all processes that are there now, this one included.
func (p *Peers) Alive(ctx context.Context) ([]string, error) { return Alive(ctx, p.pool) }

// Alive returns the ids of the processes that are there now.
func Alive(ctx context.Context, pool *pgxpool.Pool) ([]string, error) {
	rows, err := pool.Query(ctx, `SELECT DISTINCT objid::bigint FROM pg_locks
		WHERE locktype = 'advisory' AND granted AND classid = $1 AND objsubid = 2
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, uint32(class))
	if err != nil {
		return nil, fmt.Errorf("peers: %w", err)
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("peers: %w", err)
	}
	ids := make([]string, len(numbers))
	for i, n := range numbers {
		ids[i] = name(int32(n))
	}
	return ids, nil
}

// Without counts the processes that are there now and do not know the master key
// of that id.
func Without(ctx context.Context, url string, key uint32) (n int, err error) {
	pool, err := store.Postgres(ctx, url, 2, pgx.QueryExecModeCacheStatement)
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	err = pool.QueryRow(ctx, `WITH ours AS (
			SELECT pid, classid, objid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		)
		SELECT count(DISTINCT pid) FROM ours WHERE classid = $1
		AND pid NOT IN (SELECT pid FROM ours WHERE classid = $2 AND objid = $3)`, uint32(class), uint32(knows), key).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("peers: %w", err)
	}
	return n, nil
}
