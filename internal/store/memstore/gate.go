package memstore

import (
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// gateShut says whether a VIP order of a run that is not void is unsettled.
func (s *Store) gateShut() bool {
	for _, r := range s.durable.runs {
		if !r.doc.Void && r.counts[order.VIP].Unsettled() > 0 {
			return true
		}
	}
	return false
}

// MayStart implements [store.Gate].
func (s *Store) MayStart(c *store.Claim) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return order.ErrClosed
	}
	if _, err := s.held(c); err != nil {
		return err
	}
	if s.durable.paused {
		return order.ErrPaused
	}
	if c.Priority == order.Normal && s.gateShut() {
		return order.ErrGateShut
	}
	return nil
}

// Changed implements [store.Gate]. Of a closed store it returns a closed channel.
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}
