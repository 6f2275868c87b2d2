package mongoredis

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

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

// sweepStrays removes the orders of runs that do not exist. The runs are read after the
// orders, so that none of a run is taken that was begun meanwhile.
func (s *DB) sweepStrays(ctx context.Context) error {
	var ids []bson.Binary
	if err := s.orders.Distinct(ctx, fieldRun, bson.D{}).Decode(&ids); err != nil {
		return unreachable("MongoDB", err)
	}
	if len(ids) == 0 {
		return nil
	}
	runs, err := s.readRuns(ctx, bson.D{})
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, r := range runs {
		known[string(r.ID[:])] = true
	}
	for _, id := range ids {
		if known[string(id.Data)] {
			continue
		}
		for in, field := range map[string]string{ordersName: fieldRun, blocksName: "run"} {
			if _, err := s.state.Database().Collection(in).DeleteMany(ctx, bson.D{{Key: field, Value: id}}); err != nil {
				return unreachable("MongoDB", err)
			}
		}
	}
	return nil
}
