package storetest

import (
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func cleanSettledTests() []test {
	return []test{
		{"Failed", testCleanFailed},
		{"FailedLimit", testCleanFailedLimit},
		{"Completed", testCleanCompleted},
		{"CompletedLimit", testCleanCompletedLimit},
		{"CompletedLater", testCleanCompletedLater},
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
