package fleetkit

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store/mongoredis/cutter"
)

// outage is for how long a server is gone: several leases, and longer than a process
// waits for one answer.
const outage = 4 * time.Second

// TestOutage takes a server away for seconds, in the middle of runs, closing its
// connections or holding them open in silence. Meanwhile no order is claimed and the
// process names the server; afterwards everything goes on by itself, and no order has
// used up an attempt by it.
func TestOutage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, server string }{
		{"RedisDead", "redis"}, {"RedisSilent", "redis"}, {"MongoStopped", "mongodb"}, {"MongoSilent", "mongodb"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rng := seeded(t)
			sv, redis := newServers(t, "rs")
			redisProxy, mongoProxy := cutter.Start(t, redis.Addr()), cutter.Start(t, sv.mongo.Addr())
			sv.redis.Addrs, sv.mongoAddr = []string{redisProxy.Addr()}, mongoProxy.Addr()
			away, back := map[string]func(){
				"RedisDead": redis.Kill, "RedisSilent": func() { redisProxy.Blackhole(true) },
				"MongoStopped": sv.mongo.Stop, "MongoSilent": func() { mongoProxy.Blackhole(true) },
			}[test.name], map[string]func(){
				"RedisDead": redis.Restart, "RedisSilent": func() { redisProxy.Blackhole(false) },
				"MongoStopped": func() { _ = sv.mongo.Restart() }, "MongoSilent": func() { mongoProxy.Blackhole(false) },
			}[test.name]
			s := begin(t, sv, 25)
			id := s.start(spec(rng, 6000, 4*time.Millisecond))
			done := s.done(id)
			for range times(2) {
				wait(between(rng, 50*time.Millisecond, 400*time.Millisecond))
				away()
				s.silent(test.server)
				back()
			}
			<-done
			if err := s.db.Ping(t.Context()); err != nil {
				t.Errorf("Ping() = %v after the outage", err)
			}
			s.finished(id)
		})
	}
}

// silent waits for as long as an outage lasts. It fails the test if anybody who asks for
// orders meanwhile gets some, or if the process does not say which server is gone.
func (s *bed) silent(server string) {
	s.t.Helper()
	s.dark.Store(true)
	over := time.After(outage)
	err := s.db.Ping(s.t.Context())
	if !errors.Is(err, order.ErrUnavailable) || !strings.Contains(strings.ToLower(err.Error()), server+" at") {
		s.t.Errorf("Ping() = %v during an outage of %s", err, server)
	}
	<-over
	s.dark.Store(false)
	if n := s.seized.Swap(0); n > 0 {
		s.t.Errorf("%d claims were made during an outage of %s", n, server)
	}
}

// TestStranded has the connections to Redis go silent one and all while new ones work. A
// client that keeps to the old ones waits for each in vain: it is replaced.
func TestStranded(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	sv, redis := newServers(t, "rs")
	proxy := cutter.Start(t, redis.Addr())
	sv.redis.Addrs = []string{proxy.Addr()}
	s := begin(t, sv, 4)
	if err := s.db.Pause(t.Context(), nil); err != nil {
		t.Fatalf("Pause() = %v", err)
	}
	proxy.Latency(300 * time.Millisecond) // so that each call needs a connection of its own
	var calls sync.WaitGroup
	for range 60 {
		calls.Go(func() { _, _, _ = s.db.Claim(t.Context(), "nobody", time.Now(), 1) })
	}
	calls.Wait()
	proxy.Latency(0)
	id := s.start(spec(rng, 500, 0))
	if err := s.db.Resume(t.Context(), nil); err != nil {
		t.Fatalf("Resume() = %v", err)
	}
	n := proxy.Strand()
	<-s.done(id)
	s.finished(id)
	if !s.said.mentions("client of Redis replaced") {
		t.Errorf("the run has ended without another client")
	}
	t.Logf("%d connections went silent", n)
}
