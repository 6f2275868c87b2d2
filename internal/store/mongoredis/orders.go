package mongoredis

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// maxPage is the longest page of a listing with a cursor.
const maxPage = 1000

// Orders implements [store.Lister]. The keys of a run are contiguous, so a page looks at
// stretches of indexes, which the server reads by key; their length is what it examines.
func (s *DB) Orders(ctx context.Context, q store.OrderQuery) (store.OrderPage, error) {
	page, err := s.orderPage(ctx, q)
	if err != nil {
		return store.OrderPage{}, fmt.Errorf("list orders: %w", err)
	}
	return page, nil
}

func (s *DB) orderPage(ctx context.Context, q store.OrderQuery) (store.OrderPage, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return store.OrderPage{}, err
	}
	defer leave()
	after, err := pageStart(q.Cursor, q.Limit)
	if err != nil {
		return store.OrderPage{}, err
	}
	p := pager{db: s, query: q, customer: strings.ToLower(q.Customer), after: after}
	if q.Run.IsZero() {
		err = s.eachRun(ctx, after.Run(), func(r *run) (bool, error) { return p.run(ctx, r) })
		return p.page, err
	}
	r, err := s.readRun(ctx, q.Run)
	if isNotFound(err) {
		return store.OrderPage{}, nil
	}
	if err == nil {
		_, err = p.run(ctx, r)
	}
	return p.page, err
}

// pageStart checks what all pages have in common and returns the key that the page
// starts behind, the zero one for the first page.
func pageStart(cursor string, limit int) (after order.Key, err error) {
	if limit < 1 || limit > maxPage {
		return after, fmt.Errorf("%w: limit %d; allowed: 1 to %d", order.ErrInvalid, limit, maxPage)
	}
	if cursor == "" {
		return after, nil
	}
	if after, err = order.ParseKey(cursor); err != nil {
		return after, fmt.Errorf("cursor: %w", err)
	}
	return after, nil
}

// pager makes one page of orders.
type pager struct {
	db       *DB
	query    store.OrderQuery
	customer string // in lower case
	after    order.Key
	last     order.Key // of what was examined
	page     store.OrderPage
}

// run takes in the orders of a run. It returns false once the page is complete.
func (p *pager) run(ctx context.Context, r *run) (more bool, err error) {
	from := p.start(r)
	if p.query.Status != nil && len(r.statuses(*p.query.Status)) == 0 {
		return true, nil
	}
	for from < r.Cursor.Next {
		rest := store.MaxExamined - p.page.Examined
		if rest == 0 {
			p.page.Cursor = p.last.String()
			return false, nil
		}
		to := min(from+uint64(rest), r.Cursor.Next)
		if full, err := p.stretch(ctx, r, from, to); err != nil || full {
			return false, err
		}
		from = to
	}
	return true, nil
}

// start returns the first index of a run that lies behind the page before.
func (p *pager) start(r *run) uint64 {
	switch bytes.Compare(r.ID[:], p.after[:]) {
	case 1:
		if p.after.Run() == r.ID {
			return p.after.Index() + 1
		}
		return 0
	default:
		return r.Cursor.Next
	}
}

// stretch takes in those orders of a stretch of indexes that match. It returns true if
// there is one more of them than the page holds.
func (p *pager) stretch(ctx context.Context, r *run, from, to uint64) (full bool, err error) {
	err = p.db.findOrders(ctx, p.filter(r, from, to), p.options(), func(d *orderDoc) error {
		if !strings.Contains(strings.ToLower(d.Customer), p.customer) {
			return nil
		}
		if len(p.page.Orders) < p.query.Limit {
			p.page.Orders = append(p.page.Orders, r.seen(d))
			return nil
		}
		p.examine(r, from, d.Key.Index())
		p.page.Cursor = p.last.String()
		full = true
		return errEnough
	})
	if full {
		return true, nil
	}
	p.examine(r, from, to)
	return false, err
}

// examine counts the indexes of a stretch.
func (p *pager) examine(r *run, from, to uint64) {
	if to > from {
		p.page.Examined += int(to - from)
		p.last = r.ID.Key(to - 1)
	}
}

// filter is all of the query that the server can tell.
func (p *pager) filter(r *run, from, to uint64) bson.D {
	filter := between(r.ID, from, to)
	if q := p.query.Status; q != nil {
		filter = append(filter, bson.E{Key: fieldStatus, Value: bson.D{{Key: "$in", Value: r.statuses(*q)}}})
	}
	if q := p.query.Tier; q != nil {
		filter = append(filter, bson.E{Key: fieldTier, Value: q.String()})
	}
	if q := p.query.Priority; q != nil {
		filter = append(filter, bson.E{Key: fieldPriority, Value: q.String()})
	}
	return filter
}

func (p *pager) options() *options.FindOptionsBuilder {
	opts := options.Find().SetSort(byID(1)).SetHint(byID(1)).SetBatchSize(maxPage + 1)
	if p.customer == "" {
		opts.SetLimit(int64(p.query.Limit - len(p.page.Orders) + 1))
	}
	return opts
}

// between is the filter of a run's orders from one index to below another. Who reads such
// a stretch hints at the index of keys: it bounds what is looked at, no other one does.
func between(run order.RunID, from, to uint64) bson.D {
	return byID(bson.D{{Key: "$gte", Value: uuid(run.Key(from))}, {Key: "$lt", Value: uuid(run.Key(to))}})
}
