package storetest

import (
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func cleanSettledTests() []test {
	return []test{
		{"Failed", testCleanFailed},
		{"FailedLimit", testCleanFailedLimit},
		{"FailedKeys", testCleanFailedKeys},
		{"FailedGroup", testCleanFailedGroup},
		{"Completed", testCleanCompleted},
		{"CompletedLimit", testCleanCompletedLimit},
		{"CompletedLater", testCleanCompletedLater},
		{"CompletedAndInert", testCleanCompletedInert},
		{"CompletedAndVoid", testCleanCompletedVoid},
	}
}

func testCleanFailed(b *bed) {
	r, _ := b.spread()
	before := r.counts()[order.VIP]
	b.clean(1, store.CleanOptions{State: store.FailedJob})
	r.statuses("after Clean(failed)", processed, removed, pending, pending, pending, pending, pending, pending)
	for _, reopen := range []func(){func() {}, b.reopen} {
		reopen()
		got := r.counts()[order.VIP]
		if got.Dead != 0 || got.Removed != 1 || got.Unsettled() != before.Unsettled() {
			b.Errorf("Counts after Clean(failed) = %+v, want the dead letter removed", got)
		}
		if letters := b.letters(store.DeadQuery{Limit: 10}); len(letters) != 0 {
			b.Errorf("DeadLetters after Clean(failed) = %v, want none", letters)
		}
		n, err := b.s.Redrive(b.ctx, store.RedriveOptions{At: b.tick()}, nil)
		b.ok("Redrive", err)
		if n != 0 {
			b.Errorf("Redrive after Clean(failed) = %d, want 0", n)
		}
		b.clean(0, store.CleanOptions{State: store.FailedJob})
	}
}

func testCleanFailedLimit(b *bed) {
	r := b.begin(blocksOf(4))
	r.insert("VVVV", both()...)
	c := b.claimOne()
	for index := range uint64(4) {
		b.kill(c, index)
	}
	b.clean(3, store.CleanOptions{State: store.FailedJob, Limit: 3})
	r.statuses("after Clean(failed, 3)", removed, removed, removed, dead)
}

// testCleanFailedKeys discards some dead letters by name; what else is named is passed
// over.
func testCleanFailedKeys(b *bed) {
	r := b.bury("a", "b", "c", "d")
	r.insert("V", both()...)
	failed := store.CleanOptions{State: store.FailedJob}
	failed.DeadSet = keysOf(append(r.keys(3, 1, 4, 99, 3), order.NewRunID(1, 1).Key(0))...)
	b.clean(2, failed)
	r.statuses("after Clean of 1 and 3", dead, removed, dead, removed, pending)
	b.clean(0, failed)
	failed.Keys, failed.Group = r.keys(0), order.ErrorGroup("c")
	b.clean(1, failed)
	b.redrive(1, store.RedriveOptions{})
	b.reopen()
	r.statuses("after Clean of 0 and Redrive", removed, removed, pending, removed, pending)
}

func testCleanFailedGroup(b *bed) {
	r := b.bury("refused 1", "timeout", "refused 2", "timeout", "refused 3")
	failed := store.CleanOptions{State: store.FailedJob, DeadSet: groupOf("no such group")}
	b.clean(0, failed)
	failed.DeadSet, failed.Limit = groupOf(order.ErrorGroup("refused 7")), 2
	b.clean(2, failed)
	r.statuses("after Clean of two of a group", removed, dead, removed, dead, dead)
	failed.Limit = 0
	b.clean(1, failed)
	b.reopen()
	r.statuses("after Clean of the group", removed, dead, removed, dead, removed)
}

// hidden fails the test unless that many processed orders are hidden, and these are
// listed, newest first.
func (b *bed) hidden(want int64, listed ...uint64) {
	b.Helper()
	totals, err := b.s.Totals(b.ctx)
	b.ok("Totals", err)
	if totals.Hidden != want {
		b.Errorf("Totals: %d hidden, want %d", totals.Hidden, want)
	}
	jobs := b.jobs(store.Completed)
	for i, job := range jobs {
		if i < len(listed) && job.Order.Key.Index() != listed[i] {
			b.Errorf("Jobs(completed) lists order %d at %d, want %d", job.Order.Key.Index(), i, listed[i])
		}
	}
	if len(jobs) != len(listed) {
		b.Errorf("Jobs(completed) lists %d jobs, want %d", len(jobs), len(listed))
	}
}

// oneByOne processes a run's orders of one lane in turn.
func (b *bed) oneByOne() {
	b.Helper()
	for {
		claims := b.claim(1)
		if len(claims) == 0 {
			return
		}
		b.process(claims...)
	}
}

func testCleanCompleted(b *bed) {
	r := b.begin(blocksOf(1))
	r.insert("VVV", both()...)
	b.oneByOne()
	b.hidden(0, 2, 1, 0)
	counts := r.counts()
	b.clean(3, store.CleanOptions{State: store.Completed})
	for _, reopen := range []func(){func() {}, b.reopen} {
		reopen()
		b.hidden(3)
		r.statuses("after Clean(completed)", processed, processed, processed)
		if got := r.counts(); got != counts {
			b.Errorf("Counts after Clean(completed) = %+v, want them as before: %+v", got, counts)
		}
		b.clean(0, store.CleanOptions{State: store.Completed})
	}
	r.insert("VV", both()...)
	b.oneByOne()
	b.hidden(3, 4, 3)
}

func testCleanCompletedLimit(b *bed) {
	r := b.begin(blocksOf(1))
	r.insert("VVVV", both()...)
	b.oneByOne()
	b.clean(3, store.CleanOptions{State: store.Completed, Limit: 3})
	b.hidden(3, 3)
	b.clean(1, store.CleanOptions{State: store.Completed, Limit: 3})
	b.hidden(4)
}

// testCleanCompletedLater processes an order after younger ones were hidden: it was not
// among those that Clean took, so it is listed.
func testCleanCompletedLater(b *bed) {
	r := b.begin(blocksOf(1))
	r.insert("VVV", both()...)
	claims := b.claims(3, 3)
	b.process(claims[1], claims[2])
	b.clean(2, store.CleanOptions{State: store.Completed})
	b.process(claims[0])
	b.hidden(2, 0)
	b.clean(1, store.CleanOptions{State: store.Completed})
	b.hidden(3)
}

// tally fails the test unless the totals say that so many orders were processed and so
// many of them are hidden, also after the store was opened again.
func (b *bed) tally(when string, processed, hidden int64) {
	b.Helper()
	for _, reopen := range []func(){func() {}, b.reopen} {
		reopen()
		totals, err := b.s.Totals(b.ctx)
		b.ok("Totals", err)
		if got := totals.Counts.Processed(); got != processed || totals.Hidden != hidden {
			b.Fatalf("Totals %s = %d processed, %d hidden, want %d, %d", when, got, totals.Hidden, processed, hidden)
		}
	}
}

// testCleanCompletedInert: the totals leave out what a run that is inert has processed,
// so they leave out what of it is hidden, whichever came first.
func testCleanCompletedInert(b *bed) {
	for _, cleanFirst := range []bool{true, false} {
		r := b.begin(blocksOf(2))
		r.insert("VVVVV", both()...)
		other := b.begin(standing)
		other.insert("N", both()...)
		b.process(b.claims(2, 4)...)
		if cleanFirst {
			b.clean(3, store.CleanOptions{State: store.Completed, Limit: 3})
			b.tally("before the cancel", 4, 3)
		}
		r.cancel(store.CancelOptions{KeepPending: true})
		b.tally("after the cancel", 0, 0)
		b.drain()
		b.tally("after another run's order was processed", 1, 0)
		want := int64(5)
		if cleanFirst {
			want = 2
		}
		b.clean(want, store.CleanOptions{State: store.Completed})
		b.tally("after everything was hidden", 1, 1)
		_, err := b.s.Reset(b.ctx, nil)
		b.ok("Reset", err)
		b.tally("after Reset", 0, 0)
	}
}

// testCleanCompletedVoid: a cancelled run that is not inert stays in the totals, and so do
// its hidden orders.
func testCleanCompletedVoid(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("VVV", both()...)
	b.process(b.claimOne())
	b.clean(2, store.CleanOptions{State: store.Completed})
	r.cancel(store.CancelOptions{})
	b.tally("after the cancel", 2, 2)
}
