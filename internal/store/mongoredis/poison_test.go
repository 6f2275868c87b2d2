package mongoredis

import (
	"slices"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// foreign begins a run of two VIP orders in one block, for a handler that is not ours.
func (p *pair) foreign(db *DB) order.Run {
	p.Helper()
	work := order.Work{Handler: "exec", Attempts: 3, Foreign: true}
	run, err := db.Begin(p.Context(), order.Spec{Kind: order.Generated, Work: work, ChunkSize: 10, BlockSize: 2}, time.Now(), nil)
	if err != nil {
		p.Fatal(err)
	}
	p.insert(db, run, chunkOf(run, 0, order.Diamond, order.Diamond))
	return run
}

// takeOver lets the leases of claims end, and has another process claim one block.
func (p *pair) takeOver(by *DB, claims []*store.Claim) []*store.Claim {
	p.Helper()
	for _, c := range claims {
		by.expire(p, c)
	}
	taken, _, err := by.Claim(p.Context(), "worker", time.Now(), 1)
	if err != nil {
		p.Fatal(err)
	}
	return taken
}

// clean fails the test if verifying the store finds anything.
func (p *pair) clean(db *DB) {
	p.Helper()
	if report, err := db.Verify(p.Context()); err != nil || !report.Clean() {
		p.Errorf("Verify = %v, %v; want clean", report.Problems, err)
	}
}

// TestPoisonTakenOver: strikes count also where a claim, and not a comparison of the lanes
// with the store, takes from the dead what they had in hand.
func TestPoisonTakenOver(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	run := p.foreign(db)
	held := p.claim(db)
	for _, want := range [][]uint64{{0, 1}, {0}, {1}} {
		next := p.open()
		db.die(t)
		held = p.takeOver(next, held)
		if len(held) != 1 || !slices.Equal(held[0].Indexes, want) {
			t.Fatalf("taken over: %+v, want the orders %v", held, want)
		}
		db = next
	}
	if got := p.status(db, run, 0); got != order.Dead {
		t.Errorf("the order that was in hand at three deaths is %v, want dead", got)
	}
	if got := p.status(db, run, 1); got != order.Pending {
		t.Errorf("the order that was in hand at two is %v, want pending", got)
	}
	p.clean(db)
}

// claimSoon tries until there is a block to claim, and claims one.
func (p *pair) claimSoon(db *DB) (held []*store.Claim) {
	for deadline := time.Now().Add(hang); len(held) == 0 && time.Now().Before(deadline); {
		held, _, _ = db.Claim(p.Context(), "worker", time.Now(), 1)
	}
	return held
}

// TestPoisonLostOrder: an order whose document is gone keeps nothing else of the dead from
// being given back.
func TestPoisonLostOrder(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	run := p.foreign(db)
	p.claim(db)
	for range 2 {
		next := p.open()
		db.die(t)
		if err := next.reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.claim(next)
		db = next
	}
	if _, err := db.orders.DeleteOne(t.Context(), byID(uuid(run.ID.Key(0)))); err != nil {
		t.Fatal(err)
	}
	next := p.open()
	db.die(t)
	if err := next.reconcile(t.Context()); err != nil {
		t.Errorf("reconcile = %v, want nil", err)
	}
	if got := p.status(next, run, 1); got != order.Dead {
		t.Errorf("the other order is %v, want dead", got)
	}
}

// TestPoisonOfTheLiving: a lease that ends is no death.
func TestPoisonOfTheLiving(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	a, b := p.open(), p.open()
	p.foreign(a)
	held := p.claim(a)
	for range 6 {
		held = p.takeOver(b, held)
		if len(held) != 1 || len(held[0].Indexes) != 2 {
			t.Fatalf("taken over: %+v, want both orders", held)
		}
		a, b = b, a
	}
}

// TestPoisonLostAnswer: the halves of a part are handed out although the answer to the
// write that made them was lost.
func TestPoisonLostAnswer(t *testing.T) {
	p := newPair(t, mongotest.Options{}, redistest.Options{})
	db := p.open()
	p.foreign(db)
	held := p.claim(db)
	for range 2 {
		next := p.open()
		db.die(t)
		lost := p.mongo.Inject(mongotest.Fault{Command: "update", Collection: blocksName, Action: mongotest.CutAfter})
		for _, c := range held {
			next.expire(t, c)
		}
		held = p.claimSoon(next) // the first attempt fails
		if lost.Struck() != 1 {
			t.Fatalf("%d answers lost, want 1", lost.Struck())
		}
		db = next
	}
	if len(held) != 1 || !slices.Equal(held[0].Indexes, []uint64{0}) {
		t.Fatalf("taken over: %+v, want the first half", held)
	}
	if rest := p.claimSoon(db); len(rest) != 1 || !slices.Equal(rest[0].Indexes, []uint64{1}) {
		t.Errorf("claimed: %+v, want the second half", rest)
	}
	p.clean(db)
}
