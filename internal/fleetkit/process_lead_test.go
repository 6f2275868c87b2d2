package fleetkit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// active are the phases in which a run can lose its coordinator.
func active() []order.Phase {
	return []order.Phase{order.Generating, order.EnqueueVIP, order.WaitingVIPDrain, order.EnqueueNormal, order.WaitingNormalDrain}
}

// testLeadKill kills the coordinator in every phase, until that happened so often in
// each. The other server takes over, and another one is started.
func (s *site) testLeadKill(t *testing.T) {
	t.Parallel()
	l := &leading{
		fleet: s.newFleet(t), rng: chance(t), plan: plan{orders: 6000, work: 3 * time.Millisecond},
		wanted: amount(t, "FLEET_LEAD_KILLS", 2, 1), kills: map[order.Phase]int{},
	}
	l.worker("worker", "--workers", "10")
	for i := range l.servers {
		l.servers[i] = l.serve(fmt.Sprintf("serve-%d", i), l.plan.args("--workers", "5", "--chunk-size", "500")...)
	}
	runs := 0
	for ; l.short() && runs < 6*l.wanted; runs++ {
		l.one()
	}
	l.verify()
	t.Logf("coordinators killed by phase: %v, in %d runs; others took over within %v", l.kills, runs, l.took)
	if l.short() {
		t.Errorf("kills by phase: %v, want %d in each of %v", l.kills, l.wanted, active())
	}
}

// leading is runs of one plan whose coordinators are killed.
type leading struct {
	*fleet
	rng     *rand.Rand
	plan    plan
	wanted  int // kills in each phase
	servers [2]*process
	kills   map[order.Phase]int
	took    []time.Duration // from each kill until another coordinated
}

// short says whether kills are missing.
func (l *leading) short() bool {
	return slices.ContainsFunc(active(), func(p order.Phase) bool { return l.kills[p] < l.wanted })
}

// one makes one run, which loses its coordinator in each phase.
func (l *leading) one() {
	l.plan.seed = l.rng.Uint64()
	run := l.begin(l.servers[l.rng.IntN(2)], l.plan)
	var looking sync.WaitGroup
	ctx, stop := context.WithCancel(l.Context())
	for _, p := range l.servers {
		looking.Go(func() { l.look(ctx, p) })
	}
	for _, phase := range active() {
		select {
		case <-l.trace.reach(run, phase):
		case <-time.After(patience):
			l.Fatalf("run %s does not reach %v", run, phase)
		}
		time.Sleep(within(l.rng, phase)) // at random, not at an event: a kill at an event would always hit the same instruction
		if l.trace.at(run) == phase {
			p := l.kill(run)
			looking.Go(func() { l.look(ctx, p) })
		}
	}
	l.complete(l.servers[0], run, l.plan)
	l.complete(l.servers[1], run, l.plan)
	stop()
	looking.Wait()
}

// within returns how long after a phase's beginning to kill: still in the phase, which for
// some is over after a few steps.
func within(rng *rand.Rand, phase order.Phase) time.Duration {
	switch phase {
	case order.EnqueueVIP, order.EnqueueNormal:
		return []time.Duration{0, 0, upTo(rng, time.Millisecond)}[rng.IntN(3)]
	default:
		return upTo(rng, 100*time.Millisecond)
	}
}

// kill kills the server that coordinates, waits until another does, and returns the one
// that was started in its place.
func (l *leading) kill(run order.RunID) (instead *process) {
	leader := l.trace.leader()
	at := slices.IndexFunc(l.servers[:], func(p *process) bool { return p.name == named(leader) })
	if at < 0 {
		l.Fatalf("%q coordinates, which is none of the servers", leader)
	}
	victim := l.servers[at]
	if !victim.kill() {
		l.Fatalf("%s ended by itself: %v\n%s", victim.name, victim.err, victim.said())
	}
	killed := time.Now()
	if phase := l.trace.at(run); phase.Active() && l.trace.leader() == leader {
		l.kills[phase]++
	}
	l.servers[at] = l.again(victim)
	l.eventually("another coordinates", func() bool { return l.trace.leader() != leader })
	l.took = append(l.took, time.Since(killed).Round(10*time.Millisecond))
	return l.servers[at]
}

// look asks a server for the run's state again and again, until ctx is done or the server
// is killed, and fails the test if what it shows goes back, or is more than there is.
func (l *leading) look(ctx context.Context, p *process) {
	var last seen
	for ; ctx.Err() == nil; time.Sleep(5 * time.Millisecond) { // as a client does that polls
		s, err := p.client.Status(ctx)
		if ctx.Err() != nil || err != nil && p.killed() {
			return
		}
		if err != nil {
			l.Errorf("%s does not answer: %v", p.name, err)
			return
		}
		done := l.trace.done(s.LastRunID) // what is shown was so before this
		now := seen{s.LastRunID, s.Phase, s.Generated, s.Counts.Total}
		if now.run == last.run && (now.phase < last.phase || now.generated < last.generated || now.done < last.done) {
			l.Errorf("%s shows %+v after %+v", p.name, now, last)
		}
		if now.done > done {
			l.Errorf("%s shows %+v when only %d orders are settled", p.name, now, done)
		}
		last = now
	}
}

// seen is what a server has shown of a run.
type seen struct {
	run             order.RunID
	phase           order.Phase
	generated, done int64
}
