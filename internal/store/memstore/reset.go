package memstore

import (
	"context"
	"fmt"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
)

// Reset implements [store.Verbs]. What it keeps are the generation, the millisecond
// that the next run's ID has to exceed, and the idempotency records.
func (s *Store) Reset(ctx context.Context, idem *store.Idempotency) (store.Wiped, error) {
	if err := s.enter(ctx); err != nil {
		return store.Wiped{}, fmt.Errorf("reset: %w", err)
	}
	defer s.leave()
	wiped, err := once(s, idem, func() (store.Wiped, error) { return s.reset(), nil })
	if err != nil {
		return store.Wiped{}, fmt.Errorf("reset: %w", err)
	}
	return wiped, nil
}

func (s *Store) reset() store.Wiped {
	old := s.durable
	wiped := store.Wiped{Runs: int64(len(old.runs))}
	for _, r := range old.runs {
		wiped.Orders += r.counts.Generated()
		wiped.Queued += r.counts.Unsettled()
	}
	s.durable = &durable{
		refs:       map[string]order.Key{},
		generation: old.generation + 1,
		lastMillis: old.lastMillis,
		records:    old.records,
	}
	clear(s.claims)
	return wiped
}
