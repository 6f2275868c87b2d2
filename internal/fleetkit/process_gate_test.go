package fleetkit

import (
	"fmt"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// testGateShuts puts dead VIP orders back while NORMAL ones are worked on: no NORMAL block
// is handed out then until all VIP orders are settled again.
func (s *site) testGateShuts(t *testing.T) {
	t.Parallel()
	rng := chance(t)
	f := s.newFleet(t)
	failing := plan{orders: 600, failures: 0.5, seed: rng.Uint64()}
	slow := plan{orders: 4000, work: 20 * time.Millisecond, seed: rng.Uint64()}
	dead := f.serve("serve-failing", failing.args("--workers", "0")...)
	serve := f.serve("serve-slow", slow.args("--workers", "0")...)
	for i := range 2 {
		f.worker(fmt.Sprintf("worker-%d", i), "--workers", "10")
	}
	before := f.begin(dead, failing)
	f.complete(dead, before, failing)
	run := f.begin(serve, slow)
	select {
	case <-f.trace.reach(run, order.WaitingNormalDrain):
	case <-time.After(patience):
		t.Fatalf("run %s does not reach its NORMAL orders", run)
	}
	vip := f.trace.done(run)
	f.eventually("NORMAL orders are settled", func() bool { return f.trace.done(run) > vip+100 })
	answer, err := dead.client.RetryFailed(t.Context(), 1000)
	if err != nil || answer.Retried == 0 {
		t.Fatalf("retry failed orders = %+v, %v", answer, err)
	}
	// Blocks that Redis had handed out before are still being noted, and given back: for some
	// leases at the most, after which a claim is one too many. No event ends that, as the
	// claims that must not come would be it. The retries take longer by far.
	acked := f.trace.now()
	time.Sleep(4 * lease)
	since := f.trace.now()
	inFlight := f.trace.normalClaims(run, acked, since)
	f.eventually("they are dead again", func() bool {
		c := f.count(before)
		return c.blocks[order.VIP].Unsettled() == 0
	})
	last := f.trace.lastVIP(before)
	early := f.trace.normalClaims(run, since, last)
	if last < since {
		t.Error("no VIP order was put back")
	}
	if early > 0 {
		t.Errorf("%d NORMAL blocks were claimed between change %d, when VIP orders were put back, and %d, when the last was settled", early, since, last)
	}
	if f.trace.at(run).Ended() {
		t.Error("the run has ended meanwhile, so nothing held it up")
	}
	t.Logf("%d claims were under way when VIP orders were put back", inFlight)
	f.complete(serve, run, slow)
	f.eventually("what was put back is settled", func() bool {
		c := f.count(before)
		return c.blocks.Unsettled() == 0
	})
	f.verify()
}
