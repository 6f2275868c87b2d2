package memstore

import (
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// TestVerifyFindsDamage breaks a sound store in one way after the other.
func TestVerifyFindsDamage(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(s *Store, r *run){
		"a counter is off":         func(_ *Store, r *run) { r.counts[order.VIP].Processed++ },
		"an order is lost":         func(_ *Store, r *run) { r.waiting[order.VIP] = nil },
		"an order is in two lists": func(s *Store, r *run) { s.durable.delayed[order.VIP] = r.waiting[order.VIP] },
		"an order is misplaced": func(_ *Store, r *run) {
			r.put(r.entries[2], delayed, time.Time{})
		},
		"a settled order is in a block": func(_ *Store, r *run) {
			r.put(r.entries[2], removed, time.Time{})
		},
		"an outcome changed": func(_ *Store, r *run) { r.entries[0].accepted.Amount++ },
		"a block is foreign": func(_ *Store, r *run) { r.entries[2].block = &block{run: r} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sound(t)
			damage(s, s.durable.runs[0])
			report, err := s.Verify(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if report.Clean() || len(report.Problems) == 0 {
				t.Errorf("Verify = %+v, want a problem", report)
			}
		})
	}
}

// sound returns a store whose orders 0 is processed, 1 claimed and 2 waiting.
func sound(t *testing.T) *Store {
	t.Helper()
	s, ctx := New(), t.Context()
	doc, err := s.Begin(ctx, order.Spec{Kind: order.Generated, BlockSize: 1}, time.Unix(1, 0), nil)
	if err != nil {
		t.Fatal(err)
	}
	chunk := store.Chunk{Next: order.Cursor{Next: 3}, Ready: []order.Priority{order.VIP}}
	for i := range uint64(3) {
		chunk.Orders = append(chunk.Orders, order.Order{Key: doc.ID.Key(i), Customer: "c", Tier: order.Diamond})
	}
	if _, err := s.Insert(ctx, store.Fence{Run: doc.ID, Epoch: doc.Epoch}, chunk); err != nil {
		t.Fatal(err)
	}
	claims, _, err := s.Claim(ctx, "w", time.Unix(2, 0), 2)
	if err != nil {
		t.Fatal(err)
	}
	done := chunk.Orders[0]
	done.Process(time.Unix(3, 0))
	outcome := store.Outcome{Status: order.Processed, At: time.Unix(3, 0), Sum: done.Sum()}
	if err := s.Settle(ctx, store.Settlement{Claim: claims[0], Outcomes: []store.Outcome{outcome}}); err != nil {
		t.Fatal(err)
	}
	if report, err := s.Verify(ctx); err != nil || !report.Clean() {
		t.Fatalf("Verify of a sound store = %+v, %v", report, err)
	}
	return s
}
