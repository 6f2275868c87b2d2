package mongoredis

import (
	"context"
	"slices"
	"time"

	"github.com/filavip/filavip/internal/order"
)

// There may be two Redis: a primary that was cut off, or suspended, when another server was
// made primary in its place. Until it notices, its gate stays as it was, and who still
// talks to it hears of nothing that shuts the other one's. MongoDB is one: so its answer
// that NORMAL orders may pass must not be older than a look at Redis may be.

// allowsAll says whether the store itself lets NORMAL orders through. If not, the gate is
// shut in the Redis that this process knows.
func (s *DB) allowsAll(ctx context.Context) (bool, error) {
	if !asks || s.gate.heardWithin(s.glanceEvery()) {
		return true, nil
	}
	m, err := s.judge(ctx)
	if err != nil || m == modeAll {
		return err == nil, err
	}
	return false, s.shutGate(ctx)
}

// allowed returns those of the places handed out that the store lets through too, and
// gives the others up.
func (s *DB) allowed(ctx context.Context, blocks []handed) ([]handed, error) {
	normal := func(h handed) bool { return h.lane == order.Normal }
	if !slices.ContainsFunc(blocks, normal) {
		return blocks, nil
	}
	open, err := s.allowsAll(ctx)
	if open {
		return blocks, nil
	}
	if err != nil {
		s.handBack(blocks)
		return nil, err
	}
	at := slices.IndexFunc(blocks, normal) // VIP ones come first
	s.handBack(blocks[at:])
	return blocks[:at], nil
}

// confirm asks the store, while NORMAL orders are claimed here, whether they may still be
// started.
func (s *DB) confirm(ctx context.Context) {
	if !s.claims.anyNormal() || s.gate.present() != modeAll {
		return
	}
	if _, err := s.allowsAll(ctx); err != nil && ctx.Err() == nil {
		s.opts.Logger.Warn("gate not confirmed", "error", err)
	}
}

// hear notes that the store was asked at that time and let all through.
func (k *known) hear(asked time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.heard = asked
}

// heardWithin says whether it has let all through within that time.
func (k *known) heardWithin(d time.Duration) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return time.Since(k.heard) < d
}
