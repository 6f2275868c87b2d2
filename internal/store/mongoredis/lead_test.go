package mongoredis

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/mongoredis/cutter"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// hang is when a test is taken for hung; many times what anything here takes.
const hang = 30 * time.Second

// reigning is a term under way.
type reigning struct {
	ctx  context.Context
	term int64
	over chan struct{} // closed by the test to end the term
}

// campaign lets a store campaign until the returned function is called, and reports its
// terms.
func (p *pair) campaign(db *DB) (terms <-chan reigning, stop func()) {
	p.Helper()
	ctx, cancel := context.WithCancel(p.Context())
	begun := make(chan reigning)
	var leading sync.WaitGroup
	leading.Go(func() {
		err := db.Lead(ctx, func(ctx context.Context) {
			r := reigning{ctx, db.term.Load(), make(chan struct{})}
			select {
			case begun <- r:
			case <-ctx.Done():
				return
			}
			select {
			case <-r.over:
			case <-ctx.Done():
			}
		})
		if err != nil {
			p.Errorf("Lead() = %v, want nil", err)
		}
	})
	stop = func() {
		cancel()
		leading.Wait()
	}
	p.Cleanup(stop)
	return begun, stop
}

// within returns what is sent, or fails the test if nothing is.
func within[T any](p *pair, ch <-chan T, what string) T {
	p.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(hang):
		p.Fatalf("%s did not happen within %v", what, hang)
		panic("unreachable")
	}
}

// behind makes a store work with MongoDB through a proxy that the test can disturb.
func (p *pair) behind() (*cutter.Proxy, func(*Options)) {
	proxy := cutter.Start(p.T, p.mongo.Addr())
	return proxy, func(o *Options) { o.Mongo = "mongodb://" + proxy.Addr() + "/shop?directConnection=true" }
}

func TestOneLeadsAtATime(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	var leading atomic.Int32
	var mu sync.Mutex
	var terms []int64
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var campaigns sync.WaitGroup
	for range 4 {
		db := p.open(func(o *Options) { o.Term = 200 * time.Millisecond })
		campaigns.Go(func() {
			err := db.Lead(ctx, func(ctx context.Context) {
				defer leading.Add(-1)
				if n := leading.Add(1); n != 1 {
					t.Errorf("%d processes lead", n)
				}
				if !db.Leading() {
					t.Error("Leading() = false while leading")
				}
				mu.Lock()
				terms = append(terms, db.term.Load())
				if len(terms) == 20 {
					cancel()
				}
				mu.Unlock()
				pause(ctx, 10*time.Millisecond) // lets others try meanwhile
			})
			if err != nil {
				t.Errorf("Lead() = %v, want nil", err)
			}
			if db.Leading() {
				t.Error("Leading() = true after Lead has returned")
			}
		})
	}
	campaigns.Wait()
	if !slices.IsSorted(terms) || len(slices.Compact(slices.Clone(terms))) != len(terms) {
		t.Errorf("terms = %v, want each above the last", terms)
	}
}

// The lease is so long that the test would hang if it were waited for.
func TestLeadHandsOverWhenItStops(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	long := func(o *Options) { o.Lease, o.Term = time.Hour, time.Hour }
	a, b := p.open(long), p.open(long)
	ofA, stop := p.campaign(a)
	first := within(p, ofA, "a term of the first")
	ofB, _ := p.campaign(b)
	stop()
	second := within(p, ofB, "a term of the second")
	if second.term <= first.term {
		t.Errorf("terms = %d, then %d", first.term, second.term)
	}
	if first.ctx.Err() == nil || a.Leading() {
		t.Error("the first still leads")
	}
}

func TestLeadCampaignsAgain(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	terms, _ := p.campaign(p.open())
	first := within(p, terms, "a term")
	close(first.over)
	if second := within(p, terms, "another term"); second.term <= first.term || first.ctx.Err() == nil {
		t.Errorf("terms = %d, then %d; end of the first: %v", first.term, second.term, first.ctx.Err())
	}
}

// A process that does not come through stops before another begins, and what it has on
// its way is refused when it arrives.
func TestTakeover(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	proxy, behind := p.behind()
	a, b := p.open(behind), p.open()
	run, err := a.Begin(t.Context(), order.Spec{}, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	fence := store.Fence{Run: run.ID, Epoch: run.Epoch}
	gap := store.Step{From: order.Generating, To: order.Generating, Generate: time.Second}
	ofA, _ := p.campaign(a)
	first := within(p, ofA, "a term of the first")
	if _, err := a.Advance(first.ctx, fence, gap); err != nil {
		t.Fatalf("Advance in the first term: %v", err)
	}

	ofB, _ := p.campaign(b)
	proxy.Blackhole(true)
	second := within(p, ofB, "a term of the second")
	if first.ctx.Err() == nil || a.Leading() {
		t.Error("the first still leads when the second begins")
	}
	if second.term <= first.term {
		t.Errorf("terms = %d, then %d", first.term, second.term)
	}

	proxy.Blackhole(false)
	if _, err := a.Advance(t.Context(), fence, gap); !errors.Is(err, order.ErrStale) {
		t.Errorf("Advance of the first in the second's term = %v, want %v", err, order.ErrStale)
	}
	got, err := b.Advance(t.Context(), fence, gap)
	if err != nil || got.Generate != 2*time.Second {
		t.Errorf("Advance of the second = %v, %v; want 2s spent", got.Generate, err)
	}
}

// A write that was sent in a term and arrives after it changes nothing.
func TestLateWriteIsRefused(t *testing.T) {
	for name, write := range map[string]func(db *DB, ctx context.Context, run order.Run) error{
		"Advance": func(db *DB, ctx context.Context, run order.Run) error {
			_, err := db.Advance(ctx, store.Fence{Run: run.ID, Epoch: run.Epoch},
				store.Step{From: order.Generating, To: order.Generating, Generate: time.Second})
			return err
		},
		"Cancel": func(db *DB, ctx context.Context, run order.Run) error {
			_, err := db.Cancel(ctx, run.ID, store.CancelOptions{At: time.Now(), Epoch: run.Epoch, Kind: "check"}, nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { lateWrite(t, write) })
	}
}

func lateWrite(t *testing.T, write func(db *DB, ctx context.Context, run order.Run) error) {
	p := newPair(t, replicated(), redistest.Options{})
	proxy, behind := p.behind()
	a, b := p.open(behind), p.open()
	run, err := a.Begin(t.Context(), order.Spec{}, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ofA, _ := p.campaign(a)
	within(p, ofA, "a term of the first")

	sent, arrives := make(chan struct{}), make(chan struct{})
	arrive := sync.OnceFunc(func() { close(arrives) })
	defer arrive()
	p.mongo.Inject(mongotest.Fault{Command: "update", Collection: runsName, Action: mongotest.Delay, Before: func(mongotest.Info) {
		close(sent)
		<-arrives
	}})
	written := make(chan error, 1)
	go func() { written <- write(a, context.WithoutCancel(t.Context()), run) }()
	within(p, sent, "the write")
	ofB, _ := p.campaign(b)
	proxy.Blackhole(true) // the first gives its lease back neither
	within(p, ofB, "a term of the second")
	arrive()
	proxy.Blackhole(false)
	if err := within(p, written, "the answer to the write"); !errors.Is(err, order.ErrStale) {
		t.Errorf("a write of the first that arrives in the second's term = %v, want %v", err, order.ErrStale)
	}
	if got, err := b.Run(t.Context(), run.ID); err != nil || got.Generate != 0 || !got.Active() {
		t.Errorf("run = %+v, %v; want it active as it began", got, err)
	}
}

// A run that began in the second's term has not got its stamp yet, and is none of the
// first's business.
func TestRunBegunAfterTakeover(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	proxy, behind := p.behind()
	a, b := p.open(behind), p.open()
	ofA, _ := p.campaign(a)
	within(p, ofA, "a term of the first")
	ofB, _ := p.campaign(b)
	proxy.Blackhole(true)
	within(p, ofB, "a term of the second")
	proxy.Blackhole(false)
	run, err := b.Begin(t.Context(), order.Spec{}, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	fence := store.Fence{Run: run.ID, Epoch: run.Epoch}
	step := store.Step{From: order.Generating, To: order.Generating, Generate: time.Second}
	if _, err := a.Advance(t.Context(), fence, step); !errors.Is(err, order.ErrStale) {
		t.Errorf("Advance of the first in the second's term = %v, want %v", err, order.ErrStale)
	}
	if _, err := b.Advance(t.Context(), fence, step); err != nil {
		t.Errorf("Advance of the second = %v, want nil", err)
	}
}

// A lease that was taken without its process hearing of it is taken again at once. A
// standalone server is not asked again by the driver.
func TestLeadAfterLostAnswer(t *testing.T) {
	p := newPair(t, mongotest.Options{}, redistest.Options{})
	db := p.open(func(o *Options) { o.Lease, o.Term = time.Hour, time.Hour })
	lost := p.mongo.Inject(mongotest.Fault{Command: "findAndModify", Collection: stateName, Action: mongotest.CutAfter})
	terms, _ := p.campaign(db)
	if r := within(p, terms, "a term"); r.term != 2 || lost.Struck() != 1 {
		t.Errorf("term = %d after %d lost answers, want 2 after 1", r.term, lost.Struck())
	}
}

// Renewals that fail for a while do not end the term.
func TestLeadSurvivesFailedRenewals(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open(func(o *Options) { o.Lease, o.Term = 8*time.Second, 8*time.Second })
	terms, _ := p.campaign(db)
	r := within(p, terms, "a term")
	const badValue = 2
	failing := p.mongo.Inject(mongotest.Fault{Command: "update", Collection: stateName, Times: 3, Action: mongotest.Refuse, Code: badValue})
	renewed := make(chan struct{})
	p.mongo.Inject(mongotest.Fault{
		Command: "update", Collection: stateName, Action: mongotest.Delay, After: func(mongotest.Info) { close(renewed) },
	})
	within(p, renewed, "a renewal")
	if failing.Struck() != 3 || r.ctx.Err() != nil || !db.Leading() {
		t.Errorf("after %d failed renewals: %v, Leading() = %t; want the term to go on", failing.Struck(), r.ctx.Err(), db.Leading())
	}
}

func TestLeadEndsWithTheStore(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	terms, _ := p.campaign(db)
	r := within(p, terms, "a term")
	if err := db.Close(); err != nil {
		t.Fatalf("Close while leading: %v", err)
	}
	if r.ctx.Err() == nil || db.Leading() {
		t.Error("a closed store leads")
	}
	if err := db.Lead(t.Context(), func(context.Context) { t.Error("a closed store leads") }); !errors.Is(err, order.ErrClosed) {
		t.Errorf("Lead of a closed store = %v, want %v", err, order.ErrClosed)
	}
}

// Runs that have ended keep the term they ended in.
func TestTermIsStampedOnActiveRuns(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	db := p.open()
	ended, err := db.Begin(t.Context(), order.Spec{}, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.changeRun(t.Context(), ended.ID, func(r *run) (bool, error) { r.Phase = order.Failed; return true, nil }); err != nil {
		t.Fatal(err)
	}
	active, err := db.Begin(t.Context(), order.Spec{}, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	before, err := db.readRun(t.Context(), active.ID)
	if err != nil {
		t.Fatal(err)
	}
	terms, _ := p.campaign(db)
	r := within(p, terms, "a term")
	if got, err := db.readRun(t.Context(), active.ID); err != nil || got.term != r.term || got.version <= before.version {
		t.Errorf("active run: term %d, version %d after %d, %v; want term %d and a later version", got.term, got.version, before.version, err, r.term)
	}
	if got, err := db.readRun(t.Context(), ended.ID); err != nil || got.term != 0 {
		t.Errorf("ended run: term %d, %v; want 0", got.term, err)
	}
}

// A coordinator whose clock stood still while its machine was suspended does nothing to a
// run that began since, although nobody has stamped it.
func TestCoordinatorThatWasSuspended(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	a, b := p.open(func(o *Options) { o.Lease, o.Term = time.Hour, time.Hour }), p.open()
	ofA, _ := p.campaign(a)
	within(p, ofA, "a term of the first")
	// For the others its lease ends.
	if _, err := b.state.UpdateOne(t.Context(), byID(coordinatorID), bson.D{{Key: "$set", Value: bson.D{{Key: "until", Value: time.UnixMilli(0)}}}}); err != nil {
		t.Fatal(err)
	}
	ofB, _ := p.campaign(b)
	within(p, ofB, "a term of the second")
	run := p.begin(b, order.Generated)
	if a.lapsed() {
		t.Fatal("the first knows that its lease has ended")
	}
	step := store.Step{From: order.Generating, To: order.Generating, Generate: time.Second}
	if _, err := a.Advance(t.Context(), fenceOf(run), step); !errors.Is(err, order.ErrStale) {
		t.Errorf("Advance of the first in the second's term = %v, want %v", err, order.ErrStale)
	}
	if _, err := a.Insert(t.Context(), fenceOf(run), chunkOf(run, 0, order.Gold)); !errors.Is(err, order.ErrStale) {
		t.Errorf("Insert of the first in the second's term = %v, want %v", err, order.ErrStale)
	}
	p.insert(b, run, chunkOf(run, 0, order.Gold))
}
