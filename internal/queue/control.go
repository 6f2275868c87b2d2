package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// begin notes that a handler is about to work and returns the context it gets.
func (w *worker) begin(hard context.Context, c *store.Claim, k order.Key) (context.Context, time.Time) {
	ctx, cancel := context.WithCancel(hard)
	now := w.pool.opts.Clock()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.claim, w.key, w.since, w.cancel = c, k, now, cancel
	return ctx, now
}

func (w *worker) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cancel()
	w.claim, w.cancel, w.since = nil, nil, time.Time{}
	w.hand.left--
}

// Pause stops all hand-out until Resume; see [store.Verbs].
func (p *Pool) Pause(ctx context.Context, idem *store.Idempotency) error {
	return p.store.Pause(ctx, idem)
}

// Resume undoes Pause and Close.
func (p *Pool) Resume(ctx context.Context, idem *store.Idempotency) error {
	return p.store.Resume(ctx, idem)
}

// Close pauses and waits until no worker has anything in hand.
func (p *Pool) Close(ctx context.Context) error {
	if err := p.store.Pause(ctx, nil); err != nil {
		return err
	}
	for {
		changed := p.store.Changed()
		if p.inHand.Load() == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("close: %d workers still have orders in hand: %w", p.inHand.Load(), ctx.Err())
		}
	}
}

// RecoverStuck stops up to limit handlers that have been silent for too long and gives
// their orders back with no attempt consumed. It returns how many. A handler that does
// not heed its context keeps its worker until it returns; its outcome is not counted.
func (p *Pool) RecoverStuck(ctx context.Context, limit int) (int, error) {
	recovered := 0
	for _, w := range p.workers {
		if recovered == limit {
			break
		}
		claim := w.stuck(p.opts.Clock().Add(-p.opts.Silent))
		if claim == nil {
			continue
		}
		if err := p.store.Release(ctx, claim); err != nil {
			return recovered, fmt.Errorf("recover stuck orders: %w", err)
		}
		w.stop(claim)
		recovered++
	}
	return recovered, nil
}

// stuck returns the worker's claim if its handler was called before that instant.
func (w *worker) stuck(before time.Time) *store.Claim {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.since.IsZero() || !w.since.Before(before) {
		return nil
	}
	return w.claim
}

// stop cancels the handler if it still works on that claim.
func (w *worker) stop(c *store.Claim) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.claim == c && w.cancel != nil {
		w.cancel()
	}
}
