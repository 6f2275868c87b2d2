package storetest

import (
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func retryTests() []test {
	return []test{
		{"NotBeforeDue", testRetryNotBeforeDue},
		{"DueOrder", testRetryDueOrder},
		{"BeforeNewBlocks", testRetryBeforeNew},
		{"MatesGoOn", testRetryMatesGoOn},
		{"Attempts", testRetryAttempts},
		{"SurvivesReopen", testRetrySurvives},
		{"EarliestOfAll", testRetryEarliest},
	}
}

func testRetryNotBeforeDue(b *bed) {
	r := b.begin()
	r.insert("VV", both()...)
	c := b.claimOne()
	due := b.tick().Add(time.Hour)
	b.settle(b.settlement(c, b.retryAt(c, due, c.Indexes...)...))
	if got := r.counts()[order.VIP]; got.Delayed != 2 || got.Waiting != 0 || got.Claimed != 0 {
		b.Errorf("Counts = %+v, want 2 delayed", got)
	}
	for _, early := range []time.Duration{time.Hour, time.Minute, time.Millisecond} {
		claims, next := b.claimAt(due.Add(-early), 10)
		if len(claims) != 0 || !next.Equal(due) {
			b.Errorf("Claim %v early = orders %v, next at %v, want none and %v", early, indexes(claims...), next, due)
		}
	}
	claims, _ := b.claimAt(due, 10)
	if got := indexes(claims...); !cmp.Equal(got, []uint64{0, 1}) {
		b.Errorf("Claim when due = orders %v, want 0 and 1", got)
	}
	if got := r.counts()[order.VIP]; got.Delayed != 0 || got.Claimed != 2 {
		b.Errorf("Counts = %+v, want 2 claimed", got)
	}
}

func testRetryDueOrder(b *bed) {
	r := b.begin(blocksOf(1))
	r.insert("NNNNN", both()...)
	dues := map[uint64]time.Duration{0: 5 * time.Minute, 1: 2 * time.Minute, 2: 4 * time.Minute, 3: time.Minute, 4: 3 * time.Minute}
	base := b.tick()
	for _, c := range b.claim(5) {
		b.settle(b.settlement(c, b.retryAt(c, base.Add(dues[c.Indexes[0]]), c.Indexes...)...))
	}
	if claims, _ := b.claimAt(base.Add(3*time.Minute), 10); !cmp.Equal(indexes(claims...), []uint64{3, 1, 4}) {
		b.Errorf("Claim after 3 minutes = orders %v, want 3, 1, 4", indexes(claims...))
	}
	claims, next := b.claimAt(base.Add(3*time.Minute), 10)
	if len(claims) != 0 || !next.Equal(base.Add(4*time.Minute)) {
		b.Errorf("Claim after 3 minutes, again = %d claims, next at %v, want none and %v", len(claims), next, base.Add(4*time.Minute))
	}
	if claims, _ := b.claimAt(base.Add(time.Hour), 10); !cmp.Equal(indexes(claims...), []uint64{2, 0}) {
		b.Errorf("Claim after an hour = orders %v, want 2, 0", indexes(claims...))
	}
}

func testRetryBeforeNew(b *bed) {
	r := b.begin(blocksOf(1))
	r.insert("VVVNNN", both()...)
	claims := b.claims(2, 2)
	b.process(claims[0])
	b.settle(b.settlement(claims[1], b.retryAt(claims[1], b.tick(), 1)...))
	b.expect("of a due retry and a new block", 1, 2)
	c := b.claimOne()
	b.settle(b.settlement(c, b.retryAt(c, b.tick(), 3)...))
	b.expect("of a due NORMAL retry and new blocks", 3, 4, 5)
}

func testRetryMatesGoOn(b *bed) {
	r := b.begin(blocksOf(4))
	r.insert("VVVV", both()...)
	c := b.claimOne()
	due := b.tick().Add(time.Hour)
	b.settle(b.settlement(c, b.retryAt(c, due, 1)...))
	b.ok("MayStart of the rest of a block", b.s.MayStart(c))
	b.settle(b.settlement(c, b.outcomes(c, order.Processed, 0, 2, 3)...))
	if got := r.counts()[order.VIP]; got.Processed != 3 || got.Delayed != 1 {
		b.Errorf("Counts = %+v, want 3 processed, 1 delayed", got)
	}
	claims, _ := b.claimAt(due, 10)
	if got := indexes(claims...); !cmp.Equal(got, []uint64{1}) {
		b.Errorf("Claim when due = orders %v, want 1", got)
	}
}

func testRetryAttempts(b *bed) {
	r := b.begin()
	r.insert("VV", both()...)
	for attempts := range 3 {
		c := b.claimOne()
		if c.Attempts != attempts {
			b.Errorf("Attempts of claim %d = %d, want %d", attempts, c.Attempts, attempts)
		}
		if attempts == 2 {
			b.settle(b.settlement(c, append(b.outcomes(c, order.Processed, 0), b.outcomes(c, order.Dead, 1)...)...))
			break
		}
		b.settle(b.settlement(c, b.outcomes(c, order.Pending, 0, 1)...))
		for _, job := range b.jobs(store.Delayed) {
			if job.Attempts != attempts+1 {
				b.Errorf("Attempts of a delayed job = %d, want %d", job.Attempts, attempts+1)
			}
		}
	}
	for index := range uint64(2) {
		if got := r.order(index).Attempts; got != 3 {
			b.Errorf("Attempts of order %d = %d, want 3", index, got)
		}
	}
}

func testRetrySurvives(b *bed) {
	r := b.begin()
	r.insert("VV", both()...)
	c := b.claimOne()
	due := b.tick().Add(time.Hour)
	b.settle(b.settlement(c, b.retryAt(c, due, 0, 1)...))
	b.reopen()
	claims, next := b.claimAt(due.Add(-time.Second), 10)
	if len(claims) != 0 || !next.Equal(due) {
		b.Fatalf("Claim too early after Reopen = %d claims, next at %v, want none and %v", len(claims), next, due)
	}
	if claims, _ = b.claimAt(due, 10); len(claims) != 1 || claims[0].Attempts != 1 {
		b.Fatalf("Claim when due after Reopen = %v, want one claim with one attempt", claims)
	}
	b.reopen() // while the retry is claimed
	if claims, _ = b.claimAt(due, 10); len(claims) != 1 || claims[0].Attempts != 1 {
		b.Fatalf("Claim after Reopen of a retry that was claimed = %v, want one claim with one attempt", claims)
	}
	b.process(claims...)
}

func testRetryEarliest(b *bed) {
	r := b.begin(blocksOf(1))
	r.insert("VV", both()...)
	other := b.begin(standing, blocksOf(1))
	other.insert("V", both()...)
	base := b.tick()
	for i, c := range b.claim(3) {
		b.settle(b.settlement(c, b.retryAt(c, base.Add(time.Duration(3-i)*time.Hour), c.Indexes...)...))
	}
	for due := time.Hour; due <= 3*time.Hour; due += time.Hour {
		claims, next := b.claimAt(base.Add(due-time.Second), 10)
		if len(claims) != 0 || !next.Equal(base.Add(due)) {
			b.Errorf("Claim = %d claims, next at %v, want none and %v", len(claims), next, base.Add(due))
		}
		claims, _ = b.claimAt(base.Add(due), 10)
		b.process(claims...)
	}
}
