package fleetkit

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

// testAnyNode gives every command to the server that does not coordinate.
func (s *site) testAnyNode(t *testing.T) {
	t.Parallel()
	f := s.newFleet(t)
	p := plan{orders: 4000, work: 10 * time.Millisecond, seed: chance(t).Uint64()}
	lead := f.serve("serve-lead", p.args("--workers", "2")...)
	f.eventually("the first server coordinates", func() bool { return named(f.trace.leader()) == lead.name })
	other := f.serve("serve-other", p.args("--workers", "2")...)
	f.worker("worker", "--workers", "20")

	run := f.begin(other, p)
	f.eventually("some orders are settled", func() bool { return f.trace.done(run) > 200 })
	if _, err := other.client.Close(t.Context()); err != nil { // waits for orders in hand
		t.Fatalf("close the queue: %v", err)
	}
	before := f.count(run)
	f.eventually("both show that it is paused", func() bool { return f.status(lead).Paused && f.status(other).Paused })
	time.Sleep(3 * lease) // nothing tells that nothing more comes
	if after := f.count(run); !cmp.Equal(before.orders, after.orders) {
		t.Errorf("orders changed while the queue was closed: %v, then %v", before.status, after.status)
	}
	if _, err := other.client.Resume(t.Context()); err != nil {
		t.Fatalf("resume: %v", err)
	}
	f.complete(other, run, p)
	f.complete(lead, run, p)
	f.agree(lead, other, run)

	p.seed++
	run = f.begin(other, p)
	f.eventually("some orders are settled", func() bool { return f.trace.done(run) > 200 })
	if answer, err := other.client.Cancel(t.Context(), client.CancelOptions{}); err != nil || answer.RunID != run {
		t.Fatalf("cancel = %+v, %v; want run %s ended", answer, err, run)
	}
	f.agree(lead, other, run)
	if shown, c := f.status(lead), f.count(run); shown.Counts.Total != c.blocks.Processed() || shown.Counts.Removed != c.blocks.Unsettled() || !shown.Aborted {
		t.Errorf("after the cancel: %+v, blocks count %+v", shown.Counts, c.blocks)
	}
	if _, err := other.client.Reset(t.Context()); err != nil {
		t.Fatalf("reset: %v", err)
	}
	clear(f.runs)
	f.agree(lead, other, order.RunID{})
	p.seed++
	f.complete(lead, f.begin(other, p), p)
	f.verify()
	for _, p := range []*process{other, lead} {
		if err := p.stop(); err != nil {
			t.Errorf("%s, told to end: %v\n%s", p.name, err, p.said())
		}
	}
}

// agree waits until two servers show a run's end, or no run at all, and fails the test
// unless they show the same.
func (f *fleet) agree(a, b *process, run order.RunID) {
	f.Helper()
	var shown [2]wire.Status
	f.eventually("both show the end", func() bool {
		shown = [2]wire.Status{f.status(a), f.status(b)}
		for _, s := range shown {
			if s.LastRunID != run || s.Phase.Active() {
				return false
			}
		}
		return true
	})
	shown[0].Timestamp, shown[1].Timestamp = 0, 0
	if diff := cmp.Diff(shown[0], shown[1]); diff != "" {
		f.Errorf("two servers show different things (-%s +%s):\n%s", a.name, b.name, diff)
	}
}
