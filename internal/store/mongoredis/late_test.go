package mongoredis

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/mongoredis/cutter"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// What is asked of a server may arrive late, and a process may be suspended between any
// two steps. Diamond orders are VIP, gold ones NORMAL.

// begin begins a run of blocks of two orders.
func (p *pair) begin(db *DB, kind order.Kind) order.Run {
	p.Helper()
	spec := order.Spec{Kind: kind, Work: order.Work{Handler: "mark", Attempts: 3}, ChunkSize: 10, BlockSize: 2}
	run, err := db.Begin(p.Context(), spec, time.Now(), nil)
	if err != nil {
		p.Fatal(err)
	}
	return run
}

func fenceOf(run order.Run) store.Fence { return store.Fence{Run: run.ID, Epoch: run.Epoch} }

// chunkOf makes a chunk of orders of those tiers, from an index on, ready at once.
func chunkOf(run order.Run, first uint64, tiers ...order.Tier) store.Chunk {
	var all []order.Order
	for i, tier := range tiers {
		all = append(all, order.Order{
			Key: run.ID.Key(first + uint64(i)), Customer: "Cliente", Amount: 100, Tier: tier, CreatedAt: time.UnixMilli(1e12).UTC(),
		})
	}
	next := order.Cursor{Next: first + uint64(len(tiers))}
	return store.Chunk{First: first, Orders: all, Next: next, Ready: []order.Priority{order.VIP, order.Normal}}
}

func (p *pair) insert(db *DB, run order.Run, chunk store.Chunk) {
	p.Helper()
	if _, err := db.Insert(p.Context(), fenceOf(run), chunk); err != nil {
		p.Fatal(err)
	}
}

func (p *pair) claim(db *DB) []*store.Claim {
	p.Helper()
	all, _, err := db.Claim(p.Context(), "worker", time.Now(), 100)
	if err != nil {
		p.Fatal(err)
	}
	return all
}

// settle gives all orders of claims the same outcome.
func (p *pair) settle(db *DB, status order.Status, claims ...*store.Claim) error {
	p.Helper()
	var all []store.Settlement
	for _, c := range claims {
		s := store.Settlement{Claim: c, Started: time.Now(), At: time.Now()}
		for _, index := range c.Indexes {
			s.Outcomes = append(s.Outcomes, store.Outcome{Index: index, Status: status, At: s.At, Reason: "broken"})
		}
		all = append(all, s)
	}
	return db.Settle(p.Context(), all...)
}

// bury begins a run of VIP orders that end as dead letters.
func (p *pair) bury(db *DB) order.Run {
	p.Helper()
	run := p.begin(db, order.Generated)
	p.insert(db, run, chunkOf(run, 0, order.Diamond, order.Diamond))
	if err := p.settle(db, order.Dead, p.claim(db)...); err != nil {
		p.Fatal(err)
	}
	return run
}

func (p *pair) status(db *DB, run order.Run, index uint64) order.Status {
	p.Helper()
	o, err := db.Order(p.Context(), run.ID.Key(index))
	if err != nil {
		p.Fatal(err)
	}
	return o.Status
}

// hold keeps the next such command from being executed until arrive is called, also if
// its client is gone by then. sent is closed once it is there, done once it is executed.
func (p *pair) hold(command, collection string) (sent, done <-chan struct{}, arrive func()) {
	there, arrives, executed := make(chan struct{}), make(chan struct{}), make(chan struct{})
	arrive = sync.OnceFunc(func() { close(arrives) })
	p.Cleanup(arrive)
	p.mongo.Inject(mongotest.Fault{
		Command: command, Collection: collection, Action: mongotest.Delay,
		Before: func(mongotest.Info) {
			close(there)
			<-arrives
		},
		After: func(mongotest.Info) { close(executed) },
	})
	return there, executed, arrive
}

// TestRedriveOvertakenByCancel: nothing is put back into a run that was cancelled since
// its dead letters were looked for.
func TestRedriveOvertakenByCancel(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	a, b := p.open(), p.open()
	run := p.bury(a)
	sent, _, arrive := p.hold("update", blocksName)
	redriven := make(chan int64, 1)
	go func() {
		n, err := a.Redrive(t.Context(), store.RedriveOptions{At: time.Now()}, nil)
		if err != nil {
			t.Errorf("Redrive = %v, want nil", err)
		}
		redriven <- n
	}()
	within(p, sent, "the redrive's write")
	if _, err := b.Cancel(t.Context(), run.ID, store.CancelOptions{At: time.Now()}, nil); err != nil {
		t.Fatal(err)
	}
	arrive()
	if n := within(p, redriven, "the end of the redrive"); n != 0 {
		t.Errorf("Redrive = %d orders of a cancelled run, want none", n)
	}
	if got := p.status(b, run, 0); got != order.Dead {
		t.Errorf("a dead letter of a cancelled run has become %v", got)
	}
	if claims := p.claim(b); len(claims) > 0 {
		t.Errorf("%d claims of a cancelled run", len(claims))
	}
}

// TestCancelBesideCancel: a call that finds the run ended does not answer before the
// blocks are marked either, whatever has become of the call that ended it.
func TestCancelBesideCancel(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	a, b := p.open(), p.open()
	run := p.begin(a, order.Generated)
	p.insert(a, run, chunkOf(run, 0, order.Diamond, order.Diamond))
	claims := p.claim(b)
	sent, _, arrive := p.hold("update", blocksName)
	ended := make(chan error, 1)
	go func() {
		_, err := a.Cancel(t.Context(), run.ID, store.CancelOptions{At: time.Now()}, nil)
		ended <- err
	}()
	within(p, sent, "the marking of the blocks")
	got, err := b.Cancel(t.Context(), run.ID, store.CancelOptions{At: time.Now().Add(time.Second)}, nil)
	if err != nil || got.Was || !got.Run.Void {
		t.Fatalf("Cancel again = %+v, %v, want a run that had ended", got, err)
	}
	if err := p.settle(b, order.Processed, claims...); !errors.Is(err, order.ErrClaimLost) {
		t.Errorf("Settle after the answer = %v, want %v", err, order.ErrClaimLost)
	}
	if got := p.status(b, run, 0); got != order.Removed {
		t.Errorf("after the answer an order has become %v", got)
	}
	arrive()
	if err := within(p, ended, "the first cancel"); err != nil {
		t.Errorf("first Cancel = %v, want nil", err)
	}
}

func anyDead(*run, *orderDoc) bool { return true }

// normalClaims says how many claims of NORMAL orders may be started.
func normalClaims(db *DB, claims []*store.Claim) (n int) {
	for _, c := range claims {
		if c.Priority == order.Normal && db.MayStart(c) == nil {
			n++
		}
	}
	return n
}

// TestDiesBeforeTheGate: what a process has written to the store before it died, the gate
// obeys once the lanes were compared with the store.
func TestDiesBeforeTheGate(t *testing.T) {
	t.Run("Redrive", func(t *testing.T) {
		p := newPair(t, replicated(), redistest.Options{})
		a, b := p.open(), p.open()
		run := p.bury(a)
		p.insert(a, run, chunkOf(run, 2, order.Gold, order.Gold))
		if m, err := b.derive(t.Context()); m != modeAll || err != nil {
			t.Fatalf("derive() = %q, %v, want %q", m, err, modeAll)
		}
		all, _, err := a.graves(t.Context(), &store.DeadSet{}, 0, anyDead)
		if err != nil || len(all) != 1 {
			t.Fatalf("graves() = %v, %v, want one", all, err)
		}
		if _, err := a.redriveOne(t.Context(), &all[0], time.Now(), &moves{}); err != nil {
			t.Fatal(err)
		}
		a.die(t)
		if err := b.reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := normalClaims(b, p.claim(b)); n > 0 {
			t.Errorf("%d claims of NORMAL orders while VIP orders are unsettled", n)
		}
	})
	t.Run("Resume", func(t *testing.T) {
		p := newPair(t, replicated(), redistest.Options{})
		a, b := p.open(), p.open()
		run := p.begin(a, order.Generated)
		p.insert(a, run, chunkOf(run, 0, order.Gold, order.Gold))
		if err := a.Pause(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if m, err := b.derive(t.Context()); m != modePaused || err != nil {
			t.Fatalf("derive() = %q, %v, want %q", m, err, modePaused)
		}
		if _, err := a.setControl(t.Context(), bson.D{
			{Key: "$set", Value: bson.D{{Key: "paused", Value: false}}}, {Key: "$inc", Value: bson.D{{Key: "v", Value: 1}}},
		}); err != nil {
			t.Fatal(err)
		}
		a.die(t)
		if err := b.reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := normalClaims(b, p.claim(b)); n != 1 {
			t.Errorf("%d claims after hand-out was resumed, want 1", n)
		}
	})
}

// TestInsertAgainShutsTheGate: a VIP chunk whose first call could not shut the gate is
// not acknowledged by the second one before it is shut.
func TestInsertAgainShutsTheGate(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	proxy := cutter.Start(t, p.redis.Addr())
	a, b := p.open(func(o *Options) { o.Redis.Addrs, o.Lease = []string{proxy.Addr()}, time.Minute }), p.open()
	run := p.begin(a, order.Generated)
	p.insert(a, run, chunkOf(run, 0, order.Gold, order.Gold))
	chunk := chunkOf(run, 2, order.Diamond, order.Diamond)
	p.mongo.Inject(mongotest.Fault{
		Command: "update", Collection: runsName, Action: mongotest.Delay,
		Before: func(mongotest.Info) {
			if m, err := b.derive(context.Background()); m != modeAll || err != nil {
				t.Errorf("derive() before the commit = %q, %v, want %q", m, err, modeAll)
			}
		},
		After: func(mongotest.Info) { proxy.Refuse(true); proxy.Cut() },
	})
	if _, err := a.Insert(t.Context(), fenceOf(run), chunk); !errors.Is(err, order.ErrUnavailable) {
		t.Fatalf("Insert without Redis = %v, want %v", err, order.ErrUnavailable)
	}
	a.rebuild.Store(false) // as who compares the lanes with the store has it, before it has done so
	proxy.Refuse(false)
	p.until("the chunk is inserted", func() bool {
		_, err := a.Insert(t.Context(), fenceOf(run), chunk)
		return err == nil
	})
	if n := normalClaims(b, p.claim(b)); n > 0 {
		t.Errorf("%d claims of NORMAL orders while VIP orders are unsettled", n)
	}
}

// TestInsertAfterOneThatIsLate: what a call that was cut off has asked for arrives when
// the call was repeated.
func TestInsertAfterOneThatIsLate(t *testing.T) {
	for name, late := range map[string]struct{ command, collection string }{
		"Delete": {"delete", blocksName},
		"Blocks": {"insert", blocksName},
		"Orders": {"insert", ordersName},
		"Cursor": {"update", runsName},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, mongotest.Options{}, redistest.Options{}) // whose clients repeat nothing by themselves
			db := p.open()
			run := p.begin(db, order.Generated)
			p.insert(db, run, chunkOf(run, 0, order.Gold, order.Diamond))
			chunk := chunkOf(run, 2, order.Gold, order.Gold, order.Diamond, order.Diamond)
			sent, done, arrive := p.hold(late.command, late.collection)
			ctx, cancel := context.WithCancel(t.Context())
			first := make(chan error, 1)
			go func() {
				_, err := db.Insert(ctx, fenceOf(run), chunk)
				first <- err
			}()
			within(p, sent, "the write")
			cancel()
			if err := within(p, first, "the end of the call"); err == nil {
				t.Fatal("Insert = nil, want it cut off")
			}
			if name == "Cursor" { // which arrives when the blocks of the next attempt are not there yet
				p.mongo.Inject(mongotest.Fault{Command: "insert", Collection: blocksName, Action: mongotest.CutBefore, Before: func(mongotest.Info) {
					arrive()
					<-done
				}})
				if _, err := db.Insert(t.Context(), fenceOf(run), chunk); err == nil {
					t.Fatal("Insert = nil, want it cut off")
				}
			}
			p.insert(db, run, chunk)
			arrive()
			within(p, done, "the late write")
			counts, err := db.Counts(t.Context(), run.ID)
			if err != nil || counts.Generated() != 6 {
				t.Errorf("%d orders, %v; 6 were acknowledged", counts.Generated(), err)
			}
			if report, err := db.Verify(t.Context()); err != nil || !report.Clean() {
				t.Errorf("Verify = %v, %v, want nothing found", report.Problems, err)
			}
		})
	}
}

// TestRefThatIsAKey: a file may hold IDs that this program has given, for it may be one
// that was exported. An order whose ref names another by its key is refused.
func TestRefThatIsAKey(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	first := p.begin(db, order.Standing)
	p.insert(db, first, chunkOf(first, 0, order.Gold))
	run := p.begin(db, order.Imported)
	chunk := chunkOf(run, 0, order.Gold, order.Gold)
	chunk.Orders[0].Ref = first.ID.Key(0).String()
	got, err := db.Insert(t.Context(), fenceOf(run), chunk)
	if err != nil || got.Added != 1 || len(got.Refused) != 1 || !errors.Is(got.Refused[0].Err, order.ErrRefConflict) {
		t.Errorf("Insert = %+v, %v, want the first order refused with %v", got, err, order.ErrRefConflict)
	}
}

// TestRepeatedByTwo: of two processes that repeat a call which a third has left, one makes
// it, and both return what it returns.
func TestRepeatedByTwo(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	a, b := p.open(), p.open()
	p.bury(a)
	idem := &store.Idempotency{Key: "again", Fingerprint: "redrive", Now: time.Now()}
	left := record{ID: idem.Key, Fingerprint: idem.Fingerprint, At: idem.Now, Type: "int64", Node: "gone"}
	if _, err := a.records.InsertOne(t.Context(), left); err != nil {
		t.Fatal(err)
	}
	sent, _, arrive := p.hold("update", blocksName)
	answers := make(chan int64, 2)
	redrive := func(db *DB) {
		n, err := db.Redrive(t.Context(), store.RedriveOptions{At: time.Now()}, idem)
		if err != nil {
			t.Errorf("Redrive = %v, want nil", err)
		}
		answers <- n
	}
	go redrive(a)
	within(p, sent, "the first redrive's write")
	go redrive(b)
	pause(t.Context(), 100*time.Millisecond) // for the second to make the call if it does
	arrive()
	for range 2 {
		if n := within(p, answers, "a redrive"); n != 2 {
			t.Errorf("Redrive = %d, want 2", n)
		}
	}
}

// TestBeginAgainWithoutAnAnswer: a process that cannot read whether the run was begun
// begins no other one.
func TestBeginAgainWithoutAnAnswer(t *testing.T) {
	p := newPair(t, mongotest.Options{}, redistest.Options{})
	db := p.open()
	idem := &store.Idempotency{Key: "again", Fingerprint: "begin", Now: time.Now()}
	spec := order.Spec{Kind: order.Standing, ChunkSize: 10, BlockSize: 2}
	p.mongo.Inject(mongotest.Fault{Command: "insert", Collection: runsName, Action: mongotest.CutAfter})
	if _, err := db.Begin(t.Context(), spec, idem.Now, idem); !errors.Is(err, order.ErrUnavailable) {
		t.Fatalf("Begin without an answer = %v, want %v", err, order.ErrUnavailable)
	}
	p.mongo.Inject(mongotest.Fault{Command: "find", Collection: runsName, Action: mongotest.Refuse, Code: 50, Labels: []string{}})
	_, _ = db.Begin(t.Context(), spec, idem.Now, idem)
	if _, err := db.Begin(t.Context(), spec, idem.Now, idem); err != nil {
		t.Fatalf("Begin again = %v, want nil", err)
	}
	if runs, err := db.Runs(t.Context(), order.RunID{}, 10); err != nil || len(runs) != 1 {
		t.Errorf("%d runs, %v; want 1", len(runs), err)
	}
}

// TestLateLookAtTheStore: an answer that a later one has overtaken makes a process forget
// neither that hand-out was stopped nor that the store was reset.
func TestLateLookAtTheStore(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open(func(o *Options) { o.Lease = time.Minute })
	run := p.begin(db, order.Generated)
	p.insert(db, run, chunkOf(run, 0, order.Diamond, order.Diamond))
	claims := p.claim(db)
	look := func() (answer func()) {
		executed, arrives, over := make(chan struct{}), make(chan struct{}), make(chan struct{})
		p.mongo.Inject(mongotest.Fault{Command: "find", Collection: stateName, Action: mongotest.Delay, After: func(mongotest.Info) {
			close(executed)
			<-arrives
		}})
		go func() {
			defer close(over)
			_, _ = db.readControl(t.Context())
		}()
		within(p, executed, "the look")
		return func() {
			close(arrives)
			within(p, over, "the end of the look")
		}
	}
	answer := look()
	if err := db.Pause(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	answer()
	if err := db.MayStart(claims[0]); !errors.Is(err, order.ErrPaused) {
		t.Errorf("MayStart after Pause = %v, want %v", err, order.ErrPaused)
	}
	answer = look()
	if _, err := db.Reset(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	lanes := db.lanes.Load()
	answer()
	if db.lanes.Load() != lanes {
		t.Error("the lanes are those before the reset")
	}
}

// TestInsertAfterAnothersReset: who has not noticed a reset yet brings the orders of a run
// that began since where the others look for them.
func TestInsertAfterAnothersReset(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	a, b := p.open(), p.open()
	a.close() // it looks at nothing by itself
	a.loops.Wait()
	a.closing = t.Context()
	if _, err := b.Reset(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	run := p.begin(b, order.Generated)
	p.insert(a, run, chunkOf(run, 0, order.Diamond, order.Diamond))
	if n := len(p.claim(b)); n != 1 {
		t.Errorf("%d claims of one block", n)
	}
}

// TestBeginBesideReset: no run has begun, as far as anybody is told, whose orders a process
// may wipe that is late with a reset.
func TestBeginBesideReset(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	a, b, c := p.open(), p.open(), p.open()
	p.begin(a, order.Standing)
	sent, _, arrive := p.hold("insert", runsName)
	ended := make(chan error, 1)
	go func() {
		_, err := a.Begin(t.Context(), order.Spec{Kind: order.Generated, ChunkSize: 10, BlockSize: 2}, time.Now(), nil)
		ended <- err
	}()
	within(p, sent, "the run's document")
	var late *control
	p.mongo.Inject(mongotest.Fault{Command: "delete", Collection: blocksName, Action: mongotest.Delay, Before: func(mongotest.Info) {
		late, _ = c.readControl(context.Background()) // finds the reset under way, and is suspended
	}})
	if _, err := b.Reset(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	arrive()
	if err := within(p, ended, "the begin"); !errors.Is(err, order.ErrUnavailable) {
		t.Errorf("Begin beside Reset = %v, want %v", err, order.ErrUnavailable)
	}
	run := p.begin(b, order.Generated)
	p.insert(a, run, chunkOf(run, 0, order.Gold))
	if late == nil || !late.Wiping {
		t.Fatal("nobody found the reset under way")
	}
	if err := c.wipe(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	if counts, err := b.Counts(t.Context(), run.ID); err != nil || counts.Generated() != 1 {
		t.Errorf("%d orders are left of 1, %v", counts.Generated(), err)
	}
}

// TestBlocksBehindAReset: what an insertion writes when a reset has wiped its run goes.
func TestBlocksBehindAReset(t *testing.T) {
	for _, collection := range []string{ordersName, blocksName} {
		t.Run(collection, func(t *testing.T) {
			p := newPair(t, replicated(), redistest.Options{})
			a, b := p.open(), p.open()
			run := p.begin(a, order.Generated)
			sent, _, arrive := p.hold("insert", collection)
			ended := make(chan error, 1)
			go func() {
				_, err := a.Insert(t.Context(), fenceOf(run), chunkOf(run, 0, order.Gold))
				ended <- err
			}()
			within(p, sent, "the insertion")
			if _, err := b.Reset(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			arrive()
			if err := within(p, ended, "the end of the insertion"); !errors.Is(err, order.ErrStale) {
				t.Errorf("Insert = %v, want %v", err, order.ErrStale)
			}
			kept := p.begin(b, order.Generated)
			p.insert(b, kept, chunkOf(kept, 0, order.Gold))
			if err := b.sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, c := range []*mongo.Collection{b.orders, b.blocks} {
				if n, err := c.CountDocuments(t.Context(), bson.D{}); err != nil || n != 1 {
					t.Errorf("%d documents in %s, %v; want the one of the run that began since", n, c.Name(), err)
				}
			}
		})
	}
}

// TestCountsAfterARedriveThatWasCutOff: what a process remembers of the counts of a run
// that has ended does not outlive a redrive that did not come to its end.
func TestCountsAfterARedriveThatWasCutOff(t *testing.T) {
	p := newPair(t, mongotest.Options{}, redistest.Options{})
	a, b := p.open(), p.open()
	run := p.bury(a)
	for from := order.Generating; from < order.Done; from++ {
		if _, err := a.Advance(t.Context(), fenceOf(run), store.Step{From: from, To: from + 1, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	sent, done, arrive := p.hold("update", blocksName)
	ctx, cancel := context.WithCancel(t.Context())
	redriven := make(chan error, 1)
	go func() {
		_, err := a.Redrive(ctx, store.RedriveOptions{At: time.Now()}, nil)
		redriven <- err
	}()
	within(p, sent, "the redrive's write")
	cancel()
	if err := within(p, redriven, "the redrive"); err == nil {
		t.Fatal("Redrive = nil, want it cut off")
	}
	if counts, err := b.Counts(t.Context(), run.ID); err != nil || counts.Dead() != 2 {
		t.Fatalf("%d dead letters, %v; want 2", counts.Dead(), err)
	}
	arrive()
	within(p, done, "the late write")
	if counts, err := b.Counts(t.Context(), run.ID); err != nil || counts.Unsettled() != 2 {
		t.Errorf("%d orders are unsettled, %v; want 2", counts.Unsettled(), err)
	}
}

// TestGateCostsTheSame: runs that have come to their end make neither the gate nor the
// lanes dearer.
func TestGateCostsTheSame(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open(func(o *Options) { o.Lease = time.Hour })
	asked := func() (n int) {
		before := p.mongo.Commands()["find"]
		if m, err := db.derive(t.Context()); m != modeAll || err != nil {
			t.Fatalf("derive() = %q, %v, want %q", m, err, modeAll)
		}
		if err := db.fill(t.Context(), order.VIP); err != nil {
			t.Fatal(err)
		}
		return p.mongo.Commands()["find"] - before
	}
	first := asked()
	for range 10 {
		run := p.begin(db, order.Standing)
		p.insert(db, run, chunkOf(run, 0, order.Diamond))
		if err := p.settle(db, order.Processed, p.claim(db)...); err != nil {
			t.Fatal(err)
		}
	}
	least := func() int { // looks at what others have changed read as well, now and then
		n := asked()
		for range 20 {
			n = min(n, asked())
		}
		return n
	}
	if n := least(); n > first {
		t.Errorf("%d reads with 10 runs that are settled, %d without", n, first)
	}
}

// TestLaneBehindClaimedBlocks: however many blocks are claimed, those behind them come
// into the lane.
func TestLaneBehindClaimedBlocks(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open(func(o *Options) { o.Lease = time.Hour })
	run, err := db.Begin(t.Context(), order.Spec{Kind: order.Generated, ChunkSize: 1, BlockSize: 1}, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := maxQueued + 3
	p.insert(db, run, chunkOf(run, 0, slices.Repeat([]order.Tier{order.Diamond}, want)...))
	got := 0
	for {
		all, _, err := db.Claim(t.Context(), "worker", time.Now(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 0 {
			break
		}
		got += len(all)
	}
	if got != want {
		t.Errorf("%d of %d blocks are claimed", got, want)
	}
}

// TestOutcomesLeftBehindAnEndedRun: outcomes of redriven orders of a run that has ended
// come to the orders' documents although the process that settled them died before.
func TestOutcomesLeftBehindAnEndedRun(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	a, b := p.open(), p.open()
	run := p.bury(a)
	for from := order.Generating; from < order.Done; from++ {
		if _, err := a.Advance(t.Context(), fenceOf(run), store.Step{From: from, To: from + 1, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := a.Redrive(t.Context(), store.RedriveOptions{At: time.Now()}, nil); n != 2 || err != nil {
		t.Fatalf("Redrive = %d, %v, want 2", n, err)
	}
	claims := p.claim(a)
	p.mongo.Inject(mongotest.Fault{Command: "update", Collection: ordersName, Action: mongotest.Refuse, Code: 50})
	if err := p.settle(a, order.Processed, claims...); err == nil {
		t.Fatal("Settle = nil, want it cut off before the orders' documents")
	}
	a.die(t)
	if err := b.reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := p.status(b, run, 0); got != order.Processed {
		t.Errorf("an order that its block counts as processed is %v", got)
	}
}

// TestLaneOfBlocksNotEnqueued: blocks that wait to be enqueued make no lane one that runs
// low, however many they are: each claim would read them all.
func TestLaneOfBlocksNotEnqueued(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open(func(o *Options) { o.Lease = time.Hour })
	run, err := db.Begin(t.Context(), order.Spec{Kind: order.Generated, ChunkSize: 1, BlockSize: 1}, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	chunk := chunkOf(run, 0, slices.Repeat([]order.Tier{order.Gold}, maxQueued+3)...)
	chunk.Ready = nil
	p.insert(db, run, chunk)
	if err := db.fill(t.Context(), order.Normal); err != nil {
		t.Fatal(err)
	}
	l := db.lanes.Load()
	if n := db.redis.client().Exists(t.Context(), l.of(order.Normal, "more"), l.of(order.Normal, "ready")).Val(); n != 0 {
		t.Errorf("%d keys of the lane are there, want none", n)
	}
}
