package pebblestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

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
	p := orderPager{db: db, q: q, wants: newContent(&q)}
	if err := p.start(); err != nil {
		return store.OrderPage{}, fmt.Errorf("list orders: %w", err)
	}
	var err error
	switch {
	case q.Status != nil && *q.Status == order.Pending:
		err = p.pending()
	case q.Status != nil && *q.Status == order.Dead:
		err = p.scan(rowDead, p.dead)
	default:
		err = p.scan(rowOrder, p.any)
	}
	if err != nil && !errors.Is(err, errEnough) {
		return store.OrderPage{}, fmt.Errorf("list orders: %w", err)
	}
	return p.page(), nil
}

// maxPage is the longest page of a listing with a cursor.
const maxPage = 1000

// orderPager collects one page, in the order of keys.
type orderPager struct {
	db       *DB
	q        store.OrderQuery
	wants    content
	lanes    []order.Priority
	from     order.Key // the first key that may be on the page
	through  order.Key // the last one, as far as is known
	whole    bool      // nothing follows through
	examined int
	last     order.Key // of those examined
	found    []order.Order
}

func (p *orderPager) start() error {
	if p.q.Limit < 1 || p.q.Limit > maxPage {
		return fmt.Errorf("%w: limit %d; allowed: 1 to %d", order.ErrInvalid, p.q.Limit, maxPage)
	}
	p.whole, p.through = true, lastKey()
	for _, lane := range order.Priorities() {
		if (p.q.Priority == nil || *p.q.Priority == lane) && (p.q.Tier == nil || p.q.Tier.Priority() == lane) {
			p.lanes = append(p.lanes, lane)
		}
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
	p.from = later(p.from, nextKey(last))
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

func later(a, b order.Key) order.Key {
	if bytes.Compare(a[:], b[:]) > 0 {
		return a
	}
	return b
}

// scan looks at rows of a kind until the page is full or looked for long enough.
func (p *orderPager) scan(row byte, look func(order.Priority, order.Key, []byte) error) error {
	if bytes.Compare(p.from[:], p.through[:]) > 0 {
		return nil
	}
	in := stretch{row: row, lanes: p.lanes, from: p.from, through: p.through}
	return byKeyIn(p.db.eng, in, func(lane order.Priority, k order.Key, v []byte) error {
		if err := p.next(k, store.MaxExamined); err != nil {
			return err
		}
		return look(lane, k, v)
	})
}

// next begins to look at k, unless the page is full or that many were examined: errEnough
// then ends it behind the last one.
func (p *orderPager) next(k order.Key, most int) error {
	if len(p.found) == p.q.Limit || p.examined == most {
		p.stop(p.last)
		return errEnough
	}
	p.examined++
	p.last = k
	return nil
}

// stop notes that what follows k was not looked at.
func (p *orderPager) stop(k order.Key) {
	p.whole = false
	if bytes.Compare(k[:], p.through[:]) < 0 {
		p.through = k
	}
}

// any looks at an order as it was accepted.
func (p *orderPager) any(lane order.Priority, k order.Key, v []byte) error {
	row, err := decodeOrder(v)
	if err != nil {
		return fmt.Errorf("order %s: %w", k, err)
	}
	if !p.wants.row(&row) {
		return nil
	}
	o := row.order(k)
	return p.join(lane, &o)
}

// dead looks at what may be a dead letter.
func (p *orderPager) dead(lane order.Priority, k order.Key, _ []byte) error {
	o, err := p.db.accepted(p.db.eng, lane, k)
	if err != nil || !p.wants.order(&o) {
		return err
	}
	return p.join(lane, &o)
}

// join adds an order to the page if its status is wanted.
func (p *orderPager) join(lane order.Priority, o *order.Order) error {
	err := p.db.join(p.db.eng, lane, o)
	if err == nil && (p.q.Status == nil || *p.q.Status == o.Status) {
		p.found = append(p.found, *o)
	}
	return err
}

// page returns what was found up to where everything is known, and the cursor behind it.
func (p *orderPager) page() store.OrderPage {
	slices.SortFunc(p.found, func(a, b order.Order) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	page := store.OrderPage{Orders: p.found, Examined: p.examined}
	for i := range page.Orders {
		if bytes.Compare(page.Orders[i].Key[:], p.through[:]) > 0 {
			page.Orders = page.Orders[:i]
			break
		}
	}
	if !p.whole {
		page.Cursor = p.through.String()
	}
	return page
}
