package mongoredis

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// ledger is what the stores have acknowledged, as their callers noted it.
type ledger struct {
	mu        sync.Mutex // guards what follows
	runs      []order.Run
	accepted  map[order.RunID]int64   // orders without a ref, which nobody can have had before
	processed map[order.Key]int       // how many settlements of each said so and held
	ended     map[order.Key]bool      // orders that somebody began to settle for good
	waiting   map[order.Key]time.Time // when VIP orders were accepted that nobody began to
}

func newLedger() *ledger {
	return &ledger{
		accepted: map[order.RunID]int64{}, processed: map[order.Key]int{},
		ended: map[order.Key]bool{}, waiting: map[order.Key]time.Time{},
	}
}

func (l *ledger) begin(run order.Run) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs = append(l.runs, run)
}

// any returns one of the last runs, of which orders may be pending, or the zero one.
func (l *ledger) any(dice *rand.Rand) order.RunID {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.runs) == 0 {
		return order.RunID{}
	}
	last := l.runs[max(0, len(l.runs)-10):]
	return last[dice.IntN(len(last))].ID
}

// accept notes a chunk that was inserted.
func (l *ledger) accept(run order.Run, chunk *store.Chunk) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range chunk.Orders {
		o := &chunk.Orders[i]
		if o.Ref != "" {
			continue
		}
		l.accepted[run.ID]++
		if o.Priority() == order.VIP && !l.ended[o.Key] {
			l.waiting[o.Key] = time.Now()
		}
	}
}

// settling notes outcomes that a store is about to be told.
func (l *ledger) settling(claim *store.Claim, outcomes []store.Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, out := range outcomes {
		if out.Status != order.Pending {
			l.ended[claim.Run.Key(out.Index)] = true
			delete(l.waiting, claim.Run.Key(out.Index))
		}
	}
}

// settle notes outcomes that were acknowledged.
func (l *ledger) settle(claim *store.Claim, outcomes []store.Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, out := range outcomes {
		if out.Status == order.Processed {
			l.processed[claim.Run.Key(out.Index)]++
		}
	}
}

// waitingSince returns the VIP orders that were accepted before then and which nobody has
// begun to settle for good.
func (l *ledger) waitingSince(then time.Time) (keys []order.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, since := range l.waiting {
		if since.Before(then) {
			keys = append(keys, key)
		}
	}
	return keys
}

// forget has an order not be asked for again.
func (l *ledger) forget(key order.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, key)
}

func (l *ledger) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	total := int64(0)
	for _, n := range l.accepted {
		total += n
	}
	return fmt.Sprintf("%d runs, %d orders accepted, %d processed", len(l.runs), total, len(l.processed))
}

// gateLate is for how long a NORMAL order may be started after a VIP order was accepted: ten
// times the quarter of a second that it is, which covers how long a process is suspended.
const gateLate = 2500 * time.Millisecond

// nobodyWaits checks that no VIP order was unsettled when a NORMAL one was let through. What
// of those that may have been still is now was so then: nobody can have settled and redriven
// it whom the ledger does not know. The others were removed, or cancelled with their run.
func (c *chaos) nobodyWaits(then time.Time) {
	for _, key := range c.ledger.waitingSince(then.Add(-gateLate)) {
		db := c.peers[0].Load().DB
		o, err := db.Order(c.Context(), key)
		if err != nil {
			continue // the storm
		}
		r, err := db.Run(c.Context(), key.Run())
		if err != nil {
			continue
		}
		if o.Status == order.Pending && !r.Void {
			c.Errorf("a NORMAL order may start, and VIP order %v is unsettled", key)
		}
		c.ledger.forget(key) // it is told once
	}
}

// calm has everything settled that is pending, by processes that nothing happens to.
func (c *chaos) calm(dice *rand.Rand) {
	db := c.peers[0].Load().DB
	c.until("hand-out is resumed", func() bool { return db.Resume(c.Context(), nil) == nil })
	for _, run := range c.ledger.runs {
		if _, err := db.Enqueue(c.Context(), fenceOf(run), order.Normal); err != nil && !errors.Is(err, order.ErrStale) {
			c.Fatalf("Enqueue in the calm: %v", err)
		}
	}
	for idle := time.Now(); time.Since(idle) < hang; {
		worked := 0
		for i := range c.peers {
			w := &worker{chaos: c, dice: dice, peer: &c.peers[i], calm: true}
			worked += w.round(c.Context())
		}
		if worked > 0 {
			idle = time.Now()
			continue
		}
		if c.unsettled() == 0 {
			return
		}
		pause(c.Context(), 20*time.Millisecond) // what dead processes held is found by and by
	}
}

// unsettled returns how many orders wait for an outcome.
func (c *chaos) unsettled() (n int64) {
	for _, run := range c.ledger.runs {
		r, counts := c.look(run.ID)
		if !r.Void {
			n += counts.Unsettled()
		}
	}
	return n
}

// look returns a run as it is now. In the calm nothing may fail.
func (c *chaos) look(id order.RunID) (order.Run, order.Counts) {
	c.Helper()
	db := c.peers[0].Load().DB
	r, err := db.Run(c.Context(), id)
	if err != nil {
		c.Fatal(err)
	}
	counts, err := db.Counts(c.Context(), id)
	if err != nil {
		c.Fatal(err)
	}
	return r, counts
}

// check compares the store with what it has acknowledged, and with itself.
func (c *chaos) check() {
	for _, run := range c.ledger.runs {
		c.checkRun(run.ID)
	}
	for key, n := range c.ledger.processed {
		if n > 1 {
			c.Errorf("order %v was settled %d times", key, n)
		}
		if o, err := c.peers[0].Load().Order(c.Context(), key); err != nil || o.Status != order.Processed {
			c.Errorf("order %v was processed, and is %v, %v", key, o.Status, err)
		}
	}
	c.checkRefs()
	if err := c.peers[1].Load().reconcile(c.Context()); err != nil {
		c.Error(err)
	}
	report, err := c.peers[2].Load().Verify(c.Context())
	if err != nil || !report.Clean() {
		c.Errorf("Verify = %q, %v, want nothing", report.Problems, err)
	}
}

func (c *chaos) checkRun(id order.RunID) {
	r, counts := c.look(id)
	if !r.Void && counts.Unsettled() > 0 {
		c.Errorf("run %v has %d orders that nobody is given: %+v", id, counts.Unsettled(), counts)
		c.show(r)
	}
	if got, want := counts.Generated(), c.ledger.accepted[id]; got < want {
		c.Errorf("run %v has %d orders, %d were accepted", id, got, want)
	}
	if !counts.Conserved() {
		c.Errorf("run %v has orders too many or too few: %+v", id, counts)
	}
}

// show logs a run's blocks that are not settled.
func (c *chaos) show(r order.Run) {
	for _, lane := range order.Priorities() {
		err := c.peers[0].Load().eachBlock(c.Context(), openBlocks(&run{Run: r}, lane), nil, func(b *block) error {
			c.Logf("%+v", b.doc())
			return nil
		})
		if err != nil {
			c.Error(err)
		}
	}
}

// checkRefs looks for orders that gave their refs up although they have an outcome: others
// may have been accepted under the same refs.
func (c *chaos) checkRefs() {
	settled := bson.A{statusName(order.Processed), statusName(order.Dead)}
	n, err := c.peers[0].Load().orders.CountDocuments(c.Context(), bson.D{
		{Key: fieldFormerID, Value: bson.D{{Key: "$exists", Value: true}}},
		{Key: fieldStatus, Value: bson.D{{Key: "$in", Value: settled}}},
	})
	if n > 0 || err != nil {
		c.Errorf("%d orders with an outcome have given up their refs, %v", n, err)
	}
}
