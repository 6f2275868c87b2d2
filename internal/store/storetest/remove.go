package storetest

import (
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
)

func removeTests() []test {
	return []test{
		{"EveryPlace", testRemoveEveryPlace},
		{"FromTheMiddle", testRemoveFromTheMiddle},
		{"WholeBlock", testRemoveWholeBlock},
		{"NotEnqueued", testRemoveNotEnqueued},
		{"FromAClaim", testRemoveFromAClaim},
		{"FromAClaimedRetry", testRemoveFromAClaimedRetry},
		{"FromOneClaim", testRemoveFromOneClaim},
		{"FromAReleasedClaim", testRemoveFromAReleasedClaim},
		{"FromARetry", testRemoveFromARetry},
	}
}

// remove fails the test unless Remove returns that number.
func (b *bed) remove(want int64, keys ...order.Key) {
	b.Helper()
	n, err := b.s.Remove(b.ctx, keys, nil)
	b.ok("Remove", err)
	b.recount()
	if n != want {
		b.Fatalf("Remove of %d orders = %d, want %d", len(keys), n, want)
	}
}

func (r *batch) keys(indexes ...uint64) []order.Key {
	var keys []order.Key
	for _, index := range indexes {
		keys = append(keys, r.key(index))
	}
	return keys
}

func testRemoveEveryPlace(b *bed) {
	r, _ := b.spread()
	b.remove(0)
	b.remove(5, append(r.keys(0, 1, 2, 3, 4, 6, 7, 99, 4), order.NewRunID(1, 1).Key(0))...)
	want := []order.Status{processed, dead, removed, removed, removed, pending, removed, removed}
	r.statuses("after Remove", want...)
	b.remove(0, r.keys(0, 1, 2, 3, 4, 6, 7)...)
	b.reopen()
	r.statuses("after Reopen", want...)
	r.enqueue(order.Normal)
	b.expect("after Remove", 5)
	b.nothing("of removed NORMAL orders")
	claims, next := b.claimAt(b.tick().Add(2*time.Hour), 100)
	if len(claims) != 0 || !next.IsZero() {
		b.Errorf("Claim when the removed retry was due = orders %v, next at %v, want neither", indexes(claims...), next)
	}
}

func testRemoveFromTheMiddle(b *bed) {
	r := b.begin(blocksOf(5))
	r.insert("VVVVVVV", both()...)
	b.remove(3, r.keys(0, 2, 6)...)
	b.expect("after Remove", 1, 3, 4, 5)
}

func testRemoveWholeBlock(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("VVVVVV", both()...)
	b.remove(2, r.keys(2, 3)...)
	b.reopen()
	b.expect("after Remove", 0, 1, 4, 5)
}

func testRemoveNotEnqueued(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("NNNN")
	b.remove(1, r.key(1))
	b.reopen()
	if n := r.enqueue(order.Normal); n != 3 {
		b.Errorf("Enqueue after Remove = %d, want 3", n)
	}
	b.expect("after Remove and Enqueue", 0, 2, 3)
}

// testRemoveFromAClaim: the worker would hand out what was removed, so the claim is lost.
// What it still held is claimed anew, with no attempt used up.
func testRemoveFromAClaim(b *bed) {
	r := b.begin(blocksOf(4))
	r.insert("VVVVVV", both()...)
	c := b.claimOne()
	late := b.settlement(c, b.outcomes(c, order.Dead, c.Indexes...)...)
	b.remove(2, r.keys(1, 3)...)
	if got := r.counts()[order.VIP]; got.Claimed != 0 || got.Waiting != 4 || got.Removed != 2 {
		b.Errorf("Counts after Remove from a claim = %+v, want 4 waiting, 2 removed", got)
	}
	b.is("MayStart of the claim", b.s.MayStart(c), order.ErrClaimLost)
	b.is("late Settle of the claim", b.s.Settle(b.ctx, late), order.ErrClaimLost)
	b.release(c)
	r.statuses("after a late Settle", pending, removed, pending, removed, pending, pending)
	again := b.claimOne()
	if !cmp.Equal(again.Indexes, []uint64{0, 2}) || again.Attempts != 0 {
		b.Errorf("Claim after Remove = orders %v after %d attempts, want 0 and 2 after none", again.Indexes, again.Attempts)
	}
	b.process(again)
	b.reopen()
	r.statuses("after Reopen", processed, removed, processed, removed, pending, pending)
	b.expect("after Reopen", 4, 5)
}

// testRemoveFromAClaimedRetry gives what is left back where it was claimed from.
func testRemoveFromAClaimedRetry(b *bed) {
	r := b.begin(blocksOf(3))
	r.insert("VVVN", both()...)
	c := b.claimOne()
	due := b.tick().Add(time.Minute)
	b.settle(b.settlement(c, b.retryAt(c, due, c.Indexes...)...))
	claims, _ := b.claimAt(due, 1)
	b.remove(1, r.key(1))
	if got := r.counts()[order.VIP]; got.Claimed != 0 || got.Delayed != 2 || got.Removed != 1 {
		b.Errorf("Counts after Remove from a claimed retry = %+v, want 2 delayed, 1 removed", got)
	}
	b.is("MayStart of the claim", b.s.MayStart(claims[0]), order.ErrClaimLost)
	claims, _ = b.claimAt(due, 1)
	if got := indexes(claims...); !cmp.Equal(got, []uint64{0, 2}) || claims[0].Attempts != 1 {
		b.Fatalf("Claim after Remove = orders %v, want 0 and 2 after 1 attempt", got)
	}
	b.process(claims...)
	b.expect("after the retry", 3)
}

// testRemoveFromOneClaim leaves the other claims to their workers.
func testRemoveFromOneClaim(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("VVVVVV", both()...)
	claims := b.claims(3, 6)
	b.remove(1, r.key(2))
	b.is("MayStart of the claim that was cut", b.s.MayStart(claims[1]), order.ErrClaimLost)
	b.process(claims[0], claims[2])
	r.statuses("after Settle of the other claims", processed, processed, removed, pending, processed, processed)
	b.expect("after Remove", 3)
}

func testRemoveFromAReleasedClaim(b *bed) {
	r := b.begin(blocksOf(4))
	r.insert("VVVVVV", both()...)
	c := b.claimOne()
	b.remove(2, r.keys(0, 2)...)
	b.release(c)
	b.expect("after Remove and Release", 1, 3, 4, 5)
	r.insert("VV", both()...)
	b.claimOne()
	b.remove(1, r.key(6))
	b.reopen()
	b.expect("after Remove and Reopen", 7)
	if got := r.counts()[order.VIP]; got.Processed != 5 || got.Removed != 3 {
		b.Errorf("Counts at the end = %+v, want 5 processed, 3 removed", got)
	}
}

func testRemoveFromARetry(b *bed) {
	r := b.begin(blocksOf(3))
	r.insert("VVV", both()...)
	c := b.claimOne()
	due := b.tick().Add(time.Minute)
	b.settle(b.settlement(c, b.retryAt(c, due, c.Indexes...)...))
	b.remove(1, r.key(1))
	if got := r.counts()[order.VIP]; got.Delayed != 2 || got.Removed != 1 {
		b.Errorf("Counts after Remove from a retry = %+v, want 2 delayed, 1 removed", got)
	}
	claims, _ := b.claimAt(due, 100)
	if got := indexes(claims...); !cmp.Equal(got, []uint64{0, 2}) {
		b.Fatalf("Claim when due = orders %v, want 0 and 2", got)
	}
	b.remove(2, r.keys(0, 2)...)
	if got := r.counts()[order.VIP]; got.Claimed != 0 || got.Removed != 3 {
		b.Errorf("Counts after Remove of a whole claim = %+v, want 3 removed", got)
	}
	late := b.settlement(claims[0], b.outcomes(claims[0], order.Processed, 0, 2)...)
	b.is("Settle of a claim that was removed", b.s.Settle(b.ctx, late), order.ErrClaimLost)
	r.statuses("after a late Settle", removed, removed, removed)
}
