package mongoredis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Order implements [store.Reader].
func (s *DB) Order(ctx context.Context, key order.Key) (order.Order, error) {
	r, d, err := s.readOrder(ctx, key)
	if err != nil {
		return order.Order{}, fmt.Errorf("read order %v: %w", key, err)
	}
	return r.seen(d), nil
}

// readOrder reads an order that exists, and its run.
func (s *DB) readOrder(ctx context.Context, key order.Key) (*run, *orderDoc, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer leave()
	r, err := s.readRun(ctx, key.Run())
	if err != nil {
		return nil, nil, err
	}
	if key.Index() >= r.Cursor.Next {
		return nil, nil, order.ErrNotFound
	}
	d, err := s.oneOrder(ctx, byID(uuid(key)))
	return r, d, err
}

// oneOrder reads the order that matches, or returns [order.ErrNotFound].
func (s *DB) oneOrder(ctx context.Context, filter bson.D) (*orderDoc, error) {
	raw, err := s.orders.FindOne(ctx, filter).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, order.ErrNotFound
	}
	if err != nil {
		return nil, unreachable("MongoDB", err)
	}
	d, err := decodeOrder(raw)
	return &d, err
}

// seen returns an order of the run as readers see it. What a void run left pending has
// ended with the run, whether its document says so yet or not.
func (r *run) seen(d *orderDoc) order.Order {
	o := d.Order
	if o.Status == order.Pending && r.Void && !r.Inert {
		o.Status, o.ProcessedAt = order.Removed, r.Ended.Truncate(time.Millisecond)
	}
	if o.Status == order.Pending || o.Status == order.Removed {
		o.Attempts = 0
	}
	return o
}

// statuses returns what the documents of those orders of the run may say that readers
// see in that status.
func (r *run) statuses(status order.Status) bson.A {
	ended := r.Void && !r.Inert
	switch {
	case ended && status == order.Pending:
		return bson.A{}
	case ended && status == order.Removed:
		return bson.A{statusName(order.Removed), statusName(order.Pending)}
	default:
		return bson.A{statusName(status)}
	}
}

// Lookup implements [store.Reader].
func (s *DB) Lookup(ctx context.Context, ref string) (order.Key, error) {
	key, err := s.lookup(ctx, ref)
	if err != nil {
		return order.Key{}, fmt.Errorf("look up %q: %w", ref, err)
	}
	return key, nil
}

func (s *DB) lookup(ctx context.Context, ref string) (order.Key, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return order.Key{}, err
	}
	defer leave()
	d, err := s.oneOrder(ctx, bson.D{{Key: fieldID, Value: ref}})
	if err != nil {
		return order.Key{}, err
	}
	r, err := s.readRun(ctx, d.Key.Run())
	if err != nil {
		return order.Key{}, err
	}
	if d.Ref != ref || d.Key.Index() >= r.Cursor.Next { // known by its key, or never accepted
		return order.Key{}, order.ErrNotFound
	}
	return d.Key, nil
}

// DeadLetter implements [store.Reader].
func (s *DB) DeadLetter(ctx context.Context, key order.Key) (store.DeadLetter, error) {
	r, d, err := s.readOrder(ctx, key)
	if err == nil && d.letter == nil {
		err = order.ErrNotFound
	}
	if err != nil {
		return store.DeadLetter{}, fmt.Errorf("read dead letter %v: %w", key, err)
	}
	return r.letter(d), nil
}

// letter returns the dead letter of an order that has one.
func (r *run) letter(d *orderDoc) store.DeadLetter {
	l := *d.letter
	l.Order, l.Redriven = r.seen(d), d.redriven
	return l
}

// runBatch is how many runs are read at a time where all may be looked at.
const runBatch = 100

// eachRun calls visit with the runs from that ID on, oldest first, until it returns
// false. Their documents are read in batches, so it may take its time.
func (s *DB) eachRun(ctx context.Context, from order.RunID, visit func(*run) (bool, error)) error {
	for above := "$gte"; ; above = "$gt" {
		batch, err := s.runsFrom(ctx, above, from)
		if err != nil {
			return err
		}
		for _, r := range batch {
			if more, err := visit(r); err != nil || !more {
				return err
			}
			from = r.ID
		}
		if len(batch) < runBatch {
			return nil
		}
	}
}

func (s *DB) runsFrom(ctx context.Context, above string, from order.RunID) ([]*run, error) {
	return s.readRuns(ctx, byID(bson.D{{Key: above, Value: uuid(from)}}),
		options.Find().SetSort(byID(1)).SetLimit(runBatch))
}

// errEnough ends a reading whose reader has what it wanted.
var errEnough = errors.New("enough")

// giveBack ends a cursor, also one that was not read to its end. Where that fails, the
// server ends it by itself.
func giveBack(ctx context.Context, cursor *mongo.Cursor) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	_ = cursor.Close(ctx)
}
