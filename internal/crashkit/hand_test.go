package crashkit

import (
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/pebblestore"
)

// The steps of a run, made by hand where a test needs to know exactly where it stands.

// begin starts a run of small blocks, half of it VIP.
func begin(t *testing.T, db *pebblestore.DB, now time.Time) order.Run {
	t.Helper()
	run, err := db.Begin(t.Context(), order.Spec{
		Kind: order.Generated, Seed: 1, Weights: order.Weights{1, 0, 0, 1},
		Work: order.Work{Handler: "mark", Attempts: 3}, ChunkSize: 100, BlockSize: 4,
	}, now, nil)
	if err != nil {
		t.Fatalf("Begin() = %v", err)
	}
	return run
}

// insert adds orders to a run that has none; those of the ready lanes may be claimed.
func insert(t *testing.T, db *pebblestore.DB, run order.Run, orders int, ready ...order.Priority) {
	t.Helper()
	made := make([]order.Order, orders)
	ordergen.New(run.Spec.Seed, run.Spec.Weights).Fill(made, run.ID, 0)
	_, err := db.Insert(t.Context(), store.Fence{Run: run.ID, Epoch: run.Epoch}, store.Chunk{
		Orders: made, Next: order.Cursor{Next: uint64(orders)}, Ready: ready,
	})
	if err != nil {
		t.Fatalf("Insert() = %v", err)
	}
}

// claim takes one block, nil if none may be taken.
func claim(t *testing.T, db *pebblestore.DB, now time.Time) *store.Claim {
	t.Helper()
	claims, _, err := db.Claim(t.Context(), "worker", now, 1)
	if err != nil {
		t.Fatalf("Claim() = %v", err)
	}
	if len(claims) == 0 {
		return nil
	}
	return claims[0]
}

func claimOne(t *testing.T, db *pebblestore.DB, now time.Time) *store.Claim {
	t.Helper()
	c := claim(t, db, now)
	if c == nil {
		t.Fatalf("Claim() = nothing, want a block")
	}
	return c
}

// settlement gives all orders of a claim one outcome; Pending ones are due again then.
func settlement(t *testing.T, db *pebblestore.DB, c *store.Claim, status order.Status, at, due time.Time) store.Settlement {
	t.Helper()
	var slab store.Slab
	orders, err := db.Load(t.Context(), c, &slab)
	if err != nil {
		t.Fatalf("Load() = %v", err)
	}
	s := store.Settlement{Claim: c, Started: at, At: at}
	for i := range orders {
		o := &orders[i]
		out := store.Outcome{Index: o.Key.Index(), Status: status, At: at}
		switch status {
		case order.Processed:
			o.Process(at)
		case order.Dead:
			out.Reason = "no funds"
			o.Kill(at, out.Reason)
		default:
			out.Reason, out.Due = "no funds", due
		}
		out.Sum = o.Sum()
		s.Outcomes = append(s.Outcomes, out)
	}
	return s
}

func settle(t *testing.T, db *pebblestore.DB, c *store.Claim, status order.Status, at, due time.Time) {
	t.Helper()
	if err := db.Settle(t.Context(), settlement(t, db, c, status, at, due)); err != nil {
		t.Fatalf("Settle() = %v", err)
	}
}
