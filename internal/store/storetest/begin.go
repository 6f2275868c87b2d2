package storetest

import (
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func runTests() []test {
	return []test{
		{"Begin", testBegin},
		{"BeginBesideActive", testBeginBesideActive},
		{"BeginAfterEnd", testBeginAfterEnd},
		{"Millisecond", testMillisecond},
		{"MillisecondSurvivesResetAndReopen", testMillisecondSurvives},
		{"Unknown", testUnknownRun},
		{"List", testListRuns},
		{"CopiesAreTheCallers", testRunCopies},
	}
}

// sameRun fails the test unless two documents are equal.
func (b *bed) sameRun(what string, got, want order.Run) {
	b.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		b.Fatalf("%s differs (-want +got):\n%s", what, diff)
	}
}

func testBegin(b *bed) {
	now := b.tick()
	want := spec(func(s *order.Spec) {
		s.Kind, s.Source, s.Strict, s.Forced = order.Imported, "orders.csv", true, true
		s.Work = order.Work{Handler: "simulate", Delay: time.Millisecond, Failures: 0.25, Attempts: 5}
	})
	run, err := b.s.Begin(b.ctx, want, now, nil)
	b.ok("Begin", err)
	if run.Phase != order.Generating || !run.Active() {
		b.Errorf("Begin: phase %v, want %v", run.Phase, order.Generating)
	}
	if diff := cmp.Diff(want, run.Spec); diff != "" {
		b.Errorf("Begin: spec differs (-want +got):\n%s", diff)
	}
	if !run.Accepted.Equal(now) || !run.Entered[order.Generating].Equal(now) || !run.Ended.IsZero() {
		b.Errorf("Begin(%v): accepted %v, entered %v, ended %v", now, run.Accepted, run.Entered[order.Generating], run.Ended)
	}
	if run.ID.IsZero() || run.ID.Started().UnixMilli() != now.UnixMilli() {
		b.Errorf("Begin(%v): the ID starts at %v", now, run.ID.Started())
	}
	if run.Cursor != (order.Cursor{}) || run.Failure != nil {
		b.Errorf("Begin: cursor %+v and failure %v, want none", run.Cursor, run.Failure)
	}
	read, err := b.s.Run(b.ctx, run.ID)
	b.ok("Run", err)
	b.sameRun("Run", read, run)
	b.recount()
}

func testBeginBesideActive(b *bed) {
	live := b.begin()
	_, err := b.s.Begin(b.ctx, spec(), b.tick(), nil)
	b.is("Begin beside a live run", err, order.ErrRunActive)
	if !strings.Contains(err.Error(), live.run.ID.String()) {
		b.Errorf("Begin = %q, want it to name the live run %v", err, live.run.ID)
	}
	if n := len(b.runs()); n != 1 {
		b.Errorf("Runs lists %d runs after a refused Begin, want 1", n)
	}
	b.begin(standing)
	_, err = b.s.Begin(b.ctx, spec(), b.tick(), nil)
	b.is("Begin beside a live run and a standing one", err, order.ErrRunActive)
}

func testBeginAfterEnd(b *bed) {
	b.begin().finish()
	b.begin().fail("source")
	b.begin().cancel(store.CancelOptions{})
	b.begin(standing)
	b.begin()
}

// finish moves a run through all its phases.
func (r *batch) finish() {
	r.b.Helper()
	for r.run.Phase != order.Done {
		r.advance(r.run.Phase + 1)
	}
}

// fail ends a run with a failure.
func (r *batch) fail(kind string) {
	r.b.Helper()
	r.step(store.Step{From: r.run.Phase, To: order.Failed, Failure: &order.Failure{Kind: kind, Message: "it broke"}})
}

func (r *batch) advance(to order.Phase) {
	r.b.Helper()
	r.step(store.Step{From: r.run.Phase, To: to})
}

// step makes a step now.
func (r *batch) step(step store.Step) {
	r.b.Helper()
	if step.At.IsZero() {
		step.At = r.b.tick()
	}
	run, err := r.b.s.Advance(r.b.ctx, r.fence(), step)
	r.b.ok("Advance", err)
	r.b.sameRun("the run that Advance returned", run, r.refresh())
}

func testMillisecond(b *bed) {
	now := b.tick()
	last := b.begin(standing)
	for _, at := range []time.Time{last.run.ID.Started(), last.run.ID.Started(), now.Add(-time.Hour), now.Add(time.Hour)} {
		run, err := b.s.Begin(b.ctx, spec(), at, nil)
		b.ok("Begin", err)
		if !run.ID.Started().After(last.run.ID.Started()) {
			b.Errorf("Begin(%v): the ID starts at %v, want after %v", at, run.ID.Started(), last.run.ID.Started())
		}
		if !run.Accepted.Equal(at) {
			b.Errorf("Begin(%v): accepted at %v", at, run.Accepted)
		}
		last = &batch{b: b, run: run}
		last.cancel(store.CancelOptions{})
	}
}

func testMillisecondSurvives(b *bed) {
	old := b.begin().run.ID.Started()
	_, err := b.s.Reset(b.ctx, nil)
	b.ok("Reset", err)
	for _, reopen := range []func(){func() {}, b.reopen} {
		reopen()
		run, err := b.s.Begin(b.ctx, spec(standing), old, nil)
		b.ok("Begin", err)
		if !run.ID.Started().After(old) {
			b.Fatalf("Begin: the ID starts at %v, want after %v", run.ID.Started(), old)
		}
		old = run.ID.Started()
		_, err = b.s.Reset(b.ctx, nil)
		b.ok("Reset", err)
	}
}

func testUnknownRun(b *bed) {
	unknown := order.NewRunID(epoch().UnixMilli(), 9)
	_, err := b.s.Run(b.ctx, unknown)
	b.is("Run of an unknown run", err, order.ErrNotFound)
	counts, err := b.s.Counts(b.ctx, unknown)
	b.ok("Counts", err)
	if counts != (order.Counts{}) {
		b.Errorf("Counts of an unknown run = %+v, want none", counts)
	}
	drained, err := b.s.Drained(b.ctx, unknown, order.Normal)
	b.ok("Drained", err)
	if !drained {
		b.Errorf("Drained of an unknown run = false, want true")
	}
	if runs := b.runs(); len(runs) != 0 {
		b.Errorf("Runs of an empty store = %v, want none", runs)
	}
}

func testListRuns(b *bed) {
	var ids []order.RunID
	for range 5 {
		r := b.begin()
		ids = append([]order.RunID{r.run.ID}, ids...)
		r.cancel(store.CancelOptions{})
	}
	list := func(before order.RunID, limit int) (got []order.RunID) {
		runs, err := b.s.Runs(b.ctx, before, limit)
		b.ok("Runs", err)
		for _, run := range runs {
			got = append(got, run.ID)
		}
		return got
	}
	for _, tc := range []struct {
		before order.RunID
		limit  int
		want   []order.RunID
	}{
		{order.RunID{}, 10, ids},
		{order.RunID{}, 2, ids[:2]},
		{ids[1], 2, ids[2:4]},
		{ids[3], 10, ids[4:]},
		{ids[4], 10, nil},
	} {
		if got := list(tc.before, tc.limit); !cmp.Equal(got, tc.want) {
			b.Errorf("Runs(%v, %d) = %v, want %v", tc.before, tc.limit, got, tc.want)
		}
	}
}

func testRunCopies(b *bed) {
	r := b.begin()
	r.step(store.Step{From: order.Generating, To: order.Generating, Gap: &order.Gap{From: epoch(), To: b.tick()}})
	r.fail("store")
	want := r.refresh()
	stolen := r.refresh()
	stolen.Gaps[0].To = time.Time{}
	stolen.Failure.Kind = "changed by the caller"
	b.sameRun("Run after its caller changed a copy", r.refresh(), want)
}
