package storetest

import (
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func redriveTests() []test {
	return []test{
		{"All", testRedriveAll},
		{"Keys", testRedriveKeys},
		{"Group", testRedriveGroup},
		{"Limit", testRedriveLimit},
		{"NotBeforeAt", testRedriveNotBefore},
		{"AttemptsStartAnew", testRedriveAttempts},
		{"DeadAgain", testRedriveDeadAgain},
		{"EndedRun", testRedriveEndedRun},
		{"Survives", testRedriveSurvives},
	}
}

func keysOf(keys ...order.Key) store.DeadSet { return store.DeadSet{Keys: keys} }
func groupOf(group string) store.DeadSet     { return store.DeadSet{Group: group} }

// redrive fails the test unless Redrive returns that number.
func (b *bed) redrive(want int64, opts store.RedriveOptions) {
	b.Helper()
	if opts.At.IsZero() {
		opts.At = b.tick()
	}
	n, err := b.s.Redrive(b.ctx, opts, nil)
	b.ok("Redrive", err)
	b.recount()
	if n != want {
		b.Fatalf("Redrive(%+v) = %d, want %d", opts, n, want)
	}
}

func testRedriveAll(b *bed) {
	b.redrive(0, store.RedriveOptions{})
	r := b.begin(blocksOf(3))
	r.insert("VVVNNN", both()...)
	b.kill(b.claimOne(), 0, 1, 2)
	b.kill(b.claimOne(), 3, 4, 5)
	b.redrive(6, store.RedriveOptions{})
	counts := r.counts()
	for lane, c := range counts {
		if c.Dead != 0 || c.Waiting+c.Delayed != 3 || c.Settled != (order.Digest{}) {
			b.Errorf("Counts of %v = %+v, want 3 pending and an empty digest", order.Priority(lane), c)
		}
	}
	r.statuses("after Redrive", pending, pending, pending, pending, pending, pending)
	if got := r.order(0); got.Reason != "" || !got.ProcessedAt.IsZero() {
		b.Errorf("a redriven order reads %+v, want no outcome", got)
	}
	if letters := b.letters(store.DeadQuery{Limit: 10}); len(letters) != 0 {
		b.Errorf("DeadLetters after Redrive = %d, want none", len(letters))
	}
	b.redrive(0, store.RedriveOptions{})
	b.drain()
	r.statuses("at the end", processed, processed, processed, processed, processed, processed)
	counts = r.counts()
	if got, want := counts.Digest(), counts[order.VIP].Accepted.Add(counts[order.Normal].Accepted); got != want {
		b.Errorf("digest at the end = %v, want %v as foretold", got, want)
	}
}

func testRedriveKeys(b *bed) {
	r := b.bury("a", "b", "c", "d")
	r.insert("V", both()...)
	b.redrive(2, store.RedriveOptions{DeadSet: keysOf(append(r.keys(3, 1, 4, 99, 3), order.NewRunID(1, 1).Key(0))...)})
	r.statuses("after Redrive of 1 and 3", dead, pending, dead, pending, pending)
	b.redrive(0, store.RedriveOptions{DeadSet: keysOf(r.keys(1, 3)...)})
	b.redrive(1, store.RedriveOptions{DeadSet: store.DeadSet{Keys: r.keys(0), Group: order.ErrorGroup("b")}})
	r.statuses("after Redrive of 0", pending, pending, dead, pending, pending)
}

func testRedriveGroup(b *bed) {
	r := b.bury("refused 1", "timeout", "refused 2", "timeout")
	b.redrive(0, store.RedriveOptions{DeadSet: groupOf("no such group")})
	b.redrive(2, store.RedriveOptions{DeadSet: groupOf(order.ErrorGroup("refused 7"))})
	r.statuses("after Redrive of a group", pending, dead, pending, dead)
}

func testRedriveLimit(b *bed) {
	r := b.bury("a", "a", "a", "a", "a", "a")
	b.redrive(2, store.RedriveOptions{Limit: 2})
	r.statuses("after Redrive of 2", pending, pending, dead, dead, dead, dead)
	b.redrive(1, store.RedriveOptions{Limit: 1, DeadSet: groupOf(order.ErrorGroup("a"))})
	r.statuses("after Redrive of 1 of a group", pending, pending, pending, dead, dead, dead)
	b.redrive(3, store.RedriveOptions{Limit: 10})
}

func testRedriveNotBefore(b *bed) {
	r := b.bury("a")
	at := b.tick()
	b.redrive(1, store.RedriveOptions{At: at})
	claims, _ := b.claimAt(at, 1)
	if len(claims) != 1 || claims[0].Indexes[0] != 0 || claims[0].Run != r.run.ID {
		b.Errorf("Claim at the instant of Redrive = %v, want the order", claims)
	}
}

func testRedriveAttempts(b *bed) {
	r := b.begin()
	r.insert("V", both()...)
	c := b.claimOne()
	b.settle(b.settlement(c, b.outcomes(c, order.Pending, 0)...))
	b.kill(b.claimOne(), 0)
	b.redrive(1, store.RedriveOptions{})
	c = b.claimOne()
	if c.Attempts != 0 {
		b.Errorf("Attempts after Redrive = %d, want 0", c.Attempts)
	}
	b.process(c)
	if got := r.order(0).Attempts; got != 1 {
		b.Errorf("Attempts of an order that was redriven and processed = %d, want 1", got)
	}
}

func testRedriveDeadAgain(b *bed) {
	r := b.bury("a", "b")
	for times := range 3 {
		letters := b.letters(store.DeadQuery{Limit: 10})
		if len(letters) != 2 || letters[0].Redriven != times || letters[1].Redriven != 0 || letters[0].Attempts != 1 {
			b.Fatalf("DeadLetters = %+v, want the first redriven %d times", letters, times)
		}
		b.reopen()
		b.redrive(1, store.RedriveOptions{DeadSet: keysOf(r.keys(0)...)})
		b.reopen()
		b.kill(b.claimOne(), 0)
	}
}

// testRedriveEndedRun: the run stays done, its redriven orders are processed all the
// same, and VIP ones among them hold the gate of another run.
func testRedriveEndedRun(b *bed) {
	r := b.begin()
	r.insert("VN", both()...)
	b.kill(b.claimOne(), 0)
	b.drain()
	r.finish()
	live := b.begin()
	live.insert("N", both()...)
	want, window := r.refresh(), r.counts()[order.VIP]
	b.redrive(1, store.RedriveOptions{})
	b.sameRun("a run that is done after Redrive", r.refresh(), want)
	c := b.claimOne()
	if c.Run != r.run.ID {
		b.Fatalf("Claim after Redrive = run %v, want the redriven VIP order of run %v", c.Run, r.run.ID)
	}
	b.nothing("while the redriven VIP order is claimed")
	b.process(c)
	b.sameRun("a run that is done after its redriven order was processed", r.refresh(), want)
	r.statuses("at the end", processed, processed)
	for range 2 {
		if got := r.counts()[order.VIP]; !got.First.Equal(window.First) || !got.Last.Equal(window.Last) {
			b.Errorf("window = %v to %v, want %v to %v as when the run ended", got.First, got.Last, window.First, window.Last)
		}
		b.reopen()
	}
	b.expect("of the live run", 0)
}

func testRedriveSurvives(b *bed) {
	r := b.bury("a", "b", "c")
	b.redrive(2, store.RedriveOptions{DeadSet: keysOf(r.keys(0, 2)...)})
	counts := r.counts()
	b.reopen()
	if got := r.counts(); got != counts {
		b.Errorf("Counts after Reopen = %+v, want %+v", got, counts)
	}
	r.statuses("after Reopen", pending, dead, pending)
	b.drain()
	r.statuses("at the end", processed, dead, processed)
}
