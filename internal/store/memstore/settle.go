package memstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Settle implements [store.Lanes]. It is atomic per call.
func (s *Store) Settle(ctx context.Context, settlements ...store.Settlement) error {
	if err := s.enter(ctx); err != nil {
		return fmt.Errorf("settle %d claims: %w", len(settlements), err)
	}
	defer s.leave()
	for i := range settlements {
		if err := check(settlements[i].Outcomes); err != nil {
			return fmt.Errorf("settle %d claims: %w", len(settlements), err)
		}
	}
	var lost []int
	for i := range settlements {
		c, err := s.held(settlements[i].Claim)
		if err != nil {
			lost = append(lost, i)
			continue
		}
		s.settle(c, &settlements[i])
	}
	if len(lost) > 0 {
		return fmt.Errorf("settle: %w", &store.LostError{At: lost, Of: len(settlements)})
	}
	return nil
}

// check refuses statuses that are no outcome of an attempt.
func check(outcomes []store.Outcome) error {
	for i := range outcomes {
		if outcomes[i].Status > order.Dead {
			return fmt.Errorf("%w: outcome %v of order %d", order.ErrInvalid, outcomes[i].Status, outcomes[i].Index)
		}
	}
	return nil
}

func (s *Store) settle(c *claim, settlement *store.Settlement) {
	b := c.block
	var again []store.Outcome
	applied := false
	for _, outcome := range settlement.Outcomes {
		e := b.run.entry(outcome.Index)
		if e == nil || e.block != b {
			continue // no longer in the claim
		}
		applied = true
		b.strikes = 0
		e.block = nil
		if outcome.Status == order.Processed {
			b.run.finish(e, processed, &outcome, b.attempts+1)
			continue
		}
		e.failed(outcome.At)
		if outcome.Status == order.Dead {
			b.run.finish(e, dead, &outcome, b.attempts+1)
			e.died = new(e.letter())
			continue
		}
		b.run.put(e, delayed, outcome.At)
		again = append(again, outcome)
	}
	if applied && !b.run.doc.Phase.Ended() {
		widen(&b.run.counts[b.lane], settlement.Started, settlement.At)
	}
	s.retry(b, again)
	if b.sweep(); len(b.indexes) == 0 {
		delete(s.claims, c)
	}
}

// finish gives an entry its outcome.
func (r *run) finish(e *entry, to place, outcome *store.Outcome, attempts int) {
	r.put(e, to, outcome.At)
	e.at, e.reason, e.sum, e.attempts = outcome.At, outcome.Reason, outcome.Sum, attempts
	c := &r.counts[e.lane()]
	c.Settled = c.Settled.Add(e.sum)
}

// widen makes the lane's window hold the two instants.
func widen(c *order.LaneCounts, started, at time.Time) {
	if c.First.IsZero() || started.Before(c.First) {
		c.First = started
	}
	if at.After(c.Last) {
		c.Last = at
	}
}

func (e *entry) failed(at time.Time) {
	if e.firstFailed.IsZero() {
		e.firstFailed = at
	}
	e.lastFailed = at
}

// retry puts the orders of a block that are to be tried again into delayed blocks, one
// or more per due time.
func (s *Store) retry(b *block, again []store.Outcome) {
	slices.SortFunc(again, func(x, y store.Outcome) int {
		return cmp.Or(x.Due.Compare(y.Due), cmp.Compare(x.Index, y.Index))
	})
	like := block{run: b.run, lane: b.lane, attempts: b.attempts + 1}
	for start := 0; start < len(again); {
		end := start
		var indexes []uint64
		for ; end < len(again) && again[end].Due.Equal(again[start].Due); end++ {
			indexes = append(indexes, again[end].Index)
		}
		s.delay(like, indexes, again[start].Due)
		start = end
	}
}
