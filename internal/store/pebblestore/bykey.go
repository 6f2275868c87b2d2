package pebblestore

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
)

// stretch is a part of the rows of a kind: those of some lanes whose order keys are from
// one to another, both included.
type stretch struct {
	row           byte
	lanes         []order.Priority
	from, through order.Key
}

// byKey calls f for the rows of a kind in both lanes whose order key is at or above
// from, in the order of those keys. The value is f's only until it returns.
func byKey(r pebble.Reader, row byte, from order.Key, f func(order.Priority, order.Key, []byte) error) error {
	lanes := order.Priorities()
	return byKeyIn(r, stretch{row: row, lanes: lanes[:], from: from, through: lastKey()}, f)
}

// byKeyIn is byKey for a stretch of rows.
func byKeyIn(r pebble.Reader, in stretch, f func(order.Priority, order.Key, []byte) error) error {
	var iters lanesIter
	for _, lane := range in.lanes {
		iter, err := r.NewIter(&pebble.IterOptions{
			LowerBound: orderKey(in.row, lane, in.from), UpperBound: append(orderKey(in.row, lane, in.through), 0),
		})
		if err != nil {
			_ = iters.close()
			return err
		}
		iter.First()
		iters[lane] = iter
	}
	if err := iters.each(f); err != nil {
		_ = iters.close()
		return err
	}
	return iters.close()
}

// lanesIter are the iterators over rows of one kind, nil for a lane that is left out.
type lanesIter [order.PriorityCount]*pebble.Iterator

func (it *lanesIter) close() error {
	var all error
	for _, iter := range it {
		if iter != nil {
			all = errors.Join(all, closeIter(iter))
		}
	}
	return all
}

// each calls f for every row, in the order of their order keys.
func (it *lanesIter) each(f func(order.Priority, order.Key, []byte) error) error {
	for {
		lane, ok, err := it.lowest()
		if !ok || err != nil {
			return err
		}
		_, k, ok := parseOrderKey(it[lane].Key())
		if !ok {
			return fmt.Errorf("%w: key of %d bytes", order.ErrCorrupt, len(it[lane].Key()))
		}
		if err := f(lane, k, it[lane].Value()); err != nil {
			return err
		}
		it[lane].Next()
	}
}

// lowest returns the lane whose iterator stands at the lowest order key; ok is false at
// the end. Whether a lane that has no more row has come to its end is asked here, not
// when all is over: until then the other lane's rows would pass for all there are.
func (it *lanesIter) lowest() (lowest order.Priority, ok bool, err error) {
	for _, lane := range order.Priorities() {
		iter := it[lane]
		switch {
		case iter == nil:
		case !iter.Valid():
			if err := stopped(iter); err != nil {
				return 0, false, asCorrupt(err)
			}
		case !ok || bytes.Compare(iter.Key()[2:], it[lowest].Key()[2:]) < 0:
			lowest, ok = lane, true
		}
	}
	return lowest, ok, nil
}
