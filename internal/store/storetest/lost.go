package storetest

import (
	"errors"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func lostTests() []test {
	return []test{
		{"Released", func(b *bed) { b.loses(b.begin(), func(c *store.Claim) { b.release(c) }) }},
		{"Cancelled", func(b *bed) {
			r := b.begin()
			b.loses(r, func(*store.Claim) { r.cancel(store.CancelOptions{}) })
		}},
		{"CancelledAndKept", func(b *bed) {
			r := b.begin()
			b.loses(r, func(*store.Claim) { r.cancel(store.CancelOptions{KeepPending: true}) })
		}},
		{"Reset", func(b *bed) {
			b.loses(b.begin(), func(*store.Claim) {
				_, err := b.s.Reset(b.ctx, nil)
				b.ok("Reset", err)
			})
		}},
		{"Cleaned", func(b *bed) {
			b.loses(b.begin(), func(*store.Claim) {
				_, err := b.s.Clean(b.ctx, store.CleanOptions{State: store.Active, At: b.tick()}, nil)
				b.ok("Clean", err)
			})
		}},
		{"OfAnotherProcess", func(b *bed) { b.loses(b.begin(), func(*store.Claim) { b.reopen() }) }},
		{"Mixed", testLostMixed},
		{"All", testLostAll},
		{"ClaimedAnew", testLostClaimedAnew},
	}
}

// loses has a claim of the run taken away, and tries to work on under it.
func (b *bed) loses(r *batch, lose func(c *store.Claim)) {
	r.insert("VVV", both()...)
	c := b.claimOne()
	late := b.settlement(c, b.outcomes(c, order.Processed, c.Indexes...)...)
	lose(c)
	counts := r.counts()
	read := b.list(store.OrderQuery{Limit: 1000})
	b.is("MayStart of a lost claim", b.s.MayStart(c), order.ErrClaimLost)
	b.is("Extend of a lost claim", b.s.Extend(b.ctx, c), order.ErrClaimLost)
	b.lost(b.s.Settle(b.ctx, late), 1, 0)
	b.ok("Release of a lost claim", b.s.Release(b.ctx, c))
	if got := r.counts(); got != counts {
		b.Errorf("Counts after a late Settle = %+v, want %+v", got, counts)
	}
	if diff := cmp.Diff(read, b.list(store.OrderQuery{Limit: 1000})); diff != "" {
		b.Errorf("orders after a late Settle differ (-want +got):\n%s", diff)
	}
	b.recount()
}

// lost fails the test unless Settle says of so many settlements that these did not hold.
func (b *bed) lost(err error, of int, at ...int) {
	b.Helper()
	b.is("Settle with lost claims", err, order.ErrClaimLost)
	var lost *store.LostError
	if !errors.As(err, &lost) {
		b.Fatalf("Settle with lost claims = %v, want a LostError", err)
	}
	if diff := cmp.Diff(&store.LostError{At: at, Of: of}, lost); diff != "" {
		b.Fatalf("Settle with lost claims differs (-want +got):\n%s", diff)
	}
}

func testLostMixed(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("VVVVVV", both()...)
	claims := b.claims(3, 6)
	var settlements []store.Settlement
	for _, c := range claims {
		settlements = append(settlements, b.settlement(c, b.outcomes(c, order.Processed, c.Indexes...)...))
	}
	b.release(claims[1])
	b.lost(b.s.Settle(b.ctx, settlements...), 3, 1)
	if c := r.counts()[order.VIP]; c.Processed != 4 || c.Waiting != 2 {
		b.Errorf("Counts = %+v, want the 4 of the held claims processed, 2 waiting", c)
	}
	for _, index := range claims[1].Indexes {
		if got := r.order(index).Status; got != order.Pending {
			b.Errorf("status of order %d of the lost claim = %v, want %v", index, got, order.Pending)
		}
	}
	b.recount()
	b.expect("after the Settle", claims[1].Indexes...)
}

// testLostAll settles, and settles again, claims that are all lost.
func testLostAll(b *bed) {
	r := b.begin(blocksOf(1))
	r.insert("VVV", both()...)
	var settlements []store.Settlement
	for _, c := range b.claims(3, 3) {
		settlements = append(settlements, b.settlement(c, b.outcomes(c, order.Processed, c.Indexes...)...))
	}
	r.cancel(store.CancelOptions{})
	for range 2 {
		b.lost(b.s.Settle(b.ctx, settlements...), 3, 0, 1, 2)
	}
}

// testLostClaimedAnew has the orders of a lost claim in another worker's hands: the
// first worker's outcomes must not settle them.
func testLostClaimedAnew(b *bed) {
	r := b.begin(blocksOf(3))
	r.insert("VVV", both()...)
	old := b.claimOne()
	late := b.settlement(old, b.outcomes(old, order.Dead, old.Indexes...)...)
	b.release(old)
	anew := b.claimOne()
	b.is("Settle of a claim that was claimed anew", b.s.Settle(b.ctx, late), order.ErrClaimLost)
	b.ok("Release of a claim that was claimed anew", b.s.Release(b.ctx, old))
	b.ok("MayStart of the new claim", b.s.MayStart(anew))
	if c := r.counts()[order.VIP]; c.Claimed != 3 || c.Dead != 0 {
		b.Errorf("Counts = %+v, want 3 claimed", c)
	}
	b.process(anew)
	b.is("Settle of the old claim after all", b.s.Settle(b.ctx, late), order.ErrClaimLost)
	if c := r.counts()[order.VIP]; c.Processed != 3 || c.Dead != 0 {
		b.Errorf("Counts = %+v, want 3 processed", c)
	}
	b.recount()
}
