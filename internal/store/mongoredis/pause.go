package mongoredis

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/filavip/filavip/internal/store"
)

// Pause implements [store.Verbs].
func (s *DB) Pause(ctx context.Context, idem *store.Idempotency) error {
	if err := s.setPaused(ctx, true, idem); err != nil {
		return fmt.Errorf("pause: %w", err)
	}
	return nil
}

// Resume implements [store.Verbs].
func (s *DB) Resume(ctx context.Context, idem *store.Idempotency) error {
	if err := s.setPaused(ctx, false, idem); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	return nil
}

// setting is the result of pause and resume: what paused was set to.
type setting bool

func (s *DB) setPaused(ctx context.Context, to setting, idem *store.Idempotency) error {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	_, err = once(ctx, s, idem, func(ctx context.Context, _ *nothing) (setting, error) {
		if _, err := s.setControl(ctx, bson.D{
			{Key: "$set", Value: bson.D{{Key: "paused", Value: bool(to)}}}, {Key: "$inc", Value: bson.D{{Key: "v", Value: 1}}},
		}); err != nil {
			return to, err
		}
		if err := s.shutGate(ctx); err != nil { // from here on no claim passes it as it was
			return to, err
		}
		s.changed.fire()
		s.refreshGate(ctx)
		if to {
			return to, s.awaitOthers(ctx)
		}
		return to, nil
	})
	return err
}

// awaitOthers waits until other processes, if there are any, have seen that the gate was
// shut: they look several times a second.
func (s *DB) awaitOthers(ctx context.Context) error {
	alive, err := s.aliveNodes(ctx)
	if err != nil {
		return err
	}
	delete(alive, s.node)
	if len(alive) > 0 && !pause(ctx, 2*s.glanceEvery()) {
		return ctx.Err()
	}
	return nil
}
