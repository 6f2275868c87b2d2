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
	if err := db.enterAlone(ctx); err != nil {
		return 0, err
	}
	defer db.leaveAlone()
	var before int64
	if found, err := db.replay(idem, verbClean, &before); found || err != nil {
		return before, err
	}
	if opts.Limit < 0 {
		return 0, fmt.Errorf("clean %s: %w: limit %d; allowed: 0 or more", opts.State, order.ErrInvalid, opts.Limit)
	}
	var n int64
	var err error
	switch opts.State {
	case store.Waiting, store.Delayed, store.Active:
		n, err = db.cleanPending(opts, idem)
	case store.FailedJob:
		n, err = db.cleanDead(opts, idem)
	case store.Completed:
		n, err = db.hide(opts, idem)
	default:
		err = fmt.Errorf("%w: state %q; allowed: waiting, active, completed, failed, delayed", order.ErrInvalid, opts.State)
	}
	if err != nil {
		return 0, fmt.Errorf("clean %s: %w", opts.State, err)
	}
	return n, nil
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
	n, err := db.eachDead(nil, "", saturate(opts.Limit), opts.At.Add(-opts.Grace), discard)
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

// errEnough ends a scan early.
var errEnough = errors.New("enough")

// eachDead calls f for the dead letters of runs that are not cancelled, by key:
// those among keys if there are any, of the group if one is named, that failed last not
// after before unless that is zero; limit at the most. It returns how many.
func (db *DB) eachDead(keys []order.Key, group string, limit int64, before time.Time, f func(order.Priority, *order.Order, letter) error) (int64, error) {
	wanted := make(map[order.Key]bool, len(keys))
	for _, k := range keys {
		wanted[k] = true
	}
	var n int64
	err := db.letters(order.Key{}, func(lane order.Priority, k order.Key, l letter) error {
		if n == limit {
			return errEnough
		}
		rs := db.runs[k.Run()]
		if !chosen(wanted, group, k, l) || rs == nil || rs.run.Void ||
			(!before.IsZero() && l.Last.After(before)) {
			return nil
		}
		o, err := db.accepted(db.eng, lane, k)
		if err != nil {
			return err
		}
		o.Kill(l.Last, "")
		n++
		return f(lane, &o, l)
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return n, err
}

// chosen says whether a dead letter is among keys, or of the group if there are none.
func chosen(keys map[order.Key]bool, group string, k order.Key, l letter) bool {
	if len(keys) > 0 {
		return keys[k]
	}
	return group == "" || group == l.Group
}
