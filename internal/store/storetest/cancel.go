package storetest

import (
	stdcmp "cmp"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func cancelTests() []test {
	return []test{
		{"Document", testCancelDocument},
		{"RemovesPending", testCancelRemoves},
		{"KeepsPending", testCancelKeeps},
		{"Ended", testCancelEnded},
		{"Unknown", testCancelUnknown},
		{"None", testCancelNone},
		{"Survives", testCancelSurvives},
		{"OtherRun", testCancelOtherRun},
		{"NextRun", testCancelNextRun},
		{"DeadLetters", testCancelDeadLetters},
	}
}

func testCancelDocument(b *bed) {
	for _, opts := range []store.CancelOptions{
		{Reason: "enough"},
		{Reason: "hide it", ShowIdle: true},
		{KeepPending: true},
		{Kind: "source", Reason: "the file is cut off", KeepPending: true},
	} {
		r := b.begin()
		r.insert("VN", both()...)
		r.advance(order.EnqueueVIP)
		opts.At = b.tick()
		got := r.cancel(opts)
		want := r.run
		want.Epoch++
		want.Phase, want.Ended, want.Entered[order.Failed] = order.Failed, opts.At, opts.At
		want.Failure = &order.Failure{Kind: stdcmp.Or(opts.Kind, order.FailureCancelled), Message: opts.Reason}
		want.ShowIdle, want.Void, want.Inert = opts.ShowIdle, true, opts.KeepPending
		b.sameRun("the run that Cancel returned", got.Run, want)
		b.sameRun("Run after Cancel", r.refresh(), want)
		if !got.Was {
			b.Errorf("Cancel of an active run: Was = false, want true")
		}
	}
}

// spread returns a run with VIP orders in every place: 0 is processed, 1 dead, 2
// delayed, 3 claimed, 4 and 5 wait; and NORMAL orders 6 and 7, that are not enqueued.
func (b *bed) spread() (*batch, *store.Claim) {
	b.Helper()
	r := b.begin(blocksOf(4))
	r.insert("VVVVVVNN", order.VIP)
	c := b.claimOne()
	b.settle(b.settlement(c, append(append(
		b.outcomes(c, order.Processed, 0),
		b.outcomes(c, order.Dead, 1)...),
		b.retryAt(c, b.tick().Add(time.Hour), 2)...)...))
	return r, c
}

// statuses fails the test unless the run's orders have these statuses.
func (r *batch) statuses(when string, want ...order.Status) {
	r.b.Helper()
	var got []order.Status
	for _, o := range r.b.list(store.OrderQuery{Run: r.run.ID, Limit: 1000}) {
		got = append(got, o.Status)
		if one := r.order(o.Key.Index()).Status; one != o.Status {
			r.b.Errorf("%s: order %d is %v by itself and %v in the list", when, o.Key.Index(), one, o.Status)
		}
	}
	if !cmp.Equal(got, want) {
		r.b.Fatalf("%s: statuses %v, want %v", when, got, want)
	}
}

const (
	pending   = order.Pending
	processed = order.Processed
	dead      = order.Dead
	removed   = order.Removed
)

func testCancelRemoves(b *bed) {
	r, c := b.spread()
	before := r.counts()
	if got := r.cancel(store.CancelOptions{}); got.Removed != 6 {
		b.Errorf("Cancel removed %d orders, want 6", got.Removed)
	}
	want := before
	want[order.VIP].Waiting, want[order.VIP].Delayed, want[order.VIP].Claimed, want[order.VIP].Removed = 0, 0, 0, 4
	want[order.Normal].Waiting, want[order.Normal].Removed = 0, 2
	if got := r.counts(); got != want {
		b.Errorf("Counts after Cancel = %+v, want %+v", got, want)
	}
	r.statuses("after Cancel", processed, dead, removed, removed, removed, removed, removed, removed)
	b.is("MayStart after Cancel", b.s.MayStart(c), order.ErrClaimLost)
	claims, next := b.claimAt(b.tick().Add(2*time.Hour), 100)
	if len(claims) != 0 || !next.IsZero() {
		b.Errorf("Claim after Cancel = %d claims, next at %v, want neither", len(claims), next)
	}
}

func testCancelKeeps(b *bed) {
	r, c := b.spread()
	before := r.counts()
	if got := r.cancel(store.CancelOptions{KeepPending: true}); got.Removed != 0 {
		b.Errorf("Cancel with KeepPending removed %d orders, want 0", got.Removed)
	}
	for _, reopen := range []func(){func() {}, b.reopen} {
		reopen()
		r.statuses("after Cancel with KeepPending", processed, dead, pending, pending, pending, pending, pending, pending)
		got := r.counts()
		for lane := range got {
			if got[lane].Unsettled() != before[lane].Unsettled() || got[lane].Claimed != 0 || got[lane].Removed != 0 {
				b.Errorf("Counts of %v = %+v, want its pending orders as before and none claimed", order.Priority(lane), got[lane])
			}
		}
		b.is("MayStart after Cancel", b.s.MayStart(c), order.ErrClaimLost)
		claims, next := b.claimAt(b.tick().Add(2*time.Hour), 100)
		if len(claims) != 0 || !next.IsZero() {
			b.Errorf("Claim after Cancel = %d claims, next at %v, want neither", len(claims), next)
		}
		totals, err := b.s.Totals(b.ctx)
		b.ok("Totals", err)
		if numbers(totals.Counts) != (order.Counts{}) {
			b.Errorf("Totals with one run, cancelled and kept pending = %+v, want none", totals.Counts)
		}
	}
}

func testCancelEnded(b *bed) {
	done := b.begin()
	done.finish()
	failed := b.begin()
	failed.insert("VN", both()...)
	failed.fail("source")
	cancelled := b.begin()
	cancelled.insert("VN", both()...)
	cancelled.cancel(store.CancelOptions{Reason: "first"})
	for _, r := range []*batch{done, failed, cancelled} {
		want, counts := r.refresh(), r.counts()
		got := r.cancel(store.CancelOptions{Reason: "again", ShowIdle: true, KeepPending: true})
		if got.Was || got.Removed != 0 {
			b.Errorf("Cancel of a run in %v = was %v, removed %d, want neither", want.Phase, got.Was, got.Removed)
		}
		b.sameRun("the run that Cancel returned", got.Run, want)
		b.sameRun("Run after Cancel of an ended run", r.refresh(), want)
		if got := r.counts(); got != counts {
			b.Errorf("Counts after Cancel of an ended run = %+v, want %+v", got, counts)
		}
	}
}

func testCancelUnknown(b *bed) {
	_, err := b.s.Cancel(b.ctx, order.NewRunID(epoch().UnixMilli(), 3), store.CancelOptions{At: b.tick()}, nil)
	b.is("Cancel of an unknown run", err, order.ErrNotFound)
}

// testCancelNone: a cancel that found nothing to end finds nothing when it is repeated
// either, whatever has begun since.
func testCancelNone(b *bed) {
	idem := b.idem("key", "fingerprint")
	for range 2 {
		done, err := b.s.Cancel(b.ctx, order.RunID{}, store.CancelOptions{At: b.tick()}, idem)
		b.ok("Cancel of no run", err)
		if done.Was || done.Removed != 0 || !done.Run.ID.IsZero() {
			b.Errorf("Cancel of no run = %+v, want zero", done)
		}
		b.reopen()
	}
	r := b.begin()
	done, err := b.s.Cancel(b.ctx, r.run.ID, store.CancelOptions{At: b.tick()}, idem)
	b.ok("Cancel repeated", err)
	if run := r.refresh(); done.Was || !run.Active() {
		b.Errorf("Cancel repeated by its key = %+v, want what it answered before", done)
	}
}

func testCancelSurvives(b *bed) {
	for _, keep := range []bool{false, true} {
		r, _ := b.spread()
		r.cancel(store.CancelOptions{KeepPending: keep})
		want, counts, read := r.refresh(), r.counts(), b.list(store.OrderQuery{Limit: 1000})
		b.reopen()
		b.sameRun("Run after Reopen", r.refresh(), want)
		if got := r.counts(); got != counts {
			b.Errorf("Counts after Reopen = %+v, want %+v", got, counts)
		}
		if diff := cmp.Diff(read, b.list(store.OrderQuery{Limit: 1000})); diff != "" {
			b.Errorf("orders after Reopen differ (-want +got):\n%s", diff)
		}
		b.nothing("after Reopen")
	}
}

func testCancelOtherRun(b *bed) {
	other := b.begin(standing)
	other.insert("VN", both()...)
	c := b.claimOne()
	r := b.begin()
	r.insert("VN", both()...)
	want, counts := other.refresh(), other.counts()
	r.cancel(store.CancelOptions{})
	b.sameRun("another run after Cancel", other.refresh(), want)
	if got := other.counts(); got != counts {
		b.Errorf("Counts of another run after Cancel = %+v, want %+v", got, counts)
	}
	b.ok("MayStart of another run's claim after Cancel", b.s.MayStart(c))
	b.process(c)
	b.expect("of another run after Cancel", 1)
}

func testCancelNextRun(b *bed) {
	r := b.begin()
	r.insert("VN", both()...)
	r.cancel(store.CancelOptions{})
	b.paused(false)
	next := b.begin()
	next.insert("VN", both()...)
	b.drain()
	if counts := next.counts(); counts.Processed() != 2 {
		b.Errorf("Counts of the next run = %+v, want 2 processed", counts)
	}
	if counts := r.counts(); counts.Processed() != 0 {
		b.Errorf("Counts of the cancelled run = %+v, want none processed", counts)
	}
}

// testCancelDeadLetters: no order of a cancelled run changes, so its dead letters stay.
func testCancelDeadLetters(b *bed) {
	r, _ := b.spread()
	r.cancel(store.CancelOptions{})
	counts := r.counts()
	for _, opts := range []store.RedriveOptions{{}, {DeadSet: keysOf(r.key(1))}} {
		opts.At = b.tick()
		n, err := b.s.Redrive(b.ctx, opts, nil)
		b.ok("Redrive", err)
		if n != 0 {
			b.Errorf("Redrive of a cancelled run's dead letter = %d, want 0", n)
		}
	}
	b.recount()
	if got := r.counts(); got != counts {
		b.Errorf("Counts after Redrive = %+v, want %+v", got, counts)
	}
	b.nothing("after Redrive")
}
