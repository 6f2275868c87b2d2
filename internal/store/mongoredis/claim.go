package mongoredis

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Claim implements [store.Lanes]. Redis hands places out, and whoever can note in a
// block's document that it holds the part has claimed it.
func (s *DB) Claim(ctx context.Context, worker string, now time.Time, limit int) ([]*store.Claim, time.Time, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("claim: %w", err)
	}
	defer leave()
	s.vigil.asked()
	var claims []*store.Claim
	held := 0
	for held < limit || len(claims) == 0 {
		g, err := s.hand(ctx, now, limit-held)
		if err != nil {
			if len(claims) > 0 {
				break // they are held, and worth working on
			}
			return nil, time.Time{}, fmt.Errorf("claim: %w", err)
		}
		if len(g.blocks) == 0 {
			if len(claims) == 0 {
				return nil, g.nextDue(), nil
			}
			break
		}
		taken, err := s.takeAll(ctx, worker, now, g.blocks)
		if err != nil {
			if len(claims) > 0 {
				break
			}
			return nil, time.Time{}, fmt.Errorf("claim: %w", err)
		}
		for _, c := range taken {
			held += len(c.Indexes)
		}
		claims = append(claims, taken...)
	}
	s.vigil.had()
	s.changed.fire()
	return claims, time.Time{}, nil
}

// hand has Redis hand places out, deriving the gate if it is not what it could be.
func (s *DB) hand(ctx context.Context, now time.Time, want int) (given, error) {
	var g given
	var err error
	for range maxDerivations {
		asked := s.gate.ask()
		if g, err = s.lanes.Load().claim(ctx, s.node, now, s.opts.Lease, max(1, want)); err != nil {
			return g, err
		}
		if g.mode != modeShut {
			s.gate.learn(asked, g.ticket, g.mode)
		}
		s.refill(ctx, &g)
		if len(g.blocks) > 0 {
			return g, nil
		}
		if g.mode != modeShut && (g.mode != modeVIP || !g.behind) {
			return g, nil
		}
		m, err := s.derive(ctx)
		if err != nil || m == g.mode {
			return g, err
		}
	}
	return g, nil
}

// refill gives lanes that run low more of what waits in the store.
func (s *DB) refill(ctx context.Context, g *given) {
	for _, lane := range order.Priorities() {
		if g.low[lane] {
			if err := s.fill(ctx, lane); err != nil {
				s.opts.Logger.Warn("lane not refilled", "lane", lane, "error", err)
			}
		}
	}
}

// nextDue returns when the first retry comes due that may be taken then.
func (g *given) nextDue() time.Time {
	due := g.due[order.VIP]
	switch g.mode {
	case modePaused, modeShut:
		return time.Time{}
	case modeVIP:
		return due
	}
	if normal := g.due[order.Normal]; due.IsZero() || !normal.IsZero() && normal.Before(due) {
		due = normal
	}
	return due
}

// Load implements [store.Lanes].
func (s *DB) Load(ctx context.Context, c *store.Claim, slab *store.Slab) ([]order.Order, error) {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return nil, fmt.Errorf("load claim: %w", err)
	}
	defer leave()
	token, err := s.claims.of(c)
	if err != nil {
		return nil, fmt.Errorf("load claim: %w", err)
	}
	slab.Reset()
	err = s.eachOrder(ctx, c.Run, c.Indexes, func(d *orderDoc) { slab.Orders = append(slab.Orders, d.accepted()) })
	if err == nil && len(slab.Orders) != len(c.Indexes) {
		err = s.absent(ctx, token, len(slab.Orders), len(c.Indexes))
	}
	if err != nil {
		return nil, fmt.Errorf("load claim: %w", err)
	}
	return slab.Orders, nil
}

// absent says why only some orders of a claim are there: a reset took them, and the claim
// with them, or they are lost.
func (s *DB) absent(ctx context.Context, c *claim, found, held int) error {
	if err := s.endLost(ctx, []*claim{c}); err != nil {
		return err
	}
	if c.dead.Load() {
		return order.ErrClaimLost
	}
	return fmt.Errorf("%w: %d of %d orders of a block are there", order.ErrCorrupt, found, held)
}

// eachOrder calls visit with the run's orders of those indexes, ascending.
func (s *DB) eachOrder(ctx context.Context, run order.RunID, indexes []uint64, visit func(*orderDoc)) error {
	keys := make(bson.A, len(indexes))
	for i, index := range indexes {
		keys[i] = uuid(run.Key(index))
	}
	return s.findOrders(ctx, byID(bson.D{{Key: "$in", Value: keys}}),
		options.Find().SetSort(byID(1)).SetBatchSize(int32(max(len(keys), 1))), func(d *orderDoc) error { visit(d); return nil })
}

// findOrders calls visit with the orders that match.
func (s *DB) findOrders(ctx context.Context, filter bson.D, opts *options.FindOptionsBuilder, visit func(*orderDoc) error) error {
	cursor, err := s.orders.Find(ctx, filter, opts)
	if err != nil {
		return unreachable("MongoDB", err)
	}
	defer giveBack(ctx, cursor)
	for cursor.Next(ctx) {
		d, err := decodeOrder(cursor.Current)
		if err != nil {
			return err
		}
		if err := visit(&d); err != nil {
			return err
		}
	}
	return unreachable("MongoDB", cursor.Err())
}

// Extend implements [store.Lanes]. The store renews the claims of its process by itself.
func (s *DB) Extend(ctx context.Context, c *store.Claim) error {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return fmt.Errorf("extend claim: %w", err)
	}
	defer leave()
	token, err := s.claims.of(c)
	if err == nil {
		err = s.renew(ctx, token.lane, []*claim{token})
	}
	if err == nil && token.dead.Load() {
		err = order.ErrClaimLost
	}
	if err != nil {
		return fmt.Errorf("extend claim: %w", err)
	}
	return nil
}

// renew starts the leases of claims of one lane anew, and ends those that are lost.
func (s *DB) renew(ctx context.Context, lane order.Priority, all []*claim) error {
	entries := make([]string, len(all))
	for i, c := range all {
		entries[i] = c.entry
	}
	kept, err := s.lanes.Load().renew(ctx, lane, s.node, entries)
	if err != nil {
		return err
	}
	var doubtful []*claim
	for _, c := range all {
		if !slices.Contains(kept, c.entry) {
			doubtful = append(doubtful, c)
		}
	}
	return s.endLost(ctx, doubtful)
}

// endLost ends those claims that their blocks' documents do not show any more. An answer
// of a server that has not heard of a claim yet, as one that has just become the primary
// may give, is none.
func (s *DB) endLost(ctx context.Context, doubtful []*claim) error {
	if len(doubtful) == 0 {
		return nil
	}
	ids := make([]blockID, len(doubtful))
	for i, c := range doubtful {
		ids[i] = c.block
	}
	found, err := s.readBlocks(ctx, ids)
	if err != nil {
		return err
	}
	for _, c := range doubtful {
		switch b := found[c.block]; {
		case b != nil && b.version < c.known().version:
		case b == nil || b.void || b.held(c.token) == nil:
			s.claims.end(c.token)
		}
	}
	return nil
}

// Release implements [store.Lanes]. Claims that it cannot give back now are given back as
// soon as the servers answer: nobody tries again.
func (s *DB) Release(ctx context.Context, claims ...*store.Claim) error {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return fmt.Errorf("release %d claims: %w", len(claims), err)
	}
	defer leave()
	var m moves
	var failed error
	for _, c := range claims {
		token, err := s.claims.of(c)
		switch {
		case err != nil: // it is lost
		case failed != nil:
			s.letGo(token)
		default:
			if failed = s.release(ctx, token, &m, false); failed != nil {
				s.letGo(token)
			}
		}
	}
	s.announce(ctx, &m)
	if failed != nil {
		return fmt.Errorf("release %d claims: %w", len(claims), failed)
	}
	return nil
}

// release ends a claim of this process and gives back what it holds. In doubt the block
// may come to show the claim yet, and is written whether it does or not. A void block is
// left as it is: nobody works on it again.
func (s *DB) release(ctx context.Context, c *claim, m *moves, doubt bool) error {
	b, err := s.update(ctx, c.block, func(b *block) (bool, error) {
		p := b.held(c.token)
		switch {
		case b.void:
			return false, nil
		case p == nil:
			return doubt, nil
		}
		p.holder = nil
		return true, nil
	})
	s.claims.end(c.token)
	if err != nil {
		return err
	}
	m.ack(c.lane, c.entry)
	if b == nil || b.void {
		return nil
	}
	if p := b.part(c.part); p != nil && p.holder == nil {
		m.put(b, p)
	}
	return nil
}
