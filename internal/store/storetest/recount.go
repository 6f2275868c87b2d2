package storetest

import (
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// recount compares every counter of the store with what a reader of the whole store
// counts, and asks Verify.
func (b *bed) recount() {
	b.Helper()
	var totals order.Counts
	for _, run := range b.runs() {
		kept, err := b.s.Counts(b.ctx, run.ID)
		b.ok("Counts", err)
		read := b.countRun(run)
		if want := settledOf(read); settledOf(kept) != want {
			b.Fatalf("Counts of run %v = %+v, want %+v as its orders read", run.ID, settledOf(kept), want)
		}
		if !kept.Conserved() {
			b.Fatalf("Counts of run %v = %+v, want every order accounted for", run.ID, kept)
		}
		for _, lane := range order.Priorities() {
			drained, err := b.s.Drained(b.ctx, run.ID, lane)
			b.ok("Drained", err)
			if want := kept[lane].Unsettled() == 0; drained != want {
				b.Fatalf("Drained of %v of run %v = %t, want %t as counted: %+v", lane, run.ID, drained, want, kept[lane])
			}
		}
		if !run.Inert {
			addCounts(&totals, &kept)
		}
	}
	kept, err := b.s.Totals(b.ctx)
	b.ok("Totals", err)
	if got, want := numbers(kept.Counts), numbers(totals); got != want {
		b.Fatalf("Totals = %+v, want the sum over the runs %+v", got, want)
	}
	b.soundBlocks(&kept)
	b.countJobs(&totals)
	b.verify()
}

// runs returns every run, newest first.
func (b *bed) runs() []order.Run {
	b.Helper()
	runs, err := b.s.Runs(b.ctx, order.RunID{}, 1000)
	b.ok("Runs", err)
	return runs
}

// settledCounts are the counters that orders show; which of the pending ones wait, are
// delayed or claimed, they do not.
type settledCounts [order.PriorityCount]struct {
	Generated, Processed, Dead, Removed, Unsettled int64
	Settled                                        order.Digest
}

func settledOf(c order.Counts) (s settledCounts) {
	for lane := range c {
		s[lane].Generated = c[lane].Generated
		s[lane].Processed = c[lane].Processed
		s[lane].Dead = c[lane].Dead
		s[lane].Removed = c[lane].Removed
		s[lane].Unsettled = c[lane].Unsettled()
		s[lane].Settled = c[lane].Settled
	}
	return s
}

// countRun counts a run by reading its orders.
func (b *bed) countRun(run order.Run) order.Counts {
	b.Helper()
	var counts order.Counts
	for _, o := range b.list(store.OrderQuery{Run: run.ID, Limit: 1000}) {
		c := &counts[o.Priority()]
		c.Generated++
		switch o.Status {
		case order.Processed:
			c.Processed++
			c.Settled = c.Settled.Add(o.Sum())
		case order.Dead:
			c.Dead++
			c.Settled = c.Settled.Add(o.Sum())
		case order.Removed:
			c.Removed++
		}
	}
	return counts
}

// list reads all pages of a query.
func (b *bed) list(q store.OrderQuery) []order.Order {
	b.Helper()
	var all []order.Order
	for pages := 0; ; pages++ {
		page, err := b.s.Orders(b.ctx, q)
		b.ok("Orders", err)
		if len(page.Orders) > q.Limit {
			b.Fatalf("Orders returned %d orders, want at most %d", len(page.Orders), q.Limit)
		}
		all = append(all, page.Orders...)
		if page.Cursor == "" {
			return all
		}
		if pages > 100_000 {
			b.Fatalf("Orders returned %d pages and still a cursor", pages)
		}
		q.Cursor = page.Cursor
	}
}

func addCounts(sum, c *order.Counts) {
	for lane := range sum {
		sum[lane].Generated += c[lane].Generated
		sum[lane].Processed += c[lane].Processed
		sum[lane].Dead += c[lane].Dead
		sum[lane].Removed += c[lane].Removed
		sum[lane].Waiting += c[lane].Waiting
		sum[lane].Delayed += c[lane].Delayed
		sum[lane].Claimed += c[lane].Claimed
		sum[lane].Accepted = sum[lane].Accepted.Add(c[lane].Accepted)
		sum[lane].Settled = sum[lane].Settled.Add(c[lane].Settled)
	}
}

// numbers returns the counts without their instants.
func numbers(c order.Counts) (n order.Counts) {
	addCounts(&n, &c)
	return n
}

// countJobs compares the pending counters with the job listings. More jobs than a
// listing shows are not compared.
func (b *bed) countJobs(totals *order.Counts) {
	b.Helper()
	var listed order.Counts
	for _, state := range []store.JobState{store.Waiting, store.Delayed, store.Active} {
		for _, job := range b.jobs(state) {
			if job.State != state || job.Order.Status != order.Pending {
				b.Fatalf("Jobs(%s) lists %v in state %s with status %v", state, job.Order.Key, job.State, job.Order.Status)
			}
			*pendingCounter(&listed[job.Order.Priority()], state)++
		}
	}
	for lane := range listed {
		got, want := listed[lane], (*totals)[lane]
		if want.Unsettled() >= store.MaxExamined/2 {
			continue
		}
		if got.Waiting != want.Waiting || got.Delayed != want.Delayed || got.Claimed != want.Claimed {
			b.Fatalf("Jobs of %v lists %d waiting, %d delayed, %d active, want %d, %d, %d as counted",
				order.Priority(lane), got.Waiting, got.Delayed, got.Claimed, want.Waiting, want.Delayed, want.Claimed)
		}
	}
}

func pendingCounter(c *order.LaneCounts, state store.JobState) *int64 {
	switch state {
	case store.Waiting:
		return &c.Waiting
	case store.Delayed:
		return &c.Delayed
	default:
		return &c.Claimed
	}
}

// jobs lists all jobs in a state.
func (b *bed) jobs(state store.JobState) []store.Job {
	b.Helper()
	jobs, err := b.s.Jobs(b.ctx, store.JobQuery{State: state, Limit: store.MaxExamined})
	b.ok("Jobs", err)
	return jobs
}

// verify runs Verify and compares its report with the counters.
func (b *bed) verify() {
	b.Helper()
	report, err := b.s.Verify(b.ctx)
	b.ok("Verify", err)
	if !report.Clean() || len(report.Problems) > 0 {
		b.Fatalf("Verify found %d problems: %q, want none", report.Found, report.Problems)
	}
	runs := b.runs()
	if len(report.Runs) != len(runs) {
		b.Fatalf("Verify reports %d runs, want %d", len(report.Runs), len(runs))
	}
	var orders int64
	for _, run := range report.Runs {
		kept, err := b.s.Counts(b.ctx, run.Run.ID)
		b.ok("Counts", err)
		if got, want := settledOf(run.Counts), settledOf(kept); got != want {
			b.Fatalf("Verify counts %+v in run %v, want %+v", got, run.Run.ID, want)
		}
		if got, want := run.Digest, kept.Digest(); got != want {
			b.Fatalf("Verify reads the digest %v in run %v, want %v", got, run.Run.ID, want)
		}
		at := slices.IndexFunc(runs, func(r order.Run) bool { return r.ID == run.Run.ID })
		if at < 0 {
			b.Fatalf("Verify reports run %v, which Runs does not list", run.Run.ID)
		}
		if diff := cmp.Diff(runs[at], run.Run, cmpopts.EquateEmpty()); diff != "" {
			b.Fatalf("Verify reports another document of run %v (-want +got):\n%s", run.Run.ID, diff)
		}
		orders += kept.Generated()
	}
	if report.Orders != orders {
		b.Fatalf("Verify reports %d orders, want %d", report.Orders, orders)
	}
}
