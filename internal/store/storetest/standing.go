package storetest

import (
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func standingTests() []test {
	return []test{
		{"BesideABatch", testStandingBeside},
		{"OutlivesBatches", testStandingOutlives},
		{"Cancelled", testStandingCancelled},
	}
}

func testStandingBeside(b *bed) {
	stands, r := b.begin(standing), b.begin()
	for range 5 {
		stands.insert("VN", both()...)
		r.insert("NV", order.VIP)
	}
	r.enqueue(order.Normal)
	b.drain()
	for _, run := range []*batch{stands, r} {
		counts := run.counts()
		for lane, c := range counts {
			if c.Generated != 5 || c.Processed != 5 {
				b.Errorf("Counts of %v in the %v run = %+v, want 5 processed", order.Priority(lane), run.run.Spec.Kind, c)
			}
		}
	}
	totals, err := b.s.Totals(b.ctx)
	b.ok("Totals", err)
	if totals.Counts.Processed() != 20 {
		b.Errorf("Totals: %d processed, want 20", totals.Counts.Processed())
	}
}

func testStandingOutlives(b *bed) {
	stands := b.begin(standing)
	stands.insert("V", both()...)
	for range 3 {
		r := b.begin()
		r.insert("VN", both()...)
		b.drain()
		r.finish()
		stands.insert("VN", both()...)
	}
	b.reopen()
	b.drain()
	if run := stands.refresh(); !run.Active() {
		b.Errorf("the standing run is in %v, want it active", run.Phase)
	}
	if counts := stands.counts(); counts.Processed() != 7 {
		b.Errorf("Counts of the standing run = %+v, want 7 processed", counts)
	}
}

func testStandingCancelled(b *bed) {
	stands, r := b.begin(standing), b.begin()
	stands.insert("VVN", both()...)
	r.insert("VN", both()...)
	stands.cancel(store.CancelOptions{})
	b.drain()
	if counts := r.counts(); counts.Processed() != 2 {
		b.Errorf("Counts of the batch run = %+v, want 2 processed", counts)
	}
	again := b.begin(standing)
	again.insert("V", both()...)
	b.expect("of the next standing run", 0)
}
