package mongoredis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Cancel implements [store.Verbs]. The run's document ends the run; then its blocks are
// marked, one write for all, so that no outcome is taken any more, of whatever process.
// It costs the more the more blocks are open, not the more orders.
func (s *DB) Cancel(ctx context.Context, id order.RunID, opts store.CancelOptions, idem *store.Idempotency) (store.Cancelled, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return store.Cancelled{}, fmt.Errorf("cancel run %v: %w", id, err)
	}
	defer leave()
	done, err := once(ctx, s, idem, func(ctx context.Context, at *time.Time) (store.Cancelled, error) {
		return s.cancel(ctx, id, opts, idem, at)
	})
	if err != nil {
		return store.Cancelled{}, fmt.Errorf("cancel run %v: %w", id, err)
	}
	return done, nil
}

func (s *DB) cancel(ctx context.Context, id order.RunID, opts store.CancelOptions, idem *store.Idempotency, at *time.Time) (store.Cancelled, error) {
	if id.IsZero() {
		return store.Cancelled{}, nil
	}
	if !at.IsZero() {
		opts.At = *at // a call before this one may have ended the run
	} else if *at = opts.At; true {
		if err := s.intend(ctx, idem, at); err != nil {
			return store.Cancelled{}, err
		}
	}
	was := false
	r, err := s.changeRun(ctx, id, func(r *run) (bool, error) {
		was = r.Active() || r.Void && r.Ended.Equal(opts.At)
		if !r.Active() {
			return false, nil
		}
		if opts.Epoch != 0 {
			if err := s.fenced(ctx, r, store.Fence{Run: id, Epoch: opts.Epoch}); err != nil {
				return false, err
			}
		}
		r.end(opts)
		return true, nil
	})
	if err != nil {
		return store.Cancelled{}, err
	}
	if !was {
		if r.Void && !r.fenced { // the call that ended it has not come to its end, and may never
			err = s.fence(ctx, id)
		}
		return store.Cancelled{Run: r.Run}, err
	}
	if err := s.fence(ctx, id); err != nil {
		s.rebuild.Store(true)
		return store.Cancelled{}, err
	}
	if r, err = s.readRun(ctx, id); err != nil {
		return store.Cancelled{}, err
	}
	return store.Cancelled{Run: r.Run, Was: true, Removed: r.removed}, nil
}

// end ends the run as a cancel does.
func (r *run) end(opts store.CancelOptions) {
	r.Epoch++
	r.ShowIdle, r.Void, r.Inert = opts.ShowIdle, true, opts.KeepPending
	r.Phase, r.Ended = order.Failed, opts.At
	r.Entered[order.Failed] = opts.At
	r.Failure = &order.Failure{Kind: cmp.Or(opts.Kind, order.FailureCancelled), Message: opts.Reason}
}

// fence makes the blocks of a void run take no outcome any more, and its lanes forget
// them. Those that have dead letters alone are among them: a redrive that began before
// the run was ended must find nothing to put back. It may be repeated.
func (s *DB) fence(ctx context.Context, id order.RunID) error {
	s.gists.Delete(id)
	_, err := s.blocks.UpdateMany(ctx,
		bson.D{{Key: "run", Value: uuid(id)}, {Key: "void", Value: false}, {Key: "$or", Value: bson.A{
			bson.D{{Key: "open", Value: true}}, bson.D{{Key: "dead", Value: bson.D{{Key: "$gt", Value: 0}}}},
		}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "void", Value: true}}}, {Key: "$inc", Value: bson.D{{Key: "v", Value: 1}}}})
	if err != nil {
		return unreachable("MongoDB", err)
	}
	s.claims.endIf(func(c *claim) bool { return c.run == id })
	if err := s.finishRun(ctx, id); err != nil { // outcomes that were taken before
		return err
	}
	if _, err := s.changeRun(ctx, id, func(r *run) (bool, error) {
		t, err := s.sum(ctx, r)
		if err != nil || r.fenced {
			return false, err
		}
		r.fenced, r.removed = true, 0
		for lane := range t.counts {
			if !r.Inert {
				r.removed += t.counts[lane].Unsettled()
			}
		}
		return true, nil
	}); err != nil && !isNotFound(err) {
		return err
	}
	return errors.Join(s.dropRun(ctx, id), s.shutGate(ctx))
}

// dropRun takes the places of a run's open blocks out of the lanes.
func (s *DB) dropRun(ctx context.Context, id order.RunID) error {
	var m moves
	err := s.eachBlock(ctx, bson.D{{Key: "run", Value: uuid(id)}, {Key: "open", Value: true}}, nil, func(b *block) error {
		for i := range b.parts {
			if p := &b.parts[i]; p.holder != nil {
				m.ack(b.lane, p.holder.entry)
			} else {
				m.drop(b.lane, b.place(p))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.apply(ctx, &m)
}
