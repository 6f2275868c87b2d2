package storetest

import (
	"slices"
	"strings"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func poisonTests() []test {
	return []test{
		{"New", func(b *bed) { b.poisons(foreign, false) }},
		{"Delayed", func(b *bed) { b.poisons(foreign, true) }},
		{"Letter", testPoisonLetter},
		{"Ours", func(b *bed) { b.pardons(blocksOf(1), func(*store.Claim) { b.crash() }) }},
		{"Stopped", func(b *bed) { b.pardons(foreign, func(*store.Claim) { b.reopen() }) }},
		{"Released", func(b *bed) { b.pardons(foreign, func(c *store.Claim) { b.release(c); b.crash() }) }},
		{"CutByRemoval", testPoisonCutByRemoval},
		{"Progress", testPoisonProgress},
		{"Cancelled", func(b *bed) { b.cancelsPoisoned(b.crash) }},
		{"CancelledAndStopped", func(b *bed) { b.cancelsPoisoned(b.reopen) }},
		{"LateRelease", testPoisonLateRelease},
	}
}

// foreign gives the run a handler that may take the process down.
func foreign(s *order.Spec) { s.Work.Foreign = true }

// vips begins a run of so many VIP orders in blocks of ten.
func (b *bed) vips(n int, edit func(*order.Spec)) *batch {
	b.Helper()
	r := b.begin(blocksOf(10), edit)
	r.insert(strings.Repeat("V", n), order.VIP)
	return r
}

// next claims one block, nil if there is none.
func (b *bed) next() *store.Claim {
	b.Helper()
	claims := b.claim(1)
	if len(claims) == 0 {
		return nil
	}
	return claims[0]
}

// poisons has the process die whenever a handler gets a certain order: it ends as the one
// dead letter among those that were in hand with it.
func (b *bed) poisons(edit func(*order.Spec), delayed bool) {
	const poisoned, most = 17, 20
	r := b.vips(30, edit)
	if delayed {
		for _, c := range b.claims(3, 30) {
			b.settle(b.settlement(c, b.retryAt(c, b.tick(), c.Indexes...)...))
		}
	}
	crashes := 0
	for {
		c := b.next()
		if c == nil {
			break
		}
		if !slices.Contains(c.Indexes, poisoned) {
			b.process(c)
			continue
		}
		if crashes++; crashes > most {
			b.Fatalf("the poisoned order takes the process down for ever")
		}
		b.crash()
	}
	if c := r.counts(); c.Dead() != 1 || c.Processed() != 29 {
		b.Errorf("%d dead, %d processed; want 1, 29", c.Dead(), c.Processed())
	}
	if o := r.order(poisoned); o.Status != order.Dead {
		b.Errorf("the poisoned order is %v, want dead", o.Status)
	}
	if crashes < 3 || crashes > 8 {
		b.Errorf("it took %d crashes, want 3 to 8", crashes)
	}
	b.recount()
}

// testPoisonLetter looks at the dead letter, and puts it back.
func testPoisonLetter(b *bed) {
	r := b.vips(1, foreign)
	c := b.claimOne()
	b.settle(b.settlement(c, b.retryAt(c, b.tick(), 0)...))
	for range 3 {
		b.claimOne()
		b.crash()
	}
	o := r.order(0)
	if o.Status != order.Dead || o.Attempts != 2 || o.Reason != order.PoisonReason {
		b.Errorf("order = %v after %d attempts, %q; want dead after 2, %q", o.Status, o.Attempts, o.Reason, order.PoisonReason)
	}
	letters := b.letters(store.DeadQuery{Limit: 10})
	if len(letters) != 1 || letters[0].Group != order.ErrorGroup(order.PoisonReason) || letters[0].Attempts != 2 {
		b.Errorf("dead letters = %+v, want the one", letters)
	}
	if c := r.counts(); c[order.VIP].Unsettled() != 0 || c.Dead() != 1 {
		b.Errorf("counts = %+v, want one dead", c[order.VIP])
	}
	n, err := b.s.Redrive(b.ctx, store.RedriveOptions{At: b.tick()}, nil)
	b.ok("Redrive", err)
	if n != 1 {
		b.Errorf("Redrive = %d, want 1", n)
	}
	b.claimOne()
	b.crash() // its strikes are those of before no more
	b.process(b.claimOne())
	r.statuses("after Redrive", processed)
	b.recount()
}

// pardons ends the process in that way again and again while the run's only order is
// claimed, or was.
func (b *bed) pardons(edit func(*order.Spec), end func(*store.Claim)) {
	r := b.vips(1, edit)
	for range 5 {
		end(b.claimOne())
	}
	b.process(b.claimOne())
	r.statuses("at the end", processed)
}

// testPoisonCutByRemoval: a claim that a removal revoked was in nobody's hands.
func testPoisonCutByRemoval(b *bed) {
	r := b.vips(10, foreign)
	for index := range uint64(8) {
		b.claimOne()
		n, err := b.s.Remove(b.ctx, []order.Key{r.key(index)}, nil)
		b.ok("Remove", err)
		if n != 1 {
			b.Fatalf("Remove = %d, want 1", n)
		}
		b.crash()
	}
	if c := b.claimOne(); len(c.Indexes) != 2 {
		b.Errorf("the block was halved, its claim holds %d orders; want the 2 that are left", len(c.Indexes))
	}
}

// testPoisonProgress: a block that is settled bit by bit gets no further than one strike.
func testPoisonProgress(b *bed) {
	r := b.vips(10, foreign)
	for range 10 {
		c := b.claimOne()
		b.settle(b.settlement(c, b.outcomes(c, order.Processed, c.Indexes[0])...))
		b.crash()
	}
	if c := b.next(); c != nil {
		b.Errorf("%d orders are left, want none", len(c.Indexes))
	}
	if c := r.counts(); c.Processed() != 10 {
		b.Errorf("%d processed, want 10", c.Processed())
	}
}

// cancelsPoisoned cancels a run whose order was struck twice and is in hand: it does not
// change any more, however the process ends.
func (b *bed) cancelsPoisoned(end func()) {
	r := b.vips(1, foreign)
	c := b.claimOne()
	b.settle(b.settlement(c, b.retryAt(c, b.tick(), 0)...))
	for range 2 {
		b.claimOne()
		b.crash()
	}
	b.claimOne()
	if done := r.cancel(store.CancelOptions{}); done.Removed != 1 {
		b.Fatalf("Cancel removed %d, want 1", done.Removed)
	}
	end()
	r.statuses("after Cancel", removed)
	if c := r.counts(); !c.Conserved() || c.Dead() != 0 {
		b.Errorf("counts = %+v, want one removed", c[order.VIP])
	}
	b.recount()
}

// testPoisonLateRelease has a worker give back a claim that it lost, while another one has
// the block in hand: that one's crashes count.
func testPoisonLateRelease(b *bed) {
	r := b.vips(1, foreign)
	for range 3 {
		late := b.claimOne()
		b.release(late)
		b.claimOne()
		b.release(late)
		b.crash()
	}
	r.statuses("after three crashes", dead)
}
