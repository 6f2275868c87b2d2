package mongoredis

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/filavip/filavip/internal/order"
)

// sweep makes the documents of orders say what readers are told of them: those that a
// void run left pending have ended. What an insertion left behind that a reset overtook
// it removes.
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

// sweepStrays removes orders and blocks of runs that a reset has wiped: those that an
// insertion wrote which the reset overtook. Nothing of a run can be taken that began
// later, for its ID is not below the reset's bound.
func (s *DB) sweepStrays(ctx context.Context) error {
	c, err := s.readControl(ctx)
	if err != nil || c.Wiping || c.WipeBelow == 0 {
		return err
	}
	for _, part := range []struct {
		in    *mongo.Collection
		field string
	}{{s.orders, fieldRun}, {s.blocks, "run"}} {
		if _, err := part.in.DeleteMany(ctx, bson.D{{Key: part.field, Value: c.wiped()}}); err != nil {
			return unreachable("MongoDB", err)
		}
	}
	return nil
}
