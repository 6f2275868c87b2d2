package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func reopenTests() []test {
	return []test{
		{"AfterClose", func(b *bed) { b.comesBack(b.reopen) }},
		{"AfterCrash", func(b *bed) { b.comesBack(b.crash) }},
		{"AtEachStep", func(b *bed) { b.stepByStep(b.reopen) }},
		{"CrashAtEachStep", func(b *bed) { b.stepByStep(b.crash) }},
		{"Closed", testClosed},
		{"CloseTwice", testCloseTwice},
	}
}

// comesBack ends the process of a store with orders in every place: all that calls
// acknowledged is there again, and what was claimed is claimable.
func (b *bed) comesBack(restart func()) {
	r, c := b.spread()
	b.ok("Pause", b.s.Pause(b.ctx, nil))
	before := b.image()
	counts := r.counts()
	restart()
	counts[order.VIP].Waiting += counts[order.VIP].Claimed
	counts[order.VIP].Claimed = 0
	for i := range before.Counts {
		before.Counts[i] = counts
	}
	vip := &before.Totals.Blocks[order.VIP]
	vip.Ready, vip.Claimed = vip.Ready+vip.Claimed, 0
	before.Totals.Counts = b.image().Totals.Counts // which recount compared
	b.unchanged("a restart", before)
	b.is("MayStart of a claim of the process before", b.s.MayStart(c), order.ErrClaimLost)
	b.ok("Resume", b.s.Resume(b.ctx, nil))
	claims, _ := b.claimAt(b.tick().Add(2*time.Hour), 100)
	b.process(claims...)
	r.enqueue(order.Normal)
	b.drain()
	r.statuses("at the end", processed, dead, processed, processed, processed, processed, processed, processed)
}

// stepByStep takes a run from start to end with a restart between any two steps.
func (b *bed) stepByStep(restart func()) {
	r := b.begin(blocksOf(2))
	for range 3 {
		restart()
		r.insert("VNVN", order.VIP)
	}
	for phase := order.EnqueueVIP; phase <= order.Done; phase++ {
		restart()
		if r.refresh(); r.run.Phase != phase-1 {
			b.Fatalf("after a restart the run is in %v, want %v", r.run.Phase, phase-1)
		}
		if phase == order.WaitingNormalDrain {
			r.enqueue(order.Normal)
		}
		if phase == order.EnqueueNormal || phase == order.Done {
			b.drainWith(restart)
		}
		r.advance(phase)
	}
	restart()
	counts := r.counts()
	if got, want := counts.Digest(), counts[order.VIP].Accepted.Add(counts[order.Normal].Accepted); counts.Processed() != 12 || got != want {
		b.Errorf("at the end %d orders are processed with digest %v, want 12 with %v", counts.Processed(), got, want)
	}
}

// drainWith processes half of each claim and restarts.
func (b *bed) drainWith(restart func()) {
	b.Helper()
	for {
		claims := b.claim(1)
		if len(claims) == 0 {
			return
		}
		half := claims[0].Indexes[:(len(claims[0].Indexes)+1)/2]
		b.settle(b.settlement(claims[0], b.outcomes(claims[0], order.Processed, half...)...))
		restart()
	}
}

func testClosed(b *bed) {
	r, c := b.spread()
	b.ok("Close", b.s.Close())
	for name, call := range b.calls(r, c) {
		if err := call(b.ctx); !errors.Is(err, order.ErrClosed) && !errors.Is(err, order.ErrClaimLost) {
			b.Errorf("%s of a closed store = %v, want %v or %v", name, err, order.ErrClosed, order.ErrClaimLost)
		}
	}
	b.s = b.opened.Reopen(b)
	r.statuses("after Reopen", processed, dead, pending, pending, pending, pending, pending, pending)
}

func testCloseTwice(b *bed) {
	b.ok("Close", b.s.Close())
	_ = b.s.Close() // may complain, must return
	b.s = b.opened.Reopen(b)
	b.begin()
}

// calls returns every call that takes a context, by name.
func (b *bed) calls(r *batch, c *store.Claim) map[string]func(context.Context) error {
	s, at := b.s, b.tick()
	fail := func(_ any, err error) error { return err }
	settlement := b.settlement(c, b.outcomes(c, order.Processed, 3)...)
	chunk := r.chunk("VN", both()...)
	return map[string]func(context.Context) error{
		"Begin": func(ctx context.Context) error { return fail(s.Begin(ctx, spec(standing), at, nil)) },
		"Advance": func(ctx context.Context) error {
			return fail(s.Advance(ctx, r.fence(), store.Step{From: order.Generating, To: order.EnqueueVIP, At: at}))
		},
		"Run":     func(ctx context.Context) error { return fail(s.Run(ctx, r.run.ID)) },
		"Runs":    func(ctx context.Context) error { return fail(s.Runs(ctx, order.RunID{}, 10)) },
		"Insert":  func(ctx context.Context) error { return fail(s.Insert(ctx, r.fence(), chunk)) },
		"Enqueue": func(ctx context.Context) error { return fail(s.Enqueue(ctx, r.fence(), order.Normal)) },
		"Claim": func(ctx context.Context) error {
			_, _, err := s.Claim(ctx, "worker", at, 1)
			return err
		},
		"Load":    func(ctx context.Context) error { return fail(s.Load(ctx, c, new(store.Slab))) },
		"Settle":  func(ctx context.Context) error { return s.Settle(ctx, settlement) },
		"Extend":  func(ctx context.Context) error { return s.Extend(ctx, c) },
		"Release": func(ctx context.Context) error { return s.Release(ctx, c) },
		"Cancel": func(ctx context.Context) error {
			return fail(s.Cancel(ctx, r.run.ID, store.CancelOptions{At: at}, nil))
		},
		"Reset":  func(ctx context.Context) error { return fail(s.Reset(ctx, nil)) },
		"Pause":  func(ctx context.Context) error { return s.Pause(ctx, nil) },
		"Resume": func(ctx context.Context) error { return s.Resume(ctx, nil) },
		"Clean": func(ctx context.Context) error {
			return fail(s.Clean(ctx, store.CleanOptions{State: store.Waiting, At: at}, nil))
		},
		"Redrive": func(ctx context.Context) error { return fail(s.Redrive(ctx, store.RedriveOptions{At: at}, nil)) },
		"Remove":  func(ctx context.Context) error { return fail(s.Remove(ctx, r.keys(4), nil)) },
		"Counts":  func(ctx context.Context) error { return fail(s.Counts(ctx, r.run.ID)) },
		"Drained": func(ctx context.Context) error { return fail(s.Drained(ctx, r.run.ID, order.VIP)) },
		"Totals":  func(ctx context.Context) error { return fail(s.Totals(ctx)) },
		"Order":   func(ctx context.Context) error { return fail(s.Order(ctx, r.key(0))) },
		"Orders":  func(ctx context.Context) error { return fail(s.Orders(ctx, store.OrderQuery{Limit: 10})) },
		"Jobs": func(ctx context.Context) error {
			return fail(s.Jobs(ctx, store.JobQuery{State: store.Waiting, Limit: 10}))
		},
		"DeadLetters": func(ctx context.Context) error { return fail(s.DeadLetters(ctx, store.DeadQuery{Limit: 10})) },
		"Groups":      func(ctx context.Context) error { return fail(s.Groups(ctx)) },
		"Samples":     func(ctx context.Context) error { return fail(s.Samples(ctx, r.run.ID)) },
		"SaveSamples": func(ctx context.Context) error { return s.SaveSamples(ctx, r.run.ID, 0, []byte("x")) },
		"Verify":      func(ctx context.Context) error { return fail(s.Verify(ctx)) },
	}
}
