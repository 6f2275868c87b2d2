package fleetkit

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// testWorkerKill kills workers at random instants, and starts them again, until there
// were so many kills while a run was under way.
func (s *site) testWorkerKill(t *testing.T) {
	t.Parallel()
	rng := chance(t)
	wanted := amount(t, "FLEET_WORKER_KILLS", 50, 3)
	var kills, busy atomic.Int64
	t.Run("Runs", func(t *testing.T) {
		for _, k := range []*killing{
			{name: "Slow", plan: plan{orders: 10_000, work: 20 * time.Millisecond}, within: 500 * time.Millisecond, each: 25, wanted: wanted*2/5 + 1},
			{name: "Failing", plan: plan{orders: 5000, work: time.Millisecond, failures: 0.05}, within: 300 * time.Millisecond, each: 10, wanted: wanted/5 + 1},
			{name: "Fast", plan: plan{orders: 20_000}, within: 150 * time.Millisecond, each: 5, wanted: wanted*2/5 + 1},
		} {
			k.rng = fork(rng)
			t.Run(k.name, func(t *testing.T) {
				t.Parallel()
				k.fleet = s.newFleet(t)
				k.all()
				kills.Add(int64(k.kills))
				busy.Add(int64(k.busy))
			})
		}
	})
	t.Logf("%d workers were killed while a run was under way, %d of them with orders in hand", kills.Load(), busy.Load())
	if n := int(kills.Load()); n < wanted && !t.Failed() {
		t.Errorf("%d kills, want %d", n, wanted)
	}
	if n := int(busy.Load()); n < wanted/2 && !t.Failed() {
		t.Errorf("%d kills of workers with orders in hand, want %d", n, wanted/2)
	}
}

// killing is runs of one plan whose workers are killed.
type killing struct {
	*fleet
	name   string
	plan   plan
	within time.Duration // between two kills
	each   int           // kills in one run, at most
	wanted int
	rng    *rand.Rand

	serve   *process
	workers []*process
	kills   int // while a run was under way
	busy    int // of those, with orders in hand
}

// all makes runs until there were enough kills.
func (k *killing) all() {
	k.serve = k.fleet.serve("serve", k.plan.args("--workers", "0")...)
	for i := range 3 {
		k.workers = append(k.workers, k.worker(fmt.Sprintf("worker-%d", i)))
	}
	runs := 0
	for began := time.Now(); k.kills < k.wanted; runs++ {
		if time.Since(began) > 10*patience {
			k.Fatalf("%d of %d kills in %v", k.kills, k.wanted, time.Since(began))
		}
		k.one()
	}
	k.verify()
	k.Logf("%d kills in %d runs, %d with orders in hand", k.kills, runs, k.busy)
}

// one makes one run with some kills.
func (k *killing) one() {
	k.plan.seed = k.rng.Uint64()
	run := k.begin(k.serve, k.plan)
	for before := k.kills; k.kills < min(k.wanted, before+k.each); {
		time.Sleep(upTo(k.rng, k.within)) // at random, not at an event: a kill at an event would always hit the same instruction
		if k.trace.at(run).Ended() {
			break
		}
		i := k.rng.IntN(len(k.workers))
		if k.rng.IntN(2) == 0 {
			k.awaitClaim(k.workers[i], run)
			time.Sleep(upTo(k.rng, 5*time.Millisecond)) // as above
		}
		k.kill(i, run)
	}
	k.complete(k.serve, run, k.plan)
}

// awaitClaim returns once a process has claimed something, or the run has ended.
func (f *fleet) awaitClaim(p *process, run order.RunID) {
	f.Helper()
	before := f.trace.claimed(p.name)
	f.eventually(p.name+" claims", func() bool {
		return f.trace.claimed(p.name) > before || f.trace.at(run).Ended() || p.ended()
	})
}

// kill kills one worker and starts it again. Some are killed before they work.
func (k *killing) kill(i int, run order.RunID) {
	victim := k.workers[i]
	if !victim.kill() {
		k.Fatalf("%s ended by itself: %v", victim.name, victim.err)
	}
	if !k.trace.at(run).Ended() {
		k.kills++
		if k.holds(victim) > 0 {
			k.busy++
		}
	}
	k.workers[i] = k.launch(victim.name, victim.given...)
	if k.rng.IntN(4) > 0 {
		k.working(k.workers[i])
	}
}
