package mongoredis

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/filavip/filavip/internal/order"
)

// sweep makes the documents of orders say what readers are told of them: those that a
// void run left pending have ended. What an insert that was cut off left behind, in runs
// that have ended or of which nothing is known any more, it removes.
func (s *DB) sweep(ctx context.Context) error {
	left, err := s.readRuns(ctx, bson.D{{Key: "void", Value: true}, {Key: "fenced", Value: true}, {Key: "swept", Value: false}})
	if err != nil {
		return err
	}
	for _, r := range left {
		if err := s.sweepRun(ctx, r); err != nil {
			return fmt.Errorf("sweep run %s: %w", r.ID, err)
		}
	}
	return s.sweepStrays(ctx)
}

func (s *DB) sweepRun(ctx context.Context, r *run) error {
	if !r.Inert {
		_, err := s.orders.UpdateMany(ctx,
			bson.D{{Key: fieldRun, Value: uuid(r.ID)}, {Key: fieldStatus, Value: statusName(order.Pending)}},
			bson.D{{Key: "$set", Value: bson.D{
				{Key: fieldStatus, Value: statusName(order.Removed)}, {Key: fieldProcessedAt, Value: r.Ended}, {Key: fieldAttempts, Value: 0},
			}}})
		if err != nil {
			return unreachable("MongoDB", err)
		}
	}
	_, err := s.changeRun(ctx, r.ID, func(r *run) (bool, error) {
		r.swept = true
		return true, nil
	})
	return err
}

// sweepStrays removes the orders and blocks of runs that do not exist: an insert that a
// reset overtakes leaves some behind, the one without the other too. The runs are read
// last, so that none of a run is taken that was begun meanwhile.
func (s *DB) sweepStrays(ctx context.Context) error {
	in := map[*mongo.Collection]string{s.orders: fieldRun, s.blocks: "run"}
	found := map[string]bson.Binary{}
	for collection, field := range in {
		var ids []bson.Binary
		if err := collection.Distinct(ctx, field, bson.D{}).Decode(&ids); err != nil {
			return unreachable("MongoDB", err)
		}
		for _, id := range ids {
			found[string(id.Data)] = id
		}
	}
	if len(found) == 0 {
		return nil
	}
	runs, err := s.readRuns(ctx, bson.D{})
	if err != nil {
		return err
	}
	for _, r := range runs {
		delete(found, string(r.ID[:]))
	}
	for _, id := range found {
		for collection, field := range in {
			if _, err := collection.DeleteMany(ctx, bson.D{{Key: field, Value: id}}); err != nil {
				return unreachable("MongoDB", err)
			}
		}
	}
	return nil
}
