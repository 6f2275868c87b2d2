package storetest

import (
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func gateTests() []test {
	return []test{
		{"WaitingVIP", testGateWaiting},
		{"VIPNotEnqueued", testGateNotEnqueued},
		{"ClaimedVIP", testGateClaimed},
		{"DelayedVIP", testGateDelayed},
		{"OpensOnDead", testGateOpensOnDead},
		{"OpensOnRemoved", testGateOpensOnRemoved},
		{"OtherRun", testGateOtherRun},
		{"CancelledRun", testGateCancelled},
		{"DelayedNormal", testGateDelayedNormal},
		{"MayStart", testGateMayStart},
		{"NormalNotEnqueued", testGateNormalNotEnqueued},
		{"AfterReopen", testGateAfterReopen},
		{"AfterCrash", testGateAfterCrash},
		{"RedrivenVIP", testGateRedriven},
	}
}

// shut fails the test if a NORMAL order can be claimed.
func (b *bed) shut(when string) {
	b.Helper()
	for _, c := range b.claim(1000) {
		if c.Priority == order.Normal {
			b.Fatalf("Claim %s = NORMAL orders %v, want the gate shut", when, c.Indexes)
		}
	}
}

// normal takes NORMAL orders, which the test expects to be claimable.
func (b *bed) normal(when string) *store.Claim {
	b.Helper()
	claims := b.claim(1)
	if len(claims) != 1 || claims[0].Priority != order.Normal {
		b.Fatalf("Claim %s = %d claims, want one of NORMAL orders", when, len(claims))
	}
	return claims[0]
}

func testGateWaiting(b *bed) {
	r := b.begin()
	r.insert("NNV", both()...)
	vip := b.claimOne()
	b.release(vip)
	vip = b.claimOne()
	b.shut("after a VIP order was claimed")
	b.process(vip)
	b.process(b.normal("after the VIP order was processed"))
}

func testGateNotEnqueued(b *bed) {
	r := b.begin()
	r.insert("NNV", order.Normal)
	b.nothing("while a VIP order is not enqueued")
	r.enqueue(order.VIP)
	b.expect("after Enqueue(VIP)", 2)
	b.normal("after the VIP order was processed")
}

func testGateClaimed(b *bed) {
	r := b.begin()
	r.insert("VVNN", both()...)
	vip := b.claimOne()
	b.nothing("while VIP orders are claimed")
	b.settle(b.settlement(vip, b.outcomes(vip, order.Processed, 0)...))
	b.nothing("while one VIP order is claimed")
	b.settle(b.settlement(vip, b.outcomes(vip, order.Processed, 1)...))
	b.normal("after the last VIP order was processed")
}

func testGateDelayed(b *bed) {
	r := b.begin()
	r.insert("VNN", both()...)
	vip := b.claimOne()
	due := b.tick().Add(time.Hour)
	b.settle(b.settlement(vip, b.retryAt(vip, due, 0)...))
	b.nothing("while a VIP order waits for its retry")
	claims, _ := b.claimAt(due, 1)
	if len(claims) != 1 || claims[0].Priority != order.VIP {
		b.Fatalf("Claim when the retry is due = %v, want the VIP order", claims)
	}
	if claims, _ = b.claimAt(due, 1); len(claims) != 0 {
		b.Fatalf("Claim while the retry is claimed = orders %v, want none", indexes(claims...))
	}
}

func testGateOpensOnDead(b *bed) {
	r := b.begin()
	r.insert("VN", both()...)
	b.kill(b.claimOne(), 0)
	b.normal("after the VIP order became a dead letter")
}

func testGateOpensOnRemoved(b *bed) {
	r := b.begin()
	r.insert("VN", both()...)
	n, err := b.s.Remove(b.ctx, []order.Key{r.key(0)}, nil)
	b.ok("Remove", err)
	if n != 1 {
		b.Fatalf("Remove = %d, want 1", n)
	}
	b.normal("after the VIP order was removed")
}

func testGateOtherRun(b *bed) {
	r := b.begin()
	r.insert("NN", both()...)
	other := b.begin(standing)
	other.insert("V", both()...)
	vip := b.claimOne()
	b.nothing("while another run's VIP order is claimed")
	b.process(vip)
	b.process(b.normal("after the other run's VIP order was processed"))
}

func testGateCancelled(b *bed) {
	for _, opts := range []store.CancelOptions{{}, {KeepPending: true}, {Kind: "source"}, {Kind: "source", KeepPending: true}} {
		other := b.begin(standing)
		other.insert("N", both()...)
		r := b.begin()
		r.insert("VVVVV", both()...)
		vip := b.claimOne()
		b.settle(b.settlement(vip, b.retryAt(vip, b.tick().Add(time.Hour), 1)...))
		b.shut("while VIP orders wait")
		r.cancel(opts)
		b.process(b.normal("after the VIP orders' run was cancelled"))
		other.insert("N", both()...)
		b.reopen()
		b.process(b.normal("after Reopen"))
		other.cancel(store.CancelOptions{})
	}
}

func testGateDelayedNormal(b *bed) {
	r := b.begin(standing)
	r.insert("N", both()...)
	c := b.claimOne()
	b.settle(b.settlement(c, b.retryAt(c, b.tick(), 0)...))
	r.insert("V", both()...)
	vip := b.claimOne()
	if vip.Priority != order.VIP {
		b.Fatalf("Claim beside a due NORMAL retry = %v, want VIP", vip.Priority)
	}
	b.nothing("of a due NORMAL retry while a VIP order is claimed")
	b.process(vip)
	b.normal("of a due NORMAL retry")
}

func testGateMayStart(b *bed) {
	r := b.begin(standing)
	r.insert("NN", both()...)
	c := b.claimOne()
	b.ok("MayStart with the gate open", b.s.MayStart(c))
	r.insert("V", both()...)
	b.is("MayStart after a VIP order was accepted", b.s.MayStart(c), order.ErrGateShut)
	vip := b.claimOne()
	b.ok("MayStart of the VIP order", b.s.MayStart(vip))
	b.is("MayStart while the VIP order is claimed", b.s.MayStart(c), order.ErrGateShut)
	b.settle(b.settlement(vip, b.outcomes(vip, order.Pending, vip.Indexes...)...))
	b.is("MayStart while the VIP order is delayed", b.s.MayStart(c), order.ErrGateShut)
	b.settle(b.settlement(c, b.outcomes(c, order.Processed, 0)...))
	b.process(b.claimOne())
	b.ok("MayStart after the VIP order was processed", b.s.MayStart(c))
	b.process(c)
}

func testGateNormalNotEnqueued(b *bed) {
	r := b.begin()
	r.insert("VN", order.VIP)
	b.drain()
	b.nothing("while NORMAL is not enqueued")
	r.enqueue(order.Normal)
	b.normal("after Enqueue(NORMAL)")
}

// afterRestart tries the gate over restarts: first with a VIP order in each place where
// it may be unsettled, then with none.
func (b *bed) afterRestart(restart func()) {
	r := b.begin(blocksOf(1))
	r.insert("VVVNN", both()...)
	claims := b.claims(2, 2)
	b.settle(b.settlement(claims[0], b.retryAt(claims[0], b.tick(), claims[0].Indexes...)...))
	for left := 3; left > 0; left-- {
		restart()
		vip := b.claimOne()
		if vip.Priority != order.VIP {
			b.Fatalf("Claim after a restart with %d VIP orders unsettled = NORMAL", left)
		}
		b.shut("while VIP orders are unsettled")
		restart()
		b.process(b.claimOne())
	}
	restart()
	b.derived()
	b.process(b.normal("after a restart with every VIP order settled"))
}

// derived waits until the gate is open, which a driver may have to find out first.
func (b *bed) derived() {
	b.Helper()
	for {
		changed := b.s.Changed()
		claims := b.claim(1)
		if len(claims) > 0 {
			b.release(claims...)
			return
		}
		b.ok("waiting for the gate", wait(b.ctx, changed))
	}
}

func testGateAfterReopen(b *bed) { b.afterRestart(b.reopen) }
func testGateAfterCrash(b *bed)  { b.afterRestart(b.crash) }

func testGateRedriven(b *bed) {
	r := b.begin()
	r.insert("VN", both()...)
	b.kill(b.claimOne(), 0)
	c := b.normal("after the VIP order became a dead letter")
	_, err := b.s.Redrive(b.ctx, store.RedriveOptions{At: b.tick()}, nil)
	b.ok("Redrive", err)
	b.is("MayStart after a VIP dead letter was redriven", b.s.MayStart(c), order.ErrGateShut)
	b.release(c)
	b.process(b.claimOne())
	b.process(b.normal("after the redriven VIP order was processed"))
}
