package pebblestore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Redrive implements [store.Verbs].
func (db *DB) Redrive(ctx context.Context, opts store.RedriveOptions, idem *store.Idempotency) (int64, error) {
	if opts.Limit < 0 {
		return 0, fmt.Errorf("redrive: %w: limit %d; allowed: 0 or more", order.ErrInvalid, opts.Limit)
	}
	dead := deadQuery{DeadSet: opts.DeadSet, limit: saturate(opts.Limit)}
	if opts.DryRun {
		return db.redrivable(ctx, dead)
	}
	if err := db.enterAlone(ctx); err != nil {
		return 0, err
	}
	defer db.leaveAlone()
	var before int64
	if found, err := db.replay(idem, verbRedrive, &before); found || err != nil {
		return before, err
	}
	r := redrive{db: db, batch: db.eng.NewBatch(), due: opts.At.Truncate(time.Millisecond)}
	defer r.batch.Close()
	n, err := db.eachDead(dead, db.dies(r.add))
	if err == nil {
		err = errors.Join(r.cut(order.VIP), r.cut(order.Normal), r.tallies.merge(r.batch), db.record(r.batch, idem, verbRedrive, n))
	}
	if err == nil {
		err = db.commitShut(r.batch, -r.tallies.vip(), r.apply)
	}
	if err != nil {
		return 0, fmt.Errorf("redrive: %w", err)
	}
	return n, nil
}

// redrivable returns how many dead letters a redrive would take. Commits go on beside it.
func (db *DB) redrivable(ctx context.Context, dead deadQuery) (int64, error) {
	if err := db.enter(ctx); err != nil {
		return 0, err
	}
	defer db.leave()
	n, err := db.eachDead(dead, passed)
	if err != nil {
		return 0, fmt.Errorf("redrive: %w", err)
	}
	return n, nil
}

// redrive makes dead letters pending again, in delayed blocks that are due at once.
type redrive struct {
	db      *DB
	batch   *pebble.Batch
	due     time.Time
	tallies laneTallies
	open    [order.PriorityCount]blockRow // the block being filled, per lane
	blocks  []*readyBlock
}

// add takes one dead letter. Letters come by key, so a lane has one block open at a time.
func (r *redrive) add(lane order.Priority, o *order.Order, l letter) error {
	rs := r.db.runs[o.Key.Run()]
	open := &r.open[lane]
	if open.run != o.Key.Run() || len(open.indexes) >= rs.run.Spec.BlockSize {
		if err := r.cut(lane); err != nil {
			return err
		}
		open.run, open.since = o.Key.Run(), r.due
	}
	open.indexes = append(open.indexes, o.Key.Index())
	t := r.tallies.of(rs, lane)
	t.dead--
	t.settled = t.settled.Sub(o.Sum())
	l.Open = false
	l.Redriven++
	return errors.Join(
		r.batch.Delete(orderKey(rowOutcome, lane, o.Key), nil),
		putLetter(r.batch, lane, o.Key, l),
	)
}

// cut closes a lane's open block.
func (r *redrive) cut(lane order.Priority) error {
	open := &r.open[lane]
	if len(open.indexes) == 0 {
		return nil
	}
	b := &readyBlock{
		run: r.db.runs[open.run], lane: lane, name: open.run.Key(open.indexes[0]),
		count: len(open.indexes), due: r.due, seq: r.db.takeSeq(), since: r.due,
	}
	r.blocks = append(r.blocks, b)
	v := open.append(nil)
	open.indexes = open.indexes[:0]
	return r.batch.Set(b.rowKey(), v, nil)
}

// apply lets memory follow. mu held.
func (r *redrive) apply() {
	r.tallies.count(r.db)
	for _, b := range r.blocks {
		r.db.shift(b.run, b.lane, 0, b.count, 0)
		r.db.lanes[b.lane].push(b)
	}
}

// laneTallies are what one batch changes in the counters of several runs.
type laneTallies map[laneOf]*tally

type laneOf struct {
	run  *runState
	lane order.Priority
}

func (t *laneTallies) of(rs *runState, lane order.Priority) *tally {
	if *t == nil {
		*t = make(laneTallies)
	}
	at := laneOf{rs, lane}
	if (*t)[at] == nil {
		(*t)[at] = &tally{}
	}
	return (*t)[at]
}

func (t laneTallies) merge(b *pebble.Batch) error {
	for at, sum := range t {
		if err := mergeTally(b, at.run.run.ID, at.lane, sum); err != nil {
			return err
		}
	}
	return nil
}

// vip returns the change in dead VIP orders.
func (t laneTallies) vip() int64 {
	var n int64
	for at, sum := range t {
		if at.lane == order.VIP {
			n += sum.dead
		}
	}
	return n
}

// count applies the tallies to memory. mu held.
func (t laneTallies) count(db *DB) {
	for at, sum := range t {
		db.count(at.run, at.lane, sum)
	}
}
