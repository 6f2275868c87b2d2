package mongoredis

import (
	"context"
	"crypto/rand"
	"errors"
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
	if err := s.enter(ctx); err != nil {
		return nil, time.Time{}, fmt.Errorf("claim: %w", err)
	}
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

// takeAll claims the parts that Redis has handed out, and takes the entries of those
// away that are not there to be claimed.
func (s *DB) takeAll(ctx context.Context, worker string, now time.Time, blocks []handed) ([]*store.Claim, error) {
	ids := make([]blockID, 0, len(blocks))
	for _, h := range blocks {
		ids = append(ids, h.place.block)
	}
	found, err := s.readBlocks(ctx, ids)
	if err != nil {
		s.handBack(blocks)
		return nil, err
	}
	var gone moves
	var all []*store.Claim
	for group := range together(blocks) {
		taken, err := s.take(ctx, worker, now, found[group[0].place.block], group)
		if err != nil {
			s.handBack(blocks)
			s.giveUp(all)
			return nil, err
		}
		for i, h := range group {
			if taken[i] == nil {
				gone.ack(h.lane, h.entry)
				continue
			}
			all = append(all, taken[i])
		}
	}
	if len(gone.args) > 0 {
		if err := s.lanes.Load().apply(ctx, &gone); err != nil {
			s.opts.Logger.Warn("entries without orders not removed", "error", err)
		}
	}
	return all, nil
}

// together ranges over runs of neighbours that are of one block.
func together(blocks []handed) func(func([]handed) bool) {
	return func(yield func([]handed) bool) {
		for start := 0; start < len(blocks); {
			end := start + 1
			for end < len(blocks) && blocks[end].place.block == blocks[start].place.block {
				end++
			}
			if !yield(blocks[start:end]) {
				return
			}
			start = end
		}
	}
}

// take claims parts of one block, of which b is a copy that may be old, nil if there was
// none. The claims are in the order of the parts, nil for one that cannot be claimed.
func (s *DB) take(ctx context.Context, worker string, now time.Time, b *block, parts []handed) ([]*store.Claim, error) {
	claims := make([]*store.Claim, len(parts))
	tokens := make([]string, len(parts))
	tried := make([]*claim, len(parts))
	for i, h := range parts {
		tokens[i] = rand.Text()
		tried[i] = &claim{db: s, token: tokens[i], block: h.place.block, part: h.place.part, lane: h.lane, entry: h.entry}
	}
	mark := func(b *block) (bool, error) {
		marked := false
		for i, h := range parts {
			p := b.part(h.place.part)
			if b.held(tokens[i]) != nil { // by a write whose answer was lost
				continue
			}
			if p == nil || b.void || p.holder != nil && p.holder.entry != h.entry {
				continue
			}
			if p.holder != nil {
				s.claims.end(p.holder.token)
			}
			p.holder = &holder{tokens[i], s.node, worker, now, h.entry}
			marked = true
		}
		return marked, nil
	}
	b, err := s.markQuickly(ctx, b, mark)
	if errors.Is(err, errConflict) {
		b, err = s.update(ctx, parts[0].place.block, mark)
	}
	if err != nil {
		s.adrift.add(tried...) // it may have been written
		return nil, err
	}
	if b == nil {
		return claims, nil
	}
	epoch, err := s.epoch(ctx, b.run)
	if isNotFound(err) {
		return claims, nil // reset meanwhile
	}
	if err != nil {
		s.adrift.add(tried...)
		return nil, err
	}
	for i, h := range parts {
		if p := b.held(tokens[i]); p != nil {
			claims[i] = s.claimed(b, p, h.entry, epoch)
		}
	}
	return claims, nil
}

// markQuickly tries a change on a copy that was read a moment ago; errConflict says that
// it has to be made the long way.
func (s *DB) markQuickly(ctx context.Context, b *block, mark func(*block) (bool, error)) (*block, error) {
	if b == nil {
		return nil, nil
	}
	if err := s.finish(ctx, b); err != nil {
		return nil, err
	}
	if changed, _ := mark(b); !changed {
		return b, nil
	}
	return b, s.swap(ctx, b)
}

// claimed makes a claim of a part that this process holds.
func (s *DB) claimed(b *block, p *part, entry string, epoch uint64) *store.Claim {
	c := &claim{db: s, token: p.holder.token, block: b.id, part: p.number, lane: b.lane, run: b.run, entry: entry, seen: b}
	s.claims.add(c)
	return &store.Claim{
		Token: c, Run: b.run, Epoch: epoch, Priority: b.lane, Attempts: p.attempts,
		Indexes: slices.Clone(p.indexes), Expires: p.holder.at.Add(s.opts.Lease),
	}
}

// handBack gives places up that were handed out and not claimed: the lanes are compared
// with the store next, which brings them back. It takes a second at most, for the servers
// are in trouble; if it fails, the lease brings them back.
func (s *DB) handBack(blocks []handed) {
	var m moves
	for _, h := range blocks {
		m.ack(h.lane, h.entry)
	}
	s.rebuild.Store(true)
	ctx, cancel := context.WithTimeout(s.closing, time.Second)
	defer cancel()
	_ = s.lanes.Load().apply(ctx, &m)
}

// giveUp releases claims that their caller will never hear of.
func (s *DB) giveUp(claims []*store.Claim) {
	ctx, cancel := context.WithTimeout(s.closing, time.Second)
	defer cancel()
	_ = s.Release(ctx, claims...) // else the lease brings them back
}

// Load implements [store.Lanes].
func (s *DB) Load(ctx context.Context, c *store.Claim, slab *store.Slab) ([]order.Order, error) {
	if err := s.enter(ctx); err != nil {
		return nil, fmt.Errorf("load claim: %w", err)
	}
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
	if err := s.enter(ctx); err != nil {
		return fmt.Errorf("extend claim: %w", err)
	}
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

// endLost ends those claims that their blocks' documents do not show any more.
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
		if b := found[c.block]; b == nil || b.void || b.held(c.token) == nil {
			s.claims.end(c.token)
		}
	}
	return nil
}

// Release implements [store.Lanes]. Claims that it cannot give back now are given back as
// soon as the servers answer: nobody tries again.
func (s *DB) Release(ctx context.Context, claims ...*store.Claim) error {
	if err := s.enter(ctx); err != nil {
		return fmt.Errorf("release %d claims: %w", len(claims), err)
	}
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
// may come to show the claim yet, and is written whether it does or not.
func (s *DB) release(ctx context.Context, c *claim, m *moves, doubt bool) error {
	b, err := s.update(ctx, c.block, func(b *block) (bool, error) {
		p := b.held(c.token)
		if p == nil {
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
