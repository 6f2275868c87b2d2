package mongoredis

import (
	"context"
	"sync"
	"time"
)

// Connections that the other side has forgotten look like a server that is slow, for as
// long as a client keeps to them: it waits for each until its time is up. So a process
// that gets nowhere tries a new client, and keeps it if Redis answers there.

// stuckAfter is how long a process asks for orders in vain although some wait, or Redis
// does not answer, until the client is taken for stuck.
const stuckAfter = 10 * time.Second

// vigil watches over the client of Redis.
type vigil struct {
	mu     sync.Mutex // guards what follows
	hungry time.Time  // since then orders are asked for, and none is had; zero: not now
	silent time.Time  // since then nothing is answered; zero: it is
}

// asked notes that orders are asked for, and had that some were handed out.
func (v *vigil) asked() { v.since(&v.hungry) }
func (v *vigil) had()   { v.over(&v.hungry) }

// unanswered notes that Redis did not answer a look, and answered that it did.
func (v *vigil) unanswered() { v.since(&v.silent) }
func (v *vigil) answered()   { v.over(&v.silent) }

func (v *vigil) since(at *time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if at.IsZero() {
		*at = time.Now()
	}
}

func (v *vigil) over(at *time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	*at = time.Time{}
}

// due says which of the two has lasted too long. Both begin anew then.
func (v *vigil) due() (hungry, silent bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	for at, is := range map[*time.Time]*bool{&v.hungry: &hungry, &v.silent: &silent} {
		if !at.IsZero() && now.Sub(*at) >= stuckAfter {
			*is, *at = true, now
		}
	}
	return hungry, silent
}

// answers says whether the present client of Redis is answered at once.
func (s *DB) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return s.redis.client().Ping(ctx).Err() == nil
}

// watchOver replaces the client of Redis if it is stuck. If a new one is not answered
// either, the server is gone, and the old one will do.
func (s *DB) watchOver(ctx context.Context) {
	hungry, silent := s.vigil.due()
	if !hungry && !silent {
		return
	}
	if silent && s.answers(ctx) {
		return // again, as before: Redis was away
	}
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	if !silent {
		if waits, err := s.backlog(ctx); err != nil || !waits {
			return // nothing is to be had; without MongoDB nothing can be
		}
	}
	fresh := s.opts.Redis.client(s.redis.cluster)
	if err := fresh.Ping(ctx).Err(); err != nil {
		_ = fresh.Close() // it has nothing under way
		return
	}
	_ = s.redis.replace(fresh) // what was under way in it fails, and is done again
	s.relinked.Add(1)
	s.rebuild.Store(true)
	s.opts.Logger.Warn("client of Redis replaced: it got no answer, or no orders although some wait", "within", stuckAfter)
	s.changed.fire()
}
