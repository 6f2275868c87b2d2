package fleetkit

import (
	"testing"
	"time"

	"github.com/filavip/filavip/internal/store/mongoredis"
	"github.com/filavip/filavip/internal/store/mongoredis/mongotest"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// TestSentinel kills the primary in the middle of runs. The replica that is promoted may
// lack the last writes.
func TestSentinel(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	redis := redistest.StartReplicated(t)
	sv := servers{
		mongo: mongotest.Start(t, mongotest.Options{ReplicaSet: "rs"}),
		redis: mongoredis.Redis{Addrs: redis.Addrs(), Master: redis.MasterName()},
	}
	s := begin(t, sv, 25)
	failovers := times(2)
	for range failovers {
		id := s.start(spec(rng, 8000, 4*time.Millisecond))
		done := s.done(id)
		wait(between(rng, 100*time.Millisecond, time.Second))
		redis.FailOver()
		<-done
		s.finished(id)
		redis.Heal()
	}
	t.Logf("%d failovers", failovers)
}

// TestCluster kills servers of a cluster in the middle of runs, the one that has the lanes
// among them, and starts them again.
func TestCluster(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	redis := redistest.StartCluster(t)
	sv := servers{
		mongo: mongotest.Start(t, mongotest.Options{ReplicaSet: "rs"}),
		redis: mongoredis.Redis{Addrs: redis.Addrs()},
	}
	s := begin(t, sv, 25)
	kills := 0
	for range times(1) {
		for _, server := range redis.Servers() {
			id := s.start(spec(rng, 6000, 4*time.Millisecond))
			done := s.done(id)
			wait(between(rng, 100*time.Millisecond, 500*time.Millisecond))
			server.Kill()
			wait(between(rng, 0, time.Second))
			server.Restart()
			redis.AwaitOK(t)
			kills++
			<-done
			s.finished(id)
		}
	}
	t.Logf("%d servers of a cluster were killed", kills)
}
