package mongoredis

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// The gate is in Redis, where every claim passes it, and is open only if it says so: a
// Redis that was restarted, flushed or replaced by an older copy has it shut. Whoever
// finds it shut derives it: takes the ticket, reads the store, and opens the gate unless
// the ticket has changed since. Whatever may shut it changes the ticket after its write
// to the store and before it is acknowledged, so what was read before is never relied on.

// maxDerivations bounds how often a gate is derived anew because it was shut meanwhile.
const maxDerivations = 8

// derive reads from the store what the gate may let through, and opens it so far. It
// returns modeShut if the gate is shut again each time.
func (s *DB) derive(ctx context.Context) (mode, error) {
	for range maxDerivations {
		l, asked := s.lanes.Load(), s.gate.ask()
		ticket, err := l.ticket(ctx)
		if err != nil {
			return modeShut, err
		}
		m, err := s.judgeFor(ctx, ticket.mode)
		if err != nil {
			return modeShut, err
		}
		if l != s.lanes.Load() {
			continue // nobody looks at the lanes before a reset any more
		}
		done, err := l.open(ctx, ticket, m)
		if err != nil {
			return modeShut, err
		}
		if done && l == s.lanes.Load() {
			s.gate.learn(asked, ticket.ticket, m)
			return m, nil
		}
	}
	s.gate.close()
	return modeShut, nil
}

// judgeFor reads what a gate may let through that is as wide as that now. To leave it so,
// or narrower, an answer that is out of date will do: it is asked again.
func (s *DB) judgeFor(ctx context.Context, now mode) (mode, error) {
	if now != modeShut {
		if m, err := s.judge(ctx); err != nil || m.width() <= now.width() {
			return m, err
		}
	}
	return s.judgeAfresh(ctx)
}

// judgeAfresh is judge with all that was acknowledged before the call. A majority read may
// be answered by a primary that was deposed and does not know it yet, or that has just
// become it and has not heard of all that its predecessor acknowledged. So it follows a
// write, which no majority acknowledges of the one, and which tells the other, in the
// session of both, how far its answers must reach.
func (s *DB) judgeAfresh(ctx context.Context) (mode, error) {
	if !s.mongo.replicated {
		return s.judge(ctx)
	}
	session, err := s.client.StartSession()
	if err != nil {
		return modeShut, unreachable("MongoDB", err)
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	ctx = mongo.NewSessionContext(ctx, session)
	_, err = s.nodes.UpdateOne(ctx, byID(s.node), bson.D{{Key: "$currentDate", Value: bson.D{{Key: "seen", Value: true}}}})
	if err != nil {
		return modeShut, unreachable("MongoDB", err)
	}
	return s.judge(ctx)
}

// judge reads what the gate may let through.
func (s *DB) judge(ctx context.Context) (mode, error) {
	asked := time.Now()
	c, err := s.readControl(ctx)
	if err != nil {
		return modeShut, err
	}
	if c.Wiping {
		return modePaused, nil
	}
	unsettled, err := s.vipUnsettled(ctx)
	switch {
	case err != nil:
		return modeShut, err
	case c.Paused:
		return modePaused, nil
	case unsettled:
		return modeVIP, nil
	default:
		s.gate.hear(asked)
		return modeAll, nil
	}
}

// vipUnsettled says whether a VIP order of a run that is not void is pending.
func (s *DB) vipUnsettled(ctx context.Context) (bool, error) {
	var ids []bson.Binary
	open := bson.D{{Key: "open", Value: true}, {Key: "void", Value: false}, {Key: "lane", Value: int(order.VIP)}}
	if err := s.blocks.Distinct(ctx, "run", open).Decode(&ids); err != nil {
		return false, unreachable("MongoDB", err)
	}
	if len(ids) == 0 {
		return false, nil
	}
	runs, err := s.readRuns(ctx, bson.D{{Key: "void", Value: false}, {Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}})
	if err != nil {
		return false, err
	}
	for _, r := range runs {
		if found, err := s.anyOpen(ctx, r, order.VIP); err != nil || found {
			return found, err
		}
	}
	return false, nil
}

// narrow shuts a gate that may let through more than it should: whoever should have shut
// it after a write to the store did not live to.
func (s *DB) narrow(ctx context.Context) error {
	m, err := s.judge(ctx)
	if err != nil || m == modeAll {
		return err
	}
	return s.shutGate(ctx)
}

// shutGate makes every gate that was derived before this call void, of this process at
// once.
func (s *DB) shutGate(ctx context.Context) error {
	s.gate.close()
	defer s.gate.close() // what was asked meanwhile may have been answered before
	return s.lanes.Load().shut(ctx)
}

// shutToNormal is shutGate for whoever accepts VIP orders. Where VIP orders passed they pass
// on, for only a pause stops them, and a reset, and those shut the gate themselves: while
// orders are accepted all the time, nobody might come to derive it.
func (s *DB) shutToNormal(ctx context.Context) error {
	s.gate.close()
	defer s.gate.close()
	return s.lanes.Load().narrow(ctx)
}

// refreshGate derives the gate if a NORMAL block is claimed here, which needs to know.
func (s *DB) refreshGate(ctx context.Context) {
	if !s.claims.anyNormal() {
		return
	}
	if _, err := s.derive(ctx); err != nil {
		s.opts.Logger.Warn("gate not derived", "error", err)
	}
}

// MayStart implements [store.Gate]. What other processes do to the gate it sees within a
// quarter of a second, or stops to rely on a little over a second after the last look.
func (s *DB) MayStart(c *store.Claim) error {
	token, ok := c.Token.(*claim)
	if !ok || token.db != s || token.dead.Load() {
		return order.ErrClaimLost
	}
	if s.closing.Err() != nil {
		return order.ErrClosed
	}
	known := s.gate.present()
	switch {
	case s.control.Load().Paused || known == modePaused:
		return order.ErrPaused
	case c.Priority == order.Normal && known != modeAll:
		return order.ErrGateShut
	}
	return nil
}

// announce makes moves in the lanes after a change of the store, and wakes whoever
// waits. The change is durable whatever becomes of the moves: if Redis does not take
// them, the lanes are compared with the store as soon as it is back.
func (s *DB) announce(ctx context.Context, m *moves) {
	if err := s.apply(ctx, m); err != nil {
		s.opts.Logger.Warn("lanes not kept up", "error", err)
	}
}

// apply is announce for those who must not go on before the moves were made.
func (s *DB) apply(ctx context.Context, m *moves) error {
	err := s.lanes.Load().apply(ctx, m)
	if err != nil {
		s.rebuild.Store(true)
	}
	s.changed.fire()
	return err
}
