package storetest

import (
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func resetTests() []test {
	return []test{
		{"ForgetsEverything", testReset},
		{"Empty", testResetEmpty},
		{"LateCalls", testResetLate},
		{"StartsAnew", testResetStartsAnew},
		{"LiftsPause", testResetLiftsPause},
	}
}

func (b *bed) reset() store.Wiped {
	b.Helper()
	wiped, err := b.s.Reset(b.ctx, nil)
	b.ok("Reset", err)
	b.recount()
	return wiped
}

func (b *bed) generation() uint64 {
	b.Helper()
	totals, err := b.s.Totals(b.ctx)
	b.ok("Totals", err)
	return totals.Generation
}

func testReset(b *bed) {
	ended := b.begin()
	ended.insert("VN", both()...)
	b.drain()
	_, err := b.s.Clean(b.ctx, store.CleanOptions{State: store.Completed, At: b.tick()}, nil)
	b.ok("Clean", err)
	ended.finish()
	r, _ := b.spread()
	generation := b.generation()
	if got, want := b.reset(), (store.Wiped{Orders: 10, Runs: 2, Queued: 6}); got != want {
		b.Errorf("Reset = %+v, want %+v", got, want)
	}
	for _, reopen := range []func(){func() {}, b.reopen} {
		reopen()
		totals, err := b.s.Totals(b.ctx)
		b.ok("Totals", err)
		if want := (store.Totals{Generation: generation + 1, GateOpen: true}); totals != want {
			b.Errorf("Totals after Reset = %+v, want %+v", totals, want)
		}
		b.forgotten(r)
	}
}

// forgotten fails the test if anything is left of what was.
func (b *bed) forgotten(r *batch) {
	b.Helper()
	if runs := b.runs(); len(runs) != 0 {
		b.Errorf("Runs after Reset = %d runs, want none", len(runs))
	}
	if left := b.list(store.OrderQuery{Limit: 100}); len(left) != 0 {
		b.Errorf("Orders after Reset = %d orders, want none", len(left))
	}
	for _, state := range []store.JobState{store.Waiting, store.Active, store.Delayed, store.Completed, store.FailedJob} {
		if jobs := b.jobs(state); len(jobs) != 0 {
			b.Errorf("Jobs(%s) after Reset = %d jobs, want none", state, len(jobs))
		}
	}
	if letters := b.letters(store.DeadQuery{Limit: 100}); len(letters) != 0 {
		b.Errorf("DeadLetters after Reset = %d, want none", len(letters))
	}
	_, err := b.s.Run(b.ctx, r.run.ID)
	b.is("Run after Reset", err, order.ErrNotFound)
	_, err = b.s.Order(b.ctx, r.key(0))
	b.is("Order after Reset", err, order.ErrNotFound)
	if got := r.counts(); got != (order.Counts{}) {
		b.Errorf("Counts after Reset = %+v, want none", got)
	}
	b.nothing("after Reset")
}

func testResetEmpty(b *bed) {
	generation := b.generation()
	for n := range uint64(3) {
		if got := b.reset(); got != (store.Wiped{}) {
			b.Errorf("Reset of an empty store = %+v, want nothing", got)
		}
		if got, want := b.generation(), generation+n+1; got != want {
			b.Errorf("generation after Reset = %d, want %d", got, want)
		}
	}
}

func testResetLate(b *bed) {
	r, c := b.spread()
	settlement := b.settlement(c, b.outcomes(c, order.Processed, c.Indexes...)...)
	chunk := r.chunk("VN", both()...)
	b.reset()
	late := func() {
		_, err := b.s.Insert(b.ctx, r.fence(), chunk)
		b.is("Insert after Reset", err, order.ErrStale)
		_, err = b.s.Enqueue(b.ctx, r.fence(), order.Normal)
		b.is("Enqueue after Reset", err, order.ErrStale)
		_, err = b.s.Advance(b.ctx, r.fence(), store.Step{From: order.Generating, To: order.EnqueueVIP, At: b.tick()})
		b.is("Advance after Reset", err, order.ErrStale)
		b.is("Settle after Reset", b.s.Settle(b.ctx, settlement), order.ErrClaimLost)
		b.is("MayStart after Reset", b.s.MayStart(c), order.ErrClaimLost)
		b.is("Extend after Reset", b.s.Extend(b.ctx, c), order.ErrClaimLost)
		b.ok("Release after Reset", b.s.Release(b.ctx, c))
		_, err = b.s.Cancel(b.ctx, r.run.ID, store.CancelOptions{At: b.tick()}, nil)
		b.is("Cancel after Reset", err, order.ErrNotFound)
		b.recount()
	}
	late()
	b.forgotten(r)
	next := b.begin()
	next.insert("VVVV", both()...)
	want, counts := next.refresh(), next.counts()
	late()
	b.sameRun("the next run after late calls", next.refresh(), want)
	if got := next.counts(); got != counts {
		b.Errorf("Counts of the next run after late calls = %+v, want %+v", got, counts)
	}
}

func testResetStartsAnew(b *bed) {
	r, _ := b.spread()
	b.reset()
	next := b.begin() // no run is active any more
	if next.run.ID == r.run.ID {
		b.Errorf("Begin after Reset = the ID of a run before it: %v", r.run.ID)
	}
	next.insert("NNV", both()...)
	b.expect("after Reset: VIP", 2)
	b.expect("after Reset: NORMAL, as no VIP order of old holds the gate", 0, 1)
}

func testResetLiftsPause(b *bed) {
	b.ok("Pause", b.s.Pause(b.ctx, nil))
	b.reset()
	b.paused(false)
	b.reopen()
	b.paused(false)
	r := b.begin()
	r.insert("V", both()...)
	b.expect("after Reset of a paused store", 0)
}
