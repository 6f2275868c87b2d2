package memstore

import (
	"context"
	"fmt"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Counts implements [store.Reader].
func (s *Store) Counts(ctx context.Context, id order.RunID) (order.Counts, error) {
	if err := s.enter(ctx); err != nil {
		return order.Counts{}, fmt.Errorf("count run %v: %w", id, err)
	}
	defer s.mu.Unlock()
	r := s.durable.find(id)
	if r == nil {
		return order.Counts{}, nil
	}
	return r.counts, nil
}

// Drained implements [store.Reader].
func (s *Store) Drained(ctx context.Context, id order.RunID, lane order.Priority) (bool, error) {
	counts, err := s.Counts(ctx, id)
	return err == nil && counts[lane].Unsettled() == 0, err
}

// Totals implements [store.Reader].
func (s *Store) Totals(ctx context.Context) (store.Totals, error) {
	if err := s.enter(ctx); err != nil {
		return store.Totals{}, fmt.Errorf("count all runs: %w", err)
	}
	defer s.mu.Unlock()
	totals := store.Totals{
		Paused:     s.durable.paused,
		Generation: s.durable.generation,
		GateOpen:   !s.gateShut(),
	}
	for lane := range totals.Blocks {
		totals.Blocks[lane] = s.blockCounts(order.Priority(lane))
	}
	for _, r := range s.durable.runs {
		if r.doc.Inert {
			continue
		}
		totals.Hidden += r.hidden
		for lane := range totals.Counts {
			addLane(&totals.Counts[lane], &r.counts[lane])
		}
	}
	return totals, nil
}

// blockCounts counts the blocks of a lane.
func (s *Store) blockCounts(lane order.Priority) store.BlockCounts {
	counts := store.BlockCounts{Delayed: int64(len(s.durable.delayed[lane]))}
	for _, r := range s.durable.runs {
		for _, b := range r.waiting[lane] {
			if b.ready() {
				counts.Ready++
			}
		}
	}
	for c := range s.claims {
		if c.block.lane == lane {
			counts.Claimed++
		}
	}
	return counts
}

func addLane(sum, c *order.LaneCounts) {
	sum.Generated += c.Generated
	for p := waiting; p <= removed; p++ {
		*p.counter(sum) += *p.counter(c)
	}
	sum.First = earlier(sum.First, c.First)
	if c.Last.After(sum.Last) {
		sum.Last = c.Last
	}
	sum.Accepted = sum.Accepted.Add(c.Accepted)
	sum.Settled = sum.Settled.Add(c.Settled)
}

// earlier returns the earlier of two instants, of which the zero one does not count.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Order implements [store.Reader].
func (s *Store) Order(ctx context.Context, key order.Key) (order.Order, error) {
	if err := s.enter(ctx); err != nil {
		return order.Order{}, fmt.Errorf("read order %v: %w", key, err)
	}
	defer s.mu.Unlock()
	_, e := s.durable.entry(key)
	if e == nil {
		return order.Order{}, fmt.Errorf("read order %v: %w", key, order.ErrNotFound)
	}
	return e.order(), nil
}

// Lookup implements [store.Reader].
func (s *Store) Lookup(ctx context.Context, ref string) (order.Key, error) {
	if err := s.enter(ctx); err != nil {
		return order.Key{}, fmt.Errorf("look up %q: %w", ref, err)
	}
	defer s.mu.Unlock()
	key, ok := s.durable.refs[ref]
	if !ok {
		return order.Key{}, fmt.Errorf("look up %q: %w", ref, order.ErrNotFound)
	}
	return key, nil
}

// DeadLetter implements [store.Reader].
func (s *Store) DeadLetter(ctx context.Context, key order.Key) (store.DeadLetter, error) {
	if err := s.enter(ctx); err != nil {
		return store.DeadLetter{}, fmt.Errorf("read dead letter %v: %w", key, err)
	}
	defer s.mu.Unlock()
	_, e := s.durable.entry(key)
	if e == nil || e.died == nil {
		return store.DeadLetter{}, fmt.Errorf("read dead letter %v: %w", key, order.ErrNotFound)
	}
	letter := *e.died
	letter.Order, letter.Redriven = e.order(), e.redriven
	return letter, nil
}
