package mongoredis

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// takeAll claims the parts that Redis has handed out, and takes the entries of those
// away that are not there to be claimed.
func (s *DB) takeAll(ctx context.Context, worker string, now time.Time, blocks []handed) ([]*store.Claim, error) {
	blocks, err := s.allowed(ctx, blocks)
	if err != nil || len(blocks) == 0 {
		return nil, err
	}
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
		taken, err := s.take(ctx, worker, now, found[group[0].place.block], group, &gone)
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

// taking is one attempt to claim parts of one block that Redis has handed out.
type taking struct {
	db     *DB
	worker string
	now    time.Time
	parts  []handed
	tried  []*claim        // one for each part
	dead   map[string]bool // nodes whose deaths count; see strike
	struck bool            // a part got a strike, so that there may be new ones
	former []string        // tokens of those that held the parts
}

// take claims parts of one block, of which b is a copy that may be old, nil if there was
// none. The claims are in the order of the parts, nil for one that cannot be claimed. What
// Redis must be told of it goes to m.
func (s *DB) take(ctx context.Context, worker string, now time.Time, b *block, parts []handed, m *moves) ([]*store.Claim, error) {
	claims := make([]*store.Claim, len(parts))
	if b == nil {
		return claims, nil
	}
	dead, err := s.deadHolders(ctx, b, parts)
	if err != nil {
		return nil, err
	}
	t := &taking{db: s, worker: worker, now: now, parts: parts, dead: dead}
	for _, h := range parts {
		t.tried = append(t.tried, &claim{db: s, token: rand.Text(), block: h.place.block, part: h.place.part, lane: h.lane, entry: h.entry})
	}
	b, g, err := t.write(ctx, b)
	switch {
	case isNotFound(err): // reset meanwhile
		return claims, nil
	case err != nil:
		s.adrift.add(t.tried...) // it may have been written
		return nil, err
	}
	s.claims.end(t.former...) // where this process takes over from itself
	for i, c := range t.tried {
		if p := b.held(c.token); p != nil {
			claims[i] = s.claimed(b, p, c.entry, g.epoch)
		}
	}
	if t.struck {
		m.putFree(b)
	}
	return claims, nil
}

// write notes in the block who holds the parts, and returns it as it is then. It returns
// [order.ErrNotFound] if the block or its run is gone.
func (t *taking) write(ctx context.Context, b *block) (*block, gist, error) {
	id := b.id
	err := t.writeQuickly(ctx, b)
	if errors.Is(err, errConflict) {
		b, err = t.db.update(ctx, id, func(b *block) (bool, error) { return t.mark(ctx, b) })
	}
	if err == nil && b == nil {
		err = order.ErrNotFound
	}
	if err != nil {
		return nil, gist{}, err
	}
	g, err := t.db.gist(ctx, b.run)
	return b, g, err
}

// writeQuickly tries it on a copy that was read a moment ago; errConflict says that it has
// to be done the long way.
func (t *taking) writeQuickly(ctx context.Context, b *block) error {
	if err := t.db.finish(ctx, b); err != nil {
		return err
	}
	if changed, err := t.mark(ctx, b); err != nil || !changed {
		return err
	}
	if err := t.db.swap(ctx, b); err != nil {
		return err
	}
	return t.db.finish(ctx, b)
}

// mark makes this process hold those of the parts that are there to be claimed. It returns
// false if there is none.
func (t *taking) mark(ctx context.Context, b *block) (bool, error) {
	marked := false
	for i, h := range t.parts {
		c, p := t.tried[i], b.part(h.place.part)
		if b.held(c.token) != nil { // by a write whose answer was lost
			continue
		}
		if p == nil || b.void || p.holder != nil && p.holder.entry != h.entry {
			continue
		}
		marked = true
		if p.holder != nil {
			t.former = append(t.former, p.holder.token)
			if t.dead[p.holder.node] {
				t.struck = true
				if err := t.db.strike(ctx, b, p, t.now); err != nil {
					return false, err
				}
				p = b.part(h.place.part)
			}
		}
		p.holder = &holder{c.token, t.db.node, t.worker, t.now, h.entry}
	}
	b.sweep()
	return marked, nil
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
