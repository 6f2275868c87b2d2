package pebblestore_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/pebblestore"
)

// disk is a file system that says how much is free.
type disk struct {
	vfs.FS
	free atomic.Uint64
}

func (d *disk) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: d.free.Load(), TotalBytes: 1 << 40}, nil
}

// TestDiskFull takes the space away and gives it back: new work is refused, hand-out
// stops, reading goes on, nothing is lost, and work goes on by itself.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	const reserve = 100 << 20
	d := &disk{FS: vfs.NewMem()}
	d.free.Store(10 << 30)
	db, err := pebblestore.Open(dir, pebblestore.Options{FS: d, Reserve: reserve, MemTable: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	spec := order.Spec{Kind: order.Generated, Target: 2, Weights: order.Weights{1}, Work: order.Work{Attempts: 1}, ChunkSize: 2, BlockSize: 1}
	tooMany := spec
	tooMany.Target = 100_000_000
	if _, err := db.Begin(t.Context(), tooMany, time.Now(), nil); !errors.Is(err, order.ErrDiskFull) {
		t.Errorf("Begin of more than fits = %v, want disk full", err)
	}
	run, err := db.Begin(t.Context(), spec, time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	chunk := func(first uint64) store.Chunk {
		o := order.Order{Key: run.ID.Key(first), Customer: "c", CreatedAt: run.ID.Started()}
		return store.Chunk{First: first, Orders: []order.Order{o}, Next: order.Cursor{Next: first + 1}, Ready: []order.Priority{order.Normal}}
	}
	fence := store.Fence{Run: run.ID, Epoch: run.Epoch}
	if _, err := db.Insert(t.Context(), fence, chunk(0)); err != nil {
		t.Fatal(err)
	}

	d.free.Store(reserve - 1)
	await(t, db, pebblestore.StalledDiskFull)
	if _, err := db.Insert(t.Context(), fence, chunk(1)); !errors.Is(err, order.ErrDiskFull) {
		t.Errorf("Insert on a full disk = %v, want disk full", err)
	}
	if claims, _, err := db.Claim(t.Context(), "w", time.Now(), 1); len(claims) != 0 || err != nil {
		t.Errorf("Claim on a full disk = %d claims, %v; want none", len(claims), err)
	}
	if _, err := db.Order(t.Context(), run.ID.Key(0)); err != nil {
		t.Errorf("Order on a full disk = %v, want it read", err)
	}

	d.free.Store(10 << 30)
	await(t, db, "")
	if _, err := db.Insert(t.Context(), fence, chunk(1)); err != nil {
		t.Errorf("Insert with space again = %v", err)
	}
	if claims, _, err := db.Claim(t.Context(), "w", time.Now(), 2); len(claims) != 2 || err != nil {
		t.Errorf("Claim with space again = %d claims, %v; want both", len(claims), err)
	}
}

// await waits until the store says that it stalls for that reason.
func await(t *testing.T, db *pebblestore.DB, stalled string) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		changed := db.Changed()
		totals, err := db.Totals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if totals.Stalled == stalled {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("Stalled = %q for 30 s, want %q", totals.Stalled, stalled)
		}
	}
}
