package queue

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// worker claims, works and settles, one claim after the other.
type worker struct {
	pool  *Pool
	name  string
	known string // its name in the store
	slab  store.Slab
	out   []store.Outcome // of the claim in hand, not settled yet
	done  []store.Settlement
	held  [][]store.Outcome // memory of the outcomes in done, for reuse

	mu     sync.Mutex // guards what follows: what RecoverStuck and Activity may see and stop
	hand   hand
	claim  *store.Claim
	key    order.Key
	since  time.Time // when the handler was called; zero outside of it
	cancel context.CancelFunc
}

// run works until fetch is done. Handlers get hard, which outlives it.
func (w *worker) run(fetch, hard context.Context) {
	for {
		w.layDown()
		claims := w.pool.next(fetch, w.known)
		if claims == nil {
			return
		}
		w.pool.inHand.Add(1)
		w.work(fetch, hard, claims)
		w.pool.inHand.Add(-1)
	}
}

// work takes claims to their end: all settled, or what is left given back.
func (w *worker) work(fetch, hard context.Context, claims []*store.Claim) {
	for i, c := range claims {
		w.takeUp(claims[i:])
		if !w.one(fetch, hard, c) {
			w.settle(hard)
			w.pool.giveBack(w.name, claims[i:]...)
			return
		}
	}
	w.settle(hard)
}

// one works on one claim. It returns false if the claim could not be finished; outcomes
// so far are then in w.done.
func (w *worker) one(fetch, hard context.Context, c *store.Claim) bool {
	rw, err := w.pool.work(hard, c.Run)
	if err != nil {
		w.trouble(hard, "no handler for claimed orders", err)
		return false
	}
	orders, err := w.pool.store.Load(hard, c, &w.slab)
	if err != nil {
		w.trouble(hard, "claimed orders not loaded", err)
		return false
	}
	t := task{worker: w, claim: c, work: rw, started: w.pool.opts.Clock()}
	t.flushed = t.started
	w.out = w.spare(len(orders))
	for i := range orders {
		orders[i].Attempts = c.Attempts
		if fetch.Err() != nil || !t.order(hard, &orders[i]) {
			t.flush(hard)
			return false
		}
	}
	t.keep()
	return true
}

// maxHeld bounds how many slices of outcomes a worker keeps for reuse.
const maxHeld = 8

// spare returns memory for n outcomes.
func (w *worker) spare(n int) []store.Outcome {
	if last := len(w.held) - 1; last >= 0 && cap(w.held[last]) >= n {
		out := w.held[last][:0]
		w.held = w.held[:last]
		return out
	}
	return make([]store.Outcome, 0, n)
}

// task is the work on one claim.
type task struct {
	worker  *worker
	claim   *store.Claim
	work    *runWork
	started time.Time // of the first order not settled yet
	flushed time.Time
}

// order works on one order. It returns false if the claim must be given back from this
// order on.
func (t *task) order(hard context.Context, o *order.Order) bool {
	w := t.worker
	if err := w.pool.store.MayStart(t.claim); err != nil {
		return false
	}
	if trace := w.pool.opts.Trace; trace != nil {
		trace(HandOut, o.Key)
	}
	err := t.call(hard, o)
	if err != nil && (hard.Err() != nil || errors.Is(w.pool.store.MayStart(t.claim), order.ErrClaimLost)) {
		return false // interrupted, not failed
	}
	now := t.started
	if !t.work.handler.Fast() {
		now = w.pool.opts.Clock()
	}
	w.out = append(w.out, t.outcome(o, err, now))
	if !t.work.handler.Fast() && now.Sub(t.flushed) >= w.pool.opts.SettleEvery {
		t.flush(hard)
	}
	return true
}

// call calls the handler; a panic is the order's failure.
func (t *task) call(hard context.Context, o *order.Order) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("handler panicked: %v", v)
			t.worker.pool.metrics.panics.Inc()
			t.worker.pool.opts.Logger.Error("handler panicked", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	if t.work.handler.Fast() {
		return t.work.handler.Handle(hard, o)
	}
	ctx, begun := t.worker.begin(hard, t.claim, o.Key)
	defer t.worker.end()
	t.worker.stopIfLost() // it may have been lost a moment before
	err = t.work.handler.Handle(ctx, o)
	t.worker.pool.metrics.handle(t.claim.Priority, t.worker.pool.opts.Clock().Sub(begun))
	return err
}

// outcome says what became of an order after one attempt.
func (t *task) outcome(o *order.Order, err error, now time.Time) store.Outcome {
	out := store.Outcome{Index: o.Key.Index(), At: now}
	switch attempts := t.claim.Attempts + 1; {
	case err == nil:
		o.Process(now)
	case attempts >= t.work.attempts:
		out.Reason = reason(err)
		o.Kill(now, out.Reason)
	default:
		out.Reason = reason(err)
		out.Due = t.worker.pool.opts.Backoff.Due(now, attempts, o.Key)
		return out
	}
	out.Status = o.Status
	out.Sum = o.Sum()
	return out
}

// maxReason bounds what is kept of a handler's error.
const maxReason = 500

func reason(err error) string {
	text := err.Error()
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "")
	}
	return text
}

// keep puts the outcomes so far among what the worker settles next.
func (t *task) keep() {
	if len(t.worker.out) == 0 {
		return
	}
	now := t.worker.pool.opts.Clock()
	if t.work.handler.Fast() {
		for i := range t.worker.out {
			t.worker.out[i].At = now
		}
	}
	t.worker.done = append(t.worker.done, store.Settlement{
		Claim: t.claim, Started: t.started, At: now, Outcomes: t.worker.out,
	})
	t.worker.out = nil
}

// flush settles the outcomes so far and begins a new settlement.
func (t *task) flush(hard context.Context) {
	t.keep()
	t.worker.settle(hard)
	t.flushed = t.worker.pool.opts.Clock()
	t.started = t.flushed
	t.worker.out = t.worker.spare(0)
}

// settle makes the worker's outcomes durable, trying again while the store is in
// trouble: the work is done and must not be done twice. A store that is closed will not
// take them any more.
func (w *worker) settle(hard context.Context) {
	if len(w.done) == 0 {
		return
	}
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		begun := w.pool.opts.Clock()
		err := w.pool.store.Settle(hard, w.done...)
		if err == nil || errors.Is(err, order.ErrClaimLost) {
			held := holding(w.done, err)
			w.pool.metrics.settle(held, w.pool.opts.Clock().Sub(begun))
			w.traceSettled(held)
			break
		}
		if errors.Is(err, order.ErrClosed) {
			break
		}
		w.trouble(hard, "outcomes not settled", err)
		if !pause(hard, wait) {
			break
		}
	}
	for _, s := range w.done {
		if len(w.held) < maxHeld {
			w.held = append(w.held, s.Outcomes[:0])
		}
	}
	w.done = w.done[:0]
}

// holding returns the settlements that hold after Settle returned err: all but those
// whose claims are lost.
func holding(done []store.Settlement, err error) []store.Settlement {
	var lost *store.LostError
	if !errors.As(err, &lost) {
		return done
	}
	var held []store.Settlement
	for i := range done {
		if !slices.Contains(lost.At, i) {
			held = append(held, done[i])
		}
	}
	return held
}

func (w *worker) traceSettled(held []store.Settlement) {
	if w.pool.opts.Trace == nil {
		return
	}
	for _, s := range held {
		for i := range s.Outcomes {
			if s.Outcomes[i].Status != order.Pending {
				w.pool.opts.Trace(Settled, s.Claim.Run.Key(s.Outcomes[i].Index))
			}
		}
	}
}

// giveBack returns what is left of a worker's claims. The pool may be stopping, so no
// context ends it.
func (p *Pool) giveBack(worker string, claims ...*store.Claim) {
	if len(claims) == 0 {
		return
	}
	if err := p.store.Release(context.Background(), claims...); err != nil {
		p.opts.Logger.Warn("claims not given back", "worker", worker, "error", err)
	}
}

// trouble logs what is not an order's fault and waits a little, so that a store in
// trouble is not hammered.
func (w *worker) trouble(hard context.Context, message string, err error) {
	if errors.Is(err, order.ErrClaimLost) || hard.Err() != nil {
		return
	}
	w.pool.opts.Logger.Error(message, "worker", w.name, "error", err)
	w.pool.metrics.trouble.Inc()
	pause(hard, 100*time.Millisecond)
}

// pause waits and returns false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
