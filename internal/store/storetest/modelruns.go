package storetest

import (
	"errors"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// maxRuns bounds the runs between two resets.
const maxRuns = 5

func (m *model) begin(t *rapid.T) {
	if len(m.runs) >= maxRuns {
		return
	}
	s := spec(blocksOf(evenly(1, 2, 3, 4).Draw(t, "block size")))
	s.Kind = evenly(order.Generated, order.Standing).Draw(t, "kind")
	for _, r := range m.runs {
		if run := m.now(t, r); s.Kind == order.Standing && r.kind == order.Standing && run.Active() {
			return // one is enough
		}
	}
	one := s
	one.BlockSize = 1
	idem := m.idem(t, "begin", s.Kind, s.BlockSize)
	now := m.tick().Add(-evenly(0, 0, time.Hour).Draw(t, "back"))
	drv, drvErr := m.drv.Begin(m.ctx, s, now, idem)
	ref, refErr := m.ref.Begin(m.ctx, one, now, idem)
	if !m.sameKind(t, "Begin", drvErr, refErr) {
		return
	}
	if _, replayed := m.ordinals[ref.ID]; !replayed {
		m.add(t, drv, ref)
	}
	m.sameRun(t, "Begin", drv, ref)
}

// add notes a new run.
func (m *model) add(t *rapid.T, drv, ref order.Run) {
	if !drv.ID.Started().After(m.youngest) {
		t.Fatalf("Begin: the ID starts at %v, want after %v", drv.ID.Started(), m.youngest)
	}
	m.youngest = drv.ID.Started()
	m.begun++
	m.ordinals[drv.ID], m.ordinals[ref.ID] = m.begun, m.begun
	r := &twin{
		ordinal: m.begun, drv: drv, ref: ref, kind: drv.Spec.Kind,
		accepted: map[uint64]order.Order{}, step: map[uint64]int{},
	}
	for _, lane := range order.Priorities() {
		if evenly(true, true, true, true, false).Draw(t, "ready") {
			r.ready = append(r.ready, lane)
		}
	}
	m.runs = append(m.runs, r)
}

// plain replaces what may differ between the sides: the run's ID by its ordinal, the
// epoch by how often it was raised.
func (m *model) plain(run order.Run) order.Run {
	n := m.ordinals[run.ID]
	run.ID = order.NewRunID(int64(n), 0)
	run.Spec.BlockSize = 0
	return run
}

func (m *model) sameRun(t *rapid.T, what string, drv, ref order.Run) {
	t.Helper()
	for _, r := range m.runs {
		if r.drv.ID == drv.ID {
			drv.Epoch -= r.drv.Epoch
			ref.Epoch -= r.ref.Epoch
		}
	}
	if diff := differ(m.plain(ref), m.plain(drv)); diff != "" {
		t.Fatalf("%s: the run differs (-want +got):\n%s", what, diff)
	}
}

// insert adds the next chunk of a run, whose orders may have refs from a small set.
func (m *model) insert(t *rapid.T) {
	r := m.openRun(t)
	if r == nil {
		return
	}
	first := m.now(t, r).Cursor.Next
	if evenly(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0).Draw(t, "gap") == 1 {
		first++
	}
	var made []order.Order
	for i := range evenly(0, 1, 3, 6, 12).Draw(t, "orders") {
		made = append(made, m.anyOrder(t, first+uint64(i)))
	}
	if m.insertChunk(t, r, first, made) {
		r.chunks = append(r.chunks, made)
	}
}

func (m *model) anyOrder(t *rapid.T, index uint64) order.Order {
	lane := evenly("V", "N").Draw(t, "lane")
	o := orders(order.RunID{}, index, lane)[0]
	o.Key = order.Key{}
	if ref := evenly("", "", "", "", "", "", "ref-0", "ref-1", "ref-2").Draw(t, "ref"); ref != "" {
		o.Ref = ref
		o.Customer, o.Note = "someone", ""
		o.Amount = evenly[order.Cents](1, 2).Draw(t, "amount")
	}
	return o
}

// insertAgain repeats a chunk that was inserted before.
func (m *model) insertAgain(t *rapid.T) {
	r := m.openRun(t)
	if r == nil || len(r.chunks) == 0 {
		return
	}
	at := rapid.IntRange(0, len(r.chunks)-1).Draw(t, "chunk")
	first := uint64(0)
	for _, before := range r.chunks[:at] {
		first += uint64(len(before))
	}
	m.insertChunk(t, r, first, r.chunks[at])
}

// insertChunk inserts on both sides and says whether it succeeded.
func (m *model) insertChunk(t *rapid.T, r *twin, first uint64, made []order.Order) bool {
	t.Helper()
	fences := m.fences(t, r)
	whole := evenly(true, false, false, false).Draw(t, "all or nothing")
	var inserted [2]store.Inserted
	var errs [2]error
	for side, s := range m.sides() {
		chunk := store.Chunk{
			First: first, Orders: slices.Clone(made), Ready: r.ready, Foretell: foretell,
			Next:  order.Cursor{Next: first + uint64(len(made)), Line: int64(first) + int64(len(made))},
			Spent: time.Second, AllOrNothing: whole,
		}
		for i := range chunk.Orders {
			chunk.Orders[i].Key = r.id(side).Key(first + uint64(i))
		}
		inserted[side], errs[side] = s.Insert(m.ctx, fences[side], chunk)
	}
	if !m.sameKind(t, "Insert", errs[0], errs[1]) {
		if diff := differ(keptOut(errs[1]), keptOut(errs[0])); diff != "" {
			t.Fatalf("Insert: what keeps the chunk out differs (-want +got):\n%s", diff)
		}
		return false
	}
	if diff := differ(inserted[1], inserted[0]); diff != "" {
		t.Fatalf("Insert differs (-want +got):\n%s", diff)
	}
	for i, o := range made {
		index := first + uint64(i)
		if _, err := m.ref.Order(m.ctx, r.ref.ID.Key(index)); err == nil && r.step[index] == 0 {
			o.Key = r.drv.ID.Key(index)
			r.accepted[index], r.step[index] = o, m.steps
		}
	}
	return true
}

// keptOut returns the orders that kept an all-or-nothing chunk out.
func keptOut(err error) []store.Refusal {
	if conflict, ok := errors.AsType[*store.ConflictError](err); ok {
		return conflict.Refused
	}
	return nil
}

func (m *model) enqueue(t *rapid.T) {
	r := m.openRun(t)
	if r == nil {
		return
	}
	lane := evenly(order.VIP, order.Normal).Draw(t, "lane")
	fences := m.fences(t, r)
	drv, drvErr := m.drv.Enqueue(m.ctx, fences[0], lane)
	ref, refErr := m.ref.Enqueue(m.ctx, fences[1], lane)
	if m.sameKind(t, "Enqueue", drvErr, refErr) && drv != ref {
		t.Fatalf("Enqueue(%v) = %d, want %d", lane, drv, ref)
	}
}

// advance makes a step, mostly a legal one, sometimes the last one again.
func (m *model) advance(t *rapid.T) {
	r := m.anyRun(t)
	if r == nil {
		return
	}
	run := m.now(t, r)
	step := store.Step{From: run.Phase, To: run.Phase + 1, At: m.tick()}
	step.Enqueue[evenly(0, 1).Draw(t, "lane")] = time.Second
	switch evenly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9).Draw(t, "step") {
	case 0:
		step.From = order.Phase(rapid.IntRange(1, 6).Draw(t, "from"))
	case 1:
		step.To = order.Phase(rapid.IntRange(1, 7).Draw(t, "to"))
		step.Failure = &order.Failure{Kind: "source", Message: "line 1"}
	case 2:
		step.To = run.Phase
		step.Gap = &order.Gap{From: m.clock.Add(-time.Hour), To: m.clock}
	case 3:
		step = r.last
	}
	fences := m.fences(t, r)
	drv, drvErr := m.drv.Advance(m.ctx, fences[0], step)
	ref, refErr := m.ref.Advance(m.ctx, fences[1], step)
	if refErr != nil && step.From != step.To && !step.From.MayMove(step.To) {
		if drvErr == nil {
			t.Fatalf("Advance from %v to %v = no error, want one", step.From, step.To)
		}
		return
	}
	if m.sameKind(t, "Advance", drvErr, refErr) {
		m.sameRun(t, "Advance", drv, ref)
		if step.From != step.To {
			r.last = step
		}
	}
}
