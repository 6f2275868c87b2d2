package storetest

import (
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func deadTests() []test {
	return []test{
		{"Letter", testDeadLetter},
		{"FirstFailureIsEachOrdersOwn", testDeadFirstFailure},
		{"One", testDeadOne},
		{"OfACancelledRun", testDeadVoid},
		{"Pages", testDeadPages},
		{"BadLimits", testDeadBadLimits},
		{"Groups", testDeadGroups},
		{"GroupsOfNone", testDeadNoGroups},
	}
}

// letters reads all pages of a query.
func (b *bed) letters(q store.DeadQuery) []store.DeadLetter {
	b.Helper()
	var all []store.DeadLetter
	for range 100_000 {
		page, err := b.s.DeadLetters(b.ctx, q)
		b.ok("DeadLetters", err)
		if len(page.Letters) > q.Limit {
			b.Fatalf("DeadLetters returned %d letters, want at most %d", len(page.Letters), q.Limit)
		}
		all = append(all, page.Letters...)
		if page.Cursor == "" {
			return all
		}
		q.Cursor = page.Cursor
	}
	b.Fatalf("DeadLetters returned 100000 pages and still a cursor")
	return nil
}

// sameLetters fails the test unless the store holds exactly these dead letters.
func (b *bed) sameLetters(want ...store.DeadLetter) {
	b.Helper()
	if diff := cmp.Diff(want, b.letters(store.DeadQuery{Limit: 100})); diff != "" {
		b.Fatalf("DeadLetters differ (-want +got):\n%s", diff)
	}
}

func testDeadLetter(b *bed) {
	r := b.begin()
	r.insert("VN", both()...)
	var failed []time.Time
	for attempt := range 3 {
		c := b.claimOne()
		outcomes := b.outcomes(c, order.Pending, 0)
		if attempt == 2 {
			outcomes = b.outcomes(c, order.Dead, 0)
		}
		failed = append(failed, outcomes[0].At)
		b.settle(b.settlement(c, outcomes...))
	}
	dead := b.accepted[r.key(0)]
	dead.Kill(failed[2], reason)
	dead.Attempts = 3
	want := store.DeadLetter{
		Order: dead, Group: order.ErrorGroup(reason), Attempts: 3, First: failed[0], Last: failed[2],
	}
	b.sameOrder(dead)
	b.sameLetters(want)
	b.reopen()
	b.sameOrder(dead)
	b.sameLetters(want)
}

// testDeadFirstFailure has block mates fail in one Settle at different instants.
func testDeadFirstFailure(b *bed) {
	r := b.begin()
	r.insert("VV", both()...)
	c := b.claimOne()
	failures := b.outcomes(c, order.Pending, 0, 1)
	failures[1].At = failures[0].At.Add(time.Minute)
	failures[1].Due = failures[0].Due
	b.settle(b.settlement(c, failures...))
	for _, c := range b.claimAll() {
		b.kill(c, c.Indexes...)
	}
	letters := b.letters(store.DeadQuery{Limit: 10})
	if len(letters) != 2 {
		b.Fatalf("DeadLetters = %d letters, want 2", len(letters))
	}
	for i, letter := range letters {
		if !letter.First.Equal(failures[i].At) {
			b.Errorf("first failure of order %d = %v, want %v", i, letter.First, failures[i].At)
		}
	}
}

// testDeadOne follows one order's dead letter through its lives.
func testDeadOne(b *bed) {
	r := b.begin(blocksOf(1))
	r.insert("VN", both()...)
	none := func(when string, key order.Key) {
		b.Helper()
		_, err := b.s.DeadLetter(b.ctx, key)
		b.is("DeadLetter "+when, err, order.ErrNotFound)
	}
	none("of an unknown run", order.NewRunID(1, 1).Key(0))
	none("of an unknown order", r.key(7))
	none("of an order that waits", r.key(0))
	c := b.claimOne()
	b.settle(b.settlement(c, b.outcomes(c, order.Pending, 0)...))
	none("of an order to be tried again", r.key(0))
	b.kill(b.claimOne(), 0)
	want := b.letters(store.DeadQuery{Limit: 1})[0]
	for _, life := range []struct {
		name     string
		act      func()
		status   order.Status
		redriven int
	}{
		{"of a dead order", func() {}, dead, 0},
		{"after Reopen", b.reopen, dead, 0},
		{"after Redrive", func() { b.redrive(1, store.RedriveOptions{}) }, pending, 1},
		{"when it is dead again", func() { b.kill(b.claimOne(), 0) }, dead, 1},
		{"after another Redrive", func() { b.redrive(1, store.RedriveOptions{}) }, pending, 2},
		{"when it is dead for the third time", func() { b.kill(b.claimOne(), 0) }, dead, 2},
		{"when it was discarded", func() { b.clean(1, store.CleanOptions{State: store.FailedJob}) }, removed, 2},
		{"after another Reopen", b.reopen, removed, 2},
	} {
		life.act()
		got, err := b.s.DeadLetter(b.ctx, r.key(0))
		b.ok("DeadLetter", err)
		if got.Order.Key != r.key(0) || got.Order.Status != life.status || got.Redriven != life.redriven || got.Group != want.Group {
			b.Fatalf("DeadLetter %s = %+v, want it %v, put back %d times", life.name, got, life.status, life.redriven)
		}
		if got.First.Before(want.First) || got.Last.Before(want.Last) || got.Last.Before(got.First) || got.Attempts == 0 {
			b.Errorf("DeadLetter %s = %d attempts, failed from %v to %v, want some and not before %v to %v",
				life.name, got.Attempts, got.First, got.Last, want.First, want.Last)
		}
		if life.redriven == 0 {
			if diff := cmp.Diff(want, got); diff != "" {
				b.Errorf("DeadLetter %s differs from DeadLetters (-want +got):\n%s", life.name, diff)
			}
		}
	}
	none("of another order of the run", r.key(1))
}

// testDeadVoid: what a cancelled run left dead cannot be tried again, but discarded, so
// that an operator can get rid of it.
func testDeadVoid(b *bed) {
	for _, opts := range []store.CancelOptions{{}, {KeepPending: true}} {
		r := b.begin(blocksOf(2))
		r.insert("VVVN", both()...)
		b.kill(b.claimOne(), 0, 1)
		r.cancel(opts)
		b.redrive(0, store.RedriveOptions{})
		b.redrive(0, store.RedriveOptions{DeadSet: keysOf(r.key(0))})
		b.clean(2, store.CleanOptions{State: store.FailedJob, DryRun: true})
		b.clean(1, store.CleanOptions{State: store.FailedJob, DeadSet: keysOf(r.key(1))})
		b.clean(1, store.CleanOptions{State: store.FailedJob})
		b.sameLetters()
		if counts := r.counts(); counts.Dead() != 0 {
			b.Errorf("%d orders of the run are dead, want none", counts.Dead())
		}
		b.reopen()
		b.sameLetters()
		b.recount()
	}
}

func testDeadBadLimits(b *bed) {
	b.bury("refused")
	for _, limit := range []int{-1, 0, 1001} {
		_, err := b.s.DeadLetters(b.ctx, store.DeadQuery{Limit: limit})
		b.is("DeadLetters", err, order.ErrInvalid)
	}
}

// bury makes dead letters of a new run's orders, for the reasons in turn.
func (b *bed) bury(reasons ...string) *batch {
	b.Helper()
	r := b.begin(standing, blocksOf(1))
	for range reasons {
		r.insert("V", both()...)
	}
	for i, reason := range reasons {
		c := b.claimOne()
		outcomes := b.outcomes(c, order.Dead, uint64(i))
		outcomes[0].Reason = reason
		b.settle(b.settlement(c, outcomes...))
	}
	return r
}

func testDeadPages(b *bed) {
	b.bury("refused 1", "timeout", "refused 2", "refused 3", "timeout", "refused 4")
	b.bury("refused 5", "timeout")
	mixed := b.begin(blocksOf(2))
	mixed.insert("NVNVN", both()...)
	for claims := b.claimAll(); len(claims) > 0; claims = b.claimAll() {
		for _, c := range claims {
			b.kill(c, c.Indexes...)
		}
	}
	all := b.letters(store.DeadQuery{Limit: 100})
	if len(all) != 13 {
		b.Fatalf("DeadLetters = %d letters, want 13", len(all))
	}
	for i := 1; i < len(all); i++ {
		if all[i].Order.Key.String() <= all[i-1].Order.Key.String() {
			b.Errorf("DeadLetters are not in the order of their keys")
		}
	}
	for _, limit := range []int{1, 2, 3, 7, 13} {
		if diff := cmp.Diff(all, b.letters(store.DeadQuery{Limit: limit})); diff != "" {
			b.Errorf("DeadLetters in pages of %d differ (-want +got):\n%s", limit, diff)
		}
	}
	for group, want := range map[string]int{order.ErrorGroup("timeout"): 3, order.ErrorGroup("refused 1"): 5, "no such group": 0} {
		for _, limit := range []int{1, 2, 100} {
			letters := b.letters(store.DeadQuery{Group: group, Limit: limit})
			if len(letters) != want {
				b.Errorf("DeadLetters of %q in pages of %d = %d letters, want %d", group, limit, len(letters), want)
			}
			for _, letter := range letters {
				if letter.Group != group {
					b.Errorf("DeadLetters of %q lists one of %q", group, letter.Group)
				}
			}
		}
	}
	page, err := b.s.DeadLetters(b.ctx, store.DeadQuery{Limit: 3})
	b.ok("DeadLetters", err)
	b.reopen()
	rest := b.letters(store.DeadQuery{Limit: 3, Cursor: page.Cursor})
	if diff := cmp.Diff(all, append(page.Letters, rest...)); diff != "" {
		b.Errorf("DeadLetters, continued after Reopen, differ (-want +got):\n%s", diff)
	}
}

func testDeadGroups(b *bed) {
	reasons := []string{"timeout after 2s", "refused 1", "refused 22", "timeout after 30s", "refused 333", "odd"}
	b.bury(reasons...)
	groups, err := b.s.Groups(b.ctx)
	b.ok("Groups", err)
	letters := b.letters(store.DeadQuery{Limit: 100})
	var got []string
	for _, g := range groups {
		got = append(got, fmt.Sprintf("%d %s", g.Count, g.Name))
		var first, last time.Time
		example := false
		for _, letter := range letters {
			if letter.Group != g.Name {
				continue
			}
			example = example || letter.Order.Reason == g.Example
			if first.IsZero() || letter.First.Before(first) {
				first = letter.First
			}
			if letter.Last.After(last) {
				last = letter.Last
			}
		}
		if !example || !g.First.Equal(first) || !g.Last.Equal(last) {
			b.Errorf("group %+v, want the window %v to %v and one of its reasons", g, first, last)
		}
	}
	want := []string{
		"3 " + order.ErrorGroup("refused 1"), "2 " + order.ErrorGroup("timeout after 2s"), "1 " + order.ErrorGroup("odd"),
	}
	if !cmp.Equal(got, want) {
		b.Errorf("Groups = %q, want %q", got, want)
	}
}

func testDeadNoGroups(b *bed) {
	r := b.begin()
	r.insert("V", both()...)
	groups, err := b.s.Groups(b.ctx)
	b.ok("Groups", err)
	if len(groups) != 0 {
		b.Errorf("Groups of no dead letters = %v, want none", groups)
	}
}
