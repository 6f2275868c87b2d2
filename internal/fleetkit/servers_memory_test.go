package fleetkit

import (
	"os"
	"strconv"
	"testing"

	"github.com/filavip/filavip/internal/handler"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store/mongoredis/redistest"
)

// A million orders that wait may take 32 MB of Redis, so fewer take as much less.
const (
	fullBacklog    = 1_000_000
	fullBacklogMem = 32 << 20
)

// TestRedisMemory bounds what Redis's memory grows by while orders wait: 100,000 of them,
// or as many as FLEET_BACKLOG says.
func TestRedisMemory(t *testing.T) {
	t.Parallel()
	target := int64(100_000)
	if brief() {
		target = 20_000
	}
	if text := os.Getenv("FLEET_BACKLOG"); text != "" {
		var err error
		if target, err = strconv.ParseInt(text, 10, 64); err != nil {
			t.Fatalf("FLEET_BACKLOG: %v", err)
		}
	}
	rng := seeded(t)
	sv, redis := newServers(t, "rs")
	s := begin(t, sv, -1)
	before := usedMemory(t, redis)
	id := s.start(order.Spec{
		Kind: order.Generated, Target: target, Seed: rng.Uint64(), Weights: order.Weights{0, 0, 0, 1}, // so that all are in a lane
		Work: handler.WorkFor(0, 0, 3), ChunkSize: 5000, BlockSize: 100,
	})
	calm(t.Context().Done(), func() bool {
		run, err := s.db.Run(t.Context(), id)
		return err == nil && run.Phase == order.WaitingVIPDrain
	})
	grown := usedMemory(t, redis) - before
	counts := s.counts(id)
	t.Logf("used_memory grew by %.2f MB for %d waiting orders in blocks of 100", float64(grown)/(1<<20), counts.Unsettled())
	if counts.Unsettled() != target {
		t.Errorf("%d orders wait, want %d", counts.Unsettled(), target)
	}

	if most := target * fullBacklogMem / fullBacklog; grown > most {
		t.Errorf("used_memory grew by %d bytes for %d orders, want at most %d", grown, target, most)
	}
}

func usedMemory(t *testing.T, redis *redistest.Server) int64 {
	t.Helper()
	text, err := redis.Info("memory", "used_memory")
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("used_memory: %v", err)
	}
	return n
}
