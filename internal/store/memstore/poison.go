package memstore

import (
	"slices"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Crash ends s as the death of its process would, and returns a store over the same data
// in which nothing is claimed.
func (s *Store) Crash() *Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		for c := range s.claims {
			if c.block.run.doc.Spec.Work.Foreign {
				s.strike(c)
			}
		}
	}
	s.close()
	return open(s.durable)
}

// strike punishes a block that a foreign handler had in hand when the process died; see
// [order.FateOf].
func (s *Store) strike(c *claim) {
	b := c.block
	b.strikes++
	switch order.FateOf(len(b.indexes), b.strikes) {
	case order.Buried:
		s.bury(c)
	case order.Halved:
		s.halve(c)
	}
}

// bury makes a dead letter of the one order of a claim.
func (s *Store) bury(c *claim) {
	b := c.block
	e := b.run.entry(b.indexes[0])
	o := e.accepted
	o.Kill(c.at, order.PoisonReason)
	e.block = nil
	e.failed(c.at)
	b.run.finish(e, dead, &store.Outcome{At: c.at, Reason: order.PoisonReason, Sum: o.Sum()}, b.attempts+1)
	e.died = new(e.letter())
	if !b.run.doc.Phase.Ended() {
		widen(&b.run.counts[b.lane], c.at, c.at)
	}
	b.sweep()
	delete(s.claims, c)
}

// halve cuts the second half of a claim's block off, and puts it into a list.
func (s *Store) halve(c *claim) {
	b := c.block
	half := len(b.indexes) / 2
	second := *b
	second.claim, second.indexes = nil, slices.Clone(b.indexes[half:])
	b.indexes = b.indexes[:half]
	if second.late {
		s.durable.sequence++
		second.sequence = s.durable.sequence
	}
	second.adopt()
	second.put(c.at)
	s.enlist(&second)
}
