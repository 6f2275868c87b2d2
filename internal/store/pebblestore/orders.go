package pebblestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Orders implements [store.Lister]. Pending orders are found through the blocks that
// name them and dead ones through their letters, so that neither listing walks over the
// orders that have been processed.
func (db *DB) Orders(ctx context.Context, q store.OrderQuery) (store.OrderPage, error) {
	if err := db.enter(ctx); err != nil {
		return store.OrderPage{}, err
	}
	defer db.leave()
	p := orderPager{db: db, q: q}
	if err := p.start(); err != nil {
		return store.OrderPage{}, fmt.Errorf("list orders: %w", err)
	}
	var page []order.Order
	for _, lane := range order.Priorities() {
		if q.Priority != nil && *q.Priority != lane {
			continue
		}
		if err := p.lane(lane); err != nil {
			return store.OrderPage{}, fmt.Errorf("list orders: %w", err)
		}
	}
	page, cursor := p.cut()
	return store.OrderPage{Orders: page, Cursor: cursor}, nil
}

// orderPager collects one page lane by lane. Each lane is read up to a key; the page
// ends where the first lane that was not read to its end stopped.
type orderPager struct {
	db      *DB
	q       store.OrderQuery
	from    order.Key // the first key that may be on the page
	through order.Key // the last one that is known in every lane
	whole   bool      // every lane was read to its end
	found   []order.Order
}

func (p *orderPager) start() error {
	p.whole = true
	for i := range p.through {
		p.through[i] = 0xff
	}
	if !p.q.Run.IsZero() {
		p.from, p.through = p.q.Run.Key(0), order.Key(p.q.Run)
	}
	if p.q.Cursor == "" {
		return nil
	}
	last, err := order.ParseKey(p.q.Cursor)
	if err != nil {
		return fmt.Errorf("%w: cursor %q; use one that was returned", order.ErrInvalid, p.q.Cursor)
	}
	next := nextKey(last)
	if bytes.Compare(next[:], p.from[:]) > 0 {
		p.from = next
	}
	return nil
}

// nextKey returns the key that follows k.
func nextKey(k order.Key) order.Key {
	for i := len(k) - 1; i >= 0; i-- {
		k[i]++
		if k[i] != 0 {
			break
		}
	}
	return k
}

// lane reads one lane's share of the page.
func (p *orderPager) lane(lane order.Priority) error {
	if p.q.Status != nil && *p.q.Status == order.Pending {
		return p.pending(lane)
	}
	if p.q.Status != nil && *p.q.Status == order.Dead {
		return p.scan(lane, rowDead)
	}
	return p.scan(lane, rowOrder)
}

// scan reads rows of a kind in key order.
func (p *orderPager) scan(lane order.Priority, row byte) error {
	examined, kept := 0, 0
	lower, upper := orderKey(row, lane, p.from), append(orderKey(row, lane, p.through), 0)
	err := eachIn(p.db.eng, lower, upper, func(key, v []byte) error {
		_, k, ok := parseOrderKey(key)
		if !ok {
			return fmt.Errorf("%w: key of %d bytes", order.ErrCorrupt, len(key))
		}
		examined++
		o, err := p.order(lane, k, row, v)
		if err != nil {
			return err
		}
		if p.q.Status == nil || *p.q.Status == o.Status {
			p.found = append(p.found, o)
			kept++
		}
		if kept == p.q.Limit || examined == store.MaxExamined {
			p.stop(k)
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// stop notes that a lane was read only up to k.
func (p *orderPager) stop(k order.Key) {
	p.whole = false
	if bytes.Compare(k[:], p.through[:]) < 0 {
		p.through = k
	}
}

func (p *orderPager) order(lane order.Priority, k order.Key, row byte, v []byte) (order.Order, error) {
	var o order.Order
	if row == rowOrder {
		r, err := decodeOrder(v)
		if err != nil {
			return o, fmt.Errorf("order %s: %w", k, err)
		}
		o = r.order(k)
	} else {
		var err error
		if o, err = p.db.accepted(p.db.eng, lane, k); err != nil {
			return o, err
		}
	}
	return o, p.db.join(p.db.eng, lane, &o)
}

// pending reads the orders that blocks name, and those of inert runs, which none does.
// New blocks lie in key order; delayed ones do not, and are read whole.
func (p *orderPager) pending(lane order.Priority) error {
	keys, err := p.newKeys(lane)
	if err != nil {
		return err
	}
	delayed, err := p.delayedKeys(lane)
	if err != nil {
		return err
	}
	inert, err := p.inertKeys(lane)
	if err != nil {
		return err
	}
	keys = slices.Concat(keys, delayed, inert)
	slices.SortFunc(keys, func(a, b order.Key) int { return bytes.Compare(a[:], b[:]) })
	for i, k := range keys {
		if i == p.q.Limit {
			p.stop(keys[i-1])
			break
		}
		o, err := p.db.accepted(p.db.eng, lane, k)
		if err != nil {
			return err
		}
		p.found = append(p.found, o)
	}
	return nil
}

// newKeys returns up to a page of the keys in blocks that are not delayed.
func (p *orderPager) newKeys(lane order.Priority) ([]order.Key, error) {
	var keys []order.Key
	lower, err := p.blockBefore(lane)
	if err != nil {
		return nil, err
	}
	err = eachIn(p.db.eng, lower, append(orderKey(rowBlock, lane, p.through), 0), func(_, v []byte) error {
		if len(keys) > p.q.Limit {
			return errEnough
		}
		return p.wanted(&keys, v)
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return keys, err
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

func (p *orderPager) delayedKeys(lane order.Priority) ([]order.Key, error) {
	var keys []order.Key
	err := each(p.db.eng, []byte{rowDelayed, byte(lane)}, func(_, v []byte) error { return p.wanted(&keys, v) })
	return keys, err
}

// inertKeys returns up to a page of the orders without outcome of inert runs.
func (p *orderPager) inertKeys(lane order.Priority) ([]order.Key, error) {
	var keys []order.Key
	examined := 0
	for _, id := range p.inertRuns() {
		lower, upper := orderKey(rowOrder, lane, later(p.from, id.Key(0))), orderKey(rowOrder, lane, order.Key(id))
		if bytes.Compare(lower, upper) >= 0 {
			continue
		}
		err := eachIn(p.db.eng, lower, upper, func(key, _ []byte) error {
			_, k, _ := parseOrderKey(key)
			examined++
			_, err := get(p.db.eng, orderKey(rowOutcome, lane, k))
			if errors.Is(err, order.ErrNotFound) {
				keys = append(keys, k)
				err = nil
			}
			if err == nil && (len(keys) > p.q.Limit || examined == store.MaxExamined) {
				p.stop(k)
				err = errEnough
			}
			return err
		})
		if errors.Is(err, errEnough) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	return keys, nil
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

func later(a, b order.Key) order.Key {
	if bytes.Compare(a[:], b[:]) > 0 {
		return a
	}
	return b
}

// wanted adds the keys of a block that may be on the page.
func (p *orderPager) wanted(keys *[]order.Key, v []byte) error {
	row, _, err := decodeBlock(v, true)
	if err != nil {
		return err
	}
	if rs, run := p.db.lookRun(row.run); rs == nil || run.Void {
		return nil
	}
	for _, index := range row.indexes {
		k := row.run.Key(index)
		if bytes.Compare(k[:], p.from[:]) >= 0 && bytes.Compare(k[:], p.through[:]) <= 0 {
			*keys = append(*keys, k)
		}
	}
	return nil
}

// cut returns the page and the cursor behind it.
func (p *orderPager) cut() ([]order.Order, string) {
	slices.SortFunc(p.found, func(a, b order.Order) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	page := p.found
	for i := range page {
		if bytes.Compare(page[i].Key[:], p.through[:]) > 0 {
			page = page[:i]
			break
		}
	}
	switch {
	case len(page) > p.q.Limit, len(page) == p.q.Limit && !p.whole:
		page = page[:p.q.Limit]
		return page, page[p.q.Limit-1].Key.String()
	case !p.whole:
		return page, p.through.String()
	}
	return page, ""
}
