package peers

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/httprate"
	"github.com/jackc/pgx/v5"
)

const (
	// settle is how far apart in time the processes may count: a limit may be
	// passed by what comes in so long.
	settle = 250 * time.Millisecond
	// keepCounts is how long counts are of use; limits are per minute.
	keepCounts = 5 * time.Minute
)

// Counter returns a counter of requests that all processes share, for the limit
// of that name.
func (p *Peers) Counter(name string) httprate.LimitCounter { return counter{&p.counts, name} }

type counter struct {
	counts *counts
	name   string
}

// Config implements httprate.LimitCounter.
func (c counter) Config(int, time.Duration) {}

// Increment implements httprate.LimitCounter.
func (c counter) Increment(key string, window time.Time) error {
	return c.IncrementBy(key, window, 1)
}

// IncrementBy implements httprate.LimitCounter.
func (c counter) IncrementBy(key string, window time.Time, n int) error {
	c.counts.add(c.slot(key, window), n)
	return nil
}

// Get implements httprate.LimitCounter.
func (c counter) Get(key string, window, before time.Time) (now, then int, err error) {
	return c.counts.add(c.slot(key, window), 0), c.counts.add(c.slot(key, before), 0), nil
}

// slot hashes the key: it may be an address, which is a person's.
func (c counter) slot(key string, window time.Time) slot {
	sum := sha256.Sum256([]byte(c.name + "\x00" + key))
	return slot{hex.EncodeToString(sum[:16]), window.UTC()}
}

// slot is a row of the table of limits.
type slot struct {
	name  string
	begun time.Time
}

// count is what is known of a slot.
type count struct {
	all    int // by everybody, as of the last exchange
	unsent int // here since then
	asked  bool
}

// counts are those that this process has to do with.
type counts struct {
	mu    sync.Mutex
	slots map[slot]*count
}

func (c *counts) add(s slot, n int) (sum int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.slots == nil {
		c.slots = map[slot]*count{}
	}
	k := c.slots[s]
	if k == nil {
		k = &count{}
		c.slots[s] = k
	}
	k.unsent += n
	k.asked = true
	return k.all + k.unsent
}

// take returns what has to be exchanged, in one order everywhere so that no two
// processes wait for each other, and forgets what is old.
func (c *counts) take(now time.Time) (slots []slot, used []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s, k := range c.slots {
		switch {
		case k.asked:
			slots = append(slots, s)
		case now.Sub(s.begun) > keepCounts:
			delete(c.slots, s)
		}
	}
	slices.SortFunc(slots, func(a, b slot) int { return cmp.Or(strings.Compare(a.name, b.name), a.begun.Compare(b.begun)) })
	for _, s := range slots {
		k := c.slots[s]
		used = append(used, k.unsent)
		k.asked = false
	}
	return slots, used
}

// settled keeps what an exchange said.
func (c *counts) settled(s slot, sent, all int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.slots[s]; k != nil {
		k.all, k.unsent = all, k.unsent-sent
	}
}

// counting exchanges counts with the others until ctx ends.
func (p *Peers) counting(ctx context.Context) {
	tick := time.NewTicker(settle)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := p.exchange(ctx, n%240 == 0); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "requests are counted in this process alone", "error", err)
		}
	}
}

func (p *Peers) exchange(ctx context.Context, clean bool) error {
	slots, used := p.counts.take(time.Now())
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if clean {
		if _, err := p.pool.Exec(ctx, "DELETE FROM limits WHERE begun < $1", time.Now().Add(-keepCounts)); err != nil {
			return fmt.Errorf("peers: limits: %w", err)
		}
	}
	if len(slots) == 0 {
		return nil
	}
	names, begun := make([]string, len(slots)), make([]time.Time, len(slots))
	sent := map[slot]int{}
	for i, s := range slots {
		names[i], begun[i], sent[s] = s.name, s.begun, used[i]
	}
	rows, err := p.pool.Query(ctx, `
		WITH mine AS (SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::bigint[]) AS m (name, begun, used)),
		told AS (
			INSERT INTO limits (name, begun, used) SELECT name, begun, used FROM mine WHERE used > 0
			ON CONFLICT (name, begun) DO UPDATE SET used = limits.used + EXCLUDED.used
			RETURNING name, begun, used
		)
		SELECT name, begun, used FROM told
		UNION ALL
		SELECT l.name, l.begun, l.used FROM limits l JOIN mine USING (name, begun) WHERE mine.used = 0`,
		names, begun, used)
	if err != nil {
		return fmt.Errorf("peers: limits: %w", err)
	}
	var s slot
	var all int
	_, err = pgx.ForEachRow(rows, []any{&s.name, &s.begun, &all}, func() error {
		s.begun = s.begun.UTC()
		p.counts.settled(s, sent[s], all)
		return nil
	})
	if err != nil {
		return fmt.Errorf("peers: limits: %w", err)
	}
	return nil
}
