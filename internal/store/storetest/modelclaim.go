package storetest

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// maxEnded bounds the claims, no longer held, that the model remembers.
const maxEnded = 8

// turn is an order that could be claimed, and what decides when its turn is.
type turn struct {
	run   *twin
	index uint64
	claim *store.Claim // the reference's
	late  bool
	due   time.Time
}

// before says whether the contract puts x before y. Orders of different runs have a
// certain turn only if the one was accepted before the other and so was its run.
func (x *turn) before(y *turn) bool {
	switch {
	case x.late != y.late:
		return x.late
	case x.late:
		return x.due.Before(y.due)
	case x.run == y.run:
		return x.index < y.index
	default:
		return x.run.ordinal < y.run.ordinal && x.run.step[x.index] < y.run.step[y.index]
	}
}

// claim has the driver claim, checks that it took what it had to, and leaves the same
// orders claimed in the reference.
func (m *model) claim(t *rapid.T) {
	m.forget()
	limit := evenly(1, 2, 3, 5, 8, 12).Draw(t, "max")
	now := m.tick()
	due := m.dues(t)
	open, next, err := m.ref.Claim(m.ctx, "reference", now, 1<<30)
	m.ok(t, "Claim of the reference", err)
	turns := m.turns(open, due)
	claims, drvNext, err := m.drv.Claim(m.ctx, "driver", now, limit)
	m.ok(t, "Claim", err)
	if len(claims) == 0 && len(turns) == 0 {
		if !drvNext.Equal(next) {
			t.Fatalf("Claim: next at %v, want %v", drvNext, next)
		}
		m.insert(t) // so that the next one finds something
		return
	}
	taken := m.match(t, claims, turns)
	m.checkTurns(t, taken, turns)
	m.checkMax(t, claims, limit, len(turns))
	for key, turn := range turns {
		if !taken[key] {
			m.ok(t, "Release of the reference", m.ref.Release(m.ctx, turn.claim))
		}
	}
}

// forget drops the oldest claims that are no longer held, if there are many.
func (m *model) forget() {
	ended := 0
	for _, h := range m.claims {
		if h.fate != live {
			ended++
		}
	}
	m.claims = slices.DeleteFunc(m.claims, func(h *hold) bool {
		drop := h.fate != live && ended > maxEnded
		if drop {
			ended--
		}
		return drop
	})
}

// dues returns when each delayed order of the reference is due.
func (m *model) dues(t *rapid.T) map[order.Key]time.Time {
	t.Helper()
	jobs, err := m.ref.Jobs(m.ctx, store.JobQuery{State: store.Delayed, Limit: store.MaxExamined})
	m.ok(t, "Jobs of the reference", err)
	due := map[order.Key]time.Time{}
	for _, job := range jobs {
		due[job.Order.Key] = job.Due
	}
	return due
}

// turns returns the reference's claims, of one order each, by run and index.
func (m *model) turns(open []*store.Claim, due map[order.Key]time.Time) map[order.Key]*turn {
	turns := map[order.Key]*turn{}
	for _, c := range open {
		r := m.find(c.Run)
		key := c.Run.Key(c.Indexes[0])
		at, late := due[key]
		turns[r.key(c.Indexes[0])] = &turn{run: r, index: c.Indexes[0], claim: c, late: late, due: at}
	}
	return turns
}

// key names an order on both sides.
func (r *twin) key(index uint64) order.Key { return order.NewRunID(int64(r.ordinal), 0).Key(index) }

// find returns the run with that ID on either side, or nil.
func (m *model) find(id order.RunID) *twin {
	for _, r := range m.runs {
		if r.drv.ID == id || r.ref.ID == id {
			return r
		}
	}
	return nil
}

// match finds each of the driver's claimed orders among the turns, and notes the claims.
func (m *model) match(t *rapid.T, claims []*store.Claim, turns map[order.Key]*turn) map[order.Key]bool {
	t.Helper()
	taken := map[order.Key]bool{}
	var before []*turn
	for _, c := range claims {
		r := m.find(c.Run)
		if r == nil || len(c.Indexes) == 0 || len(c.Indexes) > r.drv.Spec.BlockSize {
			t.Fatalf("Claim = %+v, want 1 to BlockSize orders of a run there is", c)
		}
		h := &hold{run: r, drv: c, ref: map[uint64]*store.Claim{}}
		for i, index := range c.Indexes {
			turn := turns[r.key(index)]
			if turn == nil || taken[r.key(index)] || i > 0 && index <= c.Indexes[i-1] {
				t.Fatalf("Claim = orders %v of run %d, of which %d is not claimable, or not in turn", c.Indexes, r.ordinal, index)
			}
			if got, want := c, turn.claim; got.Attempts != want.Attempts || got.Priority != want.Priority ||
				got.Epoch-r.drv.Epoch != want.Epoch-r.ref.Epoch {
				t.Fatalf("Claim = %+v, want attempts, lane and epoch as in %+v", got, want)
			}
			for _, earlier := range before {
				if turn.before(earlier) {
					t.Fatalf("Claim hands out order %d of run %d after %d of run %d", index, r.ordinal, earlier.index, earlier.run.ordinal)
				}
			}
			before = append(before, turn)
			taken[r.key(index)] = true
			h.ref[index] = turn.claim
		}
		m.claims = append(m.claims, h)
	}
	return taken
}

// checkTurns fails if an order was passed over for one whose turn is later.
func (m *model) checkTurns(t *rapid.T, taken map[order.Key]bool, turns map[order.Key]*turn) {
	t.Helper()
	for key, passed := range turns {
		if taken[key] {
			continue
		}
		for other := range taken {
			if passed.before(turns[other]) {
				t.Fatalf("Claim took order %d of run %d and passed over %d of run %d",
					turns[other].index, turns[other].run.ordinal, passed.index, passed.run.ordinal)
			}
		}
	}
}

// checkMax fails if Claim took too few or too many: it may stop before or after the
// block that passes the maximum.
func (m *model) checkMax(t *rapid.T, claims []*store.Claim, limit, open int) {
	t.Helper()
	got := len(indexes(claims...))
	if got == 0 {
		t.Fatalf("Claim(%d) of %d claimable orders = none, want at least one block", limit, open)
	}
	const largest = 4
	if got <= limit-largest && got < open {
		t.Fatalf("Claim(%d) of %d claimable orders in blocks of at most %d = %d orders", limit, open, largest, got)
	}
	if last := claims[len(claims)-1]; got-len(last.Indexes) >= limit {
		t.Fatalf("Claim(%d) = %d orders, and went on when it had enough", limit, got)
	}
}

// anyHold draws one of the claims that were handed out, mostly one that is held still;
// nil if there is none.
func (m *model) anyHold(t *rapid.T) *hold {
	if len(m.claims) == 0 {
		return nil
	}
	if evenly(true, true, true, false).Draw(t, "held") {
		if h := m.liveHold(t); h != nil {
			return h
		}
	}
	return evenly(m.claims...).Draw(t, "claim")
}

// liveHold draws one of the claims that are held, nil if there is none.
func (m *model) liveHold(t *rapid.T) *hold {
	var held []*hold
	for _, h := range m.claims {
		if h.fate == live {
			held = append(held, h)
		}
	}
	if len(held) == 0 {
		return nil
	}
	return evenly(held...).Draw(t, "claim")
}

// sentence gives claims that the last operation ended their fate.
func (m *model) sentence(to fate) {
	for _, h := range m.claims {
		if h.fate == live && len(m.left(h)) == 0 {
			h.fate = to
		}
	}
}

// left returns the orders that the reference still holds for the claim.
func (m *model) left(h *hold) []uint64 {
	var left []uint64
	for _, index := range h.drv.Indexes {
		if kind(m.ref.MayStart(h.ref[index])) != order.ErrClaimLost.Error() {
			left = append(left, index)
		}
	}
	return left
}

func (m *model) load(t *rapid.T) {
	h := m.liveHold(t)
	if h == nil || len(m.left(h)) < len(h.drv.Indexes) {
		return // of a claim settled in part, the contract leaves open what Load returns
	}
	got, err := m.drv.Load(m.ctx, h.drv, new(store.Slab))
	m.ok(t, "Load", err)
	var want []order.Order
	for i, index := range h.drv.Indexes {
		want = append(want, h.run.accepted[index])
		got[i].Attempts = 0 // are the claim's; whether Load repeats them is the driver's affair
	}
	if diff := differ(want, got); diff != "" {
		t.Fatalf("Load of orders %v differs (-want +got):\n%s", h.drv.Indexes, diff)
	}
}

func (m *model) mayStart(t *rapid.T) {
	h := m.anyHold(t)
	if h == nil {
		return
	}
	got := kind(m.drv.MayStart(h.drv))
	if h.fate != live {
		if got != order.ErrClaimLost.Error() {
			t.Fatalf("MayStart of a claim that is no longer held = %v, want %v", got, order.ErrClaimLost)
		}
		return
	}
	want := m.ref.MayStart(h.ref[m.left(h)[0]])
	totals, err := m.ref.Totals(m.ctx)
	m.ok(t, "Totals of the reference", err)
	if totals.Paused && got == order.ErrGateShut.Error() && totals.Counts[order.VIP].Unsettled() > 0 {
		return // both are true
	}
	if got != kind(want) {
		t.Fatalf("MayStart = %v, want %v", got, want)
	}
}

func (m *model) release(t *rapid.T) {
	h := m.anyHold(t)
	if h == nil {
		return
	}
	m.ok(t, "Release", m.drv.Release(m.ctx, h.drv))
	for _, c := range h.ref {
		m.ok(t, "Release of the reference", m.ref.Release(m.ctx, c))
	}
	m.sentence(lost)
}
