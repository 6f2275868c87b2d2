package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// bed is a store under test. Its methods make one call each, fail the test if it does
// not succeed, and recount the store if the call may have changed it.
type bed struct {
	*testing.T
	ctx      context.Context
	opts     Options
	opened   Opened
	s        store.Store
	clock    time.Time
	accepted map[order.Key]order.Order // as they were given to Insert, if they were added
}

func newBed(t *testing.T, opts Options) *bed {
	t.Helper()
	// A driver that forgets to wake a waiter must fail its test, not hang it.
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(stop)
	opened := opts.Open(t)
	b := &bed{
		T:        t,
		ctx:      ctx,
		opts:     opts,
		opened:   opened,
		s:        opened.Store,
		clock:    epoch(),
		accepted: map[order.Key]order.Order{},
	}
	t.Cleanup(func() {
		if err := b.s.Close(); err != nil {
			t.Errorf("Close() = %v, want nil", err)
		}
	})
	return b
}

// epoch is when the suite's clocks start.
func epoch() time.Time { return time.Date(2031, 4, 5, 6, 7, 8, 0, time.UTC) }

// tick returns an instant a second after the last one.
func (b *bed) tick() time.Time {
	b.clock = b.clock.Add(time.Second)
	return b.clock
}

// ok fails the test if a call did not succeed.
func (b *bed) ok(call string, err error) {
	b.Helper()
	if err != nil {
		b.Fatalf("%s = %v, want no error", call, err)
	}
}

// is fails the test if a call did not fail as it has to.
func (b *bed) is(call string, err, want error) {
	b.Helper()
	if !errors.Is(err, want) {
		b.Fatalf("%s = %v, want %v", call, err, want)
	}
}

// begin starts a run of small blocks, whose spec may be edited.
func (b *bed) begin(edits ...func(*order.Spec)) *batch {
	b.Helper()
	run, err := b.s.Begin(b.ctx, spec(edits...), b.tick(), nil)
	b.ok("Begin", err)
	return &batch{b: b, run: run}
}

// claim takes as many orders as it is given at the present instant.
func (b *bed) claim(limit int) []*store.Claim {
	b.Helper()
	claims, _ := b.claimAt(b.tick(), limit)
	return claims
}

func (b *bed) claimAt(now time.Time, limit int) ([]*store.Claim, time.Time) {
	b.Helper()
	claims, next, err := b.s.Claim(b.ctx, "worker", now, limit)
	b.ok("Claim", err)
	for _, c := range claims {
		b.sound(c)
	}
	b.recount()
	return claims, next
}

// claimAll takes everything that may be taken now.
func (b *bed) claimAll() []*store.Claim {
	b.Helper()
	var all []*store.Claim
	for now := b.tick(); ; {
		claims, _ := b.claimAt(now, 1000)
		if len(claims) == 0 {
			return all
		}
		all = append(all, claims...)
	}
}

// claimOne takes exactly one claim.
func (b *bed) claimOne() *store.Claim {
	b.Helper()
	claims := b.claim(1)
	if len(claims) != 1 {
		b.Fatalf("Claim(1) returned %d claims, want 1", len(claims))
	}
	return claims[0]
}

// claims takes exactly n claims that together hold limit orders.
func (b *bed) claims(n, limit int) []*store.Claim {
	b.Helper()
	claims := b.claim(limit)
	if len(claims) != n || len(indexes(claims...)) != limit {
		b.Fatalf("Claim(%d) = %d claims of orders %v, want %d claims", limit, len(claims), indexes(claims...), n)
	}
	return claims
}

// sound checks what holds for every claim.
func (b *bed) sound(c *store.Claim) {
	b.Helper()
	if len(c.Indexes) == 0 {
		b.Fatalf("Claim returned a claim without orders")
	}
	for i, index := range c.Indexes {
		if i > 0 && index <= c.Indexes[i-1] {
			b.Fatalf("Claim returned indexes %v, want them ascending", c.Indexes)
		}
		if o, known := b.accepted[c.Run.Key(index)]; known && o.Priority() != c.Priority {
			b.Fatalf("Claim of lane %v holds order %d of lane %v", c.Priority, index, o.Priority())
		}
	}
	if c.Expires.IsZero() != (b.opts.Expire == nil) {
		b.Fatalf("Claim expires at %v, want an instant only if claims expire", c.Expires)
	}
}

// settle gives claims outcomes.
func (b *bed) settle(settlements ...store.Settlement) {
	b.Helper()
	b.ok("Settle", b.s.Settle(b.ctx, settlements...))
	b.recount()
}

// process settles everything in the claims as processed.
func (b *bed) process(claims ...*store.Claim) {
	b.Helper()
	for _, c := range claims {
		b.settle(b.settlement(c, b.outcomes(c, order.Processed, c.Indexes...)...))
	}
}

// drain processes everything that can be claimed now, and what follows from that.
func (b *bed) drain() {
	b.Helper()
	for {
		claims := b.claimAll()
		if len(claims) == 0 {
			return
		}
		b.process(claims...)
	}
}

// release gives claims back.
func (b *bed) release(claims ...*store.Claim) {
	b.Helper()
	b.ok("Release", b.s.Release(b.ctx, claims...))
	b.recount()
}

// reopen closes the store and opens it again.
func (b *bed) reopen() {
	b.Helper()
	b.ok("Close", b.s.Close())
	b.s = b.opened.Reopen(b)
	b.recount()
}

// crash ends the store without Close and opens it again, or skips the test.
func (b *bed) crash() {
	b.Helper()
	if b.opened.Crash == nil {
		b.Skip("the harness cannot crash the store")
	}
	b.s = b.opened.Crash(b)
	b.recount()
}
