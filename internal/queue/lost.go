package queue

import (
	"context"
	"errors"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// lostEvery is the time between two looks for claims that are lost.
const lostEvery = 5 * time.Millisecond

// stopLost cancels handlers whose claims are lost (the run was cancelled, the store
// reset, the orders removed) as long as ctx lasts: what they do counts for nothing, and
// their workers are wanted elsewhere.
func (p *Pool) stopLost(ctx context.Context) {
	for {
		changed := p.store.Changed()
		for _, w := range p.workers {
			w.stopIfLost()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
		if !pause(ctx, lostEvery) {
			return
		}
	}
}

func (w *worker) stopIfLost() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.claim != nil && errors.Is(w.pool.store.MayStart(w.claim), order.ErrClaimLost) {
		w.cancel()
	}
}

// InHand returns how many of a run's orders are inside handlers that take time.
func (p *Pool) InHand(run order.RunID) int {
	n := 0
	for _, w := range p.workers {
		w.mu.Lock()
		if w.claim != nil && w.claim.Run == run {
			n++
		}
		w.mu.Unlock()
	}
	return n
}
