package storetest

import (
	"context"
	"strings"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func bigTests() []test {
	return []test{
		{"Batch", testBigBatch},
		{"Pages", testBigPages},
		{"OneChunk", testBigChunk},
	}
}

// fill inserts n orders, a multiple of four, in chunks, without recounting after each.
func (r *batch) fill(n, chunkSize int, ready ...order.Priority) {
	r.b.Helper()
	for left := n; left > 0; left -= chunkSize {
		size := min(left, chunkSize)
		chunk := r.chunk(strings.Repeat("NVNN", size/4), ready...)
		inserted, err := r.b.s.Insert(r.b.ctx, r.fence(), chunk)
		r.b.ok("Insert", err)
		if inserted.Added != int64(size) {
			r.b.Fatalf("Insert = %+v, want %d added", inserted, size)
		}
		r.run.Cursor = chunk.Next
	}
	r.refresh()
}

// testBigBatch takes many orders through the whole of a run, with a restart on the way.
func testBigBatch(b *bed) {
	n := b.opts.Big / 4 * 4
	r := b.begin(blocksOf(1000))
	r.fill(n, min(n, 10_000), order.VIP)
	b.handleAll()
	if counts := r.counts(); counts[order.VIP].Processed != int64(n/4) || counts[order.Normal].Waiting != int64(n-n/4) {
		b.Errorf("Counts after the VIP orders = %+v, want a quarter of %d processed", counts, n)
	}
	b.ok("Close", b.s.Close())
	b.s = b.opened.Reopen(b)
	if got := r.enqueue(order.Normal); got != int64(n-n/4) {
		b.Errorf("Enqueue = %d, want %d", got, n-n/4)
	}
	b.handleAll()
	counts := r.counts()
	if counts.Processed() != int64(n) || !counts.Conserved() {
		b.Errorf("Counts at the end = %+v, want %d processed", counts, n)
	}
	if got, want := counts.Digest(), counts[order.VIP].Accepted.Add(counts[order.Normal].Accepted); got != want {
		b.Errorf("digest at the end = %v, want %v as foretold", got, want)
	}
	b.verify()
}

// handleAll claims, loads and processes as a worker does, until nothing is claimable.
func (b *bed) handleAll() {
	b.Helper()
	slab := new(store.Slab)
	for {
		claims, _, err := b.s.Claim(b.ctx, "worker", b.clock, 5000)
		b.ok("Claim", err)
		if len(claims) == 0 {
			return
		}
		var settlements []store.Settlement
		for _, c := range claims {
			settlement, err := b.handle(b.ctx, c, slab)
			b.ok("Load", err)
			settlements = append(settlements, settlement)
		}
		b.ok("Settle", b.s.Settle(b.ctx, settlements...))
	}
}

func (b *bed) handle(ctx context.Context, c *store.Claim, slab *store.Slab) (store.Settlement, error) {
	settlement := store.Settlement{Claim: c, Started: b.clock, At: b.clock}
	loaded, err := b.s.Load(ctx, c, slab)
	for i := range loaded {
		o := &loaded[i]
		o.Process(b.clock)
		settlement.Outcomes = append(settlement.Outcomes, store.Outcome{
			Index: o.Key.Index(), Status: order.Processed, At: b.clock, Sum: o.Sum(),
		})
	}
	return settlement, err
}

// testBigPages pages through more orders than a page may examine, of which few match.
func testBigPages(b *bed) {
	n := min(b.opts.Big/4*4, 3*store.MaxExamined)
	r := b.begin(blocksOf(1000))
	r.fill(n, min(n, 10_000))
	last := uint64(n - 1)
	if got, err := b.s.Remove(b.ctx, r.keys(last), nil); err != nil || got != 1 {
		b.Fatalf("Remove = %d, %v, want 1", got, err)
	}
	status := order.Removed
	found := b.list(store.OrderQuery{Status: &status, Limit: 10})
	if len(found) != 1 || found[0].Key != r.key(last) {
		b.Errorf("Orders with status %v = %d orders, want order %d alone", status, len(found), last)
	}
	vip := order.VIP
	if got := len(b.list(store.OrderQuery{Run: r.run.ID, Priority: &vip, Limit: 1000})); got != n/4 {
		b.Errorf("Orders of VIP = %d orders, want %d", got, n/4)
	}
	if got := len(b.jobs(store.Waiting)); got != min(n-1, store.MaxExamined) {
		b.Errorf("Jobs(waiting) = %d jobs, want %d", got, min(n-1, store.MaxExamined))
	}
}

// testBigChunk inserts everything as one chunk, of the largest size there is.
func testBigChunk(b *bed) {
	n := b.opts.Big / 4 * 4
	r := b.begin(blocksOf(1000))
	r.fill(n, n, both()...)
	counts := r.counts()
	if counts.Generated() != int64(n) {
		b.Errorf("Counts = %+v, want %d generated", counts, n)
	}
	b.handleAll()
	counts = r.counts()
	if counts.Processed() != int64(n) {
		b.Errorf("Counts = %+v, want %d processed", counts, n)
	}
	b.verify()
}
