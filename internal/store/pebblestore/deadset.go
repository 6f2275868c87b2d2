package pebblestore

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// errEnough ends a scan early.
var errEnough = errors.New("enough")

// deadQuery names the dead letters that a verb takes.
type deadQuery struct {
	store.DeadSet
	limit  int64
	before time.Time // the last failure is not after it; zero: any
	void   bool      // those of cancelled runs too
}

// deadOf returns the dead letters that a clean takes.
func deadOf(opts *store.CleanOptions) deadQuery {
	return deadQuery{DeadSet: opts.DeadSet, limit: saturate(opts.Limit), before: opts.At.Add(-opts.Grace), void: true}
}

// eachDead calls f, by key, for the dead letters of the query, and returns how many they
// are.
func (db *DB) eachDead(q deadQuery, f func(order.Priority, order.Key, letter) error) (int64, error) {
	var n int64
	err := db.lettersOf(&q.DeadSet, func(lane order.Priority, k order.Key, l letter) error {
		if n == q.limit {
			return errEnough
		}
		if !q.void && !db.changeable(k.Run()) || !q.before.IsZero() && l.Last.After(q.before) {
			return nil
		}
		n++
		return f(lane, k, l)
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return n, err
}

// lettersOf is letters for those that a set names.
func (db *DB) lettersOf(set *store.DeadSet, f func(order.Priority, order.Key, letter) error) error {
	if len(set.Keys) == 0 {
		return db.letters(order.Key{}, func(lane order.Priority, k order.Key, l letter) error {
			if set.Group != "" && set.Group != l.Group {
				return nil
			}
			return f(lane, k, l)
		})
	}
	keys := slices.Clone(set.Keys)
	slices.SortFunc(keys, func(a, b order.Key) int { return bytes.Compare(a[:], b[:]) })
	for _, k := range slices.Compact(keys) {
		lane, l, err := db.findLetter(k)
		if errors.Is(err, order.ErrNotFound) || err == nil && !l.Open {
			continue
		}
		if err == nil {
			err = f(lane, k, l)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// changeable says whether a run is known and not cancelled.
func (db *DB) changeable(id order.RunID) bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	rs := db.runs[id]
	return rs != nil && !rs.run.Void
}

// dies makes of what wants a dead letter's order what [DB.eachDead] calls. The order is
// as it went into the digest.
func (db *DB) dies(f func(order.Priority, *order.Order, letter) error) func(order.Priority, order.Key, letter) error {
	return func(lane order.Priority, k order.Key, l letter) error {
		o, err := db.accepted(db.eng, lane, k)
		if err != nil {
			return err
		}
		o.Kill(l.Last, "")
		return f(lane, &o, l)
	}
}

// passed is called for dead letters that are only counted.
func passed(order.Priority, order.Key, letter) error { return nil }
