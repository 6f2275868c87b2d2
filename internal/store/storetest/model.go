package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Model makes the same random operations on the driver and on a reference, and compares
// every answer and, after every operation, all that a reader sees. When they differ, the
// test prints the shortest sequence it finds and the seed to repeat it.
//
// The reference cuts its orders into blocks of one, so that it can follow any choice of
// blocks the driver makes: a claim of the driver is compared, order by order, with what
// the reference has to hand out at that moment.
func Model(t *testing.T, opts Options, reference func() store.Store) {
	opts = opts.withDefaults()
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t, opts, reference())
		next := evenly(m.actions()...)
		for range stretches {
			t.Repeat(map[string]func(*rapid.T){"": m.compare, "step": func(t *rapid.T) {
				next.Draw(t, "do").do(t)
			}})
		}
	})
}

// evenly draws one of up to 128 choices, each as likely as the other: by itself rapid
// prefers the first elements of a slice, and small numbers, by far.
func evenly[T any](choices ...T) *rapid.Generator[T] {
	return rapid.Custom(func(t *rapid.T) T {
		n := 0
		for range 7 {
			n *= 2
			if rapid.Bool().Draw(t, "bit") {
				n++
			}
		}
		return choices[n*len(choices)/128]
	})
}

// action is an operation by its name; where it is not possible it does nothing.
type action struct {
	name string
	do   func(*rapid.T)
}

// GoString keeps rapid's print of a sequence readable.
func (a action) GoString() string { return a.name }

// actions returns every operation, as often as its weight.
func (m *model) actions() []action {
	var all []action
	for _, a := range []struct {
		weight int
		action
	}{
		{12, action{"claim", m.claim}},
		{4, action{"begin", m.begin}},
		{10, action{"insert", m.insert}},
		{1, action{"insert again", m.insertAgain}},
		{3, action{"enqueue", m.enqueue}},
		{2, action{"advance", m.advance}},
		{2, action{"load", m.load}},
		{2, action{"may start", m.mayStart}},
		{5, action{"process", m.process}},
		{2, action{"settle again", m.settleAgain}},
		{3, action{"release", m.release}},
		{1, action{"cancel", m.cancel}},
		{1, action{"pause", m.pause}},
		{4, action{"resume", m.resume}},
		{2, action{"clean", m.clean}},
		{3, action{"redrive", m.redrive}},
		{2, action{"remove", m.remove}},
		{2, action{"restart", m.restart}},
		{1, action{"reset", m.reset}},
		{4, action{"wait", m.wait}},
		{10, action{"settle", m.settle}},
	} {
		for range a.weight {
			all = append(all, a.action)
		}
	}
	return all
}

// stretches is how often a sequence is as long as rapid makes it by default, 30
// operations on average: short ones seldom get to a retry of a retry.
const stretches = 3

// model is a driver and a reference to which the same was done.
type model struct {
	ctx      context.Context
	opts     Options
	opened   Opened
	drv, ref store.Store
	clock    time.Time
	steps    int
	ordinals map[order.RunID]int // of the runs of both sides, in the order of their beginning
	begun    int
	youngest time.Time // the last run's start, by its ID
	runs     []*twin   // since the last reset
	claims   []*hold
	base     [2]uint64 // generations at the start
}

// twin is one run on both sides.
type twin struct {
	ordinal  int
	drv, ref order.Run // as they began
	kind     order.Kind
	ready    []order.Priority // lanes whose blocks Insert makes ready
	chunks   [][]order.Order  // that were inserted, with zero keys
	accepted map[uint64]order.Order
	step     map[uint64]int // when an order was accepted
	last     store.Step
	// unclear is true while the end of the lane's window depends on whether settling
	// retries alone moves it, which the contract leaves open.
	unclear [order.PriorityCount]bool
}

// hold is a claim of the driver and the reference's claims of the same orders.
type hold struct {
	run  *twin
	drv  *store.Claim
	ref  map[uint64]*store.Claim
	fate fate
	past []store.Settlement
}

// GoString keeps rapid's print of a sequence readable.
func (r *twin) GoString() string { return fmt.Sprintf("run %d", r.ordinal) }

// GoString keeps rapid's print of a sequence readable.
func (h *hold) GoString() string {
	return fmt.Sprintf("claim of orders %v of run %d", h.drv.Indexes, h.run.ordinal)
}

// fate says what Settle must make of a claim.
type fate int

const (
	live    fate = iota // apply it
	retired             // change nothing; it may call the claim lost
	lost                // change nothing and call the claim lost
)

func newModel(t *rapid.T, opts Options, ref store.Store) *model {
	opened := opts.Open(t)
	m := &model{
		ctx:      context.Background(),
		opts:     opts,
		opened:   opened,
		drv:      opened.Store,
		ref:      ref,
		clock:    epoch(),
		ordinals: map[order.RunID]int{},
	}
	t.Cleanup(func() {
		if err := errors.Join(m.drv.Close(), m.ref.Close()); err != nil {
			t.Errorf("Close() = %v, want nil", err)
		}
	})
	for side, s := range m.sides() {
		totals, err := s.Totals(m.ctx)
		m.ok(t, "Totals", err)
		m.base[side] = totals.Generation
	}
	return m
}

// sides returns the driver and the reference.
func (m *model) sides() [2]store.Store { return [2]store.Store{m.drv, m.ref} }

// id returns a run's ID on a side.
func (r *twin) id(side int) order.RunID { return [2]order.RunID{r.drv.ID, r.ref.ID}[side] }

func (m *model) ok(t *rapid.T, call string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s = %v, want no error", call, err)
	}
}

// tick returns an instant a second after the last one.
func (m *model) tick() time.Time {
	m.clock = m.clock.Add(time.Second)
	return m.clock
}

// kind names what callers can tell about an error.
func kind(err error) string {
	if err == nil {
		return "ok"
	}
	for _, sentinel := range []error{
		order.ErrNotFound, order.ErrInvalid, order.ErrRunActive, order.ErrStale, order.ErrClaimLost,
		order.ErrPaused, order.ErrGateShut, order.ErrRefConflict, order.ErrKeyReused,
	} {
		if errors.Is(err, sentinel) {
			return sentinel.Error()
		}
	}
	return "other: " + err.Error()
}

// sameKind compares the errors of both sides, and says whether the call succeeded.
func (m *model) sameKind(t *rapid.T, call string, drv, ref error) bool {
	t.Helper()
	if kind(drv) != kind(ref) {
		t.Fatalf("%s = %v, want %v", call, drv, ref)
	}
	return ref == nil
}

// anyRun draws one of the runs; if there is none, it begins one and returns nil.
func (m *model) anyRun(t *rapid.T) *twin {
	if len(m.runs) == 0 {
		m.begin(t)
		return nil
	}
	return evenly(m.runs...).Draw(t, "run")
}

// openRun draws a run that is active, or void; if there is none, it begins one
// and returns nil. What becomes of calls on a run that ended otherwise, the contract
// leaves open.
func (m *model) openRun(t *rapid.T) *twin {
	var open []*twin
	for _, r := range m.runs {
		if run := m.now(t, r); run.Active() || run.Void {
			open = append(open, r)
		}
	}
	if len(open) == 0 {
		m.begin(t)
		return nil
	}
	return evenly(open...).Draw(t, "run")
}

// now returns the reference's document of a run.
func (m *model) now(t *rapid.T, r *twin) order.Run {
	t.Helper()
	run, err := m.ref.Run(m.ctx, r.ref.ID)
	m.ok(t, "Run of the reference", err)
	return run
}

// fences returns the run's fence on both sides, or one that is out of date.
func (m *model) fences(t *rapid.T, r *twin) [2]store.Fence {
	back := uint64(0)
	if evenly(0, 0, 0, 0, 0, 0, 0, 0, 0, 1).Draw(t, "stale") == 1 {
		back = 1
	}
	raised := m.now(t, r).Epoch - r.ref.Epoch
	return [2]store.Fence{
		{Run: r.drv.ID, Epoch: r.drv.Epoch + raised - back},
		{Run: r.ref.ID, Epoch: r.ref.Epoch + raised - back},
	}
}

// idem draws an idempotency record for a call; mostly none.
func (m *model) idem(t *rapid.T, call string, params ...any) *store.Idempotency {
	key := evenly(0, 0, 0, 0, 0, 1, 2, 3).Draw(t, "key")
	if key == 0 {
		return nil
	}
	return &store.Idempotency{
		Key:         fmt.Sprintf("key %d", key),
		Fingerprint: call + fmt.Sprint(params...),
		Now:         m.clock,
	}
}

// wait lets time pass.
func (m *model) wait(t *rapid.T) {
	m.clock = m.clock.Add(time.Duration(evenly(1, 10, 60).Draw(t, "minutes")) * time.Minute)
}
