package queue_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/queue"
	"github.com/filavip/filavip/internal/store"
)

// claimants is a store that remembers who claimed.
type claimants struct {
	queue.Store
	mu    sync.Mutex // guards names
	names map[string]bool
}

func (s *claimants) Claim(ctx context.Context, worker string, now time.Time, limit int) ([]*store.Claim, time.Time, error) {
	s.mu.Lock()
	s.names[worker] = true
	s.mu.Unlock()
	return s.Store.Claim(ctx, worker, now, limit)
}

// TestNode: the store knows workers by names that no other process has; who asks the
// process knows them by their own.
func TestNode(t *testing.T) {
	t.Parallel()
	seen := &claimants{names: map[string]bool{}}
	wrap := func(s queue.Store) queue.Store { seen.Store = s; return seen }
	inBubbleOver(t, wrap, queue.Options{Workers: 1, Node: "n7"}, instant(), func(b *bed) {
		b.drained(b.begin(order.Generated, 2, "DDBB"))
		if a := b.pool.Activity(); len(a) != 1 || a[0].Worker != "worker-1" {
			t.Errorf("Activity() = %+v, want worker-1", a)
		}
	})
	if len(seen.names) != 1 || !seen.names["n7/worker-1"] {
		t.Errorf("claimed by %v, want n7/worker-1 alone", seen.names)
	}
}

// TestNoWorkers: a process may leave the work to others.
func TestNoWorkers(t *testing.T) {
	t.Parallel()
	inBubble(t, queue.Options{Workers: -1}, instant(), func(b *bed) {
		run := b.begin(order.Generated, 2, "DDBB")
		pass(time.Minute)
		if c := b.counts(run); c.Processed() != 0 || b.pool.Workers() != 0 || len(b.pool.Activity()) != 0 {
			t.Errorf("%d workers processed %d orders; want none of either", b.pool.Workers(), c.Processed())
		}
	})
}
