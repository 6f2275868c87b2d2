package mongoredis

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
)

// One process at a time coordinates: the one that the lease in the store names, until the
// server's clock has passed the lease's end. The number of the term rises whenever the
// lease is taken, also by the process that had it, and never falls.
//
// A coordinator reckons its own lease from before the request that set it, so it stops
// before the server's clock lets another begin, however late the answer came. What it had
// on its way then, and what it still sends because it was stopped itself and does not know
// the time, is refused by the runs, which the next one stamps with its term before it
// does anything. A run that began after that has no stamp yet; before it gets one, who
// stamps it reads the lease. A clock is not enough: that of a machine which was suspended
// stands still, and its process believes that it leads.

const coordinatorID = "coordinator"

// leaseDoc is the document of the lease.
type leaseDoc struct {
	ID    string    `bson:"_id"`
	Node  string    `bson:"node"`
	Term  int64     `bson:"term"`
	Until time.Time `bson:"until"`
}

// leadership is what a process knows of its own leading.
type leadership struct {
	one   sync.Mutex // held by the call of Lead that campaigns
	term  atomic.Pointer[context.Context]
	until atomic.Pointer[time.Time] // when the lease is given up at the latest; nil without one
}

// retryTerm is how often somebody else's lease is looked at.
func (s *DB) retryTerm() time.Duration { return min(s.opts.Term/4, time.Second) }

// margin is how long before the end of its lease a coordinator stops.
func (s *DB) margin() time.Duration { return s.opts.Term / 8 }

// Leading implements [store.Fleet].
func (s *DB) Leading() bool {
	term := s.leads.term.Load()
	return term != nil && (*term).Err() == nil
}

// Lead implements [store.Fleet].
func (s *DB) Lead(ctx context.Context, lead func(ctx context.Context)) error {
	ctx, done, err := s.tie(ctx)
	if err != nil {
		return fmt.Errorf("lead: %w", err)
	}
	defer done()
	s.leads.one.Lock()
	defer s.leads.one.Unlock()
	for ctx.Err() == nil {
		asked := time.Now()
		term, err := s.takeTerm(ctx)
		switch {
		case err == nil:
			s.reign(ctx, term, asked, lead)
		case !errors.Is(err, order.ErrStale) && ctx.Err() == nil:
			s.opts.Logger.Debug("coordinator's lease not read", "error", err)
		}
		pause(ctx, s.retryTerm())
	}
	return nil
}

// takeTerm takes the lease if it is free and returns the number of the new term. It
// returns [order.ErrStale] if another process has the lease.
func (s *DB) takeTerm(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Term)
	defer cancel()
	// A lease of this very process is one it does not know of: the answer was lost.
	free := bson.D{{Key: "$or", Value: bson.A{
		bson.D{{Key: "node", Value: s.node}},
		bson.D{{Key: "$expr", Value: bson.D{{Key: "$lte", Value: bson.A{"$until", "$$NOW"}}}}},
	}}}
	take := bson.D{
		{Key: "node", Value: bson.D{{Key: "$literal", Value: s.node}}},
		{Key: "term", Value: bson.D{{Key: "$add", Value: bson.A{"$term", int64(1)}}}},
		{Key: "until", Value: s.untilNext()},
	}
	var l leaseDoc
	err := s.state.FindOneAndUpdate(ctx, append(byID(coordinatorID), free...), bson.A{bson.D{{Key: "$set", Value: take}}},
		options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(&l)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return 0, order.ErrStale
	}
	if err != nil {
		return 0, unreachable("MongoDB", err)
	}
	return l.Term, nil
}

// untilNext is the end of a lease that begins now, by the server's clock.
func (s *DB) untilNext() bson.D {
	return bson.D{{Key: "$add", Value: bson.A{"$$NOW", s.opts.Term.Milliseconds()}}}
}

// reign coordinates for one term, of which the lease was asked for at that time.
func (s *DB) reign(ctx context.Context, term int64, asked time.Time, lead func(ctx context.Context)) {
	within, stop := context.WithCancel(ctx)
	end := time.AfterFunc(time.Until(s.hold(asked)), stop)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		defer stop()
		s.keepTerm(within, term, end)
	})
	if err := s.assume(within, term); err != nil {
		s.opts.Logger.Warn("coordinator's term not begun", "term", term, "error", err)
	} else {
		s.leads.term.Store(&within)
		s.opts.Logger.Debug("coordinating", "term", term)
		lead(within)
		s.opts.Logger.Debug("no longer coordinating", "term", term)
	}
	stop()
	renewing.Wait()
	end.Stop()
	s.endTerm(term)
}

// hold notes until when a lease holds that was asked for at that time, and returns it.
func (s *DB) hold(asked time.Time) time.Time {
	until := asked.Add(s.opts.Term - s.margin())
	s.leads.until.Store(&until)
	return until
}

// lapsed says whether this process was coordinator and has no lease any more.
func (s *DB) lapsed() bool {
	until := s.leads.until.Load()
	return s.term.Load() > 0 && (until == nil || !time.Now().Before(*until))
}

// keepTerm renews the lease until ctx is done or somebody else has it. Each renewal sets
// the timer that ends the term anew.
func (s *DB) keepTerm(ctx context.Context, term int64, end *time.Timer) {
	for pause(ctx, s.opts.Term/3) {
		for {
			asked := time.Now()
			err := s.renewTerm(ctx, term)
			if err == nil {
				if !end.Reset(time.Until(s.hold(asked))) {
					end.Stop()
					return // it had run out
				}
				break
			}
			if errors.Is(err, order.ErrStale) {
				s.opts.Logger.Warn("another process has become coordinator", "term", term)
				return
			}
			if !pause(ctx, s.opts.Term/16) {
				return
			}
		}
	}
}

// renewTerm lets the lease begin anew, or returns [order.ErrStale].
func (s *DB) renewTerm(ctx context.Context, term int64) error {
	result, err := s.state.UpdateOne(ctx, s.lease(term), bson.A{bson.D{{Key: "$set", Value: bson.D{{Key: "until", Value: s.untilNext()}}}}})
	if err == nil && result.MatchedCount == 0 {
		return order.ErrStale
	}
	return unreachable("MongoDB", err)
}

// lease is the filter of the lease while it is that of a term of this process.
func (s *DB) lease(term int64) bson.D {
	return append(byID(coordinatorID), bson.E{Key: "node", Value: s.node}, bson.E{Key: "term", Value: term})
}

// holds says whether the lease is still that of a term of this process. Who takes it later
// stamps the runs that there are by then.
func (s *DB) holds(ctx context.Context, term int64) (bool, error) {
	err := s.state.FindOne(ctx, s.lease(term)).Err()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return false, nil
	}
	return err == nil, unreachable("MongoDB", err)
}

// endTerm gives the lease back, so that the next one need not wait for its end.
func (s *DB) endTerm(term int64) {
	s.leads.until.Store(nil)
	ctx, cancel := context.WithTimeout(s.lost, min(s.opts.Term, lastWords))
	defer cancel()
	_, _ = s.state.UpdateOne(ctx, s.lease(term), bson.D{{Key: "$set", Value: bson.D{{Key: "until", Value: time.UnixMilli(0)}}}}) // else it ends by itself
}

// assume makes the term this process's, and stamps it on the runs that are under way:
// from then on they take no write of an older one.
func (s *DB) assume(ctx context.Context, term int64) error {
	s.term.Store(term)
	var ended []string
	for phase := range order.Phase(order.PhaseCount) {
		if phase.Ended() {
			ended = append(ended, phase.String())
		}
	}
	filter := bson.D{{Key: "phase", Value: bson.D{{Key: "$nin", Value: ended}}}, {Key: "term", Value: bson.D{{Key: "$lt", Value: term}}}}
	_, err := s.runs.UpdateMany(ctx, filter, bson.D{
		{Key: "$set", Value: bson.D{{Key: "term", Value: term}}}, {Key: "$inc", Value: bson.D{{Key: "v", Value: 1}}},
	})
	if err != nil {
		return unreachable("MongoDB", err)
	}
	// The one before may have got no further than the store with what it did last.
	return errors.Join(s.shutGate(ctx), s.reconcile(ctx))
}

// coordinator returns the node that coordinates at present; "" if none does.
func (s *DB) coordinator(ctx context.Context) (string, error) {
	var l leaseDoc
	valid := bson.E{Key: "$expr", Value: bson.D{{Key: "$gt", Value: bson.A{"$until", "$$NOW"}}}}
	err := s.state.FindOne(ctx, append(byID(coordinatorID), valid)).Decode(&l)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return "", nil
	}
	return l.Node, unreachable("MongoDB", err)
}
