package storetest

import (
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func loadTests() []test {
	return []test{
		{"Content", testLoadContent},
		{"SlabAgain", testLoadSlabAgain},
		{"Retry", testLoadRetry},
	}
}

// loads fails the test unless Load returns the claim's orders as they were accepted.
func (b *bed) loads(c *store.Claim, slab *store.Slab) {
	b.Helper()
	got, err := b.s.Load(b.ctx, c, slab)
	b.ok("Load", err)
	want := make([]order.Order, 0, len(c.Indexes))
	for _, index := range c.Indexes {
		want = append(want, b.accepted[c.Run.Key(index)])
	}
	// Attempts are the claim's; whether Load repeats them is the driver's affair.
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(order.Order{}, "Attempts")); diff != "" {
		b.Fatalf("Load of orders %v differs (-want +got):\n%s", c.Indexes, diff)
	}
}

func testLoadContent(b *bed) {
	r := b.begin(blocksOf(100))
	made := orders(r.run.ID, 0, "NVNNVVNN")
	made[1].Ref, made[4].Customer, made[5].Note = "a ref"[2:], "Ação", ""
	r.insertChunk(chunkOf(&r.run, made, both()...))
	for _, reopen := range []func(){func() {}, b.reopen} {
		reopen()
		vip := b.claimOne()
		b.loads(vip, new(store.Slab))
		b.release(vip)
	}
	b.process(b.claimOne())
	b.loads(b.claimOne(), new(store.Slab))
}

func testLoadSlabAgain(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("VVVVVVV", both()...)
	slab := new(store.Slab)
	for _, c := range b.claimAll() {
		b.loads(c, slab)
		b.loads(c, slab)
		b.process(c)
	}
}

func testLoadRetry(b *bed) {
	r := b.begin(blocksOf(4))
	r.insert("VVVV", both()...)
	c := b.claimOne()
	b.settle(b.settlement(c, b.outcomes(c, order.Pending, 1, 3)...))
	b.loads(b.claimOne(), new(store.Slab))
	b.release(c)
	b.loads(b.claimOne(), new(store.Slab))
}
