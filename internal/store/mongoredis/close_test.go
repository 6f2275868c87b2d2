package mongoredis

import (
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// The lease is so long that what the closed store held comes back by that alone.
func TestCloseGivesClaimsBack(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	long := func(o *Options) { o.Lease = time.Hour }
	a, b := p.open(long), p.open(long)
	ctx := t.Context()
	run, err := a.Begin(ctx, order.Spec{BlockSize: 2, ChunkSize: 4}, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	chunk := store.Chunk{Next: order.Cursor{Next: 4}, Ready: []order.Priority{order.VIP, order.Normal}}
	for index := range uint64(4) {
		chunk.Orders = append(chunk.Orders, order.Order{Key: run.ID.Key(index), Customer: "Cliente", Amount: 1, Tier: order.Diamond, CreatedAt: time.Now()})
	}
	if _, err := a.Insert(ctx, store.Fence{Run: run.ID, Epoch: run.Epoch}, chunk); err != nil {
		t.Fatal(err)
	}
	held, _, err := a.Claim(ctx, "w", time.Now(), 4)
	if err != nil || len(held) == 0 {
		t.Fatalf("Claim = %d claims, %v", len(held), err)
	}
	if none, _, err := b.Claim(ctx, "w", time.Now(), 4); err != nil || len(none) > 0 {
		t.Fatalf("Claim of what is claimed = %d claims, %v", len(none), err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	orders := 0
	claims, _, err := b.Claim(ctx, "w", time.Now(), 4)
	for _, c := range claims {
		orders += len(c.Indexes)
		if c.Attempts != 0 {
			t.Errorf("attempts of a claim that was given back = %d, want 0", c.Attempts)
		}
	}
	if err != nil || orders != 4 {
		t.Errorf("Claim after the other has closed = %d orders, %v; want 4", orders, err)
	}
}
