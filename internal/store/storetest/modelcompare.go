package storetest

import (
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// compare compares all that a reader sees.
func (m *model) compare(t *rapid.T) {
	m.steps++
	m.compareRuns(t)
	m.compareTotals(t)
	m.compareOrders(t)
	m.compareLetters(t)
	for _, state := range []store.JobState{store.Active, store.Completed, store.FailedJob} {
		m.compareJobs(t, state)
	}
	m.comparePending(t)
	m.compareRefs(t)
	report, err := m.drv.Verify(m.ctx)
	m.ok(t, "Verify", err)
	if !report.Clean() {
		t.Fatalf("Verify found %d problems: %q, want none", report.Found, report.Problems)
	}
}

// differ returns how two values differ, empty if they do not. That of two errors only
// the kinds count, and that nil is as good as empty, it knows.
func differ(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return "" // so it is nearly always, and this is much faster
	}
	sameErrors := cmp.Comparer(func(a, b error) bool { return kind(a) == kind(b) })
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), sameErrors)
}

func (m *model) compareRuns(t *rapid.T) {
	drv, err := m.drv.Runs(m.ctx, order.RunID{}, 100)
	m.ok(t, "Runs", err)
	ref, err := m.ref.Runs(m.ctx, order.RunID{}, 100)
	m.ok(t, "Runs of the reference", err)
	if len(drv) != len(ref) {
		t.Fatalf("Runs lists %d runs, want %d", len(drv), len(ref))
	}
	for i := range ref {
		m.sameRun(t, "Runs", drv[i], ref[i])
	}
	for _, r := range m.runs {
		m.compareCounts(t, r)
	}
}

func (m *model) compareCounts(t *rapid.T, r *twin) {
	t.Helper()
	drv, err := m.drv.Counts(m.ctx, r.drv.ID)
	m.ok(t, "Counts", err)
	ref, err := m.ref.Counts(m.ctx, r.ref.ID)
	m.ok(t, "Counts of the reference", err)
	for lane := range ref {
		got, want := plainCounts(drv[lane]), plainCounts(ref[lane])
		if r.unclear[lane] {
			got.Last, want.Last = time.Time{}, time.Time{}
		}
		if diff := differ(want, got); diff != "" {
			t.Fatalf("Counts of run %d, %v, differ (-want +got):\n%s", r.ordinal, order.Priority(lane), diff)
		}
	}
}

// plainCounts counts delayed orders as waiting ones. Which of the two an order is whose
// due time has passed, the contract leaves open; comparePending compares the others.
func plainCounts(c order.LaneCounts) order.LaneCounts {
	c.Waiting, c.Delayed = c.Waiting+c.Delayed, 0
	return c
}

func (m *model) compareTotals(t *rapid.T) {
	var totals [2]store.Totals
	for side, s := range m.sides() {
		got, err := s.Totals(m.ctx)
		m.ok(t, "Totals", err)
		if side == 0 {
			m.checkBlocks(t, &got)
		}
		got.Counts = numbers(got.Counts)
		for lane := range got.Counts {
			got.Counts[lane] = plainCounts(got.Counts[lane])
		}
		got.Generation -= m.base[side]
		totals[side] = got
		totals[side].Blocks = [order.PriorityCount]store.BlockCounts{} // the reference's hold one order each
	}
	if diff := differ(totals[1], totals[0]); diff != "" {
		t.Fatalf("Totals differ (-want +got):\n%s", diff)
	}
}

// checkBlocks compares the driver's block counts with what is known of its blocks: the
// claimed ones are the claims it handed out; of the others, how many orders each has at
// most and at least.
func (m *model) checkBlocks(t *rapid.T, got *store.Totals) {
	var claimed [order.PriorityCount]int64
	for _, h := range m.claims {
		if h.fate == live {
			claimed[h.drv.Priority]++
		}
	}
	for lane := range got.Blocks {
		blocks, orders := got.Blocks[lane], &got.Counts[lane]
		if blocks.Claimed != claimed[lane] {
			t.Fatalf("Totals = %d claimed blocks of %v, want %d", blocks.Claimed, order.Priority(lane), claimed[lane])
		}
		queued, pending := blocks.Ready+blocks.Delayed, orders.Waiting+orders.Delayed
		if blocks.Ready < 0 || blocks.Delayed < 0 || queued > pending {
			t.Fatalf("Totals = blocks %+v of %v for %d orders in queue", blocks, order.Priority(lane), pending)
		}
		if orders.Delayed > 0 && queued == 0 {
			t.Fatalf("Totals = no blocks of %v in queue, want those of %d delayed orders", order.Priority(lane), orders.Delayed)
		}
	}
}

// plainOrder replaces what may differ between the sides, or what the contract leaves
// open: the attempts of a pending order, and when an order was removed.
func (m *model) plainOrder(o order.Order) order.Order {
	o.Key = order.NewRunID(int64(m.ordinals[o.Key.Run()]), 0).Key(o.Key.Index())
	switch o.Status {
	case order.Pending:
		o.Attempts = 0
	case order.Removed:
		o.Attempts, o.ProcessedAt = 0, time.Time{}
	}
	return o
}

// compareOrders compares one query, another one at each step, in pages of all sizes.
func (m *model) compareOrders(t *rapid.T) {
	all := queries(order.RunID{})
	q := all[m.steps%len(all)]
	want := m.orders(t, m.ref, q, 1000)
	got := m.orders(t, m.drv, q, 1+m.steps%7)
	if diff := differ(want, got); diff != "" {
		t.Fatalf("Orders(%+v) differ (-want +got):\n%s", q, diff)
	}
	for i, o := range m.orders(t, m.drv, store.OrderQuery{}, 1000) {
		one, err := m.drv.Order(m.ctx, m.drvKey(o.Key))
		m.ok(t, "Order", err)
		if diff := differ(o, m.plainOrder(one)); diff != "" {
			t.Fatalf("Order %d differs from itself in Orders (-Orders +Order):\n%s", i, diff)
		}
	}
}

// drvKey returns the driver's key of an order.
func (m *model) drvKey(plain order.Key) order.Key {
	for _, r := range m.runs {
		if r.key(plain.Index()) == plain {
			return r.drv.ID.Key(plain.Index())
		}
	}
	return order.Key{}
}

func (m *model) orders(t *rapid.T, s store.Store, q store.OrderQuery, limit int) []order.Order {
	t.Helper()
	q.Limit = limit
	var all []order.Order
	for range 1000 {
		page, err := s.Orders(m.ctx, q)
		m.ok(t, "Orders", err)
		for _, o := range page.Orders {
			all = append(all, m.plainOrder(o))
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			return all
		}
	}
	t.Fatalf("Orders returned 1000 pages and still a cursor")
	return nil
}

func (m *model) compareLetters(t *rapid.T) {
	var letters [2][]store.DeadLetter
	var groups [2]map[string]int64
	for side, s := range m.sides() {
		page, err := s.DeadLetters(m.ctx, store.DeadQuery{Limit: 1000})
		m.ok(t, "DeadLetters", err)
		for _, letter := range page.Letters {
			m.sameLetter(t, s, letter)
			letter.Order = m.plainOrder(letter.Order)
			if letter.Redriven > 0 {
				letter.First = time.Time{} // of all its lives or of the last one
			}
			letters[side] = append(letters[side], letter)
		}
		listed, err := s.Groups(m.ctx)
		m.ok(t, "Groups", err)
		groups[side] = map[string]int64{}
		for _, g := range listed {
			groups[side][g.Name] = g.Count
		}
	}
	if diff := differ(letters[1], letters[0]); diff != "" {
		t.Fatalf("DeadLetters differ (-want +got):\n%s", diff)
	}
	if diff := differ(groups[1], groups[0]); diff != "" {
		t.Fatalf("Groups differ (-want +got):\n%s", diff)
	}
}

// sameLetter fails unless a letter of the listing reads the same by itself.
func (m *model) sameLetter(t *rapid.T, s store.Store, listed store.DeadLetter) {
	t.Helper()
	one, err := s.DeadLetter(m.ctx, listed.Order.Key)
	m.ok(t, "DeadLetter", err)
	if diff := differ(listed, one); diff != "" {
		t.Fatalf("DeadLetter differs from itself in DeadLetters (-DeadLetters +DeadLetter):\n%s", diff)
	}
}

// jobs returns the jobs in a state, by key.
func (m *model) jobs(t *rapid.T, s store.Store, state store.JobState) map[order.Key]store.Job {
	t.Helper()
	listed, err := s.Jobs(m.ctx, store.JobQuery{State: state, Limit: store.MaxExamined})
	m.ok(t, "Jobs", err)
	jobs := map[order.Key]store.Job{}
	for _, job := range listed {
		job.Order = m.plainOrder(job.Order)
		jobs[job.Order.Key] = job
	}
	return jobs
}

func (m *model) compareJobs(t *rapid.T, state store.JobState) {
	t.Helper()
	want, got := m.jobs(t, m.ref, state), m.jobs(t, m.drv, state)
	if diff := differ(want, got); diff != "" {
		t.Fatalf("Jobs(%s) differ (-want +got):\n%s", state, diff)
	}
}

// comparePending compares waiting and delayed jobs. A delayed one that is due may be
// listed as waiting.
func (m *model) comparePending(t *rapid.T) {
	want, got := m.jobs(t, m.ref, store.Waiting), m.jobs(t, m.drv, store.Waiting)
	wantLate, gotLate := m.jobs(t, m.ref, store.Delayed), m.jobs(t, m.drv, store.Delayed)
	for key, job := range wantLate {
		moved, waits := got[key]
		if waits && !job.Due.After(m.clock) && moved.Attempts == job.Attempts {
			delete(wantLate, key)
			delete(got, key)
		}
	}
	if diff := differ(want, got); diff != "" {
		t.Fatalf("Jobs(waiting) differ (-want +got):\n%s", diff)
	}
	if diff := differ(wantLate, gotLate); diff != "" {
		t.Fatalf("Jobs(delayed) differ (-want +got):\n%s", diff)
	}
}

func (m *model) compareRefs(t *rapid.T) {
	for _, ref := range []string{"ref-0", "ref-1", "ref-2", "ref-3"} {
		got, drvErr := m.drv.Lookup(m.ctx, ref)
		want, refErr := m.ref.Lookup(m.ctx, ref)
		if !m.sameKind(t, "Lookup", drvErr, refErr) {
			continue
		}
		if r := m.find(got.Run()); r == nil || r.ref.ID != want.Run() || got.Index() != want.Index() {
			t.Fatalf("Lookup(%q) = %v, want order %d of run %d", ref, got, want.Index(), m.ordinals[want.Run()])
		}
	}
}
