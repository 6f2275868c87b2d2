package fleetkit

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// testWorkerStop suspends workers with orders in hand, until others have these, and wakes
// them up. They must not change what is no longer theirs, and work on.
func (s *site) testWorkerStop(t *testing.T) {
	t.Parallel()
	rng := chance(t)
	wanted := amount(t, "FLEET_WORKER_STOPS", 10, 1)
	f := s.newFleet(t)
	p := plan{orders: 8000, work: 20 * time.Millisecond}
	serve := f.serve("serve", p.args("--workers", "0")...)
	var workers []*process
	for i := range 3 {
		workers = append(workers, f.worker(fmt.Sprintf("worker-%d", i)))
	}
	stops, runs := 0, 0
	for ; stops < wanted; runs++ {
		p.seed = rng.Uint64()
		run := f.begin(serve, p)
		for stops < wanted && !f.trace.at(run).Ended() {
			stops += f.stopSome(rng, run, workers)
		}
		f.complete(serve, run, p)
	}
	f.stillWork(serve, workers, p)
	f.verify()
	t.Logf("workers were suspended %d times until others had their orders, in %d runs", stops, runs)
}

// stopSome suspends one worker or two and wakes them up once they have lost what they had
// in hand. It returns how many that were.
func (f *fleet) stopSome(rng *rand.Rand, run order.RunID, workers []*process) (stops int) {
	f.Helper()
	order := rng.Perm(len(workers))
	var stopped []*process
	for _, i := range order[:1+rng.IntN(2)] {
		f.awaitClaim(workers[i], run)
		time.Sleep(upTo(rng, 100*time.Millisecond)) // at random: in the middle of whatever it does
		suspend(workers[i].cmd.Process)
		if f.holds(workers[i]) > 0 {
			stops++
		}
		stopped = append(stopped, workers[i])
	}
	for _, p := range stopped {
		f.eventually("others have what "+p.name+" held", func() bool { return f.holds(p) == 0 })
	}
	time.Sleep(upTo(rng, lease)) // at random: they find more or less of it done
	for _, p := range stopped {
		wake(p.cmd.Process)
	}
	for _, p := range stopped {
		f.awaitClaim(p, run)
	}
	return stops
}

// stillWork fails the test unless each worker still claims orders.
func (f *fleet) stillWork(serve *process, workers []*process, p plan) {
	f.Helper()
	before := map[string]uint64{}
	for _, w := range workers {
		if w.ended() {
			f.Fatalf("%s ended by itself: %v", w.name, w.err)
		}
		before[w.name] = f.trace.claimed(w.name)
	}
	p.seed++
	f.complete(serve, f.begin(serve, p), p)
	for _, w := range workers {
		if f.trace.claimed(w.name) == before[w.name] {
			f.Errorf("%s claimed nothing of a whole run", w.name)
		}
	}
}
