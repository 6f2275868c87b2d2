package mongoredis

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Begin implements [store.Runs]. That one batch run at most is active, a unique index
// sees to, so any process may begin one.
func (s *DB) Begin(ctx context.Context, spec order.Spec, now time.Time, idem *store.Idempotency) (order.Run, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return order.Run{}, fmt.Errorf("begin: %w", err)
	}
	defer leave()
	doc, err := once(ctx, s, idem, func(ctx context.Context, intent *order.RunID) (order.Run, error) {
		return s.begin(ctx, spec, now, idem, intent)
	})
	if err != nil {
		return order.Run{}, fmt.Errorf("begin: %w", err)
	}
	s.announce(ctx, &moves{})
	return doc, nil
}

func (s *DB) begin(ctx context.Context, spec order.Spec, now time.Time, idem *store.Idempotency, id *order.RunID) (order.Run, error) {
	if !id.IsZero() { // begun before, by a call that did not come to its end
		r, err := s.readRun(ctx, *id)
		if err == nil {
			return r.Run, nil
		}
		if !isNotFound(err) {
			return order.Run{}, err
		}
	}
	millis, err := s.nextMillis(ctx, now)
	if err != nil {
		return order.Run{}, err
	}
	r := run{Run: order.Run{
		ID:       order.NewRunID(millis, rand.Uint64()),
		Epoch:    1,
		Spec:     spec,
		Phase:    order.Generating,
		Accepted: now,
	}, version: 1}
	r.Entered[order.Generating] = now
	doc, err := r.doc()
	if err != nil {
		return order.Run{}, err
	}
	*id = r.ID
	if err := s.intend(ctx, idem, id); err != nil {
		return order.Run{}, err
	}
	_, err = s.runs.InsertOne(ctx, doc)
	if mongo.IsDuplicateKeyError(err) {
		return order.Run{}, s.activeRun(ctx)
	}
	if err != nil {
		return order.Run{}, unreachable("MongoDB", err)
	}
	return r.Run, s.outlives(ctx, &r, millis)
}

// outlives makes sure that a run which has just begun is not one that a reset wipes, or
// believes to have wiped: the reset came between the choice of its ID and its document.
func (s *DB) outlives(ctx context.Context, r *run, millis int64) error {
	c, err := s.readControl(ctx)
	if err != nil || millis >= c.WipeBelow {
		return err
	}
	if _, err := s.runs.DeleteOne(ctx, byID(uuid(r.ID))); err != nil {
		return unreachable("MongoDB", err)
	}
	return fmt.Errorf("%w: the store was reset meanwhile; try again", order.ErrUnavailable)
}

// activeRun says which run keeps another from beginning.
func (s *DB) activeRun(ctx context.Context) error {
	live, err := s.readRuns(ctx, bson.D{{Key: "live", Value: true}})
	if err != nil {
		return err
	}
	if len(live) == 0 { // it has ended meanwhile
		return fmt.Errorf("%w: try again", order.ErrRunActive)
	}
	return &order.ActiveRunError{Run: live[0].ID}
}

// Advance implements [store.Runs].
func (s *DB) Advance(ctx context.Context, fence store.Fence, step store.Step) (order.Run, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return order.Run{}, fmt.Errorf("advance run %v: %w", fence.Run, err)
	}
	defer leave()
	if step.To.Ended() { // the documents of its orders say all by then
		if err := s.finishRun(ctx, fence.Run); err != nil {
			return order.Run{}, fmt.Errorf("advance run %v to %v: %w", fence.Run, step.To, err)
		}
	}
	r, err := s.underFence(ctx, fence, func(r *run) (bool, error) { return r.advance(step) })
	if err != nil {
		return order.Run{}, fmt.Errorf("advance run %v from %v to %v: %w", fence.Run, step.From, step.To, err)
	}
	if step.To.Ended() {
		if err := s.closeWindow(ctx, r); err != nil {
			return order.Run{}, fmt.Errorf("advance run %v to %v: %w", fence.Run, step.To, err)
		}
	}
	s.announce(ctx, &moves{})
	return r.Run, nil
}

// closeWindow makes what is still settled of a run that has ended leave its lanes'
// windows as they are.
func (s *DB) closeWindow(ctx context.Context, r *run) error {
	for _, lane := range order.Priorities() {
		err := s.eachBlock(ctx, openBlocks(r, lane), nil, func(b *block) error {
			_, err := s.update(ctx, b.id, func(b *block) (bool, error) {
				for i := range b.parts {
					b.parts[i].after = true
				}
				return b.open(), nil
			})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// advance makes the step; false says that this very step was made before.
func (r *run) advance(step store.Step) (bool, error) {
	moves := step.From != step.To
	switch {
	case moves && r.Phase == step.To && r.Entered[step.To].Equal(step.At):
		return false, nil
	case moves && !step.From.MayMove(step.To):
		return false, fmt.Errorf("%w: no such move", order.ErrInvalid)
	case r.Phase != step.From:
		return false, fmt.Errorf("%w: run is in %v", order.ErrStale, r.Phase)
	}
	step.Apply(&r.Run)
	return true, nil
}

// Those who settle a run's last blocks are about to write their orders' documents when its
// counts are complete. finishRun looks so often for them to be done, and then does the rest
// itself, which is safe and costs both the time.
const (
	finishLooks = 20
	finishPause = 5 * time.Millisecond
)

// finishRun writes what the run's orders still have to see.
func (s *DB) finishRun(ctx context.Context, id order.RunID) error {
	filter := bson.D{{Key: "run", Value: uuid(id)}, {Key: "todo", Value: bson.D{{Key: "$ne", Value: bson.A{}}}}}
	for look := 0; ; look++ {
		var left []*block
		err := s.eachBlock(ctx, filter, nil, func(b *block) error { left = append(left, b); return nil })
		if err != nil || len(left) == 0 {
			return err
		}
		if look == finishLooks {
			return s.finishEach(ctx, left)
		}
		if !pause(ctx, finishPause) {
			return ctx.Err()
		}
	}
}

// finishEach finishes blocks, some at a time.
func (s *DB) finishEach(ctx context.Context, blocks []*block) error {
	for some := range slices.Chunk(blocks, 16) {
		if err := s.finish(ctx, some...); err != nil {
			return err
		}
	}
	return nil
}

// Run implements [store.Runs].
func (s *DB) Run(ctx context.Context, id order.RunID) (order.Run, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return order.Run{}, fmt.Errorf("read run %v: %w", id, err)
	}
	defer leave()
	r, err := s.readRun(ctx, id)
	if err != nil {
		return order.Run{}, fmt.Errorf("read run %v: %w", id, err)
	}
	return r.Run, nil
}

// Runs implements [store.Runs].
func (s *DB) Runs(ctx context.Context, before order.RunID, limit int) ([]order.Run, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	defer leave()
	if limit <= 0 {
		return nil, nil
	}
	filter := bson.D{}
	if !before.IsZero() {
		filter = bson.D{{Key: "_id", Value: bson.D{{Key: "$lt", Value: uuid(before)}}}}
	}
	opts := options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(int64(limit))
	found, err := s.readRuns(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	docs := make([]order.Run, len(found))
	for i, r := range found {
		docs[i] = r.Run
	}
	return docs, nil
}
