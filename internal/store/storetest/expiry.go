package storetest

import "github.com/filavip/filavip/internal/order"

func expiryTests() []test {
	return []test{
		{"ReturnsTheOrders", testExpiryReturns},
		{"OfTheRest", testExpiryOfTheRest},
	}
}

// needsExpiry skips the test if claims never expire.
func (b *bed) needsExpiry() {
	if b.opts.Expire == nil {
		b.Skip("claims of this driver do not expire")
	}
}

func testExpiryReturns(b *bed) {
	b.needsExpiry()
	r := b.begin()
	r.insert("VVV", both()...)
	old := b.claimOne()
	late := b.settlement(old, b.outcomes(old, order.Dead, old.Indexes...)...)
	b.opts.Expire(b, b.s, old)
	anew := b.claimOne()
	if anew.Attempts != 0 || len(anew.Indexes) != 3 {
		b.Errorf("Claim after expiry = %+v, want the three orders with no attempt", anew)
	}
	b.is("Settle of an expired claim", b.s.Settle(b.ctx, late), order.ErrClaimLost)
	b.is("MayStart of an expired claim", b.s.MayStart(old), order.ErrClaimLost)
	b.is("Extend of an expired claim", b.s.Extend(b.ctx, old), order.ErrClaimLost)
	b.process(anew)
	if got := r.counts()[order.VIP]; got.Processed != 3 {
		b.Errorf("Counts = %+v, want 3 processed", got)
	}
}

func testExpiryOfTheRest(b *bed) {
	b.needsExpiry()
	r := b.begin(blocksOf(3))
	r.insert("VVV", both()...)
	old := b.claimOne()
	b.settle(b.settlement(old, b.outcomes(old, order.Processed, 1)...))
	b.opts.Expire(b, b.s, old)
	b.expect("after expiry of the rest", 0, 2)
}
