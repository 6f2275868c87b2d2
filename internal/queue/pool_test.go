package queue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/queue"
	"github.com/filavip/filavip/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sleeper takes that long for each order.
func sleeper(d time.Duration) call {
	return call{do: func(ctx context.Context, _ *order.Order) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
}

func instant() call {
	return call{fast: true, batch: 1000, do: func(context.Context, *order.Order) error { return nil }}
}

// TestVIPFirst traces many small blocks of both lanes, over many workers: no NORMAL order
// is handed out before every VIP is settled.
func TestVIPFirst(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]call{"fast": instant(), "slow": sleeper(time.Millisecond)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, queue.Options{}, h, func(b *bed) {
				run := b.begin(order.Standing, 3, strings.Repeat("DNNN", 100))
				c := b.drained(run)
				if c.Processed() != 400 || c[order.VIP].Processed != 100 {
					b.Errorf("processed %d, %d of them VIP; want 400, 100", c.Processed(), c[order.VIP].Processed)
				}
				synctest.Wait()
				settled := 0
				for _, e := range b.events() {
					vip := e.key.Index()%4 == 0
					switch {
					case e.what == queue.Settled && vip:
						settled++
					case e.what == queue.HandOut && !vip && settled < 100:
						b.Fatalf("NORMAL order %d was handed out with %d of 100 VIPs settled", e.key.Index(), settled)
					}
				}
				if c[order.Normal].First.Before(c[order.VIP].Last) {
					b.Errorf("first NORMAL at %v, last VIP settled at %v", c[order.Normal].First, c[order.VIP].Last)
				}
			})
		})
	}
}

// TestGateShutsInsideABlock accepts a VIP while NORMAL blocks are being worked on: the
// orders inside handlers finish, no other begins before the VIP is settled.
func TestGateShutsInsideABlock(t *testing.T) {
	t.Parallel()
	inBubble(t, queue.Options{Workers: 4}, sleeper(time.Second), func(b *bed) {
		run := b.begin(order.Standing, 10, strings.Repeat("N", 40))
		pass(2500 * time.Millisecond)
		before := b.handedOut()
		b.insert(&run, "D")
		vip := run.ID.Key(40)
		b.drained(run)
		synctest.Wait()
		begun, settled := 0, false
		for _, e := range b.events() {
			if e.what == queue.HandOut {
				begun++
			}
			settled = settled || e == event{queue.Settled, vip}
			if e.what == queue.HandOut && e.key != vip && begun > before && !settled {
				b.Fatalf("NORMAL order %d began while the VIP was unsettled", e.key.Index())
			}
		}
		if !settled {
			b.Error("the VIP was never settled")
		}
	})
}

// TestWorkersAreConcurrent needs all 25 workers inside handlers at once.
func TestWorkersAreConcurrent(t *testing.T) {
	t.Parallel()
	var inside, most atomic.Int64
	h := call{do: func(context.Context, *order.Order) error {
		most.Store(max(most.Load(), inside.Add(1)))
		pass(time.Second)
		inside.Add(-1)
		return nil
	}}
	inBubble(t, queue.Options{}, h, func(b *bed) {
		b.drained(b.begin(order.Standing, 1, strings.Repeat("N", 50)))
	})
	if most.Load() != 25 {
		t.Errorf("at most %d orders were inside handlers at once, want 25", most.Load())
	}
}

// TestFailuresAreIsolated fails one order of a block twice: its mates are settled at
// once, it alone comes back, later each time.
func TestFailuresAreIsolated(t *testing.T) {
	t.Parallel()
	var calls []time.Time
	h := call{do: func(_ context.Context, o *order.Order) error {
		if o.Key.Index() != 3 {
			return nil
		}
		calls = append(calls, time.Now())
		if len(calls) <= 2 {
			return errors.New("card refused")
		}
		return nil
	}}
	inBubble(t, queue.Options{Workers: 1}, h, func(b *bed) {
		run := b.begin(order.Standing, 10, strings.Repeat("D", 10))
		pass(time.Second)
		if c := b.counts(run); c.Processed() != 9 || c[order.VIP].Delayed != 1 {
			b.Errorf("after the first failure: %d processed, %d delayed; want 9, 1", c.Processed(), c[order.VIP].Delayed)
		}
		b.drained(run)
		if o := b.order(run, 3); o.Status != order.Processed || o.Attempts != 3 {
			b.Errorf("order 3 is %v after %d attempts, want processed after 3", o.Status, o.Attempts)
		}
		for i, least := range []time.Duration{1600 * time.Millisecond, 3200 * time.Millisecond} {
			if got := calls[i+1].Sub(calls[i]); got < least || got > 3*least {
				b.Errorf("retry %d came after %v, want about %v", i+1, got, least)
			}
		}
	})
}

// TestRetriesHoldTheGate delays a VIP: NORMAL waits for it.
func TestRetriesHoldTheGate(t *testing.T) {
	t.Parallel()
	failed := false
	h := call{do: func(_ context.Context, o *order.Order) error {
		if o.Key.Index() == 0 && !failed {
			failed = true
			return errors.New("not yet")
		}
		return nil
	}}
	inBubble(t, queue.Options{Workers: 1}, h, func(b *bed) {
		run := b.begin(order.Standing, 10, "DN")
		pass(time.Second)
		if c := b.counts(run); c[order.VIP].Delayed != 1 || c[order.Normal].Processed != 0 {
			b.Errorf("while the VIP is delayed: %+v", c)
		}
		b.drained(run)
	})
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	h := call{fast: true, batch: 10, do: func(_ context.Context, o *order.Order) error {
		if o.Key.Index()%2 == 1 {
			return errors.New("no such card")
		}
		return nil
	}}
	inBubble(t, queue.Options{}, h, func(b *bed) {
		run := b.begin(order.Standing, 10, "DDDDNNNN")
		c := b.drained(run)
		if c.Processed() != 4 || c.Dead() != 4 {
			b.Errorf("%d processed, %d dead; want 4, 4", c.Processed(), c.Dead())
		}
		if o := b.order(run, 1); o.Status != order.Dead || o.Attempts != 3 || o.Reason != "no such card" {
			b.Errorf("order 1 = %v after %d attempts for %q, want dead after 3 for the handler's error", o.Status, o.Attempts, o.Reason)
		}
	})
}

func TestPanicIsAFailure(t *testing.T) {
	t.Parallel()
	h := call{do: func(_ context.Context, o *order.Order) error {
		if o.Key.Index() == 1 {
			panic("nil map")
		}
		return nil
	}}
	inBubble(t, queue.Options{Workers: 2}, h, func(b *bed) {
		run := b.begin(order.Standing, 3, "DDD")
		c := b.drained(run)
		if c.Processed() != 2 || c.Dead() != 1 {
			b.Errorf("%d processed, %d dead; want 2, 1", c.Processed(), c.Dead())
		}
		if o := b.order(run, 1); !strings.Contains(o.Reason, "nil map") {
			b.Errorf("reason = %q, want the panic's", o.Reason)
		}
	})
}

// TestPause: once Pause has returned, no order is handed out but those a worker was
// about to begin; Resume goes on; nothing is lost.
func TestPause(t *testing.T) {
	t.Parallel()
	inBubble(t, queue.Options{Workers: 3}, sleeper(100*time.Millisecond), func(b *bed) {
		run := b.begin(order.Standing, 7, strings.Repeat("N", 60))
		pass(450 * time.Millisecond)
		if err := b.pool.Pause(b.ctx, nil); err != nil {
			b.Fatalf("Pause = %v", err)
		}
		synctest.Wait()
		at := b.handedOut()
		pass(time.Hour)
		if now := b.handedOut(); now != at {
			b.Errorf("%d orders were handed out while paused", now-at)
		}
		if c := b.counts(run); c[order.Normal].Claimed != 0 || c.Processed() != int64(at) {
			b.Errorf("paused: %d claimed, %d processed of %d handed out; want 0 and all", c[order.Normal].Claimed, c.Processed(), at)
		}
		if err := b.pool.Resume(b.ctx, nil); err != nil {
			b.Fatalf("Resume = %v", err)
		}
		if c := b.drained(run); c.Processed() != 60 {
			b.Errorf("processed %d in the end, want 60", c.Processed())
		}
	})
}

func TestCloseWaits(t *testing.T) {
	t.Parallel()
	inBubble(t, queue.Options{Workers: 3}, sleeper(time.Minute), func(b *bed) {
		run := b.begin(order.Standing, 1, strings.Repeat("N", 9))
		pass(time.Second)
		began := time.Now()
		if err := b.pool.Close(b.ctx); err != nil {
			b.Fatalf("Close = %v", err)
		}
		if took := time.Since(began); took < 58*time.Second {
			b.Errorf("Close returned after %v, with orders in hand", took)
		}
		if c := b.counts(run); c.Processed() != 3 || c[order.Normal].Claimed != 0 {
			b.Errorf("closed: %+v, want the 3 in hand processed", c[order.Normal])
		}
		ctx, cancel := context.WithTimeout(b.ctx, time.Second)
		defer cancel()
		if err := b.pool.Resume(ctx, nil); err != nil {
			b.Fatalf("Resume = %v", err)
		}
		pass(time.Second)
		if err := b.pool.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			b.Errorf("Close with a short deadline = %v, want it exceeded", err)
		}
		_ = b.pool.Resume(b.ctx, nil)
		b.drained(run)
	})
}

// TestCancel ends a run under slow handlers: what is finished counts, nothing changes
// afterwards.
func TestCancel(t *testing.T) {
	t.Parallel()
	inBubble(t, queue.Options{Workers: 2}, sleeper(time.Second), func(b *bed) {
		run := b.begin(order.Generated, 5, strings.Repeat("D", 20))
		pass(2500 * time.Millisecond)
		done, err := b.s.Cancel(b.ctx, run.ID, store.CancelOptions{At: time.Now()}, nil)
		if err != nil {
			b.Fatalf("Cancel = %v", err)
		}
		before := b.counts(run)
		pass(time.Minute)
		if after := b.counts(run); after != before || after.Processed()+done.Removed != 20 {
			b.Errorf("counts after the cancel went from %+v to %+v, %d removed", before[order.VIP], after[order.VIP], done.Removed)
		}
	})
}

// TestRemovedOrdersAreNotHandedOut removes orders from under a worker: it hands none of
// them out, and their block mates are shipped with no attempt used up.
func TestRemovedOrdersAreNotHandedOut(t *testing.T) {
	t.Parallel()
	inBubble(t, queue.Options{Workers: 1}, sleeper(time.Second), func(b *bed) {
		run := b.begin(order.Standing, 10, strings.Repeat("D", 10))
		pass(1500 * time.Millisecond) // 0 is settled, 1 in hand
		n, err := b.s.Remove(b.ctx, []order.Key{run.ID.Key(5), run.ID.Key(6)}, nil)
		if n != 2 || err != nil {
			b.Fatalf("Remove = %d, %v; want 2", n, err)
		}
		if c := b.drained(run); c.Processed() != 8 || c.Removed() != 2 {
			b.Errorf("%d processed, %d removed; want 8, 2", c.Processed(), c.Removed())
		}
		for _, e := range b.events() {
			if o := b.order(run, e.key.Index()); e.what == queue.HandOut && o.Status == order.Removed {
				b.Errorf("order %d was handed out after it had been removed", e.key.Index())
			}
		}
		if o := b.order(run, 9); o.Attempts != 1 {
			b.Errorf("attempts = %d, want 1: a claim that was cut does not count", o.Attempts)
		}
	})
}

// TestCancelFreesWorkers: handlers whose orders were cancelled are stopped, and their
// workers take what comes next.
func TestCancelFreesWorkers(t *testing.T) {
	t.Parallel()
	inBubble(t, queue.Options{Workers: 5}, sleeper(time.Hour), func(b *bed) {
		run := b.begin(order.Generated, 1, "DDDDDNNNNN")
		pass(time.Second)
		if n := b.pool.InHand(run.ID); n != 5 {
			b.Fatalf("%d orders are in hand, want 5", n)
		}
		if _, err := b.s.Cancel(b.ctx, run.ID, store.CancelOptions{At: time.Now()}, nil); err != nil {
			b.Fatal(err)
		}
		pass(time.Second)
		next := b.begin(order.Generated, 1, "DDDDD")
		pass(time.Second)
		if old, n := b.pool.InHand(run.ID), b.pool.InHand(next.ID); old != 0 || n != 5 {
			b.Errorf("%d cancelled and %d new orders are in hand, want 0 and 5", old, n)
		}
		b.drained(next)
	})
}

// TestRecoverStuck frees an order from a handler that hangs: no attempt is used up.
func TestRecoverStuck(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	h := call{do: func(ctx context.Context, _ *order.Order) error {
		if calls.Add(1) == 1 {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}}
	inBubble(t, queue.Options{Workers: 2}, h, func(b *bed) {
		run := b.begin(order.Standing, 1, "D")
		pass(29 * time.Second)
		if n, err := b.pool.RecoverStuck(b.ctx, 10); n != 0 || err != nil {
			b.Errorf("RecoverStuck after 29 s = %d, %v; want 0", n, err)
		}
		pass(2 * time.Second)
		if n, err := b.pool.RecoverStuck(b.ctx, 10); n != 1 || err != nil {
			b.Errorf("RecoverStuck after 31 s = %d, %v; want 1", n, err)
		}
		b.drained(run)
		if o := b.order(run, 0); o.Attempts != 1 {
			b.Errorf("attempts = %d, want 1: the stuck call does not count", o.Attempts)
		}
	})
}

// TestStop stops a pool under load: orders inside handlers finish, the others are given
// back with no attempt used up.
func TestStop(t *testing.T) {
	t.Parallel()
	inBubble(t, queue.Options{Workers: 2}, sleeper(time.Second), func(b *bed) {
		run := b.begin(order.Standing, 5, strings.Repeat("D", 20))
		pass(1500 * time.Millisecond)
		b.stop()
		c := b.counts(run)
		if c[order.VIP].Claimed != 0 || c.Processed() != 4 || c[order.VIP].Waiting != 16 {
			b.Errorf("stopped: %+v, want 4 processed, 16 waiting, none claimed", c[order.VIP])
		}
	})
}

// TestStopCancelsWhatHangs gives handlers the grace period, then cancels them.
func TestStopCancelsWhatHangs(t *testing.T) {
	t.Parallel()
	inBubble(t, queue.Options{Workers: 2, Grace: time.Minute}, sleeper(time.Hour), func(b *bed) {
		run := b.begin(order.Standing, 1, "DD")
		pass(time.Second)
		began := time.Now()
		b.stop()
		if took := time.Since(began); took != time.Minute {
			b.Errorf("stopped after %v, want the grace period of a minute", took)
		}
		if c := b.counts(run); c[order.VIP].Waiting != 2 {
			b.Errorf("stopped: %+v, want both waiting again", c[order.VIP])
		}
		if o := b.order(run, 0); o.Attempts != 0 {
			b.Errorf("attempts = %d, want 0", o.Attempts)
		}
	})
}

// asked counts how often a store is asked for claims.
type asked struct {
	queue.Store
	claims atomic.Int64
}

func (a *asked) Claim(ctx context.Context, worker string, now time.Time, limit int) ([]*store.Claim, time.Time, error) {
	a.claims.Add(1)
	return a.Store.Claim(ctx, worker, now, limit)
}

// closing is a store that is closed while orders are in hand.
type closing struct{ queue.Store }

func (closing) Settle(context.Context, ...store.Settlement) error {
	return fmt.Errorf("settle: %w", order.ErrClosed)
}

// A store that is closed will not take outcomes any more: a pool that stops does not wait
// for it as long as it waits for handlers.
func TestStopOverAClosedStore(t *testing.T) {
	wrap := func(s queue.Store) queue.Store { return closing{s} }
	h := call{do: func(context.Context, *order.Order) error { return nil }}
	inBubbleOver(t, wrap, queue.Options{Workers: 1, SettleEvery: time.Nanosecond}, h, func(b *bed) {
		b.begin(order.Generated, 4, "DDDD")
		synctest.Wait()
		began := time.Now()
		b.stop()
		if took := time.Since(began); took > 0 { // fake time
			b.Errorf("the pool took %v to stop, want no time", took)
		}
	})
}

// TestIdleBehindTheGate has an overdue NORMAL retry behind the gate, which a VIP's retry
// keeps shut: until that one is due nobody asks for claims.
func TestIdleBehindTheGate(t *testing.T) {
	t.Parallel()
	failed := map[order.Key]bool{}
	h := call{do: func(_ context.Context, o *order.Order) error {
		if !failed[o.Key] {
			failed[o.Key] = true
			return errors.New("not yet")
		}
		return nil
	}}
	counted := &asked{}
	opts := queue.Options{Workers: 1, Backoff: queue.Backoff{Base: time.Hour}}
	wrap := func(s queue.Store) queue.Store { counted.Store = s; return counted }
	inBubbleOver(t, wrap, opts, h, func(b *bed) {
		run := b.begin(order.Standing, 1, "N")
		pass(30 * time.Minute)
		b.insert(&run, "D")
		synctest.Wait()
		before := counted.claims.Load()
		pass(46 * time.Minute) // the NORMAL retry is overdue by now
		if c := b.counts(run); c[order.Normal].Delayed != 1 || c[order.VIP].Delayed != 1 {
			b.Fatalf("%+v, want an order of each lane delayed", c)
		}
		if n := counted.claims.Load() - before; n != 0 {
			b.Errorf("an idle pool asked for claims %d times, want never", n)
		}
		b.drained(run)
	})
}
