package storetest

import (
	"github.com/filavip/filavip/internal/order"
)

func pauseTests() []test {
	return []test{
		{"StopsHandOut", testPauseStops},
		{"Survives", testPauseSurvives},
		{"HeldClaims", testPauseHeldClaims},
		{"Insert", testPauseInsert},
	}
}

// paused fails the test unless Totals says so.
func (b *bed) paused(want bool) {
	b.Helper()
	totals, err := b.s.Totals(b.ctx)
	b.ok("Totals", err)
	if totals.Paused != want {
		b.Fatalf("Totals: paused %v, want %v", totals.Paused, want)
	}
}

func testPauseStops(b *bed) {
	r := b.begin()
	r.insert("VNV", both()...)
	b.paused(false)
	for range 2 {
		b.ok("Pause", b.s.Pause(b.ctx, nil))
		b.paused(true)
		b.nothing("while paused")
	}
	for range 2 {
		b.ok("Resume", b.s.Resume(b.ctx, nil))
		b.paused(false)
	}
	b.expect("after Resume", 0, 2)
}

func testPauseSurvives(b *bed) {
	r := b.begin()
	r.insert("V", both()...)
	b.ok("Pause", b.s.Pause(b.ctx, nil))
	b.reopen()
	b.paused(true)
	b.nothing("while paused, in a new process")
	b.ok("Resume", b.s.Resume(b.ctx, nil))
	b.reopen()
	b.paused(false)
	b.expect("after Resume, in a new process", 0)
}

func testPauseHeldClaims(b *bed) {
	r := b.begin(blocksOf(1))
	r.insert("VV", both()...)
	claims := b.claims(2, 2)
	b.ok("Pause", b.s.Pause(b.ctx, nil))
	b.is("MayStart while paused", b.s.MayStart(claims[0]), order.ErrPaused)
	b.process(claims[0]) // what was in hand ends
	b.ok("Resume", b.s.Resume(b.ctx, nil))
	b.ok("MayStart after Resume", b.s.MayStart(claims[1]))
	b.ok("Pause", b.s.Pause(b.ctx, nil))
	b.release(claims[1])
	b.nothing("of what was released while paused")
	b.ok("Resume", b.s.Resume(b.ctx, nil))
	b.expect("after Resume", 1)
}

func testPauseInsert(b *bed) {
	b.ok("Pause", b.s.Pause(b.ctx, nil))
	r := b.begin()
	r.insert("VN", both()...)
	r.enqueue(order.Normal)
	b.nothing("of what was inserted while paused")
	b.ok("Resume", b.s.Resume(b.ctx, nil))
	b.drain()
	counts := r.counts()
	if counts.Processed() != 2 {
		b.Errorf("processed %d, want 2", counts.Processed())
	}
}
