package storetest

import (
	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
)

func enqueueTests() []test {
	return []test{
		{"HoldsBack", testEnqueueHoldsBack},
		{"Repeat", testEnqueueRepeat},
		{"Grows", testEnqueueGrows},
		{"SurvivesReopen", testEnqueueSurvives},
		{"Counts", testEnqueueCounts},
		{"EachLane", testEnqueueEachLane},
	}
}

// nothing fails the test if something can be claimed.
func (b *bed) nothing(when string) {
	b.Helper()
	if claims := b.claim(1000); len(claims) != 0 {
		b.Fatalf("Claim %s = orders %v, want none", when, indexes(claims...))
	}
}

// expect claims everything and fails the test if that is not these orders in turn.
func (b *bed) expect(when string, want ...uint64) {
	b.Helper()
	claims := b.claimAll()
	if got := indexes(claims...); !cmp.Equal(got, want) {
		b.Fatalf("Claim %s = orders %v, want %v", when, got, want)
	}
	b.process(claims...)
}

func testEnqueueHoldsBack(b *bed) {
	r := b.begin()
	r.insert("NNNN")
	b.nothing("before Enqueue")
	r.insert("N", order.VIP)
	b.nothing("after the other lane was ready")
	if n := r.enqueue(order.Normal); n != 5 {
		b.Errorf("Enqueue = %d, want 5", n)
	}
	b.expect("after Enqueue", 0, 1, 2, 3, 4)
}

func testEnqueueRepeat(b *bed) {
	r := b.begin()
	r.insert("NNNN")
	r.enqueue(order.Normal)
	run, counts := r.run, r.counts()
	for _, reopen := range []func(){func() {}, b.reopen} {
		reopen()
		if n := r.enqueue(order.Normal); n != 0 {
			b.Errorf("second Enqueue = %d, want 0", n)
		}
		b.sameRun("Run after a second Enqueue", r.run, run)
		if got := r.counts(); got != counts {
			b.Errorf("Counts after a second Enqueue = %+v, want %+v", got, counts)
		}
	}
	b.expect("after Enqueue", 0, 1, 2, 3)
	r.enqueue(order.Normal)
	b.nothing("after everything was processed")
}

func testEnqueueGrows(b *bed) {
	r := b.begin()
	r.insert("NN")
	r.enqueue(order.Normal)
	r.insert("NNNN")
	if r.run.Enqueued[order.Normal] != 2 {
		b.Errorf("enqueued up to %d, want 2", r.run.Enqueued[order.Normal])
	}
	b.expect("before the second Enqueue", 0, 1)
	if n := r.enqueue(order.Normal); n != 4 {
		b.Errorf("second Enqueue = %d, want 4", n)
	}
	b.expect("after the second Enqueue", 2, 3, 4, 5)
}

func testEnqueueSurvives(b *bed) {
	r := b.begin()
	r.insert("NNN")
	b.reopen()
	b.nothing("before Enqueue, in a new process")
	r.enqueue(order.Normal)
	b.reopen()
	b.expect("after Enqueue, in a new process", 0, 1, 2)
}

func testEnqueueCounts(b *bed) {
	r := b.begin()
	r.insert("VNNV")
	before := r.counts()
	r.enqueue(order.VIP)
	r.enqueue(order.Normal)
	if got := r.counts(); got != before {
		b.Errorf("Counts after Enqueue = %+v, want them as before: %+v", got, before)
	}
	if want := [order.PriorityCount]uint64{4, 4}; r.run.Enqueued != want {
		b.Errorf("enqueued up to %v, want %v", r.run.Enqueued, want)
	}
}

func testEnqueueEachLane(b *bed) {
	r := b.begin()
	r.insert("VNVN")
	if n := r.enqueue(order.VIP); n != 2 {
		b.Errorf("Enqueue(VIP) = %d, want 2", n)
	}
	b.expect("after Enqueue(VIP)", 0, 2)
	b.nothing("before Enqueue(NORMAL)")
	if n := r.enqueue(order.Normal); n != 2 {
		b.Errorf("Enqueue(NORMAL) = %d, want 2", n)
	}
	b.expect("after Enqueue(NORMAL)", 1, 3)
}
