package session

import (
	"context"
	"sync"
	"time"
)

// Live tells the readers of this process at once what changed in a session, and
// how far its analysis is. It forgets what nobody listens to. Changes that
// another process makes are found by reading the store ([Service.Subscribe]).
type Live struct {
	mu       sync.Mutex
	readers  map[string]map[chan struct{}]struct{} // by session
	progress map[string]Progress                   // by session
}

// NewLive returns a Live without readers.
func NewLive() *Live {
	return &Live{readers: map[string]map[chan struct{}]struct{}{}, progress: map[string]Progress{}}
}

// Changed wakes everyone who reads that session.
func (l *Live) Changed(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.readers[id] {
		select {
		case c <- struct{}{}:
		default: // already awake
		}
	}
}

// SetProgress keeps how far the analysis is and wakes the readers; nil: it has ended.
func (l *Live) SetProgress(id string, p *Progress) {
	l.mu.Lock()
	if p != nil {
		l.progress[id] = *p
	} else {
		delete(l.progress, id)
	}
	l.mu.Unlock()
	l.Changed(id)
}

// Progress returns how far the analysis of that session is in this process, or nil.
func (l *Live) Progress(id string) *Progress {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p, ok := l.progress[id]; ok {
		return &p
	}
	return nil
}

// listen returns a channel that is sent to after changes, until stop is called.
func (l *Live) listen(id string) (c <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.readers[id] == nil {
		l.readers[id] = map[chan struct{}]struct{}{}
	}
	l.readers[id][ch] = struct{}{}
	return ch, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.readers[id], ch)
		if len(l.readers[id]) == 0 {
			delete(l.readers, id)
		}
	}
}

// poll is how often a reader looks for changes that another process made.
const poll = 2 * time.Second

// Subscribe sends the state at once and after each change, until the context
// ends or the session closes; then the channel is closed. A slow reader gets
// the newest state only.
func (s *Service) Subscribe(ctx context.Context, id string) (<-chan State, error) {
	changed, stop := s.live.listen(id)
	st, err := s.State(ctx, id)
	if err != nil {
		stop()
		return nil, err
	}
	out := make(chan State, 1)
	out <- st
	go func() {
		defer close(out)
		defer stop()
		tick := time.NewTicker(poll)
		defer tick.Stop()
		for last := st; !last.Closed; {
			select {
			case <-ctx.Done():
				return
			case <-s.done:
				return
			case <-changed:
			case <-tick.C:
			}
			st, err := s.State(ctx, id)
			if err != nil {
				return
			}
			if st.Version == last.Version && sameProgress(st.Progress, last.Progress) {
				continue
			}
			last = st
			select { // drop what was not read yet
			case <-out:
			default:
			}
			out <- st
		}
	}()
	return out, nil
}

func sameProgress(a, b *Progress) bool {
	return a == b || (a != nil && b != nil && *a == *b)
}
