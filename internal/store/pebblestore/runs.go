package pebblestore

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Begin implements [store.Runs].
func (db *DB) Begin(ctx context.Context, spec order.Spec, now time.Time, idem *store.Idempotency) (order.Run, error) {
	if err := db.enterAlone(ctx); err != nil {
		return order.Run{}, err
	}
	defer db.leaveAlone()
	var before order.Run
	if found, err := db.replay(idem, verbBegin, &before); found || err != nil {
		return before, err
	}
	// First, so that nobody ends the active run for one that would not fit.
	if err := db.disk.fits(spec.Target); err != nil {
		return order.Run{}, err
	}
	if err := db.mayBegin(spec); err != nil {
		return order.Run{}, err
	}
	run := db.newRun(spec, now)
	b := db.eng.NewBatch()
	defer b.Close()
	if err := putRun(b, &run); err != nil {
		return order.Run{}, err
	}
	if err := putMillis(b, metaLastMillis, run.ID.Started().UnixMilli()); err != nil {
		return order.Run{}, err
	}
	if err := db.record(b, idem, verbBegin, run); err != nil {
		return order.Run{}, err
	}
	if err := db.commit(b); err != nil {
		return order.Run{}, fmt.Errorf("begin run %s: %w", run.ID, err)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	db.addRun(&runState{run: run})
	db.lastMillis = run.ID.Started().UnixMilli()
	db.announce()
	return run, nil
}

// mayBegin refuses a second run that is not Standing. fence held alone.
func (db *DB) mayBegin(spec order.Spec) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, rs := range db.byAge {
		if rs.run.Active() && rs.run.Spec.Kind != order.Standing && spec.Kind != order.Standing {
			return &order.ActiveRunError{Run: rs.run.ID}
		}
	}
	return nil
}

// newRun makes the document of a run whose millisecond no run before it had.
func (db *DB) newRun(spec order.Spec, now time.Time) order.Run {
	millis := max(now.UnixMilli(), db.lastMillis+1)
	run := order.Run{
		ID:       order.NewRunID(millis, rand.Uint64()),
		Epoch:    1,
		Spec:     spec,
		Phase:    order.Generating,
		Accepted: now,
	}
	run.Entered[order.Generating] = now
	return run
}

// addRun makes a run known. mu held.
func (db *DB) addRun(rs *runState) {
	rs.foreign = rs.run.Spec.Work.Foreign
	db.runs[rs.run.ID] = rs
	db.byAge = append(db.byAge, rs)
}

// writeRun finds the run that a fence names and locks its document; unlock must follow.
func (db *DB) writeRun(f store.Fence) (rs *runState, run order.Run, unlock func(), err error) {
	db.mu.Lock()
	rs = db.runs[f.Run]
	db.mu.Unlock()
	if rs == nil {
		return nil, run, nil, fmt.Errorf("run %s: %w", f.Run, order.ErrStale)
	}
	rs.doc.Lock()
	db.mu.Lock()
	run = cloneRun(rs.run)
	db.mu.Unlock()
	if run.Epoch != f.Epoch {
		rs.doc.Unlock()
		return nil, run, nil, fmt.Errorf("run %s epoch %d, now %d: %w", f.Run, f.Epoch, run.Epoch, order.ErrStale)
	}
	return rs, run, rs.doc.Unlock, nil
}

// Advance implements [store.Runs].
func (db *DB) Advance(ctx context.Context, fence store.Fence, step store.Step) (order.Run, error) {
	if err := db.enter(ctx); err != nil {
		return order.Run{}, err
	}
	defer db.leave()
	rs, run, unlock, err := db.writeRun(fence)
	if err != nil {
		return run, fmt.Errorf("advance to %v: %w", step.To, err)
	}
	defer unlock()
	if run.Phase == step.To && run.Entered[step.To].Equal(step.At) && step.From != step.To {
		return run, nil
	}
	if run.Phase != step.From || (step.From != step.To && !step.From.MayMove(step.To)) {
		return run, fmt.Errorf("advance run %s from %v to %v: it is in %v: %w", run.ID, step.From, step.To, run.Phase, order.ErrStale)
	}
	step.Apply(&run)
	b := db.eng.NewBatch()
	defer b.Close()
	if err := putRun(b, &run); err != nil {
		return run, err
	}
	if err := db.commit(b); err != nil {
		return run, fmt.Errorf("advance run %s to %v: %w", run.ID, step.To, err)
	}
	db.setRun(rs, run)
	return run, nil
}

// setRun publishes a run's committed document.
func (db *DB) setRun(rs *runState, run order.Run) {
	db.mu.Lock()
	defer db.mu.Unlock()
	rs.run = run
	db.announce()
}

// Run implements [store.Runs].
func (db *DB) Run(ctx context.Context, id order.RunID) (order.Run, error) {
	if err := db.enter(ctx); err != nil {
		return order.Run{}, err
	}
	defer db.leave()
	return db.findRun(id)
}

func (db *DB) findRun(id order.RunID) (order.Run, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	rs := db.runs[id]
	if rs == nil {
		return order.Run{}, fmt.Errorf("run %s: %w", id, order.ErrNotFound)
	}
	return cloneRun(rs.run), nil
}

// Runs implements [store.Runs].
func (db *DB) Runs(ctx context.Context, before order.RunID, limit int) ([]order.Run, error) {
	if err := db.enter(ctx); err != nil {
		return nil, err
	}
	defer db.leave()
	db.mu.Lock()
	defer db.mu.Unlock()
	var found []order.Run
	for i := len(db.byAge) - 1; i >= 0 && len(found) < limit; i-- {
		run := db.byAge[i].run
		if before.IsZero() || run.ID.Started().Before(before.Started()) {
			found = append(found, cloneRun(run))
		}
	}
	return found, nil
}

// cloneRun copies what a document shares.
func cloneRun(run order.Run) order.Run {
	run.Gaps = append([]order.Gap(nil), run.Gaps...)
	if run.Failure != nil {
		f := *run.Failure
		run.Failure = &f
	}
	return run
}

func putRun(b *pebble.Batch, run *order.Run) error {
	v, err := json.Marshal(run)
	if err != nil {
		return fmt.Errorf("encode run %s: %w", run.ID, err)
	}
	return b.Set(runKey(run.ID), v, nil)
}
