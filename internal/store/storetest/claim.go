package storetest

import (
	"slices"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func claimTests() []test {
	return []test{
		{"Nothing", testClaimNothing},
		{"Fields", testClaimFields},
		{"VIPFirst", testClaimVIPFirst},
		{"AcceptanceOrder", testClaimAcceptanceOrder},
		{"RunsInTurn", testClaimRunsInTurn},
		{"BlockSize", testClaimBlockSize},
		{"Max", testClaimMax},
		{"Exclusive", testClaimExclusive},
		{"MayStart", testMayStart},
		{"Extend", testExtend},
	}
}

func testClaimNothing(b *bed) {
	check := func(when string) {
		claims, next := b.claimAt(b.tick(), 10)
		if len(claims) != 0 || !next.IsZero() {
			b.Errorf("Claim %s = %d claims, next at %v, want neither", when, len(claims), next)
		}
	}
	check("in an empty store")
	r := b.begin()
	check("in an empty run")
	r.insert("VN", both()...)
	b.drain()
	check("after everything was processed")
}

func testClaimFields(b *bed) {
	r := b.begin(blocksOf(10))
	r.insert("NVNNVVN", both()...)
	for _, want := range []store.Claim{
		{Priority: order.VIP, Indexes: []uint64{1, 4, 5}},
		{Priority: order.Normal, Indexes: []uint64{0, 2, 3, 6}},
	} {
		c := b.claimOne()
		if c.Run != r.run.ID || c.Epoch != r.run.Epoch || c.Priority != want.Priority || c.Attempts != 0 {
			b.Errorf("Claim = %+v, want run %v, epoch %d, lane %v, no attempts", c, r.run.ID, r.run.Epoch, want.Priority)
		}
		if got := slices.Clone(c.Indexes); !cmp.Equal(got, want.Indexes) {
			b.Errorf("Claim = orders %v, want %v", got, want.Indexes)
		}
		b.process(c)
		if !cmp.Equal(c.Indexes, want.Indexes) {
			b.Errorf("indexes of a claim after Settle = %v, want them unchanged: %v", c.Indexes, want.Indexes)
		}
	}
}

func testClaimVIPFirst(b *bed) {
	r := b.begin()
	r.insert("NNNNN", both()...)
	r.insert("NVNV", both()...)
	claims := b.claim(1000)
	if got, want := indexes(claims...), []uint64{6, 8}; !cmp.Equal(got, want) {
		b.Fatalf("Claim(1000) = orders %v, want the VIP orders %v", got, want)
	}
	b.process(claims...)
	b.expect("after the VIP orders", 0, 1, 2, 3, 4, 5, 7)
}

func testClaimAcceptanceOrder(b *bed) {
	for _, lane := range [...]string{"V", "N"} {
		r := b.begin(blocksOf(2))
		for range 4 {
			r.insert(lane+lane+lane, both()...)
		}
		var got []uint64
		for range 12 {
			claims := b.claim(1)
			if len(claims) == 0 {
				break
			}
			got = append(got, indexes(claims...)...)
		}
		if want := []uint64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}; !cmp.Equal(got, want) {
			b.Errorf("Claim(1) again and again = orders %v, want %v", got, want)
		}
		r.cancel(store.CancelOptions{})
	}
}

// testClaimRunsInTurn has one run accepted whole before the other begins.
func testClaimRunsInTurn(b *bed) {
	first := b.begin(standing)
	first.insert("NVN", order.VIP)
	second := b.begin()
	second.insert("NVN", both()...)
	first.enqueue(order.Normal)
	for _, want := range []struct {
		run  *batch
		lane order.Priority
	}{{first, order.VIP}, {second, order.VIP}, {first, order.Normal}, {second, order.Normal}} {
		c := b.claimOne()
		if c.Run != want.run.run.ID || c.Priority != want.lane {
			b.Fatalf("Claim = %v of run %v, want %v of run %v", c.Priority, c.Run, want.lane, want.run.run.ID)
		}
		b.process(c)
	}
}

func testClaimBlockSize(b *bed) {
	for _, size := range []int{1, 2, 3, 100} {
		r := b.begin(blocksOf(size))
		r.insert("VVVVVVV", both()...)
		claims := b.claimAll()
		for _, c := range claims {
			if len(c.Indexes) > size {
				b.Errorf("Claim = a block of %d orders, want at most %d", len(c.Indexes), size)
			}
		}
		if got := len(indexes(claims...)); got != 7 {
			b.Errorf("Claim of everything = %d orders, want 7", got)
		}
		b.process(claims...)
		r.cancel(store.CancelOptions{})
	}
}

func testClaimMax(b *bed) {
	const size = 4
	r := b.begin(blocksOf(size))
	for range 10 {
		r.insert("VVVV", both()...)
	}
	for left := 40; left > 0; {
		claims := b.claim(10)
		got := len(indexes(claims...))
		// Whether the block that passes the maximum is taken, the contract leaves open.
		if got < min(left, 10-size+1) || got > 10+size-1 {
			b.Fatalf("Claim(10) of %d orders in blocks of %d = %d orders", left, size, got)
		}
		left -= got
	}
	r.insert("VVVV", both()...)
	if got := len(indexes(b.claim(1)...)); got == 0 || got > size {
		b.Errorf("Claim(1) = %d orders, want one block", got)
	}
}

func testClaimExclusive(b *bed) {
	r := b.begin()
	r.insert("VVVVVVVVVV", both()...)
	seen := map[uint64]bool{}
	for _, c := range slices.Concat(b.claim(4), b.claim(4), b.claim(1000)) {
		for _, index := range c.Indexes {
			if seen[index] {
				b.Errorf("order %d was claimed twice", index)
			}
			seen[index] = true
		}
	}
	if len(seen) != 10 {
		b.Errorf("three claims hold %d orders, want 10", len(seen))
	}
	b.nothing("while everything is claimed")
	if c := r.counts()[order.VIP]; c.Claimed != 10 || c.Waiting != 0 {
		b.Errorf("Counts while everything is claimed = %+v", c)
	}
}

func testMayStart(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("VVVV", both()...)
	claims := b.claims(2, 4)
	for _, c := range claims {
		b.ok("MayStart of a held claim", b.s.MayStart(c))
	}
	b.settle(b.settlement(claims[0], b.outcomes(claims[0], order.Processed, 0)...))
	b.ok("MayStart of a claim that was settled in part", b.s.MayStart(claims[0]))
	b.process(claims[0])
	b.is("MayStart of a retired claim", b.s.MayStart(claims[0]), order.ErrClaimLost)
	b.release(claims[1])
	b.is("MayStart of a released claim", b.s.MayStart(claims[1]), order.ErrClaimLost)
	again := b.claimOne()
	b.ok("MayStart of the new claim", b.s.MayStart(again))
	b.is("MayStart of the old claim", b.s.MayStart(claims[1]), order.ErrClaimLost)
}

func testExtend(b *bed) {
	r := b.begin()
	r.insert("V", both()...)
	c := b.claimOne()
	b.ok("Extend of a held claim", b.s.Extend(b.ctx, c))
	b.ok("MayStart after Extend", b.s.MayStart(c))
	b.process(c)
}
