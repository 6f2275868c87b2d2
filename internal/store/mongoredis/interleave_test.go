package mongoredis

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// A process may be suspended for any time between any two of its steps, while others go
// on. What it does then it does with what it knew before.

// suspend lets the next such command be executed and withholds its answer until wake is
// called. asleep is closed once it was executed.
func (p *pair) suspend(command, collection string) (asleep <-chan struct{}, wake func()) {
	executed, over := make(chan struct{}), make(chan struct{})
	var woken bool
	wake = func() {
		if !woken {
			woken = true
			close(over)
		}
	}
	p.Cleanup(wake)
	p.mongo.Inject(mongotest.Fault{
		Command: command, Collection: collection, Action: mongotest.Delay,
		After: func(mongotest.Info) {
			close(executed)
			<-over
		},
	})
	return executed, wake
}

// verified fails the test unless the run has so many orders and nothing is wrong.
func (p *pair) verified(db *DB, run order.Run, orders int64) {
	p.Helper()
	counts, err := db.Counts(p.Context(), run.ID)
	if err != nil || counts.Generated() != orders {
		p.Errorf("%d orders, %v; want %d", counts.Generated(), err, orders)
	}
	if report, err := db.Verify(p.Context()); err != nil || !report.Clean() {
		p.Errorf("Verify = %v, %v, want nothing found", report.Problems, err)
	}
}

// TestInsertWakesBesideAnother: whoever is suspended before the cursor moves does not move
// it over blocks that another insertion has deleted meanwhile.
func TestInsertWakesBesideAnother(t *testing.T) {
	p := newPair(t, mongotest.Options{}, redistest.Options{})
	a, b := p.open(), p.open()
	run := p.begin(a, order.Generated)
	chunk := chunkOf(run, 0, order.Gold, order.Gold, order.Diamond)
	asleep, wake := p.suspend("insert", blocksName)
	inserted := make(chan error, 1)
	go func() {
		_, err := a.Insert(t.Context(), fenceOf(run), chunk)
		inserted <- err
	}()
	within(p, asleep, "the blocks")
	p.mongo.Inject(mongotest.Fault{Command: "insert", Collection: blocksName, Action: mongotest.CutBefore})
	if _, err := b.Insert(t.Context(), fenceOf(run), chunk); err == nil {
		t.Fatal("Insert = nil, want it cut off before its blocks")
	}
	wake()
	if err := within(p, inserted, "the end of the first insertion"); err != nil {
		t.Errorf("Insert = %v, want nil", err)
	}
	p.verified(b, run, 3)
}

// TestLateBlocksCutElsewhere: blocks of an attempt that refused an order, which the next
// one accepts, hold no order twice when they arrive after that one.
func TestLateBlocksCutElsewhere(t *testing.T) {
	p := newPair(t, mongotest.Options{}, redistest.Options{}) // whose clients repeat nothing by themselves
	db := p.open()
	other := p.begin(db, order.Standing)
	taken := chunkOf(other, 0, order.Gold)
	taken.Orders[0].Ref = "A-1"
	p.insert(db, other, taken)
	run := p.begin(db, order.Imported)
	chunk := chunkOf(run, 0, order.Gold, order.Gold, order.Gold, order.Gold)
	chunk.Orders[0].Ref = "A-1"
	sent, done, arrive := p.hold("insert", blocksName)
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := db.Insert(ctx, fenceOf(run), chunk)
		first <- err
	}()
	within(p, sent, "the blocks")
	cancel()
	if err := within(p, first, "the end of the call"); err == nil {
		t.Fatal("Insert = nil, want it cut off")
	}
	if _, err := db.Cancel(t.Context(), other.ID, store.CancelOptions{At: time.Now()}, nil); err != nil {
		t.Fatal(err)
	}
	p.insert(db, run, chunk)
	arrive()
	within(p, done, "the late blocks")
	p.verified(db, run, 4)
}

// TestTakenOverFromItself: a process that takes over what it holds itself, as it was silent
// for too long, still holds it if that fails.
func TestTakenOverFromItself(t *testing.T) {
	p := newPair(t, mongotest.Options{}, redistest.Options{})
	db := p.open(func(o *Options) { o.Lease = time.Minute })
	run := p.begin(db, order.Generated)
	p.insert(db, run, chunkOf(run, 0, order.Diamond, order.Diamond))
	claims := p.claim(db)
	db.expire(t, claims[0])
	p.mongo.Inject(mongotest.Fault{Command: "update", Collection: blocksName, Action: mongotest.Refuse, Code: 50})
	if _, _, err := db.Claim(t.Context(), "worker", time.Now(), 1); err == nil {
		t.Fatal("Claim = nil, want its write refused")
	}
	if err := p.settle(db, order.Processed, claims...); err != nil {
		t.Errorf("Settle = %v, want nil: nobody else may settle what this process holds", err)
	}
}

// TestRevokedInVain: a claim whose removal from its block failed is as good as before.
func TestRevokedInVain(t *testing.T) {
	for name, revoke := range map[string]func(p *pair, db *DB, run order.Run) error{
		"Remove": func(p *pair, db *DB, run order.Run) error {
			_, err := db.Remove(p.Context(), []order.Key{run.ID.Key(0)}, nil)
			return err
		},
		"Reclaim": func(p *pair, db *DB, run order.Run) error {
			return db.revoke(p.Context(), newBlockID(run.ID, order.VIP, 0), &moves{}, func(*holder) bool { return true }, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, mongotest.Options{}, redistest.Options{})
			db := p.open(func(o *Options) { o.Lease = time.Minute })
			run := p.begin(db, order.Generated)
			p.insert(db, run, chunkOf(run, 0, order.Diamond, order.Diamond))
			claims := p.claim(db)
			p.mongo.Inject(mongotest.Fault{Command: "update", Collection: blocksName, Action: mongotest.Refuse, Code: 50})
			if err := revoke(p, db, run); err == nil {
				t.Fatal("nil, want the write refused")
			}
			if err := p.settle(db, order.Processed, claims...); err != nil {
				t.Errorf("Settle = %v, want nil: nobody else may settle what this process holds", err)
			}
		})
	}
}

// TestOlderAnswerEndsNoClaim: what a server says of a block that has not heard yet what a
// claim has seen, as one that has just become the primary may, ends no claim.
func TestOlderAnswerEndsNoClaim(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open(func(o *Options) { o.Lease = time.Minute })
	run := p.begin(db, order.Generated)
	p.insert(db, run, chunkOf(run, 0, order.Diamond, order.Diamond))
	before, err := db.blocks.FindOne(t.Context(), byID(newBlockID(run.ID, order.VIP, 0))).Raw()
	if err != nil {
		t.Fatal(err)
	}
	claims := p.claim(db)
	now, err := db.blocks.FindOne(t.Context(), byID(newBlockID(run.ID, order.VIP, 0))).Raw()
	if err != nil {
		t.Fatal(err)
	}
	say := func(doc bson.Raw) {
		if _, err := db.blocks.ReplaceOne(t.Context(), byID(newBlockID(run.ID, order.VIP, 0)), doc); err != nil {
			t.Fatal(err)
		}
	}
	say(before)
	if err := db.endLost(t.Context(), db.claims.all()); err != nil {
		t.Fatal(err)
	}
	if err := p.settle(db, order.Processed, claims...); !errors.Is(err, order.ErrUnavailable) {
		t.Errorf("Settle on an older answer = %v, want %v", err, order.ErrUnavailable)
	}
	say(now)
	if err := p.settle(db, order.Processed, claims...); err != nil {
		t.Errorf("Settle = %v, want nil: nobody else may settle what this process holds", err)
	}
}

// TestReclaimBesideANewcomer: who compares the lanes with the store takes nothing from a
// process that was opened since it looked which ones are alive.
func TestReclaimBesideANewcomer(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	a := p.open(func(o *Options) { o.Lease = time.Minute })
	run := p.begin(a, order.Generated)
	p.insert(a, run, chunkOf(run, 0, order.Diamond, order.Diamond))
	asleep, wake := p.suspend("find", nodesName)
	compared := make(chan error, 1)
	go func() { compared <- a.reconcile(t.Context()) }()
	within(p, asleep, "the look at the nodes")
	newcomer := p.open(func(o *Options) { o.Lease = time.Minute })
	claims := p.claim(newcomer)
	if len(claims) != 1 {
		t.Fatalf("%d claims, want 1", len(claims))
	}
	wake()
	if err := within(p, compared, "the comparison"); err != nil {
		t.Fatal(err)
	}
	if err := p.settle(newcomer, order.Processed, claims...); err != nil {
		t.Errorf("Settle = %v, want nil: the process is alive", err)
	}
}

// TestRemoveBesideEnqueue: what is left of a block, of which an order is removed while it is
// enqueued, is in its lane.
func TestRemoveBesideEnqueue(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	patient := func(o *Options) { o.Lease = time.Hour } // nothing is compared by itself
	a, b := p.open(patient), p.open(patient)
	run := p.begin(a, order.Generated)
	chunk := chunkOf(run, 0, order.Gold, order.Gold)
	chunk.Ready = nil
	p.insert(a, run, chunk)
	asleep, wake := p.suspend("find", runsName)
	removed := make(chan error, 1)
	go func() {
		_, err := b.Remove(t.Context(), []order.Key{run.ID.Key(0)}, nil)
		removed <- err
	}()
	within(p, asleep, "the look at the run")
	if n, err := a.Enqueue(t.Context(), fenceOf(run), order.Normal); n != 2 || err != nil {
		t.Fatalf("Enqueue = %d, %v, want 2", n, err)
	}
	wake()
	if err := within(p, removed, "the removal"); err != nil {
		t.Fatal(err)
	}
	if claims := p.claim(a); len(claims) != 1 || len(claims[0].Indexes) != 1 {
		t.Errorf("%d claims, want one of the order that is left", len(claims))
	}
}

// deaf makes a process look at nothing by itself.
func (p *pair) deaf(db *DB) {
	db.close()
	db.loops.Wait()
	db.closing = p.Context()
}

// TestClaimBesideReset: a process that has not noticed a reset opens no gate of the lanes
// before it, and keeps nothing to itself that it claimed there of a run that began since.
func TestClaimBesideReset(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	patient := func(o *Options) { o.Lease = time.Hour } // nothing is compared by itself
	a, b := p.open(patient), p.open(patient)
	p.deaf(a)
	if _, err := b.Reset(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	run := p.begin(b, order.Generated)
	chunk := chunkOf(run, 0, order.Diamond, order.Diamond)
	chunk.Ready = nil
	p.insert(b, run, chunk)
	if _, err := b.Enqueue(t.Context(), fenceOf(run), order.VIP); err != nil {
		t.Fatal(err)
	}
	former := a.lanes.Load()
	ticket, err := former.ticket(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.fill(t.Context(), order.VIP); err != nil {
		t.Fatal(err)
	}
	if done, err := former.open(t.Context(), ticket, modeVIP); !done || err != nil { // as it was before the reset
		t.Fatalf("open() = %t, %v", done, err)
	}
	claims := p.claim(a)
	if len(claims) != 1 || a.lanes.Load() != former {
		t.Fatalf("%d claims, want one that the lanes before the reset handed out", len(claims))
	}
	if _, err := a.readControl(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.land(t.Context())
	if claims := p.claim(b); len(claims) != 1 {
		t.Errorf("%d claims, want the one that was lost", len(claims))
	}
}

// TestGateBeforeAReset: the gate of lanes before a reset is opened by nobody.
func TestGateBeforeAReset(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	a, b := p.open(), p.open()
	p.deaf(a)
	former := a.lanes.Load()
	if _, err := b.Reset(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if m, err := a.derive(t.Context()); m != modeAll || err != nil {
		t.Fatalf("derive() = %q, %v, want %q", m, err, modeAll)
	}
	if stub, err := former.ticket(t.Context()); err != nil || stub.mode != modeShut {
		t.Errorf("the gate of the lanes before the reset is %q, %v, want it shut", stub.mode, err)
	}
}

// TestRefBesideCancel: an order that was processed keeps its ref, although its run is being
// cancelled and its document does not say so yet.
func TestRefBesideCancel(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	a, b := p.open(), p.open()
	first := p.begin(a, order.Standing)
	chunk := chunkOf(first, 0, order.Diamond)
	chunk.Orders[0].Ref = "A-1"
	p.insert(a, first, chunk)
	claims := p.claim(a)
	sent, _, arrive := p.hold("update", ordersName)
	settled := make(chan error, 1)
	go func() { settled <- p.settle(a, order.Processed, claims...) }()
	within(p, sent, "the outcome of the order")
	marking, _, mark := p.hold("update", blocksName)
	cancelled := make(chan error, 1)
	go func() {
		_, err := b.Cancel(t.Context(), first.ID, store.CancelOptions{At: time.Now()}, nil)
		cancelled <- err
	}()
	within(p, marking, "the marking of the blocks")

	again := p.begin(b, order.Standing)
	chunk = chunkOf(again, 0, order.Diamond)
	chunk.Orders[0].Ref = "A-1"
	if got, err := b.Insert(t.Context(), fenceOf(again), chunk); !errors.Is(err, order.ErrUnavailable) {
		t.Errorf("Insert beside the cancel = %+v, %v, want %v", got, err, order.ErrUnavailable)
	}
	arrive()
	mark()
	if err := within(p, settled, "the settling"); err != nil {
		t.Errorf("Settle = %v, want nil", err)
	}
	if err := within(p, cancelled, "the cancel"); err != nil {
		t.Fatal(err)
	}
	got, err := b.Insert(t.Context(), fenceOf(again), chunk)
	if err != nil || got.Added != 0 || len(got.Refused) != 1 {
		t.Errorf("Insert after it = %+v, %v, want the order refused, which was processed before", got, err)
	}
}

// TestReleaseOfAVoidBlock: who has not noticed yet that a run was cancelled changes nothing
// of it by giving back what it held.
func TestReleaseOfAVoidBlock(t *testing.T) {
	for name, doubt := range map[string]bool{"Released": false, "CutOff": true} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, replicated(), redistest.Options{})
			a, b := p.open(), p.open()
			run := p.begin(a, order.Generated)
			p.insert(a, run, chunkOf(run, 0, order.Diamond, order.Diamond))
			held := p.claim(a)[0].Token.(*claim)
			if _, err := b.Cancel(t.Context(), run.ID, store.CancelOptions{At: time.Now()}, nil); err != nil {
				t.Fatal(err)
			}
			version := func() int64 {
				found, err := b.readBlocks(t.Context(), []blockID{held.block})
				if err != nil || found[held.block] == nil {
					t.Fatalf("block not read: %v", err)
				}
				return found[held.block].version
			}
			before := version()
			if err := a.release(t.Context(), held, &moves{}, doubt); err != nil {
				t.Fatal(err)
			}
			if after := version(); after != before {
				t.Errorf("the block went from version %d to %d", before, after)
			}
		})
	}
}

// TestInsertWithoutAnAnswer: the blocks of a chunk whose cursor moved without an answer come
// to their lanes when the chunk is inserted again, not when all lanes are next compared.
func TestInsertWithoutAnAnswer(t *testing.T) {
	p := newPair(t, mongotest.Options{}, redistest.Options{}) // whose clients repeat nothing by themselves
	db := p.open(func(o *Options) { o.Lease = time.Hour })    // nothing is compared by itself
	run := p.begin(db, order.Generated)
	chunk := chunkOf(run, 0, order.Diamond, order.Diamond)
	p.mongo.Inject(mongotest.Fault{Command: "update", Collection: runsName, Skip: 1, Action: mongotest.CutAfter})
	if _, err := db.Insert(t.Context(), fenceOf(run), chunk); !errors.Is(err, order.ErrUnavailable) {
		t.Fatalf("Insert without an answer = %v, want %v", err, order.ErrUnavailable)
	}
	p.insert(db, run, chunk)
	p.until("its block is claimed", func() bool { return len(p.claim(db)) == 1 })
	if db.relinked.Load() > 0 {
		t.Error("it was found because nothing was had for long")
	}
}
