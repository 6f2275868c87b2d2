package queue_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/queue"
)

// TestSlowBesideFast: a worker that takes many orders at once of a run whose handler is
// fast leaves those of a slow run to all workers.
func TestSlowBesideFast(t *testing.T) {
	t.Parallel()
	const workers = 4
	var now, most atomic.Int64
	handlers := func(r order.Run) (handler.Handler, error) {
		if r.Spec.Kind == order.Standing {
			return call{do: func(context.Context, *order.Order) error { return nil }, fast: true, batch: 1000}, nil
		}
		return call{do: func(context.Context, *order.Order) error {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second) // in the bubble, where it takes no time
			now.Add(-1)
			return nil
		}}, nil
	}
	inBubble(t, queue.Options{Workers: workers, Handlers: handlers}, nil, func(b *bed) {
		if err := b.s.Pause(b.ctx, nil); err != nil {
			t.Fatal(err)
		}
		b.begin(order.Standing, 1, "N")
		slow := b.begin(order.Generated, 1, "NNNNNNNNNNNNNNNNNNNN")
		if err := b.s.Resume(b.ctx, nil); err != nil {
			t.Fatal(err)
		}
		b.drained(slow)
	})
	if most.Load() != workers {
		t.Errorf("at most %d workers worked on the slow run, want %d", most.Load(), workers)
	}
}
