package memstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// claim is a block in a worker's hands, and the Token of a [store.Claim]. It is alive
// as long as it is in the store's set of claims.
type claim struct {
	block *block
	at    time.Time
}

// Claim implements [store.Lanes].
func (s *Store) Claim(ctx context.Context, _ string, now time.Time, limit int) ([]*store.Claim, time.Time, error) {
	if err := s.enter(ctx); err != nil {
		return nil, time.Time{}, fmt.Errorf("claim: %w", err)
	}
	var claims []*store.Claim
	for held := 0; held < limit || len(claims) == 0; {
		b := s.next(now)
		if b == nil {
			break
		}
		held += len(b.indexes)
		claims = append(claims, s.take(b, now))
	}
	if len(claims) == 0 {
		defer s.mu.Unlock()
		return nil, s.nextDue(now), nil
	}
	s.leave()
	return claims, time.Time{}, nil
}

// next returns the block to be claimed next, or nil.
func (s *Store) next(now time.Time) *block {
	if s.durable.paused {
		return nil
	}
	for _, lane := range order.Priorities() {
		if lane == order.Normal && s.gateShut() {
			continue
		}
		if list := s.durable.delayed[lane]; len(list) > 0 && !list[0].due.After(now) {
			return list[0]
		}
		for _, r := range s.durable.runs {
			if list := r.waiting[lane]; len(list) > 0 && list[0].ready() {
				return list[0]
			}
		}
	}
	return nil
}

// nextDue returns the first instant after now at which a delayed block is due that may
// be taken then.
func (s *Store) nextDue(now time.Time) time.Time {
	var next time.Time
	if s.durable.paused {
		return next
	}
	for _, lane := range order.Priorities() {
		if lane == order.Normal && s.gateShut() {
			continue
		}
		for _, b := range s.durable.delayed[lane] {
			if b.due.After(now) && (next.IsZero() || b.due.Before(next)) {
				next = b.due
			}
		}
	}
	return next
}

// take puts the first block of its list into a claim.
func (s *Store) take(b *block, now time.Time) *store.Claim {
	if b.late {
		s.durable.delayed[b.lane] = s.durable.delayed[b.lane][1:]
	} else {
		b.run.waiting[b.lane] = b.run.waiting[b.lane][1:]
	}
	b.claim = &claim{block: b, at: now}
	b.put(now)
	s.claims[b.claim] = struct{}{}
	return &store.Claim{
		Token:    b.claim,
		Run:      b.run.doc.ID,
		Epoch:    b.run.doc.Epoch,
		Priority: b.lane,
		Attempts: b.attempts,
		Indexes:  slices.Clone(b.indexes),
	}
}

// giveBack ends a claim and puts what it holds where it came from.
func (s *Store) giveBack(c *claim) {
	delete(s.claims, c)
	b := c.block
	b.claim = nil
	if len(b.indexes) == 0 {
		return
	}
	b.put(c.at)
	s.enlist(b)
}

// held returns the live claim behind c, or [order.ErrClaimLost].
func (s *Store) held(c *store.Claim) (*claim, error) {
	token, ok := c.Token.(*claim)
	if ok {
		_, ok = s.claims[token]
	}
	if !ok {
		return nil, order.ErrClaimLost
	}
	return token, nil
}

// Load implements [store.Lanes].
func (s *Store) Load(ctx context.Context, c *store.Claim, slab *store.Slab) ([]order.Order, error) {
	if err := s.enter(ctx); err != nil {
		return nil, fmt.Errorf("load claim: %w", err)
	}
	defer s.mu.Unlock()
	token, err := s.held(c)
	if err != nil {
		return nil, fmt.Errorf("load claim: %w", err)
	}
	slab.Reset()
	for _, index := range c.Indexes {
		slab.Orders = append(slab.Orders, token.block.run.entry(index).accepted)
	}
	return slab.Orders, nil
}

// Extend implements [store.Lanes]. Claims of this driver do not expire.
func (s *Store) Extend(ctx context.Context, c *store.Claim) error {
	if err := s.enter(ctx); err != nil {
		return fmt.Errorf("extend claim: %w", err)
	}
	defer s.mu.Unlock()
	if _, err := s.held(c); err != nil {
		return fmt.Errorf("extend claim: %w", err)
	}
	return nil
}

// Release implements [store.Lanes].
func (s *Store) Release(ctx context.Context, claims ...*store.Claim) error {
	if err := s.enter(ctx); err != nil {
		return fmt.Errorf("release %d claims: %w", len(claims), err)
	}
	defer s.leave()
	for _, c := range claims {
		if token, err := s.held(c); err == nil {
			s.giveBack(token)
		}
	}
	return nil
}
