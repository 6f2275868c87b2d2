package storetest

import (
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func blockTests() []test {
	return []test{
		{"OneInEachState", testBlocksInEachState},
		{"AsManyAsAreClaimed", testBlocksAsClaimed},
		{"NotEnqueued", testBlocksNotEnqueued},
		{"CutAndEmptied", testBlocksCut},
		{"Redriven", testBlocksRedriven},
		{"OfTwoRuns", testBlocksOfTwoRuns},
		{"Reset", testBlocksReset},
		{"Gate", testGateOpen},
	}
}

func (b *bed) totals() store.Totals {
	b.Helper()
	totals, err := b.s.Totals(b.ctx)
	b.ok("Totals", err)
	return totals
}

// blocks fails the test unless the lanes have so many blocks.
func (b *bed) blocks(when string, vip, normal store.BlockCounts) {
	b.Helper()
	if got, want := b.totals().Blocks, [order.PriorityCount]store.BlockCounts{vip, normal}; got != want {
		b.Fatalf("Totals %s = blocks %+v, want %+v", when, got, want)
	}
}

// soundBlocks checks what holds for the block counts at any time: no block is empty, and
// no order is without one but for those that are not enqueued.
func (b *bed) soundBlocks(totals *store.Totals) {
	b.Helper()
	for lane := range totals.Counts {
		orders, blocks := &totals.Counts[lane], totals.Blocks[lane]
		for _, pair := range []struct {
			what           string
			blocks, orders int64
			every          bool // every such order is in such a block
		}{
			{"ready", blocks.Ready, orders.Waiting, false},
			{"claimed", blocks.Claimed, orders.Claimed, true},
			{"delayed", blocks.Delayed, orders.Delayed, true},
		} {
			if pair.blocks < 0 || pair.blocks > pair.orders || pair.every && pair.blocks == 0 && pair.orders > 0 {
				b.Fatalf("Totals of %v = %d %s blocks for %d orders", order.Priority(lane), pair.blocks, pair.what, pair.orders)
			}
		}
	}
	if totals.GateOpen && totals.Counts[order.VIP].Unsettled() > 0 {
		b.Fatalf("Totals = gate open with %d VIP orders unsettled", totals.Counts[order.VIP].Unsettled())
	}
}

func testBlocksInEachState(b *bed) {
	b.blocks("of an empty store", store.BlockCounts{}, store.BlockCounts{})
	r := b.begin(blocksOf(2))
	r.insert("VVVVVNNN", both()...)
	b.blocks("after Insert", store.BlockCounts{Ready: 3}, store.BlockCounts{Ready: 2})
	claims := b.claims(2, 4)
	b.blocks("after Claim", store.BlockCounts{Ready: 1, Claimed: 2}, store.BlockCounts{Ready: 2})
	b.settle(b.settlement(claims[0], b.outcomes(claims[0], order.Processed, 0)...))
	b.blocks("after half a Settle", store.BlockCounts{Ready: 1, Claimed: 2}, store.BlockCounts{Ready: 2})
	due := b.tick().Add(time.Hour)
	b.settle(b.settlement(claims[0], b.retryAt(claims[0], due, 1)...))
	b.blocks("after the other half, to be tried again", store.BlockCounts{Ready: 1, Claimed: 1, Delayed: 1}, store.BlockCounts{Ready: 2})
	b.release(claims[1])
	want := store.BlockCounts{Ready: 2, Delayed: 1}
	b.blocks("after Release", want, store.BlockCounts{Ready: 2})
	b.reopen()
	b.blocks("after Reopen", want, store.BlockCounts{Ready: 2})
	late, _ := b.claimAt(due, 1)
	b.blocks("with the retry claimed", store.BlockCounts{Ready: 2, Claimed: 1}, store.BlockCounts{Ready: 2})
	b.process(late...)
	b.drain()
	b.blocks("at the end", store.BlockCounts{}, store.BlockCounts{})
}

// testBlocksAsClaimed takes every block and counts along.
func testBlocksAsClaimed(b *bed) {
	r := b.begin(blocksOf(3))
	r.insert("VVVVVVVVVV", both()...)
	r.insert("VV", both()...)
	left := b.totals().Blocks[order.VIP].Ready
	for held := int64(1); left > 0; held++ {
		b.claimOne()
		left--
		b.blocks("after another Claim", store.BlockCounts{Ready: left, Claimed: held}, store.BlockCounts{})
	}
	b.nothing("after as many claims as there were ready blocks")
}

func testBlocksNotEnqueued(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("VNNNNN", order.VIP)
	b.blocks("before Enqueue", store.BlockCounts{Ready: 1}, store.BlockCounts{})
	r.enqueue(order.Normal)
	b.blocks("after Enqueue", store.BlockCounts{Ready: 1}, store.BlockCounts{Ready: 3})
	b.reopen()
	b.blocks("after Reopen", store.BlockCounts{Ready: 1}, store.BlockCounts{Ready: 3})
}

// testBlocksCut takes orders out of blocks until there are none.
func testBlocksCut(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("VVVVVVVV", both()...)
	b.remove(1, r.key(0))
	b.blocks("after Remove from a block", store.BlockCounts{Ready: 4}, store.BlockCounts{})
	b.remove(1, r.key(1))
	b.blocks("after Remove of what was left of it", store.BlockCounts{Ready: 3}, store.BlockCounts{})
	b.claims(2, 4)
	b.remove(1, r.key(2))
	b.blocks("after Remove from a claim", store.BlockCounts{Ready: 2, Claimed: 1}, store.BlockCounts{})
	b.clean(2, store.CleanOptions{State: store.Active})
	b.blocks("after Clean(active)", store.BlockCounts{Ready: 2}, store.BlockCounts{})
	b.clean(2, store.CleanOptions{State: store.Waiting, Limit: 2})
	b.blocks("after Clean(waiting, 2)", store.BlockCounts{Ready: 1}, store.BlockCounts{})
	b.clean(1, store.CleanOptions{State: store.Waiting})
	b.blocks("after Clean(waiting)", store.BlockCounts{}, store.BlockCounts{})
}

func testBlocksRedriven(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("VVNN", both()...)
	for range 2 {
		c := b.claimOne()
		b.kill(c, c.Indexes...)
	}
	b.blocks("of dead letters", store.BlockCounts{}, store.BlockCounts{})
	b.redrive(4, store.RedriveOptions{})
	got := b.totals().Blocks
	for lane, blocks := range got {
		if blocks.Ready+blocks.Delayed != 1 || blocks.Claimed != 0 {
			b.Errorf("Totals after Redrive = blocks %+v of %v, want one that is not claimed", blocks, order.Priority(lane))
		}
	}
}

// testBlocksOfTwoRuns cancels one of two runs whose blocks lie in the same lanes.
func testBlocksOfTwoRuns(b *bed) {
	for _, opts := range []store.CancelOptions{{}, {KeepPending: true}} {
		other := b.begin(standing, blocksOf(1))
		other.insert("VVN", both()...)
		r := b.begin(blocksOf(1))
		r.insert("VVVVVNNN", both()...)
		claims := b.claims(4, 4) // two of each run
		for _, c := range claims[2:] {
			if c.Run != r.run.ID {
				b.Fatalf("Claim took more of the older run than it has")
			}
		}
		b.settle(b.settlement(claims[0], b.retryAt(claims[0], b.tick().Add(time.Hour), claims[0].Indexes...)...))
		b.settle(b.settlement(claims[2], b.retryAt(claims[2], b.tick().Add(time.Hour), claims[2].Indexes...)...))
		b.blocks("of both runs", store.BlockCounts{Ready: 3, Claimed: 2, Delayed: 2}, store.BlockCounts{Ready: 4})
		r.cancel(opts)
		want := store.BlockCounts{Claimed: 1, Delayed: 1}
		b.blocks("after Cancel of one", want, store.BlockCounts{Ready: 1})
		b.nothing("after Cancel of the run whose blocks were ready")
		b.blocks("after Claim has passed over them", want, store.BlockCounts{Ready: 1})
		b.process(claims[1])
		b.reopen()
		b.blocks("after Reopen", store.BlockCounts{Delayed: 1}, store.BlockCounts{Ready: 1})
		other.cancel(store.CancelOptions{})
		b.blocks("after Cancel of both", store.BlockCounts{}, store.BlockCounts{})
	}
}

func testBlocksReset(b *bed) {
	r := b.begin(blocksOf(1))
	r.insert("VVVN", both()...)
	b.claims(2, 2)
	_, err := b.s.Reset(b.ctx, nil)
	b.ok("Reset", err)
	b.blocks("after Reset", store.BlockCounts{}, store.BlockCounts{})
	b.begin().insert("V", both()...)
	b.blocks("of the next run", store.BlockCounts{Ready: 1}, store.BlockCounts{})
}

// testGateOpen: what Totals says of the gate is what Claim goes by.
func testGateOpen(b *bed) {
	open := func(when string, want bool) {
		b.Helper()
		if got := b.totals().GateOpen; got != want {
			b.Errorf("Totals %s = gate open %v, want %v", when, got, want)
		}
	}
	open("of an empty store", true)
	r := b.begin(standing)
	r.insert("NV", order.Normal)
	open("with a VIP order that is not enqueued", false)
	r.enqueue(order.VIP)
	c := b.claimOne()
	open("with a claimed VIP order", false)
	b.settle(b.settlement(c, b.retryAt(c, b.tick(), c.Indexes...)...))
	open("with a delayed VIP order", false)
	b.drain()
	open("with none unsettled", true)
	r.insert("N", both()...)
	open("with NORMAL orders alone", true)
	r.insert("V", both()...)
	b.reopen()
	open("after Reopen with a VIP order", false)
	r.cancel(store.CancelOptions{KeepPending: true})
	open("after Cancel of its run", true)
}
