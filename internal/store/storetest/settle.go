package storetest

import (
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func settleTests() []test {
	return []test{
		{"Processed", testSettleProcessed},
		{"Partial", testSettlePartial},
		{"Mixed", testSettleMixed},
		{"Repeat", testSettleRepeat},
		{"RepeatInOneCall", testSettleRepeatInOneCall},
		{"NotInTheClaim", testSettleNotInTheClaim},
		{"ManyClaims", testSettleManyClaims},
		{"Nothing", testSettleNothing},
		{"Window", testSettleWindow},
		{"Digest", testSettleDigest},
		{"Durable", testSettleDurable},
	}
}

func testSettleProcessed(b *bed) {
	r := b.begin()
	r.insert("VNN", both()...)
	for _, want := range []string{order.NoteVIP, order.NoteNormal} {
		c := b.claimOne()
		s := b.settlement(c, b.outcomes(c, order.Processed, c.Indexes...)...)
		s.Outcomes[0].At = b.tick()
		b.settle(s)
		done := b.accepted[r.key(c.Indexes[0])]
		done.Status, done.Note, done.ProcessedAt, done.Attempts = order.Processed, want, s.Outcomes[0].At, 1
		b.sameOrder(done)
	}
	counts := r.counts()
	if counts[order.VIP].Processed != 1 || counts[order.Normal].Processed != 2 || counts.Unsettled() != 0 {
		b.Errorf("Counts = %+v, want 1 and 2 processed", counts)
	}
}

func testSettlePartial(b *bed) {
	r := b.begin(blocksOf(5))
	r.insert("VVVVV", both()...)
	c := b.claimOne()
	for done, part := range [][]uint64{{3}, {0, 4}, {2}, {1}} {
		b.ok("MayStart before the last part", b.s.MayStart(c))
		b.settle(b.settlement(c, b.outcomes(c, order.Processed, part...)...))
		want := []int64{1, 3, 4, 5}[done]
		if got := r.counts()[order.VIP]; got.Processed != want || got.Claimed != 5-want {
			b.Errorf("Counts after part %v = %+v, want %d processed, the rest claimed", part, got, want)
		}
		b.nothing("of what a claim still holds")
	}
	b.is("MayStart after the last part", b.s.MayStart(c), order.ErrClaimLost)
}

func testSettleMixed(b *bed) {
	r := b.begin(blocksOf(5))
	r.insert("VVVVV", both()...)
	c := b.claimOne()
	b.settle(b.settlement(c, append(append(
		b.outcomes(c, order.Processed, 0, 4),
		b.outcomes(c, order.Dead, 2)...),
		b.retryAt(c, b.tick().Add(time.Hour), 1)...)...))
	if got := r.counts()[order.VIP]; got.Processed != 2 || got.Dead != 1 || got.Delayed != 1 || got.Claimed != 1 {
		b.Errorf("Counts = %+v, want 2 processed, 1 dead, 1 delayed, 1 claimed", got)
	}
	dead := b.accepted[r.key(2)]
	got := r.order(2)
	if got.Status != order.Dead || got.Reason != reason || got.Attempts != 1 || got.Note != dead.Note || got.ProcessedAt.IsZero() {
		b.Errorf("a dead order reads %+v, want its reason and its note as accepted", got)
	}
	for _, pending := range []uint64{1, 3} {
		if got := r.order(pending); got.Status != order.Pending || !got.ProcessedAt.IsZero() || got.Reason != "" {
			b.Errorf("a pending order reads %+v, want no outcome", got)
		}
	}
}

func testSettleRepeat(b *bed) {
	r := b.begin(blocksOf(4))
	r.insert("VVVV", both()...)
	c := b.claimOne()
	for _, status := range []order.Status{order.Processed, order.Dead, order.Pending} {
		part := b.settlement(c, b.outcomes(c, status, uint64(status))...)
		b.settle(part)
		counts := r.counts()
		other := part
		other.Outcomes = b.outcomes(c, order.Processed, uint64(status))
		for _, again := range []store.Settlement{part, other} {
			b.settle(again)
			if got := r.counts(); got.Processed() != counts.Processed() || got.Dead() != counts.Dead() || got[order.VIP].Delayed != counts[order.VIP].Delayed {
				b.Errorf("Counts after %v was settled again = %+v, want %+v", status, got, counts)
			}
		}
		if got := r.order(uint64(status)).Status; got != status {
			b.Errorf("status of order %d after a second Settle = %v, want %v", status, got, status)
		}
	}
	last := b.settlement(c, b.outcomes(c, order.Processed, 3)...)
	b.settle(last)
	counts := r.counts()
	// The claim is retired: the repetition may say so, and changes nothing.
	if err := b.s.Settle(b.ctx, last); err != nil {
		b.is("Settle of the last part again", err, order.ErrClaimLost)
	}
	if got := r.counts(); got != counts {
		b.Errorf("Counts after the last part was settled again = %+v, want %+v", got, counts)
	}
	b.recount()
}

func testSettleRepeatInOneCall(b *bed) {
	r := b.begin(blocksOf(4))
	r.insert("VVVV", both()...)
	c := b.claimOne()
	part := b.settlement(c, append(b.outcomes(c, order.Processed, 1, 1), b.outcomes(c, order.Dead, 1)...)...)
	b.settle(part, part)
	if got := r.counts()[order.VIP]; got.Processed != 1 || got.Dead != 0 || got.Claimed != 3 {
		b.Errorf("Counts = %+v, want 1 processed, 3 claimed", got)
	}
	if got := r.order(1).Status; got != order.Processed {
		b.Errorf("status = %v, want the first outcome's: %v", got, order.Processed)
	}
}

func testSettleNotInTheClaim(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("VVVVNN", both()...)
	first, second := b.claimOne(), b.claimOne()
	before := r.counts()
	b.settle(b.settlement(first, b.outcomes(first, order.Processed, append([]uint64{4, 5, 99}, second.Indexes...)...)...))
	if got := r.counts(); got.Processed() != 0 || got[order.VIP].Claimed != before[order.VIP].Claimed {
		b.Errorf("Counts after orders of other claims were settled = %+v, want %+v", got, before)
	}
	b.process(first, second)
}

func testSettleManyClaims(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("VVVVVV", both()...)
	other := b.begin(standing, blocksOf(2))
	other.insert("VV", both()...)
	var settlements []store.Settlement
	for _, c := range b.claimAll() {
		settlements = append(settlements, b.settlement(c, b.outcomes(c, order.Processed, c.Indexes...)...))
	}
	b.settle(settlements...)
	mine, others := r.counts(), other.counts()
	if mine.Processed() != 6 || others.Processed() != 2 {
		b.Errorf("processed %d and %d, want 6 and 2", mine.Processed(), others.Processed())
	}
}

func testSettleNothing(b *bed) {
	r := b.begin()
	r.insert("V", both()...)
	b.settle()
	c := b.claimOne()
	b.settle(b.settlement(c))
	b.ok("MayStart after an empty Settle", b.s.MayStart(c))
	if got := r.counts()[order.VIP]; got.Claimed != 1 {
		b.Errorf("Counts after an empty Settle = %+v, want 1 claimed", got)
	}
	b.process(c)
}

func testSettleWindow(b *bed) {
	r := b.begin(blocksOf(1))
	r.insert("VVVN", both()...)
	at := func(n int) time.Time { return epoch().Add(time.Duration(n) * time.Hour) }
	settle := func(c *store.Claim, started, settled int) {
		s := b.settlement(c, b.outcomes(c, order.Processed, c.Indexes...)...)
		s.Started, s.At = at(started), at(settled)
		b.settle(s)
	}
	window := func(lane order.Priority, first, last time.Time) {
		b.Helper()
		if c := r.counts()[lane]; !c.First.Equal(first) || !c.Last.Equal(last) {
			b.Errorf("window of %v = %v to %v, want %v to %v", lane, c.First, c.Last, first, last)
		}
	}
	claims := b.claims(3, 3)
	window(order.VIP, time.Time{}, time.Time{})
	settle(claims[0], 5, 6)
	window(order.VIP, at(5), at(6))
	settle(claims[1], 3, 4)
	window(order.VIP, at(3), at(6))
	settle(claims[2], 4, 9)
	window(order.VIP, at(3), at(9))
	window(order.Normal, time.Time{}, time.Time{})
	settle(b.claimOne(), 10, 11)
	window(order.Normal, at(10), at(11))
	b.reopen()
	window(order.VIP, at(3), at(9))
	window(order.Normal, at(10), at(11))
}

func testSettleDigest(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("VNVNVN", both()...)
	b.drain()
	counts := r.counts()
	for lane := range counts {
		if got, want := counts[lane].Settled, counts[lane].Accepted; got != want || got == (order.Digest{}) {
			b.Errorf("digest of %v = %v, want %v as foretold", order.Priority(lane), got, want)
		}
	}
}

func testSettleDurable(b *bed) {
	r := b.begin(blocksOf(3))
	r.insert("VVVNNN", both()...)
	c := b.claimOne()
	b.settle(b.settlement(c, b.outcomes(c, order.Processed, 1)...))
	read := []order.Order{r.order(0), r.order(1), r.order(2)}
	digest := r.counts()[order.VIP].Settled
	b.reopen()
	for _, want := range read {
		b.sameOrder(want)
	}
	if got := r.counts()[order.VIP].Settled; got != digest {
		b.Errorf("digest after Reopen = %v, want %v", got, digest)
	}
	b.expect("after Reopen", 0, 2)
}
