package storetest

import (
	"time"

	"github.com/filavip/filavip/internal/order"
)

func releaseTests() []test {
	return []test{
		{"Whole", testReleaseWhole},
		{"Rest", testReleaseRest},
		{"KeepsItsTurn", testReleaseKeepsItsTurn},
		{"Retry", testReleaseRetry},
		{"Repeat", testReleaseRepeat},
		{"Several", testReleaseSeveral},
	}
}

func testReleaseWhole(b *bed) {
	r := b.begin()
	r.insert("VVV", both()...)
	for range 5 {
		c := b.claimOne()
		if c.Attempts != 0 {
			b.Fatalf("Attempts after Release = %d, want 0", c.Attempts)
		}
		b.release(c)
		if got := r.counts()[order.VIP]; got.Waiting != 3 || got.Claimed != 0 {
			b.Fatalf("Counts after Release = %+v, want 3 waiting", got)
		}
	}
	b.expect("after Release", 0, 1, 2)
	if got := r.order(0).Attempts; got != 1 {
		b.Errorf("Attempts of an order that was released five times = %d, want 1", got)
	}
}

func testReleaseRest(b *bed) {
	r := b.begin(blocksOf(4))
	r.insert("VVVV", both()...)
	c := b.claimOne()
	b.settle(b.settlement(c, b.outcomes(c, order.Processed, 1, 2)...))
	b.release(c)
	b.expect("after Release of the rest", 0, 3)
}

func testReleaseKeepsItsTurn(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("VVVVVV", both()...)
	first, second := b.claimOne(), b.claimOne()
	b.release(second)
	b.release(first)
	b.expect("after Release", 0, 1, 2, 3, 4, 5)
}

func testReleaseRetry(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("VVVV", both()...)
	c := b.claimOne()
	due := b.tick()
	b.settle(b.settlement(c, b.retryAt(c, due, 0, 1)...))
	claims, _ := b.claimAt(due, 1)
	if len(claims) != 1 || claims[0].Attempts != 1 {
		b.Fatalf("Claim of a retry = %v, want one claim with one attempt", claims)
	}
	b.release(claims...)
	if got := r.counts()[order.VIP]; got.Waiting+got.Delayed != 4 || got.Claimed != 0 {
		b.Errorf("Counts after Release of a retry = %+v, want nothing claimed", got)
	}
	claims, _ = b.claimAt(due.Add(time.Second), 2)
	if len(claims) != 1 || claims[0].Attempts != 1 || claims[0].Indexes[0] != 0 {
		b.Errorf("Claim after Release of a retry = %v, want the retry with one attempt, before new blocks", claims)
	}
}

func testReleaseRepeat(b *bed) {
	r := b.begin()
	r.insert("VVV", both()...)
	c := b.claimOne()
	b.release(c, c)
	b.release(c)
	b.release()
	anew := b.claimOne()
	b.release(c)
	b.ok("MayStart of a claim after another one of its orders was released", b.s.MayStart(anew))
	b.process(anew)
	b.release(anew)
	b.nothing("after Release of a retired claim")
}

func testReleaseSeveral(b *bed) {
	r := b.begin(blocksOf(1))
	r.insert("VVVV", both()...)
	b.release(b.claim(4)...)
	b.expect("after Release", 0, 1, 2, 3)
}
