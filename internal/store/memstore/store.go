package memstore

import (
	"context"
	"sync"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

var _ store.Store = (*Store)(nil)

// Store is a [store.Store] in memory. Its zero value is not usable; see [New].
type Store struct {
	mu      sync.Mutex
	closed  bool
	durable *durable            // what a restart finds again
	claims  map[*claim]struct{} // what a restart returns to the lanes
	changed chan struct{}       // closed and replaced after every change
}

// durable is what survives the process.
type durable struct {
	runs       []*run // by ID, which is by start
	refs       map[string]order.Key
	delayed    [order.PriorityCount][]*block // by due time
	sequence   uint64                        // of the last delayed block
	paused     bool
	generation uint64
	lastMillis int64 // of the newest run there ever was
	records    records
}

// New returns an empty store of generation 1.
func New() *Store {
	return open(&durable{refs: map[string]order.Key{}, generation: 1})
}

func open(d *durable) *Store {
	return &Store{durable: d, claims: map[*claim]struct{}{}, changed: make(chan struct{})}
}

// Close ends the store: every later call returns an error. Closing twice is harmless.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.close()
	return nil
}

// close returns the claims to their lanes. mu held.
func (s *Store) close() {
	if s.closed {
		return
	}
	for c := range s.claims {
		s.giveBack(c)
	}
	s.closed = true
	close(s.changed)
}

// Reopen ends s, as Close would, and returns a store over the same data in which nothing
// is claimed.
func (s *Store) Reopen() *Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.close()
	return open(s.durable)
}

// enter locks the store for one call, which unlocks it with mu.Unlock if it only
// reads and with leave if it may have changed something.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return order.ErrClosed
	}
	return nil
}

func (s *Store) leave() {
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
}
