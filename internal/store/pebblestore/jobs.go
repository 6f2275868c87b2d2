package pebblestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Jobs implements [store.Lister].
func (db *DB) Jobs(ctx context.Context, q store.JobQuery) ([]store.Job, error) {
	if err := db.enter(ctx); err != nil {
		return nil, err
	}
	defer db.leave()
	if q.Offset < 0 || q.Limit < 0 || q.Offset+q.Limit > store.MaxExamined {
		return nil, fmt.Errorf("list jobs: %w: %d to %d; allowed: 0 to %d", order.ErrInvalid, q.Offset, q.Offset+q.Limit, store.MaxExamined)
	}
	l := jobLister{db: db, q: q}
	var err error
	switch q.State {
	case store.Waiting, store.Delayed, store.Active:
		err = l.pending()
	case store.Completed:
		err = l.settled(rowOutcome, order.Processed)
	case store.FailedJob:
		err = l.settled(rowDead, order.Dead)
	default:
		err = fmt.Errorf("%w: state %q; allowed: waiting, active, completed, failed, delayed", order.ErrInvalid, q.State)
	}
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	return l.jobs, nil
}

// jobLister collects the jobs of one listing.
type jobLister struct {
	db      *DB
	q       store.JobQuery
	skipped int
	jobs    []store.Job
}

// take says whether the next job belongs to the listing; errEnough ends it.
func (l *jobLister) take() (bool, error) {
	if len(l.jobs) == l.q.Limit {
		return false, errEnough
	}
	if l.skipped < l.q.Offset {
		l.skipped++
		return false, nil
	}
	return true, nil
}

// pending lists the orders of blocks in the wanted state.
func (l *jobLister) pending() error {
	for _, at := range l.db.pending(func(*readyBlock) bool { return true }) {
		if at.state() != l.q.State {
			continue
		}
		if err := l.block(at); err != nil {
			return err
		}
	}
	return nil
}

func (l *jobLister) block(at placed) error {
	v, err := l.db.get(at.block.rowKey())
	if errors.Is(err, order.ErrNotFound) {
		return nil // settled meanwhile
	}
	if err != nil {
		return err
	}
	row, _, err := decodeBlock(v, true)
	if err != nil {
		return err
	}
	for _, index := range row.indexes {
		want, err := l.take()
		if err != nil {
			return err
		}
		if !want {
			continue
		}
		o, err := l.db.accepted(l.db.eng, at.block.lane, row.run.Key(index))
		if err != nil {
			return err
		}
		job := store.Job{Order: o, State: l.q.State, Attempts: row.attempts, Due: at.block.due}
		if at.claim != nil {
			job.Claimed, job.Due = at.claim.since, time.Time{}
		}
		l.jobs = append(l.jobs, job)
	}
	return nil
}

// settled lists processed or dead orders, newest first, VIP before NORMAL.
func (l *jobLister) settled(row byte, status order.Status) error {
	for _, lane := range order.Priorities() {
		if err := l.lane(lane, row, status); err != nil {
			return err
		}
	}
	return nil
}

func (l *jobLister) lane(lane order.Priority, row byte, status order.Status) error {
	lower := []byte{row, byte(lane)}
	iter, err := l.db.eng.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: []byte{row, byte(lane) + 1}})
	if err != nil {
		return err
	}
	examined := 0
	for iter.Last(); iter.Valid() && examined < store.MaxExamined; iter.Prev() {
		examined++
		if status == order.Processed && isHidden(iter.Value()) {
			continue
		}
		if err := l.one(lane, bytes.Clone(iter.Key()), status); err != nil {
			_ = iter.Close()
			return err
		}
	}
	return closeIter(iter)
}

// one lists the order of a row if it has the status.
func (l *jobLister) one(lane order.Priority, key []byte, status order.Status) error {
	_, k, ok := parseOrderKey(key)
	if !ok {
		return fmt.Errorf("%w: key of %d bytes", order.ErrCorrupt, len(key))
	}
	o, err := l.db.accepted(l.db.eng, lane, k)
	if err != nil {
		return err
	}
	if err := l.db.join(l.db.eng, lane, &o); err != nil || o.Status != status {
		return err
	}
	want, err := l.take()
	if want {
		l.jobs = append(l.jobs, store.Job{Order: o, State: l.q.State, Attempts: o.Attempts})
	}
	return err
}
