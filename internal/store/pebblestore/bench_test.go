package pebblestore_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/ordergen"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/store/pebblestore"
)

// Sizes of the default configuration.
const (
	benchChunk = 10_000
	benchBlock = 1024
)

// filling is a run of generated orders in a store on the machine's disk.
type filling struct {
	*testing.B
	db     *pebblestore.DB
	run    order.Run
	gen    *ordergen.Generator
	orders []order.Order
	next   uint64
}

func fill(b *testing.B, orders int) *filling {
	b.Helper()
	db, err := pebblestore.Open(b.TempDir(), pebblestore.Options{Reserve: -1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	spec := order.Spec{
		Kind: order.Generated, Target: int64(orders), Weights: order.Weights{1, 1, 1, 1},
		Work: order.Work{Handler: "mark", Attempts: 1}, ChunkSize: benchChunk, BlockSize: benchBlock,
	}
	run, err := db.Begin(b.Context(), spec, time.Now(), nil)
	if err != nil {
		b.Fatal(err)
	}
	return &filling{B: b, db: db, run: run, gen: ordergen.New(1, spec.Weights), orders: make([]order.Order, benchChunk)}
}

// insert makes the run's next orders durable.
func (f *filling) insert(n int) {
	f.Helper()
	for n > 0 {
		part := f.orders[:min(n, benchChunk)]
		f.gen.Fill(part, f.run.ID, f.next)
		first := f.next
		f.next += uint64(len(part))
		chunk := store.Chunk{First: first, Orders: part, Next: order.Cursor{Next: f.next}}
		if _, err := f.db.Insert(f.Context(), f.fence(), chunk); err != nil {
			f.Fatal(err)
		}
		n -= len(part)
	}
}

func (f *filling) fence() store.Fence { return store.Fence{Run: f.run.ID, Epoch: f.run.Epoch} }

func (f *filling) perSecond() {
	f.ReportMetric(float64(f.N)/f.Elapsed().Seconds(), "orders/s")
}

// BenchmarkInsert generates, encodes and inserts orders, chunk by durable chunk.
func BenchmarkInsert(b *testing.B) {
	b.ReportAllocs()
	f := fill(b, b.N)
	b.ResetTimer()
	f.insert(b.N)
	f.perSecond()
}

// BenchmarkSettle claims, loads and settles orders block by durable block, with one
// worker.
func BenchmarkSettle(b *testing.B) {
	b.ReportAllocs()
	f := fill(b, b.N)
	f.insert(b.N)
	for _, lane := range order.Priorities() {
		if _, err := f.db.Enqueue(b.Context(), f.fence(), lane); err != nil {
			b.Fatal(err)
		}
	}
	var slab store.Slab
	b.ResetTimer()
	for left := b.N; left > 0; {
		claims, _, err := f.db.Claim(b.Context(), "worker", time.Now(), 1)
		if err != nil || len(claims) != 1 {
			b.Fatalf("Claim with %d orders left = %d claims, %v, want one", left, len(claims), err)
		}
		orders, err := f.db.Load(b.Context(), claims[0], &slab)
		if err != nil {
			b.Fatal(err)
		}
		done := store.Settlement{Claim: claims[0], Started: time.Now(), At: time.Now()}
		for i := range orders {
			orders[i].Attempts = 1
			orders[i].Process(done.At)
			done.Outcomes = append(done.Outcomes, store.Outcome{
				Index: orders[i].Key.Index(), Status: order.Processed, At: done.At, Sum: orders[i].Sum(),
			})
		}
		if err := f.db.Settle(b.Context(), done); err != nil {
			b.Fatal(err)
		}
		left -= len(orders)
	}
	f.perSecond()
}

// BenchmarkOrder reads single orders of a million, at random.
func BenchmarkOrder(b *testing.B) {
	const orders = 1_000_000
	b.ReportAllocs()
	f := fill(b, orders)
	f.insert(orders)
	for b.Loop() {
		k := f.run.ID.Key(rand.Uint64N(orders))
		if o, err := f.db.Order(b.Context(), k); err != nil || o.Key != k {
			b.Fatalf("Order(%s) = %s, %v", k, o.Key, err)
		}
	}
}
