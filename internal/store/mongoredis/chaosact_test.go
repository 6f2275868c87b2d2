package mongoredis

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// worker claims and settles, and keeps to the contract: it starts only what it may.
type worker struct {
	*chaos
	dice *rand.Rand
	peer *atomic.Pointer[peer]
	calm bool // it gives nothing back, and all orders succeed
	slab store.Slab
}

func (w *worker) run(ctx context.Context) {
	for ctx.Err() == nil {
		if w.round(ctx) == 0 {
			pause(ctx, upTo(w.dice, 20*time.Millisecond)) // there is nothing to do, or no server
		}
	}
}

// limit returns the context of one call.
func (w *worker) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if w.calm {
		return context.WithCancel(ctx)
	}
	return impatient(ctx, w.dice)
}

// round claims once, works on what it was given, and returns how many claims that were.
func (w *worker) round(ctx context.Context) int {
	p := w.peer.Load()
	p.awake()
	call, done := w.limit(ctx)
	claims, _, err := p.Claim(call, "worker", time.Now(), 1+w.dice.IntN(8))
	done()
	if err != nil {
		return 0
	}
	for _, claim := range claims {
		if !w.handle(ctx, p, claim) {
			// Under a context that has not ended: what cannot be given back now is given
			// back later. That the store may be closed by now is its own affair.
			_ = p.Release(w.Context(), claim)
		}
	}
	return len(claims)
}

// handle works on a claim, in parts of any size. It says whether all of it was settled.
func (w *worker) handle(ctx context.Context, p *peer, claim *store.Claim) bool {
	if !w.calm && w.dice.IntN(10) == 0 {
		return false
	}
	call, done := w.limit(ctx)
	orders, err := p.Load(call, claim, &w.slab)
	done()
	if errors.Is(err, order.ErrCorrupt) {
		w.Errorf("Load: %v", err)
	}
	if err != nil {
		return false
	}
	for len(orders) > 0 {
		n := 1 + w.dice.IntN(len(orders))
		p.awake()
		if !w.start(p, claim) {
			return false
		}
		if !w.calm && w.dice.IntN(20) == 0 {
			pause(ctx, upTo(w.dice, 1200*time.Millisecond)) // a handler that may take longer than a lease
		}
		p.awake()
		if w.settle(ctx, p, claim, orders[:n]) != nil {
			return false
		}
		orders = orders[n:]
	}
	return true
}

// start asks whether orders of a claim may be handed to a handler.
func (w *worker) start(p *peer, claim *store.Claim) bool {
	now := time.Now()
	if p.MayStart(claim) != nil {
		return false
	}
	if claim.Priority == order.Normal {
		w.nobodyWaits(now)
	}
	return true
}

func (w *worker) settle(ctx context.Context, p *peer, claim *store.Claim, orders []order.Order) error {
	s := store.Settlement{Claim: claim, Started: time.Now(), At: time.Now()}
	for i := range orders {
		s.Outcomes = append(s.Outcomes, w.outcome(&orders[i]))
	}
	w.ledger.settling(claim, s.Outcomes)
	call, done := w.limit(ctx)
	defer done()
	err := p.Settle(call, s)
	for tries := 0; errors.Is(err, order.ErrUnavailable) && tries < 3; tries++ {
		err = p.Settle(call, s)
	}
	if err == nil {
		w.ledger.settle(claim, s.Outcomes)
	}
	return err
}

// outcome handles an order.
func (w *worker) outcome(o *order.Order) store.Outcome {
	now := time.Now()
	out := store.Outcome{Index: o.Key.Index(), At: now}
	switch {
	case w.calm || w.dice.IntN(3) > 0:
		o.Process(now)
		out.Sum = o.Sum()
	case w.dice.IntN(2) == 0:
		out.Reason = "broken"
		o.Kill(now, out.Reason)
		out.Sum = o.Sum()
	default:
		out.Reason = "again"
		out.Due = now.Add(upTo(w.dice, 300*time.Millisecond))
	}
	out.Status = o.Status
	return out
}

// inserter begins one run after another, and inserts into each as long as it is active.
type inserter struct {
	*chaos
	dice   *rand.Rand
	rivals sync.WaitGroup
}

func (i *inserter) run(ctx context.Context) {
	defer i.rivals.Wait()
	spec := order.Spec{Kind: order.Standing, Work: order.Work{Handler: "mark", Attempts: 3}, ChunkSize: 10, BlockSize: 3}
	for ctx.Err() == nil {
		run, err := i.any(i.dice).Begin(ctx, spec, time.Now(), nil)
		if err != nil {
			i.rest(ctx)
			continue
		}
		i.ledger.begin(run)
		i.fill(ctx, run)
	}
}

// fill inserts some chunks. It gives up when the run has ended or ctx does.
func (i *inserter) fill(ctx context.Context, run order.Run) {
	first := uint64(0)
	for range 5 + i.dice.IntN(10) {
		chunk := i.chunk(run, first)
		insert := func(ctx context.Context, db *DB) error {
			_, err := db.Insert(ctx, fenceOf(run), chunk)
			return err
		}
		if i.dice.IntN(4) > 0 {
			i.rival(ctx, insert)
		}
		if !i.again(ctx, run, insert) {
			return
		}
		i.ledger.accept(run, &chunk)
		first = chunk.Next.Next
		if !slices.Contains(chunk.Ready, order.Normal) && !i.again(ctx, run, func(ctx context.Context, db *DB) error {
			_, err := db.Enqueue(ctx, fenceOf(run), order.Normal)
			return err
		}) {
			return
		}
		pause(ctx, upTo(i.dice, 50*time.Millisecond)) // or the workers would drown
	}
}

// rival makes a call some times more meanwhile, as coordinators do that do not know yet that
// there is another one, and is cut off at any step of it.
func (i *inserter) rival(ctx context.Context, call func(context.Context, *DB) error) {
	p, dice := i.any(i.dice), fork(i.dice)
	i.rivals.Go(func() {
		for range 5 {
			limited, done := context.WithTimeout(ctx, upTo(dice, 15*time.Millisecond)) // about what it takes
			_ = call(limited, p.DB)                                                    // whether it or the other one succeeds is the same
			done()
		}
	})
}

// chunk makes up to ten orders. Some have refs, which others may have.
func (i *inserter) chunk(run order.Run, first uint64) store.Chunk {
	tiers := make([]order.Tier, 1+i.dice.IntN(10))
	for at := range tiers {
		tiers[at] = order.Tier(i.dice.IntN(order.TierCount))
	}
	chunk := chunkOf(run, first, tiers...)
	for at := range chunk.Orders {
		if i.dice.IntN(10) == 0 {
			chunk.Orders[at].Ref = fmt.Sprintf("R-%d", i.dice.IntN(200))
		}
	}
	if i.dice.IntN(3) == 0 {
		chunk.Ready = []order.Priority{order.VIP}
	}
	return chunk
}

// again makes a call, of this process or that one, until it succeeds. It says no if the run
// or ctx has ended.
func (i *inserter) again(ctx context.Context, run order.Run, call func(context.Context, *DB) error) bool {
	db := i.any(i.dice).DB
	for ctx.Err() == nil {
		limited, done := impatient(ctx, i.dice)
		err := call(limited, db)
		done()
		if err == nil {
			return true
		}
		if errors.Is(err, order.ErrStale) && i.ended(ctx, db, run) {
			return false
		}
		if errors.Is(err, order.ErrClosed) || i.dice.IntN(5) == 0 {
			db = i.any(i.dice).DB
		}
		i.rest(ctx)
	}
	return false
}

func (i *inserter) ended(ctx context.Context, db *DB, run order.Run) bool {
	r, err := db.Run(ctx, run.ID)
	return err == nil && !r.Active()
}

// rest waits as a client does that was told to try again: nobody says when it is worth it.
func (i *inserter) rest(ctx context.Context) { pause(ctx, upTo(i.dice, 5*time.Millisecond)) }

// operator calls the verbs.
type operator struct {
	*chaos
	dice *rand.Rand
}

func (o *operator) run(ctx context.Context) {
	acts := []func(context.Context, *DB){
		o.redrive, o.redrive, o.remove, o.remove, o.clean, o.clean, o.cancel, o.pause, o.compare, o.shut, o.rest,
	}
	for ctx.Err() == nil {
		call, done := impatient(ctx, o.dice)
		acts[o.dice.IntN(len(acts))](call, o.any(o.dice).DB)
		done()
	}
}

// What the verbs return is of no interest here: whether they took effect or failed, what was
// acknowledged by others must hold.

func (o *operator) redrive(ctx context.Context, db *DB) {
	_, _ = db.Redrive(ctx, store.RedriveOptions{At: time.Now(), Limit: o.dice.Int64N(10)}, nil)
}

func (o *operator) remove(ctx context.Context, db *DB) {
	run := o.ledger.any(o.dice)
	_, _ = db.Remove(ctx, []order.Key{run.Key(o.dice.Uint64N(30)), run.Key(o.dice.Uint64N(30))}, nil)
}

func (o *operator) clean(ctx context.Context, db *DB) {
	states := []store.JobState{store.Waiting, store.Delayed, store.Active, store.FailedJob, store.Completed}
	_, _ = db.Clean(ctx, store.CleanOptions{State: states[o.dice.IntN(len(states))], Limit: 2, At: time.Now()}, nil)
}

func (o *operator) cancel(ctx context.Context, db *DB) {
	_, _ = db.Cancel(ctx, o.ledger.any(o.dice), store.CancelOptions{At: time.Now(), KeepPending: o.dice.IntN(2) == 0}, nil)
}

func (o *operator) pause(ctx context.Context, db *DB) {
	_ = db.Pause(ctx, nil)
	_ = db.Resume(ctx, nil)
}

func (o *operator) compare(ctx context.Context, db *DB) { _ = db.reconcile(ctx) }
func (o *operator) shut(ctx context.Context, db *DB)    { _ = db.shutGate(ctx) }

// rest lets the others do something undisturbed.
func (o *operator) rest(ctx context.Context, _ *DB) { pause(ctx, upTo(o.dice, 100*time.Millisecond)) }

// wrecker harms Redis, and kills processes.
type wrecker struct {
	*chaos
	dice *rand.Rand
	old  redistest.Data // of Redis, some time ago; of an empty one at first
}

func (w *wrecker) run(ctx context.Context) {
	acts := []func(context.Context){w.replace, w.empty, w.kill, w.save}
	for pause(ctx, upTo(w.dice, 600*time.Millisecond)) { // in which something gets done in between
		acts[w.dice.IntN(len(acts))](ctx)
	}
}

func (w *wrecker) empty(context.Context) { _, _ = w.redis.Do("FLUSHALL") }

// kill ends Redis, which is back at once, with what it had or with what it had once.
func (w *wrecker) kill(context.Context) {
	w.redis.Kill()
	if w.dice.IntN(2) == 0 {
		w.redis.Replace(w.old)
	}
	w.redis.Restart()
}

// save keeps what Redis has, for kill.
func (w *wrecker) save(context.Context) {
	w.redis.Stop()
	w.old = w.redis.Data()
	w.redis.Restart()
}

// replace has a process take the place of one that dies without a word.
func (w *wrecker) replace(ctx context.Context) {
	fresh, err := w.start(ctx)
	if err != nil {
		return // it did not come up, for whatever fails just now
	}
	dying := w.peers[w.dice.IntN(len(w.peers))].Swap(fresh)
	dying.close()
	dying.loops.Wait()
	w.deaths++
}

// suspender has one process after the other do nothing and get no further at any server for
// longer than its lease, so that others take over what it holds. What it has sent arrives
// late, and it goes on as if nothing had been.
type suspender struct {
	*chaos
	dice *rand.Rand
}

func (s *suspender) run(ctx context.Context) {
	for pause(ctx, upTo(s.dice, 600*time.Millisecond)) { // in which it does something
		s.suspend(ctx, s.any(s.dice))
	}
}

func (s *suspender) suspend(ctx context.Context, p *peer) {
	p.asleep.Lock()
	defer p.asleep.Unlock()
	p.toMongo.Blackhole(true)
	defer p.toMongo.Blackhole(false)
	p.toRedis.Blackhole(true)
	defer p.toRedis.Blackhole(false)
	pause(ctx, p.opts.Lease+upTo(s.dice, time.Second)) // others do not say that they took over
}
