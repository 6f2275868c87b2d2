package fleetkit

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// seeded returns a source of random choices for a test and prints its seed.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("FLEET_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("FLEET_SEED: %v", err)
		}
	}
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// between returns a random duration.
func between(rng *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(rng.Int64N(int64(most-least)))
}

// long says whether the runs are to be as long as time allows, not as short as CI needs.
func long() bool { return os.Getenv("FLEET_LONG") != "" }

// times returns how often a fault is to happen: at least often enough, ten times that in
// long runs, a tenth of it in the short form.
func times(enough int) int {
	switch {
	case long():
		return 10 * enough
	case brief():
		return max(1, enough/10)
	}
	return enough
}

// wait lets the run go on for a while. Faults come at random moments: to wait for an event
// would have them at the same ones. The servers and their clocks are real, so no clock of
// the test's own can pass the time for it.
func wait(d time.Duration) { time.Sleep(d) }

// pick returns one of some things.
func pick[T any](rng *rand.Rand, all ...T) T { return all[rng.IntN(len(all))] }
