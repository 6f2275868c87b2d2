package memstore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/memstore"
)

func start() time.Time { return time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC) }

// filled returns a store with one active run of three VIP orders.
func filled(t *testing.T) (*memstore.Store, order.Run) {
	t.Helper()
	s := memstore.New()
	run, err := s.Begin(t.Context(), order.Spec{Kind: order.Generated, BlockSize: 2}, start(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Insert(t.Context(), store.Fence{Run: run.ID, Epoch: run.Epoch}, chunk(run, 0, 3)); err != nil {
		t.Fatal(err)
	}
	return s, run
}

func chunk(run order.Run, first, n uint64) store.Chunk {
	c := store.Chunk{First: first, Next: order.Cursor{Next: first + n}, Ready: []order.Priority{order.VIP}}
	for i := range n {
		c.Orders = append(c.Orders, order.Order{Key: run.ID.Key(first + i), Customer: "c", Tier: order.Diamond})
	}
	return c
}

func TestReopenEndsTheOldStore(t *testing.T) {
	t.Parallel()
	s, run := filled(t)
	again := s.Reopen()
	if _, err := s.Run(t.Context(), run.ID); err == nil {
		t.Error("Run of the old store after Reopen = no error, want one")
	}
	if _, err := again.Run(t.Context(), run.ID); err != nil {
		t.Errorf("Run of the reopened store = %v, want no error", err)
	}
	select {
	case <-s.Changed():
	default:
		t.Error("Changed of the old store is open, want it closed so that no one waits for it")
	}
}

func TestStoresAreApart(t *testing.T) {
	t.Parallel()
	_, run := filled(t)
	if _, err := memstore.New().Run(t.Context(), run.ID); !errors.Is(err, order.ErrNotFound) {
		t.Errorf("Run of another store = %v, want %v", err, order.ErrNotFound)
	}
}

func TestInvalidArguments(t *testing.T) {
	t.Parallel()
	s, run := filled(t)
	ctx := t.Context()
	fence := store.Fence{Run: run.ID, Epoch: run.Epoch}
	claims, _, err := s.Claim(ctx, "w", start(), 1)
	if err != nil {
		t.Fatal(err)
	}
	fail := func(_ any, err error) error { return err }
	shifted, short := chunk(run, 3, 2), chunk(run, 3, 2)
	shifted.Orders[1].Key = run.ID.Key(9)
	short.Next.Next = 4
	for name, err := range map[string]error{
		"Insert with a wrong key":     fail(s.Insert(ctx, fence, shifted)),
		"Insert with a wrong cursor":  fail(s.Insert(ctx, fence, short)),
		"Settle as Removed":           s.Settle(ctx, store.Settlement{Claim: claims[0], Outcomes: []store.Outcome{{Status: order.Removed}}}),
		"Orders without a limit":      fail(s.Orders(ctx, store.OrderQuery{})),
		"Orders with a long page":     fail(s.Orders(ctx, store.OrderQuery{Limit: 1001})),
		"Orders with a wrong cursor":  fail(s.Orders(ctx, store.OrderQuery{Limit: 1, Cursor: "x"})),
		"DeadLetters without a limit": fail(s.DeadLetters(ctx, store.DeadQuery{})),
		"Jobs in no state":            fail(s.Jobs(ctx, store.JobQuery{State: "lost", Limit: 1})),
		"Jobs too far":                fail(s.Jobs(ctx, store.JobQuery{State: store.Waiting, Offset: store.MaxExamined, Limit: 1})),
		"Clean of no state":           fail(s.Clean(ctx, store.CleanOptions{State: "lost"}, nil)),
		"Clean with a limit below 0":  fail(s.Clean(ctx, store.CleanOptions{State: store.Waiting, Limit: -1}, nil)),
		"Redrive with one":            fail(s.Redrive(ctx, store.RedriveOptions{Limit: -1}, nil)),
		"Pause with an empty key":     s.Pause(ctx, &store.Idempotency{}),
	} {
		if !errors.Is(err, order.ErrInvalid) {
			t.Errorf("%s = %v, want %v", name, err, order.ErrInvalid)
		}
	}
}

func TestOneKeyForTwoVerbs(t *testing.T) {
	t.Parallel()
	s, _ := filled(t)
	idem := &store.Idempotency{Key: "k", Fingerprint: "f", Now: start()}
	if err := s.Pause(t.Context(), idem); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reset(t.Context(), idem); !errors.Is(err, order.ErrKeyReused) {
		t.Errorf("Reset with the key of a Pause = %v, want %v", err, order.ErrKeyReused)
	}
}
