package memstore

import (
	"context"
	"fmt"

	"github.com/filavip/filavip/internal/store"
)

// Pause implements [store.Verbs].
func (s *Store) Pause(ctx context.Context, idem *store.Idempotency) error {
	if err := s.setPaused(ctx, true, idem); err != nil {
		return fmt.Errorf("pause: %w", err)
	}
	return nil
}

// Resume implements [store.Verbs].
func (s *Store) Resume(ctx context.Context, idem *store.Idempotency) error {
	if err := s.setPaused(ctx, false, idem); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	return nil
}

// setting is the result of pause and resume: what paused was set to.
type setting bool

func (s *Store) setPaused(ctx context.Context, to setting, idem *store.Idempotency) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	_, err := once(s, idem, func() (setting, error) {
		s.durable.paused = bool(to)
		return to, nil
	})
	return err
}
