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
func byKeyIn(r pebble.Reader, in stretch, f func(order.Priority, order.Key, []byte) error) (err error) {
	var iters [order.PriorityCount]*pebble.Iterator
	for _, lane := range in.lanes {
		iters[lane], err = r.NewIter(&pebble.IterOptions{
			LowerBound: orderKey(in.row, lane, in.from), UpperBound: append(orderKey(in.row, lane, in.through), 0),
		})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, closeIter(iters[lane])) }()
		iters[lane].First()
	}
	for {
		lane, ok := lowest(&iters)
		if !ok {
			return nil
		}
		_, k, ok := parseOrderKey(iters[lane].Key())
		if !ok {
			return fmt.Errorf("%w: key of %d bytes", order.ErrCorrupt, len(iters[lane].Key()))
		}
		if err := f(lane, k, iters[lane].Value()); err != nil {
			return err
		}
		iters[lane].Next()
	}
}

// lowest returns the lane whose iterator stands at the lower order key.
func lowest(iters *[order.PriorityCount]*pebble.Iterator) (order.Priority, bool) {
	vip, normal := iters[order.VIP], iters[order.Normal]
	switch {
	case vip == nil || !vip.Valid():
		return order.Normal, normal != nil && normal.Valid()
	case normal == nil || !normal.Valid() || bytes.Compare(vip.Key()[2:], normal.Key()[2:]) < 0:
		return order.VIP, true
	}
	return order.Normal, true
}
