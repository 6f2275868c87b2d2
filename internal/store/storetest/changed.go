package storetest

import (
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func changedTests() []test {
	return []test{
		{"Closes", testChangedCloses},
		{"WakesTheWaiting", testChangedWakes},
		{"AfterTheCall", testChangedAfterTheCall},
	}
}

// wakes fails the test (by its deadline) unless the change closes the channel.
func (b *bed) wakes(what string, change func()) {
	b.Helper()
	changed := b.s.Changed()
	change()
	b.ok("Changed after "+what, wait(b.ctx, changed))
}

func testChangedCloses(b *bed) {
	r := b.begin(blocksOf(1))
	var c *store.Claim
	b.wakes("Insert", func() { r.insert("VVVNN", both()...) })
	b.wakes("Claim", func() { c = b.claimOne() })
	b.wakes("Release", func() { b.release(c) })
	b.wakes("Settle", func() { b.process(b.claimOne()) })
	b.wakes("Settle for a retry", func() {
		c := b.claimOne()
		b.settle(b.settlement(c, b.outcomes(c, order.Pending, c.Indexes...)...))
	})
	b.wakes("Settle as dead", func() { c := b.claimOne(); b.kill(c, c.Indexes...) })
	b.wakes("Redrive", func() {
		_, err := b.s.Redrive(b.ctx, store.RedriveOptions{At: b.tick()}, nil)
		b.ok("Redrive", err)
	})
	b.ok("Pause", b.s.Pause(b.ctx, nil))
	b.wakes("Resume", func() { b.ok("Resume", b.s.Resume(b.ctx, nil)) })
	b.wakes("Remove", func() {
		_, err := b.s.Remove(b.ctx, []order.Key{r.key(4)}, nil)
		b.ok("Remove", err)
	})
	b.wakes("Clean", func() {
		_, err := b.s.Clean(b.ctx, store.CleanOptions{State: store.Delayed, At: b.tick()}, nil)
		b.ok("Clean", err)
	})
	b.wakes("Cancel", func() { r.cancel(store.CancelOptions{}) })
	r = b.begin()
	r.insert("N")
	b.wakes("Enqueue", func() { r.enqueue(order.Normal) })
	b.wakes("Reset", func() {
		_, err := b.s.Reset(b.ctx, nil)
		b.ok("Reset", err)
	})
}

func testChangedWakes(b *bed) {
	r := b.begin()
	const waiters = 8
	woken := make(chan error)
	for range waiters {
		changed := b.s.Changed()
		go func() { woken <- wait(b.ctx, changed) }()
	}
	r.insert("V", both()...)
	for range waiters {
		b.ok("Changed", <-woken)
	}
}

// testChangedAfterTheCall has a waiter that asks again after each wake-up, as workers
// do: it must not miss the change between.
func testChangedAfterTheCall(b *bed) {
	r := b.begin(blocksOf(1))
	id := r.run.ID // the run itself is read anew by each insert
	done := make(chan error)
	go func() {
		for seen := int64(0); seen < 20; {
			changed := b.s.Changed()
			counts, err := b.s.Counts(b.ctx, id)
			if err == nil && counts.Generated() == seen {
				err = wait(b.ctx, changed)
			}
			if err != nil {
				done <- err
				return
			}
			seen = counts.Generated()
		}
		done <- nil
	}()
	for range 20 {
		r.insert("N")
	}
	b.ok("waiting for 20 changes", <-done)
}
