package mongoredis

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// wipeIntent is what a reset that was cut off must know to be repeated.
type wipeIntent struct {
	Begun      bool
	Generation uint64 // before it
	Wiped      store.Wiped
}

// Reset implements [store.Verbs]. Blocks and runs go first, so that nobody's outcome
// finds anything; the lanes of the old generation are looked at by nobody.
func (s *DB) Reset(ctx context.Context, idem *store.Idempotency) (store.Wiped, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return store.Wiped{}, fmt.Errorf("reset: %w", err)
	}
	defer leave()
	wiped, err := once(ctx, s, idem, func(ctx context.Context, intent *wipeIntent) (store.Wiped, error) {
		return s.reset(ctx, idem, intent)
	})
	if err != nil {
		return store.Wiped{}, fmt.Errorf("reset: %w", err)
	}
	return wiped, nil
}

func (s *DB) reset(ctx context.Context, idem *store.Idempotency, intent *wipeIntent) (store.Wiped, error) {
	if !intent.Begun {
		var err error
		if *intent, err = s.surveyed(ctx); err != nil {
			return store.Wiped{}, err
		}
		if err := s.intend(ctx, idem, intent); err != nil {
			return store.Wiped{}, err
		}
	}
	bound := bson.D{{Key: "$add", Value: bson.A{"$lastMillis", 1}}}
	result, err := s.state.UpdateOne(ctx,
		bson.D{{Key: "_id", Value: controlID}, {Key: "generation", Value: intent.Generation}},
		bson.A{bson.D{{Key: "$set", Value: bson.D{
			{Key: "wiping", Value: true}, {Key: "paused", Value: false}, {Key: "wipeBelow", Value: bound},
			{Key: "generation", Value: intent.Generation + 1}, raised(),
		}}}})
	if err != nil {
		return store.Wiped{}, unreachable("MongoDB", err)
	}
	c, err := s.readControl(ctx)
	if err != nil {
		return store.Wiped{}, err
	}
	if result.MatchedCount == 0 && !c.Wiping {
		return intent.Wiped, nil // by a call whose answer was lost
	}
	if err := s.wipe(ctx, c); err != nil {
		s.rebuild.Store(true)
		return store.Wiped{}, err
	}
	return intent.Wiped, nil
}

// surveyed counts what a reset will wipe.
func (s *DB) surveyed(ctx context.Context) (wipeIntent, error) {
	c, err := s.readControl(ctx)
	if err != nil {
		return wipeIntent{}, err
	}
	runs, err := s.readRuns(ctx, bson.D{})
	if err != nil {
		return wipeIntent{}, err
	}
	intent := wipeIntent{Begun: true, Generation: c.Generation, Wiped: store.Wiped{Runs: int64(len(runs))}}
	for _, r := range runs {
		t, err := s.tally(ctx, r)
		if err != nil {
			return wipeIntent{}, err
		}
		intent.Wiped.Orders += t.counts.Generated()
		intent.Wiped.Queued += t.counts.Unsettled()
	}
	return intent, nil
}

// wipe does what a reset has announced in the control document. It may be repeated, and
// come late: what was begun after the reset it leaves alone.
func (s *DB) wipe(ctx context.Context, c *control) error {
	bound := c.wiped()
	for _, part := range []struct {
		in    *mongo.Collection
		field string
	}{{s.blocks, "run"}, {s.runs, "_id"}, {s.samples, "run"}, {s.orders, fieldKey}} {
		if _, err := part.in.DeleteMany(ctx, bson.D{{Key: part.field, Value: bound}}); err != nil {
			return unreachable("MongoDB", err)
		}
	}
	_, err := s.state.UpdateOne(ctx, bson.D{{Key: "_id", Value: controlID}, {Key: "generation", Value: c.Generation}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "wiping", Value: false}}}, {Key: "$inc", Value: bson.D{{Key: "v", Value: 1}}}})
	if err != nil {
		return unreachable("MongoDB", err)
	}
	if _, err := s.readControl(ctx); err != nil {
		return err
	}
	err = errors.Join(s.lanes.Load().before(c.Generation-1).forget(ctx), s.shutGate(ctx))
	s.changed.fire()
	return err
}

// wiped is the condition that the ID of a run, or a key, is one that the latest reset has
// wiped or will wipe.
func (c *control) wiped() bson.D {
	return bson.D{{Key: "$lt", Value: uuid(order.NewRunID(c.WipeBelow, 0).Key(0))}}
}

// before returns the lanes of another generation.
func (l *lanes) before(generation uint64) *lanes {
	return newLanes(l.redis, l.database, generation)
}

// forget deletes the keys of this generation.
func (l *lanes) forget(ctx context.Context) error {
	keys := []string{l.key("gate"), l.key("ticket"), l.key("built"), l.key("comparing")}
	for _, lane := range order.Priorities() {
		for _, name := range []string{"ready", "late", "held", "more", "cursor"} {
			keys = append(keys, l.of(lane, name))
		}
	}
	return unreachable("Redis", l.redis.client().Del(ctx, keys...).Err())
}
