package pebblestore

import (
	"errors"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// cleanable returns how many orders a clean would take. Commits go on beside it.
func (db *DB) cleanable(opts store.CleanOptions) (int64, error) {
	switch opts.State {
	case store.Waiting, store.Delayed, store.Active:
		return min(db.countPending(&opts), saturate(opts.Limit)), nil
	case store.FailedJob:
		return db.eachDead(deadOf(&opts), passed)
	case store.Completed:
		return db.hidable(opts)
	}
	return 0, errState(opts.State)
}

// countPending counts the orders of the blocks that a clean would empty.
func (db *DB) countPending(opts *store.CleanOptions) (n int64) {
	since := opts.At.Add(-opts.Grace)
	db.mu.Lock()
	defer db.mu.Unlock()
	db.eachPlaced(func(at placed) {
		if at.state() == opts.State && !at.since().After(since) {
			n += int64(at.block.count)
		}
	})
	return n
}

// hidable counts the processed orders that a clean would hide: all that are not hidden,
// from memory, unless some are too young.
func (db *DB) hidable(opts store.CleanOptions) (int64, error) {
	limit := saturate(opts.Limit)
	if opts.Grace <= 0 {
		db.mu.Lock()
		defer db.mu.Unlock()
		var n int64
		for _, rs := range db.byAge {
			n += rs.counts.Processed() - rs.hidden
		}
		return min(n, limit), nil
	}
	var n int64
	since := opts.At.Add(-opts.Grace)
	err := byKey(db.eng, rowOutcome, order.Key{}, func(_ order.Priority, k order.Key, v []byte) error {
		if n == limit {
			return errEnough
		}
		hides, err := mayHide(k, v, since)
		if hides {
			n++
		}
		return err
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return n, err
}
