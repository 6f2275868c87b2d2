package storetest

import (
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func jobTests() []test {
	return []test{
		{"States", testJobStates},
		{"VIPFirst", testJobsVIPFirst},
		{"Newest", testJobsNewest},
		{"OffsetAndLimit", testJobsOffset},
		{"Cancelled", testJobsCancelled},
	}
}

func testJobStates(b *bed) {
	r := b.begin(blocksOf(4))
	r.insert("VVVVVVNN", order.VIP)
	taken := b.tick()
	claims, _ := b.claimAt(taken, 1)
	if len(claims) != 1 {
		b.Fatalf("Claim(1) = %d claims, want 1", len(claims))
	}
	c := claims[0]
	due := b.tick().Add(time.Hour)
	b.settle(b.settlement(c, append(append(
		b.outcomes(c, order.Processed, 0),
		b.outcomes(c, order.Dead, 1)...),
		b.retryAt(c, due, 2)...)...))
	want := map[store.JobState][]store.Job{
		store.Completed: {{Attempts: 1}},
		store.FailedJob: {{Attempts: 1}},
		store.Delayed:   {{Attempts: 1, Due: due}},
		store.Active:    {{Claimed: taken}},
		store.Waiting:   {{}, {}, {}, {}},
	}
	next := uint64(0)
	for _, state := range []store.JobState{store.Completed, store.FailedJob, store.Delayed, store.Active, store.Waiting} {
		for i := range want[state] {
			want[state][i].State, want[state][i].Order = state, r.order(next)
			next++
		}
		if diff := cmp.Diff(want[state], b.jobs(state)); diff != "" {
			b.Errorf("Jobs(%s) differ (-want +got):\n%s", state, diff)
		}
	}
}

// listed returns the indexes of the jobs in a state.
func (b *bed) listed(q store.JobQuery) []uint64 {
	b.Helper()
	jobs, err := b.s.Jobs(b.ctx, q)
	b.ok("Jobs", err)
	var got []uint64
	for _, job := range jobs {
		got = append(got, job.Order.Key.Index())
	}
	return got
}

func testJobsVIPFirst(b *bed) {
	r := b.begin(blocksOf(2))
	r.insert("NVNV", order.VIP)
	r.insert("NVNV", order.VIP)
	if got, want := b.listed(store.JobQuery{State: store.Waiting, Limit: 100}), []uint64{1, 3, 5, 7, 0, 2, 4, 6}; !cmp.Equal(got, want) {
		b.Errorf("Jobs(waiting) = orders %v, want %v", got, want)
	}
	b.claim(3)
	if got, want := b.listed(store.JobQuery{State: store.Active, Limit: 100}), []uint64{1, 3, 5, 7}; !cmp.Equal(got, want) {
		b.Errorf("Jobs(active) = orders %v, want %v", got, want)
	}
}

func testJobsNewest(b *bed) {
	r := b.begin(blocksOf(1))
	r.insert("VVVV", both()...)
	for i := range 4 {
		c := b.claimOne()
		if i%2 == 0 {
			b.process(c)
		} else {
			b.kill(c, c.Indexes...)
		}
	}
	if got, want := b.listed(store.JobQuery{State: store.Completed, Limit: 100}), []uint64{2, 0}; !cmp.Equal(got, want) {
		b.Errorf("Jobs(completed) = orders %v, want %v", got, want)
	}
	if got, want := b.listed(store.JobQuery{State: store.FailedJob, Limit: 100}), []uint64{3, 1}; !cmp.Equal(got, want) {
		b.Errorf("Jobs(failed) = orders %v, want %v", got, want)
	}
}

func testJobsOffset(b *bed) {
	r := b.begin(blocksOf(3))
	r.insert("NVNVNVNVNV", order.VIP)
	all := b.listed(store.JobQuery{State: store.Waiting, Limit: 100})
	if len(all) != 10 {
		b.Fatalf("Jobs(waiting) = %d jobs, want 10", len(all))
	}
	for offset := range 12 {
		for _, limit := range []int{1, 3, 10, 100} {
			want := all[min(offset, 10):min(offset+limit, 10)]
			if got := b.listed(store.JobQuery{State: store.Waiting, Offset: offset, Limit: limit}); len(want) != len(got) || len(got) > 0 && !cmp.Equal(got, want) {
				b.Errorf("Jobs(waiting, %d, %d) = orders %v, want %v", offset, limit, got, want)
			}
		}
	}
}

func testJobsCancelled(b *bed) {
	for _, keep := range []bool{false, true} {
		r, _ := b.spread()
		r.cancel(store.CancelOptions{KeepPending: keep})
		for _, state := range []store.JobState{store.Waiting, store.Active, store.Delayed} {
			if got := b.listed(store.JobQuery{State: state, Limit: 100}); len(got) != 0 {
				b.Errorf("Jobs(%s) of a cancelled run = orders %v, want none", state, got)
			}
		}
		b.reset()
	}
}
