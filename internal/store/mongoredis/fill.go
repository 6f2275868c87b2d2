package mongoredis

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
)

// live returns the runs that are active or have blocks that may be handed out, oldest
// first. It looks at open blocks, not at every run there ever was.
func (s *DB) live(ctx context.Context) ([]*run, error) {
	var ids []bson.Binary
	err := s.blocks.Distinct(ctx, "run", bson.D{{Key: "open", Value: true}, {Key: "void", Value: false}}).Decode(&ids)
	if err != nil {
		return nil, unreachable("MongoDB", err)
	}
	return s.readRuns(ctx, bson.D{{Key: "void", Value: false}, {Key: "$or", Value: bson.A{
		byID(bson.D{{Key: "$in", Value: ids}}), bson.D{{Key: "live", Value: true}},
	}}})
}

// openBlocks is the filter of a lane's blocks of a run that hold pending orders.
func openBlocks(r *run, lane order.Priority) bson.D {
	return append(bson.D{{Key: "lane", Value: int(lane)}, {Key: "open", Value: true}}, committed(r)...)
}

// anyOpen says whether an order of that lane of a run is pending. Blocks past the run's
// cursor do not exist.
func (s *DB) anyOpen(ctx context.Context, r *run, lane order.Priority) (found bool, err error) {
	err = s.eachBlock(ctx, openBlocks(r, lane), options.Find().SetLimit(1), func(*block) error { found = true; return nil })
	return found, err
}

// fill brings into a lane what waits in the store, first accepted first, until it holds
// as much as it may. What is there already is not there twice. Blocks of which all is
// claimed or delayed, and those that are not enqueued yet, do not count: there may be any
// number of them, and the lane would be taken for one that runs low at every claim.
func (s *DB) fill(ctx context.Context, lane order.Priority) error {
	runs, err := s.live(ctx)
	if err != nil {
		return fmt.Errorf("fill lane: %w", err)
	}
	var m moves
	left := int64(maxQueued)
	for _, r := range runs {
		if left == 0 {
			break
		}
		opts := options.Find().SetSort(bson.D{{Key: "first", Value: 1}}).SetLimit(left)
		waiting := bson.D{
			{Key: "run", Value: uuid(r.ID)}, {Key: "lane", Value: int(lane)}, {Key: "open", Value: true},
			{Key: "first", Value: bson.D{{Key: "$lt", Value: int64(min(r.Cursor.Next, r.Enqueued[lane]))}}},
			{Key: "parts_waiting", Value: bson.D{{Key: "$gt", Value: 0}}},
		}
		err := s.eachBlock(ctx, waiting, opts, func(b *block) error {
			left--
			for i := range b.parts {
				if p := &b.parts[i]; p.holder == nil && r.queued(b, p) {
					m.enqueue(b, p)
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("fill lane: %w", err)
		}
	}
	m.filled(lane, left == 0)
	return s.apply(ctx, &m)
}

// queued says whether a part that nobody holds belongs in the lanes.
func (r *run) queued(b *block, p *part) bool {
	return !r.Void && (p.late || b.first < r.Enqueued[b.lane])
}

// backlog says whether an order waits that nobody has claimed and the gate lets through.
func (s *DB) backlog(ctx context.Context) (bool, error) {
	m, err := s.judge(ctx)
	if err != nil || m == modePaused {
		return false, err
	}
	runs, err := s.live(ctx)
	if err != nil {
		return false, err
	}
	now := s.opts.Clock()
	for _, lane := range order.Priorities() {
		if lane == order.Normal && m != modeAll {
			break
		}
		for _, r := range runs {
			err := s.eachBlock(ctx, openBlocks(r, lane), nil, func(b *block) error {
				for i := range b.parts {
					if p := &b.parts[i]; p.holder == nil && r.queued(b, p) && !p.due.After(now) {
						return errEnough
					}
				}
				return nil
			})
			if errors.Is(err, errEnough) {
				return true, nil
			}
			if err != nil {
				return false, err
			}
		}
	}
	return false, nil
}
