package pebblestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Clean implements [store.Verbs].
func (db *DB) Clean(ctx context.Context, opts store.CleanOptions, idem *store.Idempotency) (int64, error) {
	enter, leave := db.enterAlone, db.leaveAlone
	if opts.DryRun {
		enter, leave = db.enter, db.leave
	}
	if err := enter(ctx); err != nil {
		return 0, err
	}
	defer leave()
	n, err := db.clean(opts, idem)
	if err != nil {
		return 0, fmt.Errorf("clean %s: %w", opts.State, err)
	}
	return n, nil
}

func (db *DB) clean(opts store.CleanOptions, idem *store.Idempotency) (int64, error) {
	if !opts.DryRun {
		var before int64
		if found, err := db.replay(idem, verbClean, &before); found || err != nil {
			return before, err
		}
	}
	switch {
	case opts.Limit < 0:
		return 0, fmt.Errorf("%w: limit %d; allowed: 0 or more", order.ErrInvalid, opts.Limit)
	case !opts.All() && opts.State != store.FailedJob:
		return 0, fmt.Errorf("%w: keys or a group; allowed: with state failed", order.ErrInvalid)
	case opts.DryRun:
		return db.cleanable(opts)
	}
	switch opts.State {
	case store.Waiting, store.Delayed, store.Active:
		return db.cleanPending(opts, idem)
	case store.FailedJob:
		return db.cleanDead(opts, idem)
	case store.Completed:
		return db.hide(opts, idem)
	}
	return 0, errState(opts.State)
}

func errState(state store.JobState) error {
	return fmt.Errorf("%w: state %q; allowed: waiting, active, completed, failed, delayed", order.ErrInvalid, state)
}

// cleanPending removes orders that wait, are delayed, or are claimed.
func (db *DB) cleanPending(opts store.CleanOptions, idem *store.Idempotency) (int64, error) {
	r := db.newRemoval(opts.At, opts.Limit)
	defer r.batch.Close()
	since := opts.At.Add(-opts.Grace)
	blocks := db.pending(func(*readyBlock) bool { return true })
	slices.SortStableFunc(blocks, func(a, b placed) int { return bytes.Compare(a.block.name[:], b.block.name[:]) })
	for _, at := range blocks {
		if r.removed == r.limit {
			break
		}
		if at.state() != opts.State || at.since().After(since) {
			continue
		}
		if err := r.block(at.block, at.claim, func(uint64) bool { return true }); err != nil {
			return 0, err
		}
	}
	if err := db.record(r.batch, idem, verbClean, r.removed); err != nil {
		return 0, err
	}
	return r.removed, r.finish()
}

// state returns the job state of the block's orders.
func (p placed) state() store.JobState {
	switch {
	case p.claim != nil:
		return store.Active
	case p.block.delayed():
		return store.Delayed
	}
	return store.Waiting
}

// since returns when the block's orders came into their state; those that wait count
// from their run's acceptance.
func (p placed) since() time.Time {
	if p.claim != nil {
		return p.claim.since
	}
	if p.block.delayed() {
		return p.block.since
	}
	return p.block.run.run.Accepted
}

// cleanDead discards dead letters.
func (db *DB) cleanDead(opts store.CleanOptions, idem *store.Idempotency) (int64, error) {
	b := db.eng.NewBatch()
	defer b.Close()
	var tallies laneTallies
	discard := func(lane order.Priority, o *order.Order, l letter) error {
		t := tallies.of(db.runs[o.Key.Run()], lane)
		t.dead--
		t.removed++
		t.settled = t.settled.Sub(o.Sum())
		l.Open = false
		v := appendOutcome(nil, order.Removed, l.Attempts, opts.At, o.Key.Run().Started(), "")
		return errors.Join(b.Set(orderKey(rowOutcome, lane, o.Key), v, nil), putLetter(b, lane, o.Key, l))
	}
	n, err := db.eachDead(deadOf(&opts), db.dies(discard))
	if err == nil {
		err = errors.Join(tallies.merge(b), db.record(b, idem, verbClean, n))
	}
	if err == nil {
		err = db.commit(b)
	}
	if err != nil {
		return 0, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	tallies.count(db)
	db.announce()
	return n, nil
}
