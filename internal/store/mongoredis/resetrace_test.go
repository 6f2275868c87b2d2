package mongoredis

import (
	"errors"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// TestResetUnderInsert: what an insert writes after a reset has passed is taken away, be it
// blocks alone.
func TestResetUnderInsert(t *testing.T) {
	t.Parallel()
	sv := startServers(t)
	s := mustOpen(t, sv.options())
	begun(t, s)
	runs, err := s.Runs(t.Context(), order.RunID{}, 1)
	if err != nil || len(runs) != 1 {
		t.Fatalf("Runs() = %v, %v", runs, err)
	}
	if _, err := s.Reset(t.Context(), nil); err != nil {
		t.Fatalf("Reset() = %v", err)
	}
	late := blockDoc{ID: string(newBlockID(runs[0].ID, order.VIP, 0)), Version: 1, Run: uuid(runs[0].ID), Open: true, Parts: []partDoc{}, Todo: []changeDoc{}}
	if _, err := s.blocks.InsertOne(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	if err := s.sweep(t.Context()); err != nil {
		t.Fatalf("sweep() = %v", err)
	}
	if n, err := s.blocks.CountDocuments(t.Context(), bson.D{}); err != nil || n != 0 {
		t.Errorf("%d blocks are left, %v; want none", n, err)
	}
}

// TestLoadAfterReset: orders that another process has reset away are no damage.
func TestLoadAfterReset(t *testing.T) {
	t.Parallel()
	opts := startServers(t).options()
	s, other := mustOpen(t, opts), mustOpen(t, opts)
	begun(t, s)
	claims, _, err := s.Claim(t.Context(), "worker", time.Now(), 1)
	if err != nil || len(claims) == 0 {
		t.Fatalf("Claim() = %v, %v", claims, err)
	}
	if _, err := other.Reset(t.Context(), nil); err != nil {
		t.Fatalf("Reset() = %v", err)
	}
	var slab store.Slab
	if _, err := s.Load(t.Context(), claims[0], &slab); !errors.Is(err, order.ErrClaimLost) {
		t.Errorf("Load() = %v, want the claim lost", err)
	}
}
