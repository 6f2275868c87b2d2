package queue

import (
	"context"
	"time"

	"github.com/filavip/filavip/internal/store"
)

// next waits until there is something to claim and claims it: one block, or several for
// a fast handler. It returns nil once ctx is done. Workers
// take turns, so only one of them watches the store.
func (p *Pool) next(ctx context.Context, worker string) []*store.Claim {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil
	}
	for ctx.Err() == nil {
		changed := p.store.Changed()
		now := p.opts.Clock()
		claims, due, err := p.store.Claim(ctx, worker, now, 1)
		if err != nil {
			p.claimTrouble(ctx, err)
			continue
		}
		if len(claims) > 0 {
			return p.more(ctx, worker, claims)
		}
		await(ctx, changed, due, now)
	}
	return nil
}

// fastBatches is how many batches of a fast handler are settled in one commit: fewer
// commits, at the price of memory per worker.
const fastBatches = 4

// more claims further blocks for a handler that is fast. Those of other runs, whose
// handlers are slow, it gives back: they are for all workers, not for this one.
func (p *Pool) more(ctx context.Context, worker string, claims []*store.Claim) []*store.Claim {
	w, err := p.work(ctx, claims[0].Run)
	if err != nil || !w.handler.Fast() {
		return claims
	}
	have := 0
	for _, c := range claims {
		have += len(c.Indexes)
	}
	if room := fastBatches*w.handler.Batch() - have; room > 0 {
		further, _, err := p.store.Claim(ctx, worker, p.opts.Clock(), room)
		if err != nil {
			p.claimTrouble(ctx, err)
		}
		var slow []*store.Claim
		for _, c := range further {
			if p.isSlow(ctx, c) {
				slow = append(slow, c)
			} else {
				claims = append(claims, c)
			}
		}
		p.giveBack(worker, slow...)
	}
	return claims
}

// isSlow says whether the handler of a claim's orders is known to be slow.
func (p *Pool) isSlow(ctx context.Context, c *store.Claim) bool {
	w, err := p.work(ctx, c.Run)
	return err == nil && !w.handler.Fast()
}

func (p *Pool) claimTrouble(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	p.opts.Logger.Error("nothing claimed", "error", err)
	p.metrics.trouble.Inc()
	pause(ctx, 100*time.Millisecond)
}

// await returns when something changed, the due time has come, or ctx is done.
func await(ctx context.Context, changed <-chan struct{}, due, now time.Time) {
	var timer <-chan time.Time
	if !due.IsZero() {
		t := time.NewTimer(max(0, due.Sub(now)))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-changed:
	case <-timer:
	case <-ctx.Done():
	}
}
