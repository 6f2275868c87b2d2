package fleetkit

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
)

// testLateWorkers cancels and resets while workers are suspended that have orders in hand
// and wake up later: once the server has answered, nothing of what it ended changes.
func (s *site) testLateWorkers(t *testing.T) {
	t.Parallel()
	rng := chance(t)
	l := &late{fleet: s.newFleet(t), rng: rng, plan: plan{orders: 5000, work: 15 * time.Millisecond}}
	l.serve = l.fleet.serve("serve", l.plan.args("--workers", "0", "--chunk-size", "500")...)
	for i := range 2 {
		l.workers = append(l.workers, l.worker(fmt.Sprintf("worker-%d", i)))
	}
	for range amount(t, "FLEET_LATE_ROUNDS", 1, 1) {
		for _, at := range []bool{true, false} {
			l.cancel(at)
			l.reset(at)
		}
	}
	l.stillWork(l.serve, l.workers, l.plan)
	l.verify()
}

// late is a fleet whose workers are asleep when runs end.
type late struct {
	*fleet
	rng     *rand.Rand
	plan    plan
	serve   *process
	workers []*process
}

// asleep starts a run and suspends the workers once some of it is done.
func (l *late) asleep() order.RunID {
	l.Helper()
	l.plan.seed = l.rng.Uint64()
	run := l.begin(l.serve, l.plan)
	some := l.rng.Int64N(l.plan.orders * 2 / 3)
	l.eventually("some orders are settled", func() bool { return l.trace.done(run) > some })
	// From now on workers wait for most of their time between the write that settles a
	// block and those that its orders' documents get by it.
	slow := l.site.double.Inject(mongotest.Fault{
		Command: "update", Collection: "blocks", Times: -1, Action: mongotest.Delay,
		Match: func(i mongotest.Info) bool { return i.DB == l.database },
		After: func(mongotest.Info) { time.Sleep(lease / 2) }, // the fault is that an answer takes so long
	})
	defer slow.Remove()
	// To wait for an event would suspend them at the same instruction each time. Half a lease
	// at least, for the fault to have slowed what they are at.
	time.Sleep(lease/2 + upTo(l.rng, lease/2))
	for _, w := range l.workers {
		suspend(w.cmd.Process)
	}
	if phase := l.trace.at(run); phase.Ended() {
		l.Fatalf("the run has ended in %v before it could be ended", phase)
	}
	return run
}

// awake wakes the workers up and gives them time to do what they must not do.
func (l *late) awake() {
	l.Helper()
	time.Sleep(upTo(l.rng, 2*lease)) // at random: before or after their leases are over
	for _, w := range l.workers {
		wake(w.cmd.Process)
	}
	time.Sleep(3 * lease) // nothing tells that nothing more comes
}

// cancel cancels a run under sleeping workers, and has the next one begin before they
// wake up, or after.
func (l *late) cancel(early bool) {
	l.Helper()
	run := l.asleep()
	answer, err := l.serve.client.Cancel(l.Context(), client.CancelOptions{})
	if err != nil || !answer.Aborted || answer.RunID != run {
		l.Fatalf("cancel = %+v, %v; want run %s ended", answer, err, run)
	}
	before := l.count(run)
	shown := l.status(l.serve)
	if shown.Counts.Total != before.blocks.Processed() || shown.Counts.Removed != answer.RemovedPending ||
		shown.Counts.Total+shown.Counts.Removed != shown.Generated || !shown.Aborted {
		l.Errorf("after the cancel: %d orders, %+v; want %d done and %d removed", shown.Generated, shown.Counts, before.blocks.Processed(), answer.RemovedPending)
	}
	next := l.around(early, nil)
	after := l.count(run)
	l.unchanged(run, &before, &after)
	if next.IsZero() {
		if again := l.status(l.serve); again.Counts != shown.Counts {
			l.Errorf("counts of a cancelled run went from %+v to %+v", shown.Counts, again.Counts)
		}
		next = l.begin(l.serve, l.plan)
	}
	l.complete(l.serve, next, l.plan)
	later := l.count(run)
	l.unchanged(run, &before, &later)
}

// around wakes the workers up, after the next run has begun if that is wanted early, and
// returns that run.
func (l *late) around(early bool, meanwhile func()) (next order.RunID) {
	l.Helper()
	if l.plan.seed = l.rng.Uint64(); early {
		next = l.begin(l.serve, l.plan)
	}
	l.awake()
	if meanwhile != nil {
		meanwhile()
	}
	return next
}

// unchanged fails the test if a cancelled run changed: orders that have an outcome are as
// they were, byte for byte, and the others removed or still waiting for that.
func (l *late) unchanged(run order.RunID, before, after *census) {
	l.Helper()
	if len(after.orders) != len(before.orders) || after.blocks != before.blocks {
		l.Errorf("run %s had %d orders, %+v; now %d, %+v", run, len(before.orders), before.blocks, len(after.orders), after.blocks)
	}
	changed := 0
	for key, was := range before.orders {
		is := after.orders[key]
		ended := text(bson.Raw(was), "status") == "pendente" && text(bson.Raw(is), "status") == "removido"
		if is == was || ended {
			continue
		}
		if changed++; changed <= 3 {
			l.Errorf("run %s was cancelled, and then order %x changed\nfrom %v\nto   %v", run, key, bson.Raw(was), bson.Raw(is))
		}
	}
	if changed > 3 {
		l.Errorf("and %d more", changed-3)
	}
	for _, problem := range l.trace.problems(run) {
		l.Errorf("run %s: %s", run, problem)
	}
}

// reset empties the store under sleeping workers, and has the next run begin before they
// wake up, or after.
func (l *late) reset(early bool) {
	l.Helper()
	run := l.asleep()
	if answer, err := l.serve.client.Reset(l.Context()); err != nil || answer.DeletedRuns == 0 || answer.DeletedOrders == 0 {
		l.Fatalf("reset = %+v, %v", answer, err)
	}
	clear(l.runs)
	if n := l.left("runs", "_id", run); n > 0 {
		l.Errorf("after a reset, the run is there")
	}
	// What the server itself was inserting when the reset came is swept away.
	l.eventually("a reset leaves nothing", func() bool { return l.left("orders", "runId", run)+l.left("blocks", "run", run) == 0 })
	next := l.around(early, func() { l.empty(run) })
	if !early {
		l.empty(order.RunID{})
		next = l.begin(l.serve, l.plan)
	}
	l.complete(l.serve, next, l.plan)
	l.empty(run)
	if all, own := l.left("orders", "", order.RunID{}), l.left("orders", "runId", next); all != own {
		l.Errorf("%d orders are there, %d of them of the only run", all, own)
	}
}

// empty fails the test if there is an order, a block or the document of a run, or of any.
func (l *late) empty(run order.RunID) {
	l.Helper()
	for collection, field := range map[string]string{"orders": "runId", "blocks": "run", "runs": "_id"} {
		if n := l.left(collection, field, run); n > 0 {
			l.Errorf("after a reset, %d documents of %s are there", n, collection)
		}
	}
}

func (l *late) left(collection, field string, run order.RunID) (n int) {
	l.Helper()
	l.each(collection, field, run, func(bson.Raw) { n++ })
	return n
}
