package mongoredis

import (
	"sync"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/store/mongoredis/cutter"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// silentFor makes the vigil believe that Redis has been silent for so long.
func (v *vigil) silentFor(d time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.silent = time.Now().Add(-d)
}

// A client that is answered again has not been stuck: Redis was away.
func TestClientIsKeptAfterAnOutage(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	s := p.open()
	before := s.redis.client()
	s.vigil.silentFor(2 * stuckAfter)
	s.watchOver(t.Context())
	if s.redis.client() != before {
		t.Error("a client that is answered was replaced")
	}
}

// One whose connections are forgotten by the other side is replaced, since a new one works.
func TestStuckClientIsReplaced(t *testing.T) {
	p := newPair(t, replicated(), redistest.Options{})
	proxy := cutter.Start(t, p.redis.Addr())
	s := p.open(func(o *Options) { o.Redis.Addrs = []string{proxy.Addr()} })
	before := s.redis.client()
	proxy.Latency(300 * time.Millisecond) // so that each call needs a connection of its own
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() { _ = before.Ping(t.Context()).Err() })
	}
	calls.Wait()
	proxy.Latency(0)
	proxy.Strand()
	s.vigil.silentFor(2 * stuckAfter)
	s.watchOver(t.Context())
	if s.redis.client() == before {
		t.Error("a client that is not answered was kept, although a new one is")
	}
}
