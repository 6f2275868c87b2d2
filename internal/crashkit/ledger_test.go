package crashkit

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/pebblestore"
)

// acks are what the owner of a run has been told by some instant. All of it must be
// found again after a crash.
type acks struct {
	run     order.RunID
	phase   order.Phase
	cursor  uint64
	counts  order.Counts // as they were answered
	settled []settled
}

// settled is an order whose outcome was acknowledged.
type settled struct {
	key    order.Key
	status order.Status
}

// ledger writes down acknowledgements as they come.
type ledger struct {
	mute sync.RWMutex // held by calls that no other call of the store gets past

	mu      sync.Mutex // guards everything below
	acks    acks
	calls   int
	target  int           // of calls
	reached chan struct{} // closed at the target
}

// newLedger goes on from what was known before.
func newLedger(known acks) *ledger { return &ledger{acks: known} }

// after returns a channel that is closed once that many further calls have been
// acknowledged.
func (l *ledger) after(calls int) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reached = make(chan struct{})
	if l.target = l.calls + calls; calls == 0 {
		close(l.reached)
	}
	return l.reached
}

// note writes one acknowledgement down.
func (l *ledger) note(write func(*acks)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	write(&l.acks)
	if l.calls++; l.reached != nil && l.calls == l.target {
		close(l.reached)
	}
}

// known returns what has been acknowledged so far, what the store answers included.
func (l *ledger) known(db *pebblestore.DB) acks {
	l.mu.Lock()
	known := l.acks // its slice is only ever appended to
	l.mu.Unlock()
	if !l.mute.TryRLock() {
		return known // asking could wait for a sync that waits for the one who asks
	}
	defer l.mute.RUnlock()
	if counts, err := db.Counts(context.Background(), known.run); err == nil {
		known.counts = counts
	}
	return known
}

// recorder is a store whose acknowledgements go into a ledger.
type recorder struct {
	*pebblestore.DB
	ledger *ledger
}

// Begin implements [store.Runs].
func (r recorder) Begin(ctx context.Context, spec order.Spec, now time.Time, idem *store.Idempotency) (order.Run, error) {
	r.ledger.mute.Lock()
	defer r.ledger.mute.Unlock()
	run, err := r.DB.Begin(ctx, spec, now, idem)
	if err == nil {
		r.ledger.note(func(a *acks) { a.run, a.phase = run.ID, run.Phase })
	}
	return run, err
}

// Advance implements [store.Runs].
func (r recorder) Advance(ctx context.Context, fence store.Fence, step store.Step) (order.Run, error) {
	run, err := r.DB.Advance(ctx, fence, step)
	if err == nil {
		r.ledger.note(func(a *acks) { a.phase = run.Phase })
	}
	return run, err
}

// Cancel implements [store.Verbs]. The pipeline calls it for runs that go wrong.
func (r recorder) Cancel(ctx context.Context, run order.RunID, opts store.CancelOptions, idem *store.Idempotency) (store.Cancelled, error) {
	r.ledger.mute.Lock()
	defer r.ledger.mute.Unlock()
	return r.DB.Cancel(ctx, run, opts, idem)
}

// Insert implements [store.Source].
func (r recorder) Insert(ctx context.Context, fence store.Fence, chunk store.Chunk) (store.Inserted, error) {
	done, err := r.DB.Insert(ctx, fence, chunk)
	return r.inserted(&chunk, done, err)
}

// Prepare implements [store.Preparer].
func (r recorder) Prepare(ctx context.Context, fence store.Fence, chunk store.Chunk) (func(context.Context) (store.Inserted, error), error) {
	insert, err := r.DB.Prepare(ctx, fence, chunk)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (store.Inserted, error) {
		done, err := insert(ctx)
		return r.inserted(&chunk, done, err)
	}, nil
}

func (r recorder) inserted(chunk *store.Chunk, done store.Inserted, err error) (store.Inserted, error) {
	if err == nil {
		r.ledger.note(func(a *acks) { a.cursor = chunk.Next.Next })
	}
	return done, err
}

// Settle implements [store.Lanes].
func (r recorder) Settle(ctx context.Context, settlements ...store.Settlement) error {
	err := r.DB.Settle(ctx, settlements...)
	if err == nil {
		r.ledger.note(func(a *acks) { a.add(settlements) })
	}
	return err
}

func (a *acks) add(settlements []store.Settlement) {
	for _, s := range settlements {
		for _, out := range s.Outcomes {
			if out.Status != order.Pending {
				a.settled = append(a.settled, settled{s.Claim.Run.Key(out.Index), out.Status})
			}
		}
	}
}

// latest is how many of the latest acknowledged outcomes are looked up one by one; the
// counts cover the others.
const latest = 200

// check fails the test if a store that was opened after a crash has forgotten anything.
func (a *acks) check(t *testing.T, db *pebblestore.DB) {
	t.Helper()
	if a.run.IsZero() {
		return
	}
	run, err := db.Run(t.Context(), a.run)
	if err != nil {
		t.Fatalf("Run(%s) after the crash = %v, want the run that was accepted", a.run, err)
	}
	if run.Phase < a.phase || run.Cursor.Next < a.cursor {
		t.Fatalf("after the crash the run is in %v at order %d, acknowledged were %v at %d", run.Phase, run.Cursor.Next, a.phase, a.cursor)
	}
	counts, err := db.Counts(t.Context(), a.run)
	if err != nil {
		t.Fatalf("Counts(%s) = %v", a.run, err)
	}
	for lane := range counts {
		got, want := &counts[lane], &a.counts[lane]
		if got.Generated < want.Generated || got.Processed < want.Processed || got.Dead < want.Dead || got.Removed < want.Removed {
			t.Fatalf("Counts(%s) of %v after the crash = %+v, answered were %+v", a.run, order.Priority(lane), *got, *want)
		}
	}
	for _, s := range a.settled[max(0, len(a.settled)-latest):] {
		o, err := db.Order(t.Context(), s.key)
		if err != nil || o.Status != s.status {
			t.Fatalf("Order(%s) after the crash = %v, %v; acknowledged was %v", s.key, o.Status, err, s.status)
		}
	}
}
