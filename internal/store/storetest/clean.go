package storetest

import (
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func cleanTests() []test {
	return []test{
		{"Nothing", testCleanNothing},
		{"Waiting", testCleanWaiting},
		{"WaitingLimit", testCleanWaitingLimit},
		{"NotEnqueued", testCleanNotEnqueued},
		{"Delayed", testCleanDelayed},
		{"Active", testCleanActive},
		{"ActiveLimit", testCleanActiveLimit},
		{"Grace", testCleanGrace},
	}
}

// clean fails the test unless Clean returns that number.
func (b *bed) clean(want int64, opts store.CleanOptions) {
	b.Helper()
	if opts.At.IsZero() {
		opts.At = b.tick()
	}
	n, err := b.s.Clean(b.ctx, opts, nil)
	b.ok("Clean", err)
	b.recount()
	if n != want {
		b.Fatalf("Clean(%+v) = %d, want %d", opts, n, want)
	}
}

func states() []store.JobState {
	return []store.JobState{store.Waiting, store.Active, store.Delayed, store.Completed, store.FailedJob}
}

func testCleanNothing(b *bed) {
	for _, state := range states() {
		b.clean(0, store.CleanOptions{State: state})
	}
	r := b.begin()
	r.insert("VN", both()...)
	for _, state := range states()[1:] {
		b.clean(0, store.CleanOptions{State: state})
	}
	r.statuses("after Clean of other states", pending, pending)
}

func testCleanWaiting(b *bed) {
	r, _ := b.spread()
	b.clean(4, store.CleanOptions{State: store.Waiting})
	r.statuses("after Clean(waiting)", processed, dead, pending, pending, removed, removed, removed, removed)
	counts := r.counts()
	if got := counts[order.VIP]; got.Removed != 2 || got.Waiting != 0 || got.Delayed != 1 || got.Claimed != 1 {
		b.Errorf("Counts = %+v, want 2 removed, 1 delayed, 1 claimed", got)
	}
	b.clean(0, store.CleanOptions{State: store.Waiting})
	b.nothing("after Clean(waiting)")
	b.reopen()
	r.statuses("after Reopen", processed, dead, pending, pending, removed, removed, removed, removed)
	b.expect("after Reopen: what was claimed", 3)
}

// testCleanWaitingLimit cleans fewer orders than a block has.
func testCleanWaitingLimit(b *bed) {
	r := b.begin(blocksOf(4))
	r.insert("VVVVVVVVVV", both()...)
	b.clean(2, store.CleanOptions{State: store.Waiting, Limit: 2})
	r.statuses("after 2", removed, removed, pending, pending, pending, pending, pending, pending, pending, pending)
	b.clean(3, store.CleanOptions{State: store.Waiting, Limit: 3})
	r.statuses("after 3 more", removed, removed, removed, removed, removed, pending, pending, pending, pending, pending)
	b.reopen()
	c := b.claimOne()
	if c.Indexes[0] != 5 {
		b.Errorf("Claim after Clean = orders %v, want from 5 on", c.Indexes)
	}
	b.clean(1, store.CleanOptions{State: store.Waiting, Limit: 1})
	b.process(c)
	left := 10 - 5 - len(c.Indexes) - 1
	claims := b.claimAll()
	if got := len(indexes(claims...)); got != left {
		b.Errorf("Claim of the rest = %d orders, want %d", got, left)
	}
	b.clean(0, store.CleanOptions{State: store.Waiting, Limit: 5})
}

func testCleanNotEnqueued(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("NNNNN")
	b.clean(3, store.CleanOptions{State: store.Waiting, Limit: 3})
	if n := r.enqueue(order.Normal); n != 2 {
		b.Errorf("Enqueue after Clean = %d, want 2", n)
	}
	b.expect("after Clean and Enqueue", 3, 4)
}

func testCleanDelayed(b *bed) {
	r, _ := b.spread()
	b.clean(1, store.CleanOptions{State: store.Delayed})
	r.statuses("after Clean(delayed)", processed, dead, removed, pending, pending, pending, pending, pending)
	b.clean(0, store.CleanOptions{State: store.Delayed})
	b.reopen()
	claims, next := b.claimAt(b.tick().Add(2*time.Hour), 100)
	if len(indexes(claims...)) != 3 || !next.IsZero() {
		b.Errorf("Claim after Clean(delayed) = orders %v, next at %v, want 3, 4, 5", indexes(claims...), next)
	}
}

func testCleanActive(b *bed) {
	r, c := b.spread()
	b.clean(1, store.CleanOptions{State: store.Active})
	r.statuses("after Clean(active)", processed, dead, pending, removed, pending, pending, pending, pending)
	b.is("MayStart after Clean(active)", b.s.MayStart(c), order.ErrClaimLost)
	b.clean(0, store.CleanOptions{State: store.Active})
	b.reopen()
	r.statuses("after Reopen", processed, dead, pending, removed, pending, pending, pending, pending)
	b.expect("after Clean(active)", 4, 5)
}

// testCleanActiveLimit: what a limit leaves of a claim is no longer its worker's.
func testCleanActiveLimit(b *bed) {
	r := b.begin(blocksOf(4))
	r.insert("VVVVVVVV", both()...)
	claims := b.claims(2, 8)
	late := b.settlement(claims[0], b.outcomes(claims[0], order.Dead, claims[0].Indexes...)...)
	b.clean(3, store.CleanOptions{State: store.Active, Limit: 3})
	if got := r.counts()[order.VIP]; got.Removed != 3 || got.Waiting != 1 || got.Claimed != 4 {
		b.Errorf("Counts after Clean(active, 3) = %+v, want 3 removed, 1 waiting, 4 claimed", got)
	}
	b.is("MayStart of the claim that was cut", b.s.MayStart(claims[0]), order.ErrClaimLost)
	b.is("late Settle of the claim that was cut", b.s.Settle(b.ctx, late), order.ErrClaimLost)
	again := b.claimOne()
	if len(again.Indexes) != 1 || again.Indexes[0] != 3 || again.Attempts != 0 {
		b.Errorf("Claim after Clean(active, 3) = orders %v after %d attempts, want 3 after none", again.Indexes, again.Attempts)
	}
	b.process(again, claims[1])
	b.reopen()
	r.statuses("at the end", removed, removed, removed, processed, processed, processed, processed, processed)
}

// testCleanGrace cleans with a grace no order has reached, then with one that all have.
func testCleanGrace(b *bed) {
	r, _ := b.spread()
	for _, state := range states() {
		b.clean(0, store.CleanOptions{State: state, Grace: 1000 * 24 * time.Hour})
	}
	r.statuses("after Clean with a long grace", processed, dead, pending, pending, pending, pending, pending, pending)
	at := b.tick().Add(1000 * 24 * time.Hour)
	for i, want := range []int64{4, 1, 1, 1, 1} {
		b.clean(want, store.CleanOptions{State: states()[i], Grace: time.Hour, At: at})
	}
	r.statuses("after Clean with a short grace", processed, removed, removed, removed, removed, removed, removed, removed)
}
