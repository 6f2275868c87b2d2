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
	l := s.newLeading(t, amount(t, "FLEET_LEAD_KILLS", 2, 1))
	l.strike = l.kill
	l.all()
	t.Logf("coordinators killed by phase: %v; others took over within %v", l.struck, l.took)
}

// testLeadStop suspends the coordinator instead, and wakes it up when the other server has
// taken over. It must not go on with what is no longer its own.
func (s *site) testLeadStop(t *testing.T) {
	t.Parallel()
	l := s.newLeading(t, amount(t, "FLEET_LEAD_STOPS", 1, 1))
	l.strike = l.stop
	l.all()
	t.Logf("coordinators suspended by phase: %v; others took over within %v", l.struck, l.took)
}

// leading is runs of one plan that lose their coordinators.
type leading struct {
	*fleet
	rng     *rand.Rand
	plan    plan
	wanted  int // in each phase
	strike  func(at int, leader string, run order.RunID)
	servers [2]*process
	looking sync.WaitGroup
	ctx     context.Context // of those who look
	struck  map[order.Phase]int
	took    []time.Duration // from each loss until another coordinated
}

func (s *site) newLeading(t *testing.T, wanted int) *leading {
	t.Helper()
	l := &leading{
		fleet: s.newFleet(t), rng: chance(t), plan: plan{orders: 6000, work: 3 * time.Millisecond},
		wanted: wanted, struck: map[order.Phase]int{},
	}
	l.worker("worker", "--workers", "10")
	for i := range l.servers {
		l.servers[i] = l.serve(fmt.Sprintf("serve-%d", i), l.plan.args("--workers", "5", "--chunk-size", "500")...)
	}
	return l
}

// all makes runs until coordinators were lost often enough in each phase.
func (l *leading) all() {
	for runs := 0; l.short() && runs < 6*l.wanted; runs++ {
		l.one()
	}
	l.verify()
	if l.short() {
		l.Errorf("coordinators lost by phase: %v, want %d in each of %v", l.struck, l.wanted, active())
	}
}

// short says whether losses are missing.
func (l *leading) short() bool {
	return slices.ContainsFunc(active(), func(p order.Phase) bool { return l.struck[p] < l.wanted })
}

// one makes one run, which loses its coordinator in each phase that lacks losses.
func (l *leading) one() {
	l.plan.seed = l.rng.Uint64()
	run := l.begin(l.servers[l.rng.IntN(2)], l.plan)
	var stop context.CancelFunc
	l.ctx, stop = context.WithCancel(l.Context())
	defer l.looking.Wait()
	defer stop()
	for _, p := range l.servers {
		l.looking.Go(func() { l.look(p) })
	}
	for _, phase := range active() {
		if l.struck[phase] >= l.wanted {
			continue
		}
		select {
		case <-l.trace.reach(run, phase):
		case <-time.After(patience):
			l.Fatalf("run %s does not reach %v", run, phase)
		}
		time.Sleep(within(l.rng, phase)) // to wait for an event would always hit the same instruction
		if l.trace.at(run) == phase {
			l.lose(run)
		}
	}
	l.complete(l.servers[0], run, l.plan)
	l.complete(l.servers[1], run, l.plan)
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

// lose has a run lose its coordinator, and waits until another server coordinates.
func (l *leading) lose(run order.RunID) {
	leader := l.trace.leader()
	at := slices.IndexFunc(l.servers[:], func(p *process) bool { return p.name == named(leader) })
	if at < 0 {
		l.Fatalf("%q coordinates, which is none of the servers", leader)
	}
	l.strike(at, leader, run)
}

// note counts a loss, unless the run has ended or another process coordinates by now.
func (l *leading) note(leader string, run order.RunID) {
	if phase := l.trace.at(run); phase.Active() && l.trace.leader() == leader {
		l.struck[phase]++
	}
}

func (l *leading) succeeded(leader string, since time.Time) {
	l.eventually("another coordinates", func() bool { return l.trace.leader() != leader })
	l.took = append(l.took, time.Since(since).Round(10*time.Millisecond))
}

// kill kills a server and starts another in its place.
func (l *leading) kill(at int, leader string, run order.RunID) {
	victim, began := l.servers[at], time.Now()
	if !victim.kill() {
		l.Fatalf("%s ended by itself: %v\n%s", victim.name, victim.err, victim.said())
	}
	l.note(leader, run)
	instead := l.again(victim)
	l.servers[at] = instead
	l.looking.Go(func() { l.look(instead) })
	l.succeeded(leader, began)
}

// stop suspends a server until another has taken over, and a little longer.
func (l *leading) stop(at int, leader string, run order.RunID) {
	began := time.Now()
	suspend(l.servers[at].cmd.Process)
	l.note(leader, run)
	l.succeeded(leader, began)
	time.Sleep(upTo(l.rng, lease)) // how far its successor has got when it wakes up is to differ each time
	wake(l.servers[at].cmd.Process)
}

// look asks a server for the run's state again and again, until the run has ended or the
// server is killed, and fails the test if what it shows goes back, or is more than there is.
func (l *leading) look(p *process) {
	var last seen
	for ; l.ctx.Err() == nil; time.Sleep(5 * time.Millisecond) { // it is a client that polls, and must leave the processes some of the machine
		s, err := p.client.Status(l.ctx)
		if l.ctx.Err() != nil || err != nil && p.killed() {
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
