package storetest

import (
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func phaseTests() []test {
	return []test{
		{"Path", testPhasePath},
		{"IllegalMoves", testIllegalMoves},
		{"Repeat", testRepeatStep},
		{"StaleFrom", testStaleFrom},
		{"StaleFence", testStaleFence},
		{"Failure", testFailure},
		{"TimeAndGaps", testTimeAndGaps},
	}
}

func testPhasePath(b *bed) {
	r := b.begin()
	for phase := order.EnqueueVIP; phase <= order.Done; phase++ {
		at := b.tick()
		r.step(store.Step{From: phase - 1, To: phase, At: at})
		if r.run.Phase != phase || !r.run.Entered[phase].Equal(at) {
			b.Errorf("Advance to %v at %v: phase %v, entered %v", phase, at, r.run.Phase, r.run.Entered[phase])
		}
	}
	if !r.run.Ended.Equal(r.run.Entered[order.Done]) || r.run.Failure != nil {
		b.Errorf("a run that is done: ended %v, failure %v, want %v and none", r.run.Ended, r.run.Failure, r.run.Entered[order.Done])
	}
	want := r.run
	b.reopen()
	b.sameRun("Run after Reopen", r.refresh(), want)
}

// reach returns a run in that phase.
func (b *bed) reach(phase order.Phase) *batch {
	b.Helper()
	r := b.begin()
	if phase == order.Failed {
		r.fail("store")
	}
	for r.run.Phase < phase {
		r.advance(r.run.Phase + 1)
	}
	return r
}

func testIllegalMoves(b *bed) {
	for from := order.Generating; from <= order.Failed; from++ {
		r := b.reach(from)
		for to := order.Idle; to <= order.Failed; to++ {
			if to == from || from.MayMove(to) {
				continue
			}
			if _, err := b.s.Advance(b.ctx, r.fence(), store.Step{From: from, To: to, At: b.tick()}); err == nil {
				b.Errorf("Advance from %v to %v = no error, want one", from, to)
			}
			b.sameRun("Run after an illegal move", r.refresh(), r.run)
		}
		if r.run.Active() {
			r.cancel(store.CancelOptions{})
		}
	}
}

func testRepeatStep(b *bed) {
	r := b.begin()
	step := store.Step{
		From: order.Generating, To: order.EnqueueVIP, At: b.tick(),
		Generate: time.Second,
		Enqueue:  [order.PriorityCount]time.Duration{time.Second, time.Minute},
		Gap:      &order.Gap{From: epoch(), To: epoch().Add(time.Second)},
	}
	r.step(step)
	want := r.run
	r.step(step)
	b.sameRun("Run after a repeated step", r.run, want)
	b.reopen()
	r.step(step)
	b.sameRun("Run after a step repeated in a new process", r.run, want)
}

func testStaleFrom(b *bed) {
	r := b.reach(order.WaitingVIPDrain)
	for _, step := range []store.Step{
		{From: order.Generating, To: order.EnqueueVIP},
		{From: order.EnqueueNormal, To: order.WaitingNormalDrain},
		{From: order.WaitingNormalDrain, To: order.Done},
		{From: order.EnqueueVIP, To: order.Failed},
		{From: order.Generating, To: order.Generating},
	} {
		step.At = b.tick()
		_, err := b.s.Advance(b.ctx, r.fence(), step)
		b.is("Advance from a phase the run is not in", err, order.ErrStale)
	}
	b.sameRun("Run after stale steps", r.refresh(), r.run)
}

func testStaleFence(b *bed) {
	r := b.begin()
	for _, epoch := range []uint64{r.run.Epoch - 1, r.run.Epoch + 1} {
		fence := store.Fence{Run: r.run.ID, Epoch: epoch}
		_, err := b.s.Advance(b.ctx, fence, store.Step{From: order.Generating, To: order.EnqueueVIP, At: b.tick()})
		b.is("Advance under another epoch", err, order.ErrStale)
		_, err = b.s.Insert(b.ctx, fence, r.chunk("VN"))
		b.is("Insert under another epoch", err, order.ErrStale)
		_, err = b.s.Enqueue(b.ctx, fence, order.VIP)
		b.is("Enqueue under another epoch", err, order.ErrStale)
	}
	another := store.CancelOptions{At: b.tick(), Epoch: r.run.Epoch + 1}
	_, err := b.s.Cancel(b.ctx, r.run.ID, another, nil)
	b.is("Cancel under another epoch", err, order.ErrStale)
	b.sameRun("Run after calls under another epoch", r.refresh(), r.run)
	b.recount()
	if done := r.cancel(store.CancelOptions{Epoch: r.run.Epoch}); !done.Was {
		b.Errorf("Cancel under the run's epoch: Was = false, want true")
	}
	done, err := b.s.Cancel(b.ctx, r.run.ID, another, nil)
	b.ok("Cancel of a run that has ended, under another epoch", err)
	if done.Was {
		b.Errorf("Cancel of a run that has ended: Was = true, want false")
	}
}

func testFailure(b *bed) {
	for from := order.Generating; from < order.Done; from++ {
		r := b.reach(from)
		at := b.tick()
		failure := order.Failure{Kind: "source", Message: "line 3"}
		r.step(store.Step{From: from, To: order.Failed, At: at, Failure: &failure})
		if r.run.Active() || !r.run.Ended.Equal(at) || !r.run.Entered[order.Failed].Equal(at) {
			b.Errorf("Advance from %v to %v at %v: active %v, ended %v", from, order.Failed, at, r.run.Active(), r.run.Ended)
		}
		if !cmp.Equal(r.run.Failure, &failure) || r.run.Cancelled() {
			b.Errorf("Advance to %v: failure %+v, want %+v", order.Failed, r.run.Failure, failure)
		}
	}
}

func testTimeAndGaps(b *bed) {
	r := b.begin()
	gaps := []order.Gap{{From: epoch(), To: b.tick()}, {From: b.tick(), To: b.tick()}}
	for i := range gaps {
		r.step(store.Step{
			From: order.Generating, To: order.Generating,
			Generate: time.Minute,
			Enqueue:  [order.PriorityCount]time.Duration{time.Second, 2 * time.Second},
			Gap:      &gaps[i],
		})
	}
	r.step(store.Step{From: order.Generating, To: order.EnqueueVIP, Enqueue: [order.PriorityCount]time.Duration{time.Minute, 0}})
	if want := [order.PriorityCount]time.Duration{time.Minute + 2*time.Second, 4 * time.Second}; r.run.Enqueue != want {
		b.Errorf("time enqueuing after three steps = %v, want %v", r.run.Enqueue, want)
	}
	if r.run.Generate != 2*time.Minute {
		b.Errorf("time generating after three steps = %v, want 2 minutes", r.run.Generate)
	}
	if diff := cmp.Diff(gaps, r.run.Gaps); diff != "" {
		b.Errorf("gaps differ (-want +got):\n%s", diff)
	}
}
