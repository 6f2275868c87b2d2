package pebblestore

import (
	"encoding/json"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
)

// recover derives everything that lives in memory from the rows. The gate is shut until
// it is done, since nobody can claim before Open returns.
func (db *DB) recover() error {
	for i := range db.lanes {
		db.lanes[i] = newLane()
	}
	for _, step := range [...]func() error{
		db.recoverMeta, db.recoverRuns, db.recoverHidden, db.strike, db.recoverCounters, db.recoverBlocks, db.recoverDelayed, db.recoverIdem,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// each calls f for every row whose key starts with prefix, in key order. Key and value
// are f's only until it returns.
func each(r pebble.Reader, prefix []byte, f func(key, value []byte) error) error {
	return eachIn(r, prefix, after(prefix), f)
}

// eachIn is each for the keys from lower up to, not including, upper.
func eachIn(r pebble.Reader, lower, upper []byte, f func(key, value []byte) error) error {
	iter, err := r.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return err
	}
	for iter.First(); iter.Valid(); iter.Next() {
		if err := f(iter.Key(), iter.Value()); err != nil {
			_ = iter.Close()
			return err
		}
	}
	return closeIter(iter)
}

func (db *DB) recoverRuns() error {
	return each(db.eng, []byte{rowRun}, func(_, v []byte) error {
		rs := &runState{}
		if err := json.Unmarshal(v, &rs.run); err != nil {
			return fmt.Errorf("%w: run row: %w", order.ErrCorrupt, err)
		}
		db.addRun(rs)
		return nil
	})
}

func (db *DB) recoverCounters() error {
	return each(db.eng, []byte{rowCounters}, func(k, v []byte) error {
		t, err := decodeTally(v)
		if err != nil {
			return err
		}
		rs, lane, err := db.countersOf(k)
		if err != nil {
			return err
		}
		t.addTo(&rs.counts[lane])
		if rs.run.Inert {
			rs.counts[lane].Waiting = rs.counts[lane].Unsettled()
			return nil
		}
		t.addTo(&db.totals[lane])
		if lane == order.VIP && !rs.run.Void {
			db.vipOpen.Add(t.generated - t.processed - t.dead - t.removed)
		}
		return nil
	})
}

func (db *DB) countersOf(k []byte) (*runState, order.Priority, error) {
	if len(k) != 18 || k[17] >= order.PriorityCount {
		return nil, 0, fmt.Errorf("%w: counters key of %d bytes", order.ErrCorrupt, len(k))
	}
	rs := db.runs[order.RunID(k[1:17])]
	if rs == nil {
		return nil, 0, fmt.Errorf("%w: counters of the unknown run %s", order.ErrCorrupt, order.RunID(k[1:17]))
	}
	return rs, order.Priority(k[17]), nil
}

func (db *DB) recoverBlocks() error {
	return each(db.eng, []byte{rowBlock}, func(k, v []byte) error {
		lane, name, ok := parseOrderKey(k)
		if !ok {
			return fmt.Errorf("%w: block key of %d bytes", order.ErrCorrupt, len(k))
		}
		return db.recoverBlock(v, &readyBlock{lane: lane, name: name})
	})
}

func (db *DB) recoverDelayed() error {
	return each(db.eng, []byte{rowDelayed}, func(k, v []byte) error {
		lane, due, seq, ok := parseDelayedKey(k)
		if !ok {
			return fmt.Errorf("%w: delayed block key of %d bytes", order.ErrCorrupt, len(k))
		}
		db.nextSeq = max(db.nextSeq, seq)
		return db.recoverBlock(v, &readyBlock{lane: lane, due: due, seq: seq})
	})
}

func (db *DB) recoverBlock(v []byte, b *readyBlock) error {
	row, count, err := decodeBlock(v, false)
	if err != nil {
		return err
	}
	if b.run = db.runs[row.run]; b.run == nil {
		return fmt.Errorf("%w: block of the unknown run %s", order.ErrCorrupt, row.run)
	}
	if b.run.run.Void {
		return nil // what a cancel does not drop, since it lies scattered
	}
	b.count, b.since = count, row.since
	db.place(b)
	waiting, delayed := count, 0
	if b.delayed() {
		waiting, delayed = 0, count
	}
	db.shift(b.run, b.lane, waiting, delayed, 0)
	return nil
}
