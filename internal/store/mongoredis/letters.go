package mongoredis

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// isDead is the filter of the orders that are dead letters.
func isDead() bson.D {
	return bson.D{{Key: fieldDead, Value: bson.D{{Key: "$exists", Value: true}}}}
}

// DeadLetters implements [store.Lister].
func (s *DB) DeadLetters(ctx context.Context, q store.DeadQuery) (store.DeadPage, error) {
	page, err := s.deadPage(ctx, q)
	if err != nil {
		return store.DeadPage{}, fmt.Errorf("list dead letters: %w", err)
	}
	return page, nil
}

func (s *DB) deadPage(ctx context.Context, q store.DeadQuery) (store.DeadPage, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return store.DeadPage{}, err
	}
	defer leave()
	after, err := pageStart(q.Cursor, q.Limit)
	if err != nil {
		return store.DeadPage{}, err
	}
	filter := isDead()
	if q.Group != "" {
		filter = bson.D{{Key: fieldDead, Value: q.Group}}
	}
	filter = append(filter, bson.E{Key: fieldKey, Value: bson.D{{Key: "$gt", Value: uuid(after)}}})
	opts := options.Find().SetSort(byID(1)).SetLimit(int64(q.Limit) + 1).SetBatchSize(maxPage + 1)
	var page store.DeadPage
	var last order.Key
	read := 0
	runs := runCache{db: s}
	err = s.findOrders(ctx, filter, opts, func(d *orderDoc) error {
		if read++; read > q.Limit {
			page.Cursor = last.String()
			return nil
		}
		last = d.Key
		r, err := runs.of(ctx, d)
		if err == nil && r != nil && d.letter != nil {
			page.Letters = append(page.Letters, r.letter(d))
		}
		return err
	})
	return page, err
}

// runCache keeps the runs that a listing of orders meets.
type runCache struct {
	db    *DB
	known map[order.RunID]*run
}

// of returns the run of an order; nil if the order does not exist for readers.
func (c *runCache) of(ctx context.Context, d *orderDoc) (*run, error) {
	id := d.Key.Run()
	r, known := c.known[id]
	if !known {
		var err error
		if r, err = c.db.readRun(ctx, id); err != nil && !isNotFound(err) {
			return nil, err
		}
		if c.known == nil {
			c.known = map[order.RunID]*run{}
		}
		c.known[id] = r
	}
	if r == nil || d.Key.Index() >= r.Cursor.Next {
		return nil, nil
	}
	return r, nil
}

// Groups implements [store.Lister].
func (s *DB) Groups(ctx context.Context) ([]store.Group, error) {
	groups, err := s.groups(ctx)
	if err != nil {
		return nil, fmt.Errorf("group dead letters: %w", err)
	}
	return groups, nil
}

func (s *DB) groups(ctx context.Context) ([]store.Group, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	opts := options.Find().SetSort(byID(1)).SetLimit(store.MaxExamined).SetBatchSize(maxPage).
		SetProjection(bson.D{{Key: fieldKey, Value: 1}, {Key: fieldReason, Value: 1}, {Key: fieldLetter, Value: 1}})
	byName := map[string]*store.Group{}
	runs := runCache{db: s}
	err = s.findOrders(ctx, isDead(), opts, func(d *orderDoc) error {
		r, err := runs.of(ctx, d)
		if err != nil || r == nil || d.letter == nil {
			return err
		}
		g := byName[d.letter.Group]
		if g == nil {
			g = &store.Group{Name: d.letter.Group, Example: d.Reason}
			byName[g.Name] = g
		}
		g.Count++
		g.First = earlier(g.First, d.letter.First)
		if d.letter.Last.After(g.Last) {
			g.Last = d.letter.Last
		}
		return nil
	})
	var groups []store.Group
	for _, g := range byName {
		groups = append(groups, *g)
	}
	slices.SortFunc(groups, func(a, b store.Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Name, b.Name))
	})
	return groups, err
}

// earlier returns the earlier of two instants, of which the zero one does not count.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
