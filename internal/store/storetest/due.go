package storetest

import (
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func dueTests() []test {
	return []test{
		{"BehindTheGate", testDueBehindTheGate},
		{"VIPBeforeNormal", testDueVIPBeforeNormal},
		{"Paused", testDuePaused},
		{"OpeningTheGateWakes", testDueOpeningWakes},
	}
}

// due fails the test unless nothing can be claimed at that instant and Claim says when
// that changes by itself.
func (b *bed) due(when string, now, want time.Time) {
	b.Helper()
	claims, next := b.claimAt(now, 10)
	if len(claims) != 0 || !next.Equal(want) {
		b.Fatalf("Claim %s = orders %v, next at %v, want none and %v", when, indexes(claims...), next, want)
	}
}

// behindTheGate returns a claim of VIP order 1, and when the retry of NORMAL order 0 is
// due, which that claim holds back.
func (b *bed) behindTheGate() (*batch, *store.Claim, time.Time) {
	b.Helper()
	r := b.begin(standing)
	r.insert("N", both()...)
	c := b.claimOne()
	due := b.tick().Add(time.Minute)
	b.settle(b.settlement(c, b.retryAt(c, due, 0)...))
	r.insert("V", both()...)
	return r, b.claimOne(), due
}

// testDueBehindTheGate: a retry that the gate holds back is nothing to wait for by the
// clock, be it to come or overdue. Whoever took its due time for a reason to ask again
// would ask without end.
func testDueBehindTheGate(b *bed) {
	_, vip, due := b.behindTheGate()
	b.due("before the NORMAL retry is due", due.Add(-time.Second), time.Time{})
	b.due("when it is due", due, time.Time{})
	b.due("when it is overdue", due.Add(time.Second), time.Time{})
	later := due.Add(time.Hour)
	b.settle(b.settlement(vip, b.retryAt(vip, later, 1)...))
	for _, now := range []time.Time{due.Add(-time.Second), due, due.Add(time.Minute)} {
		b.due("while a VIP retry is delayed too", now, later)
	}
	claims, _ := b.claimAt(later, 10)
	b.process(claims...)
	if claims, _ = b.claimAt(later, 10); len(claims) != 1 || claims[0].Priority != order.Normal {
		b.Fatalf("Claim with the gate open = orders %v, want the NORMAL retry", indexes(claims...))
	}
}

// testDueVIPBeforeNormal has a retry in each lane and no other VIP order: the NORMAL one
// comes due first, and has to wait for the VIP one.
func testDueVIPBeforeNormal(b *bed) {
	_, vip, due := b.behindTheGate()
	b.settle(b.settlement(vip, b.retryAt(vip, due.Add(time.Minute), 1)...))
	b.due("before both are due", due.Add(-time.Second), due.Add(time.Minute))
	claims, _ := b.claimAt(due.Add(time.Minute), 10)
	b.kill(claims[0], 1)
	claims, _ = b.claimAt(due.Add(time.Minute), 10)
	b.settle(b.settlement(claims[0], b.retryAt(claims[0], due.Add(time.Hour), 0)...))
	b.due("with the gate open", due.Add(2*time.Minute), due.Add(time.Hour))
}

func testDuePaused(b *bed) {
	r := b.begin()
	r.insert("V", both()...)
	c := b.claimOne()
	due := b.tick().Add(time.Hour)
	b.settle(b.settlement(c, b.retryAt(c, due, 0)...))
	b.ok("Pause", b.s.Pause(b.ctx, nil))
	b.due("while paused", due.Add(-time.Minute), time.Time{})
	b.due("while paused, of an overdue retry", due.Add(time.Minute), time.Time{})
	b.wakes("Resume", func() { b.ok("Resume", b.s.Resume(b.ctx, nil)) })
	b.due("after Resume", due.Add(-time.Minute), due)
}

// testDueOpeningWakes opens the gate before an overdue NORMAL retry in every way there
// is: since no instant is told for it, each must wake whoever found nothing.
func testDueOpeningWakes(b *bed) {
	for name, open := range map[string]func(r *batch, vip *store.Claim){
		"Settle as processed": func(_ *batch, vip *store.Claim) { b.process(vip) },
		"Settle as dead":      func(_ *batch, vip *store.Claim) { b.kill(vip, 1) },
		"Remove":              func(r *batch, _ *store.Claim) { b.remove(1, r.key(1)) },
		"Clean": func(*batch, *store.Claim) {
			b.clean(1, store.CleanOptions{State: store.Active})
		},
		"Cancel of the VIP order's run": func(_ *batch, vip *store.Claim) {
			other := b.begin()
			other.insert("V", both()...)
			b.process(vip)
			other.cancel(store.CancelOptions{})
		},
	} {
		r, vip, due := b.behindTheGate()
		b.due("behind the gate", due, time.Time{})
		b.wakes(name, func() { open(r, vip) })
		claims, _ := b.claimAt(due, 1)
		if len(claims) != 1 || claims[0].Priority != order.Normal {
			b.Fatalf("Claim after %s = orders %v, want the NORMAL retry", name, indexes(claims...))
		}
		b.process(claims...)
	}
}
