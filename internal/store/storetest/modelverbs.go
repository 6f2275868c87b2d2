package storetest

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

func (m *model) cancel(t *rapid.T) {
	r := m.anyRun(t)
	if r == nil {
		return
	}
	opts := store.CancelOptions{
		At:          m.tick(),
		KeepPending: rapid.Bool().Draw(t, "keep"),
		ShowIdle:    rapid.Bool().Draw(t, "idle"),
		Kind:        evenly("", order.FailureCancelled, "input_lost").Draw(t, "kind"),
		Reason:      "stop",
	}
	underFence := rapid.Bool().Draw(t, "under a fence")
	idem := m.idem(t, "cancel", r.ordinal, opts.KeepPending, opts.ShowIdle, opts.Kind, underFence)
	drvOpts, refOpts := opts, opts
	if underFence {
		fences := m.fences(t, r)
		drvOpts.Epoch, refOpts.Epoch = fences[0].Epoch, fences[1].Epoch
	}
	drv, drvErr := m.drv.Cancel(m.ctx, r.drv.ID, drvOpts, idem)
	ref, refErr := m.ref.Cancel(m.ctx, r.ref.ID, refOpts, idem)
	if !m.sameKind(t, "Cancel", drvErr, refErr) {
		return
	}
	if drv.Was != ref.Was || drv.Removed != ref.Removed {
		t.Fatalf("Cancel = was %v, removed %d, want %v, %d", drv.Was, drv.Removed, ref.Was, ref.Removed)
	}
	m.sameRun(t, "Cancel", drv.Run, ref.Run)
	m.sentence(lost)
}

func (m *model) reset(t *rapid.T) {
	idem := m.idem(t, "reset")
	before := m.generation(t)
	drv, drvErr := m.drv.Reset(m.ctx, idem)
	ref, refErr := m.ref.Reset(m.ctx, idem)
	if !m.sameKind(t, "Reset", drvErr, refErr) {
		return
	}
	if drv != ref {
		t.Fatalf("Reset = %+v, want %+v", drv, ref)
	}
	m.sentence(lost)
	if m.generation(t) != before {
		m.runs = nil
	}
}

func (m *model) generation(t *rapid.T) uint64 {
	totals, err := m.ref.Totals(m.ctx)
	m.ok(t, "Totals of the reference", err)
	return totals.Generation
}

func (m *model) pause(t *rapid.T) {
	idem := m.idem(t, "pause")
	m.sameKind(t, "Pause", m.drv.Pause(m.ctx, idem), m.ref.Pause(m.ctx, idem))
}

func (m *model) resume(t *rapid.T) {
	idem := m.idem(t, "resume")
	m.sameKind(t, "Resume", m.drv.Resume(m.ctx, idem), m.ref.Resume(m.ctx, idem))
}

func (m *model) clean(t *rapid.T) {
	opts := store.CleanOptions{State: evenly(states()...).Draw(t, "state"), At: m.tick()}
	if evenly(true, false, false, false).Draw(t, "grace") {
		opts.Grace = 1000 * 24 * time.Hour
	}
	if m.turnIsClear(t, opts.State) {
		opts.Limit = evenly[int64](0, 1, 2, 4).Draw(t, "limit")
	}
	sets := [2]store.DeadSet{}
	if opts.State == store.FailedJob {
		sets = m.deadSets(t)
	}
	opts.DryRun = evenly(true, false, false).Draw(t, "dry run")
	var idem *store.Idempotency
	if opts.State != store.Active {
		idem = m.idem(t, "clean", opts.State, opts.Limit, opts.Grace, sets[0].Group, len(sets[0].Keys) > 0, m.indexes(sets[0].Keys))
	}
	before := m.holding()
	var errs [2]error
	var n [2]int64
	for side, s := range m.sides() {
		opts.DeadSet = sets[side]
		n[side], errs[side] = s.Clean(m.ctx, opts, idem)
	}
	if m.sameKind(t, "Clean", errs[0], errs[1]) && n[0] != n[1] {
		t.Fatalf("Clean(%+v) = %d, want %d", opts, n[0], n[1])
	}
	m.revoke(t, before)
}

// holding returns how many orders each live claim holds.
func (m *model) holding() map[*hold]int {
	holds := map[*hold]int{}
	for _, h := range m.claims {
		if h.fate == live {
			holds[h] = len(m.left(h))
		}
	}
	return holds
}

// revoke has the reference give back what it still holds for claims from which an order
// was removed: they are lost as a whole.
func (m *model) revoke(t *rapid.T, before map[*hold]int) {
	t.Helper()
	for _, h := range m.claims {
		if h.fate != live || len(m.left(h)) == before[h] {
			continue
		}
		for _, c := range h.ref {
			m.ok(t, "Release of the reference", m.ref.Release(m.ctx, c))
		}
	}
	m.sentence(lost)
}

// turnIsClear says whether it is plain which orders are the oldest in a state: waiting
// ones of one lane of one run, active ones of one claim.
func (m *model) turnIsClear(t *rapid.T, state store.JobState) bool {
	if state == store.Active {
		return len(m.holding()) == 1
	}
	if state != store.Waiting {
		return false
	}
	jobs, err := m.ref.Jobs(m.ctx, store.JobQuery{State: state, Limit: store.MaxExamined})
	m.ok(t, "Jobs of the reference", err)
	for _, job := range jobs {
		if job.Order.Priority() != jobs[0].Order.Priority() || job.Order.Key.Run() != jobs[0].Order.Key.Run() {
			return false
		}
	}
	// A released retry may count as waiting or as delayed.
	return len(m.dues(t)) == 0
}

func (m *model) redrive(t *rapid.T) {
	sets := m.deadSets(t)
	opts := store.RedriveOptions{At: m.tick(), DryRun: evenly(true, false, false).Draw(t, "dry run")}
	var errs [2]error
	var n [2]int64
	idem := m.idem(t, "redrive", sets[0].Group, len(sets[0].Keys) > 0, m.indexes(sets[0].Keys))
	for side, s := range m.sides() {
		opts.DeadSet = sets[side]
		n[side], errs[side] = s.Redrive(m.ctx, opts, idem)
	}
	if m.sameKind(t, "Redrive", errs[0], errs[1]) && n[0] != n[1] {
		t.Fatalf("Redrive(%+v) = %d, want %d", opts, n[0], n[1])
	}
}

// deadSets draws a set of dead letters, for both sides: all of them, a group, or some.
func (m *model) deadSets(t *rapid.T) (sets [2]store.DeadSet) {
	switch evenly(0, 1, 2).Draw(t, "which") {
	case 0:
		sets[0] = groupOf(order.ErrorGroup("error 1 of kind a"))
		sets[1] = sets[0]
	case 1:
		for side, keys := range m.anyKeys(t) {
			sets[side] = keysOf(append(keys, order.NewRunID(1, 1).Key(0))...) // none would mean all
		}
	}
	return sets
}

func (m *model) remove(t *rapid.T) {
	keys := m.anyKeys(t)
	var errs [2]error
	var n [2]int64
	idem := m.idem(t, "remove", m.indexes(keys[0]))
	before := m.holding()
	for side, s := range m.sides() {
		n[side], errs[side] = s.Remove(m.ctx, keys[side], idem)
	}
	if m.sameKind(t, "Remove", errs[0], errs[1]) && n[0] != n[1] {
		t.Fatalf("Remove of %d orders = %d, want %d", len(keys[0]), n[0], n[1])
	}
	m.revoke(t, before)
}

// anyKeys draws keys of orders on both sides, settled and unknown ones among them, but
// none of runs that were cancelled with their orders kept pending.
func (m *model) anyKeys(t *rapid.T) [2][]order.Key {
	var keys [2][]order.Key
	for range evenly(1, 3, 6).Draw(t, "keys") {
		r := m.anyRun(t)
		if r == nil || m.now(t, r).Inert {
			continue
		}
		index := uint64(rapid.IntRange(0, 20).Draw(t, "index"))
		for side := range keys {
			keys[side] = append(keys[side], r.id(side).Key(index))
		}
	}
	return keys
}

// indexes names orders alike on both sides.
func (m *model) indexes(keys []order.Key) []string {
	var names []string
	for _, key := range keys {
		names = append(names, fmt.Sprintf("%d/%d", m.ordinals[key.Run()], key.Index()))
	}
	return names
}

// restart closes the driver, or lets it crash, and opens it again. The reference gives
// its claims back.
func (m *model) restart(t *rapid.T) {
	if m.opened.Crash != nil && rapid.Bool().Draw(t, "crash") {
		m.drv = m.opened.Crash(t)
	} else {
		m.ok(t, "Close", m.drv.Close())
		m.drv = m.opened.Reopen(t)
	}
	for _, h := range m.claims {
		for _, c := range h.ref {
			m.ok(t, "Release of the reference", m.ref.Release(m.ctx, c))
		}
	}
	m.sentence(lost)
}
