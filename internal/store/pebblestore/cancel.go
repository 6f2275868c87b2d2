package pebblestore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Cancel implements [store.Verbs]. It takes one batch: the run's document, a count of
// what was pending, a range deletion of its blocks, and the marks of those in hand. Orders
// without an outcome in a cancelled run read as removed. Delayed blocks are not
// contiguous; they are passed over wherever they come up, also when the store is opened.
func (db *DB) Cancel(ctx context.Context, id order.RunID, opts store.CancelOptions, idem *store.Idempotency) (store.Cancelled, error) {
	if err := db.enterAlone(ctx); err != nil {
		return store.Cancelled{}, err
	}
	defer db.leaveAlone()
	var before store.Cancelled
	if found, err := db.replay(idem, verbCancel, &before); found || err != nil {
		return before, err
	}
	rs, run := db.lookRun(id)
	if rs == nil && !id.IsZero() {
		return store.Cancelled{}, fmt.Errorf("cancel run %s: %w", id, order.ErrNotFound)
	}
	done := store.Cancelled{Run: run, Was: run.Active()}
	if done.Was && opts.Epoch != 0 && opts.Epoch != run.Epoch {
		return store.Cancelled{}, fmt.Errorf("cancel run %s: %w", id, order.ErrStale)
	}
	b := db.eng.NewBatch()
	defer b.Close()
	var removed [order.PriorityCount]tally
	if done.Was {
		removed = rs.removals(opts)
		done.Removed = removed[order.VIP].removed + removed[order.Normal].removed
		cancelRun(&run, opts)
		done.Run = run
		if err := errors.Join(cancelRows(b, &run, &removed), db.unmarkAll(b, rs)); err != nil {
			return store.Cancelled{}, err
		}
	}
	if err := db.record(b, idem, verbCancel, done); err != nil {
		return store.Cancelled{}, err
	}
	if err := db.commit(b); err != nil {
		return store.Cancelled{}, fmt.Errorf("cancel run %s: %w", id, err)
	}
	if done.Was {
		db.applyCancel(rs, run, &removed)
	}
	return done, nil
}

// lookRun returns a run and a copy of its document, nil if it is unknown.
func (db *DB) lookRun(id order.RunID) (*runState, order.Run) {
	db.mu.Lock()
	defer db.mu.Unlock()
	rs := db.runs[id]
	if rs == nil {
		return nil, order.Run{}
	}
	return rs, cloneRun(rs.run)
}

// ended says whether a run has ended.
func (db *DB) ended(rs *runState) bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	return rs.run.Phase.Ended()
}

// removals returns what removing the run's pending orders counts.
func (r *runState) removals(opts store.CancelOptions) [order.PriorityCount]tally {
	var t [order.PriorityCount]tally
	if opts.KeepPending {
		return t
	}
	for lane := range t {
		t[lane].removed = r.counts[lane].Unsettled()
	}
	return t
}

func cancelRun(run *order.Run, opts store.CancelOptions) {
	step := store.Step{
		From: run.Phase, To: order.Failed, At: opts.At,
		Failure: &order.Failure{Kind: cmp.Or(opts.Kind, order.FailureCancelled), Message: opts.Reason},
	}
	step.Apply(run)
	run.Epoch++
	run.ShowIdle = opts.ShowIdle
	run.Void, run.Inert = true, opts.KeepPending
}

func cancelRows(b *pebble.Batch, run *order.Run, removed *[order.PriorityCount]tally) error {
	for _, lane := range order.Priorities() {
		from, to := orderKey(rowBlock, lane, run.ID.Key(0)), orderKey(rowBlock, lane, order.Key(run.ID))
		if err := b.DeleteRange(from, to, nil); err != nil {
			return err
		}
		if removed[lane].removed == 0 {
			continue
		}
		if err := mergeTally(b, run.ID, lane, &removed[lane]); err != nil {
			return err
		}
	}
	return putRun(b, run)
}

// unmarkAll notes that none of a run's blocks is in hand any more.
func (db *DB) unmarkAll(b *pebble.Batch, rs *runState) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	for st := range db.claims {
		if st.block.run != rs {
			continue
		}
		if err := unmark(b, st); err != nil {
			return err
		}
	}
	return nil
}

// applyCancel lets memory follow: the run's claims are lost, its blocks forgotten, its
// VIP orders no longer shut the gate.
func (db *DB) applyCancel(rs *runState, run order.Run, removed *[order.PriorityCount]tally) {
	db.mu.Lock()
	defer db.mu.Unlock()
	rs.run = run
	if run.Inert {
		db.hidden -= rs.hidden
	}
	db.vipOpen.Add(-rs.counts[order.VIP].Unsettled())
	db.dropRows(rs)
	for st := range db.claims {
		if st.block.run == rs {
			st.lost.Store(true)
			db.unclaim(st)
		}
	}
	for lane := range rs.counts {
		db.lanes[lane].disown(&rs.queued[lane])
		c, total := &rs.counts[lane], &db.totals[lane]
		total.Waiting -= c.Waiting
		total.Delayed -= c.Delayed
		total.Claimed -= c.Claimed
		c.Waiting, c.Delayed, c.Claimed = c.Unsettled(), 0, 0
		if run.Inert {
			subtract(total, c)
			db.rewindow(order.Priority(lane))
			continue
		}
		c.Waiting = 0
		removed[lane].addTo(c)
		removed[lane].addTo(total)
		rs.staged[lane] = nil
	}
	db.announce()
}

// subtract takes a run out of the totals.
func subtract(total, c *order.LaneCounts) {
	total.Generated -= c.Generated
	total.Processed -= c.Processed
	total.Dead -= c.Dead
	total.Removed -= c.Removed
	total.Accepted = total.Accepted.Sub(c.Accepted)
	total.Settled = total.Settled.Sub(c.Settled)
}

// rewindow takes the totals' first hand-out and last settle from the runs that are left:
// they cannot be subtracted. mu held.
func (db *DB) rewindow(lane order.Priority) {
	total := &db.totals[lane]
	total.First, total.Last = time.Time{}, time.Time{}
	for _, rs := range db.byAge {
		c := &rs.counts[lane]
		if rs.run.Inert {
			continue
		}
		if !c.First.IsZero() && (total.First.IsZero() || c.First.Before(total.First)) {
			total.First = c.First
		}
		if c.Last.After(total.Last) {
			total.Last = c.Last
		}
	}
}
