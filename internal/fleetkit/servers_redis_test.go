package fleetkit

import (
	"testing"
	"time"

	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// TestRedisKilled kills Redis at random moments of runs, several times in each, and
// starts it again. What it had not synced, up to a second, is gone each time.
func TestRedisKilled(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	sv, redis := newServers(t, "rs")
	s := begin(t, sv, 25)
	kills, runs := 0, 0
	for kills < times(50) {
		id := s.start(spec(rng, 5000, 4*time.Millisecond))
		kills += harm(rng, s.done(id), min(25, times(50)), 10*time.Millisecond, 300*time.Millisecond, func() {
			redis.Kill()
			redis.Restart()
		})
		s.finished(id)
		runs++
	}
	t.Logf("%d kills of Redis in %d runs", kills, runs)
}

// TestRedisForgets flushes Redis in the middle of runs, and has it come back with nothing
// or with what it held a while ago, as a replica does that was promoted too early.
func TestRedisForgets(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	sv, redis := newServers(t, "rs")
	s := begin(t, sv, 25)
	var flushed, wiped, aged, runs int
	for old := redis.Data(); min(flushed, wiped, aged) < times(10); runs++ {
		kind := 0
		id := s.start(spec(rng, 6000, 4*time.Millisecond))
		harm(rng, s.done(id), min(15, 3*times(10)), 10*time.Millisecond, 300*time.Millisecond, func() {
			kind++
			switch kind % 3 {
			case 0:
				if _, err := redis.Do("FLUSHALL"); err != nil {
					t.Errorf("FLUSHALL: %v", err)
				}
				flushed++
			case 1:
				redis.Kill()
				redis.Replace(redistest.Data{})
				redis.Restart()
				wiped++
			default:
				redis.Kill()
				now := redis.Data()
				redis.Replace(old)
				redis.Restart()
				old = pick(rng, now, old)
				aged++
			}
		})
		s.finished(id)
	}
	t.Logf("in %d runs Redis was flushed %d times, came back empty %d times and with old data %d times", runs, flushed, wiped, aged)
}
