package storetest

import (
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func cancelLateTests() []test {
	return []test{
		{"LateCalls", func(b *bed) { b.late(store.CancelOptions{}) }},
		{"LateCallsOnKept", func(b *bed) { b.late(store.CancelOptions{KeepPending: true}) }},
	}
}

// late tries everything that someone may still do who did not hear of the cancel.
func (b *bed) late(opts store.CancelOptions) {
	r, c := b.spread()
	fence := r.fence()
	settlement := b.settlement(c, b.outcomes(c, order.Processed, c.Indexes...)...)
	chunk := r.chunk("VN", both()...)
	r.cancel(opts)
	run, counts := r.refresh(), r.counts()
	_, err := b.s.Insert(b.ctx, fence, chunk)
	b.is("Insert after Cancel", err, order.ErrStale)
	_, err = b.s.Enqueue(b.ctx, fence, order.Normal)
	b.is("Enqueue after Cancel", err, order.ErrStale)
	_, err = b.s.Advance(b.ctx, fence, store.Step{From: order.Generating, To: order.EnqueueVIP, At: b.tick()})
	b.is("Advance after Cancel", err, order.ErrStale)
	_, err = b.s.Advance(b.ctx, r.fence(), store.Step{From: order.Generating, To: order.EnqueueVIP, At: b.tick()})
	b.is("Advance under the new epoch", err, order.ErrStale)
	b.is("Settle after Cancel", b.s.Settle(b.ctx, settlement), order.ErrClaimLost)
	b.is("Extend after Cancel", b.s.Extend(b.ctx, c), order.ErrClaimLost)
	b.ok("Release after Cancel", b.s.Release(b.ctx, c))
	n, err := b.s.Clean(b.ctx, store.CleanOptions{State: store.Waiting, At: b.tick()}, nil)
	b.ok("Clean", err)
	if n != 0 {
		b.Errorf("Clean of what no lane holds = %d, want 0", n)
	}
	for _, reopen := range []func(){func() {}, b.reopen} {
		reopen()
		b.nothing("after late calls")
		b.sameRun("Run after late calls", r.refresh(), run)
		if got := r.counts(); got != counts {
			b.Errorf("Counts after late calls = %+v, want %+v", got, counts)
		}
	}
}
