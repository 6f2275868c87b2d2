package mongoredis

import (
	"context"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
	"github.com/filavip/filavip/internal/store"
)

// BenchmarkWholeRun takes 100,000 orders from Insert to the last Settle, one claim of
// five blocks after the other, against the double in this process.
func BenchmarkWholeRun(b *testing.B) {
	const orders = 100_000
	sv := startServers(b)
	db := mustOpen(b, sv.options())
	var inserting, settling time.Duration
	for b.Loop() {
		began := time.Now()
		run := fillRun(b, db, orders)
		inserting += time.Since(began)
		began = time.Now()
		settleAll(b, db)
		settling += time.Since(began)
		if _, err := db.Cancel(b.Context(), run, store.CancelOptions{At: time.Now()}, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(orders*b.N)/inserting.Seconds(), "inserted/s")
	b.ReportMetric(float64(orders*b.N)/settling.Seconds(), "settled/s")
}

func fillRun(b *testing.B, db *DB, n int) order.RunID {
	b.Helper()
	ctx := context.Background()
	spec := order.Spec{
		Kind: order.Generated, Target: int64(n), Seed: 42, Weights: order.Weights{1, 1, 1, 1},
		Work: order.Work{Handler: "mark", Attempts: 3}, ChunkSize: 10_000, BlockSize: 1000,
	}
	run, err := db.Begin(ctx, spec, time.Now(), nil)
	if err != nil {
		b.Fatal(err)
	}
	gen, chunk := ordergen.New(spec.Seed, spec.Weights), make([]order.Order, spec.ChunkSize)
	for first := 0; first < n; first += len(chunk) {
		gen.Fill(chunk, run.ID, uint64(first))
		_, err := db.Insert(ctx, store.Fence{Run: run.ID, Epoch: run.Epoch}, store.Chunk{
			First: uint64(first), Orders: chunk, Next: order.Cursor{Next: uint64(first + len(chunk))},
			Ready: []order.Priority{order.VIP, order.Normal},
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return run.ID
}

func settleAll(b *testing.B, db *DB) {
	b.Helper()
	ctx := context.Background()
	slab := new(store.Slab)
	for {
		claims, _, err := db.Claim(ctx, "worker", time.Now(), 5000)
		if err != nil {
			b.Fatal(err)
		}
		if len(claims) == 0 {
			return
		}
		now := time.Now()
		var all []store.Settlement
		for _, c := range claims {
			loaded, err := db.Load(ctx, c, slab)
			if err != nil {
				b.Fatal(err)
			}
			s := store.Settlement{Claim: c, Started: now, At: now}
			for i := range loaded {
				loaded[i].Process(now)
				s.Outcomes = append(s.Outcomes, store.Outcome{Index: loaded[i].Key.Index(), Status: order.Processed, At: now, Sum: loaded[i].Sum()})
			}
			all = append(all, s)
		}
		if err := db.Settle(ctx, all...); err != nil {
			b.Fatal(err)
		}
	}
}
