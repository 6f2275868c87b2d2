package pebblestore

import (
	"bytes"
	"errors"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// maxPending is how many pending orders a page looks at, and how many orders of inert
// runs it passes over on its way to pending ones.
const maxPending = store.MaxExamined / 2

// pendingKey names an order that a block, or an inert run, says is pending.
type pendingKey struct {
	order.Key
	lane order.Priority
}

// pending reads the orders that blocks name, and those of inert runs, which none does.
// New blocks lie in key order; delayed ones do not, and are read whole.
func (p *orderPager) pending() error {
	var keys []pendingKey
	for _, lane := range p.lanes {
		if err := errors.Join(p.newKeys(lane, &keys), p.delayedKeys(lane, &keys)); err != nil {
			return err
		}
	}
	if err := p.inertKeys(&keys); err != nil {
		return err
	}
	slices.SortFunc(keys, func(a, b pendingKey) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	passed := p.examined
	for _, k := range keys {
		if bytes.Compare(k.Key[:], p.through[:]) > 0 {
			break
		}
		if err := p.next(k.Key, passed+maxPending); err != nil {
			return err
		}
		o, err := p.db.accepted(p.db.eng, k.lane, k.Key)
		if err != nil {
			return err
		}
		if p.wants.order(&o) {
			p.found = append(p.found, o)
		}
	}
	return nil
}

// enough is how many keys of a kind fill the page for certain: more are not looked at.
func (p *orderPager) enough() int {
	if p.wants.all() {
		return p.q.Limit
	}
	return maxPending
}

// newKeys adds up to a page of the keys in blocks that are not delayed.
func (p *orderPager) newKeys(lane order.Priority, keys *[]pendingKey) error {
	lower, err := p.blockBefore(lane)
	if err != nil {
		return err
	}
	most := len(*keys) + p.enough()
	err = eachIn(p.db.eng, lower, append(orderKey(rowBlock, lane, p.through), 0), func(_, v []byte) error {
		if len(*keys) > most {
			return errEnough
		}
		return p.wanted(lane, keys, v)
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return err
}

// blockBefore returns the name of the last block at or before the page's first key,
// which may hold it.
func (p *orderPager) blockBefore(lane order.Priority) ([]byte, error) {
	first := orderKey(rowBlock, lane, p.from)
	iter, err := p.db.eng.NewIter(&pebble.IterOptions{LowerBound: first[:2], UpperBound: append(first, 0)})
	if err != nil {
		return nil, err
	}
	if iter.Last() {
		first = bytes.Clone(iter.Key())
	}
	return first, closeIter(iter)
}

func (p *orderPager) delayedKeys(lane order.Priority, keys *[]pendingKey) error {
	return each(p.db.eng, []byte{rowDelayed, byte(lane)}, func(_, v []byte) error { return p.wanted(lane, keys, v) })
}

// inertKeys adds up to a page of the orders without outcome of inert runs.
func (p *orderPager) inertKeys(keys *[]pendingKey) error {
	most := len(*keys) + p.enough()
	for _, id := range p.inertRuns() {
		in := stretch{row: rowOrder, lanes: p.lanes, from: later(p.from, id.Key(0)), through: order.Key(id)}
		if bytes.Compare(in.from[:], in.through[:]) > 0 {
			continue
		}
		err := byKeyIn(p.db.eng, in, func(lane order.Priority, k order.Key, _ []byte) error {
			_, err := get(p.db.eng, orderKey(rowOutcome, lane, k))
			switch {
			case errors.Is(err, order.ErrNotFound):
				*keys = append(*keys, pendingKey{k, lane})
			case err != nil:
				return err
			default:
				p.examined++
			}
			if len(*keys) > most || p.examined == maxPending {
				p.stop(k)
				return errEnough
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			break
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// inertRuns returns the inert runs that the query is about, oldest first.
func (p *orderPager) inertRuns() []order.RunID {
	p.db.mu.Lock()
	defer p.db.mu.Unlock()
	var ids []order.RunID
	for _, rs := range p.db.byAge {
		if rs.run.Inert && (p.q.Run.IsZero() || p.q.Run == rs.run.ID) {
			ids = append(ids, rs.run.ID)
		}
	}
	return ids
}

// wanted adds the keys of a block that may be on the page.
func (p *orderPager) wanted(lane order.Priority, keys *[]pendingKey, v []byte) error {
	row, _, err := decodeBlock(v, true)
	if err != nil {
		return err
	}
	if !p.db.changeable(row.run) {
		return nil
	}
	for _, index := range row.indexes {
		k := row.run.Key(index)
		if bytes.Compare(k[:], p.from[:]) >= 0 && bytes.Compare(k[:], p.through[:]) <= 0 {
			*keys = append(*keys, pendingKey{k, lane})
		}
	}
	return nil
}
